"""Logs of accelerators' powers: units, names of columns, devices, gaps."""

import json
import re
from pathlib import Path

import pytest
from foreign_texts import audit_of, runs_of

from greentrain.importing import ImportStore, import_runs

TIMES = [f"2026/01/01 00:00:{second:02d}.000" for second in range(11)]


def joules(folder: Path, text: str | bytes) -> float:
    """Return the energy of a log. [J]"""
    (run,) = runs_of(folder, text)
    return (run.stated.measured_energy_kwh or 0.0) * 3.6e6


@pytest.mark.parametrize(
    ("header", "row"),
    [
        ("timestamp, index, power.draw [W]", "{time}, 0, 300.00 W"),
        ("timestamp, index, power.draw [W]", "{time}, 0, 300.00"),
        ("timestamp, name, power.draw, utilization.gpu", "{time}, A100, 300, 100"),
        ("timestamp, index, power.draw.instant [W], power.draw.average [W]", "{time}, 0, 999 W, 300 W"),
        ("timestamp;gpu_index;power_W", "{time};0;300"),
        ("time,gpu,temp,gpu_power_mw", "{time},0,40,300000"),
        ("", "{time}, NVIDIA A100-SXM4-40GB, 300.00 W, 100 %"),
        ("timestamp;index;power.draw [W]", "{time};0;300,00 W"),
        ("timestamp,gpu,power_kw", "{time},0,0.3"),
        ("timestamp,power_gpu0,gpu_1_watts,gpu0_power_limit_w", "{time},100,200,400"),
        ("timestamp,serial,power.draw [W]", "{time},0123,300 W"),
        ("timestamp,power_gpu_0 [W],power_gpu_1 [W]", "{time},100,200"),
        ("timestamp,GPU0,GPU1,CPU", "{time},100,200,50"),
        ("timestamp,temperature,Power Used,Power Max", "{time},50,300,400"),
        ("timestamp,index,avg_power_w", "{time},0,300"),
        ("time,gpu0_power,gpu1_power,power", "{time},100,200,300"),
        ("timestamp,total_gpu_power_w,gpu_0_power_w,gpu_1_power_w", "{time},300,100,200"),
        ("timestamp,total_gpu_power_w,gpu_util", "{time},300,90"),
        ("timestamp,gpu0_power_draw,gpu0_power_draw_instant,gpu1_power_draw", "{time},100,999,200"),
        ("timestamp,gpu0_power_avg,gpu0_power_max,gpu1_power_avg", "{time},100,999,200"),
        ("train/gpu:0/power_usage (W)/mean,train/gpu:0/power_usage (W)/max,train/timestamp", "300,999,{time}"),
        ('"Time","GPU 0","GPU 1"', "{time},100 W,0.2 kW"),
        ('sep=,\n"Time","n1 - GPU 0","n2 - GPU 0"', "{time},100,200"),
        ("Time,n1 GPU 0 power,n1 GPU 1 power,n2 GPU 0 power", "{time},100,50,150"),
        ("timestamp,gpu,watts", "{time},0,300"),
        ("timestamp,gpu_temp,gpu_watts", "{time},50,300"),
        ("timestamp,gpu_id,pwr_usage_w", "{time},0,300"),
        ("timestamp,rank,power_uw", "{time},0,300000000"),
        ("timestamp,device,Average Graphics Package Power (W)", "{time},card0,300.0"),
    ],
)
def test_units_and_names(tmp_path: Path, header: str, row: str) -> None:
    """300 W over ten seconds are 3,000 J however the file says it."""
    lines = [*([header] if header else []), *(row.format(time=time) for time in TIMES)]
    assert joules(tmp_path, "\n".join(lines)) == pytest.approx(3000)


@pytest.mark.parametrize(("low", "high"), [("0", "100"), ("1129", "17304"), ("1", "99")])
def test_columns_of_accelerators_that_hold_no_watts(tmp_path: Path, low: str, high: str) -> None:
    """Percentages and megabytes in columns of such names are no powers, unless somebody says so."""
    text = "\n".join(["timestamp,gpu0", f"{TIMES[0]},{low}", f"{TIMES[10]},{high}"])
    audit = audit_of(tmp_path, text)
    assert (audit.runs, audit.files[0].format) == ((), None)
    (run,) = runs_of(tmp_path, text, format="nvidia-smi")
    assert run.stated.measured_energy_kwh == pytest.approx((float(low) + float(high)) * 5 / 3.6e6)
    assert "Columns are named after accelerators alone: they are taken as watts." in run.stated.notes


