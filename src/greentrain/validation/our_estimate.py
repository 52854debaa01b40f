"""Tiers T2 and T3: what our own chain makes of a record, from hardware, count, hours, place, year and kind alone.

Nothing that was measured or published of the run goes in, unless energy and emissions are all that is known of it: then
the published energy meets the grid of its place. What comes out is compared at the record's own boundary: the
accelerators alone, the computers before PUE, or the facility. The difference is explained factor by factor, such that
the product of the ratios is the whole.
"""

from collections.abc import Sequence
from math import prod
from typing import Any, NamedTuple

from greentrain import formulas
from greentrain.catalogue import Catalogue
from greentrain.catalogue.names import fold
from greentrain.errors import InputError
from greentrain.estimation import Estimate, estimate
from greentrain.estimation.grid import choose_grid, grid_input
from greentrain.factors import Decomposition, decomposed
from greentrain.interval import Interval, with_relative_width
from greentrain.record import Record
from greentrain.units import W_PER_KW
from greentrain.validation.names import RecordHardware, find_hardware, find_place
from greentrain.validation.recompute import covers_whole_energy, excludes_pue, includes_embodied
from greentrain.validation.reference import Reference

_CPU_COLUMNS = ("cpu", "cpu_cores", "memory_gb")
LOG_WITH_MODEL = "log-with-model"
_WORKLOADS = {
    "pretrain": "pretraining",
    "finetun": "finetuning",
    "inference": "inference-like",
    "small": "small",
}
"""Beginning of a record's kind, and the workload that it is."""
_WITH_HOST = ("system", "incl. host", "per-machine", "proxy gpu", "cpu/ram")


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
    is_placed : bool
        Whether the place is known; without it the emissions are those of a data centre somewhere.
    """

    estimate: Estimate | None = None
    energy_kwh: Interval | None = None
    co2e_kg: Interval | None = None
    reason: str = ""
    is_placed: bool = True


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
        With a reason instead of an estimate where hardware or hours cannot be resolved. Where energy, emissions and
        place are published nevertheless, only the emissions of that energy.
    """
    keywords, reason = described(reference, catalogue)
    if not keywords:
        co2e_kg = co2e_of_energy(reference, catalogue)
        return Ours(reason=reason) if co2e_kg is None else Ours(co2e_kg=co2e_kg)
    if with_pue and reference.includes_pue and reference.pue is not None:
        keywords["pue"] = reference.pue
    try:
        result = estimate(**keywords)
    except InputError as error:
        return Ours(reason=str(error))
    energy_kwh, co2e_kg = energy_at(result, reference.energy_boundary), co2e_in_scope(result, reference)
    return Ours(result, energy_kwh, co2e_kg, reason, is_placed=keywords["location"] is not None)


def metered_part(reference: Reference) -> Reference:
    """Return a record as its meter saw it: of a log with a modelled host, the accelerators alone, without emissions."""
    metered = reference._replace(published_co2e_kg=None)
    if reference.meter != LOG_WITH_MODEL:
        return metered
    return metered._replace(published_energy_kwh=reference.device_energy_kwh, energy_boundary="accelerator")


def workload_of(reference: Reference) -> str | None:
    """Return the workload that a record's kind, or else the size of its model, means; None for any other training."""
    kind = fold(reference.kind)
    named = next((workload for start, workload in _WORKLOADS.items() if kind.startswith(start)), None)
    is_sized = bool(reference.flops or (reference.params and reference.tokens))
    return named or ("pretraining" if is_sized and kind in ("", "training") else None)


def place_g_per_kwh(reference: Reference, catalogue: Catalogue) -> Interval | None:
    """Carbon intensity of the record's place and year in our tables, None where the place is not known. [g/kWh]"""
    code = find_place(reference.location, catalogue).code
    if not code:
        return None
    choice = choose_grid(catalogue, catalogue.places.find(code), reference.year)
    return grid_input(choice, catalogue, None).value


