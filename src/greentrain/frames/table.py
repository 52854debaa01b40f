"""Estimates of many runs at once: a table in, the same table with the quantities of each row out."""

from collections.abc import Mapping
from os import PathLike
from typing import Any, TypeVar

import narwhals as nw
import numpy as np
import pandas as pd

from greentrain.catalogue import load_catalogue
from greentrain.errors import Contradiction, GreentrainError, InputError
from greentrain.estimation import LIMITS, checked_number, estimate
from greentrain.estimation.ranges import checked_text
from greentrain.footprint import QUANTITIES
from greentrain.frames.columns import KEYWORDS, TEXTS, Array, Coded, given, read_columns
from greentrain.frames.solution import Columns, solve

Frame = TypeVar("Frame")

_NUMBERS = tuple(f"{quantity}_{end}" for quantity in QUANTITIES for end in ("low", "best", "high"))
RESULT_COLUMNS = (*_NUMBERS, "basis", "error")
"""The columns that `estimate_frame` adds."""


def estimate_frame(frame: Frame, **same_for_all: Any) -> Frame:
    """Estimate energy, emissions and water of every row of a table, as `estimate` does.

    Parameters
    ----------
    frame : DataFrame
        A row for each run: of pandas, or of any other library that narwhals reads, such as polars. Columns that have
        the name of a keyword of `estimate` are taken as such; None, NaN, NaT and empty cells mean "not given". Other
        columns are kept.
    **same_for_all
        Keywords of `estimate` that all rows share and that are no columns.

    Returns
    -------
    DataFrame
        Of the same library: the given columns, then ``<quantity>_low``, ``_best`` and ``_high`` for the six quantities
        of an `Estimate`, ``basis``, and ``error``: empty, or why the row has no result, whose numbers are then NaN. A
        column of these names is replaced.

    Raises
    ------
    TypeError
        If the frame is none, or a keyword is none of `estimate`.
    InputError
        If a value that all rows share is invalid by itself, or is a column too.

    Examples
    --------
    >>> import pandas
    >>> runs = pandas.DataFrame({"gpu": ["V100", "H1000"], "hours": [96, 10]})
    >>> found = estimate_frame(runs, location="FR", year=2024)
    >>> f"{found['it_energy_kwh_best'][0]:.1f} kWh", found["error"][1][:32]
    ('32.3 kWh', "gpu 'H1000': unknown accelerator")
    """
    native: Any = frame
    table = nw.from_native(native, eager_only=True)
    same = _shared(same_for_all, table.columns)
    numbers = np.empty((len(_NUMBERS), len(table)))
    errors = _estimated(read_columns(table), same, numbers) if len(table) else {}
    joined: Frame = _joined(table, numbers, errors)
    return joined


def _shared(same_for_all: Mapping[str, Any], columns: list[str]) -> dict[str, Any]:
    """Check what all rows share, each value by itself."""
    shared = {name: value for name, value in same_for_all.items() if value is not None}
    for name, value in shared.items():
        if name not in KEYWORDS:
            raise TypeError(f"estimate_frame() got an unexpected keyword argument {name!r}")
        if name in columns:
            raise Contradiction(name, value, "is a column of the table too; give one of them")
        if name in LIMITS:
            shared[name] = checked_number(name, value)
        elif name in TEXTS:
            shared[name] = checked_text(name, value)
    return shared


def _estimated(columns: Columns, same: dict[str, Any], numbers: Array) -> dict[int, str]:
    """Write the quantities of every row; return the messages of those that have none."""
    count = numbers.shape[1]
    is_written = np.zeros(count, dtype=bool)
    others = {name: column for name, column in columns.items() if name != "profiles"}
    for profiles, rows in _by_profiles(columns.get("profiles"), same.get("profiles"), count):
        try:
            catalogue = load_catalogue(profiles)
        except GreentrainError:
            continue
        if others:
            is_written |= solve(catalogue, others, {k: v for k, v in same.items() if k != "profiles"}, rows, numbers)
    left = np.flatnonzero(~is_written)
    numbers[:, left] = np.nan
    return _one_by_one(columns, same, left, numbers)


def _by_profiles(
    column: Any, shared: str | PathLike[str] | None, count: int
) -> list[tuple[str | PathLike[str] | None, Array]]:
    """Part the rows by the folder of the user's own profiles."""
    if not isinstance(column, Coded):
        return [(shared, np.arange(count))]
    found = [(shared if code < 0 else column.values[code], code) for code in np.unique(column.codes).tolist()]
    return [(profiles, np.flatnonzero(column.codes == code)) for profiles, code in found]


def _one_by_one(columns: Columns, same: dict[str, Any], rows: Array, numbers: Array) -> dict[int, str]:
    """Estimate what is left row by row; return the messages of the rows that cannot be."""
    errors: dict[int, str] = {}
    known: dict[Any, Any] = {}
    for row in rows.tolist():
        facts = same | given(columns, KEYWORDS, row)
        key = tuple((name, type(value), str(value)) for name, value in facts.items())
        if key not in known:
            known[key] = _numbers_or_error(facts)
        found = known[key]
        if isinstance(found, str):
            errors[row] = found
        else:
            numbers[:, row] = found
    return errors


def _numbers_or_error(facts: dict[str, Any]) -> list[float] | str:
    try:
        run = estimate(**facts)
    except GreentrainError as error:
        return error.message() if isinstance(error, InputError) else str(error)
    return [end for quantity in QUANTITIES for end in getattr(run, quantity)]


def _joined(table: nw.DataFrame[Any], numbers: Array, errors: dict[int, str]) -> Any:
    """Add the quantities, their basis and the messages to a table."""
    known = {message: code for code, message in enumerate(dict.fromkeys(errors.values()), 1)}
    codes = np.zeros(len(table), dtype=np.int64)
    for row, message in errors.items():
        codes[row] = known[message]
    # Taken from the distinct texts: pandas checks a million texts for as long as half of the arithmetic takes.
    error = pd.Series(["", *known]).array.take(codes)
    basis = pd.Series(["estimated", ""]).array.take(np.minimum(codes, 1))
    native = table.to_native()
    if isinstance(native, pd.DataFrame):
        kept = native.drop(columns=[name for name in RESULT_COLUMNS if name in native.columns])
        found = pd.DataFrame(numbers.T, index=native.index, columns=list(_NUMBERS), copy=False)
        texts = pd.DataFrame({"basis": basis, "error": error}, index=native.index)
        return pd.concat([kept, found, texts], axis=1)
    kept = table.drop([name for name in RESULT_COLUMNS if name in table.columns])
    values = dict(zip(_NUMBERS, numbers, strict=True)) | {"basis": basis.tolist(), "error": error.tolist()}
    backend = nw.get_native_namespace(table)
    return kept.with_columns(*(nw.new_series(name, each, backend=backend) for name, each in values.items())).to_native()
