"""An import and its audit: which files were read, which runs they hold, what is doubted, what they add up to."""

import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import tzinfo
from functools import cached_property
from hashlib import sha256
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from greentrain.catalogue import Catalogue, load_catalogue
from greentrain.catalogue.user_folder import home_folder
from greentrain.errors import DataError, GreentrainError, InputError, UnknownName, path_text
from greentrain.importing.anonymise import Anonymiser
from greentrain.importing.foreign_file import ForeignFile, Tally
from greentrain.importing.foreign_run import ForeignFormat, ForeignRun, ReadOptions
from greentrain.importing.formats import UnknownForm, checked_name, format_of, formats
from greentrain.importing.gate import gate
from greentrain.importing.imported_run import ImportedRun, ends, known_cpu
from greentrain.importing.site_map import SiteMap, read_site_map, suggested_map
from greentrain.importing.store import ImportStore
from greentrain.interval import Interval
from greentrain.record import Record, WithoutArithmetic
from greentrain.summation import RunningSum

_SAME_ENERGY = 1e-9
"""Two energies of one run that differ by less, relative, are one. [1]"""

_ID_LENGTH = 16
_STORED = "duplicate"
"""Flag of a run that the history holds already."""

_COMPLETED = (
    "name",
    "project",
    "user",
    "account",
    "partition",
    "status",
    "cpu",
    "accelerators",
    "reported_kg",
    "places",
)
_TRACKED = "Runs that greentrain tracked itself stand in the history already: they are not imported."
_RENEWED = "Runs of which more is known by now are brought up to date."
Progress = Callable[[str, float], None]
"""Told now and then of the path of the file that is read, and which part of it is behind. [1]"""


class FileAudit(Record):
    """What became of a file: rows, runs, those imported, already known, doubted, rows that were rejected, and why.

    Attributes
    ----------
    it_energy_kwh : float or None
        Best value of its runs, those in doubt left out. [kWh]
    error : str or None
        Why it could not be read, or not to its end.
    problems : tuple of (int, str)
        Line and reason of the first rejected rows.
    notes : mapping of str to int
        What else was met, and how often. [1]
    """

    path: str
    format: str | None
    rows: int
    runs: int
    imported: int
    duplicates: int
    flagged: int
    rejected: int
    it_energy_kwh: float | None
    error: str | None
    problems: tuple[tuple[int, str], ...]
    notes: dict[str, int]

    def to_dict(self) -> dict[str, Any]:
        """Return it as plain data."""
        return self._asdict() | {"problems": [{"line": line, "reason": reason} for line, reason in self.problems]}


class ImportTotals(WithoutArithmetic, Record):
    """Runs added up.

    Attributes
    ----------
    runs : int
        How many they are.
    gpu_hours, cpu_core_hours : float
        Hours of boards and of cores. [h]
    measured_energy_kwh : float
        What the files record, before PUE. [kWh]
    it_energy_kwh, operational_kg : Interval or None
        Energy of the computers, before PUE [kWh], and emissions [kg CO2e].
    """

    runs: int
    gpu_hours: float
    cpu_core_hours: float
    measured_energy_kwh: float
    it_energy_kwh: Interval | None
    operational_kg: Interval | None


class ImportAudit(WithoutArithmetic, Record):
    r"""What an import found.

    Attributes
    ----------
    files : tuple of FileAudit
        Each file.
    runs : tuple of ImportedRun
        Each run once; those that the history holds already have the flag ``duplicate``.
    totals : ImportTotals
        The runs added up, but for those in doubt and those that the history holds already.
    stored : str or None
        The file that holds the runs from now on; None where there was none to store.

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

    files: tuple[FileAudit, ...]
    runs: tuple[ImportedRun, ...]
    totals: ImportTotals
    stored: str | None = None

    def to_dict(self) -> dict[str, Any]:
        """Return the audit as plain data."""
        whole = self.totals
        sums = {"it_energy_kwh": ends(whole.it_energy_kwh), "operational_kg": ends(whole.operational_kg)}
        return {
            "kind": "import",
            "files": [file.to_dict() for file in self.files],
            "runs": [run.to_dict() for run in self.runs],
            "totals": whole._asdict() | sums,
        }


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
    anonymise: bool = False,
    home: str | os.PathLike[str] | None = None,
    progress: Progress | None = None,
) -> ImportAudit:
    r"""Read runs of foreign files, judge them, give each a footprint, and store them in the history.

    Parameters
    ----------
    paths : path or iterable of paths
        Files, and folders of files.
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
    anonymise : bool, optional
        Replace names of users, accounts, jobs and nodes by hashes that are the same in all imports of one home.
    home : path, optional
        The data folder; by default the user's own, see ``GREENTRAIN_HOME``.
    progress : callable, optional
        Told now and then how far the reading is.

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
    site = SiteMap({}) if map is None else read_site_map(path_text("map", map))
    catalogue = load_catalogue()
    if gpu is not None:
        catalogue.hardware.read_accelerator(gpu)
    folder = home_folder() if home is None else path_text("home", home)
    store = ImportStore(folder)
    importer = _Importer(catalogue, store, _zone(time_zone or site.time_zone), format)
    place = location or site.location
    importer.same_for_all = {
        "location": None if place is None else catalogue.places.find(place).code,
        "project": project,
        "gpu": gpu or "",
        "is_kept": keep_flagged,
        "site": site,
        "anonymiser": Anonymiser(folder, writes=not dry_run) if anonymise else None,
    }
    for path, is_named in _files(paths):
        importer.read(path, is_named, progress)
    runs, stored = tuple(importer.runs.values()), None
    totals, by_file = _added_up(runs)
    files = [file._replace(it_energy_kwh=by_file.get(file.path)) for file in importer.files]
    if not dry_run:
        head = {"files": [file.to_dict() for file in files if file.runs]}
        stored = store.write(head, (run for run in runs if _STORED not in run.flags))
    return ImportAudit(tuple(files), runs, totals, stored)


