"""Reports of many runs from what is kept beside their journals: the same report, without reading them again."""

import os
from pathlib import Path

import pytest
from journals_by_hand import ended, meter, one_hour, stopped, tracker

from greentrain import History, report
from greentrain.cli import run as command
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
    kept = sorted(path.parent.name for path in home.glob("runs/*/report.json"))

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
