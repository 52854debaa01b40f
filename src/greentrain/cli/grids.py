"""``greentrain grids``: carbon intensity by place and year."""

import json
from typing import Annotated

import typer

from greentrain.catalogue import load_catalogue
from greentrain.catalogue.search import search_places
from greentrain.cli.groups import LIST, ListByDefault
from greentrain.cli.profiles import AsJson, OwnFolder
from greentrain.cli.terminal import complain, write
from greentrain.reporting.details import grid_dict, grid_text
from greentrain.reporting.listing import places_dict, places_text

grids = typer.Typer(
    cls=ListByDefault,
    help="Grids: 'greentrain grids [WORD]' lists places and cloud regions, 'show PLACE' tells every year.",
    rich_markup_mode=None,
)


@grids.command(LIST)
def list_grids(
    word: Annotated[str, typer.Argument(help="Part of a name; case and punctuation do not count.")] = "",
    json_: AsJson = False,
    folder: OwnFolder = None,
) -> int:
    """List places with their latest carbon intensity, and cloud regions."""
    catalogue = load_catalogue(folder)
    found = search_places(catalogue, word)
    write(json.dumps(places_dict(catalogue, found), indent=2) + "\n" if json_ else places_text(catalogue, found))
    return 0 if any(found) else complain(f"no place has {word!a} in its name", 1)


@grids.command()
def show(
    place: Annotated[str, typer.Argument(metavar="PLACE", help="FR, France, US-CA, aws:us-east-1 ...")],
    json_: AsJson = False,
    folder: OwnFolder = None,
) -> int:
    """Show a place's carbon intensity in every year, with basis and source."""
    catalogue = load_catalogue(folder)
    location = catalogue.places.find(place)
    write(json.dumps(grid_dict(catalogue, location), indent=2) + "\n" if json_ else grid_text(catalogue, location))
    return 0
