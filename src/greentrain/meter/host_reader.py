"""CPU and memory of this computer: which they are, what they may draw, and their energy by counters and models."""

import glob
import os
import re
import sys
import time
from collections.abc import Iterator
from typing import NamedTuple

from greentrain.estimation.device_limits import peak_w
from greentrain.journal.records import ASSUMED_TDP
from greentrain.meter.base import Component, Reading
from greentrain.meter.control_groups import allotted_cpus, allotted_memory
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
    numbers : tuple of int or None
        Family and model, or on ARM implementer and part; None where the system does not state them.
    cores : int or None
        Cores of a chip; None where the system does not state them.
    """

    name: str
    threads: int
    sockets: int
    is_virtual: bool
    numbers: tuple[int, int] | None = None
    cores: int | None = None


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


class HostFacts(NamedTuple):
    """What an estimate of a run on the CPU takes of the computer.

    Attributes
    ----------
    cpu : str
        A name that the catalogue has.
    cpu_cores : float
        Cores that the run may use; hardware threads of a CPU whose model is not known.
    memory_gb : float or None
        Memory that it may use; None where that is not known. [GB]
    """

    cpu: str
    cpu_cores: float
    memory_gb: float | None


def read_cpu_facts() -> CpuFacts:
    """Read the system's own description of its CPUs."""
    threads = os.cpu_count() or 1
    try:
        with open("/proc/cpuinfo", encoding="utf-8", errors="replace") as file:
            text = file.read()
    except OSError:
        text = ""
    if text:
        return parse_cpu_facts(text, threads)
    name = system_text("machdep.cpu.brand_string") or system_text("hw.model")
    return CpuFacts(name, threads, system_number("hw.packages") or 1, False)


def parse_cpu_facts(text: str, threads: int) -> CpuFacts:
    """Take the facts from the text of ``/proc/cpuinfo``."""
    found: dict[str, str] = {}
    chips = set()
    for line in text.splitlines():
        key, _, value = line.partition(":")
        key, value = key.strip(), value.strip()
        if key == "physical id":
            chips.add(value)
        found.setdefault(key, value)
    numbers = _number_pair(found, "cpu family", "model") or _number_pair(found, "CPU implementer", "CPU part")
    is_virtual = " hypervisor " in f" {found.get('flags', '')} "
    cores = found.get("cpu cores", "")
    return CpuFacts(
        name=found.get("model name", ""),
        threads=threads,
        sockets=max(1, len(chips)),
        is_virtual=is_virtual,
        numbers=numbers,
        cores=int(cores) if cores.isdecimal() and int(cores) else None,
    )


def _number_pair(found: dict[str, str], one: str, other: str) -> tuple[int, int] | None:
    try:
        return int(found[one], 0), int(found[other], 0)
    except (KeyError, ValueError):
        return None


def system_text(name: str) -> str:
    """Return a value of macOS' or a BSD's table of facts (``sysctl``); blank where there is none."""
    value = _system_value(name)
    return value.split(b"\0")[0].decode("utf-8", "replace").strip() if value else ""


def system_number(name: str) -> int | None:
    """Return a whole number of that table; None where there is none."""
    value = _system_value(name)
    return int.from_bytes(value, sys.byteorder) if value and len(value) in (4, 8) else None


