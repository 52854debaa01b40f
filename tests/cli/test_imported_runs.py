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
    assert "measured, operational, location-based, whole facility" in text
    assert '  hardware_used: "1 x a100-sxm4-40gb"\n' in text
    assert command(["card", str(home / "README.md"), "--run", first.id, "--check"]) == 0


def test_imported_runs_are_evidence_for_the_mean_power(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Four runs drew 0.55 to 0.725 of their TDP: the fitted mean lies between."""
    assert command(["history", "calibrate"]) == 0
    first, _, now, *_ = capsys.readouterr().out.splitlines()
    assert first == "sxm-node: mean power over TDP, from 4 runs on a100-sxm4-40gb"
    assert 0.55 < float(now.split()[1]) < 0.725


def test_a_meter_at_the_wall_beside_an_imported_run(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """At 500 W at the wall the host draws 210 W beside an accelerator of 290 W: 0.525 of 400 W."""
    first = min(History(), key=lambda run: run.started)
    readings = "".join(f"2024-05-01T{hour:02}:00:00Z,500\n" for hour in range(2, 13))
    (home / "wall.csv").write_text(f"timestamp,watts\n{readings}")
    assert command(["history", "calibrate", "--wall", str(home / "wall.csv"), "--run", first.id]) == 0
    first_line, _, now, *_ = capsys.readouterr().out.splitlines()
    assert first_line == "sxm-node: host power per accelerator over its TDP, from 1 run on a100-sxm4-40gb"
    assert now.split()[1] == "0.525"
