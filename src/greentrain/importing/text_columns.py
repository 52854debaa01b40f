"""Columns of a part of a text as arrays: what is plain is read at once.

What is not plain is read cell by cell by the functions that read single rows, or left to whoever reads those.
"""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta, tzinfo
from functools import cache
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from greentrain.importing.text_parts import COUNTS, MOMENTS, NOTHING, TEXT, NumberArray, Strings
from greentrain.importing.values import moment

_MOST_DIGITS = 15
"""Numbers of so many digits are exact as floats. [1]"""

_MOST_COUNT = 10**_MOST_DIGITS
_LARGEST_TABLE = 1 << 20
_SECONDS_A_DAY = 86_400
_FIRST_YEAR, _LAST_YEAR = 1970, 2099
_MONTHS = 12


def distinct(*codes: NumberArray) -> tuple[NumberArray, NumberArray]:
    """Return the first row of each combination of codes, and which of them each row has."""
    mixed, size = codes[0], int(codes[0].max(initial=0)) + 1
    for each in codes[1:]:
        wide = int(each.max(initial=0)) + 1
        if size * wide > 1 << 62:
            _, mixed = np.unique(mixed, return_inverse=True)
            size = len(mixed)
        size *= wide
        mixed = mixed.astype(np.int32 if size < 1 << 31 else np.int64) * wide + each
    if size > _LARGEST_TABLE:
        _, first, which = np.unique(mixed, return_index=True, return_inverse=True)
        return first, which
    firsts = np.full(size, -1, dtype=np.int32)
    firsts[mixed[::-1]] = np.arange(len(mixed) - 1, -1, -1, dtype=np.int32)
    there = firsts >= 0
    return firsts[there], (np.cumsum(there, dtype=np.int32) - 1)[mixed]


def read_numbers(column: Strings, read: Callable[[str], float | None]) -> NumberArray:
    """Return whole numbers at once, and what else there is cell by cell; NaN of what is none."""
    if column.type == COUNTS:
        numbers = _values(column, np.uint64).astype(np.float64)
        return np.where(_known(column), numbers, np.nan) if column.null_count else numbers
    whole, is_plain = whole_numbers(column)
    found = whole.astype(np.float64)
    is_empty = (lengths_of(column) == 0) & ~is_plain
    if is_empty.any():
        empty = read("")
        found[is_empty] = np.nan if empty is None else empty
    _read_others(found, np.flatnonzero(~is_plain & ~is_empty), column, read)
    return found


def whole_numbers(column: Strings) -> tuple[NumberArray, NumberArray]:
    """Return whole numbers, and where a cell is one and nothing else."""
    if column.type == COUNTS:
        numbers = _values(column, np.uint64)
        return numbers.view(np.int64), (numbers < _MOST_COUNT) & _known(column)
    is_plain = truth(pc.ascii_is_decimal(column)) & (lengths_of(column) <= _MOST_DIGITS)
    if is_plain.all():
        return _values(column.cast(pa.int64()), np.int64), is_plain
    rows, found = np.flatnonzero(is_plain), np.zeros(len(column), dtype=np.int64)
    found[rows] = _values(taken(column, rows).cast(pa.int64()), np.int64)
    return found, is_plain


def truth(column: Any) -> NumberArray:
    """Return what pyarrow answered of each cell."""
    found: NumberArray = _values(column.cast(pa.uint8()), np.uint8).astype(bool)
    return found


def is_nothing(column: Strings) -> NumberArray:
    """Return which cells of numbers, times or text are empty."""
    return truth(pc.is_in(column, value_set=pa.array(NOTHING))) if column.type == TEXT else ~_known(column)


def _known(column: Any) -> NumberArray:
    """Return which cells of numbers are not empty."""
    return truth(column.is_valid()) if column.null_count else np.ones(len(column), dtype=bool)


def codes_of(column: Strings) -> NumberArray:
    """Return the codes of cells that are distinct texts."""
    return _values(column.indices, np.int32)


