"""Whatever a path, a name or a time that somebody types makes the system say: one line and code 2, and no traceback."""

import os
import threading
import time
from pathlib import Path

import pytest

from greentrain.cli import run

JOB = ["--gpu", "V100", "--hours", "1"]
LONG = "a" * 300
DATED = ["report", *JOB, "--format", "spdx"]


@pytest.mark.parametrize(
    "command",
    [
        ["report", *JOB, "-o", f"{LONG}.html"],
        ["report", *JOB, "--format", "html", "--template", LONG],
        ["card", LONG, *JOB],
        ["validate", "--references", LONG],
        ["estimate", *JOB, "--profiles", LONG],
        ["profiles", "check", LONG],
        ["history", "--home", LONG],
        ["history", "show", LONG],
        ["report", *JOB, "--charts", LONG],
        ["report", *JOB, "--charts", "loop.html/x"],
        ["report", *JOB, "--charts", "loop.html"],
        ["report", *JOB, "-o", "loop.html"],
        ["report", *JOB, "-o", "loop.html/x.html"],
        ["report", *JOB, "--format", "html", "--template", "loop.html"],
        ["card", "loop.html", *JOB],
        ["validate", "--references", "loop.html"],
        ["estimate", *JOB, "--profiles", "loop.html"],
        ["history", "--home", "loop.html"],
        ["report", *JOB, "-o", "gone/x.html"],
        [*DATED, "--made-at", "9999-12-31T23:59:59-23:59"],
        [*DATED, "--made-at", "0001-01-01T00:00:00+23:59"],
        [*DATED, "--made-at", "2026-01-01"],
        [*DATED, "--made-at", "\udcff"],
        [*DATED, "--made-at", "2026-01-01T00:00Z", "--release-time", "9999-12-31T23:59:59-23:59"],
        ["history", "--since", "9999-99-99"],
    ],
    ids=lambda command: " ".join(word if len(word) < 60 else "long" for word in command if word not in JOB),
)
def test_odd_paths_and_times_are_misuse(
    command: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Names of 300 letters, links in a circle, folders that are not there, days that no calendar has."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("GREENTRAIN_HOME", str(tmp_path / "home"))
    Path("loop.html").symlink_to("loop.html")
    assert run(command) == 2
    said = capsys.readouterr()
    assert (said.out, said.err.count("\n")) == ("", 1)
    assert said.err.startswith("greentrain: ")
    assert said.err.isascii()
    assert [path.name for path in tmp_path.iterdir()] == ["loop.html"]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("command", "code"),
    [
        (["report", *JOB, "-o", "r.md"], 2),
        (["report", *JOB, "--format", "html", "--template", "t"], 2),
        (["card", "c.md", *JOB], 2),
        (["estimate", *JOB, "--profiles", "p"], 2),
        (["validate", "--references", "p"], 2),
        (["history", "export", "--to", "sqlite:///x.db"], 2),
        (["estimate", *JOB], 0),
        (["profiles"], 0),
        (["history", "--home", "h"], 0),
    ],
)
def test_a_folder_that_has_been_removed(
    command: list[str], code: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """What needs the current folder says so; what does not works."""
    folder = tmp_path / "folder"
    folder.mkdir()
    monkeypatch.chdir(folder)
    monkeypatch.setenv("GREENTRAIN_HOME", str(tmp_path / "home"))
    folder.rmdir()
    try:
        assert run(command) == code
    finally:
        os.chdir(tmp_path)
    assert capsys.readouterr().err.count("\n") <= 1


@pytest.mark.parametrize("ending", ["html", "md", "txt", "json"])
def test_a_title_that_is_no_text_is_written_visibly(ending: str, tmp_path: Path) -> None:
    """A byte that is no UTF-8 comes in as half a surrogate pair, which no file can hold."""
    path = tmp_path / f"x.{ending}"
    assert run(["report", *JOB, "--title", "a\udcffb", "-o", str(path)]) == 0
    text = path.read_text(encoding="utf-8")
    assert any(shown in text for shown in ("a\\udcffb", "a b"))


def test_a_name_as_long_as_a_name_may_be(tmp_path: Path) -> None:
    """The file next to it, by which it is written, has a shorter one."""
    path = tmp_path / f"{'a' * 250}.html"
    assert run(["report", *JOB, "-o", str(path)]) == 0
    assert [each.name for each in tmp_path.iterdir()] == [path.name]


CONTROLS = "\x1b[2J\x9b31m\x85\u202e\u2066\u200e\ufeff"


@pytest.mark.parametrize("form", ["html", "markdown", "text", "csv", "latex", "model-card", "gpai", "ghg", "sci"])
def test_no_form_for_people_holds_controls(form: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Neither the older nor the newer ones, nor marks of direction: in a title they would be a stranger's."""
    assert run(["report", *JOB, "--title", f"name{CONTROLS}end", "--format", form]) == 0
    out = capsys.readouterr().out
    shown = out.partition('<script type="application/json"')[0] if form == "html" else out
    assert [char for char in shown if not char.isprintable() and char not in "\n\t"] == []


def test_messages_are_short_and_plain(capsys: pytest.CaptureFixture[str]) -> None:
    """An unknown command, option or name of thousands of letters, with controls or in other scripts."""
    for word in ("x" * 5000, "x " * 5000, f"x{CONTROLS}" * 500, "\u0410" * 5000, "--" + "x" * 5000):
        for command in (
            [word],
            ["estimate", "--gpu", word, "--hours", "1"],
            ["estimate", word],
            ["grids", word],
            ["history", word],
            ["report", word],
            ["card", word, *JOB],
            ["estimate", "--gpu", "V100", "--hours", word],
            ["estimate", "--gpu", "V100", "--hours", word, "--hours", word],
        ):
            run(command)
            said = capsys.readouterr().err
            assert said.count("\n") == 1
            assert said.rstrip("\n").isprintable()
            assert len(said) < 1100
            assert all(len(part) < 250 for part in said.split(" "))


@pytest.mark.parametrize(
    ("command", "reason"),
    [
        (["validate", "--references", "pipe"], "the file is empty; its first line must name the columns"),
        (["estimate", *JOB, "--profiles", "profiles"], "the file is empty; its first line must name the columns"),
        (["when", "--location", "GB", "--hours", "6", "--grid-series", "pipe"], "must have the columns"),
        (["when", "--location", "GB", "--hours", "6", "--grid-series", "device"], "cannot be read: is longer than 64"),
        (["when", "--location", "GB", "--hours", "6", "--grid-series", "loop"], "cannot be read: Too many levels of"),
        (["card", "pipe", *JOB], "cannot be read: is not a file"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else None,
)
def test_what_nobody_writes_into_is_not_waited_for(
    command: list[str], reason: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A pipe without a writer is empty, a device has no end: on shared machines anybody may put either there."""
    monkeypatch.chdir(tmp_path)
    Path("profiles").mkdir()
    os.mkfifo("pipe")
    os.mkfifo("profiles/accelerators.csv")
    Path("device").symlink_to("/dev/zero")
    Path("loop").symlink_to("loop")
    assert run(command) == 2
    said = capsys.readouterr()
    assert (said.out, said.err.count("\n")) == ("", 1)
    assert reason in said.err


def test_a_table_may_come_out_of_a_pipe(capsys: pytest.CaptureFixture[str]) -> None:
    """As what a shell puts in the place of a file does: a writer that is there is waited for."""
    reading, writing = os.pipe()
    text = b"id,gpu,hours,published_energy_kwh\na,V100,10,much\n"
    thread = threading.Thread(target=lambda: (time.sleep(0.3), os.write(writing, text), os.close(writing)))
    thread.start()
    assert run(["validate", "--references", f"/dev/fd/{reading}"]) == 2
    thread.join()
    os.close(reading)
    assert f"/dev/fd/{reading}, row 2, column published_energy_kwh: 'much' is not" in capsys.readouterr().err


def test_a_table_that_has_no_end_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """As a link to a device, which anybody can put into a repository."""
    table = tmp_path / "accelerators.csv"
    table.symlink_to("/dev/zero")
    for command in (["validate", "--references", str(table)], ["estimate", *JOB, "--profiles", str(tmp_path)]):
        assert run(command) == 2
        assert capsys.readouterr().err == f"greentrain: {table}: is longer than 64 MiB\n"
