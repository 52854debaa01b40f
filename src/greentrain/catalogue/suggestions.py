"""Which names to suggest for an unknown one: those that may be meant, and never another product.

Nearness of letters offers an RX 6800 for an RX 6700. Here the digits of a model number have to agree, and words that
make another product of a name have to stand in both or in neither.
"""

from __future__ import annotations

import re
from functools import lru_cache

from greentrain.catalogue.accelerator_facts import NotThat
from greentrain.catalogue.accelerator_names import read_accelerator_words
from greentrain.catalogue.instance_names import read_instance, why_no_instance
from greentrain.catalogue.name_words import PLACES_TO_COMPUTE, Words, plain_text
from greentrain.catalogue.names import SEARCH_HINT, fold, nearest
from greentrain.light_typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from greentrain.catalogue.accelerator_facts import KnownHardware

_VARIANTS = re.compile(
    r"ada|blackwell|super|ti(?![a-z])|xtx|xt(?!x)|gre|laptop|mobile|notebook|max-?q|ultra|station|spark"
)
_SAME_VARIANT = {"mobile": "laptop", "notebook": "laptop", "max-q": "maxq"}
_MEMORY = re.compile(r"\b\d{1,6}(?:/\d+)?\s*(?:gib|gb|g|mib|mb)\b", re.IGNORECASE | re.ASCII)
_COUNT = re.compile(
    r"^\d+\s*x\s*|^\d+\s+(?=\D)|\s+x\s*\d+$|(?<=\d)x\d+$|\s+\d+\s*(?:gpus?|cards?|cores?)$", re.IGNORECASE | re.ASCII
)
_MODEL = re.compile(r"([a-z]?)(\d+)", re.ASCII)
_LOOK_ALIKES = str.maketrans("oil", "011")
_JOINTS = re.compile(r"\s*[+&/,;|]\s*|\s+(?:and|or|vs\.?|plus|versus|und|oder)\s+", re.IGNORECASE)
_MOST_KEPT = 8192
"""Names whose parts are kept, for tables with many that are not known: a few thousand can be suggested. [1]"""

_LONGEST_RUN = 8
"""Words of the longest name that is looked for within a text."""


def near_accelerators(text: str, choices: Mapping[str, str]) -> tuple[str, ...]:
    """Suggest accelerators: names that stand in the text, else near ones of the same number.

    Parameters
    ----------
    text : str
        What was asked for.
    choices : mapping of str to str
        Folded names and, for each, what to suggest for it.
    """
    bare = _bare(text)
    variants = _variants(bare)
    same = {key: name for key, name in choices.items() if _variants(f"{key} {name}") >= variants}
    alike = {key: name for key, name in same.items() if _has_number_of(bare, name) or _has_number_of(bare, key)}
    standing = _words_that_name(bare, alike)
    if standing:
        return standing[:1]
    return nearest(bare, alike) or nearest(bare, {key: name for key, name in same.items() if _is_slip_of(bare, name)})


def near_cpus(text: str, choices: Mapping[str, str]) -> tuple[str, ...]:
    """Suggest CPUs of the same number, or of one with a single other digit: a slip."""
    asked = _longest(fold(text))
    same = {key: name for key, name in choices.items() if asked == _longest(key)}
    return nearest(text, same or {key: name for key, name in choices.items() if _is_slip(asked, _longest(key))})


def near_instances(text: str, choices: Mapping[str, str]) -> tuple[str, ...]:
    """Suggest machine types of the same series: the letters up to the first number and the number."""
    series = re.match(r"\D*\d+", text.strip().casefold())
    if series is None:
        return nearest(text, choices)
    return nearest(text, {key: name for key, name in choices.items() if key.startswith(fold(series[0]))})


def _bare(text: str) -> str:
    """Leave out of a text what is no name: sizes of memory, counts and places to compute."""
    words = Words(_COUNT.sub("", _MEMORY.sub(" ", plain_text(text))).split())
    words.take_places_to_compute()
    return " ".join(words.left)


@lru_cache(maxsize=_MOST_KEPT)
def _variants(text: str) -> frozenset[str]:
    found = _VARIANTS.findall(text.casefold())
    return frozenset(_SAME_VARIANT.get(word, word) for word in found)


@lru_cache(maxsize=_MOST_KEPT)
def _numbers(text: str) -> frozenset[tuple[str, str]]:
    """Return the numbers of a name, each behind the letter that stands right before it; single digits if all are."""
    found = frozenset(_MODEL.findall(text.casefold()))
    return frozenset(pair for pair in found if len(pair[1]) > 1) or found


