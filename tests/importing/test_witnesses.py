"""Several records of one work count once: a job, its log of accelerators, its row of codecarbon, its node's meter."""

import json
from collections.abc import Sequence
from itertools import permutations
from pathlib import Path

import pytest
from foreign_texts import codecarbon_text, sacct_text

from greentrain.importing import ImportAudit, ImportedRun, ImportStore, import_runs
from greentrain.reporting.terminal import import_lines

HOUR = 3600
BOARDS = ("GPU-00000000-2222-3333-4444-555555555555", "GPU-11111111-2222-3333-4444-555555555555")
JOB = {
    "JobID": "4711", "JobIDRaw": "4711", "JobName": "bert", "Start": "2026-03-01T08:00:00",
    "End": "2026-03-01T09:00:00", "ElapsedRaw": str(HOUR), "AllocTRES": "cpu=8,gres/gpu:a100=2,node=1",
    "NodeList": "gpu[07-08]",
}  # fmt: skip


def _write(path: Path, text: str) -> Path:
    path.parent.mkdir(exist_ok=True)
    path.write_text(text)
    return path


def _job(folder: Path, *jobs: dict[str, str]) -> Path:
    return _write(folder / "sacct", sacct_text(*(JOB | job for job in jobs or ({},))))


def _log(
    path: Path, watts: Sequence[int] = (250, 350), *, hour: int = 8, minutes: int = 60, name: str = "NVIDIA A100"
) -> Path:
    """Write a log of boards with these powers [W], a reading a minute."""
    rows = [
        f"2026/03/01 {hour + minute // 60:02d}:{minute % 60:02d}:00.000, {index}, "
        f"GPU-{index:08d}-2222-3333-4444-{path.parent.name[-6:].encode().hex():0>12}, {name}, {power}.00 W"
        for minute in range(minutes + 1)
        for index, power in enumerate(watts)
    ]
    return _write(path, "\n".join(["timestamp, index, uuid, name, power.draw [W]", *rows, ""]))


def _row(folder: Path, **cells: str) -> Path:
    """Write codecarbon's row of 58 minutes."""
    usual = {"timestamp": "2026-03-01T08:59:00", "duration": "3480", "gpu_count": "2", "gpu_energy": "0.58"}
    usual |= {"cpu_energy": "0.05", "ram_energy": "0.01", "energy_consumed": "0.64", "emissions": "0.03"}
    return _write(folder / "emissions.csv", codecarbon_text(usual | {"gpu_model": "2 x NVIDIA A100-SXM4-40GB"} | cells))


def _counted(home: Path) -> list[ImportedRun]:
    return [run for run in ImportStore(str(home)).runs() if run.is_counted]


def _notes(run: ImportedRun) -> list[str]:
    return [note for note in run.stated.notes if note.startswith("Witness")]


@pytest.mark.parametrize("order", list(permutations(range(3))))
@pytest.mark.parametrize("together", [True, False])
def test_job_log_and_row_are_one_run(tmp_path: Path, home: Path, order: tuple[int, ...], together: bool) -> None:
    """250 + 350 W for the job's hour are 0.6 kWh of its boards; who ran it and where it ran come from the others."""
    paths = [_job(tmp_path), _log(tmp_path / "power" / "4711.csv"), _row(tmp_path)]
    chosen = [paths[place] for place in order]
    for each in [chosen] if together else [[path] for path in chosen]:
        import_runs(each)
    (run,) = _counted(home)
    stated = run.stated
    assert (stated.name, stated.user, run.location, stated.boundary) == ("bert", "u", "FR", "accelerator")
    assert stated.measured_energy_kwh == pytest.approx(0.6)
    assert sorted(_notes(run)) == [
        "Witness: codecarbon states 0.640 kWh of parts in 0.967 h.",
        "Witness: its energy is that of nvidia-smi.",
        "Witness: nvidia-smi states 0.600 kWh of accelerators in 1.00 h.",
    ]
    audit = import_runs(paths)
    assert sum(file.imported for file in audit.files) == 0
    assert len(_counted(home)) == 1


def test_a_log_without_a_job_is_a_witness_of_its_row(tmp_path: Path, home: Path) -> None:
    """The log's boards have the same type and number at that time: 600 W for 58 minutes are 0.58 kWh."""
    import_runs([_row(tmp_path), _log(tmp_path / "power.csv")])
    (run,) = _counted(home)
    assert run.format == "codecarbon"
    assert run.stated.measured_energy_kwh == pytest.approx(0.58)


