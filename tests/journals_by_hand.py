"""Journals written by hand, line by line, as the schema says and not as the program writes them."""

import json
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

NOON = datetime(2025, 11, 22, 12, tzinfo=UTC).timestamp()
"""When the runs of the tests begin, in seconds since 1970."""

MONO = 5000.0
"""The same moment by the monotonic clock of the tests' computers."""

ELSEWHERE = "far-away"
"""A computer that is not this one."""

PUE = {"low": 1.1, "best": 1.2, "high": 1.4, "basis": "default", "source": "uptime_2025"}
GRID = {"low": 80.0, "best": 100.0, "high": 130.0, "basis": "published", "source": "ember"}
GPU = {"component": "gpu", "id": "GPU-1", "name": "Tesla V100-SXM2-32GB", "method": "nvml", "quality": "measured"}
CPU = {"component": "cpu", "id": "", "name": "AMD EPYC 7742", "method": "load", "quality": "modelled"}
MEMORY = {"component": "memory", "id": "", "name": "", "method": "", "quality": "unknown"}
PARTS = (*({**GPU, "id": f"GPU-{number}"} for number in range(8)), CPU, MEMORY)
"""A node of eight accelerators, with a CPU that is modelled and memory that nobody looked at."""

SXM = 1.19
"""What an SXM server draws over what its sensors read, 1.10 to 1.30: fans, network cards and losses have none. [1]"""

ALONE = 1.15
"""The same of hardware that no table knows, 1.05 to 1.30, and of a server without accelerators, 1.08 to 1.25. [1]"""

Record = dict[str, Any]


def line(at: float, **record: Any) -> str:
    """Write one record, so many seconds after noon."""
    moment = datetime.fromtimestamp(NOON + at, UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3]
    return json.dumps({"v": 1, "t": f"{moment}Z", "mono": MONO + at, **record}) + "\n"


def write(folder: Path, name: str, lines: Iterable[str]) -> Path:
    """Write a journal."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / name
    path.write_text("".join(lines))
    return path


def tracker(
    folder: Path,
    *,
    at: float = 0.0,
    host: str = ELSEWHERE,
    pid: int = 100,
    session: str = "s1",
    lines: Iterable[str] = (),
    **start: Any,
) -> Path:
    """Write a tracker's journal: its start, and the lines that follow."""
    facts = {
        "session": session, "name": "bert", "project": "nlp", "run_id": None, "pid": pid, "pid_started": 7,
        "host": host, "ranks": {"rank": None}, "role": "main", "argv": ["train.py"], "versions": {"greentrain": "0"},
        "location": "FR", "year": 2024, "pue": PUE, "grid_intensity": GRID, "estimate_inputs": {}, "budget": None,
        "interval_seconds": 1.0, "meter": "codecarbon", "total_steps": None,
    }  # fmt: skip
    first = line(at, type="start", **(facts | start))
    return write(folder, f"{host}.{pid}.{session[:6]:0<6}.tracker.jsonl", (first, *lines))


def meter(
    folder: Path,
    *,
    at: float = 0.0,
    host: str = ELSEWHERE,
    pid: int = 101,
    session: str = "s1",
    components: Iterable[Record] = PARTS,
    lines: Iterable[str] = (),
    lag: float = 0.0,
    **start: Any,
) -> Path:
    """Write a meter's journal: its start, so long after the run's, and the lines that follow."""
    facts = {"session": session, "run_pid": 100, "pid": pid, "host": host, "components": list(components), **start}
    first = line(at + lag, type="start", **facts, lag_seconds=lag)
    return write(folder, f"{host}.{pid}.{session[:6]:0<6}.meter.jsonl", (first, *lines))


def reading(at: float, seconds: float, gpu: float | None, cpu: float | None = None, **more: Any) -> str:
    """Write a sample of cumulative energy."""
    energy = {"gpu": gpu, "cpu": cpu, "memory": None}
    facts = {"type": "sample", "power_w": {"gpu": 300.0, "cpu": 40.0, "memory": None}, "share": {}}
    return line(at, **(facts | {"elapsed_seconds": seconds, "energy_kwh": energy} | more))


def stopped(at: float, seconds: float, gpu: float | None, cpu: float | None = None, why: str = "stopped") -> str:
    """Write the end of a meter's journal."""
    quality = {"samples": 10, "largest_gap_seconds": 1.0, "measured_share": 0.8, "modelled_share": 0.2,
               "unknown_share": 0.0, "meter_cpu_seconds": 2.0, "meter_w": 0.1, "meter_memory_mib": 60.0,
               "confidence": "normal"}  # fmt: skip
    return reading(at, seconds, gpu, cpu, type="end", why=why, quality=quality)


def ended(at: float, status: str = "completed", error: str | None = None) -> str:
    """Write the end of a tracker's journal."""
    return line(at, type="end", status=status, error=error, exit_code=None)


def one_hour(folder: Path, gpu: float | None = 2.0, cpu: float | None = 0.5, **start: Any) -> Path:
    """Write a run of an hour on eight accelerators that completed, at 250 W each; gives its folder."""
    tracker(folder, lines=[ended(3600)], **start)
    meter(folder, lines=[reading(1800, 1800, gpu and gpu / 2, cpu and cpu / 2), stopped(3600, 3600, gpu, cpu)])
    return folder
