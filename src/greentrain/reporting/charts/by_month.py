"""The history month by month, stacked by how the runs ended."""

from collections import defaultdict
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from greentrain.journal.records import UNFINISHED
from greentrain.numbers import Scale, counted, least, percent, rounded, scale_for, small_scale, written
from greentrain.reporting.charts.layout import SCALE_PX, Frame, finished
from greentrain.reporting.charts.style import (
    ACCENT,
    GREY,
    QUIET,
    SOFT,
    TICK_GAP_PX,
    HeaderAndRows,
    Mark,
    amount_axis,
    kg_column,
    source_text,
)
from greentrain.reporting.report_data import ReportData, RunLine

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

TITLE = "Emissions by month"
_COMPLETED, _WASTED, _OPEN = "completed", "failed, interrupted or killed", "running or estimated"
_UNSTATED = "end not stated"
_ENDED_WELL = ("completed", "final", "preliminary")
_MARKS = {
    _COMPLETED: Mark(QUIET, pattern=""),
    _WASTED: Mark(ACCENT, pattern="/"),
    _UNSTATED: Mark(GREY, pattern="-"),
    _OPEN: Mark(SOFT, pattern="."),
}
_WIDEST_BAR, _BAR_OF_PLOT = 0.75, 0.14
"""Width of a bar at most: of its month's room, and of the whole plot."""
_PLOT_PX = 320
_MOST_MONTHS = 600
_MOST_TICKS = 5


class Sum(NamedTuple):
    """The runs of one month and outcome."""

    runs: int
    kg: float
    kwh: float


_NOTHING_THERE = Sum(0, 0.0, 0.0)


def by_month(data: ReportData, *, theme: str = "light") -> "Figure":
    """Draw the operational emissions of each month in which runs began.

    Parameters
    ----------
    data : ReportData
        What is reported; of several runs.
    theme : {'light', 'dark'}
        What the chart lies on.
    """
    sums = _sums(data.lines)
    months = _months(sums)
    tallest = max(sum(sums[key].kg for key in sums if key[0] == month) for month in {month for month, _ in sums})
    scale = scale_for(tallest, "kg")
    groups = {name: _of_group(sums, name) for name in _MARKS}
    traces = [_bars(name, mark, months, groups[name], scale) for name, mark in _MARKS.items() if groups[name]]
    layout = {
        "xaxis": {
            "type": "category",
            "tickvals": _named(months),
            "tickangle": 0,
            "ticklabelstandoff": TICK_GAP_PX,
            "title": {"text": "month (UTC) in which the run began", "standoff": 8},
        },
        "yaxis": amount_axis(scale, "CO2e"),
        "barmode": "stack",
        "showlegend": True,
    }
    source = source_text(data, "Operational, location-based; best values.", *_left_out(data.lines))
    return finished(
        traces, layout, title=_finding(sums), source=source, wide=Frame(_PLOT_PX, left_px=SCALE_PX), theme=theme
    )


def summary(data: ReportData) -> str:
    """Sum the chart up in one sentence."""
    sums = _sums(data.lines)
    if not sums:
        return "No run has both a date and a figure."
    kg, share = _whole(sums)
    runs = sum(part.runs for part in sums.values())
    months = _months(sums)
    span = months[0] if len(months) == 1 else f"{months[0]} to {months[-1]}"
    of = f"{counted(runs, 'run')} of {span} emitted {least(data.is_least)}{written(kg, 'kg')} CO2e"
    return f"{of}{f', {share}' if share else ''}."


def _whole(sums: dict[tuple[str, str], Sum]) -> tuple[float, str]:
    """Return all emissions [kg CO2e], and which share was of runs that did not end well, or else of which month."""
    kg = sum(part.kg for part in sums.values())
    wasted = sum(part.kg for (_, status), part in sums.items() if status in UNFINISHED)
    if kg and percent(wasted / kg) != percent(0):
        return kg, f"{percent(wasted / kg)} of it by runs that failed, were interrupted or killed"
    of_months: dict[str, float] = defaultdict(float)
    for (month, _), part in sums.items():
        of_months[month] += part.kg
    month, most = max(of_months.items(), key=lambda item: item[1])
    return kg, f"{percent(most / kg)} of it in {month}" if kg and len(of_months) > 1 else ""


