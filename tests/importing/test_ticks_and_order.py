"""Logs of accelerators whose ticks lack rows, and whose rows are repeated or in another order."""

import random
from pathlib import Path

import pytest
from foreign_texts import audit_of, runs_of

from greentrain.errors import DataError
from greentrain.importing import PowerIntegral

HEADER = "timestamp, name, power.draw [W]"
INDEXED = "timestamp, index, power.draw [W]"
REPEATED = "Readings inside of a time in which their device was read before are left out, as repeated ones."
FEWER = "Ticks with fewer rows than the {} accelerators of most: one was lost, or its row is missing."
MORE = "Ticks with more rows than the {} accelerators of most: each further row counts in its tick alone."


def tick(second: int, boards: range) -> list[str]:
    """Write the rows of boards that draw 100 W each, 3 ms apart, in a second."""
    minute = f"2026/01/05 00:{second // 60:02d}:{second % 60:02d}"
    return [f"{minute}.{3 * board:03d}, A100, 100 W" for board in boards]


def indexed(seconds: range, watts: float = 100, boards: int = 2) -> list[str]:
    """Write the rows of boards with an index."""
    return [
        f"2026/01/05 00:{second // 60:02d}:{second % 60:02d}.000, {board}, {watts + second % 7} W"
        for second in seconds
        for board in range(boards)
    ]


def log_of(folder: Path, rows: list[str], header: str = HEADER) -> tuple[float, float, dict[str, int]]:
    """Return the energy [J], the number of accelerators and the notes of a log."""
    audit = audit_of(folder, "\n".join([header, *rows, ""]))
    (run,) = audit.runs
    joules = (run.stated.measured_energy_kwh or 0.0) * 3.6e6
    return joules, sum(run.stated.accelerators.values()), audit.files[0].notes


@pytest.mark.parametrize("lost", [0, 1, 2, 3])
@pytest.mark.parametrize("at", [0, 50, 100])
def test_a_tick_that_lacks_a_row(tmp_path: Path, lost: int, at: int) -> None:
    """Four boards of 100 W for 100 s are 40,000 J; at an end one of them is known for 99 s, 39,900 J."""
    rows = [row for second in range(101) for row in tick(second, range(4))]
    del rows[4 * at + lost]
    joules, number, notes = log_of(tmp_path, rows)
    assert joules == pytest.approx(40_000 if at == 50 else 39_900, rel=1e-4)
    assert (number, notes) == (4.0, {FEWER.format(4): 1})


def test_a_board_that_is_lost_on_the_way(tmp_path: Path) -> None:
    """Four boards for 299 s and three for 301 s more, of 100 W: 209,900 J, and 301 ticks with fewer rows."""
    rows = [row for second in range(601) for row in tick(second, range(4 if second < 300 else 3))]
    joules, number, notes = log_of(tmp_path, rows)
    assert joules == pytest.approx(209_900, rel=1e-4)
    assert (number, notes) == (4.0, {FEWER.format(4): 301})


def test_a_board_that_comes_on_the_way(tmp_path: Path) -> None:
    """Two boards for 600 s and a third from 300 s on, half of the step before it: 150,050 J."""
    rows = [row for second in range(601) for row in tick(second, range(2 if second < 300 else 3))]
    joules, number, notes = log_of(tmp_path, rows)
    assert joules == pytest.approx(150_050, rel=1e-4)
    assert (number, notes) == (3.0, {MORE.format(2): 301})


def test_ticks_of_two_and_three_rows_in_turn(tmp_path: Path) -> None:
    """On average 2.5 boards of 100 W for 600 s: 150,000 J."""
    rows = [row for second in range(601) for row in tick(second, range(3 - second % 2))]
    joules, _, notes = log_of(tmp_path, rows)
    assert joules == pytest.approx(150_000, rel=1e-3)
    assert notes == {MORE.format(2): 301}


def test_two_ticks_that_follow_at_once(tmp_path: Path) -> None:
    """Eight rows within 30 ms are two ticks of four boards, and no eight boards: 400 W for 100 s."""
    rows = [row for second in range(101) for row in tick(second, range(4))]
    late = [row.replace(":50.0", ":50.01") for row in tick(50, range(3))]
    late.append("2026/01/05 00:00:50.019, A100, 100 W")
    joules, number, notes = log_of(tmp_path, [*rows[:204], *late, *rows[204:]])
    assert joules == pytest.approx(40_000, rel=1e-4)
    assert (number, notes) == (4.0, {})


