"""The form ``csv``: one row per run with every end of every interval, or one per record of a validation."""

from typing import Any

from greentrain.csv_text import rows_csv
from greentrain.footprint import Grid
from greentrain.inputs import UNMETERED_SHARE
from greentrain.interval import Interval
from greentrain.reporting.report_data import QUANTITIES, ReportData, RunLine

_PLAIN = (
    "id", "name", "status", "basis", "hardware", "gpu", "count", "runs", "hours", "accelerator_hours", "location",
    "year", "started", "ended",
)  # fmt: skip
_ENDS = (*QUANTITIES, "pue", "grid_g_per_kwh")
COLUMNS = (
    "report_schema_version", "kind", *_PLAIN, *(f"{name}_{end}" for name in _ENDS for end in Interval._fields),
    "grid_year", "grid_accounting", "grid_basis", "grid_source", "boundary", "greentrain_version", "data_version",
    "codecarbon_version", "project", "unmeasured", "starts", "warnings",
    *(f"{UNMETERED_SHARE}_{end}" for end in Interval._fields), "gpu_name", "user",
)  # fmt: skip
"""The header; a later schema adds columns at the end."""

SCHEMA_VERSION = 1


def render(data: ReportData) -> str:
    """Write the lines of report data as CSV; a blank cell is not known."""
    if data.validation is not None:
        from greentrain.reporting.terminal.validation import validation_csv

        return validation_csv(data.validation)
    return rows_csv(COLUMNS, (_row(data, line) for line in data.lines))


def _row(data: ReportData, line: RunLine) -> dict[str, Any]:
    row: dict[str, Any] = {"report_schema_version": SCHEMA_VERSION, "kind": data.kind, "boundary": data.boundary}
    row |= {name: getattr(line, name) for name in (*_PLAIN, "project", "starts", "gpu_name", "user")} | {
        "unmeasured": "; ".join(line.unmeasured),
        "warnings": " ".join(line.footprint.warnings),
    }
    for name in ("started", "ended"):
        row[name] = row[name] and row[name].strftime("%Y-%m-%dT%H:%M:%SZ")
    for name in (*QUANTITIES, "pue"):
        row |= _ends(name, getattr(line, name))
    if share := line.footprint.inputs.get(UNMETERED_SHARE):
        row |= _ends(UNMETERED_SHARE, share.value)
    row |= _grid(line.grid)
    return row | {f"{name}_version": version for name, version in data.versions._asdict().items()}


def _grid(grid: Grid | None) -> dict[str, Any]:
    if grid is None:
        return {}
    known = {f"grid_{name}": getattr(grid, name) for name in ("year", "accounting", "basis", "source")}
    return _ends("grid_g_per_kwh", grid.g_per_kwh) | known


def _ends(name: str, value: Interval | None) -> dict[str, float]:
    return {} if value is None else {f"{name}_{end}": number for end, number in value._asdict().items()}
