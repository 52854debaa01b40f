"""Jinja2 for reports: the shipped templates, and templates of one's own in a sandbox with the same context."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from greentrain import numbers
from greentrain.errors import InputError
from greentrain.interval import Interval
from greentrain.numbers import written
from greentrain.reporting.document.blocks import Chart, Document
from greentrain.reporting.document.build import document_of
from greentrain.reporting.file_mark import made_by
from greentrain.reporting.labels import input_label
from greentrain.reporting.report_data import ReportData

if TYPE_CHECKING:
    from jinja2 import Environment

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
    return f"90 % interval {written(value.low, unit)} to {written(value.high, unit)}"


_FILTERS: dict[str, Callable[..., str]] = {
    "best": numbers.best,
    "with_span": numbers.with_span,
    "rounded": numbers.rounded,
    "percent": numbers.percent,
    "written": written,
    "interval": interval_text,
    "input_words": input_label,
}


def environment(folders: tuple[Path, ...] = (), escape: Callable[[str], str] | None = None) -> "Environment":
    """Make the environment of templates.

    Parameters
    ----------
    folders : tuple of Path
        Where templates are looked for before the shipped ones.
    escape : callable, optional
        How text is made harmless; HTML by default.
    """
    from jinja2 import FileSystemLoader, StrictUndefined
    from jinja2.sandbox import ImmutableSandboxedEnvironment

    made = ImmutableSandboxedEnvironment(
        loader=FileSystemLoader([*folders, FOLDER], encoding="utf-8-sig"),
        autoescape=escape is None,
        finalize=None if escape is None else _finalized(escape),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    made.filters.update(_FILTERS)
    return made


def context(data: ReportData, document: Document | None = None) -> dict[str, Any]:
    """Return what every template sees."""
    document = document or document_of(data)
    blocks = (block for section in document.sections for block in section.blocks)
    return {
        "subject": data,
        "totals": data.footprint,
        "document": document,
        "charts": {block.name: block for block in blocks if isinstance(block, Chart)},
        "made_by": made_by(data),
    }


def render_document(
    data: ReportData,
    template: str | os.PathLike[str] | None,
    escape: Callable[[str], str],
    write: Callable[[Document], str],
) -> str:
    """Write report data by a template of the user's, or else as a document; only a template loads Jinja2."""
    return write(document_of(data)) if template is None else own_template(template, data, escape=escape)


def own_template(
    path: str | os.PathLike[str],
    data: ReportData,
    escape: Callable[[str], str] | None = None,
    more: dict[str, Any] | None = None,
) -> str:
    """Fill in a template of the user's.

    Parameters
    ----------
    path : path
        The template.
    data : ReportData
        What is reported.
    escape : callable, optional
        How text is made harmless; HTML by default.
    more : dict, optional
        What the form adds to the context.

    Raises
    ------
    InputError
        If the template cannot be read, or is none.
    """
    from jinja2 import TemplateError, TemplateSyntaxError

    file = Path(path)
    try:
        made = environment((file.parent,), escape).get_template(file.name)
        return made.render(context(data) | (more or {}))
    except TemplateSyntaxError as error:
        raise InputError("template", str(path), f"line {error.lineno}: {error.message}") from error
    except (TemplateError, OSError, UnicodeDecodeError) as error:
        raise InputError("template", str(path), _why(file, error)) from error
    except (TypeError, ValueError, ArithmeticError, LookupError, AttributeError, RecursionError) as error:
        raise InputError("template", str(path), f"{type(error).__name__}: {error}") from error


def _why(file: Path, error: Exception) -> str:
    if not file.exists():
        return "there is no such file"
    if not file.is_file():
        return "is not a file"
    if isinstance(error, UnicodeDecodeError):
        return "is not UTF-8 text"
    return getattr(error, "strerror", None) or str(error) or type(error).__name__


def _finalized(escape: Callable[[str], str]) -> Callable[[Any], Any]:
    """Escape what a template puts out, but for what it marks as safe."""

    def finalize(value: Any) -> Any:
        return value if hasattr(value, "__html__") else escape(str(value))

    return finalize
