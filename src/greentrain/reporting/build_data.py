"""From a result of any kind to the data of a report."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from os.path import basename
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias, cast

from greentrain import formulas
from greentrain._version import __version__
from greentrain.catalogue import DATA_VERSION, Catalogue, load_catalogue
from greentrain.errors import Contradiction, GreentrainError, InputError
from greentrain.estimation import Estimate
from greentrain.estimation.equivalents import EverydayComparison, equivalents_of
from greentrain.estimation.ranges import checked_number
from greentrain.footprint import Footprint
from greentrain.inputs import BASIS_WORDS, GIVEN_SOURCE, IT_ENERGY, UNMETERED_SHARE, Input, Inputs
from greentrain.reporting.described_runs import TableOfRuns, failed_notes, grouped_lines, is_table, line_of_estimate
from greentrain.reporting.method_text import estimate_method, run_method
from greentrain.reporting.report_data import STATED, ReportData, RunLine, Size, Versions
from greentrain.summation import total_of

if TYPE_CHECKING:
    from os import PathLike

    from greentrain.history import History, Run
    from greentrain.history.found_runs import Selection, Summaries
    from greentrain.reporting.reported_runs import ReportedRun
    from greentrain.tracking.finished_run import FinishedRun
    from greentrain.tracking.live import LiveRun
    from greentrain.validation.report import ValidationReport

    class ReportableFrame(Protocol):
        """A frame of any library."""

        @property
        def columns(self) -> Any:
            """Names of its columns."""

        @property
        def shape(self) -> Any:
            """Numbers of its rows and columns."""

    Reportable: TypeAlias = (
        Estimate
        | Run
        | LiveRun
        | FinishedRun
        | History
        | Selection
        | Sequence[Run | Estimate]
        | ValidationReport
        | ReportData
        | PathLike[str]
        | ReportableFrame
    )
    """What can be reported."""

SIZES = ("params", "tokens", "active_params", "flops")
_KINDS = {"estimate": "one estimate", "run": "one run", "validation": "published runs"}
_MOST_NAMED = 5
_TITLES = {
    GIVEN_SOURCE: "Stated by the user",
    "measurement": "Measured during the run itself",
    "import": "Stated by the imported file",
}
"""What has no publication, by source id."""

_VALIDATION_METHOD = (
    "T1: the published figures are recomputed from the inputs that their source states, within 1 % or half a unit of "
    "the last printed digit.",
    "T2: the run is estimated from hardware, hours and place alone; the tier shows where the defaults land.",
    "T3: the estimate meets metered energy; the 90 % interval ought to hold it in 80 to 97 of 100 cases.",
    "T4: records that contradict themselves; the contradiction has to be noticed.",
)


def report_data_of(
    result: "Reportable", *, title: str | None = None, made_at: datetime | None = None, by: Sequence[str] = ()
) -> ReportData:
    """Make the data of a report of any result.

    Parameters
    ----------
    result : Estimate, ValidationReport, Run, History, sequence of them, frame, path, a run of `track`, or ReportData
        What to report. A run of `track` is the ``run`` of ``with track() as run``, or ``train.run``. For
        one that has ended in this process, the meter's last records are waited for. A frame, or the path of a file of
        `greentrain batch`, has a row for each run, or for each part of a run.
    title : str, optional
        Headline instead of the result's own.
    made_at : datetime, optional
        When the report is made; an aware datetime. Left out, the report has no date.
    by : sequence of str, optional
        Of several runs, also their sums by month, place, hardware or user, of a table by any of its columns.

    Raises
    ------
    InputError
        If there is nothing to report in it.
    """
    found = _made(result, by)
    if by and found.kind != "project":
        raise Contradiction("by", by[0], f"groups several runs, and this is a report of {_KINDS[found.kind]}")
    if by and not is_table(result):
        found = found._replace(groups={**found.groups, **grouped_lines(found.lines, by)})
    if title is not None:
        if not isinstance(title, str):
            raise InputError("title", title, "must be text")
        found = found._replace(title=title)
    return found if made_at is None else found._replace(made_at=_checked(made_at))


def _made(result: "Reportable", by: Sequence[str]) -> ReportData:
    if isinstance(result, ReportData):
        return result
    if isinstance(result, Estimate):
        return _of_estimate(result)
    if is_table(result):
        return _of_table(result, by)
    # By the names of their classes: a report of an estimate loads neither the history nor the validation.
    kinds = {base.__name__ for base in type(result).__mro__ if base.__module__.startswith("greentrain.")}
    if "ValidationReport" in kinds:
        return _of_validation(cast("ValidationReport", result))
    if "Run" in kinds:
        return _of_run(cast("Run", result))
    if _is_several(result) and any(isinstance(each, Estimate) for each in cast("Sequence[object]", result)):
        return _of_results(cast("Sequence[Estimate | Run]", result))
    if kinds & {"History", "Selection", "Summaries"} or _is_several(result):
        return _of_history(cast("History | Selection | Summaries | Sequence[Run]", result))
    if kinds & {"LiveRun", "FinishedRun"}:
        return _of_run(_recorded_run(cast("LiveRun | FinishedRun", result)))
    rule = "must be an Estimate, a ValidationReport, a tracked run, several of them, a table or the History"
    raise InputError("result", f"of type {type(result).__name__}", rule)


def _is_several(result: object) -> bool:
    """Whether it is a list of things, and not one thing with named parts."""
    return isinstance(result, Sequence) and not isinstance(result, (str, bytes)) and not hasattr(result, "_fields")


def _of_estimate(estimate: Estimate) -> ReportData:
    line = line_of_estimate(estimate)
    return ReportData(
        kind="estimate",
        title=line.name,
        lines=(line,),
        footprint=estimate.footprint,
        versions=Versions(__version__, DATA_VERSION),
        method=estimate_method(estimate),
        sources=estimate.sources,
        notes=estimate.notes,
        equivalents=estimate.equivalents,
        size=_size_of(estimate.run),
        estimate=estimate,
    )


def _of_table(table: Any, by: Sequence[str]) -> ReportData:
    """Make the data of a table of runs, in the order of its rows."""
    from greentrain.numbers import counted

    found = TableOfRuns(table, by)
    whole = found.footprint
    whole = whole._replace(inputs=Inputs((_energy_input(whole), *whole.inputs)), warnings=found.warnings)
    data = _of_lines(found.lines, whole, ())
    number = counted(sum(line.runs for line in found.lines), "run")
    return data._replace(
        title=f"{found.title}, {number}" if found.title else number,
        notes=(*failed_notes(found.failed), *whole.notes, *found.warnings),
        size=_summed_size(found.lines),
        failed_rows=tuple(found.failed),
        groups=found.groups,
    )


def _of_results(results: "Sequence[Estimate | Run]") -> ReportData:
    """Make the data of estimates, and of tracked runs among them, in their order."""
    from greentrain.numbers import counted
    from greentrain.reporting.reported_runs import reported

    runs = [each for each in results if not isinstance(each, Estimate)]
    for each in runs:
        if "Run" not in {base.__name__ for base in type(each).__mro__}:
            raise InputError("result", f"with an item of type {type(each).__name__}", "must hold estimates and runs")
    items = [reported(each) for each in runs]
    known = iter(items)
    lines = [line_of_estimate(each) if isinstance(each, Estimate) else next(known).line for each in results]
    _check_known(lines)
    whole = total_of([line.footprint for line in lines])
    whole = whole._replace(inputs=Inputs((_energy_input(whole), *whole.inputs)))
    number = counted(sum(line.runs for line in lines), "run")
    groups = grouped_lines(lines, ("place", "hardware"))
    data = _of_lines(lines, whole, items)
    return data._replace(title=number, notes=whole.notes, size=_summed_size(lines), groups=groups)


def _size_of(run: dict[str, Any]) -> Size | None:
    """Return the training as computation, where the run was described so."""
    if run.get("flops") is None:
        return None
    return Size(run.get("params"), run.get("tokens"), run["flops"] * run["runs"])


def _of_run(run: "Run") -> ReportData:
    from greentrain.history.report_facts import utc_time
    from greentrain.reporting.reported_runs import reported
    from greentrain.reporting.tracked_runs import meters_of, power_series, spans_of

    item, estimate, meters = reported(run), run.estimate, meters_of(run)
    line = item.line
    _check_known([line])
    return _of_lines([line], line.footprint, [item])._replace(
        kind="run",
        title=line.name,
        notes=(*run.footprint.notes, *(run.journal_notes if line.imported_from else ())),
        period_end=utc_time(run.ended),
        size=_size_of(estimate.run) if estimate else None,
        power_series=power_series(run, meters),
        spans=tuple(spans_of(run, meters)),
        elapsed_seconds=run.ended - run.started,
        estimate=estimate,
    )


def _of_history(result: "History | Selection | Summaries | Sequence[Run]") -> ReportData:
    """Make the data of a project of runs, the oldest first."""
    from greentrain.history import History, Run
    from greentrain.history.found_runs import Selection, Summaries
    from greentrain.history.totals import totals_of
    from greentrain.numbers import counted
    from greentrain.reporting.reported_runs import ReportedRun, reported_runs

    found = result.summaries() if isinstance(result, History) else result
    unreadable = found.unreadable if isinstance(found, (Selection, Summaries)) else ()
    for item in () if isinstance(found, Summaries) else found:
        if not isinstance(item, (Run, ReportedRun)):
            raise InputError("result", f"with an item of type {type(item).__name__}", "must hold runs of the history")
    counted_runs = totals_of(found).runs if isinstance(found, Summaries) else sum(run.is_counted for run in found)
    items = sorted(reported_runs(found), key=lambda item: (item.began, item.line.id))
    if not items:
        raise InputError("result", None, "there is no run to report")
    names = {item.line.project for item in items}
    number = counted(len(items), "run")
    (only,) = names if len(names) == 1 else (None,)
    data = _of_runs(items)
    return data._replace(
        title=f"{only}, {number}" if only else number,
        notes=(*_unread(unreadable), *_doubted(len(found) - counted_runs), *data.footprint.notes),
        unreadable=len(unreadable),
    )


def _of_runs(items: "Sequence[ReportedRun]") -> ReportData:
    lines = [item.line for item in items]
    _check_known(lines)
    whole = lines[0].footprint
    if len(lines) > 1:
        whole = total_of([line.footprint for line in lines])
        whole = whole._replace(inputs=Inputs((_energy_input(whole), *whole.inputs)))
    return _of_lines(lines, whole, items)._replace(size=_summed_size(lines))


def _of_lines(lines: Sequence[RunLine], whole: Footprint, items: "Sequence[ReportedRun]") -> ReportData:
    """Make the data of lines, and of the tracked runs among them."""
    catalogue = next((load_catalogue(item.profiles) for item in items if item.is_estimated), None) or load_catalogue()
    kg = whole.operational_kg
    equivalents = equivalents_of(kg, catalogue) if kg is not None and kg.best > 0 else ()
    starts = [line.started for line in lines if line.started is not None]
    ends = [line.ended for line in lines if line.ended is not None]
    has_all_ends = all(line.ended is not None for line in lines if line.started is not None)
    measured_by = sorted({version for item in items for version in item.codecarbon})
    return ReportData(
        kind="project",
        title="",
        lines=tuple(lines),
        footprint=whole,
        versions=Versions(__version__, DATA_VERSION, ", ".join(measured_by) or None),
        method=run_method(
            whole.basis,
            len(lines),
            has_unmetered=UNMETERED_SHARE in whole.inputs,
            imported_from=[line.imported_from for line in lines if line.imported_from],
        ),
        sources=_sources(catalogue, whole.inputs, equivalents),
        period_start=min(starts, default=None),
        period_end=max(ends, default=None) if has_all_ends else None,
        failed_share=_failed_share(lines),
        equivalents=equivalents,
    )


def _check_known(lines: Iterable[RunLine]) -> None:
    if all(line.facility_energy_kwh is None for line in lines):
        raise InputError("result", None, "nothing is known of the energy of these runs, measured or estimated")


def _recorded_run(result: "LiveRun | FinishedRun") -> "Run":
    """Read what a run of this process left in the history, which may have ended or go on."""
    from greentrain.history.merge import read_run

    record = result.record
    if record["role"] == "span":
        rule = f"is a part of the run {record['id']}, which holds it as a span; report that one"
        raise InputError("result", record["name"], rule)
    run = read_run(record["folder"]) if record["folder"] else None
    if run is None:
        raise InputError("result", record["name"], "left no record that could be reported")
    return run


def _of_validation(report: "ValidationReport") -> ReportData:
    from greentrain.footprint import UNKNOWN

    return ReportData(
        kind="validation",
        title="Published training footprints against greentrain",
        lines=(),
        footprint=UNKNOWN,
        versions=Versions(__version__, DATA_VERSION),
        method=_VALIDATION_METHOD,
        sources=_publications(report),
        validation=report,
    )


def _publications(report: "ValidationReport") -> dict[str, dict[str, Any]]:
    """Return the publications of the records, by their titles."""
    found: dict[str, dict[str, Any]] = {}
    for item in report.references:
        if item.source and not item.excluded:
            cited = {"title": item.source, "url": item.source_url_or_id, "year": item.year, "licence": ""}
            found.setdefault(item.source, cited)
    return found


def _failed_share(lines: Iterable[RunLine]) -> float:
    energies = [(line.is_unfinished, line.facility_energy_kwh.best) for line in lines if line.facility_energy_kwh]
    whole = sum(kwh for _, kwh in energies)
    return sum(kwh for is_unfinished, kwh in energies if is_unfinished) / whole if whole else 0.0


def _energy_input(whole: Footprint) -> Input:
    """Return the energy of all runs as one input; each run's own is in its line."""
    assert whole.it_energy_kwh is not None
    if whole.basis == "estimated":
        return Input(IT_ENERGY, whole.it_energy_kwh, "kWh", "default", "greentrain_judgement", "estimated, all runs")
    return Input(
        IT_ENERGY, whole.it_energy_kwh, "kWh", "measured", "measurement", f"{BASIS_WORDS[whole.basis]}, all runs"
    )


