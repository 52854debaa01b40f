"""``greentrain profiles``: what is known of hardware, and the check of one's own files."""

import json
from typing import Annotated

import typer

from greentrain.catalogue import load_catalogue
from greentrain.catalogue.search import search_hardware
from greentrain.cli.groups import LIST, ListByDefault
from greentrain.cli.terminal import complain, write
from greentrain.reporting.details import record_dict, record_text
from greentrain.reporting.listing import hardware_dict, hardware_text

profiles = typer.Typer(
    cls=ListByDefault,
    help="Hardware: 'greentrain profiles [WORD]' lists it, 'show ID' tells all, 'check DIR' checks your own files.",
    rich_markup_mode=None,
)
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]
OwnFolder = Annotated[str | None, typer.Option("--profiles", metavar="DIR", help="Folder with your own profiles.")]


@profiles.command(LIST)
def list_profiles(
    word: Annotated[str, typer.Argument(help="Part of a name; case and punctuation do not count.")] = "",
    json_: AsJson = False,
    folder: OwnFolder = None,
) -> int:
    """List accelerators, CPUs and cloud instance types."""
    found = search_hardware(load_catalogue(folder), word)
    write(json.dumps(hardware_dict(found), indent=2) + "\n" if json_ else hardware_text(found))
    return 0 if any(found) else complain(f"no profile has {word!a} in its name", 1)


@profiles.command()
def show(
    name: Annotated[str, typer.Argument(metavar="ID", help="Id, name or alias.")],
    json_: AsJson = False,
    folder: OwnFolder = None,
) -> int:
    """Show a profile with all its figures and sources."""
    catalogue = load_catalogue(folder)
    record = catalogue.hardware.find(name)
    write(json.dumps(record_dict(catalogue, record), indent=2) + "\n" if json_ else record_text(catalogue, record))
    return 0


@profiles.command()
def check(folder: Annotated[str, typer.Argument(metavar="DIR", help="Folder with your own profiles.")]) -> int:
    """Check your own files; each problem is named by file, row, column and rule."""
    from greentrain.catalogue.checks import check_profiles

    problems = check_profiles(folder)
    write("".join(f"{problem}\n" for problem in problems) or f"{folder}: no problems\n")
    return 1 if problems else 0
