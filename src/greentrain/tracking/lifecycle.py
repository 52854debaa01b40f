"""How a run begins, inside what, and how it ends whatever happens; which run this process is in."""

from __future__ import annotations

import os
import time
from _thread import RLock, get_ident
from abc import ABC, abstractmethod
from collections.abc import Callable
from contextvars import ContextVar

from greentrain.errors import OwnErrors, is_from_outside
from greentrain.journal.sessions import stated
from greentrain.light_typing import TYPE_CHECKING
from greentrain.tracking.distributed import batch_job
from greentrain.tracking.exit_status import (
    ExitStatus,
    exit_status_at_exit,
    exit_status_of,
    last_uncaught,
    worse_of,
)
from greentrain.tracking.identity import SESSION_VARIABLE, TRACKER, ancestor, as_ancestor, run_around
from greentrain.tracking.session import Session, warn_user
from greentrain.tracking.training_records import Logs, leave

if TYPE_CHECKING:
    from contextvars import Token

    from greentrain.tracking.budget import Consumption
    from greentrain.tracking.identity import Ancestor
    from greentrain.tracking.settings import Settings

NOT_TRACKED, INNER = "none", "span"
_MAIN_THREAD = get_ident()


class Registry:
    """The runs of this process that have a journal each.

    Attributes
    ----------
    lock : RLock
        Held while runs start and end. It may be taken again by its holder, since a signal's handler may end a run
        that is just starting.
    """

    def __init__(self) -> None:
        self.lock = RLock()
        self._runs: list[Lifecycle] = []
        self._disowned: list[Lifecycle] = []
        self._variable_before: str | None = None
        self._is_watching = False

    @property
    def active(self) -> Lifecycle | None:
        """The newest run that goes on; programs that this process starts are inside it."""
        return self._runs[-1] if self._runs else None

    def inherited(self) -> str:
        """Return what the environment told this process of the tracked process above it."""
        text = os.environ.get(SESSION_VARIABLE, "")
        return (self._variable_before or "") if self._is_ours(text) else text

    def around(self, run: Lifecycle) -> Lifecycle | None:
        """Return the run that the user's code has this one in; what is just unfinished is not around it.

        That is the run whose block or call is going on where this one starts. Another thread or task knows none: it is
        inside a call of the same name, project and place, with which it is one run, or inside the main thread's.
        """
        found = _outermost()
        if found is not None and found in self._runs and not found.is_over:
            return found
        others = [other for other in self._runs if other.is_block and not other.is_over]
        return next((other for other in others if other.is_around_threads_of(run)), None)

    def claim(self, run: Lifecycle, session: str, folder: str | None) -> None:
        """Make a run one of this process's, and record it in the environment of the processes that it will start."""
        self._watch()
        if not self._runs:
            self._variable_before = os.environ.get(SESSION_VARIABLE)
        self._runs.append(run)
        run.variable = os.environ[SESSION_VARIABLE] = as_ancestor(session, TRACKER, folder).text()
        if len(self._runs) > 1:
            self._state_number()

    def replace(self, run: Lifecycle, heir: Lifecycle) -> None:
        """Let one run take the place of another."""
        self._runs = [heir if one is run else one for one in self._runs]

    def release(self, run: Lifecycle) -> None:
        """Release a run, and put the environment back as it was without it."""
        if run not in self._runs:
            return
        others = [other for other in self._runs if other is not run]
        if self._is_ours(os.environ.get(SESSION_VARIABLE, "")):
            before = others[-1].variable if others else self._variable_before
            if before is None:
                del os.environ[SESSION_VARIABLE]
            else:
                os.environ[SESSION_VARIABLE] = before
        self._runs = others  # last: where this is interrupted, it is done again
        self._state_number()

    def _state_number(self) -> None:
        """Tell the meters of all runs how many there are: what this process uses is divided among them."""
        for run in self._runs:
            if run.session is not None:
                run.session.write({"type": "runs", "runs": len(self._runs)})

    def _is_ours(self, variable: str) -> bool:
        return any(run.variable == variable for run in self._runs)

    def _watch(self) -> None:
        if self._is_watching:
            return
        self._is_watching = True
        import atexit

        atexit.register(self._end_at_exit)
        if hasattr(os, "register_at_fork"):
            os.register_at_fork(after_in_child=self._disown)

    def _disown(self) -> None:
        """In a forked child: the runs stay the parent's; their objects are kept, so that none is finalized here."""
        self.lock = RLock()
        for run in self._runs:
            run.disown()
        self._disowned += self._runs
        self._runs = []

    def _end_at_exit(self) -> None:
        for run in reversed(self._runs):
            run.end_at_exit()


REGISTRY = Registry()
"""This process's own."""

_CURRENT: ContextVar[Lifecycle | None] = ContextVar("greentrain_run", default=None)
"""The run whose block or call is going on in this thread or task."""


