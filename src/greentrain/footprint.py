"""One result: the energy, emissions and water of a run, what they follow from and how they are known.

An estimate, a live run, a tracked run and a total each hold one `Footprint`, so that a run shows one number wherever
it is shown. PUE and carbon intensity are applied here and nowhere else.
"""

from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from typing import Any

from greentrain import formulas
from greentrain.elementwise import greater, is_array, log_and_exp
from greentrain.inputs import GRID_INTENSITY, PUE, Input, Inputs
from greentrain.interval import (
    Z_90,
    Interval,
    exact,
    log_width,
    product_independent,
    sum_independent,
    with_relative_width,
)
from greentrain.record import Record, WithoutArithmetic

QUANTITIES = ("it_energy_kwh", "facility_energy_kwh", "operational_kg", "embodied_kg", "total_kg", "water_l")
"""The quantities of a footprint, in the order of tables."""

RUN_QUANTITIES = QUANTITIES[:3]
"""Those of a tracked run, whose hardware's making and whose water are not known while it goes on."""

BASES = ("measured", "mixed", "estimated")
"""How an energy is known: a sensor read what does the work, a part of it, or nothing."""

SCOPES = ("accelerator", "node", "facility")
"""What a headline covers, the narrowest first."""

_HEADLINE = "operational_kg"
_EMBODIED = ("device_embodied", "node_share_embodied", "lifetime", "share_of_life_in_use")
_WATER = ("wue", "water_intensity")
_SMALLEST_RATIO = 1e-9
"""Of a lower end to its best value: below that a logarithm means nothing any more. [1]"""


class Part(Record):
    """One component's share of the energy and emissions."""

    component: str
    energy_kwh: float
    operational_kg: float


class Grid(Record):
    """The carbon intensity that a result was computed with.

    Attributes
    ----------
    g_per_kwh : Interval
        Carbon intensity. [g CO2e/kWh]
    year : int or None
        Year of the value; None where the user gave it.
    accounting : {'life-cycle', 'direct', ''}
        Whether building and fuel supply of the power stations are counted; empty where it is not known.
    basis : str
        How it is known: given, measured, published, default or assumed.
    source : str
        Source ids, joined by ``;``.
    """

    g_per_kwh: Interval
    year: int | None
    accounting: str
    basis: str
    source: str


class SiteFactors(Record):
    """What turns energy of the computers into energy of the facility, emissions and water.

    Attributes
    ----------
    pue, grid_intensity : Input or None
        Power usage effectiveness [1] and carbon intensity [g/kWh]; None where they are not known.
    wue, water_intensity : Input or None
        Water used on site [L/kWh, of the IT] and by power stations [L/kWh]; None where they are not known.
    notes : tuple of str
        What was replaced or widened on the way.
    """

    pue: Input | None
    grid_intensity: Input | None
    wue: Input | None = None
    water_intensity: Input | None = None
    notes: tuple[str, ...] = ()

    @property
    def pue_value(self) -> Interval | None:
        """Power usage effectiveness; None where it is not known. [1]"""
        return None if self.pue is None else self.pue.value

    @property
    def g_per_kwh(self) -> Interval | None:
        """Carbon intensity; None where it is not known. [g CO2e/kWh]"""
        return None if self.grid_intensity is None else self.grid_intensity.value

    @property
    def of_energy(self) -> tuple[Input, ...]:
        """What facility energy and emissions follow from, as far as it is known."""
        return tuple(item for item in (self.pue, self.grid_intensity) if item is not None)

    @property
    def of_water(self) -> tuple[Input, ...]:
        """What the water follows from, the PUE apart, as far as it is known."""
        return tuple(item for item in (self.wue, self.water_intensity) if item is not None)


class Factor(Record):
    """A term of a quantity's doubt.

    Attributes
    ----------
    name : str
        The input that it comes from.
    key : str
        Under which it is shared with other runs, and then fully correlated; empty for a run's own.
    below, above : float
        Variance of the logarithm downward and upward from the best value. [1]
    """

    name: str
    key: str
    below: float
    above: float


