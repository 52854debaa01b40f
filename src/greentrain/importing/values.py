"""Cells of foreign files: numbers, words and times, read with distrust."""

import re
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime, tzinfo
from functools import lru_cache

from greentrain.errors import DataError
from greentrain.importing.dates import read_date
from greentrain.importing.limits import limit

LONGEST_TEXT = 200
_KEPT = 4096
"""Cells whose meaning is kept: rows next to each other have the same times, and all rows the same names. [1]"""

LOCAL_TIME = "Times have no zone: UTC is assumed; --time-zone states another."
"""Note of a run whose file states its times so."""

NEGATIVE, NOT_READ = "{} is negative, and taken as empty.", "Cells of {} that cannot be read are taken as empty."
"""What is said of cells that are no amounts, by their column."""

_EMPTY = {"", "none", "null", "nan", "n/a", "na", "[n/a]", "unknown", "(null)", "none assigned"}
_LONGEST_PLAIN = 24
"""Fewer digits than that are always a number that can be. [1]"""

_MOST, _LEAST = 1e24, 1e-24
"""What is further from 1 is no quantity of a run: products of what is left do not overflow."""

_LATEST = 4_102_444_800.0
"""2100-01-01: a later moment is in another unit than seconds. [s]"""

_ISO_LENGTH, _EPOCH = len("2026-01-31T12:00:00"), datetime(1970, 1, 1)
_UNIX_UNITS = (1.0, 1e3, 1e6, 1e9)
_NODES = re.compile(r"(?:[^,\[\]]|\[[^\]]*\])+")
_LONGEST_LIST = 10_000
_CLOCK = re.compile(r"(?:(\d{1,9})-)?(?:(\d{1,9}):)?(\d{1,9}):(\d{1,9}(?:\.\d+)?)")
_AMOUNT = re.compile(r"([-+]?(?:\d+[.,]?\d*|[.,]\d+)(?:[eE][-+]?\d+)?)\s*([A-Za-z%]*)")

_PREFIXES = {
    "p": 1e-12, "n": 1e-9, "u": 1e-6, "µ": 1e-6, "μ": 1e-6, "m": 1e-3, "": 1.0, "k": 1e3, "M": 1e6, "G": 1e9, "T": 1e12,
}  # fmt: skip
_UNIT = re.compile(r"([pnuµμmkMGT]?)(Wh|W|J|s)")
_BASE = {"W": ("W", 1.0), "J": ("J", 1.0), "s": ("s", 1.0), "Wh": ("J", 3600.0)}

_GROUPED = re.compile(r"([-+]?\d{1,3})(?:((?:,\d{3})+)(\.\d+)?|((?:\.\d{3})+)(,\d+)?)\s*[A-Za-z%]*")
"""Thousands apart: 1,300.5 and 1.300,5. What is one number with either sign, such as 1,300, has a decimal comma."""

_ITS_NUMBER = re.compile(r"\s*([-+]?[\d.,]*\d)")
_EITHER = re.compile(r"[-+]?[1-9]\d{0,2},\d{3}")
_THOUSANDS = re.compile(r"[-+]?\d{1,3}(?:(?:,\d{3})+\.\d+|(?:,\d{3}){2,})")
_A_THOUSAND = 1000.0


@lru_cache(maxsize=_KEPT)
def words(cell: str | None) -> str | None:
    """Return text without blanks about it, at most 200 characters; None of a word for nothing."""
    found = (cell or "").strip()[:LONGEST_TEXT]
    return None if found.casefold() in _EMPTY else found.replace("\0", "")


def number(cell: object) -> float | None:
    """Return a finite number, also with a decimal comma or a unit behind it; None of anything else."""
    if isinstance(cell, bool) or cell is None:
        return None
    if isinstance(cell, str):
        if len(cell) < _LONGEST_PLAIN and cell.isascii() and cell.isdecimal():
            return float(cell)
        found = _AMOUNT.fullmatch(cell.strip())
        cell = found[1].replace(",", ".") if found else _without_groups(cell.strip())
    try:
        value = float(cell) if isinstance(cell, (str, int, float)) else float("nan")
    except (ValueError, OverflowError):
        return None
    return value if abs(value) < _MOST else None


def _without_groups(text: str) -> str:
    """Return a number whose thousands stand apart as Python reads it; nothing of anything else."""
    found = _GROUPED.fullmatch(text)
    if found is None:
        return ""
    first, commas, after_dot, dots, after_comma = (part or "" for part in found.groups())
    return first + (commas + dots).translate({44: None, 46: None}) + after_dot + after_comma.replace(",", ".")


def amount(cell: object) -> float | None:
    """Return a number, zero or above."""
    value = number(cell)
    if value is None or value < 0:
        return None
    return value if value > _LEAST else 0.0


def unit_of(text: str) -> tuple[str, float] | None:
    """Return ``W``, ``J`` or ``s`` and how many of it a unit is, such as ``mJ`` or ``kWh``; None of any other."""
    found = _UNIT.fullmatch(text)
    if found is None:
        return None
    base, factor = _BASE[found[2]]
    return base, _PREFIXES[found[1]] * factor


def odd_cells(row: Mapping[str, str], names: Iterable[str]) -> list[str]:
    """Return a note for each of these cells that is no amount: a number below zero, or nothing that can be read."""
    values = {name: (number(row.get(name)), words(row.get(name))) for name in names}
    below = [NEGATIVE.format(name) for name, (value, _) in values.items() if value is not None and value < 0]
    return below + [NOT_READ.format(name) for name, (value, text) in values.items() if value is None and text]


