"""How numbers are written for people."""

from math import floor, log10

from greentrain.interval import Interval

_SIGNIFICANT = 3
_MINUTE, _HOUR, _DAY = 60, 3600, 86_400
_LEAST_DECIMAL = 1e-9
"""Nobody counts more zeros than that."""


def plain(value: float) -> str:
    """Write an exact number: no decimals from 10,000 on, one from 10, two from 1, else three significant digits."""
    size = abs(value)
    if size >= 10_000:
        return f"{value:,.0f}"
    if size >= 10:
        return f"{value:,.1f}"
    return f"{value:.2f}" if size >= 1 else _below_one(value)


def rounded(value: float) -> str:
    """Write an uncertain number with three significant digits."""
    shown = float(f"{value:.{_SIGNIFICANT}g}")
    if abs(shown) < 1:
        return _below_one(shown)
    decimals = max(0, _SIGNIFICANT - 1 - floor(log10(abs(shown))))
    return f"{shown:,.{decimals}f}"


def _below_one(value: float) -> str:
    """Write three significant digits without an exponent: 0.0000303."""
    digits = f"{value:.{_SIGNIFICANT}g}"
    if "e" not in digits or abs(value) < _LEAST_DECIMAL:
        return digits
    return f"{value:.{_SIGNIFICANT - 1 - floor(log10(abs(value)))}f}".rstrip("0")


def as_given(value: float) -> str:
    """Write a number as somebody gave it, with thousands separators."""
    return f"{value:,.10g}"


def best(interval: Interval) -> str:
    """Write the best value, with all its digits only if it is exact."""
    return plain(interval.best) if interval.is_exact else rounded(interval.best)


def span(interval: Interval) -> str:
    """Write the interval in brackets, or a text for none."""
    if interval.is_exact:
        return "(exact)"
    return f"({rounded(interval.low)} to {rounded(interval.high)})"


def with_span(interval: Interval) -> str:
    """Write the best value with its interval; an exact value alone."""
    return best(interval) if interval.is_exact else f"{best(interval)} {span(interval)}"


def counted(number: int, noun: str) -> str:
    """Write a number of things, the noun in the singular or plural: 1 run, 2,500 runs."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def percent(share: float) -> str:
    """Write a share of one as a whole percentage."""
    return f"{100 * share:.0f} %"


def amount(interval: Interval, unit: str) -> str:
    """Write a best value with its unit and interval."""
    return f"{best(interval)} {unit}" if interval.is_exact else f"{best(interval)} {unit} {span(interval)}"


def duration(seconds: float) -> str:
    """Write a duration in its two largest units."""
    whole = round(seconds)
    if whole < _MINUTE:
        return f"{seconds:.1f} s" if seconds < 10 else f"{whole} s"
    if whole < _HOUR:
        return f"{whole // _MINUTE} min {whole % _MINUTE:02d} s"
    if whole < _DAY:
        return f"{whole // _HOUR} h {whole % _HOUR // _MINUTE:02d} min"
    return f"{whole // _DAY} d {whole % _DAY // _HOUR} h"
