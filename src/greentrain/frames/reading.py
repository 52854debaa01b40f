"""Files of runs, read in parts: CSV in its usual dialects, spreadsheets, JSON lines, parquet, and standard input."""

import codecs
import csv
import gzip
import io
import json
import re
import sys
import warnings
from collections.abc import Callable, Iterable, Iterator, Set
from pathlib import Path
from typing import IO, Any, NamedTuple

import numpy as np
import pandas as pd

from greentrain.errors import DataError, GreentrainError, either, install_hint
from greentrain.estimation import LIMITS
from greentrain.frames.chunks import Chunk, column_names, header_place, keywords_in, with_total_refused
from greentrain.frames.columns import NOT_GIVEN, Array
from greentrain.frames.decimal_commas import with_decimal_points
from greentrain.frames.spreadsheets import spreadsheet_parts

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
_OF_SPREADSHEETS = "cp1252"
"""The encoding in which a spreadsheet program of Western Europe saves text unless it is told otherwise."""
_SURPLUS = "\0surplus"
"""How columns begin for which the header has no name."""
_NO_NUMBER = [text for word in NOT_GIVEN for text in {word, word.upper(), word.capitalize(), "NaN", "NaT", "NA", "N/A"}]
_BOOLEANS = ("true", "false")
_BAD_LINE = re.compile(r"Skipping line (\d+): expected (\d+) fields, saw (\d+)")
_MAGIC = {b"PK\x03\x04": "xlsx", b"PAR1": "parquet", b"\x1f\x8b": "gzip"}


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
    size_bytes : int
        How large it is; 0 where that cannot be told. [B]
    """

    path: str
    word: str
    chunks: Callable[[Set[str] | None], Iterator[Chunk]]
    size_bytes: int = 0


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

    found = _of_kind(name, kind, opened, rows, is_tabbed=".tsv" in path.suffixes)
    return found._replace(size_bytes=path.stat().st_size)


def _of_kind(name: str, kind: str, opened: Callable[[], IO[bytes]], rows: int, *, is_tabbed: bool = False) -> TableFile:
    readers = {"xlsx": spreadsheet_parts, "jsonl": _jsonl, "parquet": _parquet}

    def chunks(wanted: Set[str] | None = None) -> Iterator[Chunk]:
        with opened() as stream:
            if kind == "csv":
                found = _csv(name, stream, rows, "\t" if is_tabbed else None, wanted)
            else:
                found = readers[kind](name, stream, rows)
            for chunk in found:
                yield with_total_refused(chunk)._replace(end_bytes=_place_in(stream))

    return TableFile(name, "row" if kind in ("parquet", "xlsx") else "line", chunks)


def _place_in(stream: IO[bytes]) -> int:
    """Return how much of a file was read, of a packed one as it is packed. [B]"""
    raw = getattr(stream, "fileobj", stream)
    return raw.tell() if raw.seekable() else 0


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
    kind = _kind_of_bytes(head)
    whole: IO[bytes] = io.BufferedReader(_Refilled(head, stream))
    if kind == "gzip":
        return _of_stream(name, gzip.open(whole, "rb"), rows)  # type: ignore[arg-type]
    if kind is not None:  # whose end must be read first
        whole = io.BytesIO(whole.read())
    kind = kind or ("jsonl" if head.lstrip(b"\xef\xbb\xbf \r\n\t")[:1] in (b"{", b"[") else "csv")
    return _of_kind(name, kind, lambda: whole, rows)


def _csv(name: str, stream: IO[bytes], rows: int, delimiter: str | None, wanted: Set[str] | None) -> Iterator[Chunk]:
    head = stream.read(_HEAD_BYTES)
    if (kind := _kind_of_bytes(head)) is not None:
        raise DataError(name, f"is no text but {kind}; give it the ending of what it is")
    layout = _layout(name, head, delimiter, wanted)
    header, surplus, notes = layout.header, layout.surplus, layout.notes
    number = layout.skipped + 2
    whole = io.BufferedReader(_Refilled(head, stream))
    for frame, broken in _csv_parts(name, whole, layout.options | {"chunksize": rows}):
        numbers = _numbered(number, len(frame), broken)
        number += len(frame) + len(broken)
        if surplus:
            for line in numbers[frame[surplus].notna().any(axis=1).to_numpy()].tolist():
                broken[line] = f"has more cells than the header, which has {len(header)}"
        is_empty = frame[frame.columns[0]].isna().to_numpy()
        if is_empty.any():
            is_empty = frame.isna().all(axis=1).to_numpy()
        kept, numbers = (frame, numbers) if not is_empty.any() else (frame[~is_empty], numbers[~is_empty])
        if surplus or wanted is not None:
            kept = kept[[each for each in header if wanted is None or each in wanted]]
        kept = _with_texts(kept)
        if layout.has_other_commas:
            kept, unclear = with_decimal_points(kept, layout.options["decimal"])
            broken |= {int(numbers[row]): rule for row, rule in unclear.items()}
        yield Chunk(kept, numbers, broken, (*header,), notes=notes)


class _Layout(NamedTuple):
    """How a file of delimited text is to be read.

    Attributes
    ----------
    header : list of str
        Its columns.
    surplus : list of str
        Columns that the header lacks.
    skipped : int
        Lines above the header. [1]
    has_other_commas : bool
        Whether a comma parts no cells, and may be a decimal sign.
    notes : tuple of str
        How its bytes were understood.
    options : dict
        Keywords of `pandas.read_csv`.
    """

    header: list[str]
    surplus: list[str]
    skipped: int
    has_other_commas: bool
    notes: tuple[str, ...]
    options: dict[str, Any]


def _kind_of_bytes(head: bytes) -> str | None:
    return next((kind for magic, kind in _MAGIC.items() if head.startswith(magic)), None)


def _layout(name: str, head: bytes, delimiter: str | None, wanted: Set[str] | None) -> _Layout:
    """Tell from the beginning of a file its columns, those without a name, and how pandas is to read it."""
    encoding = _encoding(head)
    text = head.decode(encoding, errors="ignore")
    is_cut = len(head) == _HEAD_BYTES
    sign, (above, cells, rows) = max(
        ((sign, _parted(text, sign, is_cut=is_cut)) for sign in delimiter or _DELIMITERS),
        key=lambda each: (keywords_in(each[1][1]), len(each[1][1])),
    )
    header = column_names(name, cells)
    # DoubtCells of the first row without a name: a parser that isn't told of them takes the first cells for an index.
    surplus = [f"{_SURPLUS}{number}" for number in range(len(rows[0]) - len(header) if rows else 0)]
    names = [*header, *surplus]
    texts = [each for each in names if each not in LIMITS]
    if wanted is not None:  # what is told to be text takes several times as long to read
        texts = [each for each in texts if each in wanted and _may_be_number(rows, names.index(each))]
    notes = ("is no text in UTF-8; read as Windows-1252",) if encoding == _OF_SPREADSHEETS else ()
    return _Layout(header, surplus, above, sign != ",", notes, {
        "sep": sign, "encoding": encoding, "header": 0, "names": names, "index_col": False, "skiprows": above,
        "dtype": dict.fromkeys(texts, "str"), "keep_default_na": False,
        "na_values": {each: _NO_NUMBER if each in LIMITS else [""] for each in names}, "skip_blank_lines": False,
        "on_bad_lines": "warn", "low_memory": False, "decimal": "," if sign == ";" else ".", "engine": "c",
    })  # fmt: skip


def _encoding(head: bytes) -> str:
    """Tell how text is written: in UTF-8, in UTF-16, or else as spreadsheet programs of the West save it."""
    if head[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return "utf-16"
    if head[1:2] == b"\0":
        return "utf-16-le"
    try:
        codecs.getincrementaldecoder("utf-8")().decode(head)
    except UnicodeDecodeError:
        return _OF_SPREADSHEETS
    return "utf-8-sig"


def _parted(text: str, sign: str, *, is_cut: bool) -> tuple[int, list[str], list[list[str]]]:
    """Part text by a sign: how many lines stand above the header, the header, and the whole rows below it."""
    records: list[list[str]] = []
    ends = [0]
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=sign)
    try:
        for record in reader:
            records.append(record)
            ends.append(reader.line_num)
    except csv.Error:
        is_cut = False  # the rows before are whole
    place = header_place(records)
    return ends[place], records[place] if records else [], records[place + 1 : -1 if is_cut else None]


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
    except UnicodeDecodeError:
        raise DataError(name, "is no table: it is no text in UTF-8, UTF-16 or Windows-1252") from None
    except pd.errors.ParserError as error:
        raise DataError(name, f"is no table: {' '.join(str(error).split())}") from None
    while True:
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            try:
                frame = next(reader, None)
            except UnicodeDecodeError:
                rule = "is no text in UTF-8; a spreadsheet program saves it so as 'CSV UTF-8'"
                raise DataError(name, rule) from None
            except (pd.errors.ParserError, ValueError) as error:
                raise DataError(name, f"cannot be read: {' '.join(str(error).split())}") from None
        if frame is None:
            return
        messages = [found for each in caught for found in _BAD_LINE.findall(str(each.message))]
        yield frame, {int(line): f"has {seen} cells, and the header {wanted}" for line, wanted, seen in messages}


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
        if not number and line[:2] in (b"\xff\xfe", b"\xfe\xff"):
            yield from (line + stream.read()).decode("utf-16", "replace").splitlines(keepends=True)
            return
        try:
            yield line.decode("utf-8" if number else "utf-8-sig")
        except UnicodeDecodeError as error:
            raise DataError(name, f"is no text in UTF-8: {error.reason}", number + 1) from None


def _records(name: str, text: Iterable[str]) -> Iterator[tuple[int, dict[str, Any] | str]]:
    """Yield the number of each line with its object, or with what is wrong with it."""
    for number, line in enumerate(text, 1):
        if not line.strip():
            continue
        if number == 1 and (line.lstrip().startswith("[") or line.strip() == "{"):
            yield from _of_document(name, line + "".join(text))
            return
        try:
            record = json.loads(line)
        except ValueError as error:
            yield number, f"is no JSON: {error}"
            continue
        yield number, record if isinstance(record, dict) else "is no JSON object"


def _of_document(name: str, text: str) -> Iterator[tuple[int, dict[str, Any] | str]]:
    try:
        records = json.loads(text)
    except ValueError as error:
        raise DataError(name, f"is no JSON: {error}") from None
    for number, record in enumerate(records if isinstance(records, list) else [records], 1):
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
