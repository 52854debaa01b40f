"""Which carbon intensity a run gets: the place's value of the year, and how uncertain it is.

The terms of the uncertainty and their figures are in grid_uncertainty.csv; this module combines them.
"""

from collections.abc import Sequence
from functools import lru_cache
from itertools import pairwise
from math import exp, inf, log, log1p
from typing import Any, NamedTuple

from greentrain.catalogue import DATA_VERSION, Catalogue, GridValue, Location, Place, Places
from greentrain.elementwise import greatest, interpolated
from greentrain.estimation.ranges import FIRST_YEAR
from greentrain.inputs import GRID_INTENSITY, Input
from greentrain.interval import Z_90, Interval

UNIT = "g/kWh"
ACCOUNTING = {"lifecycle": "life-cycle"}
"""What a carbon intensity counts, where our term differs from the table's."""

DATA_YEAR = int(DATA_VERSION[:4])
UNKNOWN_PLACE = "unknown"
"""Key under which runs whose place is not known share what is uncertain about it."""
HOURS_OF_UNKNOWN_RUN = 720.0
"""Length that a run is taken to have of which accelerator-hours alone are known. [h]"""
_OLDEST_PART = 5
"""Years between a run and the value of a part of a country, beyond which the country's own is closer."""
_IMPLAUSIBLE = "place_implausible"
_TERMS_BY_PLACE = ("subregion", "place_source", _IMPLAUSIBLE)


class GridChoice(NamedTuple):
    """The value that a place and year resolve to, with what is uncertain about it but for the run's length.

    Attributes
    ----------
    spreads : tuple of (float, float, float)
        Variance of the logarithm downward and upward but for the run's length, and the scale of the run-length
        term [1]; the widest counts. Several when the year is unknown, since giving one may only narrow the interval.
    upward : float
        Extra width upward where a combustion value replaces a life-cycle one, log units. [1]
    span : Interval or None
        The interval itself where no place is known.
    limits : tuple of (float, float)
        Ends that the interval of several countries together does not pass. [g CO2e/kWh]
    key : str
        Under which runs at the same place share what is uncertain about it.
    """

    value: GridValue
    spreads: tuple[tuple[float, float, float], ...]
    upward: float
    span: Interval | None
    basis: str
    notes: tuple[str, ...]
    key: str
    limits: tuple[float, float] = (0.0, inf)


@lru_cache(maxsize=4096)
def choose_grid(catalogue: Catalogue, location: Location | None, year: int | None) -> GridChoice:
    """Choose the carbon intensity of a place and year: that year's, else the nearest earlier one.

    Parameters
    ----------
    catalogue : Catalogue
        Where the series are.
    location : Location or None
        None takes a data centre somewhere.
    year : int or None
        None takes the latest value.
    """
    if location is None:
        return _choose_unknown(catalogue, year)
    place = location.place
    series = catalogue.places.intensities(location)
    value = _value_for(series, year)
    if place.parent and (whole := _country_instead(catalogue, location, series, value, year)):
        return whole
    is_regions_own = location.region is not None and value not in catalogue.places.series(place.place)
    candidates = _ages(series) if year is None else [(value, abs(year - value.year))]
    spreads = {_spread(catalogue.places, place, candidate, age) for candidate, age in candidates}
    ratio, _ = catalogue.places.direct_over_life_cycle(place)
    upward = -log(ratio.low) if value.basis == "direct" else 0.0
    basis = "assumed" if value.verified == "assumed" else "published"
    notes = [location.note] if location.note else []
    notes += _notes(location, value, year, ratio, is_regions_own=is_regions_own)
    if _term_of_place(catalogue.places, _IMPLAUSIBLE, place):
        notes.append(
            f"{place.name}: {value.g_per_kwh:,.0f} g/kWh is above what coal emits, which a gas grid cannot have; "
            "the source does not explain it, so the interval is wider."
        )
    zone = location.code if is_regions_own else place.place
    # Data centres of several countries are data centres somewhere: their interval cannot be wider.
    limits = catalogue.places.span_of_unknown_place(year) if place.kind == "aggregate" else (0.0, inf)
    return GridChoice(value, tuple(spreads), upward, None, basis, tuple(notes), f"grid:{zone}", limits)


