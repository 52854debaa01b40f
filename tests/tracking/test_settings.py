"""The arguments of a run are checked before it starts, and the error names them."""

import sys
import time
import traceback
import warnings
from pathlib import Path
from typing import Any

import pytest

import greentrain
from greentrain.tracking import is_place_code

METERS = "must be codecarbon, native, none, replay:FILE or a ReplayMeter"
BAD = [
    ({"interval": 0}, "interval 0: must be at least 0.1 and at most 3,600 (seconds between samples)"),
    ({"interval": -1}, "interval -1: must be at least 0.1 and at most 3,600 (seconds between samples)"),
    ({"interval": "often"}, "interval 'often': must be a number (seconds between samples)"),
    ({"interval": None}, "interval: must be a number (seconds between samples)"),
    ({"interval": float("nan")}, "interval nan: must be a finite number (seconds between samples)"),
    ({"pue": 0.9}, "pue 0.9: must be at least 1 and at most 5 (facility energy over IT energy); no facility"),
    ({"grid_intensity": -3}, "grid_intensity -3: must be greater than 0 and at most 3,000 (g CO2e/kWh)"),
    ({"location": "Frnace"}, "location 'Frnace': unknown place; did you mean FR (France)"),
    ({"location": "US-CALIFRONIA"}, "location 'US-CALIFRONIA': unknown place; did you mean"),
    ({"location": ""}, "location '': must not be empty; leave it out when unknown"),
    ({"location": 33}, "location 33: must be text"),
    ({"gpu": "RTX 3099"}, "gpu 'RTX 3099': unknown accelerator; did you mean"),
    ({"instance": "p9.huge"}, "instance 'p9.huge': unknown cloud instance type"),
    ({"gpu": "8xA100", "count": 4}, "count 4: contradicts {gpu} '8xA100', which means 8"),
    ({"instance": "p4d.24xlarge", "location": "gcp:us-west1"}, "location 'gcp:us-west1': is not a region of aws"),
    ({"count": 1.5}, "count 1.5: must be a whole number (accelerators)"),
    ({"site": "cellar"}, "site 'cellar': must be datacentre or workstation"),
    ({"workload": "play"}, "workload 'play': must be pretraining, finetuning, inference-like or small"),
    ({"budget_kg": 0}, "budget_kg 0: must be greater than 0 and at most 1e+12 (kg CO2e)"),
    ({"budget_kwh": "5 kWh"}, "budget_kwh '5 kWh': must be a number (kWh); write it without its unit: 5"),
    ({"on_budget": "kill"}, "on_budget 'kill': must be warn, raise or stop"),
    ({"on_budget": "stop"}, "on_budget 'stop': needs a budget: give budget_kwh or budget_kg"),
    ({"budget_kg": 1, "meter": "none"}, "meter 'none': measures nothing, and so excludes budget_kg"),
    ({"total_steps": 0}, "total_steps 0: must be at least 1 and at most 1e+15 (steps of the whole training)"),
    ({"meter": "thermometer"}, "meter 'thermometer': must be codecarbon, native, none, replay:FILE or a ReplayMeter"),
    (
        {"meter": "natve"},
        "meter 'natve': must be codecarbon, native, none, replay:FILE or a ReplayMeter; did you mean native?",
    ),
    (
        {"meter": "replay"},
        "meter 'replay': must be codecarbon, native, none, replay:FILE or a ReplayMeter; did you mean",
    ),
    ({"meter": "none:x"}, "meter 'none:x': must be codecarbon"),
    ({"record_command": "perhaps"}, "record_command 'perhaps': must be yes or no"),
    ({"record_command": 2}, "record_command 2: must be yes or no"),
    ({"meter": 5}, "meter 5: must be codecarbon, native, none, replay:FILE or a ReplayMeter"),
    ({"meter": "replay:nowhere.jsonl"}, "meter 'replay:nowhere.jsonl': no such file"),
    ({"run_id": " "}, "run_id ' ': must not be empty"),
    ({"project": 5}, "project 5: must be text"),
    ({"home": 5}, "home 5: must be a path"),
    ({"home": "x://u:hunter2@h"}, "home 'x://u:***@h': must be a path, not an address"),
    ({"profiles": "/nonexistent/profiles"}, "profiles '/nonexistent/profiles': "),
    ({"year": time.localtime().tm_year + 2}, f"year {time.localtime().tm_year + 2}: lies in the future"),
]


