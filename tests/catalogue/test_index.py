"""The index: the same catalogue as the tables give, or none."""

import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from greentrain.catalogue import Places
from greentrain.catalogue.facilities import Facilities
from greentrain.catalogue.hardware import Hardware
from greentrain.catalogue.index import packed_index, ready_lookup
from greentrain.catalogue.lookups import LOOKUPS
from greentrain.catalogue.table_files import HARDWARE_SOURCES, CsvTable, shipped_table
from greentrain.catalogue.tables import Tables, every_lookup

ROOT = Path(__file__).parents[2]
MADE = every_lookup()
ROWS = Tables(index="")


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> str:
    """An index of the tables as they are."""
    file = tmp_path_factory.mktemp("index") / "lookups.index"
    file.write_bytes(packed_index(MADE))
    return str(file)


@pytest.mark.parametrize("name", LOOKUPS)
def test_a_lookup_is_the_same_from_the_index_and_from_the_tables(name: str, index: str) -> None:
    """Every key with its value, in the same order, and no other key."""
    ready = ready_lookup(index, name)
    _, made = MADE[name]

    assert ready is not None
    assert list(ready.items()) == list(made.items())
    assert (len(ready), "no such key" in ready) == (len(made), False)
    assert all(key in ready and ready[key] == value for key, value in made.items())
    with pytest.raises(KeyError):
        ready["no such key"]


def test_every_name_of_hardware_finds_the_same(index: str) -> None:
    """By the index or by the tables: accelerators and families, CPUs, instance types, defaults, nameplates, memory."""
    ready, made = Hardware(Tables(index=index)), Hardware(ROWS)

    for name in ROWS.lookup("accelerator_names"):
        assert ready.find(name) == made.find(name)
    for name in ROWS.lookup("cpu_names"):
        assert ready.find_cpu(name) == made.find_cpu(name)
    for name in ROWS.lookup("instances"):
        assert ready.find_instance(name) == made.find_instance(name)
    for hardware_class, workload, parameter in ROWS.lookup("defaults"):
        if not workload:
            assert ready.default(hardware_class, parameter) == made.default(hardware_class, parameter)
        found = ready.default_for_workload(hardware_class, workload, parameter)
        assert found == made.default_for_workload(hardware_class, workload, parameter)
    for profile in made.accelerators:
        assert ready.accelerator(profile.id) == profile
        assert ready.nameplate(profile.id) == made.nameplate(profile.id)
    assert [ready.memory_power(size) for size in (1, 300, 1e5)] == [made.memory_power(size) for size in (1, 300, 1e5)]
    assert list(ready.families.values()) == list(made.families.values())


def test_every_name_of_a_place_finds_the_same(index: str) -> None:
    """Places, cloud regions, their series and facilities."""
    ready, made = Places(Tables(index=index)), Places(ROWS)
    sites, sites_made = Facilities(Tables(index=index)), Facilities(ROWS)

    asked = (
        "georgia",
        "victoria",
        "washington",
        "na",
        "no",
    )  # asked for, or not a place
    for name in {*ROWS.lookup("place_names"), *ROWS.lookup("regions")}.difference(asked):
        assert ready.find(name) == made.find(name)
    for code, place in made.by_code.items():
        assert ready.series(code) == made.series(code) != []
        assert ready.direct_over_life_cycle(place) == made.direct_over_life_cycle(place)
        assert sites.water_intensity(place) == sites_made.water_intensity(place)
    for metric, provider, region in ROWS.lookup("facilities"):
        assert sites.figure(metric, provider, region, 2021) == sites_made.figure(metric, provider, region, 2021)
    assert dict(ready.latest_values()) == dict(made.latest_values())
    assert ready.unknown_place(2020) == made.unknown_place(2020)


@pytest.mark.parametrize("kept", [slice(0), slice(10), slice(40), slice(2000), slice(-1)])
def test_an_index_that_is_cut_does_not_count(kept: slice, index: str, tmp_path: Path) -> None:
    """Each lookup is whole or not there; what is not there is made of the tables."""
    damaged = tmp_path / "cut.index"
    damaged.write_bytes(Path(index).read_bytes()[kept])
    tables = Tables(index=str(damaged))

    assert ready_lookup(str(damaged), "sources") is None
    assert all(dict(tables.lookup(name)) == dict(MADE[name][1]) for name in LOOKUPS)


