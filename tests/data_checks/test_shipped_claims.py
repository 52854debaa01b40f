"""The shipped claims: what they compare with is labelled, what they repeat agrees with its first source."""

import pytest
from shipped import rows

from greentrain import load_catalogue
from greentrain.catalogue.table_files import listed, shipped_table
from greentrain.estimation import is_labelled

CLAIMS = [row["id"] for row in rows("claims.csv")]
ACTIVITIES = {activity.id: activity for activity in load_catalogue().equivalents}


def test_every_claim_has_a_comparison_one_published_figure_and_our_own() -> None:
    """Nothing is claimed without a yardstick, and each row belongs to a claim."""
    references = [row["claim"] for row in rows("claim_references.csv") if row["role"] == "reference"]
    kinds = [(row["claim"], row["kind"]) for row in rows("claim_scenarios.csv")]
    assert CLAIMS == ["bert-flight", "five-cars", "gpt3"]
    assert set(references) == set(CLAIMS) == {claim for claim, _ in kinds}
    assert [kinds.count((claim, kind)) for claim in CLAIMS for kind in ("published", "own")] == [1] * 6


def test_every_activity_exists_and_is_labelled() -> None:
    """Also those over which the ranges go; a whole aircraft is only among what is mistaken."""
    for row in rows("claim_references.csv"):
        for key in (row["activity"], *listed(row, "others")):
            assert is_labelled(ACTIVITIES[key]), key
            assert (ACTIVITIES[key].subject == "aircraft") == (row["role"] == "mistaken"), key


def test_flights_range_over_every_sourced_value_of_the_route() -> None:
    """Each comparison with a New York-San Francisco passenger names the other three sources, or is one of them."""
    sources = {"flight-ny-sf", "flight-sf-ny-patterson-rt", "flight-ny-sf-greenalgorithms", "flight-ny-sf-strubell"}
    flights = [row for row in rows("claim_references.csv") if ACTIVITIES[row["activity"]].subject == "passenger"]
    assert len(flights) == 3
    for row in flights:
        named = {row["activity"].removesuffix("-oneway"), *listed(row, "others")}
        assert named == sources, row["activity"]


@pytest.mark.parametrize(
    ("claim", "scenario", "record"),
    [
        ("bert-flight", "as-published", "strubell2019-bert-base-v100"),
        ("five-cars", "as-published", "strubell2019-nas-evolved-p100"),
        ("five-cars", "actual-search", "patterson2021-nas-evolved-tpuv2"),
        ("gpt3", "as-published", "patterson2021-gpt3"),
        ("gpt3", "prediction", "carbontracker-gpt3"),
        ("gpt3", "tenfold", "climate-aware-gpt3-card"),
        ("five-cars", "proxy-task", "patterson2021-nas-proxy-correction"),
    ],
)
def test_what_a_claim_repeats_agrees_with_the_reference_runs(claim: str, scenario: str, record: str) -> None:
    """Printed kWh and kg, count, power, PUE and grid, to the digits of the two tables."""
    found = next(row for row in rows("claim_scenarios.csv") if (row["claim"], row["id"]) == (claim, scenario))
    run = next(row for row in shipped_table("references").records() if row["id"] == record)
    columns = {
        "count": "accelerator_count",
        "power_w": "power_w_per_accelerator",
        "pue": "pue",
        "grid_g_per_kwh": "grid_g_per_kwh",
        "published_kwh": "published_energy_kwh",
        "published_kg": "published_co2e_kg",
    }
    both = {ours: (found[ours], run[theirs]) for ours, theirs in columns.items()}
    compared = {name: pair for name, pair in both.items() if all(pair)}
    assert "published_kg" in compared
    for name, (ours, theirs) in compared.items():
        assert float(ours) == pytest.approx(float(theirs), rel=2e-5), name
