"""The energy adopted for a run: what was measured as far as it goes and can be right, completed by the estimate."""

from collections.abc import Sequence
from typing import NamedTuple

from greentrain import formulas
from greentrain.catalogue import Accelerator, Catalogue, load_catalogue
from greentrain.errors import GreentrainError
from greentrain.estimation import Estimate
from greentrain.history.metered_energy import (
    WIDTHS,
    coverage,
    least_w,
    metered_energy,
    reads_every,
    sensor_coverage,
)
from greentrain.history.recorded_run import RecordedRun, accelerator_of
from greentrain.inputs import UNMETERED_SHARE, UNSEEN, Input
from greentrain.interval import Interval, product_independent, sum_independent, with_relative_width
from greentrain.journal import fields
from greentrain.journal.records import COMPONENTS, SAVED_ESTIMATE, expects_accelerators
from greentrain.numbers import with_span
from greentrain.units import W_PER_KW

_HIGHEST_OVER_TDP = 1.2
_WHOLE = 0.999
"""Share of the time above which what is missing is negligible. [1]"""

_NEARLY_ALL = 0.9
"""Share of the time that a sensor has to read for an energy to be called measured. [1]"""

"""What draws power in a computer and has no sensor of its own."""


class AdoptedEnergy(NamedTuple):
    """The energy that is used for a run, and why.

    Attributes
    ----------
    energy : Interval or None
        Before PUE; None where nothing is known. [kWh]
    metered : Interval or None
        The same without what no sensor sees. [kWh]
    unmetered : Input or None
        What no sensor sees, as a share of what was metered; None where that holds it, as the estimate's host does.
    accelerators_kwh : float
        The accelerators' part of its best value. [kWh]
    origin : {'measurement', 'estimate', 'both', 'nothing'}
        Where it comes from.
    basis : {'measured', 'mixed', 'estimated'}
        How it is known.
    reasons : tuple of str
        Why, and what was filled.
    unfilled : tuple of str
        Parts of the computers that are in no sum: neither metered nor estimated.
    """

    energy: Interval | None
    metered: Interval | None
    unmetered: Input | None
    accelerators_kwh: float
    origin: str
    basis: str
    reasons: tuple[str, ...]
    unfilled: tuple[str, ...]


class _Choice(NamedTuple):
    energy: Interval | None
    origin: str
    reasons: tuple[str, ...] = ()
    is_of_parts: bool = False
    """Whether it is the sum of accelerators, if any, and CPU as metered, without what no sensor sees."""


def adopted_energy(
    run: RecordedRun, estimated: Estimate | None, device: Accelerator | None, watts: float | None
) -> AdoptedEnergy:
    """Choose the energy of a run.

    Parameters
    ----------
    run : RecordedRun
        What was recorded.
    estimated : Estimate or None
        The same run by its hardware's profile.
    device : Accelerator or None
        The run's accelerator, where the catalogue has it.
    watts : float or None
        Measured mean power of one accelerator. [W]
    """
    choice = _of_measurement_alone(run) if estimated is None else _of_both(run, estimated, device, watts)
    unmetered = _unmetered_share(run, estimated) if choice.is_of_parts else None
    energy, reasons = choice.energy, choice.reasons
    if unmetered is not None and energy is not None:
        energy = _with_unmetered(energy, unmetered.value)
        share = with_span(unmetered.value)
        reasons = (*reasons, f"No sensor reads {UNSEEN}: {share} of what was recorded is added for them.")
    return AdoptedEnergy(
        energy=energy,
        metered=choice.energy,
        unmetered=unmetered,
        accelerators_kwh=_accelerators_kwh(run, estimated, choice),
        origin=choice.origin,
        basis=_basis(run, estimated, choice),
        reasons=reasons,
        unfilled=_unfilled(run, estimated, choice),
    )


def _of_measurement_alone(run: RecordedRun) -> _Choice:
    """Adopt what was measured, where there is nothing else; time without a reading is filled by the rest."""
    measured = metered_energy(run.nodes)
    if measured is None:
        return _Choice(None, "nothing", _missing_parts(run))
    parts = [name for name in COMPONENTS if run.energy_kwh[name] is not None]
    filled = _filled(run, measured, None, parts)
    working = ("gpu", "cpu") if _has_accelerators(run, None) else ("cpu",)
    is_of_parts = all(name in parts for name in working)
    return filled._replace(reasons=(*filled.reasons, *_missing_parts(run)), is_of_parts=is_of_parts)


