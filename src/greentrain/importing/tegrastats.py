"""NVIDIA Jetson's tegrastats: powers of rails, now and on average, a line a tick. And jetson-stats' table (jtop)."""

import re
from collections.abc import Iterator, Mapping
from itertools import count

from greentrain.importing.foreign_file import CsvText, ForeignFile, header_in
from greentrain.importing.foreign_run import ForeignRun, ReadOptions
from greentrain.importing.power_log import PowerLog
from greentrain.importing.values import LOCAL_TIME, amount, moment

NAME = "tegrastats"
MONTH_FIRST = True
"""As it writes them itself."""

TITLE = "tegrastats and jtop of NVIDIA Jetson"
WORDS = frozenset(("ram", "swap", "cpu", "emc_freq", "gr3d_freq", "vdd_in", "pom_5v_in"))
_RAIL = re.compile(r"\b((?:(?:VDD|POM|VIN|NC)\w*(?=\s+\d+(?:m?W)?/\d))|[A-Z]\w*(?=\s+\d+m?W/\d))\s+(\d+)(m?W)?/")
"""A name that only rails have, or any with a unit of power behind it: ``GPU 1242mW/1242mW`` on an AGX Xavier."""

_LINE = re.compile(r"\bRAM \d+/\d+MB\b")
_TIME = re.compile(r"\s*(\d\d-\d\d-\d{4} \d\d:\d\d:\d\d|\d{4}-\d\d-\d\d[ T]\d\d:\d\d:\d\d\S*)")
_TABLES = tuple((time, total) for total in ("power tot", "power_tot") for time in ("time", "timestamp"))
"""Columns of a table of jetson-stats: its time, and the milliwatts of the whole board."""

_INPUTS = ("VDD_IN", "POM_5V_IN", "VIN")
_MILLI = 1e-3
_TICK_SECONDS = 1.0
_TICKS_A_SECOND, _MOST_IN_A_SECOND = 10, 0.999
_NO_TIME = "Lines have no times: one a second is taken, tegrastats' own default."
_RAILS = "The board has no input rail here: its rails are added up, which is less than it draws."


def recognises(head: str) -> bool:
    """Whether lines have memory and rails, or columns the power of a whole board."""
    if _table(head):
        return True
    return any(_LINE.search(line) and _RAIL.search(line) for line in head.splitlines()[:50])


def _table(head: str) -> tuple[str, str] | None:
    return next((names for names in _TABLES if header_in(head, names) is not None), None)


def _of_table(file: ForeignFile, options: ReadOptions, names: tuple[str, str]) -> Iterator[ForeignRun]:
    log = PowerLog(NAME, options.covered, zone=options.time_zone)
    for line, row in CsvText(file, names).rows():
        time, power = options.moment(row[names[0]]), amount(row[names[1]])
        if time is None or power is None:
            file.tally.reject(line, "has no time or no power of the board")
            continue
        if not time[1] and options.time_zone is None:
            log.note(LOCAL_TIME)
        log.add_power(time[0], power * _MILLI, part="node")
    run = log.run("node", accelerators={})
    if run is not None:
        yield run


def read(file: ForeignFile, options: ReadOptions) -> Iterator[ForeignRun]:
    """Yield the one run of a file."""
    if names := _table(file.head):
        yield from _of_table(file, options, names)
        return
    board = _Board(options)
    for line, text in enumerate(file.lines(), 1):
        if not text.strip():
            continue
        file.tally.rows += 1
        rails = {name: int(now[:9]) * (1.0 if unit == "W" else _MILLI) for name, now, unit in _RAIL.findall(text)}
        if rails:
            board.take(text, rails)
        else:
            file.tally.reject(line, "has no powers of rails")
    run = board.run()
    if run is not None:
        yield run


class _Board:
    """The rails of a board so far."""

    def __init__(self, options: ReadOptions) -> None:
        self._zone, self._log = options.time_zone, PowerLog(NAME, options.covered, zone=options.time_zone)
        self._is_timed = self._is_whole = False
        self._ticks = count()
        self._second, self._in_second = "", 0

    def take(self, text: str, rails: Mapping[str, float]) -> None:
        """Add a line with the powers of its rails [W]: that of the input, where there is one."""
        at = self._moment(text)
        whole = next((rails[name] for name in _INPUTS if name in rails), None)
        if whole is not None:
            self._is_whole = True
            self._log.add_power(at, whole, part="node")
            return
        self._log.note(_RAILS)
        for name, watts in rails.items():
            self._log.add_power(at, watts, name, part="gpu" if "GPU" in name else "cpu")

    def _moment(self, text: str) -> float:
        """Return when a line was: as it states, or else one second after the line before. [s]"""
        stated = _TIME.match(text)
        time = moment(stated[1], self._zone) if stated else None
        if stated is None or time is None:
            return next(self._ticks) * _TICK_SECONDS
        self._is_timed = True
        if not time[1] and self._zone is None:
            self._log.note(LOCAL_TIME)
        # Several ticks of a second have one time: they are spread over it.
        self._in_second = self._in_second + 1 if stated[1] == self._second else 0
        self._second = stated[1]
        return time[0] + min(_MOST_IN_A_SECOND, self._in_second / _TICKS_A_SECOND)

    def run(self) -> ForeignRun | None:
        """Return the run."""
        if not self._is_timed:
            self._log.note(_NO_TIME)
        self._log.is_dated = self._is_timed
        return self._log.run("node" if self._is_whole else "parts", accelerators={})
