"""Journals of runs written down by hand, as a tracker and a meter leave them."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

PUE = {"low": 1.2, "best": 1.2, "high": 1.2, "basis": "given", "source": "user"}
GRID = {"low": 400.0, "best": 400.0, "high": 400.0, "basis": "given", "source": "user"}
FIRST_START = datetime(2026, 3, 1, tzinfo=UTC)


def write_run(home: Path, key: str, **facts: Any) -> Path:
    """Write the journals of one run of an hour: 300 W of accelerator, 100 W of CPU, 20 W of memory.

    PUE is 1.2 and the grid 400 g/kWh, so that the run is 0.42 kWh of IT, 0.504 kWh of facility and 0.2016 kg.

    Parameters
    ----------
    home : Path
        The data folder.
    key : str
        The run's id.
    **facts
        ``name``, ``project``, ``status`` (None: it was killed), ``started``, ``gpu_w`` (None: not measured; or a
        function of the second), ``spans`` (name, begin and end [s], and the number of the one that it lies in, if
        any), ``year``, ``grid``, ``user``,
        ``processors_alone`` (there is no accelerator, and only the memory's energy is known).
    """
    started: datetime = facts.get("started", FIRST_START)
    folder = home / "runs" / key
    folder.mkdir(parents=True)
    tracker = [_record(started, 0, _tracker_start(key, facts))]
    for number, (name, begin, end, *inside) in enumerate(facts.get("spans", ())):
        parent = inside[0] if inside else None
        tracker.append(_record(started, begin, {"type": "span_start", "span": number, "parent": parent, "name": name}))
        tracker.append(_record(started, end, {"type": "span_end", "span": number, "error": None}))
    status = facts.get("status", "completed")
    if status is not None:
        tracker.append(_record(started, 3600, {"type": "end", "status": status, "error": None, "exit_code": 0}))
    meter = _meter(key, started, facts.get("gpu_w", 300.0), status)
    if facts.get("processors_alone"):
        _leave_memory_alone(tracker[0], meter)
    _write(folder / "node1.101.bbbbbb.meter.jsonl", meter)
    _write(folder / "node1.100.aaaaaa.tracker.jsonl", tracker)
    return folder


def _leave_memory_alone(start: dict[str, Any], meter: list[dict[str, Any]]) -> None:
    start["estimate_inputs"] = {"location": None}
    meter[0]["components"] = meter[0]["components"][1:]
    meter[0]["components"][0]["quality"] = "unknown"
    for record in meter[1:]:
        for values in (record["energy_kwh"], record["power_w"]):
            values.update(gpu=None, cpu=None)


def _tracker_start(key: str, facts: dict[str, Any]) -> dict[str, Any]:
    return {
        "type": "start", "session": key, "name": facts.get("name"), "project": facts.get("project"), "run_id": None,
        "pid": 100, "pid_started": None, "host": "node1", "ranks": {}, "role": "main", "argv": ["train.py"],
        "versions": {"greentrain": "0", "data": "0", "python": "3.11"}, "location": "FR", "pue": PUE,
        "year": facts.get("year", 2026), "grid_intensity": facts.get("grid", GRID), "interval_seconds": 1.0,
        "meter": "codecarbon",
        "estimate_inputs": {"gpu": "v100-sxm2-16gb", "pue": 1.2, "grid_intensity": 400.0, "location": None},
        **{fact: facts[fact] for fact in ("user",) if fact in facts},
    }  # fmt: skip


def _meter(key: str, started: datetime, gpu_w: Any, status: str | None) -> list[dict[str, Any]]:
    components = [
        {"component": "gpu", "id": "GPU-1", "name": "Tesla V100-SXM2-16GB", "method": "nvml", "quality": "measured"},
        {"component": "cpu", "id": "0", "name": "AMD EPYC 7763", "method": "rapl", "quality": "measured"},
        {"component": "memory", "id": "0", "name": "memory", "method": "capacity", "quality": "modelled"},
    ]
    if gpu_w is None:
        components[0]["quality"] = "unknown"
    start = {
        "type": "start", "session": key, "run_pid": 100, "pid": 101, "host": "node1", "components": components,
        "codecarbon_version": "3.3.2", "lag_seconds": 0.0,
    }  # fmt: skip
    samples = [{"type": "sample", **_reading(seconds, gpu_w)} for seconds in range(60, 3601, 60)]
    records = [_record(started, 0, start), *(_record(started, one["elapsed_seconds"], one) for one in samples)]
    why = "process_ended" if status is None else "stopped"
    return [*records, _record(started, 3600, {"type": "end", "why": why, "quality": {}, **_reading(3600, gpu_w)})]


def _reading(seconds: int, gpu_w: Any) -> dict[str, Any]:
    power = {"gpu": gpu_w(seconds) if callable(gpu_w) else gpu_w, "cpu": 100.0, "memory": 20.0}
    energy = {name: None if watts is None else watts * seconds / 3.6e6 for name, watts in power.items()}
    if callable(gpu_w):
        energy["gpu"] = sum(map(gpu_w, range(60, seconds + 1, 60))) * 60 / 3.6e6
    return {"elapsed_seconds": float(seconds), "energy_kwh": energy, "power_w": power}


def _record(started: datetime, seconds: float, record: dict[str, Any]) -> dict[str, Any]:
    moment = (started + timedelta(seconds=seconds)).strftime("%Y-%m-%dT%H:%M:%S.000Z")
    return {"v": 1, **record, "t": moment, "mono": 1000.0 + seconds}


def _write(path: Path, records: list[dict[str, Any]]) -> None:
    path.write_text("".join(json.dumps(record) + "\n" for record in records))
