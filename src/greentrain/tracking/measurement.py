"""What a meter has measured of a run, with PUE and carbon intensity applied once."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, NamedTuple

from greentrain.interval import Interval
from greentrain.journal.readings import energy_at
from greentrain.journal.records import COMPONENTS, QUALITIES, expects_accelerators
from greentrain.journal.writer import plain
from greentrain.tracking.measured import energy_interval, footprint

if TYPE_CHECKING:
    from greentrain.journal.writer import Record
    from greentrain.tracking.inputs import Footing
    from greentrain.tracking.spans import SpanRecord

SCHEMA_VERSION = 1
_INTERVALS = ("it_energy_kwh", "facility_energy_kwh", "operational_kg")
_LATE_SECONDS = 3.0


class Measurement(NamedTuple):
    """What a run drew and emitted, as measured on this node.

    Attributes
    ----------
    duration_seconds : float
        Length of the run. [s]
    energy_kwh : dict of str to (float or None)
        Energy of ``gpu``, ``cpu`` and ``memory``, before PUE; None where it was not measured. [kWh]
    it_energy_kwh, facility_energy_kwh : Interval or None
        What was measured of the computers, without and with PUE; None where nothing was. [kWh]
    operational_kg : Interval or None
        Location-based emissions of that electricity. [kg CO2e]
    components : tuple of dict
        What the meter looked at, how, and how well it is known.
    quality : dict
        What the meter says of its work: samples, largest gap, shares measured and modelled, its own cost.
    gaps : tuple of dict
        Times without a sample, which are stated and not filled.
    spans : tuple of dict
        The named parts of the run with their time and energy.
    logs : dict of str to dict
        Of each name that was logged: the last value, the sum and the count.
    notes : tuple of str
        What to know about it.
    """

    duration_seconds: float
    energy_kwh: dict[str, float | None]
    it_energy_kwh: Interval | None
    facility_energy_kwh: Interval | None
    operational_kg: Interval | None
    components: tuple[dict[str, Any], ...]
    quality: dict[str, Any]
    gaps: tuple[dict[str, Any], ...]
    spans: tuple[dict[str, Any], ...]
    logs: dict[str, dict[str, float]]
    notes: tuple[str, ...]

    @property
    def is_measured(self) -> bool:
        """Whether anything was measured at all."""
        return self.it_energy_kwh is not None

    def to_dict(self) -> dict[str, Any]:
        """Give everything as plain data."""
        found: dict[str, Any] = {"schema_version": SCHEMA_VERSION, "kind": "measurement", **self._asdict()}
        for name in _INTERVALS:
            found[name] = None if found[name] is None else found[name]._asdict()
        for name in ("components", "gaps", "spans", "notes"):
            found[name] = list(found[name])
        return found

    def to_json(self, indent: int | None = 2) -> str:
        """Give everything as JSON text, without NaN or infinity."""
        import json

        return json.dumps(self.to_dict(), indent=indent, allow_nan=False)

    def __repr__(self) -> str:
        if self.facility_energy_kwh is None or self.operational_kg is None:
            return f"<Measurement of {self.duration_seconds:.1f} s, nothing measured>"
        energy, (low, best, high) = self.facility_energy_kwh.best, self.operational_kg
        return f"<Measurement {energy:.4g} kWh, {best:.4g} kg CO2e (90 % interval {low:.4g} to {high:.4g})>"

    def _repr_html_(self) -> str:
        """Give a small table for notebooks."""
        from greentrain.notebook import interval_table

        return interval_table({name: getattr(self, name) for name in _INTERVALS})


class MeterReport(NamedTuple):
    """What a meter's journal says.

    Attributes
    ----------
    energy_kwh : dict
        Energy by component up to the newest record [kWh].
    series : list of (float, float)
        Seconds since the run's start [s] and the energy of all components by then [kWh], oldest first.
    """

    components: tuple[dict[str, Any], ...]
    qualities: dict[str, str]
    energy_kwh: dict[str, float | None]
    series: list[tuple[float, float]]
    quality: dict[str, Any]
    gaps: tuple[dict[str, Any], ...]
    seconds: float
    has_ended: bool
    notes: tuple[str, ...]

    def energy_at(self, seconds: float) -> float | None:
        """Give the energy of all components since the start by some moment, between samples in proportion. [kWh]"""
        return energy_at(self.series, seconds) if self.series else None


def read_report(records: "Iterable[Record]") -> MeterReport:
    """Read a meter's journal."""
    start: Any = {}
    newest: Any = {}
    series: list[tuple[float, float]] = []
    gaps: list[dict[str, Any]] = []
    changes: list[Any] = []
    for record in records:
        kind = record["type"]
        if kind == "start":
            start = record
        elif kind in ("sample", "end"):
            newest = record
            series += _point(record)
        elif kind == "gap":
            gaps.append(_plain(record))
        elif kind == "component":
            changes.append(record)
    energy = newest.get("energy_kwh") or {}
    components = tuple(start.get("components") or ())
    ended = newest.get("type") == "end"
    return MeterReport(
        components=components,
        qualities=_qualities(components, changes),
        energy_kwh={name: energy.get(name) for name in COMPONENTS},
        series=series,
        quality=dict(newest.get("quality") or {}) if ended else {},
        gaps=tuple(gaps),
        seconds=float(newest.get("elapsed_seconds") or 0.0),
        has_ended=ended,
        notes=tuple(f"{item.get('component')}: {item['reason']}" for item in changes if item.get("reason")),
    )


