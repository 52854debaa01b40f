"""Which carbon intensity a run gets, and how wide its interval is."""

import time
from math import log

import pytest

from greentrain import Estimate, Interval, estimate, load_catalogue
from greentrain.estimation import choose_grid, grid_input

CATALOGUE = load_catalogue()
PLACES = CATALOGUE.places


def intensity(place: str | None, year: int | None, hours: float | None = 96) -> Interval:
    """Return the carbon intensity of a place for a run of some length."""
    location = PLACES.find(place) if place else None
    return grid_input(choose_grid(CATALOGUE, location, year), CATALOGUE, hours).value


def run_in(place: str | None, year: int | None = None) -> Estimate:
    """Estimate an ordinary run somewhere."""
    return estimate("rtx-3090", hours=96, location=place, year=year, pue=1.2)


def test_a_clean_country_worked_by_hand() -> None:
    """France in 2024, 96 hours: 40.3 g/kWh.

    Below 100 g/kWh sources differ by 0.4 (a floor of 8 g would be 0.17), the value is of the year, and 96 hours of
    it differ by 0.16 x 1.5 = 0.24. sqrt(0.16 + 0.0576) = 0.466476, times 1.644854 = 0.767285, a factor of 2.153910.
    """
    assert tuple(intensity("FR", 2024)) == pytest.approx((40.3 / 2.153910, 40.3, 40.3 * 2.153910), rel=1e-6)


def test_a_large_federal_country_worked_by_hand() -> None:
    """The United States in 2024, no part named, 96 hours: 383.8 g/kWh.

    From 300 g/kWh on sources differ by 0.15, parts of the country by 0.35, 96 hours by 0.16 x 0.7 = 0.112.
    sqrt(0.0225 + 0.1225 + 0.012544) = 0.396918, times 1.644854 = 0.652872, a factor of 1.921051.
    """
    assert tuple(intensity("US", 2024)) == pytest.approx((383.8 / 1.921051, 383.8, 383.8 * 1.921051), rel=1e-6)


@pytest.mark.parametrize(
    ("hours", "sigma"),
    [(0.1, 0.24), (1, 0.24), (24, 0.20), (48, 0.18), (720, 0.12), (8760, 0.0), (50_000, 0.0), (None, 0.12)],
)
def test_a_longer_run_sees_more_of_the_year(hours: float | None, sigma: float) -> None:
    """Flat at both ends, by the logarithm between: 48 h lies half-way from 24 to 96 h. Poland: 0.15 and 0.7 x sigma."""
    low, best, _ = intensity("PL", 2024, hours)
    assert log(best / low) / 1.6448536 == pytest.approx((0.15**2 + (0.7 * sigma) ** 2) ** 0.5, rel=1e-6)


def test_the_value_of_the_year_and_the_nearest_earlier_one() -> None:
    """CAMX has 2018 to 2023, California 2016 and 2023 only."""
    by_year = {value.year: value.g_per_kwh for value in PLACES.series("US-CA")}
    assert intensity("US-CA", 2016).best == by_year[2016]
    assert intensity("US-CA", 2019).best == by_year[2016]
    assert intensity("US-CA", 2024).best == by_year[2023]
    assert "US-CA has no grid value for 2019: the nearest earlier one, 2016, is used." in run_in("US-CA", 2019).notes


def test_before_the_first_value_the_first_one_stands_in() -> None:
    """And the note does not call it earlier."""
    assert intensity("AU-NSW", 2020).best == 660
    assert "AU-NSW has no grid value for 2020: the first one, 2024, is used." in run_in("AU-NSW", 2020).notes


def test_an_old_value_is_less_certain() -> None:
    """Four years away is 0.125, half-way between three and five years."""
    near, far = intensity("AU-NSW", 2024), intensity("AU-NSW", 2020)
    gained = (log(far.best / far.low) ** 2 - log(near.best / near.low) ** 2) ** 0.5
    assert gained / 1.6448536 == pytest.approx(0.125, rel=1e-6)


def test_a_direct_value_spans_up_to_the_life_cycle_one() -> None:
    """Upward the country's ratio is added in squares, downward nothing; a note says so."""
    low, best, high = intensity("CAMX", 2023)
    ratio, _ = PLACES.direct_over_life_cycle(PLACES.by_code["CAMX"])
    assert log(high / best) ** 2 == pytest.approx(log(best / low) ** 2 + log(ratio.low) ** 2, rel=1e-9)
    assert run_in("CAMX", 2023).notes[-1] == (
        "CAMX has a direct (combustion) value only; life-cycle intensity is about "
        f"{1 / ratio.best:.2f} x as high there, which the interval spans."
    )


def test_a_tiny_value_may_be_some_grams_more_but_is_not_divided() -> None:
    """Lesotho at 18.5 g/kWh: 8 g more at one sigma is wider upward than 0.4 only below 14 g/kWh life-cycle."""
    low, best, high = intensity("LS", 2017)
    assert best == 18.52
    assert high / best == pytest.approx(best / low, rel=1e-12)
    # Quebec at 2.6 g/kWh direct: a source may say 14 g more, none says a tenth.
    low, best, _ = intensity("CA-QC", 2024)
    assert best / low < 2.5


def test_without_a_place_a_data_centre_somewhere() -> None:
    """Weighted by where data centres draw electricity; the world mean of electricity is asked for by name."""
    run = run_in(None, 2024)
    used = run.inputs["grid_intensity"]

    assert (tuple(used.value), used.basis, used.year) == ((65, 419, 898), "default", 2024)
    assert (run.run["location"], run.run["place"]) == ("WORLD", None)
    assert run.notes == (
        "No place given: 419 g/kWh (65 to 898) are assumed, the grids of the world by where data centres draw "
        "electricity. A place narrows the result more than anything else.",
    )
    world = run_in("world", 2024)
    assert world.grid.g_per_kwh.best == next(v.g_per_kwh for v in PLACES.series("WORLD") if v.year == 2024)
    assert world.run["place"] == "world"


