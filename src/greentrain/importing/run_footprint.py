"""The footprint of a foreign run: of its own energy where that can be believed, else of its hardware and time."""

from collections.abc import Mapping
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

from greentrain import formulas
from greentrain.catalogue import Catalogue, Cpu
from greentrain.errors import GreentrainError
from greentrain.estimation import estimate, site_factors
from greentrain.footprint import Footprint, footprint
from greentrain.importing.energy_quality import basis_of
from greentrain.importing.foreign_run import ForeignRun
from greentrain.importing.gate import KnownDevice, mean_w
from greentrain.importing.limits import limit
from greentrain.inputs import METERED_ENERGY, UNMETERED_SHARE, Input
from greentrain.interval import Interval, exact, with_relative_width
from greentrain.summation import total_of
from greentrain.units import SECONDS_PER_HOUR

IMPORTED = "import"
"""Source id of what a foreign file states."""

_SECONDS_A_DAY = 86_400
_UNNAMED = "chip"
"""Class whose host share spans cards in servers and dense nodes."""

_UNKNOWN_TYPE = "Nobody knows what its accelerators are: all of data centers are in the interval."
_SAME = 1e-9
_MODELLED = "modelled by the tool that wrote the file"
_QUANTITIES = ("it_energy_kwh", "facility_energy_kwh", "operational_kg", "embodied_kg", "total_kg", "water_l")
_NO_ACCELERATOR = "The file does not name its accelerators: the host is taken as that of any server."


def run_footprint(
    run: ForeignRun,
    devices: tuple[KnownDevice, ...],
    cpu: Cpu | None,
    catalogue: Catalogue,
    *,
    format: str,
    is_usable: bool,
    location: str | None,
    site_pue: float | None = None,
) -> Footprint | None:
    """Return the footprint of a run; None where neither its energy nor its hardware and time are known.

    Parameters
    ----------
    run : ForeignRun
        What the file states.
    devices : tuple of KnownDevice
        Its accelerators.
    cpu : Cpu or None
        Its CPU; None where that is not known.
    catalogue : Catalogue
        Where defaults are.
    format : str
        Name of the file's format, which says what was read and what was modelled.
    is_usable : bool
        Whether its energy can be believed.
    location : str or None
        Where it ran.
    site_pue : float, optional
        PUE of that place, where the site states it. [1]
    """
    site = _site(run, location, site_pue)
    kwh = run.measured_energy_kwh if is_usable else None
    try:
        if kwh and run.boundary == "accelerator" and devices and all(device.profile for device in devices):
            return _of_accelerators(run, devices, site)
        if kwh:
            return _of_energy(run, kwh, devices, catalogue, site, basis_of(run, format, devices))
        return _estimated(run, devices, cpu, site)
    except GreentrainError:
        return None


def _site(run: ForeignRun, location: str | None, site_pue: float | None) -> dict[str, Any]:
    """Return the keywords of an estimate that say where and when it ran."""
    stated = {
        "location": location,
        "year": year_of(run),
        "pue": site_pue or (run.pue if run.pue and run.pue > 1 else None),
    }
    return {name: value for name, value in stated.items() if value is not None}