@pytest.mark.parametrize(("arguments", "message"), BAD, ids=[message.partition(":")[0] for _, message in BAD])
def test_a_bad_argument_is_named_at_decoration(arguments: dict[str, Any], message: str, tmp_path: Path) -> None:
    """The error comes before anything runs, states what is wrong, and leaves no record."""
    with pytest.raises(greentrain.InputError) as caught:
        greentrain.track("bad", **{"home": tmp_path / "home", **arguments})

    shown = str(caught.value)
    assert shown.startswith(message.replace("{gpu}", "gpu"))
    assert not (tmp_path / "home").exists()


def test_the_error_comes_from_the_decorators_line() -> None:
    """The newest line of the user's own code in the traceback is the decorator's."""
    try:

        @greentrain.track(location="Frnace")
        def train() -> None:
            """Train nothing."""

    except greentrain.UnknownName as error:
        lines = [frame.line for frame in traceback.extract_tb(error.__traceback__) if frame.filename == __file__]
    assert lines == ['@greentrain.track(location="Frnace")']


def test_numbers_may_be_text_and_names_need_not_be_codes(tmp_path: Path) -> None:
    """The command line gives text; places go by name, alias and cloud region too."""
    for place in ("FR", "france", "us-ca", "US-CA", "aws:us-east-1", "AWS:US-EAST-1"):
        greentrain.track(location=place, pue="1.2", interval="0.5", budget_kwh="3", home=tmp_path)


@pytest.mark.parametrize("code", ["FR", "US-CA", "WORLD", "aws:us-east-1", "gcp:europe-west1"])
def test_the_short_way_knows_exact_codes(code: str) -> None:
    """A code at the start of a row of the shipped tables, letter by letter."""
    assert is_place_code(code)
    assert greentrain.load_catalogue().places.find(code).code == code


@pytest.mark.parametrize(
    "text", ["", "fr", "France", "F", "R", "FR,country", "place", "provider:region", "aws:", ":", "FR\n"]
)
def test_the_short_way_takes_nothing_else(text: str) -> None:
    """Whatever is no code takes the long way, through the catalogue."""
    assert not is_place_code(text)


def test_a_working_folder_that_is_gone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No path can be completed by it."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "gone").mkdir()
    monkeypatch.chdir("gone")
    (tmp_path / "gone").rmdir()
    with pytest.raises(greentrain.InputError) as caught:
        greentrain.track(home="h")
    assert str(caught.value) == "home 'h': cannot be found: No such file or directory"
    assert list(greentrain.History("h")) == []


@pytest.mark.skipif(sys.platform == "win32", reason="there is no such limit")
@pytest.mark.parametrize(
    "stated", [{}, {"location": "FR"}, {"location": "Nowhere"}, {"gpu": "V100"}, {"meter": "native", "budget_kg": 5}]
)
def test_a_training_without_descriptors_starts(tmp_path: Path, stated: dict[str, Any]) -> None:
    """What cannot be checked is taken as it is, and one warning says that nothing is recorded."""
    import resource

    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    tracker = None
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        resource.setrlimit(resource.RLIMIT_NOFILE, (3, before[1]))
        try:
            tracker = greentrain.track(**{"home": tmp_path, "meter": "none", **stated})
            with tracker:
                pass
        finally:
            resource.setrlimit(resource.RLIMIT_NOFILE, before)
    messages = [str(each.message) for each in caught]

    assert tracker is not None
    assert messages[0].startswith(f"greentrain: {tmp_path} cannot be written (Too many open files), nor can ")
    assert not (tmp_path / "runs").exists() or not any(tmp_path.rglob("*.jsonl"))
