"""Journals that were damaged on disk: whatever happens to a bit, a digit or a line, no number is wrong in silence."""

import json
import os
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from journals_by_hand import GRID, PUE

from greentrain import Run
from greentrain.history import read_run
from greentrain.journal import JournalWriter

CASES = int(os.environ.get("GREENTRAIN_DAMAGES", "300"))
"""How many random damages are tried of each length of run; the variable asks for more."""

NOON = 1763812800.0
CPU = {"component": "cpu", "id": "", "name": "AMD EPYC 7742", "method": "RAPL counter", "quality": "measured"}
GPU = {"component": "gpu", "id": "GPU-1", "name": "Tesla V100-SXM2-32GB", "method": "NVML", "quality": "measured"}
MEMORY = {"component": "memory", "id": "", "name": "", "method": "installed memory x W/GB", "quality": "modelled"}
CEILINGS_W = {"gpu": 600.0, "cpu": 675.0, "memory": 30.0}


def _values(seconds: float) -> dict[str, Any]:
    watts = {"gpu": 300.0, "cpu": 40.0, "memory": 9.0}
    energy = {name: round(each * seconds / 3.6e6, 12) for name, each in watts.items()}
    return {"elapsed_seconds": seconds, "energy_kwh": energy, "power_w": watts}


def write_run(folder: Path, seconds: int, *, at: float = NOON, has_ended: bool = True) -> None:
    """Write a run on one GPU that was read each second, or each minute after the first hour, and logged ten times."""
    folder.mkdir(parents=True)
    tracker = JournalWriter(str(folder), "tracker", host="far-away", pid=100)
    meter = JournalWriter(str(folder), "meter", host="far-away", pid=101)
    start = {"session": "s1", "host": "far-away", "interval_seconds": 1.0}
    known = {"name": "bert", "role": "main", "location": "FR", "year": 2024, "estimate_inputs": {"gpu": "V100"}}
    tracker.write({"type": "start", **start, **known, "pid": 100, "pid_started": 7}, t=at)
    first = {**start, "pid": 101, "lag_seconds": 0.0, "components": [GPU, CPU, MEMORY], "ceilings_w": CEILINGS_W}
    meter.write({"type": "start", **first}, t=at)
    for number in range(10):
        tracker.write({"type": "log", "values": {"loss": 1 / (number + 1)}}, t=at + number * seconds / 10)
    step = max(1, seconds // 120)
    for second in range(step, seconds + 1, step):
        meter.write({"type": "sample", **_values(float(second)), "share": {"cpu": 0.5, "memory": 0.5}}, t=at + second)
    if has_ended:
        tracker.write({"type": "end", "status": "completed", "error": None, "exit_code": None}, t=at + seconds)
        quality = {"unknown_share": 0.0, "measured_share": 0.97, "modelled_share": 0.03}
        meter.write({"type": "end", "why": "stopped", **_values(float(seconds)), "quality": quality}, t=at + seconds)
        tracker.write({"type": "inputs", "pue": PUE, "grid_intensity": GRID}, t=at + seconds)


def _bit(random: random.Random, text: bytes) -> bytes:
    place = random.randrange(len(text))
    return text[:place] + bytes([text[place] ^ 1 << random.randrange(8)]) + text[place + 1 :]


def _digit(random: random.Random, text: bytes) -> bytes:
    place = random.choice([place for place, byte in enumerate(text) if 48 <= byte <= 57])
    other = random.choice([digit for digit in b"0123456789" if digit != text[place]])
    return text[:place] + bytes([other]) + text[place + 1 :]


def _dropped(random: random.Random, text: bytes) -> bytes:
    lines = text.splitlines(True)
    del lines[random.randrange(len(lines))]
    return b"".join(lines)


def _repeated(random: random.Random, text: bytes) -> bytes:
    lines = text.splitlines(True)
    lines.insert(random.randrange(len(lines) + 1), random.choice(lines))
    return b"".join(lines)


def _swapped(random: random.Random, text: bytes) -> bytes:
    lines = text.splitlines(True)
    one, other = random.sample(range(len(lines)), 2)
    lines[one], lines[other] = lines[other], lines[one]
    return b"".join(lines)


def _truncated(random: random.Random, text: bytes) -> bytes:
    return text[: random.randrange(len(text))]


DAMAGES: tuple[Callable[[random.Random, bytes], bytes], ...] = (
    _bit, _digit, _dropped, _repeated, _swapped, _truncated,
)  # fmt: skip


def _numbers(run: Run | None) -> Any:
    """Return all numbers of a run, and how it ended."""
    if run is None:
        return None
    found = run.to_dict()
    for name in ("folders", "notes", "flags", "nodes"):
        found.pop(name)
    found["energies"] = [node.energy_kwh for node in run.nodes]
    return json.dumps(found, sort_keys=True)


def _says_something(run: Run | None, whole: Run) -> bool:
    """Whether a user sees that something is wrong: a flag, a note, or an end, a meter or a time that is missing."""
    return run is None or bool(run.flags or run.notes) or run.status != whole.status or not run.is_complete


@pytest.mark.parametrize("seconds", [3, 7200])
def test_no_damage_changes_a_number_without_a_word(tmp_path: Path, seconds: int) -> None:
    """Bits, digits, lines gone, repeated or exchanged, and ends cut off, in all records of both journals."""
    write_run(tmp_path / "whole", seconds)
    whole = read_run(str(tmp_path / "whole"), NOON + 1e7)
    assert whole is not None
    assert (whole.flags, whole.status, whole.is_complete) == ((), "completed", True)
    paths = sorted((tmp_path / "whole").iterdir())
    folder = tmp_path / "damaged" / "whole"
    folder.mkdir(parents=True)
    texts = {path.name: path.read_bytes() for path in paths}
    silent = []
    for case in range(CASES):
        chosen = random.Random(case)
        hit, damage = chosen.choice(paths).name, chosen.choice(DAMAGES)
        for name, text in texts.items():
            (folder / name).write_bytes(damage(chosen, text) if name == hit else text)
        run = read_run(str(folder), NOON + 1e7)
        if _numbers(run) != _numbers(whole) and not _says_something(run, whole):
            silent.append((case, hit, damage.__name__))
    assert silent == []
