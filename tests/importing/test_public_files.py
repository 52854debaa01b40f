"""Files as they lie in public repositories, made anew with a few readings and energies worked out by hand."""

import json
from pathlib import Path

import pytest
from foreign_texts import audit_of, runs_of

from greentrain.importing import ImportedRun

FOUND = "2026-03-02 10:00:00 - The following components were found: {}\n"
EPOCH = "2026-03-02 10:00:10 - Epoch 1:\n2026-03-02 10:00:10 - Duration: 0:00:10.00\n"
POWER = "2026-03-02 10:00:10 - Average power usage (W) for {}: {}\n"
PYJOULES = "timestamp;tag;duration;package_0;dram_0;core_0;uncore_0;nvidia_gpu_0\n"
PYRAPL = "label,timestamp,duration,pkg,dram,socket\n"
CARBONAI = (
    "Datetime,Country,Platform,User ID,ISO,Project name,Program name,Client name,Total Elapsed CPU Time (sec),"
    "Total Elapsed GPU Time (sec),Cumulative Package Energy (mWh),Cumulative IA Energy (mWh),"
    "Cumulative GPU Energy (mWh),Cumulative DRAM Energy (mWh),Cumulative process CPU Energy (mWh),"
    "Cumulative process DRAM Energy (mWh),PUE,CO2 emitted (gCO2e),Package,Step\n"
    "03/02/2026 10:00:00,France,linux,ada,FRA,vision,train,,100.5,100.5,800,500,2000,90,700,80,1.25,0.2,sklearn,x\n"
)
IMPACT = {
    "rapl_power_draw_absolute": 80, "rapl_estimated_attributable_power_draw": 40, "nvidia_draw_absolute": 150,
    "nvidia_estimated_attributable_power_draw": 149, "absolute_cpu_utilization": 2.1,
}  # fmt: skip
JTOP = "{},uptime,CPU1,RAM,GPU,Temp cpu,{},{},jetson_clocks,nvp model\n"


def energies(run: ImportedRun) -> dict[str, float]:
    """Give the energies of a run by part. [J]"""
    return {part: round(kwh * 3.6e6, 6) for part, kwh in run.stated.energy_kwh.items()}


@pytest.mark.parametrize(
    ("found", "powers", "joules", "accelerators"),
    [
        pytest.param(
            "GPU with device(s) V100, V100, V100.", [("gpu", "[100.5 100.5\n 99. ]")], {"gpu": 3000}, {"V100": 3.0},
            id="version 1 lists the power of each, over several lines",
        ),
        pytest.param(
            "GPU with device(s) L4, L4, L4, L4. CPU with device(s) cpu:0.", [("gpu", "50.0"), ("cpu", "30.0")],
            {"gpu": 2000, "cpu": 300}, {"L4": 4.0}, id="version 2 takes the mean of all",
        ),
        pytest.param(
            "CPU with device(s) cpu:0, dram:0, cpu:1, dram:1.", [("cpu", "25.0")], {"cpu": 1000}, {},
            id="zones of two processors",
        ),
        pytest.param(
            "GPU with device(s) GPU, ANE. CPU with device(s) CPU.", [("gpu", "5.0"), ("cpu", "6.0")],
            {"gpu": 50, "cpu": 60}, {"GPU": 1.0}, id="an Apple chip has one GPU",
        ),
    ],
)  # fmt: skip
def test_powers_of_several_devices_in_carbontrackers_log(
    tmp_path: Path, found: str, powers: list[tuple[str, str]], joules: dict[str, float], accelerators: dict[str, float]
) -> None:
    """What it logs for an epoch of ten seconds is of all its devices."""
    text = FOUND.format(found) + EPOCH + "".join(POWER.format(*each) for each in powers)
    (run,) = runs_of(tmp_path, text)
    assert (energies(run), run.stated.accelerators) == (joules, accelerators)
    of_each = "A power in it is the mean of several devices: it is taken once for each of them." in run.stated.notes
    assert of_each == (sum(joules.values()) not in (3000, 110))


