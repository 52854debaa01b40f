"""Estimated against published: first the metered runs one by one, below them all other records in a row each."""

from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from greentrain.interval import Interval
from greentrain.numbers import rounded, written, written_span
from greentrain.reporting.charts.interval_dots import RowLabel, marked, placed, plot_px
from greentrain.reporting.charts.layout import finished
from greentrain.reporting.charts.style import (
    ACCENT,
    GREY,
    INTERVALS,
    QUIET,
    HeaderAndRows,
    Mark,
    cells,
    drawable,
    log_axis,
    source_text,
    text,
    unbroken,
)
from greentrain.reporting.report_data import ReportData
from greentrain.validation.report import RecordResult

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

TITLE = "Estimated against published"
_METERED = "T3"
_OTHERS = {"T2": "from our defaults alone", "T1": "the arithmetic of others"}
_TIERS = (_METERED, *_OTHERS)
_UNITS = {"kWh": "kWh", "kg": "kg CO2e"}
_INSIDE, _OUTSIDE, _OTHER = "metered, inside our interval", "metered, outside", "other records"
_MARKS = {_INSIDE: Mark(ACCENT, "diamond"), _OUTSIDE: Mark(ACCENT, "diamond-open"), _OTHER: Mark(QUIET, "circle")}
_MOST_ROWS = 40
_FARTHEST = 10.0
"""Records that are off by more than that are drawn at the edge: they have other faults than our defaults. [1]"""


class Pair(NamedTuple):
    """A published figure and ours."""

    id: str
    tier: str
    unit: str
    published: float
    estimated: Interval
    is_right: bool | None

    @property
    def ratio(self) -> float:
        """Ours over published. [1]"""
        return self.estimated.best / self.published


def validation(data: ReportData, *, theme: str = "light") -> "Figure":
    """Draw our figure over the published one, with its interval.

    Parameters
    ----------
    data : ReportData
        Of a validation.
    theme : {'light', 'dark'}
        What the chart lies on.
    """
    tiers = _tiers(data)
    metered, left_out = _shown(tiers[_METERED])
    names = _names(data)
    labels = [
        RowLabel(names[pair.id], unbroken(f"{rounded(pair.ratio)} x {written(pair.published, pair.unit)}"))
        for pair in metered
    ]
    strips = [tier for tier in _OTHERS if tiers[tier]]
    labels += [RowLabel(f"{_OTHERS[tier]} ({tier})", _count(tiers[tier])) for tier in strips]
    place = placed(labels)
    traces = [
        _points(_INSIDE, [(pair, at) for at, pair in enumerate(metered) if pair.is_right]),
        _points(_OUTSIDE, [(pair, at) for at, pair in enumerate(metered) if not pair.is_right]),
        _points(_OTHER, [(pair, at) for at, tier in enumerate(strips, len(metered)) for pair in tiers[tier]]),
    ]
    xaxis = _axis([*metered, *(pair for tier in strips for pair in tiers[tier])], plot_px(place))
    layout = {"xaxis": xaxis, "showlegend": True}
    source = source_text(data, INTERVALS, *left_out)
    shown = [trace for trace in traces if trace["x"]]
    frames = marked(place, 1.0, {"color": GREY, "width": 1.5, "dash": "dash"}, len(labels))
    return finished(shown, layout, title=_findings(tiers)[0], source=source, **frames, theme=theme)


def _axis(pairs: Sequence[Pair], room_px: float) -> dict[str, Any]:
    ends = [end for pair in pairs for end in (_ratios(pair) if pair.tier == _METERED else [_at_edge(pair.ratio)])]
    return log_axis([1.0, *ends], "1", "estimated over published", room_px)


def _at_edge(ratio: float) -> float:
    return min(max(ratio, 1 / _FARTHEST), _FARTHEST)


def _ratios(pair: Pair) -> Interval:
    return drawable(pair.estimated.scaled(1 / pair.published))


def _shown(metered: Sequence[Pair]) -> tuple[list[Pair], list[str]]:
    """Take the metered runs, of many those that are farthest off, and say how many there are."""
    farthest = sorted(metered, key=lambda pair: -max(pair.ratio, 1 / pair.ratio))[:_MOST_ROWS]
    note = [f"Of {len(metered):,} metered runs the {_MOST_ROWS} that are farthest off."]
    return sorted(farthest, key=lambda pair: -pair.ratio), note if len(metered) > _MOST_ROWS else []


