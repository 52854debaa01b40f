"""Imported runs as their index has them: a list reads the rows that it shows, a sum the sums that there are."""

import heapq
import json
import sqlite3
from calendar import timegm
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from math import inf
from operator import add, itemgetter
from typing import TYPE_CHECKING, Any

from greentrain.history.apart import RunsApart, runs_apart, tracked_ids
from greentrain.history.filters import RunFilter
from greentrain.history.import_index import ImportIndex, index_of
from greentrain.history.imported_runs import HistoryImport, history_run
from greentrain.history.index_rows import LABELS, PACKED, REMARK, SIGN
from greentrain.history.index_sums import COUNTS, NO_SUMS, PARTED, IndexFacts, counts_of, doubles
from greentrain.history.run_summary import RunSummary
from greentrain.history.run_sums import RunSums, Sums
from greentrain.history.summary_table import NUMBERS
from greentrain.journal.sessions import job_times
from greentrain.numbers import counted

if TYPE_CHECKING:
    from greentrain.progress import Progress

_MOST_PENDING, _MOST_HIDDEN = 16_384, 10_000
_ID_DIGITS, _HEXADECIMAL = 16, frozenset("0123456789abcdef")
_WHOLE = f"SELECT runs.id, name, faults, facts, kind, numbers, taken, {', '.join(LABELS)} FROM runs"
_NEWEST_FIRST = "ORDER BY started DESC, runs.id"


