"""Slurm's accounting summed in columns: the same numbers as job by job, whatever stands in the rows."""

import random
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from greentrain.importing import ImportAudit, import_runs

ALONE = "Steps are left out that do not follow their jobs: rows of these are not in the file, or elsewhere in it."
COLUMNS = (
    "JobIDRaw", "JobID", "JobName", "User", "Account", "Partition", "Cluster", "State", "Start", "ElapsedRaw",
    "Elapsed", "End", "NNodes", "NCPUS", "AllocTRES", "ConsumedEnergyRaw", "ConsumedEnergy", "NodeList", "AdminComment",
)  # fmt: skip
CELLS = {
    "JobIDRaw": ["1", "2", "3", "4", "5", "6", "7", "8", "9", "12_3", "13+1", "", "x", " 14", "007", "1.batch", "2.0"],
    "JobID": ["1", "2_1", "3+0", "4_[5-9]", "5.extern", "6", "7", "", "8.batch"],
    "JobName": ["a", "b", "", "né", 'x"y', '"q"', "two words", "\x00"],
    "User": ["ada", "bob", "", "unknown", " eve "],
    "Account": ["x", "(null)"],
    "Partition": ["gpu", "cpu", ""],
    "Cluster": ["one", "two"],
    "State": ["COMPLETED", "FAILED", "CANCELLED by 1234", "CANCELLED+", "TIMEOUT", "PENDING", "REQUEUED", "",
    "odd"],
    "Start": [
        "2024-02-29T23:59:59", "2023-12-31T23:30:00", "2024-01-01T00:00:00", "2025-03-30T02:30:00",
        "2025-10-26T02:30:00",
               "Unknown", "None", "", "2024-02-30T00:00:00", "2024-01-01 10:00:00",
        "2024-01-01T00:00:00Z", "1700000000", "soon",
    ],
    "End": ["2024-03-01T00:59:59", "Unknown", "", "2024-01-01T00:00:30", "2024-02-30T00:00:00", "later", "0"],
    "ElapsedRaw": ["3600", "60", "0", "1", "86400", "", "3600.5", "-5", "90000000", "01:00:00", "1e3"],
    "Elapsed": ["01:00:00", "1-02:03:04", "12-00:00:00", "05:00", "00:00:00", "", "100:00:00", "INVALID",
    "123-00:00:00"],
    "NNodes": ["1", "2", "", "1K", "0"],
    "NCPUS": ["8", "64", "", "1.5K", "many"],
    "AllocTRES": [
        "cpu=8,node=1", "cpu=8,mem=16G,node=1,gres/gpu=1", "gres/gpu:a100=2,cpu=8", "gres/gpu:a100=1,gres/gpu:v100=1",
        "gres/gpu:a100_3g.20gb=1", "gres/gpu:ours=2", "", "cpu=4K", "cpu=8,gres/shard=2", "gres/npu:910b=4,gres/npu=4",
        "billing=8,cpu=8,gre+", "cpu=8,mem=x,gres/gpu:a100=99999999999",
        "billing=5,cpu=4,energy=12345,gres/gpu:h100=8,mem=1T,node=2",
    ],
    "ConsumedEnergyRaw": ["", "0", "720000", "18446744073709551614", "4294967294", "1e6", "36000000000", "10", "-1",
    " ", "abc"],
    "ConsumedEnergy": ["", "720K", "1.5M", "0", "200G", "n/a", "xG"],
    "NodeList": ["n1", "n[2-3]", "None assigned"],
    "AdminComment": ["", "JS1:Short", "JS1:H4sIAAAAAAAA/6tWykstLlGyUgIAm", "hello"],
}  # fmt: skip
ODD_LINES = ["", "   ", "garbage", "1|2", '"1"|2|3', "9|" * 40, "é" * 5]
LIKELY_EACH = 3
"""How much more often the first value of a column is taken."""

SUMS = ("runs", "imported", "duplicates", "flagged", "rejected")


def cells(name: str) -> st.SearchStrategy[str]:
    """Draw a cell, often the first."""
    return st.sampled_from([CELLS[name][0]] * LIKELY_EACH + CELLS[name])


ROWS = st.lists(
    st.one_of(st.fixed_dictionaries({name: cells(name) for name in COLUMNS}), st.sampled_from(ODD_LINES)), max_size=12
)


