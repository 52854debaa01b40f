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
    assert REPORT.tiers["T4"] == {"n": 26, "passed": 26, "unresolved": 0, "stated": 26, "stated_noticed": 26}
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
    """Accelerators alone, or the facility with the record's PUE, as the kind of training that the record states."""
    tuned = estimate("V100", count=4, gpu_hours=24, year=2022, workload="finetuning")
    facility = estimate("V100", count=512, gpu_hours=250_675.2, year=2023, pue=1.1, workload="pretraining")
    assert row("T3", "dodge2022-bert-finetune").estimated_kwh == tuned.accelerator_energy_kwh
    assert row("T3", "llmcarbon-xlm").estimated_kwh == facility.facility_energy_kwh


def test_of_a_log_with_a_modelled_host_the_accelerators_part_is_compared() -> None:
    """92.27 kWh of TeenyTinyLlama's 112.97 were read by the GPU's sensor; the rest is a constant of the tool."""
    found = row("T3", "teenytinyllama-460m")
    ours = estimate("A100-40GB", count=1, gpu_hours=280.53, year=2023, workload="pretraining")
    assert (found.boundary, found.meter, found.published_kwh) == ("accelerator", "log-with-model", 92.271036)
    assert found.estimated_kwh == ours.accelerator_energy_kwh
    assert row("T2", "teenytinyllama-460m").published_kwh == 112.974057


def test_the_defaults_of_a_metered_energy_are_those_inside_its_boundary() -> None:
    """No grid, no PUE where the record states it, and of accelerators nothing but their utilization."""
    assert row("T3", "tucano-160m").defaults == ("utilization",)
    assert row("T3", "dodge2022-bert-finetune").defaults == ("utilization",)
    assert row("T3", "patterson2021-gpt3").defaults == ("node_ratio",)


def test_a_log_that_does_not_state_the_accelerators_part_judges_nobody() -> None:
    """A modelled host is no measurement."""
    found = row("T3", "cc-granite4h-tiny-dp3")
    assert (found.passed, found.published_kwh) == (None, None)
    assert found.reason == "its host is modelled, and what the accelerators drew is not stated: device_energy_kwh"


def test_t3_is_judged_part_by_part() -> None:
    """Each boundary has its limits; every shipped laboratory is one of the fit, and the parts add up to the whole."""
    whole = REPORT.tiers["T3"]
    assert set(whole["by_boundary"]) == {"accelerator", "facility"}
    for parts in (whole["by_boundary"], whole["by_laboratory"]):
        assert sum(part["n"] for part in parts.values()) == whole["n"]
        assert sum(part["covered"] for part in parts.values()) == whole["covered"]
    assert (whole["in_sample"]["n"], whole["out_of_sample"]["n"]) == (whole["n"], 0)
    facility = whole["by_boundary"]["facility"]
    assert facility["limits"] == {"coverage": 0.85, "width": pytest.approx(1.6), "mean_abs_error": 0.10}
    assert facility["within_limits"] is True


def test_the_limit_of_width_is_that_of_what_is_known_of_the_training(tmp_path: Path) -> None:
    """3.6 without the kind of training and 2.2 with it; of one run each it is sqrt(3.6 x 2.2) = 2.81."""
    file = tmp_path / "own.csv"
    header = "id,kind,accelerator,accelerator_count,wall_hours,power_basis,published_energy_kwh,energy_boundary"
    rows = [f"{kind},{kind},V100,8,10,measured,14,accelerator" for kind in ("training", "pretraining")]
    file.write_text("\n".join((header, *rows)) + "\n")
    metered = validate(file).tiers["T3"]
    assert metered["by_boundary"]["accelerator"]["limits"]["width"] == pytest.approx((3.6 * 2.2) ** 0.5)
    assert (metered["in_sample"]["n"], metered["out_of_sample"]["n"]) == (0, 2)


@pytest.mark.parametrize(
    ("kind", "workload"),
    [
        ("pretraining", "pretraining"), ("Pre-training", "pretraining"), ("fine-tuning", "finetuning"),
        ("Finetuning (LoRA)", "finetuning"), ("inference-benchmark", "inference-like"), ("small", "small"),
        ("training", None), ("architecture-search", None), ("", None),
    ],
)  # fmt: skip
def test_the_kind_of_a_record_is_a_hint_on_its_workload(kind: str, workload: str | None) -> None:
    """Where it names one; a training whose model and tokens are stated is a pretraining, as in an estimate."""
    record = Reference("x", kind=kind, accelerator="V100", accelerator_hours=10)
    assert described(record, CATALOGUE)[0].get("workload") == workload
    sized = described(record._replace(params="7B", tokens="2T"), CATALOGUE)[0].get("workload")
    assert sized == (workload or ("pretraining" if kind != "architecture-search" else None))


def test_the_accelerators_part_has_its_own_interval() -> None:
    """With a measured power it is exact: 8 x 10 h x 100 W = 8 kWh, whatever the host draws."""
    found = estimate("V100", count=8, hours=10, power=100).accelerator_energy_kwh
    assert found == exact(8.0)


def test_the_accelerators_part_of_full_servers_has_its_own_interval_too() -> None:
    """Eight V100 of a server draw eight times what one of a smaller machine draws, best value and ends alike."""
    eight, one = (estimate("V100", count=count, hours=10).accelerator_energy_kwh for count in (8, 1))
    assert list(eight) == pytest.approx(list(one.scaled(8)))


