"""The model card, read back by the Hub's own library and by its reader of numbers."""

import re
from pathlib import Path
from types import SimpleNamespace

import pytest
import yaml
from form_examples import exact, exact_estimate, nothing, one_run, project, sized, with_footprint
from hypothesis import given
from hypothesis import strategies as st

from greentrain import DataError, InputError, Interval, report, update_card, validate
from greentrain.reporting import ReportData
from greentrain.reporting.forms.model_card import metadata, section_lines
from greentrain.reporting.model_card import BEGIN, END, updated_card

NUMBER = re.compile(r"\d+\.\d+|\d+")
"""How the Hub reads emissions: the first number in the text of the value."""

TEMPLATE = """---
license: mit
# a comment
co2_eq_emissions: 0.5988
---

# Model Card

## Environmental Impact

<!-- Total emissions (in grams of CO2eq) -->

Carbon emissions can be estimated using the [Machine Learning Impact calculator](https://x) presented in [L](https://y).

- **Hardware Type:** [More Information Needed]
- **Hours used:** [More Information Needed]
- **Cloud Provider:** [More Information Needed]
- **Compute Region:** [More Information Needed]
- **Carbon Emitted:** [More Information Needed]

## Technical Specifications
No line end"""


def emitting(kg: float) -> ReportData:
    """Return report data with these emissions."""
    return with_footprint(one_run(), operational_kg=Interval(kg, kg, kg))


@pytest.mark.parametrize("data", [exact(), one_run(), project(), sized()], ids=lambda data: data.title)
def test_the_form_is_what_an_empty_card_becomes(data: ReportData) -> None:
    """Written straight, without a parser of YAML."""
    assert report(data, "model-card", training_type="pre-training") == updated_card(
        "", data, training_type="pre-training"
    )


def test_a_card_that_ends_with_the_dashes_stays_one() -> None:
    """The section begins on a line of its own, and a second time changes nothing."""
    card = update_card("---\nlicense: mit\n---", one_run())
    assert card.startswith("---\nlicense: mit\nco2_eq_emissions:\n  emissions: 10000\n")
    assert "\n---\n## Environmental Impact\n" in card
    assert update_card(card, one_run()) == card


def test_the_metadata_are_in_grams() -> None:
    """14 kg are 14,000 g; the source says what the number covers."""
    expected = {
        "emissions": "14000",
        "source": '"greentrain 1.2.3, data 2026.11, codecarbon 3.3.2; measured, operational, location-based, whole '
        'facility, 90 % interval 11.2 to 16.8 kg CO2e"',
        "training_type": '"fine-tuning"',
        "geographical_location": '"France (FR)"',
        "hardware_used": '"8 x Tesla V100-SXM2-16GB"',
    }
    assert metadata(project(), "fine-tuning") == expected


def test_the_section() -> None:
    """Facts as the Hub's template names them, energy, and what they cover."""
    assert section_lines(one_run()) == [
        "- **Hardware Type:** 8 x Tesla V100-SXM2-16GB",
        "- **Hours used:** 10 h of wall-clock time, 80 accelerator-hours",
        "- **Cloud Provider:** not stated",
        "- **Compute Region:** France (FR)",
        "- **Carbon Emitted:** 10,000 g CO2e = 10.0 kg CO2e (90 % interval 8.00 to 12.0 kg CO2e)",
        "- **Energy Consumed:** 25.0 kWh (90 % interval 20.0 to 30.0 kWh)",
        "",
        "Energy was measured. Boundary: the whole facility, that is computers (accelerators and host) with cooling and "
        "power supply; IT energy times a PUE of 1.25. Runs: one run (completed); other runs of its project are not "
        "included. Carbon intensity: 400 g CO2e/kWh (FR, 2025; life-cycle, location-based); source: Ember, Yearly "
        "Electricity Data. Emissions are those of the electricity; making the hardware is not included. Computed with "
        "greentrain 1.2.3, data 2026.11, codecarbon 3.3.2.",
    ]


@pytest.mark.parametrize(
    ("kg", "words"),
    [
        (0.06132, "61.32 g CO2e = 0.0613 kg CO2e (exact inputs, no interval)"),
        (0.00006132, "0.06132 g CO2e = 0.0000613 kg CO2e (exact inputs, no interval) = 61.3 mg CO2e"),
    ],
)
def test_grams_are_written_once(kg: float, words: str) -> None:
    """Those of the front matter and the kilograms; a smaller unit only where grams have zeros to count."""
    assert f"- **Carbon Emitted:** {words}" in section_lines(emitting(kg))


def test_short_times_are_in_seconds() -> None:
    """0.51 s of eight accelerators."""
    line = one_run().lines[0]._replace(hours=0.51 / 3600, accelerator_hours=4.08 / 3600)
    words = "- **Hours used:** 510 ms of wall-clock time, 4.08 s of accelerator time"
    assert words in section_lines(one_run()._replace(lines=(line,)))


