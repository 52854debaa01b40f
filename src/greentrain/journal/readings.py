"""What a meter's records hold: readings, components, changes of how they are known, and gaps."""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from math import inf
from typing import Any, NamedTuple

from greentrain.estimation.device_limits import ceilings_by_name
from greentrain.journal import fields
from greentrain.journal.records import COMPONENTS, QUALITIES, Component, Gap
from greentrain.journal.writer import JournalRecord
from greentrain.units import WATT_SECONDS_PER_KWH

ByType = Mapping[str, Sequence[JournalRecord]]
"""Records by type, those of a type in the order of the file."""


Time = tuple[float, float]
"""From and to, in seconds since the run's start."""

CEILINGS_W = {"gpu": 40_000.0, "cpu": 4_000.0, "memory": 2_000.0}
"""Power that no node's component reaches, for hardware of which nothing closer is known. [W]"""

_SLACK_SECONDS = 0.1
"""Counters are renewed some ten times a second: a reading may hold what was used a little before. [s]"""

_ROUNDING_KWH = 1e-12
"""A sum of floating-point numbers may be so much less than the one before. [kWh]"""


class EnergyCheck:
    """Follows the cumulative energy of one kind of component, and leaves out what its hardware cannot have drawn.

    A reading below the one before, or above what the ceiling allows, is left out. If the next one is plausible after
    the last that was, it makes up for it; if it is plausible after the one that was left out, the counter has jumped,
    and the time of the jump stays without energy.

    Parameters
    ----------
    seconds : float
        When the energy was zero, of the clock of the readings. [s]

    Attributes
    ----------
    kwh : float or None
        Energy of the plausible readings; None before the first. [kWh]
    left_out : int
        Number of readings that were left out.
    """

    __slots__ = ("_last", "_odd", "_offset", "_unread_seconds", "kwh", "left_out")

    def __init__(self, seconds: float) -> None:
        self._last = (seconds, 0.0)
        self._odd: tuple[float, float] | None = None
        self._offset = 0.0
        self._unread_seconds = 0.0
        self.kwh: float | None = None
        self.left_out = 0

    def take(self, seconds: float, kwh: float, ceiling_w: float) -> tuple[float, float] | None:
        """Return the energy since the last plausible reading [kWh] and the time for it [s]; None leaves it out.

        Parameters
        ----------
        seconds : float
            When it was read. [s]
        kwh : float
            The energy that it shows. [kWh]
        ceiling_w : float
            The power that the hardware does not exceed. [W]
        """
        for base in (self._last, self._odd):
            if (
                base is None
                or (kwh < 0 and self.kwh is None)
                or not _is_plausible(kwh - base[1], seconds - base[0], ceiling_w)
            ):
                continue
            if base is self._odd:
                if self.kwh is None and seconds == base[0]:  # the same again tells of no time
                    break
                self._unread_seconds += base[0] - self._last[0]
                self._offset += base[1] - self._last[1]
            self._last, self._odd = (seconds, kwh), None
            self.kwh = kwh - self._offset if self._offset else kwh
            return max(0.0, kwh - base[1]), seconds - base[0]
        self._odd = (seconds, kwh)
        self.left_out += 1
        return None

    @property
    def shown_kwh(self) -> float:
        """The energy that the last plausible reading showed; 0 before the first. [kWh]"""
        return self._last[1]

    def unread_seconds(self, now: float) -> float:
        """Return for how long up to this moment no plausible reading gives the energy. [s]"""
        return self._unread_seconds + (0.0 if self._odd is None else max(0.0, now - self._last[0]))


def _is_plausible(kwh: float, seconds: float, ceiling_w: float) -> bool:
    return -_ROUNDING_KWH <= kwh <= ceiling_w * (seconds + _SLACK_SECONDS) / WATT_SECONDS_PER_KWH


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


