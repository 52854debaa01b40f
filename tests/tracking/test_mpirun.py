"""Real ``mpirun`` over two nodes, each with a host name of its own: one run where the launcher names the job."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from tracked import ALONE, KWH_PER_SECOND, ended_meters, environment, replay

from greentrain import History, Run

_PROGRAM = """
import sys, time
import greentrain
with greentrain.track("bert", meter=sys.argv[1], quiet=True, pue=1, grid_intensity=100):
    time.sleep(1.5)
"""
_AGENT = """#!/bin/sh
while [ "${1#-}" != "$1" ]; do shift; done
host=$1; shift
exec unshare --uts sh -c "hostname $host; $*"
"""
"""Replaces ``ssh``: the other node is this computer under another name."""


def mpirun(folder: Path, launcher: str) -> "subprocess.CompletedProcess[str]":
    """Run two ranks on each of two nodes; skip where there is no such launcher, or no name of one's own can be had."""
    program = shutil.which(f"mpirun.{launcher}")
    if program is None:
        pytest.skip(f"mpirun.{launcher} is not here")
    if subprocess.run(["unshare", "--uts", "true"], capture_output=True, check=False).returncode:
        pytest.skip("no name space of host names can be made here")
    agent = folder / "agent"
    agent.write_text(_AGENT)
    agent.chmod(0o755)
    nodes = {
        "openmpi": ["--allow-run-as-root", "--oversubscribe", "--mca", "plm", "rsh", "--mca", "plm_rsh_agent", agent,
                    "--mca", "oob_tcp_if_include", "lo", "--host", "node-a:2,node-b:2"],
        "mpich": ["-launcher", "ssh", "-launcher-exec", agent, "-hosts", "node-a:2,node-b:2"],
    }[launcher]  # fmt: skip
    command = [program, *map(str, nodes), "-n", "4", sys.executable, "-c", _PROGRAM, replay(folder)]
    return subprocess.run(
        command, capture_output=True, text=True, env=environment(folder / "home"), timeout=120, check=False
    )


def check_energy(run: Run) -> None:
    """Check that each node counts once, with its power times its time and 0.15 of that."""
    seconds = [node.duration_seconds for node in run.nodes]
    assert min(seconds) >= 1.5
    assert run.it_energy_kwh is not None
    assert run.it_energy_kwh.best == pytest.approx(ALONE * sum(seconds) * KWH_PER_SECOND, rel=0.05)


def test_open_mpi_joins_nodes_by_its_own_key(tmp_path: Path) -> None:
    """Four ranks on two nodes: one run, one meter per node, the energy of both."""
    done = mpirun(tmp_path, "openmpi")
    assert (done.returncode, done.stdout) == (0, "")
    assert "greentrain" not in done.stderr

    assert len(ended_meters(tmp_path / "home")) == 2
    (run,) = History(tmp_path / "home").runs()
    assert run.id.startswith("openmpi-")
    assert (run.status, run.ranks, sorted(run.hosts)) == ("completed", 4, ["node-a", "node-b"])
    check_energy(run)


@pytest.mark.timing
def test_nodes_without_anything_in_common_are_runs_that_say_so(tmp_path: Path) -> None:
    """MPICH gives the job no id: each node warns once, keeps the warning, and counts its own energy once."""
    done = mpirun(tmp_path, "mpich")
    words = "this node has 2 of 4 ranks and the launcher gives the job no id: each node is recorded as a run of its own"
    assert (done.returncode, done.stdout) == (0, "")
    assert done.stderr.count(words) == 2

    assert len(ended_meters(tmp_path / "home")) == 2
    runs = History(tmp_path / "home").runs()
    assert sorted(run.hosts for run in runs) == [("node-a",), ("node-b",)]
    for run in runs:
        assert run.ranks == 2
        assert any(words in note for note in run.notes)
        check_energy(run)
