"""CycloneDX, checked by the specification's own schema."""

import json
import re
from typing import Any

import pytest
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator
from form_examples import MADE_AT, exact, one_run, project, sized

from greentrain import InputError, report
from greentrain.reporting import ReportData
from greentrain.reporting.forms.cyclonedx import ACTIVITIES, render

VERSIONS = {"1.6": SchemaVersion.V1_6, "1.7": SchemaVersion.V1_7}


def consumption(text: str) -> dict[str, Any]:
    """Return the only entry on energy."""
    (model,) = json.loads(text)["components"]
    (found,) = model["modelCard"]["considerations"]["environmentalConsiderations"]["energyConsumptions"]
    return dict(found)


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("data", [exact(), sized(), one_run(), project()], ids=lambda data: data.title)
def test_it_keeps_the_official_schema(version: str, data: ReportData) -> None:
    """Of both versions, with a date and without."""
    for made_at in (None, MADE_AT):
        text = report(data, "cyclonedx", spec_version=version, made_at=made_at)
        assert JsonStrictValidator(VERSIONS[version]).validate_str(text) is None


@pytest.mark.parametrize("activity", ACTIVITIES)
def test_every_activity_is_one_of_the_schema(activity: str) -> None:
    """The list is the specification's."""
    text = render(exact(), activity=activity)
    assert JsonStrictValidator(SchemaVersion.V1_6).validate_str(text) is None


def test_the_schema_refuses_kilograms() -> None:
    """The check is one: another unit does not pass."""
    text = render(exact()).replace("tCO2eq", "kgCO2eq")
    assert JsonStrictValidator(SchemaVersion.V1_6).validate_str(text) is not None


def test_energy_in_kwh_and_emissions_in_tonnes() -> None:
    """35 kWh and 14 kg, which are 0.014 t; nothing is set against them."""
    found = consumption(render(project()))
    assert found["activityEnergyCost"] == {"value": 35.0, "unit": "kWh"}
    assert found["co2CostEquivalent"] == {"value": 0.014, "unit": "tCO2eq"}
    assert "co2CostOffset" not in found
    (provider,) = found["energyProviders"]
    assert (provider["organization"], provider["energySource"]) == ({"name": "electricity grid, FR"}, "unknown")


def test_intensity_pue_and_intervals_are_properties() -> None:
    """As text, numbers without exponents."""
    found = {item["name"]: item["value"] for item in consumption(render(project()))["properties"]}
    assert found["greentrain:facility_energy_kwh_low"] == "28"
    assert found["greentrain:operational_kg_high"] == "16.8"
    assert found["greentrain:pue_best"] == "1.25"
    assert found["greentrain:grid_intensity_g_per_kwh_best"] == "400"
    assert found["greentrain:grid_year"] == "2025"
    assert found["greentrain:grid_source"] == "Ember, Yearly Electricity Data"
    assert found["greentrain:codecarbon_version"] == "3.3.2"


def test_the_date_is_that_of_the_caller() -> None:
    """In UTC; none is made up."""
    assert json.loads(report(exact(), "cyclonedx", made_at=MADE_AT))["metadata"]["timestamp"] == "2026-11-22T11:00:00Z"
    assert "timestamp" not in json.loads(render(exact()))["metadata"]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"spec_version": "1.5"}, "spec_version '1.5': must be 1.6 or 1.7"),
        ({"activity": "x"}, "activity 'x': must be "),
    ],
)
def test_wrong_options(options: dict[str, Any], message: str) -> None:
    """Refused, with what there is."""
    with pytest.raises(InputError, match=f"^{re.escape(message)}"):
        render(exact(), **options)
