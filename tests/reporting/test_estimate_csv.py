"""An estimate as one row of CSV under a header that is always the same."""

import ast
import csv
import io
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import described_runs, positive

from greentrain import Estimate, Interval, estimate, footprint
from greentrain.reporting.forms.estimate_csv import COLUMNS, estimate_csv, estimate_row

ESTIMATION = Path(__file__).parents[2] / "src" / "greentrain" / "estimation"
MAKERS = ("Input", "given", "_input", "_default_input")
"""The functions that make an input of the model, its name first."""

HEADER = (
    "schema_version,kind,greentrain_version,data_version,"
    "gpu,count,hours,gpu_hours,location,year,year_basis,grid_year,runs,site,instance,"
    "it_energy_kwh_low,it_energy_kwh_best,it_energy_kwh_high,"
    "facility_energy_kwh_low,facility_energy_kwh_best,facility_energy_kwh_high,"
    "operational_kg_low,operational_kg_best,operational_kg_high,"
    "embodied_kg_low,embodied_kg_best,embodied_kg_high,total_kg_low,total_kg_best,total_kg_high,"
    "water_l_low,water_l_best,water_l_high,basis,scope,"
    "place,cpu,cpu_cores,memory_gb,params,active_params,tokens,flops,precision,mfu,"
    "peak,accelerator_power,tdp,utilization,host_factor,board_power,cpu_tdp_per_core,cpu_load,cpu_idle_fraction,"
    "memory_power_per_gb,pue,grid_intensity,device_embodied,node_share_embodied,lifetime,share_of_life_in_use,"
    "wue,water_intensity,node_ratio,host_power,architecture,fraction,gpu_family,notes"
)
JOBS: dict[str, dict[str, Any]] = {
    "hours": {"gpu": "V100", "hours": 96},
    "power": {"gpu": "V100", "hours": 96, "power": 200},
    "cores": {"cpu_cores": 64, "hours": 5},
    "size": {"gpu": "V100", "params": "1B", "tokens": "20B"},
}


def row_of(result: Estimate) -> dict[str, str]:
    """Write an estimate and read its one row back."""
    (row,) = csv.DictReader(io.StringIO(estimate_csv(result)), strict=True)
    return row


@pytest.mark.parametrize("job", JOBS)
def test_the_header_is_the_same_whatever_was_given(job: str) -> None:
    """Columns keep their names and places, so that the rows of several estimates make one table."""
    head, line, end = estimate_csv(estimate(**JOBS[job])).split("\n")
    assert head == HEADER
    assert end == ""
    assert len(next(csv.reader([line]))) == len(COLUMNS) == 69


@pytest.mark.parametrize(
    ("job", "expected"),
    [
        ("hours", {"accelerator_power": "", "tdp": "300.0", "cpu_cores": "", "params": "", "basis": "estimated"}),
        ("power", {"accelerator_power": "200.0", "tdp": "", "utilization": "", "scope": "facility"}),
        ("cores", {"gpu": "", "gpu_hours": "", "cpu_cores": "64.0", "memory_gb": "256.0", "cpu": "", "tdp": ""}),
        ("size", {"params": "1000000000.0", "tokens": "20000000000.0", "flops": "1.2e+20", "precision": "bf16"}),
    ],
)
def test_what_is_not_used_is_blank(job: str, expected: dict[str, str]) -> None:
    """V100 has 300 W; 64 cores have 4 GB each; 6 x 1e9 x 2e10 = 1.2e20 operations."""
    row = row_of(estimate(**JOBS[job]))
    assert {name: row[name] for name in expected} == expected


def test_columns_are_unique() -> None:
    """An input that is part of the run has one column."""
    assert len(set(COLUMNS)) == len(COLUMNS)


def test_the_name_of_an_own_profile_is_no_formula(tmp_path: Path) -> None:
    """It stands at the beginning of a note."""
    head = "id,name,hardware_class,tdp_w,source"
    (tmp_path / "accelerators.csv").write_text(
        f"{head}\nmy-card,=HYPERLINK(1),workstation,320,https://example.org/datasheet\n"
    )
    row = row_of(estimate("my-card", hours=10, location="FR", profiles=tmp_path))
    assert row["notes"].startswith("'=HYPERLINK(1): the figures are from your own profiles.")
    assert [value for value in row.values() if value.startswith(("=", "+", "-", "@"))] == []


ALWAYS = ("schema_version", "kind", "greentrain_version", "data_version", "basis", "scope", "notes")
WORK = {"params": positive(1e9, 1e10), "tokens": positive(1e10, 1e11), "active_params": positive(1e8, 1e9)}


@given(described_runs() | st.fixed_dictionaries({"gpu": st.sampled_from(["V100", "H100"]), **WORK}))
def test_every_value_of_an_estimate_has_its_column(arguments: dict[str, Any]) -> None:
    """What is read back is the run, the quantities, the best value of every input and the notes."""
    result = estimate(**arguments)
    row = row_of(result)
    assert tuple(row) == COLUMNS
    ends = {f"{name}_{end}": value for name in footprint.QUANTITIES for end, value in ends_of(getattr(result, name))}
    assert {name: float(row[name]) for name in ends} == ends
    for item in result.inputs:
        assert float(row[item.name]) == result.run.get(item.name, item.value.best)
    known = {*ALWAYS, *ends, *result.run, *(item.name for item in result.inputs)}
    assert {name for name, value in row.items() if value} <= known
    assert row["notes"] == " ".join(result.notes)


def ends_of(value: Interval) -> list[tuple[str, float]]:
    """List the ends of an interval with their names."""
    return [("low", value.low), ("best", value.best), ("high", value.high)]


def names_of_inputs() -> set[str]:
    """Collect from the sources of the model the names that inputs are made with."""
    found = set()
    for path in ESTIMATION.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call):
                found |= {_text(name) for name in _names(node)} - {None}
    return {name for name in found if name}


def _names(call: ast.Call) -> list[ast.expr]:
    """Find the expressions of names in a call: of what makes an input, and of what gives one another name."""
    if isinstance(call.func, ast.Name) and call.func.id in MAKERS:
        return call.args[:1]
    return [keyword.value for keyword in call.keywords if keyword.arg == "name"]


def _text(name: ast.expr) -> str | None:
    if isinstance(name, ast.Constant):
        return str(name.value)
    return getattr(footprint, name.id, None) if isinstance(name, ast.Name) else None


def test_every_input_of_the_model_has_a_column() -> None:
    """One that is new needs a column before the notes."""
    found = names_of_inputs()
    assert {"tdp", "accelerator_power", "board_power", "pue", "grid_intensity", "device_embodied"} < found
    assert len(found) > 20
    assert found - set(COLUMNS) == set()


def test_every_column_is_used() -> None:
    """By one of the jobs, or by one that says all that it can."""
    more: tuple[dict[str, Any], ...] = (
        {"gpu": "V100", "hours": 9, "cpu": "AMD EPYC 7763", "cpu_cores": 64, "memory_gb": 8},
        {"gpu": "H100", "params": "8B", "active_params": "1B", "tokens": "1T", "architecture": "decoder-only"},
        {"gpu": "8xH100", "hours": 9},
        {"gpu": "H100", "hours": 9, "host_factor": 1.5},
        {"gpu": "A100 1g.5gb", "hours": 9},
    )
    rows = [estimate_row(estimate(**arguments)) for arguments in (*JOBS.values(), *more)]
    assert {name for row in rows for name in row} == set(COLUMNS)
