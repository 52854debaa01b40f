"""Measurement and estimate compared, and which of them is adopted."""

from math import exp, log, sqrt
from pathlib import Path
from typing import Any

import pytest
from journals_by_hand import (
    ALONE,
    CPU,
    GPU,
    GRID,
    MEMORY,
    NOON,
    SXM,
    ended,
    line,
    meter,
    one_hour,
    reading,
    stopped,
    tracker,
)

from greentrain import Run, estimate
from greentrain.history import Reconciliation, read_run
from greentrain.history.forecast import forecast

HOUR_OF_EIGHT = {"gpu": "V100-SXM2-32GB", "count": 8, "hours": 1, "location": "FR", "year": 2024}
STATED = {"location": "FR", "year": 2024}
UNHEARD = {**GPU, "name": "Unheard accelerator"}
"""A device that is in no table, so that there is no estimate to compare with."""


def run_of(folder: Path) -> Run:
    """Read a run, a long time after it."""
    run = read_run(str(folder), NOON + 1e6)
    assert run is not None
    return run


def both(folder: Path, gpu: float | None = 2.0, cpu: float | None = 0.5, **start: Any) -> Reconciliation:
    """Reconcile an hour of eight V100."""
    return run_of(one_hour(folder, gpu, cpu, **{"estimate_inputs": STATED, **start})).reconciliation


def test_the_estimate_is_of_the_same_run(tmp_path: Path) -> None:
    """The place as stated, the hardware as the meter found it, the time as it took."""
    found = both(tmp_path).estimate
    wanted = estimate(**HOUR_OF_EIGHT)  # type: ignore[arg-type]
    assert found is not None
    assert found.it_energy_kwh == wanted.it_energy_kwh
    assert found.operational_kg == wanted.operational_kg


def test_what_was_said_of_the_hardware_wins(tmp_path: Path) -> None:
    """Over what the meter found."""
    found = both(tmp_path, estimate_inputs={"gpu": "A100", "count": 4, "hours": 99, "unheard": 1}).estimate
    assert found is not None
    assert (found.run["count"], found.run["hours"]) == (4, 1)
    assert found.run["gpu"].startswith("a100")


def test_implied_utilization_and_host_factor(tmp_path: Path) -> None:
    """2 kWh in an hour on 8 boards of 300 W: 250 W, 0.833; with 0.5 kWh of CPU and 0.1 kWh of memory 2.6 / 2."""
    tracker(tmp_path, lines=[ended(3600)], estimate_inputs=STATED)
    energy = {"gpu": 2.0, "cpu": 0.5, "memory": 0.1}
    meter(tmp_path, lines=[stopped(3600, 3600, 2.0).replace('"memory": null', '"memory": 0.1')])
    run = run_of(tmp_path)

    assert run.reconciliation.mean_accelerator_w == pytest.approx(250)
    assert run.reconciliation.implied_utilization == pytest.approx(250 / 300)
    assert run.energy_kwh["memory"] == 0.1
    assert run.reconciliation.implied_host_factor is None
    path = meter(tmp_path, lines=[reading(1, 1, 0.0)])
    path.write_text(path.read_text() + line(3600, type="sample", elapsed_seconds=3600, energy_kwh=energy))
    assert run_of(tmp_path).reconciliation.implied_host_factor == pytest.approx(1.3)


@pytest.mark.parametrize(("gpu", "inside"), [(2.0, True), (0.4, False), (2.45, False)])
def test_whether_the_measurement_lies_in_the_interval(tmp_path: Path, gpu: float, inside: bool) -> None:
    """Mean power over TDP is 0.276 to 1 by default, 0.624 at best, the TDP 250 to 300 W: 0.649 to 2.4 kWh."""
    (compared,) = run_of(one_hour(tmp_path, gpu, 0.5, estimate_inputs=STATED)).comparisons
    assert compared.what == "accelerators"
    best = 8 * 0.3 * 0.624
    low = best * exp(-sqrt(log(0.624 / 0.276) ** 2 + log(300 / 250) ** 2))
    assert compared.estimated_kwh == pytest.approx((low, best, 2.4))
    assert compared.is_inside is inside
    assert compared.ratio == pytest.approx(gpu / best)


