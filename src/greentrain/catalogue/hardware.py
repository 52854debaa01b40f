"""Accelerators, CPUs, memory and cloud instance types, found by name."""

from __future__ import annotations

from functools import cache, cached_property, partial
from itertools import pairwise
from math import log

from greentrain.catalogue import names
from greentrain.catalogue.records import Accelerator, Cpu, Family, Figure, Instance
from greentrain.catalogue.table_files import Records, read_record, triple
from greentrain.errors import AmbiguousName, UnknownName
from greentrain.interval import Interval, exact
from greentrain.light_typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from greentrain.catalogue.table_files import Row
    from greentrain.catalogue.tables import Tables

_SEARCH_HINT = "'greentrain profiles WORD' searches the catalogue"
_TPU_SLICE = r"(?:tpu)?[\s_-]*(v2|v3|v4|v5p)-(\d{1,5})"
TPU_CORES_PER_CHIP = 2
"""Of the generations that are counted in cores: v2, v3, v4 and v5p. [1]"""


class Hardware:
    """What is known of accelerators, CPUs, memory and cloud instance types.

    Parameters
    ----------
    tables : Tables
        Where the rows come from.
    """

    def __init__(self, tables: Tables) -> None:
        self._tables = tables

    @cached_property
    def _accelerators(self) -> Mapping[str, Accelerator]:
        return Records(self._tables.lookup("accelerators"), partial(read_record, Accelerator))

    @cached_property
    def families(self) -> Mapping[str, Family]:
        """Names that cover several accelerators."""
        return Records(self._tables.lookup("families"), partial(read_record, Family))

    @property
    def _accelerator_names(self) -> Mapping[str, str]:
        return self._tables.lookup("accelerator_names")

    @property
    def accelerators(self) -> Iterable[Accelerator]:
        """Every accelerator, in the order of the files."""
        return self._accelerators.values()

    @cached_property
    def own_accelerators(self) -> frozenset[str]:
        """Ids of the accelerators in the user's own profiles."""
        return frozenset(row["id"] for row in self._tables.own_records("accelerators"))

    def accelerator(self, key: str) -> Accelerator:
        """Return the accelerator with this exact id."""
        return self._accelerators[key]

    def find_accelerator(self, name: str, parameter: str = "gpu") -> tuple[Accelerator, Family | None]:
        """Find an accelerator by id, name or alias.

        Parameters
        ----------
        name : str
            Any spelling in the catalogue; case and punctuation do not count.
        parameter : str, optional
            The parameter to name in an error.

        Returns
        -------
        Accelerator
            The device, or the usual one of a family.
        Family or None
            The family, when the name covers several devices.

        Raises
        ------
        UnknownName
            When nothing has this name; the nearest names are suggested, none is taken.
        AmbiguousName
            When the name covers several devices and none of them is the usual one.
        """
        key = self._accelerator_names.get(names.fold(name))
        if key is None:
            _refuse_slice(parameter, name)
            choices = {folded: target.removeprefix(names.FAMILY) for folded, target in self._accelerator_names.items()}
            names.refuse(parameter, name, "accelerator", choices, _SEARCH_HINT)
        if not key.startswith(names.FAMILY):
            return self.accelerator(key), None
        family = self.families[key.removeprefix(names.FAMILY)]
        if not family.usual:
            raise AmbiguousName(parameter, name, "several accelerators have this name", family.members)
        return self.accelerator(family.usual), family

    @cached_property
    def _cpus(self) -> Mapping[str, Cpu]:
        return Records(self._tables.lookup("cpus"), partial(read_record, Cpu))

    @property
    def cpus(self) -> Iterable[Cpu]:
        """Every CPU of our own table."""
        return self._cpus.values()

    def find_cpu(self, name: str) -> Cpu:
        """Find a CPU by id, name or alias in our own table, else by name in codecarbon's.

        Raises
        ------
        UnknownName
            When neither table has this name.
        """
        key = self._tables.lookup("cpu_names").get(names.fold(name))
        if key:
            return self._cpus[key]
        found = codecarbon_cpu(name)
        if found is None:
            choices = {folded: self._cpus[key].name for folded, key in self._tables.lookup("cpu_names").items()}
            names.refuse("cpu", name, "CPU", choices, _SEARCH_HINT)
        return found

    @cached_property
    def _instances(self) -> Mapping[str, Instance]:
        """Cloud instance types by their folded names."""
        return Records(self._tables.lookup("instances"), partial(read_record, Instance))

    @property
    def instances(self) -> Iterable[Instance]:
        """Every cloud instance type."""
        return self._instances.values()

    def find_instance(self, name: str) -> Instance:
        """Find a cloud instance type by its provider's name.

        Raises
        ------
        UnknownName
            When no provider's type has this name.
        """
        found = self._instances.get(names.fold(name))
        if found is None:
            choices = {folded: kind.instance for folded, kind in self._instances.items()}
            names.refuse("instance", name, "cloud instance type", choices, _SEARCH_HINT)
        return found

    def find(self, name: str) -> Accelerator | Family | Cpu | Instance:
        """Find any profile by name: a family as such, an accelerator, a CPU or a cloud instance type.

        Raises
        ------
        UnknownName
            When nothing has this name.
        """
        folded = names.fold(name)
        key = self._accelerator_names.get(folded, "")
        if key.startswith(names.FAMILY):
            return self.families[key.removeprefix(names.FAMILY)]
        if key:
            return self.accelerator(key)
        if folded in self._instances:
            return self._instances[folded]
        try:
            return self.find_cpu(name)
        except UnknownName:
            choices = {known: target.removeprefix(names.FAMILY) for known, target in self._accelerator_names.items()}
            choices |= {known: kind.instance for known, kind in self._instances.items()}
            choices |= self._tables.lookup("cpu_names")
            names.refuse("id", name, "profile", choices, _SEARCH_HINT)

    @cached_property
    def _defaults(self) -> Mapping[tuple[str, str, str], Figure]:
        return Records(self._tables.lookup("defaults"), Figure.from_row)

    def default(self, hardware_class: str, parameter: str) -> Figure:
        """Return our default of a parameter for a class of hardware, or the one for any class."""
        return self._defaults.get((hardware_class, "", parameter)) or self._defaults["any", "", parameter]

    def default_for_workload(self, hardware_class: str, workload: str, parameter: str) -> Figure | None:
        """Return our default of a parameter for a kind of training, where there is evidence for it."""
        return self._defaults.get((hardware_class, workload, parameter))

    @cached_property
    def _compute_defaults(self) -> Mapping[tuple[str, str], Figure]:
        return Records(self._tables.lookup("compute_defaults"), Figure.from_row)

    def compute_default(self, precision: str, parameter: str) -> Figure:
        """Return our default of how training uses hardware at a precision."""
        return self._compute_defaults[precision, parameter]

    def nameplate(self, key: str) -> tuple[float, str] | None:
        """Return the highest power of a node per accelerator [W] and the node's name; memory size does not count."""
        found: tuple[float, str] | None = self._tables.lookup("nameplates").get(names.without_memory(key))
        return found

    @cached_property
    def _memory(self) -> MemoryPower:
        return MemoryPower(self._tables)

    def memory_power(self, memory_gb: float) -> Figure:
        """Return the power per gigabyte of a machine with so much memory. [W/GB]"""
        return self._memory.at(memory_gb)


