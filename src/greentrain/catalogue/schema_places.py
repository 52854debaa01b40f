"""The tables of places, grids, facilities and equivalents: one model per file, columns as in its header."""

from collections.abc import Iterator
from typing import Annotated, ClassVar

from greentrain.catalogue.schema_cells import (
    Bounds,
    Count,
    GramsPerKwh,
    Iso3,
    Kilograms,
    Latitude,
    Longitude,
    NotNegative,
    Number,
    PlaceCode,
    RowSchema,
    Share,
    Slug,
    Token,
    Verified,
    Year,
    ZeroToOne,
    one_of,
)

WHOLES = ("country", "aggregate")
"""Kinds of place whose series stands in grid_countries.csv."""
_PARTS = ("state", "province", "egrid_subregion", "bidding_zone", "utility")

Basis = Annotated[str, one_of("lifecycle", "direct")]
FlightSubject = Annotated[str, one_of("passenger", "aircraft")]
Trip = Annotated[str, one_of("one-way", "round-trip")]
RadiativeForcing = Annotated[str, one_of("with", "without", "minimal", "unknown")]
FacilityKind = Annotated[
    str,
    one_of(
        "survey_average",
        "provider_fleet",
        "provider_region",
        "site",
        "design",
        "best_site",
        "third_party",
        "tool_default",
        "paper",
    ),
]


class PlaceRow(RowSchema):
    """A row of places.csv."""

    place: PlaceCode
    kind: Annotated[str, one_of(*WHOLES, *_PARTS)]
    name: str
    parent: str = ""
    iso3: Iso3 | None = None
    aliases: str = ""

    KEY: ClassVar = ("place",)

    def rules(self) -> Iterator[tuple[str, str]]:
        """Check that a part of a country says which."""
        if self.kind in _PARTS and not self.parent:
            yield "parent", f"must not be blank for a {self.kind}: give the code of its country"
        if self.kind in WHOLES and self.parent:
            yield "parent", f"must be blank for a place of kind {self.kind}"


class GridCountryRow(RowSchema):
    """A row of grid_countries.csv."""

    place: str
    year: Year
    g_per_kwh: GramsPerKwh
    basis: Basis
    source: str
    verified: Verified = "yes"

    KEY: ClassVar = ("place", "year")


class GridSubnationalRow(RowSchema):
    """A row of grid_subnational.csv."""

    place: str
    year: Year
    g_per_kwh: GramsPerKwh
    basis: Basis
    accounting: Annotated[str, one_of("production", "consumption", "retail")] | None = None
    gases: Annotated[str, one_of("co2", "co2e")] | None = None
    source: str
    verified: Verified = "yes"
    notes: str = ""

    KEY: ClassVar = ("place", "year")


class GridBasisRow(RowSchema):
    """A row of grid_basis.csv: direct over life-cycle intensity, which cannot exceed 1."""

    place: str
    ratio_low: Share
    ratio: Share
    ratio_high: Share
    year: Year | None = None
    source: str
    verified: Verified = "yes"
    notes: str = ""

    KEY: ClassVar = ("place",)
    TRIPLES: ClassVar = (("ratio_low", "ratio", "ratio_high"),)


class GridUncertaintyRow(RowSchema):
    """A row of grid_uncertainty.csv."""

    term: Annotated[str, one_of("source", "source_floor_g", "age", "subregion", "run_length", "run_length_scale")]
    key: str
    sigma: NotNegative
    unit: Annotated[str, one_of("log", "g/kWh", "factor")]
    source: str
    verified: Verified = "yes"
    notes: str = ""

    KEY: ClassVar = ("term", "key")
    UNITS: ClassVar = {"source_floor_g": "g/kWh", "run_length_scale": "factor"}

    def rules(self) -> Iterator[tuple[str, str]]:
        """Check the unit, and that the key is a number for every term but the subregions."""
        unit = self.UNITS.get(self.term, "log")
        if self.unit != unit:
            yield "unit", f"{self.unit!r} is not the unit of {self.term}, {unit}"
        if self.term != "subregion" and not self.key.isdecimal():
            yield "key", f"{self.key!r} is not a whole number; write digits alone"


