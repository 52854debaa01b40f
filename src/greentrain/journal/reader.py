"""Reading journals, also while they are being written: what is no record is counted and left out.

A line has its number in the file and a check value behind it; in journals of 0.1.0 it has neither. A journal of which
any line has them must have them in all, without one left out, repeated or elsewhere than its number says.
"""

import errno
import json
import os
import stat
from binascii import crc32
from io import BytesIO, FileIO
from itertools import pairwise

from greentrain.errors import OwnErrors, is_from_outside
from greentrain.journal.writer import CHECK, CHECK_BYTES, SCHEMA_VERSION, JournalRecord, is_checked

_LONGEST_LINE_BYTES = 4_000_000
_LARGE_BYTES, _SHORTEST_LINE_BYTES = 1 << 26, 40
"""From which size on a file is looked at first: one without lines, or with shorter ones than records have, is none."""
_TAIL_BYTES = 65_536
_BLOCK_BYTES = 4096
"""Of the usual file systems; a disk that is full takes no line beyond a block's end, and a part of one before it."""

_LARGEST_BYTES = 1 << 29
"""A month with a log each second fills 300 MB; what is larger than this is not taken into memory."""
_DECODER = json.JSONDecoder(parse_constant=lambda _: None)
_SAMPLE = b'{"v":%d,"type":"sample",' % SCHEMA_VERSION
"""How a sample begins, as the meter writes it."""
_GLUED = b"}{"
"""How two records meet of which the first lost its end; a sample holds no text in which that could occur."""
_JSON_SPACE = " \t\r\n"
_CHECK, _NUMBER = b',"crc":"', b',"line":'


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
    lost : int
        Lines that are gone: whose numbers neither a record nor a line of garbage may have had.
    misplaced : int
        Lines that are repeated or elsewhere than their number says; repetitions are left out, the others put right.
    is_torn : bool
        Whether a last line without its end was dropped.
    """

    __slots__ = (
        "_is_checked",
        "_lines",
        "_read_bytes",
        "garbage",
        "is_torn",
        "lost",
        "misplaced",
        "newer",
        "path",
        "records",
    )

    def __init__(self, path: str) -> None:
        self.path = path
        self.records: list[JournalRecord] = []
        self.garbage = 0
        self.newer = 0
        self.lost = 0
        self.misplaced = 0
        self.is_torn = False
        self._read_bytes = 0
        self._lines = 0
        self._is_checked = False

    @property
    def breaks_off(self) -> bool:
        """Whether its last line lacks its end, or it fills its blocks to the last byte, as where no other was free."""
        return self.is_torn or (self._read_bytes > 0 and self._read_bytes % _BLOCK_BYTES == 0)

    @property
    def damaged(self) -> int:
        """Number of lines that are not as they were written, or not there any more."""
        return self.garbage - self.newer + self.lost + self.misplaced

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
        kept = _without_old_samples(whole)
        are_sound = not _has_checks(whole) or _are_numbered(whole.splitlines(True), 0)
        records = _parsed_at_once(kept) if are_sound else None
        # What is still being written may be a record that only lacks the end of its line.
        if records is None or _parsed(text[len(whole) :]) is not None:
            self._take_text(text)
        else:
            self.records, self._read_bytes, self.is_torn = records, len(whole), len(whole) < len(text)
            self._lines, self._is_checked = whole.count(b"\n"), _has_checks(whole)

    def _new_text(self) -> bytes:
        with open_journal(self.path) as file:
            file.seek(self._read_bytes)
            size = max(0, os.fstat(file.fileno()).st_size - self._read_bytes)
            text = file.read(min(size, _LARGE_BYTES)) or b""
            if len(text) < _LARGE_BYTES:
                return text
            if not _LARGE_BYTES > text.count(b"\n") * _SHORTEST_LINE_BYTES > 0:
                raise OSError(errno.EINVAL, "it is no journal", self.path)
            return text + (file.read(size - len(text)) or b"")

    def _take_text(self, text: bytes) -> None:
        self.is_torn = False
        lines = _lines(text)
        are_checked = self._is_checked or _has_checks(text)
        records = _parsed_at_once(text) if not are_checked or _are_numbered(lines, self._lines) else None
        if records is not None:
            self.records += records
            self._lines += len(lines)
        else:
            self._take_each(lines)
        self._is_checked = are_checked
        self._read_bytes += len(text)

    def _take_each(self, lines: list[bytes]) -> None:
        for line in lines:
            self._take(line)
        if self.is_torn:  # what is still being written is read again
            self._read_bytes -= len(lines[-1])
        self._sort()

    def _take(self, line: bytes) -> None:
        """Take a line; one that is longer than any record comes in pieces, each of them garbage."""
        record = _parsed(line)
        if record is not None and record["v"] == SCHEMA_VERSION and not _is_altered(record, line):
            self.records.append(record)
        elif record is None and not line.endswith(b"\n") and len(line) < _LONGEST_LINE_BYTES:
            self.is_torn = True
        elif line.strip():
            self.garbage += 1
            self.newer += record is not None and not _is_altered(record, line)

    def _sort(self) -> None:
        """Put the records in the order of their numbers, each once, and count the numbers that are missing."""
        if not any("crc" in record for record in self.records):
            return
        numbered = [record for record in self.records if "crc" in record]
        self.garbage += len(self.records) - len(numbered)
        found: dict[int, JournalRecord] = {}
        for record in numbered:
            found.setdefault(_number(record), record)
        numbers = [_number(record) for record in numbered]
        self.misplaced += sum(later <= earlier for earlier, later in pairwise(numbers))
        self.records = [found[number] for number in sorted(found)]
        self._lines = max(found) + 1
        self.lost = max(0, self._lines - len(found) - self.garbage)


def open_journal(path: str) -> FileIO:
    """Open a journal for reading: a regular file of bounded size, so that nothing in its place makes anybody wait.

    Raises
    ------
    OSError
        When it cannot be opened, or is something else: a link, a pipe, a device, a folder.
    """
    file = open(path, "rb", buffering=0, opener=_open_without_waiting)  # noqa: SIM115 -- who asked closes it
    state = os.fstat(file.fileno())
    if stat.S_ISREG(state.st_mode) and state.st_size <= _LARGEST_BYTES:
        return file
    file.close()
    if not stat.S_ISREG(state.st_mode):
        raise OSError(errno.EINVAL, "it is no regular file", path)
    raise OSError(errno.EFBIG, f"it is larger than {_LARGEST_BYTES >> 20} MiB", path)


def _open_without_waiting(path: str, flags: int) -> int:
    for name in ("O_NONBLOCK", "O_NOFOLLOW", "O_NOCTTY"):
        flags |= getattr(os, name, 0)
    try:
        return os.open(path, flags)
    except OSError as error:
        if error.errno == errno.ELOOP:
            raise OSError(errno.ELOOP, "it is a link", path) from None
        raise


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
    start, lines = 0, [b""]
    with OwnErrors(OSError), open_journal(path) as file:
        start = max(0, os.fstat(file.fileno()).st_size - _TAIL_BYTES)
        file.seek(start)
        lines = file.read(2 * _TAIL_BYTES).split(b"\n")
    mark = b'"%b"' % kind.encode()
    for line in reversed(lines[1 if start else 0 : -1]):
        record = decode(line) if mark in line else None
        if record is not None and record["type"] == kind:
            return record
    return None


def decode(line: bytes) -> JournalRecord | None:
    """Read one line of a journal; None when it is no record of this schema."""
    record = _parsed(line)
    is_ours = record is not None and record["v"] == SCHEMA_VERSION and not _is_altered(record, line)
    return record if is_ours else None


def _has_checks(text: bytes) -> bool:
    """Whether any line may have a number or a check value; names that the user chose may look like it."""
    return _CHECK in text or _NUMBER in text


def _are_numbered(lines: list[bytes], first: int) -> bool:
    """Whether lines have the right check values and the numbers from this one on."""
    for number, line in enumerate(lines, first):
        body = line[:-CHECK_BYTES]
        if line != body + CHECK % crc32(body) or not body.endswith(b'"line":%d' % number):
            return False
    return True


def _is_altered(record: JournalRecord, line: bytes) -> bool:
    """Whether a line has a number or a check value and not the one that it was written with."""
    if "line" not in record and "crc" not in record:
        return False
    body = line if line.endswith(b"\n") else line + b"\n"
    return not is_checked(body) or _number(record) < 0


def _number(record: JournalRecord) -> int:
    number = record.get("line")
    return number if type(number) is int else -1


def _parsed_at_once(text: bytes) -> list[JournalRecord] | None:
    """Read lines of which each is a record of this schema, in one go; None when one may be anything else."""
    lines = text.count(b"\n")
    are_objects = text.startswith(b"{") and text.endswith(b"}\n") and text.count(b"}\n{") == lines - 1
    if not are_objects or max(map(len, text.split(b"\n"))) >= _LONGEST_LINE_BYTES:
        return None
    try:
        records: list[JournalRecord] = _DECODER.decode("[" + text[:-1].replace(b"\n", b",").decode() + "]")
    except (ValueError, RecursionError) as error:
        if is_from_outside(error):
            raise
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
    except (ValueError, RecursionError) as error:
        if is_from_outside(error):
            raise
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
