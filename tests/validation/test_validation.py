"""The whole validation: shipped records, a user's own file, single records, and the machine-readable form."""

import json
from math import log, prod
from pathlib import Path

import pytest

from greentrain import InputError, Interval, UnknownName, estimate, load_catalogue, validate
from greentrain.interval import exact
from greentrain.reporting.terminal import quantity
from greentrain.validation import RecordResult, Reference, decompose, described, estimated, read_references

CATALOGUE = load_catalogue()
REPORT = validate()
HEADER = "id,accelerator,accelerator_count,wall_hours,power_basis,power_w_per_accelerator,grid_g_per_kwh," + (
    "published_energy_kwh,published_co2e_kg"
)


def row(tier: str, key: str) -> RecordResult:
    """Return a shipped record's row in one tier."""
    return next(item for item in REPORT.of_tier(tier) if item.id == key)


def test_every_t1_record_comes_out() -> None:
    """Each published figure follows from its stated inputs."""
    assert REPORT.failed == ()
    assert REPORT.tiers["T1"] == {"n": 46, "passed": 46, "unresolved": 0}


def test_every_t4_trap_is_noticed_by_name() -> None:
    """The names that a record carries are among those found."""
    assert REPORT.tiers["T4"] == {"n": 26, "passed": 26, "unresolved": 0}
    assert row("T4", "climate-aware-gpt3-card").traps == ("tenfold",)


def test_t1_rows_hold_what_the_stated_inputs_give() -> None:
    """GPT-3: 3,552,000 h x 330 W x 1.1 = 1,289,376 kWh; x 429 g = 553,142 kg."""
    found = row("T1", "patterson2021-gpt3")
    assert found.estimated_kwh is not None
    assert found.estimated_kg is not None
    assert found.estimated_kwh == exact(pytest.approx(1_289_376))
    assert found.estimated_kg.best == pytest.approx(553_142.3)
    assert (found.published_kwh, found.passed, found.covered) == (1_287_000, True, None)


def test_t3_compares_at_the_records_own_boundary() -> None:
    """Accelerators alone, computers, or the facility with the record's PUE."""
    accelerators = estimate("V100", count=4, gpu_hours=864, year=2022)
    node = estimate("A100-40GB", count=1, gpu_hours=280.53, year=2023)
    facility = estimate("V100", count=512, gpu_hours=250_675.2, year=2023, pue=1.1)
    assert row("T3", "dodge2022-vit-huge").estimated_kwh == accelerators.accelerator_energy_kwh
    assert row("T3", "teenytinyllama-460m").estimated_kwh == node.it_energy_kwh
    assert row("T3", "llmcarbon-xlm").estimated_kwh == facility.facility_energy_kwh


def test_the_accelerators_part_has_its_own_interval() -> None:
    """With a measured power it is exact: 8 x 10 h x 100 W = 8 kWh, whatever the host draws."""
    found = estimate("V100", count=8, hours=10, power=100).accelerator_energy_kwh
    assert found == exact(8.0)


def test_t3_summary_is_that_of_its_rows() -> None:
    """Coverage, median size and mean of the log ratios of the rows that could be compared."""
    rows = [item for item in REPORT.of_tier("T3") if item.is_compared]
    pairs = [(item.estimated_kwh, item.published_kwh) for item in rows]
    ratios = [ours.best / published for ours, published in pairs if ours and published]
    summary = REPORT.tiers["T3"]
    assert summary["n"] == len(rows) == len(ratios) == 22
    assert summary["coverage"] == summary["covered"] / 22
    assert summary["bias_log"] == pytest.approx(sum(map(log, ratios)) / 22)
    assert summary["unresolved"] == 1


def test_our_interval_covers_most_metered_energies() -> None:
    """A 90 % interval that held all of them would be too wide, one that held few too narrow."""
    assert 0.80 <= REPORT.tiers["T3"]["coverage"] <= 0.97


def test_published_methods_are_scored_on_the_same_records() -> None:
    """Each states on how many records, how many of them are its own source's, and ours on just those."""
    peers = REPORT.tiers["T3"]["peers"]
    assert {"lacoste2019", "tdp_method", "lannelongue2021", "nameplate"} <= set(peers)
    assert peers["tdp_method"]["n"] == 22
    assert peers["tdp_method"]["our_median_abs_log_ratio"] == REPORT.tiers["T3"]["median_abs_log_ratio"]
    assert peers["lacoste2019"]["own"] >= 1


