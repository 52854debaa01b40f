"""Which run a start belongs to: what joins, what separates, and what is inside what."""

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from tracked import environment, program, run

import greentrain
from greentrain import History
from greentrain.errors import is_from_handler
from greentrain.journal import JournalWriter, host_name, process_started
from greentrain.tracking.identity import (
    TRACKER,
    WRAPPER,
    Ancestor,
    RecordedSession,
    ancestor,
    is_one_run,
    read_session,
)
from greentrain.tracking.lifecycle import REGISTRY

LIMITS = [
    ("TimeLimit", "def handler(number, frame): raise TimeLimit"),
    ("Late", "def handler(*_): raise Late"),
    (
        "TimeoutError",
        "def late(frame): raise TimeoutError\n    handler = partial(lambda late, number, frame: late(frame), late)",
    ),
    ("OSError", "def handler(number, frame): number = frame = None; raise OSError(110, 'over')"),
    ("FileNotFoundError", "def handler(*given, **_): raise FileNotFoundError"),
    (
        "Wrong",
        "class Clock:\n        def over(self, number, frame): del frame; raise Wrong\n    handler = Clock().over",
    ),
    ("ValueError", "class Clock:\n        def __call__(self, *_): int('over')\n    handler = Clock()"),
    ("Stop", "def handler(number, frame): raise Stop"),
    ("KeyboardInterrupt", "handler = signal.default_int_handler"),
]
"""What handlers raise, and how they take what they are given."""


@pytest.fixture(autouse=True)
def _nothing_is_left() -> Iterator[None]:
    """After each test this process is in no run, and shows none to its children."""
    yield
    assert REGISTRY.active is None
    assert "GREENTRAIN_SESSION" not in os.environ


@pytest.fixture
def track(tmp_path: Path) -> Callable[..., Any]:
    """``track`` without a meter, with the records in the test's folder."""
    return partial(greentrain.track, home=tmp_path / "home", meter="none", quiet=True)


def named(home: Path) -> list[tuple[str | None, str | None, str]]:
    """Return name, project and status of every recorded run, the oldest first."""
    return [(one.name, one.project, one.status) for one in reversed(History(home).runs())]


def here(**changes: object) -> Ancestor:
    """Describe this process as one that tracks."""
    found = Ancestor("abc", os.getpid(), process_started(os.getpid()), TRACKER, host_name(), "/a:b/c")
    return found._replace(**changes)  # type: ignore[arg-type]


def test_the_session_survives_the_environment() -> None:
    """Also with colons in the folder, and where no start is known."""
    for session in (here(), here(started=None), here(folder=""), here(role=WRAPPER)):
        assert read_session(session.text()) == session


@pytest.mark.parametrize("text", ["", "abc", "abc:1", "abc:x:1:tracker:host:/f", ":1:1:tracker:host:/f", "1"])
def test_what_is_no_session_is_none(text: str) -> None:
    """A variable of that name with other content is ignored."""
    assert read_session(text) is None


def test_an_ancestor_counts_while_its_run_goes_on_on_this_host(tmp_path: Path) -> None:
    """Another host's, a dead one's, one that has ended, and one that no journal knows do not; the next above does."""
    with subprocess.Popen([sys.executable, "-c", "pass"]) as dead:
        dead.wait()
    outer, inner = (JournalWriter(str(tmp_path), "tracker") for _ in range(2))
    above = here(folder=str(tmp_path), session="outer")
    outer.write({"type": "start", "session": "outer", "pid": os.getpid()})
    inner.write({"type": "start", "session": "inner", "pid": os.getpid(), "inside": above.text()})
    below = above._replace(session="inner")

    assert ancestor(below.text()) == below
    gone = [below._replace(**change) for change in ({"host": "elsewhere"}, {"started": 1}, {"pid": dead.pid})]
    assert [ancestor(other.text()) for other in gone] == [above] * 3
    unknown = [here(), below._replace(session="another"), below._replace(folder="")]
    assert [ancestor(other.text()) for other in unknown] == [None] * 3
    inner.write({"type": "end", "status": "completed"})
    assert ancestor(below.text()) == above
    outer.write({"type": "end", "status": "completed"})
    assert ancestor(below.text()) is None


def test_runs_join_the_wrapper_and_what_they_were_before_an_exec() -> None:
    """Below another tracker they record nothing."""
    assert here(role=WRAPPER, pid=1).is_joined_by_runs
    assert here().is_joined_by_runs
    assert not here(pid=1).is_joined_by_runs
    assert not here(role=WRAPPER, folder="").is_joined_by_runs


