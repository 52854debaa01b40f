"""A history kept in order: names, tags, what is forgotten, what is saved, and energy by the hour."""

import csv
import io
import json
import shutil
from pathlib import Path

import pytest
from journals_by_hand import NOON, SXM, ended, line, meter, one_hour, reading, stopped, tracker

from greentrain import History, estimate
from greentrain.cli import run as command
from greentrain.history import hours_of
from greentrain.journal import host_name

DAY = 86_400


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """Two runs: 2.5 kWh within an hour from noon, and one of 2 h in Germany, 1 kWh in its first quarter, then 3."""
    runs = tmp_path / "runs"
    one_hour(runs / "20251122T120000Z-aaaaaa")
    tracker(runs / "b", at=DAY, name="gpt", location="DE", lines=[ended(DAY + 7200)])
    readings = [reading(DAY + 1800, 1800, 1.0), stopped(DAY + 7200, 7200, 4.0, 0.0)]
    meter(runs / "b", at=DAY, lines=readings)
    return tmp_path


def said(capsys: pytest.CaptureFixture[str], home: Path, *arguments: str) -> tuple[int, str, str]:
    """Run a command; gives its exit code, what it printed and what it complained of."""
    code = command(["history", *arguments, "--home", str(home)])
    out, err = capsys.readouterr()
    return code, out, err


def test_a_name_given_afterwards_counts_everywhere(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """In lists, in full and in groups; the journals stay byte for byte what they were."""
    before = {path: path.read_bytes() for path in home.glob("runs/b/*.jsonl")}
    History(home).summaries()

    assert said(capsys, home, "rename", "b", "my gpt") == (0, "b is my gpt\n", "")
    assert History(home).get("b").name == "my gpt"
    assert [run.name for run in History(home).summaries()] == ["my gpt", "bert"]
    assert {path: path.read_bytes() for path in home.glob("runs/b/*.jsonl")} == before


def test_tags_are_put_on_and_taken_off(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Each once; a name given before stays."""
    said(capsys, home, "rename", "b", "x")
    assert said(capsys, home, "tag", "b", "baseline,v2") == (0, "b: baseline, v2\n", "")
    assert said(capsys, home, "tag", "b", "v2, best")[1] == "b: baseline, v2, best\n"
    assert said(capsys, home, "tag", "b", "v2", "--remove")[1] == "b: baseline, best\n"
    found = json.loads(History(home).to_json())["runs"][0]
    assert (found["name"], found["tags"]) == ("x", ["baseline", "best"])
    message = "greentrain: TAGS 'a b': must be words without blanks, with commas between them\n"
    assert said(capsys, home, "tag", "b", "a b,c") == (2, "", message)


def test_a_run_is_forgotten(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """All that greentrain wrote of it; what somebody else has put beside it stays."""
    History(home).summaries()
    (home / "runs" / "b" / "notes.txt").write_text("mine")
    assert said(capsys, home, "forget", "2025") == (0, "forgot 20251122T120000Z-aaaaaa\n", "")
    assert said(capsys, home, "forget", "b") == (0, "forgot b\n", "")
    assert sorted(path.name for path in home.glob("runs/**/*")) == ["b", "notes.txt"]


def test_a_run_that_goes_on_is_not_forgotten(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """As this process does."""
    import os

    from greentrain.journal import process_started

    tracker(home / "runs" / "here", host=host_name(), pid=os.getpid(), pid_started=process_started(os.getpid()))
    message = "greentrain: ID 'here': is a run that goes on; it can be forgotten once it has ended\n"
    assert said(capsys, home, "forget", "here") == (2, "", message)


def test_old_runs_are_named_before_they_are_forgotten(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The runs are of November 2025: all are older than a week, none than 50 years; projects select."""
    names = "would forget b\nwould forget 20251122T120000Z-aaaaaa\n2 runs would be forgotten\n"
    assert said(capsys, home, "forget", "--older-than", "1w", "--dry-run")[1] == names
    assert said(capsys, home, "forget", "--older-than", "50y") == (0, "0 runs forgotten\n", "")
    assert said(capsys, home, "forget", "--older-than", "1w", "--until", "2025-11-22")[1].endswith("1 run forgotten\n")
    assert [run.id for run in History(home).summaries()] == ["b"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "ID: name one run, or all that ended longer ago than --older-than 2y"),
        (["--older-than", "x"], "--older-than 'x': must be an age in days, or such as 90d, 26w, 18m or 2y"),
        (["--older-than", "-1d"], "--older-than '-1d': must be an age in days, or such as 90d, 26w, 18m or 2y"),
        (["--older-than", "nan"], "--older-than 'nan': must be an age in days, or such as 90d, 26w, 18m or 2y"),
        (["b", "--older-than", "1d"], "--older-than '1d': is given in place of the ID of one run"),
        (["b", "--status", "failed"], "--status 'failed': selects among those of --older-than"),
    ],
)
def test_mistakes(home: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], message: str) -> None:
    """Nothing is deleted."""
    assert said(capsys, home, "forget", *arguments) == (2, "", f"greentrain: {message}\n")
    assert len(History(home).summaries()) == 2


