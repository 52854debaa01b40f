"""What a document is made of."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

if TYPE_CHECKING:
    from plotly.graph_objects import Figure


class Cell(NamedTuple):
    """A piece of text with the ids of the sources that it rests on."""

    text: str
    refs: tuple[str, ...] = ()


class Prose(NamedTuple):
    """A paragraph."""

    text: str
    refs: tuple[str, ...] = ()


class Bullets(NamedTuple):
    """A list."""

    items: tuple[Cell, ...]


class Table(NamedTuple):
    """A table.

    Attributes
    ----------
    caption : str
        What it shows, units included.
    header : tuple of str
        Heads of the columns.
    rows : tuple of tuple of Cell
        The first cell of a row names it.
    numeric : frozenset of int
        Columns that hold numbers, and are set to the right.
    """

    caption: str
    header: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    numeric: frozenset[int] = frozenset()


class Chart(NamedTuple):
    """A place for a chart, and what it says without being seen.

    Attributes
    ----------
    name : str
        Which chart, by the name of its module.
    summary : str
        What it shows, in a sentence.
    table : Table
        The same numbers.
    draw : callable
        Makes the figure for a theme, ``light`` or ``dark``.
    refs : tuple of str
        Ids of the sources of what it shows beside the result.
    """

    name: str
    summary: str
    table: Table
    draw: "Callable[[str], Figure]"
    refs: tuple[str, ...] = ()


Block: TypeAlias = Prose | Bullets | Table | Chart


class Section(NamedTuple):
    """A heading and what follows it."""

    id: str
    title: str
    blocks: tuple[Block, ...]


class Document(NamedTuple):
    """A whole report.

    Attributes
    ----------
    title : str
        The headline. May hold text of the user.
    subtitle : str
        What kind of report it is.
    sections : tuple of Section
        In the order of reading.
    sources : dict of str to dict
        Title, URL, year and licence by id, in the order of their numbers.
    numbers : dict of str to int
        The number of each source in the bibliography, from 1.
    """

    title: str
    subtitle: str
    sections: tuple[Section, ...]
    sources: dict[str, dict[str, Any]]
    numbers: dict[str, int]


def table(caption: str, header: tuple[str, ...], rows: Any, numeric: tuple[int, ...] = ()) -> Table:
    """Make a table of rows whose cells are text or `Cell`."""
    cells = tuple(tuple(item if isinstance(item, Cell) else Cell(str(item)) for item in row) for row in rows)
    return Table(caption, header, cells, frozenset(numeric))