def text_of(rows: list[Any], columns: tuple[str, ...], delimiter: str, *, long: int = 0, end: str = "\n") -> bytes:
    """Write rows; with `long` steps of very long names among them, which add nothing."""
    names = {"JobIDRaw": "99.0", "JobID": "99.0", "JobName": "n" * 200_000}
    step = delimiter.join(names.get(name, "") for name in columns)
    lines = [row if isinstance(row, str) else delimiter.join(row[name] for name in columns) for row in rows]
    half = len(lines) // 2
    whole = [delimiter.join(columns), *[step] * long, *lines[:half], *[step] * long, *lines[half:], ""]
    return end.join(whole).encode()


def summed(path: Path, text: bytes, **options: Any) -> ImportAudit:
    """Import a text for its sums alone."""
    path.write_bytes(text)
    return import_runs(path, dry_run=True, **options)


def assert_close(one: Any, other: Any) -> None:
    """Compare plain data, numbers to 1e-9."""
    if isinstance(one, dict):
        assert one.keys() == other.keys()
        for name in one:
            assert_close(one[name], other[name])
    elif isinstance(one, float):
        assert one == pytest.approx(other, rel=1e-9)
    else:
        assert one == other


def _reasons(audit: dict[str, Any], name: str) -> dict[str, Any]:
    """Give the numbers of each reason; examples are named by what is at hand."""
    numbers = ("runs", "gpu_hours", "cpu_core_hours", "measured_energy_kwh", "is_in_sums", "is_in_totals")
    return {each["reason"]: {key: each[key] for key in numbers if key in each} for each in audit[name]}


def assert_the_same(
    folder: Path, rows: list[Any], columns: tuple[str, ...], delimiter: str = "|", **options: Any
) -> None:
    """Sum rows from a short text, which is read job by job, and from a long one, which is read in columns."""
    end = options.pop("end", "\n")
    plain = summed(folder / "short", text_of(rows, columns, delimiter, end=end), **options).to_dict()
    found = summed(folder / "long", text_of(rows, columns, delimiter, long=15, end=end), **options).to_dict()
    assert_close(found["totals"], plain["totals"])
    assert len(found["groups"]) == len(plain["groups"])
    for one, other in zip(found["groups"], plain["groups"], strict=True):
        assert_close(one, other)
    assert_close(_reasons(found, "remarks"), _reasons(plain, "remarks"))
    assert_close(_reasons(found, "doubts"), _reasons(plain, "doubts"))
    assert found["suspects"] == plain["suspects"]
    (one,), (other,) = found["files"], plain["files"]
    assert [one[name] for name in SUMS] == [other[name] for name in SUMS]
    assert_close(one["it_energy_kwh"] or 0.0, other["it_energy_kwh"] or 0.0)
    assert [each["reason"] for each in one["problems"]] == [each["reason"] for each in other["problems"]]
    steps = [each["notes"].pop(ALONE, 0) for each in (one, other)]
    assert one["rows"] - other["rows"] == 30 == steps[0] - steps[1]
    assert one["notes"] == other["notes"]


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(
    rows=ROWS,
    columns=st.sets(st.sampled_from(COLUMNS[2:])),
    delimiter=st.sampled_from(["|", ";", "^"]),
    zone=st.sampled_from([None, "Europe/Berlin", "America/New_York"]),
    by=st.sets(
        st.sampled_from(["user", "account", "month", "status", "partition", "name", "hardware", "place"]), min_size=1
    ),
    is_kept=st.booleans(),
)
@pytest.mark.slow
def test_any_rows_are_the_same_in_columns(
    tmp_path: Path, rows: list[Any], columns: set[str], delimiter: str, zone: str | None, by: set[str], is_kept: bool
) -> None:
    """Odd times, states, ids, resources and energies, and lines that are no rows."""
    named = tuple(name for name in COLUMNS if name in {*COLUMNS[:3], "State", "ElapsedRaw", *columns})
    options: dict[str, Any] = {"location": "DE", "time_zone": zone, "by": sorted(by), "keep_flagged": is_kept}
    assert_the_same(tmp_path, rows, named, delimiter, **options)


def usual(number: int, seed: int) -> list[dict[str, str]]:
    """Make jobs of which most are plain."""
    dice = random.Random(seed)
    return [
        {name: dice.choice(CELLS[name]) if dice.random() < 0.1 else CELLS[name][0] for name in COLUMNS}
        | {"JobIDRaw": str(id), "JobID": str(id), "AllocTRES": dice.choice(CELLS["AllocTRES"])}
        | {"ElapsedRaw": str(dice.randint(0, 90_000)), "User": f"u{dice.randint(0, 9)}"}
        | {"ConsumedEnergyRaw": str(dice.choice([0, 10, 300, 1000, 20_000]) * 3600)}
        for id in range(100, 100 + number)
    ]


