"""A meter at the wall beside a run: its file, and what follows of the host."""

from collections.abc import Iterable
from math import exp, log, sqrt
from pathlib import Path
from typing import Any

import pytest
from journals_by_hand import CPU, GPU, MEMORY, NOON, PARTS, ended, meter, one_hour, reading, stopped, tracker

from greentrain import DataError, GreentrainError, History, InputError, Run, estimate
from greentrain.catalogue import check_profiles
from greentrain.cli import run as run_command
from greentrain.history import calibrate_by_wall, read_wall_meter

SENSED = [*PARTS[:-2], {**CPU, "quality": "measured"}, MEMORY]
"""A node of eight accelerators and a CPU, which sensors read."""


def run_of(home: Path, key: str = "r") -> Run:
    """Write an hour of eight V100 at 250 W and a CPU at 500 W, as sensors read them, and read the run."""
    folder = home / "runs" / key
    tracker(folder, lines=[ended(3600)], estimate_inputs={"location": "FR", "year": 2024})
    meter(folder, components=SENSED, lines=[reading(1800, 1800, 1.0, 0.25), stopped(3600, 3600, 2.0, 0.5)])
    return History(home).get(key)


def wall(folder: Path, rows: Iterable[object], header: str = "timestamp,watts") -> Path:
    """Write the file of a meter."""
    file = folder / "wall.csv"
    file.write_text("\n".join([header, *map(str, rows)]) + "\n")
    return file


def steady(watts: float, seconds: Iterable[float] = range(0, 3601, 60)) -> list[str]:
    """Give readings of one power, so many seconds after noon."""
    return [f"{NOON + second},{watts}" for second in seconds]


def by_parameter(done: Any) -> dict[str, Any]:
    """Give the values that were learnt."""
    return {(fit.hardware_class, fit.parameter): fit.value for fit in done.fits}


def test_the_hosts_power_and_what_no_sensor_reads(tmp_path: Path) -> None:
    """3 kW at the wall beside 2 kW of accelerators and 0.5 kW of CPU, on eight V100 of 300 W.

    The host takes 1 kW, 125 W per accelerator: 0.4167 of the TDP, from a meter within 2 % (60 W) and sensors within
    5 % (100 W), so within 116.6 W, and other runs within a factor of 1.2. No sensor reads 3 / 2.5 - 1 = 0.2.
    """
    done = calibrate_by_wall(run_of(tmp_path), wall(tmp_path, steady(3000)), tmp_path / "p")
    values = by_parameter(done)

    host, other = 1000 / 8 / 300, log(1.2)
    down, up = (sqrt(log(ratio) ** 2 + other**2) for ratio in (1000 / 883.381, 1116.619 / 1000))
    assert values["sxm-node", "host_share"] == pytest.approx((host * exp(-down), host, host * exp(up)), rel=1e-5)
    # From 1.2 x 0.98 - 1 to 1.2 x 1.02 - 1: the next run's sensors err as these do.
    down, up = sqrt(log(0.2 / 0.176) ** 2 + other**2), sqrt(log(0.224 / 0.2) ** 2 + other**2)
    assert values["sxm-node", "unmetered_share"] == pytest.approx((0.2 * exp(-down), 0.2, 0.2 * exp(up)), rel=1e-5)
    assert {fit.before.best for fit in done.fits} == {0.498, 0.19}
    assert done.notes[0] == (
        "The meter read 3,000 W on average; it is taken to feed the node of the run and nothing else."
    )


def test_the_next_estimates_and_runs_take_them(tmp_path: Path) -> None:
    """An estimate leaves the table of full servers: 300 W x 0.624 + 125 W. A measured run is what the wall read."""
    folder = tmp_path / "profiles"
    run = run_of(tmp_path)
    assert run.it_energy_kwh is not None
    assert run.it_energy_kwh.best == pytest.approx(2.5 * 1.19)
    calibrate_by_wall(run, wall(tmp_path, steady(3000)), folder)

    assert check_profiles(folder) == ()
    found = estimate("V100", count=8, hours=1, location="FR", profiles=folder)
    assert found.it_energy_kwh.best == pytest.approx(8 * (0.3 * 0.624 + 0.125), rel=1e-4)
    stated = {"location": "FR", "year": 2024, "profiles": str(folder)}
    again = tmp_path / "runs" / "again"
    tracker(again, lines=[ended(3600)], estimate_inputs=stated)
    meter(again, components=SENSED, lines=[stopped(3600, 3600, 2.0, 0.5)])
    calibrated = History(tmp_path).get("again")
    assert calibrated.it_energy_kwh is not None
    assert calibrated.it_energy_kwh.best == pytest.approx(3.0, rel=1e-4)
    share = calibrated.footprint.inputs["unmetered_share"]
    assert (share.basis, share.source) == ("default", "Own runs measured by greentrain 2025-11-22, and a wall meter")


