"""Processors, memory and accelerators of a computer: perf, LIKWID, and tables with a column for each part."""

import json
from pathlib import Path

import pytest
from foreign_texts import audit_of, runs_of

PERF = """# started on Sun May  3 08:00:00 2026


 Performance counter stats for '{command}'{runs}:

          {pkg} Joules power/energy-pkg/      {spread}
            {ram} Joules power/energy-ram/
            700{point}00 Joules power/energy-cores/
{more}
      10{point}000000000 seconds time elapsed

"""
PLAIN = {
    "command": "python train.py",
    "runs": "",
    "pkg": "1,000.00",
    "ram": "100.00",
    "point": ".",
    "spread": "",
    "more": "",
}
LIKWID = """CPU name:	Intel(R) Xeon(R) Gold 6148 CPU @ 2.40GHz
Runtime: 10.0 s
Measure for socket 0 on CPU 0
Domain PKG:
Energy consumed: 600 Joules
Domain PP0:
Energy consumed: 500 Joules
Domain DRAM:
Energy consumed: 60 Joules
Measure for socket 1 on CPU 20
Domain PKG:
Energy consumed: 400 Joules
Domain DRAM:
Energy consumed: 40 Joules
"""
GROUP = """| Runtime (RDTSC) [s] STAT |  20.0000 |  10.0000 |  10.0000 | 10.0000 |
|   Energy [J] STAT        |     1000 |        0 |     1000 |     500 |
| Energy DRAM [J] STAT     |      100 |        0 |      100 |      50 |
"""
SECONDS = [f"2026-05-03 08:00:{second:02d}" for second in range(11)]


def table(header: str, row: str) -> str:
    """Write a header and a row a second."""
    return "\n".join([header, *(row.format(at, clock=clock, at=1777795200 + at) for at, clock in enumerate(SECONDS))])


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(PERF.format(**PLAIN), id="perf stat"),
        pytest.param(
            PERF.format(**PLAIN | {"pkg": "1.000,00", "ram": "100,00", "point": ","}), id="perf stat, decimal commas"
        ),
        pytest.param(
            PERF.format(**PLAIN | {"runs": " (5 runs)", "spread": "( +-  0.80% )"}), id="perf stat -r"
        ),
        pytest.param(
            "1000.00,Joules,power/energy-pkg/,10000000000,100.00,,\n100.00,Joules,power/energy-ram/,10000000000,100.00,,\n",
            id="perf stat -x,",
        ),
        pytest.param(
            "".join(f"     {at}.000000000             100.00 Joules power/energy-pkg/\n"
                    f"     {at}.000000000              10.00 Joules power/energy-ram/\n" for at in range(1, 11)),
            id="perf stat -I",
        ),
        pytest.param(
            "".join(f"     {at}.000000000;100.00;Joules;power/energy-pkg/;1000000;100.00;;\n"
                    f"     {at}.000000000;10.00;Joules;power/energy-ram/;1000000;100.00;;\n" for at in range(1, 11)),
            id="perf stat -I -x;",
        ),
        pytest.param(
            "\n".join(json.dumps({"counter-value": joules, "unit": "Joules", "event": f"power/energy-{name}/",
                                  "event-runtime": 10_000_000_000})
                      for name, joules in (("pkg", "1000.00"), ("ram", "100.00"), ("cores", "700.00"))),
            id="perf stat -j",
        ),
        pytest.param(LIKWID, id="likwid-powermeter, two sockets"),
        pytest.param(GROUP, id="likwid-perfctr"),
        pytest.param(table("timestamp,cpu_power_w,ram_power_w,cpu_util", "{clock},100,10,99"), id="a logger"),
        pytest.param(
            table("Time,Frequency:Avg,Power:package-0,Power:dram,Temp:Core0", "{clock},3000,100,10,50"), id="s-tui",
        ),
        pytest.param(
            table("Time_Of_Day_Seconds\tCore\tCPU\tBusy%\tPkgWatt\tCorWatt\tRAMWatt",
                  "{at}.5\t-\t-\t90\t100.00\t70.00\t10.00\n{at}.5\t0\t0\t90\t60.00\t40.00\t10.00\n{at}.5\t0\t1\t90"),
            id="turbostat, whose first row is the sum",
        ),
        pytest.param(
            table("timestamp,package_energy_uj,dram_energy_uj,core_energy_uj", "{clock},{0}00000000,{0}0000000,{0}"),
            id="counters of RAPL",
        ),
    ],
)  # fmt: skip
def test_energy_of_processors_and_memory(tmp_path: Path, text: str) -> None:
    """1,000 J and 100 J in ten seconds; cores are parts of their package."""
    (run,) = runs_of(tmp_path, text)
    assert {part: kwh * 3.6e6 for part, kwh in run.stated.energy_kwh.items()} == pytest.approx(
        {"cpu": 1000, "memory": 100}
    )
    assert (run.stated.measured_energy_kwh or 0) * 3.6e6 == pytest.approx(1100)
    assert (run.stated.duration_seconds, run.stated.boundary) == (10, "parts")


