"""Slices of TPUs: ``TPU v4-32 Pod slice``, ``2 x v5e-8``, ``TPU v5e (4x4)``, ``512 TPU v3 cores``."""

from __future__ import annotations

import re
from math import prod

from greentrain.catalogue.accelerator_facts import NotThat
from greentrain.light_typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from greentrain.catalogue.name_words import Words

TPU_CORES_PER_CHIP = 2
"""Of the generations whose slices are counted in cores: all but v5e and v6e. [1]"""
_COUNTED_IN_CHIPS = ("v5e", "v6e")
_HOST_CHIPS = 4
"""Chips of a host, of which the slices that are counted in cores are made. [1]"""
KEPT_WHOLE = r"(?:tpu-?)?v\d[a-z]*-\d+|tpu\d[a-z]*-\d+|\d+x\d+(?:x\d+)?"
"""Words that a hyphen does not divide, and sizes of a torus."""
_SLICE = re.compile(r"(?:tpu-?v?|v)(\d)(e|p|i|x|lite|litepod)?-(\d{1,6})", re.IGNORECASE | re.ASCII)
_GENERATION = re.compile(r"(?:tpu)?v?(\d)(e|p|i|x|lite|litepod)?", re.IGNORECASE | re.ASCII)
_TORUS = re.compile(r"\d{1,3}x\d{1,3}(?:x\d{1,3})?", re.IGNORECASE | re.ASCII)
_NOUNS = frozenset(("core", "cores", "chip", "chips"))
_FILLERS = frozenset(
    (word,)
    for word in ("cloud", "tpu", "tpus", "pod", "pods", "podslice", "slice", "slices", "vm", "vms", "host", "with",
                 "topology", "accelerator", "accelerators", "lite", "core", "cores", "chip", "chips")
)  # fmt: skip


class TpuSlice(NamedTuple):
    """The name of a TPU, and how many chips. [1]"""

    name: str
    number: int


def read_tpu(words: Words) -> TpuSlice | None:
    """Read a slice, a torus or a count of cores; None for what is none of them.

    Raises
    ------
    NotThat
        For a slice that does not exist, or two counts that contradict each other.
    """
    text = [word.casefold() for word in words.left]
    slices = [found for word in text if (found := _SLICE.fullmatch(word))]
    tori = [word for word in text if _TORUS.fullmatch(word)]
    is_tpu = any("tpu" in word for word in text)
    is_in_cores = not {"core", "cores"}.isdisjoint(text)
    if len(slices) + len(tori) > 1 or not (slices or (is_tpu and (tori or is_in_cores))):
        return None
    words.left = [word for word in words.left if not _SLICE.fullmatch(word) and not _TORUS.fullmatch(word)]
    is_lite = "lite" in text
    times, of_nouns = words.take_times(), words.take_counted(_NOUNS)
    if (leading := words.take_leading_number()) is not None:
        if is_in_cores and not of_nouns:
            of_nouns.append((leading, "cores"))
        else:
            times.append(leading)
    words.take_places_to_compute()
    vendors = words.take_vendor()
    words.take_all(_FILLERS)
    generation = _generation(words, slices[0] if slices else None, is_lite=is_lite)
    if generation is None or words.left or vendors not in ((), ("Google",)):
        return None
    each = _chips(generation, int(slices[0][3])) if slices else prod(map(int, tori[0].split("x"))) if tori else 0
    if not each and not of_nouns:
        return None
    return TpuSlice(f"TPU {generation}", _number(generation, each, times, of_nouns))


def _generation(words: Words, found: re.Match[str] | None, *, is_lite: bool) -> str | None:
    """Return the generation of the slice, or of the one word that is left."""
    if found is None and len(words.left) == 1:
        found = _GENERATION.fullmatch(words.left.pop())
    if found is None:
        return None
    kind = "e" if is_lite or (found[2] or "").lower().startswith("lite") else (found[2] or "").lower()
    return f"v{found[1]}{kind}".rstrip("x")


def _chips(generation: str, number: int) -> int:
    """Return the chips of a slice, whose name counts chips in v5e and v6e, and cores elsewhere. [1]"""
    if generation in _COUNTED_IN_CHIPS:
        if number in (1, 2, _HOST_CHIPS) or (number and number % (2 * _HOST_CHIPS) == 0):
            return number
        raise NotThat(f"is no slice: those of {generation} have 1, 4 or a multiple of 8 chips")
    if number and number % (TPU_CORES_PER_CHIP * _HOST_CHIPS) == 0:
        return number // TPU_CORES_PER_CHIP
    raise NotThat(f"is no slice: those of {generation} are named by their cores, a multiple of 8")


def _number(generation: str, each: int, times: list[int], of_nouns: list[tuple[int, str]]) -> int:
    """Return all chips: of so many slices, or by a count of cores or chips, which must agree."""
    per_chip = 1 if generation in _COUNTED_IN_CHIPS else TPU_CORES_PER_CHIP
    stated = [count / per_chip if noun.startswith("core") else count for count, noun in of_nouns]
    if not each and not float(stated[0]).is_integer():
        raise NotThat(f"states half a chip: one has {per_chip} cores")
    number = int(each or stated[0]) * prod(times)
    if len(times) > 1 or any(count not in (number, each or stated[0]) for count in stated):
        raise NotThat("states two counts that do not agree; name one slice and give {count}")
    return number
