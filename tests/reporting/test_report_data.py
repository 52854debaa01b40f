"""The data of reports: an estimate, runs and projects with figures worked out by hand."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from journals_of_reports import FIRST_START, write_run

import greentrain
from greentrain import History, InputError, Interval
from greentrain.footprint import UNKNOWN, Grid
from greentrain.interval import exact
from greentrain.reporting import QUANTITIES, PowerSpan, Size, report_data_of
from greentrain.reporting.scope_statements import runs_text


def test_an_estimate_is_one_line_with_its_own_totals() -> None:
    """64 V100 for 79.2 h at 188.1486 W, PUE 1.58, 432.73 g/kWh: 1,506.8 kWh and 652.0 kg, exact."""
    arguments = {"count": 64, "hours": 79.2, "power": 188.1486, "host_factor": 1, "pue": 1.58, "grid_intensity": 432.73}
    data = report_data_of(greentrain.estimate("V100", **arguments))
    (line,) = data.lines
    assert (data.kind, data.basis, data.boundary, data.failed_share) == (
        "estimate", "estimated", "facility", None,
    )  # fmt: skip
    assert round(data.facility_energy_kwh.best, 1) == 1506.8
    assert round(data.operational_kg.best, 1) == 652.0
    assert line.it_energy_kwh == data.it_energy_kwh == exact(64 * 79.2 * 188.1486 / 1000)
    assert (line.count, line.runs, line.hours, line.accelerator_hours) == (64, 1, 79.2, 64 * 79.2)
    assert line.grid is not None
    assert (line.grid.g_per_kwh, line.grid.year, line.grid.accounting) == (exact(432.73), None, "")


def test_identical_runs_are_one_line_of_all_their_hours() -> None:
    """Three runs of 10 h on 2 devices: 30 h of wall-clock time, 60 accelerator-hours."""
    (line,) = report_data_of(greentrain.estimate("V100", count=2, hours=10, runs=3)).lines
    assert (line.count, line.runs, line.hours, line.accelerator_hours) == (2, 3, 30.0, 60.0)


def test_accelerator_hours_alone_leave_the_wall_clock_time_unknown() -> None:
    """Nobody said on how many devices 100 accelerator-hours were spent; with a count it is known."""
    (alone,) = report_data_of(greentrain.estimate("V100", gpu_hours=100)).lines
    (counted,) = report_data_of(greentrain.estimate("V100", gpu_hours=100, count=4)).lines
    assert (alone.hours, alone.accelerator_hours) == (None, 100.0)
    assert (counted.hours, counted.accelerator_hours) == (25.0, 100.0)


@pytest.mark.parametrize(
    ("location", "year", "expected"),
    [("FR", 2024, (2024, "life-cycle")), ("US-CA", 2023, (2023, "direct")), (None, None, (2025, "life-cycle"))],
)
def test_the_grid_names_its_year_and_what_it_counts(
    location: str | None, year: int | None, expected: tuple[int, str]
) -> None:
    """Countries are life-cycle, eGRID's states direct; without a place the grids of data centres are meant."""
    (line,) = report_data_of(greentrain.estimate("V100", hours=1, location=location, year=year)).lines
    assert line.grid is not None
    assert (line.grid.year, line.grid.accounting) == expected


def test_a_run_on_cpus_has_no_accelerators() -> None:
    """Count zero, no profile, no accelerator-hours."""
    (line,) = report_data_of(greentrain.estimate(cpu_cores=8, hours=2)).lines
    assert (line.gpu, line.count, line.accelerator_hours, line.hours) == (None, 0, None, 2.0)


def test_the_size_counts_the_operations_of_all_runs() -> None:
    """6 x 1e9 parameters x 2e9 tokens = 1.2e19 operations, twice."""
    data = report_data_of(greentrain.estimate("A100", params="1B", tokens="2B", runs=2))
    assert data.size == Size(1e9, 2e9, 2.4e19)
    assert report_data_of(greentrain.estimate("A100", hours=1)).size is None


