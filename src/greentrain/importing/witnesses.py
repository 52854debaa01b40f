"""Several records of one work: a job of Slurm, its row of codecarbon, the log of its accelerators.

One of them is the run, the one that says most of who ran what. It takes the energy of the best meter among them; the
others stand beside it, in no total. Where files cannot tell whether two records are of one work, an import says so.
"""

import re
from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import islice
from math import inf
from pathlib import Path
from typing import Any, NamedTuple

from greentrain.catalogue import load_catalogue
from greentrain.errors import DataError, GreentrainError
from greentrain.importing.device_times import KnownTimes, TimeSpans
from greentrain.importing.foreign_file import ForeignFile
from greentrain.importing.foreign_run import ForeignRun, ReadOptions
from greentrain.importing.formats import formats
from greentrain.importing.import_sums import STORED
from greentrain.importing.imported_run import ImportedRun
from greentrain.importing.joined_runs import (
    LOGS,
    alone,
    as_taken,
    beside,
    count_of,
    end_of,
    joined,
    on_its_own,
    rank_of,
    rejoined,
    start_of,
    taken_of,
)
from greentrain.importing.known_runs import id_of, other_ids_of
from greentrain.importing.limits import limit
from greentrain.importing.run_kinds import RunKinds
from greentrain.importing.values import LOCAL_TIME
from greentrain.numbers import counted

_MOST, _LONG_ONES, _MOST_NEAR, _MOST_PARTS = 10_000, 100, 200, 100
_DIGITS = re.compile(r"\d{1,12}")
_NUMBER = re.compile(r"(?<!\d)(\d{1,12}(?:[_+]\d{1,9})?)(?!\d)")
_MODEL = re.compile(r"[a-z]*\d{2,4}[a-z]*(?![a-z\d])")
_MEMORY = re.compile(r"\d+gb?")
_HOSTS = re.compile(r"((?:[^,\[\]]|\[[^\]]*\])+)")
_RANGE = re.compile(r"\[([^\]]*)\]")
_OVERLAPPING = (
    "Overlapping in time on as many accelerators or on one host, and perhaps the same work, which then counts "
    "twice: {}."
)
_ELSEWHEN = (
    "Alike by clocks whole quarters of an hour apart, and perhaps the same work, which then counts twice: {}; "
    "--time-zone states that of times without one."
)
_QUARTER_HOUR, _FURTHEST_ZONE = 900.0, 14 * 3600.0


class _Tie(NamedTuple):
    """Why two records are of one work; whether that is certain, and whether it holds at all, or may only hold."""

    how: str
    is_certain: bool = False
    holds: bool = True


_BY_NUMBER = _Tie("whose number its file has", is_certain=True)
_BY_HOST = _Tie("at that time on the same node")
_IN_ITS_TIME = _Tie("and of whatever else ran on that node then")
_ALIKE = _Tie("at that time on as many accelerators of that type")
_PERHAPS = _Tie("", holds=False)
_IN_PART = _Tie("for a part of its time on the same node", holds=False)


_Ties = dict[str, list[tuple[ImportedRun, _Tie]]]
_Owners = dict[str, tuple[ImportedRun, list[tuple[ImportedRun, _Tie]]]]
PartOf = Callable[[ImportedRun, float, float], ForeignRun | None]


class LinkedRuns(NamedTuple):
    """Runs as they are once their witnesses are known, and what cannot be told."""

    runs: tuple[ImportedRun, ...]
    notes: tuple[str, ...]