def test_half_a_run_is_compared_with_half_an_estimate(tmp_path: Path) -> None:
    """1 kWh in the half hour that was measured; the estimate of the hour is 1.4976 kWh, of that half 0.7488 kWh."""
    tracker(tmp_path, lines=[ended(3600)])
    meter(tmp_path, lines=[stopped(1800, 1800, 1.0)])
    (compared,) = run_of(tmp_path).comparisons
    assert compared.estimated_kwh.best == pytest.approx(0.7488)
    assert compared.ratio == pytest.approx(1.0 / 0.7488)


def test_a_measured_node_is_adopted(tmp_path: Path) -> None:
    """Accelerators and CPU, and 0.19 (0.10 to 0.30) of both; notes state what is missing and what is added."""
    found = both(tmp_path)
    assert found.believed == "measurement"
    below = sqrt(log(2.5 / (2.5 - sqrt(0.1**2 + 0.25**2))) ** 2 + log(1.19 / 1.10) ** 2)
    above = sqrt(log((2.5 + sqrt(0.1**2 + 0.5**2)) / 2.5) ** 2 + log(1.30 / 1.19) ** 2)
    assert found.footprint.it_energy_kwh == pytest.approx((2.5 * SXM * exp(-below), 2.5 * SXM, 2.5 * SXM * exp(above)))
    assert found.unmetered_share == (0.1, 0.19, 0.3)
    assert found.reasons == (
        "The memory was not measured and is not in the sum.",
        "No sensor reads fans, network cards, switches and losses of power supplies: 0.190 (0.100 to 0.300) of what "
        "was recorded is added for them.",
    )
    assert found.footprint.operational_kg is not None
    assert found.footprint.operational_kg.best == pytest.approx(SXM * 0.3)


@pytest.mark.parametrize(
    ("name", "share"),
    [
        ("Tesla V100-SXM2-32GB", (0.1, 0.19, 0.3)),
        ("Tesla T4", (0.08, 0.15, 0.25)),
        ("NVIDIA GeForce RTX 4090", (0.05, 0.09, 0.15)),
        ("Unheard accelerator", (0.05, 0.15, 0.3)),
    ],
)
def test_what_no_sensor_reads_is_an_input(tmp_path: Path, name: str, share: tuple[float, float, float]) -> None:
    """By class of hardware, named, a part of the host: of 0.05 kWh of accelerator and 0.1 kWh of CPU."""
    tracker(tmp_path, lines=[ended(3600)], estimate_inputs=STATED)
    meter(tmp_path, components=[{**GPU, "name": name}, CPU], lines=[stopped(3600, 3600, 0.05, 0.1)])
    found = run_of(tmp_path).footprint
    item = found.inputs["unmetered_share"]

    assert (tuple(item.value), item.unit, item.basis, item.is_default) == (share, "1", "assumed", True)
    assert item.note.startswith("Fans, network cards, switches and losses of power supplies, over what was recorded.")
    assert found.inputs["metered_energy"].value.best == pytest.approx(0.15)
    assert found.it_energy_kwh is not None
    assert found.it_energy_kwh.best == pytest.approx(0.15 * (1 + share[1]))
    parts = {part.component: part.energy_kwh for part in found.breakdown}
    assert (parts["accelerators"], parts["host"]) == (pytest.approx(0.05), pytest.approx(0.1 + 0.15 * share[1]))
    assert found.basis == "measured"


def test_a_run_whose_cpu_nobody_read_adds_nothing(tmp_path: Path) -> None:
    """Its host is the estimate's, in which everything is; nor does one of memory alone."""
    assert "unmetered_share" not in both(tmp_path / "a", cpu=None).footprint.inputs
    assert "unmetered_share" not in both(tmp_path / "b", gpu=None).footprint.inputs