class IndexedRuns:
    """The imported runs of a home that are asked for.

    Parameters
    ----------
    index : ImportIndex
        Their index.
    asked : RunFilter
        Which of them.
    hidden : frozenset of int
        Those that another home holds too, by their numbers.
    """

    def __init__(self, index: ImportIndex, asked: RunFilter, hidden: frozenset[int] = frozenset()) -> None:
        self._index, self._asked, self._hidden = index, asked, hidden
        self._facts = IndexFacts(index.database)
        self._mixed: set[str | None] | None = None if len(hidden) > _MOST_HIDDEN else self._months_of(hidden)

    def _months_of(self, ids: Iterable[int]) -> set[str | None]:
        """Return in which months some runs began, whose sums hold them too."""
        query = "SELECT month FROM runs WHERE id = ?"
        with self._index.reading() as database:
            return {month for id in ids for (month,) in database.execute(query, (id,))}

    def __len__(self) -> int:
        where, values = self._where()
        with self._index.reading() as database:
            if not self._hidden:
                return int(database.execute(f"SELECT COUNT(*) FROM runs {where}", values).fetchone()[0])
            ids = database.execute(f"SELECT id FROM runs {where}", values)
            return sum(id not in self._hidden for (id,) in ids)

    def __iter__(self) -> Iterator[RunSummary]:
        """Make one run after the other, the newest first; none is kept."""
        where, values = self._where()
        with self._index.reading() as database:
            for row in database.execute(f"{_WHOLE} {where} {_NEWEST_FIRST}", values):
                if row[0] not in self._hidden:
                    yield self._summary(*row)

    def newest(self, most: int) -> list[RunSummary]:
        """Return so many of the newest runs."""
        where, values = self._where()
        with self._index.reading() as database:
            query = f"{_WHOLE} {where} {_NEWEST_FIRST} LIMIT :most"
            rows = database.execute(query, {**values, "most": most + len(self._hidden)})
            return [self._summary(*row) for row in rows if row[0] not in self._hidden][:most]

    def _where(self, *more: str) -> tuple[str, dict[str, Any]]:
        """Return what a query asks for, and the values in it."""
        asked = self._asked
        wanted = {
            "project = :project": asked.project is not None,
            "status = :status": asked.status is not None,
            "user = :user": asked.user is not None,
            "started >= :earliest": asked.earliest > -inf,
            "started < :latest": asked.latest < inf,
        }
        conditions = [*more, *(condition for condition, is_set in wanted.items() if is_set)]
        return f"WHERE {' AND '.join(conditions)}" if conditions else "", asked._asdict()

    def _summary(
        self, id: int, name: str | None, faults: str, facts: int, kind: int, numbers: bytes, taken: bytes, *labels: Any
    ) -> RunSummary:
        values = [value if value == value else None for value in PACKED.unpack(numbers)]
        common = self._facts.common(facts) | dict(zip(LABELS, labels, strict=True))
        remark = common.pop(REMARK)
        shared, terms = self._facts.doubt(kind, doubles(taken))
        made: dict[str, Any] = {**common, **dict(zip(NUMBERS, values, strict=True)), "shared": shared, "terms": terms}
        run = RunSummary(**made, id=id_text(id), name=name, energy_text="")
        return run._replace(energy_text="; ".join([f"{run.amounts_text}{remark}", *([faults] if faults else [])]))

    def sums(self, by: Sequence[str]) -> Sums:
        """Return the sums of those that count, by what they have in common."""
        found: Sums = {}
        with self._index.reading() as database:
            made: dict[str | None, list[int]] = {}
            for month, number in database.execute("SELECT month, grouping FROM months ORDER BY grouping"):
                made.setdefault(month, []).append(number)
            for month, numbers in made.items():
                part = _part_of(month, self._asked)
                needed = {*by, "user"} if self._asked.user is not None else {*by}
                number = next((each for each in numbers[1:] if needed <= {*PARTED[each], "month"}), NO_SUMS)
                is_whole = self._mixed is not None and month not in self._mixed
                if part == 1 and number != NO_SUMS and is_whole:
                    self._add_sums(database, found, by, month, number)
                elif part:
                    self._add_rows(database, found, by, month)
        return found

    def _add_sums(
        self, database: sqlite3.Connection, found: Sums, by: Sequence[str], month: str | None, number: int
    ) -> None:
        names, asked = PARTED[number], self._asked
        places = [names.index(name) if name in names else None for name in by]
        conditions = [
            (names.index(name), getattr(asked, name))
            for name in ("status", "project", "user")
            if getattr(asked, name) is not None
        ]
        query = "SELECT common, counts FROM sums WHERE month IS ? AND grouping = ?"
        for text, packed in database.execute(query, (month, number)):
            common, counts = json.loads(text), doubles(packed)
            if all(common[place] == wanted for place, wanted in conditions):
                key = tuple([month if place is None else common[place] for place in places])
                whole = found.get(key) or found.setdefault(key, RunSums())
                whole.add(common[names.index("status")], counts[:COUNTS], common[-1], counts[COUNTS:])

    def _add_rows(self, database: sqlite3.Connection, found: Sums, by: Sequence[str], month: str | None) -> None:
        """Add the runs of a month one by one."""
        where, values = self._where("month IS :month")
        rows = database.execute(f"{_WHOLE} {where}", values | {"month": month})
        pending: dict[tuple[tuple[str | None, ...], str, int], list[float]] = {}
        for id, name, _, facts, kind, numbers, taken, *labels in rows:
            common = self._facts.common(facts)
            if id in self._hidden or not common["is_counted"]:
                continue
            known = self._facts.groups(facts) | {"name": name, "month": month} | dict(zip(LABELS, labels, strict=True))
            group = tuple([known[each] for each in by]), str(known["status"]), kind
            vector = (*counts_of(PACKED.unpack(numbers), common["unfilled"]), *doubles(taken))
            before = pending.get(group)
            pending[group] = [*vector] if before is None else [*map(add, before, vector)]
            if len(pending) >= _MOST_PENDING:
                self._settle(pending, found)
        self._settle(pending, found)

    def _settle(self, pending: dict[tuple[tuple[str | None, ...], str, int], list[float]], found: Sums) -> None:
        """Add the sums of runs of one kind to those of their groups."""
        for (key, status, kind), vector in pending.items():
            whole = found.get(key) or found.setdefault(key, RunSums())
            whole.add(status, vector[:COUNTS], *self._facts.doubt(kind, vector[COUNTS:]))
        pending.clear()

    def ids(self, beginning: str = "", most: int = -1) -> list[str]:
        """Return the ids that begin so, or some of them."""
        first, last = _span(beginning)
        if first > last:
            return []
        query = "SELECT id FROM runs WHERE id BETWEEN ? AND ? ORDER BY id LIMIT ?"
        with self._index.reading() as database:
            return [id_text(id) for (id,) in database.execute(query, (first, last, most))]

    def run(self, id: str) -> HistoryImport | None:
        """Return a run in full."""
        first, last = _span(id)
        query = "SELECT file, place FROM runs JOIN imports ON import = number WHERE id = ?"
        with self._index.reading() as database:
            found = database.execute(query, (first,)).fetchone() if first == last else None
        store = self._index.store
        made = map(history_run, store.runs_at(store.folder / found[0], found[1], {id})) if found else iter(())
        return next(made, None)

    def runs(self) -> Iterator[HistoryImport]:
        """Yield the runs in full, in no order."""
        where, values = self._where()
        query = f"SELECT import, place, runs.id FROM runs {where} ORDER BY import, place"
        store = self._index.store
        with self._index.reading() as database:
            files = dict(database.execute("SELECT number, file FROM imports"))
            for (number, place), rows in groupby(database.execute(query, values), itemgetter(0, 1)):
                ids = frozenset(id_text(id) for _, _, id in rows if id not in self._hidden)
                yield from map(history_run, store.runs_at(store.folder / files[number], place, ids))


