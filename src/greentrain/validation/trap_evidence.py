"""The numbers that betray a trap: ratios to other records of the same run, and what a record implies."""

import re
from collections.abc import Iterator, Sequence

from greentrain import formulas
from greentrain.catalogue import Catalogue
from greentrain.errors import GreentrainError
from greentrain.estimation.grid import choose_grid, grid_input
from greentrain.interval import Interval
from greentrain.units import G_PER_KG
from greentrain.validation.hardware_names import find_hardware
from greentrain.validation.place_names import find_place
from greentrain.validation.recompute import recompute
from greentrain.validation.reference import Reference

_SAME_HOURS = 0.01


def ratio(figure: float | None, other: float | None) -> float | None:
    """Divide, or give None where a figure is missing or zero."""
    return figure / other if figure and other else None


def is_same_run(reference: Reference, other: Reference) -> bool:
    """Whether two records are of one run: linked, or of one model and with hours that agree where both state them."""
    if reference.id == other.id:
        return False
    if other.id in reference.links:
        return True
    ours, theirs = _model(reference), _model(other)
    if not ours or not theirs or (ours != theirs and ours not in theirs and theirs not in ours):
        return False
    hours = [ratio(getattr(reference, name), getattr(other, name)) for name in ("wall_hours", "hours")]
    return all(each is None or abs(each - 1) <= _SAME_HOURS for each in hours) and any(hours)


def _model(reference: Reference) -> str:
    """The model's name without remarks in brackets, ends marked so that one name is not found inside a longer word."""
    plain = re.sub(r"\([^)]*\)", "", reference.model.lower())
    words = re.sub(r"[^a-z0-9.]+", " ", plain).strip()
    return f" {words} " if words else ""


def kg_ratios(reference: Reference, same_run: Sequence[Reference]) -> Iterator[tuple[str, float]]:
    """Yield published emissions over what the record's inputs give, and over those of other records of the run."""
    stated = ratio(reference.published_co2e_kg, recompute(reference).co2e_kg)
    if stated:
        yield "of its own inputs", stated
    for other in same_run:
        if found := ratio(reference.published_co2e_kg, other.published_co2e_kg):
            yield f"of {other.id}", found


def kg_over_energy(reference: Reference) -> float | None:
    """Published emissions over published energy x stated grid: 1, or PUE where the two are on its two sides. [1]"""
    if reference.published_energy_kwh is None or not reference.grid_g_per_kwh:
        return None
    kg = formulas.operational_kg(reference.published_energy_kwh, reference.grid_g_per_kwh)
    return ratio(reference.published_co2e_kg, kg)


def implied_g_per_kwh(reference: Reference) -> float | None:
    """Carbon intensity that was used: as stated, else emissions over energy, published or power x hours. [g/kWh]"""
    if reference.grid_g_per_kwh is not None:
        return reference.grid_g_per_kwh
    energy = reference.published_energy_kwh or recompute(reference).energy_kwh
    found = ratio(reference.published_co2e_kg, energy)
    return found and found * G_PER_KG


def place_g_per_kwh(reference: Reference, catalogue: Catalogue) -> Interval | None:
    """Carbon intensity of the record's place and year in our tables, None where the place is not known. [g/kWh]"""
    code = find_place(reference.location, catalogue).code
    if not code:
        return None
    choice = choose_grid(catalogue, catalogue.places.find(code), reference.year)
    return grid_input(choice, catalogue, None).value


def tdp_w(reference: Reference, catalogue: Catalogue) -> float | None:
    """Thermal design power of the record's device, None where it is not known. [W]"""
    name = find_hardware(reference.accelerator, catalogue, reference.accelerator_count).name
    try:
        found = catalogue.hardware.find_accelerator(name)[0].tdp_w if name else None
    except GreentrainError:
        return None
    return found and found.best
