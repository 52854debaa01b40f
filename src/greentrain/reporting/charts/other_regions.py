"""The same run elsewhere: only the grid changes, and differences smaller than what is uncertain about it are grey."""

from collections.abc import Sequence
from math import floor, log10
from typing import TYPE_CHECKING, NamedTuple

from greentrain.catalogue.records import WORLD
from greentrain.interval import Interval, product_independent, reciprocal
from greentrain.numbers import least, rounded, written
from greentrain.reporting.charts.interval_dots import DotRow, row_chart
from greentrain.reporting.charts.style import (
    ACCENT,
    GREY,
    QUIET,
    HeaderAndRows,
    Mark,
    cells,
    kg_column,
    source_text,
    subject_text,
)
from greentrain.reporting.report_data import ReportData

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

TITLE = "The same run elsewhere"
HERE, DIFFERENT, UNCLEAR = "as it is", "clearly different", "not clearly different"
_MARKS = {HERE: Mark(ACCENT, "diamond"), DIFFERENT: Mark(QUIET, "circle"), UNCLEAR: Mark(GREY, "circle-open")}
_NOTE = "Same energy and PUE everywhere; bars are the 90 % intervals of the grid alone."
_DIRECT = "direct"
_DIRECT_NOTE = "Direct: only emissions of the power stations are known; the bar spans the life cycle."
_G_PER_KG = 1000


class PlaceGrid(NamedTuple):
    """A place where the run could have been.

    Attributes
    ----------
    code : str
        As a user writes it.
    name : str
        As a reader knows it.
    g_per_kwh : Interval
        Carbon intensity. [g CO2e/kWh]
    source : str
        Source ids, joined by ``;``.
    is_direct : bool
        Whether only what the power stations themselves emit is known; the interval spans the life cycle.
    """

    code: str
    name: str
    g_per_kwh: Interval
    source: str
    is_direct: bool = False


def other_regions(data: ReportData, places: Sequence[PlaceGrid], *, theme: str = "light") -> "Figure":
    """Draw the operational emissions of the same energy in several places.

    Parameters
    ----------
    data : ReportData
        What is reported.
    places : sequence of PlaceGrid
        Where else; the place of all its runs is left out of them.
    theme : {'light', 'dark'}
        What the chart lies on.
    """
    rows = _rows(data, places)
    source = source_text(data, f"{_NOTE} {_DIRECT_NOTE}" if any(row.end for row in rows) else _NOTE)
    return row_chart(rows, _MARKS, unit="kg", words="CO2e", title=_finding(rows), source=source, theme=theme)


def _farthest(rows: Sequence[DotRow]) -> list[DotRow]:
    """Return the lowest and the highest of those that differ, of those on the run's own basis where there are any."""
    here = next(row for row in rows if row.group == HERE)
    others = [row for row in rows if row.group == DIFFERENT]
    others = [row for row in others if row.end == here.end] or others
    return others if len(others) < 2 else [others[0], others[-1]]


def _finding(rows: Sequence[DotRow]) -> str:
    here = next(row for row in rows if row.group == HERE)
    others = _farthest(rows)
    if not others:
        return "No other place shown differs by more than what is uncertain about the grids"
    ratios = [(row.value.best / here.value.best, row.short or row.label) for row in (others[0], others[-1])]
    less = [f"{_percent_less(ratio)} less in {name}" for ratio, name in ratios[:1] if ratio < 1]
    more = [f"{rounded(ratio, 2)} x as much in {name}" for ratio, name in ratios[1:] if ratio > 1]
    return f"The same energy emits {' and '.join(less + more)}"


def _percent_less(ratio: float) -> str:
    """Write what is saved: whole percentages, but never all of it."""
    saved = 100 * (1 - ratio)
    return f"{saved:.0f} %" if saved < 99 else f"{saved:.{max(0, -floor(log10(ratio)) - 2)}f} %"


