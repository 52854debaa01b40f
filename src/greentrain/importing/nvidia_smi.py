"""Power of accelerators over time: nvidia-smi's CSV, and what loggers of one's own make of it.

A file is one run. Devices are told apart by their uuid or index; without either, the rows of one tick are its devices.
"""

import csv
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import chain, islice

from greentrain.importing.board_columns import TIMES, BoardColumns, columns_of, has_watts, watts_of
from greentrain.importing.board_ticks import BoardReading, numbered
from greentrain.importing.file_clock import FileClock, oldest_first
from greentrain.importing.foreign_file import DELIMITERS, HEADER_WITHIN, ForeignFile, column_names
from greentrain.importing.foreign_run import ForeignRun, ReadOptions
from greentrain.importing.json_rows import first_rows, rows_of
from greentrain.importing.meter_json import is_json
from greentrain.importing.nvidia_query import is_query, page_readings
from greentrain.importing.power_log import REPEATED, PowerLog
from greentrain.importing.values import CommaSigns, amount, words

NAME = "nvidia-smi"
TITLE = "nvidia-smi's CSV of powers"
WORDS = frozenset(("timestamp", "index", "uuid", "name", "power.draw", "utilization.gpu", "temperature.gpu", "power_w"))
_BARE_W = (3.0, 100.0, 1500.0)
"""What columns of accelerators without a quantity hold at least, somewhere, and at most, if it is watts: percentages
and bytes are elsewhere. [W]"""

_BARE_ROWS = 50
_FIRST_NOTE = "Its columns have no names that are known: of several that hold watts the first is taken as the power."
_BARE_NOTE = "Columns are named after accelerators alone: they are taken as watts."
_TOTAL_NOTE = "It states the power of its accelerators together, and not how many they are: it is taken as that of one."
_LOOKED_AT = 400
_MOST_DEVICES = 64
_A_POWER = re.compile(r"power|pwr|watt|draw|(?:^|[ _.])w$")
_NO_INDEX = "It has no index of its accelerators: rows of one tick are taken as one each."


def recognises(head: str) -> bool:
    """Whether it has times and powers of accelerators, as a table, as pages of nvidia-smi or as JSON."""
    if is_json(head):
        return _json_columns(head) is not None
    return is_query(head) or _delimiter(head) is not None


def _json_columns(head: str) -> BoardColumns | None:
    """Return the columns of the first object of JSON that are known."""
    found = (BoardColumns([*row]) for row in first_rows(head))
    return next((columns for columns in found if columns.is_known and columns.count > 1), None)


def _has_bare_powers(head: str, delimiter: str) -> bool:
    """Whether the columns of a table are a time and numbered accelerators, whose values are those of powers."""
    lines = [line for line in head.splitlines()[: HEADER_WITHIN + _BARE_ROWS] if line.strip()]
    rows = [*csv.reader(lines, delimiter=delimiter, skipinitialspace=True)]
    headers = (place for place, cells in enumerate(rows) if BoardColumns(column_names(cells), takes_bare=True).is_known)
    first = next(headers, 0)
    wide = BoardColumns(column_names(rows[first]), takes_bare=True).wide
    cells = [each[place] for each in rows[first + 1 :] for place in wide if place < len(each) and each[place].strip()]
    watts = [value for cell in cells if (value := watts_of(cell, 1.0)) is not None]
    if not watts or len(watts) != len(cells):
        return False
    least, somewhere, most = _BARE_W
    return all(map(has_watts, cells)) or (least <= min(watts) and somewhere < max(watts) <= most)


def _delimiter(head: str) -> tuple[str, bool] | None:
    """Return what parts the columns, and whether they are named after accelerators alone; None of another text."""
    lines = [line for line in head.splitlines()[:HEADER_WITHIN] if line.strip()]
    parted = [(mark, line.split(mark)) for mark in DELIMITERS for line in lines]
    names = [(mark, column_names(cells)) for mark, cells in parted]
    headers = ((mark, False) for mark, each in names if BoardColumns(each).is_known)
    bare = (
        (mark, True)
        for mark, each in names
        if BoardColumns(each, takes_bare=True).is_known and _has_bare_powers(head, mark)
    )
    rows = (
        (mark, False) for mark, cells in parted if columns_of(cells) is not None and _is_power(cells, lines[0], mark)
    )
    # `nvidia-smi dmon` puts blanks between columns, any number of them.
    dmon = (
        (" ", False) for line in lines if line.startswith("#") and BoardColumns(column_names(line.split())).is_known
    )
    return next(chain(headers, bare, rows, dmon), None)


