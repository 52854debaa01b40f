"""Several records of one work: a job of Slurm, its row of codecarbon, the log of its accelerators.

One of them is the run, the one that says most of who ran what. It takes the energy of the best meter among them; the
others stand beside it, in no total. Where files cannot tell whether two records are of one work, an import says so.
"""

import re
from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple

from greentrain.errors import DataError
from greentrain.importing.device_times import TimeSpans
from greentrain.importing.foreign_file import ForeignFile
from greentrain.importing.foreign_run import ForeignRun, ReadOptions
from greentrain.importing.formats import formats
from greentrain.importing.gate import Finding, mean_w
from greentrain.importing.import_sums import STORED
from greentrain.importing.imported_run import ImportedRun
from greentrain.importing.known_runs import id_of
from greentrain.importing.limits import limit
from greentrain.importing.run_kinds import RunKinds
from greentrain.importing.values import LOCAL_TIME
from greentrain.numbers import counted, rounded

SAME_WORK, DIFFER = "same_work", "witnesses_differ"
_JOBS, _LOGS = ("slurm", "slurm-json"), ("nvidia-smi", "prometheus", "meter", "zeus", "powermetrics", "tegrastats")
_MOST, _LONG_ONES, _MOST_NEAR, _MOST_NOTES, _MOST_PARTS = 10_000, 100, 200, 8, 100
_DIGITS = re.compile(r"\d{1,12}")
_NUMBER = re.compile(r"(?<!\d)(\d{1,12}(?:[_+]\d{1,9})?)(?!\d)")
_MODEL = re.compile(r"[a-z]*\d{2,4}[a-z]*(?![a-z\d])")
_MEMORY = re.compile(r"\d+gb?")
_HOSTS = re.compile(r"((?:[^,\[\]]|\[[^\]]*\])+)")
_RANGE = re.compile(r"\[([^\]]*)\]")
_QUARTER_HOUR, _FURTHEST_ZONE = 900.0, 14 * 3600.0
_BOUNDARIES = {"wall": "a wall meter", "node": "the nodes' meters", "accelerator": "accelerators", "parts": "parts"}


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
    ties: dict[str, list[tuple[ImportedRun, _Tie]]] = defaultdict(list)
    doubtful: list[tuple[ImportedRun, ImportedRun]] = []
    for run in every.possible_owners():
        for other in every.near(run):
            tie = _tie(run, other)
            if tie is not None and _rank(run) < _rank(other):
                ties[other.id].append((run, tie))
            elif tie is not None and _may_be_ranks(run, other):
                doubtful.append((run, other))
    _hold_together(ties, every.by_id)
    touched = {run.id for id, found in ties.items() for run, _ in found if new & {id, run.id}}
    owners, more = _owners(ties, every.by_id, touched, part_of)
    made: dict[str, ImportedRun] = {}
    for owner, others in owners.values():
        if not new & {owner.id, *(other.id for other, _ in others)}:
            continue
        made[owner.id] = _joined(owner, [other for other, _ in others], kinds)
        made |= {other.id: _beside(every.by_id[other.id], owner, tie) for other, tie in others}
    notes = _doubt_note([pair for pair in (*more, *doubtful) if new & {run.id for run in pair}])
    return LinkedRuns(tuple(made.values()), tuple(notes))


