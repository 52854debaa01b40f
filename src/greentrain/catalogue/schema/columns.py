"""The columns of every table, as ``columns.csv`` declares them, and how a cell is checked by its column.

That file has one row per column: the table, the column, whether it is part of the key, the kind of cell, unit and
limits, choices, whether it is required, the value of a blank cell, and the meaning. A limit is included unless it
begins with ``>`` or ``<``. A row without column describes the rows of the table. A row ``parameter=utilization`` holds
for the numbers of the rows whose column ``parameter`` has that value.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cached_property
from math import isfinite
from operator import ge, gt, le, lt
from pathlib import Path
from typing import NamedTuple

from greentrain.catalogue.names import fold, nearest
from greentrain.catalogue.table_files import HARDWARE_TABLES, PLACE_TABLES, Row, listed, read_table
from greentrain.errors import either

_PLAIN_NUMBER = re.compile(r"-?(\d+\.?\d*|\.\d+)", re.ASCII)
_WHOLE_NUMBER = re.compile(r"-?\d+", re.ASCII)
_PLAIN = "write digits and at most one decimal point, without unit, thousands separator or exponent"


class Problem(NamedTuple):
    """One thing that is wrong with a data file.

    Attributes
    ----------
    file : str
        Name of the file.
    row : int or None
        Line of the file, the header being line 1; None when the file as a whole is meant.
    column : str or None
        Name of the column, when one is to blame.
    rule : str
        What is wrong and what would be right.
    """

    file: str
    row: int | None
    column: str | None
    rule: str

    def __str__(self) -> str:
        row = "" if self.row is None else f", row {self.row}"
        column = "" if self.column is None else f", column {self.column}"
        return f"{self.file}{row}{column}: {self.rule}"


class Column(NamedTuple):
    """What the cells of a column may hold.

    Attributes
    ----------
    kind : str
        One of `KINDS`.
    unit : str
        Unit of a number; ``1`` is the unit of a plain ratio or count.
    least, most : str
        Limits of a number, included unless they begin with ``>`` or ``<``; blank where there is none.
    choices : tuple of str
        What a choice may be. Of a reference, the table whose ids it holds, and other values that are allowed.
    required : str
        ``yes``: no cell may be blank; ``column``: the column has to be there; blank: it may be absent.
    default : str
        What a blank cell stands for.
    """

    name: str
    is_key: bool
    kind: str
    unit: str
    least: str
    most: str
    choices: tuple[str, ...]
    required: str
    default: str
    meaning: str

    @classmethod
    def from_row(cls, row: Row) -> "Column":
        """Read a row of columns.csv."""
        texts = {name: row[name] for name in ("kind", "unit", "least", "most", "required", "default", "meaning")}
        return cls(row["column"], row["key"] == "yes", choices=listed(row, "choices"), **texts)

    def read(self, text: str) -> float | int | str:
        """Read a cell that is not blank.

        Raises
        ------
        ValueError
            With the rule that the cell breaks.
        """
        return KINDS[self.kind](self, text)

    def range_fault(self, value: float) -> str | None:
        """Return why a number is out of range, or None when it is not."""
        if not any(is_beyond(value, limit) for _, limit, is_beyond in self._limits()):
            return None
        unit = "" if self.unit in ("", "1") else f" {self.unit}"
        return f"{value:.10g} is out of range: it must be {self.limits_text}{unit}"

    @property
    def limits_text(self) -> str:
        """The limits of a number in words; blank where there is none."""
        form = ".15g" if self.kind == "year" else ",.15g"
        return " and ".join(f"{words} {limit:{form}}" for words, limit, _ in self._limits())

    def _limits(self) -> Iterator[tuple[str, float, Callable[[float, float], bool]]]:
        if self.least:
            words, is_beyond = ("greater than", le) if self.least.startswith(">") else ("at least", lt)
            yield words, float(self.least.removeprefix(">")), is_beyond
        if self.most:
            words, is_beyond = ("less than", ge) if self.most.startswith("<") else ("at most", gt)
            yield words, float(self.most.removeprefix("<")), is_beyond


class TableSchema:
    """The columns of a table.

    Parameters
    ----------
    rows : iterable of Row
        Its rows of columns.csv.

    Attributes
    ----------
    meaning : str
        What one row of the table is.
    columns : dict of str to Column
        By name, in the order of the file.
    parameter_column : str
        The column that names which number a row holds, as ``parameter``; blank in most tables.
    parameters : dict of str to Column
        What the numbers of a row may be, by the value of that column.
    """

    def __init__(self, rows: Iterable[Row]) -> None:
        described, *columns = map(Column.from_row, rows)
        self.meaning = described.meaning
        named = {column.name.partition("=")[::2]: column for column in columns}
        self.columns = {name: column for (name, value), column in named.items() if not value}
        self.parameter_column = next((name for name, value in named if value), "")
        self.parameters = {value: column for (_, value), column in named.items() if value}
        if self.parameter_column:
            column = self.columns[self.parameter_column]
            self.columns[self.parameter_column] = column._replace(choices=tuple(self.parameters))

    @cached_property
    def key(self) -> tuple[str, ...]:
        """The columns whose values together no two rows of a file share."""
        return tuple(name for name, column in self.columns.items() if column.is_key)

    @cached_property
    def required_columns(self) -> tuple[str, ...]:
        """The columns without which a file cannot be used."""
        return tuple(name for name, column in self.columns.items() if column.required)

    @cached_property
    def triples(self) -> tuple[tuple[str, str, str], ...]:
        """The columns of low, best and high of each quantity, found by their names."""
        lows = [name for name in self.columns if "low" in name.split("_")]
        return tuple((name, _without_low(name), _replaced(name, "high")) for name in lows)

    @cached_property
    def defaults(self) -> dict[str, str]:
        """What blank cells stand for, by column."""
        return {name: column.default for name, column in self.columns.items() if column.default}

    def columns_of(self, row: Mapping[str, str]) -> dict[str, Column]:
        """Return the columns for one row: its parameter narrows the numbers and sets the unit."""
        name = row.get(self.parameter_column, "")
        parameter = self.parameters.get(name)
        if parameter is None:
            return self.columns
        unit = self.columns["unit"]._replace(kind="unit", unit=parameter.unit, meaning=name)
        numbers = {
            column.name: column._replace(unit=parameter.unit, least=parameter.least, most=parameter.most)
            for column in self.of_kind("number")
        }
        return {**self.columns, **numbers, "unit": unit}

    def of_kind(self, *kinds: str) -> tuple[Column, ...]:
        """List the columns of some kinds."""
        return tuple(column for column in self.columns.values() if column.kind in kinds)


def _replaced(low: str, word: str) -> str:
    return "_".join(word if part == "low" else part for part in low.split("_"))


def _without_low(low: str) -> str:
    """Name the best value: ``tdp_low_w`` is the low end of ``tdp_w``, ``low`` that of ``best``."""
    return "_".join(part for part in low.split("_") if part != "low") or "best"


def advice(name: str, choices: Iterable[str]) -> str:
    """Return the choices near a name as the end of a message; nothing when none is."""
    near = nearest(name, {fold(choice): choice for choice in choices})
    return f"; did you mean {either(near)}?" if near else ""


def _number(column: Column, text: str) -> float:
    if not _PLAIN_NUMBER.fullmatch(text):
        raise ValueError(f"{text!r} is not a plain number; {_PLAIN}")
    value = float(text)
    if not isfinite(value):
        raise ValueError("the number is not finite")
    return _in_range(column, value)


def _whole(column: Column, text: str) -> int:
    if not _WHOLE_NUMBER.fullmatch(text):
        raise ValueError(f"{text!r} is not a whole number; write digits alone")
    # No whole number here needs more digits, and Python reads no more than 4,300.
    return int(_in_range(column, int(text[:20])))


def _in_range(column: Column, value: float) -> float:
    fault = column.range_fault(value)
    if fault:
        raise ValueError(fault)
    return value


def _choice(column: Column, text: str) -> str:
    if text not in column.choices:
        raise ValueError(f"{text!r} is not one of {', '.join(column.choices)}")
    return text


def _unit(column: Column, text: str) -> str:
    if text != column.unit:
        raise ValueError(f"{text!r} is not the unit of {column.meaning}, {column.unit}")
    return text


def _text(_: Column, text: str) -> str:
    return text


def _pattern(pattern: str, rule: str, tidied: Callable[[str], str]) -> Callable[[Column, str], str]:
    expression = re.compile(pattern)

    def read(_: Column, text: str) -> str:
        if expression.fullmatch(text):
            return text
        suggestion = tidied(text)
        near = f"; did you mean {suggestion}?" if expression.fullmatch(suggestion) else ""
        raise ValueError(f"{text!r} is not {rule}{near}")

    return read


def _with_hyphens(text: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")


KINDS: Mapping[str, Callable[[Column, str], float | int | str]] = {
    "number": _number,
    "whole": _whole,
    "year": _whole,
    "choice": _choice,
    "unit": _unit,
    "text": _text,
    "list": _text,
    "reference": _text,
    "references": _text,
    "sources": _text,
    "slug": _pattern(r"[a-z0-9]+(-[a-z0-9]+)*", "lower-case letters and digits joined by hyphens", _with_hyphens),
    "token": _pattern(
        r"[a-z0-9]+([_-][a-z0-9]+)*",
        "lower-case letters and digits joined by hyphens or underscores",
        lambda text: _with_hyphens(text).replace("-", "_"),
    ),
    "place_code": _pattern(
        r"[A-Z0-9]+(-[A-Z0-9]+)*", "capital letters and digits joined by hyphens, as in US-CA", str.upper
    ),
    "country_code": _pattern(r"[A-Z]{3}", "an ISO 3166 code of three capital letters", str.upper),
}
"""How a cell of each kind is read. Lists are separated by semicolons; what references and sources name is checked by
`greentrain.catalogue.schema.references`, since it takes the rows of other tables."""


def _read_schemas() -> dict[str, TableSchema]:
    rows: dict[str, list[Row]] = {}
    for row in read_table(COLUMNS_FILE).records():
        rows.setdefault(f"{row['table']}.csv", []).append(row)
    return {file: TableSchema(declared) for file, declared in rows.items()}


COLUMNS_FILE = str(Path(__file__).with_name("columns.csv"))
SCHEMAS: Mapping[str, TableSchema] = _read_schemas()
"""The columns of every table, by the name of its file."""

OWN_FILES = tuple(file for file in SCHEMAS if file.removesuffix(".csv") in (*HARDWARE_TABLES, *PLACE_TABLES, "sources"))
"""The files that a user's folder may hold."""
