"""The run's share of a computer that others use too: what its processes use of CPU and memory, and a part of the idle.

The files of ``/proc`` are read; where there are none, no share is known and the computer counts as the run's own.
"""

import os
import time
from collections.abc import Iterator, Mapping, Sequence
from math import inf
from typing import Any, NamedTuple

from greentrain.journal.records import ALLOTTED, OWN_JOB, OWN_PROCESSES
from greentrain.meter.attribution import Allotment, IdlePart, Presence, attributed_share, fair_use, unstated_use
from greentrain.meter.control_groups import JobGroup, allotted_cpus, allotted_memory, job_groups
from greentrain.meter.host_reader import cpu_seconds, memory_bytes
from greentrain.meter.live_runs import Announcement, HostRun, LiveRuns, OwnPresence, began, find_place

_TICKS_PER_SECOND = os.sysconf("SC_CLK_TCK") if hasattr(os, "sysconf") else 100
_CPU_IDLE_WEIGHT = 0.1  # a CPU without work draws about what a tenth of its work adds: codecarbon's model
_MEMORY_IDLE_WEIGHT = 1.0  # memory draws the same, used or not
_BUDGET = 1e-3
"""Part of the meter's time that counting processes may take, beyond the allowance."""
_ALLOWANCE_SECONDS = 0.05
"""CPU time of counting that a run has at its start, when a few counts decide much. [s]"""
_SETTLING_SECONDS = 0.3
_POLL_SECONDS = 0.02
_MOST_ANCESTORS = 50


class Share(NamedTuple):
    """The run's part of the computer over the last interval, 0 to 1; None where it is not known."""

    cpu: float | None
    memory: float | None


class _Counts(NamedTuple):
    """CPU time since some moment: of the run, of all runs, of all processes, and what there was of it. [s]"""

    own: float
    others: float
    busy: float
    total: float

    def since(self, earlier: "_Counts") -> "_Counts":
        return _Counts(*(now - then for now, then in zip(self, earlier, strict=True)))


