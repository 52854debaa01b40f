"""Shipped names: each belongs to one thing, families say what is ambiguous, and all that is referred to exists."""

from collections import Counter, defaultdict

import pytest
from shipped import HARDWARE, PLACES, rows

from greentrain import load_catalogue
from greentrain.catalogue.names import fold
from greentrain.catalogue.table_files import Row, listed


def _names(row: Row, *columns: str) -> set[str]:
    """Fold every name of a row, so that a name twice in one row counts once."""
    return {fold(name) for name in (*(row[column] for column in columns), *listed(row, "aliases")) if name}


NAME_SPACES = {
    "accelerators and families": [_names(row, "id", "name") for row in rows("accelerators.csv")]
    + [_names(row, "name") for row in rows("families.csv")],
    "CPUs": [_names(row, "id", "name") for row in rows("cpus.csv")],
    "instances": [{fold(row["instance"])} for row in rows("cloud_instances.csv")],
    "places": [_names(row, "place", "iso3", "name") for row in rows("places.csv")],
    "cloud regions": [{fold(f"{row['provider']}:{row['region']}")} for row in rows("cloud_regions.csv")],
}


@pytest.mark.parametrize("space", NAME_SPACES)
def test_a_name_belongs_to_one_thing(space: str) -> None:
    """Case and punctuation aside, no id, name or alias is shared; what is ambiguous is declared as a family."""
    counts = Counter(name for names in NAME_SPACES[space] for name in names)
    assert [name for name, times in counts.items() if times > 1] == []
    assert "" not in counts


def test_every_name_of_an_accelerator_finds_it() -> None:
    """Id, name and each alias lead to the device itself and to no family."""
    hardware = load_catalogue().hardware
    lost = [
        (name, device.id)
        for device in hardware.accelerators
        for name in (device.id, device.name, *device.aliases)
        if hardware.find_accelerator(name) != (device, None)
    ]
    assert lost == []


def test_every_name_of_a_cpu_finds_it() -> None:
    """Id, name and each alias lead to the CPU of our own table."""
    hardware = load_catalogue().hardware
    lost = [
        (name, cpu.id)
        for cpu in hardware.cpus
        for name in (cpu.id, cpu.name, *cpu.aliases)
        if hardware.find_cpu(name).id != cpu.id
    ]
    assert lost == []


def test_every_name_of_a_place_finds_it() -> None:
    """Code, ISO code, name and each alias lead to the place; three names are asked for, as of other places too."""
    places = load_catalogue().places
    lost = [
        (name, place.place)
        for place in places.by_code.values()
        for name in (place.place, place.iso3, place.name, *place.aliases)
        if name not in ("", "Georgia", "Victoria", "Washington") and places.find(name).place != place
    ]
    assert lost == []


def test_every_cloud_region_is_found_and_lies_in_its_place() -> None:
    """``provider:region`` leads to the region and the place whose series it takes."""
    places = load_catalogue().places
    for code, region in places.regions.items():
        found = places.find(code)
        assert (found.region, found.place.place) == (region, region.place)


def test_a_family_covers_several_devices_and_its_usual_one() -> None:
    """Members are accelerators, at least two, and hold the usual one."""
    devices = {row["id"] for row in rows("accelerators.csv")}
    for row in rows("families.csv"):
        members = listed(row, "members")
        assert len(set(members)) == len(members) >= 2, row
        assert set(members) <= devices, row
        assert row["usual"] in (*members, ""), row


def test_a_usual_device_has_a_power_figure() -> None:
    """A name that takes a device by default can be estimated."""
    rated = {row["id"] for row in rows("accelerators.csv") if row["tdp_w"]}
    assert {row["usual"] for row in rows("families.csv") if row["usual"]} <= rated


def test_instances_and_nodes_hold_known_accelerators() -> None:
    """What a machine holds is an id of accelerators.csv."""
    devices = {row["id"] for row in rows("accelerators.csv")}
    assert {row["accelerator"] for row in rows("cloud_instances.csv")} <= devices
    assert {row["accelerator"] for row in rows("nodes.csv")} - {""} <= devices