def test_ours_is_nearer_than_every_published_method_on_the_same_records() -> None:
    """The median error of the default chain is the smallest; methods that do not apply to most records are left out."""
    metered = REPORT.tiers["T3"]
    assert all(metered["median_abs_log_ratio"] < peer["median_abs_log_ratio"] for peer in metered["peers"].values())
    assert 0.80 <= metered["coverage"] <= 0.97
    assert abs(metered["bias_log"]) < 0.10
    assert "patterson2021" not in metered["peers"]


def test_a_record_that_cannot_be_resolved_says_why() -> None:
    """A run on processors without its cores stops no other record."""
    found = row("T3", "cc-damgomz-cpu")
    assert (found.passed, found.covered, found.estimated_kwh) == (None, None, None)
    assert found.reason == "a run on CPUs whose cores are not stated; a column cpu_cores is read"


def test_t2_shows_ratio_and_defaults() -> None:
    """Signed: ours is above the card's, which leaves the host out."""
    found = row("T2", "llama3.1-8b")
    assert found.passed is None
    assert found.log_ratio is not None
    assert found.log_ratio > 0
    assert found.defaults == ("utilization", "host_factor", "pue", "grid_intensity")
    assert found.reason == (
        "'Meta datacentres (unstated)' names no place in the catalogue: the world mean grid is used"
    )


def test_the_factors_multiply_to_the_whole() -> None:
    """For every record that we can estimate, the ratios' product is ours over published."""
    used = [record for record in read_references() if not record.excluded]
    splits = [split for record in used if (split := decompose(record, estimated(record, CATALOGUE)))]
    assert len(splits) >= 60
    for split in splits:
        assert prod(factor.ratio for factor in split.factors) == pytest.approx(split.ratio)


def test_the_factors_of_bert() -> None:
    """188.15 W with the host, PUE 1.58 and 432.73 g/kWh against ours."""
    split = validate(record="strubell2019-bert-base-v100").decomposition
    assert split is not None
    assert [(factor.name, factor.published) for factor in split.factors[:4]] == [
        ("hours", 5056.0), ("power x host", 188.1486), ("PUE", 1.58), ("grid", 432.73),
    ]  # fmt: skip
    ours = estimate("V100", count=64, gpu_hours=5056, location="US", year=2019)
    assert split.ours == ours.operational_kg.best


def test_power_without_host_is_split_from_it() -> None:
    """A rating of 300 W leaves the host out: published counts as 1 there; what is not stated is named."""
    split = validate(record="gpt-fr-cased-base").decomposition
    assert split is not None
    factors = {factor.name: factor.published for factor in split.factors}
    assert factors == {"hours": 4480.0, "power": 300.0, "host": 1.0, "not stated: PUE, grid": None}


def own_file(folder: Path, *rows: str) -> Path:
    """Write a user's file."""
    file = folder / "own.csv"
    file.write_text("\n".join((HEADER, *rows)) + "\n")
    return file


def test_a_users_own_metered_run(tmp_path: Path) -> None:
    """It is T2 and T3, before PUE; ours is the estimate of the same run."""
    report = validate(own_file(tmp_path, "mine,A100-SXM4-80GB,8,100,measured,,,400,"))
    assert [(item.tier, item.boundary) for item in report.records] == [("T2", "node"), ("T3", "node")]
    assert report.records[1].estimated_kwh == estimate("A100-SXM4-80GB", count=8, hours=100).it_energy_kwh
    assert report.records[1].covered is True


def test_arithmetic_that_does_not_come_out_fails(tmp_path: Path) -> None:
    """8 x 10 h x 300 W = 24 kWh, not 30; 24 kWh x 100 g = 2.4 kg."""
    report = validate(own_file(tmp_path, "off,V100,8,10,tdp,300,100,30.5,2.4", "right,V100,8,10,tdp,300,100,24,2.4"))
    assert [item.id for item in report.failed] == ["off"]
    assert report.failed[0].reason == "energy comes out as 24, not 30.5 (+- 0.305)"
    assert report.passed is False


def test_unresolved_hardware_does_not_stop_the_others(tmp_path: Path) -> None:
    """Odd names are reported, known ones compared."""
    report = validate(own_file(tmp_path, "odd,GPU,8,10,measured,,,24,", "known,V100,8,10,measured,,,24,"))
    reasons = {item.id: item.reason for item in report.of_tier("T3")}
    assert reasons == {"odd": "'GPU' names no device", "known": ""}
    assert report.tiers["T3"]["unresolved"] == 1
    assert report.tiers["T3"]["n"] == 1


def test_nothing_compared_gives_nulls_instead_of_numbers(tmp_path: Path) -> None:
    """No division by zero, no NaN in the JSON."""
    report = validate(own_file(tmp_path, "odd,GPU,8,10,measured,,,24,"))
    assert report.tiers["T3"]["coverage"] is None
    assert json.loads(report.to_json())["tiers"]["T3"]["median_abs_log_ratio"] is None


