"""The line of a tracked run, and what stands behind it: the energy to believe, its inputs and its parts."""

from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import lru_cache
from typing import NamedTuple

from greentrain import formulas
from greentrain.catalogue import Catalogue, load_catalogue
from greentrain.estimation.result import Estimate, Input, Part
from greentrain.history import Run
from greentrain.history.coverage import accelerator_count, coverage
from greentrain.history.reconcile import Reconciliation
from greentrain.interval import Interval, around, log_width, product, total
from greentrain.journal.records import COMPONENTS
from greentrain.reporting.subject import Components, Grid, RunLine
from greentrain.reporting.subject_estimate import grid_of, grid_of_place
from greentrain.tracking.measured import footprint
from greentrain.units import SECONDS_PER_HOUR

MEASUREMENT = "measurement"
"""Source id of what was measured during the run itself."""

JUDGEMENT = "greentrain_judgement"

_BASIS = {"measurement": "measured", "estimate": "estimated", "both": "mixed", "nothing": "measured"}
_POWER_MODEL = (
    "tdp", "utilization", "host_factor", "accelerator_power", "cpu_tdp_per_core", "cpu_load", "cpu_idle_fraction",
    "cpu_cores", "memory_gb", "memory_power_per_gb", "board_power",
)  # fmt: skip
_BESIDE = ("device_embodied", "node_share_embodied", "lifetime", "share_of_life_in_use", "wue", "water_intensity")


class Told(NamedTuple):
    """A run as a line, and what the line follows from."""

    line: RunLine
    inputs: tuple[Input, ...]
    breakdown: tuple[Part, ...]
    notes: tuple[str, ...]


def told(run: Run) -> Told:
    """Give a run's line with its inputs, parts and notes."""
    both = run.reconciliation
    pue, grid = _pue(run, both.estimate), _grid(run, both.estimate)
    line = _line(run, both, pue, grid)
    inputs = tuple(_inputs(run, both, pue, grid))
    return Told(line, inputs, _breakdown(run, both, line), tuple(dict.fromkeys((*run.notes, *both.reasons))))


def drivers_of(line: RunLine) -> Iterator[tuple[str, float]]:
    """Give the squared widths of the factors of a line's emissions, by name."""
    factors = (("it_energy", line.it_energy_kwh), ("pue", line.pue), ("grid_intensity", _intensity(line)))
    for name, interval in factors:
        if interval is not None and interval.low > 0 and not interval.is_exact:
            yield name, log_width(interval) ** 2


def moment(seconds: float) -> datetime | None:
    """Turn seconds since 1970 into a UTC time of whole seconds; None where a damaged record holds none."""
    try:
        return datetime.fromtimestamp(int(seconds), UTC)
    except (OverflowError, ValueError, OSError):
        return None


def _intensity(line: RunLine) -> Interval | None:
    return line.grid.g_per_kwh if line.grid else None


def _line(run: Run, both: Reconciliation, pue: Input | None, grid: Grid | None) -> RunLine:
    beside, energy = both.estimate, both.it_energy_kwh
    facility, operational = _footprint(run, both, pue, grid)
    hours = run.duration_seconds / SECONDS_PER_HOUR
    count = accelerator_count(run) or (beside.run["count"] if beside and beside.run["gpu"] else 0)
    started = moment(run.started)
    return RunLine(
        id=run.id,
        name=run.name or run.id,
        status=run.status,
        basis=_BASIS[both.believed],
        hardware=_hardware(run, beside, count),
        gpu=beside.run["gpu"] if beside else None,
        count=count,
        runs=1,
        hours=hours,
        accelerator_hours=hours * count if count else None,
        location=run.location,
        year=run.year or (started.year if started else None),
        started=started,
        ended=None if run.status == "running" else moment(run.ended),
        it_energy_kwh=energy,
        facility_energy_kwh=facility,
        operational_kg=operational,
        embodied_kg=beside.embodied_kg if beside else None,
        water_l=_water(energy, pue, beside),
        pue=pue.value if pue else None,
        grid=grid,
        measured=Components(*(run.energy_kwh[name] for name in COMPONENTS)) if both.believed == "measurement" else None,
        project=run.project,
        unmeasured=tuple(_unmeasured(run, both, count)),
        starts=_starts(run),
    )


def _starts(run: Run) -> int:
    """Count the sessions of the node that has most of them."""
    if len(run.nodes) < 2:
        return 1
    return max(Counter(node.host for node in run.nodes).values())


def _unmeasured(run: Run, both: Reconciliation, count: int) -> Iterator[str]:
    """Name the parts of the computers that no meter saw and no estimate stands in for."""
    energy = run.energy_kwh
    if both.believed not in ("measurement", "both") or (both.estimate and energy["cpu"] is None):
        return
    if count and energy["gpu"] is None:
        yield "accelerators"
    yield from (words for name, words in (("cpu", "CPU"), ("memory", "memory")) if energy[name] is None)


