"""Measurement and estimate of one run beside each other: what each implies of the other, and which one to believe."""

from functools import cached_property
from inspect import signature
from typing import Any, NamedTuple

from greentrain.catalogue import Accelerator
from greentrain.errors import GreentrainError
from greentrain.estimation import Estimate, estimate
from greentrain.history.coverage import accelerator_count, coverage, least_w, mean_accelerator_w
from greentrain.history.hardware import accelerator_of, estimate_inputs
from greentrain.history.run import Run
from greentrain.interval import Interval, around, product, total
from greentrain.tracking.measured import energy_interval, footprint

_KEYWORDS = frozenset(signature(estimate).parameters)
_HIGHEST_OVER_TDP = 1.2


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
    comparisons : tuple of Comparison
        Energies that were both measured and estimated.
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
    comparisons: tuple[Comparison, ...]
    believed: str
    it_energy_kwh: Interval | None
    operational_kg: Interval | None
    reasons: tuple[str, ...]


class _Belief(NamedTuple):
    energy: Interval | None
    origin: str
    reasons: tuple[str, ...]


class _Case:
    """A run and the estimate beside it; what several questions need is worked out once."""

    def __init__(self, run: Run, beside: Estimate) -> None:
        self.run = run
        self.beside = beside
        self.watts = mean_accelerator_w(run)

    @cached_property
    def device(self) -> Accelerator | None:
        return accelerator_of(self.run, self.beside.catalogue)

    @cached_property
    def accelerators(self) -> Interval | None:
        """Measured energy of the accelerators. [kWh]"""
        return _component_energy(self.run, "gpu")

    @cached_property
    def estimated_accelerators(self) -> Interval:
        """The estimate of the same. [kWh]"""
        return self.beside.accelerator_energy_kwh


def reconcile(run: Run) -> Reconciliation:
    """Set a run's measurement beside the estimate from its hardware's profile."""
    beside, why_not = _estimate_of(run)
    case = _Case(run, beside) if beside else None
    belief = _belief(case) if case else _of_measurement_alone(run)
    operational = None
    if belief.energy is not None and run.pue is not None and run.g_per_kwh is not None:
        operational = footprint(belief.energy, run.pue, run.g_per_kwh)[1]
    return Reconciliation(
        estimate=beside,
        mean_accelerator_w=case.watts if case else mean_accelerator_w(run),
        implied_utilization=_implied_utilization(case) if case else None,
        implied_host_factor=_implied_host_factor(run),
        comparisons=tuple(_comparisons(case)) if case else (),
        believed=belief.origin,
        it_energy_kwh=belief.energy,
        operational_kg=operational,
        reasons=(*((f"No estimate beside the measurement: {why_not}.",) if why_not else ()), *belief.reasons),
    )


def _estimate_of(run: Run) -> tuple[Estimate | None, str]:
    try:
        said: dict[str, Any] = {name: value for name, value in estimate_inputs(run).items() if name in _KEYWORDS}
        return estimate(**said), ""
    except GreentrainError as error:
        return None, str(error).rstrip(".")


def _implied_utilization(case: _Case) -> float | None:
    tdp_w = case.device.tdp_w if case.device else None
    return None if case.watts is None or not tdp_w else case.watts / tdp_w.best


def _implied_host_factor(run: Run) -> float | None:
    gpu, cpu, memory = (run.energy_kwh[name] for name in ("gpu", "cpu", "memory"))
    return None if not gpu or cpu is None or memory is None else (gpu + cpu + memory) / gpu


def _comparisons(case: _Case) -> list[Comparison]:
    found = []
    run, beside = case.run, case.beside
    if case.accelerators is not None and beside.breakdown[0].energy_kwh:
        expected = case.estimated_accelerators.scaled(coverage(run, "gpu"))
        found.append(_compared("accelerators", case.accelerators, expected))
    parts = ("gpu", "cpu", "memory") if beside.breakdown[0].energy_kwh else ("cpu", "memory")
    if run.it_energy_kwh is not None and all(run.energy_kwh[name] is not None for name in parts):
        expected = beside.it_energy_kwh.scaled(min(coverage(run, name) for name in parts))
        found.append(_compared("computers", run.it_energy_kwh, expected))
    return found


