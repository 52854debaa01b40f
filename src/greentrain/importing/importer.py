"""An import: files read run by run, each run judged and compared with those that are known, added up and stored."""

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import nullcontext
from datetime import tzinfo
from functools import cached_property, lru_cache, partial
from itertools import chain, islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

from greentrain.catalogue import Catalogue, load_catalogue
from greentrain.catalogue.names import checked_groups
from greentrain.catalogue.user_folder import home_folder
from greentrain.errors import DataError, InputError, install_hint, path_text
from greentrain.importing.anonymise import Anonymiser, hashed_in
from greentrain.importing.audit import FileAudit, FileCounts, ImportAudit
from greentrain.importing.dates import DateOrder, has_either_order
from greentrain.importing.device_times import KnownTimes, TimeSpans
from greentrain.importing.file_clock import zone_named
from greentrain.importing.foreign_file import BytesRead, ForeignFile, Tally, read_errors
from greentrain.importing.foreign_run import ForeignFormat, ForeignRun, ReadOptions
from greentrain.importing.formats import UnknownForm, format_of, name_or_columns
from greentrain.importing.gate import flags_of
from greentrain.importing.home_copy import RENEWED, copy_runs, files_in, is_home
from greentrain.importing.import_sums import GROUPINGS, STORED, ImportSums
from greentrain.importing.imported_run import ImportedRun
from greentrain.importing.joined_runs import alone, may_hold_ranks
from greentrain.importing.known_runs import KnownRun, id_of, is_better, is_held, other_ids_of
from greentrain.importing.linear_footprint import RunFootprints
from greentrain.importing.run_kinds import RunKind, RunKinds
from greentrain.importing.run_list import RUNS_A_CHUNK, RunList
from greentrain.importing.same_jobs import SameJobs, better_of, jobs_in
from greentrain.importing.site_map import SiteMap, read_site_map
from greentrain.importing.store import ImportStore
from greentrain.importing.temporary_room import NoTemporaryRoom
from greentrain.importing.tracked_jobs import Tracked, tracked_jobs, untracked
from greentrain.importing.unheeded import SharedFacts, unheeded, unheeded_note
from greentrain.importing.witnesses import linked_runs, read_part

if TYPE_CHECKING:
    from greentrain.importing.column_sums import ColumnCounts, ColumnSums
    from greentrain.progress import Progress

_COUNTS = ("rows", "runs", "imported", "duplicates", "flagged", "rejected")
SLURM = "slurm"
_MOST_COMPARED, _LEAST_BYTES = 2000, 1 << 20
"""Less than that is read row by row in the time that NumPy and pyarrow take to load. [B]"""

_ANEW = "Runs that the history holds are taken anew."
_OVERLAP = "It overlaps in time with other logs of its devices: what those hold is left out."


