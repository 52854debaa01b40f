"""Dates of which day or month may come first, and those that programs and people write in other ways."""

from pathlib import Path

import pytest
from foreign_texts import audit_of, codecarbon_text, runs_of, sacct_text

ASSUMED = "Its dates do not tell day from month: {} first is assumed{}."
BY_THEIR_ORDER = ", by which they follow each other"


def _started(folder: Path, *dates: str) -> str | None:
    """Return when a log of a reading a second began."""
    text = "\n".join(["timestamp,index,power.draw [W]", *(f"{date},0,100" for date in dates), ""])
    (run,) = runs_of(folder, text)
    return run.to_dict()["started"]


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("25/07/2024 13:01:02", "25/07/2024 13:01:03"),
        ("7/25/2024 1:01:02 PM", "7/25/2024 1:01:03 PM"),
        ("25-07-2024 13:01:02.000", "25-07-2024 13:01:03.000"),
        ("25.07.2024 13:01:02", "25.07.2024 13:01:03"),
        ("25.07.24 13:01:02", "25.07.24 13:01:03"),
        ("07/25/24 01:01:02 PM", "07/25/24 01:01:03 PM"),
        ("07/25/2024 - 13:01:02", "07/25/2024 - 13:01:03"),
        ("Thu Jul 25 13:01:02 CEST 2024", "Thu Jul 25 13:01:03 CEST 2024"),
        ("2024/7/25 13:01:02", "2024/7/25 13:01:03"),
        ("2024-07-25-13:01:02", "2024-07-25-13:01:03"),
        ("25 Jul 2024 13:01:02", "25 Jul 2024 13:01:03"),
        ("Thu Jul 25 13:01:02 UTC 2024", "Thu Jul 25 13:01:03 UTC 2024"),
        ("Jul 25 2024 3:01:02 PM +02:00", "Jul 25 2024 3:01:03 PM +02:00"),
        ('"25/07/2024, 13:01:02"', '"25/07/2024, 13:01:03"'),
    ],
)
def test_a_date_that_can_be_read_in_one_way(tmp_path: Path, first: str, second: str) -> None:
    """Each is the 25th of July, 13:01:02 UTC."""
    assert _started(tmp_path, first, second) == "2024-07-25T13:01:02Z"


def test_one_date_tells_the_order_of_all(tmp_path: Path) -> None:
    """The 12th of July is followed by the 13th, which no month is: the first date has its day first too."""
    dates = ["12/07/2024 23:59:59", "13/07/2024 00:00:00"]
    assert _started(tmp_path, *dates) == "2024-07-12T23:59:59Z"


def test_dates_that_follow_each_other_tell_their_order(tmp_path: Path) -> None:
    """05/07 and 06/07 are a second apart with the day first, a month with the month first; that is said."""
    text = "timestamp,index,power.draw [W]\n05/07/2024 23:59:59,0,100\n06/07/2024 00:00:00,0,100\n"
    audit = audit_of(tmp_path, text)
    (run,) = audit.runs
    note = ASSUMED.format("day", BY_THEIR_ORDER)
    assert (run.to_dict()["started"], run.stated.duration_seconds) == ("2024-07-05T23:59:59Z", 1)
    assert note in run.stated.notes
    assert note in audit.files[0].notes


def test_an_order_that_nothing_tells_is_the_month_first_and_is_said(tmp_path: Path) -> None:
    """One day of 05/07/2024 is the 7th of May."""
    text = codecarbon_text({"timestamp": "05/07/2024 13:00:00"})
    audit = audit_of(tmp_path, text)
    (run,) = audit.runs
    assert run.to_dict()["ended"] == "2024-05-07T13:00:00Z"
    assert ASSUMED.format("month", "") in run.stated.notes


def test_the_order_of_tools_that_have_one(tmp_path: Path) -> None:
    """Tegrastats writes the month first itself: nothing is assumed."""
    lines = [f"05-07-2024 13:00:0{second} RAM 1/2MB VDD_IN 5000mW/5000mW" for second in range(3)]
    (run,) = runs_of(tmp_path, "\n".join(lines))
    assert run.to_dict()["started"] == "2024-05-07T13:00:00Z"
    assert not any("month" in note for note in run.stated.notes)


@pytest.mark.parametrize("by", [False, True])
def test_times_of_slurm_in_a_form_of_the_site(tmp_path: Path, by: bool) -> None:
    """SLURM_TIME_FORMAT may put the day first; the month of sums by month is that of July, however they are read."""
    row = {"Start": "25/07/2024 23:30:00", "End": "26/07/2024 00:30:00"}
    rows = [row | {"JobIDRaw": str(number)} for number in range(20_000 if by else 2)]
    options: dict[str, str | bool] = {"by": "month"} if by else {}
    audit = audit_of(tmp_path, sacct_text(*rows), **options)
    if by:
        assert [(group.by, group.totals.runs) for group in audit.groups or ()] == [({"month": "2024-07"}, 20_000)]
    else:
        assert {run.to_dict()["started"] for run in audit.runs} == {"2024-07-25T23:30:00Z"}


@pytest.mark.parametrize("date", ["31/02/2024 13:00:00", "00/00/2024 13:00:00", "13/13/2024 13:00:00", "1/2/3 4:5:6"])
def test_what_is_no_date_is_missing(tmp_path: Path, date: str) -> None:
    """No such day: the run has no time, and is kept."""
    (run,) = runs_of(tmp_path, codecarbon_text({"timestamp": date}))
    assert (run.stated.ended, "missing_time" in run.flags) == (None, True)


def test_a_year_of_two_digits_that_comes_first(tmp_path: Path) -> None:
    """Nobody trained in 2003: 26/05/03 is the 3rd of May, 2026."""
    assert _started(tmp_path, "26/05/03 13:01:02", "26/05/03 13:01:03") == "2026-05-03T13:01:02Z"
