"""Energy of powers that were read now and then: linear between two readings, gaps left out and counted.

Whatever number of readings there is, a series takes the same memory: its steps are kept as sums by their length.
"""

from bisect import bisect_right, insort
from collections.abc import Iterator
from itertools import pairwise
from math import exp, floor, inf, log, nan
from typing import NamedTuple

from greentrain.errors import DataError
from greentrain.importing.limits import limit

_BINS_PER_E = 16.0
"""Bins of steps' lengths per factor e: two lengths in one differ by 6 % at most. [1]"""

_MOST_PARTS = 10_000
_NO_ORDER = "they are in no order of time: sort the rows of the file by it"


class IntegratedEnergy(NamedTuple):
    """What a series of readings holds.

    Attributes
    ----------
    joules, seconds : float
        Energy, and the time in which it is known. [J], [s]
    first, last : float
        Seconds since 1970. [s]
    bridged_seconds, gap_seconds : float
        Time in steps that are longer than usual, taken as linear, and in those that are too long for that. [s]
    """

    joules: float
    seconds: float
    first: float
    last: float
    bridged_seconds: float
    gap_seconds: float

    def with_other(self, other: "IntegratedEnergy") -> "IntegratedEnergy":
        """Return what two series of one device hold together."""
        return IntegratedEnergy(
            self.joules + other.joules,
            self.seconds + other.seconds,
            min(self.first, other.first),
            max(self.last, other.last),
            self.bridged_seconds + other.bridged_seconds,
            self.gap_seconds + other.gap_seconds,
        )


class _Part(NamedTuple):
    """Readings in order: the first and the last time [s] with their values, and whether what follows is known here."""

    first: float
    first_value: float
    last: float
    last_value: float
    is_cut: bool = False


class _Series:
    """Readings of one device, in parts that are in order and share no time: one inside of a part is a repeated one."""

    def __init__(self) -> None:
        self._parts = list[_Part]()
        self._began: tuple[float, float] | None = None
        self._last, self._until, self._value, self._step = nan, inf, 0.0, 0.0
        self._longest = limit("longest_bridge_s")

    def _turn(self, time: float, value: float) -> bool:
        """Begin another part; False where another one holds the time."""
        self.end_part()
        place = bisect_right(self._parts, time, key=_first_of)
        if place and time <= self._parts[place - 1].last:
            return False
        if len(self._parts) >= _MOST_PARTS:
            raise DataError("readings of a device", _NO_ORDER)
        self._until = self._parts[place].first if place < len(self._parts) else inf
        self._began, self._last, self._value = (time, value), time, value
        return True

    def _is_gap(self, step: float) -> bool:
        """Whether readings that come later in the file may be inside of a step. [s]"""
        return step > self._longest and self._step < step / limit("gap_periods") and len(self._parts) < _MOST_PARTS // 2

    def end_part(self, *, is_cut: bool = False) -> None:
        """Begin another part of the same readings, which may be before or behind: what is between them counts."""
        if self._began is not None:
            insort(self._parts, _Part(*self._began, self._last, self._value, is_cut), key=_first_of)
        self._began, self._last = None, nan

    def cut(self) -> None:
        """Begin anew at the next reading: what is between is not known here."""
        self.end_part(is_cut=True)

    def _between(self) -> Iterator[tuple[float, float, float]]:
        """Yield the time from each part to the next one, with the values around it. [s]"""
        self.end_part()
        for before, later in pairwise(self._parts):
            if not before.is_cut and later.first > before.last:
                yield later.first - before.last, before.last_value, later.first_value


def _first_of(part: _Part) -> float:
    return part.first


class PowerIntegral(_Series):
    """Readings of one device's power; those inside of a time that was read before are repeated ones."""

    def __init__(self) -> None:
        super().__init__()
        self._bins: dict[int, list[float]] = {}
        self._sums = list[float]()

    def add(self, time: float, watts: float) -> bool:
        """Add a reading; False of one that is inside of a time in which others were added before, and left out.

        Parameters
        ----------
        time : float
            Seconds since 1970. [s]
        watts : float
            Power. [W]
        """
        step = time - self._last
        if not (step >= 0 and time < self._until) or (step > self._longest and self._is_gap(step)):
            return self._turn(time, watts)
        if step > 0:
            if step != self._step:  # most are as long as the one before
                self._step = step
                self._sums = self._bins.setdefault(_bin_of(step), [0.0, 0.0, 0.0])
            sums = self._sums
            sums[0] += 1
            sums[1] += step
            sums[2] += step * (watts + self._value) / 2
        self._last, self._value = time, watts
        return True

    def energy(self) -> IntegratedEnergy | None:
        """Return what it holds; None of fewer than two readings."""
        bins = {at: [*sums] for at, sums in self._bins.items()}
        for step, before, later in self._between():
            sums = bins.setdefault(_bin_of(step), [0.0, 0.0, 0.0])
            bins[_bin_of(step)] = [sums[0] + 1, sums[1] + step, sums[2] + step * (before + later) / 2]
        if not bins:
            return None
        usual = limit("gap_periods") * _usual_step(bins)
        longest = max(self._longest, usual)
        joules = seconds = bridged = gap = 0.0
        for _, (number, length, energy) in sorted(bins.items()):
            mean = length / number
            if mean > longest:
                gap += length
                continue
            joules, seconds = joules + energy, seconds + length
            bridged += length if mean > usual else 0.0
        return IntegratedEnergy(joules, seconds, self._parts[0].first, self._parts[-1].last, bridged, gap)


def _bin_of(step: float) -> int:
    return floor(log(step) * _BINS_PER_E)


def _usual_step(bins: dict[int, list[float]]) -> float:
    """Return the median step, within the width of a bin. [s]"""
    half = sum(number for number, _, _ in bins.values()) / 2
    for _, (number, length, _) in sorted(bins.items()):
        half -= number
        if half <= 0:
            return length / number
    return exp(max(bins) / _BINS_PER_E)


class CounterIntegral(_Series):
    """Readings of a counter of energy; where it begins anew, what it shows then was added since.

    Attributes
    ----------
    has_begun_anew : bool
        Whether it did.
    """

    def __init__(self) -> None:
        super().__init__()
        self._joules = self._seconds = 0.0
        self._steps = 0
        self.has_begun_anew = False

    def add(self, time: float, joules: float) -> bool:
        """Add a reading; False of one that is inside of a time in which others were added before, and left out.

        Parameters
        ----------
        time : float
            Seconds since 1970. [s]
        joules : float
            What the counter shows. [J]
        """
        step = time - self._last
        if not (step >= 0 and time < self._until) or (step > self._longest and self._is_gap(step)):
            return self._turn(time, joules)
        self._joules += self._added(self._value, joules)
        self._seconds += step
        self._steps += 1
        self._last, self._value, self._step = time, joules, step
        return True

    def _added(self, before: float, later: float) -> float:
        """Return the energy from one reading to the next. [J]"""
        self.has_begun_anew = self.has_begun_anew or later < before
        return later - before if later >= before else later

    def energy(self) -> IntegratedEnergy | None:
        """Return what it holds; None of fewer than two readings."""
        joules, seconds, steps = self._joules, self._seconds, self._steps
        for step, before, later in self._between():
            joules, seconds, steps = joules + self._added(before, later), seconds + step, steps + 1
        if not steps:
            return None
        return IntegratedEnergy(joules, seconds, self._parts[0].first, self._parts[-1].last, 0.0, 0.0)
