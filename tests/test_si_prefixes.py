"""Units with the prefix that a person reads."""

import csv
import io
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from greentrain import Interval, estimate, report
from greentrain.interval import exact
from greentrain.numbers import UNITS, amount, scale_for, small_scale, tick, written, written_span


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
        (1e-16, "kg", "0.000100 ng"),
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


@pytest.mark.parametrize(
    ("interval", "unit", "shown"),
    [
        (Interval(0.02, 0.0252, 0.03), "kWh", "25.2 Wh (20.0 to 30.0)"),
        (Interval(0.05, 0.1, 0.2), "kWh", "0.100 kWh (0.0500 to 0.200)"),
        (Interval(4000, 5000, 6000), "kWh", "5,000 kWh (4,000 to 6,000)"),
        (exact(0.0096), "kg CO2e", "9.60 g CO2e"),
        (Interval(1e-7, 2e-7, 4e-7), "kg CO2e", "200 ug CO2e (100 to 400)"),
        (Interval(0.02, 0.03, 0.05), "L", "30.0 mL (20.0 to 50.0)"),
        (exact(0.0), "kWh", "0 kWh"),
        (Interval(0.02, 0.03, 0.05), "g CO2e/kWh", "0.0300 g CO2e/kWh (0.0200 to 0.0500)"),
    ],
)
def test_a_small_amount_in_a_text_has_a_prefix(interval: Interval, unit: str, shown: str) -> None:
    """Below a tenth of the base unit; a terminal has no Greek letters, and not every unit has prefixes."""
    assert amount(interval, unit) == shown


@given(st.floats(0.1, 1e12), st.sampled_from(UNITS))
def test_a_large_amount_in_a_text_stays_in_the_base_unit(value: float, unit: str) -> None:
    """The same run is the same figure in text and in data."""
    assert small_scale(value, unit)[:2] == (unit, 1.0)


SMALL_RUN = estimate("T4", hours=0.4, power=60, host_factor=1, pue=1.25, grid_intensity=400)
"""60 W x 0.4 h x 1.25 = 30 Wh, x 400 g/kWh = 12 g."""


@pytest.mark.parametrize(
    ("form", "energy", "mass"),
    [
        ("text", "30.0 Wh of electricity", "12.0 g CO2e"),
        ("markdown", "30.0 Wh of electricity", "12.0 g CO2e"),
        ("html", "30.0 Wh", "12.0 g"),
        ("latex", "30.0~Wh", "12.0~g CO$_2$e"),
    ],
)
def test_forms_for_people_have_prefixes(form: str, energy: str, mass: str) -> None:
    """In sentences and in the tables of quantities."""
    text = report(SMALL_RUN, form)
    assert energy in text
    assert mass in text


def test_forms_for_programs_have_none() -> None:
    """Decimals in base units, or in the unit that the form prescribes: grams in a card, tonnes in CycloneDX."""
    assert json.loads(report(SMALL_RUN, "json"))["totals"]["operational_kg"]["best"] == 0.012
    (row,) = csv.DictReader(io.StringIO(report(SMALL_RUN, "csv")))
    assert (row["facility_energy_kwh_best"], row["operational_kg_best"]) == ("0.03", "0.012")
    (row,) = csv.DictReader(io.StringIO(report(SMALL_RUN, "codecarbon")))
    assert (row["energy_consumed"], row["emissions"]) == ("0.03", "0.012")
    assert '"greentrain:operational_kg_best": "0.012"' in report(SMALL_RUN, "boamps")
    assert '"ai_energyQuantity": "0.03"' in report(SMALL_RUN, "spdx")
    assert '"value": 0.000012' in report(SMALL_RUN, "cyclonedx")
    assert "emissions: 12\n" in report(SMALL_RUN, "model-card")
