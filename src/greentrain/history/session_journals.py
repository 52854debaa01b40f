"""The journals of one run, each taken apart: what a tracker recorded, what a meter read."""

import os
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from os.path import basename, join
from typing import Any, NamedTuple

from greentrain.errors import GreentrainError, OwnErrors, is_from_outside
from greentrain.estimation.site import UNKNOWN_SITE, site_factors
from greentrain.footprint import SiteFactors
from greentrain.inputs import GRID_INTENSITY, PUE, Input
from greentrain.journal import fields
from greentrain.journal.clocks import run_seconds, within_clock
from greentrain.journal.paths import journal_name_parts
from greentrain.journal.reader import Journal, read_journal
from greentrain.journal.readings import (
    ByType,
    Point,
    Time,
    by_component,
    by_type,
    ceilings_of,
    changes_of,
    components_of,
    energy_at,
    gaps_of,
    is_marked_missing,
    lapses_of,
    last_mapping,
    left_out_of,
    left_out_times,
    length_within,
    lost_of,
    points_of,
    silence_of,
)
from greentrain.journal.records import (
    COMPONENTS,
    DAMAGED,
    IMPLAUSIBLE_POWER,
    NOT_DRAWING,
    Component,
    Gap,
    is_significant_gap,
)
from greentrain.journal.writer import JournalRecord, writing_interval_seconds
from greentrain.units import SECONDS_PER_HOUR

_SITE_UNITS = {PUE: "1", GRID_INTENSITY: "g/kWh"}


@dataclass(frozen=True, eq=False, kw_only=True)
class TrackerJournal:
    """The journal of one tracker.

    Attributes
    ----------
    start : dict
        Its first record.
    end : dict or None
        The record of its end; None while it goes on or when it was killed.
    records : mapping of str to sequence of dict
        All records by type, those of a type in the order of the file.
    started, last : float
        Times of its first and newest record, in seconds since 1970. [s]
    seconds : float
        From the first to the newest record by the monotonic clock. [s]
    metered_seconds : float
        Until the newest reading of its own meter; a session that was killed may have written nothing itself. [s]
    breaks_off : bool
        Whether it may have ended where no room was left: within a line, or at the end of a block.
    has_odd_times : bool
        Whether its clocks show what cannot be.
    """

    session: str
    host: str
    pid: int
    start: JournalRecord
    end: JournalRecord | None
    records: ByType
    started: float
    last: float
    seconds: float
    metered_seconds: float = 0.0
    breaks_off: bool = False
    has_odd_times: bool = False

    @cached_property
    def site(self) -> SiteFactors:
        """PUE and carbon intensity: as recorded, else as they follow from the place that the user stated."""
        inputs = self.records.get("inputs")
        return _site_of(inputs[-1] if inputs else None, self.start, max(self.seconds, self.metered_seconds))

    @property
    def lacks_factors(self) -> bool:
        """Whether it ended, and left to those who read it to look up PUE and carbon intensity of its place.

        Of journals without numbered lines that is never said: they are read as they always were.
        """
        stating = (*self.records.get("inputs", ())[-1:], self.start)
        return self.end is not None and "line" in self.start and not any(map(_recorded_site, stating))

    @property
    def is_main(self) -> bool:
        """Whether it started a meter, rather than joining one."""
        return self.start.get("role") != "joined"

    @property
    def rank(self) -> int | None:
        """Its rank in a distributed run."""
        return fields.whole(fields.mapping(self.start, "ranks"), "rank")

    def writing_interval(self, age_seconds: float) -> float:
        """Return the time between two records of its meter at an age of the run. [s]"""
        return writing_interval_seconds(age_seconds, fields.amount(self.start, "interval_seconds") or 1.0)


