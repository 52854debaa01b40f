"""What we call of the user's raises: the training's own result or exception comes out all the same."""

import pytest
from fault_room import Room, records

ERRORS = ("value", "stop", "wordless", "attribute")


@pytest.mark.parametrize("place", ["loop", "except", "finally"])
@pytest.mark.parametrize("error", ERRORS)
def test_objects_that_raise(room: Room, error: str, place: str) -> None:
    """Fault 43: logged objects that can be asked nothing, and a budget's warning that cannot be shown."""
    outcome = room.both("hostile_objects", error, place)
    assert outcome.out.split()[0] == ("returned" if place == "loop" else "raised")
    run = room.run_alone()
    assert run.status == ("completed" if place == "loop" else "failed")
    assert run.error == (None if place == "loop" else "ValueError")
    logged = {
        name: value for record in records(room.home, "tracker", "log") for name, value in record["values"].items()
    }
    assert logged["last"] == 7.0
    assert logged["name"] == 1.0
    assert len(run.spans) == 14


def test_iterators_that_raise(room: Room) -> None:
    """Fault 43: generators that raise while they are left, iterators that end in any exception: as ever."""
    outcome = room.both("hostile_iterators")
    assert outcome.out.count("\n") >= 25
    assert outcome.err == ""
    runs = room.runs()
    assert len(runs) == 25
    assert {run.status for run in runs} <= {"failed", "interrupted", "completed"}
