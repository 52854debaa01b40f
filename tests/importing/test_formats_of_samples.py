"""Real files of each format, compared with totals that were worked out apart from greentrain."""

from pathlib import Path

import pytest

from greentrain.importing import ForeignFile, ForeignRun, ReadOptions, format_of, import_runs

SAMPLES = Path(__file__).parents[3] / "shared" / "samples"
pytestmark = pytest.mark.skipif(not SAMPLES.is_dir(), reason="the samples are not beside the project")
REPORTSEFF = (
    "AdminComment", "AllocCPUS", "Elapsed", "JobID", "JobIDRaw", "MaxRSS", "NNodes", "NTasks", "ReqMem", "State",
    "TRESUsageOutAve", "Timelimit", "TotalCPU",
)  # fmt: skip


def runs_of(name: str, columns: tuple[str, ...] = ()) -> list[ForeignRun]:
    """Read a sample by its content."""
    file = ForeignFile(str(SAMPLES / name))
    form = format_of(file) if not columns else format_of(file, "slurm")
    return list(form.read(file, ReadOptions(None, columns)))


def hours_by_type(runs: list[ForeignRun]) -> dict[str, float]:
    """Add up the accelerators' hours by type as the file writes it."""
    found: dict[str, float] = {}
    for run in runs:
        for written, number in run.accelerators.items():
            found[written] = found.get(written, 0.0) + number * (run.duration_seconds or 0.0) / 3600
    return found


@pytest.mark.parametrize(
    ("name", "runs", "kwh", "kg"),
    [
        ("v1_2020-12_12col_bom.csv", 100, 496, 527),
        ("v1_2021-07_13col.csv", 2, 0.0021725626955387844, 0.0016985486489404893),
        ("v2_2023-07_32col_14empty.csv", 100, 496, 527),
        ("v2.4.3rc1_31col.csv", 18, 0.00804458649583742, 0.00019149304769623795),
        ("v3.2_38col_one_row.csv", 1, 0.00057442898176, 0.0004490989249167),
        ("v3.3.2_38col_own_run.csv", 3, 0.00009969692219887331, 0.0000094246934167825),
        ("v3.3.2_task_file_own_run.csv", 1, 0.00003119505106888786, 0.000005585917),
    ],
)
def test_codecarbon(name: str, runs: int, kwh: float, kg: float) -> None:
    """Energies as read, which hold the PUE: each run's times its own PUE."""
    found = runs_of(f"codecarbon/{name}")
    assert len(found) == runs
    assert sum((run.measured_energy_kwh or 0) * (run.pue or 1) for run in found) == pytest.approx(kwh, rel=1e-6)
    assert sum(run.reported_kg or 0 for run in found) == pytest.approx(kg, rel=1e-6)


def test_codecarbon_rows_of_a_run_are_cumulative() -> None:
    """Of 28 rows, two runs have no id; all last 5,439.855 s."""
    found = runs_of("codecarbon/v2.4.3rc1_31col.csv")
    assert sum("no_run_id" in run.flags for run in found) == 2
    assert sum(run.duration_seconds or 0 for run in found) == pytest.approx(5439.855, abs=0.001)


def test_sacct_by_type() -> None:
    """87.5 h of a100, 5 h of h100 ended and 0.333 h running, 2 h of slices; jobs of 40 and 4.8 kWh, no other energy."""
    found = runs_of("slurm/constructed_sacct_P.txt")
    assert len(found) == 10
    assert hours_by_type(found) == pytest.approx({"a100": 87.5, "a100_3g.20gb": 2.0, "h100": 5 + 1 / 3})
    assert hours_by_type([run for run in found if run.status in ("failed", "stopped")]) == {"a100": 6.5, "h100": 4.0}
    assert [run.measured_energy_kwh for run in found if run.measured_energy_kwh] == [40.0, pytest.approx(4.8)]
    assert [run.name for run in found if run.status == "running"] == ["a|b"]


