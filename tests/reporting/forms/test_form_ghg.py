"""Rows for a greenhouse gas inventory."""

import csv
import io
import re
from typing import Any

import pytest
from form_examples import exact, one_run, project

from greentrain import InputError, estimate
from greentrain.reporting import ReportData, report_data_of
from greentrain.reporting.forms.ghg import COLUMNS, render


def rows(data: ReportData, **options: Any) -> list[dict[str, str]]:
    """Read the form back."""
    return list(csv.DictReader(io.StringIO(render(data, **options))))


def test_runs_and_total() -> None:
    """MWh and tonnes, with both ends; a run of unknown energy has no row and is named in the total's."""
    first, second, total = rows(project())
    assert (first["record"], first["activity"], first["status"]) == ("run", "final", "completed")
    assert (first["energy_mwh"], first["energy_mwh_low"], first["energy_mwh_high"]) == ("0.025", "0.02", "0.03")
    assert (second["location_based_t_co2e"], second["location_based_t_co2e_high"]) == ("0.004", "0.0048")
    assert (total["record"], total["energy_mwh"], total["location_based_t_co2e"]) == ("total", "0.035", "0.014")
    assert total["status"].endswith("1 of unknown energy is not in the sums")


def test_the_factor() -> None:
    """0.4 kg/kWh with place, year, basis and source; the period in UTC."""
    first = rows(project())[0]
    assert first["factor_kg_co2e_per_kwh"] == "0.4"
    assert (first["factor_place"], first["factor_year"], first["factor_accounting"]) == ("FR", "2025", "life-cycle")
    assert first["factor_source"] == "Ember, Yearly Electricity Data"
    assert (first["period_start_utc"], first["period_end_utc"]) == ("2026-03-01T06:00:00Z", "2026-03-01T16:00:00Z")
    assert first["pue"] == "1.25"


def test_market_based_emissions_stand_beside_and_change_nothing() -> None:
    """Only as the user gives them, in the total's row alone."""
    plain, with_market = rows(project()), rows(project(), market_based_kg="0")
    assert [row["market_based_t_co2e"] for row in plain] == ["", "", ""]
    assert [row["market_based_t_co2e"] for row in with_market] == ["", "", "0"]
    assert rows(project(), market_based_kg=1500.0)[2]["market_based_t_co2e"] == "1.5"
    column = "location_based_t_co2e"
    assert [row[column] for row in plain] == [row[column] for row in with_market]


def test_the_scope_is_the_users_to_say() -> None:
    """Left out, it is not stated."""
    assert {row["scope"] for row in rows(project())} == {"not stated"}
    assert {row["scope"] for row in rows(project(), scope="3")} == {"scope 3"}


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"scope": "1"}, "scope '1': must be 2 or 3"),
        ({"market_based_kg": "-1"}, "market_based_kg '-1': must be a number of kg CO2e from 0 on"),
        ({"market_based_kg": "1,5"}, "market_based_kg '1,5': must be a number of kg CO2e from 0 on"),
        ({"market_based_kg": float("nan")}, "market_based_kg nan: must be a number of kg CO2e from 0 on"),
    ],
)
def test_wrong_options(options: dict[str, Any], message: str) -> None:
    """Refused in one line."""
    with pytest.raises(InputError, match=f"^{re.escape(message)}$"):
        render(project(), **options)


def test_columns_and_an_estimate() -> None:
    """The header is fixed; a described run has no period, and its given factor no year."""
    run, total = rows(exact())
    assert tuple(run) == COLUMNS
    assert (run["energy_mwh"], run["location_based_t_co2e"], run["period_start_utc"]) == ("0.024", "0.0096", "")
    assert (run["factor_year"], run["factor_accounting"], run["factor_source"]) == (
        "",
        "not stated",
        "Stated by the user",
    )
    assert total["basis"] == "estimated"


def test_the_period_of_a_described_run_is_the_year_that_was_named() -> None:
    """An inventory is of a year; without one nothing is said."""
    for row in rows(report_data_of(estimate("V100", hours=96, location="FR", year=2023))):
        assert (row["period_start_utc"], row["period_end_utc"]) == ("2023-01-01T00:00:00Z", "2023-12-31T23:59:59Z")
    for row in rows(report_data_of(estimate("V100", hours=96, location="FR"))):
        assert (row["period_start_utc"], row["period_end_utc"]) == ("", "")


def test_a_name_is_no_formula() -> None:
    """A spreadsheet would run it."""
    line = one_run().lines[0]._replace(name='=HYPERLINK("x")')
    assert rows(one_run()._replace(lines=(line,)))[0]["activity"] == '\'=HYPERLINK("x")'
