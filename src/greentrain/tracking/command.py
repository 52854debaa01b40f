"""A whole command as a run: ``greentrain track -- python train.py``."""

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from greentrain.errors import BudgetExceeded, GreentrainError
from greentrain.tracking.identity import SESSION_VARIABLE, WRAPPER, as_ancestor
from greentrain.tracking.lifecycle import COMPLETED, FAILED, INTERRUPTED, ExitStatus
from greentrain.tracking.live import LiveRun
from greentrain.tracking.session import Session, write_to_stderr
from greentrain.tracking.settings import RECORD_COMMAND_VARIABLE, Settings

BUDGET_EXCEEDED = 3
"""Exit code of a command that was ended because its budget was used up."""

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
_SIGNALLED = 128
_INTERRUPTIONS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
_LOOK_SECONDS, _REST_SECONDS = 1.0, 10.0
_PROGRESS_SECONDS = 600.0


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


class CommandRun(LiveRun):
    """The run of a command; runs that the command itself tracks join it.

    Parameters
    ----------
    settings : Settings
        The run as described.
    command : sequence of str
        Program and arguments.
    """

    def __init__(self, settings: Settings, command: Sequence[str]) -> None:
        super().__init__(settings, settings.name if settings.name is not None else _name_of(command))
        self._command = tuple(command)
        self._is_stopped = False
        self._next_progress = 0.0

    def run(self) -> int:
        """Run the command to its end.

        Returns
        -------
        int
            Its exit code; 128 and the signal's number where a signal ended it; 3 where its budget did.
        """
        self.begin()
        try:
            child = ChildProcess(self._command, self._environment())
        except OSError as error:
            write_to_stderr(f"greentrain: {self._command[0]!a} cannot be run: {error.strerror}\n")
            self._is_mute = True  # the line above is enough
            self.conclude(ExitStatus(FAILED, type(error).__name__), in_event_loop=False)
            return NOT_FOUND if isinstance(error, FileNotFoundError) else COULD_NOT_RUN
        if self.session is not None:
            self.session.launch(self.settings, run_pid=child.pid)
        self._next_progress = time.monotonic() + _PROGRESS_SECONDS
        self._report(f"{self.key} is tracked; 'greentrain watch' shows it" if self.key else None)
        every = _REST_SECONDS if self.settings.budget is None else _LOOK_SECONDS
        status = child.wait(lambda: self._look(child), every)
        self.conclude(self._exit_status(status), in_event_loop=False)
        return self._exit_code(status)

    def _take_place(self, session: Session) -> None:
        """Leave this process and its environment as they are: only the command gets the variable."""

    def _environment(self) -> dict[str, str]:
        if self.session is None:
            return dict(os.environ)
        here = as_ancestor(self.session.id, WRAPPER, self.session.folder)
        # A training in there that is tracked too has the same command line.
        unrecorded = {} if self.settings.records_command else {RECORD_COMMAND_VARIABLE: "0"}
        return {**os.environ, **unrecorded, SESSION_VARIABLE: here.text()}

    def _look(self, child: ChildProcess) -> None:
        # A budget that raises is not offered here, so whatever comes is our own trouble and not the command's.
        with contextlib.suppress(Exception):
            self._look_at_budget(child)
            self._report_progress()

    def _look_at_budget(self, child: ChildProcess) -> None:
        self.check_budget()
        if self.should_stop and not self._is_stopped:
            self._is_stopped = True
            child.terminate()
            write_to_stderr("greentrain: the budget is used up: the command gets SIGTERM, and SIGKILL a minute later\n")

    def _report_progress(self) -> None:
        if time.monotonic() >= self._next_progress:
            self._next_progress += _PROGRESS_SECONDS
            energy, mass = self.energy_kwh_so_far(), self.kg_so_far()
            self._report(None if energy is None else f"{energy:.3g} kWh before PUE, {mass:.3g} kg CO2e so far")

    def _report(self, text: str | None) -> None:
        try:
            is_wanted = text is not None and not self.settings.quiet and sys.stderr.isatty()
        except (AttributeError, ValueError):
            return
        if is_wanted:
            write_to_stderr(f"greentrain: {text}\n")

    def _exit_status(self, status: int) -> ExitStatus:
        found = _exit_status(status)
        return found._replace(status=INTERRUPTED, error=BudgetExceeded.__name__) if self._is_stopped else found

    def _exit_code(self, status: int) -> int:
        if self._is_stopped or (self.should_stop and status == 0):
            return BUDGET_EXCEEDED
        return _SIGNALLED - status if status < 0 else status


def run_command(settings: Settings, command: Sequence[str]) -> int:
    """Run a command and track it.

    Parameters
    ----------
    settings : Settings
        The run as described; ``on_budget="stop"`` ends the command by SIGTERM when a budget is used up.
    command : sequence of str
        Program and arguments.

    Returns
    -------
    int
        The exit code to leave with.

    Raises
    ------
    GreentrainError
        On a system without the signals that this needs.
    """
    if not hasattr(signal, "pthread_sigmask"):
        raise GreentrainError("commands can be tracked on Linux and macOS; here, track the training in its own code")
    return CommandRun(settings, command).run()


def _name_of(command: Sequence[str]) -> str:
    """Name a run by its script, or else by its program."""
    scripts = (word for word in command if word.endswith(".py"))
    return os.path.basename(next(scripts, command[0]))


def _exit_status(status: int) -> ExitStatus:
    if status >= 0:
        return ExitStatus(FAILED if status else COMPLETED, None, status)
    try:
        name = signal.Signals(-status).name
    except ValueError:
        name = f"signal {-status}"
    return ExitStatus(INTERRUPTED if -status in _INTERRUPTIONS else FAILED, name, _SIGNALLED - status)


def _death_signal_setter() -> Callable[[], None]:
    """Return a function that makes the kernel kill a process when its parent is killed, where there is such a thing."""
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
