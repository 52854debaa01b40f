"""``greentrain estimate`` for typer: its signature is the table of options."""

from greentrain.cli.estimate import print_estimate
from greentrain.cli.options import ESTIMATE_OPTIONS
from greentrain.cli.parameters import give_options


def estimate_command(**said: str | bool | None) -> int:
    """Estimate energy, CO2e and water of a training run.

    Example: greentrain estimate --gpu V100 --hours 96 --location FR
    """
    return print_estimate({name: str(value) for name, value in said.items() if value not in (None, False)})


give_options(estimate_command, ESTIMATE_OPTIONS)
