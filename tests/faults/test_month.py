"""Runs of thirty days: the memory that they need, the journal that they leave, and what it takes to read it."""

import json
from pathlib import Path

import pytest
from built import library, meter_with
from fault_room import ALONE, KWH_PER_SECOND, Room, Training, journals, records, wait_until

from greentrain.journal import last_record

DAY_SECONDS = 86_400.0
MONTH_SECONDS = 30 * DAY_SECONDS
MONTH_LIMIT_BYTES = 20_000_000


def clock(room: Room) -> str:
    """Build the clock by which a month goes by in seconds."""
    return str(library(room, "patient_clock.c", "patient_clock.so"))


def long_run(room: Room, meter: str) -> tuple[Training, Path, int]:
    """Start a run whose meter takes a reading a minute, and never waits; give it, its journal and its process."""
    arguments = "dict(name='month', interval=60, pue=1, grid_intensity=500)"
    environment = {"METER": meter} | meter_with(room, {"LD_PRELOAD": clock(room)})
    training = room.start("with_arguments", arguments, 300, environment=environment).wait_for()
    wait_until(lambda: records(room.home, "meter", "start"))
    (path,) = journals(room.home, "meter")
    return training, path, records(room.home, "meter", "start")[0]["pid"]


def memory_mib(pid: int) -> float:
    """Return the memory that a process holds. [MiB]"""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(float(line.split()[1]) for line in lines if line.startswith("VmRSS:")) / 1024


def wait_for_age(journal: Path, seconds: float) -> None:
    """Wait until a run is so old by its meter's clock. [s]"""

    def is_old() -> bool:
        sample = last_record(str(journal), "sample")
        return sample is not None and float(str(sample["elapsed_seconds"])) > seconds

    wait_until(is_old, 240)
    assert is_old()


@pytest.mark.timing
@pytest.mark.parametrize(("meter", "days"), [("replay", 30.0), ("codecarbon", 1.0)])
def test_month_of_a_meter(room: Room, meter: str, days: float) -> None:
    """Fault 23: days of readings by a real meter: its memory stays as it is, and its journal below 20 MB a month."""
    training, path, pid = long_run(room, room.environment["METER"] if meter == "replay" else meter)
    wait_for_age(path, days / 10 * DAY_SECONDS)
    early_mib = memory_mib(pid)
    wait_for_age(path, days * DAY_SECONDS)
    grown_mib = memory_mib(pid) - early_mib
    training.signal(9).end()
    run = room.run_alone()
    size_bytes = path.stat().st_size

    assert grown_mib < 2.0
    assert run.duration_seconds > days * DAY_SECONDS
    assert size_bytes * MONTH_SECONDS / run.duration_seconds < MONTH_LIMIT_BYTES
    assert (run.status, run.gaps) == ("killed", ())
    if meter == "replay":
        check_reading(room, run.id, run.duration_seconds)


def check_reading(room: Room, run_id: str, seconds: float) -> None:
    """Check what a long run's history says, and that reading it again and again takes no more memory."""
    outcome = room.run("month_read", room.home, run_id)
    found = json.loads(outcome.out)
    assert found["readings_kwh"] == pytest.approx(seconds * KWH_PER_SECOND, rel=1e-6)
    assert found["history_kwh"] == pytest.approx(ALONE * seconds * KWH_PER_SECOND, rel=1e-6)
    assert found["text"].splitlines()[0].endswith(" h  month")
    assert found["readings_mib"] < 2.0
    assert found["kept_mib"] < 15.0
    assert found["peak_mib"] < 150.0


def test_month_of_steps(room: Room) -> None:
    """Fault 23: a week of steps that a framework's callback is told of: seldom enough for a month with the meter."""
    days = 7.0
    steps = int(days * DAY_SECONDS / 10)
    environment = {"LD_PRELOAD": clock(room), "METER": "none"}
    assert room.run("month_steps", steps, environment=environment).out == f"{steps} steps\n"
    (path,) = journals(room.home, "tracker")
    logged = [record["values"]["step"] for record in records(room.home, "tracker", "log")]
    # Every ten seconds in the first hour, then every minute.
    assert len(logged) == pytest.approx(360 + (days * 24 - 1) * 60, abs=2)
    assert logged[-1] > steps - 7
    assert path.stat().st_size * 30 / days < MONTH_LIMIT_BYTES / 3


def test_memory_of_a_month(room: Room) -> None:
    """Fault 23: tens of thousands of steps, each a span and a log, do not grow the training process."""
    outcome = room.run("month", 20_000)
    assert outcome.code == 0
    assert float(outcome.out) < 5.0
    run = room.run_alone()
    assert len(records(room.home, "tracker", "log")) == 20_000
    assert run.status == "completed"
