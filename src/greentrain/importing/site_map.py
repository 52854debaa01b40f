"""A site's map (TOML): what its types of GPUs, partitions and nodes are, where they stand, and what its meters read."""

import os
import tomllib
from collections.abc import Callable, Iterable, Iterator, Mapping
from fnmatch import fnmatchcase
from fractions import Fraction
from functools import lru_cache
from pathlib import Path
from typing import Any

from greentrain.catalogue import Catalogue, load_catalogue
from greentrain.catalogue.names import nearest
from greentrain.errors import DataError, InputError, either
from greentrain.importing.file_clock import zone_named
from greentrain.importing.foreign_file import ForeignFile
from greentrain.importing.foreign_run import ForeignRun, ReadOptions
from greentrain.importing.formats import UnknownForm, format_of, name_or_columns
from greentrain.importing.gate import KnownDevice, MappedNode, known_device
from greentrain.importing.home_copy import files_in
from greentrain.importing.values import node_names
from greentrain.numbers import counted
from greentrain.record import Record

_LARGEST_BYTES, _MOST_NODES = 1 << 20, 10_000
_SITE = ("location", "pue", "time_zone")
_GPU = ("device", "share")
_NODE = ("gpu", "gpus_per_node", "cpus_per_node", "node_max_w", "node_idle_w", "cpu", "location", "pue")
_TABLES = {"site": _SITE, "energy": ("source",), "gpu": _GPU, "partition": _NODE, "node": _NODE}
_PLAIN = ("site", "energy")
_SOURCES = ("node", "cpu", "ignore")
_NUMBERS = ("pue", "gpus_per_node", "cpus_per_node", "node_max_w", "node_idle_w")
_IGNORED = "The site's map says that its energies are none of the nodes': hardware and time are estimated."
_OF_CPU = "The site's map says that its energy is that of the CPUs alone."


class SiteMap(Record):
    """What a site says of itself; whatever is missing stays as the file has it.

    Attributes
    ----------
    tables : mapping
        As the file has them, checked.
    """

    tables: Mapping[str, Any]

    @property
    def time_zone(self) -> str | None:
        """That of times without one."""
        found = self.tables.get("site", {}).get("time_zone")
        return found if isinstance(found, str) else None

    @property
    def location(self) -> str | None:
        """Where the site is."""
        found = self.tables.get("site", {}).get("location")
        return found if isinstance(found, str) else None

    def words_of(self, run: ForeignRun) -> tuple[str | None, ...]:
        """Return the words of a run that decide which of the map's rules are about it."""
        return (
            run.partition if "partition" in self.tables else None,
            run.hosts if "node" in self.tables else None,
        )

    def of(self, run: ForeignRun) -> Mapping[str, Any]:
        """Return what is known of the nodes of a run: of its nodes by name, else of its partition."""
        rules = self.tables.get("node", {}).items()
        host = run.hosts or ""
        by_node: Mapping[str, Any] = next((rule for pattern, rule in rules if host and _is_among(host, pattern)), {})
        by_partition = self.tables.get("partition", {}).get(run.partition or "", {})
        return {**by_partition, **by_node}

    def pue(self, run: ForeignRun) -> float | None:
        """Return the PUE of where a run ran."""
        found = self.of(run).get("pue", self.tables.get("site", {}).get("pue"))
        return None if found is None else float(found)

    def devices(self, run: ForeignRun, catalogue: Catalogue, usual: str) -> tuple[KnownDevice, ...]:
        """Return the accelerators of a run; one without a type is what its nodes have, or else the usual one."""
        usual = str(self.of(run).get("gpu", usual))
        return tuple(self._device(written, usual, number, catalogue) for written, number in run.accelerators.items())

    def _device(self, written: str, usual: str, number: float, catalogue: Catalogue) -> KnownDevice:
        kind = written or usual
        rules = self.tables.get("gpu", {})
        rule = rules.get(kind) or rules.get(kind.partition(":")[0], {})
        found = known_device(written, number, catalogue, str(rule.get("device") or kind))
        return found._replace(fraction=float(Fraction(str(rule["share"])))) if "share" in rule else found

    def node(self, run: ForeignRun) -> MappedNode:
        """Return what one node of a run has and can draw."""
        rule = self.of(run)
        names = ("node_idle_w", "node_max_w", "gpus_per_node", "cpus_per_node")
        return MappedNode(*(None if rule.get(name) is None else float(rule[name]) for name in names))

    def apply(self, run: ForeignRun) -> ForeignRun:
        """Return a run whose energy and CPU are what the site says of them."""
        if not self.tables:
            return run
        source = self.tables.get("energy", {}).get("source", "node")
        cpu = run.cpu or self.of(run).get("cpu")
        if run.boundary != "node" or run.measured_energy_kwh is None or source == "node":
            return run._replace(cpu=cpu)
        if source == "cpu" and not run.accelerators:
            energy = {"cpu": run.measured_energy_kwh}
            return run._replace(cpu=cpu, energy_kwh=energy, boundary="parts", notes=(*run.notes, _OF_CPU))
        return run._replace(cpu=cpu, energy_kwh={}, measured_energy_kwh=None, notes=(*run.notes, _IGNORED))