def test_without_place_and_year_the_newest_mixture() -> None:
    """A run of 2010 has the grids of 2010, a run of no stated year the newest ones."""
    assert intensity(None, 2010).best == 581
    assert intensity(None, None) == intensity(None, 2026) == intensity(None, 2027)


def test_without_a_year_the_latest_value_and_a_note() -> None:
    """The year taken stands in the result."""
    run = run_in("FR")
    latest = PLACES.series("FR")[-1]
    assert run.run["year"] == time.localtime().tm_year
    assert run.run["year_basis"] == "default"
    assert run.run["grid_year"] == latest.year
    assert run.notes == (f"No year given: the grid of {latest.year}, the latest for FR, is used.",)


@pytest.mark.parametrize(
    ("place", "year", "g_per_kwh", "basis"),
    [
        ("gcp:europe-north1", 2020, 133, "life-cycle"),
        ("gcp:europe-north1", 2021, 127, "direct"),
        ("gcp:europe-west4", 2019, 474, "life-cycle"),
        ("gcp:europe-west9", 2022, 71, "direct"),
        ("gcp:us-east1", 2023, 560, "direct"),
        # 2021 and 2022 read 0 in Google's file, which no grid has: the value of 2020 stands in.
        ("gcp:northamerica-northeast1", 2021, 27, "life-cycle"),
    ],
)
def test_google_s_regions_have_a_value_for_each_year(place: str, year: int, g_per_kwh: float, basis: str) -> None:
    """Those of 2019 and 2020 are life-cycle, later ones count what leaves the stack; the basis goes with the number."""
    used = estimate(gpu="V100", hours=96, location=place, year=year).grid

    assert (used.g_per_kwh.best, used.accounting) == (g_per_kwh, basis)


def test_a_finnish_run_of_2020() -> None:
    """33 kWh at the meter in europe-north1 at 133 g/kWh: 4.39 kg."""
    run = estimate(
        gpu="V100", count=1, hours=100, power=330, host_factor=1, pue=1, location="gcp:europe-north1", year=2020
    )

    assert run.facility_energy_kwh.best == 33
    assert run.operational_kg.best == pytest.approx(33 * 0.133, rel=1e-12)


def test_before_a_region_s_first_value_its_country_s_counts() -> None:
    """Google gives europe-north2 from 2024 on: a run of 2020 has the grid of Sweden in 2020, and says so."""
    run = estimate(gpu="V100", hours=96, location="gcp:europe-north2", year=2020)

    assert run.grid.g_per_kwh.best == intensity("SE", 2020).best
    assert "gcp:europe-north2: no regional value for 2020; the grid of Sweden is used." in run.notes


def test_a_region_s_own_value_comes_first() -> None:
    """Google publishes one for Iowa; its place's series would say otherwise."""
    region = PLACES.regions["gcp:us-central1"]
    assert region.own_value is not None
    assert intensity("gcp:us-central1", 2024).best == region.own_value.g_per_kwh
    assert intensity("gcp:us-central1", 2024).best != intensity(region.place, 2024).best


def test_a_region_without_a_value_takes_its_country_s_and_says_so() -> None:
    """Amsterdam takes the Netherlands."""
    run = run_in("azure:westeurope", 2024)
    assert intensity("azure:westeurope", 2024) == intensity("NL", 2024)
    assert run.notes == ("azure:westeurope: no regional value; the grid of Netherlands is used.",)
    assert run.run["location"] == "azure:westeurope"


def test_a_given_intensity_is_exact_and_needs_no_place() -> None:
    """Nothing is looked up, so nothing is noted."""
    run = estimate("rtx-3090", hours=1, grid_intensity=57, pue=1)
    assert [item.value for item in run.inputs if item.name == "grid_intensity"] == [Interval(57, 57, 57)]
    assert (run.notes, run.run["location"], run.run["grid_year"]) == ((), None, None)


def test_a_clean_grid_ages_faster() -> None:
    """Denmark's 2025 value for a run of 2027, 96 hours, below 150 g/kWh: two years are 0.2, not 0.1."""
    value = PLACES.series("DK")[-1]
    run = intensity("DK", value.year + 2)
    source = 0.4 if value.g_per_kwh < 100 else 0.25
    length = 0.16 * (1.5 if value.g_per_kwh < 100 else 1)

    assert value.g_per_kwh < 150
    assert log(run.best / run.low) == pytest.approx(1.644854 * (source**2 + 0.2**2 + length**2) ** 0.5, rel=1e-6)


def test_an_implausible_value_is_wide_and_said() -> None:
    """Turkmenistan, 1,306 g/kWh from gas: 0.15 of sources, 0.5 of its own, 96 hours 0.112."""
    run = intensity("TM", 2024)

    assert log(run.best / run.low) == pytest.approx(1.644854 * (0.15**2 + 0.5**2 + 0.112**2) ** 0.5, rel=1e-6)
    assert any("which a gas grid cannot have" in note for note in run_in("TM", 2024).notes)


def test_a_place_whose_editions_disagree_is_wide() -> None:
    """Lebanon: 0.15 of sources and 0.3 of its own; the older edition's 599 g/kWh against 380 is inside."""
    run = intensity("LB", 2022)

    assert log(run.best / run.low) == pytest.approx(1.644854 * (0.15**2 + 0.3**2 + 0.112**2) ** 0.5, rel=1e-6)
    assert run.low < 599 < run.high
