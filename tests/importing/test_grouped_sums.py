"""Sums of imported runs by what they have in common."""

from pathlib import Path

import pytest
from foreign_texts import audit_of, sacct_text
from test_many_runs import jobs

from greentrain import total
from greentrain.errors import InputError, UnknownName
from greentrain.history import History
from greentrain.importing import import_runs


def test_sums_by_user_and_month(tmp_path: Path) -> None:
    """Two users, two months: each group's hours are those of its jobs, and what is not stated comes last."""
    cells = [
        ("ada", "2026-01-31T23:00:00", "7200", 2),
        ("ada", "2026-02-01T00:00:00", "3600", 1),
        ("bob", "2026-02-01T00:00:00", "3600", 8),
        ("", "Unknown", "3600", 1),
    ]
    text = sacct_text(*(
        {"JobIDRaw": str(id), "User": user, "Start": start, "End": "", "ElapsedRaw": seconds,
         "AllocTRES": f"gres/gpu:a100={gpus}"}
        for id, (user, start, seconds, gpus) in enumerate(cells)
    ))  # fmt: skip
    found = audit_of(tmp_path, text, by="user,month", location="DE")
    assert found.groups is not None
    rows = [(*group.by.values(), group.totals.runs, group.totals.gpu_hours) for group in found.groups]
    assert rows == [
        ("ada", "2026-01", 1, 4.0),
        ("ada", "2026-02", 1, 1.0),
        ("bob", "2026-02", 1, 8.0),
        (None, None, 1, 1.0),
    ]
    assert found.to_dict()["groups"][0]["by"] == {"user": "ada", "month": "2026-01"}
    assert len(found.runs) == 0


def test_groups_add_up_as_runs_do(tmp_path: Path) -> None:
    """The interval of a group and that of all groups together are those of `total` over the same runs' footprints."""
    text = sacct_text(*jobs(200, seed=5))
    runs = audit_of(tmp_path, text, location="FR").runs
    found = audit_of(tmp_path, text, location="FR", by=["user"])
    assert found.groups is not None
    assert [group.by["user"] for group in found.groups] == [f"u{number}" for number in range(7)]
    for user, totals in [(group.by["user"], group.totals) for group in found.groups] + [(None, found.totals)]:
        mine = [run for run in runs if run.is_counted and user in (None, run.stated.user)]
        whole = total([run.footprint for run in mine if run.footprint])
        assert totals.runs == len(mine)
        for name in ("it_energy_kwh", "operational_kg"):
            assert tuple(getattr(totals, name)) == pytest.approx(tuple(getattr(whole, name)), rel=1e-12)


@pytest.mark.parametrize(("by", "error"), [("users", UnknownName), ("user,user", InputError), ("", UnknownName)])
def test_a_group_that_is_none(tmp_path: Path, by: str, error: type[Exception]) -> None:
    """Unknown words are errors that name the nearest one; a word twice is one too."""
    with pytest.raises(error, match="by"):
        audit_of(tmp_path, sacct_text(*jobs(1)), by=by)


def test_sums_by_cluster(tmp_path: Path) -> None:
    """Read row by row, in columns, and from the home: 2 h of one GPU on alpha and 1 h on beta."""
    rows = (f"{id}|{cluster}|2026-03-01T00:00:00|3600|gres/gpu:a100=1" for id, cluster in enumerate("aab", 1))
    text = "\n".join(["JobIDRaw|Cluster|Start|ElapsedRaw|AllocTRES", *rows, ""])
    wanted = [({"cluster": "a"}, 2.0), ({"cluster": "b"}, 1.0)]
    long = text + "".join(f"{id}|a|2026-03-01T00:00:00|0|\n" for id in range(4, 40_000))
    for each in (text, long):
        found = audit_of(tmp_path, each, by="cluster")
        assert [(group.by, group.totals.gpu_hours) for group in found.groups or ()] == wanted
    import_runs(tmp_path / "foreign")
    assert [(group.by, group.loads.gpu_hours) for group in History().groups("cluster")] == wanted
    assert sorted(str(run.cluster) for run in History().summaries()) == ["a", "a", "b"]
