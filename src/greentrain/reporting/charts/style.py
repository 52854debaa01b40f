"""The look that all charts share: colours, marks, two themes, the source line, and how a chart gets into a page.

The colours are those of Okabe and Ito, which people with any colour vision tell apart; none is ever alone, each goes
with a symbol of its own, a pattern or a label. Traces look the same in both themes: only the template differs, so that
a page can switch it.
"""

import re
import textwrap
from collections.abc import Iterable, Mapping, Sequence
from math import ceil, floor, log10
from typing import TYPE_CHECKING, Any, NamedTuple

from greentrain.errors import InputError
from greentrain.interval import Interval
from greentrain.numbers import Scale, rounded, tick
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

ORANGE, SKY, GREEN, BLUE, VERMILLION, PURPLE = "#E69F00", "#56B4E9", "#009E73", "#0072B2", "#D55E00", "#CC79A7"
GREY = "#808080"
CLEAR = "rgba(0,0,0,0)"
SOURCE_OPACITY = 0.75
LINE_PX = 16
TICK_GAP_PX = 6
"""Between a plot and the labels below it, where an axis at the side has a label of its own at the same corner. [px]"""
CHARS_PER_LINE, BOLD_CHARS_PER_LINE = 45, 40
"""Characters of a label's line that fit a telephone of 360 px, in the widest of the fonts."""

_SOURCE_CHARS = 54
_LONGEST_TEXT = 160
_LONGEST_SOURCE = 400
_INK = {"light": ("#1b1b1b", "#d8d8d8", "#ffffff"), "dark": ("#ececec", "#4a4a4a", "#222222")}
_FONT = "system-ui, -apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', Arial, 'DejaVu Sans', sans-serif"
_TOP_PX, _AXIS_PX, _SIDE_PX = 44, 56, 16
_PHONE_PX, _WIDE_PX, _Y_AXIS_PX = 302, 560, 80
"""What a legend has of a telephone of 360 px and of a page of 40 rem, and what an axis at the side takes of it. [px]"""
_ENTRY_PX, _CHAR_PX, _LEGEND_LINE_PX = 44, 7, 21
_SPACES = re.compile(r"[\t\n\r ]+")
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]+")


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
    ink, grid, paper = _INK[theme]
    axis = {"gridcolor": grid, "linecolor": grid, "zerolinecolor": grid, "zeroline": False, "tickcolor": grid}
    axis |= {"title": {"font": {"size": 13}}}
    layout = {
        "font": {"family": _FONT, "size": 13, "color": ink},
        "paper_bgcolor": CLEAR,
        "plot_bgcolor": CLEAR,
        "xaxis": axis,
        "yaxis": axis,
        "hoverlabel": {"bgcolor": paper, "bordercolor": grid, "font": {"color": ink}, "align": "left"},
        "modebar": {"bgcolor": CLEAR, "color": GREY, "activecolor": ink},
    }
    return {"layout": layout}


def as_picture(figure: "Figure", theme: str) -> "Figure":
    """Make a figure fit a picture: without the room for a telephone's legend, and with a background of its own."""
    layout = figure.layout
    spare_px = layout.meta["spare_px"]
    return figure.update_layout(
        paper_bgcolor=_INK[theme][2], height=layout.height - spare_px, margin_t=layout.margin.t - spare_px
    )


def text(words: object) -> str:
    """Make text safe for a chart, which reads tags, entities and formulas in it; cut at 160 characters."""
    plain = _plain(str(words))
    cut = plain if len(plain) <= _LONGEST_TEXT else plain[: _LONGEST_TEXT - 3] + "..."
    return _safe(cut)