def co2e_of_energy(reference: Reference, catalogue: Catalogue) -> Interval | None:
    """Emissions of a record's published energy on the grid of its place; None where one is missing. [kg CO2e]"""
    kwh, grid = reference.published_energy_kwh, place_g_per_kwh(reference, catalogue)
    if kwh is None or reference.published_co2e_kg is None or grid is None:
        return None
    if reference.pue is not None and not reference.includes_pue and not excludes_pue(reference):
        kwh = formulas.facility_energy_kwh(kwh, reference.pue)
    return with_relative_width(formulas.operational_kg(kwh, grid.best), grid)


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
    keywords = _cpu_run(reference) if hardware.is_cpu else _accelerator_run(reference, hardware)
    if "hours" not in keywords and "gpu_hours" not in keywords:
        return {}, "the hours are not stated"
    if hardware.is_cpu and "cpu_cores" not in keywords:
        return {}, "a run on CPUs whose cores are not stated; a column cpu_cores is read"
    workload = workload_of(reference)
    if workload and not hardware.is_cpu:
        keywords["workload"] = workload
    place = find_place(reference.location, catalogue)
    keywords |= {"location": reference.location if place.code else None, "year": reference.year}
    return keywords, place.reason


def energy_at(result: Estimate, boundary: str) -> Interval | None:
    """Return an estimate's energy at a boundary. [kWh]"""
    by_boundary = {
        "accelerator": result.accelerator_energy_kwh,
        "node": result.it_energy_kwh,
        "facility": result.facility_energy_kwh,
    }
    return by_boundary.get(boundary)


def co2e_boundary(reference: Reference) -> str:
    """Return the boundary of the published emissions: the facility, unless they are stated before PUE."""
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
    keywords: dict[str, Any] = {name: reference.extra[name] for name in _CPU_COLUMNS if reference.extra.get(name)}
    return keywords if reference.wall_hours is None else {**keywords, "hours": reference.wall_hours}


def _accelerator_run(reference: Reference, hardware: RecordHardware) -> dict[str, Any]:
    """Count devices, not the cores, nodes or slices that the record may count."""
    each, count = hardware.devices_per_count, reference.accelerator_count
    keywords: dict[str, Any] = {"gpu": hardware.name}
    devices = each * (count or 1)
    if (count or each > 1) and devices == int(devices):
        keywords["count"] = int(devices)
    if reference.accelerator_hours is not None:
        keywords["gpu_hours"] = reference.accelerator_hours * (each if count or each < 1 else 1)
    elif reference.wall_hours is not None and "count" in keywords:
        keywords["hours"] = reference.wall_hours
    elif reference.hours is not None:
        keywords["gpu_hours"] = reference.hours * each
    return keywords


class FactorRatio(Record):
    """One factor of our figure over that of a published one.

    Attributes
    ----------
    name : str
        The factor, or several in one: a published power may hold the host's. For the last one, what is left.
    unit : str
        Unit of both values; ``1`` for a plain ratio.
    published, ours : float or None
        Both values, in ``unit``; None where the source does not state its own.
    ratio : float
        Ours over published; for what is not stated, what is left of the whole. [1]
    """

    name: str
    unit: str
    published: float | None
    ours: float | None
    ratio: float


class RatioToPublished(Record):
    """Our figure over a published one, as a product.

    Attributes
    ----------
    quantity : {'CO2e', 'energy'}
        What is compared: the emissions where they are published, else the energy.
    unit : {'kg', 'kWh'}
        Its unit.
    published, ours : float
        In ``unit``, at the record's own boundary.
    factors : tuple of FactorRatio
        Their ratios multiply to ``ours / published``.
    """

    quantity: str
    unit: str
    published: float
    ours: float
    factors: tuple[FactorRatio, ...]

    @property
    def ratio(self) -> float:
        """Ours over published. [1]"""
        return self.ours / self.published

    def to_dict(self) -> dict[str, Any]:
        """Return the machine-readable form."""
        return {**self._asdict(), "ratio": self.ratio, "factors": [factor._asdict() for factor in self.factors]}