def test_a_nodes_own_meter_is_better_than_its_boards(tmp_path: Path, home: Path) -> None:
    """Slurm read 3.6 MJ, 1 kWh, which is more than the boards' 0.6 kWh: it stays, and the log stands beside it."""
    import_runs([_job(tmp_path, {"ConsumedEnergyRaw": "3600000"}), _log(tmp_path / "4711.csv")])
    (run,) = _counted(home)
    assert (run.stated.measured_energy_kwh, run.stated.boundary) == (1.0, "node")
    assert run.flags == ()


def test_witnesses_that_are_far_apart(tmp_path: Path, home: Path) -> None:
    """100 W a board by the log, 300 by the row: a factor of 3 is said, and the run counts."""
    import_runs([_job(tmp_path), _log(tmp_path / "4711.csv", (100, 100)), _row(tmp_path)])
    (run,) = _counted(home)
    assert [finding.flag for finding in run.findings] == ["witnesses_differ"]
    reason = "codecarbon states 3.31 times the mean power that nvidia-smi states."
    assert run.findings[0].reason == reason
    assert run.stated.measured_energy_kwh == pytest.approx(0.2)


def test_logs_of_two_nodes_add_up(tmp_path: Path, home: Path) -> None:
    """Each node's epilog leaves a file of the job's number: 600 W and 400 W are 1 kWh in the hour."""
    job = {"NNodes": "2", "AllocTRES": "cpu=16,gres/gpu:a100=4,node=2"}
    logs = [_log(tmp_path / "one" / "4711.csv"), _log(tmp_path / "two" / "4711.csv", (200, 200))]
    import_runs([_job(tmp_path, job), *logs])
    (run,) = _counted(home)
    assert run.stated.measured_energy_kwh == pytest.approx(1.0)


def test_a_log_that_holds_neighbours_is_none_of_the_job(tmp_path: Path, home: Path) -> None:
    """Four boards were read and the job had two: its energy is estimated, and the log does not count either."""
    import_runs([_job(tmp_path), _log(tmp_path / "4711.csv", (250, 350, 1, 1))])
    (run,) = _counted(home)
    assert (run.stated.measured_energy_kwh, run.numbers.basis) == (None, "estimated")


@pytest.mark.parametrize(("minutes", "kwh"), [(54, 0.6), (30, 0.6), (29, None)])
def test_a_log_of_a_part_of_the_time(tmp_path: Path, home: Path, minutes: int, kwh: float | None) -> None:
    """From half of the time on its mean power is taken for all of it; else hardware and time are estimated."""
    import_runs([_job(tmp_path), _log(tmp_path / "4711.csv", minutes=minutes)])
    (run,) = _counted(home)
    assert run.stated.measured_energy_kwh == (None if kwh is None else pytest.approx(kwh))


@pytest.mark.parametrize(("hour", "runs"), [(9, 1), (23, 2)])
def test_a_log_by_a_clock_of_another_zone(tmp_path: Path, home: Path, hour: int, runs: int) -> None:
    """Times without a zone may be an hour ahead of Slurm's; fifteen hours are no zone."""
    import_runs([_job(tmp_path), _log(tmp_path / "4711.csv", hour=hour, minutes=59)])
    assert len(_counted(home)) == runs


def test_a_job_that_went_on_keeps_its_witness(tmp_path: Path, home: Path) -> None:
    """Half of the hour is imported while it runs, then all of it: the log's 600 W are taken for the hour."""
    import_runs([_job(tmp_path, {"State": "RUNNING", "End": "Unknown", "ElapsedRaw": "1800"})])
    import_runs([_log(tmp_path / "4711.csv", minutes=30)])
    assert [run.stated.measured_energy_kwh for run in _counted(home)] == [pytest.approx(0.3)]
    import_runs([_job(tmp_path)])
    (run,) = _counted(home)
    assert (run.stated.measured_energy_kwh, run.stated.status) == (pytest.approx(0.6), "completed")


def test_generic_accelerators_are_named_by_their_log(tmp_path: Path, home: Path) -> None:
    """gres/gpu=2 says no type, the log does: both boards are resolved."""
    import_runs([_job(tmp_path, {"AllocTRES": "cpu=8,gres/gpu=2,node=1"}), _log(tmp_path / "4711.csv")])
    (run,) = _counted(home)
    assert (run.stated.accelerators, run.hardware) == ({"NVIDIA A100": 2.0}, "a100-sxm4-40gb")


