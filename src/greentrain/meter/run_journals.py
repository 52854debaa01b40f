"""What the journals of a run tell its meter: what else the run's process runs, and which ranks of the node go on."""

import os
import time
from collections.abc import Iterator, Mapping
from contextlib import suppress
from itertools import pairwise
from os.path import basename, dirname, realpath
from typing import Any

from greentrain.journal.fields import number, whole
from greentrain.journal.paths import host_name, journal_name_parts
from greentrain.journal.process_alive import children, parent_process
from greentrain.journal.reader import decode, open_journal
from greentrain.journal.sessions import RecordedSession, recorded_sessions
from greentrain.meter.settings import MeterSettings

AWAITED_SECONDS = 10.0
"""How long the others wait for a local rank 0 that is there and does not track yet. [s]"""

_LOCAL_RANK_0 = tuple(
    f"{name}=0".encode()
    for name in ("LOCAL_RANK", "OMPI_COMM_WORLD_LOCAL_RANK", "MPI_LOCALRANKID", "SLURM_LOCALID", "FLUX_TASK_LOCAL_ID")
)
_MOST_BYTES = 1 << 20
_RUNS = b'"type":"runs"'


class RunsOfProcess:
    """How many runs the run's process has: what it uses is divided among them in equal parts.

    Parameters
    ----------
    path : str
        The session's journal; where it cannot be read, the run is taken for the only one.
    started_mono : float
        The run's start, of ``time.monotonic``. [s]
    """

    def __init__(self, path: str, started_mono: float) -> None:
        self._path = path
        self._read_bytes = 0
        self._runs = 1
        self._until_mono = started_mono

    def part_until(self, mono: float) -> float:
        """Return the run's part, on average since the moment of the last question or the run's start. [s]"""
        since, self._until_mono = self._until_mono, max(mono, self._until_mono)
        runs, changes = self._runs, self._changes()
        moments = [(since, runs), *(change for change in changes if change[0] < mono), (mono, 0)]
        self._runs = changes[-1][1] if changes else runs
        if mono <= since:
            return 1.0 / runs
        pieces = ((max(begin, since), max(end, since), number) for (begin, number), (end, _) in pairwise(moments))
        return sum((end - begin) / number for begin, end, number in pieces) / (mono - since)

    def _changes(self) -> list[tuple[float, int]]:
        """Read since when there are how many runs, as far as it was written since the last time."""
        try:
            if not self._path or os.stat(self._path).st_size <= self._read_bytes:
                return []
            with open_journal(self._path) as file:
                file.seek(self._read_bytes)
                text = file.read(_MOST_BYTES)
        except OSError:
            return []
        text = text[: text.rfind(b"\n") + 1]
        self._read_bytes += len(text)
        records = [record for line in text.splitlines(keepends=True) if _RUNS in line and (record := decode(line))]
        return [(number(record, "mono") or 0.0, max(1, whole(record, "runs") or 1)) for record in records]


class NodeRanks:
    """The ranks of a run on this computer: one of them has the meter, which measures until the last of them has ended.

    Which one it is, is looked up: variables of a launcher may be left over, and local rank 0 need not track.

    Parameters
    ----------
    settings : MeterSettings
        Of the meter that asks.
    """

    def __init__(self, settings: MeterSettings) -> None:
        self._folder = settings.run_folder
        self._session = settings.session
        self._started_mono = settings.started_mono
        own = (one for one in recorded_sessions(self._folder) if one.id == settings.session)
        self._own: RecordedSession | None = next(own, None)
        self._going_on: set[object] = set()

    def last_end(self, ended_mono: float) -> float | None:
        """Return when the last rank has ended, where this one's run ended at a moment; None while any goes on. [s]"""
        others, now = self._others(), time.monotonic()
        going_on = {other.id for other in others if other.goes_on}
        if going_on:
            self._going_on |= going_on
            return None
        for other in others:
            killed_mono = now if other.id in self._going_on else 0.0
            ended_mono = max(ended_mono, number(other.end or {}, "mono") or killed_mono)
        return min(ended_mono, now)

    def is_measured(self, or_was: bool = False) -> bool:
        """Whether the meter of another rank measures this node, or, if asked, has done so and ended."""
        if self._own is None or self._own.rank is None:
            return False
        others = [other.id for other in self._ranks() if other.id != self._session]
        meters = recorded_sessions(self._folder, "meter")
        of_node = [meter for meter in meters if meter.id in others and not meter.start.get("is_alone")]
        return any(or_was or meter.goes_on for meter in of_node)

    def is_up_to_another(self) -> bool:
        """Whether another rank is to start the meter: a lower one that tracks, or for a while local rank 0."""
        own = self._own.local_rank if self._own is not None else None
        if not own:
            return False
        if self.is_lower_rank_there():
            return True
        is_soon = time.monotonic() < self._started_mono + AWAITED_SECONDS
        return is_soon and any(_is_local_rank_0(pid) and not any(_open_journals(pid)) for pid in self._siblings())

    def is_lower_rank_there(self) -> bool:
        """Whether a lower rank of this node is in the run, and goes on."""
        own = (self._own.local_rank if self._own is not None else None) or 0
        return any((other.local_rank or 0) < own and other.goes_on for other in self._others())

    def are_apart(self) -> bool:
        """Whether ranks that were launched with this one track other runs: then each measures itself."""
        if self._own is None or self._own.local_rank is None:
            return False
        return any(self._is_apart(list(_open_journals(pid)), self._own.launch) for pid in self._siblings())

    def _is_apart(self, paths: list[str], launch: Mapping[str, Any]) -> bool:
        if any(dirname(path) == realpath(self._folder) for path in paths):
            return False
        sessions = (one for path in paths for one in recorded_sessions(dirname(path)) if one.path == path)
        return any(one.launch == launch and one.start.get("host") == host_name() for one in sessions)

    def _others(self) -> list[RecordedSession]:
        """Return the other ranks of this node, and what joined the run in it, that have no meter of their own."""
        metered = [meter.id for meter in recorded_sessions(self._folder, "meter")]
        parts = [one for one in recorded_sessions(self._folder) if one.is_part and one.start.get("host") == host_name()]
        return [other for other in [*self._ranks(), *parts] if other.id not in (self._session, *metered)]

    def _ranks(self) -> list[RecordedSession]:
        own = self._own
        if own is None or own.rank is None:
            return []
        return [
            one
            for one in recorded_sessions(self._folder)
            if one.start.get("host") == host_name() and one.rank is not None and one.attempt == own.attempt
        ]

    def _siblings(self) -> list[int]:
        """Return the processes that were started next to the run's."""
        pid = self._own.start.get("pid") if self._own is not None else None
        parent = parent_process(pid) if isinstance(pid, int) else None
        return [child for child in children(parent) if child != pid] if parent else []


def _open_journals(pid: int) -> Iterator[str]:
    """Yield the journals of trackers that a process of this user's has open, once it is known of which run they are."""
    with suppress(OSError):
        for name in os.listdir(f"/proc/{pid}/fd"):
            path = os.readlink(f"/proc/{pid}/fd/{name}")
            parts = journal_name_parts(path)
            is_settled = not basename(dirname(path)).startswith(".")
            if parts is not None and parts[1:] == (pid, "tracker") and is_settled:
                yield path


def _is_local_rank_0(pid: int) -> bool:
    try:
        with open(f"/proc/{pid}/environ", "rb") as file:
            return any(variable in _LOCAL_RANK_0 for variable in file.read().split(b"\0"))
    except OSError:
        return False
