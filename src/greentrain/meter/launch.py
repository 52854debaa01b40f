"""Starting the meter from the training process: in a few milliseconds, without a thread, and without ever failing.

The meter is no child of the training process, which may wait for all its children or end them. A shell that ends at
once starts it. Only the standard library is used, and little of it.
"""

import os
import sys
import time

from greentrain.errors import OwnErrors, is_from_outside
from greentrain.journal.access_rights import is_file
from greentrain.journal.process_alive import command_line, process_started
from greentrain.meter.backends import DEFAULT, NONE
from greentrain.meter.live_runs import VARIABLE, Announcement, announce, close_descriptors, withdraw
from greentrain.meter.settings import GPU_VARIABLES, MeterSettings, ranks_on_node

CHANNEL, SIGN_OF_LIFE, PRESENCE = 3, 4, 5
"""Descriptors in the meter: the run's end is signalled on the first; the second is open while the meter lives; the
third is the locked file by which other runs know this one, where there is one."""

METER_VARIABLE = "GREENTRAIN_METER_PROCESS"
"""Set in a meter's environment: no process below it starts another one."""

_SHELL = "/bin/sh"
_STARTERS = (b"slurmstepd", b"flux-shell")
_FIRST_FREE_DESCRIPTOR = 10
_POLLING_SECONDS = 0.005
_PASSED_VARIABLES = (
    *("PATH", "HOME", "LD_LIBRARY_PATH", "PYTHONHOME", "PYTHONPATH", "PYTHONDONTWRITEBYTECODE", "PYTHONPYCACHEPREFIX"),
    *("TMPDIR", "XDG_DATA_HOME", "GREENTRAIN_HOME", "GREENTRAIN_HOST", "GREENTRAIN_SHARED", VARIABLE),
)


class MeterHandle:
    """The training process's hold on its meter.

    Attributes
    ----------
    problem : str or None
        Why there is no meter; None when it was started.
    """

    def __init__(self, sender: int = -1, life: int = -1, problem: str | None = None) -> None:
        self.problem = problem
        self._sender = sender
        self._life = life
        self._owner_pid = os.getpid()

    @property
    def alive(self) -> bool:
        """Whether the meter's process is alive."""
        return self._is_ours() and not self._has_ended(0.0)

    def stop(self, timeout: float = 2.0, ended_mono: float | None = None) -> bool:
        """Signal the end of the run to the meter, and wait until it has closed its journal.

        Parameters
        ----------
        timeout : float
            The longest wait; 0 does not wait. [s]
        ended_mono : float, optional
            When the run ended, of ``time.monotonic``. Default: now. [s]

        Returns
        -------
        bool
            Whether it has ended. Stopping twice is fine; a process forked from the run's does nothing.
        """
        if not self._is_ours():
            return True
        self._signal_end(time.monotonic() if ended_mono is None else ended_mono)
        has_ended = self._has_ended(timeout)
        self._close()
        return has_ended

    def _is_ours(self) -> bool:
        return self._life >= 0 and os.getpid() == self._owner_pid

    def _signal_end(self, ended_mono: float) -> None:
        with OwnErrors(OSError):
            os.write(self._sender, int(ended_mono * 1e9).to_bytes(8, sys.byteorder))

    def _has_ended(self, timeout_seconds: float) -> bool:
        """Wait for the end of the pipe that the meter holds open; without `select`, whose loading needs a file."""
        deadline = time.monotonic() + timeout_seconds
        while not self._is_at_end():
            if time.monotonic() >= deadline:
                return False
            time.sleep(_POLLING_SECONDS)
        return True

    def _is_at_end(self) -> bool:
        with OwnErrors(OSError) as trouble:
            return not os.read(self._life, 1)
        return not isinstance(trouble.error, BlockingIOError)  # the program may have closed what it did not know

    def _close(self) -> None:
        close_descriptors(self._sender, self._life)
        self._sender = self._life = -1


