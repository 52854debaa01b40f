"""Places of runs in the words of other tools: country, region and provider."""

from typing import NamedTuple

from greentrain.catalogue import load_catalogue
from greentrain.errors import GreentrainError


class Country(NamedTuple):
    """A country, and the part of it or the provider's region where that is known; empty where it is not."""

    name: str
    iso3: str
    part: str
    provider: str
    region: str


def place_words(location: str) -> str:
    """Name a place with its code; by the code alone where the catalogue does not have it."""
    try:
        place, region = load_catalogue().places.find(location)
    except GreentrainError:  # a place of profiles that are not at hand any more
        return location
    name = region.name if region else place.name
    return f"{name} ({location})" if name and name != location else location


def country_of(location: str | None) -> Country | None:
    """Find the country of a place; None for no place, several countries together, or a place not in the catalogue."""
    if location is None:
        return None
    places = load_catalogue().places
    try:
        place, region = places.find(location)
    except GreentrainError:  # a place of profiles that are not at hand any more
        return None
    country = places.by_code.get(place.country)
    if country is None or country.kind != "country":
        return None
    part = "" if country is place else place.name
    return Country(country.name, country.iso3, part, region.provider if region else "", region.region if region else "")
