"""A slice of a session: what its meter read between two moments."""

from collections.abc import Mapping, Sequence
from typing import Any

from greentrain.footprint import SiteFactors
from greentrain.history.nodes import UNMEASURED_SECONDS, nodes_of, unread_seconds
from greentrain.history.recorded_run import NodeMeasurement
from greentrain.history.run import Run
from greentrain.history.session_journals import MeterJournal, read_journals
from greentrain.journal.paths import folder_key
from greentrain.journal.readings import energy_at, length_within
from greentrain.journal.records import COMPONENTS, NOT_DRAWING, Gap, is_significant_gap

_RUNNING = "running"


def slice_session(
    folder: str, session: str, from_seconds: float, to_seconds: float, inputs: Mapping[str, Any], site: SiteFactors
) -> Run | None:
    """Cut a slice out of a session, such as a run inside another one, as a run of its own.

    Parameters
    ----------
    folder : str
        Folder of the run's journals.
    session : str
        The session.
    from_seconds, to_seconds : float
        From and to, counted from the session's start. [s]
    inputs : mapping
        What the user stated of the slice, as keywords of ``greentrain.estimate``.
    site : SiteFactors
        PUE, carbon intensity and water of its place.

    Returns
    -------
    Run or None
        None where the session has left no record.
    """
    journals = read_journals((folder,))
    node = next((node for node in nodes_of(journals, frozenset()) if node.session == session), None)
    if node is None:
        return None
    meter = next((meter for meter in journals.meters if meter.session == session), None)
    part = _cut(node, meter, from_seconds, to_seconds, site)
    return Run(
        id=folder_key(folder),
        status=_RUNNING,
        started=part.started,
        ended=part.started + part.duration_seconds,
        duration_seconds=part.duration_seconds,
        location=inputs.get("location"),
        year=inputs.get("year"),
        nodes=(part,),
        energy_kwh=dict(part.energy_kwh),
        is_complete=not part.unmeasured and not part.gaps,
        site=site,
        gaps=part.gaps,
        journal_notes=(*journals.notes, *part.notes),
        journal_flags=journals.flags,
        estimate_inputs=dict(inputs),
        folders=(folder,),
    )


def energy_between(run: Run, session: str, times: Sequence[tuple[float, float]]) -> list[float | None]:
    """Return the energy of all components between moments of a session, before PUE; None where none was read. [kWh]

    Parameters
    ----------
    run : Run
        The run.
    session : str
        The session.
    times : sequence of (float, float)
        From and to, counted from the session's start. [s]
    """
    meter = next((meter for meter in read_journals(run.folders).meters if meter.session == session), None)
    if meter is None or not meter.points:
        return [None] * len(times)
    series = [(point.seconds, sum(kwh or 0.0 for kwh in point.energy_kwh.values())) for point in meter.points]
    return [energy_at(series, end) - energy_at(series, begin) for begin, end in times]


def _cut(
    node: NodeMeasurement, meter: MeterJournal | None, begin: float, end: float, site: SiteFactors
) -> NodeMeasurement:
    energy: dict[str, float | None] = dict.fromkeys(COMPONENTS)
    if meter is not None and meter.points:
        energy = {name: _grown(meter, name, begin, end) for name in COMPONENTS}
    lost = meter.lost if meter is not None else frozenset()
    unread = unread_seconds(meter, begin, end)
    lapsed = {name for name, seconds in unread.items() if is_significant_gap(seconds, end - begin)}
    return node._replace(
        started=node.started + begin,
        duration_seconds=end - begin,
        energy_kwh=energy,
        power_w=dict.fromkeys(COMPONENTS),
        gaps=_gaps(node, meter, begin, end),
        unmeasured=tuple(name for name in node.unmeasured if energy[name] is None or name in lost or name in lapsed),
        pue=site.pue_value,
        g_per_kwh=site.g_per_kwh,
        unread_seconds=unread,
    )


def _grown(meter: MeterJournal, name: str, begin: float, end: float) -> float | None:
    if meter.points[-1].energy_kwh[name] is None:
        return None
    series = [(point.seconds, point.energy_kwh[name] or 0.0) for point in meter.points]
    return energy_at(series, end) - energy_at(series, begin)


def _gaps(node: NodeMeasurement, meter: MeterJournal | None, begin: float, end: float) -> tuple[Gap, ...]:
    """Return the times of the slice without a reading, the end included that the meter has not reached."""
    started, ended = node.started + begin, node.started + end
    found = []
    for gap in node.gaps:
        since, until = max(gap.started, started), min(gap.started + gap.seconds, ended)
        if until > since:
            found.append(gap._replace(started=since, seconds=until - since))
    missing = end - max(begin, meter.reached_seconds if meter else 0.0)
    stated = ((gap.started, gap.started + gap.seconds) for gap in found if gap.reason != NOT_DRAWING)
    if missing - length_within(stated, ended - missing, ended) > UNMEASURED_SECONDS:
        found.append(Gap(node.host, ended - missing, missing, "unmeasured"))
    return tuple(found)
