"""Imports of more runs than are kept in memory: the same numbers, in little memory."""

import json
import random
from pathlib import Path

import pytest
from foreign_texts import audit_of, codecarbon_text, runs_of, sacct_text

from greentrain import History, total
from greentrain.history import groups_of
from greentrain.importing import ImportAudit, ImportStore, import_runs

MORE_THAN_A_CHUNK = 600


def jobs(number: int, *, seed: int = 1) -> list[dict[str, str]]:
    """Make jobs of all kinds: measured and not, of several years, with and without accelerators, of two types too."""
    dice, found = random.Random(seed), []
    resources = [
        "cpu=8,node=1", "cpu=4,mem=16G,node=1", "cpu=8,gres/gpu:a100=2,node=1", "cpu=8,gres/gpu:h100=1,gres/gpu=1",
        "cpu=9,gres/gpu:a100=1,gres/gpu:v100=1", "gres/gpu=2", "gres/gpu:a100_3g.20gb=1", "gres/gpu:ours=1",
    ]  # fmt: skip
    for id in range(number):
        seconds, given = dice.choice([1, 59, 3600, dice.randint(60, 2_000_000)]), dice.choice(resources)
        watts = dice.choice([0, 0, 150, 700, 9000])
        found.append({
            "JobID": str(id), "JobIDRaw": str(id), "User": f"u{id % 7}", "AllocTRES": given,
            "ElapsedRaw": str(seconds), "ConsumedEnergyRaw": str(watts * seconds) if watts else "",
            "Start": dice.choice(["2024-05-01T10:00:00", "2025-12-31T23:00:00", "Unknown"]),
        })  # fmt: skip
    return found


def assert_whole(audit: ImportAudit) -> None:
    """Compare totals with the sum of the footprints of all runs that count."""
    counted = [run for run in audit.runs if run.is_counted and "duplicate" not in run.flags]
    whole = total([run.footprint for run in counted if run.footprint])
    for name in ("it_energy_kwh", "operational_kg"):
        assert tuple(getattr(audit.totals, name)) == pytest.approx(tuple(getattr(whole, name)), rel=1e-12)
    assert audit.totals.gpu_hours == pytest.approx(sum(run.gpu_hours for run in counted), rel=1e-12)
    assert audit.totals.runs == len(counted)


@pytest.mark.parametrize("location", ["DE", "FR", "US-CA", None, "aws:us-east-1", "EU"])
def test_a_kind_of_runs_is_worked_out_once(tmp_path: Path, location: str | None) -> None:
    """Sums and each run's numbers are those of footprints of their own: of jobs and of codecarbon's runs."""
    for text in (sacct_text(*jobs(150)), codecarbon_text(*energies(40))):
        audit = audit_of(tmp_path, text, **({} if location is None else {"location": location}))
        assert_whole(audit)
        for run in audit.runs:
            found = run.footprint
            if found is None:
                continue
            for name in ("it_energy_kwh", "operational_kg"):
                assert tuple(getattr(run.numbers, name)) == pytest.approx(tuple(getattr(found, name)), rel=1e-12)
            assert run.numbers.basis == found.basis


def energies(number: int) -> list[dict[str, str]]:
    """Make rows of codecarbon with energies that can be, of two hosts and with PUE."""
    dice = random.Random(2)
    return [
        {
            "run_id": f"r{row}", "duration": str(seconds := dice.randint(1, 90_000)), "gpu_energy": str(seconds / 2e4),
            "cpu_energy": "0", "ram_energy": "0", "energy_consumed": str(seconds / 2e4),
            "pue": dice.choice(["", "1.4"]),
            "country_iso_code": dice.choice(["FRA", "DEU"]), "country_name": "", "gpu_count": dice.choice(["", "1"]),
        }
        for row in range(number)
    ]  # fmt: skip


def test_runs_beyond_memory_are_the_same(tmp_path: Path) -> None:
    """Of 600 jobs the first 512 are on disk: each has its place, and what is stored is all of them once."""
    made = jobs(MORE_THAN_A_CHUNK)
    audit = audit_of(tmp_path, sacct_text(*made))
    assert len(audit.runs) == MORE_THAN_A_CHUNK
    assert [run.stated.user for run in audit.runs][:3] == ["u0", "u1", "u2"]
    assert audit.runs[0] == next(iter(audit.runs)) == runs_of(tmp_path, sacct_text(made[0]))[0]
    assert audit.runs[-1].stated.user == f"u{(MORE_THAN_A_CHUNK - 1) % 7}"
    assert_whole(audit)


