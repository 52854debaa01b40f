"""Boards read through their drivers' libraries: by the counter of energy where there is one, else power x time.

Every call may hang or raise, since drivers do: this belongs in a thread of its own.
"""

import time
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Protocol

from greentrain.meter.gpu_selection import Gpu
from greentrain.meter.threaded import PASSING_FAILURES
from greentrain.units import WATT_SECONDS_PER_KWH

_MW_PER_W = 1e3
_MJ_PER_J = 1e3
_UJ_PER_J = 1e6
_HIGHEST_W = 1e5  # AMD's library gives the highest number of 32 bits for what a board does not have
_AMD_POWERS = ("current_socket_power", "average_socket_power")  # a board gives the one or the other
_AMD_COUNTERS = ("energy_accumulator", "power")  # the counter's name today and before 2024


class GpuSensor(Protocol):
    """What a driver's library gives of one board."""

    name: str

    def energy_j(self) -> float | None:
        """Return the board's counter of energy; None where it has none. [J]"""

    def power_w(self) -> float | None:
        """Return the board's power; None where it gives none. [W]"""


class NvidiaSensor:
    """A board read by NVML.

    Parameters
    ----------
    number : int
        Its index in the driver's list.
    """

    name = "NVML"

    def __init__(self, number: int) -> None:
        import pynvml as nvml  # type: ignore[import-untyped]

        nvml.nvmlInit()
        self._nvml: Any = nvml
        self._handle = nvml.nvmlDeviceGetHandleByIndex(number)

    def energy_j(self) -> float | None:
        """Return the energy since the driver was loaded; None before Volta. [J]"""
        return self._of_board(self._nvml.nvmlDeviceGetTotalEnergyConsumption, _MJ_PER_J)

    def power_w(self) -> float | None:
        """Return the power. [W]"""
        return self._of_board(self._nvml.nvmlDeviceGetPowerUsage, _MW_PER_W)

    def _of_board(self, ask: Any, scale: float) -> float | None:
        try:
            return float(ask(self._handle)) / scale
        except self._nvml.NVMLError_NotSupported:
            return None


class AmdSensor:
    """A board read by AMD SMI.

    Parameters
    ----------
    number : int
        Its index in the driver's list.
    """

    name = "AMD SMI"

    def __init__(self, number: int) -> None:
        import amdsmi  # type: ignore[import-not-found]

        amdsmi.amdsmi_init()
        self._amdsmi: Any = amdsmi
        self._handle = amdsmi.amdsmi_get_processor_handles()[number]

    def energy_j(self) -> float | None:
        """Return the energy since the driver was loaded; None in virtual machines, and where it stays at 0. [J]"""
        found = self._amdsmi.amdsmi_get_energy_count(self._handle)
        steps, step_uj = _numbers(found, _AMD_COUNTERS)[:1], _numbers(found, ("counter_resolution",))
        return steps[0] * step_uj[0] / _UJ_PER_J if steps and step_uj and steps[0] else None

    def power_w(self) -> float | None:
        """Return the power. [W]"""
        found = _numbers(self._amdsmi.amdsmi_get_power_info(self._handle), _AMD_POWERS)
        return max((power_w for power_w in found if 0 <= power_w < _HIGHEST_W), default=None)


def open_sensor(gpu: Gpu) -> GpuSensor:
    """Open a board as its driver lists it."""
    return AmdSensor(gpu.number) if gpu.vendor == "amd" else NvidiaSensor(gpu.number)


