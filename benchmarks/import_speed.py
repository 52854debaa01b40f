"""Imports of many rows: Slurm's accounting, nvidia-smi and codecarbon, beside pyarrow's plain parse of the same file.

Usage: python benchmarks/import_speed.py [ROWS]

The files are made here: jobs of 300 users over half a year, a third without GPUs and half without an energy;
readings of eight boards; runs of codecarbon. Each is read in a process of its own, without storing, and its time is CPU
time. Peak memory is that of the whole process (Linux).
"""

import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path

from pyarrow import csv

ROWS = 100_000
_KIB_PER_MIB = 1024
_HALF_A_YEAR = 180 * 86_400
_PROGRAM = """
import sys, time
from greentrain import load_catalogue
from greentrain.importing import import_runs
load_catalogue()
began = time.process_time()
audit = import_runs(sys.argv[1], dry_run=True, location="DE", home=sys.argv[1] + ".home")
took = time.process_time() - began
peak, = (line.split()[1] for line in open("/proc/self/status") if line.startswith("VmHWM"))
print(took, peak, len(audit.runs))
"""


def sacct(rows: int, dice: random.Random) -> Iterator[str]:
    """Yield the lines of ``sacct -P``."""
    yield "JobIDRaw|JobName|User|Account|Partition|State|Start|End|ElapsedRaw|NNodes|NCPUS|AllocTRES|ConsumedEnergyRaw"
    first = datetime(2026, 1, 1)
    for job in range(rows):
        gpus, kind, seconds = dice.choice([0, 0, 1, 2, 4, 8]), dice.choice(["a100", "h100"]), dice.randint(60, 86_400)
        start = first + timedelta(seconds=dice.randint(0, _HALF_A_YEAR))
        cores = 8 * max(1, gpus)
        given = f"cpu={cores},mem={4 * cores}G,node=1" + (f",gres/gpu:{kind}={gpus},gres/gpu={gpus}" if gpus else "")
        joules = int(seconds * (200 + 350 * gpus)) if dice.random() < 0.5 else ""
        state = dice.choice(["COMPLETED", "COMPLETED", "FAILED"])
        end = start + timedelta(seconds=seconds)
        names = f"job{job % 500}|u{dice.randint(0, 299)}|acc{job % 20}|gpu|{state}"
        yield f"{job}|{names}|{start.isoformat()}|{end.isoformat()}|{seconds}|1|{cores}|{given}|{joules}"


def nvidia_smi(rows: int, dice: random.Random) -> Iterator[str]:
    """Yield readings of eight boards, one a second each."""
    yield "timestamp,index,name,power.draw [W]"
    first = datetime(2026, 1, 1)
    for row in range(rows):
        at = first + timedelta(seconds=row // 8)
        yield f"{at:%Y/%m/%d %H:%M:%S}.000,{row % 8},NVIDIA A100-SXM4-80GB,{dice.randint(60, 400)}.5 W"


def codecarbon(rows: int, dice: random.Random) -> Iterator[str]:
    """Yield runs of an hour."""
    yield "timestamp,project_name,run_id,duration,emissions,gpu_energy,energy_consumed,country_name,gpu_model,pue"
    for row in range(rows):
        kwh = dice.uniform(0.1, 0.4)
        yield f"2026-03-01T12:00:00,p,r{row},3600,{kwh / 3},{kwh},{kwh * 1.1},Germany,1 x NVIDIA A100-SXM4-80GB,1.0"


FILES: dict[str, tuple[Callable[[int, random.Random], Iterator[str]], str]] = {
    "sacct": (sacct, "|"),
    "nvidia-smi": (nvidia_smi, ","),
    "codecarbon": (codecarbon, ","),
}


def parse_seconds(path: Path, delimiter: str) -> float:
    """Return the CPU time of pyarrow's plain parse of all columns. [s]"""
    began = time.process_time()
    csv.read_csv(path, parse_options=csv.ParseOptions(delimiter=delimiter))
    return time.process_time() - began


def main() -> None:
    """Print a row for each file."""
    rows = int(sys.argv[1]) if len(sys.argv) > 1 else ROWS
    print(f"{'':12}{'rows':>12}{'runs':>10}{'s CPU':>9}{'rows/s':>10}{'MiB':>8}{'x parse':>9}")
    with tempfile.TemporaryDirectory() as folder:
        for name, (lines, delimiter) in FILES.items():
            path = Path(folder, name)
            with path.open("w") as file:
                file.writelines(f"{line}\n" for line in lines(rows, random.Random(1)))
            words = subprocess.run(
                [sys.executable, "-c", _PROGRAM, str(path)], capture_output=True, text=True, check=True
            ).stdout.split()
            took, memory = float(words[0]), int(words[1]) / _KIB_PER_MIB
            ratio = took / parse_seconds(path, delimiter)
            print(f"{name:12}{rows:12,}{words[2]:>10}{took:9.2f}{rows / took:10,.0f}{memory:8.0f}{ratio:9.0f}")


if __name__ == "__main__":
    main()
