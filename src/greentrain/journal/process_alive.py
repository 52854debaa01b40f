"""What the system tells of a process: whether it is still there, and whose child it is.

Only the standard library is used, and little of it, as in the journal.
"""

import os
import sys

from greentrain.errors import OwnErrors

_OF_THIS_PROCESS = "/proc/self/stat"


def process_started(pid: int) -> int | None:
    """Return when a process started, in clock ticks since the computer did; None where the system does not report it.

    A process id is used again after its process has ended; the id together with this number is not.
    """
    with OwnErrors(OSError, ValueError, IndexError):
        with open(f"/proc/{pid}/stat", "rb") as file:
            fields = file.read().rpartition(b")")[2].split()
        # A process that has ended and waits for its parent counts as ended.
        return None if fields[0] in b"ZX" else int(fields[19])
    return None


def parent_process(pid: int) -> int | None:
    """Return the id of a process's parent; None where the system does not report it."""
    with OwnErrors(OSError, ValueError, IndexError), open(f"/proc/{pid}/stat", "rb") as file:
        return int(file.read().rpartition(b")")[2].split()[1])
    return None


def children(pid: int) -> list[int]:
    """Return the children of a process, in the order in which they came; none where the system does not report them."""
    with OwnErrors(OSError, ValueError), open(f"/proc/{pid}/task/{pid}/children", "rb") as file:
        return [int(word) for word in file.read().split()]
    return []


def command_line(pid: int) -> list[bytes]:
    """Return the words of a process's command line; none where the system does not report them."""
    with OwnErrors(OSError), open(f"/proc/{pid}/cmdline", "rb") as file:
        return file.read().removesuffix(b"\0").split(b"\0")
    return []


def is_process_alive(pid: int, started: int | None) -> bool:
    """Return whether a process of this computer is alive.

    Parameters
    ----------
    pid : int
        Its id.
    started : int or None
        When it started, by `process_started`: another process with this id is not the one. None takes any.
    """
    if pid <= 0:
        return False
    now = process_started(pid)
    if now is not None:
        return started in (None, now)
    if os.access(_OF_THIS_PROCESS, os.F_OK):
        return False
    if sys.platform == "win32":  # there, signal 0 would end it
        return True
    with OwnErrors(OSError, OverflowError) as trouble:
        os.kill(pid, 0)
    return not isinstance(trouble.error, (ProcessLookupError, OverflowError))  # another user's may not be asked
