"""Places and regions by name, and their series of carbon intensity."""

import pytest

from greentrain import AmbiguousName, UnknownName, load_catalogue

PLACES = load_catalogue().places


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("FR", "FR"),
        ("fra", "FR"),
        ("France", "FR"),
        ("NA", "NA"),
        ("Namibia", "NA"),
        ("UK", "GB"),
        ("USA", "US"),
        ("South Korea", "KR"),
        ("US-GA", "US-GA"),
        ("us-ca", "US-CA"),
        ("CA-QC", "CA-QC"),
        ("CAMX", "CAMX"),
        ("SE-SE3", "SE-SE3"),
        ("world", "WORLD"),
        ("EU", "EU27"),
    ],
)
def test_a_place_by_code_or_name(name: str, code: str) -> None:
    """ISO codes, common names, states, subregions and bidding zones; NA is Namibia and not a blank."""
    location = PLACES.find(name)
    assert (location.code, location.region) == (code, None)


@pytest.mark.parametrize(
    ("name", "code", "place"),
    [
        ("aws:us-east-1", "aws:us-east-1", "SRVC"),
        ("AWS: us-east-1", "aws:us-east-1", "SRVC"),
        ("amazon:us-east-1", "aws:us-east-1", "SRVC"),
        ("google:us-central1", "gcp:us-central1", "MROW"),
        ("Microsoft:westeurope", "azure:westeurope", "NL"),
        ("westeurope", "azure:westeurope", "NL"),
    ],
)
def test_a_region_lies_in_a_place(name: str, code: str, place: str) -> None:
    """By code or maker's name of the provider; alone where only one provider has a region of this name."""
    location = PLACES.find(name)
    assert (location.code, location.place.place) == (code, place)


def test_a_region_that_several_providers_have_is_ambiguous() -> None:
    """us-west-2 is a region of two providers on two grids; uswest1 may be a third's too."""
    with pytest.raises(AmbiguousName) as caught:
        PLACES.find("us-west-2")
    assert caught.value.suggestions == ("aws:us-west-2", "lambda:us-west-2")

    with pytest.raises(AmbiguousName) as caught:
        PLACES.find("uswest1")
    assert caught.value.suggestions == ("aws:us-west-1", "gcp:us-west1", "lambda:us-west-1")
    assert PLACES.find("us-west1").code == "gcp:us-west1"


@pytest.mark.parametrize("name", ["!!!", ":", "aws:", "aws:PL", "GE:GA", "\u0424R", "Atlantis"])
def test_a_name_that_no_place_has_is_refused(name: str) -> None:
    """Punctuation alone, half a region, and a place with a provider before it are no places."""
    with pytest.raises(UnknownName):
        PLACES.find(name)


def test_a_region_suggests_regions_and_a_place_suggests_places() -> None:
    """Who wrote a colon means a region."""
    with pytest.raises(UnknownName) as caught:
        PLACES.find("aws:us-esat-1")
    assert all(":" in name for name in caught.value.suggestions)
    with pytest.raises(UnknownName) as caught:
        PLACES.find("Frence")
    assert caught.value.suggestions[0] == "FR (France)"


def test_every_place_is_found_by_its_code_and_has_a_series() -> None:
    """No code is hidden by another name."""
    for code in PLACES.by_code:
        assert PLACES.find(code).code == code
        assert PLACES.series(code), code


def test_every_region_is_found_by_its_code() -> None:
    """And lies in a known place."""
    for code, region in PLACES.regions.items():
        assert PLACES.find(code)[:2] == (PLACES.by_code[region.place], region)


def test_a_series_has_one_value_per_year_oldest_first() -> None:
    """Whatever the order of the rows."""
    for code in PLACES.by_code:
        years = [value.year for value in PLACES.series(code)]
        assert years == sorted(set(years))


def test_the_intensity_of_france() -> None:
    """Life-cycle, Ember's yearly data."""
    value = next(value for value in PLACES.series("FR") if value.year == 2024)
    assert (value.g_per_kwh, value.basis) == (40.3, "lifecycle")


def test_the_ratio_of_a_part_falls_back_to_its_country_and_then_to_any() -> None:
    """California has none of its own, Bhutan neither."""
    ratio = PLACES.direct_over_life_cycle
    assert ratio(PLACES.by_code["US-CA"]) == ratio(PLACES.by_code["US"])
    assert ratio(PLACES.by_code["BT"]) == ratio(PLACES.by_code["PG"])
    for place in PLACES.by_code.values():
        low, best, high = ratio(place)[0]
        assert 0 < low <= best <= high <= 1
