"""What the computers draw: full servers as metered, accelerators and their host, or the sum of named parts."""

from functools import lru_cache
from math import inf
from typing import NamedTuple

from greentrain import formulas
from greentrain.catalogue import Accelerator, Catalogue, Cpu, Family, Figure
from greentrain.catalogue.records import RENTED
from greentrain.elementwise import extremes, greater, lesser, remembered
from greentrain.errors import Contradiction, InvalidNumber
from greentrain.estimation.devices import ResolvedDevices
from greentrain.estimation.request import Request
from greentrain.inputs import Input, given
from greentrain.interval import Interval, spanning, sum_independent, with_relative_width
from greentrain.record import Record
from greentrain.units import W_PER_KW

_MOST_OVER_TDP = 3
NODE_OVER_TDP = 1.15
"""Power over TDP above which an accelerator's power holds more than itself; no metered mean of one is as high. [1]"""
_ANY_CPU = "device:any server CPU"
DEVICES_OF_A_SERVER = 8
"""Accelerators from which on a server is full, and which one board carries at most. [1]"""
_CORES_OF_A_CHIP, _CORES_OF_A_SMALL_CHIP = 32, 16


class DevicePower(Record):
    """Mean power of one accelerator and what it follows from.

    Attributes
    ----------
    watts : float
        Best value. [W]
    holds_host : bool
        Whether it is a measured mean of the whole system, the host included.
    """

    watts: float
    inputs: tuple[Input, ...]
    notes: tuple[str, ...]
    holds_host: bool = False


class ItEnergy(NamedTuple):
    """Energy of the computers, before PUE, and what it follows from.

    Attributes
    ----------
    accelerators_kwh : float
        The accelerators' part. [kWh]
    it_energy_kwh : Interval
        All of it. [kWh]
    of_accelerators : tuple of Input
        What the accelerators' part follows from, where that is not among ``inputs``.
    """

    accelerators_kwh: float
    it_energy_kwh: Interval
    inputs: tuple[Input, ...]
    notes: tuple[str, ...]
    of_accelerators: tuple[Input, ...] = ()


def _power_notes(profile: Accelerator, family: Family | None) -> tuple[str, ...]:
    """Return notes on a power figure that was looked up."""
    notes = []
    if family is not None:
        others = ", ".join(member for member in family.members if member != family.usual)
        notes.append(f"{family.name} may be several devices: {profile.id} is taken, the interval spans {others} too.")
    if profile.tdp_basis == "cpu_only":
        notes.append(f"{profile.name}: the power figure is the CPU's alone and leaves the GPU out.")
    if profile.verified == "assumed":
        notes.append(f"{profile.name}: the power figure is unconfirmed.")
    return tuple(notes)


def draw(catalogue: Catalogue, request: Request, devices: ResolvedDevices | None, hours: float) -> ItEnergy:
    """Work out the energy of the computers.

    Parameters
    ----------
    hours : float
        Wall-clock time, all identical runs together. [h]
    """
    if devices is None:
        return _host_parts(catalogue, request, hours, None)
    number = devices.count * devices.fraction
    power = _device_power(catalogue, devices, request.power, request.utilization, request.kind)
    watts, inputs, notes = power.watts, power.inputs, power.notes
    alone = formulas.it_energy_kwh(number, hours, watts, 1.0)
    if request.names_host:
        return _with_named_host(catalogue, request, devices, hours, _scaled(alone, inputs), power)
    factor = _host_factor(catalogue, request, devices.profile.hardware_class)
    if factor is not None:
        it_kwh = formulas.it_energy_kwh(number, hours, watts, factor.value.best)
        interval = _scaled(it_kwh, (*inputs, factor))
        return ItEnergy(alone, interval, (*inputs, factor), (*devices.notes, *notes))
    if power.holds_host or _holds_host(catalogue, devices.profile.hardware_class):
        _refuse_host_power(request, devices)
        return ItEnergy(alone, _scaled(alone, inputs), inputs, (*devices.notes, *notes))
    node_ratio = _node_ratio(catalogue, request, devices)
    if node_ratio is not None:
        servers = _full_servers(catalogue, devices, number * hours, alone, node_ratio)
        return servers._replace(of_accelerators=inputs)
    node_w, of_node = _node_power(
        catalogue, devices, request.power, request.utilization, request.kind, request.host_power
    )
    it_kwh = formulas.it_energy_kwh(number, hours, node_w.best, 1.0)
    ends = node_w.scaled(it_kwh / node_w.best)
    return ItEnergy(alone, Interval(ends.low, it_kwh, ends.high), of_node, (*devices.notes, *notes))


