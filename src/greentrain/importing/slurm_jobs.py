"""Jobs of Slurm: what a row of the accounting means, whether ``sacct`` printed it as text or as JSON.

A row is a mapping of sacct's names of columns, in lower case, to text.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from typing import NamedTuple

from greentrain.importing.foreign_file import Tally
from greentrain.importing.foreign_run import ForeignRun, ReadOptions
from greentrain.importing.gate import PARTS, UNCOUNTED
from greentrain.importing.jobstats import UNREADABLE, Jobstats, jobstats
from greentrain.importing.values import NOT_READ, amount, clock_seconds, words
from greentrain.units import WATT_SECONDS_PER_KWH

OF_SLURM = "slurm-"
"""How greentrain's names of jobs of Slurm begin."""

ENDINGS = {
    "COMPLETED": "completed",
    "COMPLETING": "running",
    "FAILED": "failed",
    "OUT_OF_MEMORY": "failed",
    "NODE_FAIL": "failed",
    "BOOT_FAIL": "failed",
    "LAUNCH_FAILED": "failed",
    "SPECIAL_EXIT": "failed",
    "TIMEOUT": "stopped",
    "DEADLINE": "stopped",
    "PREEMPTED": "stopped",
    "CANCELLED": "stopped",
    "REVOKED": "stopped",
    "REQUEUED": "stopped",
    "SUSPENDED": "running",
    "RUNNING": "running",
    "RESIZING": "running",
    "SIGNALING": "running",
    "STAGE_OUT": "running",
    "STOPPED": "running",
    "PENDING": None,
}
"""What each state is in our words; a job that waits has not run."""

NO_VALUE = {4294967293, 4294967294, 4294967295, 18446744073709551613, 18446744073709551614, 18446744073709551615}
"""What Slurm's counters hold where nobody measured."""

_NO_STATISTICS = Jobstats()
NO_VALUE_FROM = 1.8e19
_KEPT = 4096
"""Cells whose meaning is kept: thousands of jobs have the same resources. [1]"""

_PREFIXES = {"": 1.0, "K": 1e3, "M": 1e6, "G": 1e9, "T": 1e12, "P": 1e15}
_MEMORY_GB = {"": 1 / 1024, "K": 1 / 1024**2, "M": 1 / 1024, "G": 1.0, "T": 1024.0, "P": 1024.0**2}
_SUFFIXED = re.compile(r"(\d+(?:[.,]\d+)?)([KMGTP]?)(?:[Bb]?[nc]?)")
_MEMORY_WITH_COMMA = re.compile(r"(?<=\bmem=)(\d+),(\d+[KMGTP])")
_KINDS = ("gpu", "npu", "neuron", "hpu", "gaudi", "tpu", "ipu", "xpu", "dcu", "mlu", "gcu", "ve", "mic")
"""What sites call accelerators among Slurm's generic resources; the others, such as craynetwork, draw nothing."""

_GRES = re.compile(rf"(?<![\w/])({'|'.join((*_KINDS, *PARTS))})(?::([^:(,]+))?:(\d+)(?:\(.*)?")
LOCAL_TIME = "Times have no zone: UTC is assumed; --time-zone states another, and 'TZ=UTC sacct' prints UTC."
STEPS = "Steps are left out: their jobs hold them."
ALONE = "Steps are left out that do not follow their jobs: rows of these are not in the file, or elsewhere in it."
WAITING = "Jobs that have not run are left out."
_WAITS_AGAIN = "Jobs that were requeued and wait are left out: with their next session they count."
NO_NUMBER = "Jobs of arrays have no JobIDRaw here: they count again in a file that has that alone, and not JobID."
_TOO_LONG = "ElapsedRaw or Elapsed is longer than from Start to End, and counts."
SLACK = 60.0
"""What a job's time may be longer than from its start to its end. [s]"""

_NUMBERS = ("NCPUS", "AllocCPUS", "NNodes", "AllocNodes")
_TITLES = {"elapsedraw": "ElapsedRaw", "elapsed": "Elapsed"}
_NO_MOMENT = (None, "0")
SESSIONS = "It was requeued: the time of its sessions is added up."


