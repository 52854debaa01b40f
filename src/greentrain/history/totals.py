"""Runs added up, all together or in groups."""

from collections.abc import Callable, Iterable, Sequence
from itertools import pairwise
from time import gmtime
from typing import Any

from greentrain.errors import InputError, OwnErrors, UnknownName, either
from greentrain.footprint import RUN_QUANTITIES
from greentrain.history.run import Run
from greentrain.history.run_summary import DoubtSums, RunSummary
from greentrain.history.summary_table import SummaryTable
from greentrain.interval import Interval, exact
from greentrain.journal.records import COMPONENTS, STATUSES, UNFINISHED
from greentrain.record import Record, WithoutArithmetic
from greentrain.summation import summed_interval

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
    unfinished_share : float or None
        Energy of failed, interrupted and killed runs over that of all; None where there is none. [1]
    """

    by: dict[str, str | None]
    runs: int
    duration_seconds: float
    it_energy_kwh: Interval | None
    facility_energy_kwh: Interval | None
    operational_kg: Interval | None
    unfinished_share: float | None


class _Sum:
    """The sums of some runs of a table."""

    def __init__(self) -> None:
        self.runs = self.measured = 0
        self.statuses = dict.fromkeys(STATUSES, 0)
        self.seconds = self.unfinished_kwh = 0.0
        self.known = [0] * len(RUN_QUANTITIES)
        self.best = [0.0] * len(RUN_QUANTITIES)
        self.doubt = DoubtSums()

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
            self.unfinished_kwh += best[_FACILITY]

    def intervals(self) -> list[Interval | None]:
        """Return the sums of `RUN_QUANTITIES` with their intervals."""
        known = zip(self.known, self.best, self.doubt.variances(), strict=True)
        return [summed_interval(best, *widths) if number else None for number, best, widths in known]

    @property
    def unfinished_share(self) -> float | None:
        """Energy of failed, interrupted and killed runs over that of all. [1]"""
        whole = self.best[_FACILITY]
        return self.unfinished_kwh / whole if whole else None


def table_of(runs: Iterable[Run] | SummaryTable) -> SummaryTable:
    """Return runs in brief."""
    return runs if isinstance(runs, SummaryTable) else SummaryTable(run.brief for run in runs)


def totals_of(runs: Iterable[Run] | SummaryTable) -> Totals:
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
        unfinished_share=whole.unfinished_share,
    )


def groups_of(runs: Iterable[Run] | SummaryTable, by: Sequence[str]) -> list[RunGroup]:
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
        found.append(RunGroup(named, whole.runs, whole.seconds, **sums, unfinished_share=whole.unfinished_share))
    return found


def _sums(table: SummaryTable, by: Sequence[str]) -> dict[tuple[str | None, ...], _Sum]:
    columns = table.columns
    keys = zip(*(map(GROUPINGS[name][1], columns[GROUPINGS[name][0]]) for name in by), strict=True)
    found: dict[tuple[str | None, ...], _Sum] = {}
    facts = zip(columns["duration_seconds"], columns["status"], columns["shared"], columns["is_counted"], strict=True)
    best = zip(*(columns[name] for name in _BEST), strict=True)
    metered = zip(*(columns[name] for name in _METERED), strict=True)
    every = zip(keys if by else ((),) * len(table), facts, best, metered, strict=True)
    for place, (key, (seconds, status, shared, is_counted), values, readings) in enumerate(every):
        if not is_counted:
            continue
        whole = found.get(key) or found.setdefault(key, _Sum())
        whole.add(seconds, status, shared, values, readings)
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
    words = by.split(",") if isinstance(by, str) else [*by]
    names = tuple(word.strip().lower() if isinstance(word, str) else word for word in words)
    for name in names:
        if name not in GROUPINGS:
            from greentrain.catalogue.names import nearest

            near = nearest(str(name), {one: one for one in GROUPINGS})
            raise UnknownName("by", name, f"must be {either(tuple(GROUPINGS))}", near)
    for one, other in pairwise(sorted(names)):
        if one == other:
            raise InputError("by", one, "is there twice")
    return names


def summary_rows(runs: Iterable[Run] | SummaryTable) -> Iterable[RunSummary]:
    """Return runs in brief, one after the other."""
    return runs if isinstance(runs, SummaryTable) else (run.brief for run in runs)
