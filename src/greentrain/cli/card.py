"""``greentrain card``: the emissions of a result written into a model card."""

from __future__ import annotations

import os

from greentrain.cli.options import ESTIMATE_OPTIONS, OUTPUT, Argument, Command, Option, OptionValues, flag_of
from greentrain.cli.terminal import error_line, write
from greentrain.errors import InputError
from greentrain.light_typing import TYPE_CHECKING

if TYPE_CHECKING:
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
    Option("project", "NAME", "All tracked runs of a project, failed ones included.", _RESULT),
    Option("home", "DIR", "Folder of the records. [GREENTRAIN_HOME, or your data folder]", _RESULT),
    *(option for option in ESTIMATE_OPTIONS if option.group != OUTPUT),
)
_OWN = ("check", "diff", "replace", "training_type", "run", "project", "home")
_THINGS = ("card", "result")


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
        write(_difference(path, old, new))
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
    finders = {
        "run": lambda: tracked_run(values["run"], home),
        "project": lambda: tracked_runs(values["project"], home),
    }
    return only_result(values, finders, {name: value for name, value in values.items() if name not in _OWN})


def _difference(path: str, old: str, new: str) -> str:
    from difflib import unified_diff

    name = os.path.basename(path)  # noqa: PTH119 -- a name for people, nothing is opened
    lines = unified_diff(old.splitlines(), new.splitlines(), f"a/{name}", f"b/{name}", lineterm="")
    return "".join(f"{line}\n" for line in lines)


_CARD_FILE = Argument("card", "CARD", "The model card: README.md.", is_required=True)
COMMAND = Command(write_card, CARD_OPTIONS, (_CARD_FILE,))
