"""Groups of the rows of a table: by its columns, or by what follows from them: month, hardware and place."""

from collections.abc import Sequence
from typing import Any

import narwhals as nw
import numpy as np
import pandas as pd

from greentrain.catalogue.names import fold, nearest
from greentrain.errors import InputError, UnknownName
from greentrain.frames.columns import Array, coded, grouped
from greentrain.frames.moments import STARTS, months_of
from greentrain.frames.sums import FrameSums, sums_of
from greentrain.frames.table import AnyFrame, Estimated, estimated, read_frame, shared_keywords

MONTH, HARDWARE, PLACE = "month", "hardware", "place"
DERIVED = (MONTH, HARDWARE, PLACE)
"""Words by which rows are grouped where no column has that name."""
NAME = "name"
"""The column of a run's name: rows of one name are parts of one run, unless they ended otherwise."""
STATUS = "status"
"""The column of how a run ended: a run that failed and the one that repeats it may have one name."""
_ODD = np.uint64(0x9E3779B97F4A7C15)
"""Spreads the hashes of names, so that those of two columns do not cancel."""


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
        return months_of(table[next(each for each in STARTS if each in table.columns)])
    return _of_hardware(estimates, len(table)) if name == HARDWARE else _of_place(estimates, len(table))


def _plain(value: Any) -> Any:
    """Return a value as JSON has it."""
    plain = value.item() if isinstance(value, np.generic) else value
    if isinstance(plain, bool) or plain is None:
        return plain
    if isinstance(plain, float):
        return int(plain) if plain.is_integer() else plain
    return plain if isinstance(plain, (int, str)) else str(plain)


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
