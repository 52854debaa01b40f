"""The site of a run: its place, PUE and water."""

from functools import lru_cache
from typing import NamedTuple

from greentrain.catalogue import Catalogue, Figure, Location
from greentrain.catalogue.facilities import WORKSTATION
from greentrain.catalogue.places import WORLD
from greentrain.errors import Contradiction
from greentrain.estimation.result import Input, given


class Site(NamedTuple):
    """Where the run stood: PUE, on-site water and water of the electricity."""

    pue: Input
    wue: Input
    water_intensity: Input
    notes: tuple[str, ...]


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
) -> Site:
    """Find the facility's figures, the most specific that are published.

    Parameters
    ----------
    location : Location or None
        None where the user named no place.
    provider : str
        The cloud provider, or nothing.
    pue : float or None
        What the user said. [1]
    kind : {'datacentre', 'workstation'}
        What the run stood in.
    """
    region = location.region if location else None
    provider = region.provider if region else provider
    facility = WORKSTATION if kind == WORKSTATION else provider
    power, water = (catalogue.facilities.best_known(metric, facility, region, year) for metric in ("pue", "wue"))
    place = location.place if location else catalogue.places.by_code[WORLD]
    electricity = catalogue.facilities.water_intensity(place)
    pue_input = given("pue", pue, "1") if pue is not None else _input("pue", power, 1.0)
    notes = [] if pue is not None else _pue_notes(power, year)
    return Site(pue_input, _input("wue", water, 0.0), _input("water_intensity", electricity, 0.0), tuple(notes))


def _input(name: str, figure: Figure, weight: float) -> Input:
    note = f"{figure.year}" if figure.year else ""
    return Input(name, figure.value, figure.unit, figure.basis, figure.source, note, weight)


def _pue_notes(figure: Figure, year: int | None) -> list[str]:
    if year is None or figure.year in (None, year) or figure.value.is_exact:
        return []
    return [f"No PUE published for {year}: the one of {figure.year} is used."]
