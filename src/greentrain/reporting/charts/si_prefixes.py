"""Units with the prefix that a person reads: 8.93 kt rather than 8,930,000 kg."""

from typing import NamedTuple

from greentrain.interval import Interval
from greentrain.numbers import rounded

_DIGITS = 3
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
    shown = float(f"{abs(value):.{_DIGITS}g}")  # 999.96 kg is 1.00 t
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
    low, best, high = interval
    middle = f"{written(best, unit)} {substance}".rstrip()
    if interval.is_exact:
        return middle
    scale = scale_for(best, unit)
    if low < _FAR_BELOW * scale.size or high >= _FAR_ABOVE * scale.size:
        return f"{middle} ({written(low, unit)} to {written(high, unit)})"
    return f"{middle} ({rounded(low / scale.size)} to {rounded(high / scale.size)} {scale.unit})"


def tick(value: float, unit: str) -> str:
    """Write the value of a tick, which is round by itself: ``10 t``."""
    scale = scale_for(value, unit)
    return f"{value / scale.size:,.6g} {scale.unit}"
