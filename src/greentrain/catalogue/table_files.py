"""The data files: where they are and how they are read.

Tables stay as text until a row is asked for, since most estimates need a handful of the 5,000 rows.
"""

from __future__ import annotations

import io
from collections.abc import Mapping
from functools import cache
from os.path import abspath, dirname, isdir, join

from greentrain.errors import DataError, is_from_outside
from greentrain.interval import Interval
from greentrain.light_typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import Any

# Paths are text in this module: importing pathlib takes a tenth of the time in which a whole estimate is done.
HARDWARE_TABLES = (
    "accelerators",
    "families",
    "cpus",
    "memory",
    "nodes",
    "power_defaults",
    "power_evidence",
    "embodied_defaults",
    "cloud_instances",
)
HARDWARE_SOURCES = "hardware_sources"
"""The table of sources in the folder of the hardware profiles; ``sources`` is the one of the places."""
PLACE_TABLES = (
    "places",
    "grid_countries",
    "grid_subnational",
    "grid_basis",
    "grid_uncertainty",
    "grid_losses",
    "electricity_sources",
    "facilities",
    "water_intensity",
    "cloud_regions",
    "cloud_region_years",
    "computing_centres",
    "cities",
    "datacentre_electricity",
    "unknown_place",
    "equivalents",
    "model_runs",
    "compute_defaults",
    "claims",
    "claim_references",
    "claim_scenarios",
)

LFS_POINTER = "version https://git-lfs"
LFS_RULE = "a Git LFS pointer instead of the data; run 'git lfs pull' in its repository"

Row = dict[str, str]
_LONGEST_BYTES = 64 * 2**20
"""Of a table; what a link to a device gives has no end. [B]"""


class Records(Mapping):  # type: ignore[type-arg]  # typing, which would say of what, takes longer than an estimate
    """Rows by key, each made into its record when it is first asked for.

    Parameters
    ----------
    rows : mapping
        The rows, as a lookup gives them.
    read : callable
        Makes a record of a row.
    """

    def __init__(self, rows: Mapping[Any, Any], read: Callable[[Any], Any]) -> None:
        self._rows = rows
        self._read = read
        self._known: dict[Any, Any] = {}

    def __getitem__(self, key: Any) -> Any:
        if key not in self._known:
            self._known[key] = self._read(self._rows[key])
        return self._known[key]

    def get(self, key: Any, default: Any = None) -> Any:
        """Return a record; most often it is known already, and then this takes a third of the usual way's time."""
        return self._known.get(key) or super().get(key, default)

    def __contains__(self, key: object) -> bool:
        return key in self._rows

    def __iter__(self) -> Iterator[Any]:
        return iter(self._rows)

    def __len__(self) -> int:
        return len(self._rows)


class CsvTable(NamedTuple):
    """A table as text: the header once and the rows as lists of cells.

    Attributes
    ----------
    lines : tuple of int
        For a user's table, the line of the file at which each row starts, the header being line 1.
    """

    header: tuple[str, ...]
    rows: tuple[list[str], ...]
    lines: tuple[int, ...] = ()

    def column(self, name: str) -> int:
        """Find the position of a column."""
        return self.header.index(name)

    def records(self) -> Iterator[Row]:
        """Iterate over the rows as dictionaries."""
        for row in self.rows:
            yield dict(zip(self.header, row, strict=False))

    def where(self, column: str, value: str) -> list[Row]:
        """Select the rows that have this text in this column."""
        position = self.column(column)
        return [dict(zip(self.header, row, strict=False)) for row in self.rows if row[position] == value]


@cache
def places_folder() -> str:
    """Folder of the tables on grids, facilities and equivalents."""
    return join(_package_folder(), "data")


@cache
def hardware_folder() -> str:
    """Folder of the hardware profiles: inside an installed wheel, or at the top of a checkout."""
    shipped = join(_package_folder(), "hardware_profiles")
    return shipped if isdir(shipped) else join(dirname(dirname(_package_folder())), "hardware_profiles")


def _package_folder() -> str:
    return dirname(dirname(abspath(__file__)))


@cache
def index_file() -> str:
    """File of the index, next to the tables on places."""
    return join(places_folder(), "lookups.index")


def table_file(name: str) -> str:
    """Return the file of one of greentrain's own tables."""
    if name == HARDWARE_SOURCES:
        return join(hardware_folder(), "sources.csv")
    folder = hardware_folder() if name in HARDWARE_TABLES else places_folder()
    return join(folder, f"{name}.csv")


