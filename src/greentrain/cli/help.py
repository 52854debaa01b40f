"""The help of a command: on one screen what people type first and the names of the rest, by groups; all on request."""

from __future__ import annotations

from shutil import get_terminal_size
from textwrap import wrap
from typing import TYPE_CHECKING, Any

import typer
import typer.core

from greentrain.cli.options import Command, Option, flag_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

COMMAND_GROUPS = {
    "Before a run": ("estimate", "batch", "compare", "when", "jobs"),
    "While it trains": ("track", "watch"),
    "Afterwards": ("history", "budgets", "import", "report", "card"),
    "What it rests on": ("validate", "profiles", "grids"),
    "In a browser": ("serve",),
}
_FIRST, _OTHERS, _MORE = "Most used", "Options", "More options; --help-all explains them"
_ALL = "greentrain.help_all"
_INDENT, _GAP, _HANGING = "  ", "  ", "    "
_WIDEST_LEFT = 30
_LEAST_RIGHT = 26
"""Columns of what stands at the right, at least; where there are less, it stands below."""
"""Columns of what stands at the left, at most; what is longer has a line of its own."""
_LEAST_OF_CLICK, _BESIDE = 50, 2
"""How wide click's help is at least, and what it leaves beside it. [columns]"""
_LONGEST_LINE = 500
"""Characters of what a command says of itself in a list; a longer first sentence would be cut."""
_MOST_ON_A_SCREEN = 16
"""Options that are all explained at once."""


class GroupedCommands(typer.core.TyperGroup):
    """All commands, by the moment at which they are wanted."""

    def format_commands(self, ctx: Any, formatter: Any) -> None:
        """Write the commands with one line each."""
        others = tuple(name for name in self.commands if not any(name in names for names in COMMAND_GROUPS.values()))
        for title, names in (COMMAND_GROUPS | ({"Others": others} if others else {})).items():
            rows = [(name, self.commands[name].get_short_help_str(_LONGEST_LINE)) for name in names]
            _write(formatter, _section(title, rows, formatter.width, _left(self.commands)))


def command_class(table: Command) -> type[typer.core.TyperCommand]:
    """Make typer's class of a command whose help is written from the command's table."""

    class TableCommand(typer.core.TyperCommand):
        def format_options(self, ctx: Any, formatter: Any) -> None:
            is_whole = ctx.meta.get(_ALL, False) or len(table.options) <= _MOST_ON_A_SCREEN
            _write(formatter, options_lines(table, formatter.width, is_whole))

    return TableCommand


def print_whole_help(context: typer.Context, wanted: bool) -> None:
    """Explain every option of a command, and leave."""
    if wanted:
        context.meta[_ALL] = True
        typer.echo(context.get_help())
        raise typer.Exit


def options_lines(table: Command, width: int, is_whole: bool) -> Iterator[str]:
    """Write the arguments and options of a command, by groups.

    Parameters
    ----------
    width : int
        Columns of a line, at most.
    is_whole : bool
        Whether all are explained, and not only those that people use first.
    """
    first = [option for name in table.first for option in table.options if option.name == name]
    others: dict[str, list[Option]] = {}
    for option in table.options:
        if option not in first:
            others.setdefault(option.group or _OTHERS, []).append(option)
    shown = {_FIRST: first} | (others if is_whole or not first else {}) if first else others
    arguments = [(argument.metavar, argument.help) for argument in table.arguments]
    if arguments and next(iter(shown), "") not in (_FIRST, _OTHERS):
        yield from _section("Arguments", arguments, width)
        arguments = []
    for title, options in shown.items():
        yield from _section(title, [*arguments, *map(_row, options)], width)
        arguments = []
    if shown.keys() == {_FIRST} and others:
        yield from _names(others, width)


def _names(groups: Mapping[str, Iterable[Option]], width: int) -> Iterator[str]:
    """Write the bare names of options, a paragraph per group."""
    yield ""
    yield f"{_MORE}:"
    for group, options in groups.items():
        names = " ".join(flag_of(option.name) for option in options)
        yield from _wrapped(f"{group}: {names}", width, _INDENT, _HANGING)


def _row(option: Option) -> tuple[str, str]:
    flags = ", ".join(filter(None, [option.letter, flag_of(option.name)]))
    return f"{flags} {option.metavar}".rstrip(), option.help


def narrow_width() -> int | None:
    """Return the columns of help on a terminal that is narrower than click assumes; None on others."""
    columns = get_terminal_size().columns
    return columns - _BESIDE if columns < _LEAST_OF_CLICK + _BESIDE else None


def _left(names: Iterable[str]) -> int:
    return min(max(map(len, names)), _WIDEST_LEFT)


def _section(title: str, rows: Iterable[tuple[str, str]], width: int, left: int = 0) -> Iterator[str]:
    """Write a title and rows of two columns, the left one as wide as given, or as needed."""
    rows = list(rows)
    left = left or _left(name for name, _ in rows)
    if width - len(_INDENT) - left - len(_GAP) < _LEAST_RIGHT:
        left = len(_GAP)
    indent = " " * (len(_INDENT) + left + len(_GAP))
    yield ""
    yield f"{title}:"
    for name, text in rows:
        beside = f"{_INDENT}{name:{left}}{_GAP}"
        if len(name) > left:
            yield beside.rstrip()
            beside = indent
        yield from _wrapped(text, width, beside, indent)


def _wrapped(text: str, width: int, first: str, others: str) -> list[str]:
    return wrap(text, width, initial_indent=first, subsequent_indent=others, break_on_hyphens=False)


def _write(formatter: Any, lines: Iterable[str]) -> None:
    formatter.write("".join(f"{line}\n" for line in lines))
