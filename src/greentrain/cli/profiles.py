"""``greentrain profiles``: what is known of hardware, and the check of one's own files."""

from __future__ import annotations

from greentrain.cli.options import AS_JSON, LIST, OWN_PROFILES, Argument, Command, Group, OptionValues
from greentrain.cli.terminal import error_line, write_json, write_lines
from greentrain.light_typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

WORD = Argument("word", "WORD", "Part of a name; case and punctuation do not count.")


def list_profiles(values: OptionValues) -> int:
    """List accelerators, CPUs and cloud instance types."""
    from greentrain.catalogue import load_catalogue
    from greentrain.catalogue.search import search_hardware
    from greentrain.reporting.terminal.catalogue import hardware_dict, hardware_text

    word = values.get("word", "")
    catalogue = load_catalogue(values.get("profiles"))
    found = search_hardware(catalogue, word)
    if "json" in values:
        write_json(hardware_dict(found))
    elif any(found):
        write_lines(hardware_text(found))
    return 0 if any(found) else nothing_found("profile", word, catalogue.hardware.find, "profiles")


def nothing_found(what: str, word: str, find: Callable[[str], object], command: str) -> int:
    """Say that no name holds a word, with what it may stand for, and return the exit code."""
    from greentrain.errors import InputError, either

    advice = f"'greentrain {command} show' knows it"
    try:
        find(word)
    except InputError as error:
        advice = f"did you mean {either(error.suggestions)}?" if error.suggestions else ""
    return error_line(f"no {what} has {word!a} in its name{'; ' if advice else ''}{advice}", 1)


def show_profile(values: OptionValues) -> int:
    """Show a profile with all its figures and sources."""
    from greentrain.catalogue import load_catalogue
    from greentrain.reporting.terminal.catalogue import record_dict, record_text

    profiles = values.get("profiles")
    catalogue = load_catalogue(profiles)
    record = catalogue.hardware.find(values["name"])
    if "json" in values:
        write_json(record_dict(catalogue, record, profiles))
    else:
        write_lines(record_text(catalogue, record, profiles))
    return 0


def check_folder(values: OptionValues) -> int:
    """Check your own files; each problem is named by file, row, column and rule."""
    from greentrain.catalogue.schema.check import check_profiles

    problems = check_profiles(values["folder"])
    write_lines("".join(f"{problem}\n" for problem in problems) or f"{values['folder']}: no problems\n")
    return 1 if problems else 0


_OPTIONS = (AS_JSON, OWN_PROFILES)
_ID = Argument("name", "ID", "Id, name or alias.", is_required=True)
_FOLDER = Argument("folder", "DIR", "Folder with your own profiles.", is_required=True)
COMMAND = Group(
    help="Hardware: 'greentrain profiles [WORD]' lists it, 'show ID' shows all, 'check DIR' checks your own files.",
    short_help="List, show and check hardware profiles.",
    commands={
        LIST: Command(list_profiles, _OPTIONS, (WORD,)),
        "show": Command(show_profile, _OPTIONS, (_ID,)),
        "check": Command(check_folder, (), (_FOLDER,), short_help="Check your own files."),
    },
)
