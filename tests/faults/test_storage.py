"""Storage that is missing, full, read-only or damaged costs the training nothing, and no earlier run a byte."""

import os
import resource
import sys
from contextlib import suppress
from pathlib import Path

import pytest
from fault_room import EARLIER, Room, journals, records, wait_until
from storage import small_disk

from greentrain import History

TRAINED = "trained 100 steps\n"


def logged_steps(home: Path) -> list[float]:
    """Return the steps that are on record."""
    return [record["values"]["step"] for record in records(home, "tracker", "log")]


def test_missing_home(room: Room) -> None:
    """Fault 7: a folder that is not there is made, however deep, and nothing is said of it."""
    home = room.folder / "not" / "yet" / "there"
    outcome = room.run("logging_steps", 100, environment={"GREENTRAIN_HOME": str(home)})

    assert outcome == (0, TRAINED, "")
    assert room.run_alone(home).status == "completed"


@pytest.mark.parametrize("what", ["read-only", "a file in its place", "a device", "no permission"])
def test_home_that_cannot_be_written(room: Room, what: str) -> None:
    """Fault 7: the journal goes to another place, which is named in one warning."""
    home = room.folder / "other"
    if what == "a file in its place":
        home.write_text("a history of another program\n")
    elif what == "a device":
        home = Path("/dev/null")
    elif what == "no permission":  # for root too
        home = Path("/proc/greentrain")
    else:
        with small_disk(home, "ro"):
            outcome = room.run("logging_steps", 100, environment={"GREENTRAIN_HOME": str(home)})
    if what != "read-only":
        outcome = room.run("logging_steps", 100, environment={"GREENTRAIN_HOME": str(home)})

    run = room.run_alone(room.spare_home)
    assert outcome[:2] == (0, TRAINED)
    assert outcome.err.count("GreentrainWarning: ") == 1
    assert f"{home} cannot be written" in outcome.err
    assert f"the run's journal is in {run.folders[0]}" in outcome.err
    assert run.status == "completed"
    assert logged_steps(room.spare_home) == list(range(100))
    assert any(f"{home} cannot be written" in note for note in run.notes)
    assert what != "a file in its place" or home.read_text() == "a history of another program\n"


def test_no_place_at_all(room: Room) -> None:
    """Fault 7: where nothing can be written, one warning says so, and the training runs."""
    nowhere = {"GREENTRAIN_HOME": "/proc/greentrain", "TMPDIR": "/proc"}
    with small_disk(room.spare, "ro"):
        block = "import tempfile; tempfile.tempdir = '/proc'; import runpy, sys; sys.argv = sys.argv[1:]"
        program = str(Path(__file__).parent / "programs" / "logging_steps.py")
        code = f"{block}; sys.path.insert(0, {str(Path(program).parent)!r}); runpy.run_path({program!r})"
        outcome = room.launch([sys.executable, "-c", code, program, "100"], environment=nowhere).end()
    assert outcome[:2] == (0, TRAINED)
    assert outcome.err.count("the run leaves no journal") == 1
    assert outcome.err.count("GreentrainWarning: ") == 1


def test_home_removed_during_the_run(room: Room) -> None:
    """Fault 7: the folder is removed while the run goes on: the record is there at the end, whole."""
    outcome = room.run("logging_steps", 100, "removed")

    assert outcome[:2] == (0, TRAINED)
    run = room.run_alone()
    assert run.status == "completed"
    assert logged_steps(room.home) == list(range(100))
    assert outcome.err.count("\n") <= 2
    assert run.it_energy_kwh is not None


def test_full_disk_from_the_start(room: Room) -> None:
    """Fault 8: a disk without room: another place, named in one warning."""
    with small_disk(room.folder / "full", "size=64k") as home:
        with (home / "filler").open("wb", buffering=0) as filler, suppress(OSError):
            while filler.write(b"x" * 4096):
                pass
        outcome = room.run("logging_steps", 100, environment={"GREENTRAIN_HOME": str(home)})
    assert outcome[:2] == (0, TRAINED)
    assert outcome.err.count("GreentrainWarning: ") == 1
    assert "cannot be written (No space left on device)" in outcome.err
    assert room.run_alone(room.spare_home).status == "completed"


def test_disk_that_fills_up(room: Room) -> None:
    """Fault 8: the disk fills up during the run: the training's own, one warning, and what was written stays read."""
    with small_disk(room.folder / "full", "size=64k") as home:
        earlier = room.run("logging_steps", 10, environment={"GREENTRAIN_HOME": str(home)})
        wait_until(lambda: records(home, "meter", "end"))
        before = {path: path.read_bytes() for path in journals(home, "tracker")}
        outcome = room.run("logging_steps", 300, "full", environment={"GREENTRAIN_HOME": str(home)})
        wait_until(lambda: len(journals(home, "meter")) == 2)
        runs = History(home).runs()
        after = {path: path.read_bytes() for path in before}
        steps = [run.logs for run in runs if run.id not in {path.parent.name for path in before}]

    assert earlier.code == 0
    assert outcome[:2] == (0, "trained 300 steps\n")
    assert outcome.err.count("GreentrainWarning: ") == 1
    assert "cannot be written (" in outcome.err
    assert after == before
    assert len(runs) == 2
    assert steps != [()]