class Footprint(WithoutArithmetic, Record):
    """Energy, emissions and water of a run or of several, each with its 90 % interval.

    Attributes
    ----------
    it_energy_kwh : Interval or None
        Energy of the computers, before PUE; None where nothing is known of it. [kWh]
    facility_energy_kwh : Interval or None
        Energy at the facility's meter; None where the PUE is not known. [kWh]
    operational_kg : Interval or None
        Location-based emissions of that electricity: the headline. [kg CO2e]
    embodied_kg : Interval or None
        The share of making the hardware; None where the hardware is not known. [kg CO2e]
    total_kg : Interval or None
        Operational and embodied. [kg CO2e]
    water_l : Interval or None
        Water consumed on site and at the power stations. [L]
    inputs : Inputs
        Every number used, with its basis and source.
    breakdown : tuple of Part
        Accelerators, host and facility; their energies add up to the facility's.
    basis : {'measured', 'mixed', 'estimated'}
        How the energy is known. ``measured``: a sensor read every component that does the work, all but a tenth of
        the time; ``mixed``: a sensor read a part of it; ``estimated``: none did.
    scope : {'accelerator', 'node', 'facility'}
        What the headline covers.
    notes : tuple of str
        What was understood, replaced or widened on the way.
    warnings : tuple of str
        Those of the notes that doubt an input: what cannot be, or looks like a slip.
    summed_factors : mapping of str to tuple of Factor, optional
        Of a total, the doubt of each quantity; one run's follows from its inputs.

    Examples
    --------
    >>> run = estimate("8xV100", hours=10, power=250, host_factor=1, pue=1.5, grid_intensity=400)
    >>> run.footprint
    <Footprint 30 kWh, 12 kg CO2e (90 % interval 12 to 12), estimated>
    >>> [(part.component, part.energy_kwh) for part in run.footprint.breakdown]
    [('accelerators', 20.0), ('host', 0.0), ('facility', 10.0)]
    """

    it_energy_kwh: Interval | None
    facility_energy_kwh: Interval | None
    operational_kg: Interval | None
    embodied_kg: Interval | None
    total_kg: Interval | None
    water_l: Interval | None
    inputs: Inputs
    breakdown: tuple[Part, ...]
    basis: str
    scope: str
    notes: tuple[str, ...]
    warnings: tuple[str, ...] = ()
    summed_factors: Mapping[str, tuple[Factor, ...]] | None = None

    @property
    def grid(self) -> Grid | None:
        """The carbon intensity with its year and what it counts; None where none is known, or a sum holds several."""
        found = [item for item in self.inputs if item.name == GRID_INTENSITY]
        item = found[0] if len(found) == 1 else None
        return None if item is None else Grid(item.value, item.year, item.accounting, item.basis, item.source)

    @property
    def defaults(self) -> tuple[Input, ...]:
        """The inputs that greentrain chose by default."""
        return tuple(item for item in self.inputs if item.is_default)

    @property
    def drivers(self) -> tuple[tuple[str, float], ...]:
        """Each uncertain input with its share of the operational interval's variance, largest first. [1]"""
        kg = self.operational_kg
        if kg is None or kg.is_exact:
            return ()
        widths: dict[str, float] = {}
        for name, width in _widths(self.inputs) if self.summed_factors is None else _summed(self.factors(_HEADLINE)):
            widths[name] = widths.get(name, 0.0) + width
        everything = sum(widths.values())
        shares = [(name, width / everything) for name, width in widths.items() if width]
        return tuple(sorted(shares, key=lambda pair: -pair[1]))

    def factors(self, quantity: str) -> tuple[Factor, ...]:
        """Return the terms of a quantity's doubt, each with the key under which it is shared with other runs.

        Their variances add up to the quantity's own, so that a total of one run is that run.

        Parameters
        ----------
        quantity : str
            One of `QUANTITIES`.

        Examples
        --------
        >>> run = estimate("V100", hours=96, power=250, pue=1.5, grid_intensity=400)
        >>> [factor.name for factor in run.footprint.factors("operational_kg")]
        ['host_power']
        """
        interval: Interval | None = getattr(self, quantity)
        if interval is None or interval.is_exact:
            return ()
        if quantity == "total_kg":
            return tuple(scaled(list(self._terms_of_both(interval.best)), log_variances(interval)))
        if self.summed_factors is not None:
            return self.summed_factors.get(quantity, ())
        return tuple(scaled(list(terms(self.inputs, quantity)), log_variances(interval)))

    def _terms_of_both(self, whole: float) -> Iterator[Factor]:
        """Yield the terms of operational and embodied emissions, by the share that each has of the whole."""
        for name in ("operational_kg", "embodied_kg"):
            weight = (getattr(self, name).best / whole) ** 2
            for factor in self.factors(name):
                yield factor._replace(below=weight * factor.below, above=weight * factor.above)

    def to_dict(self) -> dict[str, Any]:
        """Return the quantities, their basis and scope, inputs, breakdown and notes as plain data.

        Examples
        --------
        >>> run = estimate("V100", hours=96, power=250, pue=1.5, grid_intensity=400)
        >>> run.footprint.to_dict()["drivers"]
        [{'name': 'host_power', 'share_of_variance': 1.0}]
        """
        found: dict[str, Any] = {"kind": "footprint"}
        for name in QUANTITIES:
            interval: Interval | None = getattr(self, name)
            found[name] = interval and interval._asdict()
        found |= {"basis": self.basis, "scope": self.scope}
        found["breakdown"] = [part._asdict() for part in self.breakdown]
        found["inputs"] = [item.to_dict() for item in self.inputs]
        found["drivers"] = [{"name": name, "share_of_variance": share} for name, share in self.drivers]
        return found | {"notes": list(self.notes), "warnings": list(self.warnings)}

    def __repr__(self) -> str:
        return f"<Footprint {amounts(self)}, {self.basis}>"

    def _repr_html_(self) -> str:
        """Return a small table for notebooks."""
        from greentrain.html_table import footprint_table

        return footprint_table(self)


