"""``greentrain report`` for typer: its signature is the table of options."""

from typing import Any

import typer

from greentrain.cli.parameters import give_options
from greentrain.cli.report import print_report
from greentrain.cli.report_options import POSITIONAL, REPORT_OPTIONS, SHORT


def report_command(**said: str | bool | None) -> int:
    """Report an estimate, a tracked run, a project or the validation, in any form.

    Example: greentrain report --gpu V100 --hours 96 --location FR -o report.html
    """
    return print_report({name: str(value) for name, value in said.items() if value not in (None, False)})


_ID: Any = typer.Argument(None, metavar="ID", help="Id of a tracked run, or its beginning.")
give_options(report_command, REPORT_OPTIONS, {POSITIONAL: (str | None, _ID)}, SHORT)
