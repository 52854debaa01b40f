"""The index of imported runs: it saves time, and never changes a number."""

import random
from itertools import islice
from pathlib import Path
from typing import Any

import pytest
from foreign_texts import codecarbon_text, sacct_text

from greentrain import GreentrainError, History
from greentrain.cli import run as command
from greentrain.history import Run, RunGroup, checked_by, groups_of, totals_of
from greentrain.importing import import_runs

QUANTITIES = ("it_energy_kwh", "facility_energy_kwh", "operational_kg")
NEVER, OFTEN = "2031", 3
CHOSEN: list[dict[str, str]] = [
    {},
    {"status": "failed"},
    {"project": "q"},
    {"project": "q", "status": "completed"},
    {"since": "2025-12-30", "until": "2026-01"},
    {"since": "2026-01-10T12:00", "until": "2026-02-03"},
    {"since": NEVER},
]


def jobs(number: int, seed: int) -> list[dict[str, str]]:
    """Make jobs of four months: measured and not, doubted, unnamed, of hardware known and not, some without a time."""
    dice = random.Random(seed)
    resources = ["cpu=8,node=1", "cpu=8,gres/gpu:a100=2,node=1", "cpu=9,gres/gpu:a100=1,gres/gpu:v100=1", "gres/gpu=2",
                 "gres/gpu:a100_3g.20gb=1"]  # fmt: skip
    found = []
    for _ in range(number):
        seconds, watts, id = dice.randint(0, 90_000), dice.choice([0, 150, 700, 9000]), dice.randint(0, 2 * number)
        day = (
            f"{dice.choice(['2025-12', '2026-01', '2026-02'])}-{dice.randint(1, 28):02}T{dice.randint(0, 23):02}:00:00"
        )
        found.append({
            "JobID": f"{id}", "JobIDRaw": f"{id}", "User": f"u{id % 5}", "AllocTRES": dice.choice(resources),
            "JobName": f"n{id % 3}", "Partition": dice.choice(["gpu", ""]), "ElapsedRaw": f"{seconds}",
            "ConsumedEnergyRaw": f"{watts * seconds}" if watts else "", "End": "Unknown",
            "Start": dice.choice([day, day, day, "Unknown"]), "State": dice.choice(["COMPLETED", "FAILED", "RUNNING"]),
        })  # fmt: skip
    return found


def filled(folder: Path, home: Path, seed: int = 0) -> Path:
    """Import three files that overlap, each record of a run longer or shorter than the one before."""
    for number, project in enumerate(("p", "q", "q")):
        path = folder / f"jobs{number}.txt"
        path.write_text(sacct_text(*jobs(60, seed + number)))
        import_runs(path, location="DE" if number else None, project=project, home=home)
    (folder / "emissions.csv").write_text(codecarbon_text({"run_id": "a"}, {"run_id": "b", "gpu_model": ""}))
    import_runs(folder / "emissions.csv", home=home)
    return home


def known(values: Any) -> list[float]:
    """Return a number or numbers as a list in which -1 stands for what is not known."""
    return [-1.0 if value is None else value for value in (values if isinstance(values, (tuple, list)) else [values])]


def same_groups(found: list[RunGroup], plain: list[RunGroup]) -> None:
    """Compare groups number by number."""
    assert [(each.by, each.runs) for each in found] == [(each.by, each.runs) for each in plain]
    for one, other in zip(found, plain, strict=True):
        for name in (*QUANTITIES, "duration_seconds", "failed_share", "interrupted_share"):
            assert known(getattr(one, name)) == pytest.approx(known(getattr(other, name)), rel=1e-9, abs=1e-12), one.by
        assert known([*one.loads._asdict().values()]) == pytest.approx(
            known([*other.loads._asdict().values()]), rel=1e-9, abs=1e-12
        )


