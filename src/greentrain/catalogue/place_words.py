"""Places in the words of people: names, towns, computing centres, regions and zones, with remarks and in any order.

Words are found exactly, case and accents aside, or refused with the reason. What several places may be is asked for.
Loaded only where a location is no code of the tables.
"""

from __future__ import annotations

import re

from greentrain.catalogue import names
from greentrain.catalogue.records import WORLD, Location
from greentrain.catalogue.unknown_words import means_unknown
from greentrain.errors import AmbiguousName, InputError, UnknownName
from greentrain.light_typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from typing import Any, Protocol

    from greentrain.catalogue.records import CloudRegion, ComputingCentre, Place

    class PlaceTables(Protocol):
        """What words are looked up in, see `greentrain.catalogue.Places`."""

        @property
        def by_code(self) -> Mapping[str, Place]:
            """Every place by its code."""

        @property
        def regions(self) -> Mapping[str, CloudRegion]:
            """Every cloud region by ``provider:region``."""

        @property
        def centres(self) -> Mapping[str, ComputingCentre]:
            """Every computing centre by its id."""

        def keys_by_name(self, kind: str) -> Mapping[str, Any]:
            """Return what the folded names of one kind stand for."""


_REMARK = re.compile(r"\s*[(\[]([^)\]]*)[)\]]")
_FILLER = re.compile(
    r"\b(average|mean|assumed|data ?cent(re|er)s?|grid|mix|regions?|zone|the|cluster|supercomputer|cloud|hpc)\b",
    re.IGNORECASE,
)
_SEVERAL = re.compile(r"\b\d+ \w+ regions\b", re.IGNORECASE)
_LIST = re.compile(r"\s*(?:[/;&+]|\band\b|\bor\b)\s*", re.IGNORECASE)
_ZONE = re.compile(r"(.*\d)-?[a-h]|(.*[a-z]-[a-z]+)-\d", re.IGNORECASE)
"""A region and the letter or, at Scaleway, the number of a zone in it."""
_PART_CODE = re.compile(r"([a-z]{2,3})[-_/. ]+([a-z]{1,3})", re.IGNORECASE)
_DIRECTION = re.compile(r"(?:north|south|east|west|central|n|s)(?:ern)?\b\.? *", re.IGNORECASE)
_ABBREVIATION = re.compile(r"(?:\w\.)+\w?|\w+")
_LONGEST_CODE = 3
_CODE = re.compile(r"[A-Z]{2}-")
"""Beginning of the code of a part of a country."""
_PROVIDERS = {
    "googlecloudplatform": "gcp", "googlecloud": "gcp", "google": "gcp", "gcp": "gcp",
    "amazonwebservices": "aws", "amazon": "aws", "aws": "aws",
    "microsoftazure": "azure", "microsoft": "azure", "azure": "azure",
    "oraclecloud": "oci", "oracle": "oci", "oci": "oci", "ovhcloud": "ovh", "ovh": "ovh", "scaleway": "scaleway",
    "lambdalabs": "lambda", "lambda": "lambda",
}  # fmt: skip
_WITHOUT_REGIONS = (
    "runpod",
    "coreweave",
    "colab",
    "googlecolab",
    "kaggle",
    "vastai",
    "paperspace",
    "modal",
    "togetherai",
)
_MAJOR_PROVIDERS = ("aws", "azure", "gcp")
_IN_ONE_COUNTRY = {
    "useast": "US", "uswest": "US", "uscentral": "US", "ussouth": "US", "useastcoast": "US", "uswestcoast": "US",
    "eastcoastus": "US", "westcoastus": "US", "usmidwest": "US",
}  # fmt: skip
"""Halves of cloud region names, and coasts, that lie in one country."""
_CONTINENTS = {
    "europe", "asia", "africa", "northamerica", "southamerica", "latinamerica", "centralamerica", "americas",
    "oceania", "asiapacific", "apac", "emea", "middleeast", "scandinavia", "nordics", "nordic", "balkans", "benelux",
    "easterneurope", "westerneurope", "northerneurope", "southerneurope", "southeastasia", "eastasia", "southasia",
}  # fmt: skip
"""Folded names of more than one grid, of which the tables have no mean."""
_WITH_SHORT_PARTS = ("US", "CA", "AU")
"""Countries whose parts are written without the country, as in ``Austin, TX``."""
_NO_PLACE = {
    "onpremise", "onpremises", "onprem", "premises", "local", "locally", "localhost", "localmachine", "home",
    "athome", "office", "lab", "ourlab", "inhouse", "internal", "internalcluster", "default", "other", "others",
    "here", "cloud", "thecloud", "remote", "online", "true", "false", "yes", "test", "example", "laptop",
    "mylaptop", "desktop", "workstation", "university", "campus", "company", "cluster", "supercomputer",
    "datacenter", "datacentre", "privatecloud", "selfhosted",
}  # fmt: skip
"""Folded words for a site, not for where it is."""
_HINT = "'greentrain grids WORD' searches the places"
_NEAR_LENGTH = 2
"""A town of nearly the same letters is suggested only where it is about as long."""
_REGION, _CENTRE, _TOWN, _SUBDIVISION, _PART, _COUNTRY = range(6)


