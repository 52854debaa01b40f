"""What meters read of a run: its energy with its interval, how much of the time they covered, and mean power."""

from collections.abc import Iterable, Sequence

from greentrain.catalogue import Accelerator
from greentrain.history.recorded_run import NodeMeasurement, RecordedRun
from greentrain.interval import Interval, exact, sum_independent
from greentrain.journal.records import COMPONENTS, NOT_DRAWING
from greentrain.units import SECONDS_PER_HOUR, W_PER_KW

_LEAST_OVER_IDLE = 0.5
_LEAST_OVER_TDP = 0.02
_LEAST_W = 1.0
WIDTHS = {
    # Boards' own sensors are stated and found to be right within 5 % once a run is longer than their averaging time:
    # nvidia-smi's manual; Yang, Adamek, Armour (2024), arXiv:2312.02741. Counters of CPUs (RAPL) do not do worse.
    "measured": Interval(0.95, 1.0, 1.05),
    # From load and TDP, or from installed memory: methods in use differ by a factor of two either way and more.
    "modelled": Interval(0.5, 1.0, 2.0),
    # The same, and watts per thread that differ between servers' CPUs from 0.56 to 2.7 times the middle one.
    "assumed": Interval(0.4, 1.0, 3.3),
}
"""What a reading may be wrong by, as a factor. [1]"""


def metered_energy(nodes: Sequence[NodeMeasurement], components: Iterable[str] = COMPONENTS) -> Interval | None:
    """Add up the nodes' energy, or that of some components, with its interval; None where none was read. [kWh]

    Errors of one kind of component are taken to be the same on every node, those of different kinds to be independent.
    """
    sums: dict[tuple[str, str], float] = {}
    for node in nodes:
        for name in components:
            value = node.energy_kwh[name]
            if value is not None:
                key = (name, _width_of(node, name))
                sums[key] = sums.get(key, 0.0) + value
    terms = [WIDTHS[quality].scaled(kwh) if kwh else exact(0.0) for (_, quality), kwh in sums.items()]
    return sum_independent(*terms) if terms else None


def _width_of(node: NodeMeasurement, name: str) -> str:
    """Return which of the widths the energy of a component has."""
    is_assumed = name in node.assumed
    return "assumed" if is_assumed and node.quality[name] == "modelled" else node.quality[name]


def coverage(run: RecordedRun, name: str) -> float:
    """Return the share of the run's time, on all its nodes, in which a component was read or modelled. [1]

    A suspended machine does not run, so that time counts on neither side.
    """
    return _share(run, [(node, _seen(node, name)) for node in run.nodes])


def sensor_coverage(run: RecordedRun, name: str) -> float:
    """Return the share of the run's time, on all its nodes, in which a sensor read a component. [1]"""
    return _share(run, [(node, _seen(node, name)) for node in run.nodes if node.quality[name] == "measured"])


def reads_every(run: RecordedRun, name: str) -> bool:
    """Whether no part of a kind of component is unknown, such as one board of several."""
    return all(part.quality != "unknown" for node in run.nodes for part in node.components if part.component == name)


def metered_seconds(run: RecordedRun) -> float:
    """Return the time in which a meter read or modelled anything, of the run's time. [s]"""
    return run.duration_seconds * max(coverage(run, name) for name in COMPONENTS)


def _share(run: RecordedRun, seen: Iterable[tuple[NodeMeasurement, float]]) -> float:
    whole = sum(node.duration_seconds for node in run.nodes)
    if not whole:
        return float(any(node.total_kwh is not None for node, _ in seen))
    return sum(seconds for _, seconds in seen) / whole


def _seen(node: NodeMeasurement, name: str) -> float:
    if node.energy_kwh[name] is None:
        return 0.0
    missing = sum(gap.seconds for gap in node.gaps if gap.reason != NOT_DRAWING) + node.unread_seconds.get(name, 0.0)
    return max(0.0, node.duration_seconds - missing)


def accelerator_coverage(run: RecordedRun, count: int) -> float:
    """Return the share of the time of so many accelerators, each for the whole run, that was read or modelled. [1]

    Where more were found than counted, it is not known which of them count: the share is that of the time.
    """
    times = [(node, run.accelerators_by_host[node.host]) for node in run.nodes]
    whole = sum(node.duration_seconds * number for node, number in times)
    if not whole:
        return coverage(run, "gpu")
    seen = sum(_seen(node, "gpu") * number for node, number in times)
    return seen / whole * min(1.0, whole / (count * run.duration_seconds))


def mean_accelerator_w(run: RecordedRun) -> float | None:
    """Return the mean power of one accelerator while it was measured; None where none was. [W]"""
    kwh = seconds = 0.0
    for node in run.nodes:
        value = node.energy_kwh["gpu"]
        devices = sum(part.component == "gpu" for part in node.components)
        if value is not None and devices:
            kwh += value
            seconds += _seen(node, "gpu") * devices
    return kwh * W_PER_KW * SECONDS_PER_HOUR / seconds if seconds else None


def least_w(device: Accelerator | None) -> float:
    """Return the mean power below which a reading of a working accelerator cannot be right. [W]

    Half of what it draws idle; where that is not known, a fiftieth of its TDP, less than any card draws idle.
    """
    if device is None:
        return _LEAST_W
    if device.idle_w:
        return max(_LEAST_W, _LEAST_OVER_IDLE * device.idle_w)
    return max(_LEAST_W, _LEAST_OVER_TDP * (device.tdp_w.best if device.tdp_w else 0.0))
