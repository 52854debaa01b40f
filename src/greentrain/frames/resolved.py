"""The distinct hardware and sites of a table, each resolved once by the code of single estimates."""

from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np

from greentrain.catalogue import Accelerator, Catalogue
from greentrain.errors import GreentrainError
from greentrain.estimation import Request, ResolvedRun, find_compute, find_devices
from greentrain.estimation.embodied import embodied
from greentrain.estimation.grid import choose_grid
from greentrain.estimation.power import draw, rating_limit_w
from greentrain.estimation.site import OWN_CLASSES, find_location, find_site
from greentrain.frames.columns import Array
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
    """

    it_kwh: Interval
    embodied_kg: Interval
    hours: Any
    has_known_hours: bool
    provider: str
    own_device: Accelerator | None


class Site(NamedTuple):
    """The figures of a site; the carbon intensity for runs of any length."""

    pue: Interval
    wue: Interval
    water_intensity: Interval
    g_per_kwh: float
    spreads: tuple[tuple[float, float, float], ...]
    upward: float
    limits: tuple[float, float]


def resolve_hardware(
    catalogue: Catalogue, facts: Mapping[str, Any], numbers: Mapping[str, Array]
) -> HardwareHour | None:
    """Work out an hour on one kind of hardware; None where an estimate refuses it.

    Parameters
    ----------
    facts : mapping
        Keywords of ``estimate`` that the runs share, and those of one of them.
    numbers : mapping of str to array
        Those in which they differ, checked each by itself.
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
        it_kwh = draw(catalogue, request, devices, 1.0).it_energy_kwh
        embodied_kg, _ = embodied(catalogue, request, devices, 1.0)
    except GreentrainError:
        return None
    if compute is not None and compute.hours is not None:
        it_kwh, embodied_kg = (
            with_relative_width(_alike(one.best, compute.hours.best), one, compute.hours)
            for one in (it_kwh, embodied_kg)
        )
    provider = devices.instance.provider if devices and devices.instance else ""
    own = devices.profile if devices and devices.profile.hardware_class in OWN_CLASSES else None
    return HardwareHour(it_kwh, embodied_kg, run.hours, run.known_hours is not None, provider, own)


def _alike(value: Any, other: Any) -> Any:
    """Return a number as an array where another one is an array."""
    return value + 0 * other


def most_power_w(catalogue: Catalogue, facts: Mapping[str, Any]) -> float:
    """Return the mean power above which an estimate refuses a run on this hardware; infinity where none is. [W]"""
    try:
        devices = find_devices(catalogue, facts.get("gpu"), facts.get("instance"), facts.get("count"))
    except (GreentrainError, AssertionError):
        return np.inf
    return rating_limit_w(devices.profile)


def resolve_site(catalogue: Catalogue, facts: Mapping[str, Any], hardware: HardwareHour) -> Site | None:
    """Find the figures of a site; None where an estimate refuses it."""
    try:
        request = Request(**_ANY_HARDWARE, **facts)
        location = find_location(catalogue, request.location, hardware.provider)
        found = find_site(
            catalogue, location, hardware.provider, request.year, request.pue, request.site, hardware.own_device
        )
        choice = None if request.grid_intensity is not None else choose_grid(catalogue, location, request.year)
    except GreentrainError:
        return None
    pue, (wue, water_intensity) = found.pue, found.of_water
    assert pue is not None
    figures = pue.value, wue.value, water_intensity.value
    if choice is None:
        assert request.grid_intensity is not None
        return Site(*figures, request.grid_intensity, ((0.0, 0.0, 0.0),), 0.0, (0.0, np.inf))
    if choice.span is not None:
        low, best, high = choice.span
        ends = (np.log(best / low) / Z_90) ** 2, (np.log(high / best) / Z_90) ** 2
        return Site(*figures, best, ((*ends, 0.0),), 0.0, (0.0, np.inf))
    return Site(*figures, choice.value.g_per_kwh, _widest(choice.spreads), choice.upward, choice.limits)


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