def _of_both(run: RecordedRun, estimated: Estimate, device: Accelerator | None, watts: float | None) -> _Choice:
    """Adopt what was measured as far as it goes and can be right, and the estimate for the rest."""
    measured = metered_energy(run.nodes)
    if measured is None:
        unmeasured = ("Nothing was measured: the estimate is used.",)
        return _Choice(estimated.it_energy_kwh, "estimate", () if run.origin == SAVED_ESTIMATE else unmeasured)
    if estimated.accelerators_kwh:
        fault = _fault(run, estimated, device, watts)
        if fault:
            return _Choice(estimated.it_energy_kwh, "estimate", (f"{fault} The estimate is used.",))
        return _with_accelerators(run, estimated, measured)
    if run.energy_kwh["cpu"] is None:
        why = "The CPU was not measured, and it does the work: the estimate is used."
        return _Choice(estimated.it_energy_kwh, "estimate", (why,))
    filled = _filled(run, measured, estimated.it_energy_kwh, ("cpu", "memory"))._replace(is_of_parts=True)
    memory = _memory_energy(run, estimated)
    if memory is None or filled.energy is None:
        return filled
    reasons = (*filled.reasons, "The memory was not measured: its part is the estimate's.")
    return filled._replace(energy=sum_independent(filled.energy, memory), origin="both", reasons=reasons)


def _memory_energy(run: RecordedRun, estimated: Estimate | None) -> Interval | None:
    """Return the energy of a memory that no meter read, of a run without accelerators, by its estimate. [kWh]"""
    if estimated is None or run.energy_kwh["memory"] is not None or estimated.accelerators_kwh:
        return None
    size, power = (estimated.inputs.get(name) for name in ("memory_gb", "memory_power_per_gb"))
    if size is None or power is None:
        return None
    return product_independent(size.value, power.value).scaled(estimated.run["hours"] / W_PER_KW)


def _with_accelerators(run: RecordedRun, estimated: Estimate, measured: Interval) -> _Choice:
    host = metered_energy(run.nodes, ("cpu", "memory")) if run.energy_kwh["cpu"] is not None else None
    parts = [name for name in COMPONENTS if run.energy_kwh[name]]
    if host is not None and all(coverage(run, name) > _WHOLE for name in parts):
        return _Choice(measured, "measurement", _missing_parts(run), is_of_parts=True)
    of_accelerators = metered_energy(run.nodes, ("gpu",))
    assert of_accelerators is not None
    accelerators = _filled(run, of_accelerators, estimated.accelerator_energy_kwh, ("gpu",))
    assert accelerators.energy is not None
    if host is not None:
        together = _filled(run, host, host, ("cpu", "memory"))
        assert together.energy is not None
        energy = sum_independent(accelerators.energy, together.energy)
        origin = accelerators.origin if together.origin == "measurement" else "both"
        return _Choice(energy, origin, (*accelerators.reasons, *_missing_parts(run)), is_of_parts=True)
    factor = estimated.inputs.get("host_factor")
    if factor is not None:
        why = "The CPU was not measured: the host's part follows from the accelerators' energy and the host factor."
        whole = product_independent(accelerators.energy, factor.value)
        return _Choice(whole, "both", (*accelerators.reasons, why))
    why = "The CPU was not measured: the host's part is the estimate's."
    whole = sum_independent(accelerators.energy, _host_energy(estimated))
    return _Choice(whole, "both", (*accelerators.reasons, why))


def _host_energy(estimated: Estimate) -> Interval:
    """Return the energy of the host by the estimate. [kWh]

    Where that takes full servers as metered, in which accelerators and host are one figure, it is the host's usual
    share of the TDP.
    """
    inputs, hours = estimated.inputs, estimated.run["gpu_hours"]
    if "host_power" in inputs:
        return inputs["host_power"].value.scaled(hours / W_PER_KW)
    if "node_ratio" in inputs:
        hardware = estimated.catalogue.hardware
        share = hardware.default(hardware.accelerator(estimated.run["gpu"]).hardware_class, "host_share").value
        return product_independent(inputs["tdp"].value, share).scaled(hours / W_PER_KW)
    return estimated.it_energy_kwh.scaled(1 - estimated.accelerators_kwh / estimated.it_energy_kwh.best)


def _fault(run: RecordedRun, estimated: Estimate, device: Accelerator | None, watts: float | None) -> str:
    """Return why the accelerators' reading cannot be right; blank when it can."""
    if watts is None:
        return "The accelerators were not measured."
    if watts < least_w(device):
        return f"An accelerator at {watts:.3g} W on average during a job that uses it: the reading is implausibly low."
    if device and device.tdp_w and watts > _HIGHEST_OVER_TDP * device.tdp_w.high:
        return f"An accelerator at {watts:.4g} W on average is above what {device.name} can draw."
    found, wanted = run.accelerators_at_once, estimated.count
    if found and found < wanted:
        return f"Only {found} of {wanted} accelerators were measured."
    return ""


