"""Runs inside runs, at once and out of order: one meter per process, and no energy counted twice."""

import pytest
from fault_room import ALONE, KWH_PER_SECOND, Room, journals, records


def test_two_trackers_at_once(room: Room) -> None:
    """Fault 12: two trackers that overlap are two runs, 0.4 s alone each and 0.4 s half of the process: 0.6 s of it."""
    assert room.run("inside", "two_at_once") == (0, "added to at most the meter's True\n", "")
    first, second = room.runs()
    assert [(run.name, run.status, run.spans) for run in (first, second)] == [
        ("first", "completed", ()), ("second", "completed", ()),
    ]  # fmt: skip
    for run in (first, second):
        assert run.it_energy_kwh is not None
        assert run.duration_seconds >= 0.8
        alone_seconds = run.duration_seconds - 0.2
        assert run.it_energy_kwh.best == pytest.approx(ALONE * alone_seconds * KWH_PER_SECOND, rel=0.1)


@pytest.mark.parametrize(
    ("way", "out", "names", "seconds"),
    [("nested", "14\n", ["inner"] * 2, 0.6), ("recursive", "15\n", ["recursive"] * 14, 0.3)],
)
def test_nested(room: Room, way: str, out: str, names: list[str], seconds: float) -> None:
    """Fault 12: nested and recursive decorators: one run, one meter; the inner ones are its named spans."""
    assert room.run("inside", way) == (0, out, "")
    run = room.run_alone()
    assert [span.name for span in run.spans] == names
    assert run.it_energy_kwh is not None
    assert run.it_energy_kwh.best == pytest.approx(ALONE * run.duration_seconds * KWH_PER_SECOND, rel=0.05, abs=1e-5)
    assert seconds <= run.duration_seconds < 3 * seconds
    assert len(journals(room.home, "meter")) == 1
    parents = [span.parent for span in run.spans]
    assert parents == ([None, None] if way == "nested" else [None, *range(1, 14)])


def test_called_twice(room: Room) -> None:
    """Fault 12: one decorated function called twice: two runs, each with its own energy."""
    assert room.run("inside", "twice") == (0, "None None\n", "")
    runs = room.runs()
    assert [run.name for run in runs] == ["twice", "twice"]
    for run in runs:
        assert run.it_energy_kwh is not None
        assert run.duration_seconds >= 0.2
        assert run.it_energy_kwh.best == pytest.approx(ALONE * run.duration_seconds * KWH_PER_SECOND, rel=0.05)


def test_threads(room: Room) -> None:
    """Fault 14: threads that use tracked functions are parts of the run around them; alone, the first one's."""
    inside, alone = room.start("inside", "threads"), room.start("inside", "threads_alone")
    assert inside.end() == (0, "[0, 1, 2, 3]\n", "")
    assert alone.end() == (0, "joined\n", "")
    by_name = {run.name: run for run in room.runs()}
    assert [span.name for span in by_name["threads"].spans] == ["thread"] * 4
    apart = [run for run in room.runs() if run.name == "thread"]
    energy = [run.it_energy_kwh.best for run in apart if run.it_energy_kwh]
    # They run one after the other, each from where the one before handed the process over.
    assert sum(energy) == pytest.approx(ALONE * sum(run.duration_seconds for run in apart) * KWH_PER_SECOND, rel=0.1)


def test_out_of_order(room: Room) -> None:
    """Fault 39: stop before the start and twice after: nothing, then one run with its own length."""
    assert room.run("inside", "out_of_order") == (0, "True True\n", "")
    run = room.run_alone()
    start, end = (records(room.home, "tracker", kind)[0]["mono"] for kind in ("start", "end"))
    assert run.status == "completed"
    assert run.duration_seconds == pytest.approx(end - start, abs=0.1)


def test_one_tracker_in_two_blocks(room: Room) -> None:
    """Fault 39: each entry is a run of its own with its own energy; inside each other, one is a span."""
    assert room.run("inside", "two_blocks") == (0, "True\nTrue\nTrue\n", "")
    first, second, both = room.runs()
    assert [len(run.spans) for run in (first, second, both)] == [0, 0, 1]
    for run in (first, second):
        assert run.it_energy_kwh is not None
        assert run.duration_seconds >= 0.3
        assert run.it_energy_kwh.best == pytest.approx(ALONE * run.duration_seconds * KWH_PER_SECOND, rel=0.05)


def test_tasks(room: Room) -> None:
    """Fault 39: tasks inside a run have clocks of their own, and the run's is not reset by them."""
    assert room.run("inside", "tasks") == (0, "done\n", "")
    run = room.run_alone()
    lengths = {span.attributes["number"]: span.seconds or 0.0 for span in run.spans}
    assert [lengths[number] >= 0.1 * (number + 1) for number in range(3)] == [True] * 3
    assert lengths[0] < lengths[1] < lengths[2]
    assert [span.parent for span in run.spans] == [None] * 3
    # All of them have ended 0.2 s before the run does.
    assert run.duration_seconds >= lengths[2] + 0.2
