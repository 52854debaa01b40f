"""Rows written as they come: CSV, JSON lines, parquet and spreadsheets, to a file as a whole or not at all."""

import json
import os
import sys
from collections.abc import Callable
from contextlib import contextmanager
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, Protocol

import numpy as np
import pandas as pd

from greentrain.csv_text import guarded
from greentrain.errors import DataError, GreentrainError, InputError, either, install_hint
from greentrain.estimation import LIMITS
from greentrain.frames.columns import coded_cells, read_number
from greentrain.frames.table import NUMBERS
from greentrain.plain_numbers import plain_float

if TYPE_CHECKING:
    from collections.abc import Iterator

FORMATS = ("csv", "jsonl", "parquet", "xlsx")
"""What rows are written as, by the ending of the file."""
_MOST_ROWS_OF_A_SHEET = 1 << 20
_SMALL = 1e-4
"""Below that Python writes a number with an exponent."""


class RowWriter(Protocol):
    """What takes the rows of one part of a table after the other."""

    def write(self, frame: pd.DataFrame) -> None:
        """Write some rows."""

    def close(self) -> None:
        """Write what is still held."""


def format_of(path: str) -> str:
    """Return what rows are written as by the ending of a file.

    Raises
    ------
    InputError
        If the ending tells none of `FORMATS`.
    """
    found = path[path.rfind(".") + 1 :].lower()
    if found not in FORMATS:
        raise InputError("output", path, f"has an ending that tells no kind of table; it must be {either(FORMATS)}")
    return found


@contextmanager
def rows_into(path: str) -> "Iterator[Callable[[pd.DataFrame], None]]":
    """Write rows into a file, which is there as a whole in the end, or as it was before.

    Parameters
    ----------
    path : str
        The file, whose ending is one of `FORMATS`.

    Raises
    ------
    DataError
        If it cannot be written.
    """
    place = Path(path)
    temporary = place.with_name(f".{place.name[:40]}.{os.getpid()}")
    try:
        with temporary.open("wb") as stream:
            writer = _WRITERS[format_of(path)](path, stream)
            yield writer.write
            writer.close()
        temporary.replace(place)
    except OSError as error:
        raise DataError(path, f"cannot be written: {error.strerror}") from None
    finally:
        temporary.unlink(missing_ok=True)


@contextmanager
def rows_to_stdout(kind: str) -> "Iterator[Callable[[pd.DataFrame], None]]":
    """Write rows as text to stdout.

    Parameters
    ----------
    kind : {'csv', 'jsonl'}
        What as.
    """
    sys.stdout.flush()
    writer = _WRITERS[kind]("stdout", sys.stdout.buffer)
    yield writer.write
    writer.close()
    sys.stdout.buffer.flush()


class _Csv:
    def __init__(self, path: str, stream: IO[bytes]) -> None:
        self._path, self._stream = path, stream
        self._columns: list[str] = []

    def write(self, frame: pd.DataFrame) -> None:
        is_first = not self._columns
        self._columns = self._columns or [*frame.columns]
        shown = _of_columns(self._path, frame, self._columns)
        cells = pd.DataFrame({guarded(name): _as_text(shown[name]) for name in self._columns}, index=shown.index)
        text = cells.to_csv(index=False, header=is_first, lineterminator="\n")
        self._stream.write(text.encode("utf-8", "backslashreplace"))

    def close(self) -> None:
        pass


def _of_columns(path: str, frame: pd.DataFrame, columns: list[str]) -> pd.DataFrame:
    """Bring rows under the columns of the first ones."""
    surplus = next((name for name in frame.columns if name not in columns), None)
    if surplus is not None:
        rule = "is a column that the first rows lack; a file of JSON lines holds rows of any columns"
        raise DataError(path, f"{surplus!r} {rule}")
    return frame if [*frame.columns] == columns else frame.reindex(columns=columns)


def _as_text(column: "pd.Series[Any]") -> Any:
    """Write a column as CSV has it: guarded texts, whole floats of keywords as whole numbers, no exponents."""
    if column.dtype == np.float64:
        values = column.to_numpy()
        if column.name in LIMITS:
            return np.array(
                [None if np.isnan(each) else int(each) if each.is_integer() else each for each in values.tolist()],
                dtype=object,
            )
        is_small = (np.abs(values) < _SMALL) & (values != 0)
        if is_small.any():
            return np.array(
                [plain_float(each) if small else each for each, small in zip(values.tolist(), is_small, strict=True)],
                dtype=object,
            )
        return column
    if pd.api.types.is_numeric_dtype(column.dtype) or pd.api.types.is_datetime64_any_dtype(column.dtype):
        return column
    codes, values = coded_cells(column)
    return np.array([*(guarded(each) for each in values), None], dtype=object)[codes]


