"""The short way: commands whose options are spelled out plainly, read from their tables without typer.

Typer takes most of the time of a small program to start. Whatever is not plain (help, a mistake in an option's name,
a word too many, completion) is left to it.
"""

from __future__ import annotations

from greentrain.cli.options import LIST, Command, Group, flag_of
from greentrain.light_typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import NoReturn

    from greentrain.cli.options import Argument, Option, OptionValues

MODULES = {
    "estimate": "greentrain.cli.estimate",
    "batch": "greentrain.cli.batch",
    "compare": "greentrain.cli.compare",
    "when": "greentrain.cli.when",
    "jobs": "greentrain.cli.jobs",
    "budgets": "greentrain.cli.budgets",
    "validate": "greentrain.cli.validate",
    "report": "greentrain.cli.report",
    "card": "greentrain.cli.card",
    "track": "greentrain.cli.track",
    "watch": "greentrain.cli.watch",
    "import": "greentrain.cli.import_runs",
    "history": "greentrain.cli.history",
    "profiles": "greentrain.cli.profiles",
    "grids": "greentrain.cli.grids",
    "serve": "greentrain.cli.serve",
}
"""The module of each command, in the order of the help; it is loaded when its command is typed."""
_HELP = {"-h", "--help"}


def command_of(name: str) -> Command | Group:
    """Return a command, or a group of them, by its first word."""
    # The built-in function: importlib is not loaded by then, and brings more with it.
    found: Command | Group = __import__(MODULES[name], fromlist=("COMMAND",)).COMMAND
    return found


def parse(arguments: Sequence[str]) -> tuple[Command, OptionValues] | None:
    """Find the command that is meant and read its options; None leaves the arguments to typer."""
    if not arguments or arguments[0] not in MODULES or _HELP & {*arguments}:
        return None
    found, words = command_of(arguments[0]), arguments[1:]
    if isinstance(found, Group):
        first = next((word for word in words if not word.startswith("-")), "")
        if first in found.commands and words[0] != first:
            return None
        words = words[1:] if first in found.commands else words
        found = found.commands.get(first) or found.commands[LIST]
    values = _values(found, words)
    return None if values is None else (found, values)


def _values(command: Command, words: Sequence[str]) -> OptionValues | None:
    known = {flag_of(option.name): option for option in command.options}
    known |= {option.letter: option for option in command.options if option.letter}
    given: OptionValues = {}
    loose: list[str] = []
    rest = list(reversed(words))
    while rest:
        word = rest.pop()
        if word.startswith("-") and not (command.wraps and word == "--"):
            read = _option(known, word, rest)
            if read is None:
                return None
            _take(command, given, known[word.partition("=")[0]], read[1])
        elif command.wraps:
            loose = [*([] if word == "--" else [word]), *reversed(rest)]
            break
        else:
            loose.append(word)
    return _in_order(command, given, loose)


def _take(command: Command, given: OptionValues, option: Option, value: str | bool) -> None:
    """Add the value of an option to those that were read before it."""
    if option.is_repeatable:
        value = [*given.get(option.name, ()), value]  # type: ignore[assignment]
    elif isinstance(value, str) and option.name in given:
        _refuse_second(command, option.name, str(given[option.name]), value)
    given[option.name] = value


def _refuse_second(command: Command, name: str, first: str, value: str) -> NoReturn:
    from greentrain.errors import InputError

    advice = f", or all values to greentrain {command.for_several}" if command.for_several else ""
    raise InputError(name, value, f"was given before as {first!r}; give it once{advice}")


def _option(known: Mapping[str, Option], word: str, rest: list[str]) -> tuple[str, str | bool] | None:
    """Read one option, its value from what is left where none is joined to it."""
    flag, equals, value = word.partition("=")
    option = known.get(flag)
    if option is None or (equals and (option.is_switch or not flag.startswith("--"))):
        return None
    if option.is_switch or equals:
        return option.name, option.is_switch or value
    if not rest or rest[-1].startswith("--"):
        return None
    return option.name, rest.pop()


def _in_order(command: Command, given: OptionValues, loose: list[str]) -> OptionValues | None:
    """Put the values into the order of the tables; None where something is missing, or there is too much."""
    many = next((argument.name for argument in command.arguments if argument.takes_many), command.wraps)
    if many:
        given |= {many: loose} if loose else {}
    elif len(loose) > len(command.arguments):
        return None
    else:
        given |= {argument.name: word for argument, word in zip(command.arguments, loose, strict=False)}
    items: tuple[Argument | Option, ...] = (*command.arguments, *command.options)
    if any(item.is_required and item.name not in given for item in items):
        return None
    return {item.name: given[item.name] for item in items if item.name in given}
