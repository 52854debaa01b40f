"""Places of a report by their names: with their code, or by country, part of it and cloud region."""

from typing import NamedTuple

from greentrain.catalogue import Location, load_catalogue
from greentrain.errors import GreentrainError


class Country(NamedTuple):
    """A country, and the part of it or the provider's region where that is known; empty where it is not."""

    name: str
    iso3: str
    part: str
    provider: str
    region: str


def place_label(location: str) -> str:
    """Name a place with its code; by the code alone where the catalogue does not have it."""
    found = _find_place(location)
    if found is None:
        return location
    place, region = found.place, found.region
    name = region.name if region else place.name
    return f"{name} ({location})" if name and name != location else location


def country_of(location: str | None) -> Country | None:
    """Find the country of a place; None for no place, several countries together, or a place not in the catalogue."""
    found = None if location is None else _find_place(location)
    if found is None:
        return None
    place, region = found.place, found.region
    country = load_catalogue().places.by_code.get(place.country)
    if country is None or country.kind != "country":
        return None
    part = "" if country is place else place.name
    return Country(country.name, country.iso3, part, region.provider if region else "", region.region if region else "")


def _find_place(location: str) -> Location | None:
    try:
        return load_catalogue().places.find(location)
    except GreentrainError:  # a place of profiles that are not at hand any more
        return None
