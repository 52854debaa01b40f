"""Sums of runs: by what they are grouped, and all that is added up of them."""

from collections.abc import Callable, Iterable, Sequence
from functools import cached_property
from operator import add as plus
from time import gmtime
from typing import Any

from greentrain.errors import OwnErrors
from greentrain.footprint import RUN_QUANTITIES
from greentrain.history.run_summary import DoubtSums
from greentrain.interval import Interval
from greentrain.journal.records import STATUSES
from greentrain.record import Record
from greentrain.summation import summed_interval

_FACILITY = RUN_QUANTITIES.index("facility_energy_kwh")
Sums = dict[tuple[str | None, ...], "RunSums"]
"""Sums by what runs have in common."""


class Loads(Record):
    """Hours of accelerators' boards and of cores: those that runs were given, and what was measured of them.

    Attributes
    ----------
    gpu_hours, cpu_core_hours : float
        What all runs were given. [h]
    measured_gpu_hours, measured_core_hours : float
        What those were given whose load somebody measured. [h]
    busy_gpu_hours, idle_core_hours : float or None
        In how many of the latter accelerators were busy, and cores idle; None where nobody measured. [h]
    """

    gpu_hours: float = 0.0
    measured_gpu_hours: float = 0.0
    busy_gpu_hours: float | None = None
    cpu_core_hours: float = 0.0
    measured_core_hours: float = 0.0
    idle_core_hours: float | None = None

    @property
    def gpu_busy_share(self) -> float | None:
        """Busy hours of accelerators over those of which they were measured. [1]"""
        return None if self.busy_gpu_hours is None else self.busy_gpu_hours / self.measured_gpu_hours

    @property
    def core_idle_share(self) -> float | None:
        """Idle hours of cores over those of which they were measured. [1]"""
        return None if self.idle_core_hours is None else self.idle_core_hours / self.measured_core_hours


def run_counts(
    seconds: float, best: Sequence[float], metered: Iterable[float], hours: Sequence[float], is_least: object
) -> tuple[float, ...]:
    """Return what of one run adds up but for its doubt, as `RunSums` takes it; what is not a number is not known.

    Parameters
    ----------
    seconds : float
        Its time. [s]
    best : sequence of float
        The best values of `RUN_QUANTITIES`.
    metered : iterable of float
        What meters read of each component. [kWh]
    hours : sequence of float
        Its `LOADS`. [h]
    is_least : object
        Whether a part of its computers is in no sum, in any true value.
    """
    it_kwh, facility_kwh, kg = best
    gpu, busy_gpu, core, busy_core = [value if value == value else 0.0 for value in hours]
    is_gpu_known, is_core_known = hours[1] == hours[1], hours[3] == hours[3]
    return (
        1.0, seconds, float(any(value == value for value in metered)),
        float(it_kwh == it_kwh), float(facility_kwh == facility_kwh), float(kg == kg),
        it_kwh if it_kwh == it_kwh else 0.0, facility_kwh if facility_kwh == facility_kwh else 0.0,
        kg if kg == kg else 0.0,
        gpu, busy_gpu, core, busy_core, gpu if is_gpu_known else 0.0, core if is_core_known else 0.0,
        float(bool(is_least)),
    )  # fmt: skip


_RUNS, _SECONDS, _METERED_RUNS, _KNOWN, _OF_BEST = 0, 1, 2, slice(3, 6), slice(6, 9)
_OF_LOADS, _LEAST = slice(9, 15), 15
"""Where in what `run_counts` returns: runs, their time, those with a meter, those known, best values; then loads, and
runs of which a part is in no sum."""


