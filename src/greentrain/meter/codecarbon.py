"""The meter that hosts codecarbon: in a thread, so that a driver that hangs stops the reading and nothing else."""

import time

from greentrain.meter.base import Component, Reading
from greentrain.meter.codecarbon_host import CodecarbonHost, HostReading, installed_version
from greentrain.meter.computer import ComputerMeter, Shares
from greentrain.meter.gpu_selection import Gpu
from greentrain.meter.settings import MeterSettings

_COUNTED = {"intel_rapl": "RAPL counter", "windows_emi": "EMI counter", "intel_power_gadget": "Power Gadget"}
_CHIP_METHODS = ("AppleSiliconChip", "Raspberry")


class CodecarbonMeter(ComputerMeter[tuple[HostReading, Shares]]):
    """codecarbon's offline tracker behind the protocol of a meter.

    Until codecarbon has loaded, and from then on when it fails or hangs, CPU and memory are read by ourselves with the
    same models; GPUs are then unknown.

    Parameters
    ----------
    settings : MeterSettings
        The run's variables that select GPUs are used.
    """

    name = "codecarbon"

    def __init__(self, settings: MeterSettings) -> None:
        super().__init__(settings, "codecarbon could not start")
        self.version = installed_version()
        self._host: CodecarbonHost | None = None
        self._base: dict[str, float] = {}

    @property
    def components(self) -> tuple[Component, ...]:
        """The GPUs of the run, the CPU and the memory, as far as they are known by now."""
        return (*self._gpu_components(), self._cpu_component(), self._parts.memory())

    def read(self, timeout_seconds: float) -> Reading:
        """Read now; an answer that takes longer than this is taken the next time. [s]"""
        if self._host is None or self._reader.failure:
            return self._own_reading()
        host = self._host
        answer = self._reader.read(lambda: (host.measure(), self._divided()), timeout_seconds)
        if answer is not None:
            self._take(*answer)
        elif self._reader.failure:
            self._go_on_alone()
            return self._own_reading()
        return self._last

    def _set_up(self, run_started_mono: float) -> None:
        chosen, parts = self._gpus.find(), self._parts
        host = CodecarbonHost(parts.cpu_name, parts.cpu_tdp_w, parts.memory_w or 0.0, chosen)
        first = host.start()
        self._gpus.start(first.mono, run_started_mono)
        own = self._host_reader.read().energy_kwh
        self._base = {kind: own.get(kind, 0.0) - kwh for kind, kwh in first.energy_kwh.items()}
        self._last = Reading(first.mono, dict(own), {})
        self._host = host

    def _take(self, found: HostReading, divided: Shares) -> None:
        energy = {kind: self._base.get(kind, 0.0) + kwh for kind, kwh in found.energy_kwh.items()}
        power = dict(found.power_w)
        for part in (self._cpu_component(), self._parts.memory()):
            if part.quality == "unknown":
                energy.pop(part.component, None)
                power.pop(part.component, None)
        self._gpus.add(found.mono, found.gpus or {}, divided)
        if found.gpus is not None:
            power["gpu"] = self._gpus.power_w
        if self._gpus.energy_kwh is not None:
            energy["gpu"] = self._gpus.energy_kwh
        self._last = self._reading(found.mono, energy, power)

    def _go_on_alone(self) -> None:
        """Go on without codecarbon; what was counted stays."""
        self._base = dict(self._last.energy_kwh)
        self._host_reader = self._parts.reader()
        self._host_reader.start(time.monotonic())

    def _own_reading(self) -> Reading:
        own = self._host_reader.read()
        base = self._base if self._reader.failure and self._host else {}
        energy = {kind: base.get(kind, 0.0) + kwh for kind, kwh in own.energy_kwh.items()}
        return self._reading(own.mono, base | energy, own.power_w)

    def _gpu_components(self) -> tuple[Component, ...]:
        if self._host is not None and not self._reader.failure and self._host.has_chip_gpu():
            return (Component("gpu", "0", self._parts.cpu_name, "codecarbon powermetrics", "measured"),)
        return self._gpus.components(_gpu_method, self._reader.failure)

    def _cpu_component(self) -> Component:
        method = self._host.cpu_method() if self._host and not self._reader.failure else None
        if method in _CHIP_METHODS:
            return self._parts.cpu(f"codecarbon {method}")
        return self._parts.cpu(self._host_reader.counter if method is None else _COUNTED.get(method))


def _gpu_method(gpu: Gpu) -> str:
    return f"codecarbon {'NVML' if gpu.vendor == 'nvidia' else 'AMD SMI'}"