@pytest.mark.parametrize("position", [3, 23, 30, 500, 100_000, 300_000, -5])
def test_one_wrong_byte_changes_no_result(position: int, index: str, tmp_path: Path) -> None:
    """Wherever it is: in the mark, the head, or a lookup."""
    damaged = tmp_path / "wrong.index"
    content = bytearray(Path(index).read_bytes())
    content[position] ^= 0x41
    damaged.write_bytes(content)
    tables = Tables(index=str(damaged))

    assert any(ready_lookup(str(damaged), name) is None for name in LOOKUPS)
    assert all(dict(tables.lookup(name)) == dict(MADE[name][1]) for name in LOOKUPS)


def test_an_index_of_other_tables_does_not_count(tmp_path: Path) -> None:
    """A checkout with its index, in which one figure is then edited without changing the table's size."""
    package = tmp_path / "src" / "greentrain"
    shutil.copytree(ROOT / "src" / "greentrain", package, ignore=shutil.ignore_patterns("__pycache__", "templates"))
    shutil.copytree(ROOT / "hardware_profiles", tmp_path / "hardware_profiles")
    (package / "data" / "lookups.index").write_bytes(packed_index(MADE))
    table = tmp_path / "hardware_profiles" / "accelerators.csv"
    program = (
        "from greentrain import load_catalogue\n"
        "print(load_catalogue().hardware.find_accelerator('T4')[0].tdp_w.best)\n"
        "import sys; print('csv' in sys.modules)"
    )
    before = _printed(program, package.parent)
    text = table.read_text(encoding="utf-8")
    (row,) = (line for line in text.splitlines() if line.startswith("t4,"))
    assert ",70,70,70," in row
    table.write_text(text.replace(row, row.replace(",70,70,70,", ",71,71,71,")), encoding="utf-8")

    assert before == ["70.0", "False"]
    assert _printed(program, package.parent) == ["71.0", "True"]


def _printed(program: str, sources: Path) -> list[str]:
    command = [sys.executable, "-c", f"import sys; sys.path.insert(0, {str(sources)!r})\n{program}"]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()


def test_a_user_s_table_leaves_only_its_own_lookups_to_the_rows(index: str, tmp_path: Path) -> None:
    """The user's row wins, and what it does not touch still comes from the index."""
    header = "id,name,hardware_class,tdp_w,source"
    (tmp_path / "accelerators.csv").write_text(f"{header}\nt4,My T4,pcie-server,66,my own meter\n")
    tables = Tables((str(tmp_path),), index=index)

    assert tables.own_tables == {"accelerators"}
    assert Hardware(tables).find_accelerator("My T4")[0].tdp_w == (66, 66, 66)
    assert tables.lookup("accelerators")["t4"]["name"] == "My T4"
    assert ready_lookup(index, "accelerators", tables.own_tables) is None
    assert ready_lookup(index, "places", tables.own_tables) is not None


def test_a_lookup_names_every_table_that_it_is_made_of() -> None:
    """Else an edit of the one that is missing would go unnoticed."""
    for name, lookup in LOOKUPS.items():
        asked = _Watched(index="")
        lookup.make(asked)
        assert asked.read <= set(lookup.tables), name


class _Watched(Tables):
    """Tables that remember which of them were read."""

    def __init__(self, *, index: str) -> None:
        super().__init__(index=index)
        self.read: set[str] = set()

    def table(self, name: str) -> CsvTable:
        self.read.add(name)
        return super().table(name)


@pytest.mark.slow
def test_the_wheel_holds_an_index_of_its_tables(tmp_path: Path) -> None:
    """The build's own step makes it; the tables and the file of their columns are there too."""
    pytest.importorskip("hatchling")
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    (wheel,) = tmp_path.glob("*.whl")
    unpacked = tmp_path / "unpacked"
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(unpacked)
    index = unpacked / "greentrain" / "data" / "lookups.index"

    assert all(ready_lookup(str(index), name) is not None for name in LOOKUPS)
    assert (unpacked / "greentrain" / "catalogue" / "schema" / "columns.csv").is_file()
    tables = (unpacked / "greentrain" / "hardware_profiles" / "accelerators.csv").read_bytes()
    assert tables == (ROOT / "hardware_profiles" / "accelerators.csv").read_bytes()


def test_both_tables_of_sources_are_in_one_lookup() -> None:
    """Those of hardware and those of places, which are shipped in two folders."""
    tables, rows = MADE["sources"]
    ids = [row["id"] for table in tables for row in shipped_table(table).records()]

    assert tables == (HARDWARE_SOURCES, "sources")
    assert list(rows) == list(dict.fromkeys(ids))
