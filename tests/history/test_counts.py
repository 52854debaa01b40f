"""The number of accelerators of the estimate that a measurement is compared with.

An A100 takes 400 W x 0.624 = 249.6 W by its profile, with its host 0.498 x 400 = 199.2 W more; in a full server of
eight it is 400 W x 1.21 = 484 W at the wall. A measured SXM server draws 1.19 times what its sensors read.
"""

from pathlib import Path
from typing import Any

import pytest
from journals_by_hand import CPU, GPU, MEMORY, NOON, SXM, ended, meter, stopped, tracker

from greentrain import Run, estimate
from greentrain.history import read_run
from greentrain.reporting import line_of_run

A100 = "A100-SXM4-80GB"
DRIVER_NAME = f"NVIDIA {A100}"
STATED = {"location": "FR", "year": 2024}
CARD_KWH, WITH_HOST_KWH, FULL_SERVER_KWH = 0.2496, 0.4488, 0.484
"""An hour of one card as estimated. [kWh]"""


def node(folder: Path, host: str = "n0", hour: float = 0.0, cards: int | None = 8, **stated: Any) -> None:
    """Write an hour of a node: 300 W of each card and 600 W of CPU; no meter where the number of cards is None."""
    begin, end, pid = 3600 * hour, 3600 * (hour + 1), 100 + 10 * int(hour)
    start = {"at": begin, "host": host, "session": f"{host}{hour:g}", "pid": pid}
    tracker(folder, **start, lines=[ended(end)], estimate_inputs={**STATED, **stated})
    if cards is not None:
        parts = [{**GPU, "id": f"{host}-{number}", "name": DRIVER_NAME} for number in range(cards)]
        kwh = 0.3 * cards or None
        lines = [stopped(end, 3600, kwh, 0.6)]
        meter(folder, **{**start, "pid": pid + 1}, components=[*parts, CPU, MEMORY], lines=lines)


def run_of(folder: Path) -> Run:
    """Read the run, a long time after it."""
    run = read_run(str(folder), NOON + 1e6)
    assert run is not None
    return run


def check(run: Run, count: int, hours: float = 1.0) -> None:
    """Compare the estimate with one of so many cards, and all places that name their number."""
    wanted = estimate(A100, count=count, hours=hours, location="FR", year=2024)
    assert run.estimate is not None
    assert run.estimate.count == count
    each_kwh = FULL_SERVER_KWH if count >= 8 else WITH_HOST_KWH
    assert run.estimate.it_energy_kwh.best == pytest.approx(each_kwh * count * hours)
    assert run.estimate.it_energy_kwh == pytest.approx(wanted.it_energy_kwh)
    assert run.footprint.embodied_kg == pytest.approx(wanted.embodied_kg)
    line = line_of_run(run)
    assert (line.count, line.accelerator_hours) == (count, pytest.approx(count * hours))
    assert line.hardware.startswith(f"{count} x ")


def compared(run: Run) -> dict[str, tuple[float, float]]:
    """Return what was measured and what was estimated."""
    return {item.what: (item.measured_kwh.best, item.estimated_kwh.best) for item in run.comparisons}


@pytest.mark.parametrize("name", [f"8x{A100}", f"8 x {A100}", f"8X{A100}", f"8\N{MULTIPLICATION SIGN}{A100}"])
def test_a_number_in_the_name(tmp_path: Path, name: str) -> None:
    """8 are named and seen: 2.4 + 0.6 kWh, 2.4 of 1.9968 estimated, by the name that follows the number."""
    node(tmp_path, gpu=name)
    run = run_of(tmp_path)
    check(run, 8)
    assert run.hardware == "8 x NVIDIA A100 SXM4 80GB"
    assert run.it_energy_kwh is not None
    assert (run.reconciliation.believed, run.it_energy_kwh.best) == ("measurement", pytest.approx(SXM * 3.0))
    assert run.reconciliation.implied_utilization == pytest.approx(0.75)
    assert compared(run)["accelerators"] == pytest.approx((2.4, 8 * CARD_KWH))


@pytest.mark.parametrize(("stated", "seen"), [(4, 8), (1, 8), (8, 1), (16, 8)])
def test_a_number_in_the_name_is_as_good_as_a_count(tmp_path: Path, stated: int, seen: int) -> None:
    """What was stated wins over what was seen, either way, and both ways give the same run."""
    node(tmp_path / "a", cards=seen, gpu=f"{stated}x{A100}")
    node(tmp_path / "b", cards=seen, gpu=A100, count=stated)
    named, counted = run_of(tmp_path / "a"), run_of(tmp_path / "b")
    check(named, stated)
    check(counted, stated)
    assert named.footprint == counted.footprint
    assert named.comparisons == counted.comparisons
    assert named.hardware == f"{stated} x NVIDIA A100 SXM4 80GB"
    assert counted.hardware == f"{stated} x {A100}"


def test_a_number_before_an_unknown_name(tmp_path: Path) -> None:
    """It appears once."""
    node(tmp_path, gpu="8xUnheard")
    run = run_of(tmp_path)
    assert (run.estimate, run.hardware) == (None, "8xUnheard")


