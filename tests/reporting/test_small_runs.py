"""Small runs: prefixes for people, plain decimals for programs."""

import csv
import io
import json
import re

import pytest

from greentrain import estimate, report
from greentrain.cli import run
from greentrain.numbers import as_given, hours_as_given, in_small_unit
from greentrain.plain_numbers import plain_float, plain_json
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
    """Hours as typed as long as nobody counts zeros."""
    assert [hours_as_given(hours) for hours in (96, 0.01, 0.001, 0.0005, 1e-5)] == [
        "96 h", "0.01 h", "0.001 h", "1.80 s", "36.0 ms"
    ]  # fmt: skip
    assert [as_given(value) for value in (1e-5, 2.5e-7, 1234.5, 0.001)] == ["0.00001", "0.00000025", "1,234.5", "0.001"]
    assert (in_small_unit(0.00123, "kWh"), in_small_unit(0.1, "kWh")) == ("1.23 Wh", "")
