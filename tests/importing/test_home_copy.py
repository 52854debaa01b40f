"""Other homes of greentrain: what was tracked there is copied, what was imported there is taken as it stands."""

from pathlib import Path

import pytest

import greentrain
from greentrain import InputError, import_runs
from greentrain.history import History, rename

ROW = "2024-05-01T10:00:00,bert,r1,3600,0.0168,0.3,0.3,FRA,1 x Tesla V100-SXM2-16GB"
HEAD = "timestamp,project_name,run_id,duration,emissions,gpu_energy,energy_consumed,country_iso_code,gpu_model"


@pytest.fixture
def other(tmp_path: Path) -> Path:
    """A home with a tracked run and an imported one."""
    home = tmp_path / "other"
    with greentrain.track("bert", home=home, meter="none", gpu="V100", location="FR", quiet=True):
        pass
    file = tmp_path / "emissions.csv"
    file.write_text(f"{HEAD}\n{ROW}\n")
    import_runs(file, home=home)
    return home


def seen(home: Path) -> dict[str, tuple[str, float | None, str | None]]:
    """Return what a history holds of each run."""
    rows = (run.to_row() for run in History(home).summaries())
    return {row["id"]: (row["status"], row["operational_kg_best"], row["location"]) for row in rows}


def test_both_kinds_of_runs_stand_in_the_history_as_they_did(tmp_path: Path, other: Path) -> None:
    """With the same numbers, and once, however often they are imported."""
    home = tmp_path / "home"
    first = import_runs(other, home=home).files[0]
    assert (first.format, first.runs, first.imported, first.duplicates) == ("greentrain", 2, 2, 0)
    assert seen(home) == seen(other)

    again = import_runs(other, home=home).files[0]
    assert (again.runs, again.imported, again.duplicates) == (2, 0, 2)
    assert seen(home) == seen(other)


def test_a_dry_run_counts_and_writes_nothing(tmp_path: Path, other: Path) -> None:
    """Not even the home."""
    audit = import_runs(other, home=tmp_path / "home", dry_run=True)
    assert (audit.files[0].imported, audit.totals.runs) == (2, 1)
    assert not (tmp_path / "home").exists()


def test_journals_that_grew_are_copied_again_and_names_given_here_stay(tmp_path: Path, other: Path) -> None:
    """As those of a run that still went on; files of others and links in a run's folder are left."""
    home = tmp_path / "home"
    (folder,) = (other / "runs").iterdir()
    (folder / "notes.txt").write_text("mine")
    (folder / "link.1.abcdef.meter.jsonl").symlink_to(tmp_path / "emissions.csv")
    import_runs(other, home=home)
    rename(History(home), folder.name, "here")
    rename(History(other), folder.name, "there")
    journal = next(path for path in folder.glob("*.tracker.jsonl"))
    journal.write_text(journal.read_text() + "\n")

    audit = import_runs(other, home=home).files[0]
    assert audit.imported == 1
    assert audit.notes["Runs of which more is known by now are brought up to date."] == 1
    copied = home / "runs" / folder.name
    assert (copied / journal.name).read_bytes() == journal.read_bytes()
    assert not (copied / "notes.txt").exists()
    assert not (copied / "link.1.abcdef.meter.jsonl").exists()
    assert History(home).get(folder.name).name == "here"


def test_a_home_is_not_imported_into_itself(other: Path) -> None:
    """Nor are names in journals replaced."""
    with pytest.raises(InputError, match="is the home that runs are imported into"):
        import_runs(other, home=other)
    with pytest.raises(InputError, match="cannot be had of what greentrain tracked"):
        import_runs(other, home=other.with_name("home"), anonymise=True)


def test_a_folder_of_files_called_runs_is_no_home(tmp_path: Path) -> None:
    """Such as of another tracker: its files are read as ever."""
    folder = tmp_path / "runs" / "one"
    folder.mkdir(parents=True)
    (folder / "emissions.csv").write_text(f"{HEAD}\n{ROW}\n")
    audit = import_runs(tmp_path, home=tmp_path / "home", dry_run=True)
    assert [file.format for file in audit.files] == ["codecarbon"]
