"""How numbers and amounts are written for people: 8.93 kt and 25.2 Wh rather than 8,930,000 kg and 0.0252 kWh."""

from __future__ import annotations

from math import floor, log10

from greentrain.interval import Interval
from greentrain.light_typing import NamedTuple

_SIGNIFICANT = 3
_REPR_DIGITS = 4
_MINUTE, _HOUR, _DAY = 60, 3600, 86_400
_LEAST_DECIMAL = 1e-9
"""Nobody counts more zeros than that."""


def plain(value: float) -> str:
    """Write an exact number: no decimals from 10,000 on, one from 10, two from 1, three significant digits below.

    Below 1 the zeros behind the second decimal are left out: 0.30 and 0.012 stand below 1.20.
    """
    size = abs(value)
    if size >= 10_000:
        return f"{value:,.0f}"
    if size >= 10:
        return f"{value:,.1f}"
    text = f"{value:.2f}" if size >= 1 else rounded(value)
    whole, _, decimals = text.partition(".")
    if size >= 1 or not decimals or "e" in text:
        return text
    return f"{whole}.{decimals[:2]}{decimals[2:].rstrip('0')}"


def rounded(value: float, digits: int = _SIGNIFICANT) -> str:
    """Write an uncertain number with significant digits, by default three, zeros among them: 0.300, 1.00, 1,510."""
    shown = float(f"{value:.{digits}g}")
    if shown == 0:
        return "0"
    if abs(shown) < _LEAST_DECIMAL:
        return f"{shown:.{digits - 1}e}"
    decimals = max(0, digits - 1 - floor(log10(abs(shown))))
    return f"{shown:,.{decimals}f}"


def as_given(value: float) -> str:
    """Write a number as somebody gave it, with thousands separators and without an exponent."""
    text = f"{value:,.10g}"
    if "e-" not in text:
        return text
    digits, _, exponent = text.partition("e-")
    return f"{value:.{len(digits.lstrip('-').replace('.', '')) - 1 + int(exponent)}f}"


def hours_as_given(hours: float) -> str:
    """Write a time with its unit: hours as somebody gave them, minutes and less where zeros would be counted."""
    return given_amount(hours, "h")


def given_amount(value: float, unit: str) -> str:
    """Write a number and its unit as somebody gave them; a small amount with a prefix, to three digits."""
    scale = small_scale(value, unit)
    if scale.unit == unit:
        return f"{as_given(value)} {unit}".rstrip()
    return f"{as_given(float(f'{value / scale.size:.{_SIGNIFICANT}g}'))} {ascii_unit(scale)}"


def in_small_unit(value: float, unit: str) -> str:
    """Write an amount with a prefix, ``1.23 Wh``, where it is small in its base unit; else nothing."""
    scale = small_scale(value, unit)
    return "" if scale.unit == unit else f"{rounded(value / scale.size)} {ascii_unit(scale)}"


def in_repr(interval: Interval, unit: str) -> tuple[str, str]:
    """Write a best value with its unit to four digits, for `repr`, and the ends of its interval to go behind it.

    Examples
    --------
    >>> in_repr(Interval(1.02e-3, 1.153e-3, 1.39e-3), "kWh")
    ('1.153 Wh', '1.02 to 1.39')
    """
    shown, name = scaled(interval, unit)
    low, best, high = (f"{float(f'{value:.{_REPR_DIGITS}g}'):.10g}" for value in shown)
    return f"{best} {name}", f"{low} to {high}"


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


def least(is_least: bool) -> str:
    """Mark an amount that lacks a part of the computers, so that it was more; nothing for any other."""
    return "at least " if is_least else ""


def amount(interval: Interval, unit: str) -> str:
    """Write a best value with its unit and interval in plain ASCII: ``25.2 Wh (20 to 30)``.

    Parameters
    ----------
    interval : Interval
        In the unit.
    unit : str
        The unit, and after a blank of what: ``kWh``, ``kg CO2e``. Small amounts of units that have prefixes get one.
    """
    shown, name = scaled(interval, unit)
    return f"{best(shown)} {name}" if interval.is_exact else f"{best(shown)} {name} {span(shown)}"


def scaled(interval: Interval, unit: str) -> tuple[Interval, str]:
    """Return an amount and its unit as a text shows them: `small_scale` decides by the best value."""
    base, *substance = unit.split(" ", 1)
    scale = small_scale(interval.best, base)
    name = " ".join([ascii_unit(scale), *substance])
    return (interval if scale.unit == base else interval.scaled(1 / scale.size)), name


def ascii_unit(scale: Scale) -> str:
    """Write a unit for a terminal, whose font may have no Greek letter."""
    return scale.unit.replace("\N{MICRO SIGN}", "u")


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


_FAR_BELOW, _FAR_ABOVE = 0.01, 10_000


class Scale(NamedTuple):
    """A unit to show a quantity in.

    Attributes
    ----------
    unit : str
        Its sign.
    size : float
        How many of the base unit it is.
    least : float
        The amount of the base unit from which on it is used.
    """

    unit: str
    size: float
    least: float


