"""Runs of an import added up: all together, each file's, and in groups."""

from collections.abc import Mapping, Sequence
from functools import lru_cache
from time import gmtime
from typing import Protocol

from greentrain.importing.audit import FileAudit, ImportGroup, ImportTotals
from greentrain.importing.doubts import DoubtCounts, ImportRemark, RemarkCounts
from greentrain.importing.imported_run import ImportedRun
from greentrain.importing.linear_footprint import FootprintSums, RunFootprints

STORED = "duplicate"
"""Flag of a run that the history holds already."""

_SECONDS_A_DAY = 86_400
OF_RUN = ("user", "account", "partition", "cluster", "project", "name", "status")
"""What runs are grouped by as their files state it."""

GROUPINGS = (*OF_RUN, "month", "place", "hardware")
"""By what imported runs can be grouped."""


def group_of(run: ImportedRun, by: Sequence[str]) -> tuple[str | None, ...]:
    """Return what a run has in common with others; None where it is not known."""
    return tuple([_value(run, name) for name in by])


def _value(run: ImportedRun, name: str) -> str | None:
    if name == "month":
        stated = run.stated
        if stated.started is None and stated.ended is not None:
            return month_of(stated.ended - (stated.duration_seconds or 0.0))
        return month_of(stated.started)
    if name == "place":
        return run.location
    found: str | None = run.hardware if name == "hardware" else getattr(run.stated, name)
    return found


