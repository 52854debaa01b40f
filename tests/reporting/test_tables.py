"""Reports of many described runs: lists of estimates, frames, and files of runs."""

import csv
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from greentrain import Contradiction, InputError, UnknownName, estimate, report, total, update_card
from greentrain.reporting.build_data import report_data_of
from greentrain.reporting.charts import charts_of

EXACT: dict[str, Any] = {"power": 250, "host_factor": 1, "pue": 1.5, "grid_intensity": 400}
"""An hour of one device is 0.375 kWh at the facility and 0.15 kg, exactly."""
ROWS = [
    {"name": "big", "user": "ada", "started": "2025-01-31T12:00:00Z", "gpu": "A100", "hours": 100, "status": "final"},
    {"name": "big", "user": "ada", "started": "2025-01-30T12:00:00Z", "gpu": "H100", "hours": 100, "status": "final"},
    {"name": "try", "user": "bob", "started": "2025-02-01", "gpu": "A100", "hours": 20, "status": "Failed"},
    {"name": None, "user": None, "started": None, "gpu": "V100", "hours": 10, "status": "preliminary"},
    {"name": "bad", "user": "eve", "started": "2025-02-01", "gpu": "H1000", "hours": 10, "status": "final"},
]
"""Of 0.25 kW: 37.5 and 37.5 kWh of big, 7.5 of try, 3.75 of the run without a name: 86.25 kWh, 34.5 kg."""


def table() -> pd.DataFrame:
    """Make the table, with what is exact."""
    return pd.DataFrame(ROWS).assign(**EXACT)


def test_a_table_is_a_project_of_its_runs() -> None:
    """Rows of one name are one run with the sum of both; times, users and outcomes are those of the rows."""
    data = report_data_of(table())

    assert (data.kind, data.title) == ("project", "3 runs")
    assert data.facility_energy_kwh.best == pytest.approx(86.25)
    assert data.operational_kg.best == pytest.approx(34.5)
    assert [line.name for line in data.lines][:2] == ["big", "try"]
    assert [line.status for line in data.lines] == ["final", "failed", "preliminary"]
    assert [line.user for line in data.lines] == ["ada", "bob", None]
    big = data.lines[0]
    assert big.facility_energy_kwh is not None
    assert big.facility_energy_kwh.best == pytest.approx(75)
    assert (big.hours, big.accelerator_hours, big.count) == (100, 200, 2)
    assert f"{big.started:%m-%d}" == "01-30"
    assert data.failed_share == pytest.approx(7.5 / 86.25)
    assert data.notes[0].startswith("1 row of the table cannot be estimated and are in no sum: row 5: gpu 'H1000': ")


def test_groups_of_a_table() -> None:
    """By place, hardware and user, and by any column that is asked for; 30, 3 and 1.5 kg."""
    groups = report_data_of(table(), by=["status"]).groups

    assert [*groups] == ["place", "hardware", "user", "status"]
    of_users = {each.label: (each.runs, each.footprint.operational_kg) for each in groups["user"]}
    assert {name: runs for name, (runs, _) in of_users.items()} == {"ada": 1, "bob": 1, "not stated": 1}
    assert [kg.best for _, kg in of_users.values() if kg] == pytest.approx([30, 3, 1.5])
    assert {chart.name for chart in charts_of(report_data_of(table()))} >= {"by_month", "by_hardware", "by_user"}


def test_totals_are_those_of_total() -> None:
    """Of a list, a frame and its file, with what runs share."""
    runs = [{"gpu": "A100", "hours": 10.0}, {"gpu": "A100", "hours": 20.0}, {"gpu": "V100", "hours": 5.0}]
    listed = [estimate(location="FR", year=2024, **run) for run in runs]  # type: ignore[arg-type]
    wanted = total(listed)
    for result in (listed, pd.DataFrame(runs).assign(location="FR", year=2024)):
        data = report_data_of(result)
        for name in ("facility_energy_kwh", "operational_kg", "embodied_kg", "water_l"):
            assert [*getattr(data, name)] == pytest.approx([*getattr(wanted, name)], rel=1e-9)
        assert len(data.lines) == 3
        assert [each.label for each in data.groups["place"]] == ["FR"]


