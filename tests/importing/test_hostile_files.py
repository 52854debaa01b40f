"""Hostile files: bounded and named, never fatal, never obeyed."""

import base64
import gzip
import json
import os
from pathlib import Path
from time import process_time

import pytest
from foreign_texts import audit_of, codecarbon_text, runs_of, sacct_text

from greentrain.errors import InputError
from greentrain.importing import import_runs

JSON_START = '{"association": 1, "job_id": 2, "jobs": ['


@pytest.mark.parametrize("packed", [b"0" * 30_000_000, b"[" * 100_000, b"{}"])
def test_comments_of_jobstats_are_bounded(tmp_path: Path, packed: bytes) -> None:
    """What unpacks to megabytes, or is nested without end, is a comment that cannot be read."""
    comment = "JS1:" + base64.b64encode(gzip.compress(packed)).decode()
    (run,) = runs_of(tmp_path, sacct_text({"AdminComment": comment}))
    assert "Its comment of jobstats cannot be read." in run.stated.notes


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        (JSON_START + '{"a":' * 100_000, "is nested too deeply"),
        (JSON_START + '{"job_id": ' + "9" * 6000 + "}]}", "has a number that is too long"),
        (JSON_START + '"' + "x" * 17_000_000, "has a value of more than 16,777,216 characters"),
        (JSON_START + '{"job_id": 1}', "ends in the middle of its JSON"),
    ],
)
def test_json_is_bounded(tmp_path: Path, text: str, rule: str) -> None:
    """Depth, length and numbers."""
    (file,) = audit_of(tmp_path, text).files
    assert rule in (file.error or "")


def test_odd_values_of_json_are_no_jobs(tmp_path: Path) -> None:
    """What is of another kind than it should be counts as absent."""
    odd = '{"time": [], "steps": {}, "tres": 5, "array": 7, "state": 3, "job_id": {"set": true, "number": 7}}'
    (file,) = audit_of(tmp_path, f"{JSON_START}1, null, [], {odd}]}}").files
    assert (file.rows, file.runs, file.rejected, file.error) == (4, 0, 4, None)


def test_a_line_without_end_is_one_bad_line(tmp_path: Path) -> None:
    """The lines behind it count."""
    (file,) = audit_of(tmp_path, sacct_text({"JobName": "x" * 5_000_000}, {"JobIDRaw": "2"})).files
    assert (file.rows, file.runs, file.rejected) == (2, 1, 1)


def test_brackets_in_a_header_take_no_time(tmp_path: Path) -> None:
    """A search that begins anew at each bracket would take minutes."""
    (file,) = audit_of(tmp_path, "[" * 1_000_000).files
    assert file.error is not None


@pytest.mark.parametrize("number", ["1e308", "1e-320", "inf", "nan", "-1", "9" * 400, "1e22"])
def test_numbers_beyond_measure(tmp_path: Path, number: str) -> None:
    """No sum overflows: the audit is JSON without NaN."""
    columns = ("duration", "emissions", "energy_consumed", "pue", "ram_total_size", "gpu_count", "gpu_energy")
    rows = [{"run_id": column, column: number} for column in columns]
    names = ("ElapsedRaw", "NNodes", "NCPUS", "ConsumedEnergyRaw")
    slurm = [{"JobIDRaw": str(place), name: number} for place, name in enumerate(names)]
    for text in (codecarbon_text(*rows), sacct_text(*slurm)):
        json.dumps(audit_of(tmp_path, text, keep_flagged=True).to_dict(), allow_nan=False)


def test_noise_is_of_no_form(tmp_path: Path) -> None:
    """The message says where those are listed that are known."""
    (file,) = audit_of(tmp_path, bytes(range(256)) * 100).files
    assert (file.error or "").endswith("is of no form that can be imported; docs/import.md lists all forms")


def test_what_is_no_file_is_named(tmp_path: Path) -> None:
    """A pipe has no end; links in folders are not followed."""
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "link").symlink_to("/dev/zero")
    assert [file.error for file in import_runs(tmp_path).files] == [f"{tmp_path / 'pipe'}: is no plain file"]
    with pytest.raises(InputError, match="no such file or folder"):
        import_runs(tmp_path / "nothing")


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("1" * 65_000, id="digits"),
        pytest.param("\n" * 65_000 + "x", id="line ends"),
        pytest.param("#" + "pid " * 16_000, id="processes"),
        pytest.param('{"' + "gpu" * 20_000, id="a key without an end"),
        pytest.param("Power Meter " * 5_000, id="a meter without a reading"),
        pytest.param("Power Meter|" * 5_000, id="cells of a meter"),
        pytest.param("PS1 Input Power," * 4_000, id="power supplies"),
        pytest.param("Current Power: 5 Watts\nIPMI timestamp: " + " " * 500_000 + "x", id="a time of blanks"),
        pytest.param("==NVSMI LOG==Power Draw\na" + " " * 500_000 + ":", id="a page of blanks"),
        pytest.param("1." * 400_000 + " Joules power/energy-pkg/", id="a number of points"),
        pytest.param('<plist version="1.0">elapsed_ns\n' + "x\n" * 300_000, id="a property list without an end"),
        pytest.param("time,power_" + "w" * 65_000, id="a name of units"),
    ],
)
def test_texts_take_time_by_their_length(tmp_path: Path, text: str) -> None:
    """A few seconds of CPU time at most, where patterns that try everything again would take minutes."""
    before = process_time()
    assert audit_of(tmp_path, text).runs == ()
    assert process_time() - before < 10


def test_a_row_that_ends_before_its_time(tmp_path: Path) -> None:
    """300 W between the two whole rows; a short row is rejected."""
    text = "gpu,power_w,timestamp\n0,300,1777795200\n0\n0,300,1777795210\n"
    audit = audit_of(tmp_path, text)
    assert audit.runs[0].stated.measured_energy_kwh == pytest.approx(3000 / 3.6e6)
    assert audit.files[0].rejected == 1
