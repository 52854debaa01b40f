"""What drives the interval? How far each uncertain input alone moves the emissions."""

from collections.abc import Sequence
from math import sqrt
from typing import TYPE_CHECKING, Any, NamedTuple

from greentrain.estimation.labels import input_amount, input_label
from greentrain.inputs import Input
from greentrain.numbers import Scale, counted, percent, rounded, scale_for, with_span, written, written_span
from greentrain.reporting.charts.interval_dots import BAR_ROWS, RowLabel, marked, placed
from greentrain.reporting.charts.layout import finished
from greentrain.reporting.charts.style import (
    ACCENT,
    QUIET,
    SOFT,
    HeaderAndRows,
    Mark,
    amount_axis,
    kg_column,
    source_text,
    subject_text,
    text,
    unbroken,
)
from greentrain.reporting.report_data import ReportData

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

TITLE = "What drives the interval?"
_MOST, _LEAST_SHARE = 8, 0.005
_LOW, _HIGH = Mark(SOFT, pattern="/"), Mark(QUIET, pattern="")
_NOTE = "Each input alone at the ends of its 90 % interval; percentages are shares of the variance."
_NOTE_OF_RUNS = "Each input alone, in all runs that have it; percentages are shares of the variance."
_SCALED = ("kWh", "kg")
"""Units of inputs that may be of any size: they are written with a prefix."""
_FAR_FROM_ZERO, _MARGIN = 0.4, 0.15
"""Share of the highest end above which the lowest one is far from zero, and room beside both. [1]"""
_DIVISORS = ("mfu", "peak")
"""Inputs of which more means less: the time follows from operations / (peak x MFU)."""


class Swing(NamedTuple):
    """What an input does to the emissions when it alone is at its low or at its high end.

    Attributes
    ----------
    values : int
        How many values it has, in a sum of runs. [1]
    """

    item: Input
    share: float
    at_low_kg: float
    at_high_kg: float
    values: int = 1


def tornado(data: ReportData, *, theme: str = "light") -> "Figure":
    """Draw how far each uncertain input moves the operational emissions, the strongest first.

    Parameters
    ----------
    data : ReportData
        What is reported.
    theme : {'light', 'dark'}
        What the chart lies on.
    """
    swings = _swings(data)
    best = data.operational_kg.best
    scale = scale_for(max(best, *(max(swing[2:4]) for swing in swings)), "kg")
    place = placed([_label(swing) for swing in swings])
    frames = marked(place, best / scale.size, {"color": ACCENT, "width": 2, "dash": "dash"}, len(swings))
    layout = {
        "xaxis": amount_axis(scale, "CO2e", f"; dashed: best value {written(best, 'kg')}") | _range(swings, scale),
        "showlegend": True,
        "barmode": "overlay",
    }
    traces = [
        _bars("input low", _LOW, [(swing.at_low_kg, swing) for swing in swings], best, scale),
        _bars("input high", _HIGH, [(swing.at_high_kg, swing) for swing in swings], best, scale),
    ]
    source = source_text(data, _NOTE if len(data.lines) < 2 else _NOTE_OF_RUNS)
    title = f"{_first_capital(input_label(swings[0].item.name))} drives the interval: {percent(swings[0].share)} of it"
    return finished(traces, layout, title=title, source=source, **frames, theme=theme)


def _range(swings: Sequence[Swing], scale: Scale) -> dict[str, Any]:
    """Leave the empty part of the axis out, where even the lowest end is far from zero."""
    ends = [end / scale.size for swing in swings for end in swing[2:4]]
    low, high = min(ends), max(ends)
    margin = _MARGIN * (high - low)
    return {"range": [low - margin, high + margin]} if low > _FAR_FROM_ZERO * high and high > low else {}


