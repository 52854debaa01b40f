"""Databases of SQLite: known by their tables wherever those stand in the file, or in the log beside it."""

import json
import sqlite3
from pathlib import Path

import pytest

from greentrain.importing import import_runs

LATE = [f"CREATE TABLE filler_{number} ({'x' * 600})" for number in range(200)]
MLFLOW = (
    "CREATE TABLE experiments (experiment_id, name)",
    "CREATE TABLE runs (run_uuid, name, user_id, status, start_time, end_time, experiment_id)",
    "CREATE TABLE metrics (key, value, timestamp, run_uuid)",
    "INSERT INTO runs VALUES ('r1', 'bert', 'ada', 'FINISHED', 1764000000000, 1764000060000, 1)",
    *(
        "INSERT INTO metrics VALUES ('system/gpu_0_power_usage_watts', 300, "
        f"{1764000000000 + 15000 * at}, 'r1')" for at in range(5)
    ),
)  # fmt: skip
METRICS = json.dumps({"gpu/0/power": 300})
TRACKIO = (
    "CREATE TABLE configs (run_name, config)",
    "CREATE TABLE system_metrics (timestamp, run_name, metrics)",
    *(f"INSERT INTO system_metrics VALUES ('2026-11-28T12:00:{15 * at:02d}', 'sun', '{METRICS}')" for at in range(4)),
    f"INSERT INTO system_metrics VALUES ('2026-11-28T12:01:00', 'sun', '{METRICS}')",
)


@pytest.mark.parametrize(("form", "statements"), [("mlflow", MLFLOW), ("trackio", TRACKIO)])
@pytest.mark.parametrize("is_live", [False, True], ids=["whole", "log beside it"])
def test_tables_anywhere(tmp_path: Path, form: str, statements: tuple[str, ...], is_live: bool) -> None:
    """300 W for a minute, behind 120 kB of other tables, or in a log of which the file holds nothing yet."""
    path = tmp_path / "made"
    connection = sqlite3.connect(path)
    if is_live:
        connection.execute("PRAGMA journal_mode=WAL")
    for statement in (*LATE, *statements):
        connection.execute(statement)
    connection.commit()
    before = _beside(tmp_path)
    (file,) = import_runs(path, dry_run=True).files
    (run,) = import_runs(path, dry_run=True).runs
    assert (file.format, file.error, len(before)) == (form, None, 3 if is_live else 1)
    assert run.stated.measured_energy_kwh == pytest.approx(0.005)
    assert _beside(tmp_path) == before
    connection.close()


def _beside(folder: Path) -> list[tuple[str, int, int]]:
    return sorted((path.name, path.stat().st_size, path.stat().st_mtime_ns) for path in folder.iterdir())


def test_a_log_that_is_damaged(tmp_path: Path) -> None:
    """What stands in the file counts: SQLite takes nothing of a log whose check values are wrong."""
    path = tmp_path / "made"
    connection = sqlite3.connect(path)
    for statement in TRACKIO:
        connection.execute(statement)
    connection.commit()
    connection.close()
    path.with_name("made-wal").write_bytes(b"\x37\x7f\x06\x82" + b"\xff" * 5000)
    (run,) = import_runs(path, dry_run=True).runs
    assert run.stated.measured_energy_kwh == pytest.approx(0.005)


@pytest.mark.parametrize("damage", [b"", b"\0" * 4000])
def test_a_database_that_is_none(tmp_path: Path, damage: bytes) -> None:
    """A file that begins as one is of no form."""
    (tmp_path / "made").write_bytes(b"SQLite format 3\0" + damage)
    (file,) = import_runs(tmp_path / "made", dry_run=True).files
    assert (file.format, file.runs, "of no form" in (file.error or "")) == (None, 0, True)