def test_columns_by_name_and_times_of_both_kinds(tmp_path: Path) -> None:
    """Any order, other columns beside them, ISO 8601 with a zone, in UTC without one, or seconds since 1970."""
    rows = ["3,2900,2025-11-22T12:00:00", "4,3100,2025-11-22T13:30:00+01:00", f"5,3100,{NOON + 3600}"]
    file = wall(tmp_path, rows, "volts, watts, timestamp")
    assert read_wall_meter(file) == [(NOON, 2900.0), (NOON + 1800, 3100.0), (NOON + 3600, 3100.0)]
    # Linear between readings: (2900 + 3100) / 2 W and then 3100 W, half an hour each.
    done = calibrate_by_wall(run_of(tmp_path), file, tmp_path / "p")
    assert done.notes[0].startswith("The meter read 3,050 W")


def test_readings_beside_the_run_do_not_count(tmp_path: Path) -> None:
    """An idle computer before and after it, between restarts too; only the two half hours at 3 kW do."""
    folder = tmp_path / "runs" / "r"
    for number, at in enumerate((0, 7200)):
        start = {"at": at, "session": f"s{number}", "pid": 100 + 10 * number}
        tracker(folder, **start, lines=[ended(at + 1800)], estimate_inputs={"location": "FR"})
        start["pid"] += 1
        meter(folder, **start, components=SENSED, lines=[stopped(at + 1800, 1800, 1.0, 0.25)])
    busy = [*range(0, 1801, 60), *range(7200, 9001, 60)]
    rows = [f"{NOON + at},{3000 if at in busy else 400}" for at in range(-3600, 12_000, 60)]
    done = calibrate_by_wall(History(tmp_path).get("r"), wall(tmp_path, rows), tmp_path / "p")
    assert by_parameter(done)["sxm-node", "unmetered_share"].best == pytest.approx(0.2)


def test_several_nodes_are_taken_to_hang_on_the_meter(tmp_path: Path) -> None:
    """Two nodes of 2.5 kW: 6 kW at the wall are 0.2 more, and it is stated."""
    folder = tmp_path / "runs" / "r"
    for host in ("node-a", "node-b"):
        tracker(folder, host=host, session=host, lines=[ended(3600)], ranks={"rank": int(host == "node-b")})
        parts = [{**part, "id": f"{host}-{part['id']}"} for part in SENSED]
        meter(folder, host=host, session=host, components=parts, lines=[stopped(3600, 3600, 2.0, 0.5)])
    done = calibrate_by_wall(History(tmp_path).get("r"), wall(tmp_path, steady(6000)), tmp_path / "p")
    assert by_parameter(done)["sxm-node", "unmetered_share"].best == pytest.approx(0.2)
    assert by_parameter(done)["sxm-node", "host_share"].best == pytest.approx(2000 / 16 / 300)
    assert "it is taken to feed all 2 nodes of the run and nothing else" in done.notes[0]


def test_a_run_without_accelerators(tmp_path: Path) -> None:
    """Of its host only what no sensor reads follows: 0.6 kW at the wall of 0.5 kW of CPU."""
    folder = tmp_path / "runs" / "r"
    tracker(folder, lines=[ended(3600)], estimate_inputs={"cpu_cores": 64})
    meter(folder, components=[SENSED[-2]], lines=[stopped(3600, 3600, None, 0.5)])
    done = calibrate_by_wall(History(tmp_path).get("r"), wall(tmp_path, steady(600)), tmp_path / "p")
    assert {key: value.best for key, value in by_parameter(done).items()} == {
        ("cpu", "unmetered_share"): pytest.approx(0.2)
    }
    assert "The run has no accelerators: of its host only what no sensor reads follows." in done.notes


