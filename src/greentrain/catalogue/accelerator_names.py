"""Accelerators as people, drivers and clouds write them; loaded for what is no name as it stands.

``8 x NVIDIA A100-SXM4-80GB GPUs`` is a count, a maker, a name and a noun; ``A100 1g.5gb`` is a seventh of one;
``TPU v4-512`` is a slice of 256 chips. Each word is read once. The rest has to be a name exactly, and what was said of
maker, line, memory, form and slice has to be true of the device: a T400 is no T4, and an AMD A100 is nothing.
"""

from __future__ import annotations

import re
from itertools import combinations

from greentrain.catalogue.accelerator_facts import KINDS_OF_WORDS, MemorySize, NotThat, Said, mig_parts, why_not
from greentrain.catalogue.name_words import Words, plain_text, split_words, whole
from greentrain.catalogue.names import FAMILY, fold
from greentrain.catalogue.records import NamedAccelerators
from greentrain.catalogue.tpu_names import KEPT_WHOLE, TpuSlice, read_tpu
from greentrain.errors import either
from greentrain.light_typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator

    from greentrain.catalogue.accelerator_facts import KnownHardware
    from greentrain.catalogue.records import Accelerator, Family

    Counts = tuple[list[int], list[tuple[int, str]]]
DEVICES_OF_A_SYSTEM = 8
"""Accelerators of a DGX or HGX system of which no table states the number. [1]"""
_KEPT_WHOLE = re.compile(rf"{KEPT_WHOLE}|mlu\d+-x\d|.*\d+g[._]\d+gb.*", re.IGNORECASE | re.ASCII)
_MIG = re.compile(r"(?:mig-?)?([1-7])g[._](\d{1,3})gb(?:\+(?:me(?:\.all)?|gfx))*", re.IGNORECASE | re.ASCII)
_MIG_WORDS = frozenset((("mig",), ("mig", "slice"), ("mig", "instance"), ("slice",), ("slice", "of")))
_MEMORY = re.compile(r"(\d{1,6}(?:\.\d+)?)(?:/(\d{1,3}))?(gib|gb|g|mib|mb)", re.IGNORECASE | re.ASCII)
_UNITS = frozenset(("gib", "gb", "g", "mib", "mb"))
_MEMORY_WORDS = frozenset(
    ("memory", "ram", "vram", "hbm", "hbm2", "hbm2e", "hbm3", "hbm3e", "gddr5", "gddr6", "gddr6x", "gddr7")
)
_BEFORE_MEMORY = frozenset(("with", "of"))
_SIZE = "\0"
"""Mark in the place of a size that was read."""
_MIB_PER_GB = 1024
_LEFT_BY_THE_DRIVER = 0.9
"""Part of its memory that a driver leaves to programs, at least. [1]"""
_NOUNS = frozenset(
    ("gpu", "gpus", "card", "cards", "accelerator", "accelerators", "processor", "processors", "unit", "units",
     "device", "devices", "chip", "chips", "gcd", "gcds", "core", "cores")
)  # fmt: skip
_CORES = frozenset(("core", "cores"))
_NOISE = frozenset((noun,) for noun in _NOUNS - _CORES) | {("tensor", "core"), ("graphics",), ("video",)}
_BOARDS = frozenset((("module",), ("modules",), ("board",), ("boards",)))
_SYSTEMS = frozenset((("dgx",), ("hgx",)))
_SYSTEM_NOUNS = frozenset((("system",), ("systems",), ("server",), ("servers",), ("node",), ("nodes",)))
_MACS = frozenset(
    (("macbook", "pro"), ("macbook", "air"), ("macbook",), ("mac", "mini"), ("mac", "studio"), ("mac", "pro"),
     ("imac",), ("apple", "silicon"))
)  # fmt: skip
_LINES = (
    (re.compile(r"[2-5]0[5-9]0(ti)?(super)?m?(laptop|mobile|maxq)?", re.IGNORECASE), ("RTX ", "GeForce RTX ")),
    (re.compile(r"(9[5-8]|10[5-8]|16[56])0(ti)?(super)?m?(laptop|mobile|maxq)?", re.IGNORECASE), ("GTX ",)),
    (re.compile(r"[5679]\d[05]0(xtx?|gre)", re.IGNORECASE), ("RX ",)),
    (re.compile(r"\d{4}(sff)?ada(generation)?|a\d{3,4}(laptop|mobile)?", re.IGNORECASE), ("RTX ",)),
    (re.compile(r"[kmp]\d000", re.IGNORECASE), ("Quadro ",)),
    (re.compile(r"t\d{3,4}(laptop|mobile)", re.IGNORECASE), ("", "Quadro ")),
    (re.compile(r"[ab][57]\d0", re.IGNORECASE), ("Arc ",)),
)
"""Numbers that one line of products has, and what people leave out before them."""
_PREFIXES = ("", "NVIDIA ", "GeForce ", "AMD ", "Radeon ", "Intel ", "Apple ")
_PLURAL = re.compile(r".*\d[a-z]?s", re.ASCII)
_MOST_OPTIONAL = 5
_SCHEDULER = re.compile(r"(?:gres[/:])?gpu:([^:=]*[a-z][^:=]*?)(?:[:=](\d{1,9}))?", re.IGNORECASE | re.ASCII)
_BUS = re.compile(
    r"(?:[^\[\]]*controller: *)?((?:nvidia|intel)(?: corporation)? |advanced micro devices, inc\. \[amd/ati\] )?"
    r"(?:[a-z]{2}\d{3}\w*|navi ?\d+|vega ?\d+|aldebaran|arcturus|ponte vecchio) \[([^\[\]]+)\](?: *\(rev \w+\))?",
    re.IGNORECASE | re.ASCII,
)