def test_t3_summary_is_that_of_its_rows() -> None:
    """Coverage, median size and mean of the log ratios of the rows that could be compared."""
    rows = [item for item in REPORT.of_tier("T3") if item.is_compared]
    pairs = [(item.estimated_kwh, item.published_kwh) for item in rows]
    ratios = [ours.best / published for ours, published in pairs if ours and published]
    summary = REPORT.tiers["T3"]
    assert summary["n"] == len(rows) == len(ratios) == 21
    assert summary["coverage"] == summary["covered"] / 21
    assert summary["bias_log"] == pytest.approx(sum(map(log, ratios)) / 21)
    assert summary["mean_abs_error"] == pytest.approx(sum(abs(ratio - 1) for ratio in ratios) / 21)
    assert summary["unresolved"] == 2


def test_our_interval_covers_most_metered_energies() -> None:
    """A 90 % interval that held all of them would be too wide, one that held few too narrow."""
    assert 0.80 <= REPORT.tiers["T3"]["coverage"] <= 0.97


def test_published_methods_are_scored_on_the_same_records() -> None:
    """Each states on how many records, how many of them are its own source's, and ours on just those."""
    peers = REPORT.tiers["T3"]["peers"]
    assert {"lacoste2019", "tdp_method", "lannelongue2021", "nameplate"} <= set(peers)
    assert peers["tdp_method"]["n"] == 21
    assert peers["tdp_method"]["our_median_abs_log_ratio"] == REPORT.tiers["T3"]["median_abs_log_ratio"]
    assert peers["lacoste2019"]["own"] >= 1


def test_ours_is_at_least_as_near_as_every_published_method_on_the_same_records() -> None:
    """The median error of the default chain; methods that say nothing of most records are left out."""
    metered = REPORT.tiers["T3"]
    assert all(
        metered["median_abs_log_ratio"] <= peer["median_abs_log_ratio"] + 0.01 for peer in metered["peers"].values()
    )
    assert 0.80 <= metered["coverage"] <= 0.97
    assert abs(metered["bias_log"]) < 0.10
    assert "patterson2021" not in metered["peers"]


def test_a_record_that_cannot_be_resolved_says_why() -> None:
    """A run on processors without its cores stops no other record."""
    found = row("T3", "cc-damgomz-cpu")
    assert (found.passed, found.covered, found.estimated_kwh) == (None, None, None)
    assert found.reason == "a run on CPUs whose cores are not stated; a column cpu_cores is read"


def test_t2_shows_ratio_and_defaults() -> None:
    """Signed: ours is above the card's, which leaves the host out; the node table stands for eight and more."""
    found = row("T2", "llama3.1-8b")
    assert found.passed is None
    assert found.log_ratio is not None
    assert found.log_ratio > 0
    assert found.defaults == ("node_ratio", "pue", "grid_intensity")


def test_emissions_of_an_unknown_place_are_counted_apart(tmp_path: Path) -> None:
    """The interval of a data centre somewhere holds nearly anything; an energy is compared wherever it was used."""
    found = row("T2", "llama3.1-8b")
    assert (found.covered, found.is_placed) == (None, False)
    assert found.reason == "'Meta datacentres (unstated)' names no place in the catalogue"
    summary = REPORT.tiers["T2"]
    assert summary["n"] + summary["unplaced"] + summary["unresolved"] == len(REPORT.of_tier("T2"))
    own = validate(own_file(tmp_path, "kg,V100,8,100,,,,,30", "kwh,V100,8,100,,,,400,"))
    assert [(item.covered is None, item.is_placed, item.reason) for item in own.records] == [
        (True, False, "no place is stated"), (False, True, ""),
    ]  # fmt: skip
    assert own.tiers["T2"]["unplaced"] == 1


def test_traps_of_a_file_that_states_none_have_no_ratio(tmp_path: Path) -> None:
    """24 kWh of 8 x 10 h x 300 W; 240 g/kWh give 5.76 kg and not 57.6."""
    report = validate(own_file(tmp_path, "x,V100,8,10,tdp,300,240,24,57.6"))
    assert report.tiers["T4"] == {"n": 1, "passed": 1, "unresolved": 0, "stated": 0, "stated_noticed": 0}
    assert repr(report).endswith("T4 1 noticed>")


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


@pytest.mark.parametrize(
    ("kwh", "kg"), [("100", "12"), ("100", "14.5"), ("100", "0.24"), ("20", "12"), ("1.0", "0.12")]
)
def test_a_round_figure_is_no_loose_one(tmp_path: Path, kwh: str, kg: str) -> None:
    """At 1,000 g/kWh 100 kWh give 100 kg, 20 kWh 20 kg and 1.0 kWh 1.0 kg, whatever zeros the figures end in."""
    report = validate(own_file(tmp_path, f"round,V100,8,10,,,1000,{kwh},{kg}"))
    assert [item.id for item in report.failed] == ["round"]


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
    assert quantity("kg", 0.008, Interval(0.00178, 0.00778, 0.0221)) == ("8.00 g", "7.78 (1.78 to 22.1)")
    assert quantity("kWh", 0.00002, None) == ("20.0 mWh", "-")
    assert quantity("kg", 475.0, Interval(0.00178, 0.00778, 0.0221)) == ("475 kg", "7.78 (1.78 to 22.1) g")
