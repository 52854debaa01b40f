"""SPDX 3.0.1, read by the standard's own bindings."""

import json
import re
from datetime import UTC, datetime
from typing import Any

import pytest
import spdx_python_model
from form_examples import MADE_AT, exact, one_run, project, sized, with_footprint

from greentrain import InputError, Interval, report
from greentrain.reporting import ReportData
from greentrain.reporting.forms.spdx import render


def read(text: str) -> Any:
    """Read a document by the bindings, which check every property; give its package."""
    model, objects = spdx_python_model.load_data(json.loads(text))
    (package,) = objects.foreach_type(model.ai_AIPackage)
    assert objects.missing_ids == set()
    return package


@pytest.mark.parametrize("activity", ["training", "fine-tuning"])
@pytest.mark.parametrize("data", [exact(), sized(), one_run(), project()], ids=lambda data: data.title)
def test_it_is_read_by_the_official_model(data: ReportData, activity: str) -> None:
    """Names, types and required properties."""
    package = read(report(data, "spdx", made_at=MADE_AT, activity=activity))
    assert package.name == data.title
    assert package.creationInfo.specVersion == "3.0.1"


def test_the_energy_is_a_decimal_number_in_text() -> None:
    """35 kWh; small numbers without exponent."""
    text = report(project(), "spdx")
    (energy,) = read(text).ai_energyConsumption.ai_trainingEnergyConsumption
    assert float(energy.ai_energyQuantity) == 35.0
    assert energy.ai_energyUnit.endswith("/kilowattHour")
    tiny = with_footprint(project(), facility_energy_kwh=Interval(4.2e-6, 4.2e-6, 4.2e-6))
    assert '"ai_energyQuantity": "0.0000042"' in report(tiny, "spdx")


def test_fine_tuning_has_a_field_of_its_own() -> None:
    """And training none then."""
    found = read(report(project(), "spdx", activity="fine-tuning")).ai_energyConsumption
    assert len(found.ai_finetuningEnergyConsumption) == 1
    assert len(found.ai_trainingEnergyConsumption) == 0


def test_the_statement_and_the_properties() -> None:
    """Interval, boundary, runs, factor and versions."""
    package = read(report(project(), "spdx"))
    text = package.ai_informationAboutTraining
    assert text.startswith("Energy measured, 90 % interval 28 to 42 kWh. Boundary: the whole facility")
    assert "Operational emissions: 14 kg CO2e (90 % interval 11.2 to 16.8)." in text
    (extension,) = package.extension
    found = {item.extension_cdxPropName: item.extension_cdxPropValue for item in extension.extension_cdxProperty}
    assert found["greentrain:operational_kg_best"] == "14"
    assert found["greentrain:pue_best"] == "1.25"


def test_the_date_is_that_of_the_caller_or_the_end_of_the_runs_or_the_present() -> None:
    """The form itself reads no clock; `report` does where there is nothing else."""
    assert '"created": "2026-11-22T11:00:00Z"' in report(project(), "spdx", made_at=MADE_AT)
    assert '"created": "2026-03-03T07:00:00Z"' in report(project(), "spdx")
    rule = "made_at: must be given, such as now: an SPDX document states when it was made"
    with pytest.raises(InputError, match=f"^{re.escape(rule)}$"):
        render(exact())
    before = datetime.now(UTC).replace(microsecond=0)
    made = json.loads(report(exact(), "spdx"))["@graph"][0]["created"]
    assert before <= datetime.fromisoformat(made) <= datetime.now(UTC)


def test_identifiers_are_the_users_where_he_has_a_namespace() -> None:
    """Any URI."""
    package = read(report(project(), "spdx", namespace="https://example.org/bert/"))
    assert package._id == "https://example.org/bert#model"


def test_a_wrong_activity() -> None:
    """The profile has inference too, which is none of ours."""
    with pytest.raises(InputError, match=r"^activity 'inference': must be training or fine-tuning$"):
        report(project(), "spdx", activity="inference")


@pytest.mark.parametrize("namespace", ["models", "http:", "https://x.org/a b", "urn:a<b>"])
def test_identifiers_are_uris(namespace: str) -> None:
    """Readers refuse others."""
    rule = "must be a URI, such as https://example.org/models/bert"
    with pytest.raises(InputError, match=f"^namespace {re.escape(repr(namespace))}: {rule}$"):
        report(exact(), "spdx", made_at=MADE_AT, namespace=namespace)
    assert read(report(exact(), "spdx", made_at=MADE_AT, namespace="urn:uuid:1")).spdxId == "urn:uuid:1#model"


PROFILE = {
    "release_time": "2026-11-01",
    "supplied_by": "Example Labs",
    "download_location": "https://example.org/bert",
    "package_version": "1.2",
}


def graph(**options: Any) -> dict[str, Any]:
    """Write a document and give its elements by the ends of their ids."""
    found = json.loads(report(project(), "spdx", **options))["@graph"]
    return {element.get("spdxId", "#made").partition("#")[2]: element for element in found}


@pytest.mark.parametrize("missing", [*PROFILE, None])
def test_the_profile_is_claimed_only_with_what_it_demands(missing: str | None) -> None:
    """Four properties, each mandatory in the class AIPackage; what is given is written in any case."""
    given = {name: value for name, value in PROFILE.items() if name != missing}
    found = graph(**given)
    assert ("ai" in found["document"]["profileConformance"]) is (missing is None)
    assert ("hasDeclaredLicense" in found) is (missing is None)
    names = {
        "release_time": ("releaseTime", "2026-11-01T00:00:00Z"),
        "supplied_by": ("suppliedBy", "https://spdx.org/spdxdocs/greentrain#supplier"),
        "download_location": ("software_downloadLocation", "https://example.org/bert"),
        "package_version": ("software_packageVersion", "1.2"),
    }
    for option, (name, value) in names.items():
        assert found["model"].get(name) == (None if option == missing else value)


def test_without_options_no_profile_is_claimed() -> None:
    """Readers who know the profile would find its properties missing."""
    assert graph()["document"]["profileConformance"] == ["core", "software", "extension"]


@pytest.mark.parametrize("licence", [None, "Apache-2.0 OR MIT"])
def test_the_profile_s_licences(licence: str | None) -> None:
    """One that is concluded and one that is declared; without an option neither is asserted. The bindings read it."""
    found = graph(**PROFILE, licence=licence)
    for kind in ("hasConcludedLicense", "hasDeclaredLicense"):
        (target,) = found[kind]["to"]
        assert found[kind]["from"] == found["model"]["spdxId"]
        assert target.endswith("#licence" if licence else "/NoAssertionLicense")
    if licence:
        assert found["licence"]["simplelicensing_licenseExpression"] == licence
    package = read(report(project(), "spdx", **PROFILE, licence=licence))
    assert package.suppliedBy.name == "Example Labs"
    assert package.releaseTime == datetime(2026, 11, 1, tzinfo=UTC)


@pytest.mark.parametrize("time", ["soon", "2026-11-01T12:00", ""])
def test_a_release_is_a_date_or_has_its_zone(time: str) -> None:
    """Hours without a zone are another day elsewhere."""
    with pytest.raises(InputError, match=r"^release_time .*: must be a date, 2026-11-01, or a time with its zone"):
        report(project(), "spdx", release_time=time)
    assert graph(release_time="2026-11-01T12:00+02:00")["model"]["releaseTime"] == "2026-11-01T10:00:00Z"


def test_a_download_location_is_a_uri() -> None:
    """As the property's type says."""
    with pytest.raises(InputError, match=r"^download_location 'here': must be a URI"):
        report(project(), "spdx", download_location="here")
