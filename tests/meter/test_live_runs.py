"""The live runs of a computer: known to each other without a daemon, after crashes and among hostile files."""

import os
import subprocess
import sys
import time
from math import inf
from pathlib import Path

import pytest

from greentrain.meter import live_runs
from greentrain.meter.live_runs import Announcement, LiveRuns, OwnPresence, announce, find_place, withdraw

OTHER_USER = 65_534
HELD = """
import sys, time
from greentrain.meter.live_runs import OwnPresence, announce
import os
presence = OwnPresence(announce(os.getpid(), time.monotonic()))
presence.state({"cpu_seconds": 1.5})
print(flush=True)
time.sleep(60)
"""
as_root = pytest.mark.skipif(os.getuid() != 0, reason="only root can make files of another user")


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Make a place for live runs that is this test's alone, as every user may write it."""
    folder = tmp_path / "place"
    folder.mkdir()
    folder.chmod(0o1777)
    monkeypatch.setenv(live_runs.VARIABLE, str(folder))
    return folder


@pytest.fixture
def mine(place: Path) -> Path:
    """Name the folder of this user."""
    return place / f"greentrain-live-{os.getuid()}"


def others(place: Path, own: str = "") -> LiveRuns:
    """Look at the runs in a place and read what they state."""
    found = LiveRuns(own, str(place))
    found.look()
    found.read()
    return found


def test_a_run_is_known_from_its_announcement_to_its_end(place: Path) -> None:
    """Others see when it began, what it states, and when it ended; it does not see itself."""
    presence = OwnPresence(announce(os.getpid(), 12.5))
    seen = others(place)
    assert seen.others == {presence.name: (12.5, inf, {})}

    presence.state({"cpu_seconds": 3.25})
    seen.look()
    seen.read()
    assert seen.others[presence.name] == (12.5, inf, {"cpu_seconds": 3.25})
    assert others(place, presence.name).others == {}

    now = time.monotonic()
    presence.state({"cpu_seconds": 4})
    presence.end(now)
    seen.look()
    seen.read()
    assert seen.others[presence.name] == (12.5, pytest.approx(now, abs=1e-6), {"cpu_seconds": 4})
    assert not presence.is_known


def test_an_announcement_taken_back_leaves_nothing(place: Path, mine: Path) -> None:
    """As where no meter could be started, or one reads nothing of this computer."""
    withdraw(announce(os.getpid(), 1.0))
    OwnPresence(announce(os.getpid(), 2.0)).withdraw()
    assert list(mine.iterdir()) == []
    assert others(place).others == {}


def test_one_that_ended_long_ago_is_forgotten(place: Path, mine: Path) -> None:
    """A minute after its end nobody can have missed it; a later run of the user removes its file, and no other."""
    presence = OwnPresence(announce(os.getpid(), time.monotonic() - 200))
    presence.end(time.monotonic() - 61)
    (old,) = mine.iterdir()
    os.utime(old, (time.time() - 61, time.time() - 61))
    assert others(place).others == {}

    held = OwnPresence(announce(os.getpid(), 3.0))
    recent = OwnPresence(announce(os.getpid(), 4.0))
    recent.end(time.monotonic() - 59)
    held.sweep()
    assert sorted(path.name.rpartition(".")[2] for path in mine.iterdir()) == ["ended", "starting"]
    held.withdraw()


