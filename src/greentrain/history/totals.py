"""Runs added up, all together or in groups."""

from collections.abc import Callable, Iterable, Sequence
from time import gmtime
from typing import TYPE_CHECKING, Any

from greentrain.errors import OwnErrors
from greentrain.footprint import RUN_QUANTITIES
from greentrain.history.run_summary import LOADS, DoubtSums, RunSummary
from greentrain.history.summary_table import SummaryTable
from greentrain.interval import Interval, exact
from greentrain.journal.records import COMPONENTS, STATUSES, UNFINISHED
from greentrain.numbers import counted, percent
from greentrain.record import Record, WithoutArithmetic
from greentrain.summation import summed_interval

if TYPE_CHECKING:
    from greentrain.history.run import Run

_BEST = tuple(f"{name}_best" for name in RUN_QUANTITIES)
_METERED = tuple(f"{name}_energy_kwh" for name in COMPONENTS)
_FACILITY = RUN_QUANTITIES.index("facility_energy_kwh")


class Totals(WithoutArithmetic, Record):
    """Runs added up; what they share is wrong in all of them alike, see `greentrain.total`.

    Attributes
    ----------
    runs : int
        All of them.
    by_status : dict of str to int
        How many of each status.
    measured : int
        Those of which a meter read or modelled energy.
    known : int
        Those whose energy is known, measured or estimated; only they are in the sums.
    duration_seconds : float
        Time in which they ran. [s]
    facility_energy_kwh, operational_kg : Interval
        Energy [kWh] and emissions [kg CO2e], failed runs included.
    unfinished_energy_kwh : float
        Best value of the energy of failed, interrupted and killed runs. [kWh]
    unfinished_share : float or None
        That over the energy of all; None where there is none. [1]
    is_least : bool
        Whether a part of the computers of a run is in no sum, so that it was more.
    """

    runs: int
    by_status: dict[str, int]
    measured: int
    known: int
    duration_seconds: float
    facility_energy_kwh: Interval
    operational_kg: Interval
    unfinished_energy_kwh: float
    unfinished_share: float | None
    is_least: bool

    def _repr_html_(self) -> str:
        """Return the sum as a small table for notebooks, and what is not in it."""
        from greentrain.html_table import paragraph, quantity_table

        unknown = self.runs - self.known
        remarks = [f"{counted(unknown, 'run')} of unknown energy not in the sum."] if unknown else []
        if self.unfinished_share:
            remarks.append(f"Failed, interrupted or killed: {percent(self.unfinished_share)} of the energy.")
        if not self.known:
            return paragraph(" ".join(remarks) or "No runs.")
        sums = {"facility_energy_kwh": self.facility_energy_kwh, "operational_kg": self.operational_kg}
        caption = f"All {counted(self.known, 'run')} of known energy"
        return quantity_table(sums, caption, is_least=self.is_least, below=" ".join(remarks))


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


class RunGroup(WithoutArithmetic, Record):
    """The runs that have some things in common, added up.

    Attributes
    ----------
    by : dict of str to (str or None)
        What they have in common; None where it is not known.
    runs : int
        How many they are.
    duration_seconds : float
        Time in which they ran. [s]
    it_energy_kwh, facility_energy_kwh, operational_kg : Interval or None
        Energy before and behind the PUE [kWh] and emissions [kg CO2e], failed runs included.
    unfinished_share, failed_share, interrupted_share : float or None
        Energy of all runs that failed or were interrupted, of those that failed, and of those that were interrupted or
        killed, such as cancelled jobs, over that of all; None where there is none. [1]
    loads : Loads
        Hours of accelerators and cores, and how busy they were.
    is_least : bool
        Whether a part of the computers of a run is in no sum, so that it was more.
    """

    by: dict[str, str | None]
    runs: int
    duration_seconds: float
    it_energy_kwh: Interval | None
    facility_energy_kwh: Interval | None
    operational_kg: Interval | None
    unfinished_share: float | None
    failed_share: float | None
    interrupted_share: float | None
    loads: Loads
    is_least: bool


class _Sum:
    """The sums of some runs of a table."""

    def __init__(self) -> None:
        self.runs = self.measured = 0
        self.statuses = dict.fromkeys(STATUSES, 0)
        self.seconds = 0.0
        self.kwh_by_status = dict.fromkeys(UNFINISHED, 0.0)
        self.hours = [0.0] * len(LOADS)
        self.measured_hours = [0.0] * len(LOADS)
        self.known = [0] * len(RUN_QUANTITIES)
        self.best = [0.0] * len(RUN_QUANTITIES)
        self.doubt = DoubtSums()
        self.is_least = False

    def add(self, seconds: float, status: str, shared: str, best: Sequence[float], metered: Sequence[float]) -> None:
        """Add one run but for its terms; what is not a number is not known."""
        self.runs += 1
        self.statuses[status] = self.statuses.get(status, 0) + 1
        self.seconds += seconds
        self.measured += any(value == value for value in metered)
        for place, value in enumerate(best):
            if value == value:
                self.known[place] += 1
                self.best[place] += value
        if status in UNFINISHED and best[_FACILITY] == best[_FACILITY]:
            self.kwh_by_status[status] += best[_FACILITY]

    def add_loads(self, hours: Sequence[float]) -> None:
        """Add the `LOADS` of one run; what is not a number is not known."""
        for place, value in enumerate(hours):
            if value == value:
                self.hours[place] += value
                if place % 2 and hours[place - 1]:  # what is busy follows what was given
                    self.measured_hours[place] += hours[place - 1]

    @property
    def loads(self) -> Loads:
        """Hours of accelerators and cores."""
        gpu, busy_gpu, core, busy_core = self.hours
        _, measured_gpu, _, measured_core = self.measured_hours
        return Loads(
            gpu, measured_gpu, busy_gpu if measured_gpu else None, core, measured_core,
            measured_core - busy_core if measured_core else None,
        )  # fmt: skip

    def intervals(self) -> list[Interval | None]:
        """Return the sums of `RUN_QUANTITIES` with their intervals."""
        known = zip(self.known, self.best, self.doubt.variances(), strict=True)
        return [summed_interval(best, *widths) if number else None for number, best, widths in known]

    @property
    def unfinished_kwh(self) -> float:
        """Energy of failed, interrupted and killed runs. [kWh]"""
        return sum(self.kwh_by_status.values())

    def share(self, *statuses: str) -> float | None:
        """Energy of the runs of some statuses over that of all. [1]"""
        whole = self.best[_FACILITY]
        return sum(self.kwh_by_status[status] for status in statuses) / whole if whole else None


