"""Places in the words of people: names, towns, computing centres, regions and zones, with remarks and in any order.

Words are found exactly, case and accents aside, or refused with the reason. What several places may be is asked for.
Loaded only where a location is no code of the tables.
"""

from __future__ import annotations

import re

from greentrain.catalogue import names
from greentrain.catalogue.records import Location
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
_ZONE = re.compile(r"(.*\d)-?[a-z]", re.IGNORECASE)
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
_IN_ONE_COUNTRY = {"useast": "US", "uswest": "US", "uscentral": "US", "ussouth": "US"}
"""Halves of cloud region names whose every region lies in one country."""
_WITH_SHORT_PARTS = ("US", "CA", "AU")
"""Countries whose parts are written without the country, as in ``Austin, TX``."""
_UNKNOWN = {
    "na", "no", "none", "nil", "null", "nan", "unknown", "unk", "unkown", "notavailable", "notapplicable", "notknown",
    "notspecified", "unspecified", "notstated", "undisclosed", "notdisclosed", "notreported", "notprovided",
    "notgiven", "notsure", "tbd", "tba", "todo", "moreinformationneeded", "private", "confidential", "anonymous",
    "unbekannt", "keineangabe", "inconnu", "inconnue", "nonconnu", "desconocido", "desconhecido", "sconosciuto",
    "nieznany", "ukendt", "неизвестно", "不明", "未知",
}  # fmt: skip
"""Folded words that mean the place is not known."""
_UNKNOWN_SIGNS = ("", "-", "--", "---", "\N{EN DASH}", "\N{EM DASH}", "?", "??", "???", ".", "...")
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


def means_unknown(words: str) -> bool:
    """Whether words state that the place is not known, such as ``N/A``; the codes ``NA`` and ``NO`` are countries."""
    folded = names.fold(words)
    return folded in _UNKNOWN or (not folded and words.strip() in _UNKNOWN_SIGNS)


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
    plain = _REMARK.sub("", text).strip()
    if ":" in text and not _regions(places, plain):
        _refuse(places, text, plain)
    for words in dict.fromkeys((text.strip(), plain, _without_filler(plain))):
        if found := _meanings(places, words):
            return _location(places, text, found, ())
    return _by_parts(places, text, plain)


def _meanings(places: PlaceTables, words: str) -> list[_Meaning]:
    """List what words may mean as a whole."""
    regions = _regions(places, words)
    if regions:
        return regions
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


def _place_meaning(places: PlaceTables, code: str) -> _Meaning:
    return _Meaning(_PART if places.by_code[code].parent else _COUNTRY, code, "")


def _regions(places: PlaceTables, words: str) -> list[_Meaning]:
    """List the cloud regions that words name by their code, with or without the provider and the letter of a zone."""
    provider, rest = _provider_and_rest(words)
    if provider and (found := _regions_of(places, provider, rest)):
        return found
    by_name = places.keys_by_name("region_names")
    zone = _ZONE.fullmatch(words.strip())
    for name in (words, zone[1] if zone else ""):
        codes: list[str] = by_name.get(names.fold(name), []) if name else []
        exact = [code for code in codes if code.endswith(f":{name.strip().casefold()}")] or codes
        if exact:
            return [_region_meaning(places, code) for code in exact]
    return []


def _regions_of(places: PlaceTables, provider: str, words: str) -> list[_Meaning]:
    """List a provider's region by its code, or by the one region that has this place in its name."""
    zone = _ZONE.fullmatch(words)
    for name in (words, zone[1] if zone else ""):
        codes = places.keys_by_name("region_names").get(names.fold(f"{provider}:{name}"), []) if name else []
        if codes:
            return [_region_meaning(places, codes[0])]
    wanted = names.plain(_without_filler(words))
    there = [
        code
        for code, region in places.regions.items()
        if region.provider == provider and wanted in {names.plain(part) for part in re.split(r"[,(]", region.name)}
    ]
    return [_region_meaning(places, there[0])] if wanted and len(there) == 1 else []


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


def _by_parts(places: PlaceTables, text: str, plain: str) -> Location:
    """Find the place that the parts of a text mean together."""
    if _SEVERAL.search(plain):
        raise AmbiguousName("location", text, "is more than one place")
    parts = [part for part in (_without_filler(part) for part in plain.split(",")) if names.fold(part)]
    remarks = [part for remark in _REMARK.findall(text) for part in (_without_filler(one) for one in remark.split(","))]
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
    fitting = _fitting(places, known)
    if not fitting:
        coarse = {part: held for part, found in known.items() if (held := [one for one in found if one.rank > _TOWN])}
        ignored += [part for part in known if part not in coarse]
        fitting = _fitting(places, coarse)
    if not fitting:
        named = _shown(places, (one for found in known.values() for one in found))
        raise AmbiguousName("location", text, "is more than one place", named)
    return _location(places, text, fitting, ignored)


def _part_meanings(places: PlaceTables, part: str, provider: str) -> list[_Meaning]:
    _, rest = _provider_and_rest(part)
    if not names.fold(rest):
        return []
    if provider and (found := _regions_of(places, provider, rest)):
        return found
    return _meanings(places, rest) or _short_parts(places, rest)


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
    country = places.by_code[one.place].country
    if held.place in (one.place, country):
        return True
    # The eGRID subregion of a centre or a cloud region lies in several states: the country has to do.
    return one.rank in (_REGION, _CENTRE) and places.by_code[held.place].country == country


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
