"""Which energy of a run to believe: what was measured, what was estimated, or some of both."""

from typing import NamedTuple

from greentrain.catalogue import Accelerator
from greentrain.estimation import Estimate
from greentrain.history.coverage import accelerator_count, coverage, least_w
from greentrain.history.footprint import it_energy
from greentrain.history.run import Run
from greentrain.interval import Interval, around, product, total

_HIGHEST_OVER_TDP = 1.2
_WHOLE = 0.999
"""Share of the time above which nothing to speak of is missing. [1]"""


class Belief(NamedTuple):
    """An energy before PUE [kWh], whether it is of the measurement, the estimate or both, and why."""

    energy: Interval | None
    origin: str
    reasons: tuple[str, ...]


def of_measurement_alone(run: Run) -> Belief:
    """Believe what was measured, where there is nothing else."""
    origin = "nothing" if run.it_energy_kwh is None else "measurement"
    return Belief(run.it_energy_kwh, origin, tuple(_missing_words(run)))


def of_both(run: Run, beside: Estimate, device: Accelerator | None, watts: float | None) -> Belief:
    """Believe what was measured as far as it goes and can be right, and the estimate for the rest.

    Parameters
    ----------
    run : Run
        What was measured.
    beside : Estimate
        What the hardware's profile says of the same run.
    device : Accelerator or None
        The run's accelerator, where the catalogue has it.
    watts : float or None
        Measured mean power of one accelerator. [W]
    """
    if run.it_energy_kwh is None:
        return Belief(beside.it_energy_kwh, "estimate", ("Nothing was measured: the estimate stands in.",))
    if beside.breakdown[0].energy_kwh:
        fault = _fault(run, beside, device, watts)
        if fault:
            return Belief(beside.it_energy_kwh, "estimate", (f"{fault} The estimate stands in.",))
        return _with_accelerators(run, beside)
    if run.energy_kwh["cpu"] is None:
        why = "The CPU was not measured, and it does the work: the estimate stands in."
        return Belief(beside.it_energy_kwh, "estimate", (why,))
    return _filled(run, run.it_energy_kwh, beside.it_energy_kwh, "cpu")


def _with_accelerators(run: Run, beside: Estimate) -> Belief:
    host = it_energy(run.nodes, ("cpu", "memory")) if run.energy_kwh["cpu"] is not None else None
    if host is not None and all(coverage(run, name) > _WHOLE for name in ("gpu", "cpu")):
        return Belief(run.it_energy_kwh, "measurement", tuple(_missing_words(run)))
    measured = it_energy(run.nodes, ("gpu",))
    assert measured is not None
    accelerators = _filled(run, measured, beside.accelerator_energy_kwh, "gpu")
    assert accelerators.energy is not None
    if host is not None:
        together = _filled(run, host, host, "cpu")
        assert together.energy is not None
        energy = total(accelerators.energy, together.energy)
        origin = accelerators.origin if together.origin == "measurement" else "both"
        return Belief(energy, origin, (*accelerators.reasons, *_missing_words(run)))
    why = "The CPU was not measured: the host's part follows from the accelerators' energy and the host factor."
    factor = next((item.value for item in beside.inputs if item.name == "host_factor"), None)
    if factor is not None:
        return Belief(product(accelerators.energy, factor), "both", (*accelerators.reasons, why))
    why = "The CPU was not measured: the host's part is the estimate's."
    rest = beside.it_energy_kwh.scaled(beside.breakdown[1].energy_kwh / beside.it_energy_kwh.best)
    return Belief(total(accelerators.energy, rest), "both", (*accelerators.reasons, why))


def _fault(run: Run, beside: Estimate, device: Accelerator | None, watts: float | None) -> str:
    """Say why the accelerators' reading cannot be right; nothing when it can."""
    if watts is None:
        return "The accelerators were not measured."
    if watts < least_w(device):
        return f"An accelerator at {watts:.3g} W on average during a job that uses it was not measured in truth."
    if device and device.tdp_w and watts > _HIGHEST_OVER_TDP * device.tdp_w.high:
        return f"An accelerator at {watts:.4g} W on average is above what {device.name} can draw."
    found, wanted = accelerator_count(run), beside.run["count"]
    if found and found < wanted:
        return f"Only {found} of {wanted} accelerators were measured."
    return ""


def _filled(run: Run, measured: Interval, estimated: Interval, name: str) -> Belief:
    """Complete an energy for the time without measurement: at the mean power of the rest, as unsure as the estimate."""
    share = coverage(run, name)
    if share > _WHOLE or not measured.best:
        return Belief(measured, "measurement", ())
    missing = around(measured.best * (1 - share) / share, measured, estimated)
    words = f"{100 * (1 - share):.3g} % of the time was not measured: it is filled at the mean power of the rest."
    return Belief(total(measured, missing), "both", (words,))


def _missing_words(run: Run) -> list[str]:
    words = {"cpu": "CPU", "memory": "memory"}
    missing = [word for name, word in words.items() if run.energy_kwh[name] is None]
    return [f"The {word} was not measured and is not in the sum." for word in missing]