_KINDS_OF_COUNTS = tuple(
    map(
        frozenset,
        ((), ("times",), ("leading",), ("times", "leading"), ("nouns",), ("times", "nouns"), ("leading", "nouns")),
    )
)
"""Which counts are taken off, in turn: the digits of ``3080 Ti`` and ``RTX 3090 cards`` are none."""


class Described(NamedTuple):
    """One way to read a text: the words that have to be a name, and what is said of the device.

    Attributes
    ----------
    words : list of str
        What has to be a name.
    size_at : int
        Place of the first size of memory among the words.
    times : list of int
        Counts by a times sign or before the name. [1]
    of_nouns : list of (int, str)
        Counts of GPUs, cores and the like. [1]
    said : Said
        What has to be true of the device.
    is_board : bool
        Whether whole boards or modules are counted.
    system : str
        ``DGX`` or ``HGX``; blank for devices alone.
    """

    words: list[str]
    size_at: int
    times: list[int]
    of_nouns: list[tuple[int, str]]
    said: Said
    is_board: bool
    system: str


def read_accelerator_words(hardware: KnownHardware, text: str) -> NamedAccelerators:
    """Read accelerators from the words of a text.

    Raises
    ------
    NotThat
        If nothing has the name, with an empty rule, or if what is said of the device is not true of it.
    """
    plain = _of_a_scheduler(_of_a_bus(plain_text(text)))
    words = split_words(plain, _KEPT_WHOLE)
    if not words:
        raise NotThat("")
    _refuse_sign_without_number(hardware, words)
    if (tpu := read_tpu(Words(words))) is not None:
        return _tpu_chips(hardware, tpu)
    return _first_found(hardware, words)


def _refuse_sign_without_number(hardware: KnownHardware, words: list[str]) -> None:
    """Refuse ``A100 x``, which is no A100X; a Titan X is written so."""
    *name, last = words
    if last.casefold() != "x" or not _key(hardware, " ".join(name)):
        return
    key = hardware.key_of("".join(words))
    device = hardware.accelerator(key) if key and not key.startswith(FAMILY) else None
    if device is None or not any(other.casefold().endswith(" x") for other in (device.name, *device.aliases)):
        both = (" ".join(name), *((device.id,) if device else ()))
        raise NotThat("ends in a times sign without a number", both)


def _first_found(hardware: KnownHardware, words: list[str]) -> NamedAccelerators:
    """Return the first reading that names a device, else raise the first reason why one does not."""
    reason: NotThat | None = None
    for kinds in _KINDS_OF_COUNTS:
        counted = Words(words)
        counts = _counts(counted, kinds)
        for described in (_named_in_full(hardware, counted, counts), _described(Words(words), kinds)):
            try:
                if described and (found := _found(hardware, described)) is not None:
                    return found
            except NotThat as why:
                if why.is_ambiguous:
                    raise
                reason = reason or why
    raise reason or NotThat("")


