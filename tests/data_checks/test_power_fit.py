"""The fitted defaults are what the evidence gives, and hold on laboratories that were left out."""

import csv
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
    _, utilization, host = fitting.fit_all(runs)
    with (ROOT / "hardware_profiles" / "power_defaults.csv").open(newline="", encoding="utf-8") as file:
        stored = list(csv.DictReader(file))

    assert all(row in stored for row in fitting.new_rows(runs, utilization, host))


def test_left_out_laboratories_are_covered_as_promised(fitting: ModuleType) -> None:
    """A 90 % interval fitted without a laboratory holds 80 to 97 % of its runs, at the smallest stretch that does."""
    runs = [run for run in fitting.evidence() if run.level == "accelerator"]
    stretch = fitting.smallest_stretch(runs)
    shares = fitting.coverage(list(fitting.held_out(runs, lambda seen: fitting.fit_utilization(seen, stretch))))
    tighter = fitting.coverage(list(fitting.held_out(runs, lambda seen: fitting.fit_utilization(seen, stretch - 0.05))))

    assert all(0.80 <= share <= 0.97 for share in shares)
    assert min(tighter) < fitting.COVERAGE


def test_the_whole_chain_holds_left_out_laboratories(fitting: ModuleType) -> None:
    """Utilization and host factor together, fitted without a laboratory, hold 80 to 97 % of what it metered."""
    judged = fitting.judged_without_their_laboratory(fitting.evidence())

    for level in ("accelerator", "node"):
        shares = fitting.coverage([(run, inside) for run, inside, _ in judged if run.level == level])
        assert all(0.80 <= share <= 0.97 for share in shares), level


def test_a_quantile_of_equal_weights_is_the_usual_one(fitting: ModuleType) -> None:
    """Weights of one give the median of five numbers in their middle, and halfway between neighbours elsewhere."""
    pairs = [(float(value), 1.0) for value in (5, 1, 4, 2, 3)]

    assert fitting.quantile(pairs, 0.5) == 3
    assert fitting.quantile(pairs, 0.2) == pytest.approx(1.5, rel=1e-12)
    assert fitting.quantile(pairs, 0.01) == 1


def test_laboratories_count_equally(fitting: ModuleType) -> None:
    """A laboratory with a hundred runs weighs as much as one with a single run."""
    one = fitting.Run("A", "sxm-node", "accelerator", 0.5, "small", "a")
    other = fitting.Run("B", "sxm-node", "accelerator", 0.9, "small", "b")

    mean, _ = fitting.mean_and_sd(fitting.weighted([one] * 100 + [other]))

    assert mean == pytest.approx((-0.6931471805599453 + -0.10536051565782628) / 2, rel=1e-12)
