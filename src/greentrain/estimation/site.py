"""The site of a run: its place, PUE, carbon intensity and water, and their means over several sessions."""

from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Any

from greentrain.catalogue import Accelerator, Catalogue, Figure, Location, load_catalogue
from greentrain.catalogue.facilities import OWN_COMPUTER, WORKSTATION
from greentrain.catalogue.records import WORLD
from greentrain.elementwise import remembered
from greentrain.errors import Contradiction, GreentrainError
from greentrain.estimation.devices import find_devices, is_unknown_device
from greentrain.estimation.grid import ACCOUNTING, UNIT, GridChoice, choose_grid, grid_input
from greentrain.estimation.ranges import SITES
from greentrain.footprint import SiteFactors
from greentrain.inputs import GRID_INTENSITY, PUE, Input, given
from greentrain.interval import Interval

_ON_DESKS = ("laptop", "soc")
OWN_CLASSES = ("workstation", *_ON_DESKS)
"""Hardware classes that stand on or under desks; providers have workstations' cards too."""

UNKNOWN_SITE = SiteFactors(None, None)


@lru_cache(maxsize=4096)
def find_location(catalogue: Catalogue, name: str | None, provider: str) -> Location | None:
    """Find the place, and refuse a region of another provider than the instance's.

    Raises
    ------
    UnknownName, AmbiguousName
        For a place that is not in the catalogue, or a region name that several providers have.
    Contradiction
        If the region is not one of the provider's.
    """
    if name is None:
        return None
    location = catalogue.places.find(name)
    if provider and location.region and location.region.provider != provider:
        raise Contradiction("location", name, f"is not a region of {provider}, to which {{instance}} belongs")
    return location


@remembered(maxsize=4096)
def find_site(
    catalogue: Catalogue,
    location: Location | None,
    provider: str,
    year: int | None,
    pue: float | None,
    kind: str | None,
    device: Accelerator | None = None,
) -> SiteFactors:
    """Find the facility's figures, the most specific that are published; the carbon intensity is not among them.

    Parameters
    ----------
    location : Location or None
        None where the user named no place.
    provider : str
        The cloud provider, or nothing.
    pue : float or None
        What the user stated. [1]
    kind : {'datacentre', 'workstation'}, optional
        Kind of site. By default that which the device belongs to, see `default_site`.
    device : Accelerator, optional
        The accelerator, whose class decides where neither kind nor provider is known.
    """
    region = location.region if location else None
    provider = region.provider if region else provider
    facility = WORKSTATION if kind == WORKSTATION else provider
    by_class = kind is None and default_site(device, provider) == WORKSTATION
    if by_class:
        facility = OWN_COMPUTER
    power, water = (catalogue.facilities.best_known(metric, facility, region, year) for metric in ("pue", "wue"))
    centre = location.centre if location and kind != WORKSTATION else None
    power = (centre and centre.pue) or power
    place = location.place if location else catalogue.places.by_code[WORLD]
    electricity = catalogue.facilities.water_intensity(place)
    site = f"{centre.id}:" if centre else f"{facility or 'industry'}:{region.region if region else ''}"
    pue_input = given(PUE, pue, "1") if pue is not None else _input(PUE, power, 1.0, site)
    is_centre = not by_class and kind != WORKSTATION  # the survey's year is that of data centres
    notes = (*(_pue_notes(power, year) if is_centre else ()), *_class_notes(device if by_class else None, power))
    return SiteFactors(
        pue_input,
        None,
        _input("wue", water, 0.0, site),
        _input("water_intensity", electricity, 0.0, place.place),
        () if pue is not None else notes,
    )


def default_site(device: Accelerator | None, provider: str) -> str:
    """Return what a device stands in unless the user states it: a card, chip or laptop of one's own in no data centre.

    Parameters
    ----------
    device : Accelerator or None
        The accelerator, if any.
    provider : str
        The cloud provider, which has data centres alone, or nothing.
    """
    is_own = device is not None and device.hardware_class in (_ON_DESKS if provider else OWN_CLASSES)
    return WORKSTATION if is_own else SITES[0]


def _class_notes(device: Accelerator | None, pue: Figure) -> tuple[str, ...]:
    if device is None:
        return ()
    low, _, high = pue.value
    return (
        f"{device.name} is taken to stand in no data centre: PUE {low:.1f} to {high:.1f}. Where it does, "
        "--site datacentre takes the PUE of one.",
    )


