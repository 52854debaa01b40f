"""``greentrain history``: every tracked run, one of them in full, calibration and export."""

from __future__ import annotations

import os

from greentrain.cli.gate import GATE_OPTIONS, gate_of
from greentrain.cli.grid_options import GRID_OPTIONS
from greentrain.cli.options import (
    AS_JSON,
    HOMES,
    LIST,
    Argument,
    Command,
    Group,
    Option,
    OptionValues,
    limit_options,
    most_listed,
)
from greentrain.cli.terminal import (
    bar_if_wanted,
    bold_if_wanted,
    error_line,
    write,
    write_all,
    write_all_lines,
    write_json,
    write_lines,
)
from greentrain.errors import Contradiction, printable
from greentrain.light_typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from greentrain.history.calibrate import Calibration
    from greentrain.history.found_runs import Summaries
    from greentrain.history.history import History
    from greentrain.history.run import Run
    from greentrain.importing.forgotten import Left
    from greentrain.intensity import Series

_STRAYS = "strays"

_MOST_FORGOTTEN = 20

_PROJECT = Option("project", "NAME", "Only runs of this project.")
_SINCE = Option("since", "DATE", "Only runs from this day or month on: 2026-11-22, 2026-11.")
_UNTIL = Option("until", "DATE", "Only runs that began up to this day or month, all of it.")
_STATUS = Option("status", "KIND", "Only running, completed, failed, interrupted, killed or unknown ones.")
_USER = Option("user", "NAME", "Only runs of this user.")
_FILTERS = (_PROJECT, _USER, _SINCE, _UNTIL, _STATUS)


def list_runs(values: OptionValues) -> int:
    """List tracked runs, newest first, and add them up, failed ones included; with --by in groups.

    Example: greentrain history --by user,month --since 2026-11
    """
    from greentrain.history.history import History
    from greentrain.history.totals import checked_by, totals_of

    if _STRAYS in values:
        return error_line(_unknown_command(values[_STRAYS][0]), 2)
    if "json" in values and "csv" in values:
        raise Contradiction("csv", None, "excludes {json}")
    by, gate, most = (
        checked_by(values["by"]) if "by" in values else (),
        gate_of(values),
        most_listed(values, "run", "json", "csv"),
    )
    found = History(values.get("home"), progress=bar_if_wanted()).summaries(**_filters(values))
    is_for_people = values.keys().isdisjoint(("json", "csv"))
    (write_all_lines if is_for_people else write_all)(_parts(found, by, most, values))
    code = gate.code(totals_of(found)) if gate else 0
    if "json" in values:  # which holds all of the following
        return code
    if not len(found) and "csv" not in values:
        _report_searched_folders(values)
    if found.unreadable:
        error_line(f"left out, since nothing in them can be read: {', '.join(found.unreadable)}", 0)
    for reason in found.left_out:
        error_line(reason, 0)
    return code


def _parts(found: Summaries, by: tuple[str, ...], most: int | None, values: OptionValues) -> Iterable[str]:
    """Return the text of a list piece by piece: of many runs, the whole would take more memory than they do."""
    from greentrain.history.listing import groups_csv, runs_csv, runs_json
    from greentrain.history.totals import groups_of

    if "json" in values:
        return runs_json(found, found.unreadable, found.left_out, by)
    if "csv" in values:
        return [groups_csv(groups_of(found, by), by)] if by else runs_csv(found)
    from greentrain.reporting.terminal.history import groups_text, history_parts

    if by:
        return [groups_text(found, by, bold_if_wanted(), most)]
    return history_parts(found, bold_if_wanted(), most)


def _filters(values: OptionValues) -> dict[str, str]:
    return {option.name: values[option.name] for option in _FILTERS if option.name in values}


def _report_searched_folders(values: OptionValues) -> None:
    """Name on stderr the folders in which nothing was found: one may be misspelt as a filter may be."""
    from greentrain.history.history import History

    filters = " ".join(f"--{name} {value!a}" for name, value in _filters(values).items())
    places = ", ".join(History(values.get("home")).homes)
    error_line(f"looked in {places}{f' for {filters}' if filters else ''}", 0)
    for name in ("project", "user"):
        if near := _nearest(values, name):
            error_line(f"--{name} {values[name]!a}: no run has it; did you mean {near}?", 0)


