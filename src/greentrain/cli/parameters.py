"""A table of options turned into the signature from which typer makes a command."""

from collections.abc import Callable, Iterable, Mapping
from inspect import Parameter, Signature
from typing import Any

import typer

from greentrain.cli.options import Option, flag_of


def give_options(
    command: Callable[..., int],
    options: Iterable[Option],
    arguments: Mapping[str, tuple[Any, Any]] | None = None,
    short: Mapping[str, str] | None = None,
) -> None:
    """Make a command's signature of its options.

    Parameters
    ----------
    command : callable
        Takes what was said by keyword: text, True or None.
    options : iterable of Option
        Its options.
    arguments : mapping of str to tuple, optional
        What stands without an option's name: its type and typer's own argument, by keyword.
    short : mapping of str to str, optional
        Options of one letter, with what they are short for.
    """
    flags: dict[str, list[str]] = {}
    for letter, flag in (short or {}).items():
        flags.setdefault(flag, []).append(letter)
    parameters = [
        *(_parameter(name, kind, made) for name, (kind, made) in (arguments or {}).items()),
        *(_of_option(option, flags.get(flag_of(option.name), ())) for option in options),
    ]
    command.__signature__ = Signature(parameters, return_annotation=int)  # type: ignore[attr-defined]
    command.__annotations__ = {item.name: item.annotation for item in parameters}


def _of_option(option: Option, short: Iterable[str]) -> Parameter:
    made = typer.Option(
        False if option.is_switch else None,
        flag_of(option.name),
        *short,
        metavar=option.metavar or None,
        help=option.help,
        rich_help_panel=option.group,
    )
    return _parameter(option.name, bool if option.is_switch else str | None, made)


def _parameter(name: str, kind: Any, made: Any) -> Parameter:
    return Parameter(name, Parameter.KEYWORD_ONLY, default=made, annotation=kind)
