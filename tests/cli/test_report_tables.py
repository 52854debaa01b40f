"""``greentrain report --from`` and ``--each``: one report of a table, and one for each user."""

import csv
import io
from contextlib import chdir
from pathlib import Path

import pytest

from greentrain.cli import run

CSV = (
    "name,user,started,gpu,hours\nbert,ada,2025-01-03,A100,96\nprobe,bob,2025-02-03,V100,10\n"
    "sweep,../x,2025-02-04,V100,20\nlost,,2025-02-04,V100,20\n"
)
SHARED = ("--power", "250", "--host-factor", "1", "--pue", "1.5", "--grid-intensity", "400")


@pytest.fixture
def runs(tmp_path: Path) -> Path:
    """Write a table of four runs: 0.375 kWh an hour."""
    path = tmp_path / "runs.csv"
    path.write_text(CSV)
    return path


def test_one_page_for_the_year(runs: Path, tmp_path: Path) -> None:
    """146 h are 54.75 kWh and 21.9 kg, with charts by month, hardware and user."""
    page = tmp_path / "year.html"
    assert run(["report", "--from", str(runs), *SHARED, "-o", str(page)]) == 0
    text = page.read_text()
    assert "<title>runs.csv, 4 runs" in text
    assert "54.8 kWh of electricity and 21.9 kg CO<sub>2</sub>e" in text
    assert all(f'"chart-{name}"' in text for name in ("by_month", "by_hardware", "by_user"))