def test_a_tracked_run_is_what_was_measured(tmp_path: Path) -> None:
    """(300 + 100 + 20) W x 1.19 x 1 h = 0.4998 kWh; x 1.2 = 0.59976 kWh; x 400 g = 0.239904 kg; parts by PUE once."""
    write_run(tmp_path, "a", name="first", project="p")
    data = report_data_of(History(tmp_path).get("a"))
    (line,) = data.lines
    assert (data.kind, data.title, data.basis, data.failed_share) == ("run", "first", "measured", 0.0)
    assert (line.status, line.count, line.hours, line.accelerator_hours) == ("completed", 1, 1.0, 1.0)
    best = {name: getattr(data, name).best for name in QUANTITIES}
    assert best["it_energy_kwh"] == pytest.approx(0.4998)
    assert best["facility_energy_kwh"] == pytest.approx(0.59976)
    assert best["operational_kg"] == pytest.approx(0.239904)
    # WUE 0.36 L/kWh (US average) and 3.908 L/kWh of the world's electricity: 0.4998 x (0.36 + 1.2 x 3.908) L.
    assert best["water_l"] == pytest.approx(0.4998 * (0.36 + 1.2 * 3.908))
    parts = {part.component: (part.energy_kwh, part.operational_kg) for part in data.breakdown}
    assert parts == {
        "accelerators": (pytest.approx(0.3), pytest.approx(0.12)),
        "host": (pytest.approx(0.1998), pytest.approx(0.07992)),
        "facility": (pytest.approx(0.09996), pytest.approx(0.039984)),
    }
    assert data.period_start == FIRST_START
    assert data.period_end == FIRST_START + timedelta(hours=1)
    assert data.versions.codecarbon == "3.3.2"


def test_power_over_time_is_the_energy_over_the_time_between_readings(tmp_path: Path) -> None:
    """A reading each minute and one at the end are 61 points: 61 steps, each of 300, 100 and 20 W."""
    write_run(tmp_path, "a", spans=[("epoch 1", 10, 1800)])
    data = report_data_of(History(tmp_path).get("a"))
    assert list(data.power_series) == ["gpu", "cpu", "memory"]
    assert [len(points) for points in data.power_series.values()] == [61, 61, 61]
    for name, watts in (("gpu", 300.0), ("cpu", 100.0), ("memory", 20.0)):
        assert {round(power, 6) for _, power in data.power_series[name]} == {watts}
    assert data.power_series["gpu"][0][0] == pytest.approx(3600 / 61 / 2, abs=1e-3)
    # 420 W for 1,790 s; the ends lie between two readings.
    assert data.spans == (PowerSpan("epoch 1", 10.0, 1800.0, pytest.approx(420 * 1790 / 3.6e6), 0),)


def test_a_project_adds_its_runs_and_says_what_failed(tmp_path: Path) -> None:
    """Two measured runs of 0.59976 kWh, one of them failed: 1.19952 kWh, half of it failed.

    Both were read by sensors of one kind, whose error they share, and PUE and grid are exact: the ends add up too.
    """
    write_run(tmp_path, "a", project="p")
    write_run(tmp_path, "b", project="p", status="failed", started=FIRST_START + timedelta(days=40))
    one, two = (report_data_of(History(tmp_path).get(key)) for key in "ab")
    data = report_data_of(History(tmp_path))
    assert (data.kind, data.title) == ("project", "p, 2 runs")
    assert data.facility_energy_kwh.best == pytest.approx(1.19952)
    low, _, high = data.operational_kg
    assert low == pytest.approx(one.operational_kg.low + two.operational_kg.low)
    assert high == pytest.approx(one.operational_kg.high + two.operational_kg.high)
    assert data.failed_share == pytest.approx(0.5)
    assert [line.id for line in data.lines] == ["a", "b"]
    assert sum(part.energy_kwh for part in data.breakdown) == pytest.approx(1.19952)
    assert data.period_end == FIRST_START + timedelta(days=40, hours=1)


def test_a_history_of_a_class_of_the_users_own_is_a_project(tmp_path: Path) -> None:
    """A subclass is reported as its base is."""

    class Mine(History):
        """A history with something more."""

    write_run(tmp_path, "a")
    write_run(tmp_path, "b")
    assert report_data_of(Mine(tmp_path)) == report_data_of(History(tmp_path))


