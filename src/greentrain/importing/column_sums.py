"""Sums of jobs that stand in columns: each kind of them resolved and judged once, numbers as arrays.

The numbers are those of an import run by run, which takes whatever is not plain here.
"""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from greentrain.errors import DataError
from greentrain.importing.anonymise import HASHED
from greentrain.importing.doubts import MOST_EXAMPLES, DoubtCounts, RemarkCounts, reason_of
from greentrain.importing.foreign_file import ForeignFile, Tally
from greentrain.importing.foreign_run import ForeignRun, ReadOptions
from greentrain.importing.gate import PlausibilityGate, latest_end
from greentrain.importing.group_table import GroupTable
from greentrain.importing.imported_run import ImportedRun
from greentrain.importing.known_runs import SAME_ENERGY, KnownRuns, id_of, number_of
from greentrain.importing.limits import limit
from greentrain.importing.linear_footprint import LinearFootprint, RunFootprints
from greentrain.importing.run_kinds import RunKinds
from greentrain.importing.site_map import SiteMap
from greentrain.importing.slurm import SacctForm, form_of, jobs_of, parted_rows
from greentrain.importing.slurm_columns import JobColumns, JobPart, JobRows, job_number, leave, lines_of, value_of
from greentrain.importing.slurm_jobs import NO_NUMBER, STEPS, WAITING, job, job_id_of
from greentrain.importing.text_columns import distinct
from greentrain.importing.text_parts import NotInColumns, NumberArray, PlacedPart
from greentrain.importing.values import words
from greentrain.units import SECONDS_PER_HOUR, W_PER_KW

_NOT_LINEAR, _NO_NUMBERS = -2, -1
_OF_KIND = ("place", "hardware")
_MOST_KINDS = 20_000
_SIDES, _LEAST_SUSPECT = 6, 4
"""In how many ways a power can be doubted; from the latter on it is suspect. [1]"""

_W_PER_KWH_A_SECOND = W_PER_KW * SECONDS_PER_HOUR