@pytest.mark.parametrize(
    ("boards", "rest"),
    [(4, "; it has more boards than the run had, and its energy is not taken."), (2, ", and counts there.")],
)
def test_a_log_of_more_boards_than_the_job_had_is_said_to_give_nothing(
    tmp_path: Path, home: Path, boards: int, rest: str
) -> None:
    """A prolog that reads all boards of a shared node; of its own two boards at 250 W the job takes 0.5 kWh."""
    import_runs([_job(tmp_path), _log(tmp_path / "power" / "4711.csv", [250] * boards)])
    (run,) = _counted(home)
    assert run.stated.measured_energy_kwh == (None if boards > 2 else pytest.approx(0.5))
    (other,) = (each for each in ImportStore(str(home)).runs() if each.format == "nvidia-smi")
    assert [each.reason for each in other.findings] == [
        f"It is the work of bert (slurm), whose number its file has{rest}"
    ]


@pytest.mark.parametrize(
    ("map_text", "location", "cells", "runs"),
    [
        ("", "FR", {}, 1),
        ("", None, {}, 1),
        ("", "DE", {}, 2),  # the row states FRA
        ("", "DE", {"country_iso_code": "", "country_name": ""}, 1),
        ('[gpu."a100"]\ndevice = "A100-SXM4-40GB"\n', "FR", {}, 1),
        ('[gpu."a100"]\ndevice = "A100-SXM4-80GB"\n', "FR", {}, 2),
        ('[partition."gpu"]\ncpu = "AMD EPYC 7763"\n', "FR", {"cpu_model": "AMD EPYC 7763 64-Core Processor"}, 1),
        ('[partition."gpu"]\ncpu = "AMD EPYC 7763"\n', "FR", {"cpu_model": "Intel(R) Core(TM) i9-13900K"}, 2),
    ],
)
def test_a_row_of_another_place_or_other_hardware_is_none_of_the_job(
    tmp_path: Path, home: Path, map_text: str, location: str | None, cells: dict[str, str], runs: int
) -> None:
    """Time and a number of accelerators make no work of two where country, model or CPU are not the same."""
    site = _write(tmp_path / "map.toml", map_text)
    import_runs([_job(tmp_path, {"Partition": "gpu"}), _row(tmp_path, **cells)], location=location, map=site)
    assert len(_counted(home)) == runs


def _note(audit: ImportAudit) -> str:
    (note,) = audit.notes
    return note


def test_what_files_cannot_tell_is_said(tmp_path: Path, home: Path) -> None:
    """Two jobs alike at one time, or a board without a name: all count, and the import says that they may be one."""
    audit = import_runs([_job(tmp_path, {}, {"JobIDRaw": "9", "JobID": "9"}), _row(tmp_path)])
    start = (
        "Overlapping in time on as many accelerators or on one host, and perhaps the same work, which then counts twice"
    )
    assert _note(audit) == f"{start}: 1 pair, such as bert (slurm) and p (codecarbon)."
    assert len(_counted(home)) == 3
    audit = import_runs([_log(tmp_path / "power.csv", name="")])
    assert _note(audit).startswith(start)


@pytest.mark.parametrize("together", [True, False])
def test_rows_of_ranks_are_said_to_be_perhaps_one(tmp_path: Path, home: Path, together: bool) -> None:
    """A record per rank, each of both boards, in one file or two: nothing tells whether they were read twice."""
    files = [_row(tmp_path / str(rank), run_id=f"rank{rank}") for rank in range(2)]
    if together:
        files[0].write_text(files[0].read_text() + files[1].read_text().splitlines()[1] + "\n")
    audit = import_runs(files[: 2 - together])
    assert "1 pair, such as p (codecarbon) and p (codecarbon)" in _note(audit)
    assert len(_counted(home)) == 2


