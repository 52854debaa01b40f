"""Estimated against published, tier by tier, with the band within a factor of 1.5."""

from collections.abc import Sequence
from math import log
from typing import TYPE_CHECKING, Any, NamedTuple

from greentrain.interval import Interval
from greentrain.numbers import rounded, written, written_span
from greentrain.reporting.charts.style import (
    ACCENT,
    GREY,
    INTERVALS,
    QUIET,
    SOFT,
    Frame,
    HeaderAndRows,
    Mark,
    cells,
    drawable,
    empty,
    finished,
    log_axis,
    source_text,
    text,
)
from greentrain.reporting.report_data import ReportData
from greentrain.validation.report import RecordResult

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

TITLE = "Estimated against published"
BAND = 1.5
_NOTHING = "No record could be compared."
_PANELS = (("energy", "kWh"), ("emissions", "kg"))
_TIERS = {
    "T1": ("T1 arithmetic", Mark(SOFT, "circle-open")),
    "T2": ("T2 defaults", Mark(QUIET, "triangle-up")),
    "T3": ("T3 metered", Mark(ACCENT, "diamond")),
}
_PANEL_PX, _GAP_PX = 380, 76


class Pair(NamedTuple):
    """A published figure and ours."""

    id: str
    tier: str
    published: float
    estimated: Interval

    @property
    def ratio(self) -> float:
        """Ours over published. [1]"""
        return self.estimated.best / self.published


def validation(data: ReportData, *, theme: str = "light") -> "Figure":
    """Draw our figure of each record over the published one: energy above, emissions below.

    Parameters
    ----------
    data : ReportData
        Of a validation.
    theme : {'light', 'dark'}
        What the chart lies on.
    """
    panels = [(words, unit, pairs) for words, unit in _PANELS if (pairs := _pairs(data, unit))]
    if not panels:
        return empty(TITLE, _NOTHING, theme)
    traces: list[dict[str, Any]] = []
    layout: dict[str, Any] = {"showlegend": True}
    plot_px = _PANEL_PX * len(panels) + _GAP_PX * (len(panels) - 1)
    named: set[str] = set()
    for number, (words, unit, pairs) in enumerate(panels):
        key = "" if number == 0 else str(number + 1)
        top = 1 - number * (_PANEL_PX + _GAP_PX) / plot_px
        axis = _axis(pairs, unit)
        title = {"standoff": 8}
        layout[f"xaxis{key}"] = axis | {"title": title | {"text": f"published {words}"}, "anchor": f"y{key}"}
        layout[f"yaxis{key}"] = axis | {"title": title | {"text": f"estimated {words}"}, "anchor": f"x{key}"}
        layout[f"yaxis{key}"]["domain"] = [max(0.0, top - _PANEL_PX / plot_px), top]
        traces += _band(axis["range"], key, shown=number == 0)
        traces += [
            _points(tier, pairs, unit, key, named) for tier in _TIERS if any(pair.tier == tier for pair in pairs)
        ]
    source = source_text(data, INTERVALS, "The published figures are in references.csv, each with its source.")
    finding = summary(data).removesuffix(".")
    return finished(traces, layout, title=finding, source=source, wide=Frame(plot_px), theme=theme)


def summary(data: ReportData) -> str:
    """Sum the chart up in one sentence."""
    found = {unit: _pairs(data, unit) for _, unit in _PANELS}
    if not any(found.values()):
        return _NOTHING
    parts = []
    for tier in _TIERS:
        pairs = _of_tier(found["kWh"], tier) + [
            pair for pair in _of_tier(found["kg"], tier) if pair.id not in {other.id for other in found["kWh"]}
        ]
        if pairs:
            close = sum(is_close(pair.ratio) for pair in pairs)
            parts.append(f"{close} of {len(pairs)} in {tier}")
    return f"Within a factor of {BAND:g} of the published figure lie {', '.join(parts)}."


