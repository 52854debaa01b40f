"""A site's map (TOML): what its types of GPUs, partitions and nodes are, where they stand, and what its meters read."""

import os
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from fnmatch import fnmatchcase
from fractions import Fraction
from pathlib import Path
from typing import Any

from greentrain.catalogue import Catalogue, load_catalogue
from greentrain.errors import DataError, InputError, either
from greentrain.importing.foreign_file import ForeignFile
from greentrain.importing.foreign_run import ForeignRun, ReadOptions
from greentrain.importing.formats import UnknownForm, format_of, name_or_columns
from greentrain.importing.gate import KnownDevice, MappedNode, known_device
from greentrain.importing.home_copy import files_in
from greentrain.record import Record

_LARGEST_BYTES = 1 << 20
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
        by_node: Mapping[str, Any] = next((rule for pattern, rule in rules if host and fnmatchcase(host, pattern)), {})
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


def read_site_map(path: str) -> SiteMap:
    """Read a map.

    Raises
    ------
    InputError
        If it cannot be read.
    DataError
        Naming the table and the rule that it breaks.
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
    return SiteMap(tables)


def _check_table(path: str, name: str, table: object) -> None:
    if name not in _TABLES:
        raise DataError(path, f"has a table {name!a}: {either(tuple(_TABLES))} are known")
    if not isinstance(table, dict):
        raise DataError(path, f"{name} must be a table")
    for key, rule in {name: table}.items() if name in _PLAIN else table.items():
        if not isinstance(rule, dict):
            raise DataError(path, f'{name} needs a table for each, such as [{name}."{key}"]')
        for item, value in rule.items():
            _check_value(path, name, item, value)


def _check_value(path: str, table: str, item: str, value: object) -> None:
    if item not in _TABLES[table]:
        raise DataError(path, f"{table} has {item!a}: {either(_TABLES[table])} are known")
    is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
    if item in _NUMBERS and not (is_number and 0 < float(value) < 1e9):  # type: ignore[arg-type]
        raise DataError(path, f"{item} must be a number above 0")
    if item == "pue" and float(value) < 1:  # type: ignore[arg-type]
        raise DataError(path, "pue must be 1 or more")
    if item == "source" and value not in _SOURCES:
        raise DataError(path, f"source must be {either(_SOURCES)}")
    if item == "share":
        _check_share(path, str(value))
    if item not in (*_NUMBERS, "share") and not isinstance(value, str):
        raise DataError(path, f"{item} must be text")


def _check_share(path: str, text: str) -> None:
    try:
        is_part = len(text) < 20 and 0 < Fraction(text) <= 1
    except (ValueError, ZeroDivisionError):
        is_part = False
    if not is_part:
        raise DataError(path, "share must be a part of a board, such as 3/7")


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
    partitions: dict[str, dict[str, Any]] = {}
    for run in runs:
        hours = (run.duration_seconds or 0.0) / 3600
        rule = partitions.setdefault(run.partition or "", {"gpus": 0.0, "cpus": 0.0, "types": set(), "runs": 0})
        nodes = max(1, run.nodes)
        rule["runs"] += 1
        rule["gpus"] = max(rule["gpus"], sum(run.accelerators.values()) / nodes)
        rule["cpus"] = max(rule["cpus"], (run.cpu_cores or 0.0) / nodes)
        for written, number in run.accelerators.items():
            types[written] = types.get(written, 0.0) + number * hours
            rule["types"] |= {written}
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
        found = known_device(written, 1.0, catalogue).profile
        yield f"\n[gpu.{_quoted(written)}]  # {hours:,.1f} h"
        yield f"device = {_quoted(found.id)}" if found else '# device = "A100-SXM4-40GB"'


def _partitions(partitions: Mapping[str, Mapping[str, Any]]) -> Iterator[str]:
    for name, rule in sorted(partitions.items()):
        if not name:
            continue
        yield f"\n[partition.{_quoted(name)}]  # {rule['runs']:,} runs; the most that one had of a node is below"
        named = sorted(rule["types"] - {""})
        if named:
            yield f"gpu = {_quoted(named[0])}"
        elif rule["types"]:
            yield '# gpu = "a100"'
        if rule["gpus"]:
            yield f"# gpus_per_node = {rule['gpus']:g}"
        if rule["cpus"]:
            yield f"# cpus_per_node = {rule['cpus']:g}"
        yield "# node_idle_w = 300"
        yield "# node_max_w = 2500"


def _quoted(text: str) -> str:
    """Write text as a string of TOML, whatever it holds."""
    plain = (
        letter if letter.isprintable() and letter not in '"\\' else f"\\u{min(ord(letter), 0xFFFF):04X}"
        for letter in text
    )
    return f'"{"".join(plain)}"'
