"""``greentrain import``: what it prints, and its exit codes."""

import json
from pathlib import Path

import pytest

from greentrain.cli import run

SACCT = """JobID|JobName|State|Start|End|ElapsedRaw|NNodes|NCPUS|AllocTRES|ConsumedEnergyRaw
1|train|COMPLETED|2026-03-01T00:00:00|2026-03-01T01:00:00|3600|1|8|cpu=8,node=1|720000
1.batch|batch|COMPLETED|2026-03-01T00:00:00|2026-03-01T01:00:00|3600|1|8|cpu=8,node=1|720000
2|hot|COMPLETED|2026-03-01T00:00:00|2026-03-01T01:00:00|3600|1|8|cpu=8,node=1|180000000
"""


@pytest.fixture
def jobs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """Give a file of two jobs, and an empty home: one of 200 W, one of 50,000 W, which no such node draws."""
    monkeypatch.setenv("GREENTRAIN_HOME", str(tmp_path / "home"))
    path = tmp_path / "sacct.txt"
    path.write_text(SACCT)
    return str(path)


def test_the_audit_as_text(jobs: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Files, doubts with their reasons, totals without them."""
    assert run(["import", jobs, "--dry-run", "--location", "FR"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[:5] == [
        f"{jobs}: slurm, 3 rows, 2 runs; 2 new, 0 known, 1 in doubt, 0 rows rejected",
        "  Steps are left out: their jobs hold them. (1)",
        "  hot: implausible_power. A node drew 50,000 W on average, at most 20,000 W is",
        "    possible.",
        "1 run: 0 GPU-hours, 8.00 core-hours, 0.200 kWh in the files",
    ]
    assert lines[-1] == "In doubt and in no total: 1 run; --keep-flagged adds what is left out."


def test_the_audit_as_json(jobs: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Options stand before and behind the paths; the same file twice adds nothing."""
    assert run(["import", "--dry-run", jobs, jobs, "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["kind"] == "import"
    assert [(file["format"], file["imported"], file["duplicates"]) for file in found["files"]] == [
        ("slurm", 2, 0),
        ("slurm", 0, 2),
    ]
    assert [(each["name"], each["flags"], each["basis"]) for each in found["runs"]] == [
        ("train", ["steps_dropped"], "measured"),
        ("hot", ["implausible_power"], "estimated"),
    ]
    assert found["totals"]["measured_energy_kwh"] == 0.2


def test_exit_codes(jobs: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """1 where a file could not be read, 2 for misuse."""
    other = tmp_path / "notes.txt"
    other.write_text("some notes")
    assert run(["import", jobs, str(other), "--dry-run"]) == 1
    assert run(["import"]) == 2
    assert run(["import", "nowhere", "--dry-run"]) == 2
    assert capsys.readouterr().err.splitlines() == [
        "greentrain: missing argument 'PATH...'",
        "greentrain: PATH 'nowhere': no such file or folder",
    ]


def test_imported_runs_stand_in_the_history(jobs: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Listed with their origin, in totals unless in doubt; a second import, and a longer file, add what is new."""
    assert run(["import", jobs, "--location", "FR", "--json"]) == 0
    assert run(["import", jobs, "--location", "FR", "--json"]) == 0
    longer = tmp_path / "longer.txt"
    longer.write_text(SACCT + SACCT.splitlines()[1].replace("1|train", "3|third") + "\n")
    assert run(["import", str(longer), "--location", "FR", "--json"]) == 0
    decoder, text, audits = json.JSONDecoder(), capsys.readouterr().out, []
    while text.strip():
        audit, end = decoder.raw_decode(text := text.lstrip())
        audits.append(audit)
        text = text[end:]
    assert [(audit["files"][0]["imported"], audit["files"][0]["duplicates"]) for audit in audits] == [
        (2, 0),
        (0, 2),
        (1, 2),
    ]
    assert [audit["totals"]["measured_energy_kwh"] for audit in audits] == [0.2, 0.0, 0.2]
    assert len(list((tmp_path / "home" / "imports").iterdir())) == 2
    assert run(["history", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert sorted((each["name"], each["origin"], each["basis"], each["flags"]) for each in found["runs"]) == [
        ("hot", "imported:slurm", "estimated", ["implausible_power"]),
        ("third", "imported:slurm", "measured", []),
        ("train", "imported:slurm", "measured", ["steps_dropped"]),
    ]
    assert found["totals"]["runs"] == 2
    best = sum(each["facility_energy_kwh_best"] for each in found["runs"] if each["name"] != "hot")
    assert found["totals"]["facility_energy_kwh"]["best"] == pytest.approx(best)


@pytest.mark.parametrize("words", [["history"], ["history", "export", "--to"], ["report", "--project", "p"]])
def test_commands_take_imported_runs(words: list[str], jobs: str, tmp_path: Path) -> None:
    """Lists, databases and reports; one run is shown and reported by its id."""
    assert run(["import", jobs, "--project", "p"]) == 0
    more = [f"sqlite:///{tmp_path / 'runs.db'}"] if "export" in words else []
    assert run([*words, *more]) == 0


def test_one_imported_run(jobs: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Shown, as text and JSON, and reported in any form, with the number that the list has."""
    assert run(["import", jobs, "--location", "FR"]) == 0
    capsys.readouterr()
    assert run(["history", "--json"]) == 0
    listed = json.loads(capsys.readouterr().out)["runs"]
    id, best = next((each["id"], each["facility_energy_kwh_best"]) for each in listed if each["name"] == "train")
    assert run(["history", "show", id, "--json"]) == 0
    shown = json.loads(capsys.readouterr().out)
    assert (shown["origin"], shown["user"], shown["imported"]["measured_energy_kwh"]) == ("imported:slurm", None, 0.2)
    assert shown["facility_energy_kwh"]["best"] == best
    assert run(["history", "show", id]) == 0
    assert run(["report", id, "--format", "json"]) == 0
    assert f"{best}" in capsys.readouterr().out


def test_a_run_that_greentrain_tracked_itself_is_not_imported(
    jobs: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The folder of job 1's run is in the home: one run, not two."""
    (tmp_path / "home" / "runs" / "slurm-1-train").mkdir(parents=True)
    assert run(["import", jobs, "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert (found["files"][0]["imported"], found["files"][0]["duplicates"]) == (1, 1)
    assert [each["name"] for each in found["runs"]] == ["hot"]


def _many(path: Path, users: int, watts: int | None = None) -> str:
    """Write a job of an hour for each user, of more cores each, and give the path."""
    head = "JobIDRaw|User|State|ElapsedRaw|NCPUS|ConsumedEnergyRaw\n"
    joules = "" if watts is None else str(3600 * watts)
    rows = (f"{number}|u{number:03d}|COMPLETED|3600|{number}|{joules}\n" for number in range(1, users + 1))
    path.write_text(head + "".join(rows))
    return str(path)


def test_many_groups(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """The fifty of the most energy in their order, then what the others are; --all and JSON have all."""
    monkeypatch.setenv("GREENTRAIN_HOME", str(tmp_path / "home"))
    path = _many(tmp_path / "sacct.txt", 60)
    assert run(["import", path, "--by", "user"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[1].split() == ["user", "runs", "GPU-h", "kWh", "before", "PUE", "kg", "CO2e", "90", "%", "interval"]
    assert [line.split()[0] for line in lines[2:52]] == [f"u{number:03d}" for number in range(11, 61)]
    assert lines[52].startswith("... and 10 more groups of less energy: 10 runs, 0 GPU-hours, ")
    for words, most in ((["--by", "user", "--limit", "2"], 2), (["--by", "user", "--all"], 60)):
        assert run(["import", path, "--dry-run", "--home", str(tmp_path / "other"), *words]) == 0
        assert capsys.readouterr().out.count("\nu0") == most
    assert run(["import", path, "--dry-run", "--home", str(tmp_path / "other"), "--by", "user", "--json"]) == 0
    assert len(json.loads(capsys.readouterr().out)["groups"]) == 60
    assert run(["history", "--by", "user", "--limit", "2"]) == 0
    listed = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in listed if line.startswith("u")] == ["u059", "u060"]
    assert listed[4].startswith("... and 58 more groups of less energy: 58 runs, ")


def test_limits_that_leave_nothing_out(jobs: str, capsys: pytest.CaptureFixture[str]) -> None:
    """A limit is of groups, and JSON has all of them."""
    assert run(["import", jobs, "--limit", "2"]) == 2
    assert run(["import", jobs, "--by", "user", "--limit", "2", "--json"]) == 2
    assert run(["import", jobs, "--by", "user", "--limit", "0"]) == 2
    assert capsys.readouterr().err.splitlines() == [
        "greentrain: --limit '2': is of the groups that --by makes",
        "greentrain: --limit '2': excludes --json, which leaves no group out",
        "greentrain: --limit '0': must be at least 1 and at most 1,000,000,000 (groups)",
    ]


def test_a_thousand_doubts_are_a_few_lines(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A reason has how many runs it is about, their energy and three ids, and fits a screen."""
    monkeypatch.setenv("GREENTRAIN_HOME", str(tmp_path / "home"))
    assert run(["import", _many(tmp_path / "sacct.txt", 1000, watts=25_000), "--json", "--dry-run"]) == 0
    found = json.loads(capsys.readouterr().out)
    (doubt,) = found["doubts"]
    assert (doubt["runs"], doubt["measured_energy_kwh"]) == (1000, 25_000)
    assert doubt["examples"] == [each["id"] for each in found["runs"][:3]]
    assert run(["import", str(tmp_path / "sacct.txt"), "--dry-run"]) == 0
    assert capsys.readouterr().out.splitlines()[1:] == [
        "  1,000 runs: implausible_power, 25,000 kWh in the files. A node drew 25,000 W",
        f"    on average, at most 20,000 W is possible. Such as {doubt['examples'][0]},",
        f"    {', '.join(doubt['examples'][1:])}.",
        "0 runs: 0 GPU-hours, 0 core-hours, 0 kWh in the files",
        "In doubt and in no total: 1,000 runs; --keep-flagged adds what is left out.",
    ]


def test_nothing_new_is_not_in_doubt(jobs: str, capsys: pytest.CaptureFixture[str]) -> None:
    """A second import says of no run that it is in doubt."""
    assert run(["import", jobs]) == 0
    capsys.readouterr()
    assert run(["import", jobs]) == 0
    assert capsys.readouterr().out.splitlines() == [
        f"{jobs}: slurm, 3 rows, 2 runs; 0 new, 2 known, 0 in doubt, 0 rows rejected",
        "  Steps are left out: their jobs hold them. (1)",
        "0 runs: 0 GPU-hours, 0 core-hours, 0 kWh in the files",
    ]


def test_statuses_are_those_of_the_history(jobs: str, capsys: pytest.CaptureFixture[str]) -> None:
    """What a limit or somebody stopped is interrupted in both tables."""
    Path(jobs).write_text(SACCT.replace("1|train|COMPLETED", "1|train|TIMEOUT"))
    assert run(["import", jobs, "--by", "status"]) == 0
    assert run(["history", "--by", "status"]) == 0
    assert [line.split()[0] for line in capsys.readouterr().out.splitlines() if "interr" in line][:2] == [
        "interrupted",
        "interrupted",
    ]


def test_a_folder_without_runs(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """It is named, with what is looked for, on stderr; nothing was done."""
    assert run(["import", str(tmp_path), "--dry-run"]) == 1
    (tmp_path / "notes.txt").write_text("some notes")
    assert run(["import", str(tmp_path), "--dry-run", "--json"]) == 1
    empty, other = capsys.readouterr().err.splitlines()
    assert empty.startswith(f"greentrain: no file in {tmp_path}: codecarbon, eco2ai, ")
    assert other.startswith(f"greentrain: 1 file of none of the known formats in {tmp_path}: codecarbon, ")


def test_a_file_of_which_no_row_can_be_read(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """It is one that could not be read; where some rows are rejected, the others are imported and all is well."""
    head, row = SACCT.splitlines()[:2]
    cut = row.rpartition("|")[0]
    (tmp_path / "jobs.txt").write_text(f"{head}\n{cut}\n{cut}\n")
    assert run(["import", str(tmp_path), "--dry-run"]) == 1
    assert capsys.readouterr().err == f"greentrain: {tmp_path / 'jobs.txt'}: none of its 2 rows could be read\n"
    (tmp_path / "jobs.txt").write_text(f"{head}\n{cut}\n{row}\n")
    assert run(["import", str(tmp_path), "--dry-run"]) == 0


def test_of_many_files_those_with_faults_come_first(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Fifty files are listed, and what the others add up to; files of no format are counted."""
    for number in range(60):
        (tmp_path / f"{number:02d}.txt").write_text(SACCT.replace("|hot|", f"|hot{number}|"))
    (tmp_path / "99.txt").write_text("some notes")
    assert run(["import", str(tmp_path), "--dry-run"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith(f"{tmp_path / '00.txt'}: slurm, 3 rows, 2 runs; 2 new, 0 known, 1 in doubt")
    assert sum(": slurm, " in line for line in lines) == 50
    assert "1 further file of none of the known formats" in lines
    others = "30 rows, 20 runs; 0 new, 20 known, 0 in doubt, 0 rows rejected"
    assert f"... and 10 more files: {others}: --all lists them" in lines


def test_a_column_of_runs_without_energy(jobs: str, capsys: pytest.CaptureFixture[str]) -> None:
    """It stands in the table of groups where there are some."""
    Path(jobs).write_text(SACCT.replace("1|8|cpu=8,node=1|180000000", "1||gres/shard=1|"))
    assert run(["import", jobs, "--by", "status", "--dry-run"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[2].split()[:5] == ["status", "runs", "without", "energy", "GPU-h"]
    assert lines[3].split()[:3] == ["completed", "2", "1"]
    assert "In no sum of energy: 1 run (shard). They had parts of accelerators, and a site" in lines


def test_what_is_not_known_has_a_name(jobs: str, capsys: pytest.CaptureFixture[str]) -> None:
    """A group without a user says so, as in the history."""
    for words in (["import", jobs, "--by", "user,account"], ["history", "--by", "user,account"]):
        assert run(words) == 0
    found = capsys.readouterr().out.splitlines()
    assert next(line.split("  ")[:2] for line in found if line.startswith("no ")) == ["no user", "no account"]
    assert any(line.startswith("no user, no account  1 run, ") for line in found)


def test_groups_of_the_history_count_runs_without_energy(jobs: str, capsys: pytest.CaptureFixture[str]) -> None:
    """A sum that lacks a run says so, in text and JSON."""
    Path(jobs).write_text(SACCT.replace("1|8|cpu=8,node=1|180000000", "1||gres/shard=1|"))
    assert run(["import", jobs]) == 0
    capsys.readouterr()
    assert run(["history", "--by", "status"]) == 0
    text = " ".join(capsys.readouterr().out.split())
    assert "kg CO2e" in text.partition(", 1 of them of unknown energy 2 runs")[0]
    assert ", 1 of them of unknown energy 2 runs (2 completed)" in text
    assert run(["history", "--by", "status", "--json"]) == 0
    assert [group["without_energy"] for group in json.loads(capsys.readouterr().out)["groups"]] == [1]
