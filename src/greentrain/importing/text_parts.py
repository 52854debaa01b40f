"""A text of many rows in parts that threads read, each into columns: pyarrow parts the cells and reads plain ones.

What is not plain stays text, for whoever asks for it to read cell by cell.
"""

import os
import re
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any, Generic, NamedTuple, TypeAlias, TypeVar

import numpy as np
import pyarrow as pa
from pyarrow import csv

from greentrain.importing.foreign_file import LONGEST_LINE, ForeignFile

NumberArray: TypeAlias = np.ndarray[Any, np.dtype[Any]]
Strings: TypeAlias = Any
"""An array of pyarrow: of strings, or of their codes and the distinct ones."""

TEXT, CODES = pa.string(), pa.dictionary(pa.int32(), pa.string())
COUNTS, MOMENTS = pa.uint64(), pa.timestamp("s")
"""How columns are read: as text, as codes of distinct texts; as numbers and times, as long as all cells are plain."""

_NUMBERS = (COUNTS, MOMENTS)
NOTHING = ["", "Unknown", "None"]
"""What numbers and times are empty of."""

_PART, _STEP = 1 << 22, 1 << 16
"""Bytes of a text that are read at once, and among which the end of its last line is looked for. [B]"""

_THREADS = 2
_MARK = b"\xef\xbb\xbf"
_MOST_FAILURES = 2
"""In so many parts a column of numbers may hold something else before it is read as text. [1]"""

_COLUMN = re.compile(r"CSV column #(\d+)")
Made = TypeVar("Made")


class NotInColumns(Exception):
    """A text whose rows have to be read one by one."""


class TextPart(NamedTuple):
    """Some rows of a text.

    Attributes
    ----------
    columns : dict of str to Strings
        Those that were asked for, or arrays of numbers.
    rows : int
        How many rows there are. [1]
    odd : array of int
        The lines of this part that have more cells or fewer, from 0 on.
    lines : int
        How many lines there are. [1]
    """

    columns: dict[str, Strings]
    rows: int
    odd: NumberArray
    lines: int


class Stretch(NamedTuple):
    """Where a part is: its first and last byte [B], the number of its first line."""

    start: int
    end: int
    line: int


class PlacedPart(NamedTuple, Generic[Made]):
    """What was made of a part, where that is, and which of its lines are odd."""

    stretch: Stretch
    odd: NumberArray
    made: Made


def parts_of(
    file: ForeignFile, names: Sequence[str], delimiter: str, kinds: Mapping[str, Any], make: Callable[[TextPart], Made]
) -> Iterator[PlacedPart[Made]]:
    """Yield what is made of the parts of a text, in their order; some are read ahead by threads.

    Parameters
    ----------
    file : ForeignFile
        The text; its first line, which may be a header, is left out.
    names : sequence of str
        Its columns; of several of one name the last counts.
    delimiter : str
        What parts the columns, one character.
    kinds : mapping
        Which columns to read, and how.
    make : callable
        Makes something of a part, in a thread.

    Raises
    ------
    NotInColumns
        Where lines end otherwise than they usually do, or never.
    """
    reader, line = _PartReader(names, delimiter, kinds), 2

    def read(start: int, end: int) -> tuple[TextPart, Made]:
        with Path(file.path).open("rb") as stream:
            part = reader.part(os.pread(stream.fileno(), end - start, start))
        return part, make(part)

    with ThreadPoolExecutor(_THREADS) as pool:
        ahead: deque[tuple[int, int, Future[tuple[TextPart, Made]]]] = deque()
        bounds = _bounds(file)
        following = next(bounds, None)
        while ahead or following:
            while following and len(ahead) <= _THREADS:
                ahead.append((*following, pool.submit(read, *following)))
                following = next(bounds, None)
            start, end, future = ahead.popleft()
            part, made = future.result()
            yield PlacedPart(Stretch(start, end, line), part.odd, made)
            line += part.lines


def first_line(file: ForeignFile) -> Stretch:
    """Return where the first line of a text is."""
    with Path(file.path).open("rb") as stream:
        start = len(_MARK) if os.pread(stream.fileno(), len(_MARK), 0) == _MARK else 0
        length = os.pread(stream.fileno(), LONGEST_LINE, start).find(b"\n") + 1
    if not length:
        raise NotInColumns
    return Stretch(start, start + length, 1)


