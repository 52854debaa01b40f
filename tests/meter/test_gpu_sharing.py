"""GPUs that others use too, slices, and boards that throttle or are lost: a driver's library made for the tests.

It answers over NVML's own interface and is found as the real one is, so that all of the meter's way to it is tested.
"""

import os
import shutil
import subprocess
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import metered
import pytest

HERE = Path(__file__).parent
SECONDS = 2.5

pytestmark = pytest.mark.timing


class Driver:
    """The made-up driver: what it says, and the environment in which programs find it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._said: dict[str, object] = {}
        self.environment = {"LD_LIBRARY_PATH": str(folder), "PATH": f"{folder}:{os.environ['PATH']}"}

    def say(self, **values: object) -> None:
        """Change what it says: ``b0_watts=300`` of board 0; others stay as they are."""
        self._said |= {_key(name): value for name, value in values.items()}
        new = self.folder / "new"
        new.write_text("".join(f"{name} {value}\n" for name, value in self._said.items() if value is not None))
        new.rename(self.folder / "driver")


def _key(name: str) -> str:
    head, _, rest = name.partition("_")
    return f"{head[1:]}.{rest}" if rest and head[0] == "b" and head[1:].isdecimal() else name


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Compile the library once; skip where there is no compiler."""
    compiler = shutil.which("cc")
    if compiler is None:
        pytest.skip("no C compiler is here")
    path = tmp_path_factory.mktemp("nvml") / "libnvidia-ml.so.1"
    subprocess.run([compiler, "-shared", "-fPIC", "-o", str(path), str(HERE / "fake_nvml.c"), "-ldl"], check=True)
    return path


