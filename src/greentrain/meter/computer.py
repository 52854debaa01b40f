"""What meters of a whole computer have in common: CPU and memory by our own reader, and the GPUs of the run."""

import time
from collections.abc import Callable, Mapping

from greentrain.estimation.device_limits import peak_by_name_w, peak_w
from greentrain.meter.attribution import DEVICE_METHODS, EXCLUSIVE
from greentrain.meter.base import Component, Reading
from greentrain.meter.gpu_probe import PROBE_SECONDS, GpuProbe, signs_of_gpus
from greentrain.meter.gpu_selection import Gpu, GpuSelection, select_gpus
from greentrain.meter.gpu_sharing import GpuSharing, NvidiaProcesses
from greentrain.meter.host_reader import HostComponents
from greentrain.meter.live_runs import own_name
from greentrain.meter.settings import MeterSettings
from greentrain.meter.threaded import Answer, ThreadedMeter

SHORTEST_SECONDS = 0.2
"""Time over which a first mean power is taken: boards renew their counters some ten times a second. [s]"""

_LEAST_SHARED = 0.01
_MUCH_OF_THE_RUN = 0.1
_ALONE = (1.0, EXCLUSIVE)
Shares = Mapping[int, tuple[float, str]]
"""The run's share of each board, and how it was found, by the driver's index."""


