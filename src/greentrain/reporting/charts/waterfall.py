"""What is it made of? Accelerators, host and facility one after the other, then the hardware's making."""

from typing import TYPE_CHECKING, Any, NamedTuple

from greentrain.interval import Interval, sum_independent
from greentrain.numbers import Scale, percent, rounded, scale_for, written, written_span
from greentrain.reporting.charts.interval_dots import placed, value_text
from greentrain.reporting.charts.style import (
    BLUE,
    GREEN,
    GREY,
    INTERVALS,
    ORANGE,
    PURPLE,
    SKY,
    HeaderAndRows,
    Mark,
    amount_axis,
    empty,
    finished,
    input_sources,
    source_text,
    subject_text,
    text,
    unbroken,
)
from greentrain.reporting.report_data import ReportData

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

TITLE = "What is it made of?"
_BAR_PX = 18
_PARTS = {
    "accelerators": Mark(BLUE, pattern=""),
    "gpu": Mark(BLUE, pattern=""),
    "host": Mark(SKY, pattern="/"),
    "cpu": Mark(SKY, pattern="/"),
    "memory": Mark(PURPLE, pattern="x"),
    "facility": Mark(GREEN, pattern="\\"),
    "embodied": Mark(ORANGE, pattern="."),
}
_OTHER, _SUM = Mark(PURPLE, pattern="x"), Mark(GREY, pattern="")
_WORDS = {
    "accelerators": "accelerators",
    "gpu": "accelerators",
    "cpu": "CPU",
    "host": "host (CPU, memory, fans, losses)",
    "facility": "facility (cooling, power supply)",
    "embodied": "embodied (share of making the hardware)",
}


class Step(NamedTuple):
    """One bar: what it adds, where it begins, and its interval where it is a sum."""

    label: str
    mark: Mark
    from_kg: float
    kg: float
    interval: Interval | None = None
    energy_kwh: float | None = None


def waterfall(data: ReportData, *, theme: str = "light") -> "Figure":
    """Draw what each component adds to the emissions.

    Parameters
    ----------
    data : ReportData
        What is reported.
    theme : {'light', 'dark'}
        What the chart lies on.
    """
    steps = _steps(data)
    if not steps:
        return empty(TITLE, "The parts of the emissions are not known.", theme)
    ends = [step.interval.high if step.interval else step.from_kg + step.kg for step in steps]
    scale = scale_for(max(ends), "kg")
    place = placed([_label(step, steps[-1].kg) for step in steps], [step.interval is not None for step in steps])
    traces = [_bar(step, at, scale) for step, at in zip(steps, place.at_px, strict=True)]
    source = source_text(data, input_sources(data, "host_factor", "pue", "grid_intensity"), INTERVALS)
    layout = {
        "xaxis": amount_axis(scale, "CO2e"),
        "yaxis": place.axis,
        "annotations": place.annotations,
        "showlegend": False,
        "barmode": "overlay",
    }
    traces.append(_connectors(steps, place.at_px, scale))
    return finished(traces, layout, title=TITLE, source=source, plot_px=place.plot_px, theme=theme)


def summary(data: ReportData) -> str:
    """Sum the chart up in one sentence."""
    steps = _steps(data)
    if not steps:
        return "The parts of the emissions are not known."
    parts = [step for step in steps if step.interval is None]
    largest = max(parts, key=lambda step: step.kg)
    share = percent(largest.kg / steps[-1].kg)
    whole = (
        "the embodied share included"
        if len(steps) > 1 and parts[-1].label == _WORDS["embodied"]
        else "operational alone"
    )
    amount = written_span(steps[-1].interval or Interval(0, 0, 0), "kg", "CO2e")
    return f"{subject_text(data)} emits {amount}, {whole}; the largest part, {share}, is {largest.label}."


def table(data: ReportData) -> HeaderAndRows:
    """Return what the chart shows as a table."""
    header = ("part", "kg CO2e", "low", "high", "kWh")
    return header, tuple(
        (
            step.label,
            rounded(step.kg),
            rounded(step.interval.low) if step.interval else "",
            rounded(step.interval.high) if step.interval else "",
            "" if step.energy_kwh is None else rounded(step.energy_kwh),
        )
        for step in _steps(data)
    )


def _steps(data: ReportData) -> list[Step]:
    """List the parts of the operational emissions and their sum, then what was emitted before, and the whole."""
    operational, embodied = data.operational_kg, data.embodied_kg
    if not data.breakdown or operational.best <= 0:
        return []
    found: list[Step] = []
    so_far = 0.0
    for part in data.breakdown:
        words = _WORDS.get(part.component, part.component.replace("_", " "))
        mark = _PARTS.get(part.component, _OTHER)
        found.append(Step(words, mark, so_far, part.operational_kg, energy_kwh=part.energy_kwh))
        so_far += part.operational_kg
    kwh = data.facility_energy_kwh.best
    found.append(Step("operational, in all", _SUM, 0.0, operational.best, operational, kwh))
    if embodied is None:
        return found
    whole = sum_independent(operational, embodied)
    making = Step(_WORDS["embodied"], _PARTS["embodied"], operational.best, embodied.best)
    return [*found, making, Step("operational and embodied", _SUM, 0.0, whole.best, whole)]


def _label(step: Step, whole_kg: float) -> str:
    if step.interval is not None:
        return f"{step.label}: {value_text(step.interval, 'kg')}"
    share = percent(step.kg / whole_kg)
    return f"{step.label}: {unbroken(written(step.kg, 'kg'))} ({unbroken(share)})"


def _bar(step: Step, at_px: float, scale: Scale) -> dict[str, Any]:
    energy = "" if step.energy_kwh is None else f"<br>{written(step.energy_kwh, 'kWh')}"
    bar: dict[str, Any] = {"type": "bar", "orientation": "h", "width": _BAR_PX, "name": text(step.label)}
    bar |= {"base": [step.from_kg / scale.size], "x": [step.kg / scale.size], "y": [at_px]}
    bar["marker"] = {"color": step.mark.colour, "line": {"width": 1, "color": step.mark.colour}}
    bar["marker"]["pattern"] = {"shape": step.mark.pattern, "fillmode": "replace", "solidity": 0.5}
    bar |= {"hovertext": [f"{text(step.label)}<br>{written(step.kg, 'kg')} CO2e{energy}"], "hoverinfo": "text"}
    if step.interval is not None:
        low, best, high = step.interval.scaled(1 / scale.size)
        error = {"type": "data", "symmetric": False, "array": [high - best], "arrayminus": [best - low]}
        bar["error_x"] = error | {"thickness": 2, "width": 5, "color": ORANGE}
    return bar


def _connectors(steps: list[Step], at_px: tuple[float, ...], scale: Scale) -> dict[str, Any]:
    """Draw thin lines from the end of each bar to the start of the next."""
    x: list[float | None] = []
    y: list[float | None] = []
    for step, upper, lower in zip(steps, at_px, at_px[1:], strict=False):
        end = (step.from_kg + step.kg) / scale.size
        x += [end, end, None]
        y += [upper + _BAR_PX / 2, lower - _BAR_PX / 2, None]
    line = {"color": GREY, "width": 1, "dash": "dot"}
    return {"type": "scatter", "mode": "lines", "x": x, "y": y, "line": line, "hoverinfo": "skip", "name": "so far"}
