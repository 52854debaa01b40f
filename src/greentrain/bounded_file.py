"""Files of others, read without waiting for a writer that is not there, and without end: cards, templates, tables."""

import errno
import os
import stat
from io import FileIO


def read_regular(path: str, most_bytes: int) -> str:
    """Read a regular file of UTF-8, and no pipe or device in its place, which might never end.

    Parameters
    ----------
    path : str
        The file; a link to one is one.
    most_bytes : int
        How long it may be. [B]

    Raises
    ------
    OSError
        If it cannot be read, or is none, or longer.
    UnicodeDecodeError
        If it is not UTF-8.
    """
    with FileIO(path, opener=_without_waiting) as file:
        if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
            raise OSError(errno.EINVAL, "is not a file", path)
        return _up_to(most_bytes, file).decode("utf-8")


def read_bounded(path: str, most_bytes: int) -> bytes:
    """Read a file, or what a program writes into a pipe; one that nobody writes into is empty.

    Parameters
    ----------
    path : str
        The file.
    most_bytes : int
        How long it may be. [B]

    Raises
    ------
    OSError
        If it cannot be read, or is longer.
    """
    with FileIO(path, opener=_without_waiting) as file:
        if hasattr(os, "set_blocking"):
            os.set_blocking(file.fileno(), True)  # a writer that is there is waited for
        return _up_to(most_bytes, file)


def _without_waiting(path: str, flags: int) -> int:
    return os.open(path, flags | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_NOCTTY", 0))


def _up_to(most: int, file: FileIO) -> bytes:
    """Read all that there is, up to a length; a file of the system may give fewer bytes at a time."""
    parts, left = [], most + 1
    while left > 0 and (part := file.read(min(left, 2**20))):
        parts.append(part)
        left -= len(part)
    if left <= 0:
        raise OSError(errno.EFBIG, f"is longer than {most // 2**20} MiB", file.name)
    return b"".join(parts)