@cache
def shipped_table(name: str) -> CsvTable:
    """Read one of greentrain's own tables, once per process."""
    return read_table(table_file(name))


def read_table(path: str) -> CsvTable:
    """Read a CSV file with a header line.

    Raises
    ------
    DataError
        If the file cannot be read, is not UTF-8, is a Git LFS pointer, or has no header.
    """
    import csv  # not loaded where the index answers

    lines = csv.reader(io.StringIO(_text(path), newline=""))
    try:
        header = tuple(cell.strip() for cell in next(lines))
        rows = tuple(row for row in lines if row)
    except StopIteration:
        raise DataError(path, "the file is empty; its first line must name the columns") from None
    except csv.Error as error:
        raise DataError(path, f"not a CSV file: {error}", lines.line_num) from None
    return CsvTable(header, rows)


def read_own_table(path: str) -> CsvTable:
    """Read a user's table: blanks around cells and rows without content left out, quotes checked, rows numbered.

    Raises
    ------
    DataError
        As `read_table`, and for a quote that is not closed or is inside a cell.
    """
    import csv

    reader = csv.reader(io.StringIO(_text(path), newline=""), strict=True, skipinitialspace=True)
    rows: list[list[str]] = []
    lines: list[int] = []
    start = 1
    try:
        for row in reader:
            cells = [cell.strip() for cell in row]
            if any(cells):
                rows.append(cells)
                lines.append(start)
            start = reader.line_num + 1
    except csv.Error as error:
        raise DataError(path, f"not a CSV file: {error}", start) from None
    if not rows:
        raise DataError(path, "the file is empty; its first line must name the columns")
    return CsvTable(tuple(rows[0]), tuple(rows[1:]), tuple(lines[1:]))


def _text(path: str) -> str:
    from errno import EFBIG  # an estimate from our own tables needs neither

    from greentrain.bounded_file import read_bounded

    try:
        text = read_bounded(path, _LONGEST_BYTES).decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise DataError(path, f"not UTF-8: byte {error.start} is {error.object[error.start]:#04x}") from None
    except OSError as error:
        if is_from_outside(error):
            raise
        is_too_long = error.errno == EFBIG
        raise DataError(path, f"{'' if is_too_long else 'cannot be read: '}{error.strerror}") from None
    if text.startswith(LFS_POINTER):
        raise DataError(path, LFS_RULE)
    if "\0" in text:
        raise DataError(path, "not a text file: it holds NUL characters")
    return text


def number(row: Row, column: str) -> float | None:
    """Read a cell as a number; blank or absent is None."""
    text = row.get(column, "")
    return float(text) if text else None


def whole_number(row: Row, column: str) -> int | None:
    """Read a cell as a whole number; blank or absent is None."""
    text = row.get(column, "")
    return int(text) if text else None


def triple(row: Row, low: str, best: str, high: str) -> Interval | None:
    """Read three cells as an interval; blank ends take the best value, a blank best value makes None."""
    middle = number(row, best)
    if middle is None:
        return None
    below, above = number(row, low), number(row, high)
    return Interval(middle if below is None else below, middle, middle if above is None else above)


def _interval(row: Row, best: str) -> Interval | None:
    """Read the interval around a column: ``tdp_w`` has the ends ``tdp_low_w`` and ``tdp_high_w``."""
    quantity, underscore, unit = best.rpartition("_")
    return triple(row, f"{quantity}{underscore}low_{unit}", best, f"{quantity}{underscore}high_{unit}")


def listed(row: Row, column: str) -> tuple[str, ...]:
    """Read a cell that lists several things, separated by semicolons."""
    text = row.get(column, "")
    return tuple(part.strip() for part in text.split(";") if part.strip()) if text else ()


_READERS: dict[str, Callable[[Row, str], Any]] = {
    "str": lambda row, column: row.get(column, ""),
    "int": lambda row, column: int(row[column]),
    "int | None": whole_number,
    "float": lambda row, column: float(row[column]),
    "float | None": number,
    "Interval": _interval,
    "Interval | None": _interval,
    "tuple[str, ...]": listed,
}
"""How a cell is read for a field, by the type that the record states for it."""


def read_record(kind: Any, row: Row) -> Any:
    """Read a row as a record, whose fields have the names of columns.

    The columns are declared in schema/columns.csv; a test holds the types of the fields to it. That file isn't read
    here, since every estimate reads rows.
    """
    return kind(*[_READERS[kind_of_field](row, field) for field, kind_of_field in kind.__annotations__.items()])
