"""From the folder of a run to the run: its journals merged over nodes, restarts and ranks."""

import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import pairwise
from math import inf
from typing import Any

from greentrain.errors import without_passwords
from greentrain.estimation.site import UNKNOWN_SITE
from greentrain.history.nodes import UNMEASURED_SECONDS, nodes_of
from greentrain.history.recorded_run import BOOKED, NodeMeasurement
from greentrain.history.run import Run
from greentrain.history.session_journals import Journals, MeterJournal, TrackerJournal, read_journals
from greentrain.history.status import is_alive, is_final, status_of
from greentrain.journal import fields
from greentrain.journal.labels import read_labels
from greentrain.journal.paths import folder_key
from greentrain.journal.reader import Journal, read_journal, skim_journal
from greentrain.journal.records import COMPONENTS, Gap, Log, SpanRecord, is_significant_gap
from greentrain.journal.secret_words import without_secrets
from greentrain.journal.sessions import PLACE, JobTime, jobs_of, jobs_text
from greentrain.journal.writer import JournalRecord

_MOST_ARGUMENTS = 100
_RESTART_SECONDS = 1.0
"""A shorter pause between two sessions is none."""
_NOTHING: tuple[object, ...] = (None, {}, [])
"""Values that count as missing; the earlier value is kept."""


def read_run(
    folders: str | Sequence[str],
    now: float | None = None,
    read: Callable[[str], Journal] = skim_journal,
) -> Run | None:
    """Read a run.

    Parameters
    ----------
    folders : str or sequence of str
        The folder, or the folders of one run's key in several homes.
    now : float, optional
        Seconds since 1970 by which it is judged whether a run on another computer goes on; the present by default. [s]
    read : callable, optional
        Reads the journal at a path.

    Returns
    -------
    Run or None
        None where no journal holds as much as its first record.
    """
    places = (folders,) if isinstance(folders, str) else tuple(folders)
    journals = read_journals(places, read)
    if read is skim_journal and _needs_all_readings(journals.meters):
        journals = read_journals(places, read_journal)
    if not journals.trackers and not journals.meters:
        return None
    journals = journals._replace(trackers=_named_inside(journals.trackers))
    return _merged(folder_key(places[0]), places, journals, now)


def _named_inside(trackers: Sequence[TrackerJournal]) -> tuple[TrackerJournal, ...]:
    """Complete what wrappers of a command state by what the runs inside it state; journals of before are left alone."""
    parts = [one for one in trackers if not one.is_main and not one.start.get("wraps")]
    return tuple(_completed(one, parts) if parts and "is_unnamed" in one.start else one for one in trackers)


def _completed(wrapper: TrackerJournal, parts: Sequence[TrackerJournal]) -> TrackerJournal:
    start: dict[str, Any] = dict(wrapper.start)
    records = dict(wrapper.records)
    named = [name for part in parts if (name := part.start.get("name")) is not None]
    if start["is_unnamed"] and named:
        start["name"] = named[0]
    start["project"] = next((one.start.get("project") for one in (wrapper, *parts) if one.start.get("project")), None)
    start["budget"] = next((one.start.get("budget") for one in (wrapper, *parts) if one.start.get("budget")), None)
    inputs = [fields.mapping(one.start, "estimate_inputs") for one in (wrapper, *parts)]
    placed = next((place for place, stated in enumerate(inputs) if any(map(stated.get, PLACE))), 0)
    start["estimate_inputs"] = {**inputs[placed], **inputs[0]}
    if placed:
        source = parts[placed - 1]
        start |= {name: source.start.get(name) for name in ("location", "year", "pue", "grid_intensity")}
        start["estimate_inputs"]["year"] = start["year"]
        records["inputs"] = source.records.get("inputs", ())
    return replace(wrapper, start=start, records=records)


def _merged(key: str, folders: tuple[str, ...], journals: Journals, now: float | None) -> Run:
    status = status_of(journals, now)
    running = _running_sessions(journals, now) if status.status == "running" else frozenset()
    nodes = tuple(nodes_of(journals, running))
    unseen = sorted({tracker.host for tracker in journals.trackers} - {node.host for node in nodes})
    mains = _main_sessions(journals.trackers)
    site = next((tracker.site for tracker in reversed(mains) if tracker.site.pue), UNKNOWN_SITE)
    recorders = _recorders(journals.trackers)
    writers: list[TrackerJournal | MeterJournal] = [*journals.trackers, *journals.meters]
    unmetered = tuple(_unmetered(journals.trackers, nodes))
    times = _times(nodes)
    gaps = [*_restarts(times), *unmetered, *(gap for node in nodes for gap in node.gaps)]
    return Run(
        id=key,
        status=status.status,
        error=status.error,
        exit_code=status.exit_code,
        started=min(item.started for item in writers),
        ended=max(item.last for item in writers),
        duration_seconds=_covered(times) if nodes else max(tracker.seconds for tracker in journals.trackers),
        nodes=nodes,
        unmetered_hosts=tuple(unseen),
        ranks=_ranks(journals.trackers),
        energy_kwh={name: _sum(node.energy_kwh[name] for node in nodes) for name in COMPONENTS},
        is_complete=not unseen and not unmetered and bool(nodes) and all(map(_is_whole, nodes)),
        site=site,
        spans=tuple(_spans(recorders)),
        logs=tuple(_logs(recorders)),
        gaps=tuple(sorted(gaps, key=lambda gap: gap.started)),
        journal_notes=(*status.notes, *_notes(journals, nodes, unseen)),
        journal_flags=journals.flags,
        folders=folders,
        jobs=jobs_text(_job_times(key, journals.trackers)),
        total_steps=_total_steps(mains) or _total_steps(journals.trackers),
        is_final=status.status != "running" and is_final(journals, now),
        **(_statements(mains) | read_labels(folders)),
    )


