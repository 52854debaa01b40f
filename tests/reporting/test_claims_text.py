"""Claims as text: 80 columns, plain ASCII, and no flight without its labels."""

import re

import pytest

from greentrain.reporting.terminal import claim_text, claims_text
from greentrain.validation import ClaimResult, check_claims

RESULTS = check_claims()
TEXTS = {result.claim.id: claim_text(result) for result in RESULTS}
every_claim = pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)


@every_claim
def test_lines_fit_a_terminal(text: str) -> None:
    """80 columns but for an address, plain ASCII, no blanks at the end."""
    assert [line for line in text.splitlines() if len(line) > 80 and "https://" not in line] == []
    assert text.isascii()
    assert [line for line in text.splitlines() if line != line.rstrip()] == []


@every_claim
def test_no_line_says_a_bare_flight(text: str) -> None:
    """A number of flights, trips or aircraft is never written without saying whose and which."""
    assert re.findall(r"\d\s*x?\s*(?:flights?|trips?|aircraft|planes?)\b", text) == []


@every_claim
def test_every_route_has_its_four_labels(text: str) -> None:
    """Who, one way or round trip, radiative forcing and the year follow wherever a route is named."""
    whole = (
        r"(one passenger|a whole aircraft), {}, (one way|round trip), .*?radiative forcing.*?\((half of )?\w+ \d{{4}}\)"
    )
    joined = " ".join(text.split())
    for route in ("New York-San Francisco", "San Francisco-New York"):
        assert len(re.findall(whole.format(route), joined)) == joined.count(route)


def test_the_claim_about_bert_is_laid_out() -> None:
    """Recomputation, scenarios in both readings, and the factors that cancel."""
    lines = TEXTS["bert-flight"].splitlines()
    assert lines[0] == "BERT and the transcontinental flight [bert-flight]: recomputed"
    for line in (
        "  as published: energy [kWh]                1,507.0      1,506.8   -0.01 %",
        "  as published: emissions [kg]                652.3        652.0   -0.03 %",
        "  as published: times A [x]                    0.72         0.72   -0.03 %",
        "  as published                        1,510          652    0.72    1.45",
        "  with V100 power measured later      2,600        1,130    1.25    2.50",
        "  with French electricity             1,510         85.9   0.095    0.19",
        "  by TDP alone, no host or PUE      1.00    1.59    1.00    0.63    0.99    1.00",
        "     stated (Strubell 2019): 900 kg (sourced values: 602 to 1,490)",
    ):
        assert line in lines


def test_our_own_estimate_has_its_interval() -> None:
    """A line under it gives the 90 % interval in kg."""
    for text in TEXTS.values():
        lines = text.splitlines()
        row = next(index for index, line in enumerate(lines) if line.startswith("  our own estimate"))
        assert re.fullmatch(r" +90 % interval: [\d,.]+ to [\d,.]+ kg", lines[row + 1])


def test_all_claims_begin_with_how_many_follow() -> None:
    """A claim whose figure does not follow from its inputs is marked, where it is off and at its head."""
    assert claims_text(RESULTS).startswith("3 of 3 claims follow from their own inputs.")
    bad = _spoiled(RESULTS[0])
    assert claims_text([bad, *RESULTS[1:]]).startswith("2 of 3 claims")
    text = claim_text(bad)
    assert text.startswith("BERT and the transcontinental flight [bert-flight]: NOT REPRODUCED\n")
    assert "  as published: energy [kWh]                1,000.0      1,506.8   50.68 %  !" in text.splitlines()


def _spoiled(result: ClaimResult) -> ClaimResult:
    """Claim a published energy of 1,000 kWh."""
    first, *others = result.published.checks
    wrong = result.published._replace(checks=(first._replace(published=1000.0), *others))
    return result._replace(scenarios=(wrong, *result.scenarios[1:]))
