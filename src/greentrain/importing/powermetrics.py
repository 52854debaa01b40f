"""Chips of laptops: macOS's powermetrics, text and property lists, and Intel's Power Gadget. It is the chip alone."""

import plistlib
import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any
from xml.parsers.expat import ExpatError

from greentrain.importing.foreign_file import CsvText, ForeignFile, header_in
from greentrain.importing.foreign_run import ForeignRun, ReadOptions
from greentrain.importing.values import amount
from greentrain.units import WATT_SECONDS_PER_KWH

NAME = "powermetrics"
TITLE = "macOS's powermetrics and Intel's Power Gadget"
WORDS = frozenset(("sampled", "system", "activity", "package", "elapsed", "rdtsc"))
_SAMPLE = re.compile(r"\*\*\* Sampled system activity \((.*)\) \(([\d.]+)\s*ms elapsed\) \*\*\*")
_POWER = re.compile(
    r"(ANE|DRAM|CPU|GPU|Package|Combined|Intel energy model derived package) [Pp]ower[^:]*:\s*([\d.]+)\s*(mW|W)"
)
_MACHINE = re.compile(r"Machine model:\s*(.+)")
_DATES = ("%a %b %d %H:%M:%S %Y %z", "%d %b %Y %H:%M:%S %z")
_PARTS = {"CPU": "cpu", "GPU": "gpu", "DRAM": "memory", "ANE": "cpu"}
_WHOLE = ("Package", "Combined", "Intel energy model derived package")
_ELAPSED, _PACKAGE = "elapsed time (sec)", "cumulative processor energy_0(joules)"
_COUNTER = re.compile(r"cumulative (processor|dram) energy_\d+\(joules\)")
_GADGET = (_ELAPSED, _PACKAGE)
_LIST_BEGINS, _LIST_ENDS, _LONGEST_LIST = "<plist", "</plist>", 1 << 22
_OF_LISTS = {
    "cpu_power": ("CPU", 1e-3), "gpu_power": ("GPU", 1e-3), "ane_power": ("ANE", 1e-3), "dram_power": ("DRAM", 1e-3),
    "combined_power": ("Combined", 1e-3), "package_power": ("Package", 1e-3), "package_watts": ("Package", 1.0),
}  # fmt: skip
"""Keys of property lists, what they are in the text, and their factor to watts."""

_MILLI = 1e-3


def recognises(head: str) -> bool:
    """Whether there is a sample of powermetrics, or Power Gadget's header."""
    return _SAMPLE.search(head) is not None or _is_list(head) or header_in(head, _GADGET) is not None


def _is_list(head: str) -> bool:
    return _LIST_BEGINS in head[:1000] and "elapsed_ns" in head


def read(file: ForeignFile, options: ReadOptions) -> Iterator[ForeignRun]:
    """Yield the one run of a file."""
    if _is_list(file.head):
        run = _property_lists(file)
    else:
        run = _powermetrics(file) if _SAMPLE.search(file.head) else _power_gadget(file)
    if run is not None:
        yield run


class _Chip:
    """What samples add up to."""

    def __init__(self) -> None:
        self.seconds = self.whole = 0.0
        self.joules: dict[str, float] = {}
        self.sample: dict[str, float] = {}
        self.elapsed = 0.0
        self.first = self.last = None  # type: float | None
        self.machine: str | None = None

    def close(self) -> None:
        """Add the sample that is at hand: its powers for its own time."""
        whole = next((self.sample[name] for name in _WHOLE if name in self.sample), None)
        parts = {name: watts for name, watts in self.sample.items() if name in _PARTS}
        for name, watts in parts.items():
            self.joules[_PARTS[name]] = self.joules.get(_PARTS[name], 0.0) + watts * self.elapsed
        self.whole += (sum(parts.values()) if whole is None else whole) * self.elapsed
        self.seconds += self.elapsed if self.sample else 0.0
        self.sample, self.elapsed = {}, 0.0

    def begin(self, ended: float | None, seconds: float) -> None:
        """Begin a sample, which is dated by its end. [s]"""
        self.close()
        self.elapsed = seconds
        if ended is not None:
            self.first = ended - self.elapsed if self.first is None else self.first
            self.last = ended


