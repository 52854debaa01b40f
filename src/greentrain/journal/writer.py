"""The journal of a live run: append-only JSON lines, one file per writer, in a folder per logical run.

Only the standard library is used, and little of it: the training process loads this module, and its start must cost
nothing that anyone would notice.
"""

import json
import os
import time
from binascii import crc32  # unlike zlib, no Python is built without it
from os.path import dirname, join

from greentrain.errors import OwnErrors, is_from_handler
from greentrain.journal.access_rights import file_mode, renew_folder, set_rights
from greentrain.journal.paths import host_name, journal_name, reason

SCHEMA_VERSION = 1
"""Version of the records, in every record as ``v``."""

_STAGES = ((60.0, 1.0), (3600.0, 10.0), (float("inf"), 60.0))
"""Up to which age of a run a sample is written how often. [s]"""

CHECK = b',"crc":"%08x"}\n'
"""What ends a line: the check value of all before it, the brace and the line feed."""

CHECK_BYTES = len(CHECK % 0)

_DEEPEST = 20
_TAIL_BYTES = 65_536
_LAST_STANDARD_STREAM = 2
JournalRecord = dict[str, object]


class JournalWriter:
    """One journal file, opened once and written by this process only.

    The file is opened when the object is made; what goes wrong then and later is kept in `problem` and never raised.
    A process forked from this one holds the object too, but its records are dropped: a file has one writer.

    Parameters
    ----------
    folder : str
        Folder of the run; it must exist.
    kind : {"tracker", "meter"}
        Whose journal it is; part of the file's name.
    host : str, optional
        The computer that the file's name states, for a journal of a run elsewhere. Default: this one.
    pid : int, optional
        The process that the file's name states, 0 or above. Default: this one.
    continued : str, optional
        A file that this process began, before it replaced its program: it is continued, and none begun.

    Attributes
    ----------
    path : str
        The file: ``<host>.<pid>.<6 hex>.<kind>.jsonl``.
    problem : str or None
        The first error, as text; None as long as every record was written.
    lost : int
        Number of records that could not be written.
    """

    def __init__(
        self, folder: str, kind: str, *, host: str | None = None, pid: int | None = None, continued: str = ""
    ) -> None:
        self._pid = os.getpid()
        self.path = continued or join(
            folder, journal_name(kind, host or host_name(), self._pid if pid is None else pid)
        )
        self.problem: str | None = None
        self.lost = 0
        self._number = 0
        self._torn = False
        self._descriptor = -1
        self._identity: tuple[int, int] | None = None
        with OwnErrors(OSError) as trouble:
            if continued:
                self._continue()
            else:
                self._open(os.O_CREAT | os.O_EXCL)
        if trouble.error is not None:
            self.problem = reason(trouble.error)

    def write(self, record: JournalRecord, t: float | None = None, mono: float | None = None) -> bool:
        """Append one record; ``v``, ``t``, ``mono``, ``line`` and ``crc`` are added to it.

        Parameters
        ----------
        record : dict
            The record's ``type`` and its fields. What JSON cannot hold is written as text, NaN and infinity as null.
        t : float, optional
            When it happened, in seconds since 1970. Default: now. [s]
        mono : float, optional
            The same moment of the clock by which the journal's records are compared. Default: ``t`` where that is
            given, else ``time.monotonic``. [s]

        Returns
        -------
        bool
            False the first time that a record is lost, the one time to warn; `problem` then holds the reason.
            True otherwise.
        """
        if os.getpid() != self._pid:
            return True
        try:
            if mono is None:
                mono = time.monotonic() if t is None else t
            number, self._number = self._number, self._number + 1  # one that is lost leaves its number out
            line = encode({"v": SCHEMA_VERSION, **record, "t": utc_text(t), "mono": round(mono, 4)})
            self._append(numbered(line, number))
        except Exception as error:  # whatever it is, the training goes on
            if is_from_handler(error):
                raise
            return self._lose(error)
        return True

    def close(self) -> None:
        """Close the file; later records count as lost. Closing twice is fine."""
        if self._is_ours():
            os.close(self._descriptor)
        self._descriptor, self._identity = -1, None

    def _open(self, flags: int = 0) -> None:
        always = os.O_WRONLY | os.O_APPEND | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_NOFOLLOW", 0)
        opened = os.open(self.path, always | flags, file_mode())
        self._descriptor = _above_standard_streams(opened)
        if flags:  # it is new: whatever the umask is
            set_rights(self._descriptor, file_mode())
        state = os.fstat(self._descriptor)
        self._identity = (state.st_dev, state.st_ino)

    def _continue(self) -> None:
        with open(self.path, "rb") as file:
            file.seek(max(0, os.fstat(file.fileno()).st_size - _TAIL_BYTES))
            tail = file.read()
        number = tail.rpartition(b'"line":')[2].partition(b",")[0]
        self._number, self._torn = int(number) + 1 if number.isdigit() else 0, not tail.endswith(b"\n")
        self._open()

    def _append(self, line: bytes) -> None:
        # A program that closes every descriptor it does not know may give ours to a file of its own.
        if self._identity is not None and not self._is_ours():
            self._open()
        elif self._identity is not None and not os.fstat(self._descriptor).st_nlink:
            self._restore()
        if self._torn:
            line = b"\n" + line
        written = os.write(self._descriptor, line)
        self._torn = written < len(line)
        if self._torn:
            raise OSError(f"{written} of {len(line)} bytes written")

    def _restore(self) -> None:
        """Make the file anew after somebody removed it: as long as it is open, its content can still be read."""
        removed = self._descriptor
        with open(f"/proc/self/fd/{removed}", "rb") as file:
            content = file.read()
        renew_folder(dirname(self.path))
        self._open(os.O_CREAT | os.O_EXCL)
        os.close(removed)
        os.write(self._descriptor, content)

    def _is_ours(self) -> bool:
        with OwnErrors(OSError):
            state = os.fstat(self._descriptor)
            return (state.st_dev, state.st_ino) == self._identity
        return False

    def _lose(self, error: Exception) -> bool:
        self.lost += 1
        if self.problem is None:
            self.problem = reason(error)
        return self.lost > 1