def _hardware(run: Run, beside: Estimate | None, count: int) -> str:
    if beside is None or not beside.run["gpu"]:
        return run.hardware or "hardware not known"
    return f"{count:,} x {_name(beside.catalogue, beside.run['gpu'])}"


@lru_cache(maxsize=1024)
def _name(catalogue: Catalogue, key: str) -> str:
    return catalogue.hardware.accelerator(key).name


def _footprint(
    run: Run, both: Reconciliation, pue: Input | None, grid: Grid | None
) -> tuple[Interval | None, Interval | None]:
    """Apply PUE and grid; a measurement that is believed as it is has had its own, session by session."""
    if both.it_energy_kwh is None:
        return None, None
    if both.it_energy_kwh is run.it_energy_kwh and run.facility_energy_kwh is not None:
        return run.facility_energy_kwh, run.operational_kg
    if pue is None or grid is None:
        return None, None
    return footprint(both.it_energy_kwh, pue.value, grid.g_per_kwh)


def _pue(run: Run, beside: Estimate | None) -> Input | None:
    if run.pue is not None:
        known = run.basis["pue"]
        return Input("pue", run.pue, "1", known["basis"] or "given", known["source"] or "user")
    return _of_estimate(beside, "pue")


def _grid(run: Run, beside: Estimate | None) -> Grid | None:
    """Give the recorded intensity; its year is the data's, so far as the data still say the same."""
    ours = grid_of(beside) if beside else None
    if run.g_per_kwh is None:
        return ours
    known = run.basis["grid_intensity"]
    basis, source = known["basis"] or "given", known["source"] or "user"
    if ours is None and basis != "given":
        ours = grid_of_place(load_catalogue(), run.location, run.year)
    if ours is not None and ours.g_per_kwh.best == run.g_per_kwh.best and basis != "given":
        return Grid(run.g_per_kwh, ours.year, ours.accounting, basis, source)
    return Grid(run.g_per_kwh, None, "", basis, source)


def _of_estimate(beside: Estimate | None, name: str) -> Input | None:
    for item in beside.inputs if beside else ():
        if item.name == name:
            return item
    return None


def _water(energy: Interval | None, pue: Input | None, beside: Estimate | None) -> Interval | None:
    site, plants = _of_estimate(beside, "wue"), _of_estimate(beside, "water_intensity")
    if energy is None or pue is None or site is None or plants is None:
        return None
    best = formulas.water_l(energy.best, site.value.best, pue.value.best, plants.value.best)
    if not best:
        return Interval(0.0, 0.0, 0.0)
    return around(best, energy, total(site.value, product(pue.value, plants.value)))


def _inputs(run: Run, both: Reconciliation, pue: Input | None, grid: Grid | None) -> Iterator[Input]:
    beside = both.estimate
    if both.it_energy_kwh is not None:
        yield _energy_input(run, both)
    estimated = beside.inputs if beside else ()
    if both.believed != "measurement":
        yield from (item for item in estimated if item.name in _POWER_MODEL)
    if pue is not None:
        yield pue
    if grid is not None:
        words = " ".join(str(part) for part in (grid.accounting, grid.year) if part)
        yield Input("grid_intensity", grid.g_per_kwh, "g/kWh", grid.basis, grid.source, words)
    yield from (item for item in estimated if item.name in _BESIDE)


def _energy_input(run: Run, both: Reconciliation) -> Input:
    assert both.it_energy_kwh is not None
    known = ((name, run.energy_kwh[name]) for name in ("gpu", "cpu", "memory"))
    words = ", ".join(f"{name} {kwh:.4g} kWh" for name, kwh in known if kwh is not None)
    if both.believed == "estimate":
        return Input("it_energy", both.it_energy_kwh, "kWh", "default", JUDGEMENT, "estimated")
    note = f"measured: {words}" if words else ""
    return Input("it_energy", both.it_energy_kwh, "kWh", "measured", MEASUREMENT, note)


def _breakdown(run: Run, both: Reconciliation, line: RunLine) -> tuple[Part, ...]:
    """Part the facility's energy into accelerators, host and facility."""
    if line.it_energy_kwh is None or line.facility_energy_kwh is None:
        return ()
    it_kwh, facility_kwh = line.it_energy_kwh.best, line.facility_energy_kwh.best
    accelerators = _accelerators_kwh(run, both, it_kwh)
    energies = {"accelerators": accelerators, "host": it_kwh - accelerators, "facility": facility_kwh - it_kwh}
    kg_per_kwh = line.operational_kg.best / facility_kwh if line.operational_kg and facility_kwh else 0.0
    return tuple(Part(name, kwh, kwh * kg_per_kwh) for name, kwh in energies.items())


def _accelerators_kwh(run: Run, both: Reconciliation, it_kwh: float) -> float:
    if both.believed == "estimate" and both.estimate:
        return it_kwh * both.estimate.breakdown[0].energy_kwh / both.estimate.it_energy_kwh.best
    measured = run.energy_kwh["gpu"] or 0.0
    seen = coverage(run, "gpu")
    return min(it_kwh, measured / seen if seen else measured)
