"""The meter that reads by itself, without codecarbon: CPU and memory from the system, GPUs from their drivers."""

import threading
import time
from collections.abc import Mapping
from typing import NamedTuple

from greentrain._version import __version__
from greentrain.meter.base import Component, Reading
from greentrain.meter.gpu_sensors import Boards, open_sensor
from greentrain.meter.host_reader import HostComponents
from greentrain.meter.run_gpus import RunGpus
from greentrain.meter.worker import TimeoutReader


class _Snapshot(NamedTuple):
    """One reading: of the host, and energy so far [kWh] and power [W] of the boards, of which some fail."""

    host: Reading
    boards: dict[int, tuple[float, float]]
    lost: dict[int, str]
    failure: str | None


class NativeMeter:
    """Our own readings behind the protocol of a meter.

    The CPU is measured by its counter (RAPL) where that may be read, and modelled as load x TDP elsewhere; memory is
    modelled from its size. A board is measured by its counter of energy, or by power x time where it has none, in a
    thread of its own: a driver that hangs makes the GPUs unknown and stops nothing. A board that fails again and again
    is unknown from then on, and the others are read on.

    Parameters
    ----------
    environment : mapping of str to str
        The run's variables that select GPUs.
    """

    name = "native"
    version = __version__
    is_machine_wide = True

    def __init__(self, environment: Mapping[str, str]) -> None:
        self._parts = HostComponents()
        self._host_reader = self._parts.reader()
        self._gpus = RunGpus(environment)
        self._boards = Boards(open_sensor)
        self._taken_kwh: dict[int, float] = {}
        self._has_boards = False
        self._last = Reading(0.0, {}, {})
        self._run_started_mono = 0.0
        self._is_set_up = threading.Event()
        self._reader: TimeoutReader[_Snapshot] = TimeoutReader()

    @property
    def cpu_w_per_thread(self) -> float | None:
        """TDP of one thread of this computer; None when the CPU is not known. [W]"""
        return self._parts.cpu_w_per_thread

    @property
    def components(self) -> tuple[Component, ...]:
        """The GPUs of the run, the CPU and the memory, as far as they are known by now."""
        cpu = self._parts.cpu(self._host_reader.counter)
        if cpu.quality == "modelled" and not self._host_reader.knows_load:
            cpu = cpu._replace(method="none", quality="unknown", reason="this system tells no load of its CPUs")
        gpus = self._gpus.components(lambda gpu: self._boards.methods.get(gpu.number, "none"), self._reader.failure)
        return (*gpus, cpu, self._parts.memory())

    @property
    def awaits_component(self) -> bool:
        """Whether GPUs may be there that were not read yet."""
        if not self._gpus.is_expected or self._reader.failure:
            return False
        return not self._is_set_up.is_set() or self._gpus.awaits_mean

    def start(self, run_started_mono: float) -> None:
        """Begin: the host at once, the GPUs as soon as their drivers have answered."""
        self._run_started_mono = run_started_mono
        self._host_reader.start(run_started_mono)
        threading.Thread(target=self._set_up, name="drivers", daemon=True).start()

    def wait_until_ready(self, timeout_seconds: float) -> bool:
        """Wait for the drivers, or for so long [s]; return whether they have answered."""
        deadline = time.monotonic() + timeout_seconds
        return self._is_set_up.wait(timeout_seconds) and self._gpus.wait_for_mean(deadline - time.monotonic())

    def read(self, timeout_seconds: float) -> Reading:
        """Read now; what takes longer than this is taken the next time. [s]

        Raises
        ------
        OSError
            If a board failed that may answer the next time.
        """
        if self._has_boards and not self._reader.failure:
            found = self._reader.read(self._measure, timeout_seconds)
            if found is not None:
                self._take(found)
            if not self._reader.failure:
                return self._last
        own = self._host_reader.read()
        gpu = {kind: kwh for kind, kwh in self._last.energy_kwh.items() if kind == "gpu"}
        self._last = Reading(own.mono, {**own.energy_kwh, **gpu}, own.power_w)
        return self._last

    def stop(self) -> None:
        """Leave the threads behind: they end with the process."""
        self._reader.close()

    def _set_up(self) -> None:
        try:
            mono = self._boards.open(self._gpus.find())
            self._gpus.lost.update(self._boards.lost)
            self._gpus.start(mono, self._run_started_mono)
            self._has_boards = bool(self._boards.readings())
        except BaseException as error:
            self._reader.failure = f"the GPUs cannot be read: {type(error).__name__} {error}"
        self._is_set_up.set()

    def _measure(self) -> _Snapshot:
        """Read host and boards at one moment, in the thread that may hang."""
        host = self._host_reader.read()
        failure = self._boards.read(time.monotonic())
        return _Snapshot(host, self._boards.readings(), dict(self._boards.lost), failure)

    def _take(self, found: _Snapshot) -> None:
        self._gpus.lost.update(found.lost)
        if found.failure is not None:
            raise OSError(found.failure)
        grown = {
            number: (kwh - self._taken_kwh.get(number, 0.0), power_w) for number, (kwh, power_w) in found.boards.items()
        }
        self._taken_kwh.update({number: kwh for number, (kwh, _) in found.boards.items()})
        self._gpus.add(found.host.mono, grown)
        energy, power = dict(found.host.energy_kwh), dict(found.host.power_w)
        if self._gpus.energy_kwh is not None:
            energy["gpu"] = self._gpus.energy_kwh
            if grown:
                power["gpu"] = self._gpus.power_w
        self._last = Reading(found.host.mono, energy, power)
