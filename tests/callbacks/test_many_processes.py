"""Trainings of many processes as PyTorch starts them: torchrun's ranks, nodes and restarts; workers of data loaders."""

import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from framework_runs import MISSING

pytest.importorskip("torch", reason=MISSING)

sys.path.insert(0, str(Path(__file__).parents[1] / "faults"))

from fault_room import ALONE, KWH_PER_SECOND, PROGRAMS, Room, Training, journals

LOADING = str(PROGRAMS / "load_data.py")

pytestmark = pytest.mark.timing
"""They start and end real processes by the dozen, whose order is the system's."""


@pytest.fixture
def room(tmp_path: Path) -> Iterator[Room]:
    """A home with an earlier run, which must be there unchanged when the test ends."""
    made = Room(tmp_path)
    yield made
    made.tidy()


def torchrun(room: Room, ranks: int, *words: object, **arguments: Any) -> Training:
    """Start torchrun with the program ``rank.py`` on one node; ``before`` and ``options`` are arguments of its own."""
    command = [*arguments.pop("before", ()), sys.executable, "-m", "torch.distributed.run", f"--nproc-per-node={ranks}"]
    options = ("--rdzv-backend=c10d", "--local-addr=127.0.0.1", *arguments.pop("options", ()))
    program = [str(PROGRAMS / "rank.py"), *map(str, words)]
    return room.launch([*command, *options, *program], **arguments)


@pytest.mark.parametrize(("restarts", "status"), [(1, "completed"), (0, "killed")])
def test_rank_that_is_killed(room: Room, restarts: int, status: str) -> None:
    """Fault 32: torchrun's four ranks, one killed: with an elastic restart and without one it is one run, one meter."""
    options = ("--rdzv-endpoint=127.0.0.1:0", "--rdzv-id=job", f"--max-restarts={restarts}", "--monitor-interval=0.1")
    code = torchrun(room, 4, 2.0, 2, options=options).end(120).code
    run = room.run_alone()

    assert (code == 0) == (restarts == 1)
    assert (run.id, run.status, run.ranks, len(run.nodes)) == ("elastic-job", status, 4, restarts + 1)
    assert len(journals(room.home, "meter")) == restarts + 1
    assert run.duration_seconds == pytest.approx(1.0 + 2.0 * restarts, abs=1.2)
    assert {gap.reason for gap in run.gaps} <= {"restart"}
    assert run.it_energy_kwh is not None
    measured_seconds = sum(node.duration_seconds for node in run.nodes)
    assert run.it_energy_kwh.best == pytest.approx(measured_seconds * ALONE * KWH_PER_SECOND, rel=0.05)
    assert measured_seconds <= run.duration_seconds + 0.05


def test_two_nodes(room: Room) -> None:
    """Fault 32: two torchruns on computers of two names meet: one run, a measurement for each node."""
    options = ("--nnodes=2", f"--rdzv-endpoint=127.0.0.1:{free_port()}", "--rdzv-id=job", "--rdzv-conf=join_timeout=60")
    nodes = [
        torchrun(room, 2, 1.5, before=on_host(name), options=options, environment={"GREENTRAIN_HOST": None})
        for name in ("node-a", "node-b")
    ]
    assert [node.end(120).code for node in nodes] == [0, 0]

    run = room.run_alone()
    assert (run.id, run.status, sorted(run.hosts), run.ranks) == ("elastic-job", "completed", ["node-a", "node-b"], 4)
    assert len(run.nodes) == len(journals(room.home, "meter")) == 2
    assert run.is_complete
    assert run.it_energy_kwh is not None
    seconds = [node.duration_seconds for node in run.nodes]
    assert min(seconds) >= 1.5
    assert run.it_energy_kwh.best == pytest.approx(sum(seconds) * ALONE * KWH_PER_SECOND, rel=0.05)


def on_host(name: str) -> tuple[str, ...]:
    """Return the words before a command that run it on a computer of this name; skip where that is not allowed."""
    words = ("unshare", "--uts", "sh", "-c", f'hostname {name} && exec "$@"', "sh")
    done = subprocess.run([*words, "uname", "-n"], capture_output=True, text=True, check=False)
    if done.stdout != f"{name}\n":
        pytest.skip(f"no host name of its own can be given here: {done.stderr.strip()}")
    return words


def free_port() -> int:
    """Find a port that nobody uses."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port: int = server.getsockname()[1]
    return port


@pytest.mark.parametrize(("way", "persistent"), [("fork", False), ("spawn", True)])
def test_data_loader(room: Room, way: str, persistent: bool) -> None:
    """Fault 13: workers of a DataLoader, which import the module with its tracker again: one run, none of theirs."""
    outcome = room.launch([sys.executable, LOADING, way, str(int(persistent))]).end(120)
    assert outcome[:2] == (0, "loaded 48 in 3 epochs by 2 workers\n")
    assert outcome.err == ""

    run = room.run_alone()
    assert (run.name, run.status, run.ranks) == ("loading", "completed", 1)
    assert [len(journals(room.home, kind)) for kind in ("tracker", "meter")] == [1, 1]
    assert [span.name for span in run.spans] == ["epoch"] * 3
    assert run.it_energy_kwh is not None
    assert run.it_energy_kwh.best == pytest.approx(run.duration_seconds * ALONE * KWH_PER_SECOND, rel=0.05)
