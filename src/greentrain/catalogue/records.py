"""The records of the catalogue: devices, instance types, places, regions, figures, everyday activities and sources.

Plain frozen values; every number names its source ids (``;``-joined where several agree) and how far it is verified.
A field has the name of its column; the interval ``tdp_w`` stands for ``tdp_low_w``, ``tdp_w`` and ``tdp_high_w``.
"""

from __future__ import annotations

from greentrain.catalogue.table_files import read_record, triple, whole_number
from greentrain.light_typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from typing import Any

    from greentrain.catalogue.table_files import Row
    from greentrain.interval import Interval

WORLD = "WORLD"
"""Code of the aggregate that holds all places."""


class Accelerator(NamedTuple):
    """A GPU, TPU or other AI chip, as one visible device.

    Attributes
    ----------
    tdp_w : Interval or None
        Thermal design power; conflicts between sources are its low and high. [W]
    training_w : Interval or None
        Measured mean power in training, of what ``training_scope`` names: device, system or provisioned. [W]
    idle_w : float or None
        Power draw without work. [W]
    embodied_kg : Interval or None
        Emissions of making it. [kg CO2e]
    devices_per_board : int
        Visible devices on one physical board; all numbers here are per visible device.
    mig_slices : int or None
        Compute slices into which MIG divides it; None without MIG.
    """

    id: str
    name: str
    vendor: str
    family: str
    hardware_class: str
    form_factor: str
    aliases: tuple[str, ...]
    release_year: int | None
    devices_per_board: int
    tdp_w: Interval | None
    tdp_basis: str
    training_w: Interval | None
    training_scope: str
    training_source: str
    idle_w: float | None
    idle_source: str
    memory_gb: float | None
    mig_slices: int | None
    peak_fp32_tflops: float | None
    peak_bf16_tflops: float | None
    peak_fp8_tflops: float | None
    embodied_kg: Interval | None
    embodied_scope: str
    embodied_source: str
    source: str
    verified: str
    notes: str


class Family(NamedTuple):
    """A name that covers several accelerators; no ``usual`` one means that a guess would be wrong too often."""

    name: str
    usual: str
    members: tuple[str, ...]
    note: str


class NamedAccelerators(NamedTuple):
    """Accelerators that a text names.

    Attributes
    ----------
    profile : Accelerator
        The device, or the usual one of a family.
    family : Family or None
        The family, when the name covers several devices.
    number : int or None
        How many the text counts; None where it states none. [1]
    fraction : float
        Part of each, as a MIG slice is. [1]
    note : str
        How the words were understood, where another reader may understand them otherwise.
    """

    profile: Accelerator
    family: Family | None
    number: int | None
    fraction: float
    note: str = ""


class Cpu(NamedTuple):
    """A CPU model; its TDP [W] and cores are None where no source states them."""

    id: str
    name: str
    vendor: str
    segment: str
    aliases: tuple[str, ...]
    tdp_w: Interval | None
    cores: int | None
    source: str
    verified: str
    notes: str


RENTED = "rented"
"""Segment of a CPU whose model a provider hides: its cores are hardware threads."""


def rented_cpu(name: str) -> Cpu:
    """Make the CPU of a rented machine, of which no more than the name is known."""
    return Cpu(RENTED, name, "", RENTED, (), None, None, "", "assumed", "")


class Instance(NamedTuple):
    """A cloud instance type: which accelerators, how many visible devices, which part of each."""

    provider: str
    instance: str
    accelerator: str
    accelerator_count: int
    fraction_of_device: float
    vcpus: float | None
    memory_gb: float | None
    host_cpu: str
    source: str
    verified: str
    notes: str


class Place(NamedTuple):
    """A country, an aggregate of countries, or a part of a country with a grid series of its own."""

    place: str
    kind: str
    name: str
    parent: str
    iso3: str
    aliases: tuple[str, ...]
    members: tuple[str, ...] = ()

    @property
    def country(self) -> str:
        """The country that the place is or lies in."""
        return self.parent or self.place


class GridValue(NamedTuple):
    """Carbon intensity of one place in one year. [g CO2e/kWh]"""

    place: str
    year: int
    g_per_kwh: float
    basis: str
    source: str
    verified: str
    notes: str


class CloudRegion(NamedTuple):
    """A provider's region: where it lies and, where the provider published one, its own grid value."""

    provider: str
    region: str
    name: str
    place: str
    own_value: GridValue | None
    source: str
    verified: str
    notes: str

    @classmethod
    def from_row(cls, row: Row) -> CloudRegion:
        """Read a row of cloud_regions.csv."""
        return cls(
            provider=row["provider"],
            region=row["region"],
            name=row["name"],
            place=row["place"],
            own_value=read_record(GridValue, row) if row.get("g_per_kwh") else None,
            source=row["source"],
            verified=row["verified"],
            notes=row.get("notes", ""),
        )

    @property
    def code(self) -> str:
        """The region as a user writes it: ``aws:us-east-1``."""
        return f"{self.provider}:{self.region}"


class ComputingCentre(NamedTuple):
    """A supercomputer or research cluster: the place whose grid it has and, where one was found, its PUE [1]."""

    id: str
    name: str
    place: str
    pue: Figure | None

    @classmethod
    def from_row(cls, row: Row) -> ComputingCentre:
        """Read a row of computing_centres.csv."""
        value = triple(row, "pue_low", "pue", "pue_high")
        basis = "assumed" if "assumed" in (row["pue_basis"], row["verified"]) else "published"
        pue = value and Figure(value, "1", basis, row["source"], row.get("notes", ""), whole_number(row, "pue_year"))
        return cls(row["id"], row["name"], row["place"], pue)


class Location(NamedTuple):
    """What a user's location resolves to.

    Attributes
    ----------
    place : Place
        The place whose grid counts.
    region : CloudRegion or None
        The provider's region in it, when one was named.
    centre : ComputingCentre or None
        The computing centre in it, when one was named.
    note : str
        What was understood, where the words do not name the place itself.
    """

    place: Place
    region: CloudRegion | None
    centre: ComputingCentre | None = None
    note: str = ""

    @property
    def code(self) -> str:
        """The zone as results name it: ``FR``, ``US-CA`` or ``aws:us-east-1``."""
        return self.region.code if self.region else self.place.place


class Figure(NamedTuple):
    """One number of a table of defaults or facilities, with its interval, unit and source."""

    value: Interval
    unit: str
    basis: str
    source: str
    notes: str = ""
    year: int | None = None

    @classmethod
    def from_row(cls, row: Row) -> Figure:
        """Read a row that has low, best and high."""
        value = triple(row, "low", "best", "high")
        assert value is not None, row
        return cls(
            value=value,
            unit=row["unit"],
            basis=row.get("basis", "published"),
            source=row["source"],
            notes=row.get("notes", ""),
            year=whole_number(row, "year"),
        )


class Equivalent(NamedTuple):
    """An everyday activity and its emissions, with every label without which the comparison would mislead."""

    id: str
    label: str
    unit: str
    kg: Interval
    year: int
    geography: str
    subject: str
    trip: str
    radiative_forcing: str
    display: int | None
    source: str
    verified: str
    notes: str
    short: str = ""


class Source(NamedTuple):
    """Where a number comes from."""

    id: str
    title: str
    url: str
    year: int | None
    licence: str
    verified: str

    def to_dict(self) -> dict[str, Any]:
        """Return title, URL, year and licence, as the sources of every result are printed."""
        return {"title": self.title, "url": self.url, "year": self.year, "licence": self.licence}
