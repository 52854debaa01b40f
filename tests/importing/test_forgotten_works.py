"""Forgetting one of several records of one work: the others stand for it, and a run loses what it had of it."""

import os
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest
from foreign_texts import codecarbon_text, sacct_text

from greentrain.cli import run as command
from greentrain.errors import InputError
from greentrain.history import History, Run, forget, rename
from greentrain.importing import ImportedRun, ImportStore, import_runs

JOB = {
    "JobID": "4711", "JobIDRaw": "4711", "JobName": "bert", "Start": "2026-03-01T08:00:00",
    "End": "2026-03-01T09:00:00", "ElapsedRaw": "3600", "AllocTRES": "cpu=8,gres/gpu:a100=2,node=1",
}  # fmt: skip


@pytest.fixture
def paths(tmp_path: Path) -> dict[str, Path]:
    """Write a job of an hour, the log of its two boards (250 W and 350 W), and codecarbon's row of 58 minutes."""
    row = {
        "timestamp": "2026-03-01T08:59:00", "duration": "3480", "gpu_count": "2", "gpu_energy": "0.58",
        "cpu_energy": "0.05", "ram_energy": "0.01", "energy_consumed": "0.64", "emissions": "0.03",
        "gpu_model": "2 x NVIDIA A100-SXM4-40GB",
    }  # fmt: skip
    readings = [
        f"2026/03/01 {8 + minute // 60:02d}:{minute % 60:02d}:00.000, {index}, NVIDIA A100, {watts}.00 W"
        for minute in range(61)
        for index, watts in enumerate((250, 350))
    ]
    texts = {
        "slurm": sacct_text(JOB),
        "nvidia-smi": "\n".join(["timestamp, index, name, power.draw [W]", *readings, ""]),
        "codecarbon": codecarbon_text(row),
    }
    names = {"slurm": "sacct", "nvidia-smi": "4711.csv", "codecarbon": "emissions.csv"}
    for format, text in texts.items():
        (tmp_path / names[format]).write_text(text)
    return {format: tmp_path / name for format, name in names.items()}


def _counted(home: Path) -> dict[str, ImportedRun]:
    return {run.format: run for run in ImportStore(str(home)).runs() if run.is_counted}


def _forget(home: Path, format: str) -> None:
    id = next(run.id for run in ImportStore(str(home)).runs() if run.format == format)
    assert command(["history", "forget", id, "--home", str(home)]) == 0


@pytest.mark.parametrize(
    ("forgotten", "stands", "kwh"),
    [
        (("slurm",), "codecarbon", 0.58),  # the log's 600 W for the row's 58 minutes
        (("nvidia-smi",), "slurm", 0.64 / 3480 * 3600),
        (("codecarbon",), "slurm", 0.6),
        (("nvidia-smi", "codecarbon"), "slurm", None),
        (("codecarbon", "slurm"), "nvidia-smi", 0.6),
        (("slurm", "nvidia-smi"), "codecarbon", 0.64),
    ],
)
def test_what_is_left_stands_for_the_work(
    home: Path, paths: dict[str, Path], forgotten: tuple[str, ...], stands: str, kwh: float | None
) -> None:
    """One run counts whatever is forgotten, with the energy of what is left; imported again all is back."""
    import_runs(paths.values())
    whole = _counted(home)
    for format in forgotten:
        _forget(home, format)
    counted = _counted(home)
    assert {format: run.stated.measured_energy_kwh for format, run in counted.items()} == {
        stands: None if kwh is None else pytest.approx(kwh)
    }
    assert History(str(home)).totals().runs == 1
    import_runs(paths.values())
    assert {format: run.facts() for format, run in _counted(home).items()} == {
        format: run.facts() for format, run in whole.items()
    }


def test_a_run_is_again_what_its_own_file_states(home: Path, paths: dict[str, Path]) -> None:
    """Project and place of the job came with the row: without the row it is the run that it was before it came."""
    import_runs(paths["slurm"])
    (before,) = _counted(home).values()
    import_runs([paths["nvidia-smi"], paths["codecarbon"]])
    assert (_counted(home)["slurm"].stated.project, _counted(home)["slurm"].location) == ("p", "FR")
    _forget(home, "codecarbon")
    _forget(home, "nvidia-smi")
    assert _counted(home)["slurm"].facts() == before.facts()