class _Records:
    """Those that may be witnesses, some thousands at most, and whose work they may be."""

    def __init__(self, fresh: Iterable[ImportedRun], stored: Callable[[], Iterable[ImportedRun]]) -> None:
        self._fresh, self._stored, self.new = fresh, stored, set[str]()
        self.by_id: dict[str, ImportedRun] = {}
        for run in self._every():
            if _rank(run) and len(self.by_id) < _MOST:
                self.by_id[run.id] = run
        self._by_start = sorted(self.by_id.values(), key=_start)
        self._starts = [_start(run) for run in self._by_start]
        self._long = sorted(self._by_start, key=lambda run: _start(run) - _end(run))[:_LONG_ONES]
        self._by_number: dict[str, list[ImportedRun]] = defaultdict(list)
        for run in self._by_start:
            for number in _numbers(run) if run.format in _LOGS else ():
                self._by_number[number].append(run)

    def _every(self) -> Iterator[ImportedRun]:
        for run in self._fresh:
            if STORED not in run.flags and _is_dated(run):
                self.new.add(run.id)
                yield run
        yield from (_alone(run) for run in self._stored() if run.id not in self.new and _is_dated(run))

    def possible_owners(self) -> Iterator[ImportedRun]:
        """Yield the jobs, then the tools' records of runs."""
        if self.by_id:
            yield from (run for run in self._every() if not _rank(run))
            yield from (run for run in self._by_start if _rank(run) == 1)

    def near(self, run: ImportedRun) -> Iterator[ImportedRun]:
        """Yield the records that its number is in, and those that ran while it did."""
        slack = limit("same_work_slack_s")
        first = bisect_left(self._starts, _start(run) - slack)
        found = {other.id: other for job in run.stated.jobs for other in self._by_number.get(job[6:], ())}
        found |= {other.id: other for other in self._by_start[first : bisect_right(self._starts, _end(run))]}
        found |= {other.id: other for other in self._long if _overlap(run, other) > 0}
        yield from islice(found.values(), _MOST if not _rank(run) else _MOST_NEAR)


def may_hold_ranks(format: str) -> bool:
    """Whether processes of one training leave a record each in this format."""
    return format not in (*_JOBS, *_LOGS)


def _rank(run: ImportedRun) -> int:
    """Return how little a record says of who ran what: 0 of a job, 2 of a log of powers."""
    return 1 if may_hold_ranks(run.format) else 0 if run.format in _JOBS else 2


def _is_dated(run: ImportedRun) -> bool:
    stated = run.stated
    return stated.started is not None and bool(stated.duration_seconds)


def _start(run: ImportedRun) -> float:
    return run.stated.started or 0.0


def _end(run: ImportedRun) -> float:
    """Return when it ended; of one that goes on how far it is known. [s]"""
    return run.stated.ended or _start(run) + (run.stated.duration_seconds or 0.0)


def _overlap(one: ImportedRun, other: ImportedRun) -> float:
    return min(_end(one), _end(other)) - max(_start(one), _start(other))


def _count(run: ImportedRun) -> float:
    return sum(run.stated.accelerators.values())


def _numbers(run: ImportedRun) -> set[str]:
    """Return the numbers in the name of a file, and that of its folder if it is one."""
    stem, folder = Path(run.file).stem, Path(run.file).parent.name
    return {*_NUMBER.findall(stem), *_DIGITS.findall(stem), *([folder] if _NUMBER.fullmatch(folder) else [])}


def _may_be_ranks(run: ImportedRun, other: ImportedRun) -> bool:
    """Whether two records of one tool may be of two processes that both read all accelerators of one computer."""
    return run.format == other.format and run.id < other.id and _count(run) > 1


def _tie(run: ImportedRun, other: ImportedRun) -> _Tie | None:
    """Return why a record is of the same work as a run; None where nothing says so."""
    named = {job.removeprefix("slurm-") for job in run.stated.jobs}
    if named and other.format in _LOGS and named & _numbers(other) and _is_within(run, other):
        return _BY_NUMBER
    overlap = _overlap(run, other)
    shorter, longer = sorted((_end(run) - _start(run), _end(other) - _start(other)))
    is_same_time = (
        overlap >= limit("same_work_of_shorter") * shorter and shorter >= limit("same_work_of_longer") * longer
    )
    on_host = _is_on_host(run.stated.hosts, other.stated.hosts)
    if on_host and overlap > 0:
        fits = _count(other) <= _count(run) if other.stated.boundary == "accelerator" else True
        is_whole = overlap >= limit("same_work_of_shorter") * (_end(run) - _start(run))
        return _PERHAPS if not fits else _BY_HOST if is_same_time else _IN_ITS_TIME if is_whole else _IN_PART
    if not is_same_time or overlap <= 0 or not _count(run) or _count(run) != _count(other) or on_host is False:
        return None
    models = [_models(each) for each in (run, other)]
    return _PERHAPS if not all(models) else _ALIKE if models[0] & models[1] else None