def session(folder: Path, ended: str | None = None, **changes: Any) -> RecordedSession:
    """Write a session of rank 0 of two, of this process or another one, as a journal has it."""
    launch = {"job": "slurm-9", "batch": "slurm-9", "token": None, "attempt": [0, 0], "agent": None}
    launch |= changes.pop("launch", {})
    ranks = {"rank": 0, "local_rank": 0, "world_size": 2} | changes.pop("ranks", {})
    start = {
        "type": "start", "session": os.urandom(4).hex(), "name": "fit", "project": "p", "host": host_name(), "pid": 1,
        "pid_started": 1, "estimate_inputs": {"location": "FR"}, "launch": launch, "ranks": ranks,
    } | changes  # fmt: skip
    journal = JournalWriter(str(folder), "tracker")
    journal.write(start)
    if ended:
        journal.write({"type": "end", "status": ended})
    journal.close()
    return RecordedSession(journal.path, start)


AGAIN = {"attempt": [1, 0], "execution": "h:3:4"}
ALIVE = {"pid": os.getpid(), "pid_started": process_started(os.getpid())}


@pytest.mark.parametrize(
    ("other", "own", "expected"),
    [
        # ranks that were started together
        (ALIVE, {"ranks": {"rank": 1}}, True),
        ({"ended": "completed"}, {"ranks": {"rank": 1}}, True),  # it ended a moment ago
        (ALIVE, {"ranks": {"rank": 1}, "name": "other"}, False),
        (ALIVE, {"ranks": {"rank": 1}, "project": "other"}, False),
        (ALIVE, {"ranks": {"rank": 1}, "estimate_inputs": {"location": "PL"}}, False),
        (ALIVE, {"ranks": {"rank": 1, "world_size": 3}}, False),
        (ALIVE | {"launch": {"token": "step 1"}}, {"ranks": {"rank": 1}, "launch": {"token": "step 2"}}, False),
        (ALIVE | {"launch": {"batch": "slurm-8"}}, {"ranks": {"rank": 1}}, False),
        # the same rank once more: a run of its own, unless it is a restart
        (ALIVE, {}, False),
        ({"ended": "completed"}, {}, False),
        ({}, {}, False),
        ({"ended": "failed"}, {"launch": {"attempt": [1, 0]}}, True),
        ({"ended": "completed"}, {"launch": {"attempt": [1, 0]}}, True),
        ({"ended": "failed"}, {"launch": {"attempt": [1, 0]}, "name": "other"}, False),
        ({"launch": {"batch": None}}, {"launch": {"batch": None, "attempt": [0, 1]}}, True),
        ({"launch": {"batch": None}, "ended": "completed"}, {"launch": {"batch": None, "attempt": [0, 1]}}, False),
        ({"launch": {"agent": "h:1:2"}}, {"launch": {"agent": "h:1:2"}}, True),
        ({"launch": {"agent": "h:1:2"}}, {"launch": {"agent": "h:1:3"}}, False),
        # a batch system that states that it started the job again, and not how often
        ({"ended": "failed", "launch": AGAIN}, {"launch": AGAIN | {"execution": "h:5:6"}}, True),
        ({"ended": "completed", "launch": AGAIN}, {"launch": AGAIN | {"execution": "h:5:6"}}, True),
        ({"launch": AGAIN}, {"launch": AGAIN}, True),
        ({"ended": "completed", "launch": AGAIN}, {"launch": AGAIN}, False),
        (ALIVE | {"launch": AGAIN}, {"launch": AGAIN | {"execution": "h:5:6"}}, False),
        # processes that are no ranks
        (ALIVE | {"ranks": {"rank": None}}, {"ranks": {"rank": None}}, False),
        ({"ranks": {"rank": None}}, {"ranks": {"rank": None}, "launch": {"attempt": [1, 0]}}, True),
    ],
)
def test_two_sessions_are_one_run_on_evidence_only(
    tmp_path: Path, other: dict[str, Any], own: dict[str, Any], expected: bool
) -> None:
    """Ranks started together, and restarts that say so; the same job alone is none."""
    recorded = session(tmp_path, **other)
    assert is_one_run(session(tmp_path / "..", **{"pid": 2, **own}), [recorded]) is expected


