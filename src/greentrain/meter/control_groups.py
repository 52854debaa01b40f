"""Control groups: what a scheduler's job uses, and how much of the computer a process may use by its groups' limits.

The files of ``/proc`` and ``/sys/fs/cgroup`` are read; where there are none, nothing is limited.
"""

import os
import re
from collections.abc import Callable, Iterator

from greentrain.meter.attribution import Allotment

_ROOT = "/sys/fs/cgroup"
_JOB_AND_STEP = (re.compile(r".*/job_\d+"), re.compile(r".*/job_\d+/step_[^/]+"))
_Limit = tuple[float, str]


class JobGroup:
    """The control group of a Slurm job, or of a step of one.

    Parameters
    ----------
    name : str
        The group's path, which all processes of the job have in common.
    folders : dict of str to str
        Folder of the group by controller: ``cpuacct`` and ``memory``, or an empty name for the unified hierarchy.
    """

    def __init__(self, name: str, folders: dict[str, str]) -> None:
        self.name = name
        self._folders = folders

    def cpu_seconds(self) -> float | None:
        """Return the CPU time that the group has used. [s]"""
        if "" in self._folders:
            micros = _field(f"{self._folders['']}/cpu.stat", b"usage_usec")
            return None if micros is None else micros * 1e-6
        folder = self._folders.get("cpuacct")
        nanos = _number(f"{folder}/cpuacct.usage") if folder else None
        return None if nanos is None else nanos * 1e-9

    def memory_bytes(self) -> float | None:
        """Return the memory that the group's processes hold. [B]"""
        if "" in self._folders:
            return _field(f"{self._folders['']}/memory.stat", b"anon")
        folder = self._folders.get("memory")
        return _field(f"{folder}/memory.stat", b"total_rss") if folder else None


def job_groups(pid: int, root: str = _ROOT) -> tuple[JobGroup, ...]:
    """Find the groups of a process's job and of its step that can be read; none where no scheduler made any."""
    return parse_job_groups(_groups_text(pid), root)


def parse_job_groups(text: str, root: str = _ROOT) -> tuple[JobGroup, ...]:
    """Find the job's groups, the larger first, in the text of ``/proc/PID/cgroup``."""
    groups = []
    for pattern in _JOB_AND_STEP:
        folders, names = {}, []
        for controllers, path in _lines(text):
            found = pattern.match(path)
            for controller in controllers.split(",") if found else ():
                folder = os.path.join(root, controller, found[0].lstrip("/"))  # type: ignore[index]
                if os.path.isdir(folder):
                    folders[controller] = folder
                    names.append(found[0])  # type: ignore[index]
        group = JobGroup(min(names), folders) if names else None
        if group is not None and group.cpu_seconds() is not None:
            groups.append(group)
    return tuple(groups)


def allotted_cpus(pid: int, root: str = _ROOT) -> Allotment:
    """Return which part of the computer's CPUs a process may use: bound to some of them, or by its groups' quotas."""
    number = os.cpu_count() or 1
    try:
        bound = sorted(os.sched_getaffinity(pid))
    except (AttributeError, OSError):
        bound = list(range(number))
    limits = [(float(len(bound)), f"cpus {','.join(map(str, bound))}")] if len(bound) < number else []
    limits += _limits(pid, root, "cpu", _cpu_quota)
    return _least(limits, float(number))


def allotted_memory(pid: int, total_bytes: float, root: str = _ROOT) -> Allotment:
    """Return which part of the computer's memory a process may use by its groups' limits. [B]"""
    return _least(_limits(pid, root, "memory", _memory_limit), total_bytes)


def _least(limits: list[_Limit], whole: float) -> Allotment:
    amount, pool = min(limits, default=(whole, ""))
    return Allotment(amount / whole, pool) if 0 < amount < whole else Allotment()


def _limits(pid: int, root: str, controller: str, read: Callable[[str], float | None]) -> list[_Limit]:
    """Return the limits of all groups that a process is in, each with what tells the group from others."""
    limits = []
    for folder in limiting_folders(_groups_text(pid), controller, root):
        amount = read(folder)
        if amount is not None and amount > 0:
            limits.append((amount, _identity(folder)))
    return limits


def limiting_folders(text: str, controller: str, root: str = _ROOT) -> list[str]:
    """List the folders of the groups whose limits hold for a process, by the text of ``/proc/PID/cgroup``.

    A group inside another has the limits of both. In a container the path of a process's group is often not to be
    seen, but the container's own group is the root there.
    """
    folders = {root, os.path.join(root, controller)}
    for names, path in _lines(text):
        if names and controller not in names.split(","):
            continue
        folder = os.path.join(root, controller) if names else root
        for part in path.split("/"):
            if part and part != "..":
                folder = os.path.join(folder, part)
                folders.add(folder)
    return sorted(folders)


def _identity(folder: str) -> str:
    state = os.stat(folder)
    return f"group {state.st_dev}:{state.st_ino}"


def _cpu_quota(folder: str) -> float | None:
    def unified() -> float:
        quota, period = _read(f"{folder}/cpu.max").split()
        return float(quota) / float(period)

    def older() -> float:
        return float(_read(f"{folder}/cpu.cfs_quota_us")) / float(_read(f"{folder}/cpu.cfs_period_us"))

    found = _guarded(unified)
    return _guarded(older) if found is None else found


def _memory_limit(folder: str) -> float | None:
    found = _number(f"{folder}/memory.max")
    return _number(f"{folder}/memory.limit_in_bytes") if found is None else found


def _groups_text(pid: int) -> str:
    try:
        return _read(f"/proc/{pid}/cgroup").decode()
    except (OSError, UnicodeDecodeError):
        return ""


def _lines(text: str) -> Iterator[tuple[str, str]]:
    """Yield controllers and path of each hierarchy."""
    for line in text.splitlines():
        controllers, _, path = line.partition(":")[2].partition(":")
        yield controllers, path


def _field(path: str, name: bytes) -> float | None:
    def find() -> float:
        return next(float(line.split()[1]) for line in _read(path).splitlines() if line.split()[:1] == [name])

    return _guarded(find)


def _number(path: str) -> float | None:
    return _guarded(lambda: float(_read(path)))


def _guarded(read: Callable[[], float]) -> float | None:
    try:
        return read()
    except (OSError, ValueError, StopIteration, ZeroDivisionError):
        return None


def _read(path: str) -> bytes:
    with open(path, "rb") as file:
        return file.read()
