"""Tables of runs: `estimate_frame` beside a loop over `estimate` and beside bare NumPy, in one run.

Usage: python benchmarks/frames.py [ROWS]

Two tables of a million rows (or so many): GPU runs with a place and mostly a year, as a batch system's accounting has
them; and a mixture with CPU runs, given power and missing places. The loop takes the first 3,000 rows of each. Bare
NumPy multiplies energy and emissions from figures that it is given: what any table of runs costs at least. Peak memory
is that of a process of its own, above what it had with the table before (Linux).
"""

import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd

from greentrain import estimate, load_catalogue
from greentrain.frames import estimate_frame

ROWS = 1_000_000
_LOOP = 3000
_MIB = 1024
GPUS, PLACES = 60, 43


def gpu_runs(rows: int, dice: np.random.Generator) -> pd.DataFrame:
    """Make runs of 60 devices at 43 places, with a year or without."""
    catalogue = load_catalogue()
    gpus = np.array([each.id for each in catalogue.hardware.accelerators if each.tdp_w][:GPUS], dtype=object)
    places = np.array(sorted(catalogue.places.by_code)[: 5 * PLACES : 5], dtype=object)
    return pd.DataFrame({
        "job": np.arange(rows),
        "gpu": gpus[dice.integers(0, len(gpus), rows)],
        "location": places[dice.integers(0, len(places), rows)],
        "year": np.where(dice.random(rows) < 0.5, 2024.0, np.nan),
        "hours": dice.uniform(0.01, 500, rows),
        "count": dice.choice([1, 2, 4, 8], rows),
    })  # fmt: skip


def mixed_runs(rows: int, dice: np.random.Generator) -> pd.DataFrame:
    """Make runs of which a quarter each has defaults, a given power, no place, and CPUs alone."""
    found = gpu_runs(rows, dice)
    kind = dice.integers(0, 4, rows)
    tdp_w = {each.id: each.tdp_w.best for each in load_catalogue().hardware.accelerators if each.tdp_w}
    found["power"] = np.where(kind == 1, found["gpu"].map(tdp_w) * dice.uniform(0.2, 1, rows), np.nan)
    found.loc[kind == 2, "location"] = None
    found.loc[kind == 3, ["gpu", "count"]] = [None, np.nan]
    found["cpu_cores"] = np.where(kind == 3, dice.integers(1, 129, rows), np.nan)
    found["memory_gb"] = np.where((kind == 3) & (dice.random(rows) < 0.5), dice.uniform(1, 512, rows), np.nan)
    return found


TABLES: dict[str, Callable[[int, np.random.Generator], pd.DataFrame]] = {"GPU runs": gpu_runs, "mixed": mixed_runs}


def seconds(function: Callable[[], object]) -> float:
    """Time one call."""
    started = time.perf_counter()
    function()
    return time.perf_counter() - started


def loop(table: pd.DataFrame) -> None:
    """Estimate row by row."""
    for row in table.drop(columns="job").to_dict("records"):
        estimate(**{name: value for name, value in row.items() if not pd.isna(value)})


def bare_numpy(rows: int, dice: np.random.Generator) -> Callable[[], np.ndarray]:
    """Return the multiplications of 18 columns from figures that are known."""
    hours, factors = dice.uniform(0.01, 500, rows), dice.uniform(1, 2, (18, 2580))
    kind = dice.integers(0, 2580, rows)
    return lambda: np.stack([factor[kind] * hours for factor in factors])


def peak_mib(name: str, rows: int) -> float:
    """Return the memory that a table takes at most, above what the process had before."""
    words = [sys.executable, __file__, str(rows), name]
    return float(subprocess.run(words, capture_output=True, text=True, check=True).stdout)


def _print_peak(name: str, rows: int) -> None:
    table = TABLES[name](rows, np.random.default_rng(1))
    estimate_frame(table.head(1000))
    Path("/proc/self/clear_refs").write_text("5")  # the peak so far was that of making the table
    before = _status_kib("VmRSS")
    estimate_frame(table)
    print((_status_kib("VmHWM") - before) / _MIB)


def _status_kib(field: str) -> float:
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(float(line.split()[1]) for line in lines if line.startswith(f"{field}:"))


def main() -> None:
    """Print rows a second."""
    rows = int(sys.argv[1]) if len(sys.argv) > 1 else ROWS
    if len(sys.argv) > 2:
        _print_peak(sys.argv[2], rows)
        return
    dice = np.random.default_rng(1)
    floor = rows / min(seconds(bare_numpy(rows, dice)) for _ in range(3))
    print(f"{'bare NumPy, 18 columns':24}{floor / 1e6:8.2f} M rows/s")
    for name, make in TABLES.items():
        table = make(rows, dice)
        cold = rows / seconds(lambda table=table: estimate_frame(table))  # type: ignore[misc]
        warm = rows / min(seconds(lambda table=table: estimate_frame(table)) for _ in range(3))  # type: ignore[misc]
        single = _LOOP / min(seconds(lambda table=table: loop(table.head(_LOOP))) for _ in range(2))  # type: ignore[misc]
        print(
            f"{name:24}{warm / 1e6:8.2f} M rows/s ({cold / 1e6:.2f} the first time), {warm / single:,.0f} x a loop "
            f"({single:,.0f}/s), peak +{peak_mib(name, rows):,.0f} MiB"
        )


if __name__ == "__main__":
    main()
