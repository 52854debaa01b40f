"""The meter's process of real runs: its records, its end, and whoever is killed."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import metered
import pytest
from busy_machine import slowness

from greentrain.meter.launch import launch

GPU_300_W = {"seconds": 0, "gpu_w": 300, "cpu_w": 60, "memory_w": 8}


def kwh(watts: float, seconds: float) -> float:
    """Multiply power by time. [kWh]"""
    return watts * seconds / 3.6e6


@pytest.mark.timing
def test_a_run_that_says_it_is_over(tmp_path: Path) -> None:
    """Energy is power x time to the millisecond at which the run signals its end, samples come once a second."""
    started = time.monotonic()
    handle = launch(str(tmp_path), "session-1", meter=metered.replay(tmp_path, GPU_300_W), started_mono=started)
    assert handle.problem is None
    time.sleep(2.4)
    assert handle.alive
    ended = time.monotonic()
    assert handle.stop(5.0)
    told = time.monotonic()
    assert not handle.alive
    found = metered.records(tmp_path)
    assert [record["type"] for record in found] == ["start", "sample", "sample", "sample", "sample", "end"]
    start, end = found[0], found[-1]
    assert (start["session"], start["run_pid"]) == ("session-1", os.getpid())
    assert (start["meter_name"], start["meter_version"], "codecarbon_version" in start) == ("replay", None, False)
    assert [part["component"] for part in start["components"]] == ["gpu", "cpu", "memory"]
    assert end["why"] == "stopped"
    assert ended - started - 0.001 <= end["elapsed_seconds"] <= told - started + 0.001
    for kind, watts in (("gpu", 300), ("cpu", 60), ("memory", 8)):
        assert end["energy_kwh"][kind] == pytest.approx(kwh(watts, end["elapsed_seconds"]), rel=2e-3)
        assert end["power_w"][kind] == pytest.approx(watts, rel=2e-3)
    assert end["quality"]["measured_share"] == pytest.approx(1.0, abs=1e-3)
    assert end["quality"]["confidence"] == "normal"


@pytest.mark.timing
def test_the_first_sample_comes_soon_and_counts_from_the_start(tmp_path: Path) -> None:
    """Within half a second there is a sample, marked as the first, with the energy since the run's own start."""
    started = time.monotonic() - 0.1
    handle = launch(str(tmp_path), "s", meter=metered.replay(tmp_path, GPU_300_W), started_mono=started)
    sample = metered.wait_for_type(tmp_path, "sample")[0]
    handle.stop()
    assert sample["marks"] == ["first"]
    assert 0.1 < sample["elapsed_seconds"] < 0.6
    assert sample["energy_kwh"]["gpu"] == pytest.approx(kwh(300, sample["elapsed_seconds"]), rel=0.01)


@pytest.mark.timing
@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT, signal.SIGSEGV])
def test_a_killed_run_has_a_complete_record(tmp_path: Path, number: int) -> None:
    """However a run dies, the end record states it within two seconds, with energy to the last moment."""
    with metered.run(tmp_path, metered.replay(tmp_path, GPU_300_W), "time.sleep(60)") as process:
        metered.wait_for_type(tmp_path, "sample", 2)
        process.send_signal(number)
        process.wait()
        killed = time.monotonic()
        end = metered.wait_for_end(tmp_path)
    assert time.monotonic() - killed < 2.0 * slowness()
    assert end["why"] == "process_ended"
    assert end["mono"] - killed < 0.5 * slowness()
    assert end["energy_kwh"]["gpu"] == pytest.approx(kwh(300, end["elapsed_seconds"]), rel=2e-3)


def test_a_run_that_leaves_by_os_exit(tmp_path: Path) -> None:
    """``os._exit`` in the middle, without a signal, ends the record too; the exit code is the run's."""
    with metered.run(tmp_path, metered.replay(tmp_path, GPU_300_W), "time.sleep(0.5); import os; os._exit(3)") as run:
        assert run.wait() == 3
        assert metered.wait_for_end(tmp_path)["why"] == "process_ended"


def test_a_forked_child_that_lives_on_is_not_the_run(tmp_path: Path) -> None:
    """A child that holds all of the run's descriptors open does not keep the meter when the run has ended."""
    work = "import os, time\nif os.fork() == 0: time.sleep(4); os._exit(0)\ntime.sleep(0.5); os._exit(0)"
    with metered.run(tmp_path, metered.replay(tmp_path, GPU_300_W), work) as run:
        run.wait()
        assert metered.wait_for_end(tmp_path, 2.0)["why"] == "process_ended"


def test_a_run_that_becomes_another_program(tmp_path: Path) -> None:
    """The same process after ``exec`` is still the run, although nothing is left to signal its end."""
    work = "import os, time\nos.execv('/bin/sleep', ['sleep', '1.5'])"
    with metered.run(tmp_path, metered.replay(tmp_path, GPU_300_W), work) as run:
        run.wait()
        end = metered.wait_for_end(tmp_path, 2.0)
    assert end["why"] == "process_ended"
    assert end["elapsed_seconds"] > 1.5