def _scaled(best: float, inputs: tuple[Input, ...]) -> Interval:
    return with_relative_width(best, *(item.value for item in inputs))


def _with_named_host(
    catalogue: Catalogue, request: Request, devices: ResolvedDevices, hours: float, alone: Interval, power: DevicePower
) -> ItEnergy:
    """Add the host that the user describes by its parts."""
    if power.holds_host:
        rule = f"is inside the measured mean of {devices.name}; leave it out"
        raise Contradiction("cpu_cores", request.cpu_cores, rule)
    host = _host_parts(catalogue, request, hours, devices)
    return _sum_of_parts(alone, power.inputs, host._replace(notes=(*host.notes, *power.notes)))


def _host_factor(catalogue: Catalogue, request: Request, hardware_class: str) -> Input | None:
    """Return the factor that the user stated, or has among the own profiles; there is no other default."""
    if request.host_factor is not None:
        return given("host_factor", request.host_factor, "1")
    if not catalogue.hardware.own_defaults or request.host_power is not None:
        return None
    figure = catalogue.hardware.default_for_workload(hardware_class, "", "host_factor")
    if figure is None:
        return None
    return _default_input("host_factor", figure, key=f"host:{hardware_class}")


@remembered(maxsize=4096)
def _node_power(
    catalogue: Catalogue,
    devices: ResolvedDevices,
    power: float | None,
    utilization: float | None,
    workload: str | None,
    host_power: float | None,
) -> tuple[Interval, tuple[Input, ...]]:
    """Add the host's power to an accelerator's, both of which follow the TDP [W], and weigh the inputs."""
    device = _device_power(catalogue, devices, power, utilization, workload)
    host = _host_power(catalogue, host_power, devices, device.watts)
    of_tdp = tuple(item for item in device.inputs if item.name == "tdp" and host.basis != "given")
    own = tuple(item for item in device.inputs if item not in of_tdp)
    watts = device.watts + host.value.best
    parts = sum_independent(_scaled(device.watts, own), host.value)
    share = device.watts / watts
    inputs = (*of_tdp, *(item._replace(weight=share) for item in own), host._replace(weight=1 - share))
    return with_relative_width(watts, parts, *(item.value for item in of_tdp)), inputs


def _node_ratio(catalogue: Catalogue, request: Request, devices: ResolvedDevices) -> Input | None:
    """Return the power of a full server over the TDP of its accelerators; None where the table doesn't hold.

    It was fitted to servers of eight or more accelerators at the wall. A power, a utilization or a host that the user
    states, or has among the own profiles, is closer to the run. A workload that was never metered at the wall follows
    from its accelerators.
    """
    if devices.fraction != 1 or not _is_full_server(request, devices):
        return None
    if any(value is not None for value in (request.power, request.utilization, request.host_power)):
        return None
    hardware_class = devices.profile.hardware_class
    if {(hardware_class, name) for name in ("utilization", "host_share")} & catalogue.hardware.own_defaults:
        return None
    figure = catalogue.hardware.default_for_workload(hardware_class, request.kind or "", "node_ratio")
    return figure and _default_input("node_ratio", figure, key=f"node:{hardware_class}")


def _is_full_server(request: Request, devices: ResolvedDevices) -> bool:
    if devices.instance is not None:
        return devices.instance.accelerator_count >= DEVICES_OF_A_SERVER
    is_counted = request.count is not None or devices.count > 1
    # Where only accelerator-hours are known, they are those of a cluster.
    return devices.count >= DEVICES_OF_A_SERVER or (request.hours is None and not is_counted)


def _full_servers(
    catalogue: Catalogue, devices: ResolvedDevices, device_hours: float, alone_kwh: float, node_ratio: Input
) -> ItEnergy:
    """Multiply the TDP with what full servers were metered at; the accelerators' part is their own table's."""
    tdp = _tdp_input(catalogue, devices)
    watts = formulas.node_power_w(tdp.value.best, node_ratio.value.best)
    it_kwh = formulas.it_energy_kwh(device_hours, 1.0, watts, 1.0)
    interval = with_relative_width(it_kwh, tdp.value, node_ratio.value)
    notes = (*devices.notes, *_power_notes(devices.profile, devices.family))
    return ItEnergy(min(alone_kwh, it_kwh), interval, (tdp, node_ratio), notes)


