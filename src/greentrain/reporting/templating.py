"""Jinja2 for reports: the environment, the filters and the context of the shipped templates and of the user's."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from jinja2 import BaseLoader, ChoiceLoader, FileSystemLoader, StrictUndefined, Undefined, pass_context
from jinja2.runtime import BlockReference, Context, LoopContext, Macro, TemplateReference
from jinja2.sandbox import ImmutableSandboxedEnvironment
from jinja2.utils import Cycler, Joiner, Namespace
from markupsafe import Markup
from markupsafe import escape as html

from greentrain import numbers
from greentrain.errors import NO_BREAK_SPACES, escaped
from greentrain.estimation.labels import input_label
from greentrain.html_table import typeset
from greentrain.interval import Interval
from greentrain.numbers import written, written_ends
from greentrain.reporting.document.blocks import Cell, Chart, Document, Table
from greentrain.reporting.document.build import document_of
from greentrain.reporting.document.citations import address, source_line
from greentrain.reporting.file_mark import made_by
from greentrain.reporting.plain_values import NamedItems, plain
from greentrain.reporting.report_data import ReportData

FOLDER = Path(__file__).parent / "templates"


def interval_text(value: Interval, unit: str) -> str:
    """Write the interval of an amount with a prefix that people read.

    Parameters
    ----------
    value : Interval
        In ``unit``.
    unit : {'kWh', 'kg', 'W', 'L', 's'}
        The base unit.
    """
    if value.is_exact:
        return "exact: every input that it follows from is"
    return f"90 % interval {written_ends(value, unit)}"


def typeset_text(words: object) -> Markup:
    """Make a text safe, and set formulas and signs in it as people do."""
    return Markup(typeset(str(html(_visible(str(words))))))


_FILTERS: dict[str, Callable[..., str]] = {
    "best": numbers.best,
    "with_span": numbers.with_span,
    "rounded": numbers.rounded,
    "percent": numbers.percent,
    "least": numbers.least,
    "written": written,
    "interval": interval_text,
    "input_words": input_label,
    "typeset": typeset_text,
}


_GLOBALS = ("range", "dict", "cycler", "joiner", "namespace")
"""What Jinja2 itself gives to every template, but for its filler text."""


@pass_context
def cite(context: Context, refs: Iterable[str]) -> Markup:
    """Write the numbers of the sources of a piece of text, as the bibliography counts them, with links to it."""
    return Markup(_citation(context["document"].numbers, refs))


def _citation(known: Mapping[str, int], refs: Iterable[str]) -> str:
    if not refs:  # as in most cells of long tables
        return ""
    numbers = sorted({known[ref] for ref in refs if ref in known})
    links = (f'<a href="#source-{number}" aria-label="source {number}">{number}</a>' for number in numbers)
    return f'<span class="cite">[{", ".join(links)}]</span>' if numbers else ""


@pass_context
def cell(context: Context, item: Cell) -> Markup:
    """Write a piece of text with its sources."""
    return Markup(_cell(context["document"].numbers, item))


def _cell(known: Mapping[str, int], item: Cell) -> str:
    text = typeset_text(item.text)
    return f"{text} {_citation(known, item.refs)}" if text else _citation(known, item.refs)


_LEAST_STACKED = 3
"""Columns of a table whose rows a telephone shows as blocks; two stand side by side. [1]"""

_LEAST_WIDE = 7
"""Columns of a table that a wide page shows beyond the lines of text at both sides. [1]"""


@pass_context
def show_table(context: Context, table: Table) -> Markup:
    """Write a table. Every text is escaped here: in a template, which does so too, thousands of rows take seconds."""
    known, caption = context["document"].numbers, typeset_text(table.caption)
    looks = [_look(table, column) for column in range(len(table.header))]
    heads = (f'<th scope="col"{look}>{typeset_text(head)}</th>' if head else "<td></td>"
             for look, head in zip(looks, table.header, strict=True))  # fmt: skip
    # What a telephone shows in front of each cell, where a row is no line of a table any more.
    marks = [f' data-head="{html(_visible(head))}"{look}' for look, head in zip(looks, table.header, strict=True)]
    rows = (_row([_cell(known, item) for item in row], marks) for row in table.rows)
    kind = "pairs" if len(table.header) < _LEAST_STACKED else "stacks"
    before, behind = ('<div class="wide-table">', "</div>") if len(table.header) >= _LEAST_WIDE else ("", "")
    return Markup(
        f'{before}<table class="{kind}">\n'
        f"<caption>{caption}</caption>\n<thead><tr>{''.join(heads)}</tr></thead>\n<tbody>\n{''.join(rows)}"
        f"</tbody>\n</table>{behind}\n"
    )


def _look(table: Table, column: int) -> str:
    if column in table.numeric:
        return ' class="number"'
    return ' class="unbroken"' if column in table.unbroken else ""


def _row(cells: Sequence[str], looks: Sequence[str]) -> str:
    """Write a row of a table; its first cell names it."""
    others = (f"<td{look}>{text}</td>" for look, text in zip(looks[1:], cells[1:], strict=True))
    return f'<tr><th scope="row">{cells[0]}</th>{"".join(others)}</tr>\n'


class TemplateSandbox(ImmutableSandboxedEnvironment):
    """An environment whose templates read plain values, and the attributes of Jinja2's own tools, and nothing else."""

    SEEN = (
        *(type(None), bool, int, float, str, Markup, tuple, list, dict, range, NamedItems, SimpleNamespace, Undefined),
        *(BlockReference, Cycler, Joiner, LoopContext, Macro, Namespace, TemplateReference),
    )

    def is_safe_attribute(self, obj: Any, attr: str, value: Any) -> bool:
        """Whether a template may read an attribute: that of a plain value, if it is a public one."""
        return isinstance(obj, self.SEEN) and super().is_safe_attribute(obj, attr, value)


