"""What a run computed on, from what was said and what the meters found."""

from typing import Any

from greentrain.catalogue import Accelerator, Catalogue
from greentrain.errors import GreentrainError
from greentrain.estimation.seen_hardware import measured_run_inputs
from greentrain.history.run_facts import RunFacts
from greentrain.journal import fields


def estimate_inputs(run: RunFacts) -> dict[str, Any]:
    """Complete what was said of a run by the accelerators that were found and by the time that it took.

    Raises
    ------
    GreentrainError
        If the accelerators are of several kinds, or nothing is known of the hardware.
    """
    # A damaged journal may hold anything here; the estimate itself checks plain values.
    return measured_run_inputs(fields.plain_values(run.estimate_inputs), run.accelerators, run.duration_seconds)


def accelerator_of(run: RunFacts, catalogue: Catalogue) -> Accelerator | None:
    """Find the run's accelerator in the catalogue; None where it has none, several kinds or an unknown one."""
    name = run.estimate_inputs.get("gpu")
    found = run.accelerators
    if not isinstance(name, str) and len(found) == 1:
        (name,) = found
    try:
        return catalogue.hardware.find_accelerator(name)[0] if isinstance(name, str) else None
    except GreentrainError:
        return None


def hardware_words(run: RunFacts) -> str | None:
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