def _bounds(file: ForeignFile) -> Iterator[tuple[int, int]]:
    """Yield the first and last byte of some whole lines after the other, behind the first line."""
    with Path(file.path).open("rb") as stream:
        size, descriptor, start = os.fstat(stream.fileno()).st_size, stream.fileno(), first_line(file).end
        while start < size:
            end = size if start + _PART >= size else _line_end(descriptor, start, start + _PART)
            yield start, end
            file.report(end / size)
            start = end


def _line_end(descriptor: int, start: int, end: int) -> int:
    """Return the last place up to this one behind a line."""
    for step in (_STEP, end - start):
        found = os.pread(descriptor, step, end - step).rfind(b"\n") + 1
        if found:
            return end - step + found
    raise NotInColumns


def lines_at(file: ForeignFile, stretch: Stretch, wanted: Sequence[int]) -> Iterator[tuple[int, str]]:
    """Yield lines of a part with their numbers in the whole text, by their numbers in the part from 0 on."""
    with Path(file.path).open("rb") as stream:
        text = os.pread(stream.fileno(), stretch.end - stretch.start, stretch.start)
    lines = text.split(b"\n")
    yield from ((stretch.line + place, lines[place].decode("utf-8", "replace").rstrip("\r\n")) for place in wanted)


class _PartReader:
    """Reads parts of one text, a column of numbers as text once that has failed often enough."""

    def __init__(self, names: Sequence[str], delimiter: str, kinds: Mapping[str, Any]) -> None:
        self._number, self._delimiter = len(names), delimiter
        places = {name: place for place, name in enumerate(names)}
        self._wanted = {name: str(places[name]) for name in kinds}
        self._types = {str(places[name]): kind for name, kind in kinds.items()}
        self._failures = dict.fromkeys(self._types, 0)

    def part(self, text: bytes) -> TextPart:
        """Read some lines."""
        text = _cleaned(text, self._delimiter.encode())
        lines = text.count(b"\n") + (not text.endswith(b"\n"))
        types = {name: TEXT for name in self._types if self._failures[name] >= _MOST_FAILURES}
        if _has_hexadecimals(text):
            types = {name: TEXT for name, kind in self._types.items() if kind in _NUMBERS}
        types = self._types | types
        odd = list[int]()
        while True:
            try:
                table = self._table(text, types, odd)
                break
            except pa.ArrowException as error:
                self._with_text(types, str(error))
        if len(odd) + table.num_rows != lines:
            raise NotInColumns
        columns = {name: _one(table.column(place)) for name, place in self._wanted.items()}
        return TextPart(columns, table.num_rows, np.array(odd, dtype=np.int64) - 1, lines)

    def _with_text(self, types: dict[str, Any], message: str) -> None:
        """Read the column of which a message is as text from now on."""
        found = _COLUMN.search(message)
        if found is None or types.get(found[1]) not in _NUMBERS:
            raise NotInColumns
        types[found[1]] = TEXT
        self._failures[found[1]] += 1

    def _table(self, text: bytes, types: Mapping[str, Any], odd: list[int]) -> Any:
        odd.clear()

        def leave_out(row: Any) -> str:
            odd.append(row.number)
            return "skip"

        return csv.read_csv(
            pa.py_buffer(text),
            read_options=csv.ReadOptions(
                use_threads=False, block_size=len(text) + 1, column_names=[str(place) for place in range(self._number)]
            ),
            parse_options=csv.ParseOptions(
                delimiter=self._delimiter, quote_char=False, ignore_empty_lines=False, invalid_row_handler=leave_out
            ),
            convert_options=csv.ConvertOptions(
                include_columns=[*self._wanted.values()], column_types=types, strings_can_be_null=False,
                null_values=NOTHING,
            ),
        )  # fmt: skip


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


def _has_hexadecimals(text: bytes) -> bool:
    """Whether a number such as 0x1F may be there: pyarrow reads it, and whoever reads single cells does not."""
    for letter in (b"x", b"X"):
        place = text.find(letter)  # many times as fast as to look for two bytes
        if place >= 0:
            letters = np.frombuffer(text, dtype=np.uint8)
            places = np.flatnonzero(letters[place:] == ord(letter)) + place
            if (letters[places - 1] == ord("0")).any():
                return True
    return False


def _one(column: Any) -> Strings:
    found = column.combine_chunks()
    return found.combine_chunks() if isinstance(found, pa.ChunkedArray) else found
