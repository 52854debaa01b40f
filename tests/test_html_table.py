"""Tables for notebooks."""

from greentrain import Interval
from greentrain.html_table import interval_table, table


def test_a_table_is_escaped() -> None:
    """What users wrote is text, in a cell as in the caption; numbers get four digits, and None a dash."""
    assert table(("a",), [("<b>",), (1234.56,), (None,), (7,)], "<i>") == (
        "<table><caption>&lt;i&gt;</caption><tr><th>a</th></tr><tr><td>&lt;b&gt;</td></tr>"
        "<tr><td>1235</td></tr><tr><td>-</td></tr><tr><td>7</td></tr></table>"
    )


def test_quantities_with_their_intervals() -> None:
    """One row each; what is not known has dashes."""
    found = interval_table({"it_energy_kwh": Interval(1.0, 2.0, 3.0), "operational_kg": None})
    assert found == (
        "<table><tr><th></th><th>low</th><th>best</th><th>high</th></tr>"
        "<tr><td>it_energy_kwh</td><td>1</td><td>2</td><td>3</td></tr>"
        "<tr><td>operational_kg</td><td>-</td><td>-</td><td>-</td></tr></table>"
    )


def test_large_numbers_have_no_exponents() -> None:
    """Four digits of them count, the others are zeros."""
    assert "<td>10,430</td><td>9999</td><td>1,235,000</td>" in table((), [(10_434.0, 9_999.0, 1_234_567.0)])
