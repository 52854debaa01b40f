"""What rows say of each other and of ours: each name belongs to one thing, and everything referred to exists."""

import re
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from typing import NamedTuple

from greentrain.catalogue.names import fold
from greentrain.catalogue.schema import SCHEMAS, Problem
from greentrain.catalogue.schema_cells import advice
from greentrain.catalogue.schema_places import WHOLES
from greentrain.catalogue.tables import (
    Row,
    Table,
    hardware_folder,
    listed,
    places_folder,
    read_table,
    shipped_table,
)

Own = Mapping[str, Table]
"""A user's tables by file name, rows with a wrong number of cells left out."""

SOURCE_COLUMNS = ("source", "idle_source", "training_source", "embodied_source")
_IDENTIFIER = re.compile(r"(doi|arxiv|isbn|github):\S+|10\.\d{4,}/\S+", re.IGNORECASE)


class NameSpace(NamedTuple):
    """Tables among whose rows a name must be unambiguous.

    Attributes
    ----------
    tables : mapping of str to tuple of (tuple of str, tuple of str)
        For each file the columns that make a row's id, and those that hold its names.
    """

    tables: Mapping[str, tuple[tuple[str, ...], tuple[str, ...]]]


_ID = ("id",)
_ID_AND_NAMES = (_ID, ("id", "name", "aliases"))
NAME_SPACES = (
    NameSpace({"accelerators.csv": _ID_AND_NAMES, "families.csv": (("name",), ("name", "aliases"))}),
    NameSpace({"cpus.csv": _ID_AND_NAMES}),
    NameSpace({"cloud_instances.csv": (("provider", "instance"), ("instance",))}),
    NameSpace({"places.csv": (("place",), ("place", "iso3", "name", "aliases"))}),
)


class Reference(NamedTuple):
    """A column whose cells name rows of another table."""

    file: str
    column: str
    kind: str
    also: tuple[str, ...] = ()


REFERENCES = (
    Reference("cloud_instances.csv", "accelerator", "accelerators"),
    Reference("families.csv", "members", "accelerators"),
    Reference("nodes.csv", "accelerator", "accelerators"),
    Reference("places.csv", "parent", "places"),
    Reference("grid_countries.csv", "place", "places"),
    Reference("grid_subnational.csv", "place", "places"),
    Reference("grid_basis.csv", "place", "places", ("*",)),
    Reference("grid_losses.csv", "place", "places"),
    Reference("water_intensity.csv", "place", "places"),
    Reference("cloud_regions.csv", "place", "places"),
)
_KEYS = {"accelerators": "id", "places": "place"}


def link_problems(own: Own) -> Iterator[Problem]:
    """Check a user's tables against each other and against the shipped ones.

    Parameters
    ----------
    own : mapping of str to Table
        The user's tables by file name, with line numbers.
    """
    for space in NAME_SPACES:
        yield from name_problems(space, own)
    for reference in REFERENCES:
        yield from _dangling(reference, own)
    yield from _usual_problems(own)
    yield from _region_problems(own)
    yield from _series_problems(own)
    yield from _source_problems(own)


def name_problems(space: NameSpace, own: Own) -> Iterator[Problem]:
    """Check that each name of the user's rows belongs to one thing only."""
    mine = [(file, *row) for file in space.tables if file in own for row in _numbered(own, file)]
    replaced = {(file, _identity(space, file, row)) for file, _, row in mine}
    taken = {
        folded: f"a name of the shipped {identity}"
        for file, identity, folded in shipped_names(space)
        if (file, identity) not in replaced
    }
    owners: dict[str, tuple[str, str]] = {}
    for file, line, row in mine:
        key = (file, _identity(space, file, row))
        for column, name in _names(space, file, row):
            folded = fold(name)
            if not folded:
                yield Problem(file, line, column, f"{name!r} has no letter or digit")
            elif owners.setdefault(folded, key) != key or folded in taken:
                owner = taken.get(folded) or f"a name of {owners[folded][1]} too"
                yield Problem(file, line, column, f"{name!r} is {owner}; a name may mean one thing only")


@cache
def _shipped_names(file: str, identity: tuple[str, ...], columns: tuple[str, ...]) -> tuple[tuple[str, str], ...]:
    space = NameSpace({file: (identity, columns)})
    rows = shipped_table(file.removesuffix(".csv")).records()
    return tuple((_identity(space, file, row), fold(name)) for row in rows for _, name in _names(space, file, row))


def shipped_names(space: NameSpace) -> Iterator[tuple[str, str, str]]:
    """Give file, id and folded name of every name that the shipped rows have."""
    for file, (identity, columns) in space.tables.items():
        yield from ((file, *found) for found in _shipped_names(file, identity, columns))


def _identity(space: NameSpace, file: str, row: Row) -> str:
    return " ".join(row.get(column, "") for column in space.tables[file][0])


def _names(space: NameSpace, file: str, row: Row) -> Iterator[tuple[str, str]]:
    for column in space.tables[file][1]:
        names = listed(row, column) if column == "aliases" else filter(None, [row.get(column, "")])
        yield from ((column, name) for name in names)


