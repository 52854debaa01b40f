"""``greentrain history``: every tracked run, one of them in full, calibration and export."""

import os
from typing import Annotated

import typer

from greentrain.cli.groups import LIST, ListByDefault
from greentrain.cli.terminal import bold_if_wanted, complain, write
from greentrain.errors import Contradiction

history = typer.Typer(
    cls=ListByDefault,
    help="Tracked runs: 'greentrain history' lists them, with the options that 'list --help' shows.",
    rich_markup_mode=None,
)
Home = Annotated[str | None, typer.Option("--home", metavar="DIR", help="Data folder. [the user's own]")]
Project = Annotated[str | None, typer.Option("--project", metavar="NAME", help="Only runs of this project.")]
Since = Annotated[str | None, typer.Option("--since", metavar="DATE", help="Only runs from this day on: 2026-11-22.")]
Status = Annotated[
    str | None,
    typer.Option("--status", metavar="KIND", help="Only running, completed, failed, interrupted or killed ones."),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]


# A word too many is a command misspelt, or an id: we know better than typer what to say of it.
@history.command(
    LIST, short_help="List runs, newest first, and add them up.", context_settings={"allow_extra_args": True}
)
def list_runs(
    context: typer.Context,
    project: Project = None,
    since: Since = None,
    status: Status = None,
    json_: AsJson = False,
    csv: Annotated[bool, typer.Option("--csv", help="Print CSV, one row per run.")] = False,
    home: Home = None,
) -> int:
    """List tracked runs, newest first, and add them up, failed ones included."""
    from greentrain.history.history import History, runs_csv, runs_dict

    if context.args:
        return complain(_unknown_command(context.args[0]), 2)
    if json_ and csv:
        raise Contradiction("csv", None, "excludes {json}")
    runs, unreadable = History(home).select(project=project, since=since, status=status)
    if json_:
        import json

        write(json.dumps(runs_dict(runs, unreadable), indent=2, allow_nan=False) + "\n")
        return 0
    if csv:
        write(runs_csv(runs))
    else:
        from greentrain.reporting.history_text import history_text

        write(history_text(runs, bold_if_wanted()))
        if not runs:
            _say_where(home, {"project": project, "since": since, "status": status})
    if unreadable:
        complain(f"left out, since nothing in them can be read: {', '.join(unreadable)}", 0)
    return 0


def _say_where(home: str | None, filters: dict[str, str | None]) -> None:
    """Say on stderr where nothing was found: a folder may be misspelt as a filter may be."""
    from greentrain.history.history import History

    said = " ".join(f"--{name} {value!a}" for name, value in filters.items() if value is not None)
    complain(f"looked in {', '.join(History(home).homes)}{f' for {said}' if said else ''}", 0)


def _unknown_command(word: str) -> str:
    from greentrain.catalogue.names import nearest

    names = [command.name or getattr(command.callback, "__name__", "") for command in history.registered_commands]
    near = nearest(word, {name: name for name in names})
    advice = f"did you mean {near[0]}?" if near else "'greentrain history show ID' tells all of one run"
    return f"history has no command {word!a}; {advice}"


@history.command(short_help="Show one run, the estimate beside the measurement.")
def show(
    id: Annotated[str, typer.Argument(metavar="ID", help="Id of a run, or its beginning.")],
    json_: AsJson = False,
    home: Home = None,
) -> int:
    """Show one run: nodes, components, spans, and the estimate beside the measurement."""
    from greentrain.history.history import History

    run = History(home).get(id)
    if json_:
        write(run.to_json() + "\n")
    else:
        from greentrain.reporting.run_text import run_text

        write(run_text(run, bold_if_wanted()))
    return 0


@history.command(short_help="Learn your accelerators' mean power from measured runs.")
def calibrate(
    output: Annotated[
        str | None, typer.Option("--output", metavar="DIR", help="Folder of profiles to write. [the user's own]")
    ] = None,
    project: Project = None,
    since: Since = None,
    home: Home = None,
) -> int:
    """Learn the mean power of your accelerators from measured runs, for narrower estimates.

    At least three measured runs of one accelerator are needed.
    """
    from greentrain.catalogue.home import home_folder
    from greentrain.history.calibrate import calibrate as fit
    from greentrain.history.history import History
    from greentrain.reporting.calibration_text import calibration_text

    folder = output or os.path.join(home or home_folder(), "profiles")  # noqa: PTH118 -- as the library names it
    done = fit(History(home).runs(project=project, since=since), folder)
    write(calibration_text(done))
    return 0 if done.file else complain("nothing was written", 1)


@history.command(short_help="Write runs into a database, SQLite or PostgreSQL.")
def export(
    to: Annotated[str, typer.Option("--to", metavar="URL", help="sqlite:///runs.db or postgresql://user@host/name.")],
    project: Project = None,
    since: Since = None,
    status: Status = None,
    home: Home = None,
) -> int:
    """Write runs into a database; doing it again brings the same rows up to date."""
    from greentrain.history.export import export as send
    from greentrain.history.history import History

    done = send(History(home).runs(project=project, since=since, status=status), to)
    counts = (f"{number} {name[:-1] if number == 1 else name}" for name, number in done._asdict().items())
    write(f"{', '.join(counts)}\n")
    return 0
