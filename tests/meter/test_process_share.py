"""The run's share of a computer: real processes."""

import os
import signal
import subprocess
import sys
import time
from math import inf
from pathlib import Path

import pytest

from greentrain.meter import live_runs
from greentrain.meter.control_groups import JobGroup
from greentrain.meter.live_runs import HostRun, LiveRuns, announce
from greentrain.meter.process_share import ProcessShare, ProcessTree, RunUse

SPIN = "import time\nend = time.process_time() + {seconds}\nwhile time.process_time() < end: pass\n"
FOUR_CHILDREN = """
import subprocess, sys
for _ in range(4):
    subprocess.run([sys.executable, "-c", {spin!r}])
print(flush=True)
sys.stdin.read()
"""
ORPHAN = """
import os, signal, time
signal.signal(signal.SIGCHLD, signal.SIG_IGN)
if os.fork() == 0:
    if os.fork() == 0:
        time.sleep(0.7)
        exec({spin!r})
        time.sleep(60)
    exec({spin!r})
    os._exit(0)
time.sleep(60)
"""
BOUND = """
import os, time
os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
print(flush=True)
time.sleep(60)
"""


HOLDER = """
import mmap, sys
own = b"x" * {own_bytes}
with open(sys.argv[1], "rb") as file:
    mapped = mmap.mmap(file.fileno(), 0, prot=mmap.PROT_READ)
sum(mapped[::4096])
shared = mmap.mmap(-1, {shared_bytes})
shared.write(b"x" * {shared_bytes})
import os
is_child = os.fork() == 0
sum(shared[::4096])
if not is_child:
    print(flush=True)
sys.stdin.read()
"""


