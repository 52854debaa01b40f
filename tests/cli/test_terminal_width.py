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


def on_terminal(columns: int, *words: str, home: Path) -> str:
    """Run a command whose output goes to a terminal of so many columns."""
    ours, theirs = os.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 40, columns, 0, 0))
    variables = {**os.environ, "GREENTRAIN_HOME": str(home), "NO_COLOR": "1"}
    program = subprocess.Popen([sys.executable, "-m", "greentrain", *words], stdout=theirs, env=variables)
    os.close(theirs)
    shown = b""
    while part := _read(ours):
        shown += part
    os.close(ours)
    assert program.wait() == 0
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
