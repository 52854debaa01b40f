"""Values as people write them: ``2h30``, ``3d``, ``120%``, ``0.5 kW``, ``FP16``; loaded for what is not plain."""

from __future__ import annotations

import re

from greentrain.light_typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

_HOURS_OF = {"w": 168.0, "d": 24.0, "h": 1.0, "min": 1 / 60, "s": 1 / 3600}
_UNIT_WORDS = {
    "w": "w|weeks?", "d": "d|days?", "h": "h|hrs?|hours?", "min": "m|min|mins|minutes?", "s": "s|secs?|seconds?",
}  # fmt: skip
_NUMBER = r"(\d+(?:\.\d*)?|\.\d+)"
_PARTS = re.compile(
    "".join(rf"(?:{_NUMBER}\s*(?:{words})\s*)?" for words in _UNIT_WORDS.values()), re.ASCII | re.IGNORECASE
)
_HOURS_AND_MINUTES = re.compile(r"(\d+)\s*h\s*([0-5]?\d)\s*m?", re.ASCII | re.IGNORECASE)
_CLOCK = re.compile(r"(?:(\d+)-)?(\d+):([0-5]\d)(?::([0-5]\d(?:\.\d+)?))?", re.ASCII)
_GROUPED = re.compile(r"\d{1,3}(?:(?P<sign>[ \u00a0\u202f'\u2019,])\d{3})(?:(?P=sign)\d{3})*(?:\.\d+)?", re.ASCII)
"""Digits in groups of three; after one comma alone, they may as well be decimals."""
_PERCENT = re.compile(rf"{_NUMBER}\s*%", re.ASCII)
TIMES = ("hours", "gpu_hours")
"""Parameters that are times: units and clocks are read."""
_ISO = re.compile(
    rf"P(?:{_NUMBER}W)?(?:{_NUMBER}D)?(?:T(?:{_NUMBER}H)?(?:{_NUMBER}M)?(?:{_NUMBER}S)?)?", re.ASCII | re.IGNORECASE
)
"""A time by ISO 8601: ``PT72H``, ``P3DT4H``."""
_WITH_UNIT = re.compile(rf"{_NUMBER}\s*([a-z%/ ]\S*(?: ?/ ?\S+)?)", re.ASCII | re.IGNORECASE)
_POWER = {"w": 1.0, "watt": 1.0, "watts": 1.0, "mw": 1e-3, "kw": 1e3, "kilowatt": 1e3, "kilowatts": 1e3}
_MEMORY = {"gb": 1.0, "g": 1.0, "gib": 1.073741824, "tb": 1e3, "t": 1e3, "tib": 1099.511627776, "mb": 1e-3,
           "mib": 1.048576e-3}  # fmt: skip
