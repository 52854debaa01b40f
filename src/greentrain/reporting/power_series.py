"""Power over time of a tracked run, from the energies in its journals."""

from collections.abc import Iterable, Iterator
from itertools import pairwise

from greentrain.history import Run
from greentrain.history.readings import Point
from greentrain.history.records import COMPONENTS
from greentrain.history.sessions import Meter, read_journals
from greentrain.reporting.subject import PowerSpan
from greentrain.units import SECONDS_PER_HOUR, W_PER_KW

MOST_POINTS = 600
"""More than a chart is wide would only weigh. [1]"""

Series = tuple[tuple[float, float], ...]


def power_series(run: Run) -> dict[str, Series]:
    """Give the power of each component over all nodes, in equal steps of time.

    Parameters
    ----------
    run : Run
        Whose journals are read.

    Returns
    -------
    dict
        Component to pairs of seconds since the run's start, in the middle of a step [s], and mean power [W]. A time
        without measurement has no pair.
    """
    meters = read_journals(run.folders).meters
    length = max((meter.started - run.started + _reach(meter) for meter in meters), default=0.0)
    steps = min(MOST_POINTS, max((len(meter.points) for meter in meters), default=0))
    if steps == 0 or length <= 0:
        return {}
    width = length / steps
    series = {name: _series(meters, run.started, name, width, steps) for name in COMPONENTS}
    return {name: points for name, points in series.items() if points}


def spans_of(run: Run) -> Iterator[PowerSpan]:
    """Give the spans of a run by seconds since its start."""
    for span in run.spans:
        begin = span.started - run.started
        if span.seconds is not None:
            yield PowerSpan(span.name, begin, begin + span.seconds)
        else:
            yield PowerSpan(span.name, begin, None if span.ended is None else span.ended - run.started)


def _reach(meter: Meter) -> float:
    return meter.points[-1].seconds if meter.points else 0.0


def _series(meters: Iterable[Meter], started: float, name: str, width: float, steps: int) -> Series:
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


def _pieces(meter: Meter, started: float, name: str) -> Iterator[tuple[float, float, float]]:
    """Give begin and end of each time between two readings, from the run's start [s], and its energy [kWh]."""
    offset = meter.started - started
    zero = Point(0.0, dict.fromkeys(COMPONENTS, 0.0))
    for one, two in pairwise((zero, *meter.points)):
        low, high = one.energy_kwh[name], two.energy_kwh[name]
        if low is not None and high is not None and two.seconds > one.seconds:
            yield offset + one.seconds, offset + two.seconds, high - low
