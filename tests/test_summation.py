"""Sums of results: what runs share adds up, what is each run's own cancels in part."""

import json
import time
from collections.abc import Iterator
from math import sqrt
from pathlib import Path
from random import Random
from typing import Any

import pytest
from hypothesis import assume, strategies
from hypothesis import given as law
from journals_by_hand import one_hour, tracker
from strategies import described_runs

import greentrain
from greentrain import Footprint, History, Input, InputError, Interval, LiveRun, Run, estimate, total
from greentrain.footprint import QUANTITIES, UNKNOWN, Part, SiteFactors, footprint
from greentrain.inputs import IT_ENERGY, given
from greentrain.interval import exact, sum_independent
from greentrain.summation import total_of

SITE = SiteFactors(given("pue", 1.2, "1"), given("grid_intensity", 400.0, "g/kWh"))
SLACK = 1e-9
MUST_HOLD = "must hold results: estimates, tracked runs that have ended, or totals"
MUST_BE = "must be a list of results; a single one is not added to anything"


def run(kwh: float, ratio: float = 2.0, key: str = "", own: float = 0.0, site: SiteFactors = SITE) -> Footprint:
    """Make a run of some energy, known to a factor; PUE 1.2 and 400 g/kWh are exact."""
    energy = Interval(kwh / ratio, kwh, kwh * ratio)
    meter = Input(IT_ENERGY, energy, "kWh", "measured", "measurement", key=key, own_share=own)
    return footprint(energy, kwh, site, embodied_kg=None, inputs=(meter, *site.of_energy), basis="measured")


def ends(interval: Interval | None) -> tuple[float, ...]:
    """Take an interval apart, which has to be known."""
    assert interval is not None
    return tuple(interval)


@pytest.mark.parametrize("quantity", ["it_energy_kwh", "facility_energy_kwh", "operational_kg"])
def test_runs_that_share_everything_keep_their_relative_width(quantity: str) -> None:
    """10 kWh (5 to 20) and as much again by the same meter are 20 kWh (10 to 40)."""
    one = getattr(run(10, key="meter"), quantity)
    assert ends(getattr(total([run(10, key="meter"), run(10, key="meter")]), quantity)) == pytest.approx(
        ends(one.scaled(2))
    )


@pytest.mark.parametrize("number", [2, 4, 100])
def test_own_doubt_falls_with_the_root_of_the_number(number: int) -> None:
    """Four runs of 10 kWh (5 to 20) by meters of their own are 40 kWh (30 to 60): half-widths of 2 x 5 and 2 x 10."""
    found = total([run(10) for _ in range(number)])
    root = sqrt(number)
    assert ends(found.it_energy_kwh) == pytest.approx((10 * number - 5 * root, 10 * number, 10 * number + 10 * root))


def test_shared_and_own_doubt_add_by_their_squares() -> None:
    """Half of the variance of two equal runs is shared: 1/2 + 1/2 x 1/2 of it is left, sqrt(3/4) of the half-widths."""
    found = total([run(10, key="meter", own=0.5), run(10, key="meter", own=0.5)])
    assert ends(found.it_energy_kwh) == pytest.approx((20 - 10 * sqrt(0.75), 20, 20 + 20 * sqrt(0.75)))
    named = [(item.name, item.key) for item in found.factors("it_energy_kwh")]
    assert named == [("it_energy", "meter"), ("it_energy", "")]


def test_runs_count_by_their_size() -> None:
    """30 kWh (15 to 60) by one meter and 10 (5 to 20) by another: 15 and 5 below make sqrt(250), above twice that."""
    found = total([run(30, key="meter one"), run(10, key="meter two")])
    assert ends(found.it_energy_kwh) == pytest.approx((40 - sqrt(250), 40, 40 + 2 * sqrt(250)))


