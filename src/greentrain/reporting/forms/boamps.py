"""BoAmps report on an AI task: energy of the computers in kWh, in the field that the format calls powerConsumption."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from greentrain.errors import InputError, either
from greentrain.interval import Interval
from greentrain.plain_numbers import plain_json
from greentrain.reporting import scope_statements
from greentrain.reporting.escaping import one_line
from greentrain.reporting.form_units import form_unit
from greentrain.reporting.place_names import country_of
from greentrain.reporting.properties import properties_of
from greentrain.reporting.report_data import ReportData, RunLine

FORM = "boamps"
FORMAT_VERSION = "1.1"
INFRASTRUCTURES = ("publicCloud", "privateCloud", "onPremise", "other")
_QUALITIES = (("high", 0.10), ("medium", 0.25))
"""Largest relative error of each quality, as the format states them; what is wider is low."""


def render(
    data: ReportData,
    *,
    activity: str = "training",
    task_family: str = "not stated",
    infrastructure: str | None = None,
) -> str:
    """Write the report, one measure per run.

    The format has no PUE: its energy is that of the computers. Facility energy, emissions and intervals are added to
    it as properties of our own.

    Parameters
    ----------
    data : ReportData
        What was trained.
    activity : str, optional
        Stage of the task: training, fine-tuning (which the format writes as one word), retraining ...
    task_family : str, optional
        Such as text generation or image classification; the format demands it.
    infrastructure : {'publicCloud', 'privateCloud', 'onPremise', 'other'}, optional
        Left out, publicCloud for a region or an instance type of a provider, else other.
    """
    if infrastructure not in (None, *INFRASTRUCTURES):
        raise InputError("infrastructure", infrastructure, f"must be {either(INFRASTRUCTURES)}")
    scope_statements.refuse_nothing(data, FORM)
    whole: dict[str, Any] = {
        **_header(data),
        "task": _task(data, activity, task_family),
        "measures": [_measure(data, line) for line in data.lines if line.it_energy_kwh is not None],
        "infrastructure": _infrastructure(data, infrastructure),
        **_environment(data),
        "quality": quality(data.it_energy_kwh),
        "greentrain": properties_of(data),
    }
    return plain_json(whole, indent=2, ensure_ascii=False) + "\n"


def quality(value: Interval) -> str:
    """Name the quality whose error holds the interval: high, medium or low.

    Parameters
    ----------
    value : Interval
        Any quantity.
    """
    error = max(value.best - value.low, value.high - value.best) / value.best
    return next((name for name, most in _QUALITIES if error <= most), "low")


def _header(data: ReportData) -> dict[str, Any]:
    """Return the header, which the format allows only with a date."""
    if data.made_at is None:
        return {}
    version = {"formatVersion": FORMAT_VERSION, "reportDatetime": _moment(data.made_at)}
    return {"header": {**version, "reportStatus": "final" if data.kind != "estimate" else "draft"}}


def _moment(time: datetime) -> str:
    return time.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S")


def _task(data: ReportData, activity: str, family: str) -> dict[str, Any]:
    algorithm: dict[str, Any] = {"algorithmType": "neural network"}
    if data.size is not None and data.size.params is not None:
        algorithm["parametersNumber"] = form_unit(FORM, "params").number(data.size.params)
    tokens = scope_statements.total_tokens(data)
    dataset: dict[str, Any] = {"dataUsage": "input", "dataType": "token" if tokens else "other"}
    if tokens:
        dataset["dataQuantity"] = tokens
    boundary = "powerConsumption is the energy of the computers before PUE [kWh]"
    described = f"{one_line(data.title)}. {boundary}; runs: {scope_statements.runs_text(data)}."
    return {
        "taskStage": activity.replace("fine-tuning", "finetuning"),
        "taskFamily": family,
        "algorithms": [algorithm],
        "dataset": [dataset],
        "taskDescription": described,
    }


def _measure(data: ReportData, line: RunLine) -> dict[str, Any]:
    assert line.it_energy_kwh is not None
    how = f"{line.basis} with codecarbon" if line.basis != "estimated" and data.versions.codecarbon else line.basis
    added = scope_statements.added_text(data._replace(lines=(line,))).removeprefix(", ")
    found: dict[str, Any] = {
        "measurementMethod": ", ".join(filter(None, ("greentrain", how, added, line.coverage))),
        "version": data.versions.greentrain,
        "powerConsumption": form_unit(FORM, "energy").number(line.it_energy_kwh.best),
    }
    if line.hours is not None:
        found["measurementDuration"] = form_unit(FORM, "duration").number(line.hours)
    if line.started is not None:
        found["measurementDateTime"] = _moment(line.started)
    return found


def _infrastructure(data: ReportData, named: str | None) -> dict[str, Any]:
    providers = scope_statements.cloud_providers(data)
    found: dict[str, Any] = {"infraType": named or ("publicCloud" if providers else "other")}
    if providers:
        found["cloudProvider"] = providers[0]
    return {**found, "components": list(_components(data))}


def _components(data: ReportData) -> Iterator[dict[str, Any]]:
    """List the accelerators of each kind once; without any, the hardware as described."""
    for hardware, count, is_accelerator in dict.fromkeys((i.hardware, i.count, bool(i.count)) for i in data.lines):
        kind = "gpu" if is_accelerator else "cpu"
        yield {"componentName": one_line(hardware), "componentType": kind, "nbComponent": count or 1}


def _environment(data: ReportData) -> dict[str, Any]:
    """Return the place and its carbon intensity, where all runs share one."""
    found = set(scope_statements.grids(data))
    country = country_of(next(iter(found))[0]) if len(found) == 1 else None
    if country is None:
        return {}
    place, grid = found.pop()
    intensity = form_unit(FORM, "intensity").number(grid.g_per_kwh.best)
    return {"environment": {"country": country.name, "location": place, "powerSourceCarbonIntensity": intensity}}
