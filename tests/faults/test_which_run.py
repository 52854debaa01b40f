"""Which run is this: what a process inherits or a launcher says describes a place to run in, not a training."""

import json
import shlex
import sys
from pathlib import Path

import pytest
from built import program
from fault_room import ALONE, GREENTRAIN, KWH_PER_SECOND, PROGRAMS, Room, journals, records, wait_until

from greentrain import Run

JOBS = {
    "slurm": {"SLURM_JOB_ID": "900"},
    "array": {"SLURM_JOB_ID": "901", "SLURM_ARRAY_JOB_ID": "900", "SLURM_ARRAY_TASK_ID": "7"},
    "pbs": {"PBS_JOBID": "900.server"},
    "lsf": {"LSB_JOBID": "900"},
    "sge": {"JOB_ID": "900", "SGE_TASK_ID": "undefined", "QUEUE": "all.q"},
    "flux": {"FLUX_JOB_ID": "\u0192MGj7yhAV"},
}
"""What batch systems put into the environment of a job."""

SHORT_PATH = {"TMPDIR": "/tmp"}
"""A server of forks has a socket there, whose path has to be short."""

TORCHRUN = {"TORCHELASTIC_RUN_ID": "100", "RANK": "0", "LOCAL_RANK": "0", "WORLD_SIZE": "1"}


def facts(room: Room) -> list[tuple[str | None, str, int]]:
    """Return name, status and ranks of the runs, oldest first."""
    return [(run.name, run.status, run.ranks) for run in room.runs()]


def metered_seconds(run: Run) -> float:
    """Return how long the recorded computer was metered, by the energy that it drew. [s]"""
    assert run.it_energy_kwh is not None
    return run.it_energy_kwh.best / (ALONE * KWH_PER_SECOND)


@pytest.mark.parametrize("method", ["fork", "spawn", "forkserver"])
def test_workers_that_outlive_a_run(room: Room, method: str) -> None:
    """Fault 45: workers that were started inside a run train when it has ended: each training is a run of its own."""
    assert room.run("which_run", "pool", method, environment=SHORT_PATH) == (0, "", "")
    first, *later = room.runs()
    assert (first.name, first.status) == ("first", "completed")
    assert [(run.name, run.status, run.ranks) for run in later] == [("later", "completed", 1)] * 4
    assert [metered_seconds(run) for run in later] == pytest.approx([0.3] * 4, abs=0.4)


@pytest.mark.parametrize(("way", "out", "count"), [("shell", "0\n", 1), ("server", "", 2)])
def test_environment_of_a_run_that_has_ended(room: Room, way: str, out: str, count: int) -> None:
    """Fault 45: a shell, and a server, that were started inside a run train when it has ended: they are on record."""
    assert room.run("which_run", way) == (0, out, "")
    assert facts(room) == [("first", "completed", 1), *[("later", "completed", 1)] * count]


@pytest.mark.parametrize("job", JOBS)
def test_trainings_of_one_job(room: Room, job: str) -> None:
    """Fault 46: three trainings of a batch job, one of them failing, are three runs, each with its name and end."""
    for name, *end in (("first",), ("second", "raises"), ("third",)):
        code = room.run("in_job", name, 0.3, *end, environment=JOBS[job]).code
        assert code == len(end)
    runs = room.runs()
    assert [(run.name, run.project, run.status, run.error, run.ranks) for run in runs] == [
        ("first", "project of first", "completed", None, 1),
        ("second", "project of second", "failed", "ArithmeticError", 1),
        ("third", "project of third", "completed", None, 1),
    ]
    assert len({run.id for run in runs}) == 3
    number = "MGj7yhAV" if job == "flux" else "900_7" if job == "array" else "900"
    assert all(number in run.id for run in runs)


