"""The catalogue as a whole, and how it is loaded."""

from __future__ import annotations

import os
from functools import cached_property, lru_cache, partial
from os.path import abspath

from greentrain.catalogue.facilities import Facilities
from greentrain.catalogue.hardware import Hardware
from greentrain.catalogue.places import Places
from greentrain.catalogue.records import Equivalent, Source
from greentrain.catalogue.table_files import Records, read_record
from greentrain.catalogue.tables import Tables
from greentrain.catalogue.user_folder import own_profiles_folder
from greentrain.errors import OwnErrors, path_text
from greentrain.light_typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping


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

    Examples
    --------
    >>> catalogue = load_catalogue()
    >>> catalogue.places.find("aws:us-east-1").place.name
    'SERC Virginia/Carolina'
    """

    def __init__(self, folders: tuple[str, ...] = ()) -> None:
        self.folders = folders
        tables = Tables(folders)
        self._tables = tables
        self.hardware = Hardware(tables)
        self.places = Places(tables)
        self.facilities = Facilities(tables)

    def __repr__(self) -> str:
        number = len(tuple(self.hardware.accelerators))
        own = f", with {', '.join(map(ascii, self.folders))}" if self.folders else ""
        return f"<Catalogue of {number} accelerators{own}>"

    def __reduce__(self) -> tuple[object, tuple[tuple[str, ...]]]:
        """Pickle and copy by the folders: within a process that gives the same object as long as no file changes."""
        return _of_folders, (self.folders,)

    @cached_property
    def equivalents(self) -> tuple[Equivalent, ...]:
        """Every everyday activity with its emissions."""
        return tuple(read_record(Equivalent, row) for row in self._tables.lookup("equivalents").values())

    @cached_property
    def sources(self) -> Mapping[str, Source]:
        """Every source by id."""
        return Records(self._tables.lookup("sources"), partial(read_record, Source))

    def source(self, key: str) -> Source:
        """Return a source by id; a user's own row may name a document or a URL where ours have an id.

        Examples
        --------
        >>> run = estimate("V100", hours=96)
        >>> run.catalogue.source(run.inputs["tdp"].source_ids[0]).title
        'Hardware Upgrade 2017, Tesla V100 PCIe and SXM2'
        """
        return self.sources.get(key) or Source(key, key, key, None, "", "given")


@lru_cache(maxsize=16)
def _catalogue(folders: tuple[str, ...], states: object = None) -> Catalogue:
    """Make the catalogue of folders in a certain state."""
    for folder in folders:
        from greentrain.catalogue.schema.check import refuse_bad_profiles

        refuse_bad_profiles(folder)
    return Catalogue(folders)


def _state(folder: str) -> tuple[str, frozenset[tuple[str, int, int]]]:
    """Return what distinguishes states of a folder: its place and the names, sizes and times of its files."""
    files = []
    with OwnErrors(OSError, ValueError), os.scandir(folder) as entries:  # what is wrong is for the check to say
        files = [(entry.name, entry.stat()) for entry in entries if entry.is_file()]
    seen = frozenset((name, found.st_size, found.st_mtime_ns) for name, found in files)
    return abspath(folder), seen


def load_catalogue(profiles: str | os.PathLike[str] | None = None) -> Catalogue:
    """Load the catalogue, with the user's own profiles.

    Tables in the folder ``profiles`` of the user's data folder (see ``home_folder``) always count, those of a folder
    named here count after them; a row of the user's wins over a shipped one of the same id.

    Parameters
    ----------
    profiles : path, optional
        Folder with files in the schema of the shipped ones; every row is checked first.

    Returns
    -------
    Catalogue
        The same object within a process for the same folder, as long as no file in it changes.

    Raises
    ------
    UnknownName
        If the folder does not exist.
    DataError
        If a file in it breaks a rule of the schema.

    Examples
    --------
    >>> catalogue = load_catalogue()
    >>> catalogue.hardware.find("A100-SXM4-80GB").tdp_w.best
    400.0
    """
    own = own_profiles_folder()
    folders = (*([own] if own else []), *([] if profiles is None else [path_text("profiles", profiles)]))
    return _of_folders(folders)


def _of_folders(folders: tuple[str, ...]) -> Catalogue:
    return _catalogue(folders, tuple(map(_state, folders)))
