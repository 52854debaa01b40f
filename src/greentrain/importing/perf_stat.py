"""Energies of processors that perf and LIKWID count: of packages and memory, each joule once, a run for each command.

Cores and the graphics of a package are parts of it; the platform holds packages and memory.
"""

import json
import re
from collections.abc import Iterator

from greentrain.importing.foreign_file import ForeignFile
from greentrain.importing.foreign_run import ForeignRun, ReadOptions
from greentrain.importing.values import LOCAL_TIME, amount, words
from greentrain.units import WATT_SECONDS_PER_KWH

NAME = "perf"
TITLE = "energies of perf stat and LIKWID"
WORDS = frozenset(("joules", "performance", "counter", "elapsed", "domain", "runtime", "energy"))
_NUMBER = r"(?<![\d.,])(\d[\d.,'\u202f\u00a0]{0,40})"
_LONGEST_LINE = 1000
"""Characters of a line that are looked at. [1]"""

_COUNTED = re.compile(rf"{_NUMBER}\s{{1,40}}Joules\s{{1,40}}\S{{0,200}}?energy-(\w+)")
_LISTED = re.compile(r"(?:^\s*(\d+\.\d+)[,;]|^\s*|[,;])(\d+(?:\.\d+)?)[,;]Joules[,;][^,;]*?energy-(\w+)/?[,;](\d+)?")
_TIMED = re.compile(rf"\s*(\d+[.,]\d+)\s+(?:S\d+\S*\s+\d+\s+)?{_NUMBER}\s+Joules\s+\S*?energy-")
_ELAPSED = re.compile(rf"{_NUMBER}\s+(?:\+-\s+\S+\s+)?seconds time elapsed")
_BEGINS = re.compile(r"Performance counter stats for (?:'(.*?)'|(system wide))(?: \((\d+) runs\))?")
_STARTED = re.compile(r"# started on (.+)")
_JSON = re.compile(r'"unit"\s*:\s*"Joules"')
_DOMAIN, _CONSUMED = re.compile(r"Domain (\w+):"), re.compile(rf"Energy consumed: {_NUMBER} Joules")
_RUNTIME = re.compile(rf"Runtime: {_NUMBER} s\b")
_GROUP = re.compile(r"^\|?\s*(Runtime \(RDTSC\) \[s\]|Energy(?: DRAM)? \[J\])( STAT)?\s*[|,](.*)")
_PARTS = {"pkg": "cpu", "ram": "memory", "dram": "memory", "psys": "platform", "platform": "platform"}
_UNCOUNTED = "An energy was not counted: it is left out."
_MEAN = "It is the mean of {} runs of the command."
_CHIP = "It is the processors and their memory alone, of everything that ran on the computer."


def recognises(head: str) -> bool:
    """Whether there are joules of perf's or LIKWID's events."""
    every = (_COUNTED, _LISTED, _JSON, _CONSUMED)
    return any(each.search(head) for each in every) or (_GROUP_ENERGY.search(head) is not None)


_GROUP_ENERGY = re.compile(r"^\|?[ \t]{0,40}Energy \[J\](?: STAT)?[ \t]{0,40}[|,]", re.MULTILINE)


def read(file: ForeignFile, options: ReadOptions) -> Iterator[ForeignRun]:
    """Yield a run for each command whose counts the file holds."""
    block, started = _Block(), ""
    for line, whole in enumerate(file.lines(), 1):
        text = whole[:_LONGEST_LINE]
        begins = _BEGINS.search(text)
        if (begins or _RUNTIME.search(text)) and block.joules:
            yield from block.runs(file, options)
            block = _Block()
        if begins:
            block.started, block.name, block.count = started, words(begins[1]), int((begins[3] or "1")[:9])
        elif stamp := _STARTED.search(text):
            started = stamp[1].strip()
        elif "<not " in text and "Joules" in text:
            file.tally.note(_UNCOUNTED)
        elif block.take(text):
            file.tally.rows += 1
        elif '"unit"' in text and "Joules" in text and not block.take_json(text):
            file.tally.rows += 1
            file.tally.reject(line, "is no JSON object with a counter")
    yield from block.runs(file, options)


