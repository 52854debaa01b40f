"""The run beside others: elsewhere, on other hardware, by published methods, and as the reader would have it."""

from collections.abc import Iterable, Mapping, Sequence
from math import log
from typing import Any, NamedTuple

from greentrain.errors import InputError
from greentrain.estimation import Estimate, estimate
from greentrain.estimation.labels import device_label
from greentrain.html_table import IntervalBar, interval_bar
from greentrain.interval import Interval, exact
from greentrain.numbers import rounded, written
from greentrain.planning import paired_ratio
from greentrain.planning.paired import factors_of_change
from greentrain.reporting.charts.reference_data import other_places
from greentrain.validation.comparison import compare_methods

HARDWARE = ("V100", "A100", "H100", "H200", "B200", "L40S", "RTX 4090", "MI300X", "TPU v4", "TPU v5p")
"""Accelerators of several makers and years that people have."""

_OF_DEVICE = ("power", "utilization", "host_power", "host_factor", "instance", "cpu", "cpu_cores", "memory_gb")
_WORK = ("hours", "gpu_hours", "params", "tokens", "active_params", "flops", "architecture", "mfu", "runs", "seeds",
         "failed_share", "count")  # fmt: skip
_TRIAL_FLOPS = 1e20
_DIRECT = "direct emissions only"
_CHANGES = {"hours": "time of the devices", "hardware": "power of the hardware", "pue": "PUE", "grid": "grid"}


class RankedRow(NamedTuple):
    """One alternative: what it is, its emissions, their ratio to the run's own, and where it lies on the axis."""

    label: str
    kg: Interval
    ratio: Interval
    is_own: bool
    differs: bool
    bar: IntervalBar
    note: str = ""


def _rows(
    own: tuple[str, Estimate], others: Iterable[tuple[str, Estimate, str]], shown: Estimate | None = None
) -> list[RankedRow]:
    """Rank alternatives and the run itself by emissions, all of them times what the run is shown with."""
    label, result = own
    kg = (shown or result).operational_kg
    factor = kg.best / result.operational_kg.best if result.operational_kg.best else 1.0
    found = [(label, kg, exact(1.0), True, "")]
    found += [
        (name, other.operational_kg.scaled(factor), paired_ratio(other, result), False, note)
        for name, other, note in others
    ]
    most = max(kg.high for _, kg, *_ in found)
    rows = [
        RankedRow(
            name, kg, ratio, is_own, not is_own and (ratio.low > 1 or ratio.high < 1), interval_bar(kg, most), note
        )
        for name, kg, ratio, is_own, note in found
    ]
    return sorted(rows, key=lambda row: row.kg.best)


def elsewhere(result: Estimate, said: Mapping[str, Any], profiles: str | None) -> list[RankedRow]:
    """Put the run elsewhere: in regions of the same provider, or in countries of all continents.

    Parameters
    ----------
    result : Estimate
        The run as it is.
    said : mapping
        The keywords that it was described with.
    profiles : str or None
        Folder of own profiles.
    """
    if "grid_intensity" in said:
        return []
    places = other_places(result.catalogue, result.run["location"])
    others = []
    for code, name in places:
        if code != result.run["location"]:
            other = estimate(**{**said, "location": code}, profiles=profiles)
            others.append((name, other, _DIRECT if _is_direct(other) else ""))
    code, words = result.run["location"], result.run["place"]
    own = dict(places).get(code) if words in (code, None) else words
    return _rows((own or words or "as it is, no place named", result), others)


def _is_direct(result: Estimate) -> bool:
    """Whether only what the power stations of a place emit themselves is known; its interval spans the life cycle."""
    return any(item.name == "grid_intensity" and item.accounting == "direct" for item in result.inputs)


