"""How fast reports are made: of one estimate in each form, and of a history of many runs, as whole processes.

Usage: python benchmarks/report_speed.py [ROUNDS] [RUNS] [READINGS]

Journals of the history are written first, with so many readings of the meter per run.
"""

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

from speed import BARE_TYPER, JOB, in_turns, ratio, seconds

FORMS = ("csv", "json", "text", "markdown", "html")
PROGRAM = str(Path(sys.executable).with_name("greentrain"))
MINUTES_APART = 37
SHORTEST_SECONDS, GOLDEN_RATIO = 3600.0, 0.618033988749895


def main() -> None:
    """Print all figures."""
    rounds, runs, readings = (int(word) for word in (*sys.argv[1:], *("9", "10000", "6")[len(sys.argv) - 1 :]))
    commands = {"estimate": [PROGRAM, *JOB]}
    commands |= {f"report {form}": [PROGRAM, "report", *JOB[1:], "--format", form] for form in FORMS}
    with tempfile.TemporaryDirectory() as folder:
        bare = Path(folder) / "bare_typer.py"
        bare.write_text(BARE_TYPER)
        commands["bare typer"] = [sys.executable, str(bare), *JOB[1:]]
        times = in_turns(commands, rounds)
        print(f"one estimate, {rounds} rounds in turns, medians, and over estimate and a bare typer program")
        for name, taken in times.items():
            ratios = (ratio(times, name, other) for other in ("estimate", "bare typer"))
            print(f"  {name:<16} {1000 * statistics.median(taken):7.0f} ms", *(f"{one:6.2f}" for one in ratios))
        home = Path(folder) / "home"
        for number in range(runs):
            write_run(home, number, readings)
        os.sync()  # so that the disk is not at work on them meanwhile
        page = Path(folder) / "project.html"
        command = [PROGRAM, "report", "--project", "p", "--home", str(home), "-o", str(page)]
        print(f"HTML of {runs:,} runs with {readings} readings each  {seconds(command, {}):5.1f} s", end="")
        print(f", {page.stat().st_size / 1e6:.2f} MB; of that:")
        subprocess.run([sys.executable, __file__, "--parts", str(home)], check=True)


def parts(home: str) -> None:
    """Print how long reading, computing and writing take in one process."""
    from greentrain import History, report
    from greentrain.reporting.build_data import report_data_of

    moments = [time.perf_counter()]
    runs = History(home).runs(project="p")
    moments.append(time.perf_counter())
    data = report_data_of(runs)
    moments.append(time.perf_counter())
    report(data, "html")
    moments.append(time.perf_counter())
    names = ("journals read", "figures computed", "page written")
    for name, (start, end) in zip(names, pairwise(moments), strict=True):
        print(f"  {name:<16} {end - start:5.1f} s")


def write_run(home: Path, number: int, readings: int) -> None:
    """Write the journals of one run of one to two hours, one of five failed; no two are of the same length."""
    length = SHORTEST_SECONDS * (1 + number * GOLDEN_RATIO % 1)
    started = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(minutes=MINUTES_APART * number)
    folder = home / "runs" / f"{started:%Y%m%dT%H%M%SZ}-{number:06x}"
    folder.mkdir(parents=True)
    exact = {"basis": "given", "source": "user"}
    start: dict[str, Any] = {
        "type": "start", "session": str(number), "name": f"run {number}", "project": "p", "pid": 100, "host": "node1",
        "role": "main", "ranks": {}, "location": "FR", "year": 2026, "interval_seconds": 1.0, "meter": "codecarbon",
        "pue": {"low": 1.2, "best": 1.2, "high": 1.2, **exact},
        "grid_intensity": {"low": 20.0, "best": 40.0, "high": 80.0, **exact},
        "estimate_inputs": {"gpu": "v100-sxm2-16gb", "location": "FR", "year": 2026},
    }  # fmt: skip
    end = {"type": "end", "status": "failed" if number % 5 == 0 else "completed"}
    write(folder / "node1.100.aaaaaa.tracker.jsonl", [(0.0, start), (length, end)], started)
    devices = [
        {"component": name, "id": "0", "name": name, "method": "sensor", "quality": "measured"}
        for name in ("gpu", "cpu", "memory")
    ]
    meter: dict[str, Any] = {"type": "start", "session": str(number), "pid": 101, "host": "node1", "run_pid": 100}
    meter |= {"components": devices, "codecarbon_version": "3.3.2"}
    records = [(0.0, meter)]
    for reading in range(1, readings + 1):
        at = length * reading / readings
        power = {"gpu": 250.0, "cpu": 100.0, "memory": 20.0}
        energy = {name: watts * at / 3.6e6 for name, watts in power.items()}
        records.append((at, {"type": "sample", "elapsed_seconds": at, "energy_kwh": energy, "power_w": power}))
    records.append((length, {**records[-1][1], "type": "end", "why": "stopped", "quality": {}}))
    write(folder / "node1.101.bbbbbb.meter.jsonl", records, started)


def write(path: Path, records: list[tuple[float, dict[str, Any]]], started: datetime) -> None:
    """Write a journal of records with the seconds after the start at which they were made."""
    with path.open("w") as file:
        for at, record in records:
            moment = (started + timedelta(seconds=at)).strftime("%Y-%m-%dT%H:%M:%S.000Z")
            line = {"v": 1, **record, "t": moment, "mono": 1000.0 + at}
            file.write(json.dumps(line, separators=(",", ":")) + "\n")


if __name__ == "__main__":
    if sys.argv[1:2] == ["--parts"]:
        parts(sys.argv[2])
    else:
        main()
