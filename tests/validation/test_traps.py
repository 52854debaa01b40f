"""T4: every trap is noticed by name, from numbers and wording alone, and clean records stay clean."""

from typing import Any

import pytest

from greentrain.validation import TRAPS, Reference, find_traps

CLEAN = Reference(
    "clean", model="Model 7B", year=2021,
    accelerator="V100", accelerator_count=8, wall_hours=100, accelerator_hours=800,
    power_basis="tdp", power_w_per_accelerator=300, pue=1.1, grid_g_per_kwh=400, location="US average",
    published_energy_kwh=264, published_co2e_kg=105.6, energy_boundary="facility",
)  # fmt: skip
"""800 h x 300 W x 1.1 = 264 kWh; x 400 g = 105.6 kg."""
TPU = CLEAN._replace(accelerator="TPUv3 (chips)", pue=None, grid_g_per_kwh=None, published_energy_kwh=None)
CHANGED: dict[str, tuple[Reference, tuple[Reference, ...], str]] = {
    "tenfold": (
        CLEAN._replace(published_co2e_kg=1056.0),
        (),
        "its CO2e is 10 x that of its own inputs: a misplaced decimal point in one of them",
    ),
    "grams_as_kilograms": (
        CLEAN._replace(published_co2e_kg=105_600.0),
        (),
        "its CO2e is 1000 x that of its own inputs: grams, kilograms or tonnes taken for each other",
    ),
    "total_hours_as_wall_clock": (
        CLEAN._replace(wall_hours=274_120.0),
        (),
        "274,120 h is 31 years from start to end on 8 devices: hours summed over devices, or extrapolated, are given "
        "as wall-clock hours",
    ),
    "tpu_cores_as_chips": (
        TPU,
        (TPU._replace(id="other", published_co2e_kg=422.4),),
        "other gives the same run 4 x more: cores, chips and devices of a TPU",
    ),
    "pue_mixed": (
        CLEAN._replace(published_energy_kwh=240.0, energy_boundary="accelerator"),
        (),
        "the CO2e includes PUE 1.1, the energy next to it does not",
    ),
    "pue_wrong_way": (
        CLEAN._replace(power_w_per_accelerator=None, published_energy_kwh=264 / 1.1**2),
        (),
        "the CO2e needs PUE 1.1 twice on top of the printed energy: it was divided by PUE instead of multiplied",
    ),
    "embodied_inside": (
        CLEAN._replace(co2e_scope="with embodied", embodied_kg=1500.0, published_co2e_kg=1605.6),
        (),
        "the CO2e is of the life cycle, 1,500 kg of it embodied: not comparable with an operational figure",
    ),
    "net_of_contracts": (
        CLEAN._replace(notes="Net (177 g/kWh): 46.7 kg."),
        (),
        "a figure net of clean-energy contracts (market-based) replaces, or is next to, the location-based one",
    ),
    "grid_of_another_place": (
        CLEAN._replace(grid_g_per_kwh=900.0, published_co2e_kg=237.6, location="Sweden"),
        (),
        "",
    ),
    "default_grid_of_calculator": (
        CLEAN._replace(grid_g_per_kwh=None, published_co2e_kg=114.05, location="Spain"),
        (),
        "",
    ),
    "power_above_rating": (
        CLEAN._replace(accelerator="RTX A2000", power_w_per_accelerator=350),
        (),
        "350 W per accelerator stated: no NVIDIA RTX A2000 6GB draws that; it is rated 70 W, at most 210 passes",
    ),
    "impossible_combination": (
        CLEAN._replace(year=2010),
        (),
        "NVIDIA Tesla V100 (taken as SXM2 16GB) was released in 2017, after the year given, 2010.",
    ),
    "same_hours_other_co2e": (
        CLEAN,
        (CLEAN._replace(id="card", published_co2e_kg=10.0),),
        "card has the same 800 accelerator-hours and 0.0947 x the CO2e",
    ),
    "programme_not_run": (
        CLEAN._replace(model="Model development"),
        (),
        "'development' is in its name: not one final run",
    ),
    "prediction": (
        CLEAN._replace(co2e_scope="predicted, location-based"),
        (),
        "the figure was predicted before or without the run, not derived from it",
    ),
    "unmetered_accelerator": (
        CLEAN._replace(power_basis="measured", notes="Log split kWh: gpu 8.0, cpu 100, ram 50."),
        (),
        "its accelerators drew 10 W of 300 W by the log: idle or not metered",
    ),
    "does_not_follow": (
        CLEAN._replace(published_co2e_kg=150.0),
        (),
        "its own inputs give CO2e of 105.6 (PUE 1.1 included), not 150",
    ),
}


def test_there_is_a_case_for_every_trap() -> None:
    """A detector without a test is none."""
    assert set(CHANGED) == set(TRAPS)


