"""Where a run's journals lie and how they are named: the run's key, its folder, this computer, this process.

Only the standard library is used, and little of it, as in the journal.
"""

import os
import sys
import time
from os.path import basename

from greentrain.errors import without_passwords

HOST_VARIABLE = "GREENTRAIN_HOST"
"""Environment variable that overrides the name of this computer in journals."""

HOME_MARK = "~"
"""Between a run's key and the mark of the home that it belongs to, in the names of folders of the spare home."""

_LONGEST_KEY = 80
_KEY_LETTERS = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.")


def new_run_key() -> str:
    """Make the key of a new run: ``20261122T110000Z-1a2b3c``."""
    return f"{time.strftime('%Y%m%dT%H%M%SZ', time.gmtime())}-{os.urandom(3).hex()}"


def safe_name(text: str) -> str:
    """Make a text safe as the name of a folder or file.

    A text of up to 80 letters, digits, ``-``, ``_`` and ``.`` stays as it is. Any other has its other characters
    replaced by ``-``, is cut, and gets 8 hexadecimal digits of its SHA-256, so that two texts keep two names.
    """
    letters = "".join(letter if letter in _KEY_LETTERS else "-" for letter in text[:_LONGEST_KEY]).lstrip(".")
    if letters == text and text:
        return text
    from hashlib import sha256

    return f"{letters or 'run'}-{sha256(text.encode('utf-8', 'backslashreplace')).hexdigest()[:8]}"


def folder_key(folder: str) -> str:
    """Return the key of the run whose folder this is; in the spare home its name states the home as well."""
    return basename(folder).partition(HOME_MARK)[0]


def host_name() -> str:
    """Name this computer: ``GREENTRAIN_HOST``, else its own network name."""
    stated = os.environ.get(HOST_VARIABLE)
    if stated:
        return stated
    if sys.platform == "win32":
        return os.environ.get("COMPUTERNAME") or "unknown"
    return os.uname().nodename or "unknown"


def journal_name(kind: str, host: str, pid: int) -> str:
    """Make the name of a new journal, unlike that of any other: ``<host>.<pid>.<6 hex>.<kind>.jsonl``."""
    return f"{safe_name(host)}.{pid}.{os.urandom(3).hex()}.{kind}.jsonl"


def journal_name_parts(path: str) -> tuple[str, int, str] | None:
    """Take the name of a journal apart: host, process id and kind; None for a file that is no journal."""
    parts = basename(path).rsplit(".", 4)
    if len(parts) != 5 or parts[4] != "jsonl" or not parts[1].isdecimal() or parts[3] not in ("tracker", "meter"):
        return None
    return parts[0], int(parts[1]), parts[3]


def reason(error: BaseException | None) -> str:
    """Describe an error briefly: by the system's text where it has one."""
    return getattr(error, "strerror", None) or str(error) or type(error).__name__


def shown(path: str) -> str:
    """Return a path for a message; what could control a terminal is escaped, a password in an address masked."""
    path = without_passwords(path)
    return path if path.isprintable() else ascii(path)[1:-1]
