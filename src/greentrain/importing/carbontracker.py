"""carbontracker: its log of powers by epoch, and what it prints, also pasted into Markdown or a notebook.

The log has the devices' energy; what is printed holds a PUE. Predictions in the same form are no measurement. Versions
before 2.0 log a list with the power of each device, later ones the mean of all.
"""

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from greentrain.importing.foreign_file import ForeignFile
from greentrain.importing.foreign_run import ForeignRun, ReadOptions
from greentrain.importing.limits import limit
from greentrain.importing.values import LOCAL_TIME, amount, clock_seconds
from greentrain.units import G_PER_KG, SECONDS_PER_HOUR, W_PER_KW

NAME = "carbontracker"
TITLE = "carbontracker's logs"
WORDS = frozenset(("carbontracker", "actual", "predicted", "consumption", "epoch", "energy", "co2eq", "monitoring"))
ANYWHERE = True
"""What it prints stands at the end of a training's log."""

_ACTUAL = re.compile(r"Actual consumption(?: for \d+ epoch|\s*:)")
_PREDICTED = re.compile(r"Predicted consumption for (\d+) epoch")
_ITEM = re.compile(r"\b(Time|Energy|CO2eq):\s*([\w.:, -]+)")
_VERSION = re.compile(r"carbontracker version")
_DATE = re.compile(r"\s*(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d)")
_PUE = re.compile(r"PUE (?:coefficient )?(?:of )?(\d+(?:\.\d+)?)")
_FOUND = re.compile(r"(GPU|CPU) with device\(s\) (.+?)(?=\. CPU with|\. GPU with|\.?\s*$)")
_EPOCH = re.compile(r"\bEpoch (\d+)")
_DURATION = re.compile(r"\bDuration:\s*(.+)")
_POWER = re.compile(r"Average power usage \(W\) for (gpu|cpu)\w*:\s*(\[?)([^\]]*)(\]?)", re.IGNORECASE)
_ZONE = re.compile(r"\w+:\d+")
_NO_ACCELERATOR = "ANE"
"""What an Apple chip has beside its GPU, and in the GPU's power."""
_PLACE = re.compile(r"detected location:? (.+?)(?::? \[|\.?\s*$)")
_DAYS = re.compile(r"(\d+) days?,\s*(.*)")
_LONGEST_LIST = 10_000
_FILE = re.compile(r"(.+)_carbontracker(?:_output)?\.log")
_PREDICTIONS = "Predicted consumption is no measurement: it is left out."
_OF_EACH = "A power in it is the mean of several devices: it is taken once for each of them."
_OF_ONE = "It had several accelerators: carbontracker from 2.0 on states the energy of one, with their mean power."
_ASSUMED_PUE = "Its energy holds a PUE, taken as {}, carbontracker's own, which is taken out."


def recognises(head: str) -> bool:
    """Whether there are powers as its log has them, its version, or a consumption that it prints."""
    return _POWER.search(head) is not None or (
        any(word.search(head) for word in (_VERSION, _ACTUAL, _PREDICTED)) and "carbontracker" in head.casefold()
    )


def read(file: ForeignFile, options: ReadOptions) -> Iterator[ForeignRun]:
    """Yield the runs of a file: one of its own log, one for each consumption that is printed."""
    session = _Session(file, options)
    for line in file.lines():
        for text in line.split("\\n"):  # a notebook holds the text of many lines in one
            session.take(text.replace("\\t", "\t"))
    yield from session.runs()


def _seconds(text: str) -> float | None:
    """Read ``0:00:09``, ``315:43:29`` or ``1 day, 2:03:04``. [s]"""
    days, rest = 0, text.strip()
    if found := _DAYS.match(rest):
        days, rest = int(found[1][:9]), found[2]
    seconds = clock_seconds(rest.split()[0] if rest.split() else "")
    return None if seconds is None else days * 86_400 + seconds


def _nearer(place: str) -> Iterator[str]:
    """Yield a place as it is written, then without what is smaller: ``Copenhagen, Capital Region, DK`` ends as DK."""
    parts = [part.strip() for part in place.split(",")]
    yield from (", ".join(parts[start:]) for start in range(len(parts)))