def decompose(reference: Reference, ours: Ours) -> RatioToPublished | None:
    """Split the ratio of our figure to the published one into hours, power, host, PUE and grid.

    Parameters
    ----------
    reference : Reference
        The record.
    ours : Ours
        Our estimate of it.

    Returns
    -------
    RatioToPublished or None
        None where one of the two figures is missing, or the published one is zero.
    """
    estimate = ours.estimate
    if estimate is None:
        return None
    if reference.published_co2e_kg and ours.co2e_kg:
        quantity, unit, boundary = "CO2e", "kg", co2e_boundary(reference)
        published, figure = reference.published_co2e_kg, ours.co2e_kg.best
    elif reference.published_energy_kwh and ours.energy_kwh:
        quantity, unit, boundary = "energy", "kWh", reference.energy_boundary
        published, figure = reference.published_energy_kwh, ours.energy_kwh.best
    else:
        return None
    device_hours = estimate.run["gpu_hours"] or estimate.run["hours"]
    factors = decomposed(estimate.footprint, estimate.accelerators_kwh, device_hours)
    known = _published_and_ours(reference, factors, boundary, with_grid=quantity == "CO2e")
    return RatioToPublished(quantity, unit, published, figure, _ratios(known, figure / published))


def _ratios(known: Sequence[tuple[str, str, float | None, float]], whole: float) -> tuple[FactorRatio, ...]:
    """Return the ratio of each factor that the source states, and last what is left of the whole."""
    stated = [FactorRatio(name, unit, theirs, ours, ours / theirs) for name, unit, theirs, ours in known if theirs]
    unstated = [name for name, _, theirs, _ in known if not theirs]
    rest = f"not stated: {', '.join(unstated)}" if unstated else "rounding of the figures"
    left = whole / prod(factor.ratio for factor in stated)
    return (*stated, FactorRatio(rest, "1", None, None, left))


def published_power_w(reference: Reference) -> float | None:
    """Mean power per accelerator: as stated, else what the published energy implies before PUE. [W]"""
    if reference.power_w_per_accelerator is not None and covers_whole_energy(reference):
        return reference.power_w_per_accelerator
    energy, hours = reference.published_energy_kwh, reference.hours
    if not energy or not hours or (reference.includes_pue and reference.pue is None):
        return None
    return energy * W_PER_KW / hours / (reference.pue or 1 if reference.includes_pue else 1)


def power_holds_host(reference: Reference) -> bool:
    """Whether the power behind a record is of the whole computer rather than of the accelerators alone."""
    basis = reference.power_basis.lower()
    if reference.power_w_per_accelerator is not None and covers_whole_energy(reference):
        return any(phrase in basis for phrase in _WITH_HOST)
    return reference.energy_boundary != "accelerator" and "gpu only" not in reference.co2e_scope.lower()


def _published_and_ours(
    reference: Reference, ours: Decomposition, boundary: str, *, with_grid: bool
) -> list[tuple[str, str, float | None, float]]:
    """Return name, unit, published and our value of each factor that the figure at this boundary has."""
    hours = reference.hours or reference.wall_hours
    known: list[tuple[str, str, float | None, float]] = [("hours", "h", hours, ours.device_hours)]
    published_w = published_power_w(reference)
    if boundary == "accelerator":
        known.append(("power", "W", published_w, ours.power_w))
    elif published_w is None or power_holds_host(reference):
        known.append(("power x host", "W", published_w, ours.node_w))
    else:
        known += [("power", "W", published_w, ours.power_w), ("host", "1", 1.0, ours.host_factor)]
    if boundary == "facility":
        known.append(("PUE", "1", 1.0 if excludes_pue(reference) else reference.pue, ours.pue))
    if with_grid:
        known.append(("grid", "g/kWh", reference.grid_g_per_kwh, ours.g_per_kwh))
    return known
