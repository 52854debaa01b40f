"""Results on terminals of several widths, and what else has 80 columns."""

import fcntl
import os
import struct
import subprocess
import sys
import termios
from pathlib import Path

import pytest
from journals_of_reports import write_run

ESTIMATE = ("estimate", "--gpu", "V100", "--hours", "96", "--location", "US", "--year", "2024")
COMMANDS: tuple[tuple[str, ...], ...] = (ESTIMATE, ("profiles", "A100"), ("history",), ("history", "show", "last"))
MORE: tuple[tuple[str, ...], ...] = (
    *COMMANDS,
    (*ESTIMATE, "--explain", "--compare-methods"),
    ("estimate", "--gpu", "H100", "--params", "8B", "--tokens", "15T", "--location", "US-CA"),
    ("profiles", "show", "A100"),
    ("profiles", "show", "p4d.24xlarge"),
    ("grids", "FR"),
    ("grids", "show", "aws:eu-west-3"),
    ("history", "list", "--by", "user,month"),
    ("validate", "--tier", "T3"),
    ("report", "last"),
    ("report", *ESTIMATE[1:]),
    ("validate",),
    ("compare", "--gpu", "A100,H100", "--location", "FR,DE,US", "--hours", "10"),
    ("estimate", "--help"),
    ("report", "--help-all"),
    ("--help",),
)


def on_terminal(columns: int, *words: str, home: Path, code: int = 0, **more: str) -> str:
    """Run a command whose output goes to a terminal of so many columns."""
    ours, theirs = os.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 40, columns, 0, 0))
    variables = {
        **os.environ,
        "GREENTRAIN_HOME": str(home),
        "NO_COLOR": "1",
        "COLUMNS": more.get("COLUMNS", str(columns)),
    }
    program = subprocess.Popen(
        [sys.executable, "-m", "greentrain", *words],
        stdout=theirs,
        stderr=theirs if code or "stderr" in more else None,
        env=variables,
    )
    os.close(theirs)
    shown = b""
    while part := _read(ours):
        shown += part
    os.close(ours)
    assert program.wait() == code
    return shown.decode().replace("\r\n", "\n")


def _read(terminal: int) -> bytes:
    try:
        return os.read(terminal, 1 << 16)
    except OSError:  # as Linux says that the other end has gone
        return b""


@pytest.mark.slow
@pytest.mark.parametrize("columns", [60, 80, 120])
def test_a_result_is_as_wide_as_the_terminal(columns: int, tmp_path: Path) -> None:
    """No line is longer, and at 120 columns some are longer than 80; a wide one is read no further than 120."""
    write_run(tmp_path, "a", name="bert", project="nlp", status="failed")
    longest = [max(map(len, on_terminal(columns, *words, home=tmp_path).splitlines())) for words in COMMANDS]
    assert max(longest) <= columns
    assert (max(longest) > 80) == (columns == 120)


def _too_wide(text: str, columns: int) -> list[str]:
    """Return the lines that are too wide, but for a single word, which stays whole."""
    return [line for line in text.splitlines() if len(line) > columns and len(line.split()) > 1]


@pytest.mark.slow
@pytest.mark.parametrize("columns", [40, 60, 80])
@pytest.mark.parametrize("words", MORE, ids=" ".join)
def test_no_line_is_broken_by_the_terminal(words: tuple[str, ...], columns: int, tmp_path: Path) -> None:
    """Every result and help fits: columns get narrower, and what is still too wide is broken at spaces."""
    write_run(tmp_path, "a", name="bert " * 9, project="nlp", status="failed")
    assert _too_wide(on_terminal(columns, *words, home=tmp_path), columns) == []


@pytest.mark.slow
@pytest.mark.parametrize("columns", [40, 60])
def test_a_difference_of_a_card_is_broken_behind_its_marks(columns: int, tmp_path: Path) -> None:
    """On a terminal, where each part of a line begins with the line's mark; elsewhere a line stays whole."""
    card = tmp_path / "README.md"
    card.write_text(f"# Model\n\n{'of a long line ' * 9}\n")
    words = ("card", str(card), *ESTIMATE[1:], "--diff")
    shown = on_terminal(columns, *words, home=tmp_path)
    assert _too_wide(shown, columns) == []
    assert {line[:1] for line in shown.splitlines()} == {"-", "+", "@", " "}
    plain = subprocess.run([sys.executable, "-m", "greentrain", *words], capture_output=True, text=True, check=True)
    apart = str.maketrans("", "", "+ \n")
    assert shown.translate(apart) == plain.stdout.translate(apart)


@pytest.mark.slow
def test_the_lines_of_a_tracked_run_are_broken_at_spaces(tmp_path: Path) -> None:
    """Those on stderr too: where the run is, and what it took."""
    words = ("track", "--home", str(tmp_path), "--name", "demo", "--location", "FR", "--", "true")
    shown = on_terminal(40, *words, home=tmp_path, stderr="too")
    assert "greentrain: demo completed after" in shown
    assert _too_wide(shown, 40) == []


@pytest.mark.slow
def test_the_records_of_a_validation_take_two_lines(tmp_path: Path) -> None:
    """At 60 columns: a row and the rest of its interval, so that 99 records in 130 rows with 50 notes are under 400."""
    shown = on_terminal(60, "validate", home=tmp_path).splitlines()
    assert len(shown) < 400
    assert "strubell20..-base-v100  T2   1,510 kWh 3,060 (1,740  outside" in shown


@pytest.mark.slow
def test_an_error_is_broken_at_spaces(tmp_path: Path) -> None:
    """On a terminal; elsewhere it is one line."""
    words = ("estimate", "--gpu", "V1000", "--hours", "3")
    text = on_terminal(50, *words, home=tmp_path, code=2)
    assert text == (
        "greentrain: --gpu 'V1000': unknown accelerator;\n  did you mean V100, v100s-pcie, V100 SXM,\n"
        "  quadro-gv100 or V100 16GB?\n"
    )
    done = subprocess.run([sys.executable, "-m", "greentrain", *words], capture_output=True, text=True)
    assert done.stderr == " ".join(text.split()) + "\n"


@pytest.mark.slow
def test_a_terminal_that_does_not_know_its_size(tmp_path: Path) -> None:
    """Such as that of a program which starts others: the variable says it."""
    longest = max(map(len, on_terminal(0, *ESTIMATE, home=tmp_path, COLUMNS="50").splitlines()))
    assert longest <= 50


@pytest.mark.slow
def test_a_very_wide_terminal_has_lines_that_are_read_well(tmp_path: Path) -> None:
    """120 columns of 300, and 40 of 20."""
    longest = [max(map(len, on_terminal(each, *ESTIMATE, home=tmp_path).splitlines())) for each in (300, 20)]
    assert 100 < longest[0] <= 120
    assert longest[1] <= 60


@pytest.mark.slow
def test_what_goes_elsewhere_has_80_columns(tmp_path: Path) -> None:
    """The form of a report does not depend on where it is written."""
    words = ("report", *ESTIMATE[1:], "--format", "text")
    done = subprocess.run([sys.executable, "-m", "greentrain", *words], capture_output=True, text=True, check=True)
    assert on_terminal(60, *words, home=tmp_path) == done.stdout
