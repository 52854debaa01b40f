"""Journals of schema version 1 as they were written, which every later release must read; and fresh ones."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from greentrain import History, Run

KEPT = Path(__file__).parents[1] / "data" / "home_version_1"

TRAINING = """
import json, sys, time, greentrain
with greentrain.track("live", location="FR", year=2024, gpu="V100", home=sys.argv[1], quiet=True,
                      meter=f"replay:{sys.argv[2]}", interval=0.2) as run:
    print("started", flush=True)
    time.sleep(float(sys.argv[3]))
print(run.measurement.to_json(indent=None))
"""


def test_a_journal_that_was_kept() -> None:
    """A run of 1.4 s at 200, 60 and 10 W, and 0.19 of that for a V100's server; PUE 1.1 as given.

    Its torn last line is dropped.
    """
    run = History(KEPT).get("version-1")

    assert (run.id, run.name, run.project, run.status) == ("version-1", "demo", "examples", "completed")
    assert (run.hosts, run.hardware, run.location, run.year) == (("node1",), "1 x V100", "FR", 2024)
    assert run.duration_seconds == 1.405
    assert run.energy_kwh == {"gpu": 7.8031438e-05, "cpu": 2.3409431e-05, "memory": 3.901572e-06}
    assert run.it_energy_kwh is not None
    assert run.facility_energy_kwh is not None
    assert run.it_energy_kwh.best == pytest.approx(1.19 * 0.270 * 1.405 / 3600, rel=1e-3)
    assert run.facility_energy_kwh == pytest.approx([1.1 * end for end in run.it_energy_kwh])
    assert run.operational_kg is not None
    assert run.operational_kg.low < run.facility_energy_kwh.best * 0.0403 < run.operational_kg.high
    assert (run.is_complete, run.gaps, run.notes, run.total_steps) == (True, (), (), 2)
    pue = run.footprint.inputs["pue"]
    assert (pue.basis, pue.source) == ("given", "user")


def test_spans_and_logs_that_were_kept() -> None:
    """Two epochs of 0.7 s and what they logged."""
    run = History(KEPT).get("version-1")
    assert [(span.name, span.attributes, round(span.seconds or 0, 1)) for span in run.spans] == [
        ("epoch", {"epoch": 0}, 0.7),
        ("epoch", {"epoch": 1}, 0.7),
    ]
    assert [log.values for log in run.logs] == [{"step": 1, "loss": 0.5}, {"step": 2, "loss": 0.5}]


def start(home: Path, tmp_path: Path, seconds: float) -> "subprocess.Popen[str]":
    """Start a training in a process of its own and wait until it is tracked."""
    replay = tmp_path / "power.jsonl"
    rows = [{"seconds": at, "gpu_w": 200, "cpu_w": 60, "memory_w": 10} for at in (0, 100)]
    replay.write_text("".join(json.dumps(row) + "\n" for row in rows))
    command = [sys.executable, "-c", TRAINING, str(home), str(replay), str(seconds)]
    started = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert started.stdout is not None
    assert started.stdout.readline() == "started\n"
    return started


def only_run(home: Path, wanted: str, timeout_seconds: float = 60) -> Run:
    """Return the only run, as soon as its status is as wanted and its meter has read something."""
    until = time.monotonic() + timeout_seconds
    while True:
        runs = History(home).runs()
        if runs and runs[0].status == wanted and runs[0].energy_kwh["gpu"]:
            return runs[0]
        assert time.monotonic() < until, [(run.status, run.energy_kwh) for run in runs]
        time.sleep(0.05)


@pytest.mark.slow
def test_the_history_says_what_the_run_itself_says(tmp_path: Path) -> None:
    """Energy, emissions and their intervals are those of the measurement that the training saw."""
    training = start(tmp_path / "home", tmp_path, 1.0)
    printed: dict[str, Any] = json.loads(training.communicate(timeout=120)[0])
    run = only_run(tmp_path / "home", "completed")

    assert run.energy_kwh == printed["energy_kwh"]
    for name in ("it_energy_kwh", "facility_energy_kwh", "operational_kg"):
        assert getattr(run, name)._asdict() == pytest.approx(printed[name], rel=1e-4), name
    assert run.duration_seconds == pytest.approx(printed["duration_seconds"], abs=0.05)


@pytest.mark.timing
def test_a_live_run_is_running_and_then_killed(tmp_path: Path) -> None:
    """Watched from outside while it goes on; SIGKILL leaves what was measured, and the place still counts."""
    training = start(tmp_path / "home", tmp_path, 60)
    live = only_run(tmp_path / "home", "running")
    power = live.nodes[0].power_w
    os.kill(training.pid, signal.SIGKILL)
    training.communicate(timeout=120)
    killed = only_run(tmp_path / "home", "killed")

    assert power == {"gpu": 200.0, "cpu": 60.0, "memory": 10.0}
    assert killed.facility_energy_kwh is not None
    assert killed.operational_kg is not None
    assert killed.energy_kwh["gpu"] == pytest.approx(0.2 * killed.duration_seconds / 3600, rel=0.2)
    assert killed.error is None
