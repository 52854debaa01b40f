"""Columns of a text of many rows as arrays, part by part: pyarrow parts the cells, and what is plain is read at once.

What is not plain is read cell by cell by the functions that read single rows, or left to whoever reads those.
"""

from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import UTC, datetime, timedelta, tzinfo
from functools import cache
from mmap import ACCESS_READ, mmap
from pathlib import Path
from typing import Any, NamedTuple, TypeAlias

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import csv

from greentrain.importing.foreign_file import LONGEST_LINE, ForeignFile
from greentrain.importing.values import clock_seconds, moment

NumberArray: TypeAlias = np.ndarray[Any, np.dtype[Any]]
Strings: TypeAlias = Any
"""An array of pyarrow: of strings, or of their codes and the distinct ones."""

_PART = 1 << 22
"""Bytes of a text that are read at once. [B]"""

_THREADS = 2
_MARK = b"\xef\xbb\xbf"
_MOST_DIGITS = 15
"""Numbers of so many digits are exact as floats. [1]"""

_LARGEST_TABLE = 1 << 20
_FIRST_YEAR, _LAST_YEAR = 1970, 2099
_MONTHS = 12
_MOMENT = "0000-00-00T00:00:00"
_MOMENT_BASE = np.frombuffer(_MOMENT.encode(), dtype=np.uint8)
_MOMENT_MOST = np.where(ord("0") == _MOMENT_BASE, 9, 0).astype(np.uint8)
_MOMENT_PAIRS = (0, 2, 5, 8, 11, 14, 17)
_CLOCKS = (5, 8, 10, 11)
"""Lengths of ``MM:SS``, ``HH:MM:SS`` and of these with days before. [characters]"""


class NotInColumns(Exception):
    """A text whose rows have to be read one by one."""


class TextPart(NamedTuple):
    """Some rows of a text.

    Attributes
    ----------
    columns : dict of str to Strings
        Those that were asked for.
    lines : array of int
        Numbers of the rows' lines.
    odd : array of int
        Numbers of the lines that have more cells or fewer.
    whole : int
        How many lines there are. [1]
    """

    columns: dict[str, Strings]
    lines: NumberArray
    odd: NumberArray
    whole: int

    def moved(self, first: int) -> "TextPart":
        """Return it with the numbers of lines behind others."""
        return self._replace(lines=self.lines + first, odd=self.odd + first)


def parts_of(
    file: ForeignFile, names: Sequence[str], delimiter: str, plain: Sequence[str], coded: Sequence[str]
) -> Iterator[TextPart]:
    """Yield a text in parts, of which some are read ahead.

    Parameters
    ----------
    file : ForeignFile
        The text.
    names : sequence of str
        Its columns; of several of one name the last counts.
    delimiter : str
        What parts the columns, one character.
    plain, coded : sequence of str
        Columns to read as they are, and as codes of distinct values.

    Raises
    ------
    NotInColumns
        Where lines end otherwise than they usually do, or never.
    """
    places = {name: str(place) for place, name in enumerate(names)}
    types = {places[name]: pa.string() for name in plain} | {
        places[name]: pa.dictionary(pa.int32(), pa.string()) for name in coded
    }
    wanted = {name: places[name] for name in (*plain, *coded)}
    with ThreadPoolExecutor(_THREADS) as pool:
        ahead: deque[Future[TextPart]] = deque()
        first = 1
        for text in _texts(file):
            ahead.append(pool.submit(_parsed, text, len(names), delimiter, types, wanted))
            if len(ahead) > _THREADS:
                part = ahead.popleft().result()
                yield part.moved(first)
                first += part.whole
        for future in ahead:
            part = future.result()
            yield part.moved(first)
            first += part.whole


def _texts(file: ForeignFile) -> Iterator[bytes]:
    """Yield some whole lines of a text after the other."""
    with Path(file.path).open("rb") as stream, mmap(stream.fileno(), 0, access=ACCESS_READ) as whole:
        size, start = len(whole), len(_MARK) if whole[: len(_MARK)] == _MARK else 0
        while start < size:
            end = size if start + _PART >= size else whole.rfind(b"\n", start, start + _PART) + 1
            if not end:
                raise NotInColumns
            yield whole[start:end]
            file.report(end / size)
            start = end


