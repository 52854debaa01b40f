"""Footprints of many runs that differ by their length and energy alone: one is worked out, the others follow from it.

All quantities are proportional to the energy, or to the hours of an estimate; the carbon intensity alone is known less
well for a shorter run. Numbers and doubts are those of `run_footprint`, which what is not proportional goes to.
"""

from array import array
from collections.abc import Sequence
from math import inf, log, sqrt
from typing import Any, NamedTuple

from greentrain.catalogue import Catalogue
from greentrain.elementwise import greater, is_array, lesser, log_and_exp
from greentrain.estimation import LIMITS, choose_grid
from greentrain.estimation.grid import GridChoice, grid_widths, run_length_term
from greentrain.estimation.site import find_location
from greentrain.footprint import Footprint, terms
from greentrain.importing.energy_quality import basis_of
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


class LinearScale(NamedTuple):
    """What the emissions of runs of one kind follow from, besides their grid; arrays for runs of several kinds.

    Attributes
    ----------
    kg : float
        Those of one kWh, or of one hour. [kg CO2e]
    down, up : float
        Squares of the widths of their logarithm. [1]
    below, above : float
        Variances of what of them runs share. [1]
    """

    kg: Any
    down: Any
    up: Any
    below: Any
    above: Any

    def taken(self, grid: "_GridDoubt", amount: Any) -> tuple[Interval, tuple[Any, ...]]:
        """Return the emissions of a run of so many kWh or hours [kg CO2e], and what it adds to sums."""
        kg = self.kg * amount
        _, exp = log_and_exp(kg)
        low = kg * exp(-((self.down + grid.below * grid.below) ** 0.5))
        high = kg * exp((self.up + grid.above * grid.above) ** 0.5)
        below = _side(kg - low, grid.below, grid.own, self.below)
        above = _side(high - kg, grid.above, grid.own, self.above)
        return Interval(low, kg, high), (amount, amount * amount, *below, *above)


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
    unit, choice : Footprint, GridChoice
        As given.
    scale : LinearScale
        What its emissions follow from.
    """

    def __init__(self, unit: Footprint, choice: GridChoice, catalogue: Catalogue) -> None:
        self.unit, self.choice, self._catalogue = unit, choice, catalogue
        it_kwh, pue = unit.it_energy_kwh, unit.inputs.get(PUE)
        assert it_kwh is not None
        assert pue is not None
        assert unit.operational_kg is not None
        self._it_kwh = it_kwh
        inputs = [item for item in unit.inputs if item.name != GRID_INTENSITY]
        self._terms = [*terms(inputs, "operational_kg")]
        variances = sum(each.below for each in self._terms), sum(each.above for each in self._terms)
        self.scale = LinearScale(unit.operational_kg.best, *log_squares(it_kwh, pue.value), *variances)
        low, high = choice.limits
        best = choice.value.g_per_kwh
        self._most = log(best / low) if low else inf, log(high / best)
        span = choice.span
        self._known = None if span is None else _GridDoubt(log(span.best / span.low), log(span.high / span.best), 0.0)

    @staticmethod
    def can_be(unit: Footprint | None) -> bool:
        """Whether others follow from a footprint: not from a sum, nor where something is not known."""
        if unit is None or unit.summed_factors is not None or unit.operational_kg is None:
            return False
        return unit.operational_kg.best > 0 and not unit.operational_kg.is_exact and PUE in unit.inputs

    def grid(self, hours: Any) -> _GridDoubt:
        """Return how well the carbon intensity of runs of such lengths is known. [h]"""
        if self._known is not None:
            return self._known
        by_length, spreads = run_length_term(self._catalogue, hours), self.choice.spreads
        below, above = grid_widths(spreads, self.choice.upward, by_length)
        down, of_length = _widest(spreads, by_length)
        most_below, most_above = self._most
        below = below if most_below == inf else lesser(below, most_below)
        above = above if most_above == inf else lesser(above, most_above)
        return _GridDoubt(below, above, (of_length * by_length) ** 2 / down)

    def it_energy_kwh(self, amount: float) -> Interval:
        """Return the energy of a run of so many kWh or hours. [kWh]"""
        return self._it_kwh.scaled(amount)

    def taken(self, amount: Any, hours: Any) -> tuple[Interval, tuple[Any, ...]]:
        """Return the emissions of a run [kg CO2e], and what it adds to `LinearSums`.

        Parameters
        ----------
        amount : float or array
            So many kWh, or hours.
        hours : float or array
            Its length. [h]
        """
        return self.scale.taken(self.grid(hours), amount)

    def facility_energy_kwh(self, amount: float) -> Interval:
        """Return the same behind the PUE. [kWh]"""
        assert self.unit.facility_energy_kwh is not None
        return self.unit.facility_energy_kwh.scaled(amount)

    def doubt(self, quantity: str, taken: Sequence[Any]) -> list[tuple[str, str, Any, Any]]:
        """Return how far a quantity of runs may be off, as `RunningSum.add_sums` takes it.

        Parameters
        ----------
        quantity : str
            One of `RUN_QUANTITIES`.
        taken : sequence
            The sums of what was `taken` of these runs.
        """
        amounts, squared, *sides = taken
        if quantity != "operational_kg":
            return [
                (name, key, down * amounts, up * amounts)
                if key
                else (name, "", down * down * squared, up * up * squared)
                for name, key, down, up in half_widths(self.unit, quantity)
            ]
        below, own_below, grid_below, own_grid_below, above, own_above, grid_above, own_grid_above = sides
        of_kg = [
            (each.name, each.key, sqrt(each.below) * below, sqrt(each.above) * above)
            if each.key
            else (each.name, "", each.below * own_below, each.above * own_above)
            for each in self._terms
        ]
        of_grid = ((self.choice.key, grid_below, grid_above), ("", own_grid_below, own_grid_above))
        return [*of_kg, *((GRID_INTENSITY, *each) for each in of_grid)]

    def add_to(self, sums: Sequence[RunningSum], taken: Sequence[Any]) -> None:
        """Add the sums of what was `taken` of some runs to those of `SUMMED`."""
        for each, name, unit in zip(sums, SUMMED, (self._it_kwh.best, self.scale.kg), strict=True):
            each.add_sums(unit * taken[0], self.doubt(name, taken))


def _widest(spreads: Sequence[tuple[float, float, float]], by_length: Any) -> tuple[Any, Any]:
    """Return the greatest variance below a carbon intensity, and the scale of the run's length in it. [1]"""
    if len(spreads) == 1:
        ((below, _, scale),) = spreads
        return below + (scale * by_length) ** 2, scale
    if not is_array(by_length):
        return max((below + (scale * by_length) ** 2, scale) for below, _, scale in spreads)
    down, of_length = 0.0 * by_length, 0.0 * by_length
    for below, _, scale in sorted(spreads, key=lambda each: each[2]):  # of equal ones the greater scale
        this = below + (scale * by_length) ** 2
        of_length, down = of_length + (scale - of_length) * (this >= down), greater(down, this)
    return down, of_length