class RunGpus:
    """The run's part of this computer's boards, added up from what a reader gives of each.

    The time before the boards are read counts with the mean power of the first time that they were.

    Parameters
    ----------
    environment : mapping of str to str
        The run's variables that select GPUs.

    Attributes
    ----------
    is_expected : bool
        Whether anything suggests that this computer has GPUs.
    is_started : bool
        Whether they were looked for, and are read from now on if there are any.
    chosen : tuple of Gpu
        The run's boards.
    energy_kwh : float or None
        Energy since the run's start; None without boards and until they were read for long enough. [kWh]
    power_w : float
        Power over the last interval. [W]
    lost : dict of int to str
        Why a board is read no more, by the driver's index.
    sharing : GpuSharing or None
        Finds the run's part of each board; None where the boards count wholly.
    """

    def __init__(self, environment: Mapping[str, str], sharing: GpuSharing | None = None) -> None:
        self._environment = environment
        self.is_expected = signs_of_gpus() is not None
        self.is_started = False
        self.chosen: tuple[Gpu, ...] = ()
        self._probe = GpuProbe()
        self._selection = GpuSelection({}, "all", ())
        self._problem: str | None = None
        self._head_seconds = 0.0
        self._last_mono = self._started_mono = 0.0
        self._first_kwh = 0.0
        self._first_seconds = 0.0
        self.energy_kwh: float | None = None
        self.power_w = 0.0
        self.lost: dict[int, str] = {}
        self.sharing = sharing
        self._drawn_kwh: dict[int, dict[str, float]] = {}
        self._own_kwh = 0.0
        self._ways: dict[int, set[str]] = {}

    def find(self) -> tuple[Gpu, ...]:
        """Ask the drivers for this computer's boards, until they answer, and choose the run's."""
        probe = self._probe.ask()
        self.choose(probe.gpus, probe.problem)
        if self.sharing is not None:
            self.sharing.choose(self.devices, self._open_lister)
        return self.chosen

    @property
    def is_silent(self) -> bool:
        """Whether the drivers should have answered by now."""
        return not self.is_started and self._probe.silence is not None

    def stop(self) -> None:
        """Wait no more for drivers that have not answered."""
        self._probe.close()

    @property
    def devices(self) -> dict[int, tuple[str, ...]]:
        """UUIDs of what the run has chosen: of the board, or of its slices, by the driver's index."""
        slices = self._selection.slices
        return {gpu.number: slices.get(gpu.number) or (gpu.uuid,) for gpu in self.chosen}

    def _open_lister(self, number: int) -> NvidiaProcesses | None:
        is_nvidia = any(gpu.number == number and gpu.vendor == "nvidia" for gpu in self.chosen)
        return NvidiaProcesses(number, self._selection.slices.get(number, ())) if is_nvidia else None

    def choose(self, gpus: tuple[Gpu, ...], problem: str | None = None) -> None:
        """Choose the run's boards among those that there are, or state why there may be some that were not seen."""
        self._selection = select_gpus(self._environment, gpus)
        # A board that does not answer is none of the run's where all that it has chosen are there.
        is_all_there = self._selection.shares and self._selection.basis != "all" and not self._selection.notes
        self._problem = None if is_all_there else problem
        self.chosen = tuple(gpu for gpu in gpus if gpu.number in self._selection.shares)

    def start(self, mono: float, run_started_mono: float) -> None:
        """Count what is added from this moment on; what lies between the run's start and it is the head. [s]"""
        self._head_seconds = max(0.0, mono - run_started_mono)
        self._last_mono = self._started_mono = mono
        self.is_started = True

    def add(self, mono: float, readings: Mapping[int, tuple[float, float]], divided: Shares | None = None) -> None:
        """Add one interval.

        Parameters
        ----------
        mono : float
            Its end, of ``time.monotonic``. [s]
        readings : mapping of int to tuple of float
            Energy in the interval [kWh] and power [W] of each board, by the driver's index.
        divided : mapping of int to tuple of (float, str), optional
            The run's share of what it has chosen of each board, and how it was found; a board that is missing counts
            wholly.
        """
        seconds, self._last_mono = mono - self._last_mono, mono
        parts = [
            (self._count(index, values[0], *(divided or {}).get(index, _ALONE)), *values)
            for index, values in readings.items()
            if index in self._selection.shares
        ]
        if not parts:
            return
        grown = sum(share * kwh for share, kwh, _ in parts)
        self.power_w = sum(share * power_w for share, _, power_w in parts)
        if self.energy_kwh is not None:
            self.energy_kwh += grown
            return
        self._first_kwh += grown
        self._first_seconds += seconds
        if self._first_seconds >= SHORTEST_SECONDS:
            self.energy_kwh = self._first_kwh * (1.0 + self._head_seconds / self._first_seconds)

    def _count(self, number: int, kwh: float, share: float, way: str) -> float:
        """Keep account of how a board was divided; return which part of the whole board is the run's."""
        part = self._selection.shares[number]
        drawn = self._drawn_kwh.setdefault(number, {})
        drawn[way] = drawn.get(way, 0.0) + part * kwh
        self._own_kwh += part * share * kwh
        # One process that looks in for a moment does not make a board a shared one.
        if way != EXCLUSIVE and drawn[way] >= _LEAST_SHARED * sum(drawn.values()):
            self._ways.setdefault(number, set()).add(way)
        return part * share

    @property
    def share(self) -> float | None:
        """The run's part of what it has chosen of the boards, since its start; None where they drew nothing. [1]"""
        drawn = sum(sum(ways.values()) for ways in self._drawn_kwh.values())
        return self._own_kwh / drawn if drawn > 0 else None

    @property
    def share_method(self) -> str | None:
        """How most of what was shared was divided; exclusive where nothing was, None where no board was read."""
        ways = {way for found in self._ways.values() for way in found}
        drawn = {way: sum(found.get(way, 0.0) for found in self._drawn_kwh.values()) for way in sorted(ways)}
        return max(drawn, key=lambda way: drawn[way], default=EXCLUSIVE if self._drawn_kwh else None)

    @property
    def ceiling_w(self) -> float | None:
        """Power that the boards together do not exceed; None where there is none, or one is not known. [W]"""
        limits = [_peak_w(gpu) for gpu in self.chosen]
        known = [watts for watts in limits if watts is not None]
        return sum(known) if known and len(known) == len(limits) else None

    @property
    def awaits_mean(self) -> bool:
        """Whether there are boards whose first readings do not yet make a mean power."""
        return self.is_started and self.energy_kwh is None and len(self.lost) < len(self.chosen)

    def wait_for_mean(self, timeout_seconds: float) -> bool:
        """Wait until the next reading makes a mean power, or for so long [s]; return whether it does."""
        if not self.awaits_mean:
            return True
        left = self._last_mono + SHORTEST_SECONDS - time.monotonic()
        time.sleep(max(0.0, min(left, timeout_seconds)))
        return left <= timeout_seconds

    def components(self, method: Callable[[Gpu], str], failure: str | None = None) -> tuple[Component, ...]:
        """Describe the boards: whole ones are measured, slices get a modelled part of their board.

        Parameters
        ----------
        method : callable
            Describes how a board is read.
        failure : str, optional
            Why none is read any more.
        """
        unread = failure if self.is_started or failure else self._probe.silence or "not yet read"
        if unread:
            return (_unknown(unread),) if self.is_expected else ()
        unseen = (_unknown(self._problem),) if self._problem else ()
        return (*(self._component(gpu, method(gpu)) for gpu in self.chosen), *unseen)

    @property
    def _has_long_head(self) -> bool:
        """Whether much of the run lies before the first reading."""
        read_seconds = self._last_mono - self._started_mono
        return self._head_seconds > max(PROBE_SECONDS, _MUCH_OF_THE_RUN * (self._head_seconds + read_seconds))

    def _component(self, gpu: Gpu, method: str) -> Component:
        if gpu.number in self.lost:
            return Component("gpu", gpu.uuid, gpu.name, method, "unknown", self.lost[gpu.number])
        notes, share = list(self._selection.notes), self._selection.shares[gpu.number]
        ways = sorted(self._ways.get(gpu.number, ()), key=DEVICE_METHODS.index)
        if ways:
            notes.insert(0, f"others use it at the same time: divided by {' and '.join(ways)}")
        if self._head_seconds > PROBE_SECONDS:
            notes.append(f"the first {self._head_seconds:.0f} s count with the first power that was read")
        note = "; ".join(notes)
        if (ways or self._has_long_head) and share == 1.0:
            return Component("gpu", gpu.uuid, gpu.name, method, "modelled", note)
        if share < 1.0:
            return Component("gpu", gpu.uuid, gpu.name, f"{method} x {share:.3g}", "modelled", note)
        return Component("gpu", gpu.uuid, gpu.name, method, "measured", note)


