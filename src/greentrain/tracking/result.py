"""The result of a run of this process: its journals read as the history reads them, or the part that is a span's."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from greentrain.errors import GreentrainError
from greentrain.estimation.site import UNKNOWN_SITE, site_factors, site_record
from greentrain.footprint import SiteFactors
from greentrain.history.hardware import estimate_inputs
from greentrain.history.merge import read_run
from greentrain.history.part import energy_between, part_of
from greentrain.history.run import Run
from greentrain.history.run_words import summary_words
from greentrain.journal.writer import plain
from greentrain.numbers import duration
from greentrain.record import Record
from greentrain.tracking.finished_run import FinishedRun
from greentrain.tracking.measurement import Measurement, unmeasured_run
from greentrain.tracking.session import JOINED, MAIN, Carrier
from greentrain.units import SECONDS_PER_HOUR

if TYPE_CHECKING:
    from greentrain.estimation import Estimate
    from greentrain.tracking.lifecycle import Course
    from greentrain.tracking.spans import SpanRecord

PATIENCE_SECONDS = 3.0
"""The longest wait for the meter's last record when someone wants to see the result. [s]"""

_LONGEST_NAME = 60
_SHORTEST_SECONDS = 1e-3
_NO_METER = {
    "joined": "This process joined a run that another process measures; the history adds them up.",
    "none": "This process belongs to a run that another process tracks, and recorded nothing.",
}


class Result(Record):
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
        """What the hardware profiles say; None for unknown hardware."""
        return self.run.estimate if self.run is not None else None


def result_of(run: "Course") -> Result:
    """Put the result of a run together; waits for the meter's last record if need be."""
    carrier, outer, seconds = run.carrier, run.outer, run.duration_seconds or 0.0
    is_final = outer is None or outer.is_over
    if carrier is not None and carrier.role == MAIN and is_final:
        carrier.wait_for_meter(PATIENCE_SECONDS)
    site, problem = _site(run.settings.dated_inputs(), seconds)
    if carrier is not None and outer is None:
        _close(carrier, site)
    found = _recorded(run, seconds, site)
    notes = (*run.notes, *([_NO_METER[run.role]] if run.role in _NO_METER else []), *problem)
    if found is None:
        return Result(unmeasured_run(seconds, notes, run.logs.by_name), None, is_final)
    assert carrier is not None
    spans = carrier.spans.ended if outer is None else []
    measured = _measurement(found, carrier.session, run.logs.by_name, spans, (*notes, *site.notes))
    return Result(measured, found, is_final)


def view_of(run: "Course", result: Result | None) -> FinishedRun:
    """Return what is known of a run as a frozen value."""
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
    words = summary(run, result).strip() if result else ""
    return FinishedRun(record, result.measurement if result else None, _estimated_as(result), words)


def _estimated_as(result: Result | None) -> dict[str, Any] | None:
    if result is None or result.run is None or result.estimate is None:
        return None
    return estimate_inputs(result.run)


def summary(run: "Course", result: Result) -> str:
    """Write the result in one line, the name's control characters escaped."""
    name = ascii(run.name)[1:-1] if run.name else "run"
    if len(name) > _LONGEST_NAME:
        name = f"{name[:_LONGEST_NAME]}..."
    status = run.ending.status if run.ending else "running"
    seconds = result.measurement.duration_seconds
    return f"greentrain: {name} {status} after {duration(seconds)}: {_amounts(run, result)}\n"


def _amounts(run: "Course", result: Result) -> str:
    if run.role == JOINED:
        key = run.carrier.key if run.carrier else None
        return f"measured as a part of {key or 'the run that it joined'}"
    found = result.run
    if found is None:
        return "nothing was recorded"
    words = summary_words(found.footprint, found.unfilled, found.coverage)
    return words if result.is_final else f"{words}; final when the run around it ends"


def _recorded(run: "Course", seconds: float, site: SiteFactors) -> Run | None:
    """Read the run from its journals; of one inside another run, the part of that one's that is its own."""
    carrier, outer = run.carrier, run.outer
    if carrier is None or carrier.role != MAIN or carrier.folder is None:
        return None
    if outer is None:
        return read_run(carrier.folder)
    inputs = run.settings.dated_inputs()
    return part_of(carrier.folder, carrier.session, run.started_seconds, run.started_seconds + seconds, inputs, site)


def _measurement(
    run: Run,
    session: str,
    logs: dict[str, dict[str, float]],
    spans: "Iterable[SpanRecord]",
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
    )


def _spans(run: Run, session: str, spans: "Iterable[SpanRecord]") -> Iterable[dict[str, Any]]:
    """Yield the spans of this process with the energy that its node drew in their time."""
    ended = list(spans)
    times = [(span.started_seconds, span.ended_seconds) for span in ended]
    kwh = energy_between(run, session, times) if ended else []
    for span, energy in zip(ended, kwh, strict=True):
        found = {name: getattr(span, name) for name in ("span", "parent", "name", "error")}
        found["attributes"] = plain(span.attributes)
        seconds = span.ended_seconds - span.started_seconds
        yield found | {
            "started_seconds": span.started_seconds, "duration_seconds": seconds, "it_energy_kwh": energy
        }  # fmt: skip


def _site(inputs: dict[str, Any], seconds: float) -> tuple[SiteFactors, tuple[str, ...]]:
    try:
        return site_factors(inputs, max(seconds, _SHORTEST_SECONDS) / SECONDS_PER_HOUR), ()
    except GreentrainError as error:  # profiles that have been damaged since the start
        return UNKNOWN_SITE, (f"No emissions: {error}.",)


def _close(carrier: Carrier, site: SiteFactors) -> None:
    if site.pue is not None and not carrier.is_closed:
        carrier.write({"type": "inputs", **site_record(site)})
    carrier.close()