class ProcessShare:
    """Follows the processes of a run, and the other runs of the computer.

    Until the computer's clock of CPU time has moved on, the share of the CPU is the run's part of what is idle.

    Parameters
    ----------
    root_pid : int
        The process from which all others of the run descend.
    started_mono : float, optional
        The run's start, of ``time.monotonic``. Default: now. [s]
    announcement : Announcement, optional
        By which others know the run.

    Attributes
    ----------
    latest : Share
        As it was last worked out.
    presence : OwnPresence
        By which others know the run.
    runs : LiveRuns
        The other runs.
    """

    def __init__(
        self, root_pid: int, started_mono: float | None = None, announcement: Announcement | None = None
    ) -> None:
        self.presence = OwnPresence(announcement or Announcement())
        self.runs = LiveRuns(self.presence.name, find_place() if hasattr(os, "getuid") else None)
        self._use = RunUse(root_pid, self.presence.name)
        _, total_bytes = memory_bytes() or (0.0, 0.0)
        self._allotments = allotted_cpus(root_pid), allotted_memory(root_pid, total_bytes or 1.0)
        self._facts: dict[str, Any] = {**self._use.facts, "cpu": self._allotments[0], "memory": self._allotments[1]}
        self._devices: tuple[str, ...] = ()
        started = time.monotonic() if started_mono is None else started_mono
        self._idle = tuple(IdlePart(own, started) for own in self._allotments)
        self._started_mono = time.monotonic()
        self._counting_seconds = -_ALLOWANCE_SECONDS
        self._shared_mono = started
        self._own_bytes = 0.0
        self._recount_others()
        self._first = self._last = self._counts()
        self._grown: _Counts | None = None
        self._stated_mono = time.monotonic() if self.presence.is_known else started
        self.look()
        self.latest = self._share()

    def update(self, is_last: bool = False) -> Share:
        """Return the share of the time since it was last worked out; reading too many processes is done seldom."""
        if is_last:
            self._settle()
        now = time.monotonic()
        if is_last or self._counting_seconds <= _BUDGET * (now - self._started_mono):
            before = time.thread_time()
            self._recount_others()
            counts = self._counts()
            if counts is not None and self._last is not None and counts.total > self._last.total:
                self._grown, self._last = counts.since(self._last), counts
            self._counting_seconds += time.thread_time() - before
        self.look()
        self.latest = self._share()
        self._shared_mono = now
        for part in self._idle:
            part.restart()
        return self.latest

    def look(self) -> None:
        """See which other runs came and went, between two updates that lie far apart."""
        self.runs.look()
        now = time.monotonic()
        for place, part in enumerate(self._idle):
            part.reach(
                now,
                {
                    name: Presence(run.since, run.until, _allotment(run, place))
                    for name, run in self.runs.others.items()
                },
            )

    def end(self, ended_mono: float) -> float:
        """State the run's end [s], and what it used, to others.

        Returns
        -------
        float
            Which part of what the computer's CPU drew while the run was there was counted as the run's, and then
            stated by runs inside it as theirs, too late to be taken off. [1]
        """
        self._recount_others()
        counts = self._counts()
        self.presence.end(ended_mono)
        if counts is None or self._first is None:
            return 0.0
        whole = counts.since(self._first)
        counted = self._use.debt_seconds * fair_use(whole.own, (whole.others,), whole.busy)
        weighed = whole.busy + _CPU_IDLE_WEIGHT * (whole.total - whole.busy)
        return counted / weighed if weighed > 0 else 0.0

    def _settle(self) -> None:
        """Wait a moment for runs inside this one whose processes have ended: their meters are about to state it."""
        deadline = time.monotonic() + _SETTLING_SECONDS
        while self._use.awaits_end(self.runs.others) and time.monotonic() < deadline:
            time.sleep(_POLL_SECONDS)
            self.runs.look()

    def claim(self, devices: tuple[str, ...]) -> None:
        """Let others know which devices the run has chosen."""
        if devices != self._devices:
            self._devices = devices
            self._state()

    @property
    def methods(self) -> dict[str, str]:
        """What is counted as the run's use, by kind of component: its processes, or those of its job's group."""
        kind = OWN_PROCESSES if self._use.scope == OWN_PROCESSES else OWN_JOB
        kind = kind if self._use.is_known else ALLOTTED
        return {name: kind for name, value in self.latest._asdict().items() if value is not None}

    def _share(self) -> Share:
        return Share(self._cpu(self._idle[0].mean), self._memory(self._idle[1].mean))

    def _cpu(self, allotted: float) -> float | None:
        if self._last is None or self._first is None:
            return None
        if not self._use.is_known:
            return allotted
        grown, whole = self._grown, self._last.since(self._first)
        if grown is None:
            return allotted
        # By all that was counted so far: counts of moments that differ a little are taken from each other.
        own = grown.own * fair_use(whole.own, (whole.others,), whole.busy)
        return attributed_share(own, grown.busy, grown.total, allotted, _CPU_IDLE_WEIGHT)

    def _memory(self, allotted: float) -> float | None:
        used, total = memory_bytes() or (None, 0.0)
        if not total:
            return None
        if not self._use.is_known:
            return allotted
        others = [_stated_bytes(run) for run in self.runs.others.values() if run.until == inf]
        used = self._own_bytes + sum(other or 0.0 for other in others) if used is None else used
        own = self._counted_bytes(others, used)
        return attributed_share(own, used, total, allotted, _MEMORY_IDLE_WEIGHT)

    def _counted_bytes(self, others: Sequence[float | None], used: float) -> float:
        """Return what counts of the run's memory, on average since the last share. [B]"""
        counted = self._own_bytes * fair_use(self._own_bytes, others, used)
        unstated_seconds = self._stated_mono - self._shared_mono
        if unstated_seconds <= 0:
            return counted
        part = min(1.0, unstated_seconds / max(time.monotonic() - self._shared_mono, unstated_seconds))
        return part * unstated_use(self._own_bytes, others, used) + (1.0 - part) * counted

    def _recount_others(self) -> None:
        self.runs.look()
        self.runs.read()

    def _counts(self) -> _Counts | None:
        machine = cpu_seconds()
        own, self._own_bytes = self._use.count(self.runs.others)
        self._state()
        if not machine:
            return None
        return _Counts(own, self._use.others_seconds, machine[0] / _TICKS_PER_SECOND, machine[1] / _TICKS_PER_SECOND)

    def _state(self) -> None:
        own = {"cpu_seconds": round(self._use.seconds, 2), "bytes": int(self._own_bytes)}
        self.presence.state({**self._facts, "scope": self._use.scope, "devices": self._devices, **own})


