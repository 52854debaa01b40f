"""The result: its inputs, drivers, sources and machine-readable form."""

import json
import pickle

import pytest

from greentrain import Input, Interval, __version__, estimate
from greentrain.catalogue import DATA_VERSION
from greentrain.footprint import QUANTITIES
from greentrain.inputs import given
from greentrain.interval import exact

EXACT = estimate("V100", count=64, hours=79.2, power=188.1486, host_factor=1, pue=1.58, grid_intensity=432.73)
USUAL = estimate("V100", count=8, hours=96, location="FR", year=2024)


def test_an_input_knows_who_chose_it() -> None:
    """Defaults and assumptions are ours; the rest is given, measured or published."""
    chosen = {basis: Input("pue", exact(1.5), "1", basis, "a").is_default for basis in
              ("given", "measured", "published", "default", "assumed")}  # fmt: skip
    assert chosen == {"given": False, "measured": False, "published": False, "default": True, "assumed": True}


def test_the_machine_readable_form_of_an_input() -> None:
    """The main source stands apart from the others."""
    item = Input("pue", Interval(1.1, 1.5, 1.9), "1", "default", "survey;judgement", "2023")
    assert item.to_dict() == {
        "name": "pue", "low": 1.1, "best": 1.5, "high": 1.9, "unit": "1", "basis": "default",
        "source": "survey", "other_sources": ["judgement"], "note": "2023",
    }  # fmt: skip


def test_what_the_user_said_is_exact_and_theirs() -> None:
    """Source and basis say so."""
    assert given("pue", 1.5, "1") == Input("pue", exact(1.5), "1", "given", "user", "", 1.0)
    assert EXACT.sources["user"] == {"title": "Stated by the user", "url": "", "year": None, "licence": ""}


def test_it_prints_in_one_line() -> None:
    """Energy at the meter and the headline with its interval."""
    assert repr(EXACT) == "<Estimate 1507 kWh, 652 kg CO2e (90 % interval 652 to 652)>"


def test_a_notebook_shows_a_table_of_all_six() -> None:
    """One row each, under a header."""
    table = EXACT._repr_html_()
    assert table.count("<tr>") == 7
    caption = "64 \N{MULTIPLICATION SIGN} NVIDIA Tesla V100 (taken as SXM2 16GB), 79.2 h, grid as given</caption>"
    assert caption in table
    assert ">652.0 kg CO<sub>2</sub>e</td><td" in table
    assert "script" not in table
    assert "http" not in table


def test_a_result_is_frozen() -> None:
    """No method changes it and nobody else can."""
    with pytest.raises(AttributeError):
        EXACT.operational_kg = exact(0.0)  # type: ignore[misc]


def test_the_defaults_are_those_inputs_that_nobody_stated() -> None:
    """A run of stated figures has none that its operational emissions follow from."""
    assert {item.name for item in USUAL.defaults} >= {"node_ratio", "pue"}
    assert [item.name for item in EXACT.defaults if item.weight] == []


def test_drivers_share_the_variance_and_come_in_order() -> None:
    """Their shares add up to one, largest first; exact inputs drive nothing."""
    shares = [share for _, share in USUAL.drivers]
    assert sum(shares) == pytest.approx(1, rel=1e-12)
    assert shares == sorted(shares, reverse=True)
    assert {name for name, _ in USUAL.drivers} == {"tdp", "node_ratio", "pue", "grid_intensity"}
    assert EXACT.drivers == ()


def test_every_source_of_an_input_is_given_in_full() -> None:
    """Title, URL, year and licence, none of them blank but for the user's own words."""
    named = [item.source_ids for item in USUAL.inputs] + [item.source_ids for item in USUAL.equivalents]
    assert set(USUAL.sources) == {key for keys in named for key in keys}
    for key, source in USUAL.sources.items():
        assert key == "user" or all(source[field] for field in ("title", "url", "year", "licence"))


def test_the_json_has_the_documented_fields_in_order() -> None:
    """Schema version 1."""
    document = json.loads(USUAL.to_json())
    assert list(document) == [
        "schema_version", "kind", "greentrain_version", "data_version", "run", *QUANTITIES, "basis", "scope",
        "breakdown", "inputs", "drivers", "sources", "equivalents", "notes", "warnings",
    ]  # fmt: skip
    head = [document[name] for name in ("schema_version", "kind", "greentrain_version", "data_version")]
    assert head == [1, "estimate", __version__, DATA_VERSION]


def test_the_json_holds_the_numbers_of_the_object() -> None:
    """To the last bit."""
    document = json.loads(USUAL.to_json(indent=None))
    for name in QUANTITIES:
        assert document[name] == getattr(USUAL, name)._asdict()
    assert [part["component"] for part in document["breakdown"]] == ["accelerators", "host", "facility"]
    assert [item["name"] for item in document["inputs"]] == [item.name for item in USUAL.inputs]


def test_the_run_as_understood() -> None:
    """Ids instead of what was typed."""
    assert USUAL.run == {
        "gpu": "v100-sxm2-16gb", "gpu_family": "V100", "count": 8, "hours": 96.0, "gpu_hours": 768.0,
        "location": "FR", "place": "FR", "year": 2024, "year_basis": "given", "grid_year": 2024, "runs": 1,
        "site": "datacentre", "instance": None,
    }  # fmt: skip


def test_changing_the_dictionary_leaves_the_result_alone() -> None:
    """Plain data is a copy."""
    USUAL.to_dict()["run"]["gpu"] = "k80"
    assert USUAL.run["gpu"] == "v100-sxm2-16gb"


def test_a_result_crosses_between_processes() -> None:
    """Sweeps run in worker processes."""
    twin = pickle.loads(pickle.dumps(USUAL))
    assert twin.to_json() == USUAL.to_json()
