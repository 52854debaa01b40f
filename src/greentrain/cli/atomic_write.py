"""Files replaced as a whole: whoever reads one sees the old text or the new one, never a half."""

import errno
import os
import tempfile
from pathlib import Path

from greentrain.errors import DataError
from greentrain.journal.access_rights import OTHERS_WRITE, is_anothers

_MOST_LINKS = 40
_LONGEST_PREFIX = 40
"""Of a temporary name, to which some letters come: a name may have 255. [characters]"""


def replace_file(path: str, content: bytes) -> None:
    """Write a file by way of a temporary one in the same folder; a link stays one, permissions stay as they are.

    Parameters
    ----------
    path : str
        The file; it may be there or not.
    content : bytes
        What it is to hold.

    Raises
    ------
    DataError
        If it cannot be written; the old file is then as it was.
    """
    try:
        target = _followed(path)
        handle, name = tempfile.mkstemp(prefix=f".{target.name[:_LONGEST_PREFIX]}.", dir=target.parent)
        temporary = Path(name)
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            temporary.chmod(target.stat().st_mode if target.exists() else _new_mode())
            temporary.replace(target)
        finally:
            temporary.unlink(missing_ok=True)
    except OSError as error:
        raise DataError(path, f"cannot be written: {error.strerror}") from None


def _followed(path: str) -> Path:
    """Follow the links of a path as a kernel with ``protected_symlinks`` does: none of others where they can write.

    Raises
    ------
    OSError
        Where that leads nowhere, or there is another user's link.
    """
    place, rest = Path.cwd(), list(Path(path).parts)
    links = 0
    while rest:
        name = rest.pop(0)
        step = place.parent if name == os.pardir else place / name
        if step.is_symlink():
            links += 1
            if links > _MOST_LINKS:
                raise OSError(errno.ELOOP, os.strerror(errno.ELOOP))
            if step.parent.stat().st_mode & OTHERS_WRITE and is_anothers(str(step)):
                raise PermissionError(errno.EPERM, f"{step} is another user's link")
            rest = [*step.readlink().parts, *rest]
        else:
            place = step
    return place


def _new_mode() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return 0o666 & ~mask
