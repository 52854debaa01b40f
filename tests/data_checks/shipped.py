"""The shipped tables as text, for the checks that walk over all of them."""

import importlib.util
import sys
from functools import cache
from pathlib import Path
from types import ModuleType

from greentrain.catalogue import read_own_table
from greentrain.catalogue.table_files import (
    HARDWARE_TABLES,
    PLACE_TABLES,
    CsvTable,
    Row,
    hardware_folder,
    places_folder,
)

HARDWARE, PLACES = Path(hardware_folder()), Path(places_folder())
FILES = [
    (folder, f"{table}.csv")
    for folder, tables in ((HARDWARE, HARDWARE_TABLES), (PLACES, PLACE_TABLES))
    for table in (*tables, "sources")
]
"""Every data file that a user's folder may hold too, as folder and name."""


@cache
def table(folder: Path, name: str) -> CsvTable:
    """Read a file with the line number of each row."""
    return read_own_table(str(folder / name))


def rows(name: str, folder: Path | None = None) -> list[Row]:
    """List the rows of a file; ``sources.csv`` is in both folders."""
    home = folder or (HARDWARE if name == "sources.csv" else next(home for home, file in FILES if file == name))
    return list(table(home, name).records())


def cells() -> list[tuple[str, int, str, str]]:
    """List every cell of every file, with file, line and column."""
    return [
        (name, line, column, cell)
        for folder, name in FILES
        for line, row in zip(table(folder, name).lines, table(folder, name).rows, strict=True)
        for column, cell in zip(table(folder, name).header, row, strict=True)
    ]


def benchmark(name: str) -> ModuleType:
    """Load a script of benchmarks/ as a module."""
    path = Path(__file__).parents[2] / "benchmarks" / f"{name}.py"
    spec = importlib.util.spec_from_file_location(name, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module