@pytest.mark.parametrize("version", ["39", "42"])
def test_sacct_json(version: str) -> None:
    """4 h of h100 and 1.4 kWh, which both steps repeat."""
    found = runs_of(f"slurm/constructed_sacct_v0.0.{version}.json")
    assert hours_by_type(found) == {"h100": 4.0}
    assert [run.measured_energy_kwh for run in found] == [pytest.approx(1.4)]


@pytest.mark.parametrize(
    ("name", "core_seconds"),
    [("sacct_P.txt", 122), ("sacct_D_X.txt", 128), ("sacct_v0.0.38.json", 128)],
)
def test_sacct_of_a_node_of_our_own(name: str, core_seconds: float) -> None:
    """Ten jobs with 13 s of GPUs; with the requeued run of job 9, that job took 31 s."""
    found = runs_of(f"slurm/own_run_22.05_{name}")
    assert len(found) == 10
    assert hours_by_type(found)[""] * 3600 == pytest.approx(13)
    assert sum((run.cpu_cores or 0) * (run.duration_seconds or 0) for run in found) == core_seconds


@pytest.mark.parametrize(("suffix", "columns"), [("", ()), ("_delim_caret", REPORTSEFF)])
def test_sacct_with_other_delimiters(suffix: str, columns: tuple[str, ...]) -> None:
    """Four tasks of 32 cores: 10,080 core-seconds, with a header and with its names given."""
    found = runs_of(f"slurm/reportseff_array_steps{suffix}.txt", columns)
    assert len(found) == 4
    assert sum((run.cpu_cores or 0) * (run.duration_seconds or 0) for run in found) == 10_080


def test_jobstats() -> None:
    """One GPU for 5.0564 h, four for 19.0797 h; how busy they were is a note."""
    found = runs_of("slurm/jobstats_admincomment.txt")
    assert hours_by_type(found)[""] == pytest.approx(5.0564 + 76.319, abs=0.001)
    assert found[0].notes == ("jobstats: its GPUs were busy 29.4 % of the time.",)


@pytest.mark.parametrize(
    ("name", "joules", "seconds", "accelerators"),
    [
        ("nanogpt_8gpu_first400ticks.csv", 306_791.2, 99.298, {"": 8.0}),
        ("constructed_no_index_with_units.csv", 13_072.13, 16.514, {"NVIDIA A100-SXM4-40GB": 2.0}),
        ("constructed_nounits_gaps_na.csv", 6_296.628 + 6_776.603, 16.514, {"": 2.0}),
    ],
)
def test_nvidia_smi(name: str, joules: float, seconds: float, accelerators: dict[str, float]) -> None:
    """Trapezoids by device."""
    (found,) = runs_of(f"nvidia_smi/{name}")
    assert (found.measured_energy_kwh or 0) * 3.6e6 == pytest.approx(joules, rel=1e-6)
    assert found.duration_seconds == pytest.approx(seconds, abs=0.001)
    assert found.accelerators == accelerators


