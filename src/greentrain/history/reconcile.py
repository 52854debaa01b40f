"""Measurement and estimate of one run compared: what each implies of the other, and the run's footprint."""

from collections.abc import Iterator, Mapping
from inspect import signature
from typing import Any, NamedTuple

from greentrain.catalogue import load_catalogue
from greentrain.errors import GreentrainError, UnknownName
from greentrain.estimation import Estimate, estimate
from greentrain.estimation.devices import is_unknown_device
from greentrain.estimation.site import dated_grid, mean_site, place_notes
from greentrain.footprint import Factor, Footprint, SiteFactors, footprint
from greentrain.history.adopted_energy import AdoptedEnergy, adopted_energy
from greentrain.history.metered_energy import accelerator_coverage, coverage, mean_accelerator_w, metered_energy
from greentrain.history.recorded_run import RecordedRun, accelerator_of, estimate_inputs
from greentrain.inputs import IT_ENERGY, METERED_ENERGY, Input
from greentrain.interval import Interval, exact
from greentrain.journal.records import COMPONENTS
from greentrain.numbers import in_repr

MEASUREMENT = "measurement"
"""Source id of what was measured during the run itself."""

JUDGEMENT = "greentrain_judgement"
_KEYWORDS = frozenset(signature(estimate).parameters)
_OTHER_THAN_ENERGY = (
    "device_embodied",
    "node_share_embodied",
    "lifetime",
    "share_of_life_in_use",
    "wue",
    "water_intensity",
)
_OF_SITE = ("pue", "grid_intensity")
_OF_TIME = (
    "count", "hours", "gpu_hours", "runs", "params", "active_params", "tokens", "flops", "peak", "mfu",
)  # fmt: skip