def test_what_the_command_of_carbontracker_prints(tmp_path: Path) -> None:
    """It has no epochs: 0.00158 kWh with a PUE of 1.58 are 3,600 J."""
    text = (
        "CarbonTracker: The following components were found: GPU with device(s) T4, T4.\n"
        "CarbonTracker: \nActual consumption:\n\tTime:\t0:00:24\n\tEnergy:\t0.001580000000 kWh\n\tCO2eq:\t0.4 g\n"
    )
    (run,) = runs_of(tmp_path, text)
    assert ((run.stated.measured_energy_kwh or 0) * 3.6e6, run.stated.duration_seconds) == (pytest.approx(3600), 24)
    assert run.stated.notes[-1] == (
        "It had several accelerators: carbontracker from 2.0 on states the energy of one, with their mean power."
    )


def test_stretches_of_pyjoules(tmp_path: Path) -> None:
    """Microjoules of a package and memory, millijoules of a board: 100 + 60, 20 + 9 and 300 + 150 J in 15 s."""
    rows = [
        "1772445600.5;load;10.0;100000000.0;20000000.0;80000000;0;300000",
        "1772445610.5;fit;5.0;60000000;9000000;50000000;0;150000",
    ]
    (run,) = runs_of(tmp_path, PYJOULES + "\n".join(rows))
    assert (energies(run), run.stated.duration_seconds) == ({"cpu": 160, "memory": 29, "gpu": 450}, 15)
    assert (run.stated.started, run.stated.accelerators) == (1772445600.5, {"": 1.0})


def test_stretches_of_pyrapl(tmp_path: Path) -> None:
    """A row for each socket, in microseconds and microjoules; a function in another one is a part of it."""
    rows = [
        "fit,1772445600.5,10000000.0,100000000.0,20000000.0,0",
        "fit,1772445600.5,10000000.0,90000000.0,10000000.0,1",
        "step,1772445601.5,1000000.0,9000000.0,1000000.0,0",
        "step,1772445601.5,1000000.0,9000000.0,None,1",
    ]
    audit = audit_of(tmp_path, PYRAPL + "\n".join(rows))
    (run,) = audit.runs
    assert (energies(run), run.stated.duration_seconds) == ({"cpu": 190, "memory": 30}, 10)
    assert run.footprint is not None
    assert run.footprint.basis == "measured"
    assert audit.files[0].notes == {"Windows inside others are left out: those hold them.": 1}


def test_the_table_of_carbonai(tmp_path: Path) -> None:
    """800 + 2,000 + 90 mWh; its PUE stands beside them, and the date is that of the end, month first."""
    (run,) = runs_of(tmp_path, CARBONAI)
    assert run.stated.energy_kwh == {"cpu": 0.0008, "gpu": 0.002, "memory": 0.00009}
    assert (run.stated.duration_seconds, run.stated.ended, run.stated.pue) == (100.5, 1772445600, 1.25)
    assert (run.stated.reported_kg, run.location, run.stated.user) == (pytest.approx(0.0002), "FR", "ada")


def test_the_processor_of_a_mac_in_wandb(tmp_path: Path) -> None:
    """20 W of the GPU and 5 W of the processor for half a minute; the power of the whole Mac is not added to them."""
    header = "_runtime,_timestamp,system.cpu.powerWatts,system.gpu.0.powerWatts,system.system.powerWatts\n"
    (run,) = runs_of(tmp_path, header + "".join(f"{at},{1772445600 + at},5,20,35\n" for at in (0, 15, 30)))
    assert energies(run) == {"cpu": 150, "gpu": 600}


@pytest.mark.parametrize("is_json", [False, True])
def test_powers_of_the_impact_tracker(tmp_path: Path, is_json: bool) -> None:
    """What it attributes to the experiment is a part: 80 W and 150 W for twenty seconds."""
    rows = [{"timestamp": 1772445600.25 + at, **IMPACT} for at in (0, 10, 20)]
    lines = [",".join(rows[0]), *(",".join(map(str, row.values())) for row in rows)]
    inside = {"cpu_time_seconds": {"3311": {"user": 10.1}}, "per_gpu_power_draw": {"0": 140.0, "1": 10.0}}
    (run,) = runs_of(tmp_path, "\n".join(json.dumps(row | inside) for row in rows) if is_json else "\n".join(lines))
    assert (energies(run), run.stated.boundary) == ({"cpu": 1600, "gpu": 3000}, "parts")


