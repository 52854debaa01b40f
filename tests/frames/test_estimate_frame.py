"""A table of runs gives, row by row, what single estimates give."""

import inspect
import math
import random
from datetime import timedelta
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import polars
import pyarrow
import pytest
from drawn_runs import TEXTS, one_run
from hypothesis import given, settings
from hypothesis import strategies as st

from greentrain import Contradiction, GreentrainError, GreentrainWarning, InputError, InvalidNumber, estimate
from greentrain.footprint import QUANTITIES
from greentrain.frames import RESULT_COLUMNS, estimate_frame

NUMBERS = RESULT_COLUMNS[:18]


def single(run: dict[str, Any]) -> tuple[list[float], str, str]:
    """Return what a row should hold: the numbers, the basis, the message."""
    try:
        found = estimate(**run)
    except GreentrainError as error:
        return [math.nan] * len(NUMBERS), "", str(error)
    return [end for quantity in QUANTITIES for end in getattr(found, quantity)], "estimated", ""


def assert_equal(found: dict[str, Any], run: dict[str, Any]) -> None:
    """Compare a row with the single estimate of what it gives."""
    expected, basis, message = single(run)
    assert (found["basis"], found["error"]) == (basis, message), run
    assert [found[name] for name in NUMBERS] == pytest.approx(expected, rel=1e-12, abs=0, nan_ok=True), run


def assert_rows_equal(found: pd.DataFrame, runs: list[dict[str, Any]]) -> None:
    """Compare every row."""
    for row, run in zip(found.to_dict("records"), runs, strict=True):
        assert_equal(row, run)


@pytest.mark.slow
@settings(max_examples=8, deadline=None)
@given(st.integers(0, 10**9))
def test_rows_of_all_options_equal_single_estimates(seed: int) -> None:
    """400 runs of any kind with any options, good and bad, to the twelfth digit; bad ones with their message."""
    dice = random.Random(seed)
    runs = [one_run(dice) for _ in range(400)]

    assert_rows_equal(estimate_frame(pd.DataFrame(runs)), runs)


@pytest.mark.slow
@settings(max_examples=4, deadline=None)
@given(st.integers(0, 10**9))
def test_columns_of_numbers_equal_single_estimates(seed: int) -> None:
    """600 runs in columns of floats, each with numbers of its own: none of them is resolved value by value."""
    dice = random.Random(seed)
    runs = [
        {name: value for name, value in one_run(dice).items() if not isinstance(value, str) or name in TEXTS}
        for _ in range(600)
    ]

    assert_rows_equal(estimate_frame(pd.DataFrame(runs)), runs)


@pytest.mark.parametrize(
    ("many", "few"),
    [
        ({"pue": (1, 2)}, {"grid_intensity": (100, 300), "year": (2022, 2024)}),
        ({"grid_intensity": (1, 900)}, {"pue": (1.1, 1.5), "count": (1, 8)}),
        ({"power": (50, 900)}, {"host_factor": (1.1, 1.3), "count": (1, 8), "runs": (1, 3)}),
        ({"host_power": (50, 900)}, {"utilization": (0.3, 0.5), "pue": (1.1, 1.5)}),
        ({"tokens": (1e9, 1e12)}, {"params": (1e9, 7e9), "active_params": (1e9, 2e9), "mfu": (0.3, 0.4)}),
    ],
)
def test_numbers_of_many_values_beside_some_of_few(many: dict[str, Any], few: dict[str, Any]) -> None:
    """Rows with a number of many values, with one of two, with both and with neither: 600 rows, two devices."""
    dice = random.Random(1)
    runs: list[dict[str, Any]] = []
    for _ in range(600):
        run: dict[str, Any] = {"gpu": dice.choice(["A100", "V100"])}
        run |= {} if "tokens" in many else {"hours": dice.uniform(1, 90)}
        run |= {name: dice.uniform(*ends) for name, ends in many.items() if dice.random() < 0.8}
        runs.append(run | {name: dice.choice(values) for name, values in few.items() if dice.random() < 0.5})

    assert_rows_equal(estimate_frame(pd.DataFrame(runs)), runs)


def test_the_drawn_runs_have_every_option() -> None:
    """All keywords of `estimate`, but for the folder of own profiles, which has a test of its own."""
    dice = random.Random(1)
    drawn = {name for _ in range(2000) for name in one_run(dice)}

    assert drawn == {*inspect.signature(estimate).parameters} - {"profiles"}


def test_numbers_that_do_not_go_together() -> None:
    """More parameters in use than there are, in the first row and others, and one size too large for any training."""
    params = [1e9 + row for row in range(600)]
    runs = [
        {"gpu": "A100", "params": each, "active_params": each * (2 if row % 100 == 0 else 0.5), "tokens": 1e12 + row}
        for row, each in enumerate(params)
    ]
    runs[333] |= {"params": 9e15, "active_params": 9e15, "tokens": 9e19}
    found = estimate_frame(pd.DataFrame(runs))

    assert_rows_equal(found, runs)
    assert found.index[found["error"] != ""].tolist() == [0, 100, 200, 300, 333, 400, 500]


