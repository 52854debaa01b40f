"""What an import doubts or does not know, by reasons: how many runs, how much energy and time, and examples."""

import re
from collections.abc import Iterable, Sequence

from greentrain.importing.gate import DOUBTS, PARTS, SAME_WORK, SUSPECT, UNCOUNTED, Finding, KnownDevice
from greentrain.importing.imported_run import ImportedRun
from greentrain.record import Record

MOST_EXAMPLES = 3
"""How many runs are named of each reason. [1]"""

_NUMBER = re.compile(r"(?<![A-Za-z\d.])(\d[\d,]*(?:\.\d+)?(?:e[+-]\d+)?)(?![\dA-Za-z])")
_OTHER_RECORD = re.compile(r"(?<=^It is the work of ).*(?= \([\w-]+\), )", re.DOTALL)

_ANY_TYPE = (
    "Nobody knows what their accelerators are: all of data centers are in the interval. "
    "--map FILE says what a type is, and --suggest-map begins a map."
)
_NO_TYPE = (
    "The files do not say what their accelerators are: all of data centers are in the interval. "
    "--gpu NAME says it of all, --map FILE of each partition, and --suggest-map begins a map."
)
_PART = (
    "They had parts of accelerators, and a site decides how many one has: a map with device and share says it "
    '([gpu."shard"], --map FILE).'
)
_NO_NUMBER = "How many accelerators they had cannot be read."
_NO_HARDWARE = "Neither accelerators nor cores are stated."
_NO_TIME = "No time is stated in which they ran."
_NO_ESTIMATE = "Their numbers are outside of what is estimated, such as hours of more than a century."


class ImportDoubt(Record):
    """Runs of which the same is doubted.

    Attributes
    ----------
    flag : str
        What it is, a word.
    reason : str
        A sentence; of numbers in which the runs differ the least and the greatest.
    runs : int
        How many. [1]
    measured_energy_kwh : float
        What their files record. [kWh]
    examples : tuple of str
        Ids of the first of them.
    names : tuple of str
        What these are called; their ids where they have no name.
    is_in_totals : bool
        Whether totals hold them.
    verdict : {'suspect', 'implausible', 'ok'}
        What it says of their energies.
    """

    flag: str
    reason: str
    runs: int
    measured_energy_kwh: float
    examples: tuple[str, ...]
    names: tuple[str, ...]
    is_in_totals: bool
    verdict: str


class _Alike:
    """Runs whose reasons differ in numbers alone."""

    def __init__(self) -> None:
        self.runs, self.kwh = 0, 0.0
        self.examples: dict[str, str] = {}
        self.numbers: list[tuple[str, str]] = []

    def widen(self, numbers: Sequence[str]) -> None:
        """Take further numbers into the ranges."""
        every = [(each, each) for each in numbers]
        self.numbers = [
            (min(low, new, key=_value), max(high, new, key=_value))
            for (low, high), (new, _) in zip(self.numbers or every, every, strict=True)
        ]


class DoubtCounts:
    """Counts runs by what is doubted of them.

    Attributes
    ----------
    left_out, beside, suspects : int
        Runs in doubt that no total holds, records of works that other runs hold, and runs that are suspect. [1]
    by_file : dict of str to int
        How many of each file's runs are in doubt. [1]
    """

    def __init__(self) -> None:
        self._alike: dict[tuple[str, tuple[str, ...], bool], _Alike] = {}
        self.left_out = self.beside = self.suspects = 0
        self.by_file: dict[str, int] = {}

    def add(self, run: ImportedRun) -> None:
        """Count a run."""
        if not run.findings:
            return
        is_beside = SAME_WORK in run.flags
        if is_beside:
            self.beside += 1
        elif run.is_doubted:
            self.left_out += not run.is_counted
            self.by_file[run.file] = self.by_file.get(run.file, 0) + 1
        else:
            self.suspects += 1
        names = {run.id: run.stated.name or run.id}
        for finding in run.findings:
            is_in = finding.flag not in DOUBTS or (run.is_kept and finding.flag != SAME_WORK)
            self.count([finding], 1, run.stated.measured_energy_kwh or 0.0, names, is_in_totals=is_in)

    def count(
        self, findings: Iterable[Finding], runs: int, kwh: float, names: dict[str, str], *, is_in_totals: bool
    ) -> None:
        """Count runs alike, by findings that hold the least and the greatest of their numbers, and some names by id."""
        key = None
        for finding in findings:
            pieces = _NUMBER.split(_OTHER_RECORD.sub("another record", finding.reason))
            key = (finding.flag, tuple(pieces[::2]), is_in_totals)
            self._alike.setdefault(key, _Alike()).widen(pieces[1::2])
        if key is not None:
            alike = self._alike[key]
            alike.runs += runs
            alike.kwh += kwh
            for id, name in names.items():
                if len(alike.examples) < MOST_EXAMPLES:
                    alike.examples[id] = name

    def merge(self, other: "DoubtCounts") -> None:
        """Add runs that were counted elsewhere, whose files count them too."""
        self.left_out += other.left_out
        self.suspects += other.suspects
        for key, alike in other._alike.items():
            mine = self._alike.setdefault(key, _Alike())
            for end in (0, 1):
                mine.widen([each[end] for each in alike.numbers])
            mine.runs += alike.runs
            mine.kwh += alike.kwh
            mine.examples = dict([*mine.examples.items(), *alike.examples.items()][:MOST_EXAMPLES])

    def doubts(self) -> tuple[ImportDoubt, ...]:
        """Return what is doubted, of the most runs first; what is suspect comes last."""
        found = (
            ImportDoubt(
                flag, _written(words, alike.numbers), alike.runs, alike.kwh, tuple(alike.examples),
                tuple(alike.examples.values()), is_in, Finding(flag, "", True).verdict,
            )
            for (flag, words, is_in), alike in self._alike.items()
        )  # fmt: skip
        return tuple(sorted(found, key=lambda each: (each.verdict == SUSPECT, -each.runs)))


