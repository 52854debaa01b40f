"""A foreign file as lines, rows and JSON values in bounded memory, whoever wrote it and however long its lines are."""

import csv
import json
import os
import re
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import cached_property
from itertools import count
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from greentrain.errors import DataError
from greentrain.importing.dates import DateOrder, date_order, has_either_order
from greentrain.importing.foreign_sqlite import MARK, ForeignTables
from greentrain.journal.paths import reason
from greentrain.numbers import counted
from greentrain.progress import Telling

if TYPE_CHECKING:
    from greentrain.progress import Progress

HEAD_CHARACTERS = 65_536
LONGEST_LINE = 1 << 20
"""Characters of a line that are read; the rest of a longer one is skipped, and the line counts as damaged. [1]"""

LONGEST_VALUE = 1 << 24
"""Characters of one job or series of a JSON file. [1]"""

_LONGEST_NAME = 100
_MOST_PROBLEMS = 20
_BLOCK = 1 << 16
_LINES_BETWEEN = 1 << 15
_BLANK = " \t\r\n"
HEADER_WITHIN = 20
"""Lines among which a header is looked for. [1]"""

DELIMITERS = ",;\t|"
_PAIR = 2
"""Columns of a table in which a comma can only be that of a decimal. [1]"""

_SUMMARY = " = "
"""What a line has that some programs write below their table."""

_MARKS = {b"\xff\xfe\0\0": "utf-32", b"\0\0\xfe\xff": "utf-32", b"\xff\xfe": "utf-16", b"\xfe\xff": "utf-16"}
_WIDE = re.compile(rb"(?s)[^\0]\0[^\0]\0")
"""How text in UTF-16 begins that has no mark of its byte order."""


class Tally:
    """What was met in a file: rows, those that are left out with the first reasons, and notes.

    Attributes
    ----------
    rows, rejected : int
        Rows of data, and those of them that nothing was made of. [1]
    problems : list of (int, str)
        Line and reason of the first twenty rejected ones.
    notes : dict of str to int
        What else was met, and how often. [1]
    """

    def __init__(self) -> None:
        self.rows = 0
        self.rejected = 0
        self.problems: list[tuple[int, str]] = []
        self.notes: dict[str, int] = {}

    def reject(self, line: int, reason: str) -> None:
        """Count a row that nothing is made of."""
        self.rejected += 1
        if len(self.problems) < _MOST_PROBLEMS:
            self.problems.append((line, reason))

    def note(self, text: str, times: int = 1) -> None:
        """Count something that a reader of the audit should know."""
        self.notes[text] = self.notes.get(text, 0) + times


class BytesRead:
    """Bytes of files that are behind, told as they grow: what is read a second time counts once."""

    def __init__(self, progress: "Progress", paths: Iterable[str]) -> None:
        self._sizes = {path: Path(path).stat().st_size for path in paths if Path(path).is_file()}
        self._behind: dict[str, float] = {}
        self._telling = Telling(progress, sum(self._sizes.values()), "reading files")

    def __enter__(self) -> "BytesRead":
        self._tell = self._telling.__enter__()
        return self

    def __exit__(self, *error: object) -> None:
        self._telling.__exit__(*error)

    def __call__(self, path: str, share: float) -> None:
        """Take which part of a file is behind. [1]"""
        place, before = share * self._sizes.get(path, 0), self._behind.get(path, 0.0)
        if place > before:
            self._tell(place - before)
            self._behind[path] = place


@contextmanager
def read_errors(path: str) -> Iterator[None]:
    """Raise what the system says of reading a file as a DataError of that file."""
    try:
        yield
    except OSError as error:
        raise DataError(path, reason(error)) from None