def table(data: ReportData) -> HeaderAndRows:
    """Return what the chart shows as a table."""
    header = ("record", "tier", "unit", "published", "estimated", "low", "high", "estimated over published")
    return header, tuple(
        (pair.id, pair.tier, _UNIT_WORDS[unit], rounded(pair.published), *cells(pair.estimated), rounded(pair.ratio))
        for _, unit in _PANELS
        for pair in _pairs(data, unit)
    )


_UNIT_WORDS = {"kWh": "kWh", "kg": "kg CO2e"}


def is_close(ratio: float) -> bool:
    """Whether a ratio lies in the band."""
    return abs(log(ratio)) <= log(BAND) * (1 + 1e-12)


def _pairs(data: ReportData, unit: str) -> list[Pair]:
    records = data.validation.records if data.validation else ()
    found = [_pair(row, unit) for row in records if row.tier in _TIERS and row.is_placed]
    return [pair for pair in found if pair is not None]


def _pair(row: RecordResult, unit: str) -> Pair | None:
    published, estimated = (
        (row.published_kwh, row.estimated_kwh) if unit == "kWh" else (row.published_kg, row.estimated_kg)
    )
    if not published or estimated is None or estimated.best <= 0 or published < 0:
        return None
    return Pair(row.id, row.tier, published, estimated)


def _of_tier(pairs: Sequence[Pair], tier: str) -> list[Pair]:
    return [pair for pair in pairs if pair.tier == tier]


def _axis(pairs: Sequence[Pair], unit: str) -> dict[str, Any]:
    """Scale both axes of a panel alike."""
    values = [value for pair in pairs for value in (pair.published, *drawable(pair.estimated))]
    return log_axis(values, unit, "", most_ticks=5)


def _band(span: Sequence[float], key: str, *, shown: bool) -> list[dict[str, Any]]:
    low, high = (10.0**end for end in span)
    shared: dict[str, Any] = {
        "type": "scatter",
        "mode": "lines",
        "xaxis": f"x{key}",
        "yaxis": f"y{key}",
        "hoverinfo": "skip",
    }
    corners_y = [low / BAND, high / BAND, high * BAND, low * BAND]
    band = shared | {
        "name": f"factor of {BAND:g}",
        "x": [low, high, high, low],
        "y": corners_y,
        "fill": "toself",
    }
    band |= {"fillcolor": "rgba(128,128,128,0.25)", "line": {"width": 0}, "showlegend": shown}
    line = {"color": GREY, "width": 1.5, "dash": "dash"}
    return [band, shared | {"name": "equal", "x": [low, high], "y": [low, high], "line": line, "showlegend": shown}]


def _points(tier: str, pairs: Sequence[Pair], unit: str, key: str, named: set[str]) -> dict[str, Any]:
    name, mark = _TIERS[tier]
    own = _of_tier(pairs, tier)
    drawn = [drawable(pair.estimated) for pair in own]
    error = {"type": "data", "symmetric": False, "thickness": 1, "width": 0}
    error |= {"array": [high - best for _, best, high in drawn], "arrayminus": [best - low for low, best, _ in drawn]}
    is_first = tier not in named
    named.add(tier)
    return {
        "type": "scatter",
        "mode": "markers",
        "name": name,
        "legendgroup": tier,
        "showlegend": is_first,
        "xaxis": f"x{key}",
        "yaxis": f"y{key}",
        "x": [pair.published for pair in own],
        "y": [value.best for value in drawn],
        "error_y": error,
        "marker": {"color": mark.colour, "symbol": mark.symbol, "size": 9, "opacity": 0.85},
        "hovertext": [_hover(pair, unit) for pair in own],
        "hoverinfo": "text",
    }


def _hover(pair: Pair, unit: str) -> str:
    ours = written_span(pair.estimated, unit)
    return f"{text(pair.id)}<br>published {written(pair.published, unit)}<br>estimated {ours}, x {rounded(pair.ratio)}"