def test_of_columns_without_names_the_first_power_is_taken_and_said(tmp_path: Path) -> None:
    """nvidia-smi without a header, and a limit behind the power: 300 W for ten seconds are 3,000 J."""
    (run,) = runs_of(tmp_path, "\n".join(f"{time}, 300.00 W, 400.00 W" for time in TIMES))
    assert run.stated.measured_energy_kwh == pytest.approx(3000 / 3.6e6)
    note = "Its columns have no names that are known: of several that hold watts the first is taken as the power."
    assert note in run.stated.notes


def test_devices_are_told_apart_without_an_index(tmp_path: Path) -> None:
    """Two rows a tick, 3 ms apart: 100 W and 200 W over ten seconds are 3,000 J."""
    rows = [
        f"2026/01/01 00:00:{second:02d}.{thousandth}, A100, {watts} W"
        for second in range(11)
        for thousandth, watts in (("000", 100), ("003", 200))
    ]
    (run,) = runs_of(tmp_path, "\n".join(["timestamp, name, power.draw [W]", *rows]))
    assert (run.stated.measured_energy_kwh or 0) * 3.6e6 == pytest.approx(3000)
    assert run.stated.accelerators == {"A100": 2.0}


def test_one_device_without_an_index(tmp_path: Path) -> None:
    """A row a second is one device."""
    text = "\n".join(["timestamp, name, power.draw [W]", *(f"{time}, A100, 100 W" for time in TIMES)])
    (run,) = runs_of(tmp_path, text)
    assert run.stated.accelerators == {"A100": 1.0}


def test_a_repeated_header_and_missing_readings(tmp_path: Path) -> None:
    """The gap of one reading is taken as linear: 3,000 J."""
    rows = [f"{time}, 0, 300 W" for time in TIMES]
    rows[4] = f"{TIMES[4]}, 0, [N/A]"
    header = "timestamp, index, power.draw [W]"
    audit = audit_of(tmp_path, "\n".join([header, *rows[:6], header, *rows[6:]]))
    assert (audit.runs[0].stated.measured_energy_kwh or 0) * 3.6e6 == pytest.approx(3000)
    assert audit.files[0].notes == {
        "Readings without a power, such as [N/A], are left out.": 1,
        "The header is repeated.": 1,
    }


def test_a_long_gap_is_left_out(tmp_path: Path) -> None:
    """300 W for ten seconds, an hour of nothing, ten seconds more: 6,000 J in 20 s."""
    rows = [f"{time}, 0, 300 W" for time in (*TIMES, *(time.replace(" 00:", " 01:") for time in TIMES))]
    (run,) = runs_of(tmp_path, "\n".join(["timestamp, index, power.draw [W]", *rows]))
    assert (run.stated.measured_energy_kwh or 0) * 3.6e6 == pytest.approx(6000)
    assert run.stated.duration_seconds == pytest.approx(20)
    assert run.flags == ("gap", "unknown_hardware")


def test_rare_readings_are_no_gaps(tmp_path: Path) -> None:
    """A reading every ten minutes: 300 W for an hour are 1.08 MJ."""
    rows = [f"2026/01/01 00:{minute:02d}:00.000, 0, 300 W" for minute in range(0, 60, 10)]
    text = "\n".join(["timestamp, index, power.draw [W]", *rows, "2026/01/01 01:00:00.000, 0, 300 W"])
    assert joules(tmp_path, text) == pytest.approx(1.08e6)


def test_powershell_writes_utf_16(tmp_path: Path) -> None:
    """Its redirection does, with a mark of the byte order; other programs leave the mark out, or write UTF-32."""
    text = "\n".join(["timestamp, index, power.draw [W]", *(f"{time}, 0, 300 W" for time in TIMES)])
    for encoding in ("utf-16", "utf-16-le", "utf-32"):
        assert joules(tmp_path, text.encode(encoding)) == pytest.approx(3000)


def test_a_board_above_its_limit_is_in_doubt(tmp_path: Path) -> None:
    """500 W on average of a card of 400 W, which may have 480 W: the estimate takes its place."""
    text = "\n".join(["timestamp, name, power.draw [W]", *(f"{time}, NVIDIA A100-SXM4-40GB, 500 W" for time in TIMES)])
    (run,) = runs_of(tmp_path, text)
    assert run.flags == ("implausible_power",)
    assert [found.reason for found in run.findings] == [
        "The accelerators drew 500 W on average, at most 480 W is possible."
    ]
    assert run.footprint is not None
    assert run.footprint.basis == "estimated"


