"""Meters of whole computers: power strips and plugs as CSV, IPMI's text, Redfish's JSON. A run for each device."""

import re
from collections.abc import Iterator, Mapping

from greentrain.errors import DataError
from greentrain.importing.file_clock import FileClock, oldest_first
from greentrain.importing.foreign_file import DELIMITERS, HEADER_WITHIN, CsvText, ForeignFile, column_names
from greentrain.importing.foreign_run import ForeignRun, ReadOptions
from greentrain.importing.meter_columns import EnergyRows, MeterColumns, quantity_of, value_of
from greentrain.importing.meter_json import MeterReading, is_json, is_meter_json, json_readings
from greentrain.importing.power_log import REPEATED, PowerLog
from greentrain.importing.values import LOCAL_TIME, CommaSigns, amount, moment, words

NAME = "meter"
TITLE = "readings of meters (power strips, plugs, IPMI, Redfish)"
WORDS = frozenset(("timestamp", "watts", "power", "apower", "kwh", "wh", "outlet", "@odata.type", "powerconsumedwatts"))
_TEXT = re.compile(
    r"(?:Instantaneous power reading|Current Power|Pwr Consumption|System (?:Power|Level)|Power Meter|Total_?Power"
    r"|Sys(?:tem)? ?Power)(?![^:|,\n]{0,60}(?:limit|cap|max|min))[^:|,\n]{0,100}[:|,]"
    r".{0,200}?(\d{1,9}(?:\.\d{1,9})?)[\s|,]{0,40}W(?:atts?)?\b", re.IGNORECASE
)  # fmt: skip
_SUPPLY = re.compile(
    r"(?:^|[,\s])(PSU?[ _-]?\d+[ _]?(?:Input Power|Power In|P_?IN|PIN|Input|Power))\s?[^:|,\n]{0,100}[:|,]"
    r".{0,200}?(\d{1,9}(?:\.\d{1,9})?)[\s|,]{0,40}W(?:atts?)?\b",
    re.IGNORECASE,
)
_STAMP = re.compile(r"(?:IPMI timestamp|Time Stamp)\s{0,60}:\s{0,60}(\S.{0,80}?)\s{0,60}(?:Sampling period.*)?$")
_ANY_DATE = r"\d{4}[-/]\d\d[-/]\d\d[ T]|\d\d?[-/.]\d\d?[-/.](?:\d{4}|\d\d),?\s+"
_DATED = re.compile(
    rf"\s*\[?((?:{_ANY_DATE})\d{{1,2}}:\d\d:\d\d(?:[.,]\d+)?(?:\s?[AP]M\b)?(?:Z|[+-]\d\d:?\d\d)?|\d{{10}}(?:\.\d+)?)\b"
)
_LIKE_DATE = re.compile(r"^[^|=]{0,40}\b\d{1,2}:\d\d:\d\d\b[^|=:]*$")
_OLDEST = 946_684_800.0
"""2000-01-01: a controller whose clock was never set is younger. [s]"""

_AT_WALL, _AT_NODE = "wall", "node"
_SUPPLIES = "Its power is the sum of its power supplies' inputs."
_OTHER = "Entities of other quantities are left out."
_INTERVALS = "Energies that do not only grow are taken as those of intervals, and added up."
_MOST_DOUBLED = 0.25
"""Part of the readings that follow one of the same time, beyond which they are of several devices. [1]"""

_SEVERAL = "has several readings of one device at one time: a column such as outlet or node has to tell devices apart"
_ALIKE = "has energies that never change: of a counter that stands still, or of intervals, which no name says"


def _columns(head: str) -> MeterColumns | None:
    for line in head.splitlines()[:HEADER_WITHIN]:
        for mark in DELIMITERS:
            found = MeterColumns(column_names(line.split(mark)), line)
            if found.is_known:
                return found
    return None


