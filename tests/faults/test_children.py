"""Children of every kind: those that import the training's module again, those that outlive it, those that must not."""

import pytest
from busy_machine import slowness
from fault_room import ALONE, KWH_PER_SECOND, Room, journals, records, wait_until


@pytest.mark.parametrize("kind", ["spawn", "fork"])
@pytest.mark.parametrize("way", ["bare-pool", "tracker-pool", "bare-executor", "tracker-executor"])
def test_module_level(room: Room, way: str, kind: str) -> None:
    """Fault 13: a tracker, a tracked function and a bare ``start()`` at module level, imported again by each child."""
    outcome = room.run("module_level", way, kind)
    assert outcome == (0, "[0, 1, 4, 9] None\n", "")
    run = room.run_alone()
    assert (run.name, run.status, run.ranks, run.spans) == ("module", "completed", 1, ())
    assert [len(journals(room.home, kind)) for kind in ("tracker", "meter")] == [1, 1]
    assert run.it_energy_kwh is not None
    assert run.it_energy_kwh.best == pytest.approx(ALONE * run.duration_seconds * KWH_PER_SECOND, rel=0.1)


@pytest.mark.timing
@pytest.mark.parametrize("way", ["fork", "exec"])
def test_child_that_outlives_its_parent(room: Room, way: str) -> None:
    """Fault 13: a child that goes on when the run has ended writes nothing of its own, and holds no meter up."""
    assert room.run("left_behind", way) == (0, "parent done\n", "")
    run = room.run_alone()
    done = room.work / "child-done"
    assert not done.exists()
    assert (run.status, run.ranks) == ("completed", 1)
    assert run.duration_seconds == pytest.approx(0.5, abs=0.3 * slowness())
    wait_until(lambda: done.exists() and done.read_text())
    assert done.read_text() == {"fork": "True None", "exec": "exec"}[way]
    assert room.run_alone() == run
    assert [record["type"] for record in records(room.home, "tracker", "log")] == []


@pytest.mark.timing
def test_daemonic_child(room: Room) -> None:
    """Fault 13: a daemonic child is ended with its parent, whose run completes."""
    assert room.run("left_behind", "daemonic") == (0, "parent done\n", "")
    run = room.run_alone()
    assert (run.status, run.ranks, len(journals(room.home, "tracker"))) == ("completed", 1, 1)
    assert run.duration_seconds == pytest.approx(0.5, abs=0.3 * slowness())
