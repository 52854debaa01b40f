"""What may be typed: commands, their options and arguments, each stated once.

The fast reader in `parser` and the signature that typer makes a command of both come from these tables.
"""

from __future__ import annotations

from greentrain.light_typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Any

    OptionValues = dict[str, Any]
    """What was typed, by keyword: text, True for a switch, a list for an argument that takes all."""
else:
    OptionValues = dict


class Option(NamedTuple):
    """One option: the library's keyword, what the help shows for its value, its help, and its group.

    Attributes
    ----------
    letter : str
        The short form, ``-o``, of an option that has one.
    is_repeatable : bool
        Whether it may be given several times; its value is then a list.
    """

    name: str
    metavar: str
    help: str
    group: str = ""
    letter: str = ""
    is_required: bool = False
    is_repeatable: bool = False

    @property
    def is_switch(self) -> bool:
        """Whether it takes no value."""
        return not self.metavar


class Argument(NamedTuple):
    """A positional argument: its keyword, what the help calls it, and its help.

    Attributes
    ----------
    takes_many : bool
        Whether it is all the words that are no options; the last argument of a command alone can be.
    """

    name: str
    metavar: str
    help: str
    is_required: bool = False
    takes_many: bool = False


class Command(NamedTuple):
    """One command: the function that runs it, whose docstring is its help, and what may be typed behind its name.

    Attributes
    ----------
    short_help : str
        Its line in the list of commands, if that is not the first of its help.
    wraps : str
        The argument that takes a whole command line: options come before its first word, or before ``--``.
    strays : str
        The keyword under which surplus arguments are passed, where the command has a better message than typer.
    for_several : str
        The command that takes several values of an option, for the message where one is repeated.
    first : tuple of str
        The options that people use first, which the help explains before all others, or instead of them.
    """

    run: Callable[[OptionValues], int]
    options: tuple[Option, ...] = ()
    arguments: tuple[Argument, ...] = ()
    short_help: str = ""
    wraps: str = ""
    strays: str = ""
    for_several: str = ""
    first: tuple[str, ...] = ()

    def run_as_typed(self, values: OptionValues) -> int:
        """Run it; an error is about what was typed: 30000 and not 30000.0, a word and not the option for the same."""
        from greentrain.errors import InputError

        try:
            return self.run(values)
        except InputError as error:
            typed = values.get(error.parameter)
            words = [each.name for each in self.arguments if error.value and values.get(each.name) == error.value]
            if typed is None and words:
                error.parameter = words[0]
            if isinstance(error.value, (int, float)) and isinstance(typed, str):
                error.value = typed
            raise


class Group(NamedTuple):
    """Commands behind one word; ``list`` is the default: ``profiles V100`` is ``profiles list V100``."""

    help: str
    short_help: str
    commands: Mapping[str, Command]


LIST = "list"
AS_JSON = Option("json", "", "Print one JSON object.")
OWN_PROFILES = Option("profiles", "DIR", "Folder with your own profiles.")
HOME = Option("home", "DIR", "Data folder. [the user's own]")
HOMES = Option("home", "DIR", "Data folder; several are read as one. [the user's own]", is_repeatable=True)

HARDWARE, TIME, SIZE, POWER, HOST, PLACE, OUTPUT = (
    "Hardware", "Time", "Language model", "Power", "Host in parts", "Place", "Output",
)  # fmt: skip

