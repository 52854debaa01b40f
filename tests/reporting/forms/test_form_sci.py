"""Software carbon intensity: (O + M) per R."""

import re

import pytest
from form_examples import exact, one_run, project, sized, with_footprint, with_size

from greentrain import InputError
from greentrain.reporting.forms.sci import render


def headline(text: str) -> str:
    """Return the line of the score."""
    return next(line for line in text.split("\n") if line.startswith("**SCI"))


def test_the_score_of_a_project() -> None:
    """14 kg + 2 kg over one completed run; ends by the squares of the half-widths: 2.8, 1 and 2.8, 2 kg."""
    expected = "**SCI = 16,000 g CO2e per run** (90 % interval 13,030 to 19,440 g CO2e)"
    assert headline(render(project())) == expected


def test_per_token_and_per_operation() -> None:
    """240 kg and what is embodied over 2 runs of 2e10 tokens and 1.2e20 operations each."""
    data = sized()
    assert data.embodied_kg is not None
    grams = 1000 * (240 + data.embodied_kg.best)
    assert f"SCI = {1e6 * grams / 4e10:.2f} ug CO2e per token" in render(data, functional_unit="token")
    assert f"SCI = {grams / 2.4e20:.3e} g CO2e per FLOP" in render(data, functional_unit="flop")


def test_without_embodied_emissions_the_score_says_that_it_is_incomplete() -> None:
    """O alone: 9.6 kg."""
    data = with_footprint(exact(), embodied_kg=None)
    text = render(data)
    assert headline(text) == "**SCI = 9,600 g CO2e per run** (exact inputs, no interval)"
    assert "- M is not known for this hardware: the score holds O alone and is incomplete." in text


def test_components_and_coefficients() -> None:
    """The parts add up, every coefficient has its unit, kind of method and source."""
    text = render(project())
    assert "| O, operational = E x I | 14,000 (90 % interval 11,200 to 16,800 g CO2e) | 87.5 % |" in text
    assert "| M, embodied share of the hardware | 2,000 (90 % interval 1,000 to 4,000 g CO2e) | 12.5 % |" in text
    assert "| E, facility energy | 35.00 (90 % interval 28.00 to 42.00) | kWh | measured | this report |" in text
    factor = "| I, carbon intensity, FR 2025 | 400.0 | g CO2e/kWh | sourced | Ember, Yearly Electricity Data |"
    assert factor in text
    assert "| R, run | 1 | 1 | sourced | this report |" in text


def test_the_inputs_of_an_estimate_are_coefficients() -> None:
    """Given ones are sourced, defaults are modeled; water is no part of the score."""
    text = render(sized())
    assert "| PUE | 1.25 | 1 | sourced | Stated by the user |" in text
    assert re.search(r"\| lifetime of the hardware \| 35,040 \(26,280 to 52,560\) \| h \| modeled \|", text)
    assert "WUE" not in text


@pytest.mark.parametrize(
    ("unit", "message"),
    [
        ("image", "functional_unit 'image': must be run, token or flop"),
        (
            "token",
            "functional_unit 'token': the number of tokens is not known; give tokens, of a described run params too",
        ),
        ("flop", "functional_unit 'flop': the number of operations is not known; give flops, or params and tokens"),
    ],
)
def test_units_that_cannot_be_counted(unit: str, message: str) -> None:
    """Rather nothing than a division by a guess."""
    with pytest.raises(InputError, match=f"^{re.escape(message)}$"):
        render(project(), functional_unit=unit)


def test_a_project_without_a_completed_run_has_no_score_per_run() -> None:
    """Nothing was delivered."""
    lines = (one_run().lines[0]._replace(status="failed"),)
    with pytest.raises(
        InputError, match=r"^functional_unit 'run': no run completed; give token or flop, where these are known$"
    ):
        render(one_run()._replace(lines=lines))


def test_a_run_that_goes_on_has_delivered_nothing_yet() -> None:
    """R counts the one that completed: 16 kg over 1, not over 2; of the other no embodied share is known."""
    first, second, _ = project().lines
    unknown = second.footprint._replace(embodied_kg=None)
    found = project()._replace(lines=(first, second._replace(status="running", footprint=unknown)))
    text = render(found)
    assert "per run; " not in headline(text)
    assert "for runs of this size alone. R counts 1." in text
    assert "- M is not known of 1 of 2 runs: the score is incomplete." in text


def test_operations_alone_are_enough() -> None:
    """16 kg over 1.6e19 operations: 1e-15 g."""
    text = render(with_size(project(), flops=1.6e19), functional_unit="flop")
    assert headline(text).startswith("**SCI = 1.000e-15 g CO2e per FLOP**")


def test_it_says_what_it_is_not() -> None:
    """SCI for AI is another score, by a specification that moves: with its date."""
    text = render(project())
    assert "- SCI for AI, which the Green Software Foundation ratified (specification of 12 January 2026, " in text
    assert "score of training alone by ISO/IEC 21031." in text