def test_a_project_shares_the_meter_and_not_the_grids(tmp_path: Path) -> None:
    """Two runs of 0.59976 kWh, at 400 (300 to 500) and at 200 (100 to 400) g/kWh: 0.239904 + 0.119952 = 0.359856 kg.

    As metered: 0.3 kWh and 0.1 kWh to 5 %, 0.02 kWh to a factor of two, so 0.42 kWh from 0.42 -
    (0.015^2 + 0.005^2 + 0.01^2)^0.5 = 0.40129 to 0.42 + (0.015^2 + 0.005^2 + 0.02^2)^0.5 = 0.44550. That error, and
    that of the 0.19 (0.10 to 0.30) which no sensor reads, are common to both runs; each grid's is its run's own.

    Downward a run has ln(0.42 / 0.40129) = 0.0456, ln(1.19 / 1.10) = 0.0787 and the grid's ln(4/3) = 0.2877 or
    ln 2 = 0.6931: half-widths of 0.06248 and 0.06033 kg. They are parted by the squares of the terms 0.0456,
    0.19 / 1.19 x ln(0.19 / 0.10) = 0.1025 and the grid's: 0.00923, 0.02074 and 0.05821 kg of the first run, 0.00392,
    0.00881 and 0.05956 kg of the second. Shared ones add up to 0.01314 and 0.02954, by squares with the grids' 0.08934:
    from 0.2705 kg. Upward likewise, 0.0589, ln(1.30 / 1.19) = 0.0884 (parted by 0.0729) and ln(5/4) or ln 2: 0.02666,
    0.03298, 0.06201 and 0.12080 kg make 0.14226: to 0.5021 kg.

    In logarithms the sum has ln(0.3599 / 0.2705) = 0.2854 downward and 0.3331 upward, of which the meter has
    0.1471 = 0.01314 / 0.08934 and 0.1874: (0.0420 + 0.0624)^2 = 0.0109, what no sensor reads (0.0944 + 0.0772)^2 =
    0.0294, and the grids (0.1860 + 0.1452)^2 = 0.1097 and (0.1902 + 0.2829)^2 = 0.2239.
    """
    grid = {"low": 300.0, "best": 400.0, "high": 500.0, "basis": "published", "source": "one"}
    write_run(tmp_path, "a", grid=grid)
    write_run(tmp_path, "b", grid={"low": 100.0, "best": 200.0, "high": 400.0, "basis": "published", "source": "two"})
    data = report_data_of(History(tmp_path))
    assert tuple(data.operational_kg) == pytest.approx((0.2705, 0.3599, 0.5021), abs=5e-5)
    drivers = dict(data.drivers)
    assert list(drivers) == ["grid_intensity", "unmetered_share", "metered_energy"]
    assert drivers["grid_intensity"] == pytest.approx(0.3336 / 0.3739, abs=5e-4)
    assert sum(drivers.values()) == pytest.approx(1.0)


@pytest.mark.parametrize("gpu_w", [300.0, None], ids=["measured", "estimated"])
def test_a_project_of_one_run_is_that_run(tmp_path: Path, gpu_w: float | None) -> None:
    """In every figure and in all that it follows from."""
    write_run(tmp_path, "a", gpu_w=gpu_w)
    run = History(tmp_path).get("a")
    one, project = report_data_of(run), report_data_of([run])
    for name in QUANTITIES:
        assert tuple(getattr(project, name)) == pytest.approx(tuple(getattr(one, name)), rel=1e-12)
    assert (project.basis, project.boundary, project.breakdown) == (one.basis, one.boundary, one.breakdown)
    assert (project.inputs, project.drivers, project.sources) == (one.inputs, one.drivers, one.sources)
    assert project.notes == one.notes


def test_runs_that_cannot_be_read_are_said_to_be_missing(tmp_path: Path) -> None:
    """By their ids, five at most, without the path of anybody's folder."""
    write_run(tmp_path, "a", project="p")
    for number in range(7):
        (tmp_path / "runs" / f"torn{number}").mkdir()
        (tmp_path / "runs" / f"torn{number}" / "a.1.s.tracker.jsonl").write_text("{")
    note = (
        "The journals of 7 runs cannot be read and are not in the sums: torn0, torn1, torn2, torn3, torn4 and 2 more."
    )
    assert report_data_of(History(tmp_path)).notes[0] == note
    assert report_data_of(History(tmp_path).select(project="p")).notes[0] == note
    assert report_data_of(History(tmp_path)).unreadable == 7
    assert note not in report_data_of(History(tmp_path).runs()).notes


def test_a_project_of_one_run_is_not_of_runs(tmp_path: Path) -> None:
    """In the headline and in what the figures cover."""
    write_run(tmp_path, "a", project="p")
    data = report_data_of(History(tmp_path).runs(project="p"))
    assert (data.kind, data.title) == ("project", "p, 1 run")
    assert runs_text(data) == "1 run of the project: 1 completed"


def test_a_run_that_was_started_again_says_how_often(tmp_path: Path) -> None:
    """Two sessions of one node, under one key, a day apart: an hour and 0.59976 kWh each."""
    folder = write_run(tmp_path, "a")
    again = write_run(tmp_path, "b", started=FIRST_START + timedelta(days=1))
    for file in again.iterdir():
        file.rename(folder / file.name.replace("100", "200").replace("101", "201"))
    again.rmdir()
    (line,) = report_data_of(History(tmp_path).get("a")).lines
    assert (line.starts, line.hours) == (2, 2.0)
    assert line.facility_energy_kwh is not None
    assert line.facility_energy_kwh.best == pytest.approx(2 * 0.59976)


