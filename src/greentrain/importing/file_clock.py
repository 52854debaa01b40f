"""The times of a file's readings: moments, also of local time whose hour comes twice, or seconds since its start."""

import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, tzinfo
from itertools import chain, islice, pairwise
from typing import TypeVar
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from greentrain.errors import InputError
from greentrain.importing.foreign_run import ReadOptions
from greentrain.importing.values import amount

_ELAPSED = re.compile(r"(?:.*[ _])?(?:elapsed|relative|runtime|since[ _]start)(?:[ _].*)?")
_UNIT = re.compile(r".*[ _.(\[](ns|us|ms|s|sec|secs|seconds|min|minutes|h|hours)[)\]]?")
_IN_UTC = re.compile(r"(?:^|[^a-z])(?:utc|gmt)(?:[^a-z]|$)")
_OF_DAY = re.compile(r"\d{1,2}:\d\d:\d\d(?:[.,:]\d{1,9})?")
_DAY = 86_400.0
_SECONDS = {"n": 1e-9, "u": 1e-6, "ms": 1e-3, "mi": 60.0, "h": 3600.0}
_LOOKED_AT, _MOST_TURNED = 400, 2_000_000
"""Readings that tell whether the latest are on top, and so many of a file of which they are. [1]"""

TimedRow = TypeVar("TimedRow")
_SAME_MOMENT = 60.0
"""Readings of several devices are not in order, by less than this. [s]"""

_NO_ORDER = 0.1
"""Part of the steps between rows that go back where these are in no order; few do where devices follow in turn. [1]"""

_HOUR, _SUNDAY, _LATEST_CHANGE = 3600.0, 7, 3
"""Clocks are put back by this [s], on this day of the week, to this hour at the latest."""


class FileClock:
    """Reads the times of one file, one after the other.

    Parameters
    ----------
    options : ReadOptions
        The zone of times without one.
    column : str, optional
        The name of their column, which may say that they count from the start, and in which unit.

    Attributes
    ----------
    is_dated : bool
        Whether its times are moments; else they count from its start.
    assumes_utc : bool
        Whether times were without a zone, and nobody stated one.
    """

    def __init__(self, options: ReadOptions, column: str = "") -> None:
        self._options = options._replace(time_zone=UTC) if _IN_UTC.search(column) else options
        self.is_dated = _ELAPSED.fullmatch(column) is None
        self.assumes_utc = False
        unit = found[1] if (found := _UNIT.fullmatch(column)) else "s"
        self._unit = next((factor for start, factor in _SECONDS.items() if unit.startswith(start)), 1.0)
        self._before: float | None = None
        self._last_cell = ""
        self._midnights = 0
        self._put_back = 0.0

    def read(self, cell: str) -> float | None:
        """Return when a reading was, in seconds since 1970 or since the start [s]; None of what is no time."""
        if cell != self._last_cell or self._before is None:  # the readings of one tick have one time
            time = self._read(cell)
            if time is None:
                return None
            self._last_cell = cell
        return self._before

    def peek(self, cell: str) -> float | None:
        """Return the moment of a reading that is not taken yet. [s]"""
        found = self._options.moment(cell) if self.is_dated else None
        return None if found is None else found[0]

    def _read(self, cell: str) -> float | None:
        found = self._options.moment(cell) if self.is_dated else None
        if found is None:
            value = self._of_day(cell.strip()) if _OF_DAY.fullmatch(cell.strip()) else amount(cell)
            if value is None or (self.is_dated and self._before is not None):
                return None
            self.is_dated = False
            self._before = value * self._unit
            return self._before
        seconds, is_zoned = found
        if not is_zoned:
            self.assumes_utc = self.assumes_utc or self._options.time_zone is None
            seconds = self._second_time(cell, seconds)
        self._before = seconds
        return seconds

    def _of_day(self, cell: str) -> float | None:
        """Return a time of day without a date, in the unit of this clock from the first midnight on."""
        hours, minutes, rest = cell.replace(",", ".").split(":", 2)
        seconds = int(hours) * 3600 + int(minutes) * 60 + float(rest.replace(":", "."))
        if self._before is not None and seconds + self._midnights * _DAY < self._before - _DAY / 2:
            self._midnights += 1
        return (seconds + self._midnights * _DAY) / self._unit

    def _second_time(self, cell: str, seconds: float) -> float:
        """Return the later of two moments of a local time where the earlier one would go back."""
        if self._options.time_zone is None:
            return seconds + self._hour_behind(seconds)
        if self._before is None or seconds >= self._before:
            return seconds
        later = self._options.moment(cell, fold=1)
        return later[0] if later is not None and later[0] >= self._before - _SAME_MOMENT else seconds

    def _hour_behind(self, seconds: float) -> float:
        """Return by how much clocks of an unknown zone were put back: an hour, in the night to a Sunday. [s]"""
        back = 0.0 if self._before is None else self._before - seconds - self._put_back
        if not self._put_back and _HOUR - _SAME_MOMENT <= back < _HOUR:
            moment = datetime.fromtimestamp(seconds, UTC)
            self._put_back = _HOUR if moment.isoweekday() == _SUNDAY and moment.hour <= _LATEST_CHANGE else 0.0
        elif back > _SAME_MOMENT:
            self._put_back = 0.0
        return self._put_back


def oldest_first(
    readings: Iterator[TimedRow], time_of: Callable[[TimedRow], float | None], note: Callable[[str], None]
) -> Iterator[TimedRow]:
    """Yield readings by their times, where those of the first ones fall: exports often have the latest on top.

    Where they are in no order they are sorted and it is noted, as long as that takes no more than memory.
    """
    first = [*islice(readings, _LOOKED_AT)]
    times = [time for time in map(time_of, first) if time is not None]
    steps = [later - before for before, later in pairwise(times)]
    if times and times[-1] < times[0] and all(step <= 0 for step in steps):
        first += islice(readings, _MOST_TURNED)
        first.reverse()
    elif sum(step < -_SAME_MOMENT for step in steps) > _NO_ORDER * len(times):
        first += islice(readings, _MOST_TURNED)
        first.sort(key=lambda each: time_of(each) or 0.0)
        note("The rows were in no order of time: they are sorted by it.")
    return chain(first, readings)


def zone_named(name: str | None) -> tzinfo | None:
    """Return a time zone by its name; None where none is stated.

    Raises
    ------
    InputError
        Where there is none of this name.
    """
    if name is None:
        return None
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise InputError("time_zone", name, "must be a time zone such as Europe/Berlin or UTC") from None
