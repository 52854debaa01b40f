"""Summaries of runs that have ended: kept beside their journals, and for many runs in one file of the home.

A summary counts while the names, sizes and times of all that it was made of are the same, and so are the format, the
program and the tables. It is only ever this user's own, and whoever cannot write it goes on without: it saves time and
never changes a number.
"""

import json
import os
import time
from binascii import crc32
from collections.abc import Callable, Mapping, Sequence
from os.path import dirname, isabs, join
from typing import TYPE_CHECKING, Any, NamedTuple

from greentrain._version import DATA_VERSION, __version__
from greentrain.catalogue.index import table_checksum
from greentrain.catalogue.lookups import LOOKUPS
from greentrain.catalogue.user_folder import own_profiles_folder
from greentrain.errors import OwnErrors
from greentrain.history.run_summary import RunSummary
from greentrain.history.summary_table import FORMAT, SummaryTable, read_table, write_table
from greentrain.journal.fields import text
from greentrain.journal.labels import LABEL_FILE
from greentrain.journal.paths import journal_name_parts
from greentrain.journal.writer import CHECK, is_checked
from greentrain.progress import Telling

if TYPE_CHECKING:
    from greentrain.history.run import Run
    from greentrain.progress import Progress

SUMMARY_FILE = "summary.json"
"""In the folder of a run: what lists and reports of several runs need of it."""

_HOME_FILE, _HOME_REPORT_FILE = "summaries.{user}", "reports.{user}"
"""In a home: the one and the other of all runs that had ended, one user's view of them."""

_MOST_APART = 64
_MOST_APART_SHARE = 0.02
"""So many runs, and such a share of all, may lie in files of their own before the home's file is written anew."""

_COARSE_SECONDS, _FINE_SECONDS = 2.0, 0.05
"""What a folder's time cannot tell apart, on file systems that count seconds and on others. [s]"""

_LARGEST_BYTES = 1 << 20

_STATE = ("changed", "files")
"""Columns of the home's file: the time of a run's folder, and what its files were."""


class FoundSummaries(NamedTuple):
    """What is known of the runs in some folders.

    Attributes
    ----------
    table : SummaryTable
        Those of which something can be read, in no order.
    unreadable : tuple of str
        The folders of the others.
    states : dict of str to str
        What is known to be unchanged, by the ids of runs: when their folders were changed, and what their files are.
    """

    table: SummaryTable
    unreadable: tuple[str, ...]
    states: dict[str, str]


def summaries_of(
    folders: Mapping[str, Sequence[str]],
    home: str,
    read: "Callable[[Sequence[str]], Run | None]",
    *,
    is_open_only: bool = False,
    progress: "Progress" = None,
) -> FoundSummaries:
    """Return every run in brief: from its summary where that counts, else from its journals, which are summarised then.

    Parameters
    ----------
    folders : mapping of str to sequence of str
        The folders of each run, by key.
    home : str
        The home, for the file of all its summaries.
    read : callable
        Reads a run from its folders; None where nothing in them can be read.
    is_open_only : bool, optional
        Leave out runs that ended and are in the file of the home; whether anything began anew in the folder of one is
        looked at all the same, but none of its files.
    progress : bool or callable, optional
        Is told of the runs that are not in the home's file, as `History` is.
    """
    basis = summary_basis()
    path = _path_in(home, _HOME_FILE)
    packed = read_table(path if is_own(path) else "", basis, *_STATE)
    kept, states = _unchanged(*packed, folders, _is_folder_unchanged if is_open_only else _is_unchanged)
    known = set(kept.columns["id"])
    fresh, unreadable = SummaryTable(), list[str]()
    apart: list[_Apart] = []
    others = [places for key, places in folders.items() if key not in known]
    with Telling(progress, len(others), "reading runs") as tell:
        for places in others:
            found = kept_facts(places, basis, read)
            tell(1)
            if found is None:
                unreadable += places
                continue
            if found.is_final:
                apart.append(_Apart(len(fresh), places[0], found.files))
            fresh.append(RunSummary(**found.brief))
    if are_many(len(apart), len(kept)):
        kept, states = _write_home(path, kept, states, fresh, apart, basis)
        fresh = fresh.where(lambda id, known=frozenset(kept.columns["id"]): id not in known, "id")
    if is_open_only:
        return FoundSummaries(fresh, tuple(unreadable), {})
    rows = zip(kept.columns["id"], states["changed"], states["files"], strict=True)
    unchanged = {id: f"{changed}\n{files}" for id, changed, files in rows}
    kept.extend(fresh)
    return FoundSummaries(kept, tuple(unreadable), unchanged)


def are_many(apart: int, kept: int) -> bool:
    """Whether so many runs are not in a file of a home, beside those that are, that it is to be written anew."""
    return apart > max(_MOST_APART, _MOST_APART_SHARE * kept)


def report_file_of(home: str) -> str:
    """Return the file of a home in which reports find what they need of its runs."""
    return _path_in(home, _HOME_REPORT_FILE)


