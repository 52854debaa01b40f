"""What a number covers, in sentences that go into every form: boundary, runs, interval, factor and versions.

Plain text without markup; text of the user in it is escaped by the form.
"""

from collections import Counter
from collections.abc import Iterable
from typing import Any

from greentrain.catalogue.records import WORLD
from greentrain.errors import InputError
from greentrain.footprint import Grid
from greentrain.inputs import BASIS_WORDS, UNMETERED_SHARE, UNSEEN, Input
from greentrain.interval import Interval
from greentrain.numbers import counted, percent, rounded
from greentrain.reporting.escaping import markdown
from greentrain.reporting.method_text import joined_names
from greentrain.reporting.place_names import place_label
from greentrain.reporting.report_data import STATUSES, ReportData, RunLine

_BOUNDARIES = {
    "facility": "the whole facility, that is computers{parts} with cooling and power supply",
    "node": "the computers{parts}",
    "accelerator": "the accelerators alone, without their host",
}


def refuse_nothing(data: ReportData, form: str) -> None:
    """Refuse report data of which no energy is known: no form may say zero for it.

    Raises
    ------
    InputError
        If the sum over all runs is zero.
    """
    if not data.facility_energy_kwh.best > 0:
        rule = f"its energy is zero or not known, which the form {form} must not state as a figure"
        raise InputError("result", None, rule)


def known_lines(data: ReportData) -> tuple[RunLine, ...]:
    """Return the lines whose energy is known, which are those that the totals sum."""
    return tuple(line for line in data.lines if line.facility_energy_kwh is not None)


def basis_text(data: ReportData) -> str:
    """Describe how the energy is known, and which tools' files runs are imported from."""
    formats = [line.imported_from for line in data.lines if line.imported_from]
    if not formats:
        return BASIS_WORDS[data.basis]
    number = "" if len(formats) == len(data.lines) else f"{len(formats):,} of {counted(len(data.lines), 'run')} "
    return f"{BASIS_WORDS[data.basis]} ({number}imported from {joined_names(formats)})"


def added_text(data: ReportData) -> str:
    """State after a comma what is added to the readings, ``, with an assumed 19 % added ...``; nothing without it."""
    shares = unmetered_shares(known_lines(data))
    if not shares:
        return ""
    low, high = (percent(end) for end in _ends_of_best(shares))
    amount = low if low == high else f"{low.removesuffix(' %')} to {high}"
    article = "an assumed " if all(item.basis == "assumed" for item in shares) else ""
    return f", with {article}{amount} added for what no sensor reads"


def unmetered_shares(lines: Iterable[RunLine]) -> tuple[Input, ...]:
    """Return what no sensor reads over what they do, as it was added to the energy of these runs, once each."""
    found = (line.footprint.inputs.get(UNMETERED_SHARE) for line in lines)
    return tuple(dict.fromkeys(item for item in found if item is not None))


def _ends_of_best(shares: Iterable[Input]) -> tuple[float, float]:
    values = [item.value.best for item in shares]
    return min(values), max(values)


def boundary_text(data: ReportData) -> str:
    """Describe the equipment that the numbers cover, that PUE was applied, and what is missing, since not measured."""
    computers = " (accelerators and host)" if any(line.count for line in data.lines) else ""
    parts = (
        _BOUNDARIES[data.boundary].format(parts=computers),
        *_unmetered_text(data),
        *_pue_text(data),
        *_unmeasured_text(data),
        *_coverage_text(data),
        *_faults_text(data),
    )
    return "; ".join(parts)


def meters_text(data: ReportData) -> str:
    """Name the parts whose energy sensors read, and those for which it was modelled."""
    lines = known_lines(data)
    sensed = dict.fromkeys(part for line in lines for part in line.sensed)
    modelled = dict.fromkeys(part for line in lines for part in line.modelled)
    found = [f"{' and '.join(sensed)} by their own sensors"] if sensed else []
    found += [f"{' and '.join(modelled)} by a model"] if modelled else []
    return ", ".join(found)


def _unmetered_text(data: ReportData) -> Iterable[str]:
    """Yield what is added to the readings, with its interval, and for what."""
    shares = unmetered_shares(known_lines(data))
    if shares:
        low, high = min(item.value.low for item in shares), max(item.value.high for item in shares)
        span = f"90 % interval {percent(low)} to {percent(high)}"
        words = added_text(data).removeprefix(", with ")
        yield f"{words} ({UNSEEN}; {span})"


