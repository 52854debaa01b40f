"""A back-end of another package, kept from harming a run: it may fail to load, raise, hang, or return nonsense."""

import threading
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from math import isfinite
from typing import NamedTuple

from greentrain.errors import MeterError
from greentrain.journal.records import COMPONENTS, QUALITIES
from greentrain.meter.base import Component, Meter, Reading
from greentrain.meter.worker import TimeoutReader

_LOADING_SECONDS = 1.0
_STOPPING_SECONDS = 0.5


class _State(NamedTuple):
    """What a back-end gives of itself, taken in the thread that asks it."""

    reading: Reading
    components: tuple[Component, ...]
    is_machine_wide: bool
    cpu_w_per_thread: float | None
    awaits_component: bool


class GuardedMeter:
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
        self.name = name
        self.version = version
        self._make = make
        self._meter: Meter | None = None
        self._is_set_up = threading.Event()
        self._reader: TimeoutReader[_State] = TimeoutReader()
        self._state = _State(Reading(0.0, {}, {}), _unknown(f"{name} is not yet read"), False, None, True)

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

    def start(self, run_started_mono: float) -> None:
        """Begin to make and start the back-end. [s]"""
        threading.Thread(target=self._set_up, args=(run_started_mono,), name=self.name, daemon=True).start()

    def wait_until_ready(self, timeout_seconds: float) -> bool:
        """Wait for the back-end, or for so long [s]; return whether it is ready."""
        return self._is_set_up.wait(timeout_seconds)

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
        self._reader.close()

    def _set_up(self, run_started_mono: float) -> None:
        try:
            meter = self._make()
            meter.start(run_started_mono)
            meter.wait_until_ready(_LOADING_SECONDS)
            self._state = _state_of(meter, Reading(run_started_mono, {}, {}))
            self._meter = meter
        except BaseException as error:
            self._reader.failure = f"{self.name} could not start: {type(error).__name__} {error}"
        self._is_set_up.set()


def _release(meter: Meter) -> None:
    with suppress(BaseException):
        meter.stop()


def _ask(meter: Meter, timeout_seconds: float) -> _State:
    return _state_of(meter, meter.read(timeout_seconds))


def _state_of(meter: Meter, reading: Reading) -> _State:
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
    return _State(
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


def _unknown(reason: str) -> tuple[Component, ...]:
    return tuple(Component(kind, "", "", "none", "unknown", reason) for kind in COMPONENTS)
