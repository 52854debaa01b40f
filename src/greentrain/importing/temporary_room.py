"""Files of this moment, which lie in the folder for temporary files: where it has no room, that is what is wrong."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from tempfile import gettempdir

from greentrain.errors import DataError
from greentrain.journal.paths import reason, shown


class NoTemporaryRoom(DataError):
    """What an import keeps for a moment cannot be written: no fault of the file that is read."""


@contextmanager
def temporary_room() -> Iterator[None]:
    """Raise NoTemporaryRoom, with the folder, where a temporary file cannot be written or read."""
    try:
        yield
    except NoTemporaryRoom:
        raise
    except OSError as error:
        raise _error(reason(error)) from None
    except sqlite3.OperationalError as error:
        raise _error(str(error)) from None


def _error(why: str) -> NoTemporaryRoom:
    try:
        folder = shown(gettempdir())
    except OSError:
        folder = "the folder for temporary files"
    rule = f"temporary files cannot be written there: {why}; nothing was imported. TMPDIR names another folder"
    return NoTemporaryRoom(folder, rule)
