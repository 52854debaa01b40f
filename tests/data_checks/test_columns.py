"""The file of columns: it declares each column of each shipped table once, and nothing else does."""

import subprocess
import sys

import pytest
from shipped import FILES, HARDWARE, PLACES, table

from greentrain.catalogue import Accelerator, Cpu, Equivalent, Family, GridValue, Instance, Place, Source
from greentrain.catalogue.schema import KINDS, OWN_FILES, SCHEMAS, row_faults

OTHERS = [(PLACES, f"{name}.csv") for name in ("methods", "form_units", "import_limits", "references")]
"""Tables that a user's folder cannot hold."""
COLUMNS = [(file, column) for file, schema in SCHEMAS.items() for column in schema.columns.values()]


def test_every_shipped_table_is_declared_and_no_other() -> None:
    """The files of both folders are the tables of columns.csv."""
    shipped = {path.name for folder in (HARDWARE, PLACES) for path in folder.glob("*.csv")}
    assert shipped == set(SCHEMAS) == {name for _, name in (*FILES, *OTHERS)}
    assert set(OWN_FILES) == {name for _, name in FILES}


@pytest.mark.parametrize("name", [name for _, name in OTHERS])
def test_tables_of_ours_alone_keep_their_columns_too(name: str) -> None:
    """Their header is that of columns.csv, and no row breaks a rule."""
    text = table(PLACES, name)
    assert text.header == tuple(SCHEMAS[name].columns)
    assert [found for row in text.records() if (found := row_faults(name, row))] == []


def test_a_column_is_declared_soundly() -> None:
    """Kind, limits and default make sense, a reference leads to a table, and the meaning is stated."""
    for file, column in COLUMNS:
        where = f"{file}, {column.name}"
        assert column.kind in KINDS, where
        assert column.meaning, where
        assert not column.meaning.endswith("."), where
        assert column.required in ("", "column", "yes"), where
        assert (column.kind in ("choice", "reference", "references")) == bool(column.choices), where
        assert column.kind in ("number", "whole", "year") or not column.least + column.most + column.unit, where
        if column.kind in ("reference", "references"):
            assert f"{column.choices[0]}.csv" in SCHEMAS, where
        if column.default:
            assert column.read(column.default), where
            assert not column.required, where


def test_every_table_has_a_key() -> None:
    """Two rows of a table can be told apart."""
    assert [file for file, schema in SCHEMAS.items() if not schema.key] == []


def test_no_shipped_cell_leaves_its_value_to_the_default() -> None:
    """Defaults are for users' tables; ours state each value, since they are read without columns.csv."""
    blank = [
        (name, row)
        for folder, name in FILES
        for row in table(folder, name).records()
        for column in SCHEMAS[name].defaults
        if not row[column]
    ]
    assert blank == []


RECORDS = {
    "accelerators": Accelerator, "families": Family, "cpus": Cpu, "cloud_instances": Instance, "places": Place,
    "grid_countries": GridValue, "grid_subnational": GridValue, "equivalents": Equivalent, "sources": Source,
}  # fmt: skip
TYPES = {"number": "float", "whole": "int", "year": "int", "list": "tuple[str, ...]", "references": "tuple[str, ...]"}


@pytest.mark.parametrize("name", RECORDS)
def test_a_field_has_the_type_of_its_column(name: str) -> None:
    """Numbers, whole numbers, lists and intervals; one that may be blank is also None, a text is then empty."""
    schema = SCHEMAS[f"{name}.csv"]
    ranges = [best for _, best, _ in schema.triples]
    for field, stated in RECORDS[name].__annotations__.items():
        if (field, name) == ("notes", "grid_countries"):
            continue  # the one column that only one of the two tables of grids has
        column = schema.columns[field]
        kind = "Interval" if field in ranges else TYPES.get(column.kind, "str")
        is_blank = kind in ("float", "int", "Interval") and column.required != "yes" and not column.default
        assert stated == (f"{kind} | None" if is_blank else kind), field


def test_an_estimate_does_not_read_the_columns() -> None:
    """The check is for tables that were edited; a start pays for none of it."""
    program = (
        "import sys, greentrain\n"
        "greentrain.estimate('V100', hours=96, location='FR').to_dict()\n"
        "assert 'greentrain.catalogue.schema' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", program], check=True, timeout=120)
