"""Summaries of runs: they say what the journals say, and count only while nothing has changed."""

import base64
import gzip
import json
import os
import shutil
import stat
from pathlib import Path

import pytest
from journals_by_hand import ELSEWHERE, SXM, ended, line, meter, one_hour, stopped, tracker

from greentrain import History, __version__, import_runs, total
from greentrain.cli import run as command
from greentrain.journal import host_name, process_started

DAY = 86_400


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """Three runs of two users and two months: 2.5 kWh completed, 1 kWh failed, one that was not measured."""
    runs = tmp_path / "runs"
    one_hour(runs / "20251122T120000Z-aaaaaa", user="ada")
    tracker(runs / "b", at=DAY, name="gpt", user="bob", lines=[ended(DAY + 1800, "failed", "OSError")])
    meter(runs / "b", at=DAY, lines=[stopped(DAY + 1800, 1800, 1.0, 0.0)])
    tracker(runs / "c", at=10 * DAY, project="vision", lines=[line(10 * DAY + 60, type="log", values={})])
    return tmp_path


def text(home: Path) -> str:
    """Return all that the list says."""
    return History(home).to_json()


def altered(path: Path) -> None:
    """Add a line to a journal that changes what is said of it."""
    with path.open("a") as file:
        file.write("no record\n")


def test_the_second_reading_says_what_the_first_said(home: Path) -> None:
    """To the last digit, of runs, totals and groups; nothing but the journals and a summary lies in the folders."""
    first = text(home), History(home).groups("user,month")
    kept = sorted(path.name for path in (home / "runs" / "b").iterdir())

    assert (text(home), History(home).groups("user,month")) == first
    assert kept == ["far-away.100.s10000.tracker.jsonl", "far-away.101.s10000.meter.jsonl", "summary.json"]


def test_a_summary_is_private_and_plain(home: Path) -> None:
    """Mode 0600, and one object of JSON that names the run's energy."""
    text(home)
    path = home / "runs" / "b" / "summary.json"
    found = json.loads(path.read_text())

    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert found["run"]["it_energy_kwh_best"] == pytest.approx(SXM * 1.0)
    assert [state.partition(":")[0] for state in found["files"]] == [
        "far-away.100.s10000.tracker.jsonl",
        "far-away.101.s10000.meter.jsonl",
    ]


def test_totals_are_those_of_the_runs_themselves(home: Path) -> None:
    """By `greentrain.total` of the runs as their journals are read: best values and ends, all and group by group."""
    History(home).summaries()
    runs = History(home).runs()
    whole, found = total(runs), History(home).totals()

    assert found.facility_energy_kwh == pytest.approx(tuple(whole.facility_energy_kwh or ()), rel=1e-12)
    assert found.operational_kg == pytest.approx(tuple(whole.operational_kg or ()), rel=1e-12)
    for group in History(home).groups("user"):
        some = [run for run in runs if run.user == group.by["user"]]
        known = total(some).it_energy_kwh
        assert (group.runs, group.it_energy_kwh) == (len(some), known and pytest.approx(tuple(known), rel=1e-12))


def test_groups_are_in_order_and_state_what_failed(home: Path) -> None:
    """By user and month; whose run is not known comes last. Bob's one run failed: all of his energy."""
    found = History(home).groups(["user", "month"])

    assert [(group.by, group.runs, group.unfinished_share) for group in found] == [
        ({"user": "ada", "month": "2025-11"}, 1, 0.0),
        ({"user": "bob", "month": "2025-11"}, 1, 1.0),
        ({"user": None, "month": "2025-12"}, 1, None),
    ]


@pytest.mark.parametrize("name", ["far-away.101.s10000.meter.jsonl", "far-away.100.s10000.tracker.jsonl"])
def test_a_journal_that_changed_is_read_again(home: Path, name: str) -> None:
    """It is flagged as damaged then, and as before once it is put right."""
    before = text(home)
    path = home / "runs" / "b" / name
    content, times = path.read_bytes(), path.stat()
    altered(path)
    flags = {run["id"]: run["flags"] for run in json.loads(text(home))["runs"]}
    path.write_bytes(content)
    os.utime(path, ns=(times.st_atime_ns, times.st_mtime_ns))

    assert flags["b"] == ["damaged"]
    assert text(home) == before


