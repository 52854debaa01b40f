"""The valid range of each number, the choices of each text, and their checks."""

from __future__ import annotations

import time
from math import isfinite

from greentrain.errors import InputError, InvalidNumber, either
from greentrain.light_typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from typing import Any

FIRST_YEAR = 2009
"""The earliest year of the grid tables."""
YEARS_AHEAD = 5
"""How far ahead a run may be planned: the newest figures are used, with a wider interval. [a]"""
_SMALLEST = 1e-9
"""Anything between this and zero is a slip, and products of it would run out of digits."""


class Limits(NamedTuple):
    """The range of a number that makes sense, and why."""

    above: float
    most: float
    unit: str
    why: str = ""
    whole: bool = False
    inclusive: bool = False


LIMITS = {
    "count": Limits(1, 10_000_000, "accelerators", whole=True, inclusive=True),
    "hours": Limits(0, 1_000_000, "hours of wall-clock time", "a century has 876,000"),
    "gpu_hours": Limits(0, 1e10, "accelerator-hours"),
    "power": Limits(0, 30_000, "W per accelerator", "the largest single system draws 23,000"),
    "utilization": Limits(
        0, 1.2, "mean power draw over TDP", "0.75 means 75 %; boards do not exceed their TDP for long"
    ),
    "host_factor": Limits(1, 5, "node power over accelerator power", inclusive=True),
    "host_power": Limits(0, 30_000, "W of the host per accelerator"),
    "cpu_cores": Limits(0, 10_000_000, "cores"),
    "memory_gb": Limits(0, 1e8, "GB"),
    "year": Limits(FIRST_YEAR, 9999, "a calendar year", whole=True, inclusive=True),
    "grid_intensity": Limits(0, 3000, "g CO2e/kWh", "give grams, not kilograms or pounds"),
    "pue": Limits(1, 5, "facility energy over IT energy", "no facility draws less than its computers", inclusive=True),
    "runs": Limits(1, 10_000_000, "identical runs", whole=True, inclusive=True),
    "seeds": Limits(1, 1_000_000, "seeds of each run", whole=True, inclusive=True),
    "failed_share": Limits(0, 0.99, "failed runs over all runs", "0.2 means that one of five failed"),
    "params": Limits(1000, 1e16, "parameters", "8B or 8e9 means eight billion", inclusive=True),
    "active_params": Limits(1000, 1e16, "parameters in use per token", "8B or 8e9 means eight billion", inclusive=True),
    "tokens": Limits(1000, 1e20, "tokens", "15T or 15e12 means fifteen trillion", inclusive=True),
    "flops": Limits(1e9, 1e32, "floating-point operations in total", inclusive=True),
    "mfu": Limits(0, 1, "model FLOPs utilization", "0.4 means 40 %"),
}
SITES = ("datacentre", "workstation")
WORKLOADS = ("pretraining", "finetuning", "inference-like", "small")
PRECISIONS = ("bf16", "fp16", "fp32", "fp8")
ARCHITECTURES = ("decoder-only", "encoder-only", "encoder-decoder")
_CHOICES = {"architecture": ARCHITECTURES, "site": SITES, "precision": PRECISIONS, "workload": WORKLOADS}
SCALES = {"K": 1e3, "M": 1e6, "B": 1e9, "T": 1e12}
"""Letters that may follow a count of parameters, tokens or operations."""
SCALED = ("params", "active_params", "tokens", "flops")


def this_year() -> int:
    """Return the year of the present, which a run has unless another is stated."""
    return time.localtime().tm_year


def checked_number(name: str, value: Any) -> float:
    """Check one number against its limits, and read it if it is text.

    Raises
    ------
    InvalidNumber
        If it is not a plain finite number, not whole where it must be, or outside its limits.
    """
    return checked_in(LIMITS[name], name, value)


def checked_in(limits: Limits, name: str, value: Any) -> float:
    """Check one number against limits of its own, as `checked_number` does.

    Raises
    ------
    InvalidNumber
        If it is not a plain finite number, not whole where it must be, or outside the limits.
    """
    number = _parsed(limits, name, value) if isinstance(value, str) else _as_float(limits, name, value)
    if not isfinite(number):
        raise InvalidNumber(name, value, f"must be a finite number ({limits.unit})")
    if limits.whole and number != int(number):
        raise InvalidNumber(name, value, f"must be a whole number ({limits.unit})")
    if not fits(limits, number):
        is_small = limits.above < number < _SMALLEST
        rule = f"must be at least {_SMALLEST:g} ({limits.unit})" if is_small else _range_rule(limits)
        raise InvalidNumber(name, value, rule)
    return int(number) if limits.whole else number


