"""The energy of a run in words, the same wherever a person reads it."""

import re

from greentrain.footprint import Footprint
from greentrain.numbers import amount, best, duration, rounded

_ZERO_UNIT = re.compile(r" 0+ (s|min|h)$")


def energy_words(footprint: Footprint, unfilled: tuple[str, ...], coverage: str) -> str:
    """Say energy and emissions of a run with their intervals, and what of it was not measured.

    Parameters
    ----------
    footprint : Footprint
        The run's.
    unfilled : tuple of str
        Parts of the computers that are in no sum, so that the run took more than its figures say.
    coverage : str
        How much of the time a meter covered, as `coverage_words` says it.
    """
    return "; ".join([_amounts(footprint, unfilled), *_unmetered(footprint, coverage)])


def summary_words(footprint: Footprint, unfilled: tuple[str, ...], coverage: str) -> str:
    """Say the same in the one line at the end of a run, which has to explain itself."""
    without = [f"without {' and '.join(unfilled)}"] if unfilled else []
    facility, kg = footprint.facility_energy_kwh, footprint.operational_kg
    rest = (*without, *_unmetered(footprint, coverage))
    if facility is None or kg is None:
        return "; ".join([_amounts(footprint, unfilled), *rest])
    interval = "" if kg.is_exact else f" (90 % interval {rounded(kg.low)} to {rounded(kg.high)})"
    least = "at least " if unfilled else ""
    return "; ".join([f"{least}{best(facility)} kWh, {best(kg)} kg CO2e{interval}", *rest])


def coverage_words(duration_seconds: float, unmetered_seconds: float, is_modelled: bool = False) -> str:
    """Say how much of the time a meter covered, as "measured 2 of 6 s"; nothing where it covered all.

    Parameters
    ----------
    duration_seconds, unmetered_seconds : float
        Length of the run, and the part of it that no meter covered. [s]
    is_modelled : bool, optional
        Whether no sensor read anything in that time: the energy was modelled from load.
    """
    if not unmetered_seconds:
        return ""
    seen, whole = (_in_few_digits(each) for each in (duration_seconds - unmetered_seconds, duration_seconds))
    return f"{'modelled' if is_modelled else 'measured'} {_without_unit(seen, whole)} of {whole}"


def _amounts(footprint: Footprint, unfilled: tuple[str, ...]) -> str:
    it_energy, facility, kg = footprint.it_energy_kwh, footprint.facility_energy_kwh, footprint.operational_kg
    if it_energy is None:
        return "energy not known"
    least = "at least " if unfilled else ""
    if facility is None or kg is None:
        return f"{least}{amount(it_energy, 'kWh')} of the computers"
    return f"{least}{amount(facility, 'kWh')}, {amount(kg, 'kg CO2e')}"


def _unmetered(footprint: Footprint, coverage: str) -> list[str]:
    """Say how much of the time a meter covered, or else how the energy is known unless it was measured."""
    found = ["estimated"] if footprint.basis == "estimated" and footprint.it_energy_kwh is not None else []
    if coverage:
        found.append(coverage)
    elif footprint.basis == "mixed":
        found.append("measured in part")
    return found


def _in_few_digits(seconds: float) -> str:
    """Write a duration without a decimal or a smaller unit that is zero: 2 s, 51 min, 1 h."""
    return _ZERO_UNIT.sub("", duration(seconds).replace(".0 s", " s"))


def _without_unit(part: str, whole: str) -> str:
    """Leave out a unit that both have: 2 of 6 s."""
    number, _, unit = part.rpartition(" ")
    is_plain = number.count(" ") == 0 and whole.count(" ") == 1 and whole.endswith(f" {unit}")
    return number if is_plain else part
