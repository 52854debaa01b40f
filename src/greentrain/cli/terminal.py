"""Writing to the terminal: results to stdout, colour only where it is wanted."""

from __future__ import annotations

import os
import sys

from greentrain.light_typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from typing import TextIO

    from greentrain.progress import Progress

_BOLD, _RESET = "\x1b[1m", "\x1b[0m"


def write(text: str) -> None:
    """Write a result to stdout; what the terminal's encoding lacks is escaped."""
    if hasattr(sys.stdout, "reconfigure"):
        sys.stdout.reconfigure(errors="backslashreplace")
    sys.stdout.write(text)


def write_lines(text: str) -> None:
    """Write a result for people to stdout; no line is longer than a terminal is wide."""
    write_all_lines([text])


def write_all_lines(parts: Iterable[str]) -> None:
    """Write a long result for people to stdout, whole lines at a time, as `write_lines` does."""
    if not sys.stdout.isatty():
        write_all(parts)
        return
    from greentrain.reporting.document.render_text import fitted_lines, width

    columns = width()
    write_all(f"{line}\n" for part in parts for line in fitted_lines(part, columns))


def write_all(parts: Iterable[str]) -> None:
    """Write a long result to stdout piece by piece, as `write` does."""
    write("")
    sys.stdout.writelines(parts)


def write_json(value: object) -> None:
    """Write a result to stdout as one JSON object."""
    from greentrain.plain_numbers import plain_json

    write(plain_json(value, indent=2) + "\n")


def bold_if_wanted() -> Callable[[str], str]:
    """Return the function that marks headlines: NO_COLOR, FORCE_COLOR and whether stdout is a terminal decide."""
    environment = os.environ
    wanted = bool(environment.get("FORCE_COLOR")) or (sys.stdout.isatty() and environment.get("TERM") != "dumb")
    if environment.get("NO_COLOR") or not wanted:
        return str
    return lambda text: f"{_BOLD}{text}{_RESET}"


def bar_if_wanted() -> Progress:
    """Return what shows how far long work is: a bar where stderr is a terminal."""
    return sys.stderr.isatty()


def confirm(question: str) -> bool:
    """Ask on the terminal; where nobody can answer, the answer is no."""
    if not (sys.stdin and sys.stdin.isatty() and sys.stderr.isatty()):
        return False
    sys.stderr.write(f"{' '.join(question.split())} [y/N] ")
    sys.stderr.flush()
    return sys.stdin.readline().strip().lower() in ("y", "yes")


def error_line(message: str, code: int) -> int:
    """Write one line to stderr, if it can be written, without what controls a terminal, and return the exit code.

    Where stderr is a terminal, the line is broken at spaces.
    """
    from greentrain.errors import printable

    line = f"greentrain: {printable(' '.join(message.split()))}"
    try:
        sys.stderr.write("".join(f"{part}\n" for part in _parted(line)))
        sys.stderr.flush()
    except OSError:
        silence(sys.stderr)
    return code


def _parted(line: str) -> Iterable[str]:
    """Part a line of stderr where a terminal would."""
    if not sys.stderr.isatty():
        return [line]
    from greentrain.reporting.document.render_text import fitted_lines, terminal_columns

    return fitted_lines(line, terminal_columns(sys.stderr) or len(line))


def silence(stream: TextIO) -> None:
    """Lead a stream that cannot be written to nowhere; Python would complain about it once more in the end."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, stream.fileno())
    os.close(nowhere)
