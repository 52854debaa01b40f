"""One published training footprint."""

from typing import NamedTuple

TIERS = ("T1", "T2", "T3", "T4")


class Reference(NamedTuple):
    """A published training footprint; None and nothing mean that the source does not state it.

    Attributes
    ----------
    accelerator : str
        Hardware as the paper names it.
    accelerator_count : float or None
        Number of accelerators. [1]
    wall_hours, accelerator_hours : float or None
        Time from start to end, and summed over the accelerators. [h]
    power_basis : str
        How the power is known: ``tdp``, ``measured ...``, ``stated ...``.
    power_w_per_accelerator : float or None
        Mean power, of what ``power_basis`` names. [W]
    cpu_dram_power_w : float or None
        Mean power of the host, all nodes together, in addition to that of the accelerators. [W]
    pue : float or None
        Power usage effectiveness. [1]
    grid_g_per_kwh : float or None
        Carbon intensity. [g CO2e/kWh]
    location : str
        Place as the paper names it.
    published_energy_kwh : float or None
        The published energy, of what ``energy_boundary`` names. [kWh]
    published_co2e_kg : float or None
        The published emissions. [kg CO2e]
    embodied_kg : float or None
        Embodied emissions stated next to them, or part of them according to ``co2e_scope``. [kg CO2e]
    energy_boundary : {'accelerator', 'node', 'facility', ''}
        Accelerators alone; with their host, before PUE; with PUE. Blank without an energy.
    tiers : tuple of str
        Which questions the record answers: T1 to T4.
    laboratory : str
        Who published it: when a constant is fitted, whole laboratories are left out.
    excluded : str
        Why it answers none; blank when it is used.
    traps : tuple of str
        The names of the traps that its figures hold.
    links : tuple of str
        Ids of the records that contradict it, for the reason of ``link_reason``.
    meter : {'wall', 'device', 'log-with-model', ''}
        What read the energy: the wall or the whole system, the accelerators' own sensors, or a log that adds a modelled
        host to what these read.
    device_energy_kwh : float or None
        The part of such a log that the accelerators' sensors read. [kWh]
    energy_rounded_to_kwh, co2e_rounded_to_kg : float or None
        One unit of the last digit printed of the two published figures, as stated or as the cell is written. None where
        the record was not read from a file. [kWh, kg CO2e]
    extra : dict of str to str
        Columns that greentrain does not know, as they are.
    """

    id: str
    model: str = ""
    organisation: str = ""
    year: int | None = None
    source: str = ""
    source_url_or_id: str = ""
    kind: str = ""
    accelerator: str = ""
    accelerator_count: float | None = None
    wall_hours: float | None = None
    accelerator_hours: float | None = None
    power_basis: str = ""
    power_w_per_accelerator: float | None = None
    cpu_dram_power_w: float | None = None
    pue: float | None = None
    grid_g_per_kwh: float | None = None
    location: str = ""
    published_energy_kwh: float | None = None
    published_co2e_kg: float | None = None
    co2e_scope: str = ""
    embodied_kg: float | None = None
    params: str = ""
    tokens: str = ""
    flops: str = ""
    notes: str = ""
    verified: str = ""
    energy_boundary: str = ""
    tiers: tuple[str, ...] = ()
    laboratory: str = ""
    excluded: str = ""
    traps: tuple[str, ...] = ()
    links: tuple[str, ...] = ()
    link_reason: str = ""
    meter: str = ""
    device_energy_kwh: float | None = None
    energy_rounded_to_kwh: float | None = None
    co2e_rounded_to_kg: float | None = None
    extra: dict[str, str] = {}  # noqa: RUF012 - never written to

    @property
    def hours(self) -> float | None:
        """Hours summed over the accelerators, as stated or as count x wall-clock hours. [h]"""
        if self.accelerator_hours is not None:
            return self.accelerator_hours
        if self.accelerator_count is None or self.wall_hours is None:
            return None
        return self.accelerator_count * self.wall_hours

    @property
    def is_measured(self) -> bool:
        """Whether the energy comes from a meter, rather than a rating."""
        return self.power_basis.lower().startswith("measured") or bool(self.meter)

    @property
    def is_classified(self) -> bool:
        """Whether its file states what its energy covers, and which tiers it belongs to or why to none."""
        is_bounded = self.published_energy_kwh is None or bool(self.energy_boundary)
        return is_bounded and bool(self.tiers or self.excluded)

    @property
    def includes_pue(self) -> bool:
        """Whether the published energy is that of the facility."""
        return self.energy_boundary == "facility"
