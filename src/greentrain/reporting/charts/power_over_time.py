"""What did the run draw, and when? Power by component with the parts that the training named."""

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from greentrain.numbers import Scale, rounded, scale_for, written
from greentrain.reporting.charts.layout import SCALE_PX, Frame, finished
from greentrain.reporting.charts.style import (
    ACCENT,
    GREY,
    LINE_PX,
    QUIET,
    SIDE_PX,
    SOFT,
    TICK_GAP_PX,
    HeaderAndRows,
    Mark,
    amount_axis,
    shortened,
    source_text,
    text,
    text_px,
)
from greentrain.reporting.report_data import PowerSpan, ReportData

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

TITLE = "Power over time"
_COMPONENTS = {
    "gpu": ("accelerators", Mark(ACCENT, "circle", dash="solid")),
    "cpu": ("CPU", Mark(QUIET, "square", dash="solid")),
    "memory": ("memory", Mark(SOFT, "triangle-up", dash="dot")),
}
_PARTS = {"gpu": "accelerators", "cpu": "processors", "memory": "memory"}
"""Words of a line of report data for what was read and modelled."""

_OTHER = Mark(GREY, "diamond", dash="dashdot")
_SPAN_FILL, _SPAN_TEXT = "#5a5a5a", "#ffffff"
"""Dark enough in both themes for letters and edges that are white."""

_PLOT_PX, _LANE_PX = 320, 24
_ROOM_ABOVE = 1.08
"""How far the scale goes on beyond the highest power. [1]"""
_MOST_LABEL_CHARS, _LABEL_GAP_PX = 16, 8
_MOST_POINTS = 1000
_MOST_SPANS = 24
_MOST_LANES = 4
_ROUNDING_SECONDS, _ROUNDING_SHARE = 0.005, 0.01
"""Spans begin by the wall clock, in whole milliseconds, and last by another: they may seem to overlap by so much."""

Points = Sequence[tuple[float, float]]


def power_over_time(data: ReportData, *, theme: str = "light") -> "Figure":
    """Draw the recorded power of each component, with the run's spans above.

    Parameters
    ----------
    data : ReportData
        What is reported; of a tracked run.
    theme : {'light', 'dark'}
        What the chart lies on.
    """
    series = _series(data)
    length = length_of(data, series)
    watts, seconds = scale_for(_peak_w(series), "W"), scale_for(length, "s")
    lanes = lanes_of(data.spans, length)
    lanes_px = _LANE_PX * len(lanes)
    traces = [_line(name, points, watts, seconds) for name, points in series.items()]
    traces += [_span(span, lane, length, seconds) for lane, spans in enumerate(lanes) for span in spans]
    layout = _layout(watts, seconds, length, lanes, _most_w(series))
    source = source_text(data, _how(data), *_left_out(data.spans, lanes))
    labels, label_px = _labels(series, watts)
    frame = Frame(_PLOT_PX + lanes_px, labels, SCALE_PX, label_px)
    return finished(traces, layout, title=_finding(data, series), source=source, wide=frame, theme=theme)


def _modelled(data: ReportData) -> list[str]:
    """Name the components whose power is that of a model, from load or size, and that no sensor read on any node."""
    sensed = {part for line in data.lines for part in line.sensed}
    modelled = {part for line in data.lines for part in line.modelled} - sensed
    return [name for name in _series(data) if _PARTS.get(name) in modelled]


def _how(data: ReportData) -> str:
    """Say where the powers come from, since a model's are drawn like those that were read."""
    modelled = _modelled(data)
    if len(modelled) == len(_series(data)):
        return "Before PUE, modelled from load and size: no sensor read it."
    # Of what is in no sum the line of every chart tells.
    missing = [] if any(line.unmeasured for line in data.lines) else _missing(data)
    kinds = ((modelled, "modelled"), (missing, "not measured"))
    others = "".join(f"; {' and '.join(map(_words, names))} {how}" for names, how in kinds if names)
    return f"Before PUE, as the meter read it{others}."


def _layout(watts: Scale, seconds: Scale, length: float, lanes: list[list[PowerSpan]], most: float) -> dict[str, Any]:
    share = _PLOT_PX / (_PLOT_PX + _LANE_PX * len(lanes))
    layout: dict[str, Any] = {
        "xaxis": {
            **amount_axis(seconds, "time since the start"),
            "range": [0, length / seconds.size or 1],
            "ticklabelstandoff": TICK_GAP_PX,
        },
        "yaxis": {**amount_axis(watts, "power"), "range": [0, most / watts.size], "domain": [0, share if lanes else 1]},
        "barmode": "overlay",
        "uniformtext": {"minsize": 9, "mode": "hide"},
    }
    if lanes:
        layout["yaxis2"] = {
            "domain": [share, 1],
            "range": [-0.5, len(lanes) - 0.5],
            "visible": False,
            "fixedrange": True,
        }
    return layout


