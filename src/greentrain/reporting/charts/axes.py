"""Axes of a drawing: where a value lies, and which values are named."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from math import ceil, floor, log10
from typing import Any, NamedTuple

_TICK_PX = 70
"""Room for a tick of an axis that has none of its own. [px]"""
_ROOM_ABOVE = 1.05
"""How far a linear axis goes on beyond the largest value. [1]"""
_STEP_HOURS = (1, 2, 3, 6, 12, 24, 48, 168, 336)


class Axis(NamedTuple):
    """One axis of a plot.

    Attributes
    ----------
    place : callable
        Returns where a value lies. [px]
    ticks : sequence of (float, str)
        Where a tick is [px], and its text.
    title : str
        What is shown.
    is_visible : bool
        Whether ticks and lines are drawn.
    """

    place: Callable[[Any], float]
    ticks: Sequence[tuple[float, str]] = ()
    title: str = ""
    is_visible: bool = True


def axis_of(layout: Mapping[str, Any], values: Iterable[Any], from_px: float, to_px: float) -> Axis:
    """Lay an axis out.

    Parameters
    ----------
    layout : mapping
        The axis as plotly takes it.
    values : iterable
        All that is drawn along it: numbers, moments, or words that are categories.
    from_px, to_px : float
        Where it begins and ends.
    """
    kind = layout.get("type", "linear")
    if kind == "category":
        number, low, high, named = _categories(layout, list(values))
    else:
        laid = {"log": _log, "date": _dates}.get(kind, _linear)
        number, low, high, named = laid(layout, values, abs(to_px - from_px))

    def place(value: Any) -> float:
        return from_px + (to_px - from_px) * (number(value) - low) / ((high - low) or 1.0)

    title = layout.get("title", {}).get("text", "")
    return Axis(place, [(place(at), words) for at, words in named], title, layout.get("visible", True))


_Laid = tuple[Callable[[Any], float], float, float, list[tuple[Any, str]]]


def _categories(layout: Mapping[str, Any], values: Sequence[Any]) -> _Laid:
    numbers = {value: place for place, value in enumerate(dict.fromkeys(values))}
    named = [(value, str(value)) for value in layout.get("tickvals", numbers)]

    def number(value: Any) -> float:
        return float(numbers[value]) if isinstance(value, str) else float(value)

    return number, -0.5, len(numbers) - 0.5, named


def _log(layout: Mapping[str, Any], _values: Iterable[Any], _length_px: float) -> _Laid:
    low, high = layout["range"]
    return log10, low, high, list(zip(layout["tickvals"], layout["ticktext"], strict=True))


def _linear(layout: Mapping[str, Any], values: Iterable[Any], length_px: float) -> _Laid:
    if "range" in layout:
        low, high = layout["range"]
    else:
        found = [value for value in values if value is not None]
        low, high = min([0.0, *found]), max([0.0, *found]) * _ROOM_ABOVE
    step = _nice((abs(high - low) or 1.0) * _TICK_PX / length_px)
    first, last = ceil(min(low, high) / step - 1e-9), floor(max(low, high) / step + 1e-9)
    return float, low, high, [(step * number, f"{step * number:,.6g}") for number in range(first, last + 1)]


def _nice(step: float) -> float:
    """Return the round number that is at least so large: 1, 2 or 5 with zeros."""
    power = 10.0 ** floor(log10(step))
    return next(power * digit for digit in (1, 2, 5, 10) if power * digit >= step * (1 - 1e-9))


def _dates(_layout: Mapping[str, Any], values: Iterable[Any], length_px: float) -> _Laid:
    found = [value.timestamp() for value in values if value is not None]
    low, high = min(found), max(found)
    wanted = (high - low) / 3600 * _TICK_PX / length_px
    step = timedelta(hours=next((hours for hours in _STEP_HOURS if hours >= wanted), 24 * ceil(wanted / 24)))
    start = datetime.fromtimestamp(low, UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    times = [start + step * number for number in range(1 + int((high - start.timestamp()) / step.total_seconds()))]
    return (
        datetime.timestamp,
        low,
        high,
        [(time, f"{time:%H:%M}<br>{time:%d %b}") for time in times if time.timestamp() >= low],
    )
