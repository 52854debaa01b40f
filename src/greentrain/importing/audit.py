"""An import and its audit: which files were read, which runs they hold, what is doubted, what they add up to."""

import os
from collections.abc import Iterable, Iterator, Sequence
from datetime import tzinfo
from hashlib import sha256
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from greentrain.catalogue import Catalogue, Cpu, load_catalogue
from greentrain.errors import DataError, GreentrainError, InputError, UnknownName, path_text
from greentrain.footprint import Footprint
from greentrain.importing.foreign_file import ForeignFile, Tally
from greentrain.importing.foreign_run import ForeignFormat, ForeignRun, ReadOptions
from greentrain.importing.formats import checked_name, format_of
from greentrain.importing.gate import DOUBTS, Finding, KnownDevice, gate, known_devices
from greentrain.importing.run_footprint import run_footprint
from greentrain.importing.values import utc_text
from greentrain.record import Record, WithoutArithmetic
from greentrain.summation import total_of
from greentrain.units import SECONDS_PER_HOUR

_SAME_ENERGY = 1e-9
"""Two energies of one run that differ by less, relative, are one. [1]"""

_ID_LENGTH = 16


class ImportedRun(WithoutArithmetic, Record):
    """A run of a foreign file with its footprint.

    Attributes
    ----------
    id : str
        The same whenever and from whichever copy it is imported.
    format : str
        Name of the format.
    file : str
        Path of the file.
    stated : ForeignRun
        What the file states.
    devices : tuple of KnownDevice
        Its accelerators.
    cpu : Cpu or None
        Its CPU, where the catalogue knows it.
    location : str or None
        The place that its words resolved to.
    flags : tuple of str
        What was noticed.
    findings : tuple of Finding
        What is doubted, with the reasons.
    footprint : Footprint or None
        Ours; None where too little is known.
    """

    id: str
    format: str
    file: str
    stated: ForeignRun
    devices: tuple[KnownDevice, ...]
    cpu: Cpu | None
    location: str | None
    flags: tuple[str, ...]
    findings: tuple[Finding, ...]
    footprint: Footprint | None

    @property
    def is_doubted(self) -> bool:
        """Whether totals leave it out."""
        return not DOUBTS.isdisjoint(self.flags)

    @property
    def gpu_hours(self) -> float:
        """Hours of boards. [h]"""
        return sum(device.boards for device in self.devices) * _hours(self.stated)

    @property
    def cpu_core_hours(self) -> float:
        """Hours of cores. [h]"""
        return (self.stated.cpu_cores or 0.0) * _hours(self.stated)

    def to_dict(self) -> dict[str, Any]:
        """Return it as plain data."""
        run, found = self.stated, self.footprint
        hardware = [device.profile.id if device.profile else None for device in self.devices]
        known = [name for name in hardware if name] or ([self.cpu.id] if self.cpu and not self.devices else [])
        return {
            "id": self.id, "name": run.name, "user": run.user, "account": run.account, "partition": run.partition,
            "status": run.status, "started": utc_text(run.started), "ended": utc_text(run.ended),
            "duration_seconds": run.duration_seconds,
            "gpu": ", ".join(device.written for device in self.devices if device.written) or None,
            "hardware": ", ".join(known) or None, "count": _plain(sum(device.number for device in self.devices)),
            "gpu_hours": self.gpu_hours, "cpu_core_hours": self.cpu_core_hours, "location": self.location,
            "basis": found.basis if found else None, "measured_energy_kwh": run.measured_energy_kwh,
            "reported_kg": run.reported_kg, "it_energy_kwh": _ends(found, "it_energy_kwh"),
            "operational_kg": _ends(found, "operational_kg"), "flags": list(self.flags),
            "reasons": [finding.reason for finding in self.findings], "notes": list(run.notes),
            "origin": f"imported:{self.format}", "file": self.file,
            "devices": [
                {"gpu": device.written or None, "hardware": name, "count": _plain(device.number),
                 "gpu_hours": device.boards * _hours(run)}
                for device, name in zip(self.devices, hardware, strict=True)
            ],
        }  # fmt: skip


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


class ImportAudit(WithoutArithmetic, Record):
    """What an import found.

    Attributes
    ----------
    files : tuple of FileAudit
        Each file.
    runs : tuple of ImportedRun
        Each run once.
    keep_flagged : bool
        Whether totals hold runs in doubt.
    """

    files: tuple[FileAudit, ...]
    runs: tuple[ImportedRun, ...]
    keep_flagged: bool = False

    @property
    def counted(self) -> tuple[ImportedRun, ...]:
        """The runs that totals hold."""
        return tuple(run for run in self.runs if self.keep_flagged or not run.is_doubted)

    def to_dict(self) -> dict[str, Any]:
        """Return the audit as plain data."""
        runs = self.counted
        whole = total_of([run.footprint for run in runs if run.footprint is not None])
        return {
            "kind": "import",
            "files": [file.to_dict() for file in self.files],
            "runs": [run.to_dict() for run in self.runs],
            "totals": {
                "runs": len(runs),
                "gpu_hours": sum(run.gpu_hours for run in runs),
                "cpu_core_hours": sum(run.cpu_core_hours for run in runs),
                "measured_energy_kwh": sum(run.stated.measured_energy_kwh or 0.0 for run in runs),
                "it_energy_kwh": _ends(whole, "it_energy_kwh"),
                "operational_kg": _ends(whole, "operational_kg"),
            },
        }


