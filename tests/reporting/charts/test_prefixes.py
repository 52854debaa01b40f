"""Units with the prefix that a person reads."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from greentrain import Interval
from greentrain.interval import exact
from greentrain.reporting.charts.si_prefixes import UNITS, scale_for, tick, written, written_span


@pytest.mark.parametrize(
    ("value", "unit", "shown"),
    [
        (8_930_000.0, "kg", "8.93 kt"),
        (21_588_000.0, "kWh", "21.6 GWh"),
        (652.27, "kg", "652 kg"),
        (1000.0, "kg", "1.00 t"),
        (999.4, "kg", "999 kg"),
        (999.6, "kg", "1.00 t"),
        (0.02, "kg", "20.0 g"),
        (2.1e-7, "kg", "210 µg"),
        (3.1e10, "kg", "31.0 Mt"),
        (5e16, "kg", "50,000 Gt"),
        (1e-16, "kg", "0.0001 ng"),
        (0.0, "kg", "0 kg"),
        (0.00012, "kWh", "120 mWh"),
        (1507.0, "kWh", "1.51 MWh"),
        (2.5e12, "kWh", "2.50 PWh"),
        (300.0, "W", "300 W"),
        (12_041.51, "W", "12.0 kW"),
        (25_000_000.0, "W", "25.0 MW"),
        (4.2, "L", "4.20 L"),
        (7600.0, "L", "7.60 m³"),
        (9_000_000.0, "L", "9,000 m³"),
        (90.0, "s", "90.0 s"),
        (119.0, "s", "119 s"),
        (600.0, "s", "10.0 min"),
        (129_600.0, "s", "36.0 h"),
        (604_800.0, "s", "7.00 days"),
    ],
)
def test_an_amount_is_written_in_the_unit_that_a_person_would_take(value: float, unit: str, shown: str) -> None:
    """One to three digits before the point, as far as there are units; rounding may reach the next one."""
    assert written(value, unit) == shown


@pytest.mark.parametrize(
    ("interval", "shown"),
    [
        (Interval(294.87, 1162.13, 2746.19), "1.16 t CO2e (0.295 to 2.75 t)"),
        (exact(962.0), "962 kg CO2e"),
        (Interval(0.5, 1000.0, 2000.0), "1.00 t CO2e (500 g to 2.00 t)"),
        (Interval(1.0, 2.0, 40_000.0), "2.00 kg CO2e (1.00 kg to 40.0 t)"),
        (Interval(0.0, 2.0, 4.0), "2.00 kg CO2e (0 kg to 4.00 kg)"),
    ],
)
def test_an_interval_shares_the_unit_of_its_best_value_unless_it_reaches_far(interval: Interval, shown: str) -> None:
    """Ends below a hundredth or from ten thousand on are written in units of their own."""
    assert written_span(interval, "kg", "CO2e") == shown


def test_an_interval_without_a_substance() -> None:
    """The substance is optional."""
    assert written_span(Interval(1, 2, 3), "W") == "2.00 W (1.00 to 3.00 W)"


def test_a_tick_has_no_needless_digits() -> None:
    """Ticks are round numbers."""
    assert [tick(value, "kg") for value in (0.1, 1.0, 300.0, 3000.0, 1e7)] == [
        "100 g",
        "1 kg",
        "300 kg",
        "3 t",
        "10 kt",
    ]


@given(st.floats(1e-12, 1e12), st.sampled_from(UNITS))
def test_the_unit_never_leaves_more_than_it_must_before_the_point(value: float, unit: str) -> None:
    """The value in the unit chosen is the value, and the choice does not depend on the sign."""
    scale = scale_for(value, unit)
    assert scale == scale_for(-value, unit)
    assert value / scale.size * scale.size == pytest.approx(value, rel=1e-12)
    if unit == "kWh" and 1e-11 <= value <= 1e11:
        assert 0.9995 <= value / scale.size < 1000
