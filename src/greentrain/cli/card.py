"""``greentrain card``: the emissions of a result written into a model card."""

from __future__ import annotations

import os
import sys

from greentrain.cli.options import ESTIMATE_OPTIONS, OUTPUT, Argument, Command, Option, OptionValues, flag_of
from greentrain.cli.terminal import error_line, write
from greentrain.errors import Contradiction, InputError
from greentrain.light_typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from typing import Any


_RESULT, _CARD = "Tracked runs, instead of a described one", "Card"
CARD_OPTIONS = (
    Option("check", "", "Write nothing; exit code 1 when the card is not up to date.", _CARD),
    Option("diff", "", "Write nothing; show what would change.", _CARD),
    Option(
        "replace",
        "",
        "Let an estimate take the place of a measured figure, or of one that is not said to be an estimate.",
        _CARD,
    ),
    Option("training_type", "KIND", "pre-training or fine-tuning. [the card's own]", _CARD),
    Option("run", "ID", "A tracked run.", _RESULT),
    Option("from_", "FILE", "A table of runs, as batch reads it.", _RESULT),
    Option("project", "NAME", "All tracked runs of a project, failed ones included.", _RESULT),
    Option("home", "DIR", "Folder of the records. [GREENTRAIN_HOME, or your data folder]", _RESULT),
    *(option for option in ESTIMATE_OPTIONS if option.group != OUTPUT),
)
_OWN = ("check", "diff", "replace", "training_type", "run", "project", "home", "from_")
_THINGS = ("card", "result")
_TAB = "\t"
_LINES_AROUND = 3
_MOST_COMPARED = 400
"""Lines that are compared with each other. [1]"""


class _Change(NamedTuple):
    """Lines of the old text, by their numbers from 0, and those that take their place."""

    old_start: int
    old_end: int
    new_start: int
    new_end: int


def write_card(values: OptionValues) -> int:
    """Write the emissions of a run into a model card: its front matter and its section on environmental impact.

    Everything else in the card stays byte for byte as it is; what is replaced is named on stderr.

    Example: greentrain card README.md --gpu A100-SXM4-80GB --count 8 --hours 96 --location FR
    """
    path: str = values["card"]
    try:
        return _update(path, {name: value for name, value in values.items() if name != "card"})
    except InputError as error:
        if error.parameter not in _THINGS:
            raise
        message = error.message(lambda name: name if name in _THINGS else flag_of(name))
        return error_line(f"{path}: {message}", 1)


def _update(path: str, values: OptionValues) -> int:
    from greentrain.cli.atomic_write import replace_file
    from greentrain.reporting.build_data import report_data_of
    from greentrain.reporting.model_card.update import read_card, refuse_worse, replaced_texts, updated_card

    old, data = read_card(path), report_data_of(_result(values))
    new = updated_card(old, data, training_type=values.get("training_type"))
    if "diff" in values:
        write("".join(f"{line}\n" for line in _fitted(_difference(path, old, new).splitlines())))
    if new == old or ("diff" in values and "check" not in values):
        return 0
    if "replace" not in values:
        refuse_worse(old, data)
    if "check" in values:
        return error_line(f"{path} is not up to date; the same command without --check writes it", 1)
    replace_file(path, new.encode("utf-8", "backslashreplace"))
    for replaced in replaced_texts(old, new):
        error_line(f"{path}: {replaced}", 0)
    return 0


def _result(values: OptionValues) -> Any:
    """Find the result that the card is to state: a run, a project, or an estimate."""
    from greentrain.cli.result_source import only_result, tracked_run, tracked_runs

    home = values.get("home")
    described = {name: value for name, value in values.items() if name not in _OWN}
    if "from_" in values:
        return _table_source(values, described)
    finders = {
        "run": lambda: tracked_run(values["run"], home),
        "project": lambda: tracked_runs(values["project"], home),
    }
    return only_result(values, finders, described)


def _table_source(values: OptionValues, same: OptionValues) -> Any:
    from pathlib import Path

    from greentrain.reporting.described_runs import TableSource

    for name in ("run", "project"):
        if name in values:
            raise Contradiction("from_", values["from_"], f"excludes {{{name}}}")
    return TableSource(Path(values["from_"]), same)


