"""The run's account: what a meter showed, made into energy that is the run's, with what is missing stated."""

import time
from collections.abc import Callable, Mapping
from typing import NamedTuple

from greentrain.journal.readings import CEILINGS_W, EnergyCheck
from greentrain.journal.records import COMPONENTS
from greentrain.meter.base import Reading
from greentrain.meter.process_share import Share
from greentrain.units import WATT_SECONDS_PER_KWH

_LATE_INTERVALS = 3.0
_LATE_SECONDS = 1.0
_SUSPENDED_SECONDS = 0.5
_SHORTEST_SECONDS = 1e-3
_STEADY_INTERVALS = 0.5


class ReadingGap(NamedTuple):
    """A time of the run that no reading covers, stated and not filled.

    Attributes
    ----------
    from_mono, to_mono : float
        From and to, of ``time.monotonic``. [s]
    seconds : float
        How long; the monotonic clock stops while the computer is suspended. Of several gaps in a row all
        together, without the time between them. [s]
    reason : {"suspended", "late", "unmeasured"}
        Why.
    """

    from_mono: float
    to_mono: float
    seconds: float
    reason: str

    def followed_by(self, other: "ReadingGap", at_most_seconds: float) -> "ReadingGap | None":
        """Return two gaps for one reason as one, where no more time lies between them; None else."""
        if self.reason != other.reason or other.from_mono - self.to_mono > at_most_seconds:
            return None
        return ReadingGap(self.from_mono, other.to_mono, self.seconds + other.seconds, self.reason)


