"""What is compared: each keyword of ``estimate`` with one value or several, and lists of places by a word."""

import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import islice, product
from typing import Any

from greentrain.bounded_file import read_bounded
from greentrain.catalogue import Catalogue, load_catalogue
from greentrain.errors import DataError, InputError, UnknownName, either
from greentrain.estimation.ranges import LIMITS, checked_number, checked_text

NAMES = (
    "gpu", "count", "hours", "gpu_hours", "instance", "power", "utilization", "workload", "host_factor", "host_power",
    "cpu", "cpu_cores", "memory_gb", "location", "year", "grid_intensity", "pue", "site", "runs", "seeds",
    "failed_share", "params", "tokens", "active_params", "flops", "architecture", "precision", "mfu",
)  # fmt: skip
"""The keywords that may have several values: all of ``estimate`` but the folder of profiles."""

PLACES_RULE = "must be text, or a list of texts"
EUROPE, ALL, CENTRES, CLOUD = "europe", "all", "centres", "cloud:"
_NOT_IN_THE_UNION = ("AL", "BA", "BY", "CH", "GB", "IS", "MD", "ME", "MK", "NO", "RS", "UA", "XK")
"""Countries of Europe that the aggregate of the European Union leaves out."""
_UNION = "EU27"
_MOST = 20_000
_LONGEST_BYTES = 2**20
"""Alternatives of one comparison: more are a slip, and nobody reads them."""

Axes = dict[str, list[Any]]
"""The values of each keyword that was named, in the order in which they were."""


def axes_of(options: Mapping[str, Any], profiles: object = None) -> Axes:
    """Read the values of each keyword.

    Parameters
    ----------
    options : mapping of str to object
        Keywords of ``estimate``, each with a value or several. A text that is no name or number as a whole is parted at
        its commas, and at semicolons always.
    profiles : path, optional
        Folder of your own profiles, whose names count too.

    Raises
    ------
    InputError
        If a value is none, or there are too many alternatives.
    """
    catalogue = load_catalogue(profiles)  # type: ignore[arg-type]  # checked there
    found: Axes = {}
    for name in NAMES:
        values = [value for value in _listed(options.get(name)) if value is not None]
        read = [item for value in values for item in _read(catalogue, name, value)]
        if read:
            found[name] = list(dict.fromkeys(read))
    return found


def _listed(value: Any) -> Sequence[Any]:
    if value is None or isinstance(value, (str, bytes)) or not isinstance(value, Iterable):
        return [value]
    return list(islice(value, _MOST + 1))


def _read(catalogue: Catalogue, name: str, value: Any) -> Iterator[Any]:
    """Yield the values that one of the user's stands for, each checked."""
    if not isinstance(value, str):
        yield checked_number(name, value) if name in LIMITS else checked_text(name, value)
        return
    for text in value.split(";"):
        if not text.strip():
            continue
        one = _checker(catalogue, name)
        try:
            yield one(text.strip())
        except InputError:
            if "," not in text:
                raise
            yield from (one(part.strip()) for part in text.split(",") if part.strip())


def _checker(catalogue: Catalogue, name: str) -> Callable[[str], Any]:
    """Return the function that refuses a text which is neither a name nor a number of this kind."""
    look_up: dict[str, Callable[[str], object]] = {
        "gpu": catalogue.hardware.read_accelerator,
        "cpu": catalogue.hardware.find_cpu,
        "instance": catalogue.hardware.read_instance,
        "location": catalogue.places.find,
    }

    def check(text: str) -> Any:
        if name in LIMITS:
            return checked_number(name, text)
        checked = checked_text(name, text)
        if name in look_up:
            look_up[name](checked)
        return checked

    return check


def parted(words: str) -> list[str]:
    """Part a text of several lists of places at its commas and semicolons.

    Raises
    ------
    InputError
        If it is no text.
    """
    if not isinstance(words, str):
        raise InputError("places", words, PLACES_RULE)
    return [part.strip() for part in words.replace(";", ",").split(",") if part.strip()] or [words]


def places_of(word: str, profiles: object = None) -> list[str]:
    """List the places that a word stands for.

    Parameters
    ----------
    word : str
        ``europe``, ``all`` (every country), ``centres`` (computing centres), ``cloud:aws`` (the regions of a
        provider), a group of countries such as ``EU27``, or a file with one place per line.
    profiles : path, optional
        Folder of your own profiles.

    Raises
    ------
    UnknownName
        If it is none of these.
    """
    places = load_catalogue(profiles).places  # type: ignore[arg-type]  # checked there
    wanted = checked_text("places", word)
    folded = wanted.casefold()
    countries = [code for code, place in places.by_code.items() if place.kind == "country" and places.series(code)]
    if folded == EUROPE:
        europe = {*places.by_code[_UNION].members, *_NOT_IN_THE_UNION}
        return [code for code in countries if code in europe]
    if folded == ALL:
        return countries
    if folded == CENTRES:
        return list(places.centres)
    if folded.startswith(CLOUD):
        return _regions(places.regions, folded.removeprefix(CLOUD), wanted)
    group = places.by_code.get(wanted.upper())
    if group is not None and group.members:
        return list(group.members)
    return _from_file(wanted)


def _regions(regions: Iterable[str], provider: str, wanted: str) -> list[str]:
    known = sorted({code.partition(":")[0] for code in regions})
    found = [code for code in regions if code.partition(":")[0] == provider]
    if not found:
        raise UnknownName("places", wanted, f"names no provider; known are {either(known)}")
    return found


def _from_file(path: str) -> list[str]:
    if not os.path.isfile(path):  # noqa: PTH113 -- the words of a command are paths as text
        rule = f"must be {EUROPE}, {ALL}, {CENTRES}, {CLOUD}aws, a group such as {_UNION}, or a file of places"
        raise UnknownName("places", path, rule)
    try:
        text = read_bounded(path, _LONGEST_BYTES).decode("utf-8-sig", "replace")
    except OSError as error:
        raise DataError(path, f"cannot be read: {error.strerror}") from None
    lines = [line.partition("#")[0].strip() for line in text.splitlines()]
    found = [line for line in lines if line and line.casefold() not in ("location", "place")]
    if not found:
        raise DataError(path, "must hold one place per line")
    return found


def combinations(axes: Axes) -> Iterator[dict[str, Any]]:
    """Yield every combination of the values, the last keyword's changing fastest.

    Raises
    ------
    InputError
        If there are too many.
    """
    number = 1
    for values in axes.values():
        number *= len(values)
    if number > _MOST:
        longest = max(axes, key=lambda name: len(axes[name]))
        raise InputError(longest, None, f"{number:,} alternatives are too many; compare at most {_MOST:,}")
    return (dict(zip(axes, values, strict=True)) for values in product(*axes.values()))