def _si(stem: str, *steps: tuple[str, float]) -> tuple[Scale, ...]:
    return tuple(Scale(f"{prefix}{stem}", size, size) for prefix, size in steps)


_LADDERS = {
    "kg": (
        *_si("g", ("n", 1e-12), ("µ", 1e-9), ("m", 1e-6), ("", 1e-3), ("k", 1.0)),
        *_si("t", ("", 1e3), ("k", 1e6), ("M", 1e9), ("G", 1e12)),
    ),
    "kWh": _si(
        "Wh",
        ("n", 1e-12),
        ("µ", 1e-9),
        ("m", 1e-6),
        ("", 1e-3),
        ("k", 1.0),
        ("M", 1e3),
        ("G", 1e6),
        ("T", 1e9),
        ("P", 1e12),
    ),
    "W": _si("W", ("n", 1e-9), ("µ", 1e-6), ("m", 1e-3), ("", 1.0), ("k", 1e3), ("M", 1e6), ("G", 1e9), ("T", 1e12)),
    "L": (*_si("L", ("n", 1e-9), ("µ", 1e-6), ("m", 1e-3), ("", 1.0)), Scale("m³", 1e3, 1e3)),
    "h": (
        Scale("ms", 1e-3 / _HOUR, 1e-3 / _HOUR),
        Scale("s", 1 / _HOUR, 1 / _HOUR),
        Scale("min", 1 / _MINUTE, 2 / _MINUTE),
        Scale("h", 1.0, 2.0),
    ),
    # A minute and a half reads better as 90 s, a day and a half as 36 h.
    "s": (
        Scale("s", 1.0, 1.0),
        Scale("min", 60.0, 120.0),
        Scale("h", 3600.0, 7200.0),
        Scale("days", 86400.0, 259200.0),
    ),
}
UNITS = tuple(_LADDERS)
"""The base units that have other sizes."""
SIGNS = frozenset(scale.unit for ladder in _LADDERS.values() for scale in ladder)
"""What stands after the number of an amount."""


SMALL = 0.1
"""Below this much of its base unit an amount has a prefix wherever people read it, so that no zeros are counted."""


def small_scale(value: float, unit: str) -> Scale:
    """Choose the unit of an amount in a text: the base unit from `SMALL` of it on, else one with a prefix.

    Parameters
    ----------
    value : float
        The value, or the largest of several that are shown together, in the base unit.
    unit : str
        The base unit; of one without prefixes there is no other.
    """
    if unit in _LADDERS and 0 < abs(value) < SMALL:
        return scale_for(value, unit)
    return Scale(unit, 1.0, 0.0)


def scale_for(value: float, unit: str) -> Scale:
    """Choose the unit in which a value has one to three digits before the point, as far as the units go.

    Parameters
    ----------
    value : float
        The value, or the largest of several that are shown together, in the base unit.
    unit : {'kg', 'kWh', 'W', 'L', 's'}
        The base unit. Zero is shown in it.
    """
    ladder = _LADDERS[unit]
    shown = float(f"{abs(value):.{_SIGNIFICANT}g}")  # 999.96 kg is 1.00 t
    if shown == 0:
        return next(scale for scale in ladder if scale.size == 1)
    fit = [scale for scale in ladder if scale.least <= shown]
    return fit[-1] if fit else ladder[0]


def written(value: float, unit: str) -> str:
    """Write a value with three significant digits and its unit: ``8.93 kt``."""
    scale = scale_for(value, unit)
    return f"{rounded(value / scale.size)} {scale.unit}"


def written_span(interval: Interval, unit: str, substance: str = "") -> str:
    """Write the best value with its interval, ``1.16 t CO2e (0.295 to 2.75 t)``, an exact value alone.

    All three share the unit of the best value, except where the interval reaches so far that its ends need their own.

    Parameters
    ----------
    interval : Interval
        In the base unit.
    unit : {'kg', 'kWh', 'W', 'L', 's'}
        The base unit.
    substance : str, optional
        Of what, after the unit of the best value.
    """
    middle = f"{written(interval.best, unit)} {substance}".rstrip()
    return middle if interval.is_exact else f"{middle} ({written_ends(interval, unit)})"


def written_ends(interval: Interval, unit: str) -> str:
    """Write the ends of an interval as `written_span` does: ``0.295 to 2.75 t`` of 1.16 t."""
    low, best, high = interval
    scale = scale_for(best, unit)
    if low < _FAR_BELOW * scale.size or high >= _FAR_ABOVE * scale.size:
        return f"{written(low, unit)} to {written(high, unit)}"
    return f"{rounded(low / scale.size)} to {rounded(high / scale.size)} {scale.unit}"


def tick(value: float, unit: str) -> str:
    """Write the value of a tick, which is round by itself: ``10 t``."""
    scale = scale_for(value, unit)
    return f"{value / scale.size:,.6g} {scale.unit}"
