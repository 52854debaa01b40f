"""Cards and forms of tracked runs, from their journals on."""

import csv
import io
from pathlib import Path

import pytest
from journals_of_reports import write_run

from greentrain import History, estimate, report, update_card
from greentrain.cli import run
from greentrain.reporting.forms import FORMS

OURS = ("latex", "model-card", "gpai", "ghg", "sci", "cyclonedx", "spdx", "boamps", "codecarbon")


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """Make a history of two runs of 0.504 kWh and 0.2016 kg, one of which failed."""
    write_run(tmp_path, "20260301T000000Z-aaaaaa", name="one", project="bert")
    write_run(tmp_path, "20260301T000000Z-bbbbbb", name="two", project="bert", status="failed")
    return tmp_path


def test_the_card_of_a_run_and_of_a_project(home: Path) -> None:
    """1.19 x 201.6 = 239.904 g, and twice that with the failed run."""
    history = History(home)
    assert "\n  emissions: 239.9\n" in update_card("", history.get("20260301T000000Z-aaaaaa"))
    card = update_card("", history.runs(project="bert"))
    assert "\n  emissions: 479.8\n" in card
    assert "2 runs of the project: 1 completed, 1 failed; those that did not complete took 50 % of the energy" in card


def test_the_command(home: Path) -> None:
    """A run by the beginning of its id, a project by its name."""
    card = home / "README.md"
    card.write_text("# T\n")
    assert run(["card", str(card), "--run", "20260301T000000Z-a", "--home", str(home)]) == 0
    assert "\n  emissions: 239.9\n" in card.read_text()
    assert run(["card", str(card), "--project", "bert", "--home", str(home)]) == 0
    assert "\n  emissions: 479.8\n" in card.read_text()


def test_an_estimate_renews_its_own_card(tmp_path: Path) -> None:
    """It names the program of its meter among its versions, which makes it no measurement."""
    write_run(tmp_path, "20260301T000000Z-cccccc", name="laptop", processors_alone=True)
    laptop = History(tmp_path).get("20260301T000000Z-cccccc")
    assert laptop.basis == "estimated"
    card = update_card("# T\n", laptop)
    assert 'source: "greentrain ' in card
    assert "codecarbon 3.3.2; estimated" in card
    assert update_card(card, laptop) == card


@pytest.mark.parametrize("form", OURS)
def test_every_form_takes_runs_and_projects(home: Path, form: str) -> None:
    """Measured, so no date and no estimate is needed."""
    history = History(home)
    for result in (history.get("20260301T000000Z-aaaaaa"), history.runs()):
        assert report(result, form).endswith("\n")
    assert form in FORMS


def test_codecarbons_row_of_a_run(home: Path) -> None:
    """0.3, 0.1 and 0.02 kWh, 0.19 of it beside the CPU, times a PUE of 1.2, and one hour; the same in a project."""
    history = History(home)
    (row,) = csv.DictReader(io.StringIO(report(history.get("20260301T000000Z-aaaaaa"), "codecarbon")))
    energies = [row[f"{name}_energy"] for name in ("gpu", "cpu", "ram")]
    assert (row["energy_consumed"], energies) == ("0.59976", ["0.36", "0.21576", "0.024"])
    assert row in list(csv.DictReader(io.StringIO(report(history.runs(), "codecarbon", title=row["project_name"]))))
    assert (row["duration"], row["emissions"], row["codecarbon_version"]) == ("3600", "0.239904", "3.3.2")


@pytest.mark.parametrize("form", [name for name in FORMS if name not in ("csv", "codecarbon", "json")])
def test_what_no_sensor_reads_is_stated_in_every_form_with_room(home: Path, form: str) -> None:
    """0.19 of what sensors of an SXM server read is in the figures: assumed, of one run and of a project."""
    history = History(home)
    for result in (history.get("20260301T000000Z-aaaaaa"), history.runs()):
        text = " ".join(report(result, form).replace("\\%", "%").split())
        assert "an assumed 19 % added for what no sensor reads" in text


def test_what_no_sensor_reads_has_columns_and_properties(home: Path) -> None:
    """As numbers; blank for a described run."""
    run_ = History(home).get("20260301T000000Z-aaaaaa")
    (row,) = csv.DictReader(io.StringIO(report(run_, "csv")))
    ends = [f"unmetered_share_{end}" for end in ("low", "best", "high")]
    assert [row[end] for end in ends] == ["0.1", "0.19", "0.3"]
    assert '"greentrain:unmetered_share_best"' in report(run_, "cyclonedx")
    (row,) = csv.DictReader(io.StringIO(report(estimate("V100", hours=1), "csv")))
    assert [row[end] for end in ends] == ["", "", ""]


def test_the_boundary_of_a_measured_run_names_fans_and_losses(home: Path) -> None:
    """With the interval."""
    card = update_card("", History(home).get("20260301T000000Z-aaaaaa"))
    added = "an assumed 19 % added for what no sensor reads"
    unseen = "fans, network cards, switches and losses of power supplies; 90 % interval 10 % to 30 %"
    assert f"with cooling and power supply; {added} ({unseen}); IT energy times a PUE of 1.2" in card
