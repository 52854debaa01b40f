"""Limits for pipelines: exit code 3, which end counts, and what cannot be judged."""

import json
from pathlib import Path

import pytest
from journals_of_reports import write_run

from greentrain.cli import run

JOB = ["--gpu", "8xV100", "--hours", "10", "--power", "250", "--host-factor", "1", "--pue", "1.5"]
KNOWN = [*JOB, "--grid-intensity", "400"]
"""8 x 10 h x 250 W x 1.5 are 30 kWh, at 400 g/kWh 12 kg, exactly."""


@pytest.mark.parametrize(
    ("limits", "code", "message"),
    [
        (["--max-kg", "12"], 0, ""),
        (["--max-kg", "11.9"], 3, "greentrain: 12.0 kg CO2e is more than --max-kg 11.9 allows\n"),
        (["--max-kwh", "30", "--max-kg", "13"], 0, ""),
        (["--max-kwh", "29"], 3, "greentrain: 30.0 kWh is more than --max-kwh 29 allows\n"),
    ],
)
def test_limits_of_an_estimate(limits: list[str], code: int, message: str, capsys: pytest.CaptureFixture[str]) -> None:
    """The result is printed all the same; equal to the limit is within it."""
    assert run(["estimate", *KNOWN, *limits, "--json"]) == code
    out, err = capsys.readouterr()

    assert json.loads(out)["operational_kg"]["best"] == 12
    assert err == message


@pytest.mark.parametrize(("end", "code"), [("low", 0), ("best", 3), ("high", 3)])
def test_which_end_counts(end: str, code: int, capsys: pytest.CaptureFixture[str]) -> None:
    """A limit between the low end and the best value."""
    job = ["estimate", *JOB, "--location", "FR", "--json"]
    assert run(job) == 0
    kg = json.loads(capsys.readouterr().out)["operational_kg"]
    limit = str((kg["low"] + kg["best"]) / 2)

    assert run([*job, "--max-kg", limit, "--at", end]) == code
    assert (f" at the {end} value is more than --max-kg " in capsys.readouterr().err) == (code == 3)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--at", "high"], "--at 'high': counts only with --max-kg or --max-kwh"),
        (["--max-kg", "5", "--at", "mean"], "--at 'mean': must be low, best or high"),
        (["--max-kg", "-5"], "--max-kg '-5': must be greater than 0 and at most 1,000,000,000 (kg CO2e)"),
        (["--max-kwh", "few"], "--max-kwh 'few': must be a number (kWh), without a unit or thousands separators"),
    ],
)
def test_limits_that_are_none(words: list[str], message: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Told before anything is printed."""
    assert run(["estimate", *KNOWN, *words]) == 2
    assert capsys.readouterr() == ("", f"greentrain: {message}\n")


def test_limits_of_the_history(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The total counts: one run of 0.24 kg is within 0.3, two are not."""
    home = tmp_path / "home"
    write_run(home, "bert-1", name="bert", project="nlp")
    assert run(["history", "--home", str(home), "--max-kg", "0.3"]) == 0
    write_run(home, "bert-2", name="bert", project="nlp")

    assert run(["history", "--home", str(home), "--max-kg", "0.3", "--json"]) == 3
    assert capsys.readouterr().err == "greentrain: 0.480 kg CO2e at the best value is more than --max-kg 0.3 allows\n"


def test_limits_of_a_report(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The report is written, and the code says that it is too much; of a run too."""
    output = tmp_path / "report.md"
    assert run(["report", *KNOWN, "--max-kwh", "20", "-o", str(output)]) == 3
    assert "30.0 kWh" in output.read_text()
    write_run(tmp_path / "home", "bert-1", name="bert", project="nlp")
    assert run(["report", "bert-1", "--home", str(tmp_path / "home"), "--format", "csv", "--max-kwh", "0.1"]) == 3
    assert capsys.readouterr().err.endswith(" is more than --max-kwh 0.1 allows\n")


def test_limits_of_a_batch(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The sum of the rows counts; above it the code is 3 also where a row failed, within it that row's 1."""
    rows = tmp_path / "runs.csv"
    rows.write_text("gpu,count,hours\nV100,8,10\nV100,8,10\n")
    known = ["--power", "250", "--host-factor", "1", "--pue", "1.5", "--grid-intensity", "400"]
    assert run(["batch", str(rows), *known, "--max-kg", "24", "--max-kwh", "60"]) == 0
    assert run(["batch", str(rows), *known, "--max-kg", "23", "--json"]) == 3
    assert capsys.readouterr().err == "greentrain: 24.0 kg CO2e is more than --max-kg 23 allows\n"
    rows.write_text("gpu,count,hours\nV100,8,10\nH1000,8,10\n")
    assert run(["batch", str(rows), *known, "--max-kg", "11"]) == 3
    assert run(["batch", str(rows), *known, "--max-kg", "13"]) == 1
