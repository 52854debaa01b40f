"""The formats that can be imported: a table of ours, and those that other packages add by entry points.

A file is recognised by what is in it, never by its name.
"""

import re
from collections.abc import Callable, Iterator
from functools import cache
from importlib import import_module
from typing import Any, cast

from greentrain.added_packages import added
from greentrain.catalogue.names import nearest
from greentrain.catalogue.table_files import LFS_POINTER, LFS_RULE
from greentrain.errors import DataError, UnknownName, either
from greentrain.importing.foreign_file import ForeignFile
from greentrain.importing.foreign_run import ForeignFormat, ForeignRun, ReadOptions
from greentrain.importing.known_others import OF_RUNS, looks_like, rows_are_runs

GROUP = "greentrain.importers"
"""Group of the entry points: a name, and an object that is a `ForeignFormat`."""

MODULES = (
    "codecarbon", "eco2ai", "zeus", "pyjoules", "carbonai", "perun", "wattameter", "alumet", "slurm_json", "ceems",
    "opencost", "mlflow", "trackio", "wandb", "prometheus", "mlperf_power", "powermetrics", "tegrastats", "perf_stat",
    "slurm", "computer_meter", "part_table", "nvidia_smi", "usematcha", "carbontracker",
)  # fmt: skip
"""Our own formats, in the order in which a file is compared with them; a new one is a module and a word here."""

_TABLES = ("meter", "computer-parts", "nvidia-smi")
"""Formats of tables that are known by words for time and power alone."""

_WORD = re.compile(r"[A-Za-z_][\w.]+")
_NEAREST = 2
_OF_TABLES = (frozenset(("gpu", "instance", "cpu_cores")), frozenset(("hours", "gpu_hours")))
"""Columns of which a table of described runs has one of each."""


@cache
def formats() -> dict[str, ForeignFormat]:
    """Return all formats by name, ours first."""
    ours = (cast("ForeignFormat", import_module(f"{__package__}.{name}")) for name in MODULES)
    of_others = [_Added(point.name, point.load) for point in added(GROUP)]
    found: dict[str, ForeignFormat] = {}
    every: tuple[ForeignFormat, ...] = (*ours, *of_others)
    for one in every:
        found.setdefault(one.NAME, one)
    return found


def format_names() -> tuple[str, ...]:
    """Return the names of all formats."""
    return tuple(formats())


def checked_name(name: str) -> str:
    """Return the name of a format.

    Raises
    ------
    UnknownName
        If there is none of this name.
    """
    if name not in formats():
        rule = f"must be {either(tuple(formats()))}, or names of columns joined by commas"
        raise UnknownName("format", name, rule, nearest(name, {each: each for each in formats()}))
    return name


class UnknownForm(DataError):
    """A file is of no form that can be imported."""


def format_of(file: ForeignFile, name: str | None = None) -> ForeignFormat:
    """Return the format of a file.

    Parameters
    ----------
    file : ForeignFile
        The file.
    name : str, optional
        The format that the user states, already checked.

    Raises
    ------
    UnknownForm
        If the file is of no form that is known; the message names the nearest ones.
    DataError
        If it is empty, or a pointer to a file.
    """
    known = formats()
    if name is not None:
        return known[name]
    if file.head.startswith(LFS_POINTER):
        raise DataError(file.path, LFS_RULE)
    if not file.head.strip():
        raise DataError(file.path, "is empty")
    found = next((one for one in known.values() if one.recognises(file.head)), None)
    if found is not None and found.NAME in _TABLES and rows_are_runs(file.head):
        raise UnknownForm(file.path, OF_RUNS)
    if found is None:  # what a training prints stands at the end of its log
        found = next(
            (one for one in known.values() if getattr(one, "ANYWHERE", False) and one.recognises(file.tail)), None
        )
    if found is None:
        if known_as := looks_like(file.head):
            raise UnknownForm(file.path, f"looks like {known_as}")
        words = {word.casefold() for word in _WORD.findall(file.head)}
        if all(words & each for each in _OF_TABLES):
            raise UnknownForm(
                file.path, "is a table of runs, which 'greentrain batch' and 'greentrain report --from' read"
            )
        rule = f"is of no form that can be imported{_nearest_text(known, words)}; docs/import.md lists all forms"
        raise UnknownForm(file.path, rule)
    return found


def _nearest_text(known: dict[str, ForeignFormat], words: set[str]) -> str:
    """Name the forms with which a file has most words in common."""
    shared = sorted(known.values(), key=lambda one: -len(one.WORDS & words))
    near = [one.TITLE for one in shared if one.WORDS & words][:_NEAREST]
    return f"; it is nearest to {either(near)}" if near else ""


class _Added:
    """A format of another package, which is not trusted to answer or to keep to the protocol.

    Parameters
    ----------
    name : str
        As ``--format`` takes it.
    load : callable
        Loads the format.
    """

    def __init__(self, name: str, load: Callable[[], Any]) -> None:
        self.NAME = self.TITLE = name
        self.WORDS: frozenset[str] = frozenset()
        self._format: Any = None
        try:
            self._format = load()
            self.TITLE, self.WORDS = str(self._format.TITLE), frozenset(self._format.WORDS)
        except Exception:  # a damaged package of others does not keep our formats from being found
            return

    def recognises(self, head: str) -> bool:
        """Ask the package; one that fails does not know the file."""
        try:
            return bool(self._format.recognises(head))
        except Exception:
            return False

    def read(self, file: ForeignFile, options: ReadOptions) -> Iterator[ForeignRun]:
        """Let the package read the file; what goes wrong there is a fault of this file alone."""
        try:
            for run in self._format.read(file, options):
                yield _checked(run)
        except Exception as error:
            rule = f"cannot be read by the importer {self.NAME}: {type(error).__name__} {error}"
            raise DataError(file.path, rule) from None


def _checked(run: object) -> ForeignRun:
    if not isinstance(run, ForeignRun):
        raise TypeError(f"{type(run).__name__} is no ForeignRun")
    return run


def name_or_columns(format: str | None) -> tuple[str | None, tuple[str, ...]]:
    """Return the name of a format, or else the columns of a file without a header."""
    if format is None or "," not in format:
        return None if format is None else checked_name(format), ()
    return None, tuple(format.split(","))