@pytest.mark.timing
def test_a_meter_told_to_end(tmp_path: Path) -> None:
    """SIGTERM to the meter closes its journal while the run goes on."""
    handle = launch(str(tmp_path), "s", meter=metered.replay(tmp_path, GPU_300_W))
    start = metered.wait_for_type(tmp_path, "start")[0]
    os.kill(start["pid"], signal.SIGTERM)
    end = metered.wait_for_end(tmp_path)
    assert end["why"] == "terminated"
    metered.wait_for(lambda: not handle.alive)
    assert handle.stop(0.0)


@pytest.mark.timing
def test_a_killed_meter_costs_the_run_nothing(tmp_path: Path) -> None:
    """After SIGKILL to the meter its handle shows it, ``stop`` is harmless, and the journal keeps what was read."""
    handle = launch(str(tmp_path), "s", meter=metered.replay(tmp_path, GPU_300_W))
    samples = metered.wait_for_type(tmp_path, "sample", 2)
    os.kill(metered.records(tmp_path)[0]["pid"], signal.SIGKILL)
    metered.wait_for(lambda: not handle.alive)
    assert handle.stop(1.0)
    assert handle.stop(1.0)
    assert samples[1]["energy_kwh"]["gpu"] == pytest.approx(kwh(300, samples[1]["elapsed_seconds"]), rel=2e-3)


@pytest.mark.timing
def test_a_stopped_meter_states_the_gap(tmp_path: Path) -> None:
    """A meter that was held up for five seconds states them; the energy of a counter that went on counting is used."""
    handle = launch(str(tmp_path), "s", meter=metered.replay(tmp_path, GPU_300_W), interval_seconds=0.2)
    pid = metered.wait_for_type(tmp_path, "sample", 2)[0] and metered.records(tmp_path)[0]["pid"]
    os.kill(pid, signal.SIGSTOP)
    time.sleep(5.0)
    os.kill(pid, signal.SIGCONT)
    gap = metered.wait_for_type(tmp_path, "gap")[0]
    handle.stop()
    end = metered.wait_for_end(tmp_path)
    assert gap["reason"] == "late"
    assert gap["seconds"] == pytest.approx(5.0, abs=0.5 * slowness())
    assert end["quality"]["largest_gap_seconds"] == gap["seconds"]
    assert end["energy_kwh"]["gpu"] == pytest.approx(kwh(300, end["elapsed_seconds"]), rel=2e-3)


def test_readings_that_fail_are_marked_and_the_record_survives(tmp_path: Path) -> None:
    """Readings that raise for a second, and again at the end, are counted as missing and marked in the next sample."""
    steps = ({"seconds": 0, "gpu_w": 300}, {"seconds": 0.6, "error": "no answer"}, {"seconds": 1.6, "gpu_w": 300})
    meter = metered.replay(tmp_path, *steps, {"seconds": 2.6, "error": "no answer"})
    handle = launch(str(tmp_path), "s", meter=meter, interval_seconds=0.25)
    time.sleep(3.0)
    handle.stop()
    found = metered.records(tmp_path)
    assert any("missing" in sample.get("marks", ()) for sample in metered.of_type(found, "sample"))
    end = found[-1]
    assert end["type"] == "end"
    assert end["quality"]["missing"] >= 4
    assert end["energy_kwh"]["gpu"] == pytest.approx(kwh(300, 1.6), rel=0.2)


def test_readings_beyond_physics_are_marked(tmp_path: Path) -> None:
    """A power of -42 W is no reading, and the sample is marked; all of the time is stated as not read."""
    handle = launch(str(tmp_path), "s", meter=metered.replay(tmp_path, {"seconds": 0, "gpu_w": -42, "cpu_w": 10}))
    time.sleep(1.0)
    handle.stop()
    samples = metered.of_type(metered.records(tmp_path), "sample")
    assert all(sample["energy_kwh"]["gpu"] is None for sample in samples)
    assert samples[-1]["unread_seconds"] == {"gpu": samples[-1]["elapsed_seconds"]}
    assert samples[0]["marks"] == ["clamped", "first"]
    assert samples[-1]["energy_kwh"]["cpu"] == pytest.approx(kwh(10, samples[-1]["elapsed_seconds"]), rel=0.01)


def test_a_run_of_milliseconds(tmp_path: Path) -> None:
    """20 ms at 300 W are 6 J, with low confidence."""
    started = time.monotonic()
    handle = launch(str(tmp_path), "s", meter=metered.replay(tmp_path, GPU_300_W), started_mono=started)
    time.sleep(0.02)
    before = time.monotonic()
    assert handle.stop(5.0)
    end = metered.wait_for_end(tmp_path)
    assert end["elapsed_seconds"] <= before - started + 0.05
    assert end["energy_kwh"]["gpu"] == pytest.approx(kwh(300, end["elapsed_seconds"]), rel=0.05)
    assert end["quality"]["confidence"] == "low"


