"""The numbers that a training logs: what its energy bought."""

from __future__ import annotations

from math import isfinite

from greentrain.light_typing import TYPE_CHECKING

if TYPE_CHECKING:
    from typing import Any

_MOST_NAMES = 1_000
_STEP, _TOTAL_STEPS = "step", "total_steps"


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
        """Add values, and give the numbers among them and the names of the others."""
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
    except Exception:  # a value of the user's may raise anything, and a whole number be too large
        return None
    return value if type(value) is int else number
