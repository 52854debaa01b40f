"""The meter that hosts codecarbon: in a thread, so that a driver that hangs stops the reading and nothing else."""

import threading
import time
from collections.abc import Mapping

from greentrain.meter.base import Component, Reading
from greentrain.meter.codecarbon_host import CodecarbonHost, HostReading, HostSettings, installed_version
from greentrain.meter.cpu_model import CpuFacts, CpuLimit, cpu_limit, read_cpu_facts
from greentrain.meter.gpu_probe import Probe, probe_gpus, signs_of_gpus
from greentrain.meter.gpu_selection import Selection, select_gpus
from greentrain.meter.gpu_totals import SHORTEST_SECONDS, GpuTotals
from greentrain.meter.host_reader import HostReader, memory_bytes
from greentrain.meter.worker import Worker

_SILENT_SECONDS = 3.0
_PASSING_FAILURES = 3
_BYTES_PER_GB = 1e9
_COUNTED = {"intel_rapl": "RAPL counter", "windows_emi": "EMI counter", "intel_power_gadget": "Power Gadget"}
_CHIP_METHODS = ("AppleSiliconChip", "Raspberry")


class CodecarbonMeter:
    """codecarbon's offline tracker behind the protocol of a meter.

    Until codecarbon has loaded, and from then on when it fails or hangs, CPU and memory are read by ourselves with the
    same models; GPUs are then unknown.

    Parameters
    ----------
    environment : mapping of str to str
        The run's variables that select GPUs.
    country_iso3 : str or None
        Country for codecarbon, which changes no energy.
    """

    name = "codecarbon"
    is_machine_wide = True

    def __init__(self, environment: Mapping[str, str], country_iso3: str | None) -> None:
        self.version = installed_version()
        self._environment = environment
        self._country_iso3 = country_iso3
        self._facts: CpuFacts = read_cpu_facts()
        self.limit: CpuLimit = cpu_limit(self._facts)
        self._memory_w = _memory_power_w()
        self._host_reader = HostReader(self.limit.tdp_w, self._memory_w)
        self._probe = Probe((), None)
        self._selection = Selection({}, "all", ())
        self._gpus: GpuTotals | None = None
        self._host: CodecarbonHost | None = None
        self._base: dict[str, float] = {}
        self._failure: str | None = None
        self._failures = 0
        self._last = Reading(0.0, {}, {})
        self._last_good_mono = 0.0
        self._is_set_up = threading.Event()
        self._worker: Worker[HostReading] = Worker()
        self._expects_gpus = signs_of_gpus() is not None

    @property
    def cpu_w_per_thread(self) -> float | None:
        """TDP of one thread of this computer; None when the CPU is not known. [W]"""
        return None if self.limit.tdp_w is None else self.limit.tdp_w / self._facts.threads

    @property
    def components(self) -> tuple[Component, ...]:
        """The GPUs of the run, the CPU and the memory, as far as they are known by now."""
        return (*self._gpu_components(), self._cpu_component(), self._memory_component())

    @property
    def awaits_component(self) -> bool:
        """Whether GPUs may be there that were not read yet."""
        if not self._expects_gpus or self._failure:
            return False
        return not self._is_set_up.is_set() or (self._gpus is not None and self._gpus.is_short)

    def start(self, run_started_mono: float) -> None:
        """Begin: our own reading at once, codecarbon in its thread as soon as it has loaded."""
        self._run_started_mono = run_started_mono
        self._host_reader.start(run_started_mono)
        threading.Thread(target=self._set_up, name="codecarbon", daemon=True).start()

    def wait_until_ready(self, timeout_seconds: float) -> bool:
        """Wait for codecarbon, or for so long [s]; tell whether it is there."""
        deadline = time.monotonic() + timeout_seconds
        if not self._is_set_up.wait(timeout_seconds):
            return False
        if not self._gpus or not self._gpus.is_short:
            return True
        # A first interval that is too short would say little of the power.
        left = self._last_good_mono + SHORTEST_SECONDS - time.monotonic()
        time.sleep(max(0.0, min(left, deadline - time.monotonic())))
        return time.monotonic() <= deadline

    def read(self, timeout_seconds: float) -> Reading:
        """Read now; an answer that takes longer than this is taken the next time. [s]"""
        if self._host is None or self._failure:
            return self._own_reading()
        self._worker.ask(self._host.measure)
        error = self._worker.wait(timeout_seconds)
        answer = self._worker.take()
        if answer is not None:
            self._take(answer)
        elif error is not None:
            self._note_failure(error)
        elif self._worker.silent_seconds() > _SILENT_SECONDS:
            self._give_up(f"no reading for {_SILENT_SECONDS:g} s")
        return self._own_reading() if self._failure else self._last

    def stop(self) -> None:
        """Leave the thread behind: it ends with the process."""
        self._worker.close()

    def _set_up(self) -> None:
        try:
            self._probe = probe_gpus()
            self._selection = select_gpus(self._environment, self._probe.gpus)
            chosen = [gpu for gpu in self._probe.gpus if gpu.number in self._selection.shares]
            name = self._facts.name
            host = CodecarbonHost(HostSettings(self._country_iso3, name, self.limit.tdp_w, self._memory_w, chosen))
            first = host.start()
            self._gpus = GpuTotals(chosen, self._selection.shares, first.mono - self._run_started_mono)
            own = self._host_reader.read().energy_kwh
            self._base = {kind: own.get(kind, 0.0) - kwh for kind, kwh in first.energy_kwh.items()}
            self._last = Reading(first.mono, dict(own), {})
            self._last_good_mono = first.mono
            self._host = host
        except BaseException as error:
            self._failure = f"codecarbon could not start: {type(error).__name__} {error}"
        self._is_set_up.set()

    def _take(self, found: HostReading) -> None:
        mono = found.mono
        energy = {kind: self._base.get(kind, 0.0) + kwh for kind, kwh in found.energy_kwh.items()}
        power = dict(found.power_w)
        if self._cpu_component().quality == "unknown":
            energy.pop("cpu", None)
            power.pop("cpu", None)
        if self._gpus is not None and found.gpus is not None:
            self._gpus.add(found.gpus, mono - self._last_good_mono)
            power["gpu"] = self._gpus.power_w
        if self._gpus is not None and self._gpus.energy_kwh is not None:
            energy["gpu"] = self._gpus.energy_kwh
        self._last = Reading(mono, energy, power)
        self._last_good_mono = mono
        self._failures = 0

    def _note_failure(self, error: BaseException) -> None:
        """Bear a failure as one that passes, until there were several one after the other."""
        self._failures += 1
        reason = f"{type(error).__name__} {error}"
        if self._failures <= _PASSING_FAILURES:
            raise OSError(reason)
        self._give_up(f"readings fail: {reason}")

    def _give_up(self, reason: str) -> None:
        """Go on without codecarbon; what was counted stays."""
        self._failure = reason
        self._base = dict(self._last.energy_kwh)
        self._host_reader = HostReader(self.limit.tdp_w, self._memory_w)
        self._host_reader.start(time.monotonic())

    def _own_reading(self) -> Reading:
        own = self._host_reader.read()
        base = self._base if self._failure and self._host else {}
        energy = {kind: base.get(kind, 0.0) + kwh for kind, kwh in own.energy_kwh.items()}
        return Reading(own.mono, base | energy, own.power_w)

    def _gpu_components(self) -> tuple[Component, ...]:
        if self._failure and self._expects_gpus:
            return (Component("gpu", "", "", "none", "unknown", self._failure),)
        if not self._is_set_up.is_set():
            return (Component("gpu", "", "", "none", "unknown", "not yet read"),) if self._expects_gpus else ()
        if self._probe.problem:
            return (Component("gpu", "", "", "none", "unknown", self._probe.problem),)
        if self._host is not None and self._host.has_chip_gpu():
            return (Component("gpu", "0", self._facts.name, "codecarbon powermetrics", "measured"),)
        return self._gpus.components(self._selection) if self._gpus else ()

    def _cpu_component(self) -> Component:
        method = self._host.cpu_method() if self._host and not self._failure else None
        name = self._facts.name
        if method in _COUNTED:
            return Component("cpu", "", name, _COUNTED[method], "measured")
        if method in _CHIP_METHODS:
            return Component("cpu", "", name, f"codecarbon {method}", "measured")
        if self._host_reader.has_counter and method is None:
            return Component("cpu", "", name, "RAPL counter", "measured")
        if self.limit.tdp_w is None:
            return Component("cpu", "", name, "none", "unknown", self.limit.reason)
        return Component("cpu", "", name, "load x TDP", "modelled", self.limit.reason)

    def _memory_component(self) -> Component:
        return Component("memory", "", "", "installed memory x W/GB", "modelled")


def _memory_power_w() -> float:
    """Model the power of this computer's memory from its size, as the estimate does. [W]"""
    from greentrain.catalogue import load_catalogue

    memory_gb = memory_bytes()[1] / _BYTES_PER_GB
    return memory_gb * load_catalogue().hardware.memory_power(memory_gb).value.best
