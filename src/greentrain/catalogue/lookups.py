"""How the lookups are made of the tables: which rows are found by which key.

They are made when greentrain is built, see `index`, and again wherever the index does not count.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, NamedTuple, Protocol

from greentrain.catalogue import names
from greentrain.catalogue.table_files import HARDWARE_SOURCES, Row, listed, number, shipped_table, whole_number

_OPERATING_KINDS = ("provider_region", "provider_fleet", "survey_average", "site")
_SERIES = ("grid_countries", "grid_subnational")


class LookupRows(Protocol):
    """What lookups are made of: the rows of tables, and other lookups."""

    def records(self, name: str) -> Iterator[Row]:
        """Iterate over a table's rows."""

    def own_records(self, name: str) -> Iterator[Row]:
        """Iterate over the rows of a table that are the user's."""

    def lookup(self, name: str) -> Mapping[Any, Any]:
        """Return another lookup."""


class Lookup(NamedTuple):
    """A mapping, made of tables by one function; keys and values are plain data."""

    tables: tuple[str, ...]
    make: Callable[[LookupRows], dict[Any, Any]]


def make_lookup(tables: LookupRows, name: str) -> Mapping[Any, Any]:
    """Make one lookup of the rows."""
    return LOOKUPS[name].make(tables)


def _rows_by(table: str, *columns: str) -> Lookup:
    """Find rows by one column, or by several as a tuple; of two rows with one key the later one wins."""
    if len(columns) == 1:
        (column,) = columns
        return Lookup((table,), lambda tables: {row[column]: row for row in tables.records(table)})
    return Lookup((table,), lambda tables: {tuple(map(row.get, columns)): row for row in tables.records(table)})


def _names_of(rows: Mapping[str, Row]) -> dict[str, str]:
    return names.index((key, [key, row["name"], *listed(row, "aliases")]) for key, row in rows.items())


def _accelerator_names(tables: LookupRows) -> dict[str, str]:
    families = names.index(
        (names.FAMILY + row["name"], [row["name"], *listed(row, "aliases")]) for row in tables.records("families")
    )
    return families | _names_of(tables.lookup("accelerators"))


def _defaults(tables: LookupRows) -> dict[tuple[str, str, str], Row]:
    rows = [*tables.records("power_defaults"), *tables.records("embodied_defaults")]
    return {(row["hardware_class"], row.get("workload", ""), row["parameter"]): row for row in rows}


def _nameplates(tables: LookupRows) -> dict[str, tuple[float, str]]:
    """Highest power per accelerator [W] of the nodes that hold a module, and that node, by the module's id."""
    found: dict[str, tuple[float, str]] = {}
    for row in tables.records("nodes"):
        watts, devices = number(row, "nameplate_w"), number(row, "accelerators_per_node")
        if watts and devices and row["accelerator"]:
            key = names.without_memory(row["accelerator"])
            found[key] = max(found.get(key, (0.0, "")), (watts / devices, row["name"]))
    return found


def _systems(tables: LookupRows) -> dict[str, tuple[str, int]]:
    """Accelerators of the systems that NVIDIA sells, and how many, by the system's name without the maker's."""
    found: dict[str, tuple[str, int]] = {}
    for row in tables.records("nodes"):
        maker, _, name = row["name"].partition(" ")
        if maker == "NVIDIA" and row["accelerator"]:
            devices = whole_number(row, "accelerators_per_node") or 1
            found[names.fold(name.removesuffix(" board"))] = (row["accelerator"], devices)
    return found


def _place_names(tables: LookupRows) -> dict[str, str]:
    """Codes by folded name; both codes, joined by ``;``, where a country and a state have one name."""
    rows = list(tables.records("places"))
    found = names.index(
        (row["place"], [row["place"], row["iso3"], row["name"], *listed(row, "aliases")]) for row in rows
    )
    for row in rows:
        name, comma, _ = row["name"].partition(", ")
        if comma and row["kind"] in ("state", "province"):
            other = found.get(names.fold(name), row["place"])
            found[names.fold(name)] = ";".join(dict.fromkeys((other, row["place"])))
    return found


def _centre_names(tables: LookupRows) -> dict[str, str]:
    return _by_plain_name(
        (row["id"], [row["id"], row["name"], *listed(row, "aliases")]) for row in tables.records("computing_centres")
    )


def _city_names(tables: LookupRows) -> dict[str, str]:
    """The codes of the places that have a town of this name, joined by ``;``, and the name, as ``FR;US-TX|Paris``.

    A part of a country that has no series of its own is marked, as ``DE|Bavaria|subdivision``.
    """
    places: dict[str, list[str]] = {}
    shown: dict[str, str] = {}
    for row in tables.records("cities"):
        others = [other.rpartition(" (") for other in listed(row, "ambiguous_with")]
        for name in (row["name"], *listed(row, "aliases")):
            same = [code.rstrip(")") for other, _, code in others if names.plain(other) == names.plain(name)]
            for key in dict.fromkeys((names.fold(name), names.plain(name))):  # a set has another order each time
                places.setdefault(key, []).extend([row["place"], *same])
                shown.setdefault(key, f"{name}|subdivision" if row["kind"] == "subdivision" else name)
    return {key: f"{';'.join(dict.fromkeys(codes))}|{shown[key]}" for key, codes in places.items()}


def _by_plain_name(names_by_key: Iterable[tuple[str, Iterable[str]]]) -> dict[str, str]:
    """Map each folded name, with its accents and without, to the key of what has it."""
    found = [(key, list(named)) for key, named in names_by_key]
    return {names.plain(name): key for key, named in found for name in named} | names.index(found)


