"""A whole command as a run: ``greentrain track -- python train.py``."""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import time
from collections.abc import Sequence
from typing import TYPE_CHECKING

from greentrain.errors import BudgetExceeded, GreentrainError, without_passwords
from greentrain.interval import exact
from greentrain.numbers import amount
from greentrain.tracking.exit_status import COMPLETED, FAILED, INTERRUPTED, ExitStatus
from greentrain.tracking.identity import SESSION_VARIABLE, WRAPPER, as_ancestor
from greentrain.tracking.live import LiveRun
from greentrain.tracking.session import Session, write_to_stderr
from greentrain.tracking.settings import RECORD_COMMAND_VARIABLE, Settings

if TYPE_CHECKING:
    from greentrain.tracking.child_process import ChildProcess

BUDGET_EXCEEDED = 3
"""Exit code of a command that was ended because its budget was used up."""

COULD_NOT_RUN, NOT_FOUND = 126, 127
"""Exit codes of a command that is no program and of one that is not there, as shells have them."""

_SIGNALLED = 128
_INTERRUPTIONS = tuple(getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name))
_LOOK_SECONDS, _REST_SECONDS = 1.0, 10.0
_PROGRESS_SECONDS = 600.0


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
        from greentrain.tracking.child_process import ChildProcess  # late: Windows has no such signals

        self.begin()
        try:
            child = ChildProcess(self._command, self._environment())
        except OSError as error:
            write_to_stderr(f"greentrain: {without_passwords(self._command[0])!a} cannot be run: {error.strerror}\n")
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
            self._report(_so_far_text(self.energy_kwh_so_far(), self.kg_so_far()))

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


def _so_far_text(energy_kwh: float | None, kg: float | None) -> str | None:
    """Write what a run has used by now; None where nothing is known of it."""
    if energy_kwh is None or kg is None:
        return None
    energy, mass = (amount(exact(value), unit) for value, unit in ((energy_kwh, "kWh"), (kg, "kg CO2e")))
    return f"{energy} before PUE, {mass} so far"


def _name_of(command: Sequence[str]) -> str:
    """Name a run by its script, or else by its program."""
    scripts = (word for word in command if word.endswith(".py"))
    return os.path.basename(without_passwords(next(scripts, command[0])))


def _exit_status(status: int) -> ExitStatus:
    if status >= 0:
        return ExitStatus(FAILED if status else COMPLETED, None, status)
    try:
        name = signal.Signals(-status).name
    except ValueError:
        name = f"signal {-status}"
    return ExitStatus(INTERRUPTED if -status in _INTERRUPTIONS else FAILED, name, _SIGNALLED - status)
