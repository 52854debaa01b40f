"""Sums over the rows of a table are those of `total`, and sums of parts merge into those of the whole."""

import math
import pickle
import random
from typing import Any

import pandas as pd
import pytest
from drawn_runs import TEXTS, one_run
from hypothesis import given, settings
from hypothesis import strategies as st

from greentrain import Estimate, Footprint, GreentrainError, InputError, UnknownName, estimate, total
from greentrain.footprint import QUANTITIES
from greentrain.frames import FrameSums, merged_sums, sum_frame

EXACT: dict[str, Any] = {"power": 250, "host_factor": 1, "pue": 1.5, "grid_intensity": 400}
"""250 W, 1.5 and 400 g: an hour is 0.25 kWh, 0.375 kWh at the facility and 0.15 kg, all exact."""


def good_runs(runs: list[dict[str, Any]]) -> list[Estimate]:
    """Estimate those runs that can be."""
    found = []
    for run in runs:
        try:
            found.append(estimate(**run))
        except GreentrainError:
            continue
    return found


def assert_same(found: Footprint, wanted: Footprint) -> None:
    """Compare quantities, what their doubt comes from, and the parts of the energy."""
    for quantity in QUANTITIES:
        assert [*getattr(found, quantity)] == pytest.approx([*getattr(wanted, quantity)], rel=1e-9), quantity
    assert dict(found.drivers) == pytest.approx(dict(wanted.drivers), rel=1e-6, abs=1e-9)
    for part, other in zip(found.breakdown, wanted.breakdown, strict=True):
        assert part.component == other.component
        ends = part.energy_kwh, part.operational_kg
        assert ends == pytest.approx((other.energy_kwh, other.operational_kg), rel=1e-9, abs=1e-6)


def as_one(runs: list[Estimate]) -> Footprint:
    """Add estimates up, one at least."""
    return total(runs)


@pytest.mark.slow
@settings(max_examples=5, deadline=None)
@given(st.integers(0, 10**9))
def test_sums_are_those_of_total_and_merge_in_any_order(seed: int) -> None:
    """300 runs of any kind, by user and in total, whole and in three parts merged from the left and from the right."""
    dice = random.Random(seed)
    runs = [one_run(dice) for _ in range(300)]
    if seed % 2:
        runs = [{k: v for k, v in run.items() if not isinstance(v, str) or k in TEXTS} for run in runs]
    users = [dice.choice("abc") for _ in runs]
    table = pd.DataFrame(runs).assign(user=users)
    one, two = sorted(dice.sample(range(1, len(runs)), 2))
    parts = [sum_frame(part, by="user") for part in (table[:one], table[one:two], table[two:])]
    kinds: list[FrameSums] = [
        sum_frame(table, by="user"),
        merged_sums(parts),
        parts[0].merged(parts[1].merged(parts[2])),
        parts[2].merged(pickle.loads(pickle.dumps(parts[0]))).merged(parts[1]),
    ]
    for sums in kinds:
        assert sums.rows == len(runs)
        assert_same(sums.total().footprint, as_one(good_runs(runs)))
        for group in sums.groups_found():
            own = good_runs([run for run, user in zip(runs, users, strict=True) if user == group.by["user"]])
            assert (group.runs, group.failed) == (
                sum(run.run["runs"] for run in own),
                users.count(group.by["user"]) - len(own),
            )
            assert_same(group.footprint, as_one(own))


def test_exact_sums_by_hand() -> None:
    """10 h and 30 h of ada, 20 h of bob, 5 h of nobody: 10, 5 and 1.25 kWh; 6, 3 and 0.75 kg; 9.75 kg in all."""
    table = pd.DataFrame({"user": ["ada", "bob", "ada", None], "gpu": "V100", "hours": [10, 20, 30, 5]})
    sums = sum_frame(table, by="user", **EXACT)

    found = [(each.by["user"], each.runs, each.footprint.it_energy_kwh) for each in sums.groups_found()]
    assert [name for name, _, _ in found] == ["ada", "bob", None]
    assert [runs for _, runs, _ in found] == [2, 1, 1]
    assert [energy.best for _, _, energy in found if energy] == pytest.approx([10, 5, 1.25])
    assert all(energy.is_exact for _, _, energy in found if energy)
    whole = sums.total().footprint.operational_kg
    assert whole is not None
    assert whole.best == pytest.approx(9.75)


