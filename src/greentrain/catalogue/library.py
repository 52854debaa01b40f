"""The catalogue as a whole, and how it is loaded."""

import os
from functools import cache, cached_property
from os.path import exists, join

from greentrain.catalogue.facilities import Facilities
from greentrain.catalogue.hardware import Hardware
from greentrain.catalogue.places import Places
from greentrain.catalogue.records import Equivalent, Source
from greentrain.catalogue.tables import Tables, hardware_folder, places_folder, read_table

DATA_VERSION = "2026.11"
"""Version of the shipped tables; it changes whenever a number in them does."""


class Catalogue:
    """Hardware, places, facilities, equivalents and sources; each table loads on first use.

    Parameters
    ----------
    folders : tuple of str, optional
        The user's own folders, already checked; their rows win over shipped ones of the same id.

    Attributes
    ----------
    hardware : Hardware
        Accelerators, CPUs, cloud instance types and our defaults for them.
    places : Places
        Countries, parts of countries and cloud regions, with their grids.
    facilities : Facilities
        PUE and water.
    """

    def __init__(self, folders: tuple[str, ...] = ()) -> None:
        self.folders = folders
        tables = Tables(folders)
        self._tables = tables
        self.hardware = Hardware(tables)
        self.places = Places(tables)
        self.facilities = Facilities(tables)

    @cached_property
    def equivalents(self) -> tuple[Equivalent, ...]:
        """Every everyday activity with its emissions."""
        return tuple(map(Equivalent.from_row, self._tables.records("equivalents")))

    @cached_property
    def sources(self) -> dict[str, Source]:
        """Every source by id."""
        files = [join(folder, "sources.csv") for folder in (hardware_folder(), places_folder(), *self.folders)]
        rows = [row for file in files if exists(file) for row in read_table(file).records()]
        return {row["id"]: Source.from_row(row) for row in rows}

    def source(self, key: str) -> Source:
        """Give a source by id; a user's own row may name a document or a URL where ours have an id."""
        return self.sources.get(key) or Source(key, key, key, None, "", "given")


@cache
def _catalogue(folders: tuple[str, ...]) -> Catalogue:
    if folders:
        from greentrain.catalogue.checks import refuse_bad_profiles

        for folder in folders:
            refuse_bad_profiles(folder)
    return Catalogue(folders)


def load_catalogue(profiles: str | os.PathLike[str] | None = None) -> Catalogue:
    """Load the catalogue, with a folder of the user's own profiles if one is named.

    Parameters
    ----------
    profiles : path, optional
        Folder with files in the schema of the shipped ones; every row is checked first.

    Returns
    -------
    Catalogue
        The same object for the same folder within a process.

    Raises
    ------
    UnknownName
        If the folder does not exist.
    DataError
        If a file in it breaks a rule of the schema.
    """
    return _catalogue(() if profiles is None else (os.fspath(profiles),))
