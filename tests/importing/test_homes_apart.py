"""Records of one work that lie in several homes count once where these are read as one; runs by their users."""

import json
from itertools import permutations
from pathlib import Path

import pytest
from foreign_texts import codecarbon_text, sacct_text

from greentrain.cli import run as command
from greentrain.history import History
from greentrain.importing import import_runs

JOB = {
    "JobID": "4711", "JobIDRaw": "4711", "JobName": "bert", "Start": "2026-03-01T08:00:00", "NodeList": "gpu07",
    "End": "2026-03-01T09:00:00", "ElapsedRaw": "3600", "AllocTRES": "cpu=8,gres/gpu:a100=2,node=1",
}  # fmt: skip


@pytest.fixture
def homes(tmp_path: Path) -> dict[str, Path]:
    """A job of an hour, the log of its two boards (250 W and 350 W) and codecarbon's row of them, in a home each."""
    readings = [
        f"2026/03/01 {8 + minute // 60:02d}:{minute % 60:02d}:00.000, {index}, NVIDIA A100, {watts}.00 W"
        for minute in range(61)
        for index, watts in enumerate((250, 350))
    ]
    row = {"timestamp": "2026-03-01T08:59:00", "duration": "3480", "gpu_count": "2", "gpu_model": "2 x NVIDIA A100"}
    texts = {
        "sacct": sacct_text(JOB),
        "4711.csv": "\n".join(["timestamp, index, name, power.draw [W]", *readings, ""]),
        "emissions.csv": codecarbon_text(row | {"energy_consumed": "0.64", "gpu_energy": "0.58"}),
    }
    found = {}
    for name, text in texts.items():
        (tmp_path / name).write_text(text)
        found[name] = tmp_path / f"home of {name}"
        import_runs(tmp_path / name, home=found[name])
    return found


@pytest.mark.parametrize("order", list(permutations(("sacct", "4711.csv", "emissions.csv"))))
def test_a_work_in_three_homes_counts_once(homes: dict[str, Path], order: tuple[str, ...]) -> None:
    """The job has the log's 0.6 kWh and the row's project and place, as if all were in one home, in all sums."""
    history = History([str(homes[name]) for name in order])
    runs = history.runs()
    (counted,) = [run for run in runs if run.is_counted]
    assert (counted.name, counted.project, counted.location, len(runs)) == ("bert", "p", "FR", 3)
    assert counted.energy_kwh["gpu"] == pytest.approx(0.6)
    assert history.get(counted.id).project == "p"
    whole = history.totals()
    assert whole.runs == 1
    for by in ("user", "month", "project,place"):
        (group,) = history.groups(by)
        assert (group.runs, group.facility_energy_kwh) == (1, whole.facility_energy_kwh)
    listed = history.to_dict()
    assert listed["totals"]["facility_energy_kwh"]["best"] == sum(
        run["facility_energy_kwh_best"] for run in listed["runs"] if run["is_counted"]
    )
    assert history.totals(project="p") == whole
    assert history.totals(project="another").runs == 0


def test_each_home_stays_as_it_is(homes: dict[str, Path]) -> None:
    """Read on its own, the home of the log counts the log; forgotten in one home, the others have the work."""
    every = [str(home) for home in homes.values()]
    assert [History(home).totals().runs for home in every] == [1, 1, 1]
    (job,) = (run.id for run in History(every[0]).runs())
    assert command(["history", "forget", job, *(word for home in every for word in ("--home", home))]) == 0
    (counted,) = [run for run in History(every).runs() if run.is_counted]
    assert counted.origin == "imported:codecarbon"


def test_a_job_takes_its_time_of_a_meter_in_another_home(homes: dict[str, Path], tmp_path: Path) -> None:
    """A day of gpu07's plug, 1,000 W from 8 to 9 o'clock and 200 W else: the job has 1 kWh of it, alone."""
    rows = (
        f"2026-03-01 {minute // 60:02d}:{minute % 60:02d}:00,gpu07,{1000 if 480 <= minute <= 540 else 200}"
        for minute in range(24 * 60)
    )
    (tmp_path / "pdu.csv").write_text("\n".join(["timestamp,node,watts", *rows, ""]))
    import_runs(tmp_path / "pdu.csv", home=tmp_path / "meters")
    history = History([str(homes["sacct"]), str(tmp_path / "meters")])
    (counted,) = [run for run in history.runs() if run.is_counted]
    assert (counted.name, counted.facility_energy_kwh is not None) == ("bert", True)
    assert counted.to_dict()["imported"]["measured_energy_kwh"] == pytest.approx(1.0, rel=2e-2)


def test_a_run_in_two_homes_has_one_id(homes: dict[str, Path], tmp_path: Path) -> None:
    """The beginning of an id names one run, also where two homes hold it."""
    import_runs(tmp_path / "sacct", home=tmp_path / "copy")
    history = History([str(homes["sacct"]), str(tmp_path / "copy")])
    (run,) = history.runs()
    assert history.get(run.id[:6]).id == run.id


def test_runs_of_a_user(home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Of 3 jobs ada has 2; lists, sums, groups and what is forgotten are hers alone."""
    users = {"1": "ada", "2": "ada", "3": "bob"}
    jobs = [JOB | {"JobID": id, "JobIDRaw": id, "User": user} for id, user in users.items()]
    (tmp_path / "sacct").write_text(sacct_text(*jobs))
    import_runs(tmp_path / "sacct")
    history = History(str(home))
    assert {run.user for run in history.runs(user="ada")} == {"ada"}
    assert (history.totals(user="ada").runs, history.totals(user="bob").runs) == (2, 1)
    assert [(group.by, group.runs) for group in history.groups("month", user="ada")] == [({"month": "2026-03"}, 2)]
    assert command(["history", "--user", "ada", "--json", "--home", str(home)]) == 0
    assert json.loads(capsys.readouterr().out)["totals"]["runs"] == 2
    words = ["history", "forget", "--older-than", "0d", "--home", str(home)]
    assert command([*words, "--user", "adda"]) == 0
    said = capsys.readouterr()
    assert said.out == "0 runs forgotten\n"
    assert said.err.endswith("--user 'adda': no run has it; did you mean ada?\n")
    assert command([*words, "--user", "ada"]) == 0
    assert [run.user for run in history.runs()] == ["bob"]