@lru_cache(maxsize=1 << 16)
def _is_among(listed: str, pattern: str) -> bool:
    """Whether all nodes of a list are of those that a map names, as a list too or with ``*`` and ``?``."""
    if listed == pattern:
        return True
    nodes = node_names(listed, _MOST_NODES)
    if any(mark in pattern for mark in ("*", "?", "[[]")):
        return fnmatchcase(listed, pattern) or (bool(nodes) and all(fnmatchcase(node, pattern) for node in nodes))
    return bool(nodes) and {*nodes} <= {*node_names(pattern, _MOST_NODES)}


def read_site_map(path: str, catalogue: Catalogue) -> SiteMap:
    """Read a map.

    Raises
    ------
    InputError
        If it cannot be read.
    DataError
        Naming the table, the value, the rule that it breaks and the nearest names.
    """
    try:
        with Path(path).open("rb") as file:
            content = file.read(_LARGEST_BYTES + 1)
        tables = tomllib.loads(content.decode()) if len(content) <= _LARGEST_BYTES else None
    except OSError as error:
        raise InputError("map", path, f"cannot be read: {error.strerror}") from None
    except (ValueError, RecursionError) as error:
        raise DataError(path, f"is no TOML: {error}") from None
    if tables is None:
        raise DataError(path, f"has more than {_LARGEST_BYTES:,} bytes")
    for name, table in tables.items():
        _check_table(path, name, table)
    site = SiteMap(tables)
    _check_names(path, site, catalogue)
    return site


def _check_table(path: str, name: str, table: object) -> None:
    if name not in _TABLES:
        raise DataError(path, f"has a table {name!a}: {either(tuple(_TABLES))} are known{_advice(name, _TABLES)}")
    if not isinstance(table, dict):
        raise DataError(path, f"{name} must be a table")
    for where, rule in _rules({name: table}):
        if not isinstance(rule, dict):
            raise DataError(path, f"{name} needs a table for each, such as [{where}]")
        for item, value in rule.items():
            if item not in _TABLES[name]:
                known = f"{either(_TABLES[name])} are known{_advice(item, _TABLES[name])}"
                raise DataError(path, f"{where} has {item!a}: {known}")
            if broken := _broken_rule(item, value):
                raise DataError(path, f"{where}.{item} = {value!r}: {broken}")


