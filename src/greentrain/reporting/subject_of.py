"""From a result of any kind to the subject of a report."""

from collections.abc import Sequence
from datetime import datetime

from greentrain.errors import InputError
from greentrain.estimation.result import Estimate
from greentrain.reporting.subject import Subject


def subject_of(result: object, *, title: str | None = None, made_at: datetime | None = None) -> Subject:
    """Make the subject of a report of any result.

    Parameters
    ----------
    result : Estimate, ValidationReport, Run, History, sequence of Run, what `track` gave, or Subject
        What to report. A run of this process that has ended is waited for until its meter wrote its last word.
    title : str, optional
        Headline instead of the result's own.
    made_at : datetime, optional
        When the report is made; an aware datetime. Left out, the report does not say it.

    Raises
    ------
    InputError
        If there is nothing to report in it.
    """
    found = _made(result)
    if title is not None:
        found = found._replace(title=title)
    return found if made_at is None else found._replace(made_at=_checked(made_at))


def _made(result: object) -> Subject:
    if isinstance(result, Subject):
        return result
    if isinstance(result, Estimate):
        from greentrain.reporting.subject_estimate import subject_of_estimate

        return subject_of_estimate(result)
    kind = type(result).__name__
    if kind == "ValidationReport":
        from greentrain.reporting.subject_validation import subject_of_validation

        return subject_of_validation(result)  # type: ignore[arg-type]
    if kind in ("Run", "History", "Selection") or _is_several(result):
        from greentrain.reporting.subject_history import subject_of_history

        return subject_of_history(result)
    if kind in ("LiveRun", "FinishedRun"):
        from greentrain.reporting.subject_tracked import subject_of_tracked

        return subject_of_tracked(result)  # type: ignore[arg-type]
    rule = "must be an Estimate, a ValidationReport, a tracked run, several of them or the History"
    raise InputError("result", f"of type {kind}", rule)


def _is_several(result: object) -> bool:
    """Whether it is a list of things, and not one thing with named parts."""
    return isinstance(result, Sequence) and not isinstance(result, (str, bytes)) and not hasattr(result, "_fields")


def _checked(made_at: datetime) -> datetime:
    if made_at.tzinfo is None:
        raise InputError("made_at", made_at.isoformat(), "must state its time zone, as datetime.now(UTC) does")
    return made_at
