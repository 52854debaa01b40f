"""The distinct hardware and sites of a table, each resolved once by the code of single estimates."""

from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np

from greentrain.catalogue import Accelerator, Catalogue
from greentrain.errors import GreentrainError, InvalidNumber
from greentrain.estimation import Request, ResolvedRun, checked_number, find_compute, find_devices
from greentrain.estimation.embodied import embodied
from greentrain.estimation.grid import GridChoice, choose_grid
from greentrain.estimation.power import draw, rating_limit_w
from greentrain.estimation.site import OWN_CLASSES, find_location, find_site
from greentrain.footprint import Factor, terms
from greentrain.frames.columns import Array
from greentrain.inputs import Input
from greentrain.interval import Z_90, Interval, with_relative_width

OF_SITE = ("location", "year", "site")
"""Texts and whole numbers that a site is resolved by; ``pue`` and ``grid_intensity`` take the place of its figures."""
_ANY_HARDWARE: dict[str, Any] = {"gpu": "any", "hours": 1.0}


class HardwareHour(NamedTuple):
    """What an hour of one kind of hardware takes; arrays where its runs differ in numbers.

    Attributes
    ----------
    it_kwh, embodied_kg : Interval
        Of one hour. [kWh, kg CO2e]
    hours : float or array
        Hours of a run for each unit of time that is given; those that follow from a model's size. [h]
    has_known_hours : bool
        Whether these are wall-clock hours.
    provider : str
        The cloud provider, or nothing.
    own_device : Accelerator or None
        The accelerator, if it may stand in no data centre.
    name : str
        Of the accelerator by its id, or of the CPU as it is given.
    accelerators_share : float or array
        Accelerators' part of the energy. [1]
    inputs : tuple of Input
        What energy and embodied emissions follow from.
    notes : tuple of str
        What was understood on the way.
    factors : dict of str to list of Factor
        The terms that were worked out, by quantity.
    """

    it_kwh: Interval
    embodied_kg: Interval
    hours: Any
    has_known_hours: bool
    provider: str
    own_device: Accelerator | None
    name: str
    accelerators_share: Any
    inputs: tuple[Input, ...]
    notes: tuple[str, ...]
    factors: dict[str, list[Factor]]

    def terms(self, quantity: str) -> list[Factor]:
        """Return the terms of a quantity's doubt; they are worked out once for all parts of a table."""
        return _terms(self, quantity)


class Site(NamedTuple):
    """The figures of a site; the carbon intensity for runs of any length.

    Attributes
    ----------
    place : str
        Code of the place, nothing where none is named.
    choice : GridChoice or None
        The carbon intensity that was chosen; None where it is given.
    inputs : tuple of Input
        What PUE and water follow from.
    notes : tuple of str
        What was understood on the way.
    factors : dict of str to list of Factor
        The terms that were worked out, by quantity.
    """

    pue: Interval
    wue: Interval
    water_intensity: Interval
    g_per_kwh: float
    spreads: tuple[tuple[float, float, float], ...]
    upward: float
    limits: tuple[float, float]
    place: str
    choice: GridChoice | None
    inputs: tuple[Input, ...]
    notes: tuple[str, ...]
    factors: dict[str, list[Factor]]

    def terms(self, quantity: str) -> list[Factor]:
        """Return the terms of a quantity's doubt but for the carbon intensity."""
        return _terms(self, quantity)


def _terms(of: HardwareHour | Site, quantity: str) -> list[Factor]:
    if quantity not in of.factors:
        of.factors[quantity] = [*terms(of.inputs, quantity)]
    return of.factors[quantity]


def resolve_hardware(
    catalogue: Catalogue, facts: Mapping[str, Any], numbers: Mapping[str, Array]
) -> HardwareHour | None:
    """Work out an hour on one kind of hardware; None where an estimate refuses it.

    Parameters
    ----------
    facts : mapping
        Keywords of ``estimate`` that the runs share, and those of one of them.
    numbers : mapping of str to array
        Those in which they differ, checked each by itself and by `refused_together`.

    Raises
    ------
    InvalidNumber
        If an estimate refuses a number of some of the runs that differ.
    """
    if not numbers and all(isinstance(value, (str, int, float)) for value in facts.values()):
        return _known_hardware(catalogue, tuple(facts.items()))
    return _hardware(catalogue, facts, numbers)


@lru_cache(maxsize=4096)
def _known_hardware(catalogue: Catalogue, facts: tuple[tuple[str, Any], ...]) -> HardwareHour | None:
    """Resolve hardware once for all parts of a table that is read in parts."""
    return _hardware(catalogue, dict(facts), {})


