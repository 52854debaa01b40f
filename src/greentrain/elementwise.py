"""Arithmetic of a number, or of an array with one element per run, so that one formula serves both.

Whoever passes an array has loaded NumPy; for a number it isn't loaded.
"""

from __future__ import annotations

import math
from functools import lru_cache, reduce
from itertools import pairwise

from greentrain.light_typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from typing import Any, TypeVar

    Called = TypeVar("Called", bound=Callable[..., Any])


def is_array(value: Any) -> bool:
    """Whether a value is an array; None and text are none."""
    return not isinstance(value, (float, int)) and hasattr(value, "__array_interface__")


def log_and_exp(value: Any) -> tuple[Callable[[Any], Any], Callable[[Any], Any]]:
    """Return the functions that suit a value, which may be an array."""
    if isinstance(value, (float, int)):
        return math.log, math.exp
    import numpy

    return numpy.log, numpy.exp


def lesser(one: Any, other: Any) -> Any:
    """Return the lesser of two, element by element; the first where they are equal."""
    if isinstance(one, float) and isinstance(other, float):
        return other if other < one else one
    if is_array(one) or is_array(other):
        import numpy

        return numpy.minimum(one, other)
    return min(one, other)


def greater(one: Any, other: Any) -> Any:
    """Return the greater of two, element by element; the first where they are equal."""
    if is_array(one) or is_array(other):
        import numpy

        return numpy.maximum(one, other)
    return max(one, other)


def greatest(values: Iterable[Any]) -> Any:
    """Return the greatest of several, element by element."""
    every = [*values]
    if len(every) == 1:
        return every[0]
    return reduce(greater, every) if any(map(is_array, every)) else max(every)


def extremes(value: Any) -> tuple[float, float]:
    """Return the least and the greatest element; of a number, itself twice."""
    return (value.min(), value.max()) if is_array(value) else (value, value)


def interpolated(points: Sequence[tuple[float, float]], at: Any, scale: Callable[[Any], Any] = float) -> Any:
    """Interpolate between points, linearly in the scaled key and flat beyond both ends."""
    if is_array(at):
        import numpy

        keys = [scale(key) for key, _ in points]
        scaled = numpy.log(at) if scale is math.log else at
        return numpy.interp(scaled, keys, [value for _, value in points])
    if at <= points[0][0]:
        return points[0][1]
    for (x0, y0), (x1, y1) in pairwise(points):
        if at <= x1:
            return y0 + (y1 - y0) * (scale(at) - scale(x0)) / (scale(x1) - scale(x0))
    return points[-1][1]


def remembered(maxsize: int) -> Callable[[Called], Called]:
    """Remember the results of a function by its arguments, as `functools.lru_cache` does; not those of arrays."""

    def decorate(function: Called) -> Called:
        kept = lru_cache(maxsize=maxsize)(function)

        def call(*arguments: Any) -> Any:
            try:
                return kept(*arguments)
            except TypeError:  # arrays have no hash
                if any(map(is_array, arguments)):
                    return function(*arguments)
                raise

        call.__doc__, call.__name__ = function.__doc__, function.__name__
        return call  # type: ignore[return-value]

    return decorate
