"""Places as papers name them, found in the catalogue or refused with a reason, never guessed."""

import re
from typing import NamedTuple

from greentrain.catalogue import Catalogue
from greentrain.catalogue.names import fold
from greentrain.errors import AmbiguousName, UnknownName

_REMARK = re.compile(r"\s*\(([^)]*)\)")
_FILLER = re.compile(r"\b(average|mean|assumed|data ?cent(re|er)s?|grid|mix|region|the)\b", re.IGNORECASE)
_PROVIDERS = {"google": "gcp", "gcp": "gcp", "aws": "aws", "amazon": "aws", "azure": "azure", "microsoft": "azure"}
_SEVERAL = re.compile(r"\b\d+ \w+ regions\b|\w/\w")
_COMMON = {"useast": "US", "uswest": "US", "uscentral": "US"}
"""Halves of cloud region names whose every region lies in one country."""


class PlaceFound(NamedTuple):
    """A place's code, or the reason why there is none; both blank when no place is named."""

    code: str = ""
    reason: str = ""


def find_place(text: str, catalogue: Catalogue) -> PlaceFound:
    """Find the place that a paper's words mean.

    Tried in turn: the words as they are, then without remarks in brackets and words such as "average", then the parts
    between commas, each first as a region of the provider that is named. The first that the catalogue has counts.

    Parameters
    ----------
    text : str
        The place as printed, for example ``Google Iowa (Council Bluffs)`` or ``Jean Zay, France``.
    catalogue : Catalogue
        Where the places and regions are.
    """
    if not text.strip():
        return PlaceFound()
    plain = _REMARK.sub("", text).strip()
    remarks = _REMARK.findall(text)
    if _SEVERAL.search(plain):
        return PlaceFound(reason=f"{text!a} is more than one place")
    provider = next((word for word in plain.split() if word.casefold() in _PROVIDERS), "")
    parts = [part.strip() for name in (plain, *remarks) for part in _bare(name).split(",")]
    regions = [name for part in parts for name in ([f"{provider} {part}", part] if provider else [part])]
    for name in (text, plain, _bare(plain), *regions):
        if fold(name) == "georgia" and not {"us", "usa", "unitedstates"} & {fold(part) for part in parts}:
            return PlaceFound(reason="Georgia is a country and a state of the US")
        found = _named("US-GA" if fold(name) == "georgia" else name, catalogue)
        if found.code or found.reason:
            return found
    return PlaceFound(reason=f"{text!a} names no place in the catalogue")


def _bare(name: str) -> str:
    return " ".join(_FILLER.sub("", name).split())


def _named(name: str, catalogue: Catalogue) -> PlaceFound:
    if not fold(name) or name.casefold() in _PROVIDERS:
        return PlaceFound()
    first, _, rest = name.partition(" ")
    provider = _PROVIDERS.get(first.casefold(), "") if rest else ""
    if provider:
        return _of_provider(provider, rest, catalogue) or _named(rest, catalogue)
    try:
        return PlaceFound(catalogue.places.find(name).code)
    except AmbiguousName as error:
        return PlaceFound(reason=f"{name!a} may be {' or '.join(error.suggestions)}")
    except UnknownName:
        return PlaceFound(_COMMON.get(fold(name), ""))


def _of_provider(provider: str, name: str, catalogue: Catalogue) -> PlaceFound | None:
    """Find a provider's region by its code, or by the one region that has this place in its name."""
    try:
        return PlaceFound(catalogue.places.find(f"{provider}:{name}").code)
    except UnknownName:
        pass
    regions = [region for region in catalogue.places.regions.values() if region.provider == provider]
    there = [region.code for region in regions if fold(name) in {fold(part) for part in re.split(r"[,(]", region.name)}]
    return PlaceFound(there[0]) if len(there) == 1 else None