def test_trainings_of_one_job_at_once(room: Room) -> None:
    """Fault 46: three trainings side by side in one job, one of them failing, are three runs."""
    trainings = [room.start("in_job", name, 1.0, *end, environment=JOBS["slurm"])
                 for name, *end in (("first",), ("second", "raises"), ("third",))]  # fmt: skip
    assert [training.end().code for training in trainings] == [0, 1, 0]
    assert sorted(facts(room)) == [("first", "completed", 1), ("second", "failed", 1), ("third", "completed", 1)]


def test_trainings_of_one_process_in_a_job(room: Room) -> None:
    """Fault 46: each ``with track(...)`` of one process in a job is a run, those of one name too."""
    names = ["left", "right", "right"]
    assert room.run("named", json.dumps(names), environment=JOBS["slurm"]).code == 0
    assert facts(room) == [(name, "completed", 1) for name in names]
    assert [run.project for run in room.runs()] == names


def test_a_job_that_was_started_again(room: Room) -> None:
    """Fault 46: where the batch system says that it starts a job again, the run of that name goes on, with one rank."""
    training = room.start("in_job", "again", 0.3, "waits", environment=JOBS["slurm"]).wait_for()
    wait_until(lambda: records(room.home, "meter", "sample"))
    training.signal(9).end()
    again = JOBS["slurm"] | {"SLURM_RESTART_COUNT": "1"}
    assert room.run("in_job", "again", 0.3, "waits", environment=again).code == 0
    assert room.run("in_job", "other", 0.3, environment=again).code == 0
    assert facts(room) == [("again", "completed", 1), ("other", "completed", 1)]
    assert [len(list(Path(run.folders[0]).glob("*.tracker.jsonl"))) for run in room.runs()] == [2, 1]


@pytest.mark.parametrize("names", [("monday", "tuesday"), ("daily", "daily")])
def test_one_id_of_a_launcher_every_day(room: Room, names: tuple[str, str]) -> None:
    """Fault 47: what is launched again under a constant id, when the run before has ended, is a run of its own."""
    for name, *end in ((names[0], "raises"), (names[1],)):
        room.run("in_job", name, 0.3, *end, environment=TORCHRUN)
    assert facts(room) == [(names[0], "failed", 1), (names[1], "completed", 1)]


def test_a_run_that_nobody_stops(room: Room) -> None:
    """Fault 53: runs after one that was forgotten have their own names, projects and places."""
    assert room.run("which_run", "forgotten") == (0, "", "")
    found = sorted((str(run.name), run.project, run.status, run.site.g_per_kwh.best) for run in room.runs())
    assert found == [
        ("forgotten", None, "completed", 500), ("later", None, "completed", 500), ("proper", "P", "completed", 100),
    ]  # fmt: skip


@pytest.mark.timing
@pytest.mark.parametrize("milliseconds", [0.5, 1, 2, 3, 5, 8, 12, 20, 40, 80, 120])
def test_an_interruption_while_a_run_starts(room: Room, milliseconds: float) -> None:
    """Fault 53: whenever a start is interrupted, it leaves nothing behind that swallows the next run."""
    assert room.run("which_run", "interrupted", milliseconds) == (0, "interrupted\n", "")
    *_, second = room.runs(seconds=5.0)  # the meter of an interrupted start may never have been there
    assert (second.name, second.status) == ("second", "completed")
    assert metered_seconds(second) == pytest.approx(0.5, abs=0.3)


def test_runs_that_nobody_stops_at_the_end(room: Room) -> None:
    """Fault 54: when the program ends, nothing is started: two runs, both completed, none of them beyond the end."""
    assert room.run("which_run", "at_exit") == (0, "", "")
    runs = room.runs()
    assert [(run.name, run.status) for run in runs] == [("a", "completed"), ("b", "completed")]
    assert [run.duration_seconds for run in runs] == pytest.approx([1.0, 1.0], abs=0.4)


