"""Distributed and interrupted runs with real processes: one logical run, one meter per node, nothing counted twice."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import pytest
from busy_machine import slowness
from tracked import ALONE, KWH_PER_SECOND, environment, journals, of_type, replay

from greentrain import History, Run
from greentrain.tracking.distributed import launch_of, ranks_of

_LAUNCHER_VARIABLES = ("RANK", "LOCAL_RANK", "WORLD_SIZE", "GROUP_RANK", "TORCHELASTIC_RUN_ID")
_LONGEST_WAIT_SECONDS = 60.0
_PROGRAM = """
import sys, time
import greentrain
place = {"pue": 1, "grid_intensity": 100}
with greentrain.track(sys.argv[1], meter=sys.argv[2], quiet=True, run_id=sys.argv[4] or None, **place):
    print("started", flush=True)
    time.sleep(float(sys.argv[3]))
"""


def torchrun(rank: int, ranks: int = 4, per_node: int = 4, run_id: str = "job7") -> dict[str, str]:
    """Return the environment that torchrun gives a rank."""
    return {
        "RANK": str(rank),
        "LOCAL_RANK": str(rank % per_node),
        "WORLD_SIZE": str(ranks),
        "GROUP_RANK": str(rank // per_node),
        "TORCHELASTIC_RUN_ID": run_id,
    }


def slurm(rank: int, ranks: int, per_node: int) -> dict[str, str]:
    """Return the environment that srun gives a task."""
    return {
        "SLURM_JOB_ID": "4711",
        "SLURM_PROCID": str(rank),
        "SLURM_LOCALID": str(rank % per_node),
        "SLURM_NTASKS": str(ranks),
        "SLURM_NODEID": str(rank // per_node),
    }


def openmpi(rank: int, ranks: int) -> dict[str, str]:
    """Return the environment that mpirun of Open MPI gives a rank."""
    return {
        "OMPI_COMM_WORLD_RANK": str(rank),
        "OMPI_COMM_WORLD_LOCAL_RANK": str(rank),
        "OMPI_COMM_WORLD_SIZE": str(ranks),
    }


class Cluster:
    """Starts ranks as processes, and gives what they recorded.

    Parameters
    ----------
    folder : Path
        Where the recorded meter and the records are.
    """

    def __init__(self, folder: Path) -> None:
        self.home = folder / "home"
        self._meter = replay(folder)
        self._started: list[subprocess.Popen[str]] = []

    def start(
        self, launcher: dict[str, str], seconds: float = 1.5, host: str = "", home: Path | None = None, run_id: str = ""
    ) -> subprocess.Popen[str]:
        """Start a rank that trains for so long. [s]"""
        plain = environment(home or self.home, **launcher, **({"GREENTRAIN_HOST": host} if host else {}))
        for name in _LAUNCHER_VARIABLES:
            if name not in launcher:
                plain.pop(name, None)
        command = [sys.executable, "-c", _PROGRAM, "bert", self._meter, str(seconds), run_id]
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=plain)
        self._started.append(process)
        return process

    def end(self) -> None:
        """End what is still there."""
        for process in self._started:
            process.kill()
            process.communicate()

    def run(self) -> Run:
        """Wait until every meter has ended, and give the only run."""
        wait_until(lambda: all(_has_ended(records) for records in journals(self.home, "meter")))
        (run,) = History(self.home).runs()
        return run


def wait_until(is_true: Callable[[], bool]) -> None:
    """Wait for something that must come true soon."""
    deadline = time.monotonic() + _LONGEST_WAIT_SECONDS
    while not is_true() and time.monotonic() < deadline:
        time.sleep(0.05)
    assert is_true()


def _has_ended(records: list[dict[str, object]]) -> bool:
    return bool(records) and records[-1]["type"] == "end"


@pytest.fixture
def cluster(tmp_path: Path) -> Iterator[Cluster]:
    """Return nodes of which nothing runs on after the test."""
    found = Cluster(tmp_path)
    yield found
    found.end()


def finish(processes: Iterable[subprocess.Popen[str]]) -> None:
    """Wait for ranks that end well and write nothing to stderr."""
    for process in processes:
        _, problems = process.communicate(timeout=120)
        assert (process.returncode, problems) == (0, "")


def wait_for_start(processes: Iterable[subprocess.Popen[str]]) -> None:
    """Wait until ranks train."""
    for process in processes:
        assert process.stdout is not None
        assert process.stdout.readline() == "started\n"


def check_nodes(run: Run, hosts: list[str]) -> None:
    """Check that each node counts once, its power times its time, and that the run took their sum and 0.15 of it."""
    assert sorted(node.host for node in run.nodes) == sorted(hosts)
    for node in run.nodes:
        known = [kwh for kwh in node.energy_kwh.values() if kwh is not None]
        assert sum(known) == pytest.approx(node.duration_seconds * KWH_PER_SECOND, rel=0.1)
    total = sum(kwh for node in run.nodes for kwh in node.energy_kwh.values() if kwh is not None)
    assert run.it_energy_kwh is not None
    assert run.it_energy_kwh.best == pytest.approx(ALONE * total)


def roles(home: Path) -> list[tuple[int, str]]:
    """Return each rank's role."""
    starts = [of_type(records, "start")[0] for records in journals(home, "tracker")]
    return sorted((start["ranks"]["rank"], start["role"]) for start in starts)


