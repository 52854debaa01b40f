"""The fields of the calculator: labels, units and hints of what ``estimate`` takes, in the order of the form."""

from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import NamedTuple

from greentrain.catalogue import Catalogue
from greentrain.catalogue.names import fold
from greentrain.estimation.ranges import ARCHITECTURES, PRECISIONS, SITES, WORKLOADS

WHAT_IF = "if_"
"""Before the name of a field of the alternative."""
MOST_OFFERED = 12


class Field(NamedTuple):
    """One field.

    Attributes
    ----------
    name : str
        The keyword of ``estimate``.
    label : str
        As a reader knows it, with its unit.
    hint : str
        An example, or what is taken where it is left blank.
    choices : tuple of str
        What may be chosen; empty where anything may be typed.
    list : str
        Names that are offered: ``hardware`` or ``places``.
    is_number : bool
        Whether a telephone shows its digits.
    """

    name: str
    label: str
    hint: str = ""
    choices: tuple[str, ...] = ()
    list: str = ""
    is_number: bool = False


class FieldGroup(NamedTuple):
    """Fields that are folded together under a title."""

    title: str
    fields: tuple[Field, ...]


_GPU = Field("gpu", "Hardware", "A100, RTX 4090, TPU v4, 8xH100", list="hardware")
_COUNT = Field("count", "How many", "1", is_number=True)
_HOURS = Field("hours", "Hours, each run", "96, 3d, 2h30")
_LOCATION = Field("location", "Place", "France, Paris, LUMI, aws:us-east-1", list="places")
_YEAR = Field("year", "Year", "today", is_number=True)
_UTILIZATION = Field("utilization", "Utilization (mean power / TDP)", "by kind of training, such as 0.75")
_PUE = Field("pue", "PUE of the facility", "by place and kind of site, such as 1.2")
_INTENSITY = Field("grid_intensity", "Carbon intensity, g CO2e/kWh", "the place's own", is_number=True)

MAIN = (_GPU, _COUNT, _HOURS, _LOCATION, _YEAR)
GROUPS = (
    FieldGroup(
        "Size of the model, with the time or instead of it",
        (
            Field("params", "Parameters", "8B"),
            Field("tokens", "Tokens trained on", "15T"),
            Field("active_params", "Parameters in use per token", "all; fewer for a mixture of experts"),
            Field("flops", "Operations, instead of these", "1e21"),
            Field("mfu", "Model FLOPs utilization (MFU)", "0.4 is 40 %"),
            Field("precision", "Precision", choices=PRECISIONS),
            Field("architecture", "Architecture", choices=ARCHITECTURES),
        ),
    ),
    FieldGroup(
        "Power and utilization",
        (
            Field("power", "Measured mean power of one accelerator, W", "from nvidia-smi, say", is_number=True),
            _UTILIZATION,
            Field("workload", "Kind of training", choices=WORKLOADS),
            Field("host_power", "Power of the host per accelerator, W", "by class of hardware", is_number=True),
            Field("host_factor", "Node power / accelerator power", "instead of the host's power"),
        ),
    ),
    FieldGroup(
        "Facility and electricity",
        (_PUE, Field("site", "Kind of site", choices=SITES), _INTENSITY),
    ),
    FieldGroup(
        "Cloud instance, CPU and memory",
        (
            Field("instance", "Cloud instance type, instead of hardware", "p4d.24xlarge"),
            Field("cpu", "CPU model", "EPYC 7763"),
            Field("cpu_cores", "CPU cores in use", is_number=True),
            Field("memory_gb", "Memory in use, GB", is_number=True),
        ),
    ),
    FieldGroup(
        "Several runs",
        (
            Field("runs", "Identical runs", "1", is_number=True),
            Field("seeds", "Seeds of each run", "1", is_number=True),
            Field("failed_share", "Failed runs over all", "0.2 is 20 %", is_number=True),
            Field("gpu_hours", "Accelerator-hours in total, instead of hours", is_number=True),
        ),
    ),
)
ALTERNATIVE = tuple(
    field._replace(name=f"{WHAT_IF}{field.name}", hint="as above")
    for field in (_GPU, _COUNT, _HOURS, _LOCATION, _YEAR, _UTILIZATION, _PUE, _INTENSITY)
)
"""What may be otherwise beside the run; what is left blank stays as it is."""


def offered(catalogue: Catalogue, kind: str, word: str) -> list[str]:
    """List names that begin with a word, the shortest first, and then those that hold it.

    Parameters
    ----------
    kind : {'hardware', 'places'}
        Of what.
    word : str
        Case and punctuation do not count.
    """
    wanted = fold(word)
    if not wanted:
        return []
    names = _folded(catalogue, kind)
    begin = (name for folded, name in names.items() if folded.startswith(wanted))
    found = sorted(begin, key=lambda name: (len(name), name))[:MOST_OFFERED]
    more = (name for folded, name in names.items() if wanted in folded and name not in found)
    return [*found, *(name for _, name in zip(range(MOST_OFFERED - len(found)), more, strict=False))]


def listed(catalogue: Catalogue, kind: str) -> tuple[str, ...]:
    """List the names that a page offers by itself: towns, which are thousands, are left to `offered`."""
    return _hardware(catalogue) if kind == "hardware" else _places(catalogue)


@lru_cache(maxsize=8)
def _folded(catalogue: Catalogue, kind: str) -> Mapping[str, str]:
    names = listed(catalogue, kind)
    more = _aliases(catalogue) if kind == "hardware" else _towns(catalogue)
    return {fold(name): name for name in dict.fromkeys((*names, *more))}


@lru_cache(maxsize=4)
def _hardware(catalogue: Catalogue) -> tuple[str, ...]:
    families = (family.name for family in catalogue.hardware.families.values() if family.usual)
    devices = (device.name for device in catalogue.hardware.accelerators)
    return tuple(dict.fromkeys((*families, *devices)))


def _aliases(catalogue: Catalogue) -> Iterable[str]:
    return (alias for device in catalogue.hardware.accelerators for alias in device.aliases)


@lru_cache(maxsize=4)
def _places(catalogue: Catalogue) -> tuple[str, ...]:
    places = catalogue.places
    countries = (place.name for place in places.by_code.values() if place.kind == "country")
    parts = (
        f"{place.name}, {places.by_code[place.parent].name}"
        for place in places.by_code.values()
        if place.kind in ("state", "province") and place.parent in places.by_code
    )
    centres = (centre.name for centre in places.centres.values())
    return tuple(dict.fromkeys((*countries, *parts, *centres, *places.regions)))


def _towns(catalogue: Catalogue) -> Iterable[str]:
    places = catalogue.places
    for key, found in places.keys_by_name("city_names").items():
        codes, _, name = found.rpartition("|")
        if fold(name) == key:
            yield from (f"{name}, {places.by_code[code].name}" for code in codes.split(";") if code in places.by_code)
