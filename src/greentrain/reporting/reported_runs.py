"""Runs as reports of many need them, kept beside their journals: the next report reads no journal again."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from greentrain.footprint import QUANTITIES, Footprint, Part
from greentrain.history import Run
from greentrain.history.found_runs import Summaries
from greentrain.history.report_facts import report_facts
from greentrain.history.summaries import are_many, kept_facts, report_file_of, summary_basis
from greentrain.inputs import Input, Inputs
from greentrain.interval import Interval, exact
from greentrain.reporting.report_data import Components, RunLine
from greentrain.reporting.report_table import ReportTable

_TIMES = ("started", "ended")
_TUPLES = ("unmeasured", "sensed", "modelled", "flags", "faults")
_OTHERS = ("footprint", "measured", "stated_year", "imported_from")
_OF_LINE = tuple(name for name in RunLine._fields if name not in (*_TIMES, *_TUPLES, *_OTHERS))


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
    is_estimated : bool
        Whether there is an estimate beside it.
    profiles : str or None
        The folder of profiles that it names.
    """

    line: RunLine
    began: float
    codecarbon: tuple[str, ...]
    is_estimated: bool
    profiles: str | None

    @property
    def is_counted(self) -> bool:
        """Whether totals hold it: what does not count is in no report."""
        return True


def reported(run: Run) -> ReportedRun:
    """Return what a report of several runs reads of a run."""
    found = _made(report_facts(run), run.footprint)
    kind, _, format = run.origin.partition(":")
    return found._replace(line=found.line._replace(imported_from=format)) if kind == "imported" else found


def line_of_run(run: Run) -> RunLine:
    """Return the line of a tracked run."""
    return reported(run).line


def reported_runs(found: Summaries | Iterable[Run | ReportedRun]) -> Iterator[ReportedRun]:
    """Yield what a report reads of runs that count; of tracked ones that have ended from what is kept beside them."""
    if not isinstance(found, Summaries):
        yield from (run if isinstance(run, ReportedRun) else reported(run) for run in found if run.is_counted)
        return
    for each in found.imports:
        yield from (reported(run) for run in each.runs() if run.is_counted)
    yield from _tracked(found, found.tracked.columns["id"])


def _tracked(found: Summaries, ids: Sequence[str]) -> Iterator[ReportedRun]:
    """Yield tracked runs: first those in the file of the home, then the others, which go into it if they are many."""
    basis, path = summary_basis(), report_file_of(found.home)
    table = ReportTable(basis)
    table.read(path)
    places = table.places(found.states)
    wanted = set(ids)
    for facts in table.rows([place for place in places if table.ids[place] in wanted], [*map(_input, table.inputs)]):
        wanted.discard(facts["id"])
        yield _kept(facts, facts["inputs"])
    others = [id for id in ids if id in wanted]
    is_for_home = are_many(sum(id in found.states for id in others), len(places))
    table = table.take(places) if is_for_home else table
    for id in others:
        state = found.states.get(id)
        # A file beside the journals would change the folder, and with it what is known to be unchanged.
        is_apart = state is None or not is_for_home
        kept = kept_facts(found.folders[id], basis, is_to_keep=is_apart)
        if kept is not None:
            if state is not None and kept.is_final and state.partition("\n")[2] == kept.files:
                table.append(state, kept.report)
            yield _kept(kept.report, map(_input, kept.report["inputs"]))
    if is_for_home:
        table.write(path)


def _kept(facts: Mapping[str, Any], inputs: Iterable[Input]) -> ReportedRun:
    quantities: dict[str, Any] = {name: _interval(facts[name]) for name in QUANTITIES}
    footprint = Footprint(
        **quantities,
        inputs=Inputs(inputs),
        breakdown=tuple(Part(*part) for part in facts["breakdown"]),
        basis=facts["basis"],
        scope=facts["scope"],
        notes=tuple(facts["notes"]),
        warnings=tuple(facts["warnings"]),
    )
    return _made(facts, footprint)


def _made(facts: Mapping[str, Any], footprint: Footprint) -> ReportedRun:
    measured = facts["measured"]
    line: dict[str, Any] = {name: facts[name] for name in _OF_LINE}
    line |= {name: None if facts[name] is None else datetime.fromisoformat(facts[name]) for name in _TIMES}
    line |= {name: tuple(facts[name]) for name in _TUPLES}
    return ReportedRun(
        RunLine(**line, measured=None if measured is None else Components(*measured), footprint=footprint),
        facts["began"],
        tuple(facts["codecarbon"]),
        facts["is_estimated"],
        facts["profiles"],
    )


def _input(fields: Sequence[Any]) -> Input:
    name, value, *rest = fields
    return Input(name, _known(value), *rest)


def _interval(ends: Sequence[float] | None) -> Interval | None:
    return None if ends is None else _known(ends)


def _known(ends: Sequence[float]) -> Interval:
    low, best, high = ends
    return exact(best) if low == best == high else Interval(low, best, high)  # an exact factor costs a product nothing
