"""Runs as reports of many need them, kept beside their journals: the next report reads no journal again."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from greentrain.footprint import QUANTITIES, Footprint, Part
from greentrain.history import Run
from greentrain.history.history import Summaries
from greentrain.history.imported_runs import imported_runs
from greentrain.history.summaries import REPORT_FILE, kept_facts, summary_basis
from greentrain.inputs import Input, Inputs
from greentrain.interval import Interval, exact
from greentrain.journal import fields
from greentrain.reporting.report_data import Components, RunLine
from greentrain.reporting.tracked_runs import line_of_run

_TIMES = ("started", "ended")
_TUPLES = ("unmeasured", "sensed", "modelled", "flags", "faults")


class ReportedRun(NamedTuple):
    """What a report of several runs reads of one.

    Attributes
    ----------
    line : RunLine
        Its line.
    began : float
        When it began, in seconds since 1970. [s]
    codecarbon : tuple of str
        Versions of codecarbon that measured it.
    flops : float or None
        Operations that its estimate states. [FLOP]
    is_estimated : bool
        Whether there is an estimate beside it.
    profiles : str or None
        The folder of profiles that it names.
    """

    line: RunLine
    began: float
    codecarbon: tuple[str, ...]
    flops: float | None
    is_estimated: bool
    profiles: str | None


def reported(run: Run) -> ReportedRun:
    """Return what a report of several runs reads of a run."""
    versions = (str(node.meter["codecarbon_version"]) for node in run.nodes if "codecarbon_version" in node.meter)
    estimate = run.estimate
    flops = estimate.run.get("flops") if estimate else None
    return ReportedRun(
        line_of_run(run),
        run.started,
        tuple(dict.fromkeys(versions)),
        None if estimate is None or flops is None else flops * estimate.run["runs"],
        estimate is not None,
        fields.text(run.estimate_inputs, "profiles"),
    )


def reported_runs(found: Summaries | Iterable[Run]) -> Iterator[ReportedRun]:
    """Yield what a report reads of runs that count; of tracked ones that have ended from what is kept beside them."""
    if not isinstance(found, Summaries):
        yield from (reported(run) for run in found if run.is_counted)
        return
    basis, ids = summary_basis(), found.table.columns["id"]
    imported = {id for id in ids if id not in found.folders}
    for home in found.importing_homes if imported else ():
        yield from (reported(run) for run in imported_runs(home) if run.id in imported and run.is_counted)
    for id in ids:
        if id in imported:
            continue
        facts = kept_facts(found.folders[id], REPORT_FILE, basis, lambda run: _plain(reported(run)))
        if facts is not None:
            yield _from_plain(facts)


def _plain(item: ReportedRun) -> dict[str, Any]:
    line = item.line
    found = line._asdict() | {"footprint": _plain_footprint(line.footprint)}
    found |= {name: None if (time := found[name]) is None else time.isoformat() for name in _TIMES}
    found["measured"] = line.measured and [*line.measured._asdict().values()]
    return item._asdict() | {"line": found}


def _from_plain(facts: Mapping[str, Any]) -> ReportedRun:
    line = dict(facts["line"])
    line |= {name: None if line[name] is None else datetime.fromisoformat(line[name]) for name in _TIMES}
    line |= {name: tuple(line[name]) for name in _TUPLES}
    line["measured"] = None if line["measured"] is None else Components(*line["measured"])
    line["footprint"] = _footprint(line["footprint"])
    return ReportedRun(**(dict(facts) | {"line": RunLine(**line), "codecarbon": tuple(facts["codecarbon"])}))


def _plain_footprint(footprint: Footprint) -> dict[str, Any]:
    found = {name: getattr(footprint, name) for name in (*QUANTITIES, "basis", "scope", "notes", "warnings")}
    found["inputs"] = [[*item._asdict().values()] for item in footprint.inputs]
    return found | {"breakdown": [[*part._asdict().values()] for part in footprint.breakdown]}


def _footprint(facts: Mapping[str, Any]) -> Footprint:
    found: dict[str, Any] = {name: _interval(facts[name]) for name in QUANTITIES}
    return Footprint(
        **found,
        inputs=Inputs(Input(name, _known(value), *rest) for name, value, *rest in facts["inputs"]),
        breakdown=tuple(Part(*part) for part in facts["breakdown"]),
        basis=facts["basis"],
        scope=facts["scope"],
        notes=tuple(facts["notes"]),
        warnings=tuple(facts["warnings"]),
    )


def _interval(ends: Sequence[float] | None) -> Interval | None:
    return None if ends is None else _known(ends)


def _known(ends: Sequence[float]) -> Interval:
    low, best, high = ends
    return exact(best) if low == best == high else Interval(low, best, high)  # an exact factor costs a product nothing
