"""Estimates of many runs at once: a table in, the same table with the quantities of each row out."""

import warnings
from collections.abc import Mapping, Sequence
from os import PathLike
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

import narwhals as nw
import numpy as np
import pandas as pd

from greentrain.catalogue import load_catalogue
from greentrain.errors import Contradiction, GreentrainError, GreentrainWarning, InputError
from greentrain.estimation import LIMITS, Estimate, checked_number, estimate
from greentrain.estimation.ranges import checked_text
from greentrain.footprint import QUANTITIES
from greentrain.frames.columns import KEYWORDS, TEXTS, Array, Coded, given, near_columns, read_columns
from greentrain.frames.moments import with_years
from greentrain.frames.solution import Columns, Solved, solve
from greentrain.progress import Telling

if TYPE_CHECKING:
    from greentrain.progress import Progress

AnyFrame = TypeVar("AnyFrame")

NUMBERS = tuple(f"{quantity}_{end}" for quantity in QUANTITIES for end in ("low", "best", "high"))
"""The columns of quantities."""
RESULT_COLUMNS = (*NUMBERS, "basis", "error")
"""The columns that `estimate_frame` adds."""
_ENGINES = ("dask", "spark")
_PART_ROWS = 1 << 16
"""Rows that are estimated between two looks at how far it is. [1]"""


def estimate_frame(frame: AnyFrame, *, progress: "Progress" = None, **same_for_all: Any) -> AnyFrame:
    """Estimate energy, emissions and water of every row of a table, as `estimate` does.

    Parameters
    ----------
    frame : DataFrame
        A row for each run: of pandas, or of any other library whose tables in memory narwhals reads, such as polars,
        pyarrow and modin; a lazy one of polars comes back lazy. Columns that have
        the name of a keyword of `estimate` are taken as such; None, NaN, NaT and empty cells mean "not given". A row
        without a ``year`` is of that of its ``started``, ``start``, ``date`` or ``ended``, where there is such a
        column. Other columns are kept.
    progress : bool or callable, optional
        True shows on stderr how many rows are done; a class like ``tqdm`` is shown instead.
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
        If the frame is none or not in memory, or a keyword is none of `estimate`.
    InputError
        If a value that all rows share is invalid by itself, or is a column too; if two columns have one name.

    Warns
    -----
    GreentrainWarning
        If a column is a letter off a keyword, as ``hour`` is; it is kept and counts for nothing.

    Examples
    --------
    >>> import pandas
    >>> runs = pandas.DataFrame({"gpu": ["V100", "H1000"], "hours": [96, 10]})
    >>> found = estimate_frame(runs, location="FR", year=2024)
    >>> f"{found['it_energy_kwh_best'][0]:.1f} kWh", found["error"][1][:32]
    ('32.3 kWh', "gpu 'H1000': unknown accelerator")
    """
    table = read_frame(frame)
    found = _estimated_in_parts(table, shared_keywords(same_for_all, table.columns), progress)
    for column, keyword in near_columns(table.columns).items():
        warnings.warn(f"column {column!r} is no keyword; did you mean {keyword!r}?", GreentrainWarning, stacklevel=2)
    joined = joined_frame(table, found)
    back: AnyFrame = joined.lazy() if _is_lazy_polars(frame) else joined
    return back


def _estimated_in_parts(table: nw.DataFrame[Any], same: dict[str, Any], progress: "Progress") -> "Estimated":
    """Work out every row of a table, in parts where somebody wants to know how far that is."""
    if progress is None or progress is False:
        return estimated(table, same)
    parts: list[Any] = []
    errors: dict[int, str] = {}
    with Telling(progress, len(table), "estimating rows") as tell:
        for start in range(0, max(1, len(table)), _PART_ROWS):
            part = estimated(table[start : start + _PART_ROWS], same)
            parts.append(part.numbers)
            errors |= {start + row: message for row, message in part.errors.items()}
            tell(part.numbers.shape[1])
    return Estimated(np.concatenate(parts, axis=1), errors, (), {})


def read_frame(frame: Any) -> nw.DataFrame[Any]:
    """Read a frame of any library as one of narwhals.

    Raises
    ------
    TypeError
        If it is no frame, or one that is not in memory.
    InputError
        If its columns cannot be told apart by name.
    """
    native = frame.collect() if _is_lazy_polars(frame) else frame
    if isinstance(native, pd.DataFrame) and native.columns.nlevels > 1:
        raise InputError("frame", None, "has column names of several levels; the names of keywords must stand alone")
    try:
        found = nw.from_native(native)
    except nw.exceptions.DuplicateError:
        names = list(getattr(native, "column_names", native.columns))
        twice = next((name for place, name in enumerate(names) if name in names[:place]), None)
        raise InputError("frame", None, f"has two columns with the name {twice!r}") from None
    except TypeError:
        raise TypeError(_no_frame(native)) from None
    if isinstance(found, nw.DataFrame):
        return found
    engine = str(found.implementation.value).replace("pyspark", "spark")
    way = f"greentrain.frames.{engine} has the same functions for it" if engine in _ENGINES else "compute it first"
    raise TypeError(f"a table of runs must be in memory, which {type(native).__name__} is not: {way}")


