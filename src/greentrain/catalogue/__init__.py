"""What is known: hardware, places, facilities, equivalents and the sources of every number.

The names are loaded on first use: a live run looks up the user's folder without loading the tables.
"""

# Type checkers take this name as true.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from greentrain._version import DATA_VERSION
    from greentrain.catalogue.catalogue import Catalogue, load_catalogue
    from greentrain.catalogue.devices import Accelerator, Cpu, Family, Instance
    from greentrain.catalogue.places import Location, Places
    from greentrain.catalogue.records import CloudRegion, Equivalent, Figure, GridValue, Place, Source

_ROOMS = {
    "greentrain._version": ("DATA_VERSION",),
    "greentrain.catalogue.devices": ("Accelerator", "Cpu", "Family", "Instance"),
    "greentrain.catalogue.catalogue": ("Catalogue", "load_catalogue"),
    "greentrain.catalogue.places": ("Location", "Places"),
    "greentrain.catalogue.records": ("CloudRegion", "Equivalent", "Figure", "GridValue", "Place", "Source"),
}
_HOME = {name: room for room, names in _ROOMS.items() for name in names}

__all__ = [
    "DATA_VERSION",
    "Accelerator",
    "Catalogue",
    "CloudRegion",
    "Cpu",
    "Equivalent",
    "Family",
    "Figure",
    "GridValue",
    "Instance",
    "Location",
    "Place",
    "Places",
    "Source",
    "load_catalogue",
]


def __getattr__(name: str) -> object:
    """Load a name on first use."""
    if name not in _HOME:
        raise AttributeError(f"module 'greentrain.catalogue' has no attribute {name!r}")
    # The built-in word: importlib is not loaded by then, and brings more with it.
    value: object = getattr(__import__(_HOME[name], fromlist=(name,)), name)
    globals()[name] = value
    return value