def _side(width: Any, of_grid: Any, own: Any, others: float) -> tuple[Any, Any, Any, Any]:
    """Part a half-width: by root of the variance what is shared, by variance what is the run's own; of the grid too."""
    variance = of_grid * of_grid * _PER_WIDTH
    whole = others + variance
    square = width * width / (whole + (whole == 0))
    of_own = square * own * variance
    return square**0.5, square, (square * variance - of_own) ** 0.5, of_own


class FootprintSums:
    """The footprints of some runs, added up and not kept.

    Parameters
    ----------
    sums : sequence of RunningSum, optional
        Those of `SUMMED` to begin with; else there is no run yet.
    """

    def __init__(self, sums: Sequence[RunningSum] | None = None) -> None:
        self._sums = sums or [RunningSum(name) for name in SUMMED]
        self._linear: dict[LinearFootprint, array[float]] = {}

    def add(self, footprint: Footprint) -> None:
        """Add a run."""
        for each in self._sums:
            each.add(footprint)

    def add_taken(self, kind: LinearFootprint, taken: Sequence[float]) -> None:
        """Add what was taken of runs of one kind."""
        known = self._linear.get(kind)
        if known is None:
            if len(self._linear) >= _MOST_IN_SUMS:
                self._settle()
            self._linear[kind] = array("d", taken)
            return
        for place, value in enumerate(taken):
            known[place] += value

    def _settle(self) -> None:
        for kind, taken in self._linear.items():
            kind.add_to(self._sums, taken)
        self._linear.clear()

    def merge(self, other: "FootprintSums") -> None:
        """Add the runs of other sums."""
        for kind, taken in other._linear.items():
            self.add_taken(kind, taken)
        for each, more in zip(self._sums, other._sums, strict=True):
            each.merge(more)

    def intervals(self) -> tuple[Interval | None, Interval | None]:
        """Return the sums of `SUMMED` with their intervals."""
        whole = FootprintSums()  # whose terms would take more memory in many groups than what was taken of runs
        whole.merge(self)
        whole._settle()
        energy, kg = (each.interval() for each in whole._sums)
        return energy, kg


_FACTS = ("cpu_cores", "memory_gb", "pue", "boundary")
_LONGEST_HOURS, _SHORTEST_HOURS = LIMITS["hours"].most, 1e-6
_MOST_KINDS, _MOST_IN_SUMS = 4096, 256


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

    def add(self, run: ImportedRun, sums: FootprintSums) -> RunNumbers:
        """Add a run to sums, and keep with it what lists need of its footprint."""
        kwh, hours = known_amounts(run)
        kind = self.kind(run, kwh, hours)
        if kind is None:
            footprint = run.looked_at()
            if footprint is not None:
                sums.add(footprint)
            return run.numbers
        amount = kwh or hours
        kg, taken = kind.taken(amount, hours)
        sums.add_taken(kind, taken)
        numbers = RunNumbers(kind.unit.basis, kind.it_energy_kwh(amount), kg)
        run.keep(numbers)
        return numbers

    @staticmethod
    def has_estimates(hours: Any) -> Any:
        """Whether an estimate is proportional to a time. [h]"""
        return (hours >= _SHORTEST_HOURS) & (hours <= _LONGEST_HOURS)

    def kind(self, run: ImportedRun, kwh: float | None, hours: float) -> LinearFootprint | None:
        """Return the kind of a run; None of one whose footprint is proportional to nothing."""
        stated, devices = run.stated, run.devices
        if len(devices) > 1 or not (kwh or self.has_estimates(hours)):
            return None
        if kwh and stated.boundary == "accelerator" and devices and devices[0].profile:
            return None  # its power decides what is possible
        key = (
            year_of(stated),
            kwh is None or not kwh,
            basis_of(stated, run.format, devices),
            bool(stated.energy_kwh.get("gpu")),
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
            self._kinds.clear()
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


def known_amounts(run: ImportedRun) -> tuple[float | None, float]:
    """Return the energy that can be believed [kWh], and the time. [h]"""
    return run.stated.measured_energy_kwh if run.is_usable else None, run.hours