def test_a_journal_that_came_or_went_is_noticed(home: Path) -> None:
    """A restart two hours later adds its kWh; without its meter nothing was measured."""
    text(home)
    folder = home / "runs" / "b"
    tracker(folder, at=DAY + 7200, session="s2", user="bob", lines=[ended(DAY + 9000)])
    meter(folder, at=DAY + 7200, session="s2", lines=[stopped(DAY + 9000, 1800, 1.0, 0.0)])
    restarted = {run.id: run for run in History(home).summaries()}["b"]
    for path in folder.glob("*.meter.jsonl"):
        path.unlink()
    unmetered = {run.id: run for run in History(home).summaries()}["b"]

    assert (restarted.gpu_energy_kwh, restarted.status) == (pytest.approx(2.0), "completed")
    assert unmetered.gpu_energy_kwh is None


@pytest.mark.parametrize("content", [b"", b"{}", b'{"kind": "greentrain run summary"', b"\xff\x00", b"[]\n"])
def test_a_damaged_summary_does_not_count(home: Path, content: bytes) -> None:
    """It is written anew."""
    before = text(home)
    path = home / "runs" / "b" / "summary.json"
    whole = path.read_bytes()
    path.write_bytes(content)

    assert text(home) == before
    assert path.read_bytes() == whole


def test_a_digit_changed_in_a_summary_is_noticed(home: Path) -> None:
    """By its check value."""
    before = text(home)
    path = home / "runs" / "b" / "summary.json"
    path.write_bytes(path.read_bytes().replace(b'"ranks": 1', b'"ranks": 7'))
    assert text(home) == before


