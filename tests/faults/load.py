"""Many runs at once or one after another, beside a witness that reads the same computer for itself."""

import json
import math
import os
import signal
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from itertools import pairwise
from pathlib import Path
from types import TracebackType
from typing import NamedTuple, Self

from built import with_cpu
from fault_room import Outcome, Room, Training, journals, wait_until

CPU = "AMD EPYC 7763 64-Core Processor"
"""Shown to the runs: a CPU whose TDP is known, so that they have energy of the CPU to divide."""

KINDS = ("cpu", "memory")
_WITNESS_SECONDS = 0.5
_SHORTEST_SECONDS = 5.0
_LONGEST_START_SECONDS = 200.0
_BUSY = 2 * (os.cpu_count() or 1)
"""So many runs work; the CPUs have as much to do all the time as they can, and the model of their power is constant."""

Samples = Sequence[tuple[float, float]]
"""Cumulative energy [kWh] at moments of ``time.monotonic`` [s], in order."""


class AtOnce(NamedTuple):
    """What became of runs at once.

    Attributes
    ----------
    codes, statuses : Counter
        How often each exit code, and each status on record, was seen.
    stderr_lines : int
        Of all runs together.
    names : int
        How many runs are on record under a name of their own.
    together_seconds : float
        How long all were there and metered at the same time. [s]
    together, whole : dict of str to float
        Energy of all runs over the computer's own, by component: while all were there and metered, and from the first
        start to the last end.
    """

    codes: Counter[int]
    statuses: Counter[str]
    stderr_lines: int
    names: int
    together_seconds: float
    together: dict[str, float]
    whole: dict[str, float]


class InTurn(NamedTuple):
    """What became of runs one after another: exit code, lines of stderr, statuses, and energy over the computer's own.

    Attributes
    ----------
    added_seconds : float
        Time that each took beyond what the training did. [s]
    memory_mib : tuple of float
        Most memory of the process after the first and after the last run. [MiB]
    """

    code: int
    statuses: Counter[str]
    stderr_lines: int
    names: int
    whole: dict[str, float]
    added_seconds: float
    memory_mib: tuple[float, float]