def _pue_text(data: ReportData) -> Iterable[str]:
    pues = [line.pue.best for line in data.lines if line.pue is not None]
    if pues:
        low, high = min(pues), max(pues)
        yield f"IT energy times a PUE of {rounded(low)}" + (f" to {rounded(high)}" if high > low else "")


def _unmeasured_text(data: ReportData) -> Iterable[str]:
    counts = unmeasured(data)
    if counts and len(data.lines) == 1:
        yield f"not measured and not in the figures: {', '.join(counts)}"
    elif counts:
        listed = ", ".join(f"{part} of {counted(number, 'run')}" for part, number in counts.items())
        yield f"not measured and not in the figures: {listed}"


def _coverage_text(data: ReportData) -> Iterable[str]:
    covered = [line.coverage for line in known_lines(data) if line.coverage]
    if covered and len(data.lines) == 1:
        yield covered[0]
    elif covered:
        yield f"a part of the time was not measured in {len(covered):,} of {counted(len(data.lines), 'run')}"


def _faults_text(data: ReportData) -> Iterable[str]:
    """State what is wrong with the records of the runs, and of how many of them."""
    counts = Counter(fault for line in known_lines(data) for fault in line.faults)
    for fault, number in counts.items():
        yield fault if len(data.lines) == 1 else f"{fault} of {number:,} of {counted(len(data.lines), 'run')}"


def unmeasured(data: ReportData) -> dict[str, int]:
    """Count the runs in whose energy a part of the computers is missing, by part."""
    return dict(Counter(part for line in known_lines(data) for part in line.unmeasured))


def runs_text(data: ReportData) -> str:
    """Describe which runs the numbers cover: one, or a project with its failed runs."""
    if data.kind == "estimate":
        runs = sum(line.runs for line in data.lines)
        what = "one training run as described" if runs == 1 else f"{runs:,} identical training runs"
        return f"{what}; failed and preliminary runs are not included"
    if data.kind == "run":
        line = data.lines[0]
        again = "" if line.starts == 1 else f", started {line.starts:,} times, each of them included"
        return f"one run ({line.status}{again}); other runs of its project are not included"
    parts = (_project_text(data), *_again_text(data), *_failed_text(data), *_unknown_text(data))
    return "; ".join(parts)


def _project_text(data: ReportData) -> str:
    counts = Counter(line.status for line in data.lines)
    listed = ", ".join(f"{counts[status]:,} {status}" for status in STATUSES if counts[status])
    of_project = " of the project" if any(line.id or line.project for line in data.lines) else ""
    return f"{counted(len(data.lines), 'run')}{of_project}: {listed}"


def _again_text(data: ReportData) -> Iterable[str]:
    """State that a run that was started again holds what its earlier attempts took."""
    again = sum(line.starts > 1 for line in data.lines)
    if again:
        yield f"{again:,} of them started more than once, each time included"


def _failed_text(data: ReportData) -> Iterable[str]:
    if data.failed_share:
        yield f"those that did not complete took {rounded(100 * data.failed_share, 2)} % of the energy"


def _unknown_text(data: ReportData) -> Iterable[str]:
    unknown = len(data.lines) - len(known_lines(data))
    if unknown:
        yield f"{unknown:,} of unknown energy {'is' if unknown == 1 else 'are'} not in the sums"
    if data.unreadable:
        yield unreadable_text(data)
    if data.failed_rows:
        are = "has a mistake and is" if len(data.failed_rows) == 1 else "have mistakes and are"
        yield f"{counted(len(data.failed_rows), 'row')} of the table {are} not in the sums"


def unreadable_text(data: ReportData) -> str:
    """State how many runs cannot be read; what they belong to cannot be either."""
    records = "record" if data.unreadable == 1 else "records"
    return f"the {records} of {counted(data.unreadable, 'further run')} cannot be read"


def places(data: ReportData) -> tuple[str, ...]:
    """Name each place of the runs once, in the order of the lines."""
    codes = dict.fromkeys(line.location for line in data.lines if line.location and line.location != WORLD)
    return tuple(map(place_label, codes))


def cloud_providers(data: ReportData) -> tuple[str, ...]:
    """Name each provider whose regions or instance types the runs used, once."""
    codes = (line.location for line in data.lines if line.location)
    found = [code.partition(":")[0] for code in codes if ":" in code]
    instance = data.estimate and data.estimate.run["instance"]
    if data.estimate and instance:
        found.append(data.estimate.catalogue.hardware.find_instance(instance).provider)
    return tuple(dict.fromkeys(found))


