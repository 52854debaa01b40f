"""The journals of one run, each taken apart: what a tracker said, what a meter read."""

import os
from collections.abc import Callable, Iterable, Iterator
from os.path import basename, join
from typing import Any, NamedTuple

from greentrain.history import fields
from greentrain.history.records import COMPONENTS, Component, Gap
from greentrain.tracking.journal import Record
from greentrain.tracking.journal_reader import Journal, read_journal
from greentrain.tracking.measured import QUALITIES
from greentrain.tracking.run_folder import journal_name_parts


class Tracker(NamedTuple):
    """What one tracker's journal says.

    Attributes
    ----------
    started, last : float
        Times of its first and newest record, in seconds since 1970. [s]
    seconds : float
        From the first to the newest record by the clock that nobody sets. [s]
    """

    session: str
    host: str
    pid: int
    start: Record
    records: tuple[Record, ...]
    started: float
    last: float
    seconds: float

    @property
    def end(self) -> Record | None:
        """The record of its end; None while it goes on or when it was killed."""
        return next((record for record in reversed(self.records) if record["type"] == "end"), None)

    @property
    def is_main(self) -> bool:
        """Whether it started a meter, rather than joining one."""
        return self.start.get("role") != "joined"

    @property
    def rank(self) -> int | None:
        """Its rank in a distributed run."""
        return fields.whole(fields.mapping(self.start, "ranks"), "rank")


class Point(NamedTuple):
    """Cumulative energy by component [kWh] so many seconds after the run's start; None where not measured."""

    seconds: float
    energy_kwh: dict[str, float | None]


