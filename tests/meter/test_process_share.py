"""The run's share of a computer: arithmetic, and real processes."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from greentrain.meter.process_share import (
    ProcessShare,
    ProcessTree,
    attributed_share,
    container_cpus,
    container_memory_bytes,
    parse_job_group,
)

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


@pytest.mark.parametrize(
    ("own", "used", "allotted", "share"),
    [
        (50, 50, 1.0, 1.0),  # nobody else
        (25, 50, 1.0, 30 / 55),  # half of what is used, all that is idle
        (0, 100, 1.0, 0.0),  # the others use everything
        (0, 0, 1.0, 1.0),  # nobody works on a computer that is ours
        (0, 0, 0.25, 0.25),  # nobody works, and a quarter is ours
        (25, 100, 0.25, 0.25),  # a full node in four equal jobs
        (80, 50, 1.0, 1.0),  # clocks differ: never more than all
    ],
)
def test_attribution_by_hand(own: float, used: float, allotted: float, share: float) -> None:
    """Used capacity goes by use, idle capacity at a tenth of its weight by what may be used."""
    assert attributed_share(own, used, 100.0, allotted, 0.1) == pytest.approx(share)


@given(
    st.floats(0, 1000), st.floats(0, 1000), st.floats(0.01, 1000), st.floats(0, 1), st.floats(0, 1), st.floats(0, 1000)
)
def test_attribution_laws(
    own: float, used: float, capacity: float, allotted: float, weight: float, more: float
) -> None:
    """A share lies in 0 to 1 and never falls with one's own use."""
    share = attributed_share(own, used, capacity, allotted, weight)
    assert 0.0 <= share <= 1.0
    assert attributed_share(own + more, used, capacity, allotted, weight) >= share - 1e-12


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
    assert 1.0 <= used < 1.9


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


def test_job_group_of_a_scheduler(tmp_path: Path) -> None:
    """Slurm's control group of the job, not of the step, counts time and memory; both generations are read."""
    new = tmp_path / "system.slice/slurmstepd.scope/job_42"
    new.mkdir(parents=True)
    (new / "cpu.stat").write_text("usage_usec 2500000\nuser_usec 1\n")
    (new / "memory.stat").write_text("anon 4096\nfile 9\n")
    (new / "memory.max").write_text("max\n")
    group = parse_job_group("0::/system.slice/slurmstepd.scope/job_42/step_0/user/task_0\n", str(tmp_path))
    assert group is not None
    assert (group.cpu_seconds(), group.memory_bytes(), group.memory_limit_bytes()) == (2.5, 4096.0, None)
    old = tmp_path / "cpuacct/slurm/uid_1/job_7"
    old.mkdir(parents=True)
    (old / "cpuacct.usage").write_text("3000000000\n")
    group = parse_job_group("4:cpu,cpuacct:/slurm/uid_1/job_7/step_0\n1:name=systemd:/x\n", str(tmp_path))
    assert group is not None
    assert (group.cpu_seconds(), group.memory_bytes()) == (3.0, None)
    assert parse_job_group("0::/user.slice/session-1.scope\n", str(tmp_path)) is None


def test_limits_of_a_container(tmp_path: Path) -> None:
    """A quota of 150 ms in 100 ms is 1.5 CPUs; none stated is no limit."""
    assert container_cpus(str(tmp_path)) is None
    (tmp_path / "cpu.max").write_text("max 100000\n")
    assert container_cpus(str(tmp_path)) is None
    (tmp_path / "cpu.max").write_text("150000 100000\n")
    (tmp_path / "memory.max").write_text("1073741824\n")
    assert (container_cpus(str(tmp_path)), container_memory_bytes(str(tmp_path))) == (1.5, 1073741824.0)
