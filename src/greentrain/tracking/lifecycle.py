"""How a run begins, inside what, and how it ends whatever happens; which run this process is in."""

from __future__ import annotations

import os
import sys
import time
from _thread import RLock
from abc import ABC, abstractmethod
from collections.abc import Callable

from greentrain.light_typing import TYPE_CHECKING, NamedTuple
from greentrain.tracking.distributed import SESSION_VARIABLE, TRACKER, ancestor, as_ancestor
from greentrain.tracking.session import Session, warn_user
from greentrain.tracking.training_records import Logs, leave

if TYPE_CHECKING:
    from contextvars import Token

    from greentrain.tracking.budget import Consumption
    from greentrain.tracking.settings import Settings

NOT_TRACKED, INNER = "none", "span"
COMPLETED, FAILED, INTERRUPTED = "completed", "failed", "interrupted"
_INTERRUPTIONS = ("KeyboardInterrupt", "CancelledError")


class ExitStatus(NamedTuple):
    """How a run ended.

    Attributes
    ----------
    status : {'completed', 'failed', 'interrupted'}
        The status that the journal records.
    error : str or None
        Type of the exception that ended it.
    exit_code : int or None
        Exit code, where the run ended with the process.
    """

    status: str
    error: str | None = None
    exit_code: int | None = None


def exit_status_of(error: BaseException | None) -> ExitStatus:
    """Return the exit status of a run that ended with this exception, or with none."""
    if error is None or isinstance(error, GeneratorExit):  # a generator of which no more is wanted is closed
        return ExitStatus(COMPLETED)
    kind = type(error).__name__
    if isinstance(error, SystemExit):
        code = _exit_code(error.code)
        return ExitStatus(FAILED, kind, code) if code else ExitStatus(COMPLETED, None, 0)
    return ExitStatus(INTERRUPTED if kind in _INTERRUPTIONS else FAILED, kind)


def last_uncaught() -> object:
    """Return the exception that Python last printed a traceback of; it stays there until the next one."""
    return getattr(sys, "last_value", None)


def exit_status_at_exit(uncaught_before: object) -> ExitStatus:
    """Return the exit status of a run that goes on when the interpreter ends.

    Parameters
    ----------
    uncaught_before : object
        `last_uncaught` as it was when the run began.
    """
    uncaught = last_uncaught()
    # In a notebook or at Python's prompt an exception ends a cell or a line; under ``python -i`` it ended the program.
    is_prompt = hasattr(sys, "ps1") and not sys.flags.interactive
    if is_prompt or uncaught is uncaught_before or not isinstance(uncaught, BaseException):
        return ExitStatus(COMPLETED)
    return exit_status_of(uncaught)


def _exit_code(code: object) -> int:
    if code is None:
        return 0
    return code if isinstance(code, int) else 1


class Registry:
    """The run of this process.

    Attributes
    ----------
    lock : RLock
        Held while runs start and end. It may be taken again by its holder, since a signal's handler may end a run
        that is just starting.
    active : Lifecycle or None
        The run that has this process's journal; runs that start inside it become its spans.
    """

    def __init__(self) -> None:
        self.lock = RLock()
        self.active: Lifecycle | None = None
        self._disowned: list[Lifecycle] = []
        self._variable_before: str | None = None
        self._is_watching = False

    def claim(self, run: Lifecycle, session: str, folder: str | None) -> None:
        """Make a run this process's, and record it in the environment of the processes that it will start."""
        self._watch()
        self.active = run
        self._variable_before = os.environ.get(SESSION_VARIABLE)
        os.environ[SESSION_VARIABLE] = as_ancestor(session, TRACKER, folder).text()

    def release(self, run: Lifecycle, session: str) -> None:
        """Release a run, and put the environment back as it was."""
        if self.active is not run:
            return
        self.active = None
        if not os.environ.get(SESSION_VARIABLE, "").startswith(f"{session}:"):
            return
        if self._variable_before is None:
            del os.environ[SESSION_VARIABLE]
        else:
            os.environ[SESSION_VARIABLE] = self._variable_before

    def _watch(self) -> None:
        if self._is_watching:
            return
        self._is_watching = True
        import atexit

        atexit.register(self._end_at_exit)
        if hasattr(os, "register_at_fork"):
            os.register_at_fork(after_in_child=self._disown)

    def _disown(self) -> None:
        """In a forked child: the run stays the parent's; its objects are kept, so that none is finalized here."""
        self.lock = RLock()
        if self.active is not None:
            self.active.disown()
            self._disowned.append(self.active)
            self.active = None

    def _end_at_exit(self) -> None:
        if self.active is not None:
            self.active.end_at_exit()


REGISTRY = Registry()
"""This process's own. A process has one meter, whichever code asks for it."""


