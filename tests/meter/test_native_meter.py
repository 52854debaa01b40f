"""The meter that reads by itself, in its own process, on this computer and with made-up GPUs."""

import re
import sys
import time
from pathlib import Path

import metered
import pytest
from busy_machine import slowness

import greentrain
from greentrain import History
from greentrain.meter import MeterSettings, NativeMeter
from greentrain.meter.launch import launch

SELECTED = [("1", 200.0), ("GPU-0", 100.0), ("MIG-0", 200 * 3 / 7), ("0,MIG-1", 100 + 200 * 2 / 7)]


def boards_of(found: metered.Records) -> list[dict[str, str]]:
    """Pick the GPUs as they were known last."""
    newest = [record for record in found if "components" in record][-1]
    return [part for part in newest["components"] if part["component"] == "gpu"]


def end_share(found: metered.Records) -> dict[str, float]:
    """Return the run's share of the computer, as the last sample has it."""
    share: dict[str, float] = metered.of_type(found, "sample")[-1]["share"]
    return share


def wait_for_gpus(runs: Path) -> None:
    """Wait for the first sample with power of GPUs."""
    metered.wait_for(lambda: metered.wait_for_type(runs, "sample")[-1]["power_w"]["gpu"])


def test_this_computer_without_codecarbon(runs: Path) -> None:
    """Memory as modelled, the CPU as far as it is known, a first sample within half a second, and half the memory."""
    handle = launch(str(runs), "s", meter="native", interval_seconds=0.5)
    sample = metered.wait_for_type(runs, "sample")[0]
    time.sleep(2.0)
    assert handle.stop(5.0)
    found = metered.records(runs)
    start, end = found[0], found[-1]
    assert (start["meter_name"], start["meter_version"]) == ("native", greentrain.__version__)
    assert "codecarbon_version" not in start
    assert sample["elapsed_seconds"] < 1.0
    parts = {part["component"]: part for part in start["components"]}
    assert parts["memory"]["method"] == "installed memory x W/GB"
    memory_w = end["energy_kwh"]["memory"] * 3.6e6 / end["elapsed_seconds"]
    assert sample["power_w"]["memory"] == pytest.approx(memory_w, rel=0.1)
    assert (end["energy_kwh"]["cpu"] is None) == (parts["cpu"]["quality"] == "unknown")
    assert 0.0 <= end_share(found)["cpu"] <= 1.0  # CPU and memory are the computer's: the run has its share
    assert end["quality"]["missing"] == 0
    assert end["quality"]["meter_memory_mib"] < 50
    assert end["quality"]["meter_cpu_seconds"] < 1.0


def test_a_tracked_run(tmp_path: Path) -> None:
    """`track(meter="native")` measures on any computer, and the history reads what it wrote."""
    with greentrain.track("t", meter="native", location="FR", interval=0.2, home=tmp_path, quiet=True) as run:
        time.sleep(1.0)
    assert run.measurement is not None
    (found,) = History(tmp_path).runs()
    memory_kwh = found.nodes[0].energy_kwh["memory"]
    assert (found.status, found.nodes[0].quality["memory"]) == ("completed", "modelled")
    assert memory_kwh == pytest.approx(run.measurement.energy_kwh["memory"], rel=1e-6)
    assert memory_kwh > 0


def test_gpus_are_read_from_the_first_moment(runs: Path, driver: Path) -> None:
    """Two boards of 100 and 200 W draw 300 W, the time in which the driver was asked included."""
    handle = launch(str(runs), "s", meter="native")
    wait_for_gpus(runs)
    time.sleep(1.5)
    assert handle.stop(5.0)
    end = metered.wait_for_end(runs)
    assert metered.mean_gpu_w(end) == pytest.approx(300.0, rel=0.03)
    assert end["power_w"]["gpu"] == pytest.approx(300.0, rel=0.05)
    assert [
        (part["name"], part["id"], part["method"], part["quality"]) for part in boards_of(metered.records(runs))
    ] == [
        ("NVIDIA H200", "GPU-00000000-aaaa", "NVML counter", "measured"),
        ("NVIDIA H200", "GPU-10000000-aaaa", "NVML counter", "measured"),
    ]