def _hold_together(ties: dict[str, list[tuple[ImportedRun, _Tie]]], by_id: Mapping[str, ImportedRun]) -> None:
    """Let logs of one node that follow one another, such as a file a day, hold for a run whose time they cover."""
    series: dict[tuple[str, str, str | None], list[tuple[str, int]]] = defaultdict(list)
    for id, found in ties.items():
        for place, (run, tie) in enumerate(found):
            if by_id[id].format in _LOGS and tie in (_BY_HOST, _IN_ITS_TIME, _IN_PART):
                series[run.id, by_id[id].format, by_id[id].stated.hosts].append((id, place))
    for places in series.values():
        run, known = ties[places[0][0]][places[0][1]][0], {ties[id][place][1] for id, place in places}
        least = limit("same_work_of_shorter") * (_end(run) - _start(run))
        if _IN_PART in known and _common(run, [by_id[id] for id, _ in places]) >= least:
            for id, place in places:
                ties[id][place] = run, _IN_ITS_TIME


def _common(run: ImportedRun, others: Iterable[ImportedRun]) -> float:
    """Return the time of a run in which any of the others ran. [s]"""
    total, until = 0.0, _start(run)
    for other in sorted(others, key=_start):
        end = max(until, min(_end(run), _end(other)))
        total, until = total + max(0.0, end - max(until, _start(other))), end
    return total


def _is_within(run: ImportedRun, other: ImportedRun) -> bool:
    """Whether a record lies in the time of a run, also by a clock of another zone where it states none."""
    slack = limit("same_work_slack_s")
    before, behind = _start(other) - _start(run) + slack, _end(run) - _end(other) + slack
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


_Owners = dict[str, tuple[ImportedRun, list[tuple[ImportedRun, _Tie]]]]


def _owners(
    ties: dict[str, list[tuple[ImportedRun, _Tie]]], by_id: dict[str, ImportedRun], touched: set[str], part_of: PartOf
) -> tuple[_Owners, list[tuple[ImportedRun, ImportedRun]]]:
    """Give each record to the one run that it is of, jobs before others; return those too where that is not known."""
    owners: _Owners = {}
    doubtful = []
    taken: dict[str, ImportedRun] = {}
    # Records of tools are given first: what is theirs may be a job's as well, which then has both.
    for id, found in sorted(ties.items(), key=lambda item: _rank(by_id[item[0]])):
        best = min(_rank(run) for run, tie in found if tie.holds or not any(each.holds for _, each in found))
        alike = [(taken.get(run.id, run), tie) for run, tie in found if _rank(run) == best]
        certain = [each for each in alike if each[1].is_certain]
        likely = certain or [each for each in alike if each[1].holds]
        on_host = [] if certain else [each for each in likely if each[1] in (_BY_HOST, _IN_ITS_TIME)]
        if len(on_host) > 1 or (on_host and on_host[0][1] is _IN_ITS_TIME):
            for run, part in _parts(by_id[id], on_host, [run for run, _ in alike], touched, part_of):
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
    log: ImportedRun, ties: Sequence[tuple[ImportedRun, _Tie]], every: Sequence[ImportedRun], touched: set[str],
    part_of: PartOf,
) -> Iterator[tuple[ImportedRun, ImportedRun | None]]:  # fmt: skip
    """Yield each run on a node with what the node's log read in its time; None of one that others ran beside."""
    for number, (run, _) in enumerate(run for run in ties if run[0].id in touched):
        is_alone = not any(_overlap(run, other) > 0 for other in every if other.id != run.id)
        part = part_of(log, _start(run), _end(run)) if is_alone and number < _MOST_PARTS else None
        yield run, None if part is None else log._replace(stated=part._replace(hosts=log.stated.hosts))


