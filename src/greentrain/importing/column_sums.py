"""Sums of jobs that stand in columns: each kind of them resolved and judged once, numbers as arrays.

The numbers are those of an import run by run, which takes whatever is not plain here.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any, NamedTuple

import numpy as np

from greentrain.errors import DataError
from greentrain.importing.anonymise import HASHED
from greentrain.importing.foreign_file import ForeignFile, Tally
from greentrain.importing.foreign_run import ForeignRun, ReadOptions
from greentrain.importing.import_sums import GroupSums, ImportSums
from greentrain.importing.imported_run import ImportedRun
from greentrain.importing.linear_footprint import SUMMED, FootprintSums, LinearFootprint, RunFootprints
from greentrain.importing.run_kinds import RunKinds
from greentrain.importing.site_map import SiteMap
from greentrain.importing.slurm import SacctForm, form_of, jobs_of, parted_rows
from greentrain.importing.slurm_columns import JobColumns, JobRows, TextJobs, job_number
from greentrain.importing.slurm_jobs import STEPS, WAITING, job, job_id_of
from greentrain.importing.text_columns import NotInColumns, NumberArray, distinct, month_text
from greentrain.summation import RunningSum
from greentrain.units import SECONDS_PER_HOUR, W_PER_KW

_NOT_LINEAR, _NO_NUMBERS = -2, -1
_OF_KIND = ("place", "hardware")
_MOST_KINDS = 20_000
_MIXING = 1_000_003
_W_PER_KWH_A_SECOND = W_PER_KW * SECONDS_PER_HOUR


class ColumnCounts(NamedTuple):
    """What became of a text: jobs that were added up, those of them in doubt, and jobs left to be taken."""

    jobs: int
    flagged: int
    others: Iterator[ForeignRun]


class _Kind(NamedTuple):
    """Jobs with the same resources.

    Attributes
    ----------
    run : ForeignRun
        One of them, of an hour and 1 kWh, as the site's map has it.
    imported : ImportedRun
        The same without an energy.
    is_linear : bool
        Whether numbers follow from time and energy.
    has_estimate : bool
        Whether time alone tells their energy.
    has_energy, is_shared : bool
        Whether an energy of theirs counts, and whether their nodes' meters hold neighbours.
    nodes : int
        Over how many computers a mean power is. [1]
    least_w, most_w : float
        Mean powers of one of them that are not in doubt. [W]
    """

    run: ForeignRun
    imported: ImportedRun
    is_linear: bool
    has_estimate: bool
    has_energy: bool
    is_shared: bool
    nodes: int
    least_w: float
    most_w: float


class _Judged(NamedTuple):
    """Jobs of all texts: of which text and year they are, what is doubted, which footprint each has."""

    text: NumberArray
    kwh: NumberArray
    is_flagged: NumberArray
    is_usable: NumberArray
    footprint: NumberArray


class ColumnSums:
    """Adds up jobs of texts.

    Parameters
    ----------
    sums : ImportSums
        Where they are added.
    footprints : RunFootprints
        Works out their footprints.
    kinds : RunKinds
        Finds their hardware and place.
    site : SiteMap
        What the site says of itself.
    options : ReadOptions
        As for reading row by row.
    by : sequence of str
        What they are grouped by.
    hashed : callable or None
        Hashes the names of a column.
    project : str or None
        What all belong to.
    is_kept : bool
        Whether jobs in doubt count.
    """

    def __init__(
        self,
        sums: ImportSums,
        footprints: RunFootprints,
        kinds: RunKinds,
        site: SiteMap,
        options: ReadOptions,
        *,
        by: Sequence[str],
        hashed: Any,
        project: str | None,
        is_kept: bool,
    ) -> None:
        self._sums, self._footprints, self._kinds, self._site = sums, footprints, kinds, site
        self._options, self._by, self._hashed, self._project = options, tuple(by), hashed, project
        self._is_kept = is_kept
        of_site = [
            column for table, column in (("partition", "partition"), ("node", "nodelist")) if table in site.tables
        ]
        self._of_cells = [name for name in by if name not in (*_OF_KIND, "project", "month")]
        self._columns = JobColumns(options.time_zone, self._of_cells, of_site)
        self._found: list[_Kind] = []
        self._linear: dict[LinearFootprint, int] = {}
        self._known_linear: dict[tuple[int, bool, int], int] = {}

    def read(self, files: Sequence[ForeignFile]) -> list[ColumnCounts]:
        """Read texts and add their plain jobs up.

        Raises
        ------
        NotInColumns
            Where one of them has to be read row by row.
        """
        forms = [self._form(file) for file in files]
        read = [self._columns.read(file, form) for file, form in zip(files, forms, strict=True)]
        if len(self._columns.kinds) > _MOST_KINDS:
            raise NotInColumns
        parts = [(text, part) for text, each in enumerate(read) for part in each.jobs]
        of_text = np.repeat([text for text, _ in parts], [len(part.lines) for _, part in parts])
        for each in read:
            each.jobs.clear()
        jobs = _together([part for _, part in parts])
        judged = self._judged(jobs, of_text)
        odd = {
            job_number(id)
            for file, form, each in zip(files, forms, read, strict=True)
            for id in _job_ids(file, form, each.odd_lines)
        }
        is_left = _left(jobs, judged, odd)
        if np.count_nonzero(is_left) * 2 > len(is_left):
            raise NotInColumns
        self._add(jobs, judged, ~is_left, [file.path for file in files])
        found = []
        for text, (file, form, each) in enumerate(zip(files, forms, read, strict=True)):
            mine = judged.text == text
            lines = sorted({*each.odd_lines.tolist(), *jobs.lines[mine & is_left].tolist()})
            flagged = int(np.count_nonzero(judged.is_flagged & mine & ~is_left))
            found.append(self._counts(file, form, each, int(np.count_nonzero(mine & ~is_left)), flagged, lines))
        return found

    def _form(self, file: ForeignFile) -> SacctForm:
        try:
            form = form_of(file, self._options)
        except DataError:
            raise NotInColumns from None
        if form.is_framed:
            raise NotInColumns
        return form

    def _counts(
        self, file: ForeignFile, form: SacctForm, read: TextJobs, jobs: int, flagged: int, lines: Sequence[int]
    ) -> ColumnCounts:
        """Count what was read of a text; the lines that are left make runs when these are taken."""
        for note, number in ((STEPS, read.steps), (WAITING, read.waiting)):
            if number:
                file.tally.notes[note] = number
        file.tally.rows = jobs + read.steps + read.waiting
        rows = parted_rows(_numbered_lines(file, lines), file.tally, form.names, form.delimiter)
        return ColumnCounts(jobs, flagged, jobs_of(rows, file, self._options))

    def _judged(self, jobs: JobRows, text: NumberArray) -> _Judged:
        """Find what each job is, whether its energy can be, and its footprint."""
        self._found += [self._kind(cells) for cells in self._columns.kinds[len(self._found) :]]
        kinds, of = self._found, jobs.kinds
        kwh, is_usable, is_flagged = np.nan_to_num(jobs.kwh), ~np.isnan(jobs.kwh), np.zeros(len(of), dtype=bool)
        if not all(kind.has_energy for kind in kinds):
            is_usable &= _of_kinds(kinds, of, lambda kind: kind.has_energy) > 0
            kwh[~is_usable] = 0.0
        rows = np.flatnonzero(is_usable)
        of_rows = of[rows]
        watts = (
            kwh[rows] * _W_PER_KWH_A_SECOND / jobs.seconds[rows] / _of_kinds(kinds, of_rows, lambda kind: kind.nodes)
        )
        is_below = watts < _of_kinds(kinds, of_rows, lambda kind: kind.least_w)
        is_flagged[rows] = is_below | (watts > _of_kinds(kinds, of_rows, lambda kind: kind.most_w))
        is_usable &= ~is_flagged
        if any(kind.is_shared for kind in kinds):
            is_usable &= _of_kinds(kinds, of, lambda kind: kind.is_shared) == 0
        years = np.where(jobs.months < 0, -1, jobs.months // 12)
        footprint = self._footprints_of(jobs, kwh, is_usable, years)
        return _Judged(text, kwh, is_flagged, is_usable, footprint)

    def _kind(self, cells: Mapping[str, str]) -> _Kind:
        run = job(cells, "1", SECONDS_PER_HOUR, self._options)
        kind = self._kinds.of(run)
        site = self._site.apply(run._replace(measured_energy_kwh=1.0, energy_kwh={"node": 1.0}))
        alone = self._site.apply(run)
        imported = ImportedRun("", "slurm", "", alone, kind.devices, kind.location, (), (), False, kind.site_pue)
        least, most = kind.gate.believed_w(site)
        is_known = all(device.profile for device in kind.devices)
        return _Kind(
            run=site,
            imported=imported,
            is_linear=len(kind.devices) <= 1 and not ("admincomment" in cells and not run.accelerators),
            has_estimate=is_known and bool(kind.devices or alone.cpu_cores),
            has_energy=site.measured_energy_kwh is not None,
            nodes=1 if site.boundary == "parts" else max(1, site.nodes),
            is_shared=kind.gate.is_shared(site),
            least_w=least,
            most_w=most,
        )

    def _footprints_of(
        self, jobs: JobRows, kwh: NumberArray, is_usable: NumberArray, years: NumberArray
    ) -> NumberArray:
        """Return the number of each job's footprint among those that others follow from."""
        if not len(kwh):
            return np.zeros(0, dtype=np.int64)
        first, which = distinct(jobs.kinds, is_usable.astype(np.int64), years + 1)
        found = [
            self._footprint_of(int(jobs.kinds[row]), bool(is_usable[row]), int(years[row]), jobs.began[row])
            for row in first.tolist()
        ]
        numbers = np.array(found, dtype=np.int64)[which]
        hours = jobs.seconds / SECONDS_PER_HOUR
        is_outside = ~is_usable & (numbers != _NO_NUMBERS) & ~self._footprints.has_estimates(hours)
        return np.where(is_outside, _NOT_LINEAR, numbers)

    def _footprint_of(self, number: int, is_usable: bool, year: int, began: float) -> int:
        key = (number, is_usable, year)
        if key not in self._known_linear:
            self._known_linear[key] = self._new_footprint(
                self._found[number], is_usable, None if year < 0 else float(began)
            )
        return self._known_linear[key]

    def _new_footprint(self, kind: _Kind, is_usable: bool, began: float | None) -> int:
        if not kind.is_linear:
            return _NOT_LINEAR
        if not is_usable and not kind.has_estimate:
            return _NO_NUMBERS
        stated = kind.run if is_usable else kind.imported.stated
        run = kind.imported._replace(stated=stated._replace(started=began))
        found = self._footprints.kind(run, 1.0 if is_usable else None, 1.0)
        if found is None:
            return _NOT_LINEAR
        return self._linear.setdefault(found, len(self._linear))

    def _add(self, jobs: JobRows, judged: _Judged, is_taken: NumberArray, paths: Sequence[str]) -> None:
        """Add the jobs that are taken here up, by groups and by texts."""
        rows = np.flatnonzero(is_taken & (self._is_kept | ~judged.is_flagged))
        if not len(rows):
            return
        groups, of_group = self._groups(jobs, rows)
        number, hours = len(groups), jobs.seconds[rows] / SECONDS_PER_HOUR
        boards = _of_kinds(
            self._found, jobs.kinds[rows], lambda kind: sum(each.boards for each in kind.imported.devices)
        )
        cores = _of_kinds(self._found, jobs.kinds[rows], lambda kind: kind.run.cpu_cores or 0.0)
        totals = [
            np.bincount(of_group, weights=each, minlength=number)
            for each in (np.ones(len(rows)), boards * hours, cores * hours, judged.kwh[rows])
        ]
        parts, of_text = self._footprint_sums(jobs, judged, rows, of_group, number)
        for path, kwh in zip(paths, of_text.tolist(), strict=False):
            if kwh:
                self._sums.add_to_file(path, kwh)
        for place, values in enumerate(groups):
            runs, *others = (float(each[place]) for each in totals)
            sums = GroupSums(FootprintSums([each.at(place) for each in parts]))
            sums.add(int(runs), *others)
            self._sums.add_group(values, sums)

    def _footprint_sums(
        self, jobs: JobRows, judged: _Judged, rows: NumberArray, of_group: NumberArray, number: int
    ) -> "tuple[list[_GroupedSum], NumberArray]":
        """Add footprints up by groups, and the energy of each text. [kWh]"""
        numbers = judged.footprint[rows].astype(np.int16)  # which numbers sort many times as fast
        order = np.argsort(numbers, kind="stable")
        starts = np.searchsorted(numbers[order], np.arange(len(self._linear) + 1))
        sums, known = [RunningSum(name) for name in SUMMED], np.zeros(number)
        of_text = np.zeros(int(judged.text[rows].max()) + 1)
        for linear, place in self._linear.items():
            inside = order[starts[place] : starts[place + 1]]
            some, mine = rows[inside], of_group[inside]
            if not len(some):
                continue
            hours = jobs.seconds[some] / SECONDS_PER_HOUR
            amount = np.where(judged.is_usable[some], judged.kwh[some], hours)
            _, taken = linear.taken(amount, hours)
            linear.add_to(sums, [_by_group(mine, each, number) for each in taken])
            known += np.bincount(mine, minlength=number)
            of_text += linear.it_energy_kwh(1.0).best * np.bincount(judged.text[some], amount, len(of_text))
        return [_GroupedSum(name, each, known) for name, each in zip(SUMMED, sums, strict=True)], of_text

    def _groups(self, jobs: JobRows, rows: NumberArray) -> tuple[list[tuple[str | None, ...]], NumberArray]:
        """Return what jobs are grouped by, and which of these groups each is in."""
        codes = [jobs.groups[rows, place] for place in range(jobs.groups.shape[1])]
        if "month" in self._by:
            codes.append(jobs.months[rows] - int(jobs.months.min()))
        if {*self._by} & {*_OF_KIND}:
            codes.append(jobs.kinds[rows])
        first, which = distinct(*codes) if codes else (np.zeros(1, dtype=np.int64), np.zeros(len(rows), dtype=np.int64))
        found: dict[tuple[str | None, ...], int] = {}
        places = [found.setdefault(self._values(jobs, row), len(found)) for row in rows[first].tolist()]
        return [*found], np.array(places, dtype=np.int64)[which]

    def _values(self, jobs: JobRows, row: int) -> tuple[str | None, ...]:
        month, run = int(jobs.months[row]), self._found[int(jobs.kinds[row])].imported
        of_all = {
            "place": run.location,
            "hardware": run.hardware,
            "project": self._project,
            "month": month_text(month) if month >= 0 else None,
        }
        cells = [
            (name, self._columns.text_of(place, int(jobs.groups[row, place])))
            for place, name in enumerate(self._of_cells)
        ]
        of_cells = {name: self._hashed(name, text) if self._hashed and name in HASHED else text for name, text in cells}
        return tuple({**of_all, **of_cells}[name] for name in self._by)


