"""The form ``text``: sections and tables in plain text, 80 columns where the tables allow it."""

from functools import partial
from os import PathLike

from greentrain.reporting.document.blocks import Block, Bullets, Cell, Chart, Document, Prose, Table
from greentrain.reporting.document.build import document_of
from greentrain.reporting.document.citations import cited, source_line
from greentrain.reporting.document.render_text import WIDTH, joined, table_lines, wrapped
from greentrain.reporting.escaping import one_line
from greentrain.reporting.file_mark import made_by
from greentrain.reporting.own_template import render_document
from greentrain.reporting.report_data import ReportData


def render(data: ReportData, *, template: str | PathLike[str] | None = None) -> str:
    """Write the report as plain text.

    Parameters
    ----------
    data : ReportData
        What is reported.
    template : path, optional
        A Jinja2 template of one's own instead, see `greentrain.reporting.own_template`.
    """
    return render_document(data, template, one_line, partial(_text, mark=made_by(data), columns=WIDTH, is_file=True))


def on_terminal(data: ReportData, columns: int) -> str:
    """Write the report for a terminal of so many columns."""
    return _text(document_of(data), made_by(data), columns, is_file=False)


def _text(document: Document, mark: str, columns: int, *, is_file: bool) -> str:
    head = wrapped(one_line(document.title), "", columns=columns)
    under = "=" * max(map(len, head), default=0)
    groups = [[*head, under, *wrapped(document.subtitle, "", columns=columns), mark]]
    for section in document.sections:
        groups.append([section.title, "-" * len(section.title)])
        groups += [_lines(block, document, columns, is_file) for block in section.blocks]
    if document.sources:
        groups += [["Sources", "-------"], _bibliography(document, columns)]
    return joined(groups)


def _lines(block: Block, document: Document, columns: int, is_file: bool) -> list[str]:
    if isinstance(block, Prose):
        return wrapped(_cited(Cell(*block), document), "", columns=columns)
    if isinstance(block, Bullets):
        cells = (_cited(item, document) for item in block.items)
        return [line for cell in cells for line in wrapped(cell, "- ", "  ", columns=columns)]
    if isinstance(block, Chart):
        summary = wrapped(_cited(Cell(block.summary, block.refs), document), "", columns=columns)
        return [*summary, "", *_table(block.table, document, columns, is_file)]
    return _table(block, document, columns, is_file)


def _bibliography(document: Document, columns: int) -> list[str]:
    lines = []
    for number, source in enumerate(document.sources.values(), 1):
        first = f"[{number}] "
        lines += wrapped(one_line(source_line(source)), first, " " * len(first), columns=columns)
    return lines


def _cited(cell: Cell, document: Document) -> str:
    return cited(cell, document, one_line)


def _table(table: Table, document: Document, columns: int, is_file: bool) -> list[str]:
    plain = table._replace(caption=one_line(table.caption))
    write = partial(_cited, document=document)
    return table_lines(plain, "", has_rule=True, write=write, columns=columns, may_be_wider=is_file)