def _is_power(cells: Sequence[str], header: str, mark: str) -> bool:
    """Whether the first cell of watts is a power as far as a header says: ``15W`` may be the mode of a board."""
    names = column_names(header.split(mark))
    if len(names) != len(cells) or BoardColumns(names).time is None:
        return True
    return next(
        (_A_POWER.search(name) is not None for name, cell in zip(names, cells, strict=True) if has_watts(cell)), True
    )


def read(file: ForeignFile, options: ReadOptions) -> Iterator[ForeignRun]:
    """Yield the one run of a file."""
    log = _Log(file, options)
    for _, reading in log.rows():
        log.take(reading)
    run = log.run()
    if run is not None:
        yield run


class _Log:
    """The readings of a file by device."""

    def __init__(self, file: ForeignFile, options: ReadOptions) -> None:
        self._file, self._options = file, options
        self._log = PowerLog(NAME, options.covered, zone=options.time_zone)
        self._clock = FileClock(options)
        self._places: tuple[int, ...] | None = None
        self._labels: dict[str, str] = {}
        self._commas = CommaSigns(file.path, self._cells_of)

    def rows(self) -> Iterator[tuple[int, BoardReading]]:
        """Yield line numbers and readings."""
        readings = self._readings()
        first = list(islice(readings, _LOOKED_AT))
        is_nameless = bool(first) and not first[0][1].device and not any(first[0][1].tells)
        if first and first[0][1].tells and not is_nameless:
            # Objects of JSON may differ in what they state.
            width = len(first[0][1].tells)
            self._places = _telling([reading for _, reading in first if len(reading.tells) == width])
            first = [(line, _told(reading, self._places)) for line, reading in first]
        lines = oldest_first(chain(first, readings), lambda each: each[1].time, self._file.tally.note)
        if not is_nameless:
            return lines
        self._log.note(_NO_INDEX)
        first = list(islice(lines, _LOOKED_AT))
        return numbered(chain(first, lines), [reading.time for _, reading in first], self._file.tally)

    def _readings(self) -> Iterator[tuple[int, BoardReading]]:
        if is_json(self._file.head):
            yield from self._of_json()
        elif is_query(self._file.head):
            yield from self._of_pages()
        else:
            yield from self._of_table()

    def _of_pages(self) -> Iterator[tuple[int, BoardReading]]:
        for line, time, device, name, watts in page_readings(self._file, self._options):
            self._file.tally.rows += 1
            if time is None:
                self._file.tally.reject(line, "has no time")
            else:
                yield line, BoardReading(time, device, name, watts)

    def _of_json(self) -> Iterator[tuple[int, BoardReading]]:
        by_names: dict[tuple[str, ...], BoardColumns] = {}
        for item in self._file.json_records():
            for row in rows_of(item):
                names = tuple(row)
                columns = by_names.get(names)
                if columns is None:
                    if len(by_names) > _MOST_DEVICES:
                        by_names.clear()
                    columns = by_names[names] = BoardColumns(names)
                    if columns.time is not None and len(by_names) == 1:
                        self._clock = FileClock(self._options, names[columns.time])
                yield from self._of_row(self._file.tally.rows + 1, columns, [*row.values()])

    def _of_table(self) -> Iterator[tuple[int, BoardReading]]:
        tally = self._file.tally
        # Whoever names the format takes bare columns as powers; else their values were looked at.
        delimiter, takes_bare = _delimiter(self._file.head) or (_bare_delimiter(self._file.head), True)
        columns = BoardColumns(column_names(self._options.columns)) if self._options.columns else None
        for line, cells in self._file.rows(delimiter):
            if delimiter == " " and cells[-1] == "":
                cells = cells[:-1]
            if columns is None or not columns.is_known or _is_heading(columns, cells):
                known = columns_of(cells, takes_bare=takes_bare)
                is_header = known is not None and known.names == column_names(cells)
                if known is not None and columns is not None and is_header:
                    tally.note("The header is repeated.")
                columns = known or columns
                if columns is not None and columns.is_bare:
                    self._log.note(_BARE_NOTE)
                if known is not None and not is_header and sum(map(has_watts, cells)) > 1:
                    self._log.note(_FIRST_NOTE)
                if is_header and known is not None and known.time is not None:
                    self._clock = FileClock(self._options, known.names[known.time])
                if is_header or columns is None:
                    continue
            if not cells[0].startswith("#"):  # the units below the header of `nvidia-smi dmon`
                yield from self._of_row(line, columns, cells)

    def _cells_of(self, column: str | int) -> Iterator[str]:
        """Yield all cells of a column of the table."""
        delimiter, _ = _delimiter(self._file.head) or (_bare_delimiter(self._file.head), True)
        rows = ForeignFile(self._file.path).rows(delimiter)
        yield from (cells[int(column)] for _, cells in rows if int(column) < len(cells))

    def _of_row(self, line: int, columns: BoardColumns, cells: Sequence[str]) -> Iterator[tuple[int, BoardReading]]:
        """Yield the reading of a row, or that of each accelerator that has a column of its own."""
        self._file.tally.rows += 1
        time = self._time_of(columns, cells)
        if time is None or columns.power is None:
            reason = f"has no time, or {len(cells)} cells where the header has {columns.count}"
            self._file.tally.reject(line, reason)
            return
        if columns.is_total:
            self._log.note(_TOTAL_NOTE)
        name = None if columns.name is None else words(cells[columns.name])
        if columns.wide:
            for place, number in columns.wide.items():
                yield line, self._reading(columns, place, cells, time, number, name)
            return
        tells, device, places = columns.tells, "", self._places
        found: tuple[str, ...] = ()
        if places is None:
            found = tuple(cells[each].strip() for each in tells)
        elif max(places) >= len(tells):
            device = " ".join(cells[each].strip() for each in tells)
        elif len(places) == 1:
            device = cells[tells[places[0]]].strip()
        else:
            device = " ".join(cells[tells[place]].strip() for place in places)
        yield line, self._reading(columns, columns.power, cells, time, device, name, found)

    def _time_of(self, columns: BoardColumns, cells: Sequence[str]) -> float | None:
        if len(cells) != columns.count or columns.time is None:
            return None
        stated = cells[columns.time].strip()
        return self._clock.read(stated if columns.date is None else f"{cells[columns.date].strip()} {stated}")

    def _reading(
        self, columns: BoardColumns, place: int, cells: Sequence[str], time: float, device: str, name: str | None,
        tells: tuple[str, ...] = (),
    ) -> BoardReading:  # fmt: skip
        cell = cells[place]
        if "," in cell:
            cell = self._commas.plain(cell, place, is_power=not columns.is_counter)
        if columns.is_counter:
            joules = amount(cell)
            joules = None if joules is None else joules * columns.factors[place]
            return BoardReading(time, device, name, None, tells, joules)
        return BoardReading(time, device, name, watts_of(cell, columns.factors[place]), tells)

    def take(self, reading: BoardReading) -> None:
        """Add a reading; one without a power leaves time to be bridged."""
        device = self._labels.get(reading.device)
        if device is None:
            device = self._labels[reading.device] = f"accelerator {reading.device}".rstrip()
        if reading.joules is not None:
            self._log.add_counter(reading.time, reading.joules, device, name=reading.name or "")
        elif reading.watts is None:
            self._file.tally.note("Readings without a power, such as [N/A], are left out.")
        else:
            self._log.add_power(reading.time, reading.watts, device, name=reading.name or "")

    def run(self) -> ForeignRun | None:
        """Return what the file holds; None where no device has two readings."""
        self._log.take_clock(self._clock)
        if self._log.repeated:
            self._file.tally.note(REPEATED, self._log.repeated)
        return self._log.run()