@pytest.mark.parametrize("end", ["\n", "\r\n"])
@pytest.mark.parametrize(
    "left_out",
    [(), ("JobID",), ("JobIDRaw",), ("ElapsedRaw",), ("Start",), ("ConsumedEnergyRaw",), ("AllocTRES", "State")],
)
def test_columns_may_be_missing(tmp_path: Path, left_out: tuple[str, ...], end: str) -> None:
    """Whatever is missing, and however lines end, sums are those of the jobs one by one."""
    columns = tuple(name for name in COLUMNS if name not in left_out)
    assert_the_same(tmp_path, usual(300, 1), columns, location="FR", by="user,month", end=end)


def test_a_map_of_the_site(tmp_path: Path) -> None:
    """Partitions and nodes of a map decide on hardware, place and what a meter can have read."""
    rules = {
        "gpu": 'gpu = "a100"\ngpus_per_node = 4\ncpus_per_node = 64\nnode_idle_w = 300\nnode_max_w = 2000',
        "cpu": 'location = "FR"',
    }
    tables = "".join(f"[partition.{name}]\n{rule}\n" for name, rule in rules.items())
    for source in ("node", "cpu", "ignore"):
        path = tmp_path / f"{source}.toml"
        path.write_text(
            f'[site]\nlocation = "DE"\npue = 1.3\n[energy]\nsource = "{source}"\n{tables}[node."n1"]\npue = 1.1\n'
        )
        assert_the_same(tmp_path, usual(200, 2), COLUMNS, map=path, by="place,hardware,partition")


def test_names_are_hashed(tmp_path: Path) -> None:
    """Names of sums are hashes, as those of runs are."""
    text = text_of(usual(100, 4), COLUMNS, "|", long=15)
    found = summed(tmp_path / "long", text, anonymise=True, keep_flagged=True, by="user")
    assert found.groups is not None
    assert len(found.groups) == 10
    assert all(str(group.by["user"]).startswith("user-") for group in found.groups)


def test_a_requeued_job_that_waits(tmp_path: Path) -> None:
    """Its earlier session is left out until the next one counts, and so it is in columns."""
    rows = usual(50, 6)
    first = {name: CELLS[name][0] for name in COLUMNS}
    rows.insert(9, first | {"JobIDRaw": "77", "JobID": "77", "State": "REQUEUED"})
    rows.insert(
        40, first | {"JobIDRaw": "77", "JobID": "77", "State": "PENDING", "Start": "Unknown", "ElapsedRaw": "0"}
    )
    assert_the_same(tmp_path, rows, COLUMNS, location="DE", by="user,month")


def test_a_home_that_holds_some_of_the_jobs(tmp_path: Path) -> None:
    """Of 200 jobs 120 are stored, 20 of them with less time than now: 100 duplicates add nothing, also in columns."""
    rows = [
        row | {"Start": "2024-01-01T00:00:00", "ElapsedRaw": "3600", "State": "COMPLETED", "ConsumedEnergyRaw": ""}
        | {"AllocTRES": "cpu=8,node=1", "ConsumedEnergy": "", "JobID": row["JobIDRaw"], "NCPUS": "8", "NNodes": "1"}
        for row in usual(200, 8)
    ]  # fmt: skip
    earlier = [row | {"ElapsedRaw": "1800"} if place < 20 else row for place, row in enumerate(rows[:120])]
    home = tmp_path / "home"
    (tmp_path / "first").write_bytes(text_of(earlier, COLUMNS, "|"))
    import_runs(tmp_path / "first", location="DE", home=home)
    assert_the_same(tmp_path, rows, COLUMNS, location="DE", by="user,month", home=home)
    audit = summed(tmp_path / "long", text_of(rows, COLUMNS, "|", long=15), location="DE", by="month", home=home)
    assert [audit.files[0].runs, audit.files[0].imported, audit.files[0].duplicates] == [200, 100, 100]
    assert audit.totals.cpu_core_hours == pytest.approx(100 * 8.0)


def test_a_job_in_which_greentrain_tracked_a_run(tmp_path: Path) -> None:
    """A folder of a tracked run names its job, which is not imported a second time, in columns or not."""
    (tmp_path / "home" / "runs" / "slurm-150").mkdir(parents=True)
    assert_the_same(tmp_path, usual(100, 9), COLUMNS, location="DE", by="user", home=tmp_path / "home")
    text = text_of(usual(100, 9), COLUMNS, "|", long=15)
    notes = summed(tmp_path / "long", text, by="user", home=tmp_path / "home").files[0].notes
    assert notes["Runs that greentrain tracked itself stand in the history already: they are not imported."] == 1
