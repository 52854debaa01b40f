"""The index of a home's imported runs: what lists, groups and totals need of each, and sums by month.

It is one file of SQLite, this user's own, made of the files of imports and never the only place of anything: it counts
while these are as they were, grows by those that come, and is made anew wherever anything else has changed. A home that
cannot be written gets one for the moment.
"""

import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from greentrain.errors import DataError, OwnErrors
from greentrain.history.index_rows import IndexRows
from greentrain.history.index_sums import IndexSums
from greentrain.history.summaries import is_own, summary_basis
from greentrain.importing import ImportStore
from greentrain.importing.store import delete_left_behind
from greentrain.journal.paths import shown

if TYPE_CHECKING:
    from greentrain.progress import Progress

_FORMAT = 4
_FILE = "imports.{user}.sqlite"
_FRESH = ".imports-"
_WAIT_SECONDS = 30.0
_CACHE = "PRAGMA cache_size = -16384"
_TABLES = """
CREATE TABLE basis (text TEXT);
CREATE TABLE imports (number INTEGER PRIMARY KEY, file TEXT, state TEXT);
CREATE TABLE facts (number INTEGER PRIMARY KEY, facts TEXT);
CREATE TABLE kinds (number INTEGER PRIMARY KEY, shared TEXT, factors TEXT);
CREATE TABLE runs (
    import INTEGER, place INTEGER, id INTEGER, month TEXT, started REAL, project TEXT, user TEXT,
    account TEXT, partition TEXT, status TEXT, facts INTEGER, kind INTEGER, name TEXT, faults TEXT, numbers BLOB,
    taken BLOB
);
CREATE TABLE jobs (job TEXT, id INTEGER, import INTEGER, is_zone_assumed INTEGER);
CREATE TABLE months (month TEXT, grouping INTEGER);
CREATE TABLE sums (month TEXT, grouping INTEGER, common TEXT, counts BLOB);
"""
_INDEXES = """
CREATE INDEX IF NOT EXISTS by_id ON runs (id);
CREATE INDEX IF NOT EXISTS by_month ON runs (month);
CREATE INDEX IF NOT EXISTS by_start ON runs (started DESC, id);
CREATE INDEX IF NOT EXISTS by_project ON runs (project, started DESC, id);
CREATE INDEX IF NOT EXISTS by_status ON runs (status, started DESC, id);
CREATE INDEX IF NOT EXISTS sums_of_month ON sums (month, grouping);
"""
_TWICE = "SELECT id FROM runs GROUP BY id HAVING COUNT(*) > 1"
_OF_ONE = "SELECT rowid, month FROM runs WHERE id = ? ORDER BY import DESC, rowid"


class ImportIndex(NamedTuple):
    """The index of a home.

    Attributes
    ----------
    database : sqlite3.Connection
        Its tables.
    store : ImportStore
        The imports.
    path : str
        Its file; blank for one of the moment.
    """

    database: sqlite3.Connection
    store: ImportStore
    path: str

    @contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """Give the tables; where they are damaged, the file is deleted, so that the next look makes a new one."""
        try:
            yield self.database
        except (sqlite3.Error, ValueError, TypeError, KeyError):
            with OwnErrors(OSError):
                Path(self.path).unlink()
            raise DataError(shown(self.path), "was damaged, and is deleted: the next look makes a new one") from None


def index_of(home: str, left_out: list[str], progress: "Progress" = None) -> ImportIndex:
    """Return the index of a home's imports as they are now.

    Parameters
    ----------
    home : str
        The data folder.
    left_out : list of str
        Gets a sentence for whatever cannot be read.
    progress : bool or callable, optional
        Is told how far the reading of new imports is, as `History` is.
    """
    store = ImportStore(home)
    files = {path.name: path for path in reversed(store.files())}
    states = {name: _state(path) for name, path in files.items()}
    path = str(store.folder.with_name(_FILE.format(user=os.getuid() if hasattr(os, "getuid") else "user")))
    basis = f"{_FORMAT} {summary_basis()}"
    database = _kept(path, basis, states) if is_own(path) else None
    if database is None:
        delete_left_behind(store.folder.parent, _FRESH)
        with OwnErrors(sqlite3.Error, OSError):
            database = _new(path, basis, [*files.values()], store, progress)
    elif _count(database) < len(files) and not _grown(database, [*files.values()], store, progress):
        database = None
    if database is None:  # nothing can be written there
        store.left_out.clear()
        database, path = _new("", basis, [*files.values()], store, progress), ""
    left_out += dict.fromkeys(store.left_out)
    return ImportIndex(database, store, path)