def test_memory_of_a_tree_is_its_own_and_once_what_it_shares(tmp_path: Path) -> None:
    """Of 32 MiB that a process writes, 64 MiB that it shares with its child and 128 MiB of a file, 96 MiB count.

    The interpreter itself holds some more, and the child's copies of what its parent wrote count as its own: 32 MiB.
    """
    mib = 2**20
    file = tmp_path / "data"
    file.write_bytes(bytes(128 * mib))
    code = HOLDER.format(own_bytes=32 * mib, shared_bytes=64 * mib)
    command = [sys.executable, "-c", code, str(file)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        process.stdout.readline()
        tree = ProcessTree(process.pid)
        tree.cpu_seconds()
        held = tree.memory_bytes()
        process.communicate()
    assert 96 * mib <= held < 160 * mib


@pytest.mark.slow
def test_tree_counts_children_that_have_ended() -> None:
    """Four children of a quarter of a second each, ended before anyone looked, are a second of CPU time."""
    code = FOUR_CHILDREN.format(spin=SPIN.format(seconds=0.25))
    with subprocess.Popen([sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        tree = ProcessTree(process.pid)
        before = tree.cpu_seconds()
        assert process.stdout is not None
        process.stdout.readline()
        used = tree.cpu_seconds() - before
        assert process.stdin is not None
        process.stdin.close()
    assert 0.95 <= used < 1.9


@pytest.mark.timing
def test_tree_keeps_orphans_and_what_nobody_waited_for() -> None:
    """A grandchild stays a member when its parent ends; a child that is not waited for keeps its time."""
    code = ORPHAN.format(spin=SPIN.format(seconds=0.5))
    with subprocess.Popen([sys.executable, "-c", code], start_new_session=True) as process:
        tree = ProcessTree(process.pid)
        start, used = time.monotonic(), [0.0]
        while used[-1] < 0.9 and time.monotonic() - start < 20.0:
            used.append(tree.cpu_seconds())
            time.sleep(0.05)
        os.killpg(process.pid, signal.SIGKILL)
    assert used == sorted(used)
    assert 0.9 <= used[-1] < 1.3


@pytest.mark.slow
def test_tree_does_not_take_a_stranger_for_its_own() -> None:
    """A process that is not a descendant adds nothing."""
    with subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"]) as idle:
        tree = ProcessTree(idle.pid)
        before = tree.cpu_seconds()
        subprocess.run([sys.executable, "-c", SPIN.format(seconds=0.3)], check=True)
        assert tree.cpu_seconds() - before < 0.1
        idle.kill()


@pytest.mark.timing
def test_share_of_a_busy_process_and_of_an_idle_one() -> None:
    """Next to a process that keeps one CPU busy, an idle one has the smaller share."""
    with (
        subprocess.Popen([sys.executable, "-c", "while True: pass"]) as busy,
        subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"]) as idle,
    ):
        shares = [ProcessShare(busy.pid), ProcessShare(idle.pid)]
        time.sleep(1.0)
        found = [share.update() for share in shares]
        busy.kill()
        idle.kill()
    first, second = (share.cpu for share in found)
    assert first is not None
    assert second is not None
    assert 0.0 <= second < first <= 1.0
    assert all(share.memory is not None and 0 < share.memory <= 1 for share in found)


def test_share_before_the_first_count_is_what_is_allotted() -> None:
    """A process bound to one CPU may use one of them; what nobody has counted yet is no more than that."""
    with subprocess.Popen([sys.executable, "-c", BOUND], stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        process.stdout.readline()
        found = ProcessShare(process.pid).latest
        process.kill()
    assert found.cpu == pytest.approx(1 / (os.cpu_count() or 1))
    assert found.memory is not None
    assert 0 < found.memory <= 1


OUTER = """
import subprocess, sys
inner = subprocess.Popen([sys.executable, "-c", {spin!r}], stdin=subprocess.PIPE)
print(inner.pid, flush=True)
for line in sys.stdin.buffer:
    inner.stdin.write(line)
    inner.stdin.flush()
    if line == b"end\\n":
        inner.wait()
        print(flush=True)
"""


@pytest.mark.slow
def test_a_run_inside_another_counts_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A worker works a second for a run of its own, below a process of another run: that second is the worker's alone.

    The outer run sees it in the worker's own count, and also when the worker has ended and its parent has its time.
    """
    tmp_path.chmod(0o1777)
    monkeypatch.setenv(live_runs.VARIABLE, str(tmp_path))
    code = OUTER.format(spin="input()\n" + SPIN.format(seconds=1.0) + "print(flush=True)\ninput()\n")
    with subprocess.Popen([sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        worker = int(process.stdout.readline())
        shares = [ProcessShare(pid, time.monotonic(), announce(pid, time.monotonic())) for pid in (process.pid, worker)]
        process.stdin.write(b"go\n")
        process.stdin.flush()
        for _ in range(3):
            time.sleep(0.1)
            [share.update() for share in reversed(shares)]
        process.stdout.readline()  # of the worker, which has worked its second
        shares[1].end(time.monotonic())
        process.stdin.write(b"end\n")
        process.stdin.flush()
        process.stdout.readline()
        shares[0].end(time.monotonic())
        seen = LiveRuns("", str(tmp_path))
        seen.look()
        seen.read()
        process.stdin.close()
    outer, inner = (seen.others[share.presence.name].facts["cpu_seconds"] for share in shares)
    assert 0.95 <= inner < 1.3  # the kernel counts in hundredths of a second
    assert outer < 0.3


def group_of(folder: Path, micros: int) -> JobGroup:
    """Write how much a job's group has used."""
    folder.mkdir(exist_ok=True)
    (folder / "cpu.stat").write_text(f"usage_usec {micros}\n")
    (folder / "memory.stat").write_text("anon 1000\n")
    return JobGroup("/job_1", {"": str(folder)})


def test_two_runs_in_one_job(tmp_path: Path) -> None:
    """The first has what the job uses without the second, which has its own processes: 10 s and 1000 B in all.

    Of the 10 s the second states 4 and of the 1000 B 300, so 6 s and 700 B are the first one's. When the second states
    1 s more than the job has used meanwhile, that is taken off later: 0, then 2 - 1 = 1 s.
    """
    jobs = tmp_path / "job"
    first = RunUse(os.getpid(), "1000000.1.aaaaaa", [group_of(jobs, 0)])
    second = RunUse(os.getpid(), "2000000.1.bbbbbb", [group_of(jobs, 0)])

    def neighbours(seconds: float) -> dict[str, HostRun]:
        return {"2": HostRun(2.0, inf, {**second.facts, "scope": "processes", "cpu_seconds": seconds, "bytes": 300})}

    first.count({})
    first.count(neighbours(0.0))
    second.count({"1": HostRun(1.0, inf, {**first.facts, "scope": first.scope})})
    assert (first.scope, second.scope) == ("/job_1", "processes")

    group_of(jobs, 10_000_000)
    assert first.count(neighbours(4.0)) == (pytest.approx(6.0), 700.0)
    assert first.count(neighbours(5.0)) == (pytest.approx(6.0), 700.0)
    assert first.debt_seconds == pytest.approx(1.0)
    group_of(jobs, 12_000_000)
    assert first.count(neighbours(5.0)) == (pytest.approx(7.0), 700.0)
    assert first.others_seconds == 5.0


def test_the_end_waits_for_a_run_inside_whose_process_has_ended() -> None:
    """Such a run is about to state what it used; one whose process lives goes on, and one that has ended has stated."""
    run = RunUse(os.getpid(), "1000000.1.aaaaaa", [])
    facts = {**run.facts, "ancestors": [4, os.getpid()], "scope": "processes"}
    gone, lives = {**facts, "root": 2**22 + 1}, {**facts, "root": os.getpid()}
    assert run.awaits_end({"2": HostRun(2.0, inf, gone)})
    assert not run.awaits_end({"2": HostRun(2.0, 3.0, gone)})
    assert not run.awaits_end({"2": HostRun(2.0, inf, lives)})
    assert not run.awaits_end({"2": HostRun(2.0, inf, {**gone, "ancestors": [4]})})


def test_a_run_has_the_job_when_the_first_has_ended(tmp_path: Path) -> None:
    """It counted its processes until then; the job's earlier time is not added."""
    run = RunUse(os.getpid(), "2000000.1.bbbbbb", [group_of(tmp_path, 50_000_000)])
    earlier = {"scope": "/job_1", "groups": ["/job_1"], "cpu_seconds": 40.0}
    run.count({"1": HostRun(1.0, inf, earlier)})
    before = run.count({"1": HostRun(1.0, inf, earlier)})[0]
    assert run.scope == "processes"
    group_of(tmp_path, 53_000_000)
    seconds = run.count({"1": HostRun(1.0, 5.0, earlier)})[0]
    assert run.scope == "/job_1"
    assert seconds - before == pytest.approx(3.0)
