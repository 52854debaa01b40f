"""The meter that hosts codecarbon's real offline tracker, in its own process, on this computer and with made-up GPUs.

The GPUs are a Python module in the place of the driver's, read by codecarbon's own code.
"""

import os
import subprocess
import sys
import time
from pathlib import Path

import metered
import pytest
from busy_machine import slowness

from greentrain.meter.codecarbon_host import installed_version
from greentrain.meter.launch import launch

HOSTED = """
import sys, threading, time
from greentrain.meter.codecarbon_host import CodecarbonHost
host = CodecarbonHost("AMD EPYC 7763 64-Core Processor", 4.375, 9.5, ())
first = host.start()
time.sleep(1.0)
last = host.measure()
seconds = last.mono - first.mono
watts = [(last.energy_kwh[kind] - first.energy_kwh[kind]) * 3.6e6 / seconds for kind in ("cpu", "memory")]
print(host.cpu_method(), *watts, "pandas" in sys.modules, threading.active_count() - 1)
"""


def test_the_real_tracker_on_this_computer(runs: Path) -> None:
    """First sample within half a second, memory as modelled, and a meter below 100 MiB that used little."""
    started = time.monotonic()
    handle = launch(str(runs), "s", started_mono=started)
    sample = metered.wait_for_type(runs, "sample")[0]
    time.sleep(2.0)
    assert handle.stop(5.0)
    found = metered.records(runs)
    start, end = found[0], found[-1]
    assert start["codecarbon_version"] == start["meter_version"] == installed_version()
    assert start["meter_name"] == "codecarbon"
    assert start["lag_seconds"] < 1.0  # on a computer with nothing else to do: see the benchmark
    parts = {part["component"]: part for part in start["components"]}
    assert parts["memory"]["quality"] == "modelled"
    memory_w = end["energy_kwh"]["memory"] * 3.6e6 / end["elapsed_seconds"]
    assert sample["power_w"]["memory"] == pytest.approx(memory_w, rel=0.1)
    assert (end["energy_kwh"]["cpu"] is None) == (parts["cpu"]["quality"] == "unknown")
    assert end["quality"]["missing"] == 0
    assert end["quality"]["meter_memory_mib"] < 100
    assert end["quality"]["meter_cpu_seconds"] < 2.0


def test_gpus_are_read_from_the_first_moment(runs: Path, driver: Path) -> None:
    """Two boards of 100 and 200 W draw 300 W, codecarbon's loading time included; a hanging nvidia-smi is not asked."""
    handle = launch(str(runs), "s")
    metered.wait_for(lambda: any(sample["power_w"]["gpu"] for sample in metered.wait_for_type(runs, "sample")))
    time.sleep(2.0)
    assert handle.stop(5.0)
    end = metered.wait_for_end(runs)
    assert metered.mean_gpu_w(end) == pytest.approx(300.0, rel=0.03)
    assert end["power_w"]["gpu"] == pytest.approx(300.0, rel=0.05)
    newest = [record for record in metered.records(runs) if "components" in record][-1]
    boards = [part for part in newest["components"] if part["component"] == "gpu"]
    assert [(part["name"], part["id"], part["quality"]) for part in boards] == [
        ("NVIDIA H200", "GPU-00000000-aaaa", "measured"),
        ("NVIDIA H200", "GPU-10000000-aaaa", "measured"),
    ]


@pytest.mark.parametrize(
    ("visible", "watts"), [("1", 200.0), ("GPU-0", 100.0), ("MIG-0", 200 * 3 / 7), ("0,MIG-1", 100 + 200 * 2 / 7)]
)
def test_only_the_runs_gpus_count(
    runs: Path, driver: Path, monkeypatch: pytest.MonkeyPatch, visible: str, watts: float
) -> None:
    """The run's CUDA_VISIBLE_DEVICES selects by index, UUID and slice; a slice is its part of the board."""
    if "MIG" in visible:
        (driver / "cut").touch()
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", visible)
    handle = launch(str(runs), "s", interval_seconds=0.3)
    metered.wait_for(lambda: metered.wait_for_type(runs, "sample")[-1]["power_w"]["gpu"])
    time.sleep(0.5)
    handle.stop(5.0)
    assert metered.mean_gpu_w(metered.wait_for_end(runs)) == pytest.approx(watts, rel=0.05)


def test_no_visible_gpu_is_no_gpu(runs: Path, driver: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A run that hides all GPUs has none: no component, and no energy of the others' GPUs."""
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "")
    handle = launch(str(runs), "s")
    time.sleep(2.0)
    handle.stop(5.0)
    found = metered.records(runs)
    assert found[-1]["energy_kwh"]["gpu"] is None
    newest = [record for record in found if "components" in record][-1]
    assert [part["component"] for part in newest["components"] if part["reason"] != "not yet read"] == ["cpu", "memory"]


def test_a_short_run_waits_for_its_gpus(runs: Path, driver: Path) -> None:
    """A run that is over before the driver has answered gets mean power x its time, with low confidence."""
    handle = launch(str(runs), "s")
    time.sleep(0.05)
    assert handle.stop(5.0)
    end = metered.wait_for_end(runs)
    assert metered.mean_gpu_w(end) == pytest.approx(300.0, rel=0.1)
    assert end["quality"]["confidence"] == "low"


