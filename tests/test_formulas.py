"""The arithmetic against numbers worked out by hand, and floats against arrays."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import positive

from greentrain import formulas

NUMBER_OF_ARGUMENTS: dict[Callable[..., Any], int] = {
    formulas.accelerator_power_w: 2,
    formulas.host_power_w: 2,
    formulas.node_power_w: 2,
    formulas.computers_energy_kwh: 2,
    formulas.it_energy_kwh: 4,
    formulas.cpu_power_w: 4,
    formulas.memory_power_w: 2,
    formulas.facility_energy_kwh: 2,
    formulas.operational_kg: 2,
    formulas.embodied_kg: 6,
    formulas.water_l: 4,
    formulas.training_flop: 2,
    formulas.accelerator_hours: 3,
    formulas.flops_utilization: 3,
}


def test_accelerator_power_is_tdp_times_utilization() -> None:
    """300 W at 0.75 of TDP is 225 W."""
    assert formulas.accelerator_power_w(300, 0.75) == 225


def test_host_and_node_power_are_shares_of_the_tdp() -> None:
    """A host of 0.4 and a full server of 1.27 times 700 W: 280 W and 889 W per accelerator."""
    assert formulas.host_power_w(700, 0.4) == pytest.approx(280, rel=1e-12)
    assert formulas.node_power_w(700, 1.27) == pytest.approx(889, rel=1e-12)


def test_what_no_sensor_reads_comes_on_top() -> None:
    """10 kWh and a share of 0.19: 11.9 kWh."""
    assert formulas.computers_energy_kwh(10, 0.19) == pytest.approx(11.9, rel=1e-12)


def test_it_energy_counts_every_device_hour_and_the_host() -> None:
    """8 devices x 10 h x 400 W x 1.5 is 48,000 Wh."""
    assert formulas.it_energy_kwh(8, 10, 400, 1.5) == 48


@pytest.mark.parametrize(("load", "expected_w"), [(0, 61.6), (0.5, 170.8), (1, 280)])
def test_cpu_power_is_linear_between_idle_and_full_load(load: float, expected_w: float) -> None:
    """A CPU of 64 cores and 280 W that idles at 0.22: 61.6 W idle, 280 x (0.22 + 0.78 / 2) = 170.8 W at half load."""
    assert formulas.cpu_power_w(64, 4.375, load, 0.22) == pytest.approx(expected_w, rel=1e-12)


def test_memory_power_follows_capacity() -> None:
    """256 GB at 0.375 W/GB is 96 W."""
    assert formulas.memory_power_w(256, 0.375) == 96


def test_facility_energy_is_it_energy_times_pue() -> None:
    """1000 kWh at PUE 1.58 is 1580 kWh."""
    assert formulas.facility_energy_kwh(1000, 1.58) == 1580


def test_operational_emissions_turn_grams_into_kilograms() -> None:
    """1000 kWh at 432 g/kWh is 432 kg."""
    assert formulas.operational_kg(1000, 432) == 432


def test_embodied_emissions_are_shared_by_time_in_use() -> None:
    """8 x (150 + 375) kg for 100 h of 35,040 h x 0.75 in use: 420,000 / 26,280 = 15.98 kg."""
    assert formulas.embodied_kg(8, 150, 375, 100, 35_040, 0.75) == pytest.approx(15.98174, rel=1e-6)


def test_water_takes_pue_on_the_part_of_the_power_stations_only() -> None:
    """10 kWh x (0.36 + 1.2 x 3.674) L/kWh is 47.688 L: WUE is defined per energy of the IT."""
    assert formulas.water_l(10, 0.36, 1.2, 3.674) == pytest.approx(47.688, rel=1e-12)


def test_training_takes_six_operations_per_parameter_and_token() -> None:
    """405 billion parameters and 15.6 trillion tokens: 3.79e25, published as 3.8e25 for Llama 3.1 405B."""
    assert formulas.training_flop(405e9, 15.6e12) == pytest.approx(3.7908e25, rel=1e-12)


def test_hours_follow_from_operations_and_the_peak_in_use() -> None:
    """3.6e21 operations at 100 TFLOP/s x 0.5 take 7.2e7 s, which is 20,000 h; and back."""
    assert formulas.accelerator_hours(3.6e21, 100, 0.5) == pytest.approx(20_000, rel=1e-12)
    assert formulas.flops_utilization(3.6e21, 100, 20_000) == pytest.approx(0.5, rel=1e-12)


@pytest.mark.parametrize("formula", NUMBER_OF_ARGUMENTS, ids=lambda formula: formula.__name__)
@given(data=st.data())
def test_arrays_give_the_same_numbers_as_floats(formula: Callable[..., Any], data: st.DataObject) -> None:
    """Element by element, to the last bit: the same operations in the same order."""
    rows = st.lists(positive(), min_size=NUMBER_OF_ARGUMENTS[formula], max_size=NUMBER_OF_ARGUMENTS[formula])
    cases = data.draw(st.lists(rows, min_size=1, max_size=5))
    together = formula(*np.array(cases).T)
    assert together.tolist() == [formula(*case) for case in cases]


def test_every_formula_is_covered_here() -> None:
    """A new formula needs a line in the table above."""
    public = {value for value in vars(formulas).values() if callable(value) and hasattr(value, "__code__")}
    assert public == set(NUMBER_OF_ARGUMENTS)