def _finding(sums: dict[tuple[str, str], Sum]) -> str:
    kg, share = _whole(sums)
    return f"{written(kg, 'kg')} CO2e{f', {share}' if share else ''}"


def table(data: ReportData) -> HeaderAndRows:
    """Return what the chart shows as a table."""
    sums = _sums(data.lines)
    mass, unit = kg_column(part.kg for part in sums.values())
    energy = small_scale(max((part.kwh for part in sums.values()), default=0.0), "kWh")
    header = ("month", "outcome", "runs", energy.unit, unit)
    return header, tuple(
        (month, status, f"{part.runs:,}", rounded(part.kwh / energy.size), rounded(part.kg / mass.size))
        for (month, status), part in sorted(sums.items())
    )


def _sums(lines: Sequence[RunLine]) -> dict[tuple[str, str], Sum]:
    found: dict[tuple[int, int, str], list[tuple[float, float]]] = defaultdict(list)
    for line in lines:
        began, kg, kwh = line.started, line.operational_kg, line.facility_energy_kwh
        if began is not None and kg is not None:
            found[began.year, began.month, line.status].append((kg.best, kwh.best if kwh else 0.0))
    return {
        (f"{year:04d}-{month:02d}", status): Sum(len(parts), *map(sum, zip(*parts, strict=True)))
        for (year, month, status), parts in found.items()
    }


def _group(status: str) -> str:
    if status == "unknown":  # of an import, whose file says nothing of it
        return _UNSTATED
    return _COMPLETED if status in _ENDED_WELL else _WASTED if status in UNFINISHED else _OPEN


def _of_group(sums: dict[tuple[str, str], Sum], name: str) -> dict[str, Sum]:
    """Add up the runs of each month whose outcome is of a group."""
    found: dict[str, Sum] = {}
    for (month, status), part in sums.items():
        if _group(status) == name:
            before = found.get(month, _NOTHING_THERE)
            found[month] = Sum(before.runs + part.runs, before.kg + part.kg, before.kwh + part.kwh)
    return found


def _months(sums: dict[tuple[str, str], Sum]) -> list[str]:
    """List the months from the first to the last, quiet ones included, as long as that is a list a person reads."""
    known = sorted({month for month, _ in sums})
    first, last = (12 * int(month[:4]) + int(month[5:]) - 1 for month in (known[0], known[-1]))
    if last - first >= _MOST_MONTHS:
        return known
    return [f"{month // 12:04d}-{month % 12 + 1:02d}" for month in range(first, last + 1)]


def _named(months: Sequence[str]) -> list[str]:
    """Choose the months that are named below the bars, as many as fit a telephone."""
    return list(months[:: -(-len(months) // _MOST_TICKS)])


def _bars(
    name: str,
    mark: Mark,
    months: Sequence[str],
    sums: dict[str, Sum],
    scale: Scale,
) -> dict[str, Any]:
    parts = [sums.get(month, _NOTHING_THERE) for month in months]
    marker = {"color": mark.colour, "line": {"width": 1, "color": mark.colour}}
    marker["pattern"] = {"shape": mark.pattern, "fillmode": "replace", "solidity": 0.4}
    hover = [
        f"{month}, {name}<br>{counted(part.runs, 'run')}<br>{written(part.kg, 'kg')} CO2e<br>{written(part.kwh, 'kWh')}"
        for month, part in zip(months, parts, strict=True)
    ]
    return {
        "type": "bar",
        "name": name,
        "width": min(_WIDEST_BAR, _BAR_OF_PLOT * len(months)),
        "x": list(months),
        "y": [part.kg / scale.size for part in parts],
        "marker": marker,
        "hovertext": hover,
        "hoverinfo": "text",
    }


def _left_out(lines: Sequence[RunLine]) -> list[str]:
    missing = sum(line.started is None or line.operational_kg is None for line in lines)
    return [f"{missing:,} of {len(lines):,} runs have no date or no figure."] if missing else []
