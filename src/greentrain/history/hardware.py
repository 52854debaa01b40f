"""What a run computed on, from what was said and what the meters found."""

from collections.abc import Mapping
from typing import Any

from greentrain.catalogue import Accelerator, Catalogue, load_catalogue
from greentrain.errors import GreentrainError
from greentrain.estimation.power import find_devices
from greentrain.estimation.seen_hardware import is_counted, measured_run_inputs
from greentrain.history.run_facts import RunFacts
from greentrain.journal import fields


def estimate_inputs(run: RunFacts) -> dict[str, Any]:
    """Complete what was said of a run by the accelerators and nodes that were found and by the time that it took.

    Raises
    ------
    GreentrainError
        If the accelerators are of several kinds, or nothing is known of the hardware.
    """
    # A damaged journal may hold anything here; the estimate itself checks plain values.
    said = fields.plain_values(run.estimate_inputs)
    return measured_run_inputs(
        said, run.accelerators, run.duration_seconds, run.accelerators_at_once, run.hosts_at_once
    )


def accelerator_of(run: RunFacts, catalogue: Catalogue) -> Accelerator | None:
    """Find the run's accelerator in the catalogue; None where it has none, several kinds or an unknown one."""
    name = run.estimate_inputs.get("gpu")
    found = run.accelerators
    if not isinstance(name, str) and len(found) == 1:
        (name,) = found
    try:
        return find_devices(catalogue, name, None, None).profile if isinstance(name, str) else None
    except GreentrainError:
        return None


def hardware_words(run: RunFacts) -> str | None:
    """Name the accelerators, or else the instance type or the CPU, with their number; what was said goes first."""
    said, found = fields.plain_values(run.estimate_inputs), run.accelerators
    if isinstance(said.get("gpu"), str):
        stated = None if "instance" in said else said.get("count")  # beside an instance type it counts instances
        return _counted_words(said) or _words(stated or run.accelerators_at_once, said["gpu"])
    if isinstance(said.get("instance"), str):
        number = said.get("count") or run.hosts_at_once
        return _words(number if number != 1 or "count" in said else None, said["instance"])
    if len(found) == 1:
        found = dict.fromkeys(found, run.accelerators_at_once)
    if found:
        return " + ".join(f"{number} x {name or 'accelerator'}" for name, number in found.items())
    if isinstance(said.get("cpu"), str):
        return str(said["cpu"])
    names = (part.name for node in run.nodes for part in node.components if part.component == "cpu")
    return next((name for name in names if name), None)


def _words(number: object, name: str) -> str:
    return f"{number} x {name}" if number else name


def _counted_words(said: Mapping[str, Any]) -> str:
    """Name accelerators whose number stands in their name, ``8xA100``; nothing where none stands there."""
    name, profiles = said["gpu"], said.get("profiles")
    try:
        catalogue = load_catalogue(profiles if isinstance(profiles, str) else None)
        if not is_counted(catalogue, name):
            return ""
        devices = find_devices(catalogue, name, None, None)
    except GreentrainError:  # a device that the catalogue does not have
        return str(name)
    return f"{devices.count} x {devices.profile.name}"