class _JsonLines:
    def __init__(self, path: str, stream: IO[bytes]) -> None:
        self._path, self._stream = path, stream

    def write(self, frame: pd.DataFrame) -> None:
        for record in _plain_records(frame):
            self._stream.write(f"{json.dumps(record, allow_nan=False)}\n".encode())

    def close(self) -> None:
        pass


def _plain_records(frame: pd.DataFrame) -> "Iterator[dict[str, Any]]":
    """Yield rows as plain data, without NaN."""
    whole = {name for name in frame.columns if name in LIMITS}
    for record in frame.to_dict("records"):
        yield {str(name): _plain_cell(value, is_whole=name in whole) for name, value in record.items()}


def _plain_cell(value: Any, *, is_whole: bool) -> Any:
    if value is None or (pd.api.types.is_scalar(value) and pd.isna(value)):
        return None
    plain = value.item() if isinstance(value, np.generic) else value
    if isinstance(plain, float):
        return int(plain) if is_whole and plain.is_integer() else plain
    return plain if isinstance(plain, (bool, int, str)) else str(plain)


class _Spreadsheet:
    def __init__(self, path: str, stream: IO[bytes]) -> None:
        try:
            from openpyxl import Workbook
        except ImportError:
            raise GreentrainError(f"A spreadsheet needs openpyxl: {install_hint('frames')}.") from None
        self._path, self._stream = path, stream
        self._book = Workbook(write_only=True)
        self._sheet = self._book.create_sheet("runs")
        self._columns: list[str] = []
        self._rows = 1

    def write(self, frame: pd.DataFrame) -> None:
        if not self._columns:
            self._columns = [*frame.columns]
            self._sheet.append([guarded(name) for name in self._columns])
        self._rows += len(frame)
        if self._rows > _MOST_ROWS_OF_A_SHEET:
            rule = f"a sheet holds {_MOST_ROWS_OF_A_SHEET:,} rows; write csv or parquet"
            raise DataError(self._path, rule)
        for record in _plain_records(_of_columns(self._path, frame, self._columns)):
            self._sheet.append([guarded(cell) if isinstance(cell, str) else cell for cell in record.values()])

    def close(self) -> None:
        self._book.save(self._stream)


class _Parquet:
    def __init__(self, path: str, stream: IO[bytes]) -> None:
        try:
            import pyarrow.parquet
        except ImportError:
            raise GreentrainError(f"Parquet needs pyarrow: {install_hint('frames')}.") from None
        self._arrow = pyarrow
        self._path, self._stream = path, stream
        self._writer: Any = None

    def write(self, frame: pd.DataFrame) -> None:
        arrow = self._arrow
        if self._writer is None:
            schema = arrow.schema([(name, self._type(frame[name])) for name in frame.columns])
            self._writer = arrow.parquet.ParquetWriter(self._stream, schema)
        schema = self._writer.schema
        shown = _of_columns(self._path, frame, schema.names)
        try:
            columns = [arrow.array(_typed(shown[each.name], each.type), each.type, from_pandas=True) for each in schema]
        except (arrow.ArrowException, TypeError, ValueError) as error:
            rule = f"a column holds cells of several kinds ({' '.join(str(error).split())}); write csv or jsonl"
            raise DataError(self._path, rule) from None
        self._writer.write_table(arrow.table(columns, schema=schema))

    def _type(self, column: "pd.Series[Any]") -> Any:
        arrow = self._arrow
        if column.name in LIMITS or column.name in NUMBERS:
            return arrow.float64()
        if pd.api.types.is_bool_dtype(column.dtype) or pd.api.types.is_datetime64_any_dtype(column.dtype):
            return arrow.array(column, from_pandas=True).type
        if pd.api.types.is_numeric_dtype(column.dtype):
            return arrow.int64() if pd.api.types.is_integer_dtype(column.dtype) else arrow.float64()
        return arrow.string()

    def close(self) -> None:
        if self._writer is not None:
            self._writer.close()


def _typed(column: "pd.Series[Any]", kind: Any) -> Any:
    """Return cells that suit a type of parquet: texts of numbers as numbers, anything as text."""
    if str(kind) == "double" and not pd.api.types.is_numeric_dtype(column.dtype):
        codes, values = coded_cells(column)
        return np.array([*(read_number(str(column.name), each) for each in values), np.nan])[codes]
    if str(kind) == "string":
        return [None if pd.isna(each) else str(each) for each in column.tolist()]
    return column


_WRITERS: dict[str, Callable[[str, IO[bytes]], RowWriter]] = {
    "csv": _Csv, "jsonl": _JsonLines, "xlsx": _Spreadsheet, "parquet": _Parquet,
}  # fmt: skip
