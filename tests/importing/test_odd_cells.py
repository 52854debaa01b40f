"""Cells that could mean two things, or nothing: the column decides, or the file is refused; what is lost is said."""

from pathlib import Path

import pytest
from foreign_texts import audit_of, codecarbon_text, runs_of

from greentrain.importing import import_runs

SMI = "timestamp,name,power.draw [W]"
METER = "timestamp,outlet,power_w"


def of_a_log(header: str, cells: tuple[str, ...]) -> str:
    """Write readings a minute apart."""
    rows = [f'2026-03-01T10:{minute:02}:00Z,a,"{cell}"' for minute, cell in enumerate(cells)]
    return "\n".join([header, *rows, ""])


@pytest.mark.parametrize("header", [SMI, METER])
@pytest.mark.parametrize(
    ("cells", "joules"),
    [
        (("900.5 W", "1,300 W", "1,300 W"), 144_015),
        (("900 W", "1,300 W", "1,300 W"), 144_000),
        (("1,300.5 W", "1,300 W", "1,300 W"), 156_015),
        (("1,5 W", "1,300 W", "1,300 W"), 162),
        (("0,900 W", "1,300 W", "1,300 W"), 144),
        (("85,125 W", "85,125 W", "85,125 W"), 10_215),
    ],
)
def test_a_column_tells_what_its_commas_are(tmp_path: Path, header: str, cells: tuple[str, ...], joules: float) -> None:
    """Two minutes; a decimal point, or whole numbers below a thousand beside it, make 1,300 thirteen hundred.

    A decimal comma elsewhere makes it 1.3, and more than 20 kW by it are none.
    """
    (run,) = runs_of(tmp_path, of_a_log(header, cells))
    assert run.stated.measured_energy_kwh == pytest.approx(joules / 3.6e6)


@pytest.mark.parametrize("header", [SMI, METER])
def test_a_power_that_may_be_either_is_refused(tmp_path: Path, header: str) -> None:
    """1.3 W and 1,300 W are both powers of a computer."""
    (file,) = audit_of(tmp_path, of_a_log(header, ("1,300 W", "1,200 W", "1,300 W"))).files
    assert file.error == (
        f"{tmp_path / 'foreign'}: has powers such as 1,300, which may be 1.300 or 1300: "
        "write them without commas, or with a decimal point"
    )


def test_a_negative_energy_is_said_to_be_negative(tmp_path: Path) -> None:
    """Of the accelerators it is the reason why the run is in no total."""
    audit = audit_of(tmp_path, codecarbon_text({"gpu_energy": "-0.3"}, {"run_id": "r2", "ram_energy": "-1"}))
    assert audit.files[0].notes == {
        "gpu_energy is negative, and taken as empty.": 1, "ram_energy is negative, and taken as empty.": 1,
    }  # fmt: skip
    first, second = audit.runs
    assert [found.reason for found in first.findings] == ["gpu_energy is negative, and taken as empty."]
    assert first.flags == ("gpu_unmetered",)
    assert "ram_energy is negative, and taken as empty." in second.stated.notes


@pytest.mark.parametrize(("location", "taken"), [(None, "no place"), ("DE", "DE")])
def test_a_place_that_nobody_knows_is_said(tmp_path: Path, location: str | None, taken: str) -> None:
    """Another one takes its place, or none."""
    text = codecarbon_text({"country_name": "", "country_iso_code": "ZZZ"})
    (tmp_path / "emissions.csv").write_text(text)
    audit = import_runs(tmp_path / "emissions.csv", dry_run=True, location=location)
    note = f"Nobody knows the place 'ZZZ' of its file: {taken} is taken."
    assert audit.files[0].notes == {note: 1}
    assert audit.runs[0].location == location
    assert note in audit.runs[0].stated.notes


def test_a_metric_of_mlflow_alone_is_of_a_store(tmp_path: Path) -> None:
    """Its file has no name of what it is of."""
    (file,) = audit_of(tmp_path, "1700000000000 100.5 0\n1700000010000 120 1\n").files
    assert file.error == (
        f"{tmp_path / 'foreign'}: looks like the values of one of MLflow's metrics: "
        "give the folder of its run, or mlruns, which holds what it is of"
    )


@pytest.mark.parametrize(
    ("header", "rows", "kwh"),
    [
        (SMI, [f"2026-03-01T10:{minute:02}:00Z,a,{60 * minute} W" for minute in range(11)], 0.05),
        (METER, [f"2026-03-01T10:{minute:02}:00Z,a,{60 * minute}" for minute in range(11)], 0.05),
        ("timestamp,kwh", [f"2026-03-01T10:{minute:02}:00Z,{100 + 0.005 * minute:.3f}" for minute in range(11)], 0.05),
        (
            "timestamp,power.draw [W]",
            [f"2026-03-01T10:{minute:02}:00.00{gpu}Z,{100 + 200 * gpu} W" for minute in range(7) for gpu in (0, 1)],
            0.04,
        ),
    ],
)  # fmt: skip
def test_the_latest_readings_may_stand_first(tmp_path: Path, header: str, rows: list[str], kwh: float) -> None:
    """Ten minutes of 300 W on average, as powers and as a counter; six of 100 and 300 W: in either order the same."""
    for order in (rows, rows[::-1]):
        (run,) = runs_of(tmp_path, "\n".join([header, *order, ""]))
        assert run.stated.measured_energy_kwh == pytest.approx(kwh)
        assert run.stated.duration_seconds == pytest.approx(60 * (len(rows) - 1 if kwh == 0.05 else 6))


def test_a_row_without_a_total_has_that_of_its_parts(tmp_path: Path) -> None:
    """0.3 + 0.05 + 0.01 kWh; where the part of the accelerators is not there either, nothing is known."""
    audit = audit_of(
        tmp_path,
        codecarbon_text({"energy_consumed": ""}, {"run_id": "r2", "energy_consumed": "", "gpu_energy": ""}),
    )
    assert [run.stated.measured_energy_kwh for run in audit.runs] == [pytest.approx(0.36), None]


def test_cells_of_a_row_that_cannot_be_read_are_said(tmp_path: Path) -> None:
    """What is empty is nothing; a time may be one of a clock: 0.36 kWh in an hour."""
    clock = {"duration": "01:00:00"}
    rows = [{"gpu_energy": "many"}, {"energy_consumed": "inf"}, {"ram_energy": ""}, clock]
    audit = audit_of(tmp_path, codecarbon_text(*({"run_id": str(id)} | row for id, row in enumerate(rows))))
    assert audit.files[0].notes == {
        "Cells of gpu_energy that cannot be read are taken as empty.": 1,
        "Cells of energy_consumed that cannot be read are taken as empty.": 1,
    }
    assert [run.stated.duration_seconds for run in audit.runs] == [3600.0] * 4
    assert [run.stated.measured_energy_kwh for run in audit.runs] == [0.36, None, 0.36, 0.36]
