"""``greentrain grids``: carbon intensity by place and year."""

from __future__ import annotations

from greentrain.cli.options import AS_JSON, LIST, OWN_PROFILES, Argument, Command, Group, OptionValues
from greentrain.cli.profiles import WORD, nothing_found
from greentrain.cli.terminal import write_json, write_lines


def list_grids(values: OptionValues) -> int:
    """List places with their latest carbon intensity, and cloud regions."""
    from greentrain.catalogue import load_catalogue
    from greentrain.catalogue.search import search_places
    from greentrain.reporting.terminal.catalogue import places_dict, places_text

    word = values.get("word", "")
    catalogue = load_catalogue(values.get("profiles"))
    found = search_places(catalogue, word)
    if "json" in values:
        write_json(places_dict(catalogue, found))
    elif any(found):
        write_lines(places_text(catalogue, found))
    return 0 if any(found) else nothing_found("place", word, catalogue.places.find, "grids")


def show_grid(values: OptionValues) -> int:
    """Show a place's carbon intensity in every year, with basis and source."""
    from greentrain.catalogue import load_catalogue
    from greentrain.reporting.terminal.catalogue import grid_dict, grid_text

    catalogue = load_catalogue(values.get("profiles"))
    location = catalogue.places.find(values["place"])
    if "json" in values:
        write_json(grid_dict(catalogue, location))
    else:
        write_lines(grid_text(catalogue, location))
    return 0


_OPTIONS = (AS_JSON, OWN_PROFILES)
_PLACE = Argument("place", "PLACE", "FR, France, US-CA, aws:us-east-1 ...", is_required=True)
_SHOW = "Show a place's carbon intensity in every year."
COMMAND = Group(
    help="Grids: 'greentrain grids [WORD]' lists places and cloud regions, 'show PLACE' shows every year.",
    short_help="List and show carbon intensity by place and year.",
    commands={
        LIST: Command(list_grids, _OPTIONS, (WORD,)),
        "show": Command(show_grid, _OPTIONS, (_PLACE,), short_help=_SHOW),
    },
)