def _numbered(own: Own, file: str) -> Iterator[tuple[int, Row]]:
    table = own.get(file)
    if table is not None:
        yield from zip(table.lines, table.records(), strict=True)


def _known(own: Own, kind: str) -> list[str]:
    """List the ids of the shipped rows and the user's own."""
    key = _KEYS[kind]
    rows = [*shipped_table(kind).records(), *(row for _, row in _numbered(own, f"{kind}.csv"))]
    return [row[key] for row in rows if row.get(key)]


def _dangling(reference: Reference, own: Own) -> Iterator[Problem]:
    if reference.file not in own:
        return
    known = _known(own, reference.kind)
    for line, row in _numbered(own, reference.file):
        for name in listed(row, reference.column):
            if name not in known and name not in reference.also:
                rule = f"{name!r} is no {_KEYS[reference.kind]} of {reference.kind}.csv, ours or yours"
                yield Problem(reference.file, line, reference.column, f"{rule}{advice(name, known)}")


def _usual_problems(own: Own) -> Iterator[Problem]:
    for line, row in _numbered(own, "families.csv"):
        usual = row.get("usual", "")
        if usual and usual not in listed(row, "members"):
            yield Problem("families.csv", line, "usual", f"{usual!r} is not among the members")


def _region_problems(own: Own) -> Iterator[Problem]:
    if "facilities.csv" not in own:
        return
    regions = [*shipped_table("cloud_regions").records(), *(row for _, row in _numbered(own, "cloud_regions.csv"))]
    known = [f"{row['provider']}:{row['region']}" for row in regions if {"provider", "region"} <= row.keys()]
    for line, row in _numbered(own, "facilities.csv"):
        code = f"{row.get('provider')}:{row.get('region')}"
        if row.get("kind") == "provider_region" and code not in known:
            rule = f"{code!r} is no region of cloud_regions.csv, ours or yours{advice(code, known)}"
            yield Problem("facilities.csv", line, "region", rule)


def _series_problems(own: Own) -> Iterator[Problem]:
    """Check that each place has its series in the table of its kind, and no direct value above a life-cycle one."""
    files = ("grid_countries.csv", "grid_subnational.csv")
    if not {*files, "places.csv"} & own.keys():
        return
    all_places = [*shipped_table("places").records(), *(row for _, row in _numbered(own, "places.csv"))]
    homes = {row.get("place"): files[row.get("kind") not in WHOLES] for row in all_places}
    for file in files:
        shipped = {(row["place"], row["year"]): row for row in shipped_table(file.removesuffix(".csv")).records()}
        for line, row in _numbered(own, file):
            if homes.get(row.get("place"), file) != file:
                yield Problem(file, line, "place", f"{row['place']} has its series in {homes[row['place']]}")
            yield from _basis_problem(file, line, row, shipped.get((row.get("place", ""), row.get("year", ""))))
    yield from _without_series(own, files)


def _basis_problem(file: str, line: int, row: Row, shipped: Row | None) -> Iterator[Problem]:
    if shipped is None or {row.get("basis"), shipped["basis"]} != {"direct", "lifecycle"}:
        return
    by_basis = {row["basis"]: row.get("g_per_kwh", ""), shipped["basis"]: shipped["g_per_kwh"]}
    try:
        direct, lifecycle = float(by_basis["direct"]), float(by_basis["lifecycle"])
    except ValueError:  # said already, as a fault of its own row
        return
    if direct > lifecycle:
        rule = f"a direct value of {direct:g} above a life-cycle one of {lifecycle:g} for the same place and year"
        yield Problem(file, line, "g_per_kwh", f"{rule}; the shipped row has the {shipped['basis']} one")


def _without_series(own: Own, files: Iterable[str]) -> Iterator[Problem]:
    having = {row["place"] for file in files for row in shipped_table(file.removesuffix(".csv")).records()}
    having |= {row.get("place", "") for file in files for _, row in _numbered(own, file)}
    for line, row in _numbered(own, "places.csv"):
        if row.get("place") and row["place"] not in having:
            rule = f"no row of {' or '.join(files)} gives {row['place']} a carbon intensity"
            yield Problem("places.csv", line, "place", rule)


def _source_problems(own: Own) -> Iterator[Problem]:
    known = [*shipped_sources(), *(row.get("id", "") for _, row in _numbered(own, "sources.csv"))]
    for file in own:
        columns = [column for column in SOURCE_COLUMNS if column in SCHEMAS[file].model_fields]
        for line, row in _numbered(own, file):
            for column in columns:
                for name in listed(row, column):
                    if name not in known and not _is_own_source(name):
                        rule = f"{name!r} is no id of sources.csv, ours or yours, nor a URL, a DOI or a title of several words"
                        yield Problem(file, line, column, f"{rule}{advice(name, known)}")


def _is_own_source(text: str) -> bool:
    """Whether a text says by itself what it is."""
    return " " in text or "://" in text or bool(_IDENTIFIER.fullmatch(text))


@cache
def shipped_sources() -> tuple[str, ...]:
    """List the ids of the shipped sources, hardware first."""
    files = [folder / "sources.csv" for folder in (hardware_folder(), places_folder())]
    return tuple(row["id"] for file in files for row in read_table(file).records())