def _compared(what: str, measured: Interval, estimated: Interval) -> Comparison:
    return Comparison(what, measured, estimated, estimated.low <= measured.best <= estimated.high)


def _component_energy(run: Run, name: str) -> Interval | None:
    """Give one component's energy over all nodes with its interval. [kWh]"""
    sums: dict[str, float] = {}
    for node in run.nodes:
        value = node.energy_kwh[name]
        if value is not None:
            sums[node.quality[name]] = sums.get(node.quality[name], 0.0) + value
    return energy_interval(sums.items())


def _of_measurement_alone(run: Run) -> _Belief:
    origin = "nothing" if run.it_energy_kwh is None else "measurement"
    return _Belief(run.it_energy_kwh, origin, tuple(_missing_words(run)))


def _belief(case: _Case) -> _Belief:
    run, beside = case.run, case.beside
    if run.it_energy_kwh is None:
        return _Belief(beside.it_energy_kwh, "estimate", ("Nothing was measured: the estimate stands in.",))
    if beside.breakdown[0].energy_kwh:
        return _with_accelerators(case)
    if run.energy_kwh["cpu"] is None:
        why = "The CPU was not measured, and it does the work: the estimate stands in."
        return _Belief(beside.it_energy_kwh, "estimate", (why,))
    return _filled(run, run.it_energy_kwh, beside.it_energy_kwh, "cpu")


def _with_accelerators(case: _Case) -> _Belief:
    run, beside = case.run, case.beside
    measured = case.accelerators
    fault = _fault(case)
    if measured is None or fault:
        return _Belief(beside.it_energy_kwh, "estimate", (f"{fault} The estimate stands in.",))
    accelerators = _filled(run, measured, case.estimated_accelerators, "gpu")
    assert accelerators.energy is not None
    host = _host(run)
    if host is not None:
        together = _filled(run, host, host, "cpu")
        assert together.energy is not None
        energy = total(accelerators.energy, together.energy)
        origin = accelerators.origin if together.origin == "measurement" else "both"
        return _Belief(energy, origin, (*accelerators.reasons, *_missing_words(run)))
    why = "The CPU was not measured: the host's part follows from the accelerators' energy and the host factor."
    factor = next((item.value for item in beside.inputs if item.name == "host_factor"), None)
    if factor is not None:
        return _Belief(product(accelerators.energy, factor), "both", (*accelerators.reasons, why))
    why = "The CPU was not measured: the host's part is the estimate's."
    rest = beside.it_energy_kwh.scaled(beside.breakdown[1].energy_kwh / beside.it_energy_kwh.best)
    return _Belief(total(accelerators.energy, rest), "both", (*accelerators.reasons, why))


def _host(run: Run) -> Interval | None:
    parts = [_component_energy(run, name) for name in ("cpu", "memory")]
    known = [part for part in parts if part is not None]
    return total(*known) if parts[0] is not None else None


def _fault(case: _Case) -> str:
    """Say why the accelerators' reading cannot be right; nothing when it can."""
    device, watts = case.device, case.watts
    if watts is None:
        return "The accelerators were not measured."
    if watts < least_w(device):
        return f"An accelerator at {watts:.3g} W on average during a job that uses it was not measured in truth."
    if device and device.tdp_w and watts > _HIGHEST_OVER_TDP * device.tdp_w.high:
        return f"An accelerator at {watts:.4g} W on average is above what {device.name} can draw."
    found, wanted = accelerator_count(case.run), case.beside.run["count"]
    if found and found < wanted:
        return f"Only {found} of {wanted} accelerators were measured."
    return ""


def _filled(run: Run, measured: Interval, estimated: Interval, name: str) -> _Belief:
    """Complete an energy for the time without measurement: at the mean power of the rest, as unsure as the estimate."""
    share = coverage(run, name)
    if share > 0.999 or not measured.best:
        return _Belief(measured, "measurement", ())
    missing = around(measured.best * (1 - share) / share, measured, estimated)
    words = f"{100 * (1 - share):.3g} % of the time was not measured: it is filled at the mean power of the rest."
    return _Belief(total(measured, missing), "both", (words,))


def _missing_words(run: Run) -> list[str]:
    words = {"cpu": "CPU", "memory": "memory"}
    missing = [word for name, word in words.items() if run.energy_kwh[name] is None]
    return [f"The {word} was not measured and is not in the sum." for word in missing]
