"""Files of other tools as they are met, a few readings each, with energies worked out by hand."""

import json
import sqlite3
from pathlib import Path

import pytest
from foreign_texts import audit_of, runs_of

from greentrain.importing import ImportedRun

MINUTES = [f"2026-11-28T12:{minute:02d}:00Z" for minute in range(11)]
BLOCK = """
    Instantaneous power reading:                   220 Watts
    Average power reading over sample period:      210 Watts
    IPMI timestamp:                           Sat Nov 28 12:{:02d}:00 2026
    Power reading state is:                   activated
"""
FREEIPMI = "Current Power : 220 Watts\nAverage Power over sampling duration : 9 watts\nTime Stamp : {}\n"
TEGRA = "RAM 1897/3964MB (lfb 2x4MB) CPU [8%@102] GR3D_FREQ 0% {}\n"
POWERMETRICS = """
*** Sampled system activity (Sat Nov 28 12:00:00 2026 +0100) (2000.00ms elapsed) ***
CPU Power: 5000 mW
GPU Power: 10000 mW
ANE Power: 0 mW
Combined Power (CPU + GPU + ANE): 15000 mW
"""
PROPERTY_LIST = """<?xml version="1.0" encoding="UTF-8"?>
<plist version="1.0"><dict><key>elapsed_ns</key><integer>2000000000</integer><key>hw_model</key><string>Mac14,7</string>
<key>timestamp</key><date>2026-05-03T08:00:00Z</date><key>processor</key><dict><key>cpu_power</key><real>5000</real>
<key>gpu_power</key><real>10000</real><key>combined_power</key><real>15000</real></dict></dict></plist>
"""
GADGET = (
    "System Time,RDTSC,Elapsed Time (sec),Cumulative Processor Energy_0(Joules),Cumulative DRAM Energy_0(Joules),"
    "Cumulative Processor Energy_1(Joules),Cumulative DRAM Energy_1(Joules)\n"
)
TRACKER = """2026-11-28 11:40:11 - carbontracker version 2.4.7
2026-11-28 11:40:14 - The following components were found: GPU with device(s) {0}, {0}. CPU with device(s) cpu:0.
2026-11-28 11:40:17 - Epoch 1:
2026-11-28 11:40:17 - Duration: 1 day, 1:00:00.00
2026-11-28 11:40:17 - Average power usage (W) for gpu: [200.5 199.5]
2026-11-28 11:40:17 - Average power usage (W) for cpu: 100.0
2026-11-28 11:40:23 - Carbon intensities (gCO2eq/kWh) fetched every 900 s at detected location: Copenhagen, DK: [70.0]
"""
NOTEBOOK = json.dumps(
    ["Actual consumption for 1 epoch(s):\n\tTime:\t0:10:00\n\tEnergy:\t0.158 kWh\n\tCO2eq:\tnan g", "CarbonTracker"]
)
ZEUS = """start_time,window_name,elapsed_time,gpu0_energy,cpu0_energy,dram0_energy
1764000000.0,epoch,100,30000,5000,1000
1764000010.0,step,10,3000,500,100
1764000020.0,step,10,3000,500,100
"""
MLPERF = "Time,12-23-2020 10:21:{:02d}.496,Watts,{},Volts,228,Mark,{},Ch1,Watts,20,Ch2,Watts,20\n"
ECO2AI = (
    "id,project_name,epoch,start_time,duration(s),power_consumption(kWh),CO2_emissions(kg),"
    "CPU_name,GPU_name,region/country\n"
    '{0},p,{1},2026-10-06 01:17:23,3600,0.3,0.1,"x/1 device(s), TDP:61.0",NVIDIA A100-SXM4-40GB 2 device(s),IN/Delhi\n'
    '{0},p,{2},2026-10-06 01:17:23,7200,0.6,0.2,"x/1 device(s), TDP:61.0",NVIDIA A100-SXM4-40GB 2 device(s),IN/Delhi\n'
)


def matrix(*series: tuple[dict[str, str], list[object]]) -> str:
    """Write Prometheus' answer to a range query, a value every 30 s."""
    result = [
        {"metric": labels, "values": [[1764000000 + 30 * step, value] for step, value in enumerate(values)]}
        for labels, values in series
    ]
    return json.dumps({"status": "success", "data": {"resultType": "matrix", "result": result}})


