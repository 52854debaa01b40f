"""CPUs as operating systems, ``lscpu`` and people write them; loaded for what is no name as it stands.

Marks, ``CPU``, ``Processor``, the clock, the number of cores, threads and sockets are no part of a name; each word is
read once, and what is left has to be a name exactly: ``Xeon Gold 6248 x2`` is a 6248, and never a 6242.
"""

from __future__ import annotations

import re
from itertools import product

from greentrain.catalogue.name_words import Words, plain_text
from greentrain.catalogue.names import fold
from greentrain.light_typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from greentrain.catalogue.records import Cpu

_APART = re.compile(r"[\s(),;\[\]]+")
_CLOCK = re.compile(r"(?:@\s*|(?<=\s))\d+(?:\.\d+)?\s*[gm]hz\b|@\s*$", re.IGNORECASE | re.ASCII)
_GENERATION = re.compile(r"\b\d{1,2}(?:st|nd|rd|th) gen\b", re.IGNORECASE | re.ASCII)
_GRAPHICS = re.compile(r"\s(?:with|w/)\s+radeon\b.*", re.IGNORECASE)
_CORES = re.compile(
    r"(?:\d+|single|dual|quad|six|eight|ten|twelve|sixteen)-(?:cores?|threads?|sockets?|way)|\d+c(?:/\d+t)?|\d+t|[1248][sp]",
    re.IGNORECASE | re.ASCII,
)
_NOUNS = frozenset(
    ("core", "cores", "thread", "threads", "socket", "sockets", "cpu", "cpus", "vcpu", "vcpus", "processor",
     "processors", "chips")
)  # fmt: skip
_NOISE = frozenset((noun,) for noun in _NOUNS - {"core"}) | {
    ("apu",),
    ("dual", "socket"),
    ("two", "socket"),
    ("per", "socket"),
}
_PREFIXES = ("", "Intel ", "AMD ", "Apple ", "Intel Xeon ", "Intel Core ", "AMD Ryzen ")
_TIERS = (
    (re.compile(r"(?:amd )?ryzen (?=\d{4})", re.IGNORECASE), "AMD Ryzen {} ", "3579"),
    (re.compile(r"(?:intel )?xeon (?=\d{4})", re.IGNORECASE), "Intel Xeon {} ",
     ("Bronze", "Silver", "Gold", "Platinum")),
)  # fmt: skip
"""Lines of products whose tier people leave out, and the tiers."""
_HIDDEN = re.compile(
    r"(?:intel )?xeon(?: (?:cpu|processor))*(?: \([^)]*\))?|amd epyc(?: processor)?(?: \([^)]*\))?"
    r"|(?:amd )?epyc[ -](?:[79][a-z]\d[\dx]{1,2}|naples|rome|milan|genoa|bergamo|turin)(?:-v\d)?"
    r"(?: \d+-cores?)?(?: processor)?"
    r"|qemu virtual cpu.*|common kvm processor|kvm|virtual cpu.*"
    r"|(?:aws )?graviton ?\d?\w*|(?:arm )?neoverse[ -][nve]\d\w*|(?:arm )?cortex[ -]\w+|ampere altra(?: max)?"
    r"|aarch64|arm64|armv\d\w*|arm|x86[_-]64|x64|amd64|i[3-6]86|x86|ppc64le|riscv64"
    r"|(?:intel64|amd64|em64t|x86|armv8(?: \(64-bit\))?) family \d+ model \w+(?: (?:stepping|revision) *\w+)?"
    r"(?:,? (?:genuineintel|authenticamd|\w+))?"
    r"|virtualapple(?: processor)?|apple processor|(?:genuine)?intel|authenticamd",
    re.IGNORECASE,
)
"""What rented and virtual machines, and Python's ``platform.processor()``, state of a CPU whose model they hide."""


def find_cpu_in_words(text: str, known: Callable[[str], Cpu | None]) -> Cpu | None:
    """Find the CPU whose name is left when all that stands around it is taken off.

    Parameters
    ----------
    text : str
        The CPU as written.
    known : callable
        Finds a CPU by its exact name.
    """
    for words, vendors in _readings(_without_clock(text)):
        for name in _names(" ".join(words), vendors):
            cpu = known(name)
            if cpu is not None and all(_is_made_by(cpu, vendor) for vendor in vendors):
                return cpu
        if cpu := _of_one_tier(" ".join(words), known, vendors):
            return cpu
    return None


def hides_its_model(text: str) -> bool:
    """Whether a name is what a machine states of a CPU whose model it hides."""
    return _HIDDEN.fullmatch(_without_clock(text)) is not None


def _without_clock(text: str) -> str:
    plain = _GENERATION.sub(" ", _CLOCK.sub(" ", _GRAPHICS.sub("", plain_text(text))))
    return " ".join(plain.split())


def _readings(text: str) -> Iterator[tuple[list[str], tuple[str, ...]]]:
    """Iterate over the words of a name and its makers, with counts in it and without."""
    for has_times, has_leading, has_nouns in product((False, True), repeat=3):
        words = Words(word for word in _APART.split(text) if word and not _CORES.fullmatch(word))
        if has_times:
            words.take_times()
        if has_leading:
            words.take_leading_number()
        if has_nouns:
            words.take_counted(_NOUNS)
        words.take_all(_NOISE)
        vendors = words.take_vendor()
        if words.left:
            yield words.left, vendors


def _names(name: str, vendors: tuple[str, ...]) -> Iterator[str]:
    yield from (f"{vendor} {name}" for vendor in vendors)
    yield from (prefix + name for prefix in _PREFIXES)


def _of_one_tier(name: str, known: Callable[[str], Cpu | None], vendors: tuple[str, ...]) -> Cpu | None:
    """Find ``Ryzen 5600X``, whose tier is left out, where one tier alone has the number."""
    for pattern, full, tiers in _TIERS:
        if pattern.match(name):
            found = [cpu for tier in tiers if (cpu := known(pattern.sub(full.format(tier), name, count=1)))]
            if len(found) == 1 and all(_is_made_by(found[0], vendor) for vendor in vendors):
                return found[0]
    return None


def _is_made_by(cpu: Cpu, vendor: str) -> bool:
    return cpu.vendor == vendor or (not cpu.vendor and fold(cpu.name).startswith(fold(vendor)))
