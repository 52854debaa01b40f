"""``greentrain import``: what it prints, and its exit codes."""

import json
from pathlib import Path

import pytest

from greentrain.cli import run

SACCT = """JobID|JobName|State|Start|End|ElapsedRaw|NNodes|NCPUS|AllocTRES|ConsumedEnergyRaw
1|train|COMPLETED|2026-03-01T00:00:00|2026-03-01T01:00:00|3600|1|8|cpu=8,node=1|720000
1.batch|batch|COMPLETED|2026-03-01T00:00:00|2026-03-01T01:00:00|3600|1|8|cpu=8,node=1|720000
2|hot|COMPLETED|2026-03-01T00:00:00|2026-03-01T01:00:00|3600|1|8|cpu=8,node=1|36000000
"""


@pytest.fixture
def jobs(tmp_path: Path) -> str:
    """Give a file of two jobs: 200 W for an hour, and 10,000 W, which no node without accelerators draws."""
    path = tmp_path / "sacct.txt"
    path.write_text(SACCT)
    return str(path)


def test_the_audit_as_text(jobs: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Files, doubts with their reasons, totals without them."""
    assert run(["import", jobs, "--dry-run", "--location", "FR"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[:4] == [
        f"{jobs}: slurm, 3 rows, 2 runs; 2 new, 0 known, 1 in doubt, 0 rows rejected",
        "  Steps are left out: their jobs hold them. (1)",
        "  hot: implausible_power. A node drew 10,000 W on average, at most 1,650 W is possible.",
        "1 run: 0 GPU-hours, 8.00 core-hours, 0.2 kWh in the files",
    ]
    assert lines[-1] == "In doubt and in no total: 1 run; --keep-flagged adds what is left out."


def test_the_audit_as_json(jobs: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Options stand before and behind the paths; the same file twice adds nothing."""
    assert run(["import", "--dry-run", jobs, jobs, "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["kind"] == "import"
    assert [(file["format"], file["imported"], file["duplicates"]) for file in found["files"]] == [
        ("slurm", 2, 0),
        ("slurm", 0, 2),
    ]
    assert [(each["name"], each["flags"], each["basis"]) for each in found["runs"]] == [
        ("train", ["steps_dropped"], "measured"),
        ("hot", ["implausible_power"], "estimated"),
    ]
    assert found["totals"]["measured_energy_kwh"] == 0.2


def test_exit_codes(jobs: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """1 where a file could not be read, 2 for misuse."""
    other = tmp_path / "notes.txt"
    other.write_text("some notes")
    assert run(["import", jobs, str(other), "--dry-run"]) == 1
    assert run(["import", jobs]) == 2
    assert run(["import"]) == 2
    assert run(["import", "nowhere", "--dry-run"]) == 2
    assert capsys.readouterr().err.splitlines() == [
        "greentrain: --dry-run: has to be given: imported runs cannot be stored in the history yet",
        "greentrain: missing argument 'PATH...'",
        "greentrain: PATH 'nowhere': no such file or folder",
    ]
