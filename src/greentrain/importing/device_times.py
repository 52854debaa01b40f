"""When which device was read: files of one device that overlap in time hold what they have in common once.

A device is the same where its own id is, or where the files have the same readings in common. A few of them are kept
for that, spread over the time: in each stretch the one with the lowest hash, so that any two files choose alike.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache
from hashlib import sha256
from math import floor
from typing import Any, NamedTuple

from greentrain.errors import OwnErrors

_MOST_STRETCHES = 32
_SHORTEST, _DOUBLE = 1.0, 2.0
_ID = re.compile(r"\b(?:gpu-)?[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b")
"""An id that no other device has."""

_LEAST_SHARED = 0.5
"""Part of the kept readings within the overlap that has to be the same in both. [1]"""

_LEAST_ALIKE, _LEAST_VALUES, _LEAST_KEPT = 0.75, 2, 4
"""That part where the devices have other names, of how many values, since boards without work draw the same, and of how
many readings. [1]"""

_MOST_NUMBERS = 64
_KINDS = ("id", "number", "other")
_DAY = 86_400.0
_MOST_DAYS = 1000
_LABEL_LENGTH = 16
_MULTIPLIERS, _MASK = (2_654_435_761, 40_503_001), 0xFFFF_FFFF

TimeSpans = Sequence[tuple[float, float]]
"""Stretches of time, from and to. [s]"""


class DeviceTimes(NamedTuple):
    """When a device was read.

    Attributes
    ----------
    label : str
        A hash of its name.
    has_id : bool
        Whether its name holds an id that no other device has.
    first, last : float
        Seconds since 1970. [s]
    kept : tuple of (float, int)
        Times [s] and hashes of some readings.
    """

    label: str
    has_id: bool
    first: float
    last: float
    kept: tuple[tuple[float, int], ...]


class ReadingSketch:
    """Chooses readings of a device as they come."""

    def __init__(self) -> None:
        self._length = _SHORTEST
        self._lowest: dict[int, tuple[int, float]] = {}

    def add(self, time: float, value: float) -> None:
        """Look at a reading: time [s], and power [W] or counter [J]."""
        mixed = (int(time * 1e3) * _MULTIPLIERS[0] ^ int(value * 1e2) * _MULTIPLIERS[1]) & _MASK
        stretch = floor(time / self._length)
        lowest = self._lowest.get(stretch)
        if lowest is None or mixed < lowest[0]:
            self._lowest[stretch] = mixed, time
            while len(self._lowest) > _MOST_STRETCHES:
                self._length *= _DOUBLE
                self._lowest = {
                    stretch: min(pair for at, pair in self._lowest.items() if at // 2 == stretch)
                    for stretch in {at // 2 for at in self._lowest}
                }

    def times(self, name: str, first: float, last: float) -> DeviceTimes:
        """Return when the device of this name was read, between these moments [s]."""
        kept = sorted((time, mixed) for mixed, time in self._lowest.values())
        return DeviceTimes(label_of(name), _ID.search(name.casefold()) is not None, first, last, tuple(kept))


def label_of(name: str) -> str:
    """Return a hash of a device's name, which may be somebody's; of its id alone where it has one."""
    found = _ID.search(name.casefold())
    name = found[0].removeprefix("gpu-") if found else name
    return sha256(name.encode("utf-8", "replace")).hexdigest()[:_LABEL_LENGTH]


class KnownTimes:
    """When devices were read in runs that are known."""

    def __init__(self) -> None:
        self._by_day: dict[tuple[str, int], dict[tuple[str, str], DeviceTimes]] = {}
        self._of_run: dict[str, tuple[DeviceTimes, ...]] = {}

    def put(self, id: str, times: tuple[DeviceTimes, ...]) -> None:
        """Keep those of a run, in place of what was known of it; those of a shorter copy don't count."""
        if _seconds(times) < _seconds(self._of_run.get(id, ())):
            return
        for each in self._of_run.pop(id, ()):
            for place in _days(each, each.label, _kind(each)):
                self._by_day.get(place, {}).pop((id, each.label), None)
        for each in times:
            for place in _days(each, each.label, _kind(each)):
                self._by_day.setdefault(place, {})[id, each.label] = each
        self._of_run[id] = times

    def put_stored(self, rows: Iterable[Any]) -> None:
        """Keep what the head of an import holds, as `stored` writes it."""
        for row in rows:
            with OwnErrors(ValueError, TypeError, KeyError):
                times = (
                    DeviceTimes(str(label), bool(has_id), float(first), float(last), tuple((t, h) for t, h in kept))
                    for label, has_id, first, last, kept in row[1]
                )
                self.put(str(row[0]), tuple(times))

    def stored(self, ids: Iterable[str]) -> Iterator[tuple[str, tuple[DeviceTimes, ...]]]:
        """Yield what is known of these runs, as an import's head holds it."""
        yield from ((id, self._of_run[id]) for id in ids if id in self._of_run)

    def covered(self, id: str, times: Iterable[DeviceTimes]) -> dict[str, TimeSpans]:
        """Return by label when other runs than this one hold its devices."""
        found: dict[str, TimeSpans] = {}
        for each in times:
            kept = frozenset(each.kept)
            spans = {
                (known.first, known.last)
                for place in _days(each, each.label, *(kind for kind in _KINDS if kind != _kind(each)))
                for (other, label), known in self._by_day.get(place, {}).items()
                if other != id and (label == each.label or not kept.isdisjoint(known.kept)) and _is_same(each, known)
            }
            if spans:
                found[each.label] = sorted(spans)
        return found


