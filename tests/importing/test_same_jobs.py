"""Records of one job in files of other columns, clocks and spellings of its number: it counts once, in any order."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from greentrain.history import History
from greentrain.importing import import_runs

UNDATED = "Jobs without a start are those of that number, user, time and hardware in another file."
BOTH_NUMBERS = "Tasks of arrays are known by JobID in one file and by JobIDRaw in another: they are the same jobs."
OTHER_CLOCK = "Jobs whose starts in two files are whole quarters of an hour apart are the same, by clocks of two zones."
COLUMNS = ("JobID", "JobIDRaw", "JobName", "User", "State", "Start", "End", "ElapsedRaw", "NCPUS", "AllocTRES")
ARRAY = {
    "JobID": "400_1", "JobIDRaw": "401", "JobName": "bert", "User": "ada", "State": "COMPLETED",
    "Start": "2026-03-31T23:00:00", "End": "2026-04-01T09:00:00", "ElapsedRaw": "36000", "NCPUS": "64",
    "AllocTRES": "cpu=64,gres/gpu:a100=8,node=1",
}  # fmt: skip
JOB = ARRAY | {"JobID": "401"}
AHEAD = {"Start": "2026-04-01T00:00:00", "End": "2026-04-01T10:00:00"}


def text(row: dict[str, str], *without: str, **changed: str) -> str:
    """Write what ``sacct -P`` prints of a job, without some columns."""
    names = [name for name in COLUMNS if name not in without]
    return "|".join(names) + "\n" + "|".join((row | changed)[name] for name in names) + "\n"


def text_of_json(row: dict[str, str]) -> str:
    """Write what ``sacct --json`` prints of a job."""
    start, end = (int(datetime.fromisoformat(row[name]).replace(tzinfo=UTC).timestamp()) for name in ("Start", "End"))
    array, _, task = row["JobID"].partition("_")
    job: dict[str, Any] = {
        "job_id": int(row["JobIDRaw"]), "name": row["JobName"], "association": {"user": row["User"]}, "steps": [],
        "array": {"job_id": int(array), "task_id": int(task)} if task else {}, "state": {"current": row["State"]},
        "time": {"start": start, "end": end, "elapsed": int(row["ElapsedRaw"])},
        "allocation_nodes": 1, "tres": {"allocated": [
            {"type": "cpu", "count": int(row["NCPUS"])}, {"type": "gres", "name": "gpu:a100", "count": 8},
        ]},
    }  # fmt: skip
    return json.dumps({"meta": {}, "jobs": [job]})


BARE = text(JOB, "JobID", "JobName", "State", "Start", "End", "NCPUS")
TASK, RAW, BOTH = text(ARRAY, "JobIDRaw"), text(ARRAY, "JobID"), text(ARRAY)
LOCAL = text(JOB | AHEAD)


def _imported(tmp_path: Path, files: tuple[str, ...], *, together: bool, **options: Any) -> list[str]:
    """Import files one after the other, or at once; return what is said of any of them."""
    paths = [tmp_path / f"file{number}" for number in range(len(files))]
    for path, content in zip(paths, files, strict=True):
        path.write_text(content)
    audits = [import_runs(some, **options) for some in ([paths] if together else [[path] for path in paths])]
    return [note for audit in audits for file in audit.files for note in file.notes]


@pytest.mark.parametrize("together", [False, True])
@pytest.mark.parametrize(
    ("files", "why"),
    [
        ((BARE, text(JOB)), UNDATED),
        ((text(JOB), BARE), UNDATED),
        ((TASK, BOTH), BOTH_NUMBERS),
        ((BOTH, TASK), BOTH_NUMBERS),
        ((TASK, RAW, BOTH), BOTH_NUMBERS),
        ((RAW, TASK, BOTH, TASK, RAW), BOTH_NUMBERS),
        ((TASK, text_of_json(ARRAY)), BOTH_NUMBERS),
        ((LOCAL, text_of_json(JOB)), OTHER_CLOCK),
        ((text_of_json(JOB), LOCAL), OTHER_CLOCK),
        ((LOCAL, text_of_json(JOB), LOCAL, text_of_json(JOB)), OTHER_CLOCK),
        ((BARE, LOCAL, text_of_json(JOB), BARE), OTHER_CLOCK),
        ((text(JOB, State="RUNNING", End="Unknown", ElapsedRaw="60", Start=AHEAD["Start"]), text_of_json(JOB)),
         OTHER_CLOCK),
    ],
)  # fmt: skip
def test_a_job_of_several_files(tmp_path: Path, files: tuple[str, ...], why: str, *, together: bool) -> None:
    """Of ten hours on 8 A100 from 23:00 of the last of March: one run, with all that any of the files states."""
    assert why in _imported(tmp_path, files, together=together)
    (run,) = History().runs()
    assert (run.name, run.user, run.status, run.gpu_hours) == ("bert", "ada", "completed", 80.0)
    (group,) = History().groups("user,month,status")
    assert (group.by, group.runs) == ({"user": "ada", "month": "2026-03", "status": "completed"}, 1)
    assert History().totals().runs == len(History().summaries()) == 1


@pytest.mark.parametrize(
    "other",
    [
        text(JOB | AHEAD, User="bob"),
        text(JOB | AHEAD, AllocTRES="cpu=64,gres/gpu:a100=4,node=1"),
        text(JOB | AHEAD, NCPUS="32"),
        text(JOB | AHEAD, ElapsedRaw="35990"),
        text(JOB, Start="2026-03-31T23:07:00"),
        text(JOB, Start="2026-04-01T13:15:00"),
        text(JOB | AHEAD).replace("|401|", "|402|").replace("401|", "402|"),
        text_of_json(JOB | AHEAD),
        text(JOB, "Start", "End", ElapsedRaw="35990"),
        text(ARRAY, JobIDRaw="402"),
    ],
)
def test_two_jobs(tmp_path: Path, other: str) -> None:
    """Another user, hardware, time, number, or start: 7 minutes or 14 hours and a quarter away, or both with zones."""
    for files in ((text_of_json(JOB), other), (other, text_of_json(JOB))):
        assert not {*_imported(tmp_path, files, together=True, dry_run=True)} & {UNDATED, BOTH_NUMBERS, OTHER_CLOCK}
        _imported(tmp_path, files, together=False)
    assert History().totals().runs == 2


def test_a_session_of_a_job_that_was_requeued(tmp_path: Path) -> None:
    """It is a part of the job of a file with duplicates, whichever comes first: 10 h and 1 h before."""
    before = text(JOB, Start="2026-03-31T20:00:00", End="2026-03-31T21:00:00", ElapsedRaw="3600", State="REQUEUED")
    every = before + text(JOB).splitlines()[1] + "\n"
    for place, files in enumerate([(before, every, text(JOB)), (text(JOB), every, before), (every, before, text(JOB))]):
        _imported(tmp_path, files, together=False, home=tmp_path / str(place))
        (run,) = History(tmp_path / str(place)).runs()
        assert run.duration_seconds == 39_600.0


def test_places_and_labels_stay_with_the_job(tmp_path: Path) -> None:
    """What was stated of a record by a place or a map stays where a better record of the job comes without it."""
    _imported(tmp_path, (TASK,), together=False, location="FR", project="nlp")
    _imported(tmp_path, (RAW,), together=False)
    _imported(tmp_path, (BOTH,), together=False)
    (run,) = History().runs()
    assert (run.location, run.project) == ("FR", "nlp")
    _imported(tmp_path, (BOTH,), together=False, replace=True)
    assert History().runs()[0].location is None


@pytest.mark.parametrize("hashes", [(True, False), (False, True), (True, True)])
def test_a_job_whose_user_is_hashed(tmp_path: Path, hashes: tuple[bool, bool]) -> None:
    """A name and its hash are one user's."""
    for anonymise, file in zip(hashes, (LOCAL, text_of_json(JOB)), strict=True):
        _imported(tmp_path, (file,), together=False, anonymise=anonymise)
    assert History().totals().runs == 1


