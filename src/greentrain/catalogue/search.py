"""Searching the catalogue for a word."""

from __future__ import annotations

from greentrain.catalogue.names import fold
from greentrain.light_typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable

    from greentrain.catalogue.catalogue import Catalogue
    from greentrain.catalogue.records import Accelerator, CloudRegion, Cpu, Family, Instance, Place


class HardwareFound(NamedTuple):
    """Hardware whose names hold a word."""

    accelerators: tuple[Accelerator, ...]
    families: tuple[Family, ...]
    cpus: tuple[Cpu, ...]
    instances: tuple[Instance, ...]


class PlacesFound(NamedTuple):
    """Places and cloud regions whose names hold a word."""

    places: tuple[Place, ...]
    regions: tuple[CloudRegion, ...]


def search_hardware(catalogue: Catalogue, word: str = "") -> HardwareFound:
    """Find accelerators, families, CPUs and instance types by a part of a name; no word finds all.

    Parameters
    ----------
    word : str, optional
        Case and punctuation do not count.
    """
    hardware, wanted = catalogue.hardware, fold(word)
    accelerators = (
        device
        for device in hardware.accelerators
        if _holds(wanted, (device.id, device.name, device.vendor, device.family, *device.aliases))
    )
    families = (family for family in hardware.families.values() if _holds(wanted, (family.name,)))
    cpus = (cpu for cpu in hardware.cpus if _holds(wanted, (cpu.id, cpu.name, *cpu.aliases)))
    instances = (
        kind for kind in hardware.instances if _holds(wanted, (kind.instance, kind.provider, kind.accelerator))
    )
    return HardwareFound(tuple(accelerators), tuple(families), tuple(cpus), tuple(instances))


def search_places(catalogue: Catalogue, word: str = "") -> PlacesFound:
    """Find places and cloud regions by a part of a name; no word finds all.

    Parameters
    ----------
    word : str, optional
        Case and punctuation do not count.
    """
    places, wanted = catalogue.places, fold(word)
    found = (
        place
        for place in places.by_code.values()
        if _holds(wanted, (place.place, place.name, place.iso3, *place.aliases))
    )
    regions = (region for region in places.regions.values() if _holds(wanted, (region.code, region.name)))
    return PlacesFound(tuple(found), tuple(regions))


def _holds(wanted: str, names: Iterable[str]) -> bool:
    """Whether a folded word is part of a name; the empty one is part of any."""
    return not wanted or any(wanted in fold(name) for name in names)
