"""System metrics of Weights & Biases, exported as CSV, JSON, JSON lines or Parquet: power of each accelerator.

On a Mac they have the power of its processor too.
"""

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from greentrain.errors import DataError, install_hint
from greentrain.importing.foreign_file import DELIMITERS, CsvText, ForeignFile, column_names
from greentrain.importing.foreign_run import ForeignRun, ReadOptions
from greentrain.importing.power_log import PowerLog
from greentrain.importing.values import LOCAL_TIME, amount, words

NAME = "wandb"
TITLE = "Weights & Biases' system metrics (CSV, JSON, Parquet)"
WORDS = frozenset(("_timestamp", "_runtime", "_step", "_wandb", "system.gpu", "powerwatts"))
_POWER = re.compile(r"(?:(.*?)(?: - |\|))?(?:system[./])?(?:gpu\.(\d+)|cpu)\.powerwatts(?:/l:(.*))?", re.IGNORECASE)
_TIMES = ("_timestamp", "timestamp", "time", "date")
_CLOCKS = ("_runtime", "relative time (process)", "relative time (wall)", "runtime")
_ENGINE_FILE, _PARQUET = ":W&B", "PAR1"
_MOST_ROWS = 5_000_000
_NO_DATE = "Its times count from the start of the run: when it was is not known."


def recognises(head: str) -> bool:
    """Whether columns or keys are powers of W&B's accelerators; its run file and Parquet are known by their marks."""
    if head.startswith((_ENGINE_FILE, _PARQUET)):
        return True
    start = head.lstrip()
    if start.startswith(("{", "[")):
        return "powerWatts" in head
    return _header(head) is not None


def _header(head: str) -> tuple[str, ...] | None:
    for line in head.splitlines()[:2]:
        for mark in DELIMITERS:
            names = column_names(line.split(mark))
            if any(_POWER.fullmatch(name) for name in names) and {*names} & {*_TIMES, *_CLOCKS}:
                return names
    return None


def read(file: ForeignFile, options: ReadOptions) -> Iterator[ForeignRun]:
    """Yield the runs of an export."""
    if file.head.startswith(_ENGINE_FILE):
        raise DataError(file.path, "is W&B's own run file: export its system metrics with run.history(stream='events')")
    log = _Export(file, options)
    is_table = _header(file.head) is not None
    for row in _rows(file):
        file.tally.rows += not is_table  # the reader of tables counts
        log.take(row)
    yield from log.runs()


def _rows(file: ForeignFile) -> Iterator[Mapping[str, Any]]:
    start = file.head.lstrip()
    if file.head.startswith(_PARQUET):
        yield from _of_parquet(file)
    elif start.startswith("["):
        yield from (item for item in file.json_items() if isinstance(item, dict))
    elif start.startswith("{") and _is_columns(file):
        yield from _of_columns(file)
    elif start.startswith("{"):
        yield from _of_lines(file)
    else:
        names = _header(file.head) or ()
        yield from (row for _, row in CsvText(file, names[:2]).rows())


def _is_columns(file: ForeignFile) -> bool:
    """Whether it is one object with an object or a list for each column, as pandas writes it."""
    first = file.head.lstrip().split("\n", 1)[0]
    try:
        return not isinstance(json.loads(first), dict) or re.match(r'\{\s*"[^"]*"\s*:\s*[\[{]', first) is not None
    except (ValueError, RecursionError):
        return True


def _of_lines(file: ForeignFile) -> Iterator[Mapping[str, Any]]:
    for line, text in enumerate(file.lines(), 1):
        try:
            row = json.loads(text) if text.strip() else None
        except (ValueError, RecursionError):
            row = None
        if isinstance(row, dict):
            yield row
        elif text.strip():
            file.tally.rows += 1
            file.tally.reject(line, "is no JSON object")


def _of_columns(file: ForeignFile) -> Iterator[Mapping[str, Any]]:
    columns: dict[str, dict[str, Any]] = {}
    for name, value in file.json_members():
        if isinstance(value, list):
            columns[name] = {str(place): each for place, each in enumerate(value)}
        elif isinstance(value, dict):
            columns[name] = value
    for key in next(iter(columns.values()), {}):
        yield {name: column.get(key) for name, column in columns.items()}


def _of_parquet(file: ForeignFile) -> Iterator[Mapping[str, Any]]:
    try:
        from pyarrow import ArrowException, parquet
    except ImportError:
        raise DataError(file.path, f"is Parquet, which needs pyarrow: {install_hint('import')}") from None
    try:
        with parquet.ParquetFile(file.path) as table:
            names = [
                name
                for name in table.schema_arrow.names
                if name.casefold() in _TIMES or name in _CLOCKS or _POWER.fullmatch(name)
            ]
            if not any(_POWER.fullmatch(name) for name in names):
                raise DataError(file.path, "is Parquet without powers of W&B's accelerators")
            for batch in table.iter_batches(batch_size=1 << 14, columns=names):
                yield from batch.to_pylist()
    except (ArrowException, OSError, ValueError) as error:
        raise DataError(file.path, f"cannot be read as Parquet: {str(error).splitlines()[0]}") from None


class _Export:
    """Readings so far, by run."""

    def __init__(self, file: ForeignFile, options: ReadOptions) -> None:
        self._file, self._options = file, options
        self._logs: dict[str, PowerLog] = {}
        self._is_dated = False

    def take(self, row: Mapping[str, Any]) -> None:
        """Add a row: a power of each accelerator at its time."""
        tally = self._file.tally
        if tally.rows > _MOST_ROWS:
            raise DataError(self._file.path, f"has more than {_MOST_ROWS:,} rows")
        cells = {str(name).strip().casefold(): value for name, value in row.items()}
        readings = [(found, amount(value)) for name, value in cells.items() if (found := _POWER.fullmatch(name))]
        known = [(found, watts) for found, watts in readings if watts is not None]
        if not known:
            return
        time = self._time(cells)
        if time is None:
            tally.reject(tally.rows, "has no time")
            return
        for found, watts in known:
            log = self._logs.setdefault(found[1] or str(cells.get("run") or cells.get("run_id") or ""), PowerLog(NAME))
            part = "gpu" if found[2] else "cpu"
            device = " ".join(filter(None, (part, found[2], f"of {found[3]}" if found[3] else "")))
            log.add_power(time, watts, device, part=part)

    def _time(self, cells: Mapping[str, Any]) -> float | None:
        for name in _TIMES:
            stated = cells.get(name)
            found = None if stated is None else self._options.moment(str(stated))
            if found is not None:
                self._is_dated = True
                if not found[1] and self._options.time_zone is None:
                    self._file.tally.note(LOCAL_TIME)
                return found[0]
        return next((value for name in _CLOCKS if (value := amount(cells.get(name))) is not None), None)

    def runs(self) -> Iterator[ForeignRun]:
        """Yield the runs."""
        for name, log in self._logs.items():
            log.is_dated = self._is_dated
            if not self._is_dated:
                log.note(_NO_DATE)
            run = log.run(name=words(name))
            if run is not None:
                yield run