class Jobs:
    """Makes runs of rows, of which those of a job stand one after the other.

    Parameters
    ----------
    tally : Tally
        Where what is left out is counted.
    options : ReadOptions
        What is stated of times.
    """

    def __init__(self, tally: Tally, options: ReadOptions) -> None:
        self._tally, self._options = tally, options
        self._held: ForeignRun | None = None
        self._held_id = self._last_id = ""
        self._requeued: dict[str, ForeignRun] = {}
        self._waiting: set[str] = set()

    def take(self, line: int, row: Mapping[str, str]) -> Iterator[ForeignRun]:
        """Yield the job before this row, once the row is none of its steps."""
        job_id, is_step = job_id_of(row)
        if not job_id[:1].isdigit():
            self._tally.reject(line, "has no job's id")
        elif is_step:
            self._tally.note(STEPS if job_id == self._last_id else ALONE)
            if self._held is not None and job_id == self._held_id and "steps_dropped" not in self._held.flags:
                self._held = self._held._replace(flags=(*self._held.flags, "steps_dropped"))
        else:
            yield from self._started(line, row, job_id)

    def rest(self) -> Iterator[ForeignRun]:
        """Yield the last job, and those that were requeued and did not run again."""
        yield from self._finished()
        for place, run in self._requeued.items():
            if place in self._waiting:
                self._tally.note(_WAITS_AGAIN)
            else:
                yield run

    def _started(self, line: int, row: Mapping[str, str], job_id: str) -> Iterator[ForeignRun]:
        yield from self._finished()
        self._last_id = job_id
        state = state_of(row.get("state", ""))
        seconds = _seconds(row, self._options)
        place = f"{row.get('cluster', '')}:{job_id}"
        if state == "PENDING" or seconds == 0:
            self._tally.note(WAITING)
            if state == "PENDING":
                self._waiting.add(place)
        elif seconds is None:
            self._tally.reject(line, "has no time that it took: ElapsedRaw, Elapsed, or Start and End are needed")
        else:
            self._held_id, run = job_id, job(row, job_id, seconds, self._options)
            for note in _not_read(row, run):
                self._tally.note(note)
            if not job_id.isdecimal():
                self._tally.note(NO_NUMBER)
            before = self._requeued.pop(place, None)
            if before is not None:
                run = _joined(before, run)
            if state == "REQUEUED":
                self._requeued[place] = run
            else:
                self._held = run

    def _finished(self) -> Iterator[ForeignRun]:
        if self._held is not None:
            yield self._held
        self._held = None


def numbers_of(jobs: Iterable[str]) -> Iterator[str]:
    """Yield the numbers of jobs by greentrain's names of them."""
    return (job.removeprefix(OF_SLURM) for job in jobs)


def job_id_of(row: Mapping[str, str]) -> tuple[str, bool]:
    """Return the id of the job that a row is about, and whether it is about one of its steps."""
    raw = (row.get("jobidraw") or row.get("jobid") or "").strip()
    job_id, dot, _ = raw.partition(".")
    return job_id, bool(dot) or "." in row.get("jobid", "")


def job(row: Mapping[str, str], job_id: str, seconds: float, options: ReadOptions) -> ForeignRun:
    """Make the run of a job's row."""
    get, kwh = row.get, energy_kwh_of(row)
    given = _allocation(row["alloctres"] if "alloctres" in row else get("reqtres", ""), get("allocgres", ""))
    start, end = options.moment(get("start", "")), options.moment(get("end", ""))
    stats = jobstats(row["admincomment"]) if "admincomment" in row else _NO_STATISTICS
    cores = _count(get("ncpus")) or _count(get("alloccpus")) or given.cores
    # Without the cluster, which not every file names: two of one number do not start in one second.
    keys = options.keys(lambda at: f"slurm:{job_id}:{int(at(start[0])) if start else ''}")
    return ForeignRun(
        key=keys[0], other_keys=keys[1],
        name=words(get("jobname")), user=words(get("user")), account=words(get("account")),
        partition=words(get("partition")),
        status=ENDINGS.get(state_of(get("state", ""))),
        started=start[0] if start else None,
        ended=end[0] if end else None,
        duration_seconds=seconds,
        accelerators=given.accelerators or ({"": float(stats.gpus)} if stats.gpus else {}),
        cpu_cores=cores,
        memory_gb=given.memory_gb,
        nodes=int(_count(get("nnodes")) or _count(get("allocnodes")) or given.nodes or 1),
        energy_kwh={} if kwh is None else {"node": kwh},
        measured_energy_kwh=kwh,
        boundary="node",
        flags=() if start or "start" not in row else ("missing_time",),
        notes=stats.notes if start is None or start[1] or options.time_zone else (LOCAL_TIME, *stats.notes),
        gpu_load=stats.gpu_load,
        cpu_load=_cpu_load(row, stats, seconds * (cores or 0.0)),
        hosts=words(get("nodelist")),
        jobs=_names(job_id, get("jobid", "").strip()),
        cluster=words(get("cluster")),
    )  # fmt: skip


