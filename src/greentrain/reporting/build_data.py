"""From a result of any kind to the data of a report."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from os.path import basename
from typing import TYPE_CHECKING, Any, TypeAlias, cast

from greentrain import formulas
from greentrain._version import __version__
from greentrain.catalogue import DATA_VERSION, Catalogue, load_catalogue
from greentrain.errors import Contradiction, GreentrainError, InputError
from greentrain.estimation import Estimate
from greentrain.estimation.equivalents import EverydayComparison, equivalents_of
from greentrain.estimation.ranges import checked_number
from greentrain.footprint import Footprint
from greentrain.inputs import GIVEN_SOURCE, IT_ENERGY, UNMETERED_SHARE, Input, Inputs
from greentrain.reporting.labels import device_label, hardware_label, run_label
from greentrain.reporting.report_data import STATED, ReportData, RunLine, Size, Versions
from greentrain.summation import total_of

if TYPE_CHECKING:
    from greentrain.history import History, Run
    from greentrain.history.history import Selection
    from greentrain.tracking.finished_run import FinishedRun
    from greentrain.tracking.live import LiveRun
    from greentrain.validation.report import ValidationReport

    Reportable: TypeAlias = (
        Estimate | Run | LiveRun | FinishedRun | History | Selection | Sequence[Run] | ValidationReport | ReportData
    )
    """What can be reported."""

SIZES = ("params", "tokens", "active_params", "flops")
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


def report_data_of(result: "Reportable", *, title: str | None = None, made_at: datetime | None = None) -> ReportData:
    """Make the data of a report of any result.

    Parameters
    ----------
    result : Estimate, ValidationReport, Run, History, sequence of Run, a run of `track`, or ReportData
        What to report. A run of `track` is the ``run`` of ``with track() as run``, or ``train.run``. For
        one that has ended in this process, the meter's last records are waited for.
    title : str, optional
        Headline instead of the result's own.
    made_at : datetime, optional
        When the report is made; an aware datetime. Left out, the report has no date.

    Raises
    ------
    InputError
        If there is nothing to report in it.
    """
    found = _made(result)
    if title is not None:
        found = found._replace(title=title)
    return found if made_at is None else found._replace(made_at=_checked(made_at))


def _made(result: "Reportable") -> ReportData:
    if isinstance(result, ReportData):
        return result
    if isinstance(result, Estimate):
        return _of_estimate(result)
    # By the names of their classes: a report of an estimate loads neither the history nor the validation.
    kinds = {base.__name__ for base in type(result).__mro__ if base.__module__.startswith("greentrain.")}
    if "ValidationReport" in kinds:
        return _of_validation(cast("ValidationReport", result))
    if "Run" in kinds:
        return _of_run(cast("Run", result))
    if kinds & {"History", "Selection"} or _is_several(result):
        return _of_history(cast("History | Selection | Sequence[Run]", result))
    if kinds & {"LiveRun", "FinishedRun"}:
        return _of_run(_recorded_run(cast("LiveRun | FinishedRun", result)))
    rule = "must be an Estimate, a ValidationReport, a tracked run, several of them or the History"
    raise InputError("result", f"of type {type(result).__name__}", rule)


def _is_several(result: object) -> bool:
    """Whether it is a list of things, and not one thing with named parts."""
    return isinstance(result, Sequence) and not isinstance(result, (str, bytes)) and not hasattr(result, "_fields")


def _of_estimate(estimate: Estimate) -> ReportData:
    line = _line_of_estimate(estimate)
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


def _line_of_estimate(estimate: Estimate) -> RunLine:
    """Return the one line of an estimate."""
    run = estimate.run
    runs: int = run["runs"]
    hours = estimate.wall_clock_hours
    return RunLine(
        id="",
        name=run_label(estimate),
        status="estimated",
        hardware=hardware_label(estimate),
        gpu=run["gpu"],
        count=run["count"] if run["gpu"] else 0,
        runs=runs,
        hours=None if hours is None else hours * runs,
        accelerator_hours=run["gpu_hours"] * runs if run["gpu"] else None,
        location=run["location"],
        year=run["year"],
        started=None,
        ended=None,
        footprint=estimate.footprint,
        gpu_name=device_label(estimate) if run["gpu"] else None,
    )


def _size_of(run: dict[str, Any]) -> Size | None:
    """Return the training as computation, where the run was described so."""
    if run.get("flops") is None:
        return None
    return Size(run.get("params"), run.get("tokens"), run["flops"] * run["runs"])


def _of_run(run: "Run") -> ReportData:
    from greentrain.reporting.tracked_runs import line_of_run, meters_of, power_series, spans_of, utc_time

    line, estimate, meters = line_of_run(run), run.estimate, meters_of(run)
    _check_known([line])
    return _of_lines([line], line.footprint, [run])._replace(
        kind="run",
        title=line.name,
        notes=run.footprint.notes,
        period_end=utc_time(run.ended),
        size=_size_of(estimate.run) if estimate else None,
        power_series=power_series(run, meters),
        spans=tuple(spans_of(run, meters)),
        estimate=estimate,
    )


def _of_history(result: "History | Selection | Sequence[Run]") -> ReportData:
    """Make the data of a project of runs, the oldest first."""
    from greentrain.history import History, Run
    from greentrain.history.history import Selection
    from greentrain.numbers import counted

    found = result.select() if isinstance(result, History) else result
    runs, unreadable = (found.runs, found.unreadable) if isinstance(found, Selection) else (found, ())
    for item in runs:
        if not isinstance(item, Run):
            raise InputError("result", f"with an item of type {type(item).__name__}", "must hold runs of the history")
    left_out = sum(not run.is_counted for run in runs)
    runs = [run for run in runs if run.is_counted]
    if not runs:
        raise InputError("result", None, "there is no run to report")
    names = {run.project for run in runs}
    number = counted(len(runs), "run")
    (only,) = names if len(names) == 1 else (None,)
    data = _of_runs(runs)
    return data._replace(
        title=f"{only}, {number}" if only else number,
        notes=(*_unread(unreadable), *_doubted(left_out), *data.footprint.notes),
        unreadable=len(unreadable),
    )


def _of_runs(runs: "Sequence[Run]") -> ReportData:
    from greentrain.reporting.tracked_runs import line_of_run

    ordered = sorted(runs, key=lambda run: (run.started, run.id))
    lines = [line_of_run(run) for run in ordered]
    _check_known(lines)
    whole = lines[0].footprint
    if len(lines) > 1:
        whole = total_of([line.footprint for line in lines])
        whole = whole._replace(inputs=Inputs((_energy_input(whole), *whole.inputs)))
    return _of_lines(lines, whole, ordered)._replace(size=_summed_size([run.estimate for run in ordered]))


def _of_lines(lines: Sequence[RunLine], whole: Footprint, runs: "Sequence[Run]") -> ReportData:
    catalogue = next((run.estimate.catalogue for run in runs if run.estimate), None) or load_catalogue()
    kg = whole.operational_kg
    equivalents = equivalents_of(kg, catalogue) if kg is not None and kg.best > 0 else ()
    starts = [line.started for line in lines if line.started is not None]
    ends = [line.ended for line in lines if line.ended is not None]
    return ReportData(
        kind="project",
        title="",
        lines=tuple(lines),
        footprint=whole,
        versions=Versions(__version__, DATA_VERSION, _codecarbon_versions(runs)),
        method=run_method(whole.basis, len(lines), has_unmetered=UNMETERED_SHARE in whole.inputs),
        sources=_sources(catalogue, whole.inputs, equivalents),
        period_start=min(starts, default=None),
        period_end=max(ends, default=None),
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


def _codecarbon_versions(runs: "Iterable[Run]") -> str | None:
    """Name the versions of codecarbon that measured runs; None where it was not codecarbon."""
    found = {
        str(node.meter["codecarbon_version"])
        for run in runs
        for node in run.nodes
        if "codecarbon_version" in node.meter
    }
    return ", ".join(sorted(found)) or None


def _failed_share(lines: Iterable[RunLine]) -> float:
    energies = [(line.is_unfinished, line.facility_energy_kwh.best) for line in lines if line.facility_energy_kwh]
    whole = sum(kwh for _, kwh in energies)
    return sum(kwh for is_unfinished, kwh in energies if is_unfinished) / whole if whole else 0.0


def _energy_input(whole: Footprint) -> Input:
    """Return the energy of all runs as one input; each run's own is in its line."""
    assert whole.it_energy_kwh is not None
    if whole.basis == "estimated":
        return Input(IT_ENERGY, whole.it_energy_kwh, "kWh", "default", "greentrain_judgement", "estimated, all runs")
    return Input(IT_ENERGY, whole.it_energy_kwh, "kWh", "measured", "measurement", f"{whole.basis}, all runs")


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


