"""Published training footprints with the inputs that were stated beside them: ours and a user's own.

A file has the columns of the shipped ``references.csv``. Only ``id`` and one of the two published figures must be
there; a column that is absent is blank everywhere, one that is not known is kept as it is. What a source does not state
stays blank: nothing is filled in but ``energy_boundary`` and ``tiers``, by the rules of `greentrain.validation.tiers`.
"""

import os
from math import isfinite
from os import PathLike
from os.path import join
from typing import Any

from greentrain.catalogue import Catalogue, load_catalogue
from greentrain.catalogue.table_files import CsvTable, Row, places_folder, read_own_table, shipped_table
from greentrain.errors import DataError, InputError, UnknownName
from greentrain.validation.reference import BOUNDARIES, NUMBERS, TIERS, Reference

_PARAMETER = "references"
_PUBLISHED = ("published_energy_kwh", "published_co2e_kg")
_PLAIN = "write digits and one decimal point, without unit or comma"
_LISTS = ("tiers", "traps", "links")


def read_references(
    path: str | PathLike[str] | None = None, *, catalogue: Catalogue | None = None
) -> tuple[Reference, ...]:
    """Read published footprints: the shipped ones, or a user's own file.

    Parameters
    ----------
    path : path, optional
        A CSV file with the columns of the shipped one; None reads that.
    catalogue : Catalogue, optional
        Where the hardware and places are that the inference of tiers looks up.

    Returns
    -------
    tuple of Reference
        In the order of the file, with ``energy_boundary`` and ``tiers`` inferred where the file has none.

    Raises
    ------
    UnknownName
        If there is no such file.
    InputError
        If it is a folder, or its name is empty.
    DataError
        If it lacks a column, or a cell cannot be used; the message names file, row and column.
    """
    file = join(places_folder(), "references.csv") if path is None else _checked_file(path)
    table = shipped_table("references") if path is None else read_own_table(file)
    _check_header(file, table)
    lines = table.lines or range(2, len(table.rows) + 2)
    numbered = list(zip(lines, table.rows, strict=True))
    references = [_reference(_Cells(file, line, _row(file, line, table, cells))) for line, cells in numbered]
    _check_ids(file, [line for line, _ in numbered], references)
    if all(reference.is_classified for reference in references):
        return tuple(references)
    from greentrain.validation.tiers import classified

    return classified(references, load_catalogue() if catalogue is None else catalogue)


class _Cells:
    """The cells of a row, and where it stands."""

    def __init__(self, file: str, line: int, row: Row) -> None:
        self.row = row
        self._where = (file, line)

    def fail(self, column: str, rule: str) -> DataError:
        file, line = self._where
        return DataError(file, rule, line, column)

    def value(self, column: str) -> Any:
        text = self.row.get(column, "").strip()
        if column in NUMBERS:
            return self._number(column, text) if text else None
        if column in _LISTS:
            return tuple(part.strip() for part in text.split(";") if part.strip())
        return text

    def _number(self, column: str, text: str) -> float:
        try:
            value = float(text) if text.isascii() and "_" not in text else float("nan")
        except ValueError:
            value = float("nan")
        if not isfinite(value):
            raise self.fail(column, f"{text!a} is not a number; {_PLAIN}")
        least, most, unit, above = NUMBERS[column]
        if not least <= value <= most or (above and value == least):
            rule = f"it must be {'above' if above else 'at least'} {least:g} and at most {most:,.0f} ({unit})"
            raise self.fail(column, f"{text} is out of range: {rule}")
        if column == "year" and value != int(value):
            raise self.fail(column, f"{text} is not a calendar year")
        return int(value) if column == "year" else value


def _checked_file(path: str | PathLike[str]) -> str:
    file = os.fspath(path)
    if not file.strip():
        raise InputError(_PARAMETER, file, "must name a CSV file")
    if os.path.isdir(file):
        raise InputError(_PARAMETER, file, "is a folder; name a CSV file")
    if not os.path.exists(file):
        raise UnknownName(_PARAMETER, file, "no such file")
    return file


def _check_header(file: str, table: CsvTable) -> None:
    if "id" not in table.header:
        raise DataError(file, "the column id is missing; it names each record", 1)
    if not set(_PUBLISHED) & set(table.header):
        raise DataError(file, f"neither of the columns {' and '.join(_PUBLISHED)} is there: nothing to compare with", 1)
    twice = [name for index, name in enumerate(table.header) if name and name in table.header[:index]]
    if twice:
        raise DataError(file, "the column stands twice in the header", 1, twice[0])


def _row(file: str, line: int, table: CsvTable, cells: list[str]) -> Row:
    if len(cells) != len(table.header):
        raise DataError(file, f"{len(cells)} cells under {len(table.header)} columns", line)
    return dict(zip(table.header, cells, strict=True))


def _reference(cells: _Cells) -> Reference:
    known = {name: cells.value(name) for name in Reference._fields if name != "extra"}
    if not known["id"]:
        raise cells.fail("id", "must not be blank")
    if known["energy_boundary"] not in ("", *BOUNDARIES):
        raise cells.fail("energy_boundary", f"{known['energy_boundary']!a} is not one of {', '.join(BOUNDARIES)}")
    for tier in known["tiers"]:
        if tier not in TIERS:
            raise cells.fail("tiers", f"{tier!a} is not one of {', '.join(TIERS)}; separate several by ;")
    extra = {name: cell for name, cell in cells.row.items() if name not in known}
    return Reference(**known, extra=extra)


def _check_ids(file: str, lines: list[int], references: list[Reference]) -> None:
    first: dict[str, int] = {}
    for line, reference in zip(lines, references, strict=True):
        if reference.id in first:
            raise DataError(file, f"{reference.id!a} stands in row {first[reference.id]} already", line, "id")
        first[reference.id] = line
