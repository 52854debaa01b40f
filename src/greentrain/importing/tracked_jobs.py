"""Batch jobs in which greentrain tracked runs itself: whether an imported job is one of them, by number and time."""

import time
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from greentrain.importing.foreign_file import Tally
from greentrain.importing.foreign_run import ForeignRun
from greentrain.importing.limits import limit
from greentrain.importing.slurm_jobs import LOCAL_TIME
from greentrain.journal.fields import moment
from greentrain.journal.paths import folder_key
from greentrain.journal.sessions import recorded_sessions

if TYPE_CHECKING:
    from greentrain.journal.sessions import RecordedSession

TrackedTimes = tuple[tuple[float, float], ...]
"""From when to when runs were tracked; empty where no record tells it. [s]"""

_TRACKED = "Runs that greentrain tracked itself stand in the history already: they are not imported."
_PARTLY = "greentrain tracked less than half of its time itself: the job counts as a whole, what was tracked beside it."
_ELSEWHEN = "Jobs of the number of one in which greentrain tracked a run, at another time, are others: they count."
_CLOCKS_APART_SECONDS, _ZONES_APART_SECONDS = 300.0, 14 * 3600.0
"""How far clocks of computers differ, and how far a clock whose zone is assumed may be from UTC. [s]"""


def tracked_jobs(runs: Path) -> Mapping[str, TrackedTimes]:
    """Return when runs in a folder were tracked in batch jobs, by their folders' names and what they state."""
    found: dict[str, set[tuple[float, float]]] = {}
    try:
        folders = [*runs.iterdir()]
    except OSError:
        return {}
    for folder in folders:
        sessions = recorded_sessions(str(folder))
        if folder.name.startswith("slurm-"):  # a job may have several runs, whose names follow its own
            job = "-".join(folder_key(folder.name).split("-")[:2])
            found.setdefault(job, set()).update(_times(sessions))
        for session in sessions:
            if batch := session.launch.get("batch"):
                found.setdefault(str(batch), set()).update(_times([session]))
    return {job: tuple(sorted(times)) for job, times in found.items()}


def _times(sessions: "Iterable[RecordedSession]") -> Iterable[tuple[float, float]]:
    """Yield from when to when sessions went; one without an end until something of it was written last."""
    for session in sessions:
        began, end = moment(session.start), session.end
        if began is not None:
            ended = None if end is None else moment(end)
            yield began, max(began, time.time() - session.silent_seconds if ended is None else ended)


def untracked(run: ForeignRun, tracked: Mapping[str, TrackedTimes], tally: Tally) -> ForeignRun | None:
    """Return a job as it is to be imported; nothing where tracked runs hold half of it or more.

    Parameters
    ----------
    run : ForeignRun
        What its file states.
    tracked : mapping of str to tuple
        When jobs of this name were tracked.
    tally : Tally
        Where it is noted what became of it.
    """
    times = [tracked[job] for job in run.jobs if job in tracked]
    if not times:
        return run
    covered = _covered(run, {each for some in times for each in some})
    if covered is None and all(times):
        tally.note(_ELSEWHEN)
        return run
    if not all(times) or (covered or 0.0) >= limit("same_work_of_longer") * (run.duration_seconds or 0.0):
        tally.note(_TRACKED)
        return None
    tally.note(_PARTLY)
    return run._replace(notes=(*run.notes, _PARTLY))


def _covered(run: ForeignRun, times: Iterable[tuple[float, float]]) -> float | None:
    """Return how long runs were tracked in the time of a job; None where none was. [s]"""
    slack = _ZONES_APART_SECONDS if LOCAL_TIME in run.notes else _CLOCKS_APART_SECONDS
    low, high = float("-inf"), float("inf")
    if run.started is not None:
        low, high = run.started, max(run.ended or 0.0, run.started + (run.duration_seconds or 0.0))
    inside = [(began, ended) for began, ended in times if began <= high + slack and ended >= low - slack]
    whole, until = 0.0, float("-inf")
    for began, ended in sorted(inside):
        whole += max(0.0, min(ended, high + slack) - max(began, until, low - slack))
        until = max(until, ended)
    return whole if inside else None