class Lifecycle(ABC):
    """A run's states: not begun, going on, over; alone, or as a span of another run of this process.

    Attributes
    ----------
    settings : Settings
        The run as described.
    name : str or None
        What it is called.
    role : {'main', 'joined', 'span', 'none'}
        Whether it has a journal and a meter, a journal only, a place in another run, or none of these.
    exit_status : ExitStatus or None
        How it ended; None as long as it goes on.
    duration_seconds : float or None
        How long it went on. [s]
    outer : Lifecycle or None
        The run of this process that this one is a span of.
    """

    def __init__(self, settings: Settings, name: str | None) -> None:
        self.settings = settings
        self.name = name
        self.role = NOT_TRACKED
        self.exit_status: ExitStatus | None = None
        self.duration_seconds: float | None = None
        self.notes: tuple[str, ...] = ()
        self.session: Session | None = None
        self._consumption: Consumption | None = None
        self.logs = Logs(settings.total_steps)
        self.is_disowned = False
        self.started_seconds = 0.0
        self.outer: Lifecycle | None = None
        self._inner: list[Lifecycle] = []
        self._span = 0
        self._token: Token[tuple[str, int] | None] | None = None
        self._started = time.monotonic()
        self._uncaught_before = last_uncaught()
        self._is_mute = False
        self._command: tuple[str, ...] = ()

    @property
    def is_over(self) -> bool:
        """Whether the run has ended, or is another process's."""
        return self.exit_status is not None or self.is_disowned

    @property
    def consumption(self) -> Consumption | None:
        """What is used so far, looked up when somebody asks; None where nothing is recorded."""
        if self._consumption is None and self.session is not None:
            from greentrain.tracking.budget import Consumption

            outer = self.outer.consumption if self.outer is not None else None
            self._consumption = Consumption(self.settings, self.session.folder, self.session.id, outer)
        return self._consumption

    def begin(self) -> None:
        """Start; whatever goes wrong, the training goes on."""
        try:
            with REGISTRY.lock:
                self._begin()
        except Exception as error:
            warn_user(f"the run is not tracked ({type(error).__name__}: {error})")

    def disown(self) -> None:
        """In a forked child: do nothing more in the parent's name."""
        self.is_disowned = True
        for run in self._inner:
            run.disown()

    def end_at_exit(self) -> None:
        """End a run that was not ended before the interpreter is."""
        exit_status = exit_status_at_exit(self._uncaught_before)
        # Python forgets that Ctrl-C ended it, and leaves with another exit code, when code is compiled this late:
        # the modules that show a result would be.
        self._is_mute = exit_status.error == "KeyboardInterrupt"
        # A run that has ended and is still this process's was interrupted between two steps of its end.
        begun, self.exit_status = self.exit_status, None
        self.conclude(begun or exit_status, in_event_loop=False)

    def end_with(self, error: BaseException | None, in_event_loop: bool) -> BaseException | None:
        """End the run with the exception that it ended with; a second time it does nothing.

        Returns
        -------
        BaseException or None
            What a signal raised meanwhile, Ctrl-C most likely.
        """
        return self.conclude(exit_status_of(error), in_event_loop)

    def conclude(self, exit_status: ExitStatus, in_event_loop: bool) -> BaseException | None:
        """End, step by step: a step that fails keeps none of the others from being taken."""
        with REGISTRY.lock:
            if self.is_over:
                return None
            self.exit_status = exit_status
            if self.duration_seconds is None:
                self.duration_seconds = time.monotonic() - self._started
            if self.session is not None and self.outer is None:
                self.session.ended_mono = self._started + self.duration_seconds
        interruption: BaseException | None = None
        for step in self._last_steps(exit_status, in_event_loop):
            try:
                if interruption is None or step != self.show:
                    step()
            except Exception as error:
                warn_user(f"the end of the run is not recorded in full ({type(error).__name__}: {error})")
            except BaseException as error:  # Ctrl-C while we tidy up: it is the caller's, once we have
                interruption = interruption or error
        return interruption

    @abstractmethod
    def show(self) -> None:
        """Wait for the result and show it."""

    @abstractmethod
    def show_later(self) -> None:
        """Show the result without making anyone wait for it."""

    def _begin(self) -> None:
        self._started = time.monotonic()
        outer = REGISTRY.active
        if outer is not None and outer.session is not None:
            self._begin_inside(outer, outer.session)
            return
        above = ancestor(os.environ)
        if above is not None and not above.is_joined_by_runs:
            return
        self.session = session = Session(self.settings, self.name, above, self._command)
        self.role = session.role
        self._take_place(session)

    def _take_place(self, session: Session) -> None:
        REGISTRY.claim(self, session.id, session.folder)
        session.launch(self.settings)

    def _begin_inside(self, outer: Lifecycle, session: Session) -> None:
        self.role, self.outer, self.session = INNER, outer, session
        outer._inner.append(self)
        self._consumption = None
        _ = self.consumption  # what the outer run has used by now is not this one's
        self.started_seconds = self._started - session.started_mono
        self._span = session.spans.start(self.name or "run", {})
        self._token = session.spans.enter(self._span)

    def _last_steps(self, exit_status: ExitStatus, in_event_loop: bool) -> list[Callable[[], None]]:
        session = self.session
        if session is None:
            return []
        if self.outer is not None:
            return [lambda: self._leave_outer(exit_status.error)]
        steps = [lambda: _write_end(session, exit_status), self._hand_over]
        if self._is_mute or (self.settings.quiet and self.settings.budget is None):
            return [*steps, session.stop_meter, session.close]
        return [*steps, self.show_later] if in_event_loop else [*steps, self.show, session.stop_meter]

    def _leave_outer(self, error: str | None) -> None:
        if self._token is not None:
            leave(self._token)
            self._token = None
        if self.session is not None:
            self.session.spans.end(self._span, error)
        if self.outer is not None and self in self.outer._inner:
            self.outer._inner.remove(self)

    def _hand_over(self) -> None:
        """Release the process; runs that began inside this one and still go on continue as one of their own."""
        with REGISTRY.lock:
            if self.session is not None:
                REGISTRY.release(self, self.session.id)
            going_on, self._inner = self._inner, []
            for run in going_on:
                if not run.is_over:
                    run._go_on_alone()

    def _go_on_alone(self) -> None:
        self._leave_outer(None)
        self.outer = self._consumption = None
        self.notes = (*self.notes, "It began inside another run; what it used before that one ended is counted there.")
        self._begin()


def _write_end(session: Session, exit_status: ExitStatus) -> None:
    record = {"type": "end", **exit_status._asdict()}
    try:
        session.write(record)
    except Exception:
        raise
    except BaseException:  # a second Ctrl-C, which the end has to survive; if it was written before, twice does no harm
        session.write(record)
        raise