def measured(
    report: MeterReport,
    duration_seconds: float,
    footing: "Footing | None",
    spans: "Iterable[SpanRecord]",
    logs: dict[str, dict[str, float]],
    notes: tuple[str, ...],
    said: dict[str, Any],
) -> Measurement:
    """Make a measurement of what the meter read and what the training said of itself."""
    known = [(name, kwh) for name, kwh in report.energy_kwh.items() if kwh is not None]
    it_energy = energy_interval((report.qualities.get(name, "modelled"), kwh) for name, kwh in known)
    facility = operational = None
    if it_energy is not None and footing is not None:
        facility, operational = footprint(it_energy, footing.pue.value, footing.grid_intensity.value)
    return Measurement(
        duration_seconds=duration_seconds,
        energy_kwh=dict(report.energy_kwh),
        it_energy_kwh=it_energy,
        facility_energy_kwh=facility,
        operational_kg=operational,
        components=report.components,
        quality=report.quality,
        gaps=report.gaps,
        spans=tuple(_span(span, report) for span in spans),
        logs=logs,
        notes=(
            *notes,
            *report.notes,
            *_own_notes(report, duration_seconds, said),
            *(footing.notes if footing else ()),
        ),
    )


def part_of(report: MeterReport, started_seconds: float, ended_seconds: float) -> MeterReport:
    """Cut out what a meter read between two moments, in seconds since the run's start. [s]

    Components get their shares of the whole run's energy, since only the sum is followed over time.
    """
    whole = sum(kwh for kwh in report.energy_kwh.values() if kwh is not None)
    first, last = report.energy_at(started_seconds), report.energy_at(ended_seconds)
    part = 0.0 if first is None or last is None or not whole else (last - first) / whole
    energy = {name: None if kwh is None else kwh * part for name, kwh in report.energy_kwh.items()}
    return report._replace(energy_kwh=energy, series=[], seconds=ended_seconds - started_seconds)


def _point(record: "Record") -> list[tuple[float, float]]:
    energy: Any = record.get("energy_kwh") or {}
    seconds: Any = record.get("elapsed_seconds")
    known = [kwh for kwh in energy.values() if isinstance(kwh, (int, float))]
    return [(float(seconds), float(sum(known)))] if known and isinstance(seconds, (int, float)) else []


def _plain(record: "Record") -> dict[str, Any]:
    return {name: value for name, value in record.items() if name not in ("v", "type", "t", "mono")}


def _qualities(components: tuple[dict[str, Any], ...], changes: list[Any]) -> dict[str, str]:
    """Give the worst that is known of each component that has energy at all."""
    found: dict[str, str] = {}
    for item in (*components, *changes):
        name, quality = str(item.get("component")), str(item.get("quality"))
        if quality in QUALITIES[:2]:
            found[name] = max(found.get(name, quality), quality, key=QUALITIES.index)
    return found


def _span(span: "SpanRecord", report: MeterReport) -> dict[str, Any]:
    first, last = report.energy_at(span.started_seconds), report.energy_at(span.ended_seconds)
    energy = None if first is None or last is None else last - first
    seconds = span.ended_seconds - span.started_seconds
    found = {name: getattr(span, name) for name in ("span", "parent", "name", "error")}
    found["attributes"] = plain(span.attributes)
    return found | {"started_seconds": span.started_seconds, "duration_seconds": seconds, "it_energy_kwh": energy}


def unmeasured(
    energy_kwh: dict[str, float | None], components: Iterable[dict[str, Any]], said: dict[str, Any]
) -> tuple[str, ...]:
    """Name the components that are missing in the energy."""
    has_gpu = expects_accelerators(said, (item.get("component") for item in components))
    return tuple(name for name, kwh in energy_kwh.items() if kwh is None and (has_gpu or name != "gpu"))


def _own_notes(report: MeterReport, duration_seconds: float, said: dict[str, Any]) -> list[str]:
    if all(kwh is None for kwh in report.energy_kwh.values()):
        return ["Nothing was measured."]
    missing = unmeasured(report.energy_kwh, report.components, said)
    found = [f"Not measured and not counted: {', '.join(missing)}."] if missing else []
    late = duration_seconds - report.seconds
    if late > _LATE_SECONDS:
        found.append(f"The last {late:.0f} s were not measured.")
    return found