def _summed_size(estimates: Iterable[Estimate | None]) -> Size | None:
    """Sum the operations of the runs, where every one states its own."""
    sizes = [_size_of(item.run) if item else None for item in estimates]
    flops = [size.flops for size in sizes if size is not None and size.flops is not None]
    return Size(flops=sum(flops)) if flops and len(flops) == len(sizes) else None


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
    return data._replace(size=_stated_size({name: checked_number(name, value) for name, value in stated.items()}))


def _stated_size(known: dict[str, float]) -> Size:
    params, tokens, active, flops = map(known.get, SIZES)
    if active is not None and params is None:
        raise Contradiction("active_params", active, "needs {params}, the size of the model")
    if active is not None and params is not None and active > params:
        raise Contradiction("active_params", active, f"is more than {{params}}, {params:g}")
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


_INTERVALS = (
    "Every result is a best value with a 90 % interval: factors combine in log space and terms of a sum by the "
    "squares of their half-widths, as independent errors do."
)
_LOCATION_BASED = (
    "Operational emissions are facility energy times the carbon intensity of the grid at the place and in the year "
    "named (location-based); certificates and offsets are not counted."
)
_EMBODIED = (
    "Embodied emissions are the share of making the hardware that falls to the time in use; they are stated separately "
    "and are not in the operational figure."
)
_WATER = "Water is what the site's cooling and the power stations consume."