@pytest.mark.parametrize("names", [("time", "Power VDD_SOC", "Power TOT"), ("timestamp", "power_vdd_soc", "power_tot")])
def test_tables_of_jtop(tmp_path: Path, names: tuple[str, str, str]) -> None:
    """5.1 W of the board for two seconds; ``15W`` is its mode."""
    rows = [f"2026-03-02 10:00:0{at}.000001,1:10:00,10,0.4,55,45.5,1400,5100,OFF,15W\n" for at in range(3)]
    (run,) = runs_of(tmp_path, JTOP.format(*names) + "".join(rows))
    assert (energies(run), run.stated.boundary, run.stated.accelerators) == ({"node": 10.2}, "node", {})


def test_a_cell_of_watts_below_another_name_is_no_power(tmp_path: Path) -> None:
    """The mode of a board, or whatever a header says that it is."""
    rows = [f"2026-03-02 10:00:0{at},15W,40\n" for at in range(3)]
    assert audit_of(tmp_path, "timestamp,mode,temp\n" + "".join(rows)).runs == ()
    (run,) = runs_of(tmp_path, "timestamp,board draw,temp\n" + "".join(rows))
    assert energies(run) == {"gpu": 30}


@pytest.mark.parametrize(
    "text",
    [
        "Timestamp,Command,Time (s),Average Power (W),Energy (J)\n"
        "2026-01-01 10:00:00,./a 10,12.5,100.0,1250.0\n2026-01-01 10:05:00,./a 20,25.0,100.0,2500.0\n",
        "timestamp,model,duration_s,avg_power_w,energy_j,gpu\n2026-06-01T10:00:00,a,12.5,210,2625,A100\n"
        "2026-06-01T10:01:00,b,11.0,250,2750,A100\n2026-06-01T10:02:00,c,25.0,260,6500,A100\n",
        "date;experiment;runtime_h;energy_kwh\n2026-06-01 10:00;a;1.5;0.3\n2026-06-02 10:00;b;2.5;0.6\n",
    ],
)
def test_a_table_of_runs_is_no_log_of_powers(tmp_path: Path, text: str) -> None:
    """Its powers are not drawn from one row to the next, 100 W for five minutes; what to do with it is said."""
    (file,) = audit_of(tmp_path, text).files
    assert (file.format, file.runs) == (None, 0)
    assert "is a table of runs, a row for each with how long it took and its energy, and no log" in (file.error or "")


@pytest.mark.parametrize(
    "row",
    [
        pytest.param("{at},{elapsed},{step},300,{joules}", id="elapsed time"),
        pytest.param("{at},10,{step},300,{joules}", id="time since the row before"),
    ],
)
def test_a_log_with_elapsed_times_is_no_table_of_runs(tmp_path: Path, row: str) -> None:
    """300 W for half a minute, whatever else a row states of its time."""
    rows = [
        row.format(at=f"2026-06-01T10:00:{10 * step:02d}", elapsed=10 * step, step=step, joules=3000 * step)
        for step in range(4)
    ]
    (run,) = runs_of(tmp_path, "timestamp,elapsed_s,step,gpu_power_w,energy_j\n" + "\n".join(rows))
    assert energies(run) == {"gpu": 9000}


def test_decimal_commas_between_commas(tmp_path: Path) -> None:
    """Of a time and one number a third cell can only be decimals: 74.2, 75.8 and 74.2 W, five seconds apart."""
    rows = [f"2026-02-21 14:15:0{at},{watts}\n" for at, watts in ((0, "74,2"), (5, "75,8"))]
    text = "Timestamp,Power (W)\n" + "".join(rows) + "2026-02-21 14:15:10,74,2\n2026-02-21 14:15:15,-13033,5\n"
    audit = audit_of(tmp_path, text)
    (run,) = audit.runs
    assert energies(run) == {"node": 750}
    assert audit.files[0].problems == ((5, "has no time or no reading"),)