def _not_read(row: Mapping[str, str], run: ForeignRun) -> list[str]:
    """Return a note for each cell of a job's row that is not empty, and states nothing that can be."""
    get, names = row.get, list[str]()
    for name in ("elapsedraw", "elapsed"):
        cell = get(name)
        if cell and (cell.isdecimal() or clock_seconds(cell) is not None):
            break
        names += [_TITLES[name]] if words(cell) else []
    started, ended = run.started, run.ended
    names += ["Start"] if started is None and words(get("start")) not in _NO_MOMENT else []
    names += ["End"] if ended is None and words(get("end")) not in _NO_MOMENT else []
    names += energy_not_read(row) if run.measured_energy_kwh is None else []
    names += resources_not_read(row)
    if not run.accelerators and UNREADABLE in run.notes:
        names.append("AdminComment (jobstats)")
    notes = [NOT_READ.format(name) for name in names]
    if started and ended and (run.duration_seconds or 0.0) > ended - started + SLACK:
        notes.append(_TOO_LONG)
    return notes


def energy_not_read(row: Mapping[str, str]) -> list[str]:
    """Return which cell of an energy states something else."""
    if raw := row.get("consumedenergyraw", "").strip():
        return ["ConsumedEnergyRaw"] if words(raw) and amount(raw) is None else []
    cell = row.get("consumedenergy")
    return ["ConsumedEnergy"] if words(cell) and _suffixed(cell, _PREFIXES) is None else []


def resources_not_read(row: Mapping[str, str]) -> tuple[str, ...]:
    """Return what of a job's resources cannot be read, of accelerators without the type."""
    get, named = row.get, "AllocTRES" if "alloctres" in row else "ReqTRES"
    tres = get("alloctres" if "alloctres" in row else "reqtres", "")
    return _resources_not_read(
        get("ncpus"), get("alloccpus"), get("nnodes"), get("allocnodes"), tres, get("allocgres", ""), named
    )


@lru_cache(maxsize=_KEPT)
def _resources_not_read(*cells: str) -> tuple[str, ...]:
    *numbers, tres, generic, named = cells
    names = [name for name, cell in zip(_NUMBERS, numbers, strict=True) if words(cell) and _count(cell) is None]
    return (*names, *(f"{name} in {named}" for name in _allocation(tres, generic).not_read))


def _names(job_id: str, other: str) -> tuple[str, ...]:
    """Return how greentrain names a job by its ids."""
    return tuple(f"{OF_SLURM}{id}" for id in dict.fromkeys(filter(None, (job_id, other))))


def _cpu_load(row: Mapping[str, str], stats: Jobstats, core_seconds: float) -> float | None:
    """Return which part of its cores' time a job computed; None where nobody measured, for which Slurm writes 0. [1]"""
    busy = (clock_seconds(row["totalcpu"]) if "totalcpu" in row else None) or stats.core_seconds
    return min(1.0, busy / core_seconds) if busy and core_seconds else None


def state_of(text: str) -> str:
    """Return a state's full name of what may be cut or followed by who did it."""
    if text in ENDINGS:
        return text
    word = (text.split() or [""])[0].upper()
    if word in ENDINGS or not word.endswith("+"):
        return word
    return next((name for name in ENDINGS if name.startswith(word[:-1])), word)


def _seconds(row: Mapping[str, str], options: ReadOptions) -> float | None:
    for column in ("elapsedraw", "elapsed"):
        if (found := clock_seconds(row.get(column, ""))) is not None:
            return found
    start, end = options.moment(row.get("start", "")), options.moment(row.get("end", ""))
    if start and end:
        return max(0.0, end[0] - start[0])
    return jobstats(row["admincomment"]).seconds if "admincomment" in row else None


class _Allocation(NamedTuple):
    """What a job was given: accelerators by type and cores [1], memory [GB], nodes [1]."""

    accelerators: Mapping[str, float]
    cores: float | None
    memory_gb: float | None
    nodes: float | None
    not_read: tuple[str, ...] = ()


@lru_cache(maxsize=_KEPT)
def _allocation(text: str, generic: str) -> _Allocation:
    """Read the trackable resources that a job was given, or those that it asked for where the file has no others."""
    items = _MEMORY_WITH_COMMA.sub(r"\1.\2", text).split(",")
    found = {name: value for name, _, value in (item.strip().partition("=") for item in items) if name}
    memory_gb = _suffixed(found.get("mem"), _MEMORY_GB) or None
    cores, nodes = _count(found.get("cpu")), _count(found.get("node"))
    unread = [name for name, value in (("cpu", cores), ("node", nodes)) if value is None and found.get(name)]
    if found.get("mem") and _suffixed(found["mem"], _MEMORY_GB) is None:
        unread.append("mem")
    unread += [name.partition(":")[0] for name in _uncounted(found)]
    return _Allocation(_accelerators(found, generic), cores, memory_gb, nodes, tuple(unread))


