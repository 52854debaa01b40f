"""Powers and energy counters of a run's devices over time, from whatever file they come, as one run."""

from collections.abc import Callable, Collection, Iterator, Mapping
from datetime import tzinfo
from hashlib import sha256
from typing import Any, TypeVar

from greentrain.importing.device_times import Gaps, ReadingSketch, TimeSpans, gaps_of
from greentrain.importing.file_clock import FileClock
from greentrain.importing.foreign_run import ForeignRun, ReadOptions
from greentrain.importing.limits import limit
from greentrain.importing.power_integral import CounterIntegral, IntegratedEnergy, PowerIntegral
from greentrain.importing.values import LOCAL_TIME
from greentrain.units import WATT_SECONDS_PER_KWH

REPEATED = "Readings inside of a time in which their device was read before are left out, as repeated ones."
_RESET = "A counter began anew: its increases are added up."
_MOST_DEVICES = 20_000
_FIRST_MOMENT = 1e8
"""Times from this on are moments, those before it count from some start. [s]"""

_NO_DATE = "Its times count from the start of the file: when it was is not known."
_WHOLE = "Meters of computers hold the energy of their parts, which are left out."
_MANY = "It has too many devices: the others are left out."

_Readings = TypeVar("_Readings", PowerIntegral, CounterIntegral)


