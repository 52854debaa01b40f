"""The starts of a job as text for a terminal of 80 columns, with a chart of the intensity."""

from datetime import datetime

from greentrain.intensity import Series, Timeline, utc_text
from greentrain.interval import Interval
from greentrain.light_typing import TYPE_CHECKING
from greentrain.numbers import amount, counted, percent, rounded
from greentrain.planning import Candidate, Schedule
from greentrain.reporting.document.blocks import bullets, table
from greentrain.reporting.document.render_text import group, joined, table_lines, width, wrapped

if TYPE_CHECKING:
    from collections.abc import Sequence

    from greentrain.reporting.document.render_text import Style

_MOST_COLUMNS, _ROWS = 64, 8
_BESIDE = 10
"""Columns of the scale beside the chart."""
_CHOSEN, _OTHER = "#", ":"
_SHOWN = 5


def schedule_text(found: Schedule, bold: "Style" = str) -> str:
    """Write the best start, what it saves, the chart and the next best.

    Parameters
    ----------
    found : Schedule
        What to write.
    bold : callable, optional
        Marks the verdict.
    """
    if found.series is None or found.best is None or found.now is None:
        return joined(([bold("No start is better by what is known.")], _spread(found), _notes(found)))
    groups = (
        [bold(line) for line in wrapped(verdict(found), "")],
        _starts(found),
        _chart(found, found.series),
        wrapped(_series_words(found.series), ""),
        _notes(found),
    )
    return joined(groups)


def verdict(found: Schedule) -> str:
    """Say in a sentence when to start and what that saves."""
    assert found.best is not None
    assert found.now is not None
    assert found.saving_share is not None
    start = f"{utc_text(found.best.start)} ({_local(found.best.start)})"
    pauses = len(found.segments) - 1
    runs = f" with {counted(pauses, 'pause')}" if pauses else ""
    if found.best.start == found.now.start and not pauses:
        return f"Start now, {start}: no later start is better."
    clear = "" if found.is_clear else " That is no clear gain: a forecast may err by more."
    return f"Best start: {start}{runs}, which saves {_share(found.saving_share)} against now.{clear}"


def _share(saving: Interval) -> str:
    low, best, high = saving
    return percent(best) if low == high else f"{percent(best)} ({percent(low)} to {percent(high)})"


def _local(moment: float) -> str:
    return f"{datetime.fromtimestamp(moment).astimezone():%a %d %b %H:%M %Z}"


def _starts(found: Schedule) -> list[str]:
    assert found.now is not None
    assert found.best is not None
    assert found.mean_saving_share is not None
    ranked = sorted(found.candidates, key=lambda item: item.g_per_kwh)
    others = [item for item in ranked if item.start not in (found.best.start, found.now.start)][:_SHOWN]
    rows = [_row("best", found.best), _row("now", found.now), *(_row("", item) for item in others)]
    lines = table_lines(table("", ("", "start (UTC)", "g/kWh", "emissions"), rows, (2,)))
    text = f"Against the mean of {counted(len(found.candidates), 'start')}: {_share(found.mean_saving_share)} less."
    return [*lines, *wrapped(text, "  ")]


def _row(name: str, item: Candidate) -> tuple[str, ...]:
    return (name, utc_text(item.start), rounded(item.g_per_kwh), amount(item.operational_kg, "kg CO2e"))


def _chart(found: Schedule, series: Series) -> list[str]:
    """Draw the intensity as columns, those in which the job would run in another letter."""
    timeline = Timeline(series)
    columns = min(_MOST_COLUMNS, width() - _BESIDE)
    first = found.candidates[0].start
    last = max(found.segments[-1][1], found.candidates[-1].start + 3600 * found.hours)
    step = (last - first) / columns
    means = [timeline.mean(first + place * step, first + (place + 1) * step) for place in range(columns)]
    most = max(value for value, covered in means if covered)
    lines = ["g/kWh"]
    for row in range(_ROWS, 0, -1):
        label = rounded(most * row / _ROWS) if row in (_ROWS, _ROWS // 2) else ""
        cells = "".join(
            _cell(first + (place + 0.5) * step, found.segments)
            if covered and value >= most * (row - 0.5) / _ROWS
            else " "
            for place, (value, covered) in enumerate(means)
        )
        lines.append(f"{label:>7} |{cells.rstrip()}")
    lines.append(f"{'0':>7} +{'-' * columns}")
    ends = utc_text(first)[:16], utc_text(last)[:16]
    lines.append(f"{'':9}{ends[0]}{ends[1]:>{columns - len(ends[0])}}")
    return [*lines, f"{'':9}{_CHOSEN} the chosen time"]


def _cell(moment: float, segments: "Sequence[tuple[float, float]]") -> str:
    return _CHOSEN if any(start <= moment < end for start, end in segments) else _OTHER


def _series_words(series: Series) -> str:
    kind = f", {percent(series.forecast_share)} of them forecasts" if series.forecast_share else ""
    accounting = f", {series.accounting}" if series.accounting else ""
    licence = f" Licence: {series.licence}." if series.licence else ""
    zone = f" for {series.zone}" if series.zone else ""
    return (
        f"Series: {series.source}{zone}, {series.basis}{accounting}, {counted(len(series.slots), 'slot')}{kind}, "
        f"{series.missing} missing.{licence}"
    )


def _spread(found: Schedule) -> list[str]:
    rows = [(f"{hours:,g} h", percent(sigma)) for hours, sigma in found.spread.items()]
    return table_lines(table("", ("length of a run", "typical difference from the annual mean"), rows, (1,)))


def _notes(found: Schedule) -> list[str]:
    return group("Notes", bullets(found.notes))
