"""The run's share of a computer that others use too: CPU time and memory of its processes, as parts of the whole.

The files of ``/proc`` are read; where there are none, no share is known and the computer counts as the run's own.
"""

import os
import re
import time
from collections.abc import Callable, Iterator
from typing import NamedTuple

from greentrain.meter.host_reader import cpu_seconds, memory_bytes

_TICKS_PER_SECOND = os.sysconf("SC_CLK_TCK") if hasattr(os, "sysconf") else 100
_PAGE_BYTES = os.sysconf("SC_PAGE_SIZE") if hasattr(os, "sysconf") else 4096
_CPU_IDLE_WEIGHT = 0.1  # a CPU without work draws about what a tenth of its work adds: codecarbon's model
_MEMORY_IDLE_WEIGHT = 1.0  # memory draws the same, used or not
_BUDGET = 1e-3
_CGROUPS = "/sys/fs/cgroup"
_JOB = re.compile(r".*/job_\d+")


class Share(NamedTuple):
    """The run's part of the computer over the last interval, 0 to 1; None where it is not known."""

    cpu: float | None
    memory: float | None


def attributed_share(own: float, used: float, capacity: float, allotted: float, idle_weight: float) -> float:
    """Attribute a resource: what is used by use, what is idle by what may be used.

    ``(own + w a (capacity - used)) / (used + w (capacity - used))``, the weight w being what idle capacity costs
    compared with used.

    Parameters
    ----------
    own, used, capacity : float
        What the run uses, what all use, and what there is, in one unit.
    allotted : float
        Part of the computer that the run may use, 0 to 1.
    idle_weight : float
        Cost of what is idle over cost of what is used.

    Returns
    -------
    float
        The share, 0 to 1.
    """
    used = min(max(used, 0.0), capacity)
    own = min(max(own, 0.0), used)
    idle = idle_weight * (capacity - used)
    return min(1.0, (own + allotted * idle) / (used + idle)) if used + idle > 0 else allotted


class ProcessShare:
    """Follows the processes of a run.

    Until the computer's clock of CPU time has moved on, the share of the CPU is what the run may use of it.

    Parameters
    ----------
    root_pid : int
        The process from which all others of the run descend.

    Attributes
    ----------
    latest : Share
        As it was last worked out.
    """

    def __init__(self, root_pid: int) -> None:
        self._group: JobGroup | None = find_job_group(root_pid)
        self._tree = ProcessTree(root_pid)
        self._allotted_cpu = min(1.0, _allotted_cpus(root_pid) / (os.cpu_count() or 1))
        self._allotted_bytes = (self._group and self._group.memory_limit_bytes()) or container_memory_bytes()
        self._last = self._counts()
        self.latest = Share(None if self._last is None else self._allotted_cpu, self._memory())
        self._next_mono = 0.0

    def update(self) -> Share:
        """Return the share of the time since it was last worked out; reading too many processes is done seldom."""
        now = time.monotonic()
        if now < self._next_mono:
            return self.latest
        before = time.thread_time()
        counts = self._counts()
        if counts is not None and self._last is not None and counts[2] > self._last[2]:
            own, busy, total = (new - old for new, old in zip(counts, self._last, strict=True))
            cpu = attributed_share(own, busy, total, self._allotted_cpu, _CPU_IDLE_WEIGHT)
            self.latest = Share(cpu, self._memory())
            self._last = counts
        self._next_mono = now + (time.thread_time() - before) / _BUDGET
        return self.latest

    def _counts(self) -> tuple[float, float, float] | None:
        machine = cpu_seconds()
        if not machine:
            return None
        own = self._group.cpu_seconds() if self._group else None
        own = self._tree.cpu_seconds() if own is None else own
        return own, machine[0] / _TICKS_PER_SECOND, machine[1] / _TICKS_PER_SECOND

    def _memory(self) -> float | None:
        used, total = memory_bytes()
        if not total:
            return None
        own = self._group.memory_bytes() if self._group else None
        own = self._tree.memory_bytes() if own is None else own
        allotted = min(1.0, self._allotted_bytes / total) if self._allotted_bytes else 1.0
        return attributed_share(own, used, total, allotted, _MEMORY_IDLE_WEIGHT)


class ProcessTree:
    """A process and all that descend from it, those that have ended included.

    Processes stay members when their parent dies. CPU time of children that have ended is in their parents' count; a
    sum that falls, because a child was not waited for, is carried on.
    """

    def __init__(self, root_pid: int) -> None:
        self._members: dict[int, bytes | None] = {root_pid: None}
        self._carried = 0.0
        self._latest = 0.0

    def cpu_seconds(self) -> float:
        """Return the CPU time of the tree since its root's start. [s]"""
        self._adopt()
        ticks = 0.0
        for pid in list(self._members):
            fields = _stat(pid)
            known = self._members[pid]
            if fields is None or (known is not None and fields[19] != known):
                del self._members[pid]
                continue
            self._members[pid] = fields[19]
            ticks += sum(float(field) for field in fields[11:15])
        seconds = ticks / _TICKS_PER_SECOND
        self._carried += max(0.0, self._latest - seconds - self._carried)
        self._latest = seconds + self._carried
        return self._latest

    def memory_bytes(self) -> float:
        """Return the memory of the tree, what is shared counted once. [B]"""
        own, shared = 0.0, 0.0
        for pid in self._members:
            try:
                with open(f"/proc/{pid}/statm", "rb") as file:
                    fields = file.read().split()
            except OSError:
                continue
            own += (int(fields[1]) - int(fields[2])) * _PAGE_BYTES
            shared = max(shared, int(fields[2]) * _PAGE_BYTES)
        return own + shared

    def _adopt(self) -> None:
        wanted = list(self._members)
        while wanted:
            for child in _children(wanted.pop()):
                if child not in self._members:
                    self._members[child] = None
                    wanted.append(child)


