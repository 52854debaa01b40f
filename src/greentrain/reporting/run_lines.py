"""A tracked run as a line of a report."""

from collections import Counter
from datetime import UTC, datetime
from functools import lru_cache

from greentrain.catalogue import Catalogue
from greentrain.estimation import Estimate
from greentrain.history import Run
from greentrain.journal.records import COMPONENTS
from greentrain.reporting.report_data import Components, RunLine
from greentrain.units import SECONDS_PER_HOUR

_PARTS = {"gpu": "accelerators", "cpu": "processors", "memory": "memory"}


def line_of_run(run: Run) -> RunLine:
    """Return the line of a tracked run."""
    beside = run.estimate
    hours = run.duration_seconds / SECONDS_PER_HOUR
    count = beside.count if beside and beside.run["gpu"] else run.accelerators_at_once
    started = utc_time(run.started)
    parts = Components(*(run.energy_kwh[name] for name in COMPONENTS))
    return RunLine(
        id=run.id,
        name=run.name or run.id,
        status=run.status,
        hardware=_hardware(run, beside, count),
        gpu=beside.run["gpu"] if beside else None,
        count=count,
        runs=1,
        hours=hours,
        accelerator_hours=hours * count if count else None,
        location=run.location,
        year=run.year or (started.year if started else None),
        started=started,
        ended=None if run.status == "running" else utc_time(run.ended),
        footprint=run.footprint,
        measured=parts if run.reconciliation.believed == "measurement" else None,
        project=run.project,
        unmeasured=run.unfilled,
        starts=_starts(run),
        sensed=_of_quality(run, "measured"),
        modelled=_of_quality(run, "modelled"),
        is_filled=run.reconciliation.believed in ("both", "estimate"),
        coverage=run.coverage,
    )


def utc_time(seconds: float) -> datetime | None:
    """Turn seconds since 1970 into a UTC time of whole seconds; None where a damaged record holds none."""
    try:
        return datetime.fromtimestamp(int(seconds), UTC)
    except (OverflowError, ValueError, OSError):
        return None


def _of_quality(run: Run, quality: str) -> tuple[str, ...]:
    """Name the parts of the computers whose energy is known in this way on a node at least."""
    known = {name for node in run.nodes for name, each in node.quality.items() if each == quality}
    return tuple(_PARTS[name] for name in COMPONENTS if name in known)


def _starts(run: Run) -> int:
    """Count the sessions of the node that has most of them."""
    if len(run.nodes) < 2:
        return 1
    return max(Counter(node.host for node in run.nodes).values())


def _hardware(run: Run, beside: Estimate | None, count: int) -> str:
    if beside is None or not beside.run["gpu"]:
        return run.hardware or "hardware not known"
    return f"{count:,} x {_name(beside.catalogue, beside.run['gpu'])}"


@lru_cache(maxsize=1024)
def _name(catalogue: Catalogue, key: str) -> str:
    return catalogue.hardware.accelerator(key).name
