"""When to start: the carbon intensity by slot, the time that was chosen, and the start that is nearest."""

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from greentrain._version import __version__
from greentrain.errors import InputError
from greentrain.intensity import Slot
from greentrain.numbers import percent
from greentrain.planning import Schedule
from greentrain.reporting.charts.layout import SCALE_PX, Frame, finished
from greentrain.reporting.charts.style import ACCENT, GREY, QUIET

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

_PLOT_PX = 260


def hours_figure(found: Schedule, *, theme: str = "light") -> "Figure":
    """Draw a schedule.

    Parameters
    ----------
    found : Schedule
        With a series.
    theme : {'light', 'dark'}
        What the chart lies on.

    Raises
    ------
    InputError
        If there is no series to draw.
    """
    if found.series is None or found.best is None or found.now is None or found.saving_share is None:
        raise InputError("result", None, "has no series of carbon intensity to draw")
    slots = found.series.slots
    chosen = [_line(slots, start, end, place == 0) for place, (start, end) in enumerate(found.segments)]
    traces = [_line(slots, found.series.start, found.series.end, True), *chosen]
    traces[0] |= {"name": "intensity", "line": {"color": QUIET, "width": 2, "shape": "hv"}}
    now = _time(found.now.start)
    mark = {"type": "line", "x0": now, "x1": now, "yref": "paper", "y0": 0, "y1": 1}
    layout: dict[str, Any] = {
        "xaxis": {"type": "date", "automargin": True},
        "yaxis": {"title": {"text": "g CO2e/kWh", "standoff": 8}, "rangemode": "tozero", "automargin": True},
        "shapes": [{**mark, "line": {"color": GREY, "dash": "dash", "width": 1}}],
        "showlegend": True,
    }
    low, best, high = found.saving_share
    source = (
        f"Times are UTC; dashed: now. Saving against now {percent(best)} ({percent(low)} to {percent(high)}). Series: "
        f"{found.series.source}, {found.series.basis}. greentrain {__version__}."
    )
    title = f"Best start {_time(found.best.start):%d %b %H:%M} UTC"
    return finished(traces, layout, title=title, source=source, wide=Frame(_PLOT_PX, left_px=SCALE_PX), theme=theme)


def _line(slots: tuple[Slot, ...], start: float, end: float, is_named: bool) -> dict[str, Any]:
    """Draw the slots of a time as steps, with breaks where some are missing."""
    x: list[datetime] = []
    y: list[float | None] = []
    before = start
    for slot in slots:
        first, last = max(slot.start, start), min(slot.end, end)
        if last <= first:
            continue
        if x and first > before:
            x.append(_time(before))
            y.append(None)
        x += [_time(first), _time(last)]
        y += [slot.g_per_kwh, slot.g_per_kwh]
        before = last
    look = {"color": ACCENT, "width": 5, "shape": "hv"}
    return {"type": "scatter", "mode": "lines", "name": "chosen time", "x": x, "y": y, "line": look,
            "connectgaps": False, "showlegend": is_named}  # fmt: skip


def _time(moment: float) -> datetime:
    return datetime.fromtimestamp(moment, UTC)
