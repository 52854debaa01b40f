"""Status of a run, from its last record and its processes."""

import sys
import time
from typing import NamedTuple

from greentrain.history.session_journals import Journals, MeterJournal, TrackerJournal
from greentrain.journal import fields
from greentrain.journal.paths import host_name
from greentrain.journal.process_alive import is_process_alive
from greentrain.journal.writer import writing_interval_seconds

_STATES = ("completed", "failed", "interrupted")
_MISSED_RECORDS = 3
_PATIENCE_SECONDS = 60.0


class Status(NamedTuple):
    """Status of a run, with the exception's type, the exit code and remarks on it."""

    status: str
    error: str | None = None
    exit_code: int | None = None
    notes: tuple[str, ...] = ()


def status_of(journals: Journals, now: float | None = None) -> Status:
    """Return the status of a run.

    Parameters
    ----------
    journals : Journals
        All that was written.
    now : float, optional
        Seconds since 1970; the present by default. [s]
    """
    moment = time.time() if now is None else now
    if any(is_alive(tracker, journals.meters, moment) for tracker in journals.trackers):
        return Status("running")
    if not journals.trackers and any(_still_writes(meter, moment) for meter in journals.meters):
        return Status("running")
    ended = [tracker for tracker in journals.trackers if tracker.end is not None]
    newest = max(ended, key=lambda tracker: tracker.last, default=None)
    # A session that began after the newest recorded end, and has none of its own, is the one that counts.
    later = [
        tracker
        for tracker in journals.trackers
        if tracker.end is None and (newest is None or tracker.started > newest.last)
    ]
    return _unrecorded_end(later, journals.meters) if newest is None or later else _recorded_end(newest)


def is_alive(tracker: TrackerJournal, meters: tuple[MeterJournal, ...], now: float) -> bool:
    """Whether the process of a session is still there.

    On this computer the system knows. On another one it is taken for alive as long as its newest record is not older
    than three times the interval in which records come, and a minute.
    """
    if tracker.end is not None:
        return False
    if tracker.host == host_name() and sys.platform != "win32":
        return is_process_alive(tracker.pid, fields.whole(tracker.start, "pid_started"))
    of_session = [meter for meter in meters if meter.session == tracker.session]
    if any(meter.why is not None for meter in of_session):
        return False
    newest = max([tracker.last, *(meter.last for meter in of_session)])
    return now - newest < _MISSED_RECORDS * tracker.writing_interval(newest - tracker.started) + _PATIENCE_SECONDS


def _still_writes(meter: MeterJournal, now: float) -> bool:
    """Whether a meter whose run has no tracker journal still writes."""
    pause = writing_interval_seconds(meter.reached_seconds, meter.interval_seconds)
    return meter.why is None and now - meter.last < _MISSED_RECORDS * pause + _PATIENCE_SECONDS


def _recorded_end(tracker: TrackerJournal) -> Status:
    end = tracker.end or {}
    stated = fields.text(end, "status")
    status = stated if stated in _STATES else "unknown"
    return Status(status, fields.text(end, "error"), fields.whole(end, "exit_code"))


def _unrecorded_end(trackers: list[TrackerJournal], meters: tuple[MeterJournal, ...]) -> Status:
    sessions = {tracker.session for tracker in trackers}
    whys = [meter.why for meter in meters if not sessions or meter.session in sessions]
    if "stopped" in whys:
        return Status("unknown", notes=("The meter was stopped in order; how the run ended was not recorded.",))
    # A kill leaves whole lines: a half one is of a process that went on and could not write, on a full disk.
    if any(tracker.is_torn for tracker in trackers) and "process_ended" not in whys:
        return Status("unknown", notes=("Its journal breaks off within a line; how the run ended was not recorded.",))
    return Status("killed")
