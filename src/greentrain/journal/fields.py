"""Fields of journal records, read with distrust: what is not of the kind that it should be counts as absent."""

from collections.abc import Mapping
from datetime import UTC, datetime
from math import inf, isfinite
from typing import Any

from greentrain.interval import Interval, exact
from greentrain.journal.writer import JournalRecord

_LONGEST_TEXT = 20_000


def text(record: Mapping[str, object], name: str) -> str | None:
    """Return a field that is text, NUL and lone surrogates escaped, at most 20,000 characters of it."""
    value = record.get(name)
    if not isinstance(value, str):
        return None
    if value.isascii() and len(value) <= _LONGEST_TEXT and "\0" not in value:
        return value
    return value[:_LONGEST_TEXT].replace("\0", "\\x00").encode("utf-8", "backslashreplace").decode()


def number(record: Mapping[str, object], name: str) -> float | None:
    """Return a field that is a finite number."""
    value = record.get(name)
    if type(value) is int:
        try:
            value = float(value)
        except OverflowError:
            return None
    return value if type(value) is float and isfinite(value) else None


def whole(record: Mapping[str, object], name: str) -> int | None:
    """Return a field that is a whole number."""
    value = record.get(name)
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def amount(record: Mapping[str, object], name: str) -> float | None:
    """Return a field that is a finite number, zero or above."""
    value = record.get(name)
    if type(value) is float:  # as nearly all are
        return value if 0.0 <= value < inf else None
    value = number(record, name)
    return value if value is not None and value >= 0 else None


def mapping(record: Mapping[str, object], name: str) -> dict[str, Any]:
    """Return a field that is an object; an empty one else."""
    value = record.get(name)
    return value if isinstance(value, dict) else {}


def objects(record: Mapping[str, object], name: str) -> list[dict[str, Any]]:
    """Return the objects of a field that is a list."""
    value = record.get(name)
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def plain_values(found: Mapping[str, object]) -> dict[str, Any]:
    """Return those entries of an object that are text or numbers, and not empty."""
    return {name: value for name, value in found.items() if isinstance(value, (str, int, float)) and value}


def interval(record: Mapping[str, object], name: str) -> Interval | None:
    """Return a field that is an interval of positive numbers in order."""
    found = mapping(record, name)
    low, best, high = amount(found, "low"), amount(found, "best"), amount(found, "high")
    if low is None or best is None or high is None or not 0 < low <= best <= high:
        return None
    return exact(best) if low == high else Interval(low, best, high)  # an exact factor costs a product nothing


def moment(record: JournalRecord) -> float | None:
    """Return the time of a record, in seconds since 1970. [s]"""
    try:
        found = datetime.fromisoformat(text(record, "t") or "")
        return (found if found.tzinfo is UTC else found.replace(tzinfo=UTC)).timestamp()
    except (ValueError, OverflowError):
        return None
