"""However the process ends, its end is its own and its run is recorded. Real processes, real signals."""

import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path
from textwrap import dedent

import pytest
from tracked import KWH_PER_SECOND, ending, environment, journals, meter, of_type, run, start, tracker

from greentrain import History

DECORATED = "print(greentrain.track(lambda: 7)())"

LOOP = """
    @track("loop")
    def train():
        print("ready", flush=True)
        while True:
            time.sleep(0.01)
    train()
"""


def test_one_line_at_the_end_and_none_with_quiet(tmp_path: Path) -> None:
    """Nothing is printed during the run."""
    body = """
        with track("named\\n=1", quiet={quiet}) as run:
            time.sleep(0.3)
        print("done")
    """
    told = run(tmp_path, body.format(quiet=False))
    first, last = (of_type(tracker(tmp_path / "home"), kind)[0]["mono"] for kind in ("start", "end"))
    lasted = last - first
    quiet = run(tmp_path, body.format(quiet=True))

    assert (told.returncode, told.stdout, quiet.stdout, quiet.stderr) == (0, "done\n", "done\n", "")
    line = re.fullmatch(r"greentrain: named\\n=1 completed after (\d\.\d) s: [^\n]*\n", told.stderr)
    assert line is not None
    assert 0.3 <= float(line[1]) <= lasted + 0.5


@pytest.mark.timing
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL, signal.SIGHUP])
def test_a_signal_ends_the_process_as_ever(number: signal.Signals, tmp_path: Path) -> None:
    """It dies of that signal, the meter sees it, and the energy reaches to the last moment."""
    process = start(tmp_path, LOOP)
    time.sleep(1.0)
    process.send_signal(number)
    _, stderr = process.communicate(timeout=120)
    records = meter(tmp_path / "home")

    assert (process.returncode, stderr) == (-number, "")
    assert of_type(tracker(tmp_path / "home"), "end") == []
    assert records[-1]["why"] == "process_ended"
    seconds = records[-1]["mono"] - tracker(tmp_path / "home")[0]["mono"]
    energy = sum(records[-1]["energy_kwh"].values())
    assert energy == pytest.approx(KWH_PER_SECOND * seconds, abs=KWH_PER_SECOND * 0.5)


@pytest.mark.timing
@pytest.mark.parametrize("times", [1, 2])
def test_ctrl_c_once_and_twice(times: int, tmp_path: Path) -> None:
    """The process ends as Python ends on Ctrl-C; a second one in quick succession changes nothing."""
    process = start(tmp_path, LOOP)
    for _ in range(times):
        process.send_signal(signal.SIGINT)
        time.sleep(0.02)
    _, stderr = process.communicate(timeout=120)

    assert process.returncode == -signal.SIGINT
    assert stderr.rstrip().splitlines()[-1] == "KeyboardInterrupt"
    assert ending(tmp_path / "home") == ("interrupted", "KeyboardInterrupt", None)


@pytest.mark.timing
def test_the_users_own_handler_is_called(tmp_path: Path) -> None:
    """Preemption: the handler saves a checkpoint; no handler of ours is in its way."""
    body = """
        def save(number, frame):
            print("saved", flush=True)
            sys.exit(7)
        signal.signal(signal.SIGTERM, save)
        before = [signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGCHLD)]
        with track("handled"):
            assert before == [
                signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGCHLD)
            ]
            assert threading.active_count() == 1
            print("ready", flush=True)
            while True:
                time.sleep(0.01)
    """
    process = start(tmp_path, body)
    process.terminate()
    stdout, _ = process.communicate(timeout=120)

    assert (process.returncode, stdout) == (7, "saved\n")
    assert ending(tmp_path / "home") == ("failed", "SystemExit", 7)


@pytest.mark.parametrize(
    ("body", "code", "end"),
    [
        ("track('t').start(); os._exit(7)", 7, None),
        ("with track('t'): sys.exit(3)", 3, ("failed", "SystemExit", 3)),
        ("track('t').start()", 0, ("completed", None, None)),
        ("track('t').start(); sys.exit(4)", 4, ("completed", None, None)),
        ("track('t').start(); raise ValueError('mine')", 1, ("failed", "ValueError", None)),
        ("track('t').start(); raise KeyboardInterrupt", -2, ("interrupted", "KeyboardInterrupt", None)),
    ],
)
def test_leaving_without_a_stop(
    body: str, code: int, end: tuple[str, str | None, int | None] | None, tmp_path: Path
) -> None:
    """The exit code is kept, and the run has an end by the tracker's record or by the meter's."""
    done = run(tmp_path, body)

    assert done.returncode == code
    if end is None:
        assert of_type(tracker(tmp_path / "home"), "end") == []
    else:
        assert ending(tmp_path / "home") == end
    assert meter(tmp_path / "home")[-1]["why"] in ("stopped", "process_ended")


