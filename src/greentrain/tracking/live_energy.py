"""What the meters of a run have written so far, read from the ends of their journals."""

import os
import time
from os.path import join

from greentrain.errors import OwnErrors
from greentrain.journal.fields import amount, mapping, number
from greentrain.journal.paths import host_name, journal_name_parts, safe_name
from greentrain.journal.reader import decode, last_record, open_journal
from greentrain.journal.writer import JournalRecord
from greentrain.units import WATT_SECONDS_PER_KWH

_KWH_PER_WATT_SECOND = 1 / WATT_SECONDS_PER_KWH
_LONGEST_EXTRAPOLATION_SECONDS = 75.0
"""Late in a run a sample is written every minute; what is older gives no present power. [s]"""
_THROTTLE_SECONDS = 1.0
_LONGEST_START_BYTES = 1 << 20


class LiveEnergy:
    """The energy that a run has used so far, looked up at most once a second.

    Parameters
    ----------
    folder : str or None
        Folder of the run; None where there is no journal.
    session : str
        The session whose own meter is asked for.
    """

    def __init__(self, folder: str | None, session: str) -> None:
        self._folder = folder
        self._session = session
        self._sessions: dict[str, str] = {}
        self._ended: dict[str, float] = {}
        self._read_at = -_THROTTLE_SECONDS
        self._by_path: dict[str, float] = {}

    def session_path(self) -> str | None:
        """Return the journal of this session's meter."""
        own = (path for path in self._paths() if self._session_of(path) == self._session)
        return next(own, None)

    def has_ended(self) -> bool:
        """Whether this session's meter has written its last record."""
        path = self.session_path()
        return path is not None and last_record(path, "end") is not None

    def node_path(self) -> str | None:
        """Return the journal of this session's meter; the newest one of this computer where the session has none."""
        paths = [path for path in self._paths() if _host(path) == safe_name(host_name())]
        return self.session_path() or max(paths, key=_changed, default=None)

    def own_kwh(self) -> float | None:
        """Energy of this node since the session's start, before PUE; None before the first sample. [kWh]"""
        self._refresh()
        path = self.node_path() if self._by_path else None
        return self._by_path.get(path) if path else None

    def whole_kwh(self) -> float | None:
        """Energy of all nodes and restarts of the run, before PUE; None before the first sample. [kWh]"""
        self._refresh()
        return sum(self._by_path.values()) if self._by_path else None

    def newest_sample(self) -> tuple[float, dict[str, float], dict[str, float]]:
        """Return the time [s] of this node's newest sample, and energy [kWh] and power [W] by component."""
        path = self.node_path()
        sample = None if path is None else last_record(path, "end") or last_record(path, "sample")
        if sample is None:
            return 0.0, {}, {}
        return amount(sample, "elapsed_seconds") or 0.0, _known(sample, "energy_kwh"), _known(sample, "power_w")

    def forget(self) -> None:
        """Look again at once, next time."""
        self._read_at = -_THROTTLE_SECONDS

    def _refresh(self) -> None:
        now = time.monotonic()
        if now - self._read_at < _THROTTLE_SECONDS:
            return
        self._read_at = now
        for path in self._paths():
            energy = self._ended.get(path)
            energy = self._energy(path) if energy is None else energy
            if energy is not None:
                self._by_path[path] = energy

    def _energy(self, path: str) -> float | None:
        end = last_record(path, "end")
        if end is not None:
            found = _sum(end, "energy_kwh")
            if found is not None:
                self._ended[path] = found
            return found
        sample = last_record(path, "sample")
        found = None if sample is None else _sum(sample, "energy_kwh")
        if sample is None or found is None or _host(path) != safe_name(host_name()):
            return found
        return found + _since(sample)

    def _paths(self) -> list[str]:
        names: list[str] = []
        with OwnErrors(OSError):
            names = os.listdir(self._folder) if self._folder else []
        return [join(self._folder or "", name) for name in sorted(names) if name.endswith(".meter.jsonl")]

    def _session_of(self, path: str) -> str | None:
        if path not in self._sessions:
            start = _first(path)
            if start is None:
                return None
            self._sessions[path] = str(start.get("session"))
        return self._sessions[path]


def _first(path: str) -> JournalRecord | None:
    with OwnErrors(OSError), open_journal(path) as file:
        return decode((file.read(_LONGEST_START_BYTES) or b"").partition(b"\n")[0])
    return None


def _since(sample: JournalRecord) -> float:
    """Energy since the last sample, at its power. [kWh]"""
    power, moment = _sum(sample, "power_w"), number(sample, "mono")
    if power is None or moment is None:
        return 0.0
    age = time.monotonic() - moment
    return power * age * _KWH_PER_WATT_SECOND if 0 < age <= _LONGEST_EXTRAPOLATION_SECONDS else 0.0


def _known(record: JournalRecord, field: str) -> dict[str, float]:
    values = mapping(record, field)
    return {name: value for name in values if (value := amount(values, name)) is not None}


def _sum(record: JournalRecord, field: str) -> float | None:
    known = _known(record, field).values()
    return sum(known) if known else None


def _host(path: str) -> str | None:
    parts = journal_name_parts(path)
    return parts[0] if parts else None


def _changed(path: str) -> float:
    with OwnErrors(OSError):
        return os.stat(path).st_mtime
    return 0.0
