"""The commands, as typer sees them: help, mistakes in how they are typed, and completion."""

from collections.abc import Sequence
from typing import Any

import typer

from greentrain._version import VERSIONS
from greentrain.cli.groups import ListByDefault
from greentrain.cli.options import Command, Group
from greentrain.cli.parameters import settings_of, typer_function
from greentrain.cli.parser import MODULES, command_of
from greentrain.cli.terminal import error_line, write

USAGE_ERROR: type[Exception] = typer.BadParameter.__mro__[1]
"""Typer's base class of mistakes in how a command is typed; its own name differs between releases."""

app = typer.Typer(
    name="greentrain",
    help="How much energy and CO2e a training run takes, with an interval and a source for every number.",
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 80},
)


def add_command(to: typer.Typer, name: str, command: Command | Group) -> None:
    """Add a command, or a group of them, to an app."""
    if isinstance(command, Command):
        settings = settings_of(command) or None
        made = to.command(
            name, help=command.run.__doc__, short_help=command.short_help or None, context_settings=settings
        )
        made(typer_function(command))
        return
    group = typer.Typer(cls=ListByDefault, help=command.help, rich_markup_mode=None)
    for word, member in command.commands.items():
        add_command(group, word, member)
    to.add_typer(group, name=name, short_help=command.short_help)


for _name in MODULES:
    add_command(app, _name, command_of(_name))


def _print_version(wanted: bool) -> None:
    if wanted:
        write(f"{VERSIONS}\n")
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
        return error_line(_usage_message(error), 2)
    except typer.Abort:
        return error_line("interrupted", 130)
    return 2 if not arguments else code or 0


def _usage_message(error: Any) -> str:
    message: str = error.format_message()
    return message[:1].lower() + message[1:].rstrip(".")
