"""MLPerf's power log (PTDaemon's spl.txt): names and values in turn, the whole system at the plug.

A mark is a phase. Ranging and testing are two runs of the same work: the test counts.
"""

import re
from collections.abc import Iterator
from itertools import pairwise

from greentrain.importing.foreign_file import ForeignFile
from greentrain.importing.foreign_run import ForeignRun, ReadOptions
from greentrain.importing.power_log import PowerLog
from greentrain.importing.values import LOCAL_TIME, number, words

NAME = "mlperf-power"
MONTH_FIRST = True
"""As PTDaemon writes them itself."""

TITLE = "MLPerf's power log (PTDaemon)"
WORDS = frozenset(("time", "watts", "volts", "amps", "pf", "mark"))
_LINE = re.compile(r"^\s*Time,[^,]+,.*Watts,", re.IGNORECASE | re.MULTILINE)
_MESSAGE = re.compile(r"\s*Time,[^,]+,[A-Z]+,", re.ASCII)
"""What the daemon says of itself between its readings."""

_CHANNEL = re.compile(r"ch\d+", re.IGNORECASE)
_RANGING, _TESTING = (re.compile(rf"(?:^|[\W_]){word}(?:[\W_]|$)") for word in ("ranging", "testing"))
_NONE = "notset"
_RANGED = "Ranging is left out: the test is the same work once more."


def recognises(head: str) -> bool:
    """Whether it begins with a time, and has readings."""
    return head.lstrip()[:5].casefold() == "time," and _LINE.search(head) is not None


def read(file: ForeignFile, options: ReadOptions) -> Iterator[ForeignRun]:
    """Yield a run for each mark."""
    logs: dict[str, PowerLog] = {}
    for line, text in enumerate(file.lines(), 1):
        if not text.strip() or _MESSAGE.match(text):
            continue
        file.tally.rows += 1
        cells = [cell.strip() for cell in text.split(",")]
        time, watts, mark = _line(cells, options)
        if time is None or watts is None:
            file.tally.reject(line, "has no time or no watts")
            continue
        log = logs.setdefault(mark, PowerLog(NAME, zone=options.time_zone))
        log.add_power(time[0], watts, part="node")
        if not time[1] and options.time_zone is None:
            log.note(LOCAL_TIME)
    has_test = any(_TESTING.search(mark) for mark in logs)
    for mark, log in logs.items():
        if mark in ("", _NONE) and len(logs) > 1:
            file.tally.note("Readings without a mark are left out.")
        elif _RANGING.search(mark) and has_test:
            file.tally.note(_RANGED)
        elif (run := log.run("wall", name=words(mark))) is not None:
            yield run


def _line(cells: list[str], options: ReadOptions) -> tuple[tuple[float, bool] | None, float | None, str]:
    """Return the time, the power [W] and the mark of a line: the total, or else the sum of its channels."""
    time, mark, total, channels = None, "", None, 0.0
    in_channel = False
    for name, value in pairwise(cells):
        word = name.casefold()
        if _CHANNEL.fullmatch(name):
            in_channel = True
        elif word == "time" and time is None:
            time = options.moment(value)
        elif word == "mark":
            mark = value
        elif word == "watts":
            watts = number(value)
            if watts is None or watts < 0:
                continue
            if in_channel:
                channels += watts
            elif total is None:
                total = watts
    return time, total if total is not None else channels or None, mark