def _refuse_slice(parameter: str, name: str) -> None:
    """Refuse the name of a TPU slice, whose number counts cores where ours count chips."""
    import re  # not loaded for a name that is known

    found = re.fullmatch(_TPU_SLICE, name.strip(), re.IGNORECASE | re.ASCII)
    if found:
        chips, device = int(found[2]) // TPU_CORES_PER_CHIP, f"tpu-{found[1].lower()}"
        rule = f"is a slice of {found[2]} cores on {chips} chips; give {{gpu}} {device} and {{count}} {chips}"
        raise UnknownName(parameter, name, rule)


class MemoryPower:
    """Power per gigabyte of machines with so much memory, by the sizes of memory.csv.

    Between two sizes it falls as a power of the size, so that more memory never draws less; below the smallest and
    above the largest it is theirs. The user's own sizes replace the shipped ones.

    Parameters
    ----------
    tables : Tables
        Where the rows come from.
    """

    def __init__(self, tables: Tables) -> None:
        rows = [*tables.own_records("memory")] or [*tables.lookup("memory").values()]
        self._points = sorted((float(row["memory_gb"]), _value(row), row) for row in rows)

    def at(self, memory_gb: float) -> Figure:
        """Return the power per gigabyte of a machine with so much memory. [W/GB]

        Parameters
        ----------
        memory_gb : float
            Memory of the machine. [GB]
        """
        points = self._points
        if memory_gb <= points[0][0]:
            return _figure(points[0][1], points[0][2])
        for (size_0, value_0, row), (size_1, value_1, _) in pairwise(points):
            if memory_gb < size_1:
                share = log(memory_gb / size_0) / log(size_1 / size_0)
                between = (low_0 * (low_1 / low_0) ** share for low_0, low_1 in zip(value_0, value_1, strict=True))
                return _figure(Interval(*between), row)
        return _figure(points[-1][1], points[-1][2])


def _value(row: Row) -> Interval:
    value = triple(row, "low_w_per_gb", "w_per_gb", "high_w_per_gb")
    assert value is not None, row
    return value


def _figure(value: Interval, row: Row) -> Figure:
    return Figure(value, "W/GB", "default", row["source"], row.get("notes", ""))


@cache
def codecarbon_cpu_tdp_w() -> dict[str, tuple[str, float]]:
    """Read the name and TDP [W] of each CPU of codecarbon's table, by folded name.

    Importing codecarbon would cost more than the whole estimate, so its file is read. That file is private to
    codecarbon: its absence is an ordinary answer, not an error. Malformed and zero values are left out.
    """
    import csv  # these three are not loaded for a CPU of our own table
    from importlib.util import find_spec
    from pathlib import Path

    spec = find_spec("codecarbon")
    folders = list(spec.submodule_search_locations or ()) if spec else []
    files = [Path(folder) / "data" / "hardware" / "cpu_power.csv" for folder in folders]
    found: dict[str, tuple[str, float]] = {}
    for file in filter(Path.exists, files):
        with file.open(newline="", encoding="utf-8") as lines:
            for row in csv.DictReader(lines):
                tdp_w = _watts(row["TDP"])
                if tdp_w:
                    found.setdefault(names.fold(row["Name"]), (row["Name"], tdp_w))
    return found


def codecarbon_cpu(name: str) -> Cpu | None:
    """Find a CPU of codecarbon's table by its exact name, case and punctuation aside."""
    found = codecarbon_cpu_tdp_w().get(names.fold(name))
    if found is None:
        return None
    full_name, tdp_w = found
    return Cpu(names.fold(full_name), full_name, "", "", (), exact(tdp_w), None, "codecarbon", "partial", "")


def _watts(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None
