"""A table of runs gives, row by row, what single estimates give."""

import math
import random
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from greentrain import Contradiction, GreentrainError, InvalidNumber, estimate
from greentrain.footprint import QUANTITIES
from greentrain.frames import RESULT_COLUMNS, estimate_frame

NUMBERS = RESULT_COLUMNS[:18]
GPUS = (
    "V100", "A100", "8xA100-SXM4-80GB", "H100", "tpu-v4", "RTX 3090", "k80", "Titan X", "M2 Ultra", "gaudi2", "T4",
    "MI300", "A100 MIG 1g.5gb", "rtx-4090-laptop", "no such card", " V100 ",
)  # fmt: skip
TEXTS = ("gpu", "instance", "cpu", "location", "workload", "site", "architecture", "precision")
CPUS = (
    "AMD EPYC 7763",
    "Intel Xeon E5-2670",
    "Intel(R) Xeon(R) CPU @ 2.20GHz",
    "Graviton 3",
    "Xeon Platinum 8480C",
    "zzz",
)
PLACES = (
    "FR", "US", "US-CA", "aws:us-east-1", "gcp:us-central1", "LUMI", "Paris, France", "IN", "PL", "europe-west4-a",
    "nowhere at all", "SG",
)  # fmt: skip
INSTANCES = ("p4d.24xlarge", "g5.xlarge", "a2-highgpu-1g", "Standard_NC24ads_A100_v4", "x9.none")


def one_run(dice: random.Random) -> dict[str, Any]:
    """Draw a run with any of the options, now and then one that makes no sense."""

    def some(chance: float, name: str, value: Any) -> None:
        if dice.random() < chance:
            run[name] = value

    run: dict[str, Any] = {}
    kind = dice.choice(["gpu", "gpu", "gpu", "instance", "cpu", "size", "gpu with host"])
    run |= {"instance": dice.choice(INSTANCES)} if kind == "instance" else {}
    run |= {"gpu": dice.choice(GPUS)} if kind in ("gpu", "size", "gpu with host") else {}
    if kind in ("cpu", "gpu with host"):
        run["cpu_cores"] = dice.choice([4, 64, round(dice.uniform(1, 300), 3)])
        some(0.5, "cpu", dice.choice(CPUS))
        some(0.5, "memory_gb", dice.choice([16, 4096, dice.uniform(0.5, 9000)]))
    if kind == "size":
        run |= {"params": dice.choice(["8B", 7e9, dice.uniform(1e8, 1e11)]), "tokens": dice.uniform(1e9, 1e13)}
        some(0.2, "active_params", dice.choice([1e8, 7e9, dice.uniform(1e8, 1e11)]))
        some(0.3, "architecture", dice.choice(["decoder-only", "encoder-decoder", "RNN"]))
        some(0.3, "precision", dice.choice(["bf16", "fp16", "fp32", "fp8"]))
        some(0.4, "mfu", dice.choice([0.4, dice.uniform(0.01, 1)]))
    some(0.1 if kind == "size" else 0.85, "hours", dice.choice([1, 96, *(dice.uniform(1e-3, 9000),) * 6, "2h30", -1]))
    some(0.05 if "hours" in run else 0.8, "gpu_hours", dice.choice([1, dice.uniform(1e-3, 1e6)]))
    some(0.3, "count", dice.choice([1, 2, 8, 8.0, 64, 64, 64, 2.5]) if kind != "cpu" else 1)
    drawn = dice.choice(["", "", "power", "utilization", "workload"])
    some(drawn == "power" and kind != "cpu", "power", dice.choice([70, dice.uniform(20, 400), 2000]))
    some(drawn == "utilization", "utilization", dice.choice([0.5, "80%", dice.uniform(0.01, 1.21)]))
    some(drawn == "workload" and kind != "cpu", "workload", dice.choice(["pretraining", "finetuning", "small"]))
    host = dice.choice(["", "", "host_factor", "host_power"]) if "cpu" not in kind and "host" not in kind else ""
    some(host == "host_factor", "host_factor", dice.choice([1, dice.uniform(1, 3)]))
    some(host == "host_power", "host_power", dice.choice([90, dice.uniform(1, 900)]))
    some(0.6, "location", dice.choice(PLACES))
    some(0.5, "year", dice.choice([2019, 2022, 2023, 2024, 2026.0, 2025, 1990, 2050]))
    some(0.2, "grid_intensity", dice.choice([400, dice.uniform(1, 1500)]))
    some(0.2, "pue", dice.choice([1.0, 1.2, dice.uniform(0.99, 2)]))
    some(0.2, "site", dice.choice(["datacentre", "workstation", "cloud"]))
    some(0.2, "runs", dice.choice([1, 10, 3.0]))
    some(0.02, "pue", dice.choice([0.3, "pue", True]))
    some(0.02, "power", 100)
    some(0.02, "flops", dice.choice([1e21, 1e40]))
    return run


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


def test_numbers_by_hand() -> None:
    """Two V100 at 250 W for 10 h: 5 kWh, x 1.5 = 7.5 kWh, x 400 g = 3 kg, all exact; ten such runs: 30 kg."""
    table = pd.DataFrame({"gpu": ["V100", "V100"], "runs": [None, 10], "hours": [10, 10]})
    found = estimate_frame(table, count=2, power=250, host_factor=1, pue=1.5, grid_intensity=400)

    assert found["it_energy_kwh_best"].tolist() == pytest.approx([5, 50])
    assert found["facility_energy_kwh_high"].tolist() == pytest.approx([7.5, 75])
    assert found["operational_kg_low"].tolist() == pytest.approx([3, 30])


@pytest.mark.parametrize("nothing", [None, float("nan"), pd.NA, pd.NaT, "", " "])
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


def test_a_frame_is_wanted() -> None:
    """Neither a list nor a series is a table."""
    with pytest.raises(TypeError):
        estimate_frame([{"gpu": "V100", "hours": 1}])
