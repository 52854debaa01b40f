"""The thread that feeds the sinks of a run: beside the training, at leisure, and never in its way.

Trackers are loaded, and spoken to, in a thread of its own, which nobody waits for longer than a moment. What a sink
raises ends that sink, is told in one line, and reaches neither the training nor the other sinks.
"""

from __future__ import annotations

import os
from contextvars import copy_context
from threading import Event, Thread

from greentrain._version import __version__
from greentrain.errors import is_from_handler
from greentrain.interval import exact
from greentrain.journal.paths import host_name
from greentrain.light_typing import TYPE_CHECKING
from greentrain.tracking.budget import Consumption
from greentrain.tracking.sinks.names import SINKS, added_sink
from greentrain.tracking.sinks.values import ObjectSink, RunFacts, SinkReading
from greentrain.units import WATT_SECONDS_PER_KWH

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from greentrain.footprint import Footprint
    from greentrain.tracking.finished_run import Measurement
    from greentrain.tracking.settings import Settings
    from greentrain.tracking.sinks.values import Sink

_FIRST_SECONDS, _REST_SECONDS = 2.0, 10.0
"""When the first values are sent, and how often from then on. [s]"""

_LAST_WORD_SECONDS = 5.0
"""How long the end of a run waits for its sinks at most. [s]"""


class Feed:
    """The sinks of one run.

    Parameters
    ----------
    settings : Settings
        The run as described.
    folder, session : str
        Where its meters write.
    facts : RunFacts
        What the run is.
    step : callable
        Returns the newest step and the tokens that the training logged.
    """

    def __init__(
        self,
        settings: Settings,
        folder: str | None,
        session: str,
        facts: RunFacts,
        step: Callable[[], tuple[int | None, float | None]],
    ) -> None:
        self._consumption = Consumption(settings, folder, session)
        self._step = step
        self._facts = facts
        self._sinks = [_Fed(sink, facts) for sink in settings.sinks]
        self._is_over = Event()
        self._last: SinkReading | None = None
        self._thread: Thread | None = None
        self._pid = os.getpid()

    def begin(self) -> None:
        """Look for the trackers' own runs, and start the thread."""
        self._attach()
        context = copy_context()
        # A daemon: the end of the process never waits for a tracker that does not answer.
        self._thread = Thread(target=context.run, args=(self._go,), name="greentrain-sinks", daemon=True)
        self._thread.start()

    def end(self, measurement: Measurement | None) -> list[str]:
        """Send the result, wait a moment for that, and return what went wrong, each once.

        Parameters
        ----------
        measurement : Measurement or None
            What the run took; None where nobody knows.
        """
        if self._thread is None or os.getpid() != self._pid:
            return []
        self._attach()
        self._last = None if measurement is None else self._result(measurement)
        self._is_over.set()
        self._thread.join(_LAST_WORD_SECONDS)
        late = f"still busy after {_LAST_WORD_SECONDS:g} s"
        return [f"{fed.name}: {fed.problem or late}" for fed in self._sinks if fed.problem or not fed.is_closed]

    def _attach(self) -> None:
        for fed in self._sinks:
            fed.attach()

    def _go(self) -> None:
        pause = _FIRST_SECONDS
        while not self._is_over.wait(pause):
            pause = _REST_SECONDS
            self._send(self._reading)
        if self._last is not None:
            last = self._last
            self._send(lambda: last)
        for fed in self._sinks:
            fed.close()

    def _send(self, read: Callable[[], SinkReading | None]) -> None:
        try:
            reading = read()
        except Exception:  # a journal that cannot be read now may be later
            return
        if reading is not None:
            for fed in self._sinks:
                fed.log(reading)

    def _reading(self) -> SinkReading | None:
        """Return what the run has used by now; None before the first sample."""
        kwh = self._consumption.own_kwh()
        if kwh is None:
            return None
        step, tokens = self._step()
        seconds, energies, powers = self._consumption.newest_sample()
        site = self._consumption.site()
        kg = self._consumption.own_kg()
        return SinkReading(
            seconds=seconds,
            energy_kwh=exact(kwh),
            co2e_kg=None if kg is None else exact(kg),
            power_w=sum(powers.values()) if powers else None,
            component_kwh=energies,
            component_w=powers,
            pue=site.pue_value and site.pue_value.best,
            g_per_kwh=site.g_per_kwh and site.g_per_kwh.best,
            step=step,
            tokens=tokens,
        )

    def _result(self, measurement: Measurement) -> SinkReading | None:
        found: Footprint = measurement.footprint
        if found.it_energy_kwh is None:
            return None
        step, tokens = self._step()
        values = {name: item.value.best for name in ("pue", "grid_intensity") if (item := found.inputs.get(name))}
        seconds = measurement.duration_seconds
        return SinkReading(
            seconds=seconds,
            energy_kwh=found.it_energy_kwh,
            co2e_kg=found.operational_kg,
            power_w=found.it_energy_kwh.best * WATT_SECONDS_PER_KWH / seconds if seconds else None,
            component_kwh={name: kwh for name, kwh in measurement.energy_kwh.items() if kwh is not None},
            component_w={},
            pue=values.get("pue"),
            g_per_kwh=values.get("grid_intensity"),
            step=step,
            tokens=tokens,
            is_last=True,
        )