class ColumnCounts(NamedTuple):
    """What became of a text: its jobs, those of them that are new and in doubt, and jobs left to be taken."""

    jobs: int
    new: int
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
    gate : PlausibilityGate
        What judges them.
    nodes : int
        Over how many computers a mean power is. [1]
    least_w, sure_least_w, sure_most_w, most_w : float
        Mean powers of one of them between which nothing is in doubt; between the inner ones nothing is suspect. [W]
    """

    run: ForeignRun
    imported: ImportedRun
    is_linear: bool
    has_estimate: bool
    has_energy: bool
    is_shared: bool
    gate: PlausibilityGate
    nodes: int
    least_w: float
    sure_least_w: float
    sure_most_w: float
    most_w: float


class _StoredRuns:
    """Runs that the history holds, to compare jobs with.

    Parameters
    ----------
    known : KnownRuns
        Those that are known.
    """

    def __init__(self, known: KnownRuns) -> None:
        rows = [*known.stored()]
        self._ids = np.array([row[0] for row in rows], dtype=np.int64)
        self._seconds, self._kwh = (np.array([row[place] or 0.0 for row in rows]) for place in (1, 2))
        self._is_running, self._may_run = (
            np.array([row[3] in some for row in rows], dtype=bool) for some in ((True,), (True, None))
        )
        self._clusters = np.array([row[4] or "" for row in rows], dtype=str)
        self.has_clusters = bool((self._clusters != "").any())
        numbers = known.job_numbers()
        self._jobs = np.array([int(job) for job in numbers if job.isdecimal()], dtype=np.int64)
        if known.has_tasks_alone:  # whose other numbers are in no column that is read here
            raise NotInColumns

    def compared(self, jobs: JobRows) -> tuple[NumberArray, NumberArray]:
        """Return which jobs the history holds, and which of these are to be read one by one: they may hold more."""
        is_stored, is_left = np.zeros(len(jobs.jobs), dtype=bool), np.zeros(len(jobs.jobs), dtype=bool)
        if not len(self._ids):
            return is_stored, is_left
        moments = zip(jobs.jobs.tolist(), jobs.began.tolist(), strict=True)
        ids = np.array([number_of(f"slurm:{job}:{began or ''}") for job, began in moments], dtype=np.int64)
        places = np.minimum(np.searchsorted(self._ids, ids), len(self._ids) - 1)
        is_stored = self._ids[places] == ids
        is_left = np.isin(jobs.jobs, self._jobs) & ~is_stored
        kwh, before = np.nan_to_num(jobs.kwh), self._kwh[places]
        differs = np.abs(kwh - before) > SAME_ENERGY * np.maximum(kwh, before)
        is_longer = jobs.seconds > self._seconds[places]
        holds_more = np.where(differs, kwh > before, is_longer)
        holds_more |= self._is_running[places] | (self._may_run[places] & is_longer)
        if self.has_clusters and len(jobs.cells):
            of, stored = np.array([words(cells.get("cluster")) or "" for cells in jobs.cells]), self._clusters[places]
            holds_more |= (of[jobs.kinds] != "") & (stored != "") & (of[jobs.kinds] != stored)
        # An id that is no number is not at hand as it is written.
        return is_stored, is_left | (is_stored & holds_more) | (jobs.jobs < 0)


class ColumnSums:
    """Adds up jobs of texts.

    Parameters
    ----------
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
    known : KnownRuns
        What the history holds.
    tracked : collection of str
        Jobs in which greentrain tracked runs itself: they are left to be read one by one.

    Attributes
    ----------
    table : GroupTable
        The sums, once texts are read.
    by_file : dict of str to float
        Energy of each text. [kWh]
    remarks, doubts : RemarkCounts, DoubtCounts
        Jobs of which too little is known, and what is doubted of them.
    """

    table: GroupTable

    def __init__(
        self,
        footprints: RunFootprints,
        kinds: RunKinds,
        site: SiteMap,
        options: ReadOptions,
        *,
        by: Sequence[str],
        hashed: Any,
        project: str | None,
        is_kept: bool,
        known: KnownRuns,
        tracked: Collection[str],
    ) -> None:
        self._footprints, self._kinds, self._site = footprints, kinds, site
        self._options, self._by, self._hashed, self._project = options, tuple(by), hashed, project
        self._is_kept, self._stored = is_kept, _StoredRuns(known)
        self._tracked = [job_number(name.removeprefix("slurm-")) for name in tracked]
        of_site = [
            column for table, column in (("partition", "partition"), ("node", "nodelist")) if table in site.tables
        ]
        if self._stored.has_clusters:
            of_site.append("cluster")
        of_rows = [name for name in by if name not in (*_OF_KIND, "project")]
        self._grouped = (*of_rows, *(["kind"] if {*by} & {*_OF_KIND} else []))
        self._columns = JobColumns(options.time_zone, self._grouped, of_site)
        self._found: list[_Kind] = []
        self._known_kinds: dict[tuple[tuple[str, str], ...], int] = {}
        self._groups: dict[tuple[str | int, ...], int] = {}
        self._linear: dict[LinearFootprint, int] = {}
        self._known_linear: dict[tuple[int, bool, int], int] = {}
        self.by_file: dict[str, float] = {}
        self.remarks, self.doubts = RemarkCounts(), DoubtCounts()

    def read(self, files: Sequence[ForeignFile]) -> list[ColumnCounts]:
        """Read texts and add their plain jobs up.

        Raises
        ------
        NotInColumns
            Where one of them has to be read row by row.
        """
        forms = [self._form(file) for file in files]
        if len({"jobidraw" in form.names for form in forms}) > 1:  # tasks of arrays have other numbers in each
            raise NotInColumns
        parts = [
            [self._judged(number, placed) for placed in self._columns.read(file, form)]
            for number, (file, form) in enumerate(zip(files, forms, strict=True))
        ]
        odd = [
            job_number(job_id_of(row)[0])
            for file, form, some in zip(files, forms, parts, strict=True)
            for _, row in parted_rows(lines_of(file, some, is_every=False), Tally(), form.names, form.delimiter)
        ]
        every = [part for some in parts for part in some]
        leave(every, np.array([*odd, *self._tracked], dtype=np.int64))
        if sum(np.count_nonzero(part.is_left) for part in every) * 2 > sum(len(part.jobs) for part in every):
            raise NotInColumns
        self._add(every, [file.path for file in files])
        return [self._counts(*each) for each in zip(files, forms, parts, strict=True)]

    def _form(self, file: ForeignFile) -> SacctForm:
        try:
            form = form_of(file, self._options)
        except DataError:
            raise NotInColumns from None
        if form.is_framed:
            raise NotInColumns
        return form

    def _counts(self, file: ForeignFile, form: SacctForm, parts: Sequence[JobPart]) -> ColumnCounts:
        """Count what was read of a text; the lines that are left make runs when these are taken."""
        steps = sum(part.steps for part in parts)
        waiting = sum(int(np.count_nonzero(~part.waits_left)) for part in parts)
        tasks = sum(int(np.count_nonzero((part.jobs < 0) & ~part.is_left)) for part in parts)
        for note, number in ((STEPS, steps), (WAITING, waiting), (NO_NUMBER, tasks)):
            if number:
                file.tally.notes[note] = number
        jobs = sum(int(np.count_nonzero(~part.is_left)) for part in parts)
        new = sum(int(np.count_nonzero(~(part.is_left | part.is_stored))) for part in parts)
        flagged = sum(int(np.count_nonzero(part.is_flagged & ~(part.is_left | part.is_stored))) for part in parts)
        file.tally.rows = jobs + steps + waiting
        rows = parted_rows(lines_of(file, parts, is_every=True), file.tally, form.names, form.delimiter)
        return ColumnCounts(jobs, new, flagged, jobs_of(rows, file, self._options))

    def _judged(self, text: int, placed: PlacedPart[JobRows]) -> JobPart:
        """Find what each job is, whether its energy can be, and its footprint."""
        jobs = placed.made
        numbers = [self._kind_number(cells) for cells in jobs.cells]
        kinds = [self._found[number] for number in numbers]
        kwh, is_flagged, is_suspect, is_usable = self._believed(jobs, kinds)
        is_stored, is_left = self._stored.compared(jobs)
        footprints = self._footprints_of(jobs, numbers, is_usable)
        groups = [self._group(values, numbers) for values in jobs.values]
        return JobPart(
            text=text, stretch=placed.stretch, odd_lines=placed.odd, odd_rows=jobs.odd, waiting=jobs.waiting,
            waiting_jobs=jobs.waiting_jobs, waits_left=np.zeros(len(jobs.waiting), dtype=bool), steps=jobs.steps,
            rows=jobs.rows, jobs=jobs.jobs, began=jobs.began, seconds=jobs.seconds, kwh=kwh,
            kinds=np.array(numbers, dtype=np.int16)[jobs.kinds] if numbers else jobs.kinds,
            groups=np.array(groups, dtype=np.int32)[jobs.groups] if groups else jobs.groups, footprints=footprints,
            is_flagged=is_flagged, is_suspect=is_suspect, is_usable=is_usable, is_stored=is_stored,
            is_left=is_left | jobs.is_odd | (footprints == _NOT_LINEAR) | (jobs.began + jobs.seconds > latest_end()),
        )  # fmt: skip

    @staticmethod
    def _believed(jobs: JobRows, kinds: Sequence[_Kind]) -> tuple[NumberArray, NumberArray, NumberArray, NumberArray]:
        """Return energies, 0 where none counts [kWh], which are in doubt or suspect, and which their jobs have."""
        of, is_usable = jobs.kinds, ~np.isnan(jobs.kwh)
        if not all(kind.has_energy for kind in kinds):
            is_usable &= _of_kinds(kinds, of, lambda kind: kind.has_energy) > 0
        kwh, seconds = np.where(is_usable, jobs.kwh, 0.0), np.where(jobs.seconds > 0, jobs.seconds, np.nan)
        watts = kwh * _W_PER_KWH_A_SECOND / seconds / _of_kinds(kinds, of, lambda kind: kind.nodes)
        is_suspect = watts < _of_kinds(kinds, of, lambda kind: max(kind.least_w, kind.sure_least_w))
        is_suspect |= watts > _of_kinds(kinds, of, lambda kind: min(kind.most_w, kind.sure_most_w))
        is_suspect &= is_usable
        rows, is_flagged = np.flatnonzero(is_suspect), np.zeros(len(of), dtype=bool)
        some, drawn = of[rows], watts[rows]
        is_flagged[rows] = drawn < _of_kinds(kinds, some, lambda kind: kind.least_w)
        is_flagged[rows] |= drawn > _of_kinds(kinds, some, lambda kind: kind.most_w)
        is_usable &= ~is_flagged
        if any(kind.is_shared for kind in kinds):
            is_usable &= _of_kinds(kinds, of, lambda kind: kind.is_shared) == 0
        return kwh, is_flagged, is_suspect & is_usable, is_usable

    def _kind_number(self, cells: Mapping[str, str]) -> int:
        key = tuple(cells.items())
        found = self._known_kinds.get(key)
        if found is None:
            if len(self._found) >= _MOST_KINDS:
                raise NotInColumns
            found = self._known_kinds[key] = len(self._found)
            self._found.append(self._kind(cells))
        return found

    def _group(self, values: tuple[str | int, ...], kinds: Sequence[int]) -> int:
        if self._grouped[-1:] == ("kind",):
            values = (*values[:-1], kinds[int(values[-1])])
        return self._groups.setdefault(values, len(self._groups))

    def _kind(self, cells: Mapping[str, str]) -> _Kind:
        run = job(cells, "1", SECONDS_PER_HOUR, self._options)
        kind = self._kinds.of(run)
        site = self._site.apply(run._replace(measured_energy_kwh=1.0, energy_kwh={"node": 1.0}))
        alone = self._site.apply(run)
        imported = ImportedRun("", "slurm", "", alone, kind.devices, kind.location, (), (), False, kind.site_pue)
        least, sure_least, sure_most, most = kind.gate.believed_w(site)
        is_known = all(device.has_estimate for device in kind.devices)
        return _Kind(
            run=site, imported=imported,
            is_linear=len(kind.devices) <= 1 and not ("admincomment" in cells and not run.accelerators),
            has_estimate=is_known and bool(kind.devices or alone.cpu_cores),
            has_energy=site.measured_energy_kwh is not None, gate=kind.gate,
            nodes=1 if site.boundary == "parts" else max(1, site.nodes), is_shared=kind.gate.is_shared(site),
            least_w=least, sure_least_w=sure_least, sure_most_w=sure_most, most_w=most,
        )  # fmt: skip

    def _footprints_of(self, jobs: JobRows, kinds: Sequence[int], is_usable: NumberArray) -> NumberArray:
        """Return the number of each job's footprint among those that others follow from."""
        if not len(jobs.jobs):
            return np.zeros(0, dtype=np.int32)
        years = np.where(jobs.months < 0, np.int16(-1), jobs.months // np.int16(12))
        first, which = distinct(jobs.kinds, is_usable.astype(np.int32), years - years.min())
        found = [
            self._footprint_of(kinds[jobs.kinds[row]], bool(is_usable[row]), int(years[row]), float(jobs.began[row]))
            for row in first.tolist()
        ]
        numbers = np.array(found, dtype=np.int32)[which]
        hours = jobs.seconds / SECONDS_PER_HOUR
        is_outside = ~is_usable & (numbers != _NO_NUMBERS) & ~self._footprints.has_estimates(hours)
        return np.where(is_outside, np.int32(_NOT_LINEAR), numbers)

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

    def _add(self, parts: Sequence[JobPart], paths: Sequence[str]) -> None:
        """Add the jobs that are taken here up, by groups and by texts."""
        values: dict[tuple[str | None, ...], int] = {}
        groups = np.array([values.setdefault(self._values(each), len(values)) for each in self._groups], dtype=np.int32)
        self.table = GroupTable([*values], [*self._linear])
        boards = np.array([sum(each.boards for each in kind.imported.devices) for kind in self._found])
        cores = np.array([kind.run.cpu_cores or 0.0 for kind in self._found])
        for part in parts:
            is_taken = ~(part.is_left | part.is_stored)
            is_taken &= self._is_kept | ~part.is_flagged
            rows: Any = slice(None) if is_taken.all() else np.flatnonzero(is_taken)
            of, kinds, kwh = groups[part.groups[rows]], part.kinds[rows], part.kwh[rows]
            hours, footprints = part.seconds[rows] / SECONDS_PER_HOUR, part.footprints[rows]
            self.table.add(of, None, boards[kinds] * hours, cores[kinds] * hours, kwh)
            amount = np.where(part.is_usable[rows], kwh, hours)
            self._doubt(part)
            self._remark(kinds, part.is_usable[rows], footprints >= 0, hours)
            if (footprints < 0).any():
                known = np.flatnonzero(footprints >= 0)
                of, footprints, amount, hours = of[known], footprints[known], amount[known], hours[known]
            if len(of):
                path, energy = paths[part.text], self.table.add_footprints(of, footprints, amount, hours)
                self.by_file[path] = self.by_file.get(path, 0.0) + energy
        self.table.settle()

    def _doubt(self, part: JobPart) -> None:
        """Count what is doubted of jobs by their kinds, judged as single ones are where their power is extreme."""
        is_told = (~part.is_usable & (part.kwh > 0)) | part.is_suspect
        rows = np.flatnonzero(~(part.is_left | part.is_stored) & is_told)
        found = [self._found[number] for number in part.kinds[rows].tolist()]
        watts = part.kwh[rows] / part.seconds[rows] / np.array([kind.nodes for kind in found])
        least = np.minimum([kind.least_w for kind in found], limit("least_node_w")) / _W_PER_KWH_A_SECOND
        drawn = watts * _W_PER_KWH_A_SECOND
        is_too_much = drawn > np.array([kind.most_w for kind in found])
        sides = part.is_flagged[rows] * (1 + is_too_much + 2 * (watts < least))
        sides += part.is_suspect[rows] * (_LEAST_SUSPECT + (drawn > np.array([kind.sure_most_w for kind in found])))
        self.doubts.suspects += int(np.count_nonzero(~part.is_flagged[rows]))
        self.doubts.left_out += 0 if self._is_kept else int(np.count_nonzero(part.is_flagged[rows]))
        alike = part.kinds[rows] * np.int64(_SIDES) + sides
        order = np.argsort(alike, kind="stable")
        for some in np.split(order, np.flatnonzero(np.diff(alike[order])) + 1) if len(order) else ():
            number = int(alike[some[0]])
            ends = rows[[some[watts[some].argmin()], some[watts[some].argmax()]]]
            kind, side = self._found[number // _SIDES], number % _SIDES
            findings = [each for row in ends for each in kind.gate.findings(self._one(part, row))]
            ids = [id_of(self._one(part, row)) for row in rows[some[:MOST_EXAMPLES]]]
            self.doubts.count(
                findings,
                len(some),
                float(part.kwh[rows[some]].sum()),
                dict(zip(ids, ids, strict=True)),
                is_in_totals=self._is_kept or not 0 < side < _LEAST_SUSPECT,
            )

    def _one(self, part: JobPart, row: int) -> ForeignRun:
        """Return a job as it is without its names."""
        kwh, began = float(part.kwh[row]), int(part.began[row])
        run: ForeignRun = self._found[part.kinds[row]].run
        return run._replace(
            key=f"slurm:{part.jobs[row]}:{began or ''}",
            duration_seconds=float(part.seconds[row]),
            measured_energy_kwh=kwh,
            energy_kwh=dict.fromkeys(run.energy_kwh, kwh),
        )

    def _remark(self, kinds: NumberArray, is_usable: NumberArray, has_energy: NumberArray, hours: NumberArray) -> None:
        """Count jobs of which too little is known, by their kinds. [h]"""
        for is_known in (False, True):
            rows = np.flatnonzero(~is_usable & (has_energy == is_known))
            runs, whole = np.bincount(kinds[rows]), np.bincount(kinds[rows], hours[rows])
            for number in np.flatnonzero(runs).tolist():
                run = self._found[number].imported
                reason = reason_of(run, has_energy=is_known)
                if reason:
                    per_hour = sum(each.boards for each in run.devices), run.stated.cpu_cores or 0.0
                    self.remarks.count(
                        reason, run.devices, int(runs[number]), *(each * float(whole[number]) for each in per_hour)
                    )

    def _values(self, group: tuple[str | int, ...]) -> tuple[str | None, ...]:
        """Return what jobs of a group have in common."""
        found: dict[str, str | None] = {"project": self._project}
        for name, written in zip(self._grouped, group, strict=True):
            if name == "kind":
                run = self._found[int(written)].imported
                found |= {"place": run.location, "hardware": run.hardware}
            else:
                text = value_of(name, written)
                found[name] = self._hashed(name, text) if self._hashed and name in HASHED else text
        return tuple(found[name] for name in self._by)


def _of_kinds(kinds: Sequence[_Kind], of: NumberArray, read: Callable[[_Kind], float]) -> NumberArray:
    return np.array([read(kind) for kind in kinds])[of] if kinds else np.zeros(len(of))
