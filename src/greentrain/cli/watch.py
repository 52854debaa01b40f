"""``greentrain watch``: a live run in the terminal."""

from __future__ import annotations

import sys

from greentrain.cli.options import HOMES, Argument, Command, Option, OptionValues
from greentrain.cli.terminal import bold_if_wanted, error_line, write
from greentrain.light_typing import TYPE_CHECKING

if TYPE_CHECKING:
    from greentrain.history.history import History
    from greentrain.history.run import Run

_BACK_TO_TOP = "\x1b[{lines}F\x1b[J"
WATCH_OPTIONS = (
    Option("once", "", "Show it once and leave."),
    Option("interval", "S", "Seconds between two looks. [2]"),
    HOMES,
)
_DEFAULT_SECONDS = 2.0


def watch(values: OptionValues) -> int:
    """Watch a live run: power by component, energy, emissions, and the forecast to its end.

    Example: greentrain watch --once
    """
    seconds = _seconds(values["interval"]) if "interval" in values else _DEFAULT_SECONDS
    from greentrain.history.history import History

    book = History(values.get("home"))
    run = _chosen(book, values.get("id"))
    if run is None:
        return error_line("no run goes on; 'greentrain history' lists those that ended", 1)
    _watch(book, run, "once" in values, seconds)
    return 0


def _seconds(text: str) -> float:
    from greentrain.estimation.ranges import Limits, checked_in

    return checked_in(Limits(0.1, 3600, "seconds between two looks", inclusive=True), "interval", text)


def _chosen(book: History, id: str | None) -> Run | None:
    return book.get(id) if id is not None else next(iter(book.runs(status="running")), None)


def _watch(book: History, run: Run, once: bool, interval_seconds: float) -> None:
    import time

    frame = _show(run, 0)
    follower = book.follow(run.id)
    while run.status == "running" and not once:
        time.sleep(interval_seconds)
        run = follower.look() or run
        frame = _show(run, frame)


def _show(run: Run, lines_above: int) -> int:
    """Write a frame, over the one before where a terminal can, and give the lines that it takes on a terminal."""
    from shutil import get_terminal_size

    from greentrain.reporting.document.render_text import columns_of
    from greentrain.reporting.terminal.run import watch_text

    text = watch_text(run, bold_if_wanted())
    if lines_above:
        write(_BACK_TO_TOP.format(lines=lines_above) if sys.stdout.isatty() else "\n")
    write(text)
    sys.stdout.flush()
    width = get_terminal_size().columns
    return sum(max(1, -(-columns_of(line) // width)) for line in watch_text(run).splitlines())


_ID = Argument("id", "ID", "Id of a run, or its beginning. [newest]")
COMMAND = Command(watch, WATCH_OPTIONS, (_ID,), short_help="Watch a live run in the terminal.")