def this_host() -> str:
    """Name this computer as journals do."""
    return os.uname().nodename


def test_four_ranks_on_one_node_have_one_meter(cluster: Cluster) -> None:
    """Local rank 0 meters, the others join, and the history has one run with one node and four ranks."""
    finish([cluster.start(torchrun(rank)) for rank in range(4)])

    run = cluster.run()
    assert roles(cluster.home) == [(0, "main"), (1, "joined"), (2, "joined"), (3, "joined")]
    assert len(journals(cluster.home, "meter")) == 1
    assert (run.id, run.name, run.status, run.ranks) == ("elastic-job7", "bert", "completed", 4)
    check_nodes(run, [this_host()])


@pytest.mark.parametrize("launcher", [torchrun, slurm])
def test_two_nodes_are_added(cluster: Cluster, launcher: Callable[..., dict[str, str]]) -> None:
    """Two ranks on each of two nodes that share their home folder: one run, twice the energy, once the time."""
    finish([cluster.start(launcher(rank, 4, 2), host=f"node{rank // 2}") for rank in range(4)])

    run = cluster.run()
    assert roles(cluster.home) == [(0, "main"), (1, "joined"), (2, "main"), (3, "joined")]
    assert (run.status, run.ranks) == ("completed", 4)
    assert run.id == ("slurm-4711" if launcher is slurm else "elastic-job7")
    check_nodes(run, ["node0", "node1"])
    assert run.it_energy_kwh is not None
    assert run.it_energy_kwh.best / (run.duration_seconds * KWH_PER_SECOND) == pytest.approx(2, rel=0.2)


def test_nodes_with_homes_of_their_own_are_one_run_once_these_are_copied_together(
    cluster: Cluster, tmp_path: Path
) -> None:
    """Each home has its node; no file of one is named as one of the other, and copying twice adds nothing."""
    homes = [cluster.home, tmp_path / "second"]
    finish([cluster.start(torchrun(rank, 2, 1), host=f"node{rank}", home=homes[rank]) for rank in range(2)])
    cluster.run()
    (alone,) = History(homes[1]).runs()
    assert alone.hosts == ("node1",)
    for _ in range(2):
        shutil.copytree(homes[1], homes[0], dirs_exist_ok=True)

    check_nodes(cluster.run(), ["node0", "node1"])


def test_ranks_of_mpi_find_each_other_on_their_node(cluster: Cluster) -> None:
    """Without an id of the job, ranks that have one parent and one host are one run."""
    finish([cluster.start(openmpi(rank, 2)) for rank in range(2)])

    run = cluster.run()
    assert (run.id.partition("-")[0], run.ranks) == ("ranks", 2)
    assert roles(cluster.home) == [(0, "main"), (1, "joined")]
    check_nodes(run, [this_host()])


def test_a_run_id_joins_nodes_that_no_launcher_joins(cluster: Cluster) -> None:
    """The user's id comes before those of launchers."""
    finish([cluster.start(torchrun(0, 1, 1, f"job{node}"), host=f"node{node}", run_id="mine") for node in range(2)])

    run = cluster.run()
    assert run.id == "mine"
    check_nodes(run, ["node0", "node1"])


@pytest.mark.timing
def test_before_a_local_rank_0_that_starts_late_another_meters(cluster: Cluster) -> None:
    """One meter measures the node from the first rank's start to the last one's end, 2.5 s."""
    early = [cluster.start(torchrun(rank), 2.5) for rank in range(1, 4)]
    wait_for_start(early)
    time.sleep(1)
    finish([cluster.start(torchrun(0), 1.0), *early])

    run = cluster.run()
    assert len(journals(cluster.home, "meter")) == 1
    assert (run.status, run.ranks) == ("completed", 4)
    check_nodes(run, [this_host()])
    assert run.nodes[0].duration_seconds == pytest.approx(2.5, abs=0.6 * slowness())


@pytest.mark.timing
def test_a_rank_that_is_killed_takes_no_energy_away(cluster: Cluster) -> None:
    """Rank 2 is killed; the launcher ends the others, and energy up to then is in the history."""
    ranks = [cluster.start(torchrun(rank), 30) for rank in range(4)]
    wait_for_start(ranks)
    time.sleep(1)
    ranks[2].kill()
    ranks[2].wait()
    assert History(cluster.home).runs()[0].status == "running"
    for rank in ranks:
        rank.send_signal(signal.SIGTERM)
    assert [rank.wait() for rank in ranks] == [-signal.SIGTERM, -signal.SIGTERM, -signal.SIGKILL, -signal.SIGTERM]

    run = cluster.run()
    assert (run.status, run.ranks) == ("killed", 4)
    (node,) = run.nodes
    assert run.it_energy_kwh is not None
    assert 1.0 * KWH_PER_SECOND < run.it_energy_kwh.best < 5.0 * KWH_PER_SECOND
    assert node.duration_seconds * KWH_PER_SECOND == pytest.approx(run.it_energy_kwh.best, rel=0.2)


