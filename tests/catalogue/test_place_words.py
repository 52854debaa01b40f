"""Places as people write them: found, asked for, or refused with the reason."""

import pytest

from greentrain import InputError, UnknownName, estimate, load_catalogue
from greentrain.catalogue import Places
from greentrain.catalogue.tables import Tables
from greentrain.errors import AmbiguousName

PLACES = load_catalogue().places
COUNTRY_OR_OTHER_NAME = ("Macau", "Guangzhou", "Kolkata", "Nara-shi", "Donostia / San Sebastián", "Saint Petersburg")
"""Towns whose name is a country's, or whose other name alone is shared with towns on other grids."""


@pytest.mark.parametrize(
    ("words", "code"),
    [
        ("Paris, France", "FR"),
        ("Germany, Frankfurt", "DE"),
        ("Frankfurt Germany", "DE"),
        ("Germany (Bonn)", "DE"),
        ("Quebec, Canada", "CA-QC"),
        ("Québec", "CA-QC"),
        ("California, USA", "US-CA"),
        ("US-CA", "US-CA"),
        ("Illinois, USA", "US-IL"),
        ("Austin, TX", "US-TX"),
        ("Victoria, BC", "CA-BC"),
        ("San Francisco, CA", "US-CA"),
        ("Boston, MA, USA", "US-MA"),
        ("Atlanta, Georgia", "US-GA"),
        ("Tbilisi, Georgia", "GE"),
        ("London, UK", "GB"),
        ("Lyon", "FR"),
        ("Köln", "DE"),
        ("Nara", "JP-KN"),
        ("U.S.A.", "US"),
        ("Bosnia and Herzegovina", "BA"),
        ("US average (EPA 2018 factor)", "US"),
        ("Google North Carolina", "US-NC"),
        ("AWS US-east", "US"),
        ("Bavaria", "DE"),
        ("DE-BY", "DE"),
        ("Munich, Bayern", "DE"),
        ("Edinburgh, Scotland", "GB"),
        ("Bangalore, Karnataka, India", "IN"),
        ("Campinas, São Paulo, Brazil", "BR"),
        ("Yokohama, Kanagawa", "JP-TK"),
        ("Berlin, Munich", "DE"),
        ("Canada (Quebec)", "CA-QC"),
        ("Canada (Montreal)", "CA-QC"),
        ("Australia (Tasmania)", "AU-TAS"),
        ("Sweden (Luleå)", "SE-SE1"),
        ("Paris (France)", "FR"),
        ("Georgia (USA)", "US-GA"),
        ("Aurora, Colorado", "US-CO"),
        ("Summit, NJ", "US-NJ"),
        ("Delta, Utah, USA", "US-UT"),
        ("Perlmutter, New York", "US-NY"),
        ("Seattle, Washington", "US-WA"),
        ("Spokane, Washington, USA", "US-WA"),
        ("Melbourne, Victoria", "AU-VIC"),
        ("Raleigh, NC", "US-NC"),
        ("Oakland, CA", "US-CA"),
        ("Wilmington, DE", "US-DE"),
        ("London, England", "GB"),
        ("Hong Kong, China", "HK"),
        ("Berlin, Germany, EU", "DE"),
        ("USA-CA", "US-CA"),
        ("Southern California", "US-CA"),
        ("Den Haag", "NL"),
        ("Schweiz", "CH"),
    ],
)
def test_towns_states_and_countries_in_any_order(words: str, code: str) -> None:
    """The finest part counts that the others hold; remarks and words such as "average" do not."""
    if words == "Nara":  # also a district of Mali, on another grid: asked for
        with pytest.raises(AmbiguousName):
            PLACES.find(words)
        return
    assert PLACES.find(words).code == code