def _hardware(catalogue: Catalogue, facts: Mapping[str, Any], numbers: Mapping[str, Array]) -> HardwareHour | None:
    try:
        request = Request(**facts).of_many(numbers)
        devices = None
        if request.has_accelerators:
            devices = find_devices(catalogue, request.gpu, request.instance, request.count)
        compute = find_compute(catalogue, request, devices)
        run = ResolvedRun(request, devices, compute)
        energy = draw(catalogue, request, devices, 1.0)
        embodied_kg, making = embodied(catalogue, request, devices, 1.0)
    except GreentrainError as error:
        if numbers and isinstance(error, InvalidNumber):
            raise
        return None
    it_kwh, share = energy.it_energy_kwh, energy.accelerators_kwh / energy.it_energy_kwh.best
    if compute is not None and compute.hours is not None:
        it_kwh, embodied_kg = (
            with_relative_width(_alike(one.best, compute.hours.best), one, compute.hours)
            for one in (it_kwh, embodied_kg)
        )
    provider = devices.instance.provider if devices and devices.instance else ""
    own = devices.profile if devices and devices.profile.hardware_class in OWN_CLASSES else None
    name = devices.profile.id if devices else request.cpu or "CPU"
    inputs = (*run.inputs, *energy.inputs, *making)
    is_known = run.known_hours is not None
    return HardwareHour(it_kwh, embodied_kg, run.hours, is_known, provider, own, name, share, inputs, energy.notes, {})


def _alike(value: Any, other: Any) -> Any:
    """Return a number as an array where another one is an array."""
    return value + 0 * other


def refused_together(catalogue: Catalogue, facts: Mapping[str, Any], numbers: Mapping[str, Array]) -> Array:
    """Tell which runs on one kind of hardware an estimate refuses for numbers that do not go together.

    The parameters are those of `resolve_hardware`.
    """
    is_bad = np.zeros(len(next(iter(numbers.values()))), dtype=bool)
    if "power" in numbers:
        is_bad |= numbers["power"] > _most_power_w(catalogue, facts)
    if "active_params" in facts and "params" in facts:
        passed, params = (numbers.get(name, checked_number(name, facts[name])) for name in ("active_params", "params"))
        is_bad |= passed > params
    return is_bad


def _most_power_w(catalogue: Catalogue, facts: Mapping[str, Any]) -> float:
    """Return the mean power above which an estimate refuses a run on this hardware; infinity where none is. [W]"""
    try:
        devices = find_devices(catalogue, facts.get("gpu"), facts.get("instance"), facts.get("count"))
    except (GreentrainError, AssertionError):
        return np.inf
    return rating_limit_w(devices.profile)


def resolve_site(catalogue: Catalogue, facts: Mapping[str, Any], hardware: HardwareHour) -> Site | None:
    """Find the figures of a site; None where an estimate refuses it."""
    owner = hardware.provider, hardware.own_device
    if all(isinstance(value, (str, int, float)) for value in facts.values()):
        return _known_site(catalogue, tuple(facts.items()), *owner)
    return _site(catalogue, facts, *owner)


@lru_cache(maxsize=4096)
def _known_site(
    catalogue: Catalogue, facts: tuple[tuple[str, Any], ...], provider: str, device: Accelerator | None
) -> Site | None:
    """Resolve a site once for all parts of a table that is read in parts."""
    return _site(catalogue, dict(facts), provider, device)


def _site(catalogue: Catalogue, facts: Mapping[str, Any], provider: str, device: Accelerator | None) -> Site | None:
    try:
        request = Request(**_ANY_HARDWARE, **facts)
        location = find_location(catalogue, request.location, provider)
        found = find_site(catalogue, location, provider, request.year, request.pue, request.site, device)
        choice = None if request.grid_intensity is not None else choose_grid(catalogue, location, request.year)
    except GreentrainError:
        return None
    pue, (wue, water_intensity) = found.pue, found.of_water
    assert pue is not None
    figures = pue.value, wue.value, water_intensity.value
    notes = (*(choice.notes if choice else ()), *found.notes)
    inputs = (*found.of_energy, *found.of_water)
    of_site: tuple[Any, ...] = (location.code if location else "", choice, inputs, notes, {})
    if choice is None:
        assert request.grid_intensity is not None
        return Site(*figures, request.grid_intensity, ((0.0, 0.0, 0.0),), 0.0, (0.0, np.inf), *of_site)
    if choice.span is not None:
        low, best, high = choice.span
        ends = (np.log(best / low) / Z_90) ** 2, (np.log(high / best) / Z_90) ** 2
        return Site(*figures, best, ((*ends, 0.0),), 0.0, (0.0, np.inf), *of_site)
    return Site(*figures, choice.value.g_per_kwh, _widest(choice.spreads), choice.upward, choice.limits, *of_site)


def _widest(spreads: tuple[tuple[float, float, float], ...]) -> tuple[tuple[float, float, float], ...]:
    """Leave out what is nowhere wider than another, whatever the length of the run."""
    kept: list[tuple[float, float, float]] = []
    for spread in sorted(set(spreads), reverse=True):
        if not any(all(one >= other for one, other in zip(wider, spread, strict=True)) for wider in kept):
            kept.append(spread)
    return tuple(kept)


def stacked(intervals: Iterator[Interval]) -> Array:
    """Return intervals as an array of lows, bests and highs."""
    return np.array([*intervals], dtype=np.float64).reshape(-1, 3).T.copy()
