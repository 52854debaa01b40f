"""``greentrain estimate --compare-methods``: the table, the JSON, and what it costs those who do not ask for it."""

import json
import subprocess
import sys

import pytest

from greentrain.cli import run
from greentrain.cli.parser import parse

JOB = ["estimate", "--gpu", "V100", "--hours", "96", "--location", "US", "--year", "2025", "--pue", "1.58"]
COMPARED = [*JOB, "--compare-methods"]


def printed(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> str:
    """Run a command that succeeds silently, and give what it prints."""
    assert run(arguments) == 0
    captured = capsys.readouterr()
    assert captured.err == ""
    return captured.out


def test_the_comparison_follows_the_estimate(capsys: pytest.CaptureFixture[str]) -> None:
    """The estimate stays as it is without the switch; the comparison stands below."""
    alone, both = printed(JOB, capsys), printed(COMPARED, capsys)
    assert both.startswith(f"{alone}\nThe same job by published methods ")


def test_the_table_shows_the_spread_and_where_it_comes_from(capsys: pytest.CaptureFixture[str]) -> None:
    """Results, the range of the tools, the factors and the sources."""
    lines = [" ".join(line.split()) for line in printed(COMPARED, capsys).splitlines()]
    results = [" ".join(line.split()[:-1]) for line in lines]
    assert "anthony2020 22.8 369 8.41" in results
    assert "lannelongue2021 (64 GB, 4 cores) 56.4 424 23.9" in results
    assert "The tools among them range from 8.41 to 23.9 kg CO2e, a factor of 2.84." in lines
    assert "device utilization host PUE grid all" in lines
    assert "lannelongue2021 Green Algorithms: TDP and memory, PUE" in lines
    assert "[green_algorithms;green_algorithms_data]" in lines


@pytest.mark.parametrize(
    "job",
    [
        ["--gpu", "V100", "--hours", "96", "--location", "US", "--pue", "1.58"],
        ["--gpu", "H100", "--gpu-hours", "39300000", "--location", "US"],
        ["--gpu", "tpu-v3", "--count", "4096", "--hours", "920", "--grid-intensity", "0.5"],
        ["--cpu-cores", "4", "--hours", "0.01", "--location", "FR"],
    ],
)
def test_the_comparison_fits_80_columns(job: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    """Large and small numbers too, in plain ASCII."""
    out = printed(["estimate", *job, "--compare-methods"], capsys)
    comparison = out[out.index("The same job by published methods") :]
    assert max(map(len, comparison.splitlines())) <= 80
    assert comparison.isascii()


def test_json_has_the_key_methods(capsys: pytest.CaptureFixture[str]) -> None:
    """One object: the estimate's own keys unchanged, and the comparison under one more."""
    alone, both = (json.loads(printed([*arguments, "--json"], capsys)) for arguments in (JOB, COMPARED))
    methods = both.pop("methods")
    assert both == alone
    assert set(methods) == {"ours", "results", "tools_kg", "sources"}
    assert methods["ours"]["kg"] == both["operational_kg"]["best"]
    assert (round(methods["tools_kg"]["low"], 2), round(methods["tools_kg"]["high"], 2)) == (8.41, 23.91)


def test_json_of_a_method_has_its_factors_and_their_ratios(capsys: pytest.CaptureFixture[str]) -> None:
    """Numbers in full, with the names of the factors."""
    methods = json.loads(printed([*COMPARED, "--json"], capsys))["methods"]
    (found,) = (item for item in methods["results"] if item["name"] == "tdp_method")
    assert found["kwh"] == pytest.approx(45.504, rel=1e-12)
    assert found["factors"] == {"device": 300, "utilization": 1, "host": 1, "pue": 1.58, "grid": 385}
    assert set(found["split"]) == set(found["factors"])
    assert found["sources"] == ["llama1_2023"]
    assert set(found["sources"]) <= set(methods["sources"])


@pytest.mark.parametrize("extra", [[], ["--json"], ["--explain"]])
def test_the_short_way_and_typer_compare_the_same(extra: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    """The switch means the same by either way."""
    from greentrain.cli.app import run_app

    arguments = [*COMPARED, *extra]
    assert parse(arguments) is not None
    short = printed(arguments, capsys)
    assert (run_app(arguments), capsys.readouterr().out) == (0, short)


def test_one_row_of_csv_cannot_hold_a_comparison(capsys: pytest.CaptureFixture[str]) -> None:
    """It is refused instead of left out."""
    assert run([*COMPARED, "--format", "csv"]) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    message = "--compare-methods: has no place in one row of CSV; use --format table or json"
    assert captured.err == f"greentrain: {message}\n"


def test_without_the_switch_no_method_is_loaded() -> None:
    """Those who do not ask do not wait."""
    program = (
        "import sys\nfrom greentrain.cli.main import run\n"
        f"code = run({JOB!r})\n"
        "sys.exit(code or any(name.startswith('greentrain.validation') for name in sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False, timeout=120)
    assert (done.returncode, done.stderr) == (0, "")