def _is_heading(columns: BoardColumns, cells: Sequence[str]) -> bool:
    """Whether a row has the name of a time where times are."""
    place = columns.time or 0
    if place >= len(cells) or cells[place][:1].isdecimal():
        return False
    return cells[place].strip("# ").casefold() in TIMES


def _bare_delimiter(head: str) -> str:
    lines = [line for line in head.splitlines()[:HEADER_WITHIN] if line.strip()]
    marks = (mark for mark in DELIMITERS for line in lines if _is_bare(line.split(mark)))
    return next(marks, ",")


def _is_bare(cells: Sequence[str]) -> bool:
    return BoardColumns(column_names(cells), takes_bare=True).is_known


def _told(reading: BoardReading, places: Sequence[int]) -> BoardReading:
    known = [place for place in places if place < len(reading.tells)]
    tells = [reading.tells[place] for place in known] if len(known) == len(places) else reading.tells
    return reading._replace(device=" ".join(tells))


def _telling(readings: Sequence[BoardReading]) -> tuple[int, ...]:
    """Return which columns tell devices apart: the first that no moment has twice, or else several of them."""
    width = range(len(readings[0].tells))
    choices = [*((place,) for place in width), *((width[0], place) for place in width[1:]), tuple(width)]
    number = len(readings)
    for places in choices:
        seen = Counter(tuple(reading.tells[place] for place in places) for reading in readings)
        moments = {(reading.time, *(reading.tells[place] for place in places)) for reading in readings}
        # What is no name of a device, such as how busy it is, comes now often and now once.
        if len(moments) == number and len(seen) <= _MOST_DEVICES and 2 * min(seen.values()) + 2 >= max(seen.values()):
            return places
    return choices[0]
