"""The course of a run: how it begins, inside what, and how it ends whatever happens."""

from __future__ import annotations

import os
import time
from abc import ABC, abstractmethod
from collections.abc import Callable

from greentrain.light_typing import TYPE_CHECKING
from greentrain.tracking.active_run import REGISTRY
from greentrain.tracking.distributed import ancestor
from greentrain.tracking.exit_status import Ending, ending_at_exit, ending_of, last_uncaught
from greentrain.tracking.logs import Logs
from greentrain.tracking.session import Carrier, tell
from greentrain.tracking.spans import leave

if TYPE_CHECKING:
    from contextvars import Token

    from greentrain.tracking.gauge import Gauge
    from greentrain.tracking.settings import Settings

NOT_TRACKED, INNER = "none", "span"


class Course(ABC):
    """A run's states: not begun, going on, over; alone, or as a span of another run of this process.

    Attributes
    ----------
    settings : Settings
        The run as described.
    name : str or None
        What it is called.
    role : {'main', 'joined', 'span', 'none'}
        Whether it has a journal and a meter, a journal only, a place in another run, or none of these.
    ending : Ending or None
        How it ended; None as long as it goes on.
    duration_seconds : float or None
        How long it went on. [s]
    """

    def __init__(self, settings: Settings, name: str | None) -> None:
        self.settings = settings
        self.name = name
        self.role = NOT_TRACKED
        self.ending: Ending | None = None
        self.duration_seconds: float | None = None
        self.notes: tuple[str, ...] = ()
        self.carrier: Carrier | None = None
        self._gauge: Gauge | None = None
        self.logs = Logs(settings.total_steps)
        self.is_disowned = False
        self.started_seconds = 0.0
        self._outer: Course | None = None
        self._inner: list[Course] = []
        self._span = 0
        self._token: Token[tuple[str, int] | None] | None = None
        self._started = time.monotonic()
        self._uncaught_before = last_uncaught()
        self._is_mute = False
        self._command: tuple[str, ...] = ()

    @property
    def is_over(self) -> bool:
        """Whether the run has ended, or is another process's."""
        return self.ending is not None or self.is_disowned

    @property
    def outer(self) -> Course | None:
        """The run of this process that this one is a span of."""
        return self._outer

    @property
    def gauge(self) -> Gauge | None:
        """What is used so far, looked up when somebody asks; None where nothing is recorded."""
        if self._gauge is None and self.carrier is not None:
            from greentrain.tracking.gauge import Gauge

            outer = self._outer.gauge if self._outer is not None else None
            self._gauge = Gauge(self.settings, self.carrier.folder, self.carrier.session, outer)
        return self._gauge

    def begin(self) -> None:
        """Start; whatever goes wrong, the training goes on."""
        try:
            with REGISTRY.lock:
                self._begin()
        except Exception as error:
            tell(f"the run is not tracked ({type(error).__name__}: {error})")

    def disown(self) -> None:
        """In a forked child: do nothing more in the parent's name."""
        self.is_disowned = True
        for run in self._inner:
            run.disown()

    def end_at_exit(self) -> None:
        """End a run that nobody has ended, when the interpreter does."""
        ending = ending_at_exit(self._uncaught_before)
        # Python forgets that Ctrl-C ended it, and leaves with another exit code, when code is compiled this late:
        # the modules that show a result would be.
        self._is_mute = ending.error == "KeyboardInterrupt"
        # A run that has ended and is still this process's was interrupted between two steps of its end.
        begun, self.ending = self.ending, None
        self.conclude(begun or ending, in_event_loop=False)

    def end_with(self, error: BaseException | None, in_event_loop: bool) -> BaseException | None:
        """End the run with the exception that it ended with; a second time it does nothing.

        Returns
        -------
        BaseException or None
            What a signal raised meanwhile, Ctrl-C most likely.
        """
        return self.conclude(ending_of(error), in_event_loop)

    def conclude(self, ending: Ending, in_event_loop: bool) -> BaseException | None:
        """End, step by step: a step that fails keeps none of the others from being taken."""
        with REGISTRY.lock:
            if self.is_over:
                return None
            self.ending = ending
            if self.duration_seconds is None:
                self.duration_seconds = time.monotonic() - self._started
            if self.carrier is not None and self._outer is None:
                self.carrier.ended_mono = self._started + self.duration_seconds
        interruption: BaseException | None = None
        for step in self._last_steps(ending, in_event_loop):
            try:
                if interruption is None or step != self.show:
                    step()
            except Exception as error:
                tell(f"the end of the run is not recorded in full ({type(error).__name__}: {error})")
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
        if isinstance(outer, Course) and outer.carrier is not None:
            self._begin_inside(outer, outer.carrier)
            return
        above = ancestor(os.environ)
        if above is not None and not above.is_joined_by_runs:
            return
        self.carrier = carrier = Carrier(self.settings, self.name, above, self._command)
        self.role = carrier.role
        self._take_place(carrier)

    def _take_place(self, carrier: Carrier) -> None:
        REGISTRY.claim(self, carrier.session, carrier.folder or "")
        carrier.launch(self.settings)

    def _begin_inside(self, outer: Course, carrier: Carrier) -> None:
        self.role, self._outer, self.carrier = INNER, outer, carrier
        outer._inner.append(self)
        self._gauge = None
        _ = self.gauge  # what the outer run has used by now is not this one's
        self.started_seconds = self._started - carrier.started_mono
        self._span = carrier.spans.start(self.name or "run", {})
        self._token = carrier.spans.enter(self._span)

    def _last_steps(self, ending: Ending, in_event_loop: bool) -> list[Callable[[], None]]:
        carrier = self.carrier
        if carrier is None:
            return []
        if self._outer is not None:
            return [lambda: self._leave_outer(ending.error)]
        steps = [lambda: _write_end(carrier, ending), self._hand_over]
        if self._is_mute or (self.settings.quiet and self.settings.budget is None):
            return [*steps, carrier.stop_meter, carrier.close]
        return [*steps, self.show_later] if in_event_loop else [*steps, self.show, carrier.stop_meter]

    def _leave_outer(self, error: str | None) -> None:
        if self._token is not None:
            leave(self._token)
            self._token = None
        if self.carrier is not None:
            self.carrier.spans.end(self._span, error)
        if self._outer is not None and self in self._outer._inner:
            self._outer._inner.remove(self)

    def _hand_over(self) -> None:
        """Let go of the process; runs that began inside this one and still go on continue as one of their own."""
        with REGISTRY.lock:
            if self.carrier is not None:
                REGISTRY.release(self, self.carrier.session)
            going_on, self._inner = self._inner, []
            for run in going_on:
                if not run.is_over:
                    run._go_on_alone()

    def _go_on_alone(self) -> None:
        self._leave_outer(None)
        self._outer = self._gauge = None
        self.notes = (*self.notes, "It began inside another run; what it used before that one ended is counted there.")
        self._begin()


def _write_end(carrier: Carrier, ending: Ending) -> None:
    record = {"type": "end", **ending._asdict()}
    try:
        carrier.write(record)
    except Exception:
        raise
    except BaseException:  # a second Ctrl-C, which the end has to survive; if it was written before, twice does no harm
        carrier.write(record)
        raise