class ForeignFile:
    """A file of somebody's.

    Parameters
    ----------
    path : str
        Where it is.
    progress : callable, optional
        Told now and then of the path, and which part of the file is behind [1].

    Raises
    ------
    DataError
        If it is no plain file.
    """

    def __init__(self, path: str, progress: Callable[[str, float], None] | None = None) -> None:
        self.path = path
        self.tally = Tally()
        self._progress = progress
        if not Path(path).is_file():  # a pipe or a device has no end
            raise DataError(path, "is no plain file")
        with Path(path).open("rb") as file:
            start = file.read(4)
        plain = "utf-16-le" if _WIDE.fullmatch(start) else "utf-8-sig"
        self._encoding = next((name for mark, name in _MARKS.items() if start.startswith(mark)), plain)
        with self.open() as text:
            self.head = text.read(HEAD_CHARACTERS)
        if self.head.startswith(MARK):  # what tables it has may stand anywhere in it, or in the log beside it
            self.head = f"{MARK}\n{self.tables.schema()}"

    @cached_property
    def tables(self) -> ForeignTables:
        """The tables of a file of SQLite."""
        return ForeignTables(self.path)

    @property
    def is_utf8(self) -> bool:
        """Whether its text is UTF-8 and no other encoding."""
        return self._encoding == "utf-8-sig"

    def report(self, share: float) -> None:
        """Tell how far the reading is. [1]"""
        if self._progress is not None:
            self._progress(self.path, share)

    def open(self) -> IO[str]:
        """Open it as text, without the mark of its byte order; what is no text stays visible as such."""
        return Path(self.path).open(encoding=self._encoding, errors="replace", newline="")

    def lines(self) -> Iterator[str]:
        """Yield its lines without their ends; of a line that is too long the beginning and a NUL."""
        with self.open() as text:
            for number in count(1):
                line = text.readline(LONGEST_LINE)
                if not line:
                    return
                if number % _LINES_BETWEEN == 0:
                    self._report(text)
                if line.endswith("\n") or len(line) < LONGEST_LINE:
                    yield line.rstrip("\r\n")
                    continue
                while line and not line.endswith("\n"):
                    line = text.readline(LONGEST_LINE)
                yield "\0"

    def _report(self, text: IO[str]) -> None:
        if self._progress is not None:
            place, size = os.lseek(text.fileno(), 0, os.SEEK_CUR), os.fstat(text.fileno()).st_size
            self._progress(self.path, min(1.0, place / size) if size else 1.0)

    def date_order(self) -> DateOrder:
        """Return which of day and month comes first in its dates; all of it is looked at where they don't tell."""
        return date_order(self.lines()) if has_either_order(self.head) else DateOrder()

    def rows(self, delimiter: str = ",") -> Iterator[tuple[int, list[str]]]:
        """Yield line numbers and cells of a CSV file; blank lines are left out, damaged ones rejected."""
        reader = csv.reader(self.lines(), delimiter=delimiter, skipinitialspace=True)
        while True:
            try:
                cells = next(reader, None)
            except csv.Error as error:
                self.tally.rows += 1
                self.tally.reject(reader.line_num, f"is no row of CSV: {error}")
                continue
            if cells is None:
                return
            if cells:
                yield reader.line_num, cells

    @property
    def tail(self) -> str:
        """The last 64 KiB of its text."""
        with Path(self.path).open("rb") as file:
            size = file.seek(0, os.SEEK_END)
            file.seek(max(0, size - HEAD_CHARACTERS))
            return file.read(HEAD_CHARACTERS).decode(self._encoding, "replace")

    def json_items(self, *keys: str) -> Iterator[Any]:
        """Yield the items of a list one by one: the one at the top, or the one at the end of these keys of objects.

        Raises
        ------
        DataError
            Where it is not one, or an item is too large or too deep.
        """
        with self.open() as text:
            yield from self._followed(_JsonText(text, self.path)).items_at(keys)

    def json_members(self) -> Iterator[tuple[str, Any]]:
        """Yield the names and values of the object at the top; each is bounded as an item is."""
        with self.open() as text:
            yield from self._followed(_JsonText(text, self.path)).members()

    def json_values(self) -> Iterator[Any]:
        """Yield the values that stand one after the other, such as one a line."""
        with self.open() as text:
            yield from self._followed(_JsonText(text, self.path)).values()

    def json_records(self) -> Iterator[Any]:
        """Yield the values that stand one after the other, and those in lists at the top."""
        with self.open() as text:
            yield from self._followed(_JsonText(text, self.path)).records()

    def _followed(self, stream: "_JsonText") -> "_JsonText":
        stream.report = self._report
        return stream