class _Meaning(NamedTuple):
    """One thing that words may mean; the finest rank counts, a region's first."""

    rank: int
    place: str
    key: str
    """Code of the region, id of the centre, or name of the town."""


def find_in_words(places: PlaceTables, text: str) -> Location:
    """Find the place that words mean.

    Tried in turn: the words as they are, without remarks in brackets, without words such as "average"; then the parts
    between commas and in brackets, each first as a region of the provider that is named. The finest part counts that
    the others hold: ``Paris, France``, ``Germany, Frankfurt``.

    Parameters
    ----------
    places : PlaceTables
        Where the places are.
    text : str
        The words, for example ``Google Iowa (Council Bluffs)``, ``Jean Zay, France`` or ``Quebec, Canada``.

    Raises
    ------
    InputError
        If the words mean that the place is unknown.
    UnknownName, AmbiguousName
        As `Places.find`.
    """
    if means_unknown(text):
        countries = " (NA is Namibia, NO is Norway)" if text.strip().casefold() in ("na", "no") else ""
        raise InputError("location", text, f"means that the place is unknown; leave {{location}} out then{countries}")
    _refuse_what_is_no_place(text)
    plain = _REMARK.sub("", text).strip()
    if ":" in text and not _regions(places, plain):
        _refuse(places, text, plain)
    remarks = [_without_filler(part) for remark in _REMARK.findall(text) for part in remark.split(",")]
    is_finer = any(_part_meanings(places, remark, "") for remark in remarks)
    for words in dict.fromkeys((text.strip(), *(() if is_finer else (plain, _without_filler(plain))))):
        if found := _meanings(places, words):
            return _location(places, text, found, ())
    return _by_parts(places, text, plain, remarks)


def _refuse_what_is_no_place(text: str) -> None:
    """Refuse continents, and words for a site that leave open where it is."""
    folded = names.fold(text)
    if folded in _CONTINENTS:
        mean = ", or EU27" if folded == "europe" else ""
        raise InputError("location", text, f"has many grids; give the country{mean}, or leave {{location}} out")
    if folded in _NO_PLACE:
        raise InputError("location", text, "names no place; give country, state or town, or leave {location} out")


def _meanings(places: PlaceTables, words: str) -> list[_Meaning]:
    """List what words may mean as a whole."""
    if coded := _regions(places, words) or _by_part_code(places, words):
        return coded
    folded = names.fold(words)
    found: list[_Meaning] = []
    if len(folded) > _LONGEST_CODE or _ABBREVIATION.fullmatch(words.strip()):
        codes = places.keys_by_name("place_names").get(folded) or _IN_ONE_COUNTRY.get(folded, "")
        found += [_place_meaning(places, code) for code in codes.split(";") if code]
    if any(one.rank == _COUNTRY for one in found):  # the name of a country means no town elsewhere
        return found
    for key in dict.fromkeys((folded, names.plain(words))):
        if centre := places.keys_by_name("centre_names").get(key):
            return [*found, _Meaning(_CENTRE, places.centres[centre].place, centre)]
        if city := places.keys_by_name("city_names").get(key):
            codes, name, kind = _read_town(city)
            return [*found, *(_Meaning(_SUBDIVISION if kind else _TOWN, code, name) for code in codes.split(";"))]
    return found