def _has_number_of(asked: str, offered: str) -> bool:
    """Whether a choice has every number that was asked for, or has them all when letters are read as digits."""
    known = _numbers(offered)
    digits = {number for _, number in known}
    return any(
        all(pair in known or (not pair[0] and pair[1] in digits) for pair in _numbers(text))
        for text in (asked, _as_digits(asked.casefold()))
    )


@lru_cache(maxsize=_MOST_KEPT)
def _as_digits(text: str) -> str:
    return re.sub(r"(?<=\d)[oil]+|[oil]+(?=\d)", lambda found: found[0].translate(_LOOK_ALIKES), text)


def _is_slip_of(asked: str, offered: str) -> bool:
    """Whether a choice's one number differs in its last digit, or has one digit more or less at its end.

    A number of one digit has no slip, and an RX 6700 is none of an RX 6800: these are products beside each other.
    """
    found = [pair for pair in _numbers(_as_digits(asked.casefold())) if len(pair[1]) > 1]
    if len(found) != 1:
        return False
    letter, number = found[0]
    return any(
        letter == before
        and (number.startswith(digits) or digits.startswith(number) or number[:-1] == digits[:-1])
        and abs(len(number) - len(digits)) <= 1
        for before, digits in _numbers(offered)
        if len(digits) > 1
    )


def _longest(text: str) -> tuple[str, str]:
    return max(_MODEL.findall(text), key=lambda found: len(found[1]), default=("", ""))


def _is_slip(asked: tuple[str, str], offered: tuple[str, str]) -> bool:
    """Whether two numbers are as long and differ in at most one digit."""
    if len(asked[1]) != len(offered[1]) or (len(asked[1]) < 4 and asked != offered):
        return False
    return sum(one != other for one, other in zip(asked[1], offered[1], strict=True)) <= 1


def _words_that_name(text: str, choices: Mapping[str, str]) -> tuple[str, ...]:
    """Return the choices that stand in a text as whole words, the longest first."""
    words = re.findall(r"\w+", text)
    ends = range(1, _LONGEST_RUN + 1)
    runs = (words[start : start + end] for start in range(len(words)) for end in ends)
    found = {choices[key]: len(key) for run in runs if (key := fold("".join(run))) in choices}
    return tuple(sorted(found, key=lambda name: -found[name]))


def why_no_accelerator(hardware: KnownHardware, text: str) -> str:
    """Say what a text names instead of one accelerator; blank where nothing is known of it."""
    parts = _devices(hardware, text)
    if parts:
        return f"names {len(parts)} devices, {' and '.join(parts)}; give one at a time, or all to compare"
    words = Words(plain_text(text).split())
    words.take_all(PLACES_TO_COMPUTE)
    if text.strip() and not words.left:
        return "is a place to compute and no device; name the accelerator that you had there"
    if re.fullmatch(r"(mig[ -])?\d+g\.\d+gb", text.strip(), re.IGNORECASE):
        return "is a slice and no device; name the device before it, for example A100 1g.5gb"
    try:
        found, _ = read_instance(hardware, text)
    except NotThat:
        return why_no_instance(hardware, text) or _unknown_with_advice(text)
    return f"is a machine type of {found.provider} and no device; name it with {{instance}}"


def _unknown_with_advice(text: str) -> str:
    advice = what_unknown_means(text)
    return f"unknown accelerator; {SEARCH_HINT}{advice}" if advice else ""


def what_unknown_means(text: str) -> str:
    """Advise on words such as ``N/A``, which name nothing."""
    from greentrain.catalogue.unknown_words import means_unknown

    is_word = any(letter.isalnum() for letter in text)
    return "; leave it out when unknown, or name a similar one" if is_word and means_unknown(text) else ""


def _devices(hardware: KnownHardware, text: str) -> tuple[str, ...]:
    """Return the devices that a text joins by signs, ``and`` or ``or``; nothing for one device."""
    parts = [part.strip() for part in _JOINTS.split(text) if part.strip()]
    if len(parts) < 2:
        return ()
    found: dict[str, str] = {}
    for part in parts:
        try:
            found.setdefault(read_accelerator_words(hardware, part).profile.id, part)
        except NotThat:
            continue
    return tuple(found.values()) if len(found) > 1 else ()