def test_what_power_gadget_writes_below_its_table_is_no_row(tmp_path: Path) -> None:
    """The sums at the end are no damage."""
    text = (
        "System Time,RDTSC,Elapsed Time (sec),Cumulative Processor Energy_0(Joules),Cumulative DRAM Energy_0(Joules)\n"
        "23:59:36:695,1,1.0,20.5,1.5\n23:59:37:695,2,2.0,40.5,2.5\n\nTotal Elapsed Time (sec) = 2.0\n"
        "Measured RDTSC Frequency (GHz) = 2.611\n"
    )
    audit = audit_of(tmp_path, text)
    assert [energies(run) for run in audit.runs] == [{"memory": 2.5, "cpu": 40.5}]
    assert (audit.files[0].rows, audit.files[0].rejected) == (2, 0)


ECO2AI = (
    "id,project_name,experiment_description,epoch,start_time,duration(s),power_consumption(kWh),CO2_emissions(kg),"
    "CPU_name,GPU_name,OS,region/country,cost\n"
)


def test_epochs_of_eco2ai(tmp_path: Path) -> None:
    """Each has a row with its own time and energy: 0.1 + 0.2 + 0.3 kWh in half an hour."""
    rows = [
        f'a1,p,bert,"epoch: {number}, loss: 0.{number}, ",2026-03-02 10:{number}0:00,600,0.{number},0.0{number},'
        f'"Xeon/1 device(s), TDP:61.0",T4 1 device(s),Linux,FR,0\n'
        for number in (1, 2, 3)
    ]
    (run,) = runs_of(tmp_path, ECO2AI + "".join(rows))
    assert (run.stated.measured_energy_kwh, run.stated.duration_seconds) == (pytest.approx(0.6), 1800)
    assert (run.stated.reported_kg, run.stated.started, run.flags) == (pytest.approx(0.06), 1772446200, ())


def test_devices_of_eco2ai_without_a_count(tmp_path: Path) -> None:
    """Tools that are derived from it write their names alone, and no accelerator."""
    names = [name for name in ECO2AI.split(",") if name not in ("epoch", "GPU_name")]
    row = "a1,p,x,2026-03-02 10:00:00,600,0.01,0.001,Intel(R) Xeon(R) CPU @ 2.00GHz,Linux,FR,0\n"
    (run,) = runs_of(tmp_path, ",".join(names) + row)
    assert (run.stated.cpu, run.stated.accelerators) == ("Intel(R) Xeon(R) CPU @ 2.00GHz", {})
    (run,) = runs_of(tmp_path, ECO2AI + row.replace("x,2026", "x,N/A,2026").replace("GHz,", "GHz,NVIDIA T4,"))
    assert run.stated.accelerators == {"NVIDIA T4": 1.0}


def test_pages_of_gpustat(tmp_path: Path) -> None:
    """Boards of 300 W and 200 W, and one without a power, every five seconds for ten."""
    page = (
        "n1                     Mon Mar  2 10:00:{:02d} 2026  535.129.03\n"
        "[0] NVIDIA A100-SXM4-40GB | 31'C,  90 %, 300 / 400 W |   437 / 40960 MB | ada(435M)\n"
        "[1] NVIDIA A100-SXM4-40GB | 31'C,  90 %, 200 / 400 W |   437 / 40960 MB |\n"
        "[2] NVIDIA T1000          | 31'C,  90 %, ??? / ??? W |   437 /  4096 MB |\n"
    )
    (run,) = runs_of(tmp_path, "".join(page.format(5 * at) for at in range(3)))
    assert (energies(run), run.stated.duration_seconds) == ({"gpu": 5000}, 10)
    assert (run.stated.accelerators, run.stated.started) == ({"NVIDIA A100-SXM4-40GB": 2.0}, 1772445600)


@pytest.mark.parametrize("above", [{"cpu_power_w": 30}, {"gpu_power_w": 7.6}, {"total_gpu_power_w": 300}])
def test_boards_in_a_list_count_before_what_stands_above_them(tmp_path: Path, above: dict[str, float]) -> None:
    """100 W and 200 W for ten seconds, whatever power of a processor or of all boards a line of JSON has beside."""
    boards = [{"index": number, "power_w": 100 * (number + 1)} for number in (0, 1)]
    lines = [json.dumps({"ts": 1772445600 + at, **above, "gpus": boards}) for at in (0, 10)]
    (run,) = runs_of(tmp_path, "\n".join(lines))
    assert (energies(run), run.stated.accelerators) == ({"gpu": 3000}, {"": 2.0})
