"""Every row of references.csv: unique ids, boundaries, tiers, sources and links, and what must not be T3."""

import csv
import re
from pathlib import Path

import pytest

from greentrain import load_catalogue
from greentrain.catalogue.schema import SCHEMAS
from greentrain.catalogue.table_files import places_folder, shipped_table
from greentrain.validation import (
    TIERS,
    TRAPS,
    Reference,
    agreements,
    infer_tiers,
    is_in_sample,
    last_digit,
    read_references,
)

CATALOGUE = load_catalogue()
RECORDS = read_references()
COLUMNS = SCHEMAS["references.csv"]
BY_ID = {record.id: record for record in RECORDS}
with Path(places_folder(), "references.csv").open(newline="", encoding="utf-8") as file:
    ROWS = list(csv.DictReader(file))


def failing(rule: object) -> list[str]:
    """List the ids of the records that break a rule."""
    assert callable(rule)
    return [record.id for record in RECORDS if not rule(record)]


def test_how_many_records_there_are() -> None:
    """148 facts and three figures that the notes of others describe; 52 have nothing to check."""
    assert len(RECORDS) == len(BY_ID) == 151
    assert sum(bool(record.excluded) for record in RECORDS) == 52


def test_the_columns_are_those_of_a_record() -> None:
    """In one order, and no other."""
    assert tuple(ROWS[0]) == tuple(name for name in Reference._fields if name != "extra")


def test_a_record_has_tiers_or_a_reason_why_not() -> None:
    """Never both, never neither."""
    assert failing(lambda record: bool(record.tiers) != bool(record.excluded)) == []
    assert failing(lambda record: set(record.tiers) <= set(TIERS)) == []


def test_every_energy_says_what_it_covers() -> None:
    """In the file itself: nothing is left to inference in ours."""
    boundaries = COLUMNS.columns["energy_boundary"].choices
    with_energy = [row for row in ROWS if row["published_energy_kwh"]]
    assert [row["id"] for row in with_energy if row["energy_boundary"] not in boundaries] == []


def test_energy_from_a_rating_is_never_metered() -> None:
    """Hours x TDP, and stated watts, are no measurement."""
    assert failing(lambda record: "T3" not in record.tiers or record.is_measured) == []
    assert failing(lambda record: "T3" not in record.tiers or record.published_energy_kwh is not None) == []


def test_every_metered_energy_says_what_read_it() -> None:
    """At the wall or by the accelerators alone, else what the accelerators drew is less than the whole of the log."""
    assert failing(lambda record: "T3" not in record.tiers or record.meter) == []
    assert failing(lambda record: record.meter != "wall" or record.energy_boundary in ("node", "facility")) == []
    assert failing(lambda record: record.meter != "device" or record.energy_boundary == "accelerator") == []
    logs = [record for record in RECORDS if record.device_energy_kwh is not None]
    assert len(logs) >= 9
    assert [log.id for log in logs if log.meter != "log-with-model"] == []
    assert [log.id for log in logs if (log.device_energy_kwh or 0) >= (log.published_energy_kwh or 0)] == []


def test_a_laboratory_has_one_name_in_records_and_evidence() -> None:
    """Else a run that the defaults were fitted to would count as one that they have not seen."""
    evidence = {row["id"].removesuffix("-gpu"): row for row in shipped_table("power_evidence").records()}
    metered = [record for record in RECORDS if "T3" in record.tiers]
    twice = {record.id: record for record in metered if evidence.get(record.id, {}).get("use") == "fit"}
    assert {"llmcarbon-xlm", "dodge2022-vit-huge", "teenytinyllama-460m", "tucano-160m"} <= set(twice)
    assert [record.id for record in twice.values() if not is_in_sample(record, CATALOGUE)] == []


def test_a_rounding_is_a_coarser_one_than_the_cell_shows() -> None:
    """A power of ten of the source's unit: 100 kg of "0.3 t", 0.45359237 kg of "26 lb"; never below the cell's own."""
    pairs = [
        (row["id"], row[figure], float(row[unit]))
        for row in ROWS
        for figure, unit in (
            ("published_energy_kwh", "energy_rounded_to_kwh"), ("published_co2e_kg", "co2e_rounded_to_kg"),
        )
        if row[unit]
    ]  # fmt: skip
    assert len(pairs) >= 30
    assert [key for key, figure, unit in pairs if not figure or unit <= last_digit(figure)] == []


