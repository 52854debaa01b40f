"""A framework's training as a tracked run: what the callbacks of all frameworks have in common."""

import atexit
import time
import weakref
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from greentrain.errors import BudgetExceeded, is_from_handler, is_from_outside
from greentrain.journal.writer import writing_interval_seconds
from greentrain.tracking.exit_status import last_uncaught
from greentrain.tracking.tracker import track

if TYPE_CHECKING:
    from greentrain.tracking.live import LiveRun
    from greentrain.tracking.training_records import Span

ENERGY, MASS = "it_energy_kwh", "operational_kg"
"""Names under which a framework's own logger gets energy before PUE [kWh] and emissions [kg CO2e]."""

RUN_ID = "run_id"
AGREE_EVERY_STEPS = 10
"""Ranks of a distributed training must end at the same step; asking one another costs more than asking oneself."""

_STEP_EVERY_SECONDS = 10.0
"""Between recorded steps; in a long training as much as between the meter's samples, so that a month is small. [s]"""


class TrainingAborted(Exception):
    """Recorded for the exception of a framework that does not inform its callbacks of one; never raised."""


class Training:
    """The training of one callback: at most one run at a time, any number after one another.

    Parameters
    ----------
    settings : dict
        Arguments of ``greentrain.track``.

    Attributes
    ----------
    run : LiveRun or None
        The newest run; None before the first.

    Raises
    ------
    InputError
        As ``greentrain.track`` does, at once.
    """

    def __init__(self, settings: dict[str, Any]) -> None:
        track(**settings)
        self.run: LiveRun | None = None
        self._settings = settings
        self._before: dict[str, float] = {}
        self._epoch: Span | None = None
        self._finalizer: weakref.finalize[..., Training] | None = None
        self._logged_step = self._began = 0.0

    @property
    def is_running(self) -> bool:
        """Whether a run goes on."""
        return self.run is not None and not self.run.is_over

    @property
    def may_stop(self) -> bool:
        """Whether a budget may end this training."""
        budgets = (self._settings.get("budget_kwh"), self._settings.get("budget_kg"))
        return self._settings.get("on_budget") == "stop" and budgets != (None, None)

    @property
    def should_stop(self) -> bool:
        """Whether a budget asks for the training's end."""
        return self.run is not None and self.run.should_stop

    @property
    def run_id(self) -> str | None:
        """The run that the user or a checkpoint named; None when neither did."""
        found: str | None = self._settings.get(RUN_ID)
        return found

    def begin(self, **defaults: str | None) -> None:
        """Begin a run. One that goes on belongs to a training whose end the framework did not report.

        Parameters
        ----------
        **defaults
            Arguments of ``greentrain.track`` that hold where the user gave none.
        """
        self.abandon()
        self._logged_step, self._began = 0.0, time.monotonic()
        given = {name: value for name, value in self._settings.items() if value is not None}
        self.run = run = track(**(defaults | given)).start()
        # The framework may end without calling back: then the callback goes too, or the program does.
        self._finalizer = weakref.finalize(self, _abandon, run, last_uncaught())
        self._finalizer.atexit = False
        atexit.register(self._finalizer)

    def end(self, error: BaseException | None = None) -> None:
        """End the run as completed, or with the exception that ended the training; when none goes on, do nothing."""
        if self.run is None or self.run.is_over:
            return
        self.epoch_ends(error)
        if self._finalizer is not None:
            self._finalizer.detach()
            atexit.unregister(self._finalizer)
            self._finalizer = None
        self.run.end(error)

    def abandon(self) -> None:
        """End a run whose end the framework did not report."""
        if self.is_running:
            self.end(TrainingAborted())

    def epoch_begins(self, epoch: int) -> None:
        """Begin the span of an epoch, which ends the one before."""
        self.epoch_ends()
        if self.run is not None and self.is_running:
            with self._ending_on_budget():
                self._epoch = self.run.span("epoch", epoch=epoch).__enter__()

    def epoch_ends(self, error: BaseException | None = None) -> None:
        """End the span of the epoch, if there is one."""
        if self._epoch is not None:
            self._epoch.__exit__(None if error is None else type(error), error, None)
            self._epoch = None

    def step(self, step: int, total_steps: int | None = None) -> None:
        """Check the budget, and now and then record the step, of which the forecast is made.

        Parameters
        ----------
        step : int
            Steps that are done, those before a resumption included.
        total_steps : int, optional
            Steps of the whole training, where they are known.
        """
        now = time.monotonic()
        if now - self._logged_step < writing_interval_seconds(now - self._began, _STEP_EVERY_SECONDS):
            if self.run is not None:
                with self._ending_on_budget():
                    self.run.check_budget()
            return
        self._logged_step = now
        total = {"total_steps": total_steps} if total_steps and total_steps > 0 else {}
        self.log({"step": step, **total})

    def log(self, values: Mapping[str, Any]) -> None:
        """Record the numbers among the values of the framework; the rest is left out without a warning."""
        numbers = {str(name): value for name, value in values.items() if _is_number(value)}
        if self.run is not None:
            with self._ending_on_budget():
                self.run.log(**numbers)

    def figures(self) -> dict[str, float]:
        """Return energy and emissions for the framework's logger, with what was used before the training was resumed.

        Returns
        -------
        dict
            `ENERGY` [kWh] and `MASS` [kg CO2e] of this node; a name is missing while its value is not known.
        """
        if self.run is None:
            return {}
        try:
            known = _figures(self.run)
        except Exception as error:  # tables that are damaged during the run are no reason to end it
            if is_from_outside(error):
                raise
            return {}
        return {name: value + self._before.get(name, 0.0) for name, value in known.items() if value is not None}

    def warn(self, message: str) -> None:
        """Warn of something that is likely to come again and again, once in a run."""
        if self.run is not None and self.run.session is not None:
            self.run.session.warn_once(message)

    def state(self) -> dict[str, Any]:
        """Return what a checkpoint must hold, so that the training goes on in the same run; JSON can hold it."""
        return {} if self.run is None else {RUN_ID: self.run.key, **self.figures()}

    def restore(self, state: Mapping[str, Any]) -> None:
        """Take up what a checkpoint holds; a run id that the user names comes first."""
        self._before = {name: float(state[name]) for name in (ENERGY, MASS) if _is_number(state.get(name))}
        if isinstance(state.get(RUN_ID), str) and state[RUN_ID]:
            self._settings = {RUN_ID: state[RUN_ID]} | self._settings

    @contextmanager
    def _ending_on_budget(self) -> Iterator[None]:
        """End the run with the exception of its budget, of which no framework informs its callbacks."""
        try:
            yield
        except BudgetExceeded as error:
            self.end(error)
            raise

    def __getstate__(self) -> dict[str, Any]:
        """Pickle and copy without what ends the run: a copy does not go on with it."""
        return {**self.__dict__, "_finalizer": None, "_epoch": None}