def points_of(
    readings: list[JournalRecord], ceilings_w: Mapping[str, float]
) -> tuple[tuple[Point, ...], dict[str, EnergyCheck]]:
    """Take the readings in order; one that goes back in time or in energy keeps what was reached before.

    So does one that is below zero or beyond the hardware, which its component's check then counts. The energy of a
    run that was read after its end is cut off its last record, which may thus be less than a sample's.

    Parameters
    ----------
    readings : list of dict
        Samples, and the meter's last record.
    ceilings_w : mapping of str to float
        Power that no component exceeds. [W]
    """
    points: list[Point] = []
    checks = {name: EnergyCheck(0.0) for name in COMPONENTS}
    newest = 0.0
    for record in readings:
        seconds = fields.amount(record, "elapsed_seconds")
        if seconds is None or seconds < newest:
            continue
        newest = seconds
        energies = fields.mapping(record, "energy_kwh")
        for name, check in checks.items():
            value = fields.number(energies, name)
            if value is not None and not 0 <= value < check.shown_kwh:
                check.take(seconds, value, ceilings_w[name])
        points.append(Point(seconds, {name: check.kwh for name, check in checks.items()}))
    return tuple(points), checks


def left_out_times(
    readings: Iterable[JournalRecord], checks: Mapping[str, EnergyCheck], reached_seconds: float
) -> dict[str, list[tuple[float, float]]]:
    """Return the time in which the energy of a component was left out: up to which moment how long. [s, s]

    The meter states what it left out itself; to that comes what has no plausible energy in its journal.
    """
    found: dict[str, list[tuple[float, float]]] = {}
    for record in readings:
        seconds, unread = fields.amount(record, "elapsed_seconds"), fields.mapping(record, "unread_seconds")
        for name in COMPONENTS if seconds is not None else ():
            if length := fields.amount(unread, name):
                found.setdefault(name, []).append((seconds or 0.0, length))
    for name, check in checks.items():
        if length := check.unread_seconds(reached_seconds):
            times = found.setdefault(name, [])
            times.append((reached_seconds, length + (times[-1][1] if times else 0.0)))
    return found


def ceilings_of(start: JournalRecord, records: ByType, components: Iterable[Component]) -> dict[str, float]:
    """Return the power that no component of the computer exceeds: as its meter stated, else by the devices' names."""
    stated = last_mapping([start, *records.get("component", ())], "ceilings_w")
    known = {name: watts for name in COMPONENTS if (watts := fields.amount(stated, name))}
    if not stated:
        known = ceilings_by_name((part.component, part.name) for part in components)
    return CEILINGS_W | known


def left_out_of(newest: JournalRecord, quality: dict[str, Any]) -> int:
    """Count the readings that a meter left out; of 0.1.0, that it cut to a ceiling."""
    return fields.whole(newest, "left_out") or fields.whole(quality, "clamped") or 0


def read_names(record: JournalRecord) -> frozenset[str]:
    """Name the components that a sample has read: one whose power is null or left out was not, whatever its energy."""
    energies, powers = fields.mapping(record, "energy_kwh"), fields.mapping(record, "power_w")
    powers = powers or energies
    marks = record.get("marks")
    if isinstance(marks, list) and "clamped" in marks:  # what was left out counts by the time that is stated for it
        powers = powers | dict.fromkeys(fields.mapping(record, "unread_seconds"), 0.0)
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


def lost_of(
    points: Sequence[Point], components: Iterable[Component], changes: Iterable[tuple[str, str, str]]
) -> Iterator[str]:
    """Name the kinds with energy of which a part is unknown at the end, such as one board of several."""
    reached = points[-1].energy_kwh if points else {}
    newest = {kind: quality for kind, quality, _ in changes}
    unknown = {part.component for part in components if part.quality == "unknown"}
    unknown |= {kind for kind, quality in newest.items() if quality == "unknown"}
    yield from (kind for kind, kwh in reached.items() if kwh is not None and kind in unknown)


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
