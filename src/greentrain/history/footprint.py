"""From nodes' energy to the run's: intervals, PUE and grid, each session by its own."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from greentrain.history.records import NodeMeasurement
from greentrain.interval import Interval
from greentrain.journal.records import COMPONENTS
from greentrain.tracking.measured import energy_interval, footprint


class Measured(NamedTuple):
    """Energy and emissions of a run, None where nothing was measured; and what to know about them."""

    it_energy_kwh: Interval | None
    facility_energy_kwh: Interval | None
    operational_kg: Interval | None
    notes: tuple[str, ...]


def measured(nodes: Sequence[NodeMeasurement]) -> Measured:
    """Add up what the nodes measured; PUE and carbon intensity are applied once, to the sums of equal ones."""
    energy = it_energy(nodes)
    if energy is None:
        return Measured(None, None, None, ())
    groups: dict[tuple[Interval | None, Interval | None], list[NodeMeasurement]] = defaultdict(list)
    for node in nodes:
        if node.is_measured:
            groups[node.pue, node.g_per_kwh].append(node)
    if any(pue is None or grid is None for pue, grid in groups):
        note = "Neither PUE nor carbon intensity of the place is known: only the computers' own energy is."
        return Measured(energy, None, None, (note,))
    parts = [energy] if len(groups) == 1 else map(it_energy, groups.values())
    found = [
        footprint(part, pue, grid)
        for (pue, grid), part in zip(groups, parts, strict=True)
        if pue is not None and grid is not None and part is not None
    ]
    return Measured(energy, added(facility for facility, _ in found), added(kg for _, kg in found), ())


def it_energy(nodes: Sequence[NodeMeasurement], components: Iterable[str] = COMPONENTS) -> Interval | None:
    """Add up the nodes' energy, or that of some components, with its interval; None where none was measured. [kWh]

    Errors of one kind of component are taken to be the same on every node, those of different kinds to be independent.
    """
    sums: dict[tuple[str, str], float] = defaultdict(float)
    for node in nodes:
        for name in components:
            value = node.energy_kwh[name]
            if value is not None:
                sums[name, node.quality[name]] += value
    return energy_interval((quality, kwh) for (_, quality), kwh in sums.items())


def added(terms: Iterable[Interval]) -> Interval:
    """Add intervals whose errors are the same, end by end: of one user's runs at one place, say."""
    low = best = high = 0.0
    for term in terms:
        low, best, high = low + term.low, best + term.best, high + term.high
    return Interval(low, best, high)
