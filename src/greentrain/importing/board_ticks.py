"""Rows of accelerators that nothing tells apart: which of them are of one tick, and how many accelerators there are.

Most ticks of the first rows tell how many they are. A tick with fewer rows has lost some; rows beyond them are of
accelerators that are there in that tick alone. Both are counted, and no row is left out.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import NamedTuple

from greentrain.importing.foreign_file import Tally
from greentrain.importing.limits import limit

_CLEAREST, _LEAST_STEP = 2.0, 1e-3
"""The step to the next tick is as many times one within a tick [1], which is taken as this long at least [s]."""

_MOST_DEVICES = 64
_TWO_LENGTHS = 0.9
"""Part of the ticks that have one of two numbers of rows where none is that of most. [1]"""

FEWER = "Ticks with fewer rows than the {} accelerators of most: one was lost, or its row is missing."
MORE = "Ticks with more rows than the {} accelerators of most: each further row counts in its tick alone."


class BoardReading(NamedTuple):
    """Power [W] or counter [J] of a device at a time [s], the name of its type, and what may tell it from others."""

    time: float
    device: str
    name: str | None
    watts: float | None
    tells: tuple[str, ...] = ()
    joules: float | None = None


NumberedRow = tuple[int, BoardReading]
"""A line and its reading."""


def numbered(rows: Iterator[NumberedRow], times: Sequence[float], tally: Tally) -> Iterator[NumberedRow]:
    """Yield readings with their place in the tick as the device, by the times of the first of them. [s]"""
    number, longest = ticks_in(times)
    if number == 1:
        yield from ((line, reading._replace(device="0")) for line, reading in rows)
        return
    boards = _Boards(number, tally)
    tick: list[NumberedRow] = []
    last = 0.0
    for line, reading in rows:
        if tick and not 0 <= reading.time - last <= longest:
            yield from boards.of_tick(tick)
            tick = []
        tick.append((line, reading))
        last = reading.time
    yield from boards.of_tick(tick)


class _Boards:
    """Gives the rows of one tick after the other to accelerators."""

    def __init__(self, number: int, tally: Tally) -> None:
        self._number, self._tally = number, tally
        self._time, self._had = 0.0, 0

    def of_tick(self, rows: Sequence[NumberedRow]) -> Iterator[NumberedRow]:
        """Yield the readings of a tick, or of several ones that followed too soon."""
        while len(rows) >= 2 * self._number:
            yield from self._numbered(rows[: self._number])
            rows = rows[self._number :]
        if rows:
            yield from self._numbered(rows)

    def _numbered(self, rows: Sequence[NumberedRow]) -> Iterator[NumberedRow]:
        number = len(rows)
        if number != self._number:
            self._tally.note((FEWER if number < self._number else MORE).format(self._number))
        for place, (line, reading) in enumerate(rows):
            if place >= max(self._number, self._had) and self._had and self._time < reading.time:
                yield from _nothing(rows[place], place, self._time)
            yield line, reading._replace(device=str(place))
        line, reading = rows[-1]
        for place in range(max(number, self._number), self._had):
            yield from _nothing(rows[-1], place, reading.time)
        self._time, self._had = reading.time, number


def _nothing(row: NumberedRow, place: int, time: float) -> Iterator[NumberedRow]:
    """Yield that an accelerator beyond the usual ones drew nothing at a time: it was not there. [s]"""
    line, reading = row
    if reading.joules is None:
        yield line, reading._replace(device=str(place), time=time, watts=0.0)


def ticks_in(times: Sequence[float]) -> tuple[int, float]:
    """Return how many rows most ticks have, and the longest step between two of them [s], as is clearest."""
    steps = [later - before for before, later in pairwise(times)]
    lengths = sorted({step for step in steps if step >= 0})
    best, clearest = (1, 0.0), _CLEAREST
    for within, between in pairwise(lengths):
        clear = between / max(within, _LEAST_STEP)
        if within > limit("same_tick_s") or clear < clearest:
            continue
        number = _usual([*_sizes(steps, within)])
        if 1 < number <= _MOST_DEVICES:
            best, clearest = (number, (within + between) / 2), clear
    return best


def _sizes(steps: Sequence[float], within: float) -> Iterator[int]:
    """Yield how many rows each tick has, whose steps are no longer than this. [s]"""
    size = 1
    for step in steps:
        if 0 <= step <= within:
            size += 1
        else:
            yield size
            size = 1
    yield size


def _usual(sizes: Sequence[int]) -> int:
    """Return how many rows most ticks have; of two numbers that all but some have the smaller; 1 where neither is."""
    (number, most), *others = Counter(sizes).most_common(2)
    if 2 * most > len(sizes):
        return number
    if others and abs(others[0][0] - number) == 1 and most + others[0][1] >= _TWO_LENGTHS * len(sizes):
        return max(2, min(number, others[0][0]))
    return 1
