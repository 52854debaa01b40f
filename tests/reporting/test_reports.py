"""Reports as text: the registry of forms, what each form says, and that nothing injects."""

import csv
import io
import json
import pickle
import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from journals_of_reports import FIRST_START, write_run
from jsonschema import Draft202012Validator

import greentrain
from greentrain import Contradiction, History, InputError, Interval, UnknownName, report
from greentrain.errors import either
from greentrain.reporting import is_ours, report_data_of
from greentrain.reporting.document import document_of
from greentrain.reporting.document.blocks import Table
from greentrain.reporting.forms import FORMS
from greentrain.reporting.forms.csv import COLUMNS
from greentrain.reporting.forms.json import schema, schema_text

NASTY = "</script><script>alert(1)</script>\"'<!--{{ 7 * 7 }}|*_`[x](javascript:alert(1))\x1b[31m\n# head\n=1+1"
OWN = ("html", "markdown", "text", "json", "csv")
_EXACT = {"count": 64, "hours": 79.2, "power": 188.1486, "host_factor": 1, "pue": 1.58, "grid_intensity": 432.73}


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """One result of each kind."""
    home = tmp_path_factory.mktemp("home")
    write_run(home, "a", name=NASTY, project=NASTY, spans=[(NASTY, 10, 1800)])
    write_run(home, "b", name="=1+1", project=NASTY, status="failed", started=FIRST_START + timedelta(days=40))
    return {
        "estimate": greentrain.estimate("V100", **_EXACT),
        "run": History(home).get("a"),
        "project": History(home),
        "validation": greentrain.validate(claims=True),
    }


@pytest.mark.parametrize("format", OWN)
@pytest.mark.parametrize("kind", ["estimate", "run", "project", "validation"])
def test_the_same_result_gives_the_same_report(results: dict[str, Any], kind: str, format: str) -> None:
    """Byte for byte, and each form that can carry the mark is known again as ours."""
    text = report(results[kind], format)
    assert text == report(results[kind], format)
    assert text.endswith("\n")
    assert is_ours(text) is not (kind == "validation" and format == "csv")


@pytest.mark.parametrize("format", ["markdown", "text", "html"])
def test_the_headline_stands_in_every_form_for_people(results: dict[str, Any], format: str) -> None:
    """1,506.8 kWh and 652.0 kg CO2e, worked out from the power and hours of Strubell et al. 2019."""
    text = report(results["estimate"], format)
    gas = "CO<sub>2</sub>e" if format == "html" else "CO2e"
    assert f"1,506.8 kWh of electricity and 652.0 kg {gas}" in text


@pytest.mark.parametrize("format", ["markdown", "text", "html"])
def test_sections_are_the_same_in_every_form_for_people(results: dict[str, Any], format: str) -> None:
    """From the result to the sources."""
    titles = ["Result", "What the figures cover", "What it is made of", "What the interval comes from",
              "The same run elsewhere", "The same run by published methods", "Inputs, defaults and assumptions",
              "Method", "Sources"]  # fmt: skip
    patterns = {"markdown": r"^## (.*)$", "text": r"^(.*)\n-{6,}$", "html": r"<h2 id=\"[\w-]+\">(.*)</h2>"}
    found = re.findall(patterns[format], report(results["estimate"], format), re.MULTILINE)
    assert [title for title in found if title in titles] == titles


@pytest.mark.parametrize("format", ["markdown", "text", "html"])
def test_every_number_in_brackets_has_its_source(results: dict[str, Any], format: str) -> None:
    """References run from 1 to the number of entries in the bibliography, and none leads nowhere."""
    text = report(results["estimate"], format)
    patterns = {
        "markdown": (r"\\\[([\d, ]+)\\\]", r"^(\d+)\. "),
        "text": (r"\[(\d[\d, \n]*)\]", r"^\[(\d+)\] "),
        "html": (r"aria-label=\"source (\d+)\"", r"<li id=\"source-(\d+)\">"),
    }
    body, entries = patterns[format]
    listed = {int(number) for number in re.findall(entries, text, re.MULTILINE)}
    cited = {int(number) for marks in re.findall(body, text) for number in re.findall(r"\d+", marks)}
    assert listed == set(range(1, len(listed) + 1))
    assert cited == listed


def test_defaults_are_counted_and_listed(results: dict[str, Any]) -> None:
    """Five of the numbers of the exact estimate are ours: they concern making the hardware, and water."""
    text = report(results["estimate"], "text")
    assert "5 inputs were filled in by default:" in text
    assert "- embodied emissions of the node, per device: 375 (150 to 1,060) kg (assumed)" in text


def test_a_project_says_what_failed(results: dict[str, Any]) -> None:
    """Two runs of 0.59976 kWh and 0.239904 kg, one of them failed."""
    text = report(results["project"], "text")
    assert re.search(r"^failed +1 +0\.600 +0\.240 +50 %$", text, re.MULTILINE)
    assert re.search(r"^all +2 +1\.20 +0\.480 +100 %$", text, re.MULTILINE)


