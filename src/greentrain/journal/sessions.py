"""The sessions of a run as their journals show them: who began, what was named, whether it goes on.

Only the standard library is used, and little of it: a training process and its meter look at this while a run goes on.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterable, Mapping
from os.path import basename, dirname, join

from greentrain.errors import OwnErrors
from greentrain.journal.paths import host_name, journal_name_parts
from greentrain.journal.process_alive import is_process_alive
from greentrain.light_typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from typing import Any

    from greentrain.journal.writer import JournalRecord

PLACE = ("location", "pue", "grid_intensity", "site")
"""What of the inputs of an estimate states where a run is."""

_LONGEST_START_BYTES = 1 << 16
_SILENT_SECONDS = 120.0
"""A session on another computer whose journals are older is taken for ended: a meter writes every minute. [s]"""


class RecordedSession:
    """A session as its journal shows it.

    Attributes
    ----------
    path : str
        The journal.
    start : dict
        Its first record.
    """

    def __init__(self, path: str, start: JournalRecord) -> None:
        self.path = path
        self.start: dict[str, Any] = start

    @property
    def stated(self) -> tuple[object, ...]:
        """What tracked code named: name, project and place."""
        return stated(self.start)

    @property
    def id(self) -> object:
        """Its id; a session and its meter have the same."""
        return self.start.get("session")

    @property
    def is_part(self) -> bool:
        """Whether it joined a session of its run, whose meter measures it: a wrapper's, or that before an exec."""
        inside = str(self.start.get("inside") or "")
        return self.start.get("role") == "joined" and basename(inside) == basename(dirname(self.path))

    @property
    def local_rank(self) -> int | None:
        """Its rank on its node; None for a process that is no rank."""
        found = self._mapping("ranks").get("local_rank")
        return found if isinstance(found, int) else None

    @property
    def rank(self) -> object:
        """Its rank; None for a process that is no rank."""
        return self._mapping("ranks").get("rank")

    @property
    def world_size(self) -> object:
        """How many ranks there are."""
        return self._mapping("ranks").get("world_size")

    @property
    def launch(self) -> Mapping[str, Any]:
        """What its launcher stated; nothing in journals of 0.1.0."""
        return self._mapping("launch")

    @property
    def attempt(self) -> tuple[int, ...]:
        """How often it had been started again."""
        found = self.launch.get("attempt")
        return tuple(found) if isinstance(found, list) else (0, 0)

    @property
    def process(self) -> tuple[object, ...]:
        """Its process, unlike any other."""
        return self.start.get("host"), self.start.get("pid"), self.start.get("pid_started")

    @property
    def end(self) -> JournalRecord | None:
        """The record of its end."""
        from greentrain.journal.reader import last_record

        return last_record(self.path, "end")

    @property
    def has_ended(self) -> bool:
        """Whether it recorded its end."""
        return self.end is not None

    @property
    def goes_on(self) -> bool:
        """Whether its process is there; on another computer, whether it or its meter wrote lately."""
        if self.has_ended:
            return False
        host, pid, began = self.process
        if host == host_name() and isinstance(pid, int):
            return is_process_alive(pid, began if isinstance(began, int) else None)
        return self.silent_seconds < _SILENT_SECONDS

    @property
    def silent_seconds(self) -> float:
        """How long ago it or another session of its computer in this run last wrote. [s]"""
        own = basename(self.path).rsplit(".", 4)[0]
        newest = 0.0
        for path in _journals(dirname(self.path)):
            if basename(path).rsplit(".", 4)[0] == own:
                newest = max(newest, _changed(path))
        return time.time() - newest

    def _mapping(self, name: str) -> Mapping[str, Any]:
        found = self.start.get(name)
        return found if isinstance(found, dict) else {}


class JobTime(NamedTuple):
    """From when to when a run was tracked in a batch job [s], and whose job that is, where it is known."""

    job: str
    cluster: str | None
    began: float
    ended: float


def jobs_of(key: str, launch: Mapping[str, Any]) -> set[str]:
    """Return the batch jobs of a session: what its launcher stated, and what the name of its run's folder begins with.

    A job may have several runs, whose names follow its own.
    """
    named = "-".join(key.split("-")[:2]) if key.startswith("slurm-") else ""
    return {str(job) for job in (launch.get("batch"), launch.get("batch_raw"), named) if job}


def jobs_text(times: Iterable[JobTime]) -> str:
    """Write when a run was tracked in batch jobs, what overlaps as one: lines of JSON that `job_times` reads."""
    import json

    found: list[JobTime] = []
    for each in sorted(times, key=lambda time: (time.job, time.cluster or "", time.began)):
        last = found[-1] if found else None
        if last and last[:2] == each[:2] and each.began <= last.ended:
            found[-1] = last._replace(ended=max(last.ended, each.ended))
        else:
            found.append(each)
    return "\n".join(map(json.dumps, found))


def job_times(texts: Iterable[str]) -> dict[str, list[JobTime]]:
    """Read by batch jobs when any of the runs was tracked in them."""
    import json

    found: dict[str, list[JobTime]] = {}
    for line in "\n".join(filter(None, texts)).splitlines():
        each = JobTime(*json.loads(line))
        found.setdefault(each.job, []).append(each)
    return found


def stated(start: Mapping[str, Any]) -> tuple[object, ...]:
    """Return what tracked code named in a start record: name, project and place; a command's own name is none."""
    name = None if start.get("is_unnamed") else start.get("name")
    inputs = start.get("estimate_inputs")
    place = inputs if isinstance(inputs, dict) else {}
    return name, start.get("project"), *(place.get(name) for name in PLACE)


def recorded_sessions(folder: str, kind: str = "tracker") -> list[RecordedSession]:
    """Read the start of every session, or of every meter, in the folder of a run; what cannot be read is left out."""
    from greentrain.journal.reader import decode, open_journal

    found = []
    for path in _journals(folder):
        parts = journal_name_parts(path)
        if parts is None or parts[2] != kind:
            continue
        with OwnErrors(OSError):
            with open_journal(path) as file:
                line, feed, _ = file.read(_LONGEST_START_BYTES).partition(b"\n")
            start = decode(line + feed)
            if start is not None and start.get("type") == "start":
                found.append(RecordedSession(path, start))
    return found


def _journals(folder: str) -> list[str]:
    with OwnErrors(OSError):
        return [join(folder, name) for name in sorted(os.listdir(folder)) if name.endswith(".jsonl")]
    return []


def _changed(path: str) -> float:
    with OwnErrors(OSError):
        return os.stat(path).st_mtime
    return 0.0
