"""The command line: exit codes, one-line errors, the short way and typer's way."""

import inspect
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

import greentrain
from greentrain.cli import run
from greentrain.cli.options import ESTIMATE_OPTIONS
from greentrain.cli.parser import parse

JOB = ["estimate", "--gpu", "V100", "--hours", "96"]
EXACT_JOB = [
    *("estimate", "--gpu", "V100", "--count", "64", "--hours", "79.2", "--power", "188.1486"),
    *("--host-factor", "1", "--pue", "1.58", "--grid-intensity", "432.73"),
]


def outcome(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> tuple[int, str, str]:
    """Run a command and give its exit code, stdout and stderr."""
    code = run(arguments)
    captured = capsys.readouterr()
    return code, captured.out, captured.err


def test_options_are_the_keywords_of_the_library() -> None:
    """Each keyword of estimate is an option of the same name; the others only shape the output."""
    keywords = set(inspect.signature(greentrain.estimate).parameters)
    options = {option.name for option in ESTIMATE_OPTIONS if option.group != "Output"}

    assert options == keywords


@pytest.mark.parametrize("arguments", [JOB, [*JOB, "--json"], EXACT_JOB, [*JOB, "--location=FR", "--explain"]])
def test_the_short_way_and_typer_print_the_same(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    """Whether options are read directly or by typer makes no difference to the output."""
    from greentrain.cli.app import run_app

    assert parse(arguments) is not None
    short = outcome(arguments, capsys)
    code = run_app(arguments)

    assert (code, capsys.readouterr().out, "") == short


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["--version", "profiles"],
        ["profiles", "V100", "A100"],
        ["profiles", "--json", "show", "V100"],
        ["profiles", "show"],
        ["history", "rename", "--home", "x", "id"],
        ["history", "--project", "-h"],
        ["track", "--nam", "x", "--", "true"],
        ["estimate", "--help"],
        ["estimate", "--gpus", "V100"],
        ["estimate", "V100"],
        ["estimate", "--gpu"],
        ["estimate", "--gpu", "--hours"],
        ["estimate", "--json=yes"],
    ],
)
def test_whatever_is_not_plain_is_left_to_typer(arguments: list[str]) -> None:
    """Help and mistakes take the long way."""
    assert parse(arguments) is None


def test_json_is_one_object_with_the_names_of_the_contract(capsys: pytest.CaptureFixture[str]) -> None:
    """The JSON has the keys that others build on, and its parts agree with each other."""
    code, out, err = outcome([*JOB, "--location", "FR", "--year", "2024", "--json"], capsys)
    result = json.loads(out)

    assert (code, err) == (0, "")
    assert result["schema_version"] == 1
    assert result["kind"] == "estimate"
    assert result["greentrain_version"] == greentrain.__version__
    assert {"gpu": "v100-sxm2-16gb", "count": 1, "hours": 96.0, "location": "FR", "year": 2024}.items() <= result[
        "run"
    ].items()
    assert [part["component"] for part in result["breakdown"]] == ["accelerators", "host", "facility"]
    assert sum(part["energy_kwh"] for part in result["breakdown"]) == pytest.approx(
        result["facility_energy_kwh"]["best"], rel=1e-12
    )
    assert {item["source"] for item in result["inputs"]} <= set(result["sources"])
    assert {item["source"] for item in result["equivalents"]} <= set(result["sources"])
    assert {item["basis"] for item in result["inputs"]} <= {"given", "measured", "published", "default", "assumed"}
    assert len(result["equivalents"]) == 3


def test_csv_is_a_header_and_one_row(capsys: pytest.CaptureFixture[str]) -> None:
    """The row holds the exact result in full precision."""
    import csv
    import io

    code, out, _ = outcome([*EXACT_JOB, "--format", "csv"], capsys)
    (row,) = csv.DictReader(io.StringIO(out))

    assert code == 0
    assert float(row["facility_energy_kwh_best"]) == pytest.approx(64 * 79.2 * 188.1486 * 1.58 / 1000, rel=1e-12)
    assert row["gpu"] == "v100-sxm2-16gb"


