"""Which run a start belongs to: what joins two processes to one run, and what separates them.

A run is what tracked code names: name, project and place. A start is

- a part of a run around it, where the user's code has it inside that run, or where a process below that run's names
  nothing else, and the run goes on; a run of a command that names nothing is named by what the command itself tracks;
- another session of a run on evidence only: the same ``run_id`` from the user, ranks that a launcher started together,
  or a restart that says that it is one;
- a run of its own else. That a variable names a job, a rank or a session is no evidence: it tells where to look.
"""

from __future__ import annotations

import os
import sys
from os.path import basename, dirname, join

from greentrain.errors import OwnErrors
from greentrain.journal.access_rights import is_anothers
from greentrain.journal.paths import folder_key, host_name, new_run_key, safe_name
from greentrain.journal.process_alive import children, command_line, is_process_alive, parent_process, process_started
from greentrain.journal.sessions import RecordedSession, recorded_sessions
from greentrain.journal.writer import JournalWriter
from greentrain.light_typing import TYPE_CHECKING, NamedTuple
from greentrain.meter.settings import whole_number

if TYPE_CHECKING:
    from collections.abc import Iterator

    from greentrain.journal.writer import JournalRecord

SESSION_VARIABLE = "GREENTRAIN_SESSION"
"""Set while a run is tracked: ``<session>:<process id>:<its start>:<role>:<host>:<run folder>``."""

WRAPPER, TRACKER = "wrapper", "tracker"
UNSETTLED = ".starting-"
"""How the folder of a run is called until it is known which run that is."""

_TOGETHER_SECONDS = 60.0
"""Ranks that nothing but the job identifies began together where the last of them was there so long ago. [s]"""
_RESTART_SECONDS = 12 * 3600.0
"""What ended longer ago is not started again by a launcher, of which no batch system knows. [s]"""
_MOST_RUNS = 10_000
_MOST_LINKS = 20

_places: dict[str, int] = {}
"""Number of the newest run of this process by the names that it shares with earlier ones."""


class Ancestor(NamedTuple):
    """The process above this one that tracks already."""

    session: str
    pid: int
    started: int | None
    role: str
    host: str
    folder: str

    def text(self) -> str:
        """Format it as the environment variable holds it."""
        return f"{self.session}:{self.pid}:{self.started or ''}:{self.role}:{self.host}:{self.folder}"

    @property
    def is_joined_by_runs(self) -> bool:
        """Whether a run that is a part of its run has a journal of its own: below a wrapper, and after an ``exec``."""
        return bool(self.folder) and (self.role == WRAPPER or self.is_this_process)

    @property
    def is_this_process(self) -> bool:
        """Whether it is what this process was before it replaced its program."""
        return self.pid == os.getpid()

    @property
    def goes_on(self) -> bool:
        """Whether the run goes on: its process lives on this computer, and its journal has no end."""
        if self.host != host_name() or not is_process_alive(self.pid, self.started):
            return False
        own = self._recorded
        return own is not None and not own.has_ended

    @property
    def outer(self) -> Ancestor | None:
        """The tracked process above that one, as it recorded when it began."""
        own = self._recorded
        return read_session(str(own.start.get("inside") or "")) if own is not None else None

    @property
    def stated(self) -> tuple[object, ...]:
        """What the run named, name, project and place: of a command what it or its programs named first."""
        if self.role == WRAPPER:
            return _first_stated(recorded_sessions(self.folder))
        own = self._recorded
        return own.stated if own is not None else ()

    @property
    def batch(self) -> str | None:
        """The batch job that the run is in."""
        own = self._recorded
        return own.launch.get("batch") if own is not None else None

    def holds(self, named: tuple[object, ...]) -> bool:
        """Whether a run of this process that names these is a part of its run."""
        theirs = self.stated
        if not theirs:
            return False
        pairs = list(zip(named, theirs, strict=True))
        if all(own in (None, other) for own, other in pairs):
            return True
        return all(None in pair or pair[0] == pair[1] for pair in pairs) and self._wraps_this_process

    def end_replaced(self) -> None:
        """End the run where this process has replaced the program that began it: it tracks something else now."""
        own = self._recorded
        if own is not None and self.is_this_process:
            journal = JournalWriter(self.folder, "tracker", continued=own.path)
            journal.write({"type": "end", "status": "completed", "error": None, "exit_code": None})
            journal.close()

    @property
    def _wraps_this_process(self) -> bool:
        """Whether this process is the command that it wraps, and not what that has started, or what took its place."""
        parent = os.getppid()
        words = command_line(self.pid)
        if self.role != WRAPPER or (words and not _ends_with(words, [os.fsencode(word) for word in sys.orig_argv])):
            return False
        is_guard = parent_process(parent) == self.pid and command_line(parent) == words
        # Orphans fall to the guard, behind the command.
        return parent == self.pid or (is_guard and children(parent)[:1] in ([], [os.getpid()]))

    @property
    def ranks(self) -> dict[str, object]:
        """The ranks that its process had, which those below it may have inherited."""
        own = self._recorded
        return dict(own.start.get("ranks") or {}) if own is not None else {}

    @property
    def _recorded(self) -> RecordedSession | None:
        found = (one for one in recorded_sessions(self.folder) if one.id == self.session)
        return next(found, None) if self.folder else None


