"""Records of one work that were not imported together: it counts once where they are read together.

Such records lie in several homes, or are jobs in which greentrain tracked runs that came to the home later.
"""

import json
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from operator import itemgetter
from typing import NamedTuple

from greentrain.catalogue import load_catalogue
from greentrain.history.filters import RunFilter
from greentrain.history.import_index import ImportIndex
from greentrain.history.imported_runs import HistoryImport, history_run
from greentrain.history.index_rows import PACKED, SIGN
from greentrain.history.index_sums import IndexFacts
from greentrain.history.run_summary import RunSummary
from greentrain.history.run_sums import Sums
from greentrain.history.summary_table import NUMBERS, SummaryTable
from greentrain.importing import ImportedRun, ReadOptions
from greentrain.importing.anonymise import is_hash
from greentrain.importing.foreign_run import ForeignRun
from greentrain.importing.joined_runs import JOBS
from greentrain.importing.run_kinds import RunKinds
from greentrain.importing.site_map import SiteMap
from greentrain.importing.tracked_jobs import TRACKED, JobFacts, Tracked, how_tracked
from greentrain.importing.witnesses import linked_runs, read_part

_FURTHEST_ZONE = 14 * 3600.0
"""So much earlier or later a log may be by its clock than its job. [s]"""

_MOST_RECORDS = 10_000
_STARTED, _ENDED, _DURATION = (NUMBERS.index(name) for name in ("started", "ended", "duration_seconds"))
_JOBS = (
    "SELECT runs.id, job, is_zone_assumed, facts, numbers FROM jobs JOIN runs USING (id, import) "
    "WHERE job IN (SELECT job FROM temp.tracked)"
)


class RunsApart:
    """Runs as they are once the records of their work in other homes are known.

    Parameters
    ----------
    runs : sequence of ImportedRun
        All of them.
    asked : RunFilter
        Which are asked for.
    """

    def __init__(self, runs: Sequence[ImportedRun], asked: RunFilter) -> None:
        self._by_id = {run.id: history_run(run) for run in runs}
        found = (run for run in self._by_id.values() if asked.wants(run.project, run.status, run.started, run.user))
        self._runs = sorted(found, key=lambda run: (-run.started, run.id))
        self._table = SummaryTable(run.brief for run in self._runs)

    def __len__(self) -> int:
        return len(self._runs)

    def __iter__(self) -> Iterator[RunSummary]:
        return iter(self._table)

    def newest(self, most: int) -> list[RunSummary]:
        """Return so many of the newest runs."""
        return self._table.newest(most)

    def sums(self, by: Sequence[str]) -> Sums:
        """Return the sums of those that count, by what they have in common."""
        return self._table.sums(by)

    def ids(self, beginning: str = "", most: int = -1) -> list[str]:
        """Return the ids that begin so, or some of them."""
        found = sorted(id for id in self._by_id if id.startswith(beginning))
        return found if most < 0 else found[:most]

    def run(self, id: str) -> HistoryImport | None:
        """Return a run in full."""
        return self._by_id.get(id)

    def runs(self) -> Iterator[HistoryImport]:
        """Yield the runs in full."""
        yield from self._runs


class _Row(NamedTuple):
    """Where a run is, its number, whether it is a job, and when it was. [s]"""

    place: tuple[int, int]
    number: int
    is_job: bool
    started: float
    ended: float


