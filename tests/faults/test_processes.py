"""Trainings of many processes are one run: workers, ranks, nodes and restarts, and the energy counts once per node."""

import os
import signal
import time
from pathlib import Path

import pytest
from busy_machine import slowness
from fault_room import ALONE, KWH_PER_SECOND, Room, Training, journals, records


@pytest.mark.parametrize(
    ("way", "out"),
    [
        ("fork", "[0, 3, 1]\n"),
        ("pool-fork", "[0, 1, 4, 9]\n"),
        ("pool-spawn", "[0, 1, 4, 9]\n"),
        ("program", "9\n"),
    ],
)
def test_workers(room: Room, way: str, out: str) -> None:
    """Fault 13: forks, pools, data loaders and programs that track too: one record for the run, none from them."""
    outcome = room.run("workers", way)
    assert outcome == (0, out, "")
    run = room.run_alone()
    assert (run.name, run.status, run.ranks, run.logs) == ("workers", "completed", 1, ())
    assert [len(journals(room.home, kind)) for kind in ("tracker", "meter")] == [1, 1]
    assert run.it_energy_kwh is not None
    assert run.it_energy_kwh.best == pytest.approx(ALONE * run.duration_seconds * KWH_PER_SECOND, rel=0.1)


@pytest.mark.timing
def test_short_lived_workers_count(room: Room) -> None:
    """Fault 13: sixteen workers of 0.25 s of CPU each, gone between samples, are in the run's share of the CPU."""
    program = room.start("workers", "loader", environment={"METER": "codecarbon"})
    before = busy_seconds()
    assert program.end() == (0, f"{[0] * 16}\n", "")
    busy = busy_seconds() - before

    room.runs()
    (end,) = records(room.home, "meter", "end")
    share = records(room.home, "meter", "sample")[-1]["share"]["cpu"]
    # 4 s of the CPU time of everybody are the workers'; a meter that misses them sees a hundredth of that.
    assert end["elapsed_seconds"] > 16 * 0.25 / 2
    assert share > 0.5 * min(1.0, 4.0 / busy)


def busy_seconds() -> float:
    """Return the CPU time of all processes of this computer, in user mode, in the kernel and for others. [s]"""
    fields = [float(field) for field in Path("/proc/stat").read_text().splitlines()[0].split()[1:9]]
    return (sum(fields) - fields[3] - fields[4]) / os.sysconf("SC_CLK_TCK")


def start_ranks(room: Room, host: str, ranks: range, seconds: float, restarts: int = 0) -> list[Training]:
    """Start the ranks of one node as torchrun does; a node without a name is this computer."""
    return [
        room.start(
            "rank",
            seconds,
            environment={
                "GREENTRAIN_HOST": host or None, "TORCHELASTIC_RUN_ID": "job-1", "RANK": str(rank), "WORLD_SIZE": "4",
                "LOCAL_RANK": str(rank - ranks.start), "TORCHELASTIC_RESTART_COUNT": str(restarts),
            },
        )
        for rank in ranks
    ]  # fmt: skip


@pytest.mark.timing
def test_four_ranks_on_a_node(room: Room) -> None:
    """Fault 32: four ranks on one node are one run with one meter, also when one of them dies."""
    trainings = start_ranks(room, "", range(4), 1.0)
    trainings[2].wait_for().signal(signal.SIGKILL)
    assert [training.end().code for training in trainings] == [0, 0, -signal.SIGKILL, 0]

    run = room.run_alone()
    assert (run.id, run.status, run.ranks, len(run.nodes)) == ("elastic-job-1", "completed", 4, 1)
    assert [len(journals(room.home, kind)) for kind in ("tracker", "meter")] == [4, 1]
    assert run.it_energy_kwh is not None
    (node,) = run.nodes
    assert node.duration_seconds >= 1.0
    assert run.it_energy_kwh.best == pytest.approx(ALONE * node.duration_seconds * KWH_PER_SECOND, rel=0.05)


@pytest.mark.timing
def test_two_nodes(room: Room) -> None:
    """Fault 32: two nodes of two ranks are one run with one measurement per node."""
    trainings = [*start_ranks(room, "node-a", range(2), 1.0), *start_ranks(room, "node-b", range(2, 4), 1.0)]
    assert [training.end().code for training in trainings] == [0] * 4

    run = room.run_alone()
    assert (sorted(run.hosts), run.ranks, len(run.nodes)) == (["node-a", "node-b"], 4, 2)
    assert run.it_energy_kwh is not None
    seconds = [node.duration_seconds for node in run.nodes]
    assert min(seconds) >= 1.0
    assert run.it_energy_kwh.best == pytest.approx(ALONE * sum(seconds) * KWH_PER_SECOND, rel=0.05)


@pytest.mark.timing
def test_elastic_restart(room: Room) -> None:
    """Fault 32: ranks that are killed and started again are one run; the time between is stated and not counted."""
    first = [training.wait_for() for training in start_ranks(room, "", range(2), 30)]
    time.sleep(0.5)
    for training in first:
        training.signal(signal.SIGKILL).end()
    killed = time.monotonic()
    time.sleep(1.5)
    second = start_ranks(room, "", range(2), 0.6, restarts=1)
    assert [training.end().code for training in second] == [0, 0]

    run = room.run_alone()
    assert (run.status, run.ranks, len(run.nodes)) == ("completed", 2, 2)
    assert [gap.reason for gap in run.gaps] == ["restart"]
    began = min(record["mono"] for record in records(room.home, "tracker", "start") if record["mono"] > killed)
    assert run.gaps[0].seconds == pytest.approx(began - killed, abs=0.4 * slowness())
    assert run.it_energy_kwh is not None
    assert run.it_energy_kwh.best == pytest.approx(
        ALONE * sum(node.duration_seconds for node in run.nodes) * KWH_PER_SECOND, rel=0.1
    )
    assert run.it_energy_kwh.best >= (0.5 + 0.6) * KWH_PER_SECOND