@pytest.mark.parametrize(
    ("arguments", "printed"),
    [
        (EXACT_JOB, ("1,506.8 kWh", "652.0 kg CO2e")),
        (
            [
                *("estimate", "--gpu", "A100-SXM4-80GB", "--gpu-hours", "1082990", "--power", "400"),
                *("--host-factor", "1", "--pue", "1", "--grid-intensity", "57"),
            ],
            ("433,196 kWh", "24,692 kg CO2e"),
        ),
        (
            [
                *("estimate", "--gpu", "H100", "--gpu-hours", "30840000", "--power", "700"),
                *("--host-factor", "1", "--pue", "1", "--grid-intensity", "414"),
            ],
            ("21,588,000 kWh", "8,937,432 kg CO2e"),
        ),
    ],
)
def test_published_runs_come_out_to_the_printed_digit(
    arguments: list[str], printed: tuple[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    """Exact inputs give the published figures, digit by digit.

    64 x 79.2 h x 188.1486 W x 1.58 = 1,506.83 kWh, x 432.73 g = 652.05 kg (Strubell 2019);
    1,082,990 h x 400 W = 433,196 kWh, x 57 g = 24,692.17 kg (BLOOM);
    30,840,000 h x 700 W = 21,588,000 kWh, x 414 g = 8,937,432 kg (Llama 3.1 405B).
    """
    code, out, _ = outcome(arguments, capsys)

    assert code == 0
    assert all(number in out for number in printed)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["estimate", "--gpu", "RTX 3099", "--hours", "1"], "--gpu 'RTX 3099': unknown accelerator; did you mean "),
        (
            ["estimate", "--gpu", "V100", "--hours", "96 V"],
            "--hours '96 V': must be a number (hours of wall-clock time), or a",
        ),
        (
            ["estimate", "--gpu", "V100"],
            "--hours: how long did it run? Give --hours (wall-clock), --gpu-hours (in total) or --params and --tokens",
        ),
        (
            ["estimate", "--gpu", "V100", "--hours", "1", "--format", "xml"],
            "--format 'xml': must be table, json or csv",
        ),
        (["estimate", "--gpus", "V100"], "no such option: --gpus"),
        (["estimate", "--gpu"], "option '--gpu' requires an argument"),
        (["estimat"], "no such command 'estimat'"),
        (["profiles", "show"], "missing argument 'ID'"),
        (["grids", "show", "Frnace"], "PLACE 'Frnace': unknown place; did you mean FR (France)"),
    ],
)
def test_misuse_is_one_line_and_exit_code_2(
    arguments: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """A mistake is answered in one line on stderr that names the option, and with nothing on stdout."""
    code, out, err = outcome(arguments, capsys)

    assert (code, out) == (2, "")
    assert err.startswith(f"greentrain: {message}")
    assert err.count("\n") == 1


@pytest.mark.parametrize("again", [["--gpu", "A10G"], ["--gpu=A10G"]])
def test_an_option_is_given_once(again: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    """The second device of two is not dropped, nor the first."""
    assert run(["estimate", "--gpu", "T4", *again, "--hours", "3"]) == 2
    rule = "was given before as 'T4'; give it once, or all values to greentrain compare"
    assert capsys.readouterr().err == f"greentrain: --gpu 'A10G': {rule}\n"


def test_no_command_shows_the_help(capsys: pytest.CaptureFixture[str]) -> None:
    """The bare program shows its commands and counts as misuse."""
    code, out, _ = outcome([], capsys)

    assert code == 2
    assert {"estimate", "profiles", "grids"} <= set(out.split())


@pytest.mark.parametrize("kind", ["profiles", "grids"])
def test_a_search_without_result_says_so(kind: str, capsys: pytest.CaptureFixture[str]) -> None:
    """A word that nothing has is answered on stderr with exit code 1."""
    code, _, err = outcome([kind, "qqqq"], capsys)

    assert code == 1
    assert "'qqqq'" in err


def test_lists_fit_80_columns(capsys: pytest.CaptureFixture[str]) -> None:
    """Tables and results keep to the width of a terminal, in plain ASCII."""
    large = ["estimate", "--gpu", "H100", "--gpu-hours", "39300000", "--explain"]
    tiny = ["estimate", "--gpu", "Jetson Nano", "--hours", "0.001", "--location", "NO"]
    host = ["estimate", "--cpu", "AMD EPYC 7763", "--cpu-cores", "64", "--hours", "10", "--explain"]
    for arguments in (JOB, large, tiny, host, ["profiles"], ["grids"], ["profiles", "V100"], ["grids", "us"]):
        _, out, _ = outcome(arguments, capsys)

        assert [line for line in out.splitlines() if len(line) > 80 and "://" not in line] == [], arguments
        assert out.isascii(), arguments


def greentrain_process(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run the program as a process of its own."""
    program = Path(sys.executable).with_name("greentrain")
    return subprocess.run(
        [str(program), *arguments], capture_output=True, text=True, check=False, env={**os.environ, **environment}
    )


def test_colour_only_where_it_is_wanted() -> None:
    """A pipe gets no escape codes, FORCE_COLOR asks for them, NO_COLOR has the last word."""
    escape = "\x1b["

    assert escape not in greentrain_process(*JOB).stdout
    assert escape in greentrain_process(*JOB, FORCE_COLOR="1").stdout
    assert escape not in greentrain_process(*JOB, FORCE_COLOR="1", NO_COLOR="1").stdout


def test_python_runs_the_package_as_the_command() -> None:
    """``python -m greentrain`` has the exit code and the output of ``greentrain``."""
    done = subprocess.run(
        [sys.executable, "-m", "greentrain", "--version"], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout.split()[0]) == (0, "greentrain")


def test_a_reader_that_goes_away_is_no_traceback() -> None:
    """`greentrain profiles | head` ends quietly."""
    program = Path(sys.executable).with_name("greentrain")
    found = subprocess.run(f"'{program}' profiles | head -n 1", shell=True, capture_output=True, text=True, check=False)

    assert found.stdout.startswith("Accelerators")
    assert found.stderr == ""
