"""How much is it? The emissions with their interval next to reference points."""

from collections.abc import Sequence
from math import log
from typing import TYPE_CHECKING, NamedTuple

from greentrain.interval import Interval
from greentrain.numbers import rounded, written_span
from greentrain.reporting.charts.interval_dots import DotRow, row_chart
from greentrain.reporting.charts.style import (
    BLUE,
    GREEN,
    INTERVALS,
    VERMILLION,
    HeaderAndRows,
    Mark,
    cells,
    empty,
    source_text,
    subject_text,
)
from greentrain.reporting.report_data import ReportData

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

TITLE = "How much is it?"
OURS, ACTIVITY, TRAINING = "this report", "everyday activity", "published training"
_MARKS = {OURS: Mark(VERMILLION, "diamond"), ACTIVITY: Mark(BLUE, "circle"), TRAINING: Mark(GREEN, "square")}


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
    """

    label: str
    kg: Interval
    source: str


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
    if not rows:
        return empty(TITLE, "Nothing was emitted, or nothing is known of it.", theme)
    keys = [item.activity.source.split(";")[0] for item in data.equivalents]
    source = source_text(data, [*keys, *(point.source for point in references)], INTERVALS)
    return row_chart(rows, _MARKS, unit="kg", words="CO2e", title=TITLE, source=source, theme=theme)


def summary(data: ReportData, references: Sequence[ReferencePoint] = ()) -> str:
    """Sum the chart up in one sentence."""
    rows = _rows(data, references)
    if not rows:
        return "There are no emissions to show."
    kg = data.operational_kg
    found = f"{subject_text(data)} emits {written_span(kg, 'kg', 'CO2e')}"
    others = [row for row in rows if row.group != OURS]
    if not others:
        return f"{found}."
    nearest = min(others, key=lambda row: abs(log(row.value.best / kg.best)))
    return f"{found}, about {rounded(kg.best / nearest.value.best)} times {nearest.label}."


def table(data: ReportData, references: Sequence[ReferencePoint] = ()) -> HeaderAndRows:
    """Return what the chart shows as a table."""
    header = ("what", "kind", "kg CO2e", "low", "high")
    return header, tuple((row.label, row.group, *cells(row.value)) for row in _rows(data, references))


def _rows(data: ReportData, references: Sequence[ReferencePoint]) -> list[DotRow]:
    kg = data.operational_kg
    if kg.best <= 0:
        return []
    ours = DotRow(f"{subject_text(data)}, operational", kg, OURS, is_chosen=True)
    activities = [DotRow(item.activity.label, item.activity.kg, ACTIVITY) for item in data.equivalents]
    runs = [DotRow(point.label, point.kg, TRAINING) for point in references]
    return sorted([ours, *activities, *runs], key=lambda row: row.value.best)