def grids(data: ReportData) -> tuple[tuple[str | None, Grid], ...]:
    """Return each place and carbon intensity once, in the order of the lines.

    The interval of an intensity depends on how long the run was; of equal ones the widest is used for all.
    """
    found: dict[tuple[Any, ...], tuple[str | None, Grid]] = {}
    for line in data.lines:
        grid = line.grid
        if grid is not None:
            low, best, high = grid.g_per_kwh
            key = (line.location, best, grid.year, grid.accounting, grid.basis, grid.source)
            known = found[key][1].g_per_kwh if key in found else grid.g_per_kwh
            if key not in found or low < known.low or high > known.high:
                widest = Interval(min(known.low, low), best, max(known.high, high))
                found[key] = line.location, grid._replace(g_per_kwh=widest)
    return tuple(found.values())


def factor_text(data: ReportData) -> str:
    """Write carbon intensity, place, year and basis of each factor."""
    found = [_factor(place, grid) for place, grid in grids(data)]
    if len(found) > 3:
        values = [grid.g_per_kwh.best for _, grid in grids(data)]
        return f"{len(found)} location-based factors from {rounded(min(values))} to {rounded(max(values))} g CO2e/kWh"
    return "; ".join(found) or "no carbon intensity is known"


def _factor(place: str | None, grid: Grid) -> str:
    where = "as given by the user" if grid.basis == "given" else (place or "place not named")
    anywhere = "place not known" if grid.basis == "default" else "world mean"
    parts = [where if where != WORLD else anywhere]
    parts += [str(grid.year)] if grid.year else []
    accounting = grid.accounting or "accounting not stated"
    return f"{rounded(grid.g_per_kwh.best)} g CO2e/kWh ({', '.join(parts)}; {accounting}, location-based)"


def factor_sources(data: ReportData) -> str:
    """Name the publications of the factors."""
    keys = [key.strip() for _, grid in grids(data) for key in grid.source.split(";")]
    return "; ".join(data.sources[key]["title"] for key in dict.fromkeys(keys) if key in data.sources)


def warning_lines(data: ReportData) -> list[str]:
    """Write each warning as a quotation in Markdown, to be at the top of a section; nothing where there is none."""
    return [line for warning in data.warnings for line in (f"> **Warning:** {markdown(warning)}", "")]


def span_text(value: Interval, low: str, high: str) -> str:
    """Write the interval, or that there is none."""
    return "exact inputs, no interval" if value.is_exact else f"90 % interval {low} to {high}"


def versions_text(data: ReportData) -> str:
    """Name the versions of code and data."""
    versions = data.versions
    meter = f", codecarbon {versions.codecarbon}" if versions.codecarbon else ""
    return f"greentrain {versions.greentrain}, data {versions.data}{meter}"


def hardware_of(data: ReportData, most: int = 4) -> str:
    """Name the hardware of all lines, each once; of more than so many those of most energy, and how many more."""
    energies: dict[str, float] = {}
    for line in data.lines:
        if line.hardware:
            known = 0.0 if line.facility_energy_kwh is None else line.facility_energy_kwh.best
            energies[line.hardware_name] = energies.get(line.hardware_name, 0.0) + known
    names = list(energies)
    if len(names) > most:
        names = sorted(names, key=lambda name: -energies[name])[:most]
    return "; ".join(names) + (f"; and {len(energies) - most} more" if len(energies) > most else "")


def wall_clock_hours(data: ReportData) -> float | None:
    """Sum the wall-clock time of all lines [h]; None where that of one is not known."""
    return _sum_known([line.hours for line in data.lines])


def accelerator_hours(data: ReportData) -> float | None:
    """Sum the accelerator-hours of all lines [h]; None where no line has any."""
    known = [line.accelerator_hours for line in data.lines if line.accelerator_hours is not None]
    return sum(known) if known else None


def total_tokens(data: ReportData) -> float | None:
    """Return the tokens of all identical runs together [1]; None where they are not known."""
    if data.size is None or data.size.tokens is None:
        return None
    return data.size.tokens * (data.lines[0].runs if len(data.lines) == 1 else 1)


def _sum_known(values: list[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return sum(known) if known and len(known) == len(values) else None