_INTENSITY = {
    f"{mass}{gas}/{energy}": grams * per
    for mass, grams in (("g", 1.0), ("kg", 1e3), ("t", 1e6), ("lb", 453.59237), ("lbs", 453.59237))
    for gas in ("", "co2", "co2e", "co2eq", "co2-eq")
    for energy, per in (("kwh", 1.0), ("mwh", 1e-3))
}
_UNITS = {
    "power": _POWER, "host_power": _POWER, "memory_gb": _MEMORY, "grid_intensity": _INTENSITY,
    "cpu_cores": {"core": 1.0, "cores": 1.0}, "runs": {"run": 1.0, "runs": 1.0},
    "count": {"gpu": 1.0, "gpus": 1.0, "x": 1.0, "card": 1.0, "cards": 1.0, "accelerators": 1.0},
}  # fmt: skip
"""Units of each parameter that are read, and what one is in the parameter's own."""
_SYNONYMS = {
    "precision": {
        "bfloat16": "bf16", "float16": "fp16", "half": "fp16", "f16": "fp16", "float32": "fp32", "single": "fp32",
        "f32": "fp32", "tf32": "fp32", "float8": "fp8", "f8": "fp8", "16bitbf": "bf16",
    },
    "workload": {
        "pretrain": "pretraining", "finetune": "finetuning",
    },
    "site": {
        "datacenter": "datacentre", "cluster": "datacentre", "cloud": "datacentre", "hpc": "datacentre",
        "desktop": "workstation", "laptop": "workstation", "pc": "workstation",
    },
    "architecture": {"decoder": "decoder-only", "encoder": "encoder-only", "seq2seq": "encoder-decoder"},
}  # fmt: skip
"""Other words for a choice, without hyphens and in small letters."""
RATIOS = ("utilization", "mfu", "pue", "host_factor", "failed_share")
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
        A time in hours [h]; a percentage as a ratio [1]; else in the unit of the parameter.

    Examples
    --------
    >>> written_number("hours", "2h30"), written_number("hours", "3d"), written_number("hours", "72:00")
    (2.5, 72.0, 72.0)
    >>> written_number("pue", "120%"), written_number("power", "0.06 kW")
    (1.2, 60.0)
    >>> written_number("hours", "1,234.5"), written_number("tokens", "1 234 567"), written_number("hours", "1,234")
    (1234.5, 1234567.0, None)
    """
    if (found := _GROUPED.fullmatch(text)) and (found["sign"] != "," or text.count(",") > 1 or "." in text):
        return float("".join(sign for sign in text if sign.isdigit() or sign == "."))
    if name in TIMES:
        return _time(text)
    if name in _UNITS:
        found = _WITH_UNIT.fullmatch(text)
        scale = found and _UNITS[name].get("".join(found[2].casefold().split()))
        return float(found[1]) * scale if found and scale else None
    found = _PERCENT.fullmatch(text) if name in RATIOS else None
    # Dividing, as 40 * 0.01 is not 0.4.
    return float(found[1]) / 100 if found else None


def number_of_another_kind(name: str, value: Any) -> float | None:
    """Read a number that is neither int nor float, or a stretch of time in hours; None where it is neither.

    Examples
    --------
    >>> from datetime import timedelta
    >>> from decimal import Decimal
    >>> number_of_another_kind("pue", Decimal("1.25")), number_of_another_kind("hours", timedelta(minutes=90))
    (1.25, 1.5)
    """
    from decimal import Decimal
    from numbers import Real

    if name in TIMES and hasattr(value, "total_seconds"):
        return float(value.total_seconds()) / 3600
    if isinstance(value, bool) or not isinstance(value, (Decimal, Real)):
        return None
    try:
        return float(value)
    except (OverflowError, ValueError):  # of a fraction of long numbers; of a signalling NaN
        return float("inf")


def written_choice(name: str, text: str, choices: Sequence[str]) -> str | None:
    """Read a choice in other letters, with or without hyphens, or by another word for it; None where it is none.

    Examples
    --------
    >>> written_choice("precision", "bfloat16", ("bf16", "fp16"))
    'bf16'
    """
    folded = _folded(text)
    known = {_folded(choice): choice for choice in choices}
    return known.get(folded) or known.get(_folded(_SYNONYMS.get(name, {}).get(folded, "")))


def _folded(text: str) -> str:
    return "".join(letter for letter in text.casefold() if letter not in "-_ ")


def _time(text: str) -> float | None:
    """Read weeks to seconds in that order, ``2h30``, or a clock as batch systems print it: ``[D-]H:MM[:SS]``."""
    if found := _CLOCK.fullmatch(text):
        days, hours, minutes, seconds = (float(part or 0) for part in found.groups())
        return days * 24 + hours + (minutes * 60 + seconds) / 3600
    if found := _HOURS_AND_MINUTES.fullmatch(text):
        return float(found[1]) + float(found[2]) / 60
    parts = _ISO.fullmatch(text) or _PARTS.fullmatch(text)
    if not text or parts is None or not any(parts.groups()):
        return None
    return sum(float(part) * _HOURS_OF[unit] for unit, part in zip(_HOURS_OF, parts.groups(), strict=True) if part)
