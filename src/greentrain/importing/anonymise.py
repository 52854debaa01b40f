"""Whose runs they were, hashed: the same name is the same hash in one home, and says nothing outside of it."""

import hmac
import os
import re
from hashlib import sha256
from pathlib import Path

from greentrain.importing.foreign_run import ForeignRun
from greentrain.journal.access_rights import PRIVATE_FOLDER, make_folder

_SALT = "imports.salt"
_SALT_BYTES = 32
_SHOWN = 8
_HASHED = re.compile(r"[a-z]+-[0-9a-f]{8}")
HASHED = ("name", "user", "account", "hosts")


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

    def apply(self, run: ForeignRun) -> ForeignRun:
        """Return a run with hashes in place of the names of people, jobs and nodes."""
        return run._replace(**{name: self.hashed(name, getattr(run, name)) for name in HASHED})

    def hashed(self, kind: str, text: str | None) -> str | None:
        """Return the hash of a name of this kind."""
        if text is None or _HASHED.fullmatch(text):  # a run of several files was hashed before
            return text
        found = hmac.new(self._salt, f"{kind}:{text}".encode("utf-8", "replace"), sha256).hexdigest()
        return f"{kind}-{found[:_SHOWN]}"


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