def import_runs(
    paths: str | os.PathLike[str] | Iterable[str | os.PathLike[str]],
    *,
    format: str | None = None,
    dry_run: bool = False,
    location: str | None = None,
    gpu: str | None = None,
    map: str | os.PathLike[str] | None = None,
    time_zone: str | None = None,
    project: str | None = None,
    keep_flagged: bool = False,
    replace: bool = False,
    anonymise: bool = False,
    home: str | os.PathLike[str] | None = None,
    by: str | Sequence[str] | None = None,
    progress: "Progress" = None,
) -> ImportAudit:
    r"""Read runs of foreign files, judge them, give each a footprint, and store them in the history.

    Parameters
    ----------
    paths : path or iterable of paths
        Files, folders of files, and data folders of greentrain itself, whose runs are copied.
    format : str, optional
        Name of the format, or the columns of a file of Slurm or nvidia-smi without a header, joined by commas.
    dry_run : bool, optional
        Store nothing.
    location : str, optional
        Where the runs ran that do not say it.
    gpu : str, optional
        What the accelerators are that have no name in the files.
    map : path, optional
        What a site says of its types of GPUs, partitions and nodes (TOML), see docs/import.md.
    time_zone : str, optional
        Of times that name none, as ``Europe/Berlin``. UTC where it is not given, which the runs' notes say.
    project : str, optional
        What the runs belong to; else what the file says.
    keep_flagged : bool, optional
        Count runs in doubt in totals too.
    replace : bool, optional
        Take runs that the history holds anew, with what is stated now; else they stay as they are.
    anonymise : bool, optional
        Replace names of users, accounts, jobs and nodes by hashes that are the same in all imports of one home.
    home : path, optional
        The data folder; by default the user's own, see ``GREENTRAIN_HOME``.
    by : str or sequence of str, optional
        Add the runs up in groups too: user, account, partition, cluster, project, name, status, month, place,
        hardware, or several of them. With ``dry_run`` the sums alone are returned, and no run of them.
    progress : bool or callable, optional
        True shows how far the reading is on stderr; a class like ``tqdm`` is shown instead, and told bytes.

    Raises
    ------
    InputError
        For an unknown path, format, place or time zone.
    DataError
        Where the runs cannot be stored.

    Examples
    --------
    >>> from pathlib import Path
    >>> head = "timestamp,project_name,run_id,duration,emissions,gpu_energy,energy_consumed,country_iso_code,gpu_model"
    >>> row = "2024-05-01T10:00:00,bert,r1,3600,0.0168,0.3,0.3,FRA,1 x Tesla V100-SXM2-16GB"
    >>> _ = Path("emissions.csv").write_text(f"{head}\n{row}\n")
    >>> audit = import_runs("emissions.csv", dry_run=True)
    >>> audit.totals.runs, audit.totals.measured_energy_kwh
    (1, 0.3)
    """
    optional = {"location": location, "gpu": gpu, "map": map, "project": project, "keep_flagged": keep_flagged}
    catalogue = load_catalogue()
    site = SiteMap({}) if map is None else read_site_map(path_text("map", map), catalogue)
    if gpu is not None:
        catalogue.hardware.read_accelerator(gpu)
    folder = home_folder() if home is None else path_text("home", home)
    store = ImportStore(folder)
    shared = SharedFacts(
        location=None if (place := location or site.location) is None else catalogue.places.find(place).code,
        project=project,
        gpu=gpu or "",
        is_kept=keep_flagged,
        site=site,
        anonymiser=Anonymiser(folder, writes=not dry_run) if anonymise else None,
        replaces=replace,
        given=frozenset(name for name, value in optional.items() if value),
    )
    groupings = () if by is None else checked_groups(by, GROUPINGS)
    importer = _Importer(catalogue, store, shared, zone_named(time_zone or site.time_zone), format, groupings)
    files = [*files_in(paths)]
    homes = [path for path, is_named in files if is_named and is_home(path)]
    if homes and anonymise:
        raise InputError("anonymise", True, f"cannot be had of what greentrain tracked, as in {homes[0]!a}")
    copies = {path: partial(copy_runs, path, folder, is_dry=dry_run) for path in homes}
    with BytesRead(progress, [path for path, _ in files]) as told:
        importer.read_all(files, copies, told, may_sum=dry_run and by is not None)
    return importer.audit(dry_run=dry_run, is_grouped=by is not None)


