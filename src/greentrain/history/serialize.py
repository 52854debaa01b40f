"""Parts of a run as plain data."""

import time
from typing import Any

from greentrain.history.run_records import NodeMeasurement
from greentrain.interval import Interval
from greentrain.journal.records import Gap, Log, SpanRecord

SCHEMA_VERSION = 1
QUANTITIES = ("it_energy_kwh", "facility_energy_kwh", "operational_kg")


def utc(moment: float | None) -> str | None:
    """Write a moment, given in seconds since 1970, as ``2026-11-22T11:00:00Z``."""
    if moment is None:
        return None
    try:
        return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(moment))
    except (OverflowError, ValueError, OSError):
        return None


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


def node_dict(node: NodeMeasurement) -> dict[str, Any]:
    """Return what one node did in one session as plain data."""
    found = node._asdict()
    found |= {"started": utc(node.started), "components": [part._asdict() for part in node.components]}
    found |= {"gaps": [gap_dict(gap) for gap in node.gaps]}
    found |= {"pue": ends(node.pue), "g_per_kwh": ends(node.g_per_kwh), "meter": clean(node.meter)}
    return found | {"unmeasured": list(node.unmeasured), "notes": list(node.notes)}


def gap_dict(gap: Gap) -> dict[str, Any]:
    """Return a time without measurement as plain data."""
    return gap._asdict() | {"started": utc(gap.started)}


def span_dict(span: SpanRecord) -> dict[str, Any]:
    """Return a named part of a run as plain data."""
    moments = {"started": utc(span.started), "ended": utc(span.ended)}
    return span._asdict() | moments | {"attributes": clean(span.attributes)}


def log_dict(log: Log) -> dict[str, Any]:
    """Return values that the training logged as plain data."""
    return log._asdict() | {"moment": utc(log.moment)}
