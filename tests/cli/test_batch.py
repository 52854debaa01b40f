"""``greentrain batch``: tables of any kind in, rows and sums out."""

import gzip
import io
import json
import sys
from pathlib import Path
from typing import Any

import openpyxl
import pandas as pd
import pyarrow.parquet
import pytest

from greentrain.cli import run
from greentrain.frames import RESULT_COLUMNS

EXACT = ("--power", "250", "--host-factor", "1", "--pue", "1.5", "--grid-intensity", "400")
"""An hour of one device is 0.25 kWh, 0.375 kWh at the facility, 0.15 kg."""
ROWS = [
    {"user": "ada", "started": "2025-01-03", "gpu": "V100", "count": 2, "hours": 10},
    {"user": "bob", "started": "2025-02-03", "gpu": "V100", "count": 1, "hours": 20},
    {"user": "007", "started": "2025-02-04", "gpu": "H1000", "count": 1, "hours": 20},
]
"""5 kWh and 3 kg of ada; 5 kWh and 3 kg of bob; nothing of 007."""
CSV = "".join(f"{','.join(map(str, row))}\n" for row in (ROWS[0].keys(), *(row.values() for row in ROWS)))


def written(folder: Path, kind: str) -> Path:
    """Write the three rows as a file of a kind."""
    path = folder / f"runs.{kind}"
    if kind == "xlsx":
        book = openpyxl.Workbook()
        for row in (tuple(ROWS[0]), *(tuple(row.values()) for row in ROWS)):
            book.active.append(row)
        book.save(path)
    elif kind == "parquet":
        pd.DataFrame(ROWS).to_parquet(path)
    elif kind == "jsonl":
        path.write_text("".join(f"{json.dumps(row)}\n" for row in ROWS))
    elif kind == "csv.gz":
        path.write_bytes(gzip.compress(CSV.encode()))
    else:
        sign = {"tsv": "\t", "csv": ",", "semicolon.csv": ";"}[kind]
        path.write_text(CSV.replace(",", sign), encoding="utf-8-sig")
    return path


def summed(words: list[str], capsys: pytest.CaptureFixture[str], code: int = 1) -> dict[str, Any]:
    """Run a batch and read its object."""
    assert run(["batch", *words, *EXACT, "--json"]) == code
    found: dict[str, Any] = json.loads(capsys.readouterr().out)
    return found


@pytest.mark.parametrize("kind", ["csv", "tsv", "semicolon.csv", "csv.gz", "xlsx", "jsonl", "parquet"])
def test_tables_of_any_kind(kind: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """5 kWh before PUE each, 3 kg each; the third row fails: exit code 1; both months of a year."""
    found = summed([str(written(tmp_path, kind)), "--by", "user,month"], capsys)

    assert (found["kind"], found["rows"], found["failed"]) == ("batch", 3, 1)
    assert [group["by"] for group in found["groups"]] == [
        {"user": "007", "month": "2025-02"}, {"user": "ada", "month": "2025-01"}, {"user": "bob", "month": "2025-02"},
    ]  # fmt: skip
    assert [group["runs"] for group in found["groups"]] == [0, 1, 1]
    assert found["groups"][0]["it_energy_kwh"] is None
    assert [group["it_energy_kwh"]["best"] for group in found["groups"][1:]] == pytest.approx([5, 5])
    assert found["totals"]["operational_kg"] == pytest.approx({"low": 6, "best": 6, "high": 6})
    assert found["totals"]["runs"] == 2


@pytest.mark.parametrize("kind", ["csv", "jsonl", "parquet"])
def test_standard_input(
    kind: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """By its first bytes."""
    content = written(tmp_path, kind).read_bytes()
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(content)))
    assert summed(["-"], capsys)["totals"]["it_energy_kwh"]["best"] == pytest.approx(10)


