"""The result of a run of this process: its journals read as the history reads them, or the part that is a span's."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from greentrain.errors import GreentrainError
from greentrain.estimation.site import UNKNOWN_SITE, site_factors, site_record
from greentrain.footprint import SiteFactors
from greentrain.history.merge import read_run
from greentrain.history.recorded_run import estimate_inputs
from greentrain.history.run import Run
from greentrain.history.session_slice import energy_between, slice_session
from greentrain.journal.paths import host_name
from greentrain.journal.writer import to_encodable
from greentrain.numbers import duration
from greentrain.record import Record
from greentrain.tracking.finished_run import FinishedRun, Measurement, unmeasured_run
from greentrain.tracking.session import JOINED, Session
from greentrain.units import SECONDS_PER_HOUR

if TYPE_CHECKING:
    from greentrain.estimation import Estimate
    from greentrain.tracking.lifecycle import Lifecycle
    from greentrain.tracking.training_records import EndedSpan

PATIENCE_SECONDS = 3.0
"""The longest wait for the meter's last record when someone wants to see the result. [s]"""

_LONGEST_NAME = 60
_SHORTEST_SECONDS = 1e-3
_NO_METER = {
    "joined": "This process joined a run that another process measures; the history adds them up.",
    "none": "This process belongs to a run that another process tracks, and recorded nothing.",
}


class RunResult(Record):
    """What came out.

    Attributes
    ----------
    measurement : Measurement
        What was measured, completed by the estimate.
    run : Run or None
        The run as the history shows it; None for a process that has no meter.
    is_final : bool
        Whether no more is to come from the meter.
    """

    measurement: Measurement
    run: Run | None
    is_final: bool

    @property
    def estimate(self) -> "Estimate | None":
        """The estimate by the hardware profiles; None for unknown hardware."""
        return self.run.estimate if self.run is not None else None


def result_of(run: "Lifecycle") -> RunResult:
    """Put the result of a run together; waits for the meter's last record if need be."""
    session, outer, seconds = run.session, run.outer, run.duration_seconds or 0.0
    is_final = outer is None or outer.is_over
    if session is not None and session.meter is not None and is_final:
        session.wait_for_meter(PATIENCE_SECONDS)
    site, problem = _site(run.settings.dated_inputs(), seconds)
    if session is not None and outer is None:
        _close(session, site)
    found = _recorded(run, seconds, site)
    is_without = run.role in _NO_METER and found is None
    notes = (*run.notes, *([_NO_METER[run.role]] if is_without else []), *problem)
    if found is None:
        return RunResult(unmeasured_run(seconds, notes, run.logs.by_name), None, is_final)
    assert session is not None
    spans = session.spans.ended if outer is None else []
    measured = _measurement(found, session.id, run.logs.by_name, spans, (*notes, *site.notes))
    return RunResult(measured, found, is_final)


def write_site(run: "Lifecycle") -> None:
    """Record PUE and carbon intensity of a run's place and year, and close its journal."""
    if run.session is not None:
        site, _ = _site(run.settings.dated_inputs(), run.duration_seconds or 0.0)
        _close(run.session, site)


def view_of(run: "Lifecycle", result: RunResult | None) -> FinishedRun:
    """Return what is known of a run as a frozen value."""
    session, settings = run.session, run.settings
    exit_status = run.exit_status
    record: dict[str, Any] = {
        "id": session.key if session else None,
        "folder": session.folder if session else None,
        "journal": session.journal.path if session and session.journal else None,
        "session": session.id if session else None,
        "role": run.role,
        "name": run.name,
        "project": settings.project,
        "status": exit_status.status if exit_status else "running",
        "error": exit_status.error if exit_status else None,
        "duration_seconds": run.duration_seconds,
        "estimate_inputs": settings.dated_inputs(),
        "measurement": result.measurement.to_dict() if result else None,
        "estimate": result.estimate.to_dict() if result and result.estimate else None,
    }
    text = summary(run, result).strip() if result else ""
    return FinishedRun(record, result.measurement if result else None, _estimated_as(result), text)


def _estimated_as(result: RunResult | None) -> dict[str, Any] | None:
    if result is None or result.run is None or result.estimate is None:
        return None
    return estimate_inputs(result.run)