def import_runs(
    paths: str | os.PathLike[str] | Iterable[str | os.PathLike[str]],
    *,
    format: str | None = None,
    location: str | None = None,
    time_zone: str | None = None,
    keep_flagged: bool = False,
) -> ImportAudit:
    """Read runs of foreign files, judge them, and give each a footprint.

    Parameters
    ----------
    paths : path or iterable of paths
        Files, and folders of files.
    format : str, optional
        Name of the format, or the columns of a file of Slurm or nvidia-smi without a header, joined by commas.
    location : str, optional
        Where the runs ran that do not say it.
    time_zone : str, optional
        Of times that name none, as ``Europe/Berlin``. UTC where it is not given, which the runs' notes say.
    keep_flagged : bool, optional
        Count runs in doubt in totals too.

    Raises
    ------
    InputError
        For an unknown path, format, place or time zone.
    """
    catalogue = load_catalogue()
    place = None if location is None else catalogue.places.find(location).code
    importer = _Importer(catalogue, place, _zone(time_zone), format)
    for path, is_named in _files(paths):
        importer.read(path, is_named)
    return ImportAudit(tuple(importer.files), tuple(importer.runs.values()), keep_flagged)


class _Importer:
    """Files and runs so far."""

    def __init__(self, catalogue: Catalogue, place: str | None, zone: tzinfo | None, format: str | None) -> None:
        self._catalogue, self._place, self._zone = catalogue, place, zone
        self._columns = tuple(format.split(",")) if format and "," in format else ()
        self._format = None if format is None or self._columns else checked_name(format)
        self.files: list[FileAudit] = []
        self.runs: dict[str, ImportedRun] = {}

    def read(self, path: str, is_named: bool) -> None:
        """Read a file; what cannot be read of it is an error of that file alone."""
        name, tally, error, ids, seen = None, Tally(), None, [], 0
        try:
            file = ForeignFile(path)
            tally = file.tally
            form = format_of(file, self._format)
            name = form.NAME
            for run in form.read(file, ReadOptions(self._zone, self._columns)):
                seen += 1
                id = self._take(run, form, path)
                ids += [id] if id else []
        except DataError as fault:
            error = str(fault)
        except OSError as fault:
            error = f"{path}: {fault.strerror}"
        if name is None and not is_named:
            tally.note("It is in a folder, and of no form that is known.")
        self.files.append(_audit(path, name, tally, error, seen, [self.runs[id] for id in ids]))

    def _take(self, run: ForeignRun, form: ForeignFormat, path: str) -> str | None:
        """Keep a run, or the better record of one that is known; give its id where it was not."""
        id = sha256(run.key.encode("utf-8", "replace")).hexdigest()[:_ID_LENGTH]
        known = self.runs.get(id)
        if known is None or _is_better(run, known.stated):
            self.runs[id] = self._imported(id, run, form, path)
        return None if known else id

    def _imported(self, id: str, run: ForeignRun, form: ForeignFormat, path: str) -> ImportedRun:
        devices = known_devices(run, self._catalogue)
        cpu = _cpu(run.cpu, self._catalogue)
        location = self._location(run.places) or self._place
        findings = tuple(gate(run, devices, cpu, self._catalogue))
        is_usable = all(finding.is_energy_usable for finding in findings)
        known = run_footprint(run, devices, cpu, self._catalogue, is_usable=is_usable, location=location)
        unknown = ("unknown_hardware",) if any(device.profile is None for device in devices) else ()
        flags = tuple(dict.fromkeys((*run.flags, *(finding.flag for finding in findings), *unknown)))
        return ImportedRun(id, form.NAME, path, run, devices, cpu, location, flags, findings, known)

    def _location(self, places: Sequence[str]) -> str | None:
        for words in places:
            try:
                return self._catalogue.places.find(words).code
            except GreentrainError:
                continue
        return None


def _is_better(run: ForeignRun, known: ForeignRun) -> bool:
    """Whether another record of a run holds more: its energy, or at the same energy its time."""
    energy, before = run.measured_energy_kwh or 0.0, known.measured_energy_kwh or 0.0
    if abs(energy - before) > _SAME_ENERGY * max(energy, before):
        return energy > before
    return (run.duration_seconds or 0.0) > (known.duration_seconds or 0.0)


def _cpu(name: str | None, catalogue: Catalogue) -> Cpu | None:
    try:
        return catalogue.hardware.find_cpu(name) if name else None
    except GreentrainError:
        return None


def _audit(
    path: str, name: str | None, tally: Tally, error: str | None, seen: int, runs: Sequence[ImportedRun]
) -> FileAudit:
    energies = [
        run.footprint.it_energy_kwh.best
        for run in runs
        if not run.is_doubted and run.footprint is not None and run.footprint.it_energy_kwh is not None
    ]
    return FileAudit(
        path=path,
        format=name,
        rows=tally.rows,
        runs=seen,
        imported=len(runs),
        duplicates=seen - len(runs),
        flagged=sum(run.is_doubted for run in runs),
        rejected=tally.rejected,
        it_energy_kwh=sum(energies) if energies else None,
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


def _hours(run: ForeignRun) -> float:
    return (run.duration_seconds or 0.0) / SECONDS_PER_HOUR


def _plain(value: float) -> float | int | None:
    return None if not value else int(value) if value == int(value) else value


def _ends(found: Footprint | None, quantity: str) -> dict[str, float] | None:
    interval = getattr(found, quantity) if found else None
    return interval._asdict() if interval is not None else None
