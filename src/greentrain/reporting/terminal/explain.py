"""The reasons behind an estimate: every input with its basis and source, and the formulas in numbers."""

from greentrain.estimation import Estimate
from greentrain.estimation.labels import input_amount, input_label
from greentrain.inputs import Inputs
from greentrain.numbers import as_given, best, plain, rounded
from greentrain.reporting.document.citations import sources_group
from greentrain.reporting.document.render_text import joined, wrapped

_HANGING = " " * 6


def explain_text(estimate: Estimate) -> str:
    """Write every input with value, unit, basis and source, the formulas in numbers, and the sources in full."""
    return joined((_inputs(estimate), _formulas(estimate), sources_group(estimate.sources)))


def _inputs(estimate: Estimate) -> list[str]:
    lines = ["Inputs"]
    for item in estimate.inputs:
        value = " ".join(filter(None, input_amount(item)))
        known = f"{item.basis} [{'; '.join(item.source_ids)}]"
        lines += wrapped(f"{input_label(item.name)}: {value}, {known}", "  ", _HANGING)
        lines += wrapped(item.note, _HANGING)
    return lines


def _formulas(estimate: Estimate) -> list[str]:
    inputs = estimate.inputs
    count, hours = as_given(estimate.count), as_given(estimate.run["hours"] * estimate.run["runs"])
    it_kwh, facility = estimate.it_energy_kwh, estimate.facility_energy_kwh
    pue, g_per_kwh = _value(inputs, "pue"), estimate.grid.g_per_kwh.best
    device_kg, node_share_kg = _value(inputs, "device_embodied"), _value(inputs, "node_share_embodied")
    making = f"({rounded(device_kg)} + {rounded(node_share_kg)}) kg x {hours} h"
    life = f"({plain(_value(inputs, 'lifetime'))} h x {_value(inputs, 'share_of_life_in_use'):g})"
    water = f"({_value(inputs, 'wue'):g} + {pue:g} x {_value(inputs, 'water_intensity'):g}) L/kWh"
    formulas = (
        *_derived_hours(estimate),
        _it_energy(estimate, count, hours),
        f"facility energy = {best(it_kwh)} kWh x PUE {pue:g} = {best(facility)} kWh",
        f"operational = {best(facility)} kWh x {g_per_kwh:g} g/kWh / 1000 = {best(estimate.operational_kg)} kg CO2e",
        f"embodied = {_times(estimate, count)}{making} / {life} = {best(estimate.embodied_kg)} kg CO2e",
        f"water = {best(it_kwh)} kWh x {water} = {best(estimate.water_l)} L",
    )
    return ["Formula, best values", *(line for formula in formulas for line in wrapped(formula, "  ", _HANGING))]


def _value(inputs: Inputs, name: str) -> float:
    """Return the best value of an input that the estimate has, in the input's unit."""
    return inputs[name].value.best


def _derived_hours(estimate: Estimate) -> list[str]:
    """Write how the accelerator-hours of one run follow from its operations, where they do."""
    inputs = estimate.inputs
    if "mfu" not in inputs:
        return []
    work = f"{_value(inputs, 'flops'):g} FLOP" if "flops" in inputs else ""
    if "params" in inputs:
        params = _value(inputs, "active_params" if "active_params" in inputs else "params")
        factor = 3 if estimate.run.get("architecture") == "encoder-decoder" else 6
        work = f"{factor} x {params:g} parameters x {_value(inputs, 'tokens'):g} tokens"
    per_hour = f"({_value(inputs, 'peak'):g} x 1e12 FLOP/s x MFU {_value(inputs, 'mfu'):g} x 3600 s/h)"
    return [f"accelerator-hours = {work} / {per_hour} = {rounded(_value(inputs, 'gpu_hours'))} h"]


def _times(estimate: Estimate, count: str) -> str:
    return f"{count} x " if estimate.run["gpu"] else "part of a server x "


def _it_energy(estimate: Estimate, count: str, hours: str) -> str:
    inputs, result = estimate.inputs, f"{best(estimate.it_energy_kwh)} kWh"
    devices = f"{count}{_part_of_device(estimate)}"
    watts = f"{_value(inputs, 'accelerator_power'):g} W" if "accelerator_power" in inputs else ""
    if "node_ratio" in inputs:
        watts = f"{_value(inputs, 'tdp'):g} W x node {_value(inputs, 'node_ratio'):g}"
        return f"IT energy = {devices} x {hours} h x {watts} / 1000 = {result}"
    if "tdp" in inputs:
        watts = f"{_value(inputs, 'tdp'):g} W x {_value(inputs, 'utilization'):g}"
    if "host_factor" in inputs:
        host = f"host {_value(inputs, 'host_factor'):g}"
        return f"IT energy = {devices} x {hours} h x {watts} x {host} / 1000 = {result}"
    if "host_power" in inputs:
        watts = f"({watts} + host {_value(inputs, 'host_power'):g} W)"
    if "cpu_cores" not in inputs:
        return f"IT energy = {devices} x {hours} h x {watts} / 1000 = {result}"
    parts = _host_parts(inputs)
    if "board_power" in inputs:
        parts = [f"{devices} x {watts}", *parts, f"{_value(inputs, 'board_power'):g} W per board"]
    return f"IT energy = ({' + '.join(parts)}) x {hours} h / 1000 = {result}"


def _host_parts(inputs: Inputs) -> list[str]:
    """Write the power of a host that is the sum of its parts."""
    idle = _value(inputs, "cpu_idle_fraction")
    load = f"({idle:g} + {1 - idle:g} x {_value(inputs, 'cpu_load'):g})"
    cores = f"{_value(inputs, 'cpu_cores'):g} cores x {_value(inputs, 'cpu_tdp_per_core'):.4g} W x {load}"
    return [cores, f"{_value(inputs, 'memory_gb'):g} GB x {_value(inputs, 'memory_power_per_gb'):g} W/GB"]


def _part_of_device(estimate: Estimate) -> str:
    fraction = estimate.run.get("fraction", 1)
    return "" if fraction == 1 else f" x {fraction:.3g}"