def _rules(tables: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """Yield each table with rules, and what TOML calls it."""
    for name, table in tables.items():
        if name in _PLAIN:
            yield name, table
        else:
            yield from ((f"{name}.{_quoted(key)}", rule) for key, rule in table.items())


def _advice(word: str, known: Iterable[str]) -> str:
    """Suggest the nearest of known words."""
    found = nearest(word, {name: name for name in known})
    return f"; did you mean {either(found)}?" if found else ""


def _broken_rule(item: str, value: Any) -> str | None:
    """Return the rule that a value breaks by itself."""
    is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
    if item in _NUMBERS:
        if not (is_number and 0 < float(value) < 1e9):
            return f"{item} must be a number above 0"
        return "pue must be 1 or more" if item == "pue" and float(value) < 1 else None
    if item == "share":
        is_written = is_number or isinstance(value, str)
        return None if is_written and _is_share(str(value)) else "share must be a part of a board, such as 3/7"
    if not isinstance(value, str):
        return f"{item} must be text"
    return f"source must be {either(_SOURCES)}" if item == "source" and value not in _SOURCES else None


def _is_share(text: str) -> bool:
    try:
        return len(text) < 20 and 0 < Fraction(text) <= 1
    except (ValueError, ZeroDivisionError):
        return False


def _check_names(path: str, site: SiteMap, catalogue: Catalogue) -> None:
    """Find whatever the map names: a name that nothing has would change numbers without a word.

    Raises
    ------
    DataError
        With the table, the value and the nearest names.
    """
    types = site.tables.get("gpu", {})
    for where, rule in _rules(site.tables):
        for item, find in _FINDERS.items():
            if item not in rule or (item == "gpu" and rule[item] in types):
                continue
            try:
                find(rule[item], catalogue)
            except InputError as error:
                near = error.suggestions or (
                    nearest(rule[item], {name: name for name in types}) if item == "gpu" else ()
                )
                advice = f"; did you mean {either(near)}?" if near else ""
                raise DataError(path, f"{where}.{item} = {rule[item]!r}: {error.spelled_rule(str)}{advice}") from None
        idle, most = (rule.get(name) for name in ("node_idle_w", "node_max_w"))
        if idle is not None and most is not None and idle > most:
            raise DataError(path, f"{where}.node_idle_w = {idle:g}: must be at most node_max_w, {most:g}")


def _find_device(name: str, catalogue: Catalogue) -> None:
    """Find what one accelerator is called, also by a type of Slurm's."""
    is_known = known_device(name, 1.0, catalogue).profile is not None
    try:
        number = catalogue.hardware.read_accelerator(name).number
    except InputError:
        if not is_known:
            raise
        number = None
    if number is not None:
        raise InputError("device", name, f"means {number} of them, and a device is one")


_FINDERS: Mapping[str, Callable[[str, Catalogue], object]] = {
    "device": _find_device,
    "gpu": _find_device,
    "cpu": lambda name, catalogue: catalogue.hardware.find_cpu(name),
    "location": lambda name, catalogue: catalogue.places.find(name),
    "time_zone": lambda name, _: zone_named(name),
}
"""How the names of each key are found; each raises an `InputError` of one that nothing has."""


def suggest_map(paths: str | os.PathLike[str] | Iterable[str | os.PathLike[str]], *, format: str | None = None) -> str:
    """Write a first site's map, TOML, of the types of GPUs and the partitions that files name.

    Parameters
    ----------
    paths : path or iterable of paths
        Files, and folders of files.
    format : str, optional
        As that of `import_runs`.
    """
    return suggested_map(_foreign_runs(paths, format), load_catalogue())


def _foreign_runs(paths: Any, format: str | None) -> Iterator[ForeignRun]:
    name, columns = name_or_columns(format)
    for path, is_named in files_in(paths):
        try:
            file = ForeignFile(path)
            yield from format_of(file, name).read(file, ReadOptions(None, columns))
        except UnknownForm:
            if is_named:
                raise


def suggested_map(runs: Iterable[ForeignRun], catalogue: Catalogue) -> str:
    """Write a first map of the types and partitions that runs have, to be corrected by hand."""
    types: dict[str, float] = {}
    boards: set[str] = set()
    partitions: dict[str, dict[str, Any]] = {}
    for run in runs:
        hours = (run.duration_seconds or 0.0) / 3600
        rule = partitions.setdefault(run.partition or "", {"gpus": 0.0, "cpus": 0.0, "types": set(), "runs": 0})
        nodes = max(1, run.nodes)
        for written, number in run.accelerators.items():
            if written not in types and known_device(written, 1.0, catalogue).fraction == 1:
                boards.add(written)
            types[written] = types.get(written, 0.0) + number * hours
        whole = {written: number for written, number in run.accelerators.items() if written in boards}
        rule["runs"] += 1
        rule["gpus"] = max(rule["gpus"], sum(whole.values()) / nodes)
        rule["cpus"] = max(rule["cpus"], (run.cpu_cores or 0.0) / nodes)
        rule["types"] |= whole.keys()
    return "\n".join([*_head(), *_gpus(types, catalogue), *_partitions(partitions)]) + "\n"


def _head() -> Iterator[str]:
    yield "# A map for 'greentrain import --map': correct what is guessed, fill what is known, delete the rest."
    yield "[site]"
    yield '# location = "DE"'
    yield "# pue = 1.2"
    yield '# time_zone = "Europe/Berlin"'
    yield "\n[energy]"
    yield 'source = "node"  # or "cpu" where Slurm reads RAPL alone, or "ignore"'


def _gpus(types: Mapping[str, float], catalogue: Catalogue) -> Iterator[str]:
    for written, hours in sorted(types.items(), key=lambda item: -item[1]):
        if not written:
            continue
        found = known_device(written, 1.0, catalogue)
        yield f"\n[gpu.{_quoted(written)}]  # {hours:,.1f} h"
        yield f"device = {_quoted(found.profile.id)}" if found.profile else '# device = "A100-SXM4-40GB"'
        if not found.fraction:
            share = "1/100" if written.startswith("mps") else "1/4"
            yield f'# share = "{share}"  # what one is of a board'


def _partitions(partitions: Mapping[str, Mapping[str, Any]]) -> Iterator[str]:
    for name, rule in sorted(partitions.items()):
        if not name:
            continue
        runs = counted(rule["runs"], "run")
        yield f"\n[partition.{_quoted(name)}]  # {runs}; the most that one had of a node is below"
        named = sorted(rule["types"] - {""})
        if len(named) == 1:
            yield f"gpu = {_quoted(named[0])}"
        elif rule["types"]:
            yield f"# gpu = {_quoted(named[0] if named else 'a100')}  # what one without a type is"
        if rule["gpus"]:
            yield f"# gpus_per_node = {rule['gpus']:g}"
        if rule["cpus"]:
            yield f"# cpus_per_node = {rule['cpus']:g}"
        yield "# node_idle_w = 300"
        yield "# node_max_w = 2500"


def _quoted(text: str) -> str:
    """Write text as a string of TOML, whatever it holds."""
    plain = (
        letter if letter.isprintable() and letter not in '"\\' else f"\\U{ord(letter):08X}"
        for letter in text.encode(errors="replace").decode()
    )
    return f'"{"".join(plain)}"'