class GridLossRow(RowSchema):
    """A row of grid_losses.csv."""

    place: str
    year: Year
    loss_fraction: Share
    source: str
    verified: Verified = "yes"
    notes: str = ""

    KEY: ClassVar = ("place", "year")


class ElectricitySourceRow(RowSchema):
    """A row of electricity_sources.csv; wind and sun have nothing that leaves a stack."""

    source_type: str
    factor_set: str
    g_per_kwh: NotNegative
    basis: Annotated[str, one_of("lifecycle", "direct", "mixed")]
    source: str
    verified: Verified = "yes"
    notes: str = ""

    KEY: ClassVar = ("source_type", "factor_set")


class FacilityRow(RowSchema):
    """A row of facilities.csv."""

    metric: Annotated[str, one_of("pue", "wue")]
    provider: str
    region: str = ""
    kind: FacilityKind
    year: Year
    low: Number | None = None
    best: Number
    high: Number | None = None
    unit: str
    source: str
    verified: Verified = "yes"
    notes: str = ""

    KEY: ClassVar = ("metric", "provider", "region", "kind", "year")
    TRIPLES: ClassVar = (("low", "best", "high"),)
    BOUNDS: ClassVar = {"pue": Bounds("1", least=1, most=5), "wue": Bounds("L/kWh", least=0, most=20)}

    def rules(self) -> Iterator[tuple[str, str]]:
        """Check the range, the metric's unit and its bounds."""
        yield from super().rules()
        bounds = self.BOUNDS[self.metric]
        if self.unit != bounds.unit:
            yield "unit", f"{self.unit!r} is not the unit of {self.metric}, {bounds.unit}"
        for column in ("low", "best", "high"):
            value = getattr(self, column)
            if value is not None and (fault := bounds.fault(value)):
                yield column, fault


class WaterRow(RowSchema):
    """A row of water_intensity.csv."""

    place: str
    year: Year
    low: NotNegative | None = None
    best: NotNegative
    high: NotNegative | None = None
    unit: Annotated[str, one_of("L/kWh")]
    kind: Annotated[str, one_of("consumption", "withdrawal")]
    source: str
    verified: Verified = "yes"
    notes: str = ""

    KEY: ClassVar = ("place", "kind", "year")
    TRIPLES: ClassVar = (("low", "best", "high"),)


class RegionRow(RowSchema):
    """A row of cloud_regions.csv; the grid value is the provider's own, where there is one."""

    provider: Slug
    region: Token
    name: str
    place: str
    latitude: Latitude | None = None
    longitude: Longitude | None = None
    g_per_kwh: GramsPerKwh | None = None
    year: Year | None = None
    basis: Basis | None = None
    cfe_fraction: ZeroToOne | None = None
    cfe_year: Year | None = None
    source: str
    verified: Verified = "yes"
    notes: str = ""

    KEY: ClassVar = ("provider", "region")

    def rules(self) -> Iterator[tuple[str, str]]:
        """Check that values come with what they mean."""
        yield from self.together("g_per_kwh", "year", "basis")
        yield from self.together("latitude", "longitude")
        yield from self.together("cfe_fraction", "cfe_year")


class EquivalentRow(RowSchema):
    """A row of equivalents.csv."""

    id: Slug
    label: str
    unit: str
    low_kg: Kilograms | None = None
    kg: Kilograms
    high_kg: Kilograms | None = None
    year: Year
    geography: str = ""
    subject: FlightSubject | None = None
    trip: Trip | None = None
    radiative_forcing: RadiativeForcing | None = None
    display: Count | None = None
    source: str
    verified: Verified = "yes"
    notes: str = ""

    TRIPLES: ClassVar = (("low_kg", "kg", "high_kg"),)

    def rules(self) -> Iterator[tuple[str, str]]:
        """Check the range, and that a flight has every label without which it would mislead."""
        yield from super().rules()
        yield from self.together("subject", "trip", "radiative_forcing")
        yield from self.together("trip", "subject")
