"""The subject of a report of an estimate."""

from functools import lru_cache
from typing import Any

from greentrain._version import __version__
from greentrain.catalogue import DATA_VERSION, Catalogue
from greentrain.errors import GreentrainError
from greentrain.estimation.grid import choose_grid
from greentrain.estimation.result import Estimate, Input
from greentrain.interval import exact
from greentrain.reporting.method_words import estimate_method
from greentrain.reporting.subject import Grid, RunLine, Size, Subject, Totals, Versions
from greentrain.reporting.words import hardware_words, run_words

_ACCOUNTING = {"lifecycle": "life-cycle", "direct": "direct"}
_SIZES = ("params", "tokens", "flops")


def subject_of_estimate(estimate: Estimate) -> Subject:
    """Make the subject of a report of one estimate."""
    line = line_of_estimate(estimate)
    return Subject(
        kind="estimate",
        title=line.name,
        made_at=None,
        period_start=None,
        period_end=None,
        boundary="facility",
        basis="estimated",
        lines=(line,),
        totals=Totals(
            estimate.it_energy_kwh,
            estimate.facility_energy_kwh,
            estimate.operational_kg,
            estimate.embodied_kg,
            estimate.water_l,
        ),
        failed_share=None,
        inputs=estimate.inputs,
        breakdown=estimate.breakdown,
        drivers=estimate.drivers,
        equivalents=estimate.equivalents,
        defaults=estimate.defaults,
        notes=estimate.notes,
        sources=estimate.sources,
        size=size_of(estimate.run),
        power_series={},
        spans=(),
        versions=Versions(__version__, DATA_VERSION),
        method=estimate_method(estimate),
        estimate=estimate,
    )


def line_of_estimate(estimate: Estimate) -> RunLine:
    """Give the one line of an estimate."""
    run = estimate.run
    runs: int = run["runs"]
    return RunLine(
        id="",
        name=run_words(estimate),
        status="estimated",
        basis="estimated",
        hardware=hardware_words(estimate),
        gpu=run["gpu"],
        count=run["count"] if run["gpu"] else 0,
        runs=runs,
        hours=run["hours"] * runs if _hours_are_known(estimate) else None,
        accelerator_hours=run["gpu_hours"] * runs if run["gpu"] else None,
        location=run["location"],
        year=run["year"],
        started=None,
        ended=None,
        it_energy_kwh=estimate.it_energy_kwh,
        facility_energy_kwh=estimate.facility_energy_kwh,
        operational_kg=estimate.operational_kg,
        embodied_kg=estimate.embodied_kg,
        water_l=estimate.water_l,
        pue=_input(estimate, "pue").value,
        grid=grid_of(estimate),
    )


def grid_of(estimate: Estimate) -> Grid:
    """Give the carbon intensity of an estimate with its year and what it counts."""
    item = _input(estimate, "grid_intensity")
    year: int | None = estimate.run["grid_year"]
    accounting = _accounting(estimate.catalogue, estimate.run["location"], year) if year else ""
    return Grid(item.value, year, accounting, item.basis, item.source)


@lru_cache(maxsize=4096)
def grid_of_place(catalogue: Catalogue, code: str | None, year: int | None) -> Grid | None:
    """Give the carbon intensity that a place has of a year; None where the place is not in the catalogue."""
    try:
        location = None if code is None else catalogue.places.find(code)
    except GreentrainError:
        return None
    choice = choose_grid(catalogue, location, year)
    value = choice.value
    accounting = _ACCOUNTING.get(value.basis, value.basis)
    return Grid(exact(value.g_per_kwh), value.year, accounting, choice.basis, value.source)


def size_of(run: dict[str, Any]) -> Size | None:
    """Give the training as computation, where the run was described so."""
    if run.get("flops") is None:
        return None
    return Size(run.get("params"), run.get("tokens"), run["flops"] * run["runs"])


@lru_cache(maxsize=4096)
def _accounting(catalogue: Catalogue, code: str, year: int) -> str:
    """Look up what a place's value of a year counts."""
    place, region = catalogue.places.find(code)
    series = [region.own_value] if region and region.own_value else catalogue.places.series(place.place)
    basis = next(value.basis for value in series if value.year == year)
    return _ACCOUNTING.get(basis, basis)


def _hours_are_known(estimate: Estimate) -> bool:
    """Whether the wall-clock time is known, and not accelerator-hours alone."""
    known = {item.name: item for item in estimate.inputs}
    return "hours" in known or ("count" in known and not known["count"].is_default)


def _input(estimate: Estimate, name: str) -> Input:
    return next(item for item in estimate.inputs if item.name == name)
