"""Axes on which each step multiplies, with ticks that carry their own unit."""

from collections.abc import Iterable
from math import ceil, floor, log10
from typing import Any

from greentrain.interval import Interval
from greentrain.reporting.charts.si_prefixes import tick

_MOST_TICKS = 6
_STEPS = ((1.3, (1, 2, 5)), (3.2, (1, 3)))
"""Steps within a decade for axes of at most so many decades."""
_MARGIN, _LEAST_MARGIN = 0.06, 0.2
_LEAST_SHOWN = 1e-3


def log_axis(values: Iterable[float], unit: str, words: str, most_ticks: int = _MOST_TICKS) -> dict[str, Any]:
    """Give an axis that holds all values.

    Parameters
    ----------
    values : iterable of float
        Positive values, ends of intervals included, in the base unit; at least one.
    unit : {'kg', 'kWh'}
        The base unit.
    words : str
        What is shown; the ticks carry the unit.
    """
    found = list(values)
    low, high = log10(min(found)), log10(max(found))
    margin = max(_MARGIN * (high - low), _LEAST_MARGIN)
    low, high = low - margin, high + margin
    at = _ticks(low, high, most_ticks)
    return {
        "type": "log",
        "range": [low, high],
        "tickvals": at,
        "ticktext": [tick(value, unit) for value in at],
        "title": {"text": f"{words}, logarithmic scale", "standoff": 8},
        "automargin": True,
        "minor": {"showgrid": False},
    }


def drawable(interval: Interval) -> Interval:
    """Give an interval that such an axis can hold: an end at zero is drawn at a thousandth of the best value."""
    low, best, high = interval
    return Interval(max(low, _LEAST_SHOWN * best), best, high)


def _ticks(low: float, high: float, most: int) -> list[float]:
    """Take powers of ten, every second or third where there are many, or steps between them where there are few."""
    for decades, steps in _STEPS:
        if high - low < decades:
            fine = [step * 10.0**power for power in range(floor(low), ceil(high) + 1) for step in steps]
            return [value for value in fine if low <= log10(value) <= high]
    powers = range(ceil(low), floor(high) + 1)
    step = ceil(len(powers) / most)
    return [10.0**power for power in powers if power % step == 0]
