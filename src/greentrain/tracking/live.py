"""One run while it goes on, and what can be asked of it afterwards."""

from __future__ import annotations

import sys
from _thread import RLock

from greentrain.errors import BudgetExceeded, InputError, OwnErrors, is_from_handler, is_from_outside
from greentrain.journal.paths import folder_key
from greentrain.light_typing import TYPE_CHECKING
from greentrain.record import WithoutArithmetic
from greentrain.tracking.exit_status import ExitStatus, exit_status_of
from greentrain.tracking.lifecycle import Lifecycle
from greentrain.tracking.session import MAIN, warn_user, write_to_stderr
from greentrain.tracking.training_records import Span, text_of

if TYPE_CHECKING:
    from typing import Any

    from greentrain.estimation import Estimate
    from greentrain.footprint import Footprint
    from greentrain.tracking.finished_run import FinishedRun, Measurement
    from greentrain.tracking.result import RunResult
    from greentrain.tracking.session import Session
    from greentrain.tracking.settings import Settings
    from greentrain.tracking.sinks.feed import Feed


class LiveRun(WithoutArithmetic, Lifecycle):
    """A run that is being tracked; `Tracker.start` and ``with track(...) as run`` give one.

    A run that starts inside the block or the call of another one becomes a span of that one, with the same meter. In a
    child process of a tracked one that goes on it does nothing at all, unless it has another name, project or place.

    Examples
    --------
    >>> with track("bert", meter="none", gpu="V100", quiet=True) as run:
    ...     run
    <LiveRun 'bert', running>
    """

    def __init__(self, settings: Settings, name: str | None) -> None:
        super().__init__(settings, name)
        self._result: RunResult | None = None
        self._is_budget_broken = False
        self._looking = RLock()
        self.feed: Feed | None = None

    def begin(self) -> None:
        """Start, and feed the sinks; whatever goes wrong, the training goes on."""
        super().begin()
        session = self.session
        if not self.settings.sinks or session is None or self.outer is not None or self.role != MAIN:
            return
        try:
            from greentrain.tracking.sinks.feed import Feed, facts_of

            facts = facts_of(self.key, self.name, self.settings)
            self.feed = Feed(self.settings, session.folder, session.id, facts, self._progress)
            self.feed.begin()
        except BaseException as error:
            if is_from_outside(error):
                raise
            self.feed = None
            session.warn(f"the sinks get nothing ({type(error).__name__}: {error})")

    def _hand_session_on(self, session: Session, exit_status: ExitStatus) -> bool:
        is_handed = super()._hand_session_on(session, exit_status)
        if is_handed and isinstance(self.outer, LiveRun):
            self.outer.feed, self.feed = self.feed, None
        return is_handed

    def _progress(self) -> tuple[int | None, float | None]:
        step = self.logs.last("step")
        return None if step is None else int(step), self.logs.last("tokens")

    def span(self, name: str, /, **attributes: Any) -> Span:
        """Mark a part of the run: ``with run.span("epoch", epoch=1): ...``.

        Parameters
        ----------
        name : str
            What the part is called.
        **attributes
            What else to record of it.

        Raises
        ------
        BudgetExceeded
            On entering, if a budget is used up and ``on_budget`` is ``"raise"``.

        Examples
        --------
        >>> with track("bert", meter="none", quiet=True) as run:
        ...     with run.span("epoch", epoch=1):
        ...         pass
        >>> run.measurement.spans[0]["name"]
        'epoch'
        """
        spans = None if self.session is None or self.is_over else self.session.spans
        return Span(spans, text_of(name), attributes, self.check_budget)

    def log(self, **values: Any) -> None:
        """Record numbers: what the energy bought. ``step`` and ``total_steps`` also give the forecast.

        Raises
        ------
        BudgetExceeded
            If a budget is used up and ``on_budget`` is ``"raise"``.

        Examples
        --------
        >>> with track("bert", meter="none", quiet=True) as run:
        ...     run.log(loss=0.5)
        ...     run.log(loss=0.25)
        >>> run.measurement.logs
        {'loss': {'last': 0.25, 'sum': 0.75, 'count': 2}}
        """
        if self.is_over:
            return
        numbers, refused = self.logs.add(values)
        if self.outer is not None:
            self.outer.logs.add(numbers)
        if self.session is not None and numbers:
            self.session.write({"type": "log", "values": numbers})
        if self.session is not None and refused:
            self.session.warn_once(f"not logged, since they are no numbers: {', '.join(refused)}")
        self.check_budget()

    def check_budget(self) -> None:
        """Compare what is used with the budget, at most once a second; `log` and `span` do it too.

        Raises
        ------
        BudgetExceeded
            If a budget is used up and ``on_budget`` is ``"raise"``.
        """
        if self.settings.budget is None or self.consumption is None or self.is_over or self._is_budget_broken:
            return
        error: BudgetExceeded | None = None
        try:
            warning, error = self.consumption.judge(self.logs.done)
            if warning and self.session is not None:
                self.session.warn(warning)
        except Exception as failure:
            if is_from_outside(failure):
                raise
            self._is_budget_broken = True
            warn_user(f"the budget is not followed any more ({type(failure).__name__}: {failure})")
        if error is not None:
            raise error

    def stop(self) -> None:
        """End the run as completed; a second time it does nothing.

        Examples
        --------
        >>> run = track("bert", meter="none", quiet=True).start()
        >>> run.stop()
        >>> run.record["status"]
        'completed'
        """
        self.end(None)

    def end(self, error: BaseException | None, in_event_loop: bool = False) -> None:
        """End the run with the exception that it ended with, which stays the caller's to raise.

        Parameters
        ----------
        error : BaseException or None
            None when nothing was raised.
        in_event_loop : bool, optional
            Whether waiting for the meter would block an event loop; a running one of asyncio is seen without it.
        """
        try:
            interruption = self.end_with(error, in_event_loop or _is_in_event_loop())
        except BaseException:  # a signal's handler, before the first step or between two
            self.resume_end(exit_status_of(error), in_event_loop)
            raise
        if interruption is not None and (error is None or is_from_handler(interruption)):
            raise interruption

    @property
    def key(self) -> str | None:
        """The run's key in the history; None where it has no journal."""
        return folder_key(self.folder) if self.folder else None

    @property
    def folder(self) -> str | None:
        """The folder of the run's journals; None where there is none."""
        return self.session.folder if self.session is not None else None

    @property
    def should_stop(self) -> bool:
        """Whether a budget is used up and ``on_budget`` is ``"stop"``; callbacks ask, and end the training."""
        return self.settings.budget is not None and self.consumption is not None and self.consumption.budget.should_stop

    @property
    def is_budget_exceeded(self) -> bool:
        """Whether a budget is used up, as far as it was looked at."""
        return self.settings.budget is not None and self.consumption is not None and self.consumption.budget.is_exceeded

    def energy_kwh_so_far(self) -> float | None:
        """Energy that this node has drawn since the run's start, before PUE; None before the first sample. [kWh]

        Of a run that has ended it is the footprint's best value.

        Examples
        --------
        >>> with track("bert", meter="none", gpu="V100", quiet=True) as run:
        ...     print(run.energy_kwh_so_far())
        None
        >>> run.energy_kwh_so_far() > 0
        True
        """
        energy = self._found.it_energy_kwh
        return energy.best if energy else None if self.consumption is None else self.consumption.own_kwh()

    def kg_so_far(self) -> float | None:
        """Emissions of this node since the run's start, best value; None before the first sample. [kg CO2e]

        Of a run that has ended it is the footprint's best value.

        Examples
        --------
        >>> with track("bert", meter="none", gpu="V100", quiet=True) as run:
        ...     print(run.kg_so_far())
        None
        >>> run.kg_so_far() > 0
        True
        """
        mass = self._found.operational_kg
        return mass.best if mass else None if self.consumption is None else self.consumption.own_kg()

    @property
    def _found(self) -> Footprint:
        """The footprint of a run that has ended; of one that goes on nothing is known for good."""
        from greentrain.footprint import UNKNOWN

        result = self.result()
        return result.measurement.footprint if result else UNKNOWN

    @property
    def measurement(self) -> Measurement | None:
        """What was measured; None as long as the run goes on. The first look may wait for the meter's last record."""
        result = self.result()
        return result.measurement if result else None

    @property
    def estimate(self) -> Estimate | None:
        """The estimate of the same run by the hardware profiles; None while it goes on and for unknown hardware."""
        result = self.result()
        return result.estimate if result else None

    @property
    def record(self) -> dict[str, Any]:
        """The run as plain data: who, where, how it ended, and its measurement and estimate once it has."""
        return self.view().record

    def view(self) -> FinishedRun:
        """Return what is known of the run as a frozen value."""
        from greentrain.tracking.result import view_of

        return view_of(self, self.result())

    def result(self) -> RunResult | None:
        """Return measurement and estimate; None as long as the run goes on, and in a forked child."""
        if self._result is not None or self.exit_status is None or self.is_disowned:
            return self._result
        from greentrain.tracking.result import result_of

        with self._looking:
            if self._result is not None:
                return self._result
            found = result_of(self)
            if found.is_final:
                self._result = found
        return found

    def show(self) -> None:
        """Wait for the meter's last record, and write the result in one line to stderr if it is wanted."""
        from greentrain.tracking.result import summary

        result = self.result()
        if result is None:
            return
        if not self.settings.quiet:
            write_to_stderr(summary(self, result))
        if self.settings.budget is not None and self.consumption is not None:
            warning = self.consumption.judge_at_end(self.logs.done)
            if warning:
                warn_user(warning)
        feed, self.feed = self.feed, None
        for problem in feed.end(result.measurement) if feed is not None else ():
            warn_user(f"the sink {problem}")

    def keep_site(self) -> None:
        """Record PUE and carbon intensity, and close the journal, without waiting for the meter."""
        from greentrain.tracking.result import write_site

        write_site(self)

    def show_later(self) -> None:
        """Show the result in a thread: an event loop may not be kept waiting, and the run is over."""
        from threading import Thread

        try:
            Thread(target=self._show_safely, name="greentrain-summary").start()
        except RuntimeError:  # no thread can be had; the journal has it all
            if self.session is not None:
                self.session.stop_meter()

    def _show_safely(self) -> None:
        try:
            self.show()
        except Exception as error:
            warn_user(f"the result cannot be shown ({type(error).__name__}: {error})")

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickle and copy as a finished view: a run cannot go on in two places."""
        return self.view().__reduce__()

    @property
    def footprint(self) -> Footprint:
        """Energy and emissions of the run, which has to have ended.

        Raises
        ------
        InputError
            As long as it goes on; `energy_kwh_so_far` and `kg_so_far` return what it has used by now.
        """
        result = self.result()
        if result is None:
            rule = "is still running; energy_kwh_so_far() and kg_so_far() return what it has used by now"
            raise InputError("run", self.name, rule)
        return result.measurement.footprint

    def __repr__(self) -> str:
        state = "running" if self.exit_status is None else self.exit_status.status
        if self._result is None:
            return f"<LiveRun {self.name!a}, {state}>"
        from greentrain.footprint import amounts

        return f"<LiveRun {self.name!a}, {state}: {amounts(self._result.measurement.footprint)}>"

    def _repr_html_(self) -> str:
        """Return a small table for notebooks; while the run goes on, of what it has used so far."""
        from greentrain.html_table import LABELS, amount_and_ends, table
        from greentrain.interval import exact

        if self.exit_status is not None:
            return self.view()._repr_html_()
        so_far = {"it_energy_kwh": self.energy_kwh_so_far(), "operational_kg": self.kg_so_far()}
        rows = [
            (LABELS[name][0], None if value is None else amount_and_ends(exact(value), LABELS[name][1])[0])
            for name, value in so_far.items()
        ]
        below = "Best values of this node so far; the interval is known when the run has ended."
        return table(("", "so far"), rows, f"{self.name or 'run'} is running", below)

    def __str__(self) -> str:
        """Return the state of the run; of one that has ended what it took, as the line at its end shows it."""
        from greentrain.tracking.result import summary

        result = self.result()
        return repr(self) if result is None else summary(self, result).strip()


def _is_in_event_loop() -> bool:
    asyncio = sys.modules.get("asyncio")
    if asyncio is None:
        return False
    with OwnErrors(AttributeError, RuntimeError):
        asyncio.get_running_loop()
        return True
    return False
