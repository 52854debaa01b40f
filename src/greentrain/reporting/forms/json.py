"""The form ``json``: everything, as one object without NaN; `schema` describes it."""

import json
from datetime import UTC, datetime
from typing import Any

from greentrain.footprint import BASES
from greentrain.interval import Interval
from greentrain.journal.records import NO_TDP
from greentrain.plain_numbers import plain_json
from greentrain.reporting.report_data import KINDS, QUANTITIES, STATUSES, Components, ReportData, RunLine

SCHEMA_VERSION = 1
_LINE = (
    "id", "name", "status", "basis", "hardware", "gpu", "count", "runs", "hours", "accelerator_hours", "location",
    "year", "started", "ended", *QUANTITIES, "pue", "grid", "measured", "project", "unmeasured", "starts",
    "flags", "gpu_name",
)  # fmt: skip


def render(data: ReportData) -> str:
    """Write report data as JSON text."""
    return plain_json(report_dict(data), indent=2) + "\n"


def report_dict(data: ReportData) -> dict[str, Any]:
    """Return report data as plain data."""
    return {
        "schema_version": SCHEMA_VERSION,
        "kind": "report",
        "subject": data.kind,
        "title": data.title,
        "made_at": _utc(data.made_at),
        "period_start": _utc(data.period_start),
        "period_end": _utc(data.period_end),
        **{name: getattr(data, name) for name in ("boundary", "basis", "is_least", "unreadable")},
        "failed_rows": list(data.failed_rows),
        "lines": [_line(line) for line in data.lines],
        "totals": {name: _ends(getattr(data, name)) for name in QUANTITIES},
        "failed_share": data.failed_share,
        "inputs": [item.to_dict() for item in data.inputs],
        "breakdown": [part._asdict() for part in data.breakdown],
        "drivers": [{"name": name, "share_of_variance": share} for name, share in data.drivers],
        "equivalents": [item.to_dict() for item in data.equivalents],
        "defaults": [item.name for item in data.defaults],
        "notes": list(data.notes),
        "warnings": list(data.warnings),
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
    found = {name: _plain(getattr(line, name)) for name in _LINE}
    assumed = ["cpu"] if NO_TDP in line.flags and "cpu" not in line.unmeasured else []
    return found | {"unmeasured": [*line.unmeasured, *assumed]}


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


_SCHEMA_ID = "https://json-schema.org/draft/2020-12/schema"
_BASES = sorted(BASES)
_KNOWN = ["given", "measured", "mixed", "published", "default", "assumed"]
_TEXT, _NUMBER, _WHOLE = {"type": "string"}, {"type": "number"}, {"type": "integer"}
_MOMENT = {"type": ["string", "null"], "pattern": r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$"}
_ENDS = {"$ref": "#/$defs/interval"}
_UNITS = {
    "it_energy_kwh": "before PUE [kWh]",
    "facility_energy_kwh": "IT energy times PUE [kWh]",
    "operational_kg": "location-based [kg CO2e]",
    "embodied_kg": "share of making the hardware [kg CO2e]",
    "water_l": "consumed [L]",
}


def schema_text() -> str:
    """Return the schema as JSON text, as ``greentrain report --schema`` prints it."""
    return json.dumps(schema(), indent=2) + "\n"


def schema() -> dict[str, Any]:
    """Return the schema; every key of an object is there in every report, and no other."""
    properties = {
        "schema_version": {"const": SCHEMA_VERSION},
        "kind": {"const": "report"},
        "subject": {"enum": list(KINDS), "description": "what is reported"},
        "title": _TEXT,
        "made_at": _MOMENT,
        "period_start": _MOMENT,
        "period_end": _MOMENT,
        "boundary": {"enum": ["facility", "node", "accelerator"]},
        "basis": {"enum": _BASES},
        "is_least": {"type": "boolean", "description": "a part of the computers of a run is in no sum"},
        "failed_rows": _list(_TEXT)
        | {"description": "rows of a table that are in no line, with what is wrong in each"},
        "unreadable": _WHOLE | {"description": "runs whose records cannot be read, which are in no line [1]"},
        "lines": _list({"$ref": "#/$defs/line"}),
        "totals": _object({name: _amount(name) for name in QUANTITIES}),
        "failed_share": _or_null(_NUMBER) | {"description": "of failed, interrupted and killed runs in energy [1]"},
        "inputs": _list({"$ref": "#/$defs/input"}),
        "breakdown": _list(_object({"component": _TEXT, "energy_kwh": _NUMBER, "operational_kg": _NUMBER})),
        "drivers": _list(_object({"name": _TEXT, "share_of_variance": _NUMBER})),
        "equivalents": _list({"type": "object", "required": ["id", "label", "ratio", "unit", "kg_per_unit", "source"]}),
        "defaults": _list(_TEXT) | {"description": "names of the inputs that greentrain chose"},
        "notes": _list(_TEXT),
        "warnings": _list(_TEXT) | {"description": "those of the notes that doubt an input"},
        "sources": {"type": "object", "additionalProperties": {"$ref": "#/$defs/source"}},
        "size": _or_null(_size()),
        "power_series": {"type": "object", "additionalProperties": _list(_point())},
        "spans": _list(_span()),
        "versions": _object({"greentrain": _TEXT, "data": _TEXT, "codecarbon": _or_null(_TEXT)}),
        "method": _list(_TEXT),
        "estimate": _or_null({"type": "object"}) | {"description": "as greentrain estimate --json prints it"},
        "validation": _or_null({"type": "object"}) | {"description": "as greentrain validate --json prints it"},
    }
    return {"$schema": _SCHEMA_ID, "title": "greentrain report", **_object(properties), "$defs": _definitions()}


def _definitions() -> dict[str, Any]:
    interval = _object({"low": _NUMBER, "best": _NUMBER, "high": _NUMBER})
    grid = _object(
        {
            "g_per_kwh": _ENDS,
            "year": _or_null(_WHOLE),
            "accounting": {"enum": ["life-cycle", "direct", ""]},
            "basis": {"enum": _KNOWN},
            "source": _TEXT,
        }
    )
    known = _object(
        {
            "name": _TEXT, "low": _NUMBER, "best": _NUMBER, "high": _NUMBER, "unit": _TEXT, "basis": {"enum": _KNOWN},
            "source": _TEXT, "other_sources": _list(_TEXT), "note": _TEXT,
        }
    )  # fmt: skip
    source = _object({"title": _TEXT, "url": _TEXT, "year": _or_null(_WHOLE), "licence": _TEXT})
    ends = interval | {"description": "best value with its 90 % interval"}
    return {"interval": ends, "grid": grid, "line": _line_schema(), "input": known, "source": source}


def _size() -> dict[str, Any]:
    numbers = {name: _or_null(_NUMBER) for name in ("params", "tokens", "flops")}
    unstated = _WHOLE | {"description": "runs that state no operations, which are then those of the others"}
    return _object({**numbers, "counted": _or_null(_TEXT), "unstated": unstated})


def _span() -> dict[str, Any]:
    depth = _WHOLE | {"description": "in how many other spans it lies"}
    times = {"from_seconds": _NUMBER, "to_seconds": _or_null(_NUMBER)}
    return _object({"name": _TEXT, **times, "it_energy_kwh": _or_null(_NUMBER), "depth": depth})


def _line_schema() -> dict[str, Any]:
    texts = {"id": _TEXT, "name": _TEXT, "status": {"enum": [*STATUSES]}, "basis": {"enum": _BASES}, "hardware": _TEXT}
    maybe_texts = {name: _or_null(_TEXT) for name in ("gpu", "gpu_name", "location", "project")}
    numbers = {"count": _WHOLE, "runs": _WHOLE, "starts": _WHOLE, "year": _or_null(_WHOLE)}
    hours = {name: _or_null(_NUMBER) for name in ("hours", "accelerator_hours")}
    times = {"started": _MOMENT, "ended": _MOMENT}
    amounts = {name: _amount(name) for name in QUANTITIES}
    factors = {"pue": _or_null(_ENDS), "grid": _or_null({"$ref": "#/$defs/grid"})}
    parts = {name: _or_null(_NUMBER) for name in Components._fields}
    measured = {
        "measured": _or_null(_object(parts)) | {"description": "[kWh], before PUE"},
        "unmeasured": _list(_TEXT)
        | {"description": "parts of the computers that are in no sum, or assumed without a TDP"},
        "flags": _list(_TEXT) | {"description": "what to know of the record, such as damaged, missing_time"},
    }
    return _object({**texts, **maybe_texts, **numbers, **hours, **times, **amounts, **factors, **measured})


def _amount(name: str) -> dict[str, Any]:
    return _or_null(_ENDS) | {"description": _UNITS[name]}


def _object(properties: dict[str, Any]) -> dict[str, Any]:
    found = {"type": "object", "properties": properties, "required": list(properties)}
    return found | {"additionalProperties": False}


def _list(items: dict[str, Any]) -> dict[str, Any]:
    return {"type": "array", "items": items}


def _point() -> dict[str, Any]:
    return {"type": "array", "prefixItems": [_NUMBER, _NUMBER], "items": False, "description": "[s], [W]"}


def _or_null(kind: dict[str, Any]) -> dict[str, Any]:
    return {"anyOf": [kind, {"type": "null"}]}