class OfFootprint:
    """A result that holds a `Footprint`, whose main quantities are attributes of it too."""

    __slots__ = ()

    @property
    def footprint(self) -> Footprint:
        """Energy and emissions with their inputs."""
        raise NotImplementedError

    @property
    def it_energy_kwh(self) -> Interval | None:
        """Energy of the computers, before PUE; None where nothing is known. [kWh]"""
        return self.footprint.it_energy_kwh

    @property
    def facility_energy_kwh(self) -> Interval | None:
        """Energy at the facility's meter; None where nothing is known. [kWh]"""
        return self.footprint.facility_energy_kwh

    @property
    def operational_kg(self) -> Interval | None:
        """Location-based emissions of that electricity; None where nothing is known. [kg CO2e]"""
        return self.footprint.operational_kg

    @property
    def basis(self) -> str:
        """How the energy is known: measured, mixed or estimated."""
        return self.footprint.basis


def _widths(inputs: Iterable[Input]) -> Iterator[tuple[str, float]]:
    for item in inputs:
        weight = _WEIGHTS[_HEADLINE][0].get(item.name, item.weight)
        if weight and item.value.low > 0:
            yield item.name, (log_width(item.value) * weight) ** 2


def _summed(factors: Iterable[Factor]) -> Iterator[tuple[str, float]]:
    return ((factor.name, (factor.below**0.5 + factor.above**0.5) ** 2) for factor in factors)


