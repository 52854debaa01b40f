"""Imported runs on disk: one file per import, columns of a few hundred runs a line, whole or not there.

A later import replaces what an earlier one holds of the same run, such as of a job that still ran.
"""

import json
import os
import re
import sqlite3
import time
from collections.abc import Container, Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

from greentrain._version import __version__
from greentrain.catalogue import load_catalogue
from greentrain.errors import DataError, OwnErrors
from greentrain.importing.device_times import KnownTimes
from greentrain.importing.imported_run import COLUMNS, ImportedRun, restored
from greentrain.importing.known_runs import KnownRuns
from greentrain.importing.run_list import (
    CLUSTERS,
    GOES_ON,
    HOLDS,
    IDENTITY,
    JOBS,
    OTHERS,
    RUNS_A_CHUNK,
    chunk_lines,
    chunk_rows,
    chunk_text,
    readable_ids,
)
from greentrain.journal.access_rights import file_mode, folder_mode, is_anothers, make_folder
from greentrain.journal.paths import new_run_key, shown
from greentrain.journal.process_alive import is_process_alive

FOLDER = "imports"
SCHEMA_VERSION = 1
_SUFFIX = ".jsonl"
_WAIT_SECONDS, _LOOK_SECONDS = 60.0, 0.05
_OF_PROCESS = re.compile(r"[.-](\d{1,9})-[0-9a-f]{6}$")
"""How a file ends that is being written: the process that writes it, and a chance number."""

