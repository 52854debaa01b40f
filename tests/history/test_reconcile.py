"""Measurement and estimate compared, and which of them is adopted."""

from math import exp, log, sqrt
from pathlib import Path
from typing import Any

import pytest
from journals_by_hand import CPU, GPU, MEMORY, NOON, ended, line, meter, one_hour, reading, stopped, tracker

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


@pytest.mark.parametrize(("gpu", "inside"), [(2.0, True), (0.4, False), (2.35, False)])
def test_whether_the_measurement_lies_in_the_interval(tmp_path: Path, gpu: float, inside: bool) -> None:
    """Mean power over TDP is 0.2 to 0.94 by default, the TDP 250 to 300 W: 0.47 to 2.256 kWh."""
    (compared,) = run_of(one_hour(tmp_path, gpu, 0.5, estimate_inputs=STATED)).comparisons
    assert compared.what == "accelerators"
    assert compared.estimated_kwh == pytest.approx((1.44 * exp(-sqrt(log(3) ** 2 + log(1.2) ** 2)), 1.44, 2.256))
    assert compared.is_inside is inside
    assert compared.ratio == pytest.approx(gpu / 1.44)


def test_half_a_run_is_compared_with_half_an_estimate(tmp_path: Path) -> None:
    """1 kWh in the half hour that was measured; the estimate is 1.44 kWh for the hour, so 0.72 kWh for that half."""
    tracker(tmp_path, lines=[ended(3600)])
    meter(tmp_path, lines=[stopped(1800, 1800, 1.0)])
    (compared,) = run_of(tmp_path).comparisons
    assert compared.estimated_kwh.best == pytest.approx(0.72)
    assert compared.ratio == pytest.approx(1.0 / 0.72)


def test_a_measured_node_is_adopted(tmp_path: Path) -> None:
    """Accelerators and CPU; notes state what is missing."""
    found = both(tmp_path)
    assert found.believed == "measurement"
    assert found.footprint.it_energy_kwh == pytest.approx(
        (2.5 - sqrt(0.1**2 + 0.25**2), 2.5, 2.5 + sqrt(0.1**2 + 0.5**2))
    )
    assert found.reasons == ("The memory was not measured and is not in the sum.",)
    assert found.footprint.operational_kg is not None
    assert found.footprint.operational_kg.best == pytest.approx(0.3)


def test_a_measured_run_keeps_the_emissions_of_each_session(tmp_path: Path) -> None:
    """2.5 kWh at a PUE of 1.2 and, after a restart, 2.5 kWh at 2.4, at 100 g/kWh: 0.3 and 0.6 kg, not 2.4 for all."""
    one_hour(tmp_path, estimate_inputs=STATED)
    worse = {"low": 2.4, "best": 2.4, "high": 2.4, "basis": "given", "source": "user"}
    tracker(tmp_path, at=7200, session="s2", pid=200, lines=[ended(10800)], estimate_inputs=STATED, pue=worse)
    meter(tmp_path, at=7200, session="s2", pid=201, lines=[stopped(10800, 3600, 2.0, 0.5)])
    run = run_of(tmp_path)

    assert run.reconciliation.believed == "measurement"
    assert run.footprint.basis == "measured"
    assert run.operational_kg is not None
    assert run.operational_kg.best == pytest.approx(0.9)


def test_an_unknown_cpu_takes_the_host_factor(tmp_path: Path) -> None:
    """2 kWh of accelerators within 5 %, times 1.74 of 1.43 to 2.12."""
    found = both(tmp_path, cpu=None)
    assert found.believed == "both"
    assert found.footprint.it_energy_kwh == pytest.approx((
        3.48 * exp(-sqrt(log(1 / 0.95) ** 2 + log(1.74 / 1.43) ** 2)),
        3.48,
        3.48 * exp(sqrt(log(1.05) ** 2 + log(2.12 / 1.74) ** 2)),
    ))  # fmt: skip
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
    """A quarter of the hour is missing: 1.5 kWh in 45 minutes are filled to 2."""
    tracker(tmp_path, lines=[ended(3600)], estimate_inputs=STATED)
    meter(tmp_path, lines=[reading(2700, 2700, 1.5, 0.3)])
    found = run_of(tmp_path).reconciliation

    assert found.believed == "both"
    assert found.footprint.it_energy_kwh is not None
    assert found.footprint.it_energy_kwh.best == pytest.approx(2.0 + 0.4)
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
    # 8 x 300 W x 0.6 x 1.74 x 1.2 x 100 g/kWh
    assert found.footprint.operational_kg.best == pytest.approx(0.300672)


def test_a_job_without_accelerators(tmp_path: Path) -> None:
    """Its CPU is what counts: measured it is adopted, unknown it leaves the estimate."""
    tracker(tmp_path, lines=[ended(3600)], estimate_inputs={"cpu_cores": 64})
    meter(tmp_path, components=[CPU, MEMORY], lines=[stopped(3600, 3600, None, 0.5)])
    measured = run_of(tmp_path).reconciliation
    meter(tmp_path, components=[CPU, MEMORY], lines=[line(9, type="sample", elapsed_seconds=3600,
                                                          energy_kwh={"memory": 0.1})])  # fmt: skip
    unknown = run_of(tmp_path).reconciliation

    assert measured.believed == "measurement"
    assert measured.footprint.it_energy_kwh == pytest.approx((0.25, 0.5, 1.0))
    assert unknown.believed == "estimate"
    assert unknown.reasons == ("The CPU was not measured, and it does the work: the estimate is used.",)


@pytest.mark.parametrize(
    ("components", "inputs", "why"),
    [
        ([CPU], {}, "no accelerator was named or found"),
        ([GPU, {**GPU, "id": "2", "name": "Tesla T4"}], {}, "the accelerators are of several kinds: "
         "Tesla V100-SXM2-32GB, Tesla T4"),
        ([GPU], {"gpu": "V1000"}, "gpu 'V1000': unknown accelerator"),
    ],
)  # fmt: skip
def test_no_estimate(tmp_path: Path, components: list[Any], inputs: dict[str, Any], why: str) -> None:
    """The measurement is alone, and the reason is stated."""
    tracker(tmp_path, lines=[ended(3600)], estimate_inputs=inputs)
    meter(tmp_path, components=components, lines=[stopped(3600, 3600, 0.2, 0.1)])
    found = run_of(tmp_path).reconciliation

    assert (found.estimate, found.believed) == (None, "measurement")
    assert found.reasons[0].startswith(f"No estimate to compare with: {why}")
    assert found.footprint.it_energy_kwh is not None
    assert found.footprint.it_energy_kwh.best == pytest.approx(0.3)


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
