"""What importers do with any file: they read what can be read of it, name the rest, and never raise."""

import json
import sqlite3
from pathlib import Path
from tempfile import TemporaryDirectory

import pyarrow
import pytest
from conftest_fuzz import FUZZ
from hypothesis import given
from hypothesis import strategies as st
from pyarrow import parquet

from greentrain.importing import import_runs

MATRIX = {"status": "success", "data": {"resultType": "matrix", "result": [
    {"metric": {"__name__": "DCGM_FI_DEV_POWER_USAGE", "gpu": "0", "UUID": "GPU-1"},
     "values": [[1764000000, "300"], [1764000030, "300"]]}]}}  # fmt: skip
JOB = {"job_id": 7, "association": {"user": "u"}, "state": {"current": ["COMPLETED"]}, "time": {
    "start": 1764000000, "end": 1764003600, "elapsed": 3600}, "tres": {"allocated": [
        {"type": "gres", "name": "gpu:a100", "count": 2}]}, "steps": []}  # fmt: skip
TEXTS = (
    "timestamp,run_id,project_name,duration,emissions,energy_consumed,gpu_energy,gpu_model,pue,country_name\n"
    "2024-05-01T12:00:00,r,p,3600,0.02,0.36,0.3,1 x NVIDIA A100-SXM4-40GB,1.0,France\n",
    "id,epoch,start_time,duration(s),power_consumption(kWh),CO2_emissions(kg),CPU_name,GPU_name,region/country\n"
    'a,N/A,2026-10-06 01:17:23,3600,0.3,0.1,"x/1 device(s), TDP:61.0",A100 2 device(s),IN/Delhi\n',
    "2026-11-28 11:40:11 - carbontracker version 2.4.7\n2026-11-28 11:40:17 - Epoch 1:\n"
    "2026-11-28 11:40:17 - Duration: 1:00:00.00\n2026-11-28 11:40:17 - Average power usage (W) for gpu: [200 199]\n",
    "carbontracker\nActual consumption for 1 epoch(s):\n\tTime:\t0:10:00\n\tEnergy:\t0.158 kWh\n\tCO2eq:\tnan g\n",
    "start_time,window_name,elapsed_time,gpu0_energy\n1.0,epoch,100,30000\n2.0,step,10,3000\n",
    "Time,Power\n2022-07-13 02:07:36.708783111,32402\n2022-07-13 02:07:36.761689374,32402\n",
    "JobID|JobIDRaw|JobName|State|Start|End|ElapsedRaw|NNodes|NCPUS|AllocTRES|ConsumedEnergyRaw|AdminComment\n"
    "1|1|a|COMPLETED|2026-03-01T00:00:00|2026-03-01T01:00:00|3600|1|8|cpu=8,gres/gpu:a100=2,node=1|720000|JS1:H4sI\n",
    json.dumps({"meta": {}, "jobs": [JOB]}),
    "timestamp, index, name, power.draw [W]\n2024/10/30 18:42:33.189, 0, NVIDIA A100, 300.5 W\n"
    "2024/10/30 18:42:34.189, 0, NVIDIA A100, 300.5 W\n",
    json.dumps(MATRIX),
    '# TYPE DCGM_FI_DEV_POWER_USAGE gauge\nDCGM_FI_DEV_POWER_USAGE{gpu="0",UUID="a"} 300 1764000000000\n',
    "artifact_uri: x\nrun_id: r1\nstatus: 3\nstart_time: 1764000000000\nend_time: 1764000600000\nuser_id: u\n",
    '[{"_timestamp": 1764000000, "system.gpu.0.powerWatts": "300"}, {"_timestamp": 1764000015}]',
    "_timestamp,system.gpu.0.powerWatts\n1764000000,300\n1764000015,300\n",
    "Time,12-23-2020 10:21:51.496,Watts,23.43,Volts,228.37,Mark,testing-workload\n",
    "*** Sampled system activity (Sat Nov 28 12:00:00 2026 +0100) (2000.00ms elapsed) ***\nCPU Power: 5000 mW\n",
    "11-28-2026 12:00:01 RAM 2448/7852MB CPU [1%@729] VDD_IN 5000mW/5063mW VDD_SOC 1000mW/1000mW\n",
    "timestamp,outlet,watts\n2026-11-28T12:00:00Z,a,400\n2026-11-28T12:01:00Z,a,400\n",
    "2026-11-28 12:00:00\n    Instantaneous power reading:  220 Watts\nIPMI timestamp: Sat Nov 28 12:00:00 2026\n",
    json.dumps(
        {"@odata.type": "#Power", "PowerControl": [{"PowerConsumedWatts": 300}], "Timestamp": "2026-11-28T12:00:00Z"}
    ),
)
ODD = st.sampled_from(
    ["", "nan", "inf", "-1", "1e400", "9" * 400, "\0", '"', "'", ",", "|", "\n", "\r", "{", "[", "}", "null", "true",
     "\ufeff", "1e308", "1e-320", "-0", "2026-13-45T99:99:99", "18446744073709551614", "%s", "\t", "\\", "1/0",
     "x" * 300]
) | st.text(max_size=12)  # fmt: skip
CHANGES = st.lists(st.tuples(st.floats(0, 1), st.integers(0, 40), ODD), max_size=6)