class PowerLog:
    """What is read of a run's devices.

    Parameters
    ----------
    format : str
        Name of the format.
    covered : mapping of str to TimeSpans, optional
        What other runs hold of its devices; None of a log whose runs have ids of their own.
    zone : tzinfo, optional
        What is stated of times without a zone.

    Attributes
    ----------
    is_dated : bool
        Whether its times are moments; else they count from some start.
    repeated : int
        Readings inside of a time in which their device was read before, which are left out. [1]
    """

    def __init__(
        self, format: str, covered: Mapping[str, TimeSpans] | None = None, *, zone: tzinfo | None = None
    ) -> None:
        self._format, self._covered, self._zone = format, covered, zone
        self.is_dated = True
        self._sketches: dict[str, ReadingSketch] = {}
        self._gaps: dict[str, Gaps] = {}
        self._powers: dict[str, PowerIntegral] = {}
        self._counters: dict[str, CounterIntegral] = {}
        self._behind: dict[str, IntegratedEnergy] = {}
        self.repeated = 0
        self._names: dict[str, str] = {}
        self._parts: dict[str, str] = {}
        self._first: dict[str, tuple[float, float]] = {}
        self._notes: dict[str, None] = {}

    def note(self, text: str) -> None:
        """Add something to know of the run."""
        self._notes[text] = None

    def take_clock(self, clock: FileClock) -> None:
        """Note how the times of its file are meant."""
        self.is_dated = clock.is_dated
        if clock.assumes_utc:
            self.note(LOCAL_TIME)
        if not clock.is_dated:
            self.note(_NO_DATE)

    def add_power(self, time: float, watts: float, device: str = "", *, name: str = "", part: str = "gpu") -> None:
        """Add a reading of a power [W] at a moment, in seconds since 1970 [s]."""
        series = self._powers.get(device)
        if series is None:
            if not self._begins(device, time, watts, name, part):
                return
            series = self._powers[device] = PowerIntegral()
        if self._covered is not None and self._is_elsewhere(device, time, watts, series):
            return
        if not series.add(time, watts):
            self._powers[device] = self._again(device, time, watts, series)

    def add_counter(self, time: float, joules: float, device: str = "", *, name: str = "", part: str = "gpu") -> None:
        """Add a reading of a counter [J]; where a device has one, its powers don't count."""
        series = self._counters.get(device)
        if series is None:
            if not self._begins(device, time, joules, name, part):
                return
            series = self._counters[device] = CounterIntegral()
        if self._covered is not None and self._is_elsewhere(device, time, joules, series):
            return
        if not series.add(time, joules):
            self._counters[device] = self._again(device, time, joules, series)

    def _again(self, device: str, time: float, value: float, series: _Readings) -> _Readings:
        """Return the series that goes on from a reading inside of its times: another one where they began anew."""
        if time >= _FIRST_MOMENT:
            self.repeated += 1
            return series
        self._put_behind(device, series)
        fresh = type(series)()
        fresh.add(time, value)
        return fresh

    def _put_behind(self, device: str, series: PowerIntegral | CounterIntegral) -> None:
        found, before = series.energy(), self._behind.get(device)
        if found is not None:
            self._behind[device] = found if before is None else before.with_other(found)
        if isinstance(series, CounterIntegral) and series.has_begun_anew:
            self.note(_RESET)

    def _is_elsewhere(self, device: str, time: float, value: float, series: PowerIntegral | CounterIntegral) -> bool:
        """Look at a reading; tell whether another run holds it."""
        self._sketches[device].add(time, value)
        gaps = self._gaps.get(device) if self._gaps else None
        if gaps is None:
            return False
        is_across, is_within = gaps.is_across(time), gaps.is_within(time)
        if is_across or is_within:
            series.cut()
        return is_within

    def end_part(self, device: str) -> None:
        """Take what comes next of a device as another part of its readings, earlier or later than those so far."""
        for series in (self._powers.get(device), self._counters.get(device)):
            if series is not None:
                series.end_part()

    def forget(self, device: str) -> None:
        """Leave out what was read of a device so far: a better series of it came."""
        stores: tuple[dict[str, Any], ...] = (
            self._powers, self._counters, self._names, self._parts, self._first, self._behind
        )  # fmt: skip
        for kept in stores:
            kept.pop(device, None)

    def _begins(self, device: str, time: float, value: float, name: str, part: str) -> bool:
        if len(self._first) >= _MOST_DEVICES:
            self.note(_MANY)
            return False
        self._first.setdefault(device, (time, value))
        self._names[device] = name or self._names.get(device, "")
        self._parts[device] = part
        self._sketches[device] = ReadingSketch()
        if self._covered and (gaps := gaps_of(self._covered, f"{self._format}:{device}")):
            self._gaps[device] = gaps
        return True

    def run(self, boundary: str | None = None, **facts: Any) -> ForeignRun | None:
        """Return the run; None where no device has two readings.

        Parameters
        ----------
        boundary : {'accelerator', 'parts', 'node', 'wall'}, optional
            What the energy covers; by default what follows from the devices. Meters of nodes hold all parts.
        **facts
            What else is known of it, as fields of `ForeignRun`; its times and notes come before those of the readings.
        """
        known = self._known()
        if not known:
            return None
        energies: dict[str, float] = {}
        accelerators: dict[str, float] = {}
        for device, each in known.items():
            part = self._parts[device]
            energies[part] = energies.get(part, 0.0) + each.joules / WATT_SECONDS_PER_KWH
            if part == "gpu":
                accelerators[self._names[device]] = accelerators.get(self._names[device], 0.0) + 1.0
        found: dict[str, Any] = {
            "duration_seconds": max(each.seconds for each in known.values()),
            "accelerators": accelerators,
            "energy_kwh": energies,
            "measured_energy_kwh": sum(energies.values()),
            "boundary": boundary or _boundary(energies),
        }
        found["board_w"] = self._highest(known, found["duration_seconds"])
        flags = ("gap",) if any(each.bridged_seconds or each.gap_seconds for each in known.values()) else ()
        if not self.is_dated:
            flags = (*flags, "missing_time")
        found |= self._times(known, found["measured_energy_kwh"])
        found |= {name: value for name, value in facts.items() if value is not None}
        return ForeignRun(**found, flags=flags, notes=(*self._notes, *_gap_notes(known)))

    def _highest(self, known: Mapping[str, IntegratedEnergy], seconds: float) -> dict[str, float]:
        """Return the highest mean power of an accelerator of each type, but for those read for moments. [W]"""
        found: dict[str, float] = {}
        for device, each in known.items():
            if self._parts[device] == "gpu" and each.seconds >= min(limit("moment_s"), seconds) > 0:
                name = self._names[device]
                found[name] = max(found.get(name, 0.0), each.joules / each.seconds)
        return found

    def _times(self, known: Mapping[str, IntegratedEnergy], kwh: float) -> dict[str, Any]:
        """Return when it was, and what makes it the same run; files without dates may begin alike."""
        if not self.is_dated:
            return {"key": f"{self._key(float)}:{kwh:.9g}"}
        first, last = min(each.first for each in known.values()), max(each.last for each in known.values())
        key, others = ReadOptions(self._zone).keys(self._key)
        found: dict[str, Any] = {"key": key, "other_keys": others, "started": first, "ended": last}
        if self._covered is not None:
            found["device_times"] = tuple(
                self._sketches[device].times(f"{self._format}:{device}", each.first, each.last)
                for device, each in known.items()
            )
        return found

    def _known(self) -> dict[str, IntegratedEnergy]:
        """Return the energies of devices with two readings; of meters of whole computers alone, where there are any."""
        every: dict[str, PowerIntegral | CounterIntegral] = {**self._powers, **self._counters}
        for device, series in every.items():
            self._put_behind(device, series)
        known, self._behind = {device: self._behind[device] for device in every if device in self._behind}, {}
        if self.repeated:
            self.note(REPEATED)
        whole = {device: each for device, each in known.items() if self._parts[device] == "node"}
        if 0 < len(whole) < len(known):
            self.note(_WHOLE)
            return whole
        return known

    def _key(self, at: Callable[[float], float]) -> str:
        """Name the run by the first reading of each device, which a longer copy of the file has too."""
        first = sorted(self._first.items())
        text = ";".join(f"{device}:{at(time):.3f}:{value:.6g}" for device, (time, value) in first)
        return f"{self._format}:{sha256(text.encode('utf-8', 'replace')).hexdigest()}"


def _boundary(parts: Collection[str]) -> str:
    return "node" if "node" in parts else "accelerator" if {*parts} == {"gpu"} else "parts"


def _gap_notes(known: Mapping[str, IntegratedEnergy]) -> Iterator[str]:
    for device, each in known.items():
        if each.bridged_seconds:
            yield f"{device or 'Readings'}: {each.bridged_seconds:.3g} s without a reading are taken as linear."
        if each.gap_seconds:
            yield f"{device or 'Readings'}: {each.gap_seconds:.3g} s without a reading are left out."