@pytest.mark.parametrize(
    ("words", "code"),
    [
        ("europe-west4-a", "gcp:europe-west4"),
        ("gcp:us-central1-b", "gcp:us-central1"),
        ("Google Cloud us-central1-f", "gcp:us-central1"),
        ("aws:us-east-1a", "aws:us-east-1"),
        ("Azure (westeurope)", "azure:westeurope"),
        ("Azure East US (unverified)", "azure:eastus"),
        ("Google Iowa (Council Bluffs)", "gcp:us-central1"),
        ("Google Cloud Platform, us-central1", "gcp:us-central1"),
        ("US East (N. Virginia)", "aws:us-east-1"),
        ("EU (Paris)", "aws:eu-west-3"),
        ("Iowa (us-central1)", "gcp:us-central1"),
        ("us-east-1 (N. Virginia)", "aws:us-east-1"),
        ("us-east-1", "aws:us-east-1"),
        ("AWS Oregon", "aws:us-west-2"),
        ("AWS, Virginia", "aws:us-east-1"),
        ("AWS N. Virginia", "aws:us-east-1"),
        ("Azure Amsterdam", "azure:westeurope"),
        ("aws:FR", "aws:eu-west-3"),
        ("fr-par-1", "scaleway:fr-par"),
    ],
)
def test_regions_and_their_zones(words: str, code: str) -> None:
    """Metadata servers write the zone, cards the provider's full name."""
    assert PLACES.find(words).code == code


@pytest.mark.parametrize(
    ("words", "centre", "code"),
    [
        ("LUMI", "lumi", "FI"),
        ("LUMI, Finland (100% hydro)", "lumi", "FI"),
        ("Jean Zay", "jean-zay", "FR"),
        ("Jean Zay, France", "jean-zay", "FR"),
        ("Perlmutter", "perlmutter", "CAMX"),
        ("Perlmutter, California", "perlmutter", "CAMX"),
        ("Leonardo (CINECA, Italy)", "leonardo", "IT"),
        ("JUWELS Booster, Jülich", "juwels-booster", "DE"),
        ("NCI Gadi", "gadi", "AU-NSW"),
        ("Narval (Calcul Québec)", "narval", "CA-QC"),
        ("Frontier", "frontier", "SRTV"),
    ],
)
def test_computing_centres(words: str, centre: str, code: str) -> None:
    """By the names that papers use, with the grid where they are."""
    found = PLACES.find(words)

    assert found.centre is not None
    assert (found.centre.id, found.code, found.region) == (centre, code, None)


def test_every_centre_and_every_town_is_found_by_each_of_its_names() -> None:
    """Or, where towns of the same name have another grid, asked for."""
    tables = Tables()
    places = Places(tables)
    for name, centre in tables.lookup("centre_names").items():
        found = places.find(name).centre
        assert found is not None
        assert found.id == centre
    for row in tables.records("cities"):
        place = places.by_code[row["place"]]
        named = f"{row['name']}, {row['place'] if place.parent else place.name}"
        assert places.find(named).place == place, named
        if row["ambiguous_with"] and row["name"] not in COUNTRY_OR_OTHER_NAME:
            with pytest.raises(AmbiguousName):
                places.find(row["name"])


@pytest.mark.parametrize(
    "words",
    [
        "N/A",
        "n/a",
        "na",
        "No",
        "no",
        "none",
        "Unknown",
        "not available",
        "-",
        "?",
        "tbd",
        "[More Information Needed]",
        "unknown location",
        "Location unknown",
        "don't know",
        "not public",
        "No information",
        "no data",
        "NotSpecified",
        "to be determined",
        "N/D",
        "ND",
        "k.A.",
        "nicht bekannt",
        "non renseigné",
        "no especificado",
        "multiple regions",
    ],
)
def test_words_that_mean_unknown_are_no_places(words: str) -> None:
    """An estimate of N/A would be one of Namibia: the message asks to leave the place out."""
    with pytest.raises(InputError, match=r"means that the place is unknown; leave location out then"):
        estimate("A100", hours=10, location=words)


@pytest.mark.parametrize("words", ["on-premise", "home", "localhost", "in-house", "our lab", "Europe", "Latin America"])
def test_sites_and_continents_are_no_places(words: str) -> None:
    """Whoever runs at home, or somewhere in Europe, is asked for the country instead of offered Rome."""
    with pytest.raises(InputError, match=r"(names no place; give country|has many grids; give the country)"):
        PLACES.find(words)


def test_two_capital_letters_are_a_code() -> None:
    """NA is Namibia, and a note says so; NO is Norway."""
    namibia = estimate("A100", hours=10, location="NA")

    assert namibia.run["location"] == "NA"
    assert "NA is Namibia. Leave the location out where it is not known." in namibia.notes
    assert PLACES.find("NO").place.name == "Norway"


