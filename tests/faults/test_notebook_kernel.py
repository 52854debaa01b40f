"""Runs in a real notebook kernel that is interrupted, restarted and killed, and whose cells are run again."""

import os
import signal

import pytest
from busy_machine import slowness
from fault_room import ALONE, KWH_PER_SECOND, Room, journals, records, wait_until
from notebook import notebook

IMPORTS = """
import time
from tracked_by import meter
from greentrain import track

def tracked(name):
    return track(name, meter=meter(), quiet=True, pue=1.0, grid_intensity=500)
"""
BLOCK = """
with tracked("block") as run:
    print("ready", flush=True)
    time.sleep({seconds})
print(run.key)
"""
STARTED = 'run = tracked("started").start()\nprint("ready", flush=True)'


@pytest.mark.timing
def test_interrupted_cell(room: Room) -> None:
    """Fault 31: the button that interrupts ends the run of the cell; run again, the same cell is a run of its own."""
    with notebook(room) as book:
        book.run(IMPORTS)
        cell = book.start(BLOCK.format(seconds=30))
        book.interrupt()
        assert book.end(cell) == "KeyboardInterrupt"
        first, second = (book.run(BLOCK.format(seconds=0.4)) for _ in range(2))
        runs = room.runs()

    assert [(run.status, run.error) for run in runs] == [
        ("interrupted", "KeyboardInterrupt"), ("completed", None), ("completed", None)
    ]  # fmt: skip
    assert [first, second] == [run.id for run in runs[1:]]
    for run in runs[1:]:
        assert run.it_energy_kwh is not None
        assert run.it_energy_kwh.best == pytest.approx(ALONE * run.duration_seconds * KWH_PER_SECOND, rel=0.05)
        assert 0.4 <= run.duration_seconds < 2.0 * slowness()


def test_cell_that_starts_a_run_and_is_run_again(room: Room) -> None:
    """Faults 31 and 53: each start of a cell that is run again is a run of its own, and all can be stopped."""
    with notebook(room) as book:
        book.run(IMPORTS)
        book.run(STARTED + "\nfirst = run")
        book.run(STARTED)
        assert book.run("run.stop(); print(run.is_over, first.is_over)") == "True False"
        book.run("first.stop()")
        book.run(STARTED)
        book.run("run.stop()")
        runs = room.runs()

    assert [(run.name, run.status, list(run.spans)) for run in runs] == [("started", "completed", [])] * 3
    assert len(journals(room.home, "meter")) == 3


def test_mistake_in_another_cell(room: Room) -> None:
    """Fault 31: a cell that raised while the run went on did not end it: the kernel's end does, and in order."""
    with notebook(room) as book:
        book.run(IMPORTS)
        book.run(STARTED)
        assert book.run("misspelt") == "NameError"
        book.restart()
        assert book.run("print(6 * 7)") == "42"
        run = room.run_alone()

    assert (run.status, run.error) == ("completed", None)


@pytest.mark.parametrize("now", [False, True])
def test_restarted_kernel(room: Room, now: bool) -> None:
    """Fault 31: a kernel that is restarted in order ends its run well, at once kills it; the next one is another."""
    with notebook(room) as book:
        book.run(IMPORTS)
        book.run(STARTED)
        wait_until(lambda: records(room.home, "meter", "sample"))
        book.restart(now)
        book.run(IMPORTS)
        book.run(STARTED)
        book.run("run.stop()")
        first, second = room.runs()

    assert (first.status, first.error) == ("killed" if now else "completed", None)
    assert (second.status, second.ranks, len(second.nodes)) == ("completed", 1, 1)
    ends = [record["why"] for record in records(room.home, "meter", "end")]
    assert sorted(ends) == (["process_ended", "stopped"] if now else ["stopped", "stopped"])


def test_killed_kernel(room: Room) -> None:
    """Fault 31: a kernel that dies in the middle of a cell leaves the record with its energy."""
    with notebook(room) as book:
        book.run(IMPORTS)
        pid = int(book.run("import os; print(os.getpid())"))
        book.start(BLOCK.format(seconds=30))
        wait_until(lambda: records(room.home, "meter", "sample"))
        os.kill(pid, signal.SIGKILL)
        run = room.run_alone()

    assert (run.status, run.error) == ("killed", None)
    assert run.it_energy_kwh is not None
    assert run.it_energy_kwh.best == pytest.approx(ALONE * run.duration_seconds * KWH_PER_SECOND, rel=0.05)
