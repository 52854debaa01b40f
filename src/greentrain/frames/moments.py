"""When the runs of a table were: moments as people, programs and spreadsheets write them, their months and years."""

import re
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any

import narwhals as nw
import numpy as np
import pandas as pd

from greentrain.estimation import LIMITS, fits
from greentrain.estimation.ranges import YEARS_AHEAD, this_year
from greentrain.frames.columns import Array, Coded, Numbers, coded

STARTS = ("started", "start", "start_time", "started_at", "date", "day", "submitted", "ended", "end", "end_time")
"""Columns that a month follows from, the first that is there."""
_MONTH = re.compile(r"\d{4}-(?:0[1-9]|1[0-2])")
_LETTERS = len("2026-01-31T12:00:00Z")
_UTC = r"\d{4}-(?:0[1-9]|1[0-2])(?:-\d\d(?:[T ][\d:.]*(?:Z|\+00:?00)?)?)?"
"""Moments of ISO 8601 that are in UTC, or of no zone; the month of others depends on their zone."""
_EPOCH_SECONDS = 1e8
"""Numbers from here on are seconds since 1970. [s]"""
_SPREADSHEET_DAYS = (20_000, 80_000)
"""Numbers in between count the days of a spreadsheet: of 1954 to 2119. [d]"""
_FIRST_DAY = datetime(1899, 12, 30, tzinfo=UTC)
"""Day 0 of a spreadsheet."""
_NUMBER = re.compile(r"\d+(?:\.\d+)?", re.ASCII)
_DAY_FIRST = re.compile(r"(\d\d?)\.\s?(\d\d?)\.\s?(\d{4})\b.*", re.ASCII | re.DOTALL)
_YEAR_FIRST = re.compile(r"(\d{4})[/.](\d\d?)(?:[/.](\d\d?))?\b.*", re.ASCII | re.DOTALL)
_SLASHES = re.compile(r"(\d\d?)/(\d\d?)/(\d{4})\b.*", re.ASCII | re.DOTALL)
_YEAR = re.compile(r"(?<!\d)(?:19|20)\d\d(?!\d)", re.ASCII)
_OF_STEPS = ("start", "end")
"""Columns whose plain numbers may be steps or seconds as well as years."""
_MONTHS_OF_A_YEAR = 12
_SECONDS_OF_A_DAY = 86_400
_DAYS_BEFORE_1970 = (datetime(1970, 1, 1, tzinfo=UTC) - _FIRST_DAY).days


def months_of(starts: nw.Series[Any]) -> tuple[Array, list[Any]]:
    """Return the month in UTC of each moment, as `moment` reads them."""
    native = starts.to_native()
    column = native if isinstance(native, pd.Series) else pd.Series(starts.to_list())
    if pd.api.types.is_datetime64_any_dtype(column.dtype):
        return _of_moments(pd.to_datetime(column, utc=True))
    if pd.api.types.is_numeric_dtype(column.dtype):
        numbers = column.astype("float64")
        days = numbers.where(numbers.between(*_SPREADSHEET_DAYS, inclusive="left"))
        seconds = numbers.where(numbers >= _EPOCH_SECONDS, (days - _DAYS_BEFORE_1970) * _SECONDS_OF_A_DAY)
        return _of_moments(pd.to_datetime(seconds, unit="s", utc=True, errors="coerce"))
    texts = column.map(str, na_action="ignore") if column.dtype == object else column
    texts = texts.astype("str").str.strip()
    codes, months = pd.factorize(texts.str.slice(0, 7))
    is_month = np.array([*(_MONTH.fullmatch(each) is not None for each in months), False])
    # So programs write it; to match all of it takes five times as long.
    is_utc = is_month[codes] & ((texts.str.len() == _LETTERS) & texts.str.endswith("Z", na=False)).to_numpy(dtype=bool)
    is_utc[~is_utc] = texts[~is_utc].str.fullmatch(_UTC).fillna(value=False).to_numpy(dtype=bool)
    rest = texts[~is_utc]
    moments = pd.to_datetime(rest.where(rest.str.len() > 4), format="ISO8601", utc=True, errors="coerce")
    odd = rest[moments.isna() & rest.notna()]
    known = {each: pd.Timestamp(found) for each in odd.unique() if (found := moment(each)) is not None}
    if known:
        moments = moments.fillna(rest.map(known))
    others, more = _of_moments(moments)
    names = {name: code for code, name in enumerate(months)}
    renamed = [names.setdefault(name, len(names)) for name in more]
    codes[~is_utc] = np.array([*renamed, -1])[others]
    return codes, [*names]


