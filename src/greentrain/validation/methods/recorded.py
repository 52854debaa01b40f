"""A published record as the methods see it: hardware, count and hours, and the PUE that its energy includes."""

from greentrain.catalogue import Catalogue
from greentrain.validation.hardware_names import find_hardware
from greentrain.validation.methods.job import Job
from greentrain.validation.reference import Reference


def recorded_job(reference: Reference, catalogue: Catalogue) -> Job | None:
    """Return what a method may know of a published run, or None where hardware or hours are not known.

    Nothing that was measured is passed on: that is what a method has to come near.
    """
    hardware = find_hardware(reference.accelerator, catalogue)
    if not hardware.name or reference.hours is None:
        return None
    profile, _ = catalogue.hardware.find_accelerator(hardware.name)
    if profile.tdp_w is None:
        return None
    count = reference.accelerator_count or 1.0
    return Job(
        profile=profile,
        processors=count * hardware.devices_per_count,
        hours=reference.hours / count,
        rated_w=profile.tdp_w.best,
        pue=reference.pue if reference.includes_pue else None,
    )