@pytest.mark.parametrize(
    ("stated", "hardware"),
    [
        ({"instance": "p4d.24xlarge"}, "2 x p4d.24xlarge"),
        ({"instance": "p4d.24xlarge", "count": 2}, "2 x p4d.24xlarge"),
        ({"instance": "p4d.24xlarge", "gpu": "A100"}, "16 x A100"),
        ({"instance": "p4d.24xlarge", "gpu": "A100", "count": 2}, "16 x A100"),
        ({}, f"16 x {DRIVER_NAME}"),
    ],
)
def test_two_instances(tmp_path: Path, stated: dict[str, Any], hardware: str) -> None:
    """Every node is one: 16 accelerators, 7.744 kWh, 4.8 + 1.2 kWh measured; as without naming instances."""
    for host in ("n0", "n1"):
        node(tmp_path, host, **stated)
    run = run_of(tmp_path)
    assert run.estimate is not None
    assert run.estimate.count == line_of_run(run).count == 16
    assert run.estimate.it_energy_kwh.best == pytest.approx(16 * FULL_SERVER_KWH)
    assert compared(run)["accelerators"] == pytest.approx((4.8, 16 * CARD_KWH))
    assert run.hardware == hardware


def test_one_instance_after_another(tmp_path: Path) -> None:
    """A run that went on elsewhere had one at a time: 8 accelerators for two hours."""
    for hour, host in enumerate(("n0", "n1")):
        node(tmp_path, host, hour, instance="p4d.24xlarge")
    run = run_of(tmp_path)
    assert run.estimate is not None
    assert (run.estimate.count, run.estimate.run["hours"], run.hardware) == (8, 2.0, "p4d.24xlarge")


@pytest.mark.parametrize("stated", [{"gpu": A100}, {}])
@pytest.mark.parametrize("is_metered", [True, False])
def test_one_node_after_another(tmp_path: Path, stated: dict[str, str], is_metered: bool) -> None:
    """As many accelerators at a time, whether the second one had a meter or not."""
    node(tmp_path, "n0", **stated)
    node(tmp_path, "n1", 1, cards=8 if is_metered else None, **stated)
    run = run_of(tmp_path)
    check(run, 8, 2.0)
    assert compared(run)["accelerators"] == pytest.approx((4.8, 16 * CARD_KWH) if is_metered else (2.4, 8 * CARD_KWH))


@pytest.mark.parametrize("stated", [{"gpu": A100}, {"gpu": A100, "count": 16}, {"gpu": f"16x{A100}"}, {}])
def test_a_node_without_a_meter(tmp_path: Path, stated: dict[str, Any]) -> None:
    """It has as many as the other: an estimate of 16, 8 of which were measured; 1.19 x 2 x (2.4 + 0.6) kWh count."""
    node(tmp_path, "n0", **stated)
    node(tmp_path, "n1", cards=None, **stated)
    run = run_of(tmp_path)
    check(run, 16)
    assert compared(run)["accelerators"] == pytest.approx((2.4, 8 * CARD_KWH))
    assert run.it_energy_kwh is not None
    assert (run.reconciliation.believed, run.it_energy_kwh.best) == ("both", pytest.approx(SXM * 6.0))


@pytest.mark.parametrize("is_named", [True, False])
def test_a_node_whose_meter_names_no_accelerator(tmp_path: Path, is_named: bool) -> None:
    """It has some where the user named one, which its meter then cannot see, and otherwise none."""
    stated = {"gpu": A100} if is_named else {}
    node(tmp_path, "n0", **stated)
    node(tmp_path, "n1", cards=0, **stated)
    run = run_of(tmp_path)
    check(run, 16 if is_named else 8)
    assert compared(run)["accelerators"] == pytest.approx((2.4, 8 * CARD_KWH))


def test_nodes_of_different_size(tmp_path: Path) -> None:
    """8 and 4 that were measured, and a third node of as many as those have on average: 18, of which 12 compare."""
    for host, cards in (("n0", 8), ("n1", 4), ("n2", None)):
        node(tmp_path, host, cards=cards, gpu=A100)
    run = run_of(tmp_path)
    check(run, 18)
    assert compared(run)["accelerators"] == pytest.approx((3.6, 12 * CARD_KWH))


def test_some_of_those_that_were_named(tmp_path: Path) -> None:
    """8 of 16 were measured: they are compared with an estimate of 8."""
    node(tmp_path, gpu=A100, count=16)
    assert compared(run_of(tmp_path))["accelerators"] == pytest.approx((2.4, 8 * CARD_KWH))


@pytest.mark.parametrize("is_metered", [True, False])
def test_cores_are_those_of_all_nodes(tmp_path: Path, is_metered: bool) -> None:
    """They are stated for all nodes together, as `estimate` documents, so nodes do not multiply them."""
    node(tmp_path, "n0", cards=0, cpu_cores=64)
    node(tmp_path, "n1", cards=0 if is_metered else None, cpu_cores=64)
    found = run_of(tmp_path).estimate
    assert found is not None
    assert found.it_energy_kwh == estimate(cpu_cores=64, hours=1, location="FR", year=2024).it_energy_kwh