def test_commands_of_perf_are_runs(tmp_path: Path) -> None:
    """Two in one file, one of them on a platform whose meter holds package and memory."""
    more = "          1,500.00 Joules power/energy-psys/"
    text = PERF.format(**PLAIN) + PERF.format(**PLAIN | {"command": "b", "more": more, "runs": " (3 runs)"})
    first, second = (run.stated for run in runs_of(tmp_path, text))
    assert [run.name for run in (first, second)] == ["python train.py", "b"]
    assert [(run.measured_energy_kwh or 0) * 3.6e6 for run in (first, second)] == pytest.approx([1100, 1500])
    assert "It is the mean of 3 runs of the command." in second.notes


def test_accelerators_beside_processors(tmp_path: Path) -> None:
    """A total is the sum of the others: 100 W and 20 W for ten seconds."""
    text = table("Date,CPU Utilization,Total Power,CPU Power,GPU Power", "{clock},0.5,120.0,100.0,20.0")
    (run,) = runs_of(tmp_path, text)
    assert {part: kwh * 3.6e6 for part, kwh in run.stated.energy_kwh.items()} == pytest.approx(
        {"cpu": 1000, "gpu": 200}
    )


def test_scaphandre(tmp_path: Path) -> None:
    """300 W of the host, of which its processes are parts, in microwatts."""
    rows = [{"host": {"consumption": 3e8, "timestamp": 1777795200 + at}, "sockets": [],
             "consumers": [{"pid": 1, "consumption": 1e8}]} for at in range(11)]  # fmt: skip
    (run,) = runs_of(tmp_path, json.dumps(rows))
    assert (run.stated.measured_energy_kwh or 0) * 3.6e6 == pytest.approx(3000)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Wall time,Step,Value\n1777795200.5,1,300\n", "a scalar of TensorBoard"),
        ("timestamp, gpu_uuid, pid, used_gpu_memory [MiB]\n", "nvidia-smi's list of processes, which has no power"),
        ("# gpu    pwr  gtemp\n# Idx      W      C\n    0    300     40\n", "nvidia-smi dmon without times: add -o DT"),
        ("power.draw [W], utilization.gpu [%]\n63.68 W, 0 %\n", "nvidia-smi's CSV without times: add timestamp to"),
        ("50.43 W\n50.43 W\n32.64 W\n", "numbers alone, without times"),
        ("28.44\n28.45\n28.50\n", "numbers alone, without times"),
        ("#Entity   POWER\nID        W\nGPU 0     300.000\n", "dcgmi dmon, which prints no times"),
        ("device,Average Graphics Package Power (W)\ncard0,38.0\n", "rocm-smi, which prints no times"),
        ("2026/05/03 08:00:00.123, 0, 300.12\n", "a log whose columns have neither names nor units"),
        ("JobId=123 JobName=train\n   JobState=COMPLETED\n", "squeue, scontrol or seff"),
        (
            '{"timestamp": "2026-05-03", "emissions": 1, "energy_consumed": 2, "gpu_energy": 1}',
            "a record of codecarbon",
        ),
        ('{"status": "success", "data": [{"total_gpu_energy_usage_kwh": {"total": 1}}]}', "sums of CEEMS"),
        ("PK\x03\x04xl/workbook.xml", "a ZIP file or a spreadsheet"),
        ("<!DOCTYPE html><html>", "a page of the web"),
        ("CPU\tPkgWatt\n-\t100.00\n", "turbostat without times"),
    ],
)
def test_files_without_a_run_are_named(tmp_path: Path, text: str, words: str) -> None:
    """What a file is, and what to do instead."""
    (file,) = audit_of(tmp_path, text).files
    assert f"{file.path}: looks like {words}" in (file.error or "")


@pytest.mark.parametrize("value", ["nan", "inf", "1e308", "-5", "", "9" * 400, '"'])
@pytest.mark.parametrize("header", ["timestamp,cpu_power_w", "Time,DCGM_FI_DEV_POWER_USAGE{{gpu=0}}", "a"])
def test_hostile_values(tmp_path: Path, header: str, value: str) -> None:
    """Nothing follows from them, and nothing breaks."""
    lines = [header.replace("{{gpu=0}}", ""), *(f"{clock},{value}" for clock in SECONDS)]
    perf = f"{value} Joules power/energy-pkg/\n{value} seconds time elapsed\n"
    for text in ("\n".join(lines), perf, f'{{"a": 1}}\n{{"power_w": {value}, "gpu": 0, "timestamp": 1}}'):
        found = [run.stated.measured_energy_kwh or 0 for run in audit_of(tmp_path, text).runs]
        assert all(0 <= kwh < 1e24 for kwh in found)
