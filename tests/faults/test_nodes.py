"""Nodes with host names of their own are one run, whose folders may be merged afterwards."""

import shutil
import signal
import subprocess
import time
from typing import Any

import pytest
from busy_machine import slowness
from fault_room import ALONE, KWH_PER_SECOND, Room, Training, records, wait_until

from greentrain import Run


def on_host(name: str) -> tuple[str, ...]:
    """Return the words before a command that run it on a computer of this name; skip where that is not allowed."""
    words = ("unshare", "--uts", "sh", "-c", f'hostname {name} && exec "$@"', "sh")
    try:
        done = subprocess.run([*words, "uname", "-n"], capture_output=True, text=True, check=False)
    except FileNotFoundError as missing:
        pytest.skip(f"no host name of its own can be given here: {missing}")
    if done.stdout != f"{name}\n":
        pytest.skip(f"no host name of its own can be given here: {done.stderr.strip()}")
    return words


def start_rank(room: Room, rank: int, ranks_on_node: int, seconds: float, **settings: Any) -> Training:
    """Start a rank of a job of four, as torchrun does."""
    launched = {
        "TORCHELASTIC_RUN_ID": "job-1", "RANK": str(rank), "WORLD_SIZE": "4", "LOCAL_RANK": str(rank % ranks_on_node),
        "GROUP_RANK": str(rank // ranks_on_node),
    }  # fmt: skip
    return room.start("rank", seconds, environment=launched | settings.pop("environment", {}), **settings)


@pytest.mark.timing
def test_two_hosts_with_homes_of_their_own(room: Room) -> None:
    """Fault 32: two nodes write to their own disks; one folder copied onto the other, they are one run."""
    homes = {name: room.folder / f"home-of-{name}" for name in ("node-a", "node-b")}
    trainings = [
        start_rank(room, rank, 2, 1.0, before=on_host(name), environment={"GREENTRAIN_HOME": str(homes[name])})
        for rank, name in enumerate(("node-a", "node-a", "node-b", "node-b"))
    ]
    assert [training.end().code for training in trainings] == [0] * 4
    for name, home in homes.items():
        half = room.run_alone(home)
        assert (half.id, half.status, half.hosts, half.ranks) == ("elastic-job-1", "completed", (name,), 2)

    shutil.copytree(homes["node-b"], homes["node-a"], dirs_exist_ok=True)
    for _ in range(2):
        run = room.run_alone(homes["node-a"])
        assert (run.id, run.status, run.ranks, len(run.nodes)) == ("elastic-job-1", "completed", 4, 2)
        assert (sorted(run.hosts), run.is_complete) == (["node-a", "node-b"], True)
        assert run.it_energy_kwh is not None
        seconds = [node.duration_seconds for node in run.nodes]
        assert min(seconds) >= 1.0
        assert run.it_energy_kwh.best == pytest.approx(ALONE * sum(seconds) * KWH_PER_SECOND, rel=0.05)
        # Copied once more, nothing counts twice.
        shutil.copytree(homes["node-b"], homes["node-a"], dirs_exist_ok=True)


@pytest.mark.timing
def test_rank_0_comes_late_and_leaves_early(room: Room) -> None:
    """Fault 32: the rank that is to start the node's meter is not there at first: another one's measures throughout."""
    others = [start_rank(room, rank, 4, 3.8).wait_for() for rank in (1, 2, 3)]
    time.sleep(1.3)
    first = start_rank(room, 0, 4, 1.0)
    assert [training.end().code for training in (*others, first)] == [0] * 4

    run = room.run_alone()
    assert (run.status, run.ranks, len(run.nodes), run.gaps) == ("completed", 4, 1, ())
    assert run.is_complete
    check_measured_throughout(room, run)


@pytest.mark.timing
def test_rank_0_that_ends_first(room: Room) -> None:
    """Fault 32: the meter that local rank 0 started measures until the last rank of the node has ended."""
    first = start_rank(room, 0, 4, 0.8).wait_for()
    others = [start_rank(room, rank, 4, 3.0) for rank in (1, 2, 3)]
    assert [training.end().code for training in (first, *others)] == [0] * 4

    run = room.run_alone()
    assert (run.status, run.ranks, len(run.nodes), run.gaps) == ("completed", 4, 1, ())
    check_measured_throughout(room, run)


@pytest.mark.timing
def test_rank_0_that_dies(room: Room) -> None:
    """Fault 32: a node whose rank 0 is killed is measured to its last rank all the same."""
    others = [start_rank(room, rank, 4, 3.2).wait_for() for rank in (1, 2, 3)]
    first = start_rank(room, 0, 4, 30).wait_for()
    wait_until(lambda: records(room.home, "meter", "sample"))
    first.signal(signal.SIGKILL).end()
    assert [training.end().code for training in others] == [0] * 3

    run = room.run_alone()
    assert (run.status, run.ranks, run.gaps) == ("completed", 4, ())
    check_measured_throughout(room, run)


@pytest.mark.timing
@pytest.mark.parametrize("rank", [1, 3])
def test_variables_that_are_left_over(room: Room, rank: int) -> None:
    """Fault 32: where no local rank 0 is there at all, the rank that is measures."""
    assert start_rank(room, rank, 4, 1.0).end().code == 0
    run = room.run_alone()
    assert (run.status, run.ranks, len(run.nodes), run.gaps) == ("completed", 1, 1, ())
    check_measured_throughout(room, run)


def check_measured_throughout(room: Room, run: Run) -> None:
    """Check that one meter measured from the first rank's start to the last one's end."""
    starts, ends = ([record["mono"] for record in records(room.home, "tracker", kind)] for kind in ("start", "end"))
    seconds = max(ends) - min(starts)
    assert len(records(room.home, "meter", "end")) == 1
    assert run.it_energy_kwh is not None
    assert run.duration_seconds == pytest.approx(seconds, abs=0.5 * slowness())
    assert run.it_energy_kwh.best == pytest.approx(ALONE * run.duration_seconds * KWH_PER_SECOND, rel=0.05)


@pytest.mark.parametrize(
    ("names", "runs"),
    [
        ("a b", {"a": 1, "b": 1}), ("a b b", {"a": 1, "b": 2}), ("a a b", {"a": 2, "b": 1}), ("a a", {"a": 2}),
        ("a+c b+c", {"a": 1, "b": 1, "c": 2}), (" b", {"b": 1}),
    ],
)  # fmt: skip
def test_ranks_of_several_runs(room: Room, names: str, runs: dict[str, int]) -> None:
    """Fault 57: ranks that one launcher started track runs of their own: each is on record, and measured."""
    assert room.run("by_rank", 1.5, *names.split(" ")) == (0, "", "")
    found = room.runs()
    assert {run.name: run.ranks for run in found} == runs
    assert [run.project for run in found] == [run.name for run in found]
    for run in found:
        assert (run.status, run.it_energy_kwh is not None) == ("completed", True)
        assert run.it_energy_kwh is not None
        assert run.it_energy_kwh.best == pytest.approx(ALONE * run.duration_seconds * KWH_PER_SECOND, rel=0.1)
