"""SPDX 3.0.1 AI package: the energy of training in kWh, as a decimal number in text."""

import re
from datetime import UTC, datetime
from typing import Any, NamedTuple

from greentrain.errors import InputError
from greentrain.numbers import least
from greentrain.plain_numbers import plain_json
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
_NO_LICENCE = "https://spdx.org/rdf/3.0.1/terms/ExpandedLicensing/NoAssertionLicense"
_LICENCE = re.compile(r"(?:DocumentRef-[A-Za-z0-9.-]+:)?(?:LicenseRef-|AdditionRef-)?[A-Za-z0-9][A-Za-z0-9.-]*\+?\Z")
_OPERATORS = ("AND", "OR", "WITH", "and", "or", "with")
_LICENCE_RELATIONS = ("hasConcludedLicense", "hasDeclaredLicense")


class Package(NamedTuple):
    """What the AI profile demands of a package, each None where it is not known.

    Attributes
    ----------
    release_time : str or None
        When the model was released, in UTC as SPDX writes it.
    supplied_by : str or None
        Who distributes it.
    download_location : str or None
        A URI.
    package_version : str or None
        Its version.
    licence : str or None
        An SPDX licence expression; left out, the document makes no assertion, which the profile allows.
    """

    release_time: str | None
    supplied_by: str | None
    download_location: str | None
    package_version: str | None
    licence: str | None

    @property
    def is_complete(self) -> bool:
        """Whether the document may claim the profile."""
        return None not in self[:-1]

    @property
    def properties(self) -> dict[str, str]:
        """Those that are values of the package itself, as far as they are known."""
        found = {
            "releaseTime": self.release_time,
            "software_downloadLocation": self.download_location,
            "software_packageVersion": self.package_version,
        }
        return {name: value for name, value in found.items() if value is not None}


def render(
    data: ReportData,
    *,
    activity: str = "training",
    namespace: str = _NAMESPACE,
    release_time: str | None = None,
    supplied_by: str | None = None,
    download_location: str | None = None,
    package_version: str | None = None,
    licence: str | None = None,
) -> str:
    """Write an SPDX document with one AI package.

    It claims to conform to the AI profile only where release time, supplier, download location and version are given,
    without which an AI package does not.

    Parameters
    ----------
    data : ReportData
        Whose title names the model. The form needs a date: that of the report, or else the end of the runs.
    activity : {'training', 'fine-tuning'}, optional
        What was done.
    namespace : str, optional
        Beginning of the identifiers, a URI of your own.
    release_time : str, optional
        When the model was released: ``2026-11-01``, or a time with its zone.
    supplied_by : str, optional
        Who distributes it.
    download_location : str, optional
        Where from, a URI.
    package_version : str, optional
        Version of the model.
    licence : str, optional
        Its licence as an SPDX expression, ``Apache-2.0``. Default: no assertion is made.
    """
    if activity not in ACTIVITIES:
        raise InputError("activity", activity, "must be training or fine-tuning")
    for name, uri in (("namespace", namespace), ("download_location", download_location)):
        if uri is not None and not _URI.match(uri):
            raise InputError(name, uri, "must be a URI, such as https://example.org/models/bert")
    if licence is not None and not _is_expression(licence):
        rule = "must be an SPDX licence expression, such as Apache-2.0, MIT OR Apache-2.0 or LicenseRef-Our-Terms"
        raise InputError("licence", licence, rule)
    released = None if release_time is None else _released(release_time)
    package = Package(released, supplied_by, download_location, package_version, licence)
    scope_statements.refuse_nothing(data, FORM)
    document = {"@context": CONTEXT, "@graph": _graph(data, ACTIVITIES[activity], namespace.rstrip("/#"), package)}
    return plain_json(document, indent=2, ensure_ascii=False) + "\n"


def _is_expression(text: str) -> bool:
    """Tell whether a text is a licence expression by the grammar of SPDX, whatever licences there are."""
    words = re.sub(r"([()])", r" \1 ", text).split()
    depth, wants_licence = 0, True
    for word in words:
        if word == "(" and wants_licence:
            depth += 1
        elif word == ")" and not wants_licence and depth:
            depth -= 1
        elif word in _OPERATORS and not wants_licence:
            wants_licence = True
        elif wants_licence and _LICENCE.match(word) and word not in _OPERATORS:
            wants_licence = False
        else:
            return False
    return not depth and not wants_licence


