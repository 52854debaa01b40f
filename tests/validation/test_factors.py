"""A result as a product of factors, and one result over another, factor by factor."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import described_runs, gpu_runs, positive

from greentrain import Estimate, estimate
from greentrain.factors import Decomposition, decomposed

MG_PER_KG = 1e6


@st.composite
def decompositions(draw: st.DrawFn) -> Decomposition:
    """Any positive factors, of runs from a minute on one device to months on a hundred thousand."""
    return Decomposition(
        device_hours=draw(positive(0.01, 1e9)),
        device_w=draw(positive(1, 30_000)),
        utilization=draw(positive(0.01, 2)),
        host_factor=draw(positive(1, 5)),
        pue=draw(positive(1, 5)),
        g_per_kwh=draw(positive(0.1, 3000)),
    )


def of(result: Estimate) -> Decomposition:
    """Split an estimate by its device-hours."""
    device_hours = result.run["gpu_hours"] or result.run["hours"]
    return decomposed(result.footprint, result.accelerators_kwh, device_hours)


def test_a_run_by_hand() -> None:
    """2 x 10 h x 250 W x 1.2 x 1.5 x 400 g/kWh: 20 h, 6 kWh at the computers, 9 kWh, 3.6 kg."""
    result = estimate("V100", count=2, hours=10, power=250, host_factor=1.2, pue=1.5, grid_intensity=400)
    found = of(result)
    assert found._asdict() == pytest.approx(
        {
            "device_hours": 20, "device_w": 250, "utilization": 1, "host_factor": 1.2, "pue": 1.5, "g_per_kwh": 400,
        }
    )  # fmt: skip
    assert (found.power_w, found.node_w) == pytest.approx((250, 300))
    assert found.product == pytest.approx(3.6 * MG_PER_KG)


def test_the_mean_power_is_rating_times_utilization() -> None:
    """300 W at 0.8 are 240 W, with a host of 1.5 360 W per device."""
    found = Decomposition(device_hours=1, device_w=300, utilization=0.8, host_factor=1.5, pue=1.1, g_per_kwh=100)
    assert (found.power_w, found.node_w) == pytest.approx((240, 360))


def test_without_accelerators_the_computers_are_the_devices() -> None:
    """All of the energy is theirs, and there is no host in addition."""
    result = estimate(cpu="AMD EPYC 7763", cpu_cores=64, memory_gb=256, hours=10)
    found = of(result)
    assert (result.accelerators_kwh, found.host_factor) == (0, 1)
    assert found.power_w == pytest.approx(result.it_energy_kwh.best * 1000 / 10)


@given(keywords=described_runs())
def test_the_factors_of_a_result_multiply_to_its_emissions(keywords: dict[str, Any]) -> None:
    """For every kind of run: the product is the operational figure."""
    result = estimate(**keywords)
    assert of(result).product / MG_PER_KG == pytest.approx(result.operational_kg.best, rel=1e-12)


@given(keywords=described_runs(), other=gpu_runs())
def test_the_ratios_of_two_results_multiply_to_their_ratio(keywords: dict[str, Any], other: dict[str, Any]) -> None:
    """Whatever two runs differ in, no rest is left over."""
    ours, theirs = estimate(**keywords), estimate(**other)
    ratios = of(ours).over(of(theirs))
    assert ratios.product == pytest.approx(ours.operational_kg.best / theirs.operational_kg.best, rel=1e-12)


@given(ours=decompositions(), theirs=decompositions())
def test_one_over_another_is_a_quotient(ours: Decomposition, theirs: Decomposition) -> None:
    """Each ratio is that of the factor, the product that of the products, and the other way round its reciprocal."""
    ratios = ours.over(theirs)
    for name, ratio in ratios._asdict().items():
        assert ratio == getattr(ours, name) / getattr(theirs, name)
    assert ratios.product == pytest.approx(ours.product / theirs.product, rel=1e-12)
    assert ratios.product * theirs.over(ours).product == pytest.approx(1, rel=1e-12)
    assert ratios.node_w == pytest.approx(ours.node_w / theirs.node_w, rel=1e-12)


@given(ours=decompositions(), other=decompositions(), third=decompositions())
def test_differences_chain(ours: Decomposition, other: Decomposition, third: Decomposition) -> None:
    """Over a third by way of another is over the third directly."""
    by_the_way_of_another = ours.over(other).product * other.over(third).product
    assert by_the_way_of_another == pytest.approx(ours.over(third).product, rel=1e-12)


@given(one=decompositions())
def test_a_result_over_itself_is_exactly_one(one: Decomposition) -> None:
    """Every ratio, without rounding: a factor that two results share is no difference between them."""
    assert set(one.over(one)._asdict().values()) == {1.0}