class _Fed:
    """One sink, guarded: once it has failed it is left alone."""

    def __init__(self, sink: Any, facts: RunFacts) -> None:
        self.name = sink.partition(":")[0] if isinstance(sink, str) else type(sink).__name__
        self._facts = facts
        self._made = sink
        self._sink: Sink | None = None
        self.problem = ""
        self.is_closed = False

    def attach(self) -> None:
        """Let the sink look for its tracker's run, in the thread of the training; nothing is loaded for that."""
        if self._sink is None and isinstance(self._made, str):
            self._prepare()
        self._guarded(lambda sink: sink.attach())

    def _prepare(self) -> None:
        """Make those of our own sinks whose making loads nothing: they look for runs of libraries that are loaded."""
        name, _, target = self._made.partition(":")
        if name in _LIGHT:
            self._guarded_making(lambda: _ours(name)(target, self._facts))

    def log(self, reading: SinkReading) -> None:
        """Hand a reading on."""
        if self._sink is None and not self.problem:
            self._guarded_making(lambda: _made(self._made, self._facts))
        self._guarded(lambda sink: sink.log(reading))

    def close(self) -> None:
        """Let the sink go."""
        self._guarded(lambda sink: sink.close())
        self.is_closed = True

    def _guarded_making(self, make: Callable[[], Sink]) -> None:
        try:
            self._sink = make()
        except BaseException as error:
            self._fail(error)

    def _guarded(self, step: Callable[[Sink], object]) -> None:
        if self._sink is None or self.problem:
            return
        try:
            step(self._sink)
        except BaseException as error:
            self._fail(error)

    def _fail(self, error: BaseException) -> None:
        if is_from_handler(error):
            raise error
        text = " ".join(str(error).split())[:300]
        self.problem = text or type(error).__name__


_LIGHT = ("wandb", "mlflow", "trackio")
"""Sinks that write into a run of the training's own, and so find its library loaded."""


def _made(sink: Any, facts: RunFacts) -> Sink:
    if not isinstance(sink, str):
        return ObjectSink(sink)
    name, _, target = sink.partition(":")
    if name in SINKS:
        return _ours(name)(target, facts)
    point = added_sink(name)
    assert point is not None  # as it was when the run was described
    made: Sink = point.load()(target, facts)
    return made


def _ours(name: str) -> Callable[[str, RunFacts], Sink]:
    from importlib import import_module

    found: Callable[[str, RunFacts], Sink] = getattr(import_module(f"greentrain.tracking.sinks.{name}"), SINKS[name])
    return found


def facts_of(key: str | None, name: str | None, settings: Settings) -> RunFacts:
    """Return what a run is, for its sinks."""
    location = settings.estimate_inputs.get("location")
    return RunFacts(key, name, settings.project, location, host_name(), __version__)