class _Importer:
    """Files and runs so far."""

    def __init__(
        self, catalogue: Catalogue, store: ImportStore, shared: SharedFacts, zone: tzinfo | None, format: str | None,
        by: tuple[str, ...],
    ) -> None:  # fmt: skip
        self._shared = shared
        self._format, columns = name_or_columns(format)
        self._options = ReadOptions(zone, columns)
        self._store, self._known = store, store.known()
        self._known.hashed = lru_cache(partial(hashed_in, str(store.folder.parent)))
        self._kinds = RunKinds(catalogue, shared.site, location=shared.location, gpu=shared.gpu)
        self._footprints, self._by = RunFootprints(catalogue), by
        self.sums = ImportSums(self._footprints, by)
        self._of_columns: ColumnSums | None = None
        self._summed: list[tuple[ForeignFile | None, ColumnCounts | None]] = []
        self.files: list[FileAudit] = []
        self._logged: list[str] = []
        self._elsewhen, self._renewed, self._files_of = set[str](), set[str](), dict[str, set[str]]()
        self.notes: list[str] = []
        self.runs = RunList(lambda run: self.sums.add(run))
        self._same = SameJobs(self._known, self.runs)

    def read_all(
        self, files: Sequence[tuple[str, bool]], copies: Mapping[str, Any], told: BytesRead, *, may_sum: bool
    ) -> None:
        """Read all files; of homes of greentrain, copy the tracked runs too."""
        if may_sum and not copies:
            self.sum_columns([path for path, _ in files], told)
        for path, is_named in files:
            if path in copies:
                self.take_home(path, copies[path]())
            else:
                self.read(path, is_named, told)

    def sum_columns(self, paths: Sequence[str], told: BytesRead) -> None:
        """Add up what stands in columns of Slurm's accounting, unless witnesses of its jobs may be known."""
        if not self._has_no_witnesses() or self._shared.replaces or (self._known and self._has_zones()):
            return
        files = [self._recognised(path, told) for path in paths]
        names = [name for _, name in files]
        sizes = [Path(path).stat().st_size for path, name in zip(paths, names, strict=True) if name == SLURM]
        is_plain = not any(file and has_either_order(file.head) for file, _ in files)
        if sum(sizes) < _LEAST_BYTES or not is_plain or {*names} - {SLURM, None}:  # which may hold the same work
            return
        try:
            import pyarrow  # noqa: F401 -- without it NumPy need not be loaded

            from greentrain.importing.column_sums import ColumnSums
            from greentrain.importing.text_parts import NotInColumns
        except ImportError as error:
            self.notes.append(
                f"Slurm's accounting is added up many times as fast with {error.name}: {install_hint('import')}."
            )
            return
        shared = self._shared
        try:
            sums = ColumnSums(
                self._footprints, self._kinds, shared.site, self._options, by=self._by,
                hashed=shared.anonymiser.hashed if shared.anonymiser else None, project=shared.project,
                is_kept=shared.is_kept, known=self._known, tracked=self._tracked,
            )  # fmt: skip
            found = iter(sums.read([file for file, name in files if file and name == SLURM]))
        except (NotInColumns, OSError):
            return
        self._of_columns = sums
        self._summed = [(file, next(found)) if name == SLURM else (None, None) for file, name in files]

    def _has_no_witnesses(self) -> bool:
        """Whether what the history holds are jobs of Slurm alone, which are known by their numbers."""
        is_alone = not self._known or self._store.forms() <= {SLURM, "slurm-json"}
        return is_alone and all(name.removeprefix("slurm-").isdecimal() for name in self._tracked)

    def _has_zones(self) -> bool:
        """Whether runs may be known by the times of another zone."""
        return self._known.has_others or self._options.time_zone is not None

    def _recognised(self, path: str, told: BytesRead) -> tuple[ForeignFile | None, str | None]:
        """Open a file, and name its format; nothing of one with a fault."""
        try:
            file = ForeignFile(path, told)
            return file, format_of(file, self._format).NAME
        except (DataError, OSError):
            return None, None

    def read(self, path: str, is_named: bool, told: BytesRead) -> None:
        """Read a file; what cannot be read of it is an error of that file alone."""
        name, tally, error, counts = None, Tally(), None, FileCounts()
        file, summed = self._summed.pop(0) if self._summed else (None, None)
        try:
            with read_errors(path):
                file = file or ForeignFile(path, told)
                tally = file.tally
                form = format_of(file, self._format)
            name = form.NAME
            if summed is not None:
                counts.count_summed(summed.jobs, summed.new, summed.flagged)
            runs = self._runs_of(file, form) if summed is None else summed.others
            self._take_all(runs, form, path, tally, counts)
        except UnknownForm as fault:
            error = str(fault) if is_named else None
            tally.note("It is of no form that is known.")
        except NoTemporaryRoom:
            raise
        except DataError as fault:
            error = str(fault)
        told(path, 1.0)
        self.files.append(counts.audit(path, name, tally, error))

    def take_home(self, path: str, copied: FileAudit) -> None:
        """Take the imported runs of another home; its tracked ones are copied already."""
        tally, counts, store = Tally(), FileCounts(), ImportStore(path)
        for run in store.runs():
            tally.rows += 1
            counts.seen += 1
            self._take_stored(run, path, counts)
        tally.notes |= dict.fromkeys(store.left_out, 1)
        found = counts.audit(path, copied.format, tally, None)
        sums = {name: getattr(found, name) + getattr(copied, name) for name in _COUNTS}
        self.files.append(found._replace(**sums, notes={**copied.notes, **found.notes}))

    def _take_stored(self, run: ImportedRun, path: str, counts: FileCounts) -> None:
        """Keep a run as another home holds it, where it is better than what is known."""
        found = self._known.find([run.id])
        run = run._replace(id=self._known.of_cluster(run.id, run.stated, found))
        if same := self._same.of_copy(run, len(self.files)):
            run = run._replace(id=same[0].id)
            found = self._known.find([run.id])
        known = found.get(run.id)
        if known is not None and known.place is not None:
            return
        is_new = known is None or not known.is_stored or self._is_new(alone(run).stated, known)
        counts.imported += is_new
        if known is not None and known.is_stored and is_new:
            self._renewed.add(run.id)
        self._files_of.setdefault(path, set()).add(run.file)
        place = self.runs.add(run._replace(flags=run.flags if is_new else (*run.flags, STORED)))
        cluster = run.stated.cluster
        self._known.put(
            [(run.id, known._replace(place=place) if known else KnownRun(None, None, False, place, None, cluster))]
        )

    @cached_property
    def _times(self) -> KnownTimes:
        return self._store.device_times()

    def _runs_of(self, file: ForeignFile, form: ForeignFormat) -> Iterator[ForeignRun]:
        """Yield the runs of a file; of logs that overlap in time with others what those do not hold."""
        order = DateOrder() if getattr(form, "MONTH_FIRST", False) else file.date_order()
        if order.is_assumed:
            file.tally.note(order.note)
        options = self._options._replace(is_day_first=order.is_day_first)
        covered, held = dict[str, TimeSpans](), set[str]()
        for run in form.read(file, options):
            found = self._times.covered(self._id_of(run), run.device_times) if run.device_times else {}
            if not found:
                yield self._noted(run, order)
            else:
                covered |= found
                held.add(run.key)
        if covered:
            file.tally.note(_OVERLAP)
            again = form.read(ForeignFile(file.path), options._replace(covered=covered))
            yield from (self._noted(run, order) for run in again if run.key in held)

    def _noted(self, run: ForeignRun, order: DateOrder) -> ForeignRun:
        """Keep when a log's devices were read beside its run, and with it what is assumed of its dates."""
        if order.is_assumed:
            run = run._replace(notes=(*run.notes, order.note))
        if not run.device_times:
            return run
        id = self._id_of(run)
        if id == id_of(run) or self._shared.replaces:
            self._times.put(id, run.device_times)
            self._logged.append(id)
        return run._replace(device_times=())

    def _id_of(self, run: ForeignRun) -> str:
        return self._known.ids_of([run])[0]

    def _take_all(
        self, runs: Iterator[ForeignRun], form: ForeignFormat, path: str, tally: Tally, counts: FileCounts
    ) -> None:
        """Take the runs of a file, some hundreds at once; where it ends in an error, those before it too."""
        fault: Exception | None = None
        while fault is None:
            some: list[ForeignRun] = []
            try:
                with read_errors(path):
                    for run in islice(runs, RUNS_A_CHUNK):
                        some.append(run)  # noqa: PERF402 -- those before an error count
            except DataError as error:
                fault = error
            if not some and fault is None:
                return
            self._take_some(some, form, path, tally, counts)
        raise fault

    @cached_property
    def _tracked(self) -> Tracked:
        return tracked_jobs(self._store.folder.with_name("runs"))

    def _take_some(
        self, runs: list[ForeignRun], form: ForeignFormat, path: str, tally: Tally, counts: FileCounts
    ) -> None:
        ids, rivals = self._known.ids_of(runs), self._same.rivals(runs, form, len(self.files))
        known, changed = self._known.find([*ids, *chain.from_iterable(rivals.values())]), dict[str, KnownRun]()
        named = dict[str, str]()
        counts.seen += len(runs)
        for id, stated in zip(ids, runs, strict=True):
            run = untracked(stated, self._tracked, tally) if self._tracked else stated
            if run is None:
                self._same.drop_others(id, stated, rivals, known, form, self._tracked)
                continue
            if id != id_of(run):
                self._elsewhen.add(id)
            id = self._known.of_cluster(self._same.superseded.get(id, id), run, known)
            same = self._same.of(id, run, rivals, known, form, tally) if rivals else []
            same = same or self._same.fuller(id, run, known.get(id), form)
            id = same[0].id if same else id
            now = self._take(id, run, known.get(id), form, path, tally, counts, same)
            if now is not None:
                known[id] = changed[id] = now
                if run.record_keys:
                    self._known.put_others([id], [other_ids_of(run)])
            if any(id not in rivals.get(job, ()) for job in jobs_in([run])):
                named[id] = " ".join(jobs_in([run]))
        self._known.put(changed.items())
        self._known.put_jobs([*named], [*named.values()], len(self.files))

    def _take(
        self, id: str, run: ForeignRun, known: KnownRun | None, form: ForeignFormat, path: str, tally: Tally,
        counts: FileCounts, same: Sequence[ImportedRun] = (),
    ) -> KnownRun | None:  # fmt: skip
        """Keep a run, or the better record of one that is known; return what is known of it then, if that changes."""
        place = None if known is None else known.place
        earlier = None if place is None else self.runs.at(place)
        for each in same or filter(None, (earlier,)):
            run, form, path = better_of(run, form, path, each)
        is_new = known is None or not known.is_stored or self._is_new(run, known, same)
        self._same.supersede(id, same[1:])
        if known is not None and known.is_stored and is_new:
            self._renewed.add(id)
        if earlier is None and known is not None and is_new:
            tally.note(_ANEW if self._shared.replaces else RENEWED)
        is_counted = is_new and (earlier is None or STORED in earlier.flags)
        counts.imported += is_counted
        if earlier is not None and run == earlier.stated:
            return None
        kind = self._kinds.of(run)
        if kind.note:
            tally.note(kind.note)
            run = run._replace(notes=tuple(dict.fromkeys((*run.notes, kind.note))))
        made = self._imported(id, run, kind, form, path, () if is_new else (STORED,))
        place = self.runs.put(place, made)
        if known is None:
            return KnownRun(None, None, False, place, cluster=run.cluster)
        return known._replace(place=place, cluster=known.cluster or run.cluster)

    def _is_new(self, run: ForeignRun, known: KnownRun, same: Sequence[ImportedRun] = ()) -> bool:
        """Whether a record is to be stored in place of the one that the history holds, or of several."""
        holds_more = len(same) > 1 or (len(same) == 1 and not is_held(run, same[0].stated))
        is_anew = holds_more or self._shared.replaces
        return is_anew or is_better(run, known.seconds, known.kwh, is_running=known.is_running)

    def _imported(
        self, id: str, run: ForeignRun, kind: RunKind, form: ForeignFormat, path: str, more: tuple[str, ...] = ()
    ) -> ImportedRun:
        shared = self._shared
        run = shared.site.apply(run)
        findings = kind.gate.findings(run)
        flags = (*run.flags, *flags_of(findings), *kind.flags, *more)
        flags = tuple(dict.fromkeys(flags)) if flags else ()
        project = shared.project or run.project
        if flags != run.flags or project != run.project:
            run = run._replace(project=project, flags=flags)
        if shared.anonymiser is not None:
            run = shared.anonymiser.apply(run, shared.project)
            path = shared.anonymiser.path(path)
        return ImportedRun(
            id, form.NAME, path, run, kind.devices, kind.location, flags, findings, shared.is_kept, kind.site_pue,
            other_ids=other_ids_of(run), is_place_assigned=kind.is_place_assigned,
        )  # fmt: skip

    def audit(self, *, dry_run: bool, is_grouped: bool) -> ImportAudit:
        """Add everything up, and store the runs unless nothing is to be."""
        with nullcontext() if dry_run else self._store.held():
            return self._audit(dry_run=dry_run, is_grouped=is_grouped)

    def _audit(self, *, dry_run: bool, is_grouped: bool) -> ImportAudit:
        known = sum(file.runs - file.imported for file in self.files)
        ignored = unheeded(self._store, self.runs, known, self._shared.given, self._elsewhen)
        self._same.keep_labels(self._store, self._renewed, is_placed=not self._shared.replaces)
        self._link()
        sums, runs, stored = self._settled(), self.runs, None
        hidden = self._shared.anonymiser
        files = [
            sums.of_file(file, hidden.path(file.path) if hidden else file.path, *self._files_of.get(file.path, ()))
            for file in self.files
        ]
        if not dry_run:
            facts = hidden.facts if hidden else FileAudit.to_dict
            head: dict[str, Any] = {"files": [facts(file) for file in files if file.runs]}
            if self._logged:
                head["device_times"] = list(self._times.stored(dict.fromkeys(self._logged)))
            stored = self._store.write(head, runs.stored_lines(lambda flags: STORED not in flags))
            if self._same.dropped:
                self._store.forget(self._same.dropped)
        shown, groups = () if dry_run and is_grouped else runs, sums.groups() if is_grouped else None
        return ImportAudit(
            tuple(files), shown, sums.totals(), stored, groups, (*self.notes, *unheeded_note(ignored)), ignored,
            sums.remarks(), sums.doubts.doubts(), sums.doubts.left_out, sums.doubts.beside,
            sums.doubts.suspects,
        )  # fmt: skip

    def _link(self) -> None:
        """Put together what several forms of files hold of one work, where this import brought some of it."""
        fresh = {file.format for file in self.files if file.imported}
        forms = [*fresh | self._store.forms()]
        if not fresh or (len(forms) == 1 and not may_hold_ranks(str(forms[0]))):
            return
        stored = partial(self._same.left_in, self._store)
        some = tuple(islice(self.runs, _MOST_COMPARED)) if len(forms) == 1 else self.runs
        linked = linked_runs(some, tuple if len(forms) == 1 else stored, self._kinds, self._part_of)
        known = self._known.find([run.id for run in linked.runs])
        for run in linked.runs:
            self.runs.put(known[run.id].place, run)
        self.notes += linked.notes

    def _part_of(self, log: ImportedRun, start: float, end: float) -> ForeignRun | None:
        """Read again what a log holds between two moments."""
        hidden = self._shared.anonymiser
        paths = {hidden.path(file.path): file.path for file in self.files} if hidden else {}
        return read_part(log, paths.get(log.file, log.file), self._times, (start, end), self._options)

    def _settled(self) -> ImportSums:
        self.runs.settle()
        if self.runs.is_rewritten:  # what was added up before is not all there any more
            self.sums = ImportSums(self._footprints, self._by)
            for run in self.runs:
                self.sums.add(run)
        if self._of_columns is not None:
            columns = self._of_columns
            self.sums.add_table(columns.table, columns.by_file, columns.remarks, columns.doubts)
        return self.sums