@pytest.mark.parametrize("chosen", CHOSEN)
def test_numbers_are_those_of_the_runs_themselves(tmp_path: Path, chosen: dict[str, str]) -> None:
    """Rows, totals and groups of overlapping imports, whatever is asked for, as each run made whole gives them."""
    history = History(filled(tmp_path, tmp_path / "home"))
    runs, found = history.runs(**chosen), history.summaries(**chosen)
    assert [run.id for run in found] == [run.id for run in runs] == [run.id for run in found.newest(1000)]
    assert (len(found), found.newest(OFTEN)) == (len(runs), [*islice(found, OFTEN)])
    for brief, run in zip(found, runs, strict=True):
        numbers = {name: value for name, value in run.to_row().items() if isinstance(value, float)}
        assert {name: brief.to_row()[name] for name in numbers} == pytest.approx(numbers, rel=1e-9)
        assert {**brief.to_row(), **numbers} == run.to_row()
        assert brief.energy_text == run.energy_text
    one, other = totals_of(found), totals_of(runs)
    assert (one.runs, one.by_status, one.measured, one.known) == (
        other.runs, other.by_status, other.measured, other.known,
    )  # fmt: skip
    for by in (
        "user,month",
        "month",
        "account,partition",
        "hardware,user,place",
        "name",
        "project,status,origin,basis",
    ):
        same_groups(groups_of(found, checked_by(by)), groups_of(runs, checked_by(by)))


def test_an_index_grows_with_each_import(tmp_path: Path) -> None:
    """Looked at after each of the imports, it says what an index says that is made at the end."""
    grown, made = tmp_path / "grown", tmp_path / "made"
    for number in range(3):
        path = tmp_path / f"jobs{number}.txt"
        path.write_text(sacct_text(*jobs(50, number)))
        import_runs(path, home=grown)
        import_runs(path, home=made)
        assert len(History(grown).summaries()) == len(History(grown).runs())
    same_groups(History(grown).groups("user,month"), History(made).groups("user,month"))


def index_file(home: Path) -> Path:
    """Return the index of a home."""
    (found,) = home.glob("imports.*.sqlite")
    return found


@pytest.mark.parametrize("content", [b"", b"no database", None])
def test_an_index_that_is_gone_or_damaged_is_made_anew(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], content: bytes | None
) -> None:
    """The list is the same, and the index is private."""
    home = filled(tmp_path, tmp_path / "home")
    assert command(["history", "--home", str(home)]) == 0
    before = capsys.readouterr().out
    path = index_file(home)
    if content is None:
        path.unlink()
    else:
        path.write_bytes(content)
    assert command(["history", "--home", str(home)]) == 0
    assert capsys.readouterr().out == before
    assert index_file(home).stat().st_mode & 0o777 == 0o600


