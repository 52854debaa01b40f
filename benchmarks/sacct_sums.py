"""Slurm's accounting to sums by user and month, in columns and job by job, beside pyarrow's plain parse of the file.

Usage: python benchmarks/sacct_sums.py [ROWS [ROUNDS]]

The file is that of import_speed.py. Each reading is a process of its own, in turns, once its modules are loaded; ratios
are medians of those of a turn. The sums job by job are those without pyarrow, once. Peak memory is that of the process
(Linux).
"""

import random
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

from import_speed import sacct

ROWS, ROUNDS = 1_000_000, 5
_KIB_PER_MIB = 1024
_PROGRAM = """
import sys, time
path, what = sys.argv[1:]
if what == "plain":
    sys.modules["pyarrow"] = None
elif what == "parse":
    from pyarrow import csv
else:
    import greentrain.importing.column_sums
from greentrain import load_catalogue
from greentrain.importing import import_runs
load_catalogue()
before, = (line.split()[1] for line in open("/proc/self/status") if line.startswith("VmHWM"))
began = time.perf_counter(), time.process_time()
if what == "parse":
    rows = csv.read_csv(path, parse_options=csv.ParseOptions(delimiter="|")).num_rows
else:
    rows = import_runs(path, by="user,month", dry_run=True, location="DE", home=path + ".home").totals.runs
took = time.perf_counter() - began[0], time.process_time() - began[1]
peak, = (line.split()[1] for line in open("/proc/self/status") if line.startswith("VmHWM"))
print(*took, peak, int(peak) - int(before), rows)
"""


def reading(path: Path, what: str) -> list[float]:
    """Return wall and CPU time [s], peak memory and what the reading adds to it [KiB], and rows."""
    answer = subprocess.run(
        [sys.executable, "-c", _PROGRAM, str(path), what], capture_output=True, text=True, check=True
    )
    return [float(word) for word in answer.stdout.split()]


def main() -> None:
    """Print a row for each way."""
    rows, rounds = (int(word) for word in [*sys.argv[1:], *(str(ROWS), str(ROUNDS))[len(sys.argv) - 1 :]])
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "sacct")
        with path.open("w") as file:
            file.writelines(f"{line}\n" for line in sacct(rows, random.Random(1)))
        turns = {"parse": [reading(path, "parse")], "columns": [reading(path, "columns")]}
        for _ in range(rounds - 1):
            for what, found in turns.items():
                found.append(reading(path, what))
        turns["plain"] = [reading(path, "plain")]
        print(f"{path.stat().st_size / 1e6:.0f} MB, {rows:,} rows, {rounds} rounds")
    print(f"{'':8}{'s wall':>8}{'s CPU':>8}{'rows/s':>11}{'MiB':>7}{'MiB more':>10}{'x wall':>8}{'x CPU':>8}")
    medians = {what: [statistics.median(each) for each in zip(*found, strict=True)] for what, found in turns.items()}
    for what, (wall, cpu, peak, more, _) in medians.items():
        pairs = [*zip(turns[what], turns["parse"], strict=False)]
        ratios = "".join(
            f"{statistics.median(one[place] / other[place] for one, other in pairs):8.2f}" for place in (0, 1)
        )
        memory = f"{peak / _KIB_PER_MIB:7.0f}{more / _KIB_PER_MIB:10.0f}"
        print(f"{what:8}{wall:8.2f}{cpu:8.2f}{rows / cpu:11,.0f}{memory}{ratios}")


if __name__ == "__main__":
    main()
