"""Completion in a shell: what may come next, read from the tables of the commands, with values of options.

The scripts that ``--install-completion`` installs ask by variables of the environment, and print what they are told to.
Bash, zsh and fish are answered here, without typer; other shells, and the scripts themselves, are left to it.
"""

from __future__ import annotations

import os
import sys

from greentrain.cli.options import Command, Group, flag_of
from greentrain.cli.parser import MODULES, command_of
from greentrain.errors import GreentrainError
from greentrain.light_typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from greentrain.catalogue.hardware import Hardware
    from greentrain.cli.options import Option, OptionValues
    from greentrain.history.found_runs import Summaries

    Completion = tuple[str, str]
    """A word that may stand there, and what it means."""

SHELLS = ("bash", "zsh", "fish")
_MOST_RUNS = 100
_BREAKS = (":", "=")
"""Signs at which bash cuts a word in two."""
_CONSTANTS = {
    "architecture": ("greentrain.estimation.ranges", "ARCHITECTURES"),
    "at": ("greentrain.cli.gate", "ENDS"),
    "batch by": ("greentrain.frames.groups", "DERIVED"),
    "batch format": ("greentrain.cli.batch", "FORMATS"),
    "chart_format": ("greentrain.reporting.forms", "PICTURES"),
    "checklist": ("greentrain.reporting.forms.latex", "CHECKLISTS"),
    "engine": ("greentrain.frames.engines", "ENGINES"),
    "estimate format": ("greentrain.cli.estimate", "FORMATS"),
    "functional_unit": ("greentrain.reporting.forms.sci", "UNITS"),
    "grid_basis": ("greentrain.intensity.series", "BASES"),
    "grid_service": ("greentrain.intensity.fetch", "SERVICES"),
    "history by": ("greentrain.history.run_sums", "GROUPINGS"),
    "import by": ("greentrain.importing.import_sums", "GROUPINGS"),
    "import format": ("greentrain.importing.formats", "format_names"),
    "infrastructure": ("greentrain.reporting.forms.boamps", "INFRASTRUCTURES"),
    "jobs format": ("greentrain.cli.jobs", "FORMATS"),
    "meter": ("greentrain.meter.backends", "BACKENDS"),
    "precision": ("greentrain.estimation.ranges", "PRECISIONS"),
    "print": ("greentrain.cli.when", "PRINTS"),
    "report by": ("greentrain.history.run_sums", "GROUPINGS"),
    "report each": ("greentrain.history.run_sums", "GROUPINGS"),
    "scope": ("greentrain.reporting.forms.ghg", "SCOPES"),
    "sinks": ("greentrain.tracking.sinks.names", "SINKS"),
    "site": ("greentrain.estimation.ranges", "SITES"),
    "spec_version": ("greentrain.reporting.forms.cyclonedx", "SPEC_VERSIONS"),
    "status": ("greentrain.journal.records", "STATUSES"),
    "tier": ("greentrain.validation.reference", "TIERS"),
    "time_zone": ("zoneinfo", "available_timezones"),
    "training_type": ("greentrain.reporting.forms.model_card", "TRAINING_TYPES"),
    "validate format": ("greentrain.cli.estimate", "FORMATS"),
    "workload": ("greentrain.estimation.ranges", "WORKLOADS"),
}
"""Where the values of an option are listed, by its keyword, with its command's name where that makes a difference."""


class _Typed(NamedTuple):
    """A command line up to the cursor.

    Attributes
    ----------
    name : str
        The command's first word.
    values : dict
        What was given before, as far as it matters here.
    command : Command
    option : Option or None
        The one whose value is being typed.
    number : int
        Arguments before the cursor.
    """

    name: str
    values: OptionValues
    command: Command
    option: Option | None
    number: int


