"""The year of a row: its own, else that of its start or end."""

from typing import Any

import pandas as pd
import polars as pl
import pytest

from greentrain import estimate, estimate_frame
from greentrain.frames import sum_frame

RUN = {"gpu": "V100", "hours": 10, "location": "FR"}


def _kg(year: int | None) -> float:
    return estimate(**RUN, year=year).operational_kg.best


@pytest.mark.parametrize(
    ("column", "cell", "year"),
    [
        ("started", "2019-12-31T23:30:00-01:00", 2020),  # in UTC
        ("start", "2019-12-31", 2019),
        ("date", "3.4.2021", 2021),
        ("date", "03/04/2021", 2021),  # of whatever month
        ("started", "2018", 2018),
        ("started", "5 May 2018, 10:00", 2018),
        ("ended", pd.Timestamp("2017-02-01"), 2017),
        ("day", 43831, 2020),  # 1 January 2020, as a spreadsheet counts
        ("started", "1970-01-01", None),  # no run was then
        ("started", "2019 or 2020", None),
        ("started", "soon", None),
        ("submitter", "2019-01-01", None),
        ("start", 2019, None),  # a step, for all that is known
        ("started", 2019, 2019),
    ],
)
def test_a_row_is_of_the_year_of_its_start(column: str, cell: Any, year: int | None) -> None:
    """As `estimate` with that year; without one, as without."""
    found = estimate_frame(pd.DataFrame([{**RUN, column: cell}]))
    assert found["operational_kg_best"][0] == pytest.approx(_kg(year), rel=1e-12)


def test_a_year_that_is_stated_stands() -> None:
    """In its column or for all rows; blanks of the column have that of the start, whether it holds text or numbers."""
    starts = {"started": ["2019-05-01", "2019-05-01", None], "ended": [None, None, "2021-01-01"]}
    for years in (["2023", "", ""], [2023, None, None]):
        rows = pd.DataFrame([RUN] * 3).assign(**starts, year=years)
        found = estimate_frame(rows)["operational_kg_best"]
        assert [*found] == pytest.approx([_kg(2023), _kg(2019), _kg(2021)], rel=1e-12)
    rows = pd.DataFrame([RUN] * 3).assign(**starts)
    assert [*estimate_frame(rows, year=2022)["operational_kg_best"]] == pytest.approx([_kg(2022)] * 3, rel=1e-12)


def test_a_year_that_is_none_is_named() -> None:
    """The start does not stand in for it."""
    found = estimate_frame(pd.DataFrame([{**RUN, "year": "MMXX", "started": "2020-01-01"}]))
    assert found["error"][0].startswith("year 'MMXX': must be a number (a calendar year)")


def test_sums_and_other_libraries_follow() -> None:
    """The total of two years is that of both estimates."""
    rows = pl.DataFrame([{**RUN, "started": "2018-03-01"}, {**RUN, "started": "2021-03-01"}])
    assert [*estimate_frame(rows)["operational_kg_best"]] == pytest.approx([_kg(2018), _kg(2021)], rel=1e-12)
    kg = sum_frame(rows).total().footprint.operational_kg
    assert kg is not None
    assert kg.best == pytest.approx(_kg(2018) + _kg(2021), rel=1e-9)
