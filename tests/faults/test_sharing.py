"""Several runs at once on one computer: together they draw no more than it does, and nothing is thrown away."""

from pathlib import Path

import pytest
from fault_room import Room, journals

REAL = {"METER": "native"}


def memory_joules(home: Path) -> list[float]:
    """Return the memory's energy of each meter. [J]"""
    return [found[-1]["energy_kwh"]["memory"] * 3.6e6 for found in journals(home, "meter").values()]


def installed_w(home: Path) -> float:
    """Return the power of all memory: what a run drew, over its share, over its time. [W]"""
    end = next(iter(journals(home, "meter").values()))[-1]
    return float(end["energy_kwh"]["memory"] * 3.6e6 / end["share"]["memory"] / end["elapsed_seconds"])


@pytest.mark.timing
def test_runs_that_know_nothing_of_each_other(room: Room) -> None:
    """Eight at once, four in one home and four in another: alike, and together no more than the computer.

    Each alone would get nearly all of the memory's power on an idle computer, all eight some seven times of it.
    """
    homes = [room.folder / "one", room.folder / "two"]
    words = ("with_arguments", "dict(name='x', location='FR')", 6)
    trainings = [room.start(*words, environment=REAL | {"GREENTRAIN_HOME": str(home)}) for home in homes * 4]
    assert [training.end().code for training in trainings] == [0] * 8
    runs = [run for home in homes for run in room.runs(home)]
    whole = max(run.started + run.duration_seconds for run in runs) - min(run.started for run in runs)
    drawn = [joules for home in homes for joules in memory_joules(home)]

    assert len(drawn) == 8
    assert sum(drawn) <= 1.02 * installed_w(homes[0]) * whole
    assert sum(drawn) >= 0.3 * installed_w(homes[0]) * min(run.duration_seconds for run in runs)
    assert max(drawn) <= 2 * min(drawn)


@pytest.mark.timing
def test_two_processes_of_one_run_add_up(room: Room) -> None:
    """Each measures its own processes, with what falls to it of the rest: their sum is the run's."""
    words = ("with_arguments", "dict(run_id='job7', location='FR')", 2)
    trainings = [room.start(*words, environment=REAL) for _ in range(2)]
    assert [training.end().code for training in trainings] == [0] * 2
    run, drawn = room.run_alone(), memory_joules(room.home)

    assert len(drawn) == 2
    assert run.energy_kwh["memory"] == pytest.approx(sum(drawn) / 3.6e6)
    assert [node.meter["share_method"]["memory"] for node in run.nodes] == ["processes"] * 2
    assert not any("counts once" in note for note in run.notes)