def writing_interval_seconds(elapsed_seconds: float, reading_interval_seconds: float) -> float:
    """Return the time between written samples: a second, ten after the first minute, a minute after the first hour.

    They are written often at first and seldom in a long run, so that a month stays small.

    Parameters
    ----------
    elapsed_seconds : float
        Time since the run's start. [s]
    reading_interval_seconds : float
        Time between readings; nothing is written more often than it is read. [s]

    Returns
    -------
    float
        The time. [s]
    """
    wanted = next(seconds for until, seconds in _STAGES if elapsed_seconds < until)
    return max(wanted, reading_interval_seconds)


def _above_standard_streams(descriptor: int) -> int:
    """Move a descriptor away from the number of a closed standard stream, whose text would get into the file."""
    if descriptor > _LAST_STANDARD_STREAM:
        return descriptor
    moved = _above_standard_streams(os.dup(descriptor))
    os.close(descriptor)
    return moved


def encode(record: JournalRecord) -> bytes:
    """Write a record as one line of JSON, ASCII only, ended by a line feed."""
    try:
        text = json.dumps(record, allow_nan=False, separators=(",", ":"))
    except Exception as error:  # what JSON cannot hold, and objects of the user's that raise anything when asked
        if is_from_handler(error):
            raise
        text = json.dumps(to_encodable(record), allow_nan=False, separators=(",", ":"))
    return text.encode("ascii") + b"\n"


def numbered(line: bytes, number: int) -> bytes:
    """Add to an encoded record its number in the file, from 0 on, and the check value of all before that value.

    The value is CRC-32 in eight hexadecimal digits. It shows a bit that has changed, the number a line that is gone.
    """
    body = b'%b,"line":%d' % (line[:-2], number)
    return body + CHECK % crc32(body)


def is_checked(line: bytes) -> bool:
    """Return whether a line ends with the check value of what it holds before that."""
    body = line[:-CHECK_BYTES]
    return line[-CHECK_BYTES:] == CHECK % crc32(body)


def utc_text(seconds: float | None = None) -> str:
    """Write a moment as ``2026-11-22T11:00:00.123Z``; by default now, else seconds since 1970. [s]"""
    milliseconds = int((time.time() if seconds is None else seconds) * 1000)
    moment = time.gmtime(milliseconds // 1000)
    return f"{time.strftime('%Y-%m-%dT%H:%M:%S', moment)}.{milliseconds % 1000:03d}Z"


def to_encodable(value: object, depth: int = 0) -> object:
    """Turn a value into what JSON can hold; one that refuses every answer into the name of its type."""
    try:
        return _taken_apart(value, depth)
    except Exception as error:
        if is_from_handler(error):
            raise
        return f"<{type(value).__name__}>"


def _taken_apart(value: object, depth: int) -> object:
    if value is None or isinstance(value, (str, bool)):
        return value
    if isinstance(value, (int, float)):
        return _finite(value)
    if depth < _DEEPEST and isinstance(value, dict):
        return {_text(key): to_encodable(item, depth + 1) for key, item in value.items()}
    if depth < _DEEPEST and isinstance(value, (list, tuple)):
        return [to_encodable(item, depth + 1) for item in value]
    return _text(value)


def _finite(value: float) -> float | None:
    with OwnErrors(OverflowError, ValueError) as trouble:
        number = float(value)
    if trouble.error is not None:
        return None
    # JSON would write an integer of thousands of digits, which Python then refuses to read.
    return (value if -1e300 < number < 1e300 else number) if number - number == 0 else None


def _text(value: object) -> str:
    try:
        return str(value)[:500]
    except Exception as error:
        if is_from_handler(error):
            raise
        return f"<{type(value).__name__}>"
