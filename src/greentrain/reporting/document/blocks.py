"""What a document is made of, and what the terminal shows: paragraphs, lists, tables and charts."""

from greentrain.light_typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence, Set
    from typing import Any

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
    widths : tuple of int
        Width of each column in text, wider where a number needs it. Default: as wide as the content. [characters]
    notes : tuple of str
        What a text has below each row, nothing for most. Default: none.
    unbroken : frozenset of int
        Columns whose cells stay on one line of a page, such as dates. Default: those of numbers alone.
    spare : frozenset of int
        Columns that a text leaves out where it is too narrow for all. Default: none.
    """

    caption: str
    header: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    numeric: frozenset[int] = frozenset()
    widths: tuple[int, ...] = ()
    notes: tuple[str, ...] = ()
    unbroken: frozenset[int] = frozenset()
    spare: frozenset[int] = frozenset()


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
        Ids of the sources of what it shows in addition to the result.
    """

    name: str
    summary: str
    table: Table
    draw: "Callable[[str], Figure]"
    refs: tuple[str, ...] = ()


Block = Prose | Bullets | Table | Chart


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
    sources: "dict[str, dict[str, Any]]"
    numbers: dict[str, int]


def table(
    caption: str,
    header: "Sequence[str]",
    rows: "Iterable[Sequence[str | Cell]]",
    numeric: "Iterable[int]" = (),
    widths: "Sequence[int]" = (),
    notes: "Iterable[str]" = (),
) -> Table:
    """Make a table of rows whose cells are text or `Cell`."""
    cells = tuple(tuple(item if isinstance(item, Cell) else Cell(item) for item in row) for row in rows)
    return Table(caption, tuple(header), cells, frozenset(numeric), tuple(widths), tuple(notes))


def without_empty_columns(found: Table) -> Table:
    """Leave out the columns of a table in which no row has anything; the first one, which names the rows, stays."""
    places = range(1, len(found.header))
    return without_columns(found, {place for place in places if not any(any(row[place]) for row in found.rows)})


def without_columns(found: Table, left_out: "Set[int]") -> Table:
    """Leave out columns of a table by their places."""
    kept = [place for place in range(len(found.header)) if place not in left_out]
    numeric, unbroken, spare = (
        frozenset(number for number, place in enumerate(kept) if place in places)
        for places in (found.numeric, found.unbroken, found.spare)
    )
    return found._replace(
        header=tuple(found.header[place] for place in kept),
        rows=tuple(tuple(row[place] for place in kept) for row in found.rows),
        numeric=numeric,
        unbroken=unbroken,
        spare=spare,
        widths=tuple(found.widths[place] for place in kept if found.widths),
    )


def bullets(items: "Iterable[str]") -> Bullets:
    """Make a list of texts."""
    return Bullets(tuple(map(Cell, items)))