def year_of(run: ForeignRun) -> int | None:
    """Return the year in which a run began, or else ended; None where neither is stated."""
    began = run.started if run.started is not None else run.ended
    return None if began is None else _year_of_day(began // _SECONDS_A_DAY)


@lru_cache(maxsize=4096)
def _year_of_day(day: float) -> int:
    return datetime.fromtimestamp(day * _SECONDS_A_DAY, UTC).year


def _hours(run: ForeignRun) -> float:
    return (run.duration_seconds or 0.0) / SECONDS_PER_HOUR


def _of_accelerators(run: ForeignRun, devices: tuple[KnownDevice, ...], site: Mapping[str, Any]) -> Footprint:
    """Complete the energy that accelerators' sensors read by their hosts."""
    number = sum(device.number for device in devices)
    watts = mean_w(run.energy_kwh["gpu"], run.duration_seconds or 0.0) / number
    parts = [
        estimate(device.asked, count=int(device.number), hours=_hours(run), power=watts, **site).footprint
        for device in devices
    ]
    whole = parts[0] if len(parts) == 1 else total_of(parts)
    return whole._replace(basis="measured")


def _of_energy(
    run: ForeignRun,
    kwh: float,
    devices: tuple[KnownDevice, ...],
    catalogue: Catalogue,
    site: Mapping[str, Any],
    basis: str,
) -> Footprint:
    """Complete an energy by what its meters cannot see, and apply the site's factors."""
    first = next((device.profile for device in devices if device.profile), None)
    notes: tuple[str, ...] = ()
    if run.boundary in ("node", "wall"):
        ends = ("_low", "", "_high")
        low, best, high = (limit(f"{run.boundary}_meter{end}") - 1 for end in ends)
        share = Interval(low, best, high)
    elif run.boundary == "accelerator":
        share, notes = catalogue.hardware.default(_UNNAMED, "host_share").value, (_NO_ACCELERATOR,)
    else:
        hardware_class = first.hardware_class if first else "any" if devices else "cpu"
        share = catalogue.hardware.default(hardware_class, "unmetered_share").value
    it_kwh = formulas.computers_energy_kwh(kwh, share.best)
    energy = with_relative_width(it_kwh, Interval(1 + share.low, 1 + share.best, 1 + share.high))
    factors = site_factors({**site, **({"gpu": first.id} if first else {})}, _hours(run))
    known, note = ("given", _MODELLED) if basis == "estimated" else (basis, "")
    inputs = (
        Input(METERED_ENERGY, exact(kwh), "kWh", known, IMPORTED, note),
        Input(UNMETERED_SHARE, share, "1", "assumed", "greentrain_judgement", key=f"{UNMETERED_SHARE}:{run.boundary}"),
        *factors.of_energy,
    )
    return footprint(
        energy,
        run.energy_kwh.get("gpu", 0.0),
        factors,
        embodied_kg=None,
        inputs=inputs,
        basis=basis,
        notes=(*notes, *factors.notes),
    )


def _of_device(device: KnownDevice, hours: float, site: Mapping[str, Any]) -> Footprint:
    """Estimate accelerators of one type; of those of which each is a part that no name tells, a part of one."""
    count = max(1, round(device.number))
    found = estimate(device.asked, count=count, hours=hours, **site)
    share = device.boards / found.run.get("fraction", 1.0)
    whole = found.footprint
    if abs(share - count) > _SAME * count:
        whole = _part_of(estimate(device.asked, count=1, hours=hours, **site).footprint, share)
    return whole if device.profile else whole._replace(notes=(_UNKNOWN_TYPE, *whole.notes))


def _part_of(whole: Footprint, share: float) -> Footprint:
    """Return a part of a footprint, or several times it: everything is proportional to the accelerators."""
    quantities = {name: getattr(whole, name) for name in _QUANTITIES}
    scaled = {name: value.scaled(share) for name, value in quantities.items() if value is not None}
    parts = [
        part._replace(energy_kwh=share * part.energy_kwh, operational_kg=share * part.operational_kg)
        for part in whole.breakdown
    ]
    return whole._replace(**scaled, breakdown=tuple(parts))


def _estimated(
    run: ForeignRun, devices: tuple[KnownDevice, ...], cpu: Cpu | None, site: Mapping[str, Any]
) -> Footprint | None:
    """Estimate a run from its hardware and time."""
    hours = _hours(run)
    if not hours > 0 or not all(device.has_estimate for device in devices):
        return None
    if devices:
        parts = [_of_device(device, hours, site) for device in devices]
        return parts[0] if len(parts) == 1 else total_of(parts)
    stated = {"cpu": cpu.name if cpu else None, "cpu_cores": run.cpu_cores, "memory_gb": run.memory_gb}
    known: dict[str, Any] = {name: value for name, value in stated.items() if value}
    return estimate(hours=hours, **known, **site).footprint if "cpu_cores" in known else None