def test_a_forked_child_leaves_the_run_to_its_parent(tmp_path: Path) -> None:
    """It may run through the rest of the program; logs, ends and exits of its are not the run's, whose names it has."""
    body = """
        with track("forked", quiet=True) as run:
            child = os.fork()
            if not child:
                run.log(loss=1)
                with run.span("in the child"), track("forked") as inner:
                    assert inner.role == "none" and run.measurement is None
                sys.exit(5)
            assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 5
            run.log(loss=2)
    """
    done = run(tmp_path, body)
    records = tracker(tmp_path / "home")

    assert (done.returncode, done.stderr) == (0, "")
    assert [record["type"] for record in records] == ["start", "log", "end", "inputs"]
    assert records[1]["values"] == {"loss": 2}
    assert meter(tmp_path / "home")[-1]["why"] == "stopped"


@pytest.mark.slow
@pytest.mark.parametrize("method", ["fork", "spawn", "forkserver"])
def test_what_workers_name_is_recorded_inside_a_run_that_goes_on(method: str, tmp_path: Path) -> None:
    """Each call under a name of its own is a run with its own place and end; one that names nothing else is a part.

    A tracker at the module's top, which the workers load too, begins nothing there.
    """
    body = f"""
        import multiprocessing
        tracker = track("pool", project="P", quiet=True)

        @track("worker", quiet=True)
        def work(number):
            return 6 // number

        @track("pool", quiet=True)
        def more(number):
            return number

        if __name__ == "__main__":
            with tracker, multiprocessing.get_context({method!r}).Pool(2) as pool:
                results = [pool.apply_async(work, (number,)) for number in (1, 2, 0)]
                print([result.get() for result in results[:2]], sum(pool.map(more, range(4))))
                results[2].wait()
    """
    done = run(tmp_path, body, PYTHONWARNINGS="ignore::DeprecationWarning")

    assert (done.returncode, done.stdout, done.stderr) == (0, "[6, 3] 6\n", "")
    runs = {(one.name, one.project, one.status, one.error) for one in History(tmp_path / "home").runs()}
    assert runs == {
        ("pool", "P", "completed", None),
        ("worker", None, "completed", None),
        ("worker", None, "failed", "ZeroDivisionError"),
    }
    assert len(list((tmp_path / "home" / "runs").iterdir())) == 4


@pytest.mark.slow
def test_programs_started_inside_a_run_are_runs_of_their_own(tmp_path: Path) -> None:
    """A tracked script, and a command that it tracks, have other names than the run that started them."""
    body = """
        import subprocess
        command = [sys.executable, "-m", "greentrain", "track", "--name", "command", "--quiet", "--", "sleep", "0.5"]
        if sys.argv[1:]:
            with track("script", quiet=True):
                subprocess.run(command, check=True)
                sys.exit(3)
        with track("outer", quiet=True):
            assert subprocess.run([sys.executable, __file__, "script"]).returncode == 3
        assert "GREENTRAIN_SESSION" not in os.environ
    """
    assert run(tmp_path, body).returncode == 0
    runs = [(one.name, one.status) for one in reversed(History(tmp_path / "home").runs())]
    assert runs == [("outer", "completed"), ("script", "failed"), ("command", "completed")]


def test_a_program_that_replaces_itself_joins_its_own_run(tmp_path: Path) -> None:
    """After ``exec`` the process is the same, and so is its meter, if it is the same run."""
    body = """
        if sys.argv[1:]:
            with track("fit", quiet=True):
                sys.exit(0)
        track("fit", quiet=True).start()
        os.execv(sys.executable, [sys.executable, __file__, "again"])
    """
    assert run(tmp_path, body).returncode == 0
    before, after = journals(tmp_path / "home", "tracker")
    assert [before[0]["role"], after[0]["role"]] == ["main", "joined"]
    assert len(list((tmp_path / "home" / "runs").iterdir())) == 1
    assert meter(tmp_path / "home")[-1]["why"] == "process_ended"


@pytest.mark.parametrize("flags", [("-W", "error"), ("-O",), ("-W", "error", "-O"), ("-I",)])
def test_flags_of_the_interpreter_change_nothing(flags: tuple[str, ...], tmp_path: Path) -> None:
    """Warnings as errors, no assertions, isolated: the same result, the same record, and warnings still no errors."""
    body = """
        import json
        with track("strict", quiet=True, budget_kwh=1e-6) as run:
            run.log(name="text", loss=1)
            time.sleep(0.2)
        print(run.measurement.it_energy_kwh.best > 0, len(run.measurement.logs))
    """
    done = run(tmp_path, body, *flags)

    assert (done.returncode, done.stdout) == (0, "True 1\n")
    assert "not logged, since they are no numbers: name" in done.stderr
    assert ending(tmp_path / "home") == ("completed", None, None)


