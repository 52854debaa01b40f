"""What the meter costs: time to start it and to its first sample, its CPU and memory, the journal's growth.

Usage: python benchmarks/meter_cost.py [SECONDS [STARTS [METER]]]
"""

import json
import os
import statistics
import sys
import tempfile
import time
from pathlib import Path

from greentrain.journal.writer import writing_interval_seconds
from greentrain.meter.backends import DEFAULT
from greentrain.meter.launch import MeterHandle, launch

PAUSE_SECONDS = 0.005
DAY_SECONDS = 86_400


def records(folder: Path) -> list[dict[str, object]]:
    """Read the meter's journal as it is now."""
    return [json.loads(line) for file in folder.glob("*.jsonl") for line in file.read_text().splitlines()]


def start(folder: Path, meter: str) -> tuple[MeterHandle, float, float]:
    """Start a meter; give its handle, the time of the call and the time until its first sample [ms]."""
    began = time.perf_counter()
    handle = launch(str(folder), "benchmark", meter=meter)
    called = time.perf_counter() - began
    while not any(record["type"] == "sample" for record in records(folder)):
        time.sleep(PAUSE_SECONDS)
    return handle, 1000 * called, 1000 * (time.perf_counter() - began)


def starts(number: int, meter: str) -> None:
    """Start meters one after the other."""
    called, sampled, stopped = [], [], []
    for _ in range(number):
        with tempfile.TemporaryDirectory() as folder:
            handle, call_ms, sample_ms = start(Path(folder), meter)
            began = time.perf_counter()
            handle.stop(10.0)
            called.append(call_ms)
            sampled.append(sample_ms)
            stopped.append(1000 * (time.perf_counter() - began))
    for name, values in (("call of launch", called), ("first sample", sampled), ("stop", stopped)):
        print(f"{name:<16} median {statistics.median(values):8.1f} ms, slowest {max(values):8.1f} ms, n {number}")


def cpu_seconds(pid: int) -> float:
    """Return the CPU time of a process's threads. [s]"""
    tasks = Path(f"/proc/{pid}/task").iterdir()
    return sum(int((task / "schedstat").read_text().split()[0]) for task in tasks) / 1e9


def steady(seconds: float, meter: str) -> None:
    """Let a meter read once a second, after its start."""
    with tempfile.TemporaryDirectory() as folder:
        handle, _, _ = start(Path(folder), meter)
        pid = records(Path(folder))[0]["pid"]
        assert isinstance(pid, int)
        time.sleep(2.0)
        before, began = cpu_seconds(pid), time.perf_counter()
        time.sleep(seconds)
        share = (cpu_seconds(pid) - before) / (time.perf_counter() - began)
        handle.stop(10.0)
        found = records(Path(folder))
    quality = found[-1]["quality"]
    assert isinstance(quality, dict)
    line_bytes = max(len(json.dumps(record)) for record in found if record["type"] == "sample")
    print(f"CPU              {100 * share:.3f} % of a core at a reading a second, over {seconds:g} s")
    print(f"memory           {quality['meter_memory_mib']} MiB at its highest")
    print(f"CPU of the start {quality['meter_cpu_seconds'] - share * seconds:.2f} s at most")
    print(
        f"journal          {journal_mb(line_bytes, 1):.2f} MB in the first day, {journal_mb(line_bytes, 30):.1f} in 30"
    )


def journal_mb(line_bytes: int, days: float) -> float:
    """Add up the samples that are written in so many days. [MB]"""
    elapsed, lines = 0.0, 0
    while elapsed < days * DAY_SECONDS:
        elapsed += writing_interval_seconds(elapsed, 1.0)
        lines += 1
    return lines * line_bytes / 1e6


def main() -> None:
    """Print everything."""
    seconds = float(sys.argv[1]) if len(sys.argv) > 1 else 60.0
    number = int(sys.argv[2]) if len(sys.argv) > 2 else 10
    meter = sys.argv[3] if len(sys.argv) > 3 else DEFAULT
    print(f"{meter}, {os.cpu_count()} CPUs, load {os.getloadavg()[0]:.2f}")
    starts(number, meter)
    steady(seconds, meter)


if __name__ == "__main__":
    main()