def _cleaned(text: bytes, delimiter: bytes) -> bytes:
    """Return lines as bytes of UTF-8 with the usual ends; quoted ones are left empty."""
    if b"\r" in text:
        text = text.replace(b"\r\n", b"\n")
        if b"\r" in text:
            raise NotInColumns
    if not text.isascii():
        text = text.decode("utf-8", "replace").encode()
    place = 0
    while len(text) - place >= LONGEST_LINE:  # a line that is longer has no end within reach
        place = text.rfind(b"\n", place, place + LONGEST_LINE) + 1
        if not place:
            raise NotInColumns
    if b'"' in text:
        lines = text.split(b"\n")
        text = b"\n".join(b"" if line.startswith(b'"') or delimiter + b'"' in line else line for line in lines)
    return text


def _parsed(text: bytes, columns: int, delimiter: str, types: Mapping[str, Any], wanted: Mapping[str, str]) -> TextPart:
    text, odd = _cleaned(text, delimiter.encode()), list[int]()
    lines = text.count(b"\n") + (not text.endswith(b"\n"))

    def leave_out(row: Any) -> str:
        odd.append(row.number)
        return "skip"

    table = _table(
        text,
        read_options=csv.ReadOptions(
            use_threads=False, block_size=len(text) + 1, column_names=[str(place) for place in range(columns)]
        ),
        parse_options=csv.ParseOptions(
            delimiter=delimiter, quote_char=False, ignore_empty_lines=False, invalid_row_handler=leave_out
        ),
        convert_options=csv.ConvertOptions(
            include_columns=[*wanted.values()], column_types=types, strings_can_be_null=False
        ),
    )
    left_out = np.array(odd, dtype=np.int64) - 1
    numbers = np.delete(np.arange(lines, dtype=np.int64), left_out)
    if len(numbers) != table.num_rows:
        raise NotInColumns
    chunks = {name: table.column(place).combine_chunks() for name, place in wanted.items()}
    return TextPart({name: _one(chunk) for name, chunk in chunks.items()}, numbers, left_out, lines)


def _table(text: bytes, **options: Any) -> Any:
    try:
        return csv.read_csv(pa.py_buffer(text), **options)
    except pa.ArrowException:
        raise NotInColumns from None


def _one(column: Any) -> Strings:
    return column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column


class Codes:
    """Distinct texts of a column, over all its parts.

    Attributes
    ----------
    texts : list of str
        By code.
    """

    def __init__(self) -> None:
        self.texts: list[str] = []
        self._known: dict[str, int] = {}

    def of(self, column: Strings) -> NumberArray:
        """Return the codes of a part."""
        texts = column.dictionary.to_pylist()
        codes = np.array([self._code(text) for text in texts], dtype=np.int64)
        return codes[_values(column.indices, np.int32)] if len(texts) else np.zeros(0, dtype=np.int64)

    def _code(self, text: str) -> int:
        found = self._known.get(text)
        if found is None:
            found = self._known[text] = len(self.texts)
            self.texts.append(text)
        return found


def distinct(*codes: NumberArray) -> tuple[NumberArray, NumberArray]:
    """Return the first row of each combination of codes, and which of them each row has."""
    mixed = np.zeros(len(codes[0]), dtype=np.int64)
    size = 1
    for each in codes:
        wide = int(each.max(initial=0)) + 1
        if size * wide > 1 << 62:
            _, mixed = np.unique(mixed, return_inverse=True)
            size = len(mixed)
        mixed, size = mixed * wide + each, size * wide
    if size > _LARGEST_TABLE:
        _, first, which = np.unique(mixed, return_index=True, return_inverse=True)
        return first, which
    firsts = np.full(size, -1, dtype=np.int64)
    firsts[mixed[::-1]] = np.arange(len(mixed) - 1, -1, -1)
    there = firsts >= 0
    return firsts[there], (np.cumsum(there) - 1)[mixed]


def read_numbers(column: Strings, read: Callable[[str], float | None]) -> NumberArray:
    """Return whole numbers at once, and what else there is cell by cell; NaN of what is none."""
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
    found[rows] = known[_values(codes.indices, np.int32)]


def _characters(column: Strings, length: int) -> tuple[NumberArray, NumberArray]:
    """Return the rows whose cells have this length, and their bytes, a row each."""
    rows = np.flatnonzero(lengths_of(column) == length)
    cells = column if len(rows) == len(column) else taken(column, rows)
    if not len(rows):
        return rows, np.zeros((0, length), dtype=np.uint8)
    start = np.frombuffer(cells.buffers()[1], dtype=np.int32)[cells.offset]
    whole = np.frombuffer(cells.buffers()[2], dtype=np.uint8)
    return rows, whole[start : start + len(rows) * length].reshape(-1, length)


