"""The result of a run that has ended: measurement and estimate beside each other."""

from typing import TYPE_CHECKING, Any, NamedTuple

from greentrain.errors import GreentrainError
from greentrain.journal.reader import read_journal
from greentrain.tracking.carrier import JOINED, MAIN, Carrier
from greentrain.tracking.inputs import Footing, estimate_beside, footing
from greentrain.tracking.measurement import Measurement, MeterReport, measured, part_of, read_report, unmeasured
from greentrain.tracking.readings import Readings
from greentrain.tracking.view import FinishedRun

if TYPE_CHECKING:
    from greentrain.estimation import Estimate
    from greentrain.tracking.course import Course

PATIENCE_SECONDS = 3.0
"""The longest wait for the meter's last record when someone wants to see the result. [s]"""

_LONGEST_NAME = 60
_NO_METER = {
    "joined": "This process joined a run that another process measures; the history adds them up.",
    "none": "This process belongs to a run that another process tracks, and recorded nothing.",
}


class Result(NamedTuple):
    """What came out.

    Attributes
    ----------
    measurement : Measurement
        What was measured.
    estimate : Estimate or None
        What the hardware profiles say; None for unknown hardware.
    is_final : bool
        Whether no more is to come from the meter.
    """

    measurement: Measurement
    estimate: "Estimate | None"
    is_final: bool


def result_of(run: "Course") -> Result:
    """Put the result of a run together; waits for the meter's last record if need be."""
    report = _report(run)
    is_final = run.outer is None or run.outer.is_over
    seconds = run.duration_seconds or 0.0
    said = run.settings.dated_inputs()
    base, problem = _footing(said, seconds)
    notes = (*run.notes, *([_NO_METER[run.role]] if run.role in _NO_METER else []), *problem)
    spans = run.carrier.spans.ended if run.carrier is not None and run.outer is None else []
    measurement = measured(report, seconds, base, spans, run.logs.by_name, notes, said)
    estimate = estimate_beside(said, report.components, seconds)
    if run.carrier is not None and run.outer is None:
        _close(run.carrier, base)
    return Result(measurement, estimate, is_final)


def view_of(run: "Course", result: Result | None) -> FinishedRun:
    """Give what is known of a run as a frozen value."""
    carrier, settings = run.carrier, run.settings
    ending = run.ending
    record: dict[str, Any] = {
        "id": carrier.key if carrier else None,
        "folder": carrier.folder if carrier else None,
        "journal": carrier.journal.path if carrier and carrier.journal else None,
        "session": carrier.session if carrier else None,
        "role": run.role,
        "name": run.name,
        "project": settings.project,
        "status": ending.status if ending else "running",
        "error": ending.error if ending else None,
        "duration_seconds": run.duration_seconds,
        "estimate_inputs": settings.dated_inputs(),
        "measurement": result.measurement.to_dict() if result else None,
        "estimate": result.estimate.to_dict() if result and result.estimate else None,
    }
    return FinishedRun(record, result.measurement if result else None)


def summary(run: "Course", result: Result) -> str:
    """Say the result in one line, the name's control characters escaped."""
    name = ascii(run.name)[1:-1] if run.name else "run"
    if len(name) > _LONGEST_NAME:
        name = f"{name[:_LONGEST_NAME]}..."
    status = run.ending.status if run.ending else "running"
    return f"greentrain: {name} {status} after {_seconds(run.duration_seconds or 0.0)}: {_amounts(run, result)}\n"


def _amounts(run: "Course", result: Result) -> str:
    energy, mass = result.measurement.facility_energy_kwh, result.measurement.operational_kg
    if run.role == JOINED:
        key = run.carrier.key if run.carrier else None
        return f"measured as a part of {key or 'the run that it joined'}"
    if energy is None or mass is None:
        estimate = result.estimate
        beside = (
            "" if estimate is None else f"; estimated from profiles: {_number(estimate.facility_energy_kwh.best)} kWh"
        )
        return f"nothing was measured{beside}"
    low, best, high = map(_number, mass)
    found = result.measurement
    missing = unmeasured(found.energy_kwh, found.components, run.settings.estimate_inputs)
    without = f"; without {' and '.join(missing)}" if missing else ""
    return f"{_number(energy.best)} kWh, {best} kg CO2e (90 % interval {low} to {high}){without}"


def _number(value: float) -> str:
    return f"{value:,.0f}" if value >= 1000 else f"{value:.3g}"


def _seconds(value: float) -> str:
    if value < 120:
        return f"{value:.1f} s"
    return f"{value / 60:.1f} min" if value < 7200 else f"{value / 3600:.1f} h"


def _report(run: "Course") -> MeterReport:
    carrier, outer = run.carrier, run.outer
    if carrier is None or carrier.role != MAIN:
        return read_report([])
    if outer is None or outer.is_over:
        carrier.wait_for_meter(PATIENCE_SECONDS)
    report = read_report(_records(Readings(carrier.folder, carrier.session).session_path()))
    if outer is None:
        return report
    return part_of(report, run.started_seconds, run.started_seconds + (run.duration_seconds or 0.0))


def _records(path: str | None) -> list[dict[str, object]]:
    if path is None:
        return []
    try:
        return read_journal(path).records
    except OSError:
        return []


def _footing(said: dict[str, Any], seconds: float) -> tuple[Footing | None, tuple[str, ...]]:
    try:
        return footing(said, max(seconds, 1e-3) / 3600), ()
    except GreentrainError as error:  # profiles that have been damaged since the start
        return None, (f"No emissions: {error}.",)


def _close(carrier: Carrier, base: Footing | None) -> None:
    if base is not None and not carrier.is_closed:
        carrier.write({"type": "inputs", **base.to_dict()})
    carrier.close()