def test_without_a_cpu_the_hosts_power_alone_follows(tmp_path: Path) -> None:
    """Nobody read the CPU, so what no sensor reads beside it is not known."""
    folder = tmp_path / "runs" / "r"
    one_hour(folder, 2.0, None)
    done = calibrate_by_wall(History(tmp_path).get("r"), wall(tmp_path, steady(3000)), tmp_path / "p")
    assert list(by_parameter(done)) == [("sxm-node", "host_share")]
    assert done.notes[-1] == "The CPU was not read: what no sensor reads does not follow, the host's power does."


def test_calibrating_keeps_rows_of_the_user_and_other_parameters(tmp_path: Path) -> None:
    """A share written by hand stays, one that was learnt before is replaced."""
    file = tmp_path / "p" / "power_defaults.csv"
    file.parent.mkdir()
    file.write_text(
        "hardware_class,parameter,low,best,high,unit,source\n"
        "sxm-node,unmetered_share,0.1,0.11,0.12,1,https://example.org\n"
        "sxm-node,host_share,0.1,0.2,0.3,1,Own runs measured by greentrain 2025-01-01\n"
    )
    done = calibrate_by_wall(run_of(tmp_path), wall(tmp_path, steady(3000)), file.parent)
    assert [fit.parameter for fit in done.fits] == ["host_share"]
    text = file.read_text()
    assert "unmetered_share,0.1,0.11,0.12" in text
    assert text.count("host_share") == 1
    assert "0.4167" in text


@pytest.mark.parametrize(
    ("rows", "header", "message"),
    [
        (["2026,1"], "when,watts", "row 1: must have one column timestamp; the first line names the columns timestamp "
         "and watts"),
        (["noon,3000"], "timestamp,watts", "row 2, column timestamp: 'noon' is no time: ISO 8601 such as "
         "2026-11-22T11:00:00Z, or seconds since 1970"),
        (["1763812800000,3000"], "timestamp,watts", "row 2, column timestamp: '1763812800000' is no time: ISO 8601 "
         "such as 2026-11-22T11:00:00Z, or seconds since 1970"),
        (["60,3000", "120,3 kW"], "timestamp,watts", "row 3, column watts: '3 kW' must be a number of watts, at least "
         "0"),
        (["60,-1"], "timestamp,watts", "row 2, column watts: '-1' must be a number of watts, at least 0"),
        (["60,nan"], "timestamp,watts", "row 2, column watts: 'nan' must be a number of watts, at least 0"),
        (["60,1", "30,1"], "timestamp,watts", "row 3, column timestamp: is earlier than the row before; times must not "
         "go back"),
        (["60,1", "90"], "timestamp,watts", "row 3: has 1 cells, the header 2"),
    ],
)  # fmt: skip
def test_a_bad_file_names_row_and_rule(tmp_path: Path, rows: list[str], header: str, message: str) -> None:
    """In one line."""
    file = wall(tmp_path, rows, header)
    with pytest.raises(GreentrainError) as caught:
        read_wall_meter(file)
    assert str(caught.value) == f"{file}, {message}"


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ([], "has no reading in the time of the run, 2025-11-22T12:00:00Z to 2025-11-22T13:00:00Z"),
        (steady(3000, [-60, 3700]), "has no reading in the time of the run, 2025-11-22T12:00:00Z to "
         "2025-11-22T13:00:00Z"),
        (steady(3000, [-60, 30]), "has one reading in the time of the run; at least 2 are needed"),
        (steady(3000, range(0, 1801, 60)), "covers 50 % of the run's time, 2025-11-22T12:00:00Z to "
         "2025-11-22T13:00:00Z; at least 90 % is needed"),
        (steady(3000, [*range(0, 1801, 60), *range(3000, 3601, 60)]), "covers 67 % of the run's time, "
         "2025-11-22T12:00:00Z to 2025-11-22T13:00:00Z; at least 90 % is needed"),
    ],
)  # fmt: skip
def test_readings_that_do_not_cover_the_run(tmp_path: Path, rows: list[str], message: str) -> None:
    """None, one, half of it, or a hole of 20 minutes between readings of each minute."""
    file = wall(tmp_path, rows)
    with pytest.raises(GreentrainError) as caught:
        calibrate_by_wall(run_of(tmp_path), file, tmp_path / "p")
    assert str(caught.value) == f"{file}: {message}"


