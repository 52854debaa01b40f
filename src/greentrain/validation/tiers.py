"""Which questions a record answers, and what its energy covers, where its file does not say.

The boundary of a published energy, in this order:

1. wording: "GPU only" is the accelerators; "GPU+CPU", "incl. host" and "system" with no PUE stated is the node;
2. "before PUE" is the node (the accelerators, if the power basis is a rating);
3. numbers: where power x hours x PUE is the energy, the facility; where power x hours is, the accelerators for a
   rating and the node for a metered system; where the emissions are energy x PUE x grid, before PUE;
4. a stated PUE is the facility; without one, a rating is the accelerators and a meter the node.

The tiers, where at least one figure is published:

- T1 when the stated inputs give kWh or kg, unless these disagree with the published ones for the reason of a trap, or
  miss them by so little that other inputs than the stated ones must have been used;
- T2 when the hardware and the accelerator-hours are known, and some input of the arithmetic is not, or missed so;
- T3 when the power basis begins with "measured" and energy, hardware and hours are known, unless the log shows that the
  accelerators were not metered;
- T4 when a trap is found.
"""

from collections.abc import Sequence

from greentrain.catalogue import Catalogue
from greentrain.validation.hardware_names import find_hardware
from greentrain.validation.recompute import RELATIVE_TOLERANCE, Agreement, agreements, excludes_pue, recompute
from greentrain.validation.reference import Reference
from greentrain.validation.trap_evidence import kg_over_energy, ratio
from greentrain.validation.traps import find_traps

_EXPLAINING = {"tenfold", "grams_as_kilograms", "pue_wrong_way"}
_SYSTEM = ("system", "incl. host", "per-machine", "server")
_NEAR_MISS = 0.10
_NOTHING = "No energy or CO2e is published, or no tier's inputs are known."


def classified(references: Sequence[Reference], catalogue: Catalogue) -> tuple[Reference, ...]:
    """Fill in boundary and tiers of the records whose file does not state them.

    Parameters
    ----------
    references : sequence of Reference
        All records of a file.
    catalogue : Catalogue
        Where devices and places are.
    """
    bounded = [reference._replace(energy_boundary=energy_boundary(reference)) for reference in references]
    return tuple(_classified(reference, bounded, catalogue) for reference in bounded)


def energy_boundary(reference: Reference) -> str:
    """Return what a record's energy covers: as stated, else inferred; nothing where no energy is published."""
    if reference.energy_boundary or reference.published_energy_kwh is None:
        return reference.energy_boundary
    return _by_wording(reference) or _by_numbers(reference) or _by_pue(reference)


def infer_tiers(reference: Reference, others: Sequence[Reference], catalogue: Catalogue) -> tuple[str, ...]:
    """Return the tiers of a record whose boundary is known.

    Parameters
    ----------
    reference : Reference
        The record.
    others : sequence of Reference
        Records among which those of the same run are looked for.
    catalogue : Catalogue
        Where devices and places are.
    """
    if reference.published_energy_kwh is None and reference.published_co2e_kg is None:
        return ()
    traps = {finding.name for finding in find_traps(reference, others, catalogue=catalogue)}
    whole, partly = _arithmetic(reference)
    known = _is_timed(reference, catalogue)
    metered = reference.is_measured and reference.published_energy_kwh is not None
    explained = traps & _EXPLAINING and not all(item.holds for item in agreements(reference))
    missed = any(_is_near_miss(item) for item in agreements(reference))
    answers = {
        "T1": partly and not explained and not missed,
        "T2": known and (missed or not whole),
        "T3": known and metered and "unmetered_accelerator" not in traps,
        "T4": bool(traps),
    }
    return tuple(tier for tier, holds in answers.items() if holds)


def _classified(reference: Reference, others: Sequence[Reference], catalogue: Catalogue) -> Reference:
    if reference.tiers or reference.excluded:
        return reference
    tiers = infer_tiers(reference, others, catalogue)
    return reference._replace(tiers=tiers, excluded="" if tiers else _NOTHING)


def _is_near_miss(item: Agreement) -> bool:
    """Whether a figure comes out nearly: a slip is larger, and a rounding smaller."""
    return not item.holds and abs(item.recomputed / item.published - 1) <= _NEAR_MISS


def _arithmetic(reference: Reference) -> tuple[bool, bool]:
    """Whether all, and whether any, of the published figures can be recomputed."""
    stated = recompute(reference)
    pairs = (
        (reference.published_energy_kwh, stated.energy_kwh),
        (reference.published_co2e_kg, stated.co2e_kg),
    )
    found = [ours is not None for published, ours in pairs if published is not None]
    return all(found), any(found)


def _is_timed(reference: Reference, catalogue: Catalogue) -> bool:
    hardware = find_hardware(reference.accelerator, catalogue, reference.accelerator_count)
    if hardware.is_cpu:
        return reference.wall_hours is not None
    named = bool(reference.accelerator) and hardware.reason != "no hardware is named"
    return named and reference.hours is not None


def _by_wording(reference: Reference) -> str:
    scope, basis = reference.co2e_scope.lower(), reference.power_basis.lower()
    if "before pue" in reference.notes.lower():
        return "accelerator" if _is_rating(reference) or "gpu only" in scope else "node"
    if "gpu only" in scope and (excludes_pue(reference) or reference.pue is None):
        return "accelerator"
    if "gpu+cpu" in scope and reference.pue is None:
        return "node"
    if any(word in basis for word in _SYSTEM) and reference.pue is None:
        return "node"
    return ""


def _by_numbers(reference: Reference) -> str:
    bare = reference._replace(energy_boundary="node")
    energy = ratio(reference.published_energy_kwh, recompute(bare).energy_kwh)
    if energy is not None and reference.pue and _is_near(energy, reference.pue):
        return "facility" if not _is_near(reference.pue, 1) else ""
    if energy is not None and _is_near(energy, 1):
        return "accelerator" if _is_rating(reference) else "node"
    emissions = kg_over_energy(reference)
    if reference.pue and not _is_near(reference.pue, 1) and emissions is not None:
        if _is_near(emissions, reference.pue):
            return "accelerator" if _is_rating(reference) else "node"
        if _is_near(emissions, 1):
            return "facility"
    return ""


def _by_pue(reference: Reference) -> str:
    if reference.pue is not None and not excludes_pue(reference):
        return "facility"
    return "accelerator" if _is_rating(reference) else "node"


def _is_rating(reference: Reference) -> bool:
    return reference.power_basis.lower().startswith("tdp")


def _is_near(value: float, target: float) -> bool:
    return abs(value / target - 1) <= RELATIVE_TOLERANCE
