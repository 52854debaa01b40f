"""The form ``markdown``: sections and tables that GitHub and others show."""

from collections.abc import Iterable, Iterator
from os import PathLike
from typing import Any

from greentrain.reporting.document.blocks import Block, Bullets, Cell, Chart, Document, Prose, Table
from greentrain.reporting.document.citations import address, cited, source_line
from greentrain.reporting.escaping import markdown, one_line
from greentrain.reporting.file_mark import made_by
from greentrain.reporting.own_template import render_document
from greentrain.reporting.report_data import ReportData


def render(data: ReportData, *, template: str | PathLike[str] | None = None) -> str:
    """Write the report as Markdown.

    Parameters
    ----------
    data : ReportData
        What is reported.
    template : path, optional
        A Jinja2 template of one's own instead, see `greentrain.reporting.own_template`.
    """
    return render_document(data, template, markdown, lambda document: _markdown(document, made_by(data)))


def _markdown(document: Document, mark: str) -> str:
    blocks = [f"<!-- {mark} -->", f"# {markdown(document.title)}", f"*{markdown(document.subtitle)}*"]
    for section in document.sections:
        blocks.append(f"## {markdown(section.title)}")
        blocks += [part for block in section.blocks for part in _parts(block, document)]
    if document.sources:
        lines = (_source(number, source) for number, source in enumerate(document.sources.values(), 1))
        blocks += ["## Sources", "\n".join(lines)]
    return "\n\n".join(blocks) + "\n"


def _parts(block: Block, document: Document) -> Iterator[str]:
    if isinstance(block, Prose):
        yield _cited(Cell(*block), document)
    elif isinstance(block, Bullets):
        yield "\n".join(f"- {_cited(item, document)}" for item in block.items)
    elif isinstance(block, Chart):
        yield _cited(Cell(block.summary, block.refs), document)
        yield _table(block.table, document)
    else:
        yield _table(block, document)


def _source(number: int, source: dict[str, Any]) -> str:
    url = address(source)
    if url is None:
        return f"{number}. {markdown(source_line(source))}"
    words = f"{number}. [{markdown(source['title'])}](<{url}>)"
    return ", ".join([words, *(markdown(str(part)) for part in (source["year"], source["licence"]) if part)])


def _cited(cell: Cell, document: Document) -> str:
    return cited(cell, document, markdown, "\\[", "\\]")


def _table(table: Table, document: Document) -> str:
    rule = [":" + "-" * 3 if column not in table.numeric else "-" * 3 + ":" for column in range(len(table.header))]
    lines = [f"**{markdown(one_line(table.caption))}**", "", _line(map(markdown, table.header)), _line(rule)]
    lines += [_line(_cited(cell, document) for cell in row) for row in table.rows]
    return "\n".join(lines)


def _line(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |"