def read_part(log: ImportedRun, path: str, covered: Mapping[str, TimeSpans], options: ReadOptions) -> ForeignRun | None:
    """Return what is left of a log without what others hold of its devices; None where it cannot be read again."""
    try:
        file = ForeignFile(path)
        options = options._replace(covered=covered, is_day_first=file.date_order().is_day_first)
        return next((run for run in formats()[log.format].read(file, options) if id_of(run) == log.id), None)
    except (DataError, OSError):
        return None


def _doubt_note(pairs: Sequence[tuple[ImportedRun, ImportedRun]]) -> Iterator[str]:
    if pairs:
        names = [f"{run.stated.name or run.id} ({run.format})" for run in pairs[0]]
        yield (
            f"Overlapping in time on as many accelerators or on one host, and perhaps the same work, which then counts "
            f"twice: {counted(len(pairs), 'pair')}, such as {names[0]} and {names[1]}."
        )


def _beside(other: ImportedRun, owner: ImportedRun, tie: _Tie) -> ImportedRun:
    """Return a record that stands beside the run that it is of, in no total."""
    reason = f"It is the work of {owner.stated.name or owner.id} ({owner.format}), {tie.how}, and counts there."
    findings = (*(each for each in other.findings if each.flag != SAME_WORK), Finding(SAME_WORK, reason, True))
    return _with(other, other.stated, findings)


def _with(run: ImportedRun, stated: ForeignRun, findings: Sequence[Finding]) -> ImportedRun:
    judged = {finding.flag for finding in (*run.findings, *findings)}
    kept = (flag for flag in stated.flags if flag not in judged and flag != STORED)
    flags = tuple(dict.fromkeys((*kept, *(finding.flag for finding in findings))))
    return run._replace(stated=stated._replace(flags=flags), flags=flags, findings=tuple(findings))


def _joined(owner: ImportedRun, others: Sequence[ImportedRun], kinds: RunKinds) -> ImportedRun:
    """Return a run with the energy of its best meter, and what the others say of it."""
    own = _own(owner)
    is_own_usable = all(each.is_energy_usable for each in kinds.of(own).gate.findings(own))
    best = _best(own, others, is_own_usable=is_own_usable)
    energy = {} if best is None else best[1]
    notes = [*own.notes, *(f"{_WITNESS} {_said(other)}." for other in others[:_MOST_NOTES])]
    if best is not None:
        notes.append(f"{_WITNESS} its energy is that of {best[0]}.")
    first = min(others, key=_rank)
    named = {name: getattr(first.stated, name) for name in ("project", "user", "cpu") if not getattr(own, name)}
    stated = own._replace(**{**named, **energy}, notes=tuple(notes), witnesses=(_witness(owner.id, own),))
    kind = kinds.of(stated)
    found = [*kind.gate.findings(stated), *_differing(own, others, is_own_usable=is_own_usable)]
    devices = owner.devices if stated.accelerators == owner.stated.accelerators else kind.devices
    return _with(owner._replace(devices=devices, location=owner.location or first.location), stated, found)


_WITNESS = "Witness:"


def _alone(run: ImportedRun) -> ImportedRun:
    """Return a run without what it has of its witnesses."""
    return run._replace(stated=_own(run)) if run.stated.witnesses else run


def _own(run: ImportedRun) -> ForeignRun:
    """Return what a run's own file states of its energy, before it took that of a witness."""
    stated = run.stated
    for _, kwh, boundary, parts, accelerators in stated.witnesses:
        stated = stated._replace(
            measured_energy_kwh=kwh, boundary=boundary, energy_kwh=parts, accelerators=accelerators, witnesses=()
        )
    return stated._replace(notes=tuple(note for note in stated.notes if not note.startswith(_WITNESS)))


def _witness(id: str, own: ForeignRun) -> tuple[Any, ...]:
    return id, own.measured_energy_kwh, own.boundary, dict(own.energy_kwh), dict(own.accelerators)