class ComputerMeter(ThreadedMeter[Answer]):
    """A meter that reads the host by itself from the start, and the run's GPUs once a thread has found them.

    Parameters
    ----------
    settings : MeterSettings
        The run's processes, and its variables that select GPUs.
    on_failure : str
        How the reason begins for which GPUs are unknown when they cannot be set up.
    """

    is_machine_wide = True

    def __init__(self, settings: MeterSettings, on_failure: str) -> None:
        super().__init__(on_failure)
        self._parts = HostComponents()
        self._host_reader = self._parts.reader()
        sharing = GpuSharing(settings.root_pid, own_name(settings.announced))
        self._gpus = RunGpus(settings.environment, sharing)
        self._last = Reading(0.0, {}, {})

    @property
    def cpu_w_per_thread(self) -> float | None:
        """TDP of one thread of this computer, as it is known or assumed. [W]"""
        return self._parts.cpu_w_per_thread

    @property
    def ceilings_w(self) -> dict[str, float]:
        """Power that no component of this computer exceeds, as far as it is known. [W]"""
        gpu_w = self._gpus.ceiling_w
        return self._parts.ceilings_w | ({} if gpu_w is None else {"gpu": gpu_w})

    def computer(self, pid: int) -> dict[str, object]:
        """Describe what of the computer a process may use, for the estimate of its run."""
        return self._parts.facts(pid)._asdict()

    @property
    def awaits_component(self) -> bool:
        """Whether GPUs may be there that were not read yet."""
        if not self._gpus.is_expected or self._gpus.is_silent or self._reader.failure:
            return False
        return not self._is_set_up.is_set() or self._gpus.awaits_mean

    @property
    def devices(self) -> tuple[str, ...]:
        """UUIDs of the GPUs or slices that the run has chosen, for other runs to know."""
        return tuple(uuid for uuids in self._gpus.devices.values() for uuid in uuids)

    def _divided(self) -> Shares:
        """Find the run's part of each board, in the thread that may hang."""
        return self._gpus.sharing.read() if self._gpus.sharing is not None and self._gpus.chosen else {}

    def _reading(self, mono: float, energy: Mapping[str, float], power: Mapping[str, float]) -> Reading:
        return Reading(mono, energy, power, self._gpus.share, self._gpus.share_method)

    def start(self, run_started_mono: float) -> None:
        """Begin: the host at once, the GPUs as soon as their drivers have answered."""
        self._host_reader.start(run_started_mono)
        super().start(run_started_mono)

    def stop(self) -> None:
        """Leave the threads behind, and let no process ask drivers any more."""
        self._gpus.stop()
        super().stop()

    def wait_until_ready(self, timeout_seconds: float) -> bool:
        """Wait for the GPUs, or for so long [s]; return whether they can be read."""
        deadline = time.monotonic() + timeout_seconds
        return super().wait_until_ready(timeout_seconds) and self._gpus.wait_for_mean(deadline - time.monotonic())


def _peak_w(gpu: Gpu) -> float | None:
    """Return what a board does not exceed, by its name or by its driver's limit, which may be raised at any time."""
    named = peak_by_name_w("gpu", gpu.name)
    limited = peak_w("gpu", gpu.limit_w) if gpu.limit_w else None
    return max((watts for watts in (named, limited) if watts is not None), default=None)


def _unknown(reason: str) -> Component:
    return Component("gpu", "", "", "none", "unknown", reason)
