"""Published training footprints with the inputs that were stated with them: ours and a user's own.

A file has the columns of the shipped ``references.csv``. Only ``id`` and one of the two published figures must be
there; a column that is absent is blank everywhere, one that is not known is kept as it is. What a source does not state
stays blank: nothing is filled in but ``energy_boundary`` and ``tiers``, by the rules below.

The boundary of a published energy, in this order:

1. wording: "GPU only" is the accelerators; "GPU+CPU", "incl. host" and "system" with no PUE stated is the node;
2. "before PUE" is the node (the accelerators, if the power basis is a rating);
3. numbers: where power x hours x PUE is the energy, the facility; where power x hours is, the accelerators for a
   rating and the node for a metered system; where the emissions are energy x PUE x grid, before PUE;
4. a stated PUE is the facility; without one, a rating is the accelerators and a meter the node.

The tiers, where at least one figure is published:

- T1 when the stated inputs give kWh or kg, unless these disagree with the published ones for the reason of a trap, or
  miss them by so little that other inputs than the stated ones must have been used;
- T2 when the hardware and the accelerator-hours are known, or energy, emissions and place are published; and some input
  of the arithmetic is not stated, or missed so;
- T3 when the power basis begins with "measured" or a meter is named, and energy, hardware and hours are known, unless
  the log shows that the accelerators were not metered;
- T4 when a trap is found or named.
"""

import os
from collections.abc import Sequence
from math import isfinite
from os import PathLike
from os.path import join
from typing import Any

from greentrain.catalogue import Catalogue, load_catalogue
from greentrain.catalogue.schema.columns import SCHEMAS
from greentrain.catalogue.table_files import CsvTable, Row, places_folder, read_own_table, shipped_table
from greentrain.errors import DataError, InputError, UnknownName, path_text
from greentrain.validation.names import find_hardware, find_place
from greentrain.validation.recompute import (
    RELATIVE_TOLERANCE,
    Agreement,
    agreements,
    excludes_pue,
    last_digit,
    recompute,
)
from greentrain.validation.reference import TIERS, Reference
from greentrain.validation.traps import find_traps, kg_over_energy, ratio_of

_PARAMETER = "references"
_PUBLISHED = ("published_energy_kwh", "published_co2e_kg")
_ROUNDED_TO = {"published_energy_kwh": "energy_rounded_to_kwh", "published_co2e_kg": "co2e_rounded_to_kg"}
_PLAIN = "write digits and one decimal point, without unit or comma"
_COLUMNS = SCHEMAS["references.csv"]
_NUMBERS = {column.name: column for column in _COLUMNS.of_kind("number", "year")}
_LISTS = tuple(column.name for column in _COLUMNS.of_kind("list"))
_BOUNDARIES = _COLUMNS.columns["energy_boundary"].choices
_EXPLAINING = {"tenfold", "grams_as_kilograms", "pue_wrong_way"}
_SYSTEM = ("system", "incl. host", "per-machine", "server")
_NEAR_MISS = 0.10
_NOTHING = "No energy or CO2e is published, or neither hardware and hours nor energy, CO2e and a known place are."


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
    return classified(references, load_catalogue() if catalogue is None else catalogue)


class _Cells:
    """The cells of a row, and its file and line."""

    def __init__(self, file: str, line: int, row: Row) -> None:
        self.row = row
        self._where = (file, line)

    def fail(self, column: str, rule: str) -> DataError:
        file, line = self._where
        return DataError(file, rule, line, column)

    def value(self, column: str) -> Any:
        text = self.row.get(column, "").strip()
        if column in _NUMBERS:
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
        if fault := _NUMBERS[column].range_fault(value):
            raise self.fail(column, fault)
        if column == "year" and value != int(value):
            raise self.fail(column, f"{text} is not a calendar year")
        return int(value) if column == "year" else value


def _checked_file(path: str | PathLike[str]) -> str:
    file = path_text("references", path)
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
        raise DataError(file, "the column appears twice in the header", 1, twice[0])


def _row(file: str, line: int, table: CsvTable, cells: list[str]) -> Row:
    if len(cells) != len(table.header):
        raise DataError(file, f"{len(cells)} cells under {len(table.header)} columns", line)
    return dict(zip(table.header, cells, strict=True))


def _reference(cells: _Cells) -> Reference:
    known = {name: cells.value(name) for name in Reference._fields if name != "extra"}
    if not known["id"]:
        raise cells.fail("id", "must not be blank")
    if known["energy_boundary"] not in ("", *_BOUNDARIES):
        raise cells.fail("energy_boundary", f"{known['energy_boundary']!a} is not one of {', '.join(_BOUNDARIES)}")
    for tier in known["tiers"]:
        if tier not in TIERS:
            raise cells.fail("tiers", f"{tier!a} is not one of {', '.join(TIERS)}; separate several by ;")
    for figure, rounded_to in _ROUNDED_TO.items():
        if known[figure] is not None and known[rounded_to] is None:
            known[rounded_to] = last_digit(cells.row[figure].strip())
    extra = {name: cell for name, cell in cells.row.items() if name not in known}
    return Reference(**known, extra=extra)


def _check_ids(file: str, lines: list[int], references: list[Reference]) -> None:
    first: dict[str, int] = {}
    for line, reference in zip(lines, references, strict=True):
        if reference.id in first:
            raise DataError(file, f"{reference.id!a} is in row {first[reference.id]} already", line, "id")
        first[reference.id] = line