def _digits(bytes_of: NumberArray, places: Sequence[int]) -> tuple[NumberArray, NumberArray]:
    """Return the number that stands at these places, and where it is one."""
    value, is_number = np.zeros(len(bytes_of), dtype=np.int64), np.ones(len(bytes_of), dtype=bool)
    for place in places:
        digit = bytes_of[:, place] - 48  # what is below wraps around
        is_number &= digit <= 9
        value = value * 10 + digit
    return value, is_number


def read_clocks(column: Strings) -> NumberArray:
    """Return durations in seconds; NaN of what is none. [s]"""
    found = np.full(len(column), np.nan)
    for length in _CLOCKS:
        rows, cells = _characters(column, length)
        value, is_plain = np.zeros(len(rows)), np.ones(len(rows), dtype=bool)
        ends = [(length - 2, 1.0), (length - 5, 60.0), (length - 8, 3600.0)][: 2 if length < 8 else 3]
        for place, unit in ends:
            number, is_number = _digits(cells, (place, place + 1))
            value, is_plain = value + unit * number, is_plain & is_number
            if place:
                is_plain &= cells[:, place - 1] == (58 if place > length - 8 else 45)
        if length > 8:
            days, is_number = _digits(cells, range(length - 9))
            value, is_plain = value + 86_400.0 * days, is_plain & is_number
        found[rows[is_plain]] = value[is_plain]
    _read_others(found, np.flatnonzero(np.isnan(found)), column, clock_seconds)
    return found


@cache
def month_starts() -> NumberArray:
    """Return when each month begins, from 1970 on, seconds since 1970. [s]"""
    months = np.arange((_LAST_YEAR - _FIRST_YEAR + 1) * _MONTHS + 1).astype("datetime64[M]")
    found: NumberArray = months.astype("datetime64[s]").astype(np.int64)
    return found


def month_text(month: int) -> str:
    """Return the name of a month that is counted from 1970 on."""
    return f"{_FIRST_YEAR + month // _MONTHS:04d}-{month % _MONTHS + 1:02d}"


def read_moments(column: Strings, zone: tzinfo | None) -> tuple[NumberArray, NumberArray]:
    """Return moments as seconds since 1970, NaN of what is none [s], and their months, counted from 1970 on."""
    found, months = np.full(len(column), np.nan), np.full(len(column), -1, dtype=np.int32)
    starts = month_starts()
    rows, cells = _characters(column, len(_MOMENT))
    digits = cells - _MOMENT_BASE  # what is below wraps around
    good = (digits <= _MOMENT_MOST).all(axis=1)
    century, of_century, month, day, hour, minute, second = (_two(digits, place) for place in _MOMENT_PAIRS)
    year = 100 * century + of_century
    good &= (year >= _FIRST_YEAR) & (year <= _LAST_YEAR) & (month >= 1) & (month <= _MONTHS) & (day >= 1)
    good &= (hour < 24) & (minute < 60) & (second < 60)
    number = np.where(good, (year - _FIRST_YEAR) * _MONTHS + month - 1, 0)
    in_month = (day - 1) * 86_400 + hour * 3600 + minute * 60 + second
    good &= in_month < starts[number + 1] - starts[number]
    local = starts[number] + in_month
    seconds = local.astype(np.float64) if zone is None else local - _offsets(local, zone)
    good &= (seconds > 0) & (seconds < starts[-1])
    found[rows[good]] = seconds[good]
    if zone is None:
        months[rows[good]] = number[good]

    def read(text: str) -> float | None:
        known = moment(text, zone)
        return None if known is None else known[0]

    _read_others(found, np.flatnonzero(np.isnan(found)), column, read)
    others = np.flatnonzero((months < 0) & ~np.isnan(found))
    months[others] = np.searchsorted(starts, found[others], side="right") - 1
    return found, months


def _two(digits: NumberArray, place: int) -> NumberArray:
    """Return the number of two digits, in a wider type."""
    return digits[:, place].astype(np.int64) * 10 + digits[:, place + 1]


def _offsets(local: NumberArray, zone: tzinfo) -> NumberArray:
    """Return how far local time is ahead of UTC; NaN in hours in which that changes. [s]"""
    hours, which = np.unique(local // 3600, return_inverse=True)
    return np.array([_offset(int(hour) * 3600, zone) for hour in hours], dtype=np.float64)[which]


def _offset(start: int, zone: tzinfo) -> float:
    begins = datetime.fromtimestamp(start, UTC).replace(tzinfo=zone)
    first, last = begins.utcoffset(), (begins + timedelta(seconds=3599)).utcoffset()
    return float("nan") if first is None or first != last else first.total_seconds()
