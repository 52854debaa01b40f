"""Names of hardware as people, drivers and clouds write them, taken apart; loaded for what is no name as it stands.

``8 x NVIDIA A100-SXM4-80GB GPUs`` is a count, a vendor and a name; ``A100 1g.5gb`` is a seventh of one; ``TPU v4-512``
is a slice of 256 chips. Only what is known to be such a part is taken off, and the rest has to be a name exactly: a
T400 is no T4, and a word that nobody knows is never dropped.
"""

from __future__ import annotations

import re

from greentrain.catalogue.names import fold
from greentrain.light_typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

SLICES_OF_A_DEVICE = 7
"""Compute slices of a GPU that MIG divides. [1]"""
DEVICES_OF_A_SYSTEM = 8
"""Accelerators of a DGX or HGX system of one server. [1]"""
TPU_CORES_PER_CHIP = 2
"""Of the generations that are counted in cores: v2, v3, v4 and v5p. [1]"""

_MARKS = re.compile(r"\((?:r|tm|c)\)|[®™©]", re.IGNORECASE)
_MIG = re.compile(r"[\s,-]*\b(?:mig[\s-]*)?([1-7])g\.(\d{1,3})gb\b", re.IGNORECASE | re.ASCII)
_BRACKETS = re.compile(r"\s*[(\[]([^()\[\]]*)[)\]]")
_TIMES = "[x\N{MULTIPLICATION SIGN}*]"
_BEFORE = re.compile(rf"(\d+)\s*{_TIMES}\s*(\S.*)", re.IGNORECASE | re.ASCII)
_BEFORE_BY_WORD = re.compile(r"(\d+)\s+(\D.*)", re.ASCII)
_BEHIND = re.compile(rf"(.*?\S)\s*[,;]?\s*{_TIMES}\s*(\d+)", re.IGNORECASE | re.ASCII)
_BEHIND_BY_WORD = re.compile(r"(.*?\S)\s*[,;]?\s+(\d+)\s*(?:gpus?|cards?|devices?|chips?)", re.IGNORECASE | re.ASCII)
_COUNT_ALONE = re.compile(rf"{_TIMES}?\s*(\d+)\s*(?:{_TIMES}|gpus?|cards?|devices?)?", re.IGNORECASE | re.ASCII)
_NOISE = re.compile(
    r"[\s,-]+(?:tensor core|graphics|video|cloud|nvidia)?\s*(?:gpus?|cards?|accelerators?|processors?|units?)",
    re.IGNORECASE,
)
_HOST = (
    r"(?:google )?colab(?:oratory)?(?: pro\+?)?(?: notebooks?)?|kaggle(?: notebooks?)?|free tier|free|cloud"
    r"|google cloud|gcp|aws|amazon(?: web services)?|(?:microsoft )?azure|lambda(?: labs)?|runpod"
    r"|vast\.ai|paperspace|coreweave"
    r"|modal|hugging ?face(?: spaces?)?|spaces"
)
_HOSTED = re.compile(rf"(?:on |via |from )?(?:the )?(?:{_HOST})", re.IGNORECASE)
_HOSTED_BEHIND = re.compile(rf"(.*?\S)[\s,]+(?:on|via|from|@)\s+(?:the )?(?:{_HOST})", re.IGNORECASE)
_VENDOR = re.compile(
    r"(?:nvidia(?: corporation)?|amd|intel|google(?: cloud)?|cloud|apple|huawei|habana|graphcore|cerebras|aws|amazon)"
    r"\s+",
    re.IGNORECASE,
)
_MEMORY = re.compile(
    r"[\s,-]*\b(\d{1,3})(?:\s*/\s*(\d{1,3}))?[\s-]*(?:gib|gb|g)\b(?:\s*(?:of )?(?:v?ram|memory|hbm\w*|gddr\w*))?",
    re.IGNORECASE | re.ASCII,
)
_SLICE = re.compile(
    r"(?:google\s+)?(?:cloud\s+)?(?:tpus?[\s-]*)?v(\d)\s*(e|p|lite|litepod|i)?\s*-\s*(\d{1,5})", re.IGNORECASE
)
_SYSTEM = re.compile(
    r"(?:nvidia\s+)?(?:dgx|hgx)[\s-]+((?:a|h|b)\d{2,3})(?:\s+(?:system|server|node|board)s?)?", re.IGNORECASE
)
_PLURAL = re.compile(r"(.*\d)s")
_PUNCTUATION = re.compile(r"[^\w\s().,/+\-®™]")


