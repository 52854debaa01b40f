"""Meters of whole computers: power strips and plugs as CSV, IPMI's text, Redfish's JSON. A run for each device."""

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, NamedTuple

from greentrain.importing.file_clock import FileClock
from greentrain.importing.foreign_file import DELIMITERS, HEADER_WITHIN, CsvText, ForeignFile, column_names
from greentrain.importing.foreign_run import ForeignRun, ReadOptions
from greentrain.importing.power_log import PowerLog
from greentrain.importing.values import LOCAL_TIME, amount, words
from greentrain.units import WATT_SECONDS_PER_KWH

NAME = "meter"
TITLE = "readings of meters (power strips, plugs, IPMI, Redfish)"
WORDS = frozenset(("timestamp", "watts", "power", "apower", "kwh", "wh", "outlet", "@odata.type", "powerconsumedwatts"))
_TIMES = (
    "timestamp",
    "zeitstempel",
    "zeit",
    "datum",
    "time",
    "datetime",
    "date_time",
    "date time",
    "date",
    "@timestamp",
    "ts",
    "last_changed",
    "unixtime",
)
_COMPUTERS = ("node", "host", "hostname", "nodename", "server", "outlet", "outlet_name", "outlet name", "plug", "pdu")
_DEVICES = (*_COMPUTERS, "device", "entity_id", "sensor", "channel", "name", "id")
_OF_GPUS = (
    "gpu", "index", "uuid", "power.draw", "utilization.gpu", "temperature.gpu", "gpu_name", "memory.used", "pstate",
)  # fmt: skip
_OF_A_GPU = re.compile(r"(?:.*[^a-z])?gpu(?:[^a-z].*)?")
_DAY_OF = {"time": "date", "zeit": "datum", "uhrzeit": "datum"}
"""Columns of times of day, and those of their days."""

_PLAIN_POWER = re.compile(r"power(?:[ _.](?:k|m)?w(?:atts?)?)?")
_UNIT = re.compile(r"\s*[\[(]\s*([^\])]*)[\])]\s*$")
_POWER = re.compile(
    r"(?:.*[ _.])?(?:watts?|[km]?w|apower|wall_?power|leistung|puissance|potencia|active[ _]power"
    r"|(?:node|system|server|pdu|outlet|total|input|plug|real|instantaneous|dcmi|psu|chassis)[ _]?(?:input[ _])?power)"
    r"(?:[ _.]?(?:draw|consumption|consumed|usage|reading|now))*(?:[ _.](?:k|m)?w(?:atts?)?)?|[km]?w"
)
_ENERGY = re.compile(r"(?:.*[ _.])?(?:kwh|wh|aenergy[ _.]?total|energy(?:[ _.](?:k?wh|total|j|joules))*|joules)")
_FACTORS = {"mw": 1e-3, "w": 1.0, "watt": 1.0, "watts": 1.0, "kw": 1e3}
_COUNTS = {"kwh": WATT_SECONDS_PER_KWH, "wh": WATT_SECONDS_PER_KWH / 1e3, "j": 1.0, "joules": 1.0, "mj": 1e-3}
_TEXT = re.compile(
    r"(?:Instantaneous power reading|Current Power|Pwr Consumption|System (?:Power|Level)|Power Meter|Total_?Power"
    r"|Sys(?:tem)? ?Power)[^:|]*[:|].*?(\d+(?:\.\d+)?)\s*Watts?\b", re.IGNORECASE
)  # fmt: skip
_STAMP = re.compile(r"(?:IPMI timestamp|Time Stamp)\s*:\s*(.+)")
_FORMS = ("%a %b %d %H:%M:%S %Y", "%m/%d/%Y - %H:%M:%S", "%a %b %d %I:%M:%S %p %Z %Y", "%a %b %d %H:%M:%S %Z %Y")
_DATED = re.compile(
    r"\s*\[?(\d{4}[-/]\d\d[-/]\d\d[ T]\d\d:\d\d:\d\d(?:[.,]\d+)?(?:Z|[+-]\d\d:?\d\d)?|\d{10}(?:\.\d+)?)\b"
)
_LIKE_DATE = re.compile(r"^[^|=]{0,20}\b\d{1,2}:\d\d:\d\d\b[^|=:]*$")
_REDFISH = ('"@odata', '"PowerConsumedWatts"', '"PowerWatts"', '"MetricValues"', '"apower"', '"watts"')
_CONSUMED = ("PowerConsumedWatts", "AverageConsumedWatts", "LineInputVoltage", "LastPowerOutputWatts")
_DEEPEST = 12
_OLDEST = 946_684_800.0
"""2000-01-01: a controller whose clock was never set is younger. [s]"""

_AT_WALL, _AT_NODE = "wall", "node"
_DC = "It is the output of power supplies: the wall draws more."
_NO_TIME = "A reading without a time is left out."


