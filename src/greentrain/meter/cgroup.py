"""The control group that a scheduler made for a job: it counts the job's CPU time and memory in one place."""

import os
import re
from collections.abc import Callable

_ROOT = "/sys/fs/cgroup"
_JOB = re.compile(r".*/job_\d+")


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
        """Give the CPU time that the job has used. [s]"""
        if "" in self._folders:
            micros = _field(f"{self._folders['']}/cpu.stat", b"usage_usec")
            return None if micros is None else micros * 1e-6
        nanos = self._number("cpuacct", "cpuacct.usage")
        return None if nanos is None else nanos * 1e-9

    def memory_bytes(self) -> float | None:
        """Give the memory that the job's processes hold. [B]"""
        if "" in self._folders:
            return _field(f"{self._folders['']}/memory.stat", b"anon")
        folder = self._folders.get("memory")
        return _field(f"{folder}/memory.stat", b"total_rss") if folder else None

    def memory_limit_bytes(self) -> float | None:
        """Give the memory that was allotted to the job; None when there is no limit. [B]"""
        if "" in self._folders:
            return self._number("", "memory.max")
        return self._number("memory", "memory.limit_in_bytes")

    def _number(self, controller: str, name: str) -> float | None:
        folder = self._folders.get(controller)
        return _guarded(lambda: float(_read(f"{folder}/{name}"))) if folder else None


def find_job_group(pid: int, root: str = _ROOT) -> JobGroup | None:
    """Find the job's control group of a process; None when no scheduler made one that can be read."""
    try:
        text = _read(f"/proc/{pid}/cgroup").decode()
    except (OSError, UnicodeDecodeError):
        return None
    return parse_job_group(text, root)


def parse_job_group(text: str, root: str = _ROOT) -> JobGroup | None:
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


def container_cpus(root: str = _ROOT) -> float | None:
    """Give how many CPUs the container that we are in may use; None when it has no limit."""

    def unified() -> float:
        quota, period = _read(f"{root}/cpu.max").split()
        return float(quota) / float(period)

    def older() -> float:
        quota = float(_read(f"{root}/cpu/cpu.cfs_quota_us"))
        return quota / float(_read(f"{root}/cpu/cpu.cfs_period_us"))

    limits = (_guarded(unified), _guarded(older))
    return next((cpus for cpus in limits if cpus is not None and cpus > 0), None)


def container_memory_bytes(root: str = _ROOT) -> float | None:
    """Give how much memory the container that we are in may use; None when it has no limit. [B]"""
    limits = (
        _guarded(lambda: float(_read(f"{root}/memory.max"))),
        _guarded(lambda: float(_read(f"{root}/memory/memory.limit_in_bytes"))),
    )
    return next((limit for limit in limits if limit is not None), None)