def _by_part_code(places: PlaceTables, words: str) -> list[_Meaning]:
    """List the state or province that a code after its country's means: ``USA-CA``, ``can qc``."""
    code = _PART_CODE.fullmatch(words.strip())
    country = places.keys_by_name("place_names").get(names.fold(code[1])) if code else None
    part = f"{country}-{code[2].upper()}" if code else ""
    return [_Meaning(_PART, part, "")] if part in places.by_code else []


def _place_meaning(places: PlaceTables, code: str) -> _Meaning:
    return _Meaning(_PART if places.by_code[code].parent else _COUNTRY, code, "")


def _regions(places: PlaceTables, words: str) -> list[_Meaning]:
    """List the cloud regions that words name by their code, with or without the provider and the letter of a zone."""
    provider, rest = _provider_and_rest(words)
    if provider and (found := _regions_of(places, provider, rest)):
        return found
    by_name = places.keys_by_name("region_names")
    for name in (words, _without_zone(words)):
        codes: list[str] = by_name.get(names.fold(name), []) if name else []
        exact = [code for code in codes if code.endswith(f":{name.strip().casefold()}")] or codes
        if exact:
            major = [code for code in exact if places.regions[code].provider in _MAJOR_PROVIDERS]
            same = len({places.regions[code].place for code in exact}) == 1
            return [_region_meaning(places, code) for code in (major if same and len(major) == 1 else exact)]
    return []


def _without_zone(words: str) -> str:
    zone = _ZONE.fullmatch(words.strip())
    return (zone[1] or zone[2]) if zone else ""


def _regions_of(places: PlaceTables, provider: str, words: str) -> list[_Meaning]:
    """List a provider's region by its code, by the town or state in its name, or as the only one of a place."""
    for name in (words, _without_zone(words)):
        codes = places.keys_by_name("region_names").get(names.fold(f"{provider}:{name}"), []) if name else []
        if codes:
            return [_region_meaning(places, codes[0])]
    wanted = _name_words(_without_filler(words))
    own = {code: region for code, region in places.regions.items() if region.provider == provider}
    if "gov" not in words.casefold():
        own = {code: region for code, region in own.items() if "gov" not in names.fold(region.name)}
    named = [
        code
        for code, region in own.items()
        if wanted and any(wanted <= _name_words(part) for part in re.split(r"[,(]", region.name))
    ]
    if not named:
        there = {one.place for one in _meanings(places, words) if one.rank in (_TOWN, _PART, _COUNTRY)}
        named = [code for code, region in own.items() if there & {region.place, places.by_code[region.place].country}]
    alike = {(region.place, region.own_value) for code in named for region in (own[code],)}
    return [_region_meaning(places, named[0])] if len(alike) == 1 else []


def _name_words(words: str) -> set[str]:
    """Split the name of a region into folded words, ``N. Virginia`` as ``Northern Virginia``."""
    written = re.sub(r"\b([NS])\. *", lambda short: f"{ {'n': 'Northern', 's': 'Southern'}[short[1].lower()] } ", words)
    return {folded for word in written.split() if (folded := names.plain(word))}


def _region_meaning(places: PlaceTables, code: str) -> _Meaning:
    return _Meaning(_REGION, places.regions[code].place, code)


def _provider_and_rest(words: str) -> tuple[str, str]:
    """Split the provider off the front: ``Google Cloud us-central1`` or ``google:us-central1``."""
    parts = re.split(r"[\s:]+", words.strip())
    for count in (3, 2, 1):
        provider = _PROVIDERS.get(names.fold("".join(parts[:count])))
        if provider and count <= len(parts):
            return provider, " ".join(parts[count:])
    return "", words