def test_what_runs_share_is_wrong_in_all_of_them_alike() -> None:
    """Three equal runs at one place are three times one, but for what is each run's own: the ends lie between."""
    one = estimate("V100", hours=100, location="FR", year=2024)
    sums = sum_frame(pd.DataFrame({"gpu": ["V100"] * 3, "hours": 100, "location": "FR", "year": 2024}))
    found = sums.total().footprint.operational_kg

    assert found is not None
    up = one.operational_kg.high - one.operational_kg.best
    assert found.best == pytest.approx(3 * one.operational_kg.best)
    assert math.sqrt(3) * up < found.high - found.best < 3 * up


def test_rows_of_one_name_are_parts_of_one_run() -> None:
    """A run on two kinds of GPU and a CPU node, twice named, is one; a nameless row is one too: two runs, four rows."""
    table = pd.DataFrame({
        "name": ["big", "big", "big", None], "gpu": ["A100", "H100", None, "V100"],
        "cpu_cores": [None, None, 64, None], "hours": 10,
    })  # fmt: skip
    sums = sum_frame(table)
    assert (sums.total().runs, sums.rows) == (2, 4)
    assert sum_frame(table[:2]).merged(sum_frame(table[2:])).total().runs == 2
    by_gpu = sum_frame(table, "gpu")  # the run is in three groups, and one in the total
    assert ([group.runs for group in by_gpu.groups_found()], by_gpu.total().runs) == ([1, 1, 1, 1], 2)
    parts = [{"gpu": "A100"}, {"gpu": "H100"}, {"cpu_cores": 64}, {"gpu": "V100"}]
    assert_same(sums.total().footprint, total([estimate(hours=10, **part) for part in parts]))  # type: ignore[arg-type]


def test_a_failed_run_and_its_repetition_are_two() -> None:
    """Under one name; the two parts of the repetition are one, in whatever letters its outcome is written."""
    table = pd.DataFrame({
        "name": "big", "status": ["failed", "Final", "final ", None], "gpu": ["A100", "H100", "V100", "T4"], "hours": 1,
    })  # fmt: skip
    assert sum_frame(table).total().runs == 3
    assert sum_frame(table[:2]).merged(sum_frame(table[2:])).total().runs == 3


@pytest.mark.parametrize(
    ("column", "starts", "months"),
    [
        ("started", ["2025-01-31T23:30:00-05:00", "2025-01-31T23:30:00Z", "2025-01-31"], ["2025-01", "2025-02"]),
        ("date", ["2025-03", "2025-03-09 10:00", "soon", None], ["2025-03", None]),
        ("started", [1735689599.0, 1735689600.0, 5.0], ["2024-12", "2025-01", None]),
        ("start", [pd.Timestamp("2025-07-01"), pd.NaT], ["2025-07", None]),
        ("month", ["May", "May", "June"], ["June", "May"]),
    ],
)
def test_months(column: str, starts: list[Any], months: list[str | None]) -> None:
    """In UTC; of ISO 8601, seconds since 1970 and moments; a column of that name is taken as it is."""
    table = pd.DataFrame({column: starts}).assign(gpu="V100", hours=1)
    assert [each.by["month"] for each in sum_frame(table, by="month").groups_found()] == months


def test_hardware_and_places_as_they_were_understood() -> None:
    """By the catalogue's ids and codes; a table without the column needs none."""
    table = pd.DataFrame(
        {"gpu": ["V100", "Tesla V100", None], "cpu_cores": [None, None, 8], "location": ["Paris, France", "FR", None]}
    )
    sums = sum_frame(table, by=["hardware", "place"], hours=1)
    found = {(each.by["hardware"], each.by["place"]): each.runs for each in sums.groups_found()}
    assert found == {("v100-sxm2-16gb", "FR"): 2, ("CPU", None): 1}


def test_groups_that_are_none() -> None:
    """A column that is not there, with the nearest; a month of nothing."""
    table = pd.DataFrame({"user": ["a"], "gpu": ["V100"], "hours": [1]})
    with pytest.raises(UnknownName, match=r"^by 'usr': is no column of the table; did you mean user\?$"):
        sum_frame(table, by="usr")
    with pytest.raises(InputError, match=r"^by 'month': needs a column that says when: started, start,"):
        sum_frame(table, by="month")


def test_nothing_to_sum() -> None:
    """No rows, or none that has a result: nothing is known, and nothing is zero."""
    assert sum_frame(pd.DataFrame({"gpu": []}), by="gpu", hours=1).total().footprint.it_energy_kwh is None
    sums = sum_frame(pd.DataFrame({"gpu": ["?"]}), hours=1)
    assert (sums.total().runs, sums.total().failed, sums.total().footprint.total_kg) == (0, 1, None)
