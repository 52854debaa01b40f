"""The form ``text``: what a terminal of 80 columns shows of it."""

import pytest

from greentrain import estimate, report

RUN = estimate("A100-SXM4-80GB", count=8, hours=96, location="FR", year=2023)


def table_below(text: str, caption: str) -> list[str]:
    """Return the lines of a table, its header first."""
    lines = text.split("\n")
    start = lines.index(caption) + 1
    return lines[start : lines.index("", start)]


def test_an_estimate_fits_a_terminal() -> None:
    """Only addresses, which nobody can break, are longer than 80 columns."""
    assert [line for line in report(RUN, "text").split("\n") if len(line) > 80 and "http" not in line] == []


@pytest.mark.parametrize("whole", ["(24.7 to 115)", "(26,300 to 52,600)", "power_evidence.csv:", "greentrain"])
def test_words_and_intervals_of_a_narrow_table_stay_whole(whole: str) -> None:
    """The table of the inputs needs 130 columns, and is broken at spaces alone, never inside an interval."""
    assert any(whole in line for line in table_below(report(RUN, "text"), "Every number used, and where it is from"))


def test_headers_of_numbers_are_broken_too() -> None:
    """Three of them over two lines, above the digits."""
    first, second, rule, row, *_ = table_below(report(RUN, "text"), "What drives the interval?")
    assert (first.split()[-8:], second.split()[-6:]) == (
        ["kg", "CO2e", "at", "kg", "CO2e", "at", "share", "of"],
        ["low", "end", "its", "high", "end", "variance"],
    )
    assert len(rule) == 80
    assert row.endswith(" %")


def test_methods_are_named_as_people_call_them() -> None:
    """And not by the publications that describe them."""
    names = {line[:33].strip() for line in table_below(report(RUN, "text"), "By published methods")}
    assert {"carbontracker", "ML CO2 Impact", "Green Algorithms (64 GB)", "TDP, as in model cards"} <= names