LOOP = """
for seed in range(3):
    try:
        with track(sys.argv[1].format(seed), project=f"p{seed}", quiet=True):
            time.sleep(0.05)
            1 / (seed - 1)
    except ZeroDivisionError:
        pass
"""


@pytest.mark.slow
@pytest.mark.parametrize("name", ["seed{}", "fit"])
@pytest.mark.parametrize(
    "more",
    [
        {}, {"SLURM_JOB_ID": "900"},
        {"SLURM_JOB_ID": "900", "SLURM_PROCID": "0", "SLURM_LOCALID": "0", "SLURM_NTASKS": "4"},
        {"TORCHELASTIC_RUN_ID": "100", "RANK": "0", "LOCAL_RANK": "0", "WORLD_SIZE": "1"}, {"PBS_JOBID": "12[3].host"},
    ],
    ids=["alone", "slurm", "batch step", "torchrun", "pbs"],
)  # fmt: skip
def test_a_loop_over_seeds_in_one_job_is_a_run_each(tmp_path: Path, name: str, more: dict[str, str]) -> None:
    """Each under its own name, project and status, in one process as in three at once."""
    path = program(tmp_path, LOOP)
    many = [
        subprocess.Popen([sys.executable, path, name], env=environment(tmp_path / "home", **more)) for _ in range(2)
    ]
    assert [one.wait(60) for one in many] == [0, 0]

    expected = [
        (name.format(seed), f"p{seed}", "failed" if seed == 1 else "completed") for seed in range(3) for _ in range(2)
    ]
    assert sorted(named(tmp_path / "home"), key=lambda one: str(one[1])) == expected
    ids = [one.id for one in History(tmp_path / "home").runs()]
    job = {"SLURM_JOB_ID": "slurm-900", "TORCHELASTIC_RUN_ID": "elastic-100", "PBS_JOBID": "pbs-12_3.host"}
    assert all(id.startswith(job[next(iter(more))] if more else "2") for id in ids)


@pytest.mark.slow
def test_a_job_that_is_started_again_goes_on_in_its_runs(tmp_path: Path) -> None:
    """Each seed of a requeued job is one run of one rank and two sessions."""
    for restarts in ("0", "1"):
        more = {"SLURM_JOB_ID": "8", "SLURM_ARRAY_JOB_ID": "2", "SLURM_ARRAY_TASK_ID": "1"}
        path = program(tmp_path, LOOP)
        env = environment(tmp_path / "home", **more, SLURM_RESTART_COUNT=restarts)
        subprocess.run([sys.executable, path, "seed{}"], env=env, check=True, timeout=60)

    runs = History(tmp_path / "home").runs()
    assert sorted(one.id for one in runs) == ["slurm-2_1", "slurm-2_1-seed1", "slurm-2_1-seed2"]
    assert [(one.ranks, len(one.nodes)) for one in runs] == [(1, 2)] * 3


def test_a_start_that_was_forgotten_keeps_nothing_from_later_runs(track: Callable[..., Any], tmp_path: Path) -> None:
    """Neither a block of another name nor the same cell run again are parts of it."""
    cell = [track("cell").start() for _ in range(3)]
    with track("proper", project="P"), track("inner") as inner:
        pass
    assert inner.role == "span"
    for one in cell:
        one.stop()

    runs = sorted(named(tmp_path / "home"))  # they start within a millisecond
    assert runs == [("cell", None, "completed")] * 3 + [("proper", "P", "completed")]


def test_a_paused_generator_is_around_nothing(track: Callable[..., Any], tmp_path: Path) -> None:
    """What its caller does between two of its values is not inside it; what it calls is."""
    roles = []

    @track("batches")
    def batches() -> Iterator[int]:
        for number in range(2):
            with track("load") as load:
                roles.append(load.role)
            yield number

    for _ in batches():
        with track("step") as step:
            roles.append(step.role)
    assert roles == ["span", "main"] * 2
    assert [name for name, _, _ in named(tmp_path / "home")] == ["batches", "step", "step"]