def test_a_measured_run_keeps_the_emissions_of_each_session(tmp_path: Path) -> None:
    """2.5 kWh at a PUE of 1.2 and, after a restart, 2.5 kWh at 2.4, at 100 g/kWh: 1.19 x 0.3 and 0.6 kg, not 2.4."""
    one_hour(tmp_path, estimate_inputs=STATED)
    worse = {"low": 2.4, "best": 2.4, "high": 2.4, "basis": "given", "source": "user"}
    tracker(tmp_path, at=7200, session="s2", pid=200, lines=[ended(10800)], estimate_inputs=STATED, pue=worse)
    meter(tmp_path, at=7200, session="s2", pid=201, lines=[stopped(10800, 3600, 2.0, 0.5)])
    run = run_of(tmp_path)

    assert run.reconciliation.believed == "measurement"
    assert run.footprint.basis == "measured"
    assert run.operational_kg is not None
    assert run.operational_kg.best == pytest.approx(SXM * 0.9)


def test_an_unknown_cpu_takes_the_hosts_share(tmp_path: Path) -> None:
    """2 kWh of accelerators within 5 %, and 8 x 300 W (from 250) x 0.498 (0.311 to 0.797): 1.1952 kWh of the host."""
    found = both(tmp_path, cpu=None)
    assert found.believed == "both"
    down, up = exp(-sqrt(log(300 / 250) ** 2 + log(0.498 / 0.311) ** 2)), 0.797 / 0.498
    assert found.footprint.it_energy_kwh == pytest.approx((
        3.1952 - sqrt(0.1**2 + (1.1952 * (1 - down)) ** 2), 3.1952, 3.1952 + sqrt(0.1**2 + (1.1952 * (up - 1)) ** 2),
    ))  # fmt: skip
    assert found.reasons == ("The CPU was not measured: the host's part is the estimate's.",)
    assert found.unmetered_share is None


def test_an_unknown_cpu_takes_the_stated_host_factor(tmp_path: Path) -> None:
    """2 kWh of accelerators within 5 %, times 1.5 as stated: 3 kWh, in which the host's losses are."""
    found = both(tmp_path, cpu=None, estimate_inputs={**STATED, "host_factor": 1.5})
    assert found.footprint.it_energy_kwh == pytest.approx((3 * 0.95, 3.0, 3 * 1.05))
    why = "The CPU was not measured: the host's part follows from the accelerators' energy and the host factor."
    assert found.reasons == (why,)


@pytest.mark.parametrize(
    ("gpu", "why"),
    [
        (0.0, "An accelerator at 0 W on average during a job that uses it: the reading is implausibly low."),
        (0.04, "An accelerator at 5 W on average during a job that uses it: the reading is implausibly low."),
        (4.0, "An accelerator at 500 W on average is above what NVIDIA Tesla V100 SXM2 32GB can draw."),
        (None, "The accelerators were not measured."),
    ],
)
def test_an_impossible_reading_of_accelerators_leaves_the_estimate(tmp_path: Path, gpu: float | None, why: str) -> None:
    """0 W, less than a fiftieth of its TDP, more than 1.2 times its TDP, or nothing."""
    found = both(tmp_path, gpu)
    assert found.believed == "estimate"
    assert found.footprint.it_energy_kwh == estimate(**HOUR_OF_EIGHT).it_energy_kwh  # type: ignore[arg-type]
    assert found.reasons == (f"{why} The estimate is used.",)


def test_some_of_the_accelerators_are_not_enough(tmp_path: Path) -> None:
    """Sixteen were stated, eight were measured."""
    found = both(tmp_path, estimate_inputs={**STATED, "gpu": "V100-SXM2-32GB", "count": 16})
    assert found.reasons == ("Only 8 of 16 accelerators were measured. The estimate is used.",)


def test_missing_samples_are_filled(tmp_path: Path) -> None:
    """A quarter of the hour is missing: 1.5 and 0.3 kWh in 45 minutes are filled to 2 and 0.4, with 0.19 of both."""
    tracker(tmp_path, lines=[ended(3600)], estimate_inputs=STATED)
    meter(tmp_path, lines=[reading(2700, 2700, 1.5, 0.3)])
    found = run_of(tmp_path).reconciliation

    assert found.believed == "both"
    assert found.footprint.it_energy_kwh is not None
    assert found.footprint.it_energy_kwh.best == pytest.approx(SXM * (2.0 + 0.4))
    assert found.reasons[0] == "25 % of the time was not measured: it is filled at the mean power of the rest."
    assert found.mean_accelerator_w == pytest.approx(250)