def _named_in_full(hardware: KnownHardware, words: Words, counts: Counts) -> Described | None:
    """Return words that are a name with everything that stands in it, as a driver's is; None when they are none."""
    words.left = _without_nouns(hardware, words.left)
    if not _key(hardware, " ".join(words.left)):
        words.take_places_to_compute()
        words.left = _without_nouns(hardware, words.left)
    name = " ".join(words.left)
    is_plural = bool(words.left and _PLURAL.fullmatch(words.left[-1])) and _is_several(counts)
    if not _key(hardware, name) or (is_plural and _key(hardware, name[:-1])):
        return None
    return Described([name], 0, *counts, Said((), (), None), is_board=False, system="")


def _without_nouns(hardware: KnownHardware, words: list[str]) -> list[str]:
    """Leave out nouns at the end until a name is left, or no noun."""
    kept = [*words]
    while len(kept) > 1 and (kept[-1].casefold(),) in _NOISE and not _key(hardware, " ".join(kept)):
        kept.pop()
    return kept if _key(hardware, " ".join(kept)) else words


def _counts(words: Words, kinds: frozenset[str]) -> Counts:
    """Take off the counts of these kinds."""
    times = words.take_times() if "times" in kinds else []
    if "leading" in kinds and (number := words.take_leading_number()) is not None:
        times.append(number)
    return times, words.take_counted(_NOUNS) if "nouns" in kinds else []


def _tpu_chips(hardware: KnownHardware, tpu: TpuSlice) -> NamedAccelerators:
    key = hardware.key_of(tpu.name) or ""
    if key.startswith(FAMILY):
        members = hardware.families[key.removeprefix(FAMILY)].members
        raise NotThat("several accelerators have this name", members, is_ambiguous=True)
    if not key:
        raise NotThat("")
    return NamedAccelerators(hardware.accelerator(key), None, tpu.number, 1.0)


def _of_a_scheduler(text: str) -> str:
    """Read ``gpu:l40s:4``, as Slurm writes devices: in small letters, but never as a plural."""
    found = _SCHEDULER.fullmatch(text)
    if found is None:
        return text
    return f"{found[2]} x {found[1].upper()}" if found[2] else found[1].upper()


def _of_a_bus(text: str) -> str:
    """Read ``NVIDIA Corporation GA100 [A100 PCIe 40GB]``, as lspci writes a chip and the card in brackets."""
    found = _BUS.fullmatch(text)
    return f"{(found[1] or '').partition(',')[0]} {found[2]}".strip() if found else text


def _described(words: Words, kinds: frozenset[str]) -> Described:
    sizes = _sizes(words)
    mig = _mig(words)
    times, of_nouns = _counts(words, kinds)
    words.take_places_to_compute()
    is_mac = bool(words.take_all(_MACS))
    vendors = words.take_vendor()
    system = words.take(_SYSTEMS)
    if system:
        words.take_all(_SYSTEM_NOUNS)
    is_board = bool(words.take_all(_BOARDS))
    words.take_all(_NOISE)
    size_at = words.left.index(_SIZE) if sizes else 0
    words.left = [word for word in words.left if word != _SIZE]
    said = Said((*vendors, *(("Apple",) if is_mac else ())), tuple(sizes), mig)
    return Described(words.left, size_at, times, of_nouns, said, is_board, system.phrase[0].upper() if system else "")


def _sizes(words: Words) -> list[MemorySize]:
    """Take sizes of memory with the words that belong to them, and leave a mark where the first one stood."""
    sizes: list[MemorySize] = []
    place = 0
    while place < len(words.left):
        joined = words.left[place]
        ends = place + 1
        if whole(joined) is not None and "".join(words.left[ends : ends + 1]).casefold() in _UNITS:
            joined, ends = joined + words.left[ends], ends + 1
        found = _MEMORY.fullmatch(joined)
        if found is None:
            place += 1
            continue
        while ends < len(words.left) and words.left[ends].casefold() in _MEMORY_WORDS | {"of"}:
            ends += 1
        words.left[place:ends] = [] if sizes else [_SIZE]
        words.take_before(place, _BEFORE_MEMORY)
        place = words.left.index(_SIZE) + 1
        sizes.append(_size(float(found[1]), float(found[2] or found[1]), found[3].casefold()))
    return sizes


def _size(low: float, high: float, unit: str) -> MemorySize:
    if unit.startswith("m"):
        return MemorySize(low / _MIB_PER_GB, high / _MIB_PER_GB / _LEFT_BY_THE_DRIVER)
    return MemorySize(low, high)


def _mig(words: Words) -> tuple[int, int] | None:
    found = [match for word in words.left if (match := _MIG.fullmatch(word))]
    if len(found) != 1:
        return None
    words.left.remove(found[0][0])
    words.take_all(_MIG_WORDS)
    return int(found[0][1]), int(found[0][2])


