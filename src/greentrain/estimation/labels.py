"""The labels of a run, a component and an input."""

from __future__ import annotations

from greentrain.catalogue.hardware import device_name
from greentrain.catalogue.records import WORLD
from greentrain.interval import Interval
from greentrain.light_typing import TYPE_CHECKING
from greentrain.numbers import as_given, given_amount, in_small_unit, rounded, scaled, with_span

if TYPE_CHECKING:
    from typing import Any

    from greentrain.inputs import Input

_MOST_PARTS = 64
"""Into which a device is cut at most. [1]"""
_DIGITS = 5
"""Significant digits of a time in a title, which echoes what was stated and not what was computed."""
_COMPONENTS = {
    "accelerators": "accelerators",
    "host": "host (CPU, memory, fans, losses)",
    "facility": "facility (cooling, power supply)",
}
_INPUTS = {
    "accelerator_power": "mean accelerator power",
    "active_params": "parameters in use per token",
    "cpu_idle_fraction": "idle share of CPU power",
    "cpu_tdp_per_core": "CPU TDP per core",
    "device_embodied": "embodied emissions of a device",
    "flops": "operations",
    "gpu_hours": "accelerator-hours",
    "it_energy": "IT energy",
    "lifetime": "lifetime of the hardware",
    "memory_gb": "memory",
    "memory_power_per_gb": "power of memory",
    "metered_energy": "recorded energy",
    "mfu": "model FLOPs utilization (MFU)",
    "node_share_embodied": "embodied emissions of the node, per device",
    "params": "parameters",
    "peak": "dense peak",
    "pue": "PUE",
    "tdp": "TDP",
    "unmetered_share": "share that no sensor reads",
    "water_intensity": "water per kWh of electricity",
    "wue": "WUE",
}


def component_label(component: str) -> str:
    """Name a component of the breakdown."""
    return _COMPONENTS[component]


def input_label(name: str) -> str:
    """Name an input."""
    return _INPUTS.get(name, name.replace("_", " ").replace("cpu", "CPU"))


def input_amount(item: Input) -> tuple[str, str]:
    """Write the value of an input, as it was given or with its interval, and its unit; small amounts have a prefix.

    Returns
    -------
    tuple of str
        The value, and the unit it is in, which is empty for a ratio.
    """
    shown, unit = scaled(item.value, "" if item.unit == "1" else item.unit)
    return as_given(shown.best) if shown.is_exact else with_span(shown), unit


def run_label(estimate: Any) -> str:
    """Write in one line what was estimated."""
    run = estimate.run
    hardware = hardware_label(estimate)
    known = estimate.inputs.get("hours")
    hours = known or estimate.inputs["gpu_hours"]
    parts = [hardware, _time_text(hours.value, "h" if known else "accelerator-hours")]
    if run["runs"] > 1:
        parts.append(f"{run['runs']:,} runs")
    return ", ".join([*parts, _place_text(estimate)])


def _time_text(hours: Interval, unit: str) -> str:
    if not hours.is_exact:
        return f"about {in_small_unit(hours.best, unit) or f'{rounded(hours.best)} {unit}'}"
    shown = float(f"{hours.best:.{_DIGITS}g}")
    return given_amount(shown, unit)


def hardware_label(estimate: Any) -> str:
    """Name the hardware of an estimate."""
    run = estimate.run
    cpu = _cpu_text(run)
    if run["gpu"] is None:
        return cpu
    name = device_label(estimate)
    only_total_known = run["count"] == 1 and "gpu_hours" in estimate.inputs
    name = f"{_part_text(run['fraction'])} of {name}" if "fraction" in run else name
    gpu = name if only_total_known else f"{run['count']:,} x {name}"
    return f"{gpu} + {cpu}" if cpu else gpu


def _part_text(fraction: float) -> str:
    """Write the part of a device that a slice is: 3/7."""
    from fractions import Fraction  # no whole device loads it

    return str(Fraction(fraction).limit_denominator(_MOST_PARTS))


def device_label(estimate: Any) -> str:
    """Name the accelerator of an estimate that has one, by what the user said of it."""
    return device_name(estimate.catalogue.hardware.accelerator(estimate.run["gpu"]), estimate.run["gpu_family"])


def _cpu_text(run: dict[str, Any]) -> str:
    if "cpu_cores" not in run:
        return ""
    cores = f"{run['cpu_cores']:g} cores"
    return f"{cores} of {run['cpu']}" if "cpu" in run else cores


def _place_text(estimate: Any) -> str:
    """Name the place and a year: that of the grid where nobody stated one, else the run's; notes state both."""
    run = estimate.run
    is_stated = run["year_basis"] == "given"
    if run["location"] == WORLD and run["place"]:
        return f"world mean grid {run['grid_year']}"
    if run["location"] in (None, WORLD):
        what = "place unknown" if run["location"] else "grid as given"
        return f"{what}, {run['year']}" if is_stated else what
    if is_stated:
        return f"{run['location']}{' ' if run['year'] == run['grid_year'] else ', '}{run['year']}"
    return f"{run['location']}, grid of {run['grid_year']}" if run["grid_year"] else f"{run['location']}"