@pytest.mark.parametrize(
    ("words", "choices"),
    [
        ("Georgia", ("GE (Georgia)", "US-GA (Georgia, US)")),
        ("Paris", ("Paris, France", "Paris, US-TX")),
        ("Smallville, DE", ("DE (Germany)", "US-DE (Delaware)")),
        ("France, Germany", ("FR (France)", "DE (Germany)")),
        ("Denmark/US grid mix", ("DK (Denmark)", "US (United States)")),
        ("us-west-2", ("aws:us-west-2", "lambda:us-west-2")),
        ("Canada (Central)", ("aws:ca-central-1", "azure:canadacentral")),
        ("aws us-east-1, Ohio", ("aws:us-east-1", "aws:us-east-2")),
        ("us-central1, Texas", ("gcp:us-central1", "US-TX (Texas)")),
        ("europe-west4, Germany", ("gcp:europe-west4", "DE (Germany)")),
        ("EU, USA", ("EU27 (European Union (27))", "US (United States)")),
    ],
)
def test_what_may_be_several_places_is_asked_for(words: str, choices: tuple[str, ...]) -> None:
    """And each choice is understood as it stands."""
    with pytest.raises(AmbiguousName) as caught:
        PLACES.find(words)

    assert caught.value.suggestions == choices
    assert [PLACES.find(choice) for choice in choices]


@pytest.mark.parametrize(
    ("words", "rule"),
    [
        ("RunPod", "has no public list of regions; give the country"),
        ("Google", "is a provider, not a place; give its region, as in gcp:africa-south1, or the country"),
        ("F/R", "unknown place"),
        ("Meta datacentres (unstated)", "unknown place; 'greentrain grids WORD' searches the places"),
    ],
)
def test_what_names_no_place_is_refused(words: str, rule: str) -> None:
    """With the reason; punctuation inside a code is not thrown away."""
    with pytest.raises(UnknownName) as caught:
        PLACES.find(words)

    assert caught.value.rule == rule


@pytest.mark.parametrize(
    ("words", "code", "note"),
    [
        ("Paris, France", "FR", "Paris: the grid of France (FR) is used."),
        ("LUMI", "FI", "LUMI: the grid of Finland (FI) is used."),
        ("Bavaria", "DE", "Bavaria: the grid of Germany (DE) is used."),
        ("Munich, Bavaria", "DE", "Munich: the grid of Germany (DE) is used."),
        ("AWS Ireland", "aws:eu-west-1", "aws:eu-west-1 is taken."),
        ("CA", "CA", "CA is Canada. The state is US-CA."),
        ("Aurora, Colorado", "US-CO", "The grid of Colorado (US-CO) is used; Aurora is not known there."),
        ("Tokyo", "JP-TK", "JP-TK has no grid value since 2012: the grid of Japan is used."),
        ("Smallville, NY", "US-NY", "The grid of New York (US-NY) is used; Smallville is not known there."),
        ("Jupiter, Texas", "US-TX", "The grid of Texas (US-TX) is used; Jupiter is not known there."),
    ],
)
def test_a_result_says_whose_grid_the_words_took(words: str, code: str, note: str) -> None:
    """The code stands in location, the words in place, and a note tells what was understood."""
    made = estimate("A100", hours=10, location=words, year=2024)

    assert (made.run["location"], made.run["place"]) == (code, words)
    assert note in made.notes


def test_a_centre_brings_its_pue() -> None:
    """BLOOM counted 1.2 for Jean Zay; a PUE that is given counts first, and a machine at home has none of it."""
    made = estimate("A100", hours=10, location="Jean Zay", year=2022)

    assert tuple(made.inputs["pue"].value) == (1.144, 1.2, 1.278)
    assert estimate("A100", hours=10, location="Jean Zay", pue=1.5).inputs["pue"].value.best == 1.5
    assert estimate("A100", hours=10, location="Jean Zay", site="workstation").inputs["pue"].value.best == 1
    assert made.operational_kg.best < estimate("A100", hours=10, location="FR", year=2022).operational_kg.best


def test_a_centre_without_a_pue_takes_the_default() -> None:
    """Nothing is copied from a neighbour."""
    centre = PLACES.centres["alvis"]
    assert centre.pue is None
    with_centre = estimate("A100", hours=10, location="Alvis", year=2024)
    assert (
        with_centre.inputs["pue"].value == estimate("A100", hours=10, location="SE-SE3", year=2024).inputs["pue"].value
    )
