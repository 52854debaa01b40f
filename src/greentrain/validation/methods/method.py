"""What all published methods have in common: constants, a view of a job's power, a PUE, and a grid of their own.

The constants are in methods.csv, each with its unit and source.
"""

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from functools import cache
from typing import TYPE_CHECKING, ClassVar, NamedTuple

from greentrain import formulas
from greentrain.catalogue import Catalogue
from greentrain.catalogue.table_files import Row, shipped_table
from greentrain.factors import Decomposition
from greentrain.validation.methods.job import Job, recorded_job

if TYPE_CHECKING:
    from greentrain.validation.reference import Reference

_GRID, _TDP, _SYSTEM = "g_per_kwh", "tdp_w", "system_w"
OUR_GRID = "no grid value of its own is known here for this place; ours is used"
NO_METER = "needs a meter; the full TDP is used instead of the measured mean"


class Constant(NamedTuple):
    """One number of a method.

    Attributes
    ----------
    setting : str
        Blank for the method as it comes, else the way of using it in which this value replaces the usual one.
    parameter : str
        Name of the number; ``tdp_w:<accelerator>`` and ``g_per_kwh:<place>`` hold for one device or place.
    value : float
        In ``unit``.
    """

    method: str
    setting: str
    parameter: str
    value: float
    unit: str
    source: str
    verified: str
    notes: str

    @classmethod
    def from_row(cls, row: Row) -> "Constant":
        """Read a row of methods.csv."""
        texts = {name: row[name] for name in cls._fields if name != "value"}
        return cls(value=float(row["value"]), **texts)


@cache
def all_constants() -> tuple[Constant, ...]:
    """Return every constant of every method, in the order of the file."""
    return tuple(map(Constant.from_row, shipped_table("methods").records()))


def constant(method: str, parameter: str) -> float:
    """Return a constant of a method as it comes, in the unit that the table states."""
    return constants_of(method)[parameter].value


@cache
def constants_of(method: str, setting: str = "") -> Mapping[str, Constant]:
    """Return the constants of a method in a setting, by parameter; what the setting leaves open is as usual."""
    rows = [row for row in all_constants() if row.method == method and row.setting in ("", setting)]
    return {row.parameter: row for row in sorted(rows, key=lambda row: row.setting != "")}


def settings_of(method: str) -> tuple[str, ...]:
    """List the settings of a method, the usual one first."""
    return tuple(dict.fromkeys(["", *(row.setting for row in all_constants() if row.method == method)]))


def replaced_parameters(method: str, setting: str) -> Iterator[str]:
    """List the parameters that a setting replaces; the usual one replaces none."""
    return (row.parameter for row in all_constants() if setting and (row.method, row.setting) == (method, setting))


Known = Mapping[str, Constant]


class View(NamedTuple):
    """The power of a job as a method models it.

    Attributes
    ----------
    device_w : float
        Rated power of one processor. [W]
    processor_w : float
        Mean power of one processor. [W]
    host_w : float
        Mean power of all else in the computers, all hosts together. [W]
    notes : tuple of str
        What replaces an input that the job does not give.
    """

    device_w: float
    processor_w: float
    host_w: float = 0.0
    notes: tuple[str, ...] = ()


class MethodResult(NamedTuple):
    """A job's result by one method in one setting.

    Attributes
    ----------
    known_as : str
        What people call it.
    kind : {'tool', 'paper', 'practice', 'bound', 'ours'}
        What the method is.
    power_w : float
        Mean power of the computers, before PUE. [W]
    kwh : float
        Energy with the method's PUE, which is 1 where it knows none. [kWh]
    g_per_kwh : float
        Carbon intensity. [g/kWh]
    kg : float
        Emissions. [kg CO2e]
    factors : Decomposition
        Those of ``kg``.
    sources : tuple of str
        Source ids of the method and of the constants it used.
    """

    name: str
    setting: str
    known_as: str
    title: str
    kind: str
    power_w: float
    kwh: float
    g_per_kwh: float
    kg: float
    factors: Decomposition
    sources: tuple[str, ...]
    notes: tuple[str, ...]

    @property
    def label(self) -> str:
        """Name, and the setting in brackets."""
        return f"{self.name} ({self.setting})" if self.setting else self.name

    @property
    def common_name(self) -> str:
        """What people call it, and the setting in brackets."""
        return f"{self.known_as} ({self.setting})" if self.setting else self.known_as