def test_blocks_of_threads_are_theirs(track: Callable[..., Any], tmp_path: Path) -> None:
    """Two threads with runs of different names have a record each; one tracker ends the run of the thread it is in."""
    barrier = threading.Barrier(2, timeout=30)

    def work(name: str) -> None:
        with track(name):
            barrier.wait()
            barrier.wait()

    threads = [threading.Thread(target=work, args=(name,)) for name in ("one", "two")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(named(tmp_path / "home")) == [("one", None, "completed"), ("two", None, "completed")]


@pytest.mark.slow
def test_a_thread_that_goes_on_after_the_block_around_it(tmp_path: Path) -> None:
    """From then on it is a run of its own, whose record says where the time before is counted."""
    body = """
    def work():
        with track("inner", quiet=True):
            time.sleep(1.0)

    with track("outer", quiet=True):
        thread = threading.Thread(target=work)
        thread.start()
        time.sleep(0.5)
    thread.join()
    """
    assert run(tmp_path, body).stderr == ""
    inner, outer = History(tmp_path / "home").runs()
    assert [(one.name, one.status) for one in (outer, inner)] == [("outer", "completed"), ("inner", "completed")]
    assert [span.name for span in outer.spans] == ["inner"]
    (note,) = [note for note in inner.notes if "began" in note]
    seconds = float(note.split()[2])
    assert note == f"It began {seconds} s earlier inside the run {outer.id}, where that time is counted."
    assert seconds + inner.duration_seconds >= 0.95


def test_what_a_handler_raises_inside_of_a_generator() -> None:
    """Python makes another error of what ends iterations; it is the handler's all the same."""

    def handler(number: int, frame: object) -> None:
        raise StopIteration

    def values() -> Iterator[int]:
        signal.raise_signal(signal.SIGUSR1)
        yield 1

    before = signal.signal(signal.SIGUSR1, handler)
    try:
        with pytest.raises(RuntimeError) as caught:
            next(values())
    finally:
        signal.signal(signal.SIGUSR1, before)
    assert is_from_handler(caught.value)
    assert not is_from_handler(RuntimeError("generator raised StopIteration"))


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["fork", "spawn", "forkserver"])
def test_workers_that_outlive_their_run_track_runs_of_their_own(tmp_path: Path, kind: str) -> None:
    """Inside the first run and after it each call has a record."""
    body = f"""
    import multiprocessing
    from concurrent.futures import ProcessPoolExecutor

    @track("later", quiet=True)
    def fit(number):
        time.sleep(0.1)

    if __name__ == "__main__":
        with track("first", quiet=True):
            pool = ProcessPoolExecutor(2, mp_context=multiprocessing.get_context({kind!r}))
            list(pool.map(fit, range(2)))
        list(pool.map(fit, range(4)))
    """
    assert run(tmp_path, body).stderr == ""
    runs = named(tmp_path / "home")
    assert runs == [("first", None, "completed"), *[("later", None, "completed")] * 6]


@pytest.mark.slow
def test_a_shell_that_outlives_its_run_tracks_runs_of_its_own(tmp_path: Path) -> None:
    """With the environment of a run that has ended, `greentrain track` and a program record theirs."""
    body = """
    import subprocess
    with track("a", quiet=True):
        env = dict(os.environ)
    command = [sys.executable, "-m", "greentrain", "track", "--name", "b", "--meter", "none", "--", "sleep", "0.1"]
    subprocess.run(command, env=env, check=True)
    os.environ.update(env)
    with track("c", quiet=True):
        pass
    """
    assert run(tmp_path, body).returncode == 0
    assert [name for name, _, _ in named(tmp_path / "home")] == ["a", "b", "c"]


@pytest.mark.slow
def test_a_job_that_grid_engine_starts_again_twice(tmp_path: Path) -> None:
    """It says both times that it started the job again, and no more: each of three seeds is a run of three sessions."""
    for restarted in ("0", "1", "1"):
        more = {"JOB_ID": "900", "SGE_TASK_ID": "undefined", "RESTARTED": restarted}
        command = [sys.executable, program(tmp_path, LOOP), "fit"]
        env = environment(tmp_path / "home", **more)
        subprocess.run(command, env=env, check=True, timeout=60, start_new_session=True)

    runs = History(tmp_path / "home").runs()
    assert [(one.ranks, len(one.nodes)) for one in runs] == [(1, 3)] * 3


@pytest.mark.slow
def test_a_job_that_a_run_waits_for_is_no_part_of_it(tmp_path: Path) -> None:
    """The batch system started it, with the variables of whoever submitted it: a run of its own, of one name."""
    body = """
    import subprocess
    with track("fit", quiet=True):
        if sys.argv[1:]:
            sys.exit(0)
        for job in ({}, {"SLURM_JOB_ID": "900"}, {"PBS_JOBID": "7.server"}):
            subprocess.run([sys.executable, __file__, "inner"], env={**os.environ, **job}, check=True)
    """
    assert run(tmp_path, body).returncode == 0
    keys = sorted(one.id for one in History(tmp_path / "home").runs())
    assert [key[:3] for key in keys] == ["202", "pbs", "slu"]