@pytest.mark.parametrize("broken", ["sys.stderr = None", "sys.stderr.close()", "os.close(2)", "sys.stderr = Broken()"])
def test_a_broken_stderr_is_no_trouble(broken: str, tmp_path: Path) -> None:
    """Whatever a stream raises, ``BaseException`` included, the user's own exception and result win."""
    body = f"""
        class Broken:
            def write(self, text):
                raise SystemExit(9)
            def flush(self):
                raise KeyboardInterrupt
        mine = ValueError("mine")
        {broken}
        try:
            with track("broken") as run:
                run.log(name="text")
                raise mine
        except ValueError as error:
            print(error is mine)
        os._exit(0)
    """
    done = run(tmp_path, body.replace("os._exit(0)", "sys.stdout.flush(); os._exit(0)"))

    assert (done.returncode, done.stdout) == (0, "True\n")
    assert ending(tmp_path / "home") == ("failed", "ValueError", None)


def test_a_display_of_warnings_that_raises_is_no_trouble(tmp_path: Path) -> None:
    """A user's ``showwarning`` may raise anything while the run warns."""
    body = """
        import warnings
        def show(*args, **kwargs):
            raise SystemExit(9)
        warnings.showwarning = show
        with track("shown", quiet=True) as run:
            run.log(name="text")
        print("done")
    """
    done = run(tmp_path, body)
    assert (done.returncode, done.stdout) == (0, "done\n")


def test_a_home_that_cannot_be_written_is_named_once(tmp_path: Path) -> None:
    """A file in its place: the records go to a spare folder, which one warning names, as does the record."""
    (tmp_path / "home").write_text("in the way")
    spare = tmp_path / "spare"
    spare.mkdir()
    done = run(tmp_path, "with track('spare', quiet=True): print('trained')", TMPDIR=str(spare))
    (home,) = spare.glob("greentrain-*")

    assert (done.returncode, done.stdout) == (0, "trained\n")
    assert done.stderr.count("greentrain: ") == 1
    assert str(home) in done.stderr
    assert str(home) in of_type(tracker(home), "warning")[0]["message"]
    assert of_type(tracker(home), "end")[0]["status"] == "completed"


@pytest.mark.skipif(sys.platform != "linux", reason="a file-size limit without a signal is Linux's")
def test_a_full_disk_costs_one_warning(tmp_path: Path) -> None:
    """The journal reaches the file-size limit: one warning, the training's result stays, earlier records are intact."""
    body = """
        import resource
        with track("full", quiet=True) as run:
            run.log(loss=1)
            resource.setrlimit(resource.RLIMIT_FSIZE, (2000, 2000))
            for _ in range(100):
                run.log(loss=2)
        print("trained")
    """
    done = run(tmp_path, body)
    (path,) = (tmp_path / "home").glob("runs/*/*.tracker.jsonl")

    assert (done.returncode, done.stdout) == (0, "trained\n")
    assert done.stderr.count("GreentrainWarning: ") == 1
    assert path.read_bytes().count(b'"type":"start"') == 1
    assert path.stat().st_size <= 2000


def test_no_descriptor_left_at_the_end_costs_no_record(tmp_path: Path) -> None:
    """The journal has been open since the start, and the meter is signalled without a new one."""
    body = """
        held = []
        try:
            with track("full") as run:
                try:
                    while True:
                        held.append(os.dup(0))
                except OSError:
                    pass
                raise ValueError("mine")
        except ValueError as error:
            for descriptor in held:
                os.close(descriptor)
            print(error)
    """
    done = run(tmp_path, "import resource; resource.setrlimit(resource.RLIMIT_NOFILE, (64, 64))\n" + dedent(body))

    assert (done.returncode, done.stdout) == (0, "mine\n")
    assert ending(tmp_path / "home") == ("failed", "ValueError", None)
    assert meter(tmp_path / "home")[-1]["why"] == "stopped"


@pytest.mark.timing
def test_short_runs_lose_no_energy(tmp_path: Path) -> None:
    """Ten functions of 40 ms: mean power times the time, within a fifth."""
    body = """
        tracked = track("short", quiet=True)

        @tracked
        def train():
            time.sleep(0.04)

        energy = duration = 0.0
        for _ in range(10):
            train()
            energy += tracked.measurement.it_energy_kwh.best
            duration += tracked.measurement.duration_seconds
        print(energy, duration)
    """
    energy, duration = map(float, run(tmp_path, body).stdout.split())

    assert duration >= 0.4
    assert energy == pytest.approx(KWH_PER_SECOND * duration, rel=0.2)


