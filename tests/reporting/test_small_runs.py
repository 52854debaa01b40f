"""Small runs: prefixes for people, plain decimals for programs."""

import csv
import io
import json
import re

import pytest

from greentrain import estimate, report
from greentrain.cli import run
from greentrain.interval import Interval
from greentrain.numbers import as_given, given_amount, hours_as_given, in_repr, in_small_unit
from greentrain.plain_numbers import plain_float, plain_json
from greentrain.reporting import report_data_of
from greentrain.reporting.forms import FORMS

SMALL = {"gpu": "T4", "hours": 1e-5, "power": 70, "host_factor": 1, "pue": 1, "grid_intensity": 40}
"""70 W x 1e-5 h = 700 uWh, which emit 28 ug."""
EXPONENT = re.compile(r"\d[eE]-\d")


def small(form: str) -> str:
    """Report it; the page's script is the charts' own data."""
    text = report(estimate(**SMALL), form)  # type: ignore[arg-type]
    return re.sub(r"<script.*?</script>", "", text, flags=re.DOTALL)


@pytest.mark.parametrize("form", FORMS)
def test_no_form_has_an_exponent(form: str) -> None:
    """Neither in headings and names nor in figures; in SPDX no identifier either."""
    assert EXPONENT.findall(small(form)) == []


@pytest.mark.parametrize("form", ["gpai", "model-card", "latex", "text", "markdown", "html"])
def test_energy_has_a_prefix_for_people(form: str) -> None:
    """700 uWh; where a form asks for a unit, behind the figure in it."""
    assert re.search(r"(700( |~)(u|µ|\$\\mu\$)Wh)|(electricity|exact).*Wh", small(form))


def test_the_score_has_a_prefix() -> None:
    """28 ug of electricity and the share of making the card."""
    assert re.search(r"\*\*SCI = \d+(\.\d+)? ug CO2e per run\*\*", small("sci"))


@pytest.mark.parametrize("kind", ["csv", "json"])
def test_the_estimate_for_programs_has_plain_decimals(kind: str, capsys: pytest.CaptureFixture[str]) -> None:
    """The same number to the last bit."""
    said = [f"--{name.replace('_', '-')}={value}" for name, value in SMALL.items()]
    assert run(["estimate", *said, "--format", kind]) == 0
    text = capsys.readouterr().out
    assert EXPONENT.findall(text) == []
    energy = estimate(**SMALL).it_energy_kwh.best  # type: ignore[arg-type]
    if kind == "json":
        assert json.loads(text)["it_energy_kwh"]["best"] == energy
    else:
        (row,) = csv.DictReader(io.StringIO(text))
        assert float(row["it_energy_kwh_best"]) == energy


@pytest.mark.parametrize(
    ("value", "text"),
    [(1e-5, "0.00001"), (7.854e-07, "0.0000007854"), (-2.5e-10, "-0.00000000025"), (1.2e20, "1.2e+20"),
     (96.0, "96.0"), (0.1, "0.1"), (5e-324, "0." + 323 * "0" + "5")],
)  # fmt: skip
def test_plain_numbers_give_the_same_number_back(value: float, text: str) -> None:
    """The shortest digits that do, as Python has them."""
    assert plain_float(value) == text
    assert float(text) == value
    assert plain_json([value]) == f"[{text}]"


def test_texts_of_json_stay_as_they_are() -> None:
    """Names that look like numbers, quotes and backslashes too."""
    value = {"1e-05": ['a "2e-07" \\', 1e-07], "id-5e+3": None}
    assert plain_json(value) == '{"1e-05": ["a \\"2e-07\\" \\\\", 0.0000001], "id-5e+3": null}'
    assert json.loads(plain_json(value)) == value


def test_times_and_amounts_for_people() -> None:
    """Hours as typed from a tenth of an hour on: like energy and mass, less has a unit in which nobody counts zeros."""
    assert [hours_as_given(hours) for hours in (96, 0.1, 0.05, 0.00168, 0.0005, 1e-5, 0)] == [
        "96 h", "0.1 h", "3 min", "6.05 s", "1.8 s", "36 ms", "0 h"
    ]  # fmt: skip
    assert (given_amount(0.00027, "kWh"), given_amount(1.5, "kWh"), given_amount(0.25, "")) == (
        "270 mWh", "1.5 kWh", "0.25"
    )  # fmt: skip
    assert [as_given(value) for value in (1e-5, 2.5e-7, 1234.5, 0.001)] == ["0.00001", "0.00000025", "1,234.5", "0.001"]
    assert (in_small_unit(0.00123, "kWh"), in_small_unit(0.1, "kWh")) == ("1.23 Wh", "")


def test_one_line_of_a_small_run_has_units_of_its_size() -> None:
    """A footprint as Python shows it."""
    assert in_repr(Interval(1.02e-3, 1.1534e-3, 1.39e-3), "kWh") == ("1.153 Wh", "1.02 to 1.39")
    assert in_repr(Interval(1.0, 1.0, 1.0), "kg CO2e") == ("1 kg CO2e", "1 to 1")
    # 60 W for 6.048 s are 100.8 mWh, which emit 10.08 mg at 100 g/kWh.
    found = estimate("T4", hours=0.00168, power=60, pue=1, host_factor=1, grid_intensity=100)
    assert repr(found) == "<Estimate 100.8 mWh, 10.08 mg CO2e (90 % interval 10.08 to 10.08)>"
    assert report_data_of(found).title == "1 x NVIDIA Tesla T4, 6.05 s, grid as given"
    text = report(found, "markdown")
    assert "| hours | 6.048 | s |" in text
    assert "| PUE | 1 |  |" in text
    assert "| accelerators | 10.1 |  |  | 101 |" in text
