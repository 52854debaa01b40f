"""The commands as typer runs them: help, mistakes in how they are typed, and completion."""

from collections.abc import Callable, Sequence
from inspect import Parameter, Signature
from typing import Any

import typer
import typer.core

from greentrain._version import VERSIONS
from greentrain.cli.foreign_package import foreign_package
from greentrain.cli.help import GroupedCommands, command_class, narrow_width, print_whole_help
from greentrain.cli.options import LIST, Argument, Command, Group, Option, flag_of
from greentrain.cli.parser import MODULES, command_of
from greentrain.cli.terminal import error_line, write
from greentrain.errors import escaped

USAGE_ERROR: type[Exception] = typer.BadParameter.__mro__[1]
"""Typer's base class of mistakes in how a command is typed; its own name differs between releases."""

_CONTEXT = "context"
_HELP_ALL = "help_all"
_LONGEST_MESSAGE = 200  # it repeats what was typed, however long that was

app = typer.Typer(
    name="greentrain",
    cls=GroupedCommands,
    help="How much energy and CO2e a training run takes, with an interval and a source for every number.",
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={
        "help_option_names": ["-h", "--help"],
        "max_content_width": 80,
        "terminal_width": narrow_width(),
    },
)


class ListByDefault(typer.core.TyperGroup):
    """A group that runs ``list`` when the first word names no command: ``profiles V100`` is ``profiles list V100``."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Put ``list`` before arguments that name no command."""
        first = next((word for word in args if not word.startswith("-")), None)
        if first not in self.commands and not {"-h", "--help"} & set(args):
            args = [LIST, *args]
        rest: list[str] = super().parse_args(ctx, args)
        return rest


def typer_function(command: Command) -> Callable[..., int]:
    """Make the function whose signature has the options and arguments of a command's table."""

    def run(**values: Any) -> int:
        context = values.pop(_CONTEXT, None)
        values.pop(_HELP_ALL, None)
        given = {name: value for name, value in values.items() if value not in (None, False, [])}
        if context is not None and context.args:
            given[command.strays] = context.args
        return command.run_as_typed(given)

    parameters = [
        *([Parameter(_CONTEXT, Parameter.KEYWORD_ONLY, annotation=typer.Context)] if command.strays else []),
        *(
            _of_argument(argument, argument.takes_many or argument.name == command.wraps)
            for argument in command.arguments
        ),
        *map(_of_option, command.options),
        _parameter(_HELP_ALL, bool, typer.Option(False, "--help-all", is_eager=True, callback=print_whole_help)),
    ]
    run.__signature__ = Signature(parameters, return_annotation=int)  # type: ignore[attr-defined]
    run.__annotations__ = {item.name: item.annotation for item in parameters}
    return run


def _of_argument(argument: Argument, takes_all: bool) -> Parameter:
    made = typer.Argument(
        ... if argument.is_required else None, metavar=argument.metavar, help=argument.help, show_default=False
    )
    kind: Any = list[str] if takes_all else str
    return _parameter(argument.name, kind if argument.is_required else kind | None, made)


def _of_option(option: Option) -> Parameter:
    absent = ... if option.is_required else None
    made = typer.Option(
        False if option.is_switch else absent,
        flag_of(option.name),
        *filter(None, [option.letter]),
        metavar=option.metavar or None,
        help=option.help,
    )
    text = str if option.is_required else str | None
    kind = list[str] | None if option.is_repeatable else text
    return _parameter(option.name, bool if option.is_switch else kind, made)


def _parameter(name: str, kind: Any, made: Any) -> Parameter:
    return Parameter(name, Parameter.KEYWORD_ONLY, default=made, annotation=kind)


def add_command(to: typer.Typer, name: str, command: Command | Group) -> None:
    """Add a command, or a group of them, to an app."""
    if isinstance(command, Command):
        add = to.command(
            name,
            cls=command_class(command),
            help=command.run.__doc__,
            short_help=command.short_help or None,
            context_settings={"allow_interspersed_args": not command.wraps, "allow_extra_args": bool(command.strays)},
        )
        add(typer_function(command))
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
        if foreign := foreign_package():
            error_line(foreign, 0)
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
        code: Any = app(list(arguments) or ["--help"], prog_name="greentrain", standalone_mode=False)
    except USAGE_ERROR as error:
        return error_line(_usage_message(error), 2)
    except typer.Abort:
        return error_line("interrupted", 130)
    return 2 if not arguments else code or 0


def _usage_message(error: Any) -> str:
    message: str = escaped(error.format_message())
    shown = message if len(message) <= _LONGEST_MESSAGE else f"{message[:_LONGEST_MESSAGE]}..."
    return shown[:1].lower() + shown[1:].rstrip(".")
