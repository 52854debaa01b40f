"""What is it made of? Accelerators, host and facility one after the other, then the hardware's making."""

from typing import TYPE_CHECKING, Any, NamedTuple

from greentrain.interval import Interval, sum_independent
from greentrain.numbers import Scale, least, percent, rounded, scale_for, small_scale, written, written_span
from greentrain.reporting.charts.interval_dots import BAR_ROWS, RowLabel, placed
from greentrain.reporting.charts.layout import finished
from greentrain.reporting.charts.style import (
    ACCENT,
    GREY,
    INTERVALS,
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

TITLE = "What is it made of?"
_PART, _MAKING, _SUM = Mark(QUIET, pattern=""), Mark(SOFT, pattern="/"), Mark(ACCENT, pattern="")
_WORDS = {
    "accelerators": "accelerators",
    "gpu": "accelerators",
    "cpu": "CPU",
    "host": "host (CPU, memory, fans, losses)",
    "facility": "facility (cooling, power supply)",
    "embodied": "embodied (share of making the hardware)",
}
_SHORT = {
    "host": "host (CPU, memory, fans)",
    "facility": "facility (cooling, power)",
    "embodied": "embodied (making the hardware)",
}
"""What fits beside the plot."""


class Step(NamedTuple):
    """One bar: what it adds, where it begins, and its interval where it is a sum."""

    label: str
    mark: Mark
    from_kg: float
    kg: float
    interval: Interval | None = None
    energy_kwh: float | None = None
    short: str = ""


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
    ends = [step.interval.high if step.interval else step.from_kg + step.kg for step in steps]
    scale = scale_for(max(ends), "kg")
    place = placed([_label(step, steps[-1].kg) for step in steps])
    traces = [_bar(step, at, scale) for at, step in enumerate(steps)]
    source = source_text(data, INTERVALS)
    layout = {
        "xaxis": amount_axis(scale, "CO2e"),
        "showlegend": False,
        "barmode": "overlay",
    }
    # On a telephone labels stand between the bars, and lines would cross them.
    wide = place.wide._replace(more={**place.wide.more, "shapes": _connectors(steps, scale)})
    narrow = place.narrow._replace(more={**place.narrow.more, "shapes": []})
    title = _finding(steps)
    return finished(traces, layout, title=title, source=source, wide=wide, narrow=narrow, theme=theme)


def summary(data: ReportData) -> str:
    """Sum the chart up in one sentence."""
    steps = _steps(data)
    if not steps:
        return "The parts of the emissions are not known."
    parts, largest = _parts(steps)
    share = percent(largest.kg / steps[-1].kg)
    whole = (
        "the embodied share included"
        if len(steps) > 1 and parts[-1].label == _WORDS["embodied"]
        else "operational alone"
    )
    amount = f"{least(data.is_least)}{written_span(steps[-1].interval or Interval(0, 0, 0), 'kg', 'CO2e')}"
    return f"{subject_text(data)} emits {amount}, {whole}; the largest part, {share}, is {largest.label}."


def _parts(steps: list[Step]) -> tuple[list[Step], Step]:
    parts = [step for step in steps if step.interval is None]
    return parts, max(parts, key=lambda step: step.kg)


def _finding(steps: list[Step]) -> str:
    _, largest = _parts(steps)
    whole = steps[-1]
    of = f"{written(whole.kg, 'kg')} CO2e"
    return f"{percent(largest.kg / whole.kg)} of {of} is {largest.short or largest.label}"


def table(data: ReportData) -> HeaderAndRows:
    """Return what the chart shows as a table."""
    steps = _steps(data)
    mass, unit = kg_column(step.kg for step in steps)
    energy = small_scale(max((step.energy_kwh or 0.0 for step in steps), default=0.0), "kWh")
    header = ("part", unit, "low", "high", energy.unit)
    return header, tuple(
        (
            step.label,
            rounded(step.kg / mass.size),
            rounded(step.interval.low / mass.size) if step.interval else "",
            rounded(step.interval.high / mass.size) if step.interval else "",
            "" if step.energy_kwh is None else rounded(step.energy_kwh / energy.size),
        )
        for step in steps
    )


def _steps(data: ReportData) -> list[Step]:
    """List the parts of the operational emissions and their sum, then what was emitted before, and the whole."""
    operational, embodied = data.operational_kg, data.embodied_kg
    if not data.breakdown or operational.best <= 0:
        return []
    found: list[Step] = []
    so_far = 0.0
    for part in data.breakdown:
        if part.operational_kg == 0 and part.energy_kwh == 0:  # a run on processors has no accelerators
            continue
        words = _WORDS.get(part.component, part.component.replace("_", " "))
        short = _SHORT.get(part.component, "")
        found.append(Step(words, _PART, so_far, part.operational_kg, energy_kwh=part.energy_kwh, short=short))
        so_far += part.operational_kg
    kwh = data.facility_energy_kwh.best
    found.append(Step("operational, in all", _SUM, 0.0, operational.best, operational, kwh))
    if embodied is None:
        return found
    whole = sum_independent(operational, embodied)
    making = Step(_WORDS["embodied"], _MAKING, operational.best, embodied.best, short=_SHORT["embodied"])
    return [*found, making, Step("operational and embodied", _SUM, 0.0, whole.best, whole)]


def _label(step: Step, whole_kg: float) -> RowLabel:
    amount = unbroken(written(step.kg, "kg"))
    if step.interval is None:
        amount += f" ({unbroken(percent(step.kg / whole_kg))})"
    return RowLabel(step.short or step.label, amount, step.interval is not None)


def _bar(step: Step, at: int, scale: Scale) -> dict[str, Any]:
    energy = "" if step.energy_kwh is None else f"<br>{written(step.energy_kwh, 'kWh')}"
    bar: dict[str, Any] = {"type": "bar", "orientation": "h", "width": BAR_ROWS, "name": text(step.label)}
    bar |= {"base": [step.from_kg / scale.size], "x": [step.kg / scale.size], "y": [at]}
    bar["marker"] = {"color": step.mark.colour, "line": {"width": 1, "color": step.mark.colour}}
    bar["marker"]["pattern"] = {"shape": step.mark.pattern, "fillmode": "replace", "solidity": 0.5}
    bar |= {"hovertext": [f"{text(step.label)}<br>{written(step.kg, 'kg')} CO2e{energy}"], "hoverinfo": "text"}
    if step.interval is not None:
        low, best, high = step.interval.scaled(1 / scale.size)
        error = {"type": "data", "symmetric": False, "array": [high - best], "arrayminus": [best - low]}
        bar["error_x"] = error | {"thickness": 2, "width": 5}
    return bar


def _connectors(steps: list[Step], scale: Scale) -> list[dict[str, Any]]:
    """Draw thin lines from the end of each bar to the start of the next."""
    look = {"type": "line", "xref": "x", "yref": "y", "line": {"color": GREY, "width": 1, "dash": "dot"}}
    ends = ((step.from_kg + step.kg) / scale.size for step in steps[:-1])
    return [
        {**look, "x0": end, "x1": end, "y0": at + BAR_ROWS / 2, "y1": at + 1 - BAR_ROWS / 2}
        for at, end in enumerate(ends)
    ]
