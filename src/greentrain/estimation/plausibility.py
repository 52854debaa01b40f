"""Warnings on arguments that look like a slip: never refusals, and none on ordinary runs.

Each function states its rule; the thresholds lie well outside what published runs and shipped tables hold.
"""

import time

from greentrain.catalogue import Accelerator, Catalogue
from greentrain.estimation.devices import ResolvedDevices
from greentrain.estimation.power import NODE_OVER_TDP
from greentrain.estimation.request import Request
from greentrain.estimation.resolved_run import ResolvedRun
from greentrain.units import HOURS_PER_YEAR, KG_PER_LB

_LONGEST_PLAUSIBLE_HOURS = 2 * HOURS_PER_YEAR
"""The longest published training of one model took a third of a year. [h]"""
_LOWEST_G_PER_KWH = 1.3
"""The cleanest place of the grid tables has more. [g CO2e/kWh]"""
_HIGHEST_G_PER_KWH = 1500.0
"""The dirtiest place of the grid tables has less. [g CO2e/kWh]"""
_KILOWATTS_OVER_TDP = 0.02
"""No device draws so little of its TDP, not even idle. [1]"""
_SOCKETS = 2
"""Chips of the usual server. [1]"""
_TWO_CORE_CHIPS = ("tpu-v2", "tpu-v3")
_CORES_OF_A_HOST = 8


def plausibility_warnings(
    catalogue: Catalogue, request: Request, devices: ResolvedDevices | None, run: ResolvedRun
) -> tuple[str, ...]:
    """Find what looks like a slip in a described run.

    Parameters
    ----------
    catalogue : Catalogue
        Where nodes and families are.
    request : Request
        The checked arguments.
    devices : ResolvedDevices or None
        The accelerators, if any.
    run : ResolvedRun
        Count and hours as understood.

    Returns
    -------
    tuple of str
        One sentence or two per slip, with the likely remedy; empty for an ordinary run.
    """
    found = [_grid(request.grid_intensity), _workstation(request), _threads(catalogue, request)]
    if devices is None:
        found.append(_total_hours(request.hours, run.count))
        return tuple(filter(None, found))
    hours = run.known_hours
    found.append(_existed(catalogue, devices, hours, request.year) or _total_hours(hours, run.count))
    found.append(_not_yet_released(catalogue, devices, request.year))
    found.append(_cores_as_chips(devices))
    if request.power is not None:
        found.append(_power(catalogue, request, devices, request.power))
    return tuple(filter(None, found))


def _grid(g_per_kwh: float | None) -> str | None:
    """Below 1.3 it is probably kg/kWh, above 1,500 lb/MWh."""
    if g_per_kwh is None or _LOWEST_G_PER_KWH <= g_per_kwh <= _HIGHEST_G_PER_KWH:
        return None
    start = f"The grid intensity is in g CO2e/kWh, and {g_per_kwh:g} is"
    if g_per_kwh < _LOWEST_G_PER_KWH:
        return f"{start} below that of every grid: if it is in kg/kWh, give {1000 * g_per_kwh:g}."
    return f"{start} above that of every grid: if it is in lb/MWh, give {KG_PER_LB * g_per_kwh:.4g}."


def _threads(catalogue: Catalogue, request: Request) -> str | None:
    """More cores than two chips have: hardware threads are twice as many as cores."""
    if request.cpu is None or request.cpu_cores is None:
        return None
    cpu = catalogue.hardware.find_cpu(request.cpu)
    if cpu.cores is None or request.cpu_cores <= _SOCKETS * cpu.cores:
        return None
    return (
        f"{request.cpu_cores:g} cores are {request.cpu_cores / cpu.cores:.3g} chips of {cpu.name}, which has "
        f"{cpu.cores}: were hardware threads counted, of which a core has two?"
    )


def _workstation(request: Request) -> str | None:
    """A PUE above 1 with a workstation."""
    if request.site != "workstation" or request.pue is None or request.pue == 1:
        return None
    return f"A PUE of {request.pue:g} is used as given, although a workstation has no facility around it."