@pytest.mark.slow
def test_a_crash_is_noticed_by_the_lock(place: Path, mine: Path) -> None:
    """A meter that was killed holds its lock no more, whatever process has its id now; its file is swept up later."""
    with subprocess.Popen([sys.executable, "-c", HELD], stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        process.stdout.readline()
        seen = others(place)
        (path,) = mine.iterdir()
        os.utime(path, (time.time() - 70, time.time() - 70))
        seen.read()
        assert [run.facts for run in seen.others.values()] == [{"cpu_seconds": 1.5}]
        process.kill()
    seen.read()
    assert seen.others == {}
    assert others(place).others == {}
    held = OwnPresence(announce(os.getpid(), 3.0))
    held.sweep()
    assert not path.exists()
    held.withdraw()


def test_a_lock_outlives_the_process_that_took_it(place: Path) -> None:
    """The meter inherits it from the training process, which may end at once."""
    announcement = announce(os.getpid(), 1.0)
    copy = os.dup(announcement.descriptor)
    os.close(announcement.descriptor)
    os.utime(announcement.path, (1.0, 1.0))
    assert len(others(place).others) == 1
    os.close(copy)
    assert others(place).others == {}


@pytest.mark.parametrize(
    "name",
    ["", "x", "1.2.3", "1.2.aaaaaa.lively", "-1.2.aaaaaa.live", "1.2.aaaaaa.x.ended", "9" * 30 + ".2.aaaaaa.live",
     "1.2.aaaaaa.5.live", "\u0661.2.aaaaaa.live", "nan.2.aaaaaa.live"],
)  # fmt: skip
def test_names_that_are_none(place: Path, mine: Path, name: str) -> None:
    """What greentrain does not write is no run."""
    withdraw(announce(os.getpid(), 1.0))
    (mine / f"{name or 'empty'}").write_text("")
    assert others(place).others == {}


def test_odd_files_cost_nothing_but_themselves(place: Path, mine: Path) -> None:
    """A FIFO, a link, a folder, a file that is too long or says nonsense: nothing hangs, and nothing is believed."""
    presence = OwnPresence(announce(os.getpid(), 1.0))
    presence.state({"cpu_seconds": 1.0})
    os.mkfifo(mine / "1.2.aaaaaa.live")
    (mine / "1.2.aaaaab.live").symlink_to("/etc/passwd")
    (mine / "1.2.aaaaac.live").mkdir()
    (mine / "1.2.aaaaad.live").write_bytes(b"x" * 20_000)
    (mine / "1.2.aaaaae.live").write_bytes(b"00000000 {}\n")
    (mine / "1.2.aaaaaf.live").write_bytes(b"\xff\xfe nonsense")
    facts = {name: run.facts for name, run in others(place).others.items() if run.facts}
    assert facts == {presence.name: {"cpu_seconds": 1.0}}
    presence.withdraw()


@pytest.mark.parametrize("mode", [0o777, 0o775])
def test_a_folder_that_others_can_write_is_not_believed(place: Path, mine: Path, mode: int) -> None:
    """Its files may be anybody's; the own run takes another folder."""
    withdraw(announce(os.getpid(), 1.0))
    (mine / "1.2.aaaaaa.live").write_text("")
    mine.chmod(mode)
    presence = OwnPresence(announce(os.getpid(), 2.0))
    assert list(others(place).others) == [presence.name]
    assert len(list(place.iterdir())) == 2
    presence.withdraw()


def test_a_link_in_the_place_of_the_folder(place: Path, mine: Path, tmp_path: Path) -> None:
    """Nothing is written through it."""
    target = tmp_path / "target"
    target.mkdir()
    mine.symlink_to(target)
    withdraw(announce(os.getpid(), 1.0))
    assert list(target.iterdir()) == []


@as_root
def test_runs_of_other_users(place: Path) -> None:
    """They count where their process is seen to be that user's, each process once; never in another one's folder."""
    folder = place / f"greentrain-live-{OTHER_USER}"
    folder.mkdir()
    os.chown(folder, OTHER_USER, OTHER_USER)
    with subprocess.Popen(["sleep", "60"], user=OTHER_USER) as process:
        for number in range(3):
            (folder / f"1.{process.pid}.aaaaa{number}.live").write_text("")
        (folder / f"1.{os.getpid()}.bbbbbb.live").write_text("")
        (folder / "1.4000000.cccccc.live").write_text("")
        assert list(seen_in(place)) == [f"1.{process.pid}.aaaaa0"]
        process.kill()
    os.chown(folder, OTHER_USER - 1, OTHER_USER)
    assert list(seen_in(place)) == []


def seen_in(place: Path) -> dict[str, object]:
    """Look at the runs in a place, without reading their files."""
    found = LiveRuns("", str(place))
    found.look()
    return dict(found.others)


def test_places_that_are_not_safe(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A folder that all may write without the sticky bit, a file, one that is not there: then no run is announced."""
    loose, file = tmp_path / "loose", tmp_path / "file"
    loose.mkdir()
    loose.chmod(0o777)
    file.write_text("")
    for place in (loose, file, tmp_path / "nowhere"):
        monkeypatch.setenv(live_runs.VARIABLE, str(place))
        assert find_place() is None
        assert announce(os.getpid(), 1.0) == Announcement()
    presence = OwnPresence(Announcement())
    presence.state({})
    presence.end(1.0)
    presence.sweep()
    assert (presence.name, presence.is_known) == ("", False)


def test_two_hundred_runs_are_seen_in_a_few_milliseconds(place: Path, mine: Path) -> None:
    """Looking again where nothing has changed asks for the folders' times alone."""
    withdraw(announce(os.getpid(), 1.0))
    for number in range(200):
        (mine / f"{number}.{number + 1}.{number:06x}.starting").write_text("")
    past = time.time() - 10
    for folder in (mine, place):
        os.utime(folder, (past, past))
    seen = LiveRuns("", str(place))
    seen.look()
    before = seen.others
    seen.look()
    assert len(before) == 200
    assert seen.others is before