def _seconds(times: Iterable[DeviceTimes]) -> float:
    return sum(each.last - each.first for each in times)


def _days(times: DeviceTimes, *names: str) -> Iterator[tuple[str, int]]:
    """Yield these names with each day on which a device was read."""
    first = floor(times.first / _DAY)
    days = range(first, min(floor(times.last / _DAY), first + _MOST_DAYS) + 1)
    yield from ((name, day) for name in names for day in days)


def _is_same(one: DeviceTimes, other: DeviceTimes) -> bool:
    """Whether two devices are one, and were read at one time: by its id, or by readings where one has none."""
    start, end = max(one.first, other.first), min(one.last, other.last)
    is_named_alike = one.label == other.label
    if start >= end or (_kind(one) == _kind(other) and not is_named_alike):
        return False
    if one.has_id and is_named_alike:
        return True
    within = [{pair for pair in each.kept if start <= pair[0] <= end} for each in (one, other)]
    least, shared = min(map(len, within)), within[0] & within[1]
    if is_named_alike:
        return least > 0 and len(shared) >= _LEAST_SHARED * least
    is_alike = least >= _LEAST_KEPT and len(shared) >= _LEAST_ALIKE * least
    return is_alike and len({*map(_value, shared)}) >= _LEAST_VALUES


def _kind(times: DeviceTimes) -> str:
    """Return what its name is: an id, a number or whatever else; two of one kind that differ are two devices."""
    return _KINDS[0] if times.has_id else _KINDS[1] if times.label in _numbers() else _KINDS[2]


@cache
def _numbers() -> frozenset[str]:
    """Return the labels of accelerators that are numbered."""
    return frozenset(label_of(f"nvidia-smi:accelerator {number}") for number in range(_MOST_NUMBERS))


def _value(pair: tuple[float, int]) -> int:
    """Return what tells the value of a kept reading from others."""
    return (pair[1] ^ int(pair[0] * 1e3) * _MULTIPLIERS[0]) & _MASK


class Gaps:
    """Which readings of a device to leave out, since another run holds them.

    Parameters
    ----------
    spans : sequence of (float, float)
        When it does. [s]
    """

    def __init__(self, spans: TimeSpans) -> None:
        self._spans = spans
        self._before: float | None = None

    def is_within(self, time: float) -> bool:
        """Whether a reading is inside of a span; those at its ends are not."""
        return any(first < time < last for first, last in self._spans)

    def is_across(self, time: float) -> bool:
        """Whether a span lies between the reading that was looked at before and this one."""
        before, self._before = self._before, time
        return before is not None and any(before < last <= time and first < last for first, last in self._spans)


def gaps_of(covered: Mapping[str, TimeSpans], name: str) -> Gaps | None:
    """Return what to leave out of a device; None where that is nothing."""
    spans = covered.get(label_of(name)) if covered else None
    return Gaps(spans) if spans else None