@pytest.mark.parametrize("together", [False, True])
def test_what_a_later_file_states_too(tmp_path: Path, *, together: bool) -> None:
    """The columns of a file with the same numbers and starts fill what another one lacks, whichever comes first."""
    bare = text(ARRAY, "JobID", "JobName", "User", "NCPUS")
    for place, files in enumerate([(bare, BOTH, bare), (BOTH, bare)]):
        _imported(tmp_path, files, together=together, home=tmp_path / str(place))
        (run,) = History(tmp_path / str(place)).runs()
        assert (run.name, run.user, run.cpu_core_hours) == ("bert", "ada", 640.0)
    paths = [tmp_path / "0", tmp_path / "1"]
    assert [run.user for run in History(paths).runs()] == ["ada"]


def test_a_zone_that_was_stated_wrongly(tmp_path: Path) -> None:
    """The time of sacct --json counts, which is the one that stands in the text: 23:00 of the last of March, UTC."""
    _imported(tmp_path, (text(JOB),), together=False, time_zone="Asia/Kolkata")
    _imported(tmp_path, (text_of_json(JOB), text(JOB)), together=False)
    (run,) = History().runs()
    assert run.started == datetime(2026, 3, 31, 23, tzinfo=UTC).timestamp()


@pytest.mark.parametrize("first", [RAW, text(ARRAY | AHEAD, "JobID"), BARE])
def test_a_tracked_job_of_which_too_little_is_known(home: Path, tmp_path: Path, first: str) -> None:
    """A file with its array's number and its time tells that what was imported before is the job that was tracked."""
    _imported(tmp_path, (first,), together=False, time_zone="UTC")
    folder = home / "runs" / "demo"
    folder.mkdir(parents=True)
    start = {
        "v": 1,
        "type": "start",
        "session": "s",
        "launch": {"batch": "slurm-400_1"},
        "t": "2026-03-31T23:00:01.000Z",
    }
    end = {"v": 1, "type": "end", "status": "completed", "t": "2026-04-01T09:00:00.000Z"}
    (folder / "n1.1.aaaaaaab.tracker.jsonl").write_text("".join(json.dumps(each) + "\n" for each in (start, end)))
    assert len(History().summaries()) == 2
    _imported(tmp_path, (BOTH,), together=False, time_zone="UTC")
    assert [run.origin for run in History().summaries()] == ["tracked"]


