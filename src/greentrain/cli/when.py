"""``greentrain when``: the start of a job with the lowest emissions, for people, schedulers, or to wait for it."""

from __future__ import annotations

from greentrain.cli.compare import CHART, draw_into, picture_format
from greentrain.cli.grid_options import GRID_OPTIONS
from greentrain.cli.options import (
    AS_JSON,
    ESTIMATE_OPTIONS,
    HOME,
    OUTPUT,
    Argument,
    Command,
    Option,
    OptionValues,
)
from greentrain.cli.terminal import bold_if_wanted, error_line, write, write_lines
from greentrain.errors import Contradiction, InputError, either
from greentrain.light_typing import TYPE_CHECKING

if TYPE_CHECKING:
    from greentrain.planning import Schedule

PRINTS = ("at", "slurm", "cron")
_COMMAND = "command"
_START = "When it may start"
_LONGEST_SLEEP_SECONDS = 60.0
"""So that a clock that is set, or a computer that slept, is noticed. [s]"""

WHEN_OPTIONS = (
    *(option for option in ESTIMATE_OPTIONS if option.group != OUTPUT),
    Option("within", "H", "How far ahead the start may be: 24, 48h, 2d. [48h]", _START),
    Option("deadline", "TIME", "When it has to have ended: 2026-03-02T08:00Z; UTC unless a zone is given.", _START),
    Option("interruptible", "", "It may pause: it then runs in the cleanest slots.", _START),
    *GRID_OPTIONS,
    Option("wait", "", "Wait for the best start, then run COMMAND.", OUTPUT),
    Option("print", "KIND", f"{either(PRINTS)}: only the words of that scheduler, in local time.", OUTPUT),
    CHART,
    AS_JSON._replace(group=OUTPUT),
    HOME._replace(group=OUTPUT),
)
_OWN = ("wait", "print", "chart", "json", _COMMAND)


def print_schedule(values: OptionValues) -> int:
    """Find the best start of a job by a series of carbon intensity, and what it saves.

    Without a series it says what an annual mean cannot tell. No service is asked unless --grid-service names it.

    Example: greentrain when --location GB --hours 6 --grid-service gb
    """
    from greentrain.planning import best_start

    _check_together(values)
    picture = picture_format(values.get("chart"))
    described = {name: value for name, value in values.items() if name not in _OWN}
    found = best_start(**described, before_asking=lambda line: error_line(line, 0))
    if found.best is None and (picture or not values.keys().isdisjoint(("wait", "print"))):
        raise Contradiction("grid_series", None, "without a series no start is better: name it, or {grid_service}")
    if "print" in values:
        write(f"{scheduler_words(found, values['print'])}\n")
    elif "json" in values:
        write(f"{found.to_json()}\n")
    elif "wait" not in values:
        from greentrain.reporting.terminal.schedule import schedule_text

        write_lines(schedule_text(found, bold_if_wanted()))
    if picture is not None:
        draw_into(values["chart"], picture, found)
    return _run_then(found, values[_COMMAND]) if "wait" in values else 0


def _check_together(values: OptionValues) -> None:
    if "wait" in values and not values.get(_COMMAND):
        raise Contradiction("wait", None, "needs the command, after two dashes: --wait -- python train.py")
    if _COMMAND in values and "wait" not in values:
        raise Contradiction("wait", None, "is missing: a command is run only with it")
    if "print" in values and values["print"] not in PRINTS:
        raise InputError("print", values["print"], f"must be {either(PRINTS)}")
    for one, other in (("print", "json"), ("print", "wait"), ("json", "wait")):
        if one in values and other in values:
            raise Contradiction(one, None, f"excludes {{{other}}}")
    if "interruptible" in values and not values.keys().isdisjoint(("wait", "print")):
        raise Contradiction("interruptible", None, "is for planning alone: a job that pauses is started more than once")


def scheduler_words(found: Schedule, kind: str) -> str:
    """Return the best start as the words that a scheduler takes, in the computer's local time.

    Parameters
    ----------
    found : Schedule
        With a best start.
    kind : {'at', 'slurm', 'cron'}
        ``-t 202603010200`` of at, ``--begin=2026-03-01T02:00:00`` of Slurm, ``0 2 1 3 *`` of cron.
    """
    from datetime import datetime

    assert found.best is not None
    start = datetime.fromtimestamp(found.best.start).astimezone()
    if kind == "at":
        return f"-t {start:%Y%m%d%H%M}"
    if kind == "slurm":
        return f"--begin={start:%Y-%m-%dT%H:%M:%S}"
    return f"{start.minute} {start.hour} {start.day} {start.month} *"


def _run_then(found: Schedule, command: list[str]) -> int:
    """Wait for the best start, run the command, and return its exit code."""
    import subprocess
    import time

    from greentrain.intensity import utc_text

    assert found.best is not None
    start = found.best.start
    late = time.time() - start
    when = "at once: that is past" if late > 0 else "then"
    error_line(f"the best start is {utc_text(start)}; the command runs {when}", 0)
    while (rest := start - time.time()) > 0:
        time.sleep(min(rest, _LONGEST_SLEEP_SECONDS))
    try:
        code = subprocess.run(command, check=False).returncode
    except OSError as error:
        return error_line(f"{command[0]}: {error.strerror}", 127)
    return 128 - code if code < 0 else code


_WRAPPED = Argument(_COMMAND, "COMMAND", "With --wait: what is run, after two dashes.")
_FIRST = (
    "location", "hours", "gpu", "count", "within", "deadline", "grid_service", "grid_series", "wait", "json",
)  # fmt: skip
COMMAND = Command(
    print_schedule,
    WHEN_OPTIONS,
    (_WRAPPED,),
    short_help="Find the best start of a job, and what it saves.",
    wraps=_COMMAND,
    first=_FIRST,
)