def test_profiles_of_ones_own_count(home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A share of the unmetered that is learnt afterwards is in the list: 0.4 instead of 0.19."""
    monkeypatch.setenv("GREENTRAIN_HOME", str(home))
    before = History().totals().facility_energy_kwh.best
    folder = home / "profiles"
    folder.mkdir()
    head = "hardware_class,parameter,low,best,high,unit,basis,source\n"
    row = "sxm-node,unmetered_share,0.39,0.4,0.41,1,default,a meter at the wall\n"
    (folder / "power_defaults.csv").write_text(head + row)

    assert History().totals().facility_energy_kwh.best == pytest.approx(before / SXM * 1.4)


def test_a_folder_that_cannot_be_written_is_read_all_the_same(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is left in the folder of another user's run, even where this user could write it."""
    if hasattr(os, "getuid") and os.getuid() == 0:
        os.chown(home / "runs" / "b", 1, 1)
    else:
        (home / "runs" / "b").chmod(0o500)
    before = text(home)

    assert text(home) == before
    assert sorted(path.suffix for path in (home / "runs" / "b").iterdir()) == [".jsonl", ".jsonl"]
    (home / "runs" / "b").chmod(0o700)


@pytest.mark.skipif(not hasattr(os, "getuid") or os.getuid() != 0, reason="only root can give a file away")
def test_a_summary_of_another_user_is_not_believed(home: Path) -> None:
    """It may say anything: the journals are read."""
    before = text(home)
    path = home / "runs" / "b" / "summary.json"
    os.chown(path, 1, 1)
    shutil.copyfile(home / "runs" / "20251122T120000Z-aaaaaa" / "summary.json", path)
    assert text(home) == before


def test_a_run_that_goes_on_has_no_summary(home: Path) -> None:
    """Nor one on another computer that is only silent; both are what is asked for as running, and nothing else."""
    runs = home / "runs"
    pid = os.getpid()
    tracker(runs / "here", host=host_name(), pid=pid, pid_started=process_started(pid))
    now = History(home)
    assert [run.id for run in now.summaries()] == ["c", "b", "20251122T120000Z-aaaaaa", "here"]
    assert not (runs / "here" / "summary.json").exists()
    assert [run.id for run in now.runs(status="running")] == ["here"]
    assert [run.id for run in now.summaries(status="running")] == ["here"]


def test_many_runs_are_kept_in_one_file_of_the_home(home: Path) -> None:
    """Of 200 copies under new keys, those in the file need no summary; one that changes is read again."""
    for number in range(200):
        shutil.copytree(home / "runs" / "b", home / "runs" / f"b{number:03}")
    before = text(home)
    (kept,) = home.glob("summaries.*")
    for path in home.glob("runs/*/summary.json"):
        path.chmod(0o600)
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    assert text(home) == before
    altered(home / "runs" / "b007" / f"{ELSEWHERE}.101.s10000.meter.jsonl")
    found = {run.id: run.flags for run in History(home).summaries()}
    assert {id for id, flags in found.items() if flags} == {"b007"}
    shutil.rmtree(home / "runs" / "b008")
    assert len(History(home).summaries()) == 202
    kept.write_bytes(kept.read_bytes()[:-200])
    assert len(History(home).summaries()) == 202


@pytest.mark.parametrize(
    ("chosen", "found"),
    [
        ({"since": "2025-12"}, ["c"]),
        ({"until": "2025-11"}, ["b", "20251122T120000Z-aaaaaa"]),
        ({"until": "2025-11-22"}, ["20251122T120000Z-aaaaaa"]),
        ({"since": "2025-11-23", "until": "2025-11-23"}, ["b"]),
        ({"until": "2025-11-23T12:00"}, ["b", "20251122T120000Z-aaaaaa"]),
        ({"until": "2025-11-23T11:59:59"}, ["20251122T120000Z-aaaaaa"]),
        ({"since": "2025", "until": "2025"}, ["c", "b", "20251122T120000Z-aaaaaa"]),
        ({"since": "2026"}, []),
    ],
)
def test_months_and_years_are_times_too(home: Path, chosen: dict[str, str], found: list[str]) -> None:
    """From their first moment, as ``since``, to their last, as ``until``."""
    assert [run.id for run in History(home).summaries(**chosen)] == found  # type: ignore[arg-type]
    assert [run.id for run in History(home).runs(**chosen)] == found  # type: ignore[arg-type]


def test_several_homes_are_read_as_one(home: Path, tmp_path: Path) -> None:
    """A run that lies in both counts once; a home that is named twice is one."""
    other = tmp_path / "other"
    shutil.copytree(home / "runs" / "b", other / "runs" / "b")
    one_hour(other / "runs" / "d", project="vision")

    found = History([home, other, home])
    assert sorted(run.id for run in found.summaries()) == ["20251122T120000Z-aaaaaa", "b", "c", "d"]
    assert found.get("b").energy_kwh["gpu"] == pytest.approx(1.0)


def test_last_is_the_run_that_began_last(home: Path) -> None:
    """A run of that name comes first."""
    assert History(home).get("last").id == "c"
    shutil.copytree(home / "runs" / "b", home / "runs" / "last")
    assert History(home).get("last").started == History(home).get("b").started


def test_a_newer_journal_is_named_and_left_out(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """With the folder; the others are listed."""
    folder = home / "runs" / "n"
    one_hour(folder)
    for path in folder.iterdir():
        path.write_text(path.read_text().replace('"v": 1', '"v": 2'))

    found = History(home).summaries()
    assert (len(found), found.unreadable) == (3, (str(folder),))
    assert found.left_out == (f"{folder} is left out: a newer greentrain wrote it; this one is {__version__}",)
    assert command(["history", "--home", str(home)]) == 0
    assert f"{folder} is left out: a newer greentrain wrote it" in capsys.readouterr().err


def test_groups_on_the_command_line(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Two lines each, then all together; JSON has groups beside the runs, CSV a row each."""
    assert command(["history", "--by", "month,user", "--home", str(home)]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[:6] == [
        "2025-11, ada  1 run, 1 h 00 min, 8.00 GPU-hours",
        "    at least 3.57 kWh (3.03 to 4.62), 0.357 kg CO2e (0.271 to 0.515)",
        "2025-11, bob  1 run, 30 min 00 s, 4.00 GPU-hours",
        "    at least 1.43 kWh (1.26 to 1.72), 0.143 kg CO2e (0.110 to 0.197), failed 100",
        "    %",
        "2025-12, no user  1 run, 1 min 00 s",
    ]
    assert command(["history", "--by", "month", "--json", "--home", str(home)]) == 0
    found = json.loads(capsys.readouterr().out)
    assert [(group["by"], group["runs"]) for group in found["groups"]] == [
        ({"month": "2025-11"}, 2),
        ({"month": "2025-12"}, 1),
    ]
    assert found["groups"][0]["it_energy_kwh"]["best"] == pytest.approx(SXM * 3.5)
    assert command(["history", "--by", "status", "--csv", "--home", str(home)]) == 0
    rows = capsys.readouterr().out.splitlines()
    assert rows[0].startswith("status,runs,duration_seconds,it_energy_kwh_low,it_energy_kwh_best")
    assert [row.split(",")[0] for row in rows[1:]] == ["completed", "failed", "killed"]


@pytest.mark.parametrize(
    ("by", "message"),
    [
        ("moth", "--by 'moth': must be project, user, month, place, hardware, status, account, partition, cluster, "
         "origin, basis or name; did you mean month?"),
        ("user,user", "--by 'user': is there twice"),
    ],
)  # fmt: skip
def test_a_wrong_group_is_refused(home: Path, capsys: pytest.CaptureFixture[str], by: str, message: str) -> None:
    """With the names that there are."""
    assert command(["history", "--by", by, "--home", str(home)]) == 2
    assert capsys.readouterr().err == f"greentrain: {message}\n"


def test_json_is_the_same_piece_by_piece(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """What the command writes run by run is what the library returns, indented alike."""
    altered(home / "runs" / "b" / f"{ELSEWHERE}.101.s10000.meter.jsonl")
    for folder in (home, home / "empty"):
        assert command(["history", "--json", "--home", str(folder)]) == 0
        assert capsys.readouterr().out == History(folder).to_json() + "\n"


def test_groups_state_what_was_given_and_what_was_used(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Of 4 GPU-hours and 16 core-hours 2 and 4 were used; of ada's other job, cancelled, nobody measured the load."""
    comment = json.dumps({"nodes": {"n": {"cpus": 8, "total_time": 1, "gpu_utilization": {"0": 20, "1": 80}}}})
    packed = base64.b64encode(gzip.compress(comment.encode())).decode()
    path = home / "sacct.txt"
    path.write_text(
        "JobID|User|State|Start|ElapsedRaw|TotalCPU|AllocTRES|AdminComment\n"
        f"1|ada|COMPLETED|2026-03-01T00:00:00|7200|04:00:00|cpu=8,gres/gpu:a100=2|JS1:{packed}\n"
        "2|ada|CANCELLED by 7|2026-03-02T00:00:00|3600|00:00:00|cpu=4,gres/gpu:a100=1|\n"
        "3|eve|FAILED|2026-03-02T00:00:00|3600|00:30.5|cpu=2|\n"
    )
    import_runs(path, location="FR", home=home)
    ada, eve = (group for group in History(home).groups(["user", "month"]) if group.by["month"] == "2026-03")
    assert [*ada.loads._asdict().values()] == [5.0, 4.0, 2.0, 20.0, 16.0, 12.0]
    assert (ada.failed_share, eve.failed_share, eve.interrupted_share) == (0.0, 1.0, 0.0)
    assert ada.interrupted_share == ada.unfinished_share
    assert (eve.loads.cpu_core_hours, eve.loads.idle_core_hours) == (2.0, pytest.approx(2 - 30.5 / 3600))
    assert command(["history", "--by", "user,month,status", "--home", str(home)]) == 0
    shown = " ".join(capsys.readouterr().out.split())
    assert "ada, 2026-03, completed 1 run, 2 h 00 min, 4.00 GPU-hours" in shown
    assert "accelerators busy 50 %, cores idle 75 %" in shown
    assert "ada, 2026-03, interrupted 1 run, 1 h 00 min, 1.00 GPU-hours" in shown
    command(["history", "--by", "user", "--home", str(home), "--json"])
    groups = {group["by"]["user"]: group for group in json.loads(capsys.readouterr().out)["groups"]}
    assert (groups["ada"]["measured_gpu_hours"], groups["ada"]["busy_gpu_hours"]) == (4.0, 2.0)
    command(["history", "--by", "user", "--home", str(home), "--csv"])
    assert capsys.readouterr().out.splitlines()[0].endswith("measured_core_hours,idle_core_hours,is_least")
