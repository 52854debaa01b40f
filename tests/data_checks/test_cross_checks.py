"""Our tables against other tables that are at hand: a difference above 15 % has a reason in known_differences.csv.

The other tables come with the codecarbon package, which the tests install: Ember by country in an older edition, the
states of eGRID2023, and a list of CPUs.
"""

import csv
import json
import re
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import pytest
from shipped import rows

from greentrain.catalogue.names import fold

SPEC = find_spec("codecarbon")
DATA = Path(SPEC.origin or "").parent / "data" / "private_infra" if SPEC else Path()
MOST = 0.15
POUND_KG = 0.45359237

pytestmark = pytest.mark.skipif(SPEC is None, reason="codecarbon is not installed")


def known(table: str) -> dict[str, str]:
    """Read the differences that have a reason."""
    with (Path(__file__).parent / "known_differences.csv").open(newline="", encoding="utf-8") as file:
        return {row["row"]: row["reason"] for row in csv.DictReader(file) if row["table"] == table}


def countries() -> Iterator[tuple[str, float, float]]:
    """Pair our carbon intensity of a country and year with that of an older edition."""
    codes = {row["iso3"]: row["place"] for row in rows("places.csv") if row["iso3"]}
    ours = {(row["place"], row["year"]): float(row["g_per_kwh"]) for row in rows("grid_countries.csv")}
    for iso3, other in json.loads((DATA / "global_energy_mix.json").read_text(encoding="utf-8")).items():
        key = codes.get(iso3, ""), str(other["year"])
        if key in ours:
            yield key[0], ours[key], float(other["carbon_intensity"])


def states() -> Iterator[tuple[str, float, float]]:
    """Pair our carbon intensity of a state of the US with that of eGRID2023, in pounds per MWh."""
    codes = {fold(row["name"]): row["place"] for row in rows("places.csv") if row["place"].startswith("US-")}
    ours = {row["place"]: float(row["g_per_kwh"]) for row in rows("grid_subnational.csv") if row["year"] == "2023"}
    text = (DATA / "2023" / "usa_emissions.json").read_text(encoding="utf-8")
    for name, other in json.loads(text).items():
        if codes.get(fold(name)) in ours:
            yield codes[fold(name)], ours[codes[fold(name)]], other["emissions"] * POUND_KG


def cpus() -> Iterator[tuple[str, float, float]]:
    """Pair our rated power of a CPU with that of codecarbon's table."""
    with (DATA.parent / "hardware" / "cpu_power.csv").open(newline="", encoding="utf-8") as file:
        stated = [row for row in csv.DictReader(file) if re.fullmatch(r"[1-9]\d*(\.\d+)?", row["TDP"])]
    others = {fold(row["Name"]): float(row["TDP"]) for row in stated}
    for row in rows("cpus.csv"):
        found = next(filter(None, (others.get(fold(name)) for name in (row["name"], *row["aliases"].split(";")))), None)
        if row["tdp_w"] and found:
            yield row["id"], float(row["tdp_w"]), found


@pytest.mark.parametrize(
    ("table", "pairs", "least"),
    [("grid_countries", countries, 200), ("grid_subnational", states, 48), ("cpus", cpus, 80)],
)
def test_differences_above_15_percent_have_a_reason(table: str, pairs: object, least: int) -> None:
    """And a reason that is no longer needed goes."""
    assert callable(pairs)
    compared = list(pairs())

    assert len(compared) >= least
    assert {key for key, ours, other in compared if abs(ours / other - 1) > MOST} == set(known(table))


def test_places_whose_editions_disagree_or_cannot_be_are_wide() -> None:
    """The reasons that speak of a wider term have one; so have four gas grids above what coal emits (820 g/kWh)."""
    terms = {(row["term"], row["key"]): float(row["sigma"]) for row in rows("grid_uncertainty.csv")}
    wide = {place for place, reason in known("grid_countries").items() if "wider term" in reason}

    assert wide == {key for term, key in terms if term == "place_source"}
    assert {key for term, key in terms if term == "place_implausible"} == {"BH", "BN", "TM", "UZ"}
    assert all(sigma >= 0.25 for (term, _), sigma in terms.items() if term.startswith("place_"))
