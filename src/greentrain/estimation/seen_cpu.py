"""CPUs as a system describes them: which generation one is of, and what a hardware thread of it may draw.

A rented machine hides the model of its CPU (``Intel(R) Xeon(R) CPU @ 2.20GHz``), an ARM server often has no name for it
at all; family and model numbers, or implementer and part, still tell the generation. The watts of a thread are those of
the CPUs of that generation in our table, from the lowest to the highest.
"""

import re
from functools import cache
from statistics import median
from typing import NamedTuple

from greentrain.catalogue import Catalogue
from greentrain.interval import Interval

THREADS_PER_CORE = 2
"""Hardware threads of a core of a server's CPU with the instructions of x86. [1]"""


class Generation(NamedTuple):
    """A generation of CPUs.

    Attributes
    ----------
    name : str
        What a rented CPU of it is called here.
    models : frozenset of tuple of int
        Family and model as x86 states them; implementer and part as ARM does.
    words : str
        Pattern of the words by which virtual machines name it.
    rows : str
        Pattern of the names of its CPUs in our table; blank where that has none.
    threads_per_core : int
        Hardware threads of a core. [1]
    """

    name: str
    models: frozenset[tuple[int, int]]
    words: str
    rows: str
    threads_per_core: int = THREADS_PER_CORE


def _pairs(family: int, *models: int) -> frozenset[tuple[int, int]]:
    return frozenset((family, model) for model in models)


_ARM, _AMPERE, _APPLE, _NVIDIA = 0x41, 0xC0, 0x61, 0x4E
GENERATIONS = (
    Generation("Intel Xeon (Sandy Bridge)", _pairs(6, 45, 62), r"(?:sandy|ivy) ?bridge", r"E5-\d{4}$"),
    Generation("Intel Xeon (Haswell)", _pairs(6, 63), "haswell", r"E5-\d{4} v3"),
    Generation("Intel Xeon (Broadwell)", _pairs(6, 79, 86), "broadwell", r"E5-\d{4} v4"),
    Generation("Intel Xeon (Skylake)", _pairs(6, 85), "skylake|cascade ?lake|cooper ?lake",
               r"(?:Silver|Gold|Platinum) \d[12]\d\d"),
    Generation("Intel Xeon (Ice Lake)", _pairs(6, 106, 108), "ice ?lake", r"(?:Silver|Gold|Platinum) \d3\d\d"),
    Generation("Intel Xeon (Sapphire Rapids)", _pairs(6, 143), "sapphire ?rapids", r"(?:Silver|Gold|Platinum) \d4\d\d"),
    Generation("Intel Xeon (Emerald Rapids)", _pairs(6, 207), "emerald ?rapids", r"(?:Silver|Gold|Platinum) \d5\d\d"),
    Generation("AMD EPYC (Naples)", _pairs(23, 1), r"naples|epyc 7\w\d1", r"EPYC 7\d\d1"),
    Generation("AMD EPYC (Rome)", _pairs(23, 49), r"rome|7b12|7r32|7v12", r"EPYC 7(?:\d\d2|R32)"),
    Generation("AMD EPYC (Milan)", _pairs(25, 1), r"milan|7b13|7r13|7v13", r"EPYC 7(?:\d\d3|R13|V13)"),
    Generation("AMD EPYC (Genoa)", _pairs(25, 17, 160), r"genoa|bergamo|9b14|9r14|9v84", r"EPYC 9\d\d4"),
    Generation("AMD EPYC (Turin)", _pairs(26, 2, 17), r"turin|9b45|9r45", r"EPYC 9\d\d5"),
    Generation("Neoverse-N1", _pairs(_ARM, 0xD0C), r"neoverse[ -]n1|graviton ?2|altra", "", 1),
    Generation("Neoverse-V1", _pairs(_ARM, 0xD40), r"neoverse[ -]v1|graviton ?3", "", 1),
    Generation("Neoverse-N2", _pairs(_ARM, 0xD49), r"neoverse[ -]n2|cobalt", "", 1),
    Generation("Neoverse-V2", _pairs(_ARM, 0xD4F), r"neoverse[ -]v2|graviton ?4|axion|grace", "NVIDIA Grace", 1),
    Generation("Ampere Altra", _pairs(_AMPERE, 0xAC3, 0xAC4), "ampere", "", 1),
)  # fmt: skip
"""Generations of servers' CPUs: numbers and names as in the kernel's ``intel-family.h``, ``cputype.h``, and QEMU."""


class ThreadPower(NamedTuple):
    """What a hardware thread may draw.

    Attributes
    ----------
    watts : Interval
        Its share of a chip's TDP. [W]
    source : str
        Ids of the sources.
    generation : str
        The generation; blank where it is that of any server.
    """

    watts: Interval
    source: str
    generation: str


def generation_of(name: str, numbers: tuple[int, int] | None = None) -> Generation | None:
    """Find a CPU's generation by the words in its name, else by its numbers; None where neither tells."""
    by_word = (each for each in GENERATIONS if re.search(rf"\b(?:{each.words})\b", name, re.IGNORECASE))
    by_number = (each for each in GENERATIONS if numbers in each.models)
    return next(by_word, None) or next(by_number, None)


@cache
def thread_power(catalogue: Catalogue, name: str) -> ThreadPower:
    """Return what a hardware thread of a CPU draws of which no more than the name is known.

    Parameters
    ----------
    catalogue : Catalogue
        Where the table is.
    name : str
        The name, with a word for its generation where that is known.
    """
    generation = generation_of(name)
    chips = _chips(catalogue, generation.rows) if generation and generation.rows else []
    if generation and chips:
        watts = sorted(core_w / generation.threads_per_core for core_w, _ in chips)
        sources = dict.fromkeys(source for _, sources in chips for source in sources.split(";"))
        return ThreadPower(_widened(watts), ";".join(sources), generation.name)
    low, best, high = (figure := catalogue.hardware.default("cpu", "tdp_per_core_server_w")).value
    return ThreadPower(Interval(low / THREADS_PER_CORE, best / THREADS_PER_CORE, high), figure.source, "")


def _chips(catalogue: Catalogue, rows: str) -> list[tuple[float, str]]:
    """Return the watts per core [W], and the sources, of the CPUs of our table whose names match."""
    pattern = re.compile(rf"(?:{rows})")
    return [
        (chip.tdp_w.best / chip.cores, chip.source)
        for chip in catalogue.hardware.cpus
        if chip.tdp_w and chip.cores and pattern.search(chip.name)
    ]


def _widened(watts: list[float]) -> Interval:
    """Take the middle, from the lowest to the highest; one chip alone says little of the others."""
    best = median(watts)
    return Interval(min(watts[0], best / _LEAST_WIDTH), best, max(watts[-1], best * _LEAST_WIDTH))


_LEAST_WIDTH = 1.5
"""Chips of one generation differ by this factor both ways at least. [1]"""


def seen_name(name: str, numbers: tuple[int, int] | None, machine: str) -> str:
    """Return the name under which an estimate takes a CPU whose own name tells nothing, or too little.

    Parameters
    ----------
    name : str
        What the system calls it; may be blank.
    numbers : tuple of int or None
        Family and model, or implementer and part.
    machine : str
        The machine's architecture, ``x86_64`` or ``aarch64``.
    """
    generation = generation_of(name, numbers)
    if generation is not None:
        return generation.name
    return name or ("aarch64" if machine.lower() in ("aarch64", "arm64") else "Virtual CPU")
