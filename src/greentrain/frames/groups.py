"""Groups of the rows of a table: by its columns, or by what follows from them: month, hardware and place."""

import re
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

import narwhals as nw
import numpy as np
import pandas as pd

from greentrain.catalogue.names import fold, nearest
from greentrain.errors import InputError, UnknownName
from greentrain.frames.columns import Array, coded, grouped
from greentrain.frames.sums import FrameSums, sums_of
from greentrain.frames.table import AnyFrame, Estimated, estimated, read_frame, shared_keywords

MONTH, HARDWARE, PLACE = "month", "hardware", "place"
DERIVED = (MONTH, HARDWARE, PLACE)
"""Words by which rows are grouped where no column has that name."""
STARTS = ("started", "start", "start_time", "started_at", "date", "day", "submitted", "ended", "end", "end_time")
"""Columns that a month follows from, the first that is there."""
NAME = "name"
"""The column of a run's name: rows of one name are parts of one run, unless they ended otherwise."""
STATUS = "status"
"""The column of how a run ended: a run that failed and the one that repeats it may have one name."""
_ODD = np.uint64(0x9E3779B97F4A7C15)
"""Spreads the hashes of names, so that those of two columns do not cancel."""
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
_MONTHS_OF_A_YEAR = 12
_SECONDS_OF_A_DAY = 86_400
_DAYS_BEFORE_1970 = (datetime(1970, 1, 1, tzinfo=UTC) - _FIRST_DAY).days


def sum_frame(frame: AnyFrame, by: str | Sequence[str] = (), **same_for_all: Any) -> FrameSums:
    """Sum the rows of a table by groups, with the doubt that runs share and that which is each run's own.

    Parameters
    ----------
    frame : DataFrame
        As for `estimate_frame`. Rows of one ``name`` are parts of one run, such as its CPU nodes and two kinds of GPU,
        unless a column ``status`` parts them.
    by : str or sequence of str
        Columns whose values tell groups apart; where no column has the name, also ``month``, ``hardware`` and
        ``place``.
    **same_for_all
        Keywords of `estimate` that all rows share and that are no columns.

    Returns
    -------
    FrameSums
        Which merges with those of other parts of the same table.

    Raises
    ------
    InputError
        If there is no such column, or a value that all rows share is invalid.

    Examples
    --------
    >>> import pandas
    >>> runs = pandas.DataFrame({"user": ["ada", "bob", "ada"], "gpu": "V100", "hours": [10, 20, 30]})
    >>> sums = sum_frame(runs, by="user", power=250, host_factor=1, pue=1.5, grid_intensity=400)
    >>> [(group.by["user"], group.runs, round(group.footprint.it_energy_kwh.best, 6)) for group in sums.groups_found()]
    [('ada', 2, 10.0), ('bob', 1, 5.0)]
    """
    table = read_frame(frame)
    found = estimated(table, shared_keywords(same_for_all, table.columns))
    return sums_of_table(table, found, (by,) if isinstance(by, str) else tuple(by))


def sums_of_table(table: nw.DataFrame[Any], estimates: Estimated, by: tuple[str, ...]) -> FrameSums:
    """Sum the rows of a table that are estimated."""
    count = len(table)
    check_groups(table.columns, by)
    columns = [_codes(table, estimates, name) for name in by]
    code, first = grouped(count, [(codes, len(values)) for codes, values in columns])
    groups = [
        tuple(values[codes[row]] if codes[row] >= 0 else None for codes, values in columns) for row in first.tolist()
    ]
    names = _name_hashes(table) if NAME in table.columns else None
    return sums_of(by, groups, code, estimates.numbers, estimates.solved, estimates.alone, names)


def check_groups(columns: Sequence[str], by: Sequence[str], parameter: str = "by") -> None:
    """Refuse to group by what is no column and does not follow from one.

    Raises
    ------
    InputError
        Naming the nearest columns.
    """
    for name in by:
        if name in columns or name in (HARDWARE, PLACE):
            continue
        if name == MONTH:
            if not any(each in columns for each in STARTS):
                raise InputError(parameter, name, f"needs a column that says when: {', '.join(STARTS[:5])}")
            continue
        near = nearest(name, {fold(each): each for each in (*columns, *DERIVED)})
        raise UnknownName(parameter, name, "is no column of the table", near)


def _codes(table: nw.DataFrame[Any], estimates: Estimated, name: str) -> tuple[Array, list[Any]]:
    """Return the code of each row, -1 for none, and the distinct values."""
    if name in table.columns:
        found = coded(table[name])
        return found.codes, [_plain(value) for value in found.values]
    if name == MONTH:
        return _months(table[next(each for each in STARTS if each in table.columns)])
    return _of_hardware(estimates, len(table)) if name == HARDWARE else _of_place(estimates, len(table))


def _plain(value: Any) -> Any:
    """Return a value as JSON has it."""
    plain = value.item() if isinstance(value, np.generic) else value
    if isinstance(plain, bool) or plain is None:
        return plain
    if isinstance(plain, float):
        return int(plain) if plain.is_integer() else plain
    return plain if isinstance(plain, (int, str)) else str(plain)


def _months(starts: nw.Series[Any]) -> tuple[Array, list[Any]]:
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


def _name_hashes(table: nw.DataFrame[Any]) -> Array:
    names = _text_hashes(table, NAME)
    if STATUS not in table.columns:
        return names
    return np.where(names != 0, (names * _ODD + _text_hashes(table, STATUS)) | np.uint64(1), names)


def _text_hashes(table: nw.DataFrame[Any], name: str) -> Array:
    """Return the hash of each cell, which is odd; 0 where there is none."""
    found = coded(table[name])
    texts = np.array([str(value).strip().casefold() if name == STATUS else str(value) for value in found.values])
    hashes = pd.util.hash_array(texts.astype(object)) | np.uint64(1)
    return np.array([*hashes, 0], dtype=np.uint64)[found.codes]


def _of_hardware(estimates: Estimated, count: int) -> tuple[Array, list[Any]]:
    names: dict[str, int] = {}
    codes = np.full(count, -1, dtype=np.int64)
    for part in estimates.solved:
        of = np.array([names.setdefault(each.name, len(names)) if each else -1 for each in part.kinds.found])
        codes[part.rows] = np.where(part.is_written, of[part.kinds.codes], -1)
    for row, run in estimates.alone.items():
        name = run.run["gpu"] or run.run.get("cpu") or "CPU"
        codes[row] = names.setdefault(name, len(names))
    return codes, [*names]


def _of_place(estimates: Estimated, count: int) -> tuple[Array, list[Any]]:
    places: dict[str, int] = {}
    codes = np.full(count, -1, dtype=np.int64)
    for part in estimates.solved:
        of = np.array(
            [places.setdefault(each.place, len(places)) if each and each.place else -1 for each in part.sites]
        )
        codes[part.rows] = np.where(part.is_written, of[part.site], -1)
    for row, run in estimates.alone.items():
        if run.run["place"]:
            codes[row] = places.setdefault(run.run["location"], len(places))
    return codes, [*places]
