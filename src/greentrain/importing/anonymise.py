"""Whose runs they were, hashed: the same name is the same hash in one home, and says nothing outside of it."""

import hmac
import os
import re
from hashlib import sha256
from pathlib import Path
from typing import Any

from greentrain.importing.audit import FileAudit
from greentrain.importing.foreign_run import ForeignRun
from greentrain.importing.values import node_names
from greentrain.journal.access_rights import PRIVATE_FOLDER, make_folder

_SALT = "imports.salt"
_SALT_BYTES = 32
_SHOWN = 8
_HASH = re.compile(r"-[0-9a-f]{8}(?:_\d+)*")
_OF_DEVICE = re.compile(r"(.+?)(: \S+ (?:s without a reading|W at one instant).*)", re.DOTALL)
"""What a note says of a device, which may be named after its computer."""

_DIGITS = re.compile(r"\d{2,12}")
_MOST_NODES = 64
"""Nodes of a list that are hashed one by one, so that readings of one of them are known to be its; longer lists are
hashed as a whole. [1]"""

HASHED = ("name", "project", "user", "account", "cluster")


class Anonymiser:
    """Hashes of names, with a salt that stays in the home.

    Parameters
    ----------
    home : str
        The data folder.
    writes : bool
        Whether a salt is made where there is none yet; else one of this moment is used.
    """

    def __init__(self, home: str, *, writes: bool) -> None:
        self._salt = _salt(Path(home), writes=writes)

    def apply(self, run: ForeignRun, project: str | None) -> ForeignRun:
        """Return a run with hashes in place of names of people, jobs and nodes, and of a project that nobody stated."""
        names = {name: self.hashed(name, getattr(run, name)) for name in HASHED}
        names["project"] = project or names["project"]
        notes = tuple(map(self.note, run.notes))
        return run._replace(**names, key=str(self.hashed("key", run.key)), hosts=self._hosts(run.hosts), notes=notes)

    def _hosts(self, listed: str | None) -> str | None:
        nodes = node_names(listed or "", _MOST_NODES)
        return ",".join(str(self.hashed("hosts", node)) for node in nodes) if nodes else self.hashed("hosts", listed)

    def note(self, text: str) -> str:
        """Return a note whose device is not named."""
        found = _OF_DEVICE.fullmatch(text)
        return f"{self.hashed('device', found[1])}{found[2]}" if found else text

    def facts(self, file: FileAudit) -> dict[str, Any]:
        """Return what is stored of a file."""
        notes = {self.note(note): number for note, number in file.notes.items()}
        return file.to_dict() | {"path": self.path(file.path), "error": None, "problems": [], "notes": notes}

    def path(self, path: str) -> str:
        """Return a name for a file, with the numbers in its own name, which may be those of jobs."""
        if is_hash("file", path):
            return path
        parts = (Path(path).stem, Path(path).parent.name)
        numbers = [*_DIGITS.findall(parts[0]), *([parts[1]] if _DIGITS.fullmatch(parts[1]) else [])]
        return "_".join((str(self.hashed("file", path)), *numbers))

    def hashed(self, kind: str, text: str | None) -> str | None:
        """Return the hash of a name of this kind."""
        if text is None or is_hash(kind, text):  # a run of several files was hashed before
            return text
        found = hmac.new(self._salt, f"{kind}:{text}".encode("utf-8", "replace"), sha256).hexdigest()
        return f"{kind}-{found[:_SHOWN]}"


def is_hash(kind: str, text: str) -> bool:
    """Whether a text is a hash of a name of this kind."""
    return text.startswith(kind) and _HASH.fullmatch(text, len(kind)) is not None


def hashed_in(home: str, kind: str, name: str) -> str:
    """Return the hash of a name as imports of a home have it; the name itself where none was hashed there."""
    return str(Anonymiser(home, writes=False).hashed(kind, name)) if Path(home, _SALT).exists() else name


def _salt(home: Path, *, writes: bool) -> bytes:
    path = home / _SALT
    try:
        return path.read_bytes()
    except OSError:
        fresh = os.urandom(_SALT_BYTES)
    if writes:
        home.parent.mkdir(parents=True, exist_ok=True)
        make_folder(str(home), PRIVATE_FOLDER)
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(fresh)
    return fresh
