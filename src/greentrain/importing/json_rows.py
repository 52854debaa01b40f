"""JSON of a log of accelerators as rows of a table: one object after the other, each with a list of devices or without.

A quantity with its unit, ``{"value": 239, "unit": "W"}``, is a cell ``239 W``; what stands above a list of devices
holds for each of them.
"""

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

_POWER = re.compile(r"(?!.*(?:limit|cap|max|min|manage|state))(?:.*[^a-z])?(?:power|watts?|pwr|energy)")
_NUMBERED = re.compile(r"(?:gpu|card|device|npu|dcu|hpu)[_ :]?(\d+)")
_IDS = ("index", "uuid", "gpu_uuid", "gpu", "gpu_index", "gpu_id", "idx")
_MOST_DEVICES, _DEEPEST, _MOST_CELLS, _LONGEST_NAME = 1024, 6, 4096, 100

JsonRow = dict[str, str]


def rows_of(item: object) -> Iterator[JsonRow]:
    """Yield the rows of a value: cells by name, in lower case."""
    yield from _rows(item, {}, 0)


def first_rows(head: str) -> list[JsonRow]:
    """Return the rows of the first object of a text that may be cut; none of what is no JSON."""
    start = head.lstrip().removeprefix("[").lstrip()
    try:
        found, _ = json.JSONDecoder().raw_decode(start)
    except (ValueError, RecursionError):
        return []
    return [*rows_of(found)]


def _rows(item: object, above: JsonRow, depth: int) -> Iterator[JsonRow]:
    if isinstance(item, list):
        for each in item[:_MOST_DEVICES]:
            yield from _rows(each, above, depth + 1)
    elif isinstance(item, dict) and depth <= _DEEPEST:
        own = above | _cells(item)
        inside = [*_devices(item)]
        powers = {name for name in own if _POWER.match(name)}
        if inside and (not powers or all(_is_board(each) for _, each in inside)):
            rest = {name: cell for name, cell in own.items() if name not in powers}
            for device, each in inside:
                yield from _rows(each, {**rest, **({"gpu": device} if device else {})}, depth + 1)
        else:
            yield own


def _is_board(item: object) -> bool:
    """Whether an object names a device and has its power, which then counts before one above it."""
    names = [str(name).casefold() for name in item] if isinstance(item, dict) else []
    return any(name in _IDS for name in names) and any(_POWER.match(name) for name in names)


def _devices(item: Mapping[str, Any]) -> Iterator[tuple[str, object]]:
    """Yield what may be devices: objects in lists, and those whose names have numbers."""
    for name, value in item.items():
        if isinstance(value, list):
            yield from (("", each) for each in value[:_MOST_DEVICES] if isinstance(each, dict))
        elif isinstance(value, dict) and (found := _NUMBERED.fullmatch(str(name).casefold())):
            yield found[1], value


def _cells(item: Mapping[str, Any]) -> JsonRow:
    """Return the cells of an object and of what it holds, unless that is a device."""
    found: JsonRow = {}
    for key, value in item.items():
        name = str(key)[:_LONGEST_NAME].casefold()
        if len(found) >= _MOST_CELLS:
            break
        if isinstance(value, dict):
            if {"value", "unit"} <= value.keys():
                found.setdefault(name, f"{_text(value['value'])} {_text(value['unit'])}")
            elif not _NUMBERED.fullmatch(name):
                for inner, each in value.items():
                    text = (
                        each if not isinstance(each, dict) else f"{_text(each.get('value'))} {_text(each.get('unit'))}"
                    )
                    found.setdefault(str(inner)[:_LONGEST_NAME].casefold(), _text(text))
        elif isinstance(value, list) and _POWER.match(name):
            numbers = [each for each in value[:_MOST_DEVICES] if isinstance(each, (int, float))]
            found |= {f"gpu {place} {name}": _text(each) for place, each in enumerate(numbers)}
        elif not isinstance(value, list):
            found[name] = _text(value)
    return found


def _text(value: object) -> str:
    return "" if value is None or isinstance(value, (bool, dict, list)) else str(value)
