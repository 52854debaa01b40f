"""Measured energies beside the estimates of the same."""

from typing import NamedTuple

from greentrain.history.coverage import coverage
from greentrain.history.footprint import it_energy
from greentrain.history.run import Run
from greentrain.interval import Interval
from greentrain.journal.records import COMPONENTS


class Comparison(NamedTuple):
    """One energy, measured and estimated.

    Attributes
    ----------
    what : {'accelerators', 'computers'}
        Of what; the computers are accelerators, CPU and memory.
    measured_kwh, estimated_kwh : Interval
        Energy before PUE, both in the time that was measured. [kWh]
    is_inside : bool
        Whether the measurement's best value lies in the estimate's interval.
    """

    what: str
    measured_kwh: Interval
    estimated_kwh: Interval
    is_inside: bool

    @property
    def ratio(self) -> float:
        """Measurement over estimate. [1]"""
        return self.measured_kwh.best / self.estimated_kwh.best


def comparisons_of(run: Run) -> tuple[Comparison, ...]:
    """Set beside each other what of a run was both measured and estimated."""
    beside = run.estimate
    if beside is None:
        return ()
    found = []
    parts = COMPONENTS if beside.breakdown[0].energy_kwh else COMPONENTS[1:]
    accelerators = it_energy(run.nodes, ("gpu",))
    if "gpu" in parts and accelerators is not None:
        expected = beside.accelerator_energy_kwh.scaled(coverage(run, "gpu"))
        found.append(_compared("accelerators", accelerators, expected))
    if run.it_energy_kwh is not None and all(run.energy_kwh[name] is not None for name in parts):
        expected = beside.it_energy_kwh.scaled(min(coverage(run, name) for name in parts))
        found.append(_compared("computers", run.it_energy_kwh, expected))
    return tuple(found)


def _compared(what: str, measured: Interval, estimated: Interval) -> Comparison:
    return Comparison(what, measured, estimated, estimated.low <= measured.best <= estimated.high)