@pytest.mark.timing
def test_a_local_rank_0_that_is_killed_leaves_its_energy(cluster: Cluster) -> None:
    """Its meter goes on for the other rank, and ends within two seconds of that one's end."""
    ranks = [cluster.start(torchrun(rank, 2, 2), 30) for rank in range(2)]
    wait_for_start(ranks)
    time.sleep(1)
    ranks[0].kill()
    time.sleep(1)
    assert History(cluster.home).runs()[0].status == "running"
    ranks[1].kill()
    killed = time.monotonic()
    wait_until(lambda: all(_has_ended(records) for records in journals(cluster.home, "meter")))
    assert time.monotonic() - killed < 2 * slowness()

    (end,) = of_type(journals(cluster.home, "meter")[0], "end")
    assert end["why"] == "process_ended"
    assert end["elapsed_seconds"] >= 2
    assert sum(end["energy_kwh"].values()) == pytest.approx(end["elapsed_seconds"] * KWH_PER_SECOND, rel=0.01)


@pytest.mark.timing
def test_an_elastic_restart_is_the_same_run(cluster: Cluster) -> None:
    """All ranks are killed, new ones begin later: two measurements of one node, and the time between is a gap."""
    first = [cluster.start(torchrun(rank, 2, 2), 30) for rank in range(2)]
    wait_for_start(first)
    time.sleep(1)
    for rank in first:
        rank.send_signal(signal.SIGTERM)
        rank.wait()
    time.sleep(1.5)
    finish([cluster.start(torchrun(rank, 2, 2) | {"TORCHELASTIC_RESTART_COUNT": "1"}) for rank in range(2)])

    run = cluster.run()
    assert (run.id, run.status, run.ranks) == ("elastic-job7", "completed", 2)
    check_nodes(run, [this_host()] * 2)
    (gap,) = [gap for gap in run.gaps if gap.reason == "restart"]
    assert gap.seconds == pytest.approx(1.5, abs=1.0 * slowness())
    parts = sum(node.duration_seconds for node in run.nodes)
    assert run.duration_seconds == pytest.approx(parts, rel=0.05)
    assert run.ended - run.started == pytest.approx(parts + gap.seconds, rel=0.1)


def test_a_program_started_again_with_the_same_run_id_goes_on_in_its_run(cluster: Cluster) -> None:
    """As after preemption: no launcher, but an id that the user keeps."""
    for _ in range(2):
        finish([cluster.start({}, 1.0, run_id="nightly 7")])

    run = cluster.run()
    assert run.id.startswith("nightly-7-")
    assert run.status == "completed"
    check_nodes(run, [this_host()] * 2)


def test_workers_of_a_rank_leave_no_records(cluster: Cluster, tmp_path: Path) -> None:
    """A process that a rank starts inherits its variables, and is a part of its run, not a second local rank 0."""
    body = f"import subprocess, sys\nsubprocess.run([sys.executable, '-c', {_PROGRAM!r}, *sys.argv[1:]], check=True)\n"
    program = _PROGRAM + "".join(f"    {line}\n" for line in body.splitlines())
    meter = f"replay:{tmp_path / 'power.jsonl'}"
    command = [sys.executable, "-c", program, "bert", meter, "0.5", ""]
    done = subprocess.run(
        command, env=environment(cluster.home, **torchrun(0)), capture_output=True, text=True, timeout=120, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert len(journals(cluster.home, "tracker")) == len(journals(cluster.home, "meter")) == 1
    assert json.loads(cluster.run().to_json())["ranks"] == 1


def test_a_task_of_an_array_has_two_numbers() -> None:
    """The one of Slurm's accounting alone and that of the array, with the cluster; another job has one number."""
    task = {"SLURM_JOB_ID": "401", "SLURM_ARRAY_JOB_ID": "400", "SLURM_ARRAY_TASK_ID": "1", "SLURM_CLUSTER_NAME": "a"}
    for variables, found in (
        (task, ("slurm-400_1", "slurm-401", "a")),
        ({"SLURM_JOB_ID": "401"}, ("slurm-401", None, None)),
        ({"PBS_JOBID": "7", "SLURM_CLUSTER_NAME": "a"}, ("pbs-7", None, None)),
    ):
        launch = launch_of(variables, ranks_of(variables))
        assert (launch.batch, launch.batch_raw, launch.cluster) == found