def is_meter(head: str) -> bool:
    """Whether it is a table of a meter's readings, IPMI's text, or Redfish's JSON."""
    if is_json(head):
        return is_meter_json(head)
    return _TEXT.search(head) is not None or _SUPPLY.search(head) is not None or _columns(head) is not None


recognises = is_meter


def read(file: ForeignFile, options: ReadOptions) -> Iterator[ForeignRun]:
    """Yield a run for each device of a file, such as a node or an outlet: of its powers, else of its energies."""
    powers: dict[str, PowerLog] = {}
    counters: dict[str, PowerLog] = {}
    columns = None if is_json(file.head) else _columns(file.head)
    clock = FileClock(options, columns.time or "" if columns else "")
    alike = _Alike(file.path)
    for reading in meter_readings(file, options, clock):
        alike.take(reading)
        logs = counters if reading.watts is None else powers
        fresh = PowerLog(f"{NAME}:{reading.device}", options.covered, zone=options.time_zone)
        log = logs.setdefault(reading.device, fresh)
        if reading.watts is not None:
            log.add_power(reading.time, reading.watts, part="node")
        elif reading.joules is not None:
            log.add_counter(reading.time, reading.joules, part="node")
    alike.check()
    for device in dict.fromkeys((*powers, *counters)):
        for log in (logs[device] for logs in (powers, counters) if device in logs):
            log.is_dated = clock.is_dated
            if log.repeated:
                file.tally.note(REPEATED, log.repeated)
            run = log.run(_AT_WALL if columns else _AT_NODE, name=words(device), hosts=words(device))
            if run is not None:
                yield run
                break


class _Alike:
    """Counts readings of one device at one time, which are of several devices that nothing tells apart."""

    def __init__(self, path: str) -> None:
        self._path = path
        self._last: dict[str, tuple[float, float | None]] = {}
        self._doubled = self._all = 0

    def take(self, reading: MeterReading) -> None:
        """Look at a reading."""
        before = self._last.get(reading.device)
        self._all += 1
        if (
            before is not None
            and reading.watts is not None
            and before[0] == reading.time
            and before[1] != reading.watts
        ):
            self._doubled += 1
        self._last[reading.device] = reading.time, reading.watts

    def check(self) -> None:
        """Raise an error where there are many.

        Raises
        ------
        DataError
            If a quarter of the readings come after another one of the same time.
        """
        if self._doubled > _MOST_DOUBLED * self._all:
            raise DataError(self._path, _SEVERAL)


def meter_readings(file: ForeignFile, options: ReadOptions, clock: FileClock | None = None) -> Iterator[MeterReading]:
    """Yield the readings of a file in its order; what is none is counted, and powers without a time are noted."""
    if is_json(file.head):
        yield from json_readings(file, options)
    elif (columns := _columns(file.head)) is not None:
        yield from _of_table(file, columns, clock or FileClock(options, columns.time or ""))
    else:
        yield from _of_text(file, options)


def _of_table(file: ForeignFile, columns: MeterColumns, clock: FileClock) -> Iterator[MeterReading]:
    assert columns.time is not None
    energies: dict[str, EnergyRows] = {}
    needed = (columns.time, *columns.values)
    commas = CommaSigns(
        file.path, lambda name: (row[str(name)] for _, row in CsvText(ForeignFile(file.path), needed).rows())
    )
    for line, time, row in _timed_rows(file, columns, clock):
        cells = {name: row[name] for name in columns.values}
        if time is None or all(amount(cell) is None for cell in cells.values()):
            file.tally.reject(line, "has no time or no reading")
            continue
        own = " ".join(filter(None, (row[name].strip() for name in columns.devices)))
        for name, cell in cells.items():
            device = " ".join(filter(None, (own, name if len(cells) > 1 else "")))
            factor, is_power = columns.factor.get(name, columns.joules.get(name, 1.0)), name in columns.factor
            if columns.is_of_entities:
                device, quantity = quantity_of(own)
                factor, is_power = (1.0, True) if quantity == "power" else (columns.of_an_entity(own), False)
                if not quantity:
                    file.tally.note(_OTHER)
                    continue
            value = value_of(commas.plain(cell, name, is_power=is_power) if "," in cell else cell, factor)
            if value is not None and is_power:
                yield MeterReading(time, device, watts=value)
            elif value is not None:
                rows = energies.setdefault(device, EnergyRows(name))
                yield from (MeterReading(at, device, joules=total) for at, total in rows.add(time, value))
    yield from _rest(file, energies)
    if clock.assumes_utc:
        file.tally.note(LOCAL_TIME)


