"""A meter fed from a recorded file, for tests: of greentrain, and of programs that use it."""

import json
import os
import time
from itertools import pairwise
from math import inf, isfinite

from greentrain.errors import DataError
from greentrain.journal.records import COMPONENTS
from greentrain.meter.base import Component, Reading, SimpleMeter
from greentrain.meter.settings import MeterSettings
from greentrain.units import WATT_SECONDS_PER_KWH

_KEYS = {f"{kind}_w": kind for kind in COMPONENTS}
_Powers = dict[str, float]


class ReplayMeter(SimpleMeter):
    """A meter that replays recorded power.

    Parameters
    ----------
    path : path
        JSON lines, each ``{"seconds": 0, "gpu_w": 300, "cpu_w": 60, "memory_w": 8}``: from so many seconds after the
        run's start on, these powers [W]. A component that a line leaves out, or gives as null, is not measured then.
        A line with ``"error": "text"`` instead makes readings fail until the next line.

    Raises
    ------
    DataError
        When the file cannot be read or is not of this form.

    Examples
    --------
    >>> from pathlib import Path
    >>> _ = Path("power.jsonl").write_text('{"seconds": 0, "gpu_w": 300, "cpu_w": 60}')
    >>> meter = ReplayMeter("power.jsonl")
    >>> meter.at(3600).energy_kwh
    {'gpu': 0.3, 'cpu': 0.06}
    >>> track("bert", meter=meter)
    <Tracker 'bert', newest run: None>
    """

    name = "replay"

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self.path = os.fspath(path)
        self._steps = _read_steps(self.path)
        self._started_mono = 0.0

    @property
    def components(self) -> tuple[Component, ...]:
        """The components that any line gives."""
        given = {kind for _, powers, _ in self._steps for kind in powers}
        return tuple(Component(kind, "", "replay", "replay", "measured") for kind in COMPONENTS if kind in given)

    def start(self, run_started_mono: float) -> None:
        """Begin; the file's second 0 is this moment. [s]"""
        self._started_mono = run_started_mono

    def read(self, timeout_seconds: float = 0.0) -> Reading:
        """Return the reading that the file gives for this moment."""
        now = time.monotonic()
        return self.at(now - self._started_mono, now)

    def at(self, elapsed_seconds: float, mono: float | None = None) -> Reading:
        """Return energy and power so many seconds after the run's start. [s]

        Raises
        ------
        OSError
            Where the file has an error at this moment.
        """
        energy: _Powers = {}
        now_w: _Powers = {}
        for (start, powers, error), (end, _, _) in pairwise([*self._steps, (inf, {}, None)]):
            if elapsed_seconds < start:
                break
            for kind, power_w in powers.items():
                seconds = min(elapsed_seconds, end) - start
                energy[kind] = energy.get(kind, 0.0) + power_w * seconds / WATT_SECONDS_PER_KWH
            now_w = powers
            if error is not None and elapsed_seconds < end:
                raise OSError(error)
        return Reading(elapsed_seconds if mono is None else mono, energy, now_w)


def replayed(settings: MeterSettings) -> ReplayMeter:
    """Make the meter of the file that follows its name in the settings."""
    return ReplayMeter(settings.argument)


_Step = tuple[float, _Powers, str | None]


def _read_steps(path: str) -> list[_Step]:
    try:
        with open(path, encoding="utf-8") as file:
            lines = file.read().splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise DataError(path, f"cannot be read: {error}") from None
    steps = [_step(path, row, line) for row, line in enumerate(lines, 1) if line.strip()]
    if not steps:
        raise DataError(path, 'no line; wanted JSON lines such as {"seconds": 0, "gpu_w": 300}')
    for row, (earlier, later) in enumerate(pairwise(steps), 2):
        if later[0] <= earlier[0]:
            raise DataError(path, "seconds must increase from line to line", row, "seconds")
    return steps


def _step(path: str, row: int, line: str) -> _Step:
    try:
        values = json.loads(line)
    except ValueError as error:
        raise DataError(path, f"not JSON: {error}", row) from None
    if not isinstance(values, dict):
        raise DataError(path, "not a JSON object", row)
    for key in values:
        if key not in _KEYS and key not in ("seconds", "error"):
            raise DataError(path, f"unknown key {key!a}; known are seconds, {', '.join(_KEYS)} and error", row)
    failure = values.get("error")
    powers = {kind: _number(path, row, key, values[key]) for key, kind in _KEYS.items() if values.get(key) is not None}
    return _number(path, row, "seconds", values.get("seconds")), powers, None if failure is None else str(failure)


def _number(path: str, row: int, key: str, value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not isfinite(value):
        raise DataError(path, "not a number", row, key)
    return float(value)