def _uncounted(resources: Mapping[str, str]) -> list[str]:
    """Return the accelerators whose number cannot be read, and that of no entry for all types."""
    kinds = [(name, name.removeprefix("gres/").partition(":")[0]) for name in resources if name.startswith("gres/")]
    return [
        name
        for name, resource in kinds
        if resource in _KINDS
        and not name.endswith("+")
        and _count(resources[name]) is None
        and not _count(resources.get(f"gres/{resource}"))
    ]


def _may_hide_some(resources: Mapping[str, str]) -> bool:
    """Whether sacct cut a list off at its column's end where accelerators may come, in either of its orders."""
    *names, last = resources or ("",)
    if not (last.endswith("+") or resources.get(last, "").endswith("+")):
        return False
    is_by_name = [*names, last] == sorted(resources) and "billing" in names
    return not (is_by_name and last.removesuffix("+") > "gres/")


def _accelerators(resources: Mapping[str, str], generic: str) -> dict[str, float]:
    """Return the accelerators by type, or else parts of some: typed entries count, and of the generic what they leave.

    Those that Slurm does not call gpu have their name before the type: ``npu:910b``.
    """
    counted: dict[str, dict[str, float]] = {}
    for name, value in resources.items():
        resource, _, kind = name.removeprefix("gres/").partition(":")
        if name.startswith("gres/"):
            counted.setdefault(resource, {})[kind.strip()] = _count(value) or 0.0
    for resource, kind, number in () if resources else _GRES.findall(generic):
        kinds = counted.setdefault(resource, {})
        kinds[kind] = kinds.get(kind, 0.0) + (_count(number) or 0.0)
    unknown = {":".join((UNCOUNTED, *name.split(":")[1:])): 0.0 for name in _uncounted(resources)}
    for names in (_KINDS, PARTS):
        found = {
            kind if name == "gpu" else f"{name}:{kind}" if kind else name: number
            for name in names
            for kind, number in _by_kind(counted.get(name, {}), is_whole=bool(resources))
        }
        if found:
            return found | unknown
    return unknown or ({UNCOUNTED: 0.0} if _may_hide_some(resources) else {})


def _by_kind(counts: Mapping[str, float], *, is_whole: bool) -> Iterator[tuple[str, float]]:
    """Yield how many there are of each type, and of none: of those without a type the typed ones are a part."""
    typed = {kind: number for kind, number in counts.items() if kind}
    rest = counts.get("", 0.0) - (sum(typed.values()) if is_whole else 0.0)
    yield from ((kind, number) for kind, number in ({**typed, "": rest}).items() if number > 0)


@lru_cache(maxsize=_KEPT)
def _count(text: str | None) -> float | None:
    value = _suffixed(text, _PREFIXES)
    return None if value is None or value >= min(NO_VALUE) else value


def _suffixed(text: str | None, units: Mapping[str, float]) -> float | None:
    value, prefix = _amount_and_prefix(text or "")
    return None if value is None else value * units[prefix]


@lru_cache(maxsize=_KEPT)
def _amount_and_prefix(text: str) -> tuple[float | None, str]:
    found = _SUFFIXED.fullmatch(text.strip())
    if found is None or ("," in found[1] and not found[2]):  # which may part thousands
        return None, ""
    return amount(found[1].replace(",", ".")), found[2]


def energy_kwh_of(row: Mapping[str, str]) -> float | None:
    """Return the energy that the nodes' meters read; None where there was none. [kWh]"""
    raw = row.get("consumedenergyraw", "").strip()
    joules = amount(raw) if raw else _suffixed(row.get("consumedenergy"), _PREFIXES)
    if not joules or joules in NO_VALUE or joules >= NO_VALUE_FROM:
        return None
    return joules / WATT_SECONDS_PER_KWH


def _joined(before: ForeignRun, run: ForeignRun) -> ForeignRun:
    """Add the sessions of a job that was requeued."""
    energies = (before.measured_energy_kwh, run.measured_energy_kwh)
    whole = None if None in energies else sum(energies)  # type: ignore[arg-type]
    return run._replace(
        started=before.started,
        duration_seconds=(before.duration_seconds or 0.0) + (run.duration_seconds or 0.0),
        energy_kwh={} if whole is None else {"node": whole},
        measured_energy_kwh=whole,
        notes=(*run.notes, *(() if SESSIONS in run.notes else (SESSIONS,))),
    )