def with_years(
    columns: dict[str, Coded | Numbers], table: nw.DataFrame[Any], same: Mapping[str, Any]
) -> dict[str, Coded | Numbers]:
    """Give rows without a year that of their start, or of their end where that alone is known.

    Parameters
    ----------
    columns : dict
        The columns of a table that count.
    table : DataFrame
        The table, which may have other columns.
    same : mapping
        What all rows share; their year, if it is there, is the year of each.
    """
    starts = [name for name in STARTS if name in table.columns]
    if "year" in same or not starts:
        return columns
    none = Numbers(np.full(len(table), np.nan), np.zeros(len(table), dtype=bool), None)
    year = columns.get("year", none)
    assert isinstance(year, Numbers)
    floats = year.floats.copy()
    for name in starts:
        is_open = np.isnan(floats) & ~year.refused
        if not is_open.any():
            break
        floats[is_open] = _years_of(table[name], is_step=name in _OF_STEPS)[is_open]
    return {**columns, "year": year._replace(floats=floats)} if not np.isnan(floats).all() else columns


def _years_of(starts: nw.Series[Any], *, is_step: bool) -> Array:
    """Return the year in UTC of each moment, NaN where there is none or it is none that a run can have.

    A number alone may be a year, but for columns that may count steps.
    """
    codes, months = months_of(starts)
    years = np.array([*(float(each[:4]) if _MONTH.fullmatch(each) else np.nan for each in months), np.nan])[codes]
    left = np.flatnonzero(np.isnan(years))
    if len(left):  # a year is told where day and month may change places, or where it stands alone
        cells = coded(starts[left.tolist()])
        texts = ["" if is_step and _NUMBER.fullmatch(str(cell).strip()) else str(cell) for cell in cells.values]
        found = [dict.fromkeys(_YEAR.findall(text)) for text in texts]
        years[left] = np.array([*(float(*each) if len(each) == 1 else np.nan for each in found), np.nan])[cells.codes]
    is_possible = fits(LIMITS["year"], years) & (years <= this_year() + YEARS_AHEAD)
    return np.where(is_possible, years, np.nan)


def moment(cell: Any) -> datetime | None:
    """Read a moment in UTC; None where it is none, or where day and month may change places.

    Examples
    --------
    >>> [f"{moment(each):%Y-%m-%d}" for each in ("2025-04", "3.4.2025", "2025/04/03", 45750, 1743638400)]
    ['2025-04-01', '2025-04-03', '2025-04-03', '2025-04-03', '2025-04-03']
    >>> moment("13/04/2025").month, moment("03/04/2025")
    (4, None)
    """
    try:
        found = _read(cell)
    except (ValueError, OverflowError, OSError):
        return None
    if found is None or found.tzinfo is None:
        return found and found.replace(tzinfo=UTC)
    return found.astimezone(UTC)


def _read(cell: Any) -> datetime | None:
    if isinstance(cell, datetime):
        return cell
    if isinstance(cell, date):
        return datetime(cell.year, cell.month, cell.day)
    text = str(cell).strip()
    if _NUMBER.fullmatch(text) and not isinstance(cell, bool):
        return _of_number(float(text))
    for pattern, order in ((_DAY_FIRST, (3, 2, 1)), (_YEAR_FIRST, (1, 2, 3))):
        if found := pattern.fullmatch(text):
            year, month, day = (int(found[group] or 1) for group in order)
            return datetime(year, month, day)
    if found := _SLASHES.fullmatch(text):
        one, other, year = map(int, found.groups())
        if one <= _MONTHS_OF_A_YEAR and other <= _MONTHS_OF_A_YEAR and one != other:
            return None
        month, day = sorted((one, other))
        return datetime(year, month, day)
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        return datetime.fromisoformat(f"{text}-01")  # of a month


def _of_number(number: float) -> datetime | None:
    low, high = _SPREADSHEET_DAYS
    if low <= number < high:
        return _FIRST_DAY + timedelta(days=number)
    return datetime.fromtimestamp(number, UTC) if number >= _EPOCH_SECONDS else None


def _of_moments(moments: "pd.Series[Any]") -> tuple[Array, list[Any]]:
    number = (moments.dt.year * 12 + moments.dt.month - 1).to_numpy(dtype=np.float64, na_value=np.nan)
    codes, values = pd.factorize(number)
    return codes, [f"{int(each) // 12:04d}-{int(each) % 12 + 1:02d}" for each in values]
