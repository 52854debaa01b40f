"""Meters in threads of their own, which may fail or hang without harm to the run; back-ends of others among them."""

import threading
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from contextlib import suppress
from math import isfinite
from typing import Generic, NamedTuple, TypeVar

from greentrain.errors import MeterError
from greentrain.journal.records import COMPONENTS, QUALITIES
from greentrain.meter.base import Component, Meter, Reading, unknown_components

Answer = TypeVar("Answer")

SILENT_SECONDS = 3.0
"""How long an answer may be awaited before its source is given up. [s]"""

PASSING_FAILURES = 3
"""How many failures in a row count as passing."""

_LOADING_SECONDS = 1.0
_STOPPING_SECONDS = 0.5


class Worker(Generic[Answer]):
    """A thread that is asked for an answer and may never give one.

    While it is at work it is not asked again, so that a thing that hangs holds one thread and no more.
    """

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._task: Callable[[], Answer] | None = None
        self._answer: tuple[Answer] | None = None
        self._error: BaseException | None = None
        self._thread: threading.Thread | None = None
        self._is_open = True
        self._asked_mono = 0.0

    def ask(self, task: Callable[[], Answer]) -> None:
        """Ask for an answer, if none is still being worked at."""
        with self._changed:
            if self._task is None and self._answer is None:
                self._task, self._error, self._asked_mono = task, None, time.monotonic()
                self._changed.notify_all()
        if self._thread is None:
            self._thread = threading.Thread(target=self._work, name="reading", daemon=True)
            self._thread.start()

    def wait(self, timeout_seconds: float) -> BaseException | None:
        """Wait for the answer, or for so long; return the error when there was one instead. [s]"""
        with self._changed:
            self._changed.wait_for(lambda: self._task is None, timeout_seconds)
            return self._error if self._task is None else None

    def take(self) -> Answer | None:
        """Take the answer; None when there is none."""
        with self._changed:
            answer, self._answer = self._answer, None
        return answer[0] if answer else None

    def silent_seconds(self) -> float:
        """Return how long the answer has been awaited; 0 when none is. [s]"""
        with self._changed:
            return time.monotonic() - self._asked_mono if self._task is not None else 0.0

    def close(self) -> None:
        """Let the thread end when it has nothing to do."""
        with self._changed:
            self._is_open = False
            self._changed.notify_all()

    def _work(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._task is not None or not self._is_open)
                task = self._task
            if task is None:
                return
            answer: tuple[Answer] | None = None
            error: BaseException | None = None
            try:
                answer = (task(),)
            except BaseException as raised:
                error = raised
            with self._changed:
                self._task, self._answer, self._error = None, answer, error
                self._changed.notify_all()


class TimeoutReader(Generic[Answer]):
    """Reads what may hang or fail, in a thread of its own, until it has done so for too long.

    Attributes
    ----------
    failure : str or None
        Why the source was given up; None as long as it is read.
    """

    def __init__(self) -> None:
        self.failure: str | None = None
        self._worker: Worker[Answer] = Worker()
        self._failures = 0

    def read(self, task: Callable[[], Answer], timeout_seconds: float) -> Answer | None:
        """Read now, or take what an earlier question has brought meanwhile.

        Returns
        -------
        object or None
            The answer; None where there is none within the time, or no more at all: see `failure`.

        Raises
        ------
        OSError
            If reading failed and may succeed the next time.
        """
        if self.failure is not None:
            return None
        self._worker.ask(task)
        error = self._worker.wait(timeout_seconds)
        answer = self._worker.take()
        if answer is not None:
            self._failures = 0
        elif error is not None:
            self._count_failure(error)
        elif self._worker.silent_seconds() > SILENT_SECONDS:
            self.failure = f"no reading for {SILENT_SECONDS:g} s"
        return answer

    def close(self) -> None:
        """Leave the thread behind; it ends when it has nothing to do, or with the process."""
        self._worker.close()

    def _count_failure(self, error: BaseException) -> None:
        self._failures += 1
        reason = f"{type(error).__name__} {error}"
        if self._failures <= PASSING_FAILURES:
            raise OSError(reason)
        self.failure = f"readings fail: {reason}"


class ThreadedMeter(ABC, Generic[Answer]):
    """A meter that is set up in one thread and read in another.

    Parameters
    ----------
    on_failure : str
        How the reason begins for which nothing is read when setting up fails.
    """

    name: str

    def __init__(self, on_failure: str) -> None:
        self._on_failure = on_failure
        self._is_set_up = threading.Event()
        self._reader: TimeoutReader[Answer] = TimeoutReader()

    def start(self, run_started_mono: float) -> None:
        """Begin to set up; readings count from this moment on. [s]"""
        threading.Thread(target=self._set_up_safely, args=(run_started_mono,), name=self.name, daemon=True).start()

    def wait_until_ready(self, timeout_seconds: float) -> bool:
        """Wait until it is set up, or for so long [s]; return whether it is."""
        return self._is_set_up.wait(timeout_seconds)

    def stop(self) -> None:
        """Leave the threads behind: they end with the process."""
        self._reader.close()

    @abstractmethod
    def _set_up(self, run_started_mono: float) -> None:
        """Do what may take long, hang or fail before the first reading."""

    def _set_up_safely(self, run_started_mono: float) -> None:
        try:
            self._set_up(run_started_mono)
        except BaseException as error:
            self._reader.failure = f"{self._on_failure}: {type(error).__name__} {error}"
        self._is_set_up.set()


