"""What a text says of a device beside its name, and whether that is true of it."""

from __future__ import annotations

import re

from greentrain.catalogue.names import fold
from greentrain.light_typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Protocol

    from greentrain.catalogue.records import Accelerator, Family, Instance

    class KnownHardware(Protocol):
        """What readers of names ask of the hardware that is known."""

        @property
        def families(self) -> Mapping[str, Family]:
            """Names that cover several accelerators."""

        def accelerator(self, key: str) -> Accelerator:
            """Return the accelerator with this id."""

        def key_of(self, name: str) -> str | None:
            """Return the key of what has exactly this name."""

        def system(self, name: str) -> tuple[str, int] | None:
            """Return a system's accelerator and how many it has."""

        def instance(self, name: str) -> Instance | None:
            """Return the machine type with exactly this name."""


_SERVERS = ("sxm-node", "pcie-server")
_LINES = {
    "tesla": "NVIDIA", "geforce": "NVIDIA", "quadro": "NVIDIA", "radeon": "AMD", "instinct": "AMD",
    "data": "Intel", "center": "Intel", "centre": "Intel", "datacenter": "Intel",
}  # fmt: skip
"""Words for a line of products, and its maker."""
_WHOLE_CATALOGUES = ("data", "center", "centre", "datacenter")
_ARCHITECTURES = ("fermi", "kepler", "maxwell", "pascal", "volta", "turing", "ampere", "ada", "lovelace", "hopper",
                  "blackwell")  # fmt: skip
_ARCHITECTURE_OF_IDS = (
    (r"gtx-(580)", "fermi"), (r"gtx-7[0-49]|gtx-titan(-black|-z)?$|quadro-k", "kepler"),
    (r"gtx-(75|9)|gtx-titan-x|quadro-m", "maxwell"), (r"gtx-10|titan-xp?(-|$)|quadro-(gp|p)\d", "pascal"),
    (r"titan-v|quadro-gv", "volta"), (r"gtx-16|rtx-20[6-8]|titan-rtx|quadro-rtx", "turing"),
    (r"rtx-30|rtx-a\d|rtx-2050", "ampere"), (r"rtx-40|rtx-\d+(-sff)?-ada", "ada"), (r"rtx-50|rtx-pro", "blackwell"),
)  # fmt: skip
"""Beginnings of ids, and the architecture of devices whose family is a line of products."""
_FORMS = {
    "sxm": "sxm", "sxm2": "sxm2", "sxm3": "sxm3", "sxm4": "sxm4", "sxm5": "sxm5", "sxm6": "sxm6", "pcie": "pcie",
    "oam": "oam", "nvl": "nvl", "mxm": "mxm", "superchip": "superchip", "apu": "apu",
}  # fmt: skip
"""Words for a form, and what stands in the form of such a device."""
KINDS_OF_WORDS = frozenset((*_LINES, *_ARCHITECTURES, *_FORMS))
"""Words that may stand beside a name where they are true of the device."""
_SAME_SIZE = 0.01


class NotThat(Exception):
    """Nothing is as a text says.

    Parameters
    ----------
    rule : str
        What is not true; blank where the name itself is unknown.
    suggestions : tuple of str, optional
        What may be meant.
    is_ambiguous : bool, optional
        Whether several devices have the name.
    """

    def __init__(self, rule: str, suggestions: tuple[str, ...] = (), *, is_ambiguous: bool = False) -> None:
        super().__init__(rule)
        self.rule = rule
        self.suggestions = suggestions
        self.is_ambiguous = is_ambiguous


class MemorySize(NamedTuple):
    """A stated size of memory: two that a card is sold with, or what a driver leaves of one. [GB]"""

    low: float
    high: float

    def holds(self, size_gb: float) -> bool:
        """Whether it may be this size; a hundredth more or less is rounding."""
        return self.low * (1 - _SAME_SIZE) <= size_gb <= self.high * (1 + _SAME_SIZE)

    def __str__(self) -> str:
        return f"{self.low:g}" if self.low == self.high else f"{self.low:.3g} to {self.high:.3g}"


