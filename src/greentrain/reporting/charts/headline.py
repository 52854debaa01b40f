"""How much is it? The emissions with their interval beside reference points."""

from collections.abc import Sequence
from math import log
from typing import TYPE_CHECKING, NamedTuple

from greentrain.interval import Interval
from greentrain.numbers import rounded
from greentrain.reporting.charts.chart_labels import INTERVALS, Table, cells, source_words, subject_words
from greentrain.reporting.charts.interval_dots import Row, row_chart
from greentrain.reporting.charts.si_prefixes import written_span
from greentrain.reporting.charts.style import BLUE, GREEN, VERMILLION, Mark, empty
from greentrain.reporting.subject import Subject

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

TITLE = "How much is it?"
OURS, ACTIVITY, TRAINING = "this report", "everyday activity", "published training"
_MARKS = {OURS: Mark(VERMILLION, "diamond"), ACTIVITY: Mark(BLUE, "circle"), TRAINING: Mark(GREEN, "square")}


class Point(NamedTuple):
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


def headline(subject: Subject, references: Sequence[Point] = (), *, theme: str = "light") -> "Figure":
    """Draw the operational emissions beside everyday activities and published training runs.

    Parameters
    ----------
    subject : Subject
        What is reported; its equivalents are the activities.
    references : sequence of Point
        Published training runs of about this size.
    theme : {'light', 'dark'}
        What the chart lies on.
    """
    rows = _rows(subject, references)
    if not rows:
        return empty(TITLE, "Nothing was emitted, or nothing is known of it.", theme)
    keys = [item.activity.source.split(";")[0] for item in subject.equivalents]
    source = source_words(subject, [*keys, *(point.source for point in references)], INTERVALS)
    return row_chart(rows, _MARKS, unit="kg", words="CO2e", title=TITLE, source=source, theme=theme)


def summary(subject: Subject, references: Sequence[Point] = ()) -> str:
    """Say the chart in one sentence."""
    rows = _rows(subject, references)
    if not rows:
        return "There are no emissions to show."
    kg = subject.operational_kg
    found = f"{subject_words(subject)} emits {written_span(kg, 'kg', 'CO2e')}"
    others = [row for row in rows if row.group != OURS]
    if not others:
        return f"{found}."
    nearest = min(others, key=lambda row: abs(log(row.value.best / kg.best)))
    return f"{found}, about {rounded(kg.best / nearest.value.best)} times {nearest.label}."


def table(subject: Subject, references: Sequence[Point] = ()) -> Table:
    """Give what the chart shows as a table."""
    header = ("what", "kind", "kg CO2e", "low", "high")
    return header, tuple((row.label, row.group, *cells(row.value)) for row in _rows(subject, references))


def _rows(subject: Subject, references: Sequence[Point]) -> list[Row]:
    kg = subject.operational_kg
    if kg.best <= 0:
        return []
    ours = Row(f"{subject_words(subject)}, operational", kg, OURS, is_chosen=True)
    activities = [Row(item.activity.label, item.activity.kg, ACTIVITY) for item in subject.equivalents]
    runs = [Row(point.label, point.kg, TRAINING) for point in references]
    return sorted([ours, *activities, *runs], key=lambda row: row.value.best)
