"""The fitted defaults are what the evidence gives, and hold on laboratories that were left out."""

import csv
from math import exp, log
from pathlib import Path
from types import ModuleType

import pytest
from shipped import benchmark

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def fitting() -> ModuleType:
    """Load the script that fits the defaults."""
    return benchmark("fit_power_defaults")


def test_the_table_holds_what_the_script_writes(fitting: ModuleType) -> None:
    """Nobody edits a fitted default by hand, and new evidence is fitted."""
    runs = fitting.evidence()
    with (ROOT / "hardware_profiles" / "power_defaults.csv").open(newline="", encoding="utf-8") as file:
        stored = list(csv.DictReader(file))

    assert all(row in stored for row in fitting.new_rows(runs, fitting.fitted(runs)))


@pytest.mark.parametrize("hinted", [False, True])
def test_left_out_laboratories_are_covered_as_promised(fitting: ModuleType, hinted: bool) -> None:
    """A 90 % interval fitted without a laboratory holds 85 to 95 % of the runs of both levels."""
    results = fitting.judged(fitting.evidence(), fitting.direct, hinted)
    inside = [result.low <= result.run.ratio <= result.high for result in results]

    assert 0.85 <= sum(inside) / len(inside) <= 0.95


def test_servers_at_the_wall_are_met_within_a_tenth(fitting: ModuleType) -> None:
    """The mean error on servers of laboratories left out is at most 10 %, in an interval of at most x1.6."""
    results = [one for one in fitting.judged(fitting.evidence(), fitting.direct, True) if one.run.level == "node"]
    errors = [abs(one.best / one.run.ratio - 1) for one in results]

    assert sum(errors) / len(errors) <= 0.10
    assert exp(sum(log(one.high / one.low) for one in results) / len(results)) <= 1.6


def test_laboratories_count_equally(fitting: ModuleType) -> None:
    """A laboratory with a hundred runs weighs as much as one with a single run."""
    one = fitting.Run("a", "A", "sxm-node", "accelerator", 0.5, "small", "a")
    other = fitting.Run("b", "B", "sxm-node", "accelerator", 0.9, "small", "b")

    mean, variance, laboratories = fitting.moments([one] * 100 + [other])

    assert laboratories == 2
    assert mean == pytest.approx((log(0.5) + log(0.9)) / 2, rel=1e-12)
    assert variance == pytest.approx((log(0.9 / 0.5) / 2) ** 2, rel=1e-9)


def test_a_fit_by_hand(fitting: ModuleType) -> None:
    """Two laboratories at 0.5 and 0.8: the mean is the root of 0.4, the prediction's t has 2 degrees of freedom.

    Variance of the logarithms (ln 1.6 / 2)^2 = 0.0552, times 1 + 1/2; t at 95 % is 2.920.
    """
    runs = [fitting.Run(name, name, "sxm-node", "node", ratio, "", name) for name, ratio in (("a", 0.5), ("b", 0.8))]
    half = 2.920 * (log(1.6) / 2) * 1.5**0.5

    low, best, high, number, laboratories = fitting.fit(runs, "node")

    assert (number, laboratories) == (2, 2)
    assert (low, best, high) == pytest.approx((0.4**0.5 / exp(half), 0.4**0.5, 0.4**0.5 * exp(half)), rel=1e-12)


def test_a_workload_is_drawn_towards_its_level(fitting: ModuleType) -> None:
    """One laboratory of a workload at 0.4, whose level has the mean 0.8 ^ 0.5 x 0.4 ^ 0.5: half way between the two."""
    runs = [
        fitting.Run("a", "A", "sxm-node", "accelerator", 0.4, "small", "a"),
        fitting.Run("b", "B", "sxm-node", "accelerator", 0.8, "pretraining", "b"),
    ]

    assert fitting.fit(runs, "accelerator", "small").best == pytest.approx((0.4 * 0.32**0.5) ** 0.5, rel=1e-12)