def gpu(metric: str, **more: str) -> dict[str, str]:
    """Give the labels of a series of one board."""
    return {"__name__": metric, "gpu": "0", "UUID": "GPU-1-2-3-4", "modelName": "NVIDIA A100-SXM4-80GB", **more}


@pytest.mark.parametrize(
    ("text", "joules", "seconds", "boundary"),
    [
        pytest.param(
            "\n".join(["timestamp,outlet,watts", *(f"{at},{plug},400" for at in MINUTES for plug in ("a", "b"))]),
            [240_000, 240_000], 600, "wall", id="power strip",
        ),
        pytest.param(
            "\n".join(["time;kWh", *(f"{at};10,{minute:03d}" for minute, at in enumerate(MINUTES))]),
            [36_000], 600, "wall", id="counter with decimal commas",
        ),
        pytest.param(
            "\n".join(["entity_id,state,last_changed", *(f"sensor.plug_power,100,{at}" for at in MINUTES)]),
            [60_000], 600, "wall", id="Home Assistant",
        ),
        pytest.param(
            "\n".join(["time,node,power_w", *(f"{at},n1,350" for at in MINUTES)]), [210_000], 600, "wall", id="nodes",
        ),
        pytest.param("".join(map(BLOCK.format, range(6))), [66_000], 300, "node", id="ipmitool"),
        pytest.param(
            "".join(FREEIPMI.format(f"11/28/2026 - 12:0{at}:00") for at in range(6)), [66_000], 300, "node", id="dcmi",
        ),
        pytest.param(
            "\n".join(f"{at} Pwr Consumption | 77h | ok | 7.1 | 150 Watts" for at in MINUTES), [90_000], 600, "node",
            id="sensors with a time before them",
        ),
        pytest.param(
            "\n".join(json.dumps({"timestamp": at, "PowerControl": [{"PowerConsumedWatts": 300}]}) for at in MINUTES),
            [180_000], 600, "node", id="Redfish, a line each",
        ),
        pytest.param(
            json.dumps({"@odata.type": "#MetricReport.v1_4_2.MetricReport", "MetricValues": [
                {"MetricId": "PowerConsumedWatts", "MetricValue": "300", "Timestamp": at} for at in MINUTES]}),
            [180_000], 600, "node", id="Redfish telemetry",
        ),
        pytest.param(TEGRA.format("POM_5V_IN 3000/3000 POM_5V_GPU 40/40") * 11, [30], 10, "node", id="tegrastats"),
        pytest.param(
            TEGRA.format("VDD_GPU_SOC 3000mW/3000mW VDD_CPU_CV 500mW/500mW") * 11, [35], 10, "parts", id="Orin's rails",
        ),
        pytest.param(POWERMETRICS * 3, [90], 6, "parts", id="newer powermetrics"),
        pytest.param(
            POWERMETRICS.split("CPU Power")[0] + "Intel energy model derived package power (CPUs+GT+SA): 12.5W\n",
            [25], 2, "parts", id="powermetrics of Intel's chips",
        ),
        pytest.param(PROPERTY_LIST + "\0" + PROPERTY_LIST, [60], 4, "parts", id="powermetrics' property lists"),
        pytest.param(
            GADGET + "t,1,10.0,500.0,100.0,400.0,50.0\nTotal Elapsed Time (sec) = 10.0\n", [1050], 10, "parts",
            id="Power Gadget with two sockets",
        ),
        pytest.param(TRACKER.format("NVIDIA A100-SXM4-40GB"), [500 * 90_000], 90_000, "parts", id="carbontracker"),
        pytest.param(NOTEBOOK, [360_000], 600, "parts", id="carbontracker in a notebook"),
        pytest.param(ZEUS, [36_000], 100, "parts", id="windows of zeus in others"),
        pytest.param(
            "".join(MLPERF.format(at, 50, "ranging-x") for at in range(11))
            + "".join(MLPERF.format(at, 40, "testing-x") for at in range(20, 31)),
            [400], 10, "wall", id="MLPerf with channels and ranging",
        ),
        pytest.param(ECO2AI.format("a", "N/A", "N/A"), [0.6 * 3.6e6], 7200, "parts", id="Eco2AI, cumulative"),
        pytest.param(ECO2AI.format("a", 0, 1), [0.9 * 3.6e6], 10_800, "parts", id="Eco2AI, epochs"),
        pytest.param(
            "timestamp,gpu,socket_power,clk\n"
            + "\n\n".join(f"{at},0,239,\"['1', '2']\"\n{at},1,241,N/A" for at in range(1764000000, 1764000011)),
            [4800], 10, "accelerator", id="amd-smi",
        ),
        pytest.param(
            "# TYPE DCGM_FI_DEV_POWER_USAGE gauge\n"
            + "\n".join(f'DCGM_FI_DEV_POWER_USAGE{{UUID="a"}} 300 {1764000000000 + 30000 * at}' for at in range(5)),
            [36_000], 120, "accelerator", id="dump with times",
        ),
        pytest.param(
            matrix((gpu("DCGM_FI_DEV_POWER_USAGE"), ["300"] * 5),
                   (gpu("nvidia_smi_power_draw_instant_watts"), ["9"] * 5),
                   (gpu("DCGM_FI_DEV_POWER_MGMT_LIMIT"), ["400"] * 5)),
            [36_000], 120, "accelerator", id="a board of several exporters",
        ),
        pytest.param(
            matrix((gpu("DCGM_FI_DEV_POWER_USAGE"), ["300"] * 5),
                   (gpu("DCGM_FI_DEV_TOTAL_ENERGY_CONSUMPTION"), [str(1_000_000 * at) for at in range(5)])),
            [4_000], 120, "accelerator", id="a counter counts before a power",
        ),
        pytest.param(
            matrix((gpu("DCGM_FI_DEV_POWER_USAGE"), ["300"] * 5),
                   ({"__name__": "ipmi_dcmi_power_consumption_watts", "instance": "n1:9290"}, ["900"] * 5)),
            [108_000], 120, "node", id="a node's meter holds its boards",
        ),
        pytest.param(
            "timestamp,gpu0_power_w,gpu1_power_w\n"
            + "\n".join(f"2024-10-30 18:42:{at:02d},100,200" for at in range(11)),
            [3000], 10, "accelerator", id="a column for each accelerator",
        ),
        pytest.param(
            "time_ms,gpu_id,power_mw\n" + "\n".join(f"{(1764000000 + at) * 1000},0,100000" for at in range(11)),
            [1000], 10, "accelerator", id="milliseconds and milliwatts",
        ),
        pytest.param(
            "time,node01_w,node02_w\n" + "\n".join(f"{at},400,500" for at in MINUTES), [240_000, 300_000], 600, "wall",
            id="a column for each node",
        ),
        pytest.param(
            "Zeit;Leistung (W)\n" + "\n".join(f"28.11.2026 12:{at:02d}:00;400,5" for at in range(11)), [240_300], 600,
            "wall", id="a German meter",
        ),
        pytest.param(
            matrix(*(({"__name__": "kepler_node_package_joules_total", "instance": "n1", "mode": mode},
                      [str(watts * 30 * at) for at in range(5)]) for mode, watts in (("idle", 20), ("dynamic", 80)))),
            [12_000], 120, "parts", id="Kepler's idle and dynamic energies",
        ),
        pytest.param(
            json.dumps([{"metric": gpu("DCGM_FI_DEV_POWER_USAGE"), "values": [[1764000000, "9"], [1764000030, "9"]]}]),
            [270], 30, "accelerator", id="series without the answer about them",
        ),
        pytest.param(
            "_runtime,_timestamp,system.gpu.0.powerWatts,system.gpu.process.0.powerWatts,system.gpu.1.powerWatts\n"
            + "\n".join(f"{15 * at},{1764000000 + 15 * at},300,300,100" for at in range(5)),
            [24_000], 60, "accelerator", id="W&B's CSV",
        ),
        pytest.param(
            '"Relative Time (Process)","a - system/gpu.0.powerWatts","a - system/gpu.0.powerWatts__MAX",'
            '"b - system/gpu.0.powerWatts"\n'
            + "\n".join(f'"{10 * at}","200","210","100"' for at in range(4)),
            [6000, 3000], 30, "accelerator", id="W&B's page",
        ),
    ],
)  # fmt: skip
def test_energy_time_and_boundary(
    tmp_path: Path, text: str, joules: list[float], seconds: float, boundary: str
) -> None:
    """Powers times seconds, counters' increases, each joule once."""
    found = [run.stated for run in runs_of(tmp_path, text)]
    assert [(run.measured_energy_kwh or 0) * 3.6e6 for run in found] == pytest.approx(joules)
    assert [run.duration_seconds for run in found] == pytest.approx([seconds] * len(joules))
    assert {run.boundary for run in found} == {boundary}


