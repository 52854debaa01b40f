"""Tables of a foreign SQLite file, read with distrust: nothing of it is run, and no answer is without end."""

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing
from itertools import count
from pathlib import Path
from typing import Any

from greentrain.errors import DataError

MARK = "SQLite format 3"
"""How such a file begins."""

_LONGEST = 1 << 24
"""Bytes of one value. [B]"""

_STEPS_BETWEEN = 100_000
_MOST_STEPS = 500_000
"""Times so many steps of SQLite's machine that one query may take: an hour at most, and a loop has an end. [1]"""


class ForeignTables:
    """The tables of a file; views, virtual tables and what is no SQLite are none.

    Parameters
    ----------
    path : str
        The file.
    """

    def __init__(self, path: str) -> None:
        self._path = path
        # A journal beside it holds what was written last; without one nothing beside the file is touched.
        is_live = Path(f"{path}-wal").exists()
        self._address = f"{Path(path).absolute().as_uri()}?mode=ro{'' if is_live else '&immutable=1'}"

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

    def _rows(self, query: str, values: Sequence[str] = ()) -> Iterator[tuple[Any, ...]]:
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
