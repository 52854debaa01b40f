"""Dates as programs and people write them, and which of day and month comes first in a file.

``25/07/2024`` can be read in one way alone, ``05/07/2024`` in two: the whole file tells which, as far as it does.
"""

import re
from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta, timezone
from itertools import pairwise
from typing import NamedTuple

_LONGEST_DATE = 60
_CLOCK = (
    r"(?P<hour>\d{1,2}):(?P<minute>\d\d)(?::(?P<second>\d\d)(?:[.,](?P<part>\d{1,9}))?)?"
    r"(?:\s*(?P<half>[AaPp])\.?[Mm]\.?)?"
)
_ZONE = r"(?:\s*(?P<zone>Z|[+-]\d\d:?\d\d|[A-Z]{3,5}))?"
"""An offset, or letters such as ``CEST``, of which those but UTC's own mean several zones."""

_YEAR = r"(?P<year>\d{4}|\d\d)"
_CENTURY, _OLDEST_YEAR = 2000, 10
"""A year of two digits that is older than that is a day, and the year comes first. [a]"""

_WEEKDAY = r"(?:[A-Z][a-z]{2,8},?\s+)?"
_FORMS = tuple(
    re.compile(form)
    for form in (
        rf"(?P<year>\d{{4}})([-/.]?)(?P<month>\d\d?)\2(?P<day>\d\d?)(?:[T\s-]\s*{_CLOCK}{_ZONE})?",
        rf"(?P<day>\d\d?)\.(?P<month>\d\d?)\.{_YEAR}(?:,?\s+{_CLOCK}{_ZONE})?",
        rf"(?P<one>\d\d?)([-/])(?P<other>\d\d?)\2{_YEAR}(?:,?[T\s]\s*(?:- )?{_CLOCK}{_ZONE})?",
        rf"{_WEEKDAY}(?P<day>\d\d?)[ -](?P<name>[A-Z][a-z]{{2,8}})[ -](?P<year>\d{{4}})(?:,?\s+{_CLOCK}{_ZONE})?",
        rf"{_WEEKDAY}(?P<name>[A-Z][a-z]{{2,8}})\s+(?P<day>\d\d?),?\s+(?P<year>\d{{4}}),?\s+{_CLOCK}{_ZONE}",
        rf"{_WEEKDAY}(?P<name>[A-Z][a-z]{{2,8}})\s+(?P<day>\d\d?)\s+{_CLOCK}{_ZONE}\s+(?P<year>\d{{4}})",
    )
)
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_UTC = ("Z", "UTC", "GMT")
_EITHER_WAY = re.compile(r"(?<![\d/.-])(\d\d?)([-/])(\d\d?)\2(\d{4}|\d\d)(?=[\s,;|\"]+\d{1,2}:\d\d)")
_MOST_DAYS = 1000
_A_DAY = timedelta(days=1)


def read_date(text: str, *, is_day_first: bool = False) -> datetime | None:
    """Read a date with or without a time of day; None of what is none.

    Parameters
    ----------
    text : str
        As ISO 8601 has it, with strokes or dots, or with an English month.
    is_day_first : bool, optional
        How one is meant that can be read in two ways.
    """
    try:
        return datetime.fromisoformat(text.replace("/", "-") if text[4:5] == "/" else text)
    except ValueError:
        pass
    matches = (form.fullmatch(text) for form in _FORMS if len(text) <= _LONGEST_DATE)
    found = next((match for match in matches if match), None)
    try:
        return None if found is None else _of_match(found.groupdict(), is_day_first=is_day_first)
    except (ValueError, OverflowError):
        return None


def _of_match(cells: dict[str, str | None], *, is_day_first: bool) -> datetime:
    month, day = cells.get("month"), cells.get("day")
    if cells.get("name"):
        month = str(_MONTHS.index((cells["name"] or "")[:3].casefold()) + 1)
    elif cells.get("one"):
        one, other = int(cells["one"] or 0), int(cells["other"] or 0)
        is_turned = one > len(_MONTHS) or (is_day_first and other <= len(_MONTHS))
        month, day = (str(other), str(one)) if is_turned else (str(one), str(other))
    hour = int(cells["hour"] or 0)
    if half := cells["half"]:
        hour = hour % 12 + 12 * (half in "Pp")
    part = int((cells["part"] or "").ljust(6, "0")[:6])
    clock = hour, int(cells["minute"] or 0), int(cells["second"] or 0), part
    year = int(cells["year"] or 0)
    if len(cells["year"] or "") == len("26"):
        if year < _OLDEST_YEAR and cells.get("one"):
            month, day, year = cells["other"], str(year), int(cells["one"] or 0)
        year += _CENTURY
    return datetime(year, int(month or 0), int(day or 0), *clock, tzinfo=_zone(cells["zone"]))


def _zone(text: str | None) -> timezone | None:
    if text is None or text in _UTC:
        return UTC if text else None
    if text[0] not in "+-":
        return None
    return timezone((1 if text[0] == "+" else -1) * timedelta(hours=int(text[1:3]), minutes=int(text[-2:])))


class DateOrder(NamedTuple):
    """Whether the day comes before the month, and whether that is assumed."""

    is_day_first: bool = False
    is_assumed: bool = False

    @property
    def note(self) -> str:
        """What a run says whose dates were read so."""
        if self.is_day_first:
            return "Its dates do not tell day from month: day first is assumed, by which they follow each other."
        return "Its dates do not tell day from month: month first is assumed."


def has_either_order(text: str) -> bool:
    """Whether a text has dates of which the day or the month may come first."""
    return _EITHER_WAY.search(text) is not None


def date_order(lines: Iterable[str]) -> DateOrder:
    """Return the order in the dates of a file: a number above twelve is a day, wherever it stands."""
    days: set[tuple[int, int, int]] = set()
    for line in lines:
        for one, _, other, year in _EITHER_WAY.findall(line):
            if max(int(one), int(other)) > len(_MONTHS):
                return DateOrder(int(one) > len(_MONTHS))
            if len(days) < _MOST_DAYS:
                days.add((int(year), int(one), int(other)))
    month_first, day_first = (_longest_step(each) for each in (days, {(y, day, month) for y, month, day in days}))
    return DateOrder(day_first <= _A_DAY < month_first, bool(days))


def _longest_step(days: set[tuple[int, int, int]]) -> timedelta:
    """Return the longest time between two dates that follow each other."""
    try:
        return max((later - earlier for earlier, later in pairwise(sorted(date(*day) for day in days))), default=_A_DAY)
    except ValueError:  # a month or a day of zero
        return timedelta.max