def linked_runs(
    fresh: Iterable[ImportedRun],
    stored: Callable[[], Iterable[ImportedRun]],
    kinds: RunKinds,
    part_of: PartOf,
) -> LinkedRuns:
    """Compare the runs of an import with each other and with stored ones.

    Parameters
    ----------
    fresh : iterable of ImportedRun
        Those of the import, looked at several times.
    stored : callable
        Gives those of earlier imports.
    kinds : RunKinds
        Knows the devices of runs and what they can draw.
    part_of : callable
        Reads what a log holds between two moments [s]; None where its file is not there any more.
    """
    every = _Records(fresh, stored)
    new = every.new
    ties: _Ties = defaultdict(list)
    doubtful: list[tuple[ImportedRun, ImportedRun]] = []
    elsewhen: list[tuple[ImportedRun, ImportedRun]] = []
    for run in every.possible_owners():
        elsewhen += [(run, other) for other in every.elsewhen(run) if _may_be_elsewhen(run, other)]
        for other in every.near(run):
            tie = _tie(run, other)
            if tie is not None and rank_of(run) < rank_of(other):
                ties[other.id].append((run, tie))
            elif tie is not None and _may_be_ranks(run, other):
                doubtful.append((run, other))
    _hold_together(ties, every.by_id)
    touched = {run.id for id, found in ties.items() for run, _ in found if new & {id, run.id}}
    owners, more = _owners(ties, every, touched, part_of)
    made: dict[str, ImportedRun] = {}
    for owner, others in owners.values():
        if not new & {owner.id, *(other.id for other, _ in others)}:
            continue
        records = [other for other, _ in others]
        made[owner.id] = joined(owner, records, kinds)
        made |= {other.id: beside(every.by_id[other.id], owner, tie.how, records) for other, tie in others}
    made |= {run.id: run for run in _torn(every, owners, made, kinds)}
    apart = [(run, other) for run, other in elsewhen if other.id not in ties]
    doubts = {_OVERLAPPING: (*more, *doubtful), _ELSEWHEN: apart}
    fresh_ones = {why: [pair for pair in pairs if new & {run.id for run in pair}] for why, pairs in doubts.items()}
    notes = (note for why, pairs in fresh_ones.items() for note in _doubt_note(pairs, why))
    return LinkedRuns(tuple(made.values()), tuple(notes))


class _Records:
    """Those that may be witnesses, some thousands at most, and whose work they may be."""

    def __init__(self, fresh: Iterable[ImportedRun], stored: Callable[[], Iterable[ImportedRun]]) -> None:
        self._fresh, self._stored, self.new, self.linked_before = fresh, stored, set[str](), set[str]()
        self.taken: dict[str, Mapping[str, Sequence[Any]]] = {}
        self.owners: dict[str, ImportedRun] = {}
        self.as_before: set[tuple[str, str]] = set()
        self.by_id: dict[str, ImportedRun] = {}
        for run in self._every():
            if rank_of(run) and len(self.by_id) < _MOST:
                self.by_id[run.id] = run
        self._by_start = sorted(self.by_id.values(), key=start_of)
        self._starts = [start_of(run) for run in self._by_start]
        self._zoneless = [each for each in self._by_start if rank_of(each) == 1 and LOCAL_TIME in each.stated.notes]
        self._long = sorted(self._by_start, key=lambda run: start_of(run) - end_of(run))[:_LONG_ONES]
        self._by_number: dict[str, list[ImportedRun]] = defaultdict(list)
        for run in self._by_start:
            for number in _numbers(run) if run.format in LOGS else ():
                self._by_number[number].append(run)

    def _every(self) -> Iterator[ImportedRun]:
        for run in self._fresh:
            if STORED not in run.flags and _is_dated(run):
                self.new.add(run.id)
                if run.stated.witnesses:
                    self.linked_before.add(run.id)
                yield self._alone(run)
        for run in self._stored():
            known = self._alone(run)
            if run.id not in self.new and _is_dated(run):
                yield known

    def _alone(self, run: ImportedRun) -> ImportedRun:
        """Return a run as its own file states it, and keep what it took of others; a new record may have taken none."""
        if not run.stated.witnesses:
            return run
        self.taken.setdefault(run.id, taken_of(run))
        self.owners[run.id] = found = alone(run)
        return found

    def part(self, log: ImportedRun, run: ImportedRun, part_of: PartOf) -> ImportedRun | None:
        """Return what a log read in the time of a run: what it took before, or else read again."""
        row = self.taken.get(run.id, {}).get(log.id)
        before = None if row is None else as_taken(log, row)
        is_part = before is not None and start_of(run) <= start_of(before) and end_of(before) <= end_of(run)
        if is_part and (run.id in self.linked_before or not self.new & {log.id, run.id}):
            return before
        found = part_of(log, start_of(run), end_of(run))
        return before if found is None else log._replace(stated=found._replace(hosts=log.stated.hosts))

    def possible_owners(self) -> Iterator[ImportedRun]:
        """Yield the jobs, then the tools' records of runs."""
        if self.by_id:
            yield from (run for run in self._every() if not rank_of(run))
            yield from (run for run in self._by_start if rank_of(run) == 1)

    def near(self, run: ImportedRun) -> Iterator[ImportedRun]:
        """Yield the records that its number is in, and those that ran while it did."""
        slack = limit("same_work_slack_s")
        first = bisect_left(self._starts, start_of(run) - slack)
        found = {other.id: other for job in run.stated.jobs for other in self._by_number.get(job[6:], ())}
        found |= {other.id: other for other in self._by_start[first : bisect_right(self._starts, end_of(run))]}
        found |= {other.id: other for other in self._long if _overlap(run, other) > 0}
        yield from islice(found.values(), _MOST if not rank_of(run) else _MOST_NEAR)

    def elsewhen(self, run: ImportedRun) -> Iterator[ImportedRun]:
        """Yield tools' records without a zone that ran as a job did by a clock of another zone."""
        if not self._zoneless or rank_of(run):
            return
        first = bisect_left(self._zoneless, start_of(run) - _FURTHEST_ZONE, key=start_of)
        last = bisect_right(self._zoneless, start_of(run) + _FURTHEST_ZONE, key=start_of)
        yield from self._zoneless[first : min(last, first + _MOST_NEAR)]