class _BackendState(NamedTuple):
    """What a back-end gives of itself, taken in the thread that asks it."""

    reading: Reading
    components: tuple[Component, ...]
    is_machine_wide: bool
    cpu_w_per_thread: float | None
    awaits_component: bool


class GuardedMeter(ThreadedMeter[_BackendState]):
    """A meter around a back-end, which is made, started and asked in threads of its own.

    A back-end that cannot be made, hangs, or fails again and again is given up: what it had read stays, and its
    components are unknown from then on, with the reason.

    Parameters
    ----------
    name : str
        Name of the back-end.
    version : str or None
        Version of the package that it comes from.
    make : callable
        Makes the back-end.
    """

    def __init__(self, name: str, version: str | None, make: Callable[[], Meter]) -> None:
        super().__init__(f"{name} could not start")
        self.name = name
        self.version = version
        self._make = make
        self._meter: Meter | None = None
        unread = unknown_components(f"{name} is not yet read")
        self._state = _BackendState(Reading(0.0, {}, {}), unread, False, None, True)

    @property
    def is_machine_wide(self) -> bool:
        """Whether the back-end reads CPU and memory of the whole computer."""
        return self._state.is_machine_wide

    @property
    def cpu_w_per_thread(self) -> float | None:
        """TDP of one thread of this computer, where the back-end knows it. [W]"""
        return self._state.cpu_w_per_thread

    @property
    def components(self) -> tuple[Component, ...]:
        """The back-end's components; unknown ones after it was given up."""
        reason = self._reader.failure
        if reason is None:
            return self._state.components
        return tuple(part._replace(quality="unknown", reason=reason) for part in self._state.components)

    @property
    def awaits_component(self) -> bool:
        """Whether the back-end may come to read a component that it does not read yet."""
        return self._reader.failure is None and self._state.awaits_component

    def read(self, timeout_seconds: float) -> Reading:
        """Read now; an answer that takes longer is taken the next time. [s]

        Raises
        ------
        OSError
            If the back-end failed and may succeed the next time.
        """
        meter = self._meter
        if meter is not None:
            state = self._reader.read(lambda: _ask(meter, timeout_seconds), timeout_seconds)
            if state is not None:
                self._state = state
        if meter is None or self._reader.failure is not None:
            return Reading(time.monotonic(), self._state.reading.energy_kwh, {})
        return self._state.reading

    def stop(self) -> None:
        """Let the back-end release what it opened, within half a second."""
        if self._meter is not None and self._reader.failure is None:
            stopping = threading.Thread(target=_release, args=(self._meter,), daemon=True)
            stopping.start()
            stopping.join(_STOPPING_SECONDS)
        super().stop()

    def _set_up(self, run_started_mono: float) -> None:
        meter = self._make()
        meter.start(run_started_mono)
        meter.wait_until_ready(_LOADING_SECONDS)
        self._state = _state_of(meter, Reading(run_started_mono, {}, {}))
        self._meter = meter


def _release(meter: Meter) -> None:
    with suppress(BaseException):
        meter.stop()


def _ask(meter: Meter, timeout_seconds: float) -> _BackendState:
    return _state_of(meter, meter.read(timeout_seconds))


def _state_of(meter: Meter, reading: Reading) -> _BackendState:
    """Take what a back-end gives apart, so that nothing of another shape gets into the account.

    Raises
    ------
    MeterError
        If it is not of the form that `Meter` describes.
    """
    energy, power = _numbers(reading.energy_kwh), _numbers(reading.power_w)
    components = tuple(Component(*part) for part in meter.components)
    for part in components:
        if part.component not in COMPONENTS or part.quality not in QUALITIES:
            raise MeterError(f"a component of kind {part.component!a} and quality {part.quality!a}")
    if not isfinite(reading.mono):
        raise MeterError("a reading at no moment")
    thread_w = meter.cpu_w_per_thread
    return _BackendState(
        Reading(min(float(reading.mono), time.monotonic()), energy, power),
        components,
        bool(meter.is_machine_wide),
        None if thread_w is None else float(thread_w),
        bool(meter.awaits_component),
    )


def _numbers(found: Mapping[str, float]) -> dict[str, float]:
    numbers = {kind: float(found[kind]) for kind in COMPONENTS if found.get(kind) is not None}
    if not all(map(isfinite, numbers.values())):
        raise MeterError("a reading that is no number")
    return numbers