def _plain(text: str) -> float:
    """Read a number of any locale: the last of points and commas, or one that stands alone, is the decimal one."""
    marks = [mark for mark in text if mark in ".,"]
    if marks and (len({*marks}) > 1 or len(marks) == 1):
        whole, _, part = text.rpartition(marks[-1])
        text = f"{re.sub(r'[^0-9]', '', whole)}.{part}"
    return amount(re.sub(r"[^0-9.]", "", text) if len(marks) < 2 else text.replace(",", "")) or 0.0


class _Block:
    """What was read of one command."""

    def __init__(self) -> None:
        self.name: str | None = None
        self.started = ""
        self.count = 1
        self.joules: dict[str, float] = {}
        self.seconds = 0.0
        self._domain = ""

    def _add(self, event: str, joules: float) -> None:
        part = _PARTS.get(event.casefold())
        if part is not None:
            self.joules[part] = self.joules.get(part, 0.0) + joules

    def take(self, text: str) -> bool:
        """Read a line; tell whether it is of use."""
        if elapsed := _ELAPSED.search(text) or _RUNTIME.search(text):
            self.seconds = _plain(elapsed[1])
        elif listed := _LISTED.search(text):
            self._add(listed[3], amount(listed[2]) or 0.0)
            time = (amount(listed[1]) or 0.0) if listed[1] else (amount(listed[4]) or 0.0) * 1e-9
            self.seconds = max(self.seconds, time)
        elif counted := _COUNTED.search(text):
            if timed := _TIMED.match(text):
                self.seconds = max(self.seconds, _plain(timed[1]))
            self._add(counted[2], _plain(counted[1]))
        elif domain := _DOMAIN.match(text):
            self._domain = domain[1]
        elif consumed := _CONSUMED.search(text):
            self._add(self._domain, _plain(consumed[1]))
        elif group := _GROUP.match(text):
            return self._take_group(group[1], group[2] is not None, group[3])
        else:
            return False
        return True

    def _take_group(self, name: str, is_sum: bool, rest: str) -> bool:
        """Read a row of LIKWID's groups: a value for each thread, or their sum, lowest, highest and mean."""
        values = [value for cell in re.split(r"[|,]", rest) if (value := amount(cell.strip())) is not None]
        if not values:
            return False
        if name.startswith("Runtime"):
            self.seconds = values[2] if is_sum and len(values) > 2 else max(values)
        else:  # the table of sums comes behind that of threads, and takes its place
            self.joules["memory" if "DRAM" in name else "cpu"] = values[0] if is_sum else sum(values)
        return True

    def take_json(self, text: str) -> bool:
        """Read a line of `perf stat -j`."""
        try:
            item = json.loads(text.strip().rstrip(","))
            event = re.search(r"energy-(\w+)", str(item["event"]))
            joules = amount(str(item["counter-value"])) or 0.0
        except (ValueError, RecursionError, KeyError, TypeError):
            return False
        if event:
            self._add(event[1], joules)
        nanoseconds = amount(item.get("event-runtime")) or 0.0
        self.seconds = max(self.seconds, amount(item.get("interval")) or nanoseconds * 1e-9)
        return True

    def runs(self, file: ForeignFile, options: ReadOptions) -> Iterator[ForeignRun]:
        """Yield the run of the command, if there was one."""
        parts = {name: joules / WATT_SECONDS_PER_KWH for name, joules in self.joules.items() if name != "platform"}
        total = max(self.joules.get("platform", 0.0) / WATT_SECONDS_PER_KWH, sum(parts.values()))
        if not total:
            return
        began = options.moment(self.started) if self.started else None
        notes = [_CHIP, *([_MEAN.format(self.count)] if self.count > 1 else [])]
        if began and not began[1] and options.time_zone is None:
            notes.append(LOCAL_TIME)
        yield ForeignRun(
            key=f"{NAME}:{self.name}:{self.started}:{total:.9g}:{self.seconds:.6g}",
            name=self.name,
            started=began[0] if began else None,
            ended=began[0] + self.seconds if began else None,
            duration_seconds=self.seconds or None,
            energy_kwh=parts,
            measured_energy_kwh=total,
            flags=() if began else ("missing_time",),
            notes=tuple(notes),
        )