def forget_home_files(home: str) -> None:
    """Delete what this user's files of a home say of its runs, which is found again in their folders."""
    for name in (_HOME_FILE, _HOME_REPORT_FILE):
        with OwnErrors(OSError):
            os.unlink(_path_in(home, name))


def _path_in(home: str, name: str) -> str:
    return join(home, name.format(user=os.getuid() if hasattr(os, "getuid") else "user"))


class _Apart(NamedTuple):
    """A run that has ended and is not in the home's file: its place in a table, its folder, and what its files were."""

    place: int
    folder: str
    files: str


def summary_basis() -> str:
    """Name what the numbers of runs follow from besides their records: program, tables, own profiles, this year."""
    tables = crc32("".join(f"{table_checksum(name):08x}" for name in _tables()).encode())
    own = own_profiles_folder()
    profiles = f"{crc32(_state_of_folder(own).encode()):08x}" if own else "-"
    return f"{FORMAT} {__version__} {DATA_VERSION} {tables:08x} {profiles} {time.localtime().tm_year}"


def _tables() -> list[str]:
    return sorted({table for lookup in LOOKUPS.values() for table in lookup.tables})


def _state_of_folder(folder: str) -> str:
    """Describe the files of a folder by names, sizes and times, and where it is."""
    found = [folder]
    with OwnErrors(OSError), os.scandir(folder) as entries:
        found += sorted(_state(entry.name, entry.stat()) for entry in entries)
    return "\n".join(found)


def _state(name: str, found: os.stat_result) -> str:
    return f"{name}:{found.st_size}:{found.st_mtime_ns}"


def _files_of(folder: str, profiles: str | None = None) -> str:
    """Describe all that a run in a folder is read from by names, sizes and times; blank where it cannot be seen."""
    with OwnErrors(OSError):
        with os.scandir(folder) as entries:
            ours = [entry for entry in entries if entry.name == LABEL_FILE or journal_name_parts(entry.name)]
            found = sorted(_state(entry.name, entry.stat(follow_symlinks=False)) for entry in ours)
        if profiles is not None:
            found.append(_state(profiles, os.stat(profiles)))
            with os.scandir(profiles) as entries:
                found += sorted(_state(entry.path, entry.stat()) for entry in entries)
        return "\n".join(found)
    return ""


def _unchanged(
    packed: SummaryTable,
    more: dict[str, list[str]],
    folders: Mapping[str, Sequence[str]],
    is_unchanged: "Callable[[str, str, str], bool]",
) -> tuple[SummaryTable, dict[str, list[str]]]:
    """Keep the runs of the home's file of whose one folder it is found that it is as it was."""
    rows = zip(packed.columns["id"], more["changed"], more["files"], strict=True)
    kept = [
        place
        for place, (key, changed, files) in enumerate(rows)
        if len(places := folders.get(key, ())) == 1 and is_unchanged(places[0], changed, files)
    ]
    if len(kept) == len(packed):
        return packed, more
    return packed.take(kept), {name: [column[place] for place in kept] for name, column in more.items()}


def _is_folder_unchanged(folder: str, changed: str, _: str) -> bool:
    """Whether no file was added to a folder or taken out of it; that is how a run begins anew."""
    with OwnErrors(OSError, ValueError):
        return os.stat(folder).st_mtime_ns == int(changed)
    return False


def _is_unchanged(folder: str, changed: str, files: str) -> bool:
    stat, lstat = os.stat, os.lstat
    try:
        if stat(folder).st_mtime_ns != int(changed):
            return False
        for state in files.split("\n"):
            name, size, time_ns = state.rsplit(":", 2)
            found = stat(name) if isabs(name) else lstat(f"{folder}/{name}")
            if found.st_size != int(size) or found.st_mtime_ns != int(time_ns):
                return False
    except (OSError, ValueError):
        return False
    return True


def _settled_time(folder: str) -> int | None:
    """Return when a folder was changed, in nanoseconds; None where that is so near that a next change may not show."""
    with OwnErrors(OSError):
        changed = os.stat(folder).st_mtime_ns
        age_seconds = (time.time_ns() - changed) / 1e9
        return changed if age_seconds > (_FINE_SECONDS if changed % 10**9 else _COARSE_SECONDS) else None
    return None


class KeptFacts(NamedTuple):
    """Plain facts that follow from a run.

    Attributes
    ----------
    brief : dict
        The fields of its `RunSummary`.
    report : dict
        What `report_facts` returns.
    files : str
        What the files of the run are; blank for one that goes on or that changes.
    is_final : bool
        Whether that is all there will ever be of it.
    """

    brief: dict[str, Any]
    report: dict[str, Any]
    files: str
    is_final: bool


