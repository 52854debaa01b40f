"""perun, matcha, WattAMeter, Alumet, CEEMS, OpenCost: a few readings each, with energies worked out by hand."""

import json
from pathlib import Path

import pytest
from foreign_texts import audit_of, runs_of, sacct_text

from greentrain.importing import ImportedRun, import_runs

PERUN = ",run id,hostname,device_group,sensor,unit,magnitude,timestep,value\n"
PERUN_REPORT = """PERUN REPORT

App name: train
First run: 2026-03-02T10:00:00.000000
Last run: 2026-03-02T10:00:00.000000


RUN ID: 2026-03-02T10:00:00.000000

|   Round # | Host | RUNTIME   | ENERGY    | CPU_POWER | CPU_UTIL | GPU_POWER | GPU_MEM   | DRAM_POWER |
|----------:|:-----|:----------|:----------|:----------|:---------|:----------|:----------|:-----------|
|         0 | n1   | 100.000 s | 48.000 kJ | 150.000 W | 3.240 %  | 300.000 W | 55.258 GB | 30.000 W   |
|         0 | n2   | 100.000 s | 48.000 kJ | 150.000 W | 3.240 %  | 300.000 W | 55.258 GB | 30.000 W   |
|         0 | All  | 100.000 s | 96.000 kJ | 300.000 W | 3.240 %  | 600.000 W | 55.258 GB | 60.000 W   |

Application Summary

The application has been run 7 times. In total, it has used 3.128 kWh, released a total of 1.307 kgCO2e.
"""
START = {
    "type": "session_start", "ts": "2026-03-02T10:00:00.000Z", "run_id": "r1", "matcha_version": "0.3.1",
    "hostname": "n1", "energy_source": "counter", "cmd": ["python", "train.py"], "labels": {},
    "gpus": [{"idx": at, "uuid": f"GPU-{at}", "name": "NVIDIA H100 80GB HBM3"} for at in range(2)],
}  # fmt: skip
STEPS = [
    {"type": "step", "ts": f"2026-03-02T10:00:{10 * at:02d}.000Z", "run_id": "r1", "step": at, "energy_j": 9000,
     "duration_s": 9.0}
    for at in (1, 2)
]  # fmt: skip
END = {"type": "session_end", "ts": "2026-03-02T10:00:20.000Z", "run_id": "r1", "total_energy_j": 20000,
       "duration_s": 20.0, "energy_source": "counter"}  # fmt: skip
PRINTED = "matcha_energy gpus:{} total:72000J (20.00Wh) duration:60.0s avg_power:1200W peak_power:1300W samples:600\n"
WATTAMETER = "# 2026-03-02_10:00:00.000000 - WattAMeter run 4711\n# timestamp                  reading-time[ns] {}\n"
ALUMET = "metric;timestamp;value;resource_kind;resource_id;consumer_kind;consumer_id;domain;__late_attributes\n"
UNIT = {
    "cluster_id": "a", "resource_manager": "slurm", "uuid": "4711", "name": "bert", "project": "nlp", "usr": "ada",
    "started_at": "2026-03-02T11:00:00+0100", "ended_at": "2026-03-02T12:00:00+0100",
    "started_at_ts": 1772445600000, "ended_at_ts": 1772449200000, "state": "TIMEOUT",
    "allocation": {"cpus": 16, "gpus": 2, "mem": 64e9, "nodes": 1}, "total_time_seconds": {"walltime": 3600},
    "total_cpu_energy_usage_kwh": {"total": 0.2}, "total_gpu_energy_usage_kwh": {"total": 0.5},
    "total_cpu_emissions_gms": {"emaps_total": 10, "rte_total": 8},
    "total_gpu_emissions_gms": {"emaps_total": 25, "rte_total": 20}, "tags": {"partition": "gpu", "nodelist": "n[1-2]"},
}  # fmt: skip
ALLOCATION = {
    "name": "c/ml/bert-0", "properties": {"cluster": "c", "namespace": "ml", "node": "n1"},
    "start": "2026-03-02T10:00:00Z", "end": "2026-03-02T12:00:00Z", "minutes": 120, "cpuCoreHours": 16,
    "gpuHours": 4, "ramByteHours": 128e9, "gpuAllocation": {"gpuModel": "Tesla T4"},
}  # fmt: skip