def launch(
    run_folder: str,
    session: str,
    *,
    interval_seconds: float = 1.0,
    meter: str = DEFAULT,
    started_mono: float | None = None,
    run_pid: int | None = None,
    journal: str = "",
    is_sure: bool = True,
    is_rank: bool = False,
) -> MeterHandle:
    """Start the meter of a run; what goes wrong is in the handle's ``problem``.

    Parameters
    ----------
    run_folder : str
        Folder of the run's journals; it must exist.
    session : str
        The session's id, written to the meter's start record.
    interval_seconds : float, optional
        Time between readings. [s]
    meter : str, optional
        Name of the meter, as `checked_meter` returns it.
    started_mono : float, optional
        The run's start, of ``time.monotonic``. Default: now. [s]
    run_pid : int, optional
        The run's process. Default: this one.
    journal : str, optional
        The session's journal, in which the meter sees what else this process runs.
    is_sure : bool, optional
        Whether this meter is to measure, rather than to look first whether that of another rank does. Default: True.
    is_rank : bool, optional
        Whether a launcher started this process as one of several: all that it started is measured. Default: False.
    """
    if meter == NONE:
        return MeterHandle(problem="metering is switched off")
    if problem := _obstacle():
        return MeterHandle(problem=f"the meter could not be started: {problem}")
    pid = os.getpid() if run_pid is None else run_pid
    started = time.monotonic() if started_mono is None else started_mono
    announcement = announce(pid, started) if is_sure else Announcement()
    settings = MeterSettings(
        run_folder=os.path.abspath(run_folder),
        session=session,
        run_pid=pid,
        pid_started=process_started(pid),
        root_pid=_root_process(pid, is_rank),
        started_mono=started,
        interval_seconds=interval_seconds,
        environment={name: os.environ[name] for name in GPU_VARIABLES if name in os.environ},
        meter=meter,
        announced=announcement.path,
        journal=journal,
    )
    try:
        return _start(settings.to_json(), announcement)
    except Exception as error:
        if is_from_outside(error):
            raise
        return MeterHandle(problem=f"the meter could not be started: {type(error).__name__} {error}")


def _root_process(run_pid: int, is_rank: bool) -> int:
    """Name the process from which all ranks on this node descend: the launcher, where there are several."""
    parent = os.getppid()
    is_launched = (ranks_on_node(os.environ) or 1) > 1 or _starts_all_tasks(parent)
    return parent if is_rank and is_launched and run_pid == os.getpid() and parent > 1 else run_pid


def _starts_all_tasks(pid: int) -> bool:
    """Whether a process is the one that starts all tasks of a step on this node, of launchers that state no number."""
    program = command_line(pid)[:1]
    return bool(program) and os.path.basename(program[0]).startswith(_STARTERS)


def _obstacle() -> str | None:
    """State why no meter can be started here; None where nothing is known to be in the way."""
    if not hasattr(os, "posix_spawn"):
        return "it runs on Linux and macOS only"
    if METER_VARIABLE in os.environ:
        return "this process is a meter"
    if not sys.executable:
        return "this Python has no program file of its own"
    if _interpreter() is None:
        if _is_python(sys.executable) and not _can_be_run(sys.executable):
            return f"{sys.executable} is not there, or cannot be run"
        return "this program is no Python that could run it, and no greentrain on the PATH has one"
    return None


def _interpreter() -> str | None:
    """Return the Python that runs the meter; None where there is none.

    A frozen application is started again by what it calls its Python, and a program that embeds Python is too: there,
    the Python of a `greentrain` on the PATH is taken.
    """
    if not getattr(sys, "frozen", False) and _is_python(sys.executable):
        if _is_program(sys.executable):
            return sys.executable
        if _can_be_run(sys.executable) and (own := _own_program()):  # a script that may start anything
            return own
    for folder in os.environ.get("PATH", "").split(os.pathsep):
        found = _python_of(os.path.join(folder, "greentrain"))
        if found is not None and os.path.isabs(folder):
            return found
    return None


def _python_of(script: str) -> str | None:
    """Return the Python that a script of an installed package names in its head."""
    lines = [b""]
    with OwnErrors(OSError), open(script, "rb") as file:
        lines = file.read(1024).split(b"\n")
    words = lines[0][2:].split() if lines[0].startswith(b"#!") else []
    if words == [b"/bin/sh"] and len(lines) > 1:  # how installers write a path that is too long or has spaces
        words = lines[1].replace(b"'", b"").replace(b'"', b"").split()[1:]
    found = os.fsdecode(words[0]) if words else ""
    return found if os.path.isabs(found) and _is_python(found) and _is_program(found) else None


def _own_program() -> str | None:
    """Return the program that this process runs, where the system reports it and it is a Python."""
    found = ""
    with OwnErrors(OSError):
        found = os.readlink("/proc/self/exe")
    return found if _is_python(found) and _is_program(found) else None


def _is_python(path: str) -> bool:
    """Whether a file has the name of a Python: ``python3.11``, ``pypy3``, ``python3.13t``, and not an application's."""
    name = os.path.basename(path).lower().removesuffix(".exe").lstrip(".")
    kind = next((kind for kind in ("python", "pypy", "graalpy") if name.startswith(kind)), None)
    return kind is not None and not set(name[len(kind) :].partition("-")[0]) - set("0123456789.tdw")


