"""PUE and water of facilities: the most specific figure, of the right year."""

import pytest

from greentrain import Interval, load_catalogue
from greentrain.interval import exact

CATALOGUE = load_catalogue()
FACILITIES = CATALOGUE.facilities
PLACES = CATALOGUE.places


@pytest.mark.parametrize(
    ("year", "figure_year", "pue"),
    [(2007, 2007, 2.5), (2012, 2011, 1.98), (2013, 2013, 1.65), (2023, 2023, 1.58), (2000, 2007, 2.5)],
)
def test_a_figure_of_the_year_else_the_nearest_earlier_one(year: int, figure_year: int, pue: float) -> None:
    """The industry's survey of 2011 stands for 2012, the first one for anything before."""
    figure = FACILITIES.figure("pue", "industry", "", year)
    assert figure is not None
    assert (figure.year, figure.value.best, figure.unit) == (figure_year, pue, "1")


def test_without_a_year_the_latest_figure() -> None:
    """As after any year to come, with the widest interval of all years: 2019 had 1.67 (1.101 to 2.072).

    1.52 x 1.101 / 1.67 = 1.002 and 1.52 x 2.072 / 1.67 = 1.886.
    """
    figure, latest = (FACILITIES.figure("pue", "industry", "", year) for year in (None, 9999))
    assert figure is not None
    assert latest is not None
    assert figure._replace(value=latest.value) == latest
    assert figure.value == pytest.approx((1.52 * 1.101 / 1.67, 1.52, 1.52 * 2.072 / 1.67))


def test_an_unknown_provider_has_no_figure() -> None:
    """The caller decides what to take instead."""
    assert FACILITIES.figure("pue", "nobody", "", 2023) is None


def test_the_figure_of_the_region_comes_first() -> None:
    """Amazon's Virginia in 2022: 1.16."""
    region = PLACES.regions["aws:us-east-1"]
    figure = FACILITIES.best_known("pue", "aws", region, 2022)
    assert (figure.value.best, figure.year, figure.basis) == (1.16, 2022, "published")


def test_a_region_without_a_figure_takes_its_provider_s() -> None:
    """The fleet's value of the year."""
    region = PLACES.regions["gcp:europe-west9"]
    assert FACILITIES.figure("pue", "gcp", "europe-west9", 2022) is None
    assert FACILITIES.best_known("pue", "gcp", region, 2022) == FACILITIES.figure("pue", "gcp", "", 2022)


def test_without_a_provider_the_industry_s_figure_is_a_default() -> None:
    """Nobody said anything about the facility, so the survey's average is our choice."""
    figure = FACILITIES.best_known("pue", "", None, 2023)
    assert (figure.value.best, figure.basis) == (1.58, "default")


def test_a_workstation_has_no_overhead() -> None:
    """PUE 1 and no cooling tower, exactly."""
    for metric, value in (("pue", 1.0), ("wue", 0.0)):
        figure = FACILITIES.figure(metric, "workstation", "", None)
        assert figure is not None
        assert figure.value == exact(value)


def test_every_pue_is_at_least_one() -> None:
    """No facility draws less than its computers, at any end of an interval."""
    for metric, provider, region in FACILITIES._rows:
        figure = FACILITIES.figure(metric, provider, region, None)
        assert figure is not None
        low, best, high = figure.value
        assert (1 if metric == "pue" else 0) <= low <= best <= high


def test_water_of_the_country_serves_its_parts() -> None:
    """France: 3.674 L/kWh; California takes the value of the United States."""
    assert FACILITIES.water_intensity(PLACES.by_code["FR"]).value == Interval(2.161, 3.674, 6.245)
    california, country = PLACES.by_code["US-CA"], PLACES.by_code["US"]
    assert FACILITIES.water_intensity(california) == FACILITIES.water_intensity(country)


def test_water_of_a_place_without_a_value_is_the_world_s_as_a_default() -> None:
    """Our choice, not a published figure of that place."""
    world = FACILITIES.water_intensity(PLACES.by_code["WORLD"])
    unknown = next(place for place in PLACES.by_code.values() if place.country not in FACILITIES._water)
    figure = FACILITIES.water_intensity(unknown)
    assert (figure.value, figure.basis) == (world.value, "default")
