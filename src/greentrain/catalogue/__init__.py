"""The catalogue: hardware, places, facilities, equivalents and the sources of every number.

The names are loaded on first use: a live run looks up the user's folder without loading the tables.
"""

# Type checkers take this name as true.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from greentrain._version import DATA_VERSION
    from greentrain.catalogue.catalogue import Catalogue, load_catalogue
    from greentrain.catalogue.hardware import device_name
    from greentrain.catalogue.places import Places
    from greentrain.catalogue.records import (
        Accelerator,
        CloudRegion,
        Cpu,
        Equivalent,
        Family,
        Figure,
        GridValue,
        Instance,
        Location,
        Place,
        Source,
    )
    from greentrain.catalogue.schema.check import check_profiles
    from greentrain.catalogue.table_files import read_own_table
    from greentrain.catalogue.user_folder import home_folder, own_profiles_folder
else:
    from greentrain._lazy import lazy_names

    __getattr__, __dir__ = lazy_names(
        globals(),
        {
            "_version": "DATA_VERSION",
            "catalogue.catalogue": "Catalogue load_catalogue",
            "catalogue.hardware": "device_name",
            "catalogue.places": "Places",
            "catalogue.records": (
                "Accelerator CloudRegion Cpu Equivalent Family Figure GridValue Instance Location Place Source"
            ),
            "catalogue.schema.check": "check_profiles",
            "catalogue.table_files": "read_own_table",
            "catalogue.user_folder": "home_folder own_profiles_folder",
        },
    )

__all__ = [
    "DATA_VERSION", "Accelerator", "Catalogue", "CloudRegion", "Cpu", "Equivalent", "Family", "Figure",
    "GridValue", "Instance", "Location", "Place", "Places", "Source", "check_profiles", "device_name", "home_folder",
    "load_catalogue", "own_profiles_folder", "read_own_table",
]  # fmt: skip