@pytest.mark.parametrize("form", ["list", "lines", "columns"])
def test_json_of_wandb(tmp_path: Path, form: str) -> None:
    """300 W for a minute, as text and numbers."""
    rows = [{"_timestamp": 1764000000 + 15 * at, "system.gpu.0.powerWatts": "300"} for at in range(5)]
    columns = {name: {str(at): row[name] for at, row in enumerate(rows)} for name in rows[0]}
    texts = {"list": json.dumps(rows), "lines": "\n".join(map(json.dumps, rows)), "columns": json.dumps(columns)}
    (run,) = runs_of(tmp_path, texts[form])
    assert run.stated.measured_energy_kwh == pytest.approx(0.005)


def test_parquet_of_wandb(tmp_path: Path) -> None:
    """300 W for a minute."""
    pyarrow = pytest.importorskip("pyarrow")
    parquet = pytest.importorskip("pyarrow.parquet")
    columns = {"_timestamp": [1764000000.0 + 15 * at for at in range(5)], "system.gpu.0.powerWatts": [300.0] * 5}
    parquet.write_table(pyarrow.table(columns), tmp_path / "table")
    (run,) = runs_of(tmp_path, (tmp_path / "table").read_bytes())
    assert run.stated.measured_energy_kwh == pytest.approx(0.005)