def _system_value(name: str) -> bytes | None:
    import ctypes

    try:
        read = ctypes.CDLL(None).sysctlbyname
        size = ctypes.c_size_t(0)
        if read(name.encode(), None, ctypes.byref(size), None, ctypes.c_size_t(0)) or not size.value:
            return None
        value = ctypes.create_string_buffer(size.value)
        failed = read(name.encode(), value, ctypes.byref(size), None, ctypes.c_size_t(0))
    except (OSError, AttributeError, TypeError):  # Linux and Windows have no such function
        return None
    return None if failed else value.raw[: size.value]


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

    A CPU of which no table has the TDP draws what hardware threads of its generation do, or of any server's CPU: that
    is assumed, said so, and never measured.

    Attributes
    ----------
    cpu_name : str
        Full name of the CPU; empty where the system gives none.
    cpu_tdp_w : float
        TDP of all CPUs, or of the slice that a virtual machine has. [W]
    memory_w : float or None
        Power of the memory, modelled from its size as in an estimate; None where the size is not known. [W]
    """

    def __init__(self) -> None:
        from greentrain.catalogue import load_catalogue
        from greentrain.estimation.seen_cpu import seen_name, thread_power

        facts = read_cpu_facts()
        limit = cpu_limit(facts)
        self.cpu_name = facts.name
        self.memory_w = _memory_power_w()
        self._facts = facts
        self._knows_load = bool(cpu_seconds())
        self._is_known = limit.tdp_w is not None
        self._seen_name = plain_name(facts.name) if self._is_known else seen_name(facts.name, facts.numbers, _machine())
        if limit.tdp_w is not None:
            self.cpu_tdp_w, self._reason = limit.tdp_w, limit.reason
        else:
            power = thread_power(load_catalogue(), self._seen_name)
            self.cpu_tdp_w = power.watts.best * facts.threads
            each = f"{power.watts.best:.2g} W ({power.watts.low:.2g} to {power.watts.high:.2g})"
            of = power.generation or "any server"
            self._reason = f"{limit.reason}: {each} assumed for each of {facts.threads} threads, as of {of}"

    @property
    def cpu_w_per_thread(self) -> float:
        """TDP of one thread, as it is known or assumed. [W]"""
        return self.cpu_tdp_w / self._facts.threads

    @property
    def ceilings_w(self) -> dict[str, float]:
        """Power that CPU and memory do not exceed, as far as it is known. [W]"""
        cpu = {"cpu": peak_w("cpu", self.cpu_tdp_w)}
        return cpu | ({} if self.memory_w is None else {"memory": _PEAK_OVER_MODEL * self.memory_w})

    def facts(self, pid: int) -> HostFacts:
        """Describe what of the computer a process may use, for the estimate of its run."""
        threads = self._facts.threads * allotted_cpus(pid).part
        total = memory_bytes()
        memory_gb = total[1] * allotted_memory(pid, total[1]).part / _BYTES_PER_GB if total else None
        per_core = self._threads_per_core() if self._is_known else 1
        return HostFacts(self._seen_name, threads / per_core, memory_gb)

    def _threads_per_core(self) -> float:
        facts = self._facts
        if facts.is_virtual or not facts.cores:
            return _THREADS_PER_CORE
        return max(1.0, facts.threads / (facts.cores * facts.sockets))

    def cpu(self, counter: str | None) -> Component:
        """Describe the CPU: measured by this counter, else modelled by its TDP, as it is known or assumed."""
        if counter:
            return Component("cpu", "", self.cpu_name, counter, "measured")
        if not self._knows_load:
            reason = "this system does not report the load of its CPUs"
            return Component("cpu", "", self.cpu_name, "none", "unknown", reason)
        method = "load x TDP" if self._is_known else ASSUMED_TDP
        return Component("cpu", "", self.cpu_name, method, "modelled", self._reason)

    def memory(self) -> Component:
        """Describe the memory: modelled where its size is known."""
        if self.memory_w is None:
            return Component("memory", "", "", "none", "unknown", "this system does not report the size of its memory")
        return Component("memory", "", "", "installed memory x W/GB", "modelled")

    def reader(self) -> "HostReader":
        """Make a reader of both, which begins to count when it is started."""
        return HostReader(self.cpu_tdp_w, self.memory_w)


def _machine() -> str:
    return os.uname().machine if hasattr(os, "uname") else ""


class HostReader:
    """Energy of CPU and memory from the system's own files, cumulative since a moment that may lie before the start.

    The time before the first reading counts with the mean power of the time up to the second.

    Parameters
    ----------
    cpu_tdp_w : float or None
        TDP of this computer's CPUs; None leaves the CPU out where it has no counter. [W]
    memory_w : float or None
        Power of the memory; None leaves it out. [W]
    """

    def __init__(self, cpu_tdp_w: float | None, memory_w: float | None) -> None:
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
            self._power = {} if self._memory_w is None else {"memory": self._memory_w}
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
    """Return busy and total time of all CPUs since the computer's start, in one unit; empty where unknown."""
    try:
        with open("/proc/stat", "rb") as file:
            fields = [float(field) for field in file.readline().split()[1:9]]
            idle = fields[3] + fields[4]
            return sum(fields) - idle, sum(fields)
    except (OSError, ValueError, IndexError):
        return _cpu_seconds_elsewhere()


def _cpu_seconds_elsewhere() -> tuple[float, ...]:
    """Ask psutil, which codecarbon brings: it knows macOS, the BSDs and Windows."""
    try:
        import psutil  # type: ignore[import-untyped]

        times = psutil.cpu_times()
        total = float(sum(times))
        return total - float(times.idle), total
    except Exception:  # it is missing, or cannot read this system either
        return ()


def memory_bytes() -> tuple[float | None, float] | None:
    """Return used memory, None where it is not known, and total memory; None where that is not known. [B]"""
    found = {}
    try:
        with open("/proc/meminfo", "rb") as file:
            for line in file:
                key, value = line.split()[:2]
                found[key] = float(value) * 1024
                if key == b"MemAvailable:":
                    break
    except (OSError, ValueError):
        found = {}
    total = found.get(b"MemTotal:", 0.0)
    if not total:
        return _memory_bytes_elsewhere()
    return total - found.get(b"MemAvailable:", found.get(b"MemFree:", 0.0)), total


def _memory_bytes_elsewhere() -> tuple[float | None, float] | None:
    """Ask psutil; else the system for its pages, of which it then is not known how many are used."""
    try:
        import psutil

        memory = psutil.virtual_memory()
        if memory.total > 0:
            return float(memory.total - memory.available), float(memory.total)
    except Exception:  # it is missing, or cannot read this system either
        pass
    try:
        total = float(os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE"))
    except (OSError, ValueError, AttributeError):
        total = float(system_number("hw.memsize") or 0)
    return (None, total) if total > 0 else None


def _memory_power_w() -> float | None:
    from greentrain.catalogue import load_catalogue

    found = memory_bytes()
    if found is None:
        return None
    memory_gb = found[1] / _BYTES_PER_GB
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
