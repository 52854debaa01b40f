"""Chips of laptops: macOS's powermetrics, and Intel's Power Gadget. What they state is the chip alone."""

import re
from collections.abc import Iterator
from datetime import datetime

from greentrain.importing.foreign_file import CsvText, ForeignFile, header_in
from greentrain.importing.foreign_run import ForeignRun, ReadOptions
from greentrain.importing.values import amount
from greentrain.units import WATT_SECONDS_PER_KWH

NAME = "powermetrics"
TITLE = "macOS's powermetrics and Intel's Power Gadget"
WORDS = frozenset(("sampled", "system", "activity", "package", "elapsed", "rdtsc"))
_SAMPLE = re.compile(r"\*\*\* Sampled system activity \((.*)\) \(([\d.]+)\s*ms elapsed\) \*\*\*")
_POWER = re.compile(
    r"(ANE|DRAM|CPU|GPU|Package|Combined|Intel energy model derived package) Power[^:]*:\s*([\d.]+)\s*(mW|W)"
)
_MACHINE = re.compile(r"Machine model:\s*(.+)")
_DATES = ("%a %b %d %H:%M:%S %Y %z", "%d %b %Y %H:%M:%S %z")
_PARTS = {"CPU": "cpu", "GPU": "gpu", "DRAM": "memory", "ANE": "cpu"}
_WHOLE = ("Package", "Combined", "Intel energy model derived package")
_ELAPSED, _PACKAGE, _MEMORY = (
    "elapsed time (sec)",
    "cumulative processor energy_0(joules)",
    "cumulative dram energy_0(joules)",
)
_GADGET = (_ELAPSED, _PACKAGE)
_MILLI = 1e-3


def recognises(head: str) -> bool:
    """Whether there is a sample of powermetrics, or Power Gadget's header."""
    return _SAMPLE.search(head) is not None or header_in(head, _GADGET) is not None


def read(file: ForeignFile, options: ReadOptions) -> Iterator[ForeignRun]:
    """Yield the one run of a file."""
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

    def begin(self, date: str, milliseconds: float) -> None:
        """Begin a sample, which the text dates by its end."""
        self.close()
        self.elapsed = milliseconds * _MILLI
        ended = _moment(date)
        if ended is not None:
            self.first = ended - self.elapsed if self.first is None else self.first
            self.last = ended


def _powermetrics(file: ForeignFile) -> ForeignRun | None:
    chip = _Chip()
    for text in file.lines():
        if sample := _SAMPLE.search(text):
            file.tally.rows += 1
            chip.begin(sample[1], amount(sample[2]) or 0.0)
        elif power := _POWER.match(text.strip()):
            chip.sample[power[1]] = (amount(power[2]) or 0.0) * (_MILLI if power[3] == "mW" else 1.0)
        elif machine := _MACHINE.match(text):
            chip.machine = machine[1].strip()
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
    last: tuple[float, float, float] | None = None
    first = ""
    for line, row in CsvText(file, _GADGET).rows():
        seconds, joules = amount(row[_ELAPSED]), amount(row[_PACKAGE])
        if seconds is None or joules is None:
            file.tally.reject(line, "has no time or no energy")
            continue
        first = first or f"{row.get('system time')}:{row.get('rdtsc')}"
        last = seconds, joules, amount(row.get(_MEMORY)) or 0.0
    if last is None:
        return None
    seconds, package, memory = last
    return ForeignRun(
        key=f"{NAME}:{first}",
        duration_seconds=seconds,
        energy_kwh={"cpu": package / WATT_SECONDS_PER_KWH, "memory": memory / WATT_SECONDS_PER_KWH},
        measured_energy_kwh=(package + memory) / WATT_SECONDS_PER_KWH,
        flags=("missing_time",),
        notes=("It is the chip and its memory alone; the file has times of day and no date.",),
    )
