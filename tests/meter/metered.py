"""Real runs with a real meter, for the tests of the meter."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

Records = list[dict[str, Any]]

RUN = """
import sys, time
from greentrain.meter.launch import launch
handle = launch({folder!r}, "session-1", meter={meter!r}, interval_seconds={interval})
{work}
"""


def replay(folder: Path, *steps: dict[str, Any]) -> str:
    """Write a file for the replay meter and name the meter."""
    file = folder / "replay.jsonl"
    file.write_text("".join(json.dumps(step) + "\n" for step in steps))
    return f"replay:{file}"


@contextmanager
def run(
    folder: Path, meter: str, work: str, interval: float = 1.0, **environment: str
) -> Iterator[subprocess.Popen[bytes]]:
    """Start a Python that starts a meter and then does some work."""
    code = RUN.format(folder=str(folder), meter=meter, interval=interval, work=work)
    with subprocess.Popen([sys.executable, "-c", code], env={**os.environ, **environment}) as process:
        try:
            yield process
        finally:
            process.kill()


def records(folder: Path) -> Records:
    """Read the meter's journal as it is now; nothing before there is one."""
    files = sorted(folder.glob("*.meter.jsonl"))
    assert len(files) <= 1, files
    return [json.loads(line) for file in files for line in file.read_text().splitlines()]


def of_type(found: Records, kind: str) -> Records:
    """Pick the records of a type."""
    return [record for record in found if record["type"] == kind]


def wait_for(condition: Callable[[], Any], seconds: float = 60.0) -> Any:
    """Wait until a condition holds, and give what it gives; fail after so long. [s]"""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        found = condition()
        if found:
            return found
        time.sleep(0.01)
    raise AssertionError(f"{condition} did not hold within {seconds} s")


def wait_for_type(folder: Path, kind: str, number: int = 1, seconds: float = 60.0) -> Records:
    """Wait for so many records of a type."""

    def found() -> Records:
        picked = of_type(records(folder), kind)
        return picked if len(picked) >= number else []

    result: Records = wait_for(found, seconds)
    return result


def wait_for_end(folder: Path, seconds: float = 60.0) -> dict[str, Any]:
    """Wait for the end record."""
    return wait_for_type(folder, "end", 1, seconds)[0]


def is_alive(pid: int) -> bool:
    """Whether a process is there and has not ended."""
    try:
        return Path(f"/proc/{pid}/stat").read_bytes().rpartition(b")")[2].split()[0] not in (b"Z", b"X")
    except OSError:
        return False


def mean_gpu_w(record: dict[str, Any]) -> float:
    """Divide a record's GPU energy by its time. [W]"""
    return float(record["energy_kwh"]["gpu"]) * 3.6e6 / float(record["elapsed_seconds"])