def _may_be_elsewhen(run: ImportedRun, other: ImportedRun) -> bool:
    """Whether a record without a zone is as long as a job alike, and would lie in its time by another clock."""
    shorter, longer = sorted((end_of(run) - start_of(run), end_of(other) - start_of(other)))
    is_alike = count_of(run) == count_of(other) and bool(_models(run) & _models(other))
    return (
        is_alike and shorter >= limit("same_work_of_shorter") * longer
        and _is_on_host(run.stated.hosts, other.stated.hosts) is not False and _is_within(run, other)
    )  # fmt: skip


def _is_dated(run: ImportedRun) -> bool:
    stated = run.stated
    return stated.started is not None and bool(stated.duration_seconds)


def _overlap(one: ImportedRun, other: ImportedRun) -> float:
    return min(end_of(one), end_of(other)) - max(start_of(one), start_of(other))


def _numbers(run: ImportedRun) -> set[str]:
    """Return the numbers in the name of a file, and that of its folder if it is one."""
    stem, folder = Path(run.file).stem, Path(run.file).parent.name
    return {*_NUMBER.findall(stem), *_DIGITS.findall(stem), *([folder] if _NUMBER.fullmatch(folder) else [])}


def _may_be_ranks(run: ImportedRun, other: ImportedRun) -> bool:
    """Whether two records of one tool may be of two processes that both read all accelerators of one computer."""
    return run.format == other.format and run.id < other.id and count_of(run) > 1


def _tie(run: ImportedRun, other: ImportedRun) -> _Tie | None:
    """Return why a record is of the same work as a run; None where nothing says so."""
    named = {job.removeprefix("slurm-") for job in run.stated.jobs}
    if named and other.format in LOGS and named & _numbers(other) and _is_within(run, other):
        return _BY_NUMBER
    overlap = _overlap(run, other)
    shorter, longer = sorted((end_of(run) - start_of(run), end_of(other) - start_of(other)))
    is_same_time = (
        overlap >= limit("same_work_of_shorter") * shorter and shorter >= limit("same_work_of_longer") * longer
    )
    on_host = _is_on_host(run.stated.hosts, other.stated.hosts)
    if on_host and overlap > 0:
        fits = count_of(other) <= count_of(run) if other.stated.boundary == "accelerator" else True
        is_whole = overlap >= limit("same_work_of_shorter") * (end_of(run) - start_of(run))
        return _PERHAPS if not fits else _BY_HOST if is_same_time else _IN_ITS_TIME if is_whole else _IN_PART
    if not is_same_time or overlap <= 0 or not count_of(run) or count_of(run) != count_of(other) or on_host is False:
        return None
    # Of two places that options named the later one may be a correction: that says nothing against one work.
    first = 1 if run.is_place_assigned and other.is_place_assigned else 0
    pairs = islice(zip(_stated(run), _stated(other), strict=True), first, None)
    if any(one and two and one.isdisjoint(two) for one, two in pairs):
        return None
    models = [_models(each) for each in (run, other)]
    return _PERHAPS if not all(models) else _ALIKE if models[0] & models[1] else None


def _stated(run: ImportedRun) -> tuple[set[str], ...]:
    """Return its country with territories, models and CPU; nothing of what is assumed, a family's usual or unknown."""
    catalogue, location = load_catalogue(), "" if "fallback_location" in run.flags else run.location
    try:
        place = catalogue.places.find(location).place if location else None
        named = [catalogue.hardware.read_accelerator(device.asked) for device in run.devices]
    except GreentrainError:
        return set(), set(), set()
    countries = {place.country, *place.members} if place and place.kind != "aggregate" else set[str]()
    is_known = all(each.profile for each in run.devices) and not any(each.family for each in named)
    return countries, {each.profile.id for each in named if is_known}, {run.cpu.id} if run.cpu else set()