def runs_apart(indexes: Sequence[ImportIndex], hidden: Sequence[frozenset[int]]) -> list[ImportedRun]:
    """Return the runs of several homes that change where all are known.

    Parameters
    ----------
    indexes : sequence of ImportIndex
        Of the homes.
    hidden : sequence of frozenset of int
        Runs of each that an earlier one holds too, by their numbers.
    """
    logs = [[*_rows(index, without, are_jobs=False)] for index, without in zip(indexes, hidden, strict=True)]
    if not 0 < sum(map(len, logs)) <= _MOST_RECORDS:
        return []
    kept: list[dict[str, ImportedRun]] = []
    for place, (index, without) in enumerate(zip(indexes, hidden, strict=True)):
        spans = _spans(row for other, rows in enumerate(logs) if other != place for row in rows)
        some = [*logs[place], *_overlapping(_rows(index, without, are_jobs=True), spans)]
        kept.append({run.id: run for run in _read(index, some)})
    if sum(map(bool, kept)) < 2:
        return []
    known, *others = kept
    every = {id: run for home in reversed(kept) for id, run in home.items()}
    fresh = [run for home in others for run in home.values()]
    times = [index.store.device_times() for index in indexes]

    def part_of(log: ImportedRun, start: float, end: float) -> ForeignRun | None:
        home = next(place for place, runs in enumerate(kept) if log.id in runs)
        return read_part(log, log.file, times[home], (start, end), ReadOptions())

    kinds = RunKinds(load_catalogue(), SiteMap({}), location=None, gpu="")
    linked = linked_runs(fresh, known.values, kinds, part_of)
    return [run for run in linked.runs if run.facts() != every[run.id].facts()]


def tracked_ids(index: ImportIndex, tracked: Tracked) -> frozenset[int]:
    """Return the numbers of imported jobs of which greentrain tracked half or more itself."""
    names, found = defaultdict[int, list[str]](list), dict[int, JobFacts]()
    if tracked:
        facts = IndexFacts(index.database)
        with index.reading() as database:
            database.execute("CREATE TEMP TABLE IF NOT EXISTS tracked (job TEXT PRIMARY KEY)")
            database.executemany("INSERT OR IGNORE INTO temp.tracked VALUES (?)", ((job,) for job in tracked))
            for id, job, is_assumed, kind, packed in database.execute(_JOBS):
                names[id].append(job)
                started, ended, seconds = itemgetter(_STARTED, _ENDED, _DURATION)(PACKED.unpack(packed))
                cluster = facts.common(kind)["cluster"]
                cluster = None if cluster and is_hash("cluster", cluster) else cluster
                found[id] = JobFacts(names[id], cluster, started or None, ended or None, seconds, bool(is_assumed))
    return frozenset(id for id, job in found.items() if how_tracked(job, tracked) == TRACKED)


def _rows(index: ImportIndex, without: frozenset[int], *, are_jobs: bool) -> Iterator[_Row]:
    with index.reading() as database:
        origins = {number: json.loads(text)["origin"] for number, text in database.execute("SELECT * FROM facts")}
        jobs = {number for number, origin in origins.items() if origin.rpartition(":")[2] in JOBS}
        if not are_jobs and jobs == origins.keys():
            return
        query = "SELECT import, place, id, facts, numbers FROM runs"
        for file, place, id, facts, packed in database.execute(query):
            if (facts in jobs) == are_jobs and id not in without:
                numbers = PACKED.unpack(packed)
                started = numbers[_STARTED]
                yield _Row((file, place), id, are_jobs, started, started + numbers[_DURATION])


def _spans(rows: Iterable[_Row]) -> list[tuple[float, float]]:
    """Return when any of them may have been, by a clock of any zone, stretches that overlap as one. [s]"""
    found: list[tuple[float, float]] = []
    for start, end in sorted((row.started - _FURTHEST_ZONE, row.ended + _FURTHEST_ZONE) for row in rows):
        if found and start <= found[-1][1]:
            found[-1] = found[-1][0], max(end, found[-1][1])
        else:
            found.append((start, end))
    return found


def _overlapping(rows: Iterable[_Row], spans: Sequence[tuple[float, float]]) -> Iterator[_Row]:
    """Yield the rows that overlap with stretches of time."""
    starts = [start for start, _ in spans]
    for row in rows if spans else ():
        place = bisect_right(starts, row.ended) - 1
        if place >= 0 and spans[place][1] >= row.started:
            yield row


def _read(index: ImportIndex, rows: Sequence[_Row]) -> Iterator[ImportedRun]:
    """Read runs in full."""
    with index.reading() as database:
        files = dict(database.execute("SELECT number, file FROM imports"))
    for (file, place), some in groupby(sorted(rows), itemgetter(0)):
        ids = {f"{row.number + SIGN:016x}" for row in some}
        yield from index.store.runs_at(index.store.folder / files[file], place, ids)
