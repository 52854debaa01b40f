"""A training that records objects whose every answer is an error: ``hostile_objects.py ERROR PLACE``.

The place is ``loop``, or ``except`` or ``finally`` with the training's own exception in flight.
"""

import contextlib
import json
import sys
import warnings
from collections.abc import Iterator
from typing import Any, NoReturn

from tracked_by import BY, meter

PLACE = sys.argv[2]
OWN = ValueError("the training's own")


class WordlessError(Exception):
    """An error that is one to look at."""

    def __str__(self) -> NoReturn:
        raise RuntimeError("no words")

    __repr__ = __str__


ERRORS: dict[str, Exception] = {
    "value": ValueError("no"), "stop": StopIteration(), "wordless": WordlessError(), "attribute": AttributeError(),
}  # fmt: skip


def refuse(*words: Any, **more: Any) -> NoReturn:
    """Raise."""
    raise ERRORS[sys.argv[1]]


SPECIAL = ("__float__", "__int__", "__index__", "__str__", "__repr__", "__format__", "__len__", "__iter__", "__bool__")
SUMS = ("__add__", "__radd__", "__sub__", "__gt__", "__lt__", "__eq__", "__mul__", "__rmul__", "__abs__", "__round__")
HOSTILE = dict.fromkeys((*SPECIAL, *SUMS), refuse) | {"__hash__": object.__hash__}
Thing = type("Thing", (), HOSTILE | {"__getattr__": refuse})
Float = type("Float", (float,), HOSTILE)
Whole = type("Whole", (int,), HOSTILE)
Text = type("Text", (str,), {"__str__": refuse, "__repr__": refuse, "__format__": refuse})
Mapping = type("Mapping", (dict,), {"items": refuse, "keys": refuse, "__iter__": refuse, "values": refuse})
Row = type("Row", (list,), {"__iter__": refuse, "__len__": refuse})


def record(run: Any) -> None:
    """Record all of them."""
    itself: list[Any] = []
    itself.append(itself)
    run.log(loss=Thing(), accuracy=Float(0.5), step=Whole(3), huge=10**400, text="no number", **{Text("name"): 1.0})
    run.log(last=7.0)
    for thing in (Thing(), Mapping(a=1), Row([1]), Float(1.0), itself, Text("x"), {Thing(): 1}):
        with run.span(Text("part"), thing=thing, deep={"a": [thing]}):
            pass
        with run.span(thing):
            pass
    run.check_budget()


def train(run: Any) -> str:
    """Record in one of the places."""
    if PLACE == "loop":
        record(run)
        return "weights"
    if PLACE == "except":
        try:
            raise OWN
        except ValueError:
            record(run)
            raise
    try:
        raise OWN
    finally:
        record(run)


class Nothing:
    """Stands in for a run where nothing is tracked."""

    def log(self, **values: Any) -> None:
        """Do nothing."""

    def span(self, *words: Any, **more: Any) -> Any:
        """Do nothing."""
        return contextlib.nullcontext()

    def check_budget(self) -> None:
        """Do nothing."""


@contextlib.contextmanager
def tracked() -> Iterator[Any]:
    """Track, or do not."""
    if BY == "nothing":
        yield Nothing()
        return
    from greentrain import track

    # The budget is used up at once, so that it has something to say, too.
    with track("hostile", meter=meter(), pue=1.0, grid_intensity=500, budget_kwh=1e-9) as run:
        yield run
    json.loads(run.measurement.to_json())


def end(*words: Any, **more: Any) -> NoReturn:
    """End the program, where a warning is to be shown."""
    raise SystemExit("of the display")


warnings.showwarning = end
warnings.filterwarnings("always")
try:
    with tracked() as followed:
        print("returned", train(followed))
except BaseException as error:
    print("raised", type(error), error is OWN, type(error.__context__), type(error.__cause__))
