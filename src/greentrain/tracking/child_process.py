"""A command that runs below this process: its signals, its end, and what it leaves behind where this one is killed."""

from __future__ import annotations

import contextlib
import errno
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from typing import NoReturn

from greentrain.meter.launch import METER_VARIABLE

_FORWARDED = tuple(
    getattr(signal, name)
    for name in ("SIGINT", "SIGTERM", "SIGHUP", "SIGQUIT", "SIGUSR1", "SIGUSR2", "SIGTSTP")
    if hasattr(signal, name)
)
_WAITED_FOR = frozenset((*_FORWARDED, signal.SIGCHLD))
_FROM_KERNEL = 0x80
"""``si_code`` of a signal that no process sent: the terminal did, and to the child as well."""


_GRACE_SECONDS = 60.0
_POLLING_SECONDS = 0.05
_GUARD_SECONDS = 10.0
_END_SECONDS = 10.0
_PR_SET_PDEATHSIG, _PR_SET_CHILD_SUBREAPER = 1, 36
_WRAPPER_ENDED = signal.SIGRTMIN + 5 if hasattr(signal, "SIGRTMIN") else 0
"""What the kernel sends the guard when the wrapper has ended: nobody sends it to groups of processes."""


class ChildProcess:
    """A running command; signals that reach this process reach it too.

    On Linux a guard stands between the two, so that nothing the command has started outlives this process where that is
    killed.

    Parameters
    ----------
    command : sequence of str
        Program and arguments.
    environment : mapping of str to str
        The program's environment.

    Attributes
    ----------
    pid : int
        The command's process id.

    Raises
    ------
    OSError
        If the command cannot be started.
    """

    def __init__(self, command: Sequence[str], environment: Mapping[str, str]) -> None:
        # A signal that arrives from here on waits until somebody looks, so none is lost and none interrupts.
        self._mask_before = signal.pthread_sigmask(signal.SIG_BLOCK, _WAITED_FOR)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        try:
            self._process = self._started(list(command), dict(environment))
        except BaseException:
            signal.pthread_sigmask(signal.SIG_SETMASK, self._mask_before)
            raise
        self.pid = self._process.pid
        self._kill_at: float | None = None

    def wait(self, look: Callable[[], None], every_seconds: float) -> int:
        """Wait for its end, and pass signals on meanwhile.

        Parameters
        ----------
        look : callable
            Called now and then.
        every_seconds : float
            How often. [s]

        Returns
        -------
        int
            Its exit code, or minus the number of the signal that ended it.
        """
        try:
            while (status := self._process.poll()) is None:
                found = _next_signal(every_seconds)
                if found is not None:
                    self._pass_on(*found)
                self._kill_when_due()
                look()
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, self._mask_before)
        return int(status)

    def terminate(self) -> None:
        """Ask it to end, as a batch system does; a minute later it is made to."""
        if self._kill_at is None:
            self._kill_at = time.monotonic() + _GRACE_SECONDS
            self._send(signal.SIGTERM)

    def _kill_when_due(self) -> None:
        if self._kill_at is not None and time.monotonic() >= self._kill_at:
            self._send(signal.SIGKILL)

    def _pass_on(self, number: int, is_from_terminal: bool) -> None:
        if number == signal.SIGCHLD:
            return
        if not (is_from_terminal and self._is_in_our_group()):
            self._send(number)
        if number == signal.SIGTSTP:
            os.kill(os.getpid(), signal.SIGSTOP)
            self._send(signal.SIGCONT)

    def _send(self, number: int) -> None:
        with contextlib.suppress(OSError):
            os.kill(self.pid, number)

    def _is_in_our_group(self) -> bool:
        try:
            return os.getpgid(self.pid) == os.getpgrp()
        except OSError:
            return True

    def _started(self, command: list[str], environment: dict[str, str]) -> subprocess.Popen[bytes] | GuardedProcess:
        control = _process_control()

        def start() -> subprocess.Popen[bytes]:
            prepare = self._prepare(os.getpid(), control)
            return subprocess.Popen(command, env=environment, close_fds=False, preexec_fn=prepare)

        return start() if control is None else GuardedProcess(start, control)

    def _prepare(self, parent: int, control: Callable[[int, int], object] | None) -> Callable[[], None]:
        """Make what the child does before it becomes the command: our mask is not its, and it may not outlive us."""
        mask = self._mask_before

        def prepare() -> None:
            if control is not None:
                control(_PR_SET_PDEATHSIG, int(signal.SIGKILL))
            signal.pthread_sigmask(signal.SIG_SETMASK, mask)
            if os.getppid() != parent:
                os.kill(os.getpid(), signal.SIGKILL)

        return prepare


