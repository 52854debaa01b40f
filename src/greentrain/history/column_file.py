"""Files of columns: what many runs have in common stands once, and numbers are read all at once."""

import json
import os
from array import array
from binascii import a2b_base64, b2a_base64, crc32
from collections.abc import Iterable, Mapping, Sequence
from operator import itemgetter
from typing import Any

from greentrain.errors import OwnErrors

_IS_SWAPPED = array("H", [1]).tobytes() != b"\x01\x00"


def write_columns(path: str, head: Mapping[str, Any], columns: Mapping[str, "array[Any] | Sequence[Any]"]) -> None:
    """Write columns to a file, all of it or nothing, for this user alone.

    Parameters
    ----------
    path : str
        The file.
    head : mapping
        What the file is, as JSON can hold it.
    columns : mapping of str to array or sequence
        Arrays of numbers, and sequences of what JSON can hold; equal values of one are one object when they are read.
    """
    temporary = f"{path}.{os.getpid()}-{os.urandom(3).hex()}"
    try:
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with open(descriptor, "wb") as file:
            checksum = 0
            for part in (head, *({"name": name, **_coded(column)} for name, column in columns.items())):
                line = json.dumps(part).encode() + b"\n"
                checksum = crc32(line, checksum)
                file.write(line)
            file.write(b"%08x\n" % checksum)
        os.replace(temporary, path)
    except BaseException:
        with OwnErrors(OSError):
            os.unlink(temporary)
        raise


def _coded(column: "array[Any] | Sequence[Any]") -> dict[str, Any]:
    """Write numbers as they lie in memory, and of other values each once where most of them repeat."""
    if isinstance(column, array):
        return {"kind": column.typecode, "numbers": _packed(column)}
    values: dict[str, Any] = {}
    codes: dict[str, int] = {}
    numbers = array("I")
    for value in column:
        key = repr(value)  # 1, 1.0 and true are equal, and three things all the same
        values[key] = value
        numbers.append(codes.setdefault(key, len(codes)))
    if 2 * len(codes) < len(column):
        return {"values": [*values.values()], "codes": _packed(numbers)}
    return {"values": [*column]}


def _packed(numbers: "array[Any]") -> str:
    if _IS_SWAPPED:
        numbers = numbers[:]
        numbers.byteswap()
    return b2a_base64(numbers.tobytes(), newline=False).decode()


def read_columns(path: str, head: Mapping[str, Any]) -> dict[str, Any]:
    """Read the columns of a file by their names; none where there is no such file, it is another or it is damaged.

    Parameters
    ----------
    path : str
        The file.
    head : mapping
        What it has to be.
    """
    with OwnErrors(OSError, ValueError, KeyError, TypeError, IndexError), open(path, "rb") as file:
        return _read(file, head)
    return {}


def _read(file: Iterable[bytes], head: Mapping[str, Any]) -> dict[str, Any]:
    lines = iter(file)
    first = next(lines, b"")
    if json.loads(first) != head:
        raise ValueError(first)
    columns, checksum, line = dict[str, Any](), crc32(first), b""
    for line in lines:
        if not line.startswith(b"{"):
            break
        checksum = crc32(line, checksum)
        found = json.loads(line)
        columns[found["name"]] = _column(found)
    if line != b"%08x\n" % checksum:
        raise ValueError(line)
    return columns


def _column(found: Mapping[str, Any]) -> Any:
    if "kind" in found:
        return _unpacked(found["kind"], found["numbers"])
    values: list[Any] = found["values"]
    if "codes" in found:
        codes = _unpacked("I", found["codes"])
        return [*itemgetter(*codes)(values)] if len(codes) > 1 else [values[code] for code in codes]
    return values


def _unpacked(kind: str, text: str) -> "array[Any]":
    numbers = array(kind)
    numbers.frombytes(a2b_base64(text))
    if _IS_SWAPPED:
        numbers.byteswap()
    return numbers