@pytest.fixture
def nvml(built: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Driver:
    """Give a driver of one board of 300 W on which nobody works."""
    folder = tmp_path / "driver"
    folder.mkdir()
    shutil.copy(built, folder)
    smi = folder / "nvidia-smi"
    smi.write_text("#!/bin/sh\nexit 0\n")
    smi.chmod(0o755)
    for name in ("CUDA_VISIBLE_DEVICES", "SLURM_JOB_GPUS", "SLURM_STEP_GPUS"):
        monkeypatch.delenv(name, raising=False)
    driver = Driver(folder)
    driver.say(boards=1, b0_watts=300)
    return driver


def run_on(
    nvml: Driver, runs: Path, says: Mapping[str, str], meter: str = "native", **environment: str
) -> metered.Records:
    """Run for some seconds while the driver says this, RUN standing for the run's process; give the meter's journal."""
    work = f"time.sleep({SECONDS})\nhandle.stop(5.0)"
    with metered.run(runs, meter, work, 0.2, **nvml.environment, **environment) as process:
        nvml.say(**{name: text.replace("RUN", str(process.pid)) for name, text in says.items()})
        process.wait(60)
        metered.wait_for_end(runs)
    return metered.records(runs)


def gpu_of(found: metered.Records) -> dict[str, Any]:
    """Return the first GPU as it was known last."""
    newest = [record for record in found if "components" in record][-1]
    part: dict[str, Any] = next(part for part in newest["components"] if part["component"] == "gpu")
    return part


@pytest.mark.parametrize(
    ("says", "watts", "share", "method"),
    [
        ({}, 300.0, 1.0, "exclusive"),
        ({"b0_compute": "RUN:100"}, 300.0, 1.0, "exclusive"),
        ({"b0_compute": "RUN:100", "b0_graphics": "1:10"}, 300.0, 1.0, "exclusive"),  # a desktop does not compute
        ({"b0_compute": "RUN:100,1:900", "b0_utilization": "RUN:30,1:10"}, 225.0, 0.75, "sm_time"),
        ({"b0_compute": "RUN:100,1:900"}, 30.0, 0.1, "memory"),
        ({"b0_compute": "RUN:100,1:900", "b0_utilization": "RUN:0,1:0"}, 30.0, 0.1, "memory"),
        ({"b0_compute": "RUN,1"}, 150.0, 0.5, "equal"),
        ({"b0_compute": "1:900"}, 0.0, 0.0, "memory"),
        ({"b0_compute": "unsupported", "b0_mps": "unsupported"}, 300.0, 1.0, "exclusive"),
        ({"b0_compute": "RUN:100", "b0_mps": "1:300"}, 75.0, 0.25, "memory"),  # clients of MPS
    ],
)
def test_a_board_that_others_use_too(
    nvml: Driver, runs: Path, says: Mapping[str, str], watts: float, share: float, method: str
) -> None:
    """A board of 300 W: the run's part of it by the stated method, in the record, with what was noticed."""
    found = run_on(nvml, runs, says)
    end, gpu = found[-1], gpu_of(found)

    assert metered.mean_gpu_w(end) == pytest.approx(watts, rel=0.05, abs=0.5)
    assert end["share"]["gpu"] == pytest.approx(share, abs=0.05)
    assert end["share_method"]["gpu"] == method
    is_shared = method != "exclusive"
    assert gpu["quality"] == ("modelled" if is_shared else "measured")
    assert gpu["reason"].startswith(f"others use it at the same time: divided by {method}" if is_shared else "")


def test_codecarbons_boards_are_divided_too(nvml: Driver, runs: Path) -> None:
    """Whatever reads the energy."""
    says = {"b0_compute": "RUN:100,1:900", "b0_utilization": "RUN:30,1:10"}
    end = run_on(nvml, runs, says, "codecarbon")[-1]
    assert metered.mean_gpu_w(end) == pytest.approx(225.0, rel=0.1)
    assert end["share_method"]["gpu"] == "sm_time"


@pytest.mark.parametrize("says", [{"b0_compute": "{0}:100,{1}:300"}, {}])
def test_two_runs_on_one_board_have_it_together(nvml: Driver, tmp_path: Path, says: Mapping[str, str]) -> None:
    """By memory 75 and 225 W; without a process there 150 W each, since both have chosen it: 300 W in all.

    Where no process is there, the one that ends later has all of it from the other's end on.
    """
    folders = [tmp_path / name for name in "ab"]
    for folder in folders:
        folder.mkdir()
    work = f"time.sleep({SECONDS + 2})\nhandle.stop(5.0)"
    with (
        metered.run(folders[0], "native", work, 0.2, **nvml.environment) as first,
        metered.run(folders[1], "native", work, 0.2, **nvml.environment) as second,
    ):
        nvml.say(**{name: text.format(first.pid, second.pid) for name, text in says.items()})
        for process in (first, second):
            process.wait(60)
        ends = [metered.wait_for_end(folder) for folder in folders]
    assert [end["share_method"]["gpu"] for end in ends] == ["memory" if says else "equal"] * 2
    ended_mono = min(end["mono"] for end in ends)
    both_there = [
        [each for each in metered.of_type(metered.records(folder), "sample") if each["mono"] < ended_mono][-1]
        for folder in folders
    ]
    watts = [sample["power_w"]["gpu"] for sample in both_there]
    assert watts == pytest.approx([75, 225] if says else [150, 150], rel=0.05)


@pytest.fixture
def mps_server(tmp_path: Path) -> Iterator[int]:
    """Start a program that is called as the server of MPS is."""
    program = tmp_path / "nvidia-cuda-mps-server"
    shutil.copy("/bin/sleep", program)
    with subprocess.Popen([program, "60"]) as process:
        yield process.pid
        process.kill()


def test_the_server_of_mps_is_nobodys(nvml: Driver, runs: Path, mps_server: int) -> None:
    """It works for its clients: they share by memory, as no time on the processors is told of them."""
    says = {"b0_compute": f"{mps_server}:30,RUN:100", "b0_mps": "1:100", "b0_utilization": f"{mps_server}:90"}
    end = run_on(nvml, runs, says)[-1]
    assert metered.mean_gpu_w(end) == pytest.approx(150.0, rel=0.05)
    assert end["share_method"]["gpu"] == "memory"


SLICES = {"boards": "2", "b1_watts": "700", "b1_slices": "MIG-a:3:1:0,MIG-b:2:5:0"}


@pytest.mark.parametrize(
    ("variables", "says", "watts"),
    [
        ({"CUDA_VISIBLE_DEVICES": "MIG-a"}, {}, 300.0),  # 3 of 7 of 700 W
        ({"CUDA_VISIBLE_DEVICES": "MIG-b"}, {"MIG-b.compute": "RUN:100"}, 200.0),
        ({"CUDA_VISIBLE_DEVICES": "MIG-b"}, {"MIG-a.compute": "1:100"}, 200.0),  # somebody else's slice
        ({"CUDA_VISIBLE_DEVICES": "MIG-b"}, {"MIG-b.compute": "RUN:100,1:100"}, 100.0),
        ({"CUDA_VISIBLE_DEVICES": "MIG-GPU-1/5/0"}, {}, 200.0),
        ({"CUDA_VISIBLE_DEVICES": "GPU-0"}, {}, 300.0),
        ({"SLURM_STEP_GPUS": "GPU-0"}, {}, 300.0),  # as Slurm 25.11 may write it
        ({"SLURM_JOB_GPUS": "MIG-a,GPU-0"}, {}, 600.0),
        ({"SLURM_JOB_GPUS": "0"}, {}, 300.0),
    ],
)
def test_devices_by_uuid(
    nvml: Driver, runs: Path, variables: dict[str, str], says: dict[str, str], watts: float
) -> None:
    """Boards of 300 and 700 W, the second one cut: by the UUIDs of boards and of slices, in every variable."""
    nvml.say(**SLICES)
    end = run_on(nvml, runs, says, **variables)[-1]
    assert metered.mean_gpu_w(end) == pytest.approx(watts, rel=0.05)


def test_a_board_that_throttles(nvml: Driver, runs: Path) -> None:
    """300 W for about a second, then 100 W: the counter has it all, whenever it is looked at."""
    work = f"time.sleep({SECONDS})\nhandle.stop(5.0)"
    began = time.monotonic()
    nvml.say(b0_since=began, b0_millijoules=0)
    with metered.run(runs, "native", work, 0.7, **nvml.environment) as process:
        metered.wait_for(lambda: metered.wait_for_type(runs, "sample")[-1]["power_w"]["gpu"])
        before = metered.records(runs)[-1]
        throttled = time.monotonic()
        nvml.say(b0_since=throttled, b0_millijoules=(throttled - began) * 300_000, b0_watts=100)
        process.wait(60)
        end = metered.wait_for_end(runs)
    since_mono = before["mono"] - before["elapsed_seconds"]
    joules = 300 * (throttled - since_mono) + 100 * (end["elapsed_seconds"] - (throttled - since_mono))
    assert end["energy_kwh"]["gpu"] * 3.6e6 == pytest.approx(joules, rel=0.05)


@pytest.mark.parametrize(("variables", "numbers"), [({}, {"GPU-0", ""}), ({"CUDA_VISIBLE_DEVICES": "0"}, {"GPU-0"})])
def test_a_board_that_was_lost_before(nvml: Driver, runs: Path, variables: dict[str, str], numbers: set[str]) -> None:
    """One board of two has fallen off the bus: the other one is read; that one is unknown, unless it was not chosen."""
    nvml.say(boards=2, b1_lost=1)
    found = run_on(nvml, runs, {}, **variables)
    newest = [record for record in found if "components" in record][-1]["components"]
    known = {part["id"]: part for part in newest if part["component"] == "gpu"}
    assert known.keys() == numbers
    assert metered.mean_gpu_w(found[-1]) == pytest.approx(300.0, rel=0.05)
    assert gpu_of(found)["quality"] == "measured"
    if "" in numbers:
        assert known[""]["reason"] == "GPU 1: GPU is lost"


def test_a_board_that_is_lost_while_it_is_read(nvml: Driver, runs: Path) -> None:
    """What it drew until then is kept; it is unknown from then on, with the driver's words."""
    with metered.run(runs, "native", "time.sleep(60)", 0.2, **nvml.environment):
        metered.wait_for(lambda: metered.wait_for_type(runs, "sample")[-1]["power_w"]["gpu"])
        nvml.say(b0_lost=1)
        metered.wait_for(lambda: gpu_of(metered.records(runs))["quality"] == "unknown")
    end = metered.wait_for_end(runs)
    known = [record["energy_kwh"]["gpu"] or 0.0 for record in metered.of_type(metered.records(runs), "sample")]
    assert gpu_of(metered.records(runs))["reason"] == "readings fail: NVMLError_GpuIsLost GPU is lost"
    assert end["power_w"]["gpu"] is None
    assert end["energy_kwh"]["gpu"] == max(known)
