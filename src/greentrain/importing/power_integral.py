"""Energy of powers that were read now and then: linear between two readings, gaps left out and counted.

Whatever number of readings there is, a series takes the same memory: its steps are kept as sums by their length.
"""

from itertools import pairwise
from math import exp, floor, log
from typing import NamedTuple

from greentrain.importing.limits import limit

_BINS_PER_E = 16.0
"""Bins of steps' lengths per factor e: two lengths in one differ by 6 % at most. [1]"""


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


class PowerIntegral:
    """Readings of one device's power, in order."""

    def __init__(self) -> None:
        self._bins: dict[int, list[float]] = {}
        self._first: float | None = None
        self._last: float | None = None
        self._watts = self._highest = self._step = 0.0
        self._sums = list[float]()
        self._ends: list[tuple[float, float, float, float]] = []
        self._began: tuple[float, float] | None = None

    def add(self, time: float, watts: float) -> bool:
        """Add a reading; a time that goes back begins anew, and gives False.

        Parameters
        ----------
        time : float
            Seconds since 1970. [s]
        watts : float
            Power. [W]
        """
        if self._first is None:
            self._first = self._highest = time
        if self._began is None:
            self._began = time, watts
        step = 0.0 if self._last is None else time - self._last
        if step > 0:
            self._add_step(step, (watts + self._watts) / 2)
        self._last, self._watts = time, watts
        if time > self._highest:
            self._highest = time
        elif time < self._first:
            self._first = time
        return step >= 0

    def _add_step(self, step: float, watts: float) -> None:
        if step != self._step:  # most are as long as the one before
            self._step = step
            self._sums = self._bins.setdefault(floor(log(step) * _BINS_PER_E), [0.0, 0.0, 0.0])
        sums = self._sums
        sums[0] += 1
        sums[1] += step
        sums[2] += step * watts

    def cut(self) -> None:
        """Begin anew at the next reading: what is between is not known here."""
        self._last = None

    def end_part(self) -> None:
        """Begin another part of the same readings, which may be before or behind: what is between them counts."""
        if self._began is not None and self._last is not None:
            self._ends.append((*self._began, self._last, self._watts))
        self._began = self._last = None

    def _join(self) -> None:
        self.end_part()
        for before, later in pairwise(sorted(self._ends)):
            if later[0] > before[2]:
                self._add_step(later[0] - before[2], (before[3] + later[1]) / 2)
        self._ends = []

    def energy(self) -> IntegratedEnergy | None:
        """Return what it holds; None of fewer than two readings."""
        if self._ends:
            self._join()
        if not self._bins or self._first is None:
            return None
        usual = limit("gap_periods") * self._usual_step()
        longest = max(limit("longest_bridge_s"), usual)
        joules = seconds = bridged = gap = 0.0
        for _, (number, length, energy) in sorted(self._bins.items()):
            mean = length / number
            if mean > longest:
                gap += length
                continue
            joules, seconds = joules + energy, seconds + length
            bridged += length if mean > usual else 0.0
        return IntegratedEnergy(joules, seconds, self._first, self._highest, bridged, gap)

    def _usual_step(self) -> float:
        """Return the median step, within the width of a bin. [s]"""
        half = sum(number for number, _, _ in self._bins.values()) / 2
        for _, (number, length, _) in sorted(self._bins.items()):
            half -= number
            if half <= 0:
                return length / number
        return exp(max(self._bins) / _BINS_PER_E)


class CounterIntegral:
    """Readings of a counter of energy, in order; where it begins anew, what it shows then was added since."""

    def __init__(self) -> None:
        self._first: float | None = None
        self._time = self._last = self._joules = self._seconds = 0.0
        self._steps = 0
        self._is_cut = False
        self._ends: list[tuple[float, float, float, float]] = []
        self._began: tuple[float, float] | None = None

    def add(self, time: float, joules: float) -> bool:
        """Add a reading; one below the reading before began anew, and gives False.

        Parameters
        ----------
        time : float
            Seconds since 1970. [s]
        joules : float
            What the counter shows. [J]
        """
        grows = self._first is None or self._is_cut or joules >= self._last
        self._began = self._began or (time, joules)
        if self._first is None:
            self._first = time
        elif not self._is_cut:
            self._joules += joules - self._last if grows else joules
            self._seconds += max(0.0, time - self._time)
            self._steps += 1
        self._time, self._last, self._is_cut = max(self._time, time), joules, False
        self._first = min(self._first, time)
        return grows

    def cut(self) -> None:
        """Begin anew at the next reading: what is between is not known here."""
        self._is_cut = True

    def end_part(self) -> None:
        """Begin another part of the same counter, which may be before or behind."""
        if self._began is not None:
            self._ends.append((*self._began, self._time, self._last))
        self._began, self._time, self._is_cut = None, 0.0, True

    def _join(self) -> None:
        self.end_part()
        for before, later in pairwise(sorted(self._ends)):
            if later[0] > before[2]:
                self._joules += later[1] - before[3] if later[1] >= before[3] else later[1]
                self._seconds += later[0] - before[2]
        self._time, self._ends = max(end[2] for end in self._ends), []

    def energy(self) -> IntegratedEnergy | None:
        """Return what it holds; None of fewer than two readings."""
        if self._ends:
            self._join()
        if not self._steps or self._first is None:
            return None
        return IntegratedEnergy(self._joules, self._seconds, self._first, self._time, 0.0, 0.0)
