"""Spreadsheets of runs: the sheets that have them, and cells as the program that saved the file shows them."""

import re
import zipfile
from collections.abc import Iterator, Mapping
from datetime import datetime, time, timedelta
from itertools import islice
from typing import IO, Any, NamedTuple

import numpy as np
import pandas as pd

from greentrain.errors import DataError, GreentrainError, install_hint
from greentrain.estimation.written_numbers import TIMES
from greentrain.frames.chunks import Chunk, column_names, header_place, keywords_in
from greentrain.frames.columns import KEYWORDS

_BLOCK_BYTES = 1 << 20
_MERGED = re.compile(rb'<mergeCell ref="([A-Z]+\d+:[A-Z]+\d+)"')
_LONGEST_TAG = 64
_HEAD_ROWS = 20
_NEVER_CALCULATED = "holds a formula without a result; open the file in a spreadsheet program and save it"
_MERGED_ABOVE = "is merged with the cell above; write into each row what holds for it"
_FIRST_YEARS = 1905
"""Times of the day beyond 24 hours are saved as moments of the first days of 1900."""

SheetCells = tuple[Any, ...]


class _Sheet(NamedTuple):
    """A sheet of runs.

    Attributes
    ----------
    title : str
        Its name.
    columns : list of str
        Its header.
    header : int
        The row of its header.
    """

    title: str
    columns: list[str]
    header: int


def spreadsheet_parts(name: str, stream: IO[bytes], rows: int) -> Iterator[Chunk]:
    """Yield the rows of all sheets that have the columns of runs.

    Raises
    ------
    DataError
        If it is no spreadsheet, none of its sheets has runs, or they differ in their columns.
    """
    try:
        from openpyxl import load_workbook
    except ImportError:
        raise GreentrainError(f"A spreadsheet needs openpyxl: {install_hint('frames')}.") from None
    try:
        book = load_workbook(stream, read_only=True, data_only=True)
        sheets = _sheets_of_runs(name, book)
        formulas: Any = None
        if _any_in(stream, b"<f"):
            formulas = load_workbook(stream, read_only=True)
        merged = _merged_cells(stream, book) if _any_in(stream, b"<mergeCell ") else {}
    except (zipfile.BadZipFile, KeyError, ValueError, OSError) as error:
        raise DataError(name, f"is no spreadsheet: {error}") from None
    others = [sheet.title for sheet in book.worksheets if sheet.title not in {each.title for each in sheets}]
    notes: tuple[str, ...] = ()
    if len(sheets) > 1 or (others and sheets[0].title != book.worksheets[0].title):
        left = f"; left out: {', '.join(others)}" if others else ""
        notes = (f"read from {'sheet' if len(sheets) == 1 else 'sheets'} {', '.join(s.title for s in sheets)}{left}",)
    for sheet in sheets:
        lines = _lines(book[sheet.title], formulas and formulas[sheet.title], sheet, merged.get(sheet.title, {}))
        title = sheet.title if len(sheets) > 1 else ""
        for chunk in _chunks(sheet.columns, lines, rows):
            yield chunk._replace(sheet=title, notes=notes)


def _sheets_of_runs(name: str, book: Any) -> list[_Sheet]:
    """Return the visible sheets whose header names a keyword; the first sheet where none does."""
    found: list[tuple[Any, list[SheetCells], int]] = []
    for sheet in book.worksheets:
        head = [*islice(sheet.iter_rows(values_only=True), _HEAD_ROWS)]
        found.append((sheet, head, header_place(head)))
    visible = [each for each in found if each[0].sheet_state == "visible"] or found
    chosen = [(sheet, head, place) for sheet, head, place in visible if head and keywords_in(head[place])]
    sheets = [
        _Sheet(sheet.title, column_names(name, head[place] if head else ()), place + 1)
        for sheet, head, place in chosen or visible[:1]
    ]
    different = next((each for each in sheets if each.columns != sheets[0].columns), None)
    if different is not None:
        both = "; ".join(f"{each.title}: {', '.join(each.columns[:5])}" for each in (sheets[0], different))
        raise DataError(name, f"has sheets of runs with different columns ({both}); leave one of them in the file")
    return sheets


