"""The quantities of many runs as arrays: the formulas of single estimates, a slice of the rows at a time."""

from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

import numpy as np

from greentrain import formulas
from greentrain.catalogue import Catalogue
from greentrain.estimation.grid import grid_widths, run_length_term
from greentrain.footprint import water_per_it_kwh
from greentrain.frames.columns import Array
from greentrain.frames.resolved import Site, stacked
from greentrain.interval import Z_90, Interval, log_squares, sum_independent, with_log_squares

_AMOUNTS = 12
"""Rows of `of_an_hour` that are multiplied by hours. [1]"""
_ROWS_OF_A_SLICE = 1 << 15
"""So many that calls of NumPy cost little, and so few that the arrays of a slice stay in the processor's cache. [1]"""


class Sites(NamedTuple):
    """The figures of several sites, as arrays with one element each.

    Attributes
    ----------
    pue, wue, water_intensity : array
        Low, best and high. [1, L/kWh, L/kWh]
    squares : array
        Squared widths of the PUE, below and above, and of the water for each kilowatt-hour, in natural-log units. [1]
    g_per_kwh : array
        Carbon intensity. [g CO2e/kWh]
    spreads, upward, most_widths
        How far that may be off, as `grid_widths` takes it, and at most.
    """

    pue: Array
    wue: Array
    water_intensity: Array
    squares: Array
    g_per_kwh: Array
    spreads: tuple[tuple[Array, Array, Array], ...]
    upward: Array
    most_widths: tuple[Array, Array] | None


def sites_of(sites: list[Site]) -> Sites:
    """Bring the figures of sites into arrays."""
    number = max((len(site.spreads) for site in sites), default=1)
    spreads = np.array([[site.spreads[min(each, len(site.spreads) - 1)] for each in range(number)] for site in sites])
    ends = [stacked(getattr(site, name) for site in sites) for name in ("pue", "wue", "water_intensity")]
    pue, wue, water_intensity = (interval_of(each) for each in ends)
    return Sites(
        ends[0],
        ends[1],
        ends[2],
        np.array([*log_squares(pue), *log_squares(water_per_it_kwh(pue, wue, water_intensity))]),
        np.array([site.g_per_kwh for site in sites]),
        tuple(tuple(spreads[:, each, part].copy() for part in range(3)) for each in range(number)),  # type: ignore[misc]
        np.array([site.upward for site in sites]),
        _most_widths(sites),
    )


def _most_widths(sites: list[Site]) -> tuple[Array, Array] | None:
    """Return how far intervals may reach below and above, in natural-log units [1]; None where nothing limits them."""
    best = np.array([site.g_per_kwh for site in sites])
    low, high = np.array([site.limits for site in sites]).T
    if not low.any() and np.isinf(high).all():
        return None
    with np.errstate(divide="ignore"):
        return np.log(best / low), np.log(high / best)


class Runs(NamedTuple):
    """Runs whose hardware and sites are resolved, as arrays with one element each.

    Attributes
    ----------
    rows : array of int or None
        Their rows in the table; None where they are all of its rows.
    of_an_hour : callable
        Returns what `of_an_hour` does for a slice of them.
    hours : array
        Hours of one run. [h]
    known_hours : array
        The same, or the length that a run is taken to have of which only accelerator-hours are known. [h]
    number : array
        Number of identical runs. [1]
    site : array of int
        Which of the sites each has.
    g_per_kwh : array or None
        Carbon intensity where it is given, else NaN. [g CO2e/kWh]
    """

    rows: Array | None
    of_an_hour: Callable[[slice], Array]
    hours: Array
    known_hours: Array
    number: Array
    site: Array
    g_per_kwh: Array | None


def interval_of(ends: Iterable[Any]) -> Interval:
    """Make an interval of arrays of lows, bests and highs."""
    return Interval(*ends)


