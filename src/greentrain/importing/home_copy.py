"""Runs that greentrain tracked itself in another home: their journals are copied, and later what was added since."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from greentrain.errors import DataError, InputError, OwnErrors, UnknownName, path_text
from greentrain.importing.audit import FileAudit
from greentrain.importing.store import FOLDER
from greentrain.journal import journal_name_parts
from greentrain.journal.access_rights import file_mode
from greentrain.journal.labels import LABEL_FILE
from greentrain.journal.paths import reason, shown
from greentrain.journal.run_folders import folder_in_home

NAME = "greentrain"
_RUNS = "runs"
_COPIED = "Runs that greentrain tracked are copied with all their records: 'greentrain history' adds them up, not this."
RENEWED = "Runs of which more is known by now are brought up to date."


class _Record(NamedTuple):
    """A file of a run's folder, and how many bytes it holds. [B]"""

    name: str
    size: int


def is_home(path: str) -> bool:
    """Whether a folder is a data folder of greentrain, with runs that were tracked or imported there."""
    with OwnErrors(OSError):
        names = {entry.name for entry in Path(path).iterdir()}
        if names & {_RUNS, FOLDER}:
            return any(map(_records, _inside(Path(path, _RUNS)))) or any(map(_is_import, _inside(Path(path, FOLDER))))
    return False


def files_in(paths: Any) -> Iterator[tuple[str, bool]]:
    """Yield files and homes, and whether they were named themselves; links in folders are not followed."""
    listed = [paths] if isinstance(paths, (str, bytes, os.PathLike)) else list(paths)
    for item in listed:
        path = path_text("paths", item)
        if not Path(path).exists():
            raise UnknownName("paths", path, "no such file or folder")
        if not Path(path).is_dir() or is_home(path):
            yield path, True
            continue
        for folder, folders, names in os.walk(path):
            folders.sort()
            inside = [Path(folder, name) for name in sorted(names)]
            yield from ((str(file), False) for file in inside if not file.is_symlink())


def copy_runs(source: str, home: str, *, is_dry: bool) -> FileAudit:
    """Copy the tracked runs of one home into another one.

    Parameters
    ----------
    source : str
        Where they are.
    home : str
        Where they are to be as well.
    is_dry : bool
        Only count them.

    Raises
    ------
    InputError
        If both are one folder.
    DataError
        Where they cannot be written.
    """
    if Path(source).resolve() == Path(home).resolve():
        raise InputError("paths", source, "is the home that runs are imported into")
    runs = new = rejected = 0
    notes: dict[str, int] = {}
    for folder in _inside(Path(source, _RUNS)):
        try:
            records = _records(folder)
        except OSError as error:
            rejected += 1
            notes[f"{shown(str(folder))} cannot be read: {reason(error)}."] = 1
            continue
        if not records:
            continue
        runs += 1
        known = {each.name: each.size for each in _known_records(Path(home, _RUNS, folder.name))}
        missing = [each for each in records if _is_more(each, known)]
        new += bool(missing)
        if missing and known:
            notes[RENEWED] = notes.get(RENEWED, 0) + 1
        if missing and not is_dry:
            _copy(folder, home, missing)
    if runs:
        notes[_COPIED] = runs
    return FileAudit(source, NAME, runs, runs, new, runs - new, 0, rejected, None, None, (), notes)


def _inside(folder: Path) -> list[Path]:
    """List what is in a folder, but for what is just being made."""
    with OwnErrors(OSError):
        return sorted(path for path in folder.iterdir() if path.name[0] != ".")
    return []


def _is_import(path: Path) -> bool:
    with path.open("rb") as file:
        return b'"kind": "import"' in file.readline(1000)


def _records(folder: Path) -> list[_Record]:
    """List the journals of a run, what labels it last; nothing where there is no journal."""
    if not folder.is_dir():
        return []
    with os.scandir(folder) as entries:
        files = [entry for entry in entries if entry.is_file(follow_symlinks=False)]
    journals = [entry for entry in files if journal_name_parts(entry.name)]
    labels = [entry for entry in files if entry.name == LABEL_FILE]
    return [_Record(entry.name, entry.stat().st_size) for entry in (*journals, *labels)] if journals else []


def _known_records(folder: Path) -> list[_Record]:
    with OwnErrors(OSError):
        return _records(folder)
    return []


def _is_more(record: _Record, known: dict[str, int]) -> bool:
    """Whether a file is to be copied: journals only grow, and a label that was given here stays."""
    return record.name not in known or (record.name != LABEL_FILE and record.size > known[record.name])


def _copy(folder: Path, home: str, records: list[_Record]) -> None:
    try:
        to = folder_in_home(str(Path(home).absolute()), folder.name)
        for record in records:
            _copy_file(folder / record.name, Path(to, record.name))
    except OSError as error:
        raise DataError(shown(str(Path(home, _RUNS))), f"cannot be written: {reason(error)}") from None


def _copy_file(source: Path, target: Path) -> None:
    """Copy a file, whole or not at all, with its time, by which it is known whether a run goes on."""
    fresh = target.with_name(f"{target.name}.{os.getpid()}-{os.urandom(3).hex()}")
    try:
        descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, file_mode())
        with source.open("rb") as file, os.fdopen(descriptor, "wb") as copy:
            shutil.copyfileobj(file, copy)
        found = source.stat()
        os.utime(fresh, ns=(found.st_atime_ns, found.st_mtime_ns))
        fresh.replace(target)
    except BaseException:  # an interrupt leaves nothing behind
        fresh.unlink(missing_ok=True)
        raise
