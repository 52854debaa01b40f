"""What a record says of itself: what was not read is not zero, what is missing is said, what cannot be is left out."""

import json
import os
import re
import signal
import subprocess
from pathlib import Path

import pytest
from built import with_cpu
from fault_room import ALONE, GREENTRAIN, KWH_PER_SECOND, Room, records, wait_until
from storage import small_disk

from greentrain import Run

RENTED = (
    "Intel(R) Xeon(R) CPU @ 2.20GHz", "Intel(R) Xeon(R) Processor", "Intel Xeon Processor (Skylake, IBRS)",
    "Intel Xeon Processor (Cascadelake)", "AMD EPYC Processor", "AMD EPYC-Rome Processor", "AMD EPYC 7B12",
    "QEMU Virtual CPU version 2.5+", "",
)  # fmt: skip
"""What rented computers call their CPUs; ARM servers give no name."""


def said(room: Room, *words: str) -> str:
    """Return what a command says of the room's history."""
    command = [*GREENTRAIN, *words, "--home", str(room.home)]
    return subprocess.run(command, capture_output=True, text=True, check=True, env=room.environment).stdout


def listed(room: Room) -> dict[str, object]:
    """Return the one run that was not there before, as ``history list`` has it."""
    runs = json.loads(said(room, "history", "list", "--json"))["runs"]
    (found,) = [run for run in runs if run["name"] != "earlier"]
    return dict(found)


def hidden(file: str, room: Room) -> tuple[str, ...]:
    """Return the words before a command that show it an empty file of the system; skip where that is not allowed."""
    empty = room.folder / "empty"
    empty.touch()
    words = ("unshare", "--mount", "sh", "-c", f'mount --bind {empty} {file} && exec "$@"', "sh")
    if subprocess.run([*words, "cat", file], capture_output=True, check=False).stdout:
        pytest.skip(f"{file} cannot be hidden here")
    return words


@pytest.mark.parametrize("file", ["/proc/meminfo", "/proc/cpuinfo", "/proc/stat"])
def test_a_file_of_the_system_that_is_empty(room: Room, file: str) -> None:
    """Fault 50: where the system's own files say nothing, no component has 0 kWh, and no interval has no width."""
    arguments = "dict(name='x', location='FR', meter='native')"
    assert room.run("with_arguments", arguments, 2, "busy", before=hidden(file, room)).code == 0
    run = room.run_alone()
    found = listed(room)
    assert found["memory_energy_kwh"] != 0
    assert found["cpu_energy_kwh"] != 0
    check_wide(run)


@pytest.mark.parametrize("name", RENTED)
def test_a_rented_cpu(room: Room, name: str) -> None:
    """Fault 58: a CPU without a number in its name has an assumed power: the headline has the CPU, in a wide interval.

    Two threads draw between 2 W, the least that a thread is given to, and 60 W.
    """
    before = with_cpu(room, name, 2)
    arguments = "dict(name='x', location='FR', meter='native')"
    assert room.run("with_arguments", arguments, 2, "busy", before=before).code == 0
    run = room.run_alone()
    assert run.estimate is not None
    check_wide(run)
    assert run.it_energy_kwh is not None
    memory = run.energy_kwh["memory"]
    assert memory is not None
    assert run.it_energy_kwh.best > memory


def check_wide(run: Run) -> None:
    """Check that the headline is an interval that does not begin at nothing."""
    energy = run.it_energy_kwh
    assert energy is not None
    assert 0 < energy.low < 0.9 * energy.best < 0.8 * energy.high


@pytest.mark.timing
def test_time_that_is_missing(room: Room) -> None:
    """Fault 55: the meter dies in the middle: the line at the end, the history and a report say how much is missing."""
    training = room.start("training", "waits", 5, environment={"QUIET": None}).wait_for()
    wait_until(lambda: len(records(room.home, "meter", "sample")) >= 2)
    (start,) = records(room.home, "meter", "start")
    os.kill(start["pid"], signal.SIGKILL)
    outcome = training.end()
    (run,) = room.runs(wait=False)
    key = run.id
    texts = [outcome.err, said(room, "history", "show", key), said(room, "report", key)]
    measured = [re.search(r"measured (\d+(?:\.\d)?) of (\d+(?:\.\d)?) s", text) for text in texts]
    assert all(measured), texts
    parts = {match.groups() for match in measured if match}
    assert len(parts) == 1
    ((part, whole),) = parts
    assert float(part) < 4 < float(whole) < 8


@pytest.mark.timing
@pytest.mark.parametrize("power_w", [1e9, -5000.0])
def test_a_reading_that_cannot_be(room: Room, power_w: float) -> None:
    """Fault 56: a reading beyond what the computer can draw is left out and counted, and the record is flagged."""
    steps = [{"seconds": 0, "cpu_w": 200}, {"seconds": 2, "cpu_w": power_w}, {"seconds": 3, "cpu_w": 200}]
    meter = room.meter(*steps)
    assert (
        room.run("with_arguments", "dict(name='x', pue=1, grid_intensity=500)", 5, environment={"METER": meter}).code
        == 0
    )
    run = room.run_alone()
    assert not run.is_complete
    assert run.energy_kwh["cpu"] == pytest.approx(4 * 200 / 3.6e6, rel=0.4)
    assert run.notes


def test_a_journal_that_was_changed(room: Room) -> None:
    """Fault 56: digits that were changed in a journal do not become energy, and the history says so."""
    assert room.run("training", "returns", 2.5).code == 0
    right = room.run_alone()
    (path,) = Path(right.folders[0]).glob("*.meter.jsonl")
    text = path.read_text()
    changed = re.sub(r'"gpu":0\.00', '"gpu":9.00', text)
    assert changed != text
    path.write_text(changed)
    (run,) = room.runs()
    assert not run.is_complete
    assert run.it_energy_kwh is None or run.it_energy_kwh.best < 2 * ALONE * 2.5 * KWH_PER_SECOND
    assert any("damaged" in note or "cannot" in note for note in run.notes)


def test_an_end_that_was_not_written(room: Room) -> None:
    """Fault 61: where the disk was full at the end, how the run ended is not known, which is no failure."""
    home = room.folder / "small"
    with small_disk(home, "size=60k") as place:
        outcome = room.run("logging_steps", 60, "full", environment={"GREENTRAIN_HOME": str(place)})
        (run,) = room.runs(place, wait=False)
        words = [*GREENTRAIN, "history", "--home", str(place)]
        text = subprocess.run(words, capture_output=True, text=True, check=True, env=room.environment).stdout
    assert outcome.out == "trained 60 steps\n"
    assert run.status not in ("failed", "interrupted", "killed", "running")
    assert "Failed, interrupted or killed" not in text
