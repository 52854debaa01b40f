"""Footprints of many runs that differ by their length and energy alone: one is worked out, the others follow from it.

All quantities are proportional to the energy, or to the hours of an estimate; the carbon intensity alone is known less
well for a shorter run. Numbers and doubts are those of `run_footprint`, which what is not proportional goes to.
"""

from collections.abc import Sequence
from math import exp, inf, log, sqrt
from typing import Any, NamedTuple

from greentrain.catalogue import Catalogue
from greentrain.estimation import LIMITS, choose_grid
from greentrain.estimation.grid import GridChoice, grid_widths, run_length_term
from greentrain.estimation.site import find_location
from greentrain.footprint import Footprint, terms
from greentrain.importing.imported_run import ImportedRun, RunNumbers
from greentrain.importing.run_footprint import year_of
from greentrain.inputs import GRID_INTENSITY, PUE
from greentrain.interval import Z_90, Interval, log_squares
from greentrain.summation import RunningSum, half_widths
from greentrain.units import SECONDS_PER_HOUR

_PER_WIDTH = 1 / Z_90**2
"""Variance of a logarithm over the square of its width. [1]"""

SUMMED = ("it_energy_kwh", "operational_kg")
"""The quantities that an import adds up."""


class _GridDoubt(NamedTuple):
    """How far a carbon intensity may be below and above, in natural-log units, and which part is the run's own. [1]"""

    below: float
    above: float
    own: float


class LinearFootprint:
    """The footprint of runs of one kind.

    Parameters
    ----------
    unit : Footprint
        That of one kWh, or of one hour.
    choice : GridChoice
        Its carbon intensity.
    catalogue : Catalogue
        Where the run-length term is.

    Attributes
    ----------
    unit : Footprint
        As given.
    """

    def __init__(self, unit: Footprint, choice: GridChoice, catalogue: Catalogue) -> None:
        self.unit, self._choice, self._catalogue = unit, choice, catalogue
        it_kwh, pue = unit.it_energy_kwh, unit.inputs.get(PUE)
        assert it_kwh is not None
        assert pue is not None
        assert unit.operational_kg is not None
        self._it_kwh, self._kg = it_kwh, unit.operational_kg.best
        self._squares = log_squares(it_kwh, pue.value)
        inputs = [item for item in unit.inputs if item.name != GRID_INTENSITY]
        self._terms = [*terms(inputs, "operational_kg")]
        self._variances = sum(each.below for each in self._terms), sum(each.above for each in self._terms)
        low, high = choice.limits
        best = choice.value.g_per_kwh
        self._most = log(best / low) if low else inf, log(high / best)
        span = choice.span
        self._known = None if span is None else _GridDoubt(log(span.best / span.low), log(span.high / span.best), 0.0)
        self._amounts = self._squared = 0.0
        self._units, self._own_units, self._of_grid, self._own_of_grid = ([0.0, 0.0] for _ in range(4))

    @staticmethod
    def can_be(unit: Footprint | None) -> bool:
        """Whether others follow from a footprint: not from a sum, nor where something is not known."""
        if unit is None or unit.summed_factors is not None or unit.operational_kg is None:
            return False
        return unit.operational_kg.best > 0 and not unit.operational_kg.is_exact and PUE in unit.inputs

    def _grid(self, hours: float) -> _GridDoubt:
        if self._known is not None:
            return self._known
        by_length, spreads = run_length_term(self._catalogue, hours), self._choice.spreads
        below, above = grid_widths(spreads, self._choice.upward, by_length)
        down, scale = max((below_of + (scale * by_length) ** 2, scale) for below_of, _, scale in spreads)
        most_below, most_above = self._most
        return _GridDoubt(min(below, most_below), min(above, most_above), (scale * by_length) ** 2 / down)

    def it_energy_kwh(self, amount: float) -> Interval:
        """Return the energy of a run of so many kWh or hours. [kWh]"""
        return self._it_kwh.scaled(amount)

    def _interval(self, kg: float, grid: _GridDoubt) -> Interval:
        down, up = self._squares
        return Interval(
            kg * exp(-sqrt(down + grid.below * grid.below)), kg, kg * exp(sqrt(up + grid.above * grid.above))
        )

    def add(self, amount: float, hours: float) -> Interval:
        """Add a run up, and return its emissions. [kg CO2e]"""
        self._amounts += amount
        self._squared += amount * amount
        grid = self._grid(hours)
        found = self._interval(self._kg * amount, grid)
        low, best, high = found
        for side, (width, of_grid) in enumerate(((best - low, grid.below), (high - best, grid.above))):
            variance = of_grid * of_grid * _PER_WIDTH
            whole = self._variances[side] + variance
            square = width * width / whole if whole else 0.0
            unit, of_own = sqrt(square), square * grid.own * variance
            self._units[side] += unit
            self._own_units[side] += square
            self._of_grid[side] += sqrt(square * variance - of_own)
            self._own_of_grid[side] += of_own
        return found

    def add_to(self, sums: Sequence[RunningSum]) -> None:
        """Add the sums of the runs to those of `SUMMED`."""
        energy, kg = sums
        energy.add_sums(
            self._it_kwh.best * self._amounts,
            [
                (name, key, down * self._amounts, up * self._amounts)
                if key
                else (name, "", down * down * self._squared, up * up * self._squared)
                for name, key, down, up in half_widths(self.unit, "it_energy_kwh")
            ],
        )
        (below, above), (own_below, own_above) = self._units, self._own_units
        of_kg = [
            (each.name, each.key, sqrt(each.below) * below, sqrt(each.above) * above)
            if each.key
            else (each.name, "", each.below * own_below, each.above * own_above)
            for each in self._terms
        ]
        of_grid = ((self._choice.key, self._of_grid), ("", self._own_of_grid))
        kg.add_sums(
            self._kg * self._amounts, [*of_kg, *((GRID_INTENSITY, key, down, up) for key, (down, up) in of_grid)]
        )