def energies(run: ImportedRun) -> dict[str, float]:
    """Give the energies of a run by part. [J]"""
    return {part: round(kwh * 3.6e6, 6) for part, kwh in run.stated.energy_kwh.items()}


def test_sensors_of_perun(tmp_path: Path) -> None:
    """A counter of microjoules, 100 W for 2 s, milliwatts of two boards, 300 W, and memory of 10 W; two rounds."""
    rows = [
        "{run},n1,cpu,CPU_FREQ_0,Hz,1000000.0,{at}.0,2400",
        "{run},n1,cpu,package-0,J,1e-06,{at}.0,{at}00000000",
        "{run},n1,gpu,CUDA:0_POWER,W,0.001,{at}.0,300000",
        "{run},n1,gpu,CUDA:1_POWER,W,0.001,{at}.0,300000",
        "{run},n1,ram,dram,W,1.0,{at}.0,10",
        "{run},n1,socket,module,W,1e-06,{at}.0,900000000",
    ]
    text = PERUN + "".join(f"9,{row}\n".format(run=run, at=at) for run in (0, 1) for row in rows for at in range(3))
    audit = audit_of(tmp_path, text)
    assert [energies(run) for run in audit.runs] == [{"cpu": 200, "gpu": 1200, "memory": 20}] * 2
    assert {(run.stated.accelerators[""], run.stated.duration_seconds) for run in audit.runs} == {(2.0, 2.0)}
    assert audit.files[0].notes == {
        "Sensors of sockets and of whatever is no part are left out, as perun does.": 6,
    }


def test_a_report_of_perun(tmp_path: Path) -> None:
    """The row of all hosts counts: 96 kJ in 100 s, of which the CPUs used 300 W, and so on."""
    (run,) = runs_of(tmp_path, PERUN_REPORT)
    assert energies(run) == {"gpu": 60_000, "cpu": 30_000, "memory": 6_000}
    assert ((run.stated.measured_energy_kwh or 0) * 3.6e6, run.stated.duration_seconds) == (pytest.approx(96_000), 100)
    assert (run.stated.name, run.stated.nodes, run.stated.hosts) == ("train", 2, "n1,n2")
    assert run.stated.started == 1772445600


def test_the_table_and_the_report_of_perun_are_one_run(tmp_path: Path) -> None:
    """Both have the name of the program and of the run in their own."""
    rows = [f"{at},0,n1,gpu,CUDA:0_POWER,W,0.001,{at}.0,300000" for at in range(3)]
    for suffix, text in (("csv", PERUN + "\n".join(rows)), ("txt", PERUN_REPORT)):
        (tmp_path / f"train_2026-03-02T10:00:00.000000.{suffix}").write_text(text)
    assert len(import_runs(tmp_path, dry_run=True).runs) == 1


def test_sessions_of_matcha(tmp_path: Path) -> None:
    """The end counts, 20 kJ in 20 s of two boards; of a session that was killed its steps, 18 kJ in 18 s."""
    whole, killed = [START, *STEPS, END], [{**each, "run_id": "r2"} for each in (START, *STEPS)]
    lines = [json.dumps(record, separators=(",", ":")) for record in (*whole, *killed)]
    first, second = runs_of(tmp_path, "\n".join(["loading", *lines]))
    assert (energies(first), first.stated.duration_seconds, first.stated.status) == ({"gpu": 20_000}, 20, None)
    assert (energies(second), second.stated.duration_seconds, second.stated.status) == ({"gpu": 18_000}, 18, "stopped")
    assert first.stated.accelerators == second.stated.accelerators == {"NVIDIA H100 80GB HBM3": 2.0}
    assert (first.stated.started, first.stated.name, first.stated.hosts) == (1772445600, "python train.py", "n1")
    assert second.stated.notes == (
        "It has no end: the energies of its steps are added up, what was between and behind them is not known.",
    )