def _timed_rows(
    file: ForeignFile, columns: MeterColumns, clock: FileClock
) -> Iterator[tuple[int, float | None, Mapping[str, str]]]:
    """Yield the rows of a table with their lines and times, those of the oldest readings first."""
    time, day = str(columns.time), columns.day

    def stated(row: Mapping[str, str]) -> str:
        return row[time] if day is None else f"{row[day].strip()} {row[time].strip()}"

    rows = CsvText(file, (time, *columns.values)).rows()
    for line, row in oldest_first(rows, lambda each: clock.peek(stated(each[1])), file.tally.note):
        yield line, clock.read(stated(row)), row


def _rest(file: ForeignFile, energies: dict[str, EnergyRows]) -> Iterator[MeterReading]:
    """Yield the energies that were not yet told from others.

    Raises
    ------
    DataError
        Where nothing tells what any of them are.
    """
    if energies and all(rows.stands_still for rows in energies.values()):
        raise DataError(file.path, _ALIKE)
    for device, rows in energies.items():
        yield from (MeterReading(at, device, joules=total) for at, total in rows.rest())
        if rows.are_of_intervals:
            file.tally.note(_INTERVALS)


class _Block:
    """What IPMI printed since a time: the power of the whole, or else of its supplies. [W]"""

    def __init__(self, time: float | None = None) -> None:
        self.time = time
        self.whole: float | None = None
        self.supplies: dict[str, float] = {}

    @property
    def watts(self) -> float | None:
        """Its power; None where it has none."""
        return self.whole if self.whole is not None or not self.supplies else sum(self.supplies.values())


def _of_text(file: ForeignFile, options: ReadOptions) -> Iterator[MeterReading]:
    """Read IPMI's text: a reading's time stands in its line, before it, or as the controller's own behind it."""
    block = _Block()
    for text in file.lines():
        if (time := _time_of(file, options, text)) is not None:
            yield from _of_block(file, block)
            block = _Block(time)
        whole, supply = _TEXT.search(text), _SUPPLY.search(text)
        if (whole and block.whole is not None) or (supply and not whole and supply[1] in block.supplies):
            yield from _of_block(file, block)
            block = _Block()
        if whole or supply:
            file.tally.rows += 1
        if whole:
            block.whole = amount(whole[1])
        elif supply:
            block.supplies[supply[1]] = amount(supply[2]) or 0.0
        elif (stamp := _STAMP.search(text)) and block.time is None:
            found = moment(stamp[1], options.time_zone)
            block.time = found[0] if found and found[0] > _OLDEST else None
    yield from _of_block(file, block)


def _of_block(file: ForeignFile, block: _Block) -> Iterator[MeterReading]:
    if block.watts is None:
        return
    if block.time is None:
        file.tally.note(f"{block.watts:,.6g} W at one instant, which is no energy: log readings with their times.")
        return
    if block.whole is None:
        file.tally.note(_SUPPLIES)
    yield MeterReading(block.time, "", watts=block.watts)


def _time_of(file: ForeignFile, options: ReadOptions, text: str) -> float | None:
    """Return the time that a line begins with, or that it is, as `date` prints it. [s]"""
    if _STAMP.search(text):
        return None
    dated = _DATED.match(text)
    stated = dated[1] if dated else text.strip() if _LIKE_DATE.search(text) else ""
    found = options.moment(stated) if stated else None
    if found and not found[1] and options.time_zone is None:
        file.tally.note(LOCAL_TIME)
    return found[0] if found else None