def of_database(folder: Path, *statements: str) -> tuple[ImportedRun, ...]:
    """Make a database and import it."""
    connection = sqlite3.connect(folder / "made")
    for statement in statements:
        connection.execute(statement)
    connection.commit()
    connection.close()
    return runs_of(folder, (folder / "made").read_bytes())


@pytest.mark.parametrize("id", ["", "run_id, "])
def test_trackio(tmp_path: Path, id: str) -> None:
    """A counter that began anew at 500 J, 9,500 J in all; 100 W for 40 s beside it; older ones have no ids of runs."""
    counts = (0, 3000, 6000, 500, 3500)
    metrics = [json.dumps({"gpu/0/energy_consumed": joules, "gpu/0/power": 9, "gpu/1/power": 100}) for joules in counts]
    first = "'r', " if id else ""
    rows = [f"({first}'2026-11-28T12:00:{10 * at:02d}+00:00', 'sun', '{text}')" for at, text in enumerate(metrics)]
    table = f"system_metrics ({id}timestamp, run_name, metrics)"
    (run,) = of_database(
        tmp_path, f"CREATE TABLE {table}", "CREATE TABLE configs (run_name, config)",
        f"INSERT INTO {table} VALUES {', '.join(rows)}",
    )  # fmt: skip
    assert (run.stated.name, (run.stated.measured_energy_kwh or 0) * 3.6e6) == ("sun", pytest.approx(9500 + 4000))


def test_a_database_of_mlflow(tmp_path: Path) -> None:
    """300 W for a minute in the run that finished; one that failed has no power."""
    metrics = [f"('system/node_0/gpu_0_power_usage_watts', 300, {1764000000000 + 15000 * at}, 'r1')" for at in range(5)]
    runs = [f"('{id}', 'bert', 'ada', '{status}', 1764000000000, 1764000060000, 1)" for id, status in
            (("r1", "FINISHED"), ("r2", "FAILED"))]  # fmt: skip
    found = of_database(
        tmp_path, "CREATE TABLE alembic_version (version_num)", "CREATE TABLE experiments (experiment_id, name)",
        "CREATE TABLE runs (run_uuid, name, user_id, status, start_time, end_time, experiment_id)",
        "CREATE TABLE metrics (key, value, timestamp, run_uuid)", "INSERT INTO experiments VALUES (1, 'nlp')",
        f"INSERT INTO runs VALUES {', '.join(runs)}", f"INSERT INTO metrics VALUES {', '.join(metrics)}",
    )  # fmt: skip
    assert [(run.stated.status, run.stated.project, run.stated.user) for run in found] == [
        ("completed", "nlp", "ada"), ("failed", "nlp", "ada"),
    ]  # fmt: skip
    assert [run.stated.measured_energy_kwh for run in found] == [pytest.approx(0.005), None]


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("version https://git-lfs.github.com/spec/v1\noid sha256:1\nsize 1\n", "a Git LFS pointer"),
        ('{"status":"error","errorType":"bad_data","error":"x"}', "is Prometheus' answer to a query that failed"),
        (":W&B\x1e", "is W&B's own run file"),
        ("", "is empty"),
    ],
)
def test_what_is_no_data_is_named(tmp_path: Path, text: str, rule: str) -> None:
    """One sentence each."""
    (file,) = audit_of(tmp_path, text).files
    assert rule in (file.error or "")


