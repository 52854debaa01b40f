"""A chart as SVG, drawn here: without browser, script or anything from elsewhere, for notebooks, pages and papers.

It knows what the charts of this package use of plotly's figures and no more: points, lines and bars with intervals,
linear, logarithmic, calendar and category axes, patterns, notes and legends.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from greentrain.reporting.charts import drawing
from greentrain.reporting.charts.axes import Axis, axis_of
from greentrain.reporting.charts.style import (
    FONT,
    GREY,
    INK,
    LEGEND_LINE_PX,
    SIDE_PX,
    for_page,
    legend_columns,
    text_px,
)

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

WIDTH_PX = 720
_NARROW_PX = 640
"""Below it a chart is laid out for a telephone. [px]"""
_GRID = {"stroke_opacity": 0.18}
_ABOVE_PX = 22
"""What plotly's buttons take above a chart that has no title; here are none. [px]"""
_SWATCH_PX, _TITLE_PX, _TICK_PX, _LETTER_PX = 36, 15, 12, 13

_Trace = Mapping[str, Any]


class _Plot(NamedTuple):
    """The inside of a chart, and the axes by their names."""

    left: float
    top: float
    right: float
    bottom: float
    width: float
    x: Mapping[str, Axis]
    y: Mapping[str, Axis]


def svg(
    figure: "Figure",
    *,
    name: str = "chart",
    width_px: int = WIDTH_PX,
    theme: str | None = None,
    has_title: bool = True,
) -> str:
    """Draw a chart.

    Parameters
    ----------
    figure : Figure
        A chart of this package.
    name : str
        What ids in it begin with, different for each chart of a page.
    width_px : int
        Its width; the height follows. [px]
    theme : {'light', 'dark'}, optional
        With a background of its own. Default: none, and ink of the colour of the text around it.
    has_title : bool
        Whether the finding stands above it; a page has it in the caption.
    """
    layout = figure.layout.to_plotly_json()
    layout = layout if has_title else for_page(layout)
    if width_px < _NARROW_PX:
        layout |= layout["meta"]["narrow"]
    cut_px = 0 if has_title else _ABOVE_PX
    ink, _, paper = INK[theme] if theme else ("currentColor", "", "")
    ground = [drawing.element("rect", width="100%", height="100%", fill=paper)] if theme else []
    return drawing.element(
        "svg",
        # An element a line, so that a difference of two pictures can be read.
        "\n".join([*ground, *_parts(layout, [trace.to_plotly_json() for trace in figure.data], name, width_px)]),
        xmlns="http://www.w3.org/2000/svg",
        viewBox=f"0 {cut_px} {width_px} {layout['height'] - cut_px}",
        width=width_px,
        height=layout["height"] - cut_px,
        role="img",
        font_family=FONT,
        font_size=13,
        fill=ink,
        color=None if theme is None else ink,
        style="max-width:100%;height:auto",
    )


def _parts(layout: Mapping[str, Any], traces: Sequence[_Trace], name: str, width_px: float) -> Iterator[str]:
    found = dict.fromkeys(filter(None, map(_pattern, traces)))
    patterns = {key: f"{name}-{number}" for number, key in enumerate(found)}
    plot = _plot(layout, traces, width_px)
    yield from (drawing.pattern(key, shape, colour) for (shape, colour), key in patterns.items())
    yield from _axes(layout, plot)
    for trace in _stacked(traces, layout):
        yield from _drawn(trace, plot, patterns)
    yield from _notes(layout, plot)
    yield from _legend(layout, traces, plot, patterns, width_px)
    yield from _title(layout)


def _plot(layout: Mapping[str, Any], traces: Sequence[_Trace], width_px: float) -> _Plot:
    margin = layout["margin"]
    left, right = float(margin["l"]), width_px - float(margin["r"])
    top, bottom = float(margin["t"]), layout["height"] - float(margin["b"])
    y = {
        key: axis_of(
            axis, _values(traces, key), *(bottom - (bottom - top) * share for share in axis.get("domain", (0.0, 1.0)))
        )
        for key, axis in _axes_of(layout, "y")
    }
    left = max(left, *(SIDE_PX + _beside_px(axis) for axis in y.values() if axis.is_visible), 0.0)
    x = {key: axis_of(axis, _values(traces, key), left, right) for key, axis in _axes_of(layout, "x")}
    return _Plot(left, top, right, bottom, width_px, x, y)


def _beside_px(axis: Axis) -> float:
    """Return what an axis at the side takes. [px]"""
    return max((text_px(words) for _, words in axis.ticks), default=0.0) + (26 if axis.title else 8)


