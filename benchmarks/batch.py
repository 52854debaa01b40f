"""Batches: CSV to groups beside pandas' read of the file, memory by size, and Dask and Spark beside one process.

Usage: python benchmarks/batch.py [ROWS]

The table is that of a computing centre: `ROWS` jobs (a million) of 300 users in a year, on six devices at one place.
CPU times of processes of their own; wall times for the engines, whose workers are two. An engine that is not installed
is left out.
"""

import subprocess
import sys
import tempfile
import time
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pandas as pd

ROWS = 1_000_000
FILES = 16
_MIB = 1024
_DEVICES = np.array(["A100-SXM4-80GB", "H100", "V100", "A40", "RTX 3090", "L40S"], dtype=object)
_MEASURED = """
import resource, sys, time
started = time.process_time()
{code}
print(time.process_time() - started, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
"""
_READ = "import pandas; pandas.read_csv(sys.argv[1])"
_BATCH = "from greentrain.frames import run_batch; run_batch(sys.argv[1], ['user', 'month']).to_dict()"
_ENGINE = "from greentrain.frames import run_batch_on; run_batch_on('{engine}', sys.argv[1], ['user', 'month'], {more})"
_LOCAL = {"dask": "", "spark": "scheduler='local[2]'"}


def jobs(rows: int) -> pd.DataFrame:
    """Make the jobs of a year."""
    dice = np.random.default_rng(1)
    started = pd.Timestamp("2025-01-01") + pd.to_timedelta(dice.integers(0, 365 * 86400, rows), unit="s")
    return pd.DataFrame({
        "job": np.arange(rows),
        "user": np.char.add("u", dice.integers(0, 300, rows).astype(str)).astype(object),
        "started": started.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "gpu": _DEVICES[dice.integers(0, len(_DEVICES), rows)],
        "count": dice.choice([1, 2, 4, 8], rows),
        "hours": dice.uniform(0.01, 48, rows).round(4),
        "location": "DE",
    })  # fmt: skip


def measured(code: str, path: Path) -> tuple[float, float, float]:
    """Return CPU time [s], wall time [s] and peak memory [MiB] of a process of its own."""
    started = time.perf_counter()
    words = [sys.executable, "-c", _MEASURED.format(code=code), str(path)]
    done = subprocess.run(words, capture_output=True, text=True, check=True)
    cpu, kib = done.stdout.split()[-2:]
    return float(cpu), time.perf_counter() - started, float(kib) / _MIB


def main() -> None:
    """Print times and memory."""
    rows = int(sys.argv[1]) if len(sys.argv) > 1 else ROWS
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        table = jobs(rows)
        for part in (4, 1):
            path = folder / f"jobs-{part}.csv"
            table[: rows // part].to_csv(path, index=False)
            read, _, _ = measured(_READ, path)
            cpu, _, peak = measured(_BATCH, path)
            print(f"{rows // part:>9,} rows of CSV to users and months: {cpu:.2f} s of CPU, {cpu / read:.1f} x pandas' "
                  f"read, peak {peak:,.0f} MiB")  # fmt: skip
        parts = folder / "parts"
        parts.mkdir()
        for number in range(FILES):
            table[number::FILES].to_parquet(parts / f"{number:02}.parquet", index=False)
        _, one, _ = measured(_BATCH, parts)
        print(f"{FILES} files of parquet on one process: {one:.1f} s")
        for engine, more in _LOCAL.items():
            if find_spec({"dask": "distributed", "spark": "pyspark"}[engine]):
                code = _ENGINE.format(engine=engine, more=more)
                _, wall, _ = measured(code, parts)
                print(f"the same on {engine} with two workers, its start included: {wall:.1f} s")


if __name__ == "__main__":
    main()