def test_rows_into_files(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Input columns, then results; the same numbers in every kind; what is text stays as it stands."""
    source, columns = str(written(tmp_path, "csv")), [*ROWS[0], *RESULT_COLUMNS]
    frames = {}
    for kind in ("csv", "jsonl", "parquet", "xlsx"):
        path = tmp_path / f"out.{kind}"
        assert run(["batch", source, *EXACT, "-o", str(path)]) == 1
    frames["csv"] = pd.read_csv(tmp_path / "out.csv", dtype={"user": str})
    lines = (tmp_path / "out.jsonl").read_text().splitlines()
    frames["jsonl"] = pd.DataFrame([json.loads(line) for line in lines])
    frames["parquet"] = pyarrow.parquet.read_table(tmp_path / "out.parquet").to_pandas()
    frames["xlsx"] = pd.read_excel(tmp_path / "out.xlsx", dtype={"user": str})
    for frame in frames.values():
        assert frame.columns.tolist() == columns
        assert frame["user"].tolist() == ["ada", "bob", "007"]
        assert frame["hours"].tolist() == [10, 20, 20]
        assert frame["operational_kg_best"][:2].tolist() == pytest.approx([3, 3])
        assert frame["operational_kg_best"].isna().tolist() == [False, False, True]
        assert frame["error"].fillna("")[:2].tolist() == ["", ""]
        assert frame["error"][2].startswith("gpu 'H1000': unknown accelerator; did you mean H100")
    lines = (tmp_path / "out.csv").read_text().splitlines()
    assert lines[1].startswith("ada,2025-01-03,V100,2,10,")
    assert capsys.readouterr().err.count("line 4: gpu 'H1000'") == 4


def test_rows_to_stdout_are_guarded(tmp_path: Path, capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    """A text that a spreadsheet would run stands behind an apostrophe; a year beside a blank stays whole."""
    path = tmp_path / "runs.csv"
    path.write_text("name,gpu,hours,year\n=1+1,V100,1,2024\nb,V100,1,\n")
    assert run(["batch", str(path), "--format", "csv"]) == 0
    lines = capfdbinary.readouterr().out.decode().splitlines()
    assert [line.split(",")[:4] for line in lines[1:]] == [["'=1+1", "V100", "1", "2024"], ["b", "V100", "1", ""]]


def test_broken_rows_are_named_and_the_others_written(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A cell too many, a blank line, a number that is none: three rows of which one counts, by their lines."""
    path, out = tmp_path / "runs.csv", tmp_path / "out.csv"
    path.write_text("user,gpu,hours\na,V100,1\n\nb,V100,1,9\nc,V100,soon\n")
    assert run(["batch", str(path), "-o", str(out)]) == 1
    shown = capsys.readouterr().err.splitlines()
    assert shown[0] == f"greentrain: {path}, line 4: has 4 cells, and the header 3"
    assert shown[1].startswith(f"greentrain: {path}, line 5: hours 'soon': must be a number (hours of wall-clock time)")
    assert [line.split(",")[0] for line in out.read_text().splitlines()] == ["user", "a", "c"]


def test_broken_lines_of_json(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A line that is no JSON and one that is no object; a column that only later lines have."""
    path = tmp_path / "runs.jsonl"
    path.write_text('{"gpu": "V100", "hours": 1}\n{"gpu"\n[1]\n{"gpu": "V100", "hours": 1, "runs": 3}\n')
    found = summed([str(path)], capsys)
    assert (found["rows"], found["failed"], found["totals"]["runs"]) == (4, 2, 4)


def test_columns_that_are_nearly_options_are_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """On stderr; the rows lack what was meant."""
    path = tmp_path / "runs.csv"
    path.write_text("gpu,hourz\nV100,1\n")
    assert run(["batch", str(path)]) == 1
    first = capsys.readouterr().err.splitlines()[0]
    assert first == "greentrain: column 'hourz' is no option of estimate and counts for nothing; did you mean 'hours'?"


def test_namibia_is_a_place(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """NA is its code, and no missing value."""
    path = tmp_path / "runs.csv"
    path.write_text("gpu,hours,location\nV100,1,NA\n")
    assert run(["batch", str(path), "--by", "place", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["groups"][0]["by"] == {"place": "NA"}


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("none.csv",), "none.csv: is not there"),
        (("runs.csv", "--by", "usr"), "--by 'usr': is no column of the table; did you mean user?"),
        (("runs.csv", "--gpu", "V100"), "--gpu 'V100': is a column of the table too; give one of them"),
        (("runs.csv", "-o", "runs.csv"), "--output 'runs.csv': is the file that is read; name another"),
        (("runs.csv", "-o", "a.doc"), "--output 'a.doc': has an ending that tells no kind of table; it must be csv, "
                                      "jsonl, parquet or xlsx"),
        (("runs.csv", "--json", "--explain"), "--explain: has no place in rows or JSON, whose totals have drivers; "
                                              "leave it out"),
        (("empty.csv",), "empty.csv: has no header: the first line names the columns"),
        (("twice.csv",), "twice.csv: has two columns with the name 'gpu'"),
    ],
)  # fmt: skip
def test_misuse(
    words: tuple[str, ...],
    message: str,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Exit code 2 and one line; nothing is written."""
    monkeypatch.chdir(tmp_path)
    written(tmp_path, "csv")
    (tmp_path / "empty.csv").touch()
    (tmp_path / "twice.csv").write_text("gpu,gpu\nA,B\n")
    before = sorted(tmp_path.iterdir())
    assert run(["batch", *words]) == 2
    assert capsys.readouterr().err == f"greentrain: {message}\n"
    assert sorted(tmp_path.iterdir()) == before


def test_the_table_and_what_drives_the_total(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """5 kWh x 1.5 = 7.5 kWh each; what is given drives nothing, and the host's power is a default."""
    path = tmp_path / "runs.csv"
    path.write_text("user,gpu,hours\na,V100,20\nb,V100,20\n")
    assert run(["batch", str(path), "--by", "user", *EXACT]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].split() == ["user", "runs", "kWh", "kg", "CO2e", "90", "%", "interval"]
    assert lines[1].split() == ["a", "1", "7.50", "3.00", "exact"]
    assert "2 runs in 2 rows" in lines
    assert run(["batch", str(path), "--power", "250", "--pue", "1.5", "--grid-intensity", "400", "--explain"]) == 0
    shown = capsys.readouterr().out
    assert "   100 %  host power (default)" in shown.splitlines()


def test_header_alone(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """No rows are no failure: nothing is known."""
    path = tmp_path / "runs.csv"
    path.write_text("gpu,hours\n")
    found = summed([str(path), "--by", "gpu"], capsys, code=0)
    assert (found["rows"], found["groups"], found["totals"]["it_energy_kwh"]) == (0, [], None)


def test_a_table_is_read_in_parts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """300,000 rows of an hour: 75,000 kWh, whatever the size of the parts; the last row is named by its line."""
    from greentrain.frames import run_batch

    path = tmp_path / "runs.csv"
    path.write_text("gpu,hours\n" + "V100,1\n" * 299_999 + "?,1\n")
    found = run_batch(str(path), same={"power": 250, "host_factor": 1, "pue": 1, "grid_intensity": 400})
    assert (found.rows, found.failed, found.problems[0].number) == (300_000, 1, 300_001)
    energy = found.sums.total().footprint.it_energy_kwh
    assert energy is not None
    assert energy.best == pytest.approx(0.25 * 299_999)
