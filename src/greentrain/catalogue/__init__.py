"""What is known: hardware, places, facilities, equivalents and the sources of every number."""

from greentrain.catalogue.devices import Accelerator, Cpu, Family, Instance
from greentrain.catalogue.library import DATA_VERSION, Catalogue, load_catalogue
from greentrain.catalogue.places import Location, Places
from greentrain.catalogue.records import CloudRegion, Equivalent, Figure, GridValue, Place, Source

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