def _nearest(values: OptionValues, name: str) -> str:
    """Name the projects or users of runs that are most like one of which there is no run."""
    from greentrain.catalogue.names import fold, nearest
    from greentrain.errors import either
    from greentrain.history.history import History

    groups = History(values.get("home")).groups(name) if name in values else []
    known = [group.by[name] for group in groups if group.by[name]]
    if name not in values or values[name] in known:
        return ""
    return either(nearest(values[name], {fold(each): each for each in known if each}))


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

        write_lines(run_text(run, bold_if_wanted()))
    return 0


def calibrate(values: OptionValues) -> int:
    """Learn the mean power of your accelerators from measured runs, for narrower estimates.

    At least three measured runs of one accelerator are needed. With --wall and --run, learn the power of your host
    from a meter at the wall beside one run.
    """
    from greentrain.history.calibrate import calibrate as fit
    from greentrain.history.history import History
    from greentrain.reporting.terminal.history import calibration_text

    home = values.get("home")
    folder = values.get("output") or os.path.join(History(home).homes[0], "profiles")  # noqa: PTH118 -- as the library names it
    if "wall" in values or "run" in values:
        done = _calibrate_by_wall(values, folder)
    elif "time_zone" in values:
        raise Contradiction("time_zone", values["time_zone"], "is of the times of {wall}")
    else:
        done = fit(History(home, progress=bar_if_wanted()).runs(**_filters(values)), folder)
    write_lines(calibration_text(done))
    return 0 if done.file else error_line("nothing was written", 1)


def _calibrate_by_wall(values: OptionValues, folder: str) -> Calibration:
    from greentrain.history.history import History
    from greentrain.history.wall_meter import calibrate_by_wall

    for name, other in (("wall", "run"), ("run", "wall")):
        if name not in values:
            raise Contradiction(other, None, f"needs {{{name}}}: the meter's file, and the run beside which it read")
    for name in _filters(values):
        raise Contradiction(name, None, "excludes {wall}, which is compared with one run")
    return calibrate_by_wall(
        History(values.get("home")).get(values["run"]), values["wall"], folder, time_zone=values.get("time_zone")
    )


def export(values: OptionValues) -> int:
    """Write runs into a database; doing it again brings the same rows up to date. With --hourly print CSV by hours."""
    from greentrain.history.history import History
    from greentrain.history.sql_export import export as send

    if "hourly" in values:
        from greentrain.history.hourly import hours_csv, hours_of

        if "to" in values:
            raise Contradiction("hourly", None, "is printed, and so excludes {to}")
        write(hours_csv(hours_of(History(values.get("home"), progress=bar_if_wanted()).runs(**_filters(values)))))
        return 0
    if "to" not in values:
        raise Contradiction("to", None, "is the database to write; without one give {hourly}")
    done = send(History(values.get("home"), progress=bar_if_wanted()).runs(**_filters(values)), values["to"])
    counts = (f"{number} {name[:-1] if number == 1 else name}" for name, number in done._asdict().items())
    write(f"{', '.join(counts)}\n")
    return 0


def forget_runs(values: OptionValues) -> int:
    """Delete the records of one run, or of all that ended longer ago than an age; --dry-run only names them.

    Example: greentrain history forget --older-than 2y --dry-run
    """
    from greentrain.history.history import History
    from greentrain.history.upkeep import forget_all, older_than
    from greentrain.numbers import counted

    history = History(values.get("home"))
    if values.keys().isdisjoint(("id", "older_than")):
        raise Contradiction("id", None, "name one run, or all that ended longer ago than {older_than} 2y")
    if "id" in values and "older_than" in values:
        raise Contradiction("older_than", values["older_than"], "is given in place of the {id} of one run")
    for name in _filters(values) if "id" in values else ():
        raise Contradiction(name, values[name], "selects among those of {older_than}")
    if "id" in values:
        return _forget_one(history, values)
    found = history.summaries(**_filters(values))
    chosen = [run.id for run in older_than(found, values["older_than"])]
    left = None if "dry_run" in values else forget_all(history, found, frozenset(chosen))
    _say_forgotten(chosen, left)
    write(f"{counted(len(chosen), 'run')} {'would be forgotten' if left is None else 'forgotten'}\n")
    if not chosen and _filters(values):
        _report_searched_folders(values)
    return 0


