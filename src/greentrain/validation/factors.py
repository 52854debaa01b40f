"""Why our figure differs from a published one: factor by factor, such that the product of the ratios is the whole."""

from math import prod
from typing import Any, NamedTuple

from greentrain.estimation import Estimate
from greentrain.units import W_PER_KW
from greentrain.validation.ours import Ours, co2e_boundary
from greentrain.validation.reference import Reference
from greentrain.validation.stated import covers_whole_energy, excludes_pue

_WITH_HOST = ("system", "incl. host", "per-machine", "proxy gpu", "cpu/ram")


class Factor(NamedTuple):
    """One factor of the difference.

    Attributes
    ----------
    published, ours : float or None
        Both values, in ``unit``; None where the source does not state its own.
    ratio : float
        Ours over published; for what is not stated, what is left of the whole. [1]
    """

    name: str
    unit: str
    published: float | None
    ours: float | None
    ratio: float


class Decomposition(NamedTuple):
    """Ours over published as a product.

    Attributes
    ----------
    quantity : {'CO2e', 'energy'}
        What is compared: the emissions where they are published, else the energy.
    published, ours : float
        In ``unit``, at the record's own boundary.
    factors : tuple of Factor
        Their ratios multiply to ``ours / published``.
    """

    quantity: str
    unit: str
    published: float
    ours: float
    factors: tuple[Factor, ...]

    @property
    def ratio(self) -> float:
        """Ours over published. [1]"""
        return self.ours / self.published

    def to_dict(self) -> dict[str, Any]:
        """Give the machine-readable form."""
        return {**self._asdict(), "ratio": self.ratio, "factors": [factor._asdict() for factor in self.factors]}


def decompose(reference: Reference, ours: Ours) -> Decomposition | None:
    """Split the ratio of our figure to the published one into hours, power, host, PUE and grid.

    Parameters
    ----------
    reference : Reference
        The record.
    ours : Ours
        Our estimate of it.

    Returns
    -------
    Decomposition or None
        None where one of the two figures is missing, or the published one is zero.
    """
    if ours.estimate is None:
        return None
    if reference.published_co2e_kg and ours.co2e_kg:
        pair = ("CO2e", "kg", reference.published_co2e_kg, ours.co2e_kg.best)
        known = _factors(reference, ours.estimate, co2e_boundary(reference), with_grid=True)
    elif reference.published_energy_kwh and ours.energy_kwh:
        pair = ("energy", "kWh", reference.published_energy_kwh, ours.energy_kwh.best)
        known = _factors(reference, ours.estimate, reference.energy_boundary, with_grid=False)
    else:
        return None
    stated = [Factor(*row, row[3] / row[2]) for row in known if row[2]]
    unstated = [name for name, _, published, _ in known if not published]
    left = pair[3] / pair[2] / prod(factor.ratio for factor in stated)
    rest = f"not stated: {', '.join(unstated)}" if unstated else "rounding of the figures"
    return Decomposition(*pair, (*stated, Factor(rest, "1", None, None, left)))


def published_power_w(reference: Reference) -> float | None:
    """Mean power per accelerator: as stated, else what the published energy implies before PUE. [W]"""
    if reference.power_w_per_accelerator is not None and covers_whole_energy(reference):
        return reference.power_w_per_accelerator
    energy, hours = reference.published_energy_kwh, reference.hours
    if not energy or not hours or (reference.includes_pue and reference.pue is None):
        return None
    return energy * W_PER_KW / hours / (reference.pue or 1 if reference.includes_pue else 1)


def power_holds_host(reference: Reference) -> bool:
    """Whether the power behind a record is of the whole computer rather than of the accelerators alone."""
    basis = reference.power_basis.lower()
    if reference.power_w_per_accelerator is not None and covers_whole_energy(reference):
        return any(words in basis for words in _WITH_HOST)
    return reference.energy_boundary != "accelerator" and "gpu only" not in reference.co2e_scope.lower()


def _factors(
    reference: Reference, result: Estimate, boundary: str, *, with_grid: bool
) -> list[tuple[str, str, float | None, float]]:
    """Give name, unit, published and our value of each factor that the figure at this boundary has."""
    values = {item.name: item.value.best for item in result.inputs}
    hours = result.run["gpu_hours"] or result.run["hours"]
    power_w = result.breakdown[0].energy_kwh * W_PER_KW / hours
    host = result.it_energy_kwh.best / result.breakdown[0].energy_kwh if power_w else 1.0
    if not power_w:
        power_w = result.it_energy_kwh.best * W_PER_KW / hours
    known: list[tuple[str, str, float | None, float]] = [("hours", "h", reference.hours or reference.wall_hours, hours)]
    published_w = published_power_w(reference)
    if boundary == "accelerator":
        known.append(("power", "W", published_w, power_w))
    elif published_w is None or power_holds_host(reference):
        known.append(("power x host", "W", published_w, power_w * host))
    else:
        known += [("power", "W", published_w, power_w), ("host", "1", 1.0, host)]
    if boundary == "facility":
        known.append(("PUE", "1", 1.0 if excludes_pue(reference) else reference.pue, values["pue"]))
    if with_grid:
        known.append(("grid", "g/kWh", reference.grid_g_per_kwh, values["grid_intensity"]))
    return known
