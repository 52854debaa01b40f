"""``greentrain track``: any command as a tracked run."""

from __future__ import annotations

from greentrain.cli.options import Argument, Command, Option, OptionValues
from greentrain.cli.terminal import error_line
from greentrain.errors import InputError, either
from greentrain.light_typing import TYPE_CHECKING
from greentrain.meter.backends import BACKENDS, DEFAULT

if TYPE_CHECKING:
    from typing import Any


_RUN, _HARDWARE, _PLACE, _BUDGET, _RECORD = "Run", "Hardware, for the estimate", "Place", "Budget", "Record"
_ON_BUDGET = "on_budget"

TRACK_OPTIONS = (
    Option("name", "NAME", "What the run is called. [the script's name]", _RUN),
    Option("project", "NAME", "What it belongs to.", _RUN),
    Option("run_id", "ID", "Same for all nodes, restarts and resumptions of one run.", _RUN),
    Option("total_steps", "N", "Steps of the training, for a forecast.", _RUN),
    Option("gpu", "NAME", "Accelerator. [what the meter sees]", _HARDWARE),
    Option("count", "N", "Number of accelerators, or of instances.", _HARDWARE),
    Option("instance", "TYPE", "Cloud instance type, instead of --gpu.", _HARDWARE),
    Option("workload", "KIND", "pretraining, finetuning, inference-like or small.", _HARDWARE),
    Option("profiles", "DIR", "Folder with your own profiles.", _HARDWARE),
    Option("location", "PLACE", "Country, state or cloud region: FR, US-CA, aws:us-east-1.", _PLACE),
    Option("year", "Y", "Year of the run. [this one]", _PLACE),
    Option("grid_intensity", "G_PER_KWH", "Carbon intensity in g CO2e/kWh, instead of the place's.", _PLACE),
    Option("pue", "F", "Power usage effectiveness of the facility.", _PLACE),
    Option("site", "KIND", "datacentre or workstation (PUE 1). [datacentre]", _PLACE),
    Option("budget_kwh", "KWH", "Energy of the facility that the run may use.", _BUDGET),
    Option("budget_kg", "KG", "Emissions in kg CO2e that the run may cause.", _BUDGET),
    Option(_ON_BUDGET, "ACTION", "warn, or stop: SIGTERM to the command, exit code 3. [warn]", _BUDGET),
    Option("interval", "S", "Seconds between samples. [1]", _RECORD),
    Option("meter", "NAME", f"{either((*BACKENDS, 'one that a package adds'))}. [{DEFAULT}]", _RECORD),
    Option("home", "DIR", "Folder of the records. [GREENTRAIN_HOME, or your data folder]", _RECORD),
    Option("record_command", "YES_OR_NO", "no: leave the command line out of the record. [yes]", _RECORD),
    Option("user", "NAME", "Whose run it is. [GREENTRAIN_USER]", _RECORD),
    Option(
        "sinks",
        "NAME",
        "wandb, mlflow, trackio, tensorboard:DIR, otlp:URL, prometheus:FILE or PORT; repeat it.",
        _RECORD,
        is_repeatable=True,
    ),
    Option("quiet", "", "Leave out our own lines on stderr.", _RECORD),
)
_COMMAND = "command"


def track_command(values: OptionValues) -> int:
    """Run a command, measure it and record it. Its streams, signals and exit code stay its own.

    Exit code: the command's own, 128 + N where signal N ended it, 3 where its budget did.

    Example: greentrain track --name bert --location FR -- python train.py
    """
    import warnings

    from greentrain.cli.foreign_package import foreign_package
    from greentrain.tracking.command import run_command
    from greentrain.tracking.settings import INTERVAL_SECONDS, checked_settings

    if not values.get(_COMMAND):
        return error_line("track: name the command after two dashes: greentrain track -- python train.py", 2)
    if values.get(_ON_BUDGET, "warn") not in ("warn", "stop"):
        raise InputError(_ON_BUDGET, values[_ON_BUDGET], "must be warn or stop")
    defaults = {"interval": INTERVAL_SECONDS, _ON_BUDGET: "warn", "quiet": False}
    settings = {option.name: values.get(option.name, defaults.get(option.name)) for option in TRACK_OPTIONS}
    # A warning here is for whoever typed the command: one line, without the place in our code.
    warnings.showwarning = _warn
    if foreign := foreign_package():
        error_line(foreign, 0)
    return run_command(checked_settings(settings), values[_COMMAND])


def _warn(message: Warning | str, *_: Any, **__: Any) -> None:
    error_line(str(message).removeprefix("greentrain: "), 0)


_WRAPPED = Argument(_COMMAND, "COMMAND", "The command, after two dashes.")
_FIRST = (
    "name", "project", "location", "gpu", "count", "budget_kg", "on_budget", "sinks", "home", "quiet",
)  # fmt: skip
COMMAND = Command(track_command, TRACK_OPTIONS, (_WRAPPED,), wraps=_COMMAND, first=_FIRST)