def _children(pid: int) -> Iterator[int]:
    try:
        threads = os.listdir(f"/proc/{pid}/task")
    except OSError:
        return
    for thread in threads:
        try:
            with open(f"/proc/{pid}/task/{thread}/children", "rb") as file:
                yield from map(int, file.read().split())
        except OSError:
            continue


def _stat(pid: int) -> list[bytes] | None:
    try:
        with open(f"/proc/{pid}/stat", "rb") as file:
            return file.read().rpartition(b")")[2].split()
    except OSError:
        return None


def _allotted_cpus(pid: int) -> float:
    try:
        bound = float(len(os.sched_getaffinity(pid)))
    except (AttributeError, OSError):
        bound = float(os.cpu_count() or 1)
    return min(bound, container_cpus() or bound)


class JobGroup:
    """The control group of a Slurm job.

    Parameters
    ----------
    folders : dict of str to str
        Folder of the group by controller: ``cpuacct`` and ``memory``, or an empty name for the unified hierarchy.
    """

    def __init__(self, folders: dict[str, str]) -> None:
        self._folders = folders

    def cpu_seconds(self) -> float | None:
        """Return the CPU time that the job has used. [s]"""
        if "" in self._folders:
            micros = _field(f"{self._folders['']}/cpu.stat", b"usage_usec")
            return None if micros is None else micros * 1e-6
        nanos = self._number("cpuacct", "cpuacct.usage")
        return None if nanos is None else nanos * 1e-9

    def memory_bytes(self) -> float | None:
        """Return the memory that the job's processes hold. [B]"""
        if "" in self._folders:
            return _field(f"{self._folders['']}/memory.stat", b"anon")
        folder = self._folders.get("memory")
        return _field(f"{folder}/memory.stat", b"total_rss") if folder else None

    def memory_limit_bytes(self) -> float | None:
        """Return the memory that was allotted to the job; None when there is no limit. [B]"""
        if "" in self._folders:
            return self._number("", "memory.max")
        return self._number("memory", "memory.limit_in_bytes")

    def _number(self, controller: str, name: str) -> float | None:
        folder = self._folders.get(controller)
        return _guarded(lambda: float(_read(f"{folder}/{name}"))) if folder else None


def find_job_group(pid: int, root: str = _CGROUPS) -> JobGroup | None:
    """Find the job's control group of a process; None when no scheduler made one that can be read."""
    try:
        text = _read(f"/proc/{pid}/cgroup").decode()
    except (OSError, UnicodeDecodeError):
        return None
    return parse_job_group(text, root)


def parse_job_group(text: str, root: str = _CGROUPS) -> JobGroup | None:
    """Find the job's group in the text of ``/proc/PID/cgroup``: lines of hierarchy, controllers and path."""
    folders = {}
    for line in text.splitlines():
        _, _, rest = line.partition(":")
        controllers, _, path = rest.partition(":")
        found = _JOB.match(path)
        if not found:
            continue
        for controller in controllers.split(","):
            folders[controller] = os.path.join(root, controller, found[0].lstrip("/"))
    group = JobGroup({name: folder for name, folder in folders.items() if os.path.isdir(folder)})
    return group if group.cpu_seconds() is not None else None


def _field(path: str, name: bytes) -> float | None:
    def find() -> float:
        return next(float(line.split()[1]) for line in _read(path).splitlines() if line.split()[:1] == [name])

    return _guarded(find)


def _guarded(read: Callable[[], float]) -> float | None:
    try:
        return read()
    except (OSError, ValueError, StopIteration):
        return None


def _read(path: str) -> bytes:
    with open(path, "rb") as file:
        return file.read()


def container_cpus(root: str = _CGROUPS) -> float | None:
    """Return how many CPUs the container that we are in may use; None when it has no limit."""

    def unified() -> float:
        quota, period = _read(f"{root}/cpu.max").split()
        return float(quota) / float(period)

    def older() -> float:
        quota = float(_read(f"{root}/cpu/cpu.cfs_quota_us"))
        return quota / float(_read(f"{root}/cpu/cpu.cfs_period_us"))

    limits = (_guarded(unified), _guarded(older))
    return next((cpus for cpus in limits if cpus is not None and cpus > 0), None)


def container_memory_bytes(root: str = _CGROUPS) -> float | None:
    """Return how much memory the container that we are in may use; None when it has no limit. [B]"""
    limits = (
        _guarded(lambda: float(_read(f"{root}/memory.max"))),
        _guarded(lambda: float(_read(f"{root}/memory/memory.limit_in_bytes"))),
    )
    return next((limit for limit in limits if limit is not None), None)
