"""Accelerators, CPUs, memory and cloud instance types, found by name."""

from __future__ import annotations

from functools import cache, cached_property, partial
from itertools import pairwise
from math import log

from greentrain.catalogue import names
from greentrain.catalogue.records import Accelerator, Cpu, Family, Figure, Instance, NamedAccelerators, rented_cpu
from greentrain.catalogue.table_files import Records, read_record, triple
from greentrain.elementwise import interpolated, is_array, log_and_exp
from greentrain.errors import AmbiguousName, UnknownName, is_latin
from greentrain.interval import Interval, exact
from greentrain.light_typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from typing import Any

    from greentrain.catalogue.accelerator_facts import NotThat
    from greentrain.catalogue.table_files import Row
    from greentrain.catalogue.tables import Tables

_NOT_IN_NAMES = frozenset("!\"#$%&'*+./:;<=>?@[\\]^`{|}~")
"""Punctuation that no name has: what holds it is not taken for a name without it."""
_WITHOUT_BRACKETS = str.maketrans("", "", "()")


def device_name(profile: Accelerator, family: str | None) -> str:
    """Name a device by what the user said of it: a family's name with the member that it was taken as.

    Parameters
    ----------
    profile : Accelerator
        The device, or the usual one of the family.
    family : str or None
        The family's name; None where the device itself was named.

    Returns
    -------
    str
        The profile's name, or ``NVIDIA A100 (taken as SXM4 40GB)``: nobody named the part in brackets.
    """
    if family is None:
        return profile.name
    words = profile.name.translate(_WITHOUT_BRACKETS).split()
    named = family.casefold().split()
    first = next((place for place, word in enumerate(words) if word.casefold().startswith(tuple(named))), 0)
    added = [word for word in words[first:] if word.casefold() not in named]
    return f"{' '.join([*words[:first], family])} (taken as {' '.join(added)})"


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
        found = self.read_accelerator(name, parameter)
        if found.number is not None or found.fraction != 1:
            names.refuse(parameter, name, "accelerator", {}, names.SEARCH_HINT)
        return found.profile, found.family

    def read_accelerator(self, text: str, parameter: str = "gpu") -> NamedAccelerators:
        """Read accelerators as people write them: a name with a count, a vendor, a memory or a slice around it.

        Parameters
        ----------
        text : str
            For example ``8 x NVIDIA A100-SXM4-80GB``, ``T4 (Google Colab)``, ``A100 1g.5gb`` or ``TPU v4-512``.
        parameter : str, optional
            The parameter to name in an error.

        Raises
        ------
        UnknownName
            When nothing has this name, or several devices are named; names that stand in the text, else the nearest
            ones, are suggested, none is taken.
        AmbiguousName
            When the name covers several devices and none of them is the usual one.
        """
        key = self.key_of(text) if _NOT_IN_NAMES.isdisjoint(text) and text[-2:] not in (" x", " X") else None
        if key is not None:
            return NamedAccelerators(*self._named(key, text, parameter), None, 1.0)
        names.refuse_long(parameter, text, "accelerator")
        from greentrain.catalogue.accelerator_facts import NotThat  # these cost as much as the whole estimate
        from greentrain.catalogue.accelerator_names import read_accelerator_words

        try:
            return read_accelerator_words(self, text)
        except NotThat as reason:
            raise self._refused_accelerator(text, parameter, reason) from None

    def is_unknown(self, parameter: str, name: str) -> bool:
        """Return whether nothing has a name that is on record, without a search for what may be meant by it.

        Parameters
        ----------
        parameter : {'gpu', 'cpu'}
            What the name is of.
        name : str
            The name, as a driver or the system spells it.
        """
        if names.is_long(name):
            return True
        if parameter == "cpu":
            return self._known_cpu(name) is None
        if self.key_of(name) is not None:
            return False
        from greentrain.catalogue.accelerator_facts import NotThat
        from greentrain.catalogue.accelerator_names import read_accelerator_words

        try:
            read_accelerator_words(self, name)
        except NotThat as reason:
            return not reason.is_ambiguous and not reason.rule
        return False

    def key_of(self, name: str) -> str | None:
        """Return the id of the accelerator, or the key of the family, that has exactly this name."""
        return self._accelerator_names.get(names.fold(name))

    def system(self, name: str) -> tuple[str, int] | None:
        """Return the accelerator's id and number of a system that NVIDIA sells, such as ``DGX-2``."""
        found: tuple[str, int] | None = self._tables.lookup("systems").get(names.fold(name))
        return found

    def _named(self, key: str, text: str, parameter: str) -> tuple[Accelerator, Family | None]:
        if not key.startswith(names.FAMILY):
            return self.accelerator(key), None
        family = self.families[key.removeprefix(names.FAMILY)]
        if not family.usual:
            raise AmbiguousName(parameter, text, "several accelerators have this name", family.members)
        return self.accelerator(family.usual), family

    def _refused_accelerator(self, text: str, parameter: str, reason: NotThat) -> UnknownName | AmbiguousName:
        if reason.is_ambiguous:
            return AmbiguousName(parameter, text, reason.rule, reason.suggestions)
        if reason.rule:
            return UnknownName(parameter, text, reason.rule, reason.suggestions)
        from greentrain.catalogue.suggestions import near_accelerators, why_no_accelerator

        if rule := why_no_accelerator(self, text):
            return UnknownName(parameter, text, rule)
        choices = {folded: target.removeprefix(names.FAMILY) for folded, target in self._accelerator_names.items()}
        near = near_accelerators(text, choices)
        rule = "unknown accelerator" if near else f"unknown accelerator; {names.SEARCH_HINT}"
        if not is_latin(text):
            rule = "unknown accelerator (it has characters outside ASCII)"
        return UnknownName(parameter, text, rule, near)

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
        names.refuse_long("cpu", name, "CPU")
        found = self._known_cpu(name)
        if found is None:
            raise self._unknown_cpu(name)
        return found

    def _known_cpu(self, name: str) -> Cpu | None:
        key = self._tables.lookup("cpu_names").get(names.fold(name))
        if key:
            return self._cpus[key]
        from greentrain.catalogue.cpu_names import find_cpu_in_words, hides_its_model

        found = codecarbon_cpu(name) or find_cpu_in_words(name, self._exact_cpu)
        return rented_cpu(name.strip()) if found is None and hides_its_model(name) else found

    def _exact_cpu(self, name: str) -> Cpu | None:
        key = self._tables.lookup("cpu_names").get(names.fold(name))
        return self._cpus[key] if key else codecarbon_cpu(name)

    def _unknown_cpu(self, name: str) -> UnknownName:
        from greentrain.catalogue.suggestions import near_cpus, what_unknown_means

        choices = {folded: self._cpus[key].name for folded, key in self._tables.lookup("cpu_names").items()}
        near = near_cpus(name, choices)
        rule = "unknown CPU" if near else f"unknown CPU; {names.SEARCH_HINT}{what_unknown_means(name)}"
        if not is_latin(name):
            rule = "unknown CPU (it has characters outside ASCII)"
        return UnknownName("cpu", name, rule, near)

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
        return self.read_instance(name)[0]

    def read_instance(self, text: str) -> tuple[Instance, int | None]:
        """Read a cloud instance type as people write it: its name with a provider or a count around it.

        Returns
        -------
        Instance
            The type.
        int or None
            How many the text counts; None where it states none. [1]

        Raises
        ------
        UnknownName
            When no provider's type has this name.
        """
        found = self.instance(text)
        if found is not None:
            return found, None
        names.refuse_long("instance", text, "cloud instance type")
        from greentrain.catalogue.accelerator_facts import NotThat
        from greentrain.catalogue.instance_names import read_instance, why_no_instance
        from greentrain.catalogue.suggestions import near_instances, what_unknown_means

        try:
            return read_instance(self, text)
        except NotThat as reason:
            told = reason.rule or why_no_instance(self, text)
        if told:
            raise UnknownName("instance", text, told)
        near = near_instances(text, {folded: kind.instance for folded, kind in self._instances.items()})
        hint = "" if near else f"; {names.SEARCH_HINT}{what_unknown_means(text)}"
        raise UnknownName("instance", text, f"unknown cloud instance type{hint}", near)

    def instance(self, name: str) -> Instance | None:
        """Return the instance type with this name, which may lack Azure's prefix or have SageMaker's."""
        return self._instances.get(names.fold(name)) or self._instances.get(names.fold(_full_instance_name(name)))

    def find(self, name: str) -> Accelerator | Family | Cpu | Instance:
        """Find any profile by name: a family as such, an accelerator, a CPU or a cloud instance type.

        Raises
        ------
        UnknownName
            When nothing has this name.
        AmbiguousName
            When several devices have it.
        """
        names.refuse_long("id", name, "profile")
        if (key := self.key_of(name)) and _NOT_IN_NAMES.isdisjoint(name):
            return (
                self.families[key.removeprefix(names.FAMILY)] if key.startswith(names.FAMILY) else self.accelerator(key)
            )
        if found := self.instance(name) or self._exact_cpu(name):
            return found
        refused: list[UnknownName] = []
        for find in (self._accelerator_or_family, self.find_instance, self.find_cpu):
            try:
                return find(name)
            except UnknownName as error:
                refused.append(error)
        near = tuple(dict.fromkeys(suggestion for error in refused for suggestion in error.suggestions))
        told = next((error.rule for error in refused if not error.rule.startswith("unknown ")), "unknown profile")
        raise UnknownName(
            "id", name, told if near or told != "unknown profile" else f"{told}; {names.SEARCH_HINT}", near
        )

    def _accelerator_or_family(self, name: str) -> Accelerator | Family:
        found = self.read_accelerator(name, "id")
        return found.family or found.profile

    @cached_property
    def _defaults(self) -> Mapping[tuple[str, str, str], Figure]:
        return Records(self._tables.lookup("defaults"), Figure.from_row)

    @cached_property
    def own_defaults(self) -> frozenset[tuple[str, str]]:
        """Hardware class and parameter of the defaults that are from the user's own profiles."""
        own = self._tables.own_records("power_defaults")
        return frozenset((row["hardware_class"], row["parameter"]) for row in own)

    def default(self, hardware_class: str, parameter: str) -> Figure:
        """Return our default of a parameter for a class of hardware, or the one for any class."""
        return self._defaults.get((hardware_class, "", parameter)) or self._defaults["any", "", parameter]

    def default_for_workload(self, hardware_class: str, workload: str, parameter: str) -> Figure | None:
        """Return our default of a parameter for a kind of training, where there is evidence for it."""
        return self._defaults.get((hardware_class, workload, parameter))

    @cached_property
    def _compute_defaults(self) -> Mapping[tuple[str, str, str], Figure]:
        return Records(self._tables.lookup("compute_defaults"), Figure.from_row)

    def compute_default(self, precision: str, parameter: str, family: str = "") -> Figure:
        """Return our default of how training uses hardware at a precision."""
        known = self._compute_defaults
        return known.get((precision, family, parameter)) or known[precision, "", parameter]

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