@lru_cache(maxsize=64)
def _holds_host(catalogue: Catalogue, hardware_class: str) -> bool:
    """Whether the power of a device of this class is always stated with its host in it."""
    return catalogue.hardware.default(hardware_class, "host_share").value.best == 0


def _refuse_host_power(request: Request, devices: ResolvedDevices) -> None:
    if request.host_power is not None:
        rule = f"is inside the power of {devices.name}, which holds its host's; leave it out"
        raise Contradiction("host_power", request.host_power, rule)


def _host_power(catalogue: Catalogue, value: float | None, devices: ResolvedDevices, device_w: float) -> Input:
    """Return the power of the host per accelerator [W]: stated, or its usual share of the TDP.

    Where no TDP is known, of the TDP that belongs to the power at the usual utilization.
    """
    if value is not None:
        return given("host_power", value, "W")
    default = catalogue.hardware.default
    profile = devices.profile
    figure = default(profile.hardware_class, "host_share")
    usual = default(profile.hardware_class, "utilization").value.best
    tdp = profile.tdp_w.best if profile.tdp_w else device_w / usual
    shares = (share.value for share in _defaults(catalogue, devices, "", "host_share"))
    watts = spanning(figure.value, *shares).scaled(tdp)
    note = f"{figure.value.best:g} x TDP. {figure.notes}"
    return Input("host_power", watts, "W", figure.basis, figure.source, note, 1.0, f"host:{profile.hardware_class}")


def _sum_of_parts(alone: Interval, inputs: tuple[Input, ...], host: ItEnergy) -> ItEnergy:
    everything = sum_independent(alone, host.it_energy_kwh)
    share = alone.best / everything.best
    ours = tuple(item._replace(weight=share) for item in inputs)
    theirs = tuple(item._replace(weight=item.weight * (1 - share)) for item in host.inputs)
    return ItEnergy(alone.best, everything, ours + theirs, host.notes)


@remembered(maxsize=4096)
def _device_power(
    catalogue: Catalogue, devices: ResolvedDevices, power: float | None, utilization: float | None, workload: str | None
) -> DevicePower:
    """Find the mean power of one accelerator, or its TDP and utilization."""
    profile = devices.profile
    key = f"device:{profile.id}"
    if power is not None:
        if fault := rating_fault(profile, extremes(power)[1], devices.name):
            raise InvalidNumber("power", power, fault)
        return DevicePower(power, (given("accelerator_power", power, "W")._replace(basis="measured"),), ())
    if profile.training_w and profile.training_scope == "system" and utilization is None:
        note = f"{devices.name}: the measured mean of the whole system per chip is used, host included."
        mean, source = profile.training_w, profile.training_source
        published = Input("accelerator_power", mean, "W", "published", source, "system mean", key=key)
        return DevicePower(mean.best, (published,), (note,), holds_host=True)
    if profile.tdp_w is None:
        raise Contradiction(
            "gpu", profile.id, f"no published power figure for {devices.name}; give {{power}}, its mean power in W"
        )
    tdp = _tdp_input(catalogue, devices)
    notes = _power_notes(profile, devices.family)
    if utilization is not None:
        share = given("utilization", utilization, "1")
    else:
        share, more = _default_utilization(catalogue, devices, workload)
        notes = (*notes, *more)
    watts = formulas.accelerator_power_w(tdp.value.best, share.value.best)
    return DevicePower(watts, (tdp, share), notes)


def _tdp_input(catalogue: Catalogue, devices: ResolvedDevices) -> Input:
    profile = devices.profile
    basis = "assumed" if profile.verified == "assumed" else "published"
    value = _tdp_interval(catalogue, devices)
    return Input("tdp", value, "W", basis, profile.source, devices.name, key=f"device:{profile.id}")


def _tdp_interval(catalogue: Catalogue, devices: ResolvedDevices) -> Interval:
    best = devices.profile.tdp_w
    assert best is not None
    return spanning(best, *(one.tdp_w for one in devices.profiles(catalogue) if one.tdp_w))


