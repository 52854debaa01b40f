"""Which runs are known, by their ids: a table of this moment on disk, since there may be millions of them.

And what two records of one run make together.
"""

import sqlite3
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from hashlib import sha256
from itertools import islice
from typing import Any, NamedTuple

from greentrain.importing.foreign_run import COMPLETED, RUNNING, ForeignRun
from greentrain.importing.slurm_jobs import numbers_of
from greentrain.importing.temporary_room import temporary_room

SAME_ENERGY = 1e-9
"""Two energies of one run that differ by less, relative, are one. [1]"""

_ID_LENGTH = 16
_IDS_A_QUERY = 500
_CHUNKS_AT_HAND = 4
_SIGN = 1 << 63
_OTHERS = "CREATE TABLE others (other INTEGER PRIMARY KEY, id INTEGER)"
_COLUMNS = (
    "seconds REAL, kwh REAL, stored INTEGER, place INTEGER, running INTEGER, cluster TEXT, chunk INTEGER, holds INTEGER"
)
_SCHEMA = f"CREATE TABLE known (id INTEGER PRIMARY KEY, {_COLUMNS})"
_JOBS = "CREATE TABLE jobs (job TEXT, id INTEGER, file INTEGER)"
_JOBS_INDEX = "CREATE INDEX IF NOT EXISTS by_job ON jobs (job)"
_Chunk = tuple[str, int]
_Numbers = Sequence[float | None]


class KnownRun(NamedTuple):
    """A run that is known.

    Attributes
    ----------
    seconds, kwh : float or None
        Of the record that the history holds. [s], [kWh]
    is_stored : bool
        Whether the history holds one.
    place : int or None
        Where it is in this import.
    is_running : bool or None
        Whether it ran on by the record that the history holds; None where that was not kept.
    cluster : str or None
        The cluster whose job it is, as far as it is named.
    chunk : int or None
        With which others the history holds it.
    holds : int or None
        What of `COMPLETED` is stated of it there, a bit each; None where that was not kept.
    """

    seconds: float | None
    kwh: float | None
    is_stored: bool
    place: int | None
    is_running: bool | None = None
    cluster: str | None = None
    chunk: int | None = None
    holds: int | None = None