def _is_program(path: str) -> bool:
    """Whether a file is a program itself, and no script, which may start anything."""
    head = b""
    with OwnErrors(OSError) as trouble, open(path, "rb") as file:
        head = file.read(4)
    if trouble.error is not None:  # it may run without being readable, or no file can be opened at all
        return _can_be_run(path)
    is_script = head != b"\x7fELF" if sys.platform.startswith("linux") else head[:2] in (b"", b"#!")
    return not is_script and _can_be_run(path)


def _can_be_run(path: str) -> bool:
    return is_file(path) and os.access(path, os.X_OK)


def _start(argument: str, announcement: Announcement) -> MeterHandle:
    try:
        if announcement.descriptor >= 0:
            announcement = announcement._replace(descriptor=_above(announcement.descriptor)[0])
        handle = _connected(argument, announcement.descriptor)
    except BaseException:
        withdraw(announcement)
        raise
    if announcement.descriptor >= 0:  # the meter holds its lock from here on
        close_descriptors(announcement.descriptor)
    return handle


def _connected(argument: str, presence: int) -> MeterHandle:
    receiver, sender = _end_channel()
    life, life_writer = os.pipe()
    mine, theirs = _above(sender, life), _above(receiver, life_writer)
    for descriptor in mine:
        os.set_blocking(descriptor, False)
    try:
        _spawn(argument, theirs[0], theirs[1], presence)
    except BaseException:  # the meter may have been started: it is told to end
        MeterHandle(mine[0], mine[1]).stop(0.0)
        raise
    finally:
        close_descriptors(*theirs)
    return MeterHandle(mine[0], mine[1])


def _end_channel() -> tuple[int, int]:
    """Make the channel for the run's end: an event counter, since a write to a broken pipe may end the process."""
    if hasattr(os, "eventfd"):
        with OwnErrors(OSError):
            counter = os.eventfd(0)
            return counter, os.dup(counter)
    return os.pipe()


def _above(*descriptors: int) -> tuple[int, ...]:
    """Move descriptors out of the way of the numbers that they get in the meter, and of closed standard streams."""
    import fcntl

    moved = tuple(fcntl.fcntl(descriptor, fcntl.F_DUPFD_CLOEXEC, _FIRST_FREE_DESCRIPTOR) for descriptor in descriptors)
    close_descriptors(*descriptors)
    return moved


def _spawn(argument: str, receiver: int, life_writer: int, presence: int) -> None:
    command = [_interpreter() or sys.executable, "-P", "-W", "ignore", "-m", "greentrain.meter", argument]
    has_shell = os.access(_SHELL, os.F_OK)
    files = [
        (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0),
        *((os.POSIX_SPAWN_OPEN, stream, os.devnull, os.O_WRONLY, 0) for stream in (1, 2)),
        (os.POSIX_SPAWN_DUP2, receiver, CHANNEL),
        (os.POSIX_SPAWN_DUP2, life_writer, SIGN_OF_LIFE),
        *([(os.POSIX_SPAWN_DUP2, presence, PRESENCE)] if presence >= 0 else []),
    ]
    program = [_SHELL, "-c", '"$@" &', "sh", *command] if has_shell else command
    pid = os.posix_spawn(program[0], program, _environment(), file_actions=files, setsid=True, setsigmask=())
    if has_shell:
        status = 0
        with OwnErrors(ChildProcessError):  # the program waits for children elsewhere, or ignores their end
            status = os.waitpid(pid, 0)[1]
        if status:
            raise OSError("no process could be started for it")


def _environment() -> dict[str, str]:
    passed = {name: os.environ[name] for name in _PASSED_VARIABLES if name in os.environ}
    folders = [os.path.abspath(folder) for folder in passed.get("PYTHONPATH", "").split(os.pathsep) if folder]
    passed[METER_VARIABLE] = "1"
    program = _interpreter()
    is_own = program in (sys.executable, _own_program())
    if not is_own:  # a bundle's libraries and modules are of no use to another Python
        return {name: value for name, value in passed.items() if not name.startswith(("PYTHON", "LD_"))}
    home = __file__.rpartition(f"{os.sep}greentrain{os.sep}meter{os.sep}")[0]
    is_installed = program == sys.executable and os.path.basename(home) in ("site-packages", "dist-packages")
    if home and not is_installed:
        folders.append(home)
    if folders:
        passed["PYTHONPATH"] = os.pathsep.join(folders)
    return passed
