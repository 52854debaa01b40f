"""The look that all charts share: colours, marks, two themes, the source line, and how a chart gets into a page.

One accent is for what is reported, all else is quiet; colours are never alone, each goes with a symbol of its own, a
pattern or a label. Traces look the same in both themes: only the template differs, so that a page can switch it. A
figure is laid out for a page; what a telephone needs instead is in ``layout.meta.narrow``.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from math import ceil, floor, log10
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NamedTuple

from greentrain.errors import InputError
from greentrain.interval import Interval
from greentrain.numbers import Scale, rounded, tick
from greentrain.reporting.document.render_text import beginning, columns_of, filled
from greentrain.reporting.report_data import ReportData

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

THEMES = ("light", "dark")
CONFIG: dict[str, Any] = {
    "responsive": True,
    "displaylogo": False,
    "showSendToCloud": False,
    "modeBarButtons": [["toImage", "zoom2d", "pan2d", "resetScale2d"]],
}
"""How plotly.js is to show a chart: it fills its place, advertises nothing, and has no button that sends it away."""

ACCENT, QUIET, SOFT, GREY = "#D55E00", "#5F7F96", "#8FA9BA", "#808080"
"""What is reported (the vermillion of Okabe and Ito), what it is compared with, lesser parts of that, and lines."""
CLEAR = "rgba(0,0,0,0)"
SOURCE_OPACITY = 0.75
LINE_PX = 16
TICK_GAP_PX = 6
"""Between a plot and the labels below it, where an axis at the side has a label of its own at the same corner. [px]"""
CHARS_PER_LINE = 40
"""Characters of a label's line that fit a telephone of 360 px, bold and in the widest of the fonts."""
_LETTER_PX = 8.0
_BOLD = 1.13
_LETTERS_PX = {
    **dict.fromkeys("fijlrtI.,:;'|!()[]-/ \u00a0", 5.0),
    **dict.fromkeys("mwMW@%", 12.5),
    **dict.fromkeys("ABCDEFGHJKLNOPQRSTUVXYZ+=<>~", 9.6),
}
"""Widths of letters of a label in the widest of the fonts, bold ones apart. [px]"""

_WIDE_CHARS, _NARROW_CHARS = (76, 96), (34, 54)
"""Columns of a line of the title and of one of the source, on a page and on a telephone."""
_TITLE_LINE_PX = 21
_LONGEST_TEXT = 160
_LONGEST_SOURCE = 400
INK = {"light": ("#1b1b1b", "#d8d8d8", "#ffffff"), "dark": ("#ececec", "#4a4a4a", "#222222")}
FONT = "system-ui, -apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', Arial, 'DejaVu Sans', sans-serif"
_TITLE_PX, _TOP_PX, _AXIS_PX, SIDE_PX = 12, 30, 56, 16
_PHONE_PX, _WIDE_PX = 302, 560
"""What a legend has of a telephone of 360 px and of a page of 40 rem. [px]"""
_ENTRY_PX, LEGEND_LINE_PX = 44, 21
_SPACES = re.compile(r"[\t\n\r ]+")
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]+")


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


class Mark(NamedTuple):
    """How a group looks: its colour, and the symbol of its points, pattern of its bars or dash of its lines."""

    colour: str
    symbol: str = "circle"
    pattern: str = ""
    dash: str = "solid"


def template(theme: str) -> dict[str, Any]:
    """Return the template of a theme, for ``layout.template``.

    Parameters
    ----------
    theme : {'light', 'dark'}
        What the chart lies on. The background itself is transparent.
    """
    if theme not in THEMES:
        raise InputError("theme", theme, "must be light or dark")
    ink, grid, paper = INK[theme]
    axis = {"gridcolor": grid, "linecolor": grid, "zerolinecolor": grid, "zeroline": False, "tickcolor": grid}
    axis |= {"title": {"font": {"size": 13}}}
    layout = {
        "font": {"family": FONT, "size": 13, "color": ink},
        "paper_bgcolor": CLEAR,
        "plot_bgcolor": CLEAR,
        "xaxis": axis,
        "yaxis": axis,
        "hoverlabel": {"bgcolor": paper, "bordercolor": grid, "font": {"color": ink}, "align": "left"},
        "modebar": {"bgcolor": CLEAR, "color": GREY, "activecolor": ink},
    }
    return {"layout": layout}


def as_picture(figure: "Figure", theme: str) -> "Figure":
    """Make a figure fit a picture: with a background of its own."""
    return figure.update_layout(paper_bgcolor=INK[theme][2])