def _regions(tables: LookupRows) -> dict[str, Row]:
    return {f"{row['provider']}:{row['region']}": row for row in tables.records("cloud_regions")}


def _region_names(tables: LookupRows) -> dict[str, list[str]]:
    """Cloud regions by their folded names, with and without the provider."""
    codes: dict[str, list[str]] = {}
    for code, row in tables.lookup("regions").items():
        for name in (row["region"], *listed(row, "aliases")):
            codes.setdefault(names.fold(f"{row['provider']}:{name}"), []).append(code)
            codes.setdefault(names.fold(name), []).append(code)
    return codes


def _region_series(tables: LookupRows) -> dict[str, list[Row]]:
    """The provider's own carbon intensity of each region that has one, one row per year, oldest first."""
    regions: dict[str, Row] = dict(tables.lookup("regions"))
    found = {
        code: {int(row["year"]): _value_of(row, row["place"])} for code, row in regions.items() if row.get("g_per_kwh")
    }
    for row in tables.records("cloud_region_years"):
        code = f"{row['provider']}:{row['region']}"
        found.setdefault(code, {}).setdefault(int(row["year"]), _value_of(row, regions[code]["place"]))
    return {code: [by_year[year] for year in sorted(by_year)] for code, by_year in found.items()}


def _value_of(row: Row, place: str) -> Row:
    columns = ("year", "g_per_kwh", "basis", "source", "verified", "notes")
    return {"place": place} | {column: row.get(column, "") for column in columns}


def _series(tables: LookupRows) -> dict[str, list[Row]]:
    """Carbon intensity of each place, one row per year, oldest first."""
    found: dict[str, dict[int, Row]] = {}
    for table in _SERIES:
        for row in tables.records(table):
            found.setdefault(row["place"], {})[int(row["year"])] = row
    return {place: [by_year[year] for year in sorted(by_year)] for place, by_year in found.items()}


def _latest(tables: LookupRows) -> dict[str, Row]:
    return {place: rows[-1] for place, rows in tables.lookup("series").items()}


def _uncertainty(tables: LookupRows) -> dict[str, list[tuple[str, float]]]:
    """Each term of the grid's uncertainty as (key, value) pairs, in the order of the file."""
    terms: dict[str, dict[str, float]] = {}
    for row in tables.records("grid_uncertainty"):
        terms.setdefault(row["term"], {})[row["key"]] = float(row["sigma"])
    return {term: list(sigmas.items()) for term, sigmas in terms.items()}


def _facilities(tables: LookupRows) -> dict[tuple[str, str, str], list[Row]]:
    """Operating figures by metric, provider and region, oldest first."""
    found: dict[tuple[str, str, str], list[Row]] = {}
    for row in tables.records("facilities"):
        if row["kind"] in _OPERATING_KINDS:
            found.setdefault((row["metric"], row["provider"], row["region"]), []).append(row)
    return {key: sorted(rows, key=lambda row: int(row["year"])) for key, rows in found.items()}


def _water(tables: LookupRows) -> dict[str, Row]:
    return {row["place"]: row for row in tables.records("water_intensity") if row["kind"] == "consumption"}


def _sources(tables: LookupRows) -> dict[str, Row]:
    shipped = (row for table in (HARDWARE_SOURCES, "sources") for row in shipped_table(table).records())
    return {row["id"]: row for row in (*shipped, *tables.own_records("sources"))}


def _instances(tables: LookupRows) -> dict[str, Row]:
    return {names.fold(row["instance"]): row for row in tables.records("cloud_instances")}


LOOKUPS: Mapping[str, Lookup] = {
    "accelerators": _rows_by("accelerators", "id"),
    "accelerator_names": Lookup(("accelerators", "families"), _accelerator_names),
    "families": _rows_by("families", "name"),
    "cpus": _rows_by("cpus", "id"),
    "cpu_names": Lookup(("cpus",), lambda tables: _names_of(tables.lookup("cpus"))),
    "instances": Lookup(("cloud_instances",), _instances),
    "memory": Lookup(("memory",), lambda tables: dict(enumerate(tables.records("memory")))),
    "defaults": Lookup(("power_defaults", "embodied_defaults"), _defaults),
    "compute_defaults": _rows_by("compute_defaults", "precision", "family", "parameter"),
    "nameplates": Lookup(("nodes",), _nameplates),
    "systems": Lookup(("nodes",), _systems),
    "places": _rows_by("places", "place"),
    "place_names": Lookup(("places",), _place_names),
    "regions": Lookup(("cloud_regions",), _regions),
    "region_names": Lookup(("cloud_regions",), _region_names),
    "region_series": Lookup(("cloud_regions", "cloud_region_years"), _region_series),
    "centres": _rows_by("computing_centres", "id"),
    "centre_names": Lookup(("computing_centres",), _centre_names),
    "city_names": Lookup(("cities",), _city_names),
    "series": Lookup(_SERIES, _series),
    "latest": Lookup(_SERIES, _latest),
    "unknown_place": _rows_by("unknown_place", "year"),
    "grid_basis": _rows_by("grid_basis", "place"),
    "grid_uncertainty": Lookup(("grid_uncertainty",), _uncertainty),
    "facilities": Lookup(("facilities",), _facilities),
    "water": Lookup(("water_intensity",), _water),
    "equivalents": _rows_by("equivalents", "id"),
    "sources": Lookup((HARDWARE_SOURCES, "sources"), _sources),
}
