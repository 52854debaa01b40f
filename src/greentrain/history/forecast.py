"""How far a run is, and what it will have used when it is done."""

from typing import NamedTuple

from greentrain.history.run import Run
from greentrain.interval import Interval


class Forecast(NamedTuple):
    """A run at its end, if it goes on as it did.

    Attributes
    ----------
    step, total_steps : float
        Where it is, of how many. [1]
    seconds_left : float
        Time until the end. [s]
    facility_energy_kwh, operational_kg : Interval or None
        Energy [kWh] and emissions [kg CO2e] of the whole run.
    """

    step: float
    total_steps: float
    seconds_left: float
    facility_energy_kwh: Interval | None
    operational_kg: Interval | None

    @property
    def share_done(self) -> float:
        """Steps done over all steps. [1]"""
        return self.step / self.total_steps


def forecast(run: Run) -> Forecast | None:
    """Carry a run on to its end; None where it logs no ``step`` or the number of steps is not known."""
    step = _newest(run, "step")
    steps = _newest(run, "total_steps") or run.total_steps
    if not step or not steps or step < 0 or steps < 1:
        return None
    step = min(step, float(steps))
    factor = steps / step
    energy, kg = run.facility_energy_kwh, run.operational_kg
    return Forecast(
        step,
        float(steps),
        run.duration_seconds * (factor - 1),
        energy.scaled(factor) if energy else None,
        kg.scaled(factor) if kg else None,
    )


def _newest(run: Run, name: str) -> float | None:
    return next((log.values[name] for log in reversed(run.logs) if name in log.values), None)