def _found(hardware: KnownHardware, described: Described) -> NamedAccelerators | None:
    """Find what the words name and is as it is said to be."""
    reason: NotThat | None = None
    for name, removed, has_size in _names(described):
        key = _key(hardware, name) or _key_of_system(hardware, described, name)
        if key is None:
            continue
        said = described.said._replace(removed=removed, sizes=described.said.sizes[1 if has_size else 0 :])
        try:
            return _named(hardware, key, described, said, name)
        except NotThat as why:
            if why.is_ambiguous:
                raise
            reason = reason or why
    if reason:
        raise reason
    return None


def _names(described: Described) -> Iterator[tuple[str, tuple[str, ...], bool]]:
    """Iterate over names that the words may be, which words were left out, and whether the size is in the name."""
    words = [{"notebook": "Laptop", "mobile": "Laptop"}.get(word.casefold(), word) for word in described.words]
    optional = [place for place, word in enumerate(words) if word.casefold() in KINDS_OF_WORDS][:_MOST_OPTIONAL]
    for number in range(len(optional) + 1):
        for left_out in combinations(optional, number):
            kept = [word for place, word in enumerate(words) if place not in left_out]
            removed = tuple(words[place].casefold() for place in left_out)
            at = described.size_at - sum(place < described.size_at for place in left_out)
            for spelled in _singular(kept, described) if kept else ():
                yield from _with_size(spelled, at, removed, described)


def _singular(words: list[str], described: Described) -> Iterator[list[str]]:
    """Iterate over words with a plural read as one and as it stands; of several devices the plural comes first."""
    single = [word[:-1] if _PLURAL.fullmatch(word) else word for word in words]
    forms = [words] if single == words else [words, single]
    yield from reversed(forms) if _is_several((described.times, described.of_nouns)) else forms


def _is_several(counts: Counts) -> bool:
    times, of_nouns = counts
    return any(count > 1 for count in (*times, *(count for count, _ in of_nouns)))


def _with_size(
    words: list[str], size_at: int, removed: tuple[str, ...], described: Described
) -> Iterator[tuple[str, tuple[str, ...], bool]]:
    """Iterate over names with the first size of memory where it stood, at the end, and without it."""
    sizes = described.said.sizes
    if sizes and sizes[0].low == sizes[0].high:
        size = f"{sizes[0].low:g}GB"
        for name in dict.fromkeys((" ".join([*words[:size_at], size, *words[size_at:]]), " ".join([*words, size]))):
            yield from ((spelled, removed, True) for spelled in _prefixed(name, words, described))
    yield from ((spelled, removed, False) for spelled in _prefixed(" ".join(words), words, described))


def _prefixed(name: str, words: list[str], described: Described) -> Iterator[str]:
    """Iterate over a name behind the maker and the line of products that people leave out."""
    yield from (f"{vendor} {name}" for vendor in described.said.vendors)
    yield from (prefix + name for prefix in _PREFIXES)
    folded = fold("".join(words))
    for pattern, lines in _LINES:
        if pattern.fullmatch(folded):
            yield from (line + name for line in lines)


def _key(hardware: KnownHardware, name: str) -> str | None:
    """Return the key of a name; signs such as a slash count only where the catalogue writes the name with them."""
    key = hardware.key_of(name)
    if key is None and "Laptop" in name:
        key = hardware.key_of(name.replace("Laptop", "Mobile"))
    signs = {sign for sign in name if not sign.isalnum() and sign not in " _-"}
    if key is None or not signs:
        return key
    device = None if key.startswith(FAMILY) else hardware.accelerator(key)
    written = (device.name, *device.aliases) if device else ()
    return key if any(fold(other) == fold(name) and signs <= set(other) for other in written) else None


def _key_of_system(hardware: KnownHardware, described: Described, name: str) -> str | None:
    """Return the device of a DGX or HGX system whose own name says no more, such as ``DGX-2``, or of a rack."""
    whole_name = f"{described.system} {name}".strip()
    if described.system and (key := hardware.key_of(whole_name)):
        return key
    system = hardware.system(whole_name)
    return system[0] if system else None


