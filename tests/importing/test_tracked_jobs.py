"""Imported jobs that have the number of one in which greentrain tracked a run are it where their times agree.

Whichever comes first.
"""

import json
from pathlib import Path

import pytest
from foreign_texts import sacct_text

from greentrain.history import History
from greentrain.importing import ImportAudit, ImportStore, import_runs

TRACKED = "Runs that greentrain tracked itself stand in the history already: they are not imported."
PARTLY = "greentrain tracked less than half of its time itself: the job counts as a whole, what was tracked beside it."
ELSEWHEN = "Jobs of the number of one in which greentrain tracked a run, at another time, are others: they count."
JOB = {"JobID": "4711", "JobIDRaw": "4711", "Start": "2026-03-02T00:00:00", "End": "2026-03-02T10:00:00"}
WHOLE = JOB | {"ElapsedRaw": "36000"}


def _tracked(
    home: Path, name: str, began: str, ended: str, batch: str | None = "slurm-4711", cluster: str | None = None
) -> None:
    """Write the journal of a run that greentrain tracked on the second of March 2026."""
    folder = home / "runs" / name
    folder.mkdir(parents=True, exist_ok=True)
    start = {
        "v": 1,
        "type": "start",
        "session": "s",
        "launch": {"batch": batch, "cluster": cluster},
        "t": f"2026-03-02T{began}.000Z",
    }
    end = {"v": 1, "type": "end", "status": "completed", "t": f"2026-03-02T{ended}.000Z"}
    path = folder / f"n1.1.{began.replace(':', '')}ab.tracker.jsonl"
    path.write_text("".join(json.dumps(record) + "\n" for record in (start, end)))


def _imported(tmp_path: Path, row: dict[str, str], **options: str) -> tuple[int, list[str], ImportAudit]:
    path = tmp_path / "sacct"
    path.write_text(sacct_text(row))
    audit = import_runs(path, **options)  # type: ignore[arg-type]
    said = [note for note in audit.files[0].notes if note in (TRACKED, PARTLY, ELSEWHEN)]
    return audit.files[0].imported, said, audit


@pytest.mark.parametrize(
    ("times", "taken", "said"),
    [
        ([("00:00:01", "09:59:59")], 0, TRACKED),
        ([("00:00:01", "05:00:01")], 0, TRACKED),
        ([("00:00:01", "04:59:59")], 1, PARTLY),
        ([("00:00:01", "00:00:03")], 1, PARTLY),
        ([("00:00:00", "03:00:00"), ("02:00:00", "04:00:00")], 1, PARTLY),
        ([("00:00:00", "03:00:00"), ("06:00:00", "08:00:00")], 0, TRACKED),
    ],
)
def test_a_job_of_which_half_was_tracked(
    home: Path, tmp_path: Path, times: list[tuple[str, str]], taken: int, said: str
) -> None:
    """Of 10 h tracked runs hold 10 h, 5 h, 2 s less, 2 s, 3 h and 2 h of which one is common, or apart: 4 h, 5 h."""
    for began, ended in times:
        _tracked(home, "demo", began, ended)
    assert _imported(tmp_path, WHOLE)[:2] == (taken, [said])
    notes = [run.stated.notes[-1] for run in ImportStore(str(home)).runs()]
    assert notes == [PARTLY] * taken


def test_a_job_of_another_year_has_its_number(home: Path, tmp_path: Path) -> None:
    """One of 2021 is another one, also where greentrain tracked all of it; the own clock may be another zone's."""
    _tracked(home, "slurm-4711", "00:00:01", "09:59:59")
    old = {"Start": "2021-03-02T00:00:00", "End": "2021-03-02T10:00:00"}
    assert _imported(tmp_path, WHOLE | old)[:2] == (1, [ELSEWHEN])
    local = {"Start": "2026-03-02T09:00:00", "End": "2026-03-02T19:00:00"}
    assert _imported(tmp_path, WHOLE | local)[:2] == (0, [TRACKED])
    assert _imported(tmp_path, WHOLE | local, time_zone="Asia/Tokyo")[:2] == (0, [TRACKED])
    later = {"Start": "2026-03-02T20:00:00", "End": "2026-03-03T06:00:00"}
    assert _imported(tmp_path, WHOLE | later, time_zone="UTC")[:2] == (1, [ELSEWHEN])


