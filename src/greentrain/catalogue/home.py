"""The user's own folder of greentrain: profiles now, whatever else is the user's own later."""

import os
import sys
from os.path import expanduser, isdir, join

HOME_VARIABLE = "GREENTRAIN_HOME"


def home_folder() -> str:
    """Give the user's data folder: ``GREENTRAIN_HOME``, else where the system keeps a program's data.

    The same place that platformdirs names; that library takes longer to import than an estimate takes.
    """
    stated = os.environ.get(HOME_VARIABLE)
    if stated:
        return stated
    if sys.platform == "win32":
        return join(os.environ.get("LOCALAPPDATA") or expanduser(r"~\AppData\Local"), "greentrain", "greentrain")
    if sys.platform == "darwin":
        return expanduser("~/Library/Application Support/greentrain")
    return join(os.environ.get("XDG_DATA_HOME") or expanduser("~/.local/share"), "greentrain")


def own_profiles_folder() -> str | None:
    """Give the folder ``profiles`` in the user's data folder, if it holds any table."""
    folder = join(home_folder(), "profiles")
    if not isdir(folder):
        return None
    return folder if any(name.endswith(".csv") for name in os.listdir(folder)) else None
