"""Functions keep their kind and their looks; what cannot be tracked is refused where the decorator stands."""

import json

import pytest
from busy_machine import slowness
from fault_room import Room

SHOULD_BLOCK_LESS_SECONDS = 0.02


@pytest.mark.timing
def test_kinds_of_functions(room: Room) -> None:
    """Fault 15: ``async def``, generators and async generators are measured to their end, and stay what they are."""
    outcome = room.both("kinds")
    lengths: dict[str, list[float]] = {}
    for run in room.runs():
        assert run.status == ("interrupted" if run.error == "CancelledError" else "completed")
        lengths.setdefault(str(run.name), []).append(run.duration_seconds)

    assert json.loads(outcome.out)["kinds"]["coroutine"]["iscoroutinefunction"] is True
    assert json.loads(outcome.out)["kinds"]["generator"]["isgeneratorfunction"] is True
    waited = {"coroutine": [0.3, 0.1], "generator": [0.3, 0.3, 0.1], "asynchronous generator": [0.3, 0.1]}
    for name, seconds in waited.items():
        assert lengths[name] == pytest.approx(seconds, abs=0.1 * slowness())


@pytest.mark.timing
def test_event_loop_is_not_blocked(room: Room) -> None:
    """Fault 15: starting and ending runs blocks the event loop for less than 20 ms."""
    room.environment["QUIET"] = "1"
    # The best of a few: the machine's own hiccups are not ours.
    longest = min(float(room.run("kinds").err) for _ in range(3))
    assert longest < SHOULD_BLOCK_LESS_SECONDS * slowness()


def test_looks_of_functions(room: Room) -> None:
    """Fault 16: signature, name, docstring, methods, static and class methods, pickling and partials are kept."""
    seen = json.loads(room.both("kinds").out)
    plain = seen["kinds"]["plain"]
    assert (
        plain["signature"]
        == "(first: int, /, second: str = 'b', *rest: float, key: bool = True, **more: object) -> str"
    )
    assert (plain["__name__"], plain["__doc__"], plain["__module__"]) == ("plain", "Do something plain.", "__main__")
    assert seen["methods"] == [2, 3, 3, "Trainer1", 4]
    assert seen["partial"][0] == "1x()False[]"
    assert (seen["pickled"], seen["pickled method"]) == (True, 5)


@pytest.mark.parametrize(
    ("what", "words"),
    [
        ("class", "is a class; functions and methods can be tracked, so decorate the method that trains"),
        ("dict(location='')", "location"),
        ("dict(location='Frnace')", "Frnace"),
        ("dict(location='XX')", "XX"),
    ],
)
def test_refused_at_decoration(room: Room, what: str, words: str) -> None:
    """Fault 35: a class, and a place that is missing or misspelt, are refused where the decorator stands."""
    outcome = room.run("refused", what)
    assert outcome[:2] == (1, "before\n")
    assert words in outcome.err.splitlines()[-1]
    assert room.runs() == ()


def test_pickled_and_copied(room: Room) -> None:
    """Fault 37: an object that holds a tracker pickles and copies; what comes out is a finished view."""
    file = room.work / "checkpoint"
    assert room.run("pickled", "write", file) == (0, "[1, 2] running False\ncompleted True\n", "")
    assert room.run("pickled", "read", file) == (0, "[1, 2] True pickled running None\nTrue\n", "")
    assert [run.status for run in room.runs()] == ["completed", "completed"]
