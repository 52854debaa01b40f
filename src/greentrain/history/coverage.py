"""How much of a run its meters saw."""

from greentrain.catalogue import Accelerator
from greentrain.history.records import NodeMeasurement
from greentrain.history.run import Run
from greentrain.units import SECONDS_PER_HOUR, W_PER_KW

_NOT_DRAWING = "suspended"
_LEAST_OVER_IDLE = 0.5
_LEAST_OVER_TDP = 0.02
_LEAST_W = 1.0


def coverage(run: Run, name: str) -> float:
    """Give the share of the run's time, on all its nodes, in which a component was measured. [1]

    A suspended machine does not run, so that time counts on neither side.
    """
    whole = sum(node.duration_seconds for node in run.nodes)
    return sum(_seen(node, name) for node in run.nodes) / whole if whole else 1.0


def _seen(node: NodeMeasurement, name: str) -> float:
    if node.energy_kwh[name] is None:
        return 0.0
    missing = sum(gap.seconds for gap in node.gaps if gap.reason != _NOT_DRAWING)
    return max(0.0, node.duration_seconds - missing)


def accelerator_count(run: Run) -> int:
    """Count the accelerators that the meters found, each once."""
    return sum(run.accelerators.values())


def mean_accelerator_w(run: Run) -> float | None:
    """Give the mean power of one accelerator while it was measured; None where none was. [W]"""
    kwh = seconds = 0.0
    for node in run.nodes:
        value = node.energy_kwh["gpu"]
        devices = sum(part.component == "gpu" for part in node.components)
        if value is not None and devices:
            kwh += value
            seconds += _seen(node, "gpu") * devices
    return kwh * W_PER_KW * SECONDS_PER_HOUR / seconds if seconds else None


def least_w(device: Accelerator | None) -> float:
    """Give the mean power below which a reading of a working accelerator cannot be right. [W]

    Half of what it draws idle; where that is not known, a fiftieth of its TDP, less than any card draws idle.
    """
    if device is None:
        return _LEAST_W
    if device.idle_w:
        return max(_LEAST_W, _LEAST_OVER_IDLE * device.idle_w)
    return max(_LEAST_W, _LEAST_OVER_TDP * (device.tdp_w.best if device.tdp_w else 0.0))
