"""BoAmps reports."""

import json
import re
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from form_examples import MADE_AT, exact, one_run, project, sized

from greentrain import InputError, Interval, estimate, report
from greentrain.reporting import ReportData, report_data_of
from greentrain.reporting.forms.boamps import quality

SCHEMA = json.loads((Path(__file__).parents[2] / "data" / "boamps_report.schema.json").read_text())
CLOUD = report_data_of(estimate("A100-SXM4-80GB", count=8, hours=10, location="aws:eu-west-3", year=2024))
PROCESSORS = report_data_of(estimate(cpu="AMD EPYC 7763", cpu_cores=64, memory_gb=256, hours=10))


def written(data: ReportData, **options: Any) -> dict[str, Any]:
    """Write a report, check it by the schema and read it."""
    found: dict[str, Any] = json.loads(report(data, "boamps", **options))
    jsonschema.Draft4Validator(SCHEMA).validate(found)
    return found


def unknown_fields(value: Any, schema: dict[str, Any]) -> list[str]:
    """List the fields that the schema does not name."""
    if "$ref" in schema:
        schema = SCHEMA["definitions"][schema["$ref"].rsplit("/", 1)[1]]
    if isinstance(value, list):
        return [name for item in value for name in unknown_fields(item, schema["items"])]
    if not isinstance(value, dict):
        return []
    known = schema["properties"]
    inner = [name for key, item in value.items() if key in known for name in unknown_fields(item, known[key])]
    return [key for key in value if key not in known] + inner


def test_the_stage_is_spelled_as_the_format_does() -> None:
    """Other forms have a hyphen in it."""
    stages = [
        written(exact(), activity=name)["task"]["taskStage"] for name in ("training", "fine-tuning", "retraining")
    ]
    assert stages == ["training", "finetuning", "retraining"]


@pytest.mark.parametrize(
    "data", [exact(), sized(), one_run(), project(), CLOUD, PROCESSORS], ids=lambda data: data.title
)
def test_it_keeps_the_schema_and_adds_only_our_properties(data: ReportData) -> None:
    """With a date and without; every other field is one of the format."""
    for made_at in (None, MADE_AT):
        assert unknown_fields(written(data, made_at=made_at), SCHEMA) == ["greentrain"]


def test_the_schema_is_one() -> None:
    """A report without its task does not pass."""
    jsonschema.Draft4Validator.check_schema(SCHEMA)
    found = written(exact())
    del found["task"]
    assert not jsonschema.Draft4Validator(SCHEMA).is_valid(found)


def test_the_energy_is_that_of_the_computers() -> None:
    """20 and 8 kWh before a PUE of 1.25, measured with codecarbon; the run of unknown energy is no measure."""
    first, second = written(project())["measures"]
    assert first == {
        "measurementMethod": "greentrain, measured with codecarbon",
        "version": "1.2.3",
        "powerConsumption": 20.0,
        "measurementDuration": 36_000.0,
        "measurementDateTime": "2026-03-01 06:00:00",
    }
    assert second["powerConsumption"] == 8.0
    assert "before PUE" in written(project())["task"]["taskDescription"]


def test_the_size_is_in_billions() -> None:
    """1e9 parameters are 1; tokens of both runs."""
    task = written(sized())["task"]
    assert task["algorithms"] == [{"algorithmType": "neural network", "parametersNumber": 1.0}]
    assert task["dataset"] == [{"dataUsage": "input", "dataType": "token", "dataQuantity": 4e10}]
    assert written(exact())["task"]["dataset"] == [{"dataUsage": "input", "dataType": "other"}]


def test_place_and_infrastructure() -> None:
    """A region names provider and country; the user may say what it is."""
    found = written(CLOUD)
    assert found["infrastructure"]["infraType"] == "publicCloud"
    assert found["infrastructure"]["cloudProvider"] == "aws"
    assert found["infrastructure"]["components"] == [
        {"componentName": "8 x NVIDIA A100 SXM4 80GB", "componentType": "gpu", "nbComponent": 8}
    ]
    assert (found["environment"]["country"], found["environment"]["location"]) == ("France", "aws:eu-west-3")
    assert written(project())["environment"]["powerSourceCarbonIntensity"] == 400.0
    assert written(project(), infrastructure="onPremise")["infrastructure"]["infraType"] == "onPremise"
    assert "environment" not in written(exact())
    (component,) = written(PROCESSORS)["infrastructure"]["components"]
    assert (component["componentType"], component["nbComponent"]) == ("cpu", 1)


@pytest.mark.parametrize(
    ("interval", "expected"),
    [
        (Interval(9, 10, 11), "high"),
        (Interval(7.5, 10, 11), "medium"),
        (Interval(9, 10, 12.6), "low"),
        (Interval(1, 10, 90), "low"),
        (Interval(5, 5, 5), "high"),
    ],
)
def test_the_quality_follows_from_the_interval(interval: Interval, expected: str) -> None:
    """Within 10 % high, within 25 % medium."""
    assert quality(interval) == expected


def test_the_header_needs_a_date() -> None:
    """As the format wants it; an estimate is a draft."""
    assert "header" not in written(exact())
    header = {"formatVersion": "1.1", "reportDatetime": "2026-11-22 11:00:00", "reportStatus": "draft"}
    assert written(exact(), made_at=MADE_AT)["header"] == header
    assert written(project(), made_at=MADE_AT)["header"]["reportStatus"] == "final"


def test_a_wrong_infrastructure() -> None:
    """One of four."""
    message = "infrastructure 'cloud': must be publicCloud, privateCloud, onPremise or other"
    with pytest.raises(InputError, match=f"^{re.escape(message)}$"):
        written(exact(), infrastructure="cloud")
