"""Files imported again with other options: runs are the same, what has no effect is said, --replace changes them."""

import json
from pathlib import Path

import pytest
from foreign_texts import codecarbon_text, sacct_text

from greentrain.cli import run as command
from greentrain.history import History, rename, tag
from greentrain.importing import ImportAudit, ImportedRun, ImportStore, import_runs
from greentrain.importing.known_runs import id_of_key

JOB = {"JobID": "7", "JobIDRaw": "7", "Start": "2026-03-01T08:00:00", "End": "2026-03-01T09:00:00"}
BERLIN, TOKYO = "Europe/Berlin", "Asia/Tokyo"
SAID = "Without effect, since the history holds them already: {}; --replace takes them anew as stated now."


def _log() -> str:
    rows = (f"2026/03/01 08:{minute:02d}:00.000, 0, NVIDIA A100, 250.00 W" for minute in range(60))
    return "\n".join(["timestamp, index, name, power.draw [W]", *rows, ""])


def _meter() -> str:
    rows = (f"2026-03-01 08:{minute:02d}:00,gpu07,900" for minute in range(60))
    return "\n".join(["timestamp,node,watts", *rows, ""])


def _mlperf() -> str:
    rows = (f"Time,03-01-2026 08:00:{second:02d}.000,Watts,300.0,Mark,a_testing" for second in range(50))
    return "\n".join([*rows, ""])


def _carbontracker() -> str:
    return (
        "2026-03-01 08:00:00 - carbontracker version 1.2.3\n"
        "2026-03-01 09:00:00 - Actual consumption for 1 epoch(s):\n\tTime:\t1:00:00\n\tEnergy:\t0.5 kWh\n"
        "\tCO2eq:\t200 g\n"
    )


ECO = "id,project_name,experiment_description,epoch,start_time,duration(s),power_consumption(kWh),CO2_emissions(kg)\n"
TEXTS = {
    "slurm": sacct_text(JOB),
    "nvidia-smi": _log(),
    "meter": _meter(),
    "mlperf-power": _mlperf(),
    "carbontracker": _carbontracker(),
    "codecarbon": codecarbon_text({"run_id": "", "timestamp": "2026-03-01T09:00:00", "duration": "3600"}),
    "eco2ai": f"{ECO},p,e,N/A,2026-03-01 08:00:00,3600,0.5,0.2\n",
}


def _stored(home: Path) -> list[ImportedRun]:
    return [*ImportStore(str(home)).runs()]


def _new(audit: ImportAudit) -> int:
    return sum(file.imported for file in audit.files)


@pytest.mark.parametrize("zones", [(None, BERLIN), (BERLIN, None), (BERLIN, TOKYO), (TOKYO, BERLIN)])
@pytest.mark.parametrize("format", TEXTS)
def test_a_file_is_the_same_in_every_zone(
    home: Path, tmp_path: Path, format: str, zones: tuple[str | None, str | None]
) -> None:
    """The run is known by its times as they are written; it stays as it is, which is said, until it is replaced."""
    path = tmp_path / "file.txt"
    path.write_text(TEXTS[format])
    assert _new(import_runs(path, time_zone=zones[0])) == 1
    (before,) = _stored(home)
    assert before.format == format
    audit = import_runs(path, time_zone=zones[1])
    assert (_new(audit), audit.without_effect) == (0, {"time_zone": 1})
    assert audit.notes == (SAID.format("--time-zone on 1 run"),)
    assert [run.stated.started for run in _stored(home)] == [before.stated.started]
    assert _new(import_runs(path, time_zone=zones[1], replace=True)) == 1
    hours = {None: 0, BERLIN: 1, TOKYO: 9}
    (after,) = _stored(home)
    moved = 3600 * (hours[zones[0]] - hours[zones[1]])
    assert (after.stated.started or 0) == pytest.approx((before.stated.started or 0) + moved)
    audit = import_runs(path, time_zone=zones[1])
    assert (_new(audit), audit.without_effect) == (0, {})
    assert History(str(home)).totals().runs == 1


def test_a_job_is_the_same_in_files_of_two_zones(home: Path, tmp_path: Path) -> None:
    """8 o'clock in UTC and 9 o'clock in Berlin are one moment: the job of both files is one."""
    for name, text in (("utc", sacct_text(JOB)), ("local", sacct_text(JOB | {"Start": "2026-03-01T09:00:00"}))):
        (tmp_path / name).write_text(text)
    import_runs(tmp_path / "utc")
    audit = import_runs(tmp_path / "local", time_zone=BERLIN)
    assert (_new(audit), audit.without_effect) == (0, {})