def fits(limits: Limits, number: Any) -> Any:
    """Whether a number, or each of an array, is inside its limits; of NaN it isn't."""
    is_above = number >= limits.above if limits.inclusive else number > limits.above
    return is_above & (number <= limits.most) & (number >= _SMALLEST)


def checked_text(name: str, value: Any) -> str:
    """Check one text: not empty, printable, and one of the choices where there are some.

    Raises
    ------
    InputError
        Naming the parameter, the value and the rule.
    """
    if not isinstance(value, str):
        raise InputError(name, value, "must be text")
    if not value.strip():
        raise InputError(name, value, "must not be empty; leave it out when unknown")
    if not value.isprintable():
        raise InputError(name, value, "must not hold control characters")
    choices = _CHOICES.get(name)
    if not choices or value in choices:
        return value.strip()
    from greentrain.estimation.written_numbers import written_choice

    if (choice := written_choice(name, value, choices)) is None:
        raise InputError(name, value, f"must be {either(choices)}")
    return choice


def _range_rule(limits: Limits) -> str:
    low = f"at least {limits.above:,.10g}" if limits.inclusive else f"greater than {limits.above:,.10g}"
    if limits.unit == "a calendar year":
        return f"must be {limits.above:.0f} or later, the first year of the grid data"
    why = f"; {limits.why}" if limits.why else ""
    return f"must be {low} and at most {limits.most:,.10g} ({limits.unit}){why}"


def _parsed(limits: Limits, name: str, text: str) -> float:
    plain = text.strip()
    factor = SCALES.get(plain[-1:].upper(), 1.0) if name in SCALED else 1.0
    digits = plain[:-1].rstrip() if factor > 1 else plain
    if digits.isascii() and "_" not in digits:
        try:
            return float(digits) * factor
        except ValueError:
            pass
    from greentrain.estimation.written_numbers import TIMES, written_number  # patterns cost a tenth of a start

    if (written := written_number(name, plain)) is not None:
        return written
    if name in TIMES and "," not in plain:
        rule = f"must be a number ({limits.unit}), or a time such as 96h, 2h30, 3d or 72:00"
        raise InvalidNumber(name, text, rule)
    advice = ", also with K, M, B or T: 8B is 8e9" if name in SCALED else _number_advice(plain)
    raise InvalidNumber(name, text, f"must be a number ({limits.unit}){advice}")


def _number_advice(text: str) -> str:
    with_dot = text.replace(",", ".")
    if text.count(",") == 1 and _is_plain(with_dot) and not _looks_like_thousands(text):
        return f"; the decimal sign is a dot: {with_dot}"
    digits = text.rstrip("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ/ ")
    if digits.endswith("%"):
        return ", not a percentage"
    if digits != text and _is_plain(digits):
        return f"; write it without its unit: {digits}"
    return ", without a unit or thousands separators"


def _looks_like_thousands(text: str) -> bool:
    """Whether 1,000 may mean a thousand: advising 1.000 would then be wrong by as much."""
    whole, _, rest = text.partition(",")
    return len(rest) == 3 and whole.lstrip("0") != ""


def _is_plain(text: str) -> bool:
    return text.isascii() and text.replace(".", "", 1).isdigit()


def _as_float(limits: Limits, name: str, value: Any) -> float:
    plain = value if type(value) in (float, int) else _unwrapped(value)
    if isinstance(plain, bool) or not isinstance(plain, (int, float)):
        from greentrain.estimation.written_numbers import number_of_another_kind

        if (found := number_of_another_kind(name, plain)) is None:
            raise InvalidNumber(name, value, f"must be a number ({limits.unit})")
        return found
    try:
        return float(plain)
    except OverflowError:
        return float("inf")


def _unwrapped(value: Any) -> Any:
    """Take the plain number out of a NumPy scalar."""
    try:
        return value.item()
    except (AttributeError, TypeError, ValueError):
        return value
