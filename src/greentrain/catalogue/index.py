"""The index: lookups made when greentrain is built, so that a start reads neither all rows nor all names.

The tables stay the one source of facts. An entry counts only for the very bytes of the tables that it was made of, so
an edited table, a damaged index or none at all costs time and never changes a result. Values stay packed until they are
asked for: an estimate needs a handful of thousands.
"""

from __future__ import annotations

import marshal
from binascii import crc32
from collections.abc import Mapping
from functools import cache

from greentrain.catalogue.table_files import table_file
from greentrain.errors import is_from_outside
from greentrain.light_typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator
    from typing import Any

    from greentrain.catalogue.table_files import Row

_MARK = b"greentrain lookups 1\n"
_VERSION = 4
"""Of the encoding: every Python that greentrain runs on reads it."""
_NUMBER = 4
"""Bytes of a checksum or a size in the file's head."""


class Packed(Mapping):  # type: ignore[type-arg]  # typing, which would say of what, takes longer than an estimate
    """A lookup whose values are unpacked one by one, when they are asked for.

    Parameters
    ----------
    headers : list of tuple of str
        The columns of its rows, which a row has by number; empty where its values are no rows.
    packed : dict
        The values by key.
    """

    def __init__(self, headers: list[tuple[str, ...]], packed: dict[Any, bytes]) -> None:
        self._headers = headers
        self._packed = packed

    def __getitem__(self, key: Any) -> Any:
        value = marshal.loads(self._packed[key])
        if not self._headers:
            return value
        return [*map(self._row, value)] if isinstance(value, list) else self._row(value)

    def _row(self, value: tuple[int, tuple[str, ...]]) -> Row:
        number, cells = value
        return dict(zip(self._headers[number], cells, strict=True))

    def __contains__(self, key: object) -> bool:
        return key in self._packed

    def __iter__(self) -> Iterator[Any]:
        return iter(self._packed)

    def __len__(self) -> int:
        return len(self._packed)


class Names(Mapping):  # type: ignore[type-arg]
    """A lookup from name to key, kept as lines of text: searching it takes less than making a dictionary of it.

    Parameters
    ----------
    text : str
        For each name a line, after an empty one: the name, folded and so without tabs, a tab, the key.
    """

    def __init__(self, text: str) -> None:
        self._text = text
        self._found: dict[str, str] = {}

    def __getitem__(self, key: str) -> str:
        if key not in self._found:
            self._found[key] = self._searched(key)
        return self._found[key]

    def get(self, key: str, default: Any = None) -> Any:
        """Return the key of a name; most often it has been asked for, and then this spares the search."""
        return self._found.get(key) or super().get(key, default)

    def _searched(self, key: str) -> str:
        line = f"\n{key}\t"
        start = self._text.find(line)
        if start < 0:
            raise KeyError(key)
        start += len(line)
        return self._text[start : self._text.index("\n", start)]

    def __iter__(self) -> Iterator[str]:
        return (line.partition("\t")[0] for line in self._text.split("\n")[1:-1])

    def __len__(self) -> int:
        return self._text.count("\n") - 1


def packed_index(lookups: Mapping[str, tuple[Collection[str], Mapping[Any, Any]]]) -> bytes:
    """Pack lookups into an index.

    Parameters
    ----------
    lookups : mapping of str to (collection of str, mapping)
        For each lookup the tables that it was made of, and what it holds: plain data, keys and values.
    """
    parts: dict[str, tuple[tuple[str, ...], int, int, int]] = {}
    body = b""
    for name, (tables, found) in lookups.items():
        part = _packed(found)
        parts[name] = (tuple(tables), len(body), len(part), crc32(part))
        body += part
    checksums = {table: table_checksum(table) for tables, _ in lookups.values() for table in tables}
    head = _dumps((checksums, parts))
    return _MARK + _number(len(head)) + _number(crc32(head)) + head + body


def ready_lookup(path: str, name: str, own: Collection[str] = ()) -> Mapping[Any, Any] | None:
    """Take a lookup from an index; None where it has to be made of the tables.

    Parameters
    ----------
    path : str
        The index.
    name : str
        The lookup.
    own : collection of str, optional
        Tables to which the user has added rows.
    """
    try:
        start, checksums, parts = _head(path)
        tables, offset, size, checksum = parts[name]
        if any(table in own or checksums[table] != table_checksum(table) for table in tables):
            return None
        with open(path, "rb", buffering=0) as file:
            file.seek(start + offset)
            part = file.read(size)
        if crc32(part) != checksum:
            return None
        found = marshal.loads(part)
        return Names(found) if isinstance(found, str) else Packed(*found)
    except (OSError, ValueError, EOFError, TypeError, KeyError) as error:
        if is_from_outside(error):
            raise
        return None


@cache
def _head(path: str) -> tuple[int, dict[str, int], dict[str, tuple[tuple[str, ...], int, int, int]]]:
    """Read where the parts begin, the tables' checksums, and of each part its tables, place, size and checksum."""
    with open(path, "rb", buffering=0) as file:
        mark, size, checksum = (file.read(length) for length in (len(_MARK), _NUMBER, _NUMBER))
        head = file.read(int.from_bytes(size, "little"))
        if mark != _MARK or crc32(head) != int.from_bytes(checksum, "little"):
            raise ValueError(path)
        checksums, parts = marshal.loads(head)
        return file.tell(), checksums, parts


@cache
def table_checksum(table: str) -> int:
    """Return the checksum of a shipped table's bytes."""
    with open(table_file(table), "rb", buffering=0) as file:
        return crc32(file.read())


def _packed(lookup: Mapping[Any, Any]) -> bytes:
    """Pack a lookup; the columns of its rows are stated once."""
    if all(isinstance(value, str) for value in lookup.values()):
        return _dumps("\n" + "".join(f"{name}\t{key}\n" for name, key in lookup.items()))
    headers: dict[tuple[str, ...], int] = {}

    def cells(row: Row) -> tuple[int, tuple[str, ...]]:
        return headers.setdefault(tuple(row), len(headers)), tuple(row.values())

    def pack(value: Any) -> Any:
        if isinstance(value, dict):
            return cells(value)
        return [*map(cells, value)] if isinstance(value, list) and isinstance(value[0], dict) else value

    packed = {key: _dumps(pack(value)) for key, value in lookup.items()}
    return _dumps(([*headers], packed))


def _dumps(value: Any) -> bytes:
    return marshal.dumps(value, _VERSION)


def _number(value: int) -> bytes:
    return value.to_bytes(_NUMBER, "little")