@pytest.mark.parametrize(
    ("watts", "flags", "reason"),
    [
        (390, (), None),
        (440, (), "One of the accelerators drew 440 W on average, more than 408 W is rare."),
        (700, ("implausible_power",), "One of the accelerators drew 700 W on average, at most 480 W is possible."),
    ],
)
def test_one_board_of_four_above_its_limit(
    tmp_path: Path, watts: int, flags: tuple[str, ...], reason: str | None
) -> None:
    """Three boards of 400 W at 100 W hide the fourth one in their sum of 1,600 W."""
    rows = [
        f"2026/01/01 00:{second // 60:02d}:{second % 60:02d}, {board}, NVIDIA A100-SXM4-40GB, {drawn} W"
        for second in range(0, 601, 10)
        for board, drawn in enumerate((watts, 100, 100, 100))
    ]
    (run,) = runs_of(tmp_path, "\n".join(["timestamp, index, name, power.draw [W]", *rows]))
    assert run.flags == flags
    assert [finding.reason for finding in run.findings] == ([reason] if reason else [])


def test_the_host_is_added_to_the_boards(tmp_path: Path) -> None:
    """300 W of a board with a host: as `estimate` has it of a measured power."""
    from greentrain import estimate

    text = "\n".join(["timestamp, name, power.draw [W]", *(f"{time}, NVIDIA A100-SXM4-40GB, 300 W" for time in TIMES)])
    (run,) = runs_of(tmp_path, text)
    same = estimate("NVIDIA A100-SXM4-40GB", hours=10 / 3600, power=300)
    assert run.footprint is not None
    assert run.footprint.it_energy_kwh is not None
    assert run.footprint.it_energy_kwh.best == pytest.approx(same.it_energy_kwh.best)
    assert run.footprint.basis == "measured"


SECONDS = range(11)
TWO_BOARDS = [(second, board, 100 * (board + 1)) for second in SECONDS for board in (0, 1)]
"""100 W and 200 W over ten seconds: 3,000 J."""


@pytest.mark.parametrize(
    ("header", "row"),
    [
        pytest.param("timestamp,gpu,index,power.draw", "{time},{board},0,{watts}", id="an index that tells nothing"),
        pytest.param("timestamp,hostname,index,power.draw", "{time},n{board},0,{watts}", id="hosts"),
        pytest.param("timestamp,index,gpu,power.draw", "{time},{board},{second},{watts}", id="gpu is how busy it is"),
        pytest.param("date,time,gpu,power_w", "2026-01-01,00:00:{second:02d},{board},{watts}", id="date and time"),
        pytest.param("time,gpu,power_w", "{second},{board},{watts}", id="seconds since the start"),
        pytest.param("elapsed_ms,gpu,power_w", "{second}000,{board},{watts}", id="milliseconds since the start"),
        pytest.param(
            "#Date, Time, gpu, pwr, sm\n#YYYYMMDD, HH:MM:SS, Idx, W, %",
            "20260101, 00:00:{second:02d}, {board}, {watts}, 5", id="dmon as CSV",
        ),
        pytest.param(
            "#Date       Time        gpu    pwr     sm\n#YYYYMMDD   HH:MM:SS    Idx      W      %",
            " 20260101   00:00:{second:02d}      {board}    {watts}      5", id="dmon",
        ),
    ],
)  # fmt: skip
def test_two_boards_are_told_apart(tmp_path: Path, header: str, row: str) -> None:
    """100 W and 200 W over ten seconds are 3,000 J of two boards, whatever tells them apart."""
    rows = [
        row.format(time=TIMES[second], second=second, board=board, watts=watts) for second, board, watts in TWO_BOARDS
    ]
    (run,) = runs_of(tmp_path, "\n".join([header, *rows]))
    assert (run.stated.measured_energy_kwh or 0) * 3.6e6 == pytest.approx(3000)
    assert sum(run.stated.accelerators.values()) == 2


def test_times_since_the_start_are_no_moments(tmp_path: Path) -> None:
    """5 W over two seconds are 10 J; when it was is not known, and two files of one beginning are two runs."""
    text = "Timestamp (s),Power (mW)\n0.00,5000\n1.00,5000\n2.00,5000\n"
    (run,) = runs_of(tmp_path, text)
    assert ((run.stated.measured_energy_kwh or 0) * 3.6e6, run.stated.started) == (pytest.approx(10), None)
    assert run.flags == ("missing_time",)
    assert runs_of(tmp_path, f"{text}3.00,5000\n")[0].id != run.id