def test_a_page_for_each_user(runs: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Into a folder, by names that lead nowhere else; again over its own pages, not over others'."""
    folder = tmp_path / "users"
    words = ["report", "--from", str(runs), *SHARED, "--each", "user", "-o", str(folder), "--format", "text"]
    assert run(words) == 0
    assert capsys.readouterr().out == f"4 reports in {folder}\n"
    names = ["_x.txt", "ada.txt", "bob.txt", "not_stated.txt"]
    assert sorted(path.name for path in folder.iterdir()) == names
    assert (folder / "bob.txt").read_text().startswith("bob, 1 run\n")
    assert "3.75 kWh of electricity and 1.5" in (folder / "bob.txt").read_text()
    assert run(words) == 0
    (folder / "ada.txt").write_text("mine")
    assert run(words) == 1
    assert capsys.readouterr().err.endswith("ada.txt exists and is not a report of ours; --force overwrites it\n")


def test_a_user_without_any_result_costs_the_others_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The line of the row is named; names that Windows keeps for devices are others."""
    path, folder = tmp_path / "runs.csv", tmp_path / "users"
    path.write_text("user,gpu,hours\nbad,V1000,1\nCON,V100,1\nnul.x,V100,1\n\u00e9,V100,1\n")
    assert run(["report", "--from", str(path), *SHARED, "--each", "user", "-o", str(folder), "--format", "text"]) == 1
    assert sorted(each.name for each in folder.iterdir()) == ["_CON.txt", "_nul.x.txt", "\u00e9.txt"]
    shown = capsys.readouterr()
    assert shown.out == f"3 reports in {folder}\n"
    assert shown.err.startswith("greentrain: no report for 'bad': there is no run to report in it; line 2: gpu 'V1000'")


def test_reports_leave_out_what_a_batch_leaves_out(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A row with a cell too many and the total below: one run of 10 h, 3.75 kWh, in both; the rows are named."""
    path = tmp_path / "runs.csv"
    path.write_text("name,hours\na,10\nb,10,7\nTotal,20\n")
    words = [str(path), *SHARED, "--gpu", "V100"]
    assert run(["batch", *words]) == 1
    assert "  energy      3.75 kWh" in capsys.readouterr().out
    assert run(["report", "--from", *words, "--format", "text"]) == 0
    shown = capsys.readouterr()
    assert shown.err.startswith(f"greentrain: {path}, line 4: 'Total' adds up the rows above")
    text = " ".join(shown.out.split())
    assert "3.75 kWh of electricity and 1.5" in text
    assert "2 rows of the table cannot be estimated and are in no sum: line 4: 'Total' adds up the rows above" in text


def _inventory(path: Path, text: str, capsys: pytest.CaptureFixture[str]) -> list[dict[str, str]]:
    path.write_text(text)
    assert run(["report", "--from", str(path), "--format", "ghg"]) == 0
    return [*csv.DictReader(io.StringIO(capsys.readouterr().out))]


def test_the_period_of_a_run_that_states_its_start(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """It ends after its hours, or began them before its end, of which the factor has the year; a year is all of it."""
    text = (
        "name,gpu,hours,location,started,ended,year\n"
        "a,V100,36,FR,2023-12-31,,\nb,V100,2,FR,,2024-03-01T01:00:00Z,\nc,V100,2,FR,,,2024\nd,V100,1,FR,,,\n"
    )
    found = {
        row["activity"]: (row["period_start_utc"], row["period_end_utc"], row["factor_year"])
        for row in _inventory(tmp_path / "runs.csv", text, capsys)
    }
    assert found["a"] == ("2023-12-31T00:00:00Z", "2024-01-01T12:00:00Z", "2023")
    assert found["b"] == ("2024-02-29T23:00:00Z", "2024-03-01T01:00:00Z", "2024")
    assert found["c"] == ("2024-01-01T00:00:00Z", "2024-12-31T23:59:59Z", "2024")
    assert found["d"][:2] == ("", "")
    assert found["runs.csv, 4 runs"][:2] == ("2023-12-31T00:00:00Z", "2024-12-31T23:59:59Z")


def test_no_end_where_one_is_not_known(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Of accelerator-hours alone nobody knows how long they took; repeated runs may have run at one time."""
    text = (
        "name,gpu,count,hours,gpu_hours,runs,started\n"
        "a,V100,,,36,,2024-01-05\nb,V100,,1,,3,2024-01-06\nc,V100,,1,,,2024-01-07\n"
    )
    *_, total = found = _inventory(tmp_path / "runs.csv", text, capsys)
    assert [row["period_end_utc"] for row in found] == ["", "", "2024-01-07T01:00:00Z", ""]
    assert total["period_start_utc"] == "2024-01-05T00:00:00Z"


def test_computation_that_some_runs_state(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """6 x 1e9 x 20e9 = 1.2e20 FLOP; of two parts of one run the GPUs state theirs, two other runs state none."""
    path = tmp_path / "runs.csv"
    path.write_text(
        "name,gpu,cpu_cores,hours,params,tokens\n"
        "a,A100,,200,1B,20B\na,,64,5,,\nb,V100,,10,,\nc,V100,,10,,\nd,V1000,,1,,\n"
    )
    assert run(["report", "--from", str(path), "--format", "gpai"]) == 0
    shown = capsys.readouterr()
    assert (
        "| Amount of computation used for training | 1.2 x 10^20 FLOP without 2 runs that do not state it |\n"
    ) in shown.out
    assert "Operations of training: as stated by the user, without 2 runs that do not state it." in shown.out
    assert "3 runs: 3 estimated; 1 row of the table has a mistake and is not in the sums" in shown.out
    assert shown.err.startswith(f"greentrain: {path}, line 6: gpu 'V1000': unknown accelerator")
    assert run(["report", "--from", str(path), "--format", "sci", "--functional-unit", "flop"]) == 2
    assert "the number of operations is not known" in capsys.readouterr().err


def test_groups_in_the_text(runs: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """By month: 14.4 kg in January, 7.5 in February."""
    assert run(["report", "--from", str(runs), *SHARED, "--by", "month"]) == 0
    text = capsys.readouterr().out
    assert "Runs by month" in text
    rows = [line.split() for line in text.splitlines() if line.startswith("2025-0")]
    assert [(row[0], row[1]) for row in rows if "exact" in row] == [("2025-01", "1"), ("2025-02", "3")]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("--from", "none.csv"), "none.csv: is not there"),
        (("--from", "runs.csv", "--project", "nlp"), "--from 'runs.csv': excludes --project"),
        (("--from", "runs.csv", "--each", "user"), "--each 'user': needs --output, the folder for the reports"),
        (("--from", "runs.csv", "--each", "team", "-o", "x"), "--each 'team': is no column of the table"),
        (("--from", "runs.csv", "--hours", "3"), "--hours '3': is a column of the table too; give one of them"),
    ],
)
def test_misuse(words: tuple[str, ...], message: str, runs: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Exit code 2 and one line."""
    with chdir(runs.parent):
        assert run(["report", *words]) == 2
    assert capsys.readouterr().err.startswith(f"greentrain: {message}")


def test_a_table_without_a_run_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Exit code 1: nothing is wrong with what was typed."""
    path = tmp_path / "runs.csv"
    path.write_text("gpu,hours\nV1,3\n")
    assert run(["report", "--from", str(path)]) == 1
    assert capsys.readouterr().err.startswith(f"greentrain: {path}: there is no run to report in it; line 2: gpu 'V1'")