def test_a_stale_session_in_the_environment_is_ignored(tmp_path: Path) -> None:
    """A terminal that was opened from a run of long ago starts runs of its own."""
    stale = f"abc:{os.getpid()}:1:tracker:{os.uname().nodename}:/nowhere"
    assert run(tmp_path, "with track('fresh', quiet=True): pass", GREENTRAIN_SESSION=stale).returncode == 0
    assert tracker(tmp_path / "home")[0]["role"] == "main"


def test_a_rank_alone_on_its_node_meters(tmp_path: Path) -> None:
    """Local rank 1 has a journal in the run's folder, and a meter where no local rank 0 is there."""
    ranks = {"RANK": "1", "LOCAL_RANK": "1", "WORLD_SIZE": "2", "TORCHELASTIC_RUN_ID": "job7"}
    body = "with track('rank', quiet=True) as run: time.sleep(0.5)\nprint(run.measurement.is_measured)"
    done = run(tmp_path, body, **ranks)
    start_record = tracker(tmp_path / "home")[0]

    assert done.stdout == "True\n"
    assert [path.name for path in (tmp_path / "home" / "runs").iterdir()] == ["elastic-job7"]
    assert start_record["role"] == "joined"
    assert start_record["ranks"] == {
        "rank": 1, "local_rank": 1, "world_size": 2, "node_rank": None, "launcher": "torchrun",
    }  # fmt: skip
    assert len(journals(tmp_path / "home", "meter")) == 1


def test_the_training_process_stays_light(tmp_path: Path) -> None:
    """No thread, and none of the libraries that take their time or reach the network."""
    body = """
        before = set(sys.modules)
        with track("light", quiet=True):
            print(threading.active_count(), sorted({name.partition(".")[0] for name in set(sys.modules) - before} & {
                "numpy", "pandas", "plotly", "codecarbon", "pydantic", "typer", "rich", "rapidfuzz", "psutil",
                "asyncio", "socket", "requests", "inspect", "dataclasses", "subprocess",
            }))
    """
    assert run(tmp_path, body).stdout == "1 []\n"


def test_a_program_on_the_command_line_is_recorded_as_written(tmp_path: Path) -> None:
    """The command of `python -c` is what a person recognises: the whole line."""
    code = f"import greentrain\nwith greentrain.track('c', home={str(tmp_path)!r}, meter='none', quiet=True): pass"
    subprocess.run([sys.executable, "-c", code, "7"], check=True, env=environment(tmp_path), timeout=60)
    assert tracker(tmp_path)[0]["argv"] == [sys.executable, "-c", code, "7"]


@pytest.mark.parametrize("way", ["with greentrain.track('full', location='PL'): print(7)", DECORATED])
def test_a_training_that_first_tracks_without_a_free_descriptor_starts(tmp_path: Path, way: str) -> None:
    """Nothing of greentrain but its name was loaded before; what is missing is said once at the start, once at the end.

    The file that is kept open for that is given back, or left alone where the program has taken its number.
    """
    code = f"""if 1:
        import os, resource, greentrain
        resource.setrlimit(resource.RLIMIT_NOFILE, (64, 64))
        {{takes}}
        taken = []
        try:
            while True:
                taken.append(os.open(os.devnull, os.O_RDONLY))
        except OSError:
            pass
        {way}
        for number in taken:
            os.fstat(number)
    """
    for takes in ("", "os.close(3)"):
        command = [sys.executable, "-c", code.replace("{takes}", takes)]
        done = subprocess.run(command, capture_output=True, text=True, env=environment(tmp_path), timeout=60)
        if not takes:
            assert (done.returncode, done.stdout) == (0, "7\n")
            assert done.stderr.count("greentrain: warning: ") == 2
        else:  # what greentrain cannot load then is an error at the line that asks for it, and no file of the user's
            assert (done.returncode, done.stdout) == (1, "")
            assert "Too many open files" in done.stderr


def test_a_training_without_a_free_descriptor_starts(tmp_path: Path) -> None:
    """No table of places can be read: the run begins all the same."""
    body = """
        import resource
        resource.setrlimit(resource.RLIMIT_NOFILE, (64, 64))
        taken = []
        try:
            while True:
                taken.append(os.open(os.devnull, os.O_RDONLY))
        except OSError:
            pass
        with track("full", location="PL", meter="none", quiet=True):
            print("trained")
    """
    assert run(tmp_path, "track('first', quiet=True)\n" + dedent(body)).stdout == "trained\n"