def test_text_fits_a_terminal_but_for_addresses_and_wide_tables(results: dict[str, Any]) -> None:
    """Prose is never wider than 80 columns, and holds no control characters of a run's name."""
    text = report(results["project"], "text")
    assert "\x1b" not in text
    assert max(len(line) for line in text.split("Runs\n----")[0].splitlines()) <= 80


def test_names_cannot_break_out_of_markdown(results: dict[str, Any]) -> None:
    """No tag, no heading, no table cell, no link of a name survives."""
    text = report(results["project"], "markdown")
    assert "<script" not in text
    assert "\n# head" not in text
    assert not re.search(r"(?<!\\)\]\(javascript", text)
    rows = [line for line in text.splitlines() if line.startswith("| ") and "failed | 2026-" in line]
    assert [len(re.findall(r"(?<!\\)\|", row)) for row in rows] == [8]


def test_names_cannot_break_out_of_html(results: dict[str, Any]) -> None:
    """Three script elements, as for a harmless name: figures, plotly.js and our own; hashes name the two that run."""
    text = report(results["run"], "html")
    outside = text[: text.index("<script>")]
    assert text.count("<script") == 3 + text[text.index("<script>") :].count("<script", 1) - 1
    assert "alert(1)</script>" not in outside
    assert "<script>alert" not in text
    policy = re.search(r'http-equiv="Content-Security-Policy" content="([^"]*)"', text)
    assert policy is not None
    assert policy[1].startswith("default-src 'none'; ") or policy[1].startswith("default-src &#39;none&#39;; ")
    assert policy[1].count("sha256-") == 2


def test_a_page_weighs_less_than_two_megabytes(results: dict[str, Any]) -> None:
    """The basic bundle of plotly.js is 1.19 MB of it and there once."""
    for result in results.values():
        text = report(result, "html")
        assert 1_200_000 < len(text.encode()) < 2_000_000
        assert text.count("plotly.js (basic - minified) v") == 1


def test_csv_has_a_row_per_run_with_every_end(results: dict[str, Any]) -> None:
    """Names that a spreadsheet would take for formulas get an apostrophe; nothing stands for not known."""
    rows = list(csv.DictReader(io.StringIO(report(results["project"], "csv"))))
    assert [row["id"] for row in rows] == ["a", "b"]
    assert rows[1]["name"] == "'=1+1"
    assert float(rows[0]["facility_energy_kwh_best"]) == pytest.approx(0.59976)
    assert float(rows[0]["grid_g_per_kwh_high"]) == 400.0
    assert (rows[0]["grid_year"], rows[0]["started"]) == ("", "2026-03-01T00:00:00Z")
    assert tuple(rows[0]) == COLUMNS


def test_csv_of_a_validation_is_that_of_the_command(results: dict[str, Any]) -> None:
    """One row per record and tier."""
    rows = list(csv.DictReader(io.StringIO(report(results["validation"], "csv"))))
    assert len(rows) == len(results["validation"].records)


@pytest.mark.parametrize("kind", ["estimate", "run", "project", "validation"])
def test_json_fits_its_schema(results: dict[str, Any], kind: str) -> None:
    """Every key is described and none is missing; the schema is one itself."""
    Draft202012Validator.check_schema(schema())
    Draft202012Validator(schema()).validate(json.loads(report(results[kind], "json")))


def test_json_holds_everything(results: dict[str, Any]) -> None:
    """Figures unrounded, the estimate inside, and the schema as text is the schema."""
    found = json.loads(report(results["estimate"], "json", made_at=datetime(2026, 11, 22, 12, tzinfo=UTC)))
    assert found["totals"]["operational_kg"]["best"] == results["estimate"].operational_kg.best
    assert found["estimate"] == results["estimate"].to_dict()
    assert (found["estimate"]["basis"], found["estimate"]["scope"]) == ("estimated", "facility")
    assert found["made_at"] == "2026-11-22T12:00:00Z"
    assert json.loads(schema_text()) == schema()


def test_only_the_largest_runs_of_a_long_history_are_listed(results: dict[str, Any]) -> None:
    """Of 150 runs of 0 to 149 kWh the 100 largest; the sum counts all of them: 11,175 kWh."""
    data = report_data_of(results["project"])
    first = data.lines[0]
    lines = tuple(
        first._replace(
            id=f"{number:03d}",
            status="failed" if number % 2 else "completed",
            footprint=first.footprint._replace(facility_energy_kwh=Interval(number, number, number)),
        )
        for number in range(150)
    )
    runs = next(part for part in document_of(data._replace(lines=lines)).sections if part.id == "runs")
    by_status, words, listed = runs.blocks
    assert [cell.text for cell in by_status.rows[-1]][:3] == ["all", "150", "11,200"]  # type: ignore[union-attr]
    assert words.text.startswith("The 100 runs that took most energy, of 150")  # type: ignore[union-attr]
    assert [row[-1].text for row in listed.rows][::99] == ["149", "050"]  # type: ignore[union-attr]


