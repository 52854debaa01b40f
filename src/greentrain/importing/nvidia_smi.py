"""Power of accelerators over time: nvidia-smi's CSV, and what loggers of one's own make of it.

A file is one run. Devices are told apart by their uuid or index; without either, the rows of one tick are its devices.
"""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import chain, islice, pairwise
from typing import NamedTuple

from greentrain.importing.file_clock import FileClock
from greentrain.importing.foreign_file import DELIMITERS, HEADER_WITHIN, ForeignFile, column_names
from greentrain.importing.foreign_run import ForeignRun, ReadOptions
from greentrain.importing.limits import limit
from greentrain.importing.power_log import PowerLog
from greentrain.importing.values import amount, words

NAME = "nvidia-smi"
TITLE = "nvidia-smi's CSV of powers"
WORDS = frozenset(("timestamp", "index", "uuid", "name", "power.draw", "utilization.gpu", "temperature.gpu", "power_w"))
_TIMES = ("timestamp", "time", "datetime", "date_time", "date")
_TIME = re.compile(r"(?:.*[ _])?(?:time|timestamp|date|epoch|ts|elapsed)(?:[ _](?:m?s|ns|us|utc|unix|seconds?|stamp))?")
_WIDE = re.compile(
    r"(?=.*(?:power|pwr|watt|[ _.][km]?w$))(?!.*(?:limit|cap|max|min))"
    r"(?:.*[ _.])?(?:gpu|card|device|board)[_. #]?(\d+)(?![a-z\d]).*"
)
_POWERS = ("power.draw.average", "power.draw", "power.draw.instant", "pwr")
_POWER = re.compile(
    r"(?:(?:avg|average|mean|current|instant)[._ ])?(?:gpu[_ ]?)?(?:board_?|socket_?)?power"
    r"(?:[._ ]?(?:draw|usage|used|consumption|consumed|avg|average|mean|current|instant|now|[km]?w|watts?))*"
)
_BARE = re.compile(r"(?:gpu|card)[_. #]?(\d+)")
_BARE_W = (3.0, 100.0, 1500.0)
"""What columns of accelerators without a quantity hold at least, somewhere, and at most, if it is watts: percentages
and bytes are elsewhere. [W]"""

_BARE_ROWS = 50
_FIRST_NOTE = "Its columns have no names that are known: of several that hold watts the first is taken as the power."
_BARE_NOTE = "Columns are named after accelerators alone: they are taken as watts."
_HOSTS = ("hostname", "host", "node", "nodename")
_DEVICES = (
    "uuid", "gpu_uuid", "index", "gpu_index", "gpu_id", "gpu", "device", "id", "pci.bus_id", "bus_id", "serial",
)  # fmt: skip
_NAMES = ("name", "gpu_name", "model", "product_name")
_OTHERS = (*_DEVICES, *_NAMES, "utilization.gpu", "temperature.gpu", "memory.used", "pstate", "clocks.sm")
_UNIT = re.compile(r"\s*[\[(]\s*([^\])]*)[\])]\s*$")
_READING = re.compile(r"\s*(\d{1,12}(?:[.,]\d+)?)\s*([km]?W)?\s*")
_DATE = re.compile(r"\d{4}[/-]\d\d[/-]\d\d[ T]\d\d:\d\d:\d\d")
_FACTORS = {"mw": 1e-3, "kw": 1e3}
_LOOKED_AT = 400
_MOST_DEVICES = 64
_WITHIN_A_TICK = 0.5
"""A tick's rows take at most this part of the time to the next one. [1]"""

_NO_INDEX = "It has no index of its accelerators: rows of one tick are taken as one each."


def recognises(head: str) -> bool:
    """Whether a header has a time and a power of an accelerator, or rows have a time and what can be watts alone."""
    return _delimiter(head) is not None or _has_bare_powers(head)


