"""Intervals: a best value and the 90 % interval around it, combined in closed form.

Below and above the best value are kept apart, so an interval may be lopsided. Factors combine in log space, where
the variances of independent terms add; terms of a sum combine by the squares of their half-widths. Three laws follow
and are tested: low <= best <= high, the result lies inside the interval that all corners span, and exact inputs stay
exact.
"""

import math
from collections.abc import Callable
from typing import Any, NamedTuple

from greentrain.elementwise import log_and_exp
from greentrain.record import WithoutArithmetic

Z_90 = 1.6448536269514722
"""Half-width of a 90 % interval of the normal distribution, in standard deviations."""


class _Ends(NamedTuple):
    """The fields of an interval."""

    low: float
    best: float
    high: float


class Interval(WithoutArithmetic, _Ends):
    """A best value with its 90 % interval; ``low, best, high = interval`` takes it apart.

    Intervals are not added, scaled or compared with operators: `scaled` multiplies by an exact factor, and
    `greentrain.total` adds the results that they belong to.

    Attributes
    ----------
    low, best, high : float
        In the unit that the name of the quantity states. Arrays work too, one element per run.

    Examples
    --------
    >>> low, best, high = Interval(8.0, 10.0, 13.0)
    >>> Interval(8.0, 10.0, 13.0).scaled(2)
    Interval(low=16.0, best=20.0, high=26.0)
    """

    __slots__ = ()

    def scaled(self, factor: float) -> "Interval":
        """Multiply by an exact factor.

        Examples
        --------
        >>> Interval(8.0, 10.0, 13.0).scaled(2)
        Interval(low=16.0, best=20.0, high=26.0)
        """
        return Interval(self.low * factor, self.best * factor, self.high * factor)

    @property
    def is_exact(self) -> bool:
        """Whether low, best and high are one number."""
        return self.low == self.best == self.high


def exact(value: float) -> Interval:
    """Make an interval of no width."""
    return Interval(value, value, value)


def lognormal(best: float, sigma: float) -> Interval:
    """Make the 90 % interval of a log-normal quantity.

    Parameters
    ----------
    best : float
        Median.
    sigma : float
        Standard deviation of the natural logarithm. [1]
    """
    _, exp = log_and_exp(best)
    factor = exp(Z_90 * sigma)
    return Interval(best / factor, best, best * factor)


def spanning(usual: Interval, *others: Interval) -> Interval:
    """Return the best value of one interval with ends that hold it and others, as they are and scaled to that value.

    What may be any of several things is then known less well than each of them.

    Examples
    --------
    >>> spanning(Interval(2, 3, 4), Interval(1, 2, 3), Interval(3, 4, 5))
    Interval(low=1, best=3, high=5)
    >>> spanning(Interval(2, 3, 4), Interval(1, 1, 2))
    Interval(low=1, best=3, high=6.0)
    """
    low, best, high = usual
    for one in others:
        scale = best / one.best if one.best else 1.0
        low, high = min(low, one.low, one.low * scale), max(high, one.high, one.high * scale)
    return Interval(low, best, high)


def with_relative_width(best: float, *factors: Interval) -> Interval:
    """Return the interval of a product, from the relative widths of its factors.

    Parameters
    ----------
    best : float
        The product of the best values, computed by the formula itself.
    *factors : Interval
        Independent positive factors; an exact one adds nothing.
    """
    log, exp = log_and_exp(best)
    down, up = _log_squares(log, factors)
    return Interval(best * exp(-(down**0.5)), best, best * exp(up**0.5))


def log_squares(*factors: Interval) -> tuple[Any, Any]:
    """Return the squared widths of a product below and above its best value, in natural-log units. [1]"""
    log, _ = log_and_exp(factors[0].best)
    return _log_squares(log, factors)


def _log_squares(log: Callable[[Any], Any], factors: tuple[Interval, ...]) -> tuple[Any, Any]:
    down = up = 0.0
    for low, middle, high in factors:
        if low is high:  # one number, as `exact` makes it
            continue
        below, above = log(middle / low), log(high / middle)
        down, up = down + below * below, up + above * above
    return down, up


def with_log_squares(best: Any, down: Any, up: Any) -> Interval:
    """Return the interval around a best value whose squared widths are known, in natural-log units."""
    _, exp = log_and_exp(best)
    return Interval(best * exp(-(down**0.5)), best, best * exp(up**0.5))


def reciprocal(interval: Interval) -> Interval:
    """Turn a positive divisor into the factor that divides by it."""
    return Interval(1 / interval.high, 1 / interval.best, 1 / interval.low)


def product_independent(*factors: Interval) -> Interval:
    """Multiply independent positive quantities."""
    return with_relative_width(math.prod(factor.best for factor in factors), *factors)


def sum_independent(*terms: Interval) -> Interval:
    """Add independent quantities: best values add, the squares of the half-widths add on each side."""
    best = down = up = 0.0
    for low, middle, high in terms:
        below, above = middle - low, high - middle
        best, down, up = best + middle, down + below * below, up + above * above
    return Interval(best - down**0.5, best, best + up**0.5)


def log_width(interval: Interval) -> float:
    """Width of an interval in natural-log units, from low to high."""
    return math.log(interval.high / interval.low)
