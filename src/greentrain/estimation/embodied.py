"""The run's share of making the hardware."""

from functools import lru_cache
from typing import NamedTuple

from greentrain import formulas
from greentrain.catalogue import Catalogue, Cpu, Family, Figure
from greentrain.estimation.devices import ResolvedDevices
from greentrain.estimation.request import Request
from greentrain.inputs import Input
from greentrain.interval import Interval, exact, spanning, sum_independent, with_relative_width

_SOCKETS = 2.0
"""Sockets of the usual server. [1]"""
_HOST_INSIDE = "with_host_share"


class EmbodiedInputs(NamedTuple):
    """Embodied emissions of one accelerator with its part of the node, and how long they serve."""

    device: Input
    node_share: Input
    lifetime: Input
    in_use: Input

    @property
    def inputs(self) -> tuple[Input, ...]:
        """What the embodied emissions follow from."""
        return (self.device, self.node_share, self.lifetime, self.in_use)


def embodied(
    catalogue: Catalogue, request: Request, devices: ResolvedDevices | None, hours: float
) -> tuple[Interval, tuple[Input, ...]]:
    """Return the embodied emissions of a run and the inputs that they follow from. [kg CO2e]

    Parameters
    ----------
    hours : float
        Wall-clock time, all identical runs together. [h]
    """
    if devices is None:
        count = _servers(catalogue, request)
        making = _making_of_server(catalogue)
    else:
        count = exact(devices.count * devices.fraction)
        making = _making_of_devices(catalogue, devices.profile.id, devices.family)
    device, node, lifetime, in_use = (item.value for item in making.inputs)
    best = formulas.embodied_kg(count.best, device.best, node.best, hours, lifetime.best, in_use.best)
    return with_relative_width(best, count, sum_independent(device, node), lifetime, in_use), making.inputs


@lru_cache(maxsize=1024)
def _making_of_devices(catalogue: Catalogue, key: str, family: Family | None) -> EmbodiedInputs:
    """Return what making a device emits; the intervals of a family's usual member span the others."""
    usual = _making(catalogue, key)
    every = [usual, *(_making(catalogue, member) for member in (family.members if family else ()))]
    device = usual.device._replace(value=spanning(usual.device.value, *(one.device.value for one in every)))
    node = usual.node_share._replace(value=spanning(usual.node_share.value, *(one.node_share.value for one in every)))
    return usual._replace(device=device, node_share=node)


def _servers(catalogue: Catalogue, request: Request) -> Interval:
    """Part of a server, or number of servers, that the run's cores are. [1]"""
    cores = _server_cores(catalogue, request)
    used = request.cpu_cores
    assert used is not None
    return Interval(used / cores.high, used / cores.best, used / cores.low)


def _server_cores(catalogue: Catalogue, request: Request) -> Interval:
    """Cores of the whole server of which a run without accelerators uses a part. [1]"""
    cpu: Cpu | None = catalogue.hardware.find_cpu(request.cpu) if request.cpu else None
    if cpu and cpu.cores:
        return exact(_SOCKETS * cpu.cores)
    return catalogue.hardware.default("cpu", "server_cores").value


def _making(catalogue: Catalogue, key: str) -> EmbodiedInputs:
    profile = catalogue.hardware.accelerator(key)
    if profile.embodied_kg is None:
        device = _input("device_embodied", catalogue.hardware.default(profile.hardware_class, "device_kg"))
    else:
        value, source = profile.embodied_kg, profile.embodied_source
        basis = "assumed" if profile.embodied_scope == "assumption" else "published"
        device = Input("device_embodied", value, "kg", basis, source, profile.embodied_scope, 0.0, f"making:{key}")
    node = _input("node_share_embodied", catalogue.hardware.default(profile.hardware_class, "node_share_kg"))
    if profile.embodied_scope == _HOST_INSIDE:
        node = node._replace(value=exact(0.0), note="inside the device's figure")
    return EmbodiedInputs(device, node, *_service(catalogue))


@lru_cache(maxsize=16)
def _making_of_server(catalogue: Catalogue) -> EmbodiedInputs:
    server = _input("node_share_embodied", catalogue.hardware.default("cpu", "server_kg"))
    return EmbodiedInputs(
        server._replace(name="device_embodied", value=exact(0.0), note="no accelerator"), server, *_service(catalogue)
    )


def _service(catalogue: Catalogue) -> tuple[Input, Input]:
    default = catalogue.hardware.default
    lifetime = _input("lifetime", default("any", "lifetime_hours"))
    return lifetime, _input("share_of_life_in_use", default("any", "share_of_life_in_use"))


def _input(name: str, figure: Figure) -> Input:
    key = f"making:{name}:{figure.source}"
    return Input(name, figure.value, figure.unit, figure.basis, figure.source, figure.notes, 0.0, key)