class MeterJournal(NamedTuple):
    """The journal of one meter.

    Attributes
    ----------
    started : float
        When its readings begin, in seconds since 1970: the run's start, and not the later one of its own process. [s]
    offset : float
        Seconds since 1970 at the zero of its monotonic clock; the same for all processes until the next boot. [s]
    points : tuple of Point
        Its readings, each later and none lower than the one before.
    lost : frozenset of str
        Components with energy of which a part is not read, or not any more.
    computer : dict
        What of its computer the run might use, as keywords of ``greentrain.estimate``.
    left_out : int
        Readings of components that were left out, by it or here: below zero, or beyond what the hardware can draw.
    left_out_times : dict of str to list of (float, float)
        For how long the energy of a component was left out up to a time since the run's start. [s]
    lapses : dict of str to list of (float, float)
        Times since the run's start in which a component that was read before was left out of the readings. [s]
    share, share_method : dict of str to float, dict of str to str
        The run's part of what its computer drew, by component, and how it was found.
    is_shared_out : bool
        Whether other meters of the computer knew of the run, so that they counted nothing that is in its share.
    gaps : tuple of Gap
        Times without a reading: those that it stated, and its silence at the end.
    is_failing : bool
        Whether a reading has failed since its last sample but one.
    interval_seconds : float
        Time between its readings, at most as often as it writes. [s]
    why : str or None
        Why it ended; None while it goes on or when it was killed.
    name, version : str or None
        Which meter it was; None in journals of 0.1.0, whose meter was codecarbon's or a recording.
    has_odd_times : bool
        Whether its clocks show what cannot be.
    """

    session: str
    host: str
    pid: int
    started: float
    last: float
    offset: float
    points: tuple[Point, ...]
    power_w: dict[str, float | None]
    share: dict[str, float | None]
    share_method: dict[str, str]
    is_shared_out: bool
    components: tuple[Component, ...]
    lost: frozenset[str]
    lapses: dict[str, list[Time]]
    computer: dict[str, Any]
    left_out: int
    left_out_times: dict[str, list[tuple[float, float]]]
    gaps: tuple[Gap, ...]
    is_failing: bool
    interval_seconds: float
    why: str | None
    quality: dict[str, Any]
    name: str | None
    version: str | None
    codecarbon_version: str | None
    notes: tuple[str, ...]
    has_odd_times: bool

    @property
    def reached_seconds(self) -> float:
        """Time of its newest reading since the run's start; 0 where there is none. [s]"""
        return self.points[-1].seconds if self.points else 0.0

    @property
    def pauses(self) -> list[Time]:
        """Times since the run's start that are gaps of a computer that ran. [s]"""
        drawing = (gap for gap in self.gaps if gap.reason != NOT_DRAWING)
        return [(gap.started - self.started, gap.started - self.started + gap.seconds) for gap in drawing]

    def lapsed(self, name: str, begin: float, end: float) -> float:
        """Return how long between two moments it went on without a component that it had read before. [s]"""
        left_out = self.left_out_times.get(name)
        seconds = energy_at(left_out, end) - energy_at(left_out, begin) if left_out else 0.0
        times = list(self.lapses.get(name, ()))
        if name in self.lost:
            last = self.points[-1].energy_kwh[name]
            known = next(point.seconds for point in self.points if point.energy_kwh[name] == last)
            times.append((known, self.reached_seconds))
        pauses = self.pauses
        whole = length_within([*times, *pauses], begin, end) - length_within(pauses, begin, end) if times else 0.0
        return whole + seconds

    @property
    def unstated_seconds(self) -> float:
        """How much longer, by its own account at the end, it did not read than its other records show. [s]

        A time in which it read nothing; where it read something, the lesser time that would weigh as much.
        """
        share = fields.amount(self.quality, "unknown_share")
        whole = self.reached_seconds
        energy = self.points[-1].energy_kwh if self.points else {}
        if share is None or not any(energy.values()):
            return 0.0
        parts: dict[str, list[bool]] = {}
        for part in self.components:
            parts.setdefault(part.component, []).append(part.quality != "unknown")
        read = {name: sum(known) / len(known) or 1.0 for name, known in parts.items() if energy[name] is not None}
        paused = length_within(self.pauses, 0.0, whole)
        expected = sum(part * (whole - paused - self.lapsed(name, 0.0, whole)) for name, part in read.items())
        return (expected - (1 - share) * len(parts) * whole) / sum(read.values()) if read else 0.0


class Journals(NamedTuple):
    """All journals of a run, remarks on the files, and whether any of them is not as it was written."""

    trackers: tuple[TrackerJournal, ...]
    meters: tuple[MeterJournal, ...]
    notes: tuple[str, ...]
    are_damaged: bool = False

    @property
    def flags(self) -> tuple[str, ...]:
        """Words for what a user of the numbers has to know."""
        found = {DAMAGED: self.are_damaged, IMPLAUSIBLE_POWER: any(meter.left_out for meter in self.meters)}
        return tuple(flag for flag, is_set in found.items() if is_set)


class _Piece(NamedTuple):
    """One journal: its content, if any, remarks on its file, and whether that is not as it was written."""

    who: TrackerJournal | MeterJournal | None
    notes: list[str]
    is_damaged: bool = False