def test_a_key_is_shared_by_name() -> None:
    """One key of PUE and of the grid is two sources of error: 4.8 kg (2.4 to 9.6) of either, independent."""
    site = SITE._replace(pue=Input("pue", Interval(0.6, 1.2, 2.4), "1", "default", "survey", key="place"))
    grid = Input("grid_intensity", Interval(200, 400, 800), "g/kWh", "published", "ember", key="place")
    found = total([run(10, 1.0, site=site), run(10, 1.0, site=SITE._replace(grid_intensity=grid))])
    assert ends(found.operational_kg) == pytest.approx((9.6 - 2.4 * sqrt(2), 9.6, 9.6 + 4.8 * sqrt(2)))
    # Only the first run has the doubt of the PUE: 12 kWh (6 to 24) and 12 kWh.
    assert ends(found.facility_energy_kwh) == pytest.approx((18, 24, 36))


def test_exact_runs_have_an_exact_sum() -> None:
    """3 and 4 kWh are 7, and with PUE 1.2 and 400 g/kWh 3.36 kg."""
    found = total([run(3, 1.0), run(4, 1.0)])
    assert found.it_energy_kwh == exact(7.0)
    assert ends(found.operational_kg) == pytest.approx((3.36,) * 3)
    assert (found.factors("operational_kg"), found.drivers) == ((), ())


def test_operational_and_embodied_sums_add_as_independent() -> None:
    """Two runs that share both: 4.8 + 4.8 kg (2.4 to 9.6 each) and 1 + 1 kg (0.5 to 2 each).

    Below 4.8 and 1, the root of the sum of squares is 4.903060; above 9.6 and 2, it is 9.806121.
    """
    device = Input("device_embodied", Interval(0.5, 1.0, 2.0), "kg", "default", "us", "", 0.0, "making:V100")
    made = run(10, key="meter")
    one = made._replace(embodied_kg=Interval(0.5, 1.0, 2.0), inputs=type(made.inputs)((*made.inputs, device)))
    found = total([one, one])
    assert ends(found.embodied_kg) == pytest.approx((1.0, 2.0, 4.0))
    assert ends(found.total_kg) == pytest.approx((11.6 - 4.903060, 11.6, 11.6 + 9.806121))


def test_breakdown_inputs_and_notes_are_merged() -> None:
    """Components add up; an input that two runs have stands once, as wide as the wider; notes are counted."""
    narrow, wide = (
        SITE._replace(grid_intensity=Input("grid_intensity", value, "g/kWh", "published", "ember", key="grid:FR"))
        for value in (Interval(350, 400, 410), Interval(390, 400, 500))
    )
    first = run(10, site=narrow)._replace(notes=("A.", "B."))
    second = run(20, site=wide)._replace(notes=("B.",), basis="estimated")
    found = total([first, second])
    assert found.notes == ("B. (in 2 runs)", "A.")
    assert [item.name for item in found.inputs] == ["pue", "grid_intensity"]
    assert found.inputs["grid_intensity"].value == Interval(350, 400, 500)
    assert [(part.component, part.energy_kwh) for part in found.breakdown] == [
        ("accelerators", 30.0), ("host", 0.0), ("facility", pytest.approx(6.0)),
    ]  # fmt: skip
    assert all(isinstance(part, Part) for part in found.breakdown)


@pytest.mark.parametrize(
    ("bases", "basis"),
    [
        (["measured", "measured"], "measured"), (["estimated", "estimated"], "estimated"),
        (["measured", "estimated"], "mixed"), (["mixed", "measured"], "mixed"), (["mixed", "mixed"], "mixed"),
    ],
)  # fmt: skip
def test_the_basis_of_a_sum(bases: list[str], basis: str) -> None:
    """That of all runs, or mixed."""
    assert total([run(10)._replace(basis=each) for each in bases]).basis == basis


def test_a_run_of_unknown_energy_is_counted_and_not_in_the_sum() -> None:
    """It has no say in the basis either."""
    found = total([run(10, key="meter"), UNKNOWN, UNKNOWN])
    assert ends(found.operational_kg) == pytest.approx((2.4, 4.8, 9.6))
    assert (found.basis, found.scope) == ("measured", "facility")
    assert found.notes == ("Of 2 of 3 runs nothing is known of the energy; they are not in the sums.",)