def _total_hours(hours: float | None, count: int) -> str | None:
    """More than two years of wall-clock time on more than one accelerator."""
    if hours is None or hours <= _LONGEST_PLAUSIBLE_HOURS or count == 1:
        return None
    return (
        f"{hours:,.10g} hours of wall-clock time are {hours / HOURS_PER_YEAR:.3g} years on {count:,} accelerators. "
        f"{_remedy(count)}"
    )


def _remedy(count: int) -> str:
    return f"If they are the total of all {count:,}, give them as gpu_hours."


def _released(catalogue: Catalogue, devices: ResolvedDevices) -> int | None:
    """Take the year of the earliest device that the name may mean."""
    if devices.family is None:
        return devices.profile.release_year
    years = [catalogue.hardware.accelerator(key).release_year for key in devices.family.members]
    return min((year for year in years if year), default=None)


def _existed(catalogue: Catalogue, devices: ResolvedDevices, hours: float | None, year: int | None) -> str | None:
    """More wall-clock time than from the release to the end of the run's year, or of this one."""
    if hours is None or hours <= HOURS_PER_YEAR:
        return None
    released = _released(catalogue, devices)
    if released is None:
        return None
    last = year or time.localtime().tm_year
    years = last + 1 - released
    # A year before the release is another slip, with a warning of its own.
    if years < 1 or hours <= years * HOURS_PER_YEAR * 1.01:
        return None
    name, count = devices.name, devices.count
    text = f"{hours:,.10g} hours of wall-clock time are longer than {name} had existed by {last} (released {released})."
    return f"{text} {_remedy(count)}" if count > 1 else text


def _not_yet_released(catalogue: Catalogue, devices: ResolvedDevices, year: int | None) -> str | None:
    """A year before the device, or the earliest that the name may mean, was released."""
    profile = devices.profile
    if year is None or profile.release_year is None or year >= profile.release_year:
        return None
    released = _released(catalogue, devices)
    if released is None or year >= released:
        return None
    return f"{devices.name} was released in {released}, after the year given, {year}."


def _cores_as_chips(devices: ResolvedDevices) -> str | None:
    """Exactly 8 of TPU v2 or v3: a v3-8 has 8 cores on 4 chips, and no slice has 8 chips."""
    if devices.count != _CORES_OF_A_HOST or devices.profile.id not in _TWO_CORE_CHIPS or devices.instance:
        return None
    size = f"{devices.profile.id.removeprefix('tpu-')}-8"
    return f"A TPU is counted by chips. A {size} has 8 cores on 4 chips, and no slice has 8 chips: was it a count of 4?"


def _power(catalogue: Catalogue, request: Request, devices: ResolvedDevices, power_w: float) -> str | None:
    """Kilowatts for watts, a power above the node's nameplate, or one that holds the host already."""
    profile = devices.profile
    tdp_w = profile.tdp_w
    if tdp_w and power_w < _KILOWATTS_OVER_TDP * tdp_w.low:
        share = f"{_two_digits(100 * power_w / tdp_w.best)} %"
        return f"The power is in W, and {power_w:g} W is {share} of the TDP of {devices.name}: was it in kW?"
    plate = catalogue.hardware.nameplate(profile.id)
    with_host_w = power_w * (request.host_factor or 1.0) + (request.host_power or 0.0)
    if plate and with_host_w > plate[0]:
        return (
            f"{with_host_w:.4g} W per accelerator is above the nameplate of a whole {plate[1]}, {plate[0]:.4g} W per "
            f"accelerator: is it the power of several?"
        )
    is_default = request.host_factor is None and request.host_power is None and not request.names_host
    if tdp_w and is_default and power_w > NODE_OVER_TDP * tdp_w.high and _has_host(catalogue, profile):
        return (
            f"{power_w:g} W is {_two_digits(power_w / tdp_w.best)} x the TDP of {devices.name}. If it holds CPU, "
            f"memory and fans, the host is counted twice: give a host factor of 1."
        )
    return None


def _two_digits(value: float) -> str:
    from greentrain.numbers import rounded  # no estimate without doubts loads it

    return rounded(value, 2)


def _has_host(catalogue: Catalogue, profile: Accelerator) -> bool:
    """Whether a host is added by default; a TPU's power is the system's."""
    return catalogue.hardware.default(profile.hardware_class, "host_share").value.best > 0
