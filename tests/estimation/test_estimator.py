"""Whole estimates against published figures and numbers worked out by hand."""

from math import exp, log
from typing import Any

import pytest

from greentrain import Estimate, estimate


def assert_figures(run: Estimate, kwh: str, kg: str) -> None:
    """Compare energy at the meter and emissions with figures as printed, low, best and high alike."""
    decimals = [len(text.partition(".")[2]) for text in (kwh, kg)]
    for side in range(3):
        assert f"{run.facility_energy_kwh[side]:,.{decimals[0]}f}" == kwh
        assert f"{run.operational_kg[side]:,.{decimals[1]}f}" == kg


@pytest.mark.parametrize(
    ("said", "kwh", "kg"),
    [
        # 64 x 79.2 h x 188.1486 W = 953,687.6 Wh; x 1.58 = 1,506.8 kWh; x 432.73 g = 652.0 kg.
        (
            {"gpu": "V100", "count": 64, "hours": 79.2, "power": 188.1486, "pue": 1.58, "grid_intensity": 432.73},
            "1,506.8",
            "652.0",
        ),
        # 1,082,990 h x 400 W = 433,196,000 Wh; x 57 g = 24,692,172 g.
        (
            {"gpu": "A100-SXM4-80GB", "gpu_hours": 1_082_990, "power": 400, "pue": 1, "grid_intensity": 57},
            "433,196",
            "24,692",
        ),
        # 30,840,000 h x 700 W = 21,588,000,000 Wh; x 414 g = 8,937,432,000 g.
        (
            {"gpu": "H100", "gpu_hours": 30_840_000, "power": 700, "pue": 1, "grid_intensity": 414},
            "21,588,000",
            "8,937,432",
        ),
    ],
    ids=["strubell-bert", "bloom", "llama-3.1-405b"],
)
def test_published_figures_from_their_own_inputs(said: dict[str, Any], kwh: str, kg: str) -> None:
    """To the last printed digit; inputs that are all exact give a result without width."""
    run = estimate(**said, host_factor=1)
    assert_figures(run, kwh, kg)
    assert run.it_energy_kwh.is_exact
    assert run.facility_energy_kwh.is_exact
    assert run.operational_kg.is_exact


def test_eight_devices_by_hand() -> None:
    """8 x 400 W x 0.5 x 1.5 x 10 h = 24 kWh; x 1.25 = 30 kWh; x 200 g = 6 kg."""
    run = estimate("8xA100-SXM4-40GB", hours=10, utilization=0.5, host_factor=1.5, pue=1.25, grid_intensity=200)
    assert_figures(run, "30.0", "6.0")
    assert [part.component for part in run.breakdown] == ["accelerators", "host", "facility"]
    assert [part.energy_kwh for part in run.breakdown] == pytest.approx([16, 8, 6], rel=1e-12)
    assert [part.operational_kg for part in run.breakdown] == pytest.approx([3.2, 1.6, 1.2], rel=1e-12)


def test_identical_runs_count_together() -> None:
    """Five times 30 kWh, and the number of runs is one of the inputs."""
    said = {"hours": 10, "utilization": 0.5, "host_factor": 1.5, "pue": 1.25, "grid_intensity": 200}
    run = estimate("8xA100-SXM4-40GB", **said, runs=5)  # type: ignore[arg-type]
    assert_figures(run, "150.0", "30.0")
    assert [item.value.best for item in run.inputs if item.name == "runs"] == [5]


def test_a_whole_run_with_defaults_combines_in_log_space() -> None:
    """Every relative width of every input, added by squares, upward and downward apart."""
    run = estimate("V100", count=8, hours=96, location="US", year=2024)
    names = {"tdp", "node_ratio", "pue", "grid_intensity"}
    factors = [item.value for item in run.inputs if item.name in names]
    assert len(factors) == len(names)
    best = 8 * 96 / 1e6
    for factor in factors:
        best *= factor.best
    assert run.operational_kg.best == pytest.approx(best, rel=1e-12)
    down = sum(log(factor.best / factor.low) ** 2 for factor in factors) ** 0.5
    up = sum(log(factor.high / factor.best) ** 2 for factor in factors) ** 0.5
    assert run.operational_kg.low == pytest.approx(best * exp(-down), rel=1e-12)
    assert run.operational_kg.high == pytest.approx(best * exp(up), rel=1e-12)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"count": 8, "hours": 10}, {"count": 8, "gpu_hours": 80}),
        ({"count": 1, "hours": 10, "runs": 8}, {"count": 1, "gpu_hours": 10, "runs": 8}),
        ({"gpu": "8xV100", "hours": 10}, {"count": 8, "hours": 10}),
        ({"hours": "10"}, {"hours": 10, "count": 1, "runs": 1, "site": "datacentre"}),
        ({"hours": 10, "location": "France"}, {"hours": 10, "location": "FRA"}),
    ],
)
def test_two_ways_to_say_the_same(one: dict[str, Any], other: dict[str, Any]) -> None:
    """The same run gives the same numbers."""
    usual: dict[str, Any] = {"gpu": "V100", "year": 2024}
    runs = [estimate(**(usual | said)) for said in (one, other)]
    for name in ("it_energy_kwh", "facility_energy_kwh", "operational_kg", "embodied_kg", "total_kg", "water_l"):
        ours, theirs = (getattr(run, name) for run in runs)
        assert tuple(ours) == pytest.approx(tuple(theirs), rel=1e-12)


def test_accelerator_hours_alone_are_one_device_for_so_long() -> None:
    """Without a count the wall-clock time is not known, which the run's length in the grid term must not take."""
    run = estimate("V100", gpu_hours=1_000_000, location="FR", year=2024)
    assert run.run["gpu_hours"] == 1_000_000
    month = estimate("V100", hours=720, location="FR", year=2024)
    one, other = ([item.value for item in each.inputs if item.name == "grid_intensity"] for each in (run, month))
    assert one == other