def test_nothing_is_known_of_all() -> None:
    """The sum is unknown, and not zero."""
    found = total([UNKNOWN, UNKNOWN])
    assert [getattr(found, name) for name in QUANTITIES] == [None] * 6
    assert found.notes == ("Of 2 of 2 runs nothing is known of the energy; they are not in the sums.",)
    assert repr(found) == "<Footprint energy not known, estimated>"


def test_a_run_without_a_pue_is_in_the_sum_of_the_computers_alone() -> None:
    """10 and 5 kWh of IT, of which 10 x 1.2 are known at the facility's meter; the notes say so."""
    found = total([run(10, 1.0), run(5, 1.0, site=SiteFactors(None, None))])
    assert found.it_energy_kwh == exact(15.0)
    assert ends(found.facility_energy_kwh) == pytest.approx((12.0,) * 3)
    assert found.notes == ("Of 1 of 2 runs no PUE is known; only their IT energy is in the sums.",)
    assert found.scope == "facility"


def test_a_run_of_unknown_hardware_lacks_embodied_emissions() -> None:
    """The notes say how many are not in that sum, so that it is not read as the whole."""
    known = run(10)._replace(embodied_kg=exact(1.0))
    found = total([known, run(10), UNKNOWN])
    assert found.embodied_kg == exact(1.0)
    assert found.notes == (
        "Of 1 of 3 runs nothing is known of the energy; they are not in the sums.",
        "Of 1 of 3 runs the embodied emissions are not known; they are not in the sum of these.",
    )


def test_no_run_with_a_pue() -> None:
    """Then the sum is of the computers, and nothing is missing in it."""
    found = total([run(5, 1.0, site=SiteFactors(None, None))] * 2)
    assert (found.it_energy_kwh, found.facility_energy_kwh, found.scope) == (exact(10.0), None, "node")
    assert found.notes == ()


@pytest.mark.parametrize(
    ("results", "message"),
    [
        ([], "results: there is nothing to add up"),
        ((), "results: there is nothing to add up"),
        (iter(()), "results: there is nothing to add up"),
        ("V100", f"results 'of type str': {MUST_BE}"),
        (b"V100", f"results 'of type bytes': {MUST_BE}"),
        (None, f"results 'of type NoneType': {MUST_BE}"),
        (3, f"results 'of type int': {MUST_BE}"),
        (run(1), f"results 'of type Footprint': {MUST_BE}"),
        (estimate("V100", hours=1), f"results 'of type Estimate': {MUST_BE}"),
        ([run(1), "V100"], f"results 'with an item of type str': {MUST_HOLD}"),
        ([run(1), None], f"results 'with an item of type NoneType': {MUST_HOLD}"),
        ([run(1), 2.0], f"results 'with an item of type float': {MUST_HOLD}"),
        ([run(1), [run(1)]], f"results 'with an item of type list': {MUST_HOLD}"),
        ([run(1).it_energy_kwh], f"results 'with an item of type Interval': {MUST_HOLD}"),
    ],
)
def test_what_is_no_list_of_results_is_refused(results: Any, message: str) -> None:
    """With what was there and what would do."""
    with pytest.raises(InputError) as caught:
        total(results)
    assert str(caught.value) == message


def test_any_iterable_will_do() -> None:
    """A generator, a tuple, a set."""
    one, other = run(10, key="meter"), run(20, key="meter")
    wanted = total([one, other]).operational_kg
    for results in ((one, other), iter([one, other]), {one, other}, (each for each in (one, other))):
        assert ends(total(results).operational_kg) == pytest.approx(ends(wanted))


@pytest.fixture
def live(tmp_path: Path) -> Iterator[LiveRun]:
    """A run of this process that goes on, at 450 W, PUE 1.2 and 400 g/kWh."""
    power = tmp_path / "power.jsonl"
    power.write_text(json.dumps({"seconds": 0, "gpu_w": 360, "cpu_w": 72, "memory_w": 18}) + "\n")
    arguments: dict[str, Any] = {"meter": f"replay:{power}", "home": tmp_path, "quiet": True}
    with greentrain.track("bert", pue=1.2, grid_intensity=400, **arguments) as going:
        yield going


