"""``greentrain history``: every tracked run, one of them in full, calibration and export."""

from __future__ import annotations

import os

from greentrain.cli.options import AS_JSON, HOME, LIST, Argument, Command, Group, Option, OptionValues
from greentrain.cli.terminal import bold_if_wanted, error_line, write, write_json
from greentrain.errors import Contradiction
from greentrain.light_typing import TYPE_CHECKING

if TYPE_CHECKING:
    from greentrain.history.calibrate import Calibration

_STRAYS = "strays"
_PROJECT = Option("project", "NAME", "Only runs of this project.")
_SINCE = Option("since", "DATE", "Only runs from this day on: 2026-11-22.")
_STATUS = Option("status", "KIND", "Only running, completed, failed, interrupted, killed or unknown ones.")
_FILTERS = (_PROJECT, _SINCE, _STATUS)


def list_runs(values: OptionValues) -> int:
    """List tracked runs, newest first, and add them up, failed ones included."""
    from greentrain.history.history import History, runs_csv, runs_dict

    if _STRAYS in values:
        return error_line(_unknown_command(values[_STRAYS][0]), 2)
    if "json" in values and "csv" in values:
        raise Contradiction("csv", None, "excludes {json}")
    found = History(values.get("home")).select(**_filters(values))
    runs, unreadable = found.runs, found.unreadable
    if "json" in values:
        write_json(runs_dict(runs, unreadable, found.left_out))
        return 0
    if "csv" in values:
        write(runs_csv(runs))
    else:
        from greentrain.reporting.terminal.history import history_text

        write(history_text(runs, bold_if_wanted()))
        if not runs:
            _report_searched_folders(values)
    if unreadable:
        error_line(f"left out, since nothing in them can be read: {', '.join(unreadable)}", 0)
    for reason in found.left_out:
        error_line(reason, 0)
    return 0


def _filters(values: OptionValues) -> dict[str, str]:
    return {option.name: values[option.name] for option in _FILTERS if option.name in values}


def _report_searched_folders(values: OptionValues) -> None:
    """Name on stderr the folders in which nothing was found: one may be misspelt as a filter may be."""
    from greentrain.history.history import History

    filters = " ".join(f"--{name} {value!a}" for name, value in _filters(values).items())
    error_line(f"looked in {History(values.get('home')).homes[0]}{f' for {filters}' if filters else ''}", 0)


def _unknown_command(word: str) -> str:
    from greentrain.catalogue.names import nearest

    near = nearest(word, {name: name for name in COMMAND.commands})
    advice = f"did you mean {near[0]}?" if near else "'greentrain history show ID' shows one run in full"
    return f"history has no command {word!a}; {advice}"


def show_run(values: OptionValues) -> int:
    """Show one run: nodes, components, spans, its measurement and its estimate."""
    from greentrain.history.history import History

    run = History(values.get("home")).get(values["id"])
    if "json" in values:
        write(run.to_json() + "\n")
    else:
        from greentrain.reporting.terminal.run import run_text

        write(run_text(run, bold_if_wanted()))
    return 0


def calibrate(values: OptionValues) -> int:
    """Learn the mean power of your accelerators from measured runs, for narrower estimates.

    At least three measured runs of one accelerator are needed. With --wall and --run, learn the power of your host
    from a meter at the wall beside one run.
    """
    from greentrain.catalogue.user_folder import home_folder
    from greentrain.history.calibrate import calibrate as fit
    from greentrain.history.history import History
    from greentrain.reporting.terminal.history import calibration_text

    home = values.get("home")
    folder = values.get("output") or os.path.join(home or home_folder(), "profiles")  # noqa: PTH118 -- as the library names it
    if "wall" in values or "run" in values:
        done = _calibrate_by_wall(values, folder)
    else:
        done = fit(History(home).runs(**_filters(values)), folder)
    write(calibration_text(done))
    return 0 if done.file else error_line("nothing was written", 1)


def _calibrate_by_wall(values: OptionValues, folder: str) -> Calibration:
    from greentrain.history.history import History
    from greentrain.history.wall_meter import calibrate_by_wall

    for name, other in (("wall", "run"), ("run", "wall")):
        if name not in values:
            raise Contradiction(other, None, f"needs {{{name}}}: the meter's file, and the run beside which it read")
    for name in _filters(values):
        raise Contradiction(name, None, "excludes {wall}, which is compared with one run")
    return calibrate_by_wall(History(values.get("home")).get(values["run"]), values["wall"], folder)


def export(values: OptionValues) -> int:
    """Write runs into a database; doing it again brings the same rows up to date."""
    from greentrain.history.history import History
    from greentrain.history.sql_export import export as send

    done = send(History(values.get("home")).runs(**_filters(values)), values["to"])
    counts = (f"{number} {name[:-1] if number == 1 else name}" for name, number in done._asdict().items())
    write(f"{', '.join(counts)}\n")
    return 0


_AS_CSV = Option("csv", "", "Print CSV, one row per run.")
_ID = Argument("id", "ID", "Id of a run, or its beginning.", is_required=True)
_WALL = Option("wall", "FILE", "Readings of a meter at the wall: CSV with timestamp,watts; with --run.")
_RUN = Option("run", "ID", "The run beside which that meter read, by its id or its beginning.")
_OUTPUT = Option("output", "DIR", "Folder of profiles to write. [the user's own]")
_TO = Option("to", "URL", "sqlite:///runs.db or postgresql://user@host/name.", is_required=True)
COMMAND = Group(
    help="Tracked runs: 'greentrain history' lists them, with the options that 'list --help' shows.",
    short_help="List, show, export and learn from tracked runs.",
    commands={
        # A word too many is a command misspelt, or an id: the message here is better than typer's.
        LIST: Command(
            list_runs,
            (*_FILTERS, AS_JSON, _AS_CSV, HOME),
            short_help="List runs, newest first, and add them up.",
            strays=_STRAYS,
        ),
        "show": Command(
            show_run, (AS_JSON, HOME), (_ID,), short_help="Show one run with its measurement and its estimate."
        ),
        "calibrate": Command(
            calibrate,
            (_WALL, _RUN, _OUTPUT, _PROJECT, _SINCE, HOME),
            short_help="Learn your accelerators' mean power from measured runs.",
        ),
        "export": Command(
            export, (_TO, *_FILTERS, HOME), short_help="Write runs into a database, SQLite or PostgreSQL."
        ),
    },
)