@pytest.mark.parametrize(
    ("name", "joules", "seconds", "boundary"),
    [
        ("carbontracker/2000.000001_2026-11-28T114011Z_carbontracker.log", [8.933e-5 * 3.6e6], [9.03], "parts"),
        (
            "carbontracker/2000.000001_2026-11-28T114011Z_carbontracker_output.log",
            [0.000141109021 / 1.58 * 3.6e6],
            [9.0],
            "parts",
        ),
        ("eco2ai/upstream_2026-10_one_row.csv", [7200.0], [0.0074], "parts"),
        ("eco2ai/v0.3.12_own_run.csv", [7.06691e-7 * 3.6e6], [1.638], "parts"),
        ("zeus/zeus_monitor_A40_resnet18_4gpu.csv", [148_815.39], [324.880], "accelerator"),
        ("zeus/zeus_monitor_V100_bert.csv", [19_136.859], [121.780], "accelerator"),
        ("zeus/power_poll_sample_mW.csv", [31.0041], [0.95848], "accelerator"),
        # 2,340,000 + 1,485,000 (600 s without readings are no energy) + 1,404,000 + 1,080,000 of the sliced board once
        ("prometheus/constructed_dcgm_power_range.json", [6_309_000.0], [3600.0], "accelerator"),
        ("prometheus/constructed_dcgm_energy_counter_reset.json", [1_785_500.0], [3600.0], "accelerator"),
        ("mlflow/mlruns/0/483fabbefb3346eba22712e9e22e5a2a/meta.yaml", [348_000.0], [600.0], "accelerator"),
        ("mlperf_power/spl_testing.txt", [5_106.58], [132.019], "wall"),
        ("powermetrics/powermetrics_M1.txt", [0.550957], [1.07406], "parts"),
        # 3.141 J of the package and 1.426 J of the memory beside it
        ("powermetrics/intel_power_gadget.csv", [3.141 + 1.426], [1.252], "parts"),
    ],
)
def test_other_tools(name: str, joules: list[float], seconds: list[float], boundary: str) -> None:
    """Energies and times that were worked out apart, within 0.1 %."""
    found = runs_of(name)
    assert [(run.measured_energy_kwh or 0) * 3.6e6 for run in found] == pytest.approx(joules, rel=1e-3)
    assert [run.duration_seconds for run in found] == pytest.approx(seconds, rel=3e-3)
    assert {run.boundary for run in found} == {boundary}


def test_carbontracker_in_markdown() -> None:
    """Five runs, 0.149429 kWh with the PUE of 1.58 and 10.46532 g; what was predicted is none."""
    found = runs_of("carbontracker/stdout_v1_2023_in_markdown.md")
    assert len(found) == 5
    assert sum(run.measured_energy_kwh or 0 for run in found) * 1.58 == pytest.approx(0.149429, rel=1e-5)
    assert sum(run.reported_kg or 0 for run in found) == pytest.approx(0.01046532, rel=1e-5)


@pytest.mark.parametrize(
    ("name", "note"),
    [
        ("redfish/power_v1_3_0.json", "1,285 W at one instant"),
        ("prometheus/linux-x86_64__nvidia-h100-80gb-hbm3__590.48.01__load.metrics", "631.95 W at one instant"),
        ("prometheus/linux-x86_64__nvidia-h200-mig__590.48.01__load.metrics", "295.01 W at one instant"),
        ("prometheus/windows-x86_64__nvidia-geforce-rtx-2080-super__610.62__load.metrics", "97.99 W at one instant"),
    ],
)
def test_an_instant_is_a_power_and_no_energy(name: str, note: str) -> None:
    """It makes no run, and the audit says what was read."""
    file = ForeignFile(str(SAMPLES / name))
    assert list(format_of(file).read(file, ReadOptions())) == []
    assert any(note in text for text in file.tally.notes)


def test_the_logs_of_one_run_of_carbontracker_are_one_run() -> None:
    """Its own log and what it printed have one key; the emissions come from what it printed."""
    audit = import_runs(SAMPLES / "carbontracker", dry_run=True)
    runs = [run for run in audit.runs if run.stated.started is not None]
    assert [run.stated.measured_energy_kwh for run in runs] == [pytest.approx(8.933e-5, rel=1e-4)]
    assert runs[0].stated.reported_kg == pytest.approx(6.2793514e-5, rel=1e-6)


def test_a_folder_of_mlflow_is_its_runs() -> None:
    """Files of metrics beside a run are parts of it, and no errors."""
    audit = import_runs(SAMPLES / "mlflow", dry_run=True)
    assert [(run.stated.name, run.stated.user, run.stated.status) for run in audit.runs] == [
        ("bert-finetune", "user", "completed")
    ]
    assert [file.error for file in audit.files if file.error] == []


def test_a_second_import_of_everything_adds_nothing(home: Path) -> None:
    """Also of runs that several files record, such as a file of tasks beside its run's."""
    first = import_runs(SAMPLES)
    again = import_runs(SAMPLES)
    assert len(first.runs) == sum(file.imported for file in first.files)
    assert (again.stored, again.totals.runs, sum(file.imported for file in again.files)) == (None, 0, 0)
    assert len(list((home / "imports").glob("*.jsonl"))) == 1