class _GroupedSum:
    """A quantity added up by groups.

    Parameters
    ----------
    name : str
        The quantity.
    sums : RunningSum
        Of arrays, with an element per group.
    known : array
        How many runs of each group are in it. [1]
    """

    def __init__(self, name: str, sums: RunningSum, known: NumberArray) -> None:
        best, terms = sums.sums()
        self._name, self._known = name, known.tolist()
        self._best = None if best is None else best.tolist()
        self._terms = [(factor, key, down.tolist(), up.tolist()) for factor, key, down, up in terms]

    def at(self, place: int) -> RunningSum:
        """Return the sum of one group."""
        found = RunningSum(self._name)
        if self._best is not None and self._known[place]:
            terms = ((factor, key, down[place], up[place]) for factor, key, down, up in self._terms)
            found.add_sums(self._best[place], [each for each in terms if each[2] or each[3]])
        return found


def _together(parts: list[JobRows]) -> JobRows:
    """Put parts one behind the other, column by column."""
    return JobRows(*(np.concatenate(columns) for columns in zip(*parts, strict=True)))


def _by_group(group: NumberArray, values: Any, number: int) -> NumberArray:
    return np.bincount(group, weights=np.broadcast_to(values, group.shape), minlength=number)


def _of_kinds(kinds: Sequence[_Kind], of: NumberArray, read: Callable[[_Kind], float]) -> NumberArray:
    return np.array([read(kind) for kind in kinds])[of] if kinds else np.zeros(len(of))


