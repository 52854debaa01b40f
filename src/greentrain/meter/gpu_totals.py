"""The energy of a run's GPUs, added up from what each board gave."""

from collections.abc import Mapping, Sequence

from greentrain.meter.base import Component
from greentrain.meter.gpu_selection import Gpu, Selection

SHORTEST_SECONDS = 0.2
"""Time over which a first mean power is taken: boards renew their counters some ten times a second. [s]"""


class GpuTotals:
    """Energy and power of a run's part of its boards.

    The time before the boards are read counts with the mean power of the first time that they were.

    Parameters
    ----------
    gpus : sequence of Gpu
        The run's boards.
    shares : mapping of int to float
        The run's part of each. [1]
    head_seconds : float
        Time between the run's start and the moment from which the boards are read. [s]

    Attributes
    ----------
    energy_kwh : float or None
        Energy since the run's start; None without boards and until they were read for long enough. [kWh]
    power_w : float
        Power over the last interval. [W]
    """

    def __init__(self, gpus: Sequence[Gpu], shares: Mapping[int, float], head_seconds: float) -> None:
        self._gpus = gpus
        self._shares = shares
        self._head_seconds = max(0.0, head_seconds)
        self._first_kwh = 0.0
        self._first_seconds = 0.0
        self.energy_kwh: float | None = None
        self.power_w = 0.0

    def add(self, readings: Mapping[int, tuple[float, float]], seconds: float) -> None:
        """Add one interval.

        Parameters
        ----------
        readings : mapping of int to tuple of float
            Energy in the interval [kWh] and power [W] of each board, by the driver's index.
        seconds : float
            Length of the interval. [s]
        """
        parts = [(self._shares[index], *values) for index, values in readings.items() if index in self._shares]
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
    def is_short(self) -> bool:
        """Whether there are boards whose first readings do not yet make a mean power."""
        return bool(self._gpus) and self.energy_kwh is None

    def components(self, selection: Selection) -> tuple[Component, ...]:
        """Describe each board: whole ones are measured, slices get a modelled part of their board."""
        note = "; ".join(selection.notes)
        return tuple(self._component(gpu, note) for gpu in self._gpus)

    def _component(self, gpu: Gpu, note: str) -> Component:
        method = f"codecarbon {'NVML' if gpu.vendor == 'nvidia' else 'AMD SMI'}"
        share = self._shares[gpu.number]
        if share < 1.0:
            return Component("gpu", gpu.uuid, gpu.name, f"{method} x {share:.3g}", "modelled", note)
        return Component("gpu", gpu.uuid, gpu.name, method, "measured", note)