@pytest.mark.parametrize(("node", "runs"), [("gpu07", 1), ("gpu08.cluster.org", 1), ("gpu09", 2), ("cpu07", 2)])
@pytest.mark.parametrize("meter", [True, False])
def test_readings_of_a_node_that_the_job_had(tmp_path: Path, home: Path, node: str, runs: int, meter: bool) -> None:
    """1,000 W at the node's plug, or 600 W of its boards in DCGM's answer, for the hour of its job."""
    times = range(1_772_352_000, 1_772_352_000 + HOUR + 1, 60)
    if meter:
        rows = [f"{time},{node},1000" for time in times]
        path = _write(tmp_path / "meter.csv", "\n".join(["timestamp,node,watts", *rows, ""]))
    else:
        series = [
            {
                "metric": {"__name__": "DCGM_FI_DEV_POWER_USAGE", "UUID": board, "Hostname": node},
                "values": [[time, "300"] for time in times],
            }
            for board in BOARDS
        ]
        path = _write(
            tmp_path / "range.json",
            json.dumps({"status": "success", "data": {"resultType": "matrix", "result": series}}),
        )
    import_runs([_job(tmp_path, {"NodeList": "gpu[07-08]"}), path])
    counted = _counted(home)
    assert len(counted) == runs
    if runs == 1:
        assert counted[0].stated.measured_energy_kwh == pytest.approx(1.0 if meter else 0.6)
        assert counted[0].stated.boundary == ("wall" if meter else "accelerator")


def test_kept_doubts_do_not_make_one_work_two(tmp_path: Path, home: Path) -> None:
    """--keep-flagged is for energies that may be wrong, not for records of what counts already."""
    import_runs([_job(tmp_path), _log(tmp_path / "4711.csv")], keep_flagged=True)
    assert len(_counted(home)) == 1


def test_sums_by_columns_leave_out_witnesses_too(tmp_path: Path) -> None:
    """A table that is large enough for columns, beside a log: 20,000 jobs, and the log in none of the sums."""
    jobs = [{}, *({"JobID": str(number), "JobIDRaw": str(number)} for number in range(10_000, 29_999))]
    audit = import_runs([_job(tmp_path, *jobs), _log(tmp_path / "4711.csv")], dry_run=True, by="user")
    assert [group.totals.runs for group in audit.groups or ()] == [20_000]


def test_hashed_records_are_put_together_too(tmp_path: Path, home: Path) -> None:
    """A job's number in a file's name and a node in its list are known by their hashes: the job has its log, once."""
    import_runs([_job(tmp_path, {"JobName": "lovelace"}), _log(tmp_path / "4711.csv")], anonymise=True)
    (run,) = _counted(home)
    assert run.stated.measured_energy_kwh == pytest.approx(0.6)
    assert "lovelace" not in "".join(file.read_text() for file in (home / "imports").iterdir())


def test_a_hashed_node_is_known_in_its_list(tmp_path: Path, home: Path) -> None:
    """1,000 W at gpu08's plug for the hour of a job on gpu[07-08], both hashed."""
    rows = [f"{1_772_352_000 + 60 * minute},gpu08,1000" for minute in range(61)]
    path = _write(tmp_path / "meter.csv", "\n".join(["timestamp,node,watts", *rows, ""]))
    import_runs([_job(tmp_path), path], anonymise=True)
    assert [run.stated.measured_energy_kwh for run in _counted(home)] == [pytest.approx(1.0)]


def _day_of_a_node(folder: Path, node: str = "gpu07") -> Path:
    """Write a meter's day: 200 W in even hours, 1,000 W in odd ones, a reading a minute."""
    rows = [
        f"2026-03-01 {minute // 60:02d}:{minute % 60:02d}:30,{node},{1000 if minute // 60 % 2 else 200}"
        for minute in range(24 * 60)
    ]
    return _write(folder / "pdu.csv", "\n".join(["timestamp,node,watts", *rows, ""]))


@pytest.mark.parametrize("together", [True, False])
@pytest.mark.parametrize("anonymise", [True, False])
def test_jobs_take_their_time_of_a_nodes_meter(tmp_path: Path, home: Path, together: bool, anonymise: bool) -> None:
    """The jobs of 9 and 11 o'clock have an hour of 1,000 W each of a day of readings, which count nowhere else."""
    hours = {"9": "09", "11": "11"}
    jobs = [
        {"JobID": id, "JobIDRaw": id, "Start": f"2026-03-01T{hour}:00:00", "End": f"2026-03-01T{hour}:59:59"}
        for id, hour in hours.items()
    ]
    paths = [_day_of_a_node(tmp_path), _job(tmp_path, *jobs)]
    for each in [paths] if together or anonymise else [[path] for path in paths]:
        import_runs(each, anonymise=anonymise)
    runs = _counted(home)
    assert [run.stated.measured_energy_kwh for run in runs] == [pytest.approx(1.0, rel=1e-3)] * 2
    assert {run.stated.boundary for run in runs} == {"wall"}
    import_runs(paths, anonymise=anonymise)
    assert len(_counted(home)) == 2


