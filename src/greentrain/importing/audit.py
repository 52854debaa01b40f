"""An import and its audit: which files were read, which runs they hold, what is doubted, what they add up to."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from greentrain.importing.doubts import ImportDoubt, ImportRemark
from greentrain.importing.foreign_file import Tally
from greentrain.importing.imported_run import ImportedRun, ends
from greentrain.interval import Interval, exact
from greentrain.numbers import counted
from greentrain.plain_numbers import plain_json
from greentrain.record import Record, WithoutArithmetic

_MOST_IN_NOTEBOOK = 20
_OF_JOBS = ("slurm", "slurm-json")
"""Formats that say of each row why no run is made of it."""

_NOTHING = "It holds no run: no device has two readings with times."
_IN_NOTEBOOK = (
    "file", "format", "runs", "imported", "known already", "doubted", "rows rejected", "energy before PUE", "problem",
)  # fmt: skip


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
    without_energy : int
        How many of the runs are not in these two: too little is known of them. [1]
    """

    runs: int
    gpu_hours: float
    cpu_core_hours: float
    measured_energy_kwh: float
    it_energy_kwh: Interval | None
    operational_kg: Interval | None
    without_energy: int = 0


class ImportGroup(WithoutArithmetic, Record):
    """Runs that have some things in common, added up.

    Attributes
    ----------
    by : dict of str to (str or None)
        What they have in common; None where it is not known.
    totals : ImportTotals
        The runs added up, but for those in doubt and those that the history holds already.
    """

    by: dict[str, str | None]
    totals: ImportTotals


class FileCounts:
    """What has become so far of the runs of a file."""

    def __init__(self) -> None:
        self.seen = self.imported = self.flagged = 0

    def count_summed(self, jobs: int, new: int, flagged: int) -> None:
        """Count jobs that were read in columns, those of them that are new, and those of these in doubt."""
        self.seen, self.imported, self.flagged = jobs, new, flagged

    def audit(self, path: str, name: str | None, tally: Tally, error: str | None) -> FileAudit:
        """Return what became of the file, whose format has that name, and why it could not be read to its end."""
        if tally.rows and name not in _OF_JOBS and not (self.seen or error or tally.notes or tally.rejected):
            tally.note(_NOTHING)
        return FileAudit(
            path=path, format=name, rows=tally.rows, runs=self.seen, imported=self.imported,
            duplicates=self.seen - self.imported, flagged=self.flagged, rejected=tally.rejected, it_energy_kwh=None,
            error=error, problems=tuple(tally.problems), notes=tally.notes,
        )  # fmt: skip


class ImportAudit(WithoutArithmetic, Record):
    r"""What an import found.

    Attributes
    ----------
    files : tuple of FileAudit
        Each file.
    runs : sequence of ImportedRun
        Each run once; those that the history holds already have the flag ``duplicate``. Of more than a few hundred
        most are on disk, and read when they are looked at. Empty where groups alone were asked for.
    totals : ImportTotals
        The runs added up, but for those in doubt and those that the history holds already.
    stored : str or None
        The file that holds the runs from now on; None where there was none to store.
    groups : tuple of ImportGroup or None
        The totals by what was asked for; None where nothing was.
    notes : tuple of str
        What else to know of the import.
    without_effect : mapping of str to int
        On how many runs that the history holds already an option has no effect, by its name. [1]
    remarks : tuple of ImportRemark
        Runs of which too little is known: in no sum of energy, or estimated over a wide range.
    doubts : tuple of ImportDoubt
        What is doubted of new runs, by reasons, that of the most runs first.
    left_out, beside, suspects : int
        New runs in doubt that no total holds, records of works that other runs hold, and runs that are suspect and in
        the totals. [1]

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
    runs: Sequence[ImportedRun]
    totals: ImportTotals
    stored: str | None = None
    groups: tuple[ImportGroup, ...] | None = None
    notes: tuple[str, ...] = ()
    without_effect: Mapping[str, int] = {}
    remarks: tuple[ImportRemark, ...] = ()
    doubts: tuple[ImportDoubt, ...] = ()
    left_out: int = 0
    beside: int = 0
    suspects: int = 0

    def to_dict(self) -> dict[str, Any]:
        """Return the audit as plain data."""
        return self._before() | {"runs": [run.to_dict() for run in self.runs]} | self._behind()

    def json_parts(self) -> Iterator[str]:
        """Yield the audit as indented JSON run by run: of many runs, the whole would take more memory than they do."""
        yield plain_json(self._before(), indent=2)[:-2] + ',\n  "runs": ['
        comma = "\n    "
        for run in self.runs:
            yield comma + plain_json(run.to_dict(), indent=2).replace("\n", "\n    ")
            comma = ",\n    "
        yield ("\n  ]," if len(self.runs) else "],") + plain_json(self._behind(), indent=2)[1:]

    def _before(self) -> dict[str, Any]:
        return {"kind": "import", "files": [file.to_dict() for file in self.files]}

    def _behind(self) -> dict[str, Any]:
        found: dict[str, Any] = {"totals": _sums_dict(self.totals), "without_effect": dict(self.without_effect)}
        doubts = [doubt._asdict() for doubt in self.doubts]
        found["doubts"] = [doubt | {name: list(doubt[name]) for name in ("examples", "names")} for doubt in doubts]
        found["suspects"] = self.suspects
        found["remarks"] = [remark._asdict() | {"gpus": list(remark.gpus)} for remark in self.remarks]
        if self.groups is not None:
            found["groups"] = [{"by": group.by, **_sums_dict(group.totals)} for group in self.groups]
        return found

    def _repr_html_(self) -> str:
        """Return a small table of the files for notebooks, and what their runs add up to."""
        from greentrain.html_table import amount_and_ends, quantity_table, table

        rows = []
        for file in self.files[:_MOST_IN_NOTEBOOK]:
            kwh = None if file.it_energy_kwh is None else amount_and_ends(exact(file.it_energy_kwh), "kWh")[0]
            counts = (file.runs, file.imported, file.duplicates, file.flagged, file.rejected)
            rows.append((file.path, file.format, *(f"{number:,}" for number in counts), kwh, file.error or ""))
        left_out = len(self.files) - len(rows)
        caption = counted(len(self.files), "file") + (f", the first {len(rows)} of them" if left_out else "")
        whole = {name: getattr(self.totals, name) for name in ("it_energy_kwh", "operational_kg")}
        sums = quantity_table(whole, f"{counted(self.totals.runs, 'run')} added up, without doubted and known ones")
        return table(_IN_NOTEBOOK, rows, caption, "" if self.stored else "Nothing was stored.") + sums


def _sums_dict(sums: ImportTotals) -> dict[str, Any]:
    return sums._asdict() | {name: ends(getattr(sums, name)) for name in ("it_energy_kwh", "operational_kg")}
