"""Powers of a computer's parts over time, a column each: turbostat, s-tui, PowerJoular, RAPL, scaphandre's JSON.

Lines of JSON with such columns are read too, as the experiment-impact-tracker writes them.

Processors and memory are read where their columns say so, and accelerators beside them. Cores and the graphics of a
package are parts of it, and a total is the sum of what other columns hold.
"""

import json
import re
from collections.abc import Iterator, Sequence

from greentrain.importing.file_clock import FileClock
from greentrain.importing.foreign_file import DELIMITERS, HEADER_WITHIN, ForeignFile, column_names
from greentrain.importing.foreign_run import ForeignRun, ReadOptions
from greentrain.importing.power_log import PowerLog
from greentrain.importing.values import amount
from greentrain.numbers import counted

NAME = "computer-parts"
TITLE = "powers of a computer's parts (turbostat, s-tui, PowerJoular, scaphandre)"
WORDS = frozenset(
    ("pkgwatt", "ramwatt", "power:package-0", "cpu power", "cpu_power_w", "package_energy_uj", "consumers")
)
_TIME = re.compile(
    r"(?:.*[ _])?(?:time|timestamp|datetime|date|epoch|ts|elapsed)(?:[ _](?:m?s|ns|us|utc|unix|seconds?|stamp))?"
    r"|time_of_day_seconds|usec"
)
_NO_DRAW = re.compile(
    r"limit|cap(?!t)|max|min(?!ut)|peak|tdp|percent|%|util|usage_p|freq|temp|load|core|corwatt|graphics|gfx|vdd|uncore|pp0|pp1|state|attribut"
)
_QUANTITY = re.compile(
    r"power|draw|watts?|(?:^|[ _.(:\[])[kmu]?w(?:$|[)\]])|energy|joules?|(?:^|[ _.(\[])[kmu]?j(?:$|[)\]])"
)
_ENERGY = re.compile(r"energy|joule|(?:^|[ _.(\[])[kmu]?j(?:$|[)\]])")
_PARTS = (
    ("memory", re.compile(r"(?:^|[^a-z])(?:dram|ram|memory|mem)(?:[^a-z]|watt|$)")),
    ("cpu", re.compile(r"(?:^|[^a-z])(?:cpu|pkg|package|processor|rapl|soc)(?:[^a-z]|watt|$)")),
    ("gpu", re.compile(r"(?:^|[^a-z])(?:gpu|nvidia)(?:[^a-z\d]|$)")),
)
_NUMBERED = re.compile(r"(?:.*[^a-z])?(?:gpu|cuda|card|device)[_. #:]?\d+(?![a-z\d]).*")
_UNITS = {"mw": 1e-3, "kw": 1e3, "uw": 1e-6, "mj": 1e-3, "uj": 1e-6, "kj": 1e3}
_LAST_WORD = re.compile(r"([a-z]+)[)\]]?$")
_SUMMARY = "-"
_OF_ROWS = ("package", "pkg", "die", "core", "cpu")
_MICRO = 1e-6


class _Columns:
    """Where a table has what.

    Parameters
    ----------
    names : sequence of str
        The header, in lower case.
    """

    def __init__(self, names: Sequence[str]) -> None:
        self.names = tuple(names)
        self.time = next((at for at, name in enumerate(names) if _TIME.fullmatch(name)), None)
        self.rows = [at for at, name in enumerate(names) if name in _OF_ROWS]
        draws = {at: name for at, name in enumerate(names) if _QUANTITY.search(name) and not _NO_DRAW.search(name)}
        parts = {at: next((part for part, form in _PARTS if form.search(name)), "") for at, name in draws.items()}
        energies = {at for at, part in parts.items() if part and _ENERGY.search(names[at])}
        powers = {at for at, part in parts.items() if part} - energies
        self.parts = {at: parts[at] for at in sorted(powers or energies)}
        self.is_counter = not powers
        self.factors = {at: _UNITS.get(_last(names[at]), 1.0) for at in self.parts}
        has_boards = any(_NUMBERED.fullmatch(name) for name in names)
        self.is_known = self.time is not None and "cpu" in self.parts.values() and not has_boards


def _last(name: str) -> str:
    found = _LAST_WORD.search(name)
    return found[1] if found else ""


def recognises(head: str) -> bool:
    """Whether a header has a time and the power or energy of a processor, or it is scaphandre's JSON."""
    return _is_scaphandre(head) or _columns(head) is not None or _json_columns(head) is not None