@pytest.mark.parametrize(
    ("written", "accelerators"),
    [("8x NVIDIA H100 80GB HBM3", {"NVIDIA H100 80GB HBM3": 8.0}), ("Apple M4", {"Apple M4": 1.0})],
)
def test_what_matcha_prints(tmp_path: Path, written: str, accelerators: dict[str, float]) -> None:
    """72 kJ in a minute, at the end of a training's long log."""
    (run,) = runs_of(tmp_path, "step 1 loss 3.2\n" * 9000 + PRINTED.format(written))
    assert (energies(run), run.stated.duration_seconds) == ({"gpu": 72_000}, 60)
    assert run.stated.accelerators == accelerators


def test_powers_of_wattameter(tmp_path: Path) -> None:
    """100 W and 200 W of two boards for ten seconds, in milliwatts beside degrees: 3,000 J."""
    rows = [f"  2026-03-02_10:00:{at:02d}.000000 45560 100000 200000 41 42" for at in range(11)]
    (run,) = runs_of(tmp_path, WATTAMETER.format("gpu-0[mW] gpu-1[mW] gpu-0[C] gpu-1[C]") + "\n".join(rows))
    assert (energies(run), run.stated.name, run.stated.accelerators) == ({"gpu": 3000}, "4711", {"": 2.0})
    assert (run.stated.started, run.stated.boundary) == (1772445600, "accelerator")


@pytest.mark.parametrize(
    ("apart", "joules"), [pytest.param(0, 500, id="one zone twice"), pytest.param(9, 1000, id="two dies")]
)
def test_counters_of_wattameter(tmp_path: Path, apart: int, joules: float) -> None:
    """50 W for ten seconds by a counter; its power beside it, its cores and the platform hold the same joules."""
    names = "cpu-0-r0[uJ] cpu-0-r1[uJ] cpu-0-core[uJ] psys[uJ] cpu-0-r0[W] cpu-0-r1[W] cpu-0-core[W] psys[W]"
    lines = [
        f"  2026-03-02_10:00:{at:02d}.000000 9 {100 + 50 * at}000000 {100 + apart + 50 * at}000000 {at}000000 "
        f"{200 + 90 * at}000000 {'50 50 1 90' if at < 10 else ''}"
        for at in range(11)
    ]
    (run,) = runs_of(tmp_path, WATTAMETER.format(names) + "\n".join(lines))
    assert energies(run) == {"cpu": joules}
    assert run.footprint is not None
    assert run.footprint.basis == "measured"


def test_sessions_of_wattameter_are_runs(tmp_path: Path) -> None:
    """A file that was added to has the lines of each above its readings; an id that comes again goes on."""
    parts = [
        WATTAMETER.replace("4711", id).format("gpu-0[mW]")
        + "".join(f"  2026-03-02_{hour}:00:{at:02d}.000000 45560 100000\n" for at in range(11))
        for id, hour in (("a", 10), ("b", 11), ("b", 12))
    ]
    found = runs_of(tmp_path, "".join(parts) + "# 2026-03-02_13:00:00.000000 - WattAMeter run c\n")
    assert [(run.stated.name, energies(run)) for run in found] == [("a", {"gpu": 1000}), ("b", {"gpu": 2000})]


