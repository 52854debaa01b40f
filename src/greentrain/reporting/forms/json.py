"""The form ``json``: everything, as one object without NaN; `schema` describes it."""

import json
from datetime import UTC, datetime
from typing import Any

from greentrain.interval import Interval
from greentrain.reporting.subject import QUANTITIES, RunLine, Subject

SCHEMA_VERSION = 1
_LINE = (
    "id", "name", "status", "basis", "hardware", "gpu", "count", "runs", "hours", "accelerator_hours", "location",
    "year", "started", "ended", *QUANTITIES, "pue", "grid", "measured", "project", "unmeasured", "starts",
)  # fmt: skip


def render(subject: Subject) -> str:
    """Write a subject as JSON text."""
    return json.dumps(subject_dict(subject), indent=2, allow_nan=False) + "\n"


def subject_dict(subject: Subject) -> dict[str, Any]:
    """Give a subject as plain data."""
    return {
        "schema_version": SCHEMA_VERSION,
        "kind": "report",
        "subject": subject.kind,
        "title": subject.title,
        "made_at": _utc(subject.made_at),
        "period_start": _utc(subject.period_start),
        "period_end": _utc(subject.period_end),
        "boundary": subject.boundary,
        "basis": subject.basis,
        "unreadable": subject.unreadable,
        "lines": [_line(line) for line in subject.lines],
        "totals": {name: _ends(getattr(subject, name)) for name in QUANTITIES},
        "failed_share": subject.failed_share,
        "inputs": [item.to_dict() for item in subject.inputs],
        "breakdown": [part._asdict() for part in subject.breakdown],
        "drivers": [{"name": name, "share_of_variance": share} for name, share in subject.drivers],
        "equivalents": [item.to_dict() for item in subject.equivalents],
        "defaults": [item.name for item in subject.defaults],
        "notes": list(subject.notes),
        "sources": subject.sources,
        "size": subject.size and subject.size._asdict(),
        "power_series": {name: [list(point) for point in points] for name, points in subject.power_series.items()},
        "spans": [span._asdict() for span in subject.spans],
        "versions": subject.versions._asdict(),
        "method": list(subject.method),
        "estimate": subject.estimate and subject.estimate.to_dict(),
        "validation": subject.validation and subject.validation.to_dict(),
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
