"""Which carbon intensity a run gets: the place's value of the year, and how uncertain it is.

The terms of the uncertainty and their figures are in grid_uncertainty.csv; this module combines them.
"""

from collections.abc import Callable
from functools import lru_cache
from itertools import pairwise
from math import exp, log, log1p
from typing import NamedTuple

from greentrain.catalogue import DATA_VERSION, Catalogue, GridValue, Location, Place, Places
from greentrain.catalogue.places import WORLD
from greentrain.estimation.ranges import FIRST_YEAR
from greentrain.inputs import GRID_INTENSITY, Input
from greentrain.interval import Z_90, Interval

UNIT = "g/kWh"
ACCOUNTING = {"lifecycle": "life-cycle"}
"""What a carbon intensity counts, where our term differs from the table's."""

DATA_YEAR = int(DATA_VERSION[:4])
_HOURS_IN_LONGEST_UNKNOWN_RUN = 720.0


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


@lru_cache(maxsize=4096)
def choose_grid(catalogue: Catalogue, location: Location | None, year: int | None) -> GridChoice:
    """Choose the carbon intensity of a place and year: that year's, else the nearest earlier one.

    Parameters
    ----------
    catalogue : Catalogue
        Where the series are.
    location : Location or None
        None takes the world mean, with an interval that holds every country.
    year : int or None
        None takes the latest value.
    """
    if location is None:
        return _choose_world(catalogue, year)
    place, region = location
    series = [region.own_value] if region and region.own_value else catalogue.places.series(place.place)
    value = _value_for(series, year)
    candidates = _ages(series) if year is None else [(value, abs(year - value.year))]
    spreads = {_spread(catalogue.places, place, candidate, age) for candidate, age in candidates}
    ratio, _ = catalogue.places.direct_over_life_cycle(place)
    upward = -log(ratio.low) if value.basis == "direct" else 0.0
    basis = "assumed" if value.verified == "assumed" else "published"
    notes = tuple(_notes(location, value, year, ratio))
    zone = location.code if series == [value] and region and region.own_value else place.place
    return GridChoice(value, tuple(spreads), upward, None, basis, notes, f"grid:{zone}")


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
        length = _HOURS_IN_LONGEST_UNKNOWN_RUN if hours is None else hours
        by_length = _interpolated(_points(catalogue.places, "run_length"), length, log)
        down, of_length = max((below + (scale * by_length) ** 2, scale) for below, _, scale in choice.spreads)
        own = (of_length * by_length) ** 2 / down
        up = Z_90 * max(above + (scale * by_length) ** 2 for _, above, scale in choice.spreads) ** 0.5
        up = (up**2 + choice.upward**2) ** 0.5
        interval = Interval(value.g_per_kwh * exp(-Z_90 * down**0.5), value.g_per_kwh, value.g_per_kwh * exp(up))
    return Input(
        GRID_INTENSITY, interval, UNIT, choice.basis, value.source, f"{_basis_words(value.basis)}, {value.year}", 1.0,
        choice.key, own, value.year, ACCOUNTING.get(value.basis, value.basis),
    )  # fmt: skip


def _choose_world(catalogue: Catalogue, year: int | None) -> GridChoice:
    """Take the world mean, and an interval that holds every country in any year with what sources disagree on.

    Some countries report late or not every year, so a single year would leave some out.
    """
    value = _value_for(catalogue.places.series(WORLD), year)
    lowest, highest = catalogue.places.country_range
    below, above = (_step(_points(catalogue.places, "source"), g_per_kwh) for g_per_kwh in (lowest, highest))
    span = Interval(lowest * exp(-Z_90 * below), value.g_per_kwh, highest * exp(Z_90 * above))
    note = (
        f"No place given: the world mean of {value.year} is used and the interval holds every country "
        f"({span.low:.0f} to {span.high:.0f} g/kWh). A place narrows the result more than anything else."
    )
    return GridChoice(value, (), 0.0, span, "default", (note,), f"grid:{WORLD}")


def _value_for(series: list[GridValue], year: int | None) -> GridValue:
    """Take the year's value, else the nearest earlier one; before the first, the first."""
    earlier = [value for value in series if year is None or value.year <= year]
    return earlier[-1] if earlier else series[0]


def _ages(series: list[GridValue]) -> list[tuple[GridValue, int]]:
    """List each value with the longest time for which it has to serve."""
    before = (series[0], max(0, series[0].year - FIRST_YEAR))
    gaps = [(value, following.year - 1 - value.year) for value, following in pairwise(series)]
    return [before, *gaps, (series[-1], max(0, DATA_YEAR - series[-1].year))]


def _notes(location: Location, value: GridValue, year: int | None, ratio: Interval) -> list[str]:
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
    if location.region and location.region.own_value is None and location.place.kind == "country":
        found.append(f"{location.code}: no regional value; the grid of {location.place.name} is used.")
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
    stale = _interpolated(_points(places, "age"), float(age))
    within = dict(places.uncertainty_term("subregion")).get(place.place, 0.0)
    rest = stale**2 + within**2
    return source**2 + rest, above**2 + rest, _step(_points(places, "run_length_scale"), g_per_kwh)


@lru_cache(maxsize=64)
def _points(places: Places, term: str) -> list[tuple[float, float]]:
    return sorted((float(key), value) for key, value in places.uncertainty_term(term))


def _step(points: list[tuple[float, float]], at: float) -> float:
    """Take the value of the last point that is not beyond."""
    return [value for key, value in points if key <= at][-1]


def _interpolated(points: list[tuple[float, float]], at: float, scale: Callable[[float], float] = float) -> float:
    """Interpolate between points, linearly in the scaled key and flat beyond both ends."""
    if at <= points[0][0]:
        return points[0][1]
    for (x0, y0), (x1, y1) in pairwise(points):
        if at <= x1:
            return y0 + (y1 - y0) * (scale(at) - scale(x0)) / (scale(x1) - scale(x0))
    return points[-1][1]
