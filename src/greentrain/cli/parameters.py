"""A command's table turned into the function from which typer makes a command."""

from collections.abc import Callable
from inspect import Parameter, Signature
from typing import Any

import typer

from greentrain.cli.options import Argument, Command, Option, flag_of

_CONTEXT = "context"


def typer_function(command: Command) -> Callable[..., int]:
    """Make the function whose signature has the options and arguments of a command's table."""

    def run(**said: Any) -> int:
        context = said.pop(_CONTEXT, None)
        given = {name: value for name, value in said.items() if value not in (None, False)}
        if context is not None and context.args:
            given[command.strays] = context.args
        return command.run(given)

    parameters = [
        *([Parameter(_CONTEXT, Parameter.KEYWORD_ONLY, annotation=typer.Context)] if command.strays else []),
        *(_of_argument(argument, argument.name == command.wraps) for argument in command.arguments),
        *map(_of_option, command.options),
    ]
    run.__signature__ = Signature(parameters, return_annotation=int)  # type: ignore[attr-defined]
    run.__annotations__ = {item.name: item.annotation for item in parameters}
    return run


def settings_of(command: Command) -> dict[str, bool]:
    """Give what typer has to know of how a command is read."""
    return ({"allow_interspersed_args": False} if command.wraps else {}) | (
        {"allow_extra_args": True} if command.strays else {}
    )


def _of_argument(argument: Argument, takes_all: bool) -> Parameter:
    made = typer.Argument(
        ... if argument.is_required else None, metavar=argument.metavar, help=argument.help, show_default=False
    )
    one = str if argument.is_required else str | None
    return _parameter(argument.name, list[str] | None if takes_all else one, made)


def _of_option(option: Option) -> Parameter:
    absent = ... if option.is_required else None
    made = typer.Option(
        False if option.is_switch else absent,
        flag_of(option.name),
        *filter(None, [option.letter]),
        metavar=option.metavar or None,
        help=option.help,
        rich_help_panel=option.group or None,
    )
    text = str if option.is_required else str | None
    return _parameter(option.name, bool if option.is_switch else text, made)


def _parameter(name: str, kind: Any, made: Any) -> Parameter:
    return Parameter(name, Parameter.KEYWORD_ONLY, default=made, annotation=kind)
