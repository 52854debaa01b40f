"""The same job by every method: the spread of the known tools, and differences that split without a rest."""

from typing import Any

import pytest
from hypothesis import given
from strategies import described_runs

from greentrain import estimate
from greentrain.validation import MethodComparison, compare_methods

TOOLS_KG = {
    "lacoste2019": 8.88,
    "lacoste2019 (V100-PCIE row)": 10.66,
    "henderson2020": 14.79,
    "anthony2020": 8.41,
    "anthony2020 (full load)": 16.81,
    "lannelongue2021": 19.29,
    "lannelongue2021 (64 GB)": 20.82,
    "lannelongue2021 (64 GB, 4 cores)": 23.91,
    "codecarbon": 20.31,
    "codecarbon (GPU alone)": 16.81,
    "codecarbon (GPU alone, PUE 1)": 10.64,
}
"""What the tools give for one V100, 96 h, USA, PUE 1.58, by running them or by their arithmetic."""


@pytest.fixture
def v100() -> MethodComparison:
    """One V100 for 96 h in the United States at PUE 1.58."""
    return compare_methods(estimate("V100", hours=96, location="US", year=2025, pue=1.58))


def test_the_known_tools_come_out(v100: MethodComparison) -> None:
    """Each tool's figure for the job, to the hundredth of a kilogram."""
    found = {item.result.label: round(item.result.kg, 2) for item in v100.methods}
    assert {label: found[label] for label in TOOLS_KG} == TOOLS_KG


def test_the_spread_of_the_tools_is_a_factor_of_2_8(v100: MethodComparison) -> None:
    """8.41 kg by carbontracker's simulation, 23.91 kg by Green Algorithms with memory and cores."""
    assert v100.tools_kg == pytest.approx((8.406, 23.911), abs=5e-4)


def test_our_result_is_the_estimate(v100: MethodComparison) -> None:
    """The best values, and 300 W x utilization x host factor x PUE x grid as factors.

    The host factor is what the host adds to the accelerator's power: 1 + host W / (300 W x utilization).
    """
    ours = estimate("V100", hours=96, location="US", year=2025, pue=1.58)
    utilization, host_w = (ours.inputs[name].value.best for name in ("utilization", "host_power"))
    host_factor = 1 + host_w / (300 * utilization)
    assert (v100.ours.kwh, v100.ours.kg) == (ours.facility_energy_kwh.best, ours.operational_kg.best)
    assert v100.ours.factors._asdict() == pytest.approx(
        {
            "device_hours": 96, "device_w": 300, "utilization": utilization, "host_factor": host_factor, "pue": 1.58,
            "g_per_kwh": ours.grid.g_per_kwh.best,
        },
        rel=1e-12,
    )  # fmt: skip


@given(keywords=described_runs())
def test_the_factors_of_a_difference_multiply_to_the_difference(keywords: dict[str, Any]) -> None:
    """For every kind of job and every method: no rest is left over."""
    found = compare_methods(estimate(**keywords))
    for item in found.methods:
        assert item.split.product == pytest.approx(item.ratio, rel=1e-12)
        assert item.ratio == pytest.approx(item.result.kg / found.ours.kg, rel=1e-12)


def test_the_difference_to_carbontracker_is_load_host_and_grid() -> None:
    """0.5 against 0.8 of TDP is 0.625, no host against 1.6 is 0.625, 369.47 against 400 g is 0.923675."""
    ours = estimate("V100", hours=96, location="US", utilization=0.8, host_factor=1.6, pue=1.58)
    (item,) = (item for item in compare_methods(ours).methods if item.result.label == "anthony2020")
    assert item.split._asdict() == pytest.approx(
        {
            "device_hours": 1, "device_w": 1, "utilization": 0.625, "host_factor": 0.625, "pue": 1,
            "g_per_kwh": 369.47 / ours.grid.g_per_kwh.best,
        },
        rel=1e-12,
    )  # fmt: skip


def test_the_swapped_v100_is_a_factor_of_the_device(v100: MethodComparison) -> None:
    """ML CO2 Impact rates the module 250 W instead of 300 W."""
    split = {item.result.label: item.split.device_w for item in v100.methods}
    assert split["lacoste2019"] == pytest.approx(250 / 300, rel=1e-12)
    assert {value for label, value in split.items() if label not in ("lacoste2019", "lacoste2019 (private site)")} == {
        1
    }


def test_a_setting_that_changes_nothing_is_left_out() -> None:
    """With a measured power, carbontracker has no share of TDP to assume; with a given grid, no release to name."""
    found = compare_methods(estimate("V100", hours=1, power=200, grid_intensity=100))
    labels = [item.result.label for item in found.methods if item.result.name == "anthony2020"]
    assert labels == ["anthony2020"]


def test_the_world_mean_is_another_one_in_each_tool() -> None:
    """Without a place: 445 g in carbontracker since 2.4.7, 475 g in codecarbon."""
    found = {item.result.label: item.result.g_per_kwh for item in compare_methods(estimate("V100", hours=1)).methods}
    assert found["anthony2020 (release 2.4.7)"] == 445
    assert found["codecarbon"] == 475


def test_a_share_of_a_device_counts_as_a_share() -> None:
    """A machine with a sixth of an A10 is rated a sixth of the card's 150 W."""
    ours = estimate(instance="Standard_NV6ads_A10_v5", hours=10, location="US")
    (item,) = (item for item in compare_methods(ours).methods if item.result.name == "tdp_method")
    assert item.result.power_w == pytest.approx(150 / 6, rel=1e-3)
    assert item.split.product == pytest.approx(item.ratio, rel=1e-12)


def test_repeated_runs_are_one_job() -> None:
    """Three runs of ten hours are thirty hours by every method."""
    thrice = compare_methods(estimate("V100", hours=10, runs=3, location="US"))
    once = compare_methods(estimate("V100", hours=30, location="US"))
    assert [item.result.kg for item in thrice.methods] == pytest.approx([item.result.kg for item in once.methods])


def test_notes_name_the_methods_that_they_concern(v100: MethodComparison) -> None:
    """Each note once, with the methods in their order."""
    assert dict(v100.notes)["needs a meter; the full TDP is used instead of the measured mean"] == (
        "henderson2020",
        "codecarbon",
    )


def test_every_source_is_given_in_full(v100: MethodComparison) -> None:
    """Each id that a method names has a title and an address, and those alone are listed."""
    named = {key for item in v100.methods for key in item.result.sources}
    assert set(v100.sources) == named
    assert all(source["title"] and source["url"] for source in v100.sources.values())


def test_the_constants_of_other_devices_and_places_are_not_cited(v100: MethodComparison) -> None:
    """ML CO2 Impact's TPU figures, which are Patterson's, do not apply to a V100."""
    (item,) = (item for item in v100.methods if item.result.label == "lacoste2019")
    assert item.result.sources == ("lacoste_2019", "mlco2_impact", "mlco2_impact_regions")