def moment(cell: str, zone: tzinfo | None, *, fold: int = 0, is_day_first: bool = False) -> tuple[float, bool] | None:
    """Read a time.

    Parameters
    ----------
    cell : str
        ISO 8601, as nvidia-smi or Slurm write it, or a number of seconds, ms, us or ns since 1970.
    zone : tzinfo or None
        Of a time that names none; None takes UTC.
    fold : {0, 1}, optional
        Which one of a local time that comes twice, where clocks are put back.
    is_day_first : bool, optional
        How a date such as ``05/07/2024`` is meant.

    Returns
    -------
    tuple or None
        Seconds since 1970, and whether the cell states its zone.
    """
    if zone is None and len(cell) == _ISO_LENGTH and cell[10] == "T":
        try:
            seconds = (datetime.fromisoformat(cell) - _EPOCH).total_seconds()
        except (ValueError, TypeError):  # it is no time, or states a zone
            pass
        else:
            return (seconds, False) if 0 < seconds < _LATEST else None
    return _odd_moment(cell, zone, fold, is_day_first)


@lru_cache(maxsize=_KEPT)
def _odd_moment(cell: str, zone: tzinfo | None, fold: int, is_day_first: bool) -> tuple[float, bool] | None:
    text = cell.strip()
    # A date has a dash or a stroke where a number has none.
    value = None if text[4:5] in ("-", "/") else number(text)
    if value is not None:
        fitting = (value / unit for unit in _UNIX_UNITS if _LATEST / 1e3 < value / unit < _LATEST)
        return next(((seconds, True) for seconds in fitting), None)
    found = read_date(text, is_day_first=is_day_first)
    if found is None:
        return None
    stated = found.tzinfo is not None
    try:
        seconds = (found if stated else found.replace(tzinfo=zone or UTC, fold=fold)).timestamp()
    except (OverflowError, ValueError, OSError):
        return None
    return (seconds, stated) if 0 < seconds < _LATEST else None


def as_written(seconds: float, zone: tzinfo) -> float:
    """Return a moment as a clock of this zone shows it, read as UTC. [s]"""
    offset = datetime.fromtimestamp(seconds, zone).utcoffset() if 0 < seconds < _LATEST else None
    return seconds if offset is None else seconds + offset.total_seconds()


def clock_seconds(cell: str) -> float | None:
    """Read a duration such as ``1-02:03:04``, ``02:03:04``, ``03:04`` or a number of seconds. [s]"""
    if cell.isdecimal() and cell.isascii():
        return amount(cell)
    found = _CLOCK.fullmatch(cell.strip())
    if found is None:
        return amount(cell)
    days, hours, minutes, seconds = found.groups()
    return int(days or 0) * 86_400 + int(hours or 0) * 3600 + int(minutes) * 60 + float(seconds)


def utc_text(seconds: float | None) -> str | None:
    """Write a moment as ISO 8601 in UTC."""
    if seconds is None:
        return None
    if not 0 <= seconds < _LATEST:
        return None
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def node_names(listed: str, most: int) -> list[str]:
    """Return the short names of nodes in a list such as ``gpu[07-09,12],cpu1``; nothing of more than so many."""
    found: list[str] = []
    for pattern in _NODES.findall(listed[:_LONGEST_LIST]):
        head, bracket, rest = pattern.strip().partition("[")
        inside, _, tail = rest.partition("]")
        for each in inside.split(",") if bracket else [""]:
            low, _, high = each.partition("-")
            if bracket and not (low + high).isdecimal():
                return []
            numbers = range(int(low), min(int(high or low), int(low) + most) + 1) if bracket else range(1)
            middles = [f"{number:0{len(low)}d}" if bracket else "" for number in numbers]
            found += [f"{head}{middle}{tail}".partition(".")[0] for middle in middles]
            if len(found) > most:
                return []
    return found


class CommaSigns:
    """What commas mean in the columns of a file: ``1,300`` is one and a bit, or thirteen hundred.

    Parameters
    ----------
    path : str
        The file.
    cells_of : callable
        Gives all cells of a column.
    """

    def __init__(self, path: str, cells_of: Callable[[str | int], Iterable[str]]) -> None:
        self._path, self._cells_of = path, cells_of
        self._parts_thousands: dict[str | int, bool] = {}

    def plain(self, cell: str, column: str | int, *, is_power: bool) -> str:
        """Return a cell without the commas that part its thousands.

        Raises
        ------
        DataError
            Of a power that may be either; of a counter a comma is a decimal one then.
        """
        number = _ITS_NUMBER.match(cell)
        if number is not None and _THOUSANDS.fullmatch(number[1]):
            return cell.replace(",", "")
        if number is None or not _EITHER.fullmatch(number[1]):
            return cell
        if column not in self._parts_thousands:
            found = parts_thousands(self._cells_of(column))
            if found is None and is_power:
                low = number[1].replace(",", ".")
                rule = f"has powers such as {number[1]}, which may be {low} or {number[1].replace(',', '')}"
                raise DataError(self._path, f"{rule}: write them without commas, or with a decimal point")
            self._parts_thousands[column] = bool(found)
        return cell.replace(",", "") if self._parts_thousands[column] else cell


def parts_thousands(cells: Iterable[str]) -> bool | None:
    """Return whether commas part thousands in a column; None where no number of it tells."""
    most = whole = 0.0
    for cell in cells:
        number = _ITS_NUMBER.match(cell)
        if number is None:
            continue
        if _EITHER.fullmatch(number[1]):
            most = max(most, float(number[1].replace(",", "")))
        elif "." in number[1]:
            return True
        elif "," in number[1]:
            return False
        else:
            whole = max(whole, abs(float(number[1])))
    if whole:  # 950 before 1,050; where 1500 stands beside it, the comma is a decimal one
        return whole < _A_THOUSAND
    return False if most > limit("node_w") else None  # no computer draws as much