def amounts(footprint: Footprint) -> str:
    """Write energy and emissions with the interval in one line, for `repr`."""
    from greentrain.numbers import in_repr

    known, kg = footprint.facility_energy_kwh or footprint.it_energy_kwh, footprint.operational_kg
    energy = in_repr(known, "kWh")[0] if known else "energy not known"
    if kg is None:
        return f"{energy} before PUE" if known else energy
    return "{}, {} (90 % interval {})".format(energy, *in_repr(kg, "kg CO2e"))


def footprint(
    it_energy_kwh: Interval | None,
    accelerators_kwh: float,
    site: SiteFactors,
    *,
    embodied_kg: Interval | None,
    inputs: Iterable[Input],
    basis: str,
    notes: tuple[str, ...] = (),
    warnings: tuple[str, ...] = (),
) -> Footprint:
    """Apply PUE, carbon intensity and water to an energy, once.

    Parameters
    ----------
    it_energy_kwh : Interval or None
        What the computers drew. [kWh]
    accelerators_kwh : float
        Their accelerators' part of the best value. [kWh]
    site : SiteFactors
        What the computers stood in.
    embodied_kg : Interval or None
        The share of making the hardware. [kg CO2e]
    inputs : iterable of Input
        What all of this follows from, in the order in which it is shown.
    basis : {'measured', 'mixed', 'estimated'}
        How the energy is known.
    notes : tuple of str, optional
        What to know about it.
    warnings : tuple of str, optional
        What doubts an input; notes too, behind the others.
    """
    pue, grid = site.pue, site.grid_intensity
    facility = operational = water = None
    if it_energy_kwh is not None and pue is not None:
        kwh = formulas.facility_energy_kwh(it_energy_kwh.best, pue.value.best)
        facility = _times(kwh, it_energy_kwh, pue.value)
        if grid is not None:
            kg = formulas.operational_kg(facility.best, grid.value.best)
            operational = _times(kg, it_energy_kwh, pue.value, grid.value)
        if site.wue is not None and site.water_intensity is not None:
            water = consumed_l(it_energy_kwh, pue.value, site.wue.value, site.water_intensity.value)
    return Footprint(
        it_energy_kwh,
        facility,
        operational,
        embodied_kg,
        sum_independent(operational, embodied_kg) if operational is not None and embodied_kg is not None else None,
        water,
        Inputs(inputs),
        _breakdown(it_energy_kwh, facility, accelerators_kwh, grid),
        basis,
        "node" if facility is None else "facility",
        (*notes, *warnings),
        warnings,
    )


def consumed_l(it_energy_kwh: Interval, pue: Interval, wue: Interval, electricity: Interval) -> Interval:
    """Return the water of an energy, of one run or, as arrays, of many. [L]

    Parameters
    ----------
    it_energy_kwh : Interval
        Energy of the computers. [kWh]
    pue : Interval
        Power usage effectiveness. [1]
    wue, electricity : Interval
        Water used on site [L/kWh, of the IT] and by power stations [L/kWh].
    """
    best = formulas.water_l(it_energy_kwh.best, wue.best, pue.best, electricity.best)
    return _times(best, it_energy_kwh, water_per_it_kwh(pue, wue, electricity))


def water_per_it_kwh(pue: Interval, wue: Interval, electricity: Interval) -> Interval:
    """Return the water for each kilowatt-hour of the computers; the parameters are those of `consumed_l`. [L/kWh]"""
    return sum_independent(wue, product_independent(pue, electricity))


def _times(best: float, *factors: Interval) -> Interval:
    if isinstance(best, (float, int)) and not best:
        return exact(0.0)
    return with_relative_width(best, *factors)


def _breakdown(
    energy: Interval | None, facility: Interval | None, accelerators_kwh: float, grid: Input | None
) -> tuple[Part, ...]:
    if energy is None or facility is None:
        return ()
    g_per_kwh = grid.value.best if grid is not None else 0.0
    host_kwh, rest_kwh = energy.best - accelerators_kwh, facility.best - energy.best
    parts = {"accelerators": accelerators_kwh, "host": host_kwh, "facility": rest_kwh}
    return tuple(Part(name, kwh, formulas.operational_kg(kwh, g_per_kwh)) for name, kwh in parts.items())