def complete(instruction: str) -> int | None:
    """Answer a shell; None where typer has to.

    Parameters
    ----------
    instruction : str
        What the shell's script wants, ``complete_bash``.
    """
    shell = instruction.removeprefix("complete_")
    if instruction == shell or shell not in SHELLS:
        return None
    words, typed, cut = _typed_in_bash() if shell == "bash" else (*_typed_elsewhere(), 0)
    try:
        found = [*candidates(words, typed)]
    except (GreentrainError, OSError, ValueError):  # of a damaged file, say: a shell has no place for it
        found = []
    if shell == "fish" and os.environ.get("_TYPER_COMPLETE_FISH_ACTION") == "is-args":
        return 0 if found else 1
    lines = {"bash": _bash_lines, "zsh": _zsh_lines, "fish": _fish_lines}[shell](found, cut)
    sys.stdout.write("".join(f"{line}\n" for line in lines))
    return 0


def _typed_in_bash() -> tuple[list[str], str, int]:
    """Return the words before the cursor, the one at it, and how much of that bash thinks of as a word before."""
    text, number = os.environ.get("COMP_WORDS", ""), os.environ.get("COMP_CWORD", "0")
    words = [_unquoted(word) for word in text.split("\n")] if "\n" in text else _split(text)
    at = int(number) if number.isdecimal() else 0
    whole: list[str] = []
    is_joined = False
    for word in [*words, ""][: at + 1]:
        is_break = word in _BREAKS and len(whole) > 1
        if is_break or is_joined:
            whole[-1] += word
        else:
            whole.append(word)
        is_joined = is_break
    typed = whole.pop() if len(whole) > 1 else ""
    last = words[at] if at < len(words) else ""
    was_cut = typed != last or last in _BREAKS
    return whole[1:], typed, max(map(typed.rfind, _BREAKS)) + 1 if was_cut else 0


def _typed_elsewhere() -> tuple[list[str], str]:
    text = os.environ.get("_TYPER_COMPLETE_ARGS", "")
    words = _split(text)[1:]
    return (words, "") if not words or text[-1:].isspace() else (words[:-1], words[-1])


def _split(text: str) -> list[str]:
    import shlex

    try:
        return shlex.split(text)
    except ValueError:  # a quote that is still open
        return [_unquoted(word) for word in text.split()]


def _unquoted(word: str) -> str:
    return word.strip("\"'").replace("\\", "")


def _bash_lines(found: Iterable[Completion], cut: int) -> list[str]:
    return [word[cut:].replace(" ", "\\ ") for word, _ in found]


def _zsh_lines(found: Sequence[Completion], _: int) -> list[str]:
    def quoted(text: str) -> str:
        for sign, instead in (('"', '""'), ("'", "''"), ("$", "\\$"), ("`", "\\`"), (":", "\\\\:")):
            text = text.replace(sign, instead)
        return f'"{text}"'

    rows = [f"{quoted(word)}:{quoted(meaning)}" if meaning else quoted(word) for word, meaning in found]
    return ["_arguments '*: :(({}))'".format("\n".join(rows))] if rows else ["_files"]


def _fish_lines(found: Iterable[Completion], _: int) -> list[str]:
    return [f"{word}\t{' '.join(meaning.split())}".rstrip("\t") for word, meaning in found]


def candidates(words: Sequence[str], typed: str) -> Iterator[Completion]:
    """List what may stand at the cursor.

    Parameters
    ----------
    words : sequence of str
        What stands before it, without the program's name.
    typed : str
        The beginning of the word at the cursor; all that is listed goes on from it, whatever its case.
    """
    if not words:
        flags = [("--version", "Show the versions of code and data."), ("--help", ""), ("--install-completion", "")]
        return _beginning(flags if typed.startswith("-") else ((name, _about(name)) for name in MODULES), typed)
    if words[0] not in MODULES:
        return iter(())
    found, rest = command_of(words[0]), words[1:]
    if isinstance(found, Group):
        if not rest:
            names = [(name, one.short_help or _first_line(one)) for name, one in found.commands.items()]
            if matching := [*_beginning(names, typed)]:
                return iter(matching)
        known = bool(rest) and rest[0] in found.commands
        found = found.commands[rest[0] if known else "list"]
        rest = rest[1:] if known else rest
    line = _read(words[0], found, rest)
    return _following(line, typed) if line else iter(())


