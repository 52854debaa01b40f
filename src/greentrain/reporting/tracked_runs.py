"""What a report of tracked runs reads in their journals: power over time, spans, and energy by hours."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise

from greentrain.errors import Contradiction
from greentrain.history import Run, match_hours
from greentrain.history.session_journals import MeterJournal, read_journals
from greentrain.intensity import Series
from greentrain.journal.readings import Point, energy_at
from greentrain.journal.records import COMPONENTS, SpanRecord
from greentrain.reporting.report_data import PowerSpan, ReportData
from greentrain.units import SECONDS_PER_HOUR, W_PER_KW


def with_hours(data: ReportData, runs: Iterable[Run], series: Series) -> ReportData:
    """Match the runs of a report with a series of carbon intensity.

    Parameters
    ----------
    data : ReportData
        Of the result.
    runs : iterable of Run
        Those that are reported.
    series : Series
        Of the grid at the runs' place.

    Raises
    ------
    Contradiction
        If it is no tracked or imported run.
    """
    if data.kind not in ("run", "project"):
        raise Contradiction("grid_series", series.source, f"is for runs that were recorded, and this is a {data.kind}")
    known = {line.id for line in data.lines if line.operational_kg is not None}
    return data._replace(hourly={run.id: match_hours(run, series) for run in runs if run.id in known})


MOST_POINTS = 600
"""More than a chart is wide would only weigh. [1]"""

PowerSeries = tuple[tuple[float, float], ...]


def meters_of(run: Run) -> tuple[MeterJournal, ...]:
    """Read what the meters of a run wrote."""
    return read_journals(run.folders).meters


def power_series(run: Run, meters: Sequence[MeterJournal]) -> dict[str, PowerSeries]:
    """Return the power of each component over all nodes, in equal steps of time.

    Parameters
    ----------
    run : Run
        The run.
    meters : sequence of Meter
        Its meters.

    Returns
    -------
    dict
        Component to pairs of seconds since the run's start, in the middle of a step [s], and mean power [W]. A time
        without measurement has no pair.
    """
    length = max((meter.started - run.started + meter.reached_seconds for meter in meters), default=0.0)
    steps = min(MOST_POINTS, max((len(meter.points) for meter in meters), default=0))
    if steps == 0 or length <= 0:
        return {}
    width = length / steps
    series = {name: _series(meters, run.started, name, width, steps) for name in COMPONENTS}
    return {name: points for name, points in series.items() if points}


def spans_of(run: Run, meters: Sequence[MeterJournal]) -> Iterator[PowerSpan]:
    """Return the spans of a run by seconds since its start, with the energy of all nodes in that time."""
    courses = [(meter.started - run.started, _course(meter)) for meter in meters if meter.points]
    depths = _depths(run.spans)
    for span in run.spans:
        begin = span.started - run.started
        end = None if span.ended is None else span.ended - run.started
        if span.seconds is not None:
            end = begin + span.seconds
        yield PowerSpan(
            span.name,
            begin,
            end,
            _grown(courses, begin, end) if courses and end is not None else None,
            depths[span.session, span.span],
        )


def _depths(spans: Iterable[SpanRecord]) -> dict[tuple[str, int], int]:
    """Count in how many others each span lies, by the parents that were recorded."""
    parents = {(span.session, span.span): span.parent for span in spans}
    found: dict[tuple[str, int], int] = {}
    for session, number in parents:
        depth, seen, above = 0, {number}, parents[session, number]
        # A damaged journal may name a span that is not there, or one inside itself.
        while above is not None and above not in seen and (session, above) in parents:
            seen.add(above)
            depth, above = depth + 1, parents[session, above]
        found[session, number] = depth
    return found


def _course(meter: MeterJournal) -> list[tuple[float, float]]:
    """Return the energy of all components by each reading of a meter: seconds since its start [s], and energy [kWh]."""
    return [(point.seconds, sum(kwh or 0.0 for kwh in point.energy_kwh.values())) for point in meter.points]


def _grown(courses: Iterable[tuple[float, list[tuple[float, float]]]], begin: float, end: float) -> float:
    """Return the energy between two moments by all meters, each with the time at which it began. [kWh]"""
    return sum(
        energy_at(course, max(0.0, end - offset)) - energy_at(course, max(0.0, begin - offset))
        for offset, course in courses
    )


def _series(meters: Iterable[MeterJournal], started: float, name: str, width: float, steps: int) -> PowerSeries:
    """Spread each reading's energy over the steps that it lies in, and divide by the time that was seen."""
    power = [0.0] * steps
    seen = [False] * steps
    for meter in meters:
        energy, covered = [0.0] * steps, [0.0] * steps
        for begin, end, kwh in _pieces(meter, started, name):
            for step in range(max(0, int(begin / width)), min(steps, int(end / width) + 1)):
                part = min(end, (step + 1) * width) - max(begin, step * width)
                if part > 0:
                    energy[step] += kwh * part / (end - begin)
                    covered[step] += part
        for step, seconds in enumerate(covered):
            if seconds > 0:
                power[step] += energy[step] * W_PER_KW * SECONDS_PER_HOUR / seconds
                seen[step] = True
    return tuple((round((step + 0.5) * width, 3), power[step]) for step in range(steps) if seen[step])


def _pieces(meter: MeterJournal, started: float, name: str) -> Iterator[tuple[float, float, float]]:
    """Return begin and end of each time between two readings, from the run's start [s], and its energy [kWh]."""
    offset = meter.started - started
    zero = Point(0.0, dict.fromkeys(COMPONENTS, 0.0))
    for one, two in pairwise((zero, *meter.points)):
        low, high = one.energy_kwh[name], two.energy_kwh[name]
        if low is not None and high is not None and two.seconds > one.seconds:
            yield offset + one.seconds, offset + two.seconds, high - low
