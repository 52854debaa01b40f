"""SPDX 3.0.1 AI package: the energy of training in kWh, as a decimal number in text."""

import json
import re
from datetime import UTC
from typing import Any

from greentrain.errors import InputError
from greentrain.reporting import scope_statements
from greentrain.reporting.escaping import one_line
from greentrain.reporting.form_units import form_unit
from greentrain.reporting.properties import properties_of
from greentrain.reporting.report_data import ReportData

FORM = "spdx"
CONTEXT = "https://spdx.org/rdf/3.0.1/spdx-context.jsonld"
ACTIVITIES = {"training": "ai_trainingEnergyConsumption", "fine-tuning": "ai_finetuningEnergyConsumption"}
_URI = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:[^\s<>\"{}|\\^`]+\Z")
_NAMESPACE = "https://spdx.org/spdxdocs/greentrain"


def render(data: ReportData, *, activity: str = "training", namespace: str = _NAMESPACE) -> str:
    """Write an SPDX document with one AI package.

    Parameters
    ----------
    data : ReportData
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
    scope_statements.refuse_nothing(data, FORM)
    document = {"@context": CONTEXT, "@graph": list(_graph(data, ACTIVITIES[activity], namespace.rstrip("/#")))}
    return json.dumps(document, indent=2, allow_nan=False, ensure_ascii=False) + "\n"


def _graph(data: ReportData, consumption: str, namespace: str) -> tuple[dict[str, Any], ...]:
    tool = _element(namespace, "SoftwareAgent", "greentrain", name=f"greentrain {data.versions.greentrain}")
    package = _element(namespace, "ai_AIPackage", "model", name=one_line(data.title))
    package |= {
        "software_primaryPurpose": "model",
        "ai_informationAboutTraining": _statement(data),
        "ai_energyConsumption": {"type": "ai_EnergyConsumption", consumption: [_energy(data)]},
        "extension": [_properties(data)],
    }
    document = _element(namespace, "SpdxDocument", "document", name=one_line(data.title))
    document |= {
        "profileConformance": ["core", "software", "ai", "extension"],
        "rootElement": [package["spdxId"]],
        "element": [tool["spdxId"], package["spdxId"]],
    }
    made = {"type": "CreationInfo", "@id": "_:made", "specVersion": "3.0.1", "created": _created(data)}
    return ({**made, "createdBy": [tool["spdxId"]]}, tool, package, document)


def _element(namespace: str, kind: str, key: str, **properties: str) -> dict[str, Any]:
    return {"type": kind, "spdxId": f"{namespace}#{key}", "creationInfo": "_:made", **properties}


def _created(data: ReportData) -> str:
    """Return the date that the form demands; nothing here reads the clock, `report` does."""
    date = data.made_at or data.period_end
    if date is None:
        raise InputError("made_at", None, "must be given, such as now: an SPDX document states when it was made")
    return date.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _energy(data: ReportData) -> dict[str, str]:
    energy = form_unit(FORM, "energy")
    quantity = energy.decimal(data.facility_energy_kwh.best)
    return {"type": "ai_EnergyConsumptionDescription", "ai_energyQuantity": quantity, "ai_energyUnit": energy.unit}


def _statement(data: ReportData) -> str:
    energy, emissions = data.facility_energy_kwh, form_unit(FORM, "emissions")
    ends = f"{form_unit(FORM, 'energy').decimal(energy.low)} to {form_unit(FORM, 'energy').decimal(energy.high)} kWh"
    operational = data.operational_kg
    sentences = (
        f"Energy {scope_statements.basis_text(data)}, 90 % interval {ends}.",
        f"Boundary: {scope_statements.boundary_text(data)}.",
        f"Runs: {scope_statements.runs_text(data)}.",
        f"Operational emissions: {emissions.decimal(operational.best)} {emissions.unit} (90 % interval "
        f"{emissions.decimal(operational.low)} to {emissions.decimal(operational.high)}).",
        f"Carbon intensity: {scope_statements.factor_text(data)}.",
        f"Computed with {scope_statements.versions_text(data)}.",
    )
    return one_line(" ".join(sentences))


def _properties(data: ReportData) -> dict[str, Any]:
    entries = [
        {"type": "extension_CdxPropertyEntry", "extension_cdxPropName": name, "extension_cdxPropValue": value}
        for name, value in properties_of(data).items()
    ]
    return {"type": "extension_CdxPropertiesExtension", "extension_cdxProperty": entries}
