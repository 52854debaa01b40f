"""CycloneDX machine learning bill of materials: energy in kWh and emissions in tonnes, the only units it has."""

from datetime import UTC
from typing import Any

from greentrain.errors import InputError, either
from greentrain.plain_numbers import plain_json
from greentrain.reporting import scope_statements
from greentrain.reporting.escaping import one_line
from greentrain.reporting.form_units import form_unit
from greentrain.reporting.properties import properties_of
from greentrain.reporting.report_data import ReportData

FORM = "cyclonedx"
SPEC_VERSIONS = ("1.6", "1.7")
ACTIVITIES = (
    "design", "data-collection", "data-preparation", "training", "fine-tuning", "validation", "deployment", "inference",
    "other",
)  # fmt: skip


def render(data: ReportData, *, activity: str = "training", spec_version: str = "1.6") -> str:
    """Write the bill of materials of one machine learning model.

    Parameters
    ----------
    data : ReportData
        Whose title names the model.
    activity : str, optional
        What was done: training, fine-tuning, or another of the specification's activities.
    spec_version : {'1.6', '1.7'}, optional
        Version of the specification.
    """
    if activity not in ACTIVITIES:
        raise InputError("activity", activity, f"must be {either(ACTIVITIES)}")
    if spec_version not in SPEC_VERSIONS:
        raise InputError("spec_version", spec_version, f"must be {either(SPEC_VERSIONS)}")
    scope_statements.refuse_nothing(data, FORM)
    bill: dict[str, Any] = {
        "$schema": f"http://cyclonedx.org/schema/bom-{spec_version}.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": spec_version,
        "version": 1,
        "metadata": _metadata(data),
        "components": [_model(data, activity)],
    }
    return plain_json(bill, indent=2, ensure_ascii=False) + "\n"


def _metadata(data: ReportData) -> dict[str, Any]:
    tool = {"type": "application", "name": "greentrain", "version": data.versions.greentrain}
    found: dict[str, Any] = {"tools": {"components": [tool]}}
    if data.made_at is None:
        return found
    return {"timestamp": data.made_at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"), **found}


def _model(data: ReportData, activity: str) -> dict[str, Any]:
    considerations = {"environmentalConsiderations": {"energyConsumptions": [_consumption(data, activity)]}}
    model = {"type": "machine-learning-model", "bom-ref": "model", "name": one_line(data.title)}
    return {**model, "modelCard": {"considerations": considerations}}


def _consumption(data: ReportData, activity: str) -> dict[str, Any]:
    measure = {"value": form_unit(FORM, "energy").number(data.facility_energy_kwh.best), "unit": "kWh"}
    emitted = form_unit(FORM, "emissions").number(data.operational_kg.best)
    return {
        "activity": activity,
        "energyProviders": [
            {
                "description": one_line(scope_statements.factor_text(data)),
                "organization": {"name": _grid_name(data)},
                "energySource": "unknown",
                "energyProvided": measure,
            }
        ],
        "activityEnergyCost": measure,
        "co2CostEquivalent": {"value": emitted, "unit": "tCO2eq"},
        "properties": [{"name": name, "value": value} for name, value in properties_of(data).items()],
    }


def _grid_name(data: ReportData) -> str:
    places = dict.fromkeys(line.location for line in data.lines if line.location)
    return f"electricity grid, {', '.join(places)}" if places else "electricity grid, place not stated"