def for_page(layout: dict[str, Any]) -> dict[str, Any]:
    """Return the layout of a figure without its title, which a page has in the caption above it."""
    narrow = layout["meta"]["narrow"]
    for room, title_px in ((layout, layout["meta"]["title_px"]), (narrow, narrow.pop("title_px"))):
        room["height"] -= title_px
        room["margin"] = {**room["margin"], "t": room["margin"]["t"] - title_px}
        room["title"] = {"text": ""}
    return {**layout, "meta": {"narrow": narrow}}


def text(words: object) -> str:
    """Make text safe for a chart, which reads tags, entities and formulas in it; cut at 160 characters."""
    plain = _plain(str(words))
    cut = plain if len(plain) <= _LONGEST_TEXT else plain[: _LONGEST_TEXT - 3] + "..."
    return _safe(cut)


def lines(words: str, width: int = CHARS_PER_LINE) -> list[str]:
    """Break a label into lines that fit a telephone, each safe for a chart; wide letters count twice."""
    parts = _plain(words)[:_LONGEST_SOURCE].split(" ")
    return [_safe(line) for line in filled(parts, "", "", width, breaks_words=True)] or [""]


def text_px(words: str, *, is_bold: bool = False) -> float:
    """Return how wide a label is in the widest of the fonts, as far as that can be told without drawing it. [px]"""
    if words.isascii():
        wide = sum(_LETTERS_PX.get(letter, _LETTER_PX) for letter in words)
    else:
        wide = sum(_LETTERS_PX.get(letter, _LETTER_PX * columns_of(letter)) for letter in words)
    return wide * (_BOLD if is_bold else 1.0)


def unbroken(words: str) -> str:
    """Keep words on one line: a number and its unit."""
    return words.replace(" ", "\u00a0")


def _plain(words: str) -> str:
    """Take out control characters and reordering marks, and join runs of plain spaces."""
    return _SPACES.sub(" ", _CONTROL.sub(" ", words)).strip()


