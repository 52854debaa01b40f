"""The quantities of many runs as arrays: the formulas of single estimates, a slice of the rows at a time."""

from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

import numpy as np

from greentrain.catalogue import Catalogue
from greentrain.estimation.grid import grid_interval, run_length_term
from greentrain.footprint import consumed_l, emitted_kg, facility_kwh
from greentrain.frames.columns import Array
from greentrain.frames.resolved import Site, stacked
from greentrain.interval import Interval, sum_independent

_ROWS_OF_A_SLICE = 1 << 13
"""So many that the arrays of a slice stay in the processor's cache. [1]"""


class Sites(NamedTuple):
    """The figures of several sites, as arrays with one element each."""

    pue: Array
    wue: Array
    water_intensity: Array
    g_per_kwh: Array
    spreads: tuple[tuple[Array, Array, Array], ...]
    upward: Array
    limits: tuple[Array, Array]


def sites_of(sites: list[Site]) -> Sites:
    """Bring the figures of sites into arrays."""
    number = max((len(site.spreads) for site in sites), default=1)
    spreads = np.array([[site.spreads[min(each, len(site.spreads) - 1)] for each in range(number)] for site in sites])
    return Sites(
        stacked(site.pue for site in sites),
        stacked(site.wue for site in sites),
        stacked(site.water_intensity for site in sites),
        np.array([site.g_per_kwh for site in sites]),
        tuple(tuple(spreads[:, each, part].copy() for part in range(3)) for each in range(number)),  # type: ignore[misc]
        np.array([site.upward for site in sites]),
        (np.array([site.limits[0] for site in sites]), np.array([site.limits[1] for site in sites])),
    )


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


def of_an_hour(hardware: Array, sites: Sites, site: Array, pue: Array | None) -> Array:
    """Return IT energy, facility energy, water and embodied emissions of an hour: low, best and high of each.

    Parameters
    ----------
    hardware : array
        Low, best and high of IT energy and of embodied emissions. [kWh, kg CO2e]
    site : array of int
        Which of the sites each run has.
    pue : array or None
        PUE where it is given, else NaN. [1]
    """
    energy, used = interval_of(hardware[:3]), interval_of(sites.pue[:, site])
    if pue is not None:
        is_given = ~np.isnan(pue)
        used = interval_of(np.where(is_given, pue, end) for end in used)
    water = consumed_l(energy, used, interval_of(sites.wue[:, site]), interval_of(sites.water_intensity[:, site]))
    return np.stack([*energy, *facility_kwh(energy, used), *water, *hardware[3:]])


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
        amounts = runs.of_an_hour(part)
        amounts *= runs.hours[part] * runs.number[part]
        _, facility, water, embodied = (interval_of(amounts[first : first + 3]) for first in range(0, 12, 3))
        grid = _grid(catalogue, runs, sites, part)
        operational = emitted_kg(facility.best, grid, facility)
        total = sum_independent(operational, embodied)
        rows = part if runs.rows is None else runs.rows[part]
        ends = (*amounts[:6], *operational, *embodied, *total, *water)
        for row, values in zip(out, ends, strict=True):
            row[rows] = values


def _grid(catalogue: Catalogue, runs: Runs, sites: Sites, part: slice) -> Interval:
    """Return the carbon intensity of a slice of the runs. [g CO2e/kWh]"""
    site = runs.site[part]
    by_length = run_length_term(catalogue, runs.known_hours[part])
    best = sites.g_per_kwh[site]
    if runs.g_per_kwh is not None:
        stated = runs.g_per_kwh[part]
        best = np.where(np.isnan(stated), best, stated)
    spreads = tuple((below[site], above[site], scale[site]) for below, above, scale in sites.spreads)
    limits = sites.limits[0][site], sites.limits[1][site]
    return grid_interval(best, spreads, sites.upward[site], limits, by_length)