class EstimateComparison(NamedTuple):
    """One energy, measured and estimated.

    Attributes
    ----------
    what : {'accelerators', 'computers'}
        Of what; the computers are accelerators, CPU and memory.
    measured_kwh, estimated_kwh : Interval
        Energy before PUE, both of the accelerators that were measured and in the time that was. [kWh]
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
    """A run by measurement and by estimate, and the footprint that follows from both.

    Attributes
    ----------
    estimate : Estimate or None
        The run by its hardware profile; None where too little is known.
    footprint : Footprint
        The run's: of what was measured as far as it goes and can be right, completed by the estimate.
    mean_accelerator_w : float or None
        Measured mean power of one accelerator. [W]
    implied_utilization : float or None
        That power over TDP. [1]
    implied_host_factor : float or None
        Measured energy of accelerators, CPU and memory over that of the accelerators; fans, network cards and losses
        of power supplies, which no meter here sees, would make it larger. [1]
    believed : {'measurement', 'estimate', 'both', 'nothing'}
        Where the footprint's energy comes from.
    unmetered_share : Interval or None
        What no sensor sees over what was metered, as it was added; None where nothing was. [1]
    reasons : tuple of str
        Why, and what was filled.
    unfilled : tuple of str
        Parts of the computers that are in no sum: neither metered nor estimated.
    site_notes : tuple of str
        What is not known of the place.
    """

    estimate: Estimate | None
    footprint: Footprint
    mean_accelerator_w: float | None
    implied_utilization: float | None
    implied_host_factor: float | None
    believed: str
    unmetered_share: Interval | None
    reasons: tuple[str, ...]
    unfilled: tuple[str, ...]
    site_notes: tuple[str, ...]


def reconcile(run: RecordedRun) -> Reconciliation:
    """Compare a run's measurement with the estimate from its hardware's profile, and adopt one energy."""
    estimated, why_not = _estimate_of(run)
    watts = mean_accelerator_w(run)
    device = accelerator_of(run, estimated.catalogue) if estimated else None
    found = adopted_energy(run, estimated, device, watts)
    reasons = (*((f"No estimate to compare with: {why_not}.",) if why_not else ()), *found.reasons)
    tdp_w = device.tdp_w if device else None
    site = _site(run, estimated)
    site_notes = (*_site_notes(run, site, found), *(place_notes(site, run.location) if found.energy else ()))
    notes = tuple(dict.fromkeys((*run.journal_notes, *site_notes, *reasons)))
    return Reconciliation(
        estimate=estimated,
        footprint=footprint(
            found.energy,
            found.accelerators_kwh,
            site,
            embodied_kg=estimated.embodied_kg if estimated else None,
            inputs=_inputs(run, estimated, found, site),
            basis=found.basis,
            notes=notes,
        ),
        mean_accelerator_w=watts,
        implied_utilization=watts / tdp_w.best if tdp_w and watts is not None else None,
        implied_host_factor=_implied_host_factor(run),
        believed=found.origin,
        unmetered_share=found.unmetered.value if found.unmetered else None,
        reasons=reasons,
        unfilled=found.unfilled,
        site_notes=site_notes,
    )


def _estimate_of(run: RecordedRun) -> tuple[Estimate | None, str]:
    try:
        stated: dict[str, Any] = {name: value for name, value in estimate_inputs(run).items() if name in _KEYWORDS}
        _refuse_unknown(stated)
        return estimate(**stated), ""
    except GreentrainError as error:
        return None, str(error).rstrip(".")


def _refuse_unknown(stated: Mapping[str, Any]) -> None:
    """Raise UnknownName for hardware that the catalogue has not: for a name on record nothing need be suggested."""
    profiles = stated.get("profiles")
    catalogue = load_catalogue(profiles if isinstance(profiles, str) else None)
    for parameter, what in (("gpu", "accelerator"), ("cpu", "CPU")):
        name = stated.get(parameter)
        if isinstance(name, str) and is_unknown_device(catalogue, parameter, name):
            raise UnknownName(parameter, name, f"unknown {what}")


def _site(run: RecordedRun, estimated: Estimate | None) -> SiteFactors:
    """Take the factors that the run recorded; those of the estimate where it recorded none."""
    site = mean_site(((node.total_kwh, node.pue, node.g_per_kwh) for node in run.nodes), run.site)
    ours = estimated.inputs if estimated else None
    if ours is None:
        return dated_grid(site, run.location, run.year)
    if site.pue is None or site.grid_intensity is None:
        site = site._replace(pue=ours["pue"], grid_intensity=ours["grid_intensity"])
    known, grid = ours["grid_intensity"], site.grid_intensity
    if grid is not None and grid.year is None and grid.basis != "given" and grid.value.best == known.value.best:
        grid = known._replace(value=grid.value, basis=grid.basis, source=grid.source)
        site = site._replace(grid_intensity=grid)
    return site._replace(wue=ours["wue"], water_intensity=ours["water_intensity"])


def _site_notes(run: RecordedRun, site: SiteFactors, found: AdoptedEnergy) -> Iterator[str]:
    if found.energy is None or (run.site.pue is not None and run.site.grid_intensity is not None):
        return
    if site.pue is None or site.grid_intensity is None:
        yield "Neither PUE nor carbon intensity of the place is known: only the computers' own energy is."
    else:
        yield "The run recorded neither PUE nor carbon intensity: those of the estimate are used."


def _inputs(run: RecordedRun, estimated: Estimate | None, found: AdoptedEnergy, site: SiteFactors) -> Iterator[Input]:
    known = estimated.inputs if estimated else ()
    if found.energy is not None:
        yield _energy_input(run, estimated, found)
    if found.unmetered is not None:
        yield found.unmetered
    if found.origin != "measurement":
        # The energy's own interval holds their doubt already.
        named = (*_OTHER_THAN_ENERGY, *_OF_SITE, *_OF_TIME)
        yield from (item._replace(weight=0.0) for item in known if item.name not in named)
    yield from (_with_accounting(item) for item in site.of_energy)
    yield from (item for item in known if item.name in _OTHER_THAN_ENERGY)


def _with_accounting(item: Input) -> Input:
    """Note what a carbon intensity counts and its year, as tables of several runs show it."""
    if item.name != "grid_intensity":
        return item
    return item._replace(note=" ".join(str(part) for part in (item.accounting, item.year) if part))


def _energy_input(run: RecordedRun, estimated: Estimate | None, found: AdoptedEnergy) -> Input:
    """Return the energy as an input, with what other runs share of its doubt: the sensors', or the profile's.

    Where what no sensor sees is an input of its own, it is the energy without that.
    """
    assert found.metered is not None
    if found.origin == "estimate":
        note, basis, source = "estimated", "default", JUDGEMENT
    else:
        known = ((name, run.energy_kwh[name]) for name in COMPONENTS)
        amounts = ", ".join(f"{name} {in_repr(exact(kwh), 'kWh')[0]}" for name, kwh in known if kwh is not None)
        is_modelled = found.basis == "estimated"
        note = f"{'modelled' if is_modelled else 'measured'}: {amounts}" if amounts else ""
        basis, source = ("default", JUDGEMENT) if is_modelled else (found.basis, MEASUREMENT)
    if found.origin == "measurement":
        key, own = f"meter:{found.basis}", 0.0
    else:
        factors = estimated.footprint.factors("it_energy_kwh") if estimated else ()
        key, own = f"profile:{estimated.run['gpu']}" if estimated else "", _own_share(factors)
    name = IT_ENERGY if found.unmetered is None else METERED_ENERGY
    return Input(name, found.metered, "kWh", basis, source, note, 1.0, key, own)


def _own_share(factors: tuple[Factor, ...]) -> float:
    whole = sum(factor.below + factor.above for factor in factors)
    own = sum(factor.below + factor.above for factor in factors if not factor.key)
    return own / whole if whole else 0.0


def comparisons_of(run: RecordedRun, estimated: Estimate | None) -> tuple[EstimateComparison, ...]:
    """Compare what of a run was both measured and estimated."""
    if estimated is None:
        return ()
    found = []
    parts = COMPONENTS if estimated.accelerators_kwh else COMPONENTS[1:]
    accelerators, everything = metered_energy(run.nodes, ("gpu",)), metered_energy(run.nodes)
    if "gpu" in parts and accelerators is not None:
        expected = estimated.accelerator_energy_kwh.scaled(_coverage(run, estimated, "gpu"))
        found.append(_compared("accelerators", accelerators, expected))
    if everything is not None and all(run.energy_kwh[name] is not None for name in parts):
        expected = estimated.it_energy_kwh.scaled(min(_coverage(run, estimated, name) for name in parts))
        found.append(_compared("computers", everything, expected))
    return tuple(found)


def _coverage(run: RecordedRun, estimated: Estimate, name: str) -> float:
    return accelerator_coverage(run, estimated.count) if name == "gpu" else coverage(run, name)


def _compared(what: str, measured: Interval, expected: Interval) -> EstimateComparison:
    return EstimateComparison(what, measured, expected, expected.low <= measured.best <= expected.high)


def _implied_host_factor(run: RecordedRun) -> float | None:
    gpu, cpu, memory = (run.energy_kwh[name] for name in COMPONENTS)
    return None if not gpu or cpu is None or memory is None else (gpu + cpu + memory) / gpu
