"""``greentrain validate``: what it prints, in which order, and its exit codes."""

import csv
import io
import json
from pathlib import Path

import pytest

from greentrain import validate
from greentrain.cli import run

HEADER = "id,accelerator,accelerator_count,wall_hours,power_basis,power_w_per_accelerator,published_energy_kwh"


def outcome(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    """Run the command and give exit code, stdout and stderr."""
    code = run(["validate", *arguments])
    captured = capsys.readouterr()
    return code, captured.out, captured.err


def own_file(folder: Path, *rows: str) -> str:
    """Write a user's file."""
    file = folder / "own.csv"
    file.write_text("\n".join((HEADER, *rows)) + "\n")
    return str(file)


def test_the_table_fits_80_columns_of_ascii(capsys: pytest.CaptureFixture[str]) -> None:
    """And ends well, since every T1 record comes out."""
    code, out, err = outcome(capsys)
    assert (code, err) == (0, "")
    assert out.isascii()
    assert max(map(len, out.splitlines())) <= 80
    assert "T1 own arithmetic 46 of 46 come out from their stated inputs" in out
    assert "T4 traps          26 of 26 are noticed" in out


def test_what_fails_stands_first(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A failing record, with its reason, before one that comes out; the exit code tells."""
    file = own_file(tmp_path, "right,V100,8,10,tdp,300,24", "off,V100,8,10,tdp,300,31")
    code, out, _ = outcome(capsys, "--references", file, "--tier", "T1")
    lines = out.splitlines()
    start = next(index for index, line in enumerate(lines) if line.startswith("Record"))
    assert lines[start + 1] == "off                             T1    31.0 kWh  24.0                    FAILED"
    assert lines[start + 2] == "    energy comes out as 24, not 31 (+- 0.5)"
    assert lines[start + 3] == "right                           T1    24.0 kWh  24.0                    passed"
    assert code == 1


def test_json_is_that_of_the_library(capsys: pytest.CaptureFixture[str]) -> None:
    """Both spellings of the option."""
    for option in (["--json"], ["--format", "json"]):
        _, out, _ = outcome(capsys, "--tier", "T1", *option)
        assert json.loads(out) == validate(tier="T1").to_dict()


def test_csv_has_one_row_per_record_and_tier(capsys: pytest.CaptureFixture[str]) -> None:
    """Intervals in three columns each, traps separated by semicolons."""
    _, out, _ = outcome(capsys, "--record", "patterson2021-gpt3", "--format", "csv")
    rows = list(csv.DictReader(io.StringIO(out)))
    assert [row["tier"] for row in rows] == ["T1", "T3", "T4"]
    assert float(rows[0]["estimated_kwh_best"]) == pytest.approx(1_289_376)
    assert rows[2]["traps"] == "tenfold"


def test_one_record_is_explained_factor_by_factor(capsys: pytest.CaptureFixture[str]) -> None:
    """Stated inputs, each tier, the factors, and what contradicts it."""
    code, out, _ = outcome(capsys, "--record", "patterson2021-gpt3")
    assert code == 0
    assert max(map(len, out.splitlines())) <= 80
    for words in (
        "patterson2021-gpt3: GPT-3 175B",
        "T1: do the stated inputs give the published figures? passed",
        "energy (facility): published 1,290 MWh, ours 1,290",
        "T4: is its trap noticed? noticed",
        "factor by factor",
        "power x host, W                             330",
        "PUE                                        1.10",
        "grid, g/kWh                                 429",
        "Contradicted by",
        "552 t is the published figure; 5,521 t is a tenfold misprint",
    ):
        assert words in out


@pytest.mark.slow
def test_every_record_can_be_explained(capsys: pytest.CaptureFixture[str]) -> None:
    """Excluded ones too, which say why."""
    for record in validate(tier="T1").references:
        code, out, err = outcome(capsys, "--record", record.id)
        assert (code, err) == (0, "")
        assert max(map(len, out.splitlines())) <= 80
        assert (f"Not checked\n  {record.excluded[:60]}" in out) == bool(record.excluded)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--tier", "T9"], "--tier 'T9': must be T1, T2, T3 or T4"),
        (["--format", "xml"], "--format 'xml': must be table, json or csv"),
        (["--references", "nowhere.csv"], "--references 'nowhere.csv': no such file"),
        (["--record", "zzz"], "--record 'zzz': no such record"),
    ],
)
def test_misuse_is_one_line_and_exit_code_2(
    arguments: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Naming the option as it is typed."""
    assert outcome(capsys, *arguments) == (2, "", f"greentrain: {message}\n")


def test_a_bad_cell_is_one_line_and_exit_code_2(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """With file, row and column."""
    file = own_file(tmp_path, "a,V100,eight,10,tdp,300,24")
    code, out, err = outcome(capsys, "--references", file)
    assert (code, out) == (2, "")
    assert err == (
        f"greentrain: {file}, row 2, column accelerator_count: 'eight' is not a number; "
        "write digits and one decimal point, without unit or comma\n"
    )


def test_figures_that_are_far_apart_still_fit(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A slip of the unit must not break the table."""
    _, out, _ = outcome(capsys, "--references", own_file(tmp_path, "slip,V100,1000,100000,measured,,0.001"))
    assert max(map(len, out.splitlines())) <= 80
    assert " 1.00 Wh " in out
    assert " GWh " in out


def test_a_file_without_records_says_so(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A header alone is no mistake."""
    code, out, _ = outcome(capsys, "--references", own_file(tmp_path))
    assert (code, out.startswith("Validation of 0 published records")) == (0, True)
