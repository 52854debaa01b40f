"""Many runs write at once, and are killed while they write: nothing is lost of the others, nothing is rewritten."""

import signal
import time
from pathlib import Path

import pytest
from fault_room import Room, journals, records


def test_runs_that_end_at_one_instant(room: Room) -> None:
    """Fault 10: eight processes end eight runs each at the same instants, in a folder without a history."""
    home = room.folder / "new"
    environment = {"GREENTRAIN_HOME": str(home)}
    start = time.time() + 1.5
    trainings = [room.start("in_step", start, 8, environment=environment) for _ in range(8)]
    assert [training.end() for training in trainings] == [(0, "", "")] * 8

    runs = room.runs(home)
    assert len(runs) == 64
    assert {run.status for run in runs} == {"completed"}
    assert sorted(str(run.name) for run in runs) == sorted(f"round {number}" for number in range(8) for _ in range(8))


@pytest.mark.timing
def test_processes_that_share_a_run(room: Room) -> None:
    """Fault 11: eight processes add 25 records each to one run: all 200 are there, and its energy counts once."""
    trainings = [room.start("one_history", "shared", 25, 8) for _ in range(8)]
    assert [training.end().code for training in trainings] == [0] * 8

    run = room.run_alone()
    assert (run.id, run.status, run.ranks) == ("shared", "completed", 8)
    assert len(journals(room.home, "tracker")) == 8
    steps = [record["values"]["step"] for record in records(room.home, "tracker", "log")]
    assert sorted(steps) == sorted(float(step) for step in range(25) for _ in range(8))


@pytest.mark.timing
def test_history_killed_while_it_is_written(room: Room) -> None:
    """Fault 34: writers are killed at any moment, meters too: each file only ever grows, and stays readable."""
    trainings = [room.start("one_history", f"run-{number}", 10_000).wait_for() for number in range(6)]
    deadline = time.monotonic() + 30
    while len(contents(room.home)) < 12 and time.monotonic() < deadline:  # a busy computer starts meters late
        time.sleep(0.1)
    time.sleep(0.4)
    before = contents(room.home)
    for number, training in enumerate(trainings):
        time.sleep(0.03 * number)
        training.signal(signal.SIGKILL).end()
    runs = room.runs()
    after = contents(room.home)

    assert len(before) == len(after) == 12
    assert all(after[path].startswith(content) for path, content in before.items())
    assert [run.status for run in runs] == ["killed"] * 6
    for found in journals(room.home, "tracker").values():
        steps = [record["values"]["step"] for record in found if record["type"] == "log"]
        assert steps == list(range(len(steps)))
        assert len(steps) > 20


def contents(home: Path) -> dict[Path, bytes]:
    """Return what all journals hold."""
    return {path: path.read_bytes() for kind in ("tracker", "meter") for path in journals(home, kind)}
