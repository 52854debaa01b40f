"""The folder of a run: private to its user, in the home or else in a spare one.

In a home that several users may write, what is there already is looked at before it is used. Only the standard library
is used, and little of it, as in the journal.
"""

import os
import stat
from os.path import abspath, dirname, join

from greentrain.errors import OwnErrors
from greentrain.journal.access_rights import (
    OTHERS_WRITE,
    PRIVATE_FOLDER,
    folder_mode,
    grant,
    is_anothers,
    is_folder,
    is_shared,
    make_folder,
    set_rights,
    user_id,
)
from greentrain.journal.paths import reason, shown

_GROUP_READS = stat.S_IRGRP | stat.S_IXGRP
_GROUP_HOME = 0o3770


def make_run_folder(home: str, key: str) -> tuple[str | None, str | None]:
    """Make the folder of a run, in the home or else once in a folder for temporary files.

    Parameters
    ----------
    home : str
        The data folder.
    key : str
        The run's key, already safe as a name.

    Returns
    -------
    folder : str or None
        The folder, with an absolute path; None when neither place can be written.
    problem : str or None
        What went wrong with the home, and where the journal is instead.
    """
    with OwnErrors(OSError, ValueError) as trouble:
        if "://" in home:
            raise NotADirectoryError("it is an address")
        folder = folder_in_home(abspath(home), key)
        try_writing(folder)
        return folder, None
    problem = f"{shown(home)} cannot be written ({reason(trouble.error)})"
    place = "the folder for temporary files"
    with OwnErrors(OSError, ValueError):
        from greentrain.journal.spare_home import make_spare_folder, spare_home

        place = shown(spare_home())
        folder = make_spare_folder(home, key)
        try_writing(folder)
        return folder, f"{problem}; the run's journal is in {shown(folder)}"
    return None, f"{problem}, nor can {place}: the run leaves no journal"


def try_writing(folder: str) -> int:
    """Return who owns a file that is made in the folder; raise OSError if none can be made there, or hold bytes.

    A full disk makes empty files.
    """
    path = join(folder, f".try-{os.getpid()}-{os.urandom(3).hex()}")
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        os.write(descriptor, b" " * 4096)
        return os.fstat(descriptor).st_uid
    finally:
        os.close(descriptor)
        os.unlink(path)


def folder_in_home(home: str, key: str) -> str:
    """Make the folder of a run in a home, and return it.

    Parameters
    ----------
    home : str
        The data folder, with an absolute path.
    key : str
        The run's key.

    Raises
    ------
    OSError
        If it cannot be made.
    """
    if not is_folder(home):
        os.makedirs(dirname(home), exist_ok=True)
        make_folder(home, _GROUP_HOME if is_shared() else PRIVATE_FOLDER)
    if is_shared():
        grant(home, _GROUP_READS)
    rights, runs = stat.S_IMODE(os.stat(home).st_mode), join(home, "runs")
    if rights & OTHERS_WRITE and hasattr(os, "getuid"):
        # Every user of the home makes folders there; nobody removes those of others.
        return _folder_among_others(runs, rights | stat.S_ISVTX, key)
    if not make_folder(runs, folder_mode()) and is_shared():
        grant(runs, _GROUP_READS)
    folder = join(runs, key)
    if not make_folder(folder, folder_mode()) and not is_folder(folder):
        raise NotADirectoryError(f"{shown(folder)} is no folder")
    return folder


def _folder_among_others(runs: str, rights: int, key: str) -> str:
    """Make the folder of a run where others make theirs; one of the same key that is another user's is not joined."""
    if is_anothers(runs) and stat.S_ISLNK(os.lstat(runs).st_mode):
        raise PermissionError(f"{shown(runs)} is another user's link")
    if not make_folder(runs, rights):
        grant(runs, rights)
    for folder in (join(runs, key), join(runs, f"{key}-{user_id()}")):
        if make_folder(folder, folder_mode()) or _is_own(folder, runs):
            return folder
    raise PermissionError(f"{shown(folder)} is another user's")


def _is_own(folder: str, runs: str) -> bool:
    state = os.lstat(folder)
    if not stat.S_ISDIR(state.st_mode):
        return False
    # A file server may give all that is made there an owner of its choice.
    if state.st_uid != os.getuid() and state.st_uid != try_writing(runs):
        return False
    if state.st_mode & OTHERS_WRITE:
        set_rights(folder, folder_mode())
    return True
