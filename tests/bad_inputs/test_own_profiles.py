"""A folder of a user's own profiles at work: found, used, traced to its source, and read again when it changes."""

import os
from pathlib import Path

import pytest
from profile_folders import GOOD, HEADER, write

from greentrain import DataError, estimate, load_catalogue
from greentrain.catalogue import check_profiles

SOURCES = ["techpowerup;epoch_ml_hardware", "https://example.org/a,b", "doi:10.1145/3466752.3480074", "10.1145/3466752",
           "arXiv:1906.02243", "Data sheet of 2024; our own meter", "our_meter"]  # fmt: skip


@pytest.mark.parametrize("source", SOURCES)
def test_what_a_source_may_be(tmp_path: Path, source: str) -> None:
    """Ids of our sources or their own, a URL, a DOI, an arXiv number, or a title in words."""
    write(
        tmp_path,
        accelerators=f'{HEADER}\nmy-card,My card,workstation,300,"{source}"',
        sources="id,title,url\nour_meter,Our meter,https://example.org",
    )
    assert check_profiles(tmp_path) == ()


def test_a_card_of_ones_own(tmp_path: Path) -> None:
    """Five columns make a device: it is found, used, and the result names its source."""
    write(tmp_path, accelerators=f"\ufeff{HEADER}\n my-card , My card ,workstation, 300 ,https://example.org/card.pdf")
    run = estimate("MY CARD", hours=10, utilization=0.5, host_factor=1.5, pue=1, profiles=tmp_path)
    # 300 W x 0.5 x 1.5 x 10 h = 2.25 kWh
    assert run.it_energy_kwh == pytest.approx((2.25, 2.25, 2.25))
    assert run.run["gpu"] == "my-card"
    url = "https://example.org/card.pdf"
    assert run.sources[url] == {"title": url, "url": url, "year": None, "licence": ""}
    assert next(item for item in run.inputs if item.name == "tdp").source == url


def test_a_blank_cell_has_the_default_of_its_column(tmp_path: Path) -> None:
    """A column that is absent too: a device is verified and alone on its board, a CPU is that of a server."""
    write(
        tmp_path,
        accelerators=f"{HEADER},devices_per_board\n{GOOD},",
        cpus="id,name,tdp_w,cores,source\nmine,Mine,200,8,a b",
    )
    hardware = load_catalogue(tmp_path).hardware
    card, cpu = hardware.accelerator("my-card"), hardware.find_cpu("mine")
    assert (card.devices_per_board, card.verified, cpu.segment, cpu.verified) == (1, "yes", "server", "yes")


def test_a_source_of_ones_own(tmp_path: Path) -> None:
    """A row of one's own sources.csv gives the title, address and year in the result."""
    write(
        tmp_path,
        accelerators=f"{HEADER}\nmy-card,My card,workstation,300,techpowerup; our_meter",
        sources="id,title,url,year\nour_meter,Our meter,https://example.org,2025",
    )
    run = estimate("My card", hours=1, profiles=tmp_path)
    assert run.sources["our_meter"] == {"title": "Our meter", "url": "https://example.org", "year": 2025, "licence": ""}
    assert run.sources["techpowerup"]["title"] == load_catalogue().source("techpowerup").title


def test_ones_own_row_wins_over_the_shipped_one(tmp_path: Path) -> None:
    """The same id replaces our row, names included; a range may be one-sided."""
    write(tmp_path, accelerators=f"{HEADER},tdp_high_w\nt4,Tesla T4,pcie-server,60,a b,65")
    own = load_catalogue(tmp_path).hardware.accelerator("t4")
    assert own.tdp_w == (60, 60, 65)
    assert load_catalogue().hardware.accelerator("t4").tdp_w == (70, 70, 70)


def test_a_place_of_ones_own(tmp_path: Path) -> None:
    """A part of a country with its own value is found by name and used with its basis."""
    write(
        tmp_path,
        places="place,kind,name,parent\nFR-CAMPUS,utility,Our campus,FR",
        grid_subnational="place,year,g_per_kwh,basis,source\nFR-CAMPUS,2024,20,lifecycle,our own meter",
    )
    run = estimate("T4", hours=1, location="our campus", year=2024, profiles=tmp_path)
    grid = next(item for item in run.inputs if item.name == "grid_intensity")
    assert (grid.value.best, grid.source, run.run["location"]) == (20, "our own meter", "FR-CAMPUS")


def test_a_memory_band_of_ones_own(tmp_path: Path) -> None:
    """A band of the user's counts before ours of the same size."""
    write(tmp_path, memory="id,memory_gb,w_per_gb,source\nmine,64,0.1,our own meter")
    hardware = load_catalogue(tmp_path).hardware
    assert hardware.memory_power(32).value == (0.1, 0.1, 0.1)
    assert hardware.memory_power(512).value == (0.1, 0.1, 0.1)


def test_an_uncertainty_term_of_ones_own(tmp_path: Path) -> None:
    """The user's value replaces ours of the same term and key."""
    write(tmp_path, grid_uncertainty="term,key,sigma,unit,source\nsubregion,US,0.1,log,our own study")
    ours, own = (dict(load_catalogue(folder).places.uncertainty_term("subregion")) for folder in (None, tmp_path))
    assert own == ours | {"US": 0.1}


def test_an_equivalent_of_ones_own(tmp_path: Path) -> None:
    """The same id replaces ours, a new one comes after ours."""
    write(
        tmp_path,
        equivalents="id,label,unit,kg,year,source\n"
        "car-petrol-km,one km,km,0.2,2025,a b\ncoffee,a cup,cup,0.05,2025,a b",
    )
    ours, own = load_catalogue().equivalents, load_catalogue(tmp_path).equivalents
    assert [item.id for item in own] == [*(item.id for item in ours), "coffee"]
    assert next(item for item in own if item.id == "car-petrol-km").kg.best == 0.2


def test_the_same_folder_is_loaded_once(tmp_path: Path) -> None:
    """As long as no file changes the catalogue is the same object, however the folder is written."""
    write(tmp_path, accelerators=f"{HEADER}\n{GOOD}")
    first = load_catalogue(tmp_path)
    assert load_catalogue(str(tmp_path)) is first
    assert load_catalogue() is load_catalogue()


def test_an_edited_file_is_noticed(tmp_path: Path) -> None:
    """A change of a file, a new file and a removed one each count at the next call."""
    write(tmp_path, accelerators=f"{HEADER}\n{GOOD}")
    before = estimate("My card", hours=1, profiles=tmp_path)
    write(tmp_path, accelerators=f"{HEADER}\n{GOOD.replace('300', '150')}")
    os.utime(tmp_path / "accelerators.csv", ns=(0, 0))
    after = estimate("My card", hours=1, profiles=tmp_path)
    assert after.it_energy_kwh.best == pytest.approx(before.it_energy_kwh.best / 2)
    write(tmp_path, cpus="id,name,tdp_w,cores,source\nmine,Mine,0,8,a b")
    with pytest.raises(DataError, match=r"cpus\.csv, row 2, column tdp_w: 0 is out of range"):
        load_catalogue(tmp_path)
    (tmp_path / "cpus.csv").unlink()
    assert load_catalogue(tmp_path).hardware.accelerator("my-card").tdp_w == (150, 150, 150)