@pytest.mark.timing
def test_a_driver_that_hangs_at_the_start(runs: Path, driver: Path) -> None:
    """The GPUs become unknown after three seconds; CPU and memory are read all along; the run's end is seen."""
    (driver / "hang_init").touch()
    began = time.monotonic()
    handle = launch(str(runs), "s")
    assert time.monotonic() - began < 0.5 * slowness()
    sample = metered.wait_for_type(runs, "sample")[0]
    assert sample["elapsed_seconds"] < 1.5
    component = metered.wait_for_type(runs, "component", seconds=6.0)[0]
    assert (component["component"], component["quality"]) == ("gpu", "unknown")
    assert component["reason"] == "the GPU driver did not answer within 3 s"
    assert handle.stop(3.0)
    end = metered.wait_for_end(runs)
    assert end["energy_kwh"]["gpu"] is None
    assert end["energy_kwh"]["memory"] > 0
    assert end["quality"]["largest_gap_seconds"] == 0.0
    (driver / "hang_init").unlink()


@pytest.mark.timing
def test_a_driver_that_hangs_in_the_middle(runs: Path, driver: Path) -> None:
    """GPU energy stops where the last reading was, the silence is a gap, and memory is read on by ourselves."""
    handle = launch(str(runs), "s", interval_seconds=0.3)
    metered.wait_for(lambda: metered.wait_for_type(runs, "sample")[-1]["power_w"]["gpu"])
    (driver / "hang_read").touch()
    component = metered.wait_for(
        lambda: [c for c in metered.wait_for_type(runs, "component") if c["quality"] == "unknown"], 8.0
    )[0]
    assert (component["component"], component["reason"]) == ("gpu", "no reading for 3 s")
    stopped_at = component["mono"]
    time.sleep(0.7)
    assert handle.stop(3.0)
    end = metered.wait_for_end(runs)
    assert end["mono"] - stopped_at < 2.5
    assert end["power_w"]["gpu"] is None
    assert metered.mean_gpu_w(end) < 300.0
    assert metered.of_type(metered.records(runs), "gap")[0]["seconds"] == pytest.approx(3.0, abs=0.7 * slowness())
    (driver / "hang_read").unlink()


def test_a_driver_that_fails_for_a_while(runs: Path, driver: Path) -> None:
    """GPU energy missed while the driver fails comes with the next reading: its counter went on."""
    handle = launch(str(runs), "s", interval_seconds=0.3)
    metered.wait_for(lambda: metered.wait_for_type(runs, "sample")[-1]["power_w"]["gpu"])
    (driver / "broken").touch()
    metered.wait_for(lambda: metered.wait_for_type(runs, "sample")[-1]["power_w"]["gpu"] is None)
    (driver / "broken").unlink()
    metered.wait_for(lambda: metered.wait_for_type(runs, "sample")[-1]["power_w"]["gpu"])
    time.sleep(0.7)
    handle.stop(5.0)
    assert metered.mean_gpu_w(metered.wait_for_end(runs)) == pytest.approx(300.0, rel=0.05)


def test_nvidia_smi_without_a_driver(runs: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A program without its driver suggests GPUs that cannot be read: unknown, not nothing."""
    smi = tmp_path / "nvidia-smi"
    smi.write_text("#!/bin/sh\nexit 9\n")
    smi.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    broken = tmp_path / "pynvml.py"
    broken.write_text("def nvmlInit(): raise RuntimeError('Driver Not Loaded')\n")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    handle = launch(str(runs), "s")
    time.sleep(1.5)
    handle.stop(5.0)
    newest = [record for record in metered.records(runs) if "components" in record][-1]
    gpu = next(part for part in newest["components"] if part["component"] == "gpu")
    assert gpu["quality"] == "unknown"
    assert gpu["reason"] == "nvidia-smi is there, but the driver shows no GPU: RuntimeError Driver Not Loaded"


def test_hostile_settings_of_codecarbon_are_ignored(
    runs: Path, driver: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Configuration files at home and in the run's folder, and variables, change no number and break nothing."""
    text = "[codecarbon]\npue = 7\nforce_ram_power = 9999\nmeasure_power_secs = 0\ngpu_ids = 0\n"
    (tmp_path / ".codecarbon.config").write_text(text)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("CODECARBON_PUE", "5")
    monkeypatch.setenv("CODECARBON_FORCE_CPU_POWER", "1e9")
    monkeypatch.setenv("CODECARBON_OUTPUT_METHODS", "csv,api")
    monkeypatch.setenv("CODECARBON_TRACKING_MODE", "nonsense")
    monkeypatch.setenv("SLURM_JOB_ID", "42")
    monkeypatch.setenv("SLURM_JOB_GPUS", "0,1")
    handle = launch(str(runs), "s")
    time.sleep(2.5)
    handle.stop(5.0)
    end = metered.wait_for_end(runs)
    assert metered.mean_gpu_w(end) == pytest.approx(300.0, rel=0.03)
    assert end["power_w"]["memory"] < 1000
    assert sorted(path.name for path in tmp_path.iterdir()) == [".codecarbon.config", "driver", "runs"]


def test_codecarbon_models_a_cpu_by_the_tdp_that_it_is_told() -> None:
    """With 4.375 W for a slice, codecarbon stays between a tenth of it and all of it; no pandas, timer or output."""
    done = subprocess.run([sys.executable, "-c", HOSTED], capture_output=True, text=True, check=True)
    method, cpu_w, memory_w, has_pandas, timers = done.stdout.split()
    assert (method, has_pandas, timers, done.stderr) == ("cpu_load", "False", "0", "")
    assert 0.99 * 0.4375 <= float(cpu_w) <= 1.01 * 4.375
    assert float(memory_w) == pytest.approx(9.5, rel=0.02)


def test_a_user_interval_of_a_quarter_second(runs: Path, driver: Path) -> None:
    """Readings come four times a second, the journal's lines with them."""
    handle = launch(str(runs), "s", interval_seconds=0.25)
    time.sleep(3.0)
    handle.stop(5.0)
    end = metered.wait_for_end(runs)
    assert 8 <= end["quality"]["samples"] <= 13