def kept_facts(
    folders: Sequence[str],
    basis: str,
    read: "Callable[[Sequence[str]], Run | None] | None" = None,
    *,
    is_to_keep: bool = True,
) -> KeptFacts | None:
    """Return facts of a run: those beside its journals where they count, else from the journals, and kept then.

    Parameters
    ----------
    folders : sequence of str
        Where its journals are.
    basis : str
        What `summary_basis` returns.
    read : callable, optional
        Reads a run from its folders.
    is_to_keep : bool, optional
        Whether to keep them there if they are not; that changes the folder.

    Returns
    -------
    KeptFacts or None
        None where no journal can be read.
    """
    folder = folders[0] if len(folders) == 1 else None
    if folder and (found := _kept(folder, basis)):
        return found
    before = _files_of(folder) if folder else ""
    run = (read or _read_run)(folders)
    if run is None:
        return None
    found = _facts_of(run)
    # Something may have been written meanwhile.
    if not folder or not run.is_final or not before or _files_of(folder) != before:
        return found
    profiles = text(run.estimate_inputs, "profiles")
    files = _files_of(folder, profiles) if profiles else before
    if not files:
        return found
    found = found._replace(files=files, is_final=True)
    if is_to_keep:
        _keep(folder, found, basis)
    return found


def _read_run(folders: Sequence[str]) -> "Run | None":
    from greentrain.history.merge import read_run

    return read_run(folders)


def _facts_of(run: "Run") -> KeptFacts:
    from greentrain.history.report_facts import report_facts

    return KeptFacts(run.brief._asdict() | {"terms": [*run.brief.terms]}, report_facts(run), "", False)


def _kept(folder: str, basis: str) -> KeptFacts | None:
    """Read facts in the folder of a run; None where there are none that count."""
    with OwnErrors(OSError, ValueError, KeyError, TypeError):
        line = _read_own(f"{folder}{os.sep}{SUMMARY_FILE}")
        if line is None or not is_checked(line):
            return None
        found = json.loads(line)
        if (found["format"], found["basis"]) != (FORMAT, basis):
            return None
        profiles = next((state.rpartition(":")[0].rpartition(":")[0] for state in found["profiles"]), None)
        files = "\n".join(found["files"] + found["profiles"])
        if _files_of(folder, profiles) == files:
            return KeptFacts(found["run"], found["report"], files, True)
    return None


def _read_own(path: str) -> bytes | None:
    """Read a file that is this user's own."""
    flags = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)
    try:
        descriptor = os.open(path, flags)
    except FileNotFoundError:
        return None
    try:
        is_own = not hasattr(os, "getuid") or os.fstat(descriptor).st_uid == os.getuid()
        return os.read(descriptor, _LARGEST_BYTES) if is_own else None
    finally:
        os.close(descriptor)


def is_own(path: str) -> bool:
    """Whether a file is this user's own."""
    with OwnErrors(OSError):
        return not hasattr(os, "getuid") or os.lstat(path).st_uid == os.getuid()
    return False


def _keep(folder: str, facts: KeptFacts, basis: str) -> None:
    """Write facts of a run into its folder, for this user alone; where that cannot be, do without."""
    if not is_own(folder):
        return
    states = facts.files.split("\n")
    own = [state for state in states if not isabs(state)]
    content = {"kind": "greentrain run summary", "format": FORMAT, "basis": basis, "files": own}
    content |= {"profiles": states[len(own) :], "run": facts.brief, "report": facts.report}
    body = json.dumps(content).encode()[:-1]
    _write_own(f"{folder}{os.sep}{SUMMARY_FILE}", body + CHECK % crc32(body))


def _write_own(path: str, content: bytes) -> None:
    temporary = join(dirname(path), f".summary-{os.getpid()}-{os.urandom(3).hex()}")
    with OwnErrors(OSError) as trouble:
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with open(descriptor, "wb") as file:
            file.write(content)
        os.replace(temporary, path)
    if trouble.error is not None:
        with OwnErrors(OSError):
            os.unlink(temporary)


def _write_home(
    path: str,
    kept: SummaryTable,
    states: dict[str, list[str]],
    fresh: SummaryTable,
    apart: Sequence[_Apart],
    basis: str,
) -> tuple[SummaryTable, dict[str, list[str]]]:
    """Write the summaries of a home into one file and return them; where they cannot be written, do without."""
    times = [_settled_time(one.folder) for one in apart]
    # Looked at once more behind the folder's time: what is changed from here on changes that.
    added = [
        (one, str(changed))
        for one, changed in zip(apart, times, strict=True)
        if changed is not None and _is_unchanged(one.folder, str(changed), one.files)
    ]
    whole = SummaryTable()
    whole.extend(kept)
    whole.extend(fresh.take([one.place for one, _ in added]))
    changed = [*states["changed"], *(moment for _, moment in added)]
    files = [*states["files"], *(one.files for one, _ in added)]
    order = whole.order()  # so that lists find them sorted
    whole = whole.take(order)
    changed, files = ([column[place] for place in order] for column in (changed, files))
    with OwnErrors(OSError):
        write_table(path, whole, basis, changed=changed, files=files)
    return whole, {"changed": changed, "files": files}
