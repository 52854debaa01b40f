"""The site of a run: its place, PUE, carbon intensity and water."""

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from greentrain.catalogue import Catalogue, Figure, Location, load_catalogue
from greentrain.catalogue.facilities import WORKSTATION
from greentrain.catalogue.places import WORLD
from greentrain.errors import Contradiction
from greentrain.estimation.grid import UNIT, choose_grid, grid_input
from greentrain.estimation.ranges import SITES
from greentrain.footprint import SiteFactors
from greentrain.inputs import GRID_INTENSITY, PUE, Input, given


@lru_cache(maxsize=4096)
def find_location(catalogue: Catalogue, name: str | None, provider: str) -> Location | None:
    """Find the place, and refuse a region of another provider than the instance's.

    Raises
    ------
    UnknownName, AmbiguousName
        For a place that is not in the catalogue, or a region name that several providers have.
    Contradiction
        If the region is not one of the provider's.
    """
    if name is None:
        return None
    location = catalogue.places.find(name)
    if provider and location.region and location.region.provider != provider:
        raise Contradiction("location", name, f"is not a region of {provider}, to which {{instance}} belongs")
    return location


@lru_cache(maxsize=4096)
def find_site(
    catalogue: Catalogue, location: Location | None, provider: str, year: int | None, pue: float | None, kind: str
) -> SiteFactors:
    """Find the facility's figures, the most specific that are published; the carbon intensity is not among them.

    Parameters
    ----------
    location : Location or None
        None where the user named no place.
    provider : str
        The cloud provider, or nothing.
    pue : float or None
        What the user stated. [1]
    kind : {'datacentre', 'workstation'}
        What the run stood in.
    """
    region = location.region if location else None
    provider = region.provider if region else provider
    facility = WORKSTATION if kind == WORKSTATION else provider
    power, water = (catalogue.facilities.best_known(metric, facility, region, year) for metric in ("pue", "wue"))
    place = location.place if location else catalogue.places.by_code[WORLD]
    electricity = catalogue.facilities.water_intensity(place)
    site = f"{facility or 'industry'}:{region.region if region else ''}"
    pue_input = given(PUE, pue, "1") if pue is not None else _input(PUE, power, 1.0, site)
    return SiteFactors(
        pue_input,
        None,
        _input("wue", water, 0.0, site),
        _input("water_intensity", electricity, 0.0, place.place),
        () if pue is not None else _pue_notes(power, year),
    )


def site_factors(inputs: Mapping[str, Any], hours: float | None) -> SiteFactors:
    """Find PUE, carbon intensity and water of a run that is measured, as `estimate` does.

    Parameters
    ----------
    inputs : mapping
        Keywords of ``greentrain.estimate``; those about hardware, but for the instance type, do not count.
    hours : float or None
        Length of the run: the mean of a year says less about a shorter one. [h]

    Raises
    ------
    GreentrainError
        If something in the inputs is not in the catalogue.
    """
    catalogue = load_catalogue(inputs.get("profiles"))
    instance = inputs.get("instance")
    provider = catalogue.hardware.find_instance(instance).provider if instance else ""
    location = find_location(catalogue, inputs.get("location"), provider)
    intensity, year = inputs.get("grid_intensity"), inputs.get("year")
    notes: tuple[str, ...] = ()
    if intensity is None:
        choice = choose_grid(catalogue, location, year)
        grid, notes = grid_input(choice, catalogue, hours), choice.notes
    else:
        grid = given(GRID_INTENSITY, intensity, UNIT)
    found = find_site(catalogue, location, provider, year, inputs.get("pue"), inputs.get("site") or SITES[0])
    return SiteFactors(found.pue, grid, found.wue, found.water_intensity, (*notes, *found.notes))


def _input(name: str, figure: Figure, weight: float, site: str) -> Input:
    note = f"{figure.year}" if figure.year else ""
    return Input(
        name, figure.value, figure.unit, figure.basis, figure.source, note, weight, f"{name}:{site}", year=figure.year
    )


def _pue_notes(figure: Figure, year: int | None) -> tuple[str, ...]:
    if year is None or figure.year in (None, year) or figure.value.is_exact:
        return ()
    return (f"No PUE published for {year}: the one of {figure.year} is used.",)