def read_journals(folders: Iterable[str], read: Callable[[str], Journal] = read_journal) -> Journals:
    """Read every journal in the folders of a run; a file that lies in two of them is read once.

    Parameters
    ----------
    folders : iterable of str
        The folders.
    read : callable, optional
        Reads the journal at a path, or raises `OSError`.
    """
    files = list(_files(folders))
    pieces = {path: _piece(path, kind, host, read) for path, kind, host in files}
    trackers = sorted((who for who, *_ in pieces.values() if isinstance(who, TrackerJournal)), key=_started)
    meters = sorted((who for who, *_ in pieces.values() if isinstance(who, MeterJournal)), key=_started)
    return Journals(
        trackers=tuple(_timed(tracker, meters) for tracker in trackers),
        meters=tuple(meters),
        notes=tuple(note for path, *_ in files for note in pieces[path].notes),
        are_damaged=any(piece.is_damaged for piece in pieces.values()),
    )


def is_of_newer(folder: str) -> bool:
    """Whether a journal in the folder of a run holds lines that a newer greentrain wrote."""
    for path, *_ in _files((folder,)):
        with OwnErrors(OSError):
            if read_journal(path).newer:
                return True
    return False


def _started(journal: TrackerJournal | MeterJournal) -> float:
    return journal.started


def _timed(tracker: TrackerJournal, meters: Iterable[MeterJournal]) -> TrackerJournal:
    """Complete a session that has not ended by how far its meter got."""
    if tracker.end is not None:
        return tracker
    own = (meter.reached_seconds for meter in meters if meter.session == tracker.session)
    return replace(tracker, metered_seconds=max(own, default=0.0))


def _piece(path: str, kind: str, host: str, read: Callable[[str], Journal]) -> _Piece:
    try:
        journal = read(path)
    except OSError as error:
        if is_from_outside(error):
            raise
        return _Piece(None, [f"{basename(path)} cannot be read: {error.strerror}."])
    found = _tracker(journal, host) if kind == "tracker" else _meter(journal, host)
    notes = list(_damage(journal))
    if found is None and journal.records:
        notes.append(f"{basename(path)} has no readable first record and is left out.")
    has_odd_times = found is not None and found.has_odd_times
    if has_odd_times:
        notes.append(f"{basename(path)}: its clocks contradict each other; what cannot be is left out.")
    return _Piece(found, notes, journal.damaged > 0 or has_odd_times)


def _files(folders: Iterable[str]) -> Iterator[tuple[str, str, str]]:
    seen: set[str] = set()
    for folder in folders:
        for name in _listed(folder):
            parts = journal_name_parts(name)
            if parts and name not in seen:
                seen.add(name)
                yield join(folder, name), parts[2], parts[0]


def _listed(folder: str) -> list[str]:
    with OwnErrors(OSError):  # another user's, or gone since it was found
        return sorted(os.listdir(folder))
    return []


def _damage(journal: Journal) -> Iterator[str]:
    """Describe what of a journal's file is not as it was written."""
    name = basename(journal.path)
    if journal.newer:
        yield f"{name}: {journal.newer} lines are of a newer greentrain and are left out."
    if altered := journal.garbage - journal.newer:
        yield f"{name}: {_lines(altered, 'damaged ')} left out."
    if journal.lost:
        yield f"{name}: {_lines(journal.lost)} missing."
    if journal.misplaced:
        yield f"{name}: {_lines(journal.misplaced)} repeated or out of order."


def _lines(number: int, kind: str = "") -> str:
    return f"1 {kind}line is" if number == 1 else f"{number} {kind}lines are"


def _first(records: ByType) -> tuple[JournalRecord, float] | None:
    start = records["start"][0] if "start" in records else None
    moment = fields.moment(start) if start else None
    return None if start is None or moment is None else (start, moment)


def _newest(records: list[JournalRecord], started: float) -> float:
    moments = (fields.moment(record) for record in reversed(records))
    return next((moment for moment in moments if moment is not None), started)


def _tracker(journal: Journal, host: str) -> TrackerJournal | None:
    records = by_type(journal.records)
    first = _first(records)
    if first is None:
        return None
    start, started = first
    end = records["end"][-1] if "end" in records else None
    # What is written after the end, the result, is no longer part of the run.
    until = journal.records if end is None else (start, end)
    seconds, has_odd_times = run_seconds(until)
    return TrackerJournal(
        session=fields.text(start, "session") or basename(journal.path),
        host=fields.text(start, "host") or host,
        pid=fields.whole(start, "pid") or 0,
        start=start,
        end=end,
        records=records,
        started=started,
        last=_newest(journal.records if end is None else [end], started),
        seconds=seconds,
        breaks_off=journal.breaks_off,
        has_odd_times=has_odd_times,
    )


