"""What reports of several runs need of one, as plain values that a file can keep."""

from collections import Counter
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from greentrain.catalogue import load_catalogue
from greentrain.estimation import Estimate
from greentrain.estimation.labels import device_label
from greentrain.footprint import QUANTITIES, Footprint
from greentrain.history.recorded_run import accelerator_of
from greentrain.journal import fields
from greentrain.journal.records import COMPONENTS, SAVED_ESTIMATE
from greentrain.units import SECONDS_PER_HOUR

if TYPE_CHECKING:
    from greentrain.history.run import Run

_PARTS = {"gpu": "accelerators", "cpu": "processors", "memory": "memory"}


def report_facts(run: "Run") -> dict[str, Any]:
    """Return what a report of several runs reads of a run: its line, its footprint and what is beside them.

    Times are text, and of a record or an interval the fields stand in their order.
    """
    return {**_line(run), **_meters(run), **_beside(run), **_footprint(run.footprint)}


def _line(run: "Run") -> dict[str, Any]:
    estimate = run.estimate
    hours = run.duration_seconds / SECONDS_PER_HOUR
    count = estimate.count if estimate and estimate.run["gpu"] else run.accelerators_at_once
    started, ended = utc_time(run.started), None if run.status == "running" else utc_time(run.ended)
    is_measured = run.reconciliation.believed == "measurement"
    return {
        "id": run.id,
        "name": run.name or run.id,
        "status": "estimated" if run.origin == SAVED_ESTIMATE else run.status,
        "hardware": _hardware(run, estimate, count),
        "gpu": estimate.run["gpu"] if estimate else _device_id(run),
        "count": count,
        "runs": 1,
        "hours": hours,
        "accelerator_hours": hours * count if count else None,
        "location": run.location,
        "year": run.year or (started.year if started else None),
        "started": started and started.isoformat(),
        "ended": ended and ended.isoformat(),
        "measured": [run.energy_kwh[name] for name in COMPONENTS] if is_measured else None,
        "project": run.project,
        "unmeasured": run.unfilled,
        "starts": _starts(run),
        "user": run.user,
    }


def _beside(run: "Run") -> dict[str, Any]:
    """Return what a report reads of a run in addition to its line."""
    versions = (str(node.meter["codecarbon_version"]) for node in run.nodes if "codecarbon_version" in node.meter)
    estimate = run.estimate
    flops = estimate.run.get("flops") if estimate else None
    return {
        "began": run.started,
        "codecarbon": tuple(dict.fromkeys(versions)),
        "flops": None if estimate is None or flops is None else flops * estimate.run["runs"],
        "is_estimated": estimate is not None,
        "profiles": fields.text(run.estimate_inputs, "profiles"),
    }


def _footprint(footprint: Footprint) -> dict[str, Any]:
    found: dict[str, Any] = {name: getattr(footprint, name) for name in QUANTITIES}
    found |= {name: getattr(footprint, name) for name in ("basis", "scope", "notes", "warnings")}
    found["inputs"] = [[*({**each._asdict(), "value": [*each.value]}).values()] for each in footprint.inputs]
    return found | {"breakdown": [[*part._asdict().values()] for part in footprint.breakdown]}


def _device_id(run: "Run") -> str | None:
    """Return the accelerator of a run without an estimate."""
    device = accelerator_of(run, load_catalogue())
    return device.id if device else None


def _device_name(run: "Run") -> str | None:
    """Name the accelerator of a run as readers know it."""
    if run.estimate is not None:
        return device_label(run.estimate) if run.estimate.run["gpu"] else None
    device = accelerator_of(run, load_catalogue())
    return device.name if device else None


def _meters(run: "Run") -> dict[str, Any]:
    """Return what was read, modelled and filled of a run, and what is wrong with its record."""
    return {
        "sensed": _of_quality(run, "measured"),
        "modelled": _of_quality(run, "modelled"),
        "is_filled": run.reconciliation.believed in ("both", "estimate"),
        "coverage": run.coverage,
        "gpu_name": _device_name(run),
        "flags": run.flags,
        "faults": run.faults,
    }


def utc_time(seconds: float) -> datetime | None:
    """Turn seconds since 1970 into a UTC time of whole seconds; None where a damaged record holds none."""
    try:
        return datetime.fromtimestamp(int(seconds), UTC)
    except (OverflowError, ValueError, OSError):
        return None


def _of_quality(run: "Run", quality: str) -> tuple[str, ...]:
    """Name the parts of the computers whose energy is known in this way on a node at least."""
    known = {name for node in run.nodes for name, each in node.quality.items() if each == quality}
    return tuple(_PARTS[name] for name in COMPONENTS if name in known)


def _starts(run: "Run") -> int:
    """Count the sessions of the node that has most of them."""
    if len(run.nodes) < 2:
        return 1
    return max(Counter(node.host for node in run.nodes).values())


def _hardware(run: "Run", estimate: Estimate | None, count: int) -> str:
    if estimate is None or not estimate.run["gpu"]:
        return run.hardware or "hardware not known"
    return f"{count:,} x {device_label(estimate)}"
