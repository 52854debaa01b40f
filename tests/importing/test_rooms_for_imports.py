"""Homes that cannot be read, temporary files that have no room, and imports that were cut short."""

import tempfile
from pathlib import Path

import pytest
from foreign_texts import sacct_text

from greentrain.cli import run as command
from greentrain.errors import DataError
from greentrain.history import History
from greentrain.importing import ImportStore, import_runs

NUMBER = 1000


@pytest.fixture
def jobs(tmp_path: Path) -> Path:
    """Write a thousand jobs, two lines of a store."""
    rows = [{"JobIDRaw": str(number), "JobID": str(number)} for number in range(1, NUMBER + 1)]
    (tmp_path / "jobs.txt").write_text(sacct_text(*rows))
    return tmp_path / "jobs.txt"


class _Full:
    def seek(self, *_: int) -> int:
        return 0

    def write(self, _: object) -> int:
        raise OSError(28, "No space left on device")

    def close(self) -> None: ...


def test_temporary_files_without_room(
    jobs: Path, home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The folder is named, not the file, and nothing is stored."""
    monkeypatch.setattr("greentrain.importing.run_list.TemporaryFile", lambda **_: _Full())
    rule = "temporary files cannot be written there: No space left on device; nothing was imported."
    assert command(["import", str(jobs)]) != 0
    assert capsys.readouterr().err.startswith(f"greentrain: {tempfile.gettempdir()}: {rule}")
    assert not home.exists()


def test_a_store_that_cannot_be_listed(jobs: Path, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A home that may not be entered is what the error names: of its runs nobody knows."""

    def refuse(_: ImportStore) -> list[Path]:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(ImportStore, "_listed", refuse)
    with pytest.raises(DataError, match=f"{home}: cannot be read: Permission denied"):
        import_runs(jobs)


@pytest.mark.parametrize(("lines", "new"), [(3, 512), (5, 488)])
@pytest.mark.parametrize("is_last", [False, True])
def test_what_was_cut_short_comes_back(jobs: Path, home: Path, lines: int, new: int, is_last: bool) -> None:
    """A line of 512 jobs or of the 488 others ends in its middle: they are new again, the others are known."""
    whole = import_runs(jobs)
    (path,) = (home / "imports").iterdir()
    kept = path.read_bytes().splitlines(keepends=True)
    kept[lines - 1] = kept[lines - 1][:3000] + b"\n"
    path.write_bytes(b"".join(kept[: lines if is_last and lines > 4 else None]))
    assert len(History(home).runs()) == NUMBER - new
    (file,) = import_runs(jobs).files
    assert (file.imported, file.duplicates) == (new, NUMBER - new)
    assert len(History(home).runs()) == NUMBER == whole.totals.runs
    (again,) = import_runs(jobs).files
    assert again.imported == 0


def test_runs_of_a_changed_line(jobs: Path, home: Path) -> None:
    """A word of a line is changed, which stays JSON: its runs are read, and known, as far as they are whole."""
    import_runs(jobs)
    (path,) = (home / "imports").iterdir()
    text = path.read_text()
    path.write_text(text.replace('"completed"', '"failed"', 1))
    (file,) = import_runs(jobs).files
    assert (file.imported, file.duplicates) == (0, NUMBER)


def test_stores_of_versions_before(jobs: Path, home: Path) -> None:
    """Without a check value a line counts that is whole."""
    import_runs(jobs)
    (path,) = (home / "imports").iterdir()
    lines = path.read_text().splitlines(keepends=True)
    assert sum('"check":' in line for line in lines) == 2
    path.write_text("".join(line.replace('"check":', '"other":') for line in lines[:-1]) + lines[-1][:-9])
    (file,) = import_runs(jobs).files
    assert (file.imported, file.duplicates) == (488, 512)