class KnownRuns:
    """Known runs by id, 16 hexadecimal digits.

    Attributes
    ----------
    has_others : bool
        Whether some of them are known by other ids too.
    has_tasks_alone : bool
        Whether some jobs are known by the number of an array and a task alone.
    hashed : callable
        Hashes a name of a kind, unless it is a hash, where names are hashed in this home.
    unread : list
        Chunks of runs of whose jobs nothing was kept beside their ids.

    Parameters
    ----------
    chunk_at : callable
        Reads what is stored of the runs of a chunk, by their ids.
    """

    def __init__(self, chunk_at: Callable[[_Chunk], Mapping[str, Mapping[str, Any]]] = lambda chunk: {}) -> None:
        self._chunk_at = lru_cache(_CHUNKS_AT_HAND)(chunk_at)
        self._chunks: list[_Chunk] = []
        self.unread: list[_Chunk] = []
        self._database = sqlite3.connect("", isolation_level=None)
        self._database.execute("PRAGMA journal_mode = OFF")
        self._database.execute(_SCHEMA)
        self._database.execute(_OTHERS)
        self._database.execute(_JOBS)
        self.has_others = self.has_tasks_alone = False
        self.hashed: Callable[[str, str], str] = lambda kind, name: name
        self._database.execute("BEGIN")

    def __bool__(self) -> bool:
        return self._database.execute("SELECT 1 FROM known LIMIT 1").fetchone() is not None

    @temporary_room()
    def find(self, ids: Iterable[str]) -> dict[str, KnownRun]:
        """Return what is known of these runs."""
        found: dict[str, KnownRun] = {}
        numbers = iter({_number(id): id for id in ids}.items())
        while some := dict(islice(numbers, _IDS_A_QUERY)):
            marks = ",".join("?" * len(some))
            query = f"SELECT * FROM known WHERE id IN ({marks})"
            for number, seconds, kwh, stored, place, running, *rest in self._database.execute(query, tuple(some)):
                goes_on = None if running is None else bool(running)
                found[some[number]] = KnownRun(seconds, kwh, bool(stored), place, goes_on, *rest)
        return found

    def ids_of(self, runs: Sequence[ForeignRun]) -> list[str]:
        """Return the ids of runs: those under which they are known, be it by other keys."""
        ids = [*map(id_of, runs)]
        if not self.has_others and not any(run.other_keys for run in runs):
            return ids
        by_record = [next(filter(None, map(self._of_other, map(id_of_key, run.record_keys))), None) for run in runs]
        taken, known = {*by_record}, self.find(ids)
        return [
            found or (id if id in known and not run.record_keys else self._by_key(id, run, taken))
            for id, run, found in zip(ids, runs, by_record, strict=True)
        ]

    def of_cluster(self, id: str, run: ForeignRun, found: dict[str, KnownRun]) -> str:
        """Return the id of a job: another one where this is known as the job of another cluster.

        The first one of a number keeps the id that files without clusters give it.
        """
        known, named = found.get(id), run.cluster
        if not named or (known is not None and (known.cluster is None or self._is_same(known.cluster, named))):
            return id
        apart = [id_of_key(f"{run.key}@{name}") for name in dict.fromkeys((self.hashed("cluster", named), named))]
        if known is None and id not in apart:
            return id
        others = [id_of(run)] if id in apart else apart  # another home may have met the clusters in another order
        found |= self.find({*others} - found.keys())
        here = (other for other in others if other in found and self._is_same(found[other].cluster, named))
        return next(here, id if id in apart else apart[0])

    def _is_same(self, one: str | None, other: str) -> bool:
        """Whether two names are of one cluster, of which one may be hashed."""
        return one is not None and self.hashed("cluster", one) == self.hashed("cluster", other)

    def _by_key(self, id: str, run: ForeignRun, taken: Collection[str | None]) -> str:
        """Return the id of a run by its keys, but for those of others by their records."""
        tried = [id, *map(id_of_key, run.other_keys)]
        known = self.find(tried)
        found = next((other for each in tried if (other := each if each in known else self._of_other(each))), id)
        return id_of_key(run.record_keys[0]) if run.record_keys and found in taken else found

    @temporary_room()
    def _of_other(self, id: str) -> str | None:
        row = self._database.execute("SELECT id FROM others WHERE other = ?", (_number(id),)).fetchone()
        return None if row is None else _id_text(row[0])

    @temporary_room()
    def put_others(self, ids: Sequence[str], others: Sequence[Iterable[str]]) -> None:
        """Keep by which other ids runs are known."""
        rows = ((_number(other), _number(id)) for id, each in zip(ids, others, strict=True) for other in each or ())
        self._database.executemany("INSERT OR REPLACE INTO others VALUES (?, ?)", rows)
        self.has_others = True

    @temporary_room()
    def put_jobs(self, ids: Sequence[str], jobs: Sequence[str], file: int | None = None) -> None:
        """Keep by which numbers of jobs runs of a file are known, in each spelling, with blanks between them."""
        rows = ((job, _number(id), file) for id, text in zip(ids, jobs, strict=bool(jobs)) for job in text.split())
        self._database.executemany("INSERT INTO jobs VALUES (?, ?, ?)", rows)
        odd = (text.split() for text in jobs if text and not text.isdecimal())
        self.has_tasks_alone |= any(not any(map(str.isdecimal, names)) for names in odd)

    @temporary_room()
    def job_numbers(self) -> set[str]:
        """Return the numbers of all jobs."""
        self._read_jobs()
        return {job for (job,) in self._database.execute("SELECT DISTINCT job FROM jobs")}

    @temporary_room()
    def of_jobs(self, jobs: Iterable[str], file: int) -> dict[str, list[str]]:
        """Return the ids of the runs that are known by numbers of jobs, but for those of one file."""
        self._read_jobs()
        self._database.execute(_JOBS_INDEX)
        found: dict[str, list[str]] = {}
        names = iter(dict.fromkeys(jobs))
        while some := [*islice(names, _IDS_A_QUERY)]:
            marks = ",".join("?" * len(some))
            query = f"SELECT DISTINCT job, id FROM jobs WHERE job IN ({marks}) AND file IS NOT ?"
            for job, id in self._database.execute(query, (*some, file)):
                found.setdefault(job, []).append(_id_text(id))
        return found

    def _read_jobs(self) -> None:
        while self.unread:
            facts = self._chunk_at(self.unread.pop())
            named = [" ".join(numbers_of(each.get("jobs") or ())) for each in facts.values()]
            self.put_jobs([*facts], named)

    def facts_of(self, id: str, chunk: int | None) -> Mapping[str, Any] | None:
        """Return what is stored of a run; None where it is there no more."""
        return None if chunk is None else self._chunk_at(self._chunks[chunk]).get(id)

    def stored(self) -> Iterator[tuple[int, float | None, float | None, bool | None, str | None]]:
        """Yield the number of each stored run in order, its time [s], its energy [kWh], if it goes on, its cluster."""
        yield from self._database.execute(
            "SELECT id, seconds, kwh, running, cluster FROM known WHERE stored ORDER BY id"
        )

    def put(self, runs: Iterable[tuple[str, KnownRun]]) -> None:
        """Keep what is known of some runs, in place of what was."""
        self._put((_number(id), *run) for id, run in runs)

    def put_stored(
        self, ids: Sequence[str], seconds: _Numbers, kwh: _Numbers, running: Collection[int] | None = None,
        clusters: Sequence[str | None] = (), chunk: _Chunk | None = None,
        holds: _Numbers = (),
    ) -> None:  # fmt: skip
        """Keep runs that the history holds, with the places of those that went on, where these were kept."""
        others = (each or [None] * len(ids) for each in (clusters, holds))
        rows = enumerate(zip(ids, seconds, kwh, *others, strict=True))
        known = None if running is None else {*running}
        self._chunks += [chunk] if chunk else []
        number = len(self._chunks) - 1 if chunk else None
        self._put(
            (_number(id), time, energy, True, None, None if known is None else place in known, cluster, number, held)
            for place, (id, time, energy, cluster, held) in rows
        )

    @temporary_room()
    def _put(self, rows: Iterator[tuple[object, ...]]) -> None:
        self._database.executemany("INSERT OR REPLACE INTO known VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", rows)