def test_a_log_that_is_repeated(tmp_path: Path) -> None:
    """Two boards of 103 W on average for 420 s are 86,520 J, how often they stand in the file."""
    rows = indexed(range(421))
    assert log_of(tmp_path, rows, INDEXED) == (pytest.approx(86_520), 2.0, {})
    joules, number, notes = log_of(tmp_path, rows * 3, INDEXED)
    assert (joules, number, notes) == (pytest.approx(86_520), 2.0, {REPEATED: 2 * 842})


@pytest.mark.parametrize("later_first", [False, True])
def test_parts_of_a_log_that_overlap(tmp_path: Path, later_first: bool) -> None:
    """What both parts hold, 100 to 200 s, counts once, in whatever order they come: 202 readings are repeated ones."""
    parts = [indexed(range(201)), indexed(range(100, 421))]
    rows = [row for part in (reversed(parts) if later_first else parts) for row in part]
    assert log_of(tmp_path, rows, INDEXED) == (pytest.approx(86_520), 2.0, {REPEATED: 202})


def test_a_part_that_stands_behind_belongs_into_a_gap(tmp_path: Path) -> None:
    """The first and the last minutes of 1,400 s, then what is between them: all of it at 103 W."""
    rows = [*indexed(range(201)), *indexed(range(1200, 1401)), *indexed(range(201, 1200))]
    assert log_of(tmp_path, rows, INDEXED) == (pytest.approx(2 * 103 * 1400), 2.0, {})


def test_rows_in_no_order(tmp_path: Path) -> None:
    """They are sorted, also those behind the first hundreds."""
    rows = indexed(range(1401))
    random.Random(5).shuffle(rows)
    note = "The rows were in no order of time: they are sorted by it."
    assert log_of(tmp_path, rows, INDEXED) == (pytest.approx(2 * 103 * 1400), 2.0, {note: 1})


def test_the_latest_rows_first_of_two_boards(tmp_path: Path) -> None:
    """Turned round it is the same log, of more rows than are looked at first."""
    rows = indexed(range(1401))
    assert log_of(tmp_path, rows[::-1], INDEXED) == (pytest.approx(2 * 103 * 1400), 2.0, {})


def test_readings_of_a_device_in_no_order_at_all_are_refused() -> None:
    """Each one begins a part of its own."""
    series = PowerIntegral()
    with pytest.raises(DataError, match="they are in no order of time: sort the rows of the file by it"):
        [series.add(second, 100.0) for second in range(30_000, 0, -1)]


def test_a_counter_that_is_repeated(tmp_path: Path) -> None:
    """10 J a second for 100 s are 1,000 J, how often it stands there, and no counter that began anew."""
    rows = [f"2026-01-05T00:{second // 60:02d}:{second % 60:02d}Z,rack,{10 * second}" for second in range(101)] * 2
    audit = audit_of(tmp_path, "\n".join(["timestamp,outlet,joules", *rows, ""]))
    (run,) = audit.runs
    assert (run.stated.measured_energy_kwh or 0) * 3.6e6 == pytest.approx(1000)
    assert (run.stated.duration_seconds, run.stated.notes) == (100, (REPEATED,))
    assert audit.files[0].notes == {REPEATED: 101}


def test_times_since_the_start_that_begin_anew(tmp_path: Path) -> None:
    """Without dates it was started twice: 100 W for twice 20 s are 4,000 J."""
    rows = [f"{second},0,100" for second in (*range(21), *range(21))]
    joules, number, notes = log_of(tmp_path, rows, "elapsed_s,index,power_w")
    assert (joules, number, notes) == (pytest.approx(4000), 1.0, {})


@pytest.mark.parametrize(("day", "seconds"), [("25", 7200), ("26", 3600)])
def test_an_hour_that_comes_twice_where_the_zone_is_not_known(tmp_path: Path, day: str, seconds: int) -> None:
    """In the night to a Sunday clocks were put back, and 100 W went on; on a Monday the hour is a repeated one."""
    hour = [
        f"2026/10/{day} 02:{minute:02d}:{second:02d}, 0, 100 W" for minute in range(60) for second in range(0, 60, 5)
    ]
    rows = [*hour, *hour, f"2026/10/{day} 03:00:00, 0, 100 W"]
    (run,) = runs_of(tmp_path, "\n".join([INDEXED, *rows, ""]))
    assert (run.stated.measured_energy_kwh or 0) * 3.6e6 == pytest.approx(100 * seconds)