ESTIMATE_OPTIONS = (
    Option("gpu", "NAME", "Accelerator: id, alias or driver name, also 8xA100.", HARDWARE),
    Option("count", "N", "Number of accelerators, or of instances. [1]", HARDWARE),
    Option("instance", "TYPE", "Cloud instance type, instead of --gpu.", HARDWARE),
    Option("profiles", "DIR", "Folder with your own profiles.", HARDWARE),
    Option("hours", "H", "Wall-clock hours of one run.", TIME),
    Option("gpu_hours", "H", "Accelerator-hours in total, instead of --hours.", TIME),
    Option("runs", "N", "Number of identical runs. [1]", TIME),
    Option("seeds", "N", "Seeds of each run, of a sweep. [1]", TIME),
    Option("failed_share", "F", "Failed runs over all that were started, 0.2 for 20 %. [0]", TIME),
    Option("params", "N", "Parameters: 8e9 or 8B.", SIZE),
    Option("tokens", "N", "Tokens trained on: 15e12 or 15T.", SIZE),
    Option("active_params", "N", "Parameters in use per token, of a mixture of experts.", SIZE),
    Option("flops", "N", "Operations of the training, instead of --params and --tokens.", SIZE),
    Option("architecture", "KIND", "encoder-decoder: each token passes half the parameters. [decoder-only]", SIZE),
    Option("precision", "NAME", "bf16, fp16, fp32 or fp8. [bf16 where known]", SIZE),
    Option("mfu", "F", "Model FLOPs utilization, 0.4 for 40 %.", SIZE),
    Option("power", "W", "Measured mean power of one accelerator, in W.", POWER),
    Option("utilization", "F", "Mean power draw over TDP, 0.75 for 75 %.", POWER),
    Option("workload", "KIND", "pretraining, finetuning, inference-like or small (does not fill the device).", POWER),
    Option("host_factor", "F", "Power of the whole node over its accelerators'.", POWER),
    Option("host_power", "W", "Mean power of the host (CPU, memory, fans) per accelerator.", POWER),
    Option("cpu", "NAME", "CPU model.", HOST),
    Option("cpu_cores", "N", "Cores that the run used, in total.", HOST),
    Option("memory_gb", "G", "Main memory that the run used, in total, in GB.", HOST),
    Option("location", "PLACE", "Country, state or cloud region: FR, US-CA, aws:us-east-1.", PLACE),
    Option("year", "Y", "Year of the run.", PLACE),
    Option("grid_intensity", "G_PER_KWH", "Carbon intensity in g CO2e/kWh, instead of the place's.", PLACE),
    Option("pue", "F", "Power usage effectiveness of the facility.", PLACE),
    Option("site", "KIND", "datacentre or workstation (PUE 1). [datacentre]", PLACE),
    Option("explain", "", "Show every input with its source, and the formula in numbers.", OUTPUT),
    Option("compare_methods", "", "Show the same job by published methods, and why they differ.", OUTPUT),
    Option("format", "KIND", "table, json or csv. [table]", OUTPUT),
    Option("json", "", "Short for --format json.", OUTPUT),
    Option("save", "", "Keep the estimate in the history, as a run that ended now.", OUTPUT),
    Option("name", "NAME", "What a saved one is called.", OUTPUT),
    Option("project", "NAME", "What a saved one belongs to.", OUTPUT),
    Option("home", "DIR", "Data folder for a saved one. [the user's own]", OUTPUT),
)


_POSITIONAL = {
    "id": "ID", "paths": "PATH", "tags": "TAGS", "NAME": "NAME", "sinks": "--sink", "from_": "--from",
    "place": "PLACE", "folder": "DIR",
}  # fmt: skip
"""Keywords that have no option, with what the help calls them."""


def flag_of(name: str) -> str:
    """Spell a keyword as it is typed: ``gpu_hours`` becomes ``--gpu-hours``; an id has none."""
    return _POSITIONAL.get(name) or f"--{name.replace('_', '-')}"


MOST_LISTED = 50
"""So many runs, or groups of them, fit into what a terminal keeps. [1]"""


def most_listed(values: OptionValues, entry: str, *wholes: str) -> int | None:
    """Return how many entries a list of text has; None where it has all.

    Parameters
    ----------
    values : dict
        What was given.
    entry : str
        What the list is of.
    wholes : str
        Names of options with which nothing is left out.

    Raises
    ------
    InputError
        For a limit beside one of them, or one that is no whole number.
    """
    from greentrain.errors import Contradiction

    for name in (*wholes, "all"):
        if "limit" in values and name in values:
            raise Contradiction("limit", values["limit"], f"excludes {{{name}}}, which leaves no {entry} out")
    if "all" in values:
        return None
    if "limit" not in values:
        return MOST_LISTED
    from greentrain.estimation.ranges import Limits, checked_in

    return int(checked_in(Limits(1, 1_000_000_000, f"{entry}s", whole=True, inclusive=True), "limit", values["limit"]))


def limit_options(limit: str, everything: str) -> tuple[Option, Option]:
    """Return the two options with their help."""
    return Option("limit", "N", f"{limit} [{MOST_LISTED}]"), Option("all", "", everything)