def as_ancestor(session: str, role: str, folder: str | None) -> Ancestor:
    """Describe this process, which tracks a run, to those below it."""
    pid = os.getpid()
    return Ancestor(session, pid, process_started(pid), role, host_name(), folder or "")


def ancestor(text: str) -> Ancestor | None:
    """Return the nearest process above this one whose run goes on; None without one.

    Parameters
    ----------
    text : str
        What the environment variable held when this process began: it tells of the past.
    """
    found = read_session(text)
    for _ in range(_MOST_LINKS):
        if found is None or found.goes_on:
            return found
        found = found.outer
    return None


def run_around(found: Ancestor | None, named: tuple[object, ...], batch: str | None) -> Ancestor | None:
    """Return the run of a process above that a run of this one is a part of: one that goes on and has the same names.

    What a run does not name, any around it may; so a worker that loads the script which started it begins no other run.

    Parameters
    ----------
    found : Ancestor or None
        The nearest process above whose run goes on.
    named : tuple
        What this process's run names, by `greentrain.journal.sessions.stated`.
    batch : str or None
        The batch job of this process: the batch system started another job, and not the run that waits for it.
    """
    around = found
    for _ in range(_MOST_LINKS):
        if around is None or (batch is not None and around.batch != batch):
            return None
        if around.holds(named):
            return around
        around.end_replaced()
        outer = around.outer
        around = ancestor(outer.text()) if outer is not None else None
    return None


def _ends_with(words: list[bytes], command: list[bytes]) -> bool:
    """Whether a command line ends with a command; of a script the first word is the program that runs it."""
    for own in filter(None, (command, command[1:])):
        end = words[-len(own) :]
        if basename(end[0]) == basename(own[0]) and end[1:] == own[1:] and len(end) == len(own):
            return True
    return False


def _first_stated(sessions: list[RecordedSession]) -> tuple[object, ...]:
    """Return what the sessions of a run named first, of each item."""
    stated = [one.stated for one in sorted(sessions, key=lambda one: (one.is_part, str(one.start.get("t"))))]
    return tuple(next((value for value in values if value is not None), None) for values in zip(*stated, strict=True))


def read_session(text: str) -> Ancestor | None:
    """Read the environment variable of a tracked run; None for what is none."""
    parts = text.split(":", 5)
    if len(parts) != 6 or not parts[0] or whole_number(parts[1]) is None:
        return None
    session, pid, started, role, host, folder = parts
    return Ancestor(session, int(pid), whole_number(started), role, host, folder)


def settled(journal: JournalWriter, start: JournalRecord) -> str:
    """Move a session that has just begun to the folder of its run, and return that folder.

    The session lies in a folder of its own first, so that a folder by the name of a run holds the first record of one
    from the moment at which it is there: which of two processes came first is decided by the system.

    Parameters
    ----------
    journal : JournalWriter
        The session's journal, with its first record.
    start : dict
        That record.
    """
    own = RecordedSession(journal.path, start)
    first = dirname(journal.path)
    with OwnErrors(OSError):
        for folder in _candidates(own, first):
            if _take(folder, journal, first) or _join(own, journal, folder):
                return folder
    folder = join(dirname(first), f"{new_run_key()}{basename(first).removeprefix(folder_key(first))}")
    return folder if _take(folder, journal, first) else dirname(journal.path)


def _take(folder: str, journal: JournalWriter, first: str) -> bool:
    """Give the run's folder its name, unless there is one of that name."""
    if dirname(journal.path) != first:
        return False
    with OwnErrors(OSError):
        os.rename(first, folder)
        journal.path = join(folder, basename(journal.path))
        return True
    return False


def _join(own: RecordedSession, journal: JournalWriter, folder: str) -> bool:
    """Join the run in a folder if it is this session's; of two that take one place in it, one goes on looking."""
    if is_anothers(folder) or not is_one_run(own, recorded_sessions(folder)):
        return False
    before = journal.path
    os.rename(before, join(folder, basename(before)))
    rivals = [
        one.path
        for one in recorded_sessions(folder)
        if (one.rank, one.attempt) == (own.rank, own.attempt) and one.goes_on
    ]
    journal.path = join(folder, basename(before))
    if min(rivals, default=journal.path) < journal.path:
        os.rename(journal.path, before)
        journal.path = before
        return False
    os.rmdir(dirname(before))
    return True


