"""The subject of a report of one tracked run, or of a project of several."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime
from os.path import basename
from typing import Any

from greentrain._version import __version__
from greentrain.catalogue import DATA_VERSION, Catalogue, load_catalogue
from greentrain.errors import GreentrainError, InputError
from greentrain.estimation.equivalents import Comparison, compare
from greentrain.estimation.result import GIVEN_SOURCE, Estimate, Input, Part
from greentrain.history import History, Run
from greentrain.history.footprint import added
from greentrain.history.history import Selection
from greentrain.interval import Interval
from greentrain.reporting.method_words import run_method
from greentrain.reporting.numbers import counted
from greentrain.reporting.power_series import meters_of, power_series, spans_of
from greentrain.reporting.subject import NOTHING, QUANTITIES, RunLine, Size, Subject, Totals, Versions
from greentrain.reporting.subject_estimate import size_of
from greentrain.reporting.subject_run import JUDGEMENT, MEASUREMENT, Told, drivers_of, moment, told

_MOST_NAMED = 5


def subject_of_history(result: object) -> Subject:
    """Make the subject of a report of a run, of several, or of the whole history.

    Parameters
    ----------
    result : Run, sequence of Run, Selection, or History
        One run is reported with its power over time, several as a project.
    """
    if isinstance(result, Run):
        return subject_of_run(result)
    found = result.select() if isinstance(result, History) else result
    runs, unreadable = found if isinstance(found, Selection) else (list(found), ())  # type: ignore[call-overload]
    for item in runs:
        if not isinstance(item, Run):
            raise InputError("result", f"with an item of type {type(item).__name__}", "must hold runs of the history")
    if not runs:
        raise InputError("result", None, "there is no run to report")
    subject = subject_of_project(runs)
    return subject._replace(notes=(*_unread(unreadable), *subject.notes), unreadable=len(unreadable))


def subject_of_run(run: Run) -> Subject:
    """Make the subject of a report of one run.

    Raises
    ------
    InputError
        If neither a measurement nor an estimate says anything of its energy.
    """
    found = told(run)
    estimate = run.estimate
    meters = meters_of(run)
    return _subject([found], _catalogue(estimate), [run])._replace(
        kind="run",
        title=found.line.name,
        period_end=moment(run.ended),
        notes=found.notes,
        size=size_of(estimate.run) if estimate else None,
        power_series=power_series(run, meters),
        spans=tuple(spans_of(run, meters)),
        estimate=estimate,
    )


def subject_of_project(runs: Sequence[Run]) -> Subject:
    """Make the subject of a report of several runs, the oldest first."""
    found = [told(run) for run in sorted(runs, key=lambda run: (run.started, run.id))]
    estimates = [run.estimate for run in runs]
    names = {run.project for run in runs}
    (only,) = names if len(names) == 1 else (None,)
    number = counted(len(runs), "run")
    title = f"{only}, {number}" if only else number
    subject = _subject(found, _catalogue(next((item for item in estimates if item), None)), runs)
    notes = (*_missing(subject.lines), *_counted(note for item in found for note in item.notes))
    return subject._replace(title=title, notes=notes, size=_size(estimates))


def _subject(found: Sequence[Told], catalogue: Catalogue, runs: Iterable[Run]) -> Subject:
    lines = tuple(item.line for item in found)
    totals = _totals(lines)
    basis = _basis(lines)
    inputs = found[0].inputs if len(found) == 1 else (_whole(totals, basis), *_merged(found))
    equivalents = compare(totals.operational_kg, catalogue.equivalents) if totals.operational_kg.best > 0 else ()
    return Subject(
        kind="project",
        title="",
        made_at=None,
        period_start=_bound(min, (line.started for line in lines)),
        period_end=_bound(max, (line.ended for line in lines)),
        boundary="facility",
        basis=basis,
        lines=lines,
        totals=totals,
        failed_share=_failed_share(lines),
        inputs=inputs,
        breakdown=_parts(item.breakdown for item in found),
        drivers=_drivers(lines),
        equivalents=equivalents,
        defaults=tuple(item for item in inputs if item.is_default),
        notes=(),
        sources=_sources(catalogue, inputs, equivalents),
        size=None,
        power_series={},
        spans=(),
        versions=Versions(__version__, DATA_VERSION, _codecarbon_versions(runs)),
        method=run_method(basis, len(lines)),
    )


def _codecarbon_versions(runs: Iterable[Run]) -> str | None:
    """Name the versions of codecarbon that measured runs; None where it was not codecarbon."""
    found = {
        str(node.meter["codecarbon_version"])
        for run in runs
        for node in run.nodes
        if "codecarbon_version" in node.meter
    }
    return ", ".join(sorted(found)) or None


def _catalogue(estimate: Estimate | None) -> Catalogue:
    return estimate.catalogue if estimate else load_catalogue()


def _totals(lines: Iterable[RunLine]) -> Totals:
    """Add the lines up end by end: errors of one user's runs on one kind of hardware at one place are the same."""
    known: dict[str, list[Interval]] = {name: [] for name in QUANTITIES}
    for line in lines:
        for name, values in known.items():
            value = getattr(line, name)
            if value is not None:
                values.append(value)
    if not known["facility_energy_kwh"]:
        raise InputError("result", None, "nothing is known of the energy of these runs, measured or estimated")
    sums = {name: added(values) if values else None for name, values in known.items()}
    return NOTHING._replace(**{name: value for name, value in sums.items() if value is not None})


