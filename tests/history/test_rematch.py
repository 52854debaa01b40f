"""Runs matched hour by hour: by hand, against the annual figure, with gaps, flat, marginal; rows of the GHG form."""

import csv
import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from journals_by_hand import NOON, ended, meter, reading, stopped, tracker

from greentrain import Contradiction, History, InputError, Run, estimate, import_runs, report
from greentrain.cli import run as run_command
from greentrain.history import match_hours
from greentrain.intensity import read_series

ANNUAL_G = 100.0
"""Carbon intensity that the journals state. [g/kWh]"""


def write_series(path: Path, values: tuple[object, ...], basis: str = "life-cycle") -> Path:
    """Write hourly rows from noon of the runs on; None leaves one out."""
    rows = (
        f"{datetime.fromtimestamp(NOON + 3600 * place, UTC):%Y-%m-%dT%H:%MZ},{value},{basis}\n"
        for place, value in enumerate(values)
        if value is not None
    )
    path.write_text("timestamp,g_per_kwh,basis\n" + "".join(rows))
    return path


@pytest.fixture
def tracked(tmp_path: Path) -> Run:
    """Two hours: the first draws three quarters of the energy."""
    folder = tmp_path / "home" / "runs" / "bert-1"
    tracker(folder, lines=[ended(7200)])
    meter(folder, lines=[reading(3600, 3600, 3.0, 0.0), stopped(7200, 7200, 4.0, 0.0)])
    (found,) = History(tmp_path / "home").runs()
    return found


def test_emissions_follow_power_over_time(tracked: Run, tmp_path: Path) -> None:
    """Three quarters at 400 g/kWh and one at 40 are 310 g/kWh, where the plain mean of the hours is 220."""
    found = match_hours(tracked, read_series(write_series(tmp_path / "a.csv", (400, 40))))
    assert tracked.facility_energy_kwh is not None
    kwh = tracked.facility_energy_kwh.best

    assert found.g_per_kwh == pytest.approx(310)
    assert found.slots_g_per_kwh == pytest.approx(220)
    assert found.annual_g_per_kwh == pytest.approx(ANNUAL_G)
    assert found.operational_kg is not None
    assert found.operational_kg.best == pytest.approx(kwh * 0.310)
    assert found.operational_kg.low < found.operational_kg.best < found.operational_kg.high
    assert found.annual_kg == tracked.operational_kg
    assert [hour.facility_energy_kwh for hour in found.hours] == pytest.approx([0.75 * kwh, 0.25 * kwh])
    assert [hour.g_per_kwh for hour in found.hours] == pytest.approx([400, 40])
    assert not found.is_flat


def test_a_series_of_the_annual_mean_gives_the_annual_figure(tracked: Run, tmp_path: Path) -> None:
    """A law: whatever the power did."""
    found = match_hours(tracked, read_series(write_series(tmp_path / "a.csv", (100, 100, 100))))

    assert found.operational_kg is not None
    assert found.operational_kg.best == pytest.approx(found.annual_kg.best)


def test_energy_without_a_slot_has_the_annual_mean_or_withholds_the_figure(tmp_path: Path) -> None:
    """Of ten even hours one has none: nine at 200 and one at 100 are 190; of two hours one is too many."""
    folder = tmp_path / "home" / "runs" / "long-1"
    tracker(folder, lines=[ended(36000)])
    readings = [reading(3600.0 * hour, 3600.0 * hour, hour / 10, 0.0) for hour in range(1, 10)]
    meter(folder, lines=[*readings, stopped(36000, 36000, 1.0, 0.0)])
    (run,) = History(tmp_path / "home").runs()

    nine = match_hours(run, read_series(write_series(tmp_path / "a.csv", (200,) * 9)))
    assert nine.annual_share == pytest.approx(0.1)
    assert nine.g_per_kwh == pytest.approx(190)
    assert nine.operational_kg is not None
    five = match_hours(run, read_series(write_series(tmp_path / "b.csv", (200,) * 5)))
    assert five.operational_kg is None
    assert "50 % of the energy has no slot: no hourly figure is stated." in five.notes


def test_without_samples_the_profile_is_flat(tmp_path: Path) -> None:
    """A run that no meter read has its estimated energy, evenly."""
    folder = tmp_path / "home" / "runs" / "flat-1"
    inputs = {"gpu": "V100", "count": 8}
    tracker(folder, estimate_inputs=inputs, meter="none", lines=[ended(7200)])
    (run,) = History(tmp_path / "home").runs()
    found = match_hours(run, read_series(write_series(tmp_path / "a.csv", (400, 40))))

    assert found.is_flat
    assert found.g_per_kwh == pytest.approx(220)
    assert any(note.startswith("Flat profile: ") for note in found.notes)