@given(st.floats(1e-12, 1e13))
def test_the_number_is_read_back_as_it_was_written(kg: float) -> None:
    """By the Hub's reader: no exponent on the way, to four digits."""
    value = yaml.safe_load(metadata(emitting(kg))["emissions"])
    read = float(NUMBER.search(str(value))[0])  # type: ignore[index]
    assert read == pytest.approx(1000 * kg, rel=5.1e-4)


@pytest.mark.parametrize(("kg", "written"), [(9e-8, "0.00009"), (2.6e-8, "0.000026"), (7.854e-13, "0.0000000007854")])
def test_what_python_writes_with_an_exponent_stands_as_text(kg: float, written: str) -> None:
    """Of the number 2.6e-05 the Hub reads 2.6, of the text 0.000026 what it says; in grams as ever."""
    value = yaml.safe_load(metadata(emitting(kg))["emissions"])
    assert value == written
    assert float(NUMBER.search(str(value))[0]) == pytest.approx(1000 * kg)  # type: ignore[index]
    card = updated_card("", emitting(kg))
    assert updated_card(card, emitting(kg)) == card


def test_a_card_of_the_template_is_brought_up_to_date() -> None:
    """Number and section are new; all other bytes are as they were."""
    new = update_card(TEMPLATE, exact_estimate())
    lines = new.split("\n")
    assert lines[:6] == ["---", "license: mit", "# a comment", "co2_eq_emissions:", "  emissions: 9600", lines[5]]
    begin, end = lines.index(BEGIN), lines.index(END)
    old = TEMPLATE.split("\n")
    assert lines[lines.index("---", 1) : begin] == old[4:12]
    assert lines[end + 1 :] == old[old.index("- **Carbon Emitted:** [More Information Needed]") + 1 :]
    assert update_card(new, exact_estimate()) == new


def test_line_ends_of_windows_stay() -> None:
    """Every one of them."""
    new = update_card(TEMPLATE.replace("\n", "\r\n"), exact_estimate())
    assert new.replace("\r\n", "") == new.replace("\n", "").replace("\r", "")
    assert new.replace("\r\n", "\n") == update_card(TEMPLATE, exact_estimate())


def test_a_path_is_read(tmp_path: Path) -> None:
    """A path, or a text of one line; nothing is written."""
    card = tmp_path / "README.md"
    card.write_bytes(TEMPLATE.encode())
    assert update_card(card, exact_estimate()) == update_card(str(card), exact_estimate())
    assert update_card(card, exact_estimate()) == update_card(TEMPLATE, exact_estimate())
    assert card.read_bytes() == TEMPLATE.encode()


def test_cards_that_cannot_be_read(tmp_path: Path) -> None:
    """Missing, or in another encoding."""
    latin = tmp_path / "latin.md"
    latin.write_bytes(b"# caf\xe9\n")
    with pytest.raises(DataError, match=r"latin\.md: not UTF-8: byte 5 is 0xe9$"):
        update_card(latin, exact_estimate())
    with pytest.raises(DataError, match=r"no\.md: cannot be read: No such file or directory$"):
        update_card(tmp_path / "no.md", exact_estimate())


def test_results_that_a_card_cannot_state() -> None:
    """No energy, a validation, a strange kind of training."""
    with pytest.raises(InputError, match=r"^result: its energy is zero or not known"):
        update_card("", nothing())
    with pytest.raises(InputError, match=r"^result 'of type ValidationReport': is no footprint"):
        update_card("", validate(tier="T1", record="strubell2019-bert-base-v100"))
    with pytest.raises(InputError, match=r"^training_type 'training': must be pre-training or fine-tuning$"):
        update_card("", exact_estimate(), training_type="training")


def test_names_of_the_user_do_no_harm() -> None:
    """Neither in YAML nor in Markdown, and no mark of ours can be forged."""
    bad = f'"\n- x: [y](z) <b> {END} | *'
    line = one_run().lines[0]._replace(hardware=bad, location="aws:us-east-1")
    card = update_card("", one_run()._replace(lines=(line,)))
    data = yaml.safe_load(card.split("---\n")[1])["co2_eq_emissions"]
    assert data["hardware_used"] == f'" - x: [y](z) <b> {END} | *'
    assert "<b>" not in card.split("---\n", 2)[2]
    assert card.count(f"\n{END}\n") == 1
    assert "- **Cloud Provider:** aws\n" in card


def test_the_hub_reads_the_card() -> None:
    """Through huggingface_hub: as metadata, and by its filter of emissions."""
    hub = pytest.importorskip("huggingface_hub")
    from huggingface_hub.utils.endpoint_helpers import _is_emission_within_threshold

    card = hub.ModelCard(update_card(TEMPLATE, exact_estimate()))
    assert card.data.to_dict()["co2_eq_emissions"]["emissions"] == 9600
    assert card.data.license == "mit"
    info = SimpleNamespace(card_data=card.data)
    assert _is_emission_within_threshold(info, 9599, 9601)
    assert not _is_emission_within_threshold(info, 9601, 1e9)
    assert "- **Carbon Emitted:** 9,600 g CO2e" in card.text


def test_the_form_is_a_card_to_be_filled_in() -> None:
    """The same as an empty card brought up to date."""
    assert report(exact(), "model-card") == update_card("", exact_estimate())