def summary(data: ReportData, places: Sequence[PlaceGrid]) -> str:
    """Sum the chart up in one sentence."""
    rows = _rows(data, places)
    if not rows:
        return "There is no energy to move, or no place to compare with."
    here = next(row for row in rows if row.group == HERE)
    ends = _farthest(rows)
    start = f"{subject_text(data)} emits {least(data.is_least)}{written(here.value.best, 'kg')} CO2e where it is"
    if not ends:
        return f"{start}; no other place shown differs by more than what is uncertain about the grids."
    unclear = sum(row.group == UNCLEAR for row in rows)
    named = " and ".join(f"{written(row.value.best, 'kg')} in {row.label}" for row in ends)
    rest = f"; {unclear} of {len(rows) - 1} places cannot be distinguished from it" if unclear else ""
    return f"{start}, and with the same energy {named}{rest}."


def table(data: ReportData, places: Sequence[PlaceGrid]) -> HeaderAndRows:
    """Return what the chart shows as a table."""
    rows = _rows(data, places)
    scale, unit = kg_column(row.value.best for row in rows)
    header = ("place", "compared with this run", unit, "low", "high", "times this run")
    here = next((row.value.best for row in rows if row.group == HERE), 1.0)
    shown = (row._replace(value=row.value.scaled(1 / scale.size)) if scale.unit != "kg" else row for row in rows)
    return header, tuple(
        (f"{row.label}{row.end}", row.group, *cells(row.value), rounded(row.value.best * scale.size / here))
        for row in shown
    )


def _rows(data: ReportData, places: Sequence[PlaceGrid]) -> list[DotRow]:
    kwh, kg = data.facility_energy_kwh.best, data.operational_kg.best
    own = {line.location for line in data.lines}
    # Runs of several places could each have been where another was.
    others = [place for place in places if len(own) > 1 or place.code not in own]
    if kwh <= 0 or kg <= 0 or not others:
        return []
    chosen = _chosen_grid(data, kg / kwh * _G_PER_KG)
    rows = [
        DotRow(
            _name(place),
            place.g_per_kwh.scaled(kwh / _G_PER_KG),
            DIFFERENT if _differs(place.g_per_kwh, chosen) else UNCLEAR,
            short=place.name,
            end=_mark(is_direct=place.is_direct),
        )
        for place in others
    ]
    is_direct = any(line.grid is not None and line.grid.accounting == _DIRECT for line in data.lines)
    here = DotRow(
        _here_text(data, places),
        chosen.scaled(kwh / _G_PER_KG),
        HERE,
        is_chosen=True,
        end=_mark(is_direct=is_direct),
    )
    return sorted([here, *rows], key=lambda row: row.value.best)


def _mark(*, is_direct: bool) -> str:
    return f", {_DIRECT}" if is_direct else ""


def _chosen_grid(data: ReportData, g_per_kwh: float) -> Interval:
    """Return the own carbon intensity; of several runs the mean, as uncertain as the least certain of them."""
    grids = {grid.g_per_kwh for line in data.lines if (grid := line.grid) is not None}
    down = min((grid.low / grid.best for grid in grids), default=1.0)
    up = max((grid.high / grid.best for grid in grids), default=1.0)
    return Interval(g_per_kwh * down, g_per_kwh, g_per_kwh * up)


def _differs(other: Interval, chosen: Interval) -> bool:
    """Whether the 90 % interval of the ratio of two carbon intensities leaves out one."""
    low, _, high = product_independent(other, reciprocal(chosen))
    return low > 1 or high < 1


def _name(place: PlaceGrid) -> str:
    return place.name if place.name == place.code else f"{place.name} ({place.code})"


def _here_text(data: ReportData, places: Sequence[PlaceGrid]) -> str:
    own = sorted({line.location or "" for line in data.lines})
    if own == [""]:
        return "as it is, grid as given"
    if len(own) != 1:
        return f"as it is, {len(own)} places"
    if own == [WORLD]:
        return "as it is, no place named"
    named = [_name(place) for place in places if place.code == own[0]]
    return f"as it is, {named[0] if named else own[0]}"
