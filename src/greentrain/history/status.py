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
_FROM_WORST = ("failed", "interrupted", "killed", "unknown", "completed")
_NO_ROOM = "Its journal breaks off as on a full disk; how the run ended was not recorded."
_MISSED_RECORDS = 3
_PATIENCE_SECONDS = 60.0
_SURELY_SILENT_SECONDS = 86_400.0


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
    sessions = journals.trackers  # in the order of their starts
    counting = [
        one
        for place, one in enumerate(sessions, 1)
        if not any(_follows(later, one) for later in sessions[place:]) and not _leaves_the_word(one, sessions)
    ]
    if not counting:
        return _unrecorded_end(None, journals.meters)
    return _worst([_status_of_session(tracker, journals.meters) for tracker in reversed(counting)])


def _follows(later: TrackerJournal, earlier: TrackerJournal) -> bool:
    """Whether a session took the place of another one, which so no longer tells how the run ended.

    It began when that one was over. Of those that a launcher started together, each has the place of its rank; and so
    has one of which nobody recorded when it was over.
    """
    if earlier.end is None and (later.host, later.pid) == (earlier.host, earlier.pid):
        return True
    if later.started < max(earlier.last, earlier.started + earlier.metered_seconds):
        return False
    ours, theirs = (fields.mapping(one.start, "launch") for one in (later, earlier))
    is_one_start = theirs.get("job") is not None and ours == theirs
    return later.rank == earlier.rank or (not is_one_start and (earlier.end is not None or ours != theirs))


def _leaves_the_word(tracker: TrackerJournal, sessions: tuple[TrackerJournal, ...]) -> bool:
    """Whether other ranks recorded how the run ended, of which this one did not see the end."""
    is_killed_rank = tracker.rank is not None and tracker.end is None
    return is_killed_rank and any(one.end and one.rank is not None and one.last > tracker.started for one in sessions)


def _status_of_session(tracker: TrackerJournal, meters: tuple[MeterJournal, ...]) -> Status:
    return _unrecorded_end(tracker, meters) if tracker.end is None else _recorded_end(tracker)


def _worst(found: list[Status]) -> Status:
    """Return the status of a run that ended in several sessions: what failed in one of them failed."""
    status = min((each.status for each in found), key=_FROM_WORST.index)
    alike = [each for each in found if each.status == status]
    error = next((each.error for each in alike if each.error), None)
    codes = [each.exit_code for each in (*alike, *found) if each.exit_code is not None]
    return Status(status, error, next(iter(codes), None), alike[0].notes)


def is_final(journals: Journals, now: float | None = None) -> bool:
    """Whether a run that is not running has ended for sure, and is not only silent on another computer."""
    moment = time.time() if now is None else now
    ended = {meter.session for meter in journals.meters if meter.why is not None}
    written = [*(tracker.last for tracker in journals.trackers), *(meter.last for meter in journals.meters)]
    newest = max(written, default=moment)
    if moment - newest > _SURELY_SILENT_SECONDS:
        return True
    if not journals.trackers:
        return len(ended) == len({meter.session for meter in journals.meters})
    return all(
        tracker.end is not None or tracker.session in ended or _is_of_this_computer(tracker)
        for tracker in journals.trackers
    )


def _is_of_this_computer(tracker: TrackerJournal) -> bool:
    """Whether the system knows if its process is there."""
    return tracker.host == host_name() and sys.platform != "win32"


def is_alive(tracker: TrackerJournal, meters: tuple[MeterJournal, ...], now: float) -> bool:
    """Whether the process of a session is still there.

    On this computer the system knows. On another one it is taken for alive as long as its newest record is not older
    than three times the interval in which records come, and a minute.
    """
    if tracker.end is not None:
        return False
    if _is_of_this_computer(tracker):
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


def _unrecorded_end(tracker: TrackerJournal | None, meters: tuple[MeterJournal, ...]) -> Status:
    whys = [meter.why for meter in meters if tracker is None or meter.session == tracker.session]
    if "stopped" in whys:
        return Status("unknown", notes=("The meter was stopped in order; how the run ended was not recorded.",))
    # A kill leaves whole lines: a half one is of a process that went on and could not write, on a full disk.
    if tracker is not None and tracker.breaks_off and "process_ended" not in whys:
        return Status("unknown", notes=(_NO_ROOM,))
    return Status("killed")
