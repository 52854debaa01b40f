"""What the CPUs of this computer may draw: their name, the TDP of the part that is ours, and power by load."""

import os
import re
from typing import NamedTuple

_CORES_IN_NAME = re.compile(r"\b(\d+)-Core\b", re.IGNORECASE)
_NOISE = (
    re.compile(r"\((?:R|TM|C)\)", re.IGNORECASE),
    re.compile(r"^\d+th Gen\s+", re.IGNORECASE),
    re.compile(r"\s*@.*$"),
    re.compile(r"\s+with Radeon.*$", re.IGNORECASE),
    re.compile(r"\b\d+-Core\b", re.IGNORECASE),
    re.compile(r"\b(?:CPU|Processor)\b", re.IGNORECASE),
    re.compile(r"\s+0\s*$"),
)
_THREADS_PER_CORE = 2
_IDLE_SHARE = 0.1
_BLANKS = re.compile(r"\s+")


class CpuFacts(NamedTuple):
    """What the system says of its CPUs.

    Attributes
    ----------
    name : str
        The full name, empty when there is none.
    threads : int
        Logical CPUs that the system has.
    sockets : int
        Chips.
    is_virtual : bool
        Whether the computer is a virtual machine, whose CPUs are a slice of a chip.
    """

    name: str
    threads: int
    sockets: int
    is_virtual: bool


class CpuLimit(NamedTuple):
    """The TDP that counts for this computer.

    Attributes
    ----------
    tdp_w : float or None
        TDP of all chips, or of the slice that this virtual machine has; None when the CPU is not known. [W]
    reason : str
        Where it comes from, or why there is none.
    """

    tdp_w: float | None
    reason: str


def read_cpu_facts() -> CpuFacts:
    """Read the system's own description of its CPUs."""
    try:
        with open("/proc/cpuinfo", encoding="utf-8", errors="replace") as file:
            return parse_cpu_facts(file.read(), os.cpu_count() or 1)
    except OSError:
        import platform

        return CpuFacts(platform.processor(), os.cpu_count() or 1, 1, False)


def parse_cpu_facts(text: str, threads: int) -> CpuFacts:
    """Take the facts from the text of ``/proc/cpuinfo``."""
    name, flags = "", ""
    chips = set()
    for line in text.splitlines():
        key, _, value = line.partition(":")
        key, value = key.strip(), value.strip()
        if key == "physical id":
            chips.add(value)
        elif key == "model name" and not name:
            name = value
        elif key == "flags" and not flags:
            flags = f" {value} "
    return CpuFacts(name, threads, max(1, len(chips)), " hypervisor " in flags)


def plain_name(full_name: str) -> str:
    """Reduce the name that a CPU gives itself to the one under which it is sold."""
    for noise in _NOISE:
        full_name = noise.sub("", full_name)
    return _BLANKS.sub(" ", full_name).strip()


def cpu_limit(facts: CpuFacts) -> CpuLimit:
    """Find the TDP of this computer's CPUs.

    A virtual machine has so many threads of a chip that has more; it gets the same part of the chip's TDP. A CPU that
    no table knows has no TDP here: an assumed one would look like a measurement.
    """
    from greentrain.catalogue import load_catalogue
    from greentrain.errors import GreentrainError

    name = plain_name(facts.name)
    try:
        cpu = load_catalogue().hardware.find_cpu(name)
    except GreentrainError:
        return CpuLimit(None, f"no TDP is known of a CPU called {facts.name or 'nothing'!a}")
    if cpu.tdp_w is None:
        return CpuLimit(None, f"no TDP is known of {cpu.name}")
    return scaled_limit(cpu.tdp_w.best, _cores(facts.name, cpu.cores), facts)


def scaled_limit(tdp_w: float, cores: int | None, facts: CpuFacts) -> CpuLimit:
    """Scale the TDP of one chip to the computer.

    Parameters
    ----------
    tdp_w : float
        TDP of one chip. [W]
    cores : int or None
        Cores of one chip, where known.
    facts : CpuFacts
        What the computer has.
    """
    if not facts.is_virtual:
        return CpuLimit(tdp_w * facts.sockets, f"TDP {tdp_w:g} W, sockets: {facts.sockets}")
    if not cores:
        return CpuLimit(None, "a virtual machine's slice of a CPU whose number of cores is not known")
    threads = cores * _THREADS_PER_CORE
    return CpuLimit(tdp_w * facts.threads / threads, f"{facts.threads} of {threads} threads of a TDP of {tdp_w:g} W")


def _cores(full_name: str, stated: float | None) -> int | None:
    found = _CORES_IN_NAME.search(full_name)
    return int(found[1]) if found else int(stated) if stated else None


def power_by_load_w(tdp_w: float, load: float) -> float:
    """Model the power of CPUs by their load, as codecarbon does: a tenth of the TDP idle, the rest by its cube.

    Parameters
    ----------
    tdp_w : float
        TDP of what is loaded. [W]
    load : float
        Busy time over all time of all threads, 0 to 1.

    Returns
    -------
    float
        Power. [W]
    """
    return tdp_w * (_IDLE_SHARE + (1.0 - _IDLE_SHARE) * min(max(load, 0.0), 1.0) ** 3)
