"""``greentrain report`` for typer: its signature is the table of options."""

from inspect import Parameter, Signature
from typing import Any

import typer

from greentrain.cli.options import Option, flag_of
from greentrain.cli.report import print_report
from greentrain.cli.report_options import POSITIONAL, REPORT_OPTIONS, SHORT


def report_command(**said: str | bool | None) -> int:
    """Report an estimate, a tracked run, a project or the validation, in any form.

    Example: greentrain report --gpu V100 --hours 96 --location FR -o report.html
    """
    return print_report({name: str(value) for name, value in said.items() if value not in (None, False)})


def _parameter(option: Option) -> Parameter:
    flags = [flag_of(option.name), *(short for short, flag in SHORT.items() if flag == flag_of(option.name))]
    info: Any = typer.Option(
        False if option.is_switch else None,
        *flags,
        metavar=option.metavar or None,
        help=option.help,
        rich_help_panel=option.group,
    )
    kind: Any = bool if option.is_switch else str | None
    return Parameter(option.name, Parameter.KEYWORD_ONLY, default=info, annotation=kind)


_id: Any = typer.Argument(None, metavar="[ID]", help="Id of a tracked run, or its beginning.")
_parameters = [
    Parameter(POSITIONAL, Parameter.KEYWORD_ONLY, default=_id, annotation=str | None),
    *map(_parameter, REPORT_OPTIONS),
]
report_command.__signature__ = Signature(_parameters, return_annotation=int)  # type: ignore[attr-defined]
report_command.__annotations__ = {item.name: item.annotation for item in _parameters}
