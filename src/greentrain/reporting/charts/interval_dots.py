"""Rows of values with their intervals: label at the left, amount at the right; the form of several charts."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from greentrain.interval import Interval
from greentrain.numbers import written, written_span
from greentrain.reporting.charts.layout import NARROWEST_PX, PHONE_PX, Frame, finished
from greentrain.reporting.charts.style import (
    LINE_PX,
    Mark,
    drawable,
    lines,
    log_axis,
    shortened,
    text,
    text_px,
    unbroken,
)

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

BAR_ROWS = 0.5
"""Height of a bar; the rest of a row holds its label on a telephone. [rows]"""
_ROW_PX = 28
_MOST_LABEL_CHARS, _MOST_WITH_END = 44, 52
_GAP_PX = 10


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
    short : str
        The label in the words that fit beside the plot. Default: the whole of it.
    end : str
        What follows the short label and is never cut.
    """

    label: str
    value: Interval
    group: str
    is_chosen: bool = False
    short: str = ""
    end: str = ""


class RowLabel(NamedTuple):
    """What stands beside a row: its name at the left, whose end stays where it is cut, its amount at the right."""

    words: str
    amount: str
    is_chosen: bool = False
    end: str = ""


class Placed(NamedTuple):
    """Rows from top to bottom, numbered from 0: labels and amounts beside the plot, on a telephone above each row."""

    wide: Frame
    narrow: Frame


def placed(rows: Sequence[RowLabel], beside: Sequence[RowLabel] = ()) -> Placed:
    """Lay rows out for a page and for a telephone, with room at the sides for the labels of other charts too."""
    wide: list[dict[str, Any]] = []
    narrow: list[dict[str, Any]] = []
    names = [*map(_name, rows)]
    above = [lines(f"{name}: {row.amount}") for name, row in zip(names, rows, strict=True)]
    most = max(map(len, above), default=1)
    for at, (name, row) in enumerate(zip(names, rows, strict=True)):
        left = {"x": 0.0, "xanchor": "right", "xshift": -_GAP_PX, "yanchor": "middle", "text": _bold(text(name), row)}
        right = {"x": 1.0, "xanchor": "left", "xshift": _GAP_PX, "yanchor": "middle", "text": _bold(row.amount, row)}
        wide += [_beside(at, left), _beside(at, right)]
        words = "<br>".join(_bold(line, row) for line in above[at])
        narrow.append(_beside(at - BAR_ROWS / 2, {"x": 0.0, "xanchor": "left", "yanchor": "bottom", "text": words}))
    left_px, right_px = (
        max((text_px(words(row), is_bold=row.is_chosen) for row in (*rows, *beside)), default=0.0) + 2 * _GAP_PX
        for words in (_name, lambda row: row.amount)
    )
    row_px = (LINE_PX * most + 8) / (1 - BAR_ROWS)
    return Placed(
        Frame(_ROW_PX * len(rows), wide, left_px, right_px, _axis(len(rows), 0.5)),
        Frame(row_px * (len(rows) + 0.4), narrow, more=_axis(len(rows), 0.9)),
    )


def _name(row: RowLabel) -> str:
    most = _MOST_WITH_END - len(row.end) if row.end else _MOST_LABEL_CHARS
    return f"{shortened(row.words, most)}{row.end}"


def plot_px(place: Placed) -> float:
    """Return how wide the plot is at least: between the labels on the narrowest page, or on a telephone. [px]"""
    return min(NARROWEST_PX - place.wide.left_px - place.wide.right_px, PHONE_PX)


def _axis(rows: int, above: float) -> dict[str, Any]:
    """Return the vertical axis, unseen: row 0 at the top, with so many rows of room above its middle."""
    return {"yaxis": {"range": [rows - 0.5, -above], "visible": False, "fixedrange": True}}


def marked(place: Placed, x: float, line: Mapping[str, Any], rows: int) -> dict[str, Frame]:
    """Mark a value by a line from top to bottom, on a telephone row by row, so that it crosses no label.

    Returns
    -------
    dict of str to Frame
        Both frames, by the names of the arguments of `finished`.
    """
    mark = {"type": "line", "xref": "x", "x0": x, "x1": x, "layer": "below", "line": dict(line)}
    half = BAR_ROWS / 2
    parts = [{**mark, "yref": "y", "y0": at - half, "y1": at + half} for at in range(rows)]
    frames = {"wide": (place.wide, [{**mark, "yref": "paper", "y0": 0, "y1": 1}]), "narrow": (place.narrow, parts)}
    return {name: frame._replace(more={**frame.more, "shapes": shapes}) for name, (frame, shapes) in frames.items()}


def _bold(words: str, row: RowLabel) -> str:
    return f"<b>{words}</b>" if row.is_chosen else words


def _beside(at: float, more: dict[str, Any]) -> dict[str, Any]:
    return {"xref": "paper", "yref": "y", "y": at, "showarrow": False, "align": "left", "borderpad": 0} | more


def amount_text(value: Interval, unit: str) -> str:
    """Write the best value, its number and unit on one line; the interval is drawn."""
    return unbroken(written(value.best, unit))


def row_chart(
    rows: Sequence[DotRow],
    marks: Mapping[str, Mark],
    *,
    unit: str,
    words: str,
    title: str,
    source: str,
    theme: str,
    beside: Sequence[DotRow] = (),
) -> "Figure":
    """Draw rows of dots with their intervals on an axis on which each step multiplies.

    Parameters
    ----------
    rows : sequence of DotRow
        From top to bottom, at least one.
    marks : mapping of str to Mark
        How each group looks, in the order of the legend.
    beside : sequence of DotRow
        Rows of charts that it is to be compared with: the axis holds them, and begins and ends at the same places.
    """
    place = placed(*([_row_label(row, unit) for row in each] for each in (rows, beside)))
    drawn = [drawable(row.value) for row in rows]
    traces = [
        _dots(group, mark, found, unit)
        for group, mark in marks.items()
        if (found := [item for item in zip(rows, drawn, range(len(rows)), strict=True) if item[0].group == group])
    ]
    ends = [end for value in (*drawn, *(drawable(row.value) for row in beside)) for end in value]
    layout = {
        "xaxis": log_axis(ends, unit, words, plot_px(place)),
        "showlegend": len(traces) > 1,
    }
    return finished(traces, layout, title=title, source=source, wide=place.wide, narrow=place.narrow, theme=theme)


def _row_label(row: DotRow, unit: str) -> RowLabel:
    return RowLabel(row.short or row.label, amount_text(row.value, unit), row.is_chosen, row.end)


def _dots(group: str, mark: Mark, found: Sequence[tuple[DotRow, Interval, int]], unit: str) -> dict[str, Any]:
    values = [value for _, value, _ in found]
    cap_px = 5 if any(low < high for low, _, high in values) else 0
    error: dict[str, Any] = {"type": "data", "symmetric": False, "thickness": 2, "width": cap_px}
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
            "size": 13 if found[0][0].is_chosen else 10,
            "line": {"width": 1.5, "color": mark.colour},
        },
        "hovertext": hover,
        "hoverinfo": "text",
    }
