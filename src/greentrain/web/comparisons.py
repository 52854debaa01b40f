"""Alternatives over HTTP: what ``greentrain compare`` takes, but for what would be a file of this computer's."""

from collections.abc import Mapping
from typing import Any

from greentrain.catalogue import load_catalogue
from greentrain.errors import InputError
from greentrain.planning import compare, parted
from greentrain.web.parameters import NAMES, check_names
from greentrain.web.settings import LONGEST_TEXT, MOST_ROWS

COMPARED = (*NAMES, "places", "price")
_LISTS = ("europe", "all", "centres")
_CLOUD = "cloud:"


def comparison_of(values: Mapping[str, Any], profiles: str | None) -> dict[str, Any]:
    """Compare what a request describes.

    Parameters
    ----------
    values : mapping
        Keywords of ``compare``, each with one value, with text that lists several, or with a list.
    profiles : str or None
        Folder of own profiles.

    Raises
    ------
    InputError
        If a value is invalid, names a file, or there are too many alternatives.
    """
    check_names(values, COMPARED)
    for name, value in values.items():
        _check(name, value)
    for word in _words(values.get("places")):
        _check_places(word, profiles)
    return compare(**values, profiles=profiles).to_dict()


def _check(name: str, value: Any) -> None:
    """Refuse what is neither a value nor a list of values, and lists that nobody reads to their end."""
    items = value if isinstance(value, list) else [value]
    if not items or len(items) > MOST_ROWS or any(isinstance(item, (dict, list, type(None))) for item in items):
        raise InputError(name, None, "must be a value, or a list of values")
    for item in items:
        if isinstance(item, str) and len(item) > LONGEST_TEXT:
            raise InputError(name, item, f"must be at most {LONGEST_TEXT} characters long")


def _words(places: Any) -> list[str]:
    listed = places if isinstance(places, list) else [] if places is None else [places]
    return [part for word in listed for part in parted(str(word))]


def _check_places(word: str, profiles: str | None) -> None:
    folded = word.casefold()
    group = load_catalogue(profiles).places.by_code.get(word.upper())
    is_group = group is not None and bool(group.members)
    if not (folded in _LISTS or folded.startswith(_CLOUD) or is_group):
        raise InputError("places", word, "must be europe, all, centres, cloud:aws or a group of countries such as EU27")