@pytest.mark.parametrize("name", TRAPS)
def test_a_trap_is_noticed_and_described(name: str) -> None:
    """The same record, changed in one way, is caught under the trap's name with its numbers."""
    record, others, sentence = CHANGED[name]
    found = find_traps(record, others)
    assert name in found
    assert found[name] == sentence or not sentence


def test_a_clean_record_has_no_trap() -> None:
    """Inputs that give the figures, at a place with such a grid."""
    assert find_traps(CLEAN) == {}


def test_another_grid_is_told_by_both_numbers() -> None:
    """Sweden has a few dozen g/kWh, not 900."""
    found = find_traps(CHANGED["grid_of_another_place"][0])["grid_of_another_place"]
    assert found.startswith("its CO2e implies 900 g/kWh, Sweden has ")
    assert found.endswith(": the grid of another place")


@pytest.mark.parametrize("place", ["Spain", "China", "United Kingdom"])
@pytest.mark.parametrize("power_w", [320, None])
def test_the_default_of_a_calculator_is_noticed_in_any_country(place: str, power_w: float | None) -> None:
    """40 h x 320 W x 432 g/kWh = 5.53 kg; 320 W is also the rating of an RTX 3080."""
    record = Reference(
        "card", accelerator="RTX 3080", accelerator_count=1, wall_hours=40, power_basis="tdp",
        power_w_per_accelerator=power_w, location=place, published_co2e_kg=5.53,
    )  # fmt: skip
    found = find_traps(record)["default_grid_of_calculator"]
    assert found.startswith("its CO2e implies 432 g/kWh, the default of the ML CO2 Impact calculator; ")
    assert "default_grid_of_calculator" not in find_traps(record._replace(location="United States"))
    assert "default_grid_of_calculator" not in find_traps(record._replace(location=""))
    assert "default_grid_of_calculator" not in find_traps(record._replace(published_co2e_kg=5.60))


def test_emissions_that_no_estimate_of_the_energy_explains_are_noticed() -> None:
    """One A100 draws less than 30 kWh in 30 h with all around it: 15 kg need over 500 g/kWh, and France has 60."""
    record = Reference("x", accelerator="A100", accelerator_count=1, wall_hours=30, location="France", year=2022)
    found = find_traps(record._replace(published_co2e_kg=15.0))["grid_of_another_place"]
    assert found.startswith("its CO2e implies at least ")
    assert find_traps(record._replace(published_co2e_kg=1.0)) == {}
    assert find_traps(record._replace(published_co2e_kg=15.0, location="Atlantis")) == {}


def test_energy_emissions_and_place_alone_are_enough_to_notice_another_grid() -> None:
    """4 kWh and 19.5 kg are 4,875 g/kWh, ten times what Singapore has; 1.95 kg are 488."""
    record = Reference("sg", location="Singapore", published_energy_kwh=4.0, published_co2e_kg=19.5)
    assert find_traps(record)["grid_of_another_place"].startswith("its CO2e implies 4,875 g/kWh, Singapore has ")
    assert find_traps(record._replace(published_co2e_kg=1.95)) == {}


def test_without_a_year_any_year_of_the_place_may_be_meant() -> None:
    """The United Kingdom had 500 g/kWh and more in 2012, and less than half of that now: 700 is too far from it."""
    record = Reference("gb", location="United Kingdom", published_energy_kwh=10.0, published_co2e_kg=7.0)
    assert find_traps(record) == {}
    assert "grid_of_another_place" in find_traps(record._replace(year=2024))


def test_a_power_above_the_rating_is_noticed_by_the_energy_too() -> None:
    """122.5 kWh in 500 h are 245 W: no card of 70 W draws them; 35 kWh are 70 W."""
    record = Reference("a2000", accelerator="RTX A2000", accelerator_count=1, wall_hours=500, energy_boundary="node")
    assert find_traps(record._replace(published_energy_kwh=122.5))["power_above_rating"] == (
        "245 W per accelerator by its energy: no NVIDIA RTX A2000 6GB draws that; it is rated 70 W, at most 210 passes"
    )
    assert find_traps(record._replace(published_energy_kwh=35.0)) == {}


def test_a_tpu_slice_name_counts_cores() -> None:
    """v3-8 is 4 chips; nothing else needs to be wrong."""
    found = find_traps(TPU._replace(accelerator="TPU v3-8"))
    assert found["tpu_cores_as_chips"] == "TPU v3-8 counts cores, of which two make a chip"


def test_a_note_that_quotes_another_figure_for_the_same_hours_is_noticed() -> None:
    """As a card that was revised: the record of the other revision need not be there."""
    record = CLEAN._replace(published_co2e_kg=2_040_000.0, notes="Prints 12.9 t with the same 7.0M h.")
    found = find_traps(record)
    assert found["same_hours_other_co2e"] == "its note quotes 0.00632 x the CO2e for the same hours"