def _number(id: str) -> int:
    return int(id, 16) - _SIGN


def _id_text(number: int) -> str:
    return f"{number + _SIGN:0{_ID_LENGTH}x}"


def number_of(key: str) -> int:
    """Return the number of a run by its key."""
    return int.from_bytes(sha256(key.encode("utf-8", "replace")).digest()[: _ID_LENGTH // 2]) - _SIGN


def id_of(run: ForeignRun) -> str:
    """Return the id of a run by its content: the same in every file that holds it."""
    return id_of_key(run.key)


def id_of_key(key: str) -> str:
    """Return the id of a run by its key."""
    return sha256(key.encode("utf-8", "replace")).hexdigest()[:_ID_LENGTH]


def other_ids_of(run: ForeignRun) -> tuple[str, ...]:
    """Return the ids by which a run is known too."""
    return tuple(map(id_of_key, (*run.record_keys, *run.other_keys)))


def completed(run: ForeignRun, other: ForeignRun) -> ForeignRun:
    """Fill what a record of a run does not state from another one."""
    missing = (name for name in (*COMPLETED, "places") if not getattr(run, name) and getattr(other, name))
    return run._replace(**{name: getattr(other, name) for name in missing})


def is_fuller(run: ForeignRun, known: KnownRun) -> bool:
    """Whether a record states something that the history does not know of its run."""
    if known.holds is None:
        return False
    names = _missing(known.holds)
    return any(getattr(run, name) for name in names) or (len(run.jobs) > 1 and not known.holds >> len(COMPLETED))


@lru_cache
def _missing(holds: int) -> tuple[str, ...]:
    """Return what of `COMPLETED` is not known, by the bits of what is."""
    return tuple(name for place, name in enumerate(COMPLETED) if not holds >> place & 1)


def is_held(run: ForeignRun, known: ForeignRun) -> bool:
    """Whether a record that was completed by another one states nothing more than that."""
    names = (*COMPLETED, "jobs", "started", "ended", "duration_seconds", "measured_energy_kwh")
    return all(getattr(run, name) == getattr(known, name) for name in names)


def is_better(run: ForeignRun, seconds: float | None, kwh: float | None, *, is_running: bool | None) -> bool:
    """Whether another record of a run holds more than one of this time [s] and energy [kWh].

    Of a run that went on by then (None: nobody knows) the record of its end holds more, or else the longer one,
    whatever energy was read by the end. Of others it is that of more energy, then of more time.
    """
    time, energy = run.duration_seconds or 0.0, run.measured_energy_kwh or 0.0
    is_longer, has_ended = time > (seconds or 0.0), run.status not in (None, RUNNING)
    if has_ended and (is_running or (is_running is None and is_longer)):
        return True
    if (is_running and time != (seconds or 0.0)) or (run.status == RUNNING and is_running is False and not is_longer):
        return is_longer
    before = kwh or 0.0
    if abs(energy - before) > SAME_ENERGY * max(energy, before):
        return energy > before
    return is_longer