LESS = (
    "the wall meter read {} W on average, the sensors {} alone: it does not feed all of the run, or its clock differs"
)
MORE = (
    "a {} of {} follows, at most {} is possible: the wall meter feeds more than the nodes of the run, accelerators of "
    "it were not read, or its unit is not watts"
)


@pytest.mark.parametrize(
    ("watts", "message"),
    [
        (1900, LESS.format("1,900", "2,500 W of accelerators and CPU")),
        (2490, LESS.format("2,490", "2,500 W of accelerators and CPU")),
        (30_000, MORE.format("host_share", "11.7", "1.59")),
        (5200, MORE.format("unmetered_share", "1.08", "1.00")),
    ],
)
def test_a_meter_that_disagrees_with_the_sensors(tmp_path: Path, watts: float, message: str) -> None:
    """Less than accelerators and CPU took, or far more than a computer beside them.

    (30 - 2) / 8 / 0.3 kW = 11.7 of the TDP, twice the default's high end is 1.59; 5.2 / 2.5 - 1 = 1.08.
    """
    with pytest.raises(GreentrainError) as caught:
        calibrate_by_wall(run_of(tmp_path), wall(tmp_path, steady(watts)), tmp_path / "p")
    assert str(caught.value) == message
    assert not (tmp_path / "p").exists()


def test_a_host_that_cannot_be_told_from_nothing_is_refused(tmp_path: Path) -> None:
    """2,010 W at the wall, 2,000 W of accelerators: within 2 % and 5 %, 40.2 and 100 W, so 107.8 W together."""
    one_hour(tmp_path / "runs" / "r", 2.0, None)
    with pytest.raises(GreentrainError) as caught:
        calibrate_by_wall(History(tmp_path).get("r"), wall(tmp_path, steady(2010)), tmp_path / "p")
    assert str(caught.value) == (
        "the wall meter read 2,010 W on average, the sensors 2,000 W of the accelerators: what is left for the host is "
        "within what both may be wrong by, 108 W"
    )


def test_a_share_that_cannot_be_told_from_nothing_is_not_written(tmp_path: Path) -> None:
    """2,510 W beside 2,500 W: the host's power follows, what no sensor reads does not."""
    done = calibrate_by_wall(run_of(tmp_path), wall(tmp_path, steady(2510)), tmp_path / "p")
    assert list(by_parameter(done)) == [("sxm-node", "host_share")]
    assert done.notes[-1] == (
        "The meter read no more than 2,500 W of accelerators and CPU as read or modelled, and 2 %: no share that no "
        "sensor reads follows."
    )


def test_of_a_run_without_accelerators_then_nothing_follows(tmp_path: Path) -> None:
    """505 W beside 500 W of CPU."""
    folder = tmp_path / "runs" / "r"
    tracker(folder, lines=[ended(3600)], estimate_inputs={"cpu_cores": 64})
    meter(folder, components=[SENSED[-2]], lines=[stopped(3600, 3600, None, 0.5)])
    with pytest.raises(GreentrainError) as caught:
        calibrate_by_wall(History(tmp_path).get("r"), wall(tmp_path, steady(505)), tmp_path / "p")
    assert str(caught.value) == (
        "nothing follows from the wall meter's readings: The meter read no more than 500 W of CPU as read or modelled, "
        "and 2 %: no share that no sensor reads follows."
    )


def test_what_is_modelled_counts_by_its_low_end(tmp_path: Path) -> None:
    """A CPU of 0.5 kW by a model may have taken 0.25 kW: 2.4 kW at the wall can be, 2.2 kW cannot."""
    one_hour(tmp_path / "runs" / "r", 2.0, 0.5)
    run = History(tmp_path).get("r")
    done = calibrate_by_wall(run, wall(tmp_path, steady(2400)), tmp_path / "p")
    assert by_parameter(done)["sxm-node", "host_share"].best == pytest.approx(400 / 8 / 300)
    with pytest.raises(GreentrainError) as caught:
        calibrate_by_wall(run, wall(tmp_path, steady(2200)), tmp_path / "p")
    assert str(caught.value) == LESS.format("2,200", "2,250 W of accelerators and CPU")


