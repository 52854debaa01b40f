"""What forms say of place, cloud and licence."""

import csv
import io
import json

import pytest

from greentrain import InputError, estimate, report


def test_an_inventory_takes_no_unknown_place_for_the_world() -> None:
    """Its factor is a mixture of where data centres are; of the world's mean the place is the world."""
    for place, expected in ((None, "place not known"), ("world", "WORLD"), ("FR", "FR")):
        row, _ = csv.DictReader(io.StringIO(report(estimate("V100", hours=10, location=place), "ghg")))
        assert row["factor_place"] == expected


@pytest.mark.parametrize(
    ("described", "infrastructure", "provider"),
    [
        ({"instance": "p4d.24xlarge", "location": "FR"}, "publicCloud", "aws"),
        ({"gpu": "V100", "location": "gcp:europe-west4"}, "publicCloud", "gcp"),
        ({"gpu": "V100", "location": "FR"}, "other", None),
    ],
)
def test_an_instance_type_is_a_public_cloud(
    described: dict[str, str], infrastructure: str, provider: str | None
) -> None:
    """As a region of a provider is; the model card names it too."""
    result = estimate(hours=10, **described)  # type: ignore[arg-type]
    found = json.loads(report(result, "boamps"))["infrastructure"]
    assert (found["infraType"], found.get("cloudProvider")) == (infrastructure, provider)
    assert f"- **Cloud Provider:** {provider or 'not stated'}\n" in report(result, "model-card")


def spdx(licence: str) -> str:
    """Write a package that states its licence."""
    known = {"release_time": "2026-11-01", "supplied_by": "Us", "download_location": "https://example.org/m"}
    return report(estimate("V100", hours=1), "spdx", package_version="1", licence=licence, **known)


@pytest.mark.parametrize(
    "licence",
    ["Apache-2.0", "MIT OR Apache-2.0", "(MIT AND BSD-3-Clause) OR LicenseRef-Our-Terms", "GPL-2.0-or-later",
     "GPL-2.0+", "GPL-2.0-only WITH Classpath-exception-2.0", "DocumentRef-x:LicenseRef-y"],
)  # fmt: skip
def test_licence_expressions_are_written(licence: str) -> None:
    """As they are."""
    assert f'"simplelicensing_licenseExpression": "{licence}"' in spdx(licence)


@pytest.mark.parametrize(
    "licence",
    ["Foo Bar!!", "Apache 2.0", "", " ", "MIT OR", "OR MIT", "(MIT", "MIT)", "()", "MIT Apache-2.0", "MIT, Apache-2.0",
     "CC BY 4.0", "MIT/X11", "all rights reserved", "https://example.org/licence"],
)  # fmt: skip
def test_what_is_no_licence_expression_is_refused(licence: str) -> None:
    """Naming the parameter."""
    with pytest.raises(InputError, match=r"^licence .*must be an SPDX licence expression, such as"):
        spdx(licence)


@pytest.mark.parametrize("gpu", ["RTX 4090", "M3 Max", "Jetson AGX Orin 64GB"])
def test_no_year_of_a_survey_is_named_where_there_is_no_data_centre(gpu: str) -> None:
    """In a data centre it is."""
    notes = [estimate(gpu, hours=1, location="FR", year=2024, site=site).notes for site in (None, "workstation")]
    assert not [note for each in notes for note in each if note.startswith("No PUE published")]
