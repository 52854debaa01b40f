"""Names: how they are compared, found and suggested.

A name is found exactly or not at all, case and punctuation aside. Nearness only ever suggests: a T400 is not a T4.
"""

from __future__ import annotations

from greentrain.errors import InputError, UnknownName, either, is_latin
from greentrain.light_typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from typing import NoReturn

SEARCH_HINT = "'greentrain profiles WORD' searches the catalogue"
FAMILY = "family:"
"""Before the key of a name that covers several accelerators."""
_PUNCTUATION = {code: None for code in range(128) if not chr(code).isalnum()}
_NEAR_ENOUGH = 0.82
_LOOK_ALIKES = str.maketrans("oil", "011")
_MOST_SUGGESTIONS = 5

_LONGEST_NAME = 200


def fold(name: str) -> str:
    """Reduce a name to what counts when names are compared: letters and digits, in lower case.

    Letters of other scripts are kept, so that a Cyrillic look-alike never equals its Latin twin.
    """
    return name.casefold().translate(_PUNCTUATION)


def plain(name: str) -> str:
    """Reduce a name as `fold` does, and leave accents out: ``Münster`` is ``munster``."""
    import unicodedata

    letters = unicodedata.normalize("NFKD", name)
    return fold("".join(letter for letter in letters if not unicodedata.combining(letter)))


def index(names_by_key: Iterable[tuple[str, Iterable[str]]]) -> dict[str, str]:
    """Map each folded name to the key of what has it; of two keys with one name the later one wins.

    Blank cells and names of punctuation alone are left out: they would all be one name.
    """
    return {folded: key for key, names in names_by_key for name in names if (folded := fold(name))}


def without_memory(key: str) -> str:
    """Leave the size of the memory out of a module's id: ``a100-sxm4-80gb`` becomes ``a100-sxm4``."""
    rest, hyphen, last = key.rpartition("-")
    return rest if hyphen and last.endswith("gb") and last[:-2].isdecimal() else key


def nearest(name: str, choices: Mapping[str, str]) -> tuple[str, ...]:
    """Suggest the choices nearest to a name.

    Parameters
    ----------
    name : str
        What was asked for.
    choices : mapping of str to str
        Folded names and, for each, what to suggest for it.

    Returns
    -------
    tuple of str
        At most five suggestions, nearest first.
    """
    from rapidfuzz import process
    from rapidfuzz.distance import JaroWinkler

    wanted = fold(name)
    if not wanted:
        return ()
    found = process.extract(
        wanted.translate(_LOOK_ALIKES),
        {key: key.translate(_LOOK_ALIKES) for key in choices},
        scorer=JaroWinkler.normalized_similarity,
        limit=4 * _MOST_SUGGESTIONS,
        score_cutoff=_NEAR_ENOUGH,
    )
    starts = [key for key in choices if len(wanted) > 1 and key.startswith(wanted)]
    ordered = [*(key for _, _, key in found), *sorted(starts, key=len)]
    return tuple(dict.fromkeys(choices[key] for key in ordered))[:_MOST_SUGGESTIONS]


def is_long(name: str) -> bool:
    """Return whether a text is longer than any name: reading it as people write names would take minutes."""
    return len(name) > _LONGEST_NAME


def refuse_long(parameter: str, name: str, kind: str) -> None:
    """Raise UnknownName for what is longer than any name."""
    if is_long(name):
        raise UnknownName(parameter, name, f"unknown {kind}; it is longer than {_LONGEST_NAME} characters")


def refuse(parameter: str, name: str, kind: str, choices: Mapping[str, str], where: str) -> NoReturn:
    """Raise UnknownName with the nearest choices, or with where to find them when none is near."""
    near = nearest(name, choices)
    rule = f"unknown {kind}" if near else f"unknown {kind}; {where}"
    if not is_latin(name):
        rule = f"unknown {kind} (it has characters outside ASCII)"
    raise UnknownName(parameter, name, rule, near)


def checked_groups(by: str | Iterable[str], known: Iterable[str]) -> tuple[str, ...]:
    """Return by what things are to be grouped: known names, as a list or with commas between them.

    Raises
    ------
    InputError
        For a name that is none of them, or is there twice.
    """
    words, choices = by.split(",") if isinstance(by, str) else [*by], tuple(known)
    names = tuple(word.strip().lower() if isinstance(word, str) else word for word in words)
    for name in names:
        if name not in choices:
            near = nearest(str(name), {one: one for one in choices})
            raise UnknownName("by", name, f"must be {either(choices)}", near)
        if names.count(name) > 1:
            raise InputError("by", name, "is there twice")
    return names