@pytest.mark.parametrize("late", [False, True])
def test_energies_of_alumet(tmp_path: Path, late: bool) -> None:
    """Each is of the second before: 50 J of a package, 5 J of memory and 300 J of a board, three times."""
    lines = []
    for at in range(3):
        for metric, value, resource, consumer, domain in (
            ("rapl_consumed_energy_J", 50, "cpu_package;0", "local_machine;", "package"),
            ("rapl_consumed_energy_J", 20, "cpu_package;0", "local_machine;", "pp0"),
            ("rapl_consumed_energy_J", 50, "local_machine;", "local_machine;", "package_total"),
            ("rapl_consumed_energy_J", 5, "dram;0", "local_machine;", "dram"),
            ("nvml_energy_consumption_mJ", 300000, "gpu;0000:01:00.0", "local_machine;", ""),
            ("nvml_instant_power_mW", 310000, "gpu;0000:01:00.0", "local_machine;", ""),
            ("attributed_energy_J", 40, "cpu_package;0", "process;33", "package"),
        ):
            time = f"2026-03-02T10:00:{at:02d}.714734289Z"
            cells = f";domain={domain}" if late else f"{domain};"
            lines.append(f"{metric};{time};{value};{resource};{consumer};{cells}")
    audit = audit_of(tmp_path, ALUMET + "\n".join(lines))
    (run,) = audit.runs
    assert (energies(run), run.stated.duration_seconds) == ({"cpu": 150, "memory": 15, "gpu": 900}, pytest.approx(3))
    assert audit.files[0].notes == {"Energies of processes, cores and sums are left out: devices hold them.": 9}


def test_powers_of_alumet_without_units(tmp_path: Path) -> None:
    """Its names may have no unit, and commas may part the columns: 200 W for two seconds."""
    lines = [f"nvml_instant_power,2026-03-02T10:00:0{at}Z,200000,gpu,0,local_machine,,,\n" for at in range(3)]
    (run,) = runs_of(tmp_path, ALUMET.replace(";", ",") + "".join(lines))
    assert energies(run) == {"gpu": 400}


def test_units_of_ceems(tmp_path: Path) -> None:
    """A job with the site's share of its host and its boards; both factors of its emissions are kept."""
    (run,) = runs_of(tmp_path, json.dumps({"status": "success", "data": [UNIT]}))
    stated = run.stated
    assert (stated.measured_energy_kwh, stated.duration_seconds, stated.status) == (pytest.approx(0.7), 3600, "stopped")
    assert (stated.accelerators, stated.cpu_cores, stated.memory_gb) == ({"": 2.0}, 16, 64)
    assert (stated.user, stated.account, stated.partition, stated.jobs) == ("ada", "nlp", "gpu", ("slurm-4711",))
    assert stated.reported_kg == pytest.approx(0.035)
    assert stated.notes == (
        "Its energy of the host is the site's share for it, perhaps with a PUE: CEEMS's answer does not say which.",
        "Emissions that the site states: 0.0350 kg by emaps_total, 0.0280 kg by rte_total.",
    )


def test_of_several_energies_of_ceems_one_counts(tmp_path: Path) -> None:
    """That of the node's meter holds that of its processors' counters; earlier versions have no name for theirs."""
    several = {**UNIT, "total_cpu_energy_usage_kwh": {"rapl_total": 0.1, "ipmi_total": 0.3}}
    earlier = {**UNIT, "uuid": "4712", "total_cpu_energy_usage_kwh": 0.2, "total_gpu_energy_usage_kwh": 0.4,
               "total_walltime_seconds": 60, "total_time_seconds": None}  # fmt: skip
    first, second = runs_of(tmp_path, json.dumps({"status": "success", "data": [several, earlier]}))
    assert energies(first) == {"gpu": 1_800_000, "cpu": 1_080_000}
    assert "Of several energies of one thing ipmi_total counts: ipmi_total 0.300 kWh, rapl_total 0.100 kWh." in (
        first.stated.notes
    )
    assert (energies(second), second.stated.duration_seconds) == ({"gpu": 1_440_000, "cpu": 720_000}, 60)


