"""What the charts show next to a result, looked up in the catalogue: places and published training runs."""

from collections.abc import Sequence
from math import log10
from typing import TYPE_CHECKING, Any

from greentrain.catalogue import Catalogue, load_catalogue
from greentrain.catalogue.records import WORLD, Location
from greentrain.catalogue.table_files import Row, shipped_table
from greentrain.errors import UnknownName
from greentrain.estimation.grid import choose_grid, grid_input
from greentrain.interval import exact
from greentrain.reporting.charts.headline import ReferencePoint
from greentrain.reporting.charts.other_regions import PlaceGrid
from greentrain.reporting.report_data import ReportData

if TYPE_CHECKING:
    from greentrain.validation.comparison import MethodComparison

PLACES = ("SE", "NO", "FR", "CA-QC", "BR", "GB", "US-CA", "DE", "US", "JP", "AU", "PL", "CN", "ZA", "IN")
"""Clean and dirty grids of all continents, among them those where most accelerators are."""

_MOST_REGIONS = 15
_MOST_RUNS = 2
_FARTHEST = 100
"""A published run that is larger or smaller by more than this tells nobody anything."""
_KNOWN = {
    "strubell2019-bert-base-v100": "BERT", "patterson2021-t5-11b": "T5 11B", "bloom-176b-pue": "BLOOM 176B",
    "sd-v1": "Stable Diffusion 1", "llama2-7b": "Llama 2 7B", "llama2-70b": "Llama 2 70B",
    "llama3.1-8b": "Llama 3.1 8B", "llama3.1-70b": "Llama 3.1 70B", "llama3.1-405b": "Llama 3.1 405B",
}  # fmt: skip
"""The models that most readers have heard of, by the ids of their records."""
_TRAININGS = ("training", "pretraining")
_LOCATION_BASED = "location-based"


def comparison_places(data: ReportData) -> tuple[PlaceGrid, ...]:
    """Look up where else the run could have been: the regions of its cloud provider, or a choice of countries.

    The year is that of the run's own grid, so that places are compared and not years.
    """
    catalogue = _catalogue(data)
    own = {line.location for line in data.lines}
    code = next(iter(own)) if len(own) == 1 else None
    years = {line.grid.year or line.year for line in data.lines if line.grid is not None}
    year = next(iter(years)) if len(years) == 1 else None
    hours = data.lines[0].hours if len(data.lines) == 1 else None
    codes = _codes(catalogue, code)
    return tuple(_grid_of(catalogue, location, year, hours) for location in codes)


def other_places(catalogue: Catalogue, own: str | None) -> list[tuple[str, str]]:
    """List codes and names of where else a run could have been, its own place among them if it is one of these.

    Parameters
    ----------
    catalogue : Catalogue
        Where the places are.
    own : str or None
        Code of the run's place.
    """
    found = _codes(catalogue, own)
    return [(item.code, (item.region.name if item.region else item.place.name) or item.code) for item in found]


def published_runs(data: ReportData) -> tuple[ReferencePoint, ...]:
    """Look up published training runs of about the same emissions, location-based and without contradictions.

    The shipped table alone is read, and of it only what is shown: checking and sorting its records, as the validation
    does, takes as long as all the rest of a report in text.
    """
    kg = data.operational_kg.best
    if kg <= 0:
        return ()
    fit = [row for row in shipped_table("references").where("verified", "yes") if _is_fit(row, kg)]
    nearest = sorted(fit, key=lambda row: abs(log10(kg / float(row["published_co2e_kg"]))))
    return tuple(map(_point, nearest[:_MOST_RUNS]))


def comparison_of(data: ReportData) -> "MethodComparison | None":
    """Apply the published methods to the job of an estimate; None for anything else."""
    if data.kind != "estimate" or data.estimate is None:
        return None
    from greentrain.validation.comparison import compare_methods

    return compare_methods(data.estimate)


def source_ids(found: Any) -> tuple[str, ...]:
    """Return the ids of the sources of what one of the functions above found, each once."""
    if found is None:
        return ()
    keys = list(found.sources) if hasattr(found, "methods") else [item.source for item in found]
    return tuple(dict.fromkeys(key.strip() for joined in keys for key in joined.split(";") if key.strip()))


def _catalogue(data: ReportData) -> Catalogue:
    return load_catalogue() if data.estimate is None else data.estimate.catalogue


def _codes(catalogue: Catalogue, own: str | None) -> list[Location]:
    places = catalogue.places
    try:
        location = places.find(own) if own else None
    except UnknownName:  # a place of profiles that are not there today
        location = None
    if location is None or location.region is None:
        codes = [*PLACES] if own in (None, WORLD, *PLACES) or location is None else [*PLACES, location.code]
        return [places.find(code) for code in codes]
    provider = location.region.provider
    regions = [Location(places.by_code[region.place], region) for region in places.regions.values()]
    same = [item for item in regions if item.region and item.region.provider == provider]
    return _spread(catalogue, same, location)


def _spread(catalogue: Catalogue, regions: Sequence[Location], own: Location) -> list[Location]:
    """Take regions evenly from the cleanest to the dirtiest grid, one per grid, and the run's own."""
    by_value = {choose_grid(catalogue, item, None).value.g_per_kwh: item for item in regions}
    ordered = [by_value[value] for value in sorted(by_value)]
    if len(ordered) > _MOST_REGIONS:
        step = (len(ordered) - 1) / (_MOST_REGIONS - 1)
        ordered = [ordered[round(number * step)] for number in range(_MOST_REGIONS)]
    return ordered if own in ordered else [*ordered, own]


def _grid_of(catalogue: Catalogue, location: Location, year: int | None, hours: float | None) -> PlaceGrid:
    grid = grid_input(choose_grid(catalogue, location, year), catalogue, hours)
    name = location.region.name if location.region else location.place.name
    return PlaceGrid(location.code, name or location.code, grid.value, grid.source, grid.accounting == "direct")


def _is_fit(row: Row, kg: float) -> bool:
    ratio = float(row["published_co2e_kg"] or 0.0) / kg
    if row["id"] not in _KNOWN or not 1 / _FARTHEST <= ratio <= _FARTHEST:
        return False
    is_stated = row["kind"] in _TRAININGS and row["co2e_scope"].startswith(_LOCATION_BASED)
    return is_stated and not row["excluded"] and not row["traps"]


def _point(row: Row) -> ReferencePoint:
    scope = row["co2e_scope"].partition(" (")[0].partition(", 100%")[0]
    short = f"training {_KNOWN[row['id']]} ({row['year']})"
    label = f"training {_KNOWN[row['id']]}, {row['organisation']} {row['year']}, published figure ({scope})"
    return ReferencePoint(label, exact(float(row["published_co2e_kg"])), row["source"], short)
