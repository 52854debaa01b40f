"""What a report is about: one shape for an estimate, a run, a project of runs and a validation.

Every form and every chart is a pure function of a `ReportData`. It reads no clock and no file: the same result gives
the same report, byte for byte.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

from greentrain import footprint
from greentrain.estimation import Estimate
from greentrain.footprint import Footprint, Grid, OfFootprint, Part
from greentrain.inputs import PUE, Input, Inputs
from greentrain.interval import Interval, exact
from greentrain.journal.records import UNFINISHED
from greentrain.record import Record

if TYPE_CHECKING:
    from greentrain.estimation.equivalents import EverydayComparison
    from greentrain.history import HourlyMatch
    from greentrain.validation.report import ValidationReport

KINDS = ("estimate", "run", "project", "validation")

QUANTITIES = tuple(name for name in footprint.QUANTITIES if name != "total_kg")
"""The quantities of a line and of the totals."""

STATUSES = ("final", "preliminary", "completed", "failed", "interrupted", "killed", "unknown", "running", "estimated")
"""How a run ended, which part of a project a described one was, or just that it is one, in the order of reports."""

STATED = "as stated by the user"
"""How operations were counted that nobody derived."""


class Components(Record):
    """Measured energy of a run by component, before PUE; None where it was not measured. [kWh]"""

    gpu_kwh: float | None
    cpu_kwh: float | None
    memory_kwh: float | None

    @property
    def total_kwh(self) -> float:
        """Energy of those that were measured. [kWh]"""
        return sum(kwh for kwh in (self.gpu_kwh, self.cpu_kwh, self.memory_kwh) if kwh is not None)


class RunLine(OfFootprint, Record):
    """One run, or one described group of identical runs.

    Attributes
    ----------
    id : str
        Key of the run in the history; empty for an estimate.
    name : str
        As the user called it, or else what was estimated. Text of the user: escape it.
    status : str
        How it ended, one of `STATUSES`.
    hardware : str
        The hardware by its names.
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
        Code of the place; None where the user named none.
    year : int or None
        Year of the run.
    started, ended : datetime or None
        When, in UTC.
    footprint : Footprint
        Energy, emissions and water, with their inputs; its quantities are attributes of the line too.
    measured : Components or None
        The parts of the energy, where all of it is a measurement.
    project : str or None
        What a tracked run belongs to. Text of the user: escape it.
    unmeasured : tuple of str
        Parts of the computers that are in no sum: neither metered nor estimated.
    starts : int
        How often it was started; a run that goes on after a failure is one run. [1]
    sensed, modelled : tuple of str
        Parts of the computers whose energy sensors read, and those for which it was modelled from load or size.
    is_filled : bool
        Whether what was not measured is estimated and in the figures.
    coverage : str
        How much of the time a meter covered, as text; nothing where it covered all or none.
    flags, faults : tuple of str
        What to know of its record, as words; and those that are faults, as they are stated beside the energy.
    gpu_name : str or None
        The accelerator by what the user said of it, ``NVIDIA A100 (taken as SXM4 40GB)``; None without one.
    user : str or None
        Whose run it was, where that is stated. Text of the user: escape it.
    stated_year : int or None
        The year that the user stated of a described run.
    flops : float or None
        Operations as far as they are stated, all identical runs together. [FLOP]
    imported_from : str or None
        Format of another tool's file that it is imported from; None of what greentrain tracked or estimated.

    None means not known, never zero.
    """

    id: str
    name: str
    status: str
    hardware: str
    gpu: str | None
    count: int
    runs: int
    hours: float | None
    accelerator_hours: float | None
    location: str | None
    year: int | None
    started: datetime | None
    ended: datetime | None
    footprint: Footprint
    measured: Components | None = None
    project: str | None = None
    unmeasured: tuple[str, ...] = ()
    starts: int = 1
    sensed: tuple[str, ...] = ()
    modelled: tuple[str, ...] = ()
    is_filled: bool = False
    coverage: str = ""
    flags: tuple[str, ...] = ()
    faults: tuple[str, ...] = ()
    gpu_name: str | None = None
    user: str | None = None
    stated_year: int | None = None
    flops: float | None = None
    imported_from: str | None = None

    @property
    def hardware_name(self) -> str:
        """The hardware as readers know it; an import states ids of profiles."""
        return self.hardware.replace(self.gpu, self.gpu_name) if self.gpu and self.gpu_name else self.hardware

    @property
    def embodied_kg(self) -> Interval | None:
        """Share of making the hardware. [kg CO2e]"""
        return self.footprint.embodied_kg

    @property
    def water_l(self) -> Interval | None:
        """Water consumed on site and by power stations. [L]"""
        return self.footprint.water_l

    @property
    def pue(self) -> Interval | None:
        """Power usage effectiveness. [1]"""
        item = self.footprint.inputs.get(PUE)
        return None if item is None else item.value

    @property
    def grid(self) -> Grid | None:
        """The carbon intensity."""
        return self.footprint.grid

    @property
    def is_least(self) -> bool:
        """Whether a part of the computers is in no sum, so that it was more."""
        return bool(self.unmeasured)

    @property
    def is_unfinished(self) -> bool:
        """Whether it ended without having done what it was started for."""
        return self.status in UNFINISHED


class GroupLine(Record):
    """Runs that have something in common.

    Attributes
    ----------
    label : str
        What. Text of the user: escape it.
    runs : int
        How many. [1]
    footprint : Footprint
        Their sum.
    is_least : bool
        Whether a part of the computers of a run is in no sum, so that it was more.
    """

    label: str
    runs: int
    footprint: Footprint
    is_least: bool = False


class Size(Record):
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
        How the operations were counted, where the user stated the size separately.
    unstated : int
        Runs that state no operations, which are then those of the others. [1]
    """

    params: float | None = None
    tokens: float | None = None
    flops: float | None = None
    counted: str | None = None
    unstated: int = 0


