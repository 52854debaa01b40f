"""Hardware and places as papers name them, found in the catalogue or refused with a reason, never guessed."""

import re
from typing import NamedTuple

from greentrain.catalogue import Catalogue
from greentrain.catalogue.hardware import TPU_CORES_PER_CHIP
from greentrain.catalogue.names import fold
from greentrain.errors import AmbiguousName, UnknownName

_REMARK = re.compile(r"\s*\(([^)]*)\)")
_TIMES = re.compile(r"([1-9]\d*)\s*(?:x|\N{MULTIPLICATION SIGN})\s*(?=[A-Za-z])", re.IGNORECASE)
_SLICE = re.compile(r"(?:google\s*)?(?:cloud\s*)?(?:tpu\s*)?(v[234]|v5p)\s*-\s*([1-9]\d*)", re.IGNORECASE)
_DEVICES_APART = re.compile(r"\s*/\s*|\s*\+\s*|\s*,\s*|\s+and\s+")
_NAMELESS = ("gpu", "gpus", "accelerator", "cuda", "cloud gpu")
_FILLER = re.compile(r"\b(average|mean|assumed|data ?cent(re|er)s?|grid|mix|region|the)\b", re.IGNORECASE)
_PROVIDERS = {"google": "gcp", "gcp": "gcp", "aws": "aws", "amazon": "aws", "azure": "azure", "microsoft": "azure"}
_PLACES = re.compile(r"\b\d+ \w+ regions\b|\w/\w")
_COMMON = {"useast": "US", "uswest": "US", "uscentral": "US"}
"""Halves of cloud region names whose every region lies in one country."""


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
    """Find the place that a paper names.

    Tried in turn: the text as it is, then without remarks in brackets and fillers such as "average", then the parts
    between commas, each first as a region of the provider that is named. The first that the catalogue has counts.

    Parameters
    ----------
    text : str
        The place as printed, for example ``Google Iowa (Council Bluffs)`` or ``Jean Zay, France``.
    catalogue : Catalogue
        Where the places and regions are.
    """
    if not text.strip():
        return RecordPlace()
    plain = _REMARK.sub("", text).strip()
    remarks = _REMARK.findall(text)
    if _PLACES.search(plain):
        return RecordPlace(reason=f"{text!a} is more than one place")
    provider = next((word for word in plain.split() if word.casefold() in _PROVIDERS), "")
    parts = [part.strip() for name in (plain, *remarks) for part in _without_filler(name).split(",")]
    regions = [name for part in parts for name in ([f"{provider} {part}", part] if provider else [part])]
    for name in (text, plain, _without_filler(plain), *regions):
        if fold(name) == "georgia" and not {"us", "usa", "unitedstates"} & {fold(part) for part in parts}:
            return RecordPlace(reason="Georgia is a country and a state of the US")
        found = _place("US-GA" if fold(name) == "georgia" else name, catalogue)
        if found.code or found.reason:
            return found
    return RecordPlace(reason=f"{text!a} names no place in the catalogue")


def _without_filler(name: str) -> str:
    return " ".join(_FILLER.sub("", name).split())


def _place(name: str, catalogue: Catalogue) -> RecordPlace:
    if not fold(name) or name.casefold() in _PROVIDERS:
        return RecordPlace()
    first, _, rest = name.partition(" ")
    provider = _PROVIDERS.get(first.casefold(), "") if rest else ""
    if provider:
        return _region(provider, rest, catalogue) or _place(rest, catalogue)
    try:
        return RecordPlace(catalogue.places.find(name).code)
    except AmbiguousName as error:
        return RecordPlace(reason=f"{name!a} may be {' or '.join(error.suggestions)}")
    except UnknownName:
        return RecordPlace(_COMMON.get(fold(name), ""))


def _region(provider: str, name: str, catalogue: Catalogue) -> RecordPlace | None:
    """Find a provider's region by its code, or by the one region that has this place in its name."""
    try:
        return RecordPlace(catalogue.places.find(f"{provider}:{name}").code)
    except UnknownName:
        pass
    regions = [region for region in catalogue.places.regions.values() if region.provider == provider]
    there = [region.code for region in regions if fold(name) in {fold(part) for part in re.split(r"[,(]", region.name)}]
    return RecordPlace(there[0]) if len(there) == 1 else None