class Witness:
    """Reads the whole computer while it is entered, by the model that the meters use, in a process of its own."""

    def __init__(self, room: Room, before: tuple[str, ...]) -> None:
        self._process = room.start("witness", before=before)

    def __enter__(self) -> Self:
        wait_until(lambda: "\n" in self._process.out)
        return self

    def __exit__(
        self, type_: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        time.sleep(2 * _WITNESS_SECONDS)  # until it has read the runs' last moments
        self._process.signal(signal.SIGTERM).end()

    def energy_kwh(self, start: float, end: float) -> dict[str, float]:
        """Return what the computer used between two moments. [kWh]"""
        read = [json.loads(line) for line in self._process.out.splitlines()]
        return {
            kind: grown([(mono, energy.get(kind, 0.0)) for mono, energy in read], start, end)
            for kind in KINDS
            if kind in read[-1][1]
        }


def at_once(room: Room, count: int, seconds: float, meter: str | None = None) -> AtOnce:
    """Let runs begin together when all are loaded; some work, the others wait."""
    go, done = room.folder / "go", room.folder / "done"
    before = with_cpu(room, CPU, os.cpu_count() or 1)
    with Witness(room, before) as witness:
        trainings = [
            room.start("loaded", f"load {n}", go, seconds, n < _BUSY, done, before=before, environment={"METER": meter})
            for n in range(count)
        ]
        for training in trainings:
            training.wait_for()
        go.touch()
        outcomes, done_mono = _ended(room, count, trainings, done)
    return _seen(room, outcomes, done_mono, witness)


def in_a_pool(room: Room, kind: str, count: int, seconds: float, meter: str | None = None) -> AtOnce:
    """Let the workers of a pool have a run each, all at once; some work, the others wait."""
    done = room.folder / "done"
    before = with_cpu(room, CPU, os.cpu_count() or 1)
    with Witness(room, before) as witness:
        pool = room.start("pooled", kind, count, seconds, _BUSY, done, before=before, environment={"METER": meter})
        outcomes, done_mono = _ended(room, count, [pool], done)
    return _seen(room, outcomes, done_mono, witness)


def _ended(room: Room, count: int, programs: Sequence[Training], done: Path) -> tuple[list[Outcome], float]:
    """Let so many runs end once all were there and metered for a while; say how, and when they were let. [s]"""
    _wait_until_metered(room, count)
    done_mono = time.monotonic()
    done.touch()
    outcomes = [program.end(600) for program in programs]
    room.runs(seconds=600)
    return outcomes, done_mono


def _seen(room: Room, outcomes: Sequence[Outcome], done_mono: float, witness: Witness) -> AtOnce:
    """Say what became of all runs, beside what the witness has read."""
    runs = room.runs()
    metered = _metered(room)
    lines = [samples for found in metered for samples in found.values()]
    first, last = min(samples[0][0] for samples in lines), max(samples[-1][0] for samples in lines)
    start, end = _span(metered, done_mono) or (0.0, 0.0)
    between = [{kind: grown(samples, start, end) for kind, samples in found.items()} for found in metered]
    return AtOnce(
        Counter(outcome.code for outcome in outcomes),
        Counter(run.status for run in runs),
        sum(outcome.err.count("\n") for outcome in outcomes),
        len({run.name for run in runs}),
        end - start,
        _ratios(between, witness.energy_kwh(start, end)) if end > start else {},
        _ratios([run.energy_kwh for run in runs], witness.energy_kwh(first, last)),
    )


def in_turn(room: Room, count: int, meter: str | None = None) -> InTurn:
    """Let one process have many runs, each with a meter of its own."""
    before = with_cpu(room, CPU, os.cpu_count() or 1)
    with Witness(room, before) as witness:
        start = time.monotonic()
        outcome = room.start("in_turn", count, before=before, environment={"METER": meter}).end(60 + 2 * count)
        end = time.monotonic()
        runs = room.runs(seconds=600)
    added_seconds, *memory_mib = json.loads(outcome.out)
    return InTurn(
        outcome.code,
        Counter(run.status for run in runs),
        outcome.err.count("\n"),
        len({run.name for run in runs}),
        _ratios([run.energy_kwh for run in runs], witness.energy_kwh(start, end)),
        added_seconds,
        (memory_mib[0], memory_mib[1]),
    )


def grown(samples: Samples, start: float, end: float) -> float:
    """Return the energy between two moments, each between two samples by a straight line. [kWh]"""
    return _at(samples, end) - _at(samples, start)


def _at(samples: Samples, mono: float) -> float:
    for (before, low), (after, high) in pairwise(samples):
        if mono <= after:
            return low + (high - low) * max(0.0, mono - before) / (after - before)
    return samples[-1][1]


def _wait_until_metered(room: Room, count: int) -> None:
    deadline = time.monotonic() + _LONGEST_START_SECONDS
    while time.monotonic() < deadline:
        time.sleep(1.0)  # reading all journals is work that the runs would have to wait for
        metered = _metered(room)
        if len(metered) == count and _span(metered) is not None:
            return


def _span(metered: Sequence[Mapping[str, Samples]], done_mono: float = math.inf) -> tuple[float, float] | None:
    """Return from when to when all were there and metered [s]; None as long as that is no time.

    Under load a run's first reading may come after others have ended, and tells nothing of the time while all were
    there. So at both moments each run has been read, and was read before, while all were there.
    """
    samples = [next(iter(found.values())) for found in metered]
    all_there = max(each[0][0] for each in samples)
    read = [[mono for mono, _ in each[1:] if all_there <= mono <= done_mono] for each in samples]
    if not all(read):
        return None
    start, end = max(each[0] for each in read), min(each[-1] for each in read)
    return (start, end) if end - start >= _SHORTEST_SECONDS else None


def _metered(room: Room) -> list[dict[str, Samples]]:
    """Return what each meter counted, by component, from the run's start on."""
    found = []
    for meter in journals(room.home, "meter").values():
        samples = [record for record in meter if record["type"] in ("sample", "end")]
        if not samples:
            continue
        start = samples[0]["mono"] - samples[0]["elapsed_seconds"]
        kinds = [kind for kind in KINDS if samples[-1]["energy_kwh"].get(kind) is not None]
        found.append(
            {kind: [(start, 0.0), *((one["mono"], one["energy_kwh"][kind]) for one in samples)] for kind in kinds}
        )
    return found


def _ratios(runs: Sequence[Mapping[str, float | None]], host: Mapping[str, float]) -> dict[str, float]:
    return {kind: math.fsum(run.get(kind) or 0.0 for run in runs) / kwh for kind, kwh in host.items()}
