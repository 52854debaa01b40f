"""A child process run as if it were this one: the same streams, the same signals, the same end."""

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

COULD_NOT_RUN, NOT_FOUND = 126, 127
"""Exit codes of a command that is no program and of one that is not there, as shells have them."""

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
_PR_SET_PDEATHSIG = 1


class ChildProcess:
    """A running command; signals that reach this process reach it too.

    Parameters
    ----------
    command : sequence of str
        Program and arguments.
    environment : mapping of str to str
        The program's environment.

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
            self._process = subprocess.Popen(
                list(command), env=dict(environment), close_fds=False, preexec_fn=self._prepare(os.getpid())
            )
        except BaseException:
            signal.pthread_sigmask(signal.SIG_SETMASK, self._mask_before)
            raise
        self._kill_at: float | None = None

    @property
    def pid(self) -> int:
        """Its process id."""
        return self._process.pid

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
            while self._process.poll() is None:
                found = _next_signal(every_seconds)
                if found is not None:
                    self._pass_on(*found)
                self._kill_when_due()
                look()
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, self._mask_before)
        return int(self._process.returncode)

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
            self._process.send_signal(number)

    def _is_in_our_group(self) -> bool:
        try:
            return os.getpgid(self.pid) == os.getpgrp()
        except OSError:
            return True

    def _prepare(self, parent: int) -> Callable[[], None]:
        """Make what the child does before it becomes the command: our mask is not its, and it may not outlive us."""
        set_death_signal = _death_signal_setter()
        mask = self._mask_before

        def prepare() -> None:
            set_death_signal()
            signal.pthread_sigmask(signal.SIG_SETMASK, mask)
            if os.getppid() != parent:
                os.kill(os.getpid(), signal.SIGKILL)

        return prepare


def _death_signal_setter() -> Callable[[], None]:
    """Give what makes the kernel kill a process when its parent is killed, where there is such a thing."""
    if not sys.platform.startswith("linux"):
        return lambda: None
    import ctypes

    try:
        prctl: Any = ctypes.CDLL(None).prctl
    except (OSError, AttributeError):
        return lambda: None
    return lambda: prctl(_PR_SET_PDEATHSIG, int(signal.SIGKILL))


def _next_signal(seconds: float) -> tuple[int, bool] | None:
    """Wait for a signal: its number, and whether the terminal sent it."""
    if hasattr(signal, "sigtimedwait"):
        found = signal.sigtimedwait(_WAITED_FOR, seconds)
        return None if found is None else (found.si_signo, found.si_code == _FROM_KERNEL)
    return _next_pending(seconds)


def _next_pending(seconds: float) -> tuple[int, bool] | None:
    """Do the same where signals do not say who sent them: then a terminal's are those that keys send."""
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