def test_numbers_by_hand() -> None:
    """Two V100 at 250 W for 10 h: 5 kWh, x 1.5 = 7.5 kWh, x 400 g = 3 kg, all exact; ten such runs: 30 kg."""
    table = pd.DataFrame({"gpu": ["V100", "V100"], "runs": [None, 10], "hours": [10, 10]})
    found = estimate_frame(table, count=2, power=250, host_factor=1, pue=1.5, grid_intensity=400)

    assert found["it_energy_kwh_best"].tolist() == pytest.approx([5, 50])
    assert found["facility_energy_kwh_high"].tolist() == pytest.approx([7.5, 75])
    assert found["operational_kg_low"].tolist() == pytest.approx([3, 30])


@pytest.mark.parametrize("nothing", [None, float("nan"), pd.NA, pd.NaT, "", " ", "nan", "None", "<NA>", "NaT"])
def test_what_is_missing_is_not_given(nothing: object) -> None:
    """As texts and as numbers, beside a row that gives it."""
    runs = [{"gpu": "V100", "hours": 3, "year": 2024, "location": "FR"}, {"gpu": "V100", "hours": 3}]
    table = pd.DataFrame(runs).astype(object)
    table.loc[1, ["year", "location"]] = nothing

    assert_rows_equal(estimate_frame(table), runs)


@pytest.mark.parametrize("kind", ["int8", "float32", "Int64", "Float64", "str", "category", object])
def test_columns_of_any_kind(kind: Any) -> None:
    """Numbers of any width, those that may be missing, texts of numbers, categories."""
    table = pd.DataFrame({"count": pd.Series([1, 8, 64], dtype=kind), "hours": pd.Series([2, 3, 4], dtype=kind)})
    runs = [{"gpu": "A100", "count": count, "hours": hours} for count, hours in ((1, 2), (8, 3), (64, 4))]

    assert_rows_equal(estimate_frame(table.assign(gpu="A100")), runs)


def test_what_is_kept() -> None:
    """The index, other columns and their order stay; results of before are replaced; the given table stays as it is."""
    table = pd.DataFrame({"user": ["a", "b"], "gpu": ["V100", "?"], "error": ["old", "old"]}, index=[7, 3])
    found = estimate_frame(table, hours=1)

    assert found.columns.tolist() == ["user", "gpu", *RESULT_COLUMNS]
    assert found.index.tolist() == [7, 3]
    assert found["basis"].tolist() == ["estimated", ""]
    assert found["error"].tolist()[0] == ""
    assert table["error"].tolist() == ["old", "old"]
    assert estimate_frame(found, hours=1).equals(found)


def test_no_rows_and_no_columns() -> None:
    """An empty table gains the columns; rows that give nothing have what all share, or the message."""
    assert estimate_frame(pd.DataFrame({"gpu": []}), hours=1).columns.tolist() == ["gpu", *RESULT_COLUMNS]
    runs = [{"gpu": "V100", "hours": 1}] * 2
    assert_rows_equal(estimate_frame(pd.DataFrame(index=range(2)), gpu="V100", hours=1), runs)
    assert estimate_frame(pd.DataFrame({"user": ["a"]}))["error"][0].startswith("gpu: name the hardware")


def test_what_all_share_is_checked_at_once() -> None:
    """A keyword that is none, one that is a column too, and a value that is none for any row."""
    table = pd.DataFrame({"gpu": ["V100"]})
    with pytest.raises(TypeError, match=r"^estimate_frame\(\) got an unexpected keyword argument 'hour'$"):
        estimate_frame(table, hour=3)
    with pytest.raises(Contradiction, match=r"^gpu 'A100': is a column of the table too; give one of them$"):
        estimate_frame(table, gpu="A100")
    with pytest.raises(InvalidNumber, match=r"^hours -3: must be greater than 0"):
        estimate_frame(table, hours=-3)


def test_own_profiles_by_row(tmp_path: Path) -> None:
    """A folder for some rows, and one that is not there: 100 W x 0.5 x 2 h, host given: 0.1 kWh."""
    columns = "id,name,hardware_class,tdp_w,source\nmine,Mine,pcie-server,100,techpowerup\n"
    (tmp_path / "accelerators.csv").write_text(columns)
    folders = [str(tmp_path), None, str(tmp_path / "none")]
    table = pd.DataFrame({"gpu": "mine", "profiles": folders})
    found = estimate_frame(table, hours=2, utilization=0.5, host_factor=1)

    assert found["it_energy_kwh_best"][0] == pytest.approx(0.1)
    assert_rows_equal(
        found,
        [
            {"gpu": "mine", "hours": 2, "utilization": 0.5, "host_factor": 1} | ({"profiles": each} if each else {})
            for each in folders
        ],
    )


