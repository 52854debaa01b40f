"""Trainings end in every way: the outside sees the same as without tracking, and the record says how it was."""

import re
import signal

import pytest
from fault_room import ALONE, KWH_PER_SECOND, Room, records

END = "the function's end\n"


def test_nothing_wrong(room: Room) -> None:
    """Fault 1: a function of two seconds: no line during the run, one at the end, none with ``quiet``."""
    quiet = room.start("training", "returns", 2)
    loud = room.start("training", "returns", 2, environment={"QUIET": None})
    bare = room.run("training", "returns", 2, by="nothing")
    quiet_end, loud_end = quiet.end(), loud.end()

    assert quiet_end == bare == (0, "returned {'weights': [1, 2, 3]}\n", END)
    assert loud_end[:2] == bare[:2]
    line = r"greentrain: training completed after 2\.\d s: 3\.\d+ Wh, 1\.\d+ g CO2e \(90 % interval .*\)\n"
    assert re.fullmatch(END + line, loud_end.err)
    for run in room.runs():
        assert (run.name, run.status, run.error) == ("training", "completed", None)
        assert run.it_energy_kwh is not None
        assert run.duration_seconds >= 2
        assert run.it_energy_kwh.best == pytest.approx(ALONE * run.duration_seconds * KWH_PER_SECOND, rel=0.05)


@pytest.mark.parametrize(
    ("way", "code", "status", "error"),
    [("raises", 0, "failed", "TrainingError"), ("uncaught", 1, "failed", "LookupError")],
)
def test_exception(room: Room, way: str, code: int, status: str, error: str) -> None:
    """Fault 2: an exception passes on, the same object, also one whose words cannot be had."""
    outcome = room.both("training", way)
    run = room.run_alone()

    assert outcome.code == code
    assert (run.status, run.error) == (status, error)


def test_exception_traceback(room: Room) -> None:
    """Fault 2: the user's traceback ends as it would; ours adds its own frame and no other exception."""
    bare, tracked = (room.run("training", "uncaught", by=by) for by in ("nothing", "greentrain"))
    assert tracked.err.splitlines()[-1] == bare.err.splitlines()[-1] == "LookupError: no such layer"
    assert tracked.err.count("Traceback") == 1


@pytest.mark.parametrize(
    ("way", "code", "status", "said_code"),
    [
        ("exits", 3, "failed", 3),
        ("exits_with_words", 1, "failed", 1),
        ("exits_well", 0, "completed", 0),
        ("vanishes", 5, "killed", None),
        ("aborts", -signal.SIGABRT, "killed", None),
    ],
)
def test_exit(room: Room, way: str, code: int, status: str, said_code: int | None) -> None:
    """Fault 6: ``sys.exit`` keeps its code; ``os._exit`` and a crash leave a record that the meter closes."""
    assert room.both("training", way).code == code
    run = room.run_alone()
    assert (run.status, run.exit_code) == (status, said_code)


def test_out_of_memory(room: Room) -> None:
    """Fault 5: memory that is not to be had: the training's own MemoryError comes out, and is recorded."""
    assert room.both("training", "exhausts").out == "out of memory\n"
    run = room.run_alone()
    assert (run.status, run.error) == ("failed", "MemoryError")


def test_end_of_the_interpreter(room: Room) -> None:
    """Fault 31: a run that nobody stops is ended by the interpreter's end, well or with the uncaught exception."""
    well, badly, killed = (room.start("never_stopped", way) for way in ("well", "badly", "killed"))
    assert [training.end().code for training in (well, badly, killed)] == [0, 1, -signal.SIGKILL]
    found = {run.name: (run.status, run.error) for run in room.runs()}
    assert found == {"well": ("completed", None), "badly": ("failed", "ArithmeticError"), "killed": ("killed", None)}


def test_look_after_the_end(room: Room) -> None:
    """Fault 31: with ``python -i`` a prompt comes after the program's end, which stays what it was."""
    assert room.start("never_stopped", "badly", options=("-i",)).end().code == 0
    run = room.run_alone()
    assert (run.status, run.error) == ("failed", "ArithmeticError")


def test_end_of_the_process_group(room: Room) -> None:
    """Fault 31: a run that nobody stops is killed with its whole process group."""
    training = room.start("never_stopped", "group").wait_for()
    again = training.signal(signal.SIGTERM, signal.SIGKILL).end()
    assert again.code in (-signal.SIGTERM, -signal.SIGKILL)
    run = room.run_alone()
    assert run.status == "killed"
    assert [record["why"] for record in records(room.home, "meter", "end")] == ["process_ended"]
