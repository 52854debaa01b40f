"""What a subject consists of: lines, sums, the carbon intensity, and smaller things."""

from datetime import datetime
from typing import NamedTuple

from greentrain.interval import Interval, exact

UNFINISHED = ("failed", "interrupted", "killed")
"""Statuses of runs that ended without having done what they were started for."""

QUANTITIES = ("it_energy_kwh", "facility_energy_kwh", "operational_kg", "embodied_kg", "water_l")
"""The quantities of a line and of the totals."""


class Grid(NamedTuple):
    """The carbon intensity that a line was computed with.

    Attributes
    ----------
    g_per_kwh : Interval
        Carbon intensity. [g CO2e/kWh]
    year : int or None
        Year of the value; None where somebody gave it.
    accounting : {'life-cycle', 'direct', ''}
        Whether building and fuel supply of the power stations are counted; empty where nobody said.
    basis : str
        How it is known: given, measured, published, default or assumed.
    source : str
        Source ids, joined by ``;``.
    """

    g_per_kwh: Interval
    year: int | None
    accounting: str
    basis: str
    source: str


class Components(NamedTuple):
    """Measured energy of a run by component, before PUE; None where it was not measured. [kWh]"""

    gpu_kwh: float | None
    cpu_kwh: float | None
    memory_kwh: float | None


class RunLine(NamedTuple):
    """One run, or one described group of identical runs.

    Attributes
    ----------
    id : str
        Key of the run in the history; empty for an estimate.
    name : str
        As the user called it, or else what was estimated. Text of the user: escape it.
    status : {'completed', 'failed', 'interrupted', 'killed', 'running', 'estimated'}
        How it ended.
    basis : {'estimated', 'measured', 'mixed'}
        How its energy is known; mixed where a part of the computers was measured and the rest estimated.
    hardware : str
        The hardware in words.
    gpu : str or None
        Id of the accelerator's profile; None without one, or where it is not known.
    count : int
        Accelerators that ran at the same time; 0 without any. [1]
    runs : int
        Identical runs that the line sums. [1]
    hours : float or None
        Wall-clock time, all identical runs one after the other; None where only accelerator-hours are known. [h]
    accelerator_hours : float or None
        Accelerator-hours, all identical runs together; None without accelerators. [h]
    location : str or None
        Code of the place; None where nobody named one.
    year : int or None
        Year of the run.
    started, ended : datetime or None
        When, in UTC.
    it_energy_kwh, facility_energy_kwh : Interval or None
        Energy before and after PUE. [kWh]
    operational_kg : Interval or None
        Location-based emissions of the electricity. [kg CO2e]
    embodied_kg : Interval or None
        Share of making the hardware. [kg CO2e]
    water_l : Interval or None
        Water consumed on site and by power stations. [L]
    pue : Interval or None
        Power usage effectiveness. [1]
    grid : Grid or None
        The carbon intensity.
    measured : Components or None
        The parts of the energy, where all of it is a measurement.
    project : str or None
        What a tracked run belongs to. Text of the user: escape it.
    unmeasured : tuple of str
        Parts of the computers that are in no sum: no meter saw them and no estimate stands in.
    starts : int
        How often it was started; a run that goes on after a failure is one run. [1]

    None means not known, never zero.
    """

    id: str
    name: str
    status: str
    basis: str
    hardware: str
    gpu: str | None
    count: int  # type: ignore[assignment]  # hides tuple.count, which nobody needs here
    runs: int
    hours: float | None
    accelerator_hours: float | None
    location: str | None
    year: int | None
    started: datetime | None
    ended: datetime | None
    it_energy_kwh: Interval | None
    facility_energy_kwh: Interval | None
    operational_kg: Interval | None
    embodied_kg: Interval | None
    water_l: Interval | None
    pue: Interval | None
    grid: Grid | None
    measured: Components | None = None
    project: str | None = None
    unmeasured: tuple[str, ...] = ()
    starts: int = 1

    @property
    def is_unfinished(self) -> bool:
        """Whether it ended without having done what it was started for."""
        return self.status in UNFINISHED


class Totals(NamedTuple):
    """Sums over the lines of which a quantity is known.

    Attributes
    ----------
    it_energy_kwh, facility_energy_kwh : Interval
        Energy before and after PUE. [kWh]
    operational_kg : Interval
        Location-based emissions of the electricity. [kg CO2e]
    embodied_kg : Interval or None
        Share of making the hardware; None where no line knows it. [kg CO2e]
    water_l : Interval or None
        Water consumed; None where no line knows it. [L]
    """

    it_energy_kwh: Interval
    facility_energy_kwh: Interval
    operational_kg: Interval
    embodied_kg: Interval | None
    water_l: Interval | None


STATED = "as stated by the user"
"""How operations were counted that nobody derived."""


class Size(NamedTuple):
    """The training as computation, so far as it is known.

    Attributes
    ----------
    params : float or None
        Parameters. [1]
    tokens : float or None
        Tokens trained on. [1]
    flops : float or None
        Operations, all identical runs together. [FLOP]
    counted : str or None
        How the operations were counted, where the user stated the size beside the result.
    """

    params: float | None = None
    tokens: float | None = None
    flops: float | None = None
    counted: str | None = None


class PowerSpan(NamedTuple):
    """A named part of a run.

    Attributes
    ----------
    from_seconds, to_seconds : float
        From and to, counted from the run's start; `to_seconds` is None while it goes on. [s]
    it_energy_kwh : float or None
        What the meters read in that time, before PUE; None while it goes on and where nothing was measured. [kWh]
    """

    name: str
    from_seconds: float
    to_seconds: float | None
    it_energy_kwh: float | None = None


class Versions(NamedTuple):
    """What computed the numbers; ``codecarbon`` only where it measured."""

    greentrain: str
    data: str
    codecarbon: str | None = None


NOTHING = Totals(exact(0.0), exact(0.0), exact(0.0), None, None)
"""The totals of no lines."""
