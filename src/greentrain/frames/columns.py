"""Columns of a table as arrays: texts as codes of their distinct values, numbers as floats."""

from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any, NamedTuple, TypeAlias

import narwhals as nw
import numpy as np
import pandas as pd

from greentrain.errors import InputError
from greentrain.estimation import LIMITS, checked_number, fits

Array: TypeAlias = np.ndarray[Any, np.dtype[Any]]

NUMBERS = tuple(LIMITS)
TEXTS = ("gpu", "instance", "workload", "cpu", "location", "site", "architecture", "precision")
KEYWORDS = (*NUMBERS, *TEXTS, "profiles")
"""The names of columns that count: the keywords of ``estimate``."""
HARDWARE = ("gpu", "instance", "cpu", "cpu_cores")
"""Those of which a run has one at least."""
NOT_GIVEN = frozenset(("", "none", "nan", "nat", "<na>", "null"))
"""Texts that stand for nothing, as programs write them, in small letters. NA is none of them: it is Namibia."""
_SHORT = 12
"""Longer texts are none of them, with blanks about them or not. [characters]"""
_PLAIN_TEXT = pd.StringDtype("python", na_value=np.nan)
_MOST_CODES = 1 << 40
_WIDEST_RANGE = 1 << 16
"""Whole numbers in so narrow a range are codes themselves."""
_LARGEST_TABLE = 1 << 20
"""Codes up to this are numbered by a table of all of them, which is ten times as fast as by hashing."""
_MOST_EXACT = 1 << 53
"""Above that, whole floats are no whole numbers to speak of."""


class Coded(NamedTuple):
    """A column by the distinct values that it has.

    Attributes
    ----------
    codes : array of int
        Which value each row has; -1 where none is given.
    values : list
        The distinct values.
    """

    codes: Array
    values: Sequence[Any]

    def at(self, row: int) -> Any:
        """Return the value of a row; None where none is given."""
        code = self.codes[row]
        return None if code < 0 else self.values[code]


class Numbers(NamedTuple):
    """A column of numbers.

    Attributes
    ----------
    floats : array of float
        NaN where no value is given, or none that can be used.
    refused : array of bool
        Where the value is outside of its limits or no number.
    written : Coded or None
        The values as they stand in the table, where they are not the floats; a float may stand where it has none.
    """

    floats: Array
    refused: Array
    written: Coded | None

    def at(self, row: int) -> Any:
        """Return the value of a row; None where none is given."""
        if self.written is not None and self.written.codes[row] >= 0:
            return self.written.at(row)
        value = float(self.floats[row])
        if np.isnan(value):
            return None
        return int(value) if value.is_integer() and abs(value) < _MOST_EXACT else value


def read_columns(frame: nw.DataFrame[Any]) -> dict[str, Coded | Numbers]:
    """Read the columns that have the name of a keyword and any value at all."""
    named = {name: frame[name] for name in frame.columns if name in KEYWORDS}
    read = {name: _numbers(name, series) if name in LIMITS else coded(series) for name, series in named.items()}
    return {name: column for name, column in read.items() if _has_any(column)}


def _has_any(column: Coded | Numbers) -> bool:
    if isinstance(column, Coded):
        return bool((column.codes >= 0).any())
    return bool(column.refused.any() or not np.isnan(column.floats).all())


def _numbers(name: str, series: nw.Series[Any]) -> Numbers:
    if series.dtype.is_numeric():
        floats = series.to_numpy() if series.dtype == nw.Float64 else series.cast(nw.Float64).to_numpy()
        floats = np.asarray(floats, dtype=np.float64)
        refused = ~(np.isnan(floats) | fits(LIMITS[name], floats))
        if LIMITS[name].whole:
            refused |= ~np.isnan(floats) & (floats != np.floor(floats))
        return Numbers(floats, refused, None)
    written = coded(series)
    known = [read_number(name, value) for value in written.values]
    floats = np.array([*known, np.nan])[written.codes]
    return Numbers(floats, (written.codes >= 0) & np.isnan(floats), written)


def read_number(name: str, value: object) -> float:
    """Read one number of a keyword; NaN where it is none, or outside its limits."""
    try:
        return checked_number(name, value)
    except InputError:
        return np.nan


def coded(series: nw.Series[Any]) -> Coded:
    """Return a column by its distinct values; texts that say "not given" are none."""
    native = series.to_native()
    codes, values = coded_cells(native if isinstance(native, pd.Series) else series.to_numpy())
    is_blank = [
        isinstance(value, str) and (len(value) < _SHORT or value.isspace()) and value.strip().casefold() in NOT_GIVEN
        for value in values
    ]
    if any(is_blank):
        codes = np.where(np.array([*is_blank, True])[codes], -1, codes)
    return Coded(codes, values)