class Spelling(NamedTuple):
    """One way to read what was written.

    Attributes
    ----------
    name : str
        What has to be a name of the catalogue.
    number : int or None
        How many the text counts; None where it states none. [1]
    fraction : float
        Part of a device. [1]
    memory_gb : tuple of int
        Sizes that were taken off the name, of which the device must have one. [GB]
    """

    name: str
    number: int | None = None
    fraction: float = 1.0
    memory_gb: tuple[int, ...] = ()


def spellings(text: str) -> Iterator[Spelling]:
    """Iterate over the ways to read a name, from the least taken off to the most.

    Parameters
    ----------
    text : str
        The name as written.
    """
    plain = " ".join(_MARKS.sub(" ", text).split())
    if _PUNCTUATION.search(_BRACKETS.sub("", plain).translate({ord("*"): " ", 0xD7: " "})):
        return
    if found := _SYSTEM.fullmatch(plain):
        yield Spelling(found[1], DEVICES_OF_A_SYSTEM)
    if found := _SLICE.fullmatch(plain):
        yield _slice(found)
    for count, rest in _counts(plain):
        if found := _SYSTEM.fullmatch(rest):
            yield Spelling(found[1], (count or 1) * DEVICES_OF_A_SYSTEM)
        for part in _without_brackets(rest):
            yield from _names(part, count)


