"""The folder among the temporary files that replaces a home that cannot be written.

Others can write there too. So it is used, for writing and for reading, only if it is this user's own and nobody else
can write it or exchange it; each run in it states its home, so that another home never lists it.
"""

import os
import stat
import sys
from collections.abc import Iterator
from os.path import dirname, join, realpath

from greentrain.errors import OwnErrors
from greentrain.journal.access_rights import OTHERS_WRITE, PRIVATE_FOLDER, make_folder, trusted_users, user_id
from greentrain.journal.paths import HOME_MARK, shown

_NAME = "greentrain-{user}"
_TEMPORARY = ("/tmp", "/var/tmp", "/usr/tmp", ".")
_VARIABLES = ("TMPDIR", "TEMP", "TMP")
"""Where `tempfile` looks."""


def spare_home() -> str:
    """Return the usual place."""
    from tempfile import gettempdir  # as long to load as all else that a list of runs needs

    return join(realpath(gettempdir()), _NAME.format(user=user_id()))


def make_spare_folder(home: str, key: str) -> str:
    """Make the folder of a run of a home that cannot be written.

    Raises
    ------
    OSError
        If it cannot be made.
    """
    from tempfile import mkdtemp

    usual = spare_home()
    if _is_safe_place(dirname(usual)):
        make_folder(usual, PRIVATE_FOLDER)
    usable = (place for place in _spare_homes() if not (_doubt(place) or _doubt(join(place, "runs"))))
    place = next(usable, None) or mkdtemp(prefix=f"{os.path.basename(usual)}-", dir=dirname(usual))
    folder = join(place, "runs", f"{key}{HOME_MARK}{_mark_of(home)}")
    for path in (dirname(folder), folder):
        if not make_folder(path, PRIVATE_FOLDER) and (doubt := _doubt(path)):
            raise PermissionError(doubt)
    return folder


def spare_run_folders(home: str, is_standard: bool) -> tuple[list[tuple[str, str]], list[str]]:
    """Find the runs of a home that lie in spare ones, by key, and state what is not used there and why.

    Parameters
    ----------
    home : str
        The home that could not be written.
    is_standard : bool
        Whether it is the user's own by default: runs that greentrain 0.1.0 left there do not state their home.
    """
    found: list[tuple[str, str]] = []
    doubts: list[str] = []
    marks: set[str] = set()
    for place in _spare_homes() if _may_be_some() else ():
        marks = marks or ({_mark_of(home), ""} if is_standard else {_mark_of(home)})
        runs = join(place, "runs")
        doubt = _doubt(place) or _doubt(runs)
        for name in () if doubt else _names(runs):
            key, _, mark = name.partition(HOME_MARK)
            if mark in marks:
                doubt = _doubt_of_run(join(runs, name))
                doubts += [doubt] if doubt else []
                found += [] if doubt else [(key, join(runs, name))]
                doubt = None
        doubts += [doubt] if doubt else []
    return found, doubts


def _may_be_some() -> bool:
    """Whether a folder of temporary files has one with the name of a spare home of this user."""
    if os.name == "nt":
        return True
    name = _NAME.format(user=user_id())
    chosen = getattr(sys.modules.get("tempfile"), "tempdir", None)  # a program may have set it
    folders = (*filter(None, (chosen, *map(os.environ.get, _VARIABLES))), *_TEMPORARY)
    return any(each.startswith(name) for folder in folders for each in _names(folder))


def _mark_of(home: str) -> str:
    from hashlib import sha256

    with OwnErrors(OSError):  # the working folder is gone, of which it is a part
        home = realpath(home)
    return sha256(os.fsencode(home)).hexdigest()[:8]


def _spare_homes() -> Iterator[str]:
    """Yield what has the name of a spare home of this user, the usual one first."""
    folder, _, usual = spare_home().rpartition(os.sep)
    names = _names(folder or os.sep)
    yield from (join(folder, name) for name in names if name == usual)
    yield from (join(folder, name) for name in names if name.startswith(f"{usual}-"))


def _names(folder: str) -> list[str]:
    with OwnErrors(OSError):
        return sorted(os.listdir(folder))
    return []


def _doubt_of_run(folder: str) -> str | None:
    paths = [folder, *(join(folder, name) for name in _names(folder))]
    return next(filter(None, map(_doubt, paths)), None)


def _doubt(path: str) -> str | None:
    """Return why something in a spare home is not used; None where it can be, and where there is nothing."""
    if not hasattr(os, "getuid"):  # there, the temporary files are the user's own
        return None
    with OwnErrors(OSError) as trouble:
        state = os.lstat(path)
    if trouble.error is not None:
        return None
    if state.st_uid != os.getuid():
        return f"{shown(path)} is not used: it is another user's"
    if stat.S_ISLNK(state.st_mode):
        return f"{shown(path)} is not used: it is a link"
    if state.st_mode & OTHERS_WRITE or not _is_safe_place(dirname(path)):
        return f"{shown(path)} is not used: others can write it, or a folder above it"
    return None


def _is_safe_place(folder: str) -> bool:
    """Whether others can exchange nothing in a folder, nor the folder itself: they may at most add to it."""
    users = trusted_users()
    while users:
        state = os.lstat(folder)
        others_write = state.st_mode & OTHERS_WRITE and not state.st_mode & stat.S_ISVTX
        if state.st_uid not in users or others_write:
            return False
        folder, below = dirname(folder), folder
        if folder == below:
            break
    return True
