"""The subject of a report of a run of this process: what it left in the history."""

from greentrain.errors import InputError
from greentrain.history.reader import read_run
from greentrain.reporting.subject import Subject
from greentrain.reporting.subject_history import subject_of_run
from greentrain.tracking.course import INNER
from greentrain.tracking.live import LiveRun
from greentrain.tracking.view import FinishedRun


def subject_of_tracked(result: LiveRun | FinishedRun) -> Subject:
    """Make the subject of a report of what `track` gave, which may have ended or go on.

    Parameters
    ----------
    result : LiveRun or FinishedRun
        The run. Of one that has ended, its meter's last record is waited for.

    Raises
    ------
    InputError
        If it left no record, or is a part of another run.
    """
    record = (result.view() if isinstance(result, LiveRun) else result).record
    if record["role"] == INNER:
        rule = f"is a part of the run {record['id']}, which holds it as a span; report that one"
        raise InputError("result", record["name"], rule)
    run = read_run(record["folder"]) if record["folder"] else None
    if run is None:
        raise InputError("result", record["name"], "left no record that could be reported")
    return subject_of_run(run)
