"""The same job by each published method, next to ours."""

from collections import defaultdict
from typing import TYPE_CHECKING

from greentrain.interval import Interval, exact
from greentrain.numbers import rounded, written, written_span
from greentrain.reporting.charts.interval_dots import DotRow, row_chart
from greentrain.reporting.charts.style import ACCENT, QUIET, HeaderAndRows, Mark, cells, kg_column, source_text
from greentrain.reporting.report_data import ReportData

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

    from greentrain.validation.comparison import MethodComparison
    from greentrain.validation.methods import MethodResult

TITLE = "By published methods"
_OURS, _METHOD = "greentrain", "published method"
_MARKS = {_OURS: Mark(ACCENT, "diamond"), _METHOD: Mark(QUIET, "circle")}
_KINDS = {
    "ours": _OURS, "tool": "tool", "paper": "paper", "practice": "model cards", "bound": "upper bound",
}  # fmt: skip
_NOTE = "Our bar is a 90 % interval, those of methods go from their lowest to their highest setting."


def methods(data: ReportData, comparison: "MethodComparison | None", *, theme: str = "light") -> "Figure":
    """Draw the operational emissions by every method that applies to the job, a row for each method.

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
    title, source = _finding(data, rows), source_text(data, _NOTE)
    return row_chart(rows, _MARKS, unit="kg", words="CO2e", title=title, source=source, theme=theme)


def _finding(data: ReportData, rows: list[DotRow]) -> str:
    others = [row.value.best for row in rows if not row.is_chosen]
    ends = f"{written(others[0], 'kg')} to {written(others[-1], 'kg')}"
    return f"Published methods give {ends}; our interval holds {_inside(data, others)} of {len(others)}"


def _inside(data: ReportData, others: list[float]) -> int:
    return sum(data.operational_kg.low <= kg <= data.operational_kg.high for kg in others)


def summary(data: ReportData, comparison: "MethodComparison | None") -> str:
    """Sum the chart up in one sentence."""
    rows = _rows(data, comparison)
    if not rows:
        return "No published method applies to this job."
    others = [(row.value.best, row.label) for row in rows if not row.is_chosen]
    (low, lowest), (high, highest) = others[0], others[-1]
    ends = f"from {written(low, 'kg')} ({lowest}) to {written(high, 'kg')} CO2e ({highest})"
    held = f"our interval holds {_inside(data, [kg for kg, _ in others])} of the {len(others)}"
    ours = written_span(data.operational_kg, "kg", "CO2e")
    return f"For the same job, published methods give {ends}, next to our {ours}; {held}."


def table(data: ReportData, comparison: "MethodComparison | None") -> HeaderAndRows:
    """Return what the chart shows as a table, a row for each setting of a method."""
    ours = data.operational_kg
    found = [(_OURS, _OURS, ours)]
    if comparison is None or not _rows(data, comparison):
        found = []
    else:
        found += [(item.common_name, _KINDS[item.kind], exact(item.kg)) for item in _results(comparison)]
    scale, unit = kg_column(kg.best for _, _, kg in found)
    return ("method", "kind", unit, "low", "high", "over ours"), tuple(
        (name, kind, *cells(kg.scaled(1 / scale.size)), rounded(kg.best / ours.best))
        for name, kind, kg in sorted(found, key=lambda row: row[2].best)
    )


def _results(comparison: "MethodComparison") -> "list[MethodResult]":
    return [item.result for item in comparison.methods if item.result.kg > 0]


def _rows(data: ReportData, comparison: "MethodComparison | None") -> list[DotRow]:
    """Return a row for each method, at the value of its usual setting, which is its first."""
    ours = data.operational_kg
    if comparison is None or ours.best <= 0:
        return []
    settings: dict[str, list[float]] = defaultdict(list)
    for item in _results(comparison):
        bound = f" ({_KINDS[item.kind]})" if item.kind == "bound" else ""
        settings[f"{item.known_as}{bound}"].append(item.kg)
    others = [DotRow(name, Interval(min(kg), kg[0], max(kg)), _METHOD) for name, kg in settings.items()]
    rows = [DotRow(_OURS, ours, _OURS, is_chosen=True), *others]
    return sorted(rows, key=lambda row: row.value.best) if others else []