class WithTraining:
    """A callback that is also a context manager, for frameworks that do not inform their callbacks of an exception.

    Attributes
    ----------
    training : Training
        The training that it follows.
    """

    training: Training

    @property
    def run(self) -> "LiveRun | None":
        """The newest run, with its ``measurement`` and ``estimate`` once it has ended; None before the first."""
        return self.training.run

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self.training.is_running:
            self.training.end(error)


def _abandon(run: "LiveRun", uncaught_before: object) -> None:
    """End a run whose callback, or whose program, is gone."""
    uncaught = last_uncaught()
    is_new = isinstance(uncaught, BaseException) and uncaught is not uncaught_before
    run.end(uncaught if is_new else TrainingAborted())  # type: ignore[arg-type]


def _figures(run: "LiveRun") -> dict[str, float | None]:
    measurement = run.measurement
    if measurement is None:
        return {ENERGY: run.energy_kwh_so_far(), MASS: run.kg_so_far()}
    energy, mass = measurement.it_energy_kwh, measurement.operational_kg
    return {ENERGY: energy.best if energy else None, MASS: mass.best if mass else None}


def _is_number(value: object) -> bool:
    if isinstance(value, (int, float)):
        return not isinstance(value, bool)
    try:
        # Scalars of array libraries; a framework's dictionary may hold whole arrays too.
        return bool(getattr(value, "ndim", None) == 0 and hasattr(value, "__float__"))
    except Exception as error:  # an object of the user's may raise anything when it is asked
        if is_from_handler(error):
            raise
        return False