class RunUse:
    """Counts CPU time and memory of a run, without what other runs inside it count for themselves.

    A run that has its job's group to itself counts all of the group. Of several runs in one group the first counts it
    without the others, which count their own processes: so nothing is counted twice, and nothing is left out.

    Parameters
    ----------
    root_pid : int
        The process from which all others of the run descend.
    name : str
        What tells the run from others.
    groups : sequence of JobGroup, optional
        The groups of its job, the larger first. Default: those that its root process is in.

    Attributes
    ----------
    scope : str
        What is counted: `OWN_PROCESSES`, or a group's name.
    seconds, others_seconds : float
        CPU time of the run, and of all other runs, since they were first counted. [s]
    debt_seconds : float
        CPU time counted as the run's that a run inside it has stated since then as its own. [s]
    """

    def __init__(self, root_pid: int, name: str, groups: Sequence[JobGroup] | None = None) -> None:
        self._root_pid = root_pid
        self._since = began(name)
        self._tree = ProcessTree(root_pid)
        self._groups = job_groups(root_pid) if groups is None else groups
        self._last: dict[str, float] = {}
        self._stated: dict[str, float] = {}
        self._has_counted = False
        self.debt_seconds = 0.0
        self.scope = OWN_PROCESSES
        self.seconds = 0.0
        self.others_seconds = 0.0
        self.facts: dict[str, Any] = {
            "root": root_pid,
            "processes": process_namespace(),
            "ancestors": list(ancestors(root_pid)),
            "groups": [group.name for group in self._groups],
        }

    @property
    def is_known(self) -> bool:
        """Whether the system shows what the run's processes use; without that it has the part that it may use."""
        return self._tree.is_read or bool(self._groups)

    def count(self, others: Mapping[str, HostRun]) -> tuple[float, float]:
        """Count; return CPU time since the first count [s], and memory now. [B]"""
        group = self._own_group(others)
        self.scope = group.name if group else OWN_PROCESSES
        inner = [name for name, run in others.items() if self._holds(run, group)]
        stated = self._stated_growth(others)
        self.others_seconds += sum(stated.values())
        # An inner run may state a moment later what was counted here already: that is taken off the next time.
        grown = self._grown(group) - sum(stated[name] for name in inner) - self.debt_seconds
        self.seconds += max(0.0, grown)
        self.debt_seconds = max(0.0, -grown)
        self._has_counted = True
        held = group.memory_bytes() if group else None
        held = self._tree.memory_bytes() if held is None else held
        held -= sum(_amount(others[name].facts, "bytes") for name in inner if others[name].until == inf)
        return self.seconds, max(0.0, held)

    def awaits_end(self, others: Mapping[str, HostRun]) -> bool:
        """Whether a run inside this one goes on by its announcement, while its process has ended."""
        live = [run for run in others.values() if run.until == inf and self._holds(run, self._own_group(others))]
        return any(isinstance(pid := run.facts.get("root"), int) and _stat(pid) is None for run in live)

    def _own_group(self, others: Mapping[str, HostRun]) -> JobGroup | None:
        """Return the largest group of which this is the first run; None where the processes count."""
        for group in self._groups:
            is_taken = any(
                run.until == inf and run.since < self._since and group.name in listed(run.facts, "groups")
                for run in others.values()
            )
            if not is_taken:
                return group
        return None

    def _holds(self, run: HostRun, group: JobGroup | None) -> bool:
        """Whether what another run counts is a part of what this one would count."""
        facts = run.facts
        if facts.get("scope") in [each.name for each in self._groups]:
            return False  # it holds this one
        if group is not None:
            return group.name in listed(facts, "groups")
        if facts.get("root") == self._root_pid and run.since < self._since:
            return False
        is_comparable = facts.get("processes") == self.facts["processes"]
        return is_comparable and self._root_pid in listed(facts, "ancestors")

    def _grown(self, group: JobGroup | None) -> float:
        """Return the CPU time since the last count; every source is counted, since any may be the next one. [s]"""
        now = {OWN_PROCESSES: self._tree.cpu_seconds()}
        for each in self._groups:
            now[each.name] = each.cpu_seconds() or self._last.get(each.name, 0.0)
        name = group.name if group else OWN_PROCESSES
        grown = now[name] - self._last.get(name, now[name])
        self._last = now
        return grown

    def _stated_growth(self, others: Mapping[str, HostRun]) -> dict[str, float]:
        """Return by how much the CPU time of each other run has grown, as it states it. [s]"""
        now = {name: _amount(run.facts, "cpu_seconds") for name, run in others.items()}
        # What a run stated before this one counted at all is in no growth.
        grown = {
            name: max(0.0, seconds - self._stated.get(name, 0.0 if self._has_counted else seconds))
            for name, seconds in now.items()
        }
        self._stated = {name: max(seconds, self._stated.get(name, 0.0)) for name, seconds in now.items()}
        return grown


