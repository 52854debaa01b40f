"""What devices can draw at most: a reading beyond it is a fault of its sensor, or of the record."""

from collections.abc import Iterable
from functools import cache

from greentrain.catalogue import load_catalogue
from greentrain.errors import GreentrainError
from greentrain.estimation.devices import find_devices, is_unknown_device

_MOST_SOCKETS = 2
"""Chips that a computer is taken to have where only the name of its CPU is known."""


def peak_w(kind: str, tdp_w: float) -> float:
    """Return the power that a device does not exceed for a second: it may draw more than its TDP for a while. [W]

    Parameters
    ----------
    kind : {'gpu', 'cpu'}
        The kind of component.
    tdp_w : float
        TDP, or the limit that its driver enforces. [W]
    """
    hardware_class = "cpu" if kind == "cpu" else "any"
    return tdp_w * load_catalogue().hardware.default(hardware_class, "peak_over_tdp").value.high


@cache
def peak_by_name_w(kind: str, name: str) -> float | None:
    """Return the power that a device of this name does not exceed [W]; None for a name that the catalogue has not."""
    catalogue = load_catalogue()
    if is_unknown_device(catalogue, kind, name):
        return None
    try:
        if kind == "gpu":
            tdp_w = find_devices(catalogue, name, None, None).profile.tdp_w
        else:
            tdp_w = catalogue.hardware.find_cpu(name).tdp_w
    except GreentrainError:
        return None
    return peak_w(kind, tdp_w.high) if tdp_w else None


def ceilings_by_name(devices: Iterable[tuple[str, str]]) -> dict[str, float]:
    """Return the power that accelerators and CPUs of a computer do not exceed, where the catalogue has them all. [W]

    Parameters
    ----------
    devices : iterable of (str, str)
        Kind of component, and name, of each device.
    """
    found: dict[str, list[float | None]] = {"gpu": [], "cpu": []}
    for kind, name in devices:
        if kind in found:
            found[kind].append(peak_by_name_w(kind, name))
    known = {kind: [watts for watts in each if watts is not None] for kind, each in found.items()}
    sums = {kind: sum(watts) for kind, watts in known.items() if watts and len(watts) == len(found[kind])}
    return {kind: watts * (_MOST_SOCKETS if kind == "cpu" else 1) for kind, watts in sums.items()}
