"""Records of one job of Slurm that no key ties: without a start, by another clock, by another spelling of its number.

What is compared is what files state of a job's number, its user, its hardware and its time.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence, Set
from itertools import chain

from greentrain.catalogue import load_catalogue
from greentrain.importing.foreign_file import Tally
from greentrain.importing.foreign_run import RUNNING, ForeignFormat, ForeignRun
from greentrain.importing.formats import formats
from greentrain.importing.import_sums import STORED
from greentrain.importing.imported_run import ImportedRun, restored
from greentrain.importing.joined_runs import JOBS, alone
from greentrain.importing.known_runs import KnownRun, KnownRuns, completed, id_of, is_better, is_fuller
from greentrain.importing.run_list import RunList
from greentrain.importing.slurm_jobs import LOCAL_TIME, SESSIONS, numbers_of
from greentrain.importing.store import ImportStore
from greentrain.importing.tracked_jobs import Tracked, untracked

UNDATED = "Jobs without a start are those of that number, user, time and hardware in another file."
BOTH_NUMBERS = "Tasks of arrays are known by JobID in one file and by JobIDRaw in another: they are the same jobs."
OTHER_CLOCK = "Jobs whose starts in two files are whole quarters of an hour apart are the same, by clocks of two zones."
_LONGER = "Sessions of jobs that were requeued are parts of the jobs of another file."
_SECOND, QUARTER_HOUR, FURTHEST_ZONE = 1.0, 900, 14 * 3600
"""What the end of a job may differ by; what zones differ by; and by how much at most. [s]"""

_WITH_ZONES, _MOST_RIVALS = "slurm-json", 64


class SameJobs:
    """Finds what is known of jobs under other ids than their own.

    Parameters
    ----------
    known : KnownRuns
        Those that are known.
    runs : RunList
        Those of this import.

    Attributes
    ----------
    superseded : dict of str to str
        Ids of records that another one stands for, and its id.
    dropped : set of str
        Ids of records for which another one, or a tracked run, stands.
    """

    def __init__(self, known: KnownRuns, runs: RunList) -> None:
        self._known, self._runs = known, runs
        self.superseded: dict[str, str] = {}
        self.dropped: set[str] = set()

    def rivals(self, runs: Sequence[ForeignRun], form: ForeignFormat, file: int) -> dict[str, list[str]]:
        """Return the ids by which the numbers of jobs are known from other files than theirs."""
        found = self._known.of_jobs(jobs_in(runs), file) if form.NAME in JOBS else {}
        return {job: ids for job, ids in found.items() if len(ids) <= _MOST_RIVALS}

    def of(
        self, id: str, run: ForeignRun, rivals: Mapping[str, Sequence[str]], known: Mapping[str, KnownRun],
        form: ForeignFormat, tally: Tally,
    ) -> list[ImportedRun]:  # fmt: skip
        """Return the records of a job in other files, first of all the one by whose id it is known from now on."""
        named = (other for job in jobs_in([run]) for other in rivals.get(job, ()))
        others = dict.fromkeys(self.superseded.get(other, other) for other in named)
        found: list[ImportedRun] = []
        for other in others:
            record = None if other == id or other not in known else self._record(other, known[other])
            if record is None or record.format not in JOBS:
                continue
            may_shift = {form.NAME, record.format} != {_WITH_ZONES}
            if why := same_job(run, record.stated, self._known.hashed, may_shift=may_shift):
                tally.note(why)
                found.append(record)
        own = self._record(id, known[id]) if found and id in known else None
        return [*([own] if own else []), *found]

    def fuller(self, id: str, run: ForeignRun, known: KnownRun | None, form: ForeignFormat) -> list[ImportedRun]:
        """Return what the history holds of a run of which a record states something else too, or by a better clock."""
        if known is None or not known.is_stored or known.place is not None:
            return []
        is_sure = form.NAME == _WITH_ZONES and id != id_of(run)
        record = self._record(id, known) if is_sure or is_fuller(run, known) else None
        return [] if record is None else [record]

    def of_copy(self, run: ImportedRun, file: int) -> list[ImportedRun]:
        """Return the records of a job that another home holds, see `of`, and keep by which numbers it is known."""
        if run.format not in JOBS:
            return []
        stated, form = alone(run).stated, formats()[run.format]
        rivals = self.rivals([stated], form, file)
        known = self._known.find([run.id, *chain.from_iterable(rivals.values())])
        found = self.of(run.id, stated, rivals, known, form, Tally())
        self._known.put_jobs([found[0].id if found else run.id], [" ".join(jobs_in([stated]))], file)
        return found

    def drop_others(
        self, id: str, run: ForeignRun, rivals: Mapping[str, Sequence[str]], known: Mapping[str, KnownRun],
        form: ForeignFormat, tracked: Tracked,
    ) -> None:  # fmt: skip
        """Drop what is known of a job that greentrain tracked where nothing there tells that it is that job."""
        own = [self._record(id, known[id])] if id in known else []
        for record in (*own, *self.of(id, run, rivals, known, form, Tally())):
            if record is not None and untracked(record.stated, tracked, Tally()) is not None:
                self._drop(record.id)

    def _drop(self, id: str) -> None:
        self.dropped.add(id)
        known = self._known.find([id]).get(id)
        if known is not None and known.place is not None:
            record = self._runs.at(known.place)
            place = self._runs.put(known.place, record._replace(flags=(*record.flags, STORED)))
            self._known.put([(id, known._replace(place=place))])

    def _record(self, id: str, known: KnownRun) -> ImportedRun | None:
        """Return a run of this import, or as the history holds it, as its own file states it."""
        if known.place is not None:
            return self._runs.at(known.place)
        facts = self._known.facts_of(id, known.chunk)
        return None if facts is None else alone(restored(facts, load_catalogue()))

    def supersede(self, id: str, others: Sequence[ImportedRun]) -> None:
        """Let a run stand for others, which are records of the same job."""
        for other in others:
            self.superseded[other.id] = id
            self._drop(other.id)

    def keep_labels(self, store: ImportStore, renewed: Set[str], *, is_placed: bool) -> None:
        """Leave on runs what their user stated of them before more was known of them: names, words and places."""
        every = {*renewed, *self.superseded}
        for facts in store.facts_of(every) if every else ():
            id, name = self.superseded.get(facts["id"], facts["id"]), facts.get("given_name")
            known = self._known.find([id])[id]
            if known.place is not None:
                run = self._runs.at(known.place)
                run = run.labelled(name or run.given_name, facts["tags"] or run.tags)
                place = self._runs.put(known.place, run.placed(facts) if is_placed else run)
                self._known.put([(id, known._replace(place=place))])

    def left_in(self, store: ImportStore) -> Iterator[ImportedRun]:
        """Yield the stored runs but for those that others stand for from now on."""
        return (run for run in store.runs() if run.id not in self.dropped)


def jobs_in(runs: Iterable[ForeignRun]) -> Iterator[str]:
    """Yield the numbers of jobs, in each spelling."""
    return (number for run in runs for number in numbers_of(run.jobs))


def same_job(run: ForeignRun, other: ForeignRun, hashed: Callable[[str, str], str], *, may_shift: bool) -> str | None:
    """Return why two records of one job's number, which other keys do not tie, are of one job; None where they are not.

    Parameters
    ----------
    run, other : ForeignRun
        What two files state.
    hashed : callable
        Hashes the name of a user or a cluster, where some are hashed.
    may_shift : bool
        Whether the clock of one of them may be of another zone than is taken for it.
    """
    agreed = _agreed(run, other, hashed)
    raw = {next(filter(str.isdecimal, jobs_in([each])), "") for each in (run, other)} - {""}
    starts = [int(each.started) for each in (run, other) if each.started is not None]
    if agreed is None or len(raw) > 1:
        return None
    if len(starts) == 2:
        if starts[0] == starts[1]:
            return BOTH_NUMBERS
        if _is_session(run, other) or _is_session(other, run):
            return _LONGER
    short, long = sorted((run, other), key=lambda each: each.duration_seconds or 0.0)
    may_go_on = short.status in (None, RUNNING) and "user" in agreed and len(agreed & {"accelerators", "cores"}) > 0
    if (long.duration_seconds or 0.0) - (short.duration_seconds or 0.0) > _SECOND and not may_go_on:
        return None
    if len(starts) < 2:
        return UNDATED
    apart = abs(starts[0] - starts[1])
    return OTHER_CLOCK if may_shift and apart <= FURTHEST_ZONE and apart % QUARTER_HOUR == 0 else None


def _agreed(run: ForeignRun, other: ForeignRun, hashed: Callable[[str, str], str]) -> set[str] | None:
    """Return what two records both state, and alike; None where they differ in it."""
    found: dict[str, bool] = {}
    for name in ("user", "cluster"):
        stated = [hashed(name, text) for each in (run, other) if (text := getattr(each, name))]
        if len(stated) == 2:  # an aligned table cuts long names
            found[name] = stated[0] == stated[1] or any(
                one.endswith("+") and two.startswith(one[:-1]) for one, two in (stated, stated[::-1])
            )
    counts = {"accelerators": [sum(each.accelerators.values()) for each in (run, other)]}
    counts["cores"] = [each.cpu_cores or 0.0 for each in (run, other)]
    found |= {name: one == two for name, (one, two) in counts.items() if one and two}
    return {*found} if all(found.values()) else None


def _is_session(run: ForeignRun, other: ForeignRun) -> bool:
    """Whether a record is a session of a job that was requeued."""
    began, ended = run.started, run.ended
    if SESSIONS not in run.notes or began is None or other.started is None:
        return False
    return began <= other.started and (ended is None or (other.ended or other.started) <= ended)


def _with_clock(run: ForeignRun, other: ForeignRun) -> ForeignRun:
    """Return the record of a job with the times of another one, whose clock is known better."""
    ended = other.ended if run.started is None else run.ended and run.ended + (other.started or 0.0) - run.started
    notes = (*(note for note in run.notes if note != LOCAL_TIME), *(each for each in other.notes if each == LOCAL_TIME))
    flags = tuple(flag for flag in run.flags if flag != "missing_time")
    return run._replace(started=other.started, ended=ended, notes=notes, flags=flags)


def _clock(run: ForeignRun, format: str) -> tuple[bool, bool, bool]:
    """Return how well it is known when a job began: whether at all, by which zone, and by the file itself."""
    return run.started is not None, LOCAL_TIME not in run.notes, format == _WITH_ZONES


def better_of(
    run: ForeignRun, form: ForeignFormat, path: str, known: ImportedRun
) -> tuple[ForeignRun, ForeignFormat, str]:
    """Return the better one of two records of a run, completed by the other one, with its form and file."""
    stated = known.stated
    mine, theirs = (run, form, path), (stated, formats()[known.format], known.file)
    is_mine = is_better(run, stated.duration_seconds, stated.measured_energy_kwh, is_running=stated.status == RUNNING)
    (best, form, path), (other, other_form, _) = (mine, theirs) if is_mine else (theirs, mine)
    whole = completed(best, other)
    if known.format in JOBS:
        whole = whole._replace(jobs=tuple(dict.fromkeys((*best.jobs, *other.jobs))))
        whole = _with_clock(whole, other) if _clock(other, other_form.NAME) > _clock(best, form.NAME) else whole
    return whole, form, path
