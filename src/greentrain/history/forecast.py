"""Progress of a run, and what it will have used when it is done."""

from typing import NamedTuple

from greentrain.history.run import Run
from greentrain.interval import Interval
from greentrain.journal.records import Log


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
    """Carry a run on to its end; None where it logs no ``step`` or the number of steps is not known.

    A run that goes on from a checkpoint of another one has its own steps only to carry on from.
    """
    step = _newest(run, "step")
    steps = _newest(run, "total_steps") or run.total_steps
    if not step or not steps or step < 0 or steps < 1:
        return None
    step = min(step, float(steps))
    before = min(_steps_before(run), step)
    if before == step:
        return None
    factor = (steps - before) / (step - before)
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


def _steps_before(run: Run) -> float:
    """Return the step at which a run began: not 0 where it goes on from a checkpoint of another run. [1]

    Its first session's steps are followed back in time to its start. They lead near the first one that was logged only
    where the training did not begin at 0; what leads elsewhere is an uneven pace.
    """
    steps = [(log.moment, log.values["step"]) for log in run.logs if "step" in log.values and _is_first(run, log)]
    if not steps:
        return 0.0
    (first, step), (last, newest) = steps[0], steps[-1]
    if last <= first or newest <= step:
        return 0.0
    found = step - (newest - step) / (last - first) * (first - run.started)
    return found if found > step / 2 else 0.0


def _is_first(run: Run, log: Log) -> bool:
    return log.session == run.logs[0].session
