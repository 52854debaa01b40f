"""Which accelerators a run has: those that the user named, by device, by instance type or by both."""

from functools import lru_cache

from greentrain.catalogue import Accelerator, Catalogue, Family, Instance
from greentrain.catalogue.hardware import device_name
from greentrain.errors import Contradiction
from greentrain.estimation.ranges import checked_number
from greentrain.record import Record


class ResolvedDevices(Record):
    """The accelerators of a run: which, how many, and which part of each."""

    profile: Accelerator
    family: Family | None
    count: int
    fraction: float
    instance: Instance | None
    notes: tuple[str, ...]

    @property
    def name(self) -> str:
        """The device by what the user said of it."""
        return device_name(self.profile, self.family and self.family.name)

    def profiles(self, catalogue: Catalogue) -> list[Accelerator]:
        """List the device and, where its name covers several, the others."""
        members = self.family.members if self.family else ()
        return [self.profile, *(catalogue.hardware.accelerator(key) for key in members)]

    def __hash__(self) -> int:
        # Enough to tell devices apart, and much less than all fields of a profile.
        return hash((self.profile.id, self.count, self.fraction))


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
        return _devices_of_instance(catalogue, gpu, instance, count)
    assert gpu is not None
    found = catalogue.hardware.read_accelerator(gpu)
    number = None if found.number is None else int(checked_number("count", found.number))
    count = _counted("gpu", gpu, number, count)
    notes = (*filter(None, (found.note,)), *_device_notes(catalogue, found.profile))
    if found.fraction != 1:
        name = device_name(found.profile, found.family and found.family.name)
        notes = (f"{gpu.strip()}: {found.fraction:.3g} of each {name}.", *notes)
    return ResolvedDevices(found.profile, found.family, count, found.fraction, None, notes)


@lru_cache(maxsize=4096)
def is_unknown_device(catalogue: Catalogue, parameter: str, name: str) -> bool:
    """Return whether nothing has a name that is on record: looked up once, since many runs have the same."""
    return catalogue.hardware.is_unknown(parameter, name)


def _counted(parameter: str, text: str, number: int | None, count: int | None) -> int:
    if number is not None and count not in (None, number):
        raise Contradiction("count", count, f"contradicts {{{parameter}}} {text!r}, which means {number}")
    return number or count or 1


def _devices_of_instance(catalogue: Catalogue, gpu: str | None, instance: str, count: int | None) -> ResolvedDevices:
    found, number = catalogue.hardware.read_instance(instance)
    profile, count = catalogue.hardware.accelerator(found.accelerator), _counted("instance", instance, number, count)
    devices = found.accelerator_count * count
    if gpu is not None:
        named = catalogue.hardware.read_accelerator(gpu)
        members = (named.profile.id, *(named.family.members if named.family else ()))
        if profile.id not in members or named.number not in (None, devices) or named.fraction != 1:
            raise Contradiction("gpu", gpu, f"contradicts {{instance}} {found.instance}, which has {profile.name}")
    part = "" if found.fraction_of_device == 1 else f", {found.fraction_of_device:.3g} of each"
    note = f"{count} x {found.instance} ({found.provider}): {devices} x {profile.name}{part}."
    notes = (note, *_device_notes(catalogue, profile))
    return ResolvedDevices(profile, None, devices, found.fraction_of_device, found, notes)


def _device_notes(catalogue: Catalogue, profile: Accelerator) -> tuple[str, ...]:
    name, devices = profile.name, profile.devices_per_board
    own = (f"{name}: the figures are from your own profiles.",)
    several = (f"{name}: counted per visible device; one board shows as {devices} devices.",)
    is_own = profile.id in catalogue.hardware.own_accelerators
    return (*(own if is_own else ()), *(several if devices > 1 else ()))