class _JsonText:
    """JSON text that is read value by value."""

    def __init__(self, text: IO[str], path: str) -> None:
        self._text, self._path = text, path
        self._buffer, self._position, self._ended = "", 0, False
        self._decode = json.JSONDecoder().raw_decode
        self.report: Callable[[IO[str]], None] | None = None

    def _more(self) -> bool:
        if self.report is not None:
            self.report(self._text)
        # As much again: a value that does not fit is read from its beginning, and few times.
        more = self._text.read(max(_BLOCK, len(self._buffer) - self._position))
        self._buffer, self._position = self._buffer[self._position :] + more, 0
        self._ended = not more
        return not self._ended

    def _next(self) -> str:
        while True:
            while self._position < len(self._buffer):
                character = self._buffer[self._position]
                if character not in _BLANK:
                    return character
                self._position += 1
            if not self._more():
                raise DataError(self._path, "ends in the middle of its JSON")

    def at(self, character: str) -> bool:
        """Step over a character if it comes next."""
        found = self._next() == character
        self._position += found
        return found

    def expect(self, character: str) -> None:
        """Step over a character that has to come."""
        if not self.at(character):
            raise DataError(self._path, f"is no JSON: {character} is missing before {self._buffer[self._position]!a}")

    def value(self) -> Any:
        """Return the next value."""
        self._next()
        while True:
            try:
                value, end = self._decode(self._buffer, self._position)
            except json.JSONDecodeError as error:
                if len(self._buffer) - self._position > LONGEST_VALUE:
                    raise DataError(self._path, f"has a value of more than {LONGEST_VALUE:,} characters") from None
                if not self._more():
                    raise DataError(self._path, f"is no JSON: {error.msg}") from None
            except RecursionError:
                raise DataError(self._path, "is nested too deeply") from None
            except ValueError as error:
                raise DataError(self._path, f"has a number that is too long: {error}") from None
            else:
                # A number may go on behind what was read so far.
                if end < len(self._buffer) or self._ended or not self._more():
                    self._position = end if end <= len(self._buffer) else len(self._buffer)
                    return value

    def items_at(self, keys: Sequence[str]) -> Iterator[Any]:
        """Yield the values of the list at the end of these keys."""
        if not keys:
            self.expect("[")
            while not self.at("]"):
                yield self.value()
                self.at(",")
            return
        for name in self.names():
            if name == keys[0] and self._next() == ("{" if keys[1:] else "["):
                yield from self.items_at(keys[1:])
            else:
                self.value()

    def names(self) -> Iterator[Any]:
        """Yield the names of an object; whoever takes one reads its value before the next."""
        self.expect("{")
        while not self.at("}"):
            name = self.value()
            self.expect(":")
            yield name
            self.at(",")

    def members(self) -> Iterator[tuple[str, Any]]:
        """Yield the names and values of an object."""
        for name in self.names():
            yield str(name), self.value()

    def values(self) -> Iterator[Any]:
        """Yield values until the text ends."""
        while self._has_more():
            yield self.value()

    def records(self) -> Iterator[Any]:
        """Yield values until the text ends; of lists the items one by one."""
        while self._has_more():
            if self._next() == "[":
                yield from self.items_at(())
            else:
                yield self.value()

    def _has_more(self) -> bool:
        try:
            self._next()
        except DataError:
            return False
        return True


class CsvText:
    """A CSV text with a header somewhere in its first lines, and perhaps again further down.

    Parameters
    ----------
    file : ForeignFile
        The file.
    needed : collection of str
        Columns by which a header is known, in lower case.
    """

    def __init__(self, file: ForeignFile, needed: Collection[str]) -> None:
        self._file, self._needed = file, frozenset(needed)
        self._header, _, self._delimiter = header_in(file.head, self._needed) or ((), 0, ",")

    @property
    def columns(self) -> tuple[str, ...]:
        """The first header's names, in lower case."""
        return self._header

    def rows(self) -> Iterator[tuple[int, dict[str, str]]]:
        """Yield line numbers and cells by column; rows of another length are rejected, headers counted and read."""
        tally = self._file.tally
        header: tuple[str, ...] = ()
        for line, cells in self._file.rows(self._delimiter):
            names = column_names(cells) if not header or cells[0].strip().casefold() == header[0] else ()
            if self._needed.issubset(names):
                if header:
                    tally.note("The header is repeated.")
                header = names
            elif header and not (len(cells) == 1 < len(header) and _SUMMARY in cells[0]):
                tally.rows += 1
                if len(cells) > len(header):
                    cells = self._without_more(cells, len(header))
                if len(cells) == len(header):
                    yield line, dict(zip(header, cells, strict=True))
                elif any(cells):
                    tally.reject(line, f"has {counted(len(cells), 'cell')}, the header {len(header)}")
                else:
                    tally.rows -= 1
        if not header:  # it was known by the beginning of a line that is skipped
            raise DataError(self._file.path, f"has a header of more than {LONGEST_LINE:,} characters")

    def _without_more(self, cells: list[str], number: int) -> list[str]:
        """Return cells as the header has them: empty ones at the end go, and 74,2 of a clock and a number is one."""
        if self._delimiter == "," and (number, len(cells)) == (_PAIR, _PAIR + 1) and cells[_PAIR].strip().isdecimal():
            return [cells[0], f"{cells[1]}.{cells[_PAIR].strip()}"]
        return cells if any(cells[number:]) else cells[:number]


def column_names(cells: Iterable[str]) -> tuple[str, ...]:
    """Return the names of a header in lower case, without blanks and quotes about them."""
    return tuple(cell[:_LONGEST_NAME].strip().strip("\"'").strip().casefold() for cell in cells)


def header_in(head: str, needed: Collection[str]) -> tuple[tuple[str, ...], int, str] | None:
    """Find the header of a CSV text: its names, its line from 0 on and the delimiter; None without these columns."""
    for number, line in enumerate(head.splitlines()[:HEADER_WITHIN]):
        for delimiter in DELIMITERS:
            names = column_names(line.split(delimiter))
            if frozenset(needed).issubset(names):
                return names, number, delimiter
    return None