def rating_limit_w(profile: Accelerator) -> float:
    """Return the power that no accelerator of this name exceeds as a mean, its host included. [W]"""
    return inf if profile.tdp_w is None else _MOST_OVER_TDP * profile.tdp_w.high


def rating_fault(profile: Accelerator, power_w: float, name: str) -> str | None:
    """Return why an accelerator of this name, its host included, cannot draw a power, or None when it can."""
    if profile.tdp_w is None or power_w <= (limit := rating_limit_w(profile)):
        return None
    return f"no {name} draws that; it is rated {profile.tdp_w.best:g} W, at most {limit:g} passes"


def _default_utilization(
    catalogue: Catalogue, devices: ResolvedDevices, workload: str | None
) -> tuple[Input, tuple[str, ...]]:
    hardware_class = devices.profile.hardware_class
    by_kind = bool(workload and catalogue.hardware.default_for_workload(hardware_class, workload, "utilization"))
    found = _default_input("utilization", *_defaults(catalogue, devices, workload or "", "utilization"))
    notes = (f"No evidence on {workload} for this class of hardware: the default for any workload is used.",)
    return found, notes if workload and not by_kind else ()


def _defaults(catalogue: Catalogue, devices: ResolvedDevices, workload: str, parameter: str) -> list[Figure]:
    """List the default of the device and, where its name covers several, those of the others."""
    hardware = catalogue.hardware
    classes = dict.fromkeys(profile.hardware_class for profile in devices.profiles(catalogue))
    if (devices.profile.hardware_class, parameter) in hardware.own_defaults:  # measured on the user's own devices
        classes = {devices.profile.hardware_class: None}
    return [
        hardware.default_for_workload(one, workload, parameter) or hardware.default(one, parameter) for one in classes
    ]


def _default_input(name: str, figure: Figure, *others: Figure, key: str = "") -> Input:
    """Return a default as an input, whose interval spans other figures too."""
    value = spanning(figure.value, *(other.value for other in others))
    return Input(name, value, figure.unit, figure.basis, figure.source, figure.notes, 1.0, key)