_FACTS = ("cpu_cores", "memory_gb", "pue", "boundary")
_LONGEST_HOURS, _SHORTEST_HOURS = LIMITS["hours"].most, 1e-6
_MOST_KINDS = 4096


class RunFootprints:
    """The footprints of many runs, each kind of which is worked out once.

    Parameters
    ----------
    catalogue : Catalogue
        Where defaults are.
    """

    def __init__(self, catalogue: Catalogue) -> None:
        self._catalogue = catalogue
        self._kinds: dict[Any, LinearFootprint | None] = {}
        self._sums = [RunningSum(name) for name in SUMMED]

    def add(self, run: ImportedRun) -> RunNumbers:
        """Add a run to the sums, and keep with it what lists need of its footprint."""
        stated = run.stated
        hours = (stated.duration_seconds or 0.0) / SECONDS_PER_HOUR
        kwh = stated.measured_energy_kwh if run.is_usable else None
        kind = self._kind(run, kwh, hours)
        if kind is None:
            footprint = run.looked_at()
            if footprint is not None:
                for each in self._sums:
                    each.add(footprint)
            return run.numbers
        amount = kwh or hours
        numbers = RunNumbers(kind.unit.basis, kind.it_energy_kwh(amount), kind.add(amount, hours))
        run.keep(numbers)
        return numbers

    def _kind(self, run: ImportedRun, kwh: float | None, hours: float) -> LinearFootprint | None:
        """Return the kind of a run; None of one whose footprint is proportional to nothing."""
        stated, devices = run.stated, run.devices
        if len(devices) > 1 or not (kwh or _SHORTEST_HOURS <= hours <= _LONGEST_HOURS):
            return None
        if kwh and stated.boundary == "accelerator" and devices and devices[0].profile:
            return None  # its power decides what is possible
        key = (
            year_of(stated),
            kwh is None or not kwh,
            "gpu" in stated.energy_kwh,
            run.location,
            run.site_pue,
            stated.cpu,
            *[getattr(stated, name) for name in _FACTS],
            *[(each.number, each.asked, each.written, each.fraction) for each in devices],
        )
        try:
            return self._kinds[key]
        except KeyError:
            pass
        if len(self._kinds) > _MOST_KINDS:
            self._settle()
        found = self._kinds[key] = self._resolved(run, kwh)
        return found

    def _resolved(self, run: ImportedRun, kwh: float | None) -> LinearFootprint | None:
        stated = run.stated
        energies = {name: each / kwh for name, each in stated.energy_kwh.items()} if kwh else {}
        one = stated._replace(
            duration_seconds=SECONDS_PER_HOUR, measured_energy_kwh=1.0 if kwh else None, energy_kwh=energies
        )
        unit = run._replace(stated=one).footprint
        if unit is None or not LinearFootprint.can_be(unit):
            return None
        grid = choose_grid(self._catalogue, find_location(self._catalogue, run.location, ""), year_of(stated))
        return LinearFootprint(unit, grid, self._catalogue)

    def _settle(self) -> None:
        for kind in self._kinds.values():
            if kind is not None:
                kind.add_to(self._sums)
        self._kinds.clear()

    def sums(self) -> tuple[Interval | None, Interval | None]:
        """Return the sums of `SUMMED` over the runs that were added."""
        self._settle()
        energy, kg = (each.whole()[0] for each in self._sums)
        return energy, kg