def month_of(seconds: float | None) -> str | None:
    """Return the month of a moment, in UTC."""
    if not seconds or seconds < 0:
        return None
    return _month_of_day(seconds // _SECONDS_A_DAY)


@lru_cache(maxsize=4096)
def _month_of_day(day: float) -> str:
    year, month, *_ = gmtime(day * _SECONDS_A_DAY)
    return f"{year:04d}-{month:02d}"


class GroupSums:
    """Some runs added up.

    Attributes
    ----------
    runs : int
        How many. [1]
    gpu_hours, core_hours : float
        Hours of boards and cores. [h]
    kwh : float
        What their files record. [kWh]
    footprints : FootprintSums
        Their footprints.
    without_energy : int
        How many have none. [1]

    Parameters
    ----------
    footprints : FootprintSums, optional
        Those to begin with.
    """

    __slots__ = ("core_hours", "footprints", "gpu_hours", "kwh", "runs", "without_energy")

    def __init__(self, footprints: FootprintSums | None = None) -> None:
        self.runs, self.gpu_hours, self.core_hours, self.kwh = 0, 0.0, 0.0, 0.0
        self.footprints = footprints or FootprintSums()
        self.without_energy = 0

    def add(self, runs: int, gpu_hours: float, core_hours: float, kwh: float) -> None:
        """Add runs but for their footprints."""
        self.runs += runs
        self.gpu_hours += gpu_hours
        self.core_hours += core_hours
        self.kwh += kwh

    def merge(self, other: "GroupSums") -> None:
        """Add the runs of another sum."""
        self.add(other.runs, other.gpu_hours, other.core_hours, other.kwh)
        self.footprints.merge(other.footprints)
        self.without_energy += other.without_energy

    def totals(self) -> ImportTotals:
        """Return the sums."""
        intervals = self.footprints.intervals()
        return ImportTotals(self.runs, self.gpu_hours, self.core_hours, self.kwh, *intervals, self.without_energy)


class SummedGroups(Protocol):
    """Groups that were added up elsewhere: what the runs of each have in common, its sums, those of all."""

    values: Sequence[tuple[str | None, ...]]

    def at(self, place: int) -> GroupSums:
        """Return the sums of one group."""
        ...

    def whole(self) -> GroupSums:
        """Return the sums of all groups."""
        ...

    def totals(self) -> Sequence[ImportTotals]:
        """Return the totals of each group."""
        ...


class ImportSums:
    """Runs added up, but for those in doubt and those that are known.

    Parameters
    ----------
    footprints : RunFootprints
        Works out the footprints of runs.
    by : sequence of str
        Names of `GROUPINGS`.

    Attributes
    ----------
    by_file : dict of str to float
        Best value of the energy of each file's runs. [kWh]
    doubts : DoubtCounts
        What is doubted of the runs that are new.
    """

    def __init__(self, footprints: RunFootprints, by: Sequence[str] = ()) -> None:
        self._footprints, self._by = footprints, tuple(by)
        self._groups: dict[tuple[str | None, ...], GroupSums] = {}
        self._table: SummedGroups | None = None
        self._remarks = RemarkCounts()
        self.doubts = DoubtCounts()
        self.by_file: dict[str, float] = {}

    def _group(self, values: tuple[str | None, ...]) -> GroupSums:
        found = self._groups.get(values)
        if found is None:
            found = self._groups[values] = GroupSums()
        return found

    def add(self, run: ImportedRun) -> None:
        """Add a run."""
        if STORED in run.flags:
            return
        self.doubts.add(run)
        if not run.is_counted:
            return
        sums = self._group(group_of(run, self._by))
        numbers = self._footprints.add(run, sums.footprints)
        sums.add(1, run.gpu_hours, run.cpu_core_hours, run.stated.measured_energy_kwh or 0.0)
        has_energy = numbers.it_energy_kwh is not None
        sums.without_energy += not has_energy
        if not has_energy or "unknown_hardware" in run.flags:
            self._remarks.add(run, has_energy=has_energy)
        if numbers.it_energy_kwh is not None:
            self.add_to_file(run.file, numbers.it_energy_kwh.best)

    def add_to_file(self, path: str, kwh: float) -> None:
        """Add energy of a file's runs."""
        self.by_file[path] = self.by_file.get(path, 0.0) + kwh

    def of_file(self, file: FileAudit, *paths: str) -> FileAudit:
        """Return the audit of a file with its energy and its runs in doubt, once; its runs may have other paths."""
        energies = [self.by_file.pop(name, None) for name in dict.fromkeys((*paths, file.path))]
        doubted = sum(self.doubts.by_file.pop(name, 0) for name in dict.fromkeys((*paths, file.path)))
        known = [each for each in energies if each is not None]
        return file._replace(it_energy_kwh=sum(known) if known else None, flagged=file.flagged + doubted)

    def add_table(
        self, table: "SummedGroups", by_file: Mapping[str, float], remarks: RemarkCounts, doubts: DoubtCounts
    ) -> None:
        """Add groups by the same things that were added up as arrays, once, the energy of files [kWh], and the rest."""
        self._table = table
        self._remarks.merge(remarks)
        self.doubts.merge(doubts)
        for path, kwh in by_file.items():
            self.add_to_file(path, kwh)

    def totals(self) -> ImportTotals:
        """Return the sums over all groups."""
        whole = GroupSums() if self._table is None else self._table.whole()
        for each in self._groups.values():
            whole.merge(each)
        return whole.totals()

    def remarks(self) -> tuple[ImportRemark, ...]:
        """Return of how many runs too little is known, and why."""
        return self._remarks.remarks()

    def groups(self) -> tuple[ImportGroup, ...]:
        """Return the sums of each group, in the order of what runs have in common; what is not known comes last."""
        if not self._by:
            return ()
        found = {values: sums.totals() for values, sums in self._groups.items()}
        if self._table is not None:
            for place, (values, totals) in enumerate(zip(self._table.values, self._table.totals(), strict=True)):
                both = self._table.at(place) if values in found else None
                if both is not None:
                    both.merge(self._groups[values])
                if totals.runs:
                    found[values] = totals if both is None else both.totals()
        order = sorted(found, key=lambda values: [(value is None, value or "") for value in values])
        return tuple(ImportGroup(dict(zip(self._by, values, strict=True)), found[values]) for values in order)
