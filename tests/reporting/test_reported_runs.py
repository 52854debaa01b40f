"""Reports of many runs from what is kept beside their journals: the same report, without reading them again."""

import os
import shutil
import stat
from collections.abc import Callable
from pathlib import Path

import pytest
from journals_by_hand import ended, meter, one_hour, stopped, tracker

from greentrain import History, report
from greentrain.cli import run as command
from greentrain.history import forget
from greentrain.reporting import report_data_of


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """Runs of a project: measured, failed and read only in part, without a meter."""
    runs = tmp_path / "runs"
    one_hour(runs / "a", estimate_inputs={"gpu": "v100-sxm2-32gb", "count": 8, "year": 2024, "location": "FR"})
    tracker(runs / "b", at=7200, name="gpt", lines=[ended(9000, "failed", "OSError")])
    meter(runs / "b", at=7200, lines=[stopped(8000, 800, 1.0, 0.0)])
    inputs = {"gpu": "A100", "flops": 1e20, "year": 2024, "location": "FR"}
    tracker(runs / "c", at=20_000, estimate_inputs=inputs, lines=[ended(30_000)])
    return tmp_path


@pytest.mark.parametrize("form", ["text", "json", "csv", "latex", "ghg"])
def test_a_report_is_the_same_from_journals_and_from_what_is_kept(home: Path, form: str) -> None:
    """To the last digit: runs as their journals are read, what the first report kept, and what the second read."""
    from_journals = report(History(home).select(), form)
    first = report(History(home).summaries(), form)
    kept = sorted(path.parent.name for path in home.glob("runs/*/summary.json"))

    assert kept == ["a", "b", "c"]
    assert first == from_journals
    assert report(History(home), form) == from_journals
    assert report_data_of(History(home)) == report_data_of(History(home).select())


def test_a_journal_that_changed_is_read_again(home: Path) -> None:
    """The flag of its record is in the report."""
    report(History(home), "json")
    (path,) = (home / "runs" / "b").glob("*.meter.jsonl")
    with path.open("a") as file:
        file.write("no record\n")
    flags = {line.id: line.flags for line in report_data_of(History(home)).lines}
    assert "damaged" in flags["b"]
    assert "damaged" not in flags["a"]


def test_what_is_kept_is_forgotten_with_the_run(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Nothing of it stays."""
    assert command(["report", "--project", "nlp", "--home", str(home)]) == 0
    assert command(["history", "forget", "b", "--home", str(home)]) == 0
    capsys.readouterr()
    assert sorted(os.listdir(home / "runs")) == ["a", "c"]  # noqa: PTH208 -- names alone


@pytest.fixture
def long_home(home: Path) -> Path:
    """Seventy copies of the run that failed, and one by another name."""
    for number in range(70):
        shutil.copytree(home / "runs" / "b", home / "runs" / f"b{number:02}")
    one_hour(home / "runs" / "z", name="secret")
    return home


def settle(home: Path) -> None:
    """Let each run have its summary, in folders that have not been changed for long."""
    History(home).summaries()
    for path in home.glob("summaries.*"):
        path.unlink()
    for folder in (home / "runs").iterdir():
        os.utime(folder, (1.7e9, 1.7e9))


def test_reports_of_many_runs_are_made_of_one_file_of_the_home(long_home: Path) -> None:
    """Of this user alone, equal to the last digit, also for a project alone; the folders stay as they were."""
    from_journals = report(History(long_home).select(), "json")
    settle(long_home)
    files = {*long_home.glob("runs/*/*")}
    first = report(History(long_home), "json")
    (kept,) = long_home.glob("reports.*")

    assert (first, stat.S_IMODE(kept.stat().st_mode)) == (from_journals, 0o600)
    assert {*long_home.glob("runs/*/*")} == files
    assert report(History(long_home), "json") == from_journals
    assert report_data_of(History(long_home)) == report_data_of(History(long_home).select())
    project = History(long_home).summaries(project="nlp")
    assert report(project, "csv") == report(History(long_home).select(project="nlp"), "csv")


@pytest.mark.parametrize(
    "damage", [lambda text: text[:-200], lambda text: b"", lambda text: text.replace(b"gpt", b"tpg")]
)
def test_a_damaged_file_of_the_home_does_not_count(long_home: Path, damage: Callable[[bytes], bytes]) -> None:
    """The runs are read again, and a changed one alone where one has changed."""
    (journal,) = (long_home / "runs" / "b07").glob("*.meter.jsonl")
    before = report(History(long_home), "json")
    assert report(History(long_home), "json") == before
    for kept in long_home.glob("*.*"):
        kept.write_bytes(damage(kept.read_bytes()))
    assert report(History(long_home), "json") == before
    with journal.open("a") as file:
        file.write("no record\n")
    assert [line.id for line in report_data_of(History(long_home)).lines if "damaged" in line.flags] == ["b07"]


def test_a_run_that_is_forgotten_is_in_no_file_of_the_home(long_home: Path) -> None:
    """Its name, user and energy are nowhere any more."""
    settle(long_home)
    report(History(long_home), "json")
    assert ["secret" in path.read_text() for path in long_home.glob("*.*")] == [True, True]
    forget(History(long_home), "z")
    report(History(long_home), "json")
    assert "secret" not in "".join(path.read_text() for path in long_home.rglob("*") if path.is_file())


def test_a_project_is_parted_without_reading_journals(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """One page for each place, each with the runs of that place alone; of a project, and of all runs."""
    tracker(home / "runs" / "d", at=60_000, location="DE", lines=[ended(63_600)], estimate_inputs={"gpu": "A100"})
    for chosen in (["--project", "nlp"], []):
        folder = home / f"pages{len(chosen)}"
        arguments = ["report", *chosen, "--each", "place", "--format", "csv", "-o", str(folder), "--home", str(home)]
        assert command(arguments) == 0
        assert capsys.readouterr().out.startswith("2 reports in ")
        assert {path.stem: path.read_text().count("\n") - 1 for path in folder.iterdir()} == {"DE": 1, "FR": 3}