class Said(NamedTuple):
    """What a text says of a device.

    Attributes
    ----------
    vendors : tuple of str
        Makers.
    sizes : tuple of MemorySize
        Sizes of memory. [GB]
    mig : tuple of int or None
        Compute slices [1] and memory [GB] of a MIG slice.
    removed : tuple of str
        Words for a line, an architecture or a form that are not in the name that was found.
    """

    vendors: tuple[str, ...]
    sizes: tuple[MemorySize, ...]
    mig: tuple[int, int] | None
    removed: tuple[str, ...] = ()

    def holds_boards(self, device: Accelerator) -> bool:
        """Whether the memory is that of a whole board, which shows as several devices."""
        if device.devices_per_board == 1 or not device.memory_gb or not self.sizes:
            return False
        board_gb = device.memory_gb * device.devices_per_board
        return all(size.holds(board_gb) and not size.holds(device.memory_gb) for size in self.sizes)


def why_not(device: Accelerator, said: Said, number: int) -> str:
    """Say what is not true of a device; blank when all is.

    Parameters
    ----------
    device : Accelerator
        What was named.
    said : Said
        What was said of it.
    number : int
        How many there are: a system may state the memory of all of them.
    """
    for vendor in said.vendors:
        if vendor != device.vendor:
            return f"{device.name} is made by {device.vendor}, not by {vendor}"
    for word in said.removed:
        if not _is_true(word, device):
            return f"{device.name} is not {word.upper() if word in _FORMS else word}"
    for size in said.sizes:
        if reason := _why_not_size(device, size, number):
            return reason
    return _why_not_slice(device, said.mig) if said.mig else ""


def _is_true(word: str, device: Accelerator) -> bool:
    if word in _LINES:
        if _LINES[word] != device.vendor:
            return False
        is_server = word == "tesla" and device.hardware_class in _SERVERS and not device.id.startswith("rtx")
        return is_server or word in _WHOLE_CATALOGUES or word in device.name.casefold()
    if word in _FORMS:
        return _FORMS[word] in fold(device.form_factor)
    wanted = "ada" if word == "lovelace" else word
    known = next((name for pattern, name in _ARCHITECTURE_OF_IDS if re.match(pattern, device.id)), device.family)
    return known.casefold().startswith(wanted)


def _why_not_size(device: Accelerator, size: MemorySize, number: int) -> str:
    if device.vendor == "Apple":  # its memory is the computer's, sold in many sizes
        return ""
    if device.memory_gb is None:
        return f"no source states the memory of {device.name}; leave it out"
    if any(size.holds(device.memory_gb * devices) for devices in (1, device.devices_per_board, number)):
        return ""
    return f"{device.name} has {device.memory_gb:g} GB, not {size}"


def _why_not_slice(device: Accelerator, mig: tuple[int, int]) -> str:
    slices, size_gb = mig
    if not device.mig_slices or not device.memory_gb:
        return f"{device.name} has no MIG slices"
    known = _slices_of(device.mig_slices, device.memory_gb)
    if any(slices == compute and abs(size_gb - memory_gb) < 1 for compute, memory_gb in known):
        return ""
    shown = ", ".join(f"{compute}g.{memory_gb + 0.01:.0f}gb" for compute, memory_gb in known)
    return f"{device.name} has no MIG slice {slices}g.{size_gb}gb; it has {shown}"


def _slices_of(slices: int, memory_gb: float) -> list[tuple[int, float]]:
    """List compute slices [1] and memory [GB] of the slices that a device is divided into.

    A device of seven slices has eight of memory, of which one slice takes one or two, three and four take four.
    """
    parts = ((1, 8), (1, 4), (2, 4), (3, 2), (4, 2), (7, 1)) if slices > 4 else ((1, 4), (2, 2), (4, 1))
    return [(compute, memory_gb / part) for compute, part in parts]


def mig_parts(device: Accelerator, mig: tuple[int, int]) -> float:
    """Return the part of a device that a slice is. [1]"""
    assert device.mig_slices
    return mig[0] / device.mig_slices