def test_file_size_limit(room: Room) -> None:
    """Fault 8: a limit on the size of files is met in the middle of a line: one warning, the torn line is left out."""
    outcome = room.run("logging_steps", 400, "file limit")

    assert outcome[:2] == (0, "trained 400 steps\n")
    assert outcome.err.count("GreentrainWarning: ") == 1
    run = room.runs(wait=False)[0]
    steps = logged_steps(room.home)
    (path,) = journals(room.home, "tracker")
    assert path.stat().st_size == 30_000
    assert steps == list(range(len(steps)))
    assert 200 < len(steps) < 400
    # Its last word is lost, so that the meter's decides: the run's process was told of and went.
    assert run.status in ("unknown", "killed")


def test_damaged_history(room: Room) -> None:
    """Fault 9: what others left in the folder is neither read as a run nor touched."""
    runs = room.home / "runs"
    (runs / "a-folder").mkdir()
    (runs / "a-folder" / "h.1.abcdef.tracker.jsonl").mkdir()
    (runs / "binary").mkdir()
    (runs / "newer").mkdir()
    strange = {
        runs / "emissions.csv": b"timestamp,other,columns\n1,2",
        runs / "binary" / "h.1.abcdef.tracker.jsonl": os.urandom(5000),
        runs / "binary" / "h.1.abcdef.meter.jsonl": b"\0" * 5000,
        runs / "newer" / "h.1.abcdef.tracker.jsonl": b'{"v":9,"type":"start","columns":"other"}\n{"v":1,"ty',
    }
    for path, content in strange.items():
        path.write_bytes(content)
    outcome = room.run("logging_steps", 100)

    assert outcome == (0, TRAINED, "")
    run = room.run_alone()
    assert run.status == "completed"
    assert {path: path.read_bytes() for path in strange} == strange
    assert {run.id for run in History(room.home).runs()} == {run.id, EARLIER}


def test_working_folder_that_changes(room: Room) -> None:
    """Fault 36: ``os.chdir`` before or during the run: the place is fixed at the start, relative ones too."""
    during = room.start("logging_steps", 100, "other folder", environment={"RELATIVE_HOME": "records"})
    before = room.start("logging_steps", 100, "moved before", environment={"RELATIVE_HOME": "early"})
    variable = room.start("logging_steps", 100, environment={"GREENTRAIN_HOME": "by-variable"})
    assert [training.end() for training in (during, before, variable)] == [(0, TRAINED, "")] * 3
    for name in ("records", "early", "by-variable"):
        assert room.run_alone(room.work / name).status == "completed"
    assert sorted(path.name for path in room.work.iterdir()) == ["by-variable", "early", "elsewhere", "records"]


def test_descriptors_exhausted(room: Room) -> None:
    """Fault 38: no file can be opened any more at the end of the run: the record is complete all the same."""
    outcome = room.run("logging_steps", 100, "no descriptors")
    assert outcome == (0, f"descriptors exhausted\n{TRAINED}", "")
    run = room.run_alone()
    assert (run.status, run.is_complete) == ("completed", True)
    assert logged_steps(room.home) == list(range(100))


@pytest.mark.parametrize("limit", [3, 6, 9, 12])
def test_descriptors_exhausted_from_the_start(room: Room, limit: int) -> None:
    """Fault 38: hardly a descriptor from the start: the training runs, whatever the record can hold."""

    def few() -> None:
        resource.setrlimit(resource.RLIMIT_NOFILE, (limit + 4, limit + 4))

    bare = room.start("training", "returns", by="nothing", preexec_fn=few).end()
    tracked = room.start("training", "returns", preexec_fn=few).end()
    assert tracked[:2] == bare[:2]


def test_bare_surroundings(room: Room) -> None:
    """Fault 27: closed streams, an empty PATH, no home folder, a read-only one: it works, and says where."""
    closed = room.launch(["/bin/sh", "-c", 'exec "$@" 2>&- <&-', "sh", *_training()], environment={"QUIET": None})
    no_path = room.start("training", "returns", 0.2, environment={"PATH": ""})
    homeless = room.start(
        "training", "returns", 0.2, environment={"GREENTRAIN_HOME": None, "HOME": None, "XDG_DATA_HOME": str(room.work)}
    )
    read_only = room.start("training", "returns", 0.2, environment={"GREENTRAIN_HOME": None, "HOME": "/proc/user"})
    ends = [training.end() for training in (closed, no_path, homeless, read_only)]

    assert [end.code for end in ends] == [0] * 4
    assert {end.out for end in ends} == {"returned {'weights': [1, 2, 3]}\n"}
    assert [run.status for run in room.runs()] == ["completed"] * 2
    assert room.run_alone(room.work / "greentrain").status == "completed"
    assert room.run_alone(room.spare_home).status == "completed"
    assert [end.err.count("GreentrainWarning: ") for end in ends] == [0, 0, 0, 1]


def _training() -> list[str]:
    return [sys.executable, str(Path(__file__).parent / "programs" / "training_quietly.py"), "returns"]
