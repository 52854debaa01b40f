"""Runs added up, all together or in groups."""

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Protocol, runtime_checkable

from greentrain.footprint import RUN_QUANTITIES
from greentrain.history.run_summary import RunSummary
from greentrain.history.run_sums import GROUPINGS, Loads, RunSums, Sums
from greentrain.history.summary_table import SummaryTable
from greentrain.interval import Interval, exact
from greentrain.journal.records import UNFINISHED
from greentrain.numbers import counted, percent
from greentrain.record import Record, WithoutArithmetic

if TYPE_CHECKING:
    from greentrain.history.run import Run


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
        caption = "The one run of known energy" if self.known == 1 else f"All {self.known:,} runs of known energy"
        return quantity_table(sums, caption, is_least=self.is_least, below=" ".join(remarks))


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
    without_energy : int
        How many of the runs are in no sum of energy: nothing is known of it. [1]
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
    without_energy: int = 0


@runtime_checkable
class BriefRuns(Protocol):
    """Runs in brief, in the order of lists: a `SummaryTable`, or what the history found."""

    def __len__(self) -> int: ...
    def __iter__(self) -> Iterator[RunSummary]: ...
    def newest(self, most: int) -> list[RunSummary]:
        """Return so many of the newest runs."""
        ...

    def sums(self, by: Sequence[str]) -> Sums:
        """Return the sums of those that count, by what they have in common."""
        ...


def brief_runs(runs: "Iterable[Run] | BriefRuns") -> BriefRuns:
    """Return runs in brief."""
    return runs if isinstance(runs, BriefRuns) else SummaryTable(run.brief for run in runs)


def totals_of(runs: "Iterable[Run] | BriefRuns") -> Totals:
    """Add runs up, but for imported ones that cannot be right as they stand."""
    (whole,) = brief_runs(runs).sums(()).values() or (RunSums(),)
    _, energy, kg = whole.intervals()
    return Totals(
        runs=whole.runs,
        by_status=whole.statuses,
        measured=whole.measured,
        known=whole.known,
        duration_seconds=whole.seconds,
        facility_energy_kwh=energy or exact(0.0),
        operational_kg=kg or exact(0.0),
        unfinished_energy_kwh=whole.kwh(*UNFINISHED),
        unfinished_share=whole.share(*UNFINISHED),
        is_least=whole.is_least,
    )


def groups_of(runs: "Iterable[Run] | BriefRuns", by: Sequence[str]) -> list[RunGroup]:
    """Add runs up in groups.

    Parameters
    ----------
    runs : iterable of Run, or of runs in brief
        The runs.
    by : sequence of str
        Names out of `GROUPINGS`, see `checked_by`.

    Returns
    -------
    list of RunGroup
        In the order of what they have in common; what is not known comes last.
    """
    groups = brief_runs(runs).sums(by)
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
                without_energy=whole.runs - whole.known,
            )
        )
    return found


def checked_by(by: str | Sequence[str]) -> tuple[str, ...]:
    """Return by what runs are to be grouped: names of `GROUPINGS`, as a list or with commas between them.

    Raises
    ------
    InputError
        For a name that is none of them, or is there twice.
    """
    from greentrain.catalogue.names import checked_groups

    return checked_groups(by, GROUPINGS)
