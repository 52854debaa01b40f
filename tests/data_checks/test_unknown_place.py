"""A run whose place is not known is one in a data centre somewhere: the shipped figures follow from the shares."""

import csv
from pathlib import Path
from types import ModuleType

import pytest
from shipped import benchmark, rows

from greentrain import load_catalogue


@pytest.fixture(scope="module")
def mixture() -> ModuleType:
    """Load the script that works the mixture out."""
    return benchmark("unknown_place")


def test_the_table_holds_what_the_script_writes(mixture: ModuleType) -> None:
    """Nobody edits the mixture by hand, and new grid values get into it."""
    with (Path(mixture.DATA) / "unknown_place.csv").open(newline="", encoding="utf-8") as file:
        assert list(csv.DictReader(file)) == mixture.rows()


def test_weights_are_the_published_shares(mixture: ModuleType) -> None:
    """The United States draw 44 of 99.9 %, China 24.5; Europe's 16.3 % are shared out by cloud regions."""
    found = mixture.weights(load_catalogue())
    europe = next(row["members"].split(";") for row in rows("datacentre_electricity.csv") if row["region"] == "Europe")

    assert sum(found.values()) == pytest.approx(1, rel=1e-12)
    assert found["US"] == pytest.approx(0.44 / 0.999, rel=1e-9)
    assert found["CN"] == pytest.approx(0.245 / 0.999, rel=1e-9)
    assert sum(found.get(code, 0) for code in europe) == pytest.approx(0.163 / 0.999, rel=1e-9)
    assert found["FR"] / found["GB"] == pytest.approx(11 / 7, rel=1e-9)


def test_the_best_value_is_the_weighted_mean(mixture: ModuleType) -> None:
    """About 400 g/kWh in the middle of the 2020s; a simulation for the notes gave 403 (65 to 816)."""
    low, mean, high, year = mixture.interval(load_catalogue(), 2025)

    assert year == 2025
    assert mean == pytest.approx(403, rel=0.03)
    assert low == pytest.approx(65, rel=0.05)
    assert high == pytest.approx(816, rel=0.08)


def test_quantiles_of_one_country_are_its_own(mixture: ModuleType) -> None:
    """A mixture of a single log-normal of 100 g/kWh and 0.5: 100 e^(-1.645 x 0.5) = 43.9 to 227.6."""
    alone = [mixture.Component(1.0, 100.0, 0.5, 0.5, 2024)]

    assert mixture.quantile(alone, 0.05) == pytest.approx(43.94, rel=1e-3)
    assert mixture.quantile(alone, 0.95) == pytest.approx(227.6, rel=1e-3)