def test_a_run_that_goes_on_is_refused(live: LiveRun) -> None:
    """It says what it has taken by now, which is not what it will have taken."""
    with pytest.raises(InputError) as caught:
        total([run(1), live])
    rule = "is still running; energy_kwh_so_far() and kg_so_far() return what it has used by now"
    assert str(caught.value) == f"run 'bert': {rule}"


def test_results_of_different_kinds_add_up(tmp_path: Path, live: LiveRun) -> None:
    """An estimate, a run of the history, one of this process that has ended, a view of it and a total."""
    time.sleep(0.2)
    live.stop()
    tracked = History(str(one_hour(tmp_path / "other" / "runs" / "r").parents[1])).get("r")
    assert isinstance(tracked, Run)
    described = estimate("V100", hours=10, location="FR", year=2024)
    items: list[Any] = [described, tracked, live, live.view(), total([described, run(10)])]
    found = total(items)
    for name in ("it_energy_kwh", "facility_energy_kwh", "operational_kg"):
        parts = [getattr(item, name, None) or getattr(item.footprint, name) for item in items]
        assert getattr(found, name).best == pytest.approx(sum(part.best for part in parts)), name
    assert found.basis == "mixed"
    assert total([live]) == live.footprint
    assert total([tracked]) == tracked.footprint
    assert total([described]) == described.footprint


def test_a_run_without_anything_known_is_counted(tmp_path: Path) -> None:
    """No meter wrote, and nobody said what it ran on."""
    tracker(tmp_path / "runs" / "r", estimate_inputs={})
    found = total([History(str(tmp_path)).get("r"), estimate("V100", hours=1, location="FR")])
    assert "Of 1 of 2 runs nothing is known of the energy; they are not in the sums." in found.notes
    assert found.basis == "estimated"


def several(least: int, most: int) -> strategies.SearchStrategy[list[Footprint]]:
    """Footprints of estimates of every kind, and of runs that a meter read."""
    measured = strategies.builds(
        run,
        strategies.floats(0.1, 1e4),
        strategies.floats(1.0, 3.0),
        strategies.sampled_from(["", "meter one", "meter two"]),
        strategies.sampled_from([0.0, 0.5, 1.0]),
    )
    return strategies.lists(described_runs().map(_estimated) | measured, min_size=least, max_size=most)


def _estimated(arguments: dict[str, Any]) -> Footprint:
    try:
        return estimate(**arguments).footprint
    except InputError:
        assume(False)
        raise


def values(items: list[Footprint], quantity: str) -> list[Interval]:
    """The intervals of those that know a quantity."""
    return [value for item in items if (value := getattr(item, quantity)) is not None]


def assert_same(ours: Footprint, theirs: Footprint) -> None:
    """Compare two sums, whose terms were added in another order."""
    for name in QUANTITIES:
        one, other = getattr(ours, name), getattr(theirs, name)
        assert (one is None) == (other is None), name
        if one is not None:
            assert tuple(one) == pytest.approx(tuple(other), rel=1e-9), name
    assert (ours.basis, ours.scope) == (theirs.basis, theirs.scope)
    assert sorted(part.component for part in ours.breakdown) == sorted(part.component for part in theirs.breakdown)


@law(several(1, 1))
def test_a_total_of_one_is_that_one(items: list[Footprint]) -> None:
    """Nothing is added to it, whichever way it is summed."""
    assert total(items) is items[0]
    assert_same(total_of(items), items[0])


@law(several(2, 4))
def test_best_values_add(items: list[Footprint]) -> None:
    """Doubt never moves them."""
    found = total(items)
    for name in QUANTITIES:
        known = values(items, name)
        if known and name != "total_kg":
            assert getattr(found, name).best == pytest.approx(sum(item.best for item in known), rel=1e-12)


