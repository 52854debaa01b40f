"""Tracked runs for tests: a meter fed from a file, programs run as processes of their own, and what they recorded."""

import json
import os
import subprocess
import sys
import textwrap
import time
from pathlib import Path
from typing import Any

WATTS = {"gpu_w": 360, "cpu_w": 72, "memory_w": 18}
TOTAL_W = 450
"""Together 450 W: 0.000125 kWh a second."""

KWH_PER_SECOND = 450 / 3.6e6
ALONE = 1.15
"""What computers whose accelerators no table knows draw over what sensors read. [1]"""

_LONGEST_WAIT_SECONDS = 60.0


def replay(folder: Path, **watts: float) -> str:
    """Write a recording of constant power, and name it as a meter."""
    path = folder / "power.jsonl"
    path.write_text(json.dumps({"seconds": 0, **(watts or WATTS)}) + "\n")
    return f"replay:{path}"


def environment(home: Path, **more: str) -> dict[str, str]:
    """Return the environment of a program that keeps its records in a folder of the test's."""
    launchers = ("SLURM_", "OMPI_", "PMI_", "MPI_", "GREENTRAIN_")
    plain = {name: value for name, value in os.environ.items() if not name.startswith(launchers)}
    return {**plain, "GREENTRAIN_HOME": str(home), **more}


def program(folder: Path, body: str) -> str:
    """Write a program that has ``track`` with the recorded meter at hand, and give its path."""
    head = (
        "import greentrain, os, signal, sys, threading, time\n"
        "from functools import partial\n"
        f"track = partial(greentrain.track, meter={replay(folder)!r}, location='FR')\n"
    )
    path = folder / "program.py"
    path.write_text(head + textwrap.dedent(body))
    return str(path)


def run(folder: Path, body: str, *flags: str, **more: str) -> subprocess.CompletedProcess[str]:
    """Run a program to its end; its records are in the folder ``home`` next to it."""
    command = [sys.executable, *flags, program(folder, body)]
    return subprocess.run(
        command, capture_output=True, text=True, env=environment(folder / "home", **more), timeout=120, check=False
    )


def start(folder: Path, body: str, **more: str) -> subprocess.Popen[str]:
    """Start a program, and wait until it has printed its first line."""
    process = subprocess.Popen(
        [sys.executable, program(folder, body)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=environment(folder / "home", **more),
    )
    assert process.stdout is not None
    process.stdout.readline()
    return process


def journals(home: Path, kind: str) -> list[list[dict[str, Any]]]:
    """Read all journals of a kind, the oldest first."""
    found = [
        [json.loads(line) for line in path.read_text().splitlines()] for path in home.glob(f"runs/*/*.{kind}.jsonl")
    ]
    return sorted(found, key=lambda records: float(records[0]["mono"]) if records else 0.0)


def tracker(home: Path) -> list[dict[str, Any]]:
    """Return the records of the only tracker."""
    (found,) = journals(home, "tracker")
    return found


def ended_meters(home: Path) -> list[list[dict[str, Any]]]:
    """Wait until every meter has ended, and give their records: where one rank goes on, another's end waits for it."""
    deadline = time.monotonic() + _LONGEST_WAIT_SECONDS
    while time.monotonic() < deadline:
        found = journals(home, "meter")
        if found and all(records and records[-1]["type"] == "end" for records in found):
            return found
        time.sleep(0.05)
    raise AssertionError(f"a meter goes on: {[records[-1:] for records in journals(home, 'meter')]}")


def meter(home: Path) -> list[dict[str, Any]]:
    """Wait until the only meter has ended, and give its records."""
    (found,) = ended_meters(home)
    return found


def of_type(records: list[dict[str, Any]], kind: str) -> list[dict[str, Any]]:
    """Select the records of a type."""
    return [record for record in records if record["type"] == kind]


def ending(home: Path) -> tuple[str, str | None, int | None]:
    """Return how the only run ended, by its tracker's word."""
    (end,) = of_type(tracker(home), "end")
    return end["status"], end["error"], end["exit_code"]
