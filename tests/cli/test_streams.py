"""Output that does not arrive is never taken for done; Ctrl-C ends every command in one line, whenever it comes."""

import os
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from greentrain.cli import reported, run

JOB = "--gpu V100 --hours 1"
COMMANDS = (
    "--version", "--help", "estimate --help", f"estimate {JOB}", f"estimate {JOB} --json", f"estimate {JOB} --explain",
    f"estimate {JOB} --format csv", f"estimate {JOB} --compare-methods", f"report {JOB}",
    f"report {JOB} --format html", "report --schema", "profiles", "profiles show V100", "grids --json", "validate",
    "history", "history list --json", "history show run", "watch --once run", f"card card.md {JOB} --diff",
)  # fmt: skip
FORMS = (
    *("markdown", "json", "csv", "latex", "model-card", "gpai", "ghg", "sci", "cyclonedx", "boamps", "codecarbon"),
    "spdx --made-at 2026-01-01T00:00Z",
)
PROGRAM = f"exec {shlex.quote(sys.executable)} -m greentrain "
UNBUFFERED = {"PYTHONUNBUFFERED": "1"}


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with a card and the record of a run."""
    folder = tmp_path_factory.mktemp("streams")
    (folder / "card.md").write_text("# A model\n")
    words = [
        "track",
        "--home",
        str(folder / "home"),
        "--run-id",
        "run",
        "--meter",
        "none",
        "--location",
        "FR",
        "--quiet",
    ]
    assert run([*words, "--", "true"]) == 0
    return folder


def ended(place: Path, command: str, streams: str = "", **environment: str) -> tuple[int, str]:
    """Run a command by the shell, its streams as given, and return its code and what it wrote to stderr."""
    variables = {**os.environ, "GREENTRAIN_HOME": str(place / "home"), **environment}
    program = ["bash", "-c", f"{PROGRAM} {command} {streams}"]
    done = subprocess.run(program, cwd=place, env=variables, capture_output=True, text=True, timeout=60, check=False)
    return done.returncode, done.stderr


@pytest.mark.slow
@pytest.mark.parametrize("command", [*COMMANDS, *(f"report {JOB} --format {form}" for form in FORMS)])
def test_output_that_does_not_arrive_is_a_failure(place: Path, command: str) -> None:
    """On a full device and on a closed stream, in one line; the same without a stderr for the line."""
    full = "greentrain: the output cannot be written: No space left on device\n"
    closed = "greentrain: the output cannot be written: Bad file descriptor\n"
    assert ended(place, command, ">/dev/full") == (1, full)
    assert ended(place, command, ">/dev/full", **UNBUFFERED) == (1, full)
    assert ended(place, command, ">&- <&-") == (1, closed)
    assert ended(place, command, ">/dev/full 2>&-")[0] == 1


@pytest.mark.slow
@pytest.mark.parametrize("environment", [{}, UNBUFFERED], ids=["buffered", "unbuffered"])
def test_a_file_that_may_not_grow_ends_in_a_failure(place: Path, environment: dict[str, str]) -> None:
    """Of a page of a megabyte 1,024 bytes fit: what Python does not write is noticed."""
    limited = f"bash -c 'ulimit -f 1; {PROGRAM.removeprefix('exec ')} report {JOB} --format html > page.html'"
    variables = {**os.environ, **environment}
    done = subprocess.run(limited, shell=True, cwd=place, env=variables, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (1, "greentrain: the output cannot be written: File too large\n")
    assert (place / "page.html").stat().st_size == 1024


@pytest.mark.slow
@pytest.mark.parametrize("environment", [{}, UNBUFFERED], ids=["buffered", "unbuffered"])
@pytest.mark.parametrize("command", [f"report {JOB} --format html", "profiles", "history --help"])
def test_a_reader_that_has_gone_is_no_fault_to_talk_about(
    place: Path, command: str, environment: dict[str, str]
) -> None:
    """Nothing on stderr, and code 1."""
    pipe = "| true; exit ${PIPESTATUS[0]}"
    code, said = ended(place, command, pipe, **environment)
    assert (code, said) == (1, "")


@pytest.mark.slow
def test_the_code_of_the_fault_itself_is_kept(place: Path) -> None:
    """Bad input is 2 and a command's own code its own, whatever becomes of the streams."""
    for streams in ("2>&-", "2>/dev/full", ">&- 2>&- <&-", ">/dev/full 2>/dev/full"):
        assert ended(place, "estimate --gpu V100 --hours x", streams)[0] == 2
        assert ended(place, "estimate --gpus V100", streams)[0] == 2
        assert ended(place, "track --meter none --location FR -- sh -c 'exit 7'", streams)[0] == 7


@pytest.mark.slow
def test_a_command_without_output_needs_no_stdout(place: Path) -> None:
    """A report that goes to a file is written, and the file is the report alone."""
    assert ended(place, f"report {JOB} -o report.md", "<&- >&- 2>&-")[0] == 0
    assert (place / "report.md").read_text().startswith("<!-- Report made by greentrain")


INTERRUPTED_AT = """
import os, signal, sys
from greentrain.cli import main
left, sys.argv = int(sys.argv[1]), ["greentrain", *sys.argv[2:]]
def count(frame, event, argument):
    global left
    left -= 1
    if left == 0:
        sys.settrace(None)
        os.kill(os.getpid(), signal.SIGINT)
    return count
sys.settrace(count)
main()
"""


@pytest.mark.slow
@pytest.mark.parametrize("command", [f"estimate {JOB}", "--help", f"report {JOB} --format html", "validate"])
@pytest.mark.parametrize("step", [3, 5, 12, 40, 100, 400, 1000, 4000, 10_000, 40_000, 300_000])
def test_an_interrupt_ends_in_one_line(place: Path, command: str, step: int) -> None:
    """From the first line of `main` inside its guard on, during imports as well; a command that was faster is done."""
    program = [sys.executable, "-c", INTERRUPTED_AT, str(step), *command.split()]
    done = subprocess.run(program, cwd=place, capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stderr) in [(130, "greentrain: interrupted\n"), (0, "")]
    assert done.returncode == 130 or step > 1000


def test_an_interrupt_that_became_another_error_is_one(capsys: pytest.CaptureFixture[str]) -> None:
    """Some code that Ctrl-C hits while it is loaded raises its own error of it."""

    def command() -> int:
        raise RuntimeError("cannot be loaded") from KeyboardInterrupt()

    assert reported(command) == 130
    assert capsys.readouterr().err == "greentrain: interrupted\n"


@pytest.mark.parametrize(
    ("error", "code", "line"),
    [
        (
            FileNotFoundError(2, "No such file or directory", "gone\x1b[2J"),
            2,
            r"gone\x1b[2J: No such file or directory",
        ),
        (OSError(28, "No space left on device"), 1, "the output cannot be written: No space left on device"),
        (MemoryError(), 1, "there is not enough memory"),
        (KeyboardInterrupt(), 130, "interrupted"),
    ],
)
def test_what_the_system_refuses_is_one_line(
    error: BaseException, code: int, line: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Whatever command raises it."""

    def command() -> int:
        raise error

    assert reported(command) == code
    assert capsys.readouterr().err == f"greentrain: {line}\n"
