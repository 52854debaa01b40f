"""What a sink is told of a run, and how the trackers of machine learning call it."""

from collections.abc import Mapping
from typing import Any, NamedTuple, Protocol

from greentrain.errors import GreentrainError, install_hint
from greentrain.interval import Interval
from greentrain.units import WATT_SECONDS_PER_KWH

PREFIX = "greentrain/"
"""Of the names of metrics: a panel of its own. ``system/`` and ``gpu/`` are the trackers' own sampling."""


class RunFacts(NamedTuple):
    """What a run is, for those who label its values.

    Attributes
    ----------
    id : str or None
        Its key in the history.
    name, project, location : str or None
        As the user stated them.
    host : str
        The computer whose energy it is.
    version : str
        Of greentrain.
    """

    id: str | None
    name: str | None
    project: str | None
    location: str | None
    host: str
    version: str


class SinkReading(NamedTuple):
    """A run at a moment, totals since its start.

    Attributes
    ----------
    seconds : float
        Since the start. [s]
    energy_kwh : Interval
        Energy of this computer, before PUE; while the run goes on its best value alone is known. [kWh]
    co2e_kg : Interval or None
        Emissions of that. [kg CO2e]
    power_w : float or None
        Newest power of all components. [W]
    component_kwh, component_w : dict of str to float
        Energy [kWh] and power [W] by component, as far as they are known.
    pue, g_per_kwh : float or None
        PUE [1] and carbon intensity [g CO2e/kWh] of the place.
    step : int or None
        The newest ``step`` that the training logged.
    tokens : float or None
        The newest ``tokens`` that it logged.
    is_last : bool
        Whether the run has ended, and this is its result.
    """

    seconds: float
    energy_kwh: Interval
    co2e_kg: Interval | None
    power_w: float | None
    component_kwh: Mapping[str, float]
    component_w: Mapping[str, float]
    pue: float | None
    g_per_kwh: float | None
    step: int | None = None
    tokens: float | None = None
    is_last: bool = False

    def metrics(self) -> dict[str, float]:
        """Return the values by the names that W&B, MLflow, trackio and TensorBoard get; unknown ones are absent."""
        energy, kg = self.energy_kwh, self.co2e_kg
        joules = energy.best * WATT_SECONDS_PER_KWH
        found = {
            "power_w": self.power_w,
            "energy_kwh": energy.best,
            "energy_low_kwh": energy.low if self.is_last else None,
            "energy_high_kwh": energy.high if self.is_last else None,
            "co2e_kg": kg and kg.best,
            "co2e_low_kg": kg.low if kg and self.is_last else None,
            "co2e_high_kg": kg.high if kg and self.is_last else None,
            "pue": self.pue,
            "grid_g_per_kwh": self.g_per_kwh,
            "j_per_step": joules / self.step if self.step else None,
            "j_per_token": joules / self.tokens if self.tokens else None,
        }
        return {f"{PREFIX}{name}": value for name, value in found.items() if value is not None}


class Sink(Protocol):
    """Where the values of a run go. It is made, and used, in a thread beside the training; what it raises is told once.

    A sink of another package is made of the text behind its name's colon and the `RunFacts`.
    """

    def attach(self) -> None:
        """Look for the tracker's own run, in the thread of the training: at the run's start and at its end."""

    def log(self, reading: SinkReading) -> None:
        """Take the run's values at a moment; the last ones are its result."""

    def close(self) -> None:
        """Let go what is open."""


def described(facts: RunFacts, reading: SinkReading) -> dict[str, Any]:
    """Return the texts that belong to a result, by name."""
    found = {"run": facts.id, "place": facts.location, "host": facts.host, "version": facts.version}
    return {name: value for name, value in found.items() if value}


class ObjectSink:
    """An object of the user's with ``log(values, step)``, or a ``SummaryWriter`` with ``add_scalar``."""

    def __init__(self, taker: Any) -> None:
        self._taker = taker

    def attach(self) -> None:
        """It is the user's, and ready."""

    def log(self, reading: SinkReading) -> None:
        """Hand the values on, with the training's step if it has logged one."""
        if hasattr(self._taker, "add_scalar"):
            write_scalars(self._taker, reading)
        else:
            self._taker.log(reading.metrics(), step=reading.step)

    def close(self) -> None:
        """It stays open."""


def write_scalars(writer: Any, reading: SinkReading) -> None:
    """Write the values of a reading by a ``SummaryWriter``, at the training's step or else at the run's second."""
    step = reading.step if reading.step is not None else int(reading.seconds)
    for name, value in reading.metrics().items():
        writer.add_scalar(name, value, step)


def no_active_run(module: str, advice: str) -> GreentrainError:
    """Say why a tracker's run was not found: its library is not installed, or the training has begun none."""
    from importlib.util import find_spec

    if find_spec(module) is None:
        return GreentrainError(f"needs {module}: {install_hint(module)}")
    return GreentrainError(f"no run is active: {advice}")
