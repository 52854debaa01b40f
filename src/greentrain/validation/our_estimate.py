"""Tiers T2 and T3: what our own chain makes of a record, from hardware, count, hours, place and year alone.

Nothing that was measured or published of the run goes in. What comes out is compared at the record's own boundary: the
accelerators alone, the computers before PUE, or the facility.
"""

from typing import Any, NamedTuple

from greentrain import formulas
from greentrain.catalogue import Catalogue
from greentrain.errors import InputError
from greentrain.estimation import Estimate, estimate
from greentrain.interval import Interval, with_relative_width
from greentrain.validation.hardware_names import Hardware, find_hardware
from greentrain.validation.place_names import find_place
from greentrain.validation.recompute import excludes_pue, includes_embodied
from greentrain.validation.reference import Reference

_CPU_COLUMNS = ("cpu", "cpu_cores", "memory_gb")


class Ours(NamedTuple):
    """Our estimate of a record.

    Attributes
    ----------
    estimate : Estimate or None
        None where the record cannot be resolved.
    energy_kwh : Interval or None
        At the boundary of the published energy. [kWh]
    co2e_kg : Interval or None
        In the scope of the published emissions. [kg CO2e]
    reason : str
        Why there is no estimate, or no place.
    """

    estimate: Estimate | None = None
    energy_kwh: Interval | None = None
    co2e_kg: Interval | None = None
    reason: str = ""


def estimated(reference: Reference, catalogue: Catalogue, *, with_pue: bool = False) -> Ours:
    """Estimate a record from hardware, count, hours, place and year.

    Parameters
    ----------
    reference : Reference
        The record.
    catalogue : Catalogue
        Where its names are looked up.
    with_pue : bool, optional
        Take the record's PUE where its energy includes one, as T3 does.

    Returns
    -------
    Ours
        With a reason instead of an estimate where hardware or hours cannot be resolved.
    """
    said, reason = described(reference, catalogue)
    if not said:
        return Ours(reason=reason)
    if with_pue and reference.includes_pue and reference.pue is not None:
        said["pue"] = reference.pue
    try:
        result = estimate(**said)
    except InputError as error:
        return Ours(reason=str(error))
    return Ours(result, energy_at(result, reference.energy_boundary), co2e_in_scope(result, reference), reason)


def described(reference: Reference, catalogue: Catalogue) -> tuple[dict[str, Any], str]:
    """Describe a record in the keywords of ``estimate``.

    Returns
    -------
    dict
        The keywords; empty where the record cannot be resolved.
    str
        Why it cannot, or why it has no place.
    """
    hardware = find_hardware(reference.accelerator, catalogue, reference.accelerator_count)
    if hardware.reason:
        return {}, hardware.reason
    said = _cpu_run(reference) if hardware.is_cpu else _accelerator_run(reference, hardware)
    if "hours" not in said and "gpu_hours" not in said:
        return {}, "the hours are not stated"
    if hardware.is_cpu and "cpu_cores" not in said:
        return {}, "a run on CPUs whose cores are not stated; a column cpu_cores is read"
    place = find_place(reference.location, catalogue)
    said |= {"location": place.code or None, "year": reference.year}
    return said, place.reason


def energy_at(result: Estimate, boundary: str) -> Interval | None:
    """Return an estimate's energy at a boundary. [kWh]"""
    by_boundary = {
        "accelerator": result.accelerator_energy_kwh,
        "node": result.it_energy_kwh,
        "facility": result.facility_energy_kwh,
    }
    return by_boundary.get(boundary)


def co2e_boundary(reference: Reference) -> str:
    """Return the boundary of the published emissions: the facility, unless they are said to be before PUE."""
    if not excludes_pue(reference):
        return "facility"
    return reference.energy_boundary or ("accelerator" if "gpu only" in reference.co2e_scope.lower() else "node")


def co2e_in_scope(result: Estimate, reference: Reference) -> Interval:
    """Return an estimate's emissions in the scope of a record. [kg CO2e]"""
    if includes_embodied(reference):
        return result.total_kg
    boundary = co2e_boundary(reference)
    if boundary == "facility":
        return result.operational_kg
    energy = energy_at(result, boundary)
    assert energy is not None, boundary
    grid = result.grid.g_per_kwh
    return with_relative_width(formulas.operational_kg(energy.best, grid.best), energy, grid)


def _cpu_run(reference: Reference) -> dict[str, Any]:
    said: dict[str, Any] = {name: reference.extra[name] for name in _CPU_COLUMNS if reference.extra.get(name)}
    return said if reference.wall_hours is None else {**said, "hours": reference.wall_hours}


def _accelerator_run(reference: Reference, hardware: Hardware) -> dict[str, Any]:
    """Count devices, not the cores, nodes or slices that the record may count."""
    each, count = hardware.devices_per_count, reference.accelerator_count
    said: dict[str, Any] = {"gpu": hardware.name}
    devices = each * (count or 1)
    if (count or each > 1) and devices == int(devices):
        said["count"] = int(devices)
    if reference.accelerator_hours is not None:
        said["gpu_hours"] = reference.accelerator_hours * (each if count or each < 1 else 1)
    elif reference.wall_hours is not None and "count" in said:
        said["hours"] = reference.wall_hours
    elif reference.hours is not None:
        said["gpu_hours"] = reference.hours * each
    return said
