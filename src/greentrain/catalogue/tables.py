"""The shipped tables together with the user's own, and what is found in them by key."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from os.path import exists, join

from greentrain.catalogue.table_files import (
    HARDWARE_TABLES,
    PLACE_TABLES,
    CsvTable,
    Row,
    index_file,
    read_own_table,
    shipped_table,
)
from greentrain.light_typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any


class Tables:
    """The shipped tables, with the rows of the user's own folders after them.

    Parameters
    ----------
    folders : tuple of str, optional
        The user's folders, already checked.
    index : str, optional
        The file of ready-made lookups; the shipped one by default. Where there is none, lookups are made
        of the rows.
    """

    def __init__(self, folders: tuple[str, ...] = (), *, index: str | None = None) -> None:
        self.folders = folders
        self._index = index_file() if index is None else index
        self._lookups: dict[str, Mapping[Any, Any]] = {}

    def lookup(self, name: str) -> Mapping[Any, Any]:
        """Return rows or keys by what finds them, see `greentrain.catalogue.lookups`."""
        if name not in self._lookups:
            self._lookups[name] = self._ready(name) or self._made(name)
        return self._lookups[name]

    def _ready(self, name: str) -> Mapping[Any, Any] | None:
        from greentrain.catalogue.index import ready_lookup

        return ready_lookup(self._index, name, self.own_tables)

    def _made(self, name: str) -> Mapping[Any, Any]:
        from greentrain.catalogue.lookups import make_lookup

        return make_lookup(self, name)

    @cached_property
    def own_tables(self) -> frozenset[str]:
        """The tables to which the user has added rows."""
        names = (*HARDWARE_TABLES, *PLACE_TABLES, "sources") if self.folders else ()
        return frozenset(name for name in names if any(exists(join(folder, f"{name}.csv")) for folder in self.folders))

    def table(self, name: str) -> CsvTable:
        """Return a table as text."""
        shipped = shipped_table(name)
        own = [[record.get(column, "") for column in shipped.header] for record in self.own_records(name)]
        return CsvTable(shipped.header, (*shipped.rows, *own)) if own else shipped

    def own_records(self, name: str) -> Iterator[Row]:
        """Iterate over the rows of a table that are the user's, blank cells with the default of their column."""
        files = [file for folder in self.folders if exists(file := join(folder, f"{name}.csv"))]
        if not files:
            return
        from greentrain.catalogue.schema.columns import SCHEMAS  # only where a user has tables

        defaults = SCHEMAS[f"{name}.csv"].defaults
        for file in files:
            for record in read_own_table(file).records():
                yield record | {column: cell for column, cell in defaults.items() if not record.get(column)}

    def records(self, name: str) -> Iterator[Row]:
        """Iterate over a table's rows as dictionaries."""
        return self.table(name).records()


def every_lookup() -> dict[str, tuple[tuple[str, ...], Mapping[Any, Any]]]:
    """Make all lookups of the shipped rows, each with the tables that it was made of."""
    from greentrain.catalogue.lookups import LOOKUPS

    tables = Tables(index="")
    return {name: (lookup.tables, lookup.make(tables)) for name, lookup in LOOKUPS.items()}