class EnergyAccount:
    """Adds up the run's energy.

    Parameters
    ----------
    run_started_mono : float
        The run's start, of ``time.monotonic``. [s]
    interval_seconds : float
        Time between readings. [s]
    asleep_seconds : callable, optional
        How long the computer has been suspended since its start. [s]

    Attributes
    ----------
    energy_kwh, power_w : dict of str to float
        The run's energy [kWh] and its power over the last interval [W], by component.
    readings, missing : int
        Number of readings, and of those that failed.
    missed_seconds, largest_gap_seconds : float
        What no reading covers, in all and at most at once. [s]
    """

    def __init__(
        self, run_started_mono: float, interval_seconds: float, asleep_seconds: Callable[[], float] | None = None
    ) -> None:
        self.run_started_mono = run_started_mono
        self._interval_seconds = interval_seconds
        self._asleep_seconds = asleep_seconds or _asleep_seconds
        self._asleep = self._asleep_seconds()
        self._last_mono = run_started_mono
        self._checks = {kind: EnergyCheck(run_started_mono) for kind in COMPONENTS}
        self._covered = dict.fromkeys(COMPONENTS, 0.0)
        self._latest_share = Share(None, None)
        self._of_process = 1.0
        self._machine_kwh: dict[str, float] = {}
        self.energy_kwh: dict[str, float] = {}
        self.power_w: dict[str, float] = {}
        self.readings = 0
        self.missing = 0
        self.missed_seconds = 0.0
        self.largest_gap_seconds = 0.0

    @property
    def left_out(self) -> int:
        """Number of readings of components that were left out, since they are below zero or beyond the hardware."""
        return sum(check.left_out for check in self._checks.values())

    def unread_seconds(self, elapsed_seconds: float) -> dict[str, float]:
        """Return for how long of the run's time the energy of each component was left out, where any was. [s]"""
        now = self.run_started_mono + elapsed_seconds
        found = {kind: check.unread_seconds(now) for kind, check in self._checks.items()}
        return {kind: seconds for kind, seconds in found.items() if seconds}

    def take(
        self,
        reading: Reading,
        share: Share,
        components: Mapping[str, str],
        ceilings_w: Mapping[str, float] = CEILINGS_W,
        of_process: float = 1.0,
    ) -> tuple[ReadingGap, ...]:
        """Add what was used since the last reading.

        Parameters
        ----------
        reading : Reading
            What the meter shows.
        share : Share
            The run's part of the computer.
        components : mapping of str to str
            Quality by component.
        ceilings_w : mapping of str to float, optional
            Power that no component exceeds: a reading beyond it is left out. [W]
        of_process : float, optional
            The run's part of what its process has used, which may have other runs. Default: all of it. [1]

        Returns
        -------
        tuple of ReadingGap
            The gaps that it closes.
        """
        seconds = reading.mono - self._last_mono
        if seconds < _SHORTEST_SECONDS:
            return ()
        self._latest_share, self._of_process = share, of_process
        gaps = self._gaps_until(reading.mono, seconds)
        counted = self._interval_seconds / seconds if any(gap.reason == "late" for gap in gaps) else 1.0
        shares = {"cpu": share.cpu, "memory": share.memory}
        for kind, kwh in reading.energy_kwh.items():
            grown = self._checks[kind].take(reading.mono, kwh, ceilings_w.get(kind, CEILINGS_W[kind]))
            if grown is not None and kind in reading.power_w:
                # A counter has counted through the gap; a model has only guessed.
                part = 1.0 if components.get(kind) == "measured" else counted
                self._add(kind, grown[0] * part, grown[1], counted, shares.get(kind))
            else:
                self.power_w.pop(kind, None)
        self.readings += 1
        self._last_mono = reading.mono
        self._miss(gaps)
        return gaps

    def shares(self) -> Share:
        """Return the run's part of what the computer drew since the run's start; the latest where that is not read."""
        return Share(*(self._share_of(kind, latest) for kind, latest in self._latest_share._asdict().items()))

    def _share_of(self, kind: str, latest: float | None) -> float | None:
        machine_kwh = self._machine_kwh.get(kind)
        return latest if latest is None or not machine_kwh else self.energy_kwh[kind] / machine_kwh

    def covered_share(self, elapsed_seconds: float, parts: Mapping[str, float]) -> float:
        """Return which part of the run's time was read, on average over the kinds of components that there are.

        Parameters
        ----------
        elapsed_seconds : float
            Length of the run. [s]
        parts : mapping of str to float
            Kinds of components, and which part of each is read: 1/2 where one GPU of two is. [1]
        """
        if not parts or elapsed_seconds <= 0:
            return 0.0
        covered = sum(self._covered[kind] * part for kind, part in parts.items())
        return min(1.0, covered / (len(parts) * elapsed_seconds))

    def close(self, ended_mono: float) -> tuple[ReadingGap, ...]:
        """Cut off what was read after the run's end, or state what was not read before it. [s]"""
        after = self._last_mono - ended_mono
        if after > 0:
            self._cut_off(after, max(self._last_mono - self.run_started_mono, _SHORTEST_SECONDS))
            return ()
        if -after <= self._late_seconds:
            return ()
        gaps = (ReadingGap(self._last_mono, ended_mono, -after, "unmeasured"),)
        self._miss(gaps)
        return gaps

    def take_back(self, kind: str, part: float) -> None:
        """Take a part of what the computer's component drew [1] off the run's energy, which is another run's."""
        if kind in self.energy_kwh:
            self.energy_kwh[kind] = max(0.0, self.energy_kwh[kind] - part * self._machine_kwh[kind])

    def _miss(self, gaps: tuple[ReadingGap, ...]) -> None:
        for gap in gaps:
            self.missed_seconds += gap.seconds
            self.largest_gap_seconds = max(self.largest_gap_seconds, gap.seconds)

    def _cut_off(self, after_seconds: float, span_seconds: float) -> None:
        """Take off what was used after the end, at the last interval's power; a short run keeps its mean power."""
        for kind, kwh in self.energy_kwh.items():
            kept = (span_seconds - after_seconds) / span_seconds
            if after_seconds < span_seconds / 2 and kwh > 0:
                surplus_kwh = self.power_w.get(kind, 0.0) * after_seconds / WATT_SECONDS_PER_KWH
                kept = max(0.0, 1.0 - surplus_kwh / kwh)
            self.energy_kwh[kind] = kwh * max(0.0, kept)
            if kind in self._machine_kwh:
                self._machine_kwh[kind] *= max(0.0, kept)

    @property
    def _late_seconds(self) -> float:
        return _LATE_INTERVALS * self._interval_seconds + _LATE_SECONDS

    def _gaps_until(self, mono: float, seconds: float) -> tuple[ReadingGap, ...]:
        gaps = []
        asleep = self._asleep_seconds()
        if asleep - self._asleep > _SUSPENDED_SECONDS:
            gaps.append(ReadingGap(self._last_mono, mono, asleep - self._asleep, "suspended"))
        self._asleep = asleep
        if seconds > self._late_seconds and self.readings:
            gaps.append(
                ReadingGap(self._last_mono + self._interval_seconds, mono, seconds - self._interval_seconds, "late")
            )
        return tuple(gaps)

    def _add(self, kind: str, kwh: float, seconds: float, covered: float, share: float | None) -> None:
        own = kwh * self._of_process * (1.0 if share is None else min(max(share, 0.0), 1.0))
        self.energy_kwh[kind] = self.energy_kwh.get(kind, 0.0) + own
        self._machine_kwh[kind] = self._machine_kwh.get(kind, 0.0) + kwh
        # A last interval of milliseconds gives no steady power.
        if kind not in self.power_w or seconds >= _STEADY_INTERVALS * self._interval_seconds:
            self.power_w[kind] = own * WATT_SECONDS_PER_KWH / seconds
        self._covered[kind] += seconds * covered


def _asleep_seconds() -> float:
    """Return how long the computer has been suspended since its start, where the system reports it. [s]"""
    try:
        return time.clock_gettime(time.CLOCK_BOOTTIME) - time.clock_gettime(time.CLOCK_MONOTONIC)
    except (AttributeError, OSError):
        return 0.0