def _country_instead(
    catalogue: Catalogue, location: Location, series: list[GridValue], value: GridValue, year: int | None
) -> GridChoice | None:
    """Choose the country's grid for a part of it whose series ended years ago; None where that is no closer."""
    wanted = DATA_YEAR if year is None else min(year, DATA_YEAR)
    if value is not series[-1] or wanted - value.year <= _OLDEST_PART:
        return None
    places, place = catalogue.places, location.place
    country = places.by_code[place.parent]
    whole = choose_grid(catalogue, Location(country, None), year)
    if wanted - whole.value.year > _OLDEST_PART:
        return None
    note = f"{location.code} has no grid value since {value.year}: the grid of {country.name} is used."
    notes = (*([location.note] if location.note else []), note, *whole.notes)
    if year is not None:
        return whole._replace(notes=notes)
    # Without a year one of those may be meant that the part has values for.
    candidates = [*_ages(series)[:-1], (value, _OLDEST_PART)]
    own = {_spread(places, place, candidate, age) for candidate, age in candidates}
    ratio, _ = places.direct_over_life_cycle(place)
    upward = max(whole.upward, -log(ratio.low) if value.basis == "direct" else 0.0)
    return whole._replace(notes=notes, spreads=(*whole.spreads, *own), upward=upward)


def grid_input(choice: GridChoice, catalogue: Catalogue, hours: float | None) -> Input:
    """Return the carbon intensity with its interval for a run of this length.

    An annual mean hides the hours, more so for a short run: the term does not shrink with the root of the hours,
    since weather and season outlast them.

    Parameters
    ----------
    hours : float or None
        Wall-clock time of one run [h]; None when only accelerator-hours are known.
    """
    value = choice.value
    interval, own = choice.span, 0.0
    if interval is None:
        by_length = run_length_term(catalogue, HOURS_OF_UNKNOWN_RUN if hours is None else hours)
        interval = _grid_interval(choice, by_length)
        down, of_length = max((below + (scale * by_length) ** 2, scale) for below, _, scale in choice.spreads)
        own = (of_length * by_length) ** 2 / down
    return Input(
        GRID_INTENSITY, interval, UNIT, choice.basis, value.source, f"{_basis_words(value.basis)}, {value.year}", 1.0,
        choice.key, own, value.year, ACCOUNTING.get(value.basis, value.basis),
    )  # fmt: skip


def run_length_term(catalogue: Catalogue, hours: Any) -> Any:
    """Return how far the mean of a year fits runs of such lengths less well, before the scale of the place. [1]

    Parameters
    ----------
    hours : float or array
        Wall-clock time of one run. [h]
    """
    return interpolated(_points(catalogue.places, "run_length"), hours, log)


def _grid_interval(choice: GridChoice, by_length: float) -> Interval:
    below, above = grid_widths(choice.spreads, choice.upward, by_length)
    best = choice.value.g_per_kwh
    return Interval(max(best * exp(-below), choice.limits[0]), best, min(best * exp(above), choice.limits[1]))


def grid_widths(spreads: Sequence[tuple[Any, Any, Any]], upward: Any, by_length: Any) -> tuple[Any, Any]:
    """Return how far a carbon intensity may be below and above its best value, in natural-log units. [1]

    Parameters
    ----------
    spreads, upward : float or array
        Of its `GridChoice`.
    by_length : float or array
        Of `run_length_term`. [1]
    """
    both = [(below + (own := (scale * by_length) ** 2), above + own) for below, above, scale in spreads]
    down, above = both[0] if len(both) == 1 else map(greatest, zip(*both, strict=True))
    up = Z_90 * above**0.5
    return Z_90 * down**0.5, (up**2 + upward**2) ** 0.5


def _choose_unknown(catalogue: Catalogue, year: int | None) -> GridChoice:
    """Take a data centre somewhere: the mixture of grids that `benchmarks/unknown_place.py` works out."""
    value, span = catalogue.places.unknown_place(year)
    note = (
        f"No place given: {span.best:.0f} g/kWh ({span.low:.0f} to {span.high:.0f}) are assumed, the grids of the "
        "world by where data centres draw electricity. A place narrows the result more than anything else."
    )
    return GridChoice(value, (), 0.0, span, "default", (note,), f"grid:{UNKNOWN_PLACE}")