class PowerSpan(Record):
    """A named part of a run.

    Attributes
    ----------
    from_seconds, to_seconds : float
        From and to, counted from the run's start; `to_seconds` is None while it goes on. [s]
    it_energy_kwh : float or None
        What the meters read in that time, before PUE; None while it goes on and where nothing was measured. [kWh]
    depth : int
        In how many other spans it lies. [1]
    """

    name: str
    from_seconds: float
    to_seconds: float | None
    it_energy_kwh: float | None = None
    depth: int = 0


class Versions(Record):
    """What computed the numbers; ``codecarbon`` only where it measured."""

    greentrain: str
    data: str
    codecarbon: str | None = None


class ReportData(Record):
    """What a report is about.

    Attributes
    ----------
    kind : {'estimate', 'run', 'project', 'validation'}
        What it was made of.
    title : str
        The headline. Text of the user: escape it.
    lines : tuple of RunLine
        One per run; none for a validation.
    footprint : Footprint
        That of the lines together; unknown for a validation. Its inputs and breakdown are attributes here too.
    versions : Versions
        What computed the numbers.
    method : tuple of str
        How, sentence by sentence.
    sources : dict of str to dict
        Title, URL, year and licence of each source by its id.
    notes : tuple of str
        What to know about the result. May hold text of the user: escape it.
    made_at : datetime or None
        When the report was made, in UTC, if the caller states it.
    period_start, period_end : datetime or None
        First start and last end of the runs, in UTC.
    failed_share : float or None
        Facility energy of failed, interrupted and killed runs over that of all; None where nothing was run. [1]
    equivalents : tuple of EverydayComparison
        Everyday activities to compare the operational figure with.
    size : Size or None
        The training as computation, where it is known.
    power_series : dict of str to tuple
        For a tracked run, power by component over time: pairs of seconds from its start [s] and power [W].
    spans : tuple of PowerSpan
        Named parts of a tracked run.
    elapsed_seconds : float
        Of a tracked run, the time from its start to the newest record of it; 0 of anything else. [s]
    estimate : Estimate or None
        The estimate itself, or the one of a measured run.
    validation : ValidationReport or None
        The validation itself.
    unreadable : int
        Runs of a project whose records cannot be read, which are in no line. [1]
    failed_rows : tuple of str
        Rows of a table that cannot be estimated and are in no line: where each stands, and why. Text of the user.
    groups : mapping of str to tuple of GroupLine
        Of several runs their sums by place, hardware, user or any other column of a table.
    hourly : dict of str to HourlyMatch
        Runs by their ids, matched with carbon intensity by slot; empty where no series was named.
    """

    kind: str
    title: str
    lines: tuple[RunLine, ...]
    footprint: Footprint
    versions: Versions
    method: tuple[str, ...]
    sources: dict[str, dict[str, Any]]
    notes: tuple[str, ...] = ()
    made_at: datetime | None = None
    period_start: datetime | None = None
    period_end: datetime | None = None
    failed_share: float | None = None
    equivalents: "tuple[EverydayComparison, ...]" = ()
    size: Size | None = None
    power_series: dict[str, tuple[tuple[float, float], ...]] = {}  # noqa: RUF012 -- a default that nothing changes
    spans: tuple[PowerSpan, ...] = ()
    elapsed_seconds: float = 0.0
    estimate: Estimate | None = None
    validation: "ValidationReport | None" = None
    unreadable: int = 0
    failed_rows: tuple[str, ...] = ()
    groups: Mapping[str, tuple[GroupLine, ...]] = {}
    hourly: "dict[str, HourlyMatch]" = {}  # noqa: RUF012 -- as above

    @property
    def it_energy_kwh(self) -> Interval:
        """Energy before PUE, 0 where nothing is known. [kWh]"""
        return self.footprint.it_energy_kwh or exact(0.0)

    @property
    def facility_energy_kwh(self) -> Interval:
        """Energy after PUE, 0 where nothing is known. [kWh]"""
        return self.footprint.facility_energy_kwh or exact(0.0)

    @property
    def operational_kg(self) -> Interval:
        """Location-based emissions of the electricity, 0 where nothing is known. [kg CO2e]"""
        return self.footprint.operational_kg or exact(0.0)

    @property
    def embodied_kg(self) -> Interval | None:
        """Share of making the hardware; None where no line knows it. [kg CO2e]"""
        return self.footprint.embodied_kg

    @property
    def water_l(self) -> Interval | None:
        """Water consumed; None where no line knows it. [L]"""
        return self.footprint.water_l

    @property
    def basis(self) -> str:
        """How the energy is known: estimated, measured or mixed."""
        return self.footprint.basis

    @property
    def is_least(self) -> bool:
        """Whether a part of the computers of a run is in no sum, so that it was more."""
        return any(line.is_least for line in self.lines)

    @property
    def warnings(self) -> tuple[str, ...]:
        """What doubts an input: no form may state the figures without it. May hold text of the user: escape it."""
        return self.footprint.warnings

    @property
    def boundary(self) -> str:
        """What the headline covers: facility, node or accelerator."""
        return self.footprint.scope

    @property
    def inputs(self) -> Inputs:
        """Every number that the result follows from."""
        return self.footprint.inputs

    @property
    def breakdown(self) -> tuple[Part, ...]:
        """Components, whose energies add up to the facility's."""
        return self.footprint.breakdown

    @property
    def drivers(self) -> tuple[tuple[str, float], ...]:
        """Uncertain inputs with their share of the variance, largest first. [1]"""
        return self.footprint.drivers

    @property
    def defaults(self) -> tuple[Input, ...]:
        """The inputs that greentrain chose."""
        return self.footprint.defaults
