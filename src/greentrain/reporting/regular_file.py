"""Text files of others, read without waiting and without end: a card, a template, and what a template includes."""

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
        content = _up_to(most_bytes + 1, file)
    if len(content) > most_bytes:
        raise OSError(errno.EFBIG, f"is longer than {most_bytes // 2**20} MiB", path)
    return content.decode("utf-8")


def _without_waiting(path: str, flags: int) -> int:
    return os.open(path, flags | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_NOCTTY", 0))


def _up_to(most: int, file: FileIO) -> bytes:
    """Read so many bytes, or all that there are; a file of the system may give fewer at a time."""
    parts = []
    while most > 0 and (part := file.read(min(most, 2**20))):
        parts.append(part)
        most -= len(part)
    return b"".join(parts)