def _filled(run: RecordedRun, measured: Interval, estimated: Interval | None, names: Sequence[str]) -> _Choice:
    """Complete an energy for the time without measurement: at the mean power of the rest, as unsure as the estimate.

    Each component is completed for the time that it was not read itself. Where there is no estimate, it is as unsure
    as what is modelled.
    """
    seen = {name: coverage(run, name) for name in names if run.energy_kwh[name]}
    whole_kwh = sum((run.energy_kwh[name] or 0.0) / share for name, share in seen.items() if share)
    if not whole_kwh or min(seen.values()) > _WHOLE or not all(seen.values()):
        return _Choice(measured, "measurement")
    doubt = WIDTHS["modelled"] if estimated is None else estimated
    missing = with_relative_width(whole_kwh - measured.best, measured, doubt)
    percent = f"{100 * (1 - min(seen.values())):.3g}"
    why = f"{percent} % of the time was not measured: it is filled at the mean power of the rest."
    return _Choice(sum_independent(measured, missing), "both", (why,))


def _missing_parts(run: RecordedRun) -> tuple[str, ...]:
    labels = {"cpu": "CPU", "memory": "memory"}
    missing = [label for name, label in labels.items() if run.energy_kwh[name] is None]
    return tuple(f"The {label} was not measured and is not in the sum." for label in missing)


def _unmetered_share(run: RecordedRun, estimated: Estimate | None) -> Input | None:
    """Return what no sensor sees of the computers over what was metered; None where the profiles cannot be read."""
    try:
        catalogue = estimated.catalogue if estimated else _catalogue_of(run)
    except GreentrainError:
        return None
    hardware_class = _hardware_class(run, estimated, catalogue)
    figure = catalogue.hardware.default(hardware_class, UNMETERED_SHARE)
    note = f"{UNSEEN[0].upper()}{UNSEEN[1:]}, over what was recorded. {figure.notes}".rstrip()
    weight = figure.value.best / (1 + figure.value.best)
    key = f"unmetered:{hardware_class}"
    return Input(UNMETERED_SHARE, figure.value, figure.unit, figure.basis, figure.source, note, weight, key)


def _catalogue_of(run: RecordedRun) -> Catalogue:
    profiles = fields.plain_values(run.estimate_inputs).get("profiles")
    return load_catalogue(profiles if isinstance(profiles, str) else None)


def _hardware_class(run: RecordedRun, estimated: Estimate | None, catalogue: Catalogue) -> str:
    """Return the class of the hardware that did the work; ``any`` where it is not known, or there are several."""
    if not _has_accelerators(run, estimated):
        return "cpu"
    if estimated is not None:
        return catalogue.hardware.accelerator(estimated.run["gpu"]).hardware_class
    device = accelerator_of(run, catalogue)
    return device.hardware_class if device else "any"


def _with_unmetered(metered: Interval, share: Interval) -> Interval:
    if not metered.best:
        return metered
    best = formulas.computers_energy_kwh(metered.best, share.best)
    return with_relative_width(best, metered, Interval(1 + share.low, 1 + share.best, 1 + share.high))


def _accelerators_kwh(run: RecordedRun, estimated: Estimate | None, choice: _Choice) -> float:
    if choice.energy is None:
        return 0.0
    if choice.origin == "estimate" and estimated is not None:
        return choice.energy.best * estimated.accelerators_kwh / estimated.it_energy_kwh.best
    measured = run.energy_kwh["gpu"] or 0.0
    seen = coverage(run, "gpu")
    return min(choice.energy.best, measured / seen if seen else measured)


def _basis(run: RecordedRun, estimated: Estimate | None, choice: _Choice) -> str:
    """Return how the adopted energy is known, by the sensors that read what does the work."""
    if choice.origin in ("estimate", "nothing"):
        return "estimated"
    seen = {name: sensor_coverage(run, name) for name in COMPONENTS}
    working = "gpu" if _has_accelerators(run, estimated) else "cpu"
    if seen[working] >= _NEARLY_ALL and reads_every(run, working):
        return "measured"
    return "mixed" if any(seen.values()) else "estimated"


def _has_accelerators(run: RecordedRun, estimated: Estimate | None) -> bool:
    if estimated is not None:
        return estimated.accelerators_kwh > 0
    return expects_accelerators(run.estimate_inputs, (part.component for node in run.nodes for part in node.components))


def _unfilled(run: RecordedRun, estimated: Estimate | None, choice: _Choice) -> tuple[str, ...]:
    """Name the parts of the computers that are neither metered nor estimated."""
    energy = run.energy_kwh
    if choice.origin not in ("measurement", "both"):
        return ()
    # The host factor of the estimate, or its host, holds all that is not the accelerators'.
    has_host = estimated is not None and energy["cpu"] is None
    names = {"gpu": "accelerators", "cpu": "CPU", "memory": "memory"}
    missing = {"gpu": _has_accelerators(run, estimated) and energy["gpu"] is None}
    missing |= {name: not has_host and energy[name] is None for name in ("cpu", "memory")}
    missing["memory"] &= _memory_energy(run, estimated) is None
    found = [names[name] for name in COMPONENTS if missing[name]]
    nodes = len({node.host for node in run.nodes})
    without = len(run.unmetered_hosts)
    return (*found, *([f"{without} of {nodes + without} nodes"] if without else []))