def _outermost() -> Lifecycle | None:
    """Return the run of whose blocks or calls the current one is a part."""
    found = _CURRENT.get()
    while found is not None and found.outer is not None and not found.is_over:
        found = found.outer
    return found


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
    is_block : bool
        Whether it is a block or a call of the user's code, rather than begun by `start`.
    variable : str or None
        What the environment tells programs that this process starts of this run.
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
        self.is_block = False
        self.variable: str | None = None
        self._inner: list[Lifecycle] = []
        self._thread = get_ident()
        self._around: Token[Lifecycle | None] | None = None
        self._above: Ancestor | None = None
        self._is_beside, self._span = False, 0
        self._token: Token[tuple[str, int] | None] | None = None
        self._started = time.monotonic()
        self._uncaught_before = last_uncaught()
        self._is_mute = False
        self._command: tuple[str, ...] = ()
        self._steps: list[Callable[[], None]] | None = None

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
        """Start; whatever goes wrong, the training goes on. What interrupts it leaves nothing behind."""
        try:
            with REGISTRY.lock:
                self._begin()
        except BaseException as error:
            if is_from_outside(error):
                self._is_mute = True
                self.conclude(exit_status_of(error), in_event_loop=False)
                raise
            warn_user(f"the run is not tracked ({type(error).__name__}: {error})")

    def enter(self) -> None:
        """Make this the run around those that begin in this thread or task, until `leave`."""
        self.is_block = True
        self._around = _CURRENT.set(self)

    def leave(self) -> None:
        """Return to the run around this one."""
        if self._around is not None:
            with OwnErrors(ValueError, RuntimeError):  # it may end in another context than it began in, or twice
                _CURRENT.reset(self._around)
            self._around = None

    @property
    def is_current(self) -> bool:
        """Whether this is the innermost run in this thread or task."""
        return _CURRENT.get() is self

    def is_around_threads_of(self, run: Lifecycle) -> bool:
        """Whether a run of another thread or task is inside this one."""
        is_of_main_thread = self._thread == _MAIN_THREAD != run._thread
        return is_of_main_thread or self._is_peer_of(run)

    def _is_peer_of(self, run: Lifecycle) -> bool:
        """Whether both are calls of one name, project and place."""
        ours, theirs = ((one.name, one.settings.project, one.settings.estimate_inputs) for one in (self, run))
        return ours == theirs and self.settings.run_id == run.settings.run_id

    def disown(self) -> None:
        """In a forked child: do nothing more in the parent's name."""
        self.is_disowned = True
        for run in self._inner:
            run.disown()

    def end_at_exit(self) -> None:
        """End a run that was not ended before the interpreter is; nothing is started any more."""
        for run in reversed(self._inner):
            run.end_at_exit()
        exit_status = exit_status_at_exit(self._uncaught_before)
        # Python forgets that Ctrl-C ended it, and leaves with another exit code, when code is compiled this late:
        # the modules that show a result would be.
        self._is_mute = exit_status.error == "KeyboardInterrupt"
        # A run that has ended and is still this process's was interrupted between two steps of its end.
        begun, self.exit_status, self._steps = self.exit_status, None, None
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
        return self._take_last_steps(exit_status, in_event_loop)

    def resume_end(self, exit_status: ExitStatus, in_event_loop: bool) -> None:
        """End a run whose end was interrupted before its first step or between two of them."""
        if self.exit_status is None:
            self.conclude(exit_status, in_event_loop)
        else:
            self._take_last_steps(self.exit_status, in_event_loop)

    def _take_last_steps(self, exit_status: ExitStatus, in_event_loop: bool) -> BaseException | None:
        """Take the steps that are left, the one that a signal interrupts twice: that does no harm."""
        if self._steps is None:
            self._steps = self._last_steps(exit_status, in_event_loop)
        interruption: BaseException | None = None
        while self._steps:
            step = self._steps[0]
            try:
                if interruption is None or step != self.show:
                    step()
            except BaseException as error:  # what a signal raised while we tidy up is the caller's, once we have
                if not is_from_outside(error):
                    warn_user(f"the end of the run is not recorded in full ({type(error).__name__}: {error})")
                elif interruption is None:
                    interruption = error
                    continue
            self._steps.remove(step)
        return interruption

    @abstractmethod
    def show(self) -> None:
        """Wait for the result and show it."""

    @abstractmethod
    def keep_site(self) -> None:
        """Record PUE and carbon intensity, which later tables may have otherwise, and close the journal."""

    @abstractmethod
    def show_later(self) -> None:
        """Show the result without making anyone wait for it."""

    def _begin(self) -> None:
        self._started = time.monotonic()
        outer = REGISTRY.around(self)
        if outer is not None and outer.session is not None:
            self._begin_inside(outer, outer.session)
            return
        inside, settings = REGISTRY.inherited(), self.settings
        above = ancestor(inside)
        inherited = {} if above is None or above.is_joined_by_runs else above.ranks
        named = {"name": self.name, "project": settings.project, "estimate_inputs": settings.estimate_inputs}
        around = run_around(above, stated(named), batch_job(os.environ)[0])
        if around is not None and not around.is_joined_by_runs:
            self._above = around
            return
        # Without one around it, it is a run of its own, which the meters of those above leave out.
        self.session = session = Session(around, inherited)
        session.begin(settings, self.name, inside, self._command)
        self.role = session.role
        self._take_place(session)

    def _take_place(self, session: Session) -> None:
        REGISTRY.claim(self, session.id, session.folder)
        session.launch(self.settings)

    def _begin_inside(self, outer: Lifecycle, session: Session) -> None:
        self.role, self.outer, self.session = INNER, outer, session
        self._is_beside = outer is not _outermost() and self._is_peer_of(outer)  # so what it raises is not raised there
        outer._inner.append(self)
        self._consumption = None
        _ = self.consumption  # what the outer run has used by now is not this one's
        self.started_seconds = self._started - session.started_mono
        self._span = session.spans.start(self.name or "run", {})
        self._token = session.spans.enter(self._span)

    def _last_steps(self, exit_status: ExitStatus, in_event_loop: bool) -> list[Callable[[], None]]:
        session = self.session
        if session is None:
            return [self.leave, self._check_outer_process]
        if self.outer is None and self._hand_session_on(session, exit_status):
            return [self.leave]
        if self.outer is not None:
            if self._is_beside:
                session.worst = worse_of(exit_status, session.worst)
            return [self.leave, lambda: self._leave_outer(exit_status.error)]
        end = {"type": "end", **worse_of(exit_status, session.worst)._asdict()}
        steps = [lambda: self._end_span(exit_status.error), lambda: session.write(end)]
        steps += [self.leave, self._hand_over]
        is_interrupted = exit_status.error == "KeyboardInterrupt"  # a program that loads modules now exits otherwise
        if self._is_mute or (self.settings.quiet and is_interrupted):
            return [*steps, session.stop_meter, session.close]
        if self.settings.quiet and self.settings.budget is None and not self.settings.sinks and not in_event_loop:
            return [*steps, session.stop_meter, self.keep_site]
        return [*steps, self.show_later] if in_event_loop else [*steps, self.show, session.stop_meter]

    def _check_outer_process(self) -> None:
        """Warn where the run of another process that was to hold this one has ended before it."""
        above = self._above
        if above is not None and not above.goes_on:
            name = ascii(self.name)[1:-1] if self.name else "a run"
            warn_user(
                f"{name} is a part of the run {os.path.basename(above.folder)} of process {above.pid}, which ended "
                "first: what came after that is not recorded"
            )

    def _hand_session_on(self, session: Session, exit_status: ExitStatus) -> bool:
        """Leave the journal and the meter to a call of the same name that still goes on; return whether there is one.

        Such calls are one run, from the first one's start to the last one's end; each but the first has a span in it,
        and so has the first if it failed. Where any of them failed, the run did.
        """
        with REGISTRY.lock:
            peers = [run for run in self._inner if not run.is_over and self._is_peer_of(run)]
            if not peers or self._is_mute:
                return False
            heir, others = peers[0], self._inner
            session.ended_mono = None
            session.worst = worse_of(exit_status, session.worst)
            if exit_status.error is not None:
                session.spans.add(self.name or "run", self._started, exit_status.error)
            heir.role, heir.outer, heir.variable = self.role, None, self.variable
            heir._inner = [run for run in others if run is not heir]
            self.role, self.outer = INNER, heir
            for run in heir._inner:
                run.outer = heir
            self._inner = []
            REGISTRY.replace(self, heir)
        return True

    def _leave_outer(self, error: str | None) -> None:
        self._end_span(error)
        if self.outer is not None and self in self.outer._inner:
            self.outer._inner.remove(self)

    def _end_span(self, error: str | None) -> None:
        if self._token is not None:
            leave(self._token)
            self._token = None
        if self.session is not None and self._span:
            self.session.spans.end(self._span, error)
            self._span = 0

    def _hand_over(self) -> None:
        """Release the process; runs that began inside this one and still go on continue as one of their own."""
        with REGISTRY.lock:
            if self.session is not None:
                REGISTRY.release(self)
            going_on, self._inner = self._inner, []
            for run in going_on:
                if not run.is_over:
                    run._go_on_alone()

    def _go_on_alone(self) -> None:
        self._leave_outer(None)
        key, seconds = self.session.key if self.session else None, time.monotonic() - self._started
        self.outer = self._consumption = None
        self._begin()
        note = f"It began {seconds:.1f} s earlier inside the run {key}, where that time is counted."
        self.notes = (*self.notes, note)
        if self.session is not None and self.outer is None:
            self.session.write({"type": "warning", "message": note})
