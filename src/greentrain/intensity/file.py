"""A series of carbon intensity from a CSV file: ``timestamp,g_per_kwh``, UTC, a row per slot."""

import csv
import io
import os
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from itertools import pairwise

from greentrain.bounded_file import read_bounded
from greentrain.errors import DataError, InputError, either, path_text
from greentrain.intensity.series import BASES, GIVEN, KINDS, NOT_STATED, Series, Slot, value_fault, with_ends

TIMESTAMP, VALUE, KIND, BASIS, FROM, TO = "timestamp", "g_per_kwh", "kind", "basis", "from", "to"
_EMPTY = ("", "nan", "null", "none", "na", "n/a", "-")
_DELIMITERS = ",;\t"
_LONGEST_BYTES = 64 * 2**20
"""Of a file; hours of a century are 50 MB. [B]"""


def read_series(path: str | os.PathLike[str], *, basis: str | None = None, zone: str = "") -> Series:
    """Read a series of carbon intensity.

    Parameters
    ----------
    path : path
        CSV, also by semicolons or tabs, with the columns ``timestamp`` and ``g_per_kwh``. A time without a zone is UTC
        and is the start of its slot. Instead of ``timestamp``, ``from`` and ``to`` may state both ends. Optional
        columns are ``kind`` (measured, estimated, forecast) and ``basis``. An empty value is a missing slot.
    basis : {'direct', 'life-cycle', 'marginal'}, optional
        What the values count, where the file does not say.
    zone : str, optional
        The grid that they are of.

    Raises
    ------
    DataError
        If the file cannot be read, or a row is no slot; the row is named.
    """
    name = path_text("grid_series", path)
    if basis is not None and basis not in BASES:
        raise InputError("grid_basis", basis, f"must be {either(BASES)}")
    rows = list(_rows(name))
    stated = {row[BASIS].strip().lower() for _, row in rows if row.get(BASIS, "").strip()}
    if len(stated) > 1 or not stated <= set(BASES):
        raise DataError(name, f"must be {either(BASES)}, one in all rows", column=BASIS)
    of_file = stated.pop() if stated else None
    if basis is not None and of_file not in (None, basis):
        raise InputError("grid_basis", basis, f"contradicts the file, which says {of_file}")
    slots = _slots(name, rows)
    if not slots:
        raise DataError(name, "holds no value")
    return Series(os.path.basename(name), zone, of_file or basis or NOT_STATED, slots)  # noqa: PTH119 -- a name


def _rows(name: str) -> Iterator[tuple[int, dict[str, str]]]:
    try:
        text = read_bounded(name, _LONGEST_BYTES).decode("utf-8-sig")
        first = text.partition("\n")[0]
        reader = csv.reader(io.StringIO(text, newline=""), delimiter=max(_DELIMITERS, key=first.count))
        header = [column.strip().lower() for column in next(reader, [])]
        _check_header(name, header)
        for row in reader:
            if any(cell.strip() for cell in row):
                yield reader.line_num, dict(zip(header, row, strict=False))
    except UnicodeDecodeError:
        raise DataError(name, "must be UTF-8 text") from None
    except OSError as error:
        raise DataError(name, f"cannot be read: {error.strerror}") from None
    except csv.Error as error:
        raise DataError(name, f"is no CSV: {error}") from None


def _check_header(name: str, header: list[str]) -> None:
    if VALUE not in header:
        raise DataError(name, f"must have the columns {TIMESTAMP},{VALUE}", 1, VALUE)
    if TIMESTAMP not in header and not {FROM, TO} <= set(header):
        raise DataError(name, f"must have the column {TIMESTAMP}, or {FROM} and {TO}", 1, TIMESTAMP)


def _slots(name: str, rows: list[tuple[int, dict[str, str]]]) -> tuple[Slot, ...]:
    points: dict[float, tuple[float, float, str]] = {}
    ends: dict[float, float] = {}
    for number, row in rows:
        start = _moment(name, number, row, TIMESTAMP if TIMESTAMP in row else FROM)
        value = _value(name, number, row)
        if value is None:
            continue
        if points.get(start, (start, value, ""))[1] != value:
            raise DataError(name, "has two values for this time", number, VALUE)
        points[start] = (start, value, _kind(name, number, row))
        if TIMESTAMP not in row:
            ends[start] = _moment(name, number, row, TO)
            if ends[start] <= start:
                raise DataError(name, f"must be later than {FROM}", number, TO)
    slots = with_ends(points.values())
    if not ends:
        return slots
    found = [slot._replace(end=ends[slot.start]) for slot in slots]
    for slot, later in pairwise(found):
        if later.start < slot.end:
            raise DataError(name, "has slots that overlap", column=TO)
    return tuple(found)


def _moment(name: str, number: int, row: Mapping[str, str], column: str) -> float:
    text = (row.get(column) or "").strip()
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        rule = f"{text[:40]!r} is no time; write 2026-03-01T02:00Z"
        raise DataError(name, rule, number, column) from None
    return (found if found.tzinfo else found.replace(tzinfo=UTC)).timestamp()


def _value(name: str, number: int, row: Mapping[str, str]) -> float | None:
    text = (row.get(VALUE) or "").strip()
    if text.lower() in _EMPTY:
        return None
    try:
        value = float(text)
    except ValueError:
        raise DataError(name, f"{text[:40]!r} is not a number", number, VALUE) from None
    if (fault := value_fault(value)) is not None:
        raise DataError(name, f"{value:g} {fault}", number, VALUE)
    return value


def _kind(name: str, number: int, row: Mapping[str, str]) -> str:
    kind = (row.get(KIND) or "").strip().lower() or GIVEN
    if kind not in KINDS:
        raise DataError(name, f"{kind[:40]!r} is no kind of slot; known are {either(KINDS)}", number, KIND)
    return kind
