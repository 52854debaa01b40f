"""``greentrain batch`` of tables as people and spreadsheet programs leave them."""

import json
from collections.abc import Sequence
from datetime import datetime, time, timedelta
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from greentrain.cli import run

EXACT = ("--power", "250", "--host-factor", "1", "--pue", "1", "--grid-intensity", "400")
"""An hour of one device is 0.25 kWh."""

Sheets = dict[str, Sequence[Sequence[Any]]]


def energy(path: Path, capsys: pytest.CaptureFixture[str], *more: str, code: int = 0) -> tuple[float | None, str]:
    """Return the kWh of all rows that count, and what stands on stderr without the name of the file."""
    assert run(["batch", str(path), *EXACT, *more, "--json"]) == code
    shown = capsys.readouterr()
    found = json.loads(shown.out)["totals"]["it_energy_kwh"]
    return found and found["best"], shown.err.replace(f"greentrain: {path}", "")


def refused(path: Path, capsys: pytest.CaptureFixture[str]) -> str:
    """Return the one line by which a file is refused."""
    assert run(["batch", str(path), *EXACT]) == 2
    return capsys.readouterr().err.replace(f"greentrain: {path}: ", "").strip()


@pytest.mark.parametrize(
    ("content", "encoding", "kwh"),
    [
        ("gpu;hours\nV100;96,5\n", "utf-8", 24.125),
        ("gpu;hours\nV100;96,5\nV100;1.234,5\nV100;1 000\n", "utf-8", 24.125 + 308.625 + 250),
        ("gpu;hours\nV100;96,5\nV100;1.000\n", "utf-8", 274.125),
        ("gpu;hours\nV100;96.5\nV100;1.500\n", "utf-8", 24.5),
        ("gpu;pue_note;hours;utilization\nV100;;2,5 h;\n", "utf-8", 0.625),
        ("gpu\thours\nV100\t96,5\n", "utf-8", 24.125),
        ("name;gpu;hours\nL\u00e4ufe \u20ac;V100;4\n", "cp1252", 1.0),
        ("name,gpu,hours\n\u00e4,V100,4\n", "utf-8-sig", 1.0),
        ("name,gpu,hours\n\u00e4,V100,4\n", "utf-16", 1.0),
        ("name,gpu,hours\n\u00e4,V100,4\n", "utf-16-le", 1.0),
        ("sep=;\r\ngpu;hours\r\nV100;4\r\n", "utf-8", 1.0),
        ("Runs of 2025,,\n,,\nname,gpu,hours\na,V100,4\n", "utf-8", 1.0),
        ("# by hand\ngpu,hours\nV100,4\n", "utf-8", 1.0),
        ("\n\ngpu,hours\n\nV100,4\n,\n", "utf-8", 1.0),
        ("gpu,hours\rV100,4\r", "utf-8", 1.0),
        ('gpu,hours\nV100,"1,234.5"\nV100,"1,000,000"\n', "utf-8", 308.625 + 250_000),
        ("name, long;gpu;hours\nx;V100;4\n", "utf-8", 1.0),
        ("gpu,hours\n2x V100,2:00:00\n", "utf-8", 1.0),
    ],
)
def test_text_of_any_making(
    content: str, encoding: str, kwh: float, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A quarter of a kWh for each hour."""
    path = tmp_path / ("runs.tsv" if "\t" in content else "runs.csv")
    path.write_bytes(content.encode(encoding))
    found, said = energy(path, capsys)
    assert found == pytest.approx(kwh, rel=1e-12)
    assert said == (": is no text in UTF-8; read as Windows-1252\n" if encoding == "cp1252" else "")


def test_a_dot_that_may_part_thousands_is_asked_about(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Among semicolons 1.234 is a thousand to some programs; a PUE of 1205 there is none, so it is 1.205."""
    path = tmp_path / "runs.csv"
    path.write_text("gpu;hours;host_factor\nV100;1.234;\nV100;4;1.205\n")
    assert run(["batch", str(path), "--power", "250", "--json"]) == 1
    shown = capsys.readouterr()
    assert json.loads(shown.out)["totals"]["it_energy_kwh"]["best"] == pytest.approx(1.205, rel=1e-12)
    rule = "hours '1.234': may be 1234 or a decimal number; write 1234, or 1,234"
    assert shown.err == f"greentrain: {path}, line 2: {rule}\n"


def test_the_total_below_a_table_is_no_run(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """What all rows share would make a run of it: 4 h count, and not 8."""
    path = tmp_path / "runs.csv"
    path.write_text("name,hours\na,1\nb,3\nTotal:,4\n")
    found, said = energy(path, capsys, "--gpu", "V100", code=1)
    assert found == pytest.approx(1.0)
    assert said == ", line 4: 'Total:' adds up the rows above and is no run; leave it out\n"


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("a.csv", b"<html><body>log in</body></html>", "the header reads '<html><body>log in</body></html>'"),
        ("a.csv", b"GPU,Hours\nV100,4\n", "did you mean gpu for 'GPU', hours for 'Hours'?"),
        ("a.csv", b"PK\x03\x04rest", "is no text but xlsx; give it the ending of what it is"),
        ("a.csv", b"gpu,hours\n\x81\x8d,4\n", "is no table: it is no text in UTF-8, UTF-16 or Windows-1252"),
        ("a.xlsx", b"PK\x03\x04rest", "is no spreadsheet: File is not a zip file"),
        ("a.json", b"{\n", "is no JSON: Expecting property name"),
    ],
)
def test_what_is_no_table(
    name: str, content: bytes, message: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """One line, and no traceback."""
    path = tmp_path / name
    path.write_bytes(content)
    assert message in refused(path, capsys)


def test_an_object_over_several_lines(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """One run; and what PowerShell redirects, in UTF-16."""
    path = tmp_path / "run.json"
    path.write_text(json.dumps({"gpu": "V100", "hours": 4}, indent=1))
    assert energy(path, capsys)[0] == pytest.approx(1.0)
    path.write_bytes('{"gpu": "V100", "hours": 4}\r\n{"gpu": "V100", "hours": 8}\r\n'.encode("utf-16"))
    assert energy(path, capsys)[0] == pytest.approx(3.0)


def book(folder: Path, sheets: Sheets, merged: str = "") -> Path:
    """Write a spreadsheet."""
    made = openpyxl.Workbook()
    made.remove(made.active)
    for title, rows in sheets.items():
        sheet = made.create_sheet(title)
        for row in rows:
            sheet.append(row)
        if merged:
            sheet.merge_cells(merged)
    path = folder / "runs.xlsx"
    made.save(path)
    return path


HEADER = ("name", "gpu", "hours")


def test_sheets_of_runs_are_found(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Two sheets with the columns of runs, below a title, beside a cover: 4 h and 8 h; rows have their sheet."""
    sheets: Sheets = {
        "Cover": [("Runs of 2025",)],
        "Q1": [("First quarter",), (), HEADER, ("a", "V100", 4)],
        "Q2": [HEADER, ("b", "V100", 8), (" ", None, None), ("c", "V1000", 8)],
    }
    found, said = energy(book(tmp_path, sheets), capsys, code=1)
    assert found == pytest.approx(3.0)
    assert said.startswith(": read from sheets Q1, Q2; left out: Cover\n, sheet Q2, row 4: gpu 'V1000': unknown")


def test_sheets_with_other_columns_are_asked_about(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A summary beside the runs would count them twice."""
    path = book(tmp_path, {"Runs": [HEADER, ("a", "V100", 4)], "Sums": [("gpu", "hours"), ("V100", 4)]})
    both = "Runs: name, gpu, hours; Sums: gpu, hours"
    assert refused(path, capsys) == f"has sheets of runs with different columns ({both}); leave one of them in the file"


def test_cells_as_spreadsheet_programs_save_them(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Times of the day, stretches of time, and moments of 1900 are hours: 12.5 + 30 + 54 h."""
    rows = [("a", "V100", time(12, 30)), ("b", "V100", timedelta(hours=30)), ("c", "V100", datetime(1900, 1, 2, 6))]
    path = book(tmp_path, {"Runs": [HEADER, *rows]})
    assert energy(path, capsys)[0] == pytest.approx(96.5 / 4, rel=1e-9)


def test_formulas_without_results_and_merged_cells(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Neither is a blank cell: one row of four counts, with its 4 h."""
    rows = [("a", "V100", "=2*2"), ("b", "V100", 4), ("c", None, 4), ("=A1", "V100", None)]
    found, said = energy(book(tmp_path, {"Runs": [HEADER, *rows]}, merged="B3:B4"), capsys, code=1)
    assert found == pytest.approx(1.0)
    assert said.splitlines()[:2] == [
        ", row 2: hours holds a formula without a result; open the file in a spreadsheet program and save it",
        ", row 4: gpu is merged with the cell above; write into each row what holds for it",
    ]


@pytest.mark.parametrize(
    ("cell", "month"),
    [("2025-04-03", "2025-04"), ("3.4.2025", "2025-04"), ("2025/04/03", "2025-04"), ("45750", "2025-04"),
     ("04/2025", None), ("03/04/2025", None), ("13/04/2025", "2025-04"), ("1743638400", "2025-04")],
)  # fmt: skip
def test_dates_of_any_writing(cell: str, month: str | None, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The third of April 2025, which is day 45,750 of a spreadsheet; in a column of its own, and among others."""
    path = tmp_path / "runs.csv"
    for other in (cell, "2024-01-01"):
        path.write_text(f"gpu,hours,started\nV100,4,{cell}\nV100,4,{other}\n")
        assert run(["batch", str(path), *EXACT, "--by", "month", "--json"]) == 0
        months = {group["by"]["month"] for group in json.loads(capsys.readouterr().out)["groups"]}
        assert months == {month, month if other == cell else "2024-01"}