def test_jobs_beside_each_other_take_nothing_of_their_nodes_meter(tmp_path: Path, home: Path) -> None:
    """Two jobs at one time on one node: whose energy it is cannot be told, which is said."""
    audit = import_runs([_day_of_a_node(tmp_path), _job(tmp_path, {}, {"JobID": "5", "JobIDRaw": "5"})])
    assert "2 pairs, such as bert (slurm) and gpu07 (meter)" in _note(audit)
    assert len(_counted(home)) == 3


@pytest.mark.parametrize("together", [True, False])
@pytest.mark.parametrize("hours", [(8, 9), (8, 8)])
def test_logs_that_follow_one_another_add_up_in_time(
    tmp_path: Path, home: Path, hours: tuple[int, int], together: bool
) -> None:
    """Two boards of 300 W for 2 h are 1.2 kWh, by a file an hour; two files of two boards at one time are too many."""
    job = {"End": "2026-03-01T10:00:00", "ElapsedRaw": str(2 * HOUR)}
    folders = ["4711", "4711" if hours == (8, 9) else "neighbour"]
    paths = [
        _log(tmp_path / folder / f"{name}_4711.csv", (300, 300), hour=hour)
        for folder, name, hour in zip(folders, "ab", hours, strict=True)
    ]
    for each in [[_job(tmp_path, job), *paths]] if together else [[_job(tmp_path, job)], *([path] for path in paths)]:
        import_runs(each)
    (run,) = _counted(home)
    assert run.stated.measured_energy_kwh == (pytest.approx(1.2) if hours == (8, 9) else None)
    assert run.stated.accelerators == {"a100": 2.0}


def _two_days_of_a_node(folder: Path) -> list[Path]:
    """Write a meter's file a day: 100 W until 2 o'clock, 1,000 W until midnight, 500 W from then on."""
    powers = {1: [100] * 2 + [1000] * 22, 2: [500] * 24}
    return [_write(folder / f"pdu{day}.csv", _day_text(day, watts)) for day, watts in powers.items()]


def _day_text(day: int, watts: Sequence[int]) -> str:
    rows = (
        f"2026-03-0{day} {hour:02d}:{minute:02d}:00,gpu07,{power}"
        for hour, power in enumerate(watts)
        for minute in range(60)
    )
    return "\n".join(["timestamp,node,watts", *rows, ""])


@pytest.mark.parametrize("together", [True, False])
@pytest.mark.parametrize(
    ("start", "end", "hours", "kwh"),
    [("01T20:00:00", "02T04:00:00", 8, 6.0), ("01T02:00:00", "02T01:00:00", 23, 22.5)],
)
def test_a_job_through_the_night_has_both_days_of_its_meter(
    tmp_path: Path, home: Path, start: str, end: str, hours: int, kwh: float, together: bool
) -> None:
    """4 h of 1,000 W and 4 of 500 W are 6 kWh, 22 h and 1 h are 22.5; neither day counts beside the job."""
    job = {"Start": f"2026-03-{start}", "End": f"2026-03-{end}", "ElapsedRaw": str(hours * HOUR), "NodeList": "gpu07"}
    paths = [_job(tmp_path, job), *_two_days_of_a_node(tmp_path)]
    for each in [paths] if together else [[path] for path in paths]:
        import_runs(each)
    (run,) = _counted(home)
    assert run.stated.measured_energy_kwh == pytest.approx(kwh, rel=1e-3)
    assert run.stated.boundary == "wall"


def test_a_day_of_a_longer_job_is_not_all_of_it(tmp_path: Path, home: Path) -> None:
    """Of a job of 8 h the meter's file ends after 4: what it read stays, and the import says that both may be one."""
    job = {"Start": "2026-03-01T20:00:00", "End": "2026-03-02T04:00:00", "ElapsedRaw": str(8 * HOUR)}
    audit = import_runs([_job(tmp_path, job), _two_days_of_a_node(tmp_path)[0]])
    assert "1 pair, such as bert (slurm) and gpu07 (meter)" in _note(audit)
    assert len(_counted(home)) == 2