def test_a_part_of_a_run_that_ends_first_is_told_of(
    tmp_path: Path, track: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A worker whose own run is inside another process's: what comes after that one's end is not recorded."""
    folder = tmp_path / "outer"
    folder.mkdir()
    outer = JournalWriter(str(folder), "tracker")
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as process:
        above = here(folder=str(folder), session="outer", pid=process.pid, started=process_started(process.pid))
        outer.write({"type": "start", "session": "outer", "name": "inner"})
        with monkeypatch.context() as patch:
            patch.setenv("GREENTRAIN_SESSION", above.text())
            inner = track("inner").start()
            assert inner.role == "none"
            outer.write({"type": "end", "status": "completed"})
            expected = (
                f"^greentrain: inner is a part of the run outer of process {process.pid}, which ended first: what came "
                "after that is not recorded$"
            )
            with pytest.warns(greentrain.GreentrainWarning, match=expected):
                inner.stop()
        process.communicate(b"\n")


@pytest.mark.timing
def test_ctrl_c_at_any_moment_of_a_start_leaves_nothing_behind(tmp_path: Path) -> None:
    """At sixty moments within a start: the next run is recorded, and none is left that goes on."""
    body = """
    import _thread
    track("warm", quiet=True).start().stop()
    for number in range(60):
        timer = threading.Timer(number / 60 * 0.03, _thread.interrupt_main)
        try:
            timer.start()
            with track("first", quiet=True):
                pass
            timer.join()
            time.sleep(0.01)
        except KeyboardInterrupt:
            pass
        with track(f"second {number}", quiet=True) as run:
            assert run.role == "main", number
        assert "GREENTRAIN_SESSION" not in os.environ, number
    """
    done = run(tmp_path, body)
    assert (done.returncode, done.stderr) == (0, "")
    found = named(tmp_path / "home")
    assert {status for name, _, status in found if str(name).startswith("second")} == {"completed"}
    assert len([name for name, _, _ in found if str(name).startswith("second")]) == 60
    assert {status for _, _, status in found} <= {"completed", "interrupted"}


def test_runs_that_nothing_ended_end_with_the_interpreter(tmp_path: Path) -> None:
    """Two starts without a stop are two runs that completed, and no third."""
    body = """
    track("a", quiet=True).start()
    track("b", quiet=True).start()
    time.sleep(0.2)
    """
    assert run(tmp_path, body).stderr == ""
    assert named(tmp_path / "home") == [("a", None, "completed"), ("b", None, "completed")]


@pytest.mark.slow
@pytest.mark.timing
@pytest.mark.parametrize(("kind", "handler"), LIMITS)
@pytest.mark.parametrize("when", ["start", "log", "end"])
def test_a_limit_of_time_reaches_the_training_wherever_it_comes(
    tmp_path: Path, kind: str, handler: str, when: str
) -> None:
    """Exceptions of the user's, and those that look like the system's, at forty moments within greentrain."""
    body = f"""
    import random

    class TimeLimit(Exception): pass
    class Late(TimeoutError): pass
    class Wrong(ValueError): pass
    class Stop(BaseException): pass

    {handler}
    signal.signal(signal.SIGALRM, handler)
    with track("warm", meter="none", quiet=True) as one, one.span("step"):  # what loads modules
        one.log(loss=1.0)
    moments = random.Random({f"{kind} {when}"!r})
    came = 0
    for number in range(40):
        seconds = 0.0002 + moments.random() * 0.008
        try:
            if {when!r} == "start":
                signal.setitimer(signal.ITIMER_REAL, seconds)
            with track("limited", meter="none", quiet=True, location="FR") as one:
                if {when!r} == "log":
                    signal.setitimer(signal.ITIMER_REAL, seconds)
                while {when!r} == "log":
                    one.log(loss=1.0)
                    with one.span("step"):
                        pass
                if {when!r} == "end":
                    signal.setitimer(signal.ITIMER_REAL, seconds / 4)
            time.sleep(0.03)
        except {kind}:
            came += 1
    print(came)
    """
    done = run(tmp_path, body)
    assert (done.stdout, done.stderr) == ("40\n", "")
    assert {status for _, _, status in named(tmp_path / "home")} <= {"completed", "failed", "interrupted"}
