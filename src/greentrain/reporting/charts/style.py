"""The look that all charts share: colours, marks, two themes, the source line, and how a chart gets into a page.

One accent is for what is reported, all else is quiet; colours are never alone, each goes with a symbol of its own, a
pattern or a label. Traces look the same in both themes: only the template differs, so that a page can switch it. A
figure is laid out for a page; what a telephone needs instead is in ``layout.meta.narrow``.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise
from math import ceil, floor, log10
from typing import TYPE_CHECKING, Any, NamedTuple

from greentrain.errors import InputError
from greentrain.html_table import typeset
from greentrain.interval import Interval
from greentrain.numbers import Scale, rounded, small_scale, tick
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
SIDE_PX = 16
"""Height of a line of a label, and the least margin at the sides. [px]"""
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

_LONGEST_TEXT = 160
_LONGEST_SOURCE = 400
INK = {"light": ("#1b1b1b", "#d8d8d8", "#ffffff"), "dark": ("#ececec", "#4a4a4a", "#222222")}
FONT = "system-ui, -apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', Arial, 'DejaVu Sans', sans-serif"
_ENTRY_PX, LEGEND_LINE_PX = 44, 21
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
    # The intervals of bars, which are of one colour on the bar and beside it.
    return {"layout": layout, "data": {"bar": [{"error_x": {"color": ink}, "error_y": {"color": ink}}]}}


def as_picture(figure: "Figure", theme: str) -> "Figure":
    """Make a figure fit a picture: with signs as people write them, and a background of its own."""
    made: Figure = type(figure)(with_signs(figure.to_plotly_json()))
    return made.update_layout(paper_bgcolor=INK[theme][2])


def with_signs(value: Any) -> Any:
    """Set formulas and signs in the texts of a figure as people do; its data keep plain text."""
    if isinstance(value, str):
        return typeset(value)
    if isinstance(value, (list, tuple)):
        return [with_signs(item) for item in value]
    return {key: with_signs(item) for key, item in value.items()} if isinstance(value, dict) else value


def for_page(layout: dict[str, Any]) -> dict[str, Any]:
    """Return the layout of a figure without its title, which a page has in the caption above it."""
    narrow = layout["meta"]["narrow"]
    for room, title_px in ((layout, layout["meta"]["title_px"]), (narrow, narrow.pop("title_px"))):
        room["height"] -= title_px
        room["margin"] = {**room["margin"], "t": room["margin"]["t"] - title_px}
        room["legend"] = legend_place(room["margin"]["t"] / room["height"])
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


def legend_place(top_share: float) -> dict[str, Any]:
    """Place a legend above the plot, which lies below that share of the height [1].

    By the container both ways: where only one way is, plotly takes the legend's width or height from the plot.
    """
    place = {"xref": "container", "x": 0.0, "xanchor": "left", "yref": "container", "yanchor": "bottom"}
    return {"orientation": "h", "traceorder": "normal", "tracegroupgap": 0, "y": 1 - top_share, **place}


def legend_columns(traces: Iterable[Mapping[str, Any]], room_px: float) -> tuple[int, float]:
    """Return into how many columns a legend breaks, and the width of one [px]: that of the longest name."""
    widest = max((text_px(trace["name"]) for trace in traces if trace.get("showlegend", True)), default=0.0)
    return max(1, int(room_px // (_ENTRY_PX + widest))), _ENTRY_PX + widest


def amount_axis(scale: Scale, words: str, more: str = "") -> dict[str, Any]:
    """Return a linear axis of amounts already divided by the size of their unit."""
    title = {"text": f"{words} [{scale.unit}]{more}", "standoff": 8}
    return {"title": title, "rangemode": "tozero", "tickformat": ",~g", "automargin": True}


_MOST_TICKS, _FEWEST_TICKS = 6, 2
_TICK_GAP_PX, _TICK_LETTERS = 8, 12 / 13
_STEPS, _FINEST = ((1.3, (1, 2, 5)), (3.2, (1, 3))), (1, 2, 3, 4, 6, 8)
"""Steps within a decade for axes of at most so many decades, and those where the others name less than two values."""
_MARGIN, _LEAST_MARGIN = 0.06, 0.2
_LEAST_SHOWN = 1e-3


def log_axis(values: Iterable[float], unit: str, words: str, room_px: float = 0.0) -> dict[str, Any]:
    """Return an axis that holds all values.

    Parameters
    ----------
    values : iterable of float
        Positive values, ends of intervals included, in the base unit; at least one.
    unit : {'kg', 'kWh', '1'}
        The base unit, 1 for ratios.
    words : str
        What is shown; the ticks carry the unit.
    room_px : float, optional
        Least width of the plot, in which no two ticks may touch. Default: not known. [px]
    """
    found = list(values)
    low, high = log10(min(found)), log10(max(found))
    margin = max(_MARGIN * (high - low), _LEAST_MARGIN)
    low, high = low - margin, high + margin
    named = _ticks(low, high, unit, room_px)
    return {
        "type": "log",
        "range": [low, high],
        "tickvals": [value for value, _ in named],
        "ticktext": [words for _, words in named],
        "title": {"text": f"{words}, logarithmic scale", "standoff": 8},
        "automargin": True,
        "minor": {"showgrid": False},
    }


def drawable(interval: Interval) -> Interval:
    """Return an interval that such an axis can hold: an end at zero is drawn at a thousandth of the best value."""
    low, best, high = interval
    return Interval(max(low, _LEAST_SHOWN * best), best, high)


_Ticks = list[tuple[float, str]]


def _ticks(low: float, high: float, unit: str, room_px: float) -> _Ticks:
    """Name steps between powers of ten where there are few powers, else as many powers as fit."""
    powers = len(range(ceil(low), floor(high) + 1))
    choices = [_named(low, high, unit, steps, 1) for most, steps in _STEPS if high - low < most]
    choices += [
        _named(low, high, unit, (1,), every) for every in range(max(1, ceil(powers / _MOST_TICKS)), max(2, powers))
    ]
    if not room_px:
        return choices[0]
    choices = [found for found in choices if _fits(found, high - low, room_px)] or choices[-1:]
    if len(choices[0]) < _FEWEST_TICKS and high - low < _STEPS[0][0]:
        choices.insert(0, _named(low, high, unit, _FINEST, 1))
    return choices[0]


def _named(low: float, high: float, unit: str, steps: Sequence[float], every: int) -> _Ticks:
    """Name values on an axis from one logarithm to another: steps of each decade, or of every so many."""
    powers = (power for power in range(floor(low), ceil(high) + 1) if power % every == 0)
    values = (step * 10.0**power for power in powers for step in steps)
    return [
        (value, f"{value:g}" if unit == "1" else tick(value, unit)) for value in values if low <= log10(value) <= high
    ]


def _fits(found: _Ticks, decades: float, room_px: float) -> bool:
    """Whether no two ticks touch."""
    return all(
        log10(after / before) / decades * room_px
        >= _TICK_LETTERS * (text_px(words) + text_px(next_words)) / 2 + _TICK_GAP_PX
        for (before, words), (after, next_words) in pairwise(found)
    )


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
    missing = dict.fromkeys(part for line in data.lines for part in line.unmeasured)
    without = [f"Not measured and not in it: {', '.join(missing)}."] if missing else []
    return " ".join([*sentences, *without, f"greentrain {data.versions.greentrain}, data {data.versions.data}."])


def shortened(words: str, most: int) -> str:
    """Cut a label to so many columns, of which wide letters take two."""
    plain = _plain(words)
    return plain if columns_of(plain) <= most else beginning(plain, most - 3).rstrip(" ,;(") + "..."


def kg_column(values: Iterable[float]) -> tuple[Scale, str]:
    """Return the unit of the emissions in a table, by the largest of them [kg CO2e], and the head of their column."""
    scale = small_scale(max(values, default=0.0), "kg")
    return scale, f"{scale.unit} CO2e"


def cells(value: Interval) -> tuple[str, str, str]:
    """Write best, low and high for a table."""
    return rounded(value.best), rounded(value.low), rounded(value.high)