def test_a_better_record_replaces_one_on_disk(tmp_path: Path) -> None:
    """The first job is there again with twice the time: it counts once, as it ended; a plain copy adds nothing."""
    made = [job | {"State": "RUNNING", "ConsumedEnergyRaw": ""} for job in jobs(MORE_THAN_A_CHUNK)]
    longer = [made[0] | {"State": "COMPLETED", "ElapsedRaw": "4000000"}, made[1]]
    audit = audit_of(tmp_path, sacct_text(*made, *longer))
    assert len(audit.runs) == MORE_THAN_A_CHUNK
    (run,) = (run for run in audit.runs if run.stated.key.startswith("slurm:0:"))
    assert (run.stated.status, run.stated.duration_seconds) == ("completed", 4e6)
    assert [(file.runs, file.imported, file.duplicates) for file in audit.files] == [(602, 600, 2)]
    assert_whole(audit)


def test_a_second_import_stores_what_is_new(tmp_path: Path, home: Path) -> None:
    """600 jobs, then 700 of which the first ones are known: 100 are stored, in a file that holds them alone."""
    made = jobs(MORE_THAN_A_CHUNK + 100)
    path = tmp_path / "sacct.txt"
    path.write_text(sacct_text(*made[:MORE_THAN_A_CHUNK]))
    assert import_runs(path).stored is not None
    path.write_text(sacct_text(*made))
    audit = import_runs(path)
    assert (audit.totals.runs <= 100, audit.files[0].imported, audit.files[0].duplicates) == (True, 100, 600)
    assert import_runs(path).stored is None
    first, second = sorted((home / "imports").glob("*.jsonl"))
    assert (first.read_text().count("\n"), second.read_text().count("\n")) == (5, 3)
    assert_whole(audit)


@pytest.mark.parametrize("id", ["r0", ""])
def test_a_run_whose_rows_are_far_apart_counts_once(tmp_path: Path, id: str) -> None:
    """A row of a run at the beginning, one of it with twice the energy behind 1,100 other runs: 0.2 kWh, not 0.3."""
    first = {"run_id": id, "project_name": "far", "timestamp": "2024-05-01T10:00:00", "duration": "3600"}
    later = first | {"timestamp": "2024-05-01T11:00:00", "duration": "7200"}
    rows = [
        first | {"gpu_energy": "0.1", "cpu_energy": "0", "ram_energy": "0", "energy_consumed": "0.1"},
        *energies(1101)[1:],
        later | {"gpu_energy": "0.2", "cpu_energy": "0", "ram_energy": "0", "energy_consumed": "0.2"},
    ]
    audit = audit_of(tmp_path, codecarbon_text(*rows))
    assert [run.stated.measured_energy_kwh for run in audit.runs if run.stated.name == "far"] == [0.2]
    assert len(audit.runs) == 1101


def test_of_imports_in_one_second_the_last_one_counts(tmp_path: Path, home: Path) -> None:
    """A job that goes on, imported ten times in a row: each import replaces the one before."""
    path = tmp_path / "sacct.txt"
    for minutes in range(1, 11):
        path.write_text(sacct_text({"State": "RUNNING", "ElapsedRaw": str(60 * minutes)}))
        import_runs(path)
        (run,) = ImportStore(str(home)).runs()
        assert run.stated.duration_seconds == 60 * minutes


@pytest.mark.parametrize("location", ["DE", None, "aws:us-east-1"])
def test_a_list_has_the_numbers_of_each_run(tmp_path: Path, home: Path, location: str | None) -> None:
    """A list works out each kind of runs once: its rows and the totals by user are those of runs read one by one."""
    for name, text in (("jobs.txt", sacct_text(*jobs(150))), ("emissions.csv", codecarbon_text(*energies(40)))):
        (tmp_path / name).write_text(text)
        import_runs(tmp_path / name, **({} if location is None else {"location": location}))
    history = History(home)
    single = {run.id: run.to_row() for run in history.runs()}
    for brief in history.summaries():
        row = brief.to_row()
        numbers = {name: value for name, value in row.items() if isinstance(value, float)}
        assert row.keys() == single[brief.id].keys()
        assert numbers == pytest.approx({name: single[brief.id][name] for name in numbers}, rel=1e-12)
        assert {name: row[name] for name in row.keys() - numbers} == {
            name: single[brief.id][name] for name in row.keys() - numbers
        }
    listed, read = (groups_of(runs, ["user"]) for runs in (history.summaries().table, history.runs()))
    for one, other in zip(listed, read, strict=True):
        for name in ("it_energy_kwh", "facility_energy_kwh", "operational_kg"):
            assert getattr(one, name) == pytest.approx(getattr(other, name), rel=1e-12)


def test_an_audit_is_the_same_run_by_run(tmp_path: Path) -> None:
    """Its JSON is written piece by piece, of runs in memory and on disk, of none, and with groups."""
    for text, options in ((sacct_text(*jobs(40)), {}), (sacct_text(), {}), (sacct_text(*jobs(3)), {"by": "user"})):
        audit = audit_of(tmp_path, text, **options)
        assert json.loads("".join(audit.json_parts())) == audit.to_dict()