class Method(ABC):
    """A published method: how it sees power, PUE and grid of a job.

    Attributes
    ----------
    name : str
        Named after its source.
    known_as : str
        What people call it.
    title : str
        What it is, in short.
    kind : {'tool', 'paper', 'practice', 'bound'}
        A program that people use, a publication's own arithmetic, a habit of model cards, or an upper bound.
    source : str
        Source id of its description.
    needs_meter : bool
        Whether it does not apply to a run that was not metered.
    splits_host : bool
        Whether its power of a processor leaves the host out, so that it can be compared with accelerators alone.
    """

    name: ClassVar[str]
    known_as: ClassVar[str]
    title: ClassVar[str]
    kind: ClassVar[str]
    source: ClassVar[str]
    needs_meter: ClassVar[bool] = False
    splits_host: ClassVar[bool] = True

    @abstractmethod
    def view(self, job: Job, known: Known) -> View | None:
        """Return the power of a job, or None where the method does not apply."""

    def pue(self, job: Job, known: Known) -> float:
        """Return the PUE: the user's where the method asks for it, else its own. [1]"""
        if "fixed_pue" in known:
            return known["fixed_pue"].value
        return known["pue"].value if job.pue is None else job.pue

    def apply(self, job: Job, setting: str = "") -> MethodResult | None:
        """Apply the method to a described job.

        Parameters
        ----------
        job : Job
            What is known of it.
        setting : str, optional
            One of ``settings_of(name)``; blank is the method as it comes.

        Returns
        -------
        MethodResult or None
            None where the method, or this setting of it, does not apply to such a job.
        """
        known = constants_of(self.name, setting)
        view = self.view(job, known) if _applies(list(replaced_parameters(self.name, setting)), job) else None
        if view is None:
            return None
        pue, power_w = self.pue(job, known), job.processors * view.processor_w + view.host_w
        g_per_kwh, grid_notes = _grid(job, known)
        kwh = facility_kwh(job.hours, power_w, pue)
        return MethodResult(
            name=self.name,
            setting=setting,
            known_as=self.known_as,
            title=self.title,
            kind=self.kind,
            power_w=power_w,
            kwh=kwh,
            g_per_kwh=g_per_kwh,
            kg=formulas.operational_kg(kwh, g_per_kwh),
            factors=job.decomposed(view.device_w, view.processor_w, power_w, pue, g_per_kwh),
            sources=self._sources(job, known),
            notes=(*view.notes, *grid_notes),
        )

    def _sources(self, job: Job, known: Known) -> tuple[str, ...]:
        used = [key for row in known.values() if _concerns(row.parameter, job) for key in row.source.split(";")]
        return tuple(dict.fromkeys([self.source, *used]))

    def energy_kwh(self, reference: "Reference", catalogue: Catalogue) -> float | None:
        """Return the energy of a published run at its own boundary, from hardware, count and hours alone.

        What is compared is the method's model of power: PUE is the record's for every method.

        Parameters
        ----------
        reference : Reference
            A published run; nothing that was measured of it is read.
        catalogue : Catalogue
            Where the hardware is.

        Returns
        -------
        float or None
            Energy of the accelerators, the node or the facility [kWh]; None where the method needs a meter, does not
            separate what the record covers, or does not know the hardware.

        Notes
        -----
        Some constants come from records that are scored, see `takes_from`.
        """
        known, boundary = constants_of(self.name), reference.energy_boundary
        job = None if self.needs_meter else recorded_job(reference, catalogue)
        view = self.view(job, known) if job else None
        if job is None or view is None or (boundary == "accelerator" and not self.splits_host):
            return None
        it_w = job.processors * view.processor_w + (0.0 if boundary == "accelerator" else view.host_w)
        pue = self.pue(job, known) if job.pue is None else job.pue
        return facility_kwh(job.hours, it_w, pue if boundary == "facility" else 1.0)

    __call__ = energy_kwh

    def takes_from(self, reference: "Reference", catalogue: Catalogue) -> bool:
        """Whether a constant that the method uses for this record comes from the record's own source."""
        job = recorded_job(reference, catalogue)
        return job is not None and reference.source in self._sources(job, constants_of(self.name))

    def __repr__(self) -> str:
        return f"<Method {self.name}: {self.title}>"


def facility_kwh(hours: float, it_w: float, pue: float) -> float:
    """Return the energy of the facility at a mean power of the computers. [kWh]"""
    kwh: float = formulas.facility_energy_kwh(formulas.it_energy_kwh(1, hours, it_w, 1), pue)
    return kwh


def mean_or_rated_w(job: Job) -> tuple[float, tuple[str, ...]]:
    """Return the mean power of one accelerator that a meter would read, else its TDP with a note. [W]"""
    if job.measured_w is not None:
        return job.measured_w, ()
    return job.rated_w, (NO_METER,)


def rated_w(job: Job, known: Known) -> float:
    """Return the power at which the tool's own table rates the device, else our TDP. [W]"""
    own = known.get(f"{_TDP}:{job.device_id}")
    return own.value if own else job.rated_w


def system_view(job: Job, known: Known) -> View | None:
    """View a job through its own measured mean, else a published mean of the whole system per chip, host inside."""
    if job.measured_w is not None:
        return View(job.rated_w, job.measured_w)
    found = [row for row in known.values() if row.parameter.startswith(_SYSTEM) and _concerns(row.parameter, job)]
    if not found:
        return None
    note = f"{found[0].value:g} W per chip is its published mean of the whole system"
    return View(job.rated_w, found[0].value, notes=(note,))


def _grid(job: Job, known: Known) -> tuple[float, tuple[str, ...]]:
    """Return what the user stated, else the method's own value of the place, else ours with a note. [g/kWh]"""
    own = known.get(f"{_GRID}:{job.place}")
    if job.grid_is_given or own is None:
        return job.g_per_kwh, () if job.grid_is_given else (OUR_GRID,)
    return own.value, ()


def _concerns(parameter: str, job: Job) -> bool:
    """Whether a constant holds for this job: for its place, its device, its family of devices, or for all."""
    kind, _, key = parameter.partition(":")
    if kind == _GRID:
        return not job.grid_is_given and key == job.place
    if kind == _SYSTEM:
        return job.device_id == key or job.device_id.startswith(f"{key}-")
    return kind != _TDP or key == job.device_id


def _applies(parameters: list[str], job: Job) -> bool:
    """Whether a setting changes anything for this job, by the parameters that it replaces."""
    for_some = [name for name in parameters if ":" in name]
    for_all = [name for name in parameters if ":" not in name]
    if not all(_is_open(name, job) for name in for_all):
        return False
    return not for_some or any(_concerns(name, job) for name in for_some)


def _is_open(parameter: str, job: Job) -> bool:
    """Whether the user left open what the parameter sets."""
    if parameter in ("memory_gb", "cpu_cores", "counts_host"):
        return job.profile is not None and not job.names_host
    return parameter != "pue" or job.pue is None
