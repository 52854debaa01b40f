"""matcha (usematcha): sessions as lines of JSON, with the accelerators' energy of each step, and the line it prints.

Of a session that was killed there is no end: its steps hold what was read.
"""

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from greentrain.importing.foreign_file import ForeignFile
from greentrain.importing.foreign_run import ForeignRun, ReadOptions
from greentrain.importing.values import amount, words
from greentrain.units import WATT_SECONDS_PER_KWH

NAME = "usematcha"
TITLE = "matcha's sessions (usematcha)"
WORDS = frozenset(("session_start", "session_end", "step", "run_id", "energy_j", "energy_source", "matcha_version"))
ANYWHERE = True
"""What it prints stands at the end of a training's log."""

_START = re.compile(r'"type":\s*"session_start"')
_ITS = re.compile(r'"(?:matcha_version|energy_source)"')
_PRINTED = re.compile(
    r"matcha_energy gpus:(?:(\d{1,6})x )?(.{1,100}?) total:(\d[\d.]*)J \(.{1,40}\) duration:(\d[\d.]*)s"
)
_TYPES = ("session_start", "step", "session_end")
_MOST_ACCELERATORS = 100_000
_KILLED = "It has no end: the energies of its steps are added up, what was between and behind them is not known."
_NOTHING = "Sessions without an end and without steps are left out: they state no energy."
_POLLED = "Its energy is that of polled powers: the accelerators have no counter."


def recognises(head: str) -> bool:
    """Whether a session begins, or its energy is printed."""
    return (_START.search(head) is not None and _ITS.search(head) is not None) or _PRINTED.search(head) is not None


def read(file: ForeignFile, options: ReadOptions) -> Iterator[ForeignRun]:
    """Yield the sessions of a file; of a file with records of sessions, what is printed of them is left out."""
    sessions: dict[str, _Session] = {}
    printed: list[ForeignRun] = []
    for line, text in enumerate(file.lines(), 1):
        record = _record(text)
        if record is not None:
            file.tally.rows += 1
            id = words(str(record.get("run_id") or "")) or "session"
            sessions.setdefault(id, _Session(id)).take(record, options)
        elif found := _PRINTED.search(text):
            file.tally.rows += 1
            printed.append(_of_text(found, len(printed)))
        elif text.lstrip().startswith("{") and '"energy_j"' in text:
            file.tally.rows += 1
            file.tally.reject(line, "is no JSON")
    for session in sessions.values():
        run = session.run()
        if run is None:
            file.tally.note(_NOTHING)
        else:
            yield run
    if not sessions:
        yield from printed


def _record(text: str) -> dict[str, Any] | None:
    if not text.lstrip().startswith("{"):
        return None
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) and found.get("type") in _TYPES else None


def _of_text(found: re.Match[str], number: int) -> ForeignRun:
    count, name, joules, seconds = found.groups()
    kwh = (amount(joules) or 0.0) / WATT_SECONDS_PER_KWH
    return ForeignRun(
        key=f"{NAME}:{number}:{found[0]}",
        duration_seconds=amount(seconds),
        accelerators={name: float(min(int(count or 1), _MOST_ACCELERATORS))},
        energy_kwh={"gpu": kwh},
        measured_energy_kwh=kwh,
        boundary="accelerator",
        flags=("missing_time",),
    )


class _Session:
    """What was read so far of a session."""

    def __init__(self, id: str) -> None:
        self._id = id
        self._start: Mapping[str, Any] = {}
        self._end: Mapping[str, Any] = {}
        self._began: float | None = None
        self._last: float | None = None
        self._joules = self._seconds = 0.0
        self._counted: list[object] = []

    def take(self, record: Mapping[str, Any], options: ReadOptions) -> None:
        """Add a record."""
        time = options.moment(str(record.get("ts") or ""))
        self._last = time[0] if time else self._last
        devices = record.get("gpus")
        self._counted = devices if isinstance(devices, list) else self._counted
        if record["type"] == "session_start":
            self._start, self._began = record, self._last
        elif record["type"] == "session_end":
            self._end = record
        else:
            self._joules += amount(record.get("energy_j")) or 0.0
            self._seconds += amount(record.get("duration_s")) or 0.0

    def run(self) -> ForeignRun | None:
        """Return the run; None of a session without an energy."""
        is_whole = bool(self._end)
        joules = amount(self._end.get("total_energy_j")) if is_whole else self._joules
        seconds = amount(self._end.get("duration_s")) if is_whole else self._seconds
        if joules is None or not seconds:
            return None
        began = self._began if self._began is not None or self._last is None else self._last - seconds
        labels, command = self._start.get("labels"), self._start.get("cmd")
        named = words(str(labels.get("name") or "")) if isinstance(labels, dict) else None
        polled = "polled" in (self._end.get("energy_source"), self._start.get("energy_source"))
        return ForeignRun(
            key=f"{NAME}:{self._id}",
            name=named or (words(" ".join(map(str, command[:20]))) if isinstance(command, list) else None),
            status=None if is_whole else "stopped",
            started=began,
            ended=self._last,
            duration_seconds=seconds,
            accelerators=self._accelerators(),
            energy_kwh={"gpu": joules / WATT_SECONDS_PER_KWH},
            measured_energy_kwh=joules / WATT_SECONDS_PER_KWH,
            boundary="accelerator",
            hosts=words(str(self._start.get("hostname") or "")),
            flags=() if began is not None else ("missing_time",),
            notes=(*(() if is_whole else (_KILLED,)), *((_POLLED,) if polled else ())),
        )

    def _accelerators(self) -> dict[str, float]:
        """Count the accelerators by name, as its start lists them; without one, those that have energies."""
        devices = self._start.get("gpus")
        counted = devices if isinstance(devices, list) else self._counted
        found: dict[str, float] = {}
        for device in counted[:_MOST_ACCELERATORS]:
            name = words(str(device.get("name") or "")) or "" if isinstance(device, dict) else ""
            found[name] = found.get(name, 0.0) + 1.0
        return found
