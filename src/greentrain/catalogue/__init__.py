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
else:
    from greentrain._lazy import lazy_names

    __getattr__, __dir__ = lazy_names(
        globals(),
        {
            "_version": "DATA_VERSION",
            "catalogue.catalogue": "Catalogue load_catalogue",
            "catalogue.devices": "Accelerator Cpu Family Instance",
            "catalogue.places": "Location Places",
            "catalogue.records": "CloudRegion Equivalent Figure GridValue Place Source",
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
