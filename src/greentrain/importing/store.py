"""Imported runs on disk: one file per import, columns of a few thousand runs a line, whole or not there.

A later import replaces what an earlier one holds of the same run, such as of a job that still ran.
"""

import json
import os
import time
from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path
from typing import Any

from greentrain._version import __version__
from greentrain.catalogue import load_catalogue
from greentrain.errors import DataError
from greentrain.importing.imported_run import COLUMNS, ImportedRun, restored
from greentrain.journal.access_rights import file_mode, folder_mode, is_anothers, make_folder
from greentrain.journal.paths import folder_key, new_run_key, shown
from greentrain.journal.sessions import recorded_sessions

FOLDER = "imports"
SCHEMA_VERSION = 1
_SUFFIX = ".jsonl"
_RUNS_A_LINE = 2048
_STATED = "duration_seconds", "measured_energy_kwh"


class ImportStore:
    """The imports of a home.

    Parameters
    ----------
    home : str
        The data folder.
    """

    def __init__(self, home: str) -> None:
        self.folder = Path(home, FOLDER)
        self.left_out: list[str] = []

    def known(self) -> dict[str, tuple[float | None, float | None]]:
        """Return time [s] and energy [kWh] of the stored runs by id."""
        found: dict[str, tuple[float | None, float | None]] = {}
        for path in self._files():
            for line in self._lines(path):
                if "ids" in line:
                    rows = zip(*(line[name] for name in _STATED), strict=True)
                    found.update(zip(line["ids"], rows, strict=True))
        return found

    def tracked_jobs(self) -> frozenset[str]:
        """Return the batch jobs in which greentrain tracked runs itself, by their folders and what they state."""
        folder = self.folder.with_name("runs")
        try:
            names = [path.name for path in folder.iterdir()]
        except OSError:
            return frozenset()
        stated = (session.launch.get("batch") for name in names for session in recorded_sessions(str(folder / name)))
        # A job may have several runs, whose names follow its own.
        by_name = ("-".join(folder_key(name).split("-")[:2]) for name in names if name.startswith("slurm-"))
        return frozenset((*by_name, *filter(None, map(str, stated))))

    def runs(self) -> Iterator[ImportedRun]:
        """Yield every stored run once, those of later imports first; damaged lines are left out and counted."""
        seen: set[str] = set()
        for path in self.files():
            for run in self.runs_of(path):
                if run.id not in seen:
                    seen.add(run.id)
                    yield run

    def files(self) -> list[Path]:
        """Return the files of imports, the newest first."""
        return self._files()[::-1]

    def runs_of(self, path: Path) -> Iterator[ImportedRun]:
        """Yield the runs of one import; damaged ones are left out and counted."""
        catalogue, damaged = load_catalogue(), 0
        for line in self._lines(path):
            for facts in _rows(line) if "columns" in line else ():
                try:
                    run = restored(facts, catalogue)
                except (ValueError, TypeError, KeyError):
                    damaged += 1
                    continue
                yield run
        if damaged:
            self.left_out.append(f"{shown(str(path))}: {damaged} stored runs are damaged, and left out")

    def write(self, head: dict[str, Any], runs: Iterable[ImportedRun]) -> str | None:
        """Write the file of an import, whole or not at all; return its path, or None where there is no run.

        Parameters
        ----------
        head : dict
            What to know of the import: its files, when, how.
        runs : iterable of ImportedRun
            Its runs.

        Raises
        ------
        DataError
            Where it cannot be written.
        """
        listed = iter(runs)
        some = list(islice(listed, _RUNS_A_LINE))
        if not some:
            return None
        path = self.folder / f"{new_run_key()}{_SUFFIX}"
        fresh = path.with_name(f".{path.name}")
        try:
            self.folder.parent.mkdir(parents=True, exist_ok=True)
            make_folder(str(self.folder), folder_mode())
            with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, file_mode()), "w") as file:
                about = {"schema_version": SCHEMA_VERSION, "kind": "import", "greentrain_version": __version__}
                file.write(json.dumps(about | {"imported": int(time.time())} | head, allow_nan=False) + "\n")
                while some:
                    file.writelines(_of_runs(some))
                    some = list(islice(listed, _RUNS_A_LINE))
                file.flush()
                os.fsync(file.fileno())
            fresh.rename(path)
        except OSError as error:
            fresh.unlink(missing_ok=True)
            raise DataError(shown(str(self.folder)), f"cannot be written: {error.strerror}") from None
        except BaseException:  # an interrupt leaves nothing behind
            fresh.unlink(missing_ok=True)
            raise
        return str(path)

    def _files(self) -> list[Path]:
        """List the files of imports, the oldest first; what another user has put there is left out."""
        try:
            found = sorted(path for path in self.folder.iterdir() if path.suffix == _SUFFIX and path.name[0] != ".")
        except (FileNotFoundError, NotADirectoryError):
            return []
        except OSError as error:
            self.left_out.append(f"{shown(str(self.folder))} cannot be read: {error.strerror}")
            return []
        return [path for path in found if path.is_file() and not path.is_symlink() and not is_anothers(str(path))]

    def _lines(self, path: Path) -> Iterator[dict[str, Any]]:
        try:
            with path.open(encoding="utf-8", errors="replace") as file:
                for text in file:
                    try:
                        line = json.loads(text)
                    except (ValueError, RecursionError):
                        line = None
                    if isinstance(line, dict):
                        yield line
                    else:
                        self.left_out.append(f"{shown(str(path))}: a line is damaged, and its runs are left out")
        except OSError as error:
            self.left_out.append(f"{shown(str(path))} cannot be read: {error.strerror}")


def _of_runs(runs: list[ImportedRun]) -> Iterator[str]:
    """Write runs as two lines: what tells that they are there, and all that is stored of them."""
    known = {"ids": [run.id for run in runs]}
    known |= {name: [getattr(run.stated, name) for run in runs] for name in _STATED}
    columns = dict(zip(COLUMNS, zip(*(run.facts() for run in runs), strict=True), strict=True))
    for line in (known, {"columns": columns}):
        yield json.dumps(line, allow_nan=False, separators=(",", ":")) + "\n"


def _rows(line: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield the runs of a line; a column of another length than that of the ids is none."""
    columns = line["columns"]
    ids = columns.get("id") if isinstance(columns, dict) else None
    if not isinstance(ids, list):
        return
    whole = {name: column for name, column in columns.items() if isinstance(column, list) and len(column) == len(ids)}
    for values in zip(*whole.values(), strict=True):
        yield dict(zip(whole, values, strict=True))
