"""The form ``json``: everything, as one object without NaN; `schema` describes it."""

import json
from datetime import UTC, datetime
from typing import Any

from greentrain.interval import Interval
from greentrain.reporting.report_data import QUANTITIES, ReportData, RunLine

SCHEMA_VERSION = 1
_LINE = (
    "id", "name", "status", "basis", "hardware", "gpu", "count", "runs", "hours", "accelerator_hours", "location",
    "year", "started", "ended", *QUANTITIES, "pue", "grid", "measured", "project", "unmeasured", "starts",
)  # fmt: skip


def render(data: ReportData) -> str:
    """Write report data as JSON text."""
    return json.dumps(report_dict(data), indent=2, allow_nan=False) + "\n"


def report_dict(data: ReportData) -> dict[str, Any]:
    """Give report data as plain data."""
    return {
        "schema_version": SCHEMA_VERSION,
        "kind": "report",
        "subject": data.kind,
        "title": data.title,
        "made_at": _utc(data.made_at),
        "period_start": _utc(data.period_start),
        "period_end": _utc(data.period_end),
        "boundary": data.boundary,
        "basis": data.basis,
        "unreadable": data.unreadable,
        "lines": [_line(line) for line in data.lines],
        "totals": {name: _ends(getattr(data, name)) for name in QUANTITIES},
        "failed_share": data.failed_share,
        "inputs": [item.to_dict() for item in data.inputs],
        "breakdown": [part._asdict() for part in data.breakdown],
        "drivers": [{"name": name, "share_of_variance": share} for name, share in data.drivers],
        "equivalents": [item.to_dict() for item in data.equivalents],
        "defaults": [item.name for item in data.defaults],
        "notes": list(data.notes),
        "sources": data.sources,
        "size": data.size and data.size._asdict(),
        "power_series": {name: [list(point) for point in points] for name, points in data.power_series.items()},
        "spans": [span._asdict() for span in data.spans],
        "versions": data.versions._asdict(),
        "method": list(data.method),
        "estimate": data.estimate and data.estimate.to_dict(),
        "validation": data.validation and data.validation.to_dict(),
    }


def _line(line: RunLine) -> dict[str, Any]:
    return {name: _plain(getattr(line, name)) for name in _LINE}


def _plain(value: Any) -> Any:
    if isinstance(value, Interval):
        return _ends(value)
    if isinstance(value, datetime):
        return _utc(value)
    if hasattr(value, "_asdict"):
        return {name: _plain(part) for name, part in value._asdict().items()}
    if isinstance(value, tuple):
        return list(value)
    return value


def _ends(value: Interval | None) -> dict[str, float] | None:
    return None if value is None else value._asdict()


def _utc(moment: datetime | None) -> str | None:
    return None if moment is None else moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