class GuardedProcess:
    """A process that is started by a guard, to whom all orphans below it fall.

    The guard is a fork of this process. When the process ends, it passes its status on and leaves the orphans to
    themselves, as they would be without it. When this process is killed, it ends whatever descends from the guard, by
    the system's own account of that, and nothing else.

    Parameters
    ----------
    start : callable
        Starts the process.
    control : callable
        Sets an option of the calling process.

    Raises
    ------
    OSError
        If the process cannot be started.
    """

    def __init__(self, start: Callable[[], subprocess.Popen[bytes]], control: Callable[[int, int], object]) -> None:
        self._channel, writer = os.pipe()
        wrapper = os.getpid()
        self._guard = os.fork()
        if not self._guard:
            _stand_guard(start, control, wrapper, writer)
        os.close(writer)
        answer = self._answer()
        if answer is None or answer <= 0:
            os.waitpid(self._guard, 0)
            number = errno.EIO if answer is None else -answer
            raise OSError(number, os.strerror(number))
        self.pid = answer

    def poll(self) -> int | None:
        """Return the exit code, or minus the number of the signal that ended it; None while it goes on."""
        if not os.waitpid(self._guard, os.WNOHANG)[0]:
            return None
        status = self._answer()
        os.close(self._channel)
        return -signal.SIGKILL if status is None else status

    def _answer(self) -> int | None:
        """Return what the guard tells: the process id, or an error's number below 0; then the status at the end."""
        text = b""
        while not text.endswith(b"\n") and (byte := os.read(self._channel, 1)):
            text += byte
        return int(text) if text else None


def _stand_guard(
    start: Callable[[], subprocess.Popen[bytes]], control: Callable[[int, int], object], wrapper: int, writer: int
) -> NoReturn:
    try:
        control(_PR_SET_CHILD_SUBREAPER, 1)
        control(_PR_SET_PDEATHSIG, _WRAPPER_ENDED)
        # What the terminal or a batch system sends to the whole group is for the other two.
        signal.pthread_sigmask(signal.SIG_BLOCK, signal.valid_signals())
        status: int | None = None
        try:
            process = start()  # held: where nobody does, its end is waited for elsewhere
            os.write(writer, b"%d\n" % process.pid)
            while os.getppid() == wrapper and (status := _status(process.pid)) is None:
                signal.sigtimedwait((signal.SIGCHLD, _WRAPPER_ENDED), _GUARD_SECONDS)
        except OSError as error:
            status = -(error.errno or errno.EIO)
        if status is None:
            _end_descendants()
        else:
            os.write(writer, b"%d\n" % status)
    finally:
        os._exit(0)


def _status(pid: int) -> int | None:
    """Return how a child ended, and leave it so that its number is not used again; orphans that have ended go."""
    while (found := os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT)) is not None:
        if found.si_pid == pid:
            return int(found.si_status if found.si_code == os.CLD_EXITED else -found.si_status)
        os.waitpid(found.si_pid, 0)
    return None


def _end_descendants() -> None:
    """End all that descends from this process, but meters, which end with their runs."""
    deadline = time.monotonic() + _END_SECONDS
    while (found := _descendants(os.getpid())) and time.monotonic() < deadline:
        for pid in found:
            with contextlib.suppress(OSError):
                os.kill(pid, signal.SIGKILL)
        with contextlib.suppress(ChildProcessError):
            while os.waitpid(-1, os.WNOHANG)[0]:
                pass
        time.sleep(_POLLING_SECONDS / 5)


def _descendants(root: int) -> list[int]:
    below: dict[int, list[int]] = {}
    for name in filter(str.isdecimal, os.listdir("/proc")):
        with contextlib.suppress(OSError, IndexError), open(f"/proc/{name}/stat", "rb") as file:
            below.setdefault(int(file.read().rpartition(b")")[2].split()[1]), []).append(int(name))
    found, wanted = [], [root]
    while wanted:
        children = [pid for pid in below.get(wanted.pop(), ()) if not _is_meter(pid)]
        found += children
        wanted += children
    return found


def _is_meter(pid: int) -> bool:
    with contextlib.suppress(OSError), open(f"/proc/{pid}/environ", "rb") as file:
        return f"{METER_VARIABLE}=1".encode() in file.read().split(b"\0")
    return False


def _process_control() -> Callable[[int, int], object] | None:
    """Return the function by which a process sets options of its own on Linux; None elsewhere."""
    if not sys.platform.startswith("linux"):
        return None
    import ctypes

    try:
        control: Callable[[int, int], object] = ctypes.CDLL(None).prctl
    except (OSError, AttributeError):
        return None
    return control


def _next_signal(seconds: float) -> tuple[int, bool] | None:
    """Wait for a signal: its number, and whether the terminal sent it."""
    if hasattr(signal, "sigtimedwait"):
        found = signal.sigtimedwait(_WAITED_FOR, seconds)
        return None if found is None else (found.si_signo, found.si_code == _FROM_KERNEL)
    return _next_pending(seconds)


def _next_pending(seconds: float) -> tuple[int, bool] | None:
    """Wait where a signal does not name its sender: then a terminal's are those that keys send."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if pending := signal.sigpending() & _WAITED_FOR:
            number = int(signal.sigwait(pending))
            return number, number in (signal.SIGINT, signal.SIGQUIT, signal.SIGTSTP) and _is_in_foreground()
        time.sleep(_POLLING_SECONDS)
    return None


def _is_in_foreground() -> bool:
    try:
        return os.tcgetpgrp(0) == os.getpgrp()
    except OSError:
        return False
