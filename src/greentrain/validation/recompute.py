"""Tier T1: do the published kWh and kg follow from the inputs that were stated with them?

Two figures agree when they differ by at most 1 %, or by half a unit of the last digit printed: 100 stands for 99.5
to 100.5, 0.20 for 0.195 to 0.205. The digits are those of the cell as it is written. Where the source prints the figure
more coarsely ("26 lb", "0.3 t"), the record states one unit of its last digit in a column of its own.
"""

import re
from decimal import Decimal
from typing import NamedTuple

from greentrain import formulas
from greentrain.units import KG_PER_LB
from greentrain.validation.reference import Reference

RELATIVE_TOLERANCE = 0.01
_KG = {"kg": 1.0, "t": 1000.0, "tonnes": 1000.0, "tons": 1000.0, "lb": KG_PER_LB, "lbs": KG_PER_LB, "g": 0.001}
_QUOTATION = re.compile(r"(?<![\w.,])(\d[\d,]*(?:\.\d+)?)\"?\s?([A-Za-z]+)\b")
_EMBODIED_INSIDE = ("with embodied", "life cycle", "life-cycle", "lifecycle")
_BEFORE_PUE = ("no pue", "without pue", "before pue", "pue 1.0", "dynamic")


class Stated(NamedTuple):
    """What the stated inputs give; None where one of them is missing.

    Attributes
    ----------
    energy_kwh : float or None
        Energy at the record's own boundary. [kWh]
    co2e_kg : float or None
        Emissions in the record's own scope. [kg CO2e]
    """

    energy_kwh: float | None
    co2e_kg: float | None


class Agreement(NamedTuple):
    """A published figure against the recomputed one, and how far they may be apart."""

    quantity: str
    published: float
    recomputed: float
    tolerance: float

    @property
    def holds(self) -> bool:
        """Whether they agree."""
        return abs(self.recomputed - self.published) <= self.tolerance


def recompute(reference: Reference) -> Stated:
    """Compute energy and emissions from nothing but what the record states.

    Energy is power x accelerator-hours, with PUE where the published energy has it. Emissions follow from that energy,
    or from the published one where no power is stated, with PUE where the energy is before it and the scope does not
    exclude it, and with the embodied part where the scope includes it.
    """
    before_pue = _it_energy_kwh(reference)
    energy = None if before_pue is None else _at_boundary_kwh(reference, before_pue)
    published = reference.published_energy_kwh
    stated_kwh = energy if energy is not None else published
    if reference.grid_g_per_kwh is None or stated_kwh is None:
        return Stated(energy, None)
    if reference.pue is not None and not reference.includes_pue and not excludes_pue(reference):
        stated_kwh = formulas.facility_energy_kwh(stated_kwh, reference.pue)
    kg = formulas.operational_kg(stated_kwh, reference.grid_g_per_kwh)
    return Stated(energy, kg + (reference.embodied_kg or 0.0) if includes_embodied(reference) else kg)


def agreements(reference: Reference) -> tuple[Agreement, ...]:
    """Compare each published figure that can be recomputed with what the stated inputs give."""
    stated = recompute(reference)
    pairs = (
        ("energy", reference.published_energy_kwh, stated.energy_kwh, reference.energy_rounded_to_kwh),
        ("CO2e", reference.published_co2e_kg, stated.co2e_kg, reference.co2e_rounded_to_kg),
    )
    return tuple(
        Agreement(quantity, published, ours, max(RELATIVE_TOLERANCE * abs(published), half_unit(published, rounded_to)))
        for quantity, published, ours, rounded_to in pairs
        if published is not None and ours is not None
    )


def covers_whole_energy(reference: Reference) -> bool:
    """Whether the stated power is all of the published energy's: "tdp + idle" and "GPU x 1.74" name a part of it."""
    return not re.search(r"\+| x ", reference.power_basis)


def excludes_pue(reference: Reference) -> bool:
    """Whether the published emissions are stated before PUE."""
    return any(phrase in reference.co2e_scope.lower() for phrase in _BEFORE_PUE)


def includes_embodied(reference: Reference) -> bool:
    """Whether the published emissions are stated to include the making of the hardware."""
    return any(phrase in reference.co2e_scope.lower() for phrase in _EMBODIED_INSIDE)


def half_unit(value: float, rounded_to: float | None = None) -> float:
    """Half a unit of the last printed digit of a figure, in the figure's own unit.

    Parameters
    ----------
    value : float
        The figure.
    rounded_to : float, optional
        One unit of its last digit, where that is known; else the shortest way of writing the figure counts.
    """
    return (last_digit(f"{value:.12g}") if rounded_to is None else rounded_to) / 2


def last_digit(text: str) -> float:
    """Value of the last digit of a number as it is written: 0.01 for 0.20, 1 for 100 and for 1e2."""
    exponent = Decimal(text).as_tuple().exponent
    # A spreadsheet writes 1E+05 for any number near it: an exponent never makes a figure coarser.
    return 10.0 ** min(0, int(exponent))


def quoted_kg(notes: str) -> tuple[float, ...]:
    """List the emissions that a note quotes. [kg CO2e]"""
    found = []
    for text, unit in _QUOTATION.findall(notes):
        factor = _KG.get(unit if unit in ("t", "g") else unit.lower())
        if factor:
            found.append(float(text.replace(",", "").rstrip(".")) * factor)
    return tuple(found)


def _it_energy_kwh(reference: Reference) -> float | None:
    """Power x hours, of what the power basis names, before PUE. [kWh]"""
    power, hours = reference.power_w_per_accelerator, reference.hours
    if power is None or hours is None or not covers_whole_energy(reference):
        return None
    kwh: float = formulas.it_energy_kwh(1, hours, power, 1.0)
    wall = reference.wall_hours
    if reference.cpu_dram_power_w and wall:
        kwh += formulas.it_energy_kwh(1, wall, reference.cpu_dram_power_w, 1.0)
    return kwh


def _at_boundary_kwh(reference: Reference, before_pue_kwh: float) -> float | None:
    """Apply PUE where the published energy has it, or where no energy but emissions after PUE are published."""
    if not reference.includes_pue:
        return before_pue_kwh
    kwh: float | None = None
    if reference.pue is not None:
        kwh = formulas.facility_energy_kwh(before_pue_kwh, reference.pue)
    return kwh
