"""What a training records of itself: named parts of the run, and numbers that state what its energy bought."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextvars import ContextVar, Token
from math import isfinite

from greentrain.errors import OwnErrors, is_from_handler, without_passwords
from greentrain.light_typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from types import TracebackType
    from typing import Any

MOST_SPANS_KEPT = 2_000
"""Spans that the training process keeps in memory for the measurement; the journal has them all."""

_MOST_NAMES = 1_000
_STEP, _TOTAL_STEPS = "step", "total_steps"
_CURRENT: ContextVar[tuple[str, int] | None] = ContextVar("greentrain_span", default=None)


def text_of(name: object) -> str:
    """Return a name or value of the user's as text; fall back to the name of its type."""
    try:
        return str(name)
    except Exception as error:
        if is_from_handler(error):
            raise
        return f"<{type(name).__name__}>"


class EndedSpan(NamedTuple):
    """A span that has ended; times are seconds since the run's start."""

    span: int
    parent: int | None
    name: str
    attributes: dict[str, Any]
    started_seconds: float
    ended_seconds: float
    error: str | None


class Spans:
    """The spans of one session: their numbers, who is inside whom, and those that have ended.

    Parameters
    ----------
    session : str
        The session; spans of another session on the way are no parents.
    write : callable
        Takes a journal record, and its moment of ``time.monotonic`` where that is not now.
    """

    def __init__(self, session: str, write: Callable[..., object]) -> None:
        self._session = session
        self._write = write
        self._last = 0
        self._open: dict[int, tuple[int | None, str, dict[str, Any], float]] = {}
        self.started_mono = time.monotonic()
        self.ended: list[EndedSpan] = []

    def start(self, name: str, attributes: dict[str, Any]) -> int:
        """Begin a span inside the current one, and give its number."""
        self._last += 1
        name = without_passwords(name)
        attributes = {key: without_passwords(of) if isinstance(of, str) else of for key, of in attributes.items()}
        number, parent = self._last, self.current()
        self._open[number] = (parent, name, attributes, time.monotonic() - self.started_mono)
        self._write({"type": "span_start", "span": number, "parent": parent, "name": name, "attributes": attributes})
        return number

    def end(self, number: int, error: str | None) -> None:
        """End a span with the type of the exception that ended it, if any; a second time it does nothing."""
        found = self._open.pop(number, None)
        if found is None:
            return
        self._write({"type": "span_end", "span": number, "error": error})
        if len(self.ended) < MOST_SPANS_KEPT:
            self.ended.append(EndedSpan(number, *found, time.monotonic() - self.started_mono, error))

    def add(self, name: str, started_mono: float, error: str | None) -> None:
        """Add a span that ends now and began at a moment of ``time.monotonic``. [s]"""
        self._last += 1
        number, started = self._last, max(started_mono, self.started_mono)
        head: dict[str, Any] = {"span": number, "parent": None, "name": name, "attributes": {}}
        self._write({"type": "span_start", **head}, started)
        self._open[number] = (None, name, {}, started - self.started_mono)
        self.end(number, error)

    def current(self) -> int | None:
        """Return the number of the span that this thread or task is in."""
        found = _CURRENT.get()
        return found[1] if found and found[0] == self._session and found[1] in self._open else None

    def enter(self, number: int) -> Token[tuple[str, int] | None]:
        """Make a span the current one of this thread or task."""
        return _CURRENT.set((self._session, number))


def leave(token: Token[tuple[str, int] | None]) -> None:
    """Go back to the span that was current before."""
    # An async generator may be closed in another context than it began in; that context has no current span of ours.
    with OwnErrors(ValueError):
        _CURRENT.reset(token)


class Span:
    """A part of a run, as a context manager; entering it twice makes two spans.

    Parameters
    ----------
    spans : Spans or None
        Where it is recorded; None where nothing is.
    name : str
        What the user calls it.
    attributes : dict
        What else the user records of it.
    check : callable, optional
        Checks the budget; may raise ``BudgetExceeded``.
    """

    def __init__(
        self, spans: Spans | None, name: str, attributes: dict[str, Any], check: Callable[[], None] | None = None
    ) -> None:
        self._spans = spans
        self._name = name
        self._attributes = attributes
        self._check = check
        self._entered: list[tuple[int, Token[tuple[str, int] | None]]] = []

    def __repr__(self) -> str:
        values = "".join(f", {name}={text_of(value)}" for name, value in self._attributes.items())
        return f"<Span {self._name!a}{values}>"

    def __enter__(self) -> Span:
        if self._check is not None:
            self._check()
        if self._spans is not None:
            number = self._spans.start(self._name, self._attributes)
            self._entered.append((number, self._spans.enter(number)))
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._spans is not None and self._entered:
            number, token = self._entered.pop()
            leave(token)
            self._spans.end(number, None if error is None else type(error).__name__)


class Logs:
    """Numbers by name: the last value, the sum and the count of each.

    Parameters
    ----------
    total_steps : int or None
        Steps of the whole training, where they are known before.
    """

    def __init__(self, total_steps: int | None) -> None:
        self._total_steps: float | None = total_steps
        self.by_name: dict[str, dict[str, float]] = {}

    def add(self, values: dict[str, Any]) -> tuple[dict[str, float], list[str]]:
        """Add values, and return the numbers among them and the names of the others."""
        numbers: dict[str, float] = {}
        refused: list[str] = []
        for name, value in values.items():
            found = _number(value)
            if found is None:
                refused.append(name)
            else:
                numbers[name] = found
        for name, number in numbers.items():
            if isfinite(number) and (name in self.by_name or len(self.by_name) < _MOST_NAMES):
                self._count(name, number)
        return numbers, refused

    def last(self, name: str) -> float | None:
        """Return the newest value of a name; None where it was not logged."""
        return self.by_name.get(name, {}).get("last")

    @property
    def done(self) -> float | None:
        """Part of the training's steps that is done; None where steps are not known. [1]"""
        step = self.by_name.get(_STEP, {}).get("last")
        total = self.by_name.get(_TOTAL_STEPS, {}).get("last") or self._total_steps
        return min(1.0, step / total) if step and total and step > 0 else None

    def _count(self, name: str, number: float) -> None:
        found = self.by_name.setdefault(name, {"last": number, "sum": 0.0, "count": 0})
        found["last"] = number
        found["sum"] += number
        found["count"] += 1


def _number(value: Any) -> float | None:
    """Take the number out of a value; scalars of array libraries count too."""
    if type(value) is float:
        return value
    try:
        number = float(value)
    except Exception as error:  # a value of the user's may raise anything, and a whole number be too large
        if is_from_handler(error):
            raise
        return None
    return value if type(value) is int else number