def _powermetrics(file: ForeignFile) -> ForeignRun | None:
    chip = _Chip()
    for text in file.lines():
        if sample := _SAMPLE.search(text):
            file.tally.rows += 1
            chip.begin(_moment(sample[1]), (amount(sample[2]) or 0.0) * _MILLI)
        elif power := _POWER.match(text.strip()):
            chip.sample[power[1]] = (amount(power[2]) or 0.0) * (_MILLI if power[3] == "mW" else 1.0)
        elif machine := _MACHINE.match(text):
            chip.machine = machine[1].strip()
    return _run(chip)


def _property_lists(file: ForeignFile) -> ForeignRun | None:
    """Read one property list after the other, with or without a NUL between them."""
    chip, lines, length = _Chip(), list[str](), 0
    for line in file.lines():
        _, begins, behind = line.partition(_LIST_BEGINS)
        if begins:
            lines, length = [], 0
        elif not lines:
            continue
        lines.append(f"{begins}{behind}" if begins else line)
        length += len(line)
        if _LIST_ENDS in line or length > _LONGEST_LIST:
            file.tally.rows += 1
            _take_list(file, chip, "\n".join(lines).partition(_LIST_ENDS)[0] + _LIST_ENDS)
            lines, length = [], 0
    return _run(chip)


def _take_list(file: ForeignFile, chip: _Chip, text: str) -> None:
    try:
        found = plistlib.loads(text.encode("utf-8", "replace"), fmt=plistlib.FMT_XML)
    except (ExpatError, ValueError, OverflowError, TypeError, IndexError, AttributeError, LookupError):
        found = None
    if not isinstance(found, dict):
        file.tally.reject(file.tally.rows, "is no property list")
        return
    ended, elapsed = found.get("timestamp"), amount(found.get("elapsed_ns")) or 0.0
    chip.begin(ended.replace(tzinfo=UTC).timestamp() if isinstance(ended, datetime) else None, elapsed * 1e-9)
    chip.machine = chip.machine or str(found.get("hw_model") or "") or None
    every: list[Mapping[str, Any]] = [
        each for each in (found.get("gpu"), found.get("processor")) if isinstance(each, dict)
    ]
    for key, (name, factor) in _OF_LISTS.items():
        values = [watts for each in every if (watts := amount(each.get(key))) is not None]
        if values:
            chip.sample[name] = values[-1] * factor


def _run(chip: _Chip) -> ForeignRun | None:
    chip.close()
    if not chip.seconds:
        return None
    started = None if chip.last is None or chip.first is None else min(chip.first, chip.last - chip.seconds)
    kwh = {name: joules / WATT_SECONDS_PER_KWH for name, joules in chip.joules.items()}
    return ForeignRun(
        key=f"{NAME}:{chip.machine}:{chip.first}:{chip.whole:.6g}",
        started=started,
        ended=chip.last,
        duration_seconds=chip.seconds,
        cpu=chip.machine,
        energy_kwh=kwh,
        measured_energy_kwh=chip.whole / WATT_SECONDS_PER_KWH,
        flags=() if chip.last is not None else ("missing_time",),
        notes=("It is the chip alone: display, storage and losses are not in it.",),
    )


def _moment(text: str) -> float | None:
    for form in _DATES:
        try:
            return datetime.strptime(text, form).timestamp()
        except (ValueError, OverflowError):
            continue
    return None


def _power_gadget(file: ForeignFile) -> ForeignRun | None:
    seconds, joules, first = 0.0, dict[str, float](), ""
    for line, row in CsvText(file, _GADGET).rows():
        time, package = amount(row[_ELAPSED]), amount(row[_PACKAGE])
        if time is None or package is None:
            file.tally.reject(line, "has no time or no energy")
            continue
        first = first or f"{row.get('system time')}:{row.get('rdtsc')}"
        seconds, joules = time, {}
        for name, cell in row.items():  # a column for each socket
            if found := _COUNTER.fullmatch(name):
                part = "cpu" if found[1] == "processor" else "memory"
                joules[part] = joules.get(part, 0.0) + (amount(cell) or 0.0)
    if not first:
        return None
    energy_kwh = {"memory": 0.0} | {part: each / WATT_SECONDS_PER_KWH for part, each in joules.items()}
    return ForeignRun(
        key=f"{NAME}:{first}",
        duration_seconds=seconds,
        energy_kwh=energy_kwh,
        measured_energy_kwh=sum(energy_kwh.values()),
        flags=("missing_time",),
        notes=("It is the chip and its memory alone; the file has times of day and no date.",),
    )