def _names(data: ReportData) -> dict[str, str]:
    """Name the metered runs by their model, and where two have the same by what it was trained on too."""
    assert data.validation is not None
    metered = {row.id for row in data.validation.records if row.tier == _METERED}
    known = {item.id: item for item in data.validation.references if item.id in metered}
    names = {key: item.model.partition(" (")[0] for key, item in known.items()}
    twice = {name for name, times in Counter(names.values()).items() if times > 1}
    names |= {key: f"{name} on {known[key].accelerator}" for key, name in names.items() if name in twice}
    return {key: key for key in metered} | names


def summary(data: ReportData) -> str:
    """Sum the chart up in one sentence."""
    return f"{'; '.join(_findings(_tiers(data)))}." if any(_tiers(data).values()) else "No record could be compared."


def _findings(tiers: dict[str, list[Pair]]) -> list[str]:
    """Count what came out, of the metered runs first."""
    words = ("our interval holds {} metered runs", "from our defaults alone it holds {} published figures",
             "the published arithmetic comes out for {} records")  # fmt: skip
    found = [each.format(_right(tiers[tier])) for each, tier in zip(words, _TIERS, strict=True) if tiers[tier]]
    return [found[0][:1].upper() + found[0][1:], *found[1:]]


def _right(pairs: Sequence[Pair]) -> str:
    """Count those that came out, each record once: by its energy where that was published."""
    once = {pair.id: pair for pair in reversed(pairs)}
    return f"{sum(bool(pair.is_right) for pair in once.values()):,} of {len(once):,}"


def _count(pairs: Sequence[Pair]) -> str:
    return unbroken(f"{_right(pairs)} {'right' if pairs[0].tier == 'T1' else 'inside'}")


def table(data: ReportData) -> HeaderAndRows:
    """Return what the chart shows as a table."""
    header = ("record", "tier", "unit", "published", "estimated", "low", "high", "estimated over published")
    pairs = [pair for found in _tiers(data).values() for pair in found]
    return header, tuple(
        (pair.id, pair.tier, _UNITS[pair.unit], rounded(pair.published), *cells(pair.estimated), rounded(pair.ratio))
        for pair in pairs
    )


def _tiers(data: ReportData) -> dict[str, list[Pair]]:
    """Return the figures of each tier; of a metered run its energy alone, where that was published."""
    found: dict[str, list[Pair]] = {tier: [] for tier in _TIERS}
    for row in data.validation.records if data.validation else ():
        if row.tier in found and row.is_placed:
            pairs = [pair for unit in _UNITS if (pair := _pair(row, unit)) is not None]
            found[row.tier] += pairs[:1] if row.tier == _METERED else pairs
    return found


def _pair(row: RecordResult, unit: str) -> Pair | None:
    published, estimated = (
        (row.published_kwh, row.estimated_kwh) if unit == "kWh" else (row.published_kg, row.estimated_kg)
    )
    if not published or estimated is None or estimated.best <= 0 or published < 0:
        return None
    return Pair(row.id, row.tier, unit, published, estimated, row.passed if row.tier == "T1" else row.covered)


def _points(group: str, found: Sequence[tuple[Pair, int]]) -> dict[str, Any]:
    mark = _MARKS[group]
    is_quiet = group == _OTHER
    values = [Interval(*[_at_edge(pair.ratio)] * 3) if is_quiet else _ratios(pair) for pair, _ in found]
    error: dict[str, Any] = {"type": "data", "symmetric": False, "thickness": 2, "width": 0 if is_quiet else 4}
    error |= {"array": [high - best for _, best, high in values], "arrayminus": [best - low for low, best, _ in values]}
    return {
        "type": "scatter",
        "mode": "markers",
        "name": group,
        "x": [value.best for value in values],
        "y": [at for _, at in found],
        "error_x": error,
        "marker": {
            "color": mark.colour,
            "symbol": mark.symbol,
            "size": 8 if is_quiet else 11,
            "opacity": 0.5 if is_quiet else 1.0,
        },
        "hovertext": [_hover(pair) for pair, _ in found],
        "hoverinfo": "text",
    }


def _hover(pair: Pair) -> str:
    ours = written_span(pair.estimated, pair.unit)
    published = written(pair.published, pair.unit)
    return f"{text(pair.id)}<br>published {published}<br>estimated {ours}, x {rounded(pair.ratio)}"
