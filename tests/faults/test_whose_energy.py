"""Whose energy is it: what runs of one computer are given adds up to the computer's own."""

import os
import time

import pytest
from built import with_cpu
from fault_room import Room, records
from load import CPU, Witness, at_once

from greentrain import History


@pytest.mark.timing
def test_runs_beside_each_other(room: Room) -> None:
    """Fault 48: eight runs that do not know of each other get no more than there is of the memory and of the CPU."""
    seen = at_once(room, 8, 6.0, "native")
    assert (seen.codes, seen.stderr_lines, seen.statuses, seen.names) == ({0: 8}, 0, {"completed": 8}, 8)
    assert seen.together_seconds > 5.0
    assert max(seen.together.values()) <= 1.02
    assert max(seen.whole.values()) <= 1.25  # of six seconds, the first reading is a larger part than of twenty


@pytest.mark.timing
def test_two_processes_of_one_run(room: Room) -> None:
    """Fault 49: two processes of a run that each meter what they use themselves add up; nothing is thrown away."""
    before = with_cpu(room, CPU, os.cpu_count() or 1)
    arguments = "dict(name='w', location='FR', run_id='job7', meter='native')"
    trainings = [room.start("with_arguments", arguments, 3, "busy", before=before) for _ in range(2)]
    assert [training.end().code for training in trainings] == [0, 0]
    run = room.run_alone()
    counted = [record["energy_kwh"]["cpu"] for record in records(room.home, "meter", "end")]
    assert len(counted) == 2
    assert run.energy_kwh["cpu"] == pytest.approx(sum(counted), rel=0.02)
    assert [each.id for each in History(room.home).runs() if each.name == "w"] == ["job7"]


@pytest.mark.timing
@pytest.mark.parametrize("method", ["fork", "spawn"])
def test_workers_that_track_inside_a_run(room: Room, method: str) -> None:
    """Faults 45 and 48: each is a run with its own names and end; with the outer one they have what the computer drew.

    The outer run goes on around them: what they use is theirs alone, and what is idle is divided among the three.
    """
    before = with_cpu(room, CPU, os.cpu_count() or 1)
    with Witness(room, before) as witness:
        began = time.monotonic()
        outcome = room.start("tracked_workers", method, 4, before=before, environment={"METER": "native"}).end()
        ended = time.monotonic()
        runs = room.runs()
    assert (outcome.code, outcome.out, outcome.err) == (0, "['NoneType', 'ArithmeticError']\n", "")
    assert sorted((run.name, run.project, run.status) for run in runs) == [
        ("fit", "inner", "completed"), ("fit", "inner", "failed"), ("outer", "outer", "completed"),
    ]  # fmt: skip
    assert {(run.name, run.location) for run in runs} == {("outer", "FR"), ("fit", "PL")}
    computer = witness.energy_kwh(began, ended)
    for kind in ("cpu", "memory"):
        assert sum(run.energy_kwh[kind] for run in runs) <= 1.02 * computer[kind]
