"""An estimate as text for a terminal of 80 columns, plain ASCII."""

from greentrain.estimation import Estimate, Input
from greentrain.light_typing import TYPE_CHECKING
from greentrain.numbers import as_given, best, percent, rounded, span, with_span
from greentrain.reporting.document.blocks import bullets, table
from greentrain.reporting.document.render_text import WIDTH, group, joined, table_lines, wrapped
from greentrain.reporting.labels import component_label, input_label, run_label

if TYPE_CHECKING:
    from greentrain.reporting.document.render_text import Style


def estimate_text(estimate: Estimate, bold: "Style" = str) -> str:
    """Write the result: headline, breakdown, driver, equivalents, defaults and notes.

    Parameters
    ----------
    estimate : Estimate
        What to write.
    bold : callable, optional
        Marks the headline; returns its text unchanged where there is no colour.
    """
    groups = (
        [run_label(estimate)],
        _headline(estimate, bold),
        _breakdown(estimate),
        _separate(estimate),
        _drivers(estimate),
        _equivalents(estimate),
        _defaults(estimate),
        group("Notes", bullets(estimate.notes)),
    )
    return joined(groups)


def _headline(estimate: Estimate, bold: "Style") -> list[str]:
    energy, emissions = estimate.facility_energy_kwh, estimate.operational_kg
    rows = [
        (f"{best(energy)} kWh", span(energy), "energy at the facility's meter"),
        (f"{best(emissions)} kg CO2e", span(emissions), "operational, location-based"),
    ]
    wide = max(len(number) for number, _, _ in rows)
    wider = max(len(interval) for _, interval, _ in rows)
    words = wide + wider + 6 + max(len(what) for _, _, what in rows) <= WIDTH
    lines = [
        f"  {bold(f'{number:>{wide}}')}  {interval:<{wider}}  {what if words else ''}".rstrip()
        for number, interval, what in rows
    ]
    exact = energy.is_exact and emissions.is_exact
    lines += [] if words else ["  Energy at the facility's meter; emissions operational, location-based."]
    return lines if exact else [*lines, "  In brackets: 90 % intervals."]


def _breakdown(estimate: Estimate) -> list[str]:
    total = estimate.facility_energy_kwh.best
    rows = (
        (
            component_label(part.component),
            rounded(part.energy_kwh),
            rounded(part.operational_kg),
            percent(part.energy_kwh / total),
        )
        for part in estimate.breakdown
    )
    return table_lines(table("Breakdown", ("", "kWh", "kg CO2e", "share"), rows, (1, 2, 3), (36, 10, 12, 7)))


def _separate(estimate: Estimate) -> list[str]:
    rows = [
        ("embodied", f"{with_span(estimate.embodied_kg)} kg CO2e", "the run's share of making the hardware"),
        ("water", f"{with_span(estimate.water_l)} L", "consumed on site and by power stations"),
    ]
    wide = max(len(value) for _, value, _ in rows)
    lines = [f"  {name:<9}{value:<{wide}}  {what}" for name, value, what in rows]
    if max(map(len, lines)) > WIDTH:
        lines = [part for name, value, what in rows for part in (f"  {name:<9}{value}", f"  {'':<9}{what}")]
    return ["Not in the operational figure", *lines]


def _drivers(estimate: Estimate) -> list[str]:
    if not estimate.drivers:
        return ["Interval: none, every input of the operational figure is exact."]
    (first, share), *others = estimate.drivers
    text = f"Interval: driven most by {input_label(first)} ({percent(share)} of the variance)"
    more = [f"{input_label(name)} ({percent(part)})" for name, part in others[:2] if part >= 0.01]
    return wrapped(text + (f", then {' and '.join(more)}." if more else "."), "")


def _equivalents(estimate: Estimate) -> list[str]:
    lines = ["The operational figure is about"]
    for item in estimate.equivalents:
        low, middle, high = (rounded(value) for value in item.ratio)
        lines += wrapped(f"{middle} x ({low} to {high}) {item.activity.label}", "  ", "    ")
    return lines


def _defaults(estimate: Estimate) -> list[str]:
    defaults = estimate.defaults
    if not defaults:
        return ["Defaults used: none."]
    named = ", ".join(
        f"{input_label(item.name)} {_value_text(item)}{'' if item.unit == '1' else f' {item.unit}'}"
        + (" [assumed]" if item.basis == "assumed" else "")
        for item in defaults
    )
    return [f"Defaults used: {len(defaults)}", *wrapped(named, "  ", "    ")]


def _value_text(item: Input) -> str:
    return as_given(item.value.best) if item.value.is_exact else with_span(item.value)