@pytest.mark.parametrize(("day", "hour"), [("2024/10/27", (2, 2)), ("2024/03/31", (1, 3))])
def test_clocks_are_put_back_and_forward(tmp_path: Path, day: str, hour: tuple[int, int]) -> None:
    """Two hours of Berlin's local time around its change: 100 W are 0.2 kWh less one step of a minute."""
    rows = [f"{day} {each:02d}:{minute:02d}:00.000, 0, 100 W" for each in hour for minute in range(60)]
    (run,) = runs_of(tmp_path, "\n".join(["timestamp, index, power.draw [W]", *rows]), time_zone="Europe/Berlin")
    assert run.stated.measured_energy_kwh == pytest.approx(0.1 * 119 / 60)
    assert run.stated.duration_seconds == pytest.approx(119 * 60)


def test_a_meter_of_nameless_hardware_may_read_a_board_or_servers(tmp_path: Path) -> None:
    """5 W of a small board and 5,080 W of several servers are plausible; 25 kW are more than one computer draws."""
    for watts, flags in ((5, ()), (5080, ()), (25_000, ("implausible_power",))):
        text = "\n".join(["timestamp,total_watts", *(f"{time},{watts}" for time in TIMES)])
        assert runs_of(tmp_path, text)[0].flags == flags


UUID = "11111111-2222-3333-4444-555555555555"


def _log(folder: Path, name: str, seconds: range, uuid: str = "", offset: int = 0) -> Path:
    """Write a log of a board that draws 100 W and a little that differs from reading to reading."""
    column, cell = (", uuid", f", {uuid}") if uuid else ("", "")
    rows = [
        f"2026/01/01 {second // 3600:02d}:{second // 60 % 60:02d}:{second % 60:02d}.{offset:03d}, 0, "
        f"{100 + (second * 7919 % 101) / 100:.2f} W{cell}"
        for second in seconds
    ]
    path = folder / name
    path.write_text("\n".join([f"timestamp, index, power.draw [W]{column}", *rows, ""]))
    return path


def _stored_joules(home: Path) -> float:
    return sum(run.stated.measured_energy_kwh or 0 for run in ImportStore(str(home)).runs()) * 3.6e6


@pytest.mark.parametrize("together", [True, False])
@pytest.mark.parametrize("later_first", [True, False])
@pytest.mark.parametrize(
    ("uuid", "offset"),
    [("", 0), ("GPU-11111111-2222-3333-4444-555555555555", 0), ("11111111-2222-3333-4444-555555555555", 400)],
)
def test_logs_of_one_board_that_overlap_count_once(
    tmp_path: Path, home: Path, together: bool, later_first: bool, uuid: str, offset: int
) -> None:
    """Ten minutes, and ten that start five later, of one board at about 100.5 W: 900 s of it, however they come."""
    first = _log(tmp_path, "first", range(600), uuid)
    second = _log(tmp_path, "second", range(300, 901), uuid, offset)
    paths = [second, first] if later_first else [first, second]
    for each in [paths] if together else [[path] for path in paths]:
        import_runs(each)
    once = _stored_joules(home)
    assert once == pytest.approx(900 * 100.5, rel=0.005)
    import_runs(paths)
    assert _stored_joules(home) == pytest.approx(once)


@pytest.mark.parametrize("later_first", [True, False])
def test_logs_of_one_board_in_two_forms_count_once(tmp_path: Path, home: Path, later_first: bool) -> None:
    """Ten minutes by nvidia-smi and ten by DCGM that start five later, of one uuid at about 100.5 W: 900 s of it."""
    paths = [_log(tmp_path, "first", range(600), f"GPU-{UUID}"), tmp_path / "range.json"]
    values = [[1_767_225_600 + second, "100.5"] for second in range(300, 901)]
    metric = {"__name__": "DCGM_FI_DEV_POWER_USAGE", "UUID": f"GPU-{UUID}", "gpu": "0"}
    answer = {"status": "success", "data": {"resultType": "matrix", "result": [{"metric": metric, "values": values}]}}
    paths[1].write_text(json.dumps(answer))
    for path in reversed(paths) if later_first else paths:
        import_runs(path)
    assert _stored_joules(home) == pytest.approx(900 * 100.5, rel=0.005)


def test_a_log_that_grew_around_another_one(tmp_path: Path, home: Path) -> None:
    """300 s, then 600 s from its end, then the first file with 1,500 s: 1,500 s of one board."""
    import_runs(_log(tmp_path, "first", range(301)))
    import_runs(_log(tmp_path, "second", range(200, 901)))
    audit = import_runs(_log(tmp_path, "first", range(1501)))
    assert "It overlaps in time with other logs of its devices: what those hold is left out." in audit.files[0].notes
    assert _stored_joules(home) == pytest.approx(1500 * 100.5, rel=0.005)


