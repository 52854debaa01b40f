"""Files of runs, read in parts: CSV in its usual dialects, spreadsheets, JSON lines, parquet, and standard input."""

import csv
import gzip
import io
import json
import re
import sys
import warnings
import zipfile
from collections.abc import Callable, Iterable, Iterator, Set
from pathlib import Path
from typing import IO, Any, NamedTuple

import numpy as np
import pandas as pd

from greentrain.errors import DataError, GreentrainError, either, install_hint
from greentrain.estimation import LIMITS
from greentrain.frames.columns import NOT_GIVEN, Array

STDIN = "-"
CHUNK_ROWS = 1 << 17
"""Rows that are held at a time. [1]"""
SUFFIXES = {
    ".csv": "csv", ".tsv": "csv", ".txt": "csv", ".xlsx": "xlsx", ".jsonl": "jsonl", ".ndjson": "jsonl",
    ".json": "jsonl", ".parquet": "parquet", ".pq": "parquet",
}  # fmt: skip
KINDS = ("csv", "tsv", "xlsx", "jsonl", "parquet")
_DELIMITERS = ",;\t|"
_HEAD_BYTES = 1 << 16
_SURPLUS = "\0surplus"
"""How columns begin for which the header has no name."""
_NO_NUMBER = [text for word in NOT_GIVEN for text in {word, word.upper(), word.capitalize(), "NaN", "NaT", "NA", "N/A"}]
_BOOLEANS = ("true", "false")
_BAD_LINE = re.compile(r"Skipping line (\d+): expected (\d+) fields, saw (\d+)")
_MAGIC = {b"PK\x03\x04": "xlsx", b"PAR1": "parquet", b"\x1f\x8b": "gzip"}


class Chunk(NamedTuple):
    """Some rows of a file.

    Attributes
    ----------
    frame : pandas.DataFrame
        Their cells.
    numbers : array of int
        The line of each in the file, or its row.
    broken : dict of int to str
        What is wrong with rows that could not be read, by their lines; of those in the frame too.
    columns : tuple of str
        All columns of the file, those that were not read too.
    """

    frame: pd.DataFrame
    numbers: Array
    broken: dict[int, str]
    columns: tuple[str, ...]


class TableFile(NamedTuple):
    """A file of runs.

    Attributes
    ----------
    path : str
        As it was named; ``-`` is standard input.
    word : str
        What its rows are counted in: ``line`` or ``row``.
    chunks : callable
        Reads its rows in parts: with all columns as they are written, or of CSV only those of a set, for speed.
    """

    path: str
    word: str
    chunks: Callable[[Set[str] | None], Iterator[Chunk]]


def table_files(path: str, rows: int = CHUNK_ROWS) -> list[TableFile]:
    """Return the files of runs that a path names: itself, or those in a folder in the order of their names.

    Parameters
    ----------
    path : str
        A file, a folder, or ``-`` for standard input.
    rows : int, optional
        How many rows are read at a time. [1]

    Raises
    ------
    DataError
        If there is none, or its ending tells no kind of file.
    """
    if path == STDIN:
        return [_of_stream("standard input", sys.stdin.buffer, rows)]
    place = Path(path)
    if not place.is_dir():
        if not place.exists():
            raise DataError(path, "is not there")
        return [_of_file(path, place, rows)]
    found = [_of_file(str(each), each, rows) for each in sorted(place.rglob("*")) if _kind_of(each) and each.is_file()]
    if not found:
        raise DataError(path, f"is a folder without any {either(KINDS)} file")
    return found


def _kind_of(path: Path) -> str | None:
    suffixes = [suffix.lower() for suffix in path.suffixes]
    suffix = suffixes[-2] if suffixes[-1:] == [".gz"] and len(suffixes) > 1 else "".join(suffixes[-1:])
    return SUFFIXES.get(suffix)