def classified(references: Sequence[Reference], catalogue: Catalogue) -> tuple[Reference, ...]:
    """Fill in boundary and tiers of the records whose file does not state them.

    Parameters
    ----------
    references : sequence of Reference
        All records of a file.
    catalogue : Catalogue
        Where devices and places are.
    """
    bounded = [reference._replace(energy_boundary=energy_boundary(reference)) for reference in references]
    return tuple(_classified(reference, bounded, catalogue) for reference in bounded)


def energy_boundary(reference: Reference) -> str:
    """Return what a record's energy covers: as stated, else inferred; nothing where no energy is published."""
    if reference.energy_boundary or reference.published_energy_kwh is None:
        return reference.energy_boundary
    return _by_wording(reference) or _by_numbers(reference) or _by_pue(reference)


def infer_tiers(reference: Reference, others: Sequence[Reference], catalogue: Catalogue) -> tuple[str, ...]:
    """Return the tiers of a record whose boundary is known.

    Parameters
    ----------
    reference : Reference
        The record.
    others : sequence of Reference
        Records among which those of the same run are looked for.
    catalogue : Catalogue
        Where devices and places are.
    """
    if reference.published_energy_kwh is None and reference.published_co2e_kg is None:
        return ()
    traps = find_traps(reference, others, catalogue=catalogue).keys()
    whole, partly = _arithmetic(reference)
    known = _is_timed(reference, catalogue) or _is_placed(reference, catalogue)
    metered = reference.is_measured and reference.published_energy_kwh is not None
    explained = traps & _EXPLAINING and not all(item.holds for item in agreements(reference))
    missed = any(_is_near_miss(item) for item in agreements(reference))
    answers = {
        "T1": partly and not explained and not missed,
        "T2": known and (missed or not whole),
        "T3": _is_timed(reference, catalogue) and metered and "unmetered_accelerator" not in traps,
        "T4": bool(traps or reference.traps),
    }
    return tuple(tier for tier, holds in answers.items() if holds)


def _classified(reference: Reference, others: Sequence[Reference], catalogue: Catalogue) -> Reference:
    if reference.tiers or reference.excluded:
        return reference
    tiers = infer_tiers(reference, others, catalogue)
    return reference._replace(tiers=tiers, excluded="" if tiers else _NOTHING)


def _is_near_miss(item: Agreement) -> bool:
    """Whether a figure comes out nearly: a slip is larger, and a rounding smaller."""
    return not item.holds and abs(item.recomputed / item.published - 1) <= _NEAR_MISS


def _arithmetic(reference: Reference) -> tuple[bool, bool]:
    """Whether all, and whether any, of the published figures can be recomputed."""
    stated = recompute(reference)
    pairs = (
        (reference.published_energy_kwh, stated.energy_kwh),
        (reference.published_co2e_kg, stated.co2e_kg),
    )
    found = [ours is not None for published, ours in pairs if published is not None]
    return all(found), any(found)


def _is_timed(reference: Reference, catalogue: Catalogue) -> bool:
    hardware = find_hardware(reference.accelerator, catalogue, reference.accelerator_count)
    if hardware.is_cpu:
        return reference.wall_hours is not None
    named = bool(reference.accelerator) and hardware.reason != "no hardware is named"
    return named and reference.hours is not None


def _is_placed(reference: Reference, catalogue: Catalogue) -> bool:
    """Whether the published emissions over the published energy can be compared with the grid of the place."""
    both = reference.published_energy_kwh and reference.published_co2e_kg
    return bool(both) and bool(find_place(reference.location, catalogue).code)


def _by_wording(reference: Reference) -> str:
    scope, basis = reference.co2e_scope.lower(), reference.power_basis.lower()
    if "before pue" in reference.notes.lower():
        return "accelerator" if _is_rating(reference) or "gpu only" in scope else "node"
    if "gpu only" in scope and (excludes_pue(reference) or reference.pue is None):
        return "accelerator"
    if "gpu+cpu" in scope and reference.pue is None:
        return "node"
    if any(phrase in basis for phrase in _SYSTEM) and reference.pue is None:
        return "node"
    return ""


def _by_numbers(reference: Reference) -> str:
    bare = reference._replace(energy_boundary="node")
    energy = ratio_of(reference.published_energy_kwh, recompute(bare).energy_kwh)
    if energy is not None and reference.pue and _is_near(energy, reference.pue):
        return "facility" if not _is_near(reference.pue, 1) else ""
    if energy is not None and _is_near(energy, 1):
        return "accelerator" if _is_rating(reference) else "node"
    emissions = kg_over_energy(reference)
    if reference.pue and not _is_near(reference.pue, 1) and emissions is not None:
        if _is_near(emissions, reference.pue):
            return "accelerator" if _is_rating(reference) else "node"
        if _is_near(emissions, 1):
            return "facility"
    return ""


def _by_pue(reference: Reference) -> str:
    if reference.pue is not None and not excludes_pue(reference):
        return "facility"
    return "accelerator" if _is_rating(reference) else "node"


def _is_rating(reference: Reference) -> bool:
    return reference.power_basis.lower().startswith("tdp")


def _is_near(value: float, target: float) -> bool:
    return abs(value / target - 1) <= RELATIVE_TOLERANCE
