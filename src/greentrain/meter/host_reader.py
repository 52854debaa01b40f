"""CPU and memory of this computer: which they are, what they may draw, and their energy by counters and models."""

import glob
import os
import re
import time
from collections.abc import Iterator
from typing import NamedTuple

from greentrain.estimation.device_limits import peak_w
from greentrain.meter.base import Component, Reading
from greentrain.units import SECONDS_PER_HOUR

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

_RAPL = "/sys/class/powercap/intel-rapl:[0-9]*"
_SHORTEST_SECONDS = 0.01
_BYTES_PER_GB = 1e9
_PEAK_OVER_MODEL = 3.0
"""Memory that somebody measured may draw so much more than our model of it. [1]"""


class CpuFacts(NamedTuple):
    """What the system reports of its CPUs.

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


class HostComponents:
    """CPU and memory of this computer: what they may draw, and how they are known.

    Attributes
    ----------
    cpu_name : str
        Full name of the CPU; empty where the system gives none.
    cpu_tdp_w : float or None
        TDP of all CPUs, or of the slice that a virtual machine has; None when the CPU is not known. [W]
    memory_w : float
        Power of the memory, modelled from its size as in an estimate; 0 where the size is not known. [W]
    """

    def __init__(self) -> None:
        facts = read_cpu_facts()
        limit = cpu_limit(facts)
        self.cpu_name = facts.name
        self.cpu_tdp_w = limit.tdp_w
        self.memory_w = _memory_power_w()
        self._threads = facts.threads
        self._reason = limit.reason

    @property
    def cpu_w_per_thread(self) -> float | None:
        """TDP of one thread; None when the CPU is not known. [W]"""
        return None if self.cpu_tdp_w is None else self.cpu_tdp_w / self._threads

    @property
    def ceilings_w(self) -> dict[str, float]:
        """Power that CPU and memory do not exceed, as far as it is known. [W]"""
        cpu = {} if self.cpu_tdp_w is None else {"cpu": peak_w("cpu", self.cpu_tdp_w)}
        return cpu | ({"memory": _PEAK_OVER_MODEL * self.memory_w} if self.memory_w else {})

    def cpu(self, counter: str | None) -> Component:
        """Describe the CPU: measured by this counter, else modelled where its TDP is known."""
        if counter:
            return Component("cpu", "", self.cpu_name, counter, "measured")
        if self.cpu_tdp_w is None:
            return Component("cpu", "", self.cpu_name, "none", "unknown", self._reason)
        return Component("cpu", "", self.cpu_name, "load x TDP", "modelled", self._reason)

    def memory(self) -> Component:
        """Describe the memory: modelled where its size is known."""
        if not self.memory_w:
            return Component("memory", "", "", "none", "unknown", "this system does not report the size of its memory")
        return Component("memory", "", "", "installed memory x W/GB", "modelled")

    def reader(self) -> "HostReader":
        """Make a reader of both, which begins to count when it is started."""
        return HostReader(self.cpu_tdp_w, self.memory_w)


class HostReader:
    """Energy of CPU and memory from the system's own files, cumulative since a moment that may lie before the start.

    The time before the first reading counts with the mean power of the time up to the second.

    Parameters
    ----------
    cpu_tdp_w : float or None
        TDP of this computer's CPUs; None leaves the CPU out where it has no counter. [W]
    memory_w : float
        Power of the memory; 0 leaves it out. [W]
    """

    def __init__(self, cpu_tdp_w: float | None, memory_w: float) -> None:
        self._cpu_tdp_w = cpu_tdp_w
        self._memory_w = memory_w
        self._counters = list(_rapl_counters())
        self._energy: dict[str, float] = {}
        self._power: dict[str, float] = {}
        self._since_mono = 0.0
        self._last_mono = 0.0
        self._last_counts: tuple[float, ...] = ()

    @property
    def counter(self) -> str | None:
        """What counts the CPU's energy in the CPU itself; None where nothing can be read that does."""
        return "RAPL counter" if self._counters else None

    @property
    def knows_load(self) -> bool:
        """Whether the system reports how busy its CPUs are."""
        return bool(cpu_seconds())

    def start(self, since_mono: float) -> None:
        """Begin; energy counts from ``since_mono`` on. [s]"""
        self._since_mono = since_mono
        self._last_mono = time.monotonic()
        self._last_counts = self._counts()

    def read(self) -> Reading:
        """Read now."""
        now, counts = time.monotonic(), self._counts()
        seconds = now - self._last_mono
        if seconds >= _SHORTEST_SECONDS or not self._energy:
            self._power = {"memory": self._memory_w} if self._memory_w else {}
            cpu_w = self._cpu_w(counts, max(seconds, 1e-6))
            if cpu_w is not None:
                self._power["cpu"] = cpu_w
            counted_since = self._last_mono if self._energy else self._since_mono
            for kind, power_w in self._power.items():
                grown = power_w * (now - counted_since) / 1000 / SECONDS_PER_HOUR
                self._energy[kind] = self._energy.get(kind, 0.0) + grown
            self._last_mono, self._last_counts = now, counts
        return Reading(now, dict(self._energy), dict(self._power))

    def _cpu_w(self, counts: tuple[float, ...], seconds: float) -> float | None:
        if self._counters:
            both = zip(counts, self._last_counts, self._counters, strict=True)
            return sum((now - before) % span for now, before, (_, span) in both) * 1e-6 / seconds
        if self._cpu_tdp_w is None or not counts:
            return None
        busy, total = counts[0] - self._last_counts[0], counts[1] - self._last_counts[1]
        return power_by_load_w(self._cpu_tdp_w, busy / total if total > 0 else 0.0)

    def _counts(self) -> tuple[float, ...]:
        try:
            if self._counters:
                return tuple(_number(path) for path, _ in self._counters)
            return cpu_seconds()
        except (OSError, ValueError):
            return self._last_counts


def cpu_seconds() -> tuple[float, ...]:
    """Return busy and total time of all CPUs since the computer's start, in clock ticks; empty where unknown."""
    try:
        with open("/proc/stat", "rb") as file:
            fields = [float(field) for field in file.readline().split()[1:9]]
    except OSError:
        return ()
    idle = fields[3] + fields[4]
    return sum(fields) - idle, sum(fields)


def memory_bytes() -> tuple[float, float]:
    """Return used and total memory; zeros where the system does not report it. [B]"""
    found = {}
    try:
        with open("/proc/meminfo", "rb") as file:
            for line in file:
                key, value = line.split()[:2]
                found[key] = float(value) * 1024
                if key == b"MemAvailable:":
                    break
    except OSError:
        return 0.0, 0.0
    total = found.get(b"MemTotal:", 0.0)
    return total - found.get(b"MemAvailable:", found.get(b"MemFree:", 0.0)), total


def _memory_power_w() -> float:
    from greentrain.catalogue import load_catalogue

    memory_gb = memory_bytes()[1] / _BYTES_PER_GB
    return memory_gb * load_catalogue().hardware.memory_power(memory_gb).value.best


def _rapl_counters() -> Iterator[tuple[str, float]]:
    """Find the counters of whole chips that may be read, each with the value [uJ] at which it starts again."""
    for folder in sorted(glob.glob(_RAPL)):
        try:
            with open(f"{folder}/name", encoding="ascii") as file:
                is_chip = file.read().startswith("package")
            _number(f"{folder}/energy_uj")
            if is_chip:
                yield f"{folder}/energy_uj", _number(f"{folder}/max_energy_range_uj")
        except (OSError, ValueError):
            continue


def _number(path: str) -> float:
    with open(path, encoding="ascii") as file:
        return float(file.read())
