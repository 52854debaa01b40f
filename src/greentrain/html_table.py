"""Results as small tables for notebooks; what users wrote is escaped."""

from collections.abc import Iterable, Mapping
from html import escape

from greentrain.errors import escaped


def table(head: Iterable[object], rows: Iterable[Iterable[object]], caption: str = "") -> str:
    """Write a table.

    Parameters
    ----------
    head : iterable
        Titles of the columns.
    rows : iterable of iterable
        Cells; numbers get four significant digits, and None a dash.
    caption : str, optional
        Caption above the table.
    """
    title = f"<caption>{escape(escaped(caption))}</caption>" if caption else ""
    lines = [_cells(head, "th"), *(_cells(row, "td") for row in rows)]
    return f"<table>{title}{''.join(f'<tr>{line}</tr>' for line in lines)}</table>"


def interval_table(quantities: Mapping[str, tuple[float, float, float] | None], caption: str = "") -> str:
    """Write quantities with low, best and high value, one row each; one that is not known has dashes."""
    rows = ((name, *(ends or (None, None, None))) for name, ends in quantities.items())
    return table(("", "low", "best", "high"), rows, caption)


def _cells(values: Iterable[object], kind: str) -> str:
    return "".join(f"<{kind}>{_text(value)}</{kind}>" for value in values)


def _text(value: object) -> str:
    if value is None:
        return "-"
    return _rounded(value) if isinstance(value, float) else escape(escaped(str(value)))


def _rounded(value: float) -> str:
    digits = f"{value:.4g}"
    return f"{float(digits):,.0f}" if "e+" in digits else digits