@pytest.mark.parametrize("stated", [{"location": "FR", "year": 2024}, {"location": "nowhere"}])
def test_a_run_with_accelerators_that_nobody_read_is_refused(tmp_path: Path, stated: dict[str, Any]) -> None:
    """16 of which 8 were read: whatever hangs on the meter, their power is not known; without an estimate too."""
    folder = tmp_path / "runs" / "r"
    tracker(folder, lines=[ended(3600)], estimate_inputs={"gpu": "V100-SXM2-32GB", "count": 16, **stated})
    meter(folder, components=SENSED, lines=[stopped(3600, 3600, 2.0, 0.5)])
    with pytest.raises(GreentrainError) as caught:
        calibrate_by_wall(History(tmp_path).get("r"), wall(tmp_path, steady(6000)), tmp_path / "p")
    assert "nly 8 of 16 accelerators were measured; a wall meter's readings cannot be compared" in str(caught.value)


def test_readings_that_cannot_be_right_are_refused(tmp_path: Path) -> None:
    """500 W of a V100 of 300 W."""
    folder = tmp_path / "runs" / "r"
    tracker(folder, lines=[ended(3600)], estimate_inputs={"location": "FR", "year": 2024})
    meter(folder, components=SENSED, lines=[stopped(3600, 3600, 4.0, 0.5)])
    with pytest.raises(GreentrainError) as caught:
        calibrate_by_wall(History(tmp_path).get("r"), wall(tmp_path, steady(6000)), tmp_path / "p")
    assert "r has readings that cannot be used: An accelerator at 500 W on average is above what" in str(caught.value)


@pytest.mark.parametrize(
    ("parts", "lines", "why"),
    [
        (SENSED, [reading(60, 60, 0.1, 0.01)], "is still running"),
        ([{**GPU, "name": "Unheard"}, CPU], [stopped(3600, 3600, 2.0, 0.5)], "has no accelerator whose TDP is known, "
         "or several kinds"),
        ([CPU], [stopped(3600, 3600, None, 0.5)], "has a CPU that no sensor read on every node"),
        (SENSED, [stopped(1800, 1800, 1.0, 0.25)], "was measured for less than 90 % of its time"),
    ],
)  # fmt: skip
def test_runs_that_cannot_be_compared(tmp_path: Path, parts: Any, lines: list[str], why: str) -> None:
    """With the reason."""
    folder = tmp_path / "runs" / "r"
    tracker(folder, lines=[] if "running" in why else [ended(3600)], estimate_inputs={})
    meter(folder, components=parts, lines=lines)
    run = History(tmp_path).get("r")
    run = run._replace(status="running") if "running" in why else run
    with pytest.raises(GreentrainError) as caught:
        calibrate_by_wall(run, wall(tmp_path, steady(3000)), tmp_path / "p")
    assert str(caught.value) == f"the run r {why}; a wall meter's readings cannot be compared with it"