def test_a_run_on_processors_is_estimated_from_extra_columns() -> None:
    """With cores, and a CPU model if known, it goes through the model of processors."""
    record = Reference("cpu", accelerator="CPU (no GPU)", wall_hours=10, extra={"cpu_cores": "16", "memory_gb": "64"})
    assert described(record, CATALOGUE) == (
        {"cpu_cores": "16", "memory_gb": "64", "hours": 10, "location": None, "year": None}, "",
    )  # fmt: skip


def test_cores_are_counted_as_half_chips() -> None:
    """Eight cores for 10 h are four chips for 10 h."""
    record = Reference("tpu", accelerator="TPUv3 (cores)", accelerator_count=8, accelerator_hours=80)
    keywords, _ = described(record, CATALOGUE)
    assert (keywords["count"], keywords["gpu_hours"]) == (4, 40)


def test_what_the_estimate_refuses_becomes_the_reason() -> None:
    """A year before the grid tables begin, for example."""
    record = Reference("old", accelerator="V100", accelerator_hours=10, year=1990)
    assert estimated(record, CATALOGUE).reason == "year 1990: must be 2009 or later, the first year of the grid data"


def test_a_single_tier() -> None:
    """In any case; nothing else is worked out."""
    report = validate(tier="t3")
    assert list(report.tiers) == ["T3"]
    assert report.of_tier("T3") == REPORT.of_tier("T3")


def test_a_single_record_has_all_its_rows_and_its_factors() -> None:
    """Case and punctuation of the id do not count."""
    report = validate(record="Patterson2021_GPT3")
    assert [item.tier for item in report.records] == ["T1", "T3", "T4"]
    assert report.records == tuple(item for item in REPORT.records if item.id == "patterson2021-gpt3")
    assert report.to_dict()["factors"]["quantity"] == "CO2e"


def test_a_tier_and_a_record_that_there_are_not() -> None:
    """The messages name what there is."""
    with pytest.raises(InputError, match=r"^tier 'T9': must be T1, T2, T3 or T4$"):
        validate(tier="T9")
    with pytest.raises(UnknownName) as caught:
        validate(record="llama3.1-8")
    assert "llama3.1-8b" in caught.value.suggestions


def test_the_machine_readable_form() -> None:
    """One object: tiers, one row per record and tier, what was left out, claims."""
    whole = json.loads(REPORT.to_json())
    assert list(whole) == [
        "schema_version", "kind", "greentrain_version", "data_version", "tiers", "records", "excluded", "claims",
    ]  # fmt: skip
    assert (whole["schema_version"], whole["kind"], whole["claims"]) == (1, "validation", [])
    needed = {
        "id", "tier", "published_kwh", "estimated_kwh", "published_kg", "estimated_kg", "passed", "covered", "reason",
    }  # fmt: skip
    assert all(needed <= set(item) for item in whole["records"])
    assert len({(item["id"], item["tier"]) for item in whole["records"]}) == len(whole["records"])
    assert {"n", "covered", "coverage", "median_abs_log_ratio", "bias_log", "peers"} <= set(whole["tiers"]["T3"])
    assert len(whole["excluded"]) == 52


def test_a_report_is_frozen_and_prints_its_tiers() -> None:
    """A line for the console, a table for notebooks."""
    t2, t3 = REPORT.tiers["T2"], REPORT.tiers["T3"]
    assert repr(REPORT) == (
        f"<ValidationReport T1 46 of 46, T2 {t2['covered']} of {t2['n']}, T3 {t3['covered']} of {t3['n']}, T4 26 of 26>"
    )
    assert REPORT._repr_html_().count("<tr>") == 5
    with pytest.raises(AttributeError):
        REPORT.records = ()  # type: ignore[misc]


def test_claims_come_only_when_asked_for() -> None:
    """Each as plain data in the JSON."""
    report = validate(tier="T1", record="llama1-7b", claims=True)
    assert report.to_dict()["claims"][0]["id"] == "bert-flight"


def test_figures_are_written_in_the_unit_that_suits_their_size() -> None:
    """Ours is in the unit of the published figure next to it, and names its own where nothing is published."""
    ours = Interval(59_900.0, 3_620_000.0, 14_600_000.0)
    assert quantity("kg", 12_900.0, ours) == ("12.9 t", "3,620 (59.9 to 14,600)")
    assert quantity("kg", None, ours) == ("-", "3,620 (59.9 to 14,600) t")
    assert quantity("kWh", 5.0, None) == ("5.00 kWh", "-")
