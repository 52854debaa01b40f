"""WattAMeter's logs: a column for each sensor with its unit, of energies and powers, below a line for each session."""

import re
from collections.abc import Iterator, Sequence

from greentrain.importing.foreign_file import ForeignFile
from greentrain.importing.foreign_run import ForeignRun, ReadOptions
from greentrain.importing.power_log import PowerLog
from greentrain.importing.values import LOCAL_TIME, amount, unit_of, words

NAME = "wattameter"
TITLE = "WattAMeter's logs"
WORDS = frozenset(("timestamp", "reading-time[ns]", "wattameter", "gpu-0", "cpu-0", "psys"))
_HEADER = re.compile(r"#\s*timestamp\s+reading-time\[")
_SESSION = re.compile(r"#\s*\S+\s+-\s+(?:WattAMeter|Power data for) run\s*(.*)")
_COLUMN = re.compile(r"(.+)\[([^\[\]]+)\]")
_DEVICES = (
    ("gpu", re.compile(r"gpu-\d+")),
    ("memory", re.compile(r".*dram(?:-r\d+)?")),
    ("cpu", re.compile(r"cpu-\d+(?:-r\d+)?")),
)
"""What each sensor reads. Cores and the like are parts of a CPU, and the platform holds what others read."""

_COPY = re.compile(r"-r\d+$")
_SAME_JOULES = 1.0
"""Two zones of one name whose counters are nearer to each other are one, by two interfaces of the kernel. [J]"""

_COPIED = "Zones of one counter are read once."


class _Column:
    """Where a sensor's readings stand: its name, part, place, and unit."""

    def __init__(self, name: str, part: str, place: int, unit: tuple[str, float]) -> None:
        self.name, self.part, self.place = name, part, place
        self.is_counter, self.factor = unit[0] == "J", unit[1]


def recognises(head: str) -> bool:
    """Whether a header names times, how long a reading took, and sensors."""
    return any(_HEADER.match(line.lstrip()) for line in head.splitlines()[:50])


def read(file: ForeignFile, options: ReadOptions) -> Iterator[ForeignRun]:
    """Yield a run for each id of a session, or one of a file without."""
    logs: dict[str, PowerLog] = {}
    columns: list[_Column] = []
    names: list[str] = []
    session = ""
    for line, text in enumerate(file.lines(), 1):
        cells = text.lstrip("# ").split()
        if found := _SESSION.match(text.strip()):
            session = found[1].strip()
        elif _HEADER.match(text.strip()):
            names, columns = cells, []
        elif cells and names and not text.lstrip().startswith("#"):
            file.tally.rows += 1
            columns = columns or _columns(names, cells, file)
            log = logs.setdefault(session, PowerLog(NAME, options.covered, zone=options.time_zone))
            if not _take(log, cells, columns, options):
                file.tally.reject(line, "has no time")
    for id, log in logs.items():
        run = log.run(name=words(id))
        if run is not None:
            yield run


def _columns(names: Sequence[str], first: Sequence[str], file: ForeignFile) -> list[_Column]:
    """Return the sensors that count, once each, of which the first row tells."""
    found: list[_Column] = []
    counters: dict[str, list[float]] = {}
    copies: set[str] = set()
    for place, text in enumerate(names):
        match = _COLUMN.fullmatch(text)
        part = next((part for part, form in _DEVICES if match and form.fullmatch(match[1])), "")
        unit = unit_of(match[2]) if match else None
        if match is None or not part or unit is None or unit[0] == "s":
            continue
        column = _Column(match[1], part, place, unit)
        if column.is_counter and _is_copy(column, first, counters.setdefault(_COPY.sub("", match[1]), [])):
            file.tally.note(_COPIED)
            copies.add(column.name)
        if column.name not in copies:
            found.append(column)
    return found


def _is_copy(column: _Column, first: Sequence[str], known: list[float]) -> bool:
    value = amount(first[column.place]) if column.place < len(first) else None
    if value is None or not _COPY.search(column.name):
        return False
    joules = value * column.factor
    is_known = any(abs(joules - other) <= _SAME_JOULES for other in known)
    known.append(joules)
    return is_known


def _take(log: PowerLog, cells: Sequence[str], columns: Sequence[_Column], options: ReadOptions) -> bool:
    """Add a row's readings; tell whether it has a time."""
    time = options.moment(cells[0].replace("_", " ", 1))
    if time is None:
        return False
    if not time[1] and options.time_zone is None:
        log.note(LOCAL_TIME)
    for column in columns:
        value = amount(cells[column.place]) if column.place < len(cells) else None
        if value is not None:
            add = log.add_counter if column.is_counter else log.add_power
            add(time[0], value * column.factor, column.name, part=column.part)
    return True