class MeterReading(NamedTuple):
    """A power [W] or the state of a counter [J] at a moment, in seconds since 1970 [s], of a device."""

    time: float
    device: str
    watts: float | None = None
    joules: float | None = None


class _Columns:
    """Where a CSV file has what.

    Parameters
    ----------
    names : sequence of str
        The header, in lower case.
    """

    def __init__(self, names: Sequence[str]) -> None:
        units = {name: (found[1] if (found := _UNIT.search(name)) else "").casefold() for name in names}
        plain = {name: _UNIT.sub("", name).strip() for name in names}
        by_word = {plain[name]: name for name in reversed(names)}
        self.time: str | None = next((by_word[each] for each in _TIMES if each in by_word), None)
        self.day: str | None = None
        for time, day in _DAY_OF.items():
            if {time, day} <= by_word.keys():
                self.time, self.day = by_word[time], by_word[day]
        is_of_computers = any(plain[name] in _COMPUTERS for name in names)
        powers = [
            name
            for name in names
            if _POWER.fullmatch(plain[name])
            or (units[name] in _FACTORS and "power" in name)
            or (is_of_computers and _PLAIN_POWER.fullmatch(plain[name]))
        ]
        if {"entity_id", "state"} <= {*names}:  # Home Assistant writes powers of its plugs so
            powers = ["state"]
        totals = [name for name in powers if "total" in name or "sum" in name]
        self.powers = totals[:1] or powers
        self.counters = (
            [] if powers else [name for name in names if _ENERGY.fullmatch(plain[name]) or units[name] in _COUNTS]
        )
        self.device = next((name for each in _DEVICES for name in names if plain[name] == each), None)
        is_of_gpus = any(plain[name] in _OF_GPUS or _OF_A_GPU.fullmatch(plain[name]) for name in names)
        self.is_known = bool(self.time and (self.powers or self.counters) and not is_of_gpus)
        words_of = {name: units[name] or re.split(r"[ _.]", plain[name])[-1] for name in names}
        self.factor = {name: _FACTORS.get(words_of[name], 1.0) for name in self.powers}
        self.joules = {name: _COUNTS.get(words_of[name], WATT_SECONDS_PER_KWH) for name in self.counters}


def _columns(head: str) -> _Columns | None:
    for line in head.splitlines()[:HEADER_WITHIN]:
        for mark in DELIMITERS:
            found = _Columns(column_names(line.split(mark)))
            if found.is_known:
                return found
    return None


def is_meter(head: str) -> bool:
    """Whether it is a table of a meter's readings, IPMI's text, or Redfish's JSON."""
    if head.lstrip().startswith(("{", "[")):
        return any(word in head for word in _REDFISH)
    return _TEXT.search(head) is not None or _columns(head) is not None


recognises = is_meter


def read(file: ForeignFile, options: ReadOptions) -> Iterator[ForeignRun]:
    """Yield a run for each device of a file, such as a node or an outlet."""
    logs: dict[str, PowerLog] = {}
    columns = _columns(file.head)
    clock = FileClock(options, columns.time or "" if columns else "")
    for reading in meter_readings(file, options, clock):
        log = logs.setdefault(reading.device, PowerLog(f"{NAME}:{reading.device}", options.covered))
        if reading.watts is not None:
            log.add_power(reading.time, reading.watts, part="node")
        elif reading.joules is not None:
            log.add_counter(reading.time, reading.joules, part="node")
    for device, log in logs.items():
        log.is_dated = clock.is_dated
        run = log.run(_AT_WALL if columns else _AT_NODE, name=words(device), hosts=words(device))
        if run is not None:
            yield run


def meter_readings(file: ForeignFile, options: ReadOptions, clock: FileClock | None = None) -> Iterator[MeterReading]:
    """Yield the readings of a file in its order; what is none is counted, and powers without a time are noted."""
    if file.head.lstrip().startswith(("{", "[")):
        yield from _of_json(file, options)
    elif (columns := _columns(file.head)) is not None:
        yield from _of_table(file, columns, clock or FileClock(options, columns.time or ""))
    else:
        yield from _of_text(file, options)


def _of_table(file: ForeignFile, columns: _Columns, clock: FileClock) -> Iterator[MeterReading]:
    assert columns.time is not None
    values = {**columns.factor, **columns.joules}
    for line, row in CsvText(file, (columns.time, *values)).rows():
        stated = row[columns.time]
        time = clock.read(stated if columns.day is None else f"{row[columns.day].strip()} {stated.strip()}")
        cells = {name: amount(row[name]) for name in values}
        if time is None or all(value is None for value in cells.values()):
            file.tally.reject(line, "has no time or no reading")
            continue
        own = row[columns.device].strip() if columns.device else ""
        for name, value in cells.items():
            device = " ".join(filter(None, (own, name if len(values) > 1 else "")))
            if value is not None and name in columns.factor:
                yield MeterReading(time, device, watts=value * columns.factor[name])
            elif value is not None:
                yield MeterReading(time, device, joules=value * columns.joules[name])
    if clock.assumes_utc:
        file.tally.note(LOCAL_TIME)


