"""PUE and carbon intensity of a session and of a run: as recorded, else by the tables for the place that was stated."""

from collections.abc import Iterable, Sequence
from typing import Any

from greentrain.catalogue import load_catalogue
from greentrain.errors import GreentrainError
from greentrain.estimation.grid import ACCOUNTING, choose_grid
from greentrain.estimation.site import find_location, site_factors
from greentrain.footprint import SiteFactors
from greentrain.history.run_records import NodeMeasurement
from greentrain.inputs import GRID_INTENSITY, PUE, Input
from greentrain.interval import Interval
from greentrain.journal import fields
from greentrain.journal.writer import Record
from greentrain.units import SECONDS_PER_HOUR

UNKNOWN_SITE = SiteFactors(None, None)
_UNITS = {PUE: "1", GRID_INTENSITY: "g/kWh"}


def site_of(inputs: Record | None, start: Record, seconds: float) -> SiteFactors:
    """Find the site of a session.

    A run writes what it used when it ends. One that was killed, or goes on, has only recorded where it is: the same
    tables then give what it would have written.

    Parameters
    ----------
    inputs : dict or None
        The record of what it used.
    start : dict
        Its first record.
    seconds : float
        How long it went on. [s]
    """
    written = _read(inputs) if inputs else None
    return written or _read(start) or _looked_up(start, seconds) or UNKNOWN_SITE


def site_record(site: SiteFactors) -> dict[str, Any]:
    """Return PUE and carbon intensity as a journal holds them."""
    return {
        item.name: item.to_dict() | {"year": item.year, "accounting": item.accounting, "key": item.key}
        for item in site.of_energy
    }


def mean_site(nodes: Iterable[NodeMeasurement], newest: SiteFactors) -> SiteFactors:
    """Return the factors of a run of several sessions: their means, weighted by the energy that each drew.

    A session that does not state its factors has those of the newest one that does.

    Parameters
    ----------
    nodes : iterable of NodeMeasurement
        The sessions, each with its energy and factors.
    newest : SiteFactors
        Of the newest session that states them.
    """
    if newest.pue is None or newest.grid_intensity is None:
        return newest
    known = [(node, kwh) for node in nodes if (kwh := node.total_kwh)]
    stated = [(node.pue or newest.pue.value, node.g_per_kwh or newest.grid_intensity.value) for node, _ in known]
    if len(set(stated)) < 2:
        if stated and stated[0] != (newest.pue.value, newest.grid_intensity.value):
            return _with_values(newest, *stated[0])
        return newest
    weights = [kwh for _, kwh in known]
    pue = _mean([pue for pue, _ in stated], weights)
    facility = [kwh * each.best for (each, _), kwh in zip(stated, weights, strict=True)]
    return _with_values(newest, pue, _mean([grid for _, grid in stated], facility))


def dated_grid(site: SiteFactors, location: str | None, year: int | None) -> SiteFactors:
    """Complete a carbon intensity that an older greentrain recorded without its year by what the tables say of it."""
    grid = site.grid_intensity
    if grid is None or grid.year is not None or grid.basis == "given":
        return site
    try:
        catalogue = load_catalogue()
        choice = choose_grid(catalogue, find_location(catalogue, location, ""), year)
    except GreentrainError:
        return site
    value = choice.value
    if value.g_per_kwh != grid.value.best:
        return site
    accounting = ACCOUNTING.get(value.basis, value.basis)
    note = f"{accounting} {value.year}"
    return site._replace(
        grid_intensity=grid._replace(year=value.year, accounting=accounting, note=note, key=choice.key)
    )


def _with_values(site: SiteFactors, pue: Interval, g_per_kwh: Interval) -> SiteFactors:
    assert site.pue is not None
    assert site.grid_intensity is not None
    grid = site.grid_intensity
    kept = grid if g_per_kwh == grid.value else grid._replace(value=g_per_kwh, year=None, accounting="", note="")
    return site._replace(pue=site.pue._replace(value=pue), grid_intensity=kept)


def _mean(values: Sequence[Interval], weights: Sequence[float]) -> Interval:
    """Average intervals end by end: what is uncertain about one place's tables is so in every session."""
    whole = sum(weights)
    low, best, high = (
        sum(weight * end for weight, end in zip(weights, ends, strict=True)) / whole
        for ends in zip(*values, strict=True)
    )
    return Interval(low, best, high)


def _read(record: Record) -> SiteFactors | None:
    pue, grid = _input(record, PUE), _input(record, GRID_INTENSITY)
    return None if pue is None or grid is None else SiteFactors(pue, grid)


def _input(record: Record, name: str) -> Input | None:
    interval = fields.interval(record, name)
    if interval is None:
        return None
    found = fields.mapping(record, name)
    basis, source = fields.text(found, "basis") or "given", fields.text(found, "source") or "user"
    year, accounting = fields.whole(found, "year"), fields.text(found, "accounting") or ""
    key = fields.text(found, "key") or f"{name}:{source}:{interval.best:g}"
    note = " ".join(str(part) for part in (accounting, year) if part) if name == GRID_INTENSITY else ""
    return Input(name, interval, _UNITS[name], basis, source, note, 1.0, key, 0.0, year, accounting)


def _looked_up(start: Record, seconds: float) -> SiteFactors | None:
    stated = fields.plain_values(fields.mapping(start, "estimate_inputs"))
    if not stated:
        return None
    try:
        return site_factors(stated, seconds / SECONDS_PER_HOUR or None)
    except (GreentrainError, TypeError, ValueError, AttributeError):  # the journal may hold anything
        return None