def _of_file(name: str, path: Path, rows: int) -> TableFile:
    kind = _kind_of(path)
    if kind is None:
        raise DataError(name, f"has an ending that tells no kind of table; it must be {either(KINDS)}")

    def opened() -> IO[bytes]:
        return gzip.open(path, "rb") if path.suffix.lower() == ".gz" else path.open("rb")  # type: ignore[return-value]

    return _of_kind(name, kind, opened, rows, is_tabbed=".tsv" in path.suffixes)


def _of_kind(name: str, kind: str, opened: Callable[[], IO[bytes]], rows: int, *, is_tabbed: bool = False) -> TableFile:
    readers = {"xlsx": _xlsx, "jsonl": _jsonl, "parquet": _parquet}

    def chunks(wanted: Set[str] | None = None) -> Iterator[Chunk]:
        with opened() as stream:
            if kind == "csv":
                yield from _csv(name, stream, rows, "\t" if is_tabbed else None, wanted)
            else:
                yield from readers[kind](name, stream, rows)

    return TableFile(name, "row" if kind in ("parquet", "xlsx") else "line", chunks)


class _Refilled(io.RawIOBase):
    """A stream whose beginning was read, with that beginning before it again."""

    def __init__(self, head: bytes, rest: IO[bytes]) -> None:
        self._head, self._rest = head, rest

    def readable(self) -> bool:
        """Whether it can be read."""
        return True

    def readinto(self, buffer: Any) -> int:
        """Read into a buffer."""
        part = self._head[: len(buffer)] or self._rest.read(len(buffer))
        self._head = self._head[len(part) :] if self._head else b""
        buffer[: len(part)] = part
        return len(part)


def _of_stream(name: str, stream: IO[bytes], rows: int) -> TableFile:
    """Tell by its first bytes what a stream holds."""
    head = stream.read(_HEAD_BYTES)
    kind = next((kind for magic, kind in _MAGIC.items() if head.startswith(magic)), None)
    whole: IO[bytes] = io.BufferedReader(_Refilled(head, stream))
    if kind == "gzip":
        return _of_stream(name, gzip.open(whole, "rb"), rows)  # type: ignore[arg-type]
    if kind is not None:  # whose end must be read first
        whole = io.BytesIO(whole.read())
    kind = kind or ("jsonl" if head.lstrip(b"\xef\xbb\xbf \r\n\t")[:1] in (b"{", b"[") else "csv")
    return _of_kind(name, kind, lambda: whole, rows)


def _csv(name: str, stream: IO[bytes], rows: int, delimiter: str | None, wanted: Set[str] | None) -> Iterator[Chunk]:
    head = stream.read(_HEAD_BYTES)
    header, surplus, options = _layout(name, head, delimiter, wanted)
    number = 2
    whole = io.BufferedReader(_Refilled(head, stream))
    for frame, broken in _csv_parts(name, whole, options | {"chunksize": rows}):
        numbers = _numbered(number, len(frame), broken)
        number += len(frame) + len(broken)
        if surplus:
            for line in numbers[frame[surplus].notna().any(axis=1).to_numpy()].tolist():
                broken[line] = f"has more cells than the header, which has {len(header)}"
        is_empty = frame[frame.columns[0]].isna().to_numpy()
        if is_empty.any():
            is_empty = frame.isna().all(axis=1).to_numpy()
        kept = frame if not is_empty.any() else frame[~is_empty]
        if surplus or wanted is not None:
            kept = kept[[each for each in header if wanted is None or each in wanted]]
        yield Chunk(_with_texts(kept), numbers[~is_empty], broken, (*header,))