def _difference(path: str, old: str, new: str) -> str:
    """Write a unified difference; what a terminal would obey in the card is shown as an escape."""
    from greentrain.errors import escaped
    from greentrain.reporting.model_card.front_matter import find_front_matter
    from greentrain.reporting.model_card.section import lines_of

    ends = [front.after if (front := find_front_matter(text)) else 0 for text in (old, new)]
    before, after = ([line.rstrip("\r\n") for line in lines_of(text)] for text in (old, new))
    heads = [sum(1 for _ in lines_of(text[:end])) for text, end in zip((old, new), ends, strict=True)]
    changes = [
        *_changes(before[: heads[0]], after[: heads[1]], 0, 0),
        *_changes(before[heads[0] :], after[heads[1] :], *heads),
    ]
    if not changes:
        return ""
    name = os.path.basename(path)  # noqa: PTH119 -- a name for people, nothing is opened
    lines = (f"--- a/{name}", f"+++ b/{name}", *_hunks(before, after, changes))
    return "".join(f"{escaped(line, kept=_TAB)}\n" for line in lines)


def _fitted(lines: Sequence[str]) -> Iterator[str]:
    """Break lines that are longer than a terminal is wide; each part of one begins with its mark."""
    from greentrain.reporting.document.render_text import columns_of, filled, terminal_columns

    columns = terminal_columns(sys.stdout)
    for line in lines:
        words = line[1:].lstrip(" ")
        first = line[: len(line) - len(words)]
        is_long = 0 < columns < columns_of(line)
        yield from filled(words.split(" "), first, f"{first}  ", columns, True) if is_long else [line]


def _changes(old: list[str], new: list[str], old_start: int, new_start: int) -> list[_Change]:
    """Find the changes between two pieces of a card that begin at these lines.

    What both begin and end with is the same. The rest is compared only where it is short: that takes time which grows
    with the square of its lines, or more.
    """
    from difflib import SequenceMatcher

    shorter = min(len(old), len(new))
    first = next((number for number in range(shorter) if old[number] != new[number]), shorter)
    last = next((number for number in range(shorter - first) if old[-1 - number] != new[-1 - number]), shorter - first)
    old_rest, new_rest = old[first : len(old) - last], new[first : len(new) - last]
    places = [(0, len(old_rest), 0, len(new_rest))] if old_rest or new_rest else []
    if len(old_rest) + len(new_rest) <= _MOST_COMPARED:
        found = SequenceMatcher(None, old_rest, new_rest, autojunk=False).get_opcodes()
        places = [place for kind, *place in found if kind != "equal"]  # type: ignore[misc]
    starts = (old_start + first, old_start + first, new_start + first, new_start + first)
    return [_Change(*map(sum, zip(place, starts, strict=True))) for place in places]


def _hunks(old: list[str], new: list[str], changes: list[_Change]) -> Iterator[str]:
    """Yield changes with the lines around them; those that are near each other together."""
    while changes:
        near = 1
        while near < len(changes) and changes[near].old_start - changes[near - 1].old_end <= 2 * _LINES_AROUND:
            near += 1
        here, changes = changes[:near], changes[near:]
        before = min(here[0].old_start, _LINES_AROUND)
        place, end = here[0].old_start - before, min(here[-1].old_end + _LINES_AROUND, len(old))
        new_end = here[-1].new_end + end - here[-1].old_end
        yield f"@@ -{_range(place, end)} +{_range(here[0].new_start - before, new_end)} @@"
        for change in here:
            yield from (f" {line}" for line in old[place : change.old_start])
            yield from (f"-{line}" for line in old[change.old_start : change.old_end])
            yield from (f"+{line}" for line in new[change.new_start : change.new_end])
            place = change.old_end
        yield from (f" {line}" for line in old[place:end])


def _range(start: int, end: int) -> str:
    """Write lines as a unified difference does: the first, counted from 1, and how many."""
    count = end - start
    return f"{start + 1}" if count == 1 else f"{start + (count > 0)},{count}"


_CARD_FILE = Argument("card", "CARD", "The model card: README.md.", is_required=True)
_FIRST = ("run", "project", "from_", "gpu", "count", "hours", "location", "check", "diff", "replace")
COMMAND = Command(
    write_card, CARD_OPTIONS, (_CARD_FILE,), short_help="Write a run's emissions into a model card.", first=_FIRST
)