def _added_up(runs: Iterable[ImportedRun]) -> tuple[ImportTotals, dict[str, float]]:
    """Add runs up, but for those in doubt and those that are known; return the energy of each file too. [kWh]"""
    sums = RunningSum("it_energy_kwh"), RunningSum("operational_kg")
    by_file: dict[str, float] = {}
    counted: list[ImportedRun] = []
    for run in runs:
        footprint = run.looked_at()
        if not run.is_counted or _STORED in run.flags:
            continue
        counted.append(run)
        if footprint is not None:
            for each in sums:
                each.add(footprint)
            if footprint.it_energy_kwh is not None:
                by_file[run.file] = by_file.get(run.file, 0.0) + footprint.it_energy_kwh.best
    return ImportTotals(
        runs=len(counted),
        gpu_hours=sum(run.gpu_hours for run in counted),
        cpu_core_hours=sum(run.cpu_core_hours for run in counted),
        measured_energy_kwh=sum(run.stated.measured_energy_kwh or 0.0 for run in counted),
        it_energy_kwh=sums[0].whole()[0],
        operational_kg=sums[1].whole()[0],
    ), by_file


def suggest_map(paths: str | os.PathLike[str] | Iterable[str | os.PathLike[str]], *, format: str | None = None) -> str:
    """Write a first site's map, TOML, of the types of GPUs and the partitions that files name.

    Parameters
    ----------
    paths : path or iterable of paths
        Files, and folders of files.
    format : str, optional
        As that of `import_runs`.
    """
    catalogue = load_catalogue()
    return suggested_map(_foreign_runs(paths, format), catalogue)


def _foreign_runs(paths: Any, format: str | None) -> Iterator[ForeignRun]:
    columns = tuple(format.split(",")) if format and "," in format else ()
    name = None if format is None or columns else checked_name(format)
    for path, is_named in _files(paths):
        try:
            file = ForeignFile(path)
            yield from format_of(file, name).read(file, ReadOptions(None, columns))
        except UnknownForm:
            if is_named:
                raise


