"""codecarbon's offline tracker, hosted: every touch of codecarbon's inside is in this file and nowhere else.

Only a process made for it may do this: the environment is emptied, and a function of ``subprocess`` replaced. What is
private of codecarbon here was read in version 3.3.2:

* ``_measure_power_and_energy`` instead of the public ``flush``, which loads pandas (60 MiB) to compute emissions;
* ``hardware_cache._tdp``, which else loads pandas to look up a TDP, and ``sys.modules["cpuinfo"]``, which else takes a
  second to read a name that /proc/cpuinfo holds;
* its two timers are stopped: on a driver that hangs they would start a thread a second for ever;
* the energies by component and by GPU, of which the public record has sums with PUE.
"""

import logging
import os
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from importlib.util import find_spec
from types import ModuleType, SimpleNamespace
from typing import Any, NamedTuple

from greentrain.meter.gpu_selection import Gpu

_FOREVER_SECONDS = 1e9
_ANY_INTENSITY_G_PER_KWH = 1.0
_PROGRAM_SECONDS = 3.0
_KEPT_VARIABLES = frozenset(
    ("PATH", "LD_LIBRARY_PATH", "PYTHONPATH", "PYTHONHOME", "SYSTEMROOT", "TEMP", "TMP", "TMPDIR", "PATHEXT", "COMSPEC")
)
_OUR_VARIABLES = "GREENTRAIN_"
_NOWHERE = os.path.join(os.sep, "nonexistent")


class HostReading(NamedTuple):
    """What codecarbon measured: energy since the start, and power over the last interval.

    Attributes
    ----------
    mono : float
        When, of ``time.monotonic``. [s]
    energy_kwh : dict of str to float
        Energy by component, ``cpu`` and ``memory``. [kWh]
    power_w : dict of str to float
        Power by component. [W]
    gpus : dict of int to tuple of float, or None
        Energy of the last interval [kWh] and power [W] of each GPU; None when reading them failed.
    """

    mono: float
    energy_kwh: dict[str, float]
    power_w: dict[str, float]
    gpus: dict[int, tuple[float, float]] | None


class CodecarbonHost:
    """An offline tracker of codecarbon that measures on request.

    Parameters
    ----------
    cpu_name : str
        Name of the CPU; empty leaves the search to codecarbon.
    cpu_tdp_w : float or None
        TDP of this computer's CPUs, for where no counter can be read. [W]
    memory_w : float
        Power of the memory. [W]
    gpus : sequence of Gpu
        The GPUs to read.
    """

    def __init__(self, cpu_name: str, cpu_tdp_w: float | None, memory_w: float, gpus: Sequence[Gpu]) -> None:
        _shut_out_settings()
        _bound_programs(gpus)
        self._deltas: list[dict[str, Any]] | None = None
        self._tracker = _tracker(cpu_name, cpu_tdp_w, memory_w, [gpu.number for gpu in gpus])

    def start(self) -> HostReading:
        """Start measuring; return the first reading, from which the others count."""
        self._tracker.start()
        for timer in ("_scheduler", "_scheduler_monitor_power"):
            getattr(self._tracker, timer).stop()
        for hardware in self._tracker._hardware:
            if type(hardware).__name__ == "GPU":
                self._keep_deltas(hardware.devices)
        return self.measure()

    def cpu_method(self) -> str | None:
        """Name how codecarbon reads the CPU; None when it does not."""
        for hardware in self._tracker._hardware:
            if type(hardware).__name__ == "CPU":
                return str(hardware._mode)
            if type(hardware).__name__ in ("AppleSiliconChip", "Raspberry") and hardware.chip_part == "CPU":
                return type(hardware).__name__
        return None

    def has_chip_gpu(self) -> bool:
        """Whether the GPU is a part of the chip that codecarbon reads as one number (Apple)."""
        return any(getattr(hardware, "chip_part", "") == "GPU" for hardware in self._tracker._hardware)

    def measure(self) -> HostReading:
        """Measure now."""
        tracker = self._tracker
        self._deltas = None
        mono = time.monotonic()
        tracker._measure_power_and_energy()
        energy = {"cpu": tracker._total_cpu_energy.kWh, "memory": tracker._total_ram_energy.kWh}
        power = {"cpu": tracker._cpu_power.W, "memory": tracker._ram_power.W}
        if self.has_chip_gpu():
            energy["gpu"], power["gpu"] = tracker._total_gpu_energy.kWh, tracker._gpu_power.W
        return HostReading(mono, energy, power, self._gpu_readings())

    def _keep_deltas(self, devices: Any) -> None:
        """Keep what each GPU gave: codecarbon adds them up, and reports a failure as a GPU that draws nothing."""
        original = devices.get_delta

        def get_delta(duration: Any) -> Any:
            self._deltas = original(duration)
            return self._deltas

        devices.get_delta = get_delta

    def _gpu_readings(self) -> dict[int, tuple[float, float]] | None:
        if not self._deltas:
            return None
        return {
            delta["gpu_index"]: (delta["delta_energy_consumption"].kWh, delta["power_usage"].W)
            for delta in self._deltas
        }


