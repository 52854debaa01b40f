"""Parts of a file of runs, and the row of it that names the columns."""

from collections.abc import Callable, Container, Iterable, Sequence
from itertools import islice
from typing import Any, NamedTuple

import pandas as pd

from greentrain.errors import DataError
from greentrain.frames.columns import HARDWARE, KEYWORDS, Array, near_columns

_ROWS_OF_A_TITLE = 20
"""How far down a header is looked for, below titles, notes and blank rows. [1]"""
_TOTALS = frozenset(
    ("total", "totals", "grand total", "subtotal", "sum", "sums", "overall", "summe", "gesamt", "gesamtsumme",
     "insgesamt", "somme", "suma", "totale", "totaal")
)  # fmt: skip
"""What the row below a table is called that adds it up."""


class Chunk(NamedTuple):
    """Some rows of a file.

    Attributes
    ----------
    frame : pandas.DataFrame
        Their cells.
    numbers : array of int
        The line of each in the file, or its row.
    broken : dict of int to str
        What is wrong with rows that could not be read, by their lines; of those in the frame too.
    columns : tuple of str
        All columns of the file, those that were not read too.
    sheet : str
        The sheet, where runs are on several.
    notes : tuple of str
        How the file was understood, where that is no matter of course.
    end_bytes : int
        How much of the file was read by then; 0 where that cannot be told. [B]
    """

    frame: pd.DataFrame
    numbers: Array
    broken: dict[int, str]
    columns: tuple[str, ...]
    sheet: str = ""
    notes: tuple[str, ...] = ()
    end_bytes: int = 0

    def place(self, word: str) -> Callable[[int], str]:
        """Return what names a row by its number, which counts lines or rows, as the word says."""
        where = f"sheet {self.sheet}, {word}" if self.sheet else word
        return lambda number: f"{where} {number:,}"

    def without_broken(self) -> "Chunk":
        """Leave out the rows of the frame that are broken."""
        if not self.broken:
            return self
        is_good = ~pd.Series(self.numbers).isin(list(self.broken)).to_numpy()
        return self._replace(frame=self.frame[is_good], numbers=self.numbers[is_good])


def header_place(rows: Iterable[Sequence[Any]]) -> int:
    """Return which row names the columns: the first with the name of a keyword, else the first that is not blank."""
    first = None
    for place, row in enumerate(islice(rows, _ROWS_OF_A_TITLE)):
        if keywords_in(row):
            return place
        if first is None and any(cell not in (None, "") for cell in row):
            first = place
    return first or 0


def keywords_in(row: Iterable[Any]) -> int:
    """Count the cells that name a keyword, in any letters."""
    return sum(isinstance(cell, str) and cell.strip().casefold().replace(" ", "_") in KEYWORDS for cell in row)


def column_names(file: str, cells: Iterable[Any]) -> list[str]:
    """Return the names of columns; one without is called by its number."""
    names = [str(cell).strip() if cell is not None else "" for cell in cells]
    while names and not names[-1]:
        names.pop()
    names = [name or f"column {number}" for number, name in enumerate(names, 1)]
    twice = next((name for place, name in enumerate(names) if name in names[:place]), None)
    if twice is not None:
        raise DataError(file, f"has two columns with the name {twice!r}")
    if not names:
        raise DataError(file, "has no header: the first line names the columns")
    return names


def check_columns(file: str, columns: Sequence[str], same: Container[str]) -> None:
    """Refuse a table none of whose columns counts, unless its runs are given otherwise.

    Raises
    ------
    DataError
        Naming the columns, and what the first of them may have been meant for.
    """
    if any(name in KEYWORDS for name in columns) or any(name in same for name in HARDWARE):
        return
    near = ", ".join(f"{keyword} for {column!r}" for column, keyword in near_columns(columns).items())
    advice = f"did you mean {near}?" if near else f"the header reads {', '.join(map(str, columns[:6]))!r}"
    raise DataError(
        file, f"has no column with the name of an option of estimate, such as gpu, hours and location; {advice}"
    )


def with_total_refused(chunk: Chunk) -> Chunk:
    """Mark the last row as broken where it is the total of those above, which would count them twice."""
    if not len(chunk.frame):
        return chunk
    cells = chunk.frame.iloc[-1]
    texts = [cell for cell in cells if isinstance(cell, str) and cell.strip()]
    hardware = [cells[name] for name in HARDWARE if name in cells.index]
    if not texts or texts[0].strip().rstrip(":").casefold() not in _TOTALS or any(pd.notna(each) for each in hardware):
        return chunk
    rule = f"{texts[0].strip()!r} adds up the rows above and is no run; leave it out"
    return chunk._replace(broken={int(chunk.numbers[-1]): rule} | chunk.broken)
