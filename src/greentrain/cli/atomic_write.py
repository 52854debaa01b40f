"""Files replaced as a whole: whoever reads one sees the old text or the new one, never a half."""

import os
import tempfile
from pathlib import Path

from greentrain.errors import DataError


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
    target = Path(path).resolve()
    try:
        handle, name = tempfile.mkstemp(prefix=f".{target.name}.", dir=target.parent)
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


def _new_mode() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return 0o666 & ~mask