def test_a_market_claim_next_to_a_location_based_figure_is_no_trap() -> None:
    """Model cards that print both state so in the scope."""
    record = CLEAN._replace(co2e_scope="location-based (market-based 0 claimed)")
    assert find_traps(record) == {}


def test_another_model_of_the_same_length_is_another_run() -> None:
    """Records are of one run when linked, or of one model with the same hours."""
    other = CLEAN._replace(id="other", model="Model 70B", published_co2e_kg=10.0)
    assert find_traps(CLEAN, (other,)) == {}
    assert find_traps(CLEAN._replace(links=("other",)), (other,)) != ()


@pytest.mark.parametrize(
    ("device", "watts", "noticed"),
    [("A100-SXM4-80GB", 576, True), ("A100-SXM4-80GB", 574, False), ("T4", 90, True), ("T4", 70, False)],
)
def test_a_power_without_host_above_the_rating_is_noticed(device: str, watts: float, noticed: bool) -> None:
    """A rating of at most 500 W is passed beyond 1.15 x 500 = 575 W, one of 70 W beyond 80.5 W."""
    record = Reference("x", accelerator=device, accelerator_count=1, wall_hours=10, power_basis="tdp")
    found = find_traps(record._replace(power_w_per_accelerator=watts, published_co2e_kg=1.0))
    assert ("power_above_rating" in found) is noticed


def test_the_power_of_a_whole_computer_may_pass_the_rating_of_its_accelerators() -> None:
    """700 W for each of eight A100 at the wall are a usual server's."""
    record = Reference(
        "x", accelerator="A100-SXM4-80GB", accelerator_count=8, wall_hours=100, power_basis="measured system",
        power_w_per_accelerator=700, published_energy_kwh=560, energy_boundary="node", meter="wall",
    )  # fmt: skip
    assert find_traps(record) == {}


@pytest.mark.parametrize(
    ("changes", "start"),
    [
        ({"params": "70e9", "tokens": "2e12"}, "An MFU above 0.75 is impossible in practice"),
        ({"accelerator_count": 1, "wall_hours": 100_000}, "100,000 hours of wall-clock time are longer than"),
        ({"year": 2018}, "NVIDIA A100 SXM4 80GB was released in 2020, after the year given, 2018."),
    ],
)
def test_what_cannot_be_together_is_noticed(changes: dict[str, Any], start: str) -> None:
    """6 x 7e10 x 2e12 operations in 800 h of 312 TFLOP/s are an MFU of 935."""
    record = Reference(
        "x", accelerator="A100-SXM4-80GB", accelerator_count=8, wall_hours=100, location="US", year=2023,
        published_energy_kwh=500,
    )  # fmt: skip
    assert find_traps(record) == {}
    assert find_traps(record._replace(**changes))["impossible_combination"].startswith(start)


@pytest.mark.parametrize("pue", [1.1, 1.5])
def test_the_grid_that_emissions_imply_is_after_the_stated_pue(pue: float) -> None:
    """8 x 100 h x 400 W are 320 kWh; x PUE x 432 g/kWh is the calculator's default, whatever the PUE."""
    record = Reference(
        "x", accelerator="A100-SXM4-80GB", accelerator_count=8, wall_hours=100, power_basis="tdp",
        power_w_per_accelerator=400, pue=pue, location="Spain", year=2023, published_co2e_kg=320 * pue * 0.432,
    )  # fmt: skip
    assert find_traps(record)["default_grid_of_calculator"].startswith("its CO2e implies 432 g/kWh, the default")


@pytest.mark.parametrize(
    ("changes", "found"),
    [
        (
            {"published_co2e_kg": 1150.0},
            "the grid that its CO2e implies, 383,333 g/kWh, is a thousand times that of US, 393: grams and kilograms",
        ),
        (
            {"published_co2e_kg": 1.15, "grid_g_per_kwh": 0.384},
            "its grid, 0.384 g/kWh, is a thousandth of that of US, 393: grams and kilograms",
        ),
    ],
)
def test_grams_for_kilograms_are_no_other_grid(changes: dict[str, Any], found: str) -> None:
    """10 h x 300 W are 3 kWh: 1,150 kg are 383,333 g/kWh."""
    record = Reference(
        "x", accelerator="V100", accelerator_count=1, wall_hours=10, power_basis="tdp", power_w_per_accelerator=300,
        location="US", year=2023,
    )  # fmt: skip
    traps = find_traps(record._replace(**changes))
    assert traps["grams_as_kilograms"].startswith(found)
    assert "grid_of_another_place" not in traps
