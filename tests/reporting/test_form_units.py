"""Each cell of the map of units, with a number worked out by hand."""

import pytest

from greentrain import Interval, load_catalogue
from greentrain.reporting.form_units import form_unit, form_units, grouped, plain_decimal
from greentrain.reporting.forms import FORMS

CELLS = [
    # form, quantity, in our unit, its unit, in the form's unit, its unit
    ("model-card", "emissions", 1.2345, "kg", 1234, "g"),
    ("model-card", "energy", 1234.5, "kWh", 1230, "kWh"),
    ("model-card", "emissions_text", 0.65432, "kg", 0.654, "kg CO2e"),
    ("model-card", "hours", 96, "h", 96, "h"),
    ("gpai", "energy", 1_287_000, "kWh", 1300, "MWh"),
    ("gpai", "flop", 3.14e23, "FLOP", 3.1e23, "FLOP"),
    ("gpai", "days", 36, "h", 1.5, "days"),
    ("gpai", "hardware_days", 768, "h", 32, "hardware-days"),
    ("ghg", "energy", 433_196, "kWh", 433.196, "MWh"),
    ("ghg", "emissions", 24_692.172, "kg", 24.6922, "t CO2e"),
    ("ghg", "factor", 475, "g/kWh", 0.475, "kg CO2e/kWh"),
    ("sci", "energy", 12.5, "kWh", 12.5, "kWh"),
    ("sci", "intensity", 57, "g/kWh", 57, "g CO2e/kWh"),
    ("sci", "emissions", 0.0421, "kg", 42.1, "g CO2e"),
    ("sci", "pue", 1.15, "1", 1.15, "1"),
    ("cyclonedx", "energy", 24.125, "kWh", 24.125, "kWh"),
    ("cyclonedx", "emissions", 9.65, "kg", 0.00965, "tCO2eq"),
    ("spdx", "energy", 0.042, "kWh", 0.042, "kilowattHour"),
    ("spdx", "emissions", 9.65, "kg", 9.65, "kg CO2e"),
    ("boamps", "energy", 0.00267074, "kWh", 0.00267074, "kWh"),
    ("boamps", "intensity", 57, "g/kWh", 57, "gCO2eq/kWh"),
    ("boamps", "params", 8e9, "1", 8, "billions"),
    ("boamps", "duration", 1.5, "h", 5400, "s"),
    ("boamps", "emissions", 9.65, "kg", 9.65, "kg CO2e"),
    ("codecarbon", "energy", 24.125, "kWh", 24.125, "kWh"),
    ("codecarbon", "emissions", 9.65, "kg", 9.65, "kg"),
    ("codecarbon", "emissions_rate", 7.2, "kg/h", 0.002, "kg/s"),
    ("codecarbon", "power", 0.3, "kW", 300, "W"),
    ("codecarbon", "duration", 96, "h", 345_600, "s"),
    ("codecarbon", "water", 1.8, "L", 1.8, "L"),
    ("latex", "energy", 1507.4, "kWh", 1510, "kWh"),
    ("latex", "energy_large", 1_287_000, "kWh", 1290, "MWh"),
    ("latex", "emissions", 652.3, "kg", 652, "kg"),
    ("latex", "emissions_large", 552_100, "kg", 552, "t"),
    ("latex", "accelerator_hours", 768, "h", 768, "GPU-hours"),
    ("latex", "hours", 12.5, "h", 12.5, "hours"),
    ("latex", "params", 176e9, "1", 176e9, "parameters"),
]


@pytest.mark.parametrize(("form", "quantity", "value", "base_unit", "expected", "unit"), CELLS)
def test_a_cell_converts_as_worked_out_by_hand(
    form: str, quantity: str, value: float, base_unit: str, expected: float, unit: str
) -> None:
    """Factor, digits and both units of each cell."""
    found = form_unit(form, quantity)
    assert (found.base_unit, found.unit) == (base_unit, unit)
    assert found.number(value) == pytest.approx(expected, rel=1e-12)


def test_no_cell_is_left_out_here() -> None:
    """The table and the list above hold the same cells, once each."""
    assert [(form, quantity) for form, quantity, *_ in CELLS] == list(form_units())


def test_forms_sources_and_marks_are_known() -> None:
    """Every form is in the registry, every source is defined, and every row says how far it is verified."""
    cells = form_units().values()
    assert {item.form for item in cells} <= set(FORMS)
    assert {key for item in cells for key in item.source.split(";")} <= set(load_catalogue().sources)
    assert {item.verified for item in cells} <= {"yes", "partial", "assumed"}


@pytest.mark.parametrize(
    ("value", "expected"),
    [(2.6e-05, "0.000026"), (1e16, "10000000000000000"), (12.50, "12.5"), (100.0, "100"), (0.0, "0")],
)
def test_plain_decimals_have_no_exponent(value: float, expected: str) -> None:
    """Readers take the first run of digits: 2.6e-05 would become 2.6."""
    assert plain_decimal(value) == expected


@pytest.mark.parametrize(
    ("kwh", "expected"),
    [(1000, "1.0 MWh"), (12_345_678, "12,000 MWh"), (504.4, "0.50 MWh"), (0.1, "0.00010 MWh"), (99_600, "100 MWh")],
)
def test_two_significant_figures_are_two_even_where_they_are_zeros(kwh: float, expected: str) -> None:
    """What the form of the AI Act asks for."""
    assert form_unit("gpai", "energy").with_unit(kwh) == expected


def test_what_is_known_exactly_has_no_zeros_behind_the_point() -> None:
    """Hours that somebody gave."""
    assert form_unit("model-card", "hours").short_text(96) == "96"
    assert grouped("1.2e+04") == "12,000"


def test_an_interval_is_converted_end_by_end() -> None:
    """Tonnes from kilograms, in numbers and in words."""
    found = form_unit("ghg", "emissions")
    assert found.interval(Interval(500, 1000, 2000)) == Interval(0.5, 1, 2)
    assert form_unit("latex", "emissions").span(Interval(500, 1000, 2000)) == "500 to 2,000 kg"
