"""Accelerators, CPUs and cloud instance types, found by name."""

import re
from collections.abc import Iterator
from functools import cached_property

from greentrain.catalogue import names
from greentrain.catalogue.devices import Accelerator, Cpu, Family, Instance
from greentrain.catalogue.memory import memory_power
from greentrain.catalogue.records import Figure
from greentrain.catalogue.tables import Row, Tables, listed, number
from greentrain.errors import AmbiguousName, UnknownName

_SEARCH_HINT = "'greentrain profiles WORD' searches the catalogue"
_FAMILY = "family:"
_MEMORY_IN_ID = re.compile(r"-\d+gb$")
_TPU_SLICE = re.compile(r"(?:tpu)?[\s_-]*(v2|v3|v4|v5p)-(\d{1,5})", re.IGNORECASE | re.ASCII)
_CORES_PER_CHIP = 2


class Hardware:
    """What is known of accelerators, CPUs, memory and cloud instance types.

    Parameters
    ----------
    tables : Tables
        Where the rows come from.
    """

    def __init__(self, tables: Tables) -> None:
        self._tables = tables
        self._read: dict[str, Accelerator] = {}

    @cached_property
    def _accelerator_rows(self) -> dict[str, Row]:
        return {row["id"]: row for row in self._tables.records("accelerators")}

    @cached_property
    def families(self) -> dict[str, Family]:
        """Names that cover several accelerators."""
        return {row["name"]: Family.from_row(row) for row in self._tables.records("families")}

    @cached_property
    def _accelerator_names(self) -> dict[str, str]:
        families = names.index(
            (_FAMILY + row["name"], [row["name"], *listed(row, "aliases")]) for row in self._tables.records("families")
        )
        return families | _index(self._accelerator_rows)

    @property
    def accelerators(self) -> Iterator[Accelerator]:
        """Every accelerator, in the order of the files."""
        return map(Accelerator.from_row, self._accelerator_rows.values())

    @cached_property
    def own_accelerators(self) -> frozenset[str]:
        """Ids of the accelerators that stand in the user's own profiles."""
        return frozenset(row["id"] for row in self._tables.own_records("accelerators"))

    def accelerator(self, key: str) -> Accelerator:
        """Give the accelerator with this exact id."""
        if key not in self._read:
            self._read[key] = Accelerator.from_row(self._accelerator_rows[key])
        return self._read[key]

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
            choices = {folded: target.removeprefix(_FAMILY) for folded, target in self._accelerator_names.items()}
            names.refuse(parameter, name, "accelerator", choices, _SEARCH_HINT)
        if not key.startswith(_FAMILY):
            return self.accelerator(key), None
        family = self.families[key.removeprefix(_FAMILY)]
        if not family.usual:
            raise AmbiguousName(parameter, name, "several accelerators have this name", family.members)
        return self.accelerator(family.usual), family

    @cached_property
    def _cpu_rows(self) -> dict[str, Row]:
        return {row["id"]: row for row in self._tables.records("cpus")}

    @property
    def cpus(self) -> Iterator[Cpu]:
        """Every CPU of our own table."""
        return map(Cpu.from_row, self._cpu_rows.values())

    def find_cpu(self, name: str) -> Cpu:
        """Find a CPU by id, name or alias in our own table, else by name in codecarbon's.

        Raises
        ------
        UnknownName
            When neither table has this name.
        """
        from greentrain.catalogue.codecarbon_cpus import codecarbon_cpu

        ours = _index(self._cpu_rows)
        key = ours.get(names.fold(name))
        found = Cpu.from_row(self._cpu_rows[key]) if key else codecarbon_cpu(name)
        if found is None:
            choices = {folded: self._cpu_rows[key]["name"] for folded, key in ours.items()}
            names.refuse("cpu", name, "CPU", choices, _SEARCH_HINT)
        return found

    @cached_property
    def _instance_rows(self) -> dict[str, Row]:
        return {names.fold(row["instance"]): row for row in self._tables.records("cloud_instances")}

    @property
    def instances(self) -> Iterator[Instance]:
        """Every cloud instance type."""
        return map(Instance.from_row, self._instance_rows.values())

    def find_instance(self, name: str) -> Instance:
        """Find a cloud instance type by its provider's name.

        Raises
        ------
        UnknownName
            When no provider's type has this name.
        """
        row = self._instance_rows.get(names.fold(name))
        if row is None:
            choices = {folded: row["instance"] for folded, row in self._instance_rows.items()}
            names.refuse("instance", name, "cloud instance type", choices, _SEARCH_HINT)
        return Instance.from_row(row)

    def find(self, name: str) -> Accelerator | Family | Cpu | Instance:
        """Find any profile by name: a family as such, an accelerator, a CPU or a cloud instance type.

        Raises
        ------
        UnknownName
            When nothing has this name.
        """
        folded = names.fold(name)
        key = self._accelerator_names.get(folded, "")
        if key.startswith(_FAMILY):
            return self.families[key.removeprefix(_FAMILY)]
        if key:
            return self.accelerator(key)
        if folded in self._instance_rows:
            return self.find_instance(name)
        try:
            return self.find_cpu(name)
        except UnknownName:
            choices = {known: target.removeprefix(_FAMILY) for known, target in self._accelerator_names.items()}
            choices |= {known: row["instance"] for known, row in self._instance_rows.items()}
            choices |= _index(self._cpu_rows)
            names.refuse("id", name, "profile", choices, _SEARCH_HINT)

    @cached_property
    def _defaults(self) -> dict[tuple[str, str, str], Figure]:
        rows = [*self._tables.records("power_defaults"), *self._tables.records("embodied_defaults")]
        return {
            (row["hardware_class"], row.get("workload", ""), row["parameter"]): Figure.from_row(row) for row in rows
        }

    def default(self, hardware_class: str, parameter: str) -> Figure:
        """Give our default of a parameter for a class of hardware, or the one for any class."""
        return self._defaults.get((hardware_class, "", parameter)) or self._defaults["any", "", parameter]

    def default_for_workload(self, hardware_class: str, workload: str, parameter: str) -> Figure | None:
        """Give our default of a parameter for a kind of training, where there is evidence for it."""
        return self._defaults.get((hardware_class, workload, parameter))

    @cached_property
    def _compute_defaults(self) -> dict[tuple[str, str], Figure]:
        rows = self._tables.records("compute_defaults")
        return {(row["precision"], row["parameter"]): Figure.from_row(row) for row in rows}

    def compute_default(self, precision: str, parameter: str) -> Figure:
        """Give our default of how training uses hardware at a precision."""
        return self._compute_defaults[precision, parameter]

    @cached_property
    def _nameplates(self) -> dict[str, tuple[float, str]]:
        """Highest power per accelerator [W] of the nodes that hold a module, and that node, by the module's id."""
        found: dict[str, tuple[float, str]] = {}
        for row in self._tables.records("nodes"):
            watts, devices = number(row, "nameplate_w"), number(row, "accelerators_per_node")
            if watts and devices and row["accelerator"]:
                key = _MEMORY_IN_ID.sub("", row["accelerator"])
                found[key] = max(found.get(key, (0.0, "")), (watts / devices, row["name"]))
        return found

    def nameplate(self, key: str) -> tuple[float, str] | None:
        """Give the highest power of a node per accelerator [W] and the node's name; memory size does not count."""
        return self._nameplates.get(_MEMORY_IN_ID.sub("", key))

    def memory_power(self, memory_gb: float) -> Figure:
        """Give the power per gigabyte of a machine with so much memory. [W/GB]"""
        return memory_power(self._tables, memory_gb)


def _refuse_slice(parameter: str, name: str) -> None:
    """Refuse the name of a TPU slice, whose number counts cores where ours count chips."""
    found = _TPU_SLICE.fullmatch(name.strip())
    if found:
        chips, device = int(found[2]) // _CORES_PER_CHIP, f"tpu-{found[1].lower()}"
        rule = f"is a slice of {found[2]} cores on {chips} chips; give {{gpu}} {device} and {{count}} {chips}"
        raise UnknownName(parameter, name, rule)


def _index(rows: dict[str, Row]) -> dict[str, str]:
    return names.index((key, [key, row["name"], *listed(row, "aliases")]) for key, row in rows.items())