def _has_bare_powers(head: str) -> bool:
    """Whether the columns of a table are a time and numbered accelerators, whose values are those of powers."""
    lines = [line for line in head.splitlines()[: HEADER_WITHIN + _BARE_ROWS] if line.strip()]
    delimiter = _delimiter(head, takes_bare=True)
    if delimiter is None:
        return False
    rows = [column_names(line.split(delimiter)) for line in lines]
    headers = (place for place, cells in enumerate(rows) if _Columns(cells, takes_bare=True).is_known)
    first = next(headers, 0)
    wide = _Columns(rows[first], takes_bare=True).wide
    read = [amount(cells[place]) for cells in rows[first + 1 :] for place in wide if place < len(cells)]
    watts = [value for value in read if value is not None]
    least, somewhere, most = _BARE_W
    return bool(watts) and len(watts) == len(read) and least <= min(watts) and somewhere < max(watts) <= most


def _delimiter(head: str, *, takes_bare: bool = False) -> str | None:
    """Return what parts the columns; None where no line among the first has what is needed."""
    lines = [line for line in head.splitlines()[:HEADER_WITHIN] if line.strip()]
    parted = [(mark, line.split(mark)) for mark in DELIMITERS for line in lines]
    headers = (mark for mark, cells in parted if _Columns(column_names(cells), takes_bare=takes_bare).is_known)
    rows = (mark for mark, cells in parted if _columns(cells) is not None)
    # `nvidia-smi dmon` puts blanks between columns, any number of them.
    dmon = (" " for line in lines if line.startswith("#") and _Columns(column_names(line.split())).is_known)
    return next(chain(headers, rows, dmon), None)


def read(file: ForeignFile, options: ReadOptions) -> Iterator[ForeignRun]:
    """Yield the one run of a file."""
    log = _Log(file, options)
    for _, reading in log.rows():
        log.take(reading)
    run = log.run()
    if run is not None:
        yield run


class _Columns:
    """Where a file has what.

    Parameters
    ----------
    names : sequence of str
        The header.
    takes_bare : bool, optional
        Whether columns that are named after accelerators alone are their powers.

    Attributes
    ----------
    is_bare : bool
        Whether its powers are such columns.
    """

    def __init__(self, names: Sequence[str], *, takes_bare: bool = False) -> None:
        units = [found[1] if (found := _UNIT.search(name)) else "" for name in names]
        plain = [_UNIT.sub("", name).strip("# ") for name in names]
        self.names, self.count, self.plain = tuple(names), len(names), plain
        self.time = next((plain.index(name) for name in _TIMES if name in plain), None)
        if self.time is None:
            self.time = next((place for place, name in enumerate(plain) if _TIME.fullmatch(name)), None)
        has_both = self.time is not None and plain[self.time] == "time" and "date" in plain
        self.date = plain.index("date") if has_both else None
        self.power = next((plain.index(name) for name in _POWERS if name in plain), None)
        if self.power is None:
            self.power = next((place for place, name in enumerate(plain) if _POWER.fullmatch(name)), None)
        self.wide = {place: found[1] for place, name in enumerate(plain) if (found := _WIDE.fullmatch(name))}
        bare = {place: found[1] for place, name in enumerate(plain) if (found := _BARE.fullmatch(name))}
        self.is_bare = takes_bare and not self.wide and self.power is None and bool(bare)
        if self.is_bare:
            self.wide = bare
        if self.power is None and self.wide:  # a column for each accelerator
            self.power = next(iter(self.wide))
        elif self.power is not None:
            self.wide = {}
        hosts = [plain.index(name) for name in _HOSTS if name in plain]
        self.tells = (*hosts[:1], *(plain.index(name) for name in _DEVICES if name in plain))
        self.name = next((plain.index(name) for name in _NAMES if name in plain), None)
        unit = units[self.power].casefold() if self.power is not None else ""
        is_plain = self.power is not None and plain[self.power] == "power" and not unit
        self.factor = _FACTORS.get(unit or ("" if self.power is None else plain[self.power][-2:]), 1.0)
        has_more = any(name in plain for name in _OTHERS) or (not is_plain and self.power is not None)
        self.is_known = None not in (self.time, self.power) and has_more


