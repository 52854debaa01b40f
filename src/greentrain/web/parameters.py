"""What a request may say: the keywords of ``estimate``, from an address or from JSON, and their schemas."""

import json
import re
from collections.abc import Collection, Iterable, Mapping
from difflib import get_close_matches
from functools import cache
from typing import Any

from starlette.exceptions import HTTPException
from starlette.requests import Request

from greentrain.errors import InputError
from greentrain.estimation import LIMITS, SCALED, estimate
from greentrain.estimation.ranges import ARCHITECTURES, PRECISIONS, SITES, WORKLOADS
from greentrain.web.settings import LONGEST_TEXT

NAMES: tuple[str, ...] = tuple(
    name for name in ("gpu", *(estimate.__kwdefaults__ or ())) if name != "profiles"
)  # a folder of this computer's is nothing that a request may name
METHODS = "compare_methods"
"""Asks for the same run by published methods too."""

_CHOICES = {"workload": WORKLOADS, "site": SITES, "architecture": ARCHITECTURES, "precision": PRECISIONS}
_YES, _NO = ("true", "1", "yes", "on"), ("false", "0", "no", "off")
_DOCUMENTED = re.compile(r"^    (\w+) : .*\n((?:        .*\n|\n)+)", re.MULTILINE)


def read_query(request: Request, known: Collection[str]) -> dict[str, str]:
    """Read the query of an address: each name once, and only known ones.

    Raises
    ------
    InputError
        Naming the parameter and what may be meant.
    """
    pairs = request.query_params.multi_items()
    found = dict(pairs)
    check_names(found, known)
    check_once(pairs)
    return found


def check_once(pairs: Iterable[tuple[str, str]]) -> None:
    """Refuse a name that is given twice.

    Raises
    ------
    InputError
        Naming both values.
    """
    found: dict[str, str] = {}
    for name, value in pairs:
        if name in found:
            raise InputError(name, value, f"was given before as {found[name]!r}; give it once")
        found[name] = value[:LONGEST_TEXT]


async def read_json(request: Request) -> Any:
    """Read the JSON that was sent.

    Raises
    ------
    HTTPException
        If it is said to be something else: only JSON makes a browser ask first whether it may send.
    InputError
        If it is none, or has names twice, numbers that there are not, or more levels than anybody writes.
    """
    kind = request.headers.get("content-type", "").partition(";")[0].strip().casefold()
    if kind != "application/json":
        raise HTTPException(415, "send JSON, with the header Content-Type: application/json")
    body = await request.body()
    try:
        return json.loads(body, object_pairs_hook=_object, parse_constant=_no_number)
    except RecursionError:
        raise InputError("body", None, "has too many levels") from None
    except InputError:
        raise
    except ValueError as error:
        reason = str(error).partition(":")[0] if isinstance(error, json.JSONDecodeError) else "not valid JSON"
        raise InputError("body", None, f"must be JSON: {reason}") from None


async def read_object(request: Request, known: Collection[str]) -> dict[str, Any]:
    """Read a JSON object with known names; null is as good as left out.

    Raises
    ------
    InputError
        If it is no object, or a name is none of them.
    """
    found = await read_json(request)
    if not isinstance(found, dict):
        raise InputError("body", None, "must be one JSON object with the names of the options")
    check_names(found, known)
    return {name: value for name, value in found.items() if value is not None}


def check_names(values: Mapping[str, Any], known: Iterable[str]) -> None:
    """Refuse names that there are not, and values that nobody writes.

    Raises
    ------
    InputError
        With the nearest names.
    """
    known = tuple(known)
    for name, value in values.items():
        if name not in known:
            plain = name[:LONGEST_TEXT].replace("-", "_").casefold()
            rule = "is no parameter here; /openapi.json lists them"
            raise InputError(name[:LONGEST_TEXT], value, rule, get_close_matches(plain, known, n=2))
        if isinstance(value, str) and len(value) > LONGEST_TEXT:
            raise InputError(name, value, f"must be at most {LONGEST_TEXT} characters long")


def take_switch(values: dict[str, Any], name: str) -> bool:
    """Take a switch out of what was said.

    Raises
    ------
    InputError
        If it is neither true nor false.
    """
    value = values.pop(name, False)
    word = str(value).casefold() if isinstance(value, (bool, str)) else ""
    if word in _YES or word in _NO:
        return word in _YES
    raise InputError(name, value, "must be true or false")


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise InputError(twice[:LONGEST_TEXT], found[twice], "is there twice; give it once")
    return found


def _no_number(name: str) -> Any:
    raise InputError("body", name, "is no number of JSON")


def schema_of(name: str) -> dict[str, Any]:
    """Return the JSON Schema of a parameter."""
    words = {"type": "string", "minLength": 1, "maxLength": LONGEST_TEXT}
    if name in _CHOICES:
        return {"type": "string", "enum": list(_CHOICES[name])}
    if name not in LIMITS:
        return words
    limits = LIMITS[name]
    number: dict[str, Any] = {"type": "integer" if limits.whole else "number", "maximum": limits.most}
    number["minimum" if limits.inclusive else "exclusiveMinimum"] = limits.above
    how = "with K, M, B or T, such as 8B" if name in SCALED else "as it may be typed"
    return {"anyOf": [number, words | {"description": f"The number as text, {how}."}]}


@cache
def descriptions() -> dict[str, str]:
    """Return what each parameter is, as the documentation of ``estimate`` has it."""
    found = _DOCUMENTED.findall((estimate.__doc__ or "").partition("Returns\n")[0])
    return {name: " ".join(text.split()).replace("``", "") for name, text in found}
