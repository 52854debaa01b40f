"""An estimate as text for a terminal of 80 columns, plain ASCII."""

from greentrain.estimation import Estimate
from greentrain.estimation.labels import component_label, input_amount, input_label, run_label
from greentrain.inputs import GRID_INTENSITY
from greentrain.interval import Interval
from greentrain.light_typing import TYPE_CHECKING
from greentrain.numbers import ascii_unit, best, percent, rounded, scaled, small_scale, span, with_span
from greentrain.reporting.document.blocks import bullets, table
from greentrain.reporting.document.render_text import group, joined, table_lines, width, wrapped

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
    amounts = (
        (*scaled(energy, "kWh"), "energy at the facility's meter"),
        (*scaled(emissions, "kg CO2e"), "operational, location-based"),
    )
    rows = [(f"{best(shown)} {unit}", span(shown), what) for shown, unit, what in amounts]
    wide = max(len(number) for number, _, _ in rows)
    wider = max(len(interval) for _, interval, _ in rows)
    words = wide + wider + 6 + max(len(what) for _, _, what in rows) <= width()
    lines = [
        f"  {bold(f'{number:>{wide}}')}  {interval:<{wider}}  {what if words else ''}".rstrip()
        for number, interval, what in rows
    ]
    exact = energy.is_exact and emissions.is_exact
    lines += [] if words else wrapped("Energy at the facility's meter; emissions operational, location-based.")
    return lines if exact else [*lines, "  In brackets: 90 % intervals."]


def _breakdown(estimate: Estimate) -> list[str]:
    total = estimate.facility_energy_kwh.best
    energy, mass = small_scale(total, "kWh"), small_scale(estimate.operational_kg.best, "kg")
    rows = (
        (
            component_label(part.component),
            rounded(part.energy_kwh / energy.size),
            rounded(part.operational_kg / mass.size),
            percent(part.energy_kwh / total),
        )
        for part in estimate.breakdown
    )
    return table_lines(
        table(
            "Breakdown", ("", ascii_unit(energy), f"{ascii_unit(mass)} CO2e", "share"), rows, (1, 2, 3), (36, 10, 12, 7)
        )
    )


def _separate(estimate: Estimate) -> list[str]:
    rows = [
        ("embodied", _amount(estimate.embodied_kg, "kg CO2e"), "the run's share of making the hardware"),
        ("water", _amount(estimate.water_l, "L"), "consumed on site and by power stations"),
    ]
    wide = max(len(value) for _, value, _ in rows)
    lines = [f"  {name:<9}{value:<{wide}}  {what}" for name, value, what in rows]
    if max(map(len, lines)) > width():
        lines = [part for name, value, what in rows for part in (f"  {name:<9}{value}", f"  {'':<9}{what}")]
    return ["Not in the operational figure", *lines]


def _amount(interval: Interval, unit: str) -> str:
    shown, name = scaled(interval, unit)
    return f"{with_span(shown)} {name}"


def _drivers(estimate: Estimate) -> list[str]:
    if not estimate.drivers:
        return ["Interval: none, every input of the operational figure is exact."]
    (first, share), *others = estimate.drivers
    text = f"Interval: driven most by {input_label(first)} ({percent(share)} of the variance)"
    named = [(name, part) for name, part in others[:2] if part >= 0.01]
    more = [f"{input_label(name)} ({percent(part)})" for name, part in named]
    lines = wrapped(text + (f", then {' and '.join(more)}." if more else "."), "")
    return [*lines, *wrapped(_what_helps(estimate, [first, *(name for name, _ in named)]), "")]


def _what_helps(estimate: Estimate, drivers: list[str]) -> str:
    """Say what narrows the interval most, where a default utilization is among what drives it."""
    utilization = estimate.inputs.get("utilization")
    if utilization is None or not utilization.is_default or "utilization" not in drivers:
        return ""
    gpu = estimate.run["gpu"]
    is_nvidia = gpu is not None and estimate.catalogue.hardware.accelerator(gpu).vendor == "NVIDIA"
    meter = "nvidia-smi" if is_nvidia else "a power meter"
    measured = f"A minute of {meter} during training gives --power, which narrows it"
    if drivers[0] == GRID_INTENSITY and estimate.run["place"] is None:
        return f"A place (--location) narrows it most. {measured} too."
    return f"{measured} most." if drivers[0] == "utilization" else f"{measured}."


def _equivalents(estimate: Estimate) -> list[str]:
    telling = [item for item in estimate.equivalents if item.is_telling]
    lines = ["The operational figure is about"] if telling else []
    for item in telling:
        low, middle, high = (rounded(value) for value in item.ratio)
        lines += wrapped(f"{middle} x ({low} to {high}) {item.activity.label}", "  ", "    ")
    return lines


def _defaults(estimate: Estimate) -> list[str]:
    defaults = estimate.defaults
    if not defaults:
        return ["Defaults used: none."]
    named = ", ".join(
        " ".join(filter(None, (input_label(item.name), *input_amount(item))))
        + (" [assumed]" if item.basis == "assumed" else "")
        for item in defaults
    )
    return [f"Defaults used: {len(defaults)}", *wrapped(named, "  ", "    ")]
