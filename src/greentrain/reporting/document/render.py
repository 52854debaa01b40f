"""What the written forms, text and markdown, have in common: a template of one's own, and the marks of sources."""

from collections.abc import Callable
from os import PathLike

from greentrain.reporting.document.blocks import Cell, Document
from greentrain.reporting.document.build import document_of
from greentrain.reporting.report_data import ReportData

Escape = Callable[[str], str]


def written(
    data: ReportData, template: str | PathLike[str] | None, escape: Escape, write: Callable[[Document], str]
) -> str:
    """Write report data by a Jinja2 template, or else as a document; only a template loads Jinja2."""
    if template is not None:
        from greentrain.reporting.templating import own_template

        return own_template(template, data, escape=escape)
    return write(document_of(data))


def cited(cell: Cell, document: Document, escape: Escape, opening: str = "[", closing: str = "]") -> str:
    """Write a piece of text with the numbers of its sources after it, in brackets."""
    known = sorted({document.numbers[ref] for ref in cell.refs if ref in document.numbers})
    marks = f"{opening}{', '.join(map(str, known))}{closing}" if known else ""
    return " ".join(filter(None, (escape(cell.text), marks)))
