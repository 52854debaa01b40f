"""The meter's journal: its records, when they are written, and how good and how costly the measurement was."""

import os
import time
from collections.abc import Iterable, Mapping
from contextlib import suppress

from greentrain.journal.paths import host_name
from greentrain.journal.records import COMPONENTS, worst_quality
from greentrain.journal.writer import JournalWriter, writing_interval_seconds
from greentrain.meter.base import Component, Meter, Reading
from greentrain.meter.computer import ComputerMeter
from greentrain.meter.energy_account import EnergyAccount, ReadingGap
from greentrain.meter.process_share import ProcessShare, Share
from greentrain.meter.run_end import RunEnd
from greentrain.meter.run_journals import RunsOfProcess
from greentrain.meter.settings import MeterSettings

_NO_SHARE = Share(None, None)
_FEW_READINGS = 3
_MUCH_OF_THE_RUN = 0.1
_KIB_PER_MIB = 1024


class Recorder:
    """Reads a meter, keeps the run's account and writes the journal.

    Parameters
    ----------
    settings : MeterSettings
        What the run handed its meter.
    journal : JournalWriter
        Where to write.
    meter : Meter
        What to read; started.
    share : ProcessShare
        The run's part of the computer, for a meter that reads the whole of it.
    """

    def __init__(self, settings: MeterSettings, journal: JournalWriter, meter: Meter, share: ProcessShare) -> None:
        self._settings = settings
        self._journal = journal
        self._meter = meter
        self._share = share
        self._account = EnergyAccount(settings.started_mono, settings.interval_seconds)
        self._process = RunsOfProcess(settings.journal, settings.started_mono)
        self._components: tuple[Component, ...] | None = None
        self._next_write_seconds = 0.0
        self._marks: set[str] = set()
        self._gap: ReadingGap | None = None
        self._gpu_share: float | None = None
        self._share_method: dict[str, str] = {}
        self._written_method: dict[str, str] = {}

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
        left_out = self._account.left_out
        share = self._share.update(is_last) if self._meter.is_machine_wide else self._no_share()
        self._take_shares(reading)
        qualities, part = quality_by_kind(self._meter.components), self._process.part_until(reading.mono)
        self._note(self._account.take(reading, share, qualities, ceilings_of(self._meter), part))
        if self._account.left_out > left_out:
            self._marks.add("clamped")
        elapsed = reading.mono - self._settings.started_mono
        if not is_last and elapsed >= self._next_write_seconds:
            self._write_sample(elapsed)

    def keep_up(self, timeout_seconds: float) -> None:
        """Read the meter and look for other runs between readings that count. [s]"""
        with suppress(Exception):  # it counts when it fails at a reading that is recorded
            self._meter.read(timeout_seconds)
        if self._meter.is_machine_wide:
            self._share.look()

    def finish(self, end: RunEnd) -> None:
        """Write what is left and the end record."""
        overcounted = self._share.end(end.mono)
        self._note(self._account.close(end.mono))
        self._account.take_back("cpu", overcounted)
        elapsed = max(0.0, end.mono - self._settings.started_mono)
        self._write_sample(elapsed)
        quality = quality_record(self._account, self._meter.components, elapsed) | own_cost(self._meter, elapsed)
        shares = {"share": self._shares(), "share_method": self._share_method} if self._share_method else {}
        self._journal.write({"type": "end", "why": end.why, **self._values(elapsed), **shares, "quality": quality})
        self._journal.close()

    def tidy_up(self) -> None:
        """Remove what runs that ended long ago, or crashed, have left among the announcements."""
        self._share.presence.sweep()

    def _no_share(self) -> Share:
        if not self._meter.awaits_component:  # it reads nothing of this computer that others would have less of
            self._share.presence.withdraw()
        return _NO_SHARE

    def _describe(self) -> None:
        """Write the start record at first, later what has changed of the components."""
        components = self._meter.components
        if self._components is None:
            self._marks.add("first")
            self._write_start(components)
        elif components != self._components:
            self._write_changes(components, self._components)
        self._components = components
        # Only a meter that divides GPUs names them by what other runs know them by.
        self._share.claim(tuple(getattr(self._meter, "devices", ())))

    def _write_changes(self, components: tuple[Component, ...], before: tuple[Component, ...]) -> None:
        everything = _listed(components)
        ceilings_w = ceilings_of(self._meter)
        for component in components:
            if component not in before:
                record = {"type": "component", **component._asdict(), "components": everything}
                self._journal.write({**record, "ceilings_w": ceilings_w})

    def _write_start(self, components: tuple[Component, ...]) -> None:
        meter = self._meter
        record = {
            "type": "start",
            "session": self._settings.session,
            "run_pid": self._settings.run_pid,
            "pid": os.getpid(),
            "host": host_name(),
            "components": _listed(components),
            "meter_name": meter.name,
            "meter_version": meter.version,
            "lag_seconds": round(time.monotonic() - self._settings.started_mono, 4),
            "interval_seconds": self._settings.interval_seconds,
            "is_alone": self._settings.is_alone,
            "is_shared_out": self._share.presence.is_known,
            "ceilings_w": ceilings_of(meter),
            "computer": meter.computer(self._settings.run_pid) if isinstance(meter, ComputerMeter) else {},
        }
        if meter.name == "codecarbon":  # where readers of before there were other meters look for it
            record["codecarbon_version"] = meter.version
        self._journal.write(record)

    def _write_sample(self, elapsed_seconds: float) -> None:
        self._write_gap()
        record = {"type": "sample", **self._values(elapsed_seconds), "share": self._shares()}
        if self._share_method != self._written_method:
            record["share_method"] = self._written_method = self._share_method
        if self._marks:
            record["marks"] = sorted(self._marks)
            self._marks.clear()
        self._journal.write(record)
        pause = writing_interval_seconds(elapsed_seconds, self._settings.interval_seconds)
        # Half a reading early, so that a reading a millisecond early does not skip its turn.
        self._next_write_seconds = elapsed_seconds + pause - self._settings.interval_seconds / 2

    def _take_shares(self, reading: Reading) -> None:
        self._gpu_share = reading.gpu_share
        self._share_method = self._share.methods if self._meter.is_machine_wide else {}
        if reading.gpu_share_method:
            self._share_method = {"gpu": reading.gpu_share_method, **self._share_method}

    def _shares(self) -> dict[str, float | None]:
        share = self._account.shares()
        gpu = {} if self._gpu_share is None else {"gpu": _rounded(self._gpu_share, 4)}
        return {**gpu, "cpu": _rounded(share.cpu, 4), "memory": _rounded(share.memory, 4)}

    def _note(self, gaps: tuple[ReadingGap, ...]) -> None:
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
        values: dict[str, object] = {
            "elapsed_seconds": round(elapsed_seconds, 3),
            "energy_kwh": _by_kind(self._account.energy_kwh, 12),
            "power_w": _by_kind(self._account.power_w, 3),
        }
        if self._account.left_out:
            unread = self._account.unread_seconds(elapsed_seconds)
            values["left_out"] = self._account.left_out
            values["unread_seconds"] = {kind: round(seconds, 3) for kind, seconds in unread.items()}
        return values


