"""The form ``text``: sections and tables in plain text, 80 columns where the tables allow it."""

from functools import partial
from os import PathLike

from greentrain.reporting.document.blocks import Block, Bullets, Cell, Chart, Document, Prose, Table
from greentrain.reporting.document.citations import cited, source_line
from greentrain.reporting.document.render_text import WIDTH, joined, table_lines
from greentrain.reporting.document.render_text import wrapped as _wrapped
from greentrain.reporting.escaping import one_line
from greentrain.reporting.file_mark import made_by
from greentrain.reporting.own_template import render_document
from greentrain.reporting.report_data import ReportData

wrapped = partial(_wrapped, columns=WIDTH)


def render(data: ReportData, *, template: str | PathLike[str] | None = None) -> str:
    """Write the report as plain text.

    Parameters
    ----------
    data : ReportData
        What is reported.
    template : path, optional
        A Jinja2 template of one's own instead, see `greentrain.reporting.own_template`.
    """
    return render_document(data, template, one_line, partial(_text, mark=made_by(data)))


def _text(document: Document, mark: str) -> str:
    head = wrapped(one_line(document.title), "")
    groups = [[*head, "=" * max(map(len, head), default=0), *wrapped(document.subtitle, ""), mark]]
    for section in document.sections:
        groups.append([section.title, "-" * len(section.title)])
        groups += [_lines(block, document) for block in section.blocks]
    if document.sources:
        groups += [["Sources", "-------"], _bibliography(document)]
    return joined(groups)


def _lines(block: Block, document: Document) -> list[str]:
    if isinstance(block, Prose):
        return wrapped(_cited(Cell(*block), document), "")
    if isinstance(block, Bullets):
        return [line for item in block.items for line in wrapped(_cited(item, document), "- ", "  ")]
    if isinstance(block, Chart):
        summary = wrapped(_cited(Cell(block.summary, block.refs), document), "")
        return [*summary, "", *_table(block.table, document)]
    return _table(block, document)


def _bibliography(document: Document) -> list[str]:
    lines = []
    for number, source in enumerate(document.sources.values(), 1):
        first = f"[{number}] "
        lines += wrapped(one_line(source_line(source)), first, " " * len(first))
    return lines


def _cited(cell: Cell, document: Document) -> str:
    return cited(cell, document, one_line)


def _table(table: Table, document: Document) -> list[str]:
    plain = table._replace(caption=one_line(table.caption))
    return table_lines(plain, "", has_rule=True, write=lambda cell: _cited(cell, document), columns=WIDTH)