def _needs_all_readings(meters: Sequence[MeterJournal]) -> bool:
    """Whether two meters of one computer may have measured the same at once, or one of them missed something.

    What a meter missed is in its last records; of one that has not ended, in its samples alone.
    """
    return len(meters) > len({meter.host for meter in meters}) or any(map(_may_have_missed, meters))


def _may_have_missed(meter: MeterJournal) -> bool:
    if meter.lost or meter.lapses or meter.is_failing or meter.why is None:
        return True
    # All the more of a single component, where only that one was not read.
    return is_significant_gap(len(COMPONENTS) * meter.unstated_seconds, meter.reached_seconds)


def _main_sessions(trackers: Sequence[TrackerJournal]) -> Sequence[TrackerJournal]:
    """Select the sessions whose statements on the run count."""
    return [tracker for tracker in trackers if tracker.is_main] or trackers


def _label(stated: Mapping[str, object], name: str) -> str | None:
    """Return a name that the user gave; in records of 0.1.0 it may hold a password, as in an address."""
    label = fields.text(stated, name)
    return label and without_passwords(label)


def _ranks(trackers: Sequence[TrackerJournal]) -> int:
    """Count the processes of the training: those that have ranks by them, others by how many ran at once.

    A restart is another process, and no other rank. One that only wraps a command is none, unless that is all there is.
    """
    working = [tracker for tracker in trackers if not tracker.start.get("wraps")] or _main_sessions(trackers)
    processes: dict[tuple[str, int], tuple[float, float]] = {}
    for tracker in working:
        end = tracker.started + max(tracker.seconds, tracker.metered_seconds)
        begin, until = processes.get((tracker.host, tracker.pid), (inf, -inf))
        processes[tracker.host, tracker.pid] = min(begin, tracker.started), max(until, end)
    times = processes.values()
    at_once = max((sum(begin <= start <= end for begin, end in times) for start, _ in times), default=0)
    return max(at_once, len({tracker.rank for tracker in trackers if tracker.rank is not None}))


def _total_steps(trackers: Sequence[TrackerJournal]) -> int | None:
    """Return the number of steps as stated last, be it by a training inside a wrapped command."""
    stated = (fields.whole(tracker.start, "total_steps") for tracker in reversed(trackers))
    return next((steps for steps in stated if steps), None)


def _statements(trackers: Iterable[TrackerJournal]) -> dict[str, Any]:
    """Return what the user stated of the run: of each item the last value, since a restart may state less."""
    stated: dict[str, Any] = {}
    for tracker in trackers:
        stated |= {name: value for name, value in tracker.start.items() if value not in _NOTHING}
    return {
        "name": _label(stated, "name"),
        "project": _label(stated, "project"),
        "location": fields.text(stated, "location"),
        "year": fields.whole(stated, "year"),
        "estimate_inputs": fields.mapping(stated, "estimate_inputs"),
        "budget": fields.mapping(stated, "budget") or None,
        # Records of 0.1.0 hold command lines as they were typed.
        "command": tuple(without_secrets(tuple(_command(stated)))),
        "versions": fields.mapping(stated, "versions"),
        "origin": fields.text(stated, "origin") or "tracked",
        **{name: fields.text(stated, name) for name in BOOKED},
        "cluster": fields.text(fields.mapping(stated, "launch"), "cluster"),
    }


def _job_times(key: str, trackers: Iterable[TrackerJournal]) -> Iterable[JobTime]:
    """Yield in which batch jobs the sessions of a run went, and when; one without an end until it was metered last."""
    for tracker in trackers:
        ended = (tracker.end and fields.moment(tracker.end)) or tracker.started + tracker.metered_seconds
        launch = fields.mapping(tracker.start, "launch")
        for job in jobs_of(key, launch):
            yield JobTime(job, fields.text(launch, "cluster"), tracker.started, max(ended, tracker.last))


def _running_sessions(journals: Journals, now: float | None) -> frozenset[str]:
    moment = time.time() if now is None else now
    alive = (tracker.session for tracker in journals.trackers if is_alive(tracker, journals.meters, moment))
    return frozenset(alive)


