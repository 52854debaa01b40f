"""Hardware that is missing, unknown, broken, hanging or beyond physics: it is said so, and nothing waits for it."""

import json
import os
from pathlib import Path
from typing import Any

import pytest
from built import library, program, with_cpu
from busy_machine import slowness
from fault_room import KWH_PER_SECOND, Room, records

REAL = {"METER": "codecarbon"}
HAS_GPU = any(Path(file).exists() for file in ("/dev/nvidiactl", "/dev/nvidia0", "/dev/kfd", "/dev/dxg"))
without_gpu = pytest.mark.skipif(HAS_GPU, reason="this computer has a GPU")


def components(room: Room) -> dict[str, dict[str, Any]]:
    """Return the components as the meter knew them last."""
    found = {}
    for type_ in ("start", "component"):
        for record in records(room.home, "meter", type_):
            for item in record["components"]:
                found[item["component"]] = item
    return found


@without_gpu
def test_unknown_cpu(room: Room) -> None:
    """Fault 17: no GPU, no counter, a CPU name without a number: its TDP is assumed, and said to be; GPUs are None."""
    before = with_cpu(room, "AMD EPYC", os.cpu_count() or 1)
    outcome = room.run(
        "with_arguments", "dict(name='x', location='FR', gpu='V100', count=2)", 1.5, before=before, environment=REAL
    )
    record = json.loads(outcome.err)["record"]
    measurement = record["measurement"]

    assert outcome.code == 0
    assert measurement["energy_kwh"]["gpu"] is None
    assert measurement["energy_kwh"]["memory"] is not None
    qualities = {item["component"]: (item["quality"], item["reason"]) for item in measurement["components"]}
    assert qualities["cpu"][0] == "modelled"
    assert qualities["cpu"][1].startswith("no TDP is known of AMD EPYC: 3.6 W (2 to 9.9) assumed for each of ")
    assert qualities["memory"][0] == "modelled"
    assert measurement["basis"] == "estimated"
    assert "The accelerators were not measured. The estimate is used." in measurement["notes"]
    assert record["estimate"]["run"]["count"] == 2
    run = room.run_alone()
    assert run.estimate is not None
    assert (run.reconciliation.believed, run.flags) == ("estimate", ("no_tdp",))
    assert run.it_energy_kwh == run.estimate.it_energy_kwh


@pytest.mark.timing
@without_gpu
@pytest.mark.parametrize(
    ("script", "words"), [("exit 9", "nvidia-smi is there"), ("sleep 1000", "nvidia-smi is there")]
)
def test_broken_nvidia_smi(room: Room, script: str, words: str) -> None:
    """Fault 18: ``nvidia-smi`` broken, without a driver or hanging: training starts at once, the GPU is unknown."""
    path = program(room, "nvidia-smi", script)
    outcome = room.run("with_arguments", "dict(name='x', location='FR')", 1.5, environment=REAL | {"PATH": path})

    assert json.loads(outcome.err)["started"] < 0.5 * slowness()
    room.run_alone()
    gpu = components(room)["gpu"]
    assert gpu["quality"] == "unknown"
    assert gpu["reason"].startswith(words)
    assert records(room.home, "meter", "end")[0]["energy_kwh"]["gpu"] is None


@pytest.mark.timing
@without_gpu
def test_hanging_driver(room: Room) -> None:
    """Fault 18: the driver itself never answers: training starts at once, the GPU is unknown after three seconds."""
    path = program(room, "nvidia-smi", "sleep 1000")
    folder = library(room, "silent_driver.c", "libnvidia-ml.so.1").parent
    environment = REAL | {"PATH": path, "LD_LIBRARY_PATH": str(folder)}
    outcome = room.run("with_arguments", "dict(name='x', location='FR')", 5, environment=environment)

    assert json.loads(outcome.err)["started"] < 0.5 * slowness()
    run = room.run_alone()
    assert run.status == "completed"
    assert components(room)["gpu"]["quality"] == "unknown"
    assert components(room)["gpu"]["reason"] == "the GPU driver did not answer within 3 s"
    (end,) = records(room.home, "meter", "end")
    assert end["energy_kwh"]["gpu"] is None
    assert end["energy_kwh"]["memory"] is not None


