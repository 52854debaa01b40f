"""Blocks as plain text: the one layout of the terminal, as wide as that is, and of the form ``text``, of 80 columns.

Loaded by ``greentrain estimate``, and therefore without `textwrap` and `re`.
"""

import os
import sys

from greentrain.light_typing import TYPE_CHECKING
from greentrain.numbers import SIGNS
from greentrain.reporting.document.blocks import Bullets, Cell, Prose, Table, without_columns

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from typing import TextIO

    Style = Callable[[str], str]
    """Marks a text, such as bold; returns it unchanged where there is no colour."""

WIDTH = 80
"""Of a document, and of what goes into a file or to another program. [columns]"""
_LEAST_WIDTH, _MOST_WIDTH = 40, 120
INDENT = "  "
_GAP = 2
_NOTE_INDENT = "    "
_LEAST_CUT = 8
_DOTS = ".."
_NAME, _MOST_LINES = 34, 3
"""A text of a table that is no longer than a name [columns] is broken into no more lines than about this."""
_TIMES = frozenset(("d", "h", "min", "s", "ms"))
_UNITS = _TIMES | SIGNS | frozenset(("%", "CO2e", "g/kWh", "x", "GB", "TB", "FLOP"))
"""Words that stay beside the number before them."""


def width() -> int:
    """Return how wide lines may be: as the terminal is, up to what is read well, and 80 where there is none."""
    columns = terminal_columns(sys.stdout)
    return min(max(columns, _LEAST_WIDTH), _MOST_WIDTH) if columns else WIDTH


def terminal_columns(stream: "TextIO") -> int:
    """Return how wide the terminal of a stream is, as it says or else the variable COLUMNS; 0 where there is none."""
    try:
        if not stream.isatty():
            return 0
        stated = os.environ.get("COLUMNS", "")
        return os.get_terminal_size(stream.fileno()).columns or (int(stated) if stated.isdecimal() else 0)
    except (OSError, ValueError, AttributeError):  # a stream of a notebook's, a closed one, or none
        return 0


def fitted_lines(text: str, columns: int) -> "Iterator[str]":
    """Yield the lines of a text, with those that are too long closed up, or else broken at spaces.

    Layouts fit a terminal so far as their columns can; this is for what is wider than that. A word stays whole.
    """
    for line in text.splitlines():
        yield from [line] if _visible(line) <= columns else _broken(line, columns)