def _hold_together(ties: _Ties, by_id: Mapping[str, ImportedRun]) -> None:
    """Let logs of one node that follow one another, such as a file a day, hold for a run whose time they cover."""
    series: dict[tuple[str, str, str | None], list[tuple[str, int]]] = defaultdict(list)
    for id, found in ties.items():
        for place, (run, tie) in enumerate(found):
            if by_id[id].format in LOGS and tie in (_BY_HOST, _IN_ITS_TIME, _IN_PART):
                series[run.id, by_id[id].format, by_id[id].stated.hosts].append((id, place))
    for places in series.values():
        run, known = ties[places[0][0]][places[0][1]][0], {ties[id][place][1] for id, place in places}
        least = limit("same_work_of_shorter") * (end_of(run) - start_of(run))
        if _IN_PART in known and _common(run, [by_id[id] for id, _ in places]) >= least:
            for id, place in places:
                ties[id][place] = run, _IN_ITS_TIME


def _common(run: ImportedRun, others: Iterable[ImportedRun]) -> float:
    """Return the time of a run in which any of the others ran. [s]"""
    total, until = 0.0, start_of(run)
    for other in sorted(others, key=start_of):
        end = max(until, min(end_of(run), end_of(other)))
        total, until = total + max(0.0, end - max(until, start_of(other))), end
    return total


def _is_within(run: ImportedRun, other: ImportedRun) -> bool:
    """Whether a record lies in the time of a run, also by a clock of another zone where it states none."""
    slack = limit("same_work_slack_s")
    before, behind = start_of(other) - start_of(run) + slack, end_of(run) - end_of(other) + slack
    if before >= 0 and behind >= 0:
        return True
    shift = _QUARTER_HOUR * round((behind - before) / 2 / _QUARTER_HOUR)
    is_zoneless = LOCAL_TIME in other.stated.notes and abs(shift) <= _FURTHEST_ZONE
    return is_zoneless and before + shift >= 0 and behind - shift >= 0


def _models(run: ImportedRun) -> set[str]:
    """Return words that tell types of accelerators, such as ``a100``; nothing where a type is not named."""
    names = [name.casefold() for name in run.stated.accelerators]
    found = [{word for word in _MODEL.findall(name) if not _MEMORY.fullmatch(word)} for name in names]
    return set().union(*found) if all(found) else set()


def _is_on_host(listed: str | None, host: str | None) -> bool | None:
    """Whether a list of nodes as Slurm writes it holds a host; None where one of them is not known."""
    if not listed or not host:
        return None
    short = host.partition(".")[0]
    return any(_holds(pattern, short) for pattern in _HOSTS.findall(listed))


def _holds(pattern: str, host: str) -> bool:
    """Whether ``node[01-04,7]`` holds ``node03``."""
    found = _RANGE.search(pattern)
    if found is None:
        return pattern.strip().partition(".")[0] == host
    head, tail = pattern[: found.start()].strip(), pattern[found.end() :].partition(".")[0]
    number = host.removeprefix(head).removesuffix(tail)
    if not host.startswith(head) or not number.isdecimal():
        return False
    ends = (each.partition("-") for each in found[1].split(",")[:1000])
    known = [(low, high or low) for low, _, high in ends if low.isdecimal() and (high or low).isdecimal()]
    return any(len(low) == len(number) and int(low) <= int(number) <= int(high) for low, high in known)


