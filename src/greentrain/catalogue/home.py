"""The user's own folder of greentrain: profiles and the records of runs."""

import os
import sys
from functools import lru_cache
from os.path import expanduser, isdir, join

HOME_VARIABLE = "GREENTRAIN_HOME"
_VARIABLES = (HOME_VARIABLE, "XDG_DATA_HOME", "LOCALAPPDATA", "HOME")


def home_folder() -> str:
    """Give the user's data folder: ``GREENTRAIN_HOME``, else where the system keeps a program's data.

    The same place that platformdirs names; that library takes longer to import than an estimate takes.
    """
    return _home_folder(*map(os.environ.get, _VARIABLES))


@lru_cache(maxsize=8)
def _home_folder(stated: str | None, xdg: str | None, local: str | None, _: str | None) -> str:
    """Decide by the variables; the last one is there because ``expanduser`` reads it."""
    if stated:
        return stated
    if sys.platform == "win32":
        return join(local or expanduser(r"~\AppData\Local"), "greentrain", "greentrain")
    if sys.platform == "darwin":
        return expanduser("~/Library/Application Support/greentrain")
    return join(xdg or expanduser("~/.local/share"), "greentrain")


def own_profiles_folder() -> str | None:
    """Give the folder ``profiles`` in the user's data folder, if it holds any table."""
    folder = f"{home_folder()}{os.sep}profiles"
    if not isdir(folder):
        return None
    return folder if any(name.endswith(".csv") for name in os.listdir(folder)) else None
