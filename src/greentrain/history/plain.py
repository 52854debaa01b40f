"""A run as plain data: everything, or one row of a table; and text made safe to show."""

import csv
import io
import time
from collections.abc import Iterable
from typing import Any

from greentrain._version import __version__
from greentrain.history.records import NodeMeasurement
from greentrain.history.run import Run
from greentrain.interval import Interval
from greentrain.journal.records import COMPONENTS

SCHEMA_VERSION = 1
QUANTITIES = ("it_energy_kwh", "facility_energy_kwh", "operational_kg")
_FORMULA_STARTS = ("=", "+", "-", "@")


def escaped(text: str) -> str:
    """Escape what a terminal or a spreadsheet would act upon: control characters, line ends, marks of direction."""
    return "".join(letter if letter.isprintable() else _escape(letter) for letter in text)


def _escape(letter: str) -> str:
    return letter.encode("unicode_escape").decode("ascii")


def utc(moment: float | None) -> str | None:
    """Write a moment, given in seconds since 1970, as ``2026-11-22T11:00:00Z``."""
    if moment is None:
        return None
    try:
        return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(moment))
    except (OverflowError, ValueError, OSError):
        return None


def run_row(run: Run) -> dict[str, Any]:
    """Give a run as one flat row."""
    row: dict[str, Any] = {
        "id": run.id,
        "name": run.name,
        "project": run.project,
        "status": run.status,
        "error": run.error,
        "exit_code": run.exit_code,
        "started": utc(run.started),
        "ended": None if run.status == "running" else utc(run.ended),
        "duration_seconds": run.duration_seconds,
        "hosts": " ".join(run.hosts),
        "ranks": run.ranks,
        "hardware": run.hardware,
        "location": run.location,
        "year": run.year,
    }
    row |= {f"{name}_energy_kwh": run.energy_kwh[name] for name in COMPONENTS}
    for name in QUANTITIES:
        low, best, high = getattr(run, name) or (None, None, None)
        row |= {f"{name}_low": low, f"{name}_best": best, f"{name}_high": high}
    return row | {"is_complete": run.is_complete}


def rows_csv(rows: Iterable[dict[str, Any]], columns: Iterable[str]) -> str:
    """Write rows as CSV; text that a spreadsheet would take for a formula gets an apostrophe before it."""
    text = io.StringIO()
    writer = csv.DictWriter(text, list(columns), lineterminator="\n")
    writer.writeheader()
    writer.writerows({name: _cell(value) for name, value in row.items()} for row in rows)
    return text.getvalue()


def _cell(value: object) -> object:
    if not isinstance(value, str):
        return value
    shown = escaped(value)
    return f"'{shown}" if shown.lstrip().startswith(_FORMULA_STARTS) else shown


def run_dict(run: Run) -> dict[str, Any]:
    """Give a run with its nodes, spans, logs, estimate and what follows from both."""
    found: dict[str, Any] = {"schema_version": SCHEMA_VERSION, "kind": "run", "greentrain_version": __version__}
    row = run_row(run)
    names = ("id", "name", "project", "status", "error", "exit_code", "started", "ended", "duration_seconds")
    found |= {name: row[name] for name in (*names, "hardware", "location", "year", "ranks")}
    found |= {"hosts": list(run.hosts), "command": list(run.command), "energy_kwh": run.energy_kwh}
    found |= {name: ends(getattr(run, name)) for name in QUANTITIES}
    found["is_complete"] = run.is_complete
    found["pue"] = _with_basis(run.pue, run.basis["pue"])
    found["grid_intensity"] = _with_basis(run.g_per_kwh, run.basis["grid_intensity"])
    found["nodes"] = [_node(node) for node in run.nodes]
    found["gaps"] = [gap._asdict() | {"started": utc(gap.started)} for gap in run.gaps]
    found["spans"] = [
        span._asdict() | {"started": utc(span.started), "ended": utc(span.ended), "attributes": clean(span.attributes)}
        for span in run.spans
    ]
    found["logs"] = [log._asdict() | {"moment": utc(log.moment)} for log in run.logs]
    found |= {"budget": clean(run.budget), "total_steps": run.total_steps, "versions": clean(run.versions)}
    found["estimate_inputs"] = clean(run.estimate_inputs)
    found["estimate"] = None if run.estimate is None else run.estimate.to_dict()
    found["reconciliation"] = _reconciliation(run)
    return found | {"folders": list(run.folders), "notes": list(run.notes)}


def ends(interval: Interval | None) -> dict[str, float] | None:
    """Give an interval as an object."""
    return None if interval is None else interval._asdict()


def clean(value: Any) -> Any:
    """Make what a journal held fit for JSON without NaN and for UTF-8."""
    if isinstance(value, dict):
        return {clean(str(key)): clean(item) for key, item in value.items()}
    if isinstance(value, list):
        return [clean(item) for item in value]
    if isinstance(value, str):
        return value.encode("utf-8", "backslashreplace").decode()
    # A number beyond the range of floats was read as infinity.
    return None if isinstance(value, float) and value - value != 0 else value


def _with_basis(interval: Interval | None, basis: dict[str, Any]) -> dict[str, Any] | None:
    return None if interval is None else {**interval._asdict(), **basis}


def _node(node: NodeMeasurement) -> dict[str, Any]:
    found = node._asdict()
    found |= {"started": utc(node.started), "components": [part._asdict() for part in node.components]}
    found |= {"gaps": [gap._asdict() | {"started": utc(gap.started)} for gap in node.gaps]}
    found |= {"pue": ends(node.pue), "g_per_kwh": ends(node.g_per_kwh), "meter": clean(node.meter)}
    return found | {"unmeasured": list(node.unmeasured), "notes": list(node.notes)}


def _reconciliation(run: Run) -> dict[str, Any]:
    both = run.reconciliation
    compared = [
        {
            "what": item.what,
            "measured_kwh": item.measured_kwh._asdict(),
            "estimated_kwh": item.estimated_kwh._asdict(),
            "ratio": item.ratio,
            "is_inside": item.is_inside,
        }
        for item in run.comparisons
    ]
    return {
        "mean_accelerator_w": both.mean_accelerator_w,
        "implied_utilization": both.implied_utilization,
        "implied_host_factor": both.implied_host_factor,
        "comparisons": compared,
        "believed": both.believed,
        "it_energy_kwh": ends(both.it_energy_kwh),
        "operational_kg": ends(both.operational_kg),
        "reasons": list(both.reasons),
    }