def _released(time: str) -> str:
    try:
        found = datetime.fromisoformat(time)
        found = found.astimezone(UTC) if found.tzinfo else found
    except (ValueError, OverflowError):
        found = None
    if found is None or (found.tzinfo is None and len(time) > len("2026-11-01")):
        raise InputError("release_time", time, "must be a date, 2026-11-01, or a time with its zone, 2026-11-01T12:00Z")
    return _written(found if found.tzinfo else found.replace(tzinfo=UTC))


def _written(time: datetime) -> str:
    return time.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _graph(data: ReportData, consumption: str, namespace: str, known: Package) -> list[dict[str, Any]]:
    tool = _element(namespace, "SoftwareAgent", "greentrain", name=f"greentrain {data.versions.greentrain}")
    package = _element(namespace, "ai_AIPackage", "model", name=one_line(data.title))
    package |= {
        **known.properties,
        "software_primaryPurpose": "model",
        "ai_informationAboutTraining": _statement(data),
        "ai_energyConsumption": {"type": "ai_EnergyConsumption", consumption: [_energy(data)]},
        "extension": [_properties(data)],
    }
    others = []
    if known.supplied_by is not None:
        others.append(_element(namespace, "Organization", "supplier", name=one_line(known.supplied_by)))
        package["suppliedBy"] = others[0]["spdxId"]
    if known.is_complete:
        others += _licences(namespace, package["spdxId"], known.licence)
    document = _element(namespace, "SpdxDocument", "document", name=one_line(data.title))
    document |= {
        "profileConformance": ["core", "software", *(["ai"] if known.is_complete else []), "extension"],
        "rootElement": [package["spdxId"]],
        "element": [element["spdxId"] for element in (tool, package, *others)],
    }
    made = {"type": "CreationInfo", "@id": "_:made", "specVersion": "3.0.1", "created": _created(data)}
    return [{**made, "createdBy": [tool["spdxId"]]}, tool, package, *others, document]


def _licences(namespace: str, package: str, expression: str | None) -> list[dict[str, Any]]:
    """Relate the package to the licence that it has, and to the one that it states, once each as the profile wants."""
    found: list[dict[str, Any]] = []
    licence = _NO_LICENCE
    if expression is not None:
        found.append(_element(namespace, "simplelicensing_LicenseExpression", "licence"))
        found[0]["simplelicensing_licenseExpression"] = one_line(expression)
        licence = found[0]["spdxId"]
    for kind in _LICENCE_RELATIONS:
        found.append(_element(namespace, "Relationship", kind, relationshipType=kind))
        found[-1] |= {"from": package, "to": [licence]}
    return found


def _element(namespace: str, kind: str, key: str, **properties: str) -> dict[str, Any]:
    return {"type": kind, "spdxId": f"{namespace}#{key}", "creationInfo": "_:made", **properties}


def _created(data: ReportData) -> str:
    """Return the date that the form demands; nothing here reads the clock, `report` does."""
    date = data.made_at or data.period_end
    if date is None:
        raise InputError("made_at", None, "must be given, such as now: an SPDX document states when it was made")
    return _written(date)


def _energy(data: ReportData) -> dict[str, str]:
    energy = form_unit(FORM, "energy")
    quantity = energy.decimal(data.facility_energy_kwh.best)
    return {"type": "ai_EnergyConsumptionDescription", "ai_energyQuantity": quantity, "ai_energyUnit": energy.unit}


def _statement(data: ReportData) -> str:
    energy, emissions = data.facility_energy_kwh, form_unit(FORM, "emissions")
    ends = f"{form_unit(FORM, 'energy').decimal(energy.low)} to {form_unit(FORM, 'energy').decimal(energy.high)} kWh"
    operational = data.operational_kg
    sentences = (
        *(f"Warning: {warning}" for warning in data.warnings),
        f"Energy {scope_statements.basis_text(data)}, 90 % interval {ends}.",
        f"Boundary: {scope_statements.boundary_text(data)}.",
        f"Runs: {scope_statements.runs_text(data)}.",
        f"Operational emissions: {least(data.is_least)}{emissions.decimal(operational.best)} {emissions.unit} "
        f"(90 % interval {emissions.decimal(operational.low)} to {emissions.decimal(operational.high)}).",
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