def table_of(runs: "Iterable[Run] | SummaryTable") -> SummaryTable:
    """Return runs in brief."""
    return runs if isinstance(runs, SummaryTable) else SummaryTable(run.brief for run in runs)


def totals_of(runs: "Iterable[Run] | SummaryTable") -> Totals:
    """Add runs up, but for imported ones that cannot be right as they stand."""
    (whole,) = _sums(table_of(runs), ()).values() or (_Sum(),)
    _, energy, kg = whole.intervals()
    return Totals(
        runs=whole.runs,
        by_status=whole.statuses,
        measured=whole.measured,
        known=whole.known[_FACILITY],
        duration_seconds=whole.seconds,
        facility_energy_kwh=energy or exact(0.0),
        operational_kg=kg or exact(0.0),
        unfinished_energy_kwh=whole.unfinished_kwh,
        unfinished_share=whole.share(*UNFINISHED),
        is_least=whole.is_least,
    )


def groups_of(runs: "Iterable[Run] | SummaryTable", by: Sequence[str]) -> list[RunGroup]:
    """Add runs up in groups.

    Parameters
    ----------
    runs : iterable of Run, or SummaryTable
        The runs.
    by : sequence of str
        Names out of `GROUPINGS`, see `checked_by`.

    Returns
    -------
    list of RunGroup
        In the order of what they have in common; what is not known comes last.
    """
    groups = _sums(table_of(runs), by)
    found = []
    for values in sorted(groups, key=lambda values: [(value is None, value or "") for value in values]):
        whole = groups[values]
        named = dict(zip(by, values, strict=True))
        sums = dict(zip(RUN_QUANTITIES, whole.intervals(), strict=True))
        found.append(
            RunGroup(
                named,
                whole.runs,
                whole.seconds,
                **sums,
                unfinished_share=whole.share(*UNFINISHED),
                failed_share=whole.share("failed"),
                interrupted_share=whole.share("interrupted", "killed"),
                loads=whole.loads,
                is_least=whole.is_least,
            )
        )
    return found


def _sums(table: SummaryTable, by: Sequence[str]) -> dict[tuple[str | None, ...], _Sum]:
    columns = table.columns
    keys = zip(*(map(GROUPINGS[name][1], columns[GROUPINGS[name][0]]) for name in by), strict=True)
    found: dict[tuple[str | None, ...], _Sum] = {}
    facts = zip(columns["duration_seconds"], columns["status"], columns["shared"], columns["is_counted"], strict=True)
    best = zip(*(columns[name] for name in _BEST), strict=True)
    metered = zip(*(columns[name] for name in _METERED), strict=True)
    loads = zip(*(columns[name] for name in LOADS), strict=True)
    every = zip(keys if by else ((),) * len(table), facts, best, metered, loads, columns["unfilled"], strict=True)
    for place, (key, (seconds, status, shared, is_counted), values, readings, hours, unfilled) in enumerate(every):
        if not is_counted:
            continue
        whole = found.get(key) or found.setdefault(key, _Sum())
        whole.add(seconds, status, shared, values, readings)
        whole.add_loads(hours)
        whole.is_least |= bool(unfilled)
        whole.doubt.add(shared, table.terms(place))
    return found


def _as_it_is(value: Any) -> str | None:
    return value if value is None else str(value)


def _month(started: float) -> str | None:
    if not started:
        return None
    with OwnErrors(OverflowError, ValueError, OSError):
        year, month, *_ = gmtime(started)
        return f"{year:04d}-{month:02d}"
    return None


GROUPINGS: dict[str, tuple[str, Callable[[Any], str | None]]] = {
    "project": ("project", _as_it_is),
    "user": ("user", _as_it_is),
    "month": ("started", _month),
    "place": ("location", _as_it_is),
    "hardware": ("hardware", _as_it_is),
    "status": ("status", _as_it_is),
    "account": ("account", _as_it_is),
    "partition": ("partition", _as_it_is),
    "origin": ("origin", _as_it_is),
    "basis": ("basis", _as_it_is),
    "name": ("name", _as_it_is),
}
"""By what runs can be grouped: the column, and what of its values counts."""


def checked_by(by: str | Sequence[str]) -> tuple[str, ...]:
    """Return by what runs are to be grouped: names of `GROUPINGS`, as a list or with commas between them.

    Raises
    ------
    InputError
        For a name that is none of them, or is there twice.
    """
    from greentrain.catalogue.names import checked_groups

    return checked_groups(by, GROUPINGS)


def summary_rows(runs: "Iterable[Run] | SummaryTable") -> Iterable[RunSummary]:
    """Return runs in brief, one after the other."""
    return runs if isinstance(runs, SummaryTable) else (run.brief for run in runs)