def test_nothing_measured(tmp_path: Path) -> None:
    """The estimate is used, emissions by the run's own PUE and grid."""
    tracker(tmp_path, lines=[ended(3600)], estimate_inputs={**HOUR_OF_EIGHT})
    run = run_of(tmp_path)
    found = run.reconciliation

    assert (found.believed, run.comparisons) == ("estimate", ())
    assert found.reasons == ("Nothing was measured: the estimate is used.",)
    assert found.footprint.operational_kg is not None
    # 8 x 300 W x 1.21 x 1.2 x 100 g/kWh
    assert found.footprint.operational_kg.best == pytest.approx(0.34848)


def test_a_job_without_accelerators(tmp_path: Path) -> None:
    """Its CPU is what counts: measured it is adopted, unknown it leaves the estimate."""
    tracker(tmp_path, lines=[ended(3600)], estimate_inputs={"cpu_cores": 64})
    read = {"gpu": None, "cpu": 0.5, "memory": 0.0}
    meter(tmp_path, components=[CPU, MEMORY], lines=[reading(3600, 3600, None, type="end", energy_kwh=read)])
    measured = run_of(tmp_path).reconciliation
    meter(tmp_path, components=[CPU, MEMORY], lines=[line(9, type="sample", elapsed_seconds=3600,
                                                          energy_kwh={"memory": 0.1})])  # fmt: skip
    unknown = run_of(tmp_path).reconciliation

    assert measured.believed == "measurement"
    # Within a factor of two, and 0.15 (0.08 to 0.25) of it that no sensor reads.
    below, above = (sqrt(log(2) ** 2 + log(ratio) ** 2) for ratio in (1.15 / 1.08, 1.25 / 1.15))
    wanted = (0.5 * ALONE * exp(-below), 0.5 * ALONE, 0.5 * ALONE * exp(above))
    assert measured.footprint.it_energy_kwh == pytest.approx(wanted)
    assert unknown.believed == "estimate"
    assert unknown.reasons == ("The CPU was not measured, and it does the work: the estimate is used.",)


@pytest.mark.parametrize(
    ("components", "inputs", "why"),
    [
        ([CPU], {}, "no accelerator was named or found"),
        ([GPU, {**GPU, "id": "2", "name": "Tesla T4"}], {}, "the accelerators are of several kinds: "
         "Tesla V100-SXM2-32GB, Tesla T4"),
        ([GPU], {"gpu": "V1000"}, "gpu 'V1000': unknown accelerator."),
        ([{**GPU, "name": "NVIDIA V1000"}], {}, "gpu 'NVIDIA V1000': unknown accelerator."),
        ([CPU], {"cpu": "EPYC 77631", "cpu_cores": 8}, "cpu 'EPYC 77631': unknown CPU."),
    ],
)  # fmt: skip
def test_no_estimate(tmp_path: Path, components: list[Any], inputs: dict[str, Any], why: str) -> None:
    """The measurement is alone, 0.3 kWh and 0.15 of it that no sensor reads, and the reason is stated.

    For a name on record nothing is suggested: nobody is there who has misspelled it.
    """
    tracker(tmp_path, lines=[ended(3600)], estimate_inputs=inputs)
    meter(tmp_path, components=components, lines=[stopped(3600, 3600, 0.2, 0.1)])
    found = run_of(tmp_path).reconciliation

    assert (found.estimate, found.believed) == (None, "measurement")
    assert found.reasons[0].startswith(f"No estimate to compare with: {why}")
    assert found.footprint.it_energy_kwh is not None
    assert found.footprint.it_energy_kwh.best == pytest.approx(ALONE * 0.3)


def test_an_unknown_cpu_without_accelerators(tmp_path: Path) -> None:
    """Only the memory was measured, of hardware that was not named: a note states that the CPU is missing."""
    tracker(tmp_path, lines=[ended(3600)])
    parts = [{**CPU, "quality": "unknown"}, {**MEMORY, "quality": "modelled"}]
    reading_of_memory = {"elapsed_seconds": 3600, "energy_kwh": {"gpu": None, "cpu": None, "memory": 0.1}}
    meter(tmp_path, components=parts, lines=[line(3600, type="end", why="stopped", **reading_of_memory)])
    run = run_of(tmp_path)

    assert (run.reconciliation.believed, run.is_complete) == ("measurement", False)
    assert run.it_energy_kwh == pytest.approx((0.05, 0.1, 0.2))
    assert run.reconciliation.reasons[1] == "The CPU was not measured and is not in the sum."


