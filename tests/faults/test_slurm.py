"""Jobs of a real Slurm: a record for each training, under an id by which the job and the task of an array are known."""

import shlex
import sys

import pytest
from fault_room import ALONE, KWH_PER_SECOND, PROGRAMS, Room, journals, wait_until
from slurm_node import SlurmNode

from greentrain import Run

pytestmark = [pytest.mark.heavy, pytest.mark.timing]
TRAIN = shlex.join([sys.executable, str(PROGRAMS / "in_job.py")])


class Cluster:
    """The node, and the room to which its jobs write."""

    def __init__(self, node: SlurmNode, room: Room) -> None:
        self.node, self.room = node, room
        self.environment = room.environment | {"TRACKED_BY": "greentrain"}

    def submit(self, script: str, *options: str) -> int:
        """Submit a script; give the job's id."""
        return self.node.submit(script, *options, environment=self.environment, work=self.room.work)

    def run(self, script: str, *options: str) -> int:
        """Submit a script and wait until the job is over."""
        job = self.submit(script, *options)
        self.node.wait_for_state(job)
        return job

    def wait_for_training(self) -> None:
        """Wait until a training says that it is ready."""
        wait_until(lambda: any("ready" in path.read_text() for path in self.room.work.glob("*.out")))

    def by_name(self) -> dict[str | None, Run]:
        """Return the runs by their names, which are different."""
        runs = self.room.runs(wait=False)
        found = {run.name: run for run in runs}
        assert len(found) == len(runs)
        return found


@pytest.fixture
def cluster(slurm: SlurmNode, room: Room) -> Cluster:
    """A Slurm whose jobs write to the room."""
    return Cluster(slurm, room)


def seconds(run: Run) -> float:
    """Return how long the recorded computer was metered, by the energy that it drew. [s]"""
    assert run.it_energy_kwh is not None
    return run.it_energy_kwh.best / (ALONE * KWH_PER_SECOND)


def test_one_process_in_a_job_of_many_tasks(cluster: Cluster) -> None:
    """Without srun there is one process, however many tasks the job might start."""
    cluster.run(f"{TRAIN} alone 1", "--ntasks=4")
    run = cluster.room.run_alone()
    assert (run.name, run.status, run.ranks, run.is_complete) == ("alone", "completed", 1, True)


def test_a_job_that_is_cancelled(cluster: Cluster) -> None:
    """A job that is cancelled leaves a run that was killed, with the energy up to then."""
    job = cluster.submit(f"{TRAIN} cancelled 2 waits")
    cluster.wait_for_training()
    wait_until(lambda: journals(cluster.room.home, "meter"))
    cluster.node.command("scancel", str(job))
    assert [one.state for one in cluster.node.wait_for_state(job)] == ["CANCELLED"]
    check_killed(cluster, job, "cancelled")


def test_a_job_over_its_limit_of_time(cluster: Cluster) -> None:
    """A job that Slurm ends at its limit of time leaves a run that was killed, with the energy up to then."""
    job = cluster.submit(f"{TRAIN} long 2 waits", "--time=1")
    cluster.wait_for_training()
    cluster.node.reach_time_limit(job)
    assert [one.state for one in cluster.node.wait_for_state(job, seconds=150)] == ["TIMEOUT"]
    run = check_killed(cluster, job, "long")
    assert seconds(run) == pytest.approx(run.duration_seconds, rel=0.1)


def check_killed(cluster: Cluster, job: int, name: str) -> Run:
    """Check that the one run was killed and is the job's; give it."""
    (run,) = cluster.room.runs(wait=False)
    assert (run.name, run.status, run.ranks) == (name, "killed", 1)
    assert run.id.startswith(f"slurm-{job}")
    return run
