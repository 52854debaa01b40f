"""Jobs of a real Slurm: a record for each training, under an id by which the job and the task of an array are known."""

import shlex
import sys

import pytest
from fault_room import ALONE, KWH_PER_SECOND, PROGRAMS, Room, journals, wait_until
from slurm_node import SlurmNode

from greentrain import Run

pytestmark = [pytest.mark.heavy, pytest.mark.timing]
TRAIN = shlex.join([sys.executable, str(PROGRAMS / "in_job.py")])
COMMAND = shlex.join([sys.executable, "-c", "import sys; from greentrain.cli import main; sys.exit(main())"])


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


def test_tasks_of_an_array(cluster: Cluster) -> None:
    """Fault 65: each task of a job array is a run, whose id has the array's and the task's number."""
    array = cluster.run(f'{TRAIN} "task $SLURM_ARRAY_TASK_ID" 1', "--array=1-3")
    runs = cluster.by_name()
    assert {name: (run.status, run.ranks, run.is_complete) for name, run in runs.items()} == {
        f"task {task}": ("completed", 1, True) for task in (1, 2, 3)
    }
    assert all(runs[f"task {task}"].id.startswith(f"slurm-{array}_{task}") for task in (1, 2, 3))
    assert [seconds(run) for run in runs.values()] == pytest.approx([1.0] * 3, rel=0.3)


def test_a_loop_of_trainings_in_one_job(cluster: Cluster) -> None:
    """Fault 65: of three trainings one after another in a job, the second fails: three runs, each with its end."""
    job = cluster.run(f"{TRAIN} first 1\n{TRAIN} second 1 raises\n{TRAIN} third 1")
    runs = cluster.by_name()
    assert {name: (run.status, run.error, run.project, run.ranks) for name, run in runs.items()} == {
        "first": ("completed", None, "project of first", 1),
        "second": ("failed", "ArithmeticError", "project of second", 1),
        "third": ("completed", None, "project of third", 1),
    }
    assert len({run.id for run in runs.values()}) == 3
    assert all(run.id.startswith(f"slurm-{job}") for run in runs.values())
    assert [seconds(run) for run in runs.values()] == pytest.approx([1.0] * 3, rel=0.3)


def test_a_loop_of_trainings_of_one_name(cluster: Cluster) -> None:
    """Fault 65: seeds that are trained one after another under one name are as many runs."""
    cluster.run(f"for seed in 1 2 3; do {TRAIN} seeds 0.5; done")
    runs = cluster.room.runs(wait=False)
    assert [(run.name, run.status, run.ranks) for run in runs] == [("seeds", "completed", 1)] * 3


def test_trainings_side_by_side_in_one_job(cluster: Cluster) -> None:
    """Fault 65: two steps of a job at the same time, of which one fails, are two runs."""
    step = "srun --exact --ntasks=1 --cpus-per-task=1"
    cluster.run(f"{step} {TRAIN} left 1 & {step} {TRAIN} right 1 raises & wait", "--ntasks=2")
    assert {name: (run.status, run.ranks) for name, run in cluster.by_name().items()} == {
        "left": ("completed", 1), "right": ("failed", 1),
    }  # fmt: skip


def test_ranks_of_a_step(cluster: Cluster) -> None:
    """Fault 65: the four tasks of one step are ranks of one run, and the next step is another run."""
    job = cluster.run(f"srun --ntasks=4 {TRAIN} wide 1\nsrun --ntasks=2 {TRAIN} narrow 1", "--ntasks=4")
    runs = cluster.by_name()
    assert {name: (run.status, run.ranks, len(run.nodes)) for name, run in runs.items()} == {
        "wide": ("completed", 4, 1), "narrow": ("completed", 2, 1),
    }  # fmt: skip
    assert all(run.id.startswith(f"slurm-{job}") for run in runs.values())
    assert [seconds(run) for run in runs.values()] == pytest.approx([1.0] * 2, rel=0.5)


