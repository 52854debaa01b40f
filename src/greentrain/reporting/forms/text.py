"""The form ``text``: sections and tables in plain text, 80 columns where the tables allow it."""

import re
import textwrap
from collections.abc import Iterator, Sequence
from os import PathLike

from greentrain.reporting.citations import source_line
from greentrain.reporting.document.blocks import Block, Bullets, Cell, Chart, Document, Prose, Table
from greentrain.reporting.document.render import cited, written
from greentrain.reporting.escaping import one_line
from greentrain.reporting.provenance_mark import made_by
from greentrain.reporting.report_data import ReportData

WIDTH = 80
_GAP = 2
_INTERVAL = re.compile(r"\([^() ]+ to [^() ]+\)")
_KEPT = "\N{WORD JOINER}"


def render(data: ReportData, *, template: str | PathLike[str] | None = None) -> str:
    """Write the report as plain text.

    Parameters
    ----------
    data : ReportData
        What is reported.
    template : path, optional
        A Jinja2 template of one's own instead, see `greentrain.reporting.templating`.
    """
    return written(data, template, one_line, lambda document: _text(document, made_by(data)))


def _text(document: Document, mark: str) -> str:
    head = _wrapped(one_line(document.title))
    blocks = [[*head, "=" * max(map(len, head), default=0), *_wrapped(document.subtitle), mark]]
    for section in document.sections:
        blocks.append([section.title, "-" * len(section.title)])
        blocks += [list(_lines(block, document)) for block in section.blocks]
    if document.sources:
        blocks += [["Sources", "-------"], list(_bibliography(document))]
    return "\n\n".join("\n".join(line.rstrip() for line in block) for block in blocks if block) + "\n"


def _lines(block: Block, document: Document) -> Iterator[str]:
    if isinstance(block, Prose):
        yield from _wrapped(_cited(Cell(*block), document))
    elif isinstance(block, Bullets):
        for item in block.items:
            yield from _wrapped(_cited(item, document), "- ", "  ")
    elif isinstance(block, Chart):
        yield from _wrapped(_cited(Cell(block.summary, block.refs), document))
        yield ""
        yield from _table(block.table, document)
    else:
        yield from _table(block, document)


def _bibliography(document: Document) -> Iterator[str]:
    for number, source in enumerate(document.sources.values(), 1):
        first = f"[{number}] "
        yield from _wrapped(one_line(source_line(source)), first, " " * len(first))


def _cited(cell: Cell, document: Document) -> str:
    return cited(cell, document, one_line)


def _table(table: Table, document: Document) -> Iterator[str]:
    rows = [[_cited(cell, document) for cell in row] for row in table.rows]
    widths = _widths([list(table.header), *rows])
    yield from _wrapped(one_line(table.caption))
    yield from _row(list(table.header), widths, table.numeric)
    yield "  ".join("-" * width for width in widths)
    for row in rows:
        yield from _row(row, widths, table.numeric)


def _widths(rows: Sequence[Sequence[str]]) -> list[int]:
    """Make the widest columns narrower until all fit, as far as no word is broken."""
    columns = list(zip(*rows, strict=True))
    widths = [max(map(len, column)) for column in columns]
    surplus = sum(widths) + _GAP * (len(widths) - 1) - WIDTH
    if surplus <= 0:
        return widths
    least = [max(map(_longest_word, column)) for column in columns]
    for _ in range(surplus):
        wide = [column for column, width in enumerate(widths) if width > least[column]]
        if not wide:
            break
        widths[max(wide, key=widths.__getitem__)] -= 1
    return widths


def _longest_word(cell: str) -> int:
    return max(map(len, _words(cell)), default=0)


def _words(cell: str) -> list[str]:
    """Part a cell where it may be broken: at spaces, but for those in the brackets of an interval."""
    return _INTERVAL.sub(lambda found: found[0].replace(" ", _KEPT), cell).split()


def _row(cells: Sequence[str], widths: Sequence[int], numeric: frozenset[int]) -> Iterator[str]:
    columns = [_folded(cell, width) for cell, width in zip(cells, widths, strict=True)]
    for line in range(max(map(len, columns))):
        parts = []
        for column, (words, width) in enumerate(zip(columns, widths, strict=True)):
            part = words[line] if line < len(words) else ""
            parts.append(f"{part:>{width}}" if column in numeric else f"{part:<{width}}")
        yield (" " * _GAP).join(parts)


def _folded(cell: str, width: int) -> list[str]:
    """Break a cell into lines; most fit as they are, and need no search for where to break."""
    if len(cell) <= width and cell == " ".join(cell.split()):
        return [cell]
    lines = textwrap.wrap(" ".join(_words(cell)), width, break_on_hyphens=False) or [""]
    return [line.replace(_KEPT, " ") for line in lines]


def _wrapped(text: str, first: str = "", rest: str = "") -> list[str]:
    return textwrap.wrap(
        text, WIDTH, initial_indent=first, subsequent_indent=rest, break_on_hyphens=False, break_long_words=False
    )