def _by_parts(places: PlaceTables, text: str, plain: str, remarks: list[str]) -> Location:
    """Find the place that the parts of a text mean together."""
    if _SEVERAL.search(plain):
        raise AmbiguousName("location", text, "is more than one place; compare takes several")
    parts = [part for part in (_without_filler(part) for part in plain.split(",")) if names.fold(part)]
    provider = next((_PROVIDERS[word] for word in map(names.fold, plain.split()) if word in _PROVIDERS), "")
    known = {part: found for part in (*parts, *remarks) if (found := _part_meanings(places, part, provider))}
    if not known and len(parts) == 1:
        known = _by_words(places, parts[0])
    if not known:
        _refuse(places, text, plain)
    ignored = [part for part in parts if part not in known and not _provider_and_rest(part)[0] and len(parts) > 1]
    several = len(parts) + len(remarks) > 1
    if several:
        known = {part: [*found, *_short_parts(places, part)] for part, found in known.items()}
    if ignored:  # what stands behind an unknown town is no town
        known = {part: [one for one in found if one.rank != _TOWN] or found for part, found in known.items()}
    fitting = _fitting(places, known)
    if not fitting and not any(one.rank == _REGION for found in known.values() for one in found):
        coarse = {part: held for part, found in known.items() if (held := [one for one in found if one.rank > _TOWN])}
        ignored += [part for part in known if part not in coarse]
        fitting = _fitting(places, coarse)
    if not fitting:
        named = _shown(places, (one for found in known.values() for one in found))
        raise AmbiguousName("location", text, "is more than one place; compare takes several", named)
    return _location(places, text, fitting, ignored)


def _part_meanings(places: PlaceTables, part: str, provider: str) -> list[_Meaning]:
    _, rest = _provider_and_rest(part)
    if not names.fold(rest):
        return []
    if provider and (found := _regions_of(places, provider, rest)):
        return found
    return _meanings(places, rest) or _short_parts(places, rest) or _by_direction(places, rest)


def _by_direction(places: PlaceTables, words: str) -> list[_Meaning]:
    """List the states that a part of them names: ``N. Virginia``, ``Southern California``."""
    state = _DIRECTION.sub("", words, count=1) if _DIRECTION.match(words) else ""
    return [one for one in _meanings(places, state) if one.rank == _PART] if state else []


def _short_parts(places: PlaceTables, part: str) -> list[_Meaning]:
    """List the states and provinces that a code without its country may mean: ``TX``, ``ON``."""
    codes = (f"{country}-{part}" for country in _WITH_SHORT_PARTS)
    return [_Meaning(_PART, code, "") for code in codes if code in places.by_code]


def _by_words(places: PlaceTables, words: str) -> dict[str, list[_Meaning]]:
    """Split words without commas in two that are both known: ``Frankfurt Germany``, ``France/Germany``."""
    listed = [part for part in _LIST.split(words) if part]
    if len(listed) > 1:
        return {part: found for part in listed if (found := _meanings(places, part))}
    parts = words.split()
    for count in range(1, len(parts)):
        halves = " ".join(parts[:count]), " ".join(parts[count:])
        known = {half: [*_meanings(places, half), *_short_parts(places, half)] for half in halves}
        if all(known.values()) and _fitting(places, known):
            return known
    return {}


def _fitting(places: PlaceTables, known: dict[str, list[_Meaning]]) -> list[_Meaning]:
    """List the finest meanings that every other part may hold."""
    fitting = [
        one
        for part, found in known.items()
        for one in found
        if all(any(_holds(places, held, one) for held in others) for name, others in known.items() if name != part)
    ]
    finest = min((one.rank for one in fitting), default=_COUNTRY)
    if len(known) == 1:  # it may be a country or, by the same code, a state: DE is Germany and Delaware
        return fitting
    fitting = [one for one in fitting if one.rank == finest]
    exact = {held.place for found in known.values() for held in found if held.rank >= _PART}
    return [one for one in fitting if one.place in exact] or fitting


def _holds(places: PlaceTables, held: _Meaning, one: _Meaning) -> bool:
    """Whether a place is, or lies in, what another part of the words means."""
    place = places.by_code[one.place]
    whole = places.by_code[held.place]
    if held.place in (one.place, place.country, WORLD) or place.country in whole.members:
        return True
    # The subregion of a centre or of a cloud region lies in several states.
    return one.rank in (_REGION, _CENTRE) and held.place in place.members


