"""Who may read and write what a run leaves on disk: its user alone, or by an explicit setting the group too.

Only the standard library is used, and little of it, as in the journal.
"""

import os
import stat
from os.path import dirname

from greentrain.errors import OwnErrors
from greentrain.journal.paths import shown

SHARED_VARIABLE = "GREENTRAIN_SHARED"
"""Environment variable: ``1`` lets the group read the records of this user's runs."""

OTHERS_WRITE = stat.S_IWGRP | stat.S_IWOTH
PRIVATE_FOLDER = 0o700
_GROUP_FOLDER = 0o2750
_ON = ("1", "true", "yes", "on")


def is_shared() -> bool:
    """Whether the group may read what this process records."""
    return os.environ.get(SHARED_VARIABLE, "").strip().lower() in _ON


def file_mode() -> int:
    """Return the rights of the files of a run."""
    return 0o640 if is_shared() else 0o600


def folder_mode() -> int:
    """Return the rights of the folder of a run."""
    return _GROUP_FOLDER if is_shared() else PRIVATE_FOLDER


def make_folder(path: str, mode: int) -> bool:
    """Make a folder with these rights, whatever the umask; return whether it was not there."""
    with OwnErrors(FileExistsError) as trouble:
        os.mkdir(path, mode)
    if trouble.error is not None:
        return False
    if stat.S_IMODE(os.lstat(path).st_mode) != mode:
        set_rights(path, mode)
    return True


def set_rights(place: str | int, mode: int) -> bool:
    """Set the rights of a folder or of an open file; return whether the file system has such."""
    with OwnErrors(OSError, TypeError) as trouble:  # Windows knows none of open files
        os.chmod(place, mode)
    return trouble.error is None


def grant(path: str, rights: int) -> None:
    """Add rights to a folder of this user's."""
    state = os.stat(path)
    if rights & ~state.st_mode and hasattr(os, "getuid") and state.st_uid == os.getuid():
        set_rights(path, stat.S_IMODE(state.st_mode) | rights)


def renew_folder(folder: str) -> None:
    """Make the folder of a run anew where somebody has removed it.

    Raises
    ------
    OSError
        If it cannot be made, or if what is there now is another user's.
    """
    if not is_folder(dirname(folder)):
        renew_folder(dirname(folder))
    if not make_folder(folder, folder_mode()) and is_anothers(folder):
        raise PermissionError(f"{shown(folder)} is another user's")


def user_id() -> int | str:
    """Return by what this user is known to the system."""
    return os.getuid() if hasattr(os, "getuid") else os.environ.get("USERNAME", "user")


def trusted_users() -> set[int]:
    """Return the users whose files are used where others can write: this one, and the system's."""
    return {os.getuid(), 0, os.stat(os.sep).st_uid} if hasattr(os, "getuid") else set()


def is_anothers(path: str) -> bool:
    """Whether neither this user nor the system has made what lies at a path; what is not there is nobody's."""
    users = trusted_users()
    with OwnErrors(OSError):
        return bool(users) and os.lstat(path).st_uid not in users
    return False


def is_folder(path: str) -> bool:
    """Return whether there is a folder at a path; unlike `os.path.isdir`, a handler's error is none of the answers."""
    with OwnErrors(OSError, ValueError):
        return stat.S_ISDIR(os.stat(path).st_mode)
    return False


def is_file(path: str) -> bool:
    """Return whether there is a file at a path; unlike `os.path.isfile`, a handler's error is none of the answers."""
    with OwnErrors(OSError, ValueError):
        return stat.S_ISREG(os.stat(path).st_mode)
    return False