def summary(data: ReportData) -> str:
    """Sum the chart up in one sentence."""
    swings = _swings(data)
    if not swings:
        return "Every input that counts is exact, so there is no interval."
    first = swings[0]
    ends = f"{written(min(first[2:4]), 'kg')} to {written(max(first[2:4]), 'kg')}"
    moved = f"alone it moves the emissions of {subject_text(data).lower()} from {ends} CO2e"
    return f"{percent(first.share)} of the variance comes from one input, {input_label(first.item.name)}: {moved}."


def table(data: ReportData) -> HeaderAndRows:
    """Return what the chart shows as a table."""
    swings = _swings(data)
    scale, unit = kg_column(end for swing in swings for end in swing[2:4])
    header = ("input", "value", "unit", f"{unit} at its low end", f"{unit} at its high end", "share of variance")
    return header, tuple(
        (
            input_label(swing.item.name),
            *(input_amount(swing.item) if swing.values == 1 else (counted(swing.values, "value"), swing.item.unit)),
            rounded(swing.at_low_kg / scale.size),
            rounded(swing.at_high_kg / scale.size),
            percent(swing.share),
        )
        for swing in swings
    )


def _swings(data: ReportData) -> list[Swing]:
    best = data.operational_kg.best
    if best <= 0:
        return []
    drivers = [
        (data.inputs[name], share)
        for name, share in data.drivers
        if name in data.inputs and (share >= _LEAST_SHARE or name == data.drivers[0][0])
    ]
    if len(data.lines) > 1:
        return [_swing_of_sum(data, item, share) for item, share in drivers[:_MOST]]
    return [
        Swing(item, share, _moved(best, item, item.value.low), _moved(best, item, item.value.high))
        for item, share in drivers[:_MOST]
    ]


def _swing_of_sum(data: ReportData, item: Input, share: float) -> Swing:
    """Return what an input does to a sum of runs: its part of each side of the interval, whose squares add up."""
    low, best, high = data.operational_kg
    ends = best - sqrt(share) * (best - low), best + sqrt(share) * (high - best)
    values = {each.value for each in data.inputs if each.name == item.name and not each.value.is_exact}
    return Swing(item, share, *(ends if item.name not in _DIVISORS else ends[::-1]), max(1, len(values)))


def _moved(best_kg: float, item: Input, value: float) -> float:
    """Return the emissions with one input elsewhere: a factor multiplies, a term of a sum counts by its share."""
    ratio = item.value.best / value if item.name in _DIVISORS else value / item.value.best
    return best_kg * (1 + item.weight * (ratio - 1))


def _label(swing: Swing) -> RowLabel:
    item = swing.item
    if swing.values > 1:
        return RowLabel(f"{input_label(item.name)} ({swing.values} values)", unbroken(percent(swing.share)))
    unit = "" if item.unit == "1" else f" {item.unit}"
    value = written_span(item.value, item.unit) if item.unit in _SCALED else with_span(item.value) + unit
    return RowLabel(input_label(item.name), unbroken(percent(swing.share)), end=f" {unbroken(value)}")


def _bars(
    name: str,
    mark: Mark,
    ends: Sequence[tuple[float, Swing]],
    best: float,
    scale: Scale,
) -> dict[str, Any]:
    marker = {"color": mark.colour, "line": {"width": 1, "color": mark.colour}}
    marker["pattern"] = {"shape": mark.pattern, "fillmode": "replace", "solidity": 0.5}
    hover = [f"{text(input_label(swing.item.name))}, {name}<br>{written(kg, 'kg')} CO2e" for kg, swing in ends]
    return {
        "type": "bar",
        "orientation": "h",
        "name": name,
        "width": BAR_ROWS,
        "base": [best / scale.size] * len(ends),
        "x": [(kg - best) / scale.size for kg, _ in ends],
        "y": list(range(len(ends))),
        "marker": marker,
        "hovertext": hover,
        "hoverinfo": "text",
    }


def _first_capital(words: str) -> str:
    return words[:1].upper() + words[1:]
