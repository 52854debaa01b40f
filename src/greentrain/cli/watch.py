"""``greentrain watch``: a live run in the terminal."""

import sys
import time
from shutil import get_terminal_size
from typing import TYPE_CHECKING, Annotated

import typer

from greentrain.cli.history import Home
from greentrain.cli.terminal import bold_if_wanted, complain, write
from greentrain.estimation.limits import Limits, checked_in

if TYPE_CHECKING:
    from greentrain.history.history import History
    from greentrain.history.run import Run

_BACK_TO_TOP = "\x1b[{lines}F\x1b[J"
_LOOKS = Limits(0.1, 3600, "seconds between two looks", inclusive=True)


def watch_command(
    id: Annotated[str | None, typer.Argument(metavar="ID", help="Id of a run, or its beginning. [newest]")] = None,
    once: Annotated[bool, typer.Option("--once", help="Show it once and leave.")] = False,
    interval: Annotated[str | None, typer.Option(metavar="S", help="Seconds between two looks. [2]")] = None,
    home: Home = None,
) -> int:
    """Watch a live run: power by component, energy, emissions, and the forecast to its end.

    Example: greentrain watch --once
    """
    seconds = 2.0 if interval is None else checked_in(_LOOKS, "interval", interval)
    from greentrain.history.history import History

    book = History(home)
    run = _chosen(book, id)
    if run is None:
        return complain("no run goes on; 'greentrain history' lists those that ended", 1)
    _watch(book, run, once, seconds)
    return 0


def _chosen(book: "History", id: str | None) -> "Run | None":
    return book.get(id) if id is not None else next(iter(book.runs(status="running")), None)


def _watch(book: "History", run: "Run", once: bool, interval_seconds: float) -> None:
    frame = _show(run, 0)
    follower = book.follow(run.id)
    while run.status == "running" and not once:
        time.sleep(interval_seconds)
        run = follower.look() or run
        frame = _show(run, frame)


def _show(run: "Run", lines_above: int) -> int:
    """Write a frame, over the one before where a terminal can, and give the lines that it takes on a terminal."""
    from greentrain.reporting.history_text import columns_of
    from greentrain.reporting.watch_text import watch_text

    text = watch_text(run, bold_if_wanted())
    if lines_above:
        write(_BACK_TO_TOP.format(lines=lines_above) if sys.stdout.isatty() else "\n")
    write(text)
    sys.stdout.flush()
    width = get_terminal_size().columns
    return sum(max(1, -(-columns_of(line) // width)) for line in watch_text(run).splitlines())
