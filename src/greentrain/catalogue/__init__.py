"""The catalogue: hardware, places, facilities, equivalents and the sources of every number.

The names are loaded on first use: a live run looks up the user's folder without loading the tables.
"""

# Type checkers take this name as true.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from greentrain._version import DATA_VERSION
    from greentrain.catalogue.catalogue import Catalogue, load_catalogue
    from greentrain.catalogue.places import Location, Places
    from greentrain.catalogue.records import (
        Accelerator,
        CloudRegion,
        Cpu,
        Equivalent,
        Family,
        Figure,
        GridValue,
        Instance,
        Place,
        Source,
    )
else:
    from greentrain._lazy import lazy_names

    __getattr__, __dir__ = lazy_names(
        globals(),
        {
            "_version": "DATA_VERSION",
            "catalogue.catalogue": "Catalogue load_catalogue",
            "catalogue.places": "Location Places",
            "catalogue.records": "Accelerator CloudRegion Cpu Equivalent Family Figure GridValue Instance Place Source",
        },
    )

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
