"""Every row of every shipped file keeps the rules to which the user's files are held, and stricter ones."""

import re
import shutil
from pathlib import Path

import pytest
from shipped import FILES, HARDWARE, PLACES, cells, rows, table

from greentrain.catalogue import check_profiles
from greentrain.catalogue.schema import SCHEMAS, row_faults
from greentrain.catalogue.table_files import Row, read_table

NAMES = [f"{folder.name}/{name}" for folder, name in FILES]
SOURCE_COLUMNS = {column.name for schema in SCHEMAS.values() for column in schema.of_kind("sources")}
every_file = pytest.mark.parametrize(("folder", "name"), FILES, ids=NAMES)


@every_file
def test_every_row_keeps_the_schema(folder: Path, name: str) -> None:
    """No cell breaks a rule of its column, no row one of its table."""
    text = table(folder, name)
    faults = {
        line: found for line, row in zip(text.lines, text.records(), strict=True) if (found := row_faults(name, row))
    }
    assert faults == {}


@every_file
def test_the_columns_are_those_of_the_schema_in_order(folder: Path, name: str) -> None:
    """A shipped file has every column, optional ones too, in the order of columns.csv."""
    assert table(folder, name).header == tuple(SCHEMAS[name].columns)


@every_file
def test_a_quantity_has_both_ends_of_its_interval(folder: Path, name: str) -> None:
    """Blank ends are for users: where we give a best value we give low and high."""
    half = [
        (row, triple)
        for row in rows(name, folder)
        for triple in SCHEMAS[name].triples
        if len({bool(row[column]) for column in triple}) > 1
    ]
    assert half == []


@every_file
def test_reading_for_use_and_reading_for_the_check_agree(folder: Path, name: str) -> None:
    """No cell has blanks around it, no row is empty, no quote is loose: both readers see the same."""
    for_use = read_table(str(folder / name))
    assert (for_use.header, for_use.rows) == table(folder, name)[:2]


@pytest.mark.parametrize("folder", [HARDWARE, PLACES], ids=["hardware_profiles", "data"])
def test_our_own_folders_pass_the_check_of_a_users_folder(folder: Path, tmp_path: Path) -> None:
    """All that a user's folder is checked for, references and names included, holds for ours."""
    for home, name in FILES:
        if home == folder:
            shutil.copy(folder / name, tmp_path)
    assert check_profiles(tmp_path) == ()


def test_numbers_carry_no_exponent_and_no_needless_zero() -> None:
    """300, not 300.0, 3e2 or 0300."""
    odd = re.compile(r"-?\d+(\.\d+)?[eE][+-]?\d+|-?\d+\.\d*0|-?\d+\.|-?0\d[\d.]*|-?\.\d+|\+.*")
    text = {"name", "instance", "notes", "note", "label", "title", "aliases"}
    assert [cell for cell in cells() if cell[2] not in text and odd.fullmatch(cell[3])] == []


def test_missing_values_are_blank() -> None:
    """No stand-in for a missing value; NA is Namibia and is only where places are named."""
    stand_ins = re.compile(r"nan|null|none|n/?a|-|\?|unknown", re.IGNORECASE)
    found = {(column, cell) for _, _, column, cell in cells() if stand_ins.fullmatch(cell)}
    assert found == {("place", "NA"), ("radiative_forcing", "unknown")}


def test_notes_name_no_machine_and_no_memory() -> None:
    """A note is for readers elsewhere: no path of a machine, no 'from memory'."""
    private = re.compile(r"(^|[\s(\"'])/[a-z]+/|[A-Z]:\\|~/|from memory", re.IGNORECASE)
    assert [cell for cell in cells() if cell[2] in ("notes", "note") and private.search(cell[3])] == []


@pytest.mark.parametrize("folder", [HARDWARE, PLACES], ids=["hardware_profiles", "data"])
def test_every_source_used_is_defined_in_its_folder(folder: Path) -> None:
    """Each folder's sources.csv holds the ids that its tables name."""
    defined = {row["id"] for row in rows("sources.csv", folder)}
    used = {key for home, name in FILES if home == folder for row in rows(name, folder) for key in _sources_of(row)}
    assert used - defined == set()


@pytest.mark.parametrize("folder", [HARDWARE, PLACES], ids=["hardware_profiles", "data"])
def test_every_source_defined_is_used(folder: Path) -> None:
    """No sources.csv holds an id that no table of its folder names."""
    defined = {row["id"] for row in rows("sources.csv", folder)}
    tables = [table(folder, path.name) for path in folder.glob("*.csv")]
    assert defined - {key for text in tables for row in text.records() for key in _sources_of(row)} == set()


def _sources_of(row: Row) -> set[str]:
    keys = {key for column in SOURCE_COLUMNS for key in row.get(column, "").split(";")}
    return keys - {""}


def test_every_source_says_what_where_when_and_under_which_licence() -> None:
    """No column of a source but its note is blank."""
    sources = [*rows("sources.csv", HARDWARE), *rows("sources.csv", PLACES)]
    needed = ("id", "title", "url", "year", "licence", "verified")
    assert [row for row in sources if not all(row[column] for column in needed)] == []


def test_a_source_in_both_folders_is_the_same_publication() -> None:
    """One id has one title, address, year and licence."""
    ours = {row["id"]: row for row in rows("sources.csv", HARDWARE)}
    shared = [(ours[row["id"]], row) for row in rows("sources.csv", PLACES) if row["id"] in ours]
    same = ("title", "url", "year", "licence")
    assert "codecarbon" in {a["id"] for a, _ in shared}
    assert [a["id"] for a, b in shared if any(a[column] != b[column] for column in same)] == []


def test_every_row_with_a_number_names_a_source_and_how_far_it_is_verified() -> None:
    """Only names (families and places) come without a source."""
    unsourced = [
        (name, row)
        for folder, name in FILES
        if name not in ("families.csv", "places.csv", "sources.csv")
        for row in rows(name, folder)
        if not row["source"] or not row["verified"]
    ]
    assert unsourced == []


def test_direct_is_not_above_life_cycle_where_both_exist() -> None:
    """Life-cycle counts all that leaves the stack, and more."""
    values: dict[tuple[str, str], dict[str, float]] = {}
    for name in ("grid_countries.csv", "grid_subnational.csv"):
        for row in rows(name):
            values.setdefault((row["place"], row["year"]), {})[row["basis"]] = float(row["g_per_kwh"])
    both = {key: found for key, found in values.items() if len(found) == 2}
    assert [key for key, found in both.items() if found["direct"] > found["lifecycle"]] == []
    assert all(float(row["ratio_high"]) <= 1 for row in rows("grid_basis.csv"))


def test_no_place_has_two_values_in_one_year() -> None:
    """Over both tables of grids there is one value per place and year."""
    names = ("grid_countries.csv", "grid_subnational.csv")
    keys = [(row["place"], row["year"]) for name in names for row in rows(name)]
    assert len(keys) == len(set(keys))


def test_a_displayed_flight_has_its_four_labels() -> None:
    """Who, one way or round trip, with or without radiative forcing, and which year."""
    shown = [row for row in rows("equivalents.csv") if row["display"]]
    flights = [row for row in shown if "flight" in row["id"]]
    assert [row["id"] for row in flights] == ["flight-ny-sf", "flight-par-lon"]
    labels = ("subject", "trip", "radiative_forcing", "year")
    assert all(row[label] not in ("", "unknown") for row in flights for label in labels)
    assert all(words in row["label"] for row in flights for words in ("one passenger", "one way", "radiative forcing"))
    assert sorted(int(row["display"]) for row in shown) == list(range(1, len(shown) + 1))
