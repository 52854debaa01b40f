"""Clocks that jump, computers that sleep, and runs of no length."""

import json
import os
import signal
import time

import pytest
from built import library, meter_with
from busy_machine import slowness
from fault_room import ALONE, KWH_PER_SECOND, Room, journals, records, wait_until

pytestmark = pytest.mark.timing


def test_clock_that_jumps(room: Room) -> None:
    """Fault 21: the wall clock jumps by a day all the time: duration and energy come from another clock."""
    clock = library(room, "jumping_clock.c", "jumping_clock.so")
    outcome = room.run(
        "with_arguments", "dict(name='x', pue=1, grid_intensity=500)", 1.5, environment={"LD_PRELOAD": str(clock)}
    )
    found = json.loads(outcome.err)
    measurement = found["record"]["measurement"]
    days = {record["t"][:10] for found in journals(room.home, "tracker").values() for record in found}

    assert 1.5 <= measurement["duration_seconds"] <= found["around"]
    assert measurement["it_energy_kwh"]["best"] == pytest.approx(
        ALONE * measurement["duration_seconds"] * KWH_PER_SECOND, rel=0.05
    )
    assert outcome.code == 0
    assert days != set()
    run = room.run_alone()
    assert run.status == "completed"
    assert run.duration_seconds == pytest.approx(measurement["duration_seconds"], abs=0.05)
    assert run.it_energy_kwh is not None
    assert run.it_energy_kwh.best == pytest.approx(ALONE * run.duration_seconds * KWH_PER_SECOND, rel=0.05)


@pytest.mark.parametrize("meter", ["codecarbon", "replay"])
def test_suspended(room: Room, meter: str) -> None:
    """Fault 21: run and meter stand still for 4 s: the gap is stated, and what is only modelled is not filled."""
    environment = {"METER": "codecarbon"} if meter == "codecarbon" else {}
    arguments = "dict(name='x', interval=0.5, pue=1, grid_intensity=500)"
    training = room.start("with_arguments", arguments, 2.5, environment=environment).wait_for()
    wait_until(lambda: len(records(room.home, "meter", "sample")) > 1)
    meter_pid = records(room.home, "meter", "start")[0]["pid"]
    os.kill(meter_pid, signal.SIGSTOP)
    training.signal(signal.SIGSTOP)
    time.sleep(4)
    os.kill(meter_pid, signal.SIGCONT)
    training.signal(signal.SIGCONT)
    assert training.end().code == 0

    run = room.run_alone()
    assert [gap.reason for gap in run.gaps] == ["late"]
    assert run.gaps[0].seconds == pytest.approx(4, abs=0.7 * slowness())
    (end,) = records(room.home, "meter", "end")
    power_w = records(room.home, "meter", "sample")[0]["power_w"]["memory"]
    seconds = end["elapsed_seconds"] - (run.gaps[0].seconds if meter == "codecarbon" else 0.0)
    assert end["energy_kwh"]["memory"] == pytest.approx(power_w * seconds / 3.6e6, rel=0.15)
    assert end["quality"]["confidence"] == "low"


@pytest.mark.parametrize("meter", ["codecarbon", "replay"])
def test_computer_that_sleeps(room: Room, meter: str) -> None:
    """Fault 21: the computer sleeps for an hour: that is stated with its length, and nothing is counted for it."""
    environment = {"METER": "codecarbon"} if meter == "codecarbon" else {}
    slept = room.folder / "slept"
    clock = {"LD_PRELOAD": str(library(room, "sleeping_clock.c", "sleeping_clock.so")), "SLEPT": str(slept)}
    arguments = "dict(name='x', interval=0.5, pue=1, grid_intensity=500)"
    training = room.start(
        "with_arguments", arguments, 1.5, environment=environment | clock | meter_with(room, clock)
    ).wait_for()
    wait_until(lambda: records(room.home, "meter", "sample"))
    slept.write_text("3600")
    assert training.end().code == 0

    run = room.run_alone()
    (end,) = records(room.home, "meter", "end")
    assert [gap.reason for gap in run.gaps] == ["suspended"]
    assert run.gaps[0].seconds == pytest.approx(3600, abs=0.001)
    # It is written with whole milliseconds.
    assert 1.5 - 0.5e-3 <= end["elapsed_seconds"] <= json.loads(training.err)["around"] + 0.5e-3
    assert run.duration_seconds == pytest.approx(end["elapsed_seconds"], abs=0.3 * slowness())
    assert run.ended - run.started == pytest.approx(3600 + run.duration_seconds, abs=0.5 * slowness())
    power_w = records(room.home, "meter", "sample")[0]["power_w"]["memory"]
    assert end["energy_kwh"]["memory"] == pytest.approx(power_w * end["elapsed_seconds"] / 3.6e6, rel=0.15)
    stated_seconds = json.loads(training.err)["record"]["measurement"]["duration_seconds"]
    assert stated_seconds == pytest.approx(end["elapsed_seconds"], abs=0.05)


@pytest.mark.parametrize(("seconds", "within"), [(0.0, 0.15), (0.005, 0.15), (0.3, 0.2)])
def test_short_run(room: Room, seconds: float, within: float) -> None:
    """Fault 22: no length, milliseconds, part of a second: mean power x duration, of low confidence."""
    real = room.start("short", seconds, 1, environment={"METER": "codecarbon", "GREENTRAIN_HOME": str(room.work)})
    taken = float(room.run("short", seconds, 1).out.split()[0])
    assert real.end().code == 0
    run = room.run_alone()
    (end,) = records(room.home, "meter", "end")
    assert taken < end["elapsed_seconds"] + 1e-3
    assert end["elapsed_seconds"] == pytest.approx(taken, abs=within * slowness())
    assert end["quality"]["confidence"] == "low"
    assert sum(end["energy_kwh"].values()) == pytest.approx(end["elapsed_seconds"] * KWH_PER_SECOND, rel=0.02, abs=1e-6)
    assert run.status == "completed"

    room.run_alone(room.work)
    (end,) = records(room.work, "meter", "end")
    memory_kwh, power_w = end["energy_kwh"]["memory"], end["power_w"]["memory"]
    assert end["quality"]["confidence"] == "low"
    assert memory_kwh == pytest.approx(power_w * end["elapsed_seconds"] / 3.6e6, rel=0.2, abs=2e-9)


@pytest.mark.parametrize("meter", ["codecarbon", "replay"])
def test_forty_short_functions(room: Room, meter: str) -> None:
    """Fault 44: forty functions of 40 ms: integrated to the last moment, within 20 % for the time of the calls."""
    environment = {"METER": "codecarbon"} if meter == "codecarbon" else {}
    inside, around = map(float, room.run("short", 0.04, 40, environment=environment).out.split())
    runs = room.runs()
    ends = records(room.home, "meter", "end")
    seconds = sum(end["elapsed_seconds"] for end in ends)
    power_w = max(end["power_w"]["memory"] for end in ends) if meter == "codecarbon" else 100.0

    assert len(runs) == len(ends) == 40
    rounding = 40 * 0.5e-3  # each is written with whole milliseconds
    assert inside - rounding < seconds < around + rounding
    assert sum(end["energy_kwh"]["memory"] for end in ends) == pytest.approx(power_w * around / 3.6e6, rel=0.2)
