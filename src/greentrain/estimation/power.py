"""What the computers draw: accelerators with a host factor, or the sum of named parts, never both."""

from functools import lru_cache
from typing import NamedTuple

from greentrain import formulas
from greentrain.catalogue import Accelerator, Catalogue, Cpu, Family, Figure, Instance
from greentrain.errors import Contradiction, InvalidNumber
from greentrain.estimation.ranges import checked_number
from greentrain.estimation.request import Request
from greentrain.inputs import Input, given
from greentrain.interval import Interval, exact, sum_independent, with_relative_width
from greentrain.record import Record
from greentrain.units import W_PER_KW

_MOST_OVER_TDP = 3
_ANY_CPU = "device:any server CPU"
_DEVICES_PER_BOARD_HOST = 8
_SOCKETS = 2.0
"""Sockets of the usual server. [1]"""


class ResolvedDevices(Record):
    """The accelerators of a run: which, how many, and which part of each."""

    profile: Accelerator
    family: Family | None
    count: int
    fraction: float
    instance: Instance | None
    notes: tuple[str, ...]

    def __hash__(self) -> int:
        # Enough to tell devices apart, and much less than all fields of a profile.
        return hash((self.profile.id, self.count, self.fraction))


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
    """

    accelerators_kwh: float
    it_energy_kwh: Interval
    inputs: tuple[Input, ...]
    notes: tuple[str, ...]


@lru_cache(maxsize=4096)
def find_devices(catalogue: Catalogue, gpu: str | None, instance: str | None, count: int | None) -> ResolvedDevices:
    """Find the accelerators that the user named, by device, by instance type or by both if they agree.

    Raises
    ------
    UnknownName, AmbiguousName
        For a name that is not in the catalogue, or that several devices have.
    Contradiction
        If the device is not the one of the instance type, or is counted twice.
    """
    if instance is not None:
        return _devices_of_instance(catalogue, gpu, instance, count or 1)
    assert gpu is not None
    times, name = _counted(gpu)
    if times and count is not None and count != times:
        raise Contradiction("count", count, f"contradicts {{gpu}} {gpu!r}, which means {times}")
    profile, family = catalogue.hardware.find_accelerator(name)
    return ResolvedDevices(profile, family, times or count or 1, 1.0, None, _device_notes(catalogue, profile))


def _devices_of_instance(catalogue: Catalogue, gpu: str | None, instance: str, count: int) -> ResolvedDevices:
    found = catalogue.hardware.find_instance(instance)
    profile = catalogue.hardware.accelerator(found.accelerator)
    if gpu is not None:
        named, family = catalogue.hardware.find_accelerator(gpu)
        if profile.id not in (named.id, *(family.members if family else ())):
            raise Contradiction("gpu", gpu, f"contradicts {{instance}} {found.instance}, which has {profile.name}")
    devices = found.accelerator_count * count
    part = "" if found.fraction_of_device == 1 else f", {found.fraction_of_device:.3g} of each"
    note = f"{count} x {found.instance} ({found.provider}): {devices} x {profile.name}{part}."
    return ResolvedDevices(
        profile, None, devices, found.fraction_of_device, found, (note, *_device_notes(catalogue, profile))
    )


def _counted(gpu: str) -> tuple[int, str]:
    """Split ``8xA100`` into 8 and ``A100``; 0 when the name has no count."""
    number, sign, name = gpu.replace("\N{MULTIPLICATION SIGN}", "x").replace("X", "x", 1).partition("x")
    digits, name = number.strip(), name.strip()
    if sign and digits.isdecimal() and digits.isascii() and name:
        return int(checked_number("count", digits)), name
    return 0, gpu


def _device_notes(catalogue: Catalogue, profile: Accelerator) -> tuple[str, ...]:
    notes = []
    if profile.id in catalogue.hardware.own_accelerators:
        notes.append(f"{profile.name}: the figures are from your own profiles.")
    if profile.devices_per_board > 1:
        notes.append(
            f"{profile.name}: counted per visible device; one board shows as {profile.devices_per_board} devices."
        )
    return tuple(notes)


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
    power = _device_power(catalogue, devices, request.power, request.utilization, request.workload)
    watts, inputs, notes = power.watts, power.inputs, power.notes
    alone = formulas.it_energy_kwh(number, hours, watts, 1.0)
    alone_interval = with_relative_width(alone, *(item.value for item in inputs))
    if request.names_host:
        if power.holds_host:
            raise Contradiction(
                "cpu_cores", request.cpu_cores, f"is inside the measured mean of {devices.profile.name}; leave it out"
            )
        host = _host_parts(catalogue, request, hours, devices)
        return _sum_of_parts(alone_interval, inputs, host._replace(notes=(*host.notes, *notes)))
    factor = _host_factor(catalogue, request.host_factor, devices.profile.hardware_class)
    it_kwh = formulas.it_energy_kwh(number, hours, watts, factor.value.best)
    interval = with_relative_width(it_kwh, *(item.value for item in (*inputs, factor)))
    return ItEnergy(alone, interval, (*inputs, factor), (*devices.notes, *notes))


def _sum_of_parts(alone: Interval, inputs: tuple[Input, ...], host: ItEnergy) -> ItEnergy:
    everything = sum_independent(alone, host.it_energy_kwh)
    share = alone.best / everything.best
    ours = tuple(item._replace(weight=share) for item in inputs)
    theirs = tuple(item._replace(weight=item.weight * (1 - share)) for item in host.inputs)
    return ItEnergy(alone.best, everything, ours + theirs, host.notes)


@lru_cache(maxsize=4096)
def _device_power(
    catalogue: Catalogue, devices: ResolvedDevices, power: float | None, utilization: float | None, workload: str | None
) -> DevicePower:
    """Find the mean power of one accelerator, or its TDP and utilization."""
    profile = devices.profile
    key = f"device:{profile.id}"
    if power is not None:
        _check_power(profile, power)
        return DevicePower(power, (given("accelerator_power", power, "W")._replace(basis="measured"),), ())
    if profile.training_w and profile.training_scope == "system" and utilization is None:
        note = f"{profile.name}: the measured mean of the whole system per chip is used, host included."
        mean, source = profile.training_w, profile.training_source
        published = Input("accelerator_power", mean, "W", "published", source, "system mean", key=key)
        return DevicePower(mean.best, (published,), (note,), holds_host=True)
    if profile.tdp_w is None:
        raise Contradiction(
            "gpu", profile.id, f"no published power figure for {profile.name}; give {{power}}, its mean power in W"
        )
    basis = "assumed" if profile.verified == "assumed" else "published"
    tdp = Input("tdp", _tdp_interval(catalogue, devices), "W", basis, profile.source, profile.name, key=key)
    notes = _power_notes(profile, devices.family)
    if utilization is not None:
        share = given("utilization", utilization, "1")
    else:
        share, more = _default_utilization(catalogue, profile.hardware_class, workload)
        notes = (*notes, *more)
    watts = formulas.accelerator_power_w(tdp.value.best, share.value.best)
    return DevicePower(watts, (tdp, share), notes)


def _tdp_interval(catalogue: Catalogue, devices: ResolvedDevices) -> Interval:
    best = devices.profile.tdp_w
    assert best is not None
    if devices.family is None:
        return best
    members = (catalogue.hardware.accelerator(key).tdp_w for key in devices.family.members)
    known = [best, *(tdp for tdp in members if tdp)]
    return Interval(min(tdp.low for tdp in known), best.best, max(tdp.high for tdp in known))


def _check_power(profile: Accelerator, power: float) -> None:
    if profile.tdp_w and power > _MOST_OVER_TDP * profile.tdp_w.high:
        limit = _MOST_OVER_TDP * profile.tdp_w.high
        raise InvalidNumber(
            "power",
            power,
            f"no {profile.name} draws that; it is rated {profile.tdp_w.best:g} W, at most {limit:g} passes",
        )


def _default_utilization(
    catalogue: Catalogue, hardware_class: str, workload: str | None
) -> tuple[Input, tuple[str, ...]]:
    by_kind = workload and catalogue.hardware.default_for_workload(hardware_class, workload, "utilization")
    figure = by_kind or catalogue.hardware.default(hardware_class, "utilization")
    notes = (f"No evidence on {workload} for this class of hardware: the default for any workload is used.",)
    return _default_input("utilization", figure), notes if workload and not by_kind else ()


@lru_cache(maxsize=1024)
def _host_factor(catalogue: Catalogue, value: float | None, hardware_class: str) -> Input:
    if value is not None:
        return given("host_factor", value, "1")
    figure = catalogue.hardware.default(hardware_class, "host_factor")
    return _default_input("host_factor", figure, f"host:{hardware_class}")


def _default_input(name: str, figure: Figure, key: str = "") -> Input:
    return Input(name, figure.value, figure.unit, figure.basis, figure.source, figure.notes, 1.0, key)


def _host_parts(catalogue: Catalogue, request: Request, hours: float, devices: ResolvedDevices | None) -> ItEnergy:
    """Add up CPU, memory and, with accelerators, the board that carries them."""
    cpu_w, cpu_inputs, notes = _cpu(catalogue, request, devices is not None)
    memory_w, memory_inputs = _memory(catalogue, request)
    parts = [(cpu_w, cpu_inputs), (memory_w, memory_inputs)]
    if devices is not None:
        boards = -(-devices.count // _DEVICES_PER_BOARD_HOST)
        board = _default_input("board_power", catalogue.hardware.default("cpu", "board_w"), "method:board")
        parts.append((board.value.scaled(boards), (board,)))
    watts = sum_independent(*(part for part, _ in parts))
    inputs = tuple(item._replace(weight=part.best / watts.best) for part, items in parts for item in items)
    known = devices.notes if devices else ()
    return ItEnergy(0.0, watts.scaled(hours / W_PER_KW), inputs, (*known, *notes))


def _cpu(
    catalogue: Catalogue, request: Request, has_accelerators: bool
) -> tuple[Interval, tuple[Input, ...], tuple[str, ...]]:
    assert request.cpu_cores is not None
    per_core, notes = _cpu_power_per_core(catalogue, request.cpu)
    default = catalogue.hardware.default
    load = _default_input("cpu_load", default("cpu", "gpu_job_load" if has_accelerators else "load"))
    if request.utilization is not None and not has_accelerators:
        load = given("cpu_load", request.utilization, "1")
    idle = _default_input("cpu_idle_fraction", default("cpu", "idle_fraction"), "method:cpu_idle")
    tdp, mean, rest = per_core.value.best, load.value, idle.value

    def power_w(at_load: float, at_idle: float) -> float:
        watts: float = formulas.cpu_power_w(request.cpu_cores, tdp, at_load, at_idle)
        return watts

    by_load = Interval(*(power_w(value, rest.best) for value in mean))
    by_idle = Interval(*sorted(power_w(mean.best, value) for value in rest))
    best = power_w(mean.best, rest.best)
    inputs = (given("cpu_cores", request.cpu_cores, "1"), per_core, load, idle)
    return with_relative_width(best, per_core.value, by_load, by_idle), inputs, notes


@lru_cache(maxsize=1024)
def _cpu_power_per_core(catalogue: Catalogue, name: str | None) -> tuple[Input, tuple[str, ...]]:
    if name is None:
        figure = catalogue.hardware.default("cpu", "tdp_per_core_server_w")
        notes = ("No CPU named: the mean of server CPUs per core is used.",)
        return _default_input("cpu_tdp_per_core", figure, _ANY_CPU), notes
    cpu = catalogue.hardware.find_cpu(name)
    if cpu.tdp_w is None or cpu.cores is None:
        figure = catalogue.hardware.default("cpu", "tdp_per_core_server_w")
        known = f"{cpu.tdp_w.best:g} W, but no source states its cores" if cpu.tdp_w else "no source states its TDP"
        note = f"{cpu.name}: {known}; the mean TDP per core of server CPUs is used."
        return _default_input("cpu_tdp_per_core", figure, _ANY_CPU), (note,)
    basis = "assumed" if cpu.verified == "assumed" else "published"
    note = f"{cpu.name}: {cpu.tdp_w.best:g} W, {cpu.cores} cores"
    value, key = cpu.tdp_w.scaled(1 / cpu.cores), f"device:{cpu.name}"
    return Input("cpu_tdp_per_core", value, "W", basis, cpu.source, note, key=key), ()


def _memory(catalogue: Catalogue, request: Request) -> tuple[Interval, tuple[Input, ...]]:
    if request.memory_gb is not None:
        size = given("memory_gb", request.memory_gb, "GB")
    else:
        per_core = catalogue.hardware.default("cpu", "memory_gb_per_core")
        assert request.cpu_cores is not None
        size = _default_input("memory_gb", per_core._replace(value=per_core.value.scaled(request.cpu_cores)))
    power = _default_input("memory_power_per_gb", catalogue.hardware.memory_power(size.value.best), "method:memory")
    best = formulas.memory_power_w(size.value.best, power.value.best)
    return with_relative_width(best, size.value, power.value), (size, power)


def server_cores(catalogue: Catalogue, request: Request) -> Interval:
    """Cores of the whole server of which a run without accelerators uses a part. [1]"""
    cpu: Cpu | None = catalogue.hardware.find_cpu(request.cpu) if request.cpu else None
    if cpu and cpu.cores:
        return exact(_SOCKETS * cpu.cores)
    return catalogue.hardware.default("cpu", "server_cores").value
