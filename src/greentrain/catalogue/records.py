"""What is known of a place, a region, a facility, an everyday activity or a source.

Plain frozen values; every number names its source ids (``;``-joined where several agree) and how far it is verified.
"""

from __future__ import annotations

from greentrain.catalogue.table_files import listed, number, triple
from greentrain.light_typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from greentrain.catalogue.table_files import Row
    from greentrain.interval import Interval


class Place(NamedTuple):
    """A country, an aggregate of countries, or a part of a country with a grid series of its own."""

    place: str
    kind: str
    name: str
    parent: str
    iso3: str
    aliases: tuple[str, ...]

    @classmethod
    def from_row(cls, row: Row) -> Place:
        """Read a row of places.csv."""
        return cls(
            row["place"], row["kind"], row["name"], row.get("parent", ""), row.get("iso3", ""), listed(row, "aliases")
        )

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

    @classmethod
    def from_row(cls, row: Row) -> GridValue:
        """Read a row of grid_countries.csv or grid_subnational.csv, or the provider's own value of a region."""
        return cls(
            place=row["place"],
            year=int(row["year"]),
            g_per_kwh=float(row["g_per_kwh"]),
            basis=row["basis"],
            source=row["source"],
            verified=row.get("verified", "yes"),
            notes=row.get("notes", ""),
        )


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
            own_value=GridValue.from_row(row) if row.get("g_per_kwh") else None,
            source=row["source"],
            verified=row.get("verified", "yes"),
            notes=row.get("notes", ""),
        )

    @property
    def code(self) -> str:
        """The region as a user writes it: ``aws:us-east-1``."""
        return f"{self.provider}:{self.region}"


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
        year = number(row, "year")
        return cls(
            value=value,
            unit=row["unit"],
            basis=row.get("basis", "published"),
            source=row["source"],
            notes=row.get("notes", ""),
            year=None if year is None else int(year),
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

    @classmethod
    def from_row(cls, row: Row) -> Equivalent:
        """Read a row of equivalents.csv."""
        kg = triple(row, "low_kg", "kg", "high_kg")
        assert kg is not None, row["id"]
        return cls(
            id=row["id"],
            label=row["label"],
            unit=row["unit"],
            kg=kg,
            year=int(row["year"]),
            geography=row["geography"],
            subject=row["subject"],
            trip=row["trip"],
            radiative_forcing=row["radiative_forcing"],
            display=int(row["display"]) if row["display"] else None,
            source=row["source"],
            verified=row["verified"],
            notes=row["notes"],
        )


class Source(NamedTuple):
    """Where a number comes from."""

    id: str
    title: str
    url: str
    year: int | None
    licence: str
    verified: str

    @classmethod
    def from_row(cls, row: Row) -> Source:
        """Read a row of sources.csv."""
        year = number(row, "year")
        return cls(
            row["id"],
            row["title"],
            row["url"],
            None if year is None else int(year),
            row.get("licence", ""),
            row.get("verified", "yes"),
        )
