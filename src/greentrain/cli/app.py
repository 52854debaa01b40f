"""The commands, as typer sees them: one file per command, one library call each."""

import sys
from collections.abc import Sequence
from typing import Any

import typer

from greentrain import __version__
from greentrain.catalogue import DATA_VERSION
from greentrain.cli.card import card_command
from greentrain.cli.estimate_command import estimate_command
from greentrain.cli.grids import grids
from greentrain.cli.history import history
from greentrain.cli.profiles import profiles
from greentrain.cli.report_command import report_command
from greentrain.cli.terminal import complain
from greentrain.cli.track import TRACK_SETTINGS, track_command
from greentrain.cli.validate import validate_command
from greentrain.cli.watch import watch_command

USAGE_ERROR: type[Exception] = typer.BadParameter.__mro__[1]
"""Typer's base class of mistakes in how a command is typed; its own name differs between releases."""

app = typer.Typer(
    name="greentrain",
    help="How much energy and CO2e a training run takes, with an interval and a source for every number.",
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 80},
)
app.command("estimate", help=estimate_command.__doc__)(estimate_command)
app.command("validate")(validate_command)
app.command("report", help=report_command.__doc__)(report_command)
app.command("card", help=card_command.__doc__)(card_command)
app.command("track", help=track_command.__doc__, context_settings=TRACK_SETTINGS)(track_command)
app.command("watch")(watch_command)
app.add_typer(history, name="history", short_help="List, show, export and learn from tracked runs.")
app.add_typer(profiles, name="profiles", short_help="List, show and check hardware profiles.")
app.add_typer(grids, name="grids", short_help="List and show carbon intensity by place and year.")


def _print_version(wanted: bool) -> None:
    if wanted:
        sys.stdout.write(f"greentrain {__version__}, data {DATA_VERSION}\n")
        raise typer.Exit


@app.callback()
def _greentrain(
    version: bool = typer.Option(
        False, "--version", help="Show the versions of code and data.", callback=_print_version, is_eager=True
    ),
) -> None:
    """Estimate energy and CO2e of AI training runs."""


def run_app(arguments: Sequence[str]) -> int:
    """Run a command through typer; mistakes in how it is typed become one line on stderr and exit code 2."""
    try:
        code: Any = app(list(arguments) or ["--help"], standalone_mode=False)
    except USAGE_ERROR as error:
        return complain(_usage_message(error), 2)
    except typer.Abort:
        return complain("interrupted", 130)
    return 2 if not arguments else code or 0


def _usage_message(error: Any) -> str:
    message: str = error.format_message()
    return message[:1].lower() + message[1:].rstrip(".")