def _about(name: str) -> str:
    found = command_of(name)
    return found.short_help or (_first_line(found) if isinstance(found, Command) else "")


def _first_line(command: Command) -> str:
    return (command.run.__doc__ or "").partition("\n")[0]


def _read(name: str, command: Command, words: Sequence[str]) -> _Typed | None:
    """Read a command line up to the cursor; None behind the first word of a command that is wrapped."""
    known = {flag: option for option in command.options for flag in (flag_of(option.name), option.letter) if flag}
    given: OptionValues = {}
    awaited: Option | None = None
    number = 0
    for word in words:
        if awaited:
            given[awaited.name], awaited = word, None
        elif word.startswith("-") and word != "--":
            flag, equals, value = word.partition("=")
            option = known.get(flag)
            if option:
                given[option.name] = value
                awaited = option if not (option.is_switch or equals) else None
        elif command.wraps:
            return None
        else:
            number += 1
    return _Typed(name, given, command, awaited, number)


def _following(line: _Typed, typed: str) -> Iterator[Completion]:
    if line.option:
        return _values(line, line.option.name, typed)
    if typed.startswith("-"):
        options = {flag_of(option.name): option for option in line.command.options}
        flag, equals, value = typed.partition("=")
        if equals:
            found = options.get(flag)
            values = _values(line, found.name, value) if found else iter(())
            return ((f"{flag}={word}", meaning) for word, meaning in values)
        rows = [(flag, one.help) for flag, one in options.items() if one.is_repeatable or one.name not in line.values]
        return _beginning([*rows, ("--help", "Show this message and exit.")], typed)
    arguments = line.command.arguments
    if line.command.wraps or not arguments:
        return iter(())
    argument = arguments[min(line.number, len(arguments) - 1)]
    return _values(line, argument.name, typed) if line.number < len(arguments) or argument.takes_many else iter(())


def _values(line: _Typed, name: str, typed: str) -> Iterator[Completion]:
    """List the values of an option or argument; of several with commas between, those of the last."""
    before, comma, last = typed.rpartition(",")
    keys = (f"{line.name} {name}", name)
    listed = next((_LISTS[key] for key in keys if key in _LISTS), None)
    if listed:
        found = listed(line.values, last)
    else:
        place = next((_CONSTANTS[key] for key in keys if key in _CONSTANTS), None)
        found = _beginning(((word, "") for word in _constant(*place)), last) if place else iter(())
    return ((before + comma + word, meaning) for word, meaning in found)


def _constant(module: str, name: str) -> Iterable[str]:
    """Return the names in a list, each up to what has to be typed behind a colon, as in ``replay:FILE``."""
    from importlib import import_module

    found = getattr(import_module(module), name)
    names = found() if callable(found) else found
    return ("".join(item.partition(":")[:2]) for item in (sorted(names) if isinstance(names, set) else names))


def _beginning(rows: Iterable[Completion], typed: str) -> Iterator[Completion]:
    start = typed.lower()
    return (row for row in rows if row[0].lower().startswith(start))


def _accelerators(values: Mapping[str, str], typed: str) -> Iterator[Completion]:
    """List accelerators, also behind a count: ``8xA1``."""
    number, times, _ = typed.partition("x")
    count = number + times if number.isdecimal() and times else ""
    hardware = _hardware(values)
    rows = [(family.name, f"usually {family.usual}") for family in hardware.families.values() if family.usual]
    rows += [(device.id, device.name) for device in hardware.accelerators]
    return ((count + word, meaning) for word, meaning in _respelled(rows, typed[len(count) :]))


def _cpus(values: Mapping[str, str], typed: str) -> Iterator[Completion]:
    return _respelled(((cpu.id, cpu.name) for cpu in _hardware(values).cpus), typed)


def _instances(values: Mapping[str, str], typed: str) -> Iterator[Completion]:
    kinds = _hardware(values).instances
    return _respelled(((one.instance, f"{one.accelerator_count} x {one.accelerator}") for one in kinds), typed)