def estimate_method(estimate: Estimate) -> tuple[str, ...]:
    """Describe how an estimate was made.

    Parameters
    ----------
    estimate : Estimate
        Whose inputs decide which of the formulas were used.
    """
    names = estimate.inputs
    power = "the measured mean power of an accelerator" if "accelerator_power" in names else "TDP times utilization"
    of_node = f"times the sum of {power} and the power of the host (CPU, memory, fans, losses)"
    if "node_ratio" in names:
        of_node = "times TDP times the ratio of a full server's power to it, as wall meters read it"
    elif "host_factor" in names:
        of_node = f"times {power} times a host factor for the rest of the node (CPU, memory, fans, losses)"
    elif "host_power" not in names:
        of_node = f"times {power}, which holds the host"
    sentences = [f"IT energy is the number of accelerators times hours {of_node}."]
    if "cpu_cores" in names:
        sentences = ["IT energy is the sum of the components' power (accelerators if any, CPU, memory) times hours."]
    if "mfu" in names:
        sentences.insert(0, "Accelerator-hours follow from the operations of the training, 6 x parameters x tokens "
                            "(3 x for an encoder-decoder), over the dense peak times the model FLOPs "
                            "utilization.")  # fmt: skip
    return (*sentences, "Facility energy is IT energy times PUE.", *common_method())


def common_method() -> tuple[str, ...]:
    """Describe what holds of every result, from facility energy on."""
    return (_LOCATION_BASED, _EMBODIED, _WATER, _INTERVALS)


_MEASURED = {
    "measured": "IT energy was measured while the runs went on, by sensors of accelerators, CPU and memory where the "
    "machine has them; a component without a sensor is modelled from its load, with a wider interval.",
    "estimated": "IT energy is estimated from the hardware and the time that the runs took, or modelled from the load "
    "of processors and the size of memory; no sensor read what did the work.",
    "mixed": "IT energy was measured where the machine has sensors and the readings are usable; what is missing "
    "is filled in from the mean of the rest or estimated from the hardware and the time.",
}
_UNMETERED = (
    "What no sensor reads (fans, network cards, switches, losses of power supplies) is added as a share of what was "
    "read, by class of hardware."
)
_SUMS = (
    "In sums, what runs share, such as figures of one device, place or site, is wrong in all of them alike, and what "
    "is each run's own is independent."
)


def run_method(basis: str, runs: int, *, has_unmetered: bool) -> tuple[str, ...]:
    """Describe how the figures of tracked runs come about.

    Parameters
    ----------
    basis : {'measured', 'estimated', 'mixed'}
        How the energy is known.
    runs : int
        How many there are. [1]
    has_unmetered : bool
        Whether what no sensor reads was added to the energy of any of them.
    """
    sums = (_SUMS,) if runs > 1 else ()
    unmetered = (_UNMETERED,) if has_unmetered else ()
    return (_MEASURED[basis], *unmetered, "Facility energy is IT energy times PUE.", *common_method(), *sums)