def _forget_one(history: History, values: OptionValues) -> int:
    from greentrain.history.imported_runs import HistoryImport
    from greentrain.history.upkeep import forget, forget_imports
    from greentrain.importing.forgotten import Left

    run = history.get(values["id"])
    left = None if "dry_run" in values else Left()
    if left is not None and isinstance(run, HistoryImport):
        left = forget_imports(history, {run.id})
    elif left is not None:
        forget(history, run.id)
    _say_forgotten([run.id], left)
    return 0


def _say_forgotten(ids: Sequence[str], left: Left | None) -> None:
    """Name what is forgotten, or would be, and what becomes of other records of the same work."""
    _say_each("would forget" if left is None else "forgot", ids)
    if left is not None:
        _say_each("of the same work, and counts from now on:", left.standing)
        _say_each("no longer has the energy that was of this:", left.without)


def _say_each(said: str, ids: Sequence[str]) -> None:
    for id in ids[:_MOST_FORGOTTEN]:
        write(f"{said} {printable(id)}\n")
    if len(ids) > _MOST_FORGOTTEN:
        write(f"and {len(ids) - _MOST_FORGOTTEN:,} more\n")


def rename_run(values: OptionValues) -> int:
    """Give a run another name; its journals stay as they are."""
    from greentrain.errors import InputError
    from greentrain.history.history import History
    from greentrain.history.upkeep import rename

    if not values["name"].strip():  # elsewhere a name is an option's
        raise InputError("NAME", values["name"], "must not be empty")
    run = rename(History(values.get("home")), values["id"], values["name"])
    write(f"{printable(run.id)} is {printable(run.name or '')}\n")
    return 0


def tag_run(values: OptionValues) -> int:
    """Put words on a run, with commas between them, or take them off it; lists and exports show them."""
    from greentrain.history.history import History
    from greentrain.history.upkeep import tag

    run = tag(History(values.get("home")), values["id"], values["tags"].split(","), remove="remove" in values)
    write(f"{printable(run.id)}: {printable(', '.join(run.tags)) or 'no tags'}\n")
    return 0


def rematch(values: OptionValues) -> int:
    """Work the emissions of runs out again by the hours in which they drew their energy, beside the annual figure.

    Example: greentrain history rematch bert-1 --grid-series 2026.csv --grid-basis life-cycle
    """
    from greentrain.errors import InputError
    from greentrain.history.history import History
    from greentrain.history.rematch import match_hours
    from greentrain.reporting.terminal.rematch import matches_dict, matches_text

    history = History(values.get("home"))
    runs: tuple[Run, ...]
    if "id" in values:
        runs = (history.get(values["id"]),)
    else:
        runs = tuple(run for run in history.runs(**_filters(values)) if run.is_counted)
    left_out: dict[str, str] = {}
    found = []
    for run, series in zip(runs, series_of_runs(values, runs), strict=True):
        try:
            found.append(match_hours(run, series))
        except InputError as error:
            if "id" in values or error.parameter != "id":
                raise
            left_out[run.id] = error.rule
    if "json" in values:
        write_json(matches_dict(found, left_out))
    else:
        write_lines(matches_text(found, bold_if_wanted(), left_out))
    return 0