def _location(places: PlaceTables, text: str, found: Sequence[_Meaning], ignored: Iterable[str]) -> Location:
    """Make a location of the one thing that is meant; ask where it may be several."""
    finest = min(one.rank for one in found)
    distinct = list(dict.fromkeys(found))
    if len({one.place for one in distinct}) == 1:
        distinct = [one for one in distinct if one.rank == finest]
        if finest >= _TOWN:  # a town and the county of another town's name: the grid is the same
            del distinct[1:]
    if len(distinct) > 1:
        is_region = finest == _REGION
        rule = "several providers have a region of this name" if is_region else "several places have this name"
        raise AmbiguousName("location", text, rule, _shown(places, distinct))
    (one,) = distinct
    place = places.by_code[one.place]
    region = places.regions[one.key] if one.rank == _REGION else None
    centre = places.centres[one.key] if one.rank == _CENTRE else None
    named = centre.name if centre else one.key if one.rank in (_TOWN, _SUBDIVISION) else ""
    named = "" if names.plain(named) == names.plain(place.name) else named
    grid = f"grid of {place.name} ({place.place}) is used"
    left = ", ".join(ignored)
    if region and names.fold(region.region) not in names.fold(text):
        return Location(place, region, centre, f"{region.code} is taken.")
    unknown = f"; {left} is not known there." if left else "."
    note = f"{named}: the {grid}{unknown}" if named else f"The {grid}{unknown}" if left else ""
    return Location(place, region, centre, note)


def _shown(places: PlaceTables, found: Iterable[_Meaning]) -> list[str]:
    """Write meanings so that they are understood when they are typed."""
    return list(dict.fromkeys(_typed(places, one) for one in found))[:6]


def _typed(places: PlaceTables, one: _Meaning) -> str:
    if one.rank == _REGION:
        return one.key
    if one.rank in (_TOWN, _SUBDIVISION):
        return _typed_town(places, one.key, one.place)
    if one.rank == _CENTRE:
        return places.centres[one.key].name
    return f"{one.place} ({places.by_code[one.place].name})"


def _without_filler(words: str) -> str:
    return " ".join(_FILLER.sub("", words).split())


def _refuse(places: PlaceTables, text: str, plain: str) -> None:
    """Raise the error of words that name no place."""
    folded = names.fold(plain)
    if folded in _WITHOUT_REGIONS:
        raise UnknownName("location", text, "has no public list of regions; give the country")
    provider, rest = _provider_and_rest(plain)
    if provider and not names.fold(rest):
        example = next(code for code, region in places.regions.items() if region.provider == provider)
        raise UnknownName(
            "location", text, f"is a provider, not a place; give its region, as in {example}, or the country"
        )
    names.refuse("location", text, "place", _choices(places, text), _HINT)


def _choices(places: PlaceTables, text: str) -> dict[str, str]:
    """Map folded names to what is suggested for them."""
    regions = {folded: code for folded, codes in places.keys_by_name("region_names").items() for code in codes}
    if ":" in text:
        return regions
    known = places.keys_by_name("place_names").items()
    named = {key: _typed(places, _place_meaning(places, codes.split(";")[0])) for key, codes in known if key}
    centres = {key: places.centres[id].name for key, id in places.keys_by_name("centre_names").items()}
    cities = {
        key: _typed_town(places, name, codes.partition(";")[0])
        for key, city in places.keys_by_name("city_names").items()
        for codes, name, _ in (_read_town(city),)
        if abs(len(key) - len(names.fold(text))) < _NEAR_LENGTH and not _CODE.match(name)
    }
    return cities | centres | regions | named


def _read_town(city: str) -> tuple[str, str, str]:
    """Read codes, name and kind of a town in the index, see `greentrain.catalogue.lookups`."""
    codes, _, rest = city.partition("|")
    name, _, kind = rest.partition("|")
    return codes, name, kind


def _typed_town(places: PlaceTables, name: str, code: str) -> str:
    """Write a town with its country, or with the code of the part that it lies in."""
    place = places.by_code[code]
    return f"{name}, {code if place.parent else place.name}"