def _value_for(series: list[GridValue], year: int | None) -> GridValue:
    """Take the year's value, else the nearest earlier one; before the first, the first."""
    earlier = [value for value in series if year is None or value.year <= year]
    return earlier[-1] if earlier else series[0]


def _ages(series: list[GridValue]) -> list[tuple[GridValue, int]]:
    """List each value with the longest time for which it has to serve."""
    before = (series[0], max(0, series[0].year - FIRST_YEAR))
    gaps = [(value, following.year - 1 - value.year) for value, following in pairwise(series)]
    return [before, *gaps, (series[-1], max(0, DATA_YEAR - series[-1].year))]


def _notes(
    location: Location, value: GridValue, year: int | None, ratio: Interval, *, is_regions_own: bool
) -> list[str]:
    found = []
    if year is None:
        found.append(f"No year given: the grid of {value.year}, the latest for {location.code}, is used.")
    elif value.year != year:
        which = "nearest earlier" if value.year < year else "first"
        found.append(f"{location.code} has no grid value for {year}: the {which} one, {value.year}, is used.")
    if value.basis == "direct":
        found.append(
            f"{location.code} has a direct (combustion) value only; life-cycle intensity is about "
            f"{1 / ratio.best:.2f} x as high there, which the interval spans."
        )
    if location.region and not is_regions_own and (location.region.own_value or location.place.kind == "country"):
        during = f" for {year}" if location.region.own_value else ""
        found.append(f"{location.code}: no regional value{during}; the grid of {location.place.name} is used.")
    return found


def _basis_words(basis: str) -> str:
    return "direct (combustion)" if basis == "direct" else ACCOUNTING.get(basis, basis)


def _spread(places: Places, place: Place, value: GridValue, age: int) -> tuple[float, float, float]:
    """Return the variance of a value's logarithm on both sides but for the run's length, and the scale of that term.

    The floor of the source term counts upward only: a few grams more multiply a tiny value, but no source divides it.
    It is taken at the life-cycle level, since that is what the sources were compared by.
    """
    g_per_kwh = value.g_per_kwh
    source = above = _step(_points(places, "source"), g_per_kwh)
    if g_per_kwh < _points(places, "source")[1][0]:
        floor_g = _points(places, "source_floor_g")[0][1]
        ratio = places.direct_over_life_cycle(place)[0].best if value.basis == "direct" else 1.0
        above = max(source, log1p(Z_90 * floor_g * ratio / g_per_kwh) / Z_90)
    stale = interpolated(_points(places, "age_below_150" if g_per_kwh < 150 else "age"), float(age))
    rest = stale**2 + sum(_term_of_place(places, term, place) ** 2 for term in _TERMS_BY_PLACE)
    return source**2 + rest, above**2 + rest, _step(_points(places, "run_length_scale"), g_per_kwh)


def _term_of_place(places: Places, term: str, place: Place) -> float:
    """Return one term of a place's uncertainty; zero where it has none of its own."""
    return dict(places.uncertainty_term(term)).get(place.place, 0.0)


def hidden_by_year(places: Places, hours: float, g_per_kwh: float) -> float:
    """Return how far the mean over a run typically is from the annual mean, one standard deviation, log. [1]

    Parameters
    ----------
    hours : float
        Length of the run. [h]
    g_per_kwh : float
        The annual mean, since clean grids vary more. [g/kWh]
    """
    of_length = interpolated(_points(places, "run_length"), hours, log)
    return float(of_length * _step(_points(places, "run_length_scale"), g_per_kwh))


def uncertainty_at(places: Places, term: str, at: float, *, is_step: bool = False) -> float:
    """Return a term of the grid's uncertainty at a value of what it depends on. [its unit]

    Parameters
    ----------
    is_step : bool
        Whether the term holds from each of its points on; else it is interpolated.
    """
    points = _points(places, term)
    return float(_step(points, at) if is_step else interpolated(points, at))


@lru_cache(maxsize=64)
def _points(places: Places, term: str) -> list[tuple[float, float]]:
    return sorted((float(key), value) for key, value in places.uncertainty_term(term))


def _step(points: list[tuple[float, float]], at: float) -> float:
    """Take the value of the last point that is not beyond."""
    return [value for key, value in points if key <= at][-1]