def _full_instance_name(name: str) -> str:
    """Take SageMaker's prefix off a name of AWS, and put Azure's before one that is written without."""
    plain = name.strip()
    return plain[3:] if plain.casefold().startswith("ml.") else f"Standard_{plain}"


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
        if is_array(memory_gb):
            return self._at_each(memory_gb)
        if memory_gb <= points[0][0]:
            return _figure(points[0][1], points[0][2])
        for (size_0, value_0, row), (size_1, value_1, _) in pairwise(points):
            if memory_gb < size_1:
                share = log(memory_gb / size_0) / log(size_1 / size_0)
                between = (low_0 * (low_1 / low_0) ** share for low_0, low_1 in zip(value_0, value_1, strict=True))
                return _figure(Interval(*between), row)
        return _figure(points[-1][1], points[-1][2])

    def _at_each(self, memory_gb: Any) -> Figure:
        """Return the power for an array of sizes: a straight line between the logarithms of size and power."""
        every = [[(size, log(value[end])) for size, value, _ in self._points] for end in range(3)]
        _, exp = log_and_exp(memory_gb)
        return _figure(Interval(*(exp(interpolated(points, memory_gb, log)) for points in every)), self._points[0][2])


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
                    name = row["Name"].replace("\xa0", " ").encode("ascii", "ignore").decode()  # it has invisible marks
                    found.setdefault(names.fold(name), (name, tdp_w))
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