def test_the_command(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """What was and what is, where it was written, and what was assumed."""
    run_of(tmp_path)
    said = ["history", "calibrate", "--wall", str(wall(tmp_path, steady(3000))), "--run", "r", "--home", str(tmp_path)]
    assert run_command(said) == 0
    assert capsys.readouterr().out.splitlines() == [
        "sxm-node: host power per accelerator over its TDP, from 1 run on v100-sxm2-32gb",
        "  was  0.498 (0.311 to 0.797)",
        "  now  0.417 (0.334 to 0.516)",
        "sxm-node: share that no sensor reads, from 1 run on v100-sxm2-32gb",
        "  was  0.190 (0.100 to 0.300)",
        "  now  0.200 (0.160 to 0.248)",
        f"Written to {tmp_path / 'profiles' / 'power_defaults.csv'}",
        "  The meter read 3,000 W on average; it is taken to feed the node of the run and",
        "  nothing else.",
        "  Another run is taken to differ by up to a factor of 1.2: one run does not show",
        "  it.",
    ]


def local(hours: Iterable[str], day: str = "2025-11-22") -> list[str]:
    """Give readings of 3 kW at local times of a day."""
    return [f"{day}T{hour},3000" for hour in hours]


@pytest.mark.parametrize("header", ["timestamp,watts", "time,power_watts"])
def test_local_times(tmp_path: Path, header: str) -> None:
    """Noon in UTC is 13:00 in Berlin in winter; without a zone the same readings are an hour late."""
    file = wall(tmp_path, local(["13:00:00", "13:30:00", "14:00:00"]), header)
    assert [time for time, _ in read_wall_meter(file, time_zone="Europe/Berlin")] == [NOON, NOON + 1800, NOON + 3600]
    assert read_wall_meter(file)[0] == (NOON + 3600, 3000)
    done = calibrate_by_wall(run_of(tmp_path), file, tmp_path / "p", time_zone="Europe/Berlin")
    assert [fit.parameter for fit in done.fits] == ["host_share", "unmetered_share"]
    with pytest.raises(GreentrainError):
        calibrate_by_wall(run_of(tmp_path), file, tmp_path / "p")
    with pytest.raises(InputError, match="time_zone 'Berlin': must be a time zone such as Europe/Berlin or UTC"):
        read_wall_meter(file, time_zone="Berlin")


def test_the_hour_that_comes_twice(tmp_path: Path) -> None:
    """On 26 October 2025 Berlin has 02:00 to 03:00 twice: times that go back are those of the second."""
    file = wall(tmp_path, local(["02:00:00", "02:40:00", "02:10:00", "02:50:00", "03:00:00"], "2025-10-26"))
    moments = [moment for moment, _ in read_wall_meter(file, time_zone="Europe/Berlin")]
    assert [(later - moments[0]) / 60 for later in moments] == [0, 40, 70, 110, 120]


def test_the_command_takes_a_zone(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """--time-zone is that of the meter's times."""
    run_of(tmp_path)
    file = wall(tmp_path, local(["13:00:00", "13:30:00", "14:00:00"]))
    said = ["history", "calibrate", "--wall", str(file), "--run", "r", "--home", str(tmp_path)]
    assert run_command([*said, "--time-zone", "Europe/Berlin"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert "  The meter read 3,000 W on average; it is taken to feed the node of the run and" in lines


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--wall", "w.csv"], "--wall: needs --run: the meter's file, and the run beside which it read"),
        (["--time-zone", "UTC"], "--time-zone 'UTC': is of the times of --wall"),
        (["--run", "r"], "--run: needs --wall: the meter's file, and the run beside which it read"),
        (["--wall", "w.csv", "--run", "r", "--project", "p"], "--project: excludes --wall, which is compared with one "
         "run"),
    ],
)  # fmt: skip
def test_options_that_belong_together(options: list[str], message: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Exit code 2."""
    assert run_command(["history", "calibrate", *options]) == 2
    assert capsys.readouterr().err == f"greentrain: {message}\n"


@pytest.mark.parametrize(
    ("text", "powers"),
    [
        ("time;Active Power (kW)\n2025-11-22T12:00:00Z;2,9\n2025-11-22T13:00:00Z;3,1\n", [2900.0, 3100.0]),
        ("2025-11-22 12:00:00 Pwr Consumption | 2900 Watts\n2025-11-22 13:00:00 Pwr Consumption | 3100 Watts\n",
         [2900.0, 3100.0]),
        ("timestamp,kwh\n2025-11-22T12:00:00Z,10\n2025-11-22T13:00:00Z,13\n", [3000.0, 3000.0]),
    ],
)  # fmt: skip
def test_files_of_other_meters(tmp_path: Path, text: str, powers: list[float]) -> None:
    """Power strips with units of their own, IPMI's lines, and counters, whose steps are mean powers."""
    file = tmp_path / "readings"
    file.write_text(text)
    assert read_wall_meter(file) == [(NOON, pytest.approx(powers[0])), (NOON + 3600, pytest.approx(powers[1]))]


def test_several_devices_are_no_meter_of_one_run(tmp_path: Path) -> None:
    """The message names them."""
    file = tmp_path / "readings"
    file.write_text("time,outlet,watts\n2025-11-22T12:00:00Z,a,1\n2025-11-22T12:00:00Z,b,1\n")
    with pytest.raises(DataError, match="holds several devices, a, b: keep that of the run"):
        read_wall_meter(file)