def of_an_hour(hardware: Array, sites: Sites, site: Array, pue: Array | None) -> list[Array]:
    """Return IT energy, facility energy, water and embodied emissions of an hour: low, best and high of each.

    Two rows more are the squared widths of the facility's energy below and above, in natural-log units.

    Parameters
    ----------
    hardware : array
        Low, best and high of IT energy and of embodied emissions. [kWh, kg CO2e]
    site : array of int
        Which of the sites each run has.
    pue : array or None
        PUE where it is given, else NaN. [1]
    """
    energy = interval_of(hardware[:3])
    best_pue, squares = sites.pue[1, site], sites.squares[:, site]
    if pue is not None:
        places = np.flatnonzero(~np.isnan(pue))
        given, own = interval_of([pue[places]] * 3), site[places]
        of_water = interval_of(sites.wue[:, own]), interval_of(sites.water_intensity[:, own])
        best_pue[places] = pue[places]
        squares[:2, places] = 0.0
        squares[2:, places] = log_squares(water_per_it_kwh(given, *of_water))
    below, above = log_squares(energy)
    below_facility, above_facility = below + squares[0], above + squares[1]
    facility_kwh = formulas.facility_energy_kwh(energy.best, best_pue)
    facility = with_log_squares(facility_kwh, below_facility, above_facility)
    water_l = formulas.water_l(energy.best, sites.wue[1, site], best_pue, sites.water_intensity[1, site])
    water = with_log_squares(water_l, below + squares[2], above + squares[3])
    return [*energy, *facility, *water, *hardware[3:], below_facility, above_facility]


def write_quantities(catalogue: Catalogue, runs: Runs, sites: Sites, out: Array) -> None:
    """Work out the quantities of runs and write them into their rows.

    Parameters
    ----------
    out : array
        A row for low, best and high of each quantity, a column for each row of the table.
    """
    count = len(runs.site)
    for start in range(0, count, _ROWS_OF_A_SLICE):
        part = slice(start, min(start + _ROWS_OF_A_SLICE, count))
        hour = runs.of_an_hour(part)
        amounts = hour[:_AMOUNTS]
        amounts *= runs.hours[part] * runs.number[part]
        _, facility, water, embodied = (interval_of(amounts[first : first + 3]) for first in range(0, _AMOUNTS, 3))
        kg = formulas.operational_kg(facility.best, _g_per_kwh(runs, sites, part))
        below, above = _grid_widths(catalogue, runs, sites, part)
        operational = with_log_squares(kg, hour[-2] + below * below, hour[-1] + above * above)
        total = sum_independent(operational, embodied)
        rows = part if runs.rows is None else runs.rows[part]
        ends = (*amounts[:6], *operational, *embodied, *total, *water)
        for row, values in zip(out, ends, strict=True):
            row[rows] = values


def _g_per_kwh(runs: Runs, sites: Sites, part: slice) -> Array:
    """Return the best values of the carbon intensity of a slice of the runs. [g CO2e/kWh]"""
    best = sites.g_per_kwh[runs.site[part]]
    if runs.g_per_kwh is None:
        return best
    stated = runs.g_per_kwh[part]
    return np.where(np.isnan(stated), best, stated)


def _grid_widths(catalogue: Catalogue, runs: Runs, sites: Sites, part: slice) -> tuple[Array, Array]:
    """Return how far the carbon intensities of a slice of the runs may be off, in natural-log units. [1]"""
    return _widths(sites, runs.site[part], run_length_term(catalogue, runs.known_hours[part]))


def _widths(sites: Sites, site: Array, by_length: Array) -> tuple[Array, Array]:
    spreads = tuple((below[site], above[site], scale[site]) for below, above, scale in sites.spreads)
    below, above = grid_widths(spreads, sites.upward[site], by_length)
    if sites.most_widths is not None:
        most_below, most_above = sites.most_widths
        below, above = np.minimum(below, most_below[site]), np.minimum(above, most_above[site])
    return below, above


class GridTerms(NamedTuple):
    """Variances of the logarithm of the carbon intensity of runs, and which part of them is each run's own. [1]"""

    below: Array
    above: Array
    own: Array


def grid_terms(catalogue: Catalogue, sites: Sites, site: Array, known_hours: Array) -> GridTerms:
    """Return what is uncertain about the carbon intensity of runs, as `grid_input` does for one.

    Parameters
    ----------
    site : array of int
        Which of the sites each run has.
    known_hours : array
        Of `Runs`. [h]
    """
    by_length = run_length_term(catalogue, known_hours)
    of_length = np.array([(scale[site] * by_length) ** 2 for _, _, scale in sites.spreads])
    down = np.array([below[site] for below, _, _ in sites.spreads]) + of_length
    widest = down.argmax(axis=0), np.arange(len(site))
    own = np.divide(of_length[widest], down[widest], out=np.zeros(len(site)), where=down[widest] > 0)
    below, above = ((width / Z_90) ** 2 for width in _widths(sites, site, by_length))
    return GridTerms(below, above, own)