def test_boards_without_a_counter(runs: Path, driver: Path) -> None:
    """Power x time gives the same 300 W."""
    (driver / "no_counter").touch()
    handle = launch(str(runs), "s", meter="native", interval_seconds=0.3)
    wait_for_gpus(runs)
    time.sleep(1.0)
    assert handle.stop(5.0)
    assert metered.mean_gpu_w(metered.wait_for_end(runs)) == pytest.approx(300.0, rel=0.03)
    assert {part["method"] for part in boards_of(metered.records(runs))} == {"NVML power x time"}


@pytest.mark.parametrize(("visible", "watts"), SELECTED)
def test_only_the_runs_gpus_count(
    runs: Path, driver: Path, monkeypatch: pytest.MonkeyPatch, visible: str, watts: float
) -> None:
    """The run's CUDA_VISIBLE_DEVICES selects by index, UUID and slice; a slice is a modelled part of its board."""
    if "MIG" in visible:
        (driver / "cut").touch()
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", visible)
    handle = launch(str(runs), "s", meter="native", interval_seconds=0.3)
    wait_for_gpus(runs)
    time.sleep(0.5)
    handle.stop(5.0)
    assert metered.mean_gpu_w(metered.wait_for_end(runs)) == pytest.approx(watts, rel=0.05)
    qualities = [part["quality"] for part in boards_of(metered.records(runs))]
    assert ("modelled" in qualities) == ("MIG" in visible)


def test_amds_boards(runs: Path, driver: Path) -> None:
    """Without a driver of NVIDIA's, those of AMD are read: 300 W."""
    (driver / "pynvml.py").write_text("def nvmlInit(): raise RuntimeError('Driver Not Loaded')\n")
    (driver / "amdsmi.py").write_text((Path(__file__).parent / "fake_amdsmi.py").read_text())
    handle = launch(str(runs), "s", meter="native", interval_seconds=0.3)
    wait_for_gpus(runs)
    time.sleep(1.0)
    assert handle.stop(5.0)
    assert metered.mean_gpu_w(metered.wait_for_end(runs)) == pytest.approx(300.0, rel=0.03)
    assert {part["method"] for part in boards_of(metered.records(runs))} == {"AMD SMI counter"}


def test_no_visible_gpu_is_no_gpu(runs: Path, driver: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A run that hides all GPUs has none: no component, and no energy of the others' GPUs."""
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "")
    handle = launch(str(runs), "s", meter="native", interval_seconds=0.3)
    time.sleep(1.5)
    handle.stop(5.0)
    found = metered.records(runs)
    assert found[-1]["energy_kwh"]["gpu"] is None
    assert found[-1]["energy_kwh"]["memory"] > 0


def test_a_short_run_waits_for_its_gpus(runs: Path, driver: Path) -> None:
    """A run that is over before the driver has answered gets mean power x its time, with low confidence."""
    handle = launch(str(runs), "s", meter="native")
    time.sleep(0.05)
    assert handle.stop(5.0)
    end = metered.wait_for_end(runs)
    assert metered.mean_gpu_w(end) == pytest.approx(300.0, rel=0.1)
    assert end["quality"]["confidence"] == "low"


@pytest.mark.timing
def test_a_driver_that_hangs_at_the_start(runs: Path, driver: Path) -> None:
    """The GPUs become unknown after three seconds; CPU and memory are read all along; the run's end is seen."""
    (driver / "hang_init").touch()
    handle = launch(str(runs), "s", meter="native")
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


@pytest.mark.timing
@pytest.mark.parametrize("meter", ["native", "codecarbon"])
def test_a_driver_that_answers_late(runs: Path, driver: Path, meter: str) -> None:
    """Unknown until it answers, as on a node where many runs start at once; measured from then on, and it says so.

    Two boards draw 300 W together, also in the seconds before they were read, which are most of this short run.
    """
    (driver / "hang_init").touch()
    handle = launch(str(runs), "s", meter=meter, interval_seconds=0.3)
    late = metered.wait_for_type(runs, "component", seconds=20.0)[0]
    assert (late["quality"], late["reason"]) == ("unknown", "the GPU driver did not answer within 3 s")
    (driver / "hang_init").unlink()
    metered.wait_for(lambda: metered.of_type(metered.records(runs), "sample")[-1]["power_w"]["gpu"])
    assert handle.stop(5.0)
    end = metered.wait_for_end(runs)
    assert metered.mean_gpu_w(end) == pytest.approx(300.0, rel=0.1)
    for part in boards_of(metered.records(runs)):
        assert part["quality"] == "modelled"
        assert re.fullmatch(r"the first \d+ s count with the first power that was read", part["reason"])