def coded_cells(native: Any) -> tuple[Array, list[Any]]:
    """Return a code for each cell, -1 where it is missing, and the distinct cells."""
    if isinstance(native, pd.Series) and isinstance(native.dtype, pd.CategoricalDtype):
        codes, values = native.cat.codes.to_numpy(), native.cat.categories.tolist()
    elif isinstance(native, pd.Series) and native.dtype == _PLAIN_TEXT:
        codes, found = pd.factorize(np.asarray(native.array, dtype=object))  # half again as fast as of the series
        values = found.tolist()
    elif isinstance(native, pd.Series) and native.dtype != object and not _is_nested(native.dtype):
        codes, found = pd.factorize(native)
        values = found.tolist()
    else:
        codes, values = _of_objects(np.asarray(native, dtype=object))
    return codes, values


def _is_nested(dtype: Any) -> bool:
    """Whether cells are lists or records, as pyarrow has them, which are told apart as objects alone."""
    return isinstance(dtype, pd.ArrowDtype) and dtype.pyarrow_dtype.num_fields > 0


def _of_objects(cells: Array) -> tuple[Array, list[Any]]:
    if pd.api.types.infer_dtype(cells, skipna=True) in ("string", "empty"):
        codes, found = pd.factorize(cells)
        return codes, list(found)
    seen: dict[Hashable, int] = {}
    values: list[Any] = []
    codes = np.empty(len(cells), dtype=np.int64)
    for row, cell in enumerate(cells):
        if cell is None or (pd.api.types.is_scalar(cell) and pd.isna(cell)):
            codes[row] = -1
            continue
        # 1, 1.0 and True are one key of a dictionary, and three things to an estimate.
        code = seen.setdefault((type(cell), cell if isinstance(cell, Hashable) else id(cell)), len(values))
        if code == len(values):
            values.append(cell)
        codes[row] = code
    return codes, values


def distinct(floats: Array) -> tuple[Array, int]:
    """Return a code from 0 on for each number, -1 for NaN, and how many codes there are."""
    codes, values = pd.factorize(floats)
    return codes, len(values)


def distinct_whole(floats: Array) -> tuple[Array, int]:
    """Return a code for each whole number, as `distinct` does; numbers in a narrow range are codes themselves."""
    low, high = np.fmin.reduce(floats), np.fmax.reduce(floats)
    if not high - low < _WIDEST_RANGE:
        return distinct(floats)
    with np.errstate(invalid="ignore"):
        codes = (floats - low).astype(np.int64)
    if np.isnan(floats.sum()):
        codes[np.isnan(floats)] = -1
    return codes, int(high - low) + 1


def few_distinct(floats: Array, most: int) -> tuple[Array, int] | None:
    """Return what `distinct` does; None where there are more values than so many."""
    if len(pd.unique(floats[: 64 * most])) > most:
        return None
    codes, number = distinct(floats)
    return None if number > most else (codes, number)


def grouped(rows: int, columns: Iterable[tuple[Array, int]]) -> tuple[Array, Array]:
    """Number the distinct rows of several columns.

    Parameters
    ----------
    rows : int
        Number of rows. [1]
    columns : iterable of (array of int, int)
        Codes from -1 on, and how many there are from 0 on.

    Returns
    -------
    codes : array of int
        The number of each row.
    first : array of int
        The first row with each number.
    """
    key, size = np.zeros(rows, dtype=np.int64), 1
    for codes, number in columns:
        if size * (number + 1) > _MOST_CODES:
            key, size = _compact(key, size)
        key *= number + 1
        key += codes
        key += 1
        size *= number + 1
    key, size = _compact(key, size)
    first = np.empty(size, dtype=np.int64)
    first[key[::-1]] = np.arange(rows - 1, -1, -1)
    return key, first


def _compact(key: Array, size: int) -> tuple[Array, int]:
    """Number codes anew, without gaps."""
    if size > _LARGEST_TABLE:
        codes, found = pd.factorize(key)
        return codes, len(found)
    occurs = np.zeros(size, dtype=bool)
    occurs[key] = True
    numbers = np.cumsum(occurs) - 1
    return numbers[key], int(numbers[-1]) + 1


def given(columns: Mapping[str, Coded | Numbers], names: Iterable[str], row: int) -> dict[str, Any]:
    """Return what a row gives of some keywords, as it stands in the table."""
    found = {name: columns[name].at(row) for name in names if name in columns}
    return {name: value for name, value in found.items() if value is not None}


def near_columns(columns: Iterable[str]) -> dict[str, str]:
    """Return the columns that are a letter off a keyword of `estimate`, each with that keyword."""
    return {name: keyword for name in columns if name not in KEYWORDS for keyword in _near(str(name))}


def _near(name: str) -> Iterator[str]:
    folded = name.strip().casefold().replace(" ", "_").replace("-", "_")
    yield from islice((keyword for keyword in KEYWORDS if _is_letter_off(folded, keyword)), 1)


def _is_letter_off(one: str, other: str) -> bool:
    """Whether a word turns into another by one letter more, less or changed, or by two that change places."""
    length = min(len(one), len(other))
    start = next((place for place in range(length) if one[place] != other[place]), length)
    rest, wanted = one[start:], other[start:]
    changed = rest[1:] == wanted[1:] or rest[1::-1] + rest[2:] == wanted
    return changed or rest[1:] == wanted or rest == wanted[1:]