_IDS, _COLUMNS = '{"ids":', '{"columns":'
"""How the two lines of some runs begin."""


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

    def known(self) -> KnownRuns:
        """Return which runs are stored and can be read, with their time and energy.

        Raises
        ------
        DataError
            Where the home cannot be looked at: then nobody knows.
        """
        found = KnownRuns(self.chunk_at)
        try:
            paths = self._listed()
        except OSError as error:
            raise DataError(shown(str(self.folder.parent)), f"cannot be read: {error.strerror}") from None
        for path in paths:
            for place, line in _readable_ids(path):
                with OwnErrors(ValueError, TypeError, KeyError, OverflowError, sqlite3.Error):
                    seconds, energies = (line[name] for name in IDENTITY)
                    chunk, more = (str(path), place), (line.get(CLUSTERS, ()), line.get(HOLDS, ()))
                    found.put_stored(line["ids"], seconds, energies, line.get(GOES_ON), more[0], chunk, more[1])
                    found.put_jobs(line["ids"], line[JOBS] or ()) if JOBS in line else found.unread.append(chunk)
                    if OTHERS in line:
                        found.put_others(line["ids"], line[OTHERS])
        return found

    def device_times(self) -> KnownTimes:
        """Return when devices were read in the runs of stored logs."""
        found = KnownTimes()
        for path in self._files():
            with OwnErrors(OSError, ValueError, TypeError), path.open(encoding="utf-8", errors="replace") as file:
                found.put_stored(json.loads(file.readline()).get("device_times", ()))
        return found

    def forms(self) -> set[str]:
        """Return the names of the formats that stored runs are of."""
        found: set[str] = set()
        for path in self._files():
            with OwnErrors(OSError, ValueError, TypeError, KeyError), path.open(errors="replace") as file:
                found |= {str(each["format"]) for each in json.loads(file.readline()).get("files", ())}
        return found

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
        for _, line in self.chunks(path):
            for facts in chunk_rows(line):
                try:
                    run = restored(facts, catalogue)
                except (ValueError, TypeError, KeyError):
                    damaged += 1
                    continue
                yield run
        self.leave_out(path, damaged)

    def facts_of(self, ids: Container[str]) -> Iterator[Mapping[str, Any]]:
        """Yield what is stored of some runs, as it stands in the files, each once."""
        seen: set[str] = set()
        for path in self.files():
            places = [
                place for place, line in self._lines(path, _COLUMNS) if any(id in ids for id in line.get("ids", ()))
            ]
            for facts in self._facts_at(path, places):
                if facts["id"] in ids and facts["id"] not in seen:
                    seen.add(facts["id"])
                    yield facts

    def chunk_at(self, chunk: tuple[str, int]) -> dict[str, Mapping[str, Any]]:
        """Return what is stored of the runs behind the line of ids of a file that begins at a byte, by their ids."""
        return {facts["id"]: facts for facts in self._facts_at(Path(chunk[0]), [chunk[1]])}

    def _facts_at(self, path: Path, places: Iterable[int]) -> Iterator[Mapping[str, Any]]:
        """Yield the runs behind the lines of ids that begin at some bytes."""
        with OwnErrors(OSError, ValueError, TypeError), path.open("rb") as file:
            for place in places:
                file.seek(place)
                file.readline()
                yield from chunk_rows(json.loads(file.readline()), COLUMNS)

    def leave_out(self, path: Path, damaged: int) -> None:
        """State how many runs of an import are damaged."""
        if damaged:
            self.left_out.append(f"{shown(str(path))}: {damaged} stored runs are damaged, and left out")

    def chunks(self, path: Path) -> Iterator[tuple[int, dict[str, Any]]]:
        """Yield the lines of an import that hold runs, and at which byte they begin."""
        for place, line in self._lines(path, _IDS):
            if "columns" in line:
                yield place, line

    def runs_at(self, path: Path, place: int, ids: Container[str]) -> Iterator[ImportedRun]:
        """Yield some runs of the line that begins at a byte, as far as they are there."""
        catalogue = load_catalogue()
        with OwnErrors(OSError, ValueError, TypeError, KeyError), path.open("rb") as file:
            file.seek(place)
            for facts in chunk_rows(json.loads(file.readline().decode(errors="replace"))):
                if facts["id"] in ids:
                    yield restored(facts, catalogue)

    def write(self, head: dict[str, Any], lines: Iterator[str]) -> str | None:
        """Write the file of an import, whole or not at all; return its path, or None where there is no run.

        Parameters
        ----------
        head : dict
            What to know of the import: its files, when, how.
        lines : iterable of str
            Its runs, as `RunList.stored_lines` writes them.

        Raises
        ------
        DataError
            Where it cannot be written.
        """
        first = next(lines, None)
        if first is None:
            return None
        path = self.folder / f"{self._newest_name()}{_SUFFIX}"
        fresh = _beside(path)
        delete_left_behind(self.folder, ".")
        try:
            self.folder.parent.mkdir(parents=True, exist_ok=True)
            make_folder(str(self.folder), folder_mode())
            with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, file_mode()), "w") as file:
                about = {"schema_version": SCHEMA_VERSION, "kind": "import", "greentrain_version": __version__}
                file.write(json.dumps(about | {"imported": int(time.time())} | head, allow_nan=False) + "\n")
                file.write(first)
                file.writelines(lines)
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

    def put(self, *runs: ImportedRun) -> None:
        """Keep runs as they are from now on, in place of what earlier imports hold of them."""
        chunks = (runs[start : start + RUNS_A_CHUNK] for start in range(0, len(runs), RUNS_A_CHUNK))
        self.write({"files": []}, map(chunk_text, chunks))

    @contextmanager
    def held(self) -> Iterator[None]:
        """Keep other processes from changing imports that were just looked at; one that hangs is not waited for."""
        folder = -1
        try:
            with OwnErrors(OSError, ImportError):  # there are no imports yet, or no such locks
                folder = os.open(self.folder, os.O_RDONLY)
                _wait_for(folder)
            yield
        finally:
            if folder >= 0:
                os.close(folder)

    def forget(self, ids: Container[str]) -> None:
        """Delete runs from all imports.

        Raises
        ------
        DataError
            Where that cannot be written.
        """
        for path in self._files():
            fresh = _beside(path)
            try:
                with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, file_mode()), "w") as file:
                    is_changed, is_empty = _copy_without(ids, path, file)
                if is_changed and is_empty:
                    path.unlink()
                if is_changed and not is_empty:
                    fresh.replace(path)
            except FileNotFoundError:  # another process has just deleted all of its runs
                continue
            except OSError as error:
                raise DataError(shown(str(self.folder)), f"cannot be written: {error.strerror}") from None
            finally:
                fresh.unlink(missing_ok=True)

    def _newest_name(self) -> str:
        """Return a name that comes behind those of all imports, also of one in this second or by a later clock."""
        name, last = new_run_key(), next(iter(self.files()), None)
        return name if last is None or name > last.stem else f"{last.stem}_{os.urandom(2).hex()}"

    def _files(self) -> list[Path]:
        """List the files of imports, the oldest first; what another user has put there is left out."""
        try:
            return self._listed()
        except OSError as error:
            self.left_out.append(f"{shown(str(self.folder))} cannot be read: {error.strerror}")
            return []

    def _listed(self) -> list[Path]:
        try:
            found = sorted(path for path in self.folder.iterdir() if path.suffix == _SUFFIX and path.name[0] != ".")
        except (FileNotFoundError, NotADirectoryError):
            return []
        return [path for path in found if path.is_file() and not path.is_symlink() and not is_anothers(str(path))]

    def _lines(self, path: Path, without: str) -> Iterator[tuple[int, dict[str, Any]]]:
        """Yield the lines of an import but for those that begin so; damaged ones are left out and named."""
        skipped, end = without.encode(), 0
        try:
            with path.open("rb") as file:
                for text in file:
                    place, end = end, end + len(text)
                    if text.startswith(skipped):
                        continue
                    try:
                        line = json.loads(text.decode(errors="replace"))
                    except (ValueError, RecursionError):
                        line = None
                    if isinstance(line, dict):
                        yield place, line
                    else:
                        self.left_out.append(f"{shown(str(path))}: a line is damaged, and its runs are left out")
        except OSError as error:
            self.left_out.append(f"{shown(str(path))} cannot be read: {error.strerror}")