class Meter(NamedTuple):
    """What one meter's journal says.

    Attributes
    ----------
    started : float
        When its readings begin, in seconds since 1970: the run's start, and not the later one of its own process. [s]
    offset : float
        Seconds since 1970 at the zero of its monotonic clock; the same for all processes until the next boot. [s]
    points : tuple of Point
        Its readings, each later and none lower than the one before.
    lost : frozenset of str
        Components that stopped being measured during the run.
    why : str or None
        Why it ended; None while it goes on or when it was killed.
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
    components: tuple[Component, ...]
    lost: frozenset[str]
    gaps: tuple[Gap, ...]
    why: str | None
    quality: dict[str, Any]
    notes: tuple[str, ...]


class Journals(NamedTuple):
    """All journals of a run."""

    trackers: tuple[Tracker, ...]
    meters: tuple[Meter, ...]
    notes: tuple[str, ...]


def read_journals(folders: Iterable[str], read: Callable[[str], Journal] = read_journal) -> Journals:
    """Read every journal in the folders of a run; a file that lies in two of them is read once.

    Parameters
    ----------
    folders : iterable of str
        The folders.
    read : callable, optional
        Reads the journal at a path, or raises `OSError`.
    """
    trackers: list[Tracker] = []
    meters: list[Meter] = []
    notes: list[str] = []
    for path, kind, host in _files(folders):
        try:
            journal = read(path)
        except OSError as error:
            notes.append(f"{basename(path)} cannot be read: {error.strerror}.")
            continue
        notes += _damage(journal)
        found = _tracker(journal, host) if kind == "tracker" else _meter(journal, host)
        if isinstance(found, Tracker):
            trackers.append(found)
        elif found is not None:
            meters.append(found)
        elif journal.records:
            notes.append(f"{basename(path)} has no readable first record and is left out.")
    return Journals(
        tuple(sorted(trackers, key=lambda item: item.started)),
        tuple(sorted(meters, key=lambda item: item.started)),
        tuple(notes),
    )


def _files(folders: Iterable[str]) -> Iterator[tuple[str, str, str]]:
    seen: set[str] = set()
    for folder in folders:
        for name in _listed(folder):
            parts = journal_name_parts(name)
            if parts and name not in seen:
                seen.add(name)
                yield join(folder, name), parts[2], parts[0]


def _listed(folder: str) -> list[str]:
    try:
        return sorted(os.listdir(folder))
    except OSError:  # another user's, or gone since it was found
        return []


def _damage(journal: Journal) -> list[str]:
    name, notes = basename(journal.path), []
    if journal.newer:
        notes.append(f"{name}: {journal.newer} lines are of a newer greentrain and are left out.")
    if damaged := journal.garbage - journal.newer:
        notes.append(f"{name}: {damaged} damaged lines are left out.")
    return notes


def _first(journal: Journal) -> tuple[Record, float] | None:
    start = next((record for record in journal.records if record["type"] == "start"), None)
    moment = fields.moment(start) if start else None
    return None if start is None or moment is None else (start, moment)


def _newest(records: list[Record], started: float) -> float:
    moments = (fields.moment(record) for record in reversed(records))
    return next((moment for moment in moments if moment is not None), started)


def _tracker(journal: Journal, host: str) -> Tracker | None:
    first = _first(journal)
    if first is None:
        return None
    start, started = first
    end = next((record for record in reversed(journal.records) if record["type"] == "end"), None)
    # What is written after the end, the result, is no longer part of the run.
    until = journal.records if end is None else (start, end)
    clocks = [clock for record in until if (clock := fields.number(record, "mono")) is not None]
    return Tracker(
        session=fields.text(start, "session") or basename(journal.path),
        host=fields.text(start, "host") or host,
        pid=fields.whole(start, "pid") or 0,
        start=start,
        records=tuple(journal.records),
        started=started,
        last=_newest(journal.records if end is None else [end], started),
        seconds=max(clocks) - min(clocks) if clocks else 0.0,
    )


def _meter(journal: Journal, host: str) -> Meter | None:
    first = _first(journal)
    if first is None:
        return None
    start, written = first
    started = written - (fields.amount(start, "lag_seconds") or 0.0)
    readings = [record for record in journal.records if record["type"] in ("sample", "end")]
    newest = readings[-1] if readings else {}
    end = newest if newest.get("type") == "end" else None
    changes = tuple(_changes(journal.records))
    newest_quality = {kind: quality for kind, quality, _ in changes}
    offset = written - (fields.number(start, "mono") or 0.0)
    return Meter(
        session=fields.text(start, "session") or basename(journal.path),
        host=fields.text(start, "host") or host,
        pid=fields.whole(start, "pid") or 0,
        started=started,
        last=_newest(journal.records, started),
        offset=offset,
        points=_points(readings),
        power_w=_by_component(fields.mapping(newest, "power_w")),
        share=_by_component(_last_mapping(readings, "share")),
        components=tuple(_components(start, journal.records)),
        lost=frozenset(kind for kind, quality in newest_quality.items() if quality == "unknown"),
        gaps=tuple(_gaps(journal.records, fields.text(start, "host") or host, offset)),
        why=fields.text(end, "why") if end else None,
        quality=fields.mapping(end, "quality") if end else {},
        notes=tuple(
            f"{kind} became {quality} during the run{f': {why}' if why else ''}." for kind, quality, why in changes
        ),
    )


def _points(readings: list[Record]) -> tuple[Point, ...]:
    """Take the readings in order; one that goes back in time or in energy keeps what was reached before."""
    points: list[Point] = []
    reached: dict[str, float | None] = dict.fromkeys(COMPONENTS)
    for record in readings:
        seconds = fields.amount(record, "elapsed_seconds")
        if seconds is None or (points and seconds < points[-1].seconds):
            continue
        energies = fields.mapping(record, "energy_kwh")
        for name, before in reached.items():
            value = fields.amount(energies, name)
            if value is not None and (before is None or value > before):
                reached[name] = value
        points.append(Point(seconds, reached.copy()))
    return tuple(points)


def _by_component(found: dict[str, Any]) -> dict[str, float | None]:
    return {name: fields.amount(found, name) for name in COMPONENTS}


def _of_type(records: list[Record], kind: str) -> list[Record]:
    return [record for record in records if record["type"] == kind]


def _last_mapping(records: list[Record], name: str) -> dict[str, Any]:
    return next((found for record in reversed(records) if (found := fields.mapping(record, name))), {})


def _components(start: Record, records: list[Record]) -> Iterator[Component]:
    """Give the components as they were at the end: a meter may come to know them while it runs."""
    found: dict[tuple[str, str], Component] = {}
    items = fields.objects(start, "components")
    for change in _of_type(records, "component"):
        # A change may list everything anew, or only what it is about.
        items = fields.objects(change, "components") or [*items, change]
    for item in items:
        kind, quality = fields.text(item, "component"), fields.text(item, "quality")
        if kind not in COMPONENTS:
            continue
        key, name, method = (fields.text(item, field) or "" for field in ("id", "name", "method"))
        if item.get("type") == "component" and not (key or name):
            continue
        before = found.get((kind, key))
        known = quality if quality in QUALITIES else "unknown"
        found[kind, key] = Component(kind, key, name or (before.name if before else ""), method, known)
    # A place-holder without a name gives way to the devices that were found later.
    named = {kind for kind, _ in found if any(part.name for part in found.values() if part.component == kind)}
    yield from (part for part in found.values() if part.name or part.component not in named)


def _changes(records: list[Record]) -> Iterator[tuple[str, str, str]]:
    for record in _of_type(records, "component"):
        kind, quality = fields.text(record, "component"), fields.text(record, "quality")
        if kind in COMPONENTS and quality in QUALITIES:
            yield kind, quality, fields.text(record, "reason") or ""


def _gaps(records: list[Record], host: str, offset: float) -> Iterator[Gap]:
    for record in _of_type(records, "gap"):
        seconds, since = fields.amount(record, "seconds"), fields.number(record, "from_mono")
        if seconds is not None:
            started = fields.moment(record) if since is None else since + offset
            yield Gap(host, started or 0.0, seconds, fields.text(record, "reason") or "unmeasured")
