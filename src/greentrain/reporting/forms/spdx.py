"""SPDX 3.0.1 AI package: the energy of training in kWh, as a decimal number in text."""

import json
import re
from datetime import UTC
from typing import Any

from greentrain.errors import InputError
from greentrain.reporting import scope_statements
from greentrain.reporting.escaping import one_line
from greentrain.reporting.form_units import cell
from greentrain.reporting.properties import properties_of
from greentrain.reporting.subject import Subject

FORM = "spdx"
CONTEXT = "https://spdx.org/rdf/3.0.1/spdx-context.jsonld"
ACTIVITIES = {"training": "ai_trainingEnergyConsumption", "fine-tuning": "ai_finetuningEnergyConsumption"}
_URI = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:[^\s<>\"{}|\\^`]+\Z")
_NAMESPACE = "https://spdx.org/spdxdocs/greentrain"


def render(subject: Subject, *, activity: str = "training", namespace: str = _NAMESPACE) -> str:
    """Write an SPDX document with one AI package.

    Parameters
    ----------
    subject : Subject
        Whose title names the model. The form needs a date: that of the report, or else the end of the runs.
    activity : {'training', 'fine-tuning'}, optional
        What was done.
    namespace : str, optional
        Beginning of the identifiers, a URI of your own.
    """
    if activity not in ACTIVITIES:
        raise InputError("activity", activity, "must be training or fine-tuning")
    if not _URI.match(namespace):
        raise InputError("namespace", namespace, "must be a URI, such as https://example.org/models/bert")
    scope_statements.refuse_nothing(subject, FORM)
    document = {"@context": CONTEXT, "@graph": list(_graph(subject, ACTIVITIES[activity], namespace.rstrip("/#")))}
    return json.dumps(document, indent=2, allow_nan=False, ensure_ascii=False) + "\n"


def _graph(subject: Subject, consumption: str, namespace: str) -> tuple[dict[str, Any], ...]:
    tool = _element(namespace, "SoftwareAgent", "greentrain", name=f"greentrain {subject.versions.greentrain}")
    package = _element(namespace, "ai_AIPackage", "model", name=one_line(subject.title))
    package |= {
        "software_primaryPurpose": "model",
        "ai_informationAboutTraining": _statement(subject),
        "ai_energyConsumption": {"type": "ai_EnergyConsumption", consumption: [_energy(subject)]},
        "extension": [_properties(subject)],
    }
    document = _element(namespace, "SpdxDocument", "document", name=one_line(subject.title))
    document |= {
        "profileConformance": ["core", "software", "ai", "extension"],
        "rootElement": [package["spdxId"]],
        "element": [tool["spdxId"], package["spdxId"]],
    }
    made = {"type": "CreationInfo", "@id": "_:made", "specVersion": "3.0.1", "created": _created(subject)}
    return ({**made, "createdBy": [tool["spdxId"]]}, tool, package, document)


def _element(namespace: str, kind: str, key: str, **properties: str) -> dict[str, Any]:
    return {"type": kind, "spdxId": f"{namespace}#{key}", "creationInfo": "_:made", **properties}


def _created(subject: Subject) -> str:
    """Give the date that the form demands; nothing here reads the clock, `report` does."""
    date = subject.made_at or subject.period_end
    if date is None:
        raise InputError("made_at", None, "must be given, such as now: an SPDX document states when it was made")
    return date.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _energy(subject: Subject) -> dict[str, str]:
    energy = cell(FORM, "energy")
    quantity = energy.decimal(subject.facility_energy_kwh.best)
    return {"type": "ai_EnergyConsumptionDescription", "ai_energyQuantity": quantity, "ai_energyUnit": energy.unit}


def _statement(subject: Subject) -> str:
    energy, emissions = subject.facility_energy_kwh, cell(FORM, "emissions")
    ends = f"{cell(FORM, 'energy').decimal(energy.low)} to {cell(FORM, 'energy').decimal(energy.high)} kWh"
    operational = subject.operational_kg
    sentences = (
        f"Energy {scope_statements.basis_words(subject)}, 90 % interval {ends}.",
        f"Boundary: {scope_statements.boundary_words(subject)}.",
        f"Runs: {scope_statements.runs_words(subject)}.",
        f"Operational emissions: {emissions.decimal(operational.best)} {emissions.unit} (90 % interval "
        f"{emissions.decimal(operational.low)} to {emissions.decimal(operational.high)}).",
        f"Carbon intensity: {scope_statements.factor_words(subject)}.",
        f"Computed with {scope_statements.versions_words(subject)}.",
    )
    return one_line(" ".join(sentences))


def _properties(subject: Subject) -> dict[str, Any]:
    entries = [
        {"type": "extension_CdxPropertyEntry", "extension_cdxPropName": name, "extension_cdxPropValue": value}
        for name, value in properties_of(subject).items()
    ]
    return {"type": "extension_CdxPropertiesExtension", "extension_cdxProperty": entries}