def test_bases_are_not_mixed_in_silence(tracked: Run, tmp_path: Path) -> None:
    """A direct series is told apart; a marginal one has no place in an account."""
    direct = match_hours(tracked, read_series(write_series(tmp_path / "a.csv", (400, 40), "direct")))
    assert any(note.startswith("The series counts: direct; the annual figure: ") for note in direct.notes)
    with pytest.raises(InputError, match=r"^grid_series 'b.csv': is marginal: it tells what moving a load does, "):
        match_hours(tracked, read_series(write_series(tmp_path / "b.csv", (400, 40), "marginal")))


def test_the_command(tracked: Run, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Both figures side by side; all runs without an id; a series has to be named."""
    series = write_series(tmp_path / "a.csv", (400, 40))
    command = ["history", "rematch", "--home", str(tmp_path / "home"), "--grid-series", str(series)]
    assert run_command([*command, "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["kind"] == "rematch"
    assert found["runs"][0]["id"] == tracked.id
    assert found["totals"]["operational_kg"] == pytest.approx(3.1 * found["totals"]["annual_operational_kg"])

    assert run_command([*command[:2], "bert", *command[2:]]) == 0
    shown = capsys.readouterr().out
    assert "by power over time" in shown
    assert "by the annual mean" in shown
    assert "2025-11-22T12:00" in shown
    assert run_command(["history", "rematch", "--home", str(tmp_path / "home")]) == 2
    assert capsys.readouterr().err == ("greentrain: --grid-series: names the series: give it, or --grid-service\n")


def test_imported_runs_are_matched_too(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A job of an hour in France at 200 g/kWh; its log counts there, and a row without a time or place is named."""
    home = tmp_path / "home"
    head = "JobID|Start|End|ElapsedRaw|AllocTRES|State\n"
    job = "7|2025-11-22T12:00:00|2025-11-22T13:00:00|3600|gres/gpu:a100=1|COMPLETED\n"
    readings = "".join(f"2025-11-22 12:{minute:02d}:00,0,NVIDIA A100,300.00 W\n" for minute in range(60))
    texts = {
        "sacct": head + job,
        "7.csv": f"timestamp,index,name,power.draw [W]\n{readings}",
        "emissions.csv": "timestamp,run_id,duration,emissions,energy_consumed\nnever,r,3600,0.1,0.5\n",
    }
    for name, text in texts.items():
        (tmp_path / name).write_text(text)
    import_runs([tmp_path / "sacct", tmp_path / "7.csv"], location="FR", home=home)
    import_runs(tmp_path / "emissions.csv", home=home)
    series = write_series(tmp_path / "a.csv", (200, 200))
    words = ["history", "rematch", "--grid-series", str(series), "--home", str(home)]
    assert run_command([*words, "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    (matched,) = found["runs"]
    runs = {run.id: run for run in History(home).runs() if run.is_counted}
    kwh = runs[matched["id"]].facility_energy_kwh
    assert kwh is not None
    assert found["totals"]["operational_kg"] == pytest.approx(0.2 * kwh.best)
    (left_out,) = found["left_out"]
    assert left_out["reason"] == "has no known time to match"
    assert run_command(words) == 0
    assert capsys.readouterr().out.endswith("1 run left out: has no known time to match.\n")
    assert run_command([*words[:2], left_out["id"], *words[2:]]) == 2
    assert capsys.readouterr().err.endswith(f"ID '{left_out['id']}': has no known time to match\n")


def test_hourly_rows_of_the_ghg_form(tracked: Run, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """An hour's row has its factor; the hours add up to the run's energy, run and total keep the annual factor."""
    series = write_series(tmp_path / "a.csv", (400, 40))
    rows = list(csv.DictReader(report(tracked, "ghg", grid_series=series).splitlines()))

    assert [row["record"] for row in rows] == ["run", "hour", "hour", "total"]
    run, first, second, _ = rows
    assert (first["period_start_utc"], first["period_end_utc"]) == ("2025-11-22T12:00:00Z", "2025-11-22T13:00:00Z")
    assert [float(row["factor_kg_co2e_per_kwh"]) for row in (run, first, second)] == pytest.approx([0.1, 0.4, 0.04])
    assert float(first["energy_mwh"]) + float(second["energy_mwh"]) == pytest.approx(float(run["energy_mwh"]), rel=1e-3)
    assert (first["factor_accounting"], first["factor_source"]) == ("life-cycle", "a.csv")

    command = ["report", "bert", "--home", str(tmp_path / "home"), "--format", "ghg", "--grid-series", str(series)]
    assert run_command(command) == 0
    assert list(csv.DictReader(capsys.readouterr().out.splitlines())) == rows


def test_hours_are_of_runs_that_were_recorded(tmp_path: Path) -> None:
    """An estimate has no hours."""
    with pytest.raises(Contradiction, match=r"^grid_series 'a.csv': is for runs that were recorded, and this is a "):
        report(estimate("V100", hours=2), "ghg", scope="2", grid_series=write_series(tmp_path / "a.csv", (1, 2)))
