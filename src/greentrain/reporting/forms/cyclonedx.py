"""CycloneDX machine learning bill of materials: energy in kWh and emissions in tonnes, the only units it has."""

import json
from datetime import UTC
from typing import Any

from greentrain.errors import InputError, either
from greentrain.reporting import scope_statements
from greentrain.reporting.escaping import one_line
from greentrain.reporting.form_units import cell
from greentrain.reporting.properties import properties_of
from greentrain.reporting.subject import Subject

FORM = "cyclonedx"
SPEC_VERSIONS = ("1.6", "1.7")
ACTIVITIES = (
    "design", "data-collection", "data-preparation", "training", "fine-tuning", "validation", "deployment", "inference",
    "other",
)  # fmt: skip


def render(subject: Subject, *, activity: str = "training", spec_version: str = "1.6") -> str:
    """Write the bill of materials of one machine learning model.

    Parameters
    ----------
    subject : Subject
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
    scope_statements.refuse_nothing(subject, FORM)
    bill: dict[str, Any] = {
        "$schema": f"http://cyclonedx.org/schema/bom-{spec_version}.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": spec_version,
        "version": 1,
        "metadata": _metadata(subject),
        "components": [_model(subject, activity)],
    }
    return json.dumps(bill, indent=2, allow_nan=False, ensure_ascii=False) + "\n"


def _metadata(subject: Subject) -> dict[str, Any]:
    tool = {"type": "application", "name": "greentrain", "version": subject.versions.greentrain}
    found: dict[str, Any] = {"tools": {"components": [tool]}}
    if subject.made_at is None:
        return found
    return {"timestamp": subject.made_at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"), **found}


def _model(subject: Subject, activity: str) -> dict[str, Any]:
    considerations = {"environmentalConsiderations": {"energyConsumptions": [_consumption(subject, activity)]}}
    model = {"type": "machine-learning-model", "bom-ref": "model", "name": one_line(subject.title)}
    return {**model, "modelCard": {"considerations": considerations}}


def _consumption(subject: Subject, activity: str) -> dict[str, Any]:
    measure = {"value": cell(FORM, "energy").number(subject.facility_energy_kwh.best), "unit": "kWh"}
    emitted = cell(FORM, "emissions").number(subject.operational_kg.best)
    return {
        "activity": activity,
        "energyProviders": [
            {
                "description": one_line(scope_statements.factor_words(subject)),
                "organization": {"name": _grid_name(subject)},
                "energySource": "unknown",
                "energyProvided": measure,
            }
        ],
        "activityEnergyCost": measure,
        "co2CostEquivalent": {"value": emitted, "unit": "tCO2eq"},
        "properties": [{"name": name, "value": value} for name, value in properties_of(subject).items()],
    }


def _grid_name(subject: Subject) -> str:
    places = dict.fromkeys(line.location for line in subject.lines if line.location)
    return f"electricity grid, {', '.join(places)}" if places else "electricity grid, place not stated"