def _sources(
    catalogue: Catalogue, inputs: Iterable[Input], equivalents: Iterable[EverydayComparison]
) -> dict[str, dict[str, Any]]:
    keys = [key for item in inputs for key in item.source_ids]
    keys += [key for item in equivalents for key in item.source_ids]
    return {key: _source(catalogue, key) for key in dict.fromkeys(keys)}


def _source(catalogue: Catalogue, key: str) -> dict[str, Any]:
    title = _TITLES.get(key)
    if title is None:
        try:
            return catalogue.source(key).to_dict()
        except (GreentrainError, KeyError):
            title = key  # of profiles that are not at hand any more
    return {"title": title, "url": "", "year": None, "licence": ""}


def _unread(folders: Sequence[str]) -> Iterable[str]:
    """Name runs of which nothing is known; by their ids, since a path is nobody's business who reads a report."""
    from greentrain.numbers import counted

    if folders:
        ids = ", ".join(sorted(map(basename, folders))[:_MOST_NAMED])
        more = f" and {len(folders) - _MOST_NAMED:,} more" if len(folders) > _MOST_NAMED else ""
        yield f"The journals of {counted(len(folders), 'run')} cannot be read and are not in the sums: {ids}{more}."


def _doubted(number: int) -> Iterable[str]:
    """State that runs are left out whose files state what cannot be."""
    from greentrain.numbers import counted

    if number:
        yield f"Left out: {counted(number, 'imported run')} in doubt; 'greentrain history' says why."


