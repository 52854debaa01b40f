"""Logs of accelerators' powers: units, names of columns, devices, gaps."""

from pathlib import Path

import pytest
from foreign_texts import audit_of, runs_of

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
    ],
)
def test_units_and_names(tmp_path: Path, header: str, row: str) -> None:
    """300 W over ten seconds are 3,000 J however the file says it."""
    lines = [*([header] if header else []), *(row.format(time=time) for time in TIMES)]
    assert joules(tmp_path, "\n".join(lines)) == pytest.approx(3000)


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
    """Its redirection does, with a mark of the byte order."""
    text = "\n".join(["timestamp, index, power.draw [W]", *(f"{time}, 0, 300 W" for time in TIMES)])
    assert joules(tmp_path, text.encode("utf-16")) == pytest.approx(3000)


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