def _axes_of(layout: Mapping[str, Any], letter: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Yield axes by the names by which traces call them: x, x2 ..."""
    for key, axis in layout.items():
        if key.startswith(f"{letter}axis"):
            yield key.replace("axis", ""), axis


def _values(traces: Sequence[_Trace], key: str) -> Iterator[Any]:
    """Yield all that is drawn along an axis, ends of intervals and of bars among them."""
    letter = key[0]
    heights: dict[Any, float] = {}
    for trace in traces:
        if trace.get(f"{letter}axis", letter) != key:
            continue
        error, along = trace.get(f"error_{letter}", {}), trace.get(letter, ())
        is_length = trace["type"] == "bar" and (trace.get("orientation") == "h") == (letter == "x")
        starts = trace.get("base") or [0.0] * len(along)
        for place, value in enumerate(along):
            if not is_length:
                yield value
                continue
            end = starts[place] + value
            yield end + (error["array"][place] if error else 0.0)
            if letter == "y":
                heights[trace["x"][place]] = heights.get(trace["x"][place], 0.0) + value
    yield from heights.values()


def _axes(layout: Mapping[str, Any], plot: _Plot) -> Iterator[str]:
    """Draw lines at the ticks of the axes, their texts and titles."""
    grid = {"color": "currentColor", "width": 1}
    for key, axis in plot.x.items():
        if not axis.is_visible:
            continue
        own = layout[key.replace("x", "xaxis", 1)]
        has_grid = own.get("showgrid", own.get("type") != "category")
        for at, words in axis.ticks:
            yield drawing.rule(at, plot.top if has_grid else plot.bottom, at, plot.bottom + 4, grid, **_GRID)
            half = max(text_px(line) for line in words.split("<br>")) * _TICK_PX / _LETTER_PX / 2
            inside = min(max(at, half), plot.width - half)
            yield drawing.label(words, inside, plot.bottom + 8, size=_TICK_PX, across="center", down="top")
        lines = max((words.count("<br>") + 1 for _, words in axis.ticks), default=1)
        middle, below = (plot.left + plot.right) / 2, plot.bottom + 14 + 16 * lines
        yield drawing.label(axis.title, middle, below, across="center", down="top")
    for axis in plot.y.values():
        if not axis.is_visible:
            continue
        for at, words in axis.ticks:
            yield drawing.rule(plot.left, at, plot.right, at, grid, **_GRID)
            yield drawing.label(words, plot.left - 6, at, size=_TICK_PX, across="right")
        x, y = 12.0, (plot.top + plot.bottom) / 2
        yield drawing.label(axis.title, x, y, across="center", transform=f"rotate(-90 {drawing.px(x)} {drawing.px(y)})")


def _stacked(traces: Sequence[_Trace], layout: Mapping[str, Any]) -> Iterator[_Trace]:
    """Put bars that are to be stacked on top of those before them."""
    so_far: dict[Any, float] = {}
    for trace in traces:
        if trace["type"] != "bar" or layout.get("barmode") != "stack":
            yield trace
            continue
        base = [so_far.get(key, 0.0) for key in trace["x"]]
        so_far |= {key: start + value for key, start, value in zip(trace["x"], base, trace["y"], strict=True)}
        yield {**trace, "base": base}


def _drawn(trace: _Trace, plot: _Plot, patterns: Mapping[tuple[str, str], str]) -> Iterator[str]:
    """Draw what a trace shows: its bars, or its line, intervals and points."""
    x, y = plot.x[trace.get("xaxis", "x")], plot.y[trace.get("yaxis", "y")]
    if trace["type"] == "bar":
        yield from _bars(trace, x, y, patterns)
        return
    at = [
        None if down is None or along is None else (x.place(along), y.place(down))
        for along, down in zip(trace["x"], trace["y"], strict=True)
    ]
    if trace.get("fill") == "toself":
        corners = " ".join(f"{drawing.px(point[0])},{drawing.px(point[1])}" for point in at if point)
        yield drawing.element("polygon", points=corners, fill=trace["fillcolor"])
    elif "lines" in trace["mode"]:
        yield drawing.path(at, trace["line"])
    if "markers" in trace["mode"]:
        yield from _errors(trace, x, y)
        yield from _points(trace, at)


def _points(trace: _Trace, at: Sequence[tuple[float, float] | None]) -> Iterator[str]:
    marker = trace.get("marker", {})
    most = marker.get("maxdisplayed") or len(at)
    every = max(1, -(-len(at) // most))
    hints = trace.get("hovertext") or [""] * len(at)
    for point, hint in list(zip(at, hints, strict=True))[every // 2 :: every]:
        if point is not None:
            yield drawing.symbol(marker, *point, marker.get("size", 8) * 0.85, hint)


def _errors(trace: _Trace, x: Axis, y: Axis) -> Iterator[str]:
    """Draw the intervals of points or bars."""
    places = list(zip(trace["x"], trace["y"], strict=True))
    base = trace.get("base") or [0.0] * len(places)
    for letter in ("x", "y"):
        error = trace.get(f"error_{letter}")
        if not error:
            continue
        line = {
            "color": "currentColor" if trace["type"] == "bar" else trace["marker"]["color"],
            "width": error.get("thickness", 2),
        }
        cap = error.get("width", 0)
        for (along, down), start, more, less in zip(places, base, error["array"], error["arrayminus"], strict=True):
            if letter == "x":
                at, low, high = y.place(down), x.place(start + along - less), x.place(start + along + more)
                ends = [(low, at, high, at), *((end, at - cap, end, at + cap) for end in (low, high) if cap)]
            else:
                at, low, high = x.place(along), y.place(start + down - less), y.place(start + down + more)
                ends = [(at, low, at, high), *((at - cap, end, at + cap, end) for end in (low, high) if cap)]
            if high != low:
                yield from (drawing.rule(*each, line) for each in ends)


def _bars(trace: _Trace, x: Axis, y: Axis, patterns: Mapping[tuple[str, str], str]) -> Iterator[str]:
    is_lying = trace.get("orientation") == "h"
    lengths, places = (trace["x"], trace["y"]) if is_lying else (trace["y"], trace["x"])
    along, across = (x, y) if is_lying else (y, x)
    half = trace.get("width", 0.8) / 2
    base = trace.get("base") or [0.0] * len(lengths)
    fill, colour = _fill(trace, patterns), trace["marker"].get("line", {}).get("color") or _colour(trace)
    hints = trace.get("hovertext") or [""] * len(lengths)
    for length, place, start, hint in zip(lengths, places, base, hints, strict=True):
        if not length:
            continue
        ends = sorted((along.place(start), along.place(start + length)))
        middle = across.place(place)
        thick = abs(across.place(half) - across.place(-half))
        sides = (middle - thick / 2, thick)
        corner = (ends[0], sides[0]) if is_lying else (sides[0], ends[0])
        size = (ends[1] - ends[0], sides[1]) if is_lying else (sides[1], ends[1] - ends[0])
        yield drawing.box(*corner, *size, fill, colour, hint)
        words = (trace.get("text") or [""])[0]
        if words and text_px(words) * 11 / 13 < size[0] - 6:
            inside = trace["insidetextfont"]["color"]
            yield drawing.label(words, sum(ends) / 2, middle, size=11, across="center", fill=inside)
    yield from _errors(trace, x, y) if trace.get("error_x") else ()


def _pattern(trace: _Trace) -> tuple[str, str] | None:
    shape = trace.get("marker", {}).get("pattern", {}).get("shape")
    return (shape, _colour(trace)) if shape else None


def _colour(trace: _Trace) -> str:
    return str(trace.get("marker", {}).get("color") or trace.get("line", {}).get("color") or GREY)


def _fill(trace: _Trace, patterns: Mapping[tuple[str, str], str]) -> str:
    key = _pattern(trace)
    return f"url(#{patterns[key]})" if key else _colour(trace)


def _notes(layout: Mapping[str, Any], plot: _Plot) -> Iterator[str]:
    """Write the notes in and around the plot, and draw its lines."""
    for shape in layout.get("shapes", ()):
        x0, x1 = (plot.x["x"].place(shape[key]) for key in ("x0", "x1"))
        y0, y1 = (
            (plot.top, plot.bottom)
            if shape["yref"] == "paper"
            else (plot.y[shape["yref"]].place(shape[key]) for key in ("y0", "y1"))
        )
        yield drawing.rule(x0, y0, x1, y1, shape["line"])
    for note in layout.get("annotations", ()):
        is_free = note["yref"] == "paper"
        x = plot.left + note["x"] * (plot.right - plot.left) + note.get("xshift", 0)
        y = plot.bottom - note["y"] * (plot.bottom - plot.top) if is_free else plot.y[note["yref"]].place(note["y"])
        look = {"opacity": None if note.get("opacity") is None else str(note["opacity"])}
        yield drawing.label(
            note["text"],
            x,
            y - note.get("yshift", 0),
            size=note.get("font", {}).get("size", 13),
            across=note.get("xanchor", "center"),
            down=note.get("yanchor", "middle"),
            **look,
        )


def _legend(
    layout: Mapping[str, Any],
    traces: Sequence[_Trace],
    plot: _Plot,
    patterns: Mapping[tuple[str, str], str],
    width_px: float,
) -> Iterator[str]:
    """Name the traces above the plot, in columns of one width."""
    named = [trace for trace in traces if trace.get("showlegend", True)] if layout.get("showlegend") else []
    columns, column_px = legend_columns(traces, width_px - 2 * SIDE_PX)
    rows = -(-len(named) // columns)
    for place, trace in enumerate(named):
        x = SIDE_PX + column_px * (place % columns)
        y = plot.top - 8 - LEGEND_LINE_PX * (rows - place // columns - 0.5)
        if trace["type"] == "bar":
            yield drawing.box(x + 4, y - 6, 20, 12, _fill(trace, patterns), _colour(trace))
        elif trace.get("fill"):
            yield drawing.box(x + 4, y - 5, 24, 10, trace["fillcolor"], "none")
        else:
            if "lines" in trace["mode"]:
                yield drawing.path([(x, y), (x + 28, y)], trace["line"])
            if "markers" in trace["mode"]:
                yield drawing.symbol(trace["marker"], x + 14, y, 9)
        yield drawing.label(trace["name"], x + _SWATCH_PX, y)


def _title(layout: Mapping[str, Any]) -> Iterator[str]:
    words = layout["title"].get("text")
    if words:
        pad = layout["title"]["pad"]
        yield drawing.label(words, pad["l"], pad["t"], size=_TITLE_PX, down="top")
