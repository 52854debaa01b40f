"""The live runs of a computer: each makes itself known by a file, so that no energy is given out twice.

A file per meter lies in a folder of its user's, all of them in one place that every user of the computer can write. Its
name tells when the run began and ended, so that listing the folder is enough; it is locked as long as the meter lives,
so that one left behind by a crash is recognised. No daemon is needed.

Whatever lies there was perhaps written by somebody else: only folders and files that belong to whom they name count,
links never, and of another user only runs whose process is seen to be that user's.

The training process loads this module, so little is imported.
"""

from __future__ import annotations

import os
import time
from math import inf
from os.path import join

from greentrain.errors import OwnErrors, is_from_outside
from greentrain.light_typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

VARIABLE = "GREENTRAIN_LIVE_RUNS"
"""Environment variable that names the place instead: containers of one computer may share a folder so."""

PLACES = ("/dev/shm", "/tmp")
KEPT_SECONDS = 60.0
"""How long a run that has ended stays known, for those that have not looked since. [s]"""

_PREFIX = "greentrain-live-"
_MOST_USERS = 100
_MOST_RUNS = 2000
_MOST_BYTES = 16_384
_SETTLED_SECONDS = 1.0
_CLOCK_STEP_SECONDS = 0.1
_MICRO = 1e6
_STARTING, _LIVE, _ENDED = "starting", "live", "ended"
_READ = os.O_RDONLY | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)


class Announcement(NamedTuple):
    """The file by which a run makes itself known, open and locked.

    Attributes
    ----------
    path : str
        The file; empty where a run could not make itself known.
    descriptor : int
        The open file, whose lock lasts as long as any process holds it open; -1 where there is none.
    """

    path: str = ""
    descriptor: int = -1


def announce(run_pid: int, started_mono: float) -> Announcement:
    """Make a run known, before its meter is there.

    Parameters
    ----------
    run_pid : int
        The run's process.
    started_mono : float
        The run's start, of ``time.monotonic``. [s]

    Returns
    -------
    Announcement
        An empty one where there is no place for it: the run then divides with those it sees, and is not seen.
    """
    place = find_place()
    if place is None:
        return Announcement()
    with OwnErrors(OSError):
        name = f"{int(started_mono * _MICRO)}.{run_pid}.{os.urandom(3).hex()}.{_STARTING}"
        return _locked(join(_own_folder(place), name))
    return Announcement()


def withdraw(announcement: Announcement) -> None:
    """Take back an announcement whose meter could not be started."""
    if announcement.descriptor >= 0:
        with OwnErrors(OSError):
            os.unlink(announcement.path)
        close_descriptors(announcement.descriptor)


def close_descriptors(*descriptors: int) -> None:
    """Close descriptors; one that is closed already is none the less, as where a signal's handler came between."""
    for descriptor in descriptors:
        with OwnErrors(OSError):
            os.close(descriptor)


def find_place() -> str | None:
    """Return the folder that holds the users' folders; None where no such place is safe."""
    stated = os.environ.get(VARIABLE)
    for place in (stated,) if stated else PLACES:
        with OwnErrors(OSError):
            state = os.stat(place)
            is_sticky = state.st_mode & 0o1000 or not state.st_mode & 0o022
            if state.st_mode & 0o170000 == 0o040000 and is_sticky and state.st_uid in (0, os.getuid()):
                return os.path.abspath(place)
    return None


def _own_folder(place: str) -> str:
    """Return this user's folder, made where it is missing; another one where somebody else has taken its name."""
    folder = join(place, f"{_PREFIX}{os.getuid()}")
    with OwnErrors(FileExistsError):
        os.mkdir(folder, 0o700)
        os.chmod(folder, 0o755)
    if _is_safe(os.lstat(folder), os.getuid()):
        return folder
    folder = f"{folder}-{os.urandom(4).hex()}"
    os.mkdir(folder, 0o700)
    os.chmod(folder, 0o755)
    return folder


def _is_safe(state: os.stat_result, owner: int) -> bool:
    """Whether it is a folder, and nobody but its owner can write it."""
    return state.st_mode & 0o170000 == 0o040000 and state.st_uid == owner and not state.st_mode & 0o022


