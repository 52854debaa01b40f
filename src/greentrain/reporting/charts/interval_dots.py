"""Rows of values with their intervals, each under its label: the form of several charts, readable on a telephone."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from greentrain.interval import Interval
from greentrain.numbers import written_span
from greentrain.reporting.charts.style import (
    BOLD_CHARS_PER_LINE,
    CHARS_PER_LINE,
    LINE_PX,
    Mark,
    drawable,
    finished,
    lines,
    log_axis,
    unbroken,
)

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

_BAND_PX = 26
_FIRST_PX = 6


class DotRow(NamedTuple):
    """One value.

    Attributes
    ----------
    label : str
        What it is, plain text.
    value : Interval
        In the base unit of the chart.
    group : str
        To which group it belongs, by the name in the legend.
    is_chosen : bool
        Whether it is the one that the others are compared with.
    """

    label: str
    value: Interval
    group: str
    is_chosen: bool = False


class Placed(NamedTuple):
    """Labels from top to bottom, each above its band.

    Attributes
    ----------
    at_px : tuple of float
        Middle of each band, from the top. [px]
    plot_px : float
        Height of them all. [px]
    annotations : list of dict
        The labels.
    """

    at_px: tuple[float, ...]
    plot_px: float
    annotations: list[dict[str, Any]]

    @property
    def axis(self) -> dict[str, Any]:
        """The vertical axis, in pixels from the top, unseen."""
        return {"range": [self.plot_px, 0], "visible": False, "fixedrange": True}


def placed(labels: Sequence[str], chosen: Sequence[bool]) -> Placed:
    """Place labels above bands, the chosen ones bold."""
    at: list[float] = []
    notes: list[dict[str, Any]] = []
    top = float(_FIRST_PX)
    for label, is_chosen in zip(labels, chosen, strict=True):
        parts = lines(label, BOLD_CHARS_PER_LINE if is_chosen else CHARS_PER_LINE)
        notes.append(_label("<br>".join(f"<b>{part}</b>" if is_chosen else part for part in parts), top))
        top += LINE_PX * len(parts)
        at.append(top + _BAND_PX / 2)
        top += _BAND_PX + 2
    return Placed(tuple(at), top, notes)


def value_text(value: Interval, unit: str) -> str:
    """Write a value with its interval so that a line breaks before the brackets only."""
    middle, bracket, ends = written_span(value, unit).partition(" (")
    return unbroken(middle) + bracket + unbroken(ends)


def row_chart(
    rows: Sequence[DotRow],
    marks: Mapping[str, Mark],
    *,
    unit: str,
    words: str,
    title: str,
    source: str,
    theme: str,
) -> "Figure":
    """Draw rows of dots with their intervals on an axis on which each step multiplies.

    Parameters
    ----------
    rows : sequence of DotRow
        From top to bottom, at least one.
    marks : mapping of str to Mark
        How each group looks, in the order of the legend.
    """
    labels = [f"{row.label}: {value_text(row.value, unit)}" for row in rows]
    place = placed(labels, [row.is_chosen for row in rows])
    drawn = [drawable(row.value) for row in rows]
    traces = [
        _dots(group, mark, found, unit)
        for group, mark in marks.items()
        if (found := [item for item in zip(rows, drawn, place.at_px, strict=True) if item[0].group == group])
    ]
    ends = [end for value in drawn for end in value]
    layout = {
        "xaxis": log_axis(ends, unit, words),
        "yaxis": place.axis,
        "annotations": place.annotations,
        "showlegend": len(traces) > 1,
    }
    return finished(traces, layout, title=title, source=source, plot_px=place.plot_px, theme=theme)


def _dots(group: str, mark: Mark, found: Sequence[tuple[DotRow, Interval, float]], unit: str) -> dict[str, Any]:
    values = [value for _, value, _ in found]
    error = {"type": "data", "symmetric": False, "thickness": 2, "width": 5}
    error |= {"array": [high - best for _, best, high in values], "arrayminus": [best - low for low, best, _ in values]}
    hover = [f"{'<br>'.join(lines(row.label))}<br>{written_span(row.value, unit)}" for row, _, _ in found]
    return {
        "type": "scatter",
        "mode": "markers",
        "name": group,
        "x": [value.best for value in values],
        "y": [at for _, _, at in found],
        "error_x": error,
        "marker": {
            "color": mark.colour,
            "symbol": mark.symbol,
            "size": 12,
            "line": {"width": 1.5, "color": mark.colour},
        },
        "hovertext": hover,
        "hoverinfo": "text",
    }


def _label(words: str, top_px: float) -> dict[str, Any]:
    place = {"xref": "paper", "x": 0.0, "xanchor": "left", "yref": "y", "y": top_px, "yanchor": "top"}
    return place | {"showarrow": False, "align": "left", "text": words, "borderpad": 0}
