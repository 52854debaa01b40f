"""T1: figures worked out by hand from stated inputs, and how far two figures may be apart."""

import pytest

from greentrain.validation import Reference, agreements, half_unit, last_digit
from greentrain.validation.recompute import recompute

ELMO = Reference(
    "elmo", accelerator_count=3, wall_hours=336, power_w_per_accelerator=517.66 / 3, pue=1.58, grid_g_per_kwh=432.73,
    published_energy_kwh=275, published_co2e_kg=118.84, energy_boundary="facility",
    co2e_rounded_to_kg=0.45359237,
)  # fmt: skip


def test_energy_and_emissions_of_elmo_by_hand() -> None:
    """517.66 W x 336 h x 1.58 = 274.815 kWh; x 432.73 g = 118.921 kg."""
    energy, kg = recompute(ELMO)
    assert energy == pytest.approx(274.815, abs=0.001)
    assert kg == pytest.approx(118.921, abs=0.001)
    assert [item.holds for item in agreements(ELMO)] == [True, True]


def test_energy_before_pue_is_compared_before_pue_and_its_emissions_after() -> None:
    """Gopher: 3,768,320 h x 283 W = 1,066.4 MWh before PUE; x 1.08 x 330 g = 380.1 t after it."""
    gopher = Reference(
        "gopher", accelerator_hours=3_768_320, power_w_per_accelerator=283, pue=1.08, grid_g_per_kwh=330,
        published_energy_kwh=1_066_000, published_co2e_kg=380_000, energy_boundary="node",
    )  # fmt: skip
    assert recompute(gopher) == pytest.approx((1_066_434.56, 380_077.28), abs=0.01)
    assert all(item.holds for item in agreements(gopher))


def test_emissions_follow_from_a_published_energy_where_no_power_is_stated() -> None:
    """OLMo: 104 MWh x 1.1 x 610 g = 69.784 t; no energy is recomputed."""
    olmo = Reference(
        "olmo", pue=1.1, grid_g_per_kwh=610, published_energy_kwh=104_000, published_co2e_kg=69_780,
        energy_boundary="accelerator", co2e_scope="location-based with PUE",
    )  # fmt: skip
    assert recompute(olmo) == (None, pytest.approx(69_784))


def test_a_scope_without_pue_leaves_it_out() -> None:
    """100 kWh x 500 g = 50 kg where the scope states no PUE, 60 kg at PUE 1.2 where it does not."""
    record = Reference("x", pue=1.2, grid_g_per_kwh=500, published_energy_kwh=100, energy_boundary="node")
    assert recompute(record).co2e_kg == pytest.approx(60)
    assert recompute(record._replace(co2e_scope="location-based, no PUE")).co2e_kg == pytest.approx(50)


def test_a_life_cycle_scope_holds_the_embodied_part() -> None:
    """BLOOM: 689,842 kWh x 57 g = 39,321 kg, and 11,200 kg embodied: 50.5 t."""
    bloom = Reference(
        "bloom", grid_g_per_kwh=57, published_energy_kwh=689_842, published_co2e_kg=50_500, embodied_kg=11_200,
        energy_boundary="node", co2e_scope="with embodied", power_basis="tdp + measured idle/infrastructure",
        power_w_per_accelerator=400, accelerator_hours=1_082_990,
    )  # fmt: skip
    assert recompute(bloom) == (None, pytest.approx(50_520.994))
    assert agreements(bloom)[0].holds


def test_embodied_beside_the_figure_is_not_added() -> None:
    """EsperBERTo: 144 h x 280 W x 1.28 x 105 g = 5.419 kg, printed 5, with 0.6 kg embodied next to it."""
    record = Reference(
        "esperberto", accelerator_hours=144, power_w_per_accelerator=280, pue=1.28, grid_g_per_kwh=105,
        published_co2e_kg=5, embodied_kg=0.6, co2e_scope="location-based with PUE",
    )  # fmt: skip
    assert recompute(record).co2e_kg == pytest.approx(5.419, abs=0.001)
    assert agreements(record)[0].holds


def test_a_host_stated_apart_is_added_over_wall_clock_time() -> None:
    """(8 x 100 W + 200 W) x 10 h = 10 kWh."""
    record = Reference("x", accelerator_count=8, wall_hours=10, power_w_per_accelerator=100, cpu_dram_power_w=200)
    assert recompute(record).energy_kwh == pytest.approx(10)


@pytest.mark.parametrize(
    ("value", "rounded_to", "half"),
    [
        (27.0, None, 0.5),
        (656347, None, 0.5),
        (11.79, None, 0.005),
        (14_000, None, 0.5),
        (0, None, 0.5),
        (14_000, 1000, 500),
        (11.79, 0.45359237, 0.226796185),
    ],
)
def test_half_a_unit_of_the_last_printed_digit(value: float, rounded_to: float | None, half: float) -> None:
    """Trailing zeros count as digits, unless the record states how coarsely the figure was printed."""
    assert half_unit(value, rounded_to) == pytest.approx(half)


@pytest.mark.parametrize(
    ("text", "unit"),
    [("100", 1), ("0.20", 0.01), ("1.0", 0.1), ("11.79", 0.01), ("7", 1), ("1e5", 1), ("2.5e-3", 0.0001)],
)
def test_the_last_digit_is_that_of_the_number_as_written(text: str, unit: float) -> None:
    """0.20 states two decimals and 100 the units; 1e5 is how spreadsheets write any number near 100,000."""
    assert last_digit(text) == pytest.approx(unit)


def test_figures_agree_within_one_per_cent_or_half_a_unit() -> None:
    """100 kWh and 101 agree, 101.1 do not; 40 kWh printed to the kWh agree with 39.53, 1.2 % off."""
    exact = Reference("x", accelerator_hours=1, published_energy_kwh=100.5, energy_boundary="node")
    assert agreements(exact._replace(power_w_per_accelerator=101_505))[0].holds
    assert not agreements(exact._replace(power_w_per_accelerator=101_600))[0].holds
    rounded = exact._replace(published_energy_kwh=41, power_w_per_accelerator=40_510)
    assert agreements(rounded)[0].holds