def environment(before: BaseLoader | None = None, escape: Callable[[str], str] | None = None) -> TemplateSandbox:
    """Make the environment of templates.

    Parameters
    ----------
    before : BaseLoader, optional
        Where templates are looked for before the shipped ones.
    escape : callable, optional
        How text is made harmless; HTML by default.
    """
    shipped = FileSystemLoader(FOLDER, encoding="utf-8")
    made = TemplateSandbox(
        loader=shipped if before is None else ChoiceLoader([before, shipped]),
        autoescape=escape is None,
        finalize=_finalized(_visible if escape is None else escape),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    made.filters.update(_FILTERS)
    made.globals = {name: made.globals[name] for name in _GLOBALS}
    made.globals |= {
        "cite": cite,
        "cell": cell,
        "show_table": show_table,
        "source_line": source_line,
        "address": address,
    }
    return made


def context(
    data: ReportData,
    document: Document | None = None,
    more: Mapping[str, Any] | None = None,
    *,
    is_of_anybody: bool = True,
) -> dict[str, Any]:
    """Return what every template sees, as plain values.

    Parameters
    ----------
    data : ReportData
        What is reported.
    document : Document, optional
        The report in sections, where it is made already.
    more : mapping, optional
        What a form adds.
    is_of_anybody : bool, optional
        Whether the template may want all of the data; the shipped ones take the document, and of the data two
        facts: of thousands of runs, all would take many times as long as the page.
    """
    document = document or document_of(data)
    blocks = (block for section in document.sections for block in section.blocks)
    seen: dict[str, Any] = plain(
        {
            "subject": data if is_of_anybody else {"kind": data.kind, "is_least": data.is_least},
            "totals": data.footprint,
            "document": document,
            "charts": {block.name: block for block in blocks if isinstance(block, Chart)},
            "made_by": made_by(data),
            **(more or {}),
        }
    )
    return seen


def _visible(text: str) -> str:
    """Show what a browser would act upon, or not show at all; quotes and brackets are escaped after that."""
    return escaped(text, kept=f"\n\t{NO_BREAK_SPACES}")


def _finalized(escape: Callable[[str], str]) -> Callable[[Any], Any]:
    """Escape what a template puts out, but for what it marks as safe."""

    def finalize(value: Any) -> Any:
        return value if hasattr(value, "__html__") else escape(str(value))

    return finalize