class Board:
    """Adds up the energy of one board from a first moment on.

    A reading that fails leaves everything as it was, so that the next one makes up for it.

    Parameters
    ----------
    sensor : GpuSensor
        What gives the board's readings.
    mono : float
        Now, of ``time.monotonic``. [s]

    Attributes
    ----------
    energy_kwh : float
        Energy since the first moment. [kWh]
    power_w : float
        Mean power over the last interval. [W]
    method : str
        How the board is read.

    Raises
    ------
    OSError
        If the board gives neither energy nor power.
    """

    def __init__(self, sensor: GpuSensor, mono: float) -> None:
        self._sensor = sensor
        self._last_mono = mono
        self._last_j = _counter_j(sensor)
        self._last_w = sensor.power_w() if self._last_j is None else None
        if self._last_j is None and self._last_w is None:
            raise OSError(f"{sensor.name} gives neither its energy nor its power")
        self.energy_kwh = 0.0
        self.power_w = 0.0
        self.method = f"{sensor.name} {'power x time' if self._last_j is None else 'counter'}"

    def read(self, mono: float) -> None:
        """Read now. [s]

        Raises
        ------
        OSError
            If the board does not give what it gave before. Whatever else the driver raises passes through.
        """
        seconds = mono - self._last_mono
        if seconds <= 0:
            return
        grown_j = self._integrated_j(seconds) if self._last_j is None else self._counted_j(self._last_j, seconds)
        self._last_mono = mono
        self.energy_kwh += grown_j / WATT_SECONDS_PER_KWH
        self.power_w = grown_j / seconds

    def _counted_j(self, last_j: float, seconds: float) -> float:
        now_j = self._sensor.energy_j()
        if now_j is None:
            raise OSError(f"{self._sensor.name} gives its energy no more")
        # A counter that starts again, as when the driver is loaded anew, has not counted this interval.
        grown_j = now_j - last_j if now_j >= last_j else (self._sensor.power_w() or 0.0) * seconds
        self._last_j = now_j
        return grown_j

    def _integrated_j(self, seconds: float) -> float:
        now_w = self._sensor.power_w()
        if now_w is None:
            raise OSError(f"{self._sensor.name} gives its power no more")
        mean_w = (now_w + (now_w if self._last_w is None else self._last_w)) / 2
        self._last_w = now_w
        return mean_w * seconds


class Boards:
    """The boards of a run, read together; one that fails again and again is lost, and the others are read on.

    Parameters
    ----------
    open_sensor : callable
        Opens a board.

    Attributes
    ----------
    methods : dict of int to str
        How each board is read, by the driver's index.
    lost : dict of int to str
        Why a board is read no more.
    """

    def __init__(self, open_sensor: Callable[[Gpu], GpuSensor]) -> None:
        self._open_sensor = open_sensor
        self._boards: dict[int, Board] = {}
        self._failures: dict[int, int] = {}
        self.methods: dict[int, str] = {}
        self.lost: dict[int, str] = {}

    def open(self, gpus: Iterable[Gpu]) -> float:
        """Open the boards; return the moment from which they count, of ``time.monotonic``. [s]"""
        sensors: dict[int, GpuSensor] = {}
        for gpu in gpus:
            try:
                sensors[gpu.number] = self._open_sensor(gpu)
            except Exception as error:
                self.lost[gpu.number] = _error_text(error)
        mono = time.monotonic()  # opening a first board may take seconds
        for number, sensor in sensors.items():
            try:
                self._boards[number] = Board(sensor, mono)
                self.methods[number] = self._boards[number].method
            except Exception as error:
                self.lost[number] = _error_text(error)
        return mono

    def read(self, mono: float) -> str | None:
        """Read every board now [s]; return why one failed that may answer the next time, None where none did."""
        passing = None
        for number, board in list(self._boards.items()):
            try:
                board.read(mono)
                self._failures[number] = 0
            except Exception as error:
                self._failures[number] = self._failures.get(number, 0) + 1
                if self._failures[number] <= PASSING_FAILURES:
                    passing = _error_text(error)
                else:
                    self.lost[number] = f"readings fail: {_error_text(error)}"
                    del self._boards[number]
        return passing

    def readings(self) -> dict[int, tuple[float, float]]:
        """Return energy since the first moment [kWh] and power [W] of each board that is still read."""
        return {number: (board.energy_kwh, board.power_w) for number, board in self._boards.items()}


def _counter_j(sensor: GpuSensor) -> float | None:
    """Return the counter of energy; one that cannot be read counts as none, since power may still be given."""
    try:
        return sensor.energy_j()
    except Exception:
        return None


def _numbers(found: Mapping[str, object], names: tuple[str, ...]) -> list[float]:
    """Pick the fields that are numbers: what a board does not give is a text, or missing."""
    values = (found.get(name) for name in names)
    return [float(value) for value in values if isinstance(value, (int, float))]


def _error_text(error: Exception) -> str:
    return f"{type(error).__name__} {error}"
