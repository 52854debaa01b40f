"""The check of rows against other rows: a name belongs to one thing, and what a cell refers to exists."""

import re
from collections.abc import Iterator, Mapping
from functools import cache

from greentrain.catalogue.names import fold
from greentrain.catalogue.schema.columns import SCHEMAS, Column, Problem, advice
from greentrain.catalogue.schema.rules import COUNTRY_KINDS
from greentrain.catalogue.table_files import (
    CsvTable,
    Row,
    hardware_folder,
    listed,
    places_folder,
    read_table,
    shipped_table,
)

Own = Mapping[str, CsvTable]
"""A user's tables by file name, rows with a wrong number of cells left out."""

Identity = tuple[str, str]
"""A file and the id of a row in it."""

_OWN_SOURCE = "a URL, a DOI, an arXiv number or a title of several words"
_IDENTIFIER = re.compile(r"(doi|arxiv|isbn|github):\S+|10\.\d{4,}/\S+", re.IGNORECASE)

NameSpace = Mapping[str, tuple[tuple[str, ...], tuple[str, ...]]]
"""Files among whose rows a name means one thing, each with the columns of a row's id and of its names."""

_ID_AND_NAMES = (("id",), ("id", "name", "aliases"))
NAME_SPACES: tuple[NameSpace, ...] = (
    {"accelerators.csv": _ID_AND_NAMES, "families.csv": (("name",), ("name", "aliases"))},
    {"cpus.csv": _ID_AND_NAMES},
    {"cloud_instances.csv": (("provider", "instance"), ("instance",))},
    {"places.csv": (("place",), ("place", "iso3", "name", "aliases"))},
)
_SERIES = ("grid_countries.csv", "grid_subnational.csv")


def reference_problems(own: Own) -> Iterator[Problem]:
    """Check a user's tables against each other and against the shipped ones.

    Parameters
    ----------
    own : mapping of str to CsvTable
        The user's tables by file name, with line numbers.
    """
    for space in NAME_SPACES:
        yield from name_problems(space, own)
    for file in own:
        for column in SCHEMAS[file].of_kind("reference", "references"):
            yield from _dangling(file, column, own)
    yield from _usual_problems(own)
    yield from _region_problems(own)
    yield from _series_problems(own)
    yield from _source_problems(own)


def name_problems(space: NameSpace, own: Own) -> Iterator[Problem]:
    """Check that each name of the user's rows belongs to one thing only."""
    mine = [(file, line, row) for file in space for line, row in _numbered(own, file)]
    if not mine:
        return
    owners = _shipped_owners(space, replaced={_identity(space, file, row) for file, _, row in mine})
    for file, line, row in mine:
        identity = _identity(space, file, row)
        for column, name in _names(space, file, row):
            folded = fold(name)
            if not folded:
                yield Problem(file, line, column, f"{name!r} has no letter or digit")
                continue
            owner, owner_text = owners.setdefault(folded, (identity, f"{identity[1]} in row {line} of {file}"))
            if owner != identity:
                yield Problem(file, line, column, f"{name!r} is a name of {owner_text}; a name may mean one thing only")


def _shipped_owners(space: NameSpace, replaced: set[Identity]) -> dict[str, tuple[Identity, str]]:
    """Map each folded name of the shipped rows that the user does not replace to its owner, as identity and as text."""
    return {
        fold(name): (identity, f"the shipped {identity[1]}")
        for file in space
        for row in _shipped(file)
        for identity in [_identity(space, file, row)]
        if identity not in replaced
        for _, name in _names(space, file, row)
    }


def _identity(space: NameSpace, file: str, row: Row) -> Identity:
    return file, " ".join(row.get(column, "") for column in space[file][0])


def _names(space: NameSpace, file: str, row: Row) -> Iterator[tuple[str, str]]:
    for column in space[file][1]:
        names = listed(row, column) if column == "aliases" else filter(None, [row.get(column, "")])
        yield from ((column, name) for name in names)


def _numbered(own: Own, file: str) -> Iterator[tuple[int, Row]]:
    table = own.get(file)
    if table is not None:
        yield from zip(table.lines, table.records(), strict=True)


def _shipped(file: str) -> Iterator[Row]:
    return shipped_table(file.removesuffix(".csv")).records()


def _dangling(file: str, column: Column, own: Own) -> Iterator[Problem]:
    table, *also = column.choices
    key = SCHEMAS[f"{table}.csv"].key[0]
    rows = [*_shipped(f"{table}.csv"), *(row for _, row in _numbered(own, f"{table}.csv"))]
    known = dict.fromkeys(row[key] for row in rows if row.get(key))
    for line, row in _numbered(own, file):
        names = listed(row, column.name) if column.kind == "references" else filter(None, [row.get(column.name)])
        for name in names:
            if name not in known and name not in also:
                rule = f"{name!r} is no {key} of {table}.csv, ours or yours"
                yield Problem(file, line, column.name, f"{rule}{advice(name, known)}")