def _state(path: Path) -> str:
    with OwnErrors(OSError):
        found = path.stat()
        return f"{found.st_size} {found.st_mtime_ns}"
    return ""


def _count(database: sqlite3.Connection) -> int:
    return int(database.execute("SELECT COUNT(*) FROM imports").fetchone()[0])


def _kept(path: str, basis: str, states: dict[str, str]) -> sqlite3.Connection | None:
    """Open an index that counts: all that it was made of is as it was, and whatever came since is newer."""
    with OwnErrors(sqlite3.Error):
        database = sqlite3.connect(path, timeout=_WAIT_SECONDS, isolation_level=None)
        with OwnErrors(sqlite3.Error):
            database.execute("PRAGMA trusted_schema = OFF")
            found = database.execute("SELECT file, state FROM imports ORDER BY number").fetchall()
            is_same = database.execute("SELECT text FROM basis").fetchone() == (basis,)
            if is_same and found == [*states.items()][: len(found)]:
                return database
        database.close()
    return None


def _grown(database: sqlite3.Connection, files: list[Path], store: ImportStore, progress: "Progress") -> bool:
    """Add the imports that came since; whether that could be done."""
    with OwnErrors(sqlite3.Error):
        database.execute("BEGIN IMMEDIATE")
        _add(database, files[_count(database) :], store, progress)  # another process may just have added some
        database.commit()
        return True
    database.close()
    return False


def _new(path: str, basis: str, files: list[Path], store: ImportStore, progress: "Progress") -> sqlite3.Connection:
    """Make an index, in a file that takes its name when all of it is there."""
    temporary = f"{Path(path).parent}{os.sep}{_FRESH}{os.getpid()}-{os.urandom(3).hex()}" if path else ""
    if temporary:
        os.close(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
    try:
        database = sqlite3.connect(temporary, isolation_level=None)
        database.executescript(f"PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; {_TABLES}")
        database.execute("BEGIN")
        database.execute("INSERT INTO basis VALUES (?)", (basis,))
        _add(database, files, store, progress)
        database.commit()
        if temporary:
            database.close()
            Path(temporary).replace(path)
            database = sqlite3.connect(path, timeout=_WAIT_SECONDS, isolation_level=None)
    except BaseException:
        if temporary:
            with OwnErrors(OSError):
                Path(temporary).unlink()
        raise
    return database


def _add(database: sqlite3.Connection, files: list[Path], store: ImportStore, progress: "Progress") -> None:
    """Add imports, each newer than those before."""
    database.execute(_CACHE)
    rows = IndexRows(database, store)
    for number, path in enumerate(files, _count(database) + 1):
        rows.add(number, path, progress)
        database.execute("INSERT INTO imports VALUES (?, ?, ?)", (number, path.name, _state(path)))
    for statement in filter(str.strip, _INDEXES.split(";")):
        database.execute(statement)
    months = rows.months | _without_replaced(database)
    sums = IndexSums(database)
    for month in months:
        sums.renew(month)


def _without_replaced(database: sqlite3.Connection) -> set[str | None]:
    """Delete what a later import, or an earlier line, holds too, and return in which months that was."""
    months = set[str | None]()
    for (id,) in database.execute(_TWICE).fetchall():
        _, *replaced = database.execute(_OF_ONE, (id,)).fetchall()
        database.executemany("DELETE FROM runs WHERE rowid = ?", ((row,) for row, _ in replaced))
        months.update(month for _, month in replaced)
    return months