def test_what_was_not_measured_is_estimated_and_said_so(tmp_path: Path) -> None:
    """Without the accelerator's power the estimate is used: 300 W x 0.624 + 149.4 W of host, 1 h: 0.3366 kWh."""
    write_run(tmp_path, "c", gpu_w=None, status=None)
    data = report_data_of(History(tmp_path).get("c"))
    (line,) = data.lines
    assert (line.status, line.basis, data.basis, data.failed_share) == ("killed", "estimated", "estimated", 1.0)
    assert data.it_energy_kwh.best == pytest.approx(0.3366)
    assert "The accelerators were not measured. The estimate is used." in data.notes
    assert {"tdp", "utilization", "host_power"} <= {item.name for item in data.inputs}


def test_a_part_that_nothing_measured_and_nothing_estimates_is_named(tmp_path: Path) -> None:
    """Of a computer of unknown hardware 20 W of memory were modelled: 0.02 kWh, and every form says what is missing.

    No sensor read anything, so that this is no measurement; the other run's accelerator was read all the time.
    """
    write_run(tmp_path, "a", processors_alone=True)
    write_run(tmp_path, "b")
    (line,) = report_data_of(History(tmp_path).get("a")).lines
    assert (line.basis, line.unmeasured) == ("estimated", ("CPU",))
    assert line.it_energy_kwh is not None
    assert line.it_energy_kwh.best == pytest.approx(0.02)
    (other,) = report_data_of(History(tmp_path).get("b")).lines
    assert (other.basis, other.unmeasured) == ("measured", ())


def test_the_factor_of_a_run_without_an_estimate_has_its_year(tmp_path: Path) -> None:
    """The data know of 53.3 g/kWh in France that it is of 2023; of a value that they do not hold nothing is said."""
    grid = {"low": 40.0, "best": 53.3, "high": 70.0, "basis": "published", "source": "ember_2026_10"}
    for key, best in (("a", 53.3), ("b", 54.0)):
        write_run(tmp_path, key, processors_alone=True, year=2023, grid=grid | {"best": best})
    (line,) = report_data_of(History(tmp_path).get("a")).lines
    assert line.grid == Grid(Interval(40.0, 53.3, 70.0), 2023, "life-cycle", "published", "ember_2026_10")
    (line,) = report_data_of(History(tmp_path).get("b")).lines
    assert line.grid == Grid(Interval(40.0, 54.0, 70.0), None, "", "published", "ember_2026_10")


def test_every_source_that_an_input_names_is_there(tmp_path: Path) -> None:
    """The bibliography resolves what inputs and equivalents refer to."""
    write_run(tmp_path, "a")
    write_run(tmp_path, "c", gpu_w=None)
    for result in (History(tmp_path), History(tmp_path).get("a"), greentrain.estimate("V100", hours=1)):
        data = report_data_of(result)
        named = {key for item in (*data.inputs, *data.equivalents) for key in item.source_ids}
        assert named == set(data.sources)
        assert all(source["title"] for source in data.sources.values())


def test_a_validation_has_no_lines_and_sums_to_nothing() -> None:
    """Its figures stand in the report of the validation itself."""
    data = report_data_of(greentrain.validate(tier="T1"))
    assert (data.kind, data.lines, data.footprint) == ("validation", (), UNKNOWN)
    assert (data.facility_energy_kwh, data.embodied_kg, data.water_l) == (Interval(0, 0, 0), None, None)


def test_title_and_date_are_taken_from_the_caller() -> None:
    """The date is part of the report only if somebody gives it."""
    estimate = greentrain.estimate("V100", hours=1)
    made_at = datetime(2026, 11, 22, 11, tzinfo=UTC)
    data = report_data_of(estimate, title="Mine", made_at=made_at)
    assert (data.title, data.made_at) == ("Mine", made_at)
    assert report_data_of(estimate).made_at is None
    assert report_data_of(data) is data


@pytest.mark.parametrize(
    ("result", "message"),
    [
        (3, "result 'of type int': must be an Estimate, a ValidationReport, a tracked run, several of them, a table "
            "or the History"),
        ("V100", "result 'of type str': must be an Estimate, a ValidationReport, a tracked run, several of them, a "
                 "table or the History"),
        (Interval(1, 2, 3), "result 'of type Interval': must be an Estimate, a ValidationReport, a tracked run, "
                            "several of them, a table or the History"),
        ([], "result: there is no run to report"),
        ([3], "result 'with an item of type int': must hold runs of the history"),
    ],
)  # fmt: skip
def test_what_is_no_result_is_refused(result: object, message: str) -> None:
    """The message says what would be one."""
    with pytest.raises(InputError) as caught:
        report_data_of(result)
    assert str(caught.value) == message


def test_a_date_without_a_zone_is_refused() -> None:
    """It could be off by half a day."""
    with pytest.raises(InputError) as caught:
        report_data_of(greentrain.estimate("V100", hours=1), made_at=datetime(2026, 11, 22))
    assert str(caught.value) == ("made_at '2026-11-22T00:00:00': must state its time zone, as datetime.now(UTC) does")
