"""The size of a training, stated for a result that does not know it."""

import re
from pathlib import Path
from typing import Any

import pytest
from journals_of_reports import write_run

import greentrain
from greentrain import History, InputError, report
from greentrain.cli import run
from greentrain.reporting import Size, report_data_of, with_stated_size

TIMED = greentrain.estimate("A100", hours=1)


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ({"params": "8B"}, Size(8e9)),
        ({"tokens": 1e9}, Size(None, 1e9)),
        ({"params": "8B", "tokens": "1T"}, Size(8e9, 1e12, 4.8e22, "6 x parameters x tokens")),
        (
            {"params": "8B", "active_params": "2B", "tokens": "1T"},
            Size(8e9, 1e12, 1.2e22, "6 x active parameters x tokens"),
        ),
        ({"params": "8B", "tokens": "1T", "flops": 5e22}, Size(8e9, 1e12, 5e22, "as stated by the user")),
    ],
)
def test_operations_follow_from_parameters_and_tokens(arguments: dict[str, Any], expected: Size) -> None:
    """6 x 8e9 x 1e12 = 4.8e22; the user's own count goes first."""
    assert with_stated_size(report_data_of(TIMED), arguments).size == expected


@pytest.mark.parametrize(
    ("result", "arguments", "message"),
    [
        (
            greentrain.estimate("A100", params="1B", tokens="2B"),
            {"flops": 1e20},
            "flops 1e+20: is stated in the estimate already",
        ),
        (TIMED, {"active_params": 1e9}, "active_params 1000000000.0: needs params, the size of the model"),
        (TIMED, {"params": 1e9, "active_params": 2e9}, "active_params 2000000000.0: is more than params, 1e+09"),
        (
            greentrain.validate(tier="T1", record="strubell2019-bert-base-v100"),
            {"tokens": "1T"},
            "tokens '1T': is the size of one training, and a validation is of many",
        ),
    ],
)
def test_what_cannot_be(result: object, arguments: dict[str, Any], message: str) -> None:
    """In one line that names the keyword."""
    with pytest.raises(InputError, match=f"^{re.escape(message)}$"):
        report(result, "text", **arguments)


def test_a_tracked_run_states_its_computation(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """On the command line as in the library; without it the options that are missing are named."""
    write_run(tmp_path, "aa", project="p")
    write_run(tmp_path, "bb", project="p")
    home = ["--home", str(tmp_path), "--format"]
    assert run(["report", "aa", "--params", "8B", "--tokens", "1B", *home, "gpai"]) == 0
    printed = capsys.readouterr().out
    assert printed == report(History(tmp_path).get("aa"), "gpai", params=8e9, tokens=1e9)
    assert "| Amount of computation used for training | 4.8 x 10^19 FLOP |" in printed
    assert "Operations of training: 6 x parameters x tokens, all runs covered together." in printed
    assert run(["report", "--project", "p", "--tokens", "1M", *home, "sci", "--functional-unit", "token"]) == 0
    # 2 x 1.19 x 0.2016 kg, and 2 x (150 + 375) kg / (35,040 h x 0.75), over 1e6 tokens.
    grams = 1000 * 2 * (0.239904 + 525 / 35_040 / 0.75) / 1e6
    assert f"**SCI = {1e6 * grams:.0f} ug CO2e per token**" in capsys.readouterr().out
    assert run(["report", "--project", "p", "--params", "8B", *home, "latex", "--checklist", "acl"]) == 0
    assert capsys.readouterr().out.startswith(
        "The model has 8 billion parameters, the total computational budget was 2"
    )
    assert run(["report", "aa", *home, "sci", "--functional-unit", "token"]) == 2
    rule = "the number of tokens is not known; give --tokens, of a described run --params too"
    assert capsys.readouterr().err == f"greentrain: --functional-unit 'token': {rule}\n"


def test_what_describes_a_run_still_excludes_a_tracked_one(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Its hardware was seen."""
    write_run(tmp_path, "aa")
    assert run(["report", "aa", "--home", str(tmp_path), "--tokens", "1B", "--gpu", "V100"]) == 2
    rule = "--gpu 'V100': describes a run, and so excludes the id of a run"
    assert capsys.readouterr().err == f"greentrain: {rule}\n"