def series_of_runs(values: OptionValues, runs: Sequence[Run]) -> list[Series]:
    """Find the series of each run, of the grid at its place; a file is one for all."""
    from greentrain.catalogue import load_catalogue
    from greentrain.history.history import History
    from greentrain.intensity.choice import GRID_NAMES, SeriesChoice

    given = {name: values[name] for name in GRID_NAMES if name in values}
    home = History(values.get("home")).homes[0]
    if "grid_series" not in given and "grid_service" not in given:
        raise Contradiction("grid_series", None, "names the series: give it, or {grid_service}")
    found = []
    for run in runs:
        choice = SeriesChoice(load_catalogue(values.get("profiles")), run.location, home=home, **given)
        if told := choice.announcement(run.started, run.ended):
            error_line(told, 0)
        found.append(choice.find(run.started, run.ended))
    return found


_LIMIT_OPTION, _ALL = limit_options(
    "List so many of the newest runs, or of the largest groups.", "List all of them; JSON and CSV always hold all."
)
_BY = Option("by", "COLUMNS", "Groups by project, user, month, place, hardware, status or several: user,month.")
_AS_CSV = Option("csv", "", "Print CSV, one row per run.")
_ID = Argument("id", "ID", "Id of a run, or its beginning.", is_required=True)
_WALL = Option("wall", "FILE", "Readings of a meter at the wall: CSV with timestamp,watts; with --run.")
_RUN = Option("run", "ID", "The run beside which that meter read, by its id or its beginning.")
_TIME_ZONE = Option("time_zone", "ZONE", "Of that meter's times without one: Europe/Berlin. [UTC]")
_OUTPUT = Option("output", "DIR", "Folder of profiles to write. [the user's own]")
_TO = Option("to", "URL", "sqlite:///runs.db or postgresql://user@host/name.")
_HOURLY = Option("hourly", "", "Print energy and emissions by hour of UTC and place as CSV instead.")
_OLDER = Option("older_than", "AGE", "All that ended longer ago: 90d, 26w, 18m, 2y.")
_DRY_RUN = Option("dry_run", "", "Name the runs, and delete nothing.")
_REMOVE = Option("remove", "", "Take the tags off.")
_NAME = Argument("name", "NAME", "Its name from now on.", is_required=True)
_TAGS = Argument("tags", "TAGS", "Words: baseline,v2.", is_required=True)
COMMAND = Group(
    help="Tracked runs: 'greentrain history' lists them, with the options that 'list --help' shows.",
    short_help="List, show, export and learn from tracked runs.",
    commands={
        # A word too many is a command misspelt, or an id: the message here is better than typer's.
        LIST: Command(
            list_runs,
            (_BY, *_FILTERS, _LIMIT_OPTION, _ALL, AS_JSON, _AS_CSV, HOMES, *GATE_OPTIONS),
            short_help="List runs, newest first, and add them up.",
            strays=_STRAYS,
            first=("by", *(option.name for option in _FILTERS), "all", "json", "home"),
        ),
        "show": Command(
            show_run, (AS_JSON, HOMES), (_ID,), short_help="Show one run with its measurement and its estimate."
        ),
        "calibrate": Command(
            calibrate,
            (_WALL, _RUN, _TIME_ZONE, _OUTPUT, _PROJECT, _SINCE, _UNTIL, HOMES),
            short_help="Learn your accelerators' mean power from measured runs.",
        ),
        "rematch": Command(
            rematch,
            (*GRID_OPTIONS, *_FILTERS, AS_JSON, HOMES),
            (Argument("id", "ID", "Id of a run, or its beginning. [all that are selected]"),),
            short_help="Emissions by power over time and a series of carbon intensity.",
        ),
        "export": Command(
            export,
            (_TO, _HOURLY, *_FILTERS, HOMES),
            short_help="Write runs into a database, SQLite or PostgreSQL, or by hours.",
        ),
        "rename": Command(rename_run, (HOMES,), (_ID, _NAME), short_help="Give a run another name."),
        "tag": Command(tag_run, (_REMOVE, HOMES), (_ID, _TAGS), short_help="Put words on a run."),
        "forget": Command(
            forget_runs,
            (_OLDER, _DRY_RUN, *_FILTERS, HOMES),
            (Argument("id", "ID", "Id of a run, or its beginning."),),
            short_help="Delete the records of a run, or of all old ones.",
        ),
    },
)
