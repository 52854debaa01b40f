"""The meter fails, dies or cannot start, and those whom we tell raise: the training's own always wins."""

import os
import signal
import sys
import time
from pathlib import Path

import pytest
from busy_machine import slowness
from fault_room import ALONE, KWH_PER_SECOND, Room, journals, records, wait_until

POWER = {"gpu_w": 3000, "cpu_w": 500, "memory_w": 100}


@pytest.mark.timing
def test_reading_that_fails_once(room: Room) -> None:
    """Fault 24: a measurement raises for a while: it is marked missing, and the energy after it is right."""
    meter = room.meter({"seconds": 0, **POWER}, {"seconds": 0.9, "error": "driver lost"}, {"seconds": 1.6, **POWER})
    arguments = "dict(name='x', interval=0.3, pue=1, grid_intensity=500)"
    assert room.run("with_arguments", arguments, 3, environment={"METER": meter}).code == 0
    run = room.run_alone()
    (end,) = records(room.home, "meter", "end")

    assert run.status == "completed"
    assert end["quality"]["missing"] >= 1
    assert any("missing" in record.get("marks", ()) for record in records(room.home, "meter", "sample"))
    # In the recorded file nothing is drawn between 0.9 s and 1.6 s.
    assert sum(end["energy_kwh"].values()) == pytest.approx((end["elapsed_seconds"] - 0.7) * KWH_PER_SECOND, rel=0.05)


def test_reading_that_fails_at_the_end(room: Room) -> None:
    """Fault 24: a measurement that raises from some time on, at the stop too: what was read stays and is completed."""
    meter = room.meter({"seconds": 0, **POWER}, {"seconds": 0.6, "error": "driver lost"})
    bare, tracked = (room.run("training", "returns", 1.2, by=by, environment={"METER": meter})
                     for by in ("nothing", "greentrain"))  # fmt: skip
    assert tracked == bare
    run = room.run_alone()
    (end,) = records(room.home, "meter", "end")
    assert run.status == "completed"
    assert end["quality"]["missing"] >= 1
    assert end["quality"]["confidence"] == "low"
    assert sum(kwh or 0.0 for kwh in run.energy_kwh.values()) <= 0.6 * KWH_PER_SECOND
    assert run.it_energy_kwh is not None
    assert run.it_energy_kwh.best == pytest.approx(ALONE * run.duration_seconds * KWH_PER_SECOND, rel=0.05)
    assert (run.basis, run.is_complete) == ("mixed", False)
    assert run.coverage.startswith("measured 0")


@pytest.mark.parametrize("way", ["returns", "raises", "exits"])
@pytest.mark.parametrize("sink", ["stream", "interrupt", "exit", "none", "warnings", "logging"])
def test_consumers_that_raise(room: Room, sink: str, way: str) -> None:
    """Faults 24 and 43: stderr, warnings and loggers raise anything at all: the user's result or exception wins."""
    # A home that cannot be written makes for a warning, and the summary is on.
    environment = {"QUIET": None, "GREENTRAIN_HOME": "/proc/none"}
    bare, tracked = (room.start("hostile_sinks", sink, way, by=by, environment=environment)
                     for by in ("nothing", "greentrain"))  # fmt: skip
    assert tracked.end()[:2] == bare.end()[:2]
    run = room.run_alone(room.spare_home)
    assert run.status == ("completed" if way == "returns" else "failed")


@pytest.mark.timing
def test_meter_that_is_killed(room: Room) -> None:
    """Fault 30: the meter dies: training goes on; from then on it is unmeasured, and the estimate stands beside."""
    training = room.start("no_meter", "killed").wait_for()
    wait_until(lambda: len(records(room.home, "meter", "sample")) > 1)
    os.kill(records(room.home, "meter", "start")[0]["pid"], signal.SIGKILL)
    assert training.end() == (0, "ready\ntrained True\n", "")

    (run,) = room.runs(wait=False)
    assert run.status == "completed"
    assert run.duration_seconds == pytest.approx(3.8, abs=0.3 * slowness())
    assert not run.is_complete
    assert [gap.reason for gap in run.gaps] == ["unmeasured"]
    measured_seconds = run.duration_seconds - run.gaps[0].seconds
    assert sum(run.energy_kwh.values()) == pytest.approx(measured_seconds * KWH_PER_SECOND, rel=0.02)
    assert measured_seconds < 2.0 * slowness()
    assert run.unmetered_seconds == pytest.approx(run.gaps[0].seconds)
    assert run.estimate is not None


@pytest.mark.parametrize("fault", ["no such program", "no program known", "breaks at its start", "recorded file gone"])
def test_meter_that_cannot_start(room: Room, fault: str) -> None:
    """Fault 30: the meter cannot start: one line says so, training is not affected, and the estimate is used."""
    outcome = room.run("no_meter", fault)
    assert outcome[:2] == (0, "ready\ntrained True\n")
    assert outcome.err.count("GreentrainWarning: ") == (0 if fault == "recorded file gone" else 1)

    (run,) = room.runs(wait=False)
    assert run.status == "completed"
    assert set(run.energy_kwh.values()) == {None}
    assert (run.reconciliation.believed, run.basis) == ("estimate", "estimated")
    assert run.estimate is not None
    assert run.it_energy_kwh == run.estimate.it_energy_kwh


@pytest.mark.timing
def test_meter_is_no_orphan(room: Room) -> None:
    """Fault 30: whatever ends the run, its meter is gone within two seconds."""
    trainings = [room.start("training", "waits").wait_for() for _ in range(3)]
    wait_until(lambda: len(records(room.home, "meter", "start")) == 3)
    pids = [record["pid"] for record in records(room.home, "meter", "start")]
    for training, number in zip(trainings, (signal.SIGKILL, signal.SIGTERM, signal.SIGINT), strict=True):
        training.signal(number).end()
    start = time.monotonic()
    wait_until(lambda: not any(Path(f"/proc/{pid}").exists() for pid in pids))
    assert time.monotonic() - start < 2.0 * slowness()
    assert len(journals(room.home, "meter")) == 3


@pytest.mark.timing
@pytest.mark.skipif(sys.platform != "linux", reason="only Linux continues a process of its own accord")
@pytest.mark.parametrize("number", [None, signal.SIGKILL])
def test_a_stopped_meter_ends_with_its_run(room: Room, number: signal.Signals | None) -> None:
    """Fault 30: somebody stops the meter for good: it goes on when the run is over, however that ended, and ends."""
    training = room.start("training", "returns", 3 if number is None else 60)
    wait_until(lambda: records(room.home, "meter", "sample"))
    meter_pid = records(room.home, "meter", "start")[0]["pid"]
    os.kill(meter_pid, signal.SIGSTOP)
    if number is not None:
        training.signal(number)
    assert training.end().code == (0 if number is None else -number)
    wait_until(lambda: records(room.home, "meter", "end"))
    wait_until(lambda: not Path(f"/proc/{meter_pid}").exists())

    assert not Path(f"/proc/{meter_pid}").exists()
    assert room.run_alone().status == ("completed" if number is None else "killed")
