"""How much is it? The emissions with their interval next to reference points."""

from collections.abc import Sequence
from math import log
from typing import TYPE_CHECKING, NamedTuple

from greentrain.interval import Interval
from greentrain.numbers import least, rounded, written_span
from greentrain.reporting.charts.interval_dots import DotRow, row_chart
from greentrain.reporting.charts.style import (
    ACCENT,
    INTERVALS,
    QUIET,
    HeaderAndRows,
    Mark,
    cells,
    kg_column,
    source_text,
    subject_text,
)
from greentrain.reporting.report_data import ReportData

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

TITLE = "How much is it?"
OURS, ACTIVITY, TRAINING = "this report", "everyday activity", "published training"
LEAST_KG = 0.01
"""Below it nothing that people know is of about the size: a smartphone's charge is 12 g. [kg CO2e]"""
_MARKS = {OURS: Mark(ACCENT, "diamond"), ACTIVITY: Mark(QUIET, "circle"), TRAINING: Mark(QUIET, "square-open")}


class ReferencePoint(NamedTuple):
    """A reference point.

    Attributes
    ----------
    label : str
        What it is, with everything without which it would mislead.
    kg : Interval
        Its emissions. [kg CO2e]
    source : str
        Source ids, joined by ``;``.
    short : str
        What it is in a few words. Default: the label.
    """

    label: str
    kg: Interval
    source: str
    short: str = ""


def headline(data: ReportData, references: Sequence[ReferencePoint] = (), *, theme: str = "light") -> "Figure":
    """Draw the operational emissions next to everyday activities and published training runs.

    Parameters
    ----------
    data : ReportData
        What is reported; its equivalents are the activities.
    references : sequence of ReferencePoint
        Published training runs of about this size.
    theme : {'light', 'dark'}
        What the chart lies on.
    """
    rows = _rows(data, references)
    source = source_text(data, INTERVALS)
    title = _finding(data, rows)
    return row_chart(rows, _MARKS, unit="kg", words="CO2e", title=title, source=source, theme=theme)


def summary(data: ReportData, references: Sequence[ReferencePoint] = ()) -> str:
    """Sum the chart up in one sentence."""
    rows = _rows(data, references)
    if not rows:
        return "There are no emissions to show."
    kg = data.operational_kg
    found = f"{subject_text(data)} emits {least(data.is_least)}{written_span(kg, 'kg', 'CO2e')}"
    nearest = _nearest(kg, rows)
    return f"{found}, about {_times(data, nearest)} times {nearest.label}." if nearest else f"{found}."


def table(data: ReportData, references: Sequence[ReferencePoint] = ()) -> HeaderAndRows:
    """Return what the chart shows as a table."""
    rows = _rows(data, references)
    scale, unit = kg_column(row.value.best for row in rows)
    header = ("what", "kind", unit, "low", "high")
    return header, tuple((row.label, row.group, *cells(row.value.scaled(1 / scale.size))) for row in rows)


def _finding(data: ReportData, rows: Sequence[DotRow]) -> str:
    nearest = _nearest(data.operational_kg, rows)
    found = f"{least(data.is_least)}{written_span(data.operational_kg, 'kg', 'CO2e')}"
    if nearest is None:
        return found
    return f"{found}: {_times(data, nearest)} x {nearest.short or nearest.label}"


def _times(data: ReportData, other: DotRow) -> str:
    """Write how many of another it is; two digits say enough of a comparison."""
    return rounded(data.operational_kg.best / other.value.best, 2)


def _nearest(kg: Interval, rows: Sequence[DotRow]) -> DotRow | None:
    others = [row for row in rows if row.group != OURS]
    return min(others, key=lambda row: abs(log(row.value.best / kg.best)), default=None)


def _rows(data: ReportData, references: Sequence[ReferencePoint]) -> list[DotRow]:
    kg = data.operational_kg
    if kg.best <= 0:
        return []
    ours = DotRow(f"{subject_text(data)}, operational", kg, OURS, True, subject_text(data))
    known = [item.activity for item in data.equivalents if kg.best >= LEAST_KG]
    activities = [DotRow(item.label, item.kg, ACTIVITY, short=item.short) for item in known]
    runs = [DotRow(point.label, point.kg, TRAINING, short=point.short) for point in references]
    return sorted([ours, *activities, *runs], key=lambda row: row.value.best)
