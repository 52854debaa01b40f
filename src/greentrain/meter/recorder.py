"""The meter's journal: its records, and when they are written."""

import os
import time
from collections.abc import Mapping

from greentrain.journal.paths import host_name
from greentrain.journal.records import COMPONENTS
from greentrain.journal.sampling import writing_interval_seconds
from greentrain.journal.writer import JournalWriter
from greentrain.meter.base import Component, Meter
from greentrain.meter.energy_account import Account, Gap
from greentrain.meter.own_cost import OwnCost
from greentrain.meter.process_share import ProcessShare, Share
from greentrain.meter.quality import quality_by_kind, quality_record
from greentrain.meter.run_end import End
from greentrain.meter.settings import Settings

_NO_SHARE = Share(None, None)


class Recorder:
    """Reads a meter, keeps the run's account and writes the journal.

    Parameters
    ----------
    settings : Settings
        What the run told its meter.
    journal : JournalWriter
        Where to write.
    meter : Meter
        What to read; started.
    share : ProcessShare
        The run's part of the computer, for a meter that reads the whole of it.
    """

    def __init__(self, settings: Settings, journal: JournalWriter, meter: Meter, share: ProcessShare) -> None:
        self._settings = settings
        self._journal = journal
        self._meter = meter
        self._cost = OwnCost(meter)
        self._share = share if meter.is_machine_wide else None
        self._account = Account(settings.started_mono, settings.interval_seconds)
        self._components: tuple[Component, ...] | None = None
        self._next_write_seconds = 0.0
        self._marks: set[str] = set()
        self._gap: Gap | None = None

    def read(self, timeout_seconds: float, is_last: bool = False) -> None:
        """Read the meter within this time, and write what is due. [s]"""
        try:
            reading = self._meter.read(timeout_seconds)
        except Exception:
            self._account.missing += 1
            self._marks.add("missing")
            self._describe()
            return
        self._describe()
        clamped = self._account.clamped
        share = self._share.update() if self._share else _NO_SHARE
        self._note(self._account.take(reading, share, quality_by_kind(self._meter.components)))
        if self._account.clamped > clamped:
            self._marks.add("clamped")
        elapsed = reading.mono - self._settings.started_mono
        if not is_last and elapsed >= self._next_write_seconds:
            self._write_sample(elapsed)

    def finish(self, end: End) -> None:
        """Write what is left and the end record."""
        self._note(self._account.close(end.mono))
        elapsed = max(0.0, end.mono - self._settings.started_mono)
        self._write_sample(elapsed)
        quality = quality_record(self._account, self._meter.components, elapsed) | self._cost.record(elapsed)
        self._journal.write({"type": "end", "why": end.why, **self._values(elapsed), "quality": quality})
        self._journal.close()

    def _describe(self) -> None:
        """Write the start record at first, later what has changed of the components."""
        components = self._meter.components
        if self._components is None:
            self._marks.add("first")
            self._write_start(components)
        elif components != self._components:
            self._write_changes(components, self._components)
        self._components = components

    def _write_changes(self, components: tuple[Component, ...], before: tuple[Component, ...]) -> None:
        everything = _listed(components)
        for component in components:
            if component not in before:
                self._journal.write({"type": "component", **component._asdict(), "components": everything})

    def _write_start(self, components: tuple[Component, ...]) -> None:
        self._journal.write(
            {
                "type": "start",
                "session": self._settings.session,
                "run_pid": self._settings.run_pid,
                "pid": os.getpid(),
                "host": host_name(),
                "components": _listed(components),
                "codecarbon_version": getattr(self._meter, "version", None),
                "lag_seconds": round(time.monotonic() - self._settings.started_mono, 4),
                "interval_seconds": self._settings.interval_seconds,
            }
        )

    def _write_sample(self, elapsed_seconds: float) -> None:
        self._write_gap()
        share = self._account.shares()
        record = {
            "type": "sample",
            **self._values(elapsed_seconds),
            "share": {"cpu": _rounded(share.cpu, 4), "memory": _rounded(share.memory, 4)},
        }
        if self._marks:
            record["marks"] = sorted(self._marks)
            self._marks.clear()
        self._journal.write(record)
        pause = writing_interval_seconds(elapsed_seconds, self._settings.interval_seconds)
        # Half a reading early, so that a reading a millisecond early does not skip its turn.
        self._next_write_seconds = elapsed_seconds + pause - self._settings.interval_seconds / 2

    def _note(self, gaps: tuple[Gap, ...]) -> None:
        """Keep gaps until the next sample, as one where they follow each other: a slow driver makes one per reading."""
        for gap in gaps:
            together = self._gap and self._gap.followed_by(gap, 2 * self._settings.interval_seconds)
            if together is None:
                self._write_gap()
            self._gap = together or gap

    def _write_gap(self) -> None:
        if self._gap is not None:
            values = {name: round(value, 3) for name, value in self._gap._asdict().items() if name != "reason"}
            self._journal.write({"type": "gap", **values, "reason": self._gap.reason})
            self._gap = None

    def _values(self, elapsed_seconds: float) -> dict[str, object]:
        return {
            "elapsed_seconds": round(elapsed_seconds, 3),
            "energy_kwh": _by_kind(self._account.energy_kwh, 12),
            "power_w": _by_kind(self._account.power_w, 3),
        }


def _by_kind(values: Mapping[str, float], digits: int) -> dict[str, float | None]:
    return {kind: _rounded(values.get(kind), digits) for kind in COMPONENTS}


def _rounded(value: float | None, digits: int) -> float | None:
    return None if value is None else round(value, digits)


def _listed(components: tuple[Component, ...]) -> list[dict[str, str]]:
    return [component._asdict() for component in components]