@pytest.mark.timing
@pytest.mark.parametrize("script", ["sleep 1000", "exit 1", None])
def test_scontrol(room: Room, script: str | None) -> None:
    """Fault 18: inside a Slurm job, with ``scontrol`` hanging, broken or missing: nothing waits for it."""
    path = room.environment["PATH"] if script is None else program(room, "scontrol", script)
    slurm = {"SLURM_JOB_ID": "77", "SLURM_JOBID": "77", "SLURM_NODEID": "0", "PATH": path}
    outcome = room.run("with_arguments", "dict(name='x', location='FR')", 1.2, environment=REAL | slurm)

    assert json.loads(outcome.err)["started"] < 0.5 * slowness()
    run = room.run_alone()
    assert (run.id, run.status) == ("slurm-77", "completed")
    (end,) = records(room.home, "meter", "end")
    # It is written with whole milliseconds.
    assert 1.2 - 0.5e-3 <= end["elapsed_seconds"] <= json.loads(outcome.err)["around"] + 0.5e-3
    assert end["energy_kwh"]["memory"] is not None


@without_gpu
def test_slice_of_a_cpu(room: Room) -> None:
    """Fault 40: two threads of a virtual machine on a CPU of 112: a 56th of its TDP, and the record says so."""
    threads = os.cpu_count() or 1
    before = with_cpu(room, "Intel(R) Xeon(R) Platinum 8480+", threads)
    outcome = room.run("with_arguments", "dict(name='x', location='FR')", 2.5, "busy", before=before, environment=REAL)
    assert outcome.code == 0
    room.run_alone()
    cpu = components(room)["cpu"]
    slice_w = 350 * threads / 112

    assert (cpu["quality"], cpu["reason"]) == ("modelled", f"{threads} of 112 threads of a TDP of 350 W")
    (end,) = records(room.home, "meter", "end")
    # One busy thread among what else the computer has to do: between a tenth of the slice's TDP and all of it.
    mean_w = end["energy_kwh"]["cpu"] * 3.6e6 / end["elapsed_seconds"]
    assert slice_w / 10 <= mean_w <= slice_w * 1.001
    measurement = json.loads(outcome.err)["record"]["measurement"]
    energy = measurement["it_energy_kwh"]
    assert energy["high"] > 1.3 * energy["best"]


@without_gpu
def test_whole_cpu(room: Room) -> None:
    """Fault 40: the same CPU outside a virtual machine has its whole TDP."""
    before = with_cpu(room, "Intel(R) Xeon(R) Platinum 8480+", os.cpu_count() or 1, "ht")
    assert room.run("with_arguments", "dict(name='x', location='FR')", 0.5, before=before, environment=REAL).code == 0
    room.run_alone()
    assert components(room)["cpu"]["reason"] == "TDP 350 W, sockets: 1"


def test_readings_beyond_physics(room: Room) -> None:
    """Fault 41: power above every ceiling, and below nothing, is no reading: left out, marked, and flagged."""
    meter = room.meter({"seconds": 0, "gpu_w": 1e9, "cpu_w": -42.0, "memory_w": 100})
    assert room.run("with_arguments", "dict(name='x', location='FR')", 1.2, environment={"METER": meter}).code == 0
    run = room.run_alone()
    (end,) = records(room.home, "meter", "end")
    seconds = end["elapsed_seconds"]

    assert (end["energy_kwh"]["gpu"], end["energy_kwh"]["cpu"]) == (None, None)
    assert end["energy_kwh"]["memory"] == pytest.approx(100 * seconds / 3.6e6, rel=0.01)
    assert end["quality"]["clamped"] >= 4
    assert any("clamped" in record.get("marks", ()) for record in records(room.home, "meter", "sample"))
    assert (run.flags, run.is_complete) == (("implausible_power",), False)
    assert run.it_energy_kwh is not None
    assert run.it_energy_kwh.best < 0.001


@pytest.mark.parametrize(
    ("arguments", "name"),
    [
        ("dict(pue=-1)", "pue"),
        ("dict(pue=0.5)", "pue"),
        ("dict(grid_intensity=-5)", "grid_intensity"),
        ("dict(gpu='V100', count=-2)", "count"),
        ("dict(budget_kwh=-1)", "budget_kwh"),
        ("dict(pue=float('inf'))", "pue"),
    ],
)
def test_arguments_beyond_physics(room: Room, arguments: str, name: str) -> None:
    """Fault 41: a negative PUE and the like are refused before the run."""
    outcome = room.run("refused", arguments)
    assert outcome[:2] == (1, "before\n")
    assert name in outcome.err.splitlines()[-1]


def test_share_of_a_busy_computer(room: Room) -> None:
    """Fault 41: the run's power is never above the computer's."""
    assert room.run("with_arguments", "dict(name='x', location='FR')", 1.2, environment=REAL).code == 0
    room.run_alone()
    for record in records(room.home, "meter", "sample"):
        assert all(share is None or 0.0 <= share <= 1.0 for share in record["share"].values())
    assert KWH_PER_SECOND == 0.001
