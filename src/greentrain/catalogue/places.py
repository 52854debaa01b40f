"""Places and their grids: which series of carbon intensity a place has, year by year."""

from collections import defaultdict
from functools import cached_property
from typing import NamedTuple

from greentrain.catalogue import names
from greentrain.catalogue.records import CloudRegion, GridValue, Place
from greentrain.catalogue.tables import Tables, listed
from greentrain.errors import AmbiguousName
from greentrain.interval import Interval

WORLD = "WORLD"
_PROVIDER_NAMES = {"google": "gcp", "amazon": "aws", "microsoft": "azure", "oracle": "oci", "ovhcloud": "ovh"}
_HINT = "'greentrain grids WORD' searches the places"


class Location(NamedTuple):
    """What a user's location resolves to: a place and, when they named one, the provider's region in it."""

    place: Place
    region: CloudRegion | None

    @property
    def code(self) -> str:
        """The zone as it stands in results: ``FR``, ``US-CA`` or ``aws:us-east-1``."""
        return self.region.code if self.region else self.place.place


class Places:
    """Countries, their parts and the regions of cloud providers.

    Parameters
    ----------
    tables : Tables
        Where the rows come from.
    """

    def __init__(self, tables: Tables) -> None:
        self._tables = tables

    @cached_property
    def by_code(self) -> dict[str, Place]:
        """Every place by its code."""
        return {row["place"]: Place.from_row(row) for row in self._tables.records("places")}

    @cached_property
    def _names(self) -> dict[str, str]:
        return names.index(
            (row["place"], [row["place"], row["iso3"], row["name"], *listed(row, "aliases")])
            for row in self._tables.records("places")
        )

    @cached_property
    def regions(self) -> dict[str, CloudRegion]:
        """Every cloud region by ``provider:region``."""
        found = map(CloudRegion.from_row, self._tables.records("cloud_regions"))
        return {region.code: region for region in found}

    @cached_property
    def _region_codes(self) -> dict[str, list[str]]:
        codes: dict[str, list[str]] = defaultdict(list)
        for code, region in self.regions.items():
            codes[names.fold(code)].append(code)
            codes[names.fold(region.region)].append(code)
        return dict(codes)

    def find(self, name: str) -> Location:
        """Find a place by code or name, or a cloud region as ``provider:region``.

        Raises
        ------
        UnknownName
            When nothing has this name; the nearest names are suggested, none is taken.
        AmbiguousName
            When several providers have a region of this name and no provider is named.
        """
        if name in self.by_code:  # most often, and then nobody needs the index of all names
            return Location(self.by_code[name], None)
        place = self._names.get(names.fold(name)) if ":" not in name else None
        if place:
            return Location(self.by_code[place], None)
        codes = self._region_codes.get(names.fold(_with_known_provider(name)), [])
        codes = [code for code in codes if code.endswith(f":{name.casefold()}")] or codes
        if len(codes) > 1:
            raise AmbiguousName("location", name, "several providers have a region of this name", codes)
        if not codes:
            names.refuse("location", name, "place", self._choices(name), _HINT)
        region = self.regions[codes[0]]
        return Location(self.by_code[region.place], region)

    def _choices(self, name: str) -> dict[str, str]:
        regions = {folded: code for folded, codes in self._region_codes.items() for code in codes}
        if ":" in name:
            return regions
        places = {folded: _shown(self.by_code[code]) for folded, code in self._names.items() if folded}
        return regions | places

    def series(self, place: str) -> list[GridValue]:
        """Give a place's carbon intensity, one value per year, oldest first."""
        rows = [
            row
            for table in ("grid_countries", "grid_subnational")
            for row in self._tables.table(table).where("place", place)
        ]
        by_year = {value.year: value for value in map(GridValue.from_row, rows)}
        return [by_year[year] for year in sorted(by_year)]

    def latest_values(self) -> dict[str, GridValue]:
        """Give every place's latest carbon intensity."""
        rows = [row for table in ("grid_countries", "grid_subnational") for row in self._tables.records(table)]
        rows.sort(key=lambda row: row["year"])
        return {row["place"]: GridValue.from_row(row) for row in rows}

    @cached_property
    def country_range(self) -> tuple[float, float]:
        """The lowest and highest carbon intensity of any country in any year [g/kWh], aggregates left out."""
        table = self._tables.table("grid_countries")
        place, value = table.column("place"), table.column("g_per_kwh")
        found = [float(row[value]) for row in table.rows if self.by_code[row[place]].kind == "country"]
        return min(found), max(found)

    @cached_property
    def _basis_rows(self) -> dict[str, tuple[Interval, str]]:
        return {
            row["place"]: (
                Interval(float(row["ratio_low"]), float(row["ratio"]), float(row["ratio_high"])),
                row["source"],
            )
            for row in self._tables.records("grid_basis")
        }

    def direct_over_life_cycle(self, place: Place) -> tuple[Interval, str]:
        """Give the ratio of direct to life-cycle carbon intensity of a place or its country, with its source. [1]"""
        rows = self._basis_rows
        return rows.get(place.place) or rows.get(place.country) or rows["*"]

    @cached_property
    def _sigmas(self) -> dict[str, dict[str, float]]:
        terms: dict[str, dict[str, float]] = defaultdict(dict)
        for row in self._tables.records("grid_uncertainty"):
            terms[row["term"]][row["key"]] = float(row["sigma"])
        return dict(terms)

    def uncertainty_term(self, term: str) -> list[tuple[str, float]]:
        """Give one term of the grid's uncertainty as (key, value) pairs, in the order of the file."""
        return list(self._sigmas[term].items())


def _with_known_provider(name: str) -> str:
    provider, colon, region = name.partition(":")
    provider = _PROVIDER_NAMES.get(provider.strip().casefold(), provider)
    return f"{provider}{colon}{region}"


def _shown(place: Place) -> str:
    return f"{place.place} ({place.name})"