def _all_hardware(values: Mapping[str, str], typed: str) -> Iterator[Completion]:
    for listed in (_accelerators, _cpus, _instances):
        yield from listed(values, typed)


def _hardware(values: Mapping[str, str]) -> Hardware:
    from greentrain.catalogue import load_catalogue

    return load_catalogue(values.get("profiles")).hardware


def _respelled(rows: Iterable[Completion], typed: str) -> Iterator[Completion]:
    """Select by what was typed, and go on in its capitals: shells compare letter by letter, the catalogue does not."""
    for word, meaning in _beginning(rows, typed):
        if not word.startswith(typed):
            word = word.upper() if typed == typed.upper() else word.lower()
        yield word if word.startswith(typed) else typed + word[len(typed) :], meaning


def _places(values: Mapping[str, str], typed: str) -> Iterator[Completion]:
    from greentrain.catalogue import load_catalogue

    places = load_catalogue(values.get("profiles")).places
    codes = [(place.place, place.name) for place in places.by_code.values()]
    regions = [(code, region.name) for code, region in places.regions.items()]
    centres = [(centre.id, centre.name) for centre in places.centres.values()]
    names = [(name, code) for code, name in codes] if typed else []
    return _beginning([*codes, *regions, *centres, *names], typed)


def _lists_of_places(values: Mapping[str, str], typed: str) -> Iterator[Completion]:
    from greentrain.catalogue import load_catalogue
    from greentrain.planning.axes import ALL, CENTRES, CLOUD, EUROPE

    providers = {region.provider for region in load_catalogue(values.get("profiles")).places.regions.values()}
    return _beginning(
        ((word, "") for word in (EUROPE, ALL, CENTRES, *(CLOUD + one for one in sorted(providers)))), typed
    )


def _runs(values: Mapping[str, str], typed: str) -> Iterator[Completion]:
    """List the newest runs, and the word for the last."""
    from itertools import islice

    from greentrain.history.history import LAST

    rows = _beginning(((run.id, f"{run.name}, {run.status}") for run in _summaries(values)), typed)
    yield from islice(rows, _MOST_RUNS)
    yield from _beginning([(LAST, "the one that began last")], typed)


def _in_history(column: str) -> Callable[[Mapping[str, str], str], Iterator[Completion]]:
    def names(values: Mapping[str, str], typed: str) -> Iterator[Completion]:
        found = sorted(name for (name,) in _summaries(values).sums((column,)) if name)
        return _beginning(((name, "") for name in found), typed)

    return names


def _summaries(values: Mapping[str, str]) -> Summaries:
    from greentrain.history.history import History

    return History(values.get("home")).summaries()


def _records(_: Mapping[str, str], typed: str) -> Iterator[Completion]:
    from greentrain.validation.references import read_references

    return _beginning(((record.id, "") for record in read_references(None)), typed)


def _forms(_: Mapping[str, str], typed: str) -> Iterator[Completion]:
    from greentrain.reporting.forms import FORMS, PICTURES

    return _beginning(((name, "") for name in (*FORMS, *PICTURES)), typed)


def _words(*words: str) -> Callable[[Mapping[str, str], str], Iterator[Completion]]:
    return lambda _, typed: _beginning(((word, "") for word in words), typed)


_LISTS: dict[str, Callable[[Mapping[str, str], str], Iterator[Completion]]] = {
    "gpu": _accelerators,
    "cpu": _cpus,
    "instance": _instances,
    "location": _places,
    "places": _lists_of_places,
    "id": _runs,
    "run": _runs,
    "project": _in_history("project"),
    "user": _in_history("user"),
    "profiles name": _all_hardware,
    "profiles word": _all_hardware,
    "grids place": _places,
    "grids word": _places,
    "record": _records,
    "report format": _forms,
    "activity": _words("training", "fine-tuning"),
    "on_budget": _words("warn", "stop"),
    "record_command": _words("yes", "no"),
    "serve runs": _words("loopback", "token", "nobody"),
}
"""What lists the values of an option or argument, by its keyword, with its command's name where needed."""
