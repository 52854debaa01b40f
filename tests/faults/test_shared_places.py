"""Homes that several use, commands that start commands, and histories of many runs."""

import json
import os
import shutil
import subprocess
import tempfile
from pathlib import Path

import pytest
from fault_room import GREENTRAIN, Room


@pytest.mark.skipif(os.getuid() != 0, reason="only root can act for two users")
def test_a_home_of_two_users(room: Room) -> None:
    """Fault 59: a home that is shared on purpose takes the records of all its users, without a warning."""
    place = Path(tempfile.mkdtemp(dir="/tmp"))  # the folders of tests are root's own
    try:
        place.chmod(0o2777)
        for user in (1, 65534):
            # This Python may lie where no other user can start it, so there is no meter here.
            environment = homes(room, place) | {"METER": "none"}
            outcome = room.run("rank", 0.2, before=acting_as(user), environment=environment)
            assert outcome == (0, "ready\n", "")
        assert [(run.name, run.status) for run in room.runs(place)] == [("distributed", "completed")] * 2
    finally:
        shutil.rmtree(place)


def acting_as(user: int) -> tuple[str, ...]:
    """Return the words before a command that run it as another user, who may read this checkout wherever it is."""
    reads_all = ("--inh-caps=+dac_read_search", "--ambient-caps=+dac_read_search")
    return ("setpriv", f"--reuid={user}", f"--regid={user}", "--clear-groups", *reads_all, "--")


def homes(room: Room, place: Path) -> dict[str, str]:
    """Return the environment of a user who has a home here and nothing else."""
    return {"GREENTRAIN_HOME": str(place), "HOME": "/", "TMPDIR": "/tmp", "PYTHONDONTWRITEBYTECODE": "1"}


def test_a_history_of_many_runs(room: Room) -> None:
    """Fault 64: a history of a thousand runs is read whole, and its energy is a thousand times that of each."""
    environment = {"METER": room.meter({"seconds": 0, "cpu_w": 500})}
    assert room.run("named", '["one"]', environment=environment).code == 0
    run = room.run_alone()
    for number in range(999):
        shutil.copytree(run.folders[0], room.home / "runs" / f"{run.id}-{number}")
    words = [*GREENTRAIN, "history", "list", "--json", "--home", str(room.home)]
    done = subprocess.run(words, env=room.environment, capture_output=True, text=True, check=True)
    totals = json.loads(done.stdout)["totals"]
    assert run.facility_energy_kwh is not None
    assert totals["runs"] == 1001
    assert totals["facility_energy_kwh"]["best"] == pytest.approx(1000 * run.facility_energy_kwh.best)
