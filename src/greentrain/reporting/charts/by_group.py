"""The runs one by one, by place, by hardware or by user: what each group emitted, with the interval of its sum."""

import re
from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING

from greentrain.numbers import counted, least, percent, rounded, small_scale, written
from greentrain.reporting.charts.interval_dots import DotRow, row_chart
from greentrain.reporting.charts.style import (
    ACCENT,
    QUIET,
    HeaderAndRows,
    Mark,
    cells,
    kg_column,
    source_text,
)
from greentrain.reporting.place_names import place_label
from greentrain.reporting.report_data import GroupLine, ReportData, RunLine

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

TITLE = "Emissions by group"
MOST_GROUPS = 20
"""More rows are not read as a picture; the table below it has all. [1]"""
_RUN, _PLACE, _HARDWARE = "run", "place", "hardware"
_DAY = re.compile(r", \d{4}-\d\d-\d\d( \d\d:\d\d)?$")
"""The day that tells runs of one name apart, which stays where a long name is cut."""
_LARGEST, _OTHERS = "largest", "others"
_MARKS = {_LARGEST: Mark(ACCENT, "diamond"), _OTHERS: Mark(QUIET, "circle")}


def by_group(data: ReportData, dimension: str, *, theme: str = "light", beside: Sequence[str] = ()) -> "Figure":
    """Draw the operational emissions of each group of runs, the largest first.

    Parameters
    ----------
    data : ReportData
        What is reported; of several runs.
    dimension : str
        What tells groups apart: ``run``, or one of the keys of ``data.groups``.
    theme : {'light', 'dark'}
        What the chart lies on.
    beside : sequence of str
        What tells groups apart in the charts that it stands among: all of them have one scale, place by place.
    """
    found = _largest(data, dimension)
    rows, others = _rows(found), [row for name in beside for row in _rows(_largest(data, name))]
    more = f"The {MOST_GROUPS} largest of {len(found):,}." if len(found) > MOST_GROUPS else ""
    source = source_text(data, *filter(None, ["Operational, location-based.", more]))
    title = f"{found[0].label}: {_share(found)} of the emissions"
    return row_chart(rows, _MARKS, unit="kg", words="CO2e", title=title, source=source, theme=theme, beside=others)


def _rows(found: Sequence[GroupLine]) -> list[DotRow]:
    return [
        DotRow(group.label, kg, _OTHERS if place else _LARGEST, not place, *_parted(group.label))
        for place, group in enumerate(found[:MOST_GROUPS])
        if (kg := group.footprint.operational_kg) is not None
    ]


def summary(data: ReportData, dimension: str) -> str:
    """Sum the chart up in one sentence."""
    found = _largest(data, dimension)
    if not found:
        return "No group of runs has a figure."
    first = found[0]
    kg = first.footprint.operational_kg
    assert kg is not None
    what = f"{least(first.is_least)}{written(kg.best, 'kg')} CO2e"
    if dimension != _RUN:
        what = f"{what} in {counted(first.runs, 'run')}"
    plural = "kinds of hardware" if dimension == _HARDWARE else f"{dimension}s"
    return f"Of {len(found):,} {plural}, {first.label} emitted most: {what}, {_share(found)} of all."


def table(data: ReportData, dimension: str) -> HeaderAndRows:
    """Return what the chart shows as a table."""
    found = _largest(data, dimension)
    scale, unit = kg_column(map(_kg, found))
    energy = small_scale(max((_kwh(group) for group in found), default=0.0), "kWh")
    header = (dimension, "runs", energy.unit, unit, "low", "high")
    rows = []
    for group in found:
        kwh, kg = group.footprint.facility_energy_kwh, group.footprint.operational_kg
        assert kg is not None
        shown = rounded(kwh.best / energy.size) if kwh is not None else ""
        rows.append((group.label, f"{group.runs:,}", shown, *cells(kg.scaled(1 / scale.size))))
    return header, tuple(rows)


def _largest(data: ReportData, dimension: str) -> Sequence[GroupLine]:
    known = [group for group in _groups(data, dimension) if group.footprint.operational_kg is not None]
    return sorted(known, key=lambda group: (-_kg(group), group.label))


def _groups(data: ReportData, dimension: str) -> Sequence[GroupLine]:
    """Return the groups under names that readers know: of devices not the ids of their profiles."""
    if dimension == _RUN:
        named = zip(_run_names(data.lines), data.lines, strict=True)
        return [GroupLine(name, line.runs, line.footprint, line.is_least) for name, line in named]
    found = data.groups.get(dimension, ())
    if dimension == _PLACE:
        return [group._replace(label=place_label(group.label)) for group in found]
    names = {line.gpu: line.gpu_name for line in data.lines if line.gpu_name} if dimension == _HARDWARE else {}
    return [group._replace(label=names.get(group.label) or group.label) for group in found]


def _run_names(lines: Sequence[RunLine]) -> list[str]:
    """Name runs, those of one name by their day too, by their minute where that is not enough, else by their ids."""
    names = [line.name or line.id for line in lines]
    for form in ("%Y-%m-%d", "%Y-%m-%d %H:%M", ""):
        times = Counter(names)
        names = [name if times[name] == 1 else _told_apart(line, form) for name, line in zip(names, lines, strict=True)]
    return names


def _told_apart(line: RunLine, form: str) -> str:
    if line.started is None or not form:
        return f"{line.name}, {line.id}" if line.name and line.name != line.id else line.name or line.id
    return f"{line.name or line.id}, {line.started.strftime(form)}"


def _parted(label: str) -> tuple[str, str]:
    """Part a name from its day, which is not cut."""
    day = _DAY.search(label)
    return (label[: day.start()], day[0]) if day else (label, "")


def _kg(group: GroupLine) -> float:
    kg = group.footprint.operational_kg
    return 0.0 if kg is None else kg.best


def _kwh(group: GroupLine) -> float:
    kwh = group.footprint.facility_energy_kwh
    return 0.0 if kwh is None else kwh.best


def _share(found: Sequence[GroupLine]) -> str:
    whole = sum(map(_kg, found))
    return percent(_kg(found[0]) / whole) if whole else percent(0)