def lengths_of(column: Strings) -> NumberArray:
    """Return how many bytes each cell has. [B]"""
    found: NumberArray = _values(pc.binary_length(column), np.int32)
    return found


def _values(column: Any, kind: type) -> NumberArray:
    """Return numbers of pyarrow as NumPy's; its own way there, and back, loads pandas, which takes half a second."""
    data = column.buffers()[1] or b""
    return np.frombuffer(data, dtype=kind)[column.offset : column.offset + len(column)]


def taken(column: Strings, rows: NumberArray) -> Strings:
    """Return some cells of a column, by the numbers of their rows as int64."""
    return column.take(pa.Array.from_buffers(pa.int64(), len(rows), [None, pa.py_buffer(np.ascontiguousarray(rows))]))


def _read_others(found: NumberArray, rows: NumberArray, column: Strings, read: Callable[[str], float | None]) -> None:
    found[rows] = np.nan
    if not len(rows):
        return
    codes = taken(column, rows).dictionary_encode()
    values = [read(text) for text in codes.dictionary.to_pylist()]
    known = np.array([np.nan if value is None else value for value in values], dtype=np.float64)
    found[rows] = known[codes_of(codes)]


@cache
def month_starts() -> NumberArray:
    """Return when each month begins, from 1970 on, seconds since 1970. [s]"""
    months = np.arange((_LAST_YEAR - _FIRST_YEAR + 1) * _MONTHS + 1).astype("datetime64[M]")
    found: NumberArray = months.astype("datetime64[s]").astype(np.int64)
    return found


def month_text(month: int) -> str:
    """Return the name of a month that is counted from 1970 on."""
    return f"{_FIRST_YEAR + month // _MONTHS:04d}-{month % _MONTHS + 1:02d}"


@cache
def _months_of_days() -> NumberArray:
    """Return the month of each day, both counted from 1970 on."""
    starts = month_starts() // _SECONDS_A_DAY
    return np.repeat(np.arange(len(starts) - 1, dtype=np.int16), np.diff(starts))


def read_moments(column: Strings, zone: tzinfo | None) -> tuple[NumberArray, NumberArray]:
    """Return moments as seconds since 1970, NaN of what is none [s], and their months, counted from 1970 on."""
    found = moments(column, zone)
    is_known = ~np.isnan(found)
    days = np.where(is_known, found, 0.0).astype(np.int64) // _SECONDS_A_DAY
    return found, np.where(is_known, _months_of_days()[days], np.int16(-1))


def moments(column: Strings, zone: tzinfo | None) -> NumberArray:
    """Return moments as seconds since 1970, NaN of what is none. [s]"""
    if column.type == MOMENTS:
        return _plain_moments(column, zone)
    found = np.empty(len(column))
    _read_others(found, np.arange(len(column)), column, lambda text: (moment(text, zone) or (None,))[0])
    return found


def _plain_moments(column: Strings, zone: tzinfo | None) -> NumberArray:
    """Return times without a zone in seconds since 1970; NaN of what is none. [s]"""
    last, local, good = month_starts()[-1], _values(column, np.int64), _known(column)
    good = good & (local >= 0) & (local < last)
    local = np.where(good, local, 0)
    seconds = local.astype(np.float64) if zone is None else local - _offsets(local, zone)
    return np.where(good & (seconds > 0) & (seconds < last), seconds, np.nan)


def _offsets(local: NumberArray, zone: tzinfo) -> NumberArray:
    """Return how far local time is ahead of UTC; NaN in hours in which that changes. [s]"""
    hours, which = np.unique(local // 3600, return_inverse=True)
    return np.array([_offset(int(hour) * 3600, zone) for hour in hours], dtype=np.float64)[which]


def _offset(start: int, zone: tzinfo) -> float:
    begins = datetime.fromtimestamp(start, UTC).replace(tzinfo=zone)
    first, last = begins.utcoffset(), (begins + timedelta(seconds=3599)).utcoffset()
    return float("nan") if first is None or first != last else first.total_seconds()