def _json_columns(head: str) -> _Columns | None:
    """Return the columns of lines of JSON whose powers are numbers; lists of objects are devices, which others read."""
    first = head.lstrip().partition("\n")[0]
    try:
        item = json.loads(first) if first.startswith("{") else None
    except (ValueError, RecursionError):
        return None
    if not isinstance(item, dict) or any(isinstance(each, dict) for value in item.values() for each in _listed(value)):
        return None
    found = _Columns([str(name).casefold() for name, value in item.items() if isinstance(value, (str, int, float))])
    return found if found.is_known and "emissions" not in found.names else None


def _listed(value: object) -> list[object]:
    return value if isinstance(value, list) else []


def _is_scaphandre(head: str) -> bool:
    return head.lstrip().startswith(("[", "{")) and all(
        word in head for word in ('"host"', '"consumption"', '"consumers"')
    )


def _columns(head: str) -> tuple[_Columns, str] | None:
    for line in head.splitlines()[:HEADER_WITHIN]:
        for mark in (*DELIMITERS, " "):
            found = _Columns(column_names(line.split(mark) if mark != " " else line.split()))
            if found.is_known and len(found.names) > 1:
                return found, mark
    return None


def read(file: ForeignFile, options: ReadOptions) -> Iterator[ForeignRun]:
    """Yield the one run of a file."""
    log = PowerLog(NAME, options.covered)
    if _is_scaphandre(file.head):
        _take_scaphandre(file, log)
    elif (columns := _json_columns(file.head)) is not None:
        _take_rows(file, options, log, columns, _cells_of_json(file, columns.names))
    elif (found := _columns(file.head)) is not None:
        _take_rows(file, options, log, found[0], _rows_of_table(file, *found))
    run = log.run()
    if run is not None:
        yield run


def _take_scaphandre(file: ForeignFile, log: PowerLog) -> None:
    """Read reports of scaphandre, whose powers are microwatts."""
    for item in file.json_records():
        file.tally.rows += 1
        host = item.get("host") if isinstance(item, dict) else None
        time, power = (
            amount(host.get(name)) if isinstance(host, dict) else None for name in ("timestamp", "consumption")
        )
        if time is None or power is None:
            file.tally.reject(file.tally.rows, "has no time or no consumption of the host")
        else:
            log.add_power(time, power * _MICRO, "host", part="cpu")


def _cells_of_json(file: ForeignFile, names: Sequence[str]) -> Iterator[tuple[int, list[str]]]:
    for line, item in enumerate(file.json_records(), 1):
        cells = {str(name).casefold(): value for name, value in item.items()} if isinstance(item, dict) else {}
        yield line, ["" if cells.get(name) is None else str(cells[name]) for name in names]


def _rows_of_table(file: ForeignFile, columns: _Columns, mark: str) -> Iterator[tuple[int, list[str]]]:
    """Yield the rows without headers; where one is of the whole, without those of its cores and packages."""
    is_summed = any(
        columns.rows and cells[columns.rows[-1]].strip() == _SUMMARY for cells in _first(file, columns, mark)
    )
    for line, cells in _cells(file, mark):
        if column_names(cells) == columns.names:
            continue
        if is_summed and len(cells) == len(columns.names) and any(cells[at].strip() != _SUMMARY for at in columns.rows):
            file.tally.rows += 1
        else:
            yield line, cells


def _take_rows(
    file: ForeignFile, options: ReadOptions, log: PowerLog, columns: _Columns, rows: Iterator[tuple[int, list[str]]]
) -> None:
    clock = FileClock(options, columns.names[columns.time or 0])
    for line, cells in rows:
        file.tally.rows += 1
        if len(cells) != len(columns.names):
            file.tally.reject(line, f"has {counted(len(cells), 'cell')}, the header {len(columns.names)}")
            continue
        time = clock.read(cells[columns.time or 0].strip())
        if time is None:
            file.tally.reject(line, "has no time")
            continue
        for at, part in columns.parts.items():
            value = amount(cells[at])
            if value is not None and columns.is_counter:
                log.add_counter(time, value * columns.factors[at], columns.names[at], part=part)
            elif value is not None:
                log.add_power(time, value * columns.factors[at], columns.names[at], part=part)
    log.take_clock(clock)


def _cells(file: ForeignFile, mark: str) -> Iterator[tuple[int, list[str]]]:
    if mark != " ":
        yield from file.rows(mark)
        return
    yield from ((line, text.split()) for line, text in enumerate(file.lines(), 1) if text.strip())


def _first(file: ForeignFile, columns: _Columns, mark: str) -> list[list[str]]:
    lines = [line.split(mark) if mark != " " else line.split() for line in file.head.splitlines()[:200]]
    return [cells for cells in lines if len(cells) == len(columns.names)]
