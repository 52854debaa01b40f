"""How a chart is laid out: the finding above it, the source below it, on a page and on a telephone."""

from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NamedTuple

from greentrain.reporting.charts.style import (
    LEGEND_LINE_PX,
    LINE_PX,
    SIDE_PX,
    SOURCE_OPACITY,
    legend_columns,
    legend_place,
    lines,
    template,
)

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

_WIDE_CHARS, _NARROW_CHARS = (76, 96), (34, 54)
"""Columns of a line of the title and of one of the source, on a page and on a telephone."""
_TITLE_LINE_PX = 21
_TITLE_PX, _TOP_PX, _AXIS_PX = 12, 30, 56
PHONE_PX, _WIDE_PX = 302, 560
"""What a legend or a plot has of a telephone of 360 px, and a legend of a page of 40 rem. [px]"""
SCALE_PX = SIDE_PX + 56
"""Margin at the left of a plot whose scale and its title stand there. [px]"""
NARROWEST_PX = 608
"""Width of a chart on the narrowest page on which its labels stand beside it. [px]"""


class Frame(NamedTuple):
    """The room of a plot on a page or on a telephone.

    Attributes
    ----------
    plot_px : float
        Height of the plot without title, legend, axis and source. [px]
    annotations : sequence of dict
        What is written in it.
    left_px, right_px : float
        Margins at the sides. [px]
    more : mapping
        Axes and shapes that are not the same in both.
    """

    plot_px: float
    annotations: Sequence[dict[str, Any]] = ()
    left_px: float = SIDE_PX
    right_px: float = SIDE_PX
    more: Mapping[str, Any] = MappingProxyType({})


def finished(
    traces: Iterable[Mapping[str, Any]],
    layout: Mapping[str, Any],
    *,
    title: str,
    source: str,
    wide: Frame,
    theme: str,
    narrow: Frame | None = None,
) -> "Figure":
    """Make the figure: the traces, the title above and the source below.

    Parameters
    ----------
    traces : iterable of mapping
        As plotly takes them.
    layout : mapping
        What this chart adds: axes and shapes.
    title : str
        The finding; at most two lines of a page.
    source : str
        What is shown, and by which version.
    wide, narrow : Frame
        The room on a page, and on a telephone. Default: the same.
    theme : {'light', 'dark'}
        What the chart lies on.
    """
    from greentrain.reporting.charts.figure import ChartFigure  # plotly takes longer to load than a report in text

    # Without an id of its own plotly.js gives each trace a random one.
    drawn = [{**trace, "uid": str(number)} for number, trace in enumerate(traces)]
    on_page, on_telephone = (
        _room(frame, title, legend_px, source, chars)
        for frame, legend_px, chars in zip(
            (wide, narrow or wide), _legend_px(drawn, layout), (_WIDE_CHARS, _NARROW_CHARS), strict=True
        )
    )
    title_px = on_page.pop("title_px")
    if narrow is not None:  # labels stand in the plot, and no line is to cross them
        on_telephone["xaxis"] = {**layout["xaxis"], "showgrid": False, "ticks": "outside"}
    shared = {
        "template": template(theme),
        "showlegend": False,
        "meta": {"title_px": title_px, "narrow": on_telephone},
        "hovermode": "closest",
        "dragmode": False,  # a finger scrolls the page; the buttons above the chart turn zooming on
    }
    return ChartFigure(data=drawn, layout={**shared, **layout, **on_page})


def _heading(words: Sequence[str]) -> dict[str, Any]:
    place = {"x": 0.0, "xref": "container", "y": 1.0, "yref": "container", "yanchor": "top"}
    bold = "<br>".join(f"<b>{line}</b>" for line in words)
    return {"text": bold, "font": {"size": 15}, "pad": {"t": 12, "l": SIDE_PX}, "automargin": False, **place}


def _room(frame: Frame, title: str, legend_px: int, source: str, chars: tuple[int, int]) -> dict[str, Any]:
    """Return the part of a layout that differs between a page and a telephone."""
    heading, below = (lines(words, most) for words, most in zip((title, source), chars, strict=True))
    title_px = _TITLE_PX + _TITLE_LINE_PX * len(heading)
    top_px, bottom_px = _TOP_PX + title_px + legend_px, _AXIS_PX + LINE_PX * len(below)
    height_px = round(top_px + frame.plot_px + bottom_px)
    return {
        **frame.more,
        "title": _heading(heading),
        "title_px": title_px,
        "legend": legend_place(top_px / height_px),
        "height": height_px,
        "margin": {"t": top_px, "b": bottom_px, "l": round(frame.left_px), "r": round(frame.right_px)},
        "annotations": [*frame.annotations, _source_line(below, frame.left_px)],
    }


def _legend_px(traces: Sequence[Mapping[str, Any]], layout: Mapping[str, Any]) -> tuple[int, int]:
    """Return the height of the legend on a page and on a telephone; it breaks into columns of one width. [px]"""
    if not layout.get("showlegend"):
        return 0, 0
    number = sum(trace.get("showlegend", True) for trace in traces)
    columns = (legend_columns(traces, room_px)[0] for room_px in (_WIDE_PX, PHONE_PX))
    wide, narrow = (LEGEND_LINE_PX * -(-number // each) for each in columns)
    return wide, narrow


def _source_line(below: Sequence[str], left_px: float) -> dict[str, Any]:
    """Place the source at the lower left of the chart, under what stands beside the plot."""
    note = {"xref": "paper", "yref": "paper", "x": 0.0, "y": 0.0, "xanchor": "left", "yanchor": "top"}
    note |= {"xshift": SIDE_PX - round(left_px)}
    # Fainter ink of the theme: no one grey can be read both on white and on black.
    look = {"align": "left", "showarrow": False, "font": {"size": 11}, "opacity": SOURCE_OPACITY}
    return note | look | {"yshift": 4 - _AXIS_PX, "text": "<br>".join(below)}