def summary(data: ReportData) -> str:
    """Sum the chart up in one sentence."""
    series = _series(data)
    if not series:
        return "The power of this run was not recorded."
    parts = [f"{_words(name)} {written(mean_w(points), 'W')}" for name, points in series.items()]
    length = max(points[-1][0] for points in series.values())
    peak = written(_peak_w(series), "W")
    missing = "".join(f"; {_words(name)} not measured" for name in _missing(data))
    modelled = _modelled(data)
    if modelled:
        missing += f"; {' and '.join(map(_words, modelled))} modelled"
    most = "value" if modelled else "reading"
    return f"Mean power over {written(length, 's')}: {', '.join(parts)}{missing}; the highest {most} of one is {peak}."


def _finding(data: ReportData, series: dict[str, Points]) -> str:
    name, points = max(series.items(), key=lambda item: mean_w(item[1]))
    words = _words(name)
    verb, how = ("took", " by a model") if name in _modelled(data) else ("drew", "")
    found = f"{words[:1].upper()}{words[1:]} {verb} {written(mean_w(points), 'W')} on average{how}"
    missing = " and ".join(map(_words, _missing(data)))
    if missing:
        return f"{found}; {missing} not measured"
    return f"{found}, the most of all parts" if len(series) > 1 else found


def table(data: ReportData) -> HeaderAndRows:
    """Return what the chart shows as a table: each component's mean, least and most."""
    header = ("component", "mean W", "least W", "most W", "samples")
    return header, tuple(
        (
            _words(name),
            rounded(mean_w(points)),
            rounded(min(w for _, w in points)),
            rounded(max(w for _, w in points)),
            f"{len(points):,}",
        )
        for name, points in _series(data).items()
    ) + tuple((_words(name), "not measured", "", "", "0") for name in _missing(data) if _series(data))


def _missing(data: ReportData) -> list[str]:
    """Name the components of the run of which there is no reading, so that nobody takes them for zero."""
    has_gpu = any(line.gpu for line in data.lines)
    return [name for name in _COMPONENTS if name not in _series(data) and (has_gpu or name != "gpu")]


def _labels(series: dict[str, Points], watts: Scale) -> tuple[list[dict[str, Any]], float]:
    """Name each line where it ends, labels of near ends one above the other; and return the room that takes [px]."""
    names = sorted(series, key=lambda name: series[name][-1][1])
    ends_px = [series[name][-1][1] / _most_w(series) * _PLOT_PX for name in names]
    shown = [shortened(_words(name), _MOST_LABEL_CHARS) for name in names]
    labels = [
        {
            "xref": "paper",
            "x": 1.0,
            "xanchor": "left",
            "xshift": _LABEL_GAP_PX,
            "yref": "y",
            "y": series[name][-1][1] / watts.size,
            "yanchor": "middle",
            "yshift": round(place - end),
            "text": text(words),
            "align": "left",
            "showarrow": False,
            "borderpad": 0,
        }
        for name, words, end, place in zip(names, shown, ends_px, spread(ends_px, LINE_PX, _PLOT_PX), strict=True)
    ]
    return labels, max(map(text_px, shown)) + _LABEL_GAP_PX + SIDE_PX / 2


def spread(wanted: Sequence[float], gap: float, most: float) -> list[float]:
    """Move places on a line apart, as little as their order and a least gap allow, none beyond its ends.

    Parameters
    ----------
    wanted : sequence of float
        Where they are to be, ascending.
    gap, most : float
        Least distance of two of them, and the end of the line, which begins at 0.
    """
    groups: list[tuple[float, int]] = []
    for place in wanted:
        middle, number = place, 1
        while groups and middle - groups[-1][0] < gap * (number + groups[-1][1]) / 2:
            other, others = groups.pop()
            middle, number = (middle * number + other * others) / (number + others), number + others
            middle = max(middle, gap * (number - 1) / 2)
        groups.append((middle, number))
    places = [middle + gap * (at - (number - 1) / 2) for middle, number in groups for at in range(number)]
    over = max(0.0, places[-1] - most) if places else 0.0
    return [place - over for place in places]