@pytest.mark.timing
def test_a_driver_that_hangs_in_the_middle(runs: Path, driver: Path) -> None:
    """GPU energy stops where the last reading was, the silence is a gap, and memory is read on."""
    handle = launch(str(runs), "s", meter="native", interval_seconds=0.3)
    wait_for_gpus(runs)
    (driver / "hang_read").touch()
    component = metered.wait_for(
        lambda: [c for c in metered.wait_for_type(runs, "component") if c["quality"] == "unknown"], 8.0
    )[0]
    assert (component["component"], component["reason"]) == ("gpu", "no reading for 3 s")
    before = metered.of_type(metered.records(runs), "sample")[-1]["energy_kwh"]["memory"]
    time.sleep(0.7)
    assert handle.stop(3.0)
    end = metered.wait_for_end(runs)
    assert end["mono"] - component["mono"] < 2.5
    assert end["power_w"]["gpu"] is None
    assert metered.mean_gpu_w(end) < 300.0
    assert end["energy_kwh"]["memory"] > before
    assert metered.of_type(metered.records(runs), "gap")[0]["seconds"] == pytest.approx(3.0, abs=0.7 * slowness())
    (driver / "hang_read").unlink()


def test_a_driver_that_fails_for_a_while(runs: Path, driver: Path) -> None:
    """Readings that fail are missing, and the next one makes up for them: the counter went on."""
    handle = launch(str(runs), "s", meter="native", interval_seconds=0.3)
    wait_for_gpus(runs)
    (driver / "broken").touch()
    time.sleep(0.7)
    (driver / "broken").unlink()
    time.sleep(1.0)
    handle.stop(5.0)
    end = metered.wait_for_end(runs)
    assert 1 <= end["quality"]["missing"] <= 3
    assert metered.mean_gpu_w(end) == pytest.approx(300.0, rel=0.05)
    assert {part["quality"] for part in boards_of(metered.records(runs))} == {"measured"}


def test_a_board_that_falls_out(runs: Path, driver: Path) -> None:
    """One board of two is lost: it is unknown with the reason, the other one is read on, the run is incomplete."""
    handle = launch(str(runs), "s", meter="native", interval_seconds=0.2)
    wait_for_gpus(runs)
    (driver / "lost_1").touch()
    metered.wait_for(lambda: boards_of(metered.records(runs))[-1]["quality"] == "unknown")
    time.sleep(1.0)
    handle.stop(5.0)
    first, second = boards_of(metered.records(runs))
    assert (first["quality"], second["quality"]) == ("measured", "unknown")
    assert second["reason"] == "readings fail: NVMLError GPU is lost"
    end = metered.wait_for_end(runs)
    assert end["power_w"]["gpu"] == pytest.approx(100.0, rel=0.1)
    assert end["quality"]["unknown_share"] > 0.1


def test_nvidia_smi_without_a_driver(runs: Path, driver: Path) -> None:
    """A program without its driver suggests GPUs that cannot be read: unknown, not nothing."""
    (driver / "pynvml.py").write_text("def nvmlInit(): raise RuntimeError('Driver Not Loaded')\n")
    handle = launch(str(runs), "s", meter="native", interval_seconds=0.3)
    metered.wait_for_type(runs, "start")
    metered.wait_for(lambda: boards_of(metered.records(runs))[0]["reason"] != "not yet read")
    handle.stop(3.0)
    (gpu,) = boards_of(metered.records(runs))
    assert gpu["quality"] == "unknown"
    assert gpu["reason"].startswith("nvidia-smi is there, but the driver shows no GPU: RuntimeError")


def test_gpus_that_cannot_be_looked_for(driver: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where not even the driver can be asked, the host is read and the GPUs have the reason."""
    meter = NativeMeter(MeterSettings("", "s", 1, None, 1, 0.0, 1.0, {}, "native"))
    monkeypatch.setattr(sys, "executable", "/nowhere")
    meter.start(time.monotonic())
    assert meter.wait_until_ready(5.0)
    reading = meter.read(0.5)
    assert meter.components[0].reason.startswith("the GPUs cannot be read: FileNotFoundError ")
    assert (set(reading.energy_kwh) - {"cpu"}, meter.awaits_component) == ({"memory"}, False)
    meter.stop()