def test_jobs_of_several_files_in_columns(tmp_path: Path) -> None:
    """Summed in columns, a million rows of other jobs beside it, the job counts once too, also beside a home's."""
    rows = "".join(f"{id}|ada|2026-03-01T00:00:00|60|cpu=1\n" for id in range(1000, 31_000))
    head = "JobIDRaw|User|Start|ElapsedRaw|AllocTRES\n"
    job = "401|ada|{}|36000|cpu=64,gres/gpu:a100=8,node=1\n"
    files = [head + job.format("2026-03-31T23:00:00") + rows, head + job.format("2026-04-01T00:00:00")]
    bare = head.replace("Start|", "") + job.replace("{}|", "").format() + rows.replace("2026-03-01T00:00:00|", "")
    for number, content in enumerate([*files, bare]):
        (tmp_path / str(number)).write_text(content)
    for some, hours in (((0, 1), 80.0), ((0, 2), 80.0)):
        audit = import_runs([tmp_path / str(each) for each in some], dry_run=True, by="user")
        assert audit.totals.gpu_hours == hours
    (tmp_path / "stored").write_text(head + job.format("2026-03-31T22:00:00"))
    import_runs(tmp_path / "stored")
    assert import_runs(tmp_path / "0", dry_run=True, by="user").totals.gpu_hours == 0.0


def test_a_home_of_an_older_version(home: Path, tmp_path: Path) -> None:
    """Its imports do not keep the numbers of jobs beside the ids of runs: they are read where they are needed."""
    _imported(tmp_path, (BARE,), together=False)
    (path,) = (home / "imports").iterdir()
    lines = [json.loads(line) for line in path.read_text().splitlines()]
    assert lines[1].pop("jobs") == ["401"]
    path.write_text("".join(json.dumps(line, separators=(",", ":")) + "\n" for line in lines))
    _imported(tmp_path, (text(JOB),), together=False)
    assert History().totals().runs == 1


@pytest.mark.parametrize(("here", "there"), [(LOCAL, text_of_json(JOB)), (TASK, BOTH), (text(JOB), BARE)])
def test_a_job_of_another_home(home: Path, tmp_path: Path, here: str, there: str) -> None:
    """What another home holds of the same job by another clock, number or columns adds nothing, also done again."""
    _imported(tmp_path, (here,), together=False)
    _imported(tmp_path, (there,), together=False, home=tmp_path / "other")
    assert [import_runs(tmp_path / "other").files[0].imported for _ in range(2)] == [0, 0]
    assert len(History(home).summaries()) == 1