def test_a_jobs_part_of_a_meter_stays_when_another_job_changes(tmp_path: Path, home: Path) -> None:
    """Two jobs have their hours of a node's day; a log of the second one comes later: the first keeps its 200 W."""
    hours = {"8": "08", "11": "11"}
    jobs = [
        {"JobID": id, "JobIDRaw": id, "Start": f"2026-03-01T{hour}:00:00", "End": f"2026-03-01T{hour}:59:59"}
        for id, hour in hours.items()
    ]
    import_runs([_day_of_a_node(tmp_path), _job(tmp_path, *jobs)])
    import_runs(_log(tmp_path / "11.csv", hour=11, minutes=59))
    energies = sorted(run.stated.measured_energy_kwh or 0.0 for run in _counted(home))
    assert energies == [pytest.approx(0.2, rel=1e-3), pytest.approx(1.0, rel=1e-3)]


def test_the_log_of_another_home_is_known_by_its_number(tmp_path: Path, home: Path) -> None:
    """Its file was 4711.csv there: the job of H100s, which comes later, has its energy."""
    import_runs(_log(tmp_path / "4711.csv"), home=tmp_path / "other")
    audit = import_runs(tmp_path / "other")
    assert audit.totals.it_energy_kwh is not None
    assert audit.files[0].it_energy_kwh == pytest.approx(audit.totals.it_energy_kwh.best)
    import_runs(_job(tmp_path, {"AllocTRES": "cpu=8,gres/gpu:h100=2,node=1"}))
    (run,) = _counted(home)
    assert run.stated.measured_energy_kwh == pytest.approx(0.6)


def test_notes_of_an_import_wrap_on_a_terminal(tmp_path: Path, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What may be one work is a long sentence, and so are notes on files."""
    monkeypatch.setenv("COLUMNS", "80")
    audit = import_runs(_row(tmp_path))
    file = audit.files[0]._replace(notes={"word " * 40 + "end.": 1})
    audit = audit._replace(files=(file,), notes=("Overlapping in time " * 10 + "end.",))
    lines = [*import_lines(audit, None, is_kept=False)]
    assert max(len(line) for line in lines if not line.startswith(file.path)) <= 80
    assert lines[-1].endswith("end.")
    assert any(line.startswith("    word ") and line.endswith(" end. (1)") for line in lines)


@pytest.mark.parametrize(
    ("cells", "is_said"),
    [
        ({"timestamp": "2026-03-01T10:59:00"}, True),
        ({"timestamp": "2026-03-01T03:29:00"}, True),
        ({"timestamp": "2026-03-01T10:59:00+00:00"}, False),
        ({"timestamp": "2026-03-01T10:50:00"}, False),
        ({"timestamp": "2026-03-01T23:59:00"}, False),
        ({"timestamp": "2026-03-01T10:29:00", "duration": "1800"}, False),
        ({"timestamp": "2026-03-01T10:59:00", "gpu_model": "2 x Tesla V100-SXM2-16GB"}, False),
    ],
)
def test_a_row_by_the_clock_of_another_zone_is_said(
    tmp_path: Path, home: Path, cells: dict[str, str], is_said: bool
) -> None:
    """Two hours ahead of the job's UTC or 5.5 behind: perhaps its work; not at 9 minutes, 15 h, half, other GPUs."""
    audit = import_runs([_job(tmp_path), _row(tmp_path, **cells)], time_zone=None)
    said = (
        "Alike by clocks whole quarters of an hour apart, and perhaps the same work, which then counts twice: 1 pair, "
        "such as bert (slurm) and p (codecarbon); --time-zone states that of times without one."
    )
    assert audit.notes == ((said,) if is_said else ())
    assert [run.format for run in _counted(home)].count("slurm") == 1


def test_a_place_that_an_option_corrects_parts_no_work(tmp_path: Path, home: Path) -> None:
    """The job is taken anew with FR in place of DE: its log, of which an option said DE, is still its own."""
    job = _job(tmp_path)
    import_runs([job, _log(tmp_path / "power" / "log.csv")], location="DE")
    import_runs(job, location="FR", replace=True)
    (run,) = _counted(home)
    assert (run.format, run.location, run.stated.measured_energy_kwh) == ("slurm", "FR", pytest.approx(0.6))


def test_a_place_of_a_file_parts_what_an_option_places_elsewhere(tmp_path: Path, home: Path) -> None:
    """The row states FRA: a job that is said to have run in DE is none of it, also when it is taken anew."""
    job = _job(tmp_path)
    import_runs([job, _row(tmp_path)])
    import_runs(job, location="DE", replace=True)
    assert [(run.format, run.location) for run in _counted(home)] == [("slurm", "DE"), ("codecarbon", "FR")]