def check(folder: Path, content: bytes) -> None:
    """Import a file, whatever it holds, and write the audit as JSON without NaN."""
    path = folder / "foreign"
    path.write_bytes(content)
    audit = import_runs(path, home=folder / "home", keep_flagged=True)
    json.dumps(audit.to_dict(), allow_nan=False)
    (file,) = audit.files
    assert file.error is None or file.error.isprintable()
    assert file.runs == file.imported + file.duplicates


def changed(text: str, changes: list[tuple[float, int, str]]) -> str:
    """Put odd text in place of parts."""
    for where, length, odd in changes:
        start = int(where * len(text))
        text = text[:start] + odd + text[start + length :]
    return text


@FUZZ
@given(st.sampled_from(TEXTS), CHANGES)
def test_any_change_of_any_format(text: str, changes: list[tuple[float, int, str]]) -> None:
    """Of each format, with cells, lines and marks replaced."""
    with TemporaryDirectory() as folder:
        check(Path(folder), changed(text, changes).encode("utf-8", "surrogatepass"))


@FUZZ
@given(st.binary(max_size=60), st.floats(0, 1), st.sampled_from(["trackio", "mlflow"]))
def test_any_damage_of_a_database(content: bytes, where: float, kind: str) -> None:
    """Bytes of SQLite replaced at any place behind its mark."""
    with TemporaryDirectory() as folder:
        connection = sqlite3.connect(Path(folder, "made"))
        connection.execute("CREATE TABLE alembic_version (version_num)")
        connection.execute("CREATE TABLE experiments (experiment_id, name)")
        connection.execute("CREATE TABLE runs (run_uuid, name, status, start_time, end_time, experiment_id)")
        if kind == "trackio":
            connection.execute("DROP TABLE experiments")
            connection.execute("CREATE TABLE system_metrics (timestamp, run_name, metrics)")
            connection.execute(
                """INSERT INTO system_metrics VALUES ('2026-11-28T12:00:00', 'r', '{"gpu/0/power": 9}')"""
            )
        connection.commit()
        connection.close()
        whole = Path(folder, "made").read_bytes()
        start = 16 + int(where * (len(whole) - 16))
        check(Path(folder), whole[:start] + content + whole[start + len(content) :])


@FUZZ
@given(
    st.lists(st.tuples(st.floats(0, 1), st.binary(max_size=20)), max_size=4),
    st.lists(st.floats() | st.none(), min_size=1, max_size=5),
    st.sampled_from(["double", "string", "int64", "bool", "list"]),
    st.booleans(),
)
def test_any_damage_of_parquet(
    damages: list[tuple[float, bytes]], values: list[float | None], kind: str, is_empty: bool
) -> None:
    """Any powers as any type, with or without a group of rows, and then bytes replaced at any places."""
    rows = [None if each is None else _of_kind(each, kind) for each in values]
    times = [1764000000.0 + 15 * place for place in range(len(rows))]
    types = {"string": pyarrow.string(), "int64": pyarrow.int64(), "bool": pyarrow.bool_()}
    powers = pyarrow.array(rows, type=pyarrow.list_(pyarrow.float64()) if kind == "list" else types.get(kind))
    table = pyarrow.table({"_timestamp": times, "system.gpu.0.powerWatts": powers, "system.gpu.0.temp": rows})
    with TemporaryDirectory() as folder:
        parquet.write_table(table.slice(0, 0) if is_empty else table, Path(folder, "made"))
        content = Path(folder, "made").read_bytes()
        for where, odd in damages:
            start = int(where * len(content))
            content = content[:start] + odd + content[start + len(odd) :]
        check(Path(folder), content)


def _of_kind(value: float, kind: str) -> object:
    whole = int(value) if abs(value) < 1e9 else 0
    return {"double": value, "string": str(value), "int64": whole, "bool": bool(whole), "list": [value]}[kind]


@pytest.mark.parametrize(
    "statement",
    [
        # A view that never ends, in place of the table; and a table whose rows are more than anybody reads.
        "CREATE VIEW system_metrics AS WITH RECURSIVE n(timestamp) AS (SELECT 1 UNION ALL SELECT timestamp + 1 FROM n) "
        "SELECT timestamp, timestamp AS run_name, timestamp AS metrics FROM n",
        "CREATE TABLE system_metrics (timestamp, run_name, metrics AS (hex(zeroblob(20000000))))",
    ],
)
def test_a_database_that_is_a_trap(tmp_path: Path, statement: str) -> None:
    """It is named and left in seconds: views are no tables, and values have a longest length."""
    connection = sqlite3.connect(tmp_path / "made")
    connection.execute("CREATE TABLE configs (run_name)")
    connection.execute(statement)
    if "TABLE system_metrics" in statement:
        connection.execute("INSERT INTO system_metrics VALUES (1, 'r')")
    connection.commit()
    connection.close()
    check(tmp_path, (tmp_path / "made").read_bytes())
