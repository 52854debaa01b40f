"""Name and tags that a user gives a run afterwards, in a file of their own: journals are never changed."""

import json
import os
from collections.abc import Mapping, Sequence
from os.path import join
from typing import Any

from greentrain.errors import OwnErrors
from greentrain.journal import fields
from greentrain.journal.access_rights import file_mode
from greentrain.journal.reader import open_journal

LABEL_FILE = "label.json"
"""In the folder of a run."""

_VERSION = 1
_LARGEST_BYTES = 1 << 16


def read_labels(folders: Sequence[str]) -> dict[str, Any]:
    """Return ``name`` and ``tags`` as they were given last, in any of the folders of a run; what was not is absent."""
    found: dict[str, Any] = {}
    for folder in folders:
        found |= _read_label(join(folder, LABEL_FILE))
    return found


def _read_label(path: str) -> dict[str, Any]:
    if not os.access(path, os.R_OK):
        return {}
    with OwnErrors(OSError, ValueError):
        with open_journal(path) as file:
            stated = json.loads(file.read(_LARGEST_BYTES) or b"")
        return _label(stated) if isinstance(stated, dict) and stated.get("v") == _VERSION else {}
    return {}


def _label(stated: Mapping[str, object]) -> dict[str, Any]:
    name, tags = fields.text(stated, "name"), stated.get("tags")
    words = [fields.text({"": tag}, "") for tag in tags] if isinstance(tags, list) else None
    named = {} if name is None else {"name": name}
    return named if words is None else named | {"tags": tuple(filter(None, words))}


def write_label(folder: str, name: str | None, tags: Sequence[str]) -> None:
    """Give a run a name, if there is one, and tags, in place of those that it was given before.

    Raises
    ------
    OSError
        If the folder of the run cannot be written.
    """
    path = join(folder, LABEL_FILE)
    temporary = f"{path}.{os.getpid()}-{os.urandom(3).hex()}"
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, file_mode())
    try:
        with open(descriptor, "w", encoding="utf-8") as file:
            json.dump({"v": _VERSION, **({} if name is None else {"name": name}), "tags": [*tags]}, file)
        os.replace(temporary, path)
    except BaseException:
        with OwnErrors(OSError):
            os.unlink(temporary)
        raise