def test_a_bad_replay_file_leaves_a_record_that_says_so(tmp_path: Path) -> None:
    """A meter that cannot be made reads nothing, and its record gives the reason."""
    handle = launch(str(tmp_path), "s", meter=f"replay:{tmp_path}/absent.jsonl")
    time.sleep(0.5)
    handle.stop()
    found = metered.records(tmp_path)
    assert {part["quality"] for part in found[0]["components"]} == {"unknown"}
    assert "No such file or directory" in found[0]["components"][0]["reason"]
    assert found[-1]["energy_kwh"] == {"gpu": None, "cpu": None, "memory": None}
    assert found[-1]["quality"]["unknown_share"] == 1.0


def test_the_meter_is_no_child_of_the_run(tmp_path: Path) -> None:
    """A run that waits for all its children does not wait for the meter, and is not informed of its end."""
    work = (
        "import os\ntry: os.wait()\n"
        "except ChildProcessError: print('no child', flush=True)\n"
        "print(os.listdir('/proc/self/task') == [str(os.getpid())], flush=True)"
    )
    code = metered.RUN.format(folder=str(tmp_path), meter=metered.replay(tmp_path, GPU_300_W), interval=1.0, work=work)
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=120, check=True)
    assert (done.stdout, done.stderr) == ("no child\nTrue\n", "")


def test_a_run_without_standard_streams_or_path(tmp_path: Path) -> None:
    """Closed standard streams and an empty PATH start a meter all the same."""
    work = "time.sleep(0.5); handle.stop()"
    code = metered.RUN.format(folder=str(tmp_path), meter=metered.replay(tmp_path, GPU_300_W), interval=1.0, work=work)
    command = 'exec "$0" "$@" <&- >&- 2>&-'
    subprocess.run(["/bin/sh", "-c", command, sys.executable, "-c", code], env={"PATH": ""}, check=True)
    assert metered.wait_for_end(tmp_path)["why"] == "stopped"


def test_a_run_that_restored_the_signal_for_broken_pipes(tmp_path: Path) -> None:
    """Telling a dead meter that the run is over does not end the run."""
    work = (
        "import os, signal, time\nsignal.signal(signal.SIGPIPE, signal.SIG_DFL)\n"
        "while handle.alive: time.sleep(0.01)\n"
        "handle.stop()"
    )
    with metered.run(tmp_path, metered.replay(tmp_path, GPU_300_W), work) as run:
        os.kill(metered.wait_for_type(tmp_path, "start")[0]["pid"], signal.SIGKILL)
        assert run.wait(5.0) == 0


def test_the_forked_childs_stop_is_not_the_runs(tmp_path: Path) -> None:
    """A forked worker that stops its copy of the handle leaves the meter at work."""
    work = (
        "import os, time\ntime.sleep(0.3)\npid = os.fork()\n"
        "if pid == 0: handle.stop(); os._exit(0)\n"
        "os.waitpid(pid, 0); time.sleep(0.3)\n"
        "assert handle.alive; handle.stop()"
    )
    with metered.run(tmp_path, metered.replay(tmp_path, GPU_300_W), work) as run:
        assert run.wait(10.0) == 0
    assert metered.wait_for_end(tmp_path)["why"] == "stopped"


def test_launch_never_raises(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What keeps a meter from starting is in the handle; so is that none was wanted."""
    assert launch(str(tmp_path), "s", meter="none").problem == "metering is switched off"
    monkeypatch.setattr(sys, "executable", "")
    handle = launch(str(tmp_path), "s")
    assert handle.problem == "the meter could not be started: this Python has no program file of its own"
    assert (handle.alive, handle.stop()) == (False, True)


def test_launch_survives_a_lack_of_descriptors(tmp_path: Path) -> None:
    """A run with no descriptor left has no meter, and a warning states why."""
    work = "print(handle.problem)"
    code = "import resource, os\nfrom greentrain.meter import launch as loaded\nimport fcntl, select\n"
    code += "resource.setrlimit(resource.RLIMIT_NOFILE, (12, 12))\nspare = [os.dup(0) for _ in range(8)]\n"
    code += metered.RUN.format(folder=str(tmp_path), meter="codecarbon", interval=1.0, work=work)
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "the meter could not be started: OSError [Errno 24] Too many open files\n"


def test_the_journal_is_json_of_one_version(tmp_path: Path) -> None:
    """Every line is a record with its version, moment and clock."""
    handle = launch(str(tmp_path), "s", meter=metered.replay(tmp_path, GPU_300_W))
    metered.wait_for_type(tmp_path, "sample")
    handle.stop()
    file = next(tmp_path.glob("*.meter.jsonl"))
    for line in file.read_text().splitlines():
        record = json.loads(line)
        assert record["v"] == 1
        assert set(record) >= {"type", "t", "mono"}
