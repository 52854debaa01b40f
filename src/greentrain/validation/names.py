"""Hardware and places as papers name them, found in the catalogue or refused with a reason, never guessed."""

import re
from typing import NamedTuple

from greentrain.catalogue import Catalogue
from greentrain.catalogue.tpu_names import TPU_CORES_PER_CHIP
from greentrain.catalogue.unknown_words import means_unknown
from greentrain.errors import AmbiguousName, UnknownName, either

_REMARK = re.compile(r"\s*\(([^)]*)\)")
_TIMES = re.compile(r"([1-9]\d*)\s*(?:x|\N{MULTIPLICATION SIGN})\s*(?=[A-Za-z])", re.IGNORECASE)
_SLICE = re.compile(r"(?:google\s*)?(?:cloud\s*)?(?:tpu\s*)?(v[234]|v5p)\s*-\s*([1-9]\d*)", re.IGNORECASE)
_DEVICES_APART = re.compile(r"\s*/\s*|\s*\+\s*|\s*,\s*|\s+and\s+")
_NAMELESS = ("gpu", "gpus", "accelerator", "cuda", "cloud gpu")


class RecordHardware(NamedTuple):
    """The hardware that a paper names.

    Attributes
    ----------
    name : str
        A name that the catalogue has; blank when there are no accelerators or the name cannot be resolved.
    devices_per_count : float
        Devices per unit that the paper counts: half a chip for a TPU core, 4 for one slice called v3-8. [1]
    is_cpu : bool
        Whether the run had no accelerator.
    reason : str
        Why the name cannot be resolved; blank when it can.
    """

    name: str = ""
    devices_per_count: float = 1.0
    is_cpu: bool = False
    reason: str = ""


def find_hardware(text: str, catalogue: Catalogue, count: float | None = None) -> RecordHardware:
    """Find the hardware that a paper's name means.

    Remarks in brackets are left out, but for "cores" behind a TPU, of which two make a chip. A leading ``8x`` and the
    names of TPU slices up to v5p, which count cores, give the number of devices of one node or slice. Several devices
    in one name, and names that no single device has, are refused.

    Parameters
    ----------
    text : str
        The name as printed, for example ``TPUv3 (chips)`` or ``A100-SXM4-80GB``.
    catalogue : Catalogue
        Where the devices are.
    count : float, optional
        How many the paper counts, which separates nodes and slices from devices and cores. [1]
    """
    plain = _REMARK.sub("", text).strip()
    if not plain:
        return RecordHardware(reason="no hardware is named")
    if re.match(r"CPUs?\b", plain, re.IGNORECASE):
        return RecordHardware(is_cpu=True)
    if plain.lower() in _NAMELESS:
        return RecordHardware(reason=f"{text!a} names no device")
    if found := _SLICE.fullmatch(plain):
        cores, chips = int(found[2]), int(found[2]) / TPU_CORES_PER_CHIP
        per_count = _per_count(count, {1: chips, chips: 1, cores: chips / cores})
        return _counted_device(text, f"TPU {found[1]}", per_count, catalogue)
    if found := _TIMES.match(plain):
        per_count = _per_count(count, {1: int(found[1]), int(found[1]): 1})
        return _counted_device(text, plain[found.end() :], per_count, catalogue)
    in_cores = re.search(r"\bcores?\b", text, re.IGNORECASE) and "tpu" in plain.lower()
    single = _device(plain, 1 / TPU_CORES_PER_CHIP if in_cores else 1.0, catalogue)
    return single if not single.reason else _several_devices(text, plain, catalogue) or single


def _per_count(count: float | None, by_count: dict[float, float]) -> float | None:
    """Devices per unit counted, by what is counted; the name itself is one node or slice."""
    return by_count.get(1 if count is None else count)


def _counted_device(text: str, name: str, per_count: float | None, catalogue: Catalogue) -> RecordHardware:
    if per_count is None:
        return RecordHardware(reason=f"{text!a} fits neither devices nor nodes of that count")
    return _device(name, per_count, catalogue)


def _device(name: str, devices_per_count: float, catalogue: Catalogue) -> RecordHardware:
    try:
        catalogue.hardware.find_accelerator(name)
    except AmbiguousName as error:
        return RecordHardware(reason=f"{name!a} may be {', '.join(error.suggestions[:-1])} or {error.suggestions[-1]}")
    except UnknownName:
        return RecordHardware(reason=f"{name!a} is not in the catalogue")
    return RecordHardware(name, devices_per_count)


def _several_devices(text: str, plain: str, catalogue: Catalogue) -> RecordHardware | None:
    """Refuse a name of which at least two parts are devices; None for any other."""
    parts = [part for part in _DEVICES_APART.split(plain) if part and not _device(part, 1, catalogue).reason]
    return RecordHardware(reason=f"{text!a} mixes {' and '.join(parts)}") if len(parts) > 1 else None


class RecordPlace(NamedTuple):
    """A place's code, or the reason why there is none; both blank when no place is named."""

    code: str = ""
    reason: str = ""


def find_place(text: str, catalogue: Catalogue) -> RecordPlace:
    """Find the place that a paper's words mean, as the location of an estimate; unknown words name no place.

    Parameters
    ----------
    text : str
        The place as printed, for example ``Google Iowa (Council Bluffs)`` or ``Jean Zay, France``.
    catalogue : Catalogue
        Where the places and regions are.
    """
    if means_unknown(text):
        return RecordPlace()
    try:
        return RecordPlace(catalogue.places.find(text).code)
    except AmbiguousName as error:
        if error.rule.startswith("is "):
            return RecordPlace(reason=f"{text!a} {error.rule}")
        return RecordPlace(reason=f"{text!a} may be {either(error.suggestions)}")
    except UnknownName:
        return RecordPlace(reason=f"{text!a} names no place in the catalogue")
