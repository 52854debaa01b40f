"""Numbers as people write them: ``2h30``, ``3d``, ``72:00``, ``120%``, ``8B``; loaded for what is no plain number."""

from __future__ import annotations

import re

_HOURS_OF = {"w": 168.0, "d": 24.0, "h": 1.0, "min": 1 / 60, "s": 1 / 3600}
_UNIT_WORDS = {
    "w": "w|weeks?", "d": "d|days?", "h": "h|hrs?|hours?", "min": "min|mins|minutes?", "s": "s|secs?|seconds?",
}  # fmt: skip
_NUMBER = r"(\d+(?:\.\d*)?|\.\d+)"
_PARTS = re.compile(
    "".join(rf"(?:{_NUMBER}\s*(?:{words})\s*)?" for words in _UNIT_WORDS.values()), re.ASCII | re.IGNORECASE
)
_HOURS_AND_MINUTES = re.compile(r"(\d+)\s*h\s*([0-5]?\d)\s*m?", re.ASCII | re.IGNORECASE)
_CLOCK = re.compile(r"(?:(\d+)-)?(\d+):([0-5]\d)(?::([0-5]\d(?:\.\d+)?))?", re.ASCII)
_PERCENT = re.compile(rf"{_NUMBER}\s*%", re.ASCII)
TIMES = ("hours", "gpu_hours")
"""Parameters that are times: units and clocks are read."""
RATIOS = ("utilization", "mfu", "pue", "host_factor")
"""Parameters that are ratios: percentages are read."""


def written_number(name: str, text: str) -> float | None:
    """Read a number with a unit of its kind; None where it is none.

    Parameters
    ----------
    name : str
        The parameter, which decides what a unit may be.
    text : str
        Without blanks around it.

    Returns
    -------
    float or None
        A time in hours [h]; a percentage as a ratio [1].

    Examples
    --------
    >>> written_number("hours", "2h30"), written_number("hours", "3d"), written_number("hours", "72:00")
    (2.5, 72.0, 72.0)
    >>> written_number("pue", "120%")
    1.2
    """
    if name in TIMES:
        return _time(text)
    found = _PERCENT.fullmatch(text) if name in RATIOS else None
    # Dividing, as 40 * 0.01 is not 0.4.
    return float(found[1]) / 100 if found else None


def _time(text: str) -> float | None:
    """Read weeks to seconds in that order, ``2h30``, or a clock as batch systems print it: ``[D-]H:MM[:SS]``."""
    if found := _CLOCK.fullmatch(text):
        days, hours, minutes, seconds = (float(part or 0) for part in found.groups())
        return days * 24 + hours + (minutes * 60 + seconds) / 3600
    if found := _HOURS_AND_MINUTES.fullmatch(text):
        return float(found[1]) + float(found[2]) / 60
    parts = _PARTS.fullmatch(text)
    if not text or parts is None:
        return None
    return sum(float(part) * _HOURS_OF[unit] for unit, part in zip(_HOURS_OF, parts.groups(), strict=True) if part)