def summary(run: "Lifecycle", result: RunResult) -> str:
    """Write the result in one line, the name's control characters escaped."""
    name = ascii(run.name)[1:-1] if run.name else "run"
    if len(name) > _LONGEST_NAME:
        name = f"{name[:_LONGEST_NAME]}..."
    status = run.exit_status.status if run.exit_status else "running"
    if result.is_final and result.run is not None and result.run.status not in ("running", "unknown"):
        status = result.run.status  # another session of the run may have failed
    seconds = result.measurement.duration_seconds
    return f"greentrain: {name} {status} after {duration(seconds)}: {_amounts(run, result)}\n"


def _amounts(run: "Lifecycle", result: RunResult) -> str:
    found = result.run
    if run.role == JOINED and found is None:
        return _amounts_of_joined(run.session)
    if found is None:
        return "nothing was recorded"
    text = found.summary
    return text if result.is_final else f"{text}; final when the run around it ends"


def _amounts_of_joined(session: Session | None) -> str:
    """State who measures, as the journals show it, for a process that has no meter."""
    if session is None or session.folder is None:
        return "nothing was recorded"
    found = read_run(session.folder)
    nodes = found.nodes if found is not None else ()
    hosts = [node.host for node in nodes if any(kwh is not None for kwh in node.energy_kwh.values())]
    if host_name() in hosts or any(node.is_running for node in nodes):
        return f"measured as a part of {session.key}"
    return f"a part of {session.key}, of which nothing is measured on this computer"


def _recorded(run: "Lifecycle", seconds: float, site: SiteFactors) -> Run | None:
    """Read the run from its journals; of one inside another run, the part of that one's that is its own."""
    session, outer = run.session, run.outer
    if session is None or not session.is_metered_itself or session.folder is None:
        return None
    if outer is None:
        return read_run(session.folder)
    begin, inputs = run.started_seconds, run.settings.dated_inputs()
    return slice_session(session.folder, session.id, begin, begin + seconds, inputs, site)


def _measurement(
    run: Run,
    session: str,
    logs: dict[str, dict[str, float]],
    spans: "Iterable[EndedSpan]",
    notes: tuple[str, ...],
) -> Measurement:
    meter = run.nodes[-1].meter if run.nodes else {}
    return Measurement(
        duration_seconds=run.duration_seconds,
        energy_kwh=dict(run.energy_kwh),
        footprint=run.footprint,
        components=tuple(part._asdict() for node in run.nodes for part in node.components),
        quality={
            name: value
            for name, value in meter.items()
            if name not in ("why", "share", "meter_name", "meter_version", "codecarbon_version")
        },
        gaps=tuple(gap._asdict() for gap in run.gaps),
        spans=tuple(_spans(run, session, spans)),
        logs=logs,
        notes=tuple(dict.fromkeys((*notes, *run.footprint.notes))),
        unfilled=run.unfilled,
    )


def _spans(run: Run, session: str, spans: "Iterable[EndedSpan]") -> Iterable[dict[str, Any]]:
    """Yield the spans of this process with the energy that its node drew in their time."""
    ended = list(spans)
    times = [(span.started_seconds, span.ended_seconds) for span in ended]
    kwh = energy_between(run, session, times) if ended else []
    for span, energy in zip(ended, kwh, strict=True):
        found = {name: getattr(span, name) for name in ("span", "parent", "name", "error")}
        found["attributes"] = to_encodable(span.attributes)
        seconds = span.ended_seconds - span.started_seconds
        yield found | {
            "started_seconds": span.started_seconds, "duration_seconds": seconds, "it_energy_kwh": energy
        }  # fmt: skip


def _site(inputs: dict[str, Any], seconds: float) -> tuple[SiteFactors, tuple[str, ...]]:
    try:
        return site_factors(inputs, max(seconds, _SHORTEST_SECONDS) / SECONDS_PER_HOUR), ()
    except GreentrainError as error:  # profiles that have been damaged since the start
        return UNKNOWN_SITE, (f"No emissions: {error}.",)


def _close(session: Session, site: SiteFactors) -> None:
    if site.pue is not None and not session.is_closed:
        session.write({"type": "inputs", **site_record(site)})
    session.close()