def is_one_run(own: RecordedSession, others: list[RecordedSession]) -> bool:
    """Return whether a session that begins belongs to the run that these others recorded."""
    others = [other for other in others if not other.is_part]
    if not others or any(other.stated != own.stated for other in others):
        return False
    return _is_rank_of(own, others) or _is_restart_of(own, others)


def _is_rank_of(own: RecordedSession, others: list[RecordedSession]) -> bool:
    """Whether a launcher started the session together with some of the others."""
    peers = [other for other in others if other.attempt == own.attempt]
    if own.rank is None or not peers or own.process in [peer.process for peer in peers]:
        return False
    for name in ("token", "batch"):
        stated_by_peers = {peer.launch.get(name) for peer in peers} - {None}
        if own.launch.get(name) is not None and stated_by_peers - {own.launch[name]}:
            return False
    same = [peer for peer in peers if peer.rank == own.rank]
    if any(peer.goes_on for peer in same):
        return False
    living = [peer for peer in peers if peer.goes_on]
    if same:  # a node that was lost is replaced while the others go on
        return bool(living)
    if any(peer.world_size != own.world_size for peer in peers):
        return False
    is_known = own.launch.get("token") is not None and own.launch["token"] in [one.launch.get("token") for one in peers]
    return is_known or bool(living) or min(peer.silent_seconds for peer in peers) < _TOGETHER_SECONDS


def _is_restart_of(own: RecordedSession, others: list[RecordedSession]) -> bool:
    """Whether a launcher or a batch system states that it started the session again."""
    if any(other.process == own.process or (other.goes_on and other.rank == own.rank) for other in others):
        return False
    agent = own.launch.get("agent")
    if agent is not None and (own.rank, agent) in [(other.rank, other.launch.get("agent")) for other in others]:
        return True
    if not all(_is_attempt_after(own, other) for other in others):
        return False
    batch = own.launch.get("batch")
    if batch is not None and all(other.launch.get("batch") == batch for other in others):
        return True
    is_done = all(one.end is not None and one.end.get("status") == "completed" for one in others)
    return not is_done and min(one.silent_seconds for one in others) < _RESTART_SECONDS


def _is_attempt_after(own: RecordedSession, other: RecordedSession) -> bool:
    """Whether the session's start comes after another's; where their number is not stated, by what each was a part of.

    One start of a job may hold several runs of one name: what completed in it is not started again there.
    """
    execution = own.launch.get("execution")
    if execution is None or other.attempt != own.attempt:
        return other.attempt < own.attempt
    is_completed = other.end is not None and other.end.get("status") == "completed"
    return other.launch.get("execution") != execution or not is_completed


def _candidates(own: RecordedSession, first: str) -> Iterator[str]:
    """Yield folders that may be the run's, the likeliest first: earlier ones of a restart, then by name."""
    job = str(own.launch.get("job"))
    base = safe_name(job)
    name = own.start.get("name")
    if any(own.attempt) or own.launch.get("agent"):
        yield from _earlier(own, dirname(first), base)
    runs, mark = dirname(first), basename(first).removeprefix(folder_key(first))
    yield join(runs, f"{base}{mark}")
    named = join(runs, base if name is None else safe_name(f"{job}-{name}"))
    if own.rank is None:
        yield f"{named}{mark}"
        while True:
            yield f"{named}-{os.urandom(3).hex()}{mark}"
    if named not in _places:
        yield f"{named}{mark}"
    for number in range(_places.get(named, 1) + 1, _MOST_RUNS):
        _places[named] = number
        yield f"{named}-{number}{mark}"


def _earlier(own: RecordedSession, runs: str, base: str) -> Iterator[str]:
    """Yield the folders of a job whose run may be started again: what did not complete comes before what did."""
    found = []
    for name in os.listdir(runs):
        key = folder_key(name)
        if key == base or key.startswith(f"{base}-"):
            others = recorded_sessions(join(runs, name))
            if others and others[0].stated == own.stated:
                found.append((_unlikeliness(own, others), join(runs, name)))
    yield from (folder for _, folder in sorted(found))


def _unlikeliness(own: RecordedSession, others: list[RecordedSession]) -> tuple[object, ...]:
    if any(other.attempt == own.attempt for other in others):  # other ranks began it anew: in their order
        return False, min(str(other.start.get("t")) for other in others if other.attempt == own.attempt)
    newest = min(others, key=lambda one: one.silent_seconds)
    is_other = own.start.get("argv") not in [other.start.get("argv") for other in others]
    return True, is_other, newest.end is not None and newest.end.get("status") == "completed", newest.silent_seconds