class ProcessTree:
    """A process and all that descend from it, those that have ended included.

    Processes stay members when their parent dies. CPU time of children that have ended is in their parents' count; a
    sum that falls, because a child was not waited for, is carried on.
    """

    def __init__(self, root_pid: int) -> None:
        self._members: dict[int, bytes | None] = {root_pid: None}
        self._carried = 0.0
        self._latest = 0.0
        self.is_read = False

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
            self.is_read = True
            ticks += sum(float(field) for field in fields[11:15])
        seconds = ticks / _TICKS_PER_SECOND
        self._carried += max(0.0, self._latest - seconds - self._carried)
        self._latest = seconds + self._carried
        return self._latest

    def memory_bytes(self) -> float:
        """Return the memory of the tree, what its processes share counted once. [B]

        Pages of files are left out: every run that maps a library would count them, and the computer's used memory
        does not hold them, since they can be dropped at any time.
        """
        held = [found for pid in self._members if (found := _held_bytes(pid))]
        return sum(own for own, _ in held) + max((shared for _, shared in held), default=0.0)

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


def _held_bytes(pid: int) -> tuple[float, float] | None:
    """Return a process's memory of its own, and what it may share with others, files left out. [B]"""
    try:
        with open(f"/proc/{pid}/status", "rb") as file:
            fields = dict(line.partition(b":")[::2] for line in file)
        own = fields.get(b"RssAnon", fields.get(b"VmRSS", b"0"))  # before Linux 4.5 and in gVisor only as one
        return _kib(own), _kib(fields.get(b"RssShmem", b"0"))
    except (OSError, ValueError):
        return None


def _kib(field: bytes) -> float:
    return float(field.split()[0]) * 1024


def process_namespace() -> int:
    """Return what tells whether two process ids are of one numbering; 0 where the system does not report it."""
    try:
        return os.stat("/proc/self/ns/pid").st_ino
    except OSError:
        return 0


def ancestors(pid: int) -> Iterator[int]:
    """Yield a process and those from which it descends, the nearest first."""
    for _ in range(_MOST_ANCESTORS):
        fields = _stat(pid) if pid > 0 else None
        if fields is None:
            return
        yield pid
        pid = int(fields[1])


def _allotment(run: HostRun, place: int) -> Allotment:
    """Read what another run may use; everything, where it does not state that."""
    found = listed(run.facts, ("cpu", "memory")[place])
    if len(found) != 2 or not isinstance(found[0], float) or not 0 < found[0] <= 1 or not isinstance(found[1], str):
        return Allotment()
    return Allotment(*found)


def _stated_bytes(run: HostRun) -> float | None:
    return _amount(run.facts, "bytes") if run.facts else None


def _amount(facts: dict[str, Any], name: str) -> float:
    value = facts.get(name)
    return float(value) if isinstance(value, (int, float)) and 0 <= value < inf else 0.0


def listed(facts: dict[str, Any], name: str) -> list[Any]:
    """Return what another run states as a list; an empty one where it is none."""
    value = facts.get(name)
    return value if isinstance(value, list) else []