def installed_version() -> str | None:
    """Return codecarbon's version without loading it."""
    spec = find_spec("codecarbon")
    for folder in (spec.submodule_search_locations or ()) if spec else ():
        try:
            with open(os.path.join(folder, "_version.py"), encoding="utf-8") as file:
                return file.read().partition('"')[2].partition('"')[0] or None
        except OSError:
            continue
    return None


def _shut_out_settings() -> None:
    """Leave codecarbon no environment, home or folder with settings of its own, and no job to ask a scheduler for."""
    for name in [name for name in os.environ if name.upper() not in _KEPT_VARIABLES]:
        if not name.upper().startswith(_OUR_VARIABLES):  # how the host is called, and where live runs meet
            del os.environ[name]
    os.environ["HOME"] = os.environ["USERPROFILE"] = _NOWHERE
    logger = logging.getLogger("codecarbon")
    logger.disabled = True
    logger.addHandler(logging.NullHandler())


def _bound_programs(gpus: Sequence[Gpu]) -> None:
    """Answer for the programs that codecarbon runs to find GPUs, and let none of the others hang."""
    vendors = {gpu.vendor for gpu in gpus}
    is_there = {"nvidia-smi": "nvidia" in vendors, "rocm-smi": "amd" in vendors, "lscpu": False, "scontrol": False}
    run = subprocess.run

    def check_output(command: Any, **options: Any) -> Any:
        name = command[0] if isinstance(command, (list, tuple)) else command
        if name in is_there:
            if is_there[name]:
                return b""
            raise FileNotFoundError(name)
        try:
            return run(command, stdout=subprocess.PIPE, check=True, timeout=_PROGRAM_SECONDS, **options).stdout
        except subprocess.TimeoutExpired as error:
            raise OSError(f"{name} did not answer") from error

    vars(subprocess)["check_output"] = check_output
    if "nvidia" not in vendors:
        sys.modules["pynvml"] = None  # type: ignore[assignment]
    if "amd" not in vendors:
        sys.modules["amdsmi"] = None  # type: ignore[assignment]


def _tracker(cpu_name: str, cpu_tdp_w: float | None, memory_w: float, gpu_numbers: list[int]) -> Any:
    if cpu_name:
        _seed_cpu_name(cpu_name)
    from codecarbon import OfflineEmissionsTracker, emissions_tracker

    vars(emissions_tracker)["get_hierarchical_config"] = dict
    return OfflineEmissionsTracker(
        country_iso_code="USA",  # it insists on one, which changes no energy
        measure_power_secs=_FOREVER_SECONDS,
        api_call_interval=-1,
        output_methods=[],
        output_handlers=[],
        gpu_ids=gpu_numbers,
        tracking_mode="machine",
        log_level="critical",
        force_cpu_power=_forced_cpu_w(cpu_name, cpu_tdp_w),
        force_ram_power=memory_w,
        force_carbon_intensity_g_co2e_kwh=_ANY_INTENSITY_G_PER_KWH,
        allow_multiple_runs=True,
        pue=1.0,
        wue=0.0,
    )


def _forced_cpu_w(cpu_name: str, cpu_tdp_w: float | None) -> float | None:
    """State the CPU's limit where no counter can be read; a stated limit would keep codecarbon from the counter."""
    from codecarbon.core import cpu, hardware_cache

    if not sys.platform.startswith("linux") or cpu.is_rapl_available():
        return None
    tdp_w = cpu_tdp_w or 1.0
    vars(hardware_cache)["_tdp"] = SimpleNamespace(model=cpu_name or "unknown", tdp=tdp_w)
    return tdp_w


def _seed_cpu_name(name: str) -> None:
    module = ModuleType("cpuinfo")
    answer: Mapping[str, str] = {"brand_raw": name}
    module.get_cpu_info = lambda: answer  # type: ignore[attr-defined]
    sys.modules["cpuinfo"] = module