class _Session:
    """What was read so far of a file."""

    def __init__(self, file: ForeignFile, options: ReadOptions) -> None:
        self._file, self._options = file, options
        self._first: float | None = None
        self._last: float | None = None
        self._pue: float | None = None
        self._accelerators: dict[str, float] = {}
        self._cpu: str | None = None
        self._place: str | None = None
        self._duration = 0.0
        self._epochs = self._seconds = 0.0
        self._kwh: dict[str, float] = {}
        self._printed: list[dict[str, str]] = []
        self._into: dict[str, str] | None = None
        self._open: tuple[str, str] | None = None
        self._devices_of = {"gpu": 1, "cpu": 1}
        self._is_of_each = False

    def take(self, text: str) -> None:
        """Read a line; a long list of powers has several."""
        if self._open is not None:
            part, before = self._open
            rest, end, _ = text.partition("]")
            self._open = None if end else (part, f"{before} {rest}")
            if end:
                self._power(part, f"{before} {rest}", is_list=True)
            return
        if date := _DATE.match(text):
            self._date(date[1])
        if pue := _PUE.search(text):
            self._pue = amount(pue[1])
        for kind, names in _FOUND.findall(text):
            self._devices(kind, names)
        if place := _PLACE.search(text):
            self._place = None if place[1].casefold().startswith("unknown") else place[1]
        if _ACTUAL.search(text):
            self._file.tally.rows += 1
            self._into = {}
            self._printed.append(self._into)
        elif _PREDICTED.search(text):
            self._file.tally.rows += 1
            self._file.tally.note(_PREDICTIONS)
            self._into = None
        elif self._into is not None:
            self._into |= {name: self._into.get(name, value) for name, value in _ITEM.findall(text)}
        self._epoch(text)

    def _epoch(self, text: str) -> None:
        if _EPOCH.search(text):
            self._file.tally.rows += 1
        elif duration := _DURATION.search(text):
            self._duration = _seconds(duration[1]) or 0.0
            self._seconds += self._duration
        elif (power := _POWER.search(text)) and power[2] and not power[4]:
            self._open = power[1].casefold(), power[3]
        elif power:
            self._power(power[1].casefold(), power[3], is_list=bool(power[2]))

    def _power(self, part: str, cells: str, *, is_list: bool) -> None:
        """Add the energy of an epoch of its powers, or of their mean. [W]"""
        watts = sum(amount(cell.strip()) or 0.0 for cell in re.split(r"[,\s]+", cells[:_LONGEST_LIST]) if cell)
        if not is_list and self._devices_of[part] > 1:
            watts, self._is_of_each = watts * self._devices_of[part], True
        kwh = watts / W_PER_KW * self._duration / SECONDS_PER_HOUR
        self._kwh[part] = self._kwh.get(part, 0.0) + kwh

    def _date(self, text: str) -> None:
        found = self._options.moment(text)
        if found is not None:
            self._first = found[0] if self._first is None else self._first
            self._last = found[0]

    def _devices(self, kind: str, names: str) -> None:
        if kind == "CPU":
            self._cpu = names.strip().rstrip(".")
            self._devices_of["cpu"] = max(1, len(_ZONE.findall(names)))
            return
        self._accelerators = {}
        for name in re.split(r",\s*(?=[A-Za-z])", names.strip().rstrip(".")):
            if name != _NO_ACCELERATOR:
                self._accelerators[name] = self._accelerators.get(name, 0.0) + 1.0
        self._devices_of["gpu"] = max(1, int(sum(self._accelerators.values())))

    def runs(self) -> Iterator[ForeignRun]:
        """Yield what the file holds."""
        if self._kwh and self._seconds:
            yield self._logged()
        for number, printed in enumerate(self._printed):
            run = self._of_text(number, printed)
            if run is not None and not self._kwh:
                yield run
            elif run is None:
                self._file.tally.reject(number, "states a consumption without an energy")

    def _keys(self, otherwise: Callable[[float | None], str], *, is_alone: bool = True) -> dict[str, Any]:
        """Name a run by what the names of its two files have in common, else by its first moment."""
        named = _FILE.fullmatch(Path(self._file.path).name) if is_alone else None
        first = self._first
        keys = self._options.keys(lambda at: f"{NAME}:{named[1] if named else otherwise(first and at(first))}")
        return dict(zip(("key", "other_keys"), keys, strict=True))

    def _facts(self) -> dict[str, Any]:
        local = self._first is not None and self._options.time_zone is None
        return {
            "accelerators": self._accelerators, "cpu": self._cpu,
            "places": tuple(_nearer(self._place)) if self._place else (),
            "flags": () if self._first is not None else ("missing_time",), "notes": (LOCAL_TIME,) if local else (),
        }  # fmt: skip

    def _logged(self) -> ForeignRun:
        kwh, facts = sum(self._kwh.values()), self._facts()
        if self._is_of_each:
            facts["notes"] = (*facts["notes"], _OF_EACH)
        return ForeignRun(
            **{
                **self._keys(lambda first: f"{first}:{kwh:.6g}"), "started": self._first, "ended": self._last,
                "duration_seconds": self._seconds, "energy_kwh": self._kwh, "measured_energy_kwh": kwh,
                "boundary": "accelerator" if self._kwh.keys() == {"gpu"} else "parts", **facts,
            }
        )  # fmt: skip

    def _of_text(self, number: int, printed: dict[str, str]) -> ForeignRun | None:
        kwh, grams = (amount(printed.get(name, "").strip()) for name in ("Energy", "CO2eq"))
        seconds = _seconds(printed.get("Time", ""))
        if kwh is None:
            return None
        pue = self._pue or limit("carbontracker_pue")
        facts = self._facts()
        notes = facts.pop("notes")
        if self._pue is None:
            notes = (*notes, _ASSUMED_PUE.format(pue))
        if sum(self._accelerators.values()) > 1:
            notes = (*notes, _OF_ONE)
        is_alone = len(self._printed) == 1
        keys = self._keys(lambda first: f"{number}:{seconds}:{kwh}:{grams}:{first}", is_alone=is_alone)
        return ForeignRun(
            **{
                **keys, "started": self._first, "ended": self._last, "duration_seconds": seconds,
                "measured_energy_kwh": kwh / pue, "pue": pue, "notes": notes,
                "boundary": "accelerator" if self._accelerators and self._cpu is None else "parts",
                "energy_kwh": {"gpu": kwh / pue} if self._accelerators and self._cpu is None else {},
                "reported_kg": None if grams is None else grams / G_PER_KG, **facts,
            }
        )  # fmt: skip
