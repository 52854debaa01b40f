"""Imported runs where tracked ones stand too: in a model card, and as the evidence for what hardware draws."""

from pathlib import Path

import pytest

from greentrain import History, import_runs
from greentrain.cli import run as command

HEAD = (
    "timestamp,project_name,run_id,duration,emissions,cpu_energy,gpu_energy,ram_energy,energy_consumed,"
    "country_iso_code,gpu_count,gpu_model,pue\n"
)
CARD = "---\nlicense: mit\n---\n# A model\n"


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Four runs of 10 h on an A100 of 400 W, which drew 290, 220, 230 and 240 W; their host's parts 50 W."""
    rows = [
        f"2024-05-0{day}T12:00:00Z,bert,r{day},36000,0.1,0.4,{watts / 100},0.1,{(watts + 50) / 100},FRA,1,"
        "1 x NVIDIA A100-SXM4-40GB,1.0\n"
        for day, watts in enumerate((290, 220, 230, 240), 1)
    ]
    monkeypatch.setenv("GREENTRAIN_HOME", str(tmp_path / "home"))
    (tmp_path / "emissions.csv").write_text(HEAD + "".join(rows))
    import_runs(tmp_path / "emissions.csv")
    return tmp_path


def test_a_card_of_an_imported_run(home: Path) -> None:
    """Its grams are those of the run in the history, and it says that they were measured."""
    first = min(History(), key=lambda run: run.started)
    (home / "README.md").write_text(CARD)
    assert command(["card", str(home / "README.md"), "--run", first.id]) == 0
    text = (home / "README.md").read_text()
    assert first.operational_kg is not None
    assert f"  emissions: {1000 * first.operational_kg.best:.1f}\n" in text
    assert "measured (imported from codecarbon), operational, location-based, whole facility" in text
    assert '  hardware_used: "1 x NVIDIA A100 SXM4 40GB"\n' in text
    assert command(["card", str(home / "README.md"), "--run", first.id, "--check"]) == 0


def test_imported_runs_are_evidence_for_the_mean_power(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Four runs drew 0.55 to 0.725 of their TDP: the fitted mean lies between."""
    assert command(["history", "calibrate"]) == 0
    first, _, now, *_ = capsys.readouterr().out.splitlines()
    assert first == "sxm-node: mean power over TDP, from 4 runs on a100-sxm4-40gb"
    assert 0.55 < float(now.split()[1]) < 0.725


def test_a_fit_to_imported_runs_says_whose_readings_they_are(home: Path) -> None:
    """The table of own defaults names their format."""
    assert command(["history", "calibrate"]) == 0
    (table,) = home.rglob("power_defaults.csv")
    assert "Own runs imported from codecarbon 2024-05-01 to 2024-05-04" in table.read_text()


def test_a_report_of_an_imported_run_says_so(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """From which tool, that greentrain measured nothing, and what is assumed of its times."""
    (home / "power.csv").write_text(
        "timestamp, index, uuid, name, power.draw [W]\n"
        + "".join(f"2026/03/01 08:{minute:02d}:00.000, 0, GPU-1, NVIDIA A100, 300.00 W\n" for minute in range(30))
    )
    import_runs(home / "power.csv")
    last = max(History(), key=lambda run: run.started)
    assert command(["report", last.id]) == 0
    text = " ".join(capsys.readouterr().out.split())
    assert "Energy, emissions and water of a training run, imported from nvidia-smi Report made" in text
    assert "location-based, measured (imported from nvidia-smi)." in text
    assert "Times have no zone: UTC is assumed" in text
    assert "The run is imported from files of other tools (nvidia-smi): IT energy is what these record" in text
    assert "while the runs went on" not in text
    assert command(["history", "show", last.id]) == 0
    assert f"importednvidia-smi,{home}/power.csv" in "".join(capsys.readouterr().out.split())


def test_a_meter_at_the_wall_beside_an_imported_run(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """At 500 W at the wall the host draws 210 W beside an accelerator of 290 W: 0.525 of 400 W."""
    first = min(History(), key=lambda run: run.started)
    readings = "".join(f"2024-05-01T{hour:02}:00:00Z,500\n" for hour in range(2, 13))
    (home / "wall.csv").write_text(f"timestamp,watts\n{readings}")
    assert command(["history", "calibrate", "--wall", str(home / "wall.csv"), "--run", first.id]) == 0
    first_line, _, now, *_ = capsys.readouterr().out.splitlines()
    assert first_line == "sxm-node: host power per accelerator over its TDP, from 1 run on a100-sxm4-40gb"
    assert now.split()[1] == "0.525"