@pytest.mark.timing
def test_ranks_that_nobody_launched(room: Room) -> None:
    """Fault 57: variables of a rank that are left over do not mean that another process measures."""
    environment = {"RANK": "1", "LOCAL_RANK": "1", "WORLD_SIZE": "2", "QUIET": None}
    outcome = room.run("training", "returns", 6, environment=environment)
    run = room.run_alone()
    assert run.status == "completed"
    assert "part of" not in outcome.err
    assert "measured" not in outcome.err.replace("not measured", "") or metered_seconds(run) >= 3.0
    assert metered_seconds(run) >= 3.0


def test_a_wrapper_in_a_wrapper(room: Room) -> None:
    """Fault 63: a wrapped command that wraps another is one run with one rank."""
    words = (*GREENTRAIN, "track", "--quiet", "--meter", room.environment["METER"], "--")
    assert room.launch([*words, *words, "sleep", "0.5"]).end() == (0, "", "")
    assert room.run_alone().ranks == 1
    assert len(journals(room.home, "meter")) == 1


@pytest.mark.timing
@pytest.mark.parametrize("moment", ["start", "log", "span", "end"])
@pytest.mark.parametrize("kind", ["own", "system"])
def test_limits_of_time_reach_the_training(room: Room, moment: str, kind: str) -> None:
    """Fault 52: each exception that the user's signal handler raises arrives, also inside of greentrain."""
    outcome = room.run("alarmed", moment, kind)
    came, caught = map(int, outcome.out.split())
    assert outcome.code == 0
    assert came >= 30
    assert caught == came


def test_a_frozen_application(room: Room) -> None:
    """Fault 51: an application in which Python is packed never starts itself as a meter; one line at most says so."""
    words = shlex.join([sys.executable, str(PROGRAMS / "frozen.py")])
    path = program(room, "packed", f"exec {words}")
    environment = {"QUIET": None, "FROZEN": str(room.folder / "bin" / "packed")}
    outcome = room.launch([environment["FROZEN"]], environment=environment | {"PATH": path}).end()
    assert (outcome.code, outcome.out) == (0, "trained\n")
    assert (room.work / "starts").read_text() == "x"
    (run,) = room.runs(wait=False)  # no meter has started whose end could be awaited
    assert (run.name, run.status) == ("packed", "completed")
    assert outcome.err.count("GreentrainWarning") <= 1


@pytest.mark.timing
@pytest.mark.parametrize(("names", "runs"), [("aaaaa", "a"), ("abcde", "abcde")])
def test_coroutines_at_once(room: Room, names: str, runs: str) -> None:
    """Fault 62: five coroutines of a second, gathered: one run of one name, else five, each of its own second."""
    assert room.run("which_run", "gathered", *names) == (0, "", "")
    found = room.runs()
    assert sorted(str(run.name) for run in found) == list(runs)
    assert {run.status for run in found} == {"completed"}
    assert [run.duration_seconds for run in found] == pytest.approx([1.0] * len(runs), abs=0.3)
    assert sum(metered_seconds(run) for run in found) <= 1.5


@pytest.mark.parametrize("failing", [0, 1, 2])
@pytest.mark.parametrize("kind", ["threads", "coroutines", "generators"])
def test_one_of_several_at_once_fails(room: Room, kind: str, failing: int) -> None:
    """Fault 62: of three calls of one name at once one fails, the first, the second or the last: the run has failed."""
    assert room.run("which_run", "beside", kind, failing) == (0, "1\n", "")
    run = room.run_alone()
    assert (run.name, run.status, run.error) == ("one", "failed", "ArithmeticError")


def test_a_call_that_makes_good(room: Room) -> None:
    """Fault 62: what fails inside a call of the same name is that call's to judge, which completes."""
    assert room.run("which_run", "retried") == (0, "", "")
    run = room.run_alone()
    assert (run.name, run.status, [span.error for span in run.spans]) == ("one", "completed", ["ArithmeticError", None])


def test_no_descriptor_left(room: Room) -> None:
    """Fault 63: a process without a file descriptor trains all the same, with one line about the record at most."""
    outcome = room.run("crowded", environment={"QUIET": None})
    assert outcome[:2] == (0, "none left\ntrained\n")
    assert "Traceback" not in outcome.err
