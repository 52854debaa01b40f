"""The kernel ends a training for want of memory: its meter closes the record, or what it wrote stands for itself."""

import signal
import subprocess
import time

import pytest
from busy_machine import slowness
from fault_room import ALONE, KWH_PER_SECOND, Room, Training, journals, records, wait_until
from groups import group_killed_at_once, group_with_memory

pytestmark = pytest.mark.timing

LIMIT_BYTES = 192 * 2**20


def test_killed_for_memory(room: Room) -> None:
    """Fault 5: the kernel kills a training that needs more memory than its group has: the energy is whole."""
    with group_with_memory(room, LIMIT_BYTES) as group:
        training = room.start("training", "grows", before=group.before, stdin=subprocess.PIPE).wait_for()
        start = time.monotonic()
        wait_until(lambda: records(room.home, "meter", "sample"))
        time.sleep(1.5)
        seconds = grow_until_killed(training, start)
        run = room.run_alone()
        assert group.killed_for_memory() == 1

    assert (run.status, run.error) == ("killed", None)
    assert [record["why"] for record in records(room.home, "meter", "end")] == ["process_ended"]
    assert run.it_energy_kwh is not None
    assert run.it_energy_kwh.best == pytest.approx(
        ALONE * seconds * KWH_PER_SECOND, abs=0.3 * slowness() * KWH_PER_SECOND
    )
    assert (run.gaps, run.is_complete) == ((), True)


def grow_until_killed(training: Training, start_mono: float) -> float:
    """Let a training use memory until it is killed; give how long it has then been ready. [s]"""
    stdin = training.process.stdin
    assert stdin is not None
    with stdin:
        stdin.write(b"now\n")
    outcome = training.end()
    assert outcome == (-signal.SIGKILL, "ready\n", "")
    return time.monotonic() - start_mono


def test_killed_with_its_meter(room: Room) -> None:
    """Fault 5: the kernel kills training and meter at once: killed, with the energy up to the meter's last sample."""
    with group_killed_at_once(room) as group:
        training = room.start("training", "waits", before=group.before).wait_for()
        start = time.monotonic()
        wait_until(lambda: len(records(room.home, "meter", "sample")) > 2)
        assert training.pid in group.members
        assert records(room.home, "meter", "start")[0]["pid"] in group.members
        group.kill()
        assert training.end() == (-signal.SIGKILL, "ready\n", "")
        seconds = time.monotonic() - start
        wait_until(lambda: not group.members)
        (run,) = room.runs(wait=False)

    (found,) = journals(room.home, "meter").values()
    assert [record["type"] for record in found[:2]] == ["start", "sample"]
    assert {record["type"] for record in found[1:]} == {"sample"}
    assert run.status == "killed"
    assert run.duration_seconds == pytest.approx(seconds, abs=1.2 * slowness())
    assert run.it_energy_kwh is not None
    assert run.it_energy_kwh.best == pytest.approx(ALONE * run.duration_seconds * KWH_PER_SECOND, rel=0.01)