def log_variances(interval: Interval) -> tuple[Any, Any]:
    """Return the variances of the logarithm that an interval, which may be of arrays, implies on both sides. [1]"""
    low, best, high = interval
    if not is_array(best) and best <= 0:
        return 0.0, 0.0
    log, _ = log_and_exp(best)
    below, above = log(best / greater(low, _SMALLEST_RATIO * best)) / Z_90, log(high / best) / Z_90
    return below * below, above * above


_kept_log_variances = lru_cache(maxsize=4096)(log_variances)
"""Of numbers: most runs of a table share most of their inputs."""


def terms(inputs: Iterable[Input], quantity: str) -> Iterator[Factor]:
    """Yield the terms of a quantity as its inputs have them, a run's own part of a shared one apart.

    Of a table of runs values and weights may be arrays, and so are the variances then.
    """
    return (Factor(*term) for term in plain_terms(inputs, quantity))


def plain_terms(inputs: Iterable[Input], quantity: str) -> Iterator[tuple[str, str, Any, Any]]:
    """Yield the fields of the same terms as tuples, of which a sum of thousands of runs takes many."""
    known, others = _WEIGHTS[quantity]
    for item in inputs:
        weight = known.get(item.name, others)
        if weight is None:
            weight = item.weight
        low, best, high = item.value
        # Looked at first, since most are plain numbers and all else takes its time.
        is_plain = float is type(weight) is type(low) is type(best) is type(high)
        if low is high or ((low == best == high or not weight) if is_plain else _is_nothing(weight, item.value)):
            continue
        below, above = (_kept_log_variances if is_plain else log_variances)(item.value)
        below, above = weight * weight * below, weight * weight * above
        own = item.own_share if item.key else 1.0
        if own < 1.0:
            yield item.name, item.key, (1 - own) * below, (1 - own) * above
        if own > 0.0:
            yield item.name, "", own * below, own * above


def _is_nothing(weight: Any, value: Interval) -> bool:
    return (not is_array(weight) and not weight) or (not any(map(is_array, value)) and value.is_exact)


def _weights_of(quantity: str) -> tuple[dict[str, float | None], float | None]:
    """Return how a quantity follows inputs by their names, and any other; None stands for the input's own weight.

    That is 1 for a factor, a share for a term of a sum, and 0 for what has no effect at all.
    """
    if quantity == "embodied_kg":
        return dict.fromkeys(_EMBODIED, 1.0), 0.0
    found: dict[str, float | None] = dict.fromkeys((*_EMBODIED, *_WATER), 0.0)
    found |= {PUE: float(quantity != "it_energy_kwh"), GRID_INTENSITY: float(quantity == "operational_kg")}
    return found | (dict.fromkeys(_WATER, 1.0) if quantity == "water_l" else {}), None


_WEIGHTS = {quantity: _weights_of(quantity) for quantity in QUANTITIES}


def scaled(parts: list[Factor], whole: tuple[float, float]) -> Iterator[Factor]:
    """Scale terms so that they add up to the quantity's own variances; what no term explains is the run's own."""
    below, above = sum(term.below for term in parts), sum(term.above for term in parts)
    down, up = (part / terms_sum if terms_sum else 0.0 for part, terms_sum in zip(whole, (below, above), strict=True))
    for term in parts:
        yield Factor(term.name, term.key, down * term.below, up * term.above)
    rest = (0.0 if below else whole[0], 0.0 if above else whole[1])
    if any(rest):
        yield Factor("other", "", *rest)


UNKNOWN = Footprint(None, None, None, None, None, None, Inputs(), (), "estimated", "facility", ())
"""The footprint of a run of which nothing is known."""