def test_accelerators_of_eco2ai_without_a_name(tmp_path: Path) -> None:
    """It writes their number alone on some machines: two of a type that nobody knows."""
    (run,) = runs_of(tmp_path, ECO2AI.format("a", "N/A", "N/A").replace("NVIDIA A100-SXM4-40GB", ""))
    assert run.stated.accelerators == {"": 2.0}


def test_rails_of_a_board_by_their_unit(tmp_path: Path) -> None:
    """An AGX Xavier names rails GPU, CPU and SOC: 1 + 2 + 3 W over two seconds are 12 J, and memory is none."""
    line = "RAM 2722/31919MB SWAP 0/15959MB CPU [0%@1190] GPU@37C GPU 1000mW/1mW CPU 2000mW/1mW SOC 3000mW/1mW"
    (run,) = runs_of(tmp_path, "\n".join([line] * 3))
    assert (run.stated.measured_energy_kwh or 0) * 3.6e6 == pytest.approx(12)


def test_messages_of_ptdaemon_and_marks_of_any_label(tmp_path: Path) -> None:
    """What it says of itself is no reading, and the ranging of a label is left out: 200 W for a second."""
    lines = ["Time,11-07-2020 17:49:06.145,NOTICE,Analyzer identity response of 32 bytes: YOKOGAWA,WT310,C2PH1,F1.03"]
    for phase, minute, watts in (("ranging", 50, 100), ("testing", 51, 200)):
        lines += [
            f"Time,11-07-2020 17:{minute}:0{second}.000,Watts,{watts}.0,Volts,230.0,Amps,0.5,PF,0.9,Mark,a_{phase}"
            for second in range(2)
        ]
    audit = audit_of(tmp_path, "\n".join(lines))
    (run,) = audit.runs
    assert ((run.stated.measured_energy_kwh or 0) * 3.6e6, audit.files[0].rejected) == (pytest.approx(200), 0)


@pytest.mark.parametrize("stamp", ["Thu Jan  1 00:00:00 1970", "Sun Nov 29 10:31:00 2026"])
def test_a_loop_of_date_and_ipmitool(tmp_path: Path, stamp: str) -> None:
    """What `date` prints is the time, whatever the controller's clock says: 300 W for ten seconds are 3,000 J."""
    text = "".join(
        f"Sun Nov 29 10:31:{second} UTC 2026\n\n    Instantaneous power reading:          300 Watts\n"
        f"    IPMI timestamp:           {stamp}\n    Sampling period:          00000001 Seconds.\n"
        for second in ("00", "10")
    )
    (run,) = runs_of(tmp_path, text)
    assert (run.stated.measured_energy_kwh or 0) * 3.6e6 == pytest.approx(3000)
    assert run.to_dict()["started"] == "2026-11-29T10:31:00Z"


def test_day_and_time_in_columns_of_their_own(tmp_path: Path) -> None:
    """A power strip's export: 1.2 kW for a minute are 72,000 J."""
    text = "Date,Time,Total Power (kW)\n11/29/2026,10:00:00,1.2\n11/29/2026,10:01:00,1.2\n"
    (run,) = runs_of(tmp_path, text)
    assert (run.stated.measured_energy_kwh or 0) * 3.6e6 == pytest.approx(72_000)
    assert run.to_dict()["started"] == "2026-11-29T10:00:00Z"


def test_an_exporters_text_that_is_indented(tmp_path: Path) -> None:
    """Pasted into another text: its samples are read, and none is a bad line."""
    text = '\t\t# TYPE DCGM_FI_DEV_POWER_USAGE gauge\n\t\tDCGM_FI_DEV_POWER_USAGE{gpu="0", UUID="GPU-1"} 7.5\n'
    (file,) = audit_of(tmp_path, text).files
    assert file.rejected == 0
    assert any("7.5 W at one instant" in note for note in file.notes)
