"""``greentrain estimate`` for typer: its signature is the table of options."""

from inspect import Parameter, Signature
from typing import Any

import typer

from greentrain.cli.estimate import print_estimate
from greentrain.cli.options import ESTIMATE_OPTIONS, Option, flag_of


def estimate_command(**said: str | bool | None) -> int:
    """Estimate energy, CO2e and water of a training run.

    Example: greentrain estimate --gpu V100 --hours 96 --location FR
    """
    return print_estimate({name: str(value) for name, value in said.items() if value not in (None, False)})


def _parameter(option: Option) -> Parameter:
    flag = flag_of(option.name)
    info: Any
    if option.is_switch:
        info = typer.Option(False, flag, help=option.help, rich_help_panel=option.group)
    else:
        info = typer.Option(None, flag, metavar=option.metavar, help=option.help, rich_help_panel=option.group)
    kind: Any = bool if option.is_switch else str | None
    return Parameter(option.name, Parameter.KEYWORD_ONLY, default=info, annotation=kind)


_parameters = [_parameter(option) for option in ESTIMATE_OPTIONS]
estimate_command.__signature__ = Signature(_parameters, return_annotation=int)  # type: ignore[attr-defined]
estimate_command.__annotations__ = {item.name: item.annotation for item in _parameters}