@pytest.mark.parametrize("start", ["2026-03-02T10:00:00", "2026-03-02T11:00:00"])
def test_a_unit_of_ceems_is_the_job_of_the_accounting(tmp_path: Path, start: str) -> None:
    """Also where sacct printed the times of its zone without saying so."""
    (tmp_path / "units.json").write_text(json.dumps({"status": "success", "data": [UNIT]}))
    row = {"JobID": "4711", "JobIDRaw": "4711", "Start": start, "End": start.replace(":00:", ":59:")}
    (tmp_path / "sacct.txt").write_text(sacct_text(row))
    audit = import_runs(tmp_path, dry_run=True)
    assert [run.stated.measured_energy_kwh for run in audit.runs] == [pytest.approx(0.7)]


def test_pods_of_ceems(tmp_path: Path) -> None:
    """What a pod asked for by the names of resources, slices among them: a seventh of a board and two of four."""
    given = {"vcpus": 3, "nvidia.com/mig-1g.5gb": 1, "nvidia.com/mig-4g.20gb": 2, "mem": 3e9}
    pod = {**UNIT, "resource_manager": "k8s", "uuid": "6232f0c5", "allocation": given, "state": "Succeeded"}
    (run,) = runs_of(tmp_path, json.dumps({"status": "success", "data": [pod]}))
    assert (run.stated.accelerators, run.stated.status) == ({"1g.5gb": 1.0, "4g.20gb": 2.0}, "completed")
    assert sum(device.boards for device in run.devices) == pytest.approx(9 / 7)


@pytest.mark.parametrize("is_list", [False, True])
def test_allocations_of_opencost(tmp_path: Path, is_list: bool) -> None:
    """Two T4 and eight cores for two hours, without an energy; what nobody was given is no run."""
    idle = {**ALLOCATION, "name": "c/__idle__", "gpuHours": 90}
    both = [ALLOCATION, idle] if is_list else {each["name"]: each for each in (ALLOCATION, idle)}
    audit = audit_of(tmp_path, json.dumps({"code": 200, "data": [both]}))
    (run,) = audit.runs
    assert (run.stated.accelerators, run.stated.cpu_cores, run.stated.memory_gb) == ({"Tesla T4": 2.0}, 8, 64)
    assert (run.stated.duration_seconds, run.stated.measured_energy_kwh) == (7200, None)
    assert (run.stated.project, run.stated.started) == ("ml", 1772445600)
    assert run.footprint is not None
    assert run.footprint.basis == "estimated"
    assert audit.files[0].notes == {"What nobody was given, such as __idle__, is left out.": 1}


@pytest.mark.parametrize(
    "text",
    [
        PERUN + "0,0,n1,gpu,CUDA:0,W,nan,0,1\n0,0,n1,gpu,CUDA:0,W,1e300,1e300,1e300\n",
        PERUN_REPORT.replace("96.000 kJ", "9" * 400 + " kJ").replace("100.000 s", "0 s"),
        "\n".join(json.dumps({**each, "energy_j": "x", "gpus": odd}) for each in (START, *STEPS) for odd in (1, [[]])),
        PRINTED.format("9" * 300 + "x a"),
        WATTAMETER.format("gpu-0[mW] gpu-1[ms] [W] gpu-2[]") + "x 1 2 3\n  2026-03-02_10:00:00 9\n",
        ALUMET + "rapl_consumed_energy_J;x;nan;;;;;;\nnvml_instant_power_mW;2026-03-02T10:00:00Z;-1;gpu;0;;;;\n",
        json.dumps({"data": [{"uuid": {}, "resource_manager": []}, 5, {**UNIT, "tags": 1, "allocation": "x"}]}),
        json.dumps({"data": [{"a": {**ALLOCATION, "minutes": -1}, "b": {**ALLOCATION, "properties": 7}}, None]}),
    ],
)  # fmt: skip
def test_odd_values_break_nothing(tmp_path: Path, text: str) -> None:
    """What follows from them is an energy that can be, or none."""
    found = [run.stated.measured_energy_kwh or 0 for run in audit_of(tmp_path, text).runs]
    assert all(0 <= kwh < 1e24 for kwh in found)