@pytest.mark.parametrize("later_first", [True, False])
@pytest.mark.parametrize("seconds", [range(600), range(300, 901)])
def test_logs_of_which_one_has_no_ids_count_once(tmp_path: Path, home: Path, later_first: bool, seconds: range) -> None:
    """A uuid in one and an index in the other, or neither: readings in common tell that it is one board."""
    whole = _log(tmp_path, "whole", range(600), UUID)
    other = _log(tmp_path, "other", seconds)
    nameless = tmp_path / "nameless"
    nameless.write_text(other.read_text().replace("index, ", "name, ").replace(", 0, ", ", A100, "))
    paths = [nameless, other, whole] if later_first else [whole, nameless, other]
    for path in paths:
        import_runs(path)
    assert _stored_joules(home) == pytest.approx(max(599, seconds[-1]) * 100.5, rel=0.005)


@pytest.mark.parametrize(("index", "watts"), [(", 1, ", None), (f", {UUID}, ", "55")])
def test_boards_that_draw_the_same_are_two(tmp_path: Path, home: Path, index: str, watts: str | None) -> None:
    """Another index is another board, and boards without work all draw 55 W: nothing tells that they are one."""
    text = _log(tmp_path, "first", range(600)).read_text()
    text = text if watts is None else re.sub(r"[\d.]+ W", f"{watts} W", text)
    (tmp_path / "first").write_text(text)
    other = text.replace(", 0, ", index).replace("index", "index" if watts is None else "uuid")
    (tmp_path / "second").write_text(other)
    import_runs([tmp_path / "first", tmp_path / "second"])
    assert _stored_joules(home) == pytest.approx(2 * 599 * float(watts or 100.5), rel=0.005)


def test_boards_of_two_computers_are_no_overlap(tmp_path: Path, home: Path) -> None:
    """Both are index 0 and read at one time, but no reading is the same: both count."""
    _log(tmp_path, "first", range(600))
    other = (tmp_path / "first").read_text().replace("100.", "200.").replace("101.", "201.")
    (tmp_path / "second").write_text(other)
    import_runs([tmp_path / "first", tmp_path / "second"])
    assert _stored_joules(home) == pytest.approx(599 * 301, rel=0.005)


def test_a_counter_that_two_logs_hold(tmp_path: Path, home: Path) -> None:
    """10 J a second from 0 to 600 s and from 300 to 900 s: 9,000 J."""
    for name, seconds in (("first", range(601)), ("second", range(300, 901))):
        rows = [f"2026-01-01T00:{second // 60:02d}:{second % 60:02d}Z,rack,{10 * second}" for second in seconds]
        (tmp_path / name).write_text("\n".join(["timestamp,outlet,joules", *rows, ""]))
        import_runs(tmp_path / name)
    assert _stored_joules(home) == pytest.approx(9000)
    assert sum(run.stated.duration_seconds or 0 for run in ImportStore(str(home)).runs()) == pytest.approx(900)


def test_times_of_day_without_a_date(tmp_path: Path) -> None:
    """`nvidia-smi dmon -o T` over midnight: 300 W for two seconds are 600 J, at a time that is not known."""
    rows = "".join(f" {time}      0    300     40\n" for time in ("23:59:59", "00:00:00", "00:00:01"))
    (run,) = runs_of(tmp_path, f"#Time        gpu    pwr  gtemp\n#HH:MM:SS    Idx      W      C\n{rows}")
    assert run.stated.measured_energy_kwh == pytest.approx(600 / 3.6e6)
    assert (run.stated.duration_seconds, run.stated.started) == (2, None)


@pytest.mark.parametrize(
    ("header", "first", "last"),
    [
        ("timestamp,gpu0_energy_j,gpu1_energy_j", "5,7", "1005,2007"),
        ("timestamp,index,total_energy_consumption_mj", "0,5", "0,3000005"),
        ("timestamp,gpu_id,energy (kJ)", "0,1.5", "0,4.5"),
    ],
)
def test_counters_of_accelerators(tmp_path: Path, header: str, first: str, last: str) -> None:
    """3,000 J are between two readings, of one board or of two."""
    text = f"{header}\n{TIMES[0]},{first}\n{TIMES[10]},{last}\n"
    assert joules(tmp_path, text) == pytest.approx(3000)