def _host_parts(catalogue: Catalogue, request: Request, hours: float, devices: ResolvedDevices | None) -> ItEnergy:
    """Add up CPU, memory and, with accelerators, the board that carries them."""
    cpu_w, cpu_inputs, notes = _cpu(catalogue, request, devices is not None)
    memory_w, memory_inputs = _memory(catalogue, request)
    parts = [(cpu_w, cpu_inputs), (memory_w, memory_inputs)]
    if devices is not None:
        boards = -(-devices.count // DEVICES_OF_A_SERVER)
        board = _default_input("board_power", catalogue.hardware.default("cpu", "board_w"), key="method:board")
        parts.append((board.value.scaled(boards), (board,)))
    watts = sum_independent(*(part for part, _ in parts))
    inputs = tuple(item._replace(weight=part.best / watts.best) for part, items in parts for item in items)
    known = devices.notes if devices else ()
    return ItEnergy(0.0, watts.scaled(hours / W_PER_KW), inputs, (*known, *notes))


def _cpu(
    catalogue: Catalogue, request: Request, has_accelerators: bool
) -> tuple[Interval, tuple[Input, ...], tuple[str, ...]]:
    assert request.cpu_cores is not None
    per_core, notes = _cpu_power_per_core(catalogue, request.cpu, request.cpu_cores)
    default = catalogue.hardware.default
    load = _default_input("cpu_load", default("cpu", "gpu_job_load" if has_accelerators else "load"))
    if request.utilization is not None and not has_accelerators:
        load = given("cpu_load", request.utilization, "1")
    idle = _default_input("cpu_idle_fraction", default("cpu", "idle_fraction"), key="method:cpu_idle")
    tdp, mean, rest = per_core.value.best, load.value, idle.value

    def power_w(at_load: float, at_idle: float) -> float:
        watts: float = formulas.cpu_power_w(request.cpu_cores, tdp, at_load, at_idle)
        return watts

    by_load = Interval(*(power_w(value, rest.best) for value in mean))
    best = power_w(mean.best, rest.best)
    ends = power_w(mean.best, rest.low), power_w(mean.best, rest.high)
    by_idle = Interval(lesser(*ends), best, greater(*ends))
    inputs = (given("cpu_cores", request.cpu_cores, "1"), per_core, load, idle)
    return with_relative_width(best, per_core.value, by_load, by_idle), inputs, notes


@remembered(maxsize=1024)
def _cpu_power_per_core(catalogue: Catalogue, name: str | None, cores: float) -> tuple[Input, tuple[str, ...]]:
    if name is None:
        figure = catalogue.hardware.default("cpu", "tdp_per_core_server_w")
        notes = ("No CPU named: the mean of server CPUs per core is used.",)
        return _default_input("cpu_tdp_per_core", figure, key=_ANY_CPU), notes
    cpu = catalogue.hardware.find_cpu(name)
    if cpu.segment == RENTED:
        return _rented_power_per_thread(catalogue, cpu)
    if cpu.tdp_w is None or cpu.cores is None:
        figure = catalogue.hardware.default("cpu", "tdp_per_core_server_w")
        if cpu.tdp_w is None:
            note = f"{cpu.name}: no source states its TDP; the mean TDP per core of server CPUs is used."
            return _default_input("cpu_tdp_per_core", figure, key=_ANY_CPU), (note,)
        return _capped_power_per_core(cpu, cpu.tdp_w, figure, cores)
    basis = "assumed" if cpu.verified == "assumed" else "published"
    note = f"{cpu.name}: {cpu.tdp_w.best:g} W, {cpu.cores} cores"
    value, key = cpu.tdp_w.scaled(1 / cpu.cores), f"device:{cpu.name}"
    return Input("cpu_tdp_per_core", value, "W", basis, cpu.source, note, key=key), ()


def _capped_power_per_core(cpu: Cpu, tdp_w: Interval, figure: Figure, cores: float) -> tuple[Input, tuple[str, ...]]:
    """Take the usual watts per core, held below the TDP of as many chips as so many cores make.

    How many cores the chip has is not known: 32, and upward 16, are those of a large one.
    """
    usual, most = (
        tdp_w.high * greater(1.0, cores / each) / cores for each in (_CORES_OF_A_CHIP, _CORES_OF_A_SMALL_CHIP)
    )
    low, best, high = figure.value
    best, high = lesser(best, usual), lesser(high, most)
    value = Interval(lesser(low, best), best, high)
    note = (
        f"{cpu.name}: {tdp_w.best:g} W, but no source states its cores; the mean TDP per core of server CPUs is used, "
        f"at most the chip's TDP."
    )
    basis = "assumed" if any(one is not other for one, other in zip(value, figure.value, strict=True)) else figure.basis
    source = f"{figure.source};{cpu.source}"
    return Input("cpu_tdp_per_core", value, "W", basis, source, note, key=f"device:{cpu.name}"), (note,)


def _rented_power_per_thread(catalogue: Catalogue, cpu: Cpu) -> tuple[Input, tuple[str, ...]]:
    """Return the watts of a hardware thread of the CPU's generation, of any server's where that is not known."""
    from greentrain.estimation.seen_cpu import thread_power  # with patterns that no other estimate needs

    power = thread_power(catalogue, cpu.name)
    of = f" of {power.generation}" if power.generation else ""
    note = (
        f"{cpu.name} tells no model, as on rented and virtual machines: the cores are taken for hardware threads{of}, "
        f"{power.watts.low:.2g} to {power.watts.high:.2g} W each."
    )
    return Input("cpu_tdp_per_core", power.watts, "W", "assumed", power.source, note, key=_ANY_CPU), (note,)


def _memory(catalogue: Catalogue, request: Request) -> tuple[Interval, tuple[Input, ...]]:
    if request.memory_gb is not None:
        size = given("memory_gb", request.memory_gb, "GB")
    else:
        per_core = catalogue.hardware.default("cpu", "memory_gb_per_core")
        assert request.cpu_cores is not None
        size = _default_input("memory_gb", per_core._replace(value=per_core.value.scaled(request.cpu_cores)))
    power = _default_input("memory_power_per_gb", catalogue.hardware.memory_power(size.value.best), key="method:memory")
    best = formulas.memory_power_w(size.value.best, power.value.best)
    return with_relative_width(best, size.value, power.value), (size, power)