def _value(number: str) -> float:
    return float(number.replace(",", ""))


def _written(words: Sequence[str], numbers: Sequence[tuple[str, str]]) -> str:
    """Write a reason with the ranges of its numbers."""
    ranges = (low if _value(low) == _value(high) else f"{low} to {high}" for low, high in numbers)
    return "".join(word + number for word, number in zip(words, [*ranges, ""], strict=True))


class ImportRemark(Record):
    """Runs of which too little is known.

    Attributes
    ----------
    reason : str
        What is not known, and what tells it.
    runs : int
        How many. [1]
    gpu_hours, cpu_core_hours : float
        Hours of boards and cores. [h]
    gpus : tuple of str
        The types in question, as the files write them.
    is_in_sums : bool
        Whether sums of energy hold them, over a wide interval.
    """

    reason: str
    runs: int
    gpu_hours: float
    cpu_core_hours: float
    gpus: tuple[str, ...]
    is_in_sums: bool


class RemarkCounts:
    """Counts runs of which too little is known."""

    def __init__(self) -> None:
        self._counts: dict[str, list[float]] = {}
        self._gpus: dict[str, dict[str, None]] = {}

    def add(self, run: ImportedRun, *, has_energy: bool) -> None:
        """Count a run whose energy is known, or is not."""
        reason = reason_of(run, has_energy=has_energy)
        if reason:
            self.count(reason, run.devices, 1, run.gpu_hours, run.cpu_core_hours)

    def count(
        self, reason: str, devices: Iterable[KnownDevice], runs: int, gpu_hours: float, core_hours: float
    ) -> None:
        """Count runs on the same hardware."""
        counts = self._counts.setdefault(reason, [0, 0.0, 0.0])
        for place, number in enumerate((runs, gpu_hours, core_hours)):
            counts[place] += number
        names = (
            device.written.removeprefix(UNCOUNTED).lstrip(":")
            for device in devices
            if device.profile is None or not device.has_estimate
        )
        self._gpus.setdefault(reason, {}).update(dict.fromkeys(filter(None, names)))

    def merge(self, other: "RemarkCounts") -> None:
        """Add the runs that were counted elsewhere."""
        for reason, counts in other._counts.items():
            self.count(reason, (), int(counts[0]), counts[1], counts[2])
            self._gpus[reason].update(other._gpus[reason])

    def remarks(self) -> tuple[ImportRemark, ...]:
        """Return what was counted, those in sums first."""
        found = (
            ImportRemark(
                reason, int(runs), gpu_hours, core_hours, tuple(self._gpus[reason]), reason in (_ANY_TYPE, _NO_TYPE)
            )
            for reason, (runs, gpu_hours, core_hours) in self._counts.items()
        )
        return tuple(sorted(found, key=lambda each: (not each.is_in_sums, -each.runs)))


def reason_of(run: ImportedRun, *, has_energy: bool) -> str:
    """Return what is not known of a run whose energy, with an estimate's, is known or not; nothing where all is."""
    if has_energy:
        is_estimated = not (run.is_usable and run.stated.measured_energy_kwh)
        unknown = [device.written for device in run.devices if device.profile is None] if is_estimated else []
        if not unknown:
            return ""
        return _ANY_TYPE if any(unknown) else _NO_TYPE
    if any(device.written.partition(":")[0] == UNCOUNTED for device in run.devices):
        return _NO_NUMBER
    if any(device.written.partition(":")[0] in PARTS and not device.has_estimate for device in run.devices):
        return _PART
    if not (run.devices or run.stated.cpu_cores):
        return _NO_HARDWARE
    return _NO_ESTIMATE if run.hours > 0 else _NO_TIME