def _columns(cells: Sequence[str], *, takes_bare: bool = False) -> _Columns | None:
    """Read a header; the columns of rows without one follow from their units."""
    found = _Columns(column_names(cells), takes_bare=takes_bare)
    if found.is_known:
        return found
    times = [place for place, cell in enumerate(cells) if _DATE.match(cell.strip())]
    watts = [place for place, cell in enumerate(cells) if _has_watts(cell)]
    if len(times) != 1 or not watts:
        return None
    names = [f"column {place}" for place in range(len(cells))]
    names[times[0]], names[watts[0]] = "timestamp", "power.draw"
    for place, cell in enumerate(cells):
        if cell.strip().startswith("GPU-"):
            names[place] = "uuid"
        elif cell.strip().startswith(("NVIDIA", "Tesla", "GeForce", "Quadro", "AMD")):
            names[place] = "name"
        elif cell.strip().isdecimal() and place <= 1:
            names[place] = "index"
    return _Columns(names)


class BoardReading(NamedTuple):
    """Power [W] of a device at a time [s], the name of its type, and what may tell it from others."""

    time: float
    device: str
    name: str | None
    watts: float | None
    tells: tuple[str, ...] = ()


class _Log:
    """The readings of a file by device."""

    def __init__(self, file: ForeignFile, options: ReadOptions) -> None:
        self._file, self._options = file, options
        self._log = PowerLog(NAME, options.covered, zone=options.time_zone)
        self._clock = FileClock(options)
        self._places: tuple[int, ...] | None = None

    def rows(self) -> Iterator[tuple[int, BoardReading]]:
        """Yield line numbers and readings."""
        lines = self._readings()
        first = list(islice(lines, _LOOKED_AT))
        every = chain(first, lines)
        if first and not first[0][1].device and not any(first[0][1].tells):
            self._log.note(_NO_INDEX)
            return _numbered(every, [reading.time for _, reading in first])
        if first and first[0][1].tells:
            self._places = _telling([reading for _, reading in first])
            return chain([(line, _told(reading, self._places)) for line, reading in first], lines)
        return every

    def _readings(self) -> Iterator[tuple[int, BoardReading]]:
        tally, delimiter = self._file.tally, _delimiter(self._file.head)
        # Whoever names the format takes bare columns as powers; else their values were looked at.
        takes_bare = delimiter is None
        delimiter = delimiter or _delimiter(self._file.head, takes_bare=True) or ","
        columns = _Columns(column_names(self._options.columns)) if self._options.columns else None
        for line, cells in self._file.rows(delimiter):
            if delimiter == " " and cells[-1] == "":
                cells = cells[:-1]
            if columns is None or not columns.is_known or cells[columns.time or 0].strip("# ").casefold() in _TIMES:
                known = _columns(cells, takes_bare=takes_bare)
                is_header = known is not None and known.names == column_names(cells)
                if known is not None and columns is not None and is_header:
                    tally.note("The header is repeated.")
                columns = known or columns
                if columns is not None and columns.is_bare:
                    self._log.note(_BARE_NOTE)
                if known is not None and not is_header and sum(map(_has_watts, cells)) > 1:
                    self._log.note(_FIRST_NOTE)
                if is_header and known is not None and known.time is not None:
                    self._clock = FileClock(self._options, known.names[known.time])
                if is_header or columns is None:
                    continue
            if cells[0].startswith("#"):  # the units below the header of `nvidia-smi dmon`
                continue
            tally.rows += 1
            readings = [*self._of_row(columns, cells)]
            if not readings:
                tally.reject(line, f"has no time, or {len(cells)} cells where the header has {columns.count}")
            for reading in readings:
                yield line, reading

    def _of_row(self, columns: _Columns, cells: Sequence[str]) -> Iterator[BoardReading]:
        """Yield the reading of a row, or that of each accelerator that has a column of its own."""
        if len(cells) != columns.count or columns.time is None or columns.power is None:
            return
        stated = cells[columns.time].strip()
        time = self._clock.read(stated if columns.date is None else f"{cells[columns.date].strip()} {stated}")
        if time is None:
            return
        name = None if columns.name is None else words(cells[columns.name])
        if columns.wide:
            for place, number in columns.wide.items():
                yield BoardReading(time, number, name, _watts(cells[place], columns.factor))
            return
        tells, device, places = columns.tells, "", self._places
        found: tuple[str, ...] = ()
        if places is None:
            found = tuple(cells[each].strip() for each in tells)
        elif len(places) == 1:
            device = cells[tells[places[0]]].strip()
        else:
            device = " ".join(cells[tells[place]].strip() for place in places)
        yield BoardReading(time, device, name, _watts(cells[columns.power], columns.factor), found)

    def take(self, reading: BoardReading) -> None:
        """Add a reading; one without a power leaves time to be bridged."""
        if reading.watts is None:
            self._file.tally.note("Readings without a power, such as [N/A], are left out.")
        else:
            device = f"accelerator {reading.device}".rstrip()
            self._log.add_power(reading.time, reading.watts, device, name=reading.name or "")

    def run(self) -> ForeignRun | None:
        """Return what the file holds; None where no device has two readings."""
        self._log.take_clock(self._clock)
        return self._log.run()


