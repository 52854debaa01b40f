"""The reasons behind an estimate: every input with its basis and source, and the formula with the numbers put in."""

import textwrap

from greentrain.estimation import Estimate
from greentrain.numbers import as_given, best, plain, rounded, with_span
from greentrain.reporting.text import WIDTH
from greentrain.reporting.words import input_words


def explain_text(estimate: Estimate) -> str:
    """Write every input with value, unit, basis and source, the formulas in numbers, and the sources in full."""
    blocks = [_inputs(estimate), _formulas(estimate), _sources(estimate)]
    return "\n\n".join("\n".join(block) for block in blocks) + "\n"


def _inputs(estimate: Estimate) -> list[str]:
    lines = ["Inputs"]
    for item in estimate.inputs:
        unit = "" if item.unit == "1" else f" {item.unit}"
        value = as_given(item.value.best) if item.value.is_exact else with_span(item.value)
        lines.append(f"  {input_words(item.name)}: {value}{unit}, {item.basis} [{'; '.join(item.source_ids)}]")
        lines += textwrap.wrap(item.note, WIDTH, initial_indent="      ", subsequent_indent="      ")
    return [part for line in lines for part in _fitted(line)]


def _fitted(line: str) -> list[str]:
    return textwrap.wrap(line, WIDTH, subsequent_indent="      ", break_on_hyphens=False, break_long_words=False)


def _formulas(estimate: Estimate) -> list[str]:
    value = {item.name: item.value.best for item in estimate.inputs}
    count, hours = as_given(estimate.run["count"]), as_given(estimate.run["hours"] * estimate.run["runs"])
    it_kwh, facility = estimate.it_energy_kwh, estimate.facility_energy_kwh
    lines = ["Formula, best values", *_derived_hours(value), *_it_energy(estimate, value, count, hours)]
    lines.append(f"  facility energy = {best(it_kwh)} kWh x PUE {value['pue']:g} = {best(facility)} kWh")
    lines.append(
        f"  operational = {best(facility)} kWh x {value['grid_intensity']:g} g/kWh / 1000"
        f" = {best(estimate.operational_kg)} kg CO2e"
    )
    making = f"({rounded(value['device_embodied'])} + {rounded(value['node_share_embodied'])}) kg x {hours} h"
    life = f"({plain(value['lifetime'])} h x {value['share_of_life_in_use']:g})"
    lines.append(f"  embodied = {_times(estimate, count)}{making} / {life} = {best(estimate.embodied_kg)} kg CO2e")
    water = f"({value['wue']:g} + {value['pue']:g} x {value['water_intensity']:g}) L/kWh"
    lines.append(f"  water = {best(it_kwh)} kWh x {water} = {best(estimate.water_l)} L")
    return [part for line in lines for part in _fitted(line)]


def _derived_hours(value: dict[str, float]) -> list[str]:
    """Write how the accelerator-hours of one run follow from its operations, where they do."""
    if "mfu" not in value:
        return []
    work = f"{value['flops']:g} FLOP" if "flops" in value else ""
    if "params" in value:
        work = f"6 x {value.get('active_params', value['params']):g} parameters x {value['tokens']:g} tokens"
    per_hour = f"({value['peak']:g} x 1e12 FLOP/s x MFU {value['mfu']:g} x 3600 s/h)"
    return [f"  accelerator-hours = {work} / {per_hour} = {rounded(value['gpu_hours'])} h"]


def _times(estimate: Estimate, count: str) -> str:
    return f"{count} x " if estimate.run["gpu"] else "part of a server x "


def _it_energy(estimate: Estimate, value: dict[str, float], count: str, hours: str) -> list[str]:
    watts = f"{value['accelerator_power']:g} W" if "accelerator_power" in value else ""
    if "tdp" in value:
        watts = f"{value['tdp']:g} W x {value['utilization']:g}"
    part = _part_of_device(estimate)
    result = f"{best(estimate.it_energy_kwh)} kWh"
    if "host_factor" in value:
        return [f"  IT energy = {count}{part} x {hours} h x {watts} x host {value['host_factor']:g} / 1000 = {result}"]
    load = f"({value['cpu_idle_fraction']:g} + {1 - value['cpu_idle_fraction']:g} x {value['cpu_load']:g})"
    parts = [f"{value['cpu_cores']:g} cores x {value['cpu_tdp_per_core']:.4g} W x {load}"]
    parts.append(f"{value['memory_gb']:g} GB x {value['memory_power_per_gb']:g} W/GB")
    if "board_power" in value:
        parts = [f"{count}{part} x {watts}", *parts, f"{value['board_power']:g} W per board"]
    return [f"  IT energy = ({' + '.join(parts)}) x {hours} h / 1000 = {result}"]


def _part_of_device(estimate: Estimate) -> str:
    instance = estimate.run["instance"]
    if instance is None:
        return ""
    fraction = estimate.catalogue.hardware.find_instance(instance).fraction_of_device
    return "" if fraction == 1 else f" x {fraction:.3g}"


def _sources(estimate: Estimate) -> list[str]:
    lines = ["Sources"]
    for key, source in estimate.sources.items():
        parts = [source["title"], str(source["year"] or ""), source["url"], source["licence"]]
        lines += _fitted(f"  [{key}] {', '.join(part for part in parts if part)}")
    return lines
