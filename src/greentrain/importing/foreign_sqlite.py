"""Tables of a foreign SQLite file, read with distrust: nothing of it is run, and no answer is without end."""

import shutil
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing
from itertools import count, islice
from pathlib import Path
from tempfile import mkdtemp
from typing import Any
from weakref import finalize

from greentrain.errors import DataError, OwnErrors
from greentrain.importing.temporary_room import temporary_room

MARK = "SQLite format 3"
"""How such a file begins."""

_LONGEST = 1 << 24
"""Bytes of one value. [B]"""

_STEPS_BETWEEN = 100_000
_MOST_STEPS = 500_000
"""Times so many steps of SQLite's machine that one query may take: an hour at most, and a loop has an end. [1]"""

_LOG = "-wal"
"""What stands behind the name of the file that holds what was written last."""

_MOST_TABLES, _LONGEST_TABLE = 500, 400
_COPIES = 3
"""Times that a file is copied which is written meanwhile. [1]"""


class ForeignTables:
    """The tables of a file; views, virtual tables and what is no SQLite are none.

    Parameters
    ----------
    path : str
        The file.
    """

    def __init__(self, path: str) -> None:
        self._path = path
        log = Path(f"{path}{_LOG}")
        if log.is_file() and log.stat().st_size:  # SQLite writes beside a file that has one: it is given a copy
            with temporary_room():
                folder = mkdtemp(prefix="greentrain-")
            finalize(self, shutil.rmtree, folder, ignore_errors=True)
            copy = Path(folder, "copy")
            _copy_still([(Path(path), copy), (log, Path(f"{copy}{_LOG}"))])
            self._address = f"{copy.as_uri()}?mode=ro"
        else:
            self._address = f"{Path(path).absolute().as_uri()}?mode=ro&immutable=1"

    def schema(self) -> str:
        """Return the statements that make its tables, a line each: the beginnings of long ones, of the first ones."""
        query = "SELECT substr(sql, 1, ?) FROM sqlite_schema WHERE type = 'table' AND sql IS NOT NULL"
        with OwnErrors(DataError):  # of a damaged file what can be read
            return "\n".join(str(sql) for (sql,) in islice(self._rows(query, (_LONGEST_TABLE,)), _MOST_TABLES))
        return ""

    def columns(self, table: str) -> tuple[str, ...]:
        """Return the columns of a table; none where it is not there, or is no plain table."""
        rows = self._rows("SELECT type, sql FROM sqlite_schema WHERE name = ?", (table,))
        kinds = [(kind, str(sql)) for kind, sql in rows]
        if not kinds or any(kind != "table" or "VIRTUAL" in sql[:40].upper() for kind, sql in kinds):
            return ()
        return tuple(row[0] for row in self._rows("SELECT name FROM pragma_table_info(?)", (table,)))

    def rows(self, table: str, names: Sequence[str], where: str = "", order: str = "") -> Iterator[tuple[Any, ...]]:
        """Yield rows of a table by these columns, which have to be names of ours.

        Raises
        ------
        DataError
            Where the file is damaged, or takes too long.
        """
        query = f"SELECT {', '.join(names)} FROM {table}"
        yield from self._rows(f"{query}{f' WHERE {where}' if where else ''}{f' ORDER BY {order}' if order else ''}")

    def _rows(self, query: str, values: Sequence[str | int] = ()) -> Iterator[tuple[Any, ...]]:
        steps = count()
        try:
            with closing(sqlite3.connect(self._address, uri=True)) as connection:
                connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, _LONGEST)
                connection.set_progress_handler(lambda: next(steps) > _MOST_STEPS, _STEPS_BETWEEN)
                connection.execute("PRAGMA trusted_schema = OFF")
                connection.text_factory = lambda text: text.decode("utf-8", "replace")
                yield from connection.execute(query, tuple(values))
        except (sqlite3.Error, OverflowError, UnicodeDecodeError) as error:
            raise DataError(self._path, f"cannot be read as SQLite: {error}") from None


def _copy_still(files: Sequence[tuple[Path, Path]]) -> None:
    """Copy files that belong together, once more where one was written meanwhile."""
    for _ in range(_COPIES):
        before = [_state(source) for source, _ in files]
        for source, target in files:
            _copy_file(source, target)
        if before == [_state(source) for source, _ in files]:
            return


def _state(path: Path) -> tuple[int, int]:
    found = path.stat()
    return found.st_size, found.st_mtime_ns


def _copy_file(source: Path, target: Path) -> None:
    with source.open("rb") as file, temporary_room(), target.open("wb") as copy:
        shutil.copyfileobj(file, copy)