def test_runs_that_ended_alike_are_in_no_table_of_ends() -> None:
    """One row and the same in all would be said three times: the scope counts them."""
    data = report_data_of([greentrain.estimate("T4", hours=hours, location="FR", year=2024) for hours in (1, 2)])
    (runs,) = next(part.blocks for part in document_of(data).sections if part.id == "runs")
    assert isinstance(runs, Table)
    assert runs.caption.startswith("Runs, all of them: ")
    assert "2 runs: 2 estimated" in report([greentrain.estimate("T4", hours=1)] * 2, "text")


def test_forms_are_found_by_name() -> None:
    """An unknown one is refused with the nearest."""
    with pytest.raises(UnknownName) as caught:
        report(greentrain.estimate("V100", hours=1), "htm")
    assert str(caught.value) == f"format 'htm': must be {either(tuple(FORMS))}; did you mean html?"


@pytest.mark.parametrize("format", [name for name, form in FORMS.items() if "validation" not in form.kinds])
def test_forms_that_people_hand_in_refuse_a_validation(results: dict[str, Any], format: str) -> None:
    """A validation has no energy of its own."""
    with pytest.raises(Contradiction) as caught:
        report(results["validation"], format)
    assert str(caught.value) == (
        f"format '{format}': is no form for a validation; it takes an estimate, a run or a project"
    )


def test_an_option_of_another_form_is_refused() -> None:
    """The message says which the form has."""
    estimate = greentrain.estimate("V100", hours=1)
    with pytest.raises(InputError) as caught:
        report(estimate, "csv", template="x")
    assert str(caught.value) == "template: is no option of the form csv; it has none"
    with pytest.raises(InputError) as caught:
        report(estimate, "html", checklist="acl")
    assert str(caught.value) == "checklist: is no option of the form html; it has template"


def test_no_report_claims_neutrality_trees_or_offsets(results: dict[str, Any]) -> None:
    """Words that such reports should not have, but for saying that offsets are not counted."""
    for kind in ("estimate", "run", "project"):
        text = report(results[kind], "text").lower()
        assert "neutral" not in text
        assert not re.search(r"\btrees?\b", text)
        assert all("not counted" in text[: found.start() + 200] for found in re.finditer("offset", text))


def test_a_report_shows_itself_in_a_notebook_and_is_text_as_before() -> None:
    """A page in a frame that runs and fetches nothing; any other form as it is written; one line at a prompt."""
    run = greentrain.estimate("8xV100", hours=10, power=250, host_factor=1, pue=1.5, grid_intensity=400)
    page, text = report(run), report(run, "text")
    shown = page._repr_html_()  # type: ignore[attr-defined]
    assert shown.startswith('<iframe sandbox="" ')
    assert "&lt;script" not in shown
    below = shown.partition("</iframe>")[2]  # which a notebook that is not trusted leaves out
    assert below.startswith(
        "<p>30.0 kWh of electricity and 12.0 kg CO<sub>2</sub>e, operational and location-based, estimated."
    )
    assert len(shown) < 100_000
    assert repr(page) == f"<report, html, {len(page):,} characters>"
    assert text._repr_html_().startswith("<pre>8 x NVIDIA Tesla V100")  # type: ignore[attr-defined]
    assert text._repr_markdown_() is None  # type: ignore[attr-defined]
    markdown = report(run, "markdown")
    assert markdown._repr_html_() is None  # type: ignore[attr-defined]
    assert markdown._repr_markdown_() == str(markdown)  # type: ignore[attr-defined]
    assert (type(str(page)), pickle.loads(pickle.dumps(text))) == (str, text)


def test_a_notebook_shows_the_head_of_a_card_as_it_is() -> None:
    """Its lines are no heading: they stand in a fence, and the section follows."""
    card = report(greentrain.estimate("V100", hours=1, location="FR"), "model-card")
    head, fence, rest = card._repr_markdown_().partition("\n```\n")  # type: ignore[attr-defined]
    assert head.startswith("```yaml\n---\nco2_eq_emissions:\n")
    assert f"{head.removeprefix('```yaml')}{fence}".replace("```\n", "") in f"\n{card}"
    assert rest.startswith("## Environmental Impact")


def test_the_page_begins_with_three_amounts_and_their_intervals_as_bars() -> None:
    """250 W x 10 h x 1.5 are 3.75 kWh; an exact amount has no bar, and one unit serves both ends."""
    found = report(greentrain.estimate("V100", hours=10, pue=1.5, grid_intensity=400, power=250, host_factor=1), "html")
    head = found.partition('<dl class="headline">')[2].partition("</dl>")[0]
    assert re.findall(r"<dt>(.*?)</dt><dd>(.*?)</dd>", head) == [
        ("Electricity, at the facility&#39;s meter", "3.75 kWh"),
        ("Operational emissions, location-based", "1.50 kg <span>CO<sub>2</sub>e</span>"),
        ("Embodied emissions, share of making the hardware", "200 g <span>CO<sub>2</sub>e</span>"),
    ]
    assert head.count("<svg") == 1
    assert re.findall(r'"span">(.*?)</dd>', head)[:2] == ["exact: every input that it follows from is"] * 2
    assert re.search(r'"span">90 % interval [0-9.]+ to \d+ g</dd>', head)