def test_forgetting_says_what_becomes_of_the_others(
    home: Path, paths: dict[str, Path], capsys: pytest.CaptureFixture[str]
) -> None:
    """The row counts in place of the job; then the log is forgotten whose energy the row had."""
    import_runs(paths.values())
    ids = {run.format: run.id for run in ImportStore(str(home)).runs()}
    _forget(home, "slurm")
    said = f"forgot {ids['slurm']}\nof the same work, and counts from now on: {ids['codecarbon']}\n"
    assert capsys.readouterr().out == said
    _forget(home, "nvidia-smi")
    said = f"forgot {ids['nvidia-smi']}\nno longer has the energy that was of this: {ids['codecarbon']}\n"
    assert capsys.readouterr().out == said


def test_what_is_in_no_total_is_marked(home: Path, tmp_path: Path, paths: dict[str, Path]) -> None:
    """The row, which began last, is no last run; lists and databases mark it and the log as left out of totals."""
    import_runs(paths.values())
    history = History(str(home))
    assert history.get("last").origin == "imported:slurm"
    marks = {"imported:slurm": True, "imported:codecarbon": False, "imported:nvidia-smi": False}
    assert {run["origin"]: run["is_counted"] for run in history.to_dict()["runs"]} == marks
    assert command(["history", "export", "--to", f"sqlite:///{tmp_path}/runs.db", "--home", str(home)]) == 0
    with sqlite3.connect(tmp_path / "runs.db") as database:
        rows = database.execute("SELECT origin, is_counted FROM runs").fetchall()
        (kwh,) = database.execute("SELECT SUM(facility_energy_kwh_best) FROM runs WHERE is_counted").fetchone()
    assert {origin: bool(is_counted) for origin, is_counted in rows} == marks
    whole = history.totals().facility_energy_kwh
    assert whole is not None
    assert kwh == pytest.approx(whole.best)


