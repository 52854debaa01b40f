"""Records of some jobs over many files, tracked runs and forgotten ones, in any order: totals are the best file's."""

import json
import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from greentrain.history import History, RunGroup, forget
from greentrain.importing import import_runs

COLUMNS = (
    "JobID", "JobIDRaw", "JobName", "User", "Account", "Cluster", "State", "Start", "End", "ElapsedRaw", "NCPUS",
    "AllocTRES", "ConsumedEnergyRaw",
)  # fmt: skip
WITHOUT: dict[str, tuple[str, ...]] = {
    "full": (), "json": (), "ahead": (), "running": (), "no raw": ("JobIDRaw",), "raw": ("JobID",),
    "no user": ("User", "Account"), "no cluster": ("Cluster",),
    "bare": tuple(name for name in COLUMNS if name not in ("JobIDRaw", "User", "ElapsedRaw", "AllocTRES")),
}  # fmt: skip
KINDS = tuple(WITHOUT)
Job = dict[str, Any]


def _jobs(chance: random.Random) -> Iterator[Job]:
    """Make up jobs, some of which are tasks of arrays, some of known energy."""
    for place in range(chance.randint(2, 6)):
        raw, gpus, seconds = (
            500 + 2 * place,
            chance.randint(1, 8),
            chance.choice([3600, 7200, 60 * chance.randint(1, 900)]),
        )
        kwh = chance.choice([0.0, 0.0, 0.4]) * gpus * seconds / 3600
        yield {
            "JobID": f"{300 + place // 3}_{place}" if chance.random() < 0.4 else str(raw), "JobIDRaw": str(raw),
            "JobName": f"job{place}", "User": chance.choice(["ada", "bob"]), "Account": "nlp", "Cluster": "alpha",
            "State": chance.choice(["COMPLETED", "FAILED"]), "NCPUS": str(8 * gpus), "gpus": gpus, "seconds": seconds,
            "start": datetime(2026, 3, 1, tzinfo=UTC) + timedelta(seconds=chance.randint(0, 86400 * 50)),
            "AllocTRES": f"cpu={8 * gpus},gres/gpu:a100={gpus},node=1",
            "ConsumedEnergyRaw": str(int(kwh * 3.6e6)) if kwh else "",
        }  # fmt: skip


def _text(jobs: list[Job], kind: str) -> str:
    """Write what sacct prints of jobs: without some columns, by a clock two hours ahead, or while they ran."""
    if kind == "json":
        return json.dumps({"meta": {}, "jobs": [_item(job) for job in jobs]})
    names = [name for name in COLUMNS if name not in WITHOUT[kind]]
    lines = ["|".join(names)]
    for job in jobs:
        start = job["start"] + timedelta(hours=2 if kind == "ahead" else 0)
        seconds = max(30, job["seconds"] // 3) if kind == "running" else job["seconds"]
        row = job | {"Start": f"{start:%FT%T}", "End": f"{start + timedelta(seconds=seconds):%FT%T}"}
        row |= {"ElapsedRaw": seconds}
        row |= {"State": "RUNNING", "End": "Unknown", "ConsumedEnergyRaw": ""} if kind == "running" else {}
        lines.append("|".join(str(row[name]) for name in names))
    return "\n".join([*lines, ""])


def _item(job: Job) -> Job:
    """Make a job of ``sacct --json``."""
    array, _, task = job["JobID"].partition("_")
    start, joules = int(job["start"].timestamp()), job["ConsumedEnergyRaw"]
    tres = [{"type": "cpu", "count": 8 * job["gpus"]}, {"type": "gres", "name": "gpu:a100", "count": job["gpus"]}]
    return {
        "job_id": int(job["JobIDRaw"]), "name": job["JobName"], "account": "nlp", "cluster": "alpha", "steps": [],
        "association": {"user": job["User"]}, "array": {"job_id": int(array), "task_id": int(task)} if task else {},
        "state": {"current": job["State"]}, "allocation_nodes": 1,
        "time": {"start": start, "end": start + job["seconds"], "elapsed": job["seconds"]},
        "tres": {"allocated": tres + ([{"type": "energy", "count": int(joules)}] if joules else [])},
    }  # fmt: skip


def _track(home: Path, job: Job) -> None:
    """Write the journal of a run that greentrain tracked in a job."""
    folder, end = home / "runs" / f"slurm-{job['JobID']}-t", job["start"] + timedelta(seconds=job["seconds"])
    folder.mkdir(parents=True, exist_ok=True)
    launch = {"batch": f"slurm-{job['JobID']}", "cluster": "alpha"}
    records = [{"v": 1, "type": "start", "session": "s", "launch": launch, "t": f"{job['start']:%FT%T}.000Z"}]
    records += [{"v": 1, "type": "end", "status": "completed", "t": f"{end:%FT%T}.000Z"}]
    (folder / "n1.1.aaaaaaab.tracker.jsonl").write_text("".join(json.dumps(each) + "\n" for each in records))


def _rounded(group: RunGroup) -> list[float]:
    """Return its energy to what the order of a sum leaves alone. [kWh]"""
    return [round(each, 9) for each in group.facility_energy_kwh or ()]


def _summed(home: Path) -> dict[str, Any]:
    """Return how many runs there are, and their energies by all that jobs have in common."""
    history = History(home)
    found: dict[str, Any] = {"listed": len(history.summaries()), "counted": history.totals().runs}
    for by in ("user,month,status", "cluster,account,hardware", "name"):
        groups = history.groups(by)
        found[by] = {tuple(map(str, each.by.values())): (each.runs, _rounded(each)) for each in groups}
    return found


@pytest.mark.parametrize("seed", range(24))
def test_any_order_is_one_import_of_the_best_file(tmp_path: Path, seed: int) -> None:
    """Each job counts once, with what the best file states of it; what was forgotten comes back with that file."""
    chance = random.Random(seed)
    jobs, home = [*_jobs(chance)], tmp_path / "home"
    tracked = [job for job in jobs if chance.random() < 0.2]
    steps = [(kind, chance.random() < 0.15) for kind in chance.choices(KINDS, k=chance.randint(2, 5))]
    steps += [("track", False) for _ in tracked]
    chance.shuffle(steps)
    steps.insert(chance.randint(0, len(steps)), (chance.choice(["full", "json"]), chance.random() < 0.2))
    (tmp_path / "best").write_text(_text(jobs, "full"))
    rest, is_missing = [*tracked], False
    for kind, is_odd in steps:
        if kind == "track":
            _track(home, rest.pop())
            continue
        is_best = kind in ("full", "json")
        path = tmp_path / f"file{chance.randint(0, 3)}"
        path.write_text(_text(jobs if is_best else chance.sample(jobs, chance.randint(1, len(jobs))), kind))
        import_runs(path, home=home, location="DE", replace=is_odd and is_best)
        imported = [run.id for run in History(home).summaries() if run.origin.startswith("imported")]
        if is_odd and not is_best and imported:
            forget(History(home), chance.choice(imported))
            is_missing = True
    for folder in [tmp_path / "once", *([home] if is_missing else [])]:
        import_runs(tmp_path / "best", home=folder, location="DE")
    for job in tracked:
        _track(tmp_path / "once", job)
    assert _summed(home) == _summed(tmp_path / "once")
