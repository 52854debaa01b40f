"""One measurement per node and session, with nothing counted twice."""

from collections.abc import Iterable

from greentrain.estimation.site import UNKNOWN_SITE
from greentrain.history.recorded_run import LEAST_OVERLAP_SECONDS, NodeMeasurement
from greentrain.history.session_journals import Journals, MeterJournal, TrackerJournal
from greentrain.journal import fields
from greentrain.journal.readings import energy_at
from greentrain.journal.records import (
    COMPONENTS,
    OWN_PROCESSES,
    SAVED_ESTIMATE,
    Component,
    Gap,
    expects_accelerators,
    is_significant_gap,
    worst_quality,
)

_SAME_BOOT_SECONDS = 120.0
"""Two zeros of a monotonic clock that lie closer are one: network time corrects by less, a boot takes longer."""

UNMEASURED_SECONDS = 2.0
"""A shorter time without a reading is negligible. [s]"""


def nodes_of(journals: Journals, running: frozenset[str]) -> list[NodeMeasurement]:
    """Measure each node and session.

    Parameters
    ----------
    journals : Journals
        All journals of the run.
    running : frozenset of str
        Sessions that go on.
    """
    meters = _one_per_session(journals.meters)
    measured = {(tracker.session, tracker.host): tracker for tracker in journals.trackers}
    mains = {
        key: tracker
        for key, tracker in measured.items()
        if key in meters or (tracker.is_main and not _is_measured_by_another(tracker, meters.values()))
    }
    before: list[MeterJournal] = []
    nodes = []
    for key in sorted({*mains, *meters}, key=lambda key: (_started(mains.get(key), meters.get(key)), key)):
        meter = meters.get(key)
        nodes.append(_node(mains.get(key), meter, before, key[0] in running))
        if meter is not None:
            before.append(meter)
    return nodes


def _is_measured_by_another(tracker: TrackerJournal, meters: Iterable[MeterJournal]) -> bool:
    """Whether the meter of another rank of its computer measured a session's whole time."""
    end = tracker.started + tracker.seconds
    return tracker.rank is not None and any(
        meter.host == tracker.host
        and meter.started <= tracker.started
        and meter.started + meter.reached_seconds >= end - UNMEASURED_SECONDS
        for meter in meters
    )


def _started(tracker: TrackerJournal | None, meter: MeterJournal | None) -> float:
    return min(item.started for item in (tracker, meter) if item is not None)


def _one_per_session(meters: Iterable[MeterJournal]) -> dict[tuple[str, str], MeterJournal]:
    """Of several meters of one session on one node take the one that measured longest."""
    found: dict[tuple[str, str], MeterJournal] = {}
    for meter in meters:
        key = (meter.session, meter.host)
        if key not in found or _length(meter) > _length(found[key]):
            found[key] = meter
    return found


def _length(meter: MeterJournal) -> tuple[bool, float]:
    """Order meters by how long they measured; one that read nothing comes before one that read its start alone."""
    return bool(meter.points), meter.reached_seconds


def _node(
    tracker: TrackerJournal | None, meter: MeterJournal | None, before: list[MeterJournal], is_running: bool
) -> NodeMeasurement:
    started = _started(tracker, meter)
    seconds = max(tracker.seconds if tracker else 0.0, meter.reached_seconds if meter else 0.0)
    site = tracker.site if tracker else UNKNOWN_SITE
    known = tracker or meter
    assert known is not None
    unread = unread_seconds(meter, 0.0, seconds)
    energy: dict[str, float | None] = dict.fromkeys(COMPONENTS)
    notes: list[str] = []
    gaps: tuple[Gap, ...] = ()
    if meter is None and (tracker is None or tracker.start.get("origin") != SAVED_ESTIMATE):
        notes.append(f"{known.host}: no meter wrote anything; nothing was measured.")
    elif meter is not None:
        energy, notes = _own_energy(meter, before)
        gaps = (*meter.gaps, *_missing_end(meter, started, seconds, tracker, is_running))
        notes += [f"{known.host}: {note}" for note in meter.notes]
        notes += _left_out_note(known.host, meter.left_out)
    return NodeMeasurement(
        host=known.host,
        session=known.session,
        started=started,
        duration_seconds=seconds,
        energy_kwh=energy,
        power_w=meter.power_w if meter and is_running else dict.fromkeys(COMPONENTS),
        quality=_quality(meter, energy),
        components=meter.components if meter else (),
        gaps=gaps,
        unmeasured=tuple(
            name
            for name in COMPONENTS
            if _is_missing(name, energy[name], tracker, meter) or is_significant_gap(unread.get(name, 0.0), seconds)
        ),
        meter=_own_account(meter),
        is_running=is_running,
        pue=site.pue_value,
        g_per_kwh=site.g_per_kwh,
        notes=tuple(notes),
        unread_seconds=unread,
        computer=meter.computer if meter else {},
    )