@law(several(2, 4), strategies.randoms(use_true_random=False))
def test_order_does_not_matter(items: list[Footprint], shuffler: Random) -> None:
    """Sums commute."""
    other = list(items)
    shuffler.shuffle(other)
    assert_same(total(items), total(other))


@law(several(3, 5), strategies.integers(1, 4))
def test_a_total_of_totals_is_the_total_of_all(items: list[Footprint], cut: int) -> None:
    """However the runs are grouped: sums by project, user or month add up to that of all."""
    assume(cut < len(items))
    assert_same(total([total(items[:cut]), total(items[cut:])]), total(items))


@law(several(2, 4))
def test_low_best_high_stay_in_order(items: list[Footprint]) -> None:
    """And above zero."""
    found = total(items)
    for name in QUANTITIES:
        for low, best, high in values([found], name):
            assert 0 < low <= best <= high


@law(several(2, 4))
def test_a_sum_lies_between_independent_runs_and_the_sums_of_the_ends(items: list[Footprint]) -> None:
    """Not all runs can have taken more, or less, than each may have; nor is the sum known better than by chance."""
    found = total(items)
    for name in ("it_energy_kwh", "facility_energy_kwh", "operational_kg", "embodied_kg", "water_l"):
        known = values(items, name)
        if not known:
            continue
        low, _, high = getattr(found, name)
        independent = sum_independent(*known)
        least, most = sum(item.low for item in known), sum(item.high for item in known)
        assert least * (1 - SLACK) <= low <= independent.low * (1 + SLACK)
        assert independent.high * (1 - SLACK) <= high <= most * (1 + SLACK)


def test_what_is_known_exactly_is_in_the_sum_whatever_the_rest_took() -> None:
    """100 kWh, and 100 kWh known to a factor of 20: at least 105 kWh together."""
    assert ends(total([run(100, 1.0), run(100, 20.0)]).it_energy_kwh) == pytest.approx((105, 200, 2100))


@law(several(2, 4))
def test_twice_as_many_runs_are_known_no_worse(items: list[Footprint]) -> None:
    """Each run twice: what is shared stays as wide, what is own falls by the root of two."""
    once, twice = total(items), total([*items, *items])
    for name in ("it_energy_kwh", "facility_energy_kwh", "operational_kg"):
        narrow, wide = getattr(once, name), getattr(twice, name)
        for one, other in ((narrow.best - narrow.low, wide.best - wide.low), (narrow.high, wide.high)):
            assert other <= 2 * one + SLACK * narrow.high


def test_a_run_counted_twice_is_said(tmp_path: Path) -> None:
    """The same run, or an inner run beside the whole one; two inner runs are not the same energy."""
    with greentrain.track("outer", meter="none", gpu="V100", home=tmp_path, quiet=True) as outer:
        inner = []
        for name in ("a", "b"):
            with greentrain.track(name, quiet=True) as run_:
                pass
            inner.append(run_)
    note = f"Run {outer.key} is among the results more than once, or with a part of it: its energy counts as often."
    found = History(tmp_path).get(outer.key or "")
    for results in ([outer, inner[0]], [outer, outer], [found, outer], [found, found]):
        assert total(results).notes[0] == note
    assert not any("more than once" in note for note in total(inner).notes)
    assert total(History(tmp_path)) == total([found])
    assert total(History(tmp_path).select()) == total([found])


def test_a_sum_over_grids_has_none_of_them() -> None:
    """The grid of the first run would be wrong for the others."""
    runs = [estimate("V100", hours=1, location=place) for place in ("FR", "US")]
    assert total(runs).grid is None
    assert total([runs[0], runs[0]]).grid == runs[0].grid


def test_an_inner_run_says_when_its_number_is_final(tmp_path: Path) -> None:
    """The meter may not have written yet, at its end, all that falls into it."""
    with greentrain.track("outer", meter="none", gpu="V100", home=tmp_path, quiet=True):
        with greentrain.track("inner", quiet=True) as inner:
            pass
        assert str(inner).endswith("; final when the run around it ends")
    assert "final" not in str(inner)
