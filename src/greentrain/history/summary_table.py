"""Runs in brief as columns: tens of thousands of them take little memory and are read from one file at once."""

import json
import os
from array import array
from binascii import a2b_base64, b2a_base64, crc32
from collections.abc import Callable, Iterable, Iterator, Sequence
from math import nan
from operator import itemgetter
from typing import Any

from greentrain.errors import OwnErrors
from greentrain.history.run_summary import ROW_COLUMNS, RunSummary

_ENERGIES = tuple(name for name in ROW_COLUMNS if "_kwh" in name or "_kg" in name)
NUMBERS = ("started", "ended", "duration_seconds", *_ENERGIES)
"""Columns of floats; not a number stands for None."""

TERMS = "terms"
OTHERS = tuple(name for name in RunSummary._fields if name not in (*NUMBERS, TERMS))
"""Columns of texts, whole numbers and truths, each value kept once where it repeats."""

_IS_SWAPPED = array("H", [1]).tobytes() != b"\x01\x00"
_MARK = "greentrain summaries"
FORMAT = 2
"""Of the columns, and of what is in them."""


class SummaryTable:
    """Runs in brief, column by column.

    Parameters
    ----------
    runs : iterable of RunSummary, optional
        To begin with.

    Attributes
    ----------
    columns : dict
        The columns of `NUMBERS` and `OTHERS` by name.
    """

    def __init__(self, runs: Iterable[RunSummary] = ()) -> None:
        self.columns: dict[str, Any] = {name: array("d") for name in NUMBERS} | {name: [] for name in OTHERS}
        self._terms = array("d")
        self._ends = array("Q")
        self._values: dict[str | None, str | None] = {}
        for run in runs:
            self.append(run)

    def append(self, run: RunSummary) -> None:
        """Add a run."""
        for name in NUMBERS:
            value = getattr(run, name)
            self.columns[name].append(nan if value is None else value)
        for name in OTHERS:
            value = getattr(run, name)
            self.columns[name].append(self._values.setdefault(value, value) if isinstance(value, str) else value)
        self._terms.extend(run.terms)
        self._ends.append(len(self._terms))

    def __len__(self) -> int:
        return len(self._ends)

    def __iter__(self) -> Iterator[RunSummary]:
        """Make one run after the other; none is kept."""
        return self.rows(range(len(self)))

    def rows(self, places: Iterable[int]) -> Iterator[RunSummary]:
        """Make the runs at some places, in that order."""
        make = RunSummary
        for place in places:
            values: dict[str, Any] = {name: self.columns[name][place] for name in OTHERS}
            for name in NUMBERS:
                value = self.columns[name][place]
                values[name] = value if value == value else None
            yield make(**values, terms=self.terms(place))

    def terms(self, place: int) -> Sequence[float]:
        """Return the terms of the doubt of one run."""
        return self._terms[self._ends[place - 1] if place else 0 : self._ends[place]]

    def take(self, places: Sequence[int]) -> "SummaryTable":
        """Return a table of the runs at some places, in that order."""
        found = SummaryTable()
        for name, column in self.columns.items():
            kept = map(column.__getitem__, places)
            found.columns[name] = array("d", kept) if name in NUMBERS else [*kept]
        for place in places:
            found._terms.extend(self.terms(place))
            found._ends.append(len(found._terms))
        return found

    def extend(self, other: "SummaryTable") -> None:
        """Add the runs of another table."""
        for name, column in other.columns.items():
            self.columns[name].extend(column)
        before = len(self._terms)
        self._terms.extend(other._terms)
        self._ends.extend(before + end for end in other._ends)

    def newest_first(self) -> "SummaryTable":
        """Return the runs in the order of lists: the newest first, those of one moment by their ids."""
        started, ids = self.columns["started"], self.columns["id"]
        order = sorted(range(len(self)), key=lambda place: (-started[place], ids[place]))
        return self if order == [*range(len(self))] else self.take(order)

    def where(self, is_wanted: Callable[..., bool], *names: str) -> "SummaryTable":
        """Return the runs whose values in some columns are wanted."""
        columns = [self.columns[name] for name in names]
        places = [place for place, values in enumerate(zip(*columns, strict=True)) if is_wanted(*values)]
        return self if len(places) == len(self) else self.take(places)


