"""``greentrain track -- COMMAND``: streams, exit code and signals are the command's own, and none is left behind."""

import os
import signal
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from fault_room import GREENTRAIN, PROGRAMS, Room, Training, records, wait_until

COMMAND = ("/bin/sh", str(PROGRAMS / "wrapped.sh"))


def start_both(room: Room, *words: str, **settings: Any) -> tuple[Training, Training]:
    """Start the command bare and wrapped."""
    options = ("track", "--quiet", "--location", "FR", "--meter", room.environment["METER"], "--")
    bare = room.launch([*COMMAND, *words], **settings)
    return bare, room.launch([*GREENTRAIN, *options, *COMMAND, *words], **settings)


@pytest.mark.parametrize("code", [0, 1, 2, 3, 127, 255])
def test_exit_code(room: Room, code: int) -> None:
    """Fault 42: the command's exit code is kept, and its streams are byte for byte the same."""
    bare, wrapped = start_both(room, "code", str(code))
    assert wrapped.end() == bare.end()
    assert wrapped.process.returncode == code
    assert room.run_alone().status == ("failed" if code else "completed")
    assert room.run_alone().exit_code == code


def test_streams(room: Room) -> None:
    """Fault 42: bytes of every kind go through to the command and from it, with our own line on stderr only."""
    data = bytes(range(256)) * 1000
    words = [*GREENTRAIN, "track", "--location", "FR", "--meter", room.environment["METER"], "--", *COMMAND, "input"]
    environment = {name: value for name, value in room.environment.items() if name != "QUIET"}
    bare, wrapped = (
        subprocess.run(command, input=data, capture_output=True, env=environment, check=True)
        for command in ([*COMMAND, "input"], words)
    )
    assert wrapped.stdout == bare.stdout
    assert wrapped.stderr.startswith(bare.stderr)
    assert wrapped.stderr[len(bare.stderr) :].count(b"\n") == 1
    assert wrapped.stderr[len(bare.stderr) :].startswith(b"greentrain: ")


@pytest.mark.parametrize("name", ["TERM", "KILL", "SEGV", "INT"])
def test_command_killed_by_a_signal(room: Room, name: str) -> None:
    """Fault 42: a command that dies of a signal gives 128 and its number, as a shell says it."""
    bare, wrapped = start_both(room, "signal", name)
    number = getattr(signal, f"SIG{name}")
    assert bare.end().code == -number
    assert wrapped.end().code in (128 + number, -number)
    assert wrapped.process.returncode == 128 + number
    assert room.run_alone().status in ("failed", "interrupted", "killed")


@pytest.mark.timing
@pytest.mark.parametrize("name", ["SIGTERM", "SIGINT", "SIGHUP", "SIGUSR1"])
def test_signals_are_forwarded(room: Room, name: str) -> None:
    """Fault 42: a signal to the wrapper alone reaches the command, whose own answer counts."""
    _, wrapped = start_both(room, "trap")
    wrapped.wait_for()
    os.kill(wrapped.pid, getattr(signal, name))
    outcome = wrapped.end()
    assert outcome.code == 5
    assert outcome.out.endswith("caught\n")
    assert room.run_alone().exit_code == 5


@pytest.mark.timing
def test_no_orphan(room: Room) -> None:
    """Fault 42: SIGTERM to the wrapper ends the command with it: 143 for the caller, no process left, a record."""
    _, wrapped = start_both(room, "wait")
    wrapped.wait_for()
    child = children(wrapped.pid)
    wait_until(lambda: records(room.home, "meter", "start"))
    os.kill(wrapped.pid, signal.SIGTERM)
    assert wrapped.end().code == 143
    assert child != []
    wait_until(lambda: not any(Path(f"/proc/{pid}").exists() for pid in child))
    assert not any(Path(f"/proc/{pid}").exists() for pid in child)
    assert room.run_alone().status != "running"


@pytest.mark.timing
def test_wrapper_killed(room: Room) -> None:
    """Fault 42: SIGKILL to the wrapper cannot be forwarded: the meter closes the record when the command has ended."""
    _, wrapped = start_both(room, "wait")
    wrapped.wait_for()
    child = children(wrapped.pid)
    wait_until(lambda: records(room.home, "meter", "start"))
    os.kill(wrapped.pid, signal.SIGKILL)
    assert wrapped.end().code == -signal.SIGKILL
    for pid in child:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    assert room.run_alone().status == "killed"


@pytest.mark.timing
@pytest.mark.skipif(sys.platform != "linux", reason="macOS tells no process of its parent's end")
def test_nothing_outlives_a_killed_wrapper(room: Room) -> None:
    """Fault 60: children, and a grandchild that has left session and parent, end with a wrapper that is killed.

    A process of the caller's beside it stays.
    """
    line = "sleep 30 & (setsid sh -c 'echo $$; exec sleep 30' &) ; sleep 0.5; echo ready; wait; true"
    words = ("track", "--quiet", "--location", "FR", "--meter", room.environment["METER"], "--")
    with subprocess.Popen(["sleep", "30"]) as beside:
        wrapped = room.launch([*GREENTRAIN, *words, "sh", "-c", line]).wait_for()
        wait_until(lambda: records(room.home, "meter", "start"))
        below = descendants(wrapped.pid)
        assert len(below) == 4  # the guard, the shell, and what it started
        assert int(wrapped.out.split()[0]) in below
        os.kill(wrapped.pid, signal.SIGKILL)
        assert wrapped.end().code == -signal.SIGKILL
        wait_until(lambda: not any(Path(f"/proc/{pid}").exists() for pid in below))
        assert not any(Path(f"/proc/{pid}").exists() for pid in below)
        assert beside.poll() is None
        beside.terminate()
    assert room.run_alone().status == "killed"


def test_what_a_command_leaves_running_stays(room: Room) -> None:
    """Fault 42: a command that ends as it likes to may leave programs behind, as it may without the wrapper."""
    words = ("track", "--quiet", "--location", "FR", "--meter", room.environment["METER"], "--")
    line = "(setsid sh -c 'echo $$; exec sleep 30 >&- 2>&-' &) ; sleep 0.3; exit 4"
    outcome = room.launch([*GREENTRAIN, *words, "sh", "-c", line]).end()
    left = int(outcome.out)
    assert outcome.code == 4
    assert Path(f"/proc/{left}").exists()
    os.kill(left, signal.SIGKILL)


def test_no_such_command(room: Room) -> None:
    """Fault 42: a command that is not there: 127, as a shell has it, and one line."""
    outcome = room.launch([*GREENTRAIN, "track", "--quiet", "--", "/no/such/command"]).end()
    assert (outcome.code, outcome.out) == (127, "")
    assert outcome.err.count("\n") == 1


def test_decorator_inside(room: Room) -> None:
    """Fault 42: a tracked function inside the wrapped command joins the wrapper's run: one meter."""
    program = [sys.executable, str(PROGRAMS / "training.py"), "returns", "0.5"]
    words = ["track", "--quiet", "--location", "FR", "--meter", room.environment["METER"], "--", *program]
    outcome = room.launch([*GREENTRAIN, *words]).end()
    assert outcome == (0, "returned {'weights': [1, 2, 3]}\n", "the function's end\n")
    run = room.run_alone()
    assert run.status == "completed"
    assert len(records(room.home, "meter", "start")) == 1


def children(pid: int) -> list[int]:
    """Return the ids of a process's children."""
    return [int(word) for word in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def descendants(pid: int) -> list[int]:
    """Return the processes below one."""
    found = children(pid)
    return [*found, *(below for child in found for below in descendants(child))]