def _locked(path: str) -> Announcement:
    import fcntl

    flags = os.O_RDWR | os.O_CREAT | os.O_EXCL | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_NOFOLLOW", 0)
    descriptor = os.open(path, flags, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        os.fchmod(descriptor, 0o644)
    except BaseException:
        withdraw(Announcement(path, descriptor))
        raise
    return Announcement(path, descriptor)


class OwnPresence:
    """The meter's hold on its run's announcement.

    Parameters
    ----------
    announcement : Announcement
        As the training process made it.
    """

    def __init__(self, announcement: Announcement) -> None:
        self._path, self._descriptor = announcement
        self._written = b""

    @property
    def name(self) -> str:
        """What tells it from others, whatever its state; empty where the run is not known to others."""
        return own_name(self._path)

    @property
    def is_known(self) -> bool:
        """Whether others see the run."""
        return self._descriptor >= 0

    def state(self, facts: dict[str, Any]) -> None:
        """Write what others may want to know of the run; written anew only where it has changed."""
        if self._descriptor < 0:
            return
        from binascii import crc32
        from json import dumps

        text = dumps(facts, separators=(",", ":")).encode("ascii")
        if text == self._written or len(text) > _MOST_BYTES - 20:
            return
        line = b"%08x %s\n" % (crc32(text), text)
        with OwnErrors(OSError):
            os.pwrite(self._descriptor, line.ljust(len(self._written) + 10), 0)
            if not self._written:
                self._rename(_LIVE)
            self._written = text

    def end(self, ended_mono: float) -> None:
        """State the run's end [s]; the file stays for a while for those that have not looked since."""
        if self._descriptor < 0:
            return
        with OwnErrors(OSError):
            self._rename(f"{int(ended_mono * _MICRO)}.{_ENDED}")
            os.close(self._descriptor)
        self._descriptor = -1

    def withdraw(self) -> None:
        """Take the announcement back, for a meter that reads nothing of this computer."""
        withdraw(Announcement(self._path, self._descriptor))
        self._path, self._descriptor = "", -1

    def sweep(self) -> None:
        """Remove what runs of this user have left behind: ended long ago, or crashed."""
        folder = os.path.dirname(self._path)
        if not folder:
            return
        for name in _listed(folder)[:_MOST_RUNS]:
            with OwnErrors(OSError, ValueError):
                path = join(folder, name)
                until = _moments(name)[1]
                is_old = time.time() - os.lstat(path).st_mtime > KEPT_SECONDS
                is_past = until == inf or until < time.monotonic() - KEPT_SECONDS
                if is_old and is_past and _is_left_behind(path):
                    os.unlink(path)

    def _rename(self, state: str) -> None:
        folder, name = os.path.split(self._path)
        path = join(folder, f"{_key(name)}.{state}")
        os.rename(self._path, path)
        self._path = path


class HostRun(NamedTuple):
    """Another run of this computer.

    Attributes
    ----------
    since, until : float
        From and to, of ``time.monotonic``; infinite where it goes on. [s]
    facts : dict
        What it stated, read with distrust.
    """

    since: float
    until: float
    facts: dict[str, Any]


class LiveRuns:
    """The other runs of this computer, as their files tell.

    `look` is cheap, finds who came and went and reads what new ones state; `read` reads anew what all others state.

    Parameters
    ----------
    own : str
        Name of the own announcement, which is left out.
    place : str or None
        The folder of the users' folders; None where there is none.

    Attributes
    ----------
    others : dict of str to HostRun
        Those that are there, or were a short time ago, by name.
    """

    def __init__(self, own: str, place: str | None) -> None:
        self._own = own
        self._place = place
        self._folders: dict[str, int] = {}
        self._changed: dict[str, float] = {}
        self._names: dict[str, frozenset[str]] = {}
        self._paths: dict[str, str] = {}
        self._gone: set[str] = set()
        self._final: set[str] = set()
        self.others: dict[str, HostRun] = {}

    def look(self) -> None:
        """Find who came and who went since the last look."""
        if self._place is None:
            return
        if self._has_changed(self._place):
            self._folders = dict(_user_folders(self._place))
        is_new = False
        for folder in self._folders:
            if self._has_changed(folder):
                names = frozenset(_listed(folder)[:_MOST_RUNS])
                is_new = is_new or names != self._names.get(folder)
                self._names[folder] = names
        if is_new or any(run.until < time.monotonic() - KEPT_SECONDS for run in self.others.values()):
            self._take()
            self._read_new()

    def read(self) -> None:
        """Read what the others state, and leave out those whose meter is no longer there."""
        for key, run in list(self.others.items()):
            if key in self._final:
                continue
            is_over = run.until < inf
            facts = _facts_of(self._paths[key], is_over)
            if is_over:
                self._final.add(key)
            if facts is None:
                self._gone.add(key)
                del self.others[key]
            elif facts:
                self.others[key] = run._replace(facts=facts)

    def _read_new(self) -> None:
        """Read what a run states for the first time: until then all others keep free what it may be."""
        for key, run in self.others.items():
            if not run.facts and run.until == inf and self._paths[key].endswith(_LIVE):
                self.others[key] = run._replace(facts=_facts_of(self._paths[key], False) or {})

    def _has_changed(self, folder: str) -> bool:
        """Whether files came or went; times of files have steps of some milliseconds, so a new one counts twice."""
        with OwnErrors(OSError) as trouble:
            changed = os.stat(folder).st_mtime
        if trouble.error is not None:
            return self._changed.pop(folder, None) is not None
        before, self._changed[folder] = self._changed.get(folder), changed
        return changed != before or abs(time.time() - changed) < _CLOCK_STEP_SECONDS

    def _take(self) -> None:
        known, self.others, self._paths = self.others, {}, {}
        self._gone &= {_key(name) for names in self._names.values() for name in names}
        self._final &= known.keys()
        oldest = time.monotonic() - KEPT_SECONDS
        processes: set[tuple[int, str]] = set()
        for folder, owner in self._folders.items():
            for name in sorted(self._names.get(folder, ())):
                key = _key(name)
                try:
                    since, until = _moments(name)
                except ValueError:
                    continue
                if key in self._gone or until < oldest or self._is_own_process(key):
                    continue
                if owner != os.getuid() and not _is_credible(name, owner, until, processes):
                    continue
                self._paths[key] = join(folder, name)
                self.others[key] = HostRun(since, until, known[key].facts if key in known else {})

    def _is_own_process(self, key: str) -> bool:
        """Whether it is this run, or another of its process, among which the meters divide by `RunsOfProcess`."""
        return key.split(".")[1:2] == self._own.split(".")[1:2] if self._own else False


def _user_folders(place: str) -> Iterator[tuple[str, int]]:
    names = [name for name in _listed(place) if name.startswith(_PREFIX)]
    for name in sorted(names)[:_MOST_USERS]:
        owner = name.removeprefix(_PREFIX).partition("-")[0]
        with OwnErrors(OSError):
            if owner.isascii() and owner.isdecimal() and _is_safe(os.lstat(join(place, name)), int(owner)):
                yield join(place, name), int(owner)


def _is_credible(name: str, owner: int, until: float, processes: set[tuple[int, str]]) -> bool:
    """Whether another user's file names a process of that user, each once; what has ended cannot be checked."""
    pid = name.split(".")[1]
    if until < inf:
        return True
    if (owner, pid) in processes:
        return False
    processes.add((owner, pid))
    with OwnErrors(OSError):
        return os.stat(f"/proc/{int(pid)}").st_uid == owner
    return not os.path.exists("/proc/1/stat")  # where other users' processes are hidden


def _listed(folder: str) -> list[str]:
    with OwnErrors(OSError):
        return os.listdir(folder)
    return []


def began(name: str) -> float:
    """Return when a run began, by its name; endless where others do not see it, so that it is before none. [s]"""
    moment = name.partition(".")[0]
    return int(moment) / _MICRO if moment else inf


def own_name(path: str) -> str:
    """Return what tells a run from others, whatever its state, by the file of its announcement."""
    return _key(os.path.basename(path))


def _key(name: str) -> str:
    return ".".join(name.split(".")[:3])


def _moments(name: str) -> tuple[float, float]:
    """Take from and to from a name: ``<from>.<pid>.<6 hex>.starting``, ``.live`` or ``.<to>.ended``.

    Raises
    ------
    ValueError
        If it is none.
    """
    parts = name.split(".")
    is_ended = len(parts) == 5 and parts[4] == _ENDED
    if not is_ended and (len(parts) != 4 or parts[3] not in (_STARTING, _LIVE)):
        raise ValueError(name)
    if not all(part.isascii() and part.isdecimal() and len(part) < 19 for part in (*parts[:2], *parts[3:-1])):
        raise ValueError(name)
    return int(parts[0]) / _MICRO, int(parts[3]) / _MICRO if is_ended else inf


def _facts_of(path: str, is_over: bool) -> dict[str, Any] | None:
    """Read what a run states; an empty answer where it states nothing yet, None where its meter has gone by a crash."""
    with OwnErrors(OSError) as trouble:
        descriptor = os.open(path, _READ)
    if trouble.error is not None:  # renamed since the last look: the next one finds it
        return {}
    try:
        state = os.fstat(descriptor)
        if state.st_mode & 0o170000 != 0o100000 or state.st_size > _MOST_BYTES:
            return None
        is_settled = time.time() - state.st_mtime > _SETTLED_SECONDS
        if not is_over and is_settled and _is_unlocked(descriptor):
            return None
        return _parsed(os.read(descriptor, _MOST_BYTES))
    except OSError as error:
        if is_from_outside(error):
            raise
        return {}
    finally:
        os.close(descriptor)


def _parsed(line: bytes) -> dict[str, Any]:
    from binascii import crc32
    from json import loads

    check, _, text = line.rstrip().partition(b" ")
    try:
        facts = loads(text) if int(check or b"0", 16) == crc32(text) else {}
    except (ValueError, RecursionError):
        return {}
    return facts if isinstance(facts, dict) else {}


def _is_left_behind(path: str) -> bool:
    descriptor = os.open(path, _READ)
    try:
        return _is_unlocked(descriptor)
    finally:
        os.close(descriptor)


def _is_unlocked(descriptor: int) -> bool:
    """Whether no process holds a lock on the file."""
    import fcntl

    with OwnErrors(OSError):
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
        fcntl.flock(descriptor, fcntl.LOCK_UN)
        return True
    return False
