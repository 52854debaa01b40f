"""Which runs are asked for: project, status, and the time in which they began."""

from collections.abc import Mapping
from datetime import UTC, datetime, time, timedelta
from math import inf
from typing import Any

from greentrain.errors import InputError, either, without_passwords
from greentrain.history.summary_table import SummaryTable
from greentrain.journal.records import STATUSES
from greentrain.record import Record

_LEAST_DAYS = 28
"""Every month has them."""

_DATE_RULE = "must be a date such as 2026-11-22, or a time such as 2026-11-22T11:00, in UTC by default"


class RunFilter(Record):
    """What runs have to be; None asks for nothing.

    Attributes
    ----------
    project, status, user : str or None
        Their project, their status, and whose they are.
    earliest, latest : float
        Between which moments they began, in seconds since 1970; the last one is not among them. [s]
    """

    project: str | None = None
    status: str | None = None
    earliest: float = -inf
    latest: float = inf
    user: str | None = None

    def of(self, table: SummaryTable) -> SummaryTable:
        """Return the runs of a table that are asked for."""
        return table.where(self.wants, "project", "status", "started", "user")

    def wants(self, project: str | None, status: str, started: float, user: str | None = None) -> bool:
        """Whether a run of this project, status and user that began at this moment [s] is asked for."""
        asked = ((self.project, project), (self.status, status), (self.user, user))
        return self.earliest <= started < self.latest and all(wanted in (None, stated) for wanted, stated in asked)


def checked_filter(chosen: Mapping[str, Any]) -> RunFilter:
    """Check what runs are asked for.

    Parameters
    ----------
    chosen : mapping
        ``project``, ``user`` and ``status``, ``since`` and ``until``: text, date or datetime. A month or a year begins
        with its first moment as ``since`` and ends with its last as ``until``.

    Raises
    ------
    InputError
        For a status or a moment that is none.
    """
    status, since, until = (chosen.get(name) for name in ("status", "since", "until"))
    if status is not None and status not in STATUSES:
        raise InputError("status", status, f"must be {either(STATUSES)}")
    earliest = -inf if since is None else _period("since", since)[0]
    for name in ("project", "user"):
        if not isinstance(chosen.get(name), str | None):
            raise InputError(name, chosen[name], "must be text")
    project = chosen.get("project")
    project = project and without_passwords(project)  # as it is recorded
    latest = inf if until is None else _period("until", until)[1]
    return RunFilter(project, status, earliest, latest, chosen.get("user"))


def _period(name: str, stated: Any) -> tuple[float, float]:
    """Return the first moment of what is stated and the first one after it, in seconds since 1970."""
    try:
        found = _parsed(stated) if isinstance(stated, str) else stated
        if not isinstance(found, tuple):
            found = _of_date(found)
        begin, end = found
        return begin.timestamp(), end.timestamp()
    except (ValueError, TypeError, AttributeError, OverflowError):
        raise InputError(name, stated, _DATE_RULE) from None


def _parsed(text: str) -> Any:
    """Read a year, a month, a day or a moment."""
    numbers = text.split("-")
    if all(number.isdecimal() for number in numbers) and [*map(len, numbers)] in ([4], [4, 2]):
        year, month = int(numbers[0]), int(numbers[1]) if len(numbers) == 2 else None
        first = datetime(year, month or 1, 1, tzinfo=UTC)
        last = datetime(year, month or 12, _LEAST_DAYS, tzinfo=UTC)
        while (end := last + timedelta(days=1)).month == last.month:
            last = end
        return first, end
    found = datetime.fromisoformat(text)
    return found.date() if found.time() == time() and len(text) <= len("2026-11-22") and not found.tzinfo else found


def _of_date(stated: Any) -> tuple[datetime, datetime]:
    if isinstance(stated, datetime):
        moment = stated if stated.tzinfo else stated.replace(tzinfo=UTC)
        return moment, moment + timedelta(microseconds=1)
    first = datetime(stated.year, stated.month, stated.day, tzinfo=UTC)
    return first, first + timedelta(days=1)
