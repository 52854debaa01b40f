"""Rows for what reads codecarbon's emissions.csv."""

import csv
import io
from dataclasses import fields

import pytest
from form_examples import exact, one_run, project

from greentrain import estimate
from greentrain.reporting import ReportData, report_data_of
from greentrain.reporting.forms.codecarbon import COLUMNS, render


def rows(data: ReportData) -> list[dict[str, str]]:
    """Read the form back."""
    return list(csv.DictReader(io.StringIO(render(data))))


def test_the_columns_are_codecarbons_own() -> None:
    """38 names, in the order of its record."""
    from codecarbon.output_methods.emissions_data import EmissionsData

    assert tuple(field.name for field in fields(EmissionsData)) == COLUMNS
    assert len(COLUMNS) == 38
    assert render(exact()).split("\n")[0] == ",".join(COLUMNS)


def test_a_run() -> None:
    """10 h, 25 kWh of which 5 for the facility, 10 kg; energies and powers hold the PUE of 1.25."""
    (row,) = rows(one_run())
    expected = {
        "timestamp": "2026-03-01T16:00:00", "project_name": "final", "run_id": "2026-final", "duration": "36000",
        "emissions": "10", "emissions_rate": "0.000277777777778", "gpu_energy": "20", "cpu_energy": "5",
        "gpu_power": "2000", "cpu_power": "500", "energy_consumed": "25", "country_name": "France",
        "country_iso_code": "FRA", "codecarbon_version": "3.3.2", "gpu_count": "8",
        "gpu_model": "8 x Tesla V100-SXM2-16GB", "tracking_mode": "machine", "on_cloud": "N", "pue": "1.25",
    }  # fmt: skip
    assert {name: value for name, value in row.items() if value} == expected


def test_a_run_belongs_to_its_project() -> None:
    """By which dashboards sort; a run without one goes by its name."""
    line = one_run().lines[0]._replace(project="bert")
    assert [row["project_name"] for row in rows(one_run()._replace(lines=(line,)))] == ["bert"]
    lines = (line, project().lines[1])
    assert [row["project_name"] for row in rows(project()._replace(lines=lines))] == ["bert", "bert & co, 3 runs"]


def test_the_parts_add_up() -> None:
    """As codecarbon's do."""
    (row,) = rows(one_run())
    assert float(row["gpu_energy"]) + float(row["cpu_energy"]) == pytest.approx(
        float(row["energy_consumed"]), rel=1e-12
    )


def test_a_project_has_one_row_per_known_run() -> None:
    """What is not known stays blank, never 0."""
    first, second = rows(project())
    assert (first["energy_consumed"], second["energy_consumed"]) == ("25", "10")
    assert first["gpu_energy"] == first["ram_energy"] == first["water_consumed"] == ""


def test_a_region_of_a_provider() -> None:
    """Country, provider and region in columns of their own."""
    (row,) = rows(report_data_of(estimate("V100", hours=1, location="gcp:us-central1", year=2023)))
    assert (row["country_iso_code"], row["cloud_provider"], row["cloud_region"], row["on_cloud"]) == (
        "USA", "gcp", "us-central1", "Y",
    )  # fmt: skip


def test_no_place_is_not_guessed() -> None:
    """Neither for a given intensity nor for the world's mean."""
    for data in (exact(), report_data_of(estimate("V100", hours=1))):
        (row,) = rows(data)
        assert row["country_name"] == row["country_iso_code"] == row["on_cloud"] == ""


def test_names_are_no_formulas() -> None:
    """A spreadsheet would run them."""
    (row,) = rows(one_run()._replace(title="=1+1"))
    assert row["project_name"] == "'=1+1"
