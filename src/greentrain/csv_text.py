"""Rows as CSV text: one writer, and one guard against what a spreadsheet would run or a terminal would obey."""

import csv
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import chain
from numbers import Number
from types import NoneType

from greentrain.errors import escaped
from greentrain.plain_numbers import plain_float

_FORMULA_SIGNS = (
    *("=", "+", "-", "@", "|"),
    *("\uff1d", "\uff0b", "\uff0d", "\uff20", "\uff5c", "\ufe66", "\ufe62", "\ufe63", "\ufe6b", "\u2212"),
)
"""What a formula may begin with: the signs, their full-width and small forms, and the minus of typesetters."""
_NOT_TEXT = (int, float, NoneType, Number)
"""Types of cells that are never guarded; `Number` holds those of other libraries, the slower check, last."""


def rows_csv(columns: Sequence[str], rows: Iterable[Mapping[str, object]], *, guard: bool = True) -> str:
    r"""Write rows as CSV under a header, each line ended by a line feed.

    Parameters
    ----------
    columns : sequence of str
        The header.
    rows : iterable of mapping
        Cells by column. A column that a row lacks, and None, is an empty cell. Numbers and booleans are written as
        Python writes them, small ones without an exponent, never guarded.
    guard : bool, default True
        Whether texts are guarded. Only a table that greentrain reads back itself is written without.

    Raises
    ------
    ValueError
        If a row has a cell for which there is no column.

    Notes
    -----
    A text is guarded by an apostrophe before it if a spreadsheet would take it for a formula, that is, if it begins
    with ``=``, ``+``, ``-``, ``@`` or ``|`` in any width, leading blanks aside. That includes a text such as ``-1``: it
    is a name, numbers are passed as numbers. Line ends, tabs and everything else that cannot be printed are written as
    visible escapes, ``\n``, ``\x1b``, ``\u202e``: a row is one line, and a reader sees that something was there, which
    a blank in its place would hide.

    Examples
    --------
    >>> print(rows_csv(("name", "kg"), [{"name": "=1+1", "kg": -0.5}, {"name": "a\nb"}]), end="")
    name,kg
    '=1+1,-0.5
    a\nb,
    """
    return "".join(csv_lines(columns, rows, guard=guard))


def csv_lines(columns: Sequence[str], rows: Iterable[Mapping[str, object]], *, guard: bool = True) -> Iterator[str]:
    """Yield what `rows_csv` returns line by line."""
    lines = _Lines()
    writer = csv.DictWriter(lines, columns)
    cell = guarded if guard else _as_it_is
    for row in chain(({name: name for name in columns},), rows):
        writer.writerow({name: cell(value) for name, value in row.items()})
        yield lines.pop()


class _Lines(list[str]):
    """Lines as a writer of `csv` writes them, each ended by a line feed alone.

    The writer ends them with carriage return and line feed, because older versions of Python quote a carriage return
    in a cell only then, and a reader takes a bare one for the end of the row.
    """

    def write(self, line: str) -> None:
        """Add a line."""
        self.append(line.removesuffix("\r\n") + "\n")


def guarded(value: object) -> object:
    """Return a cell as CSV has it: a text that a spreadsheet would take for a formula behind an apostrophe."""
    if isinstance(value, float):
        return plain_float(value)
    if not isinstance(value, str) and isinstance(value, _NOT_TEXT):
        return value
    shown = escaped(str(value))
    return f"'{shown}" if shown.lstrip().startswith(_FORMULA_SIGNS) else shown


def _as_it_is(value: object) -> object:
    return plain_float(value) if isinstance(value, float) else value
