"""What lies in the folder of a run and is no ordinary journal: it costs its own run a line, and the others nothing."""

import os
import socket
import stat
from collections.abc import Callable
from pathlib import Path

import pytest
from journals_by_hand import meter, one_hour, stopped, tracker

from greentrain import History
from greentrain.journal import last_record


def _socket(path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as listener:
        os.chdir(path.parent)  # the name of a socket is short
        listener.bind(path.name)


def _device(path: Path) -> None:
    try:
        os.mknod(path, 0o666 | stat.S_IFCHR, os.makedev(1, 5))  # endless zeros
    except OSError:
        pytest.skip("devices are made by root")


def _made(path: Path) -> Path:
    path.touch()
    return path


def _huge(path: Path) -> None:
    os.truncate(_made(path), 1 << 42)


STRANGE: dict[str, tuple[Callable[[Path], object], str]] = {
    "pipe": (os.mkfifo, "it is no regular file"),
    "socket": (_socket, "No such device or address"),
    "device": (_device, "it is no regular file"),
    "folder": (Path.mkdir, "Is a directory"),
    "link": (lambda path: path.symlink_to("/dev/zero"), "it is a link"),
    "link to itself": (lambda path: path.symlink_to(path.name), "it is a link"),
    "link to nothing": (lambda path: path.symlink_to("nothing"), "it is a link"),
    "4 TB of nothing": (_huge, "it is larger than 512 MiB"),
    "500 MB of nothing": (lambda path: os.truncate(_made(path), 500_000_000), "it is no journal"),
}


@pytest.mark.parametrize("what", STRANGE)
@pytest.mark.parametrize("whose", ["tracker", "meter"])
def test_a_run_of_nothing_but_a_strange_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, what: str, whose: str
) -> None:
    """It is named as one that cannot be read; the others are listed."""
    monkeypatch.chdir(tmp_path)
    one_hour(tmp_path / "runs" / "good")
    folder = tmp_path / "runs" / "strange"
    folder.mkdir()
    STRANGE[what][0](folder / f"h.1.abcdef.{whose}.jsonl")
    found = History(tmp_path).select()

    assert ([each.id for each in found], found.unreadable) == (["good"], (str(folder),))


@pytest.mark.parametrize("what", STRANGE)
def test_a_strange_file_beside_the_journals_of_a_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, what: str
) -> None:
    """The run is read without it, and has a note."""
    monkeypatch.chdir(tmp_path)
    folder = tmp_path / "runs" / "good"
    one_hour(folder)
    path = folder / "h.1.abcdef.meter.jsonl"
    STRANGE[what][0](path)
    (found,) = History(tmp_path).runs()

    assert found.it_energy_kwh is not None
    assert f"h.1.abcdef.meter.jsonl cannot be read: {STRANGE[what][1]}." in found.notes
    assert last_record(str(path), "end") is None


def test_strange_files_of_other_names_are_not_looked_at(tmp_path: Path) -> None:
    """Such as a pipe of the user's own."""
    folder = tmp_path / "runs" / "good"
    tracker(folder)
    meter(folder, lines=[stopped(60, 60, 1.0, 0.0)])
    os.mkfifo(folder / "notes")
    os.mkfifo(folder / "x.jsonl")

    assert [each.notes for each in History(tmp_path).runs()] == [History(tmp_path).get("good").notes]


def test_own_links_to_folders_of_runs_are_followed(tmp_path: Path) -> None:
    """A user may move runs to another disk."""
    one_hour(tmp_path / "archive" / "old")
    (tmp_path / "runs").mkdir()
    (tmp_path / "runs" / "old").symlink_to(tmp_path / "archive" / "old")
    (tmp_path / "runs" / "gone").symlink_to(tmp_path / "archive" / "gone")

    assert [each.id for each in History(tmp_path)] == ["old"]


@pytest.mark.slow
def test_a_large_file_of_short_lines(tmp_path: Path) -> None:
    """They would take many times its size in memory; no record is so short."""
    folder = tmp_path / "runs" / "good"
    one_hour(folder)
    (folder / "h.1.abcdef.tracker.jsonl").write_bytes(b"{}\n" * 23_000_000)
    (found,) = History(tmp_path).runs()

    assert "h.1.abcdef.tracker.jsonl cannot be read: it is no journal." in found.notes
