"""The user's own folder of greentrain: profiles and the records of runs."""

import os
import sys
from functools import lru_cache
from os.path import expanduser, isdir, join

HOME_VARIABLE = "GREENTRAIN_HOME"
_BY_PLATFORM = {"win32": ("LOCALAPPDATA", "USERPROFILE"), "darwin": ("HOME",)}
_VARIABLES = _BY_PLATFORM.get(sys.platform, ("XDG_DATA_HOME", "HOME"))
"""On what the place of a program's data depends; one that is not set takes long to look up."""


def home_folder() -> str:
    """Return the user's data folder: ``GREENTRAIN_HOME``, else where the system keeps a program's data.

    The same place that platformdirs names; that library takes longer to import than an estimate takes.
    """
    return os.environ.get(HOME_VARIABLE) or _data_folder(*map(os.environ.get, _VARIABLES))


@lru_cache(maxsize=8)
def _data_folder(stated: str | None, *_: str | None) -> str:
    """Decide by the variables; the last one is there because ``expanduser`` reads it."""
    if sys.platform == "win32":
        return join(stated or expanduser(r"~\AppData\Local"), "greentrain", "greentrain")
    if sys.platform == "darwin":
        return expanduser("~/Library/Application Support/greentrain")
    return join(stated or expanduser("~/.local/share"), "greentrain")


def own_profiles_folder() -> str | None:
    """Return the folder ``profiles`` in the user's data folder, if it holds any table."""
    folder = f"{home_folder()}{os.sep}profiles"
    # Asked at each estimate: access finds in half the time of isdir that there is nothing.
    if not os.access(folder, os.F_OK) or not isdir(folder):
        return None
    return folder if any(name.endswith(".csv") for name in os.listdir(folder)) else None
