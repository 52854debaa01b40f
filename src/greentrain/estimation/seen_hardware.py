"""The inputs of the estimate beside a measured run: what was said, completed by the hardware that the meter saw."""

from collections.abc import Mapping
from typing import Any

from greentrain.errors import GreentrainError
from greentrain.units import SECONDS_PER_HOUR

_OF_TIME = ("hours", "gpu_hours", "runs")


def measured_run_inputs(
    stated: Mapping[str, Any], accelerators: Mapping[str, int], duration_seconds: float
) -> dict[str, Any]:
    """Complete the inputs of a run by the accelerators that its meters saw and by the time that it took.

    Parameters
    ----------
    stated : mapping
        Keywords of ``greentrain.estimate`` as the user gave them. An accelerator that was named keeps its name; its
        number is that of the accelerators seen unless the user gave one.
    accelerators : mapping of str to int
        The accelerators that the meters saw, counted by name.
    duration_seconds : float
        How long the run went on. [s]

    Raises
    ------
    GreentrainError
        If the accelerators are of several kinds, nothing is known of the hardware, or no time has passed.
    """
    found = {name: value for name, value in stated.items() if name not in _OF_TIME}
    if not found.keys() & {"gpu", "instance"} and len(accelerators) == 1:
        (found["gpu"],) = accelerators
    if "gpu" in found and "count" not in found and accelerators:
        found["count"] = sum(accelerators.values())
    if not found.keys() & {"gpu", "instance", "cpu", "cpu_cores"}:
        raise GreentrainError(_unknown_hardware(accelerators))
    if not duration_seconds:
        raise GreentrainError("the run has no duration yet")
    return {**found, "hours": duration_seconds / SECONDS_PER_HOUR}


def _unknown_hardware(accelerators: Mapping[str, int]) -> str:
    if len(accelerators) > 1:
        return f"the accelerators are of several kinds: {', '.join(accelerators)}"
    return "no accelerator was named or found"