def test_an_interrupted_command_can_be_given_again(
    home: Path, paths: dict[str, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Interrupted before the job is deleted, it leaves nothing out for good: done again, the row stands for it."""
    import_runs(paths.values())
    (id,) = (run.id for run in ImportStore(str(home)).runs() if run.format == "slurm")
    with monkeypatch.context() as patched:
        patched.setattr(ImportStore, "forget", _interrupted)
        with pytest.raises(KeyboardInterrupt):
            forget(History(str(home)), id)
    forget(History(str(home)), id)
    assert {*_counted(home)} == {"codecarbon"}


def _interrupted(store: ImportStore, ids: object) -> None:
    raise KeyboardInterrupt


def test_a_better_run_takes_a_witness_from_another(home: Path, tmp_path: Path, paths: dict[str, Path]) -> None:
    """The log was that of a row on its own; the job's number is in its name: the row has its own 0.64 kWh again."""
    row = paths["codecarbon"].read_text().replace("2 x NVIDIA A100-SXM4-40GB", "2 x NVIDIA A100")
    paths["codecarbon"].write_text(row)
    import_runs([paths["codecarbon"], paths["nvidia-smi"]])
    assert _counted(home)["codecarbon"].stated.measured_energy_kwh == pytest.approx(0.58)
    (tmp_path / "sacct").write_text(sacct_text(JOB | {"AllocTRES": "cpu=8,gres/gpu:h100=2,node=1"}))
    import_runs(paths["slurm"])
    found = {format: run.stated.measured_energy_kwh for format, run in _counted(home).items()}
    assert found == {"slurm": pytest.approx(0.6), "codecarbon": pytest.approx(0.64)}


def test_a_home_that_is_imported_again_holds_nothing_new(home: Path, tmp_path: Path, paths: dict[str, Path]) -> None:
    """The job has the energy of its log in both homes: what its own file states is what is compared."""
    import_runs(paths.values(), home=tmp_path / "other")
    assert [file.imported for file in import_runs(tmp_path / "other").files] == [3]
    assert [file.imported for file in import_runs(tmp_path / "other").files] == [0]
    assert History(str(home)).totals().runs == 1


def test_a_new_name_brings_no_forgotten_run_back(home: Path, paths: dict[str, Path]) -> None:
    """A run that another process forgets between its look-up and its new name stays forgotten."""

    class Late(History):
        def get(self, id: str) -> Run:
            run = super().get(id)
            ImportStore(str(home)).forget({run.id})
            return run

    import_runs(paths["slurm"])
    (id,) = (run.id for run in ImportStore(str(home)).runs())
    with pytest.raises(InputError, match="was just forgotten"):
        rename(Late(str(home)), id, "x")
    assert [*ImportStore(str(home)).runs()] == []


def test_what_a_killed_process_left_is_deleted(home: Path, paths: dict[str, Path]) -> None:
    """Files that it was writing, by its number; those of a process that lives stay."""
    import_runs(paths["slurm"])
    dead = subprocess.Popen([sys.executable, "-c", ""])
    dead.wait()
    left = [home / f".imports-{dead.pid}-0a1b2c", home / "imports" / f".x.jsonl.{dead.pid}-0a1b2c"]
    living = [home / f".imports-{os.getpid()}-0a1b2c", home / "imports" / f".x.jsonl.{os.getpid()}-0a1b2c"]
    for path in (*left, *living):
        path.write_text("half")
    import_runs(paths["nvidia-smi"])
    assert len(History(str(home)).summaries()) == 2
    assert [path.exists() for path in (*left, *living)] == [False, False, True, True]


def test_many_forgotten_runs_are_counted(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Of 25 runs 20 are named; they are looked up once."""
    jobs = [JOB | {"JobID": str(number), "JobIDRaw": str(number)} for number in range(25)]
    (tmp_path / "sacct").write_text(sacct_text(*jobs))
    import_runs(tmp_path / "sacct")
    monkeypatch.delattr(History, "get")
    for said, arguments in (("would forget", ["--dry-run"]), ("forgot", [])):
        assert command(["history", "forget", "--older-than", "0d", *arguments, "--home", str(home)]) == 0
        lines = capsys.readouterr().out.splitlines()
        assert len(lines) == 22
        assert all(line.startswith(f"{said} ") for line in lines[:20])
        assert lines[20:] == ["and 5 more", f"25 runs {'forgotten' if said == 'forgot' else 'would be forgotten'}"]
    assert [*ImportStore(str(home)).runs()] == []


def test_imports_are_changed_by_one_process_at_a_time(home: Path, paths: dict[str, Path]) -> None:
    """While the imports of a home are held, another process that asks for them gets no lock."""
    fcntl = pytest.importorskip("fcntl")
    import_runs(paths["slurm"])
    folder = os.open(home / "imports", os.O_RDONLY)
    try:
        with ImportStore(str(home)).held(), pytest.raises(BlockingIOError):
            fcntl.flock(folder, fcntl.LOCK_EX | fcntl.LOCK_NB)
        fcntl.flock(folder, fcntl.LOCK_EX | fcntl.LOCK_NB)
    finally:
        os.close(folder)


def test_a_forgotten_log_covers_no_other(home: Path, tmp_path: Path) -> None:
    """Two logs of one board have half an hour in common: without the first the second has all of its own hour."""
    board = "GPU-11111111-2222-3333-4444-555555555555"
    for name, first in (("a.csv", 0), ("b.csv", 30)):
        rows = (
            f"2026/03/01 {8 + minute // 60:02d}:{minute % 60:02d}:00.000, {board}, 300.00 W"
            for minute in range(first, first + 61)
        )
        (tmp_path / name).write_text("\n".join(["timestamp, uuid, power.draw [W]", *rows, ""]))
    import_runs([tmp_path / "a.csv", tmp_path / "b.csv"])
    energies = {Path(run.file).name: run.stated.measured_energy_kwh for run in ImportStore(str(home)).runs()}
    assert energies == {"a.csv": pytest.approx(0.3), "b.csv": pytest.approx(0.15)}
    (id,) = (run.id for run in ImportStore(str(home)).runs() if run.file.endswith("a.csv"))
    forget(History(str(home)), id)
    import_runs(tmp_path / "b.csv")
    (run,) = ImportStore(str(home)).runs()
    assert run.stated.measured_energy_kwh == pytest.approx(0.3)


def test_a_witness_whose_energy_was_not_taken(
    paths: dict[str, Path], home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The job's node has a meter of its own: it has its energy as before once the row is forgotten."""
    paths["slurm"].write_text(sacct_text(JOB | {"ConsumedEnergyRaw": "3600000"}))
    import_runs([paths["slurm"], paths["codecarbon"]])
    capsys.readouterr()
    _forget(home, "codecarbon")
    assert "energy" not in capsys.readouterr().out
    (run,) = _counted(home).values()
    assert run.stated.measured_energy_kwh == pytest.approx(1)