def test_a_job_without_a_time_is_known_by_its_number(home: Path, tmp_path: Path) -> None:
    """Nothing tells that it is another one; of its 10 h less than half is tracked, or nobody knows how much."""
    bare = WHOLE | {"Start": "", "End": ""}
    _tracked(home, "demo", "00:00:00", "01:00:00")
    assert _imported(tmp_path, bare | {"ElapsedRaw": "7200"})[:2] == (0, [TRACKED])
    assert _imported(tmp_path, bare)[:2] == (1, [PARTLY])
    (home / "runs" / "slurm-9").mkdir()
    assert _imported(tmp_path, WHOLE | {"JobID": "9", "JobIDRaw": "9"})[:2] == (0, [TRACKED])


def _listed(home: Path, by: str = "cluster") -> tuple[int, int, list[str], list[str], dict[str | None, int]]:
    """Return how many runs lists and totals have, where they come from, what is left out, and groups."""
    found = json.loads(History(home).to_json())
    groups = {group.by[by]: group.runs for group in History(home).groups(by)}
    return (
        len(found["runs"]), found["totals"]["runs"], sorted(run["origin"] for run in found["runs"]), found["left_out"],
        groups,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("times", "imported"), [([("00:00:01", "05:00:01")], 0), ([("00:00:01", "03:00:00"), ("08:00:00", "09:00:00")], 1)]
)
def test_a_tracked_run_that_comes_after_its_job(
    home: Path, tmp_path: Path, times: list[tuple[str, str]], imported: int
) -> None:
    """Half of its 10 h were tracked: the job is in no list, total or group, as where it comes last; of 4 h it is."""
    _imported(tmp_path, WHOLE)
    for number, each in enumerate(times):
        _tracked(home, f"demo{number}", *each)
    said = [] if imported else ["1 imported job left out: runs that greentrain tracked are the same work"]
    origins = ["imported:slurm"] * imported + ["tracked"] * len(times)
    count = imported + len(times)
    assert _listed(home) == (count, count, origins, said, {None: count})
    assert len(History(home).runs(status="completed")) == count
    _imported(tmp_path, WHOLE)
    assert _listed(home)[0] == count


def test_tracked_runs_of_arrays_and_other_clusters(home: Path, tmp_path: Path) -> None:
    """A task is known by both of its numbers; a job of another cluster, or of another day, is another one."""
    rows = [
        WHOLE | {"JobID": "4700_1", "JobIDRaw": "4711"},
        WHOLE | {"JobID": "4712", "JobIDRaw": "4712", "Start": "2026-03-04T00:00:00", "End": "2026-03-04T10:00:00"},
    ]
    path = tmp_path / "sacct"
    path.write_text(sacct_text(*rows))
    import_runs(path)
    text = sacct_text(rows[0] | {"Partition": "x"}).replace("Partition", "Cluster", 1)
    path.write_text(text)
    import_runs(path, replace=True)
    _tracked(home, "demo", "00:00:00", "10:00:00", "slurm-4700_1", cluster="y")
    _tracked(home, "demo2", "00:00:00", "10:00:00", "slurm-4712")
    assert _listed(home)[::4] == (4, {"x": 1, "y": 1, None: 2})
    _tracked(home, "demo", "00:00:00", "10:00:00", "slurm-4700_1", cluster="x")
    assert _listed(home)[::4] == (3, {"x": 1, None: 2})


def test_a_task_that_was_tracked_is_known_by_its_own_number(home: Path, tmp_path: Path) -> None:
    """JobIDRaw alone tells it, whichever comes first, where tracking recorded that."""
    launch = {"batch": "slurm-4700_1", "batch_raw": "slurm-4711"}
    _imported(tmp_path, WHOLE)
    _tracked(home, "demo", "00:00:00", "10:00:00")
    (path,) = (home / "runs" / "demo").iterdir()
    start, end = map(json.loads, path.read_text().splitlines())
    path.write_text("".join(json.dumps(record) + "\n" for record in (start | {"launch": launch}, end)))
    assert _listed(home)[0] == 1
    assert _imported(tmp_path, WHOLE)[:2] == (0, [TRACKED])


def test_tracked_runs_of_another_home_come_after_their_job(home: Path, tmp_path: Path) -> None:
    """Copied by an import, or read together with the home that has the job."""
    _imported(tmp_path, WHOLE)
    _tracked(tmp_path / "laptop", "demo", "00:00:01", "09:00:00")
    assert [run.origin for run in History([home, tmp_path / "laptop"])] == ["tracked"]
    import_runs(tmp_path / "laptop")
    assert _listed(home)[:3] == (1, 1, ["tracked"])
