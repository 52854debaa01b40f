"""The schema of the data files, ours and the user's: which files there are and what a row must hold."""

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from greentrain.catalogue import schema_claims as claims
from greentrain.catalogue import schema_hardware as hardware
from greentrain.catalogue import schema_models as models
from greentrain.catalogue import schema_places as places
from greentrain.catalogue.schema_cells import RowSchema, advice
from greentrain.catalogue.table_files import CsvTable

HARDWARE_SCHEMAS: Mapping[str, type[RowSchema]] = {
    "accelerators.csv": hardware.AcceleratorRow,
    "families.csv": hardware.FamilyRow,
    "cpus.csv": hardware.CpuRow,
    "memory.csv": hardware.MemoryRow,
    "nodes.csv": hardware.NodeRow,
    "power_defaults.csv": hardware.PowerDefaultRow,
    "power_evidence.csv": hardware.PowerEvidenceRow,
    "embodied_defaults.csv": hardware.EmbodiedDefaultRow,
    "cloud_instances.csv": hardware.InstanceRow,
    "sources.csv": hardware.SourceRow,
}
"""The files of the hardware profiles."""

PLACE_SCHEMAS: Mapping[str, type[RowSchema]] = {
    "places.csv": places.PlaceRow,
    "grid_countries.csv": places.GridCountryRow,
    "grid_subnational.csv": places.GridSubnationalRow,
    "grid_basis.csv": places.GridBasisRow,
    "grid_uncertainty.csv": places.GridUncertaintyRow,
    "grid_losses.csv": places.GridLossRow,
    "electricity_sources.csv": places.ElectricitySourceRow,
    "facilities.csv": places.FacilityRow,
    "water_intensity.csv": places.WaterRow,
    "cloud_regions.csv": places.RegionRow,
    "equivalents.csv": places.EquivalentRow,
    "model_runs.csv": models.ModelRunRow,
    "compute_defaults.csv": models.ComputeDefaultRow,
    "claims.csv": claims.ClaimRow,
    "claim_references.csv": claims.ClaimReferenceRow,
    "claim_scenarios.csv": claims.ClaimScenarioRow,
    "sources.csv": hardware.SourceRow,
}
"""The files on places, grids, facilities, equivalents, training as computation and public claims."""

SCHEMAS: Mapping[str, type[RowSchema]] = {**HARDWARE_SCHEMAS, **PLACE_SCHEMAS}
"""Every file that a user's folder may hold."""


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


def table_problems(file: str, table: CsvTable) -> Iterator[Problem]:
    """Check a table by the schema of its file, all but what it says of other tables.

    Parameters
    ----------
    file : str
        Name of the file, one of ``SCHEMAS``.
    table : CsvTable
        Its text, with line numbers.
    """
    schema = SCHEMAS[file]
    yield from header_problems(file, table.header)
    is_usable = set(schema.required_columns()) <= set(table.header)
    seen: dict[tuple[str, ...], int] = {}
    for line, cells in zip(table.lines, table.rows, strict=True):
        if len(cells) != len(table.header):
            yield Problem(file, line, None, _wrong_count(len(cells), len(table.header)))
        elif is_usable:
            row = dict(zip(table.header, cells, strict=True))
            yield from (Problem(file, line, *fault) for fault in row_faults(schema, row))
            key = tuple(row[column] for column in schema.KEY if column in row)
            if key in seen:
                same = f"the same {' and '.join(schema.KEY)} as in row {seen[key]}"
                yield Problem(file, line, schema.KEY[0], f"{same}: {', '.join(filter(None, key))}")
            seen.setdefault(key, line)


def header_problems(file: str, header: tuple[str, ...]) -> Iterator[Problem]:
    """Check which columns a file has."""
    schema = SCHEMAS[file]
    for position, column in enumerate(header):
        if not column:
            yield Problem(file, 1, None, f"column {position + 1} has no name")
        elif column in header[:position]:
            yield Problem(file, 1, column, "the column stands there twice")
        elif column not in schema.model_fields:
            missing = [name for name in schema.model_fields if name not in header]
            hint = _separator_hint(column) or advice(column, missing) or advice(column, schema.model_fields)
            yield Problem(file, 1, column, f"unknown column{hint}")
    required = schema.required_columns()
    for column in required:
        if column not in header:
            yield Problem(file, 1, column, f"the column is missing; a file needs {', '.join(required)}")


def row_faults(schema: type[RowSchema], row: Mapping[str, str]) -> list[tuple[str, str]]:
    """Check one row by itself; give column and rule of each fault.

    Parameters
    ----------
    schema : type of RowSchema
        The rules of the table.
    row : mapping of str to str
        The cells; blank ones count as absent, unknown columns are left to the check of the header.
    """
    filled = {column: cell for column, cell in row.items() if cell and column in schema.model_fields}
    try:
        checked = schema.model_validate(filled)
    except ValidationError as error:
        return [(str(fault["loc"][0]), _words(fault)) for fault in error.errors(include_url=False)]
    return list(checked.rules())


def _words(fault: ErrorDetails) -> str:
    if fault["type"] == "missing":
        return "must not be blank"
    return str(fault["ctx"]["error"])


def _wrong_count(cells: int, columns: int) -> str:
    hint = "; put a cell that holds a comma in double quotes" if cells > columns else ""
    return f"{cells} cells where the header has {columns}{hint}"


def _separator_hint(column: str) -> str:
    return "; separate columns by commas" if ";" in column or "\t" in column else ""
