"""From energy that a meter read to what the facility drew and what was emitted, each with its interval."""

from collections.abc import Iterable

from greentrain import formulas
from greentrain.interval import Interval, around, exact, total

_WIDTHS = {
    # Boards' own sensors are stated and found to be right within 5 % once a run is longer than their averaging time:
    # nvidia-smi's manual; Yang, Adamek, Armour (2024), arXiv:2312.02741. Counters of CPUs (RAPL) do not do worse.
    "measured": Interval(0.95, 1.0, 1.05),
    # From load and TDP, or from installed memory: methods in use differ by a factor of two either way and more.
    "modelled": Interval(0.5, 1.0, 2.0),
}


def energy_interval(parts: Iterable[tuple[str, float]]) -> Interval | None:
    """Add energies of components, each with the interval of how it is known.

    Parameters
    ----------
    parts : iterable of (str, float)
        Quality, ``measured`` or ``modelled``, and energy [kWh]. Energies of one component and quality on several
        nodes must be added before: their errors are not independent.

    Returns
    -------
    Interval or None
        The sum [kWh]; None when there is no part.
    """
    terms = [exact(0.0) if not kwh else _WIDTHS[quality].scaled(kwh) for quality, kwh in parts]
    return total(*terms) if terms else None


def footprint(it_energy_kwh: Interval, pue: Interval, g_per_kwh: Interval) -> tuple[Interval, Interval]:
    """Apply PUE and the grid's carbon intensity, once.

    Parameters
    ----------
    it_energy_kwh : Interval
        What the computers drew. [kWh]
    pue : Interval
        Energy of the facility over energy of its IT. [1]
    g_per_kwh : Interval
        Carbon intensity. [g CO2e/kWh]

    Returns
    -------
    facility_energy_kwh : Interval
        Energy at the facility's meter. [kWh]
    operational_kg : Interval
        Location-based emissions. [kg CO2e]
    """
    if not it_energy_kwh.best:
        return exact(0.0), exact(0.0)
    facility = formulas.facility_energy_kwh(it_energy_kwh.best, pue.best)
    operational = formulas.operational_kg(facility, g_per_kwh.best)
    return around(facility, it_energy_kwh, pue), around(operational, it_energy_kwh, pue, g_per_kwh)