def _left_out_note(host: str, number: int) -> list[str]:
    """State how many readings no hardware like this can have given."""
    readings = "1 reading is" if number == 1 else f"{number} readings are"
    return [f"{host}: {readings} left out: below zero, or beyond what the hardware can draw."] if number else []


def unread_seconds(meter: MeterJournal | None, begin: float, end: float) -> dict[str, float]:
    """Return how long between two moments a meter went on without each component that it had lost. [s]"""
    if meter is None:
        return {}
    return {name: meter.lapsed(name, begin, end) for name in {*meter.lost, *meter.lapses, *meter.left_out_times}}


def _is_missing(name: str, kwh: float | None, tracker: TrackerJournal | None, meter: MeterJournal | None) -> bool:
    """Whether a component was not measured, or not to the end."""
    if kwh is not None:
        return meter is not None and name in meter.lost
    if name != "gpu" or meter is None:
        return True
    stated = fields.mapping(tracker.start, "estimate_inputs") if tracker else {}
    return expects_accelerators(stated, (part.component for part in meter.components))


def _own_account(meter: MeterJournal | None) -> dict[str, object]:
    if meter is None:
        return {}
    share = {name: value for name, value in meter.share.items() if value is not None}
    stated = {"share": share, "share_method": meter.share_method, "codecarbon_version": meter.codecarbon_version}
    stated |= {"meter_name": meter.name, "meter_version": meter.version}
    return {**meter.quality, "why": meter.why, **{name: value for name, value in stated.items() if value}}


def _quality(meter: MeterJournal | None, energy: dict[str, float | None]) -> dict[str, str]:
    """Return how the energy of each kind of component is known: as the worst known of its parts."""
    found = {}
    for name in COMPONENTS:
        stated = [part.quality for part in (meter.components if meter else ()) if part.component == name]
        known = worst_quality(stated)
        # An energy that no known part explains was not read by a sensor.
        found[name] = "unknown" if energy[name] is None else "modelled" if known == "unknown" else known
    return found


def _missing_end(
    meter: MeterJournal, started: float, seconds: float, tracker: TrackerJournal | None, is_running: bool
) -> Iterable[Gap]:
    """State the time after the meter's last reading in which the run went on."""
    missing = seconds - meter.reached_seconds
    expected = tracker.writing_interval(seconds) if is_running and tracker else 0.0
    # Where both have ended they ended at one moment: whatever is missing then was not read.
    is_over = tracker is not None and tracker.end is not None and not is_running
    if missing > UNMEASURED_SECONDS + expected or (is_over and is_significant_gap(missing, seconds)):
        yield Gap(meter.host, started + seconds - missing, missing, "unmeasured")


def _own_energy(meter: MeterJournal, before: list[MeterJournal]) -> tuple[dict[str, float | None], list[str]]:
    """Return a meter's energy, without the time in which an earlier one on the same node measured the same thing."""
    last = meter.points[-1].energy_kwh if meter.points else dict.fromkeys(COMPONENTS)
    energy: dict[str, float | None] = dict(last)
    notes = []
    for name in COMPONENTS:
        covered = max((_overlap(meter, other, name) for other in before), default=0.0)
        value = energy[name]
        if value is not None and covered > LEAST_OVERLAP_SECONDS:
            reached = [(point.seconds, point.energy_kwh[name] or 0.0) for point in meter.points]
            energy[name] = max(0.0, value - energy_at(reached, covered))
            notes.append(f"{meter.host}: two meters measured the {name} at once for {covered:.1f} s; it counts once.")
    return energy, notes


def _overlap(meter: MeterJournal, other: MeterJournal, name: str) -> float:
    """Return the time after a meter's start for which another one measured the same component. [s]"""
    if other.host != meter.host or not _may_hold_the_same(meter, other, name):
        return 0.0
    reached = [point.seconds for point in other.points if point.energy_kwh[name] is not None]
    later = meter.started - other.started
    if abs(meter.offset - other.offset) < _SAME_BOOT_SECONDS:
        later -= meter.offset - other.offset
    return max(0.0, (reached[-1] if reached else 0.0) - later)


def _may_hold_the_same(ours: MeterJournal, theirs: MeterJournal, name: str) -> bool:
    """Whether what two meters counted at one time may be the same: the whole computer's, or their job's group's.

    What each counted for its own processes is not, nor what was shared out among the runs that knew of each other.
    """
    if all(meter.is_shared_out and name in meter.share_method for meter in (ours, theirs)):
        return False
    if name == "cpu" and all(meter.share_method.get(name) == OWN_PROCESSES for meter in (ours, theirs)):
        return False
    return _same_devices(ours.components, theirs.components, name)


def _same_devices(ours: tuple[Component, ...], theirs: tuple[Component, ...], name: str) -> bool:
    """Whether two meters looked at one device; only accelerators whose ids differ are known to be two."""
    if name != "gpu":
        return True
    first, second = ({part.id for part in parts if part.component == name} for parts in (ours, theirs))
    return not first or not second or bool(first & second)