def test_nothing_is_known(tmp_path: Path) -> None:
    """Neither measured nor described."""
    tracker(tmp_path, lines=[ended(3600)])
    found = run_of(tmp_path).reconciliation
    assert (found.believed, found.footprint.it_energy_kwh) == ("nothing", None)


def test_a_forecast(tmp_path: Path) -> None:
    """A quarter of the steps took 60 s and 0.1 kWh: the whole takes 180 s more and 0.4 kWh before PUE."""
    tracker(tmp_path, total_steps=1000, lines=[line(50, type="log", values={"step": 100}),
                                               line(60, type="log", values={"step": 250, "loss": 1})])  # fmt: skip
    meter(tmp_path, components=[UNHEARD], lines=[reading(60, 60, 0.1)])
    found = forecast(run_of(tmp_path))

    assert found is not None
    assert (found.step, found.total_steps, found.share_done, found.seconds_left) == (250, 1000, 0.25, 180)
    assert found.facility_energy_kwh is not None
    assert found.facility_energy_kwh.best == pytest.approx(0.48)


def test_a_forecast_from_a_checkpoint_of_another_run(tmp_path: Path) -> None:
    """Steps 50 to 75 of 100 took 100 s and 0.1 kWh: the other 25 take as much again, and the run is not 75 % of it."""
    steps = [line(4.0 * (step - 50), type="log", values={"step": step}) for step in range(51, 76)]
    tracker(tmp_path, total_steps=100, lines=steps)
    meter(tmp_path, components=[UNHEARD], lines=[reading(100, 100, 0.1)])
    found = forecast(run_of(tmp_path))

    assert found is not None
    assert (found.step, found.share_done) == (75, 0.75)
    assert found.seconds_left == pytest.approx(100)
    assert found.facility_energy_kwh is not None
    assert found.facility_energy_kwh.best == pytest.approx(0.24)


def test_a_forecast_over_a_restart(tmp_path: Path) -> None:
    """A run that was started again, hours later, from its own checkpoint: all its steps and energy count."""
    tracker(tmp_path, total_steps=1000, lines=[line(50, type="log", values={"step": 500})])
    meter(tmp_path, components=[UNHEARD], lines=[stopped(50, 50, 0.1)])
    again = [line(9050, type="log", values={"step": 750})]
    tracker(tmp_path, at=9000, session="s2", pid=200, total_steps=1000, lines=again)
    meter(tmp_path, at=9000, session="s2", pid=201, components=[UNHEARD], lines=[reading(9050, 50, 0.05)])
    found = forecast(run_of(tmp_path))

    assert found is not None
    assert found.seconds_left == pytest.approx(100 / 3)
    assert found.facility_energy_kwh is not None
    assert found.facility_energy_kwh.best == pytest.approx(0.15 * 1.2 / 0.75)


@pytest.mark.parametrize("values", [{}, {"step": 0}, {"step": -5}, {"step": 3}])
def test_no_forecast_without_steps(tmp_path: Path, values: dict[str, float]) -> None:
    """Neither before the first one nor without their number."""
    total = 10 if values != {"step": 3} else None
    tracker(tmp_path, total_steps=total, lines=[line(50, type="log", values=values)])
    assert forecast(run_of(tmp_path)) is None


def test_the_grid_of_a_place_has_the_notes_that_an_estimate_has(tmp_path: Path) -> None:
    """California's value counts combustion alone, life-cycle is 1.20 x as high; a value that is given has no note."""
    there = estimate("A100", hours=1, location="US-CA", year=2024)
    (ours,) = (item for item in there.notes if "direct" in item)
    low, best, high = there.grid.g_per_kwh
    grid = {**GRID, "low": low, "best": best, "high": high, "year": there.grid.year}
    found = run_of(one_hour(tmp_path / "table", location="US-CA", grid_intensity=grid))
    assert ours in found.notes
    assert ours in found.footprint.notes
    given = run_of(one_hour(tmp_path / "given", location="US-CA", grid_intensity={**grid, "basis": "given"}))
    assert ours not in given.notes