def test_every_rank_of_a_step_is_counted(cluster: Cluster) -> None:
    """Fault 65: two tasks of a step use twice the CPU time of one: Slurm's own process is what both descend from."""
    code = "import sys, time; from greentrain import track\nwith track(sys.argv[1], quiet=True):\n"
    code += "    while time.process_time() < 3: pass"
    train = shlex.join([sys.executable, "-c", code])
    cluster.run(f"{train} one\nsrun --ntasks=2 {train} two", "--ntasks=2")
    runs = cluster.by_name()
    assert {name: (run.ranks, len(run.nodes)) for name, run in runs.items()} == {"one": (1, 1), "two": (2, 1)}
    one, two = (runs[name].energy_kwh["cpu"] or 0.0 for name in ("one", "two"))
    assert two == pytest.approx(2 * one, rel=0.2)


def test_one_process_in_a_job_of_many_tasks(cluster: Cluster) -> None:
    """Fault 65: without srun there is one process, however many tasks the job might start."""
    cluster.run(f"{TRAIN} alone 1", "--ntasks=4")
    run = cluster.room.run_alone()
    assert (run.name, run.status, run.ranks, run.is_complete) == ("alone", "completed", 1, True)


def test_a_command_that_is_wrapped(cluster: Cluster) -> None:
    """Fault 65: ``greentrain track`` in a job, and in a step of two tasks: each is one run."""
    wrapped = f"{COMMAND} track --quiet --meter $METER --name"
    cluster.run(f"{wrapped} batch -- sleep 1\nsrun --ntasks=2 {wrapped} step -- sleep 1", "--ntasks=2")
    assert {name: (run.status, run.ranks) for name, run in cluster.by_name().items()} == {
        "batch": ("completed", 1), "step": ("completed", 2),
    }  # fmt: skip


def submit_tracked(cluster: Cluster, *options: str) -> int:
    """Submit a training from a tracked program; give the job's id."""
    submit = shlex.join(["sbatch", "--parsable", f"--chdir={cluster.room.work}", *options, f"--wrap={TRAIN} inner 1"])
    words = f"{COMMAND} track --quiet --meter $METER --name outer -- {submit}"
    done = cluster.room.launch(["sh", "-c", words], environment=cluster.environment | cluster.node.environment).end()
    assert done.code == 0, done.err
    return int(done.out)


def test_a_job_that_a_tracked_program_submits(cluster: Cluster) -> None:
    """Fault 65: a job inherits the variables of the run that submits it, and is no part of that when it has ended."""
    job = submit_tracked(cluster, "--begin=now+2")
    cluster.node.wait_for_state(job, "COMPLETED")
    assert {name: (run.status, run.ranks) for name, run in cluster.by_name().items()} == {
        "outer": ("completed", 1), "inner": ("completed", 1),
    }  # fmt: skip


def test_a_job_that_a_tracked_program_waits_for(cluster: Cluster) -> None:
    """Fault 65: a job is started by Slurm and not by the run that waits for it: it is a run of its own."""
    submit_tracked(cluster, "--wait")
    assert {name: (run.status, run.ranks) for name, run in cluster.by_name().items()} == {
        "outer": ("completed", 1), "inner": ("completed", 1),
    }  # fmt: skip


def test_a_job_that_is_requeued(cluster: Cluster) -> None:
    """Fault 65: a job that is started again goes on with its run: one rank, two sessions, and the gap between them."""
    job = cluster.submit(f"{TRAIN} again 1 waits", "--requeue", "--open-mode=append")
    cluster.wait_for_training()
    cluster.node.requeue(job)
    (done,) = cluster.node.wait_for_state(job, "COMPLETED")
    run = cluster.room.run_alone()
    assert (done.restarts, run.name, run.status, run.ranks) == (1, "again", "completed", 1)
    assert run.id.startswith(f"slurm-{job}")
    assert len(journals(cluster.room.home, "tracker")) == 2
    assert [gap.reason for gap in run.gaps] == ["restart"]


def test_a_job_that_is_cancelled(cluster: Cluster) -> None:
    """Fault 65: a job that is cancelled leaves a run that was killed, with the energy up to then."""
    job = cluster.submit(f"{TRAIN} cancelled 2 waits")
    cluster.wait_for_training()
    wait_until(lambda: journals(cluster.room.home, "meter"))
    cluster.node.command("scancel", str(job))
    assert [one.state for one in cluster.node.wait_for_state(job)] == ["CANCELLED"]
    check_killed(cluster, job, "cancelled")


def test_a_job_over_its_limit_of_time(cluster: Cluster) -> None:
    """Fault 65: a job that Slurm ends at its limit of time leaves a run that was killed, with the energy up to then."""
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
