"""Looking at a run while it goes on: each look reads what was written since the last."""

from collections.abc import Mapping, Sequence

from greentrain.history.merge import read_run
from greentrain.history.run import Run
from greentrain.journal.fields import mapping
from greentrain.journal.reader import Journal
from greentrain.journal.readings import is_marked_missing, read_names
from greentrain.journal.writer import JournalRecord

_REPEATED = ("sample", "log", "span_start", "span_end")


class Follower:
    """Reads one run as it grows; its spans, logs and readings before the newest ones are let go.

    Parameters
    ----------
    folders : sequence of str
        The folders of the run's key, one for each home that has it.
    """

    def __init__(self, folders: Sequence[str]) -> None:
        self._folders = tuple(folders)
        self._journals: dict[str, Journal] = {}

    def look(self, now: float | None = None) -> Run | None:
        """Return the run as recorded so far; the parameter is that of `read_run`."""
        return read_run(self._folders, now, self._read_on)

    def _read_on(self, path: str) -> Journal:
        journal = self._journals.setdefault(path, Journal(path))
        journal.read_on()
        journal.records = newest(journal.records)
        return journal


def newest(records: Sequence[JournalRecord]) -> list[JournalRecord]:
    """Leave out the records that a later one replaces, such as all samples but the last."""
    kept: dict[object, JournalRecord] = {}
    before: dict[str, object] = {}
    read: frozenset[str] = frozenset()
    changes = 0
    for record in records:
        key = _subject(record, before)
        if record["type"] == "sample":
            now = read_names(record)
            changes, read = changes + (now != read), now
            # The last sample before a component fell out, or came back, dates that.
            key = key, changes, is_marked_missing(record)
        kept.pop(key, None)
        kept[key] = record
        if record["type"] == "sample":
            before = mapping(record, "energy_kwh")
    return list(kept.values())


def _subject(record: JournalRecord, before: Mapping[str, object]) -> object:
    """Return what a record is about: a later one about the same replaces it.

    Logs of other names are about something else, and so are samples of other components, and a sample in which the
    energy of a component did not grow: that is how one shows that the meter has lost.
    """
    if record["type"] not in _REPEATED:
        return id(record)
    values = mapping(record, "values") or mapping(record, "energy_kwh")
    known = ((name, value != before.get(name)) for name, value in values.items() if value is not None)
    return record["type"], frozenset(known)
