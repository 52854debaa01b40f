"""Places and their grids: which series of carbon intensity a place has, year by year."""

from __future__ import annotations

from functools import cached_property, partial

from greentrain.catalogue.records import WORLD, CloudRegion, ComputingCentre, GridValue, Location, Place
from greentrain.catalogue.table_files import Records, read_record, triple
from greentrain.light_typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from greentrain.catalogue.table_files import Row
    from greentrain.catalogue.tables import Tables
    from greentrain.interval import Interval

_ALSO_UNKNOWN = ("NA", "NC", "NR")
_ALSO_STATES = {
    "AL", "AR", "CA", "CO", "GA", "ID", "IL", "KY", "LA", "MA", "MD", "ME", "MN", "MO", "MS", "MT", "NC", "NE", "PA",
    "SC", "SD", "VA",
}  # fmt: skip
"""Codes of countries that are more often written for states; DE and IN are not."""


def _note_of_code(place: Place) -> str:
    """Tell what a code is that is also written for something else."""
    also = "".join((
        f" The state is US-{place.place}." if place.place in _ALSO_STATES else "",
        " Leave the location out where it is not known." if place.place in _ALSO_UNKNOWN else "",
    ))  # fmt: skip
    return f"{place.place} is {place.name}.{also}" if also else ""


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

    @cached_property
    def regions(self) -> Mapping[str, CloudRegion]:
        """Every cloud region by ``provider:region``."""
        return Records(self._tables.lookup("regions"), CloudRegion.from_row)

    @cached_property
    def centres(self) -> Mapping[str, ComputingCentre]:
        """Every computing centre by its id."""
        return Records(self._tables.lookup("centres"), ComputingCentre.from_row)

    def keys_by_name(self, kind: str) -> Mapping[str, Any]:
        """Return what the folded names of one kind stand for, see `greentrain.catalogue.lookups`.

        Parameters
        ----------
        kind : {'place_names', 'region_names', 'centre_names', 'city_names'}
            Of places the codes, of regions a list of codes, of centres the ids, of towns the codes and the name.
        """
        return self._tables.lookup(kind)

    def find(self, name: str) -> Location:
        """Find a place by its code, ``provider:region``, or in words, see `greentrain.catalogue.place_words`.

        Raises
        ------
        InputError
            When the words mean that the place is unknown.
        UnknownName
            When nothing has this name; the nearest names are suggested, none is taken.
        AmbiguousName
            When several places, or regions of several providers, have this name, or several places are named.
        """
        if name in self.by_code:  # most often, and then nobody needs the index of all names
            return Location(self.by_code[name], None, None, _note_of_code(self.by_code[name]))
        if name in self.regions:
            region = self.regions[name]
            return Location(self.by_code[region.place], region)
        from greentrain.catalogue.names import refuse_long

        refuse_long("location", name, "place")
        from greentrain.catalogue.place_words import find_in_words

        return find_in_words(self, name)

    def series(self, place: str) -> list[GridValue]:
        """Return a place's carbon intensity, one value per year, oldest first."""
        return [read_record(GridValue, row) for row in self._tables.lookup("series").get(place, ())]

    def intensities(self, location: Location) -> list[GridValue]:
        """Return the carbon intensity of a location by year, oldest first.

        A provider's own values of a region come first; before the first of them stand those of the region's place.
        """
        series, region = self.series(location.place.place), location.region
        rows = self._tables.lookup("region_series").get(region.code) if region else None
        if not rows:
            return series
        own = [read_record(GridValue, row) for row in rows]
        return [*(value for value in series if value.year < own[0].year), *own]

    def latest_values(self) -> Mapping[str, GridValue]:
        """Return every place's latest carbon intensity."""
        return Records(self._tables.lookup("latest"), partial(read_record, GridValue))

    def unknown_place(self, year: int | None) -> tuple[GridValue, Interval]:
        """Return the carbon intensity of a data centre somewhere in a year, with its 90 % interval. [g CO2e/kWh]

        Parameters
        ----------
        year : int or None
            None, and a later year than the last, take the last; an earlier one than the first takes the first.
        """
        rows = self._tables.lookup("unknown_place")
        earlier = [key for key in rows if year is None or int(key) <= year]
        row = rows[max(earlier) if earlier else min(rows)]
        interval = triple(row, "low", "best", "high")
        assert interval is not None, row
        columns = {"place": WORLD, "year": row["grid_year"], "g_per_kwh": row["best"]}
        return read_record(GridValue, row | columns), interval

    def span_of_unknown_place(self, year: int | None) -> tuple[float, float]:
        """Return the ends of the carbon intensity of a data centre somewhere, in any year if None. [g CO2e/kWh]"""
        rows = self._tables.lookup("unknown_place").values()
        spans = [triple(row, "low", "best", "high") for row in rows] if year is None else [self.unknown_place(year)[1]]
        return min(span.low for span in spans if span), max(span.high for span in spans if span)

    def fuel_factors(self, factor_set: str) -> dict[str, float]:
        """Return the carbon intensity of each kind of generation in a set of factors. [g CO2e/kWh]"""
        rows = self._tables.records("electricity_sources")
        return {row["source_type"]: float(row["g_per_kwh"]) for row in rows if row["factor_set"] == factor_set}

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