class _Importer:
    """Files and runs so far."""

    def __init__(self, catalogue: Catalogue, store: ImportStore, zone: tzinfo | None, format: str | None) -> None:
        self._catalogue, self._zone = catalogue, zone
        self._columns = tuple(format.split(",")) if format and "," in format else ()
        self._format = None if format is None or self._columns else checked_name(format)
        self._store, self._stored = store, store.known()
        self.same_for_all: Mapping[str, Any] = {}
        self.files: list[FileAudit] = []
        self.runs: dict[str, ImportedRun] = {}

    def read(self, path: str, is_named: bool, progress: Progress | None) -> None:
        """Read a file; what cannot be read of it is an error of that file alone."""
        name, tally, error, ids, seen = None, Tally(), None, [], 0
        try:
            file = ForeignFile(path, progress)
            tally = file.tally
            form = format_of(file, self._format)
            name = form.NAME
            for run in form.read(file, ReadOptions(self._zone, self._columns)):
                seen += 1
                id = self._take(run, form, path, tally)
                ids += [id] if id else []
        except UnknownForm as fault:
            error = str(fault) if is_named else None
            tally.note("It is of no form that is known.")
        except DataError as fault:
            error = str(fault)
        except OSError as fault:
            error = f"{path}: {fault.strerror}"
        self.files.append(_audit(path, name, tally, error, seen, [self.runs[id] for id in ids]))

    @cached_property
    def _tracked(self) -> frozenset[str]:
        return self._store.tracked_jobs()

    def _take(self, run: ForeignRun, form: ForeignFormat, path: str, tally: Tally) -> str | None:
        """Keep a run, or the better record of one that is known; give its id where it was not."""
        id = sha256(run.key.encode("utf-8", "replace")).hexdigest()[:_ID_LENGTH]
        if any(job in self._tracked for job in run.jobs):
            tally.note(_TRACKED)
            return None
        known = self.runs.get(id)
        if known is not None:
            is_better = _is_better(run, (known.stated.duration_seconds, known.stated.measured_energy_kwh))
            run = _completed(*((run, known.stated) if is_better else (known.stated, run)))
            form, path = (form, path) if is_better else (formats()[known.format], known.file)
        before = self._stored.get(id)
        is_new = before is None or _is_better(run, before)
        if known is None or run != known.stated:
            self.runs[id] = self._imported(id, run, form, path, () if is_new else (_STORED,))
        if before is not None and is_new and known is None:
            tally.note(_RENEWED)
        return id if is_new and (known is None or _STORED in known.flags) else None

    def _imported(
        self, id: str, run: ForeignRun, form: ForeignFormat, path: str, more: Sequence[str] = ()
    ) -> ImportedRun:
        site: SiteMap = self.same_for_all["site"]
        devices, node, location = (
            site.devices(run, self._catalogue, self.same_for_all["gpu"]),
            site.node(run),
            self._place(run),
        )
        pue, run = site.pue(run), site.apply(run)
        findings = tuple(gate(run, devices, known_cpu(run.cpu, self._catalogue), self._catalogue, node))
        unknown = ("unknown_hardware",) if any(device.profile is None for device in devices) else ()
        flags = tuple(dict.fromkeys((*run.flags, *(finding.flag for finding in findings), *unknown, *more)))
        stated = run._replace(project=self.same_for_all["project"] or run.project, flags=flags)
        is_kept, anonymiser = self.same_for_all["is_kept"], self.same_for_all["anonymiser"]
        if anonymiser is not None:
            stated = anonymiser.apply(stated)
        return ImportedRun(id, form.NAME, path, stated, devices, location, flags, findings, is_kept, pue)

    def _place(self, run: ForeignRun) -> str | None:
        """Return where a run ran: as its file says, else the site's map for its nodes, else what holds for all."""
        stated = self.same_for_all["site"].of(run).get("location")
        for words in (*run.places, *([stated] if stated else [])):
            try:
                return self._catalogue.places.find(words).code
            except GreentrainError:
                continue
        found: str | None = self.same_for_all["location"]
        return found


def _completed(run: ForeignRun, other: ForeignRun) -> ForeignRun:
    """Fill what a record of a run does not state from another one."""
    missing = (name for name in _COMPLETED if not getattr(run, name) and getattr(other, name))
    return run._replace(**{name: getattr(other, name) for name in missing})


def _is_better(run: ForeignRun, known: tuple[float | None, float | None]) -> bool:
    """Whether another record of a run holds more than this time [s] and energy [kWh], at the same energy more time."""
    energy, before = run.measured_energy_kwh or 0.0, known[1] or 0.0
    if abs(energy - before) > _SAME_ENERGY * max(energy, before):
        return energy > before
    return (run.duration_seconds or 0.0) > (known[0] or 0.0)


def _audit(
    path: str, name: str | None, tally: Tally, error: str | None, seen: int, runs: Sequence[ImportedRun]
) -> FileAudit:
    return FileAudit(
        path=path,
        format=name,
        rows=tally.rows,
        runs=seen,
        imported=len(runs),
        duplicates=seen - len(runs),
        flagged=sum(run.is_doubted for run in runs),
        rejected=tally.rejected,
        it_energy_kwh=None,
        error=error,
        problems=tuple(tally.problems),
        notes=tally.notes,
    )


def _zone(name: str | None) -> tzinfo | None:
    if name is None:
        return None
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise InputError("time_zone", name, "must be a time zone such as Europe/Berlin or UTC") from None


def _files(paths: Any) -> Iterator[tuple[str, bool]]:
    """Yield files, and whether they were named themselves; links in folders are not followed."""
    listed = [paths] if isinstance(paths, (str, bytes, os.PathLike)) else list(paths)
    for item in listed:
        path = path_text("paths", item)
        if not Path(path).exists():
            raise UnknownName("paths", path, "no such file or folder")
        if not Path(path).is_dir():
            yield path, True
            continue
        for folder, folders, names in os.walk(path):
            folders.sort()
            inside = [Path(folder, name) for name in sorted(names)]
            yield from ((str(file), False) for file in inside if not file.is_symlink())