def _has_watts(cell: str) -> bool:
    """Whether a cell is a power with its unit."""
    found = _READING.fullmatch(cell)
    return found is not None and found[2] is not None


def _watts(cell: str, factor: float) -> float | None:
    found = _READING.fullmatch(cell)
    if found is None:
        return None
    watts = float(found[1].replace(",", "."))
    return watts * (_FACTORS.get(found[2].casefold(), 1.0) if found[2] else factor)


def _told(reading: BoardReading, places: Sequence[int]) -> BoardReading:
    return reading._replace(device=" ".join(reading.tells[place] for place in places))


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


def _numbered(rows: Iterator[tuple[int, BoardReading]], times: Sequence[float]) -> Iterator[tuple[int, BoardReading]]:
    """Yield readings with their place in the tick as the device; ticks of another length are left out."""
    number, longest = _ticks(times)
    tick: list[tuple[int, BoardReading]] = []
    for line, reading in rows:
        if tick and not 0 <= reading.time - tick[0][1].time <= longest:
            yield from _devices(tick, number)
            tick = []
        tick.append((line, reading))
        if number == len(tick) == 1:
            yield from _devices(tick, number)
            tick = []
    yield from _devices(tick, number)


def _devices(tick: Sequence[tuple[int, BoardReading]], number: int) -> Iterator[tuple[int, BoardReading]]:
    if len(tick) == number:
        for place, (line, reading) in enumerate(tick):
            yield line, reading._replace(device=str(place))


def _ticks(times: Sequence[float]) -> tuple[int, float]:
    """Return how many rows a tick has, and how long it takes at most [s]: the number that parts them best."""
    steps = [later - earlier for earlier, later in pairwise(times)]
    best = (1, 0.0)
    clearest = 1 / _WITHIN_A_TICK
    for number in range(2, min(_MOST_DEVICES, len(times) // 2) + 1):
        within = max(
            (times[place + number - 1] - times[place] for place in range(0, len(times) - number + 1, number)),
            default=0.0,
        )
        between = min(steps[number - 1 :: number], default=0.0)
        if between > 0 and within <= limit("same_tick_s") * number and between >= clearest * max(within, 1e-9):
            clearest, best = between / max(within, 1e-9), (number, (within + between) / 2)
    return best