def _command(stated: dict[str, Any]) -> Iterable[str]:
    argv = stated.get("argv")
    for argument in argv[:_MOST_ARGUMENTS] if isinstance(argv, list) else ():
        if isinstance(argument, str):
            yield fields.text({"": argument}, "") or ""


def _sum(values: Iterable[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return sum(known) if known else None


def _is_whole(node: NodeMeasurement) -> bool:
    return not node.unmeasured and not node.gaps


def _times(nodes: Iterable[NodeMeasurement]) -> list[tuple[float, float]]:
    """Return the times in which any node ran, overlapping ones joined."""
    return _joined((node.started, node.started + node.duration_seconds) for node in nodes)


def _joined(times: Iterable[tuple[float, float]]) -> list[tuple[float, float]]:
    joined: list[tuple[float, float]] = []
    for start, end in sorted(times):
        if joined and start <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(end, joined[-1][1]))
        else:
            joined.append((start, end))
    return joined


def _covered(times: Iterable[tuple[float, float]]) -> float:
    # Moments since 1970 hold seven decimals of a second.
    return round(sum(end - start for start, end in times), 6)


def _restarts(times: Iterable[tuple[float, float]]) -> Iterable[Gap]:
    for (_, end), (start, _) in pairwise(times):
        if start - end >= _RESTART_SECONDS:
            yield Gap("", end, start - end, "restart")


def _unmetered(trackers: Iterable[TrackerJournal], nodes: Sequence[NodeMeasurement]) -> Iterable[Gap]:
    """State when ranks of a computer ran before its meter did, or after it."""
    all_trackers = list(trackers)
    for host in sorted({node.host for node in nodes}):
        metered = _times(node for node in nodes if node.host == host)
        if any(node.is_running for node in nodes if node.host == host):
            metered.append((metered[-1][1], inf))
        for start, end in _joined((one.started, one.started + one.seconds) for one in all_trackers if one.host == host):
            for seen, again in pairwise([(-inf, start), *metered, (end, inf)]):
                since, until = max(start, seen[1]), min(end, again[0])
                if until - since > UNMEASURED_SECONDS:
                    yield Gap(host, since, until - since, "unmeasured")


def _notes(journals: Journals, nodes: Iterable[NodeMeasurement], unseen: Iterable[str]) -> Iterable[str]:
    yield from journals.notes
    for node in nodes:
        yield from node.notes
    for host in unseen:
        yield f"{host}: took part, but had no meter; its energy is not in the sum."
    if any(tracker.lacks_factors and tracker.site.pue for tracker in journals.trackers):
        yield "The record of PUE and carbon intensity is missing: they are those that the tables have by now."
    for tracker in journals.trackers:
        for record in tracker.records.get("warning", ()):
            if message := fields.text(record, "message"):
                yield message


def _recorders(trackers: Iterable[TrackerJournal]) -> list[TrackerJournal]:
    """Select whose spans and logs count: rank 0's, so that what four ranks log alike counts once.

    Where there is no rank 0, those that started a meter; else all.
    """
    all_trackers = list(trackers)
    first = [tracker for tracker in all_trackers if tracker.rank in (0, None)]
    return first or [tracker for tracker in all_trackers if tracker.is_main] or all_trackers


def _spans(trackers: Iterable[TrackerJournal]) -> Iterator[SpanRecord]:
    """Yield the spans in the order of their starts, session by session."""
    for tracker in trackers:
        ends = {fields.whole(item, "span"): item for item in tracker.records.get("span_end", ())}
        for record in tracker.records.get("span_start", ()):
            number = fields.whole(record, "span")
            if number is not None:
                yield _span(tracker, number, record, ends.get(number))


def _span(tracker: TrackerJournal, number: int, start: JournalRecord, end: JournalRecord | None) -> SpanRecord:
    clocks = [fields.number(record, "mono") for record in (start, end) if record is not None]
    seconds = None
    if len(clocks) == 2 and clocks[0] is not None and clocks[1] is not None:
        seconds = max(0.0, clocks[1] - clocks[0])
    return SpanRecord(
        session=tracker.session,
        span=number,
        parent=fields.whole(start, "parent"),
        name=fields.text(start, "name") or "",
        started=fields.moment(start) or tracker.started,
        ended=fields.moment(end) if end else None,
        seconds=seconds,
        error=fields.text(end, "error") if end else None,
        attributes=fields.mapping(start, "attributes"),
    )


def _logs(trackers: Iterable[TrackerJournal]) -> Iterator[Log]:
    """Yield what was logged, in order, session by session."""
    for tracker in trackers:
        for place, record in enumerate(tracker.records.get("log", ())):
            values = fields.mapping(record, "values")
            numbers = {fields.text({"": name}, "") or "": fields.number(values, name) for name in values}
            known = {name: value for name, value in numbers.items() if value is not None}
            yield Log(tracker.session, place, fields.moment(record) or tracker.started, known)
