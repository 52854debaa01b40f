"""The meter that reads by itself, without codecarbon: CPU and memory from the system, GPUs from their drivers."""

import time
from typing import NamedTuple

from greentrain._version import __version__
from greentrain.meter.base import Component, Reading
from greentrain.meter.computer import ComputerMeter, Shares
from greentrain.meter.gpu_sensors import Boards, open_sensor
from greentrain.meter.settings import MeterSettings


class _Snapshot(NamedTuple):
    """One reading: of the host, and energy so far [kWh] and power [W] of the boards, of which some fail."""

    host: Reading
    boards: dict[int, tuple[float, float]]
    lost: dict[int, str]
    failure: str | None
    divided: Shares


class NativeMeter(ComputerMeter[_Snapshot]):
    """Our own readings behind the protocol of a meter.

    The CPU is measured by its counter (RAPL) where that may be read, and modelled as load x TDP elsewhere; memory is
    modelled from its size. A board is measured by its counter of energy, or by power x time where it has none, in a
    thread of its own: a driver that hangs makes the GPUs unknown and stops nothing. A board that fails again and again
    is unknown from then on, and the others are read on.

    Parameters
    ----------
    settings : MeterSettings
        The run's variables that select GPUs are used.
    """

    name = "native"
    version = __version__

    def __init__(self, settings: MeterSettings) -> None:
        super().__init__(settings, "the GPUs cannot be read")
        self._boards = Boards(open_sensor)
        self._taken_kwh: dict[int, float] = {}
        self._has_boards = False

    @property
    def components(self) -> tuple[Component, ...]:
        """The GPUs of the run, the CPU and the memory, as far as they are known by now."""
        cpu = self._parts.cpu(self._host_reader.counter)
        gpus = self._gpus.components(lambda gpu: self._boards.methods.get(gpu.number, "none"), self._reader.failure)
        return (*gpus, cpu, self._parts.memory())

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
        self._last = self._reading(own.mono, {**own.energy_kwh, **gpu}, own.power_w)
        return self._last

    def _set_up(self, run_started_mono: float) -> None:
        mono = self._boards.open(self._gpus.find())
        self._gpus.lost.update(self._boards.lost)
        self._gpus.start(mono, run_started_mono)
        self._has_boards = bool(self._boards.readings())

    def _measure(self) -> _Snapshot:
        """Read host and boards at one moment, in the thread that may hang."""
        host = self._host_reader.read()
        failure = self._boards.read(time.monotonic())
        return _Snapshot(host, self._boards.readings(), dict(self._boards.lost), failure, self._divided())

    def _take(self, found: _Snapshot) -> None:
        self._gpus.lost.update(found.lost)
        if found.failure is not None:
            raise OSError(found.failure)
        grown = {
            number: (kwh - self._taken_kwh.get(number, 0.0), power_w) for number, (kwh, power_w) in found.boards.items()
        }
        self._taken_kwh.update({number: kwh for number, (kwh, _) in found.boards.items()})
        self._gpus.add(found.host.mono, grown, found.divided)
        energy, power = dict(found.host.energy_kwh), dict(found.host.power_w)
        if self._gpus.energy_kwh is not None:
            energy["gpu"] = self._gpus.energy_kwh
            if grown:
                power["gpu"] = self._gpus.power_w
        self._last = self._reading(found.host.mono, energy, power)