def thinned(points: Points, most: int = _MOST_POINTS) -> Points:
    """Keep at most so many points: of each stretch the lowest and the highest, so that no peak is lost."""
    if len(points) <= most:
        return points
    size = -(-len(points) * 2 // most)
    kept: list[tuple[float, float]] = []
    for start in range(0, len(points), size):
        stretch = points[start : start + size]
        ends = {min(stretch, key=lambda point: point[1]), max(stretch, key=lambda point: point[1])}
        kept += sorted(ends)
    return kept


def _series(data: ReportData) -> dict[str, Points]:
    return {name: points for name, points in data.power_series.items() if points}


def _words(name: str) -> str:
    return _COMPONENTS[name][0] if name in _COMPONENTS else name.replace("_", " ")


def _most_w(series: dict[str, Points]) -> float:
    """Return where the scale of power ends. [W]"""
    return (_peak_w(series) or 1.0) * _ROOM_ABOVE


def _peak_w(series: dict[str, Points]) -> float:
    return max(w for points in series.values() for _, w in points)


def mean_w(points: Points) -> float:
    """Average over time: each point is the mean of a step, and all steps are of one length."""
    return sum(w for _, w in points) / len(points)


def _line(name: str, points: Points, watts: Scale, seconds: Scale) -> dict[str, Any]:
    mark = _COMPONENTS[name][1] if name in _COMPONENTS else _OTHER
    kept = thinned(points)
    every = max(1, len(kept) // 8)
    marker = {"symbol": mark.symbol, "color": mark.colour, "maxdisplayed": 0 if every == 1 else 8, "size": 8}
    return {
        "type": "scatter",
        "mode": "lines+markers",
        "name": text(_words(name)),
        "x": [at / seconds.size for at, _ in kept],
        "y": [w / watts.size for _, w in kept],
        "line": {"color": mark.colour, "width": 2, "dash": mark.dash},
        "marker": marker,
        "hovertemplate": f"%{{y:.3~g}} {watts.unit} at %{{x:.3~f}} {seconds.unit}",
    }


def length_of(data: ReportData, series: dict[str, Points]) -> float:
    """Return how far the axis reaches: to the last reading, or the end of the last span or of the run. [s]"""
    readings = (points[-1][0] for points in series.values())
    return max(data.elapsed_seconds, *readings, *(_end(span, span.from_seconds) for span in data.spans))


def lanes_of(spans: Iterable[PowerSpan], length: float) -> list[list[PowerSpan]]:
    """Lay the longest spans into lanes, by depth and overlap; what finds no place is left out, the deepest first."""
    longest = sorted(spans, key=lambda span: span.from_seconds - _end(span, length))[:_MOST_SPANS]
    lanes: list[list[PowerSpan]] = []
    for span in sorted(longest, key=lambda span: (span.depth, span.from_seconds, -_end(span, length))):
        free = [lane for lane in lanes if not any(_excludes(other, span, length) for other in lane)]
        if free:
            free[0].append(span)
        elif len(lanes) < _MOST_LANES:
            lanes.append([span])
    return lanes


def _excludes(earlier: PowerSpan, span: PowerSpan, length: float) -> bool:
    """Tell whether a span cannot lie in the lane of one that began before: of another depth, or at the same time."""
    first_end, end = _end(earlier, length), _end(span, length)
    shorter = min(first_end - earlier.from_seconds, end - span.from_seconds)
    # Of two that are shorter than the rounding, the one may well lie in the other.
    rounding = min(max(_ROUNDING_SECONDS, _ROUNDING_SHARE * shorter), shorter / 2)
    return earlier.depth != span.depth or min(first_end, end) - span.from_seconds > rounding


def _end(span: PowerSpan, length: float) -> float:
    return length if span.to_seconds is None else span.to_seconds


def _left_out(spans: Sequence[PowerSpan], lanes: list[list[PowerSpan]]) -> list[str]:
    shown = sum(map(len, lanes))
    return [f"The {shown} longest of {len(spans):,} spans are shown."] if shown < len(spans) else []


def _span(span: PowerSpan, lane: int, length: float, seconds: Scale) -> dict[str, Any]:
    long = _end(span, length) - span.from_seconds
    return {
        "type": "bar",
        "orientation": "h",
        "yaxis": "y2",
        "name": text(span.name),
        "showlegend": False,
        "width": 0.8,
        "base": [span.from_seconds / seconds.size],
        "x": [long / seconds.size],
        "y": [lane],
        "text": [text(span.name)],
        "textposition": "inside",
        "insidetextanchor": "middle",
        "textangle": 0,
        "insidetextfont": {"color": _SPAN_TEXT},
        "marker": {"color": _SPAN_FILL, "line": {"width": 1, "color": _SPAN_TEXT}},
        "hovertext": [f"{text(span.name)}<br>{written(long, 's')}"],
        "hoverinfo": "text",
    }
