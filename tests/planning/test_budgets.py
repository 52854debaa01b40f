"""Budgets per project and year: used, left, forecast by hand, and files that hold none."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from journals_by_hand import ended, meter, stopped, tracker

from greentrain import DataError, History
from greentrain.cli import run
from greentrain.planning import budget_uses, read_budgets

YEAR = 365 * 86400.0
"""2025. [s]"""
JULY = datetime(2025, 1, 1, tzinfo=UTC).timestamp() + YEAR / 2


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """Two runs of the project nlp and one of vision, all of November 2025 and of the same energy."""
    for number, project in enumerate(("nlp", "nlp", "vision")):
        folder = tmp_path / "home" / "runs" / f"run-{number}"
        tracker(folder, project=project, lines=[ended(3600)])
        meter(folder, lines=[stopped(3600, 3600, 2.0, 0.0)])
    return tmp_path / "home"


def write_config(folder: Path, text: str) -> Path:
    """Write a file of budgets."""
    path = folder / "greentrain.toml"
    path.write_text(text)
    return path


def test_what_is_used_left_and_ahead(home: Path, tmp_path: Path) -> None:
    """Two of three equal runs are the project's; half a year gone, the forecast is twice what was used."""
    history = History(home)
    each = history.totals().facility_energy_kwh.best / 3
    path = write_config(tmp_path, '[budgets.nlp]\n2025 = { kwh = 10 }\n[budgets."*"]\n2025 = { kwh = 20, kg = 1 }\n')
    nlp, everything, kg = budget_uses(history, read_budgets(path), JULY)

    assert (nlp.runs, everything.runs) == (2, 3)
    assert nlp.used.best == pytest.approx(2 * each)
    assert nlp.left == pytest.approx(10 - 2 * each)
    assert nlp.forecast is not None
    assert nlp.forecast.best == pytest.approx(4 * each)
    assert everything.used.best == pytest.approx(3 * each)
    assert kg.budget.unit == "kg CO2e"
    assert budget_uses(history, read_budgets(path), JULY + 10 * YEAR)[0].forecast == nlp.used
    assert budget_uses(history, read_budgets(path), JULY - YEAR / 2 + 86400)[0].forecast is None


def test_other_years_have_their_own_budget(home: Path, tmp_path: Path) -> None:
    """Runs count in the year in which they began."""
    path = write_config(tmp_path, "[budgets.nlp]\n2024 = { kwh = 10 }\n")
    (use,) = budget_uses(History(home), read_budgets(path), JULY)

    assert (use.runs, use.used, use.left) == (0, (0, 0, 0), 10)


def test_the_command(home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A budget that is used up is exit code 3, with a line that names it; --at low lets it pass in doubt."""
    path = write_config(tmp_path, "[budgets.nlp]\n2025 = { kwh = 1 }\n[budgets.vision]\n2025 = { kwh = 1000 }\n")
    command = ["budgets", "--config", str(path), "--home", str(home)]
    assert run([*command, "--json"]) == 3
    out, err = capsys.readouterr()
    found = json.loads(out)["budgets"]
    assert [(item["project"], item["left"] < 0) for item in found] == [("nlp", True), ("vision", False)]
    assert err == "greentrain: the budget of nlp for 2025, 1.00 kWh, is used up\n"

    assert run(command) == 3
    shown = capsys.readouterr().out
    assert shown.splitlines()[0].split() == ["project", "year", "budget", "used", "share", "left", "forecast"]
    assert max(map(len, shown.splitlines())) <= 80
    best = History(home).totals(project="nlp").facility_energy_kwh.best
    write_config(tmp_path, f"[budgets.nlp]\n2025 = {{ kwh = {0.99 * best} }}\n")
    assert [run([*command, "--at", end]) for end in ("low", "best", "high")] == [0, 3, 3]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "holds no budget: "),
        ("[budgets.nlp]\n2025 = 3\n", "'2025' must be a table: "),
        ("[budgets.nlp]\nlast = { kg = 3 }\n", "budgets of 'nlp': 'last' is no year"),
        ("[budgets.nlp]\n2025 = { t = 3 }\n", "budget of 'nlp' in 2025: 't' must be kg or kwh"),
        ("[budgets.nlp]\n2025 = { kg = -3 }\n", "budget of 'nlp': kg -3: must be greater than 0"),
        ("[budgets", "is no TOML: "),
    ],
)
def test_files_that_hold_no_budgets(tmp_path: Path, text: str, message: str) -> None:
    """The file and the rule."""
    with pytest.raises(DataError) as caught:
        read_budgets(write_config(tmp_path, text))
    assert message in str(caught.value)