def _named(hardware: KnownHardware, key: str, described: Described, said: Said, name: str) -> NamedAccelerators:
    """Keep of the devices of a name those that are as they are said to be, and count them."""
    family = hardware.families[key.removeprefix(FAMILY)] if key.startswith(FAMILY) else None
    members = [hardware.accelerator(member) for member in (family.members if family else (key,))]
    usual = next((device for device in members if family and device.id == family.usual), members[0])
    per_system = _per_system(hardware, described, name)
    number = {device.id: _number(described, device, per_system) for device in members}
    reasons = {device.id: why_not(device, said, number[device.id] or 1) for device in members}
    kept = [device for device in members if not reasons[device.id]]
    if not kept:
        raise NotThat(_reason_of_all(family, members, reasons[usual.id], said))
    profile, narrowed = _narrowed(family, kept, usual, said)
    counted, note = number[profile.id], _plural_note(hardware, described, name)
    if said.holds_boards(profile) and not described.is_board:
        counted = (counted or 1) * profile.devices_per_board
        devices = profile.devices_per_board
        note = f"{profile.name}: so much memory is that of a whole board, which shows as {devices} devices."
    fraction = mig_parts(profile, said.mig) if said.mig else 1.0
    return NamedAccelerators(profile, narrowed, counted, fraction, note)


def _reason_of_all(family: Family | None, members: list[Accelerator], reason: str, said: Said) -> str:
    """Say of a family what is not true of any of its devices."""
    if family is None:
        return reason
    known = sorted({device.memory_gb for device in members if device.memory_gb})
    if known and said.sizes and not any(size.holds(each) for size in said.sizes for each in known):
        return f"{family.name} has {either([f'{size:g}' for size in known])} GB, not {said.sizes[0]}"
    return next((reason.replace(device.name, family.name) for device in members if device.name in reason), reason)


def _narrowed(
    family: Family | None, kept: list[Accelerator], usual: Accelerator, said: Said
) -> tuple[Accelerator, Family | None]:
    """Choose of the devices that are left the usual one, or the first of its class."""
    if family is None or (len(kept) == 1 and len(family.members) > 1):
        return kept[0], None
    if not family.usual:
        raise NotThat("several accelerators have this name", tuple(device.id for device in kept), is_ambiguous=True)
    if len(kept) == len(family.members):
        return usual, family
    by_class = [device for device in kept if device.hardware_class == usual.hardware_class]
    chosen = usual if usual in kept else [*by_class, *kept][0]
    sizes = {device.memory_gb for device in kept}
    size = f" {chosen.memory_gb:g}GB" if said.sizes and len(sizes) == 1 else ""
    members = tuple(device.id for device in kept)
    return chosen, family._replace(name=f"{family.name}{size}", usual=chosen.id, members=members)


def _per_system(hardware: KnownHardware, described: Described, name: str) -> int:
    """Return the devices of the system that is named, else 0."""
    system = hardware.system(f"{described.system} {name}".strip())
    return system[1] if system else DEVICES_OF_A_SYSTEM if described.system else 0


def _number(described: Described, device: Accelerator, per_system: int) -> int | None:
    """Return how many devices are counted, as devices, boards or systems."""
    of_nouns = [count for count, noun in described.of_nouns if noun not in _CORES]
    if len(of_nouns) < len(described.of_nouns) and device.vendor != "Apple":
        raise NotThat("counts cores; leave them out, or count devices")
    each = per_system or (device.devices_per_board if described.is_board else 1)
    if len(described.times) > 1 or len(of_nouns) > 1:
        return _told_twice([*described.times, *of_nouns])
    if not described.times:
        if of_nouns:
            return of_nouns[0] * (each if described.is_board else 1)
        return each if per_system or each > 1 else None
    (times,) = described.times
    if not of_nouns:
        return times * each
    if of_nouns[0] in (times * each, times * device.devices_per_board):
        return of_nouns[0]
    return times * of_nouns[0] if per_system and of_nouns[0] <= per_system else _told_twice([times, *of_nouns])


def _told_twice(counts: list[int]) -> int:
    if len(set(counts)) == 1:
        return counts[0]
    raise NotThat(f"states two counts, {counts[0]} and {counts[1]}; name one device and give {{count}}")


def _plural_note(hardware: KnownHardware, described: Described, name: str) -> str:
    """Say so where a plural is the name of another card: 8 L40s are L40, not L40S."""
    last = name.rsplit(" ", 1)[-1]
    if (
        not _is_several((described.times, described.of_nouns))
        or f"{last}s" not in described.words
        or hardware.key_of(f"{name}s") is None
    ):
        return ""
    return f"{last}s is read as several {last}; write {last}S for the other card."
