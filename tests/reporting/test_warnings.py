"""What cannot be is said wherever the figures are printed."""

import json
import re
from typing import Any

import pytest

from greentrain import Estimate, InputError, estimate, report, total, update_card
from greentrain.reporting.forms import FORMS

SITE = {"grid_intensity": 400, "pue": 1.25}
IMPOSSIBLE: dict[str, tuple[dict[str, Any], str]] = {
    "MFU": ({"gpu": "A100-SXM4-80GB", "hours": 1, "params": 7e9, "tokens": 1e12}, "is impossible in practice"),
    "age": ({"gpu": "H100-SXM", "count": 8, "hours": 90_000, "year": 2024}, "had existed by 2024"),
    "MFU given": (
        {"gpu": "A100-SXM4-80GB", "count": 8, "params": 7e9, "tokens": 1e12, "mfu": 0.9},
        "An MFU above 0.75 is impossible in practice, and 0.9 is given: hours, energy",
    ),
    "power": ({"gpu": "T4", "hours": 1, "power": 140}, "the host is counted twice"),
}
"""An MFU of 4.2e22 / (3600 s x 312e12) = 37; 90,000 h are ten years, from 2022 to 2024 it is three; T4 has 70 W."""
ROWS_OF_OTHERS = "codecarbon"
"""Has another program's columns, and none for a warning."""


def doubtful(kind: str) -> Estimate:
    """Estimate a run that cannot be."""
    return estimate(**SITE, **IMPOSSIBLE[kind][0])


@pytest.mark.parametrize("kind", IMPOSSIBLE)
@pytest.mark.parametrize("form", [name for name in FORMS if name != ROWS_OF_OTHERS])
def test_every_form_warns(form: str, kind: str) -> None:
    """In the words of the note."""
    assert IMPOSSIBLE[kind][1] in " ".join(report(doubtful(kind), form).split())


@pytest.mark.parametrize("form", FORMS)
def test_no_form_warns_of_an_ordinary_run(form: str) -> None:
    """No sentence, no property."""
    text = re.sub(r"<script.*?</script>", "", report(estimate("T4", hours=1, power=60, **SITE), form), flags=re.DOTALL)
    assert not any(mark in text for mark in ("Warning:", "WARNING:", "greentrain:warning"))


def test_it_is_at_the_top_of_what_the_act_asks_for() -> None:
    """Once, before the items and both methods, with the MFU: 6 x 7e9 x 1e12 FLOP in an hour at 312 TFLOP/s."""
    text = report(doubtful("MFU"), "gpai")
    assert text.count("An MFU above") == 1
    words = "> **Warning:** An MFU above 0.75 is impossible in practice: this run's is 37,400, so the hours"
    assert words in text[: text.index("| Item | Answer |")]


def test_it_is_at_the_top_of_the_card_s_section() -> None:
    """And in the source of the front matter, which readers of data alone see."""
    card = update_card("# T\n\n## Environmental Impact\n", doubtful("power"))
    lines = card.splitlines()
    assert lines[next(number for number, line in enumerate(lines) if "begin" in line) + 1].startswith("> **Warning:**")
    assert "WARNING: an input is implausible" in card


@pytest.mark.parametrize("checklist", ["neurips", "acl"])
def test_answers_to_checklists_warn_too(checklist: str) -> None:
    """In bold, before the answer."""
    assert report(doubtful("age"), "latex", checklist=checklist).startswith(r"\textbf{Warning: 90,000 hours")


def test_warnings_are_notes_too() -> None:
    """Readers of 0.1.0 look for them there."""
    found = json.loads(doubtful("MFU").to_json())
    assert found["warnings"]
    assert set(found["warnings"]) < set(found["notes"])


def test_a_total_warns_of_its_runs() -> None:
    """Of two that cannot be, once with their number."""
    whole = total([doubtful("power"), doubtful("power"), estimate("T4", hours=1, power=60, **SITE)])
    (warning,) = whole.warnings
    assert warning.endswith("(in 2 runs)")
    assert warning in whole.notes


def test_an_absurdly_low_mfu_given_is_doubted_too() -> None:
    """A percent number taken for a share of one hundred."""
    found = estimate(gpu="A100-SXM4-80GB", count=8, params=7e9, tokens=1e10, mfu=0.004, **SITE)
    rule = "An MFU below 0.01 is absurdly low, and 0.004 is given: hours, energy and emissions come out too large."
    assert found.footprint.warnings == (rule,)


@pytest.mark.parametrize("mfu", [0.01, 0.4, 0.75])
def test_an_mfu_given_within_reason_is_not_doubted(mfu: float) -> None:
    """Both ends count as possible."""
    found = estimate(gpu="A100-SXM4-80GB", count=8, params=7e9, tokens=1e12, mfu=mfu, **SITE)
    assert not any("MFU" in warning for warning in found.footprint.warnings)


@pytest.mark.parametrize("form", [name for name in FORMS if name != ROWS_OF_OTHERS])
def test_a_warning_names_the_device_as_it_was_named(form: str) -> None:
    """Nobody said SXM4 40GB."""
    text = report(estimate("A100", power=700, count=16, hours=100, **SITE), form)
    sign = {"html": "\N{MULTIPLICATION SIGN}", "latex": "$\\times$"}.get(form, "x")
    assert f"{sign} the TDP of NVIDIA A100 (taken as SXM4 40GB)." in " ".join(text.split())


def test_a_refusal_names_the_device_as_it_was_named() -> None:
    """The name covers two cards."""
    with pytest.raises(InputError, match=r"no NVIDIA RTX A2000 \(taken as 6GB\) draws that; it is rated 70 W"):
        estimate("RTX A2000", power=350, hours=1, **SITE)


@pytest.mark.parametrize("form", ["csv", "json"])
def test_data_have_the_device_as_it_was_named(form: str) -> None:
    """Beside the id of the profile that was taken."""
    text = report(estimate("A100", hours=1, **SITE), form)
    assert "a100-sxm4-40gb" in text
    if form == "json":
        assert json.loads(text)["lines"][0]["gpu_name"] == "NVIDIA A100 (taken as SXM4 40GB)"
    else:
        assert text.splitlines()[1].endswith(",NVIDIA A100 (taken as SXM4 40GB),")
