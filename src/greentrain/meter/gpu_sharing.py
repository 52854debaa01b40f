"""Who else uses the run's GPUs: processes on each board as the driver lists them, and other runs that chose it.

Every call of the driver may hang or raise: this belongs in the thread that reads the boards.
"""

from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from math import inf
from typing import Any, NamedTuple, Protocol

from greentrain.meter.attribution import DeviceUse, device_share
from greentrain.meter.control_groups import job_groups
from greentrain.meter.live_runs import HostRun, LiveRuns, began, find_place
from greentrain.meter.process_share import ancestors, listed, process_namespace

_INITIAL_NAMESPACE = 0xEFFFFFFC  # the kernel's own number of the process ids that are not a container's
_MPS_SERVER = "nvidia-cuda-mps"
_PROCESS_LISTS = (
    ("nvmlDeviceGetComputeRunningProcesses_v3", "nvmlDeviceGetComputeRunningProcesses_v2"),
    ("nvmlDeviceGetMPSComputeRunningProcesses_v3", "nvmlDeviceGetMPSComputeRunningProcesses_v2"),
)


class DeviceProcesses(NamedTuple):
    """The processes that compute on a device.

    Attributes
    ----------
    pids : tuple of int
        Their ids.
    sm_time : dict of int to float
        Mean use of the device's processors since the last question, by process; empty where it is not known. [%]
    memory : dict of int to float
        Memory on the device by process, where it is known. [B]
    """

    pids: tuple[int, ...] = ()
    sm_time: Mapping[int, float] = {}
    memory: Mapping[int, float] = {}


class ProcessLister(Protocol):
    """What a driver's library tells of the processes on a device."""

    def processes(self) -> DeviceProcesses | None:
        """Return the processes that compute there now; None where the driver does not tell."""


class NvidiaProcesses:
    """Processes on a board, or on some of its slices, by NVML.

    Parameters
    ----------
    number : int
        The board's index in the driver's list.
    slices : sequence of str, optional
        UUIDs of the slices; none for the whole board.
    """

    def __init__(self, number: int, slices: Iterable[str] = ()) -> None:
        import pynvml as nvml  # type: ignore[import-untyped]

        nvml.nvmlInit()
        self._nvml: Any = nvml
        self._board = nvml.nvmlDeviceGetHandleByIndex(number)
        self._devices = [nvml.nvmlDeviceGetHandleByUUID(uuid) for uuid in slices] or [self._board]
        self._seen_us = 0

    def processes(self) -> DeviceProcesses | None:
        """Return the processes that compute there now; None where the driver does not tell."""
        found: dict[int, float | None] = {}
        is_told = False
        for names in _PROCESS_LISTS:
            for device in self._devices:
                listed_now = self._listed(names, device)
                is_told = is_told or listed_now is not None
                found |= {item.pid: item.usedGpuMemory for item in listed_now or ()}
        pids = tuple(sorted(pid for pid in found if _command(pid) != _MPS_SERVER))
        memory = {pid: float(size) for pid, size in found.items() if size is not None}
        return DeviceProcesses(pids, self._sm_time() if len(pids) > 1 else {}, memory) if is_told else None

    def _listed(self, names: Iterable[str], device: Any) -> list[Any] | None:
        for name in names:
            with suppress(self._nvml.NVMLError, AttributeError):
                found: list[Any] = getattr(self._nvml, name)(device)
                return found
        return None

    def _sm_time(self) -> dict[int, float]:
        """Return the mean use since the last question; slices and older boards have none. [%]"""
        try:
            samples = self._nvml.nvmlDeviceGetProcessUtilization(self._board, self._seen_us)
        except (self._nvml.NVMLError, AttributeError):
            return {}
        found: dict[int, list[float]] = {}
        for sample in samples:
            # An empty place of the driver's list has no process.
            if sample.pid and sample.timeStamp > self._seen_us and sample.smUtil <= 100:
                found.setdefault(sample.pid, []).append(float(sample.smUtil))
        self._seen_us = max([self._seen_us, *(sample.timeStamp for sample in samples)])
        return {pid: sum(values) / len(values) for pid, values in found.items()}


class GpuSharing:
    """Finds the run's part of each of its devices.

    Parameters
    ----------
    root_pid : int
        The process from which all others of the run descend.
    own : str
        Name of the run's announcement.
    """

    def __init__(self, root_pid: int, own: str) -> None:
        self._root_pid = root_pid
        self._since = began(own)
        self._runs = LiveRuns(own, find_place())
        self._groups = [group.name for group in job_groups(root_pid)]
        self._namespace = process_namespace()
        self._devices: dict[int, tuple[str, ...]] = {}
        self._listers: dict[int, ProcessLister] = {}

    def choose(
        self, devices: Mapping[int, tuple[str, ...]], open_lister: Callable[[int], ProcessLister | None]
    ) -> None:
        """State which devices the run has chosen: UUIDs of the board or of its slices, by the board's index."""
        self._devices = dict(devices)
        for number in devices:
            with suppress(Exception):  # whatever a driver raises: the device is then divided by what is known else
                lister = open_lister(number)
                if lister is not None:
                    self._listers[number] = lister

    def read(self) -> dict[int, tuple[float, str]]:
        """Return the run's share of each device, and how it was found, by the board's index."""
        self._runs.look()
        self._runs.read()
        others = {name: run for name, run in self._runs.others.items() if run.until == inf}
        return {number: device_share(self._use(number, others)) for number in self._devices}

    def _use(self, number: int, others: Mapping[str, HostRun]) -> DeviceUse:
        uuids = set(self._devices[number])
        runs = 1 + sum(bool(uuids.intersection(map(str, listed(run.facts, "devices")))) for run in others.values())
        found = None
        if number in self._listers:
            with suppress(Exception):
                found = self._listers[number].processes()
        if found is None:
            return DeviceUse(runs=runs, is_whole=False)
        own = [pid for pid in found.pids if self._is_own(pid, others)]
        strangers = [pid for pid in found.pids if pid not in own]
        # In a container the driver may list ids of outside, of which none can be told to be the run's.
        is_whole = bool(own) or self._namespace == _INITIAL_NAMESPACE
        return DeviceUse(own, strangers, found.sm_time, found.memory, runs, is_whole)

    def _is_own(self, pid: int, others: Mapping[str, HostRun]) -> bool:
        """Whether a process is the run's, and not that of another run inside it."""
        here = [run for run in others.values() if run.facts.get("processes") == self._namespace]
        roots = {run.facts.get("root"): run.since for run in here}
        for each in ancestors(pid):
            if each == self._root_pid:
                return roots.get(each, -inf) <= self._since
            if each in roots:
                return False
        return self._is_in_own_job(pid, others)

    def _is_in_own_job(self, pid: int, others: Mapping[str, HostRun]) -> bool:
        shared = {group.name for group in job_groups(pid)}.intersection(self._groups)
        return any(
            not any(group in listed(run.facts, "groups") and run.since < self._since for run in others.values())
            for group in shared
        )


def _command(pid: int) -> str:
    try:
        with open(f"/proc/{pid}/comm", encoding="utf-8", errors="replace") as file:
            return file.read().strip()
    except OSError:
        return ""