def _usual_problems(own: Own) -> Iterator[Problem]:
    for line, row in _numbered(own, "families.csv"):
        usual = row.get("usual", "")
        if usual and usual not in listed(row, "members"):
            yield Problem("families.csv", line, "usual", f"{usual!r} is not among the members")


def _region_problems(own: Own) -> Iterator[Problem]:
    """Check that the regions of other tables are among those of cloud_regions.csv."""
    if not {"facilities.csv", "cloud_region_years.csv"} & own.keys():
        return
    regions = [*_shipped("cloud_regions.csv"), *(row for _, row in _numbered(own, "cloud_regions.csv"))]
    known = dict.fromkeys(f"{row.get('provider')}:{row.get('region')}" for row in regions)
    for file in ("facilities.csv", "cloud_region_years.csv"):
        for line, row in _numbered(own, file):
            code = f"{row.get('provider')}:{row.get('region')}"
            if row.get("kind", "provider_region") == "provider_region" and code not in known:
                rule = f"{code!r} is no region of cloud_regions.csv, ours or yours{advice(code, known)}"
                yield Problem(file, line, "region", rule)


def _series_problems(own: Own) -> Iterator[Problem]:
    """Check that each place has its series in the table of its kind, and no direct value above a life-cycle one."""
    if not {*_SERIES, "places.csv"} & own.keys():
        return
    places = [*_shipped("places.csv"), *(row for _, row in _numbered(own, "places.csv"))]
    homes = {row.get("place", ""): _SERIES[row.get("kind") not in COUNTRY_KINDS] for row in places}
    for file in _SERIES:
        shipped = {(row["place"], row["year"]): row for row in _shipped(file)}
        for line, row in _numbered(own, file):
            place, year = row.get("place", ""), row.get("year", "")
            if homes.get(place, file) != file:
                yield Problem(file, line, "place", f"{place} has its series in {homes[place]}")
            yield from _basis_problem(file, line, row, shipped.get((place, year)))
    yield from _without_series(own)


def _basis_problem(file: str, line: int, row: Row, shipped: Row | None) -> Iterator[Problem]:
    if shipped is None or {row.get("basis"), shipped["basis"]} != {"direct", "lifecycle"}:
        return
    by_basis = {row["basis"]: row.get("g_per_kwh", ""), shipped["basis"]: shipped["g_per_kwh"]}
    try:
        direct, lifecycle = float(by_basis["direct"]), float(by_basis["lifecycle"])
    except ValueError:  # listed already, as a fault of its own row
        return
    if direct > lifecycle:
        rule = f"the direct value {direct:g} is above the life-cycle value {lifecycle:g} of the same place and year"
        yield Problem(file, line, "g_per_kwh", f"{rule} (the {shipped['basis']} one is ours)")


def _without_series(own: Own) -> Iterator[Problem]:
    having = {row["place"] for file in _SERIES for row in _shipped(file)}
    having |= {row.get("place", "") for file in _SERIES for _, row in _numbered(own, file)}
    for line, row in _numbered(own, "places.csv"):
        if row.get("place") and row["place"] not in having:
            rule = f"no row of {' or '.join(_SERIES)} gives {row['place']} a carbon intensity"
            yield Problem("places.csv", line, "place", rule)


def _source_problems(own: Own) -> Iterator[Problem]:
    own_ids = (row.get("id", "") for _, row in _numbered(own, "sources.csv"))
    known = dict.fromkeys([*shipped_sources(), *own_ids])
    named = (
        (file, line, column, name)
        for file in own
        for line, row in _numbered(own, file)
        for column in SCHEMAS[file].of_kind("sources")
        for name in listed(row, column.name)
    )
    for file, line, column, name in named:
        if name not in known and not _is_own_source(name):
            rule = f"{name!r} is no id of sources.csv, ours or yours, nor {_OWN_SOURCE}"
            yield Problem(file, line, column.name, f"{rule}{advice(name, known)}")


def _is_own_source(text: str) -> bool:
    """Whether a text names a publication by itself."""
    return " " in text or "://" in text or bool(_IDENTIFIER.fullmatch(text))


@cache
def shipped_sources() -> tuple[str, ...]:
    """List the ids of the shipped sources, hardware first."""
    tables = [read_table(f"{folder}/sources.csv") for folder in (hardware_folder(), places_folder())]
    return tuple(row["id"] for table in tables for row in table.records())