def _best(own: ForeignRun, others: Sequence[ImportedRun], *, is_own_usable: bool) -> tuple[str, dict[str, Any]] | None:
    """Return whose energy a run takes, and that; None where its own is the best, or no other covers it."""
    usable = [other for other in others if other.stated.measured_energy_kwh and other.is_usable]
    has_own = bool(own.measured_energy_kwh) and is_own_usable
    if has_own and own.boundary in ("node", "wall"):
        return None
    for boundaries in (("wall", "node"), ("accelerator",), ("parts",)):
        some = [other for other in usable if other.stated.boundary in boundaries]
        formats = dict.fromkeys(other.format for other in some)
        found = ((name, _energy_of(own, [other for other in some if other.format == name])) for name in formats)
        for name, energy in found:
            if energy:
                return name, energy
        if has_own and own.boundary in boundaries:
            return None
    return None


def _energy_of(own: ForeignRun, some: Sequence[ImportedRun]) -> dict[str, Any] | None:
    """Return the energy of a run by records of one kind, over all its time; None where they cover less than half."""
    seconds, boundary = own.duration_seconds or 0.0, some[0].stated.boundary
    whole = sum(own.accelerators.values()) if boundary == "accelerator" else own.nodes if boundary != "parts" else 1
    had = [(_count(each) if boundary == "accelerator" else 1.0, each.stated.duration_seconds or 0.0) for each in some]
    covered = sum(number * time for number, time in had)
    if not whole or _most_at_once(some, [number for number, _ in had]) > whole or not seconds:
        return None
    if covered < limit("least_witnessed") * whole * seconds:
        return None
    scale = whole * seconds / covered
    parts: dict[str, float] = defaultdict(float)
    for each in some:
        for name, kwh in each.stated.energy_kwh.items():
            parts[name] += kwh * scale
    total = sum(each.stated.measured_energy_kwh or 0.0 for each in some) * scale
    found: dict[str, Any] = {"energy_kwh": dict(parts), "measured_energy_kwh": total, "boundary": boundary}
    names = [name for each in some for name in each.stated.accelerators]
    if boundary == "accelerator" and all(names) and not any(own.accelerators):
        types: dict[str, float] = defaultdict(float)
        for each in some:
            for name, number in each.stated.accelerators.items():
                types[name] += number * whole / sum(number for number, _ in had)
        found["accelerators"] = dict(types)
    return found


def _most_at_once(some: Sequence[ImportedRun], numbers: Sequence[float]) -> float:
    """Return how many devices records hold at one time; those that follow one another may hold the same ones. [1]"""
    pairs = list(zip(some, numbers, strict=True))
    return max(sum(number for other, number in pairs if _start(other) <= _start(each) < _end(other)) for each in some)


def _said(other: ImportedRun) -> str:
    kwh, hours = other.stated.measured_energy_kwh, rounded(other.hours)
    what = "no energy" if kwh is None else f"{rounded(kwh)} kWh of {_BOUNDARIES[other.stated.boundary]}"
    return f"{other.format} states {what} in {hours} h"


def _differing(own: ForeignRun, others: Sequence[ImportedRun], *, is_own_usable: bool) -> Iterator[Finding]:
    """Yield that two mean powers of one work are more than a factor apart, accelerators by accelerators."""
    stated = [(other.format, other.stated) for other in others]
    stated += [("its own file", own)] if is_own_usable else []
    powers = [
        (name, mean_w(each.measured_energy_kwh, each.duration_seconds) / max(1.0, sum(each.accelerators.values())))
        for name, each in stated
        if each.measured_energy_kwh and each.duration_seconds
    ]
    if len(powers) < 2:
        return
    low, high = min(powers, key=lambda each: each[1]), max(powers, key=lambda each: each[1])
    if high[1] > limit("witnesses_apart") * low[1]:
        ratio = rounded(high[1] / low[1]) if low[1] else "infinitely many"
        yield Finding(DIFFER, f"{high[0]} states {ratio} times the mean power that {low[0]} states.", True)
