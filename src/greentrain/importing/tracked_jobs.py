"""Batch jobs in which greentrain tracked runs itself: whether an imported job is one of them, by number and time."""

import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from greentrain.importing.foreign_file import Tally
from greentrain.importing.foreign_run import ForeignRun
from greentrain.importing.limits import limit
from greentrain.importing.slurm_jobs import LOCAL_TIME
from greentrain.journal.fields import moment, text
from greentrain.journal.paths import folder_key
from greentrain.journal.sessions import JobTime, jobs_of, recorded_sessions

if TYPE_CHECKING:
    from greentrain.journal.sessions import RecordedSession

Tracked = Mapping[str, Sequence[JobTime]]
"""When runs were tracked in batch jobs; nothing where no record tells it."""

TRACKED = "Runs that greentrain tracked itself stand in the history already: they are not imported."
PARTLY = "greentrain tracked less than half of its time itself: the job counts as a whole, what was tracked beside it."
ELSEWHEN = "Jobs of the number of one in which greentrain tracked a run, at another time, are others: they count."
_CLOCKS_APART_SECONDS, _ZONES_APART_SECONDS = 300.0, 14 * 3600.0
"""How far clocks of computers differ, and how far a clock whose zone is assumed may be from UTC. [s]"""


class JobFacts(NamedTuple):
    """What is known of a job: its names, its cluster, from when to when it went and for how long [s], and its clock.

    The clock may be that of another zone where nobody stated it.
    """

    names: Sequence[str]
    cluster: str | None
    started: float | None
    ended: float | None
    seconds: float | None
    is_zone_assumed: bool


def tracked_jobs(runs: Path) -> Tracked:
    """Return when runs in a folder were tracked in batch jobs, by their folders' names and what they state."""
    found: dict[str, list[JobTime]] = {}
    try:
        folders = [*runs.iterdir()]
    except OSError:
        return {}
    for folder in folders:
        sessions, key = recorded_sessions(str(folder)), folder_key(folder.name)
        for job in jobs_of(key, {}):
            found.setdefault(job, [])
        for session in sessions:
            for job in jobs_of(key, session.launch):
                found.setdefault(job, []).extend(_times(session, job))
    return found


def _times(session: "RecordedSession", job: str) -> Iterator[JobTime]:
    """Yield from when to when a session went; of one without an end until something of it was written last."""
    began, end = moment(session.start), session.end
    if began is not None:
        ended = None if end is None else moment(end)
        until = time.time() - session.silent_seconds if ended is None else ended
        yield JobTime(job, text(session.launch, "cluster"), began, max(began, until))


def untracked(run: ForeignRun, tracked: Tracked, tally: Tally) -> ForeignRun | None:
    """Return a job as it is to be imported; nothing where tracked runs hold half of it or more.

    Parameters
    ----------
    run : ForeignRun
        What its file states.
    tracked : mapping of str to sequence of JobTime
        When jobs of this name were tracked.
    tally : Tally
        Where it is noted what became of it.
    """
    is_assumed = LOCAL_TIME in run.notes
    found = how_tracked(
        JobFacts(run.jobs, run.cluster, run.started, run.ended, run.duration_seconds, is_assumed), tracked
    )
    if found is None:
        return run
    tally.note(found)
    return None if found == TRACKED else run._replace(notes=(*run.notes, PARTLY)) if found == PARTLY else run


def how_tracked(job: JobFacts, tracked: Tracked) -> str | None:
    """Return whether a job holds tracked runs: `TRACKED`, `PARTLY`, `ELSEWHEN`; None of a number that no run has."""
    every = [tracked[name] for name in job.names if name in tracked]
    whole = [each for some in every for each in some]
    times = [each for each in whole if not (each.cluster and job.cluster) or each.cluster == job.cluster]
    if not every or (whole and not times):
        return None
    covered = _covered(job, times)
    if covered is None and all(every):
        return ELSEWHEN
    is_whole = not all(every) or (covered or 0.0) >= limit("same_work_of_longer") * (job.seconds or 0.0)
    return TRACKED if is_whole else PARTLY


def _covered(job: JobFacts, times: Iterable[JobTime]) -> float | None:
    """Return how long runs were tracked in the time of a job; None where none was. [s]"""
    slack = _ZONES_APART_SECONDS if job.is_zone_assumed else _CLOCKS_APART_SECONDS
    low, high = float("-inf"), float("inf")
    if job.started is not None:
        low, high = job.started, max(job.ended or 0.0, job.started + (job.seconds or 0.0))
    inside = [(began, ended) for _, _, began, ended in times if began <= high + slack and ended >= low - slack]
    whole, until = 0.0, float("-inf")
    for began, ended in sorted(inside):
        whole += max(0.0, min(ended, high + slack) - max(began, until, low - slack))
        until = max(until, ended)
    return whole if inside else None