def indexed_runs(
    homes: Iterable[str],
    asked: RunFilter,
    left_out: list[str],
    progress: "Progress" = None,
    tracked: Iterable[str] = (),
) -> "list[IndexedRuns | RunsApart]":
    """Return the imported runs of some homes; one that several of them hold stands in the first.

    Records of one work that lie in several of them count once, as if they were in one.

    Parameters
    ----------
    homes : iterable of str
        The data folders.
    asked : RunFilter
        Which runs.
    left_out : list of str
        Gets a sentence for whatever cannot be read.
    progress : bool or callable, optional
        Is told how far the reading of new imports is, as `History` is.
    tracked : iterable of str
        In which batch jobs greentrain tracked runs of these homes, and when, see `jobs_text`: such jobs are these runs.
    """
    jobs = job_times(tracked)
    found: list[ImportIndex] = []
    hidden: list[frozenset[int]] = []
    for home in homes:
        index = index_of(home, left_out, progress)
        hidden.append(frozenset(id for other in found for id in _in_both(other, index)))
        found.append(index)
    own = [tracked_ids(index, jobs) - without for index, without in zip(found, hidden, strict=True)]
    if number := sum(map(len, own)):
        left_out.append(f"{counted(number, 'imported job')} left out: runs that greentrain tracked are the same work")
    hidden = [without | some for without, some in zip(hidden, own, strict=True)]
    apart = runs_apart(found, hidden) if len(found) > 1 else []
    changed = frozenset(int(run.id, 16) - SIGN for run in apart)
    every = [IndexedRuns(index, asked, without | changed) for index, without in zip(found, hidden, strict=True)]
    return [RunsApart(apart, asked), *every] if apart else [*every]


def _in_both(one: ImportIndex, other: ImportIndex) -> Iterator[int]:
    with one.reading() as first, other.reading() as second:
        ids = heapq.merge(*(database.execute("SELECT id FROM runs ORDER BY id") for database in (first, second)))
        yield from (id for (id,), rows in groupby(ids) if len([*rows]) > 1)


def id_text(number: int) -> str:
    """Return an id as it is written, of its number in an index."""
    return f"{number + SIGN:0{_ID_DIGITS}x}"


def _span(beginning: str) -> tuple[int, int]:
    """Return between which numbers the ids are that begin so; of none the first is the greater one."""
    if len(beginning) > _ID_DIGITS or not _HEXADECIMAL.issuperset(beginning):
        return 1, 0
    first, last = (int(beginning.ljust(_ID_DIGITS, digit), 16) - SIGN for digit in "0f")
    return first, last


def _part_of(month: str | None, asked: RunFilter) -> float:
    """Return which part of a month is asked for: none, all of it, or half where that is neither."""
    if (asked.earliest, asked.latest) == (-inf, inf):
        return 1
    try:
        year, number = map(int, (month or "").split("-"))
        first, end = timegm((year, number, 1, 0, 0, 0)), timegm((year + number // 12, number % 12 + 1, 1, 0, 0, 0))
    except (ValueError, OverflowError):
        return 0.5
    if end <= asked.earliest or first >= asked.latest:
        return 0
    return 1 if asked.earliest <= first and end <= asked.latest else 0.5