def _any_in(stream: IO[bytes], sign: bytes) -> bool:
    """Whether a sheet of the file has a sign: to look takes a hundredth of the time to read its cells."""
    with zipfile.ZipFile(stream) as archive:
        for member in archive.namelist():
            if member.startswith("xl/worksheets/"):
                with archive.open(member) as sheet:
                    end = b""
                    while block := sheet.read(_BLOCK_BYTES):
                        if sign in end + block:
                            return True
                        end = block[-len(sign) :]
    return False


def _merged_cells(stream: IO[bytes], book: Any) -> dict[str, dict[int, set[int]]]:
    """Return for each sheet the columns, from 0 on, that a row shares with the row above, by its number."""
    from openpyxl.utils import range_boundaries

    found: dict[str, dict[int, set[int]]] = {}
    with zipfile.ZipFile(stream) as archive:
        for sheet in book.worksheets:
            rows = found.setdefault(sheet.title, {})
            for reference in _MERGED.findall(archive.read(sheet._worksheet_path)):
                left, top, right, bottom = range_boundaries(reference.decode())
                for row in range(top + 1, bottom + 1):
                    rows.setdefault(row, set()).update(range(left - 1, right))
    return found


Line = tuple[int, SheetCells, str | None]
"""The number of a row, its cells, and what is wrong with it."""


def _lines(values: Any, formulas: Any, sheet: _Sheet, merged: Mapping[int, set[int]]) -> Iterator[Line]:
    """Yield the rows below the header that are not blank."""
    written = formulas.iter_rows(values_only=True) if formulas else None
    for number, cells in enumerate(values.iter_rows(values_only=True), 1):
        beside = next(written, ()) if written else ()
        if number > sheet.header:
            lost = next((place for place, cell in enumerate(beside) if cell is not None and cells[place] is None), None)
            joined = {place for place in merged.get(number, ()) if place < len(cells) and cells[place] is None}
            if lost is not None or any(not _is_blank(cell) for cell in cells):
                yield number, cells, _fault(sheet.columns, cells, lost, joined)


def _is_blank(cell: Any) -> bool:
    return cell is None or (isinstance(cell, str) and not cell.strip())


def _fault(columns: list[str], cells: SheetCells, lost: int | None, joined: set[int]) -> str | None:
    width = len(columns)
    if any(not _is_blank(cell) for cell in cells[width:]):
        return f"has more cells than the header, which has {width}"
    if lost is not None and lost < width and columns[lost] in KEYWORDS:
        return f"{columns[lost]} {_NEVER_CALCULATED}"
    shared = next((columns[place] for place in sorted(joined) if place < width and columns[place] in KEYWORDS), None)
    return shared and f"{shared} {_MERGED_ABOVE}"


def _chunks(columns: list[str], lines: Iterator[Line], rows: int) -> Iterator[Chunk]:
    is_first = True
    while (held := [*islice(lines, rows)]) or is_first:
        is_first = False
        width = len(columns)
        padded = [[*cells[:width], *[None] * (width - len(cells))] for _, cells, _ in held]
        frame = pd.DataFrame(padded, columns=columns, dtype=object)
        for name in TIMES:
            if name in columns:
                frame[name] = frame[name].map(_hours_of)
        broken = {number: fault for number, _, fault in held if fault}
        numbers = np.array([number for number, _, _ in held], dtype=np.int64)
        yield Chunk(frame.infer_objects(), numbers, broken, (*columns,))


def _hours_of(cell: Any) -> Any:
    """Return a time of the day or a stretch of time in hours; other cells as they are."""
    if isinstance(cell, time):
        return cell.hour + cell.minute / 60 + (cell.second + cell.microsecond / 1e6) / 3600
    if isinstance(cell, timedelta):
        return cell.total_seconds() / 3600
    if isinstance(cell, datetime) and cell.year < _FIRST_YEARS:
        from openpyxl.utils.datetime import to_excel

        return round(float(to_excel(cell)) * 24, 9)
    return cell