def test_one_measurement_counts_once() -> None:
    """No two T3 records have the same device, hours and power."""
    keys = [
        (record.accelerator, record.hours, record.power_w_per_accelerator or record.published_energy_kwh)
        for record in RECORDS
        if "T3" in record.tiers
    ]
    assert len(keys) == len(set(keys))


@pytest.mark.parametrize("record", [record for record in RECORDS if "T1" in record.tiers], ids=lambda record: record.id)
def test_every_t1_record_follows_from_its_inputs(record: Reference) -> None:
    """Within 1 % or half a unit of the last printed digit."""
    compared = agreements(record)
    assert compared
    assert [item for item in compared if not item.holds] == []


def test_a_record_whose_inputs_are_all_stated_is_t1() -> None:
    """What the rules would infer as T1 is T1, unless the figures contradict the inputs."""
    otherwise = {
        "olmo1-7b-lumi",  # nothing is checked by multiplying with a grid of 0 g/kWh
        "strubell2019-bert-base-v100",  # the table says 79 h, the text 79.2 h
    }
    used = [record for record in RECORDS if not record.excluded]
    inferred = {record.id for record in used if "T1" in infer_tiers(record, RECORDS, CATALOGUE)}
    assert inferred == {record.id for record in RECORDS if "T1" in record.tiers} | otherwise


def test_traps_are_known_and_stand_in_t4_records() -> None:
    """Every T4 record names its trap, and no other record does."""
    assert failing(lambda record: set(record.traps) <= set(TRAPS)) == []
    assert failing(lambda record: bool(record.traps) == ("T4" in record.tiers)) == []


def test_links_lead_both_ways_with_one_reason() -> None:
    """A figure that contradicts another is contradicted by it."""
    for record in RECORDS:
        for other in record.links:
            assert record.id in BY_ID[other].links
            assert BY_ID[other].link_reason == record.link_reason
    assert failing(lambda record: bool(record.links) == bool(record.link_reason)) == []


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("bloom-176b-dynamic", "bloom-176b-lifecycle"),
        ("bloom-176b-dynamic", "bloom-176b-pue"),
        ("patterson2021-gpt3", "climate-aware-gpt3-card"),
        ("strubell2019-nas-evolved-p100", "patterson2021-nas-evolved-tpuv2"),
        ("llama3.3-70b", "llama3.3-70b-revised"),
        ("dalle-mega", "dalle-mega-first-card"),
    ],
)
def test_contradictory_figures_are_linked(one: str, other: str) -> None:
    """The well-known ones."""
    assert other in BY_ID[one].links


def test_every_source_is_defined_and_every_record_has_a_laboratory() -> None:
    """By id, with title, address and year."""
    assert failing(lambda record: record.source in CATALOGUE.sources) == []
    assert failing(lambda record: bool(record.laboratory)) == []
    assert failing(lambda record: record.verified in ("yes", "partial", "assumed")) == []


def test_numbers_carry_no_exponent_and_no_needless_zero() -> None:
    """300, not 300.0 or 3e2."""
    plain = re.compile(r"(0|[1-9]\d*)(\.\d*[1-9])?")
    names = [*(column.name for column in COLUMNS.of_kind("number", "year")), "flops"]
    numbers = [(row["id"], name, row[name]) for row in ROWS for name in names if row[name]]
    assert [cell for cell in numbers if not plain.fullmatch(cell[2])] == []


def test_no_cell_names_a_machine_or_a_memory() -> None:
    """No path, no 'from memory', no remark on a copy; no blanks around a cell."""
    private = re.compile(
        r"(^|[\s(\"'])/[a-z]+/|[A-Z]:\\|~/|\bmemory[,)]|from memory|stored (card|copy|text)|\.txt\b", re.IGNORECASE
    )
    filled = [(row["id"], cell) for row in ROWS for cell in row.values()]
    assert [found for found in filled if private.search(found[1]) or found[1] != found[1].strip()] == []