def _broken(line: str, columns: int) -> "Iterator[str]":
    content = line.lstrip(" ")
    indent = line[: len(line) - len(content)][: columns // 4]
    closed = indent + "  ".join(part.strip(" ") for part in content.split("  ") if part.strip(" "))
    if _visible(closed) <= columns:
        yield closed
        return
    words = content.split()
    begun = indent + words[0]
    for word in words[1:]:
        if _visible(begun) + 1 + _visible(word) > columns:
            yield begun
            begun = f"{indent}{INDENT}{word}"
        else:
            begun = f"{begun} {word}"
    yield begun


def _visible(text: str) -> int:
    """Count the columns of a text without the marks of bold."""
    while (start := text.find("\x1b[")) >= 0:
        text = text[:start] + text[text.find("m", start) + 1 :]
    return columns_of(text)


def joined(groups: "Iterable[Sequence[str]]") -> str:
    """Join groups of lines by empty lines, those without lines left out."""
    return "\n\n".join("\n".join(group) for group in groups if group) + "\n"


def group(title: str, *blocks: "Prose | Bullets | Table") -> list[str]:
    """Write a heading and its blocks, indented below it; nothing where the blocks have no content."""
    lines = [line for block in blocks for line in block_lines(block)]
    return [title, *lines] if lines else []


def block_lines(block: "Prose | Bullets | Table", indent: str = INDENT) -> list[str]:
    """Write a block as lines, its text without references."""
    if isinstance(block, Prose):
        return wrapped(block.text, indent)
    if isinstance(block, Bullets):
        return [line for item in block.items for line in wrapped(f"- {item.text}", indent, f"{indent}  ")]
    return table_lines(block, indent)


def field(label: str, text: str, width: int, *, breaks_words: bool = False) -> list[str]:
    """Write a text next to its label, which takes so many columns."""
    first = f"{INDENT}{label:<{width}}"
    return wrapped(text, first, " " * len(first), breaks_words=breaks_words)


def table_lines(
    table: Table,
    indent: str = INDENT,
    *,
    gap: int = _GAP,
    cuts: bool = False,
    has_rule: bool = False,
    write: "Callable[[Cell], str] | None" = None,
    columns: int | None = None,
    may_be_wider: bool | None = None,
) -> list[str]:
    """Write a table; where its columns cannot fit, each row as a block of lines ``head: cell``.

    The caption is above the first column where that has no heading and is wide enough, else on a line of its own.

    Parameters
    ----------
    table : Table
        The table; a header of empty texts is left out.
    indent : str
        What each row begins with.
    gap : int
        Columns between two columns of the table.
    cuts : bool
        Whether texts that are too long are cut, those of the first column apart. Default: they are broken into lines.
    has_rule : bool
        Whether the caption is a paragraph and a line parts the header from the rows, as in a document.
    write : callable, optional
        Makes the text of a cell. Default: without references.
    columns : int, optional
        Of a line. Default: those of the terminal.
    may_be_wider : bool, optional
        Whether columns that do not fit stay side by side, as in a file. Default: where there is no terminal.
    """
    whole = columns or width()
    is_wide = not terminal_columns(sys.stdout) if may_be_wider is None else may_be_wider
    spared = [(without_columns(table, table.spare), True, False)] if table.spare else []
    for shown, keeps, is_last in ((table, True, False), *spared, (table, False, is_wide)):
        rows = _texts(shown, write)
        room = whole - len(indent) - gap * (len(shown.header) - 1)
        widths = _widths(shown, [shown.header, *rows], room, cuts, keeps)
        if sum(widths) <= room or is_last:
            header, *lines = (_row_lines(row, shown, widths, indent, gap, cuts) for row in (shown.header, *rows))
            head = _ruled(shown, header, widths, gap, whole) if has_rule else _head(shown, header, widths[0], indent)
            return [*head, *_with_notes(shown, lines, _NOTE_INDENT, whole)]
    is_ranked = not table.header[0] and 0 in table.numeric and len(table.header) > 1
    blocks = [_record(table.header, row, indent, whole, 1 + is_ranked) for row in _texts(table, write)]
    return [*wrapped(table.caption, "", columns=whole), *_with_notes(table, blocks, f"{indent}{INDENT}", whole)]


def _texts(table: Table, write: "Callable[[Cell], str] | None") -> list[list[str]]:
    return [[write(cell) if write else cell.text for cell in row] for row in table.rows]


def _with_notes(table: Table, rows: "Sequence[list[str]]", indent: str, columns: int) -> "Iterator[str]":
    """Yield the lines of all rows, each with its note below it."""
    for row, note in zip(rows, table.notes or [""] * len(rows), strict=True):
        yield from row
        yield from wrapped(note, indent, columns=columns)


def _ruled(table: Table, header: list[str], widths: "Sequence[int]", gap: int, columns: int) -> list[str]:
    """Write caption, header and rule of a table in a document."""
    return [*wrapped(table.caption, "", columns=columns), *header, (" " * gap).join("-" * width for width in widths)]


def _head(table: Table, header: list[str], first: int, indent: str) -> list[str]:
    """Write caption and header; the caption takes the place of the first head where that is empty and wide enough."""
    lines = [table.caption] if table.caption else []
    if not any(table.header):
        return lines
    if table.caption and not table.header[0] and len(table.caption) <= len(indent) + first:
        return [table.caption + header[0][len(table.caption) :], *header[1:]]
    return [*lines, *header]


def _record(header: "Sequence[str]", row: "Sequence[str]", indent: str, columns: int, named_by: int) -> list[str]:
    """Write a row as a line of its name and lines ``head: cell`` below it, for where columns do not fit.

    The name is the first cell, with the second behind it where the first but numbers the rows.
    """
    below = f"{indent}{INDENT}"
    lines = wrapped(" ".join(cell.strip() for cell in row[:named_by]), indent, below, columns=columns)
    for head, cell in zip(header[named_by:], row[named_by:], strict=True):
        if text := cell.strip():
            words = f"{head.strip()}: {text}" if head else text
            lines += filled(_units(words), below, f"{below}{INDENT}", columns, False)
    return lines


def _row_lines(
    cells: "Sequence[str]", table: Table, widths: "Sequence[int]", indent: str, gap: int, cuts: bool
) -> list[str]:
    """Write a row, on as many lines as its highest cell takes."""
    columns = [_fitted(cell, width, cuts) for cell, width in zip(cells, widths, strict=True)]
    lines = []
    for number in range(max(map(len, columns))):
        parts = (
            _padded(column[number] if number < len(column) else "", width, place in table.numeric)
            for place, (column, width) in enumerate(zip(columns, widths, strict=True))
        )
        lines.append(f"{indent}{(' ' * gap).join(parts)}".rstrip())
    return lines


def _widths(table: Table, rows: "Sequence[Sequence[str]]", room: int, cuts: bool, keeps: bool) -> list[int]:
    """Make the widest columns narrower until all fit, intervals broken last and only unless it ``keeps`` them."""
    columns = list(zip(*rows, strict=True))
    widths = [max(map(columns_of, column)) for column in columns]
    for number, width in enumerate(table.widths):
        widths[number] = max(width, widths[number]) if number in table.numeric else width
    surplus = sum(widths) - room
    if surplus <= 0:
        return widths
    if cuts:
        return _narrowed(widths, [widths[0], *(_LEAST_CUT for _ in widths[1:])], room)
    for keeps_intervals in (True,) if keeps else (True, False):
        least = [max(_least_width(cell, keeps_intervals) for cell in column) for column in columns]
        widths = _narrowed(widths, least, room)
    return widths


def _least_width(cell: str, keeps_intervals: bool) -> int:
    """Return how narrow a column may be for a cell: no unit of it is broken, and a name takes few lines."""
    whole = columns_of(cell)
    few = -(-whole // _MOST_LINES) if whole <= _NAME else 0
    return max(few, *map(columns_of, _units(cell, keeps_intervals)), 0)


def _narrowed(widths: list[int], least: "Sequence[int]", room: int) -> list[int]:
    """Take from the widest columns what is too much, so far as each may become narrower."""
    widths = list(widths)
    for _ in range(sum(widths) - room):
        wide = [column for column, width in enumerate(widths) if width > least[column]]
        if not wide:
            break
        widths[max(wide, key=widths.__getitem__)] -= 1
    return widths


def _fitted(cell: str, width: int, cuts: bool) -> list[str]:
    """Break or cut a cell; most fit as they are, and need no search for where to break."""
    if columns_of(cell) <= width and "  " not in cell:
        return [cell]
    if cuts:
        return [cut(cell, width)]
    units = _units(cell)
    words = units if max(map(columns_of, units), default=0) <= width else _units(cell, keeps_intervals=False)
    return filled(words, "", "", width, True) or [""]


def _padded(text: str, width: int, is_number: bool) -> str:
    blanks = " " * (width - columns_of(text))
    return f"{blanks}{text}" if is_number else f"{text}{blanks}"


def _units(cell: str, keeps_intervals: bool = True) -> list[str]:
    """Part a cell where it may be broken: at spaces, but for those of an interval in brackets and of an amount."""
    units: list[str] = []
    for word in cell.split():
        opened = units[-1].rpartition("(")[2] if units and "(" in units[-1] else ")"
        is_interval = ")" not in opened and (word == "to" if " " not in opened else ")" in word)
        if (is_interval and keeps_intervals) or (units and _is_of_amount(word, units[-1].rpartition(" ")[2])):
            units[-1] += f" {word}"
        else:
            units.append(word)
    return units


def _is_of_amount(word: str, before: str) -> bool:
    """Whether a word goes on with an amount: its unit, the substance, and the minutes of ``1 h 05 min``."""
    ends_number = before[-1].isdigit() or before[-1] == ")"
    if word.rstrip(",;.)") in _UNITS:
        return ends_number or before in _UNITS
    return before in _TIMES and word.isdigit()


def wrapped(
    text: str,
    first: str = INDENT,
    rest: str | None = None,
    *,
    breaks_words: bool = False,
    columns: int | None = None,
) -> list[str]:
    """Break a text into lines.

    Parameters
    ----------
    text : str
        A paragraph; nothing gives no line.
    first, rest : str
        What the first line and the others begin with. Default: the others like the first.
    breaks_words : bool
        Whether words that are longer than a line are broken. Default: they stay whole, such as addresses.
    columns : int, optional
        Of a line. Default: those of the terminal.
    """
    whole = columns or width()
    if text.isascii() and text.isprintable() and "  " not in text:
        lines = _filled_plainly(text.strip(" "), first, first if rest is None else rest, whole)
        if lines is not None:
            return lines
    words = text.split(" ") if text.isprintable() else text.split()
    return filled(words, first, first if rest is None else rest, whole, breaks_words)


def _filled_plainly(text: str, first: str, rest: str, whole: int) -> list[str] | None:
    """Fill lines as `filled` does where each letter is one column; None for a text with a word too long for a line.

    Most text of a long list is like that.
    """
    lines, begin = [], first
    while len(begin) + len(text) > whole:
        end = text.rfind(" ", 0, whole - len(begin) + 1)
        if end < 0:
            return None
        lines.append(begin + text[:end])
        text, begin = text[end + 1 :], rest
    return [*lines, begin + text] if text else lines


def filled(words: "Sequence[str]", first: str, rest: str, width: int, breaks_words: bool) -> list[str]:
    """Fill lines with words as `textwrap` does, counting columns and never breaking a word at its hyphen.

    Parameters
    ----------
    words : sequence of str
        Without the blanks between them.
    first, rest : str
        What the first line and the others begin with.
    width : int
        Of a line. [columns]
    breaks_words : bool
        Whether words that are longer than a line are broken.
    """
    lines: list[str] = []
    line, has_word = first, False
    for word in words:
        gap = " " if has_word else ""
        is_long = breaks_words and columns_of(word) > width - columns_of(rest)
        if has_word and not is_long and columns_of(line) + 1 + columns_of(word) > width:
            lines.append(line.rstrip())
            line, has_word, gap = rest, False, ""
        while is_long and columns_of(line) + len(gap) + columns_of(word) > width:
            taken = beginning(word, width - columns_of(line) - len(gap)) or ("" if has_word else word[0])
            lines.append(f"{line}{gap}{taken}".rstrip())
            word, line, has_word, gap = word[len(taken) :], rest, False, ""
        if word or has_word:
            line, has_word = f"{line}{gap}{word}", True
    return [*lines, line.rstrip()] if has_word else lines


def cut(text: str, columns: int) -> str:
    """Cut a text to so many columns, two dots at its end if anything is missing."""
    return text if columns_of(text) <= columns else f"{beginning(text, columns - len(_DOTS))}{_DOTS}"


def beginning(text: str, columns: int) -> str:
    """Return as much of a text as so many columns take."""
    if text.isascii():
        return text[: max(columns, 0)]
    taken = 0
    for letter in text:
        columns -= _columns(letter)
        if columns < 0:
            break
        taken += 1
    return text[:taken]


def columns_of(text: str) -> int:
    """Count the columns that a text takes in a terminal: letters of some scripts take two, combining marks none."""
    return len(text) if text.isascii() else sum(map(_columns, text))


def _columns(letter: str) -> int:
    import unicodedata  # which only letters beyond ASCII need

    if unicodedata.combining(letter):
        return 0
    return 2 if unicodedata.east_asian_width(letter) in "WF" else 1
