"""The same job by each published method, next to ours."""

from typing import TYPE_CHECKING

from greentrain.interval import exact
from greentrain.numbers import rounded, written, written_span
from greentrain.reporting.charts.interval_dots import DotRow, row_chart
from greentrain.reporting.charts.style import (
    ACCENT,
    GREY,
    QUIET,
    HeaderAndRows,
    Mark,
    cells,
    empty,
    source_text,
)
from greentrain.reporting.report_data import ReportData

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

    from greentrain.validation.comparison import MethodComparison

TITLE = "By published methods"
_GROUPS = {
    "ours": ("greentrain", Mark(ACCENT, "diamond")),
    "tool": ("tool", Mark(QUIET, "circle")),
    "paper": ("paper", Mark(QUIET, "square-open")),
    "practice": ("model cards", Mark(QUIET, "triangle-up-open")),
    "bound": ("upper bound", Mark(GREY, "cross")),
}
_NOTHING = "No published method applies to this job."
_NOTE = "The bar is our 90 % interval; the methods give none."


def methods(data: ReportData, comparison: "MethodComparison | None", *, theme: str = "light") -> "Figure":
    """Draw the operational emissions by every method that applies to the job.

    Parameters
    ----------
    data : ReportData
        What is reported.
    comparison : MethodComparison or None
        The same job by the methods.
    theme : {'light', 'dark'}
        What the chart lies on.
    """
    rows = _rows(data, comparison)
    if comparison is None or not rows:
        return empty(TITLE, _NOTHING, theme)
    source = source_text(data, _NOTE)
    marks = dict(_GROUPS.values())
    title = _finding(data, rows)
    return row_chart(rows, marks, unit="kg", words="CO2e", title=title, source=source, theme=theme)


def _finding(data: ReportData, rows: list[DotRow]) -> str:
    others = [row.value.best for row in rows if not row.is_chosen]
    inside = sum(data.operational_kg.low <= kg <= data.operational_kg.high for kg in others)
    ends = f"{written(others[0], 'kg')} to {written(others[-1], 'kg')}"
    return f"Published methods give {ends}; our interval holds {inside} of {len(others)}"


def summary(data: ReportData, comparison: "MethodComparison | None") -> str:
    """Sum the chart up in one sentence."""
    rows = _rows(data, comparison)
    if not rows:
        return _NOTHING
    ours = data.operational_kg
    others = sorted((row.value.best, row.label) for row in rows if not row.is_chosen)
    inside = sum(ours.low <= kg <= ours.high for kg, _ in others)
    (low, lowest), (high, highest) = others[0], others[-1]
    ends = f"from {written(low, 'kg')} ({lowest}) to {written(high, 'kg')} CO2e ({highest})"
    held = f"our interval holds {inside} of the {len(others)}"
    return f"For the same job, published methods give {ends}, next to our {written_span(ours, 'kg', 'CO2e')}; {held}."


def table(data: ReportData, comparison: "MethodComparison | None") -> HeaderAndRows:
    """Return what the chart shows as a table."""
    header = ("method", "kind", "kg CO2e", "low", "high", "over ours")
    best = data.operational_kg.best
    rows = _rows(data, comparison)
    return header, tuple((row.label, row.group, *cells(row.value), rounded(row.value.best / best)) for row in rows)


def _rows(data: ReportData, comparison: "MethodComparison | None") -> list[DotRow]:
    ours = data.operational_kg
    if comparison is None or not comparison.methods or ours.best <= 0:
        return []
    rows = [DotRow("greentrain", ours, _GROUPS["ours"][0], is_chosen=True)]
    rows += [
        DotRow(item.result.common_name, exact(item.result.kg), _GROUPS[item.result.kind][0])
        for item in comparison.methods
        if item.result.kg > 0
    ]
    return sorted(rows, key=lambda row: row.value.best) if len(rows) > 1 else []
