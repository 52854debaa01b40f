"""Tables for notebooks."""

from greentrain import Interval
from greentrain.html_table import interval_bar, quantity_table, table, text, typeset

LEFT, NUMBER = ' style="text-align:left"', ' style="white-space:nowrap"'


def test_a_table_is_escaped() -> None:
    """What users wrote is text, in a cell as in the caption; numbers get three digits, and None a dash."""
    assert table(("a",), [("<b>",), (1234.56,), (None,), (7,)], "<i>", "1 kg CO2e") == (
        f"<table><caption{LEFT}>&lt;i&gt;</caption><tr><th{LEFT}>a</th></tr><tr><td{LEFT}>&lt;b&gt;</td></tr>"
        f"<tr><td{LEFT}>1,230</td></tr><tr><td{LEFT}>-</td></tr><tr><td{LEFT}>7</td></tr></table>"
        "<p><small>1 kg CO<sub>2</sub>e</small></p>"
    )


def test_amounts_stay_on_one_line_and_words_break() -> None:
    """So that a table of many columns fits a page; heads break too, and a cell may have lines."""
    found = table(
        ("run", "energy at the meter", "status"),
        [("a", "at least 2.00 kWh", "failed; measured"), ("b", ("1 h", 2.0), None)],
    )
    assert f"<td{NUMBER}>at least 2.00 kWh</td><td>failed; measured</td>" in found
    assert f"<td{NUMBER}>1 h<br>2.00</td>" in found
    assert "<th>energy at the meter</th>" in found


def test_quantities_have_words_units_and_intervals() -> None:
    """One row each, in the unit that fits the best value, with the sign of micro; what is not known has dashes."""
    quantities = {"it_energy_kwh": Interval(1.0, 2.0, 3.0), "operational_kg": Interval(1e-9, 2e-9, 3e-9)}
    found = quantity_table({**quantities, "water_l": None})
    assert f"before PUE</td><td{NUMBER}>2.00 kWh</td><td{NUMBER}>1.00 to 3.00</td>" in found
    assert f"<td{NUMBER}>2.00 \N{MICRO SIGN}g CO<sub>2</sub>e</td><td{NUMBER}>1.00 to 3.00</td>" in found
    assert f"water consumed</td><td{NUMBER}>-</td><td{NUMBER}>-</td>" in found


def test_figures_that_lack_a_part_say_so() -> None:
    """Energy and emissions are at least so much; the water of a run and its embodied emissions do not depend on it."""
    known = dict.fromkeys(("it_energy_kwh", "operational_kg", "embodied_kg", "water_l"), Interval(1.0, 2.0, 3.0))
    assert quantity_table(known, is_least=True).count("at least 2.00 k") == 2


def test_a_bar_shows_what_the_energy_went_into() -> None:
    """A quarter of 420 px is 105; a part below half a percent is left out, and one part alone is no bar."""
    found = quantity_table({}, shares={"host": 1.0, "facility": 2.999, "accelerators": 0.001})
    assert 'width="105.0"' in found
    assert "host 25 %" in found
    assert "accelerators" not in found
    assert "<svg" not in quantity_table({}, shares={"host": 1.0})
    assert "<svg" not in quantity_table({}, shares={"host": 0.0, "facility": 0.0})


def test_the_gas_and_a_factor_alone_are_set_too() -> None:
    """CO2 without an e, and a cell that begins with the sign; SVG has a letter of its own for the subscript."""
    assert text("0.92 times CO2 of one person, CO2e") == "0.92 times CO<sub>2</sub> of one person, CO<sub>2</sub>e"
    assert text("x 1.41") == "\N{MULTIPLICATION SIGN} 1.41"
    assert typeset("CO2, CO2x", "CO\N{SUBSCRIPT TWO}e") == "CO\N{SUBSCRIPT TWO}, CO2x"


def test_signs_are_set_as_people_write_them() -> None:
    """The formula has a subscript, and a letter x beside a number is the sign; names with an x stay."""
    assert text("8 x A100: 2.1 x (1 to 3) of 4 kg CO2e") == (
        "8 \N{MULTIPLICATION SIGN} A100: 2.1 \N{MULTIPLICATION SIGN} (1 to 3) of 4 kg CO<sub>2</sub>e"
    )
    assert typeset("0.498 x TDP", times=r" $\times$ ") == r"0.498 $\times$ TDP"
    assert text("model x large, x1, 0x10, xx 3") == "model x large, x1, 0x10, xx 3"


def test_an_interval_lies_on_an_axis_from_zero() -> None:
    """A quarter, a half and the whole of 8; of nothing all is at zero."""
    assert interval_bar(Interval(2, 4, 8), 8) == ("25.00%", "75.00%", "50.00%")
    assert interval_bar(Interval(0, 0, 0), 0) == ("0.00%", "0.00%", "0.00%")


def test_a_sign_between_unbroken_numbers_is_set_too() -> None:
    """What keeps the words on one line keeps them there."""
    assert typeset("2.09\u00a0x\u00a01.70\u00a0kWh") == "2.09\u00a0\u00d7\u00a01.70\u00a0kWh"
    assert typeset("8 x A100") == "8 \u00d7 A100"
