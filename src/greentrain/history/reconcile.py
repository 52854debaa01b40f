"""Measurement and estimate of one run beside each other: what each implies of the other, and which one to believe."""

from inspect import signature
from typing import Any, NamedTuple

from greentrain.errors import GreentrainError
from greentrain.estimation import Estimate, estimate
from greentrain.history.belief import of_both, of_measurement_alone
from greentrain.history.coverage import mean_accelerator_w
from greentrain.history.hardware import accelerator_of, estimate_inputs
from greentrain.history.run import Run
from greentrain.interval import Interval
from greentrain.tracking.measured import footprint

_KEYWORDS = frozenset(signature(estimate).parameters)


class Reconciliation(NamedTuple):
    """What measurement and estimate say together.

    Attributes
    ----------
    estimate : Estimate or None
        What the hardware profile says; None where too little is known.
    mean_accelerator_w : float or None
        Measured mean power of one accelerator. [W]
    implied_utilization : float or None
        That power over TDP. [1]
    implied_host_factor : float or None
        Measured energy of accelerators, CPU and memory over that of the accelerators; fans, network cards and losses
        of power supplies, which no meter here sees, would make it larger. [1]
    believed : {'measurement', 'estimate', 'both', 'nothing'}
        Where the energy to believe comes from.
    it_energy_kwh, operational_kg : Interval or None
        The energy [kWh] and emissions [kg CO2e] to believe.
    reasons : tuple of str
        Why.
    """

    estimate: Estimate | None
    mean_accelerator_w: float | None
    implied_utilization: float | None
    implied_host_factor: float | None
    believed: str
    it_energy_kwh: Interval | None
    operational_kg: Interval | None
    reasons: tuple[str, ...]


def reconcile(run: Run) -> Reconciliation:
    """Set a run's measurement beside the estimate from its hardware's profile."""
    beside, why_not = _estimate_of(run)
    watts = mean_accelerator_w(run)
    device = accelerator_of(run, beside.catalogue) if beside else None
    found = of_both(run, beside, device, watts) if beside else of_measurement_alone(run)
    tdp_w = device.tdp_w if device else None
    return Reconciliation(
        estimate=beside,
        mean_accelerator_w=watts,
        implied_utilization=watts / tdp_w.best if tdp_w and watts is not None else None,
        implied_host_factor=_implied_host_factor(run),
        believed=found.origin,
        it_energy_kwh=found.energy,
        operational_kg=_operational_kg(run, found.energy),
        reasons=(*((f"No estimate beside the measurement: {why_not}.",) if why_not else ()), *found.reasons),
    )


def _operational_kg(run: Run, energy: Interval | None) -> Interval | None:
    """Give the emissions of an energy [kg CO2e]; each session of a run that was measured to the end has its own."""
    if energy is run.it_energy_kwh and run.operational_kg is not None:
        return run.operational_kg
    if energy is None or run.pue is None or run.g_per_kwh is None:
        return None
    return footprint(energy, run.pue, run.g_per_kwh)[1]


def _estimate_of(run: Run) -> tuple[Estimate | None, str]:
    try:
        said: dict[str, Any] = {name: value for name, value in estimate_inputs(run).items() if name in _KEYWORDS}
        return estimate(**said), ""
    except GreentrainError as error:
        return None, str(error).rstrip(".")


def _implied_host_factor(run: Run) -> float | None:
    gpu, cpu, memory = (run.energy_kwh[name] for name in ("gpu", "cpu", "memory"))
    return None if not gpu or cpu is None or memory is None else (gpu + cpu + memory) / gpu
