"""Intervals: worked numbers, and the laws that every combination obeys."""

from math import e, exp, isclose, log, prod
from random import Random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import intervals

from greentrain import Interval
from greentrain.interval import exact, log_width, lognormal, product_independent, sum_independent, with_relative_width

SLACK = 1 + 1e-9
"""Rounding of floats, which a law about real numbers must forgive."""
several = st.lists(intervals(), min_size=1, max_size=5)


def stacked(found: list[Interval]) -> Interval:
    """Make one interval of arrays out of several of floats."""
    return Interval(*(np.array(side) for side in zip(*found, strict=True)))  # type: ignore[arg-type]


def assert_close(ours: Interval, theirs: Interval) -> None:
    """Compare two intervals up to rounding."""
    assert tuple(ours) == pytest.approx(tuple(theirs), rel=1e-9)


def test_lognormal_spans_90_per_cent() -> None:
    """With sigma 0.1 the ends lie a factor of e^0.164485 = 1.178787 away."""
    assert tuple(lognormal(100, 0.1)) == pytest.approx((100 / 1.178787, 100, 117.8787), rel=1e-6)


def test_product_of_two_factors_of_two() -> None:
    """Two factors known to a factor of 2 multiply to one known to 2^sqrt(2) = 2.665144."""
    twice = Interval(0.5, 1, 2)
    assert tuple(product_independent(twice, twice)) == pytest.approx((1 / 2.665144, 1, 2.665144), rel=1e-6)


def test_total_adds_half_widths_by_their_squares() -> None:
    """10 -3/+6 and 20 -4/+8 add to 30 -5/+10."""
    assert sum_independent(Interval(7, 10, 16), Interval(16, 20, 28)) == Interval(25, 30, 40)


def test_around_takes_relative_widths_only() -> None:
    """A factor of any size with a low of half gives half of the best value."""
    assert tuple(with_relative_width(30, Interval(500, 1000, 1000))) == pytest.approx((15, 30, 30), rel=1e-12)


def test_scaled_multiplies_all_three() -> None:
    """An exact factor moves everything alike."""
    assert Interval(1, 2, 4).scaled(3) == Interval(3, 6, 12)


def test_log_width_runs_from_low_to_high() -> None:
    """From 1 to e^2 is 2."""
    assert log_width(Interval(1, e, e * e)) == pytest.approx(2, rel=1e-12)


def test_an_interval_is_frozen() -> None:
    """Nobody changes what another reads."""
    with pytest.raises(AttributeError):
        exact(1.0).best = 2.0  # type: ignore[misc]


def test_only_an_interval_of_no_width_is_exact() -> None:
    """One side is enough to be uncertain."""
    assert exact(2.0).is_exact
    assert not Interval(1.0, 2.0, 2.0).is_exact
    assert not Interval(2.0, 2.0, 3.0).is_exact


@given(several)
def test_low_best_high_stay_in_order(found: list[Interval]) -> None:
    """Products and sums of ordered intervals are ordered."""
    for low, best, high in (product_independent(*found), sum_independent(*found)):
        assert low <= best <= high


@given(several)
def test_results_lie_inside_the_corners(found: list[Interval]) -> None:
    """No product or sum is wider than all factors or terms at their ends together."""
    for combine, corner in ((product_independent, prod), (sum_independent, sum)):
        result = combine(*found)
        assert corner(item.low for item in found) <= result.low * SLACK
        assert result.high <= corner(item.high for item in found) * SLACK


@given(several)
def test_best_value_is_the_plain_result(found: list[Interval]) -> None:
    """Uncertainty never moves the best value."""
    assert product_independent(*found).best == prod(item.best for item in found)
    assert sum_independent(*found).best == pytest.approx(sum(item.best for item in found), rel=1e-14)


@given(st.lists(st.floats(1e-3, 1e3), min_size=1, max_size=5))
def test_exact_inputs_stay_exact(values: list[float]) -> None:
    """Nothing uncertain comes out of nothing uncertain."""
    assert product_independent(*map(exact, values)) == exact(prod(values))
    added = sum_independent(*map(exact, values))
    assert added.is_exact
    assert added.best == pytest.approx(sum(values), rel=1e-14)


@given(several, st.randoms(use_true_random=False))
def test_order_does_not_matter(found: list[Interval], shuffler: Random) -> None:
    """Factors and terms commute."""
    other = list(found)
    shuffler.shuffle(other)
    assert_close(product_independent(*found), product_independent(*other))
    # A low end may be a small difference of large numbers, so it is compared by the size of the sum.
    ours, theirs = sum_independent(*found), sum_independent(*other)
    assert all(isclose(a, b, abs_tol=1e-9 * ours.best) for a, b in zip(ours, theirs, strict=True))


@given(several, st.floats(1e-3, 1e3))
def test_scaling_commutes_with_combining(found: list[Interval], factor: float) -> None:
    """An exact factor may be applied before or after."""
    assert_close(product_independent(exact(factor), *found), product_independent(*found).scaled(factor))
    scaled, after = sum_independent(*(item.scaled(factor) for item in found)), sum_independent(*found).scaled(factor)
    assert all(isclose(a, b, abs_tol=1e-9 * after.best) for a, b in zip(scaled, after, strict=True))


@given(intervals(), intervals())
def test_one_more_uncertain_factor_never_narrows(one: Interval, other: Interval) -> None:
    """Ignorance adds up."""
    assert log_width(product_independent(one, other)) * SLACK + 1e-12 >= max(log_width(one), log_width(other))


@given(st.lists(st.tuples(intervals(), intervals()), min_size=1, max_size=5))
def test_arrays_give_the_same_numbers_as_floats(pairs: list[tuple[Interval, Interval]]) -> None:
    """Element by element; NumPy's exponential may differ in the last bit."""
    left, right = (stacked(list(side)) for side in zip(*pairs, strict=True))
    for combine in (product_independent, sum_independent):
        expected = stacked([combine(*pair) for pair in pairs])
        for ours, theirs in zip(combine(left, right), expected, strict=True):
            assert np.allclose(ours, theirs, rtol=1e-12, atol=0)


def test_lognormal_takes_arrays() -> None:
    """One sigma per element."""
    low, _, high = lognormal(np.array([1.0, 1.0]), np.array([0.0, 1.0]))  # type: ignore[arg-type]
    assert low.tolist() == pytest.approx([1, exp(-1.6448536)], rel=1e-7)  # type: ignore[attr-defined]
    assert log(high[1]) == pytest.approx(1.6448536, rel=1e-7)  # type: ignore[index]