def test_every_place_that_is_used_exists_and_every_place_has_a_series() -> None:
    """places.csv and the two grid tables hold the same places; all other tables point into it."""
    codes = {row["place"] for row in rows("places.csv")}
    assert {row["parent"] for row in rows("places.csv")} - {""} <= codes
    assert {row["place"] for name in ("grid_countries.csv", "grid_subnational.csv") for row in rows(name)} == codes
    for name in ("water_intensity.csv", "grid_losses.csv", "cloud_regions.csv"):
        assert {row["place"] for row in rows(name)} <= codes, name
    assert {row["place"] for row in rows("grid_basis.csv")} - {"*"} <= codes
    assert {row["key"] for row in rows("grid_uncertainty.csv") if row["term"] == "subregion"} <= codes


def test_a_providers_name_is_the_same_in_every_table() -> None:
    """An instance meets its provider's regions and facilities; Nebius publishes no region with a figure."""
    providers = {row["provider"] for row in rows("cloud_regions.csv")}
    assert {row["provider"] for row in rows("cloud_instances.csv")} - providers == {"nebius"}


def test_regional_facilities_stand_in_regions() -> None:
    """A PUE or WUE of a region belongs to a region of cloud_regions.csv."""
    regions = {(row["provider"], row["region"]) for row in rows("cloud_regions.csv")}
    figures = [row for row in rows("facilities.csv") if row["kind"] == "provider_region"]
    assert {(row["provider"], row["region"]) for row in figures} <= regions
    assert len(figures) >= 200


def test_every_hardware_class_has_its_defaults() -> None:
    """Each class has a utilization and shares of the host, of the node and of what no sensor reads."""
    parameters: dict[str, set[str]] = defaultdict(set)
    for name in ("power_defaults.csv", "embodied_defaults.csv"):
        for row in rows(name):
            parameters[row["hardware_class"]].add(row["parameter"])
    for hardware_class in {row["hardware_class"] for row in rows("accelerators.csv")}:
        metered = {"node_ratio"} if hardware_class in ("sxm-node", "pcie-server") else set()
        wanted = {"utilization", "host_share", "unmetered_share", "node_share_kg"} | metered
        assert parameters[hardware_class] == wanted, hardware_class
    shared = {"device_kg", "lifetime_hours", "share_of_life_in_use", "unmetered_share", "peak_over_tdp"}
    assert parameters["any"] == shared


def test_loading_and_listing_gives_as_many_as_the_files_contain() -> None:
    """Nothing is dropped at load: devices, instances, regions, equivalents and sources."""
    catalogue = load_catalogue()
    hardware = catalogue.hardware
    counts = {
        "accelerators.csv": len(list(hardware.accelerators)),
        "families.csv": len(hardware.families),
        "cpus.csv": len(list(hardware.cpus)),
        "cloud_instances.csv": len(list(hardware.instances)),
        "places.csv": len(catalogue.places.by_code),
        "cloud_regions.csv": len(catalogue.places.regions),
        "equivalents.csv": len(catalogue.equivalents),
    }
    assert counts == {name: len(rows(name)) for name in counts}


def test_listing_the_sources_gives_those_of_both_files() -> None:
    """Every id of both sources.csv is listed, with what its row says."""
    both = [*rows("sources.csv", HARDWARE), *rows("sources.csv", PLACES)]
    listed_sources = load_catalogue().sources
    assert set(listed_sources) == {row["id"] for row in both}
    for row in both:
        source = listed_sources[row["id"]]
        assert (source.title, source.url, str(source.year)) == (row["title"], row["url"], row["year"])


def test_every_source_of_every_accelerator_can_be_looked_up() -> None:
    """No source id of a loaded device falls back to its bare text."""
    catalogue = load_catalogue()
    for device in catalogue.hardware.accelerators:
        keys = f"{device.source};{device.idle_source};{device.training_source};{device.embodied_source}".split(";")
        assert all(catalogue.source(key).title != key for key in keys if key), device.id