class RunSums:
    """Runs added up."""

    def __init__(self) -> None:
        self._by_status: dict[str, list[float]] = {}
        self._doubt = DoubtSums()

    def add(self, status: str, counts: Sequence[float], shared: str, terms: Sequence[float]) -> None:
        """Add a run, or the sums of runs.

        Parameters
        ----------
        status : str
            Of all of them.
        counts : sequence of float
            What `run_counts` returns, or sums of that.
        shared, terms
            The same of `RunSummary`.
        """
        known = self._by_status.get(status)
        self._by_status[status] = [*counts] if known is None else [*map(plus, known, counts)]
        self._doubt.add(shared, terms)

    def merge(self, other: "RunSums") -> None:
        """Add the runs of another sum."""
        for status, counts in other._by_status.items():
            known = self._by_status.get(status)
            self._by_status[status] = [*counts] if known is None else [*map(plus, known, counts)]
        self._doubt.merge(other._doubt)

    @cached_property
    def _counts(self) -> list[float]:
        return [*map(sum, zip(*self._by_status.values(), strict=True))] or [0.0] * (_LEAST + 1)

    @property
    def runs(self) -> int:
        """How many they are."""
        return int(self._counts[_RUNS])

    @property
    def statuses(self) -> dict[str, int]:
        """How many of each status."""
        return dict.fromkeys(STATUSES, 0) | {name: int(counts[_RUNS]) for name, counts in self._by_status.items()}

    @property
    def seconds(self) -> float:
        """Time in which they ran. [s]"""
        return self._counts[_SECONDS]

    @property
    def measured(self) -> int:
        """Those of which a meter read or modelled energy."""
        return int(self._counts[_METERED_RUNS])

    @property
    def known(self) -> int:
        """Those whose energy is known."""
        return int(self._counts[_KNOWN][_FACILITY])

    @property
    def is_least(self) -> bool:
        """Whether a part of the computers of a run is in no sum, so that it was more."""
        return self._counts[_LEAST] > 0

    @property
    def loads(self) -> Loads:
        """Hours of accelerators and cores."""
        gpu, busy_gpu, core, busy_core, measured_gpu, measured_core = self._counts[_OF_LOADS]
        return Loads(
            gpu, measured_gpu, busy_gpu if measured_gpu else None, core, measured_core,
            measured_core - busy_core if measured_core else None,
        )  # fmt: skip

    def intervals(self) -> list[Interval | None]:
        """Return the sums of `RUN_QUANTITIES` with their intervals."""
        known = zip(self._counts[_KNOWN], self._counts[_OF_BEST], self._doubt.variances(), strict=True)
        return [summed_interval(best, *widths) if number else None for number, best, widths in known]

    def kwh(self, *statuses: str) -> float:
        """Return the energy of the runs of some statuses. [kWh]"""
        known = (self._by_status[status] for status in statuses if status in self._by_status)
        return sum(counts[_OF_BEST][_FACILITY] for counts in known)

    def share(self, *statuses: str) -> float | None:
        """Return that over the energy of all. [1]"""
        whole = self._counts[_OF_BEST][_FACILITY]
        return self.kwh(*statuses) / whole if whole else None


def _as_it_is(value: Any) -> str | None:
    return value if value is None else str(value)


def month_of(started: float) -> str | None:
    """Return the month of a moment in UTC, given in seconds since 1970; None where that is not known."""
    if not started:
        return None
    with OwnErrors(OverflowError, ValueError, OSError):
        year, month, *_ = gmtime(started)
        return f"{year:04d}-{month:02d}"
    return None


GROUPINGS: dict[str, tuple[str, Callable[[Any], str | None]]] = {
    "project": ("project", _as_it_is),
    "user": ("user", _as_it_is),
    "month": ("started", month_of),
    "place": ("location", _as_it_is),
    "hardware": ("hardware", _as_it_is),
    "status": ("status", _as_it_is),
    "account": ("account", _as_it_is),
    "partition": ("partition", _as_it_is),
    "cluster": ("cluster", _as_it_is),
    "origin": ("origin", _as_it_is),
    "basis": ("basis", _as_it_is),
    "name": ("name", _as_it_is),
}
"""By what runs can be grouped: the column, and what of its values counts."""