def test_energy_by_the_hour(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Of 4 kWh 1 and a third of 3 lie in the first hour, as read; all hours add up to the total of the history.

    A run from 12:00 to 13:00 lies in one hour. 1.19 is for what no sensor reads, 1.2 the PUE, 0.1 kg/kWh the grid.
    """
    found = hours_of(History(home).runs())
    whole = History(home).totals()

    assert [(hour.hour, hour.location, hour.runs) for hour in found] == [
        ("2025-11-22T12:00:00Z", "FR", 1),
        ("2025-11-23T12:00:00Z", "DE", 1),
        ("2025-11-23T13:00:00Z", "DE", 1),
    ]
    assert [hour.it_energy_kwh / SXM for hour in found] == pytest.approx([2.5, 2.0, 2.0])
    assert sum(hour.facility_energy_kwh or 0 for hour in found) == pytest.approx(whole.facility_energy_kwh.best)
    assert sum(hour.operational_kg or 0 for hour in found) == pytest.approx(whole.operational_kg.best)
    _, out, _ = said(capsys, home, "export", "--hourly", "--since", "2025-11-23")
    rows = list(csv.DictReader(io.StringIO(out)))
    assert [row["hour"] for row in rows] == ["2025-11-23T12:00:00Z", "2025-11-23T13:00:00Z"]
    assert float(rows[0]["operational_kg"]) == pytest.approx(2.0 * SXM * 1.2 * 0.1)


def test_a_run_without_readings_is_spread_evenly(tmp_path: Path) -> None:
    """From 12:00 to 13:30: two thirds of its estimate in the first hour."""
    inputs = {"gpu": "V100", "location": "FR", "year": 2024}
    tracker(tmp_path / "runs" / "a", estimate_inputs=inputs, lines=[line(5400, type="log", values={}), ended(5400)])
    first, second = hours_of(History(tmp_path).runs())
    assert first.it_energy_kwh / second.it_energy_kwh == pytest.approx(2.0)
    assert NOON % 3600 == 0


@pytest.mark.parametrize(
    "described",
    [
        {"gpu": "V100", "hours": 96, "location": "FR", "year": 2024},
        {"gpu": "8xA100", "hours": 10.5, "runs": 3, "power": 300, "pue": 1.3, "grid_intensity": 100},
        {"gpu": "H100", "count": 16, "gpu_hours": 5000, "location": "SE", "workload": "finetuning", "year": 2025},
        {"cpu_cores": 64, "memory_gb": 256, "hours": 5, "location": "DE", "year": 2025},
        {"gpu": "A100", "hours": 10, "location": "FR"},
        {"gpu": "A100", "hours": 10},
    ],
)
def test_a_saved_estimate_is_the_run_that_it_describes(tmp_path: Path, described: dict[str, object]) -> None:
    """Same energy and emissions, best values and intervals, whatever was left open; its origin says what it is."""
    from greentrain.history import save_estimate

    expected = estimate(**described)  # type: ignore[arg-type]
    id = save_estimate(History(tmp_path), described, "plan", "nlp")
    found = History(tmp_path).get(id)

    assert (found.origin, found.basis, found.status, found.name, found.project) == (
        "estimated", "estimated", "completed", "plan", "nlp",
    )  # fmt: skip
    assert found.it_energy_kwh == pytest.approx(tuple(expected.it_energy_kwh))
    assert found.facility_energy_kwh == pytest.approx(tuple(expected.facility_energy_kwh))
    assert found.operational_kg == pytest.approx(tuple(expected.operational_kg), rel=1e-6)
    assert (found.notes, found.footprint.notes, found.reconciliation.believed) == ((), (), "estimate")
    assert [run.origin for run in History(tmp_path).summaries()] == ["estimated"]


def test_saving_on_the_command_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The result on stdout as without it, the id on stderr; a name alone has no effect."""
    arguments = ["estimate", "--gpu", "V100", "--hours", "96", "--location", "FR", "--csv"][:-1]
    assert command(arguments) == 0
    plain = capsys.readouterr().out
    assert command([*arguments, "--save", "--name", "plan", "--home", str(tmp_path)]) == 0
    out, err = capsys.readouterr()
    (run,) = History(tmp_path).summaries()
    assert (out, err, run.name) == (plain, f"greentrain: saved as {run.id}\n", "plan")
    assert command(["history", "show", "last", "--home", str(tmp_path)]) == 0
    shown = capsys.readouterr().out
    assert shown.splitlines()[1] == "  a saved estimate"
    assert "measured" not in shown
    assert command(["report", "last", "--format", "text", "--home", str(tmp_path)]) == 0
    assert "Energy, emissions and water of a training run, estimated\n" in capsys.readouterr().out
    assert command([*arguments, "--name", "plan"]) == 2
    assert capsys.readouterr().err == "greentrain: --name 'plan': has an effect only with --save\n"


def test_a_label_that_is_damaged_is_none(home: Path) -> None:
    """The name is that of the journal."""
    for content in ("", "[]", '{"v": 2, "name": "x"}', '{"v": 1, "name": 7, "tags": "y"}'):
        (home / "runs" / "b" / "label.json").write_text(content)
        assert (History(home).get("b").name, History(home).get("b").tags) == ("gpt", ())
    shutil.rmtree(home / "runs" / "b")


def test_an_estimate_is_saved_in_the_home_or_not_at_all(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Not among the temporary files, as a run whose training cannot wait."""
    (tmp_path / "home").write_text("no folder")
    arguments = ["estimate", "--gpu", "V100", "--hours", "96", "--save", "--home", str(tmp_path / "home")]
    assert command(arguments) == 1
    assert "home cannot be written: " in capsys.readouterr().err


def test_a_run_of_a_newer_greentrain_is_called_that(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Where it is shown, as in lists."""
    for path in (home / "runs" / "b").iterdir():
        path.write_text(path.read_text().replace('"v": 1', '"v": 2'))
    code, _, err = said(capsys, home, "show", "b")
    assert (code, "b is left out: a newer greentrain wrote it; this one is " in err) == (2, True)
