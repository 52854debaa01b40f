"""The energy of a run in words, the same wherever a person reads it."""

from greentrain.history.run import Run
from greentrain.numbers import amount, best, duration, rounded


def energy_words(run: Run) -> str:
    """Say energy and emissions of a run with their intervals, and what of it was not measured."""
    return "; ".join([_amounts(run), *_unmetered(run)])


def summary_words(run: Run) -> str:
    """Say the same in the one line at the end of a run, which has to explain itself."""
    without = [f"without {' and '.join(run.unfilled)}"] if is_lower_bound(run) else []
    facility, kg = run.facility_energy_kwh, run.operational_kg
    if facility is None or kg is None:
        return "; ".join([_amounts(run), *without, *_unmetered(run)])
    interval = "" if kg.is_exact else f" (90 % interval {rounded(kg.low)} to {rounded(kg.high)})"
    least = "at least " if is_lower_bound(run) else ""
    return "; ".join([f"{least}{best(facility)} kWh, {best(kg)} kg CO2e{interval}", *without, *_unmetered(run)])


def is_lower_bound(run: Run) -> bool:
    """Whether a part of the computers is in no sum, so that the run took more than its figures say."""
    return bool(run.unfilled)


def _amounts(run: Run) -> str:
    it_energy, facility, kg = run.it_energy_kwh, run.facility_energy_kwh, run.operational_kg
    if it_energy is None:
        return "energy not known"
    least = "at least " if is_lower_bound(run) else ""
    if facility is None or kg is None:
        return f"{least}{amount(it_energy, 'kWh')} of the computers"
    return f"{least}{amount(facility, 'kWh')}, {amount(kg, 'kg CO2e')}"


def _unmetered(run: Run) -> list[str]:
    """Say how much of the time a meter covered, or else how the energy is known unless it was measured."""
    seconds = run.unmetered_seconds if run.is_metered else 0.0
    found = ["estimated"] if run.basis == "estimated" and run.it_energy_kwh is not None else []
    if seconds:
        seen, whole = (_in_few_digits(each) for each in (run.duration_seconds - seconds, run.duration_seconds))
        found.append(f"measured {_without_unit(seen, whole)} of {whole}")
    elif run.basis == "mixed":
        found.append("measured in part")
    return found


def _in_few_digits(seconds: float) -> str:
    """Write a duration, whole seconds without a decimal."""
    return duration(seconds).replace(".0 s", " s")


def _without_unit(part: str, whole: str) -> str:
    """Leave out a unit that both have: 2 of 6 s."""
    number, _, unit = part.rpartition(" ")
    is_plain = number.count(" ") == 0 and whole.count(" ") == 1 and whole.endswith(f" {unit}")
    return number if is_plain else part