def _of_text(file: ForeignFile, options: ReadOptions) -> Iterator[MeterReading]:
    """Read IPMI's text: a reading's time stands in its line, before it, or as the controller's own behind it."""
    before: float | None = None
    waiting: float | None = None
    for text in file.lines():
        dated = _DATED.match(text)
        # A line of its own may be the time, as `date` prints it.
        stated = dated[1].replace(",", ".") if dated else text.strip() if _LIKE_DATE.search(text) else ""
        if stated:
            found = options.moment(stated)
            before = found[0] if found else before
            if found and not found[1] and options.time_zone is None:
                file.tally.note(LOCAL_TIME)
        if reading := _TEXT.search(text):
            file.tally.rows += 1
            waiting = amount(reading[1])
            if before is not None and waiting is not None:
                yield MeterReading(before, "", watts=waiting)
                before = waiting = None
        elif (stamp := _STAMP.search(text)) and waiting is not None:
            time = _stamp(stamp[1], options)
            if time is not None:
                yield MeterReading(time, "", watts=waiting)
                waiting = None
    if waiting is not None:
        file.tally.note(f"{waiting:,.6g} W at one instant, which is no energy: log readings with their times.")


def _stamp(text: str, options: ReadOptions) -> float | None:
    for form in _FORMS:
        try:
            found = datetime.strptime(" ".join(text.split()), form).replace(tzinfo=options.time_zone or UTC).timestamp()
        except (ValueError, OverflowError):
            continue
        return found if found > _OLDEST else None
    return None


def _of_json(file: ForeignFile, options: ReadOptions) -> Iterator[MeterReading]:
    """Read Redfish's answers: one, a list or lines of them with times, or a report of its telemetry."""
    for item in file.json_values():
        rows = item if isinstance(item, list) else item.get("MetricValues") if isinstance(item, dict) else None
        for each in rows if isinstance(rows, list) else [item]:
            file.tally.rows += 1
            if isinstance(each, dict):
                yield from _of_object(file, options, each)
            else:
                file.tally.reject(file.tally.rows, "is no object")


def _of_object(file: ForeignFile, options: ReadOptions, item: Mapping[str, Any]) -> Iterator[MeterReading]:
    lower = {str(name).casefold(): value for name, value in item.items()}
    stated = next((str(lower[name]) for name in _TIMES if isinstance(lower.get(name), (str, int, float))), "")
    time = options.moment(stated) if stated else None
    device = next((str(lower[name]) for name in _DEVICES[:-2] if isinstance(lower.get(name), str)), "")
    watts, joules, is_output = _power_of(item)
    if is_output:
        file.tally.note(_DC)
    if watts is None and joules is None:
        file.tally.reject(file.tally.rows, "states no power")
    elif time is None and watts is not None:
        file.tally.note(f"{watts:,.6g} W at one instant, which is no energy: log readings with their times.")
    elif time is None:
        file.tally.note(_NO_TIME)
    else:
        yield MeterReading(time[0], device, watts, None if watts is not None else joules)


def _power_of(item: Mapping[str, Any]) -> tuple[float | None, float | None, bool]:
    """Return power [W] and counter [J] of an object, and whether it is what power supplies give."""
    metric = str(item.get("MetricId") or item.get("MetricProperty") or "").casefold()
    if "MetricValue" in item:
        value = amount(item["MetricValue"])
        is_energy = "energy" in metric or "kwh" in metric
        if is_energy:
            return None, None if value is None else value * WATT_SECONDS_PER_KWH, False
        return value if "power" in metric or "watts" in metric else None, None, "output" in metric
    found: dict[str, list[float]] = {}
    _collect(item, found, 0)
    for name in (
        "powerconsumedwatts",
        "powerwatts",
        "apower",
        "watts",
        "power_w",
        "power",
        "averageconsumedwatts",
        "powerinputwatts",
        "lastpoweroutputwatts",
    ):
        if name in found:
            return sum(found[name]), None, name == "lastpoweroutputwatts"
    if "energykwh" in found:
        return None, sum(found["energykwh"]) * WATT_SECONDS_PER_KWH, False
    return None, None, False


def _collect(value: object, found: dict[str, list[float]], depth: int, name: str = "") -> None:
    """Gather numbers by their key, however deep; a reading of a sensor goes by the sensor's key."""
    if depth > _DEEPEST:
        return
    if isinstance(value, dict):
        for key, each in value.items():
            _collect(each, found, depth + 1, name if key == "Reading" else str(key).casefold())
    elif isinstance(value, list):
        for each in value:
            _collect(each, found, depth + 1, name)
    elif not isinstance(value, str) and (number := amount(value)) is not None:
        found.setdefault(name, []).append(number)
