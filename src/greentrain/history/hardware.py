"""What a run computed on, from what was said and what the meters found."""

from typing import Any

from greentrain.catalogue import Accelerator, Catalogue
from greentrain.errors import GreentrainError
from greentrain.history.run import Run
from greentrain.journal import fields
from greentrain.units import SECONDS_PER_HOUR


def found_accelerators(run: Run) -> dict[str, int]:
    """Count the accelerators that the meters found, by name; one that several sessions used counts once."""
    devices: dict[tuple[str, str, str], int] = {}
    for node in run.nodes:
        mine: dict[tuple[str, str, str], int] = {}
        for part in node.components:
            if part.component == "gpu":
                key = (node.host, part.id, part.name)
                # Devices without an id are told apart by their number alone.
                mine[key] = 1 if part.id else mine.get(key, 0) + 1
        for key, number in mine.items():
            devices[key] = max(number, devices.get(key, 0))
    names: dict[str, int] = {}
    for (_, _, name), number in devices.items():
        names[name] = names.get(name, 0) + number
    return names


def estimate_inputs(run: Run) -> dict[str, Any]:
    """Complete what was said of a run by the accelerators that were found and by the time that it took.

    Raises
    ------
    GreentrainError
        If the accelerators are of several kinds, or nothing is known of the hardware.
    """
    # A damaged journal may hold anything here; the estimate itself checks plain values.
    said = fields.plain_values(run.estimate_inputs)
    for name in ("hours", "gpu_hours", "runs"):
        said.pop(name, None)
    found = run.accelerators
    if not said.keys() & {"gpu", "instance"} and len(found) == 1:
        (said["gpu"],) = found
    if "gpu" in said and "count" not in said and found:
        said["count"] = sum(found.values())
    if not said.keys() & {"gpu", "instance", "cpu", "cpu_cores"}:
        raise GreentrainError(_unknown_hardware(found))
    if not run.duration_seconds:
        raise GreentrainError("the run has no duration yet")
    return {**said, "hours": run.duration_seconds / SECONDS_PER_HOUR}


def accelerator_of(run: Run, catalogue: Catalogue) -> Accelerator | None:
    """Find the run's accelerator in the catalogue; None where it has none, several kinds or an unknown one."""
    name = run.estimate_inputs.get("gpu")
    found = run.accelerators
    if not isinstance(name, str) and len(found) == 1:
        (name,) = found
    try:
        return catalogue.hardware.find_accelerator(name)[0] if isinstance(name, str) else None
    except GreentrainError:
        return None


def hardware_words(run: Run) -> str | None:
    """Name the accelerators, or else the instance type or the CPU, with their number; what was said goes first."""
    said, found = fields.plain_values(run.estimate_inputs), run.accelerators
    for name in ("gpu", "instance"):
        if isinstance(said.get(name), str):
            count = said.get("count") or (sum(found.values()) if name == "gpu" else None)
            return f"{count} x {said[name]}" if count else str(said[name])
    if found:
        return " + ".join(f"{number} x {name or 'accelerator'}" for name, number in found.items())
    if isinstance(said.get("cpu"), str):
        return str(said["cpu"])
    names = (part.name for node in run.nodes for part in node.components if part.component == "cpu")
    return next((name for name in names if name), None)


def _unknown_hardware(found: dict[str, int]) -> str:
    if len(found) > 1:
        return f"the accelerators are of several kinds: {', '.join(found)}"
    return "no accelerator was named or found"
