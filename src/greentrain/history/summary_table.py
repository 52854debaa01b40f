"""Runs in brief as columns: tens of thousands of them take little memory and are read from one file at once."""

from array import array
from collections.abc import Callable, Iterable, Iterator, Sequence
from math import nan
from typing import Any

from greentrain.errors import OwnErrors
from greentrain.footprint import RUN_QUANTITIES
from greentrain.history.column_file import read_columns, write_columns
from greentrain.history.run_summary import LOADS, ROW_COLUMNS, RunSummary
from greentrain.history.run_sums import GROUPINGS, RunSums, Sums, run_counts
from greentrain.journal.records import COMPONENTS

_BEST = tuple(f"{name}_best" for name in RUN_QUANTITIES)
_METERED = tuple(f"{name}_energy_kwh" for name in COMPONENTS)
_ENERGIES = tuple(name for name in ROW_COLUMNS if "_kwh" in name or "_kg" in name)
NUMBERS = ("started", "ended", "duration_seconds", *_ENERGIES, *LOADS)
"""Columns of floats; not a number stands for None."""

TERMS, _ENDS = "terms", "ends"
OTHERS = tuple(name for name in RunSummary._fields if name not in (*NUMBERS, TERMS))
"""Columns of texts, whole numbers and truths, each value kept once where it repeats."""

_MARK = "greentrain summaries"
FORMAT = 7
"""Of the columns, and of what is in them."""


class SummaryTable:
    """Runs in brief, column by column.

    Parameters
    ----------
    runs : iterable of RunSummary, optional
        To begin with.

    Attributes
    ----------
    columns : dict
        The columns of `NUMBERS` and `OTHERS` by name.
    """

    def __init__(self, runs: Iterable[RunSummary] = ()) -> None:
        self.columns: dict[str, Any] = {name: array("d") for name in NUMBERS} | {name: [] for name in OTHERS}
        self._terms = array("d")
        self._ends = array("Q")
        self._values: dict[str | None, str | None] = {}
        for run in runs:
            self.append(run)

    def append(self, run: RunSummary) -> None:
        """Add a run."""
        for name in NUMBERS:
            value = getattr(run, name)
            self.columns[name].append(nan if value is None else value)
        for name in OTHERS:
            value = getattr(run, name)
            self.columns[name].append(self._values.setdefault(value, value) if isinstance(value, str) else value)
        self._terms.extend(run.terms)
        self._ends.append(len(self._terms))

    def __len__(self) -> int:
        return len(self._ends)

    def __iter__(self) -> Iterator[RunSummary]:
        """Make one run after the other; none is kept."""
        return self.rows(range(len(self)))

    def rows(self, places: Iterable[int]) -> Iterator[RunSummary]:
        """Make the runs at some places, in that order."""
        make = RunSummary
        for place in places:
            values: dict[str, Any] = {name: self.columns[name][place] for name in OTHERS}
            for name in NUMBERS:
                value = self.columns[name][place]
                values[name] = value if value == value else None
            yield make(**values, terms=self.terms(place))

    def newest(self, most: int) -> list[RunSummary]:
        """Return so many of the first runs of a table in the order of lists."""
        return [*self.rows(range(min(most, len(self))))]

    def sums(self, by: Sequence[str]) -> Sums:
        """Return the sums of the runs that count, by what they have in common: names of `GROUPINGS`."""
        columns = self.columns
        keys = zip(*(map(GROUPINGS[name][1], columns[GROUPINGS[name][0]]) for name in by), strict=True)
        found: Sums = {}
        facts = zip(
            *(columns[name] for name in ("duration_seconds", "status", "shared", "is_counted", "unfilled")), strict=True
        )
        best = zip(*(columns[name] for name in _BEST), strict=True)
        metered = zip(*(columns[name] for name in _METERED), strict=True)
        loads = zip(*(columns[name] for name in LOADS), strict=True)
        every = zip(keys if by else ((),) * len(self), facts, best, metered, loads, strict=True)
        for place, (key, (seconds, status, shared, is_counted, unfilled), values, readings, hours) in enumerate(every):
            if is_counted:
                whole = found.get(key) or found.setdefault(key, RunSums())
                whole.add(status, run_counts(seconds, values, readings, hours, unfilled), shared, self.terms(place))
        return found

    def terms(self, place: int) -> Sequence[float]:
        """Return the terms of the doubt of one run."""
        return self._terms[self._ends[place - 1] if place else 0 : self._ends[place]]

    def take(self, places: Sequence[int]) -> "SummaryTable":
        """Return a table of the runs at some places, in that order."""
        found = SummaryTable()
        for name, column in self.columns.items():
            kept = map(column.__getitem__, places)
            found.columns[name] = array("d", kept) if name in NUMBERS else [*kept]
        for place in places:
            found._terms.extend(self.terms(place))
            found._ends.append(len(found._terms))
        return found

    def extend(self, other: "SummaryTable") -> None:
        """Add the runs of another table."""
        for name, column in other.columns.items():
            self.columns[name].extend(column)
        before = len(self._terms)
        self._terms.extend(other._terms)
        self._ends.extend(before + end for end in other._ends)

    def order(self) -> list[int]:
        """Return the places of the runs in the order of lists: the newest first, those of one moment by their ids."""
        started, ids = self.columns["started"], self.columns["id"]
        return sorted(range(len(self)), key=lambda place: (-started[place], ids[place]))

    def newest_first(self) -> "SummaryTable":
        """Return the runs in the order of lists."""
        order = self.order()
        return self if order == [*range(len(self))] else self.take(order)

    def where(self, is_wanted: Callable[..., bool], *names: str) -> "SummaryTable":
        """Return the runs whose values in some columns are wanted."""
        columns = [self.columns[name] for name in names]
        places = [place for place, values in enumerate(zip(*columns, strict=True)) if is_wanted(*values)]
        return self if len(places) == len(self) else self.take(places)


def write_table(path: str, table: SummaryTable, basis: str, **more: list[str]) -> None:
    """Write a table to a file, all of it or nothing, for this user alone.

    Parameters
    ----------
    path : str
        The file.
    table : SummaryTable
        The runs.
    basis : str
        What the numbers follow from besides the records.
    **more
        Further columns of texts.
    """
    columns: dict[str, Any] = {**table.columns, **more, TERMS: table._terms, _ENDS: table._ends}
    write_columns(path, {"kind": _MARK, "format": FORMAT, "basis": basis}, columns)


def read_table(path: str, basis: str, *more: str) -> tuple[SummaryTable, dict[str, list[str]]]:
    """Read a table; an empty one where there is none, or none that counts.

    Parameters
    ----------
    path : str
        The file.
    basis : str
        What the numbers have to follow from.
    *more : str
        Further columns of texts.
    """
    found = read_columns(path, {"kind": _MARK, "format": FORMAT, "basis": basis})
    table = SummaryTable()
    with OwnErrors(KeyError):
        rows = {len(found[name]) for name in (*table.columns, *more, _ENDS)}
        if len(rows) == 1:
            table.columns = {name: found[name] for name in table.columns}
            table._terms, table._ends = found[TERMS], found[_ENDS]
            return table, {name: found[name] for name in more}
    return SummaryTable(), {name: [] for name in more}