def _summed_size(lines: Sequence[RunLine]) -> Size | None:
    """Sum the operations of the runs that state theirs, and count the others."""
    known = [line.flops for line in lines if line.flops is not None]
    return Size(flops=sum(known), unstated=sum(line.runs for line in lines if line.flops is None)) if known else None


def with_stated_size(data: ReportData, stated: dict[str, float | str]) -> ReportData:
    """Return report data with the size that the user states.

    Parameters
    ----------
    data : ReportData
        A tracked run, a project, or an estimate of a training whose size was not stated.
    stated : dict
        Some of `SIZES`. Operations that are not stated are 6 x (active) parameters x tokens, where both are.

    Raises
    ------
    InputError
        If the result has a size of its own or can have none, or if a number makes no sense.
    """
    if not stated:
        return data
    first = next(iter(stated))
    if data.kind == "validation":
        raise Contradiction(first, stated[first], "is the size of one training, and a validation is of many")
    if data.kind == "estimate" and data.size is not None:
        raise Contradiction(first, stated[first], "is stated in the estimate already")
    return data._replace(size=_stated_size(stated))


def _stated_size(stated: dict[str, float | str]) -> Size:
    known = {name: checked_number(name, value) for name, value in stated.items()}
    params, tokens, active, flops = map(known.get, SIZES)
    if active is not None and params is None:
        raise Contradiction("active_params", stated["active_params"], "needs {params}, the size of the model")
    if active is not None and params is not None and active > params:
        raise Contradiction("active_params", stated["active_params"], f"is more than {{params}}, {params:g}")
    if flops is not None:
        return Size(params, tokens, flops, STATED)
    per_token = active or params
    if per_token is None or tokens is None:
        return Size(params, tokens)
    counted: float = formulas.training_flop(per_token, tokens)
    return Size(params, tokens, counted, f"6 x {'active parameters' if active else 'parameters'} x tokens")


def read_made_at(text: str | None) -> datetime | None:
    """Read when a report is made, as somebody writes it: a time with its zone, or ``now``.

    Raises
    ------
    InputError
        If it is neither.
    """
    if text is None or text == "now":
        return None if text is None else datetime.now(UTC)
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        found = None
    if found is None or found.tzinfo is None:
        raise InputError("made_at", text, "must be now, or a time with its zone such as 2026-11-22T11:00Z")
    return found


def _checked(made_at: datetime) -> datetime:
    if not isinstance(made_at, datetime):
        raise InputError("made_at", made_at, "must be a datetime with its time zone")
    if made_at.tzinfo is None:
        raise InputError("made_at", made_at.isoformat(), "must state its time zone, as datetime.now(UTC) does")
    try:
        return made_at.astimezone(UTC)
    except OverflowError:
        raise InputError("made_at", made_at.isoformat(), "lies outside the years 1 to 9999 in UTC") from None