def _meter(journal: Journal, host: str) -> MeterJournal | None:
    records = by_type(journal.records)
    first = _first(records)
    if first is None:
        return None
    start, written = first
    started = written - (fields.amount(start, "lag_seconds") or 0.0)
    host = fields.text(start, "host") or host
    readings = [record for record in journal.records if record["type"] in ("sample", "end")]
    readings, has_odd_times = within_clock(start, readings)
    newest = readings[-1] if readings else {}
    end = newest if newest.get("type") == "end" else None
    changes = tuple(changes_of(records))
    components = components_of(start, records)
    points, checks = points_of(readings, ceilings_of(start, records, components))
    quality = fields.mapping(end, "quality") if end else {}
    offset = written - (fields.number(start, "mono") or 0.0)
    meter = MeterJournal(
        session=fields.text(start, "session") or basename(journal.path),
        host=host,
        pid=fields.whole(start, "pid") or 0,
        started=started,
        last=_newest(journal.records, started),
        offset=offset,
        points=points,
        power_w=by_component(fields.mapping(newest, "power_w")),
        share=by_component(last_mapping(readings, "share")),
        share_method=_share_methods(last_mapping(readings, "share_method")),
        is_shared_out=start.get("is_shared_out") is True,
        components=components,
        lost=frozenset(lost_of(points, components, changes)),
        lapses=lapses_of(readings),
        computer=fields.mapping(start, "computer"),
        left_out=left_out_of(newest, quality) + sum(check.left_out for check in checks.values()),
        left_out_times=left_out_times(readings, checks, points[-1].seconds if points else 0.0),
        gaps=tuple(gaps_of(records, host, offset)),
        is_failing=any(map(is_marked_missing, readings[-2:])),
        interval_seconds=fields.amount(start, "interval_seconds") or 1.0,
        why=fields.text(end, "why") if end else None,
        quality=quality,
        name=fields.text(start, "meter_name"),
        version=fields.text(start, "meter_version"),
        codecarbon_version=fields.text(start, "codecarbon_version"),
        notes=tuple(
            f"{kind} became {quality} during the run{f': {why}' if why else ''}." for kind, quality, why in changes
        ),
        has_odd_times=has_odd_times,
    )
    return _with_silence(meter, silence_of(readings)) if meter.is_failing else meter


def _share_methods(found: dict[str, Any]) -> dict[str, str]:
    return {name: method for name in COMPONENTS if (method := fields.text(found, name))}


def _with_silence(meter: MeterJournal, silence: Time | None) -> MeterJournal:
    """State the time at the end in which every reading failed, as far as the meter has not stated it as a gap.

    What was read since the last sample but one grew the energy; then the meter's own account states how much it was.
    """
    begin, end = silence or (meter.reached_seconds, meter.reached_seconds)
    missing = end - begin - length_within(meter.pauses, begin, end)
    if silence is None:
        missing = meter.unstated_seconds
    if not is_significant_gap(missing, meter.reached_seconds):
        return meter
    gap = Gap(meter.host, meter.started + end - missing, missing, "unmeasured")
    return meter._replace(gaps=(*meter.gaps, gap))


def _site_of(inputs: JournalRecord | None, start: JournalRecord, seconds: float) -> SiteFactors:
    """Find the site of a session.

    A run writes what it used when it ends. One that was killed, or goes on, has only recorded where it is: the same
    tables then give what it would have written.

    Parameters
    ----------
    inputs : dict or None
        The record of what it used.
    start : dict
        Its first record.
    seconds : float
        How long it went on. [s]
    """
    written = _recorded_site(inputs) if inputs else None
    return written or _recorded_site(start) or _looked_up_site(start, seconds) or UNKNOWN_SITE


def _recorded_site(record: JournalRecord) -> SiteFactors | None:
    pue, grid = _site_input(record, PUE), _site_input(record, GRID_INTENSITY)
    return None if pue is None or grid is None else SiteFactors(pue, grid)


def _site_input(record: JournalRecord, name: str) -> Input | None:
    interval = fields.interval(record, name)
    if interval is None:
        return None
    found = fields.mapping(record, name)
    basis, source = fields.text(found, "basis") or "given", fields.text(found, "source") or "user"
    year, accounting = fields.whole(found, "year"), fields.text(found, "accounting") or ""
    key = fields.text(found, "key") or f"{name}:{source}:{interval.best:g}"
    note = " ".join(str(part) for part in (accounting, year) if part) if name == GRID_INTENSITY else ""
    return Input(name, interval, _SITE_UNITS[name], basis, source, note, 1.0, key, 0.0, year, accounting)


def _looked_up_site(start: JournalRecord, seconds: float) -> SiteFactors | None:
    stated = fields.plain_values(fields.mapping(start, "estimate_inputs"))
    if not stated:
        return None
    try:
        return site_factors(stated, seconds / SECONDS_PER_HOUR or None)
    except (GreentrainError, TypeError, ValueError, AttributeError):  # the journal may hold anything
        return None