@pytest.mark.parametrize("value", [[{"gpu": "V100", "hours": 1}], {"gpu": ["V100"]}, None, "runs.csv"])
def test_a_frame_is_wanted(value: Any) -> None:
    """Neither a list, a dictionary, nothing, nor the name of a file is a table."""
    name = type(value).__name__
    with pytest.raises(TypeError, match=f"^a table of runs must be a DataFrame, not {name}; pandas"):
        estimate_frame(value)


@pytest.mark.parametrize("columns", [["gpu", "hours", "hours"], ["gpu", "note", "note"]])
def test_columns_must_differ_by_name(columns: list[str]) -> None:
    """Of pandas and of pyarrow alike."""
    cells: list[Any] = ["V100", 1, 2]
    arrow = pyarrow.Table.from_arrays([pyarrow.array([cell]) for cell in cells], names=columns)
    for frame in (pd.DataFrame([cells], columns=columns), arrow):
        with pytest.raises(InputError, match=f"^frame: has two columns with the name '{columns[1]}'$"):
            estimate_frame(frame)
    levels = pd.DataFrame([["V100"]], columns=pd.MultiIndex.from_tuples([("run", "gpu")]))
    with pytest.raises(InputError, match=r"^frame: has column names of several levels"):
        estimate_frame(levels)


def test_rows_under_any_index() -> None:
    """Equal labels, and labels of several levels, stay as they are."""
    for index in ([7, 7], pd.MultiIndex.from_tuples([("a", 1), ("a", 1)])):
        found = estimate_frame(pd.DataFrame({"gpu": ["V100", "A100"], "hours": [1, 2]}, index=index))
        assert found.index.equals(pd.Index(index))
        assert_equal(found.iloc[1], {"gpu": "A100", "hours": 2})


@pytest.mark.parametrize(
    "hours",
    [
        pd.Series([Decimal("1.5"), None], dtype=object),
        pd.Series([Fraction(3, 2), Decimal("NaN")], dtype=object),
        pd.Series(pd.to_timedelta(["90min", None])),
        pd.Series([timedelta(hours=1, minutes=30), pd.NaT], dtype=object),
        pd.Series(np.array([1.5, np.nan], dtype=np.longdouble)),
        pd.Series([Decimal("1.50"), None], dtype=pd.ArrowDtype(pyarrow.decimal128(5, 2))),
        pd.Series([timedelta(minutes=90), None], dtype=pd.ArrowDtype(pyarrow.duration("s"))),
    ],
)
def test_numbers_of_any_type(hours: "pd.Series[Any]") -> None:
    """One and a half hours, as databases and clocks return them; the second row has no time, and says so."""
    found = estimate_frame(pd.DataFrame({"gpu": "V100", "hours": hours}))
    assert_equal(found.iloc[0], {"gpu": "V100", "hours": 1.5})
    assert found["error"][1].startswith("hours: how long did it run?")


def test_cells_of_lists_fail_alone() -> None:
    """A column of lists of pyarrow; the message names the cell, and the other row has its numbers."""
    gpu = pd.Series([["V100"], None], dtype=pd.ArrowDtype(pyarrow.list_(pyarrow.string())))
    found = estimate_frame(pd.DataFrame({"gpu": gpu, "hours": 1, "instance": [None, "p4d.24xlarge"]}))
    assert found["error"][0].startswith("gpu array(['V100']")
    assert_equal(found.iloc[1], {"instance": "p4d.24xlarge", "hours": 1})


def test_a_lazy_frame_comes_back_lazy() -> None:
    """Of polars."""
    found = estimate_frame(polars.LazyFrame({"gpu": ["V100"], "hours": [1.0]}))
    assert isinstance(found, polars.LazyFrame)
    assert_equal(found.collect().to_dicts()[0], {"gpu": "V100", "hours": 1.0})


def test_a_frame_of_another_library_comes_back_as_one() -> None:
    """Of polars: the same columns and numbers as of pandas, nulls for what is not given, errors as texts."""
    runs = [{"user": "a", "gpu": "V100", "hours": 3.0, "year": 2024}, {"user": "b", "gpu": "?", "hours": None}]
    found = estimate_frame(polars.DataFrame(runs), location="FR")

    assert isinstance(found, polars.DataFrame)
    assert found.columns == ["user", "gpu", "hours", "year", *RESULT_COLUMNS]
    shared = [{"location": "FR", **run} for run in runs]
    for row, run in zip(found.to_dicts(), shared, strict=True):
        assert_equal(row, {name: value for name, value in run.items() if name != "user" and value is not None})


@pytest.mark.parametrize(
    ("column", "keyword"), [("hourz", "hours"), ("GPU", "gpu"), ("grid intensity", "grid_intensity")]
)
def test_a_column_that_is_nearly_a_keyword_is_named(column: str, keyword: str) -> None:
    """It is kept, and counts for nothing."""
    table = pd.DataFrame({column: [1.0]})
    with pytest.warns(GreentrainWarning, match=f"^column {column!r} is no keyword; did you mean {keyword!r}\\?$"):
        found = estimate_frame(table)
    assert found[column].tolist() == [1.0]
    assert found["error"][0].startswith("gpu: name the hardware")