def test_inventory_rows_by_market_beside_the_place() -> None:
    """75 kWh at 400 g are 0.03 t, and at 20 g by contract 0.0015 t; the total 0.0345 and 0.001725 t."""
    rows = [*csv.DictReader(report(table(), "ghg", market_intensity="20", scope="3").splitlines())]

    assert [row["record"] for row in rows] == ["run", "run", "run", "total"]
    assert [float(row["location_based_t_co2e"]) for row in rows] == pytest.approx([0.03, 0.003, 0.0015, 0.0345])
    assert [float(row["market_based_t_co2e"]) for row in rows] == pytest.approx([0.0015, 0.00015, 0.000075, 0.001725])
    assert rows[0]["period_start_utc"] == "2025-01-30T12:00:00Z"
    with pytest.raises(Contradiction, match=r"^market_intensity '20': and market_based_kg state the same; give one$"):
        report(table(), "ghg", market_intensity="20", market_based_kg=3)


def test_model_documentation_of_many_runs() -> None:
    """What final, preliminary and failed runs took, apart: 75, 3.75 and 7.5 kWh."""
    text = report(table(), "gpai")

    assert "| Amount of energy used for training | 0.086 MWh |" in text
    assert "| Of it by final runs | 0.075 MWh, 1 run |" in text
    assert "| Of it by preliminary runs | 0.0037 MWh, 1 run |" in text
    assert "| Of it by failed runs | 0.0075 MWh, 1 run |" in text
    assert "3 runs: 1 final, 1 preliminary, 1 failed" in text


def test_a_card_of_a_table(tmp_path: Path) -> None:
    """34.5 kg are 34,500 g."""
    path = tmp_path / "runs.csv"
    table()[:4].to_csv(path, index=False)
    assert "\n  emissions: 34500\n" in update_card("---\nlicense: mit\n---\n", path)


def test_what_cannot_be_reported() -> None:
    """A table without a good row, a single run in groups, and a list of other things."""
    with pytest.raises(InputError, match=r"there is no run to report in it; row 1: gpu '\?': unknown accelerator"):
        report(pd.DataFrame({"gpu": ["?"], "hours": [1]}), "text")
    with pytest.raises(Contradiction, match=r"^by 'user': groups several runs, and this is a report of one estimate$"):
        report(estimate("V100", hours=1), "text", by="user")
    with pytest.raises(InputError, match=r"^result 'with an item of type int': must hold estimates and runs$"):
        report([estimate("V100", hours=1), 3], "text")
    with pytest.raises(UnknownName, match=r"^by 'team': is no column; runs without a table have month, place"):
        report([estimate("V100", hours=1)], "text", by="team")


def test_inputs_of_many_values_are_one_row() -> None:
    """Of 24 runs of 201 to 224 W in one place: power is one row, what they share another, and nothing is a row each."""
    stated = {"hours": 10, "host_factor": 1, "location": "FR", "year": 2024, "pue": 1.2}
    runs = [estimate("V100", power=watts, **stated) for watts in range(201, 225)]
    text = report(runs, "markdown")
    rows = text.partition("Every number used")[2].partition("## ")[0].splitlines()

    assert sum("mean accelerator power | 24 values, 201 to 224 | W |" in row for row in rows) == 1
    assert sum("| PUE | 1.2 |" in row for row in rows) == 1
    assert sum(row.startswith("| ") for row in rows) < 20


def test_columns_of_the_table_of_runs_in_which_nothing_stands_are_left_out() -> None:
    """Described runs have no id in the history and need no start; where one has a start, the column stays."""
    whole = pd.DataFrame({"name": ["a", "b"], "hours": [1.0, 2.0]}).assign(gpu="V100", **EXACT)
    for found, header in (
        (whole, "| run | time | energy | CO2e | status |"),
        (whole.assign(started=["2025-01-31", None]), "| run | time | energy | CO2e | status | start (UTC) |"),
    ):
        rows = [line for line in report(found, "markdown").splitlines() if line.startswith(("| run |", "| b |"))]
        assert rows[0].startswith(header)
        assert rows[0].count("|") == rows[1].count("|")
    assert "Runs, all of them: 1 x NVIDIA Tesla V100" in report(whole, "markdown")
    others = report(whole.assign(gpu=["V100", "A100"]), "markdown")
    assert "| run | time | energy | CO2e | status | hardware |" in others
    assert "Runs, all of them: energy " in others