def _left(jobs: JobRows, judged: _Judged, odd: Iterable[int]) -> NumberArray:
    """Return which jobs are left to be read one by one: with all rows of each, and those of odd lines."""
    is_left = jobs.is_odd | (judged.footprint == _NOT_LINEAR)
    keys = jobs.jobs * _MIXING + jobs.began.astype(np.int64)  # two that are equal by chance are left too
    ordered = np.sort(keys)
    twice = ordered[1:][ordered[1:] == ordered[:-1]]
    if len(twice):
        is_left |= np.isin(keys, twice)
    every = np.unique(np.concatenate([jobs.jobs[is_left], np.array([*odd], dtype=np.int64)]))
    return np.isin(jobs.jobs, every) if len(every) else is_left


def _job_ids(file: ForeignFile, form: SacctForm, lines: NumberArray) -> Iterator[str]:
    """Yield the ids of the jobs that lines are about, as far as they are rows."""
    for _, row in parted_rows(_numbered_lines(file, lines.tolist()), Tally(), form.names, form.delimiter):
        yield job_id_of(row)[0]


def _numbered_lines(file: ForeignFile, numbers: Sequence[int]) -> Iterator[tuple[int, str]]:
    wanted, last = {*numbers}, max(numbers, default=0)
    if last:
        yield from (pair for pair in enumerate(islice(file.lines(), last), 1) if pair[0] in wanted)