def _owners(
    ties: _Ties, every: _Records, touched: set[str], part_of: PartOf
) -> tuple[_Owners, list[tuple[ImportedRun, ImportedRun]]]:
    """Give each record to the one run that it is of, jobs before others; return those too where that is not known."""
    owners: _Owners = {}
    by_id, doubtful = every.by_id, []
    taken: dict[str, ImportedRun] = {}
    # Records of tools are given first: what is theirs may be a job's as well, which then has both.
    for id, found in sorted(ties.items(), key=lambda item: rank_of(by_id[item[0]])):
        best = min(rank_of(run) for run, tie in found if tie.holds or not any(each.holds for _, each in found))
        alike = [(taken.get(run.id, run), tie) for run, tie in found if rank_of(run) == best]
        certain = [each for each in alike if each[1].is_certain]
        likely = certain or [each for each in alike if each[1].holds]
        on_host = [] if certain else [each for each in likely if each[1] in (_BY_HOST, _IN_ITS_TIME)]
        if len(on_host) > 1 or (on_host and on_host[0][1] is _IN_ITS_TIME):
            every.as_before |= {(id, run.id) for run, _ in on_host if run.id not in touched}
            for run, part in _parts(by_id[id], on_host, [run for run, _ in alike], touched, every, part_of):
                if part is None:
                    doubtful.append((run, by_id[id]))
                else:
                    owners.setdefault(run.id, (run, []))[1].append((part, _IN_ITS_TIME))
        elif len(likely) == 1:
            run, tie = likely[0]
            owners.setdefault(run.id, (run, []))[1].append((by_id[id], tie))
            taken[id] = run
        else:
            doubtful += [(run, by_id[id]) for run, _ in alike[:1]]
    return owners, doubtful


def _parts(
    log: ImportedRun, ties: Sequence[tuple[ImportedRun, _Tie]], others: Sequence[ImportedRun], touched: set[str],
    every: _Records, part_of: PartOf,
) -> Iterator[tuple[ImportedRun, ImportedRun | None]]:  # fmt: skip
    """Yield each run on a node with what the node's log read in its time; None of one that others ran beside."""
    for number, (run, _) in enumerate(run for run in ties if run[0].id in touched):
        is_alone = not any(_overlap(run, other) > 0 for other in others if other.id != run.id)
        yield run, every.part(log, run, part_of) if is_alone and number < _MOST_PARTS else None


def _torn(every: _Records, owners: _Owners, made: Mapping[str, ImportedRun], kinds: RunKinds) -> Iterator[ImportedRun]:
    """Yield runs that were of one work and are not any more, as they are without each other."""
    holders: dict[str, set[str]] = defaultdict(set)
    for owner, others in owners.values():
        for other, _ in others:
            holders[other.id].add(owner.id)
    freed, held = set[str](), set[str]()
    for id, rows in every.taken.items():
        changed = rows.keys() if id in every.new else rows.keys() & {*made, *every.new}
        lost = {other for other in changed if id not in holders[other] and (other, id) not in every.as_before}
        freed |= lost
        held |= rows.keys() - lost
        if lost and id not in {*made, *every.new}:
            kept = {other: row for other, row in rows.items() if other not in lost}
            yield rejoined(every.owners[id], kept, every.by_id, kinds)
    for id in freed - held - made.keys() - every.new:
        if not holders[id] and id in every.by_id:
            yield on_its_own(every.by_id[id])


def read_part(
    log: ImportedRun, path: str, known: KnownTimes, within: tuple[float, float], options: ReadOptions
) -> ForeignRun | None:
    """Return what a log holds between two moments [s]; None where it cannot be read again."""
    labels = (each.label for _, times in known.stored([log.id]) for each in times)
    covered = dict.fromkeys(labels, ((-inf, within[0]), (within[1], inf)))
    try:
        ahead = 0.0
        if log.other_ids or options.time_zone is not None:  # it may be known by the times of another zone
            whole = _read_again(log, path, {}, options)
            ahead = start_of(log) - ((whole.started if whole else None) or start_of(log))
        spans = {label: [(first - ahead, last - ahead) for first, last in each] for label, each in covered.items()}
        found = _read_again(log, path, spans, options)
        if found is None or found.started is None or found.ended is None:
            return found
        return found._replace(started=found.started + ahead, ended=found.ended + ahead)
    except (DataError, OSError):
        return None


def _read_again(
    log: ImportedRun, path: str, covered: Mapping[str, TimeSpans], options: ReadOptions
) -> ForeignRun | None:
    file = ForeignFile(path)
    options = options._replace(covered=covered, is_day_first=file.date_order().is_day_first)
    known = {log.id, *log.other_ids}
    runs = formats()[log.format].read(file, options)
    return next((run for run in runs if not known.isdisjoint((id_of(run), *other_ids_of(run)))), None)


def _doubt_note(pairs: Sequence[tuple[ImportedRun, ImportedRun]], why: str) -> Iterator[str]:
    if pairs:
        names = [f"{run.stated.name or run.id} ({run.format})" for run in pairs[0]]
        yield why.format(f"{counted(len(pairs), 'pair')}, such as {names[0]} and {names[1]}")
