"""The run's share of making the hardware."""

import pytest

from greentrain import Estimate, Interval, estimate, load_catalogue
from greentrain.interval import exact, product_independent, sum_independent

HARDWARE = load_catalogue().hardware
IN_USE_HOURS = 35_040 * 0.75
"""Four years, three quarters of them in somebody's use. [h]"""


def shown(run: Estimate) -> dict[str, Interval]:
    """Return the embodied inputs by name."""
    names = ("device_embodied", "node_share_embodied", "lifetime", "share_of_life_in_use")
    return {item.name: item.value for item in run.inputs if item.name in names}


def test_a_run_worked_by_hand() -> None:
    """8 x (150 + 375) kg x 100 h / (35,040 h x 0.75) = 15.98174 kg."""
    run = estimate("A100-SXM4-80GB", count=8, hours=100)
    assert run.embodied_kg.best == pytest.approx(8 * 525 * 100 / IN_USE_HOURS, rel=1e-12)
    assert run.embodied_kg.best == pytest.approx(15.98174, rel=1e-6)


def test_its_interval_combines_a_sum_and_two_divisors() -> None:
    """Device and share of the node add; lifetime and use divide, so their ends change sides only in the logarithm."""
    run = estimate("A100-SXM4-80GB", count=8, hours=100)
    inputs = shown(run)
    making = sum_independent(inputs["device_embodied"], inputs["node_share_embodied"])
    widths = product_independent(making, inputs["lifetime"], inputs["share_of_life_in_use"])
    assert run.embodied_kg.low / run.embodied_kg.best == pytest.approx(widths.low / widths.best, rel=1e-12)
    assert run.embodied_kg.high / run.embodied_kg.best == pytest.approx(widths.high / widths.best, rel=1e-12)


def test_a_device_without_a_figure_takes_the_default_of_any() -> None:
    """150 kg is the usual assumption, marked as ours."""
    profile = next(item for item in HARDWARE.accelerators if item.tdp_w and item.embodied_kg is None)
    run = estimate(profile.id, hours=100)
    device = next(item for item in run.inputs if item.name == "device_embodied")
    assert (device.value, device.basis) == (HARDWARE.default("any", "device_kg").value, "default")


def test_a_figure_that_holds_the_host_gets_no_share_of_a_node() -> None:
    """Never both."""
    profiles = [item for item in HARDWARE.accelerators if item.embodied_scope == "with_host_share"]
    assert profiles
    for profile in profiles:
        assert shown(estimate(profile.id, hours=1))["node_share_embodied"] == exact(0.0)


def test_a_fraction_of_a_device_is_charged_its_fraction() -> None:
    """Half an L4 is half of what a whole one is."""
    half, whole = estimate(instance="g6f.4xlarge", hours=10), estimate("L4", hours=10)
    assert half.embodied_kg.best == pytest.approx(whole.embodied_kg.best / 2, rel=1e-12)


def test_cores_are_charged_their_part_of_a_server() -> None:
    """64 cores of an EPYC 7763 are half of a two-socket server of 1,215 kg: 607.5 kg x 100 h / 26,280 h."""
    run = estimate(cpu="AMD EPYC 7763", cpu_cores=64, hours=100)
    assert run.embodied_kg.best == pytest.approx(607.5 * 100 / IN_USE_HOURS, rel=1e-12)


def test_more_cores_than_a_server_has_are_several_servers() -> None:
    """512 cores of an EPYC 7763 are four servers of 128."""
    run = estimate(cpu="AMD EPYC 7763", cpu_cores=512, hours=100)
    assert run.embodied_kg.best == pytest.approx(4 * 1215 * 100 / IN_USE_HOURS, rel=1e-12)


def test_cores_of_an_unknown_server() -> None:
    """32 cores are half of the usual 64, with the spread of server sizes."""
    run = estimate(cpu_cores=32, hours=100)
    cores = HARDWARE.default("cpu", "server_cores").value
    assert run.embodied_kg.best == pytest.approx(1215 * (32 / cores.best) * 100 / IN_USE_HOURS, rel=1e-12)


def test_total_adds_operation_and_making() -> None:
    """As independent terms."""
    run = estimate("V100", count=8, hours=100, location="FR", year=2024)
    assert run.total_kg == sum_independent(run.operational_kg, run.embodied_kg)
