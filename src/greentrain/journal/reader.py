"""Reading journals, also while they are being written: what is no record is counted and left out."""

import json
import os
from io import BytesIO

from greentrain.journal.writer import SCHEMA_VERSION, JournalRecord

_LONGEST_LINE_BYTES = 4_000_000
_TAIL_BYTES = 65_536
_DECODER = json.JSONDecoder(parse_constant=lambda _: None)
_SAMPLE = b'{"v":%d,"type":"sample",' % SCHEMA_VERSION
"""How a sample begins, as the meter writes it."""
_GLUED = b"}{"
"""How two records meet of which the first lost its end; a sample holds no text in which that could occur."""
_JSON_SPACE = " \t\r\n"


class Journal:
    """What a journal file holds.

    Attributes
    ----------
    path : str
        The file.
    records : list of dict
        The records in the order of the file.
    garbage : int
        Lines that are no record: damaged, not of this program, or of a newer schema.
    newer : int
        Those among them that a newer greentrain wrote.
    is_torn : bool
        Whether a last line without its end was dropped.
    """

    __slots__ = ("_read_bytes", "garbage", "is_torn", "newer", "path", "records")

    def __init__(self, path: str) -> None:
        self.path = path
        self.records: list[JournalRecord] = []
        self.garbage = 0
        self.newer = 0
        self.is_torn = False
        self._read_bytes = 0

    def read_on(self) -> None:
        """Read what was written since the last time, or all of it at first.

        Raises
        ------
        OSError
            When the file cannot be opened or read.
        """
        self._take_text(self._new_text())

    def skim(self) -> None:
        """Read all but the samples before the last one, or all that cannot be told apart from them at once.

        Raises
        ------
        OSError
            When the file cannot be opened or read.
        """
        text = self._new_text()
        whole = text[: text.rfind(b"\n") + 1]
        records = _parsed_at_once(_without_old_samples(whole))
        # What is still being written may be a record that only lacks the end of its line.
        if records is None or _parsed(text[len(whole) :]) is not None:
            self._take_text(text)
        else:
            self.records, self._read_bytes, self.is_torn = records, len(whole), len(whole) < len(text)

    def _new_text(self) -> bytes:
        with open(self.path, "rb", buffering=0) as file:
            file.seek(self._read_bytes)
            return file.readall()

    def _take_text(self, text: bytes) -> None:
        self.is_torn = False
        records = _parsed_at_once(text)
        if records is not None:
            self.records += records
        else:
            self._take_each(_lines(text))
        self._read_bytes += len(text)

    def _take_each(self, lines: list[bytes]) -> None:
        for line in lines:
            self._take(line)
        if self.is_torn:  # what is still being written is read again
            self._read_bytes -= len(lines[-1])

    def _take(self, line: bytes) -> None:
        """Take a line; one that is longer than any record comes in pieces, each of them garbage."""
        record = _parsed(line)
        if record is not None and record["v"] == SCHEMA_VERSION:
            self.records.append(record)
        elif not line.endswith(b"\n") and len(line) < _LONGEST_LINE_BYTES:
            self.is_torn = True
        elif line.strip():
            self.garbage += 1
            self.newer += record is not None


def read_journal(path: str) -> Journal:
    """Read a journal, also while it is being written.

    Raises
    ------
    OSError
        When the file cannot be opened or read.
    """
    journal = Journal(path)
    journal.read_on()
    return journal


def skim_journal(path: str) -> Journal:
    """Read a journal but for the samples before the last one; each of them repeats what the ones before hold.

    A run of a day leaves thousands, and one that is over is asked for its sums. Samples that are left out are not
    looked into: one that is damaged and looks whole from outside is not counted. Where anything else is wrong all
    of the journal is read.

    Raises
    ------
    OSError
        When the file cannot be opened or read.
    """
    journal = Journal(path)
    journal.skim()
    return journal


def last_record(path: str, kind: str) -> JournalRecord | None:
    """Return the newest record of a type from the last 64 KiB of a journal; None when there is none or no such file."""
    try:
        with open(path, "rb") as file:
            start = max(0, os.fstat(file.fileno()).st_size - _TAIL_BYTES)
            file.seek(start)
            lines = file.read(2 * _TAIL_BYTES).split(b"\n")
    except OSError:
        return None
    for line in reversed(lines[1 if start else 0 : -1]):
        record = decode(line)
        if record is not None and record["type"] == kind:
            return record
    return None


def decode(line: bytes) -> JournalRecord | None:
    """Read one line of a journal; None when it is no record of this schema."""
    record = _parsed(line)
    return record if record is not None and record["v"] == SCHEMA_VERSION else None


def _parsed_at_once(text: bytes) -> list[JournalRecord] | None:
    """Read lines of which each is a record of this schema, in one go; None when one may be anything else."""
    lines = text.count(b"\n")
    are_objects = text.startswith(b"{") and text.endswith(b"}\n") and text.count(b"}\n{") == lines - 1
    if not are_objects or max(map(len, text.split(b"\n"))) >= _LONGEST_LINE_BYTES:
        return None
    try:
        records: list[JournalRecord] = _DECODER.decode("[" + text[:-1].replace(b"\n", b",").decode() + "]")
    except (ValueError, RecursionError):
        return None
    are_sound = len(records) == lines and set(map(_version, records)) == {SCHEMA_VERSION}
    return records if are_sound else None


def _without_old_samples(text: bytes) -> bytes:
    """Cut out the samples before the last one, as far as they look whole."""
    first, last = text.find(_SAMPLE), text.rfind(b"\n" + _SAMPLE) + 1
    if not 0 <= first < last:
        return text
    between = text[first:last]
    are_alone = between.count(b"\n") == between.count(b"}\n" + _SAMPLE) + 1
    if are_alone and between.endswith(b"}\n") and _GLUED not in between:
        return text[:first] + text[last:]
    kept = [line for line in between.splitlines(True) if not _looks_like_a_sample(line)]
    return b"".join([text[:first], *kept, text[last:]])


def _looks_like_a_sample(line: bytes) -> bool:
    return line.startswith(_SAMPLE) and line.endswith(b"}\n") and _GLUED not in line


def _lines(text: bytes) -> list[bytes]:
    """Part into lines, and one that is longer than any record into pieces."""
    file = BytesIO(text)
    return list(iter(lambda: file.readline(_LONGEST_LINE_BYTES), b""))


def _parsed(line: bytes) -> JournalRecord | None:
    try:
        text = line.decode().strip(_JSON_SPACE)
        record, end = _DECODER.raw_decode(text)
    except (ValueError, RecursionError):
        return None
    if end < len(text):
        return None
    return record if _version(record) else None


def _version(record: object) -> int | None:
    """Return the version of the schema of a record; None for what is no record."""
    if not isinstance(record, dict) or not isinstance(record.get("type"), str):
        return None
    version = record.get("v")
    return version if type(version) is int and version > 0 else None
