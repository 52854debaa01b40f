"""Places and their grids: which series of carbon intensity a place has, year by year."""

from __future__ import annotations

from functools import cached_property, partial

from greentrain.catalogue import names
from greentrain.catalogue.records import CloudRegion, GridValue, Place
from greentrain.catalogue.table_files import Records, read_record, triple
from greentrain.errors import AmbiguousName
from greentrain.light_typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping

    from greentrain.catalogue.table_files import Row
    from greentrain.catalogue.tables import Tables
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
        """The zone as results name it: ``FR``, ``US-CA`` or ``aws:us-east-1``."""
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
    def by_code(self) -> Mapping[str, Place]:
        """Every place by its code."""
        return Records(self._tables.lookup("places"), partial(read_record, Place))

    @property
    def _names(self) -> Mapping[str, str]:
        return self._tables.lookup("place_names")

    @cached_property
    def regions(self) -> Mapping[str, CloudRegion]:
        """Every cloud region by ``provider:region``."""
        return Records(self._tables.lookup("regions"), CloudRegion.from_row)

    @property
    def _region_codes(self) -> Mapping[str, list[str]]:
        return self._tables.lookup("region_names")

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
        """Return a place's carbon intensity, one value per year, oldest first."""
        return [read_record(GridValue, row) for row in self._tables.lookup("series").get(place, ())]

    def latest_values(self) -> Mapping[str, GridValue]:
        """Return every place's latest carbon intensity."""
        return Records(self._tables.lookup("latest"), partial(read_record, GridValue))

    @property
    def country_range(self) -> tuple[float, float]:
        """The lowest and highest carbon intensity of any country in any year [g/kWh], aggregates left out."""
        found: tuple[float, float] = self._tables.lookup("country_range")["country"]
        return found

    @cached_property
    def _basis(self) -> Mapping[str, tuple[Interval, str]]:
        return Records(self._tables.lookup("grid_basis"), _basis_of)

    def direct_over_life_cycle(self, place: Place) -> tuple[Interval, str]:
        """Return the ratio of direct to life-cycle carbon intensity of a place or its country, with its source. [1]"""
        known = self._basis
        return known.get(place.place) or known.get(place.country) or known["*"]

    def uncertainty_term(self, term: str) -> list[tuple[str, float]]:
        """Return one term of the grid's uncertainty as (key, value) pairs, in the order of the file."""
        found: list[tuple[str, float]] = self._tables.lookup("grid_uncertainty")[term]
        return list(found)


def _basis_of(row: Row) -> tuple[Interval, str]:
    ratio = triple(row, "ratio_low", "ratio", "ratio_high")
    assert ratio is not None, row
    return ratio, row["source"]


def _with_known_provider(name: str) -> str:
    provider, colon, region = name.partition(":")
    provider = _PROVIDER_NAMES.get(provider.strip().casefold(), provider)
    return f"{provider}{colon}{region}"


def _shown(place: Place) -> str:
    return f"{place.place} ({place.name})"