def test_damage_in_the_middle_is_said_once(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Pages of an index overwritten: one error that names it, and the next look makes a new one."""
    home = filled(tmp_path, tmp_path / "home")
    assert command(["history", "--home", str(home)]) == 0
    before, path = capsys.readouterr().out, index_file(home)
    whole = path.read_bytes()
    path.write_bytes(whole[:4096] + b"\x07" * (len(whole) - 4096))
    code = command(["history", "--home", str(home)])
    shown = capsys.readouterr()
    assert (code, shown.out) == (0, before) or (code == 1 and "was damaged, and is deleted" in shown.err)
    assert command(["history", "--home", str(home)]) == 0
    assert capsys.readouterr().out == before


def test_a_home_without_room_for_an_index_is_read_all_the_same(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Where a folder stands in its place nothing can be written: the list is the same each time."""
    home = filled(tmp_path, tmp_path / "home")
    assert command(["history", "--home", str(home)]) == 0
    before, path = capsys.readouterr().out, index_file(home)
    path.unlink()
    path.mkdir()
    assert command(["history", "--home", str(home)]) == 0
    assert capsys.readouterr().out == before


def test_an_import_in_two_homes_counts_once(tmp_path: Path) -> None:
    """Two homes that hold the same file read as one, in any order, and one of them named twice."""
    one, other = (filled(tmp_path, tmp_path / name) for name in ("one", "other"))
    for homes in ([one, other], [other, one], [one, one]):
        history = History(homes)
        assert len(history.summaries()) == len(History(one).summaries())
        assert len(history.runs()) == len(History(one).runs())
        same_groups(history.groups("user,month"), History(one).groups("user,month"))


def first(home: Path) -> Run:
    """Return the newest run of a home."""
    return History(home).runs()[0]


def test_imported_runs_are_renamed_tagged_and_forgotten(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """As tracked ones: a name and tags stay, the run counts once, and what is forgotten is in no file any more."""
    home = filled(tmp_path, tmp_path / "home")
    run, number, kwh = first(home), len(History(home).summaries()), History(home).totals().facility_energy_kwh.best
    assert command(["history", "rename", run.id[:10], "bert, final", "--home", str(home)]) == 0
    assert command(["history", "tag", run.id, "v2,best", "--home", str(home)]) == 0
    assert capsys.readouterr().out == f"{run.id} is bert, final\n{run.id}: v2, best\n"
    assert (first(home).name, first(home).tags) == ("bert, final", ("v2", "best"))
    (brief,) = History(home).summaries().newest(1)
    assert (brief.id, brief.name, brief.tags, len(History(home).summaries())) == (
        run.id, "bert, final", "v2 best", number,
    )  # fmt: skip
    assert History(home).totals().facility_energy_kwh.best == pytest.approx(kwh, rel=1e-12)
    assert command(["history", "forget", run.id, "--home", str(home)]) == 0
    assert len(History(home).summaries()) == number - 1
    assert run.id not in "".join(path.read_text() for path in (home / "imports").iterdir())
    with pytest.raises(GreentrainError, match="no run has this id"):
        History(home).get(run.id)


def test_old_imported_runs_are_forgotten(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Those of 2025 and without a time are older than the others; then all are, and no import is left."""
    home = filled(tmp_path, tmp_path / "home")
    number = len([run for run in History(home).runs() if run.status != "running"])
    assert command(["history", "forget", "--older-than", "0d", "--dry-run", "--home", str(home)]) == 0
    assert capsys.readouterr().out.splitlines()[-1] == f"{number} runs would be forgotten"
    assert command(["history", "forget", "--older-than", "0d", "--home", str(home)]) == 0
    assert capsys.readouterr().out.splitlines()[-1] == f"{number} runs forgotten"
    assert (
        {run.status for run in History(home).runs()} == {run.status for run in History(home).summaries()} == {"running"}
    )


def test_a_list_stops_at_the_newest_runs(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Of 60 runs 50 are listed with the sum of all; --limit and --all say otherwise, JSON holds all."""
    path, home = tmp_path / "jobs.txt", str(tmp_path / "home")
    path.write_text(sacct_text(*({"JobID": f"{id}", "JobIDRaw": f"{id}"} for id in range(60))))
    import_runs(path, home=home)
    for words, listed in (([], 50), (["--limit", "7"], 7), (["--limit", "60"], 60), (["--all"], 60)):
        assert command(["history", "--home", home, *words]) == 0
        lines = capsys.readouterr().out.splitlines()
        assert sum("completed    1 h 00 min  job" in line for line in lines) == listed
        older = [line for line in lines if line.startswith("...")]
        plural = f"... and {60 - listed} older runs: --all lists them, --limit N so many"
        assert older == ([] if listed == 60 else [plural])
        assert "60 runs (60 completed), 2 d 12 h" in lines
    assert command(["history", "--home", home, "--json"]) == 0
    assert capsys.readouterr().out.count('"id"') == 60
    for words, message in (
        (["--limit", "0"], "--limit '0': must be at least 1 and at most 1,000,000,000 (runs)"),
        (["--limit", "3", "--json"], "--limit '3': excludes --json, which leaves no run out"),
    ):
        assert command(["history", "--home", home, *words]) == 2
        assert message in capsys.readouterr().err
