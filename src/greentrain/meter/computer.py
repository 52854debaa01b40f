"""What meters of a whole computer have in common: CPU and memory by our own reader, and the GPUs of the run."""

import time
from collections.abc import Callable, Mapping

from greentrain.estimation.device_limits import peak_by_name_w, peak_w
from greentrain.meter.base import Component, Reading
from greentrain.meter.gpu_probe import probe_gpus, signs_of_gpus
from greentrain.meter.gpu_selection import Gpu, GpuSelection, select_gpus
from greentrain.meter.host_reader import HostComponents
from greentrain.meter.threaded import Answer, ThreadedMeter

SHORTEST_SECONDS = 0.2
"""Time over which a first mean power is taken: boards renew their counters some ten times a second. [s]"""


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
    """

    def __init__(self, environment: Mapping[str, str]) -> None:
        self._environment = environment
        self.is_expected = signs_of_gpus() is not None
        self.is_started = False
        self.chosen: tuple[Gpu, ...] = ()
        self._selection = GpuSelection({}, "all", ())
        self._problem: str | None = None
        self._head_seconds = 0.0
        self._last_mono = 0.0
        self._first_kwh = 0.0
        self._first_seconds = 0.0
        self.energy_kwh: float | None = None
        self.power_w = 0.0
        self.lost: dict[int, str] = {}

    def find(self) -> tuple[Gpu, ...]:
        """Ask the drivers for this computer's boards and choose the run's; a driver that hangs takes three seconds."""
        probe = probe_gpus()
        self.choose(probe.gpus, probe.problem)
        return self.chosen

    def choose(self, gpus: tuple[Gpu, ...], problem: str | None = None) -> None:
        """Choose the run's boards among those that there are, or state why there may be some that were not seen."""
        self._problem = problem
        self._selection = select_gpus(self._environment, gpus)
        self.chosen = tuple(gpu for gpu in gpus if gpu.number in self._selection.shares)

    def start(self, mono: float, run_started_mono: float) -> None:
        """Count what is added from this moment on; what lies between the run's start and it is the head. [s]"""
        self._head_seconds = max(0.0, mono - run_started_mono)
        self._last_mono = mono
        self.is_started = True

    def add(self, mono: float, readings: Mapping[int, tuple[float, float]]) -> None:
        """Add one interval.

        Parameters
        ----------
        mono : float
            Its end, of ``time.monotonic``. [s]
        readings : mapping of int to tuple of float
            Energy in the interval [kWh] and power [W] of each board, by the driver's index.
        """
        seconds, self._last_mono = mono - self._last_mono, mono
        shares = self._selection.shares
        parts = [(shares[index], *values) for index, values in readings.items() if index in shares]
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
        unread = failure if self.is_started or failure else "not yet read"
        if unread:
            return (_unknown(unread),) if self.is_expected else ()
        if self._problem:
            return (_unknown(self._problem),)
        return tuple(self._component(gpu, method(gpu)) for gpu in self.chosen)

    def _component(self, gpu: Gpu, method: str) -> Component:
        if gpu.number in self.lost:
            return Component("gpu", gpu.uuid, gpu.name, method, "unknown", self.lost[gpu.number])
        note, share = "; ".join(self._selection.notes), self._selection.shares[gpu.number]
        if share < 1.0:
            return Component("gpu", gpu.uuid, gpu.name, f"{method} x {share:.3g}", "modelled", note)
        return Component("gpu", gpu.uuid, gpu.name, method, "measured", note)


class ComputerMeter(ThreadedMeter[Answer]):
    """A meter that reads the host by itself from the start, and the run's GPUs once a thread has found them.

    Parameters
    ----------
    environment : mapping of str to str
        The run's variables that select GPUs.
    on_failure : str
        How the reason begins for which GPUs are unknown when they cannot be set up.
    """

    is_machine_wide = True

    def __init__(self, environment: Mapping[str, str], on_failure: str) -> None:
        super().__init__(on_failure)
        self._parts = HostComponents()
        self._host_reader = self._parts.reader()
        self._gpus = RunGpus(environment)
        self._last = Reading(0.0, {}, {})

    @property
    def cpu_w_per_thread(self) -> float | None:
        """TDP of one thread of this computer; None when the CPU is not known. [W]"""
        return self._parts.cpu_w_per_thread

    @property
    def ceilings_w(self) -> dict[str, float]:
        """Power that no component of this computer exceeds, as far as it is known. [W]"""
        gpu_w = self._gpus.ceiling_w
        return self._parts.ceilings_w | ({} if gpu_w is None else {"gpu": gpu_w})

    @property
    def awaits_component(self) -> bool:
        """Whether GPUs may be there that were not read yet."""
        if not self._gpus.is_expected or self._reader.failure:
            return False
        return not self._is_set_up.is_set() or self._gpus.awaits_mean

    def start(self, run_started_mono: float) -> None:
        """Begin: the host at once, the GPUs as soon as their drivers have answered."""
        self._host_reader.start(run_started_mono)
        super().start(run_started_mono)

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
