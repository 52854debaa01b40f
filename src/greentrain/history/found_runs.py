"""What was found in the history: runs in full or in brief, and what could not be read."""

import heapq
from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property
from itertools import islice
from typing import TYPE_CHECKING

from greentrain.history.listing import runs_html
from greentrain.history.run_summary import RunSummary
from greentrain.history.run_sums import RunSums, Sums
from greentrain.history.summary_table import SummaryTable
from greentrain.history.totals import brief_runs
from greentrain.record import Record

if TYPE_CHECKING:  # a list without imported runs loads nothing that reads them
    from greentrain.history.apart import RunsApart
    from greentrain.history.indexed_runs import IndexedRuns
    from greentrain.history.run import Run


class Selection(Record):
    """Runs that were selected, iterated one after the other, and what could not be read.

    Attributes
    ----------
    runs : tuple of Run
        Newest first.
    unreadable : tuple of str
        Folders of runs of which no journal can be read, so that it is not known whether they match.
    left_out : tuple of str
        What was not even looked into, and why: links and private runs of other users, spare folders not to be trusted.
    """

    runs: "tuple[Run, ...]"
    unreadable: tuple[str, ...]
    left_out: tuple[str, ...] = ()

    def __iter__(self) -> "Iterator[Run]":
        return iter(self.runs)

    def __len__(self) -> int:
        return len(self.runs)

    def _repr_html_(self) -> str:
        """Return a small table of the newest runs and their sum for notebooks."""
        return runs_html(brief_runs(self.runs))


class Summaries(Record, cached=True):
    """Runs that were selected, in brief, and what could not be read.

    Attributes
    ----------
    tracked : SummaryTable
        Those that greentrain tracked itself, newest first.
    unreadable, left_out : tuple of str
        As of a `Selection`.
    folders : dict of str to list of str
        Where the journals of each of these are, by its id.
    home : str
        Where this user's files of many runs are.
    states : dict of str to str
        What is known to be unchanged, by the ids of runs, see `FoundSummaries`.
    imports : tuple of IndexedRuns
        The imported ones of each home, newest first.
    """

    tracked: SummaryTable
    unreadable: tuple[str, ...]
    left_out: tuple[str, ...] = ()
    folders: dict[str, list[str]] = {}  # noqa: RUF012 -- a default that nothing changes
    home: str = ""
    states: dict[str, str] = {}  # noqa: RUF012 -- as above
    imports: "tuple[IndexedRuns | RunsApart, ...]" = ()

    def __iter__(self) -> Iterator[RunSummary]:
        """Make one run after the other, the newest first; none is kept."""
        return _by_time(self.tracked, *self.imports) if self.imports else iter(self.tracked)

    def __len__(self) -> int:
        return len(self.tracked) + sum(map(len, self.imports))

    def newest(self, most: int) -> list[RunSummary]:
        """Return so many of the newest runs."""
        every = [self.tracked.newest(most), *(each.newest(most) for each in self.imports)]
        return [*islice(_by_time(*every), most)]

    def sums(self, by: Sequence[str]) -> Sums:
        """Return the sums of those that count, by what they have in common, see `GROUPINGS`."""
        found = self.tracked.sums(by)
        for each in self.imports:
            for key, sums in each.sums(by).items():
                found.setdefault(key, RunSums()).merge(sums)
        return found

    @cached_property
    def table(self) -> SummaryTable:
        """All runs as columns, which takes a kilobyte of memory for each of them."""
        return SummaryTable(self) if self.imports else self.tracked

    def _repr_html_(self) -> str:
        """Return a small table of the newest runs and their sum for notebooks."""
        return runs_html(self)


def _by_time(*parts: Iterable[RunSummary]) -> Iterator[RunSummary]:
    """Merge runs that are sorted in the order of lists."""
    return heapq.merge(*parts, key=lambda run: (-run.started, run.id))
