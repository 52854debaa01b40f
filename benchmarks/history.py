"""Print what a long history costs: list, groups, watch, show, HTML and JSON at 100 to 50,000 runs, with memory.

Each command is a process of its own, timed from outside, after the summaries are there; the first list, which writes
them, has a line of its own. ``python benchmarks/history.py [RUNS ...]``.
"""

import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

SIZES = (100, 1_000, 10_000, 50_000)
HOUR = 3600.0
COMMANDS = {
    "list": ["history"],
    "by": ["history", "--by", "user,month"],
    "running": ["history", "--status", "running"],
    "watch": ["watch", "--once"],
    "show": ["history", "show", "last"],
    "json": ["history", "--json"],
    "html": ["report", "--project", "nlp", "--format", "html"],
    "html again": ["report", "--project", "nlp", "--format", "html"],
}


def line(at: float, **record: object) -> str:
    """Write one record of a journal, so many seconds since 1970."""
    moment = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(at))
    return json.dumps({"v": 1, "t": f"{moment}.000Z", "mono": at % 1e6, **record}) + "\n"


def write_run(runs: Path, number: int) -> None:
    """Write the journals of one run of an hour, with six readings."""
    began = 1.7e9 + HOUR * number
    folder = runs / f"{time.strftime('%Y%m%dT%H%M%SZ', time.gmtime(began))}-{number:06x}"
    folder.mkdir(parents=True)
    session = {"session": f"{number:032x}", "host": "node", "pid": 100}
    inputs = {"location": "FR", "year": 2024, "gpu": "v100-sxm2-32gb"}
    facts = {"name": f"bert-{number % 7}", "project": "nlp", "user": f"user{number % 5}", "location": "FR"}
    start = line(began, type="start", **session, **facts, year=2024, estimate_inputs=inputs, interval_seconds=1.0)
    status = "failed" if number % 4 == 2 else "completed"
    (folder / f"node.100.{number:06x}.tracker.jsonl").write_text(start + line(began + HOUR, type="end", status=status))
    gpu = {"component": "gpu", "name": "Tesla V100-SXM2-32GB", "method": "nvml", "quality": "measured"}
    cpu = {"component": "cpu", "id": "", "name": "AMD EPYC 7742", "method": "load", "quality": "modelled"}
    parts = [*({**gpu, "id": f"GPU-{device}"} for device in range(8)), cpu]
    text = line(began, type="start", **session, components=parts, interval_seconds=1.0)
    for reading in range(1, 7):
        seconds = reading * HOUR / 6
        energy = {"gpu": 2.0 * reading / 6 * (1 + number % 11 / 100), "cpu": 0.5 * reading / 6}
        kind = {"type": "end", "why": "stopped"} if reading == 6 else {"type": "sample"}
        text += line(began + seconds, **kind, elapsed_seconds=seconds, energy_kwh=energy)
    (folder / f"node.101.{number:06x}.meter.jsonl").write_text(text)


def measured(arguments: list[str], home: Path, output: Path) -> tuple[float, float, float]:
    """Run a command; return seconds, CPU seconds and the most memory [MiB] of its process."""
    program = [sys.executable, "-m", "greentrain", *arguments, "--home", str(home)]
    # As in a plain install, what is compiled is kept.
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    began = time.perf_counter()
    with output.open("wb") as file:
        process = subprocess.Popen(program, stdout=file, stderr=subprocess.DEVNULL, env=environment)
        _, _, usage = os.wait4(process.pid, 0)
    process.returncode = 0
    return time.perf_counter() - began, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024


def main(sizes: list[int]) -> None:
    """Print a line for each command and size."""
    print(f"{'runs':>7} {'command':<10} {'s':>7} {'CPU s':>7} {'MiB':>6} {'MB out':>7}")
    for size in sizes:
        with tempfile.TemporaryDirectory() as folder:
            home, output = Path(folder), Path(folder) / "out"
            for number in range(size):
                write_run(home / "runs", number)
            for name, arguments in {"first": ["history"], "second": ["history"], **COMMANDS}.items():
                seconds, cpu_seconds, mib = measured(arguments, home, output)
                written = output.stat().st_size / 1e6
                print(
                    f"{size:>7,} {name:<10} {seconds:>7.2f} {cpu_seconds:>7.2f} {mib:>6.0f} {written:>7.2f}", flush=True
                )


if __name__ == "__main__":
    main([int(word) for word in sys.argv[1:]] or list(SIZES))