def choose_site(
    catalogue: Catalogue,
    location: Location | None,
    provider: str,
    hours: float | None,
    *,
    grid_intensity: float | None,
    grid_year: int | None,
    year: int | None,
    pue: float | None,
    kind: str | None,
    device: Accelerator | None,
) -> tuple[GridChoice | None, SiteFactors]:
    """Find all factors of a site, and which carbon intensity was chosen unless the user gave one.

    Parameters
    ----------
    hours : float or None
        Length of the run. [h]
    grid_intensity : float or None
        What the user stated. [g CO2e/kWh]
    grid_year, year : int or None
        Year of the carbon intensity, and of what `find_site` looks up, which has the other parameters.
    """
    choice: GridChoice | None = None
    notes: tuple[str, ...] = ()
    if grid_intensity is None:
        choice = choose_grid(catalogue, location, grid_year)
        grid, notes = grid_input(choice, catalogue, hours), choice.notes
    else:
        grid = given(GRID_INTENSITY, grid_intensity, UNIT)
    found = find_site(catalogue, location, provider, year, pue, kind, device)
    return choice, SiteFactors(found.pue, grid, found.wue, found.water_intensity, (*notes, *found.notes))


def site_factors(inputs: Mapping[str, Any], hours: float | None) -> SiteFactors:
    """Find PUE, carbon intensity and water of a run that is measured, as `estimate` does.

    Parameters
    ----------
    inputs : mapping
        Keywords of ``greentrain.estimate``; those about hardware, but for the instance type, do not count.
    hours : float or None
        Length of the run: the mean of a year fits a shorter one less well. [h]

    Raises
    ------
    GreentrainError
        If something in the inputs is not in the catalogue.
    """
    catalogue = load_catalogue(inputs.get("profiles"))
    instance = inputs.get("instance")
    provider = catalogue.hardware.find_instance(instance).provider if instance else ""
    location = find_location(catalogue, inputs.get("location"), provider)
    year = inputs.get("year")
    _, found = choose_site(
        catalogue,
        location,
        provider,
        hours,
        grid_intensity=inputs.get("grid_intensity"),
        grid_year=year,
        year=year,
        pue=inputs.get("pue"),
        kind=inputs.get("site"),
        device=_stated_device(catalogue, inputs),
    )
    return found


def _stated_device(catalogue: Catalogue, inputs: Mapping[str, Any]) -> Accelerator | None:
    gpu, instance = inputs.get("gpu"), inputs.get("instance")
    if gpu is None and instance is None:
        return None
    if instance is None and is_unknown_device(catalogue, "gpu", str(gpu)):
        return None
    try:
        return find_devices(catalogue, gpu, instance, None).profile
    except GreentrainError:  # one that no profile describes
        return None


def site_record(site: SiteFactors) -> dict[str, Any]:
    """Return PUE and carbon intensity as a journal holds them."""
    return {
        item.name: item.to_dict() | {"year": item.year, "accounting": item.accounting, "key": item.key}
        for item in site.of_energy
    }


def mean_site(
    sessions: Iterable[tuple[float | None, Interval | None, Interval | None]], newest: SiteFactors
) -> SiteFactors:
    """Return the factors of a run of several sessions: their means, weighted by the energy that each drew.

    A session that does not state its factors has those of the newest one that does.

    Parameters
    ----------
    sessions : iterable of (float or None, Interval or None, Interval or None)
        Of each session and node the energy [kWh], PUE [1] and carbon intensity [g CO2e/kWh].
    newest : SiteFactors
        Of the newest session that states them.
    """
    if newest.pue is None or newest.grid_intensity is None:
        return newest
    known = [session for session in sessions if session[0]]
    stated = [(pue or newest.pue.value, g_per_kwh or newest.grid_intensity.value) for _, pue, g_per_kwh in known]
    if len(set(stated)) < 2:
        if stated and stated[0] != (newest.pue.value, newest.grid_intensity.value):
            return _with_values(newest, *stated[0])
        return newest
    weights = [kwh or 0.0 for kwh, _, _ in known]
    pue = _mean([pue for pue, _ in stated], weights)
    facility = [kwh * each.best for (each, _), kwh in zip(stated, weights, strict=True)]
    return _with_values(newest, pue, _mean([grid for _, grid in stated], facility))


def dated_grid(site: SiteFactors, location: str | None, year: int | None) -> SiteFactors:
    """Complete a carbon intensity that an older greentrain recorded without its year from the tables."""
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


def place_notes(site: SiteFactors, location: str | None) -> tuple[str, ...]:
    """Return what is to be known of a recorded carbon intensity: that it is of another place, or counts less."""
    grid = site.grid_intensity
    if location is None or grid is None or grid.year is None or grid.basis == "given":
        return ()
    try:
        catalogue = load_catalogue()
        choice = choose_grid(catalogue, find_location(catalogue, location, ""), grid.year)
    except GreentrainError:
        return ()
    return choice.notes if choice.value.g_per_kwh == grid.value.best else ()


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


def _input(name: str, figure: Figure, weight: float, site: str) -> Input:
    note = f"{figure.year}" if figure.year else ""
    return Input(
        name, figure.value, figure.unit, figure.basis, figure.source, note, weight, f"{name}:{site}", year=figure.year
    )


def _pue_notes(figure: Figure, year: int | None) -> tuple[str, ...]:
    if year is None or figure.year in (None, year) or figure.value.is_exact:
        return ()
    return (f"No PUE published for {year}: the one of {figure.year} is used.",)