def _is_lazy_polars(frame: object) -> bool:
    return type(frame).__name__ == "LazyFrame" and hasattr(frame, "collect")


def _no_frame(value: object) -> str:
    name = type(value).__name__
    return f"a table of runs must be a DataFrame, not {name}; pandas.DataFrame(...) makes one of lists and dictionaries"


def shared_keywords(same_for_all: Mapping[str, Any], columns: Sequence[str]) -> dict[str, Any]:
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


class Estimated(NamedTuple):
    """What the rows of a table come to.

    Attributes
    ----------
    numbers : array
        Low, best and high of each quantity, a column for each row; NaN where it has no result.
    errors : dict of int to str
        The messages of the rows that have none.
    solved : tuple of Solved
        The rows that arrays have worked out.
    alone : dict of int to Estimate
        Those that were estimated one by one.
    """

    numbers: Array
    errors: dict[int, str]
    solved: tuple[Solved, ...]
    alone: dict[int, Estimate]


def estimated(table: nw.DataFrame[Any], same: dict[str, Any]) -> Estimated:
    """Work out every row of a table."""
    count = len(table)
    numbers = np.empty((len(NUMBERS), count))
    if not count:
        return Estimated(numbers, {}, (), {})
    columns = with_years(read_columns(table), table, same)
    is_written = np.zeros(count, dtype=bool)
    parts: list[Solved] = []
    others = {name: column for name, column in columns.items() if name != "profiles"}
    for profiles, rows in _by_profiles(columns.get("profiles"), same.get("profiles"), count):
        try:
            catalogue = load_catalogue(profiles)
        except GreentrainError:
            continue
        if others:
            rest = {name: value for name, value in same.items() if name != "profiles"}
            is_done, solved = solve(catalogue, others, rest, rows, numbers)
            is_written |= is_done
            parts += [solved] if solved else []
    left = np.flatnonzero(~is_written)
    numbers[:, left] = np.nan
    errors, alone = _one_by_one(columns, same, left, numbers)
    return Estimated(numbers, errors, tuple(parts), alone)


def _by_profiles(
    column: Any, shared: str | PathLike[str] | None, count: int
) -> list[tuple[str | PathLike[str] | None, Array]]:
    """Part the rows by the folder of the user's own profiles."""
    if not isinstance(column, Coded):
        return [(shared, np.arange(count))]
    found = [(shared if code < 0 else column.values[code], code) for code in np.unique(column.codes).tolist()]
    return [(profiles, np.flatnonzero(column.codes == code)) for profiles, code in found]


def _one_by_one(
    columns: Columns, same: dict[str, Any], rows: Array, numbers: Array
) -> tuple[dict[int, str], dict[int, Estimate]]:
    """Estimate what is left row by row; return the messages of the rows that cannot be, and the others."""
    errors: dict[int, str] = {}
    alone: dict[int, Estimate] = {}
    known: dict[Any, Estimate | str] = {}
    for row in rows.tolist():
        facts = same | given(columns, KEYWORDS, row)
        key = tuple((name, type(value), str(value)) for name, value in facts.items())
        if key not in known:
            known[key] = _estimate_or_error(facts)
        found = known[key]
        if isinstance(found, str):
            errors[row] = found
        else:
            alone[row] = found
            numbers[:, row] = [end for quantity in QUANTITIES for end in getattr(found, quantity)]
    return errors, alone


def _estimate_or_error(facts: dict[str, Any]) -> Estimate | str:
    try:
        return estimate(**facts)
    except GreentrainError as error:
        return error.message() if isinstance(error, InputError) else str(error)


def joined_frame(table: nw.DataFrame[Any], estimates: Estimated) -> Any:
    """Add the quantities, their basis and the messages to a table."""
    numbers, errors = estimates.numbers, estimates.errors
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
        found = pd.DataFrame(numbers.T, index=native.index, columns=list(NUMBERS), copy=False)
        texts = pd.DataFrame({"basis": basis, "error": error}, index=native.index)
        return pd.concat([kept, found, texts], axis=1)
    kept = table.drop([name for name in RESULT_COLUMNS if name in table.columns])
    values = dict(zip(NUMBERS, numbers, strict=True)) | {"basis": basis.tolist(), "error": error.tolist()}
    backend = nw.get_native_namespace(table)
    return kept.with_columns(*(nw.new_series(name, each, backend=backend) for name, each in values.items())).to_native()