def test_jobs_in_columns_are_the_same_in_every_zone(home: Path, tmp_path: Path) -> None:
    """A table that is large enough for columns, stored by Berlin's clock, adds nothing by that of Tokyo."""
    path = tmp_path / "sacct"
    path.write_text(sacct_text(*(JOB | {"JobID": str(number), "JobIDRaw": str(number)} for number in range(9000))))
    import_runs(path, time_zone=BERLIN)
    for zone in (None, TOKYO):
        assert import_runs(path, time_zone=zone, dry_run=True, by="user").totals.runs == 0


def test_options_without_effect_are_counted(home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Place, project and map of one job that is known; what is as it was, or what no run needs, is not said."""
    path, site = tmp_path / "sacct", tmp_path / "site.toml"
    path.write_text(sacct_text(JOB))
    site.write_text("[site]\npue = 1.5\n")
    import_runs(path, location="FR", project="nlp")
    assert import_runs(path, location="FR", project="nlp", gpu="V100").notes == ()
    options = ["--location", "DE", "--project", "vision", "--map", str(site), "--home", str(home)]
    assert command(["import", str(path), *options]) == 0
    said = SAID.format("--location on 1 run, --map on 1 run, --project on 1 run")
    assert " ".join(capsys.readouterr().out.split()).endswith(said)
    assert command(["import", str(path), *options, "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["without_effect"] == {"location": 1, "map": 1, "project": 1}
    assert command(["import", str(path), *options, "--replace"]) == 0
    (run,) = _stored(home)
    assert (run.location, run.stated.project, run.site_pue) == ("DE", "vision", 1.5)
    assert import_runs(path, location="DE", project="vision", map=site).notes == ()


def test_doubts_are_kept_when_a_file_is_replaced(home: Path, tmp_path: Path) -> None:
    """1 MW is in doubt, and counts once --keep-flagged and --replace are given; --gpu is for boards without a name."""
    path = tmp_path / "log.csv"
    path.write_text(_log().replace("NVIDIA A100", "").replace("250.00 W", "1000000.00 W"))
    import_runs(path)
    assert import_runs(path, keep_flagged=True, gpu="V100").without_effect == {"gpu": 1, "keep_flagged": 1}
    import_runs(path, keep_flagged=True, gpu="V100", replace=True)
    (run,) = _stored(home)
    assert (run.is_counted, run.hardware) == (True, "v100-sxm2-16gb")


def test_a_job_moves_away_from_its_log_and_back(home: Path, tmp_path: Path) -> None:
    """By Tokyo's clock the log is of another time: job and log count each with what is theirs; by UTC they are one."""
    job, log = tmp_path / "sacct", tmp_path / "7.csv"
    job.write_text(sacct_text(JOB | {"AllocTRES": "cpu=8,gres/gpu:a100=1,node=1"}))
    log.write_text(_log())
    import_runs([job, log], time_zone="UTC")
    whole = [run.facts() for run in _stored(home)]
    for moved in (job, log):
        import_runs(moved, time_zone=TOKYO, replace=True)
        energies = {run.format: run.stated.measured_energy_kwh for run in _stored(home) if run.is_counted}
        assert energies == {"slurm": None, "nvidia-smi": pytest.approx(0.25 * 59 / 60)}
        import_runs(moved, time_zone="UTC", replace=True)
        (counted,) = [run for run in _stored(home) if run.is_counted]
        assert counted.stated.measured_energy_kwh == pytest.approx(0.25)
    assert sorted(map(str, (run.facts() for run in _stored(home)))) == sorted(map(str, whole))


def test_a_part_of_a_log_of_another_zone(home: Path, tmp_path: Path) -> None:
    """A meter by Tokyo's clock from 17 to 20 o'clock, imported first: the job of 9 to 10 in UTC has 900 W of it."""
    rows = (
        f"2026-03-01 {minute // 60:02d}:{minute % 60:02d}:00,gpu07,{900 if 18 <= minute / 60 < 19 else 100}"
        for minute in range(17 * 60, 20 * 60)
    )
    (tmp_path / "pdu.csv").write_text("\n".join(["timestamp,node,watts", *rows, ""]))
    times = {"Start": "2026-03-01T09:00:00", "End": "2026-03-01T09:59:00", "ElapsedRaw": "3540", "NodeList": "gpu07"}
    (tmp_path / "sacct").write_text(sacct_text(JOB | times))
    import_runs(tmp_path / "pdu.csv", time_zone=TOKYO)
    import_runs(tmp_path / "sacct")
    (run,) = [run for run in _stored(home) if run.is_counted]
    assert run.stated.measured_energy_kwh == pytest.approx(0.9 * 59 / 60)


@pytest.mark.parametrize("options", [{}, {"replace": True}, {"anonymise": True}, {"is_copied": True}])
def test_names_and_tags_stay_when_more_is_known(home: Path, tmp_path: Path, options: dict[str, bool]) -> None:
    """A running job is renamed and tagged; once it has ended it is imported again, longer, also from another home."""
    path = tmp_path / "sacct"
    path.write_text(sacct_text(JOB | {"State": "RUNNING", "End": "Unknown", "ElapsedRaw": "1800"}))
    import_runs(path)
    (run,) = _stored(home)
    rename(History(str(home)), run.id, "baseline of May")
    tag(History(str(home)), run.id, ["baseline"])
    path.write_text(sacct_text(JOB | {"ElapsedRaw": "3600"}))
    if options.pop("is_copied", False):
        import_runs(path, home=tmp_path / "other")
        path = tmp_path / "other"
    for _ in range(2):
        import_runs(path, **options)  # type: ignore[arg-type]
    (run,) = _stored(home)
    assert (run.tags, run.stated.duration_seconds) == (("baseline",), 3600.0)
    assert [found.name for found in History(str(home))] == ["baseline of May"]


RAN = JOB | {"State": "RUNNING", "End": "Unknown", "ElapsedRaw": "3600", "ConsumedEnergyRaw": "3600000"}
ENDED = JOB | {"End": "2026-03-01T13:00:00", "ElapsedRaw": "18000"}


@pytest.mark.parametrize(
    "end",
    [
        {"State": "NODE_FAIL", "ConsumedEnergyRaw": "0"},
        {"State": "COMPLETED", "ConsumedEnergyRaw": "18446744073709551614"},
        {"State": "COMPLETED", "ConsumedEnergyRaw": "1800000"},
        {"State": "RUNNING", "ConsumedEnergyRaw": "0"},
        {"State": "TIMEOUT", "ConsumedEnergyRaw": "0", "ElapsedRaw": "3600"},
    ],
)
def test_a_job_that_ran_has_its_end_whatever_its_energy(home: Path, tmp_path: Path, end: dict[str, str]) -> None:
    """An hour and 1 kWh while it ran; by its end, or later, it has no energy or half of it: that record counts."""
    row, path = ENDED | end, tmp_path / "sacct"
    path.write_text(sacct_text(RAN))
    import_runs(path)
    path.write_text(sacct_text(row))
    assert _new(import_runs(path)) == 1
    (run,) = _stored(home)
    ends = {"NODE_FAIL": "failed", "COMPLETED": "completed", "RUNNING": "running", "TIMEOUT": "stopped"}
    seconds, kwh = float(row["ElapsedRaw"]), 0.5 if row["ConsumedEnergyRaw"] == "1800000" else None
    assert (run.stated.status, run.stated.duration_seconds) == (ends[end["State"]], seconds)
    assert run.stated.measured_energy_kwh == kwh
    path.write_text(sacct_text(RAN))
    assert _new(import_runs(path)) == 0
    path.write_text(sacct_text(row, RAN, row))
    assert [run.stated.duration_seconds for run in import_runs(path, replace=True).runs] == [seconds]


def test_a_job_that_ran_has_its_end_in_columns(home: Path, tmp_path: Path) -> None:
    """One of 9,000 stored jobs ran: once all have ended without an energy, its 5 h are new and the others are not."""
    path, numbers = tmp_path / "sacct", [{"JobID": str(number), "JobIDRaw": str(number)} for number in range(9000)]
    rows = [JOB | {"ConsumedEnergyRaw": "3600000"} | number for number in numbers]
    path.write_text(sacct_text(*rows[:-1], RAN | numbers[-1]))
    import_runs(path)
    path.write_text(sacct_text(*rows[:-1], ENDED | numbers[-1]))
    assert import_runs(path, dry_run=True, by="user").totals.cpu_core_hours == pytest.approx(8 * 5.0)


def test_a_job_that_ran_has_its_end_in_a_home_of_an_older_version(home: Path, tmp_path: Path) -> None:
    """Such a home does not say in its index that the job of 1 h went on: an end after 5 h renews it all the same."""
    path = tmp_path / "sacct"
    path.write_text(sacct_text(RAN))
    import_runs(path)
    (kept,) = (home / "imports").iterdir()
    text = kept.read_text()
    assert text.count(',"running":[0]') == 1
    kept.write_text(text.replace(',"running":[0]', ""))
    path.write_text(sacct_text(ENDED))
    assert _new(import_runs(path)) == 1
    assert [run.stated.duration_seconds for run in _stored(home)] == [18000.0]


def _of_clusters(*rows: str) -> str:
    head = "JobID|Cluster|User|State|Start|ElapsedRaw|NCPUS"
    return "\n".join([head, *(f"700|{row}|COMPLETED|2026-03-01T08:00:00|3600|8" for row in rows), ""])


@pytest.mark.parametrize("has_start", [True, False])
@pytest.mark.parametrize("is_one_file", [True, False])
def test_two_clusters_have_one_number(home: Path, tmp_path: Path, *, is_one_file: bool, has_start: bool) -> None:
    """Job 700 of c1 and of c2 are two, in whichever order; one that names no cluster is the first that was known."""
    path, start = tmp_path / "sacct", "2026-03-01T08:00:00" if has_start else ""

    def imported(*rows: str) -> int:
        path.write_text(_of_clusters(*rows).replace("2026-03-01T08:00:00", start))
        return _new(import_runs(path))

    files = [("c1|ada", "c2|bob")] if is_one_file else [("c1|ada",), ("c2|bob",)]
    assert [imported(*rows) for rows in files] == [len(rows) for rows in files]
    assert [imported(*rows) for rows in (("c2|bob", "c1|ada"), ("c2|bob",), ("|ada",), ("c3|eve",))] == [0, 0, 0, 1]
    runs = sorted((run.stated.user, run.stated.cluster) for run in _stored(home))
    assert runs == [("ada", "c1"), ("bob", "c2"), ("eve", "c3")]
    key = f"slurm:700:{1772352000 if has_start else ''}"
    assert id_of_key(key) in {run.id for run in _stored(home) if run.stated.cluster == "c1"}


def test_a_job_without_its_cluster_is_the_first_that_names_one(home: Path, tmp_path: Path) -> None:
    """What was imported without a cluster is of that which the next file names first; the other one is new."""
    path = tmp_path / "sacct"
    for rows, new in ((("|ada",), 1), (("c1|ada", "c2|bob"), 2), (("c1|ada", "c2|bob"), 0)):
        path.write_text(_of_clusters(*rows))
        assert _new(import_runs(path)) == new


def test_homes_that_met_clusters_in_another_order(home: Path, tmp_path: Path) -> None:
    """Both homes hold both jobs 700, under ids by the order of imports: a copy of one adds nothing to the other."""
    for name, rows in (("home", ("c1|ada", "c2|bob")), ("other", ("c2|bob", "c1|ada"))):
        for row in rows:
            (tmp_path / "sacct").write_text(_of_clusters(row))
            assert _new(import_runs(tmp_path / "sacct", home=tmp_path / name)) == 1
    assert _new(import_runs(tmp_path / "other")) == 0
    assert sorted(str(run.stated.user) for run in _stored(home)) == ["ada", "bob"]


def test_clusters_are_told_apart_in_columns(home: Path, tmp_path: Path) -> None:
    """9,000 jobs of c1 are stored; of a table of all clusters the same number on c2 is new, and 9,000 are known."""
    head = "JobID|Cluster|User|State|Start|ElapsedRaw|NCPUS|Partition"
    rows = [f"{number}|c1|ada|COMPLETED|2026-03-01T08:00:00|3600|8|{'p' * 80}" for number in range(9000)]
    path = tmp_path / "sacct"
    path.write_text("\n".join([head, *rows, ""]))
    import_runs(path)
    for others in (["7|c2"], ["7|c2", "8|c3"]):
        path.write_text("\n".join([head, *rows[20:], *(rows[7].replace("7|c1", each) for each in others), ""]))
        assert import_runs(path, dry_run=True, by="user").totals.cpu_core_hours == pytest.approx(8.0 * len(others))


@pytest.mark.parametrize("hashes", [(True, True), (True, False), (False, True)])
def test_two_clusters_are_told_apart_where_names_are_hashed(
    home: Path, tmp_path: Path, hashes: tuple[bool, bool]
) -> None:
    """Job 7 of alpha and of beta are two runs in imports of their own, whichever of these hashed names, and again."""
    path, text = tmp_path / "sacct", sacct_text(JOB | {"Partition": "alpha"}).replace("Partition", "Cluster", 1)
    for anonymise in (*hashes, *hashes[::-1]):
        for name in ("alpha", "beta"):
            path.write_text(text.replace("alpha", name))
            import_runs(path, anonymise=anonymise)
    groups = History(home).groups("cluster")
    assert [group.runs for group in groups] == [1, 1]
    hidden = [str(group.by["cluster"]).startswith("cluster-") for group in groups]
    assert sorted(hidden) == [hashes[0]] * 2
