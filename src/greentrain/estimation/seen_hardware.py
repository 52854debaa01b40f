"""The inputs of the estimate of a measured run: the arguments, completed by the hardware that the meter saw."""

from collections.abc import Mapping, Sequence
from typing import Any

from greentrain.catalogue import Catalogue, load_catalogue
from greentrain.errors import Contradiction, GreentrainError
from greentrain.estimation.devices import find_devices, is_unknown_device
from greentrain.units import SECONDS_PER_HOUR

_OF_TIME = ("hours", "gpu_hours", "runs")


def measured_run_inputs(
    stated: Mapping[str, Any],
    accelerators: Mapping[str, int],
    duration_seconds: float,
    count: int | None = None,
    nodes: int = 1,
    computers: Sequence[Mapping[str, Any]] = (),
) -> dict[str, Any]:
    """Complete the inputs of a run by the accelerators that its meters saw and by the time that it took.

    Parameters
    ----------
    stated : mapping
        Keywords of ``greentrain.estimate`` as the user gave them. An accelerator that was named keeps its name; its
        number is that of the accelerators seen if the user gave none, as ``count`` or in the name. An instance
        type that was named is what every node is.
    accelerators : mapping of str to int
        The accelerators that the meters saw, counted by name.
    duration_seconds : float
        How long the run went on. [s]
    count : int, optional
        Accelerators that the run used at once; default: all those that were seen. [1]
    nodes : int, optional
        Nodes that the run used at once. [1]
    computers : sequence of mapping, optional
        What its meters say that it might use, of a run without accelerators: ``cpu``, ``cpu_cores``, ``memory_gb``.

    Raises
    ------
    GreentrainError
        If the accelerators are of several kinds, nothing is known of the hardware, or no time has passed.
    """
    found = {name: value for name, value in stated.items() if name not in _OF_TIME}
    if computers and not found.keys() & {"gpu", "instance", "cpu_cores"}:
        found = _used_computer(computers[0], nodes) | found
    if not found.keys() & {"gpu", "instance"} and len(accelerators) == 1:
        (found["gpu"],) = accelerators
    if "count" not in found:
        number = _number(found, sum(accelerators.values()) if count is None else count, nodes)
        if number:
            found["count"] = number
    if not found.keys() & {"gpu", "instance", "cpu", "cpu_cores"}:
        raise GreentrainError(_unknown_hardware(accelerators))
    if not duration_seconds:
        raise GreentrainError("the run has no duration yet")
    return {**found, "hours": duration_seconds / SECONDS_PER_HOUR}


def _used_computer(computer: Mapping[str, Any], nodes: int) -> dict[str, Any]:
    """Return CPU, cores and memory of a run on so many computers like one; nothing of what that one does not state."""
    sums = {"cpu_cores": computer.get("cpu_cores"), "memory_gb": computer.get("memory_gb")}
    known = {name: value * nodes for name, value in sums.items() if isinstance(value, (int, float)) and value > 0}
    if "cpu_cores" not in known:
        return {}
    cpu = computer.get("cpu")
    return known | ({"cpu": cpu} if isinstance(cpu, str) and cpu else {})


def _number(found: Mapping[str, Any], seen: int, nodes: int) -> int:
    """Return the number of instances or accelerators that is to be added; 0 where none is."""
    if "instance" in found:
        return nodes if nodes > 1 else 0
    if "gpu" not in found or not seen:
        return 0
    return 0 if is_counted(load_catalogue(found.get("profiles")), found["gpu"]) else seen


def is_counted(catalogue: Catalogue, gpu: object) -> bool:
    """Whether an accelerator's name has a number itself, as ``8xA100`` does, the way ``estimate`` reads it."""
    if not isinstance(gpu, str):
        return False
    try:
        # A number in the name contradicts any other one, and none is 0.
        if not is_unknown_device(catalogue, "gpu", gpu):
            find_devices(catalogue, gpu, None, 0)
            return False
    except Contradiction:
        return True
    except GreentrainError:
        pass
    return gpu.strip()[:1].isdigit()  # an unknown name, for which the estimate has its own message


def _unknown_hardware(accelerators: Mapping[str, int]) -> str:
    if len(accelerators) > 1:
        return f"the accelerators are of several kinds: {', '.join(accelerators)}"
    return "no accelerator was named or found"