def _safe(words: str) -> str:
    from html import escape  # which only drawing needs, and tables of charts are in every form

    return escape(words, quote=False).replace("$", "&#36;")


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
    from greentrain.reporting.charts.figure import ChartFigure

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
    legend = {"orientation": "h", "x": 0.0, "y": 1.0, "xanchor": "left", "yanchor": "bottom", "tracegroupgap": 0}
    shared = {
        "template": template(theme),
        "showlegend": False,
        "legend": {**legend, "xref": "container", "traceorder": "normal"},
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
    return {
        **frame.more,
        "title": _heading(heading),
        "title_px": title_px,
        "height": round(top_px + frame.plot_px + bottom_px),
        "margin": {"t": top_px, "b": bottom_px, "l": round(frame.left_px), "r": round(frame.right_px)},
        "annotations": [*frame.annotations, _source_line(below)],
    }


def empty(title: str, message: str, theme: str) -> "Figure":
    """Make a figure that says why there is nothing to show."""
    middle = {
        "xref": "paper",
        "yref": "paper",
        "x": 0.5,
        "y": 0.5,
        "showarrow": False,
        "text": "<br>".join(lines(message)),
    }
    hidden = {"visible": False}
    layout = {"xaxis": hidden, "yaxis": hidden}
    return finished((), layout, title=title, source="", wide=Frame(120, [middle]), theme=theme)


def _legend_px(traces: Sequence[Mapping[str, Any]], layout: Mapping[str, Any]) -> tuple[int, int]:
    """Return the height of the legend on a page and on a telephone; it breaks into columns of one width. [px]"""
    if not layout.get("showlegend"):
        return 0, 0
    number = sum(trace.get("showlegend", True) for trace in traces)
    columns = (legend_columns(traces, room_px)[0] for room_px in (_WIDE_PX, _PHONE_PX))
    wide, narrow = (LEGEND_LINE_PX * -(-number // each) for each in columns)
    return wide, narrow


def legend_columns(traces: Iterable[Mapping[str, Any]], room_px: float) -> tuple[int, float]:
    """Return into how many columns a legend breaks, and the width of one [px]: that of the longest name."""
    widest = max((text_px(trace["name"]) for trace in traces if trace.get("showlegend", True)), default=0.0)
    return max(1, int(room_px // (_ENTRY_PX + widest))), _ENTRY_PX + widest


def _source_line(below: Sequence[str]) -> dict[str, Any]:
    """Place the source at the lower right, where it grows into the margin and not out of the picture."""
    note = {"xref": "paper", "yref": "paper", "x": 1.0, "y": 0.0, "xanchor": "right", "yanchor": "top"}
    # Fainter ink of the theme: no one grey can be read both on white and on black.
    look = {"align": "right", "showarrow": False, "font": {"size": 11}, "opacity": SOURCE_OPACITY}
    return note | look | {"yshift": 4 - _AXIS_PX, "text": "<br>".join(below)}


def amount_axis(scale: Scale, words: str, more: str = "") -> dict[str, Any]:
    """Return a linear axis of amounts already divided by the size of their unit."""
    title = {"text": f"{words} [{scale.unit}]{more}", "standoff": 8}
    return {"title": title, "rangemode": "tozero", "tickformat": ",~g", "automargin": True}


def fragment(figure: "Figure", div_id: str) -> str:
    """Return a chart as HTML to put into a page that has loaded plotly.js.

    Parameters
    ----------
    figure : Figure
        The chart.
    div_id : str
        Id of its element, different for each chart of a page; with it the text is the same each time.
    """
    made: str = figure.to_html(
        full_html=False, include_plotlyjs=False, div_id=div_id, config=CONFIG, default_width="100%"
    )
    return made


_MOST_TICKS = 6
_STEPS = ((1.3, (1, 2, 5)), (3.2, (1, 3)))
"""Steps within a decade for axes of at most so many decades."""
_MARGIN, _LEAST_MARGIN = 0.06, 0.2
_LEAST_SHOWN = 1e-3


def log_axis(values: Iterable[float], unit: str, words: str, most_ticks: int = _MOST_TICKS) -> dict[str, Any]:
    """Return an axis that holds all values.

    Parameters
    ----------
    values : iterable of float
        Positive values, ends of intervals included, in the base unit; at least one.
    unit : {'kg', 'kWh', '1'}
        The base unit, 1 for ratios.
    words : str
        What is shown; the ticks carry the unit.
    """
    found = list(values)
    low, high = log10(min(found)), log10(max(found))
    margin = max(_MARGIN * (high - low), _LEAST_MARGIN)
    low, high = low - margin, high + margin
    at = _ticks(low, high, most_ticks)
    return {
        "type": "log",
        "range": [low, high],
        "tickvals": at,
        "ticktext": [f"{value:g}" if unit == "1" else tick(value, unit) for value in at],
        "title": {"text": f"{words}, logarithmic scale", "standoff": 8},
        "automargin": True,
        "minor": {"showgrid": False},
    }


def drawable(interval: Interval) -> Interval:
    """Return an interval that such an axis can hold: an end at zero is drawn at a thousandth of the best value."""
    low, best, high = interval
    return Interval(max(low, _LEAST_SHOWN * best), best, high)


def _ticks(low: float, high: float, most: int) -> list[float]:
    """Take powers of ten, every second or third where there are many, or steps between them where there are few."""
    for decades, steps in _STEPS:
        if high - low < decades:
            fine = [step * 10.0**power for power in range(floor(low), ceil(high) + 1) for step in steps]
            return [value for value in fine if low <= log10(value) <= high]
    powers = range(ceil(low), floor(high) + 1)
    step = ceil(len(powers) / most)
    return [10.0**power for power in powers if power % step == 0]


HeaderAndRows = tuple[tuple[str, ...], tuple[tuple[str, ...], ...]]
"""The table that shows the same numbers as a chart."""

_SUBJECTS = {"estimate": "The estimated run", "run": "The run", "project": "The project"}
INTERVALS = "Bars are 90 % intervals."


def subject_text(data: ReportData) -> str:
    """Name the data at the start of a sentence."""
    return _SUBJECTS.get(data.kind, "It")


def source_text(data: ReportData, *sentences: str) -> str:
    """Write the line below a chart: what to know, and the versions.

    The sources of the numbers stand in the bibliography of a report and in the table of the chart's numbers.

    Parameters
    ----------
    data : ReportData
        What is shown.
    *sentences : str
        What to know about the chart, each closed by a full stop.
    """
    return " ".join([*sentences, f"greentrain {data.versions.greentrain}, data {data.versions.data}."])


def shortened(words: str, most: int) -> str:
    """Cut a label to so many columns, of which wide letters take two."""
    plain = _plain(words)
    return plain if columns_of(plain) <= most else beginning(plain, most - 3).rstrip(" ,;(") + "..."


def cells(value: Interval) -> tuple[str, str, str]:
    """Write best, low and high for a table."""
    return rounded(value.best), rounded(value.low), rounded(value.high)