def on_other_hardware(result: Estimate, said: Mapping[str, Any], profiles: str | None) -> list[RankedRow]:
    """Let other accelerators do the same operations; nothing where it is not known how many these are.

    Each does them at the usual share of its own dense peak, and the hours follow; the run itself is taken so too. What
    that changes of the run's own figure, such as its load when only hours were given, is taken out of the others' too.
    """
    flops = _flops(result, said, profiles)
    if flops is None:
        return []
    kept = {name: value for name, value in said.items() if name not in (*_OF_DEVICE, *_WORK, "gpu")}
    found: list[tuple[str, Estimate, str]] = []
    for name in HARDWARE:
        other = _tried({**kept, "gpu": name, "flops": flops}, profiles)
        if other is not None and other.run["gpu"] != result.run["gpu"]:
            found.append((device_label(other), other, f"{rounded(other.run['gpu_hours'])} accelerator-hours"))
    own = _tried({**kept, "gpu": result.run["gpu"], "flops": flops}, profiles)
    if own is None or not found:
        return []
    rows = _rows((device_label(result), own), found, result)
    note = f"{rounded(own.run['gpu_hours'])} accelerator-hours"
    return [row._replace(note=note) if row.is_own else row for row in rows]


def _flops(result: Estimate, said: Mapping[str, Any], profiles: str | None) -> float | None:
    """Return the operations of all runs: as described, or what the time is usually good for. [FLOP]"""
    run = result.run
    if run["gpu"] is None:
        return None
    if run.get("flops") is not None:
        return float(run["flops"] * run["runs"])
    trial: dict[str, Any] = {"gpu": run["gpu"], "flops": _TRIAL_FLOPS}
    if "precision" in said:
        trial["precision"] = said["precision"]
    found = _tried(trial, profiles)
    return None if found is None else _TRIAL_FLOPS * run["gpu_hours"] * run["runs"] / found.run["gpu_hours"]


def _tried(values: Mapping[str, Any], profiles: str | None) -> Estimate | None:
    """Return an estimate; None where a device has no peak, or not in that precision."""
    try:
        return estimate(**values, profiles=profiles)
    except InputError:
        return None


class MethodRow(NamedTuple):
    """What a published method makes of the run."""

    label: str
    kg: float
    ratio: float
    is_own: bool
    at: str


def by_methods(result: Estimate) -> list[MethodRow]:
    """List the published methods, each in its usual setting, on an axis on which each step multiplies."""
    compared = compare_methods(result)
    first = {item.result.name: item for item in reversed(compared.methods)}
    found = [(item.result.title, item.result.kg, item.ratio) for item in first.values() if item.result.kg > 0]
    ours = ("this estimate", compared.ours.kg, 1.0)
    ratios = [ratio for _, _, ratio in (*found, ours)]
    low, high = log(min(ratios)), log(max(ratios))
    return [
        MethodRow(title, kg, ratio, title is ours[0], f"{2 + 96 * (log(ratio) - low) / ((high - low) or 1):.2f}%")
        for title, kg, ratio in sorted((*found, ours), key=lambda each: each[1])
    ]


class WhatIfChange(NamedTuple):
    """The alternative of the reader's, over the run."""

    ratio: Interval
    sentence: str
    factors: tuple[tuple[str, str], ...]


def change(result: Estimate, other: Estimate) -> WhatIfChange:
    """Say what an alternative changes: by how much, whether that is clear, and by which factors."""
    ratio = paired_ratio(other, result)
    factors = factors_of_change(other, result)
    named = tuple(
        (_CHANGES[name], f"\N{MULTIPLICATION SIGN} {rounded(value)}")
        for name, value in factors.items()
        if abs(value - 1) > 5e-4
    )
    saved = result.operational_kg.best - other.operational_kg.best
    amount = f"{written(abs(saved), 'kg')} CO2e {'less' if saved > 0 else 'more'}"
    if not saved:
        return WhatIfChange(ratio, "Nothing changes.", named)
    is_clear = ratio.low > 1 or ratio.high < 1
    words = "a clear difference" if is_clear else "no clear difference: the interval of the ratio reaches over 1"
    return WhatIfChange(ratio, f"{amount}; {words}. What both share cancels.", named)


def longest(rows: Sequence[MethodRow]) -> float:
    """Return by how much the methods differ, largest over smallest. [1]"""
    return rows[-1].kg / rows[0].kg if rows else 1.0