def tpu_chips(number: int, generation: str) -> int:
    """Return the chips of a TPU slice, whose name counts cores up to v4 and v5p, chips in v5e and later. [1]"""
    return number if generation in ("v5e", "v6e", "v7") else -(-number // TPU_CORES_PER_CHIP)


def _slice(found: re.Match[str]) -> Spelling:
    kind = (found[2] or "").lower()
    generation = f"v{found[1]}" + ("e" if kind.startswith("lite") else kind)
    return Spelling(f"tpu {generation}", tpu_chips(int(found[3]), generation))


def _counts(text: str) -> Iterator[tuple[int | None, str]]:
    """Take a count off either end; the text itself comes first."""
    yield None, text
    for pattern in (_BEFORE, _BEFORE_BY_WORD):
        if found := pattern.fullmatch(text):
            yield from _counted(found[1], found[2])
    for pattern in (_BEHIND_BY_WORD, _BEHIND):
        if found := pattern.fullmatch(text):
            yield from _counted(found[2], found[1])
    for bracket in _BRACKETS.finditer(text):
        if found := _COUNT_ALONE.fullmatch(bracket[1].strip()):
            yield from _counted(found[1], text[: bracket.start()] + text[bracket.end() :])


def _counted(number: str, name: str) -> Iterator[tuple[int | None, str]]:
    count = int(number[:20])  # no count needs more digits, and Python reads no more than 4,300
    # More than one V100s are V100, as far as nobody writes a capital S.
    if count > 1 and (found := _PLURAL.fullmatch(name)):
        yield count, found[1]
    yield count, name


def _without_brackets(text: str) -> Iterator[str]:
    """Leave out a place to compute in brackets or behind ``on``, and put what else stands in brackets into the name."""
    yield text
    without = _BRACKETS.sub(lambda found: "" if _HOSTED.fullmatch(found[1].strip()) else f" {found[1].strip()}", text)
    if without != text:
        yield without
    if found := _HOSTED_BEHIND.fullmatch(without):
        yield found[1]


def _names(text: str, count: int | None) -> Iterator[Spelling]:
    """Take off a slice of a device, words that only say what a GPU is, the vendor and the memory."""
    fraction = 1.0
    if found := _MIG.search(text):
        fraction = int(found[1]) / SLICES_OF_A_DEVICE
        text = text[: found.start()] + text[found.end() :]
    stems = [text]
    while (found := _last_noise(stems[-1])) is not None:
        stems.append(stems[-1][: found.start()])
    stems += [rest for stem in [*stems] if (rest := _VENDOR.sub("", stem, count=1)) != stem]
    for stem in dict.fromkeys(stems):
        yield Spelling(stem, count, fraction)
        if count is None and (plural := _PLURAL.fullmatch(stem)):
            yield Spelling(plural[1], count, fraction)
    for stem in dict.fromkeys(stems):
        if memory := _MEMORY.search(stem):
            sizes = tuple(int(size) for size in memory.groups() if size)
            rest = stem[: memory.start()] + stem[memory.end() :]
            if found := _last_noise(rest):
                rest = rest[: found.start()]
            if len(sizes) == 1:
                yield Spelling(f"{rest} {sizes[0]}GB", count, fraction)
            yield Spelling(rest, count, fraction, sizes)


def _last_noise(text: str) -> re.Match[str] | None:
    return next((found for found in _NOISE.finditer(text) if found.end() == len(text)), None)


_CPU_NOISE = re.compile(
    r"\s+(?:cpus?|(?:\d+|dual|quad|six|eight|twelve|sixteen)-core|processors?|with radeon .*|w/ radeon .*|apu)\b",
    re.IGNORECASE,
)
_CLOCK = re.compile(r"\s*@.*$")
_SOCKETS = re.compile(r"(?:[1-8]\s*[x\N{MULTIPLICATION SIGN}*]\s*)(?=\S)|^(?:dual|two|2)\s+(?=\D)", re.IGNORECASE)
_RENTED = re.compile(
    r"(?:intel )?xeon(?: (?:cpu|processor))*(?: \([^)]*\))?|amd epyc(?: processor)?(?: \([^)]*\))?"
    r"|(?:amd )?epyc[ -](?:7[br]\d\d|9[br]\d\d|\w*-?rome|\w*-?milan|\w*-?genoa|\w*-?turin)(?:-v\d)?(?: processor)?"
    r"|qemu virtual cpu.*|common kvm processor|kvm|virtual cpu.*"
    r"|(?:aws )?graviton ?\d?\w*|(?:arm )?neoverse[ -][nve]\d\w*|(?:arm )?cortex[ -]\w+|ampere altra(?: max)?"
    r"|aarch64|arm64",
    re.IGNORECASE,
)


def cpu_spellings(text: str) -> Iterator[str]:
    """Iterate over the names in a CPU as an operating system or a person writes it, the least taken off first.

    Marks, ``CPU``, ``Processor``, the clock behind ``@``, the number of cores and of sockets are no part of a name.
    """
    plain = " ".join(_CLOCK.sub("", _MARKS.sub(" ", text)).split())
    bare = " ".join(_CPU_NOISE.sub("", plain).split())
    for name in dict.fromkeys((plain, bare, _SOCKETS.sub("", bare, count=1))):
        yield name
        yield _VENDOR.sub("", name, count=1)


def is_rented_cpu(text: str) -> bool:
    """Whether a name is what a rented machine states of a CPU whose model its provider hides."""
    plain = " ".join(_CLOCK.sub("", _MARKS.sub(" ", text)).split())
    return _RENTED.fullmatch(plain) is not None


def named_parts(text: str, is_name: Callable[[str], bool]) -> tuple[str, ...]:
    """Return the devices that a text joins by ``+``, ``&``, ``/``, commas or "and"; nothing for one device."""
    parts = [part.strip() for part in re.split(r"\s*[+&/,;]\s*|\s+and\s+", text) if part.strip()]
    known = [part for part in parts if any(is_name(spelling.name) for spelling in spellings(part))]
    return tuple(dict.fromkeys(known)) if len(set(map(fold, known))) > 1 else ()


def words_that_name(text: str, choices: Mapping[str, str]) -> tuple[str, ...]:
    """Return the choices that stand in a text as whole words, the longest first.

    Parameters
    ----------
    text : str
        With words beside the name that nobody knows.
    choices : mapping of str to str
        Folded names and, for each, what to suggest for it.
    """
    words = re.findall(r"\w+", text)
    runs = (words[start:end] for start in range(len(words)) for end in range(start + 1, len(words) + 1))
    found = {choices[key]: len(key) for run in runs if (key := fold("".join(run))) in choices}
    return tuple(sorted(found, key=lambda name: -found[name]))


def same_number(text: str, choice: str) -> bool:
    """Whether the longest number in a text may be that of a choice with a slip.

    It has the same letter before it, the same first digit and at most one digit more or less: a T400 is no slip of a
    T4 or of an RTX 4000, and an RTX 3909 may be one of an RTX 3090.
    """
    (before, asked), (there, offered) = (_longest_number(name) for name in (text, choice))
    if len(asked) < 2:
        return True
    return (before, asked[0]) == (there, offered[:1]) and abs(len(asked) - len(offered)) <= 1


def _longest_number(name: str) -> tuple[str, str]:
    """Return the longest number of a name behind the letter that stands before it."""
    found = re.findall(r"(\D?)(\d+)", fold(name))
    return max(found, key=lambda pair: len(pair[1]), default=("", ""))