def _failed_share(lines: Iterable[RunLine]) -> float:
    energies = [(line.is_unfinished, line.facility_energy_kwh.best) for line in lines if line.facility_energy_kwh]
    whole = sum(kwh for _, kwh in energies)
    return sum(kwh for is_unfinished, kwh in energies if is_unfinished) / whole if whole else 0.0


def _basis(lines: Iterable[RunLine]) -> str:
    found = {line.basis for line in lines if line.it_energy_kwh is not None}
    return found.pop() if len(found) == 1 else "mixed"


def _whole(totals: Totals, basis: str) -> Input:
    """Give the energy of all runs as one input; each run's own is in its line."""
    if basis == "estimated":
        return Input("it_energy", totals.it_energy_kwh, "kWh", "default", JUDGEMENT, "estimated, all runs")
    return Input("it_energy", totals.it_energy_kwh, "kWh", "measured", MEASUREMENT, f"{basis}, all runs")


def _merged(runs: Iterable[Told]) -> Iterable[Input]:
    """Give equal inputs of several runs once, with the widest interval."""
    found: dict[tuple[str, float, str, str, str], list[Input]] = defaultdict(list)
    for run in runs:
        for item in run.inputs:
            if item.name != "it_energy":
                found[item.name, item.value.best, item.unit, item.basis, item.source].append(item)
    return map(_widest, found.values())


def _widest(items: Sequence[Input]) -> Input:
    low, high = min(item.value.low for item in items), max(item.value.high for item in items)
    return items[0]._replace(value=Interval(low, items[0].value.best, high))


def _parts(breakdowns: Iterable[tuple[Part, ...]]) -> tuple[Part, ...]:
    energies: dict[str, list[float]] = defaultdict(lambda: [0.0, 0.0])
    for parts in breakdowns:
        for part in parts:
            energies[part.component][0] += part.energy_kwh
            energies[part.component][1] += part.operational_kg
    return tuple(Part(name, kwh, kg) for name, (kwh, kg) in energies.items())


def _drivers(lines: Iterable[RunLine]) -> tuple[tuple[str, float], ...]:
    """Give the shares of the variance, each run's weighed by its emissions."""
    shares: dict[str, float] = defaultdict(float)
    for line in lines:
        widths = dict(drivers_of(line))
        whole = sum(widths.values())
        weight = line.operational_kg.best if line.operational_kg else 0.0
        for name, width in widths.items():
            shares[name] += weight * width / whole
    everything = sum(shares.values())
    found = [(name, share / everything) for name, share in shares.items()] if everything else []
    return tuple(sorted(found, key=lambda pair: -pair[1]))


def _sources(
    catalogue: Catalogue, inputs: Iterable[Input], equivalents: Iterable[Comparison]
) -> dict[str, dict[str, Any]]:
    keys = [key for item in inputs for key in item.source_ids]
    keys += [key for item in equivalents for key in item.source_ids]
    return {key: _source(catalogue, key) for key in dict.fromkeys(keys)}


def _source(catalogue: Catalogue, key: str) -> dict[str, Any]:
    own = {GIVEN_SOURCE: "Stated by the user", MEASUREMENT: "Measured during the run itself"}
    if key in own:
        return {"title": own[key], "url": "", "year": None, "licence": ""}
    try:
        source = catalogue.source(key)
    except (GreentrainError, KeyError):
        # A record may name a source of profiles that are not at hand any more.
        return {"title": key, "url": "", "year": None, "licence": ""}
    return {"title": source.title, "url": source.url, "year": source.year, "licence": source.licence}


def _missing(lines: Sequence[RunLine]) -> Iterable[str]:
    unknown = sum(line.facility_energy_kwh is None for line in lines)
    if unknown:
        yield f"Of {unknown:,} of {len(lines):,} runs nothing is known of the energy; they are not in the sums."


def _unread(folders: Sequence[str]) -> Iterable[str]:
    """Name runs of which nothing is known; by their ids, since a path is nobody's business who reads a report."""
    if folders:
        ids = ", ".join(sorted(map(basename, folders))[:_MOST_NAMED])
        more = f" and {len(folders) - _MOST_NAMED:,} more" if len(folders) > _MOST_NAMED else ""
        yield f"The journals of {counted(len(folders), 'run')} cannot be read and are not in the sums: {ids}{more}."


def _counted(notes: Iterable[str]) -> Iterable[str]:
    """Give each note once, with the number of runs that it holds for."""
    numbers: dict[str, int] = defaultdict(int)
    for note in notes:
        numbers[note] += 1
    for note, number in sorted(numbers.items(), key=lambda pair: -pair[1]):
        yield note if number == 1 else f"{note} (in {number:,} runs)"


def _size(estimates: Iterable[Estimate | None]) -> Size | None:
    """Sum the operations of the runs, where every one states its own."""
    sizes = [size_of(item.run) if item else None for item in estimates]
    flops = [size.flops for size in sizes if size is not None and size.flops is not None]
    return Size(flops=sum(flops)) if flops and len(flops) == len(sizes) else None


def _bound(choose: Any, times: Iterable[datetime | None]) -> datetime | None:
    known = [time for time in times if time is not None]
    return choose(known) if known else None