def ceilings_of(meter: Meter) -> dict[str, float]:
    """Return the power that no component of the computer exceeds, where the meter knows that computer. [W]"""
    return {kind: round(watts, 1) for kind, watts in getattr(meter, "ceilings_w", {}).items()}


def quality_by_kind(components: Iterable[Component]) -> dict[str, str]:
    """Return one quality per kind of component, by the rule of `worst_quality`.

    The energy of a kind is the sum of those of its parts that are read, so only they decide how it is known. A part
    that is not read makes the kind incomplete, which `quality_record` states as unknown, and not modelled.
    """
    return {kind: worst_quality(qualities) for kind, qualities in _qualities(components).items()}


def quality_record(
    account: EnergyAccount, components: Iterable[Component], elapsed_seconds: float
) -> dict[str, object]:
    """Assess how much of a run was measured, modelled and not read at all.

    The unknown share is a share of the components' time, in which each part of a kind weighs alike; the others are
    shares of the energy that is known. Together they are 1.

    Parameters
    ----------
    account : EnergyAccount
        The run's account, closed.
    components : iterable of Component
        What there is to read.
    elapsed_seconds : float
        Length of the run. [s]
    """
    found = _qualities(components)
    kinds = {kind: worst_quality(qualities) for kind, qualities in found.items()}
    total = sum(account.energy_kwh.values())
    measured = sum(kwh for kind, kwh in account.energy_kwh.items() if kinds.get(kind) == "measured")
    covered = account.covered_share(elapsed_seconds, {kind: _known_part(parts) for kind, parts in found.items()})
    known = covered if total > 0 else 0.0
    measured_share = known * measured / total if total > 0 else 0.0
    missed = account.missed_seconds
    is_poor = account.readings < _FEW_READINGS or missed > _MUCH_OF_THE_RUN * (elapsed_seconds + missed)
    return {
        "samples": account.readings,
        "missing": account.missing,
        "clamped": account.left_out,  # as versions called it that cut them to a ceiling
        "largest_gap_seconds": round(account.largest_gap_seconds, 3),
        "measured_share": round(measured_share, 4),
        "modelled_share": round(known - measured_share, 4),
        "unknown_share": round(1.0 - known, 4),
        "confidence": "low" if is_poor else "normal",
    }


def own_cost(meter: Meter, elapsed_seconds: float) -> dict[str, float | None]:
    """Return CPU time [s], mean power [W] and highest memory [MiB] of the meter's own process, for the journal."""
    times = os.times()
    seconds = times.user + times.system + times.children_user + times.children_system
    thread_w = meter.cpu_w_per_thread
    return {
        "meter_cpu_seconds": round(seconds, 3),
        "meter_w": round(thread_w * seconds / elapsed_seconds, 4) if thread_w and elapsed_seconds > 0 else None,
        "meter_memory_mib": _peak_memory_mib(),
    }


def _qualities(components: Iterable[Component]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for component in components:
        found.setdefault(component.component, []).append(component.quality)
    return found


def _known_part(qualities: list[str]) -> float:
    """Return which part of a kind is read; where nothing is any more, what was read before counts by its time."""
    known = sum(quality != "unknown" for quality in qualities)
    return known / len(qualities) if known else 1.0


def _peak_memory_mib() -> float | None:
    """Return the highest memory of this process; the system's older count would hold that of the run before. [MiB]"""
    try:
        with open("/proc/self/status", "rb") as file:
            kib = next(float(line.split()[1]) for line in file if line.startswith(b"VmHWM:"))
    except (OSError, StopIteration, ValueError):
        return None
    return round(kib / _KIB_PER_MIB, 1)


def _by_kind(values: Mapping[str, float], digits: int) -> dict[str, float | None]:
    return {kind: _rounded(values.get(kind), digits) for kind in COMPONENTS}


def _rounded(value: float | None, digits: int) -> float | None:
    return None if value is None else round(value, digits)


def _listed(components: tuple[Component, ...]) -> list[dict[str, str]]:
    return [component._asdict() for component in components]