def _readable_ids(path: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    """Yield what tells of the runs of an import that can be read, and at which byte that begins.

    What cannot be read is not known, and comes back with the next import of its file.
    """
    before: Any = None
    place = end = 0
    with OwnErrors(OSError), path.open("rb") as file:
        for text in file:
            start, end = end, end + len(text)
            if text.startswith(_IDS.encode()):
                before, place = None, start
                with OwnErrors(ValueError, RecursionError):
                    before = json.loads(text)
            elif isinstance(before, dict):
                line, before = readable_ids(before, text), None
                if line is not None:
                    yield place, line


def delete_left_behind(folder: Path, beginning: str) -> None:
    """Delete files whose names begin so that a process which has ended since did not come to the end of."""
    with OwnErrors(OSError):
        for path in folder.glob(f"{beginning}*"):
            found = _OF_PROCESS.search(path.name)
            if found and not is_process_alive(int(found[1]), None):
                path.unlink()


def _wait_for(folder: int) -> None:
    import fcntl

    until = time.monotonic() + _WAIT_SECONDS
    while time.monotonic() < until:
        with OwnErrors(BlockingIOError) as trouble:
            fcntl.flock(folder, fcntl.LOCK_EX | fcntl.LOCK_NB)
        if trouble.error is None:
            return
        time.sleep(_LOOK_SECONDS)


def _beside(path: Path) -> Path:
    """Name a file that takes the path's place when it is whole; two processes never have the same one."""
    return path.with_name(f".{path.name}.{os.getpid()}-{os.urandom(3).hex()}")


def _without_times(line: Any, text: str, ids: Container[str]) -> str:
    """Return the head of an import without when some runs read their devices: others may hold that from now on."""
    times = line.get("device_times") if isinstance(line, dict) else None
    if not isinstance(times, list):
        return text
    kept = [row for row in times if not (isinstance(row, list) and row and row[0] in ids)]
    return text if len(kept) == len(times) else json.dumps(line | {"device_times": kept}, allow_nan=False) + "\n"


def _copy_without(ids: Container[str], path: Path, target: IO[str]) -> tuple[bool, bool]:
    """Copy the lines of an import without some runs; return whether there was one, and whether none is left."""
    is_changed, is_empty = False, True
    with path.open(encoding="utf-8", errors="replace") as file:
        for text in file:
            if text.startswith(_IDS):  # they follow from the runs
                continue
            line: Any = None
            with OwnErrors(ValueError, RecursionError):
                line = json.loads(text)
            if not (isinstance(line, dict) and "columns" in line):
                target.write(_without_times(line, text, ids))
                continue
            rows = [*chunk_rows(line, COLUMNS)]
            kept = [row for row in rows if row["id"] not in ids]
            is_changed |= len(kept) < len(rows)
            is_empty &= not kept
            if kept:
                target.write(chunk_lines({name: [row[name] for row in kept] for name in kept[0]}))
    return is_changed, is_empty
