"""Foreign files of a few lines, made up for tests."""

from pathlib import Path

from greentrain.importing import ImportAudit, ImportedRun, import_runs

CODECARBON = (
    "timestamp", "project_name", "run_id", "duration", "emissions", "cpu_energy", "gpu_energy", "ram_energy",
    "energy_consumed", "country_name", "country_iso_code", "region", "cpu_model", "gpu_count", "gpu_model",
    "longitude", "latitude", "ram_total_size", "pue",
)  # fmt: skip
_CODECARBON_ROW = {
    "timestamp": "2024-05-01T12:00:00", "project_name": "p", "run_id": "r1", "duration": "3600", "emissions": "0.02",
    "cpu_energy": "0.05", "gpu_energy": "0.3", "ram_energy": "0.01", "energy_consumed": "0.36",
    "country_name": "France", "country_iso_code": "FRA", "gpu_count": "1", "gpu_model": "1 x NVIDIA A100-SXM4-40GB",
    "pue": "1.0",
}  # fmt: skip
SACCT = (
    "JobID", "JobIDRaw", "JobName", "User", "State", "Start", "End", "ElapsedRaw", "NNodes", "NCPUS", "AllocTRES",
    "ConsumedEnergyRaw", "Partition", "NodeList", "AdminComment",
)  # fmt: skip
_SACCT_ROW = {
    "JobID": "1", "JobIDRaw": "1", "JobName": "job", "User": "u", "State": "COMPLETED", "Start": "2026-03-01T00:00:00",
    "End": "2026-03-01T01:00:00", "ElapsedRaw": "3600", "NNodes": "1", "NCPUS": "8", "AllocTRES": "cpu=8,node=1",
}  # fmt: skip


def codecarbon_text(*rows: dict[str, str]) -> str:
    """Write a file of codecarbon, each row with these cells in place of usual ones."""
    lines = [",".join((_CODECARBON_ROW | row).get(name, "") for name in CODECARBON) for row in rows]
    return "\n".join([",".join(CODECARBON), *lines, ""])


def sacct_text(*rows: dict[str, str], delimiter: str = "|", header: bool = True) -> str:
    """Write what ``sacct -P`` prints of jobs with these cells in place of usual ones."""
    lines = [delimiter.join((_SACCT_ROW | row).get(name, "") for name in SACCT) for row in rows]
    return "\n".join([*([delimiter.join(SACCT)] if header else []), *lines, ""])


def audit_of(folder: Path, text: str | bytes, **options: str | bool) -> ImportAudit:
    """Write a file and import it."""
    path = folder / "foreign"
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return import_runs(path, dry_run=True, **options)  # type: ignore[arg-type]


def runs_of(folder: Path, text: str | bytes, **options: str | bool) -> tuple[ImportedRun, ...]:
    """Write a file and give its runs."""
    return audit_of(folder, text, **options).runs