def _layout(
    name: str, head: bytes, delimiter: str | None, wanted: Set[str] | None
) -> tuple[list[str], list[str], dict[str, Any]]:
    """Tell from the beginning of a file its columns, those without a name, and how pandas is to read it."""
    encoding = "utf-16" if head[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig"
    text = head.decode(encoding, errors="ignore")
    sign = delimiter or max(_DELIMITERS, key=text.partition("\n")[0].count)
    records = csv.reader(io.StringIO(text), delimiter=sign)
    header = _names(name, next(records, []))
    # DoubtCells of the first row without a name: a parser that isn't told of them takes the first cells for an index.
    rows = [*records][: -1 if len(head) == _HEAD_BYTES else None]
    surplus = [f"{_SURPLUS}{number}" for number in range(len(rows[0]) - len(header) if rows else 0)]
    names = [*header, *surplus]
    texts = [each for each in names if each not in LIMITS]
    if wanted is not None:  # what is told to be text takes several times as long to read
        texts = [each for each in texts if each in wanted and _may_be_number(rows, names.index(each))]
    return header, surplus, {
        "sep": sign, "encoding": encoding, "header": 0, "names": names, "index_col": False,
        "dtype": dict.fromkeys(texts, "str"), "keep_default_na": False,
        "na_values": {each: _NO_NUMBER if each in LIMITS else [""] for each in names}, "skip_blank_lines": False,
        "on_bad_lines": "warn", "low_memory": False, "decimal": "," if sign == ";" else ".", "engine": "c",
    }  # fmt: skip


def _may_be_number(rows: list[list[str]], column: int) -> bool:
    """Whether a column has a cell in these rows that is a number, or nothing that tells."""
    cells = [row[column].strip() for row in rows if len(row) > column and row[column].strip()]
    return not cells or any(_is_number(cell) or cell.casefold() in _BOOLEANS for cell in cells)


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def _with_texts(frame: pd.DataFrame) -> pd.DataFrame:
    """Turn what was read as a number back into text where no number is meant."""
    columns = [name for name in frame.columns if name not in LIMITS and frame[name].dtype.kind in "iufb"]
    return frame.astype(dict.fromkeys(columns, "str")) if columns else frame


def _numbered(first: int, count: int, broken: dict[int, str]) -> Array:
    """Number the rows that were read, with gaps where lines were left out."""
    if not broken:
        return np.arange(first, first + count)
    return np.setdiff1d(np.arange(first, first + count + len(broken)), [*broken])[:count]


def _csv_parts(name: str, stream: IO[bytes], options: dict[str, Any]) -> Iterator[tuple[pd.DataFrame, dict[int, str]]]:
    try:
        reader = pd.read_csv(stream, **options)
    except pd.errors.EmptyDataError:
        return
    while True:
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            try:
                frame = next(reader, None)
            except UnicodeDecodeError as error:
                raise DataError(name, f"is no text in UTF-8: {error.reason}") from None
            except (pd.errors.ParserError, ValueError) as error:
                raise DataError(name, f"cannot be read: {' '.join(str(error).split())}") from None
        if frame is None:
            return
        messages = [found for each in caught for found in _BAD_LINE.findall(str(each.message))]
        yield frame, {int(line): f"has {seen} cells, and the header {wanted}" for line, wanted, seen in messages}


def _names(file: str, cells: Iterable[Any]) -> list[str]:
    """Return the names of columns; one without is called by its number."""
    names = [str(cell).strip() if cell is not None else "" for cell in cells]
    while names and not names[-1]:
        names.pop()
    names = [name or f"column {number}" for number, name in enumerate(names, 1)]
    twice = next((name for place, name in enumerate(names) if name in names[:place]), None)
    if twice is not None:
        raise DataError(file, f"has two columns with the name {twice!r}")
    if not names:
        raise DataError(file, "has no header: the first line names the columns")
    return names


def _xlsx(name: str, stream: IO[bytes], rows: int) -> Iterator[Chunk]:
    try:
        from openpyxl import load_workbook
    except ImportError:
        raise GreentrainError(f"A spreadsheet needs openpyxl: {install_hint('frames')}.") from None
    try:
        book = load_workbook(stream, read_only=True, data_only=True)
    except (zipfile.BadZipFile, KeyError, ValueError, OSError) as error:
        raise DataError(name, f"is no spreadsheet: {error}") from None
    lines = enumerate(book.worksheets[0].iter_rows(values_only=True), 1)
    header = next((cells for _, cells in lines if any(cell is not None for cell in cells)), ())
    columns = _names(name, header)
    number = 0
    held: list[tuple[int, tuple[Any, ...]]] = []
    for number, cells in lines:
        if any(cell is not None for cell in cells):
            held.append((number, cells))
        if len(held) == rows:
            yield _of_cells(columns, held)
            held = []
    if held or not number:
        yield _of_cells(columns, held)


def _of_cells(columns: list[str], held: list[tuple[int, tuple[Any, ...]]]) -> Chunk:
    width = len(columns)
    broken = {
        number: f"has more cells than the header, which has {width}"
        for number, cells in held
        if any(cell is not None for cell in cells[width:])
    }
    padded = [[*cells[:width], *[None] * (width - len(cells))] for _, cells in held]
    frame = pd.DataFrame(padded, columns=columns, dtype=object).infer_objects()
    return Chunk(frame, np.array([number for number, _ in held], dtype=np.int64), broken, (*columns,))


def _jsonl(name: str, stream: IO[bytes], rows: int) -> Iterator[Chunk]:
    held: list[tuple[int, dict[str, Any]]] = []
    broken: dict[int, str] = {}
    for number, record in _records(name, _decoded(name, stream)):
        if isinstance(record, str):
            broken[number] = record
        else:
            held.append((number, record))
        if len(held) == rows:
            yield _of_records(held, broken)
            held, broken = [], {}
    if held or broken:
        yield _of_records(held, broken)


def _decoded(name: str, stream: IO[bytes]) -> Iterator[str]:
    for number, line in enumerate(stream):
        try:
            yield line.decode("utf-8" if number else "utf-8-sig")
        except UnicodeDecodeError as error:
            raise DataError(name, f"is no text in UTF-8: {error.reason}", number + 1) from None


def _records(name: str, text: Iterable[str]) -> Iterator[tuple[int, dict[str, Any] | str]]:
    """Yield the number of each line with its object, or with what is wrong with it."""
    for number, line in enumerate(text, 1):
        if not line.strip():
            continue
        if number == 1 and line.lstrip().startswith("["):
            yield from _of_list(name, line + "".join(text))
            return
        try:
            record = json.loads(line)
        except ValueError as error:
            yield number, f"is no JSON: {error}"
            continue
        yield number, record if isinstance(record, dict) else "is no JSON object"


def _of_list(name: str, text: str) -> Iterator[tuple[int, dict[str, Any] | str]]:
    try:
        records = json.loads(text)
    except ValueError as error:
        raise DataError(name, f"is no JSON: {error}") from None
    for number, record in enumerate(records, 1):
        yield number, record if isinstance(record, dict) else "is no JSON object"


def _of_records(held: list[tuple[int, dict[str, Any]]], broken: dict[int, str]) -> Chunk:
    rows = [{key: _flat(value) for key, value in record.items()} for _, record in held]
    columns = dict.fromkeys(key for row in rows for key in row)
    cells = {name: pd.Series([row.get(name) for row in rows], dtype=object).infer_objects() for name in columns}
    frame = pd.DataFrame(cells)
    return Chunk(frame, np.array([number for number, _ in held], dtype=np.int64), broken, (*columns,))


def _flat(value: Any) -> Any:
    return json.dumps(value) if isinstance(value, (dict, list)) else value


def _parquet(name: str, stream: IO[bytes], rows: int) -> Iterator[Chunk]:
    try:
        import pyarrow
        from pyarrow.parquet import ParquetFile
    except ImportError:
        raise GreentrainError(f"Parquet needs pyarrow: {install_hint('frames')}.") from None
    try:
        file = ParquetFile(stream)
        number = 1
        for batch in file.iter_batches(batch_size=rows):
            frame = batch.to_pandas()
            yield Chunk(frame, np.arange(number, number + len(frame)), {}, (*frame.columns,))
            number += len(frame)
        if number == 1:
            frame = file.schema_arrow.empty_table().to_pandas()
            yield Chunk(frame, np.zeros(0, dtype=np.int64), {}, (*frame.columns,))
    except pyarrow.ArrowException as error:
        raise DataError(name, f"is no parquet file: {' '.join(str(error).split())}") from None