def write_table(path: str, table: SummaryTable, basis: str, **more: list[str]) -> None:
    """Write a table to a file, all of it or nothing, for this user alone.

    Parameters
    ----------
    path : str
        The file.
    table : SummaryTable
        The runs.
    basis : str
        What the numbers follow from besides the records.
    **more
        Further columns of texts.
    """
    temporary = f"{path}.{os.getpid()}-{os.urandom(3).hex()}"
    try:
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with open(descriptor, "wb") as file:
            checksum = 0
            for part in _parts(table, basis, more):
                line = part.encode() + b"\n"
                checksum = crc32(line, checksum)
                file.write(line)
            file.write(b"%08x\n" % checksum)
        os.replace(temporary, path)
    except BaseException:
        with OwnErrors(OSError):
            os.unlink(temporary)
        raise


def _parts(table: SummaryTable, basis: str, more: dict[str, list[str]]) -> Iterator[str]:
    head = {"kind": _MARK, "format": FORMAT, "basis": basis, "rows": len(table)}
    yield json.dumps(head)
    for name in NUMBERS:
        yield json.dumps({"name": name, "numbers": _packed(table.columns[name])})
    for name in OTHERS:
        yield json.dumps({"name": name, **_coded(table.columns[name])})
    for name, column in more.items():
        yield json.dumps({"name": name, **_coded(column)})
    yield json.dumps({"name": TERMS, "numbers": _packed(table._terms), "ends": _packed(table._ends)})


def _coded(column: Sequence[Any]) -> dict[str, Any]:
    """Write each value once where most of them repeat."""
    codes: dict[Any, int] = {}
    numbers = array("I", (codes.setdefault(value, len(codes)) for value in column))
    return {"values": [*codes], "codes": _packed(numbers)} if 2 * len(codes) < len(column) else {"values": [*column]}


def _packed(numbers: "array[Any]") -> str:
    if _IS_SWAPPED:
        numbers = numbers[:]
        numbers.byteswap()
    return b2a_base64(numbers.tobytes(), newline=False).decode()


def _unpacked(kind: str, text: str) -> "array[Any]":
    numbers = array(kind)
    numbers.frombytes(a2b_base64(text))
    if _IS_SWAPPED:
        numbers.byteswap()
    return numbers


def read_table(path: str, basis: str, *more: str) -> tuple[SummaryTable, dict[str, list[str]]]:
    """Read a table; an empty one where there is none, or none that counts.

    Parameters
    ----------
    path : str
        The file.
    basis : str
        What the numbers have to follow from.
    *more : str
        Further columns of texts.
    """
    with OwnErrors(OSError, ValueError, KeyError, TypeError, IndexError), open(path, "rb") as file:
        return _read(file, basis, more)
    return SummaryTable(), {name: [] for name in more}


def _read(file: Iterable[bytes], basis: str, more: Sequence[str]) -> tuple[SummaryTable, dict[str, list[str]]]:
    lines = iter(file)
    first = next(lines, b"")
    head = json.loads(first)
    if (head["kind"], head["format"], head["basis"]) != (_MARK, FORMAT, basis):
        raise ValueError(head)
    table, others, checksum = SummaryTable(), dict[str, list[str]](), crc32(first)
    for line in lines:
        if not line.startswith(b"{"):
            break
        checksum = crc32(line, checksum)
        _take_column(json.loads(line), table, others)
    if line != b"%08x\n" % checksum or {head["rows"]} != {*map(len, (*table.columns.values(), *others.values()))}:
        raise ValueError(line)
    return table, {name: others[name] for name in more}


def _take_column(found: dict[str, Any], table: SummaryTable, others: dict[str, list[str]]) -> None:
    name = found["name"]
    if name == TERMS:
        table._terms, table._ends = _unpacked("d", found["numbers"]), _unpacked("Q", found["ends"])
    elif name in NUMBERS:
        table.columns[name] = _unpacked("d", found["numbers"])
    else:
        values: list[Any] = found["values"]
        if "codes" in found:
            codes = _unpacked("I", found["codes"])
            values = [*itemgetter(*codes)(values)] if len(codes) > 1 else [values[code] for code in codes]
        (table.columns if name in OTHERS else others)[name] = values