def lines(words: str, width: int = CHARS_PER_LINE) -> list[str]:
    """Break a label into lines that fit a telephone, each safe for a chart."""
    return [_safe(line) for line in textwrap.wrap(_plain(words)[:_LONGEST_SOURCE], width, break_on_hyphens=False)] or [
        ""
    ]


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
    plot_px: float,
    theme: str,
) -> "Figure":
    """Make the figure: the traces, the title above and the source below.

    Parameters
    ----------
    traces : iterable of mapping
        As plotly takes them.
    layout : mapping
        What this chart adds: axes, shapes, annotations.
    title : str
        Title, which is short enough for a telephone.
    source : str
        Where the numbers are from, and what is shown.
    plot_px : float
        Height of the plot without title, axis and source. [px]
    theme : {'light', 'dark'}
        What the chart lies on.
    """
    from plotly.graph_objects import Figure

    # Without an id of its own plotly.js gives each trace a random one.
    drawn = [{**trace, "uid": str(number)} for number, trace in enumerate(traces)]
    below = lines(source, _SOURCE_CHARS)
    narrow_px, wide_px = _legend_px(drawn, layout)
    top_px = _TOP_PX + narrow_px
    bottom_px = _AXIS_PX + LINE_PX * len(below)
    heading = {"x": 0.0, "xref": "container", "y": 1.0, "yref": "container", "yanchor": "top"}
    legend = {"orientation": "h", "x": 0.0, "y": 1.0, "xanchor": "left", "yanchor": "bottom", "tracegroupgap": 0}
    shared = {
        "template": template(theme),
        "title": {"text": f"<b>{text(title)}</b>", "font": {"size": 16}, "pad": {"t": 12, "l": _SIDE_PX}, **heading},
        "showlegend": False,
        "legend": {**legend, "traceorder": "normal"},
        "height": round(top_px + plot_px + bottom_px),
        "margin": {"t": top_px, "b": bottom_px, "l": _SIDE_PX, "r": _SIDE_PX},
        "meta": {"spare_px": narrow_px - wide_px},
        "hovermode": "closest",
        "dragmode": False,  # a finger scrolls the page; the buttons above the chart turn zooming on
    }
    notes = [*layout.get("annotations", ()), _source_line(below)]
    return Figure(data=drawn, layout={**shared, **layout, "annotations": notes})


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
    layout = {"xaxis": hidden, "yaxis": hidden, "annotations": [middle]}
    return finished((), layout, title=title, source="", plot_px=120, theme=theme)


def _legend_px(traces: Sequence[Mapping[str, Any]], layout: Mapping[str, Any]) -> tuple[int, int]:
    """Return the height of the legend on a telephone and on a wide page; it breaks into columns of one width. [px]"""
    if not layout.get("showlegend"):
        return 0, 0
    widths = [_ENTRY_PX + _CHAR_PX * len(trace["name"]) for trace in traces if trace.get("showlegend", True)]
    beside_px = _Y_AXIS_PX if "title" in layout.get("yaxis", ()) else 0
    columns = (max(1, (room_px - beside_px) // max(widths, default=1)) for room_px in (_PHONE_PX, _WIDE_PX))
    narrow, wide = (_LEGEND_LINE_PX * -(-len(widths) // number) for number in columns)
    return narrow, wide


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
    unit : {'kg', 'kWh'}
        The base unit.
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
        "ticktext": [tick(value, unit) for value in at],
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


def source_text(data: ReportData, keys: Iterable[str], *sentences: str) -> str:
    """Write the line below a chart: what to know, the sources, the versions.

    Parameters
    ----------
    data : ReportData
        What is shown.
    keys : iterable of str
        Source ids, several joined by ``;`` in one text.
    *sentences : str
        What to know about the chart, each closed by a full stop.
    """
    ids = dict.fromkeys(key.strip() for joined in keys for key in joined.split(";") if key.strip())
    versions = f"greentrain {data.versions.greentrain}, data {data.versions.data}"
    return " ".join([*sentences, f"Source: {'; '.join([versions, *ids])}."])


def input_sources(data: ReportData, *names: str) -> list[str]:
    """Return the main source of each of the named inputs that have one other than the user."""
    found = [item.source_ids[0] for item in data.inputs if item.name in names]
    return [key for key in found if key != "user"]


def cells(value: Interval) -> tuple[str, str, str]:
    """Write best, low and high for a table."""
    return rounded(value.best), rounded(value.low), rounded(value.high)
