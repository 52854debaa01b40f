"""What a meter's records hold: readings, components, changes of how they are known, and gaps."""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from math import inf
from typing import Any, NamedTuple

from greentrain.journal import fields
from greentrain.journal.records import COMPONENTS, QUALITIES, Component, Gap
from greentrain.journal.writer import JournalRecord

ByType = Mapping[str, Sequence[JournalRecord]]
"""Records by type, those of a type in the order of the file."""


Time = tuple[float, float]
"""From and to, in seconds since the run's start."""


class Point(NamedTuple):
    """Cumulative energy by component [kWh] so many seconds after the run's start; None where not measured."""

    seconds: float
    energy_kwh: dict[str, float | None]


def by_type(records: Iterable[JournalRecord]) -> ByType:
    """Sort records by type."""
    found: defaultdict[str, list[JournalRecord]] = defaultdict(list)
    for record in records:
        found[str(record["type"])].append(record)
    return found


def points_of(readings: list[JournalRecord]) -> tuple[Point, ...]:
    """Take the readings in order; one that goes back in time or in energy keeps what was reached before."""
    points: list[Point] = []
    reached: dict[str, float | None] = dict.fromkeys(COMPONENTS)
    newest = 0.0
    for record in readings:
        seconds = fields.amount(record, "elapsed_seconds")
        if seconds is None or seconds < newest:
            continue
        newest = seconds
        energies = fields.mapping(record, "energy_kwh")
        for name, before in reached.items():
            value = fields.amount(energies, name)
            if value is not None and (before is None or value > before):
                reached[name] = value
        points.append(Point(seconds, reached.copy()))
    return tuple(points)


def read_names(record: JournalRecord) -> frozenset[str]:
    """Name the components that a sample has read: one whose power is null or left out was not, whatever its energy."""
    energies, powers = fields.mapping(record, "energy_kwh"), fields.mapping(record, "power_w")
    powers = powers or energies
    # A list, since a generator costs the reading of a long history more than all the rest here.
    return frozenset([name for name in COMPONENTS if energies.get(name) is not None and powers.get(name) is not None])


def is_marked_missing(record: JournalRecord) -> bool:
    """Return whether a reading has failed since the sample before."""
    marks = record.get("marks")
    return isinstance(marks, list) and "missing" in marks


def lapses_of(readings: Iterable[JournalRecord]) -> dict[str, list[Time]]:
    """Return the times, since the run's start, in which a component that was read before was left out. [s]"""
    lapses: dict[str, list[Time]] = {}
    known: frozenset[str] = frozenset()
    newest = 0.0
    for record in readings:
        seconds = fields.amount(record, "elapsed_seconds")
        if seconds is None or seconds < newest:
            continue
        read = read_names(record)
        for name in known - read:
            lapses.setdefault(name, []).append((newest, seconds))
        known |= read
        newest = seconds
    return lapses


def silence_of(readings: Iterable[JournalRecord]) -> Time | None:
    """Return the time at the end, since the run's start, in which no reading succeeded: no energy grows. [s]"""
    last_success = newest = 0.0
    before: dict[str, Any] = {}
    is_silent = False
    for record in readings:
        energies, seconds = fields.mapping(record, "energy_kwh"), fields.amount(record, "elapsed_seconds")
        if seconds is None or seconds < newest:
            continue
        fails = is_marked_missing(record) or (is_silent and record["type"] == "end")
        is_silent = fails and energies == before and any(value is not None for value in energies.values())
        before, newest = energies, seconds
        if not is_silent:
            last_success = seconds
    return (last_success, newest) if last_success < newest else None


def length_within(times: Iterable[Time], begin: float, end: float) -> float:
    """Return how much of the time between two moments is covered, times that overlap counted once. [s]"""
    length = 0.0
    for since, until in sorted(times):
        begin = max(begin, since)
        if min(until, end) > begin:
            length += min(until, end) - begin
            begin = min(until, end)
    return length


def by_component(found: dict[str, Any]) -> dict[str, float | None]:
    """Return an amount for each component; None where the object has none."""
    return {name: fields.amount(found, name) for name in COMPONENTS}


def last_mapping(records: list[JournalRecord], name: str) -> dict[str, Any]:
    """Return the newest of a field's objects that is not empty."""
    return next((found for record in reversed(records) if (found := fields.mapping(record, name))), {})


def components_of(start: JournalRecord, records: ByType) -> tuple[Component, ...]:
    """Return the components as they were at the end: a meter may come to know them while it runs."""
    found: dict[tuple[str, str], Component] = {}
    items = fields.objects(start, "components")
    for change in records.get("component", ()):
        # A change may list everything anew, or only what it is about.
        items = fields.objects(change, "components") or [*items, change]
    for item in items:
        kind, quality = fields.text(item, "component"), fields.text(item, "quality")
        if kind not in COMPONENTS:
            continue
        key, name = fields.text(item, "id") or "", fields.text(item, "name") or ""
        if item.get("type") == "component" and not (key or name):
            continue
        before = found.get((kind, key))
        known = quality if quality in QUALITIES else "unknown"
        method = fields.text(item, "method") or ""
        reason = fields.text(item, "reason") or ""
        found[kind, key] = Component(kind, key, name or (before.name if before else ""), method, known, reason)
    # A place-holder without a name gives way to the devices that were found later.
    named = {part.component for part in found.values() if part.name}
    return tuple(part for part in found.values() if part.name or part.component not in named)


def changes_of(records: ByType) -> Iterator[tuple[str, str, str]]:
    """Yield each change of how a component is known: which one, how from then on, and why."""
    for record in records.get("component", ()):
        kind, quality = fields.text(record, "component"), fields.text(record, "quality")
        if kind in COMPONENTS and quality in QUALITIES:
            yield kind, quality, fields.text(record, "reason") or ""


def gaps_of(records: ByType, host: str, offset: float) -> Iterator[Gap]:
    """Yield the times without measurement that a meter stated.

    Parameters
    ----------
    offset : float
        Seconds since 1970 at the zero of its monotonic clock. [s]
    """
    for record in records.get("gap", ()):
        seconds, since = fields.amount(record, "seconds"), fields.number(record, "from_mono")
        if seconds is not None:
            started = fields.moment(record) if since is None else since + offset
            yield Gap(host, started or 0.0, seconds, fields.text(record, "reason") or "unmeasured")


def energy_at(series: Sequence[tuple[float, float]], seconds: float) -> float:
    """Return the energy by some moment: between two readings in proportion, after the last one its energy. [kWh]

    Parameters
    ----------
    series : sequence of (float, float)
        Seconds since the start [s] and energy by then [kWh], oldest first and at least one; at second 0 it is 0.
    seconds : float
        The moment, not before the start. [s]
    """
    after = bisect_right(series, (seconds, inf))
    if after == len(series):
        return series[-1][1]
    (t0, e0), (t1, e1) = series[after - 1] if after else (0.0, 0.0), series[after]
    return e0 if t1 <= t0 else e0 + (e1 - e0) * (seconds - t0) / (t1 - t0)
